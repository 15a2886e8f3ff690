//! The webhook that this process itself has: what is asked of it and what it answers, as AdmissionReviews of v1 say it, so that it is the
//! same program whether it is asked over HTTPS or without a connection.

use std::error::Error;

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};
use wharf_kube_model::view::{text, text_at};

use super::review::{KIND, VERSION};

/// A webhook of this process, for one cluster.
#[async_trait]
pub trait OwnWebhook: Send + Sync + 'static {
    /// The `clientConfig` by which configurations name it.
    fn config(&self) -> &Value;

    /// # Errors
    /// It cannot answer now.
    async fn review(&self, asked: &ReviewRequest<'_>) -> Result<ReviewResponse, Unanswered>;
}

/// Why a webhook of this process does not answer; users see the text.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct Unanswered(pub Box<dyn Error + Send + Sync>);

/// What is no AdmissionReview of v1 that asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadRequest {
    #[error("expected {VERSION}, Kind={KIND}")]
    Kind,
    #[error("the review has no request with a uid")]
    NoRequest,
}

/// The request of an AdmissionReview, as far as webhooks of this process read it. The object is not copied for it.
#[derive(Debug, Clone, Copy)]
pub struct ReviewRequest<'a> {
    pub uid: &'a str,
    pub group: &'a str,
    /// In the plural.
    pub resource: &'a str,
    pub subresource: &'a str,
    pub operation: &'a str,
    pub namespace: &'a str,
    pub object: Option<&'a Value>,
}

/// What is answered: that the request may be done, changed by these steps of a JSON patch.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReviewResponse {
    pub patch: Vec<Value>,
}

impl<'a> ReviewRequest<'a> {
    /// # Errors
    /// It is no AdmissionReview of v1 that asks for something.
    pub fn of(review: &'a Value) -> Result<Self, BadRequest> {
        let (version, kind) = (text(review, "apiVersion"), text(review, "kind"));
        if (version, kind) != (VERSION, KIND) {
            return Err(BadRequest::Kind);
        }
        let request = &review["request"];
        let uid = text(request, "uid");
        if uid.is_empty() {
            return Err(BadRequest::NoRequest);
        }
        Ok(Self {
            uid,
            group: text_at(request, &["resource", "group"]),
            resource: text_at(request, &["resource", "resource"]),
            subresource: text(request, "subResource"),
            operation: text(request, "operation"),
            namespace: text(request, "namespace"),
            object: request.get("object").filter(|it| it.is_object()),
        })
    }
}

impl ReviewResponse {
    /// As an AdmissionReview.
    pub fn review(&self, uid: &str) -> Value {
        let mut response = json!({"uid": uid, "allowed": true});
        if !self.patch.is_empty() {
            let steps = Value::from(self.patch.clone());
            response["patchType"] = "JSONPatch".into();
            response["patch"] = BASE64.encode(steps.to_string()).into();
        }
        json!({"kind": KIND, "apiVersion": VERSION, "response": response})
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::webhooks::review::judge;

    #[test]
    fn a_review_is_read_and_answered_as_webhooks_do() {
        let pod = json!({"metadata": {"name": "a"}});
        let mut review = json!({"kind": KIND, "apiVersion": VERSION, "request": {
            "uid": "u", "resource": {"group": "", "version": "v1", "resource": "pods"},
            "operation": "CREATE", "namespace": "n", "object": pod}});
        let asked = ReviewRequest::of(&review).unwrap();
        assert_eq!((asked.resource, asked.subresource), ("pods", ""));
        assert_eq!((asked.operation, asked.namespace), ("CREATE", "n"));
        assert_eq!(asked.object, Some(&pod));
        let step = json!({"op": "add", "path": "/a", "value": 1});
        let patched = ReviewResponse {
            patch: vec![step.clone()],
        };
        for (answer, expected) in [
            (patched, Some(json!([step]))),
            (ReviewResponse::default(), None),
        ] {
            let body = answer.review(asked.uid).to_string();
            let verdict = judge("h", "u", true, body.as_bytes()).unwrap();
            assert_eq!((verdict.patch, verdict.refusal), (expected, None));
        }
        review["apiVersion"] = "admission.k8s.io/v1beta1".into();
        assert!(ReviewRequest::of(&review).is_err());
        for odd in [json!(null), json!({"kind": KIND, "apiVersion": VERSION})] {
            assert!(ReviewRequest::of(&odd).is_err());
        }
    }
}
