//! `SOURCE logGroups(namePrefix: ["a", "b"], class: ["STANDARD"])`: which log groups a query is about.

use super::{Parser, Token};
use crate::{error::Wrong, plan::Selection};

/// Prefixes of one query and their shortest length, as with AWS.
const MOST_PREFIXES: usize = 5;
const SHORTEST_PREFIX: usize = 3;
const CLASSES: [&str; 2] = ["STANDARD", "INFREQUENT_ACCESS"];

impl Parser<'_> {
    pub(super) fn source(&mut self) -> Result<Selection, Wrong> {
        if !self.lexer.word("logGroups")? {
            let (token, span) = self.lexer.next()?;
            let message = format!("unexpected symbol found {token}: logGroups is expected");
            return Err(Wrong::at(span, message));
        }
        self.lexer.expect("(")?;
        let mut selection = Selection::default();
        while !self.lexer.sign(")")? {
            self.selected(&mut selection)?;
            if !self.lexer.sign(",")? {
                self.lexer.expect(")")?;
                break;
            }
        }
        Ok(selection)
    }

    /// One member of the selection.
    fn selected(&mut self, selection: &mut Selection) -> Result<(), Wrong> {
        let (token, span) = self.lexer.next()?;
        let member = match &token {
            Token::Name { name, .. } => name.to_ascii_lowercase(),
            _ => String::new(),
        };
        match &*member {
            "nameprefix" | "class" => self.lexer.expect(":")?,
            "accountidentifier" | "accountidentifiers" => {
                let message = format!("{token} is not supported by this version of wharf.");
                return Err(Wrong::at(span, message));
            }
            _ => {
                let message =
                    format!("unexpected symbol found {token}: namePrefix or class is expected");
                return Err(Wrong::at(span, message));
            }
        }
        let start = self.lexer.start()?;
        let texts = self.texts()?;
        let span = (start, self.lexer.taken);
        let is_prefix = member == "nameprefix";
        if is_prefix {
            if texts.len() > MOST_PREFIXES {
                let message = format!("namePrefix has at most {MOST_PREFIXES} prefixes");
                return Err(Wrong::at(span, message));
            }
            if texts.iter().any(|it| it.chars().count() < SHORTEST_PREFIX) {
                let message = format!("a prefix has at least {SHORTEST_PREFIX} characters");
                return Err(Wrong::at(span, message));
            }
        } else if texts.iter().any(|it| !CLASSES.contains(&&**it)) {
            return Err(Wrong::at(span, "a class is STANDARD or INFREQUENT_ACCESS"));
        }
        match is_prefix {
            true => selection.prefixes = texts,
            false => selection.classes = texts,
        }
        Ok(())
    }

    /// `["a", "b"]`; at least one.
    fn texts(&mut self) -> Result<Vec<String>, Wrong> {
        self.lexer.expect("[")?;
        let mut texts = Vec::new();
        loop {
            match self.lexer.next()? {
                (Token::Text(text), _) => texts.push(text),
                (token, span) => {
                    let message = format!("unexpected symbol found {token}: a text is expected");
                    return Err(Wrong::at(span, message));
                }
            }
            if !self.lexer.sign(",")? {
                self.lexer.expect("]")?;
                return Ok(texts);
            }
        }
    }
}
