//! What a phone is after something was done to one of its moments: what it was
//! before or what it is after, and it gets there.

use std::fmt::Display;

use serde_json::{Value, json};

use super::{Act, Moment};
use crate::Result;
use crate::device::Device;
use crate::phone::{Emulated, Phone};
use crate::shipped::{state_of, told};

/// Seconds of use until a phone that was switched on has answered: not always as many.
const START: u64 = 300;

/// What a phone says once it is switched on, and once the same was done again.
pub struct Seen {
    /// The state's name.
    pub state: String,
    /// All that it tells at first, but its uptime.
    pub phone: Value,
    /// Seconds of use.
    uptime: u64,
    /// All that it tells in the end.
    pub after: Value,
}

impl Seen {
    /// Switches it on; bootloader and OS are told the same. The phone is left on.
    ///
    /// # Errors
    /// When the phone does not answer, or `act` fails.
    ///
    /// # Panics
    /// When bootloader and OS are told different states.
    pub fn of(device: Device, act: &Act) -> Result<(Seen, Emulated)> {
        let mut phone = Emulated::of(device);
        phone.power_on()?;
        let status = phone.status()?;
        let state = status["state"].as_str().unwrap_or_default().to_owned();
        // The bootloader asked before the OS did.
        assert_eq!(told(&phone.emulator()?.log()), [state_of(&state)]);
        let uptime = status["uptime"].as_u64().unwrap_or(0);
        let before = look(&mut phone, &status)?;
        act(&mut phone)?;
        let status = phone.status()?;
        let seen = Seen { state, phone: before, uptime, after: look(&mut phone, &status)? };
        Ok((seen, phone))
    }
}

/// All that the lock tells, but for what only time has changed.
fn look(phone: &mut Emulated, status: &Value) -> Result<Value> {
    let enrolment = &status["enrolment"];
    let mut told = json!({ "state": status["state"], "fault": status["fault"] });
    // Of a released phone it is told until power-off only.
    if status["state"] != "released" {
        for field in ["voucher", "lender", "escrow", "sequence", "contact_sequence", "reason"] {
            told[field] = enrolment[field].clone();
        }
        told["hotline_tried"] = enrolment["hotline_tried"].clone();
        for field in ["lock_possible_in", "locks_in", "releases_in"] {
            told[field] = (!enrolment[field].is_null()).into();
        }
    }
    told["contact"] = phone.paylatch(&["--json", "contact"])?.text.trim().into();
    Ok(told)
}

/// How often something was tried, and what was wrong.
#[derive(Default)]
pub struct Tally {
    /// Cases.
    pub cases: u64,
    /// For people.
    pub wrong: Vec<String>,
}

impl Tally {
    /// The moment is what it is said to be, and can be done twice.
    pub fn is(&mut self, moment: &Moment, old: &Seen, new: &Seen) {
        let name = moment.name;
        self.expect(&format!("{name}: before"), moment.from, &old.state);
        self.expect(&format!("{name}: after"), moment.to, &new.state);
        self.expect(&format!("{name}: done again"), &new.after, &old.after);
    }

    /// Switched on, the phone is what it was before or what it is after, and gets
    /// there when the same is done again.
    ///
    /// That it does not answer, or that what is done again fails, is wrong as well.
    pub fn between(&mut self, what: &str, device: Device, moment: &Moment, old: &Seen, new: &Seen) {
        self.cases += 1;
        let seen = match Seen::of(device, moment.act) {
            Ok((seen, _)) => seen,
            Err(failure) => {
                self.wrong.push(format!("{what}: {failure}"));
                return;
            }
        };
        let mut counted = old.phone.clone();
        if let (true, Some(tried)) = (moment.is_counted, old.phone["hotline_tried"].as_u64()) {
            counted["hotline_tried"] = (tried + 1).into();
        }
        if ![&old.phone, &counted, &new.phone].contains(&&seen.phone) {
            self.wrong.push(format!("{what}: neither old nor new: {}", seen.phone));
        }
        let uptimes = old.uptime.saturating_sub(START)..=new.uptime.saturating_add(START);
        if !uptimes.contains(&seen.uptime) {
            self.wrong.push(format!("{what}: {} s of use, not {uptimes:?}", seen.uptime));
        }
        self.expect(&format!("{what}: done again"), &new.after, &seen.after);
    }

    fn expect<T: PartialEq + Display + ?Sized>(&mut self, what: &str, right: &T, seen: &T) {
        if right != seen {
            self.wrong.push(format!("{what}: expected {right}, seen {seen}"));
        }
    }
}
