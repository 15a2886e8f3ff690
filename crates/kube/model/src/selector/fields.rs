//! Field selectors: `status.phase!=Running,spec.nodeName=n`. Which fields may be asked for is a matter of the kind.

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    Resource,
    view::{at, text_at},
};

/// Why a text is no field selector for objects of a kind, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadFields {
    #[error("invalid selector: '{selector}'; can't understand '{part}'")]
    Part { selector: String, part: String },
    #[error("invalid field selector: invalid escape sequence: \\{0}")]
    Escape(char),
    #[error("invalid field selector: invalid escape sequence: \\")]
    OpenEscape,
    #[error("invalid field selector: unescaped character in value: {}", *.0 as u32)]
    Unescaped(char),
    #[error("field label not supported: {0}")]
    Field(String),
    #[error("field label \"{0}\" not supported for batchv1.Job")]
    FieldOfJob(String),
    #[error(
        "\"{0}\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\""
    )]
    UnknownField(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    field: String,
    value: String,
    equal: bool,
}

/// All of these terms hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<Term>);

impl Fields {
    pub const fn everything() -> Self {
        Self(Vec::new())
    }

    /// The `fieldSelector` of a request for objects of this kind.
    pub fn parse(resource: &Resource, text: &str) -> Result<Self, BadFields> {
        let mut out = Vec::new();
        for term in parsed(text) {
            let term = term?;
            let field = supported(resource, &term.field)?;
            // A term of nothing asks for nothing.
            if !(field.is_empty() && term.value.is_empty()) {
                out.push(Term { field, ..term });
            }
        }
        Ok(Self(out))
    }

    /// Whether it is one for objects of some kind.
    pub fn is_selector(text: &str) -> bool {
        parsed(text).all(|it| it.is_ok())
    }

    /// The value that a field must have by a selector for objects of some kind.
    pub fn exact_in(text: &str, field: &str) -> Option<String> {
        let all: Vec<Term> = parsed(text).collect::<Result<_, _>>().ok()?;
        Self(all).exact(field).map(str::to_owned)
    }

    pub fn matches(&self, resource: &Resource, object: &Value) -> bool {
        self.0
            .iter()
            .all(|term| (value_of(resource, object, &term.field) == term.value) == term.equal)
    }

    /// The same, of one object.
    #[must_use]
    pub fn and_name(mut self, name: &str) -> Self {
        self.0.push(Term {
            field: "metadata.name".into(),
            value: name.into(),
            equal: true,
        });
        self
    }

    pub fn is_everything(&self) -> bool {
        self.0.is_empty()
    }

    /// The value a field must have, where the selector says one: lists of one name or of one node need not read all.
    pub fn exact(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|term| term.equal && term.field == field)
            .map(|term| term.value.as_str())
    }
}

/// The terms of a selector for objects of some kind, in upstream's order.
fn parsed(text: &str) -> impl Iterator<Item = Result<Term, BadFields>> {
    let mut all = parts(text);
    all.sort_unstable();
    let all = all.into_iter().filter(|part| !part.is_empty());
    all.map(move |part| -> Result<Term, BadFields> {
        let (field, equal, value) = split(part).ok_or_else(|| BadFields::Part {
            selector: text.to_owned(),
            part: part.to_owned(),
        })?;
        Ok(Term {
            field: field.to_owned(),
            value: unescape(value)?,
            equal,
        })
    })
}

/// Splits at commas that no backslash stands before.
fn parts(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut escaped) = (0, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                out.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(&text[start..]);
    out
}

/// The first operator parts the field from the value.
fn split(term: &str) -> Option<(&str, bool, &str)> {
    for (at, _) in term.match_indices(['!', '=']) {
        let (field, rest) = term.split_at(at);
        if let Some(value) = rest.strip_prefix("!=") {
            return Some((field, false, value));
        }
        if let Some(value) = rest.strip_prefix("==").or_else(|| rest.strip_prefix('=')) {
            return Some((field, true, value));
        }
    }
    None
}

fn unescape(value: &str) -> Result<String, BadFields> {
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some(c @ ('\\' | ',' | '=')) => out.push(c),
                Some(c) => return Err(BadFields::Escape(c)),
                None => return Err(BadFields::OpenEscape),
            },
            ',' | '=' => return Err(BadFields::Unescaped(c)),
            c => out.push(c),
        }
    }
    Ok(out)
}

