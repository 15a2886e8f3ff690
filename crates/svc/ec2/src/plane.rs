//! What hosts are told of the network and of the instances they keep: one record, one resource; a record that is nothing to a host
//! maps to nothing.

mod instance;
mod snapshot;
mod volume;

use wharf_planeproto::{Key, Kind, Resource, network as plane};
use wharf_records::{Record, Scope, decode};
use wharf_seal::Keyring;
use wharf_store::Entry;

use crate::{
    elastic::{ElasticAddress, Public},
    endpoints::VpcEndpoint,
    flow_logs::FlowLog,
    nat_gateways::NatGateway,
    peering::Peering,
    records::{
        Instance, Interface, NetworkAcl, RouteTable, Rule, RulePeer, SecurityGroup, Subnet, Vpc,
    },
    snapshots::Snapshot,
    table,
    volumes::Volume,
};

/// The service segment of the keys of these records.
pub const SERVICE: &str = table::SERVICE;

/// The prefix of the store under which all of them lie.
pub fn prefix() -> String {
    Scope::service_prefix(SERVICE)
}

/// The resource that the entry is; `None` for records that are of no concern to hosts, and for
/// those that cannot be read. `keyring`: opens what instances are given to do.
pub fn resource(entry: &Entry, keyring: &Keyring) -> Option<Resource> {
    let (scope, kind, _) = Scope::parse(&entry.key)?;
    if scope.service != SERVICE {
        return None;
    }
    match kind {
        Vpc::KIND => vpc(read(entry)?, scope.region).map(Resource::Vpc),
        SecurityGroup::KIND => Some(Resource::SecurityGroup(group(&read(entry)?))),
        Interface::KIND => interface(read(entry)?).map(Resource::Interface),
        ElasticAddress::KIND => reverse_name(read(entry)?).map(Resource::ReverseName),
        Subnet::KIND => Some(Resource::Subnet(subnet(read(entry)?))),
        RouteTable::KIND => Some(Resource::RouteTable(route_table(read(entry)?))),
        NetworkAcl::KIND => Some(Resource::NetworkAcl(network_acl(&read(entry)?))),
        NatGateway::KIND => nat_gateway(read(entry)?).map(Resource::NatGateway),
        VpcEndpoint::KIND => {
            let record: VpcEndpoint = read(entry)?;
            Some(Resource::Endpoint(record.to_plane(&scope)))
        }
        FlowLog::KIND => {
            let record: FlowLog = read(entry)?;
            Some(Resource::FlowLog(record.to_plane(&scope)))
        }
        Instance::KIND => instance::resource(read(entry)?, &scope, keyring),
        Peering::KIND => peering(read(entry)?).map(Resource::Peering),
        Volume::KIND => volume::resource(read(entry)?, &scope).map(Resource::Volume),
        Snapshot::KIND => snapshot::resource(read(entry)?, &scope).map(Resource::Snapshot),
        _ => None,
    }
}

/// The key of the resource whose record has the store key; for deletions.
pub fn key(store_key: &str) -> Option<Key> {
    let (scope, kind, id) = Scope::parse(store_key)?;
    if scope.service != SERVICE {
        return None;
    }
    let kind = match kind {
        Vpc::KIND => Kind::Vpc,
        SecurityGroup::KIND => Kind::SecurityGroup,
        Interface::KIND => Kind::Interface,
        ElasticAddress::KIND => Kind::ReverseName,
        Subnet::KIND => Kind::Subnet,
        RouteTable::KIND => Kind::RouteTable,
        NatGateway::KIND => Kind::NatGateway,
        NetworkAcl::KIND => Kind::NetworkAcl,
        VpcEndpoint::KIND => Kind::Endpoint,
        FlowLog::KIND => Kind::FlowLog,
        Instance::KIND => Kind::Instance,
        Peering::KIND => Kind::Peering,
        Volume::KIND => Kind::Volume,
        Snapshot::KIND => Kind::Snapshot,
        _ => return None,
    };
    Some(Key { kind, id })
}

