//! Errors that say what, where, and what to do; and the exit codes of the contract.

/// What the process ends with; see the contract's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// `check`, `audit` or `verify` found something.
    Findings = 1,
    /// The command line is wrong.
    Usage = 2,
    /// An answer is missing and may not be asked for.
    AnswerMissing = 3,
    /// Nothing recognised, or not supported.
    Unsupported = 4,
    /// Some files could not be merged.
    Conflict = 5,
    /// It would replace a file that dockwright did not write, or leave the folder.
    Refused = 6,
    /// Something outside failed: trying again may help.
    Outside = 7,
    /// A bug in dockwright.
    Bug = 70,
    /// Interrupted; nothing written.
    Interrupted = 130,
}

/// A place in a file of the project, with the text, so that the printer can point at it.
#[derive(Debug, Clone)]
pub struct Place {
    /// Path relative to the project.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// The line's text.
    pub text: String,
}

impl Place {
    /// The place of a byte offset in a file's text.
    pub fn at_offset(file: impl Into<String>, text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            file: file.into(),
            line: before.matches('\n').count() + 1,
            column: text[start..offset].chars().count() + 1,
            text: text[start..].lines().next().unwrap_or_default().to_owned(),
        }
    }
}

/// An error for a person: what went wrong, where, and what to do.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The exit code.
    pub exit: Exit,
    /// What went wrong: lower case, no full stop.
    pub message: String,
    /// Where in the project, if in a file.
    pub place: Option<Box<Place>>,
    /// What to do about it.
    pub hints: Vec<String>,
}

/// The result of everything that can fail with an [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error with an exit code.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), place: None, hints: Vec::new() }
    }

    /// A bug in dockwright: exit 70.
    pub fn bug(message: impl Into<String>) -> Self {
        Self::new(Exit::Bug, message).hint("this is a bug in dockwright; please report it with the project's manifest")
    }

    /// Points into a file.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}
