//! The webhook by which pods get the roles of their service accounts, for one cluster: an API server asks it with an AdmissionReview over
//! HTTPS, as it asks any webhook, and our own in this process asks it without a connection. What it needs to know it reads as a client of
//! the cluster, and of EKS.
//!
//! It is at the cluster's own endpoint, below a path that has a key in it: an API server proves nothing to webhooks, and nobody else is to
//! ask which accounts have roles. The configuration has the key, and who may read that is told roles anyway.

use std::{
    sync::{Arc, LazyLock, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, CONTENT_TYPE},
};
use http_body_util::{BodyExt as _, Full, Limited};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use tokio::time::timeout;
use wharf_kube_api::{Body, OwnWebhook, ReviewRequest, ReviewResponse, Unanswered};
use wharf_kube_client::{Client, Error, Informer, Kind, kind};
use wharf_kube_model::codec::json;
use wharf_service::{Place, Shares};
use wharf_svc_eks::{
    EksService,
    pod_identity::webhook::{self, AwsPlace},
};
use wharf_wire::fault::Chain;

use crate::gateway::Incoming;

const CONFIGURATIONS: Kind = Kind::known(
    "admissionregistration.k8s.io",
    "v1",
    "MutatingWebhookConfiguration",
    "mutatingwebhookconfigurations",
    false,
);
/// Bytes of a review, and values in it: it has one pod, of which there are no larger ones in a cluster.
const MOST_BODY: usize = 4 << 20;
const MOST_VALUES: usize = 200_000;
/// A review is sent within this.
const SENDING: Duration = Duration::from_secs(10);
/// Reviews over HTTPS that are under way at once, for all clusters and for those of an account: whoever sends one proves
/// nothing, and may take long to send it.
const REVIEWS_OF_ALL: usize = 32;
const REVIEWS_OF_ACCOUNT: usize = 4;
static REVIEWS: LazyLock<Shares> =
    LazyLock::new(|| Shares::new(REVIEWS_OF_ALL, REVIEWS_OF_ACCOUNT));
/// Tries to restore the configuration where somebody else writes it too.
const TRIES: usize = 3;

/// The webhook of one cluster.
pub struct PodIdentityWebhook {
    pub eks: EksService,
    pub place: Place,
    /// The cluster's.
    pub id: String,
    pub aws: AwsPlace,
    pub client: Client,
    /// The cluster's service accounts, once they are followed.
    pub accounts: OnceLock<Informer>,
    /// Where it answers, and how configurations name that.
    pub path: String,
    pub config: Value,
}

/// What a review needs and cannot be read now; why is in the log.
#[derive(Debug, thiserror::Error)]
enum Unread {
    #[error("roles of service accounts cannot be looked up now")]
    Roles,
    #[error("the service account cannot be read now")]
    Account,
}

impl From<Unread> for Unanswered {
    fn from(unread: Unread) -> Self {
        Self(unread.into())
    }
}

/// The path of a cluster's webhook, which a secret of the cluster makes one that nobody guesses.
pub fn path_of(secret: &[u8]) -> String {
    let mut hash = Sha256::new();
    hash.update(b"the path of a cluster's pod identity webhook\0");
    hash.update(secret);
    let key = hex::encode(hash.finalize());
    format!("/pod-identity-webhook/{key}/mutate")
}

/// A `clientConfig` that leads to a path of the cluster's endpoint.
pub fn config_of(endpoint: &str, path: &str, authority: &str) -> Value {
    json!({"url": format!("{endpoint}{path}"), "caBundle": BASE64.encode(authority)})
}

fn is_about(asked: &ReviewRequest<'_>) -> bool {
    let resource = (asked.group, asked.resource, asked.subresource);
    resource == ("", "pods", "") && asked.operation == "CREATE"
}

#[async_trait]
impl OwnWebhook for PodIdentityWebhook {
    fn config(&self) -> &Value {
        &self.config
    }

    async fn review(&self, asked: &ReviewRequest<'_>) -> Result<ReviewResponse, Unanswered> {
        let pod = asked.object.filter(|_| is_about(asked));
        let Some((pod, name)) = pod.and_then(|it| Some((it, webhook::account_of(it)?))) else {
            return Ok(ReviewResponse::default());
        };
        let Some(account) = self.account(asked.namespace, name).await? else {
            return Ok(ReviewResponse::default());
        };
        let has = self
            .eks
            .has_pod_identity(&self.place, &self.id, (asked.namespace, name));
        let has = has.await.map_err(|error| {
            let (namespace, cluster) = (asked.namespace, &self.id);
            tracing::warn!(error = %Chain(&error), cluster, namespace, name, "failed to look up the role of a service account");
            Unread::Roles
        })?;
        let patch = webhook::patch(pod, &account, &self.aws, has);
        Ok(ReviewResponse { patch })
    }
}

