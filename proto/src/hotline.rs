//! The hotline code, for an owner who can only make a phone call: the phone shows a
//! challenge, the lender's desk answers with a code that unlocks it for a time.
//!
//! ```text
//! shared    := x of ECDH(desk key, the device's agreement key)        32 bytes
//! key       := HKDF-SHA-256(salt: none, shared, info: HOTLINE)        32 bytes
//! challenge := 8 digits, and a check digit                 "123 456 780"
//! mac       := HMAC-SHA-256(key, HOTLINE ‖ device-id(32) ‖ challenge(u32, big-endian)
//!              ‖ action(1)): its first 8 bytes, big-endian, modulo 10^9
//! code      := action, 4 digits of mac, check; 5 digits of mac, check  "112345 678901"
//! ```
//!
//! Check digits are Damm's (H. M. Damm, "Total anti-symmetrische Quasigruppen", Marburg
//! 2004): one wrong digit shows, and so do two neighbours that were swapped.

use core::fmt;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::bytes::DeviceId;
use crate::limits::DAY;
use crate::sign;

/// How many challenges there are: 8 digits.
pub const CHALLENGES: u32 = 100_000_000;
/// Values of a code's `mac` are below this: 9 digits.
const MACS: u64 = 1_000_000_000;
/// Values of the digits of a group of a code, without its check digit: 5 digits.
const GROUP: u32 = 100_000;

/// Damm's quasigroup of order 10.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// What the check digit of a number of `digits` digits is; of one that ends in its check
/// digit, 0.
fn damm(number: u32, digits: u32) -> u32 {
    let mut interim = 0_u8;
    for place in (0..digits).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        let row = DAMM.get(usize::from(interim));
        interim = row.and_then(|row| row.get(digit as usize)).copied().unwrap_or_default();
    }
    interim.into()
}

/// What the desk is told over the phone: a number that the phone has not shown before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge(u32);

impl Challenge {
    /// From its first eight digits, the last ones of a longer number.
    pub fn of(number: u32) -> Challenge {
        Challenge(number % CHALLENGES)
    }

    /// From its nine digits.
    ///
    /// # Errors
    /// [`Mistyped`] when they are not nine, or do not go with their check digit.
    pub fn from_number(number: u32) -> Result<Challenge, Mistyped> {
        if number < CHALLENGES * 10 && damm(number, 9) == 0 {
            Ok(Challenge(number / 10))
        } else {
            Err(Mistyped::First)
        }
    }

    /// Its nine digits, the check digit last.
    pub fn number(self) -> u32 {
        self.0 * 10 + damm(self.0, 8)
    }
}

/// In groups of three, as it is read out.
impl fmt::Display for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.number();
        write!(f, "{:03} {:03} {:03}", number / 1_000_000, number / 1000 % 1000, number % 1000)
    }
}

/// What a code does. Never a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Action {
    /// Unlocks for 24 hours of use.
    Day = 1,
    /// Unlocks for 72 hours of use.
    ThreeDays = 2,
    /// Unlocks for 7 days of use.
    Week = 3,
}

impl Action {
    /// All actions.
    pub const ALL: [Action; 3] = [Action::Day, Action::ThreeDays, Action::Week];

    /// What a code does whose first group of six digits this is.
    fn of(group: u32) -> Option<Action> {
        let first = group / GROUP;
        Action::ALL.into_iter().find(|action| *action as u32 == first)
    }

    /// For how long, in seconds of use.
    pub fn seconds(self) -> u64 {
        match self {
            Action::Day => DAY,
            Action::ThreeDays => 3 * DAY,
            Action::Week => 7 * DAY,
        }
    }
}

/// A slip that the check digits show: it costs no try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mistyped {
    /// In the first group of digits.
    First,
    /// In the second.
    Second,
}

impl Mistyped {
    /// Whether this is to be said of a code's group of six digits: they do not go with
    /// their check digit, or those of the first group begin with no [`Action`].
    pub fn is_in(self, group: u32) -> bool {
        let checked = group < GROUP * 10 && damm(group, 6) == 0;
        !checked || (self == Mistyped::First && Action::of(group).is_none())
    }
}

/// A code, right or wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// What it is to do.
    pub action: Action,
    mac: u32,
}

/// The key that codes are made with, from what the desk and the device agreed on.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// From the x-coordinate that ECDH gives.
    ///
    /// Answers `None` when HKDF can't give 32 bytes, which it always can.
    pub fn of(shared: &[u8; 32]) -> Option<Key> {
        let mut key = Zeroizing::new([0; 32]);
        Hkdf::<Sha256>::new(None, shared).expand(sign::HOTLINE.0, key.as_mut_slice()).ok()?;
        Some(Key(key))
    }
}

