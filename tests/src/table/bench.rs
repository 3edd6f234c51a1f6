//! One phone after another: brought into a state, handed a message, looked at
//! before and after.

use paylatch::issue::signer::verifies;
use paylatch::words;
use paylatch_proto::limits::DAY;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::State;
use paylatch_proto::statement::Statement;
use paylatch_proto::{armour, limits};
use serde_json::{Value, json};

use super::attack::Attacked;
use super::forge::Enrolment;
use super::rows::{Cell, Given, Message, TABLE};
use super::tally::Tally;
use crate::issuer::{BUYER, ESCROW, Issuer, LENDER};
use crate::phone::{Answer, NONCE};
use crate::{Failure, Result};

/// The notice time of the phones' vouchers, in seconds of use.
pub const NOTICE: u64 = DAY;
/// The program's words for a lock.
pub const LOCK: &[&str] = &["lock", "--reason", "payment-overdue"];

/// A phone under test, its issuers, and what was found.
pub struct Bench<'a, P> {
    make: fn(&str) -> Result<P>,
    /// Who issue.
    pub issuer: &'a Issuer,
    /// What was found.
    pub tally: Tally,
    /// The phone.
    pub phone: P,
    /// Its device id.
    pub id: String,
    /// The voucher it was enrolled with, or will be.
    pub voucher: String,
    /// Who is its lender now.
    pub lender: &'static str,
    /// The sales so far, in their order.
    pub rekeys: Vec<String>,
    /// Whether a seal was taken.
    sealed: bool,
    /// The last sequence number given out.
    pub sequence: u64,
    /// The last contact sequence number given out.
    pub contact_sequence: u64,
}

impl<'a, P: Attacked> Bench<'a, P> {
    /// A bench with a phone fresh from the factory.
    ///
    /// # Errors
    /// When it does not start.
    pub fn new(make: fn(&str) -> Result<P>, issuer: &'a Issuer) -> Result<Self> {
        let phone = make("table")?;
        let mut bench = Bench {
            make,
            issuer,
            tally: Tally::default(),
            phone,
            id: String::new(),
            voucher: String::new(),
            lender: LENDER,
            rekeys: Vec::new(),
            sealed: false,
            sequence: 0,
            contact_sequence: 0,
        };
        bench.meet()?;
        Ok(bench)
    }

    /// Takes another phone, fresh from the factory.
    ///
    /// # Errors
    /// When it does not start.
    pub fn renew(&mut self) -> Result<()> {
        self.phone = (self.make)("table")?;
        self.meet()
    }

    fn meet(&mut self) -> Result<()> {
        let identity = self.phone.ask(&["identity"])?;
        self.id = identity["device"].as_str().unwrap_or_default().to_owned();
        self.voucher = self.issuer.voucher(&self.id, NOTICE as u32, &[])?;
        self.lender = LENDER;
        self.rekeys.clear();
        self.sealed = false;
        (self.sequence, self.contact_sequence) = (0, 0);
        let state = self.phone.state()?;
        self.tally.expect("a phone fresh from the factory", "unprovisioned", &state);
        Ok(())
    }

    // ---- what is handed in ------------------------------------------------

    /// The lender's message, with the next sequence number.
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn next(&mut self, order: &[&str]) -> Result<String> {
        self.sequence += 1;
        self.issuer.message(self.lender, &self.voucher, self.sequence, order)
    }

    /// A message with the next contact number, with somebody's contact record.
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn next_contact(&mut self, of: &str) -> Result<String> {
        self.contact_sequence += 1;
        let contact = self.issuer.contact(of);
        let order = ["contact", "--contact", &contact];
        self.issuer.message(self.lender, &self.voucher, self.contact_sequence, &order)
    }

