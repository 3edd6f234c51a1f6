//! The power is cut at every write to the RPMB, during everything that changes
//! the lock's state: the next start finds the old state or the new, and what was
//! interrupted can be done again.
//!
//! The start after a cut is cut, too: after one cut of a rekey. With PAYLATCH_PROVE=1,
//! after each cut of each moment, and each cut of the long moments is tried.

use paylatch_tests::Result;
use paylatch_tests::device::Device;
use paylatch_tests::life::{self, Act, Moment, Seen, Tally};
use paylatch_tests::phone::Phone;
use paylatch_tests::power_cut::Recording;
use paylatch_tests::prove::{at_length, by_length};

/// So many cuts of a moment are all tried; of more only some, but with
/// PAYLATCH_PROVE.
const ALL: usize = 6;

const WHAT: &str = "power cuts at an RPMB write";

/// The moment in which a start after a cut is always cut, too.
const TWICE: &str = "a rekey";

#[test]
fn from_the_factory_to_the_release() -> Result<()> {
    life::each_moment(
        |tried| life::from_the_factory_to_the_release(tried),
        (WHAT, by_length(39, 320)),
        cut,
    )
}

#[test]
fn a_sunset() -> Result<()> {
    life::each_moment(|tried| life::a_sunset(tried), (WHAT, by_length(2, 7)), cut)
}

#[test]
fn a_recovery() -> Result<()> {
    life::each_moment(|tried| life::a_recovery(tried), (WHAT, by_length(2, 6)), cut)
}

#[test]
fn a_seal() -> Result<()> {
    life::each_moment(|tried| life::a_seal(tried), (WHAT, by_length(6, 110)), cut)
}

fn cut(tally: &mut Tally, device: &Device, moment: &Moment) -> Result<()> {
    let switched_on: &Act = &|_| Ok(());
    let before = if moment.is_start { None } else { Some(switched_on) };
    let recording = Recording::of(device, before, moment.act)?;
    let cuts: Vec<usize> = recording.cuts().collect();
    let (first, last) = (cuts[0], cuts[cuts.len() - 1]);
    let seen = |writes| Seen::of(recording.device(writes)?, moment.act);
    let (old, new) = (seen(first)?, seen(last)?);
    tally.is(moment, &old, &new);
    println!("{}: {} writes", moment.name, cuts.len() - 1);
    // Many of a voucher's and a seal's are of the same kind: OP-TEE's file table.
    let every = if at_length() || cuts.len() <= ALL { 1 } else { cuts.len() / ALL + 1 };
    for (number, &writes) in cuts.iter().enumerate() {
        if number % every != 0 && writes != last {
            continue;
        }
        let what = format!("{}, cut {number} of {}", moment.name, cuts.len() - 1);
        tally.between(&what, recording.device(writes)?, moment, &old, &new);
        if at_length() || moment.name == TWICE && number == 4 {
            let ask: &Act = &|phone| phone.state().map(drop);
            let start = Recording::of(&recording.device(writes)?, None, ask)?;
            for (number, writes) in start.cuts().enumerate() {
                let what = format!("{what}, and its next start at {number}");
                tally.between(&what, start.device(writes)?, moment, &old, &new);
            }
        }
    }
    Ok(())
}
