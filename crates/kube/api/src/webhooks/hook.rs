//! A webhook as its configuration says it, and which requests it is about: pure, but for who waits to ask it.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use wharf_kube_model::{
    Resource,
    selector::Labels,
    view::{items, member, number, text, text_at, texts},
    webhook_url::WebhookUrl,
};

const MOST_CALLS: usize = 32;

/// What is done to an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Create,
    Update,
    Delete,
    Connect,
}

impl Verb {
    pub const fn text(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
}

/// Where a program is that is asked.
#[derive(Debug)]
pub enum To {
    Service(Service),
    Url(WebhookUrl),
}

/// A program as it is asked.
#[derive(Debug)]
pub struct Endpoint {
    pub to: To,
    /// Authorities in PEM, of which one must have signed what it shows. At an address without any, those of the system count.
    pub authorities: Vec<u8>,
    pub timeout: Duration,
    /// Questions to it at the same time; more wait, within their time.
    pub calls: Arc<Semaphore>,
}

#[derive(Debug)]
pub struct Hook {
    pub name: String,
    /// The name of its configuration.
    pub configuration: String,
    pub endpoint: Endpoint,
    /// Whether a request is done though the webhook could not be asked.
    pub fails_open: bool,
    pub is_equivalent: bool,
    /// Whether it is the one of this process, which is asked without a connection.
    pub is_own: bool,
    /// Whether it is asked again when others changed the object after it.
    pub asks_again: bool,
    pub namespaces: Labels,
    pub objects: Labels,
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub namespace: String,
    pub name: String,
    pub port: u16,
    pub path: String,
}

impl Service {
    /// By which its certificate is checked.
    pub fn host(&self) -> String {
        format!("{}.{}.svc", self.name, self.namespace)
    }
}

#[derive(Debug)]
struct Rule {
    operations: Vec<String>,
    groups: Vec<String>,
    versions: Vec<String>,
    resources: Vec<String>,
    scope: String,
}

/// What a request is about, as rules see it.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub verb: Verb,
    pub group: &'a str,
    pub version: &'a str,
    pub plural: &'a str,
    pub subresource: &'a str,
    /// Whether the object is in a namespace.
    pub is_in_namespace: bool,
}

impl Service {
    fn of(service: &Value) -> Option<Self> {
        // As upstream joins it.
        let path = text(service, "path").trim_end_matches('/');
        let slash = if path.starts_with('/') { "" } else { "/" };
        Some(Self {
            namespace: text(service, "namespace").to_owned(),
            name: text(service, "name").to_owned(),
            port: u16::try_from(number(service, "port").unwrap_or(443)).ok()?,
            path: format!("{slash}{path}"),
        })
    }
}

impl Endpoint {
    /// As a `clientConfig` says it. One that cannot be read was not let in.
    pub fn of(config: &Value, timeout: Duration) -> Option<Self> {
        let to = match member(config, "service") {
            Some(service) => To::Service(Service::of(service)?),
            None => To::Url(WebhookUrl::parse(text(config, "url"))?),
        };
        Some(Self {
            to,
            authorities: BASE64.decode(text(config, "caBundle")).ok()?,
            timeout,
            calls: Arc::new(Semaphore::new(MOST_CALLS)),
        })
    }

    /// In place of one of before: what that one was asked and has not answered yet counts on.
    pub fn take_over(&mut self, before: &Self) {
        self.calls = before.calls.clone();
    }

    /// By which its certificate is checked.
    pub fn host(&self) -> String {
        match &self.to {
            To::Service(service) => service.host(),
            To::Url(url) => url.host.clone(),
        }
    }

    /// Host and port as requests name them.
    pub fn authority(&self) -> String {
        match &self.to {
            To::Service(service) => format!("{}:{}", service.host(), service.port),
            To::Url(url) => url.authority.clone(),
        }
    }

    /// The path of a question and its query.
    pub fn target(&self) -> String {
        let path = match &self.to {
            To::Service(service) => &service.path,
            To::Url(url) => &url.path,
        };
        format!("{path}?timeout={}s", self.timeout.as_secs())
    }
}

/// The webhooks of a configuration, in its order; `own` is the `clientConfig` of the one of this process. One that cannot be read was
/// not let in.
pub fn of_configuration(object: &Value, own: Option<&Value>) -> Vec<Hook> {
    let configuration = text_at(object, &["metadata", "name"]);
    let all = items(object, "webhooks").iter();
    all.filter_map(|it| hook(it, configuration, own)).collect()
}

