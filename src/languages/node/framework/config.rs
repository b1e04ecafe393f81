//! A configuration written in JavaScript or TypeScript, read as text: values that stand there as literals are taken, what
//! only running it could tell is not.

use regex::Regex;

use super::Context;
use crate::error::Result;
use crate::found::Evidence;
use crate::project::join;

/// The endings of a configuration file.
const ENDINGS: &[&str] = &[".ts", ".mts", ".mjs", ".js", ".cjs", ".cts"];

/// A configuration's text, without its comments.
#[derive(Debug, Clone)]
pub struct Config {
    path: String,
    text: String,
}

impl Config {
    /// Reads `NAME.ts`, `NAME.js` and so on from the service's folder, the first of the names that is there.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(context: Context<'_>, names: &[&str]) -> Result<Option<Self>> {
        for name in names {
            for ending in ENDINGS {
                let path = join(context.dir, &format!("{name}{ending}"));
                if let Some(text) = context.project.read(&path)? {
                    return Ok(Some(Self { path, text: without_comments(&text) }));
                }
            }
        }
        Ok(None)
    }

    /// Evidence for the file.
    pub fn evidence(&self, reason: &str) -> Evidence {
        Evidence::at(&self.path, 1, reason)
    }

    /// The text that a key has as its value.
    pub fn string(&self, key: &str) -> Option<(String, Evidence)> {
        self.value(key, r#"(?:"([^"\n]*)"|'([^'\n]*)'|`([^`$\n]*)`)"#)
    }

    /// The path that a key has as its value, also where it is joined to the folder of the configuration.
    pub fn path(&self, key: &str) -> Option<(String, Evidence)> {
        self.string(key).or_else(|| {
            self.value(key, r#"(?:\w+\.)?(?:resolve|join)\(\s*(?:__dirname|import\.meta\.dirname|process\.cwd\(\))\s*,\s*['"]([^'"\n]*)['"]\s*\)"#)
        })
    }

    /// The truth that a key has as its value.
    pub fn boolean(&self, key: &str) -> Option<(bool, Evidence)> {
        self.value(key, r"\b(true|false)\b").map(|(value, evidence)| (value == "true", evidence))
    }

    /// The place of a piece of text.
    pub fn mention(&self, text: &str) -> Option<Evidence> {
        let at = self.text.find(text)?;
        Some(Evidence::at(&self.path, self.line(at), format!("mentions `{text}`")))
    }

    /// The first group of a pattern, with its place.
    pub fn capture(&self, pattern: &str) -> Option<(String, Evidence)> {
        let found = Regex::new(pattern).ok()?.captures(&self.text)?.iter().flatten().nth(1)?;
        Some((found.as_str().to_owned(), Evidence::at(&self.path, self.line(found.start()), format!("says `{}`", found.as_str()))))
    }

    fn value(&self, key: &str, value: &str) -> Option<(String, Evidence)> {
        let key = regex::escape(key);
        let pattern = format!(r#"(?:^|[\s{{,(])["']?{key}["']?\s*:\s*{value}"#);
        let (value, evidence) = self.capture(&pattern)?;
        let reason = format!("`{key}` is `{value}`");
        Some((value, Evidence { reason, ..evidence }))
    }

    fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }
}

/// The text with every comment made blank, so that lines keep their numbers. Quotes are respected.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    let mut quote = None;
    while let Some(character) = characters.next() {
        match (quote, character, characters.peek()) {
            (Some(_), '\\', _) => {
                out.push(character);
                out.extend(characters.next());
                continue;
            }
            (Some(open), _, _) if character == open || (character == '\n' && open != '`') => quote = None,
            (None, '"' | '\'' | '`', _) => quote = Some(character),
            (None, '/', Some('/')) => {
                while characters.next_if(|next| *next != '\n').is_some() {}
                continue;
            }
            (None, '/', Some('*')) => {
                let mut last = ' ';
                for inside in characters.by_ref() {
                    if inside == '\n' {
                        out.push('\n');
                    }
                    if last == '*' && inside == '/' {
                        break;
                    }
                    last = inside;
                }
                continue;
            }
            _ => {}
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::languages::node::framework::tests::with_context;

    #[test]
    fn literals_are_read_and_nothing_else() {
        let text = "/* output: 'export' */\nexport default {\n  // ssr: false\n  output: \"standalone\", ssr : true,\n  base: `/docs/`,\n  \
                    outDir: path.resolve(__dirname, '../dist'), url: 'https://x//y', port: env.PORT, 'name': cond ? 'a' : 'b'\n}";
        let seen = Cell::new(false);
        with_context(&[("package.json", "{}"), ("a.config.mjs", text)], |context| {
            let config = Config::read(context, &["a.config"]).expect("readable").expect("there");
            let string = |key: &str| config.string(key).map(|(value, evidence)| (value, evidence.line.unwrap_or(0)));
            assert_eq!(string("output"), Some(("standalone".to_owned(), 4)));
            assert_eq!(config.boolean("ssr").map(|(value, _)| value), Some(true));
            assert_eq!(string("base").map(|(value, _)| value).as_deref(), Some("/docs/"));
            assert_eq!(config.path("outDir").map(|(value, _)| value).as_deref(), Some("../dist"));
            assert_eq!(string("url").map(|(value, _)| value).as_deref(), Some("https://x//y"));
            assert_eq!((string("port"), string("name")), (None, None));
            seen.set(true);
        });
        assert!(seen.get());
    }
}
