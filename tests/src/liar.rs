//! A normal world that lies to the secure world about its storage: how a request
//! can be answered (`qemu/rpmb_fault.h`), and a phone whose OS answers so.

mod answer;
mod os;

pub use answer::{
    Answer, CODES, HONEST, LIES, LOST, NOT_IMPLEMENTED, NOT_SUPPORTED, SHORT_BUFFER, TELLING,
    answers, codes, lies, some_lies,
};
pub use os::{LyingOs, Tried, requests};