fn hook(hook: &Value, configuration: &str, own: Option<&Value>) -> Option<Hook> {
    let selector = |name: &str| match member(hook, name) {
        None => Ok(Labels::everything()),
        some => Labels::of_selector(some),
    };
    let seconds = number(hook, "timeoutSeconds").unwrap_or(10);
    let timeout = Duration::from_secs(seconds.clamp(1, 30).unsigned_abs());
    Some(Hook {
        name: text(hook, "name").to_owned(),
        configuration: configuration.to_owned(),
        endpoint: Endpoint::of(member(hook, "clientConfig")?, timeout)?,
        fails_open: text(hook, "failurePolicy") == "Ignore",
        is_own: own.is_some() && hook.get("clientConfig") == own,
        is_equivalent: text(hook, "matchPolicy") != "Exact",
        asks_again: text(hook, "reinvocationPolicy") == "IfNeeded",
        namespaces: selector("namespaceSelector").ok()?,
        objects: selector("objectSelector").ok()?,
        rules: items(hook, "rules").iter().map(rule).collect(),
    })
}

fn rule(rule: &Value) -> Rule {
    let all = |name: &str| texts(rule, name).map(str::to_owned).collect();
    Rule {
        operations: all("operations"),
        groups: all("apiGroups"),
        versions: all("apiVersions"),
        resources: all("resources"),
        scope: text(rule, "scope").to_owned(),
    }
}

impl Rule {
    fn is_about(&self, it: &Subject<'_>) -> bool {
        let names = |list: &[String], name: &str| list.iter().any(|it| it == "*" || it == name);
        let is_namespace = it.group.is_empty() && it.plural == "namespaces";
        let is_in_scope = match self.scope.as_str() {
            "Namespaced" => it.is_in_namespace && !is_namespace,
            "Cluster" => !it.is_in_namespace || is_namespace,
            _ => true,
        };
        self.may_be_about(it)
            && is_in_scope
            && names(&self.groups, it.group)
            && names(&self.versions, it.version)
    }

    /// Whether it is about what is done to a resource of that name, of whatever group.
    fn may_be_about(&self, it: &Subject<'_>) -> bool {
        let is_resource = |resource: &String| {
            let (own, sub) = resource.split_once('/').unwrap_or((resource, ""));
            (own == "*" || own == it.plural) && (sub == "*" || sub == it.subresource)
        };
        let verb = it.verb.text();
        self.operations.iter().any(|it| it == "*" || it == verb)
            && self.resources.iter().any(is_resource)
    }
}

impl Hook {
    /// Whether it is another state of the same one.
    pub fn is_again(&self, before: &Self) -> bool {
        (&self.configuration, &self.name) == (&before.configuration, &before.name)
    }

    pub fn is_about(&self, subject: &Subject<'_>) -> bool {
        self.rules.iter().any(|it| it.is_about(subject))
    }

