//! What is told of each request, and how `audit.k8s.io/v1` writes it down.

use std::{borrow::Cow, collections::BTreeMap, net::IpAddr, sync::Arc};

use http::{
    HeaderMap, Request, StatusCode,
    header::{AUTHORIZATION, USER_AGENT},
};
use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use wharf_base::{Timestamp, ids};
use wharf_kube_auth::{
    Attributes, UserInfo,
    user::{NODES, SERVICE_ACCOUNT_PREFIX},
};

use crate::{cluster::Inner, query::Query, request, webhooks::Notes};

/// Hears what became of each request; nobody waits for it.
pub trait Audit: Send + Sync + 'static {
    fn heard(&self, record: &AuditRecord<'_>);
}

/// Where a request came from, put among its extensions by who took it from the network. Without it, it is of this process.
#[derive(Debug, Clone)]
pub struct Origin {
    pub source: IpAddr,
    /// Who proved to be somebody and acts as another.
    pub impersonator: Option<UserInfo>,
}

/// A request whose answer begins now.
#[derive(Debug, Clone, Copy)]
pub struct AuditRecord<'a> {
    pub user: &'a UserInfo,
    pub origin: Option<&'a Origin>,
    pub asked: &'a Attributes,
    /// Path and query.
    pub uri: &'a str,
    pub code: u16,
    pub is_allowed: bool,
    /// What the authorizer gave as its reason.
    pub reason: &'a str,
    pub began: Timestamp,
    pub ended: Timestamp,
    pub user_agent: &'a str,
    /// What webhooks say of it.
    pub notes: &'a BTreeMap<String, String>,
    /// Of a request of somebody who did not prove to be anybody: by what they tried, in upstream's words. The user has no name then.
    pub unproven: Option<&'a str>,
}

/// The client closed its connection before there was an answer, as proxies write it.
const GONE: u16 = 499;

/// Bytes of what a client says it is, as upstream keeps them.
const MOST_AGENT: usize = 1024;

/// What became of a request.
#[derive(Default)]
pub struct Outcome {
    pub is_allowed: bool,
    pub reason: String,
    pub unproven: Option<String>,
    /// Nothing as long as there is no answer.
    pub code: Option<u16>,
}

/// Tells of a request when it is over, however it ends: it may be dropped with its client.
pub struct Telling<'a> {
    pub inner: &'a Inner,
    pub user: &'a UserInfo,
    pub origin: Option<Origin>,
    pub asked: &'a Attributes,
    pub uri: String,
    pub agent: String,
    pub began: Timestamp,
    pub notes: Arc<Mutex<Notes>>,
    pub outcome: Outcome,
}

impl Drop for Telling<'_> {
    fn drop(&mut self) {
        let Some(audit) = &self.inner.parts.audit else {
            return;
        };
        audit.heard(&AuditRecord {
            user: self.user,
            origin: self.origin.as_ref(),
            asked: self.asked,
            uri: &self.uri,
            code: self.outcome.code.unwrap_or(GONE),
            is_allowed: self.outcome.is_allowed,
            reason: &self.outcome.reason,
            began: self.began,
            ended: self.inner.now(),
            user_agent: &self.agent,
            notes: &self.notes.lock(),
            unproven: self.outcome.unproven.as_deref(),
        });
    }
}

/// Tells of a request that was not let in.
pub fn refused<B>(
    inner: &Inner,
    request: &Request<B>,
    who: (&UserInfo, &Origin),
    code: StatusCode,
    reason: &str,
) {
    let outcome = Outcome {
        reason: reason.to_owned(),
        code: Some(code.as_u16()),
        ..Outcome::default()
    };
    tell(inner, request, who, outcome);
}

/// Tells of a request of somebody who did not prove to be anybody.
pub fn unproven<B>(
    inner: &Inner,
    request: &Request<B>,
    source: IpAddr,
    has_certificate: bool,
    code: StatusCode,
) {
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let outcome = Outcome {
        unproven: Some(attempted(request.headers(), &query, has_certificate)),
        code: Some(code.as_u16()),
        ..Outcome::default()
    };
    let origin = Origin {
        source,
        impersonator: None,
    };
    tell(inner, request, (&UserInfo::default(), &origin), outcome);
}

