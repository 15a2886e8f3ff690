//! Regular expressions of schemas, and what is wrong with one in the words of Go, whose syntax upstream's are read by.

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::{Error, ErrorKind, Span, parse::Parser};

/// Of a compiled pattern: `[a-z]{1,253}` fits, a pattern made to be large does not.
const MOST_BYTES: usize = 128 << 10;

/// Why a pattern does not compile.
#[derive(Debug, thiserror::Error)]
pub enum BadPattern {
    #[error("error parsing regexp: {what}: `{part}`")]
    Syntax { what: &'static str, part: String },
    /// What is beyond the syntax, which is its size.
    #[error(transparent)]
    Compiling(#[from] regex::Error),
}

/// # Errors
/// It does not compile.
pub fn compile(pattern: &str) -> Result<Regex, BadPattern> {
    let compiled = RegexBuilder::new(pattern)
        .size_limit(MOST_BYTES)
        .dfa_size_limit(MOST_BYTES)
        .build();
    compiled.map_err(|error| match Parser::new().parse(pattern) {
        Err(wrong) => in_words_of_go(pattern, &wrong),
        Ok(_) => error.into(),
    })
}

fn in_words_of_go(pattern: &str, error: &Error) -> BadPattern {
    let Span { start, end } = error.span();
    let (from, to) = (start.offset, end.offset);
    let part = |from, to| pattern.get(from..to).unwrap_or(pattern);
    let (what, shown) = match error.kind() {
        ErrorKind::GroupUnclosed => ("missing closing )", pattern),
        ErrorKind::GroupUnopened => ("unexpected )", pattern),
        ErrorKind::ClassUnclosed => ("missing closing ]", part(from, pattern.len())),
        ErrorKind::ClassRangeInvalid | ErrorKind::ClassRangeLiteral => {
            ("invalid character class range", part(from, to))
        }
        // The operator is what comes next.
        ErrorKind::RepetitionMissing => (
            "missing argument to repetition operator",
            part(from, from + 1),
        ),
        ErrorKind::RepetitionCountInvalid => ("invalid repeat count", part(from, to)),
        ErrorKind::EscapeUnexpectedEof => ("trailing backslash at end of expression", ""),
        ErrorKind::EscapeUnrecognized => ("invalid escape sequence", part(from, to)),
        _ => ("invalid or unsupported Perl syntax", part(from, to)),
    };
    BadPattern::Syntax {
        what,
        part: shown.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_as_go_does() {
        for (pattern, expected) in [
            ("(", "missing closing ): `(`"),
            ("a(b", "missing closing ): `a(b`"),
            ("a)", "unexpected ): `a)`"),
            ("x[ab", "missing closing ]: `[ab`"),
            ("[z-a]", "invalid character class range: `z-a`"),
            ("*a", "missing argument to repetition operator: `*`"),
            ("a{3,1}", "invalid repeat count: `{3,1}`"),
            ("a\\", "trailing backslash at end of expression: ``"),
            (r"a\y", r"invalid escape sequence: `\y`"),
        ] {
            let told = compile(pattern).unwrap_err().to_string();
            assert_eq!(told, format!("error parsing regexp: {expected}"));
        }
        assert!(compile("^[a-z]+$").is_ok());
        let large = compile("(a{1000}){1000}").unwrap_err();
        assert!(matches!(large, BadPattern::Compiling(_)), "{large}");
        assert!(large.to_string().contains("size"), "{large}");
    }
}
