//! Printers: the only places that print.

pub mod human;
pub mod json;
