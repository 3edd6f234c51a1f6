//! The wire of Paylatch, the installment lock of a financed phone.
//!
//! Everything here is shared by the trusted application, the normal world, the
//! lender's and the OEM's tools. There is no I/O, no platform and no heap:
//! types, their byte form, and the limits.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`message`] | what a lender or an escrow signs: lock, unlock, release … |
//! | [`voucher`] | what the OEM signs: a voucher (financed) or a seal (not financed) |
//! | [`statement`] | what the device signs, and the OEM's certificate over its keys |
//! | [`contact`] | the record that the screens show |
//! | [`hotline`] | codes that the lender's desk reads out over the phone |
//! | [`state`] | state codes and what goes with them |
//! | [`api`] | requests and replies between normal world and trusted application |
//! | [`refusal`] | why something was refused |
//! | [`sign`] | domains, digests, key ids: what exactly is signed |
//! | [`armour`] | the text form that fits an SMS or a QR code |
//! | [`limits`] | every size, with its derivation |
//!
//! `docs/protocol.md` specifies the same byte by byte.
#![no_std]
#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

#[cfg(test)]
extern crate std;

pub mod api;
pub mod armour;
pub mod bytes;
pub mod contact;
pub mod hotline;
pub mod limits;
pub mod message;
pub mod refusal;
pub mod sign;
pub mod state;
pub mod statement;
pub mod voucher;

/// UUID of the trusted application, as text; `uuid.txt` is its only source.
pub const TA_UUID: &str = include_str!("../../uuid.txt").trim_ascii();

/// Version of the wire, first byte of every signed body.
pub const WIRE_VERSION: u8 = 1;
