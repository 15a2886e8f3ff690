//! A stack: one load balancer with all that belongs to it, as objects of a cluster ask for it. Plain data.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

/// Which objects a stack is made for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    Service {
        namespace: String,
        name: String,
    },
    Ingress {
        namespace: String,
        name: String,
    },
    /// Ingresses that share a load balancer.
    Group(String),
}

pub const SERVICE_STACK: &str = "service.k8s.aws/stack";
pub const INGRESS_STACK: &str = "ingress.k8s.aws/stack";

impl Key {
    /// The tag by which resources say which stack they are of.
    pub fn tag(&self) -> (&'static str, String) {
        match self {
            Self::Service { namespace, name } => (SERVICE_STACK, format!("{namespace}/{name}")),
            Self::Ingress { namespace, name } => (INGRESS_STACK, format!("{namespace}/{name}")),
            Self::Group(name) => (INGRESS_STACK, name.clone()),
        }
    }

    pub fn of_tag(key: &str, value: &str) -> Option<Self> {
        let split = value.split_once('/');
        let of = |(namespace, name): (&str, &str)| (namespace.to_owned(), name.to_owned());
        match (key, split) {
            (SERVICE_STACK, Some(split)) => {
                let (namespace, name) = of(split);
                Some(Self::Service { namespace, name })
            }
            (INGRESS_STACK, Some(split)) => {
                let (namespace, name) = of(split);
                Some(Self::Ingress { namespace, name })
            }
            (INGRESS_STACK, None) => Some(Self::Group(value.to_owned())),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Application,
    Network,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Network => "network",
        }
    }
}

/// Who may send to a security group, and what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Admission {
    /// `tcp` or `udp`
    pub protocol: &'static str,
    pub from: u16,
    pub to: u16,
    pub source: Source,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Range(String),
    Group(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Security {
    /// A group of its own, which admits these.
    Own(BTreeSet<Admission>),
    /// Groups that an annotation names; nothing is opened for them.
    Given(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    pub key: Key,
    pub kind: Kind,
    pub name: String,
    pub internal: bool,
    /// By ids or names as asked for, by ids once they are looked up; empty where they are to be found.
    pub subnets: Vec<String>,
    pub security: Security,
    pub attributes: BTreeMap<String, String>,
    /// Of the load balancer, its security group and its listeners, beside those that say whose they are.
    pub tags: BTreeMap<String, String>,
    /// By their names.
    pub groups: BTreeMap<String, Group>,
    /// By their ports.
    pub listeners: BTreeMap<u16, Listener>,
    /// Instances among the targets, with the names of their nodes.
    pub nodes: BTreeMap<String, String>,
}

impl Stack {
    /// What its listeners and rules do.
    pub fn actions_mut(&mut self) -> impl Iterator<Item = &mut Action> {
        self.listeners.values_mut().flat_map(|it| {
            let rules = it.rules.iter_mut().map(|it| &mut it.action);
            rules.chain(std::iter::once(&mut it.default))
        })
    }
}

/// What stands before the name of a target group of users, until it is looked up.
pub const BY_NAME: &str = "name:";

/// Whether a target group that is wanted is none of the stack's own but one that a user made: it is called by its ARN, or by its name
/// behind [`BY_NAME`].
pub fn is_of_users(group: &str) -> bool {
    group.starts_with("arn:") || group.starts_with(BY_NAME)
}

/// Whether listeners that speak it have certificates.
pub fn is_secure(protocol: &str) -> bool {
    matches!(protocol, "HTTPS" | "TLS")
}

/// What the targets of a group are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum TargetKind {
    /// Addresses of pods.
    #[default]
    Ip,
    /// Instances that are nodes, at a port that leads to pods.
    Instance,
}

impl TargetKind {
    pub const NAMES: [&str; 2] = ["instance", "ip"];

    pub fn name(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Instance => "instance",
        }
    }

    /// As users say it; addresses where they say nothing.
    pub fn read(given: Option<&str>) -> Self {
        match given {
            Some("instance") => Self::Instance,
            _ => Self::Ip,
        }
    }
}

/// A target group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub kind: TargetKind,
    pub protocol: String,
    /// Of HTTP; empty otherwise.
    pub version: String,
    pub port: u16,
    pub check: Check,
    pub attributes: BTreeMap<String, String>,
    pub targets: BTreeSet<Target>,
    /// Beside those that say whose it is.
    pub tags: BTreeMap<String, String>,
    /// What it is for: `namespace/service:port`.
    pub of: String,
}

/// A health check; what is `None` is as load balancing has it by default, or as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Check {
    pub protocol: String,
    /// `traffic-port` or a number.
    pub port: String,
    pub path: Option<String>,
    pub codes: Option<String>,
    pub interval: i32,
    pub timeout: i32,
    pub healthy: i32,
    pub unhealthy: i32,
}

/// An address of a pod, or the instance of a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Target {
    pub id: String,
    pub port: u16,
}

/// The word for no policy of ALPN.
pub const NO_ALPN: &str = "None";

