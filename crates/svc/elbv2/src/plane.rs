//! What load balancer hosts are told: one resource for each record that concerns them. Pure.

use wharf_planeproto::{
    Key, Kind as PlaneKind, Resource,
    balancer::{self as plane, BalancerInterface, BalancerKind, ProtocolVersion},
};
use wharf_records::{Record, Scope, decode};
use wharf_seal::Keyring;
use wharf_store::Entry;

pub use crate::names::SERVICE;
use crate::{
    certificates,
    check::attributes,
    login::{self, Sealer},
    names::{self, Kind, Names as _, Place},
    records::{
        Attributes, Certificate, Condition, Listener, LoadBalancer, Rule, Target, TargetGroup,
        Version,
    },
};

/// The prefix of all keys that may concern a plane.
pub fn prefix() -> String {
    Scope::service_prefix(SERVICE)
}

/// What a deleted or changed key is to planes; `None` if it does not concern them.
pub fn key(store_key: &str) -> Option<Key> {
    let (scope, kind, id) = Scope::parse(store_key)?;
    if scope.service != SERVICE {
        return None;
    }
    let place = Place::of_scope(&scope);
    let (kind, id) = match kind {
        LoadBalancer::KIND => (PlaneKind::LoadBalancer, place.arn(Kind::Balancer, &id)),
        Listener::KIND => (PlaneKind::Listener, place.arn(Kind::Listener, &id)),
        Rule::KIND => (PlaneKind::Rule, place.arn(Kind::Rule, &id)),
        TargetGroup::KIND => (PlaneKind::TargetGroup, place.arn(Kind::Group, &id)),
        Target::KIND => {
            let target = names::target_ref(&place, &id)?;
            (PlaneKind::Target, target.to_string())
        }
        Certificate::KIND => (PlaneKind::Certificate, id),
        _ => return None,
    };
    Some(Key { kind, id })
}

/// The resource that a record is to planes; `None` if it does not concern them, or cannot be read
/// (which is logged).
pub fn resource(entry: &Entry, keyring: &Keyring) -> Option<Resource> {
    let (scope, kind, id) = Scope::parse(&entry.key)?;
    if scope.service != SERVICE {
        return None;
    }
    let place = Place::of_scope(&scope);
    Some(match kind {
        LoadBalancer::KIND => Resource::LoadBalancer(balancer(&place, &id, read(entry)?)),
        Listener::KIND => Resource::Listener(listener(&place, &id, read(entry)?, keyring)),
        Rule::KIND => Resource::Rule(rule(&place, &id, read(entry)?, keyring)),
        TargetGroup::KIND => Resource::TargetGroup(group(&place, &id, read(entry)?)),
        Target::KIND => {
            let record: Target = read(entry)?;
            let (instance_vpc_ranges, vpc_ranges) = match record.in_vpc {
                true => (record.vpc_ranges, Vec::new()),
                false => (Vec::new(), record.vpc_ranges),
            };
            Resource::Target(plane::Target {
                target: names::target_ref(&place, &id)?,
                address: record.address,
                in_vpc: record.in_vpc,
                vpc_ranges,
                instance_vpc_ranges,
                draining_since_ms: record.draining_since.map(|at| at.millis()),
            })
        }
        Certificate::KIND => {
            Resource::Certificate(certificates::opened(&id, read(entry)?, keyring)?)
        }
        _ => return None,
    })
}

fn read<T: Record>(entry: &Entry) -> Option<T> {
    decode(&entry.value)
        .inspect_err(|error| tracing::error!(key = entry.key, %error, "failed to decode a record; hosts work without it"))
        .ok()
}

fn balancer(place: &Place, id: &str, record: LoadBalancer) -> plane::LoadBalancer {
    plane::LoadBalancer {
        arn: place.arn(Kind::Balancer, id),
        name: record.name,
        dns_name: record.dns_name,
        kind: match names::is_network(id) {
            true => BalancerKind::Network,
            false => BalancerKind::Application,
        },
        internal: record.public_address.is_none(),
        vpc: record.vpc,
        public_address: record.public_address,
        interfaces: record
            .interfaces
            .into_iter()
            .map(|it| BalancerInterface {
                id: it.id,
                address: it.address,
                ipv6: it.ipv6,
                zone: it.zone,
                host: it.host,
            })
            .collect(),
        security_groups: record.security_groups,
        attributes: record.attributes,
    }
}

fn listener(place: &Place, id: &str, record: Listener, keyring: &Keyring) -> plane::Listener {
    let arn = place.arn(Kind::Listener, id);
    plane::Listener {
        session_keys: login::keys_to_plane(&arn, &record.session_keys, keyring),
        load_balancer: place.arn(Kind::Balancer, names::owner(id)),
        port: record.port,
        protocol: record.protocol.to_plane(),
        certificates: record.certificates,
        ssl_policy: record.ssl_policy,
        alpn_policy: record.alpn_policy,
        default_actions: Sealer { keyring, arn: &arn }.to_plane(&record.default_actions),
        attributes: record.attributes,
        arn,
    }
}

fn rule(place: &Place, id: &str, record: Rule, keyring: &Keyring) -> plane::Rule {
    let arn = place.arn(Kind::Rule, id);
    plane::Rule {
        listener: place.arn(Kind::Listener, names::owner(id)),
        priority: record.priority,
        conditions: record.conditions.iter().map(Condition::to_plane).collect(),
        actions: Sealer { keyring, arn: &arn }.to_plane(&record.actions),
        arn,
    }
}

fn group(place: &Place, id: &str, record: TargetGroup) -> plane::TargetGroup {
    let attributes = told(&record);
    let check = record.health_check;
    plane::TargetGroup {
        arn: place.arn(Kind::Group, id),
        name: record.name,
        vpc: record.vpc,
        protocol: record.protocol.to_plane(),
        protocol_version: match record.version {
            Version::Http1 => ProtocolVersion::Http1,
            Version::Http2 => ProtocolVersion::Http2,
            Version::Grpc => ProtocolVersion::Grpc,
        },
        health_check: plane::HealthCheck {
            enabled: true,
            protocol: check.protocol.to_plane(),
            port: check.port,
            path: check.path,
            matcher: check.matcher,
            interval_seconds: check.interval_seconds,
            timeout_seconds: check.timeout_seconds,
            healthy_threshold: check.healthy_threshold,
            unhealthy_threshold: check.unhealthy_threshold,
        },
        attributes,
    }
}

/// Attributes that differ from those that hosts go by if they hear nothing.
fn told(group: &TargetGroup) -> Attributes {
    let mut attributes = group.attributes.clone();
    if group.protocol.is_network() {
        let table = attributes::of_targets(group);
        if table.value(&group.attributes, attributes::KEEPS_CLIENT) == "true" {
            attributes.insert(attributes::KEEPS_CLIENT.to_owned(), "true".to_owned());
        }
    }
    attributes
}
