//! `dockwright.lock`: what was written last, and the facts it followed from. With it a later run can merge without the
//! history of the repository, a network or an older dockwright.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Exit, Place, Result};
use crate::languages::Facts;
use crate::pins::PinRecord;
use crate::render::shell_words;
use crate::templates::Override;

/// Its name, at the root of the project.
pub const FILE: &str = "dockwright.lock";

const HEADER: &str = "\
# Kept by dockwright: what it wrote last, so that a later run can keep your edits. Commit it; do not edit it.
";

/// The content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lock {
    /// Version of the format.
    pub schema: u32,
    /// The services, in the order they were recognised.
    #[serde(default, rename = "service", skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<LockedService>,
    /// The templates that won over the built-in ones.
    #[serde(default, rename = "template", skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<Override>,
    /// The pins of the files, sorted.
    #[serde(default, rename = "pin", skip_serializing_if = "Vec::is_empty")]
    pub pins: Vec<PinRecord>,
    /// The files, sorted by path.
    #[serde(default, rename = "file", skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<LockedFile>,
}

/// What was true of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedService {
    /// Name.
    pub name: String,
    /// Folder.
    pub path: String,
    /// Facts by name, as text.
    #[serde(flatten)]
    pub facts: std::collections::BTreeMap<String, String>,
}

/// A file as it was rendered last. It may have been edited or deleted since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LockedFile {
    /// Path relative to the project.
    pub path: String,
    /// Service it belongs to.
    pub service: String,
    /// Whether the user's own file stands there, and is to stay.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept: bool,
    /// The text.
    pub text: String,
}

impl Default for Lock {
    fn default() -> Self {
        Self { schema: 1, services: Vec::new(), templates: Vec::new(), pins: Vec::new(), files: Vec::new() }
    }
}

impl Lock {
    /// Parses the file's text.
    ///
    /// # Errors
    /// Exit 4 when it is broken, or was written by a newer dockwright.
    pub fn parse(text: &str) -> Result<Self> {
        let lock: Self = toml::from_str(text).map_err(|error| {
            Error::new(Exit::Unsupported, format!("`{FILE}` is broken: {}", error.message()))
                .at(Place::at_offset(FILE, text, error.span().map_or(0, |span| span.start)))
                .hint(format!("bring back the committed `{FILE}`; without one, dockwright treats its files as yours"))
        })?;
        if lock.schema == 1 {
            return Ok(lock);
        }
        Err(Error::new(Exit::Unsupported, format!("`{FILE}` has schema {}, this dockwright knows 1", lock.schema))
            .hint("update dockwright"))
    }

    /// The file's text: the same content gives the same bytes.
    ///
    /// # Errors
    /// A content that TOML cannot hold is a bug.
    pub fn text(&self) -> Result<String> {
        let body = toml::to_string_pretty(self).map_err(|error| Error::bug(format!("`{FILE}` cannot be written: {error}")))?;
        Ok(format!("{HEADER}{body}"))
    }

    /// What was last written to a path.
    pub fn base(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path && !file.kept).map(|file| file.text.as_str())
    }

    /// Whether the user chose to keep a file of their own.
    pub fn keeps(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path && file.kept)
    }
}

impl LockedService {
    /// The facts of a service, as text.
    pub fn new(facts: &Facts) -> Self {
        let values = [
            ("language", Some(facts.language.value.clone())),
            ("version", facts.version.as_ref().map(|found| found.value.clone())),
            ("package_manager", facts.package_manager.as_ref().map(|found| found.value.clone())),
            ("build_tool", facts.build_tool.as_ref().map(|found| found.value.clone())),
            ("framework", facts.framework.as_ref().map(|found| found.value.clone())),
            ("kind", Some(facts.kind.value.to_string())),
            ("port", facts.port.as_ref().map(|found| found.value.to_string())),
            ("start", facts.start.as_ref().map(|found| shell_words(&found.value))),
            ("build", facts.build.as_ref().map(|found| shell_words(&found.value))),
            ("health", facts.health.as_ref().map(|found| found.value.clone())),
        ];
        Self {
            name: facts.name.clone(),
            path: facts.path.clone(),
            facts: values.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect(),
        }
    }

    /// What changed since: fact, before, now.
    pub fn changes(&self, now: &Self) -> Vec<(String, Option<String>, Option<String>)> {
        let names: std::collections::BTreeSet<&String> = self.facts.keys().chain(now.facts.keys()).collect();
        names
            .into_iter()
            .map(|name| (name.clone(), self.facts.get(name).cloned(), now.facts.get(name).cloned()))
            .filter(|(_, before, after)| before != after)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back() {
        for text in ["FROM a\n", "''' \"\"\"\n\\n $x\t\u{1}é\n", "\nfirst line empty\n", ""] {
            let file = LockedFile { path: "Dockerfile".to_owned(), service: "web".to_owned(), kept: false, text: text.to_owned() };
            let lock = Lock { files: vec![file], ..Lock::default() };
            assert_eq!(Lock::parse(&lock.text().unwrap()).unwrap(), lock, "{text:?}");
        }
    }

    #[test]
    fn a_broken_lock_is_pointed_at() {
        let error = Lock::parse("schema = 1\n<<<<<<< yours\n").unwrap_err();
        assert_eq!((error.exit, error.place.unwrap().line), (Exit::Unsupported, 2));
    }
}
