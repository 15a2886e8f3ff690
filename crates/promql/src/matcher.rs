//! What a selector asks of a label.

use regex::{Regex, RegexBuilder};

use crate::{Error, Labels};

/// Bytes that an expression may take once it is compiled.
const MOST_REGEX: usize = 1 << 20;

#[derive(Debug, Clone)]
pub enum Matcher {
    Equal(String, String),
    NotEqual(String, String),
    Match(String, Regex),
    NoMatch(String, Regex),
}

impl Matcher {
    pub fn label(&self) -> &str {
        match self {
            Self::Equal(name, _)
            | Self::NotEqual(name, _)
            | Self::Match(name, _)
            | Self::NoMatch(name, _) => name,
        }
    }

    pub fn fits(&self, labels: &Labels) -> bool {
        self.fits_value(labels.get(self.label()))
    }

    pub(crate) fn fits_value(&self, value: &str) -> bool {
        match self {
            Self::Equal(_, wanted) => value == wanted,
            Self::NotEqual(_, other) => value != other,
            Self::Match(_, regex) => regex.is_match(value),
            Self::NoMatch(_, regex) => !regex.is_match(value),
        }
    }
}

/// An expression that the whole of a value must match.
pub(crate) fn anchored(text: &str) -> Result<Regex, Error> {
    let whole = format!("^(?s:{text})$");
    let built = RegexBuilder::new(&whole).size_limit(MOST_REGEX).build();
    // The text alone must be one too: `a)|(b` is not.
    let alone = RegexBuilder::new(text).size_limit(MOST_REGEX).build();
    alone.and(built).map_err(|_| {
        Error::parse(format_args!(
            "invalid or too large regular expression {text:?}"
        ))
    })
}
