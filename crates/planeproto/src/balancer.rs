//! Load balancers: what listens where, and which target gets a request.

use std::{
    collections::BTreeMap,
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};

pub use crate::oidc::{Oidc, SessionKey, Unauthenticated};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoadBalancer {
    pub arn: String,
    pub name: String,
    /// `web-1234567890.us-east-1.elb.localhost`
    pub dns_name: String,
    /// `kind` on the wire says what resource it is.
    #[serde(rename = "type")]
    pub kind: BalancerKind,
    pub internal: bool,
    pub vpc: String,
    /// The address on its host at which users reach it, of the public range; `None` if internal.
    pub public_address: Option<Ipv4Addr>,
    /// Its interfaces in the VPC: it reaches targets from the one on its own host, and listens
    /// there for callers inside the VPC.
    pub interfaces: Vec<BalancerInterface>,
    /// Ids of its security groups: who may connect to it. With none of them, nobody may.
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// Attributes that differ from their defaults, by AWS's keys (`idle_timeout.timeout_seconds`).
    pub attributes: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BalancerKind {
    Application,
    Network,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalancerInterface {
    pub id: String,
    pub address: Ipv4Addr,
    /// Of a dual-stack load balancer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<Ipv6Addr>,
    pub zone: String,
    /// Instance id of the host it is attached to.
    pub host: String,
}

impl BalancerInterface {
    /// Where it listens in its VPC.
    pub fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        let ipv6 = self.ipv6.map(IpAddr::V6);
        std::iter::once(IpAddr::V4(self.address)).chain(ipv6)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    pub arn: String,
    pub load_balancer: String,
    pub port: u16,
    pub protocol: Protocol,
    /// ARNs of certificates, the default one first; for HTTPS and TLS.
    pub certificates: Vec<String>,
    pub ssl_policy: Option<String>,
    /// What a TLS listener agrees on with clients: `HTTP2Preferred`; `None`: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpn_policy: Option<String>,
    pub default_actions: Vec<Action>,
    pub attributes: BTreeMap<String, String>,
    /// By which sessions of authenticated users are sealed and told of, the newest first; the others still open what they sealed. Empty
    /// where nobody is authenticated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub session_keys: Vec<SessionKey>,
}

impl Listener {
    /// Whether its default actions authenticate users.
    pub fn authenticates(&self) -> bool {
        authenticate(&self.default_actions)
    }
}

/// What a listener, a target or a health check speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Protocol {
    Http,
    Https,
    Tcp,
    Tls,
    Udp,
    #[serde(rename = "TCP_UDP")]
    TcpUdp,
}

impl Protocol {
    /// As the API names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Udp => "UDP",
            Self::TcpUdp => "TCP_UDP",
        }
    }
}

/// A rule of a listener. The listener's own default actions are no rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    pub arn: String,
    pub listener: String,
    /// 1–50000; the lowest that matches wins.
    pub priority: u32,
    /// All of them must match.
    pub conditions: Vec<Condition>,
    pub actions: Vec<Action>,
}

impl Rule {
    /// Whether it authenticates users.
    pub fn authenticates(&self) -> bool {
        authenticate(&self.actions)
    }
}

fn authenticate(actions: &[Action]) -> bool {
    let mut actions = actions.iter();
    actions.any(|it| matches!(it, Action::AuthenticateOidc(_)))
}

/// Matches if any of its values does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "field", rename_all = "kebab-case")]
pub enum Condition {
    /// Case-insensitive; `*` and `?`.
    HostHeader {
        values: Vec<String>,
        regexes: Vec<String>,
    },
    /// Case-sensitive, the path only.
    PathPattern {
        values: Vec<String>,
        regexes: Vec<String>,
    },
    /// Values case-insensitive.
    HttpHeader {
        name: String,
        values: Vec<String>,
        regexes: Vec<String>,
    },
    /// Exact.
    HttpRequestMethod {
        values: Vec<String>,
    },
    QueryString {
        values: Vec<QueryPattern>,
    },
    /// CIDRs; the connection's peer, never X-Forwarded-For.
    SourceIp {
        values: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryPattern {
    /// Without a key the value of any key matches.
    pub key: Option<String>,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Action {
    Forward {
        groups: Vec<WeightedGroup>,
        /// Seconds that a client stays with the group it was given; `None`: not at all.
        stickiness_seconds: Option<u32>,
    },
    /// Parts may hold `#{protocol} #{host} #{port} #{path} #{query}`.
    Redirect {
        protocol: String,
        host: String,
        port: String,
        path: String,
        query: String,
        /// 301 or 302
        status: u16,
    },
    FixedResponse {
        status: u16,
        content_type: String,
        body: String,
    },
    /// Before one of the others: who comes is known first.
    AuthenticateOidc(Box<Oidc>),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeightedGroup {
    pub group: String,
    /// 0–999
    pub weight: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetGroup {
    pub arn: String,
    pub name: String,
    pub vpc: String,
    pub protocol: Protocol,
    pub protocol_version: ProtocolVersion,
    pub health_check: HealthCheck,
    /// Attributes that differ from their defaults, by AWS's keys.
    pub attributes: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProtocolVersion {
    Http1,
    Http2,
    Grpc,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthCheck {
    pub enabled: bool,
    pub protocol: Protocol,
    /// `None`: the port of each target.
    pub port: Option<u16>,
    pub path: String,
    /// HTTP codes that are healthy, as given: `200,301-399`; gRPC codes for GRPC.
    pub matcher: String,
    pub interval_seconds: u32,
    pub timeout_seconds: u32,
    pub healthy_threshold: u32,
    pub unhealthy_threshold: u32,
}

/// Names a target in its group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TargetRef {
    /// ARN of the target group.
    pub group: String,
    /// An address or an instance id, as it was registered.
    pub id: String,
    pub port: u16,
}

impl TargetRef {
    /// Else it is an address.
    pub fn is_instance(&self) -> bool {
        self.id.starts_with("i-")
    }
}

impl fmt::Display for TargetRef {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} {}:{}", self.group, self.id, self.port)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    pub target: TargetRef,
    /// Where it is reached: in the VPC for type ip, its host or in the VPC for type instance.
    pub address: IpAddr,
    /// An instance with an address of its own in the VPC. False in the words of a control plane of before, too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_vpc: bool,
    /// The ranges of IPv4 of its VPC, if it is an address in that and may see its clients'. Empty in the words of a control plane of before,
    /// too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vpc_ranges: Vec<String>,
    /// The same if it is an instance in the VPC. Apart, for load balancers of before: their hosts' networks do not let anybody through to
    /// ports of instances as their client.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instance_vpc_ranges: Vec<String>,
    /// Deregistered then (ms since 1970): gets no new request, finishes those it has.
    pub draining_since_ms: Option<i64>,
}

/// A certificate with its key. Never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    pub arn: String,
    /// Names it is for, as SNI asks for them; may start with `*.`.
    pub names: Vec<String>,
    /// PEM, the leaf first.
    pub chain: String,
    /// PEM
    pub private_key: String,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Certificate")
            .field("arn", &self.arn)
            .field("names", &self.names)
            .finish_non_exhaustive()
    }
}
