//! Messages that a lender signs, and the escrow's release.
//!
//! ```text
//! message := body ‖ signature            signature: 64 bytes, r ‖ s
//! body    := version      1 byte         WIRE_VERSION
//!            device       4 bytes        first bytes of the device id
//!            signer       4 bytes        first bytes of the signer's key id
//!            issued_at    varint         Unix seconds, for people only
//!            command      1 byte and what belongs to it
//! command := 00 sequence                              Notice
//!          | 01 sequence reason                       Lock
//!          | 02 sequence                              Unlock
//!          | 03 sequence seconds                      UnlockFor
//!          | 04                                       Release
//!          | 05 sequence lender desk contact proof    Rekey
//!          | 06 sequence contact                      Contact
//! ```
//! Integers are postcard varints. The signature is checked over the bytes as
//! they came, never over a re-encoding.

use serde::{Deserialize, Serialize};

use crate::WIRE_VERSION;
use crate::bytes::{Bytes, DeviceId, Digest, PublicKey, ShortId, Signature};
use crate::contact::Contact;
use crate::limits;
use crate::refusal::Refusal;
use crate::sign;
use crate::state::Reason;

/// What every body begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`WIRE_VERSION`].
    pub version: u8,
    /// First bytes of the device id.
    pub device: ShortId,
    /// First bytes of the signer's key id.
    pub signer: ShortId,
    /// When the message was issued: Unix seconds, 32 bits. Shown to people,
    /// never decided by.
    pub issued_at: u32,
}

/// The body of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Body {
    /// For whom, by whom, when.
    pub header: Header,
    /// What to do.
    pub command: Command,
}

/// What a message orders. Each variant's byte is its position here and pinned by a test.
// A record in a variant makes the enum large; there is no heap to box it on.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Command {
    /// A lock will become possible once the policy's notice time has run.
    Notice {
        /// Order among the lender's messages.
        sequence: u64,
    },
    /// Lock, inside a notice's window.
    Lock {
        /// Order among the lender's messages.
        sequence: u64,
        /// Shown to the owner.
        reason: Reason,
    },
    /// Usable again, with no deadline.
    Unlock {
        /// Order among the lender's messages.
        sequence: u64,
    },
    /// Usable for a time of use, then locked.
    UnlockFor {
        /// Order among the lender's messages.
        sequence: u64,
        /// Seconds of use.
        seconds: u32,
    },
    /// The phone is the owner's for good. Carries no sequence number: it is final.
    Release,
    /// The loan is sold: a new lender takes the old one's place.
    Rekey {
        /// Order among the lender's messages.
        sequence: u64,
        /// The new lender's key.
        lender: PublicKey,
        /// The new desk's key.
        desk: Option<PublicKey>,
        /// The new lender's contact record.
        contact: Contact,
        /// The new key's own signature over the body up to here, under
        /// [`sign::REKEY_PROOF`].
        proof: Signature,
    },
    /// Replaces what the screens show.
    Contact {
        /// Order among contact messages, which have numbers of their own.
        sequence: u64,
        /// The new record.
        contact: Contact,
    },
}

impl Command {
    /// How many commands there are; a higher byte is [`Refusal::UnknownCommand`].
    pub const COUNT: u8 = 7;

    /// The sequence number; `None` for [`Command::Release`].
    pub fn sequence(&self) -> Option<u64> {
        match *self {
            Command::Notice { sequence }
            | Command::Lock { sequence, .. }
            | Command::Unlock { sequence }
            | Command::UnlockFor { sequence, .. }
            | Command::Rekey { sequence, .. }
            | Command::Contact { sequence, .. } => Some(sequence),
            Command::Release => None,
        }
    }
}

/// A message taken apart; nothing of it is verified yet.
#[derive(Clone, Debug)]
pub struct Message<'a> {
    /// The body's bytes as they came.
    pub signed: &'a [u8],
    /// The body.
    pub body: Body,
    /// The signature over it.
    pub signature: Signature,
}