/// By what a client tried to prove who it is.
fn attempted(headers: &HeaderMap, query: &Query, has_certificate: bool) -> String {
    let told = headers.get(AUTHORIZATION).and_then(|it| it.to_str().ok());
    let scheme = told.and_then(|it| it.trim().split_once(' '));
    let scheme = scheme.map_or("", |it| it.0);
    let ways = [
        ("basic", scheme.eq_ignore_ascii_case("basic")),
        ("bearer", scheme.eq_ignore_ascii_case("bearer")),
        (
            "access_token",
            query.get("access_token").is_some_and(|it| !it.is_empty()),
        ),
        ("x509", has_certificate),
    ];
    let ways: Vec<&str> = ways.iter().filter(|it| it.1).map(|it| it.0).collect();
    match ways.is_empty() {
        true => "Authentication failed, no credentials provided".to_owned(),
        false => format!("Authentication failed, attempted: {}", ways.join(", ")),
    }
}

fn tell<B>(
    inner: &Inner,
    request: &Request<B>,
    (user, origin): (&UserInfo, &Origin),
    outcome: Outcome,
) {
    let (uri, method) = (request.uri(), request.method());
    let query = Query::parse(uri.query().unwrap_or_default());
    let target = request::target(method, uri.path(), &query);
    let asked = request::attributes(target.as_ref(), method, uri.path(), &query);
    let agent = request.headers().get(USER_AGENT);
    let agent = agent.and_then(|it| it.to_str().ok());
    let target = uri.path_and_query().map_or("/", |it| it.as_str());
    let telling = Telling {
        inner,
        user,
        origin: Some(origin.clone()),
        asked: &asked,
        uri: target.to_owned(),
        agent: agent.unwrap_or_default().to_owned(),
        began: inner.now(),
        notes: Arc::default(),
        outcome,
    };
    drop(telling);
}

/// Paths that tell nothing of anybody.
const OPEN: [&str; 7] = [
    "/healthz", "/livez", "/readyz", "/version", "/openapi", "/metrics", "/swagger",
];

impl AuditRecord<'_> {
    /// Whether it is worth a line: not what only keeps the cluster alive. EKS leaves out much the same.
    pub fn is_recorded(&self) -> bool {
        let asked = self.asked;
        if !asked.is_resource() {
            return !OPEN.iter().any(|it| {
                let rest = asked.path.strip_prefix(it);
                rest.is_some_and(|it| it.is_empty() || it.starts_with(['/', '?', '.']))
            });
        }
        // Whoever acts as a part of the cluster is none.
        let by = self.origin.and_then(|it| it.impersonator.as_ref());
        let user = by.unwrap_or(self.user);
        let is_own =
            user.name.starts_with("system:") && !user.name.starts_with(SERVICE_ACCOUNT_PREFIX);
        match asked.resource.as_str() {
            "events" => false,
            "leases" => !is_own,
            "nodes" => !(asked.verb == "get" && user.is_in(NODES)),
            _ => true,
        }
    }

    /// As `audit.k8s.io/v1`, level Metadata.
    pub fn event(&self) -> Value {
        let asked = self.asked;
        // Of what lasts, only the beginning is told.
        let passed = ["exec", "attach", "portforward", "proxy", "log"];
        let lasts = asked.verb == "watch" || passed.contains(&asked.subresource.as_str());
        // As upstream, which tells of who is not let in as soon as that is clear.
        let is_begun = lasts || self.unproven.is_some();
        let by = self.origin.and_then(|it| it.impersonator.as_ref());
        let source = self
            .origin
            .map_or_else(|| "::1".to_owned(), |it| it.source.to_string());
        let mut event = json!({
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "auditID": ids::uuid(),
            "stage": if is_begun { "ResponseStarted" } else { "ResponseComplete" },
            "requestURI": self.uri,
            "verb": asked.verb,
            "user": user(by.unwrap_or(self.user)),
            "sourceIPs": [source],
            "userAgent": agent(self.user_agent),
            "responseStatus": { "metadata": {}, "code": self.code },
            "requestReceivedTimestamp": micro_time(self.began),
            "stageTimestamp": micro_time(self.ended),
        });
        match self.unproven {
            Some(attempted) => event["responseStatus"]["message"] = attempted.into(),
            None => {
                event["annotations"] = json!({
                    "authorization.k8s.io/decision": if self.is_allowed { "allow" } else { "forbid" },
                    "authorization.k8s.io/reason": self.reason,
                });
            }
        }
        for (key, value) in self.notes {
            event["annotations"][key] = value.as_str().into();
        }
        if by.is_some() {
            event["impersonatedUser"] = user(self.user);
        }
        if asked.is_resource() {
            let members = [
                ("resource", &asked.resource),
                ("namespace", &asked.namespace),
                ("name", &asked.name),
                ("apiGroup", &asked.group),
                ("apiVersion", &asked.version),
                ("subresource", &asked.subresource),
            ];
            event["objectRef"] = said(members);
        }
        event
    }
}

