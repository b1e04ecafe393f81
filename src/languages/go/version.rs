//! Which Go: a `go` line says the least that a module wants, so it is solved to the newest supported release line, which
//! builds it by Go's promise of compatibility (<https://go.dev/doc/go1compat>). A version file asks for one line.

use super::go_mod::GoMod;
use crate::catalog::{Catalog, in_line, version_key};
use crate::error::Result;
use crate::found::{Confidence, Evidence, Found};
use crate::languages::Note;
use crate::project::{Project, join};

/// What is asked for, and whether newer lines fit as well.
struct Wish {
    text: String,
    at_least: bool,
    evidence: Evidence,
}

/// The solved version.
#[derive(Debug, Clone)]
pub struct Version {
    /// The release line, with its source.
    pub line: Found<String>,
    /// A version that no image has yet: the go command fetches it.
    pub fetched: Option<String>,
}

/// The numbers of a version of Go: `1.25rc1` is of `1.25`.
pub fn numbers(version: &str) -> Vec<u64> {
    let end = version.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(version.len());
    version_key(version[..end].trim_end_matches('.'))
}

/// Release lines that have a supported default image, newest first.
fn lines() -> Result<Vec<String>> {
    let lines = Catalog::embedded()?.images().iter().filter(|image| image.language == "go" && image.is_default() && image.distro == "trixie");
    let mut lines: Vec<String> = lines.filter_map(|image| line_of(&image.version)).collect();
    lines.sort_by_key(|line| std::cmp::Reverse(version_key(line)));
    lines.dedup();
    Ok(lines)
}

/// `1.25` of `1.25.3`.
fn line_of(version: &str) -> Option<String> {
    match numbers(version)[..] {
        [major, minor, ..] => Some(format!("{major}.{minor}")),
        _ => None,
    }
}

/// The newest supported line.
///
/// # Errors
/// When the catalog is broken.
pub fn newest() -> Result<String> {
    Ok(lines()?.into_iter().next().unwrap_or_default())
}

/// The release line that `--set version=` or a version file means, if it is supported.
///
/// # Errors
/// When the catalog is broken.
pub fn supported(version: &str) -> Result<Option<String>> {
    let version = version.trim().trim_start_matches("go").trim_start_matches('v');
    if matches!(version, "latest" | "stable" | "1" | "") {
        return newest().map(Some);
    }
    let line = line_of(version);
    Ok(lines()?.into_iter().find(|own| line.as_deref() == Some(own)))
}

/// Solves what the files ask for. `manifests` are those of the module and, before it, of its workspace.
///
/// # Errors
/// When a version file cannot be read.
pub fn solve(project: &Project, dir: &str, manifests: &[&GoMod], notes: &mut Vec<Note>) -> Result<Version> {
    let newest = newest()?;
    let wishes = wishes(project, dir, manifests)?;
    let least = wishes.iter().filter(|wish| wish.at_least).max_by_key(|wish| numbers(&wish.text));
    let Some(first) = wishes.first() else {
        return Ok(Version { line: Found { value: newest, confidence: Confidence::Likely, evidence: vec![], rejected: vec![] }, fetched: None });
    };
    let mut fetched = None;
    let line = match (supported(&first.text)?, first.at_least) {
        (Some(line), false) if least.is_none_or(|least| numbers(&line) >= numbers(&least.text)[..2.min(numbers(&least.text).len())].to_vec()) => {
            Found::certain(line, first.evidence.clone())
        }
        (None, false) if numbers(&first.text) <= numbers(&newest) => {
            let message = format!("Go `{}` has reached its end of life: {newest} is taken, which builds what older ones built", first.text);
            notes.push(Note::warning(message, Some(&first.evidence)));
            Found::likely(newest.clone(), first.evidence.clone())
        }
        _ => Found::certain(newest.clone(), least.unwrap_or(first).evidence.clone()),
    };
    if let Some(wish) = least.filter(|wish| numbers(&wish.text)[..2.min(numbers(&wish.text).len())].to_vec() > numbers(&newest)) {
        let message = format!("no image of Go `{}` is known yet: the build starts from {newest} and fetches that version", wish.text);
        notes.push(Note::warning(message, Some(&wish.evidence)));
        fetched = Some(wish.text.clone());
    }
    let taken = line.value.clone();
    let line = wishes.iter().filter(|wish| line.evidence.first() != Some(&wish.evidence)).fold(line.clone(), |line, wish| {
        if wish.at_least || in_line(&wish.text, &taken) {
            return line.and(wish.evidence.clone());
        }
        line.over(wish.text.clone(), "another file goes first", wish.evidence.clone())
    });
    Ok(Version { line, fetched })
}

