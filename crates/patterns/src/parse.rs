//! Reads patterns, and says why something is none.

use std::sync::Arc;

use serde_json::{Map, Value};
use wharf_base::{
    glob::{Glob, Token},
    net::Cidr,
};

use crate::{
    condition::{Alternative, Condition, Pattern},
    test::{Between, Figure, Test, lower},
};

/// Combinations that the `$or`s of one pattern may make.
const MOST_ALTERNATIVES: usize = 1000;
/// Names of fields in all combinations together: each has what all have in common, at some hundred bytes a name.
const MOST_NAMES: usize = 40_000;
/// What numbers are compared within.
const MOST: f64 = 5e9;
/// Names of operators, which no alternative of a `$or` has as fields.
const OPERATORS: [&str; 9] = [
    "anything-but",
    "cidr",
    "equals-ignore-case",
    "exactly",
    "exists",
    "numeric",
    "prefix",
    "suffix",
    "wildcard",
];

/// Why a text is no pattern, in EventBridge's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAPattern(pub String);

type Read<T> = Result<T, NotAPattern>;

fn no<T>(reason: impl Into<String>) -> Read<T> {
    Err(NotAPattern(reason.into()))
}

impl Pattern {
    /// Reads a pattern. Of a field that is there twice, the last counts.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, NotAPattern> {
        match serde_json::from_str(text) {
            Ok(value) => Self::of(&value),
            Err(error) => no(format!("{error}")),
        }
    }

    /// The pattern that a document is.
    ///
    /// # Errors
    /// It is none.
    pub fn of(value: &Value) -> Result<Self, NotAPattern> {
        let Value::Object(fields) = value else {
            return no("Filter is not an object");
        };
        let all = conditions(fields, &mut Vec::new())?;
        let names = all.iter().flatten().map(|it| it.path.len());
        if names.sum::<usize>() > MOST_NAMES {
            return too_complex();
        }
        Ok(Self {
            alternatives: all.into_iter().map(Alternative::new).collect(),
        })
    }
}

/// Those that must all hold.
type Conditions = Vec<Arc<Condition>>;

/// The conditions of an object, once for each combination of its `$or`s.
fn conditions(fields: &Map<String, Value>, path: &mut Vec<String>) -> Read<Vec<Conditions>> {
    if fields.is_empty() {
        return no("Empty objects are not allowed");
    }
    let mut all = vec![Vec::new()];
    for (name, value) in fields {
        if let Some(choices) = choices(name, value) {
            let mut chosen = Vec::new();
            for choice in choices {
                chosen.extend(conditions(choice, path)?);
                bounded(chosen.len())?;
            }
            all = combined(all, &chosen)?;
            continue;
        }
        path.push(name.clone());
        match value {
            Value::Object(inner) => all = combined(all, &conditions(inner, path)?)?,
            Value::Array(tests) => {
                if tests.is_empty() {
                    return no("Empty arrays are not allowed");
                }
                let condition = Arc::new(Condition {
                    path: path.clone(),
                    tests: tests.iter().map(test).collect::<Read<_>>()?,
                });
                all.iter_mut().for_each(|it| it.push(condition.clone()));
            }
            _ => return no(format!("\"{name}\" must be an object or an array")),
        }
        path.pop();
    }
    Ok(all)
}

/// The alternatives of `$or`: two objects or more, of fields. Anything else is a field of that name.
fn choices<'a>(name: &str, value: &'a Value) -> Option<Vec<&'a Map<String, Value>>> {
    let choices = value
        .as_array()
        .filter(|it| name == "$or" && it.len() > 1)?;
    let of_fields = |it: &&Map<String, Value>| {
        !it.is_empty() && !it.keys().any(|key| OPERATORS.contains(&key.as_str()))
    };
    let objects = choices.iter().map(|it| it.as_object().filter(of_fields));
    objects.collect()
}

fn combined(all: Vec<Conditions>, chosen: &[Conditions]) -> Read<Vec<Conditions>> {
    bounded(all.len().saturating_mul(chosen.len()))?;
    let with = |before: &Conditions, more: &Conditions| -> Conditions {
        before.iter().chain(more).cloned().collect()
    };
    let each = all
        .iter()
        .flat_map(|it| chosen.iter().map(move |more| with(it, more)));
    Ok(each.collect())
}