fn agent(told: &str) -> Cow<'_, str> {
    match told.get(..MOST_AGENT) {
        Some(begin) if begin.len() < told.len() => format!("{begin}...TRUNCATED").into(),
        _ => told.into(),
    }
}

/// As `MicroTime` is written.
fn micro_time(at: Timestamp) -> String {
    at.iso8601().replace('Z', "000Z")
}

fn said<'a>(members: impl IntoIterator<Item = (&'a str, &'a String)>) -> Value {
    let said = members.into_iter().filter(|it| !it.1.is_empty());
    let said: Map<String, Value> = said
        .map(|(name, text)| (name.to_owned(), json!(text)))
        .collect();
    Value::Object(said)
}

fn user(user: &UserInfo) -> Value {
    let mut it = said([("username", &user.name), ("uid", &user.uid)]);
    if !user.groups.is_empty() {
        it["groups"] = json!(user.groups);
    }
    if !user.extra.is_empty() {
        it["extra"] = json!(user.extra);
    }
    it
}

#[cfg(test)]
mod tests {
    use super::*;

    static NONE: BTreeMap<String, String> = BTreeMap::new();

    fn record<'a>(user: &'a UserInfo, asked: &'a Attributes) -> AuditRecord<'a> {
        AuditRecord {
            user,
            origin: None,
            asked,
            uri: "/api/v1/namespaces/web/secrets?limit=1",
            code: 403,
            is_allowed: false,
            reason: "",
            began: Timestamp::from_millis(1_000),
            ended: Timestamp::from_millis(1_250),
            user_agent: "kubectl/v1.32",
            notes: &NONE,
            unproven: None,
        }
    }

    fn asked(verb: &str, resource: &str) -> Attributes {
        Attributes {
            verb: verb.to_owned(),
            version: "v1".to_owned(),
            resource: resource.to_owned(),
            ..Attributes::default()
        }
    }

