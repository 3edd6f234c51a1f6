//! What each command does.

use std::io::Write;
use std::path::Path;

use clap::CommandFactory;
use paylatch::cli::{self, Printer};
use paylatch::client::{self, Client};
use paylatch::error::{Error, Kind, Result};
use paylatch::issue::store;
use paylatch::text::{self, Text};
use paylatch::transport::{self, Transport};
use paylatch::{hotline, view, words};
use paylatch_proto::api::{Done, Outcome};
use paylatch_proto::armour;
use paylatch_proto::state::State;
use serde::Serialize;

use crate::cli::{Cli, Command, Provision, Recover};
#[cfg(feature = "screen")]
use crate::draw;
use crate::hand_in::{self, hand_in};
use crate::texts::Texts;
use crate::{attest, simulate, watch};

/// A client of the phone or of its simulator.
pub type Phone = Client<Box<dyn Transport>>;

pub fn run(cli: Cli) -> Result<()> {
    let printer = Printer::new(cli.json);
    let simulator = cli.simulator.as_deref();
    let phone = || open(simulator);
    let texts = cli.texts.as_deref().map(Texts::new);
    let texts = texts.as_ref();
    match cli.command {
        Command::Status => status(&mut phone()?, printer),
        Command::Identity => identity(&mut phone()?, printer),
        Command::Provision(arguments) => provision(&arguments, phone, texts, printer),
        Command::Apply { message } => {
            let text = text::read(&message, &[armour::Kind::Message])?;
            let done = hand_in(&mut phone()?, texts, None, &text)?;
            show_done(&done, printer, texts, &[text])
        }
        Command::Code { digits } => {
            let groups = hotline::groups(&digits.join(" "))?;
            show_done(&phone()?.hotline(groups)?, printer, None, &[])
        }
        Command::Recover(arguments) => recover(&arguments, phone, texts, printer),
        Command::Attest(arguments) => attest::run(&arguments, phone, printer),
        Command::History => history(&mut phone()?, printer),
        Command::Contact => {
            let contact = phone()?.contact()?;
            printer.show(&view::contact(&contact), &words::contact(&contact))
        }
        Command::Tick => show_done(&phone()?.tick()?, printer, None, &[]),
        Command::Shutdown => show_done(&phone()?.shutdown()?, printer, None, &[]),
        Command::GoodBoot => show_done(&phone()?.good_boot()?, printer, None, &[]),
        Command::Watch(arguments) => watch::run(&arguments, texts, &phone, printer),
        #[cfg(feature = "screen")]
        Command::Screen(arguments) => draw::run(&arguments, phone, printer),
        Command::Simulator(command) => simulate::run(&command, simulator, printer),
        Command::Completions { shell } => cli::completions(Cli::command(), shell),
        Command::Man { directory } => cli::man(Cli::command(), &directory),
    }
}

fn open(simulator: Option<&Path>) -> Result<Phone> {
    transport::open(simulator).map(Client::new)
}

fn status(phone: &mut Phone, printer: Printer) -> Result<()> {
    let status = phone.status()?;
    let contact = phone.contact_if_any()?;
    let seen = view::status(&status, contact.as_ref());
    printer.show(&seen, &seen.words)?;
    if status.state == State::Fault {
        return Err(Error::new(Kind::Fault, "the lock is at fault and treated as locked"));
    }
    Ok(())
}

fn identity(phone: &mut Phone, printer: Printer) -> Result<()> {
    let identity = phone.identity()?;
    let seen = view::identity(&identity);
    let mut lines = vec![
        format!("Device id:           {}", seen.device),
        format!("Maker's key:         {}", seen.oem_key),
        format!("Least notice time:   {} of use", words::span(u64::from(seen.notice_min))),
        format!("Security version:    {}", seen.security_version),
    ];
    match (&seen.signing_key, &seen.agreement_key) {
        (Some(signing), Some(agreement)) => {
            lines.push(format!("Signing key:         {signing}"));
            lines.push(format!("Agreement key:       {agreement}"));
        }
        _ => lines.push("Keys of its own:     none yet: neither enrolled nor sealed".into()),
    }
    printer.show(&seen, &lines.join("\n"))
}

/// What `provision` prints with `--json`.
#[derive(Serialize)]
struct Provisioned {
    #[serde(flatten)]
    done: view::Done,
    nonce: String,
}