    /// Who the present lender would sell to.
    pub fn other_lender(&self) -> &'static str {
        if self.lender == LENDER { BUYER } else { LENDER }
    }

    /// What signs for this enrolment.
    ///
    /// # Errors
    /// When the voucher can't be read.
    pub fn enrolment(&self) -> Result<Enrolment> {
        Enrolment::of(&self.voucher)
    }

    /// The program's arguments that hand in a message.
    fn arguments(&mut self, message: Message) -> Result<Vec<String>> {
        let provision = |text| vec!["provision".into(), text, "--nonce".into(), NONCE.into()];
        let apply = |text| vec!["apply".into(), text];
        Ok(match message {
            Message::Voucher => provision(self.voucher.clone()),
            Message::AnotherVoucher => {
                let more = ["--sunset", "1000"];
                provision(self.issuer.voucher(&self.id, NOTICE as u32, &more)?)
            }
            Message::Seal => provision(self.issuer.seal(&self.id)?),
            Message::Notice => apply(self.next(&["notice"])?),
            Message::Lock => apply(self.next(LOCK)?),
            Message::Unlock => apply(self.next(&["unlock"])?),
            Message::UnlockFor => apply(self.next(&["unlock-for", "--time", "2d"])?),
            Message::Release => apply(self.issuer.release(self.lender, &self.voucher)?),
            Message::EscrowRelease => apply(self.issuer.release(ESCROW, &self.voucher)?),
            Message::Recover => self.recovery(self.lender)?,
            Message::EscrowRecover => self.recovery(ESCROW)?,
            Message::Rekey => apply(self.sale()?),
            Message::Contact => apply(self.next_contact(BUYER)?),
        })
    }

    /// A rekey to the other lender.
    ///
    /// # Errors
    /// When it can't be issued.
    pub fn sale(&mut self) -> Result<String> {
        self.sequence += 1;
        self.issuer.sale(self.lender, self.other_lender(), &self.voucher, self.sequence)
    }

    /// Remembers that a sale was taken.
    pub fn sold(&mut self, rekey: &str) {
        self.lender = self.other_lender();
        self.rekeys.push(rekey.to_owned());
    }

    fn recovery(&self, who: &str) -> Result<Vec<String>> {
        let mut arguments = vec!["recover".into(), "--voucher".into(), self.voucher.clone()];
        for rekey in &self.rekeys {
            arguments.extend(["--rekey".into(), rekey.clone()]);
        }
        arguments.push(self.issuer.release(who, &self.voucher)?);
        Ok(arguments)
    }

    /// Hands in what was built.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn answer(&mut self, arguments: &[String]) -> Result<Answer> {
        self.phone.answer(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Hands in a message and expects this outcome, in this state.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn takes(&mut self, what: &str, text: &str, outcome: &str, state: &str) -> Result<()> {
        let says = self.phone.hand_in("apply", text)?;
        self.tally.expect(what, outcome, &says);
        self.is(what, state)
    }

    /// Expects this state.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn is(&mut self, what: &str, state: &str) -> Result<()> {
        let seen = self.phone.state()?;
        self.tally.expect(format_args!("{what}: the state"), state, &seen);
        Ok(())
    }

    /// Hands in a message or, with `provision`, a voucher or seal, and expects
    /// that it is refused for this reason and nothing changes.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn refuses(&mut self, what: &str, verb: &str, text: &str, why: Refusal) -> Result<()> {
        let before = self.snapshot()?;
        let says = self.phone.hand_in(verb, text)?;
        self.tally.refused(what, why, &says);
        self.unchanged(what, &before)
    }

    // ---- what is looked at --------------------------------------------------

    /// All that the phone tells, apart from uptime: what is told as seconds
    /// from now stands as the uptime at which it comes.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn snapshot(&mut self) -> Result<Value> {
        let mut status = self.phone.status()?;
        let uptime = status["uptime"].as_u64().unwrap_or_default();
        if let Some(enrolment) = status["enrolment"].as_object_mut() {
            for field in ["lock_possible_in", "notice_ends_in", "locks_in", "releases_in"] {
                if let Some(seconds @ 1..) = enrolment.get(field).and_then(Value::as_u64) {
                    enrolment.insert(field.into(), json!(seconds + uptime));
                }
            }
        }
        if let Some(status) = status.as_object_mut() {
            status.remove("uptime");
            status.remove("words");
        }
        let history = self.phone.paylatch(&["--json", "history"])?.text;
        Ok(json!({ "status": status, "history": history.trim() }))
    }

    /// Expects that nothing has changed since `before`.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn unchanged(&mut self, what: &str, before: &Value) -> Result<()> {
        let after = self.snapshot()?;
        self.tally.expect(format_args!("{what}: what stays"), before, &after);
        Ok(())
    }

    /// A field of the enrolment, as `paylatch status` has it.
    ///
    /// # Errors
    /// When the phone does not answer.
    pub fn enrolled(&mut self, field: &str) -> Result<Value> {
        Ok(self.phone.status()?["enrolment"][field].clone())
    }

    // ---- the table ------------------------------------------------------------

    /// Goes through a column of the table: what changes nothing first, what is
    /// final last.
    ///
    /// # Errors
    /// When a phone does not answer, or can't be brought into the state.
    pub fn column(&mut self, given: Given) -> Result<()> {
        let mut cells = TABLE.map(|(message, cells)| (message, cells[given.column()]));
        cells.sort_by_key(|(_, cell)| match cell {
            Cell::No(_) | Cell::Elsewhere => 0,
            Cell::Already => 1,
            Cell::Becomes(state) if *state != State::Released => 2,
            Cell::UntilPowerOff => 3,
            _ => 4,
        });
        for (message, cell) in cells {
            if cell != Cell::Elsewhere {
                self.cell(given, message, cell)?;
            }
        }
        Ok(())
    }

    fn cell(&mut self, given: Given, message: Message, cell: Cell) -> Result<()> {
        self.bring(given)?;
        let arguments = self.arguments(message)?;
        let before = self.snapshot()?;
        match given {
            Given::Silent => {
                let bait = self.next_contact(BUYER)?;
                self.phone.silence(&bait)?;
            }
            Given::Readable => {
                let bait = self.next_contact(BUYER)?;
                self.phone.hide_state(&bait)?;
            }
            _ => {}
        }
        let answer = self.answer(&arguments)?;
        if given.at_fault() && cell != Cell::UntilPowerOff {
            self.phone.be_honest()?;
        }
        let what = &format!("{message:?}, {given:?}");
        let says = answer.says.as_str();
        let kept = before["status"]["state"].as_str().unwrap_or_default();
        match cell {
            Cell::No(why) => {
                self.tally.refused(what, why, says);
                self.unchanged(what, &before)?;
            }
            Cell::Already => {
                self.tally.expect(what, "already_applied", says);
                let but_numbers = |mut snapshot: Value| {
                    if let Some(enrolment) = snapshot["status"]["enrolment"].as_object_mut() {
                        enrolment.remove("sequence");
                    }
                    snapshot
                };
                let after = self.snapshot()?;
                let [before, after] = [before.clone(), after].map(but_numbers);
                self.tally.expect(format_args!("{what}: what stays"), before, after);
                self.statement(what, message, &answer, kept)?;
            }
            Cell::Becomes(state) => {
                let state = words::state_name(state);
                self.tally.expect(what, "applied", says);
                self.is(what, state)?;
                self.statement(what, message, &answer, state)?;
                self.effect(what, message, &arguments)?;
            }
            Cell::UntilPowerOff => {
                self.tally.expect(what, "released_until_power_off", says);
                self.told_released(what, &answer);
                self.phone.power_cycle()?;
                self.phone.be_honest()?;
                self.is(&format!("{what}, after power-off"), kept)?;
            }
            Cell::LetGo | Cell::LetGoForNow => {
                // A damaged record is overwritten at once; one that was silent
                // as soon as it speaks.
                let released = ["applied", "released_until_power_off"].contains(&says);
                self.tally.expect(format_args!("{what}: {says}"), true, released);
                self.told_released(what, &answer);
                if cell == Cell::LetGo {
                    self.is(what, "released")?;
                }
                self.phone.power_cycle()?;
                if cell == Cell::LetGo {
                    self.is(&format!("{what}, after power-off"), "released")?;
                }
            }
            Cell::Elsewhere => {}
        }
        Ok(())
    }

    fn told_released(&mut self, what: &str, answer: &Answer) {
        let state = answer.object["state"].as_str().unwrap_or_default();
        self.tally.expect(format_args!("{what}: the state told"), "released", state);
    }

    /// Brings the phone into a state, or another phone where this one can't be.
    ///
    /// # Errors
    /// When it can't be.
    pub fn bring(&mut self, given: Given) -> Result<()> {
        let state = self.phone.state()?;
        let fits = match given {
            Given::Unprovisioned => state == "unprovisioned",
            Given::Sealed => self.sealed || state == "unprovisioned",
            Given::Released => !self.sealed,
            _ => state != "released",
        };
        if !fits || self.rekeys.len() == limits::RECOVERY_REKEYS {
            self.renew()?;
        }
        match given {
            Given::Unprovisioned => Ok(()),
            Given::Sealed if self.sealed => Ok(()),
            Given::Sealed => self.do_it(Message::Seal),
            Given::Unlocked => self.unlocked(),
            Given::Locked => self.locked(),
            Given::Released if self.phone.state()? == "released" => Ok(()),
            Given::Released => {
                self.unlocked()?;
                self.do_it(Message::Release)
            }
            Given::Silent | Given::Readable => {
                self.locked()?;
                if self.rekeys.is_empty() { self.do_it(Message::Rekey) } else { Ok(()) }
            }
        }
    }

    /// Makes the phone unlocked, with neither notice nor deadline.
    ///
    /// # Errors
    /// When it can't be.
    pub fn unlocked(&mut self) -> Result<()> {
        if self.phone.state()? == "unprovisioned" {
            self.do_it(Message::Voucher)
        } else {
            self.do_it(Message::Unlock)
        }
    }

    /// Makes the phone locked by its lender.
    ///
    /// # Errors
    /// When it can't be.
    pub fn locked(&mut self) -> Result<()> {
        if self.phone.state()? != "locked" {
            self.unlocked()?;
            self.do_it(Message::Notice)?;
            self.phone.pass(NOTICE)?;
            self.do_it(Message::Lock)?;
        }
        Ok(())
    }

    /// What only prepares a check must be taken.
    fn do_it(&mut self, message: Message) -> Result<()> {
        let arguments = self.arguments(message)?;
        match self.answer(&arguments)?.says.as_str() {
            "applied" if message == Message::Rekey => {
                self.sold(&arguments[1]);
                Ok(())
            }
            "applied" => {
                self.sealed |= message == Message::Seal;
                Ok(())
            }
            says => Err(Failure(format!("to prepare a check, {message:?}: {says}"))),
        }
    }

    /// What a message does beside the state.
    fn effect(&mut self, what: &str, message: Message, arguments: &[String]) -> Result<()> {
        let status = self.phone.status()?;
        let enrolment = &status["enrolment"];
        let (notice, deadline) = (&enrolment["lock_possible_in"], &enrolment["locks_in"]);
        let number = |value: &Value| value.as_u64();
        let show = |value: &Value| value.to_string();
        match message {
            Message::Notice => {
                self.tally.expect(format_args!("{what}: runs"), true, number(notice).is_some());
            }
            Message::Unlock => {
                self.tally.expect(
                    what,
                    "null, null".into(),
                    [notice, deadline].map(show).join(", "),
                );
            }
            Message::UnlockFor => {
                self.about(what, "locks_in", 2 * DAY)?;
                self.tally.expect(what, "null".into(), show(notice));
            }
            Message::Rekey => {
                self.sold(&arguments[1]);
                let lender = super::forge::public(self.issuer, self.lender)?;
                let lender = paylatch_proto::sign::key_id(&lender).short().to_string();
                self.tally.expect(what, Some(&*lender), enrolment["lender"].as_str());
                let name = if self.lender == BUYER { "Best Loans" } else { "Acme Credit" };
                self.tally.expect(what, Some(name), status["contact"]["name"].as_str());
            }
            Message::Contact => {
                let name = status["contact"]["name"].as_str();
                self.tally.expect(what, Some("Best Loans"), name);
                let sequence = number(&enrolment["contact_sequence"]);
                self.tally.expect(what, Some(self.contact_sequence), sequence);
            }
            Message::Seal => self.sealed = true,
            _ => {}
        }
        if matches!(
            message,
            Message::Notice | Message::Unlock | Message::UnlockFor | Message::Rekey
        ) {
            self.tally.expect(what, Some(self.sequence), number(&enrolment["sequence"]));
        }
        Ok(())
    }

    /// A voucher or seal that is taken is answered with a fresh statement.
    fn statement(
        &mut self,
        what: &str,
        message: Message,
        answer: &Answer,
        state: &str,
    ) -> Result<()> {
        if !matches!(message, Message::Voucher | Message::Seal) {
            return Ok(());
        }
        let text = answer.object["statement"].as_str().unwrap_or_default();
        let mut buffer = [0; limits::MESSAGE];
        let bytes = armour::decode(text, &mut buffer).map(|(_, bytes)| bytes);
        let bytes = bytes.map_err(|e| Failure(format!("{what}: no statement: {e:?}")))?;
        let signed =
            Statement::parse(bytes).map_err(|e| Failure(format!("{what}: no statement: {e:?}")))?;
        let body = &signed.body;
        let verified = verifies(&body.keys.signing, &signed.digest, &signed.signature);
        let seen = (verified, body.nonce.to_string(), words::state_name(body.state));
        self.tally.expect(
            format_args!("{what}: its fresh statement"),
            (true, NONCE.to_owned(), state),
            seen,
        );
        Ok(())
    }
}
