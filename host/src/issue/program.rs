//! What the lender's and the OEM's programs share: their options, batches of
//! many devices, and how results are written.

pub mod attach;
pub mod batch;
pub mod contact;
pub mod date;
pub mod inspect;
pub mod keygen;
pub mod keys;
pub mod product;
pub mod quick;
pub mod sorter;
pub mod target;
pub mod tools;
pub mod value;
pub mod work;
