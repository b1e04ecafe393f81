//! Go files: package clause, imports and build constraints, read as text. Nothing is executed.

use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;

static PACKAGE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^package[ \t]+(\w+)").ok());
static IMPORT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(?m)^import[ \t]+(?:[\w.]+[ \t]+)?"([^"\n]+)"|^import[ \t]*\((?s:(.*?))^[ \t]*\)"#).ok());
static IMPORTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(?m)^[ \t]*(?:[\w.]+[ \t]+)?"([^"\n]+)""#).ok());
static MAIN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m)^func main\(\)").ok());
/// Endings of file names that mean another system or processor than Linux on the usual ones.
const ELSEWHERE: &[&str] = &[
    "windows", "darwin", "freebsd", "netbsd", "openbsd", "dragonfly", "solaris", "illumos", "aix", "plan9", "js", "wasip1", "wasm", "android", "ios",
    "386", "arm", "arm64", "ppc64", "ppc64le", "mips", "mipsle", "mips64", "mips64le", "riscv64", "s390x", "loong64",
];

/// A file of a package.
#[derive(Debug, Clone)]
pub struct GoFile {
    /// Path relative to the project.
    pub path: String,
    /// Content.
    pub text: Rc<str>,
}

impl GoFile {
    /// Name of its package; empty when the file is none of Go's.
    pub fn package(&self) -> &str {
        let found = PACKAGE.as_ref().and_then(|regex| regex.captures(&self.text)).and_then(|found| found.get(1));
        found.map_or("", |found| found.as_str())
    }

    /// Imported paths with their lines.
    pub fn imports(&self) -> Vec<(&str, usize)> {
        let (Some(import), Some(imported)) = (IMPORT.as_ref(), IMPORTED.as_ref()) else { return Vec::new() };
        let mut found = Vec::new();
        for captures in import.captures_iter(&self.text) {
            if let Some(one) = captures.get(1) {
                found.push((one.as_str(), one.start()));
            }
            if let Some(block) = captures.get(2) {
                found.extend(imported.captures_iter(block.as_str()).filter_map(|inner| {
                    let path = inner.get(1)?;
                    Some((path.as_str(), block.start() + path.start()))
                }));
            }
        }
        found.into_iter().map(|(path, at)| (path, self.line(at))).collect()
    }

    /// Whether it has the function that a program starts with.
    pub fn has_main(&self) -> bool {
        MAIN.as_ref().is_some_and(|regex| regex.is_match(&self.text))
    }

    /// Whether a generator wrote it, by Go's own convention: nobody says a port or a path there.
    pub fn is_generated(&self) -> bool {
        self.text.lines().take(8).any(|line| line.starts_with("// Code generated "))
    }

    /// The line of a byte offset, from 1.
    pub fn line(&self, offset: usize) -> usize {
        self.text[..offset].matches('\n').count() + 1
    }

    /// The tag of its own that it asks for, where it asks for nothing else: `//go:build heroku`.
    pub fn tag(&self) -> Option<&str> {
        let header = self.text.lines().take_while(|line| !line.starts_with("package "));
        let word = header.filter_map(|line| line.strip_prefix("//go:build ").or_else(|| line.strip_prefix("// +build "))).map(str::trim).next()?;
        let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        // Files that are never built, and those for other systems.
        (plain && !matches!(word, "ignore" | "ignored" | "tools" | "none" | "never" | "exclude" | "mage" | "wireinject") && !ELSEWHERE.contains(&word)).then_some(word)
    }

    /// Whether a build for Linux takes it, by its name and its `//go:build` line. `tag` is the one that the build is given.
    pub fn is_built(&self, tag: Option<&str>) -> bool {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        if is_test_or_hidden(name) || name.trim_end_matches(".go").rsplit_once('_').is_some_and(|(_, last)| ELSEWHERE.contains(&last)) {
            return false;
        }
        let header = self.text.lines().take_while(|line| !line.starts_with("package "));
        let mut old = true;
        for line in header {
            if let Some(expression) = line.strip_prefix("//go:build ") {
                return Constraint { rest: expression, tag }.or();
            }
            if let Some(options) = line.trim_start_matches('/').trim().strip_prefix("+build ").filter(|_| line.starts_with("//")) {
                // Blanks are "or", commas are "and".
                old &= options.split_whitespace().any(|option| {
                    option.split(',').all(|word| word.strip_prefix('!').map_or_else(|| is_set(word, tag), |word| !is_set(word, tag)))
                });
            }
        }
        old
    }
}

/// Tests, and files that the go command takes no notice of.
pub fn is_test_or_hidden(name: &str) -> bool {
    !name.ends_with(".go") || name.ends_with("_test.go") || name.starts_with(['_', '.'])
}

/// Whether a word holds in a build for Linux, with or without cgo.
fn is_set(word: &str, tag: Option<&str>) -> bool {
    Some(word) == tag || matches!(word, "linux" | "unix" | "amd64" | "gc" | "cgo") || word.strip_prefix("go1.").is_some_and(|minor| minor.parse::<u32>().is_ok())
}

/// A `//go:build` expression, read from left to right.
struct Constraint<'e> {
    rest: &'e str,
    tag: Option<&'e str>,
}

impl Constraint<'_> {
    fn or(&mut self) -> bool {
        let mut value = self.and();
        while self.take("||") {
            value |= self.and();
        }
        value
    }

    fn and(&mut self) -> bool {
        let mut value = self.not();
        while self.take("&&") {
            value &= self.not();
        }
        value
    }

    fn not(&mut self) -> bool {
        if self.take("!") {
            return !self.not();
        }
        if self.take("(") {
            let value = self.or();
            self.take(")");
            return value;
        }
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !(c.is_alphanumeric() || "_.".contains(c))).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        is_set(word, self.tag)
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest.trim_start().strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> GoFile {
        GoFile { path: path.to_owned(), text: text.into() }
    }

    #[test]
    fn what_is_built_for_linux() {
        for (path, text, built) in [
            ("main.go", "package main\n", true),
            ("main_test.go", "package main\n", false),
            ("main_windows.go", "package main\n", false),
            ("main_linux.go", "package main\n", true),
            ("gen.go", "//go:build ignore\n\npackage main\n", false),
            ("gen.go", "// +build ignore\n\npackage main\n", false),
            ("a.go", "//go:build linux && !cgo || (darwin && go1.20)\n\npackage a\n", false),
            ("a.go", "// text\n\n//go:build (linux || darwin) && go1.20\n\npackage a\n", true),
            ("a.go", "// +build !windows,!darwin\n\npackage a\n", true),
        ] {
            assert_eq!(file(path, text).is_built(None), built, "{path} {text}");
        }
    }

    #[test]
    fn imports_with_their_lines() {
        let text = "package main\n\nimport \"fmt\"\nimport (\n\t\"os\" // (a)\n\t_ \"x.org/b\"\n\t. \"x.org/c\"\n\t//\"x.org/no\"\n)\n\nvar s = `import \"x.org/d\"`\n";
        assert_eq!(file("a.go", text).imports(), [("fmt", 3), ("os", 5), ("x.org/b", 6), ("x.org/c", 7)]);
    }
}
