//! What is tried with faults in it: a phone, and what it must not take or tell.

use std::sync::Arc;

use paylatch_proto::api::{Outcome, Reply, Request};
use paylatch_proto::bytes::{Bytes, DeviceId, Digest, Signature};
use paylatch_proto::hotline::{Action, Mistyped};
use paylatch_proto::limits;
use paylatch_proto::message::{Command, Message};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign::{self, Domain};
use paylatch_proto::state::{Reason, State};
use paylatch_proto::voucher::Voucher;
use paylatch_rig::bench::{
    self, BUYER, ESCROW, Enrolment, LENDER, OEM, OTHER_PHONE, PHONE, STRANGER, TestKey,
};
use paylatch_rig::codes::{self, Typed};
use paylatch_ta::records::{Hotline, STATE_LEN, StateRecord};

use crate::faults::Run;
use crate::forge::Forgery;
use crate::machine::{End, Entry, Machine, Memory};
use crate::phone::{Phone, encode};
use crate::program::Program;

/// A case.
pub struct Case {
    /// For a person.
    pub name: String,
    /// What is run.
    pub run: Run,
    /// Memory before power comes.
    off: Memory,
    /// What is stored before.
    records: Vec<u8>,
    /// What may be stored afterwards: what is without a fault.
    settled: Vec<Vec<u8>>,
    /// Whether it may store: a question, or what is taken.
    stores: bool,
    /// States that the phone must not be in afterwards.
    open: &'static [State],
    /// The state after a power cut before anything was stored.
    cut: State,
    /// What may be answered: to what anyone may ask for at any time.
    housekeeping: Vec<Vec<u8>>,
    /// What is to be remembered of codes before this one is refused as wrong.
    counts: Option<Hotline>,
    /// Seconds after power came at which it is asked, and at which it must not be, if not
    /// at once.
    later: Option<[u64; 2]>,
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It answered, and is what it was or was to become.
    Refused,
    /// It did not answer, and is what it was.
    Broken,
    /// It only said that it had taken what it has to refuse.
    Said,
    /// A code was compared and not counted.
    Uncounted,
    /// A refused request changed what is stored, and it is no more open.
    Stored,
    /// What is stored anyway is not what it should be, and no more open.
    Spoilt,
    /// It is open, or would be after the next start.
    Opened(State),
}

impl Verdict {
    /// Whether a refusal became something else.
    pub fn is_failure(self) -> bool {
        matches!(self, Verdict::Said | Verdict::Uncounted | Verdict::Stored | Verdict::Opened(_))
    }
}

/// On a locked phone.
const ANY_BUT_LOCKED: &[State] = &[State::Unlocked, State::Released, State::Unprovisioned];
/// What anyone may ask for at any time.
const HOUSEKEEPING: [Request; 3] = [Request::Tick, Request::Shutdown, Request::GoodBoot];
/// On a phone that was never enrolled, or whose records are damaged.
const USABLE: &[State] = &[State::Unlocked, State::Released];

impl Case {
    fn call(name: &str, mut phone: Phone, request: &Request, open: &'static [State]) -> Case {
        let entry = phone.machine.request(&encode(request));
        Case::of(name, phone, entry, open)
    }

    /// A message that is taken and leaves a locked phone locked.
    fn taken(name: &str, phone: Phone, message: &[u8]) -> Case {
        let case = Case::call(name, phone, &Request::Apply(message), ANY_BUT_LOCKED);
        assert_ne!(case.records, case.settled[0], "{name}: it is not taken");
        Case { stores: true, ..case }
    }

    fn state(name: &str, mut phone: Phone, open: &'static [State]) -> Case {
        // The request of before does not matter.
        phone.machine.request(&[0; limits::REQUEST]);
        Case::of(name, phone, Entry::State, open)
    }

    /// A phone that is usable, and must be locked after so many seconds.
    fn lasting(name: &str, mut phone: Phone, entry: Entry, seconds: u64) -> Case {
        phone.machine.request(&[0; limits::REQUEST]);
        let case = Case::of(name, phone, entry, ANY_BUT_LOCKED);
        Case { later: Some([CLOCK, seconds]), ..case }
    }

