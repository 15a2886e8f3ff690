//! Config maps and secrets.

use base64::Engine as _;
use serde_json::Value;

use crate::{
    codec::syntax,
    field::{Errors, Path},
    names,
    view::{at, flag, map, same, text},
};

/// What all values of one object may take together.
const MOST_BYTES: usize = 1024 * 1024;

pub fn config_map(object: &Value, errors: &mut Errors) {
    let mut size = 0;
    let binary = map(object, "binaryData");
    for (list, encoded) in [("data", false), ("binaryData", true)] {
        let path = Path::root(list);
        for (key, value) in map(object, list).into_iter().flatten() {
            let at = path.key(key);
            errors.invalid_all(&at, key, names::config_key(key));
            if !encoded && binary.is_some_and(|binary| binary.contains_key(key)) {
                errors.invalid(&at, key.as_str(), "duplicate of key present in binaryData");
            }
            size += if encoded {
                decoded_length(value)
            } else {
                value.as_str().map_or(0, str::len)
            };
        }
    }
    if size > MOST_BYTES {
        // The fault is the object's as a whole.
        errors.too_long(&Path::root("[]"), MOST_BYTES);
    }
}

/// Bytes behind a text in base64.
fn decoded_length(value: &Value) -> usize {
    let text = value.as_str().unwrap_or_default();
    let padding = text.bytes().rev().take_while(|b| *b == b'=').count();
    (text.len() / 4 * 3).saturating_sub(padding)
}

pub fn config_map_change(new: &Value, old: &Value, errors: &mut Errors) {
    frozen(new, old, &["data", "binaryData"], errors);
}

/// An object that was made immutable stays so, with all that is in it.
fn frozen(new: &Value, old: &Value, lists: &[&str], errors: &mut Errors) {
    const FAULT: &str = "field is immutable when `immutable` is set";
    if flag(old, "immutable") != Some(true) {
        return;
    }
    if flag(new, "immutable") != Some(true) {
        errors.forbidden(&Path::root("immutable"), FAULT);
    }
    for list in lists {
        if !same(new.get(list), old.get(list)) {
            errors.forbidden(&Path::root(list), FAULT);
        }
    }
}

pub fn secret(object: &Value, errors: &mut Errors) {
    let path = Path::root("data");
    let data = map(object, "data");
    let mut size = 0;
    for (key, value) in data.into_iter().flatten() {
        errors.invalid_all(&path.key(key), key, names::config_key(key));
        size += decoded_length(value);
    }
    if size > MOST_BYTES {
        errors.too_long(&path, MOST_BYTES);
    }
    let has = |key: &str| data.is_some_and(|data| data.contains_key(key));
    let needs = |key: &str, errors: &mut Errors| {
        if !has(key) {
            errors.required(&path.key(key), "");
        }
    };
    match text(object, "type") {
        "kubernetes.io/service-account-token" => {
            const ACCOUNT: &str = "kubernetes.io/service-account.name";
            let account = at(object, &["metadata", "annotations", ACCOUNT]);
            if account
                .and_then(Value::as_str)
                .unwrap_or_default()
                .is_empty()
            {
                let metadata = Path::root("metadata");
                let annotations = metadata.child("annotations");
                errors.required(&annotations.key(ACCOUNT), "");
            }
        }
        kind @ ("kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson") => {
            let key = if kind.ends_with("json") {
                ".dockerconfigjson"
            } else {
                ".dockercfg"
            };
            needs(key, errors);
            let bytes = data
                .and_then(|data| data.get(key)?.as_str())
                .map(|text| base64::engine::general_purpose::STANDARD.decode(text));
            if let Some(Ok(bytes)) = bytes
                && let Err(fault) = serde_json::from_slice::<serde_json::Map<String, Value>>(&bytes)
            {
                errors.invalid(
                    &path.key(key),
                    "<secret contents redacted>",
                    syntax::error(&bytes).map_or_else(|| fault.to_string(), |it| it.to_string()),
                );
            }
        }
        "kubernetes.io/basic-auth" if !has("username") && !has("password") => {
            needs("username", errors);
            needs("password", errors);
        }
        "kubernetes.io/ssh-auth" => needs("ssh-privatekey", errors),
        "kubernetes.io/tls" => {
            needs("tls.crt", errors);
            needs("tls.key", errors);
        }
        _ => {}
    }
}

pub fn secret_change(new: &Value, old: &Value, errors: &mut Errors) {
    if new.get("type") != old.get("type") {
        errors.immutable(&Path::root("type"), new.get("type"));
    }
    frozen(new, old, &["data"], errors);
}
