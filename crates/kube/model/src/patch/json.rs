//! RFC 6902, with the words and limits of the library upstream uses.

use super::PatchError;
use serde_json::Value;

/// As upstream bounds it.
const MAX_OPERATIONS: usize = 10_000;
/// Bytes all copies of a patch may add, upstream's bound of a request.
const MAX_COPIED: usize = 3 << 20;
/// List items that may be moved aside by all operations together: each inserts into or takes out of a list that a large object may
/// have a hundred thousand items in.
const MAX_SHIFTED: usize = 20_000_000;
/// Levels of the outcome, more than any object may have. Values are copied, written and dropped by recursion, so a patch that moves an
/// object ever deeper into itself would take the stack.
const MAX_LEVELS: usize = 256;
/// Values that may be looked at for it by all operations together.
const MAX_LOOKED_AT: usize = 5_000_000;

/// RFC 6902.
pub fn json(live: &Value, patch: &Value) -> Result<Value, PatchError> {
    let operations = patch.as_array().ok_or_else(|| {
        PatchError::BadRequest(
            "json: cannot unmarshal object into Go value of type jsonpatch.Patch".into(),
        )
    })?;
    if operations.len() > MAX_OPERATIONS {
        return Err(PatchError::TooLarge(format!(
            "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {}",
            operations.len()
        )));
    }
    let mut patcher = Patcher {
        object: live.clone(),
        copied: 0,
        shifted: 0,
        looked_at: 0,
    };
    for operation in operations {
        patcher.apply(operation)?;
    }
    Ok(patcher.object)
}

struct Patcher {
    object: Value,
    copied: usize,
    shifted: usize,
    looked_at: usize,
}

fn unfit(message: String) -> PatchError {
    PatchError::Unprocessable(message)
}

/// The name without its escapes.
fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// The container's tokens and the last one.
fn split(pointer: &str) -> Option<(Vec<String>, String)> {
    let mut tokens: Vec<String> = pointer
        .strip_prefix('/')?
        .split('/')
        .map(unescape)
        .collect();
    let last = tokens.pop()?;
    Some((tokens, last))
}

fn member<'a>(operation: &'a Value, name: &str) -> Result<&'a str, PatchError> {
    operation.get(name).and_then(Value::as_str).ok_or_else(|| {
        let text = if name == "from" {
            "operation, missing from field"
        } else {
            "operation missing path field"
        };
        unfit(format!("{text}: missing value"))
    })
}

fn index(token: &str) -> Option<usize> {
    // "01" is no position.
    (token == "0" || !token.starts_with('0')).then(|| token.parse().ok())?
}

impl Patcher {
    fn apply(&mut self, operation: &Value) -> Result<(), PatchError> {
        let name = operation
            .get("op")
            .and_then(Value::as_str)
            .unwrap_or("unknown");
        let path = member(operation, "path")?;
        let value = || {
            let missing = || unfit("operation, missing value field: missing value".into());
            operation.get("value").cloned().ok_or_else(missing)
        };
        match name {
            "add" => self.add(path, value()?, "add"),
            "remove" => self.remove(path, "remove").map(|_| ()),
            "replace" => self.replace(path, value()?),
            "test" => self.test(path, operation.get("value").unwrap_or(&Value::Null)),
            "move" => {
                let value = self.remove(member(operation, "from")?, "move")?;
                self.add(path, value, "move")
            }
            "copy" => {
                let from = member(operation, "from")?;
                let value = self.find(from).cloned();
                let value = value.ok_or_else(|| {
                    unfit(format!("copy operation does not apply: doc is missing from path: {from}: missing value"))
                })?;
                self.copied += value.to_string().len();
                if self.copied > MAX_COPIED {
                    return Err(unfit(format!(
                        "Unable to complete the copy, the accumulated size increase of copy is {}, exceeding the limit {MAX_COPIED}",
                        self.copied
                    )));
                }
                self.add(path, value, "copy")
            }
            other => Err(unfit(format!("Unexpected kind: {other}"))),
        }
    }

    fn find(&self, pointer: &str) -> Option<&Value> {
        let mut at = &self.object;
        if pointer.is_empty() {
            return Some(at);
        }
        for token in pointer.strip_prefix('/')?.split('/').map(unescape) {
            at = match at {
                Value::Object(object) => object.get(&token)?,
                Value::Array(list) => list.get(index(&token)?)?,
                _ => return None,
            };
        }
        Some(at)
    }

    fn container(&mut self, tokens: &[String]) -> Option<&mut Value> {
        let mut at = &mut self.object;
        for token in tokens {
            at = match at {
                Value::Object(object) => object.get_mut(token)?,
                Value::Array(list) => list.get_mut(index(token)?)?,
                _ => return None,
            };
        }
        (at.is_object() || at.is_array()).then_some(at)
    }

