//! The cluster query language of placement constraints and list filters (`spec ecs §6`):
//! `attribute:ecs.instance-type =~ t2.* and not (task:group == database)`.
//!
//! Bounded in every direction: text length, nodes, nesting, size of a compiled pattern.

mod eval;
mod lex;
mod parse;

pub use eval::HostFacts;

/// Longest text accepted, in bytes; the API's own limit for an expression.
pub const MAX_EXPRESSION_BYTES: usize = 2000;

/// Most tests in one expression, and most values in one list.
const MAX_TESTS: u32 = 200;

/// What is wrong with an expression, in words for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("longer than {MAX_EXPRESSION_BYTES} characters")]
    TooLong,
    #[error("nested too deeply")]
    TooDeep,
    #[error("more than {MAX_TESTS} conditions")]
    TooMany,
    #[error("{0} is not closed")]
    NotClosed(&'static str),
    #[error("unexpected {0} after the expression")]
    Behind(String),
    #[error("expected {wanted}, found {found}")]
    Expected { wanted: &'static str, found: String },
    #[error("expected a list like [a, b]")]
    NoList,
    #[error("`{1}` is no {0}")]
    No(&'static str, String),
}

/// An expression that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Invalid expression '{expression}': {problem}")]
pub struct BadExpression {
    pub expression: String,
    pub problem: Problem,
}

/// A parsed expression.
#[derive(Debug, Clone)]
pub struct Expression {
    root: Node,
    text: String,
    /// Looks at attributes alone, so that hosts of one class answer alike.
    by_class: bool,
}

#[derive(Debug, Clone)]
enum Node {
    Not(Box<Node>),
    All(Vec<Node>),
    Any(Vec<Node>),
    Test(Subject, Test),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Subject {
    Attribute(String),
    AgentConnected,
    AgentVersion,
    Ec2InstanceId,
    RegisteredAt,
    RunningTasksCount,
    TaskGroup,
}

#[derive(Debug, Clone)]
enum Test {
    Compare(Relation, String),
    Exists(bool),
    /// Member of the list, or with `false` of none.
    In(bool, Vec<String>),
    /// Full match of the pattern, or with `false` none.
    Matches(bool, Box<regex::Regex>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

impl Expression {
    /// Reads `text`. The error's text is fit for the user.
    pub fn parse(text: &str) -> Result<Self, BadExpression> {
        parse::parse(text).map_err(|problem| {
            let expression = text.chars().take(100).collect();
            BadExpression {
                expression,
                problem,
            }
        })
    }

    /// As it was read.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn by_class(&self) -> bool {
        self.by_class
    }

    /// Whether a host with these facts satisfies the expression.
    pub fn holds(&self, host: &HostFacts<'_>) -> bool {
        eval::holds(&self.root, host)
    }
}

#[cfg(test)]
mod tests;
