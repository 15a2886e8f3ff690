//! JSON patch, merge patch and strategic merge patch.

mod json;
mod order;
mod strategic;

#[cfg(test)]
mod tests;

pub use json::json;
pub use order::order;
pub use strategic::strategic;

use serde_json::{Map, Value};

/// Why a patch was not applied, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchError {
    /// The patch itself is wrong: BadRequest (400).
    BadRequest(String),
    /// The patch is well-formed and does not fit the object: UnprocessableEntity (422).
    Unprocessable(String),
    /// More work than a request may cause: RequestEntityTooLarge (413).
    TooLarge(String),
}

/// RFC 7386.
pub fn merge(live: &Value, patch: &Value) -> Result<Value, PatchError> {
    let Value::Object(patch) = patch else {
        return Err(PatchError::BadRequest("Invalid JSON Patch".into()));
    };
    let mut object = live.clone();
    merge_into(&mut object, patch);
    Ok(object)
}

fn merge_into(target: &mut Value, patch: &Map<String, Value>) {
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else {
        return;
    };
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.shift_remove(name);
            }
            Value::Object(inner) => {
                merge_into(target.entry(name.clone()).or_insert(Value::Null), inner)
            }
            _ => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}