    /// The first of the shapes of a kind, the one of the request in front, that the webhook is about. The others are made only if it may
    /// be about one.
    pub fn shape<'a>(
        &self,
        subject: &Subject<'_>,
        own: &'a Resource,
        others: impl FnOnce() -> &'a [Arc<Resource>],
    ) -> Option<&'a Resource> {
        if self.is_about(subject) {
            return Some(own);
        }
        // One kind has the same name of its resource in all groups.
        if !self.is_equivalent || !self.rules.iter().any(|it| it.may_be_about(subject)) {
            return None;
        }
        let is_about = |it: &&Resource| {
            self.is_about(&Subject {
                group: &it.group,
                version: &it.version,
                plural: &it.plural,
                ..*subject
            })
        };
        others().iter().map(AsRef::as_ref).find(is_about)
    }

    /// Whether it chooses one of the states of an object by its labels.
    pub fn chooses(&self, states: [Option<&Value>; 2]) -> bool {
        let labels = |it: &Value| {
            let labels = it["metadata"]["labels"].as_object();
            it["metadata"].is_object() && self.objects.matches(labels)
        };
        self.objects.is_everything() || states.into_iter().flatten().any(labels)
    }

    pub fn chooses_namespace(&self, labels: Option<&Map<String, Value>>) -> bool {
        self.namespaces.matches(labels)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_kube_model::Catalog;

    use super::*;

    fn made(rule: Value, more: &Value) -> Hook {
        let mut hook = json!({
            "name": "a.b.c",
            "clientConfig": {"service": {"name": "s", "namespace": "n", "port": 443}},
            "rules": [rule],
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            hook[name] = value.clone();
        }
        let mut all = of_configuration(&json!({"webhooks": [hook]}), None);
        all.pop().unwrap()
    }

    fn rule(group: &str, resources: &[&str], scope: &str) -> Value {
        json!({"operations": ["CREATE"], "apiGroups": [group], "apiVersions": ["v1"],
            "resources": resources, "scope": scope})
    }

    fn subject<'a>(group: &'a str, plural: &'a str, subresource: &'a str) -> Subject<'a> {
        Subject {
            verb: Verb::Create,
            group,
            version: "v1",
            plural,
            subresource,
            is_in_namespace: !["nodes"].contains(&plural),
        }
    }

    #[test]
    fn rules_are_about_resources_and_subresources() {
        for (group, resources, scope, asked, expected) in [
            ("", &["pods"][..], "*", ("", "pods", ""), true),
            ("", &["pods"], "*", ("", "pods", "exec"), false),
            ("", &["pods/*"], "*", ("", "pods", "exec"), true),
            // As upstream reads it: the resource itself too.
            ("", &["pods/*"], "*", ("", "pods", ""), true),
            ("", &["*"], "*", ("", "nodes", "status"), false),
            ("*", &["*/*"], "*", ("apps", "deployments", "scale"), true),
            ("*", &["*/scale"], "*", ("apps", "deployments", ""), false),
            ("apps", &["*"], "*", ("", "pods", ""), false),
            ("", &["*"], "Namespaced", ("", "nodes", ""), false),
            ("", &["*"], "Cluster", ("", "nodes", ""), true),
            ("", &["*"], "Cluster", ("", "pods", ""), false),
            ("", &["*"], "Namespaced", ("", "namespaces", ""), false),
            ("", &["*"], "Cluster", ("", "namespaces", ""), true),
        ] {
            let hook = made(rule(group, resources, scope), &Value::Null);
            let (group, plural, subresource) = asked;
            let is_about = hook.is_about(&subject(group, plural, subresource));
            assert_eq!(is_about, expected, "{resources:?} {scope} {asked:?}");
        }
        let hook = made(rule("", &["pods"], "*"), &Value::Null);
        let deletes = Subject {
            verb: Verb::Delete,
            ..subject("", "pods", "")
        };
        assert!(!hook.is_about(&deletes));
    }

    #[test]
    fn another_shape_of_a_kind_counts_unless_it_is_to_be_exact() {
        let catalog = Catalog::built_in();
        let own = catalog.resource("", "v1", "events").unwrap();
        let others = [catalog
            .resource("events.k8s.io", "v1", "events")
            .unwrap()
            .clone()];
        let of_events = rule("events.k8s.io", &["events"], "*");
        let hook = made(of_events.clone(), &Value::Null);
        let asked = subject("", "events", "");
        let found = hook.shape(&asked, own, || &others);
        assert_eq!(found.map(|it| it.group.as_str()), Some("events.k8s.io"));
        let exact = made(of_events, &json!({"matchPolicy": "Exact"}));
        assert!(exact.shape(&asked, own, || &others).is_none());
        // Nobody looks for other shapes of what it cannot be about.
        let of_pods = made(rule("", &["pods"], "*"), &Value::Null);
        let found = of_pods.shape(&asked, own, || panic!("shapes were looked for"));
        assert!(found.is_none());
    }

    #[test]
    fn where_a_webhook_is_asked() {
        let of = |config: Value| Endpoint::of(&config, Duration::from_secs(7));
        for (config, host, authority, target) in [
            (
                json!({"service": {"name": "s", "namespace": "n", "path": "a/"}}),
                "s.n.svc",
                "s.n.svc:443",
                "/a?timeout=7s",
            ),
            (
                json!({"url": "https://[fd00::1]:8443"}),
                "fd00::1",
                "[fd00::1]:8443",
                "/?timeout=7s",
            ),
            (
                json!({"url": "https://h.example.com/a/", "caBundle": "YQ=="}),
                "h.example.com",
                "h.example.com",
                "/a?timeout=7s",
            ),
        ] {
            let it = of(config).unwrap();
            let found = (it.host(), it.authority(), it.target());
            let expected = (host.to_owned(), authority.to_owned(), target.to_owned());
            assert_eq!(found, expected);
        }
        assert!(of(json!({"url": "https://me@h/"})).is_none());
    }

    #[test]
    fn it_is_the_one_of_this_process_by_its_whole_client_config() {
        let config = json!({"url": "https://127.0.0.1:20001/x", "caBundle": "YQ=="});
        let of = |config: &Value| {
            let hook = json!({"name": "a.b.c", "clientConfig": config, "rules": []});
            let own = json!({"url": "https://127.0.0.1:20001/x", "caBundle": "YQ=="});
            let mut all = of_configuration(&json!({"webhooks": [hook]}), Some(&own));
            all.pop().unwrap().is_own
        };
        assert!(of(&config));
        for (name, value) in [("url", "https://127.0.0.1:20001/y"), ("caBundle", "Yg==")] {
            let mut other = config.clone();
            other[name] = value.into();
            assert!(!of(&other));
        }
    }

    #[test]
    fn labels_of_either_state_choose() {
        let selector = json!({"objectSelector": {"matchLabels": {"a": "b"}}});
        let hook = made(rule("", &["pods"], "*"), &selector);
        let with = json!({"metadata": {"labels": {"a": "b"}}});
        let without = json!({"metadata": {}});
        assert!(hook.chooses([Some(&with), None]));
        assert!(hook.chooses([Some(&without), Some(&with)]));
        assert!(!hook.chooses([Some(&without), None]));
        let none = json!({"objectSelector": {"matchExpressions": [{"key": "a", "operator": "DoesNotExist"}]}});
        let hook = made(rule("", &["pods"], "*"), &none);
        assert!(hook.chooses([Some(&without), None]));
        assert!(!hook.chooses([Some(&json!({"kind": "PodExecOptions"})), None]));
    }
}
