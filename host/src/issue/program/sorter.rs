//! Sorting more than is to be held in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::error::{Error, Result};

/// Records that are sorted in memory at a time.
const RUN: usize = 1 << 16;
/// Records that are read at a time from each of the runs that are merged.
const AHEAD: usize = 64;
/// Bytes of a number.
const WORD: usize = size_of::<u64>();

const _: () = assert!(RUN.is_multiple_of(AHEAD));

/// Records of `N` numbers in, the same out in order. Memory holds 65,536 of them, and 64 for
/// each 65,536 more; the rest is in a temporary file without a name.
#[derive(Default)]
pub struct Sorter<const N: usize> {
    memory: Vec<[u64; N]>,
    file: Option<File>,
    /// Sorted runs in the file.
    runs: u64,
}

/// What was sorted.
pub struct Sorted<const N: usize> {
    file: Option<File>,
    /// The next record of each run, and of which.
    next: BinaryHeap<Reverse<([u64; N], usize)>>,
    runs: Vec<Run<N>>,
}

/// A sorted run: what of it is in memory, last record first, and what is in the file.
struct Run<const N: usize> {
    memory: Vec<[u64; N]>,
    /// First byte in the file, and the one past its last.
    rest: std::ops::Range<u64>,
}

fn io(e: &std::io::Error) -> Error {
    Error::io(Path::new("temporary file"), e)
}

impl<const N: usize> Sorter<N> {
    /// Takes a record.
    ///
    /// # Errors
    /// [`Kind::Io`](crate::error::Kind::Io) when there is no room for temporary files.
    pub fn push(&mut self, record: [u64; N]) -> Result<()> {
        if self.memory.len() == RUN {
            self.memory.sort_unstable();
            let file = match self.file.take() {
                Some(file) => file,
                None => tempfile::tempfile().map_err(|e| io(&e))?,
            };
            self.file = Some(self.store(file).map_err(|e| io(&e))?);
            self.runs += 1;
            self.memory.clear();
        }
        self.memory.push(record);
        Ok(())
    }

    fn store(&self, file: File) -> std::io::Result<File> {
        let mut file = BufWriter::new(file);
        for word in self.memory.as_flattened() {
            file.write_all(&word.to_ne_bytes())?;
        }
        file.into_inner().map_err(std::io::IntoInnerError::into_error)
    }

    /// All of them, in order.
    ///
    /// # Errors
    /// [`Kind::Io`](crate::error::Kind::Io) when the temporary file can't be read.
    pub fn sorted(mut self) -> Result<Sorted<N>> {
        self.memory.sort_unstable_by(|a, b| b.cmp(a));
        let bytes = (RUN * N * WORD) as u64;
        let stored = (0..self.runs)
            .map(|run| Run { memory: Vec::new(), rest: run * bytes..(run + 1) * bytes });
        let runs = stored.chain([Run { memory: self.memory, rest: 0..0 }]).collect();
        let mut sorted = Sorted { file: self.file, next: BinaryHeap::new(), runs };
        for run in 0..sorted.runs.len() {
            sorted.advance(run)?;
        }
        Ok(sorted)
    }
}

impl<const N: usize> Sorted<N> {
    /// Puts the next record of a run among the next of all.
    fn advance(&mut self, number: usize) -> Result<()> {
        let Some(run) = self.runs.get_mut(number) else { return Ok(()) };
        if run.memory.is_empty()
            && !run.rest.is_empty()
            && let Some(file) = &self.file
        {
            let mut bytes = [[[0; WORD]; N]; AHEAD];
            file.read_exact_at(bytes.as_flattened_mut().as_flattened_mut(), run.rest.start)
                .map_err(|e| io(&e))?;
            run.memory.extend(bytes.iter().rev().map(|record| record.map(u64::from_ne_bytes)));
            run.rest.start += (AHEAD * N * WORD) as u64;
        }
        if let Some(record) = run.memory.pop() {
            self.next.push(Reverse((record, number)));
        }
        Ok(())
    }
}

/// An item is an error when the temporary file can't be read.
impl<const N: usize> Iterator for Sorted<N> {
    type Item = Result<[u64; N]>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((record, run)) = self.next.pop()?;
        Some(self.advance(run).map(|()| record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        for count in [0, 1, 2, RUN - 1, RUN, RUN + 1, 3 * RUN, 3 * RUN + AHEAD + 7] {
            let mut sorter = Sorter::<2>::default();
            let mut all = Vec::new();
            let mut number = 1_u32;
            for _ in 0..count {
                // Every value comes up again and again.
                number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let record = [u64::from(number % 1009), u64::from(number >> 20)];
                all.push(record);
                sorter.push(record).unwrap();
                assert!(sorter.memory.len() <= RUN);
            }
            all.sort_unstable();
            let mut sorted = sorter.sorted().unwrap();
            for record in all {
                assert_eq!(sorted.next(), Some(Ok(record)));
            }
            assert_eq!(sorted.next(), None);
        }
    }
}
