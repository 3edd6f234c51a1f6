//! Phones with the bootloader for development, one in each state, to be copied.

use std::sync::Arc;

use crate::device::Device;
use crate::issuer::{Issuer, LENDER};
use crate::phone::{Emulated, Phone};
use crate::shared::Shared;
use crate::{Failure, Result};

/// The phones, switched off; and who issues for them.
pub struct Phones {
    /// Whose keys they obey.
    pub issuer: Issuer,
    /// Their device id, as text.
    pub id: String,
    /// The voucher of those that are financed.
    pub voucher: String,
    /// Neither voucher nor seal.
    pub fresh: Device,
    /// Financed and usable.
    pub unlocked: Device,
    /// Financed and locked.
    pub locked: Device,
}

/// Sequence number of the lock that [`Phones::locked`] obeyed.
pub const LOCKED_AT: u64 = 11;

impl Phones {
    /// Made once for all tests of a program.
    ///
    /// # Errors
    /// When something of it can't be made.
    pub fn get() -> Result<Arc<Phones>> {
        static PHONES: Shared<Phones> = Shared::new();
        PHONES.get(Phones::make)
    }

    fn make() -> Result<Phones> {
        let issuer = Issuer::new()?;
        let mut phone = Emulated::new("phones")?;
        let id = phone.ask(&["identity"])?["device"].as_str().unwrap_or_default().to_owned();
        let voucher = issuer.voucher(&id, 2, &[])?;
        phone.power_off()?;
        let fresh = phone.device.copy("fresh")?;

        phone.power_on()?;
        assert_eq!(phone.hand_in("provision", &voucher)?, "applied");
        phone.power_off()?;
        let unlocked = phone.device.copy("unlocked")?;

        phone.power_on()?;
        let message = |sequence, order: &[&str]| issuer.message(LENDER, &voucher, sequence, order);
        assert_eq!(phone.hand_in("apply", &message(LOCKED_AT - 1, &["notice"])?)?, "applied");
        phone.pass(3)?;
        assert_eq!(phone.hand_in("apply", &message(LOCKED_AT, LOCK)?)?, "applied");
        phone.power_off()?;
        let locked = phone.device.copy("locked")?;
        Ok(Phones { issuer, id, voucher, fresh, unlocked, locked })
    }

    /// All of them, and their states.
    pub fn all(&self) -> [(&Device, &'static str); 3] {
        [(&self.locked, "locked"), (&self.unlocked, "unlocked"), (&self.fresh, "unprovisioned")]
    }

    /// The one in this state.
    ///
    /// # Errors
    /// When there is none.
    pub fn in_state(&self, state: &str) -> Result<&Device> {
        let found = self.all().into_iter().find(|(_, its)| *its == state);
        found.map(|(device, _)| device).ok_or_else(|| Failure(format!("no phone is {state}")))
    }

    /// An unlock.
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn unlock(&self, sequence: u64) -> Result<String> {
        self.issuer.message(LENDER, &self.voucher, sequence, &["unlock"])
    }

    /// The phone, started honestly, has all it had: its state, and what it takes to leave it.
    ///
    /// # Errors
    /// When the phone does not answer.
    ///
    /// # Panics
    /// When something is missing.
    pub fn must_be_whole(&self, phone: &mut Emulated, state: &str) -> Result<()> {
        assert_eq!(phone.state()?, state);
        if state == "unprovisioned" {
            assert_eq!(phone.hand_in("provision", &self.voucher)?, "applied");
            assert_eq!(phone.state()?, "unlocked");
            return Ok(());
        }
        assert_eq!(phone.ask(&["contact"])?["name"], "Acme Credit");
        let history = phone.paylatch(&["--json", "history"])?.text;
        assert!(history.contains("event"), "{history}");
        assert_eq!(phone.hand_in("provision", &self.voucher)?, "already_applied");
        assert_eq!(phone.hand_in("apply", &self.unlock(LOCKED_AT + 1000)?)?, "applied");
        assert_eq!(phone.state()?, "unlocked");
        Ok(())
    }
}

/// The order to lock.
pub const LOCK: &[&str] = &["lock", "--reason", "payment-overdue"];
