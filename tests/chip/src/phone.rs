//! A phone whose lock runs in the emulator, as it is made ready and asked.

use std::sync::Arc;

use paylatch_proto::api::{Outcome, Reply, Request};
use paylatch_proto::bytes::Bytes;
use paylatch_proto::limits;
use paylatch_proto::message::Command;
use paylatch_proto::state::{Reason, State};
use paylatch_rig::bench::{Enrolment, LENDER, NOTICE, OEM, PHONE};
use paylatch_rig::codes::{self, Shown, Typed};

use crate::machine::{End, Entry, Machine, Memory};
use crate::program::Program;

/// Days of use until the phone releases itself.
pub const SUNSET: u32 = 400;

/// A phone.
pub struct Phone {
    pub machine: Machine,
    /// What enrols it.
    pub enrolment: Enrolment,
    /// Memory before power comes.
    pub off: Memory,
    seconds: u64,
}

impl Phone {
    /// Fresh from the factory, and on.
    pub fn fresh(program: &Arc<Program>) -> Phone {
        let enrolment = Enrolment::new(&PHONE, true, Some(SUNSET));
        let mut machine = Machine::new(program);
        machine.set_platform(0x0123_4567_89ab_cdef, &PHONE.secret, &OEM.public().0);
        let off = machine.memory();
        let mut phone = Phone { machine, enrolment, off, seconds: 0 };
        phone.power();
        phone
    }

    /// Enrolled and usable.
    pub fn enrolled(program: &Arc<Program>) -> Phone {
        let mut phone = Phone::fresh(program);
        let voucher = Arc::<[u8]>::from(&*phone.enrolment.voucher);
        phone.take(&Request::Enrol { nonce: Bytes([0; 32]), voucher: &voucher }, State::Unlocked);
        phone
    }

    /// Locked by its lender; the last number is 2.
    pub fn locked(program: &Arc<Program>) -> Phone {
        let mut phone = Phone::enrolled(program);
        phone.apply(Command::Notice { sequence: 1 }, State::Unlocked);
        phone.pass(NOTICE.into());
        let reason = Reason::PaymentOverdue;
        phone.apply(Command::Lock { sequence: 2, reason }, State::Locked);
        phone
    }

    /// Locked, and on for three quarters of the time until its sunset, which is stored.
    pub fn long_on(program: &Arc<Program>) -> Phone {
        let mut phone = Phone::locked(program);
        phone.pass(u64::from(SUNSET) * limits::DAY / 4 * 3);
        phone.take(&Request::Tick, State::Locked);
        phone
    }

    /// Locked because its time is over; the last number is 3.
    pub fn time_over(program: &Arc<Program>) -> Phone {
        let mut phone = Phone::locked(program);
        phone.apply(Command::UnlockFor { sequence: 3, seconds: 7200 }, State::Unlocked);
        phone.pass(7200);
        phone
    }

    /// What a bootloader is told; what time has brought is stored.
    pub fn ask(&mut self) -> [u32; 4] {
        assert!(matches!(self.machine.run(Entry::State), End::Returned(_)), "it does not answer");
        self.machine.words()
    }

    /// Power goes and comes: a lock that has not looked at its storage.
    pub fn power(&mut self) {
        self.take_power();
        self.start();
    }

    /// Power goes.
    pub fn take_power(&mut self) {
        let records = self.machine.records();
        self.machine.restore(&self.off);
        self.machine.set_records(&records);
        self.seconds = 0;
    }

    /// Power comes.
    pub fn start(&mut self) {
        assert!(matches!(self.machine.run(Entry::Start), End::Returned(_)), "it does not start");
    }

    /// Seconds since power came.
    pub fn seconds(&self) -> u64 {
        self.seconds
    }

    /// Time of use.
    pub fn pass(&mut self, seconds: u64) {
        self.seconds += seconds;
        self.machine.set_seconds(self.seconds);
    }

    /// A message by the lender, which is taken.
    pub fn apply(&mut self, command: Command, then: State) {
        let message = self.enrolment.message(LENDER, command);
        self.take(&Request::Apply(&message), then);
    }

    /// A request's reply.
    pub fn call(&mut self, request: &Request) -> Reply {
        let request = encode(request);
        let entry = self.machine.request(&request);
        let End::Returned(length) = self.machine.run(entry) else { panic!("it does not answer") };
        postcard::from_bytes(&self.machine.reply(length)).expect("a reply")
    }

    /// A hotline code that is typed.
    pub fn code(&mut self, typed: Typed) -> [u32; 2] {
        let shown = Shown::by(|request| self.call(request)).expect("it takes codes");
        codes::groups(Some(&shown), typed)
    }

    /// A request, which is done.
    pub fn take(&mut self, request: &Request, then: State) {
        match self.call(request) {
            Reply::Done(done) => {
                assert_eq!((done.outcome, done.state), (Outcome::Applied, then));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A request's bytes.
pub fn encode(request: &Request) -> Vec<u8> {
    let mut room = [0; limits::REQUEST];
    postcard::to_slice(request, &mut room).expect("a request fits").to_vec()
}
