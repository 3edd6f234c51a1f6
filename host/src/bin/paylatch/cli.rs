//! The command line.

use std::path::PathBuf;
use std::time::Duration;

#[cfg(feature = "screen")]
use clap::ValueEnum;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use paylatch::cli::EXIT_CODES;
#[cfg(feature = "screen")]
use paylatch::screen::{language::Language, pixmap::Size, state::Place};
use paylatch::transport::simulator::Storage;
use paylatch_proto::bytes::Nonce;

/// How long the OS has to have been in its mode for a boot to be a good one.
const GOOD_BOOT_AFTER: &str = "2m";

/// Asks the lock of this phone, and hands in messages.
///
/// The lock runs in the phone's TEE. This program has no authority over it:
/// only messages that a lender, an escrow or the phone's maker signed have.
/// A TEXT is a file, `-` for standard input, or the text itself.
#[derive(Parser)]
#[command(name = "paylatch", version, after_help = EXIT_CODES, max_term_width = 90)]
pub struct Cli {
    /// Print results as JSON, one object a line.
    #[arg(long, global = true)]
    pub json: bool,

    /// Use the simulated phone in this file instead of the TEE.
    // On a device the environment decides nothing: init has what the kernel's
    // command line says.
    #[arg(long, global = true, value_name = "FILE")]
    #[cfg_attr(not(feature = "optee"), arg(env = "PAYLATCH_SIMULATOR"))]
    pub simulator: Option<PathBuf>,

    /// Keep in this file the vouchers, rekeys, releases and seals that the lock
    /// took, for a fault.
    ///
    /// One armoured text a line. At a fault `watch` and `recover` hand them in
    /// again. The file has no authority: the lock verifies each text anew.
    #[arg(long, global = true, value_name = "FILE", env = "PAYLATCH_TEXTS")]
    pub texts: Option<PathBuf>,

    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Say what state the phone is in, why, until when, whom to call and how to pay.
    ///
    /// Ends with exit code 6 when the state is a fault.
    Status,
    /// Say who the phone is: its id, its keys, and the maker's key it obeys.
    Identity,
    /// Enrol with a voucher, or release with a seal, in the factory.
    ///
    /// Prints the phone's statement, by which the maker certifies its keys.
    Provision(Provision),
    /// Hand in a lender's message or an escrow's release.
    Apply {
        /// The message: a file, `-`, or the text itself.
        #[arg(value_name = "TEXT")]
        message: String,
    },
    /// Try a hotline code: the twelve digits that the lender's desk told by phone.
    ///
    /// `status` says the number that the desk has to be told. A code that is
    /// wrong makes the next one wait; one with a slip of the pen is not tried.
    Code {
        /// The digits; spaces and hyphens between them do not matter.
        #[arg(value_name = "DIGITS", required = true)]
        digits: Vec<String>,
    },
    /// Hand in a release at a fault, with the voucher that proves its key.
    ///
    /// With --texts and no release: hand in what is kept there.
    Recover(Recover),
    /// Have the phone sign a statement of its state.
    Attest(Attest),
    /// List the last events.
    History,
    /// Say whom to call and how to pay.
    Contact,
    /// Let the lock see that time passes.
    Tick,
    /// Tell the lock of a clean shutdown.
    Shutdown,
    /// Tell the lock that the OS has booted well: older builds of it are refused from now on.
    ///
    /// `watch --system` does it by itself.
    GoodBoot,
    /// Watch the state: tick, print changes, apply messages as they come.
    ///
    /// Runs until SIGTERM or SIGINT, and ends with a clean shutdown.
    Watch(Watch),
    /// Draw the lock screen to a picture.
    ///
    /// It shows what the phone's lock answers and nothing else. Where the lock can't be
    /// asked, the picture says so, and the exit code tells why.
    #[cfg(feature = "screen")]
    Screen(Draw),
    /// Make or steer a simulated phone.
    #[command(subcommand)]
    Simulator(Simulator),
    /// Print completions for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Write man pages.
    Man {
        /// Into this directory.
        #[arg(value_name = "DIR")]
        directory: PathBuf,
    },
}

#[derive(Args)]
pub struct Provision {
    /// The voucher or seal: a file, `-`, or the text itself.
    #[arg(value_name = "TEXT")]
    pub text: String,
    #[command(flatten)]
    pub question: Question,
}

