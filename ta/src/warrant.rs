//! Why something is stored or held: judged a second time, from what was signed
//! and the second of what is known, right before it is done.

use paylatch_proto::api::EventKind;
use paylatch_proto::hotline::Code;
use paylatch_proto::message::Command;
use paylatch_proto::refusal::Refusal;
use paylatch_proto::state::{Fault, State};
use paylatch_proto::voucher::{Seal, Voucher};

use crate::crypto::Verifier;
use crate::decide::{Answer, Bench, Chain, Order, desk};
use crate::known::{Known, Release, Stored};
use crate::records::{KeysRecord, StateRecord, Terms};

/// Whose word it is, and how it was verified.
pub struct Warrant<'a> {
    pub word: Word<'a>,
    pub verifier: Verifier,
}

/// Whose word it is.
pub enum Word<'a> {
    /// Nobody's: time has passed, or the record is looked after.
    Time,
    /// Whoever's a release is that is held.
    Held,
    /// Nobody's: a hotline code is tried, right or wrong.
    Try,
    /// The desk's: a hotline code that was counted.
    Code(&'a Code),
    /// The lender's or the escrow's: `body ‖ signature`.
    Message(&'a [u8]),
    /// A release under these terms, `body ‖ signature`, that may not be stored.
    Release(&'a [u8], &'a Terms),
    /// A release that proves its own terms.
    Recovery(Chain<'a>),
    /// The OEM's voucher.
    Voucher(&'a [u8]),
    /// The OEM's seal.
    Seal(&'a [u8]),
}

/// What it is judged by.
pub struct Judge<'a> {
    pub bench: Bench<'a>,
    /// The second of what is known.
    pub known: &'a Known,
    /// On the platform's clock.
    pub seconds: u64,
}

impl Warrant<'_> {
    /// What nobody has to sign.
    pub fn of_nobody(word: Word) -> Warrant {
        Warrant { word, verifier: Verifier::new(0) }
    }

    /// Whether the record may become `next`, and the live keys `keys` if they change.
    ///
    /// # Errors
    /// A [`Refusal`], which is not met but by a fault of the chip.
    #[inline(never)]
    pub fn entitles(
        &mut self,
        judge: &Judge,
        next: &StateRecord,
        keys: Option<&KeysRecord>,
    ) -> Answer<()> {
        self.verifier.again();
        let (should, terms) = match (&self.word, &judge.known.stored) {
            (Word::Voucher(bytes), Stored::Empty) => {
                let terms = judge.bench.voucher(&Voucher::parse(bytes)?, &mut self.verifier)?;
                let mut state = StateRecord::new(State::Unlocked, &judge.bench.device);
                state.remember(EventKind::Enrolled);
                (state.with_slots_of(next), Some(Some(terms)))
            }
            (Word::Seal(bytes), Stored::Empty) => {
                judge.bench.seal(&Seal::parse(bytes)?, &mut self.verifier)?;
                let mut state = StateRecord::new(State::Released, &judge.bench.device);
                state.remember(EventKind::Sealed);
                (state.with_slots_of(next), Some(None))
            }
            (Word::Held, Stored::Unknown(fault)) if is_damage(*fault) => {
                let mut state = StateRecord::new(State::Unlocked, &judge.bench.device);
                state.release(judge.known.held.last().ok_or(Refusal::Fault)?.by);
                (state, None)
            }
            (word, _) => {
                let (state, terms) = judge.known.enrolled().ok_or(Refusal::Fault)?;
                let now = judge.known.at(state, Some(judge.seconds));
                if !(state.uptime..=now.uptime).contains(&next.uptime) {
                    return Err(Refusal::Fault);
                }
                let now = StateRecord { uptime: next.uptime, clean: next.clean, ..state.clone() };
                judge.enrolled(word, now, terms, next, &mut self.verifier)?
            }
        };
        if should == *next && terms == keys.map(|keys| keys.terms) {
            Ok(())
        } else {
            Err(Refusal::Fault)
        }
    }

    /// The release that may be held until power-off.
    ///
    /// # Errors
    /// A [`Refusal`], which is not met but by a fault of the chip.
    #[inline(never)]
    pub fn releases(&mut self, judge: &Judge) -> Answer<Release> {
        let (bench, verifier) = (&judge.bench, &mut self.verifier);
        verifier.again();
        match (&self.word, &judge.known.stored) {
            (Word::Time, _) => {
                let (state, terms) = judge.known.enrolled().ok_or(Refusal::Fault)?;
                let come = judge.known.at(state, Some(judge.seconds)).sunset(terms);
                if come { Ok(Release::sunset(terms)) } else { Err(Refusal::Fault) }
            }
            (Word::Release(bytes, terms), Stored::Unknown(_)) => {
                bench.release(&bench.message(bytes)?, terms, verifier)
            }
            (Word::Recovery(chain), Stored::Unknown(_)) => bench.recovery(chain, verifier),
            (Word::Seal(bytes), Stored::Unknown(_) | Stored::Empty) => {
                bench.seal(&Seal::parse(bytes)?, verifier)
            }
            _ => Err(Refusal::Fault),
        }
    }
}

impl Judge<'_> {
    /// What an enrolled phone in the state `now` becomes, and its terms if they change.
    fn enrolled(
        &self,
        word: &Word,
        now: StateRecord,
        terms: &Terms,
        next: &StateRecord,
        verifier: &mut Verifier,
    ) -> Answer<(StateRecord, Option<Option<Terms>>)> {
        let mut should = now;
        match word {
            Word::Time => {
                should.security_version = next.security_version;
                Ok((should, None))
            }
            Word::Try => {
                desk(Some(terms))?;
                should.try_code()?;
                Ok((should, None))
            }
            Word::Code(code) => {
                let Stored::Live { keys: Some(keys), .. } = &self.known.stored else {
                    return Err(Refusal::Fault);
                };
                // That it was counted is in what is stored.
                if should.hotline.tried == 0 {
                    return Err(Refusal::Fault);
                }
                should.unlock_by_code(self.bench.code(code, &should, keys)?);
                Ok((should, None))
            }
            Word::Held => {
                should.release(self.known.held_under(terms).ok_or(Refusal::Fault)?.by);
                Ok((should, None))
            }
            Word::Message(bytes) => {
                let message = self.bench.message(bytes)?;
                if let Command::Release = message.body.command {
                    should.release(self.bench.release(&message, terms, verifier)?.by);
                    return Ok((should, None));
                }
                let order = self.bench.order(&message, &should, terms, verifier)?;
                let Order::Next(should, _) = order else { return Err(Refusal::Fault) };
                match message.body.command {
                    Command::Rekey { lender, desk, .. } => {
                        let terms = Terms { lender, desk, ..*terms };
                        Ok((should.with_slots_of(next), Some(Some(terms))))
                    }
                    Command::Contact { .. } => Ok((should.with_slots_of(next), None)),
                    _ => Ok((should, None)),
                }
            }
            _ => Err(Refusal::Fault),
        }
    }
}

/// Whether a release is written over it; never over another device's record, a
/// newer build's, or one that was merely silent.
pub fn is_damage(fault: Fault) -> bool {
    matches!(fault, Fault::StateMissing | Fault::StateCorrupt | Fault::KeysCorrupt)
}
