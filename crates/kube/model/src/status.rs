//! Status: what the server answers when there is no object to answer with, in upstream's words.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::field::{FieldError, quoted};

#[derive(Debug, Clone, PartialEq)]
pub struct Status {
    pub code: u16,
    pub reason: String,
    pub message: String,
    pub details: Option<Details>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Details {
    pub name: String,
    pub group: String,
    /// The resource in most errors, the kind in errors of validation.
    pub kind: String,
    pub uid: String,
    pub causes: Vec<Cause>,
    pub retry_after_seconds: u32,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cause {
    pub reason: String,
    pub message: String,
    pub field: String,
}

/// `deployments.apps`, or `pods` in the group without a name.
pub fn qualified(group: &str, resource: &str) -> String {
    if group.is_empty() {
        resource.to_owned()
    } else {
        format!("{resource}.{group}")
    }
}

/// What a conflict says when the object changed since it was read.
pub const MODIFIED: &str =
    "the object has been modified; please apply your changes to the latest version and try again";

impl Status {
    fn plain(code: u16, reason: &str, message: impl Into<String>) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            message: message.into(),
            details: None,
        }
    }

    fn about(
        code: u16,
        reason: &str,
        (group, resource, name): (&str, &str, &str),
        message: String,
    ) -> Self {
        Self {
            code,
            reason: reason.to_owned(),
            message,
            details: Some(Details {
                name: name.to_owned(),
                group: group.to_owned(),
                kind: resource.to_owned(),
                ..Details::default()
            }),
        }
    }

    pub fn not_found(group: &str, resource: &str, name: &str) -> Self {
        let message = format!("{} {} not found", qualified(group, resource), quoted(name));
        Self::about(404, "NotFound", (group, resource, name), message)
    }

    /// No such path.
    pub fn no_such_page() -> Self {
        Self {
            details: Some(Details::default()),
            ..Self::plain(
                404,
                "NotFound",
                "the server could not find the requested resource",
            )
        }
    }

    pub fn already_exists(group: &str, resource: &str, name: &str) -> Self {
        let message = format!(
            "{} {} already exists",
            qualified(group, resource),
            quoted(name)
        );
        Self::about(409, "AlreadyExists", (group, resource, name), message)
    }

    /// Every name that was made for `generateName` was taken.
    pub fn generate_name_conflict(group: &str, resource: &str, name: &str) -> Self {
        let message = format!(
            "{} {} already exists, the server was not able to generate a unique name for the object",
            qualified(group, resource),
            quoted(name)
        );
        Self::about(409, "AlreadyExists", (group, resource, name), message).retry_after(1)
    }

    pub fn unauthorized() -> Self {
        Self::plain(401, "Unauthorized", "Unauthorized")
    }

    /// `why` follows "is forbidden: ".
    pub fn forbidden(group: &str, resource: &str, name: &str, why: &str) -> Self {
        let message = if group.is_empty() && resource.is_empty() {
            format!("forbidden: {why}")
        } else if name.is_empty() {
            format!("{} is forbidden: {why}", qualified(group, resource))
        } else {
            format!(
                "{} {} is forbidden: {why}",
                qualified(group, resource),
                quoted(name)
            )
        };
        Self::about(403, "Forbidden", (group, resource, name), message)
    }

    /// A user may not do what was asked. `resource` may carry a subresource (`pods/log`); an empty one speaks of `path`.
    pub fn not_allowed(user: &str, verb: &str, what: &Asked<'_>, why: &str) -> Self {
        let user = quoted(user);
        let mut text = if what.resource.is_empty() {
            format!("User {user} cannot {verb} path {}", quoted(what.path))
        } else {
            let resource = quoted(what.resource);
            let group = quoted(what.group);
            let place = if what.namespace.is_empty() {
                "at the cluster scope".to_owned()
            } else {
                format!("in the namespace {}", quoted(what.namespace))
            };
            format!("User {user} cannot {verb} resource {resource} in API group {group} {place}")
        };
        if !why.is_empty() {
            text.push_str(": ");
            text.push_str(why);
        }
        let resource = what.resource.split('/').next().unwrap_or_default();
        Self::forbidden(what.group, resource, what.name, &text)
    }

