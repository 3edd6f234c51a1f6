//! Texts that the lock took, kept to be handed in again at a fault: the
//! voucher, rekeys in the order they were taken, releases and seals.
//!
//! The file has no authority whatsoever. The lock verifies every text anew, so
//! whoever adds, alters or removes lines can neither lock nor release a phone;
//! what is lost is only that a phone at fault asks for the text again. It is
//! plain: one armoured text a line.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use paylatch::error::{Error, Kind, Result};
use paylatch::issue::store::{self, Output};
use paylatch::text::{self, Text};
use paylatch_proto::armour;
use paylatch_proto::message::{Command, Message};

/// The most of the file that is read, and the largest it is made.
const MOST: u64 = 64 * 1024;
/// How often and how long to wait for another program that writes to the file.
const WAITS: u32 = 20;
const WAIT: Duration = Duration::from_millis(50);

const KINDS: [armour::Kind; 3] = [armour::Kind::Voucher, armour::Kind::Seal, armour::Kind::Message];

/// The file of kept texts.
#[derive(Clone, Debug)]
pub struct Texts {
    path: PathBuf,
}

/// What is kept, as `body ‖ signature` and in the file's order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Kept {
    pub vouchers: Vec<Vec<u8>>,
    pub rekeys: Vec<Vec<u8>>,
    pub releases: Vec<Vec<u8>>,
    pub seals: Vec<Vec<u8>>,
    /// Lines that can't be read, counted from 1.
    pub unreadable: Vec<usize>,
}

/// What a text is kept as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Voucher,
    Rekey,
    Release,
    Seal,
}

impl Sort {
    /// `None` for what is not kept.
    fn of(text: &Text) -> Option<Sort> {
        match text.kind {
            armour::Kind::Voucher => Some(Sort::Voucher),
            armour::Kind::Seal => Some(Sort::Seal),
            armour::Kind::Message => match Message::parse(&text.bytes).ok()?.body.command {
                Command::Rekey { .. } => Some(Sort::Rekey),
                Command::Release => Some(Sort::Release),
                _ => None,
            },
            armour::Kind::Statement | armour::Kind::Certificate => None,
        }
    }
}

/// Whether it is a lender's or an escrow's release.
pub fn is_release(text: &Text) -> bool {
    Sort::of(text) == Some(Sort::Release)
}

impl Texts {
    /// The file need not be there yet.
    pub fn new(path: &Path) -> Self {
        Texts { path: path.to_owned() }
    }

    /// Its name.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is kept; nothing where there is no file.
    pub fn read(&self) -> Result<Kept> {
        let content = self.content(MOST)?;
        let mut kept = Kept::default();
        for (number, line) in lines(&content) {
            let read = line.and_then(|text| Sort::of(&text).map(|sort| (sort, text.bytes)));
            let Some((sort, bytes)) = read else {
                kept.unreadable.push(number);
                continue;
            };
            match sort {
                Sort::Voucher => kept.vouchers.push(bytes),
                Sort::Rekey => kept.rekeys.push(bytes),
                Sort::Release => kept.releases.push(bytes),
                Sort::Seal => kept.seals.push(bytes),
            }
        }
        Ok(kept)
    }

    /// What is said of lines that can't be read.
    pub fn unreadable(&self, kept: &Kept) -> Option<Error> {
        let first = kept.unreadable.first()?;
        let count = kept.unreadable.len();
        let said = format!(
            "{count} of its lines can't be read and count for nothing, line {first} and on; the \
             others are used"
        );
        Some(Error::new(Kind::Input, said).of(self.path.display()))
    }

    /// Keeps a text if it is of those that are kept and not there already; says
    /// whether it is in the file now. A power cut leaves the file as it was or
    /// as it is to be.
    pub fn keep(&self, text: &Text) -> Result<bool> {
        if Sort::of(text).is_none() {
            return Ok(false);
        }
        let _alone = self.alone()?;
        let mut content = self.content(MOST + 1)?;
        if lines(&content).any(|(_, line)| line.as_ref() == Some(text)) {
            return Ok(true);
        }
        if content.last().is_some_and(|&byte| byte != b'\n') {
            content.push(b'\n');
        }
        content.extend(text::armour(text.kind, &text.bytes).bytes());
        content.push(b'\n');
        if content.len() as u64 > MOST {
            let most = MOST / 1024;
            let full = format!("full: it holds {most} KiB; remove lines that are not needed");
            return Err(Error::new(Kind::Io, full).of(self.path.display()));
        }
        let mut file = Output::begin(&self.path)?;
        file.write_all(&content).map_err(|e| Error::io(&self.path, &e))?;
        file.commit()?;
        store::sync_directory(&self.path)?;
        Ok(true)
    }

    fn content(&self, most: u64) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        match File::open(&self.path).and_then(|file| file.take(most).read_to_end(&mut content)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(Error::io(&self.path, &error)),
            Ok(_) => Ok(content),
        }
    }

    /// Holds other programs off. The directory is what is locked: the file
    /// itself is replaced. Whoever holds it for ever can't stop the caller.
    fn alone(&self) -> Result<File> {
        let io = |error| Error::io(&self.path, &error);
        let directory = File::open(store::directory(&self.path)).map_err(io)?;
        for _ in 0..WAITS {
            match directory.try_lock() {
                Ok(()) => return Ok(directory),
                Err(TryLockError::WouldBlock) => thread::sleep(WAIT),
                Err(TryLockError::Error(error)) => return Err(io(error)),
            }
        }
        Err(Error::new(Kind::Io, "another program holds its directory").of(self.path.display()))
    }
}