/// Everything that says a version: files made for it, then manifests.
fn wishes(project: &Project, dir: &str, manifests: &[&GoMod]) -> Result<Vec<Wish>> {
    let mut wishes = Vec::new();
    let mut add = |text: &str, evidence: Evidence| {
        let text = text.trim().trim_start_matches("go").trim_matches(['"', '\'']);
        if text == "latest" || !numbers(text).is_empty() {
            wishes.push(Wish { text: text.to_owned(), at_least: false, evidence });
        }
    };
    let asks = |text: &str| format!("asks for `{}`", text.trim());
    let mut folders = vec![dir, "."];
    folders.dedup();
    for folder in folders {
        if let Some(text) = project.read(&join(folder, ".go-version"))?
            && let Some((line, first)) = text.lines().enumerate().find(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
        {
            add(first, Evidence::at(join(folder, ".go-version"), line + 1, asks(first)));
        }
        if let Some(text) = project.read(&join(folder, ".tool-versions"))? {
            for (line, words) in text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).enumerate() {
                if let ["golang" | "go", version, ..] = words[..] {
                    add(version, Evidence::at(join(folder, ".tool-versions"), line + 1, asks(version)));
                }
            }
        }
        for file in ["mise.toml", ".mise.toml"] {
            // A broken mise.toml is no reason to give up: go.mod says it.
            if let Ok(Some(mise)) = crate::toml_file::TomlFile::read(project, &join(folder, file)) {
                for name in ["go", "golang"] {
                    let keys = ["tools", name];
                    if let Some(version) = mise.str(&keys).or_else(|| mise.str(&["tools", name, "version"])) {
                        add(version, mise.evidence(&keys, asks(version)));
                    }
                }
            }
        }
    }
    for file in manifests {
        if let Some((toolchain, line)) = file.toolchain() {
            let evidence = Evidence::at(&file.path, line, format!("`{toolchain}` or newer"));
            wishes.push(Wish { text: toolchain.trim_start_matches("go").to_owned(), at_least: true, evidence });
        }
        if let Some((version, line)) = file.go() {
            wishes.push(Wish { text: version.to_owned(), at_least: true, evidence: Evidence::at(&file.path, line, format!("Go {version} or newer")) });
        }
    }
    Ok(wishes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn solved(files: &[(&str, &str)]) -> (String, Option<String>, usize) {
        let project = Project::from_files(files.iter().copied());
        let manifest = GoMod::read(&project, "go.mod").unwrap();
        let mut notes = Vec::new();
        let version = solve(&project, ".", &manifest.iter().collect::<Vec<_>>(), &mut notes).unwrap();
        (version.line.value, version.fetched, notes.len())
    }

    #[test]
    fn a_go_line_is_the_least_and_a_version_file_is_one_line() {
        let newest = newest().unwrap();
        let at = |text| ("go.mod", text);
        for (files, line, fetched, notes) in [
            (vec![at("module a\ngo 1.13\n")], newest.as_str(), None, 0),
            (vec![at("module a\ngo 1.26.0\ntoolchain go1.26.5\n")], &newest, None, 0),
            (vec![at("module a\n")], &newest, None, 0),
            (vec![at("module a\ngo 1.99\n")], &newest, Some("1.99"), 1),
            (vec![at("module a\ngo 1.20\n"), (".go-version", "1.26.3\n")], "1.26", None, 0),
            (vec![at("module a\ngo 1.20\n"), (".tool-versions", "nodejs 22\ngolang 1.26.1\n")], "1.26", None, 0),
            (vec![at("module a\ngo 1.20\n"), ("mise.toml", "[tools]\ngo = \"1.21\"\n")], &newest, None, 1),
            (vec![at("module a\ngo 1.20\n"), ("mise.toml", "[tools]\ngo = \"latest\"\n")], &newest, None, 0),
            (vec![at("module a\ngo 1.27rc1\n"), (".go-version", "1.26\n")], &newest, None, 0),
        ] {
            assert_eq!(solved(&files), (line.to_owned(), fetched.map(str::to_owned), notes), "{files:?}");
        }
    }
}
