//! Words as the builder reads them: where they end, what quotes and backslashes do, what a `$` becomes.

/// Splits a line into words at blanks that are neither quoted nor escaped. Quotes and escapes stay in the words.
pub fn split(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (quote, character) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('"') | None, '\\') => {
                word.push(character);
                word.extend(characters.next());
                continue;
            }
            (None, '\'' | '"') => quote = Some(character),
            (None, _) if character.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(character);
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// A word after quotes, escapes and variables: `lookup` gives the value of a variable.
pub fn expand(word: &str, lookup: &dyn Fn(&str) -> Option<String>) -> String {
    let characters: Vec<char> = word.chars().collect();
    let mut result = String::new();
    let mut quoted = false;
    let mut at = 0;
    while at < characters.len() {
        let character = characters[at];
        at += 1;
        match character {
            '\'' if !quoted => {
                while at < characters.len() && characters[at] != '\'' {
                    result.push(characters[at]);
                    at += 1;
                }
                at += 1;
            }
            '"' => quoted = !quoted,
            '\\' => {
                let Some(&next) = characters.get(at) else {
                    // A backslash at the very end escapes nothing.
                    result.push('\\');
                    break;
                };
                // Between double quotes only what has a meaning there can be escaped.
                if quoted && !matches!(next, '"' | '$' | '\\') {
                    result.push('\\');
                }
                result.push(next);
                at += 1;
            }
            '$' => at = variable(&characters, at, &mut result, lookup),
            _ => result.push(character),
        }
    }
    result
}

/// The variable after a `$`; gives the place behind it.
fn variable(characters: &[char], at: usize, result: &mut String, lookup: &dyn Fn(&str) -> Option<String>) -> usize {
    let name_at = |from: usize| -> String {
        characters[from..].iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect()
    };
    if characters.get(at) == Some(&'{') {
        let name = name_at(at + 1);
        let close = characters[at..].iter().position(|&c| c == '}').map_or(characters.len(), |found| at + found);
        let modifier: String = characters[(at + 1 + name.chars().count()).min(close)..close].iter().collect();
        let default = modifier.strip_prefix(":-").or_else(|| modifier.strip_prefix('-'));
        *result += &lookup(&name).unwrap_or_else(|| default.unwrap_or_default().to_owned());
        return (close + 1).min(characters.len());
    }
    let name = name_at(at);
    if name.is_empty() {
        result.push('$');
        return at;
    }
    *result += &lookup(&name).unwrap_or_default();
    at + name.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_bare_blanks() {
        assert_eq!(split(r#"A=1  B="a b" C='d "e' D=f\ g"#), ["A=1", "B=\"a b\"", "C='d \"e'", "D=f\\ g"]);
    }

    #[test]
    fn quotes_escapes_and_variables() {
        let lookup = |name: &str| (name == "HOME").then(|| "/root".to_owned());
        assert_eq!(expand(r#""a \$HOME $HOME \" \n""#, &lookup), r#"a $HOME /root " \n"#);
        assert_eq!(expand(r"'a $HOME'\ \$${HOME}", &lookup), "a $HOME $/root");
        assert_eq!(expand("$UNSET-${UNSET:-x}$", &lookup), "-x$");
    }
}
