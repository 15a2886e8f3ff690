//! What rules of composite alarms and searches are made of: words, texts in quotation marks, and signs. Pure.

use crate::math::Bad;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    Sign(char),
    Word(String),
    Quoted(String),
}

impl Token {
    pub fn text(&self) -> String {
        match self {
            Self::Sign(sign) => sign.to_string(),
            Self::Word(text) | Self::Quoted(text) => text.clone(),
        }
    }
}

/// A text, read token by token.
#[derive(Debug)]
pub struct Words {
    tokens: Vec<Token>,
    at: usize,
}

impl Words {
    /// `signs` stand for themselves wherever they are. Between quotation marks a backslash before one of `escaped` is
    /// none. `endless` is said of a quotation mark without another.
    pub fn read(
        text: &str,
        signs: &[char],
        escaped: &[char],
        endless: &'static str,
    ) -> Result<Self, Bad> {
        let mut tokens = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let length;
            match first {
                sign if signs.contains(&sign) => {
                    length = sign.len_utf8();
                    tokens.push(Token::Sign(sign));
                }
                '"' | '\'' => {
                    let (inside, used) =
                        quoted(&rest[1..], first, escaped).ok_or_else(|| Bad::new(endless))?;
                    length = used + 2;
                    tokens.push(Token::Quoted(inside));
                }
                _ => {
                    let ends = |it: char| {
                        it.is_whitespace() || matches!(it, '"' | '\'') || signs.contains(&it)
                    };
                    length = rest.find(ends).unwrap_or(rest.len());
                    tokens.push(Token::Word(rest[..length].to_owned()));
                }
            }
            rest = rest[length..].trim_start();
        }
        Ok(Self { tokens, at: 0 })
    }

    pub fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    /// The next one, which is over then.
    pub fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    /// Whether that word comes next; then it is over.
    pub fn takes(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Word(it)) if it == word);
        self.at += usize::from(there);
        there
    }

    /// Whether that sign comes next; then it is over.
    pub fn takes_sign(&mut self, sign: char) -> bool {
        let there = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(there);
        there
    }
}

/// What stands before a quotation mark, and its bytes in the text.
pub fn quoted(text: &str, quote: char, escaped: &[char]) -> Option<(String, usize)> {
    let mut inside = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == quote {
            return Some((inside, at));
        }
        let plain = letters.next_if(|it| letter == '\\' && escaped.contains(&it.1));
        inside.push(plain.map_or(letter, |it| it.1));
    }
    None
}

/// The only one, or all of them as one.
pub fn one_or<T>(mut all: Vec<T>, of: fn(Vec<T>) -> T) -> T {
    match (all.pop(), all.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            all.extend(last);
            of(all)
        }
    }
}
