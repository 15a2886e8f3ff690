//! Recursive descent over the tokens: `or` binds weaker than `and`, `not` strongest.

use regex::RegexBuilder;

use super::{
    Expression, MAX_EXPRESSION_BYTES, MAX_TESTS, Node, Problem, Relation, Subject, Test,
    lex::{Token, lex, operator_word},
};

/// Deepest nesting of parentheses and negations: far beyond real use, far below the stack.
const MAX_DEPTH: u32 = 32;
/// Largest compiled pattern in bytes: `a{1000}{1000}` must not eat the server.
const MAX_PATTERN_BYTES: usize = 64 * 1024;

pub(super) fn parse(text: &str) -> Result<Expression, Problem> {
    if text.len() > MAX_EXPRESSION_BYTES {
        return Err(Problem::TooLong);
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
        Some(extra) => Err(Problem::Behind(show(&extra))),
    }
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    tests: u32,
    by_class: bool,
}

impl Parser {
    fn any(&mut self, depth: u32) -> Result<Node, Problem> {
        let mut nodes = vec![self.all(depth)?];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            nodes.push(self.all(depth)?);
        }
        Ok(single_or(nodes, Node::Any))
    }

    fn all(&mut self, depth: u32) -> Result<Node, Problem> {
        let mut nodes = vec![self.not(depth)?];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            nodes.push(self.not(depth)?);
        }
        Ok(single_or(nodes, Node::All))
    }

    fn not(&mut self, depth: u32) -> Result<Node, Problem> {
        if depth > MAX_DEPTH {
            return Err(Problem::TooDeep);
        }
        if self.tokens.next_if_eq(&Token::Not).is_some() {
            return Ok(Node::Not(Box::new(self.not(depth + 1)?)));
        }
        if self.tokens.next_if_eq(&Token::Open).is_some() {
            let inner = self.any(depth + 1)?;
            return match self.tokens.next() {
                Some(Token::Close) => Ok(inner),
                _ => Err(Problem::NotClosed("a parenthesis")),
            };
        }
        self.test()
    }

    fn test(&mut self) -> Result<Node, Problem> {
        self.tests += 1;
        if self.tests > MAX_TESTS {
            return Err(Problem::TooMany);
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

    fn operator(&mut self) -> Result<&'static str, Problem> {
        match self.tokens.next() {
            Some(Token::Operator(sign)) => Ok(sign),
            Some(Token::Word(word)) => operator_word(&word).ok_or(Problem::No("operator", word)),
            other => Err(expected("an operator", other)),
        }
    }

    fn word(&mut self, wanted: &'static str) -> Result<String, Problem> {
        match self.tokens.next() {
            Some(Token::Word(word)) => Ok(word),
            other => Err(expected(wanted, other)),
        }
    }

    fn list(&mut self) -> Result<Vec<String>, Problem> {
        if self.tokens.next_if_eq(&Token::OpenList).is_none() {
            return Err(Problem::NoList);
        }
        let mut values = Vec::new();
        loop {
            values.push(self.word("a value")?);
            match self.tokens.next() {
                Some(Token::Comma) => {}
                Some(Token::CloseList) => return Ok(values),
                _ => return Err(Problem::NotClosed("a list")),
            }
        }
    }

    fn pattern(&mut self) -> Result<Box<regex::Regex>, Problem> {
        let pattern = self.word("a pattern")?;
        RegexBuilder::new(&format!("^(?:{pattern})$"))
            .size_limit(MAX_PATTERN_BYTES)
            .build()
            .map(Box::new)
            .map_err(|_| Problem::No("valid pattern", pattern))
    }
}

fn single_or(mut nodes: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    if nodes.len() == 1 {
        nodes.swap_remove(0)
    } else {
        many(nodes)
    }
}

fn subject(word: &str) -> Result<Subject, Problem> {
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
        other => Err(Problem::No("subject", other.to_owned())),
    }
}

fn relation(sign: &str) -> Result<Relation, Problem> {
    match sign {
        "==" => Ok(Relation::Equal),
        "!=" => Ok(Relation::NotEqual),
        ">" => Ok(Relation::Greater),
        ">=" => Ok(Relation::GreaterOrEqual),
        "<" => Ok(Relation::Less),
        "<=" => Ok(Relation::LessOrEqual),
        other => Err(Problem::No("operator", other.to_owned())),
    }
}

fn expected(wanted: &'static str, found: Option<Token>) -> Problem {
    let found = found.map_or_else(|| "the end".to_owned(), |it| show(&it));
    Problem::Expected { wanted, found }
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
