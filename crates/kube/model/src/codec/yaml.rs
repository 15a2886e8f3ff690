//! YAML in and out, as upstream reads it: YAML 1.1's plain scalars (`yes` is true), one document, keys that are text in JSON.

mod write;

pub use self::write::encode;
use super::DecodeError;
use super::json::MAX_VALUES;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Tag};
use serde_json::{Map, Number, Value};
use std::collections::HashMap;

/// Lists and maps in each other, as many as JSON may have.
const MAX_DEPTH: usize = 127;
/// Bytes of text that anchors and aliases may copy, all together: a few of them could stand for more than any machine holds. It is as
/// much as copies of a JSON patch may add, and more than any object may have.
const MAX_COPIED: usize = 3 << 20;

/// What cannot be made a value of, though it is YAML.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error("unknown anchor")]
    UnknownAnchor,
    #[error("exceeded max depth of {MAX_DEPTH}")]
    TooDeep,
    #[error("an object has at most {MAX_VALUES} values")]
    TooMany,
    #[error("document contains excessive aliasing")]
    TooMuchCopied,
    #[error("key {0:?} already set in map")]
    Twice(String),
    #[error("map merge requires map or sequence of maps as the value")]
    NoMap,
    #[error("unsupported map key")]
    Key,
    #[error("unsupported tag !!{0}")]
    Tag(String),
}

fn failed(message: impl std::fmt::Display) -> DecodeError {
    DecodeError {
        message: format!("yaml: {message}"),
    }
}

/// What is no YAML, as Go's parser tells it: without what was being read, and of the first line without its number.
fn broken(error: &ScanError) -> DecodeError {
    let told = error.info();
    let reading = told
        .strip_prefix("while ")
        .and_then(|it| it.split_once(", "));
    let what = reading.map_or(told, |(_, what)| what);
    match error.marker().line() {
        0 | 1 => failed(what),
        line => failed(format_args!("line {line}: {what}")),
    }
}

/// A list or map that is not complete, and the anchor it is known by.
struct Open {
    value: Value,
    key: Option<Key>,
    anchor: usize,
    duplicates: bool,
}

impl Open {
    /// What comes next in it is a key.
    fn takes_key(&self) -> bool {
        self.value.is_object() && self.key.is_none()
    }
}

/// What the next value of a map is for.
enum Key {
    Named(String),
    /// `<<` without quotes: what the map does not have itself.
    Merge,
}

/// The value, and the keys given twice.
pub fn decode(bytes: &[u8]) -> Result<(Value, Vec<String>), DecodeError> {
    let text = std::str::from_utf8(bytes).map_err(|_| failed("invalid UTF-8"))?;
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, mark) = event.map_err(|error| broken(&error))?;
        let line = mark.start.line();
        let done = reader
            .take(event)
            .map_err(|problem| failed(format_args!("line {line}: {problem}")))?;
        if let Some(value) = done {
            return Ok((value, reader.duplicates));
        }
    }
    Ok((Value::Null, reader.duplicates))
}

/// What a value is to whoever copies it.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    values: usize,
    /// Of texts and keys.
    bytes: usize,
    /// Lists and maps in each other.
    levels: usize,
}

#[derive(Default)]
struct Reader {
    open: Vec<Open>,
    anchors: HashMap<usize, (Value, Cost)>,
    values: usize,
    copied: usize,
    duplicates: Vec<String>,
}