    fn of(name: &str, phone: Phone, entry: Entry, open: &'static [State]) -> Case {
        let mut phone = phone;
        let run = Run { before: phone.machine.memory(), entry };
        let records = phone.machine.records();
        phone.machine.run(entry);
        let settled = vec![phone.machine.records()];
        let stores = entry == Entry::State;
        let cut = started_anew(&mut phone.machine, &phone.off, &records);
        let cut = State::from_code(cut[0]).expect("a state");
        let (name, off) = (name.into(), phone.off);
        let mut case = Case {
            name,
            run,
            off,
            records,
            settled,
            stores,
            open,
            cut,
            housekeeping: Vec::new(),
            counts: None,
            later: None,
        };
        if entry != Entry::State {
            case.settle_housekeeping(&mut phone.machine);
        }
        case
    }

    /// The same where the lock may find that its memory is not what it was: then it
    /// goes on as after a power cut.
    pub fn may_start_anew(mut self, program: &Arc<Program>) -> Case {
        let mut machine = Machine::new(program);
        started_anew(&mut machine, &self.off, &self.records);
        self.settled.push(machine.records());
        self
    }

    /// What anyone may ask for at any time may be stored: a skipped jump behind one
    /// request's answer leads to another request's.
    fn settle_housekeeping(&mut self, machine: &mut Machine) {
        for request in HOUSEKEEPING {
            self.keep_house(machine, &request);
            self.settled.push(machine.records());
        }
    }

    /// The same may be answered: a code is typed on the phone itself, which shows the
    /// state that comes with the answer, and where a code was taken that is another one.
    fn may_answer_housekeeping(mut self, program: &Arc<Program>) -> Case {
        let mut machine = Machine::new(program);
        for request in HOUSEKEEPING {
            let answer = self.keep_house(&mut machine, &request);
            self.housekeeping.push(answer);
        }
        self
    }

    fn keep_house(&self, machine: &mut Machine, request: &Request) -> Vec<u8> {
        machine.restore(&self.run.before);
        let entry = machine.request(&encode(request));
        match machine.run(entry) {
            End::Returned(length) => machine.reply(length),
            End::Crashed | End::Hung => panic!("{}: {request:?} is not answered", self.name),
        }
    }

    /// What came of a run that ended so.
    pub fn judge(&self, machine: &mut Machine, end: End) -> Verdict {
        if let Some(times) = self.later {
            return self.judge_later(machine, end, times);
        }
        let records = machine.records();
        let (mut said, mut compared) = (false, false);
        if let End::Returned(length) = end {
            match self.run.entry {
                Entry::State => {
                    if let Some(state) = self.opens(machine.words()) {
                        return Verdict::Opened(state);
                    }
                }
                _ => {
                    let reply = machine.reply(length);
                    said = says_applied(&reply) && !self.housekeeping.contains(&reply);
                    let wrong = Ok(Reply::Refused(Refusal::WrongCode));
                    compared = postcard::from_bytes(&reply) == wrong;
                }
            }
            machine.run(Entry::State);
            if let Some(state) = self.opens(machine.words()) {
                return Verdict::Opened(state);
            }
        }
        // Asking loads, and loading stores what the start found: once.
        let later = machine.records();
        for records in [&records, &later] {
            if *records != self.records {
                let words = started_anew(machine, &self.off, records);
                // A state record that is as it was is no more open than after a power cut.
                let cut = state_record(records) == state_record(&self.records);
                if let Some(state) = self.opens(words)
                    && !(cut && state == self.cut)
                {
                    return Verdict::Opened(state);
                }
            }
        }
        let changed = records != self.records && !self.settled.contains(&records);
        match end {
            // A question may store, too: that power came, what time has brought.
            _ if changed && self.stores => Verdict::Spoilt,
            _ if changed => Verdict::Stored,
            End::Returned(_) if said && !self.stores => Verdict::Said,
            _ if compared
                && self.counts.is_some_and(|counts| codes_in(&records) != Some(counts)) =>
            {
                Verdict::Uncounted
            }
            End::Returned(_) => Verdict::Refused,
            End::Crashed | End::Hung => Verdict::Broken,
        }
    }

    /// The same where only what is told later counts, by a phone that is asked again
    /// and again; what has crashed starts anew.
    fn judge_later(&self, machine: &mut Machine, end: End, [now, later]: [u64; 2]) -> Verdict {
        if !matches!(end, End::Returned(_)) {
            return Verdict::Broken;
        }
        // The second time, what the first one read is compared.
        for seconds in [now, now, later] {
            machine.set_seconds(seconds);
            machine.run(Entry::State);
        }
        self.opens(machine.words()).map_or(Verdict::Refused, Verdict::Opened)
    }

    fn opens(&self, words: [u32; 4]) -> Option<State> {
        State::from_code(words[0]).filter(|state| self.open.contains(state))
    }
}

