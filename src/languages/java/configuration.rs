//! An application's configuration: `application.properties` and `application.yml`, with the line of each key. Keys are
//! compared as Spring does: case, `-` and `_` make no difference.

use std::rc::Rc;

use serde_json::Value;

use crate::error::Result;
use crate::found::Evidence;
use crate::languages::Note;
use crate::project::{Project, join};

/// One value.
#[derive(Debug, Clone)]
struct Entry {
    key: String,
    value: String,
    evidence: Evidence,
}

/// The values of all files, the strongest first.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    entries: Vec<Entry>,
}

impl Configuration {
    /// Reads the files of a module. The profile that the base file switches on by itself is laid over it.
    ///
    /// # Errors
    /// When a file is there and cannot be read.
    pub fn read(project: &Project, dir: &str, notes: &mut Vec<Note>) -> Result<Self> {
        let mut configuration = Self::default();
        let resources = join(dir, "src/main/resources");
        let folders = [join(&resources, "config"), resources.clone(), join(dir, "config"), join(&resources, "META-INF")];
        let mut names: Vec<String> = ["application", "bootstrap", "microprofile-config"].map(str::to_owned).to_vec();
        configuration.read_files(project, &folders, &names, notes)?;
        if let Some((profiles, _)) = configuration.get("spring.profiles.active") {
            names = profiles.split(',').map(|profile| format!("application-{}", profile.trim())).collect();
            let base = std::mem::take(&mut configuration.entries);
            configuration.read_files(project, &folders, &names, notes)?;
            configuration.entries.extend(base);
        }
        Ok(configuration)
    }

    fn read_files(&mut self, project: &Project, folders: &[String], names: &[String], notes: &mut Vec<Note>) -> Result<()> {
        for name in names {
            for folder in folders {
                for ending in ["properties", "yml", "yaml", "conf"] {
                    let path = join(folder, &format!("{name}.{ending}"));
                    let Some(text) = project.read(&path)? else { continue };
                    match ending {
                        "properties" => self.properties(&path, &text),
                        "conf" => self.hocon(&path, &text),
                        _ => self.yaml(&path, &text, notes),
                    }
                }
            }
        }
        Ok(())
    }

    /// The value of a key, with its `${NAME:default}` resolved to the default; `None` when it has none.
    pub fn get(&self, key: &str) -> Option<(String, Evidence)> {
        let key = canonical(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some((default_of(&entry.value)?, entry.evidence.clone()))
    }

    /// Variables that the values name without a default, with their places.
    pub fn variables(&self) -> Vec<(String, Evidence)> {
        let mut names = Vec::new();
        for entry in &self.entries {
            for part in entry.value.split("${").skip(1) {
                let name = part.split('}').next().unwrap_or_default();
                let variable = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') && !name.is_empty();
                if variable && !names.iter().any(|(known, _)| known == name) {
                    names.push((name.to_owned(), entry.evidence.clone()));
                }
            }
        }
        names
    }

    fn push(&mut self, key: &str, value: &str, path: &str, line: usize) {
        let reason = format!("`{key}`");
        self.entries.push(Entry { key: canonical(key), value: value.to_owned(), evidence: Evidence::at(path, line, reason) });
    }

    fn properties(&mut self, path: &str, text: &str) {
        let mut lines = text.lines().enumerate();
        while let Some((index, line)) = lines.next() {
            let mut line = line.trim().to_owned();
            if line.is_empty() || line.starts_with(['#', '!']) {
                continue;
            }
            while line.ends_with('\\') {
                line.pop();
                match lines.next() {
                    Some((_, more)) => line += more.trim_start(),
                    None => break,
                }
            }
            if let Some((key, value)) = line.split_once(['=', ':']) {
                self.push(key.trim(), value.trim(), path, index + 1);
            }
        }
    }

    fn yaml(&mut self, path: &str, text: &str, notes: &mut Vec<Note>) {
        // Maven fills in `@project.version@`, which is no YAML before that.
        let text: Rc<str> = text.replace('@', "_").into();
        let documents: Vec<Value> = match serde_saphyr::from_multiple(&text) {
            Ok(documents) => documents,
            Err(error) => {
                let message = error.to_string();
                let message = message.lines().next().unwrap_or_default();
                notes.push(Note::warning(format!("`{path}` is not valid YAML and was not read: {message}"), Some(&Evidence::at(path, None, ""))));
                return;
            }
        };
        for document in &documents {
            let mut flat = Vec::new();
            flatten(document, "", &mut flat);
            let conditional = ["spring.config.activate.onprofile", "spring.profiles"];
            if flat.iter().any(|(key, _)| conditional.contains(&canonical(key).as_str())) {
                continue;
            }
            for (key, value) in flat {
                let line = line_of(&text, &key, &value);
                self.push(&key, &value, path, line);
            }
        }
    }

    /// Ktor's `application.conf`: nested braces, one value a line.
    fn hocon(&mut self, path: &str, text: &str) {
        let mut above: Vec<String> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            let line = line.split("//").next().unwrap_or_default().split('#').next().unwrap_or_default().trim();
            if let Some(name) = line.strip_suffix('{') {
                above.push(name.trim().trim_end_matches(['=', ':']).trim().to_owned());
            } else if line.starts_with('}') {
                above.pop();
            } else if let Some((key, value)) = line.split_once(['=', ':']) {
                let value = value.trim().trim_matches('"');
                // `port = ${?PORT}` overrides the line before, where the variable is set.
                if !value.starts_with("${?") {
                    above.push(key.trim().to_owned());
                    self.push(&above.join("."), value, path, index + 1);
                    above.pop();
                }
            }
        }
    }
}

