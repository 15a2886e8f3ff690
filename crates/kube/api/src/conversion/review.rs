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

/// Why an answer is none, behind `conversion webhook for WHAT`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAnswer {
    #[error("failed: the answer is no {KIND}: {0}")]
    NoReview(String),
    #[error(
        "failed: expected webhook response of {VERSION}, Kind={KIND}, got {version}, Kind={kind}"
    )]
    Kind { version: String, kind: String },
    #[error("failed: no response provided")]
    NoResponse,
    #[error("failed: expected response.uid={}, got {}", quoted(.wanted), quoted(.found))]
    Uid { wanted: String, found: String },
    #[error("failed: response.result.status was '{0}', not 'Success'")]
    Status(String),
    /// In the webhook's own words.
    #[error("failed: {0}")]
    Refused(String),
    #[error("returned {found} objects, expected {wanted}")]
    Count { found: usize, wanted: usize },
    #[error("returned invalid converted object at index {at}: {why}")]
    Object { at: usize, why: BadObject },
    #[error("returned invalid metadata in object at index {at}: {why}")]
    Metadata { at: usize, why: BadMetadata },
}

/// Why an object is not the one that was asked about, in another version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadObject {
    #[error("invalid groupVersion (expected {wanted}, received {found})")]
    Version { wanted: String, found: String },
    #[error("invalid kind (expected {wanted}, received {found})")]
    Kind { wanted: String, found: String },
    #[error("must have the same {what}: {before} != {after}")]
    OfAnother {
        what: &'static str,
        before: String,
        after: String,
    },
}

/// What an object may not have in its metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMetadata {
    #[error("missing metadata in converted object")]
    Missing,
    #[error("invalid metadata in converted object")]
    NoObject,
    #[error("invalid metadata.{0} in converted object")]
    Member(&'static str),
    #[error("metadata.{member}[{key}] must be a string in converted object")]
    NoText { member: &'static str, key: String },
    #[error("metadata.{member}: Invalid value: {key}: {fault}")]
    Invalid {
        member: &'static str,
        key: String,
        fault: String,
    },
    #[error("metadata.annotations: Too long: may not be more than {MOST_ANNOTATIONS} bytes")]
    TooLong,
}

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
/// The answer is none.
pub fn answer(
    uid: &str,
    wanted: &str,
    objects: &[Value],
    body: &[u8],
) -> Result<Vec<Value>, BadAnswer> {
    let mut review = json::decode(body)
        .map_err(|error| BadAnswer::NoReview(error.message))?
        .0;
    let (version, kind) = (told(&review, "apiVersion"), told(&review, "kind"));
    if (version, kind) != (VERSION, KIND) {
        return Err(BadAnswer::Kind {
            version: version.to_owned(),
            kind: kind.to_owned(),
        });
    }
    let response = &mut review["response"];
    if !response.is_object() {
        return Err(BadAnswer::NoResponse);
    }
    let own = told(response, "uid");
    if own != uid {
        return Err(BadAnswer::Uid {
            wanted: uid.to_owned(),
            found: own.to_owned(),
        });
    }
    let result = &response["result"];
    match (told(result, "status"), told(result, "message")) {
        ("Success", _) => {}
        (status, "") => return Err(BadAnswer::Status(status.to_owned())),
        (_, why) => return Err(BadAnswer::Refused(why.to_owned())),
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

fn count(found: usize, wanted: usize) -> BadAnswer {
    BadAnswer::Count { found, wanted }
}

fn one(at: usize, wanted: &str, before: &Value, mut after: Value) -> Result<Value, BadAnswer> {
    same(wanted, before, &after).map_err(|why| BadAnswer::Object { at, why })?;
    let kept = metadata(before, &after);
    after["metadata"] = kept.map_err(|why| BadAnswer::Metadata { at, why })?;
    Ok(after)
}

/// Whether an object is the one of before, in the version that is wanted.
fn same(wanted: &str, before: &Value, after: &Value) -> Result<(), BadObject> {
    let version = told(after, "apiVersion");
    if version != wanted {
        return Err(BadObject::Version {
            wanted: wanted.to_owned(),
            found: version.to_owned(),
        });
    }
    let (expected, kind) = (text(before, "kind"), told(after, "kind"));
    if kind != expected {
        return Err(BadObject::Kind {
            wanted: expected.to_owned(),
            found: kind.to_owned(),
        });
    }
    for (what, name) in [("name", "name"), ("namespace", "namespace"), ("UID", "uid")] {
        let (old, new) = (
            text_at(before, &["metadata", name]),
            text_at(after, &["metadata", name]),
        );
        if old != new {
            return Err(BadObject::OfAnother {
                what,
                before: old.to_owned(),
                after: told(&after["metadata"], name).to_owned(),
            });
        }
    }
    Ok(())
}

/// That of before, with the labels and annotations of after.
fn metadata(before: &Value, after: &Value) -> Result<Value, BadMetadata> {
    let own = member(after, "metadata").ok_or(BadMetadata::Missing)?;
    if !own.is_object() {
        return Err(BadMetadata::NoObject);
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
        let new = new.as_object().ok_or(BadMetadata::Member(name))?;
        if members.get(name).and_then(Value::as_object) != Some(new) {
            check(name, new)?;
        }
        members.insert(name.to_owned(), new.clone().into());
    }
    Ok(kept)
}

fn check(member: &'static str, all: &Map<String, Value>) -> Result<(), BadMetadata> {
    let mut bytes = 0;
    for (key, value) in all {
        let shown: String = key.chars().take(100).collect();
        let Some(value) = value.as_str() else {
            return Err(BadMetadata::NoText { member, key: shown });
        };
        bytes += key.len() + value.len();
        let faults = match member {
            "labels" => [names::qualified_name(key), names::label_value(value)].concat(),
            _ => names::qualified_name(&key.to_lowercase()),
        };
        if let Some(fault) = faults.into_iter().next() {
            return Err(BadMetadata::Invalid {
                member,
                key: shown,
                fault,
            });
        }
    }
    match member == "annotations" && bytes > MOST_ANNOTATIONS {
        true => Err(BadMetadata::TooLong),
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

    fn asked(response: Value) -> Result<Vec<Value>, BadAnswer> {
        let body = json!({"kind": KIND, "apiVersion": VERSION, "response": response}).to_string();
        answer("u", "e.com/v2", &[before()], body.as_bytes())
    }

    fn with(change: impl FnOnce(&mut Value)) -> Result<Vec<Value>, BadAnswer> {
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
            let why = answer.unwrap_err().to_string();
            assert!(why.starts_with(&expected), "{why} instead of {expected}");
        }
    }
}
