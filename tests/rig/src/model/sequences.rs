//! Every sequence of a few steps.
//!
//! Sequences that lead to one and the same phone are continued together. Two
//! phones are the same if everything is that can matter from there on: the
//! whole lock with all that it remembers, every byte that is stored, the time,
//! and the model. How many sequences lead there is counted.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::properties;
use super::step::Step;
use super::trial::Trial;

/// What was covered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Covered {
    /// Sequences.
    pub sequences: u64,
    /// Steps that were done: one for each phone and step, however many sequences
    /// go through it.
    pub steps: u64,
    /// Different phones.
    pub phones: u64,
}

/// A phone, the first sequence that led to it, and how many do.
struct Point {
    trial: Trial,
    path: Vec<usize>,
    sequences: u64,
}

/// Goes through every sequence of `length` of the steps.
///
/// # Errors
/// The sequence that led to something that must not be, and what that was.
pub fn explore(start: Trial, steps: &[Step], length: u32) -> Result<Covered, String> {
    let mut covered = Covered::default();
    let mut points = vec![Point { trial: start, path: Vec::new(), sequences: 1 }];
    for _ in 0..length {
        let mut next: Vec<Point> = Vec::new();
        let mut known: HashMap<u64, Vec<usize>> = HashMap::new();
        covered.phones += points.len() as u64;
        for point in points {
            for (i, step) in steps.iter().enumerate() {
                covered.steps += 1;
                let path = [&*point.path, &[i]].concat();
                let told = |e| {
                    let path = path.iter().map(|i| format!("  {:?}\n", steps[*i]));
                    format!("{}{e}", path.collect::<String>())
                };
                let mut trial = point.trial.clone();
                trial.step(step).map_err(told)?;
                let medium = trial.bench.medium();
                (medium.calls, medium.writes) = (0, 0);
                let same = known.entry(part(&mut trial)).or_default();
                let is_same = |i: &&usize| next[**i].trial.is_same(&trial);
                if let Some(i) = same.iter().find(is_same) {
                    next[*i].sequences += point.sequences;
                } else {
                    properties::of_phone(&trial).map_err(told)?;
                    same.push(next.len());
                    next.push(Point { trial, path, sequences: point.sequences });
                }
            }
        }
        points = next;
    }
    covered.sequences = points.iter().map(|point| point.sequences).sum();
    Ok(covered)
}

/// A part of what makes phones different, to find the same ones by.
fn part(trial: &mut Trial) -> u64 {
    let mut hasher = DefaultHasher::new();
    let medium = trial.bench.medium();
    (medium.seconds, &medium.records).hash(&mut hasher);
    hasher.finish()
}