/// What a phone tells that is switched on with these records.
fn started_anew(machine: &mut Machine, off: &Memory, records: &[u8]) -> [u32; 4] {
    machine.restore(off);
    machine.set_records(records);
    machine.run(Entry::Start);
    machine.run(Entry::State);
    machine.words()
}

/// The first of what is stored.
fn state_record(records: &[u8]) -> &[u8] {
    &records[..KEPT]
}

/// What these records remember of codes.
fn codes_in(records: &[u8]) -> Option<Hotline> {
    let (_length, bytes) = records.split_first_chunk::<4>()?;
    let bytes: &[u8; STATE_LEN] = bytes.first_chunk()?;
    Some(StateRecord::decode(bytes).ok()?.hotline)
}

fn says_applied(reply: &[u8]) -> bool {
    match postcard::from_bytes(reply) {
        Ok(Reply::Done(done)) => done.outcome != Outcome::AlreadyApplied,
        _ => false,
    }
}

/// `body ‖ signature` with a forged signature.
fn forged(
    forgery: Forgery,
    signer: TestKey,
    domain: Domain,
    enrolment: &Enrolment,
    body: &[u8],
) -> Vec<u8> {
    let digest = sign::message_digest(domain, &device(), &voucher_digest(enrolment), body);
    let signature = forgery.sign(&signer.public(), &digest, &signer.sign(&digest));
    join(body, &signature)
}

fn device() -> DeviceId {
    PHONE.id()
}

fn voucher_digest(enrolment: &Enrolment) -> Digest {
    Voucher::parse(&enrolment.voucher).expect("a voucher").digest
}

fn join(body: &[u8], signature: &Signature) -> Vec<u8> {
    [body, &signature.0].concat()
}

/// A message with one bit of its signature altered.
fn altered(message: &[u8]) -> Vec<u8> {
    let mut message = message.to_vec();
    let last = message.len() - 20;
    message[last] ^= 1;
    message
}

const UNLOCK: Command = Command::Unlock { sequence: 9 };

/// Forged unlocks of a locked phone.
pub fn forged_unlocks(program: &Arc<Program>) -> Vec<Case> {
    Forgery::ALL
        .map(|forgery| {
            let phone = Phone::locked(program);
            let body = phone.enrolment.body(LENDER, None, 0, UNLOCK);
            let message = forged(forgery, LENDER, sign::LENDER, &phone.enrolment, &body);
            let name = format!("an unlock, {}", forgery.name());
            Case::call(&name, phone, &Request::Apply(&message), ANY_BUT_LOCKED)
        })
        .into()
}

/// Genuine messages that are not for this phone now.
pub fn other_messages(program: &Arc<Program>) -> Vec<Case> {
    let mut cases = Vec::new();
    let mut apply = |name: &str, phone: Phone, message: &[u8]| {
        cases.push(Case::call(name, phone, &Request::Apply(message), ANY_BUT_LOCKED));
    };
    for (name, sequence) in [
        ("an older unlock", 1),
        ("another unlock of the last number", 2),
        ("an unlock of a number out of range", 1 << 40),
    ] {
        let phone = Phone::locked(program);
        let message = phone.enrolment.message(LENDER, Command::Unlock { sequence });
        apply(name, phone, &message);
    }
    let other = Enrolment::new(&OTHER_PHONE, true, None);
    apply("an unlock for another phone", Phone::locked(program), &other.message(LENDER, UNLOCK));
    let phone = Phone::locked(program);
    let body = phone.enrolment.body(LENDER, None, 0, UNLOCK);
    let message = other.signed(LENDER, sign::LENDER, &body);
    apply("an unlock for a phone with the same short id", phone, &message);
    let earlier = Enrolment::new(&PHONE, false, Some(7));
    apply(
        "an unlock of another enrolment",
        Phone::locked(program),
        &earlier.message(LENDER, UNLOCK),
    );
    let phone = Phone::locked(program);
    let message = phone.enrolment.message(STRANGER, UNLOCK);
    apply("an unlock by a stranger", phone, &message);
    let phone = Phone::locked(program);
    let message = phone.enrolment.message(ESCROW, UNLOCK);
    apply("an unlock by the escrow", phone, &message);
    // Memory has the stranger's key where others were.
    let strangers = |command: Command, domain: Domain| {
        let mut phone = Phone::locked(program);
        let sale = bench::sale_to(STRANGER, 9);
        let sale = phone.enrolment.body(LENDER, Some(STRANGER), 0, sale);
        let sale = phone.enrolment.signed(STRANGER, sign::LENDER, &sale);
        let entry = phone.machine.request(&encode(&Request::Apply(&sale)));
        phone.machine.run(entry);
        let signer = if domain == sign::ESCROW { ESCROW } else { LENDER };
        let body = phone.enrolment.body(signer, None, 0, command);
        let message = phone.enrolment.signed(STRANGER, domain, &body);
        (phone, message)
    };
    let (phone, message) = strangers(UNLOCK, sign::LENDER);
    apply("an unlock by a stranger in the lender's name", phone, &message);
    let (phone, message) = strangers(Command::Release, sign::ESCROW);
    apply("a release by a stranger in the escrow's name", phone, &message);
    // What the lock has just verified lies about in its memory.
    let mut phone = Phone::locked(program);
    let genuine = phone.enrolment.message(LENDER, Command::Unlock { sequence: 1 });
    let entry = phone.machine.request(&encode(&Request::Apply(&genuine)));
    phone.machine.run(entry);
    let signature = Message::parse(&genuine).expect("a message").signature;
    let body = phone.enrolment.body(LENDER, None, 0, UNLOCK);
    apply("an unlock with the last message's signature", phone, &join(&body, &signature));
    cases
}

