//! Bodies: from bytes to an object of the kind that is asked for, conformed to its schema and with its defaults.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::Value;
use wharf_kube_model::{
    codec::{self, MediaType},
    conform, defaults,
    field::{Errors, Path},
    status::Status,
};

use crate::{
    answer::{Fault, options_fault},
    call::Call,
    negotiate,
};

/// Levels of an object: what is stored is read again by a parser that takes 128.
const MOST_LEVELS: usize = 100;

/// What a body is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expected<'a> {
    pub group: &'a str,
    pub version: &'a str,
    pub kind: &'a str,
}

impl Expected<'_> {
    pub fn api_version(&self) -> String {
        match self.group {
            "" => self.version.to_owned(),
            group => format!("{group}/{}", self.version),
        }
    }
}

/// How to take fields that nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldValidation {
    Ignore,
    Warn,
    Strict,
}

/// Kinds of custom resources are compared when the object is judged, and the object is called what it says it is.
fn other_kind(expected: Expected<'_>, kind: &str, name: &str) -> Fault {
    let mut errors = Errors::new();
    let why = format!("must be {}", expected.kind);
    errors.invalid(&Path::root("kind"), kind, why);
    Status::invalid(expected.group, kind, name, errors.into_vec()).into()
}

impl Call {
    /// The kind that the options of this request are of.
    pub fn options_kind(&self) -> &'static str {
        match self.asked.verb {
            "create" => "CreateOptions",
            "update" => "UpdateOptions",
            "patch" => "PatchOptions",
            _ => "DeleteOptions",
        }
    }

    pub fn field_validation(&self) -> Result<FieldValidation, Fault> {
        match self.query.get("fieldValidation") {
            None | Some("Warn") => Ok(FieldValidation::Warn),
            Some("Strict") => Ok(FieldValidation::Strict),
            Some("Ignore") => Ok(FieldValidation::Ignore),
            Some(other) => {
                let kind = self.options_kind();
                Err(options_fault(kind, "fieldValidation", |errors, path| {
                    errors.not_supported(path, other, &["", "Ignore", "Strict", "Warn"]);
                }))
            }
        }
    }

    /// The body as an object of the resource: conformed to its schema, with defaults.
    pub fn decode(&self, body: &Bytes) -> Result<Value, Fault> {
        let decoded = self.decode_as(body, self.expected())?;
        self.complete(decoded.value, decoded.duplicates)
    }

    /// The body as an object of some kind, as it came.
    pub fn decode_as(&self, body: &Bytes, expected: Expected<'_>) -> Result<codec::Decoded, Fault> {
        let media = self.body_media()?;
        let version = expected.api_version();
        let default = Some((version.as_str(), expected.kind));
        let decoded = codec::decode(&self.catalog, media, body, default);
        let unknown = |why: &str| unrecognized(expected.kind, media, why, body);
        let mut decoded = decoded.map_err(|error| unknown(&error.message))?;
        if decoded.value.is_null() {
            decoded.value = Value::Object(Default::default());
        }
        let Some(object) = decoded.value.as_object_mut() else {
            return Err(unknown(&no_object(&decoded.value)).into());
        };
        let said = |name: &str| {
            let text = object.get(name).and_then(Value::as_str);
            text.filter(|it| !it.is_empty()).map(str::to_owned)
        };
        let (said_kind, said_version) = (said("kind"), said("apiVersion"));
        let kind = said_kind.as_deref().unwrap_or(expected.kind);
        if said_version.as_deref().unwrap_or(&version) != version || kind != expected.kind {
            let given = said_version.as_deref().unwrap_or(&version);
            if given == version && self.resource.custom.is_some() && expected == self.expected() {
                let name = object.get("metadata").and_then(|it| it["name"].as_str());
                return Err(other_kind(expected, kind, name.unwrap_or_default()));
            }
            let text = if given == version {
                format!(
                    "{kind} in version \"{}\" cannot be handled as a {}: converting ({given}.{kind}) to ({version}.{}): unknown conversion",
                    expected.version, expected.kind, expected.kind
                )
            } else {
                format!(
                    "the API version in the data ({given}) does not match the expected API version ({version})"
                )
            };
            return Err(Status::bad_request(text).into());
        }
        object.insert("kind".to_owned(), expected.kind.into());
        object.insert("apiVersion".to_owned(), version.into());
        must_be_flat(&decoded.value)?;
        Ok(decoded)
    }

    /// The body as an object of a kind that is no resource of its own, conformed to its schema.
    pub fn decode_other(&self, body: &Bytes, expected: Expected<'_>) -> Result<Value, Fault> {
        let mut object = self.decode_as(body, expected)?.value;
        self.conform_other(&mut object, expected)?;
        Ok(object)
    }

    pub fn conform_other(&self, object: &mut Value, expected: Expected<'_>) -> Result<(), Fault> {
        must_be_flat(object)?;
        let schema = self.catalog.schema(&expected.api_version(), expected.kind);
        let Some(schema) = schema else {
            return Ok(());
        };
        let (version, kind) = (expected.version, expected.kind);
        let handled = |what: &str| {
            Status::bad_request(format!(
                "{kind} in version \"{version}\" cannot be handled as a {kind}: {what}"
            ))
        };
        let report = conform::conform(schema.root(), object);
        let report = report.map_err(|error| handled(&error.message))?;
        report.unknown.into_iter().for_each(|it| self.warn(it));
        Ok(())
    }

    fn body_media(&self) -> Result<MediaType, Fault> {
        let kind = self.headers.get(CONTENT_TYPE);
        let media = negotiate::body_media(kind.and_then(|it| it.to_str().ok()));
        let media = media.filter(|it| *it != MediaType::Protobuf || self.resource.custom.is_none());
        Ok(media.ok_or_else(|| Status::unsupported_media_type(&negotiate::ALL))?)
    }

    /// What decoding and defaulting do to an object of the resource; what nobody knows is refused or warned of.
    pub fn complete(&self, object: Value, duplicates: Vec<String>) -> Result<Value, Fault> {
        let version = &self.resource.version;
        let kind = &self.resource.kind;
        self.completed(object, duplicates, |what| {
            Status::bad_request(format!(
                "{kind} in version \"{version}\" cannot be handled as a {kind}: {what}"
            ))
        })
    }

    /// The same, refused in other words.
    pub fn completed(
        &self,
        mut object: Value,
        duplicates: Vec<String>,
        handled: impl Fn(&str) -> Status,
    ) -> Result<Value, Fault> {
        must_be_flat(&object)?;
        let report = conform::conform(self.resource.schema.root(), &mut object);
        let report = report.map_err(|error| handled(&error.message))?;
        let mut strict = report.unknown;
        strict.extend(duplicates);
        if !strict.is_empty() {
            match self.field_validation()? {
                FieldValidation::Ignore => {}
                FieldValidation::Warn => strict.into_iter().for_each(|it| self.warn(it)),
                FieldValidation::Strict => {
                    let all = strict.join(", ");
                    return Err(handled(&format!("strict decoding error: {all}")).into());
                }
            }
        }
        defaults::apply(&self.resource, &mut object);
        Ok(object)
    }
}