fn provision(
    arguments: &Provision,
    phone: impl FnOnce() -> Result<Phone>,
    texts: Option<&Texts>,
    printer: Printer,
) -> Result<()> {
    let kinds = [armour::Kind::Voucher, armour::Kind::Seal];
    let text = text::read(&arguments.text, &kinds)?;
    let question = &arguments.question;
    let file = question.out.as_deref().map(store::Output::begin).transpose()?;
    let nonce = question.nonce.map_or_else(client::fresh_nonce, Ok)?;
    let mut phone = phone()?;
    let done = hand_in(&mut phone, texts, Some(nonce), &text)?;
    let seen = Provisioned { done: view::done(&done), nonce: nonce.to_string() };
    let mut lines = vec![done_words(&done)];
    match (&seen.done.statement, &question.out, file) {
        (Some(statement), Some(path), Some(file)) => {
            write_whole(file, format!("{statement}\n").as_bytes())?;
            lines.push(format!("The statement is in {}.", path.display()));
        }
        (Some(statement), ..) => {
            lines.push("Statement, for the maker to certify:".into());
            lines.push(statement.clone());
        }
        (None, ..) => lines.push("There is no statement: the phone could store no keys.".into()),
    }
    printer.show(&seen, &lines.join("\n"))?;
    keep(texts, &[text], printer);
    check_stored(&done)
}

fn recover(
    arguments: &Recover,
    phone: impl FnOnce() -> Result<Phone>,
    texts: Option<&Texts>,
    printer: Printer,
) -> Result<()> {
    let (Some(voucher), Some(release)) = (&arguments.voucher, &arguments.release) else {
        return recover_kept(phone, texts, printer);
    };
    let sources = arguments.rekeys.iter().chain([voucher, release]);
    if sources.filter(|source| *source == "-").count() > 1 {
        return Err(Error::new(Kind::Usage, "only one text can come from standard input"));
    }
    let read = |source: &String| text::read(source, &[armour::Kind::Message]);
    let voucher = text::read(voucher, &[armour::Kind::Voucher])?;
    let rekeys = arguments.rekeys.iter().map(read).collect::<Result<Vec<_>>>()?;
    let release = read(release)?;
    let bytes: Vec<&[u8]> = rekeys.iter().map(|text| text.bytes.as_slice()).collect();
    let done = phone()?.recover(&voucher.bytes, &bytes, &release.bytes)?;
    show_done(&done, printer, texts, &[vec![voucher], rekeys, vec![release]].concat())
}

fn recover_kept(
    phone: impl FnOnce() -> Result<Phone>,
    texts: Option<&Texts>,
    printer: Printer,
) -> Result<()> {
    let texts = texts.ok_or_else(|| {
        let what = "recover with what? Give --voucher TEXT and a release, or --texts FILE";
        Error::new(Kind::Usage, what)
    })?;
    let kept = texts.read()?;
    if let Some(error) = texts.unreadable(&kept) {
        printer.warn("paylatch", &error);
    }
    let done = hand_in::offer(&mut phone()?, &kept)?.ok_or_else(|| {
        let nothing = "neither a seal nor a release is kept there";
        Error::new(Kind::Input, nothing).of(texts.path().display())
    })?;
    show_done(&done, printer, None, &[])
}

fn history(phone: &mut Phone, printer: Printer) -> Result<()> {
    #[derive(Serialize)]
    struct History {
        events: Vec<view::Event>,
    }
    let events: Vec<_> = phone.history()?.iter().map(view::event).collect();
    let line = |event: &view::Event| {
        format!("after {} of use: {}", words::span(u64::from(event.uptime)), event.words)
    };
    let text = if events.is_empty() {
        "Nothing has happened yet.".to_owned()
    } else {
        events.iter().map(line).collect::<Vec<_>>().join("\n")
    };
    printer.show(&History { events }, &text)
}

/// Writes a file that stands under its name only when it is whole.
pub fn write_whole(mut file: store::Output, bytes: &[u8]) -> Result<()> {
    file.write_all(bytes).map_err(|e| Error::new(Kind::Io, format!("writing failed: {e}")))?;
    file.commit()
}

/// What became of a request, and what the phone is now.
pub fn done_words(done: &Done) -> String {
    match done.outcome {
        Outcome::ReleasedUntilPowerOff => words::outcome(done.outcome).to_owned(),
        outcome => format!("{} {}", words::outcome(outcome), words::state(done.state)),
    }
}

/// Prints what became of texts, and keeps them.
fn show_done(done: &Done, printer: Printer, texts: Option<&Texts>, taken: &[Text]) -> Result<()> {
    printer.show(&view::done(done), &done_words(done))?;
    keep(texts, taken, printer);
    check_stored(done)
}

/// The exit code tells what the lock did: a text that can't be kept is a warning.
fn keep(texts: Option<&Texts>, taken: &[Text], printer: Printer) {
    for text in taken {
        if let Some(Err(error)) = texts.map(|texts| texts.keep(text)) {
            printer.warn("paylatch", &hand_in::not_kept(error));
        }
    }
}

/// A release that was not stored has to be handed in again: an exit code of its own.
fn check_stored(done: &Done) -> Result<()> {
    match done.outcome {
        Outcome::ReleasedUntilPowerOff => Err(Error::new(
            Kind::Fault,
            "the release holds until power-off only: hand it in again after a restart",
        )),
        Outcome::Applied | Outcome::AlreadyApplied => Ok(()),
    }
}
