//! What an expression gives.

use std::{borrow::Cow, sync::Arc};

use chrono::DateTime;
use serde_json::Value as Json;

#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    /// There is none: the field is not in this event, or the function does not apply.
    Null,
    Bool(bool),
    Number(f64),
    /// Milliseconds since 1970; shown as a date.
    Time(i64),
    Text(Cow<'a, str>),
    /// A map or a list.
    Tree(Arc<Json>),
}

impl<'a> Value<'a> {
    pub fn text(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    pub fn owned(text: impl Into<String>) -> Self {
        Self::Text(Cow::Owned(text.into()))
    }

    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// As a filter takes it.
    pub fn is_true(&self) -> bool {
        matches!(self, Self::Bool(true))
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Time(millis) => Some(*millis as f64),
            Self::Text(text) => number_of(text),
            Self::Null | Self::Bool(_) | Self::Tree(_) => None,
        }
    }

    /// As it is shown; nothing for null.
    pub fn shown(&self) -> Option<Cow<'_, str>> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(yes) => Cow::Borrowed(if *yes { "1" } else { "0" }),
            Self::Number(number) => Cow::Owned(number_text(*number)),
            Self::Time(millis) => Cow::Owned(time_text(*millis)),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Tree(tree) => Cow::Owned(tree.to_string()),
        })
    }

    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(yes) => Value::Bool(yes),
            Self::Number(number) => Value::Number(number),
            Self::Time(millis) => Value::Time(millis),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Tree(tree) => Value::Tree(tree),
        }
    }

    /// The same, for as long as this one is there.
    pub fn borrowed(&self) -> Value<'_> {
        match self {
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            other => other.clone(),
        }
    }

    /// A member of JSON: what is plain becomes a plain value.
    pub fn of_json(json: &Json) -> Value<'static> {
        match json {
            Json::Null => Value::Null,
            Json::Bool(yes) => Value::Bool(*yes),
            Json::Number(number) => Value::owned(number.to_string()),
            Json::String(text) => Value::owned(text.as_str()),
            Json::Array(_) | Json::Object(_) => Value::Tree(Arc::new(json.clone())),
        }
    }

    /// What tells it from others: equal for what a group, or `dedup`, takes as the same.
    pub fn key(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.push(0),
            Self::Time(millis) => {
                out.push(1);
                out.extend_from_slice(&millis.to_le_bytes());
            }
            other => {
                let text = other.shown().unwrap_or_default();
                out.push(2);
                out.extend_from_slice(&(text.len() as u32).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
        }
    }

    /// In memory, about.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + match self {
                Self::Text(text) => text.len(),
                Self::Tree(tree) => json_bytes(tree),
                _ => 0,
            }
    }
}

/// In memory, about.
pub(crate) fn json_bytes(tree: &Json) -> usize {
    size_of::<Json>()
        + match tree {
            Json::String(text) => text.len(),
            Json::Array(all) => all.iter().map(json_bytes).sum(),
            Json::Object(all) => {
                let each = all.iter();
                each.map(|(name, it)| 48 + name.len() + json_bytes(it))
                    .sum()
            }
            _ => 0,
        }
}

/// A text that is a number and nothing else.
pub(crate) fn number_of(text: &str) -> Option<f64> {
    let text = text.trim();
    let first = text
        .bytes()
        .find(|byte| !matches!(byte, b'+' | b'-' | b'.'))?;
    // What Rust reads beyond numbers: inf, nan.
    let is_number = first.is_ascii_digit();
    is_number.then(|| text.parse().ok()).flatten()
}

pub(crate) fn number_text(number: f64) -> String {
    // -0 is shown as 0.
    let number = if number == 0.0 { 0.0 } else { number };
    number.to_string()
}

/// `2024-01-02 03:04:05.678`
pub(crate) fn time_text(millis: i64) -> String {
    match DateTime::from_timestamp_millis(millis) {
        Some(time) => time.format("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        None => millis.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_told_from_texts() {
        for (text, number) in [("1", 1.0), (" 2.5 ", 2.5), ("-3e2", -300.0), (".5", 0.5)] {
            assert_eq!(number_of(text), Some(number), "{text}");
        }
        for text in ["", "inf", "nan", "-inf", "1a", "1 2", "0x10", "-", "."] {
            assert_eq!(number_of(text), None, "{text}");
        }
    }

    #[test]
    fn values_are_shown() {
        assert_eq!(Value::Number(3.0).shown().unwrap(), "3");
        assert_eq!(Value::Number(-0.0).shown().unwrap(), "0");
        assert_eq!(Value::Number(0.25).shown().unwrap(), "0.25");
        let time = Value::Time(1_704_164_645_678);
        assert_eq!(time.shown().unwrap(), "2024-01-02 03:04:05.678");
        assert_eq!(Value::Time(i64::MAX).shown().unwrap(), i64::MAX.to_string());
    }
}