fn bounded(count: usize) -> Read<()> {
    match count > MOST_ALTERNATIVES {
        true => too_complex(),
        false => Ok(()),
    }
}

fn too_complex<T>() -> Read<T> {
    no("Rule is too complex - try using fewer alternatives in $or")
}

/// One alternative of a field.
fn test(value: &Value) -> Read<Test> {
    Ok(match value {
        Value::Null => Test::Null,
        Value::Bool(value) => Test::Bool(*value),
        Value::Number(value) => Test::Number(Figure::of(value)),
        Value::String(value) => Test::Text(value.as_str().into()),
        Value::Array(_) => return no("Match value must be String, number, true, false, or null"),
        Value::Object(fields) => operator(fields)?,
    })
}

fn operator(fields: &Map<String, Value>) -> Read<Test> {
    let mut each = fields.iter();
    let Some((name, value)) = each.next() else {
        return no("Empty match expression found");
    };
    if each.next().is_some() {
        return no("Only one key allowed in match expression");
    }
    match name.as_str() {
        "exists" => match value {
            Value::Bool(true) => Ok(Test::Present),
            Value::Bool(false) => Ok(Test::Absent),
            _ => no("exists match pattern must be either true or false."),
        },
        "numeric" => numeric(value),
        "cidr" => cidr(value),
        "anything-but" => anything_but(value),
        "prefix" | "suffix" | "equals-ignore-case" | "wildcard" => {
            if let Value::Object(inner) = value
                && matches!(name.as_str(), "prefix" | "suffix")
            {
                return folded_end(name, inner);
            }
            match value {
                Value::String(text) => of_text(name, text),
                _ => no(format!("{name} match pattern must be a string")),
            }
        }
        other => no(format!("Unrecognized match type {other}")),
    }
}

/// `{"equals-ignore-case": …}` of a prefix or suffix.
fn folded_end(name: &str, inner: &Map<String, Value>) -> Read<Test> {
    let mut each = inner.iter();
    match (each.next(), each.next()) {
        (Some((key, Value::String(text))), None) if key == "equals-ignore-case" => {
            let text = lower(text).collect::<String>().into();
            Ok(match name {
                "prefix" => Test::FoldedPrefix(text),
                _ => Test::FoldedSuffix(text),
            })
        }
        (Some((key, _)), None) if key != "equals-ignore-case" => {
            no(format!("Unsupported anything-but pattern: {key}").replace("anything-but", name))
        }
        _ => no("equals-ignore-case match pattern must be a string"),
    }
}

/// The operators that take one text.
fn of_text(name: &str, text: &str) -> Read<Test> {
    Ok(match name {
        "prefix" => Test::Prefix(text.into()),
        "suffix" => Test::Suffix(text.into()),
        "equals-ignore-case" => Test::Folded(lower(text).collect::<String>().into()),
        _ => Test::Wildcard(wildcard(text)?),
    })
}

/// `*` is any run of characters; `\*` and `\\` are the characters themselves.
fn wildcard(text: &str) -> Read<Glob> {
    let (mut tokens, mut chars) = (Vec::new(), text.chars().enumerate());
    while let Some((at, c)) = chars.next() {
        tokens.push(match c {
            '*' if tokens.last() == Some(&Token::Many) => {
                return no(format!(
                    "Consecutive wildcard characters at pos {}",
                    at.saturating_sub(1)
                ));
            }
            '*' => Token::Many,
            '\\' => match chars.next() {
                Some((_, escaped @ ('*' | '\\'))) => Token::Char(escaped),
                _ => return no(format!("Invalid escape character at pos {at}")),
            },
            other => Token::Char(other),
        });
    }
    Ok(Glob::from_tokens(tokens))
}

