//! Objects seen through their schema: which fields they have, how two differ, how one is laid over another.
//!
//! Leaves are scalars and what the schema calls atomic. A list of type map or set is a collection of its elements, a struct or map
//! of its fields.

use super::set::{Set, field_element, key_element, value_element, write_element};
use crate::codec::json::shortened;
use crate::schema::{Field, Kind, ListType, Node};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// Errors told of one object.
const MAX_ERRORS: usize = 100;

/// The type of a value within an object.
#[derive(Clone, Copy)]
pub enum Type<'a> {
    Known(Node<'a>, /** atomic whatever the type says */ bool),
    /// Nothing is known of it: maps are merged, all else is a leaf.
    Deduced,
}

pub(super) enum Shape<'a> {
    Leaf,
    Map,
    List(Node<'a>),
}

impl<'a> Type<'a> {
    pub fn root(node: Node<'a>) -> Self {
        Self::Known(node, false)
    }

    pub(super) fn shape(self, value: &Value) -> Shape<'a> {
        match self {
            Self::Known(_, true) => Shape::Leaf,
            Self::Known(node, false) => match node.kind() {
                Kind::Struct | Kind::Map if !node.atomic() => Shape::Map,
                Kind::List if node.list() != ListType::Atomic => Shape::List(node),
                Kind::FieldsV1 => Self::Deduced.shape(value),
                Kind::Any if node.preserves_unknown() && !node.atomic() => {
                    Self::Deduced.shape(value)
                }
                _ => Shape::Leaf,
            },
            Self::Deduced if value.is_object() => Shape::Map,
            Self::Deduced => Shape::Leaf,
        }
    }

    pub(super) fn member(self, name: &str) -> Self {
        let Self::Known(node, _) = self else {
            return Self::Deduced;
        };
        match node.kind() {
            Kind::Struct => node.field(name).map_or(Self::Deduced, |field: Field<'_>| {
                Self::Known(field.node(), field.atomic())
            }),
            Kind::Map => node
                .item()
                .map_or(Self::Deduced, |item| Self::Known(item, false)),
            _ => Self::Deduced,
        }
    }

    /// The type behind an element of a path.
    pub fn child(self, element: &str) -> Self {
        match (element.strip_prefix("f:"), self) {
            (Some(name), _) => self.member(name),
            (None, Self::Known(node, _)) => node
                .item()
                .map_or(Self::Deduced, |item| Self::Known(item, false)),
            (None, Self::Deduced) => Self::Deduced,
        }
    }

    /// A struct with a field of this name.
    pub fn declares(self, name: &str) -> bool {
        matches!(self, Self::Known(node, false) if node.kind() == Kind::Struct && node.field(name).is_some())
    }
}

/// Why nothing tells a list's item apart, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoElement {
    #[error("associative list without keys has an element that's a map type")]
    Map,
    #[error("not supported: associative list with lists as elements")]
    List,
    #[error("associative list without keys has an element that's an explicit null")]
    Null,
    #[error("associative list with keys may not have non-map elements")]
    NotMap,
    #[error(
        "associative list with keys has an element that omits all key fields {0:?} (and doesn't have default values for any key fields)"
    )]
    NoKey(Vec<String>),
}

/// What a list's item is told apart by.
pub fn element(list: Node<'_>, item: &Value) -> Result<Box<str>, NoElement> {
    if list.list() == ListType::Set {
        return match item {
            Value::Object(_) => Err(NoElement::Map),
            Value::Array(_) => Err(NoElement::List),
            Value::Null => Err(NoElement::Null),
            scalar => Ok(value_element(scalar)),
        };
    }
    let Value::Object(object) = item else {
        return Err(NoElement::NotMap);
    };
    let mut keys = Map::new();
    for name in list.keys() {
        let default = || {
            list.item()
                .and_then(|item| item.field(name))
                .and_then(Field::default)
        };
        if let Some(value) = object.get(name).or_else(default) {
            keys.insert(name.to_owned(), value.clone());
        }
    }
    if keys.is_empty() {
        return Err(NoElement::NoKey(list.keys().map(str::to_owned).collect()));
    }
    Ok(key_element(keys))
}

pub(super) fn members(value: Option<&Value>) -> Option<&Map<String, Value>> {
    value
        .and_then(Value::as_object)
        .filter(|map| !map.is_empty())
}

pub(super) fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The fields somebody who wrote this object means.
pub fn field_set(types: Type<'_>, value: &Value) -> Set {
    let mut set = Set::default();
    match types.shape(value) {
        Shape::Leaf => {}
        Shape::Map => {
            for (name, child) in members(Some(value)).into_iter().flatten() {
                let child_types = types.member(name);
                let empty = child.is_null() || child.as_object().is_some_and(Map::is_empty);
                let leaf = matches!(child_types.shape(child), Shape::Leaf);
                let member = leaf || empty || !types.declares(name);
                set.attach(field_element(name), member, field_set(child_types, child));
            }
        }
        Shape::List(list) => {
            for item in items(Some(value)) {
                // What has no identity is nobody's; `check` refuses it in what is applied.
                let Ok(element) = element(list, item) else {
                    continue;
                };
                let below = field_set(types.child(&element), item);
                set.attach(element, true, below);
            }
        }
    }
    set
}

/// Where a value is, written out only for an error.
#[derive(Clone, Copy)]
enum At<'a> {
    Root,
    Field(&'a Self, &'a str),
    Item(&'a Self, &'a str),
}

impl At<'_> {
    fn write(&self, out: &mut String) {
        match self {
            Self::Root => {}
            Self::Field(parent, name) => {
                parent.write(out);
                out.push('.');
                out.push_str(name);
            }
            Self::Item(parent, element) => {
                parent.write(out);
                write_element(out, element);
            }
        }
    }
}

