//! The installment lock.
#![no_std]
