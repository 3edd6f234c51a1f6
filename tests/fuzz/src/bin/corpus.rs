//! What fuzzing begins with, as folders of files, and what it found, as the
//! committed corpus.
//!
//! ```text
//! corpus unpack DIRECTORY         the committed inputs and the seeds, a folder
//!                                 for each target
//! corpus replace TARGET FOLDER    what is committed becomes what the folder has
//! ```

use std::path::Path;
use std::process::ExitCode;
use std::{fs, io};

use paylatch_fuzz::{TARGETS, corpus, seeds};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match *arguments {
        ["unpack", directory] => unpack(Path::new(directory)),
        ["replace", target, folder] if TARGETS.iter().any(|(name, _)| *name == target) => {
            corpus::replace(target, Path::new(folder))
                .map(|inputs| println!("{target}: {inputs} inputs"))
        }
        _ => {
            eprintln!("corpus: unpack DIRECTORY, or replace TARGET FOLDER");
            return ExitCode::from(2);
        }
    };
    done.map_or_else(
        |error| {
            eprintln!("corpus: {error}");
            ExitCode::from(7)
        },
        |()| ExitCode::SUCCESS,
    )
}

fn unpack(directory: &Path) -> io::Result<()> {
    for (target, _) in TARGETS {
        let folder = directory.join(target);
        fs::create_dir_all(&folder)?;
        let inputs = corpus::read(target)?.into_iter().chain(seeds::of(target));
        for (i, input) in inputs.enumerate() {
            fs::write(folder.join(format!("{i:05}")), input)?;
        }
    }
    Ok(())
}
