//! Expressions as trees. Nesting is bounded, and a chain of operators is one node however long it is, so that no
//! text takes the stack.

use std::collections::BTreeSet;

use super::Bad;

/// Calls and brackets within each other.
const DEPTH: usize = 48;

#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    Number(f64),
    Text(String),
    /// An id of the request, or a word that a function knows (`REPEAT`).
    Name(String),
    Negative(Box<Expression>),
    /// Operators of one precedence, from the left to the right.
    Chain(Box<Expression>, Vec<(Operator, Expression)>),
    /// The function's name in capitals.
    Call(String, Vec<Expression>),
    /// `[m1, m2]`
    List(Vec<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Or,
    And,
    Equal,
    Unequal,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    Plus,
    Minus,
    Times,
    Divided,
    Power,
}

impl Operator {
    /// Whether it comes to true or false.
    pub fn compares(self) -> bool {
        !matches!(
            self,
            Self::Plus | Self::Minus | Self::Times | Self::Divided | Self::Power
        )
    }
}

impl Expression {
    /// The names in it, whatever they stand for.
    pub fn names(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.walk(&mut |part| {
            if let Self::Name(name) = part {
                found.insert(name.as_str());
            }
        });
        found
    }

    /// Shows each part, the whole first.
    pub fn walk<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        match self {
            Self::Number(_) | Self::Text(_) | Self::Name(_) => {}
            Self::Negative(of) => of.walk(see),
            Self::Chain(first, rest) => {
                first.walk(see);
                rest.iter().for_each(|it| it.1.walk(see));
            }
            Self::Call(_, all) | Self::List(all) => all.iter().for_each(|it| it.walk(see)),
        }
    }
}

/// Reads an expression.
///
/// # Errors
/// It is none.
pub fn parse(text: &str) -> Result<Expression, Bad> {
    let tokens = tokens(text)?;
    let mut parser = Parser {
        tokens: &tokens,
        at: 0,
        depth: 0,
    };
    let whole = parser.binary(0)?;
    match parser.peek() {
        None => Ok(whole),
        Some(token) => Err(Bad(format!("Unexpected '{}'", token.shown()))),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Word(String),
    Sign(&'static str),
}

impl Token {
    fn shown(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) | Self::Word(text) => text.clone(),
            Self::Sign(sign) => (*sign).to_owned(),
        }
    }
}

/// Longer ones first.
const SIGNS: [&str; 20] = [
    "==", "!=", "<=", ">=", "&&", "||", "<", ">", "+", "-", "*", "/", "^", "(", ")", "[", "]", ",",
    "{", "}",
];

fn tokens(text: &str) -> Result<Vec<Token>, Bad> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length;
        if first == '\'' || first == '"' {
            let (inside, used) = quoted(rest, first)?;
            found.push(Token::Text(inside));
            length = used;
        } else if first.is_ascii_digit() || first == '.' {
            length = number_length(rest);
            let number = rest[..length]
                .parse::<f64>()
                .ok()
                .filter(|it| it.is_finite());
            let number =
                number.ok_or_else(|| Bad(format!("'{}' is no number", &rest[..length])))?;
            found.push(Token::Number(number));
        } else if first.is_ascii_alphabetic() || first == '_' {
            let word = |it: char| !(it.is_ascii_alphanumeric() || it == '_');
            length = rest.find(word).unwrap_or(rest.len());
            found.push(Token::Word(rest[..length].to_owned()));
        } else if let Some(sign) = SIGNS.into_iter().find(|it| rest.starts_with(it)) {
            length = sign.len();
            found.push(Token::Sign(sign));
        } else {
            return Err(Bad(format!("Unexpected '{first}'")));
        }
        rest = rest[length..].trim_start();
    }
    Ok(found)
}

/// What stands between quotes, and its bytes with them. A backslash is left to searches, but before such a quote.
fn quoted(text: &str, quote: char) -> Result<(String, usize), Bad> {
    let mut inside = String::new();
    let mut escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if escaped {
            if letter != quote {
                inside.push('\\');
            }
            inside.push(letter);
            escaped = false;
        } else if letter == '\\' {
            escaped = true;
        } else if letter == quote {
            return Ok((inside, at + 1));
        } else {
            inside.push(letter);
        }
    }
    Err(Bad::new("A text has no end"))
}

fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let sign_of_exponent = matches!(byte, b'+' | b'-') && matches!(bytes[at - 1], b'e' | b'E');
        let exponent = matches!(byte, b'e' | b'E')
            && bytes
                .get(at + 1)
                .is_some_and(|it| it.is_ascii_digit() || matches!(it, b'+' | b'-'));
        if !(byte.is_ascii_digit() || *byte == b'.' || exponent || at > 0 && sign_of_exponent) {
            break;
        }
        at += 1;
    }
    at
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    depth: usize,
}

