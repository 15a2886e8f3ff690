//! Alpine's: `number{.number}[letter]{_suffix[number]}[~hash][-rnumber]`.

use super::{Number, take};

/// In their order: what a longer version has more of makes it older if it is the suffix of something
/// that is not out yet, and newer otherwise.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token<'a> {
    Before(u8),
    End,
    Revision(Number<'a>),
    SuffixNumber(Number<'a>),
    After(u8),
    Letter(u8),
    /// Zeros in front make a fraction of it: more of them, less of it.
    Fraction(std::cmp::Reverse<usize>, Number<'a>),
    Number(Number<'a>),
}

/// `None` if it does not begin with a digit, or has something else at its end.
pub(super) fn read(text: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let (digits, mut rest) = take(text, |c| c.is_ascii_digit());
    if digits.is_empty() {
        return None;
    }
    tokens.push(Token::Number(Number::new(digits)));
    while let Some(after) = rest.strip_prefix('.') {
        let digits;
        (digits, rest) = take(after, |c| c.is_ascii_digit());
        if digits.is_empty() {
            return None;
        }
        let number = Number::new(digits);
        let zeros = digits.len() - number.0.len();
        tokens.push(match zeros {
            0 => Token::Number(number),
            zeros => Token::Fraction(std::cmp::Reverse(zeros), number),
        });
    }
    if let Some(letter) = rest.bytes().next().filter(u8::is_ascii_lowercase) {
        tokens.push(Token::Letter(letter));
        rest = &rest[1..];
    }
    while let Some(after) = rest.strip_prefix('_') {
        let (name, number);
        (name, rest) = take(after, |c| c.is_ascii_lowercase());
        (number, rest) = take(rest, |c| c.is_ascii_digit());
        tokens.push(suffix(name)?);
        if !number.is_empty() {
            tokens.push(Token::SuffixNumber(Number::new(number)));
        }
    }
    if let Some(after) = rest.strip_prefix('~') {
        // The hash of a commit has no place in the order.
        (_, rest) = take(after, |c| c.is_ascii_hexdigit());
    }
    if let Some(after) = rest.strip_prefix("-r") {
        let digits;
        (digits, rest) = take(after, |c| c.is_ascii_digit());
        tokens.push(Token::Revision(Number::new(digits)));
    }
    tokens.push(Token::End);
    rest.is_empty().then_some(tokens)
}

fn suffix(name: &str) -> Option<Token<'static>> {
    Some(match name {
        "alpha" => Token::Before(0),
        "beta" => Token::Before(1),
        "pre" => Token::Before(2),
        "rc" => Token::Before(3),
        "cvs" => Token::After(0),
        "svn" => Token::After(1),
        "git" => Token::After(2),
        "hg" => Token::After(3),
        "p" => Token::After(4),
        _ => return None,
    })
}
