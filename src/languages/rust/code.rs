//! The sources of a program as text: without comments and without tests, in which other rules hold. Nothing is parsed;
//! what is looked for is written one way by nearly everybody.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::error::Result;
use crate::found::Evidence;
use crate::project::{Project, join};
use crate::sources::{Pattern, Sources};

static TESTS: Pattern = LazyLock::new(|| Regex::new(r"(?m)^#\[cfg\((?:all\()?test\b.*\]\s*\n(?:#\[.*\]\s*\n)*\s*(?:pub )?mod \w+ \{").ok());
static COMMENT: Pattern = LazyLock::new(|| Regex::new(r"(?m)^[ \t]*//.*$|[ \t;,{})]//[^\n]*$").ok());

/// Sources, those nearest to the program's start first. Lines are where they stand in the files.
#[derive(Debug, Clone, Default)]
pub struct Code {
    files: Vec<(String, String)>,
}

impl Code {
    /// Reads the `src` folders of some packages, in their order.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn read(project: &Project, packages: &[&str]) -> Result<Self> {
        let mut files = Vec::new();
        for dir in packages {
            let sources = Sources::read(project, &join(dir, "src"), &[".rs"])?;
            files.extend(sources.files().map(|(path, text)| (path.to_owned(), plain(text))));
        }
        Ok(Self { files })
    }

    /// The same sources with one file first, read where it was not among them.
    #[must_use]
    pub fn starting_at(mut self, project: &Project, path: &str) -> Self {
        let own = match self.files.iter().position(|(file, _)| file == path) {
            Some(at) => Some(self.files.remove(at)),
            None => project.read(path).ok().flatten().map(|text| (path.to_owned(), plain(&text))),
        };
        self.files.splice(0..0, own);
        self
    }

    /// The same sources without those that `drop` names.
    #[must_use]
    pub fn without(mut self, drop: impl Fn(&str) -> bool) -> Self {
        self.files.retain(|(path, _)| !drop(path));
        self
    }

    /// The files with their texts.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    /// Every match of a pattern, with the place of its first group.
    pub fn matches<'c>(&'c self, pattern: &'static Pattern, reason: &'static str) -> impl Iterator<Item = (Captures<'c>, Evidence)> {
        self.files.iter().flat_map(move |(path, text)| {
            pattern.as_ref().into_iter().flat_map(|pattern| pattern.captures_iter(text)).map(move |captures| {
                let start = captures.get(1).or_else(|| captures.get(0)).map_or(0, |found| found.start());
                let evidence = Evidence::at(path, line(text, start), reason);
                (captures, evidence)
            })
        })
    }

    /// The first place of a text.
    pub fn mention(&self, word: &str) -> Option<Evidence> {
        self.files.iter().find_map(|(path, text)| Some(Evidence::at(path, line(text, text.find(word)?), format!("mentions `{word}`"))))
    }

    /// The first of some texts that is mentioned anywhere.
    pub fn any(&self, words: &[&str]) -> Option<Evidence> {
        words.iter().find_map(|word| self.mention(word))
    }
}

fn line(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Without comments and without the tests at the end; every line stays where it was.
fn plain(text: &str) -> String {
    let end = TESTS.as_ref().and_then(|pattern| pattern.find(text)).map_or(text.len(), |found| found.start());
    COMMENT.as_ref().map_or_else(|| text[..end].to_owned(), |pattern| pattern.replace_all(&text[..end], "").into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_tests_say_nothing() {
        let text = "// bind(\"0.0.0.0:1\")\nfn a() {} // b\nlet x = \"http://c\";\n#[cfg(test)]\nmod tests {\n d\n}\n";
        assert_eq!(plain(text), "\nfn a() {}\nlet x = \"http://c\";\n".replace("{}\n", "{}\n"));
    }
}
