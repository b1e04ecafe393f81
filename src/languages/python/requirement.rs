//! Requirements as every Python manifest writes them: `Name[extra]>=1 ; marker`, a URL, or a path.

use crate::found::Evidence;
use crate::project::Project;

/// A dependency that the running program has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// Normalised name: `Flask_Cors` is `flask-cors`, and never `flask`.
    pub name: String,
    /// Extras, e.g. `standard`.
    pub extras: Vec<String>,
    /// Version specifier or URL, as it is written.
    pub wish: String,
    /// Where it is asked for.
    pub evidence: Evidence,
}

impl Requirement {
    /// Reads one requirement; `None` for what is none (an option, a comment, a path).
    pub fn parse(text: &str, evidence: impl FnOnce(&str) -> Evidence) -> Option<Self> {
        let text = text.split(" #").next()?.split(" --hash").next()?.trim();
        if let Some((_, fragment)) = text.split_once("#egg=").filter(|(url, _)| url.contains("://")) {
            let name = fragment.split(['&', '[', ' ', ';']).next()?;
            return Some(Self { name: normal(name), extras: Vec::new(), wish: text.to_owned(), evidence: evidence(name) });
        }
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "._-".contains(c))).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || rest.starts_with(['/', ':', '\\']) {
            return None;
        }
        let (extras, rest) = match rest.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((extras, rest)) => (extras.split(',').map(|extra| extra.trim().to_lowercase()).collect(), rest),
            None => (Vec::new(), rest),
        };
        let wish = if rest.trim_start().starts_with('@') { rest } else { rest.split(';').next().unwrap_or_default() };
        Some(Self { name: normal(name), extras, wish: wish.trim().to_owned(), evidence: evidence(name) })
    }

    /// The version of an exact pin.
    pub fn pinned(&self) -> Option<&str> {
        let version = self.wish.trim_start_matches('(').strip_prefix("==")?.trim_start_matches('=').trim();
        (!version.contains([',', '*', ' '])).then_some(version.trim_end_matches(')'))
    }

    /// Whether it has an extra.
    pub fn has_extra(&self, names: &[&str]) -> bool {
        self.extras.iter().any(|extra| names.contains(&extra.as_str()))
    }

    /// Whether git must fetch it.
    pub fn is_git(&self) -> bool {
        self.wish.contains("git+")
    }
}

/// The normal form of a package's name.
pub fn normal(name: &str) -> String {
    let parts: Vec<String> = name.split(['-', '_', '.']).filter(|part| !part.is_empty()).map(str::to_lowercase).collect();
    parts.join("-")
}

/// What pip reads: a requirements file with everything it includes.
#[derive(Debug, Clone, Default)]
pub struct RequirementsFile {
    /// Every file, the first one first; all of them must be there before the install.
    pub files: Vec<String>,
    /// The requirements of all files; constraints are none.
    pub requirements: Vec<Requirement>,
    /// Whether hashes are given: then pip must insist on them.
    pub hashes: bool,
    /// A requirement that is a folder of the project: the sources are needed before the install.
    pub local: Option<Evidence>,
    /// Package indexes named in the files.
    pub indexes: Vec<(String, Evidence)>,
    /// Files that are named and not there.
    pub missing: Vec<Evidence>,
}

impl RequirementsFile {
    /// Reads a file and what it includes.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(project: &Project, path: &str) -> crate::error::Result<Self> {
        let mut read = Self::default();
        read.add(project, path, false)?;
        Ok(read)
    }

    fn add(&mut self, project: &Project, path: &str, constraints: bool) -> crate::error::Result<()> {
        if self.files.iter().any(|file| file == path) {
            return Ok(());
        }
        let Some(text) = project.read(path)? else { return Ok(()) };
        self.files.push(path.to_owned());
        // A file that was written by PowerShell is UTF-16: pip reads it, so do we.
        let text = text.replace(['\0', '\u{fffd}'], "");
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (line, text) in logical_lines(&text) {
            let at = |reason: String| Evidence::at(path, line, reason);
            self.hashes |= text.contains("--hash=") || text.starts_with("--require-hashes");
            let (option, value) = split_option(&text);
            match option {
                "-r" | "--requirement" | "-c" | "--constraint" => {
                    let file = resolve(folder, value);
                    if project.has(&file) {
                        self.add(project, &file, constraints || option.starts_with("-c") || option.starts_with("--c"))?;
                    } else {
                        self.missing.push(at(value.to_owned()));
                    }
                }
                "-i" | "--index-url" | "--extra-index-url" | "-f" | "--find-links" => {
                    self.indexes.push((value.to_owned(), at("a package index".to_owned())));
                }
                "-e" | "--editable" if !value.contains("://") => self.local = Some(at(format!("installs `{value}`"))),
                _ if text.starts_with(['.', '/']) || text.starts_with("file:") => {
                    self.local = Some(at(format!("installs `{text}`")));
                }
                _ if constraints || (option.starts_with('-') && !option.starts_with("-e") && !option.starts_with("--e")) => {}
                _ => {
                    let text = if option.starts_with('-') { value } else { &text };
                    self.requirements.extend(Requirement::parse(text, |name| at(format!("requires `{name}`"))));
                }
            }
        }
        Ok(())
    }
}