impl Call {
    /// What decoding and defaulting do to an object that a program of the cluster changed: what nobody knows is left out.
    pub fn completed_quietly(&self, mut object: Value) -> Result<Value, Fault> {
        must_be_flat(&object)?;
        let report = conform::conform(self.resource.schema.root(), &mut object);
        report.map_err(|error| Status::bad_request(error.message))?;
        defaults::apply(&self.resource, &mut object);
        Ok(object)
    }
}

/// Bytes of a body that is not understood, as its client is shown them.
const SHOWN_BYTES: usize = 30;

/// A body of which not even the kind can be read.
fn unrecognized(kind: &str, media: MediaType, why: &str, body: &[u8]) -> Status {
    let why = match media {
        MediaType::Json => format!("couldn't get version/kind; json parse error: {why}"),
        MediaType::Yaml | MediaType::Protobuf => why.to_owned(),
    };
    let shown = summary(body);
    Status::bad_request(format!(
        "the object provided is unrecognized (must be of type {kind}): {why} ({shown})"
    ))
}

/// Go's complaint of what it should read a kind from.
pub fn no_object(value: &Value) -> String {
    let what = match value {
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Bool(_) => "bool",
        _ => "number",
    };
    format!(
        r#"json: cannot unmarshal {what} into Go value of type struct {{ APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }}"#
    )
}

/// The begin of what may be JSON, or of its bytes.
fn summary(body: &[u8]) -> String {
    let begin = &body[..body.len().min(SHOWN_BYTES)];
    let shown = match begin.first() {
        None => return "<empty>".to_owned(),
        Some(b'{') => String::from_utf8_lossy(begin).into_owned(),
        Some(_) => begin.iter().map(|byte| format!("{byte:02x}")).collect(),
    };
    let more = if body.len() > SHOWN_BYTES { " ..." } else { "" };
    format!("{shown}{more}")
}

fn must_be_flat(object: &Value) -> Result<(), Fault> {
    match levels(object) > MOST_LEVELS {
        true => Err(Status::bad_request("the object is nested too deeply").into()),
        false => Ok(()),
    }
}

/// How deep a value is, told without recursion.
fn levels(value: &Value) -> usize {
    let mut deepest = 0;
    let mut left = vec![(value, 1)];
    while let Some((value, level)) = left.pop() {
        deepest = deepest.max(level);
        match value {
            Value::Array(all) => left.extend(all.iter().map(|it| (it, level + 1))),
            Value::Object(all) => left.extend(all.values().map(|it| (it, level + 1))),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_body_that_is_not_understood_is_shown_with_why() {
        let text =
            |why: &str, body: &[u8]| unrecognized("ConfigMap", MediaType::Json, why, body).message;
        assert_eq!(
            text("unexpected end of JSON input", b""),
            "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: \
             unexpected end of JSON input (<empty>)"
        );
        assert!(text("x", b"[]").ends_with(" x (5b5d)"));
        assert!(text("x", b"{").ends_with(" x ({)"));
        assert!(text("x", &[b'{'; 31]).ends_with(&format!(" x ({} ...)", "{".repeat(30))));
        assert_eq!(
            no_object(&json!([])),
            r#"json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\"apiVersion,omitempty\""; Kind string "json:\"kind,omitempty\"" }"#
        );
    }

    #[test]
    fn levels_are_counted_at_any_depth() {
        assert_eq!(levels(&json!(1)), 1);
        assert_eq!(levels(&json!({"a": [{"b": 1}], "c": 2})), 4);
        let mut deep = json!({});
        for _ in 0..200 {
            deep = json!([deep]);
        }
        assert!(must_be_flat(&deep).is_err());
    }
}
