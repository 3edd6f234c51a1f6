//! Fixed layouts, written and read field by field.

use paylatch_proto::bytes::Bytes;

use super::{FORMAT, Unreadable, check};

/// Writes fields one after the other. What does not fit is an error that each
/// record's test shows to be impossible.
pub struct Writer<'a> {
    rest: &'a mut [u8],
}

impl<'a> Writer<'a> {
    pub fn new(bytes: &'a mut [u8]) -> Self {
        Writer { rest: bytes }
    }

    pub fn put<const N: usize>(&mut self, field: [u8; N]) {
        let rest = core::mem::take(&mut self.rest);
        if let Some((to, rest)) = rest.split_first_chunk_mut::<N>() {
            *to = field;
            self.rest = rest;
        }
    }

    pub fn put_option<const N: usize>(&mut self, field: Option<[u8; N]>) {
        self.put([field.is_some().into()]);
        self.put(field.unwrap_or([0; N]));
    }
}

/// Reads fields one after the other.
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Begins after the format, once it is known, `newest` at most, and the check holds.
    pub fn checked<const N: usize>(bytes: &'a [u8; N], newest: u16) -> Result<Self, Unreadable> {
        let mut reader = Reader { rest: bytes };
        match u16::from_le_bytes(reader.take()?) {
            format if format > newest => return Err(Unreadable::Newer),
            format if format < FORMAT => return Err(Unreadable::Damaged),
            _ => {}
        }
        match bytes.split_last_chunk::<16>() {
            Some((body, last)) if check(body) == Bytes(*last) => Ok(reader),
            _ => Err(Unreadable::Damaged),
        }
    }

    pub fn take<const N: usize>(&mut self) -> Result<[u8; N], Unreadable> {
        let (field, rest) = self.rest.split_first_chunk::<N>().ok_or(Unreadable::Damaged)?;
        self.rest = rest;
        Ok(*field)
    }

    pub fn take_option<const N: usize>(&mut self) -> Result<Option<[u8; N]>, Unreadable> {
        let present = self.take_bool()?;
        let field = self.take()?;
        Ok(present.then_some(field))
    }

    pub fn take_bool(&mut self) -> Result<bool, Unreadable> {
        match self.take()? {
            [0] => Ok(false),
            [1] => Ok(true),
            _ => Err(Unreadable::Damaged),
        }
    }
}

/// Writes the check over all but the last 16 bytes into these.
pub fn seal<const N: usize>(bytes: &mut [u8; N]) {
    if let Some((body, last)) = bytes.split_last_chunk_mut::<16>() {
        *last = check(body).0;
    }
}
