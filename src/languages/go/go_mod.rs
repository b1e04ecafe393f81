//! `go.mod` and `go.work`: one grammar, a few verbs. Words are read with their lines; verbs that a later Go brings are skipped.

use crate::error::{Error, Exit, Place, Result};
use crate::found::Evidence;
use crate::project::Project;

/// One directive: its words without the verb, and its line.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Directive {
    verb: String,
    words: Vec<String>,
    indirect: bool,
    line: usize,
}

/// A parsed `go.mod` or `go.work`.
#[derive(Debug, Clone)]
pub struct GoMod {
    /// Path relative to the project.
    pub path: String,
    directives: Vec<Directive>,
}

/// A module that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Require {
    /// Module path.
    pub module: String,
    /// Version, with its `v`.
    pub version: String,
    /// Whether only a dependency asks for it.
    pub indirect: bool,
    /// Line.
    pub line: usize,
}

impl GoMod {
    /// Reads a file; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read, or the go command would refuse it: the error points at the line.
    pub fn read(project: &Project, path: &str) -> Result<Option<Self>> {
        let Some(text) = project.read(path)? else { return Ok(None) };
        let wrong = |line: usize, what: &str| {
            let offset = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
            Error::new(Exit::Unsupported, format!("`{path}` cannot be read: {what}"))
                .at(Place::at_offset(path, &text, offset))
                .hint(format!("mend `{path}` (`go mod edit -fmt` finds the place) and run dockwright again"))
        };
        let directives = parse(&text).map_err(|(line, what)| wrong(line, what))?;
        let file = Self { path: path.to_owned(), directives };
        for verb in ["go", "toolchain"] {
            if let Some((version, line)) = file.one(verb)
                && version != "default"
                && super::version::numbers(version.trim_start_matches("go")).is_empty()
            {
                return Err(wrong(line, "this is no version of Go"));
            }
        }
        if path.ends_with("go.mod") && file.one("module").is_none() {
            return Err(wrong(1, "no `module` line"));
        }
        Ok(Some(file))
    }

    fn one<'m>(&'m self, verb: &'m str) -> Option<(&'m str, usize)> {
        self.all(verb).next().and_then(|found| Some((found.words.first()?.as_str(), found.line)))
    }

    fn all<'m>(&'m self, verb: &'m str) -> impl Iterator<Item = &'m Directive> {
        self.directives.iter().filter(move |directive| directive.verb == verb)
    }

    /// The module's path; empty in a `go.work`.
    pub fn module(&self) -> &str {
        self.one("module").map_or("", |(module, _)| module)
    }

    /// Evidence for the module.
    pub fn evidence(&self) -> Evidence {
        match self.one("module") {
            Some((module, line)) => Evidence::at(&self.path, line, format!("the module `{module}`")),
            None => Evidence::at(&self.path, 1, "a workspace of modules"),
        }
    }

    /// The least version of Go that it wants, as written.
    pub fn go(&self) -> Option<(&str, usize)> {
        self.one("go")
    }

    /// The toolchain that it suggests, as written: `go1.26.5`.
    pub fn toolchain(&self) -> Option<(&str, usize)> {
        self.one("toolchain").filter(|(name, _)| *name != "default")
    }

    /// Every module that is asked for.
    pub fn requires(&self) -> impl Iterator<Item = Require> {
        self.all("require").filter_map(|found| match found.words.as_slice() {
            [module, version, ..] => {
                Some(Require { module: module.clone(), version: version.clone(), indirect: found.indirect, line: found.line })
            }
            _ => None,
        })
    }

    /// Modules replaced by a folder: module path, folder relative to this file, line.
    pub fn local_replaces(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.replaces().filter(|(_, target, _)| target.starts_with("./") || target.starts_with("../") || *target == "." || *target == "..")
    }

    /// Every replacement: module path, target, line.
    pub fn replaces(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.all("replace").filter_map(|found| {
            let arrow = found.words.iter().position(|word| word == "=>")?;
            Some((found.words.first()?.as_str(), found.words.get(arrow + 1)?.as_str(), found.line))
        })
    }

    /// Folders of a `go.work`, relative to it.
    pub fn uses(&self) -> impl Iterator<Item = (&str, usize)> {
        self.all("use").filter_map(|found| Some((found.words.first()?.as_str(), found.line)))
    }

    /// Folders that the go command takes no notice of, relative to the module (Go 1.25).
    pub fn ignores(&self) -> impl Iterator<Item = &str> {
        self.all("ignore").filter_map(|found| Some(found.words.first()?.trim_start_matches("./").trim_end_matches('/')))
    }
}

