//! Which Python: a wish is solved to a release line of the catalog, never copied.

use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::manifests::Manifests;
use super::wheels;
use crate::catalog::{self, Catalog, Query};
use crate::error::Result;
use crate::found::{Confidence, Evidence, Found};
use crate::languages::Note;
use crate::project::Project;

/// Taken when nothing says otherwise, and where a range allows it: the newest line that nearly every package has
/// ready-made builds for.
const DEFAULT_LINE: &str = "3.13";

/// The images that projects are built and run on.
pub const SLIM: Query<'_> = Query { name: "python", flavor: "slim", distro: "trixie", line: "" };

/// A wish with its source; the first one counts.
struct Wish {
    text: String,
    evidence: Evidence,
}

/// Solves what the project asks for.
///
/// # Errors
/// When a version file cannot be read.
pub fn solve(project: &Project, manifests: &Manifests, notes: &mut Vec<Note>) -> Result<Found<String>> {
    let wishes = wishes(project, manifests)?;
    let mut wishes = wishes.into_iter();
    let Some(wish) = wishes.next() else {
        return Ok(default_line(manifests, notes));
    };
    let exact = Catalog::embedded()?.exact(SLIM, &wish.text);
    let found = match (exact, line_for(&wish.text)?) {
        (Some(exact), _) => Found::certain(exact.to_owned(), wish.evidence),
        (None, Some(line)) => {
            if catalog::is_exact(wish.text.trim_start_matches('=')) {
                let message = format!("Python {} has no image on Debian 13: the newest of {line} is taken", wish.text);
                notes.push(Note::info(message, Some(&wish.evidence)));
            }
            // A range that also holds an older line gives way to a pin that has no build for the newest.
            let older = wheels::newest_line(&manifests.requirements)
                .filter(|limit| before(limit.line, &line) && fits(limit.line, &wish.text));
            match older {
                Some(limit) => {
                    notes.push(limit.note(&line));
                    Found::likely(limit.line.to_owned(), limit.evidence).and(wish.evidence)
                }
                None => Found::certain(line, wish.evidence),
            }
        }
        (None, None) => {
            let line = nearest_line(&wish.text);
            notes.push(Note::warning(
                format!(
                    "Python `{}` has reached its end of life or has no supported image: {line} is taken; test with it, or pass `--set version=`",
                    wish.text
                ),
                Some(&wish.evidence),
            ));
            Found { value: line.to_owned(), confidence: Confidence::Likely, evidence: vec![wish.evidence], rejected: vec![] }
        }
    };
    let taken = found.value.clone();
    Ok(wishes.fold(found, |found, lost| {
        if !fits(line_of(&taken).unwrap_or(&taken), &lost.text) {
            notes.push(Note::warning(
                format!("Python {taken} is taken, which does not fit `{}`", lost.text),
                Some(&lost.evidence),
            ));
        }
        found.over(lost.text, "another file goes first", lost.evidence)
    }))
}

fn default_line(manifests: &Manifests, notes: &mut Vec<Note>) -> Found<String> {
    match wheels::newest_line(&manifests.requirements).filter(|limit| before(limit.line, DEFAULT_LINE)) {
        Some(limit) => {
            notes.push(limit.note(DEFAULT_LINE));
            Found::likely(limit.line.to_owned(), limit.evidence)
        }
        None => Found::guess(DEFAULT_LINE.to_owned(), None),
    }
}

