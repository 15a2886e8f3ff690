//! Patterns with `*` (any run of characters) and `?` (exactly one), as IAM, EC2's filters and the rules
//! of load balancers have them.
//!
//! A `*` takes the shortest run behind which the piece up to the next `*` fits: a later `*` can take
//! everything that an earlier one could. So each piece is looked for from where the one before it ended,
//! and the last one at the end. Pieces of characters are found in linear time; those with `?` by sets of
//! places in the piece, 64 of them in a step. No two texts cost their lengths multiplied.

use std::collections::HashMap;

use memchr::memmem;

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

/// A compiled pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// What stands before the first wildcard.
    prefix: Box<str>,
    rest: Rest,
    fold_case: bool,
}

/// What follows the literal start of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rest {
    Nothing,
    /// A `*`, then pieces with a `*` behind each, then the end.
    Pieces {
        middle: Box<[Box<str>]>,
        end: Box<str>,
    },
    /// There is a `?`.
    Tokens(Box<[Token]>),
}

impl Rest {
    fn of(tokens: Vec<Token>) -> Self {
        if tokens.is_empty() {
            return Self::Nothing;
        }
        if tokens.contains(&Token::One) {
            return Self::Tokens(tokens.into());
        }
        // They begin with a `*`: characters before it are the prefix.
        let mut pieces = Vec::new();
        let mut piece = String::new();
        for token in tokens.into_iter().skip(1) {
            match token {
                Token::Char(c) => piece.push(c),
                Token::One | Token::Many => pieces.push(std::mem::take(&mut piece).into()),
            }
        }
        Self::Pieces {
            middle: pieces.into(),
            end: piece.into(),
        }
    }
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
            rest: Rest::of(rest),
            fold_case: false,
        }
    }

    /// About how many bytes it takes in memory beside itself.
    pub fn bytes(&self) -> usize {
        let rest = match &self.rest {
            Rest::Nothing => 0,
            Rest::Pieces { middle, end } => {
                let pieces = middle.iter().map(|it| size_of::<Box<str>>() + it.len());
                pieces.sum::<usize>() + end.len()
            }
            Rest::Tokens(tokens) => size_of_val(&**tokens),
        };
        self.prefix.len() + rest
    }

    /// What every value that matches begins with.
    pub fn prefix(&self) -> &str {
        &self.prefix
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
        if !is(start, self.prefix.as_bytes(), self.fold_case) {
            return false;
        }
        match &self.rest {
            Rest::Nothing => after.is_empty(),
            Rest::Pieces { middle, end } => has_pieces(middle, end, after, self.fold_case),
            Rest::Tokens(tokens) => has_tokens(tokens, after, self.fold_case),
        }
    }

    /// The tokens it was made of, runs of `*` merged.
    pub fn tokens(&self) -> impl Iterator<Item = Token> {
        let mut rest = Vec::new();
        match &self.rest {
            Rest::Nothing => {}
            Rest::Pieces { middle, end } => {
                for piece in middle.iter().chain([end]) {
                    rest.push(Token::Many);
                    rest.extend(piece.chars().map(Token::Char));
                }
            }
            Rest::Tokens(tokens) => rest.extend(tokens),
        }
        self.prefix.chars().map(Token::Char).chain(rest)
    }
}

/// Whether all of `value` matches tokens that regard case.
pub fn matches(tokens: &[Token], value: &str) -> bool {
    Glob::from_tokens(tokens.iter().copied()).matches(value)
}

fn is(value: &[u8], wanted: &[u8], fold_case: bool) -> bool {
    match fold_case {
        true => value.eq_ignore_ascii_case(wanted),
        false => value == wanted,
    }
}

/// Characters are where their bytes are: no character's bytes begin inside another's.
fn has_pieces(middle: &[Box<str>], end: &str, value: &[u8], fold_case: bool) -> bool {
    let Some(at) = value.len().checked_sub(end.len()) else {
        return false;
    };
    let (inner, last) = value.split_at(at);
    if !is(last, end.as_bytes(), fold_case) {
        return false;
    }
    // Nothing to look for, which is what most patterns are.
    if middle.is_empty() {
        return true;
    }
    let folded = fold_case.then(|| inner.to_ascii_lowercase());
    let mut left = folded.as_deref().unwrap_or(inner);
    middle.iter().all(|piece| {
        let found = memmem::find(left, piece.as_bytes());
        left = found.map_or(&[], |at| &left[at + piece.len()..]);
        found.is_some()
    })
}

/// A character; a byte that is none is `None`.
type Character = Option<char>;

fn has_tokens(tokens: &[Token], value: &[u8], fold_case: bool) -> bool {
    let value: Vec<Character> = characters(value, fold_case).collect();
    let mut pieces = tokens.split(|it| *it == Token::Many);
    let (first, last) = (pieces.next().unwrap_or_default(), pieces.next_back());
    let Some((start, left)) = value.split_at_checked(first.len()) else {
        return false;
    };
    let Some(last) = last else {
        return left.is_empty() && fit(first, start);
    };
    let Some(at) = left.len().checked_sub(last.len()) else {
        return false;
    };
    let (mut left, end) = left.split_at(at);
    fit(first, start)
        && fit(last, end)
        && pieces.all(|piece| {
            let end = end_of_first(piece, left);
            left = end.map_or(&[], |end| &left[end..]);
            end.is_some()
        })
}