    fn shift(&mut self, items: usize) -> Result<(), PatchError> {
        self.shifted += items;
        if self.shifted > MAX_SHIFTED {
            return Err(PatchError::TooLarge(
                "the JSON patch moves too many items of lists".into(),
            ));
        }
        Ok(())
    }

    /// Whether a value may be where a path leads. A value is never deeper than what a parser or an outcome within the bound has.
    fn fits(&mut self, path: &str, value: &Value) -> Result<(), PatchError> {
        let too_deep = || PatchError::TooLarge("the JSON patch nests the object too deeply".into());
        let above = path.bytes().filter(|byte| *byte == b'/').count();
        let room = MAX_LEVELS.checked_sub(above).ok_or_else(too_deep)?;
        let mut left = vec![(value, 1)];
        while let Some((value, level)) = left.pop() {
            if level > room {
                return Err(too_deep());
            }
            self.looked_at += 1;
            if self.looked_at > MAX_LOOKED_AT {
                return Err(PatchError::TooLarge(
                    "the JSON patch moves too much of the object".into(),
                ));
            }
            match value {
                Value::Array(all) => left.extend(all.iter().map(|it| (it, level + 1))),
                Value::Object(all) => left.extend(all.values().map(|it| (it, level + 1))),
                _ => {}
            }
        }
        Ok(())
    }

    fn add(&mut self, path: &str, value: Value, operation: &str) -> Result<(), PatchError> {
        self.fits(path, &value)?;
        if path.is_empty() {
            self.object = value;
            return Ok(());
        }
        let missing = || {
            unfit(format!(
                "{operation} operation does not apply: doc is missing path: \"{path}\": missing value"
            ))
        };
        let (tokens, last) = split(path).ok_or_else(missing)?;
        let wrong =
            |what: String| unfit(format!("error in {operation} for path: '{path}': {what}"));
        let mut moved = 0;
        match self.container(&tokens).ok_or_else(missing)? {
            Value::Object(object) => {
                object.insert(last, value);
            }
            Value::Array(list) if last == "-" => list.push(value),
            Value::Array(list) => {
                let at = index(&last).ok_or_else(|| {
                    wrong(format!("value was not a proper array index: '{last}'"))
                })?;
                if at > list.len() {
                    return Err(wrong(format!(
                        "Unable to access invalid index: {at}: invalid index referenced"
                    )));
                }
                moved = list.len() - at;
                list.insert(at, value);
            }
            _ => return Err(missing()),
        }
        self.shift(moved)
    }

    fn remove(&mut self, path: &str, operation: &str) -> Result<Value, PatchError> {
        let missing = || {
            unfit(format!(
                "{operation} operation does not apply: doc is missing path: \"{path}\": missing value"
            ))
        };
        let (tokens, last) = split(path).ok_or_else(missing)?;
        let wrong =
            |what: String| unfit(format!("error in {operation} for path: '{path}': {what}"));
        let mut moved = 0;
        let removed = match self.container(&tokens).ok_or_else(missing)? {
            Value::Object(object) => object.swap_remove(&last).ok_or_else(|| {
                wrong(format!(
                    "Unable to remove nonexistent key: {last}: missing value"
                ))
            })?,
            Value::Array(list) => {
                let at = index(&last).filter(|at| *at < list.len()).ok_or_else(|| {
                    wrong(format!(
                        "Unable to access invalid index: {last}: invalid index referenced"
                    ))
                })?;
                moved = list.len() - at;
                list.remove(at)
            }
            _ => return Err(missing()),
        };
        self.shift(moved)?;
        Ok(removed)
    }

    fn replace(&mut self, path: &str, value: Value) -> Result<(), PatchError> {
        self.fits(path, &value)?;
        if path.is_empty() {
            self.object = value;
            return Ok(());
        }
        let missing = |what: &str| {
            unfit(format!(
                "replace operation does not apply: doc is missing {what}: {path}: missing value"
            ))
        };
        let (tokens, last) = split(path).ok_or_else(|| missing("path"))?;
        let slot = match self.container(&tokens).ok_or_else(|| missing("path"))? {
            Value::Object(object) => object.get_mut(&last),
            Value::Array(list) => index(&last).and_then(|at| list.get_mut(at)),
            _ => None,
        };
        *slot.ok_or_else(|| missing("key"))? = value;
        Ok(())
    }

    /// A member that is not there equals null, as upstream's library has it.
    fn test(&self, path: &str, value: &Value) -> Result<(), PatchError> {
        if self.find(path).unwrap_or(&Value::Null) == value {
            return Ok(());
        }
        Err(unfit(format!("testing value {path} failed: test failed")))
    }
}