impl PodIdentityWebhook {
    /// A service account; one that was not heard of yet may have been made just now.
    async fn account(&self, namespace: &str, name: &str) -> Result<Option<Arc<Value>>, Unread> {
        let known = self.accounts.get().and_then(|it| it.get(namespace, name));
        if known.is_some() {
            return Ok(known);
        }
        let account = kind::SERVICE_ACCOUNT;
        match self.client.get(&account, namespace, name).await {
            Ok(found) => Ok(Some(Arc::new(found))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => {
                let cluster = &self.id;
                tracing::warn!(%error, cluster, namespace, name, "failed to read a service account");
                Err(Unread::Account)
            }
        }
    }

    /// Makes the configuration, or makes it say again what it said at first: it is a part of the cluster.
    ///
    /// # Errors
    /// The cluster does not take it.
    pub async fn restore(&self) -> Result<(), Error> {
        let wanted = webhook::configuration(&self.config);
        let mut last = self.client.create(&CONFIGURATIONS, "", &wanted).await;
        for _ in 0..TRIES {
            match last {
                Err(error) if error.is_outdated() => {}
                done => return done.map(drop),
            }
            let mut there = self
                .client
                .get(&CONFIGURATIONS, "", webhook::CONFIGURATION)
                .await?;
            there["webhooks"] = wanted["webhooks"].clone();
            last = self.client.update(&CONFIGURATIONS, &there).await;
        }
        last.map(drop)
    }

    pub fn is_at(&self, path: &str) -> bool {
        self.path.as_bytes().ct_eq(path.as_bytes()).into()
    }

    /// Answers a review that came over HTTPS.
    pub async fn answer(&self, request: Request<Incoming>) -> Response<Body> {
        if request.method() != Method::POST {
            let mut refusal = plain(StatusCode::METHOD_NOT_ALLOWED, "a review is posted");
            let post = HeaderValue::from_static("POST");
            refusal.headers_mut().insert(ALLOW, post);
            return refusal;
        }
        let sent = async {
            let turn = REVIEWS.take(&self.place.account).await;
            let body = Limited::new(request.into_body(), MOST_BODY).collect().await;
            (turn, body)
        };
        let (_turn, body) = match timeout(SENDING, sent).await {
            Ok((turn, Ok(body))) => (turn, body.to_bytes()),
            Ok((_, Err(_))) => {
                return plain(StatusCode::PAYLOAD_TOO_LARGE, "the review is too long");
            }
            Err(_) => return plain(StatusCode::REQUEST_TIMEOUT, "the review did not come"),
        };
        match self.answered(&body).await {
            Ok(review) => {
                let mut answer = Response::new(full(review.to_string()));
                let json = HeaderValue::from_static("application/json");
                answer.headers_mut().insert(CONTENT_TYPE, json);
                answer
            }
            Err((code, why)) => plain(code, &why),
        }
    }

    async fn answered(&self, body: &[u8]) -> Result<Value, (StatusCode, String)> {
        let bad = |why: String| (StatusCode::BAD_REQUEST, why);
        let read = json::decode_within(body, MOST_VALUES);
        let (review, _) = read.map_err(|error| bad(error.message))?;
        let asked = ReviewRequest::of(&review);
        let asked = asked.map_err(|why| bad(why.to_string()))?;
        let answer = self.review(&asked).await;
        let answer = answer.map_err(|why| (StatusCode::SERVICE_UNAVAILABLE, why.to_string()))?;
        Ok(answer.review(asked.uid))
    }
}

fn full(text: String) -> Body {
    let body = Full::new(Bytes::from(text)).map_err(|never| match never {});
    body.boxed_unsync()
}

fn plain(code: StatusCode, text: &str) -> Response<Body> {
    let mut answer = Response::new(full(format!("{text}\n")));
    *answer.status_mut() = code;
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_is_a_clusters_own() {
        let path = path_of(b"secret");
        assert_eq!(path, path_of(b"secret"));
        assert_ne!(path, path_of(b"other"));
        let config = config_of("https://127.0.0.1:20001", &path, "PEM");
        let url = format!("https://127.0.0.1:20001{path}");
        assert_eq!(config, json!({"url": url, "caBundle": "UEVN"}));
        let url = wharf_kube_model::webhook_url::WebhookUrl::parse(&url).unwrap();
        assert_eq!((url.port, url.path), (20001, path));
    }

    #[tokio::test]
    async fn reviews_that_are_never_sent_take_the_turns_of_their_account_alone() {
        let mut held = Vec::new();
        for _ in 0..REVIEWS_OF_ACCOUNT {
            held.push(REVIEWS.take("busy").await);
        }
        assert!(REVIEWS.try_take("busy").is_none());
        assert!(REVIEWS.try_take("other").is_some());
    }

    #[test]
    fn it_is_about_pods_that_come() {
        let asked = ReviewRequest {
            uid: "u",
            group: "",
            resource: "pods",
            subresource: "",
            operation: "CREATE",
            namespace: "n",
            object: None,
        };
        assert!(is_about(&asked));
        for other in [
            ReviewRequest {
                group: "apps",
                ..asked
            },
            ReviewRequest {
                resource: "nodes",
                ..asked
            },
            ReviewRequest {
                subresource: "exec",
                ..asked
            },
            ReviewRequest {
                operation: "UPDATE",
                ..asked
            },
        ] {
            assert!(!is_about(&other));
        }
    }
}