/// The directives, blocks unfolded.
fn parse(text: &str) -> Result<Vec<Directive>, (usize, &'static str)> {
    let mut directives = Vec::new();
    let mut block: Option<(String, usize)> = None;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let (mut words, comment) = words(line).map_err(|what| (number, what))?;
        let indirect = comment.trim_start_matches('/').split([';', ' ']).any(|word| word == "indirect");
        if words.is_empty() {
            continue;
        }
        match &block {
            Some(_) if words == [")"] => block = None,
            Some((verb, _)) => directives.push(Directive { verb: verb.clone(), words, indirect, line: number }),
            None => {
                let verb = words.remove(0);
                if !verb.starts_with(|c: char| c.is_ascii_lowercase()) {
                    return Err((number, "a line begins with a word such as `require`"));
                }
                if words == ["("] {
                    block = Some((verb, number));
                } else if words != ["(", ")"] {
                    directives.push(Directive { verb, words, indirect, line: number });
                }
            }
        }
    }
    match block {
        Some((_, line)) => Err((line, "this block is not closed")),
        None => Ok(directives),
    }
}

/// The words of a line, quotes taken off, and its comment.
fn words(line: &str) -> Result<(Vec<String>, &str), &'static str> {
    let mut words = Vec::new();
    let mut rest = line.trim();
    while !rest.is_empty() {
        if rest.starts_with("//") {
            return Ok((words, rest));
        }
        if let Some(quote) = rest.chars().next().filter(|c| ['"', '`'].contains(c)) {
            let end = rest[1..].find(quote).ok_or("a quote is not closed")? + 1;
            words.push(rest[1..end].to_owned());
            rest = rest[end + 1..].trim_start();
        } else if rest.starts_with(['(', ')']) {
            words.push(rest[..1].to_owned());
            rest = rest[1..].trim_start();
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "()".contains(c)).unwrap_or(rest.len());
            let end = rest.find("//").filter(|at| *at > 0 && rest.as_bytes()[at - 1].is_ascii_whitespace()).map_or(end, |at| end.min(at));
            words.push(rest[..end].to_owned());
            rest = rest[end..].trim_start();
        }
    }
    Ok((words, ""))
}

/// What `go.sum` does not hold of what `go.mod` asks for: then the go command refuses to build. Before Go 1.17 a manifest did
/// not list everything, and a complete one cannot be told from it.
pub fn missing_sums(file: &GoMod, sum: &str) -> Vec<Require> {
    let local: Vec<&str> = file.replaces().map(|(module, ..)| module).collect();
    let known = |require: &Require| sum.contains(&format!("{} {}/go.mod ", require.module, require.version));
    file.requires().filter(|require| !local.contains(&require.module.as_str()) && !known(require)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<GoMod> {
        GoMod::read(&Project::from_files([("go.mod", text)]), "go.mod").map(|found| found.expect("it is there"))
    }

    #[test]
    fn verbs_blocks_quotes_and_comments() {
        let file = read(
            "// +heroku goVersion go1.14\nmodule \"example.com/a\" // the app\n\ngo 1.25.3 // least\ntoolchain go1.26.5\n\nrequire (\n\tx.org/b v1.0.0\n\n\t// a comment\n\tx.org/c/v2 v2.1.0 // indirect\n)\nrequire x.org/d v0.1.0 // indirect; more\nreplace x.org/b => ../b\nreplace (\n\tx.org/c/v2 v2.1.0 => x.org/fork v1.0.0\n)\nignore (\n\t./web/node_modules\n)\ntool x.org/c/v2/cmd/t\nretract [v1.0.0, v1.1.0]\nlater thing\n",
        )
        .unwrap();
        assert_eq!((file.module(), file.evidence().line), ("example.com/a", Some(2)));
        assert_eq!((file.go(), file.toolchain()), (Some(("1.25.3", 4)), Some(("go1.26.5", 5))));
        let requires: Vec<_> = file.requires().map(|found| (found.module, found.indirect, found.line)).collect();
        assert_eq!(requires, [("x.org/b".to_owned(), false, 8), ("x.org/c/v2".to_owned(), true, 11), ("x.org/d".to_owned(), true, 13)]);
        assert_eq!(file.local_replaces().collect::<Vec<_>>(), [("x.org/b", "../b", 14)]);
        assert_eq!(file.ignores().collect::<Vec<_>>(), ["web/node_modules"]);
    }

    #[test]
    fn a_broken_file_is_pointed_at() {
        for (text, line) in [
            ("module a\n\nrequire (\n\tx v1\n", 3), ("module a\ngo one\n", 2), ("go 1.25\n", 1), ("module \"a\n", 1), ("module a\n<<<<<<< HEAD\n", 2),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!((error.exit, error.place.unwrap().line), (Exit::Unsupported, line), "{text}");
        }
    }

    #[test]
    fn sums_that_are_missing() {
        let file = read("module a\nrequire (\n\tx v1.0.0\n\ty v1.1.0\n\tz v1.2.0\n)\nreplace z => ./z\n").unwrap();
        let missing = missing_sums(&file, "x v1.0.0 h1:a=\nx v1.0.0/go.mod h1:b=\n");
        assert_eq!(missing.iter().map(|found| found.module.as_str()).collect::<Vec<_>>(), ["y"]);
    }
}