/// Everything that says a version, in order of precedence: files made for it, then manifests, then lockfiles.
fn wishes(project: &Project, manifests: &Manifests) -> Result<Vec<Wish>> {
    let mut wishes = Vec::new();
    let mut add = |text: &str, evidence: Evidence| {
        let text = text.trim().trim_matches(['"', '\'']).trim();
        if is_version(text) {
            wishes.push(Wish { text: text.to_owned(), evidence });
        }
    };
    let asks = |text: &str| format!("asks for `{}`", text.trim());
    if let Some(text) = project.read(".python-version")?
        && let Some((line, first)) = text.lines().enumerate().find(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
    {
        add(first, Evidence::at(".python-version", line + 1, asks(first)));
    }
    if let Some(text) = project.read(".tool-versions")? {
        for (line, words) in text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).enumerate() {
            if let ["python", version, ..] = words[..] {
                add(version, Evidence::at(".tool-versions", line + 1, asks(version)));
            }
        }
    }
    for file in ["mise.toml", ".mise.toml"] {
        // A broken mise.toml is no reason to give up: other files may say it.
        if let Ok(Some(mise)) = crate::toml_file::TomlFile::read(project, file) {
            let keys = ["tools", "python"];
            if let Some(version) = mise.str(&keys).or_else(|| mise.str(&["tools", "python", "version"])) {
                add(version, mise.evidence(&keys, asks(version)));
            }
        }
    }
    if let Some(text) = project.read("runtime.txt")?
        && let Some(version) = text.trim().strip_prefix("python-").or_else(|| Some(text.trim()).filter(|text| is_version(text)))
    {
        add(version, Evidence::at("runtime.txt", 1, asks(version)));
    }
    if let Some(pipfile) = &manifests.pipfile {
        for key in ["python_full_version", "python_version"] {
            if let Some(version) = pipfile.str(&["requires", key]) {
                add(version, pipfile.evidence(&["requires", key], asks(version)));
                break;
            }
        }
    }
    if let Some(pyproject) = &manifests.pyproject {
        for keys in [&["project", "requires-python"][..], &["tool", "poetry", "dependencies", "python"]] {
            if let Some(range) = pyproject.str(keys) {
                add(range, pyproject.evidence(keys, asks(range)));
            }
        }
    }
    for (range, evidence) in &manifests.requires_python {
        add(range, evidence.clone());
    }
    Ok(wishes)
}

/// Whether the text is a version or a range, not the name of an environment, a branch, or another interpreter.
fn is_version(text: &str) -> bool {
    let known = |c: char| c.is_ascii_alphanumeric() || " .,<>=!~^*|-+".contains(c);
    text == "latest" || (text.chars().all(known) && text.trim_start_matches(|c: char| "<>=!~^ v".contains(c)).starts_with(|c: char| c.is_ascii_digit() || c == '*'))
}

/// The release lines that have a default image, newest first.
fn lines() -> Result<Vec<&'static str>> {
    Ok(Catalog::embedded()?.versions("python", "slim"))
}

/// The release line for a wish: the default when it fits, else the newest that does.
pub fn line_for(wish: &str) -> Result<Option<String>> {
    let mut fitting: Vec<String> = lines()?
        .into_iter()
        .filter_map(line_of)
        .filter(|line| fits(line, wish))
        .map(str::to_owned)
        .collect();
    fitting.dedup();
    if wish == "latest" {
        return Ok(fitting.into_iter().next());
    }
    let default = fitting.iter().position(|line| line == DEFAULT_LINE).unwrap_or(0);
    Ok((!fitting.is_empty()).then(|| fitting.swap_remove(default)))
}

/// `3.13` of `3.13.16`.
pub fn line_of(version: &str) -> Option<&str> {
    let minor = version.find('.')? + 1;
    Some(&version[..version[minor..].find('.').map_or(version.len(), |at| minor + at)])
}

fn before(line: &str, other: &str) -> bool {
    crate::catalog::version_key(line) < crate::catalog::version_key(other)
}

/// Whether some patch release of a line satisfies a wish.
pub fn fits(line: &str, wish: &str) -> bool {
    wish.split("||").any(|part| fits_all(line, part))
}

fn fits_all(line: &str, wish: &str) -> bool {
    let wish = wish.trim().trim_start_matches('v');
    if wish == "latest" || wish == "*" || wish.is_empty() {
        return true;
    }
    // A bare version means its release line: security patches come without being asked for.
    if wish.starts_with(|c: char| c.is_ascii_digit()) && !wish.contains([',', '<', '>']) {
        let numbers = crate::catalog::version_key(wish.trim_end_matches(".*"));
        let own = crate::catalog::version_key(line);
        return numbers.iter().take(2).eq(own.iter().take(numbers.len().min(2)));
    }
    let parts: Vec<String> = wish.split([',', ' ']).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect();
    join_operators(&parts).iter().all(|part| fits_one(line, part))
}

