//! What a Service says.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::Arc,
    time::Duration,
};

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

/// Addresses of each kind that one service may have; further ones are not led. Nobody gives them out, so a Service may list as many as an
/// object holds.
const MOST_ADDRESSES: usize = 256;
/// Ports of one service, and of one of its slices; nodes lead no more of them.
pub(crate) const MOST_PORTS: usize = 1000;
/// Ranges that one service's load balancer may be called from; callers of further ones are not let in.
const MOST_SOURCES: usize = 1000;

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
    /// Who may call there (`loadBalancerSourceRanges`), by the first address and the length of each range; nothing: everybody. A book
    /// of before nodes held to them does not say so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub balancer_sources: Option<Vec<(Ipv4Addr, u8)>>,
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

/// A range as upstream reads it: numbers may begin with zeros, and the address may lie anywhere in it.
fn range(text: &str) -> Option<(Ipv4Addr, u8)> {
    let number = |text: &str| -> Option<u8> {
        let is_number = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        text.parse().ok().filter(|_| is_number)
    };
    let (address, bits) = text.split_once('/')?;
    let parts: Vec<u8> = address.split('.').map(number).collect::<Option<_>>()?;
    let address: [u8; 4] = parts.try_into().ok()?;
    let bits = number(bits).filter(|it| *it <= 32)?;
    Some((address.into(), bits))
}

/// Those of IPv4. A list of other ranges alone is none for IPv4, as upstream has it; one of what is no range lets nobody in.
fn sources<'a>(all: impl Iterator<Item = &'a str>) -> Option<Vec<(Ipv4Addr, u8)>> {
    let is_v6 = |it: &&str| {
        let address = it.split_once('/').map(|(address, _)| address);
        address.is_some_and(|it| it.parse::<Ipv6Addr>().is_ok())
    };
    let all = all.map(str::trim).filter(|it| !it.is_empty());
    let mut of_v4 = all.filter(|it| !is_v6(it)).peekable();
    of_v4.peek()?;
    Some(of_v4.filter_map(range).take(MOST_SOURCES).collect())
}

fn addresses<'a>(all: impl Iterator<Item = &'a str>) -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = Vec::new();
    for address in all.filter_map(|it| it.parse().ok()).take(MOST_ADDRESSES) {
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
        let ports = object.list("/spec/ports").iter().take(MOST_PORTS);
        let ports = ports.filter_map(|it| {
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
            balancer_sources: match kind {
                Kind::LoadBalancer => {
                    let all = object.list("/spec/loadBalancerSourceRanges").iter();
                    sources(all.map(|it| it.as_str().unwrap_or("?")))
                }
                _ => None,
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_may_call_a_load_balancer() {
        let of = |kind: &str, ranges: Value| {
            let spec = json!({"type": kind, "loadBalancerSourceRanges": ranges});
            let read = Service::read(&json!({"metadata": {"name": "s"}, "spec": spec}));
            let all = read.balancer_sources?;
            let shown = all.into_iter().map(|(at, bits)| format!("{at}/{bits}"));
            Some(shown.collect::<Vec<_>>().join(" "))
        };
        let is = |ranges: Value, wanted: Option<&str>| {
            let read = of("LoadBalancer", ranges.clone());
            assert_eq!(read.as_deref(), wanted, "{ranges}");
        };
        is(Value::Null, None);
        is(json!([]), None);
        is(json!([" ", ""]), None);
        is(
            json!([" 10.0.0.0/8 ", "192.168.7.9/24"]),
            Some("10.0.0.0/8 192.168.7.9/24"),
        );
        is(json!(["010.001.000.000/08"]), Some("10.1.0.0/8"));
        is(json!(["0.0.0.0/0", "::/0"]), Some("0.0.0.0/0"));
        is(json!(["fd00::/8"]), None);
        // What is no range allows nobody, and what is beside it.
        for wrong in [
            "10.0.0.0",
            "10.0.0.0/33",
            "10.0.0/8",
            "10.0.0.256/8",
            "10.0.0.0/+8",
            "a:b/8",
            "/8",
            "10.0.0.0/",
        ] {
            is(json!([wrong]), Some(""));
            is(json!([wrong, "10.0.0.1/32"]), Some("10.0.0.1/32"));
        }
        is(json!([7, null]), Some(""));
        assert_eq!(of("NodePort", json!(["10.0.0.0/8"])), None);
        let many: Vec<String> = (0..5000)
            .map(|it| format!("10.{}.{}.0/24", it / 256, it % 256))
            .collect();
        let read = of("LoadBalancer", json!(many)).unwrap();
        assert_eq!(read.split(' ').count(), MOST_SOURCES);
    }
}
