//! Each change of the lock's state in a phone's life, a moment of it, spoilt in two ways:
//! the power is cut at every write to the RPMB, and the normal world lies about the
//! storage. The next start finds the old state or the new, and what was interrupted
//! can be done again.
//!
//! The start after a cut is cut, too: after one cut of a rekey. With PAYLATCH_PROVE=1,
//! after each cut of each moment, each cut of the long moments is tried, and a lie at
//! each request.
//!
//! All that a start depends on is what is stored: where two cuts or lies of a moment leave
//! the same, to the last byte, one start with it is judged for both.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use paylatch_proto::bytes::Digest;
use paylatch_proto::sign::sha256;
use paylatch_rig::prove::{at_length, by_length, report};
use paylatch_tests::Result;
use paylatch_tests::device::Device;
use paylatch_tests::liar::{self, LyingOs, lies};
use paylatch_tests::life::{self, Act, Moment, Seen, Tally, Try};
use paylatch_tests::phone::Phone;
use paylatch_tests::power_cut::Recording;

/// So many cuts of a moment are all tried; of more only some, but with
/// PAYLATCH_PROVE.
const CUTS: usize = 6;

/// The moment in which a start after a cut is always cut, too.
const TWICE: &str = "a rekey";

/// At how many requests of a moment there is a lie, one each; at length at each.
const LIES: u32 = 3;

#[test]
fn from_the_factory_to_the_release() -> Result<()> {
    let floors = by_length([39, 20], [320, 220]);
    each(|tried| life::from_the_factory_to_the_release(tried), floors)
}

#[test]
fn a_sunset() -> Result<()> {
    each(|tried| life::a_sunset(tried), by_length([2, 1], [7, 6]))
}

#[test]
fn a_recovery() -> Result<()> {
    each(|tried| life::a_recovery(tried), by_length([2, 3], [6, 40]))
}

#[test]
fn a_seal() -> Result<()> {
    each(|tried| life::a_seal(tried), by_length([6, 3], [110, 80]))
}

/// Spoils each moment; there are at least so many cuts and lies.
fn each(
    life: impl for<'a> FnOnce(&'a mut Try<'a>) -> Result<()>,
    [cuts, lies]: [u64; 2],
) -> Result<()> {
    let (mut cut, mut lied_to) = (Tally::default(), Tally::default());
    life(&mut |device, moment| {
        let (done, phone) = Done::of(device, moment)?;
        cut.is(moment, &done.old, &done.new);
        done.cut(&mut cut, moment)?;
        if !moment.is_start {
            done.lie(&mut lied_to, device, moment)?;
        }
        Ok(phone)
    })?;
    report("power cuts at an RPMB write", cut.cases, cuts, &cut.wrong);
    report("lies about the storage, from the beginning", lied_to.cases, lies, &lied_to.wrong);
    Ok(())
}

/// What is done at a moment, unspoilt.
struct Done {
    recording: Recording,
    /// Requests to the storage.
    requests: u32,
    old: Seen,
    new: Seen,
    /// What was stored at the starts that were judged, and whether they had to be as after it.
    judged: RefCell<BTreeSet<(Digest, bool)>>,
}

impl Done {
    /// Does it; the phone afterwards, switched off.
    fn of(device: &Device, moment: &Moment) -> Result<(Done, Device)> {
        let switched_on: &Act = &|_| Ok(());
        let before = if moment.is_start { None } else { Some(switched_on) };
        let requests = Cell::new(0);
        let operation: &Act = &|phone| {
            let before = liar::requests(phone)?;
            (moment.act)(phone)?;
            requests.set(liar::requests(phone)? - before);
            Ok(())
        };
        let recording = Recording::of(device, before, operation)?;
        let cuts: Vec<usize> = recording.cuts().collect();
        let (first, last) = (cuts[0], cuts[cuts.len() - 1]);
        let (writes, requests) = (cuts.len() - 1, requests.get());
        println!("{}: {writes} writes, {requests} requests", moment.name);
        let seen = |writes| Seen::of(recording.device(writes)?, moment.act);
        let (old, mut phone) = seen(first)?;
        phone.power_off()?;
        let (new, _) = seen(last)?;
        // These two are what all others are compared with, and with each other.
        let [first, last] = [first, last].map(|writes| stored(&recording.device(writes)?));
        let last = last?;
        let judged = RefCell::new(BTreeSet::from([(first?, false), (last, false), (last, true)]));
        Ok((Done { recording, requests, old, new, judged }, phone.device))
    }

    /// Has a start judged, if nothing was yet with the same stored. Where the phone `said`
    /// that it was done, it has to be.
    fn judge(
        &self,
        tally: &mut Tally,
        what: &str,
        device: Device,
        moment: &Moment,
        said: bool,
    ) -> Result<()> {
        if !self.judged.borrow_mut().insert((stored(&device)?, said)) {
            tally.cases += 1;
            return Ok(());
        }
        let earliest = if said { &self.new } else { &self.old };
        tally.between(what, device, moment, earliest, &self.new);
        Ok(())
    }

    fn cut(&self, tally: &mut Tally, moment: &Moment) -> Result<()> {
        let recording = &self.recording;
        let cuts: Vec<usize> = recording.cuts().collect();
        // Many of a voucher's and a seal's are of the same kind: OP-TEE's file table.
        let every = if at_length() || cuts.len() <= CUTS { 1 } else { cuts.len() / CUTS + 1 };
        for (number, &writes) in cuts.iter().enumerate() {
            if number % every != 0 && number + 1 != cuts.len() {
                continue;
            }
            let what = format!("{}, cut {number} of {}", moment.name, cuts.len() - 1);
            self.judge(tally, &what, recording.device(writes)?, moment, false)?;
            if at_length() || moment.name == TWICE && number == 4 {
                let ask: &Act = &|phone| phone.state().map(drop);
                let start = Recording::of(&recording.device(writes)?, None, ask)?;
                for (number, writes) in start.cuts().enumerate() {
                    let what = format!("{what}, and its next start at {number}");
                    self.judge(tally, &what, start.device(writes)?, moment, false)?;
                }
            }
        }
        Ok(())
    }

    fn lie(&self, tally: &mut Tally, device: &Device, moment: &Moment) -> Result<()> {
        let every = by_length((self.requests / LIES).max(1), 1);
        for after in (0..self.requests).filter(|after| after % every == every - 1) {
            let all = lies(after);
            let answer = all[tally.cases as usize % all.len()];
            let mut os = LyingOs::warm(device, "lied-to")?;
            os.spoil(answer, after, 1)?;
            // It may be refused.
            let said = (moment.act)(&mut os.phone).err();
            let state = os.phone.state()?;
            let what = format!("{}, {answer} after {after}: {said:?}", moment.name);
            let allowed = [moment.from, moment.to, "fault"];
            if !allowed.contains(&state.as_str()) || said.is_none() && state != moment.to {
                tally.wrong.push(format!("{what}: {state}"));
            }
            os.phone.cut_power();
            // What it said to be done is stored.
            self.judge(tally, &what, os.phone.device, moment, said.is_none())?;
        }
        Ok(())
    }
}

/// What is stored on a device.
fn stored(device: &Device) -> Result<Digest> {
    Ok(sha256(&[&device.rpmb()?]))
}