    /// `why` follows the name; see `MODIFIED`.
    pub fn conflict(group: &str, resource: &str, name: &str, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} {}: {why}",
            qualified(group, resource),
            quoted(name)
        );
        Self::about(409, "Conflict", (group, resource, name), message)
    }

    /// Fields that other managers own; one cause a field.
    pub fn apply_conflict(causes: Vec<Cause>, message: impl Into<String>) -> Self {
        Self {
            details: Some(Details {
                causes,
                ..Details::default()
            }),
            ..Self::plain(409, "Conflict", message)
        }
    }

    pub fn gone(message: impl Into<String>) -> Self {
        Self::plain(410, "Gone", message)
    }

    /// A resource version or a continue token that is too old.
    pub fn expired(message: impl Into<String>) -> Self {
        Self::plain(410, "Expired", message)
    }

    pub fn too_old(requested: u64, current: u64) -> Self {
        Self::expired(format!("too old resource version: {requested} ({current})"))
    }

    pub fn invalid(group: &str, kind: &str, name: &str, errors: Vec<FieldError>) -> Self {
        let mut message = format!("{} {} is invalid", qualified(group, kind), quoted(name));
        let mut texts: Vec<String> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for error in &errors {
            let text = error.to_string();
            if seen.insert(text.clone()) {
                texts.push(text);
            }
        }
        match texts.as_slice() {
            [] => {}
            [one] => {
                message.push_str(": ");
                message.push_str(one);
            }
            many => {
                message.push_str(": [");
                message.push_str(&many.join(", "));
                message.push(']');
            }
        }
        let causes = errors
            .into_iter()
            .map(|error| Cause {
                reason: error.kind.cause().to_owned(),
                message: error.body(),
                field: error.field,
            })
            .collect();
        let mut status = Self::about(422, "Invalid", (group, kind, name), message);
        if let Some(details) = &mut status.details {
            details.causes = causes;
        }
        status
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::plain(400, "BadRequest", message)
    }

    pub fn method_not_allowed(group: &str, resource: &str, action: &str) -> Self {
        let message = format!(
            "{action} is not supported on resources of kind {}",
            quoted(&qualified(group, resource))
        );
        Self::about(405, "MethodNotAllowed", (group, resource, ""), message)
    }

    /// `supported` are media types.
    pub fn not_acceptable(supported: &[&str]) -> Self {
        Self::plain(
            406,
            "NotAcceptable",
            format!(
                "only the following media types are accepted: {}",
                supported.join(", ")
            ),
        )
    }

    pub fn unsupported_media_type(supported: &[&str]) -> Self {
        Self::plain(
            415,
            "UnsupportedMediaType",
            format!(
                "the body of the request was in an unknown format - accepted media types include: {}",
                supported.join(", ")
            ),
        )
    }

    /// What upstream's framework says, which looks at media types before the API does; `available` is what it could have answered.
    pub fn no_representation(available: &[&str]) -> Self {
        Self {
            details: Some(Details::default()),
            ..Self::plain(
                406,
                "NotAcceptable",
                format!(
                    "406: Not Acceptable\n\nAvailable representations: {}",
                    available.join(", ")
                ),
            )
        }
    }

    /// The same of the media type of a body.
    pub fn no_such_media_type() -> Self {
        Self {
            details: Some(Details::default()),
            ..Self::plain(415, "UnsupportedMediaType", "415: Unsupported Media Type")
        }
    }

    pub fn too_large(message: &str) -> Self {
        Self::plain(
            413,
            "RequestEntityTooLarge",
            format!("Request entity too large: {message}"),
        )
    }

    pub fn too_many_requests(message: impl Into<String>, seconds: u32) -> Self {
        Self::plain(429, "TooManyRequests", message).retry_after(seconds)
    }

    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::plain(503, "ServiceUnavailable", message)
    }

    pub fn server_timeout(group: &str, resource: &str, operation: &str, seconds: u32) -> Self {
        let message = format!(
            "The {operation} operation against {} could not be completed at this time, please try again.",
            qualified(group, resource)
        );
        Self::about(500, "ServerTimeout", (group, resource, operation), message)
            .retry_after(seconds)
    }

    pub fn timeout(message: &str, seconds: u32) -> Self {
        Self::plain(504, "Timeout", format!("Timeout: {message}")).retry_after(seconds)
    }

    pub fn internal(message: &str) -> Self {
        Self {
            details: Some(Details {
                causes: vec![Cause {
                    message: message.to_owned(),
                    ..Cause::default()
                }],
                ..Details::default()
            }),
            ..Self::plain(
                500,
                "InternalError",
                format!("Internal error occurred: {message}"),
            )
        }
    }

    /// The answer to a deletion that left no object to show.
    pub fn deleted(group: &str, resource: &str, name: &str, uid: &str) -> Self {
        let mut status = Self::about(200, "", (group, resource, name), String::new());
        if let Some(details) = &mut status.details {
            details.uid = uid.to_owned();
        }
        status
    }

    fn retry_after(mut self, seconds: u32) -> Self {
        self.details
            .get_or_insert_with(Details::default)
            .retry_after_seconds = seconds;
        self
    }

    pub const fn code(&self) -> u16 {
        self.code
    }

    pub fn to_value(&self) -> Value {
        let failed = self.code >= 400;
        let mut out = json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": if failed { "Failure" } else { "Success" },
        });
        put(&mut out, "message", &self.message);
        put(&mut out, "reason", &self.reason);
        if let Some(details) = &self.details {
            out["details"] = details.to_value();
        }
        if failed {
            out["code"] = self.code.into();
        }
        out
    }

    /// Reads a Status that a server answered; `None` when the value is something else.
    pub fn from_value(value: &Value) -> Option<Self> {
        if value.get("kind")?.as_str()? != "Status" {
            return None;
        }
        let success = text(value, "status") == "Success";
        let code = value
            .get("code")
            .and_then(Value::as_u64)
            .and_then(|code| u16::try_from(code).ok());
        Some(Self {
            code: code.unwrap_or(if success { 200 } else { 500 }),
            reason: text(value, "reason"),
            message: text(value, "message"),
            details: value.get("details").map(Details::from_value),
        })
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Status {}

/// What a request was about, for `Status::not_allowed`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    pub group: &'a str,
    pub resource: &'a str,
    pub namespace: &'a str,
    pub name: &'a str,
    pub path: &'a str,
}

