//! Issuing: everything that a lender, an escrow or an OEM signs.
//!
//! ```text
//! an order, a voucher …  ──►  Prepared  ──►  Issued
//!      (checked)              body, digest    body ‖ signature, as text
//! ```
//!
//! 1. [`order`] and [`oem`] check what is wanted by the rules that the lock
//!    itself applies, and make a [`Prepared`]: the body and the 32-byte digest
//!    that has to be signed.
//! 2. A [`Signer`] signs it ([`Prepared::sign`]); or an HSM or a key service
//!    does, and [`Prepared::attach`] verifies the signature that came back.
//! 3. The [`Issued`] message is carried to the device as text, whichever way.
//!
//! [`inspect`] takes any text apart again; [`statement`] verifies what a device
//! says of itself.
//!
//! ```
//! use paylatch::issue::{PrivateKey, Signer, order};
//! use paylatch_proto::bytes::Bytes;
//!
//! # fn main() -> paylatch::error::Result<()> {
//! let lender = PrivateKey::generate()?;
//! let enrolment = order::Enrolment { device: Bytes([7; 32]), voucher: Bytes([8; 32]) };
//! let dated = order::Dated { sequence: 1_767_225_600, issued_at: 1_767_225_600 };
//! let unlock = order::by_lender(&order::Order::Unlock, &enrolment, dated, lender.public_key())?;
//! let issued = unlock.sign(&lender)?;
//! assert!(issued.text().len() <= 160);
//! # Ok(())
//! # }
//! ```

pub mod contact;
pub mod desk;
mod form;
pub mod inspect;
pub mod keys;
pub mod oem;
pub mod order;
pub mod prepared;
#[cfg(feature = "issuer")]
pub mod program;
pub mod sequence;
pub mod signer;
pub mod statement;
pub mod store;

pub use keys::{CurveKey, PrivateKey};
pub use prepared::{Issued, Prepared, Purpose};
pub use signer::Signer;
