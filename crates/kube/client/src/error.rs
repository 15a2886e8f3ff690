//! Why a request did not succeed.

use serde_json::Value;

use crate::object::Object;

/// A request that did not succeed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The server's answer.
    #[error("{}", .0.message)]
    Refused(Box<Refusal>),
    #[error("no answer from the API server: {0}")]
    Transport(String),
    #[error("the API server's answer cannot be read: {0}")]
    Answer(String),
}

/// A Status with `status: Failure`.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub code: u16,
    /// `NotFound`, `Conflict`, …
    pub reason: String,
    pub message: String,
    /// Null where there are none.
    pub details: Value,
}

impl Refusal {
    /// Reads a Status; `code` is the answer's, for bodies that are none.
    pub fn of(code: u16, body: &Value) -> Self {
        let code = match body.get("code").and_then(Value::as_u64) {
            Some(told) => u16::try_from(told).unwrap_or(code),
            None => code,
        };
        let message = match body.text("/message") {
            "" => format!("the server answered with status {code}"),
            message => message.to_owned(),
        };
        Self {
            code,
            reason: body.text("/reason").to_owned(),
            message,
            details: body.get("details").cloned().unwrap_or_default(),
        }
    }
}

impl Error {
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    fn is(&self, code: u16) -> bool {
        self.refusal().is_some_and(|it| it.code == code)
    }

    pub fn is_not_found(&self) -> bool {
        self.is(404)
    }

    /// The revision is no longer kept: list again.
    pub fn is_gone(&self) -> bool {
        self.is(410)
    }

    pub fn is_forbidden(&self) -> bool {
        self.is(403)
    }

    pub fn is_invalid(&self) -> bool {
        self.is(422)
    }

    pub fn is_already_exists(&self) -> bool {
        self.is(409)
            && self
                .refusal()
                .is_some_and(|it| it.reason == "AlreadyExists")
    }

    /// The object changed since it was read, or is not the one that was meant.
    pub fn is_conflict(&self) -> bool {
        self.is(409) && !self.is_already_exists()
    }

    /// The request was made of what is true no more: since it was read, the object changed, went, or came into being, or another came in its
    /// place. Who goes on from how it is now may succeed.
    pub fn is_outdated(&self) -> bool {
        self.is(409) || self.is_not_found() || self.is_of_another()
    }

    /// A patch that says of which uid the object is would change that of another; an update of another is a conflict.
    fn is_of_another(&self) -> bool {
        self.is_invalid() && self.causes().any(|it| it.text("/field") == "metadata.uid")
    }

    /// Nothing can be created in the namespace, since it is on its way out.
    pub fn is_namespace_terminating(&self) -> bool {
        self.is_forbidden()
            && self
                .causes()
                .any(|it| it.text("/reason") == "NamespaceTerminating")
    }

    /// What it was refused for, each for itself.
    fn causes(&self) -> impl Iterator<Item = &Value> {
        let causes = self.refusal().and_then(|it| it.details.get("causes"));
        causes.and_then(Value::as_array).into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_comes_too_late_is_told_from_who_asks_for_what_cannot_be() {
        let refused = |code: u16, reason: &str| {
            let refusal = Refusal::of(code, &json!({"reason": reason}));
            Error::Refused(Box::new(refusal))
        };
        for (code, reason, is_conflict) in [
            (404, "NotFound", false),
            (409, "AlreadyExists", false),
            (409, "Conflict", true),
        ] {
            let error = refused(code, reason);
            assert!(error.is_outdated(), "{reason}");
            assert_eq!(error.is_conflict(), is_conflict, "{reason}");
        }
        for (code, reason) in [(403, "Forbidden"), (410, "Expired"), (422, "Invalid")] {
            assert!(!refused(code, reason).is_outdated(), "{reason}");
        }
        assert!(!Error::Transport("reset".to_owned()).is_outdated());
    }

    #[test]
    fn who_patches_another_object_comes_too_late() {
        let refused = |field: &str| {
            let causes = json!([{"reason": "FieldValueInvalid", "message": "field is immutable", "field": field}]);
            let status = json!({"reason": "Invalid", "details": {"causes": causes}});
            Error::Refused(Box::new(Refusal::of(422, &status)))
        };
        assert!(refused("metadata.uid").is_outdated());
        assert!(!refused("metadata.name").is_outdated());
        assert!(!refused("metadata.uid").is_conflict());
    }
}
