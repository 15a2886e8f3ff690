//! Which credentials a pod gets: asked of EKS Auth, and kept in memory while they are good for long and the same token asks for them.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::StatusCode;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use wharf_base::{Chain, Clock, Timestamp};
use wharf_kubelet::Kubelet;
use wharf_wire::sigv4;

use crate::{
    client::{Api, CallError},
    endpoint::RateLimit,
};

const SERVICE: &str = "eks-auth";
const OPERATION: &str = "AssumeRoleForPodIdentity";
/// Credentials that end sooner are asked for again: SDKs ask a quarter of an hour before they end.
const LEFT: Duration = Duration::from_secs(20 * 60);
/// Characters of a token.
const LONGEST: usize = 16 << 10;
/// Characters of the name of a cluster.
const LONGEST_NAME: usize = 100;

/// Why a pod gets none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub status: StatusCode,
    pub code: String,
    pub message: String,
}

impl Refused {
    pub fn new(status: StatusCode, code: &str, message: &str) -> Self {
        Self {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
        }
    }
}

/// Those of the pods of one node.
pub struct PodCredentials {
    pub kubelet: Kubelet,
    /// With the role of the node's instance.
    api: Api,
    cluster: String,
    clock: Arc<dyn Clock>,
    limit: RateLimit,
    /// By sandbox; each is asked for once at a time.
    kept: Mutex<BTreeMap<String, Place>>,
}

type Place = Arc<tokio::sync::Mutex<Option<Kept>>>;

struct Kept {
    /// Of the token that proved the pod. A program that has none gets nothing, though its pod's credentials lie here.
    digest: String,
    document: Value,
    expires: Timestamp,
}

impl PodCredentials {
    pub fn new(kubelet: Kubelet, api: Api, cluster: &str, clock: Arc<dyn Clock>) -> Self {
        Self {
            kubelet,
            api,
            cluster: cluster.to_owned(),
            clock,
            limit: RateLimit::default(),
            kept: Mutex::default(),
        }
    }

    /// `caller` is the key, in the network, of who asks.
    pub async fn of(&self, caller: &str, token: &str) -> Result<Value, Refused> {
        if !self.limit.admit(caller, self.clock.now()) {
            return Err(Refused::new(
                StatusCode::TOO_MANY_REQUESTS,
                "ThrottlingException",
                "Too Many Requests",
            ));
        }
        let uid = pod_of(token).ok_or_else(|| {
            let text = "The request's Authorization is not the token of a pod's service account.";
            Refused::new(StatusCode::BAD_REQUEST, "InvalidTokenException", text)
        })?;
        let node = &self.kubelet.node;
        let sandbox = node.sandbox_of(&uid);
        // In this order: no pod is taken for absent of which the node hears meanwhile.
        let has_listed = node.has_listed.load(Ordering::Acquire);
        let pod = node.pod_of(&sandbox);
        admit(
            caller,
            (&sandbox, &node.instance),
            pod.as_deref(),
            has_listed,
        )?;
        let place = self.place(sandbox);
        let mut kept = place.lock().await;
        let (now, digest) = (self.clock.now(), sigv4::sha256_hex(token.as_bytes()));
        let known = kept.as_ref().filter(|it| it.digest == digest);
        if let Some(known) = known.filter(|it| now + LEFT < it.expires) {
            return Ok(known.document.clone());
        }
        match self.ask(token).await {
            Ok((document, expires)) => {
                *kept = Some(Kept {
                    digest,
                    document: document.clone(),
                    expires,
                });
                Ok(document)
            }
            // While nobody says no, what there is may be used to its end.
            Err(error) if error.is_transient() => match known.filter(|it| now < it.expires) {
                Some(known) => Ok(known.document.clone()),
                None => Err(self.refused(&error)),
            },
            Err(error) => {
                *kept = None;
                Err(self.refused(&error))
            }
        }
    }

    /// Where those of a pod are kept. Those of pods that are gone are forgotten.
    fn place(&self, sandbox: String) -> Place {
        let mut kept = self.kept.lock();
        if !kept.contains_key(&sandbox) {
            kept.retain(|it, _| self.kubelet.node.pod_of(it).is_some());
        }
        kept.entry(sandbox).or_default().clone()
    }

    async fn ask(&self, token: &str) -> Result<(Value, Timestamp), CallError> {
        let malformed = CallError::Malformed {
            operation: OPERATION,
        };
        // The instance's user wrote it, and it becomes part of a path.
        if !is_name(&self.cluster) {
            return Err(malformed);
        }
        let path = format!("/clusters/{}/assume-role-for-pod-identity", self.cluster);
        let body = json!({ "token": token }).to_string();
        let answer = self
            .api
            .post_json((SERVICE, OPERATION), &path, body)
            .await?;
        read(&answer).ok_or(malformed)
    }

    fn refused(&self, error: &CallError) -> Refused {
        tracing::warn!(
            instance = self.kubelet.node.instance,
            cluster = self.cluster,
            error = %Chain(error),
            "failed to get credentials for a pod by Pod Identity"
        );
        match error {
            CallError::Fault {
                code,
                message,
                status,
            } => Refused {
                status: StatusCode::from_u16(*status).unwrap_or(StatusCode::BAD_GATEWAY),
                code: code.clone(),
                message: message.clone(),
            },
            _ => Refused::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ServiceUnavailableException",
                "EKS Auth cannot be asked now.",
            ),
        }
    }
}

