//! A command line as words: what a shell would make of quotes and backslashes, and nothing else.
//! The stock agent splits the same way and runs no shell of its own.

/// The line cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCommand {
    #[error("the command is empty")]
    Empty,
    #[error("a quote is not closed")]
    OpenQuote,
    #[error("nothing follows the last backslash")]
    OpenEscape,
}

pub fn split(line: &str) -> Result<Vec<String>, BadCommand> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next().ok_or(BadCommand::OpenQuote)? {
                        '\'' => break,
                        other => word.push(other),
                    }
                }
            }
            '"' => quoted(&mut letters, word.get_or_insert_default())?,
            '\\' => {
                let next = letters.next().ok_or(BadCommand::OpenEscape)?;
                word.get_or_insert_default().push(next);
            }
            blank if blank.is_whitespace() => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    match words.first() {
        Some(first) if !first.is_empty() => Ok(words),
        _ => Err(BadCommand::Empty),
    }
}

/// Between double quotes a backslash escapes only what would otherwise mean something.
fn quoted(letters: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), BadCommand> {
    loop {
        match letters.next().ok_or(BadCommand::OpenQuote)? {
            '"' => return Ok(()),
            '\\' => match letters.next().ok_or(BadCommand::OpenQuote)? {
                escaped @ ('"' | '\\' | '$' | '`') => word.push(escaped),
                other => word.extend(['\\', other]),
            },
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let check = |line: &str, words: &[&str]| assert_eq!(split(line).unwrap(), words, "{line}");
        check("/bin/sh", &["/bin/sh"]);
        check("  ls  -l\t/tmp ", &["ls", "-l", "/tmp"]);
        check(
            r#"sh -c 'echo "a b"; exit 3'"#,
            &["sh", "-c", r#"echo "a b"; exit 3"#],
        );
        check(
            r#"echo "it's \"so\" \n" a\ b ''"#,
            &["echo", "it's \"so\" \\n", "a b", ""],
        );
        check("echo a'b'\"c\"", &["echo", "abc"]);
    }

    #[test]
    fn what_is_no_command() {
        assert_eq!(split(" "), Err(BadCommand::Empty));
        assert_eq!(split("''"), Err(BadCommand::Empty));
        assert_eq!(split("echo 'a"), Err(BadCommand::OpenQuote));
        assert_eq!(split("echo \"a"), Err(BadCommand::OpenQuote));
        assert_eq!(split("echo \\"), Err(BadCommand::OpenEscape));
    }
}
