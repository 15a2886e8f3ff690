//! One event on its way through the processors.

use serde_json::{Map, Value};

use crate::{
    MAX_FIELDS,
    path::{MESSAGE, Path},
};

/// Bytes that the processors may make of one event, all together: some, and so many for each of its own. A put has
/// many events, so what each may cost goes by its size.
const MADE_ANYWAY: usize = 4 << 10;
const MADE_PER_BYTE: usize = 64;

/// A log event and where it came in.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'e> {
    pub message: &'e str,
    pub account: &'e str,
    pub region: &'e str,
    pub group: &'e str,
    pub stream: &'e str,
}

/// Why a processor did nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Undone {
    /// The event is none that it is for.
    Unfit,
    /// More would be made of the event than may be.
    TooMuch,
}

pub(crate) struct Work<'e> {
    pub subject: Subject<'e>,
    pub root: Map<String, Value>,
    /// Bytes that may still be made.
    left: usize,
}

impl<'e> Work<'e> {
    pub fn new(subject: Subject<'e>) -> Self {
        Self {
            subject,
            root: Map::new(),
            left: MADE_ANYWAY + MADE_PER_BYTE * subject.message.len(),
        }
    }

    /// Counts bytes that are about to be made.
    pub fn spend(&mut self, bytes: usize) -> Result<(), Undone> {
        let left = self.left.checked_sub(bytes).ok_or(Undone::TooMuch)?;
        self.left = left;
        Ok(())
    }

    /// The text there, counted as made since it is going to be copied.
    pub fn text(&mut self, path: &Path) -> Result<String, Undone> {
        let text = match path.get(&self.root) {
            Some(Value::String(text)) => text.as_str(),
            None if path.is(MESSAGE) => self.subject.message,
            _ => return Err(Undone::Unfit),
        };
        let text = text.to_owned();
        self.spend(text.len())?;
        Ok(text)
    }

    /// A copy of the value there; what is known of the event has names of its own.
    pub fn copy(&mut self, path: &Path) -> Result<Value, Undone> {
        let known = [
            (MESSAGE, self.subject.message),
            ("@logGroupName", self.subject.group),
            ("@logGroupStream", self.subject.stream),
            ("@accountId", self.subject.account),
            ("@regionName", self.subject.region),
        ];
        let known = known.into_iter().find(|(name, _)| path.is(name));
        let bytes = match (path.get(&self.root), known) {
            (Some(value), _) => size(value),
            (None, Some((_, text))) => text.len(),
            (None, None) => return Err(Undone::Unfit),
        };
        self.spend(bytes)?;
        let found = path.get(&self.root).cloned();
        Ok(found.unwrap_or_else(|| known.map_or(Value::Null, |(_, text)| text.into())))
    }

    /// Whether it has more plain values than a transformed event may.
    pub fn has_too_many_fields(&self) -> bool {
        fn count(value: &Value, left: &mut usize) {
            match value {
                Value::Object(map) => map.values().for_each(|it| count(it, left)),
                Value::Array(list) => list.iter().for_each(|it| count(it, left)),
                _ => *left = left.saturating_sub(1),
            }
        }
        let mut left = MAX_FIELDS + 1;
        self.root.values().for_each(|it| count(it, &mut left));
        left == 0
    }
}

/// About what a value takes.
pub(crate) fn size(value: &Value) -> usize {
    const EACH: usize = 32;
    EACH + match value {
        Value::String(text) => text.len(),
        Value::Array(list) => list.iter().map(size).sum(),
        Value::Object(map) => map.iter().map(|(name, it)| name.len() + size(it)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}
