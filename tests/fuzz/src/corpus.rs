//! The committed corpus: for each target one file of inputs, in hexadecimal, one
//! a line; what follows a `#` says what an input is there for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{fs, io};

use paylatch_tests::vectors::unhex;

/// The most bytes of a committed file.
pub const MOST: usize = 300_000;

/// Where a target's file is.
pub fn path(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// A target's inputs.
///
/// # Errors
/// When the file can't be read.
///
/// # Panics
/// For a line that is not hexadecimal.
pub fn read(target: &str) -> io::Result<Vec<Vec<u8>>> {
    let content = fs::read_to_string(path(target))?;
    Ok(content.lines().filter_map(input_of).map(unhex).collect())
}

fn input_of(line: &str) -> Option<&str> {
    line.split('#').next().map(str::trim).filter(|input| !input.is_empty())
}

/// Commits the inputs of a folder in place of those that are there, as many of
/// the shortest as fit; what has a remark stays.
///
/// # Errors
/// When something can't be read or written.
pub fn replace(target: &str, folder: &Path) -> io::Result<usize> {
    let path = path(target);
    let content = fs::read_to_string(&path).unwrap_or_default();
    let mut lines: BTreeSet<(usize, String)> = BTreeSet::new();
    for file in fs::read_dir(folder)? {
        let input = fs::read(file?.path())?;
        let hex: String = input.iter().map(|byte| format!("{byte:02x}")).collect();
        lines.insert((hex.len(), hex));
    }
    let remarked = content.lines().filter(|line| line.contains('#')).map(String::from);
    let mut left = MOST;
    let fits = |line: &String| {
        left = left.saturating_sub(line.len() + 1);
        left > 0
    };
    let all = remarked.chain(lines.into_iter().map(|(_, hex)| hex));
    let lines: Vec<String> = all.take_while(fits).collect();
    let content = lines.join("\n") + "\n";
    fs::write(path, content)?;
    Ok(lines.len())
}
