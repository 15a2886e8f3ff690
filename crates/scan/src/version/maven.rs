//! Maven's: numbers and qualifiers, by the order of "Version Order Specification" in its POM reference.

use super::{Number, take};

/// In their order. A shorter version ends where the longer one goes on: its end comes behind the
/// qualifiers of what is not released, and before all others and numbers.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Token {
    Before(u8),
    End,
    ServicePack,
    Qualifier(String),
    /// Behind a hyphen, or where letters turn to digits.
    HyphenNumber(usize, String),
    DotNumber(usize, String),
}

pub(super) fn read(text: &str) -> Vec<Token> {
    let text = text.to_ascii_lowercase();
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = text.as_str();
    let mut hyphen = false;
    while let Some(first) = rest.chars().next() {
        if first.is_ascii_digit() {
            let (digits, after) = take(rest, |c| c.is_ascii_digit());
            push_number(&mut tokens, Number::new(digits), hyphen);
            rest = after;
            // Digits that turn to letters have a hyphen between them.
            if rest.starts_with(|c: char| !matches!(c, '.' | '-' | '_')) {
                trim(&mut tokens);
            }
            hyphen = true;
        } else if matches!(first, '.' | '-' | '_') {
            hyphen = first != '.';
            if hyphen {
                trim(&mut tokens);
            }
            rest = &rest[1..];
        } else {
            let (word, after) = take(rest, |c| {
                !c.is_ascii_digit() && !matches!(c, '.' | '-' | '_')
            });
            let number_follows = after.starts_with(|c: char| c.is_ascii_digit());
            // `1.0.rc` is `1-rc`: zeros in front of a word say nothing, as those in front of a hyphen.
            trim(&mut tokens);
            tokens.push(qualifier(word, number_follows));
            rest = after;
            hyphen = true;
            if number_follows {
                trim(&mut tokens);
            }
        }
    }
    trim(&mut tokens);
    tokens.push(Token::End);
    tokens
}

fn push_number(tokens: &mut Vec<Token>, number: Number<'_>, hyphen: bool) {
    let (length, digits) = (number.0.len(), number.0.to_owned());
    tokens.push(match hyphen {
        true => Token::HyphenNumber(length, digits),
        false => Token::DotNumber(length, digits),
    });
}

/// Zeros and words that say nothing, at the end and before each hyphen.
fn trim(tokens: &mut Vec<Token>) {
    let nothing = |it: &Token| {
        matches!(
            it,
            Token::End | Token::HyphenNumber(0, _) | Token::DotNumber(0, _)
        )
    };
    while tokens.last().is_some_and(nothing) {
        tokens.pop();
    }
}

fn qualifier(word: &str, number_follows: bool) -> Token {
    match word {
        "a" if number_follows => Token::Before(0),
        "b" if number_follows => Token::Before(1),
        "m" if number_follows => Token::Before(2),
        "alpha" => Token::Before(0),
        "beta" => Token::Before(1),
        "milestone" => Token::Before(2),
        "rc" | "cr" => Token::Before(3),
        "snapshot" => Token::Before(4),
        "" | "ga" | "final" | "release" => Token::End,
        "sp" => Token::ServicePack,
        other => Token::Qualifier(other.to_owned()),
    }
}
