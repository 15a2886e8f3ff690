//! The order in which upstream's library writes the members of what a JSON patch or a merge patch made. It opens objects only where the patch
//! leads, and those it writes by the names of their members; all others stay as they were. Clients see it where the outcome is no object of
//! its kind. Pure.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

/// Brings an outcome into that order: of a list of operations, or of a merge patch into `live`.
pub fn order(outcome: &mut Value, live: &Value, patch: &Value) {
    match patch {
        Value::Array(operations) => of_operations(outcome, operations),
        Value::Object(patch) => of_merge(outcome, live, patch),
        _ => {}
    }
}

fn of_operations(outcome: &mut Value, operations: &[Value]) {
    // The object itself is opened by a patch without operations too.
    let mut opened = BTreeSet::from([""]);
    for operation in operations {
        for name in ["path", "from"] {
            let pointer = operation.get(name).and_then(Value::as_str);
            let pointer = pointer.unwrap_or_default();
            opened.extend(pointer.match_indices('/').map(|(at, _)| &pointer[..at]));
        }
    }
    for pointer in opened {
        if let Some(Value::Object(object)) = outcome.pointer_mut(pointer) {
            object.sort_keys();
        }
    }
}

fn of_merge(outcome: &mut Value, live: &Value, patch: &Map<String, Value>) {
    let Value::Object(object) = outcome else {
        return;
    };
    object.sort_keys();
    for (name, change) in patch {
        let Some(member) = object.get_mut(name) else {
            continue;
        };
        match (live.get(name), change) {
            (Some(before @ Value::Object(_)), Value::Object(inner)) => {
                of_merge(member, before, inner);
            }
            // What takes the place of an object is not looked into.
            (Some(Value::Object(_)), _) => {}
            // In what is new it looks for nulls everywhere.
            _ => whole(member),
        }
    }
}

fn whole(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.sort_keys();
            object.values_mut().for_each(whole);
        }
        Value::Array(list) => list.iter_mut().for_each(whole),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::super::{json, merge};
    use super::*;

    fn live() -> Value {
        let text = r#"{"kind":"K","apiVersion":"v1","metadata":{"name":"n","labels":{"a":"1"}},"spec":{"size":1,"parts":[{"name":"p","kind":"x"}],"area":2}}"#;
        serde_json::from_str(text).unwrap()
    }

    fn check(patch: &str, expected: &str) {
        let patch: Value = serde_json::from_str(patch).unwrap();
        let made = match patch.is_array() {
            true => json(&live(), &patch),
            false => merge(&live(), &patch),
        };
        let mut made = made.unwrap();
        order(&mut made, &live(), &patch);
        assert_eq!(made.to_string(), expected);
    }

    #[test]
    fn objects_on_the_way_of_a_json_patch_are_sorted() {
        check(
            r#"[{"op":"replace","path":"/spec/parts/0/kind","value":{"z":1,"y":2}}]"#,
            r#"{"apiVersion":"v1","kind":"K","metadata":{"name":"n","labels":{"a":"1"}},"spec":{"area":2,"parts":[{"kind":{"z":1,"y":2},"name":"p"}],"size":1}}"#,
        );
        check(
            "[]",
            r#"{"apiVersion":"v1","kind":"K","metadata":{"name":"n","labels":{"a":"1"}},"spec":{"size":1,"parts":[{"name":"p","kind":"x"}],"area":2}}"#,
        );
    }

    #[test]
    fn objects_of_a_merge_patch_are_sorted_and_those_it_brings() {
        check(
            r#"{"spec":{"size":null,"more":{"z":[{"b":1,"a":2}],"y":2}}}"#,
            r#"{"apiVersion":"v1","kind":"K","metadata":{"name":"n","labels":{"a":"1"}},"spec":{"area":2,"more":{"y":2,"z":[{"a":2,"b":1}]},"parts":[{"name":"p","kind":"x"}]}}"#,
        );
        check(
            r#"{"metadata":[{"b":1,"a":2}],"spec":{"parts":{"b":1,"a":2}}}"#,
            r#"{"apiVersion":"v1","kind":"K","metadata":[{"b":1,"a":2}],"spec":{"area":2,"parts":{"a":2,"b":1},"size":1}}"#,
        );
    }
}
