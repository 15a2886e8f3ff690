//! Patterns with `*` (any run of characters) and `?` (exactly one), as IAM, EC2's filters and the rules
//! of load balancers have them.
//!
//! Matching walks both sides once and, on a mismatch, goes back to the last `*` only: a later `*` can
//! take everything that an earlier one could. It needs no stack and at most `pattern × value` steps,
//! for any two texts.

/// What else a pattern's text may say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Syntax {
    /// `\` takes the character behind it literally.
    pub escapes: bool,
    /// ASCII letters match in either case.
    pub fold_case: bool,
}

/// One step of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    Char(char),
    /// `?`
    One,
    /// `*`
    Many,
}

impl Token {
    /// The meaning of `c` in a text where wildcards work.
    pub fn wild(c: char) -> Self {
        match c {
            '*' => Self::Many,
            '?' => Self::One,
            other => Self::Char(other),
        }
    }
}

/// A compiled pattern: the literal start is compared as bytes, the rest walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    prefix: Box<str>,
    rest: Box<[Token]>,
    fold_case: bool,
}

impl Glob {
    /// `text` with `*` and `?` as wildcards and nothing else.
    pub fn plain(text: &str) -> Self {
        Self::new(text, Syntax::default())
    }

    /// `text` with `*` as the only wildcard.
    pub fn stars(text: &str) -> Self {
        Self::from_tokens(text.chars().map(|c| match c {
            '*' => Token::Many,
            other => Token::Char(other),
        }))
    }

    pub fn new(text: &str, syntax: Syntax) -> Self {
        let mut chars = text.chars();
        let tokens = std::iter::from_fn(|| {
            let token = match chars.next()? {
                '\\' if syntax.escapes => Token::Char(chars.next().unwrap_or('\\')),
                c => Token::wild(c),
            };
            Some(match token {
                Token::Char(c) if syntax.fold_case => Token::Char(c.to_ascii_lowercase()),
                token => token,
            })
        });
        let glob = Self::from_tokens(tokens);
        Self {
            fold_case: syntax.fold_case,
            ..glob
        }
    }

    /// A pattern that regards case, of tokens read elsewhere.
    pub fn from_tokens(tokens: impl IntoIterator<Item = Token>) -> Self {
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
            fold_case: false,
        }
    }

    /// Whether all of `value` matches.
    pub fn matches(&self, value: &str) -> bool {
        self.matches_bytes(value.as_bytes())
    }

    /// As [`Glob::matches`]; a byte that is no text counts as one character, which only wildcards match.
    pub fn matches_bytes(&self, value: &[u8]) -> bool {
        let Some((start, after)) = value.split_at_checked(self.prefix.len()) else {
            return false;
        };
        let same = if self.fold_case {
            start.eq_ignore_ascii_case(self.prefix.as_bytes())
        } else {
            start == self.prefix.as_bytes()
        };
        same && match &*self.rest {
            [] => after.is_empty(),
            [Token::Many] => true,
            tokens => walk(tokens, after, self.fold_case),
        }
    }

    /// The tokens it was made of, runs of `*` merged.
    pub fn tokens(&self) -> impl Iterator<Item = Token> {
        (self.prefix.chars().map(Token::Char)).chain(self.rest.iter().copied())
    }
}

/// Whether all of `value` matches tokens that regard case.
pub fn matches(tokens: &[Token], value: &str) -> bool {
    walk(tokens, value.as_bytes(), false)
}

fn walk(tokens: &[Token], value: &[u8], fold_case: bool) -> bool {
    let (mut step, mut at) = (0, 0);
    // Where to go on after a mismatch: the step behind the last `*`, and what it has not swallowed.
    let mut resume: Option<(usize, usize)> = None;
    loop {
        let next = first_char(&value[at..]);
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
            (Some(token), Some((c, len))) if fits(*token, c, fold_case) => {
                step += 1;
                at += len;
                continue;
            }
            _ => {}
        }
        let Some((after_star, from)) = resume else {
            return false;
        };
        let swallowed = first_char(&value[from..]).map_or(1, |(_, len)| len);
        resume = Some((after_star, from + swallowed));
        (step, at) = (after_star, from + swallowed);
    }
}

fn fits(token: Token, c: Option<char>, fold_case: bool) -> bool {
    match (token, c) {
        (Token::Char(wanted), Some(c)) if fold_case => wanted == c.to_ascii_lowercase(),
        (Token::Char(wanted), Some(c)) => wanted == c,
        (Token::Char(_), None) => false,
        (Token::One | Token::Many, _) => true,
    }
}

