//! A simulated device: the very lock that runs in the TEE, over a file. For
//! people without a device.
//!
//! The file holds what a device holds: its own secret, the lock's records and a
//! clock. Every call is a power-on of its own that ends with a clean shutdown;
//! only a release that holds until power-off keeps the power on, for as long as
//! the [`Simulator`] that took it is there. The clock stands still but for
//! [`Simulator::advance`].
//!
//! The file is replaced whole and only by whole ones, and locked while in use:
//! programs that use it at the same time wait for each other.

mod board;
mod file;

use std::path::{Path, PathBuf};
use std::time::Duration;

use paylatch_proto::api::Request;
use paylatch_proto::limits;
use paylatch_proto::state::{DETAIL_UNTIL_POWER_OFF, StateWords};
use paylatch_ta::Lock;
use paylatch_ta::config::Config;

use self::board::Board;
pub use self::file::Storage;
use self::file::{Contents, Held};
use super::Transport;
use crate::error::Result;

/// How many ticks [`Simulator::advance`] makes at most.
const TICKS: u64 = 10_000;

/// A simulated device in a file.
pub struct Simulator {
    path: PathBuf,
    /// Still on, and what the file held when it was last used.
    on: Option<(Lock<Board>, Contents)>,
}

/// How a power-on ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Shutdown,
    PowerCut,
}

impl Simulator {
    /// A device fresh from the factory, in a new file.
    ///
    /// # Errors
    /// [`crate::error::Kind::Io`], also when the file is there already.
    pub fn create(path: &Path) -> Result<Self> {
        file::create(path, &Contents::factory_fresh()?)?;
        Ok(Simulator { path: path.to_owned(), on: None })
    }

    /// The device in this file.
    ///
    /// # Errors
    /// [`crate::error::Kind::Io`] for a file that can't be read,
    /// [`crate::error::Kind::Input`] for one that is damaged or no simulator.
    /// It is never overwritten then.
    pub fn open(path: &Path) -> Result<Self> {
        Held::load(path)?;
        Ok(Simulator { path: path.to_owned(), on: None })
    }

    /// Lets this much time of use pass, with regular ticks.
    ///
    /// # Errors
    /// As [`Simulator::open`].
    pub fn advance(&mut self, time: Duration) -> Result<()> {
        let seconds = time.as_secs();
        let step = limits::UPTIME_STEP.max(seconds / TICKS);
        self.power_on(End::Shutdown, |lock| {
            let mut left = seconds;
            while left > 0 {
                let passed = left.min(step);
                lock.env().pass(passed);
                lock.process(&Request::Tick);
                left -= passed;
            }
        })
    }

    /// A power-on that ends by a cut: the next one finds no clean mark.
    ///
    /// # Errors
    /// As [`Simulator::open`].
    pub fn power_cut(&mut self) -> Result<()> {
        self.power_on(End::PowerCut, |_| ())
    }

    /// Makes the secure storage do this from now on.
    ///
    /// # Errors
    /// As [`Simulator::open`].
    pub fn set_storage(&mut self, storage: Storage) -> Result<()> {
        let mut held = Held::load(&self.path)?;
        held.contents.storage = storage;
        held.store()
    }

    fn power_on<R>(&mut self, end: End, run: impl FnOnce(&mut Lock<Board>) -> R) -> Result<R> {
        let mut held = Held::load(&self.path)?;
        let before = held.contents.clone();
        let mut lock = self.still_on(&before).unwrap_or_else(|| {
            let board = Board::new(before.clone());
            Lock::new(board, Config::BUILD)
        });
        lock.state();
        let result = run(&mut lock);
        let stays_on = lock.state().detail == DETAIL_UNTIL_POWER_OFF && end == End::Shutdown;
        if end == End::Shutdown {
            lock.process(&Request::Shutdown);
        }
        held.contents = lock.env().contents();
        if held.contents != before {
            held.store()?;
        }
        if stays_on {
            self.on = Some((lock, held.contents.clone()));
        }
        Ok(result)
    }

    /// The lock that was left on, unless another program has used the device
    /// since; that the storage answers again is no use.
    fn still_on(&mut self, now: &Contents) -> Option<Lock<Board>> {
        let (mut lock, mut then) = self.on.take()?;
        then.storage = now.storage;
        if then != *now {
            return None;
        }
        lock.env().set_storage(now.storage);
        Some(lock)
    }
}

