//! Settings files that a program reads at its start: the port and host in them, and that they must be in the image.

use toml::Value;

use super::code::Code;
use crate::found::Evidence;
use crate::project::{Project, join};

/// A value that says where to listen.
#[derive(Debug, Clone)]
pub struct Setting {
    /// Port or host.
    pub value: String,
    /// Where it stands.
    pub evidence: Evidence,
}

/// Files by name that only settings have, below the folder of the program.
const FILES: &[&str] = &[
    "Rocket.toml", "config/production", "config/default", "config/base", "config/config", "configuration/production", "configuration/base",
    "Settings", "settings", "config", "Config", "App", "conf/default",
];
const ENDINGS: &[&str] = &["", ".toml", ".yaml", ".yml"];
/// Sections that are about the server itself.
const SECTIONS: &[&str] = &["", "server", "application", "app", "http", "web", "default", "release", "global", "api", "listen"];

/// The settings that a program may read, the production's own first. Only where its sources read settings at all.
pub fn read(project: &Project, dir: &str, code: &Code) -> Vec<Setting> {
    let reads = ["config::", "Config::builder", "figment", "rocket", "toml::from_str", "serde_yaml", "Figment", "loco_rs", "confy"];
    if code.any(&reads).is_none() {
        return Vec::new();
    }
    let mut settings = Vec::new();
    let folders: &[&str] = if dir == "." { &["."] } else { &[dir, "."] };
    for folder in folders {
        for name in FILES.iter().flat_map(|name| ENDINGS.iter().map(move |ending| format!("{name}{ending}"))) {
            let path = join(folder, &name);
            if let Ok(Some(text)) = project.read(&path) {
                settings.extend(lines(&path, &text));
            }
        }
    }
    settings
}

/// Ports and hosts of the sections that are about the server.
fn lines(path: &str, text: &str) -> Vec<Setting> {
    let mut section = String::new();
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let (trimmed, indented) = (line.trim(), line.starts_with([' ', '\t']));
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.to_lowercase();
        } else if !indented && let Some(name) = trimmed.strip_suffix(':') {
            section = name.to_lowercase();
        } else if let Some((key, value)) = trimmed.split_once(['=', ':']) {
            let own = SECTIONS.contains(&section.as_str());
            let key = key.trim().trim_matches('"').to_lowercase();
            let value = scalar(value);
            let fits = match key.as_str() {
                "port" | "http_port" => value.parse::<u16>().is_ok(),
                "host" | "address" | "bind" | "binding" => !value.is_empty(),
                _ => false,
            };
            if own && fits {
                found.push((section != "release", Setting { value, evidence: Evidence::at(path, at + 1, "a setting") }));
            }
        }
    }
    // What is built for release takes these before the defaults.
    found.sort_by_key(|(other, _)| *other);
    found.into_iter().map(|(_, setting)| setting).collect()
}

/// A value without quotes and without what follows it.
fn scalar(text: &str) -> String {
    let text = text.trim();
    let parsed: Option<Value> = toml::from_str::<toml::Table>(&format!("x = {text}")).ok().and_then(|mut table| table.remove("x"));
    match parsed {
        Some(Value::String(text)) => text,
        Some(Value::Integer(number)) => number.to_string(),
        _ => text.split(" #").next().unwrap_or(text).trim().to_owned(),
    }
}

/// The variable that chooses the production's settings, where there are some and the sources read it.
pub fn environment(project: &Project, dir: &str, code: &Code) -> Option<(&'static str, Evidence)> {
    let files = ["config/production", "configuration/production", "config/prod", "settings/production"];
    let known = |name: &str| ENDINGS.iter().any(|ending| project.has(&join(dir, &format!("{name}{ending}"))) || project.has(&format!("{name}{ending}")));
    if !files.iter().any(|name| known(name)) {
        return None;
    }
    let names = ["APP_ENVIRONMENT", "APP_ENV", "RUN_MODE", "RUN_ENV", "RUST_ENV", "ENVIRONMENT", "LOCO_ENV"];
    names.iter().find_map(|name| Some((*name, code.mention(&format!("\"{name}\""))?)))
}

/// The value that an example of the environment gives a variable.
pub fn example(project: &Project, dir: &str, name: &str) -> Option<String> {
    [".env.example", ".env.sample", ".env.template", ".env"].iter().flat_map(|file| [join(dir, file), (*file).to_owned()]).find_map(|file| {
        let text = project.read(&file).ok().flatten()?;
        let value = text.lines().find_map(|line| line.trim().strip_prefix(name)?.trim_start().strip_prefix('='))?;
        Some(value.trim().trim_matches(['"', '\'']).to_owned()).filter(|value| !value.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_sections_are_read() {
        let yaml = "application:\n  port: 8001\n  host: 127.0.0.1\ndatabase:\n  port: 5432\n";
        let values: Vec<String> = lines("c.yaml", yaml).into_iter().map(|setting| setting.value).collect();
        assert_eq!(values, ["8001", "127.0.0.1"]);
        let toml = "[default]\nport = 1\n[release]\nport = 2\n";
        assert_eq!(lines("Rocket.toml", toml)[0].value, "2");
        let toml = "[default]\naddress = \"0.0.0.0\" # all\nport = 9000 # here\n[database]\nport = 1\n";
        let values: Vec<String> = lines("c.toml", toml).into_iter().map(|setting| setting.value).collect();
        assert_eq!(values, ["0.0.0.0", "9000"]);
    }
}
