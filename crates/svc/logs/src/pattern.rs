//! The filter pattern language (platform §8): terms, JSON selectors, space-delimited columns.
//!
//! Patterns come from callers: they are at most 1024 characters, nesting is bounded, and matching
//! is linear in the message but for the caller's own regular expression, which cannot backtrack.

mod columns;
mod compare;
mod json;
mod terms;

use std::{cell::OnceCell, collections::BTreeMap};

use serde_json::Value;
use wharf_insights::Needles;

/// Patterns may be so long, in characters.
pub const MAX_PATTERN: usize = 1024;
/// Parentheses may nest so deep.
const MAX_DEPTH: usize = 64;

/// The text is no pattern; the reason is for the caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadPattern(String);

/// Regular expressions of one pattern, as with AWS.
const MAX_REGEXES: usize = 2;

/// A message that is looked at; however often, it is read as JSON once.
pub struct Message<'m> {
    text: &'m str,
    json: OnceCell<Option<Value>>,
}

impl<'m> Message<'m> {
    pub fn new(text: &'m str) -> Self {
        Self {
            text,
            json: OnceCell::new(),
        }
    }

    pub fn text(&self) -> &'m str {
        self.text
    }

    fn json(&self) -> Option<&Value> {
        let read = || serde_json::from_str(self.text).ok();
        self.json.get_or_init(read).as_ref()
    }
}

/// Bytes that values may still take which patterns extract: a message has a part of the pattern's own paths as often as
/// they name it, and as many columns as it has words.
#[derive(Debug)]
pub struct Room(usize);

/// What a pattern extracts takes more than there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a filter pattern extracts too much")]
pub struct TooMuch;

/// What a value takes besides its name and its text, in memory and in an answer.
const BESIDE: usize = 64;

impl Room {
    pub fn new(bytes: usize) -> Self {
        Self(bytes)
    }

    fn take(&mut self, name: &str, value: &str) -> Result<(), TooMuch> {
        let left = self.0.checked_sub(name.len() + value.len() + BESIDE);
        self.0 = left.ok_or(TooMuch)?;
        Ok(())
    }
}

/// A part of the messages that a pattern matches.
#[derive(Debug)]
pub struct Field(Part);

#[derive(Debug)]
enum Part {
    Member(json::Path),
    Column(String),
}

impl Field {
    /// Its value in a message that the pattern matches; nothing if there is none, or no plain one.
    pub fn of(&self, pattern: &Pattern, message: &Message<'_>) -> Option<String> {
        match (&self.0, &pattern.0) {
            (Part::Member(path), _) => path.text(message.json()?),
            (Part::Column(name), Form::Columns(columns)) => {
                columns.value(message.text, name).map(str::to_owned)
            }
            (Part::Column(_), _) => None,
        }
    }
}

/// A pattern, ready to match.
#[derive(Debug)]
pub struct Pattern(Form);

#[derive(Debug)]
enum Form {
    Everything,
    Terms(terms::Terms),
    Json(json::Selector),
    Columns(columns::Columns),
}