/// Splits `body ‖ signature`.
///
/// # Errors
/// [`Refusal::Truncated`] when there are not even a version and a signature,
/// [`Refusal::TooLong`] when there is more than any message has.
pub fn split(bytes: &[u8]) -> Result<(&[u8], Signature), Refusal> {
    if bytes.len() > limits::MESSAGE {
        return Err(Refusal::TooLong);
    }
    match bytes.split_last_chunk::<{ limits::SIGNATURE }>() {
        Some((body, signature)) if !body.is_empty() => Ok((body, Bytes(*signature))),
        _ => Err(Refusal::Truncated),
    }
}

/// Reads one postcard value that must fill `body` to its end.
///
/// # Errors
/// [`Refusal::Truncated`], [`Refusal::TrailingBytes`] or [`Refusal::Malformed`].
pub fn decode<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    match take(body)? {
        (value, []) => Ok(value),
        _ => Err(Refusal::TrailingBytes),
    }
}

/// Reads one postcard value from the front.
fn take<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), Refusal> {
    postcard::take_from_bytes(bytes).map_err(|error| match error {
        postcard::Error::DeserializeUnexpectedEnd => Refusal::Truncated,
        _ => Refusal::Malformed,
    })
}

/// Refuses a body of another version.
///
/// # Errors
/// [`Refusal::UnknownVersion`].
pub fn check_version(body: &[u8]) -> Result<(), Refusal> {
    match body.first() {
        Some(&WIRE_VERSION) => Ok(()),
        _ => Err(Refusal::UnknownVersion),
    }
}

/// A signed body other than a [`Message`], taken apart; nothing of it is
/// verified yet.
#[derive(Clone, Debug)]
pub struct Signed<'a, T> {
    /// The body's bytes as they came.
    pub signed: &'a [u8],
    /// What it says.
    pub body: T,
    /// What its signature signs.
    pub digest: Digest,
    /// The signature.
    pub signature: Signature,
}

impl<'a, T: Deserialize<'a>> Signed<'a, T> {
    /// Takes `body ‖ signature` apart.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is wrong with its form.
    pub fn parse(bytes: &'a [u8], domain: sign::Domain) -> Result<Self, Refusal> {
        let (signed, signature) = split(bytes)?;
        check_version(signed)?;
        Ok(Signed {
            signed,
            body: decode(signed)?,
            digest: sign::digest(domain, signed),
            signature,
        })
    }
}

