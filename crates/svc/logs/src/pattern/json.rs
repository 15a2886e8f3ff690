//! `{ $.a.b[0] = "x*" && ($.n >= 5 || $.z IS NULL) }`

use std::{borrow::Cow, collections::BTreeMap};

use serde_json::Value;

use super::{
    BadPattern, MAX_DEPTH, Room, Token, TooMuch, bad,
    compare::{Operand, Operator},
    tokens,
};

#[derive(Debug)]
pub struct Selector {
    root: Expression,
}

#[derive(Debug)]
enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Test(Path, Test),
}

#[derive(Debug)]
enum Test {
    Compare(Operator, Operand),
    Exists,
    NotExists,
    IsNull,
    IsTrue,
    IsFalse,
}

/// `$.a["b"][0]`
#[derive(Debug)]
pub struct Path {
    source: String,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Member(String),
    Item(usize),
    AnyItem,
}

impl Selector {
    pub fn parse(text: &str) -> Result<Self, BadPattern> {
        let inner = text
            .strip_prefix('{')
            .and_then(|text| text.strip_suffix('}'))
            .ok_or_else(|| bad("a JSON pattern stands between { and }"))?;
        let mut parser = Parser {
            tokens: tokens(inner)?,
            at: 0,
        };
        let root = parser.either(0)?;
        if parser.at < parser.tokens.len() {
            return Err(bad("the pattern goes on after its end"));
        }
        Ok(Self { root })
    }

    pub fn matches(&self, message: &Value) -> bool {
        message.is_object() && self.root.holds(message)
    }

    pub fn extract(
        &self,
        message: &Value,
        room: &mut Room,
    ) -> Result<BTreeMap<String, String>, TooMuch> {
        let mut found = BTreeMap::new();
        self.root.collect(message, room, &mut found)?;
        Ok(found)
    }

    pub fn regexes(&self) -> usize {
        self.root.regexes()
    }
}

impl Expression {
    fn regexes(&self) -> usize {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().map(Self::regexes).sum(),
            Self::Test(_, Test::Compare(_, Operand::Regex(_))) => 1,
            Self::Test(..) => 0,
        }
    }

    fn holds(&self, value: &Value) -> bool {
        match self {
            Self::And(parts) => parts.iter().all(|part| part.holds(value)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(value)),
            Self::Test(path, test) => test.holds(&path.find(value)),
        }
    }

    fn collect(
        &self,
        value: &Value,
        room: &mut Room,
        found: &mut BTreeMap<String, String>,
    ) -> Result<(), TooMuch> {
        match self {
            Self::And(parts) | Self::Or(parts) => {
                let mut parts = parts.iter();
                parts.try_for_each(|part| part.collect(value, room, found))
            }
            // The same path has the same value.
            Self::Test(path, _) if found.contains_key(&path.source) => Ok(()),
            Self::Test(path, _) => {
                if let Some(first) = path.find(value).first() {
                    let text = match first.as_str() {
                        Some(text) => Cow::Borrowed(text),
                        None => Cow::Owned(first.to_string()),
                    };
                    room.take(&path.source, &text)?;
                    found.insert(path.source.clone(), text.into_owned());
                }
                Ok(())
            }
        }
    }
}

impl Test {
    fn holds(&self, found: &[&Value]) -> bool {
        match self {
            Self::Exists => !found.is_empty(),
            Self::NotExists => found.is_empty(),
            Self::IsNull => found.iter().any(|value| value.is_null()),
            Self::IsTrue => found.iter().any(|value| **value == Value::Bool(true)),
            Self::IsFalse => found.iter().any(|value| **value == Value::Bool(false)),
            Self::Compare(operator, operand) => found.iter().any(|value| match value {
                Value::String(text) => operand.compare_text(*operator, text),
                Value::Number(number) => operand.compare_text(*operator, &number.to_string()),
                Value::Bool(flag) => operand.compare_text(*operator, &flag.to_string()),
                _ => false,
            }),
        }
    }
}

