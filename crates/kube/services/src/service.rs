//! What a Service says.

use std::{fmt, net::IpAddr, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wharf_kube_client::Object;
use wharf_kube_model::parts::{self, Parts};

/// Another proxy than the nodes' leads a service that says its name …
const PROXY_NAME: &str = "service.kubernetes.io/service-proxy-name";
/// … and none leads one with this, whether it has an address or not.
const HEADLESS: &str = "service.kubernetes.io/headless";
/// Upstream's default, three hours.
const AFFINITY_SECONDS: u64 = 10_800;

/// The name of a service within its cluster.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Name {
    pub namespace: Arc<str>,
    pub name: Arc<str>,
}

impl Name {
    pub fn new(namespace: &str, name: &str) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.namespace, self.name)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{self}")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Protocol {
    Tcp,
    Udp,
    Sctp,
}

impl Protocol {
    /// Absent is TCP.
    pub(crate) fn read(of: &Value) -> Option<Self> {
        match of.text("/protocol") {
            "" | "TCP" => Some(Self::Tcp),
            "UDP" => Some(Self::Udp),
            "SCTP" => Some(Self::Sctp),
            _ => None,
        }
    }

    /// Its number in an IP packet.
    pub fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
        }
    }

    /// As it stands in names of SRV records.
    pub fn label(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    ClusterIp,
    NodePort,
    LoadBalancer,
    /// Another name for this one.
    ExternalName(String),
}

/// Which endpoints traffic may go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Policy {
    Cluster,
    /// Those of the node that it is at.
    Local,
}

impl Policy {
    fn read(text: &str) -> Self {
        match text {
            "Local" => Self::Local,
            _ => Self::Cluster,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServicePort {
    /// Empty where a service has one port and does not name it.
    pub name: Arc<str>,
    pub protocol: Protocol,
    pub port: u16,
    /// On every node, for types NodePort and LoadBalancer.
    pub node_port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    pub name: Name,
    pub uid: Arc<str>,
    pub kind: Kind,
    /// The addresses of the cluster's range; none for headless services and external names.
    pub cluster_addresses: Vec<IpAddr>,
    /// `clusterIP: None`.
    pub is_headless: bool,
    /// By its labels it is not the nodes' to lead. A book of an older version does not say so.
    #[serde(default)]
    pub is_left_alone: bool,
    pub external_addresses: Vec<IpAddr>,
    /// Addresses of its load balancer that nodes are to lead (`ipMode: VIP`).
    pub balancer_addresses: Vec<IpAddr>,
    /// How long a client stays with an endpoint (`sessionAffinity: ClientIP`).
    pub affinity: Option<Duration>,
    pub internal: Policy,
    pub external: Policy,
    /// Where each node tells load balancers whether it has endpoints of its own (`healthCheckNodePort`).
    pub health_port: Option<u16>,
    pub ports: Vec<ServicePort>,
    /// What the cluster goes without, as its own service tells.
    pub without: Parts,
}

fn port(of: Option<i64>) -> Option<u16> {
    of.and_then(|it| u16::try_from(it).ok())
        .filter(|it| *it > 0)
}

fn addresses<'a>(all: impl Iterator<Item = &'a str>) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    for address in all.filter_map(|it| it.parse().ok()) {
        if !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

impl Service {
    pub fn read(object: &Value) -> Self {
        let own = object.text("/spec/clusterIP");
        let kind = match object.text("/spec/type") {
            "NodePort" => Kind::NodePort,
            "LoadBalancer" => Kind::LoadBalancer,
            "ExternalName" => Kind::ExternalName(object.text("/spec/externalName").to_owned()),
            _ => Kind::ClusterIp,
        };
        let is_external_name = matches!(kind, Kind::ExternalName(_));
        let all = object.list("/spec/clusterIPs").iter();
        let all = all
            .filter_map(Value::as_str)
            .chain((!own.is_empty()).then_some(own));
        let affinity = (object.text("/spec/sessionAffinity") == "ClientIP").then(|| {
            let seconds = object.integer("/spec/sessionAffinityConfig/clientIP/timeoutSeconds");
            let seconds = seconds.and_then(|it| u64::try_from(it).ok());
            Duration::from_secs(seconds.unwrap_or(AFFINITY_SECONDS))
        });
        let balancers = object.list("/status/loadBalancer/ingress").iter();
        let balancers = balancers.filter(|it| it.text("/ipMode") != "Proxy");
        let externals = object.list("/spec/externalIPs").iter();
        let ports = object.list("/spec/ports").iter().filter_map(|it| {
            Some(ServicePort {
                name: it.text("/name").into(),
                protocol: Protocol::read(it)?,
                port: port(it.integer("/port"))?,
                node_port: port(it.integer("/nodePort")),
            })
        });
        let tells = (object.namespace(), object.name()) == parts::TOLD_BY;
        let without = object.annotation(parts::WITHOUT).filter(|_| tells);
        Self {
            name: Name::new(object.namespace(), object.name()),
            without: without.map(parts::read).unwrap_or_default(),
            uid: object.uid().into(),
            cluster_addresses: match is_external_name {
                true => Vec::new(),
                false => addresses(all),
            },
            is_headless: own == "None" && !is_external_name,
            is_left_alone: [PROXY_NAME, HEADLESS]
                .iter()
                .any(|it| object.label(it).is_some()),
            external_addresses: addresses(externals.filter_map(Value::as_str)),
            balancer_addresses: match kind {
                Kind::LoadBalancer => addresses(balancers.map(|it| it.text("/ip"))),
                _ => Vec::new(),
            },
            health_port: port(object.integer("/spec/healthCheckNodePort"))
                .filter(|_| kind == Kind::LoadBalancer),
            kind,
            affinity,
            internal: Policy::read(object.text("/spec/internalTrafficPolicy")),
            external: Policy::read(object.text("/spec/externalTrafficPolicy")),
            ports: ports.collect(),
        }
    }
}
