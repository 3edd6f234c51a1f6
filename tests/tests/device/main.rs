//! Whole-device tests, on real OP-TEE in QEMU. In one program, so that no core
//! waits for another test's end. They begin in the order of their names; the longest, in
//! `changes`, is not to be the last.

mod absence;
mod chain;
mod changes;
mod damage;
mod days;
mod display;
mod hostile;
mod lies;
mod messages;
mod programs;
mod question;
mod release;