/// Lines with their numbers, without comments, with continued ones joined.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut open = false;
    for (index, raw) in text.lines().enumerate() {
        let line = raw.trim();
        if line.starts_with('#') {
            continue;
        }
        let line = line.split(" #").next().unwrap_or_default();
        let (part, continues) = line.strip_suffix('\\').map_or((line, false), |part| (part, true));
        match lines.last_mut() {
            Some((_, last)) if open => {
                last.push(' ');
                last.push_str(part.trim());
            }
            _ if part.trim().is_empty() => {}
            _ => lines.push((index + 1, part.trim().to_owned())),
        }
        open = continues;
    }
    lines
}

/// `-r base.txt`, `--index-url=https://…`, `-rbase.txt`.
fn split_option(line: &str) -> (&str, &str) {
    if !line.starts_with('-') {
        return ("", line);
    }
    let glued = |short: &str| line.starts_with(short) && !line.starts_with("--") && line.len() > short.len();
    if let Some(short) = ["-r", "-c", "-e", "-i", "-f"].into_iter().find(|short| glued(short)) {
        return (short, line[2..].trim_start_matches([' ', '=']).trim());
    }
    let (option, value) = line.split_once([' ', '=']).unwrap_or((line, ""));
    (option, value.trim())
}

/// A path relative to the folder of the file that names it.
pub fn resolve(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Requirement> {
        Requirement::parse(text, |_| Evidence::at("r.txt", 1, ""))
    }

    #[test]
    fn e24_a_name_is_read_whole_and_normalised() {
        for (text, name) in [
            ("Flask-Cors==4.0 # flask", "flask-cors"),
            ("uvicorn[standard] >= 0.30", "uvicorn"),
            ("zope.interface", "zope-interface"),
            ("git+https://example.com/x.git#egg=My_Pkg", "my-pkg"),
            ("fastapi @ git+https://example.com/x.git", "fastapi"),
            ("a==1 ; python_version < '3.9'", "a"),
        ] {
            assert_eq!(parse(text).map(|found| found.name).as_deref(), Some(name), "{text}");
        }
        assert_eq!(parse("./lib"), None);
        assert!(parse("uvicorn[standard]").unwrap().has_extra(&["standard"]));
        assert_eq!(parse("a==1.2.3").unwrap().pinned(), Some("1.2.3"));
        assert_eq!(parse("a>=1.2.3").unwrap().pinned(), None);
    }

    #[test]
    fn includes_and_constraints_are_followed() {
        let project = Project::from_files([
            ("requirements/prod.txt", "-r base.txt\n-c ../constraints.txt\n--extra-index-url=https://x.example/simple\ngunicorn \\\n  --hash=sha256:ab\n"),
            ("requirements/base.txt", "# flask\n\nDjango==5.2\n-e .\n-r gone.txt\n"),
            ("constraints.txt", "urllib3<3\n"),
        ]);
        let read = RequirementsFile::read(&project, "requirements/prod.txt").unwrap();
        assert_eq!(read.files, ["requirements/prod.txt", "requirements/base.txt", "constraints.txt"]);
        let names: Vec<&str> = read.requirements.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, ["django", "gunicorn"]);
        assert!(read.hashes && read.local.is_some());
        assert_eq!(read.indexes[0].0, "https://x.example/simple");
        assert_eq!(read.missing[0].place(), "requirements/base.txt:5");
    }
}
