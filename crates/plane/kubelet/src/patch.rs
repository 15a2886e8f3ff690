//! What is sent of a status: a strategic merge patch of what this node decides about and the API does not have yet, as upstream's kubelet
//! sends it. Pure.

use serde_json::{Map, Value, json};
use wharf_kube_client::Object as _;
use wharf_kube_model::view::set;

/// How the API takes a field of a status.
pub enum Merge {
    /// A value is replaced, the members of a map each for itself.
    Plain,
    /// A list of which some items may be of others; a key tells them apart.
    Items {
        key: &'static str,
        is_own: fn(&Value) -> bool,
    },
    /// A list that is this node's as a whole, though the API would merge it.
    Whole,
}

/// What makes the status `seen`, which the API has, one that says what `own` does; `None` where it does already. What `own` does not name
/// stays; null in it takes away what is there. `merge` tells of the fields of the status by their names.
///
/// An object of the same name with another uid refuses it.
pub fn of_status(uid: &str, seen: &Value, own: &Value, merge: fn(&str) -> Merge) -> Option<Value> {
    let mut status = Map::new();
    for (name, value) in own.as_object().into_iter().flatten() {
        let before = told(seen.at(&format!("/{name}")));
        match merge(name) {
            Merge::Plain => {
                let change = change(&before, value, Rest::Stays);
                status.extend(change.map(|it| (name.clone(), it)));
            }
            Merge::Items { key, is_own } => {
                let now = told(value);
                let now = items(&now, is_own);
                let changes = merged(key, &items(&before, is_own), &now);
                // One is in order, and a server from before a list has no order for it either.
                if !changes.is_empty() && now.len() > 1 {
                    let order: Vec<Value> = now.iter().map(|it| json!({ key: it[key] })).collect();
                    status.insert(format!("$setElementOrder/{name}"), order.into());
                }
                if !changes.is_empty() {
                    status.insert(name.clone(), changes.into());
                }
            }
            Merge::Whole => {
                let now = told(value);
                if before != now {
                    let mut all = now.list("").to_vec();
                    all.push(json!({"$patch": "replace"}));
                    status.insert(name.clone(), all.into());
                }
            }
        }
    }
    (!status.is_empty()).then(|| json!({"metadata": {"uid": uid}, "status": status}))
}

/// What becomes of members that are there and are not named.
#[derive(Clone, Copy, PartialEq)]
enum Rest {
    Stays,
    Goes,
}

/// What makes `before`, in which there are no nulls, say what `now` does.
fn change(before: &Value, now: &Value, rest: Rest) -> Option<Value> {
    let (Value::Object(before), Value::Object(now)) = (before, now) else {
        let now = told(now);
        return (*before != now).then_some(now);
    };
    let mut changes = Map::new();
    for (name, value) in now {
        let change = change(before.get(name).unwrap_or(&NOTHING), value, rest);
        changes.extend(change.map(|it| (name.clone(), it)));
    }
    if rest == Rest::Goes {
        let gone = before.keys().filter(|it| !now.contains_key(*it));
        changes.extend(gone.map(|it| (it.clone(), Value::Null)));
    }
    (!changes.is_empty()).then(|| changes.into())
}

/// The items of a list that are this node's.
fn items(list: &Value, is_own: fn(&Value) -> bool) -> Vec<&Value> {
    let all = list.list("").iter();
    all.filter(|it| is_own(it)).collect()
}

/// The items that are new, say something else, or go.
fn merged(key: &str, seen: &[&Value], own: &[&Value]) -> Vec<Value> {
    let mut changes = Vec::new();
    for item in own {
        let before = seen.iter().find(|it| it[key] == item[key]);
        let change = change(before.copied().unwrap_or(&NOTHING), item, Rest::Goes);
        if let Some(mut change) = change {
            set(&mut change, key, item[key].clone());
            changes.push(change);
        }
    }
    for item in seen {
        if !own.iter().any(|it| it[key] == item[key]) {
            changes.push(json!({ key: item[key], "$patch": "delete" }));
        }
    }
    changes
}

static NOTHING: Value = Value::Null;

/// A value without members that are null: they say what absent ones say.
fn told(value: &Value) -> Value {
    match value {
        Value::Object(all) => {
            let all = all.iter().filter(|(_, it)| !it.is_null());
            all.map(|(name, it)| (name.clone(), told(it))).collect()
        }
        Value::Array(all) => all.iter().map(told).collect(),
        other => other.clone(),
    }
}

/// What becomes of the status `live` of an object by a patch.
#[cfg(test)]
pub fn applied((version, kind): (&str, &str), live: &Value, patch: Option<&Value>) -> Value {
    use wharf_kube_model::{Catalog, patch::strategic};
    let object = json!({"metadata": {"uid": "u"}, "status": live});
    let Some(patch) = patch else {
        return live.clone();
    };
    let schema = Catalog::built_in().schema(version, kind).unwrap();
    let mut patched = strategic(schema.root(), &object, patch).unwrap();
    patched["status"].take()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_in_a_map_and_goes_from_an_item() {
        let merge = |name: &str| match name {
            "items" => Merge::Items {
                key: "name",
                is_own: |_| true,
            },
            _ => Merge::Plain,
        };
        let seen = json!({
            "items": [{"name": "a", "gone": 1, "inner": {"x": 1, "gone": 2}}],
            "map": {"x": 1, "stays": 2},
        });
        let own =
            json!({"items": [{"name": "a", "inner": {"x": 3}}], "map": {"x": 3, "gone": null}});
        let expected = json!({"metadata": {"uid": "u"}, "status": {
            "items": [{"name": "a", "gone": null, "inner": {"x": 3, "gone": null}}],
            "map": {"x": 3},
        }});
        assert_eq!(of_status("u", &seen, &own, merge), Some(expected));
        assert_eq!(of_status("u", &seen, &seen, merge), None);
    }
}
