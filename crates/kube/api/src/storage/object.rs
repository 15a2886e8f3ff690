//! An object as it is written down: the version of its shape, a line break, and compact JSON that begins with the
//! metadata and has neither kind nor version nor `resourceVersion`.
//!
//! So an answer in JSON is the stored text with a few words put in front, and needs no parsing.

use std::io::Write as _;

use bytes::Bytes;
use serde_json::{Map, Value};
use wharf_kube_model::{Resource, conform, convert};
use wharf_store::Revision;

/// What each stored text begins with.
const START: &[u8] = b"{\"metadata\":{";

/// Shares its bytes with the store.
#[derive(Debug, Clone)]
pub struct Object {
    record: Bytes,
    /// Where the text begins.
    text: usize,
    pub revision: Revision,
}

/// The bytes that an object is stored as; `version` is that of its shape.
pub fn record(version: &str, object: &Value) -> Bytes {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(version.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(START);
    let empty = Map::new();
    let metadata = object["metadata"].as_object().unwrap_or(&empty);
    let kept = metadata.iter().filter(|(key, _)| *key != "resourceVersion");
    members(&mut out, kept, true);
    out.push(b'}');
    let object = object.as_object().unwrap_or(&empty);
    let rest = object
        .iter()
        .filter(|(key, _)| !["kind", "apiVersion", "metadata"].contains(&key.as_str()));
    members(&mut out, rest, false);
    out.push(b'}');
    Bytes::from(out)
}

fn members<'a>(
    out: &mut Vec<u8>,
    all: impl Iterator<Item = (&'a String, &'a Value)>,
    mut is_first: bool,
) {
    for (key, value) in all {
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        // Values of JSON are written to memory without failing.
        let _ = serde_json::to_writer(&mut *out, key);
        out.push(b':');
        let _ = serde_json::to_writer(&mut *out, value);
    }
}

impl Object {
    /// `None` for bytes that [`record`] did not make.
    pub fn new(record: Bytes, revision: Revision) -> Option<Self> {
        let text = record.iter().take(64).position(|byte| *byte == b'\n')? + 1;
        (record[text..].starts_with(START) && std::str::from_utf8(&record[..text]).is_ok())
            .then_some(Self {
                record,
                text,
                revision,
            })
    }

    /// The same, as of another revision: what a deletion tells.
    pub fn at(&self, revision: Revision) -> Self {
        Self {
            revision,
            ..self.clone()
        }
    }

    /// The version of the shape that it is stored in.
    pub fn version(&self) -> &str {
        std::str::from_utf8(&self.record[..self.text - 1]).unwrap_or_default()
    }

    pub fn bytes(&self) -> usize {
        self.record.len()
    }

    fn text(&self) -> &[u8] {
        &self.record[self.text..]
    }

    /// As JSON in the version that it is stored in; `head` is kind and group/version, which items of lists go without.
    pub fn write_json(&self, head: Option<(&str, &str)>, out: &mut Vec<u8>) {
        out.push(b'{');
        if let Some((kind, version)) = head {
            // Names of kinds and versions need no escapes.
            let _ = write!(out, "\"kind\":\"{kind}\",\"apiVersion\":\"{version}\",");
        }
        let _ = write!(
            out,
            "\"metadata\":{{\"resourceVersion\":\"{}\"",
            self.revision
        );
        let rest = &self.text()[START.len()..];
        if rest.first() != Some(&b'}') {
            out.push(b',');
        }
        out.extend_from_slice(rest);
    }

    /// Whether the stored text is that of `resource`, with nothing to convert.
    pub fn is_shaped_as(&self, resource: &Resource) -> bool {
        let storage = &resource.storage;
        match &resource.custom {
            // Defaults may be newer than what is stored.
            Some(custom) => !custom.defaults,
            None => storage.group == resource.group && self.version() == resource.version,
        }
    }

    /// As a value of this kind and version, as it is stored; `None` if that is damaged.
    pub fn raw(&self, kind: &str, api_version: &str) -> Option<Value> {
        let mut all: Map<String, Value> = serde_json::from_slice(self.text()).ok()?;
        let mut object = Map::new();
        object.insert("kind".into(), kind.into());
        object.insert("apiVersion".into(), api_version.into());
        let metadata = all.get_mut("metadata").and_then(Value::as_object_mut)?;
        metadata.insert("resourceVersion".into(), self.revision.to_string().into());
        object.append(&mut all);
        Some(Value::Object(object))
    }

    /// As a value in the shape of `resource`; `None` if what is stored is damaged.
    pub fn value(&self, resource: &Resource) -> Option<Value> {
        let version = match resource.custom {
            Some(_) => group_version(&resource.group, &resource.version),
            None => group_version(&resource.storage.group, self.version()),
        };
        let mut object = self.raw(&resource.kind, &version)?;
        if resource.custom.as_ref().is_some_and(|it| it.defaults) {
            // What is stored has the types of its schema, or had those of an older one: it is shown all the same.
            let _ = conform::object(resource, &mut object);
        }
        Some(convert::from_stored(resource, object))
    }
}

/// `v1` or `apps/v1`.
pub fn group_version(group: &str, version: &str) -> String {
    match group {
        "" => version.to_owned(),
        _ => format!("{group}/{version}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn stored(value: &Value) -> Object {
        Object::new(record("v1", value), 7).unwrap()
    }

    #[test]
    fn json_is_the_stored_text_with_its_head() {
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "spec": {"a": 1},
            "metadata": {"name": "x", "resourceVersion": "3"}});
        let mut out = Vec::new();
        stored(&pod).write_json(Some(("Pod", "v1")), &mut out);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"7","name":"x"},"spec":{"a":1}}"#
        );
    }

    #[test]
    fn an_object_of_nothing_is_valid_json() {
        let mut out = Vec::new();
        stored(&json!({})).write_json(None, &mut out);
        let value: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value, json!({"metadata": {"resourceVersion": "7"}}));
    }

    #[test]
    fn what_was_never_written_is_no_object() {
        for bytes in ["", "v1", "v1\n", "v1\n{\"spec\":{}}", "\u{0}\n"] {
            assert!(Object::new(Bytes::from_static(bytes.as_bytes()), 1).is_none());
        }
    }

    proptest! {
        #[test]
        fn any_record_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut damaged = b"v1\n{\"metadata\":{".to_vec();
            damaged.extend(&bytes);
            let configmaps = wharf_kube_model::Catalog::built_in();
            let configmaps = configmaps.resource("", "v1", "configmaps").unwrap();
            for record in [bytes, damaged] {
                if let Some(object) = Object::new(Bytes::from(record), 1) {
                    let _ = object.value(configmaps);
                    object.write_json(None, &mut Vec::new());
                }
            }
        }
    }
}
