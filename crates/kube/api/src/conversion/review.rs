//! Reviews of conversions, `apiextensions.k8s.io/v1`: what a webhook is asked, and what its answer comes to, in upstream's words. Pure.

use serde_json::{Map, Value, json};
use wharf_kube_model::{
    codec::json,
    field::quoted,
    names,
    view::{member, text, text_at},
};

const VERSION: &str = "apiextensions.k8s.io/v1";
const KIND: &str = "ConversionReview";
/// Bytes of a text of an answer that is passed on.
const MOST_TEXT: usize = 8 << 10;
/// Bytes of all annotations of an object.
const MOST_ANNOTATIONS: usize = 256 << 10;

pub fn question(uid: &str, wanted: &str, objects: &[Value]) -> Vec<u8> {
    let request = json!({"uid": uid, "desiredAPIVersion": wanted, "objects": objects});
    let review = json!({"kind": KIND, "apiVersion": VERSION, "request": request, "response": null});
    review.to_string().into_bytes()
}

/// A text of an answer, of which no more is passed on than there is room for.
fn told<'a>(of: &'a Value, name: &str) -> &'a str {
    let whole = text(of, name);
    let mut end = whole.len().min(MOST_TEXT);
    while !whole.is_char_boundary(end) {
        end -= 1;
    }
    &whole[..end]
}

/// What became of `objects`, in their order.
///
/// # Errors
/// Why the answer is none, behind `conversion webhook for WHAT`.
pub fn answer(
    uid: &str,
    wanted: &str,
    objects: &[Value],
    body: &[u8],
) -> Result<Vec<Value>, String> {
    let mut review = json::decode(body)
        .map_err(|error| format!("failed: the answer is no {KIND}: {}", error.message))?
        .0;
    let failed = |why: String| Err(format!("failed: {why}"));
    let (version, kind) = (told(&review, "apiVersion"), told(&review, "kind"));
    if (version, kind) != (VERSION, KIND) {
        return failed(format!(
            "expected webhook response of {VERSION}, Kind={KIND}, got {version}, Kind={kind}"
        ));
    }
    let response = &mut review["response"];
    if !response.is_object() {
        return failed("no response provided".to_owned());
    }
    let own = told(response, "uid");
    if own != uid {
        let (uid, own) = (quoted(uid), quoted(own));
        return failed(format!("expected response.uid={uid}, got {own}"));
    }
    let result = &response["result"];
    match (told(result, "status"), told(result, "message")) {
        ("Success", _) => {}
        (status, "") => {
            return failed(format!(
                "response.result.status was '{status}', not 'Success'"
            ));
        }
        (_, why) => return failed(why.to_owned()),
    }
    let Value::Array(converted) = response["convertedObjects"].take() else {
        return Err(count(0, objects.len()));
    };
    if converted.len() != objects.len() {
        return Err(count(converted.len(), objects.len()));
    }
    let all = objects.iter().zip(converted).enumerate();
    all.map(|(at, (before, after))| one(at, wanted, before, after))
        .collect()
}

fn count(found: usize, wanted: usize) -> String {
    format!("returned {found} objects, expected {wanted}")
}

fn one(at: usize, wanted: &str, before: &Value, mut after: Value) -> Result<Value, String> {
    let invalid = |why: String| format!("returned invalid converted object at index {at}: {why}");
    let version = told(&after, "apiVersion");
    if version != wanted {
        return Err(invalid(format!(
            "invalid groupVersion (expected {wanted}, received {version})"
        )));
    }
    let (expected, kind) = (text(before, "kind"), told(&after, "kind"));
    if kind != expected {
        return Err(invalid(format!(
            "invalid kind (expected {expected}, received {kind})"
        )));
    }
    for (shown, name) in [("name", "name"), ("namespace", "namespace"), ("UID", "uid")] {
        let (old, new) = (
            text_at(before, &["metadata", name]),
            text_at(&after, &["metadata", name]),
        );
        if old != new {
            let new = told(&after["metadata"], name);
            return Err(invalid(format!(
                "must have the same {shown}: {old} != {new}"
            )));
        }
    }
    let kept = metadata(before, &after);
    let kept =
        kept.map_err(|why| format!("returned invalid metadata in object at index {at}: {why}"))?;
    after["metadata"] = kept;
    Ok(after)
}

/// That of before, with the labels and annotations of after.
fn metadata(before: &Value, after: &Value) -> Result<Value, String> {
    let own = member(after, "metadata").ok_or("missing metadata in converted object")?;
    if !own.is_object() {
        return Err("invalid metadata in converted object".to_owned());
    }
    let mut kept = before["metadata"].clone();
    let Some(members) = kept.as_object_mut() else {
        return Ok(kept);
    };
    for name in ["labels", "annotations"] {
        let Some(new) = member(own, name) else {
            members.shift_remove(name);
            continue;
        };
        let new = new
            .as_object()
            .ok_or_else(|| format!("invalid metadata.{name} in converted object"))?;
        if members.get(name).and_then(Value::as_object) != Some(new) {
            check(name, new)?;
        }
        members.insert(name.to_owned(), new.clone().into());
    }
    Ok(kept)
}