const EVENT: &[&str] = &[
    "involvedObject.kind",
    "involvedObject.namespace",
    "involvedObject.name",
    "involvedObject.uid",
    "involvedObject.apiVersion",
    "involvedObject.resourceVersion",
    "involvedObject.fieldPath",
    "reason",
    "reportingComponent",
    "source",
    "type",
];

/// Fields of a kind beyond its name and namespace.
fn of_kind(group: &str, kind: &str) -> &'static [&'static str] {
    match (group, kind) {
        ("", "Pod") => &[
            "spec.nodeName",
            "spec.restartPolicy",
            "spec.schedulerName",
            "spec.serviceAccountName",
            "spec.hostNetwork",
            "status.phase",
            "status.podIP",
            "status.podIPs",
            "status.nominatedNodeName",
        ],
        ("", "Node") => &["spec.unschedulable"],
        ("", "ReplicationController") => &["status.replicas"],
        ("", "Namespace") => &["status.phase"],
        ("", "Secret") => &["type"],
        ("", "Service") => &["spec.clusterIP", "spec.type"],
        ("", "Event") => EVENT,
        ("batch", "Job") => &["status.successful"],
        ("certificates.k8s.io", "CertificateSigningRequest") => &["spec.signerName"],
        _ => &[],
    }
}

/// The name a field goes by, or upstream's refusal.
fn supported(resource: &Resource, field: &str) -> Result<String, BadFields> {
    let (group, kind) = (resource.group.as_str(), resource.kind.as_str());
    let field: Cow<'_, str> = match (group, kind, field) {
        ("", "Pod", "spec.host") => "spec.nodeName".into(),
        ("events.k8s.io", "Event", "reportingController") => "reportingComponent".into(),
        ("events.k8s.io", "Event", other) => match other.strip_prefix("regarding.") {
            Some(rest) => format!("involvedObject.{rest}").into(),
            None => other.into(),
        },
        (_, _, other) => other.into(),
    };
    let kinds = if group == "events.k8s.io" { "" } else { group };
    let selectable = resource.custom.as_ref().is_some_and(|custom| {
        custom
            .selectable
            .iter()
            .any(|path| path.strip_prefix('.') == Some(&field))
    });
    let generic = match field.as_ref() {
        "metadata.name" => true,
        "metadata.namespace" => resource.namespaced || resource.custom.is_none(),
        _ => false,
    };
    if generic || selectable || of_kind(kinds, kind).contains(&field.as_ref()) {
        return Ok(field.into_owned());
    }
    let field = field.into_owned();
    Err(match (group, kind) {
        _ if resource.custom.is_some() => BadFields::Field(field),
        ("batch", "Job") => BadFields::FieldOfJob(field),
        (
            "",
            "Pod" | "Node" | "ReplicationController" | "Namespace" | "Secret" | "Event" | "Service",
        )
        | ("events.k8s.io", "Event") => BadFields::Field(field),
        _ => BadFields::UnknownField(field),
    })
}

fn value_of<'a>(resource: &Resource, object: &'a Value, field: &str) -> Cow<'a, str> {
    let events = resource.group == "events.k8s.io";
    match (resource.kind.as_str(), field) {
        ("Pod", "status.podIPs") => {
            let ips = at(object, &["status", "podIPs"]).and_then(Value::as_array);
            let ips: Vec<_> = ips
                .into_iter()
                .flatten()
                .map(|ip| text_at(ip, &["ip"]))
                .collect();
            ips.join(",").into()
        }
        ("Event", "reportingComponent") if events => {
            text_at(object, &["reportingController"]).into()
        }
        ("Event", "reportingComponent") => {
            let own = text_at(object, &["reportingComponent"]);
            if own.is_empty() {
                text_at(object, &["source", "component"]).into()
            } else {
                own.into()
            }
        }
        ("Event", "source") => {
            let own = text_at(
                object,
                if events {
                    &["deprecatedSource", "component"]
                } else {
                    &["source", "component"]
                },
            );
            if own.is_empty() {
                text_at(
                    object,
                    if events {
                        &["reportingController"]
                    } else {
                        &["reportingComponent"]
                    },
                )
                .into()
            } else {
                own.into()
            }
        }
        ("Event", field) if events && field.starts_with("involvedObject.") => {
            text_at(object, &["regarding", &field["involvedObject.".len()..]]).into()
        }
        ("Job", "status.successful") => shown(at(object, &["status", "succeeded"]), "0"),
        (_, field) => {
            let path: Vec<&str> = field.split('.').collect();
            let missing = match field {
                "spec.unschedulable" | "spec.hostNetwork" => "false",
                "status.replicas" => "0",
                _ => "",
            };
            shown(at(object, &path), missing)
        }
    }
}

