//! Conditions of rules, compiled once when configured.

use http::HeaderName;
use regex::{Regex, RegexBuilder};
use wharf_base::{Cidr, Glob, glob::Syntax};
use wharf_planeproto::balancer::{Condition, QueryPattern};

use super::Subject;

/// Compiled size that a regular expression may have: AWS's values are at most 128 characters.
const REGEX_BYTES: usize = 256 * 1024;

/// Why a condition cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unusable {
    #[error("'{0}' is not a regular expression that can be used")]
    Regex(String, #[source] regex::Error),
    #[error("'{0}' is not a block of addresses")]
    Cidr(String),
    #[error("'{0}' is not a header name")]
    Header(String),
}

/// Patterns of which one must match.
#[derive(Debug)]
pub struct AnyOf {
    patterns: Vec<Glob>,
    regexes: Vec<Regex>,
}

impl AnyOf {
    fn compile(values: &[String], regexes: &[String], fold_case: bool) -> Result<Self, Unusable> {
        let compile = |text: &String| {
            RegexBuilder::new(text)
                .case_insensitive(fold_case)
                .size_limit(REGEX_BYTES)
                .build()
                .map_err(|error| Unusable::Regex(text.clone(), error))
        };
        Ok(Self {
            patterns: values.iter().map(|it| pattern(it, fold_case)).collect(),
            regexes: regexes.iter().map(compile).collect::<Result<_, _>>()?,
        })
    }

    fn matches(&self, text: &[u8]) -> bool {
        let by_pattern = self.patterns.iter().any(|it| it.matches_bytes(text));
        by_pattern
            || (!self.regexes.is_empty()
                && std::str::from_utf8(text)
                    .is_ok_and(|text| self.regexes.iter().any(|it| it.is_match(text))))
    }
}

#[derive(Debug)]
pub struct QueryCondition {
    key: Option<Glob>,
    value: Glob,
}

#[derive(Debug)]
pub enum CompiledCondition {
    Host(AnyOf),
    Path(AnyOf),
    Header(HeaderName, AnyOf),
    Method(Vec<String>),
    Query(Vec<QueryCondition>),
    Source(Vec<Cidr>),
}

impl CompiledCondition {
    pub fn compile(condition: &Condition) -> Result<Self, Unusable> {
        Ok(match condition {
            Condition::HostHeader { values, regexes } => {
                Self::Host(AnyOf::compile(values, regexes, true)?)
            }
            Condition::PathPattern { values, regexes } => {
                Self::Path(AnyOf::compile(values, regexes, false)?)
            }
            Condition::HttpHeader {
                name,
                values,
                regexes,
            } => {
                let header = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| Unusable::Header(name.clone()))?;
                Self::Header(header, AnyOf::compile(values, regexes, true)?)
            }
            Condition::HttpRequestMethod { values } => Self::Method(values.clone()),
            Condition::QueryString { values } => {
                Self::Query(values.iter().map(query_condition).collect())
            }
            Condition::SourceIp { values } => {
                let parse =
                    |text: &String| Cidr::canonical(text).map_err(|_| Unusable::Cidr(text.clone()));
                Self::Source(values.iter().map(parse).collect::<Result<_, _>>()?)
            }
        })
    }

    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Host(any) => any.matches(subject.host.as_bytes()),
            Self::Path(any) => any.matches(subject.uri.path().as_bytes()),
            Self::Header(name, any) => {
                let values = subject.headers.get_all(name);
                values.into_iter().any(|it| any.matches(it.as_bytes()))
            }
            Self::Method(methods) => methods.iter().any(|it| it == subject.method.as_str()),
            Self::Query(wanted) => {
                let query = subject.uri.query().unwrap_or_default();
                let mut pairs = query.split('&').filter(|pair| !pair.is_empty());
                pairs.any(|pair| {
                    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                    wanted.iter().any(|it| {
                        it.key.as_ref().is_none_or(|wanted| wanted.matches(key))
                            && it.value.matches(value)
                    })
                })
            }
            Self::Source(blocks) => blocks.iter().any(|block| block.admits(subject.source)),
        }
    }
}

/// `*` and `?`, and `\` before what is meant literally.
pub(super) fn pattern(text: &str, fold_case: bool) -> Glob {
    let syntax = Syntax {
        escapes: true,
        fold_case,
    };
    Glob::new(text, syntax)
}

/// Keys and values of queries are compared without regard to case.
fn query_condition(wanted: &QueryPattern) -> QueryCondition {
    QueryCondition {
        key: wanted.key.as_deref().map(|key| pattern(key, true)),
        value: pattern(&wanted.value, true),
    }
}