/// Operators from the loosest to the tightest.
fn operator(token: &Token, level: usize) -> Option<Operator> {
    let word = match token {
        Token::Sign(sign) => *sign,
        Token::Word(word) if word.eq_ignore_ascii_case("and") => "&&",
        Token::Word(word) if word.eq_ignore_ascii_case("or") => "||",
        _ => return None,
    };
    Some(match (level, word) {
        (0, "||") => Operator::Or,
        (1, "&&") => Operator::And,
        (2, "==") => Operator::Equal,
        (2, "!=") => Operator::Unequal,
        (2, "<=") => Operator::LessOrEqual,
        (2, ">=") => Operator::GreaterOrEqual,
        (2, "<") => Operator::Less,
        (2, ">") => Operator::Greater,
        (3, "+") => Operator::Plus,
        (3, "-") => Operator::Minus,
        (4, "*") => Operator::Times,
        (4, "/") => Operator::Divided,
        _ => return None,
    })
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn take(&mut self, sign: &str) -> bool {
        let there = matches!(self.peek(), Some(Token::Sign(it)) if *it == sign);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, sign: &str) -> Result<(), Bad> {
        match self.take(sign) {
            true => Ok(()),
            false => Err(Bad(format!("'{sign}' is missing"))),
        }
    }

    fn deeper(&mut self) -> Result<(), Bad> {
        self.depth += 1;
        match self.depth > DEPTH {
            true => Err(Bad::new("The expression is nested too deeply")),
            false => Ok(()),
        }
    }

    fn binary(&mut self, level: usize) -> Result<Expression, Bad> {
        if level > 4 {
            return self.unary();
        }
        let first = self.binary(level + 1)?;
        let mut rest = Vec::new();
        while let Some(operator) = self.peek().and_then(|it| operator(it, level)) {
            self.at += 1;
            rest.push((operator, self.binary(level + 1)?));
        }
        Ok(match rest.is_empty() {
            true => first,
            false => Expression::Chain(Box::new(first), rest),
        })
    }

    fn unary(&mut self) -> Result<Expression, Bad> {
        if self.take("-") {
            self.deeper()?;
            let of = self.unary()?;
            self.depth -= 1;
            return Ok(Expression::Negative(Box::new(of)));
        }
        let base = self.primary()?;
        if !self.take("^") {
            return Ok(base);
        }
        self.deeper()?;
        // To the right: 2^3^2 is 2^9.
        let power = self.unary()?;
        self.depth -= 1;
        Ok(Expression::Chain(
            Box::new(base),
            vec![(Operator::Power, power)],
        ))
    }

    fn primary(&mut self) -> Result<Expression, Bad> {
        let token = self.peek().cloned();
        self.at += 1;
        self.deeper()?;
        let found = match token {
            Some(Token::Number(number)) => Expression::Number(number),
            Some(Token::Text(text)) => Expression::Text(text),
            Some(Token::Word(word)) if self.take("(") => {
                Expression::Call(word.to_ascii_uppercase(), self.list(")")?)
            }
            Some(Token::Word(word)) => Expression::Name(word),
            Some(Token::Sign("(")) => {
                let inside = self.binary(0)?;
                self.expect(")")?;
                inside
            }
            Some(Token::Sign("[")) => Expression::List(self.list("]")?),
            Some(other) => return Err(Bad(format!("Unexpected '{}'", other.shown()))),
            None => return Err(Bad::new("The expression ends too early")),
        };
        self.depth -= 1;
        Ok(found)
    }

    fn list(&mut self, end: &str) -> Result<Vec<Expression>, Bad> {
        let mut all = Vec::new();
        if self.take(end) {
            return Ok(all);
        }
        loop {
            all.push(self.binary(0)?);
            if self.take(end) {
                return Ok(all);
            }
            self.expect(",")?;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// With all brackets.
    fn shown(of: &Expression) -> String {
        let all = |of: &[Expression]| of.iter().map(shown).collect::<Vec<_>>().join(" ");
        match of {
            Expression::Number(number) => number.to_string(),
            Expression::Text(text) => format!("{text:?}"),
            Expression::Name(name) => name.clone(),
            Expression::Negative(of) => format!("(- {})", shown(of)),
            Expression::Chain(first, rest) => rest.iter().fold(shown(first), |left, (op, it)| {
                format!("({op:?} {left} {})", shown(it))
            }),
            Expression::Call(name, of) => format!("({name} {})", all(of)),
            Expression::List(of) => format!("[{}]", all(of)),
        }
    }

    #[test]
    fn operators_bind_as_they_do_in_aws() {
        for (text, wanted) in [
            ("m1+m2*3", "(Plus m1 (Times m2 3))"),
            ("m1-m2-m3", "(Minus (Minus m1 m2) m3)"),
            ("-m1^2", "(- (Power m1 2))"),
            ("2^3^2", "(Power 2 (Power 3 2))"),
            (
                "m1 > 5 AND m2<=1e-3 || m3",
                "(Or (And (Greater m1 5) (LessOrEqual m2 0.001)) m3)",
            ),
            ("avg([m1, m2])", "(AVG [m1 m2])"),
            ("METRICS(\"err\")/100", "(Divided (METRICS \"err\") 100)"),
            (
                r#"SEARCH('{AWS/EC2} MetricName="CPU"', 'Average', 300)"#,
                r#"(SEARCH "{AWS/EC2} MetricName=\"CPU\"" "Average" 300)"#,
            ),
            (
                r#"SEARCH('"a\\b\"" it\'s', 'Sum')"#,
                r#"(SEARCH "\"a\\\\b\\\"\" it's" "Sum")"#,
            ),
            (
                "IF(m1==0, FILL(m2, REPEAT), .5)",
                "(IF (Equal m1 0) (FILL m2 REPEAT) 0.5)",
            ),
        ] {
            assert_eq!(
                parse(text).map(|it| shown(&it)),
                Ok(wanted.to_owned()),
                "{text}"
            );
        }
        for text in [
            "", "m1 +", "m1 m2", "(m1", "f(m1", "f(m1,)", "[m1", "'x", "1..2", "m1 $ m2", "1e999",
            ")",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"(".repeat(2000)).is_err());
        assert!(parse(&"-".repeat(2000)).is_err());
        assert!(parse(&"2^".repeat(1000)).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[m1-9a-zA-Z()\\[\\],'\"+*/^<>=!&|. é-]{0,60}") {
            let _ = parse(&text);
        }
    }
}
