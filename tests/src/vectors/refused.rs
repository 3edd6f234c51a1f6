//! What must be refused.

use super::{Accepted, Refused};

pub fn make(_accepted: &[Accepted]) -> Vec<Refused> {
    Vec::new()
}
