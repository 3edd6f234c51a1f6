//! What a message, a voucher or a chain of them comes to: decided from what was
//! signed and what is known, and nothing else. The lock decides twice, with one
//! calculation of the signatures ([`Verifier`]) and two judgements of it.

use paylatch_proto::api::{EventKind, Outcome};
use paylatch_proto::bytes::{DeviceId, PublicKey};
use paylatch_proto::hotline::{Action, Code};
use paylatch_proto::message::{Command, Message, Signed};
use paylatch_proto::refusal::Refusal;
use paylatch_proto::sign::{self, Role};
use paylatch_proto::voucher::{Seal, Voucher, check_roles};

use crate::config::Config;
use crate::crypto::{self, Verifier};
use crate::known::{Authority, Release};
use crate::records::{KeysRecord, StateRecord, Terms};

/// What a request comes to, or why it is refused.
pub type Answer<T> = Result<T, Refusal>;

/// Who decides: fixed when the lock is built, and the device's own.
#[derive(Clone, Copy)]
pub struct Bench<'a> {
    /// What is fixed when the lock is built.
    pub config: &'a Config,
    /// Whose lock it is.
    pub device: DeviceId,
}

/// What a lender's message in order comes to.
#[allow(clippy::large_enum_variant)] // there is one, and no heap to box it on
#[derive(Clone, PartialEq, Eq)]
pub enum Order {
    /// The same was taken before.
    Same,
    /// The state after it; where keys or contact change, without their new slots.
    Next(StateRecord, Outcome),
}

