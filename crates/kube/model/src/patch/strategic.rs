//! Strategic merge patch: a merge patch that knows which lists are merged and by which key.
//!
//! Directives: `$patch: replace` and `$patch: delete` in a map or a list's item, `$retainKeys`, `$setElementOrder/LIST`,
//! `$deleteFromPrimitiveList/LIST`. Where upstream answers 500 to a patch that lacks a merge key, this says BadRequest.

use super::PatchError;
use crate::schema::{Field, Node};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

const PATCH: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE: &str = "$deleteFromPrimitiveList/";

fn bad(message: impl Into<String>) -> PatchError {
    PatchError::BadRequest(message.into())
}

/// Lists are merged by the keys of the schema; `$patch`, `$retainKeys`, `$setElementOrder`, `$deleteFromPrimitiveList`.
pub fn strategic(node: Node<'_>, live: &Value, patch: &Value) -> Result<Value, PatchError> {
    let (Value::Object(live), Value::Object(patch)) = (live, patch) else {
        return Err(bad("invalid JSON document"));
    };
    let mut object = live.clone();
    merge_map(Some(node), &mut object, patch.clone())?;
    Ok(Value::Object(object))
}

/// The schema of a member: a struct's field, or a map's value, which has no strategy of its own.
struct Member<'a> {
    node: Option<Node<'a>>,
    field: Option<Field<'a>>,
}

impl<'a> Member<'a> {
    fn of(owner: Option<Node<'a>>, name: &str) -> Self {
        let field = owner.and_then(|owner| owner.field(name));
        let node = field
            .map(Field::node)
            .or_else(|| owner.and_then(Node::item));
        Self { node, field }
    }

    fn merges(&self) -> bool {
        self.field.is_some_and(|field| field.patch().merge)
    }

    fn replaces(&self) -> bool {
        self.field.is_some_and(|field| field.patch().replace)
    }

    fn key(&self) -> &'a str {
        self.field.and_then(Field::merge_key).unwrap_or_default()
    }
}

fn merge_map(
    node: Option<Node<'_>>,
    original: &mut Map<String, Value>,
    mut patch: Map<String, Value>,
) -> Result<(), PatchError> {
    if let Some(directive) = patch.shift_remove(PATCH) {
        match directive.as_str() {
            Some("replace") => *original = patch,
            Some("delete") => original.clear(),
            _ => return Err(bad(format!("unknown patch type: {directive} in map"))),
        }
        return Ok(());
    }
    retain(original, &mut patch)?;
    let mut orders: HashMap<String, Vec<Value>> = HashMap::new();
    let mut rest = Vec::with_capacity(patch.len());
    for (name, value) in patch {
        if let Some(list) = name.strip_prefix(ORDER) {
            let Value::Array(order) = value else {
                return Err(bad("invalid patch format of setElementOrder list"));
            };
            orders.insert(list.to_owned(), order);
        } else {
            rest.push((name, value));
        }
    }
    for (name, value) in rest {
        if let Some(list) = name.strip_prefix(DELETE) {
            let Value::Array(gone) = value else {
                return Err(bad("invalid patch format of primitive list"));
            };
            let gone: HashSet<String> = gone.iter().map(Value::to_string).collect();
            if let Some(Value::Array(list)) = original.get_mut(list) {
                list.retain(|item| !gone.contains(&item.to_string()));
            }
            continue;
        }
        let order = orders.remove(&name);
        member(&Member::of(node, &name), original, name, value, order)?;
    }
    for (name, order) in orders {
        // The list's content stays, its order does not.
        if let Some(Value::Array(list)) = original.get_mut(&name) {
            let key = Member::of(node, &name).key();
            let before = list
                .iter()
                .map(|item| identity(item, key))
                .collect::<Vec<_>>();
            let order = order
                .iter()
                .map(|item| identity(item, key))
                .collect::<Vec<_>>();
            *list = arrange(std::mem::take(list), &order, &before, key);
        }
    }
    Ok(())
}

