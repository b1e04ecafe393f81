//! A fact with its source: every detected value knows the file and line it came from.

use serde::Serialize;

/// How sure the detector is. `--no-input` accepts everything but [`Confidence::Guess`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A default of the framework or a convention, with nothing in the project that says so.
    Guess,
    /// Follows from several files together, or from a strong convention.
    Likely,
    /// A file of the project says it in so many words.
    Certain,
}

/// Where a fact was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// Path relative to the project, with `/`.
    pub file: String,
    /// First line, counted from 1; absent when the file's existence is the evidence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// What the file says, in a few words.
    pub reason: String,
}

impl Evidence {
    /// Evidence at a line of a file.
    pub fn at(file: impl Into<String>, line: impl Into<Option<usize>>, reason: impl Into<String>) -> Self {
        Self { file: file.into(), line: line.into(), reason: reason.into() }
    }

    /// `file:line`, or the file alone.
    pub fn place(&self) -> String {
        match self.line {
            Some(line) => format!("{}:{line}", self.file),
            None => self.file.clone(),
        }
    }
}

/// A candidate that lost, shown with `-v`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// The value that was not taken.
    pub value: String,
    /// Why another was.
    pub reason: String,
    /// Where it was read.
    pub evidence: Evidence,
}

/// A value, how sure we are, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// How sure.
    pub confidence: Confidence,
    /// The sources, strongest first. Empty for a plain default.
    pub evidence: Vec<Evidence>,
    /// The candidates that lost.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rejected: Vec<Rejected>,
}

impl<T> Found<T> {
    /// A fact that a file states.
    pub fn certain(value: T, evidence: Evidence) -> Self {
        Self::new(value, Confidence::Certain, Some(evidence))
    }

    /// A fact that follows from what was seen.
    pub fn likely(value: T, evidence: Evidence) -> Self {
        Self::new(value, Confidence::Likely, Some(evidence))
    }

    /// A guess, with what made us think of it.
    pub fn guess(value: T, evidence: Option<Evidence>) -> Self {
        Self::new(value, Confidence::Guess, evidence)
    }

    fn new(value: T, confidence: Confidence, evidence: Option<Evidence>) -> Self {
        Self { value, confidence, evidence: evidence.into_iter().collect(), rejected: Vec::new() }
    }

    /// Adds a source.
    #[must_use]
    pub fn and(mut self, evidence: Evidence) -> Self {
        self.evidence.push(evidence);
        self
    }

    /// Adds a candidate that lost.
    #[must_use]
    pub fn over(mut self, value: impl Into<String>, reason: impl Into<String>, evidence: Evidence) -> Self {
        self.rejected.push(Rejected { value: value.into(), reason: reason.into(), evidence });
        self
    }

    /// The same sources for another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Found<U> {
        Found { value: change(self.value), confidence: self.confidence, evidence: self.evidence, rejected: self.rejected }
    }

    /// `(file:line)` of the strongest source, or nothing.
    pub fn source(&self) -> Option<String> {
        self.evidence.first().map(Evidence::place)
    }
}
