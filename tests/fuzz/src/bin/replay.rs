//! Gives one input to its target, without libFuzzer: `replay TARGET FILE`.

use std::process::ExitCode;

use paylatch_fuzz::TARGETS;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, file] = &*arguments else {
        eprintln!("replay: give a target and a file: replay wire FILE");
        return ExitCode::from(2);
    };
    let Some((_, run)) = TARGETS.iter().find(|(target, _)| target == name) else {
        let names = TARGETS.map(|(name, _)| name).join(", ");
        eprintln!("replay: `{name}` is no target; there are {names}");
        return ExitCode::from(2);
    };
    match std::fs::read(file) {
        Ok(input) => {
            run(&input);
            println!("{file}: holds");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("replay: {file}: {error}");
            ExitCode::from(7)
        }
    }
}