impl Details {
    fn to_value(&self) -> Value {
        let mut out = Value::Object(Map::new());
        put(&mut out, "name", &self.name);
        put(&mut out, "group", &self.group);
        put(&mut out, "kind", &self.kind);
        put(&mut out, "uid", &self.uid);
        if !self.causes.is_empty() {
            out["causes"] = self.causes.iter().map(Cause::to_value).collect();
        }
        if self.retry_after_seconds > 0 {
            out["retryAfterSeconds"] = self.retry_after_seconds.into();
        }
        out
    }

    fn from_value(value: &Value) -> Self {
        let causes = value.get("causes").and_then(Value::as_array);
        Self {
            name: text(value, "name"),
            group: text(value, "group"),
            kind: text(value, "kind"),
            uid: text(value, "uid"),
            causes: causes
                .into_iter()
                .flatten()
                .map(|cause| Cause {
                    reason: text(cause, "reason"),
                    message: text(cause, "message"),
                    field: text(cause, "field"),
                })
                .collect(),
            retry_after_seconds: value
                .get("retryAfterSeconds")
                .and_then(Value::as_u64)
                .and_then(|seconds| u32::try_from(seconds).ok())
                .unwrap_or(0),
        }
    }
}

impl Cause {
    fn to_value(&self) -> Value {
        let mut out = Value::Object(Map::new());
        put(&mut out, "reason", &self.reason);
        put(&mut out, "message", &self.message);
        put(&mut out, "field", &self.field);
        out
    }
}

fn put(out: &mut Value, name: &str, text: &str) {
    if !text.is_empty() {
        out[name] = text.into();
    }
}

fn text(value: &Value, name: &str) -> String {
    value
        .get(name)
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests;
