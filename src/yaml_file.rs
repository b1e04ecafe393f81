//! A YAML manifest: values by key path. Duplicate keys and alias bombs are errors.

use std::rc::Rc;

use serde_json::Value;

use crate::error::{Error, Exit, Place, Result};
use crate::found::Evidence;
use crate::project::Project;

/// A parsed YAML file.
#[derive(Debug, Clone)]
pub struct YamlFile {
    /// Path relative to the project.
    pub path: String,
    text: Rc<str>,
    /// The content; null for an empty file.
    pub value: Value,
}

impl YamlFile {
    /// Reads a file; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is not YAML: the error points at the place.
    pub fn read(project: &Project, path: &str) -> Result<Option<Self>> {
        let Some(text) = project.read(path)? else { return Ok(None) };
        let value = parse(&text).map_err(|(offset, message)| {
            Error::new(Exit::Unsupported, format!("`{path}` is not valid YAML: {message}"))
                .at(Place::at_offset(path, &text, offset))
                .hint(format!("mend `{path}` and run dockwright again"))
        })?;
        Ok(Some(Self { path: path.to_owned(), text, value }))
    }

    /// The value at a path of keys.
    pub fn get(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(&self.value, |value, key| value.get(key))
    }

    /// The string at a path of keys.
    pub fn str(&self, keys: &[&str]) -> Option<&str> {
        self.get(keys)?.as_str()
    }

    /// Evidence at the first line that holds a text.
    pub fn evidence(&self, text: &str, reason: impl Into<String>) -> Evidence {
        let line = self.text.find(text).map(|at| self.text[..at].matches('\n').count() + 1);
        Evidence::at(&self.path, line, reason)
    }
}

/// The content of a YAML text, or the byte where it goes wrong and what is wrong there.
fn parse(text: &str) -> std::result::Result<Value, (usize, String)> {
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#') || line.trim() == "---") {
        return Ok(Value::Null);
    }
    serde_saphyr::from_str(text).map_err(|error| {
        let line = error.location().map_or(1, |place| usize::try_from(place.line()).unwrap_or(1));
        let offset = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        (offset, error.to_string().lines().next().unwrap_or_default().to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_points_at_its_line() {
        let project = Project::from_files([("a.yaml", "a: 1\nb: [\nc: }\n"), ("b.yaml", "# nothing\n"), ("c.yaml", "a:\n  b: x\n")]);
        assert!(YamlFile::read(&project, "a.yaml").unwrap_err().place.is_some());
        assert_eq!(YamlFile::read(&project, "b.yaml").unwrap().unwrap().value, Value::Null);
        assert_eq!(YamlFile::read(&project, "c.yaml").unwrap().unwrap().str(&["a", "b"]), Some("x"));
    }
}