/// The lines that are not empty, by number; `None` for one that is no text.
fn lines(content: &[u8]) -> impl Iterator<Item = (usize, Option<Text>)> {
    let numbered = content.split(|&byte| byte == b'\n').enumerate();
    numbered
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(at, line)| (at + 1, text::parse(line, &KINDS).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use paylatch::issue::order::{self, Dated, Enrolment, Order};
    use paylatch::issue::{PrivateKey, Signer, oem};
    use paylatch_proto::bytes::Bytes;
    use tempfile::TempDir;

    struct Signers {
        one: PrivateKey,
        other: PrivateKey,
    }

    impl Signers {
        fn new() -> Self {
            let key = || PrivateKey::generate().unwrap();
            Signers { one: key(), other: key() }
        }

        fn message(&self, order: Order) -> Text {
            let enrolment = Enrolment { device: Bytes([1; 32]), voucher: Bytes([2; 32]) };
            let dated = Dated { sequence: 1, issued_at: 1 };
            let prepared = order::by_lender(&order, &enrolment, dated, self.one.public_key());
            let issued = prepared.unwrap().sign(&self.one).unwrap();
            Text { kind: armour::Kind::Message, bytes: issued.bytes }
        }

        fn seal(&self, device: u8) -> Text {
            let prepared = oem::seal(&Bytes([device; 32]), 1, self.other.public_key()).unwrap();
            Text { kind: armour::Kind::Seal, bytes: prepared.sign(&self.other).unwrap().bytes }
        }
    }

    fn texts(folder: &TempDir, content: impl AsRef<[u8]>) -> Texts {
        let path = folder.path().join("texts");
        std::fs::write(&path, content).unwrap();
        Texts::new(&path)
    }

    fn armoured(text: &Text) -> String {
        text::armour(text.kind, &text.bytes)
    }

    #[test]
    fn a_missing_file_is_an_empty_one_and_is_made() {
        let folder = tempfile::tempdir().unwrap();
        let texts = Texts::new(&folder.path().join("texts"));
        assert_eq!(texts.read(), Ok(Kept::default()));
        let (signers, release) = (Signers::new(), Order::Release);
        assert_eq!(texts.keep(&signers.message(Order::Notice)), Ok(false));
        assert!(!texts.path().exists());
        assert_eq!(texts.keep(&signers.message(release)), Ok(true));
        assert_eq!(texts.read().unwrap().releases.len(), 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_there_stays_whatever_it_is() {
        let (folder, signers) = (tempfile::tempdir().unwrap(), Signers::new());
        let seal = signers.seal(1);
        // Lower case, white space, no end of line, and nothing of ours.
        let before = format!("\u{ff}\n\n  {} \r\nPAYLATCH1:torn", armoured(&seal).to_lowercase());
        let texts = texts(&folder, &before);
        assert_eq!(texts.keep(&seal), Ok(true));
        assert_eq!(std::fs::read_to_string(texts.path()).unwrap(), before);
        let kept = texts.read().unwrap();
        assert_eq!((kept.seals, kept.unreadable), (vec![seal.bytes], vec![1, 4]));

        let another = signers.seal(2);
        assert_eq!(texts.keep(&another), Ok(true));
        let after = std::fs::read_to_string(texts.path()).unwrap();
        assert_eq!(after, format!("{before}\n{}\n", armoured(&another)));
    }

    #[test]
    fn only_so_much_is_read_and_written() {
        let (folder, signers) = (tempfile::tempdir().unwrap(), Signers::new());
        let (first, last) = (signers.seal(1), signers.seal(2));
        let padding = "x".repeat(MOST as usize);
        let content = format!("{}\n{padding}\n{}\n", armoured(&first), armoured(&last));
        let texts = texts(&folder, &content);
        assert_eq!(texts.read().unwrap().seals, std::slice::from_ref(&first.bytes));
        assert_eq!(texts.keep(&first), Ok(true));
        let full = texts.keep(&signers.message(Order::Release)).unwrap_err();
        assert!(full.to_string().contains("full"), "{full}");
        assert_eq!(std::fs::read_to_string(texts.path()).unwrap(), content);
    }

    #[test]
    fn programs_at_the_same_time_lose_nothing() {
        let (folder, signers) = (tempfile::tempdir().unwrap(), Signers::new());
        let texts = texts(&folder, "");
        let seals: Vec<Text> = (0..3).map(|device| signers.seal(device)).collect();
        thread::scope(|scope| {
            for seal in &seals {
                scope.spawn(|| texts.keep(seal).unwrap());
            }
        });
        assert_eq!(texts.read().unwrap().seals.len(), seals.len());
    }

    #[test]
    fn whoever_holds_the_directory_does_not_stop_the_caller() {
        let (folder, signers) = (tempfile::tempdir().unwrap(), Signers::new());
        let texts = texts(&folder, "");
        let held = texts.alone().unwrap();
        let error = texts.keep(&signers.seal(1)).unwrap_err();
        assert!(error.to_string().contains("another program"), "{error}");
        drop(held);
        assert_eq!(texts.keep(&signers.seal(1)), Ok(true));
    }
}
