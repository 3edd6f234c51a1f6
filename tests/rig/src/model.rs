//! An executable model of the rules in DESIGN.md and `docs/protocol.md`,
//! written from them and not from the lock; and what holds it against the lock.
//!
//! - [`phone`]: what a phone keeps, and what time does to it
//! - [`rules`]: what a message does to it
//! - [`message`]: messages as the model sees them, and their bytes
//! - [`properties`]: what must hold at every step, by name
//! - [`random`]: long random sequences
//! - [`sequences`]: every sequence of a few steps
//! - [`step`]: what happens to a phone; [`worlds`]: what the model makes of it
//! - [`view`]: what a phone shows
//! - [`trial`]: one step of both, which must agree

pub mod message;
pub mod phone;
pub mod properties;
pub mod random;
pub mod rules;
pub mod sequences;
pub mod step;
pub mod trial;
pub mod view;
pub mod worlds;
