//! A TOML manifest with positions: values by key path, and the line each stands on.

use std::rc::Rc;

use toml::Value;
use toml::de::{DeTable, DeValue};

use crate::error::{Error, Exit, Place, Result};
use crate::found::Evidence;
use crate::project::Project;

/// A parsed TOML file.
#[derive(Debug, Clone)]
pub struct TomlFile {
    /// Path relative to the project.
    pub path: String,
    text: Rc<str>,
    /// The content.
    pub value: Value,
}

impl TomlFile {
    /// Reads a file; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is not TOML: the error points at the place.
    pub fn read(project: &Project, path: &str) -> Result<Option<Self>> {
        let Some(text) = project.read(path)? else { return Ok(None) };
        let value = toml::from_str::<toml::Table>(&text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            Error::new(Exit::Unsupported, format!("`{path}` is not valid TOML: {}", error.message()))
                .at(Place::at_offset(path, &text, start))
                .hint(format!("mend `{path}` and run dockwright again"))
        })?;
        Ok(Some(Self { path: path.to_owned(), text, value: Value::Table(value) }))
    }

    /// The value at a path of keys.
    pub fn get(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(&self.value, |value, key| value.get(key))
    }

    /// The string at a path of keys.
    pub fn str(&self, keys: &[&str]) -> Option<&str> {
        self.get(keys)?.as_str()
    }

    /// The strings of an array at a path of keys.
    pub fn strings(&self, keys: &[&str]) -> Vec<&str> {
        self.get(keys).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// The line of a key, from 1.
    pub fn line(&self, keys: &[&str]) -> Option<usize> {
        let table = DeTable::parse(&self.text).ok()?;
        let mut table = table.into_inner();
        let mut start = None;
        for key in keys {
            let (found, value) = table.into_iter().find(|(name, _)| name.get_ref().as_ref() == *key)?;
            start = Some(found.span().start);
            table = match value.into_inner() {
                DeValue::Table(inner) => inner,
                _ => DeTable::new(),
            };
        }
        Some(self.text[..start?].matches('\n').count() + 1)
    }

    /// Evidence at a key.
    pub fn evidence(&self, keys: &[&str], reason: impl Into<String>) -> Evidence {
        Evidence::at(&self.path, self.line(keys), reason)
    }

    /// The line of a piece of text, from 1: for what stands inside an array.
    pub fn line_of(&self, text: &str) -> Option<usize> {
        let at = self.text.find(text)?;
        Some(self.text[..at].matches('\n').count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_know_their_lines() {
        let project = Project::from_files([("a.toml", "[project]\nname = 'x'\n\n[tool.uv]\ndev = true\n")]);
        let file = TomlFile::read(&project, "a.toml").unwrap().unwrap();
        assert_eq!(file.line(&["project", "name"]), Some(2));
        assert_eq!(file.line(&["tool", "uv", "dev"]), Some(5));
        assert_eq!(file.line(&["tool", "none"]), None);
    }
}
