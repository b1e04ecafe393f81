//! Answers: from flags, later from files; defaults are applied last, by the language.

use std::collections::BTreeMap;

use crate::error::{Error, Exit, Result};

/// The keys that `--set` takes.
pub const KEYS: &[&str] = &["name", "port", "version", "health", "start", "base"];

/// Answers by key.
#[derive(Debug, Clone, Default)]
pub struct Answers {
    values: BTreeMap<String, String>,
}

impl Answers {
    /// Reads `KEY=VALUE` pairs.
    ///
    /// # Errors
    /// When a pair has no `=` or names an unknown key: exit 2.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let mut values = BTreeMap::new();
        for pair in pairs {
            let (key, value) = pair.split_once('=').ok_or_else(|| {
                Error::new(Exit::Usage, format!("`--set {pair}` has no `=`")).hint("write `--set KEY=VALUE`")
            })?;
            if !KEYS.contains(&key) {
                return Err(Error::new(Exit::Usage, format!("there is no answer `{key}`"))
                    .hint(format!("the answers are: {}", KEYS.join(", "))));
            }
            values.insert(key.to_owned(), value.to_owned());
        }
        Ok(Self { values })
    }

    /// The answer to a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.values.get(key).map(String::as_str)
    }
}