/// `$retainKeys`: what is not named leaves.
fn retain(
    original: &mut Map<String, Value>,
    patch: &mut Map<String, Value>,
) -> Result<(), PatchError> {
    let Some(directive) = patch.shift_remove(RETAIN) else {
        return Ok(());
    };
    let wrong = || bad("invalid patch format of retainKeys");
    let Value::Array(kept) = directive else {
        return Err(wrong());
    };
    let kept: HashSet<&str> = kept.iter().filter_map(Value::as_str).collect();
    let directives = |name: &str| name.starts_with(ORDER) || name.starts_with(DELETE);
    if patch
        .iter()
        .any(|(name, value)| !value.is_null() && !directives(name) && !kept.contains(name.as_str()))
    {
        return Err(wrong());
    }
    original.retain(|name, _| kept.contains(name.as_str()));
    Ok(())
}

fn member(
    schema: &Member<'_>,
    original: &mut Map<String, Value>,
    name: String,
    patch: Value,
    order: Option<Vec<Value>>,
) -> Result<(), PatchError> {
    if patch.is_null() {
        original.shift_remove(&name);
        return Ok(());
    }
    match (original.get_mut(&name), patch) {
        (Some(Value::Object(object)), Value::Object(patch)) => {
            if schema.replaces() {
                *object = patch;
                return Ok(());
            }
            merge_map(schema.node, object, patch)
        }
        (Some(Value::Array(list)), Value::Array(patch)) => {
            if !schema.merges() {
                *list = patch;
                return Ok(());
            }
            *list = merge_list(schema, std::mem::take(list), patch, order)?;
            Ok(())
        }
        (_, patch) => {
            match plain(patch) {
                Some(value) => original.insert(name, value),
                None => original.shift_remove(&name),
            };
            Ok(())
        }
    }
}

/// A patch where nothing is to be merged with: without directives and nulls; `None` when it is a directive itself.
fn plain(patch: Value) -> Option<Value> {
    match patch {
        Value::Object(object) if object.contains_key(PATCH) => None,
        Value::Object(object) => {
            let members = object.into_iter().filter(|(name, value)| {
                !value.is_null()
                    && name != RETAIN
                    && !name.starts_with(ORDER)
                    && !name.starts_with(DELETE)
            });
            Some(Value::Object(
                members
                    .filter_map(|(name, value)| Some((name, plain(value)?)))
                    .collect(),
            ))
        }
        Value::Array(list) => Some(Value::Array(list.into_iter().filter_map(plain).collect())),
        other => Some(other),
    }
}

/// What tells items apart: the merge key's value, or the item itself where there is none.
fn identity(item: &Value, key: &str) -> String {
    if key.is_empty() {
        item.to_string()
    } else {
        item.get(key).map(Value::to_string).unwrap_or_default()
    }
}

fn merge_list(
    schema: &Member<'_>,
    original: Vec<Value>,
    patch: Vec<Value>,
    order: Option<Vec<Value>>,
) -> Result<Vec<Value>, PatchError> {
    let mut items = original.iter().chain(&patch);
    if items.any(Value::is_array) {
        return Err(PatchError::Unprocessable(
            "lists of lists are not supported".into(),
        ));
    }
    let maps = original
        .iter()
        .chain(&patch)
        .filter(|item| item.is_object())
        .count();
    if maps > 0 && maps < original.len() + patch.len() {
        return Err(bad("list element types are not identical"));
    }
    let key = if maps > 0 { schema.key() } else { "" };
    if maps > 0 && key.is_empty() {
        return Err(bad("cannot merge lists without merge key"));
    }
    let before: Vec<String> = original.iter().map(|item| identity(item, key)).collect();
    let mut wanted: Vec<String> = Vec::new();
    let merged = if maps == 0 {
        wanted.extend(patch.iter().map(Value::to_string));
        let mut seen = HashSet::new();
        original
            .into_iter()
            .chain(patch)
            .filter(|item| seen.insert(item.to_string()))
            .collect()
    } else {
        merge_maps(
            schema.node.and_then(Node::item),
            original,
            patch,
            key,
            &mut wanted,
        )?
    };
    if let Some(order) = order {
        let order: Vec<String> = order.iter().map(|item| identity(item, key)).collect();
        let known: HashSet<&String> = order.iter().collect();
        if wanted.iter().any(|item| !known.contains(item)) {
            return Err(bad("invalid patch format of setElementOrder list"));
        }
        wanted = order;
    }
    Ok(arrange(merged, &wanted, &before, key))
}