#[derive(Args)]
pub struct Question {
    /// The asker's fresh number, 64 hexadecimal digits; without it, a random one.
    #[arg(long, value_name = "HEX", value_parser = paylatch::hex::decode::<32>)]
    pub nonce: Option<Nonce>,
    /// Write the statement to this file rather than standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Args)]
pub struct Recover {
    /// The voucher the phone was enrolled with.
    #[arg(long, value_name = "TEXT", requires = "release")]
    pub voucher: Option<String>,
    /// A rekey since then; several in their order.
    #[arg(long = "rekey", value_name = "TEXT", requires = "release")]
    pub rekeys: Vec<String>,
    /// The release.
    #[arg(value_name = "TEXT", requires = "voucher")]
    pub release: Option<String>,
}

#[derive(Args)]
pub struct Attest {
    #[command(flatten)]
    pub question: Question,
    /// Also write into this directory what OpenSSL verifies: statement.bin,
    /// statement.der, device.pem.
    ///
    /// Verify with `openssl dgst -sha256 -verify device.pem -signature
    /// statement.der statement.bin`, and likewise certificate.der and
    /// certificate.bin with the maker's public key.
    #[arg(long, value_name = "DIR")]
    pub der: Option<PathBuf>,
    /// Check the maker's certificate over the phone's keys against the
    /// statement; with --der, also write certificate.bin and certificate.der.
    #[arg(long, value_name = "TEXT")]
    pub certificate: Option<String>,
    /// Also draw the statement as a QR code to this picture (PNG): a buyer or a shop
    /// photographs it and gives the photograph to `paylatch-lender verify`.
    #[cfg(feature = "screen")]
    #[arg(long, value_name = "FILE")]
    pub qr: Option<PathBuf>,
}

#[derive(Args)]
pub struct Watch {
    /// How often to look at least: `30s`, `5m`.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = interval)]
    pub interval: Duration,
    /// A directory where messages, vouchers and seals are dropped, or `-` for
    /// one a line on standard input.
    ///
    /// A file that was taken is renamed to NAME.applied, a refused one to
    /// NAME.refused. Names that begin with a dot or end in .part or .tmp are
    /// left alone: write under such a name, then rename.
    #[arg(long, value_name = "DIR")]
    pub messages: Option<PathBuf>,
    /// Take messages, vouchers and seals from a local socket, too: one a line, each
    /// answered with a line of JSON, `taken` or `failed`.
    ///
    /// For the lender's app, which needs no access to the TEE for it. Whoever can connect
    /// can hand texts in, which gives no authority; the directory's permissions say who.
    #[arg(long, value_name = "SOCKET")]
    pub socket: Option<PathBuf>,
    /// Hold the OS in its restricted mode unless the phone may be used, by
    /// running this program: `PROGRAM restricted`, `PROGRAM usable`, `PROGRAM
    /// emergency NUMBER`, `PROGRAM off`.
    ///
    /// It is run at the start and with each change, and again when it failed.
    /// The state is asked every 250 ms while restricted and every second while
    /// usable. Whatever goes wrong counts as restricted, and the watch goes on;
    /// so it does where there is no TEE yet. The program has 60 s to make
    /// the OS restricted or usable, and ends with exit code 0 when that is done.
    #[arg(long, value_name = "PROGRAM")]
    pub system: Option<PathBuf>,
    /// Show the lock screen on this terminal while restricted, and read there
    /// what the owner types.
    #[arg(long, value_name = "TTY", requires = "system")]
    pub screen: Option<PathBuf>,
    /// Show the lock screen on the phone's display, too, and take keys and touch there.
    ///
    /// The first display that is connected (KMS), and all input devices (evdev). A notice
    /// of a lock is shown there, too, where no other program has the display.
    #[cfg(feature = "display")]
    #[arg(long, requires = "system")]
    pub display: bool,
    #[cfg(feature = "display")]
    #[command(flatten)]
    pub fonts: Fonts,
    /// Tell the lock of a good boot once the OS has been in its mode for this
    /// long, restricted or usable: older builds of the lock are refused from
    /// then on.
    ///
    /// Done once, at the first look after that time; at a fault, and on a phone
    /// that is not set up, the lock refuses it and it is tried again at each
    /// look. Something is stored only after an update that brought a lock of a
    /// higher security version. Where a system can still be given up later than
    /// this, give a longer time.
    #[arg(long, value_name = "TIME", default_value = GOOD_BOOT_AFTER, value_parser = time)]
    #[arg(requires = "system")]
    pub good_boot_after: Duration,
    /// An image that stays in the factory: a phone that is not set up is usable.
    #[arg(long, requires = "system")]
    pub factory: bool,
}

#[cfg(feature = "screen")]
#[derive(Args)]
pub struct Draw {
    /// Write the picture to this file; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub png: PathBuf,
    /// The display's width and height in pixels.
    #[arg(long, value_name = "WxH", default_value = "1080x2340", value_parser = size)]
    pub size: Size,
    /// The language: en, es, hi, sw, ar, id, ru, th or zh; without it, that of the
    /// lender's contact record.
    #[arg(long, value_name = "TAG", value_parser = language)]
    pub language: Option<Language>,
    /// Text of one and a half times the size.
    #[arg(long)]
    pub large_text: bool,
    /// Which page.
    #[arg(long, value_name = "PAGE", default_value = "main")]
    pub page: Page,
    /// Show the amount that is owed.
    #[arg(long)]
    pub show_amount: bool,
    /// As it is just after the phone was unlocked.
    #[arg(long)]
    pub thanks: bool,
    /// Push the page up by so many pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = 0)]
    pub scroll: i32,
    /// Put the focus on this button, counted from 1.
    #[arg(long, value_name = "N")]
    pub focus: Option<usize>,
    #[command(flatten)]
    pub fonts: Fonts,
}

/// What is written with.
#[cfg(feature = "screen")]
#[derive(Args)]
pub struct Fonts {
    /// The directory with the fonts; what is missing there is drawn without.
    #[arg(long = "fonts", value_name = "DIR", env = "PAYLATCH_FONTS")]
    #[arg(default_value = "/usr/share/paylatch/fonts")]
    pub directory: PathBuf,
}

/// A page of the screen.
#[cfg(feature = "screen")]
#[derive(Clone, Copy, ValueEnum)]
pub enum Page {
    /// What the situation is.
    Main,
    /// The choice of the language.
    Languages,
    /// A code from the hotline, where the lock takes codes.
    Code,
}

#[cfg(feature = "screen")]
impl From<Page> for Place {
    fn from(page: Page) -> Place {
        match page {
            Page::Main => Place::Main,
            Page::Languages => Place::Languages,
            Page::Code => Place::Code,
        }
    }
}

#[derive(Subcommand)]
pub enum Simulator {
    /// Make a phone fresh from the factory, in a new file.
    New,
    /// Let time of use pass: `3d`, `12h`, `1h 30m`.
    Advance {
        /// How much.
        #[arg(value_name = "TIME", value_parser = time)]
        time: Duration,
    },
    /// Cut the power: the next start finds that the last one did not end cleanly.
    PowerCut,
    /// Make the secure storage fail or work, to see what a fault looks like.
    Storage {
        /// What it does from now on.
        storage: Storage,
    },
}

fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .map_err(|error| format!("{error}; write `90s`, `15m`, `12h`, `3d` or `1h 30m`"))
}

#[cfg(feature = "screen")]
fn size(text: &str) -> Result<Size, String> {
    let (width, height) = text.split_once('x').ok_or("write `1080x2340`")?;
    let side = |digits: &str| digits.parse().map_err(|error| format!("{digits}: {error}"));
    Size::new(side(width)?, side(height)?)
        .ok_or_else(|| format!("a side has {} to {} pixels", Size::LEAST, Size::GREATEST))
}

#[cfg(feature = "screen")]
fn language(text: &str) -> Result<Language, String> {
    Language::from_tag(text).ok_or_else(|| {
        let tags = Language::ALL.map(Language::tag).join(", ");
        format!("not one of {tags}")
    })
}

fn interval(text: &str) -> Result<Duration, String> {
    match time(text)? {
        short if short < Duration::from_secs(1) => Err("at least one second".into()),
        interval => Ok(interval),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
