//! Certificate signing requests: who asks is whoever sent it, and who approves or signs must be allowed that for the signer. What is in
//! them is read here too, for only here is a parser.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use wharf_kube_auth::{
    Attributes, UserInfo,
    signing_request::{self, SigningRequest},
    user::{MASTERS, NODE_PREFIX},
};
use wharf_kube_model::{
    field::{Errors, FieldError, Path},
    view::text_at,
};

use super::Operation;
use crate::{answer::Fault, call::Call};

const GROUP: &str = "certificates.k8s.io";
const CLIENTS: &str = "kubernetes.io/kube-apiserver-client";
/// Of these a node may ask for its own alone.
const OF_NODES: [&str; 2] = [
    "kubernetes.io/kube-apiserver-client-kubelet",
    "kubernetes.io/kubelet-serving",
];
/// A condition of a request and its times.
const UPDATED: &str = "lastUpdateTime";
const CHANGED: &str = "lastTransitionTime";

pub async fn check(
    call: &Call,
    operation: Operation<'_>,
    object: &mut Value,
    live: Option<&Value>,
) -> Result<(), Fault> {
    if !is_request(call) {
        return Ok(());
    }
    match operation {
        Operation::Create => {
            sent_by(object, &call.user);
            match may_ask(object, call.user.as_node()) {
                Ok(()) => Ok(()),
                Err(why) => {
                    let name = text_at(object, &["metadata", "name"]);
                    Err(call.forbidden(name, &why.to_string()))
                }
            }
        }
        Operation::Update { subresource } => {
            if let Some(live) = live {
                set_times(object, live, &call.now.iso8601_seconds());
            }
            let verb = match subresource {
                "approval" => "approve",
                "status" if live.is_some_and(|live| signs(object, live)) => "sign",
                _ => return Ok(()),
            };
            let live = live.unwrap_or(object);
            may(call, verb, text_at(live, &["spec", "signerName"])).await
        }
        Operation::Delete => Ok(()),
    }
}

fn is_request(call: &Call) -> bool {
    call.group() == GROUP && call.resource.plural == "certificatesigningrequests"
}

/// What is wrong with the request of a new object, or with the certificate that a change of one sets.
pub fn errors(call: &Call, object: &Value, live: Option<&Value>) -> Vec<FieldError> {
    match is_request(call) {
        true => errors_of(object, live),
        false => Vec::new(),
    }
}

fn errors_of(object: &Value, live: Option<&Value>) -> Vec<FieldError> {
    let mut errors = Errors::new();
    match live {
        None => {
            if let Err(error) = parsed(object) {
                let said = text_at(object, &["spec", "request"]);
                errors.invalid(
                    &Path::root("spec").child("request"),
                    said,
                    error.to_string(),
                );
            }
        }
        Some(live) => {
            let path = ["status", "certificate"];
            let certificate = text_at(object, &path);
            let is_new = certificate != text_at(live, &path);
            let pem = STANDARD.decode(certificate).unwrap_or_default();
            if is_new
                && !certificate.is_empty()
                && let Err(why) = signing_request::check_certificates(&pem)
            {
                let path = Path::root("status");
                errors.invalid(
                    &path.child("certificate"),
                    "<certificate data>",
                    why.to_string(),
                );
            }
        }
    }
    errors.into_vec()
}

fn parsed(object: &Value) -> Result<SigningRequest, signing_request::RequestError> {
    let pem = STANDARD.decode(text_at(object, &["spec", "request"]));
    SigningRequest::parse(&pem.unwrap_or_default())
}

/// Why a certificate is not for whoever asks for it.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
enum NotForThem {
    #[error("use of {0} signer with {MASTERS} group is not allowed")]
    Masters(String),
    #[error("unable to parse csr: {0}")]
    Unread(#[from] signing_request::RequestError),
    #[error("can only create a node CSR with CN={0}")]
    OtherNode(String),
}

/// Nobody asks for a certificate of the masters, and a node for that of no other. What cannot be read is refused later.
fn may_ask(object: &Value, node: Option<&str>) -> Result<(), NotForThem> {
    let signer = text_at(object, &["spec", "signerName"]);
    if signer == CLIENTS
        && let Ok(request) = parsed(object)
        && request.organizations.iter().any(|it| it == MASTERS)
    {
        return Err(NotForThem::Masters(signer.to_owned()));
    }
    if let Some(node) = node
        && OF_NODES.contains(&signer)
    {
        let request = parsed(object)?;
        let own = format!("{NODE_PREFIX}{node}");
        if request.common_name() != own {
            return Err(NotForThem::OtherNode(own));
        }
    }
    Ok(())
}

/// When conditions were written, and since when they are as they are.
fn set_times(object: &mut Value, live: &Value, now: &str) {
    let conditions = object.pointer_mut("/status/conditions");
    for condition in conditions
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
    {
        let is_unset =
            |time: Option<&Value>| time.and_then(Value::as_str).unwrap_or_default().is_empty();
        if is_unset(condition.get(UPDATED)) {
            condition.insert(UPDATED.to_owned(), now.into());
        }
        if is_unset(condition.get(CHANGED)) {
            let before = live["status"]["conditions"].as_array();
            let mut before = before.into_iter().flatten();
            let same = before.find(|it| {
                Some(&it["type"]) == condition.get("type")
                    && Some(&it["status"]) == condition.get("status")
            });
            let since = same.and_then(|it| it[CHANGED].as_str()).unwrap_or(now);
            condition.insert(CHANGED.to_owned(), since.into());
        }
    }
}

/// Whatever the request says of it.
fn sent_by(request: &mut Value, user: &UserInfo) {
    if !request["spec"].is_object() {
        request["spec"] = json!({});
    }
    let spec = &mut request["spec"];
    spec["username"] = user.name.clone().into();
    spec["groups"] = json!(user.groups);
    spec["uid"] = user.uid.clone().into();
    spec["extra"] = json!(user.extra);
    if let Some(spec) = spec.as_object_mut() {
        spec.retain(|name, value| {
            let is_empty = value == "" || *value == json!({}) || *value == json!([]);
            !(["uid", "extra", "groups"].contains(&name.as_str()) && is_empty)
        });
    }
}

/// Whether a change of the status is a signer's: it issues the certificate or gives up.
fn signs(new: &Value, live: &Value) -> bool {
    let failed = |it: &Value| {
        let conditions = it["status"]["conditions"].as_array().into_iter().flatten();
        conditions.filter(|it| it["type"] == "Failed").count()
    };
    new["status"].get("certificate") != live["status"].get("certificate")
        || failed(new) != failed(live)
}

/// For one signer, or for all of its domain.
async fn may(call: &Call, verb: &str, signer: &str) -> Result<(), Fault> {
    let domain = signer
        .split_once('/')
        .map(|(domain, _)| format!("{domain}/*"));
    for name in [Some(signer.to_owned()), domain].into_iter().flatten() {
        let asked = Attributes {
            verb: verb.to_owned(),
            group: GROUP.to_owned(),
            version: "v1".to_owned(),
            resource: "signers".to_owned(),
            name,
            ..Attributes::default()
        };
        if call
            .cluster
            .parts
            .authorizer
            .authorize(&call.user, &asked)
            .await
            .allows()
        {
            return Ok(());
        }
    }
    let why = format!("user not permitted to {verb} requests with signerName \"{signer}\"");
    Err(call.forbidden(call.name(), &why))
}

#[cfg(test)]
mod tests;