fn read<T: Record>(entry: &Entry) -> Option<T> {
    match decode(&entry.value) {
        Ok(record) => Some(record),
        Err(error) => {
            tracing::error!(key = entry.key, %error, "failed to decode a record; hosts work without it");
            None
        }
    }
}

/// `None` for one that an older version wrote and that is about to be mended.
fn vpc(record: Vpc, region: String) -> Option<plane::Vpc> {
    (record.vni != 0).then(|| plane::Vpc {
        cidrs: record.cidrs().map(|cidr| cidr.to_string()).collect(),
        region,
        vni: record.vni,
        main_route_table: Some(record.main_route_table).filter(|id| !id.is_empty()),
        gateway: record.gateway,
        egress_only: record.egress_only,
        ipv6_cidr: record.ipv6.map(|it| it.cidr.to_string()),
        dns: record.dns_support,
        network_acl: Some(record.network_acl).filter(|id| !id.is_empty()),
        id: record.id,
    })
}

fn subnet(record: Subnet) -> plane::Subnet {
    plane::Subnet {
        id: record.id,
        vpc: record.vpc_id,
        cidr: record.cidr.to_string(),
        ipv6_cidr: record.ipv6.map(|it| it.cidr.to_string()),
        route_table: record.route_table.map(|association| association.table),
        network_acl: record.network_acl,
    }
}

fn route_table(record: RouteTable) -> plane::RouteTable {
    let own = record.routes.iter();
    let own = own.map(|route| (route.destination.to_string(), route.target.id()));
    let ipv6 = record.ipv6_routes.iter();
    let own = own.chain(ipv6.map(|route| (route.destination.to_string(), route.target.id())));
    // Of two routes to the same range the one that names it itself comes first.
    let listed = record.list_routes.iter().flat_map(|route| {
        let ranges = route.list.ranges.iter();
        ranges.map(|range| (range.to_string(), route.target.id()))
    });
    let mut routes: Vec<plane::Route> = Vec::new();
    for (destination, target) in own.chain(listed) {
        if routes.iter().all(|known| known.destination != destination) {
            routes.push(plane::Route {
                destination,
                gateway: target.to_owned(),
            });
        }
    }
    plane::RouteTable {
        routes,
        id: record.id,
        vpc: record.vpc_id,
    }
}

/// `None` for one that is not active.
fn peering(record: Peering) -> Option<plane::Peering> {
    record.is_active().then_some(plane::Peering {
        id: record.id,
        vpcs: [record.requester.vpc_id, record.accepter.vpc_id],
    })
}

/// `None` for one that was deleted.
fn nat_gateway(record: NatGateway) -> Option<plane::NatGateway> {
    record.deleted_at.is_none().then(|| plane::NatGateway {
        subnet_cidr: record.subnet_cidr.to_string(),
        public: plane::PublicAddress {
            address: record.public,
            routed: record.routed,
        },
        id: record.id,
        vpc: record.vpc_id,
    })
}

/// `None` for an address that leads back to no name.
fn reverse_name(record: ElasticAddress) -> Option<plane::ReverseName> {
    let name = record.reverse_name?;
    Some(plane::ReverseName {
        id: record.id,
        address: record.address,
        name,
    })
}

fn network_acl(record: &NetworkAcl) -> plane::NetworkAcl {
    let entries = |egress: bool, ipv6: bool| {
        let own = record.entries.iter();
        let own = own.filter(move |it| it.egress == egress && it.is_ipv6() == ipv6);
        own.map(|it| plane::AclEntry {
            allow: it.allow,
            protocol: it.protocol,
            ports: it.ports,
            // All types are all of the protocol, all codes all of a type.
            icmp: it
                .icmp
                .and_then(|(kind, code)| Some((u8::try_from(kind).ok()?, u8::try_from(code).ok()))),
            cidr: it.cidr.to_string(),
        })
        .collect()
    };
    plane::NetworkAcl {
        id: record.id.clone(),
        vpc: record.vpc_id.clone(),
        ingress: entries(false, false),
        egress: entries(true, false),
        ingress_ipv6: entries(false, true),
        egress_ipv6: entries(true, true),
    }
}

