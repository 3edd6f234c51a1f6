//! The figures: what each is, beside whose, and what it is to reach.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Failure, Result};

/// What was measured, by its key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Figures(Map<String, Value>);

/// A bound on a figure.
#[derive(Clone, Copy, Debug)]
pub enum Bound {
    /// It is only told.
    None,
    /// At most this.
    AtMost(u64),
    /// At most so many hundredths of another figure.
    Hundredths(u64, &'static str),
    /// Below the sum of these others.
    Below(&'static [&'static str]),
    /// At least another figure.
    AtLeast(&'static str),
}

/// A row of the table.
pub struct Row {
    /// What it is, for people.
    pub name: &'static str,
    /// Its key.
    pub key: &'static str,
    /// The peer's key in the same run, if there is a peer.
    pub peer: Option<&'static str>,
    /// What it is to reach.
    pub bound: Bound,
}

const fn row(
    name: &'static str,
    key: &'static str,
    peer: Option<&'static str>,
    bound: Bound,
) -> Row {
    Row { name, key, peer, bound }
}

/// What the device costs. Instructions are of the whole round trip from Linux's user space
/// unless they say otherwise.
pub const TABLE: &[Row] = &[
    row("a call that does nothing", "empty_insns", None, Bound::None),
    row("opening a session", "open_insns", None, Bound::None),
    row("STATE", "state_insns", Some("avb_state_insns"), Bound::Hundredths(106, "empty_insns")),
    row("  RPMB requests", "state_rpmb_requests", None, Bound::AtMost(0)),
    row("STATE, where time can change it", "state_waiting_insns", None, Bound::None),
    row(
        "  with 16 more sessions open",
        "state_sessions_insns",
        None,
        Bound::Hundredths(102, "state_insns"),
    ),
    row(
        "STATE, the first since power-on",
        "state_cold_insns",
        Some("avb_state_cold_insns"),
        Bound::Below(&["avb_state_cold_insns"]),
    ),
    row("  RPMB reads", "state_cold_rpmb_reads", Some("avb_state_cold_rpmb_reads"), Bound::None),
    row("  RPMB writes, OP-TEE's own among them", "state_cold_rpmb_writes", None, Bound::None),
    row("STATE from U-Boot, the first", "uboot_state_cold_insns", None, Bound::None),
    row("STATE from U-Boot, later", "uboot_state_insns", None, Bound::None),
    row(
        "verifying a signature, in the TA",
        "verify_insns",
        Some("optee_verify_insns"),
        Bound::AtMost(1_750_000),
    ),
    row(
        "a message, applied",
        "apply_insns",
        Some("avb_write_insns"),
        Bound::Below(&["avb_write_insns", "verify_insns"]),
    ),
    row("  RPMB data writes", "apply_rpmb_writes", None, Bound::AtMost(1)),
    row("  after 100 others", "apply_late_insns", None, Bound::Hundredths(102, "apply_insns")),
    row("a new contact, its texts short", "contact_short_insns", None, Bound::None),
    row("a new contact, its texts as long as they may be", "contact_long_insns", None, Bound::None),
    row("a message, forged", "forged_insns", None, Bound::None),
    row("  RPMB requests", "forged_rpmb_requests", None, Bound::AtMost(0)),
    row("a message, stale", "stale_insns", None, Bound::None),
    row("  RPMB requests", "stale_rpmb_requests", None, Bound::AtMost(0)),
    row("a hotline code, wrong", "code_insns", None, Bound::None),
    row("  RPMB data writes", "code_rpmb_writes", None, Bound::AtMost(1)),
    row("a statement", "attest_insns", None, Bound::None),
    row("a power-on, U-Boot to user space: added", "boot_added_insns", None, Bound::None),
    row(
        "the TA, stripped, in bytes",
        "ta_bytes",
        Some("avb_ta_bytes"),
        Bound::Below(&["avb_ta_bytes"]),
    ),
    row("  its stack at most, in bytes", "ta_stack_bytes", None, Bound::None),
    row("  its heap at most, in bytes", "ta_heap_bytes", None, Bound::None),
];

/// What issuing costs on this computer: no two runs are the same.
pub const ISSUING: &[Row] = &[
    row(
        "messages issued, a second of one processor",
        "issue_per_s",
        Some("openssl_sign_per_s"),
        Bound::AtLeast("openssl_sign_per_s"),
    ),
    row("  in one batch", "issue_batch", None, Bound::None),
    row(
        "  memory at most, in bytes",
        "issue_peak_bytes",
        Some("issue_small_peak_bytes"),
        Bound::Hundredths(115, "issue_small_peak_bytes"),
    ),
];

impl Figures {
    /// Puts a figure in.
    pub fn set(&mut self, key: &str, value: u64) {
        self.0.insert(key.into(), value.into());
    }

    /// A figure.
    ///
    /// # Errors
    /// When it was not measured.
    pub fn get(&self, key: &str) -> Result<u64> {
        let value = self.0.get(key).and_then(Value::as_u64);
        value.ok_or_else(|| Failure(format!("no figure {key}")))
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        // A map of numbers always has a form in JSON.
        serde_json::to_string_pretty(&self.0).unwrap_or_default() + "\n"
    }

    /// What a bound comes to in this run, and whether a value misses it; `None` where there
    /// is none.
    ///
    /// # Errors
    /// When a figure that it names was not measured.
    pub fn reach(&self, bound: Bound, value: u64) -> Result<Option<(u64, bool)>> {
        let most = match bound {
            Bound::None => return Ok(None),
            Bound::AtMost(most) => most,
            Bound::Hundredths(hundredths, key) => self.get(key)? * hundredths / 100,
            Bound::Below(keys) => {
                let values = keys.iter().map(|key| self.get(key)).collect::<Result<Vec<_>>>()?;
                values.iter().sum::<u64>().saturating_sub(1)
            }
            Bound::AtLeast(key) => {
                let least = self.get(key)?;
                return Ok(Some((least, value < least)));
            }
        };
        Ok(Some((most, value > most)))
    }

    /// The table for people, and how many bounds are not met.
    ///
    /// # Errors
    /// When a figure was not measured.
    pub fn table(&self, rows: &[Row]) -> Result<(String, usize)> {
        let mut text =
            format!("{:44} {:>13} {:>13} {:>13}\n", "", "Paylatch", "the peer", "to reach");
        let mut missed = 0;
        for row in rows {
            let value = self.get(row.key)?;
            let peer = row.peer.map(|peer| self.get(peer)).transpose()?;
            let reach = self.reach(row.bound, value)?;
            let told = |value: Option<u64>| value.map(grouped).unwrap_or_default();
            let misses = reach.is_some_and(|(_, misses)| misses);
            missed += usize::from(misses);
            text += &format!(
                "{:44} {:>13} {:>13} {:>13}{}\n",
                row.name,
                grouped(value),
                told(peer),
                told(reach.map(|(bound, _)| bound)),
                if misses { "  missed" } else { "" }
            );
        }
        Ok((text, missed))
    }

    /// With the figures of another part.
    #[must_use]
    pub fn with(mut self, other: Figures) -> Figures {
        self.0.extend(other.0);
        self
    }
}

/// A number with its thousands apart.
fn grouped(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