fn check(name: &str, all: &Map<String, Value>) -> Result<(), String> {
    let mut bytes = 0;
    for (key, value) in all {
        let shown: String = key.chars().take(100).collect();
        let Some(value) = value.as_str() else {
            return Err(format!(
                "metadata.{name}[{shown}] must be a string in converted object"
            ));
        };
        bytes += key.len() + value.len();
        let faults = match name {
            "labels" => [names::qualified_name(key), names::label_value(value)].concat(),
            _ => names::qualified_name(&key.to_lowercase()),
        };
        if let Some(fault) = faults.first() {
            return Err(format!("metadata.{name}: Invalid value: {shown}: {fault}"));
        }
    }
    match name == "annotations" && bytes > MOST_ANNOTATIONS {
        true => Err(format!(
            "metadata.annotations: Too long: may not be more than {MOST_ANNOTATIONS} bytes"
        )),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn before() -> Value {
        json!({"kind": "W", "apiVersion": "e.com/v1", "metadata": {"name": "a", "uid": "u1",
            "resourceVersion": "7", "labels": {"x": "y"}}, "spec": {"a": 1}})
    }

    fn asked(response: Value) -> Result<Vec<Value>, String> {
        let body = json!({"kind": KIND, "apiVersion": VERSION, "response": response}).to_string();
        answer("u", "e.com/v2", &[before()], body.as_bytes())
    }

    fn with(change: impl FnOnce(&mut Value)) -> Result<Vec<Value>, String> {
        let mut after = before();
        after["apiVersion"] = "e.com/v2".into();
        change(&mut after);
        asked(json!({"uid": "u", "result": {"status": "Success"}, "convertedObjects": [after]}))
    }

    #[test]
    fn a_conversion_says_all_but_whose_an_object_is() {
        let after = with(|it| {
            it["metadata"] = json!({"name": "a", "uid": "u1", "resourceVersion": "9", "finalizers": ["f"],
                "annotations": {"m": "n"}});
            it["spec"] = json!({"b": 1});
        });
        let after = after.unwrap().remove(0);
        let kept =
            json!({"name": "a", "uid": "u1", "resourceVersion": "7", "annotations": {"m": "n"}});
        assert_eq!(after["metadata"], kept);
        assert_eq!(after["spec"], json!({"b": 1}));
    }

    #[test]
    fn answers_that_are_none_are_told_in_upstreams_words() {
        let at = "returned invalid converted object at index 0: ";
        let of_metadata = "returned invalid metadata in object at index 0: ";
        for (answer, expected) in [
            (
                with(|it| it["apiVersion"] = "e.com/v1".into()),
                format!("{at}invalid groupVersion (expected e.com/v2, received e.com/v1)"),
            ),
            (
                with(|it| it["kind"] = "X".into()),
                format!("{at}invalid kind (expected W, received X)"),
            ),
            (
                with(|it| it["metadata"]["name"] = "b".into()),
                format!("{at}must have the same name: a != b"),
            ),
            (
                with(|it| it["metadata"]["uid"] = "u2".into()),
                format!("{at}must have the same UID: u1 != u2"),
            ),
            (
                with(|it| it["metadata"]["labels"] = json!({"x": 1})),
                format!("{of_metadata}metadata.labels[x] must be a string in converted object"),
            ),
            (
                with(|it| it["metadata"]["labels"] = json!({"x y": "1"})),
                format!("{of_metadata}metadata.labels: Invalid value: x y: "),
            ),
            (
                asked(json!(null)),
                "failed: no response provided".to_owned(),
            ),
            (
                asked(json!({"uid": "v"})),
                r#"failed: expected response.uid="u", got "v""#.to_owned(),
            ),
            (
                asked(json!({"uid": "u", "result": {"status": "Failure"}})),
                "failed: response.result.status was 'Failure', not 'Success'".to_owned(),
            ),
            (
                asked(json!({"uid": "u", "result": {"status": "Failure", "message": "no"}})),
                "failed: no".to_owned(),
            ),
            (
                asked(json!({"uid": "u", "result": {"status": "Success"}, "convertedObjects": []})),
                "returned 0 objects, expected 1".to_owned(),
            ),
            (
                answer("u", "e.com/v2", &[], b"<html>"),
                format!("failed: the answer is no {KIND}: "),
            ),
        ] {
            let why = answer.unwrap_err();
            assert!(why.starts_with(&expected), "{why} instead of {expected}");
        }
    }
}
