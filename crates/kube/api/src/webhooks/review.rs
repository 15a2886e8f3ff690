//! Reviews of `admission.k8s.io/v1`: what a webhook is asked, and what its answer comes to. Pure.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Map, Value, json};
use wharf_kube_auth::UserInfo;
use wharf_kube_model::{
    codec::json,
    field::quoted,
    status::{Cause, Details, Status},
    view::{items, text},
};

use super::{
    hook::Verb,
    own::{ReviewRequest, ReviewResponse},
};
use crate::answer::Fault;

pub(super) const VERSION: &str = "admission.k8s.io/v1";
pub(super) const KIND: &str = "AdmissionReview";
/// Causes of a refusal that are passed on.
const MOST_CAUSES: usize = 100;
/// Bytes of one text of an answer: it goes on into answers, events and logs.
const MOST_TEXT: usize = 8 << 10;
/// Values of an answer: its patch is one of them.
const MOST_VALUES: usize = 10_000;
/// Notes for the audit log of one webhook.
const MOST_NOTES: usize = 32;

/// Group, version, and kind or resource.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a>(pub &'a str, pub &'a str, pub &'a str);

impl Named<'_> {
    fn value(self, last: &str) -> Value {
        json!({"group": self.0, "version": self.1, last: self.2})
    }
}

/// What is asked of a webhook.
#[derive(Debug)]
pub struct Question<'a> {
    pub uid: &'a str,
    pub kind: Named<'a>,
    pub resource: Named<'a>,
    pub request_kind: Named<'a>,
    pub request_resource: Named<'a>,
    pub subresource: &'a str,
    pub name: &'a str,
    pub namespace: &'a str,
    pub verb: Verb,
    pub user: &'a UserInfo,
    pub object: Option<&'a Value>,
    pub old: Option<&'a Value>,
    pub is_dry: bool,
    pub options: &'a Value,
}

impl Question<'_> {
    /// The same for a webhook of this process.
    pub fn in_process(&self) -> ReviewRequest<'_> {
        ReviewRequest {
            uid: self.uid,
            group: self.resource.0,
            resource: self.resource.2,
            subresource: self.subresource,
            operation: self.verb.text(),
            namespace: self.namespace,
            object: self.object,
        }
    }

    pub fn body(&self) -> Vec<u8> {
        let mut request = Map::new();
        let mut put = |name: &str, value: Value| {
            request.insert(name.to_owned(), value);
        };
        put("uid", self.uid.into());
        put("kind", self.kind.value("kind"));
        put("resource", self.resource.value("resource"));
        if !self.subresource.is_empty() {
            put("subResource", self.subresource.into());
        }
        put("requestKind", self.request_kind.value("kind"));
        put("requestResource", self.request_resource.value("resource"));
        if !self.subresource.is_empty() {
            put("requestSubResource", self.subresource.into());
        }
        for (name, value) in [("name", self.name), ("namespace", self.namespace)] {
            if !value.is_empty() {
                put(name, value.into());
            }
        }
        put("operation", self.verb.text().into());
        put("userInfo", user(self.user));
        put("object", self.object.cloned().unwrap_or_default());
        put("oldObject", self.old.cloned().unwrap_or_default());
        put("dryRun", self.is_dry.into());
        put("options", self.options.clone());
        let review = json!({"kind": KIND, "apiVersion": VERSION, "request": request});
        review.to_string().into_bytes()
    }
}