/// `G` names target groups: in what is wanted by their names, those of users by [their own](is_of_users), in what is there by their ARNs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listener<G = String> {
    pub protocol: String,
    /// The default one first, as given; empty without TLS.
    pub certificates: Vec<String>,
    /// Hosts whose certificates are to be found: of Ingresses that name none.
    pub hosts: BTreeSet<String>,
    pub policy: Option<String>,
    /// Of one of TLS; nothing is none.
    pub alpn: Option<String>,
    pub attributes: BTreeMap<String, String>,
    /// How users are authenticated before the default action.
    pub auth: Option<Auth>,
    pub default: Action<G>,
    /// In the order of their priorities, from 1 on.
    pub rules: Vec<Rule<G>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule<G = String> {
    pub conditions: Vec<Condition>,
    /// How users are authenticated first.
    pub auth: Option<Auth>,
    pub action: Action<G>,
    /// Beside those that say whose it is.
    pub tags: BTreeMap<String, String>,
}

impl Rule {
    /// Whether both do the same with the same requests, whatever their tags.
    pub fn does_as(&self, other: &Self) -> bool {
        self.conditions == other.conditions
            && self.auth == other.auth
            && self.action == other.action
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<G = String> {
    Forward {
        /// With their weights.
        groups: Vec<(G, i32)>,
        /// Seconds.
        sticky: Option<i32>,
    },
    Redirect {
        protocol: String,
        port: String,
        host: String,
        path: String,
        query: String,
        /// `HTTP_301` or `HTTP_302`
        status: String,
    },
    Fixed {
        status: String,
        content_type: Option<String>,
        body: Option<String>,
    },
}

/// An identity provider of users, and what becomes of those who are not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Auth {
    pub issuer: String,
    pub authorization_endpoint: String,
    pub token_endpoint: String,
    pub user_info_endpoint: String,
    pub client_id: String,
    pub secret: ClientSecret,
    pub cookie: String,
    pub scope: String,
    pub seconds: i64,
    pub extra: BTreeMap<String, String>,
    pub unauthenticated: String,
}

/// A secret that load balancing does not show. What was told to it last is known by its digest, until this process ends: then it is told
/// once more.
#[derive(Clone, Default)]
pub struct ClientSecret {
    text: Option<String>,
    digest: Option<[u8; 32]>,
}

impl ClientSecret {
    pub fn known(text: String) -> Self {
        Self {
            digest: Some(Sha256::digest(&text).into()),
            text: Some(text),
        }
    }

    /// One that was told with this digest.
    pub fn told(digest: Option<[u8; 32]>) -> Self {
        Self { text: None, digest }
    }

    pub fn text(&self) -> Option<&str> {
        self.text.as_deref()
    }

    pub fn digest(&self) -> Option<[u8; 32]> {
        self.digest
    }
}

/// They are the same if their digests are known to be.
impl PartialEq for ClientSecret {
    fn eq(&self, other: &Self) -> bool {
        self.digest.is_some() && self.digest == other.digest
    }
}

impl Eq for ClientSecret {}

impl std::fmt::Debug for ClientSecret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("ClientSecret")
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Host(Vec<String>),
    Path(Vec<String>),
    Header { name: String, values: Vec<String> },
    Method(Vec<String>),
    Query(Vec<(Option<String>, String)>),
    Source(Vec<String>),
}

impl Condition {
    /// How many values a rule has through it: load balancing bounds them.
    pub fn values(&self) -> usize {
        match self {
            Self::Host(all) | Self::Path(all) | Self::Method(all) | Self::Source(all) => all.len(),
            Self::Header { values, .. } => values.len(),
            Self::Query(all) => all.len(),
        }
    }
}

impl<G> Action<G> {
    /// The same with other names of groups; `None` where one has none.
    pub fn named<H>(&self, name: impl Fn(&G) -> Option<H>) -> Option<Action<H>> {
        Some(match self {
            Self::Forward { groups, sticky } => Action::Forward {
                groups: groups
                    .iter()
                    .map(|(group, weight)| Some((name(group)?, *weight)))
                    .collect::<Option<_>>()?,
                sticky: *sticky,
            },
            Self::Redirect {
                protocol,
                port,
                host,
                path,
                query,
                status,
            } => Action::Redirect {
                protocol: protocol.clone(),
                port: port.clone(),
                host: host.clone(),
                path: path.clone(),
                query: query.clone(),
                status: status.clone(),
            },
            Self::Fixed {
                status,
                content_type,
                body,
            } => Action::Fixed {
                status: status.clone(),
                content_type: content_type.clone(),
                body: body.clone(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stacks_are_known_by_their_tags() {
        let (namespace, name) = ("a".to_owned(), "b".to_owned());
        for key in [
            Key::Service {
                namespace: namespace.clone(),
                name: name.clone(),
            },
            Key::Ingress { namespace, name },
            Key::Group("shared".to_owned()),
        ] {
            let (tag, value) = key.tag();
            assert_eq!(Key::of_tag(tag, &value), Some(key));
        }
        assert_eq!(Key::of_tag("Name", "a/b"), None);
        assert_eq!(Key::of_tag(SERVICE_STACK, "b"), None);
    }
}
