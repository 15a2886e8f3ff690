//! Errors of fields: where, what kind, which value and why, in upstream's words.
//!
//! A `Path` is a chain of borrowed steps, so that walking an object without faults allocates nothing.

use std::fmt::{self, Write as _};

use serde_json::Value;

/// A step of a path and the steps before it.
#[derive(Clone, Copy)]
pub struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Name(&'a str),
    Index(usize),
    Key(&'a str),
}

impl<'a> Path<'a> {
    pub const fn root(name: &'a str) -> Self {
        Self {
            parent: None,
            step: Step::Name(name),
        }
    }

    pub const fn child(&'a self, name: &'a str) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Name(name),
        }
    }

    pub const fn index(&'a self, index: usize) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Index(index),
        }
    }

    pub const fn key(&'a self, key: &'a str) -> Path<'a> {
        Path {
            parent: Some(self),
            step: Step::Key(key),
        }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Name(name) if self.parent.is_none() => f.write_str(name),
            Step::Name(name) => write!(f, ".{name}"),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(key) => write!(f, "[{key}]"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    NotFound,
    Required,
    Duplicate,
    Invalid,
    /// A value that is too much to be shown.
    InvalidUnshown,
    NotSupported,
    Forbidden,
    TooLong,
    TooMany,
    TooFew,
    TooShort,
    TypeInvalid,
    Internal,
}

impl ErrorKind {
    /// The type of the cause in a Status.
    pub const fn cause(self) -> &'static str {
        match self {
            Self::NotFound => "FieldValueNotFound",
            Self::Required => "FieldValueRequired",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Invalid | Self::InvalidUnshown => "FieldValueInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::TooFew => "FieldValueTooFew",
            Self::TooShort => "FieldValueTooShort",
            Self::TypeInvalid => "FieldValueTypeInvalid",
            Self::Internal => "InternalError",
        }
    }

    const fn text(self) -> &'static str {
        match self {
            Self::NotFound => "Not found",
            Self::Required => "Required value",
            Self::Duplicate => "Duplicate value",
            Self::Invalid | Self::InvalidUnshown | Self::TypeInvalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
            Self::TooFew => "Too few",
            Self::TooShort => "Too short",
            Self::Internal => "Internal error",
        }
    }

    const fn shows_value(self) -> bool {
        !matches!(
            self,
            Self::InvalidUnshown
                | Self::Required
                | Self::Forbidden
                | Self::TooLong
                | Self::TooShort
                | Self::Internal
        )
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct FieldError {
    pub kind: ErrorKind,
    pub field: String,
    pub value: Value,
    pub detail: String,
}

impl FieldError {
    /// The error without its field, as it stands in the causes of a Status.
    pub fn body(&self) -> String {
        let mut body = self.kind.text().to_owned();
        if self.kind.shows_value() {
            body.push_str(": ");
            match &self.value {
                Value::String(text) => body.push_str(&quoted(text)),
                other => body.push_str(&go_json(other)),
            }
        }
        if !self.detail.is_empty() {
            body.push_str(": ");
            body.push_str(&self.detail);
        }
        body
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.body())
    }
}

/// More errors than a reader can use and than an answer should carry: an object of a few megabytes can hold a million faults.
const MOST_ERRORS: usize = 500;
/// What the values of all errors may take together: each is written twice, and one long value can have many faults.
const MOST_BYTES: usize = 64 * 1024;

/// The errors found so far.
#[derive(Debug, Default)]
pub struct Errors {
    found: Vec<FieldError>,
    bytes: usize,
}

impl Errors {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn into_vec(self) -> Vec<FieldError> {
        self.found
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub fn len(&self) -> usize {
        self.found.len()
    }

    /// Whether enough was found: walks over long lists stop here.
    pub fn full(&self) -> bool {
        self.found.len() >= MOST_ERRORS || self.bytes >= MOST_BYTES
    }

    pub(crate) fn push(&mut self, kind: ErrorKind, path: &Path<'_>, value: Value, detail: String) {
        if !self.full() {
            let field = crate::codec::json::shortened(path.to_string());
            self.bytes = self
                .bytes
                .saturating_add(field.len() + detail.len() + size(&value));
            self.found.push(FieldError {
                kind,
                field,
                value,
                detail,
            });
        }
    }

    /// What was found elsewhere.
    pub fn extend(&mut self, others: Vec<FieldError>) {
        for it in others {
            if self.full() {
                return;
            }
            let bytes = it.field.len() + it.detail.len() + size(&it.value);
            self.bytes = self.bytes.saturating_add(bytes);
            self.found.push(it);
        }
    }

    pub fn required(&mut self, path: &Path<'_>, detail: &str) {
        self.push(ErrorKind::Required, path, Value::Null, detail.to_owned());
    }

    pub fn invalid(&mut self, path: &Path<'_>, value: impl Into<Value>, detail: impl Into<String>) {
        if !self.full() {
            self.push(ErrorKind::Invalid, path, value.into(), detail.into());
        }
    }