impl Transport for Simulator {
    fn state(&mut self) -> Result<StateWords> {
        self.power_on(End::Shutdown, Lock::state)
    }

    fn call(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        self.power_on(End::Shutdown, |lock| lock.call(request, &mut [0; limits::REPLY]).to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Client;
    use crate::error::Kind;
    use crate::issue::{PrivateKey, Signer, keys::PrivatePem, oem};
    use paylatch_proto::bytes::Bytes;
    use paylatch_proto::state::{Fault, State};

    fn simulator(dir: &tempfile::TempDir) -> Simulator {
        Simulator::create(&dir.path().join("phone")).unwrap()
    }

    #[test]
    fn a_device_keeps_its_identity_and_two_differ() {
        let dir = tempfile::tempdir().unwrap();
        let one = simulator(&dir);
        let two = Simulator::create(&dir.path().join("other")).unwrap();
        let id = |simulator: &Simulator| {
            Client::new(Simulator::open(&simulator.path).unwrap()).identity().unwrap().device
        };
        assert_eq!(id(&one), id(&one));
        assert_ne!(id(&one), id(&two));
    }

    #[test]
    fn an_existing_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let one = simulator(&dir);
        let before = std::fs::read(&one.path).unwrap();
        assert_eq!(Simulator::create(&one.path).err().unwrap().kind(), Kind::Io);
        assert_eq!(std::fs::read(&one.path).unwrap(), before);
    }

    #[test]
    fn silent_storage_is_a_fault_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let mut one = simulator(&dir);
        one.set_storage(Storage::Off).unwrap();
        let words = one.state().unwrap();
        assert_eq!(words.state, State::Fault.code());
        assert_eq!(words.detail, Fault::StorageUnavailable.code());
        one.set_storage(Storage::On).unwrap();
        assert_eq!(one.state().unwrap().state, State::Unprovisioned.code());
    }

    #[test]
    fn a_release_until_power_off_holds_while_the_simulator_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let mut one = simulator(&dir);
        one.set_storage(Storage::Off).unwrap();
        let pem = include_str!("../../../ta/keys/development-oem.pem");
        let PrivatePem::Plain(oem_key) = PrivateKey::read(pem).unwrap() else { panic!() };
        let mut phone = Client::new(one);
        let device = phone.identity().unwrap().device;
        let seal = oem::seal(&device, 1, oem_key.public_key()).unwrap().sign(&oem_key).unwrap();
        phone.seal(Bytes([0; 32]), &seal.bytes).unwrap();
        let is = |phone: &mut Client<Simulator>, state: State| {
            assert_eq!(phone.state().unwrap().state, state.code());
        };
        is(&mut phone, State::Released);
        is(&mut phone, State::Released);
        let path = phone.transport().path.clone();
        is(&mut Client::new(Simulator::open(&path).unwrap()), State::Fault);
        is(&mut phone, State::Released);
        // Used by another program meanwhile: that was another power-on.
        Simulator::open(&path).unwrap().advance(Duration::from_secs(1)).unwrap();
        is(&mut phone, State::Fault);
    }

    #[test]
    fn a_damaged_file_is_named_and_kept() {
        let dir = tempfile::tempdir().unwrap();
        let mut one = simulator(&dir);
        let whole = std::fs::read(&one.path).unwrap();
        let mut damaged = vec![Vec::new(), b"{}".to_vec(), whole[..whole.len() / 2].to_vec()];
        for at in (0..whole.len()).step_by(7) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            damaged.push(bytes);
        }
        for bytes in damaged {
            std::fs::write(&one.path, &bytes).unwrap();
            for error in [
                Simulator::open(&one.path).err().unwrap(),
                one.state().unwrap_err(),
                one.advance(Duration::from_secs(1)).unwrap_err(),
                one.set_storage(Storage::Off).unwrap_err(),
            ] {
                assert_eq!(error.kind(), Kind::Input, "{error}");
            }
            assert_eq!(std::fs::read(&one.path).unwrap(), bytes);
        }
        std::fs::write(&one.path, &whole).unwrap();
        assert!(one.state().is_ok());
    }
}
