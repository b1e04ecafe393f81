//! The scripts of a `package.json`, read as a shell would, as far as that is certain. Nothing is executed.

/// One simple command of a script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    /// `NAME=value` in front of it.
    pub env: Vec<(String, String)>,
    /// Program and arguments. A variable stays as it is written, `$PORT` or `${PORT:-3000}`.
    pub words: Vec<String>,
}

/// The commands that a script runs one after the other; `None` when it uses more of the shell than `&&`, `;` and `||`.
/// Of alternatives the first is taken, redirections are left out.
pub fn parse(script: &str) -> Option<Vec<Command>> {
    let mut reader = Reader::default();
    let mut characters = script.trim().chars().peekable();
    while let Some(character) = characters.next() {
        match (reader.quote, character) {
            (Some(open), _) if open == character => reader.quote = None,
            (Some('"') | None, '\\') => reader.push(characters.next()?),
            (Some('"') | None, '$') if characters.peek() == Some(&'(') => return None,
            (Some('"') | None, '`') => return None,
            (Some(_), _) => reader.push(character),
            (None, '\'' | '"') => {
                reader.quote = Some(character);
                reader.word.get_or_insert_default();
            }
            (None, '&') if characters.next_if_eq(&'&').is_some() => reader.end_command(false),
            (None, '|') if characters.next_if_eq(&'|').is_some() => reader.end_command(true),
            (None, ';' | '\n') => reader.end_command(false),
            // A stream that goes to a file has its number in front: `2> errors.log`, `2>&1`.
            (None, '>') => {
                reader.word.take_if(|word| word.chars().all(|c| c.is_ascii_digit()));
                reader.end_word();
                while characters.next_if(|c| matches!(c, '>' | '&')).is_some() {}
                while characters.next_if(|c| c.is_whitespace()).is_some() {}
                while characters.next_if(|c| !c.is_whitespace()).is_some() {}
            }
            (None, '&' | '|' | '<' | '(' | ')') => return None,
            // `$VAR` may hold blanks and braces: `${PORT:-3000}`.
            (None, _) if character.is_whitespace() => reader.end_word(),
            (None, _) => reader.push(character),
        }
    }
    if reader.quote.is_some() {
        return None;
    }
    reader.end_command(false);
    Some(reader.commands)
}

#[derive(Default)]
struct Reader {
    commands: Vec<Command>,
    words: Vec<String>,
    word: Option<String>,
    quote: Option<char>,
    /// Set after `||`: what follows runs only when the first fails.
    alternative: bool,
}

impl Reader {
    fn push(&mut self, character: char) {
        self.word.get_or_insert_default().push(character);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
    }

    fn end_command(&mut self, alternative: bool) {
        self.end_word();
        let words = std::mem::take(&mut self.words);
        if !self.alternative && !words.is_empty() {
            let assigned = words.iter().take_while(|word| assignment(word).is_some()).count();
            let env = words.iter().filter_map(|word| assignment(word)).take(assigned);
            let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            self.commands.push(Command { env, words: words[assigned..].to_vec() });
        }
        self.alternative = alternative;
    }
}

/// `NAME=value`.
pub fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let sound = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_ascii_digit());
    (sound && !name.is_empty()).then_some((name, value))
}

/// A word with its variables put in: those given, and the defaults that the word names itself. `None` when one is unknown.
pub fn expand(word: &str, known: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut text = String::new();
    let mut rest = word;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (name, default, after) = if let Some(braced) = rest.strip_prefix('{') {
            let (inside, after) = braced.split_once('}')?;
            let (name, default) = inside.split_once(":-").or_else(|| inside.split_once('-')).map_or((inside, None), |(n, d)| (n, Some(d)));
            (name, default, after)
        } else {
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (&rest[..end], None, &rest[end..])
        };
        text.push_str(&known(name).or_else(|| default.map(str::to_owned))?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(script: &str) -> Vec<Vec<String>> {
        parse(script).unwrap_or_default().into_iter().map(|command| command.words).collect()
    }

    #[test]
    fn commands_are_parted_as_a_shell_would() {
        assert_eq!(words("tsc && node dist/x.js"), [vec!["tsc"], vec!["node", "dist/x.js"]]);
        assert_eq!(words("prisma migrate deploy || true; node 'a b.js' > log 2>&1"), [vec!["prisma", "migrate", "deploy"], vec!["node", "a b.js"]]);
        assert_eq!(parse("NODE_ENV=production PORT=1 node x").unwrap()[0].env.len(), 2);
        for script in ["a | b", "a & b", "echo $(date)", "(a)", "a 'b", "a < b", "`x`"] {
            assert_eq!(parse(script), None, "{script}");
        }
    }

    #[test]
    fn variables_get_their_values_or_defaults() {
        let known = |name: &str| (name == "PORT").then(|| "3000".to_owned());
        assert_eq!(expand("-p${PORT}", known).as_deref(), Some("-p3000"));
        assert_eq!(expand("${HOST:-0.0.0.0}:$PORT", known).as_deref(), Some("0.0.0.0:3000"));
        assert_eq!(expand("$OTHER", known), None);
        assert_eq!(expand("plain", known).as_deref(), Some("plain"));
    }
}
