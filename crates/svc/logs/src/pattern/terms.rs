//! Terms in any order: `a "b c"` all, `?a ?b` any, `-a` none, `%…%` a regular expression.

use regex::Regex;

use super::{BadPattern, compare, quoted};

#[derive(Debug, Default)]
pub struct Terms {
    all: Vec<Term>,
    any: Vec<Term>,
    none: Vec<Term>,
}

#[derive(Debug)]
enum Term {
    Text(String),
    Regex(Regex),
}

impl Term {
    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Regex(_) => None,
        }
    }

    fn is_in(&self, message: &str) -> bool {
        match self {
            Self::Text(text) => message.contains(text.as_str()),
            Self::Regex(regex) => regex.is_match(message),
        }
    }
}

impl Terms {
    pub fn regexes(&self) -> usize {
        let all = self.all.iter().chain(&self.any).chain(&self.none);
        all.filter(|it| matches!(it, Term::Regex(_))).count()
    }

    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let mut terms = Self::default();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            // What a sign is for may stand behind a space.
            let after = rest.get(1..).unwrap_or_default().trim_start();
            let (sign, after) = match first {
                '?' | '-' if !after.is_empty() => (first, after),
                _ => (' ', rest),
            };
            let (term, length) = term(after)?;
            match sign {
                '?' => terms.any.push(term),
                '-' => terms.none.push(term),
                _ => terms.all.push(term),
            }
            rest = after[length..].trim_start();
        }
        Ok(terms)
    }

    /// Texts of which a message that matches has at least one; empty if nothing is known of it.
    pub fn needles(&self) -> Vec<&str> {
        if self.all.is_empty() {
            let any: Option<Vec<&str>> = self.any.iter().map(Term::text).collect();
            return any.unwrap_or_default();
        }
        let texts = self.all.iter().filter_map(Term::text);
        texts.max_by_key(|it| it.len()).into_iter().collect()
    }

    /// Beside plain terms the optional ones count for nothing.
    pub fn matches(&self, message: &str) -> bool {
        if self.none.iter().any(|term| term.is_in(message)) {
            return false;
        }
        if self.all.is_empty() && !self.any.is_empty() {
            return self.any.iter().any(|term| term.is_in(message));
        }
        self.all.iter().all(|term| term.is_in(message))
    }
}

fn term(text: &str) -> Result<(Term, usize), BadPattern> {
    if text.starts_with('"') {
        let (inner, length) = quoted(text)?;
        return Ok((Term::Text(inner), length));
    }
    if let Some(inner) = text.strip_prefix('%')
        && let Some(end) = inner.find('%')
    {
        return Ok((Term::Regex(compare::regex(&inner[..end])?), end + 2));
    }
    let length = text.find(char::is_whitespace).unwrap_or(text.len());
    Ok((Term::Text(text[..length].to_owned()), length))
}
