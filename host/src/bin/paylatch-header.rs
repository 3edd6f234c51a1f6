//! Writes `include/paylatch.h` (the C library) and `include/paylatch_state.h`
//! (for bootloaders) from the Rust. With `--check` it writes nothing and fails
//! where a file is not what would be written.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use paylatch_proto::api::{COMMAND_CALL, COMMAND_STATE};
use paylatch_proto::state::{self, Fault, Reason, State, usable};
use paylatch_proto::{TA_UUID, WIRE_VERSION, limits};

fn main() -> ExitCode {
    let check = match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [] => false,
        [only] if only == "--check" => true,
        _ => {
            eprintln!("usage: paylatch-header [--check]");
            return ExitCode::from(2);
        }
    };
    match run(check) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("paylatch-header: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(check: bool) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, text) in headers(root)? {
        let name = path.display();
        if check {
            let committed =
                std::fs::read_to_string(&path).map_err(|error| format!("{name}: {error}"))?;
            if committed != text {
                return Err(format!("{name} is not up to date: run paylatch-header"));
            }
        } else {
            std::fs::write(&path, text).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    Ok(())
}

fn headers(root: &Path) -> Result<[(PathBuf, String); 2], String> {
    let include = root.join("include");
    Ok([
        (include.join("paylatch.h"), library_header(&root.join("src/ffi.rs"))?),
        (include.join("paylatch_state.h"), state_header()?),
    ])
}

fn library_header(source: &Path) -> Result<String, String> {
    let config = cbindgen::Config {
        language: cbindgen::Language::C,
        cpp_compat: true,
        include_guard: Some("PAYLATCH_H".into()),
        header: Some(
            "/* SPDX-License-Identifier: Apache-2.0 */\n\
             /* Paylatch's C library. Generated from src/ffi.rs by paylatch-header. */"
                .into(),
        ),
        no_includes: true,
        sys_includes: vec!["stddef.h".into(), "stdint.h".into()],
        style: cbindgen::Style::Tag,
        documentation_style: cbindgen::DocumentationStyle::Doxy,
        usize_is_size_t: true,
        export: cbindgen::ExportConfig {
            rename: [("Paylatch", "paylatch"), ("PaylatchState", "paylatch_state")]
                .map(|(from, to)| (from.to_owned(), to.to_owned()))
                .into(),
            ..Default::default()
        },
        ..Default::default()
    };
    let bindings = cbindgen::Builder::new()
        .with_src(source)
        .with_config(config)
        .generate()
        .map_err(|error| format!("{}: {error}", source.display()))?;
    let mut bytes = Vec::new();
    bindings.write(&mut bytes);
    let text = String::from_utf8(bytes).map_err(|error| error.to_string())?;
    Ok(text.replace(" * # Safety\n", " * The caller promises:\n"))
}

/// The wire's constants, as plain defines that any C code can include.
fn state_header() -> Result<String, String> {
    let mut text = String::from(
        "/* SPDX-License-Identifier: BSD-2-Clause */\n\
         /*\n \
         * What a bootloader needs to ask the installment lock for its state.\n \
         * Generated from paylatch-proto by paylatch-header.\n \
         *\n \
         * Invoke PAYLATCH_COMMAND_STATE with two VALUE_OUTPUT parameters, both\n \
         * set to 0 before. First a: state. First b: detail. Second a: seconds\n \
         * of use until the state changes by itself or a lock becomes possible.\n \
         * Second b: PAYLATCH_USABLE bits, and the protocol's version in the\n \
         * upper half. Whatever is neither UNLOCKED nor RELEASED, 0 and a failed\n \
         * call too, is to be treated as locked.\n \
         */\n\
         #ifndef PAYLATCH_STATE_H\n\
         #define PAYLATCH_STATE_H\n",
    );
    let mut section = |title: &str, lines: Vec<(String, String)>| {
        text.push_str(&format!("\n/* {title} */\n"));
        for (name, value) in lines {
            text.push_str(&format!("#define PAYLATCH_{name} {value}\n"));
        }
    };
    let hex = |value: u32| format!("0x{value:08x}U");
    section(
        "The trusted application",
        vec![
            ("TA_UUID_TEXT".into(), format!("\"{TA_UUID}\"")),
            ("TA_UUID".into(), uuid_initializer(TA_UUID)?),
            ("WIRE_VERSION".into(), WIRE_VERSION.to_string()),
        ],
    );
    section(
        "Command numbers",
        vec![
            ("COMMAND_STATE".into(), COMMAND_STATE.to_string()),
            ("COMMAND_CALL".into(), COMMAND_CALL.to_string()),
            ("REQUEST_SIZE".into(), limits::REQUEST.to_string()),
            ("REPLY_SIZE".into(), limits::REPLY.to_string()),
        ],
    );
    let named = |prefix: &str, name: String, code: u32| (format!("{prefix}_{name}"), hex(code));
    section(
        "State: first output, a",
        State::ALL.map(|s| named("STATE", screaming(&s), s.code())).to_vec(),
    );
    let mut details = Reason::ALL.map(|r| named("REASON", screaming(&r), r.code())).to_vec();
    details.extend(Fault::ALL.map(|f| named("FAULT", screaming(&f), f.code())));
    details.push(("DETAIL_UNTIL_POWER_OFF".into(), hex(state::DETAIL_UNTIL_POWER_OFF)));
    details.push(("DETAIL_DEADLINE_PASSED".into(), hex(state::DETAIL_DEADLINE_PASSED)));
    section("Detail: first output, b", details);
    section("Seconds: second output, a", vec![("NO_CHANGE".into(), hex(state::NO_CHANGE))]);
    let bits = [
        ("INCOMING_CALLS", usable::INCOMING_CALLS),
        ("OUTGOING_CALLS", usable::OUTGOING_CALLS),
        ("MESSAGES", usable::MESSAGES),
        ("LENDER_APP", usable::LENDER_APP),
        ("CLOCK", usable::CLOCK),
        ("HEALTH", usable::HEALTH),
    ];
    section(
        "Usable while locked: second output, b; emergency calls always are",
        bits.map(|(name, bit)| named("USABLE", name.into(), u32::from(bit))).to_vec(),
    );
    text.push_str("\n#endif /* PAYLATCH_STATE_H */\n");
    Ok(text)
}

/// `StateMissing` as `STATE_MISSING`.
fn screaming(value: &impl std::fmt::Debug) -> String {
    let mut name = String::new();
    for (i, c) in format!("{value:?}").chars().enumerate() {
        if i > 0 && c.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}

/// A UUID as the initializer of a `TEEC_UUID`, `TEE_UUID` or `struct tee_optee_ta_uuid`.
fn uuid_initializer(text: &str) -> Result<String, String> {
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let part =
        |from: usize, to: usize| digits.get(from..to).ok_or_else(|| format!("`{text}` is no UUID"));
    let mut octets = String::new();
    for at in (16..32).step_by(2) {
        let separator = if at == 16 { "" } else { ", " };
        write!(octets, "{separator}0x{}", part(at, at + 2)?).map_err(|e| e.to_string())?;
    }
    Ok(format!("{{ 0x{}, 0x{}, 0x{}, {{ {octets} }} }}", part(0, 8)?, part(8, 12)?, part(12, 16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_headers_are_what_would_be_generated() {
        run(true).unwrap();
    }
}
