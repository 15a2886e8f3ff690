//! Recursive descent over the tokens: `or` binds weaker than `and`, `not` strongest.

use regex::RegexBuilder;

use super::{
    Expression, MAX_EXPRESSION_BYTES, Node, Relation, Subject, Test,
    lex::{Token, lex, operator_word},
};

/// Deepest nesting of parentheses and negations: far beyond real use, far below the stack.
const MAX_DEPTH: u32 = 32;
/// Most tests in one expression, and most values in one list.
const MAX_TESTS: u32 = 200;
/// Largest compiled pattern in bytes: `a{1000}{1000}` must not eat the server.
const MAX_PATTERN_BYTES: usize = 64 * 1024;

pub(super) fn parse(text: &str) -> Result<Expression, String> {
    if text.len() > MAX_EXPRESSION_BYTES {
        return Err(format!("longer than {MAX_EXPRESSION_BYTES} characters"));
    }
    let tokens = lex(text)?;
    let mut parser = Parser {
        tokens: tokens.into_iter().peekable(),
        tests: 0,
        by_class: true,
    };
    let root = parser.any(0)?;
    match parser.tokens.next() {
        None => Ok(Expression {
            root,
            text: text.to_owned(),
            by_class: parser.by_class,
        }),
        Some(extra) => Err(format!("unexpected {} after the expression", show(&extra))),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    tests: u32,
    by_class: bool,
}

impl Parser {
    fn any(&mut self, depth: u32) -> Result<Node, String> {
        let mut nodes = vec![self.all(depth)?];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            nodes.push(self.all(depth)?);
        }
        Ok(single_or(nodes, Node::Any))
    }

    fn all(&mut self, depth: u32) -> Result<Node, String> {
        let mut nodes = vec![self.not(depth)?];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            nodes.push(self.not(depth)?);
        }
        Ok(single_or(nodes, Node::All))
    }

    fn not(&mut self, depth: u32) -> Result<Node, String> {
        if depth > MAX_DEPTH {
            return Err("nested too deeply".to_owned());
        }
        if self.tokens.next_if_eq(&Token::Not).is_some() {
            return Ok(Node::Not(Box::new(self.not(depth + 1)?)));
        }
        if self.tokens.next_if_eq(&Token::Open).is_some() {
            let inner = self.any(depth + 1)?;
            return match self.tokens.next() {
                Some(Token::Close) => Ok(inner),
                _ => Err("a parenthesis is not closed".to_owned()),
            };
        }
        self.test()
    }

    fn test(&mut self) -> Result<Node, String> {
        self.tests += 1;
        if self.tests > MAX_TESTS {
            return Err(format!("more than {MAX_TESTS} conditions"));
        }
        let subject = subject(&self.word("a subject")?)?;
        if !matches!(subject, Subject::Attribute(_)) {
            self.by_class = false;
        }
        let operator = self.operator()?;
        let test = match operator {
            "exists" => Test::Exists(true),
            "!exists" => Test::Exists(false),
            "in" => Test::In(true, self.list()?),
            "!in" => Test::In(false, self.list()?),
            "=~" => Test::Matches(true, self.pattern()?),
            "!~" => Test::Matches(false, self.pattern()?),
            sign => Test::Compare(relation(sign)?, self.word("a value")?),
        };
        Ok(Node::Test(subject, test))
    }

    fn operator(&mut self) -> Result<&'static str, String> {
        match self.tokens.next() {
            Some(Token::Operator(sign)) => Ok(sign),
            Some(Token::Word(word)) => {
                operator_word(&word).ok_or_else(|| format!("`{word}` is no operator"))
            }
            Some(other) => Err(format!("expected an operator, found {}", show(&other))),
            None => Err("expected an operator, found the end".to_owned()),
        }
    }

    fn word(&mut self, wanted: &str) -> Result<String, String> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            Some(other) => Err(format!("expected {wanted}, found {}", show(&other))),
            None => Err(format!("expected {wanted}, found the end")),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, String> {
        if self.tokens.next_if_eq(&Token::OpenList).is_none() {
            return Err("expected a list like [a, b]".to_owned());
        }
        let mut values = Vec::new();
        loop {
            values.push(self.word("a value")?);
            match self.tokens.next() {
                Some(Token::Comma) => {}
                Some(Token::CloseList) => return Ok(values),
                _ => return Err("a list is not closed".to_owned()),
            }
        }
    }

    fn pattern(&mut self) -> Result<Box<regex::Regex>, String> {
        let pattern = self.word("a pattern")?;
        RegexBuilder::new(&format!("^(?:{pattern})$"))
            .size_limit(MAX_PATTERN_BYTES)
            .build()
            .map(Box::new)
            .map_err(|_| format!("`{pattern}` is no valid pattern"))
    }
}

fn single_or(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 {
        nodes.swap_remove(0)
    } else {
        many(nodes)
    }
}

fn subject(word: &str) -> Result<Subject, String> {
    if let Some(name) = word
        .strip_prefix("attribute:")
        .filter(|name| !name.is_empty())
    {
        return Ok(Subject::Attribute(name.to_owned()));
    }
    match word {
        "agentConnected" => Ok(Subject::AgentConnected),
        "agentVersion" => Ok(Subject::AgentVersion),
        "ec2InstanceId" => Ok(Subject::Ec2InstanceId),
        "registeredAt" => Ok(Subject::RegisteredAt),
        "runningTasksCount" => Ok(Subject::RunningTasksCount),
        "task:group" => Ok(Subject::TaskGroup),
        other => Err(format!("`{other}` is no subject")),
    }
}

fn relation(sign: &str) -> Result<Relation, String> {
    match sign {
        "==" => Ok(Relation::Equal),
        "!=" => Ok(Relation::NotEqual),
        ">" => Ok(Relation::Greater),
        ">=" => Ok(Relation::GreaterOrEqual),
        "<" => Ok(Relation::Less),
        "<=" => Ok(Relation::LessOrEqual),
        other => Err(format!("`{other}` is no operator")),
    }
}

fn show(token: &Token) -> String {
    match token {
        Token::Open => "`(`".to_owned(),
        Token::Close => "`)`".to_owned(),
        Token::OpenList => "`[`".to_owned(),
        Token::CloseList => "`]`".to_owned(),
        Token::Comma => "`,`".to_owned(),
        Token::And => "`and`".to_owned(),
        Token::Or => "`or`".to_owned(),
        Token::Not => "`not`".to_owned(),
        Token::Operator(sign) => format!("`{sign}`"),
        Token::Word(word) => format!("`{word}`"),
    }
}