impl Pattern {
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        if text.chars().count() > MAX_PATTERN {
            return Err(BadPattern(format!(
                "a filter pattern has at most {MAX_PATTERN} characters"
            )));
        }
        let trimmed = text.trim();
        let form = match trimmed.chars().next() {
            None => Form::Everything,
            Some('{') => Form::Json(json::Selector::parse(trimmed)?),
            Some('[') => Form::Columns(columns::Columns::parse(trimmed)?),
            Some(_) => Form::Terms(terms::Terms::parse(trimmed)?),
        };
        let regexes = match &form {
            Form::Everything => 0,
            Form::Terms(terms) => terms.regexes(),
            Form::Json(selector) => selector.regexes(),
            Form::Columns(columns) => columns.regexes(),
        };
        match regexes > MAX_REGEXES {
            true => Err(bad(format!(
                "a filter pattern has at most {MAX_REGEXES} regular expressions"
            ))),
            false => Ok(Self(form)),
        }
    }

    pub fn matches(&self, message: &Message<'_>) -> bool {
        match &self.0 {
            Form::Everything => true,
            Form::Terms(terms) => terms.matches(message.text),
            Form::Json(selector) => message.json().is_some_and(|it| selector.matches(it)),
            Form::Columns(columns) => columns.matches(message.text),
        }
    }

    /// What to look for in the bytes of messages before anything else. Stars are what a mask puts in the place of
    /// what is on disk, so that a text with stars says nothing.
    pub fn needles(&self) -> Needles {
        let texts = match &self.0 {
            Form::Terms(terms) => terms.needles(),
            Form::Everything | Form::Json(_) | Form::Columns(_) => Vec::new(),
        };
        match texts.iter().any(|it| it.contains('*')) {
            true => Needles::default(),
            false => Needles::any_of(&texts),
        }
    }

    /// The part of a message that `source` names: `$.a[0]` of JSON, `$column` of a pattern with that column.
    ///
    /// # Errors
    /// A pattern of this form has no such parts.
    pub fn field(&self, source: &str) -> Result<Field, BadPattern> {
        match &self.0 {
            Form::Json(_) if source.starts_with("$.") || source.starts_with("$[") => {
                Ok(Field(Part::Member(json::Path::parse(source)?)))
            }
            Form::Columns(columns) if columns.names(source) => {
                Ok(Field(Part::Column(source.to_owned())))
            }
            _ => Err(bad(format!(
                "{source} is not a part of what the filter pattern matches."
            ))),
        }
    }

    /// The values that the pattern names in a message it matches: columns by name, selectors by
    /// path.
    ///
    /// # Errors
    /// They take more than there is room for.
    pub fn extract(
        &self,
        message: &Message<'_>,
        room: &mut Room,
    ) -> Result<BTreeMap<String, String>, TooMuch> {
        match &self.0 {
            Form::Columns(columns) => columns.extract(message.text, room),
            Form::Json(selector) => match message.json() {
                Some(value) => selector.extract(value, room),
                None => Ok(BTreeMap::new()),
            },
            Form::Everything | Form::Terms(_) => Ok(BTreeMap::new()),
        }
    }
}

fn bad(text: impl Into<String>) -> BadPattern {
    BadPattern(text.into())
}

/// What columns and selectors are written with.
#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Op(compare::Operator),
    /// A word without quotes.
    Word(String),
    /// The text between quotes.
    Quoted(String),
    /// The expression between percent signs.
    Regex(String),
}

/// Splits the inside of `{…}` or of one column into tokens.
fn tokens(text: &str) -> Result<Vec<Token>, BadPattern> {
    use compare::Operator;
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let two = rest.get(..2).unwrap_or_default();
        let (token, length) = match (two, first) {
            ("&&", _) => (Token::And, 2),
            ("||", _) => (Token::Or, 2),
            ("!=", _) => (Token::Op(Operator::NotEqual), 2),
            ("<=", _) => (Token::Op(Operator::AtMost), 2),
            (">=", _) => (Token::Op(Operator::AtLeast), 2),
            (_, '=') => (Token::Op(Operator::Equal), 1),
            (_, '<') => (Token::Op(Operator::Less), 1),
            (_, '>') => (Token::Op(Operator::Greater), 1),
            (_, '(') => (Token::Open, 1),
            (_, ')') => (Token::Close, 1),
            (_, '"') => {
                let (inner, length) = quoted(rest)?;
                (Token::Quoted(inner), length)
            }
            (_, '%') => {
                let end = rest[1..]
                    .find('%')
                    .ok_or_else(|| bad("a regular expression lacks its closing %"))?;
                (Token::Regex(rest[1..=end].to_owned()), end + 2)
            }
            _ => {
                let length = word_length(rest);
                (Token::Word(rest[..length].to_owned()), length)
            }
        };
        found.push(token);
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

/// A word ends at white space, an operator or a parenthesis, but not within `["…"]` of a path.
fn word_length(text: &str) -> usize {
    let mut inside = false;
    let mut escaped_quote = false;
    for (at, c) in text.char_indices() {
        match c {
            '[' => inside = true,
            ']' => inside = false,
            '"' if inside => escaped_quote = !escaped_quote,
            _ if inside && escaped_quote => {}
            _ if at > 0 && (c.is_whitespace() || "=<>()\"".contains(c)) => return at,
            '!' | '&' | '|'
                if at > 0 && matches!(text[at..].get(..2), Some("!=" | "&&" | "||")) =>
            {
                return at;
            }
            _ => {}
        }
    }
    text.len()
}

/// The text between quotes, `\"` standing for a quote, and the length with both quotes.
fn quoted(text: &str) -> Result<(String, usize), BadPattern> {
    let mut inner = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((inner, at + 1)),
            '\\' => match chars.next() {
                Some((_, next @ ('"' | '\\'))) => inner.push(next),
                Some((_, next)) => {
                    inner.push('\\');
                    inner.push(next);
                }
                None => break,
            },
            c => inner.push(c),
        }
    }
    Err(bad("a quoted text lacks its closing quote"))
}

#[cfg(test)]
mod tests;