fn shown<'a>(value: Option<&'a Value>, missing: &'static str) -> Cow<'a, str> {
    match value {
        None => missing.into(),
        Some(Value::String(text)) => text.into(),
        Some(other) => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Catalog;

    fn matches(
        group: &str,
        plural: &str,
        selector: &str,
        object: &Value,
    ) -> Result<bool, BadFields> {
        let catalog = Catalog::built_in();
        let resource = catalog.resource(group, "v1", plural).expect("a kind");
        Fields::parse(resource, selector).map(|fields| fields.matches(resource, object))
    }

    #[test]
    fn fields_select() {
        let pod = json!({"metadata": {"name": "p", "namespace": "d"}, "spec": {"nodeName": "n"},
            "status": {"phase": "Running", "podIPs": [{"ip": "1.1.1.1"}]}});
        for (selector, expected) in [
            ("", true),
            ("metadata.name=p", true),
            ("metadata.name==q", false),
            ("spec.nodeName!=", true),
            ("spec.host=n", true),
            ("status.phase!=Running,spec.nodeName=n", false),
            ("status.podIPs=1.1.1.1", true),
            ("spec.hostNetwork=false", true),
            ("spec.schedulerName=", true),
        ] {
            assert_eq!(
                matches("", "pods", selector, &pod),
                Ok(expected),
                "{selector}"
            );
        }
        let event = json!({"regarding": {"name": "p"}, "reportingController": "kubelet"});
        for selector in [
            "regarding.name=p",
            "reportingController=kubelet",
            "source=kubelet",
        ] {
            assert_eq!(
                matches("events.k8s.io", "events", selector, &event),
                Ok(true),
                "{selector}"
            );
        }
        let event = json!({"involvedObject": {"name": "p"}, "source": {"component": "kubelet"}});
        for selector in [
            "involvedObject.name=p",
            "source=kubelet",
            "reportingComponent=kubelet",
        ] {
            assert_eq!(
                matches("", "events", selector, &event),
                Ok(true),
                "{selector}"
            );
        }
    }

    #[test]
    fn a_selector_of_any_kind() {
        for (text, expected) in [
            ("", true),
            ("a=b,,c!=d\\,e", true),
            ("a", false),
            ("a=b,c", false),
            ("a=\\b", false),
            ("a=b=c", false),
        ] {
            assert_eq!(Fields::is_selector(text), expected, "{text}");
        }
    }

    #[test]
    fn a_field_is_exact_in_a_selector_of_any_kind() {
        for (text, expected) in [
            ("spec.nodeName=one", Some("one")),
            ("status.phase!=x\\,y,spec.nodeName==one", Some("one")),
            ("spec.nodeName=a\\,b", Some("a,b")),
            ("spec.nodeName!=one", None),
            ("status.phase!=x\\,spec.nodeName=one", None),
            ("spec.nodeName=one,x", None),
            ("", None),
        ] {
            let found = Fields::exact_in(text, "spec.nodeName");
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn faults_are_told_in_upstreams_words() {
        for (group, plural, selector, message) in [
            ("", "pods", "spec.x=1", "field label not supported: spec.x"),
            (
                "",
                "pods",
                "x",
                "invalid selector: 'x'; can't understand 'x'",
            ),
            (
                "",
                "configmaps",
                "data=1",
                "\"data\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"",
            ),
            (
                "batch",
                "jobs",
                "x=1",
                "field label \"x\" not supported for batchv1.Job",
            ),
            (
                "",
                "pods",
                "metadata.name=\\a",
                "invalid field selector: invalid escape sequence: \\a",
            ),
            (
                "",
                "pods",
                "metadata.name=a=b",
                "invalid field selector: unescaped character in value: 61",
            ),
        ] {
            let refused = matches(group, plural, selector, &Value::Null).unwrap_err();
            assert_eq!(refused.to_string(), message);
        }
    }
}
