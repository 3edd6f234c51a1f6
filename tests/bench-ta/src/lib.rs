//! What the application answers, for both sides.
#![no_std]

mod uuid;

pub use uuid::UUID;

/// Does nothing, whatever its parameters are.
pub const NOTHING: u32 = 0;
/// The lock's check of a signature, which it judges twice: a `MEMREF_INPUT` with a
/// [`Signed`], byte by byte.
pub const VERIFY: u32 = 1;
/// OP-TEE's own, `TEE_AsymmetricVerifyDigest`: the same parameter.
pub const VERIFY_OPTEE: u32 = 2;

/// A digest with its signature, all fields in one piece: key (compressed), its x and y,
/// digest, `r ‖ s`.
pub const SIGNED: usize = 33 + 32 + 32 + 32 + 64;

/// Its fields.
pub struct Signed<'a> {
    /// The key, compressed.
    pub key: &'a [u8; 33],
    /// The key's x and y.
    pub point: [&'a [u8; 32]; 2],
    /// What is signed.
    pub digest: &'a [u8; 32],
    /// `r ‖ s`.
    pub signature: &'a [u8; 64],
}

impl<'a> Signed<'a> {
    /// Takes the bytes apart; `None` if they are of another length.
    pub fn of(bytes: &'a [u8]) -> Option<Signed<'a>> {
        let (key, rest) = bytes.split_first_chunk()?;
        let (x, rest) = rest.split_first_chunk()?;
        let (y, rest) = rest.split_first_chunk()?;
        let (digest, rest) = rest.split_first_chunk()?;
        let signature = rest.try_into().ok()?;
        Some(Signed { key, point: [x, y], digest, signature })
    }
}