/// The first character and its length in bytes; a byte that begins none is `None` and one long.
fn first_char(bytes: &[u8]) -> Option<(Option<char>, usize)> {
    let len = match *bytes.first()? {
        byte @ ..0x80 => return Some((Some(char::from(byte)), 1)),
        0xc0..0xe0 => 2,
        0xe0..0xf0 => 3,
        0xf0.. => 4,
        _ => return Some((None, 1)),
    };
    let text = bytes.get(..len).and_then(|it| std::str::from_utf8(it).ok());
    match text.and_then(|text| text.chars().next()) {
        Some(c) => Some((Some(c), len)),
        None => Some((None, 1)),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(pattern: &str, value: &str, expected: bool) {
        assert_eq!(
            Glob::plain(pattern).matches(value),
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
        check("a\\*", "a\\b", true);
    }

    #[test]
    fn stars_alone_leave_question_marks_as_they_are() {
        for (pattern, value, expected) in [
            ("a?", "a?", true),
            ("a?", "ab", false),
            ("*?*", "a?b", true),
            ("a*a", "a", false),
            ("*ab", "aab", true),
            ("a**b", "ab", true),
        ] {
            assert_eq!(Glob::stars(pattern).matches(value), expected, "{pattern}");
        }
    }

    #[test]
    fn escapes_and_case_are_options() {
        let escapes = Syntax {
            escapes: true,
            fold_case: false,
        };
        for (pattern, value, expected) in [
            ("a\\*", "a*", true),
            ("a\\*", "ab", false),
            ("a\\?b", "a?b", true),
            ("a\\", "a\\", true),
            ("a\\\\*", "a\\bc", true),
        ] {
            let matched = Glob::new(pattern, escapes).matches(value);
            assert_eq!(matched, expected, "{pattern} ~ {value}");
        }
        let fold_case = Syntax {
            escapes: false,
            fold_case: true,
        };
        assert!(Glob::new("*.Example.com", fold_case).matches("WWW.example.COM"));
        assert!(Glob::new("Www.*", fold_case).matches("wWW.example.com"));
        assert!(!Glob::plain("*.Example.com").matches("www.example.com"));
    }

    #[test]
    fn bytes_that_are_no_text_match_wildcards_alone() {
        let matches = |pattern: &str, value: &[u8]| Glob::plain(pattern).matches_bytes(value);
        assert!(matches("a?b", b"a\xffb"));
        assert!(matches("*b", b"\xc3b"));
        assert!(!matches("a\u{fffd}b", b"a\xffb"));
        assert!(!matches("a?b", b"a\xff\xfeb"));
    }

    #[test]
    fn a_hostile_pattern_ends_quickly() {
        let pattern = Glob::plain(&"*a".repeat(2_000));
        let value = "a".repeat(1_999) + "b";
        assert!(!pattern.matches(&value));
    }

    #[test]
    fn tokens_give_the_pattern_back() {
        let pattern = Glob::plain("ab*c?");
        assert_eq!(Glob::from_tokens(pattern.tokens()), pattern);
    }

    /// What the words say, at any cost.
    fn naive(pattern: &[char], value: &[char]) -> bool {
        match pattern {
            [] => value.is_empty(),
            ['*', rest @ ..] => (0..=value.len()).any(|at| naive(rest, &value[at..])),
            ['\\', c, rest @ ..] => value.first() == Some(c) && naive(rest, &value[1..]),
            ['?', rest @ ..] => !value.is_empty() && naive(rest, &value[1..]),
            [c, rest @ ..] => value.first() == Some(c) && naive(rest, &value[1..]),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn agrees_with_a_naive_matcher(
            pattern in r"[abAé*?\\]{0,8}",
            value in r"[abAé*?\\]{0,10}",
            fold_case: bool,
        ) {
            let fold = |text: &str| if fold_case { text.to_ascii_lowercase() } else { text.to_owned() };
            let chars = |text: &str| fold(text).chars().collect::<Vec<char>>();
            let expected = naive(&chars(&pattern), &chars(&value));
            let glob = Glob::new(&pattern, Syntax { escapes: true, fold_case });
            prop_assert_eq!(glob.matches(&value), expected);
        }

        #[test]
        fn no_bytes_panic(pattern in ".{0,12}", value in prop::collection::vec(any::<u8>(), 0..24)) {
            let syntax = Syntax { escapes: true, fold_case: true };
            let _ = Glob::new(&pattern, syntax).matches_bytes(&value);
        }
    }
}
