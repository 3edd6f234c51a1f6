//! What the lock and issuing cost, as a table and in `target/bench.json` (`make bench`).
//!
//! - `bench --baseline`: only the device, and puts the figures where `make costs-test` compares with them
//! - `bench --client FILE`: builds the program that the device runs, into FILE
//! - `bench --compilers FILE PROGRAM...`: keeps the versions of these in FILE

use std::path::Path;
use std::process::ExitCode;

use paylatch_tests::costs::{self, Baseline, Figures};
use paylatch_tests::{Failure, Result, repository};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match &arguments[..] {
        [] => all().and_then(|figures| tell(&figures)),
        [option] if option == "--baseline" => costs::measure().and_then(|figures| {
            let (table, missed) = figures.table(costs::TABLE)?;
            print!("{table}");
            Baseline::of(figures)?.commit()?;
            Ok(missed)
        }),
        [option, file] if option == "--client" => {
            costs::client().and_then(|program| put(Path::new(file), &program)).map(|()| 0)
        }
        [option, file, programs @ ..] if option == "--compilers" => costs::compilers(programs)
            .and_then(|versions| put(Path::new(file), versions.as_bytes()))
            .map(|()| 0),
        _ => Err(Failure(
            "usage: bench [--baseline | --client FILE | --compilers FILE PROGRAM...]".into(),
        )),
    };
    match done {
        Ok(0) => ExitCode::SUCCESS,
        Ok(missed) => {
            eprintln!("bench: {missed} of the figures are not what they are to reach");
            ExitCode::FAILURE
        }
        Err(failure) => {
            eprintln!("bench: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// The device's figures, and this computer's.
fn all() -> Result<Figures> {
    Ok(costs::measure()?.with(costs::issuing::measure()?))
}

/// Tells the figures; how many are not what they are to reach.
fn tell(figures: &Figures) -> Result<usize> {
    let mut missed = 0;
    for rows in [costs::TABLE, costs::ISSUING] {
        let (table, of_table) = figures.table(rows)?;
        print!("{table}");
        missed += of_table;
    }
    put(&repository().join("target/bench.json"), figures.to_json().as_bytes())?;
    Ok(missed)
}

fn put(file: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(file, bytes).map_err(|e| Failure(format!("{}: {e}", file.display())))
}
