//! `templates list` and `templates eject`: the built-in templates, and a copy of one to change.

use camino::Utf8Path;
use serde_json::json;

use crate::cli::{Format, TemplatesCommand};
use crate::error::{Error, Exit, Result};
use crate::output::{human, json};
use crate::render;
use crate::settings::unknown;
use crate::templates::{BUILT_IN, Templates};
use crate::write::{self, RealDisk, Step};

/// Lists or copies templates.
///
/// # Errors
/// Exit 2 for a name that is unknown, exit 6 when the copy would replace a file.
pub fn run(command: &TemplatesCommand) -> Result<()> {
    match command {
        TemplatesCommand::List { templates, format } => list(templates.as_deref(), *format),
        TemplatesCommand::Eject { name, templates, whole } => eject(name, templates, *whole),
    }
}

fn list(dir: Option<&Utf8Path>, format: Format) -> Result<()> {
    let overrides = dir.map(Templates::read).transpose()?.unwrap_or_default().overrides();
    let rows: Vec<(String, Vec<&str>, bool)> = render::built_in()
        .into_iter()
        .map(|(name, text)| {
            let overridden = overrides.iter().any(|own| own.name == name);
            (name, blocks(text), overridden)
        })
        .collect();
    match format {
        Format::Json => {
            let rows: Vec<_> = rows.iter().map(|(name, blocks, overridden)| json!({"name": name, "blocks": blocks, "overridden": overridden})).collect();
            json::print(&json!({"schema": 1, "templates": rows}));
        }
        Format::Human => {
            for (name, blocks, overridden) in &rows {
                let blocks = if blocks.is_empty() { String::new() } else { format!("  blocks: {}", blocks.join(", ")) };
                let own = if *overridden { "  overridden" } else { "" };
                human::data(&format!("{name}{blocks}{own}\n"));
            }
        }
    }
    Ok(())
}

/// The blocks that a template defines or fills.
fn blocks(text: &str) -> Vec<&str> {
    let mut names: Vec<&str> = text
        .split("{%")
        .skip(1)
        .filter_map(|tag| tag.trim_start_matches('-').trim_start().strip_prefix("block ")?.split_whitespace().next())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn eject(name: &str, dir: &Utf8Path, whole: bool) -> Result<()> {
    let built_in = render::built_in();
    let names: Vec<&str> = built_in.iter().map(|(name, _)| name.as_str()).collect();
    let text = built_in.iter().find(|(known, _)| known == name).map(|(_, text)| *text).ok_or_else(|| unknown("template", name, &names))?;
    let path = dir.join(name);
    if path.exists() {
        return Err(Error::new(Exit::Refused, format!("`{path}` exists")).hint("remove it, or name another folder by `--templates DIR`"));
    }
    let blocks = blocks(text);
    let text = if whole || blocks.is_empty() {
        text.to_owned()
    } else {
        let filled: String = blocks.iter().map(|block| format!("{{% block {block} %}}{{{{ super() }}}}{{% endblock %}}\n")).collect();
        format!("{{% extends \"{BUILT_IN}/{name}\" %}}\n{filled}")
    };
    fs_err::create_dir_all(dir).map_err(|error| Error::new(Exit::Outside, error.to_string()))?;
    write::apply(&RealDisk, dir, &[Step { path: name.to_owned(), text: Some(text) }])?;
    human::note(&format!("created   {path}\nnext: change it, and run `dockwright update --templates {dir}`\n"));
    Ok(())
}