/// Genuine messages that leave a locked phone locked.
pub fn messages_to_a_locked_phone(program: &Arc<Program>) -> Vec<Case> {
    let reason = Reason::PaymentOverdue;
    let contact = bench::contact(1);
    let taken = |name: &str, message: &dyn Fn(&Enrolment) -> Vec<u8>| {
        let phone = Phone::locked(program);
        let message = message(&phone.enrolment);
        Case::taken(name, phone, &message)
    };
    let by_lender =
        |command: Command| move |enrolment: &Enrolment| enrolment.message(LENDER, command.clone());
    vec![
        taken("a notice to a locked phone", &by_lender(Command::Notice { sequence: 9 })),
        taken("a lock of a locked phone", &by_lender(Command::Lock { sequence: 9, reason })),
        taken(
            "a new contact of a locked phone",
            &by_lender(Command::Contact { sequence: 9, contact }),
        ),
        taken("a sale of a locked phone", &|enrolment| enrolment.rekey(9)),
    ]
}

/// Forged releases, rekeys, seals, vouchers and recoveries.
pub fn other_forgeries(program: &Arc<Program>) -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, signer) in
        [("a lender's release, altered", LENDER), ("an escrow's release, altered", ESCROW)]
    {
        let phone = Phone::locked(program);
        let message = altered(&phone.enrolment.release(signer));
        cases.push(Case::call(name, phone, &Request::Apply(&message), ANY_BUT_LOCKED));
    }
    let phone = Phone::locked(program);
    let body = phone.enrolment.body(ESCROW, None, 0, Command::Release);
    let message = forged(Forgery::NoKey, ESCROW, sign::ESCROW, &phone.enrolment, &body);
    cases.push(Case::call(
        "a release, signed as if there were no key",
        phone,
        &Request::Apply(&message),
        ANY_BUT_LOCKED,
    ));

    let phone = Phone::locked(program);
    let message = altered(&phone.enrolment.rekey(9));
    cases.push(Case::call("a rekey, altered", phone, &Request::Apply(&message), ANY_BUT_LOCKED));
    let phone = Phone::locked(program);
    let body = phone.enrolment.body(LENDER, Some(STRANGER), 0, bench::sale_to(BUYER, 9));
    let message = phone.enrolment.signed(LENDER, sign::LENDER, &body);
    cases.push(Case::call(
        "a rekey to a key that nobody has shown",
        phone,
        &Request::Apply(&message),
        ANY_BUT_LOCKED,
    ));

    let nonce = Bytes([0; 32]);
    let seal = bench::seal(&PHONE);
    cases.push(Case::call(
        "a seal of an enrolled phone",
        Phone::locked(program),
        &Request::Seal { nonce, seal: &seal },
        ANY_BUT_LOCKED,
    ));
    let seal = altered(&seal);
    cases.push(Case::call(
        "a seal, altered",
        Phone::locked(program),
        &Request::Seal { nonce, seal: &seal },
        ANY_BUT_LOCKED,
    ));
    cases.push(Case::call(
        "a seal of a damaged phone, altered",
        damaged(program),
        &Request::Seal { nonce, seal: &seal },
        ANY_BUT_LOCKED,
    ));
    cases.push(Case::call(
        "a seal of a fresh phone, altered",
        Phone::fresh(program),
        &Request::Seal { nonce, seal: &seal },
        USABLE,
    ));

    let phone = Phone::fresh(program);
    let voucher = altered(&phone.enrolment.voucher);
    cases.push(Case::call(
        "a voucher, altered",
        phone,
        &Request::Enrol { nonce, voucher: &voucher },
        USABLE,
    ));

    let phone = damaged(program);
    let release = altered(&phone.enrolment.release(LENDER));
    cases.push(Case::call(
        "a release of a damaged phone, altered",
        phone,
        &Request::Apply(&release),
        ANY_BUT_LOCKED,
    ));
    let phone = without_keys(program);
    let release = altered(&phone.enrolment.release(LENDER));
    let voucher = phone.enrolment.voucher.to_vec();
    let recover =
        Request::Recover { voucher: &voucher, rekeys: heapless::Vec::new(), release: &release };
    cases.push(Case::call("a recovery with a release, altered", phone, &recover, ANY_BUT_LOCKED));
    let phone = without_keys(program);
    let body =
        Voucher { lender: STRANGER.public(), ..Voucher::parse(&voucher).expect("a voucher").body };
    let mut room = [0; limits::BODY];
    let body = postcard::to_slice(&body, &mut room).expect("a body fits");
    let digest = sign::digest(sign::VOUCHER, body);
    let voucher = join(body, &STRANGER.sign(&digest));
    let by_stranger = phone.enrolment.body(STRANGER, None, 0, Command::Release);
    let signed = sign::message_digest(sign::LENDER, &device(), &digest, &by_stranger);
    let release = join(&by_stranger, &STRANGER.sign(&signed));
    let recover =
        Request::Recover { voucher: &voucher, rekeys: heapless::Vec::new(), release: &release };
    cases.push(Case::call(
        "a recovery with a voucher that is not the OEM's",
        phone,
        &recover,
        ANY_BUT_LOCKED,
    ));
    cases
}

