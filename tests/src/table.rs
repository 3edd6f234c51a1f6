//! Every message in every state, every refusal, and the rules of order and
//! time: one scenario for the simulator and the device.
//!
//! - [`rows`]: DESIGN.md's table as data
//! - [`bench`](mod@bench): a phone brought into a state, and looked at before and after
//! - [`refusals`], [`order`], [`time`], [`codes`]: what the table does not say
//! - [`attack`]: faults; [`forge`]: what the issuing programs would not make

pub mod attack;
pub mod bench;
pub mod codes;
pub mod forge;
pub mod order;
pub mod refusals;
pub mod rows;
pub mod tally;
pub mod time;

use crate::Result;
use crate::issuer::Issuer;

use self::attack::Attacked;
use self::bench::Bench;
use self::rows::Given;
use self::tally::Tally;

/// How many checks there are at least.
const FLOOR: usize = 570;

/// Goes through all of it; `make` gives phones fresh from the factory.
///
/// # Panics
/// When a phone does not answer, can't be brought into a state, or gives a wrong
/// answer, or when there were too few checks.
pub fn check<P: Attacked>(make: fn(&str) -> Result<P>) {
    let tally = run(make).unwrap_or_else(|failure| panic!("{failure}"));
    println!("{} checks", tally.checks);
    assert!(tally.wrong.is_empty(), "{} wrong:\n{}", tally.wrong.len(), tally.wrong.join("\n"));
    assert!(tally.checks >= FLOOR, "only {} checks were made", tally.checks);
}

fn run<P: Attacked>(make: fn(&str) -> Result<P>) -> Result<Tally> {
    let issuer = Issuer::new()?;
    let mut bench = Bench::new(make, &issuer)?;
    refusals::vouchers(&mut bench)?;
    bench.column(Given::Unprovisioned)?;
    bench.column(Given::Sealed)?;
    refusals::nothing_to_show(&mut bench)?;
    bench.renew()?;
    bench.unlocked()?;
    refusals::form(&mut bench)?;
    refusals::who(&mut bench)?;
    refusals::what(&mut bench)?;
    refusals::not_stored(&mut bench)?;
    order::numbers(&mut bench)?;
    order::contact_numbers(&mut bench)?;
    order::sale(&mut bench)?;
    time::notice(&mut bench)?;
    time::window(&mut bench)?;
    time::deadline(&mut bench)?;
    refusals::recovery(&mut bench)?;
    bench.column(Given::Silent)?;
    bench.column(Given::Readable)?;
    bench.column(Given::Unlocked)?;
    bench.column(Given::Locked)?;
    bench.column(Given::Released)?;
    time::sunset(&mut bench)?;
    codes::all(&mut bench)?;
    bench.tally.every_refusal();
    Ok(bench.tally)
}
