//! Printers: the only places that print.

pub mod checklist;
pub mod human;
pub mod json;
pub mod sarif;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only.
    Quiet,
    /// What was recognised and done.
    Normal,
    /// Also the candidates that lost.
    Verbose,
}
