//! Which paths a `.dockerignore` keeps away from the build, by the builder's own rules: every pattern is relative to the
//! root; it takes a folder with all that is in it; `!` brings back; the last line that says anything about a path wins.

use regex::RegexSet;

/// The lines of a `.dockerignore`, ready to be asked.
#[derive(Debug)]
pub struct Matcher {
    set: RegexSet,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    /// Line in the file, from 1.
    line: usize,
    /// Whether it keeps out, or brings back.
    excludes: bool,
}

impl Matcher {
    /// Reads the text of a `.dockerignore`.
    ///
    /// # Errors
    /// The line, from 1, of a pattern that the builder would refuse.
    pub fn new(text: &str) -> Result<Self, usize> {
        let mut rules = Vec::new();
        let mut patterns = Vec::new();
        for (index, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
            // Only a `#` in the first column begins a comment.
            let pattern = line.trim();
            if line.starts_with('#') || pattern.is_empty() {
                continue;
            }
            let (excludes, pattern) = match pattern.strip_prefix('!') {
                Some(pattern) => (false, pattern.trim()),
                None => (true, pattern),
            };
            if pattern.is_empty() {
                return Err(index + 1);
            }
            let pattern = clean(pattern);
            if pattern.is_empty() {
                // The root itself: the builder takes no notice of it.
                continue;
            }
            let regex = regex(&pattern);
            patterns.push(regex);
            rules.push(Rule { line: index + 1, excludes });
        }
        RegexSet::new(&patterns).map(|set| Self { set, rules: rules.clone() }).map_err(|_| {
            let broken = patterns.iter().position(|pattern| regex::Regex::new(pattern).is_err());
            broken.map_or(1, |index| rules[index].line)
        })
    }

    /// Whether a path, relative to the root and with `/`, is kept away from the build.
    pub fn excludes(&self, path: &str) -> bool {
        self.rule(path).is_some_and(|rule| rule.excludes)
    }

    /// The line that decides over a path, if any does.
    pub fn line(&self, path: &str) -> Option<usize> {
        self.rule(path).map(|rule| rule.line)
    }

    fn rule(&self, path: &str) -> Option<&Rule> {
        self.set.matches(path).into_iter().last().map(|index| &self.rules[index])
    }
}

/// The pattern without empty parts, `.` and `..`, and without a slash at its start or end.
fn clean(pattern: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in pattern.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The pattern as a regular expression that also takes what lies below.
fn regex(pattern: &str) -> String {
    let mut text = String::from("^");
    let mut characters = pattern.chars().peekable();
    let mut class = false;
    while let Some(character) = characters.next() {
        match character {
            '*' if !class && characters.peek() == Some(&'*') => {
                characters.next();
                // `**/` takes any number of folders, none too.
                characters.next_if_eq(&'/');
                text += if characters.peek().is_some() { "(?:.*/)?" } else { ".*" };
            }
            '*' if !class => text += "[^/]*",
            '?' if !class => text += "[^/]",
            '\\' => {
                let next = characters.next().unwrap_or('\\');
                text += &regex::escape(next.encode_utf8(&mut [0; 4]));
            }
            '[' if !class => {
                class = true;
                text.push('[');
                if characters.next_if_eq(&'^').is_some() {
                    text.push('^');
                }
            }
            ']' if class => {
                class = false;
                text.push(']');
            }
            '-' if class => text.push('-'),
            _ => text += &regex::escape(character.encode_utf8(&mut [0; 4])),
        }
    }
    text + "(?:/|$)"
}

/// A path as a pattern that means this path and nothing else.
pub fn literal(path: &str) -> String {
    let mut pattern = String::new();
    for (index, character) in path.char_indices() {
        let edge = index == 0 || index + character.len_utf8() == path.len();
        match character {
            '*' | '?' | '[' | ']' | '\\' => pattern.extend(['\\', character]),
            '#' | '!' if index == 0 => pattern.extend(['\\', character]),
            // A line cannot hold a newline, nor begin or end with a blank.
            _ if character.is_control() || (edge && character.is_whitespace()) => pattern.push('?'),
            _ => pattern.push(character),
        }
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excluded(lines: &str, path: &str) -> bool {
        Matcher::new(lines).expect("it parses").excludes(path)
    }

    #[test]
    fn patterns_are_relative_to_the_root() {
        assert!(excluded("tmp", "tmp"));
        assert!(excluded("tmp", "tmp/a/b"));
        assert!(!excluded("tmp", "src/tmp"));
        assert!(!excluded("tmp", "tmpfile"));
        assert!(excluded("/tmp", "tmp/a"));
        assert!(excluded("tmp/", "tmp/a"));
        assert!(excluded("./a//b/../tmp", "a/tmp/x"));
        assert!(!excluded(".\n/", "anything/at/all"));
        assert!(!excluded("../a", "a"));
    }

    #[test]
    fn stars() {
        assert!(excluded("*.log", "a.log"));
        assert!(!excluded("*.log", "a/b.log"));
        assert!(excluded("*/*.log", "a/b.log"));
        assert!(excluded("**/*.log", "b.log"));
        assert!(excluded("**/*.log", "a/b/c.log"));
        assert!(excluded("**/node_modules", "a/node_modules/b/c.js"));
        assert!(excluded("a/**", "a/b/c"));
        assert!(excluded("a/**/c", "a/c"));
        assert!(excluded("a/**/c", "a/x/y/c/d"));
        assert!(excluded("a?c", "abc"));
        assert!(!excluded("a?c", "a/c"));
        assert!(excluded("[a-c]x", "bx"));
        assert!(!excluded("[^a-c]x", "bx"));
        assert!(excluded("*", "a/b"));
        assert!(excluded("a.b", "a.b"));
        assert!(!excluded("a.b", "axb"));
    }

    #[test]
    fn the_last_line_wins() {
        assert!(!excluded("*.md\n!README.md", "README.md"));
        assert!(excluded("!README.md\n*.md", "README.md"));
        assert!(!excluded("docs\n!docs/keep/this.txt", "docs/keep/this.txt"));
        assert!(excluded("docs\n!docs/keep/this.txt", "docs/other.txt"));
        assert!(!excluded("docs\n!docs/keep", "docs/keep/a/b"));
        assert!(excluded("docs\n!docs/keep\ndocs/keep/a", "docs/keep/a/b"));
        assert!(!excluded("*\n!/src\n", "src/main.rs"));
    }

    #[test]
    fn comments_blanks_and_broken_lines() {
        assert!(!excluded("# a\n\n   \n", "a"));
        assert!(excluded("  a  ", "a"));
        assert!(excluded("\u{feff}a", "a"));
        assert!(excluded("a\r\nb\r\n", "b"));
        assert!(excluded(r"\#a", "#a"));
        assert_eq!(Matcher::new("a\n[\n").err(), Some(2));
        assert_eq!(Matcher::new("!\n").err(), Some(1));
        assert_eq!(Matcher::new("a\n\nb").unwrap().line("b"), Some(3));
    }

    #[test]
    fn a_literal_means_itself() {
        for path in ["a/[slug]/b", "a*b", "#x", "!x", "a b", " a ", "a\\b", "ä/ö"] {
            let matcher = Matcher::new(&literal(path)).expect("it parses");
            assert!(matcher.excludes(path), "{path:?} by {:?}", literal(path));
        }
        assert!(!excluded(&literal("a/[slug]"), "a/s"));
    }
}
