//! Requests for certificates: those of nodes are approved by themselves where a node may have them, approved ones are signed, and those
//! that nobody needs any more are removed.
//!
//! What is signed for whom is in [`rules`], what is approved in [`approval`], when a request goes in [`cleaning`], all of them pure. The
//! key is behind [`CertificateSigner`].

mod approval;
mod cleaning;
mod rules;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use wharf_kube_auth::{issuing::Purpose, signing_request::SigningRequest, user::NODE_PREFIX};
use wharf_kube_client::{Delete, Error, Informer, Kind, Object, kind};

pub use self::rules::ServerNames;
use self::rules::Signer;
use crate::runtime::{Context, Controller, Key, Next, Queue, next, sooner, wake_self};

const KIND: Kind = kind::CERTIFICATE_SIGNING_REQUEST;
const REVIEW: Kind = Kind::known(
    "authorization.k8s.io",
    "v1",
    "SubjectAccessReview",
    "subjectaccessreviews",
    false,
);
/// Who may not have a certificate by itself now may be allowed that later.
const ASKED_AGAIN: Duration = Duration::from_secs(60);
const SIGNED_AGAIN: Duration = Duration::from_secs(10);

/// What is decided of a certificate; when it begins and its number are the signer's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    pub request: SigningRequest,
    pub purpose: Purpose,
    pub digital_signature: bool,
    pub key_encipherment: bool,
    pub life: Duration,
}

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
#[error("the cluster's authority does not sign")]
pub struct NotSigned(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// The key of a cluster's authority; whoever has it keeps it.
pub trait CertificateSigner: Send + Sync + 'static {
    /// A certificate in PEM.
    ///
    /// # Errors
    /// The key or the clock cannot be used.
    fn sign(&self, order: &Order) -> Result<String, NotSigned>;
}

pub struct Requests {
    context: Context,
    requests: Informer,
    nodes: Informer,
    signer: Arc<dyn CertificateSigner>,
    server: ServerNames,
}

impl Requests {
    pub fn new(
        context: &Context,
        signer: Arc<dyn CertificateSigner>,
        server: ServerNames,
    ) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            requests: context.informer(&KIND),
            nodes: context.informer(&kind::NODE),
            signer,
            server,
        })
    }

    async fn approve(&self, object: &Value) -> Result<Next, Error> {
        let (Some(signer), Some(request)) = (Signer::of(object), parsed(object)) else {
            return Ok(Next::Settled);
        };
        if rules::refusal(signer, object, &request, &self.server).is_some() {
            return Ok(Next::Settled);
        }
        let message = match signer {
            Signer::ApiClient => return Ok(Next::Settled),
            Signer::NodeServer => {
                let name = request.common_name().strip_prefix(NODE_PREFIX);
                let node = name.and_then(|it| self.nodes.get("", it));
                let is_own = node.is_some_and(|it| approval::is_of_node(object, &request, &it));
                // A change of the node wakes this again.
                match is_own {
                    true => {
                        "Auto approving kubelet serving certificate: its names and addresses are those of the node."
                    }
                    false => return Ok(Next::Settled),
                }
            }
            Signer::NodeClient => match self.client_message(object, &request).await? {
                Some(message) => message,
                None => return Ok(Next::After(ASKED_AGAIN)),
            },
        };
        let approved = with_condition(object, "Approved", "AutoApproved", message);
        let client = &self.context.client;
        let written = client.update_at(&KIND, "approval", &approved).await?;
        self.requests.observe(&written);
        Ok(Next::Settled)
    }

    /// What a node's client certificate is approved with, if who asks may have it.
    async fn client_message(
        &self,
        object: &Value,
        request: &SigningRequest,
    ) -> Result<Option<&'static str>, Error> {
        for (subresource, message) in approval::permissions(object, request) {
            let review = approval::review(object, subresource);
            let answer = self.context.client.create(&REVIEW, "", &review).await?;
            if answer.is_true("/status/allowed") {
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    async fn issue(&self, object: &Value) -> Result<Next, Error> {
        let Some(signer) = Signer::of(object) else {
            return Ok(Next::Settled);
        };
        let order = match parsed(object) {
            None => Err("the request cannot be read".to_owned()),
            Some(request) => match rules::refusal(signer, object, &request, &self.server) {
                Some(why) => Err(why.to_string()),
                None => Ok(rules::order(signer, object, request)),
            },
        };
        let changed = match order {
            Err(why) => with_condition(object, "Failed", "SignerValidationFailure", &why),
            Ok(order) => match self.signer.sign(&order) {
                Ok(pem) => {
                    let mut signed = object.clone();
                    signed["status"]["certificate"] = STANDARD.encode(pem).into();
                    signed
                }
                Err(error) => {
                    let cause = std::error::Error::source(&error).map(ToString::to_string);
                    tracing::warn!(request = object.name(), %error, cause, "a certificate was not signed; retrying in 10 s");
                    return Ok(Next::After(SIGNED_AGAIN));
                }
            },
        };
        let written = self.context.client.update_status(&KIND, &changed).await?;
        self.requests.observe(&written);
        Ok(Next::Settled)
    }
}

fn parsed(object: &Value) -> Option<SigningRequest> {
    let pem = STANDARD.decode(object.text("/spec/request")).ok()?;
    SigningRequest::parse(&pem).ok()
}

fn with_condition(object: &Value, kind: &str, reason: &str, message: &str) -> Value {
    let mut changed = object.clone();
    let mut conditions = object.list("/status/conditions").to_vec();
    conditions.push(json!({"type": kind, "status": "True", "reason": reason, "message": message}));
    if !changed["status"].is_object() {
        changed["status"] = json!({});
    }
    changed["status"]["conditions"] = conditions.into();
    changed
}

#[async_trait]
impl Controller for Requests {
    fn informers(&self) -> Vec<Informer> {
        vec![self.requests.clone(), self.nodes.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.requests, queue);
        let (requests, queue) = (self.requests.clone(), queue.clone());
        self.nodes.subscribe(move |change| {
            let user = format!("{NODE_PREFIX}{}", change.object().name());
            for request in requests.all() {
                if request.text("/spec/username") == user
                    && request.list("/status/conditions").is_empty()
                {
                    queue.wake(Key::of(&request));
                }
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(request) = self.requests.get("", &key.name) else {
            return Ok(Next::Settled);
        };
        if request.is_deleting() {
            return Ok(Next::Settled);
        }
        let left = cleaning::left(&request, self.context.now());
        if left.is_some_and(|it| it.is_zero()) {
            let options = Delete::of_uid(request.uid());
            let client = &self.context.client;
            let deleted = client.delete(&KIND, "", request.name(), &options).await;
            match deleted {
                Ok(answer) => self.requests.observe_deletion(&request, &answer),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
            return Ok(Next::Settled);
        }
        let done = !request.text("/status/certificate").is_empty()
            || ["Denied", "Failed"]
                .iter()
                .any(|it| request.has_condition(it, "True"));
        let step = if done {
            Next::Settled
        } else if request.has_condition("Approved", "True") {
            self.issue(&request).await?
        } else {
            self.approve(&request).await?
        };
        let again = match step {
            Next::After(after) => Some(after),
            _ => None,
        };
        Ok(next(sooner(left, again)))
    }
}