impl Path {
    /// The first plain value at the path.
    pub fn text(&self, message: &Value) -> Option<String> {
        match self.find(message).first()? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    pub fn parse(source: &str) -> Result<Self, BadPattern> {
        let wrong = || bad(format!("{source} is not a selector such as $.name"));
        let mut rest = source.strip_prefix('$').ok_or_else(wrong)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('.') {
                let length = after.find(['.', '[']).unwrap_or(after.len());
                if length == 0 {
                    return Err(wrong());
                }
                steps.push(Step::Member(after[..length].to_owned()));
                rest = &after[length..];
            } else if let Some(after) = rest.strip_prefix("[\"") {
                let end = after.find("\"]").ok_or_else(wrong)?;
                steps.push(Step::Member(after[..end].to_owned()));
                rest = &after[end + 2..];
            } else if let Some(after) = rest.strip_prefix('[') {
                let end = after.find(']').ok_or_else(wrong)?;
                steps.push(match &after[..end] {
                    "*" => Step::AnyItem,
                    digits => Step::Item(digits.parse().map_err(|_| wrong())?),
                });
                rest = &after[end + 1..];
            } else {
                return Err(wrong());
            }
        }
        Ok(Self {
            source: source.to_owned(),
            steps,
        })
    }

    fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![value];
        for step in &self.steps {
            found = found
                .into_iter()
                .flat_map(|value| match step {
                    Step::Member(name) => value.get(name).into_iter().collect::<Vec<_>>(),
                    Step::Item(index) => value.get(index).into_iter().collect(),
                    Step::AnyItem => value
                        .as_array()
                        .map(|items| items.iter().collect())
                        .unwrap_or_default(),
                })
                .collect();
        }
        found
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn take(&mut self, wanted: &Token) -> bool {
        let there = self.tokens.get(self.at) == Some(wanted);
        self.at += usize::from(there);
        there
    }

    /// Takes a word, whatever its case.
    fn word(&mut self, wanted: &str) -> bool {
        let there = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(there);
        there
    }

    fn either(&mut self, depth: usize) -> Result<Expression, BadPattern> {
        let mut parts = vec![self.both(depth)?];
        while self.take(&Token::Or) {
            parts.push(self.both(depth)?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Expression::Or(parts)
        })
    }

    fn both(&mut self, depth: usize) -> Result<Expression, BadPattern> {
        let mut parts = vec![self.one(depth)?];
        while self.take(&Token::And) {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Expression::And(parts)
        })
    }

    fn one(&mut self, depth: usize) -> Result<Expression, BadPattern> {
        if depth > MAX_DEPTH {
            return Err(bad("parentheses nest too deep"));
        }
        if self.take(&Token::Open) {
            let inner = self.either(depth + 1)?;
            return if self.take(&Token::Close) {
                Ok(inner)
            } else {
                Err(bad("a parenthesis is not closed"))
            };
        }
        let Some(Token::Word(word)) = self.next() else {
            return Err(bad("a selector such as $.name is expected"));
        };
        let path = Path::parse(&word)?;
        Ok(Expression::Test(path, self.test()?))
    }

    fn test(&mut self) -> Result<Test, BadPattern> {
        if self.word("NOT") {
            return if self.word("EXISTS") {
                Ok(Test::NotExists)
            } else {
                Err(bad("NOT is followed by EXISTS"))
            };
        }
        if self.word("EXISTS") {
            return Ok(Test::Exists);
        }
        if self.word("IS") {
            return match self.next() {
                Some(Token::Word(word)) if word.eq_ignore_ascii_case("NULL") => Ok(Test::IsNull),
                Some(Token::Word(word)) if word.eq_ignore_ascii_case("TRUE") => Ok(Test::IsTrue),
                Some(Token::Word(word)) if word.eq_ignore_ascii_case("FALSE") => Ok(Test::IsFalse),
                _ => Err(bad("IS is followed by NULL, TRUE or FALSE")),
            };
        }
        let Some(Token::Op(operator)) = self.next() else {
            return Err(bad("an operator is expected after a selector"));
        };
        let operand = self
            .next()
            .ok_or_else(|| bad("an operator lacks its value"))?;
        Ok(Test::Compare(operator, Operand::of(&operand)?))
    }
}
