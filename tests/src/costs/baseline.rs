//! What was measured when it was last looked at (`tests/costs.json`), so that a cost
//! that grows is seen. `bench --baseline` writes it anew.

use std::path::PathBuf;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::figures::{Figures, TABLE};
use crate::device::built;
use crate::{Failure, Result, repository};

/// By how much a figure may grow, in thousandths: with the compilers that it was
/// measured with, and with others, where it is compared with its peer in the same run.
const SAME: u64 = 20;
const OTHER: u64 = 50;

/// Figures, and the compilers that made what was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Baseline {
    /// Their versions.
    pub compilers: Vec<String>,
    /// What was measured.
    pub figures: Figures,
}

impl Baseline {
    /// Of this run.
    ///
    /// # Errors
    /// When the compilers of the device that was measured are not known.
    pub fn of(figures: Figures) -> Result<Baseline> {
        let path = built("compilers.txt");
        let text = std::fs::read_to_string(&path).map_err(|e| Failure(format!("{path}: {e}")))?;
        Ok(Baseline { compilers: text.lines().map(str::to_owned).collect(), figures })
    }

    fn path() -> PathBuf {
        repository().join("tests/costs.json")
    }

    /// The one that is committed.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn committed() -> Result<Baseline> {
        let path = Self::path();
        let failure = |e: String| Failure(format!("{}: {e}", path.display()));
        let text = std::fs::read_to_string(&path).map_err(|e| failure(e.to_string()))?;
        serde_json::from_str(&text).map_err(|e| failure(e.to_string()))
    }

    /// Puts it where the committed one is.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn commit(&self) -> Result<()> {
        let path = Self::path();
        let text = serde_json::to_string_pretty(self).map_err(|e| Failure(e.to_string()))?;
        std::fs::write(&path, text + "\n").map_err(|e| Failure(format!("{}: {e}", path.display())))
    }

    /// What has grown since, each with its figures.
    ///
    /// # Errors
    /// When a figure is missing in one of the two.
    pub fn grown(&self, now: &Baseline) -> Result<Vec<String>> {
        let same = self.compilers == now.compilers;
        let mut grown = Vec::new();
        for row in TABLE {
            let (was, is) = (self.figures.get(row.key)?, now.figures.get(row.key)?);
            // With other compilers all instructions are others, the peers' as well.
            let measure = if same || !row.key.ends_with("_insns") && row.peer.is_none() {
                None
            } else {
                Some(row.peer.unwrap_or("empty_insns"))
            };
            let (of_was, of_is) = match measure {
                Some(key) => (self.figures.get(key)?, now.figures.get(key)?),
                None => (1, 1),
            };
            let more = 1000 + if same { SAME } else { OTHER };
            // is / of_is > was / of_was · more / 1000
            let [was_, is_, of_was_, of_is_] = [was, is, of_was, of_is].map(u128::from);
            if is_ * of_was_ * 1000 > was_ * of_is_ * u128::from(more) {
                let beside = measure.map(|key| format!(", {key} {of_was} and {of_is}"));
                grown.push(format!("{}: {was}, now {is}{}", row.key, beside.unwrap_or_default()));
            }
        }
        Ok(grown)
    }
}

/// The versions of what compiles for the device, as `make bench-device` keeps them.
///
/// # Errors
/// When one does not tell.
pub fn compilers(programs: &[String]) -> Result<String> {
    let mut lines = String::new();
    for program in programs {
        let output = Command::new(program).arg("--version").output();
        let output = output.map_err(|e| Failure(format!("{program}: {e}")))?;
        let said = String::from_utf8_lossy(&output.stdout);
        let line = said.lines().next().ok_or_else(|| Failure(format!("{program}: no version")))?;
        lines += line;
        lines.push('\n');
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn baseline(compiler: &str, change: impl Fn(&str) -> u64) -> Baseline {
        let mut figures = Figures::default();
        for row in TABLE {
            for key in [Some(row.key), row.peer].into_iter().flatten() {
                figures.set(key, change(key));
            }
        }
        Baseline { compilers: vec![compiler.into()], figures }
    }

    #[test]
    fn what_grows_by_more_than_two_hundredths_is_told() {
        let before = baseline("a", |_| 10_000);
        let now =
            |is: u64| baseline("a", move |key| if key == "state_insns" { is } else { 10_000 });
        assert_eq!(before.grown(&now(10_200)).unwrap(), Vec::<String>::new());
        assert_eq!(before.grown(&now(9_000)).unwrap(), Vec::<String>::new());
        assert_eq!(before.grown(&now(10_201)).unwrap(), ["state_insns: 10000, now 10201"]);
    }

    #[test]
    fn with_another_compiler_a_figure_is_compared_with_its_peer() {
        let before = baseline("a", |_| 10_000);
        let doubled = baseline("b", |_| 20_000);
        let grown = before.grown(&doubled).unwrap();
        // What is counted, or has no peer, may not.
        assert!(grown.iter().all(|line| !line.contains("_insns: ")), "{grown:?}");
        assert!(grown.iter().any(|line| line.starts_with("apply_rpmb_writes")), "{grown:?}");
        let one =
            |is: u64| baseline("b", move |key| if key == "verify_insns" { is } else { 20_000 });
        let told = |is| before.grown(&one(is)).unwrap().join("\n").contains("verify_insns");
        assert!(!told(21_000));
        assert!(told(21_001));
    }

    #[test]
    fn nothing_must_stay_nothing() {
        let before = baseline("a", |_| 0);
        let now = baseline("a", |key| u64::from(key == "forged_rpmb_requests"));
        assert_eq!(before.grown(&now).unwrap(), ["forged_rpmb_requests: 0, now 1"]);
    }

    #[test]
    fn a_missing_figure_is_an_error() {
        let before = baseline("a", |_| 1);
        let now = Baseline { figures: Figures::default(), ..before.clone() };
        assert!(before.grown(&now).is_err());
    }
}
