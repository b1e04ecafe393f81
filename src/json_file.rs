//! A JSON manifest with positions: values by key path, and the line each stands on.

use std::rc::Rc;

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions};
use serde_json::Value;

use crate::error::{Error, Exit, Place, Result};
use crate::found::Evidence;
use crate::project::Project;

/// A parsed JSON, JSONC or JSON5 file.
#[derive(Debug, Clone)]
pub struct JsonFile {
    /// Path relative to the project.
    pub path: String,
    text: Rc<str>,
    /// The content.
    pub value: Value,
}

impl JsonFile {
    /// Reads a file; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or is not JSON: the error points at the place.
    pub fn read(project: &Project, path: &str) -> Result<Option<Self>> {
        let Some(text) = project.read(path)? else { return Ok(None) };
        let options = options(path);
        let parsed = jsonc_parser::parse_to_serde_value::<Value>(&text, &options).map_err(|error| {
            Error::new(Exit::Unsupported, format!("`{path}` is not valid JSON: {}", error.kind()))
                .at(Place::at_offset(path, &text, error.range().start))
                .hint(format!("mend `{path}` and run dockwright again"))
        })?;
        if !parsed.is_object() {
            return Err(Error::new(Exit::Unsupported, format!("`{path}` holds no JSON object"))
                .at(Place::at_offset(path, &text, text.len() - text.trim_start().len()))
                .hint(format!("write `{{ ... }}` into `{path}`, or remove it")));
        }
        Ok(Some(Self { path: path.to_owned(), text, value: parsed }))
    }

    /// What a missing file would say: an empty object. `path` is the file that stands for it.
    pub fn empty(path: &str) -> Self {
        Self { path: path.to_owned(), text: "{}".into(), value: Value::Object(serde_json::Map::new()) }
    }

    /// The value at a path of keys.
    pub fn get(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(&self.value, |value, key| value.get(key))
    }

    /// The string at a path of keys.
    pub fn str(&self, keys: &[&str]) -> Option<&str> {
        self.get(keys)?.as_str()
    }

    /// The line of a key, from 1.
    pub fn line(&self, keys: &[&str]) -> Option<usize> {
        let parsed = jsonc_parser::parse_to_ast(&self.text, &CollectOptions::default(), &options(&self.path)).ok()?;
        let mut object = parsed.value.as_ref()?.as_object()?.clone();
        let mut start = 0;
        for (depth, key) in keys.iter().enumerate() {
            let property = object.get(key)?.clone();
            start = property.range().start;
            match property.value {
                ast::Value::Object(inner) => object = inner,
                _ if depth + 1 < keys.len() => return None,
                _ => {}
            }
        }
        Some(self.text[..start].matches('\n').count() + 1)
    }

    /// Evidence at a key.
    pub fn evidence(&self, keys: &[&str], reason: impl Into<String>) -> Evidence {
        Evidence::at(&self.path, self.line(keys), reason)
    }
}

/// `package.json` is strict JSON; every other file may hold comments and trailing commas.
fn options(path: &str) -> ParseOptions {
    let json5 = path.ends_with(".json5");
    let lenient = !path.ends_with("package.json") && !path.ends_with("package-lock.json");
    ParseOptions {
        allow_comments: lenient,
        allow_trailing_commas: lenient,
        allow_missing_commas: false,
        allow_loose_object_property_names: json5,
        allow_single_quoted_strings: json5,
        allow_hexadecimal_numbers: json5,
        allow_unary_plus_numbers: json5,
        allow_bare_decimal_point_numbers: json5,
        allow_non_finite_numbers: json5,
        allow_extended_string_escapes: json5,
    }
}