/// `wanted` gets the items of the patch that are no directives.
fn merge_maps(
    node: Option<Node<'_>>,
    original: Vec<Value>,
    patch: Vec<Value>,
    key: &str,
    wanted: &mut Vec<String>,
) -> Result<Vec<Value>, PatchError> {
    let mut gone = HashSet::new();
    let mut replace = false;
    let mut given = Vec::with_capacity(patch.len());
    for item in patch {
        let named = item.get(key).is_some();
        let missing = || {
            bad(format!(
                "map: {item} does not contain declared merge key: {key}"
            ))
        };
        match item
            .get(PATCH)
            .map(|directive| directive.as_str().unwrap_or_default())
        {
            Some("delete") if named => {
                gone.insert(identity(&item, key));
            }
            Some("replace") => replace = true,
            Some("merge") => return Err(bad("merging lists cannot yet be specified in the patch")),
            None if named => given.push(item),
            Some("delete") | None => return Err(missing()),
            Some(other) => return Err(bad(format!("unknown patch type: {other} in map"))),
        }
    }
    if replace {
        // As it is given, even where items have a key in common: nodes of two families have two addresses of a type.
        return Ok(given.into_iter().filter_map(plain).collect());
    }
    let mut merged: Vec<Value> = original;
    merged.retain(|item| !gone.contains(&identity(item, key)));
    let mut positions = HashMap::with_capacity(merged.len());
    for (position, item) in merged.iter().enumerate() {
        positions.entry(identity(item, key)).or_insert(position);
    }
    for item in given {
        let id = identity(&item, key);
        wanted.push(id.clone());
        let Some(position) = positions.get(&id) else {
            positions.insert(id, merged.len());
            merged.extend(plain(item));
            continue;
        };
        if let (Value::Object(object), Value::Object(item)) = (&mut merged[*position], item) {
            merge_map(node, object, item)?;
        }
    }
    Ok(merged)
}

/// Items of the patch in the order it has, the server's own between them where they were.
fn arrange(merged: Vec<Value>, wanted: &[String], before: &[String], key: &str) -> Vec<Value> {
    let places = |ids: &[String]| {
        let mut places = HashMap::with_capacity(ids.len());
        for (place, id) in ids.iter().enumerate() {
            places.entry(id.clone()).or_insert(place);
        }
        places
    };
    let (wanted, before) = (places(wanted), places(before));
    let (mut patched, mut kept) = (Vec::new(), Vec::new());
    for item in merged {
        let id = identity(&item, key);
        let was = before.get(&id).copied();
        match wanted.get(&id) {
            Some(place) => patched.push((*place, was, item)),
            None => kept.push((was, item)),
        }
    }
    patched.sort_by_key(|(place, _, _)| *place);
    let mut arranged = Vec::with_capacity(patched.len() + kept.len());
    let mut kept = kept.into_iter().peekable();
    for (_, was, item) in patched {
        while let (Some(was), Some((Some(server), _))) = (was, kept.peek()) {
            if *server >= was {
                break;
            }
            arranged.extend(kept.next().map(|(_, item)| item));
        }
        arranged.push(item);
    }
    arranged.extend(kept.map(|(_, item)| item));
    arranged
}