impl Bench<'_> {
    /// A message for this device, taken apart.
    pub fn message<'m>(&self, bytes: &'m [u8]) -> Answer<Message<'m>> {
        let message = Message::parse(bytes)?;
        if message.body.header.device == self.device.short() {
            Ok(message)
        } else {
            Err(Refusal::OtherDevice)
        }
    }

    /// A message that is no release, on a phone that is enrolled and in the
    /// state `now`.
    #[inline(never)]
    pub fn order(
        &self,
        message: &Message,
        now: &StateRecord,
        terms: &Terms,
        verifier: &mut Verifier,
    ) -> Answer<Order> {
        let mut next = now.clone();
        let command = &message.body.command;
        let sequence = command.sequence().ok_or(Refusal::Malformed)?;
        let same = sign::same_message(Role::Lender, message.signed);
        let (last, last_same) = if matches!(command, Command::Contact { .. }) {
            (&mut next.contact_sequence, &mut next.last_contact)
        } else {
            (&mut next.sequence, &mut next.last)
        };
        if *last == sequence && *last_same == same {
            return Ok(Order::Same);
        }
        let signer = message.body.header.signer;
        if signer != sign::key_id(&terms.lender).short() {
            let escrow = terms.escrow.is_some_and(|key| sign::key_id(&key).short() == signer);
            return Err(if escrow { Refusal::EscrowReleasesOnly } else { Refusal::OtherSigner });
        }
        let digest = message.digest(sign::LENDER, &self.device, &terms.voucher);
        verifier.verify(&terms.lender, &digest, &message.signature)?;
        StateRecord::check_sequence(*last, sequence)?;
        (*last, *last_same) = (sequence, same);
        let outcome = next.obey(command, &terms.policy)?;
        if desk(Some(terms)).is_ok() {
            next.after_message(command);
        }
        match command {
            Command::Rekey { lender, desk, contact, proof, .. } => {
                crypto::check_key(lender)?;
                desk.as_ref().map_or(Ok(()), crypto::check_key)?;
                check_roles(lender, desk.as_ref(), terms.escrow.as_ref(), &self.config.oem)?;
                contact.check().map_err(Refusal::BadContact)?;
                let digest = message.proof_digest(&self.device, &terms.voucher);
                verifier.verify(lender, &digest, proof).map_err(|_| Refusal::BadProof)?;
            }
            Command::Contact { contact, .. } => contact.check().map_err(Refusal::BadContact)?,
            _ => {}
        }
        Ok(Order::Next(next, outcome))
    }

    /// A hotline code on a phone that is enrolled and in the state `now`, in which it was
    /// counted: what it does.
    #[inline(never)]
    pub fn code(&self, code: &Code, now: &StateRecord, keys: &KeysRecord) -> Answer<Action> {
        let desk = desk(keys.terms.as_ref())?;
        let key = crypto::hotline_key(&keys.seed, desk).map_err(|_| Refusal::NotAvailable)?;
        let challenge = crypto::challenge(&keys.seed, now.hotline.turn);
        let challenge = challenge.map_err(|_| Refusal::NotAvailable)?;
        let right = Code::make(&key, &self.device, challenge, code.action);
        if right == Some(*code) { Ok(code.action) } else { Err(Refusal::WrongCode) }
    }

    /// A release by the lender or the escrow of these terms.
    #[inline(never)]
    pub fn release(
        &self,
        message: &Message,
        terms: &Terms,
        verifier: &mut Verifier,
    ) -> Answer<Release> {
        if !matches!(message.body.command, Command::Release) {
            return Err(Refusal::Malformed);
        }
        let signer = message.body.header.signer;
        let is = |key: &PublicKey| sign::key_id(key).short() == signer;
        let (key, domain, by) = match terms.escrow {
            _ if is(&terms.lender) => (terms.lender, sign::LENDER, EventKind::ReleasedByLender),
            Some(escrow) if is(&escrow) => (escrow, sign::ESCROW, EventKind::ReleasedByEscrow),
            _ => return Err(Refusal::OtherSigner),
        };
        let voucher = terms.voucher;
        let digest = message.digest(domain, &self.device, &voucher);
        verifier.verify(&key, &digest, &message.signature)?;
        Ok(Release { by, authority: Authority::Key { voucher, key } })
    }

    /// A voucher for this device by the OEM: what it brings.
    #[inline(never)]
    pub fn voucher(&self, voucher: &Signed<Voucher>, verifier: &mut Verifier) -> Answer<Terms> {
        if voucher.body.device != self.device {
            return Err(Refusal::OtherDevice);
        }
        verifier.verify(&self.config.oem, &voucher.digest, &voucher.signature)?;
        let body = &voucher.body;
        body.check(&self.config.oem, self.config.notice_min)?;
        for key in [Some(&body.lender), body.desk.as_ref(), body.escrow.as_ref()] {
            key.map_or(Ok(()), crypto::check_key)?;
        }
        Ok(Terms::of(voucher))
    }

    /// A seal of this device by the OEM.
    #[inline(never)]
    pub fn seal(&self, seal: &Signed<Seal>, verifier: &mut Verifier) -> Answer<Release> {
        if seal.body.device != self.device {
            return Err(Refusal::OtherDevice);
        }
        verifier.verify(&self.config.oem, &seal.digest, &seal.signature)?;
        Ok(Release::SEALED)
    }

    /// A release, and the voucher and rekeys that prove its key: the voucher the
    /// first lender and the escrow, each rekey the next lender.
    #[inline(never)]
    pub fn recovery(&self, chain: &Chain, verifier: &mut Verifier) -> Answer<Release> {
        let voucher = Voucher::parse(chain.voucher)?;
        if voucher.body.device != self.device {
            return Err(Refusal::OtherDevice);
        }
        verifier.verify(&self.config.oem, &voucher.digest, &voucher.signature)?;
        let mut terms = Terms::of(&voucher);
        chain.passes(1, &terms)?;
        for (generation, rekey) in (2..).zip(chain.rekeys) {
            let message = Message::parse(rekey)?;
            let Command::Rekey { lender, proof, .. } = &message.body.command else {
                return Err(Refusal::Malformed);
            };
            let digest = message.digest(sign::LENDER, &self.device, &terms.voucher);
            verifier.verify(&terms.lender, &digest, &message.signature)?;
            let digest = message.proof_digest(&self.device, &terms.voucher);
            verifier.verify(lender, &digest, proof).map_err(|_| Refusal::BadProof)?;
            terms.lender = *lender;
            chain.passes(generation, &terms)?;
        }
        self.release(&self.message(chain.release)?, &terms, verifier)
    }
}

/// With whom hotline codes are agreed on.
///
/// # Errors
/// [`Refusal::NoHotline`].
pub fn desk(terms: Option<&Terms>) -> Answer<&PublicKey> {
    let terms = terms.filter(|terms| terms.policy.hotline);
    terms.and_then(|terms| terms.desk.as_ref()).ok_or(Refusal::NoHotline)
}

/// What recovers a phone whose enrolment can't be read.
#[derive(Clone, Copy)]
pub struct Chain<'a> {
    /// `body ‖ signature`.
    pub voucher: &'a [u8],
    /// In their order.
    pub rekeys: &'a [&'a [u8]],
    /// `body ‖ signature`.
    pub release: &'a [u8],
    /// Generation and terms of an enrolment that can be read: a chain that does not
    /// pass through it is of another one, or a former lender's own.
    pub through: Option<(u32, &'a Terms)>,
}

impl Chain<'_> {
    /// Whether these terms, which the chain has at `generation`, agree with what can
    /// be read.
    fn passes(&self, generation: u32, terms: &Terms) -> Answer<()> {
        match self.through {
            Some((at, read)) if at == generation && terms.lender != read.lender => {
                Err(Refusal::OtherSigner)
            }
            Some((_, read)) if terms.voucher != read.voucher => Err(Refusal::OtherSigner),
            _ => Ok(()),
        }
    }
}