impl Reader {
    /// The document, when the event ended it.
    fn take(&mut self, event: Event<'_>) -> Result<Option<Value>, Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = scalar(&text, style, tag.as_deref())?;
                let merges = text == "<<" && style == ScalarStyle::Plain && tag.is_none();
                match self.open.last_mut().filter(|it| merges && it.takes_key()) {
                    Some(open) => {
                        open.key = Some(Key::Merge);
                        Ok(None)
                    }
                    None => self.add(value, anchor),
                }
            }
            Event::SequenceStart(anchor, _) => self.begin(Value::Array(Vec::new()), anchor),
            Event::MappingStart(anchor, _) => self.begin(Value::Object(Map::new()), anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(None);
                };
                self.add(open.value, open.anchor)
            }
            Event::Alias(anchor) => {
                let known = self.anchors.get(&anchor).ok_or(Problem::UnknownAnchor)?;
                let cost = known.1;
                // Before there is a copy.
                self.copy(cost)?;
                let value = self.anchors.get(&anchor).map(|it| it.0.clone());
                self.put(value.unwrap_or_default())
            }
            _ => Ok(None),
        }
    }

    fn begin(&mut self, value: Value, anchor: usize) -> Result<Option<Value>, Problem> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Problem::TooDeep);
        }
        self.open.push(Open {
            value,
            key: None,
            anchor,
            duplicates: true,
        });
        Ok(None)
    }

    fn count(&mut self, values: usize) -> Result<(), Problem> {
        self.values = self.values.saturating_add(values);
        match self.values > MAX_VALUES {
            true => Err(Problem::TooMany),
            false => Ok(()),
        }
    }

    /// A copy costs what it stands for.
    fn copy(&mut self, cost: Cost) -> Result<(), Problem> {
        if self.open.len() + cost.levels > MAX_DEPTH {
            return Err(Problem::TooDeep);
        }
        self.copied = self.copied.saturating_add(cost.bytes);
        if self.copied > MAX_COPIED {
            return Err(Problem::TooMuchCopied);
        }
        self.count(cost.values)
    }

    /// A value as it was written.
    fn add(&mut self, value: Value, anchor: usize) -> Result<Option<Value>, Problem> {
        self.count(1)?;
        if anchor > 0 {
            let cost = cost(&value);
            self.copy(cost)?;
            self.anchors.insert(anchor, (value.clone(), cost));
        }
        self.put(value)
    }

    fn put(&mut self, value: Value) -> Result<Option<Value>, Problem> {
        let Some(open) = self.open.last_mut() else {
            return Ok(Some(value));
        };
        match &mut open.value {
            Value::Array(list) => list.push(value),
            Value::Object(map) => match open.key.take() {
                None => open.key = Some(Key::Named(key(&value)?)),
                Some(Key::Merge) => merge(map, value)?,
                Some(Key::Named(key)) => {
                    if map.contains_key(&key) && open.duplicates {
                        return Err(Problem::Twice(key));
                    }
                    map.insert(key, value);
                }
            },
            _ => {}
        }
        Ok(None)
    }
}

/// Of a value no deeper than a document.
fn cost(value: &Value) -> Cost {
    let mut all = Cost {
        values: 1,
        ..Cost::default()
    };
    let mut add = |key: usize, value: &Value| {
        let of = cost(value);
        all.values += of.values;
        all.bytes += of.bytes + key;
        all.levels = all.levels.max(of.levels);
    };
    match value {
        Value::Array(list) => list.iter().for_each(|it| add(0, it)),
        Value::Object(map) => map.iter().for_each(|(key, it)| add(key.len(), it)),
        Value::String(text) => all.bytes = text.len(),
        _ => {}
    }
    all.levels += usize::from(value.is_array() || value.is_object());
    all
}

fn merge(map: &mut Map<String, Value>, from: Value) -> Result<(), Problem> {
    match from {
        Value::Object(from) => {
            for (key, value) in from {
                map.entry(key).or_insert(value);
            }
            Ok(())
        }
        Value::Array(list) => list.into_iter().try_for_each(|from| merge(map, from)),
        _ => Err(Problem::NoMap),
    }
}

/// JSON has text for keys: numbers and booleans become theirs.
fn key(value: &Value) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Bool(value) => Ok(value.to_string()),
        Value::Null => Ok("null".into()),
        _ => Err(Problem::Key),
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<Value, Problem> {
    if let Some(tag) = tag {
        return match tag.suffix.as_str() {
            "str" | "binary" => Ok(Value::from(text)),
            "int" | "float" | "bool" | "null" => Ok(plain(text)),
            other => Err(Problem::Tag(other.to_owned())),
        };
    }
    Ok(if style == ScalarStyle::Plain {
        plain(text)
    } else {
        Value::from(text)
    })
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        _ => {}
    }
    number(text).map_or_else(|| Value::from(text), Value::Number)
}

fn number(text: &str) -> Option<Number> {
    if !text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.')) {
        return None;
    }
    let digits = text.replace('_', "");
    let (negative, unsigned) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let integer = if let Some(hex) = unsigned.strip_prefix("0x") {
        i128::from_str_radix(hex, 16).ok()
    } else if let Some(bits) = unsigned.strip_prefix("0b") {
        i128::from_str_radix(bits, 2).ok()
    } else if let Some(octal) = unsigned.strip_prefix("0o") {
        i128::from_str_radix(octal, 8).ok()
    } else if unsigned.len() > 1
        && unsigned.starts_with('0')
        && unsigned.bytes().all(|byte| byte.is_ascii_digit())
    {
        i128::from_str_radix(unsigned, 8).ok()
    } else {
        unsigned.parse::<i128>().ok()
    };
    if let Some(integer) = integer {
        let signed = if negative { -integer } else { integer };
        return match (i64::try_from(signed), u64::try_from(signed)) {
            (Ok(number), _) => Some(number.into()),
            (_, Ok(number)) => Some(number.into()),
            _ => Number::from_f64(signed as f64),
        };
    }
    let float = unsigned
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    let parsed: f64 = float.then(|| unsigned.parse().ok())??;
    Number::from_f64(if negative { -parsed } else { parsed })
}