impl Code {
    /// The code for a challenge that this device shows.
    ///
    /// Answers `None` when HMAC does not take the key, which it always does.
    pub fn make(
        key: &Key,
        device: &DeviceId,
        challenge: Challenge,
        action: Action,
    ) -> Option<Code> {
        let mut hmac = Hmac::<Sha256>::new_from_slice(key.0.as_slice()).ok()?;
        hmac.update(sign::HOTLINE.0);
        hmac.update(&device.0);
        hmac.update(&challenge.0.to_be_bytes());
        hmac.update(&[action as u8]);
        let tag: [u8; 32] = hmac.finalize().into_bytes().into();
        let (first, _) = tag.split_first_chunk()?;
        Some(Code { action, mac: (u64::from_be_bytes(*first) % MACS) as u32 })
    }

    /// From its two groups of six digits.
    ///
    /// # Errors
    /// [`Mistyped`], for the first group that it is to be said of.
    pub fn from_groups(groups: [u32; 2]) -> Result<Code, Mistyped> {
        let [first, second] = groups;
        for (group, mistyped) in [(first, Mistyped::First), (second, Mistyped::Second)] {
            if mistyped.is_in(group) {
                return Err(mistyped);
            }
        }
        let action = Action::of(first).ok_or(Mistyped::First)?;
        let (first, second) = (first / 10, second / 10);
        Ok(Code { action, mac: first % (GROUP / 10) * GROUP + second })
    }

    /// Its two groups of six digits, each with its check digit last.
    pub fn groups(self) -> [u32; 2] {
        let first = self.action as u32 * (GROUP / 10) + self.mac / GROUP;
        [first, self.mac % GROUP].map(|group| group * 10 + damm(group, 5))
    }
}

/// As it is read out.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [first, second] = self.groups();
        write!(f, "{first:06} {second:06}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Bytes;

    #[test]
    fn a_check_digit_shows_a_wrong_digit_and_two_that_were_swapped() {
        assert_eq!(damm(572, 3), 4);
        for number in (0..GROUP).step_by(7) {
            let whole = number * 10 + damm(number, 5);
            assert_eq!(damm(whole, 6), 0);
            let digit = |place: u32| whole / 10_u32.pow(place) % 10;
            for place in 0..6 {
                let unit = 10_u32.pow(place);
                for other in (0..10).filter(|other| *other != digit(place)) {
                    assert_ne!(damm(whole - digit(place) * unit + other * unit, 6), 0);
                }
                if place > 0 && digit(place) != digit(place - 1) {
                    let swapped = whole - digit(place) * unit - digit(place - 1) * unit / 10
                        + digit(place - 1) * unit
                        + digit(place) * unit / 10;
                    assert_ne!(damm(swapped, 6), 0, "{whole} and {swapped}");
                }
            }
        }
    }

    #[test]
    fn a_challenge_is_read_out_and_comes_back() {
        for number in [0, 1, 99_999_999, 100_000_000, u32::MAX] {
            let challenge = Challenge::of(number);
            assert_eq!(Challenge::from_number(challenge.number()), Ok(challenge));
            assert_eq!(Challenge::from_number(challenge.number() ^ 1), Err(Mistyped::First));
        }
        assert_eq!(std::format!("{}", Challenge::of(0)), "000 000 000");
        assert_eq!(std::format!("{}", Challenge::of(572)), "000 005 724");
        assert_eq!(Challenge::from_number(u32::MAX), Err(Mistyped::First));
    }

    #[test]
    fn a_code_is_of_one_key_one_device_one_challenge_and_one_action() {
        let key = Key::of(&[7; 32]).unwrap();
        let (device, challenge) = (Bytes([9; 32]), Challenge::of(4711));
        let make = |key, device, challenge, action| {
            Code::make(key, &device, challenge, action).unwrap().groups()
        };
        let code = make(&key, device, challenge, Action::Day);
        let others = [
            make(&Key::of(&[8; 32]).unwrap(), device, challenge, Action::Day),
            make(&key, Bytes([8; 32]), challenge, Action::Day),
            make(&key, device, Challenge::of(4712), Action::Day),
            make(&key, device, challenge, Action::Week),
        ];
        for other in others {
            assert_ne!(code, other);
            assert_ne!(code[1], other[1], "digits that the action is not among");
        }
    }

    #[test]
    fn a_code_comes_back_and_a_slip_is_seen_where_it_is() {
        for action in Action::ALL {
            for mac in [0, 1, 99_999, 100_000, 123_456_789, 999_999_999] {
                let code = Code { action, mac };
                let [first, second] = code.groups();
                assert_eq!(Code::from_groups([first, second]), Ok(code));
                assert_eq!(first / 100_000, action as u32);
                assert_eq!(Code::from_groups([first ^ 1, second]), Err(Mistyped::First));
                assert_eq!(Code::from_groups([first, second ^ 1]), Err(Mistyped::Second));
                assert_eq!(Code::from_groups([first + 1_000_000, second]), Err(Mistyped::First));
                assert_eq!(Code::from_groups([first, u32::MAX]), Err(Mistyped::Second));
            }
        }
        for action in [0, 4, 5, 6, 7, 8, 9] {
            let first = action * 10_000 + 1234;
            let first = first * 10 + damm(first, 5);
            assert_eq!(Code::from_groups([first, 0]), Err(Mistyped::First), "{action}");
        }
        let code = Code { action: Action::Day, mac: 5 };
        assert_eq!(std::format!("{code}").len(), 13);
    }
}
