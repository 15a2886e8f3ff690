//! Load balancers, their listeners, and what they hold elsewhere.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, Ipv6Addr},
};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_planeproto::{access_logs as plane, endpoint};
use wharf_records::{Record, Unknown, ecs::Tags};
use wharf_seal::Sealed;

use super::{Action, Attributes, Protocol, SessionKey};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoadBalancer {
    pub name: String,
    pub dns_name: String,
    pub scheme: Scheme,
    pub vpc: String,
    /// One in each zone.
    pub subnets: Vec<BalancerSubnet>,
    pub security_groups: Vec<String>,
    /// Its interfaces have an IPv6 address as well (`dualstack`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dual_stack: bool,
    pub status: Status,
    /// What keeps it from being whole, for the state's reason.
    #[serde(default)]
    pub problem: Option<String>,
    /// Of the public range; none if internal.
    pub public_address: Option<Ipv4Addr>,
    #[serde(default)]
    pub interfaces: Vec<Interface>,
    #[serde(default)]
    pub attributes: Attributes,
    /// Where it wrote logs until not long ago.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_logs: Vec<FormerLog>,
    #[serde(default)]
    pub tags: Tags,
    pub created_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for LoadBalancer {
    const KIND: &'static str = "load-balancer";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    InternetFacing,
    Internal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    Provisioning,
    Active,
    /// It serves, but not on every host it should.
    Impaired,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BalancerSubnet {
    pub id: String,
    pub zone: String,
}

/// Where a load balancer is in its VPC: one interface for each host that serves it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    pub id: String,
    pub subnet: String,
    pub zone: String,
    pub address: Ipv4Addr,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<Ipv6Addr>,
    /// Instance id of its host.
    pub host: String,
    /// The groups that it was given last.
    pub groups: Vec<String>,
    pub attached: bool,
    /// EC2's id of the attachment.
    #[serde(default)]
    pub attachment: Option<String>,
}

/// Compared and written by everything that changes what is below a load balancer, so that what was
/// checked (ports, priorities, limits) still holds at the write. Gone with the load balancer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    pub changes: u64,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Guard {
    const KIND: &'static str = "guard";
    const FORMAT: u32 = 1;
}

/// What a deleted load balancer has left: worked off, then deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Remains {
    pub interfaces: Vec<Interface>,
    pub public_address: Option<Ipv4Addr>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Remains {
    const KIND: &'static str = "remains";
    const FORMAT: u32 = 1;
}

/// A log was written there until then; what hosts still have of that time may come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormerLog {
    #[serde(default)]
    kind: LogKind,
    place: LogPlace,
    pub ended_at: Timestamp,
}

/// What a log tells of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum LogKind {
    #[default]
    Access,
    Connections,
}

/// A bucket, and what the names of its objects begin with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct LogPlace {
    bucket: String,
    #[serde(default)]
    prefix: String,
}

impl FormerLog {
    pub fn new(kind: plane::LogKind, place: plane::Place, ended_at: Timestamp) -> Self {
        Self {
            kind: kind.into(),
            place: place.into(),
            ended_at,
        }
    }

    /// Whether it is of that kind, and was written there.
    pub fn is(&self, kind: plane::LogKind, place: &plane::Place) -> bool {
        let LogPlace { bucket, prefix } = &self.place;
        self.kind == LogKind::from(kind) && (bucket, prefix) == (&place.bucket, &place.prefix)
    }
}

impl From<plane::LogKind> for LogKind {
    fn from(kind: plane::LogKind) -> Self {
        match kind {
            plane::LogKind::Access => Self::Access,
            plane::LogKind::Connections => Self::Connections,
        }
    }
}

impl From<plane::Place> for LogPlace {
    fn from(place: plane::Place) -> Self {
        let plane::Place { bucket, prefix } = place;
        Self { bucket, prefix }
    }
}

