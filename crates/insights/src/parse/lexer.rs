//! The words of a query.

use std::{borrow::Cow, fmt};

use super::Span;
use crate::error::Wrong;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'t> {
    /// A name or a keyword; between backticks, a name.
    Name {
        name: Cow<'t, str>,
        quoted: bool,
    },
    Text(String),
    Number(f64),
    Sign(&'static str),
    End,
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name { name, .. } => out.write_str(name),
            Self::Text(text) => write!(out, "\"{text}\""),
            Self::Number(number) => write!(out, "{number}"),
            Self::Sign(sign) => out.write_str(sign),
            Self::End => out.write_str("end of query"),
        }
    }
}

/// Longer ones first.
const SIGNS: [&str; 21] = [
    "!=", "<=", ">=", "=~", "==", "|", "(", ")", "[", "]", ",", "=", "<", ">", "+", "-", "*", "/",
    "%", ".", ":",
];

pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
    /// What was looked at and not taken, and where it ends.
    peeked: Option<(Token<'t>, Span)>,
    /// The end of what was taken last.
    pub taken: usize,
}

impl<'t> Lexer<'t> {
    pub fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            peeked: None,
            taken: 0,
        }
    }

    pub fn is_at_end(&mut self) -> Result<bool, Wrong> {
        Ok(matches!(self.peek()?.0, Token::End))
    }

    pub fn peek(&mut self) -> Result<&(Token<'t>, Span), Wrong> {
        if self.peeked.is_none() {
            let read = self.read()?;
            self.peeked = Some(read);
        }
        self.peeked
            .as_ref()
            .ok_or_else(|| Wrong::at((self.at, self.at), "end of query"))
    }

    pub fn next(&mut self) -> Result<(Token<'t>, Span), Wrong> {
        let read = match self.peeked.take() {
            Some(read) => read,
            None => self.read()?,
        };
        self.taken = read.1.1;
        Ok(read)
    }

    /// Takes a sign if it is next.
    pub fn sign(&mut self, sign: &str) -> Result<bool, Wrong> {
        let is_next = matches!(&self.peek()?.0, Token::Sign(next) if *next == sign);
        if is_next {
            self.next()?;
        }
        Ok(is_next)
    }

    pub fn expect(&mut self, sign: &'static str) -> Result<(), Wrong> {
        let (token, span) = self.next()?;
        match token == Token::Sign(sign) {
            true => Ok(()),
            false => Err(Wrong::at(
                span,
                format!("unexpected symbol found {token}: {sign} is expected"),
            )),
        }
    }

    /// Takes a keyword if it is next.
    pub fn word(&mut self, word: &str) -> Result<bool, Wrong> {
        let is_next = self.is_word(word)?;
        if is_next {
            self.next()?;
        }
        Ok(is_next)
    }

    pub fn is_word(&mut self, word: &str) -> Result<bool, Wrong> {
        Ok(match &self.peek()?.0 {
            Token::Name { name, quoted } => !quoted && name.eq_ignore_ascii_case(word),
            _ => false,
        })
    }

    /// Where the next word begins.
    pub fn start(&mut self) -> Result<usize, Wrong> {
        Ok(self.peek()?.1.0)
    }

    /// Goes on behind `end`, which is the end of a word.
    pub fn skip_to(&mut self, end: usize) {
        (self.at, self.peeked, self.taken) = (end, None, end);
    }

    /// Takes a regular expression between slashes if one is next.
    pub fn regex(&mut self) -> Result<Option<(String, Span)>, Wrong> {
        let start = self.start()?;
        if !self.text[start..].starts_with('/') {
            return Ok(None);
        }
        let mut regex = String::new();
        let mut chars = self.text[start + 1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '/' => {
                    let end = start + 1 + at + 1;
                    self.skip_to(end);
                    return Ok(Some((regex, (start, end))));
                }
                '\\' => match chars.next() {
                    Some((_, '/')) => regex.push('/'),
                    Some((_, next)) => regex.extend(['\\', next]),
                    None => break,
                },
                c => regex.push(c),
            }
        }
        let span = (start, self.text.len());
        Err(Wrong::at(span, "a regular expression lacks its closing /"))
    }

    fn read(&mut self) -> Result<(Token<'t>, Span), Wrong> {
        self.pass_space();
        let start = self.at;
        let rest = &self.text[start..];
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, (start, start)));
        };
        let token = match first {
            '"' | '\'' => self.quoted(first)?,
            '0'..='9' => self.number()?,
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.number()?,
            '^' => {
                self.at += 1;
                Token::Sign("^")
            }
            c if is_name(c) || c == '`' => self.name()?,
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => {
                    self.at += sign.len();
                    Token::Sign(sign)
                }
                None => {
                    let span = (start, start + first.len_utf8());
                    return Err(Wrong::at(span, format!("unexpected symbol found {first}")));
                }
            },
        };
        Ok((token, (start, self.at)))
    }

    /// White space, and comments to the ends of their lines.
    fn pass_space(&mut self) {
        loop {
            let rest = &self.text[self.at..];
            let trimmed = rest.trim_start();
            self.at += rest.len() - trimmed.len();
            if !trimmed.starts_with('#') {
                return;
            }
            self.at += trimmed.find('\n').unwrap_or(trimmed.len());
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Token<'t>, Wrong> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.text[start + 1..].char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                c if c == quote => {
                    self.at = start + 1 + at + 1;
                    return Ok(Token::Text(text));
                }
                '\\' => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    Some((_, next @ ('"' | '\'' | '\\' | '/'))) => text.push(next),
                    Some((_, next)) => text.extend(['\\', next]),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(Wrong::at(
            (start, self.text.len()),
            "a text lacks its closing quote",
        ))
    }

    fn number(&mut self) -> Result<Token<'t>, Wrong> {
        let rest = &self.text[self.at..];
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        let span = (self.at, self.at + end);
        let number = rest[..end].parse();
        let number = number.map_err(|_| Wrong::at(span, "this is no number"))?;
        self.at += end;
        Ok(Token::Number(number))
    }

    /// Names between dots, each as it is or between backticks.
    fn name(&mut self) -> Result<Token<'t>, Wrong> {
        let start = self.at;
        let (mut name, mut quoted) = (Cow::Borrowed(""), false);
        loop {
            let rest = &self.text[self.at..];
            let part = match rest.strip_prefix('`') {
                Some(inside) => {
                    let end = inside.find('`');
                    let end = end.ok_or_else(|| {
                        Wrong::at((start, self.text.len()), "a name lacks its closing `")
                    })?;
                    quoted = true;
                    self.at += end + 2;
                    &inside[..end]
                }
                None => {
                    let end = rest
                        .find(|c: char| !is_name(c) && c != '.')
                        .unwrap_or(rest.len());
                    self.at += end;
                    &rest[..end]
                }
            };
            match name.is_empty() {
                true => name = Cow::Borrowed(part),
                false => name.to_mut().push_str(part),
            }
            let rest = &self.text[self.at..];
            let goes_on = match rest.starts_with('`') {
                true => name.ends_with('.'),
                false => quoted && rest.starts_with('.'),
            };
            if !goes_on {
                return Ok(Token::Name { name, quoted });
            }
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '@' | '$')
}
