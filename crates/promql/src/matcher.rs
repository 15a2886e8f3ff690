//! What a selector asks of a label.

use std::collections::HashMap;

use regex::{Regex, RegexBuilder};

use crate::{Error, Labels};

/// Bytes that an expression may take once it is compiled, from small to large, and that all of a query may.
const SIZES: [usize; 4] = [8 << 10, 64 << 10, 256 << 10, 1 << 20];
const MOST_OF_ALL: usize = 2 << 20;
/// States that matching remembers.
const MOST_CACHED: usize = 256 << 10;
const MOST_REGEXES: usize = 64;
/// Bytes of the text of one.
const LONGEST_REGEX: usize = 16 << 10;
/// Letters of it in an error.
const SHOWN: usize = 256;

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

/// The expressions of a query, or of all texts of a request: bounded together, and each text compiled once.
#[derive(Debug)]
pub(crate) struct Regexes {
    compiled: HashMap<String, Regex>,
    left: usize,
}

impl Default for Regexes {
    fn default() -> Self {
        Self {
            compiled: HashMap::new(),
            left: MOST_OF_ALL,
        }
    }
}

impl Regexes {
    /// One that the whole of a value must match.
    pub fn get(&mut self, text: &str) -> Result<Regex, Error> {
        if let Some(known) = self.compiled.get(text) {
            return Ok(known.clone());
        }
        if self.compiled.len() == MOST_REGEXES {
            return Err(Error::parse(format_args!(
                "a query has {MOST_REGEXES} regular expressions at most"
            )));
        }
        let bad = || {
            let shown: String = text.chars().take(SHOWN).collect();
            Error::parse(format_args!(
                "invalid or too large regular expression {shown:?}"
            ))
        };
        if text.len() > LONGEST_REGEX {
            return Err(bad());
        }
        // What a compiled expression takes is not told, but whether it fits.
        for size in SIZES.into_iter().filter(|it| *it <= self.left) {
            match anchored(text, size) {
                Ok(regex) => {
                    self.left -= size;
                    self.compiled.insert(text.to_owned(), regex.clone());
                    return Ok(regex);
                }
                Err(regex::Error::CompiledTooBig(_)) => {}
                Err(_) => return Err(bad()),
            }
        }
        Err(bad())
    }
}

fn anchored(text: &str, size: usize) -> Result<Regex, regex::Error> {
    let build = |text: &str| {
        let mut builder = RegexBuilder::new(text);
        builder.size_limit(size).dfa_size_limit(MOST_CACHED).build()
    };
    // The text alone must be one too: `a)|(b` is not.
    build(text)?;
    build(&format!("^(?s:{text})$"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_bounded_together() {
        let mut small = Regexes::default();
        for number in 0..MOST_REGEXES {
            small.get(&format!("api-{number}.*")).unwrap();
        }
        small.get("api-0.*").unwrap();
        small.get("one more").unwrap_err();

        let mut large = Regexes::default();
        let compiled = (2..100).take_while(|many| large.get(&format!(r"\w{{{many}}}")).is_ok());
        let compiled = compiled.count();
        assert!((2..20).contains(&compiled), "{compiled}");
        small.get(&"a".repeat(LONGEST_REGEX + 1)).unwrap_err();
    }

    #[test]
    fn the_whole_of_a_value_matches_and_a_text_is_an_expression_by_itself() {
        let mut all = Regexes::default();
        let regex = all.get("a|b.").unwrap();
        assert!(regex.is_match("b\n") && !regex.is_match("ab"));
        all.get("a)|(b").unwrap_err();
    }
}
