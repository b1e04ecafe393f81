//! One verb per file.

pub mod audit;
pub mod check;
pub mod detect;
pub mod diff;
pub mod explain;
pub mod init;
pub mod packaging;
pub mod pin;
pub mod questions;
pub mod templates;
pub mod undo;
