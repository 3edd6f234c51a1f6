//! Whole-device tests, on real OP-TEE in QEMU. In one program, so that no core
//! waits for another test's end.

mod absence;
mod chain;
mod damage;
mod days;
mod display;
mod hostile;
mod lies;
mod messages;
mod moments;
mod programs;
mod question;
mod release;
