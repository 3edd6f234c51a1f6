//! Hotline codes as owners type them: right, wrong, and with a slip.

use paylatch_proto::api::{Reply, Request};
use paylatch_proto::bytes::DeviceId;
use paylatch_proto::hotline::{Action, Challenge, Code, Key, Mistyped};

use crate::keys::DESK;

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    /// The right code.
    Right(Action),
    /// The right one but for a digit of the second group that no check digit shows.
    Wrong(Action),
    /// The same in the first group.
    WrongFirst(Action),
    /// The right one for a day, made into one for a week.
    Lengthened,
    /// The right one with a digit that does not go with the others.
    Slip(Mistyped),
}

/// Two groups that go with their check digits, and are the code of no challenge that a
/// test knows of.
pub const NO_CODE: [u32; 2] = [100_009, 0];

/// What a phone shows, and whom it agrees on codes with.
pub struct Shown {
    key: Key,
    device: DeviceId,
    challenge: Challenge,
}

impl Shown {
    /// Asks a phone, by its calls; `None` where it takes no codes. The desk is [`DESK`].
    pub fn by(mut call: impl FnMut(&Request) -> Reply) -> Option<Shown> {
        let Reply::Identity(identity) = call(&Request::Identity) else { return None };
        let Reply::Status(status) = call(&Request::Status) else { return None };
        let hotline = status.enrolment?.hotline?;
        Some(Shown {
            key: Key::of(&DESK.agree(&identity.keys?.agreement))?,
            device: identity.device,
            challenge: Challenge::from_number(hotline.challenge).ok()?,
        })
    }

    fn right(&self, action: Action) -> [u32; 2] {
        let code = Code::make(&self.key, &self.device, self.challenge, action);
        code.map_or(NO_CODE, Code::groups)
    }
}

/// The two groups of what is typed.
pub fn groups(shown: Option<&Shown>, typed: Typed) -> [u32; 2] {
    let right = |action| shown.map_or(NO_CODE, |shown| shown.right(action));
    match typed {
        Typed::Right(action) => right(action),
        Typed::Wrong(action) => wrong(right(action)),
        Typed::WrongFirst(action) => {
            let [first, second] = right(action);
            let (action, digits) = (first / 100_000, first / 10 % 10_000);
            [whole(|first| [first, 0], action * 10_000 + (digits + 1) % 10_000), second]
        }
        Typed::Lengthened => {
            let [first, second] = right(Action::Day);
            let longer = first / 10 % 10_000 + 10_000 * Action::Week as u32;
            [whole(|first| [first, 0], longer), second]
        }
        Typed::Slip(group) => slip(right(Action::Day), group),
    }
}

/// The same code with a check digit that does not go with the others.
pub fn slip([first, second]: [u32; 2], group: Mistyped) -> [u32; 2] {
    match group {
        Mistyped::First => [other_last(first), second],
        Mistyped::Second => [first, other_last(second)],
    }
}

/// The same code but for a digit that no check digit shows.
pub fn wrong([first, second]: [u32; 2]) -> [u32; 2] {
    [first, whole(|second| [NO_CODE[0], second], (second / 10 + 1) % 100_000)]
}

/// Five digits with the check digit that they are taken with.
fn whole(code: impl Fn(u32) -> [u32; 2], digits: u32) -> u32 {
    let all = (0..10).map(|check| digits * 10 + check);
    all.clone().find(|group| Code::from_groups(code(*group)).is_ok()).unwrap_or_default()
}

fn other_last(group: u32) -> u32 {
    group / 10 * 10 + (group + 1) % 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_what_it_is_called() {
        let shown = Shown {
            key: Key::of(&[7; 32]).unwrap(),
            device: [9; 32].into(),
            challenge: Challenge::of(4711),
        };
        let groups = |typed| groups(Some(&shown), typed);
        for action in Action::ALL {
            let right = Code::from_groups(groups(Typed::Right(action))).unwrap();
            for typed in [Typed::Wrong(action), Typed::WrongFirst(action)] {
                let wrong = Code::from_groups(groups(typed)).unwrap();
                assert_eq!((right.action, wrong.action), (action, action));
                assert_ne!(right, wrong);
            }
            assert_ne!(groups(Typed::WrongFirst(action))[0], groups(Typed::Right(action))[0]);
        }
        let longer = Code::from_groups(groups(Typed::Lengthened)).unwrap();
        assert_eq!(longer.action, Action::Week);
        assert_eq!(groups(Typed::Lengthened)[1], groups(Typed::Right(Action::Day))[1]);
        assert_ne!(groups(Typed::Lengthened), groups(Typed::Right(Action::Week)));
        for slip in [Mistyped::First, Mistyped::Second] {
            assert_eq!(Code::from_groups(groups(Typed::Slip(slip))), Err(slip));
        }
        assert!(Code::from_groups(NO_CODE).is_ok());
    }
}