fn cidr(value: &Value) -> Read<Test> {
    let Value::String(text) = value else {
        return no("CIDR match pattern must be a string");
    };
    match Cidr::canonical(text) {
        Ok(range) => Ok(Test::Cidr(range)),
        Err(_) if !text.contains('/') => no("Malformed CIDR, one '/' required"),
        Err(_) => no("Malformed CIDR, mask bits must be an integer and the address an IP address"),
    }
}

fn anything_but(value: &Value) -> Read<Test> {
    let scalar = |value: &Value| match value {
        Value::String(_) | Value::Number(_) => test(value),
        _ => no("Inside anything but list, start|null|boolean is not supported."),
    };
    let tests = match value {
        Value::Array(values) if values.is_empty() => {
            return no("Empty arrays are not allowed");
        }
        Value::Array(values) => {
            let tests: Vec<_> = values.iter().map(scalar).collect::<Read<_>>()?;
            let texts = values.iter().filter(|it| it.is_string()).count();
            if texts != 0 && texts != values.len() {
                return no(
                    "Inside anything but list, either all values are number or string, mixed type is not supported",
                );
            }
            tests
        }
        Value::Object(inner) => not_like(inner)?,
        value => vec![test(value)?],
    };
    Ok(Test::Not(tests))
}

/// An operator inside `anything-but`, with a text or a list of them.
fn not_like(inner: &Map<String, Value>) -> Read<Vec<Test>> {
    let mut each = inner.iter();
    let (Some((name, value)), None) = (each.next(), each.next()) else {
        return no("Only one key allowed in match expression");
    };
    let name = name.as_str();
    if !matches!(
        name,
        "prefix" | "suffix" | "equals-ignore-case" | "wildcard"
    ) {
        return no(format!("Unsupported anything-but pattern: {name}"));
    }
    let one = |value: &Value| match value {
        Value::String(text) if !text.is_empty() => of_text(name, text),
        Value::String(_) => no(format!("Null {name} not allowed")),
        Value::Object(inner) if matches!(name, "prefix" | "suffix") => folded_end(name, inner),
        _ => no(format!("{name} match pattern must be a string")),
    };
    match value {
        Value::Array(values) if values.is_empty() => no("Empty arrays are not allowed"),
        Value::Array(values) => values.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

/// `["=", 5]`, `[">", 0]`, `[">=", 0, "<", 5]`.
fn numeric(value: &Value) -> Read<Test> {
    let Value::Array(parts) = value else {
        return no("Value of numeric must be an array.");
    };
    let mut range = Between::default();
    let mut parts = parts.iter();
    let first = match parts.next() {
        Some(Value::String(sign)) => sign.as_str(),
        Some(other) => return no(format!("Invalid member in numeric match: {other}")),
        None => return no("Invalid member in numeric match: ]"),
    };
    let end = number(first, parts.next())?;
    match first {
        "=" => (range.low, range.high) = (Some((end, true)), Some((end, true))),
        ">" | ">=" => range.low = Some((end, first == ">=")),
        "<" | "<=" => range.high = Some((end, first == "<=")),
        other => return no(format!("Unrecognized numeric range operator: {other}")),
    }
    if let Some(second) = parts.next() {
        let Value::String(second) = second else {
            return no(format!("Bad value of numeric range operator: {second}"));
        };
        if range.high.is_some() {
            return no("Too many elements in numeric expression");
        }
        if !matches!(second.as_str(), "<" | "<=") {
            return no(format!("Bad numeric range operator: {second}"));
        }
        let high = number(second, parts.next())?;
        if high <= end {
            return no("Bottom must be less than top");
        }
        range.high = Some((high, second == "<="));
    }
    match parts.next() {
        Some(_) => no("Too many terms in numeric range expression"),
        None => Ok(Test::Numeric(range)),
    }
}

fn number(sign: &str, value: Option<&Value>) -> Read<f64> {
    let number = value.and_then(Value::as_f64);
    match number {
        Some(number) if number.abs() <= MOST => Ok(number),
        Some(_) => no("Value must be between -5.0E9 and 5.0E9, inclusive"),
        None => match sign {
            "=" => no("Value of equals must be numeric"),
            _ => no(format!("Value of {sign} must be numeric")),
        },
    }
}