    pub fn invalid_unshown(&mut self, path: &Path<'_>, detail: impl Into<String>) {
        self.push(ErrorKind::InvalidUnshown, path, Value::Null, detail.into());
    }

    /// One error a text, as the checks of names and formats return them.
    pub fn invalid_all(&mut self, path: &Path<'_>, value: &str, details: Vec<String>) {
        for detail in details {
            self.invalid(path, value, detail);
        }
    }

    pub fn duplicate(&mut self, path: &Path<'_>, value: impl Into<Value>) {
        self.push(ErrorKind::Duplicate, path, value.into(), String::new());
    }

    pub fn not_found(&mut self, path: &Path<'_>, value: impl Into<Value>) {
        self.push(ErrorKind::NotFound, path, value.into(), String::new());
    }

    /// `supported` in the order upstream tells it, which is that of the alphabet.
    pub fn not_supported(&mut self, path: &Path<'_>, value: impl Into<Value>, supported: &[&str]) {
        let mut detail = String::new();
        for (at, one) in supported.iter().enumerate() {
            detail.push_str(if at == 0 { "supported values: " } else { ", " });
            detail.push_str(&quoted(one));
        }
        self.push(ErrorKind::NotSupported, path, value.into(), detail);
    }

    pub fn forbidden(&mut self, path: &Path<'_>, detail: impl Into<String>) {
        self.push(ErrorKind::Forbidden, path, Value::Null, detail.into());
    }

    pub fn too_long(&mut self, path: &Path<'_>, most: usize) {
        let unit = if most == 1 { "byte" } else { "bytes" };
        let detail = format!("may not be more than {most} {unit}");
        self.push(ErrorKind::TooLong, path, Value::Null, detail);
    }

    pub fn too_many(&mut self, path: &Path<'_>, actual: usize, most: usize) {
        let unit = if most == 1 { "item" } else { "items" };
        let detail = format!("must have at most {most} {unit}");
        self.push(ErrorKind::TooMany, path, actual.into(), detail);
    }

    /// A value that differs from what it was, which this field must not.
    pub fn immutable(&mut self, path: &Path<'_>, new: Option<&Value>) {
        self.invalid(
            path,
            new.cloned().unwrap_or(Value::Null),
            "field is immutable",
        );
    }
}

/// About as many bytes as a value takes when it is written.
fn size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 2,
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| name.len() + size(value) + 4;
            members.iter().map(member).sum::<usize>() + 2
        }
        _ => 8,
    }
}

/// Text between double quotes as Go's `%q` writes it.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                let _ = write!(out, "\\x{:02x}", c as u32);
            }
            c if c.is_control() || (c.is_whitespace() && c != ' ') => {
                let _ = write!(out, "\\u{:04x}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// JSON as Go writes it, where `<`, `>` and `&` are escaped.
pub fn go_json(value: &Value) -> String {
    value
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_names_members_indexes_and_keys() {
        let spec = Path::root("spec");
        let containers = spec.child("containers");
        let first = containers.index(0);
        assert_eq!(first.child("name").to_string(), "spec.containers[0].name");
        let data = Path::root("data");
        assert_eq!(data.key("a.b").to_string(), "data[a.b]");
    }

    #[test]
    fn bodies_are_upstreams() {
        let path = Path::root("x");
        let mut errors = Errors::new();
        errors.required(&path, "");
        errors.invalid(&path, "a\"b", "must not");
        errors.invalid(&path, 7, "too much");
        errors.invalid(&path, json!({"a": "<"}), "odd");
        errors.invalid_unshown(&path, "odd");
        errors.not_supported(&path, "z", &["a", "b"]);
        errors.forbidden(&path, "no");
        errors.duplicate(&path, "n");
        errors.too_long(&path, 1);
        errors.too_many(&path, 9, 8);
        let texts: Vec<_> = errors.into_vec().iter().map(|e| e.to_string()).collect();
        assert_eq!(
            texts,
            [
                "x: Required value",
                r#"x: Invalid value: "a\"b": must not"#,
                "x: Invalid value: 7: too much",
                r#"x: Invalid value: {"a":"\u003c"}: odd"#,
                "x: Invalid value: odd",
                r#"x: Unsupported value: "z": supported values: "a", "b""#,
                "x: Forbidden: no",
                r#"x: Duplicate value: "n""#,
                "x: Too long: may not be more than 1 byte",
                "x: Too many: 9: must have at most 8 items",
            ]
        );
    }

    #[test]
    fn errors_are_bounded() {
        let mut errors = Errors::new();
        for _ in 0..MOST_ERRORS * 2 {
            errors.required(&Path::root("x"), "");
        }
        assert!(errors.full());
        assert_eq!(errors.len(), MOST_ERRORS);
        let mut errors = Errors::new();
        let long = "x".repeat(MOST_BYTES / 2);
        for _ in 0..10 {
            errors.invalid(&Path::root("x"), long.as_str(), "no");
        }
        assert!(errors.full());
        assert_eq!(errors.len(), 2);
    }
}
