//! Conditions: operators, their values, and how they meet the context (spec platform §3).

mod value;

use wharf_base::{Cidr, arn::canonical};

use crate::{
    context::Context,
    document::{ConditionElement, Effect, Malformed, Version},
    template::{Reading, Template},
};
use value::{Comparison, arn_matches};

/// One key under one operator, made ready.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    /// In lower case.
    key: Box<str>,
    /// It is about one tag (`aws:RequestTag/KEY` and the like).
    of_tag: bool,
    quantifier: Quantifier,
    if_exists: bool,
    negated: bool,
    test: Test,
}

/// `ForAllValues:`, `ForAnyValue:` or nothing before the operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quantifier {
    None,
    All,
    Any,
}

#[derive(Debug, Clone)]
enum Test {
    Text(Box<[Template]>),
    Arn(Box<[Template]>),
    Number(Comparison, Box<[f64]>),
    /// Milliseconds since 1970.
    Date(Comparison, Box<[i64]>),
    Bool(Box<[bool]>),
    Binary(Box<[Vec<u8>]>),
    Ip(Box<[Cidr]>),
    /// True: the key must be absent.
    Null(Box<[bool]>),
}

impl Condition {
    pub(crate) fn compile(element: &ConditionElement, version: Version) -> Result<Self, Malformed> {
        let (quantifier, rest) = match element.operator.split_once(':') {
            None => (Quantifier::None, element.operator.as_str()),
            Some(("ForAllValues", rest)) => (Quantifier::All, rest),
            Some(("ForAnyValue", rest)) => (Quantifier::Any, rest),
            Some(_) => return Err(Malformed::Syntax),
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let (negated, test) = operator(name, &element.values, version)?;
        if matches!(test, Test::Null(_)) && (if_exists || quantifier != Quantifier::None) {
            return Err(Malformed::Syntax);
        }
        let key: Box<str> = element.key.to_lowercase().into();
        Ok(Self {
            of_tag: key.contains("tag/"),
            key,
            quantifier,
            if_exists,
            negated,
            test,
        })
    }

    pub(crate) fn holds(&self, context: &Context, effect: Effect) -> bool {
        let values = context.values(&self.key);
        if let Test::Null(wanted) = &self.test {
            return wanted.contains(&values.is_empty());
        }
        if values.is_empty() {
            return self.if_exists
                || match self.quantifier {
                    Quantifier::All => true,
                    Quantifier::Any => false,
                    Quantifier::None => self.negated,
                };
        }
        let hit = |value: &String| self.test.hit(value, context);
        if self.of_tag && values.len() > 1 {
            // A tag has one value, so these are of keys that differ by case alone. What is right about one of them says
            // nothing of the others: an Allow needs all of them, a Deny one.
            let mut each = values.iter().map(|value| hit(value) != self.negated);
            return match effect {
                Effect::Allow => each.all(|holds| holds),
                Effect::Deny => each.any(|holds| holds),
            };
        }
        match self.quantifier {
            Quantifier::None => values.iter().any(hit) != self.negated,
            Quantifier::All => values.iter().all(|value| hit(value) != self.negated),
            Quantifier::Any => values.iter().any(|value| hit(value) != self.negated),
        }
    }
}

impl Test {
    /// Does `value` of the request agree with any value of the policy? What is not of the
    /// operator's type agrees with none.
    fn hit(&self, value: &str, context: &Context) -> bool {
        match self {
            Self::Text(wanted) => wanted.iter().any(|one| one.matches(value, context)),
            Self::Arn(wanted) => wanted.iter().any(|one| arn_matches(one, value, context)),
            Self::Number(comparison, wanted) => value::number(value)
                .is_some_and(|value| wanted.iter().any(|one| comparison.holds(&value, one))),
            Self::Date(comparison, wanted) => value::date(value)
                .is_some_and(|value| wanted.iter().any(|one| comparison.holds(&value, one))),
            Self::Bool(wanted) => {
                value::boolean(value).is_some_and(|value| wanted.contains(&value))
            }
            Self::Binary(wanted) => {
                value::binary(value).is_some_and(|value| wanted.contains(&value))
            }
            Self::Ip(wanted) => value
                .parse()
                .is_ok_and(|ip| wanted.iter().any(|range| range.admits(ip))),
            Self::Null(_) => false,
        }
    }
}

/// Whether what is compared under that operator is text, in which variables may stand.
pub(crate) fn takes_variables(operator: &str) -> bool {
    let name = operator.split_once(':').map_or(operator, |(_, name)| name);
    name.starts_with("String") || name.starts_with("Arn")
}

/// The test behind an operator's bare name, and whether it is turned around.
fn operator(name: &str, values: &[String], version: Version) -> Result<(bool, Test), Malformed> {
    let text = |wildcards, fold| {
        let reading = Reading {
            variables: version == Version::V2012,
            wildcards,
            fold,
        };
        templates(values, reading).map(Test::Text)
    };
    let arn = || {
        let reading = Reading {
            variables: version == Version::V2012,
            wildcards: true,
            fold: false,
        };
        templates(values, reading).map(Test::Arn)
    };
    let compared = |name: &str| -> Result<(bool, Comparison), Malformed> {
        Ok(match name {
            "Equals" => (false, Comparison::Equal),
            "NotEquals" => (true, Comparison::Equal),
            "LessThan" => (false, Comparison::Less),
            "LessThanEquals" => (false, Comparison::LessOrEqual),
            "GreaterThan" => (false, Comparison::Greater),
            "GreaterThanEquals" => (false, Comparison::GreaterOrEqual),
            _ => return Err(Malformed::Syntax),
        })
    };
    Ok(match name {
        "StringEquals" => (false, text(false, false)?),
        "StringNotEquals" => (true, text(false, false)?),
        "StringEqualsIgnoreCase" => (false, text(false, true)?),
        "StringNotEqualsIgnoreCase" => (true, text(false, true)?),
        "StringLike" => (false, text(true, false)?),
        "StringNotLike" => (true, text(true, false)?),
        "ArnEquals" | "ArnLike" => (false, arn()?),
        "ArnNotEquals" | "ArnNotLike" => (true, arn()?),
        "Bool" => (false, Test::Bool(all(values, value::boolean)?)),
        "Null" => (false, Test::Null(all(values, value::boolean)?)),
        "BinaryEquals" => (false, Test::Binary(all(values, value::binary)?)),
        "IpAddress" => (false, Test::Ip(all(values, range)?)),
        "NotIpAddress" => (true, Test::Ip(all(values, range)?)),
        other => {
            if let Some(rest) = other.strip_prefix("Numeric") {
                let (negated, comparison) = compared(rest)?;
                (
                    negated,
                    Test::Number(comparison, all(values, value::number)?),
                )
            } else if let Some(rest) = other.strip_prefix("Date") {
                let (negated, comparison) = compared(rest)?;
                (negated, Test::Date(comparison, all(values, value::date)?))
            } else {
                return Err(Malformed::Syntax);
            }
        }
    })
}

/// `203.0.113.0/24`, `2001:db8::/32`, or one address.
fn range(text: &str) -> Option<Cidr> {
    Cidr::or_address(text).ok()
}

fn all<T>(values: &[String], read: impl Fn(&str) -> Option<T>) -> Result<Box<[T]>, Malformed> {
    values
        .iter()
        .map(|value| read(value).ok_or(Malformed::Syntax))
        .collect()
}

fn templates(values: &[String], reading: Reading) -> Result<Box<[Template]>, Malformed> {
    values
        .iter()
        .map(|value| {
            Template::parse(&canonical(value), reading).map_err(|_| Malformed::LegacyParsing)
        })
        .collect()
}
