//! Ratcheting: a rule that came later refuses no change of an object that broke it before, as long as what is wrong stays as it is.
//!
//! Else such an object could neither be scaled nor lose its finalizers, and its namespace would never end. The faults of the stored
//! object are those of changing it to itself, so what may not change is never among them.

use serde_json::Value;

use crate::field::{ErrorKind, FieldError};

/// Those of `found`, the faults of `new`, that are not among the `known` ones of `old`: each known one stands for one alone.
pub fn new_faults(
    mut found: Vec<FieldError>,
    mut known: Vec<FieldError>,
    new: &Value,
    old: &Value,
) -> Vec<FieldError> {
    found.retain(|fault| !take(&mut known, |it| stays(fault, it, new, old)));
    // Only now, so that no item takes the fault of another that is where it was.
    found.retain(|fault| !take(&mut known, |it| moved(fault, it, new, old)));
    found
}

fn take(known: &mut Vec<FieldError>, is_it: impl Fn(&FieldError) -> bool) -> bool {
    let at = known.iter().position(is_it);
    if let Some(at) = at {
        known.swap_remove(at);
    }
    at.is_some()
}

/// The same text about the same value in the same place.
fn stays(fault: &FieldError, known: &FieldError, new: &Value, old: &Value) -> bool {
    fault == known && (tells_value(fault) || is_unchanged(&fault.field, new, old))
}

/// Whether an error has in itself the value that is wrong: some have none, the number of items, or nothing in its place.
fn tells_value(fault: &FieldError) -> bool {
    let is_nothing = fault.value.is_null() || fault.value.as_str() == Some("");
    fault.kind != ErrorKind::TooMany && !is_nothing
}

fn is_unchanged(field: &str, new: &Value, old: &Value) -> bool {
    // How upstream calls a custom resource as a whole.
    if field == "<nil>" {
        return !crate::strategy::differ(old, new, &["metadata"]);
    }
    let steps = steps(field);
    value_at(new, &steps) == value_at(old, &steps)
}

/// The same text about an item that is as it was, at another index of its list, as when one before it went.
fn moved(fault: &FieldError, known: &FieldError, new: &Value, old: &Value) -> bool {
    let is_alike = fault.kind == known.kind
        && fault.detail == known.detail
        && fault.value == known.value
        && fault.field != known.field;
    if !is_alike {
        return false;
    }
    let (here, there) = (steps(&fault.field), steps(&known.field));
    let fits = |(a, b): (&Step<'_>, &Step<'_>)| a == b || (a.is_index() && b.is_index());
    let Some(first) = here.iter().position(Step::is_index) else {
        return false;
    };
    if here.len() != there.len() || !here.iter().zip(&there).all(fits) {
        return false;
    }
    let before = item(old, &there, first);
    before.is_some() && item(new, &here, first) == before
}

/// What lies in a list at the index that is the step of this number.
fn item<'a>(object: &'a Value, steps: &[Step<'_>], number: usize) -> Option<&'a Value> {
    let list = value_at(object, &steps[..number])?;
    match list.is_array() {
        true => value_at(list, &steps[number..=number]),
        false => None,
    }
}

/// A step of a field as [`Path`](crate::field::Path) writes it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step<'a> {
    Member(&'a str),
    /// An index, or a key.
    Bracketed(&'a str),
}

impl Step<'_> {
    fn is_index(&self) -> bool {
        matches!(self, Self::Bracketed(text) if text.parse::<usize>().is_ok())
    }
}

fn steps(field: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut rest = field;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            steps.push(Step::Bracketed(&inner[..end]));
            rest = inner.get(end + 1..).unwrap_or_default();
        } else {
            let own = rest.strip_prefix('.').unwrap_or(rest);
            let end = own.find(['.', '[']).unwrap_or(own.len());
            steps.push(Step::Member(&own[..end]));
            rest = &own[end..];
        }
    }
    steps
}

fn value_at<'a>(object: &'a Value, steps: &[Step<'_>]) -> Option<&'a Value> {
    steps
        .iter()
        .try_fold(object, |value, step| match (*step, value) {
            (Step::Bracketed(index), Value::Array(items)) => {
                items.get(index.parse::<usize>().ok()?)
            }
            (Step::Bracketed(name) | Step::Member(name), _) => value.get(name),
        })
}
