//! Signatures that are none, each made to fit a slip of the calculation
//! `R = u1·G + u2·Q` with `u1 = z/s` and `u2 = r/s`: a thief knows the code, and
//! chooses the slip.

use p256::elliptic_curve::ff::PrimeField as _;
use p256::elliptic_curve::ops::Reduce as _;
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::{AffinePoint, FieldBytes, ProjectivePoint, PublicKey as Point, Scalar};
use paylatch_proto::bytes::{Bytes, Digest, PublicKey, Signature};

/// What a forged signature is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// A good signature with one bit altered: for a check that is left out.
    Altered,
    /// `u2·Q` is lost, as if there were no key.
    NoKey,
    /// `u1·G` is lost, as if there were no message.
    NoMessage,
    /// `G` stands where `Q` should.
    GeneratorForKey,
    /// `u1` stands where `u2` should.
    FirstTwice,
    /// `u2` stands where `u1` should.
    SecondTwice,
    /// The sum ends after its first step, at `G`.
    EndsAtGenerator,
    /// The sum ends after its first step, at `Q`.
    EndsAtKey,
}

impl Forgery {
    /// All of them.
    pub const ALL: [Forgery; 8] = [
        Forgery::Altered,
        Forgery::NoKey,
        Forgery::NoMessage,
        Forgery::GeneratorForKey,
        Forgery::FirstTwice,
        Forgery::SecondTwice,
        Forgery::EndsAtGenerator,
        Forgery::EndsAtKey,
    ];

    /// For a person.
    pub fn name(self) -> &'static str {
        match self {
            Forgery::Altered => "altered signature",
            Forgery::NoKey => "signed as if there were no key",
            Forgery::NoMessage => "signed as if there were no message",
            Forgery::GeneratorForKey => "signed as if the key were the generator",
            Forgery::FirstTwice => "signed as if the first factor came twice",
            Forgery::SecondTwice => "signed as if the second factor came twice",
            Forgery::EndsAtGenerator => "signed as if the sum ended at the generator",
            Forgery::EndsAtKey => "signed as if the sum ended at the key",
        }
    }

    /// The forged signature of a digest under a key; `good` is a real one.
    ///
    /// # Panics
    /// When `key` is none.
    pub fn sign(self, key: &PublicKey, digest: &Digest, good: &Signature) -> Signature {
        let mut altered = *good;
        altered.0[40] ^= 1;
        let g = ProjectivePoint::GENERATOR;
        let q = Point::from_sec1_bytes(&key.0).expect("a key").to_projective();
        let z = Scalar::reduce(&FieldBytes::from(digest.0));
        // The sum's result, as the slip leaves it, is `R`; `s` makes it so.
        let k = Scalar::from(0x1234_5678_9abc_u64);
        let over = |numerator: Scalar| numerator * k.invert().expect("not zero");
        let (r, s) = match self {
            Forgery::Altered => return altered,
            Forgery::NoKey => (x(g * k), over(z)),
            Forgery::NoMessage => (x(q * k), over(x(q * k))),
            Forgery::GeneratorForKey => (x(g * k), over(z + x(g * k))),
            Forgery::FirstTwice => (x((g + q) * k), over(z)),
            Forgery::SecondTwice => (x((g + q) * k), over(x((g + q) * k))),
            Forgery::EndsAtGenerator => (x(g), x(g)),
            Forgery::EndsAtKey => (x(q), z),
        };
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r.to_repr());
        signature[32..].copy_from_slice(&s.to_repr());
        Bytes(signature)
    }
}

fn x(point: ProjectivePoint) -> Scalar {
    Scalar::reduce(&AffinePoint::from(point).x())
}
