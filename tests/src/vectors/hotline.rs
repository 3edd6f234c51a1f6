//! Hotline codes.

use paylatch_proto::hotline::{Action, Challenge, Code, Key};
use paylatch_rig::keys::{BUYERS_DESK, DESK, OTHER_PHONE, PHONE};
use serde::{Deserialize, Serialize};

use super::device::Device;

/// A code that a desk makes, and that a device takes while it shows the challenge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HotlineCode {
    /// Name of the device that shows the challenge.
    pub device: String,
    /// Name of the desk's key.
    pub desk: String,
    /// The x-coordinate that the two agree on.
    pub shared: String,
    /// As it is read out.
    pub challenge: String,
    /// What the code does.
    pub action: u8,
    /// For so many seconds of use.
    pub seconds: u64,
    /// As it is read out.
    pub code: String,
}

/// Twelve digits with a slip in them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MistypedCode {
    /// The digits.
    pub code: String,
    /// The first group that a slip is in: `First` or `Second`.
    pub group: String,
}

/// `hotline.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hotline {
    /// Right codes.
    pub codes: Vec<HotlineCode>,
    /// What is never tried.
    pub mistyped: Vec<MistypedCode>,
    /// Challenges that were misheard: the check digit does not go with the others.
    pub misheard: Vec<String>,
}

/// Makes them.
pub fn make() -> Hotline {
    let mut codes = Vec::new();
    for device in [PHONE, OTHER_PHONE] {
        let agreement = Device::sealed_keys(&device).agreement;
        for desk in [DESK, BUYERS_DESK] {
            let shared = desk.agree(&agreement);
            let key = Key::of(&shared).expect("32 bytes");
            for (action, number) in Action::ALL.into_iter().zip([12_345_678, 0, 99_999_999]) {
                let challenge = Challenge::of(number);
                let code = Code::make(&key, &device.id(), challenge, action).expect("a key");
                codes.push(HotlineCode {
                    device: device.name.into(),
                    desk: desk.name.into(),
                    shared: hex::encode(shared),
                    challenge: challenge.to_string(),
                    action: action as u8,
                    seconds: action.seconds(),
                    code: code.to_string(),
                });
            }
        }
    }
    let first = codes.first().map(|code| code.code.clone()).unwrap_or_default();
    let mistyped = [
        // A digit that is wrong, and two that were swapped, in each group.
        (with_other(&first, 2), "First"),
        (with_other(&first, 5), "First"),
        (swapped(&first, 1), "First"),
        (with_other(&first, 7), "Second"),
        (with_other(&first, 12), "Second"),
        (swapped(&first, 8), "Second"),
        // In both: the first is told.
        (with_other(&with_other(&first, 3), 9), "First"),
        // The check digits are right, but no action begins with this.
        ("000000 000000".into(), "First"),
    ];
    let challenge = Challenge::of(12_345_678).to_string();
    Hotline {
        codes,
        mistyped: mistyped.map(|(code, group)| MistypedCode { code, group: group.into() }).into(),
        misheard: vec![
            with_other(&challenge, 10),
            with_other(&challenge, 0),
            swapped(&challenge, 1),
        ],
    }
}

/// The same with another digit at this place.
fn with_other(text: &str, place: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    bytes[place] = b'0' + (bytes[place] - b'0' + 1) % 10;
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The same with this digit and the next one swapped.
fn swapped(text: &str, place: usize) -> String {
    let mut bytes = text.as_bytes().to_vec();
    assert_ne!(bytes[place], bytes[place + 1], "the swap shows");
    bytes.swap(place, place + 1);
    String::from_utf8_lossy(&bytes).into_owned()
}
