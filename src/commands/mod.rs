//! One verb per file.

pub mod detect;
pub mod init;
