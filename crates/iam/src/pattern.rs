//! Texts with `*` (any run of characters) and `?` (exactly one).
//!
//! Matching walks both sides once and, on a mismatch, goes back to the last `*` only. It needs no
//! stack and at most `pattern × value` steps, whatever the two texts are.

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
}

impl Token {
    /// The meaning of `c` in a text where wildcards work.
    pub(crate) fn wild(c: char) -> Self {
        match c {
            '*' => Self::Many,
            '?' => Self::One,
            other => Self::Char(other),
        }
    }
}

/// A pattern made ready: the literal start is compared as bytes, the rest walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    prefix: Box<str>,
    rest: Box<[Token]>,
}

impl Pattern {
    /// `text` with `*` and `?` as wildcards.
    pub(crate) fn wild(text: &str) -> Self {
        Self::from_tokens(text.chars().map(Token::wild))
    }

    pub(crate) fn from_tokens(tokens: impl IntoIterator<Item = Token>) -> Self {
        let mut prefix = String::new();
        let mut rest: Vec<Token> = Vec::new();
        for token in tokens {
            match token {
                Token::Char(c) if rest.is_empty() => prefix.push(c),
                Token::Many if rest.last() == Some(&Token::Many) => {}
                other => rest.push(other),
            }
        }
        Self {
            prefix: prefix.into(),
            rest: rest.into(),
        }
    }

    pub(crate) fn matches(&self, value: &str) -> bool {
        let Some(after) = value.strip_prefix(&*self.prefix) else {
            return false;
        };
        match &*self.rest {
            [] => after.is_empty(),
            [Token::Many] => true,
            tokens => glob(tokens, after),
        }
    }

    /// The pattern as it was before it was made ready.
    pub(crate) fn tokens(&self) -> impl Iterator<Item = Token> {
        self.prefix
            .chars()
            .map(Token::Char)
            .chain(self.rest.iter().copied())
    }
}

/// Does the whole of `value` match?
pub(crate) fn glob(tokens: &[Token], value: &str) -> bool {
    let (mut step, mut at) = (0, 0);
    // Where to go on after a mismatch: the step behind the last `*`, and what it has not swallowed.
    let mut resume: Option<(usize, usize)> = None;
    loop {
        let next = value[at..].chars().next();
        match (tokens.get(step), next) {
            (None, None) => return true,
            (Some(Token::Many), _) => {
                step += 1;
                if step == tokens.len() {
                    return true;
                }
                resume = Some((step, at));
                continue;
            }
            // A longer run for an earlier `*` would leave even less of the value.
            (Some(_), None) => return false,
            (Some(Token::One), Some(c)) => {
                step += 1;
                at += c.len_utf8();
                continue;
            }
            (Some(Token::Char(wanted)), Some(c)) if *wanted == c => {
                step += 1;
                at += c.len_utf8();
                continue;
            }
            _ => {}
        }
        let Some((after_star, from)) = resume else {
            return false;
        };
        let swallowed = value[from..].chars().next().map_or(1, char::len_utf8);
        resume = Some((after_star, from + swallowed));
        (step, at) = (after_star, from + swallowed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, value: &str, expected: bool) {
        assert_eq!(
            Pattern::wild(pattern).matches(value),
            expected,
            "{pattern} ~ {value}"
        );
    }

    #[test]
    fn wildcards() {
        check("", "", true);
        check("", "a", false);
        check("*", "", true);
        check("*", "anything:at/all", true);
        check("?", "", false);
        check("?", "é", true);
        check("?", "ab", false);
        check("a*", "a", true);
        check("a*c", "abcbc", true);
        check("a*c", "abcb", false);
        check("*a?c*", "xxabcyy", true);
        check("a**b", "ab", true);
        check("a*b*c", "a-b-b-c-c", true);
        check("arn:aws:s3:::b/*", "arn:aws:s3:::b/x/y:z", true);
        check("é*ü", "éßü", true);
        check("a?", "a", false);
        check("*ab", "aab", true);
    }

    #[test]
    fn a_hostile_pattern_ends_quickly() {
        let pattern = Pattern::wild(&"*a".repeat(2_000));
        let value = "a".repeat(1_999) + "b";
        assert!(!pattern.matches(&value));
    }

    #[test]
    fn tokens_give_the_pattern_back() {
        let pattern = Pattern::wild("ab*c?");
        assert_eq!(Pattern::from_tokens(pattern.tokens()), pattern);
    }
}
