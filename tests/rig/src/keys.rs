//! Test keys and test devices. Their private halves are published with the
//! protocol's vectors: never use them for anything else.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::OnceLock;

use p256::ecdh::diffie_hellman;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::hazmat::PrehashSigner;
use paylatch_proto::bytes::{Bytes, Digest, PublicKey, Signature};
use paylatch_proto::sign;

/// A test key: a role of the story, and a private scalar anyone can see is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TestKey {
    /// Its name in the vectors.
    pub name: &'static str,
    /// The byte that its private scalar repeats 32 times.
    byte: u8,
}

/// The OEM's, which the devices are built with.
pub const OEM: TestKey = TestKey { name: "oem", byte: 0x11 };
/// The lender's.
pub const LENDER: TestKey = TestKey { name: "lender", byte: 0x22 };
/// The lender's desk's.
pub const DESK: TestKey = TestKey { name: "desk", byte: 0x33 };
/// The escrow's.
pub const ESCROW: TestKey = TestKey { name: "escrow", byte: 0x44 };
/// Of the lender who buys the loan.
pub const BUYER: TestKey = TestKey { name: "lender-2", byte: 0x55 };
/// Of that lender's desk.
pub const BUYERS_DESK: TestKey = TestKey { name: "desk-2", byte: 0x66 };
/// Of nobody with a say.
pub const STRANGER: TestKey = TestKey { name: "stranger", byte: 0x77 };

/// How many signatures are remembered.
const REMEMBERED: usize = 1 << 16;

/// All of them.
pub const ALL: [TestKey; 7] = [OEM, LENDER, DESK, ESCROW, BUYER, BUYERS_DESK, STRANGER];

impl TestKey {
    /// Made once: its public half takes a multiplication on the curve.
    fn private(self) -> &'static SigningKey {
        static MADE: [OnceLock<SigningKey>; 1 << u8::BITS] = [const { OnceLock::new() }; 256];
        MADE[usize::from(self.byte)].get_or_init(|| {
            SigningKey::from_slice(&self.scalar()).expect("below the curve's order")
        })
    }

    /// The private scalar, big-endian.
    pub fn scalar(self) -> [u8; 32] {
        [self.byte; 32]
    }

    /// The public half, compressed.
    pub fn public(self) -> PublicKey {
        let point = self.private().verifying_key().to_sec1_point(true);
        Bytes(point.as_bytes().try_into().expect("33 bytes"))
    }

    /// The x-coordinate that ECDH with another key gives.
    ///
    /// # Panics
    /// When the other is no point of the curve.
    pub fn agree(self, other: &PublicKey) -> [u8; 32] {
        let other = p256::PublicKey::from_sec1_bytes(&other.0).expect("a point of the curve");
        let shared = diffie_hellman(self.private().as_nonzero_scalar(), other.as_affine());
        (*shared.raw_secret_bytes()).into()
    }

    /// Signs a digest, RFC 6979.
    pub fn sign(self, digest: &Digest) -> Signature {
        // The same digest always has the same signature: made once.
        thread_local! {
            static MADE: RefCell<HashMap<(u8, Digest), Signature>> = RefCell::default();
        }
        MADE.with_borrow_mut(|made| {
            if made.len() >= REMEMBERED {
                made.clear();
            }
            *made.entry((self.byte, *digest)).or_insert_with(|| {
                let signature: p256::ecdsa::Signature =
                    self.private().sign_prehash(&digest.0).expect("a digest of 32 bytes");
                Bytes(signature.to_bytes().into())
            })
        })
    }
}

/// A test device: a secret and a seed anyone can see are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TestDevice {
    /// Its name in the vectors.
    pub name: &'static str,
    /// What its hardware would derive.
    pub secret: [u8; 32],
    /// The byte that its random numbers repeat.
    pub random: u8,
}

/// A phone.
pub const PHONE: TestDevice = TestDevice { name: "phone", secret: [0xd1; 32], random: 0xe1 };
/// Another phone.
pub const OTHER_PHONE: TestDevice =
    TestDevice { name: "phone-2", secret: [0xd2; 32], random: 0xe2 };

/// Both test devices.
pub const DEVICES: [TestDevice; 2] = [PHONE, OTHER_PHONE];

impl TestDevice {
    /// Its device id.
    pub fn id(&self) -> Bytes<32> {
        sign::device_id(&self.secret)
    }
}
