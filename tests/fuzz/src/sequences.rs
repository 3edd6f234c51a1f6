//! Steps of the lock and of the model, which must agree on each. All properties
//! are checked of the last step: the beginning of an input is an input too.

use paylatch_proto::limits::UPTIME_STEP;
use paylatch_proto::state::Reason;
use paylatch_rig::bench::{BUYER, NOTICE};
use paylatch_rig::model::message::{Message, Order};
use paylatch_rig::model::phone::Terms;
use paylatch_rig::model::properties;
use paylatch_rig::model::step::{Spoilt, Step};
use paylatch_rig::model::trial::Trial;

use crate::choices::Choices;
use crate::moves;

/// The most steps of an input.
const STEPS: usize = 12;

thread_local! {
    static BEGINNINGS: Vec<Trial> = beginnings();
}

/// The target.
///
/// # Panics
/// When something does not hold.
pub fn run(input: &[u8]) {
    BEGINNINGS.with(|beginnings| {
        let mut choices = Choices::new(input);
        let at = usize::from(choices.byte()) % beginnings.len();
        let mut trial = beginnings[at].clone();
        let mut taken = Vec::new();
        for left in (0..STEPS).rev() {
            let step = moves::next(&mut choices).step(trial.phone());
            let is_last = left == 0 || choices.is_empty();
            let holds = if is_last {
                trial.step(&step).and_then(|()| properties::of_phone(&trial))
            } else {
                trial.agree(&step).map(drop)
            };
            taken.push(step);
            if let Err(e) = holds {
                panic!("phone {at}, {taken:#?}:\n{e}");
            }
            if is_last {
                break;
            }
        }
    });
}

/// What inputs begin with: phones that have already been through something.
fn beginnings() -> Vec<Trial> {
    let both = Terms { escrow: true, sunset: Some(60) };
    let sunset = Terms { escrow: false, sunset: Some(2) };
    let order = |order, sequence| Step::Hand(Message::new(order, sequence));
    let notice = [Step::Enrol, order(Order::Notice, 1)];
    let due = [&notice[..], &[Step::Pass(NOTICE.into())]].concat();
    let lock = Order::Lock(Reason::PaymentOverdue);
    let locked = [&due[..], &[order(lock, 2)]].concat();
    let lease = order(Order::UnlockFor(3 * NOTICE), 3);
    let leased = [&locked[..], &[lease]].concat();
    let sale = order(Order::Rekey { to: BUYER, proven: true }, 4);
    let sold = [&locked[..], &[sale]].concat();
    let stored = [Step::Pass(UPTIME_STEP), Step::Tick, Step::Shutdown, Step::Cut];
    let after = |steps: &[Step]| [steps, &stored].concat();
    let spoilt = |spoilt| [&sold[..], &[Step::Spoil(spoilt)]].concat();
    let released = [&locked[..], &[order(Order::Release, 0)]].concat();
    let lives: [&[Step]; 14] = [
        &[Step::Enrol],
        &notice,
        &due,
        &locked,
        &leased,
        &sold,
        &[],
        &after(&notice),
        &after(&leased),
        &after(&sold),
        &spoilt(Spoilt::State),
        &spoilt(Spoilt::All),
        &released,
        &[Step::Seal],
    ];
    let live = |terms, steps: &[Step]| {
        let mut trial = Trial::new(terms);
        for step in steps {
            trial.step(step).unwrap_or_else(|e| panic!("{steps:?}: {e}"));
        }
        trial
    };
    let with_sunset = lives[..6].iter().map(|steps| live(sunset, steps));
    lives.iter().map(|steps| live(both, steps)).chain(with_sunset).collect()
}