/// Whether as many characters fit the tokens of a piece.
fn fit(piece: &[Token], value: &[Character]) -> bool {
    piece.iter().zip(value).all(|(token, c)| match token {
        Token::Char(wanted) => *c == Some(*wanted),
        Token::One | Token::Many => true,
    })
}

/// The end of the first place where a piece fits: of each beginning of the piece it is known whether it
/// ends at the character that is looked at.
fn end_of_first(piece: &[Token], value: &[Character]) -> Option<usize> {
    const BITS: usize = 64;
    let Some(last) = piece.len().checked_sub(1) else {
        return Some(0);
    };
    if value.len() < piece.len() {
        return None;
    }
    // Places of the piece that a character fits: where it stands itself, and where anything may.
    let mut anything = vec![0u64; piece.len().div_ceil(BITS)];
    let mut places: HashMap<char, Vec<usize>> = HashMap::new();
    for (at, token) in piece.iter().enumerate() {
        match token {
            Token::Char(c) => places.entry(*c).or_default().push(at),
            Token::One | Token::Many => anything[at / BITS] |= 1 << (at % BITS),
        }
    }
    let mask = |places: Vec<usize>| {
        let mut mask = anything.clone();
        (places.iter()).for_each(|at| mask[at / BITS] |= 1 << (at % BITS));
        mask
    };
    let masks = places.into_iter().map(|(c, places)| (c, mask(places)));
    let masks: HashMap<char, Vec<u64>> = masks.collect();
    let mut reached = vec![0u64; anything.len()];
    for (at, c) in value.iter().enumerate() {
        let mask = c.and_then(|c| masks.get(&c)).unwrap_or(&anything);
        // The piece may begin at each character.
        let mut carried = 1;
        for (word, mask) in reached.iter_mut().zip(mask) {
            let next = *word >> (BITS - 1);
            *word = (*word << 1 | carried) & mask;
            carried = next;
        }
        if reached[last / BITS] >> (last % BITS) & 1 == 1 {
            return Some(at + 1);
        }
    }
    None
}

fn characters(mut bytes: &[u8], fold_case: bool) -> impl Iterator<Item = Character> {
    std::iter::from_fn(move || {
        let (c, length) = first_char(bytes)?;
        bytes = &bytes[length..];
        Some(c.map(|c| match fold_case {
            true => c.to_ascii_lowercase(),
            false => c,
        }))
    })
}

/// The first character and its length in bytes; a byte that begins none is `None` and one long.
fn first_char(bytes: &[u8]) -> Option<(Character, usize)> {
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

    /// Each would take hours if a piece were tried at each place.
    #[test]
    fn long_pieces_that_nearly_fit_everywhere_end_quickly() {
        let value = "a".repeat(4_000_000);
        let piece = "a".repeat(100_000);
        for pattern in [
            format!("*{piece}b*"),
            format!("*b{piece}*"),
            format!("*{piece}b{piece}"),
        ] {
            assert!(!Glob::plain(&pattern).matches(&value));
            assert!(!Glob::plain(&pattern.replace('a', "A")).matches(&value));
        }
        let fold_case = Syntax {
            escapes: false,
            fold_case: true,
        };
        assert!(!Glob::new(&format!("*{piece}b*"), fold_case).matches(&value));
        let value = &value[..200_000];
        assert!(!Glob::plain(&format!("*{}?b*", &piece[..2_000])).matches(value));
        assert!(Glob::plain(&format!("*{}?a*", &piece[..2_000])).matches(value));
    }

    #[test]
    fn pieces_with_marks_longer_than_a_word_are_found() {
        let piece = format!("b{}?c", "a".repeat(130));
        let value = |c: char| format!("aab{}{c}cb", "a".repeat(130));
        let pattern = Glob::plain(&format!("*{piece}*"));
        assert!(pattern.matches(&value('é')));
        assert!(!pattern.matches(&value('é').replace('é', "")), "too short");
        assert!(!Glob::plain(&format!("*{piece}")).matches(&value('a')));
    }

    #[test]
    fn tokens_give_the_pattern_back() {
        for text in ["ab*c?", "ab", "*", "a*b*cd*", "*x*y", "??"] {
            let pattern = Glob::plain(text);
            assert_eq!(Glob::from_tokens(pattern.tokens()), pattern);
        }
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
        fn stars_alone_agree_with_a_naive_matcher(
            pattern in r"[abé*]{0,9}",
            value in r"[abé]{0,12}",
        ) {
            let chars = |text: &str| text.chars().collect::<Vec<char>>();
            let expected = naive(&chars(&pattern), &chars(&value));
            prop_assert_eq!(Glob::stars(&pattern).matches(&value), expected);
            let tokens: Vec<Token> = pattern.chars().map(Token::wild).collect();
            prop_assert_eq!(matches(&tokens, &value), expected);
        }

        #[test]
        fn no_bytes_panic(pattern in ".{0,12}", value in prop::collection::vec(any::<u8>(), 0..24)) {
            let syntax = Syntax { escapes: true, fold_case: true };
            let _ = Glob::new(&pattern, syntax).matches_bytes(&value);
        }
    }
}
