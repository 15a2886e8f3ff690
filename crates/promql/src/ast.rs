//! The tree of a query.

use crate::{
    Matcher,
    aggregate::Aggregation,
    binary::{Matching, Operator},
    functions::Function,
};

#[derive(Debug, Clone)]
pub enum Expr {
    Number(f64),
    Text(String),
    /// The latest sample of each series.
    Instant(Selector),
    /// The samples of the last so many milliseconds.
    Range(Selector, i64),
    Subquery(Box<Subquery>),
    Negative(Box<Expr>),
    Call(&'static Function, Vec<Expr>),
    Aggregate(Box<Aggregate>),
    Binary(Box<Binary>),
}

#[derive(Debug, Clone)]
pub struct Selector {
    /// Its place among all selectors of the query.
    pub id: usize,
    pub matchers: Vec<Matcher>,
    pub when: When,
}

/// What is moved in time, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct When {
    pub offset: i64,
    pub at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum At {
    #[default]
    Now,
    Time(i64),
    Start,
    End,
}

#[derive(Debug, Clone)]
pub struct Subquery {
    pub expr: Expr,
    pub range: i64,
    pub step: Option<i64>,
    pub when: When,
}

#[derive(Debug, Clone)]
pub struct Aggregate {
    pub how: Aggregation,
    pub parameter: Option<Expr>,
    pub expr: Expr,
    pub without: bool,
    pub labels: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Binary {
    pub operator: Operator,
    pub left: Expr,
    pub right: Expr,
    /// Comparisons come to 0 and 1 rather than choose.
    pub returns_bool: bool,
    pub matching: Matching,
}

/// What an expression comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Scalar,
    Text,
    Vector,
    Matrix,
}

impl Kind {
    /// As errors say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Text => "string",
            Self::Vector => "instant vector",
            Self::Matrix => "range vector",
        }
    }
}

impl Expr {
    pub fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Scalar,
            Self::Text(_) => Kind::Text,
            Self::Range(..) | Self::Subquery(_) => Kind::Matrix,
            Self::Instant(_) | Self::Aggregate(_) => Kind::Vector,
            Self::Negative(inner) => inner.kind(),
            Self::Call(function, _) => function.returns,
            Self::Binary(it) => match (it.left.kind(), it.right.kind()) {
                (Kind::Scalar, Kind::Scalar) => Kind::Scalar,
                _ => Kind::Vector,
            },
        }
    }
}