/// Where a deleted load balancer wrote logs, for as long as its hosts may have some; then deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClosedLog {
    pub places: Vec<FormerLog>,
    /// Instance ids of its hosts.
    pub hosts: BTreeSet<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for ClosedLog {
    const KIND: &'static str = "closed-log";
    const FORMAT: u32 = 1;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listener {
    pub port: u16,
    pub protocol: Protocol,
    /// ARNs, the default one first.
    #[serde(default)]
    pub certificates: Vec<String>,
    pub ssl_policy: Option<String>,
    /// What a TLS listener agrees on with clients (`HTTP2Preferred`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpn_policy: Option<String>,
    pub default_actions: Vec<Action>,
    /// The last part of the default rule's ARN.
    pub default_rule: String,
    /// Where users are authenticated, by it or by its rules; the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub session_keys: Vec<SessionKey>,
    #[serde(default)]
    pub attributes: Attributes,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Listener {
    const KIND: &'static str = "listener";
    const FORMAT: u32 = 1;
}

/// A certificate that listeners have: a copy that follows one of Certificate Manager, and outlives one
/// that is deleted in IAM, as AWS warns of.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Certificate {
    pub names: Vec<String>,
    /// PEM, the leaf first.
    pub chain: String,
    /// PEM, sealed for `elbv2/certificate/<ARN>`.
    pub private_key: Sealed,
    /// ARNs of listeners.
    pub used_by: BTreeSet<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Certificate")
            .field("names", &self.names)
            .field("used_by", &self.used_by)
            .finish_non_exhaustive()
    }
}

impl Record for Certificate {
    const KIND: &'static str = "certificate";
    const FORMAT: u32 = 1;
}

/// An address of the public range in use.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PublicAddress {
    /// ARN of the load balancer.
    pub owner: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for PublicAddress {
    const KIND: &'static str = "public-address";
    const FORMAT: u32 = 1;
}

/// A host that serves load balancers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Host {
    pub zone: String,
    pub connected_at: Timestamp,
    /// Since when nobody has heard of it.
    #[serde(default)]
    pub disconnected_at: Option<Timestamp>,
    /// Away for too long to be counted on.
    #[serde(default)]
    pub lost: bool,
    /// The version of the protocol that it speaks; none where a version before wrote this, until it connects again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Host {
    /// Whether its load balancers can be reached by VPC endpoints. It is believed to be of this version until it says another.
    pub fn knows_endpoints(&self) -> bool {
        self.version
            .is_none_or(|it| it >= endpoint::BALANCERS_SINCE)
    }
}

impl Record for Host {
    const KIND: &'static str = "host";
    const FORMAT: u32 = 1;
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json, to_value};

    use super::*;

    #[test]
    fn hosts_of_versions_before_know_no_endpoints() {
        let stored = json!({
            "zone": "us-east-1a",
            "connected_at": Timestamp(5),
            "disconnected_at": null,
            "lost": false,
        });
        let host: Host = from_value(stored.clone()).unwrap();
        assert!(host.knows_endpoints());
        assert_eq!(to_value(&host).unwrap(), stored);
        for (version, knows) in [(13, false), (14, true), (15, true)] {
            let host = Host {
                version: Some(version),
                ..host.clone()
            };
            assert_eq!(host.knows_endpoints(), knows, "{version}");
        }
    }

    #[test]
    fn logs_that_ended_are_stored_as_the_versions_before_did() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        let place = plane::Place {
            bucket: "logs".to_owned(),
            prefix: "a/b".to_owned(),
        };
        for (kind, name) in [
            (plane::LogKind::Access, "access"),
            (plane::LogKind::Connections, "connections"),
        ] {
            let log = FormerLog::new(kind, place.clone(), at);
            let stored = json!({
                "kind": name,
                "place": {"bucket": "logs", "prefix": "a/b"},
                "ended_at": at,
            });
            assert_eq!(to_value(&log).unwrap(), stored);
            assert_eq!(from_value::<FormerLog>(stored).unwrap(), log);
            assert!(log.is(kind, &place));
        }
        // Before there were logs of connections.
        let first = json!({"place": {"bucket": "logs"}, "ended_at": at});
        let first: FormerLog = from_value(first).unwrap();
        let bare = plane::Place {
            prefix: String::new(),
            ..place.clone()
        };
        assert!(first.is(plane::LogKind::Access, &bare));
        assert!(!first.is(plane::LogKind::Connections, &bare));
        assert!(!first.is(plane::LogKind::Access, &place));
    }
}