/// `>= 3.9` is two words and one part.
fn join_operators(words: &[String]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for word in words {
        match parts.last_mut() {
            Some(last) if last.chars().all(|c| "<>=!~^".contains(c)) => last.push_str(word),
            _ => parts.push(word.clone()),
        }
    }
    parts
}

fn fits_one(line: &str, part: &str) -> bool {
    // Poetry's caret and tilde are no PEP 440: up to the next major, up to the next minor.
    if let Some(version) = part.strip_prefix('^') {
        let wanted = crate::catalog::version_key(version);
        let own = crate::catalog::version_key(line);
        return wanted.first() == own.first() && own.get(1) >= wanted.get(1);
    }
    if let Some(version) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        return fits_all(line, version);
    }
    let part = if part.starts_with(|c: char| c.is_ascii_digit()) { format!("=={part}") } else { part.to_owned() };
    // `==3.12.4` and `<=3.12` mean a line whose newest patch is another: any patch of the line may satisfy it.
    let Ok(specifiers) = VersionSpecifiers::from_str(&part) else { return true };
    (0..40).any(|patch| Version::from_str(&format!("{line}.{patch}")).is_ok_and(|version| specifiers.contains(&version)))
}

/// The supported line next to a wish that none fits: the oldest when it lies below, else the newest.
fn nearest_line(wish: &str) -> &'static str {
    let lines = lines().unwrap_or_default();
    let digits = wish.trim_start_matches(|c: char| !c.is_ascii_digit());
    let wanted = crate::catalog::version_key(digits.split([',', ' ', '*']).next().unwrap_or_default().trim_end_matches('.'));
    let newest = lines.first().and_then(|version| line_of(version)).unwrap_or(DEFAULT_LINE);
    if wanted >= crate::catalog::version_key(newest) {
        return newest;
    }
    // Python 2 programs are to be ported: the oldest line helps no more than the default.
    if wanted.first() == Some(&2) {
        return DEFAULT_LINE;
    }
    lines.last().and_then(|version| line_of(version)).unwrap_or(DEFAULT_LINE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn e2_ranges_become_supported_lines() {
        for (wish, line) in [
            (">=3.12,<3.14", "3.13"), (">=3.11", "3.13"), ("^3.11", "3.13"), ("~3.12", "3.12"), ("3.12", "3.12"), ("3.12.4", "3.12"),
            ("==3.12.*", "3.12"), ("~=3.11", "3.13"), ("~=3.12.0", "3.12"), (">=3.14", "3.14"), (">= 3.9", "3.13"), ("3", "3.13"),
            (">=3.8,<3.13", "3.12"), ("<=3.12", "3.12"), ("*", "3.13"), ("^3.8 || ^4", "3.13"), ("==3.12.4", "3.12"), ("!=3.13.*,>=3.11", "3.14"),
            ("3.11", "3.11"), ("latest", "3.14"),
        ] {
            assert_eq!(line_for(wish).unwrap().as_deref(), Some(line), "{wish}");
        }
        for wish in ["2.7", "3.7", "3.8.*", "<3.10", "^2.7", "3.10"] {
            assert_eq!(line_for(wish).unwrap(), None, "{wish}");
        }
        assert_eq!((nearest_line("3.8"), nearest_line("2.7.18"), nearest_line(">=3.99")), ("3.11", "3.13", "3.14"));
    }

    #[test]
    fn an_exact_version_is_kept_where_it_has_an_image() {
        let solve = |wish: &str| {
            let project = Project::from_files([(".python-version", wish), ("requirements.txt", "flask==3.1.0\n")]);
            let mut notes = Vec::new();
            let manifests = Manifests::read(&project).unwrap();
            (super::solve(&project, &manifests, &mut notes).unwrap().value, notes.len())
        };
        assert_eq!(solve("3.12.11\n"), ("3.12.11".to_owned(), 0));
        assert_eq!(solve("3.12.4\n"), ("3.12".to_owned(), 1));
    }

    #[test]
    fn names_of_environments_are_no_versions() {
        for text in ["pypy3.9", "my-env", "system", "graalpy-24"] {
            assert!(!is_version(text), "{text}");
        }
        assert!(is_version("3.12") && is_version(">=3.9, <4"));
    }
}
