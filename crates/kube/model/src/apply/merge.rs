//! One object laid over another, and fields taken out of one.

use super::set::{Set, field_element};
use super::typed::{Shape, Type, element, items, members};
use crate::schema::Node;
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

/// `config` laid over `live`.
pub fn merge(types: Type<'_>, live: &Value, config: &Value) -> Value {
    match types.shape(config) {
        Shape::Map if live.is_object() && config.is_object() => {
            let mut merged = live.as_object().cloned().unwrap_or_default();
            for (name, value) in members(Some(config)).into_iter().flatten() {
                let value = match merged.get(name) {
                    Some(live) => merge(types.member(name), live, value),
                    None => value.clone(),
                };
                merged.insert(name.clone(), value);
            }
            Value::Object(merged)
        }
        Shape::List(list) if live.is_array() && config.is_array() => {
            merge_items(types, list, items(Some(live)), config)
        }
        _ => config.clone(),
    }
}

/// Items of `config` in its order; live items it does not name keep their places between them.
fn merge_items(types: Type<'_>, list: Node<'_>, live: &[Value], config: &Value) -> Value {
    let named = |items: &[Value]| -> Vec<Option<Box<str>>> {
        items.iter().map(|item| element(list, item).ok()).collect()
    };
    let config = items(Some(config));
    let (left, right) = (named(live), named(config));
    let in_right: HashSet<&Box<str>> = right.iter().flatten().collect();
    let mut in_left: HashMap<&Box<str>, usize> = HashMap::new();
    for (index, element) in left.iter().enumerate() {
        in_left.extend(
            element
                .as_ref()
                .filter(|element| !in_left.contains_key(*element))
                .map(|element| (element, index)),
        );
    }
    let merged_item = |index: usize| match right[index]
        .as_ref()
        .and_then(|element| Some((element, in_left.get(element)?)))
    {
        Some((element, at)) => merge(types.child(element), &live[*at], &config[index]),
        None => config[index].clone(),
    };
    let shared: Vec<&Box<str>> = right
        .iter()
        .flatten()
        .filter(|element| in_left.contains_key(element))
        .collect();
    let (mut next, mut taken) = (0, HashSet::new());
    let (mut l, mut r) = (0, 0);
    let mut merged = Vec::with_capacity(live.len().max(config.len()));
    while l < left.len() || r < right.len() {
        if l < left.len() && r < right.len() {
            if left[l].is_some() && left[l] == right[r] {
                merged.push(merged_item(r));
                taken.extend(right[r].as_ref());
                (l, r, next) = (l + 1, r + 1, next + 1);
                continue;
            }
            let shared_later = left[l]
                .as_ref()
                .is_some_and(|element| in_right.contains(element));
            if shared_later
                && shared
                    .get(next)
                    .is_some_and(|wanted| Some(*wanted) != left[l].as_ref())
            {
                l += 1;
                continue;
            }
        }
        if l < left.len() {
            match left[l]
                .as_ref()
                .filter(|element| in_right.contains(element))
            {
                None => {
                    merged.push(live[l].clone());
                    l += 1;
                    continue;
                }
                Some(element) if taken.contains(element) => l += 1,
                Some(_) => {}
            }
        }
        if r < right.len() {
            merged.push(merged_item(r));
            taken.extend(right[r].as_ref());
            if shared
                .get(next)
                .is_some_and(|wanted| Some(*wanted) == right[r].as_ref())
            {
                next += 1;
            }
            r += 1;
        }
    }
    Value::Array(merged)
}

/// Without the fields of a set; `None` when nothing is left of it.
pub fn remove(types: Type<'_>, value: &Value, gone: &Set) -> Option<Value> {
    match types.shape(value) {
        Shape::Map if members(Some(value)).is_some() => {
            let mut left = Map::new();
            for (name, child) in members(Some(value)).into_iter().flatten() {
                let element = field_element(name);
                if gone.has(&element) {
                    continue;
                }
                let child = match gone.below(&element) {
                    Some(below) => remove(types.member(name), child, below),
                    None => Some(child.clone()),
                };
                left.extend(child.map(|child| (name.clone(), child)));
            }
            (!left.is_empty()).then_some(Value::Object(left))
        }
        Shape::List(list) if !items(Some(value)).is_empty() => {
            let mut left = Vec::new();
            for item in items(Some(value)) {
                let Ok(element) = element(list, item) else {
                    continue;
                };
                if gone.has(&element) {
                    continue;
                }
                left.extend(match gone.below(&element) {
                    Some(below) => remove(types.child(&element), item, below),
                    None => Some(item.clone()),
                });
            }
            (!left.is_empty()).then_some(Value::Array(left))
        }
        _ => Some(value.clone()),
    }
}
