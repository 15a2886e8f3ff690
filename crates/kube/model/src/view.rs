//! Reading and setting members of objects whose shape is not certain: what is missing or of another type reads as empty.

use serde_json::{Map, Value};

/// A member that is there and not null.
pub fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.get(name).filter(|member| !member.is_null())
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub fn number(value: &Value, name: &str) -> Option<i64> {
    value.get(name).and_then(Value::as_i64)
}

pub fn flag(value: &Value, name: &str) -> Option<bool> {
    value.get(name).and_then(Value::as_bool)
}

pub fn items<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value
        .get(name)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// Whether an object says of itself that it is ready.
pub fn is_ready(object: &Value) -> bool {
    let mut conditions = items(&object["status"], "conditions").iter();
    conditions.any(|it| it["type"] == "Ready" && it["status"] == "True")
}

pub fn map<'a>(value: &'a Value, name: &str) -> Option<&'a Map<String, Value>> {
    value.get(name).and_then(Value::as_object)
}

/// The texts of a list; what is no text is left out.
pub fn texts<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a str> {
    items(value, name).iter().filter_map(Value::as_str)
}

/// Where a pod has its containers, in the order in which they begin.
pub const CONTAINER_LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];

/// The containers of a pod, of all sorts.
pub fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    let of = |list| items(&pod["spec"], list);
    CONTAINER_LISTS.into_iter().flat_map(of)
}

/// The value at a path of members.
pub fn at<'a>(value: &'a Value, path: &[&str]) -> Option<&'a Value> {
    path.iter()
        .try_fold(value, |value, name| member(value, name))
}

pub fn text_at<'a>(value: &'a Value, path: &[&str]) -> &'a str {
    at(value, path).and_then(Value::as_str).unwrap_or_default()
}

pub fn number_at(value: &Value, path: &[&str]) -> Option<i64> {
    at(value, path).and_then(Value::as_i64)
}

/// Upstream's reading of a member: nothing, null and what is empty are the same.
pub fn absent(value: &Value, name: &str) -> bool {
    match value.get(name) {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(_) => false,
    }
}

/// Sets a member that is missing, null or an empty text.
pub fn default(value: &mut Value, name: &str, to: impl Into<Value>) {
    if let Value::Object(object) = value {
        let missing = match object.get(name) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(_) => false,
        };
        if missing {
            object.insert(name.to_owned(), to.into());
        }
    }
}

/// Sets a member of an object; of anything else it sets nothing.
pub fn set(value: &mut Value, name: &str, to: impl Into<Value>) {
    if let Value::Object(object) = value {
        object.insert(name.to_owned(), to.into());
    }
}

/// The object that is a member, made when it is missing; `None` when something else is there.
pub fn object_mut<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    let object = value.as_object_mut()?;
    let member = object
        .entry(name)
        .or_insert_with(|| Value::Object(Map::new()));
    if member.is_null() {
        *member = Value::Object(Map::new());
    }
    member.is_object().then_some(member)
}

/// The object that is a member, if it is there.
pub fn existing<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    value.get_mut(name).filter(|member| member.is_object())
}

pub fn items_mut<'a>(value: &'a mut Value, name: &str) -> &'a mut [Value] {
    value
        .get_mut(name)
        .and_then(Value::as_array_mut)
        .map_or(&mut [], Vec::as_mut_slice)
}

pub fn remove(value: &mut Value, name: &str) {
    if let Value::Object(object) = value {
        // Keeps the order of the others, which is that of the fields.
        object.shift_remove(name);
    }
}

/// Puts a member as it is in `from`, or takes it away when it is not there.
pub fn restore(value: &mut Value, name: &str, from: &Value) {
    match from.get(name) {
        Some(old) => {
            if let Value::Object(object) = value {
                object.insert(name.to_owned(), old.clone());
            }
        }
        None => remove(value, name),
    }
}

/// Whether two members mean the same: missing, null and empty do.
pub fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    fn nothing(value: Option<&Value>) -> bool {
        match value {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.is_empty(),
            Some(Value::Array(items)) => items.is_empty(),
            Some(Value::Object(object)) => object.is_empty(),
            Some(_) => false,
        }
    }
    a == b || (nothing(a) && nothing(b))
}