/// The uid of the pod that a token says to be of; whether that is true, EKS Auth finds out.
fn pod_of(token: &str) -> Option<String> {
    if token.len() > LONGEST {
        return None;
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    let uid = claims.pointer("/kubernetes.io/pod/uid")?.as_str()?;
    Some(uid.to_owned())
}

/// Lets the token of a pod count at the address of `caller`. A pod that the node does not know is none, once it has listed those that it
/// has.
fn admit(
    caller: &str,
    names: (&str, &str),
    pod: Option<&Value>,
    has_listed: bool,
) -> Result<(), Refused> {
    match pod {
        Some(pod) if is_at(caller, names, pod) => Ok(()),
        None if !has_listed => Err(Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailableException",
            "The node has not read yet which pods it has.",
        )),
        _ => Err(Refused::new(
            StatusCode::FORBIDDEN,
            "AccessDeniedException",
            "The token is not of a pod at this address.",
        )),
    }
}

/// Whether a pod is at the address of `caller`: its own, or the instance's for a pod of the instance's network.
fn is_at(caller: &str, (sandbox, instance): (&str, &str), pod: &Value) -> bool {
    match pod.pointer("/spec/hostNetwork") == Some(&Value::Bool(true)) {
        true => caller == instance,
        false => caller == sandbox,
    }
}

fn is_name(cluster: &str) -> bool {
    let is_letter = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
    (1..=LONGEST_NAME).contains(&cluster.len()) && cluster.bytes().all(is_letter)
}

/// What SDKs read, of what EKS Auth answers, and when it ends.
fn read(answer: &Bytes) -> Option<(Value, Timestamp)> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Answer {
        credentials: Credentials,
        assumed_role_user: User,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Credentials {
        access_key_id: String,
        secret_access_key: String,
        session_token: String,
        /// Seconds.
        expiration: f64,
    }
    #[derive(Deserialize)]
    struct User {
        arn: String,
    }
    let answer: Answer = serde_json::from_slice(answer).ok()?;
    let it = answer.credentials;
    let expires = Timestamp::from_millis((it.expiration * 1000.0) as i64);
    let document = json!({
        "AccessKeyId": it.access_key_id,
        "SecretAccessKey": it.secret_access_key,
        "Token": it.session_token,
        "AccountId": answer.assumed_role_user.arn.split(':').nth(4)?,
        "Expiration": expires.iso8601_seconds(),
    });
    Some((document, expires))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_its_pod() {
        let token = |claims: &Value| format!("h.{}.s", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let of_pod = token(&json!({"kubernetes.io": {"pod": {"name": "web-0", "uid": "u1"}}}));
        assert_eq!(pod_of(&of_pod).as_deref(), Some("u1"));
        for bad in [
            String::new(),
            "a.b.c".to_owned(),
            token(&json!({"kubernetes.io": {"namespace": "team"}})),
            token(&json!({"kubernetes.io": {"pod": {"uid": 7}}})),
            format!("{of_pod}{}", "x".repeat(LONGEST)),
        ] {
            assert_eq!(pod_of(&bad), None, "{bad}");
        }
    }

    #[test]
    fn a_pod_is_at_its_own_address_alone() {
        let own = json!({"spec": {}});
        let of_host = json!({"spec": {"hostNetwork": true}});
        let names = ("pod-1", "i-1");
        assert!(is_at("pod-1", names, &own));
        assert!(!is_at("pod-2", names, &own) && !is_at("i-1", names, &own));
        assert!(is_at("i-1", names, &of_host) && !is_at("pod-1", names, &of_host));
    }

    #[test]
    fn a_pod_that_is_not_known_is_to_ask_again_until_all_are_listed() {
        let pod = json!({"spec": {}});
        let status = |caller: &str, pod: Option<&Value>, has_listed: bool| {
            let admitted = admit(caller, ("pod-1", "i-1"), pod, has_listed);
            admitted.map_err(|it| it.status.as_u16())
        };
        assert_eq!(status("pod-1", None, false), Err(503));
        assert_eq!(status("pod-1", None, true), Err(403));
        for has_listed in [false, true] {
            assert_eq!(status("pod-1", Some(&pod), has_listed), Ok(()));
            assert_eq!(status("pod-2", Some(&pod), has_listed), Err(403));
        }
    }

    #[test]
    fn names_are_parts_of_paths() {
        assert!(is_name("demo-1_a"));
        for bad in ["", "a/b", "a?b", "..", &"a".repeat(101)] {
            assert!(!is_name(bad), "{bad}");
        }
    }

    #[test]
    fn an_answer_as_sdks_read_it() {
        let answer = json!({
            "credentials": {"accessKeyId": "ASIA1", "secretAccessKey": "s", "sessionToken": "t", "expiration": 1_800_000_000.5},
            "assumedRoleUser": {"arn": "arn:aws:sts::000000000000:assumed-role/pods/x", "assumeRoleId": "AROA1:x"},
        });
        let (document, expires) = read(&Bytes::from(answer.to_string())).unwrap();
        assert_eq!(expires, Timestamp::from_millis(1_800_000_000_500));
        assert_eq!(
            document,
            json!({"AccessKeyId": "ASIA1", "SecretAccessKey": "s", "Token": "t", "AccountId": "000000000000",
                "Expiration": "2027-01-15T08:00:00Z"})
        );
        assert!(read(&Bytes::from_static(b"{}")).is_none());
    }
}
