//! The text of label selectors.

use super::labels::{BadLabels, Operator, Requirement, key_fault, requirement};

/// The requirements a text makes, in its order.
pub fn requirements(text: &str) -> Result<Vec<Requirement>, BadLabels> {
    Parser::new(text).requirements()
}

/// The operators between a key and a value, as a message lists them.
const OPERATORS: &str = "in, notin, =, ==, !=, gt, lt";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// `in` and `notin` are words where a value is expected.
    In,
    NotIn,
    Not,
    Equals,
    NotEquals,
    Greater,
    Less,
    Open,
    Close,
    Comma,
    End,
}

impl<'a> Token<'a> {
    const fn text(self) -> &'a str {
        match self {
            Self::Word(word) => word,
            Self::In => "in",
            Self::NotIn => "notin",
            Self::Not => "!",
            Self::Equals => "=",
            Self::NotEquals => "!=",
            Self::Greater => ">",
            Self::Less => "<",
            Self::Open => "(",
            Self::Close => ")",
            Self::Comma => ",",
            Self::End => "",
        }
    }

    const fn as_value(self) -> Self {
        match self {
            Self::In => Self::Word("in"),
            Self::NotIn => Self::Word("notin"),
            other => other,
        }
    }
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut rest = text.trim_start_matches(blank);
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            ',' => (Token::Comma, 1),
            '>' => (Token::Greater, 1),
            '<' => (Token::Less, 1),
            '!' if rest.starts_with("!=") => (Token::NotEquals, 2),
            '!' => (Token::Not, 1),
            '=' if rest.starts_with("==") => (Token::Equals, 2),
            '=' => (Token::Equals, 1),
            _ => {
                let end = rest
                    .find(|c| blank(c) || "=!(),><".contains(c))
                    .unwrap_or(rest.len());
                let token = match &rest[..end] {
                    "in" => Token::In,
                    "notin" => Token::NotIn,
                    word => Token::Word(word),
                };
                (token, end)
            }
        };
        out.push(token);
        rest = rest[length..].trim_start_matches(blank);
    }
    out.push(Token::End);
    out
}

fn unexpected(found: Token<'_>, expected: &'static str) -> BadLabels {
    BadLabels::Unexpected {
        found: found.text().to_owned(),
        expected,
    }
}

const fn blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    at: usize,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            tokens: tokens(text),
            at: 0,
        }
    }

    fn peek(&self) -> Token<'a> {
        self.tokens.get(self.at).copied().unwrap_or(Token::End)
    }

    fn next(&mut self) -> Token<'a> {
        let token = self.peek();
        self.at += 1;
        token
    }

    fn requirements(&mut self) -> Result<Vec<Requirement>, BadLabels> {
        let mut out = Vec::new();
        loop {
            match self.peek().as_value() {
                Token::End => return Ok(out),
                Token::Word(_) | Token::Not => {
                    out.push(
                        self.requirement()
                            .map_err(|why| BadLabels::Part(Box::new(why)))?,
                    );
                    match self.next().as_value() {
                        Token::End => return Ok(out),
                        Token::Comma => match self.peek().as_value() {
                            Token::Word(_) | Token::Not => {}
                            other => {
                                return Err(unexpected(other, "identifier after ','"));
                            }
                        },
                        other => {
                            return Err(unexpected(other, "',' or 'end of string'"));
                        }
                    }
                }
                other => {
                    return Err(unexpected(other, "!, identifier, or 'end of string'"));
                }
            }
        }
    }

    fn requirement(&mut self) -> Result<Requirement, BadLabels> {
        let mut token = self.next().as_value();
        let absent = token == Token::Not;
        if absent {
            token = self.next().as_value();
        }
        let Token::Word(key) = token else {
            return Err(unexpected(token, "identifier"));
        };
        if let Some(fault) = key_fault(key, "<nil>") {
            return Err(BadLabels::Requirement(vec![fault]));
        }
        let key = key.to_owned();
        if absent {
            return requirement(key, Operator::DoesNotExist, Vec::new());
        }
        if matches!(self.peek(), Token::End | Token::Comma) {
            return requirement(key, Operator::Exists, Vec::new());
        }
        let operator = self.next();
        match operator {
            Token::In => requirement(key, Operator::In, self.values()?),
            Token::NotIn => requirement(key, Operator::NotIn, self.values()?),
            Token::Equals => requirement(key, Operator::In, self.value()?),
            Token::NotEquals => requirement(key, Operator::NotIn, self.value()?),
            Token::Greater => requirement(key, Operator::GreaterThan, self.value()?),
            Token::Less => requirement(key, Operator::LessThan, self.value()?),
            other => Err(unexpected(other, OPERATORS)),
        }
    }

    fn value(&mut self) -> Result<Vec<String>, BadLabels> {
        if matches!(self.peek(), Token::End | Token::Comma) {
            return Ok(vec![String::new()]);
        }
        match self.next().as_value() {
            Token::Word(word) => Ok(vec![word.to_owned()]),
            other => Err(unexpected(other, "identifier")),
        }
    }

    /// `(a,b,)`: an empty place is an empty value.
    fn values(&mut self) -> Result<Vec<String>, BadLabels> {
        match self.next() {
            Token::Open => {}
            other => return Err(BadLabels::NoList(other.as_value().text().to_owned())),
        }
        let mut out = Vec::new();
        let mut expects = true;
        loop {
            match self.next().as_value() {
                Token::Word(word) if expects => {
                    out.push(word.to_owned());
                    expects = false;
                }
                Token::Comma => {
                    if expects {
                        out.push(String::new());
                    }
                    expects = true;
                }
                Token::Close => {
                    if expects {
                        out.push(String::new());
                    }
                    out.sort_unstable();
                    out.dedup();
                    return Ok(out);
                }
                other if expects => {
                    return Err(unexpected(other, "',', ')' or identifier"));
                }
                other => return Err(unexpected(other, "',' or ')'")),
            }
        }
    }
}