    #[test]
    fn an_event_says_who_asked_for_what_and_what_became_of_it() {
        let jane = UserInfo::authenticated("jane", &["dev"]);
        let root = UserInfo::authenticated("root", &[]);
        let mut what = asked("list", "secrets");
        what.namespace = "web".to_owned();
        let origin = Origin {
            source: "10.1.2.3".parse().unwrap(),
            impersonator: Some(root),
        };
        let record = AuditRecord {
            origin: Some(&origin),
            ..record(&jane, &what)
        };
        let mut event = record.event();
        let id = event["auditID"].take();
        assert_eq!(id.as_str().map(str::len), Some(36));
        let expected = json!({
            "kind": "Event",
            "apiVersion": "audit.k8s.io/v1",
            "level": "Metadata",
            "auditID": null,
            "stage": "ResponseComplete",
            "requestURI": "/api/v1/namespaces/web/secrets?limit=1",
            "verb": "list",
            "user": { "username": "root", "groups": ["system:authenticated"] },
            "impersonatedUser": { "username": "jane", "groups": ["dev", "system:authenticated"] },
            "sourceIPs": ["10.1.2.3"],
            "userAgent": "kubectl/v1.32",
            "objectRef": { "resource": "secrets", "namespace": "web", "apiVersion": "v1" },
            "responseStatus": { "metadata": {}, "code": 403 },
            "requestReceivedTimestamp": "1970-01-01T00:00:01.000000Z",
            "stageTimestamp": "1970-01-01T00:00:01.250000Z",
            "annotations": {
                "authorization.k8s.io/decision": "forbid",
                "authorization.k8s.io/reason": "",
            },
        });
        assert_eq!(event, expected);
    }

    #[test]
    fn who_proved_nothing_is_nobody() {
        let nobody = UserInfo::default();
        let what = asked("list", "secrets");
        let agent = "x".repeat(MOST_AGENT + 1);
        let record = AuditRecord {
            code: 401,
            user_agent: &agent,
            unproven: Some("Authentication failed, attempted: bearer"),
            ..record(&nobody, &what)
        };
        assert!(record.is_recorded());
        let event = record.event();
        assert_eq!(event["user"], json!({}));
        assert_eq!(event["stage"], "ResponseStarted");
        assert_eq!(event.get("annotations"), None);
        assert_eq!(event["objectRef"]["resource"], "secrets");
        let status = json!({
            "metadata": {}, "code": 401, "message": "Authentication failed, attempted: bearer",
        });
        assert_eq!(event["responseStatus"], status);
        let agent = format!("{}...TRUNCATED", "x".repeat(MOST_AGENT));
        assert_eq!(event["userAgent"], agent.as_str());
    }

    #[test]
    fn by_what_somebody_tried() {
        let tried = |header: &'static str, query: &str, has_certificate| {
            let mut headers = HeaderMap::new();
            if !header.is_empty() {
                headers.insert(AUTHORIZATION, http::HeaderValue::from_static(header));
            }
            attempted(&headers, &Query::parse(query), has_certificate)
        };
        for (header, query, has_certificate, told) in [
            ("", "", false, "no credentials provided"),
            ("bearer x", "", false, "attempted: bearer"),
            ("Basic eDp5", "", false, "attempted: basic"),
            ("Bearer", "access_token=", false, "no credentials provided"),
            (
                "Bearer x",
                "access_token=y",
                true,
                "attempted: bearer, access_token, x509",
            ),
        ] {
            let expected = format!("Authentication failed, {told}");
            assert_eq!(tried(header, query, has_certificate), expected);
        }
    }

    #[test]
    fn what_only_keeps_the_cluster_alive_is_left_out() {
        let jane = UserInfo::authenticated("jane", &[]);
        let node = UserInfo::authenticated("system:node:a", &[NODES]);
        let account = UserInfo::service_account("web", "op", "1");
        let recorded = |user: &UserInfo, verb: &str, resource: &str| {
            let asked = asked(verb, resource);
            record(user, &asked).is_recorded()
        };
        assert!(recorded(&jane, "get", "nodes"));
        assert!(!recorded(&node, "get", "nodes"));
        assert!(recorded(&node, "patch", "nodes"));
        assert!(!recorded(&node, "update", "leases"));
        assert!(recorded(&account, "update", "leases"));
        assert!(!recorded(&account, "create", "events"));
        assert!(recorded(&account, "get", "secrets"));
        for (path, expected) in [("/healthz", false), ("/openapi/v2", false), ("/apis", true)] {
            let asked = Attributes {
                verb: "get".to_owned(),
                path: path.to_owned(),
                ..Attributes::default()
            };
            assert_eq!(record(&jane, &asked).is_recorded(), expected, "{path}");
        }
    }
}
