//! What one value of a document is compared with.

use std::net::IpAddr;

use serde_json::{Number, Value};
use wharf_base::{glob::Glob, net::Cidr};

/// One alternative of a field.
#[derive(Debug, Clone)]
pub enum Test {
    Text(Box<str>),
    Number(Figure),
    Bool(bool),
    Null,
    /// A text in either case; lower case here.
    Folded(Box<str>),
    Prefix(Box<str>),
    FoldedPrefix(Box<str>),
    Suffix(Box<str>),
    FoldedSuffix(Box<str>),
    Wildcard(Glob),
    Numeric(Between),
    Cidr(Cidr),
    /// There is a value.
    Present,
    /// There is none.
    Absent,
    /// A value that none of these fits.
    Not(Vec<Test>),
}

/// A number as it is compared exactly: by its text, so that `300` and `300.0` differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Figure {
    Whole(i128),
    /// The bits of a double.
    Broken(u64),
}

impl Figure {
    pub fn of(number: &Number) -> Self {
        let whole = number.as_i64().map(i128::from);
        match whole.or_else(|| number.as_u64().map(i128::from)) {
            Some(whole) => Self::Whole(whole),
            None => Self::Broken(number.as_f64().unwrap_or_default().to_bits()),
        }
    }
}

/// A range of numbers; an end that is included says so.
#[derive(Debug, Clone, Copy, Default)]
pub struct Between {
    pub low: Option<(f64, bool)>,
    pub high: Option<(f64, bool)>,
}

impl Between {
    fn holds(self, value: f64) -> bool {
        let above = |(end, included): (f64, bool)| value > end || (included && value == end);
        let below = |(end, included): (f64, bool)| value < end || (included && value == end);
        self.low.is_none_or(above) && self.high.is_none_or(below)
    }
}

impl Test {
    /// How many things a value is compared with.
    pub fn count(&self) -> usize {
        match self {
            Self::Not(unwanted) => unwanted.len().max(1),
            _ => 1,
        }
    }

    /// About what it takes in memory, filed in an index as well.
    pub fn bytes(&self) -> usize {
        let beside = match self {
            Self::Text(text)
            | Self::Folded(text)
            | Self::Prefix(text)
            | Self::FoldedPrefix(text)
            | Self::Suffix(text)
            | Self::FoldedSuffix(text) => 2 * text.len(),
            // Its pieces are lists of letters.
            Self::Wildcard(glob) => glob.bytes(),
            Self::Not(unwanted) => unwanted.iter().map(Self::bytes).sum(),
            _ => 0,
        };
        2 * size_of::<Self>() + beside
    }

    /// Whether a value that is neither an object nor a list fits.
    pub fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Present, _) => true,
            (Self::Absent, _) => false,
            (Self::Not(unwanted), value) => !unwanted.iter().any(|it| it.fits(value)),
            (Self::Null, Value::Null) => true,
            (Self::Bool(wanted), Value::Bool(value)) => wanted == value,
            (Self::Number(wanted), Value::Number(value)) => *wanted == Figure::of(value),
            (Self::Numeric(range), Value::Number(value)) => {
                value.as_f64().is_some_and(|it| range.holds(it))
            }
            (test, Value::String(value)) => test.fits_text(value),
            _ => false,
        }
    }

    fn fits_text(&self, value: &str) -> bool {
        match self {
            Self::Text(wanted) => **wanted == *value,
            Self::Folded(wanted) => lower(value).eq(wanted.chars()),
            Self::Prefix(start) => value.starts_with(&**start),
            Self::FoldedPrefix(start) => begins(lower(value), start.chars()),
            Self::Suffix(end) => value.ends_with(&**end),
            Self::FoldedSuffix(end) => {
                let value: String = lower(value).collect();
                value.ends_with(&**end)
            }
            Self::Wildcard(glob) => glob.matches(value),
            Self::Cidr(range) => value
                .parse::<IpAddr>()
                .is_ok_and(|address| range.admits(address)),
            _ => false,
        }
    }
}

/// A text in lower case, letter by letter.
pub fn lower(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

fn begins(mut text: impl Iterator<Item = char>, start: impl Iterator<Item = char>) -> bool {
    start.into_iter().all(|c| text.next() == Some(c))
}