fn canonical(key: &str) -> String {
    key.chars().filter(|c| *c != '-' && *c != '_').flat_map(char::to_lowercase).collect()
}

/// `${PORT:8080}` is `8080`; text without a placeholder is itself.
pub fn default_of(value: &str) -> Option<String> {
    let Some(start) = value.find("${") else { return Some(value.to_owned()) };
    let inner = value[start + 2..].strip_suffix('}').or_else(|| value[start + 2..].split('}').next())?;
    let (_, default) = inner.split_once(':')?;
    default_of(default.trim_matches('"'))
}

fn flatten(value: &Value, above: &str, into: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                flatten(value, &if above.is_empty() { key.clone() } else { format!("{above}.{key}") }, into);
            }
        }
        Value::Array(values) => {
            for (index, value) in values.iter().enumerate() {
                flatten(value, &format!("{above}[{index}]"), into);
            }
        }
        Value::String(text) => into.push((above.to_owned(), text.clone())),
        Value::Null => {}
        other => into.push((above.to_owned(), other.to_string())),
    }
}

/// The line that ends a key with its value. The parser gives no places.
fn line_of(text: &str, key: &str, value: &str) -> usize {
    let last = key.rsplit('.').next().unwrap_or(key);
    let fits = |line: &str| line.trim_start().starts_with(last) && line.contains(value);
    text.lines().position(fits).or_else(|| text.lines().position(|line| line.contains(last))).map_or(1, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(file: &str, text: &str, key: &str) -> Option<(String, String)> {
        let project = Project::from_files([(file, text)]);
        let found = Configuration::read(&project, ".", &mut Vec::new()).unwrap().get(key)?;
        Some((found.0, found.1.place()))
    }

    #[test]
    fn keys_of_every_format_have_their_lines() {
        let in_resources = |name: &str| format!("src/main/resources/{name}");
        let properties = in_resources("application.properties");
        assert_eq!(value(&properties, "# x\nserver.port = ${PORT:5000}\n", "server.port").unwrap(), ("5000".to_owned(), format!("{properties}:2")));
        let yml = in_resources("application.yml");
        let text = "app: '@version@'\nserver:\n  port: 9090\n---\nspring.config.activate.on-profile: dev\nserver.port: 1\n";
        assert_eq!(value(&yml, text, "server.port").unwrap(), ("9090".to_owned(), format!("{yml}:3")));
        assert_eq!(value(&yml, "server.servlet.contextPath: /api\n", "server.servlet.context-path").unwrap().0, "/api");
        let conf = in_resources("application.conf");
        assert_eq!(value(&conf, "ktor {\n  deployment {\n    port = 8081\n    port = ${?PORT}\n  }\n}\n", "ktor.deployment.port").unwrap().1, format!("{conf}:3"));
    }

    #[test]
    fn the_profile_that_is_switched_on_counts() {
        let project = Project::from_files([
            ("src/main/resources/application.properties", "spring.profiles.active=prod\nserver.port=1111\npassword=${DB_PASSWORD}\n"),
            ("src/main/resources/application-prod.properties", "server.port=2222\n"),
            ("src/main/resources/application-dev.properties", "server.port=3333\n"),
        ]);
        let configuration = Configuration::read(&project, ".", &mut Vec::new()).unwrap();
        assert_eq!(configuration.get("server.port").unwrap().0, "2222");
        assert_eq!(configuration.variables()[0].0, "DB_PASSWORD");
        assert_eq!(configuration.get("password"), None);
    }
}
