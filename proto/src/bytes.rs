//! Byte strings of fixed length, written as they are: no length before them.

use core::fmt;
use core::hash::{Hash, Hasher};
use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeTuple, Serializer};

use crate::limits;

/// `N` bytes. On the wire: exactly these `N` bytes.
#[derive(Clone, Copy, Eq, PartialOrd, Ord)]
pub struct Bytes<const N: usize>(pub [u8; N]);

/// A compressed P-256 public key (SEC 1).
pub type PublicKey = Bytes<{ limits::PUBLIC_KEY }>;
/// An ECDSA P-256 signature, `r ‖ s`.
pub type Signature = Bytes<{ limits::SIGNATURE }>;
/// A SHA-256 digest.
pub type Digest = Bytes<{ limits::DIGEST }>;
/// A device's identity: see [`crate::sign::device_id`].
pub type DeviceId = Bytes<{ limits::DIGEST }>;
/// A caller's fresh number.
pub type Nonce = Bytes<{ limits::NONCE }>;
/// First four bytes of a device id or of a key id.
pub type ShortId = Bytes<{ limits::SHORT_ID }>;

impl Bytes<32> {
    /// The first four bytes, which a body carries in place of all 32.
    pub fn short(&self) -> ShortId {
        let [a, b, c, d, ..] = self.0;
        Bytes([a, b, c, d])
    }

    /// The first 16 bytes.
    pub fn half(&self) -> Bytes<16> {
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(self.0) {
            *to = from;
        }
        Bytes(half)
    }
}

/// Word by word: OP-TEE's `memcmp` goes byte by byte.
impl<const N: usize> PartialEq for Bytes<N> {
    fn eq(&self, other: &Self) -> bool {
        let ((words, rest), (other_words, other_rest)) = (self.0.as_chunks(), other.0.as_chunks());
        let words = words.iter().zip(other_words).fold(0, |differ, (word, other)| {
            differ | (u64::from_ne_bytes(*word) ^ u64::from_ne_bytes(*other))
        });
        let rest = rest.iter().zip(other_rest).fold(0, |differ, (a, b)| differ | (a ^ b));
        words == 0 && rest == 0
    }
}

impl<const N: usize> Hash for Bytes<N> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<const N: usize> Default for Bytes<N> {
    fn default() -> Self {
        Bytes([0; N])
    }
}

impl<const N: usize> AsRef<[u8]> for Bytes<N> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl<const N: usize> From<[u8; N]> for Bytes<N> {
    fn from(bytes: [u8; N]) -> Self {
        Bytes(bytes)
    }
}

/// Lower-case hexadecimal.
impl<const N: usize> fmt::Display for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Bytes<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> Serialize for Bytes<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut tuple = serializer.serialize_tuple(N)?;
        for byte in &self.0 {
            tuple.serialize_element(byte)?;
        }
        tuple.end()
    }
}

impl<'de, const N: usize> Deserialize<'de> for Bytes<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Exactly<const N: usize>;
        impl<'de, const N: usize> Visitor<'de> for Exactly<N> {
            type Value = Bytes<N>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                write!(f, "{N} bytes")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Bytes<N>, A::Error> {
                let mut bytes = [0; N];
                for (i, byte) in bytes.iter_mut().enumerate() {
                    *byte =
                        seq.next_element()?.ok_or_else(|| A::Error::invalid_length(i, &self))?;
                }
                Ok(Bytes(bytes))
            }
        }
        deserializer.deserialize_tuple(N, Exactly::<N>)
    }
}
