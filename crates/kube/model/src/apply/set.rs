//! Sets of fields, in the form managedFields writes them: `f:NAME`, `k:{"KEY":VALUE}`, `v:VALUE`, `i:INDEX`.

use super::typed::Type;
use crate::codec::json::shortened;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Bytes of all paths that are shown together: a path is as long as a client's names are.
const MAX_SHOWN: usize = 64 << 10;

/// Fields of an object: a tree of path elements, each a member itself, or on the way to one, or both.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Set(BTreeMap<Box<str>, Entry>);

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Entry {
    member: bool,
    below: Set,
}

impl Entry {
    fn is_empty(&self) -> bool {
        !self.member && self.below.is_empty()
    }
}

impl Set {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn insert<S: AsRef<str>>(&mut self, path: &[S]) {
        let Some((first, rest)) = path.split_first() else {
            return;
        };
        if !self.0.contains_key(first.as_ref()) {
            self.0.insert(first.as_ref().into(), Entry::default());
        }
        let Some(entry) = self.0.get_mut(first.as_ref()) else {
            return;
        };
        if rest.is_empty() {
            entry.member = true;
        } else {
            entry.below.insert(rest);
        }
    }

    /// Puts a whole branch in its place: sets of large objects are made from their leaves, not path by path.
    pub fn attach(&mut self, element: Box<str>, member: bool, below: Self) {
        if member || !below.is_empty() {
            self.0.insert(element, Entry { member, below });
        }
    }

    pub fn of(paths: &[&[&str]]) -> Self {
        let mut set = Self::default();
        paths.iter().for_each(|path| set.insert(path));
        set
    }

    pub fn has(&self, element: &str) -> bool {
        self.0.get(element).is_some_and(|entry| entry.member)
    }

    pub fn below(&self, element: &str) -> Option<&Self> {
        self.0
            .get(element)
            .map(|entry| &entry.below)
            .filter(|below| !below.is_empty())
    }

    /// Without a field of the root and all below it.
    pub fn without(mut self, element: &str) -> Self {
        self.0.remove(element);
        self
    }

    pub fn union(mut self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        for (element, entry) in other.0 {
            let ours = self.0.entry(element).or_default();
            ours.member |= entry.member;
            ours.below = std::mem::take(&mut ours.below).union(entry.below);
        }
        self
    }

    pub fn intersection(&self, other: &Self) -> Self {
        let entries = self.0.iter().filter_map(|(element, ours)| {
            let theirs = other.0.get(element)?;
            let both = Entry {
                member: ours.member && theirs.member,
                below: ours.below.intersection(&theirs.below),
            };
            (!both.is_empty()).then(|| (element.clone(), both))
        });
        Self(entries.collect())
    }

    pub fn difference(mut self, other: &Self) -> Self {
        for (element, theirs) in &other.0 {
            let Some(ours) = self.0.get_mut(element) else {
                continue;
            };
            ours.member &= !theirs.member;
            ours.below = std::mem::take(&mut ours.below).difference(&theirs.below);
            if ours.is_empty() {
                self.0.remove(element);
            }
        }
        self
    }

    /// With the structs' fields on the way to members as members: they come and go with what is below them, keys of maps do not.
    pub fn with_named(&self, types: Type<'_>) -> Self {
        let entries = self.0.iter().map(|(element, entry)| {
            let named = element
                .strip_prefix("f:")
                .is_some_and(|name| types.declares(name));
            let member = entry.member || named && !entry.below.is_empty();
            (
                element.clone(),
                Entry {
                    member,
                    below: entry.below.with_named(types.child(element)),
                },
            )
        });
        Self(entries.collect())
    }

    /// The members, as an operator reads them: `.spec.containers[name="a"].image`. Of very many the first.
    pub fn paths(&self) -> Vec<String> {
        let (mut paths, mut left) = (Vec::new(), MAX_SHOWN);
        self.show(&mut String::new(), &mut paths, &mut left);
        paths
    }

    fn show(&self, prefix: &mut String, paths: &mut Vec<String>, left: &mut usize) {
        for (element, entry) in &self.0 {
            let length = prefix.len();
            write_element(prefix, element);
            if prefix.len() >= *left {
                // One is told at least, if not all of it.
                if paths.is_empty() {
                    paths.push(shortened(prefix.clone()));
                }
                *left = 0;
                return;
            }
            if entry.member {
                *left -= prefix.len();
                paths.push(prefix.clone());
            }
            entry.below.show(prefix, paths, left);
            prefix.truncate(length);
        }
    }

    pub fn into_fields(self) -> Value {
        Value::Object(self.members(false))
    }

    fn members(self, is_member: bool) -> Map<String, Value> {
        let itself = (is_member && !self.is_empty()).then(|| (".".into(), Map::new().into()));
        let below = self.0.into_iter().map(|(element, entry)| {
            let below = entry.below.members(entry.member);
            (element.into_string(), below.into())
        });
        itself.into_iter().chain(below).collect()
    }

    /// `None` for what is no FieldsV1.
    pub fn from_fields(fields: &Map<String, Value>) -> Option<Self> {
        let mut set = Self::default();
        for (name, below) in fields.iter().filter(|(name, _)| *name != ".") {
            let below = below.as_object()?;
            let member = below.is_empty() || below.contains_key(".");
            set.0.insert(
                canonical(name)?,
                Entry {
                    member,
                    below: Self::from_fields(below)?,
                },
            );
        }
        Some(set)
    }
}

/// An element as this crate writes it; `None` for what is none.
fn canonical(element: &str) -> Option<Box<str>> {
    let (kind, rest) = element.split_once(':')?;
    match kind {
        "f" => Some(element.into()),
        "i" => rest
            .parse::<i64>()
            .ok()
            .map(|index| format!("i:{index}").into()),
        "v" => serde_json::from_str(rest)
            .ok()
            .map(|value: Value| value_element(&value)),
        "k" => {
            let Ok(Value::Object(keys)) = serde_json::from_str(rest) else {
                return None;
            };
            Some(key_element(keys))
        }
        _ => None,
    }
}

pub fn field_element(name: &str) -> Box<str> {
    format!("f:{name}").into()
}

pub fn value_element(value: &Value) -> Box<str> {
    format!("v:{value}").into()
}

/// Keys in their order, so that equal elements are equal text.
pub fn key_element(mut keys: Map<String, Value>) -> Box<str> {
    keys.sort_keys();
    format!("k:{}", Value::Object(keys)).into()
}

pub fn write_element(out: &mut String, element: &str) {
    let (kind, rest) = element.split_once(':').unwrap_or_default();
    let _ = match kind {
        "f" => write!(out, ".{rest}"),
        "k" => {
            let keys: Map<String, Value> = serde_json::from_str(rest).unwrap_or_default();
            let keys: Vec<String> = keys
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            write!(out, "[{}]", keys.join(","))
        }
        "v" => write!(out, "[={rest}]"),
        _ => write!(out, "[{rest}]"),
    };
}