fn user(user: &UserInfo) -> Value {
    let mut it = json!({"username": user.name});
    if !user.uid.is_empty() {
        it["uid"] = user.uid.as_str().into();
    }
    if !user.groups.is_empty() {
        it["groups"] = json!(user.groups);
    }
    if !user.extra.is_empty() {
        it["extra"] = json!(user.extra);
    }
    it
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

/// What a webhook says.
#[derive(Debug, Default, PartialEq)]
pub struct Verdict {
    /// Why not, if it refuses.
    pub refusal: Option<Fault>,
    pub patch: Option<Value>,
    pub warnings: Vec<String>,
    /// For the audit log, under the webhook's name.
    pub notes: Vec<(String, String)>,
}

impl From<ReviewResponse> for Verdict {
    fn from(told: ReviewResponse) -> Self {
        Self {
            patch: (!told.patch.is_empty()).then(|| told.patch.into()),
            ..Self::default()
        }
    }
}

/// Why an answer is none, in upstream's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadReview {
    #[error("the answer is no AdmissionReview: {0}")]
    NoReview(String),
    #[error("webhook response was absent")]
    NoResponse,
    #[error("expected response.uid={}, got {}", quoted(.wanted), quoted(.found))]
    Uid { wanted: String, found: String },
    #[error("expected webhook response of {VERSION}, Kind={KIND}, got {version}, Kind={kind}")]
    Kind { version: String, kind: String },
    #[error("validating webhook may not return response.patch")]
    MayNotPatch,
    #[error("validating webhook may not return response.patchType")]
    MayNotName,
    #[error("webhook returned response.patch but not response.patchType")]
    NoPatchType,
    #[error("webhook returned response.patchType but not response.patch")]
    NoPatch,
    #[error("response.patch is no base64: {0}")]
    NoBase64(#[from] base64::DecodeError),
    #[error("response.patch is no JSON: {0}")]
    NoJson(String),
    #[error("response.patch is no list of changes")]
    NoChanges,
    #[error("webhook returned invalid response.patchType of {}", quoted(.0))]
    PatchType(String),
}

/// Reads an answer.
///
/// # Errors
/// It is none.
pub fn judge(hook: &str, uid: &str, may_patch: bool, body: &[u8]) -> Result<Verdict, BadReview> {
    let (review, _) = json::decode_within(body, MOST_VALUES)
        .map_err(|error| BadReview::NoReview(error.message))?;
    let response = &review["response"];
    if !response.is_object() {
        return Err(BadReview::NoResponse);
    }
    let own = told(response, "uid");
    if own != uid {
        return Err(BadReview::Uid {
            wanted: uid.to_owned(),
            found: own.to_owned(),
        });
    }
    let (version, kind) = (told(&review, "apiVersion"), told(&review, "kind"));
    if (version, kind) != (VERSION, KIND) {
        return Err(BadReview::Kind {
            version: version.to_owned(),
            kind: kind.to_owned(),
        });
    }
    let is_allowed = response["allowed"] == true;
    let patch = patch(response, may_patch, is_allowed)?;
    let notes = response["auditAnnotations"].as_object();
    let notes = notes.into_iter().flatten().take(MOST_NOTES);
    Ok(Verdict {
        refusal: (!is_allowed).then(|| refusal(hook, &response["status"])),
        patch,
        warnings: items(response, "warnings")
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        notes: notes
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect(),
    })
}

/// Whoever refuses is heard whatever the patch is, which nobody reads then.
fn patch(response: &Value, may_patch: bool, is_allowed: bool) -> Result<Option<Value>, BadReview> {
    let patch = text(response, "patch");
    let kind = response["patchType"].as_str();
    match (may_patch, patch.is_empty(), kind) {
        (_, true, None) => Ok(None),
        (false, false, _) => Err(BadReview::MayNotPatch),
        (false, true, Some(_)) => Err(BadReview::MayNotName),
        (true, false, None) => Err(BadReview::NoPatchType),
        (true, true, Some(_)) => Err(BadReview::NoPatch),
        (true, false, Some(_)) if !is_allowed => Ok(None),
        (true, false, Some("JSONPatch")) => {
            let bytes = BASE64.decode(patch)?;
            let (patch, _) =
                json::decode(&bytes).map_err(|error| BadReview::NoJson(error.message))?;
            match &patch {
                // A list of no changes, as Go writes that too.
                Value::Null => Ok(None),
                Value::Array(changes) if changes.is_empty() => Ok(None),
                Value::Array(_) => Ok(Some(patch)),
                _ => Err(BadReview::NoChanges),
            }
        }
        (true, false, Some(_)) => {
            let kind = told(response, "patchType").to_owned();
            Err(BadReview::PatchType(kind))
        }
    }
}

/// A refusal as the client hears it.
fn refusal(hook: &str, given: &Value) -> Fault {
    let by = format!("admission webhook {} denied the request", quoted(hook));
    let (message, reason) = (told(given, "message"), told(given, "reason"));
    let message = match (message, reason) {
        ("", "") => format!("{by} without explanation"),
        ("", why) | (why, _) => format!("{by}: {why}"),
    };
    let code = given["code"].as_u64().and_then(|it| u16::try_from(it).ok());
    let details = &given["details"];
    let own = |name: &str| told(details, name).to_owned();
    let cause = |it: &Value| Cause {
        reason: told(it, "reason").to_owned(),
        message: told(it, "message").to_owned(),
        field: told(it, "field").to_owned(),
    };
    let causes = items(details, "causes").iter().take(MOST_CAUSES);
    let seconds = details["retryAfterSeconds"].as_u64().unwrap_or_default();
    Box::new(Status {
        code: code.filter(|it| (400..600).contains(it)).unwrap_or(400),
        reason: reason.to_owned(),
        message,
        details: details.is_object().then(|| Details {
            name: own("name"),
            group: own("group"),
            kind: own("kind"),
            uid: own("uid"),
            causes: causes.map(cause).collect(),
            retry_after_seconds: u32::try_from(seconds).unwrap_or_default(),
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(response: Value) -> Vec<u8> {
        let review = json!({"kind": KIND, "apiVersion": VERSION, "response": response});
        review.to_string().into_bytes()
    }

    #[test]
    fn a_refusal_has_the_words_of_the_webhook() {
        for (status, code, expected) in [
            (json!(null), 400, "denied the request without explanation"),
            (
                json!({"message": "no", "code": 403, "reason": "Forbidden"}),
                403,
                "denied the request: no",
            ),
            (
                json!({"reason": "Gone", "code": 200}),
                400,
                "denied the request: Gone",
            ),
            (
                json!({"message": "x", "code": 99999}),
                400,
                "denied the request: x",
            ),
        ] {
            let body = answer(json!({"uid": "u", "allowed": false, "status": status}));
            let fault = judge("a.b.c", "u", true, &body).unwrap().refusal.unwrap();
            assert_eq!(fault.code, code);
            assert_eq!(
                fault.message,
                format!("admission webhook \"a.b.c\" {expected}")
            );
        }
    }

    #[test]
    fn no_text_of_a_webhook_is_passed_on_whole_whatever_its_length() {
        let long = "\u{e9}".repeat(1 << 20);
        let causes = json!([{"reason": long, "message": long, "field": long}]);
        let status =
            json!({"message": long, "reason": long, "details": {"name": long, "causes": causes}});
        let refused = answer(json!({"uid": "u", "allowed": false, "status": status}));
        let fault = judge("a.b.c", "u", true, &refused)
            .unwrap()
            .refusal
            .unwrap();
        assert!(fault.to_value().to_string().len() < 64 << 10);
        for response in [
            json!({"uid": long}),
            json!({"uid": "u", "allowed": true, "patch": "W10=", "patchType": long}),
        ] {
            let why = judge("a.b.c", "u", true, &answer(response)).unwrap_err();
            assert!(why.to_string().len() < 64 << 10);
        }
    }

    #[test]
    fn a_patch_is_one_of_a_mutating_webhook() {
        let add = json!([{"op": "add", "path": "/a", "value": 1}]);
        let coded = BASE64.encode(add.to_string());
        let body = answer(
            json!({"uid": "u", "allowed": true, "patch": coded, "patchType": "JSONPatch",
            "warnings": ["w"], "auditAnnotations": {"k": "v"}}),
        );
        let verdict = judge("h", "u", true, &body).unwrap();
        assert_eq!(verdict.patch, Some(add));
        assert_eq!(verdict.warnings, ["w"]);
        assert_eq!(verdict.notes, [("k".to_owned(), "v".to_owned())]);
        let why = judge("h", "u", false, &body).unwrap_err();
        assert_eq!(why, BadReview::MayNotPatch);
        for none in ["[]", "null"].map(|it| BASE64.encode(it)) {
            let body = answer(
                json!({"uid": "u", "allowed": true, "patch": none, "patchType": "JSONPatch"}),
            );
            assert_eq!(judge("h", "u", true, &body), Ok(Verdict::default()));
        }
    }

    #[test]
    fn a_refusal_is_heard_whatever_its_patch_is() {
        for (patch, kind) in [("?", "JSONPatch"), ("W10=", "Merge")] {
            let body =
                answer(json!({"uid": "u", "allowed": false, "patch": patch, "patchType": kind}));
            let verdict = judge("h", "u", true, &body).unwrap();
            assert!(verdict.refusal.is_some() && verdict.patch.is_none());
        }
    }

    #[test]
    fn answers_that_are_none_are_told() {
        for (body, expected) in [
            (answer(json!(null)), "webhook response was absent"),
            (
                answer(json!({"uid": "other", "allowed": true})),
                r#"expected response.uid="u", got "other""#,
            ),
            (
                json!({"kind": "X", "apiVersion": "v2", "response": {"uid": "u"}})
                    .to_string()
                    .into_bytes(),
                "expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got v2, Kind=X",
            ),
            (
                answer(json!({"uid": "u", "allowed": true, "patch": "W10="})),
                "webhook returned response.patch but not response.patchType",
            ),
            (
                answer(json!({"uid": "u", "allowed": true, "patch": "W10=", "patchType": "Merge"})),
                r#"webhook returned invalid response.patchType of "Merge""#,
            ),
            (
                answer(
                    json!({"uid": "u", "allowed": true, "patch": BASE64.encode("{}"), "patchType": "JSONPatch"}),
                ),
                "response.patch is no list of changes",
            ),
        ] {
            let why = judge("h", "u", true, &body).unwrap_err();
            assert_eq!(why.to_string(), expected);
        }
        assert!(judge("h", "u", true, b"<html>").is_err());
        let many = answer(json!({"uid": "u", "allowed": true, "x": vec![0; MOST_VALUES]}));
        let why = judge("h", "u", true, &many).unwrap_err().to_string();
        assert!(why.contains("an object has at most 10000 values"), "{why}");
    }
}
