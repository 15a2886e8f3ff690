//! Words and signs of the query language.

use super::Problem;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    OpenList,
    CloseList,
    Comma,
    And,
    Or,
    Not,
    /// `==`, `=~`, `!exists` … as written.
    Operator(&'static str),
    /// A bare or quoted word.
    Word(String),
}

/// Signs, longest first, so that `>=` is not read as `>`.
const SIGNS: &[(&str, Token)] = &[
    ("&&", Token::And),
    ("||", Token::Or),
    ("==", Token::Operator("==")),
    ("!=", Token::Operator("!=")),
    (">=", Token::Operator(">=")),
    ("<=", Token::Operator("<=")),
    ("=~", Token::Operator("=~")),
    ("!~", Token::Operator("!~")),
    (">", Token::Operator(">")),
    ("<", Token::Operator("<")),
    ("(", Token::Open),
    (")", Token::Close),
    ("[", Token::OpenList),
    ("]", Token::CloseList),
    (",", Token::Comma),
];

/// Words that are operators where an operator stands, with the form the parser knows.
const WORDS: &[(&str, &str)] = &[
    ("equals", "=="),
    ("not_equals", "!="),
    ("greater_than", ">"),
    ("greater_than_equal", ">="),
    ("less_than", "<"),
    ("less_than_equal", "<="),
    ("exists", "exists"),
    ("!exists", "!exists"),
    ("not_exists", "!exists"),
    ("in", "in"),
    ("!in", "!in"),
    ("not_in", "!in"),
    ("matches", "=~"),
    ("not_matches", "!~"),
];

/// The operator a bare word stands for.
pub(super) fn operator_word(word: &str) -> Option<&'static str> {
    WORDS
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, sign)| *sign)
}

pub(super) fn lex(text: &str) -> Result<Vec<Token>, Problem> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, len) = match first {
            '\'' | '"' => quoted(rest, first)?,
            _ if after_match(tokens.last()) => bare(rest, true),
            _ => match SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
                Some((sign, token)) => (token.clone(), sign.len()),
                None => bare(rest, false),
            },
        };
        tokens.push(token);
        rest = rest[len..].trim_start();
    }
    Ok(tokens)
}

fn quoted(rest: &str, quote: char) -> Result<(Token, usize), Problem> {
    let inner = &rest[1..];
    let end = inner.find(quote).ok_or(Problem::NotClosed("a quotation"))?;
    Ok((Token::Word(inner[..end].to_owned()), end + 2))
}

/// Whether a pattern comes next.
fn after_match(previous: Option<&Token>) -> bool {
    match previous {
        Some(Token::Operator(sign)) => matches!(*sign, "=~" | "!~"),
        Some(Token::Word(word)) => matches!(operator_word(word), Some("=~" | "!~")),
        _ => false,
    }
}

/// A bare word. After `=~` and `!~` it is a pattern, which may hold brackets and bars and ends at
/// white space or at the parenthesis that closes the group around it.
fn bare(rest: &str, pattern: bool) -> (Token, usize) {
    if rest.starts_with('!') && !pattern {
        for word in ["!exists", "!in"] {
            let after = rest.strip_prefix(word);
            if after.is_some_and(|a| !a.starts_with(|c: char| c.is_alphanumeric())) {
                return (Token::Word(word.to_owned()), word.len());
            }
        }
        return (Token::Not, 1);
    }
    let mut depth = 0_u32;
    let mut ends = |c: char| match c {
        _ if c.is_whitespace() => true,
        '(' if pattern => {
            depth += 1;
            false
        }
        ')' if pattern && depth > 0 => {
            depth -= 1;
            false
        }
        ')' => true,
        '(' | '[' | ']' | ',' | '&' | '|' | '=' | '<' | '>' => !pattern,
        _ => false,
    };
    // At least one character, so that the caller always moves on.
    let mut chars = rest.char_indices();
    let len = chars
        .find(|(at, c)| ends(*c) && *at > 0)
        .map_or(rest.len(), |(at, _)| at);
    let word = &rest[..len];
    let token = match word {
        "and" => Token::And,
        "or" => Token::Or,
        "not" => Token::Not,
        _ => Token::Word(word.to_owned()),
    };
    (token, len)
}
