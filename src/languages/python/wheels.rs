//! Pins that have no ready-made build for the newest Python. A project that pins `numpy==1.24.4` and names no version of
//! Python was written for an older one; with the newest its install would try to compile, and fail.

use super::requirement::Requirement;
use crate::catalog::version_key;
use crate::found::Evidence;
use crate::languages::Note;

/// Package, the first version that works on the line after, and the newest line before that.
const LIMITS: &[(&str, &str, &str)] = &[
    ("aiohttp", "3.9", "3.11"),
    ("aiohttp", "3.10.6", "3.12"),
    ("asyncpg", "0.29", "3.11"),
    ("asyncpg", "0.30", "3.12"),
    ("cffi", "1.16", "3.11"),
    ("cffi", "1.17", "3.12"),
    ("django", "3.2", "3.11"),
    ("django", "4.2", "3.12"),
    ("gevent", "23.9", "3.11"),
    ("gevent", "24.10", "3.12"),
    ("greenlet", "3.0", "3.11"),
    ("greenlet", "3.1", "3.12"),
    ("grpcio", "1.59", "3.11"),
    ("grpcio", "1.66.2", "3.12"),
    ("lxml", "4.9.3", "3.11"),
    ("lxml", "5.3", "3.12"),
    ("matplotlib", "3.8", "3.11"),
    ("matplotlib", "3.9.2", "3.12"),
    ("numpy", "1.26", "3.11"),
    ("numpy", "2.1", "3.12"),
    ("pandas", "2.1.1", "3.11"),
    ("pandas", "2.2.3", "3.12"),
    ("pillow", "10.1", "3.11"),
    ("pillow", "11", "3.12"),
    ("psycopg2", "2.9.6", "3.11"),
    ("psycopg2", "2.9.10", "3.12"),
    ("psycopg2-binary", "2.9.9", "3.11"),
    ("psycopg2-binary", "2.9.10", "3.12"),
    ("psycopg-binary", "3.1.12", "3.11"),
    ("psycopg-binary", "3.2.2", "3.12"),
    ("pydantic", "1.10.13", "3.11"),
    ("pydantic", "2.8", "3.12"),
    ("pydantic-core", "2.6", "3.11"),
    ("pydantic-core", "2.20", "3.12"),
    ("pyyaml", "6.0.1", "3.11"),
    ("pyyaml", "6.0.2", "3.12"),
    ("scikit-learn", "1.3.1", "3.11"),
    ("scikit-learn", "1.5.2", "3.12"),
    ("scipy", "1.11.2", "3.11"),
    ("scipy", "1.14.1", "3.12"),
    ("sqlalchemy", "2.0.31", "3.12"),
    ("tensorflow", "2.16", "3.11"),
    ("tensorflow", "2.20", "3.12"),
    ("torch", "2.2", "3.11"),
    ("torch", "2.5", "3.12"),
];

/// What a pin allows at most.
pub struct Limit {
    /// The newest release line.
    pub line: &'static str,
    /// The pin.
    pub evidence: Evidence,
    name: String,
}

impl Limit {
    /// What the user should know.
    pub fn note(&self, instead_of: &str) -> Note {
        let message = format!(
            "Python {} is taken instead of {instead_of}, for which the pinned `{}` has no ready-made build; raise the pin, or say the version in `.python-version`",
            self.line, self.name
        );
        Note::warning(message, Some(&self.evidence))
    }
}

/// The newest line that every exact pin still works on; `None` when none limits it.
pub fn newest_line(requirements: &[Requirement]) -> Option<Limit> {
    requirements
        .iter()
        .filter_map(|requirement| {
            let version = version_key(requirement.pinned()?);
            let limit = LIMITS.iter().filter(|(name, ..)| *name == requirement.name).find(|(_, first, _)| version < version_key(first))?;
            let reason = format!("`{}{}` has builds up to Python {}", requirement.name, requirement.wish, limit.2);
            let evidence = Evidence { reason, ..requirement.evidence.clone() };
            Some(Limit { line: limit.2, evidence, name: format!("{}{}", requirement.name, requirement.wish) })
        })
        .min_by_key(|limit| version_key(limit.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_pin_keeps_an_old_line() {
        let requirement = |text: &str| Requirement::parse(text, |_| Evidence::at("requirements.txt", 1, "")).unwrap();
        let line = |texts: &[&str]| newest_line(&texts.iter().map(|text| requirement(text)).collect::<Vec<_>>()).map(|limit| limit.line);
        assert_eq!(line(&["numpy==1.24.4", "lxml==5.2.1"]), Some("3.11"));
        assert_eq!(line(&["numpy==1.26.4"]), Some("3.12"));
        assert_eq!(line(&["numpy==2.1.0", "numpy>=1", "flask==1.0"]), None);
    }
}