/// What the platform's clock shows when a phone starts.
const CLOCK: u64 = 9;

/// The start of a phone that is usable for a while yet, and its first question.
pub fn starts(program: &Arc<Program>) -> Vec<Case> {
    const LEFT: u32 = 7200;
    let leased = || {
        let mut phone = Phone::locked(program);
        phone.apply(Command::UnlockFor { sequence: 3, seconds: LEFT }, State::Unlocked);
        phone.take_power();
        phone.pass(CLOCK);
        phone
    };
    let mut started = leased();
    started.start();
    let later = CLOCK + u64::from(LEFT);
    vec![
        Case::lasting("the start of a phone with time left", leased(), Entry::Start, later),
        Case::lasting("STATE of a phone with time left at its start", started, Entry::State, later),
    ]
}

/// Questions.
pub fn questions(program: &Arc<Program>) -> Vec<Case> {
    let off = |mut phone: Phone| {
        phone.power();
        phone
    };
    let mut asked = Phone::time_over(program);
    assert_eq!(asked.ask()[0], State::Locked.code());
    vec![
        Case::state("STATE of a locked phone", Phone::locked(program), ANY_BUT_LOCKED),
        Case::state(
            "STATE of a phone whose time is over",
            Phone::time_over(program),
            ANY_BUT_LOCKED,
        ),
        Case::state(
            "STATE of a locked phone that was on for long",
            Phone::long_on(program),
            ANY_BUT_LOCKED,
        ),
        Case::state(
            "STATE of a locked phone at its start",
            off(Phone::locked(program)),
            ANY_BUT_LOCKED,
        ),
        Case::state("STATE of a phone whose time is over at its start", off(asked), ANY_BUT_LOCKED),
        Case::state("STATE of a fresh phone at its start", Phone::fresh(program), USABLE),
        Case::state(
            "STATE of a phone with a damaged record at its start",
            damaged(program),
            ANY_BUT_LOCKED,
        ),
        Case::state(
            "STATE of a phone with a missing record at its start",
            missing(program),
            ANY_BUT_LOCKED,
        ),
        Case::state(
            "STATE of a phone without its keys at its start",
            without_keys(program),
            ANY_BUT_LOCKED,
        ),
    ]
}

