//! One comparison: a value of the message against one of the pattern.

use regex::Regex;

use super::{BadPattern, Token, bad};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

/// What a value is compared with.
#[derive(Debug)]
pub enum Operand {
    Number(f64, String),
    /// Pieces of a text between its `*`.
    Text(Vec<String>),
    Regex(Regex),
}

impl Operand {
    pub fn of(token: &Token) -> Result<Self, BadPattern> {
        match token {
            Token::Word(word) => Ok(match word.parse::<f64>() {
                Ok(number) if number.is_finite() => Self::Number(number, word.clone()),
                _ => Self::text(word),
            }),
            Token::Quoted(text) => Ok(Self::text(text)),
            Token::Regex(source) => regex(source).map(Self::Regex),
            _ => Err(bad("an operator lacks its value")),
        }
    }

    fn text(text: &str) -> Self {
        Self::Text(text.split('*').map(str::to_owned).collect())
    }

    /// Compares with a text of the message.
    pub fn compare_text(&self, operator: Operator, value: &str) -> bool {
        match self {
            Self::Number(number, source) => match value.parse::<f64>() {
                Ok(value) => compare_numbers(operator, value, *number),
                Err(_) => match operator {
                    Operator::Equal => value == source,
                    Operator::NotEqual => value != source,
                    _ => false,
                },
            },
            Self::Text(pieces) => match operator {
                Operator::Equal => wildcard(pieces, value),
                Operator::NotEqual => !wildcard(pieces, value),
                _ => false,
            },
            Self::Regex(regex) => match operator {
                Operator::Equal => regex.is_match(value),
                Operator::NotEqual => !regex.is_match(value),
                _ => false,
            },
        }
    }
}

fn compare_numbers(operator: Operator, left: f64, right: f64) -> bool {
    match operator {
        Operator::Equal => left == right,
        Operator::NotEqual => left != right,
        Operator::Less => left < right,
        Operator::AtMost => left <= right,
        Operator::Greater => left > right,
        Operator::AtLeast => left >= right,
    }
}

/// A compiled regular expression takes no more.
const REGEX_BYTES: usize = 256 << 10;

/// A caller's regular expression, bounded in what it may cost to compile.
pub fn regex(source: &str) -> Result<Regex, BadPattern> {
    regex::RegexBuilder::new(source)
        .size_limit(REGEX_BYTES)
        .dfa_size_limit(4 * REGEX_BYTES)
        .build()
        .map_err(|_| bad(format!("%{source}% is not a regular expression")))
}

/// Whether the pieces stand in `value` in order, the first at its start and the last at its end.
fn wildcard(pieces: &[String], value: &str) -> bool {
    let [first, rest @ ..] = pieces else {
        return false;
    };
    let Some(mut left) = value.strip_prefix(first.as_str()) else {
        return false;
    };
    let Some((last, middle)) = rest.split_last() else {
        return left.is_empty();
    };
    for piece in middle {
        match left.find(piece.as_str()) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last.as_str())
}