impl<'a> Message<'a> {
    /// Takes a message apart.
    ///
    /// # Errors
    /// A [`Refusal`] that says what is wrong with its form: too long, truncated,
    /// trailing bytes, unknown version or command, malformed.
    pub fn parse(bytes: &'a [u8]) -> Result<Message<'a>, Refusal> {
        let (signed, signature) = split(bytes)?;
        check_version(signed)?;
        let (_, command) = take::<Header>(signed)?;
        match command.first() {
            None => return Err(Refusal::Truncated),
            Some(&byte) if byte >= Command::COUNT => return Err(Refusal::UnknownCommand),
            Some(_) => {}
        }
        Ok(Message { signed, body: decode(signed)?, signature })
    }

    /// The digest that its signature signs.
    pub fn digest(&self, domain: sign::Domain, device: &DeviceId, voucher: &Digest) -> Digest {
        sign::message_digest(domain, device, voucher, self.signed)
    }

    /// The digest that a rekey's proof signs: over the body without the proof.
    pub fn proof_digest(&self, device: &DeviceId, voucher: &Digest) -> Digest {
        let covered = self.signed.split_last_chunk::<{ limits::SIGNATURE }>();
        let covered = covered.map_or(self.signed, |(covered, _)| covered);
        sign::message_digest(sign::REKEY_PROOF, device, voucher, covered)
    }
}

impl Body {
    /// Writes the body into `buffer`, which [`limits::BODY`] bytes always hold.
    ///
    /// # Errors
    /// [`Refusal::TooLong`] when `buffer` is too small.
    pub fn encode<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b mut [u8], Refusal> {
        postcard::to_slice(self, buffer).map_err(|_| Refusal::TooLong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(command: Command) -> Body {
        let header = Header {
            version: WIRE_VERSION,
            device: Bytes([0xd0, 0xd1, 0xd2, 0xd3]),
            signer: Bytes([0x50, 0x51, 0x52, 0x53]),
            issued_at: u32::MAX,
        };
        Body { header, command }
    }

    fn contact() -> Contact {
        Contact {
            name: heapless::String::try_from("L").unwrap(),
            phone: heapless::String::try_from("1").unwrap(),
            payment: heapless::String::new(),
            note: heapless::String::new(),
            amount: None,
            language: heapless::String::new(),
        }
    }

    #[test]
    fn every_command_byte_is_pinned() {
        let sequence = 5;
        let commands = [
            Command::Notice { sequence },
            Command::Lock { sequence, reason: Reason::ReportedLost },
            Command::Unlock { sequence },
            Command::UnlockFor { sequence, seconds: 9 },
            Command::Release,
            Command::Rekey {
                sequence,
                lender: Bytes([2; 33]),
                desk: None,
                contact: contact(),
                proof: Bytes([7; 64]),
            },
            Command::Contact { sequence, contact: contact() },
        ];
        assert_eq!(commands.len(), Command::COUNT as usize);
        for (i, command) in commands.into_iter().enumerate() {
            let mut buffer = [0; limits::BODY];
            let bytes = body(command.clone()).encode(&mut buffer).unwrap();
            let (header, rest) = bytes.split_at(14);
            assert_eq!(header, b"\x01\xd0\xd1\xd2\xd3\x50\x51\x52\x53\xff\xff\xff\xff\x0f");
            assert_eq!(rest[0] as usize, i, "{command:?}");
            match command.sequence() {
                Some(sequence) => assert_eq!(u64::from(rest[1]), sequence),
                None => assert_eq!(rest.len(), 1),
            }
        }
    }

    #[test]
    fn a_short_message_fits_one_sms() {
        let most = limits::SEQUENCE_END - 1;
        for command in [
            Command::Lock { sequence: most, reason: Reason::AgreementBreached },
            Command::UnlockFor { sequence: most, seconds: u32::MAX },
            Command::Release,
        ] {
            let mut buffer = [0; limits::BODY];
            let length = body(command).encode(&mut buffer).unwrap().len();
            assert!(length <= limits::SHORT_BODY, "{length}");
        }
    }

    #[test]
    fn form_is_refused_with_its_own_reason() {
        let mut buffer = [0; limits::MESSAGE + 1];
        let length = body(Command::Lock { sequence: 5, reason: Reason::ReportedLost })
            .encode(&mut buffer)
            .unwrap()
            .len();
        let whole = length + limits::SIGNATURE;
        assert!(Message::parse(&buffer[..whole]).is_ok());
        let parse = |bytes: &[u8]| Message::parse(bytes).unwrap_err();
        assert_eq!(parse(&[]), Refusal::Truncated);
        assert_eq!(parse(&buffer[..64]), Refusal::Truncated);
        assert_eq!(parse(&buffer[..whole - 1]), Refusal::Truncated);
        assert_eq!(parse(&buffer[..whole + 1]), Refusal::TrailingBytes);
        assert_eq!(parse(&buffer[..limits::MESSAGE + 1]), Refusal::TooLong);
        let mut other = buffer;
        other[0] = 2;
        assert_eq!(parse(&other[..whole]), Refusal::UnknownVersion);
        other[0] = 1;
        other[14] = 7;
        assert_eq!(parse(&other[..whole]), Refusal::UnknownCommand);
        other[14] = 1;
        other[16] = 4; // no such reason
        assert_eq!(parse(&other[..whole]), Refusal::Malformed);
        other = buffer;
        other[13] = 0x10; // a date above 32 bits
        assert_eq!(parse(&other[..whole]), Refusal::Malformed);
    }
}