/// Why an object cannot be applied: fields the schema does not have, list items without identity or given twice.
pub fn check(types: Type<'_>, value: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    check_at(types, value, At::Root, &mut errors);
    errors
}

fn fail(errors: &mut Vec<String>, at: At<'_>, what: &str) {
    if errors.len() < MAX_ERRORS {
        let mut text = String::new();
        at.write(&mut text);
        errors.push(format!("{}: {what}", shortened(text)));
    }
}

fn check_at(types: Type<'_>, value: &Value, at: At<'_>, errors: &mut Vec<String>) {
    let Type::Known(node, _) = types else { return };
    match types.shape(value) {
        Shape::Leaf => {}
        Shape::Map => {
            for (name, child) in members(Some(value)).into_iter().flatten() {
                let at = At::Field(&at, name);
                let known = node.kind() != Kind::Struct
                    || node.preserves_unknown()
                    || node.field(name).is_some();
                if known {
                    check_at(types.member(name), child, at, errors);
                } else {
                    fail(errors, at, "field not declared in schema");
                }
            }
        }
        Shape::List(list) => {
            let mut seen = HashSet::new();
            for (index, item) in items(Some(value)).iter().enumerate() {
                match element(list, item) {
                    Err(why) => fail(errors, at, &format!("element {index}: {why}")),
                    Ok(element) => {
                        check_at(types.child(&element), item, At::Item(&at, &element), errors);
                        if seen.contains(&element) {
                            let mut shown = String::new();
                            write_element(&mut shown, &element);
                            fail(
                                errors,
                                at,
                                &format!("duplicate entries for key {}", shortened(shown)),
                            );
                        }
                        seen.insert(element);
                    }
                }
            }
        }
    }
}

/// How one object became another.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    pub added: Set,
    pub modified: Set,
    pub removed: Set,
}

/// What became of a value itself, apart from what is below it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    None,
    Added,
    Modified,
    Removed,
}

impl Comparison {
    fn attach(&mut self, element: Box<str>, change: Change, below: Self) {
        let mut parts = [
            (&mut self.added, Change::Added, below.added),
            (&mut self.modified, Change::Modified, below.modified),
            (&mut self.removed, Change::Removed, below.removed),
        ]
        .into_iter()
        .map(|(set, kind, below)| (set, change == kind, below))
        .filter(|(_, member, below)| *member || !below.is_empty())
        .peekable();
        while let Some((set, member, below)) = parts.next() {
            if parts.peek().is_none() {
                set.attach(element, member, below);
                return;
            }
            set.attach(element.clone(), member, below);
        }
    }
}

pub fn compare(types: Type<'_>, old: &Value, new: &Value) -> Comparison {
    compare_at(types, Some(old), Some(new)).1
}

fn compare_at(types: Type<'_>, old: Option<&Value>, new: Option<&Value>) -> (Change, Comparison) {
    let mut below = Comparison::default();
    let Some(any) = new.filter(|value| !value.is_null()).or(old).or(new) else {
        return (Change::None, below);
    };
    let empty = |value: Option<&Value>| members(value).is_none() && items(value).is_empty();
    // A deduced map may have been a scalar before.
    let other =
        |value: Option<&Value>| value.is_some_and(|value| !value.is_object() && !value.is_null());
    let leaf = match types.shape(any) {
        Shape::Leaf => true,
        Shape::Map if empty(old) && empty(new) || other(old) || other(new) => true,
        Shape::List(_) if empty(old) && empty(new) => true,
        Shape::Map => {
            compare_members(types, members(old), members(new), &mut below);
            false
        }
        Shape::List(list) => {
            compare_items(types, list, items(old), items(new), &mut below);
            false
        }
    };
    let change = match (old, new) {
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        (Some(old), Some(new)) if leaf && old != new => Change::Modified,
        _ => Change::None,
    };
    (change, below)
}

type Members<'a> = Option<&'a Map<String, Value>>;

fn compare_members(types: Type<'_>, old: Members<'_>, new: Members<'_>, found: &mut Comparison) {
    let mut visit = |name: &String| {
        let (old, new) = (
            old.and_then(|map| map.get(name)),
            new.and_then(|map| map.get(name)),
        );
        let (change, below) = compare_at(types.member(name), old, new);
        found.attach(field_element(name), change, below);
    };
    old.into_iter().flat_map(Map::keys).for_each(&mut visit);
    let added = new
        .into_iter()
        .flat_map(Map::keys)
        .filter(|name| !old.is_some_and(|map| map.contains_key(*name)));
    added.for_each(visit);
}

fn compare_items(
    types: Type<'_>,
    list: Node<'_>,
    old: &[Value],
    new: &[Value],
    found: &mut Comparison,
) {
    let mut pairs: HashMap<Box<str>, (Vec<&Value>, Vec<&Value>)> = HashMap::new();
    for (value, is_new) in old
        .iter()
        .map(|item| (item, false))
        .chain(new.iter().map(|item| (item, true)))
    {
        let Ok(element) = element(list, value) else {
            continue;
        };
        let pair = pairs.entry(element).or_default();
        if is_new {
            pair.1.push(value)
        } else {
            pair.0.push(value)
        }
    }
    for (element, (old, new)) in pairs {
        let (change, below) = if old.len() > 1 || new.len() > 1 {
            // Given twice, as validation lets some lists: taken as one.
            let change = match (old.is_empty(), new.is_empty()) {
                (true, _) => Change::Added,
                (_, true) => Change::Removed,
                _ if old != new => Change::Modified,
                _ => Change::None,
            };
            (change, Comparison::default())
        } else {
            compare_at(
                types.child(&element),
                old.first().copied(),
                new.first().copied(),
            )
        };
        found.attach(element, change, below);
    }
}