/// Hotline codes that do not open a locked phone, or not for so long.
pub fn codes(program: &Arc<Program>) -> Vec<Case> {
    let case = |name, phone: Phone, groups| {
        Case::call(name, phone, &Request::Hotline { groups }, ANY_BUT_LOCKED)
            .may_answer_housekeeping(program)
    };
    let typed = |name, typed, change: fn([u32; 2]) -> [u32; 2]| {
        let mut phone = Phone::locked(program);
        let groups = change(phone.code(typed));
        case(name, phone, groups)
    };
    let counted = |case: Case| {
        let counts = codes_in(&case.settled[0]);
        assert_ne!(counts, codes_in(&case.records), "{}: it is not counted", case.name);
        Case { counts, stores: true, ..case }
    };
    let wrong = Typed::Wrong(Action::Day);
    let waiting = || {
        let mut phone = Phone::locked(program);
        let request = Request::Hotline { groups: phone.code(wrong) };
        assert_eq!(phone.call(&request), Reply::Refused(Refusal::WrongCode));
        phone
    };
    let during = |name, typed| {
        let mut phone = waiting();
        let groups = phone.code(typed);
        case(name, phone, groups)
    };
    let mut used = Phone::locked(program);
    let last = used.code(Typed::Right(Action::Day));
    used.take(&Request::Hotline { groups: last }, State::Unlocked);
    used.pass(Action::Day.seconds());
    assert_eq!(used.ask()[0], State::Locked.code());
    let mut brief = Phone::locked(program);
    let now = brief.seconds();
    let groups = brief.code(Typed::Right(Action::Day));
    let brief = case("a right hotline code, for longer than it says", brief, groups);
    let plain = typed("a wrong hotline code", wrong, |groups| groups);
    // The check digits protect nobody: it is wrong as well.
    let mut slip = typed("a wrong hotline code with a slip", wrong, |groups| {
        codes::slip(groups, Mistyped::First)
    });
    slip.settled.push(plain.settled[0].clone());
    vec![
        counted(plain),
        counted(typed(
            "a hotline code, wrong in its first group",
            Typed::WrongFirst(Action::Day),
            |groups| groups,
        )),
        counted(typed("a hotline code, made longer", Typed::Lengthened, |groups| groups)),
        counted(case("the last hotline code again", used, last)),
        slip,
        during("a right hotline code during the wait", Typed::Right(Action::Week)),
        during("a wrong hotline code during the wait", wrong),
        Case { later: Some([now, now + Action::Day.seconds()]), ..brief },
    ]
}

/// Bytes of a kept record in the world.
const KEPT: usize = size_of::<paylatch_chip_program::Kept>();

/// A locked phone whose records were changed while it was off.
fn spoilt(program: &Arc<Program>, change: impl Fn(&mut [u8])) -> Phone {
    let mut phone = Phone::locked(program);
    let mut records = phone.machine.records();
    change(&mut records);
    phone.machine.set_records(&records);
    phone.power();
    phone
}

fn damaged(program: &Arc<Program>) -> Phone {
    spoilt(program, |records| records[40] ^= 1)
}

fn missing(program: &Arc<Program>) -> Phone {
    spoilt(program, |records| records[..KEPT].fill(0))
}

fn without_keys(program: &Arc<Program>) -> Phone {
    spoilt(program, |records| records[KEPT..3 * KEPT].fill(0))
}

/// What is taken, and must be: a fault that nobody finds is no proof.
pub fn controls(program: &Arc<Program>) -> Vec<(Case, State)> {
    let phone = Phone::locked(program);
    let unlock = phone.enrolment.message(LENDER, UNLOCK);
    let release = phone.enrolment.release(ESCROW);
    let apply = |name, message: &[u8]| {
        Case::call(name, Phone::locked(program), &Request::Apply(message), ANY_BUT_LOCKED)
    };
    let mut calls = Phone::locked(program);
    let code = Request::Hotline { groups: calls.code(Typed::Right(Action::Day)) };
    let code = Case::call("a right hotline code", calls, &code, ANY_BUT_LOCKED);
    let usable =
        Case::state("STATE of an unlocked phone", Phone::enrolled(program), ANY_BUT_LOCKED);
    vec![
        (apply("a good unlock", &unlock), State::Unlocked),
        (apply("a good release", &release), State::Released),
        (code, State::Unlocked),
        (usable, State::Unlocked),
    ]
}

/// What the library's own check of a signature says of a bad one.
pub fn plain(program: &Arc<Program>, forgery: Forgery) -> Run {
    let mut machine = Machine::new(program);
    let digest = sign::sha256(&[b"a message"]);
    let key = OEM.public();
    let signature = forgery.sign(&key, &digest, &OEM.sign(&digest));
    machine.request(&[&key.0[..], &digest.0, &signature.0].concat());
    Run { before: machine.memory(), entry: Entry::Plain }
}
