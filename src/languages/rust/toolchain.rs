//! Which Rust builds it. Newer compilers build what older ones built, so the newest release in the catalog answers every
//! request but a nightly's; what the project asks for decides only whether that is worth a word.

use toml::Value;

use super::code::Code;
use crate::catalog::{Catalog, in_line, version_key};
use crate::error::Result;
use crate::found::{Evidence, Found};
use crate::languages::Note;
use crate::project::Project;
use crate::toml_file::TomlFile;

/// The compiler.
#[derive(Debug, Clone)]
pub struct Toolchain {
    /// Release line in the catalog.
    pub version: Found<String>,
    /// The nightly that the sources need, as rustup calls it.
    pub nightly: Option<String>,
    /// A file that would make rustup fetch another toolchain in the middle of the build.
    pub file: Option<String>,
}

/// What a project asks for.
struct Request {
    channel: String,
    evidence: Evidence,
}

/// Solves what the project asks for.
///
/// # Errors
/// When a file is broken.
pub fn solve(project: &Project, root: &TomlFile, code: &Code, notes: &mut Vec<Note>) -> Result<Toolchain> {
    let catalog = Catalog::embedded()?;
    let newest = catalog.versions("rust", "slim").first().copied().unwrap_or("1");
    let line = line(newest);
    let file = ["rust-toolchain.toml", "rust-toolchain"].into_iter().find(|name| project.has(name)).map(str::to_owned);
    let Some(request) = request(project)? else {
        let (keys, what) = match root.get(&["package", "rust-version"]) {
            Some(_) => (&["package", "rust-version"][..], "the oldest Rust that builds it; newer ones do too"),
            None => (&["package", "edition"][..], "any Rust that knows its edition builds it"),
        };
        oldest(root, newest, notes);
        let at = root.line(keys).or_else(|| root.line(&["workspace"])).or(Some(1));
        return Ok(Toolchain { version: Found::likely(line, Evidence::at(&root.path, at, what)), nightly: None, file });
    };
    let channel = request.channel.as_str();
    let certain = |line: String| Found::certain(line, request.evidence.clone());
    if channel.starts_with("nightly") {
        let Some(feature) = code.mention("#![feature(") else {
            notes.push(Note::info(
                format!("it asks for `{channel}`, and no source needs a nightly feature: the stable {line} builds it, with a pinned image"),
                Some(&request.evidence),
            ));
            return Ok(Toolchain { version: certain(line).over(channel, "no `#![feature]` in the sources", request.evidence.clone()), nightly: None, file });
        };
        if channel == "nightly" {
            notes.push(Note::warning("`nightly` is another compiler every day: name one, as `nightly-2026-01-31`", Some(&request.evidence)));
        }
        return Ok(Toolchain { version: certain(line).and(feature), nightly: Some(channel.to_owned()), file });
    }
    if channel.starts_with(|c: char| c.is_ascii_digit()) && !in_line(newest, channel) {
        let message = if version_key(channel) > version_key(newest) {
            format!("it asks for Rust {channel}, and {newest} is the newest with a known digest: `dockwright pin` finds newer ones")
        } else {
            format!("it asks for Rust {channel}, which gets no more fixes: {line} builds it as well")
        };
        notes.push(Note::info(message, Some(&request.evidence)));
    }
    Ok(Toolchain { version: certain(line), nightly: None, file })
}

/// `1.99` of `1.99.0`.
pub fn line(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

/// A word where the manifest wants a newer Rust than there is.
fn oldest(root: &TomlFile, newest: &str, notes: &mut Vec<Note>) {
    for keys in [&["package", "rust-version"][..], &["workspace", "package", "rust-version"]] {
        if let Some(wanted) = root.str(keys).filter(|wanted| version_key(wanted) > version_key(newest)) {
            let message = format!("it needs Rust {wanted}, and {newest} is the newest with a known digest");
            notes.push(Note::warning(message, Some(&root.evidence(keys, "the oldest Rust that builds it"))));
        }
    }
}

/// The toolchain file goes first, as it does for rustup; then the version managers' files.
fn request(project: &Project) -> Result<Option<Request>> {
    let request = |channel: &str, evidence: Evidence| Some(Request { channel: channel.trim().to_owned(), evidence });
    if let Some(text) = project.read("rust-toolchain")?
        && !text.contains('[')
    {
        return Ok(request(&text, Evidence::at("rust-toolchain", 1, "the toolchain")));
    }
    for name in ["rust-toolchain.toml", "rust-toolchain"] {
        if let Some(file) = TomlFile::read(project, name)?
            && let Some(channel) = file.str(&["toolchain", "channel"])
        {
            return Ok(request(channel, file.evidence(&["toolchain", "channel"], "the toolchain")));
        }
    }
    for name in [".rust-version", "rust-version.txt"] {
        if let Some(text) = project.read(name)? {
            return Ok(request(&text, Evidence::at(name, 1, "the version of Rust")));
        }
    }
    if let Some(text) = project.read(".tool-versions")?
        && let Some((at, version)) = text.lines().enumerate().find_map(|(at, line)| Some((at, line.strip_prefix("rust ")?)))
    {
        return Ok(request(version.split(' ').next().unwrap_or(version), Evidence::at(".tool-versions", at + 1, "the version of Rust")));
    }
    for name in ["mise.toml", ".mise.toml"] {
        if let Some(file) = TomlFile::read(project, name)? {
            let tool = file.get(&["tools", "rust"]);
            if let Some(version) = tool.and_then(|tool| tool.as_str().or_else(|| tool.get("version").and_then(Value::as_str))) {
                return Ok(request(version, file.evidence(&["tools", "rust"], "the version of Rust")));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toolchain(files: &[(&str, &str)]) -> (Toolchain, Vec<Note>) {
        let manifest = [("Cargo.toml", "[package]\nname = 'x'\nedition = '2024'\n"), ("src/main.rs", "fn main() {}\n")];
        let project = Project::from_files(manifest.iter().chain(files).copied());
        let root = TomlFile::read(&project, "Cargo.toml").unwrap().unwrap();
        let code = Code::read(&project, &["."]).unwrap();
        let mut notes = Vec::new();
        (solve(&project, &root, &code, &mut notes).unwrap(), notes)
    }

    #[test]
    fn e3_a_channel_is_no_version() {
        for channel in ["stable", "1", "1.99", "1.99.0"] {
            let (found, notes) = toolchain(&[("rust-toolchain.toml", &format!("[toolchain]\nchannel = \"{channel}\"\n"))]);
            assert_eq!((found.version.value.as_str(), notes.len()), ("1.99", 0), "{channel}");
            assert_eq!(found.version.evidence[0].line, Some(2));
        }
        assert_eq!(toolchain(&[]).0.version.value, "1.99");
    }

    #[test]
    fn an_old_release_is_named_as_such() {
        let (found, notes) = toolchain(&[("rust-toolchain", "1.59.0\n")]);
        assert_eq!(found.version.value, "1.99");
        assert!(notes[0].message.contains("1.59.0"));
    }

    #[test]
    fn a_nightly_is_taken_only_where_the_sources_need_it() {
        let file = ("rust-toolchain.toml", "[toolchain]\nchannel = \"nightly-2026-01-31\"\n");
        assert_eq!(toolchain(&[file]).0.nightly, None);
        let (found, notes) = toolchain(&[file, ("src/lib.rs", "#![feature(let_chains)]\n")]);
        assert_eq!((found.nightly.as_deref(), notes.len()), (Some("nightly-2026-01-31"), 0));
    }
}
