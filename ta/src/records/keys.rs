use paylatch_proto::bytes::{Bytes, DeviceId, Digest, PublicKey};
use paylatch_proto::message::Signed;
use paylatch_proto::voucher::{Policy, Voucher};
use zeroize::Zeroizing;

use super::cursor::{Reader, Writer, seal};
use super::{ATOMIC, FORMAT, Unreadable};

/// Size of a keys record: format 2, generation 4, device id 32, seed 32, kind 1,
/// voucher digest 32, lender 33, desk and escrow 1 + 33 each, sunset 1 + 4,
/// notice 4, hotline 1, usable 2, check 16.
pub const KEYS_LEN: usize = 2 + 4 + 32 + 32 + 1 + 32 + 33 + 2 * (1 + 33) + (1 + 4) + 4 + 1 + 2 + 16;
const _: () = assert!(KEYS_LEN <= ATOMIC);

/// Seed, keys and policy.
#[derive(Clone, PartialEq, Eq)]
pub struct KeysRecord {
    /// Counts up with every rekey; the highest is the latest.
    pub generation: u32,
    /// Whose record it is.
    pub device: DeviceId,
    /// The device's keys are derived from it.
    pub seed: Zeroizing<[u8; 32]>,
    /// What the voucher and later rekeys brought; `None` on a sealed device.
    pub terms: Option<Terms>,
}

/// What a voucher and later rekeys brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The voucher digest.
    pub voucher: Digest,
    /// The lender's key.
    pub lender: PublicKey,
    /// The desk's key.
    pub desk: Option<PublicKey>,
    /// The escrow's key.
    pub escrow: Option<PublicKey>,
    /// Days of use until the device releases itself.
    pub sunset: Option<u32>,
    /// The policy.
    pub policy: Policy,
}

impl Terms {
    /// What a voucher brings.
    pub fn of(voucher: &Signed<Voucher>) -> Terms {
        Terms {
            voucher: voucher.digest,
            lender: voucher.body.lender,
            desk: voucher.body.desk,
            escrow: voucher.body.escrow,
            sunset: voucher.body.sunset,
            policy: voucher.body.policy,
        }
    }
}

const SEALED: [u8; 1] = [1];
const ENROLLED: [u8; 1] = [2];

impl KeysRecord {
    /// Its bytes in storage.
    pub fn encode(&self) -> Zeroizing<[u8; KEYS_LEN]> {
        let mut bytes = Zeroizing::new([0; KEYS_LEN]);
        let mut to = Writer::new(bytes.as_mut_slice());
        to.put(FORMAT.to_le_bytes());
        to.put(self.generation.to_le_bytes());
        to.put(self.device.0);
        to.put(*self.seed);
        match &self.terms {
            None => to.put(SEALED),
            Some(terms) => {
                to.put(ENROLLED);
                to.put(terms.voucher.0);
                to.put(terms.lender.0);
                to.put_option(terms.desk.map(|key| key.0));
                to.put_option(terms.escrow.map(|key| key.0));
                to.put_option(terms.sunset.map(u32::to_le_bytes));
                to.put(terms.policy.notice.to_le_bytes());
                to.put([terms.policy.hotline.into()]);
                to.put(terms.policy.usable.to_le_bytes());
            }
        }
        seal(&mut bytes);
        bytes
    }

    /// Reads it back.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn decode(bytes: &[u8; KEYS_LEN]) -> Result<KeysRecord, Unreadable> {
        let mut from = Reader::checked(bytes, FORMAT)?;
        let generation = u32::from_le_bytes(from.take()?);
        let device = Bytes(from.take()?);
        let seed = Zeroizing::new(from.take()?);
        let terms = match from.take()? {
            SEALED => None,
            ENROLLED => Some(Terms {
                voucher: Bytes(from.take()?),
                lender: Bytes(from.take()?),
                desk: from.take_option()?.map(Bytes),
                escrow: from.take_option()?.map(Bytes),
                sunset: from.take_option()?.map(u32::from_le_bytes),
                policy: Policy {
                    notice: u32::from_le_bytes(from.take()?),
                    hotline: from.take_bool()?,
                    usable: u16::from_le_bytes(from.take()?),
                },
            }),
            _ => return Err(Unreadable::Damaged),
        };
        Ok(KeysRecord { generation, device, seed, terms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comes_back() {
        let terms = Terms {
            voucher: Bytes([1; 32]),
            lender: Bytes([2; 33]),
            desk: Some(Bytes([3; 33])),
            escrow: Some(Bytes([4; 33])),
            sunset: Some(5),
            policy: Policy { notice: 6, hotline: true, usable: 7 },
        };
        let without = Terms { desk: None, escrow: None, sunset: None, ..terms };
        for terms in [None, Some(terms), Some(without)] {
            let record = KeysRecord {
                generation: 8,
                device: Bytes([9; 32]),
                seed: Zeroizing::new([10; 32]),
                terms,
            };
            let bytes = record.encode();
            assert!(KeysRecord::decode(&bytes).unwrap() == record);
            for i in 0..KEYS_LEN {
                let mut damaged = *bytes;
                damaged[i] ^= 4;
                assert!(KeysRecord::decode(&damaged).is_err(), "byte {i}");
            }
        }
        assert!(KeysRecord::decode(&[0; KEYS_LEN]).is_err());
    }
}
