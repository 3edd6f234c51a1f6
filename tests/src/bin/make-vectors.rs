//! Writes `tests/vectors/*.json`.

use std::process::ExitCode;

use paylatch_tests::vectors::{Vectors, folder};

fn main() -> ExitCode {
    for (name, content) in Vectors::make().files() {
        let path = folder().join(name);
        if let Err(error) = std::fs::write(&path, content) {
            eprintln!("make-vectors: {}: {error}", path.display());
            return ExitCode::FAILURE;
        }
        println!("{}", path.display());
    }
    ExitCode::SUCCESS
}
