use paylatch_proto::contact::Contact;
use paylatch_proto::limits;

use super::cursor::{Reader, Writer, seal};
use super::{FORMAT, Unreadable};

/// Room for the contact's own bytes.
const ROOM: usize = 464;
const _: () = assert!(limits::CONTACT <= ROOM);

/// Size of a contact record: format 2, length 2, the contact padded with zeros
/// to 464, check 16; with OP-TEE's 24-byte object head, fewer than two blocks.
pub const CONTACT_LEN: usize = 2 + 2 + ROOM + 16;
const _: () = assert!(CONTACT_LEN + 24 <= 512);

/// The contact record of a slot.
pub struct ContactRecord;

impl ContactRecord {
    /// Its bytes in storage.
    ///
    /// # Errors
    /// [`Unreadable`] for a contact larger than any can be.
    pub fn encode(contact: &Contact) -> Result<[u8; CONTACT_LEN], Unreadable> {
        let mut room = [0; ROOM];
        let length = postcard::to_slice(contact, &mut room).map_err(|_| Unreadable::Damaged)?.len();
        let length = u16::try_from(length).map_err(|_| Unreadable::Damaged)?;
        let mut bytes = [0; CONTACT_LEN];
        let mut to = Writer::new(&mut bytes);
        to.put(FORMAT.to_le_bytes());
        to.put(length.to_le_bytes());
        to.put(room);
        seal(&mut bytes);
        Ok(bytes)
    }

    /// Reads it back.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn decode(bytes: &[u8; CONTACT_LEN]) -> Result<Contact, Unreadable> {
        let mut from = Reader::checked(bytes, FORMAT)?;
        let length = usize::from(u16::from_le_bytes(from.take()?));
        let room: [u8; ROOM] = from.take()?;
        let contact = room.get(..length).ok_or(Unreadable::Damaged)?;
        postcard::from_bytes(contact).map_err(|_| Unreadable::Damaged)
    }
}
