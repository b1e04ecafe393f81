//! `dockwright.toml`, and every file of `--answers`: keys of `--set` at the top for all services, in `[services.NAME]` for one.

use std::collections::BTreeMap;

use toml_edit::{DocumentMut, Item, Table, Value, value};

use crate::error::{Error, Exit, Place, Result};
use crate::settings::{AnswersByService, KEYS, KeyType};

/// Its name, at the root of the project.
pub const FILE: &str = "dockwright.toml";

const HEADER: &str = "\
# Answers to dockwright that no file of the project gives. `dockwright questions` lists the keys.
";

/// A file of answers. Comments and order survive a change.
#[derive(Debug, Clone, Default)]
pub struct AnswersFile {
    name: String,
    document: DocumentMut,
}

impl AnswersFile {
    /// Parses a file; `name` is for messages.
    ///
    /// # Errors
    /// Exit 2 when it is not TOML: the error points at the place.
    pub fn parse(name: &str, text: &str) -> Result<Self> {
        let document = text.parse::<DocumentMut>().map_err(|error| {
            Error::new(Exit::Usage, format!("`{name}` is not valid TOML: {}", error.message()))
                .at(Place::at_offset(name, text, error.span().map_or(0, |span| span.start)))
                .hint(format!("mend `{name}` and run dockwright again"))
        })?;
        Ok(Self { name: name.to_owned(), document })
    }

    /// Adds its answers. Those for services that are not there are left out: a service may come and go.
    ///
    /// # Errors
    /// Exit 2 when a key is unknown or a value is none that an answer can have.
    pub fn add_to(&self, answers: &mut AnswersByService, services: &[&str]) -> Result<()> {
        for (key, item) in self.document.iter() {
            match (key, item) {
                ("services", Item::Table(tables)) => {
                    for (service, table) in tables.iter().filter(|(service, _)| services.contains(service)) {
                        for (key, item) in table.as_table_like().into_iter().flat_map(|table| table.iter()) {
                            answers.give(Some(service), key, &self.text(key, item)?).map_err(|error| self.here(error))?;
                        }
                    }
                }
                ("waive" | "mirrors", Item::Table(_)) | ("templates", Item::Value(_)) => {}
                _ => answers.give(None, key, &self.text(key, item)?).map_err(|error| self.here(error))?,
            }
        }
        Ok(())
    }

    /// Reads the project's own; an empty one when there is none.
    ///
    /// # Errors
    /// Exit 2 when it is not TOML.
    pub fn of_project(root: &camino::Utf8Path) -> Result<Self> {
        Self::parse(FILE, &fs_err::read_to_string(root.join(FILE)).unwrap_or_default())
    }

    /// The text of a key at the top.
    pub fn says(&self, key: &str) -> Option<&str> {
        self.document.get(key).and_then(Item::as_str)
    }

    /// The waived items of the checklist, with the reason for each.
    ///
    /// # Errors
    /// Exit 2 when an item is unknown, or a reason is missing.
    pub fn waived(&self) -> Result<BTreeMap<String, String>> {
        let table = self.document.get("waive").and_then(Item::as_table);
        let waived = table.into_iter().flat_map(Table::iter).map(|(item, reason)| (item.to_owned(), reason.as_str().unwrap_or_default().to_owned()));
        let waived: BTreeMap<String, String> = waived.collect();
        crate::checklist::check_waivers(&waived).map_err(|error| self.here(error))?;
        Ok(waived)
    }

    /// Where registries are asked instead: `"docker.io" = "https://mirror.example.org/hub"`.
    pub fn mirrors(&self) -> BTreeMap<String, String> {
        let table = self.document.get("mirrors").and_then(Item::as_table);
        let pairs = table.into_iter().flat_map(Table::iter);
        pairs.filter_map(|(registry, mirror)| Some((registry.to_owned(), mirror.as_str()?.to_owned()))).collect()
    }

    /// Sets an answer; for one service where a project has several.
    pub fn set(&mut self, service: Option<&str>, key: &str, answer: &str) {
        let number = KEYS.iter().any(|known| known.key == key && known.kind == KeyType::Number);
        let item = match answer.parse::<i64>() {
            Ok(answer) if number => value(answer),
            _ => value(answer),
        };
        let table = match service {
            None => self.document.as_table_mut(),
            Some(service) => {
                let services = self.document.entry("services").or_insert_with(|| {
                    let mut table = Table::new();
                    table.set_implicit(true);
                    Item::Table(table)
                });
                let Some(services) = services.as_table_mut() else { return };
                let Some(table) = services.entry(service).or_insert_with(toml_edit::table).as_table_mut() else { return };
                table
            }
        };
        // The value alone is replaced, so that what the user wrote around it stays.
        match table.get_mut(key).and_then(Item::as_value_mut) {
            Some(old) => {
                let decor = old.decor().clone();
                if let Item::Value(mut new) = item {
                    *new.decor_mut() = decor;
                    *old = new;
                }
            }
            None => {
                table.insert(key, item);
            }
        }
    }

    /// The file's text; empty when there is nothing to say.
    pub fn text_of(&self) -> String {
        let text = self.document.to_string();
        if text.is_empty() || text.starts_with('#') { text } else { format!("{HEADER}{text}") }
    }

    fn text(&self, key: &str, item: &Item) -> Result<String> {
        let wrong = || {
            Error::new(Exit::Usage, format!("`{key}` in `{}` is no text, number or list of words", self.name))
                .hint("write `key = \"value\"`")
        };
        match item.as_value().ok_or_else(wrong)? {
            Value::String(text) => Ok(text.value().clone()),
            Value::Integer(number) => Ok(number.value().to_string()),
            Value::Array(words) => {
                let words: Vec<String> = words.iter().filter_map(Value::as_str).map(str::to_owned).collect();
                Ok(crate::render::shell_words(&words))
            }
            _ => Err(wrong()),
        }
    }

    fn here(&self, error: Error) -> Error {
        let message = format!("`{}`: {}", self.name, error.message);
        Error { message, ..error }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_order_survive_a_change() {
        let text = "# ours\nstart = \"node b.js\" # why\n\n# the port\nport = 3000\n";
        let mut file = AnswersFile::parse(FILE, text).unwrap();
        file.set(None, "port", "4000");
        file.set(Some("web"), "kind", "web");
        assert_eq!(file.text_of(), text.replace("3000", "4000") + "\n[services.web]\nkind = \"web\"\n");
    }

    #[test]
    fn answers_hold_for_all_or_for_one() {
        let file = AnswersFile::parse(FILE, "port = 3000\nstart = [\"node\", \"a b.js\"]\n[services.api]\nport = 4000\n").unwrap();
        let mut answers = AnswersByService::new(&["api", "web"]);
        file.add_to(&mut answers, &["api", "web"]).unwrap();
        assert_eq!((answers.of("api").get("port"), answers.of("web").get("port")), (Some("4000"), Some("3000")));
        assert_eq!(answers.of("web").get("start"), Some("node 'a b.js'"));
    }

    #[test]
    fn a_misspelt_key_names_the_file_and_the_right_one() {
        let file = AnswersFile::parse(FILE, "prot = 1\n").unwrap();
        let error = file.add_to(&mut AnswersByService::new(&["web"]), &["web"]).unwrap_err();
        assert!(error.message.contains(FILE) && error.hints[0].contains("port"), "{error:?}");
    }
}