fn public(of: &Public) -> plane::PublicAddress {
    plane::PublicAddress {
        address: of.address,
        routed: of.routed,
    }
}

fn interface(record: Interface) -> Option<plane::Interface> {
    Some(plane::Interface {
        subnet_cidr: record.subnet_cidr?.to_string(),
        load_balancer: record.load_balancer,
        public: record.public.as_ref().map(public),
        secondary: record
            .secondary
            .iter()
            .map(|it| plane::SecondaryAddress {
                address: it.address,
                public: it.public.as_ref().map(public),
            })
            .collect(),
        ipv6: record.ipv6,
        resource_name: record.resource_name.and_then(|names| {
            let instance = record.attachment.as_ref()?.instance_id.clone();
            Some(plane::ResourceName {
                instance,
                ipv4: names.ipv4,
                ipv6: names.ipv6,
            })
        }),
        id: record.id,
        vpc: record.vpc_id,
        address: record.address,
        mac: record.mac,
        groups: record.groups,
        host: record
            .attachment
            .as_ref()
            .and_then(|it| it.host().map(str::to_owned)),
    })
}

fn group(record: &SecurityGroup) -> plane::SecurityGroup {
    let permissions = |rules: &[Rule]| rules.iter().flat_map(permissions_of).collect();
    plane::SecurityGroup {
        id: record.id.clone(),
        vpc: record.vpc_id.clone(),
        ingress: permissions(&record.ingress),
        egress: permissions(&record.egress),
    }
}

/// A rule that names a prefix list is one for each of its ranges.
fn permissions_of(rule: &Rule) -> Vec<plane::Permission> {
    match rule.prefix_list() {
        None => permission(rule).into_iter().collect(),
        Some(list) => {
            let ranges = list.ranges.iter().map(|range| Rule {
                peer: RulePeer::Cidr(*range),
                ..rule.clone()
            });
            ranges.filter_map(|rule| permission(&rule)).collect()
        }
    }
}

/// `None` for a rule that is nothing to hosts; nothing is then allowed by it.
fn permission(rule: &Rule) -> Option<plane::Permission> {
    let protocol = match rule.protocol.as_str() {
        "-1" => None,
        "tcp" => Some(6),
        "udp" => Some(17),
        "icmp" => Some(1),
        "icmpv6" => Some(58),
        number => Some(number.parse().ok()?),
    };
    let (mut ports, mut icmp) = (None, None);
    match protocol {
        Some(6 | 17) => ports = port_range(rule.from_port, rule.to_port)?,
        Some(1 | 58) => icmp = icmp_kind(rule.from_port, rule.to_port)?,
        _ => {}
    }
    Some(plane::Permission {
        protocol,
        ports,
        icmp,
        peer: match &rule.peer {
            RulePeer::Cidr(cidr) => plane::Peer::Cidr(cidr.to_string()),
            RulePeer::Ipv6(cidr) => plane::Peer::Cidr(cidr.to_string()),
            // They come as their ranges.
            RulePeer::PrefixList(_) => return None,
            RulePeer::Group(id) => plane::Peer::Group(id.clone()),
            RulePeer::PeerGroup(peer) => plane::Peer::Group(peer.group.clone()),
        },
    })
}

fn port_range(from: Option<i32>, to: Option<i32>) -> Option<Option<(u16, u16)>> {
    let (from, to) = match (from, to) {
        (None | Some(-1), None | Some(-1)) => return Some(None),
        (from, to) => (u16::try_from(from?).ok()?, u16::try_from(to?).ok()?),
    };
    Some(Some((from, to)).filter(|range| *range != (0, u16::MAX)))
}

fn icmp_kind(kind: Option<i32>, code: Option<i32>) -> Option<Option<(u8, Option<u8>)>> {
    let part = |value: Option<i32>| match value {
        None | Some(-1) => Some(None),
        Some(value) => u8::try_from(value).ok().map(Some),
    };
    let code = part(code)?;
    Some(part(kind)?.map(|kind| (kind, code)))
}

#[cfg(test)]
mod tests;
