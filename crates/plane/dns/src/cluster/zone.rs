//! The names of one cluster, as the specification of Kubernetes' DNS (1.1.0) has them. Pure.
//!
//! What a service is asked for is put together when it changes, so that an answer costs the same however many endpoints there are.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use hickory_proto::op::Query;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, PTR, SOA, SRV, TXT};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use wharf_kube_services::{Book, Entry, Kind, Name as ServiceName};

use crate::zone::{REVERSE_V6, reversed, reversed_v6};

const DOMAIN: &str = "cluster.local";
const VERSION: &str = "1.1.0";
/// Seconds: as few as the specification lets them be, since addresses change with every pod.
pub(crate) const TTL: u32 = 5;
/// Records of one answer. Those of services with more endpoints take turns.
const MOST: usize = 1000;
/// Bytes of an answer's records; 64 KiB is what a message over TCP takes.
const MOST_BYTES: usize = 60_000;
/// Ports of endpoints of one headless service, each of an endpoint one. Slices without end could ask for any number.
const MOST_TARGETS: usize = 200_000;
const REVERSE: &str = ".in-addr.arpa";

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// The name is there; with nothing of the kind that was asked for, if empty.
    Records(Vec<Record>),
    /// Where ports are: the answer, and the addresses of the names in it, so that nobody needs to ask for them.
    Located(Vec<Record>, Vec<Record>),
    /// Another name for that one.
    Alias(Box<Record>, Name),
    /// There is no such name in the cluster.
    Absent,
    /// It is not the cluster's to say.
    Elsewhere,
}

/// The name of a port and its protocol.
type PortName = (Arc<str>, &'static str);
/// The label of an endpoint where the service is headless, and the number of its port.
type Target = (Option<Arc<str>>, u16);
/// A service and the label of an endpoint below it.
type Named = (ServiceName, Option<Arc<str>>);

/// What the names of a service lead to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Served {
    alias: Option<Name>,
    is_headless: bool,
    /// Those of the service's own name.
    addresses: Vec<IpAddr>,
    /// Of endpoints: label → addresses.
    hosts: BTreeMap<Arc<str>, BTreeSet<IpAddr>>,
    ports: BTreeMap<PortName, Vec<Target>>,
}

#[derive(Debug, Default)]
pub(crate) struct Zone {
    namespaces: HashMap<Arc<str>, HashMap<Arc<str>, Served>>,
    /// Whose name an address has.
    addresses: HashMap<IpAddr, BTreeSet<Named>>,
}

impl Served {
    fn of(entry: &Entry) -> Option<Self> {
        let service = entry.service()?;
        let mut made = Self::default();
        if let Kind::ExternalName(target) = &service.kind {
            made.alias = Name::from_ascii(format!("{}.", target.trim_end_matches('.'))).ok();
            return Some(made);
        }
        made.is_headless = service.is_headless;
        if !service.is_headless {
            made.addresses.clone_from(&service.cluster_addresses);
            for port in service.ports.iter().filter(|it| !it.name.is_empty()) {
                let key = (lower(&port.name), port.protocol.label());
                made.ports.insert(key, vec![(None, port.port)]);
            }
        }
        // As with CoreDNS, endpoints have names whether their service has an address or not; its ports are where its address is.
        let mut room = MOST_TARGETS;
        for slice in entry.slices() {
            for endpoint in &slice.endpoints {
                // As CoreDNS, by what slices say: those of services that publish what is not ready have all as ready.
                if !endpoint.ready {
                    continue;
                }
                let label = label(endpoint.hostname.as_ref(), endpoint.address);
                made.hosts
                    .entry(label.clone())
                    .or_default()
                    .insert(endpoint.address);
                if !service.is_headless {
                    continue;
                }
                for port in slice.ports.iter().filter(|it| !it.name.is_empty()) {
                    let Some(number) = port.port else { continue };
                    let Some(left) = room.checked_sub(1) else {
                        break;
                    };
                    room = left;
                    let key = (lower(&port.name), port.protocol.label());
                    let targets = made.ports.entry(key).or_default();
                    targets.push((Some(label.clone()), number));
                }
            }
        }
        if service.is_headless {
            for targets in made.ports.values_mut() {
                targets.sort_unstable();
                targets.dedup();
            }
            let all: BTreeSet<IpAddr> = made.hosts.values().flatten().copied().collect();
            made.addresses = all.into_iter().collect();
        }
        Some(made)
    }

    /// What the name of an endpoint leads to, or that of the service.
    fn addresses_of(&self, label: Option<&Arc<str>>) -> Vec<IpAddr> {
        match label {
            Some(label) => self
                .hosts
                .get(label)
                .into_iter()
                .flatten()
                .copied()
                .collect(),
            None => self.addresses.clone(),
        }
    }

    /// The addresses that have names, and the labels below the service's.
    fn named(&self) -> impl Iterator<Item = (IpAddr, Option<Arc<str>>)> {
        let own = self.addresses.iter().filter(|_| !self.is_headless);
        let hosts = self.hosts.iter();
        let hosts = hosts.flat_map(|(label, all)| all.iter().map(|it| (*it, Some(label.clone()))));
        own.map(|it| (*it, None)).chain(hosts)
    }
}

/// The name of an endpoint below its service.
fn label(hostname: Option<&Arc<str>>, address: IpAddr) -> Arc<str> {
    match hostname {
        Some(it) => lower(it),
        None => address.to_string().replace(['.', ':'], "-").into(),
    }
}

fn lower(text: &Arc<str>) -> Arc<str> {
    match text.bytes().any(|it| it.is_ascii_uppercase()) {
        true => text.to_ascii_lowercase().into(),
        false => text.clone(),
    }
}

impl Zone {
    pub(crate) fn of(book: &Book) -> Self {
        let mut zone = Self::default();
        for (service, entry) in book.services() {
            zone.put(&service.name, Some(entry));
        }
        zone
    }

    /// The service as it became; `None` for one that is gone.
    pub(crate) fn put(&mut self, name: &ServiceName, entry: Option<&Entry>) {
        if let Some(all) = self.namespaces.get_mut(&name.namespace)
            && let Some(old) = all.remove(&name.name)
        {
            if all.is_empty() {
                self.namespaces.remove(&name.namespace);
            }
            for (address, label) in old.named() {
                if let Some(names) = self.addresses.get_mut(&address) {
                    names.remove(&(name.clone(), label));
                    if names.is_empty() {
                        self.addresses.remove(&address);
                    }
                }
            }
        }
        let Some(served) = entry.and_then(Served::of) else {
            return;
        };
        for (address, label) in served.named() {
            let names = self.addresses.entry(address).or_default();
            names.insert((name.clone(), label));
        }
        let of_namespace = self.namespaces.entry(name.namespace.clone()).or_default();
        of_namespace.insert(name.name.clone(), served);
    }

    /// What is said to `query`; `turn` counts on, so that addresses take turns.
    pub(crate) fn find(&self, query: &Query, turn: usize) -> Found {
        if query.query_class() != DNSClass::IN {
            return Found::Elsewhere;
        }
        let name = query.name().to_ascii().to_ascii_lowercase();
        let name = name.strip_suffix('.').unwrap_or(&name);
        let reverse = name
            .strip_suffix(REVERSE)
            .and_then(reversed)
            .map(IpAddr::V4);
        let reverse = reverse.or_else(|| {
            let address = reversed_v6(name.strip_suffix(REVERSE_V6)?)?;
            Some(IpAddr::V6(address))
        });
        if let Some(address) = reverse {
            return self.of_address(query, address);
        }
        let Some(below) = name.strip_suffix(DOMAIN) else {
            return Found::Elsewhere;
        };
        if below.is_empty() {
            return apex(query);
        }
        let Some(below) = below.strip_suffix('.') else {
            return Found::Elsewhere;
        };
        let mut labels: Vec<&str> = below.split('.').collect();
        labels.reverse();
        match labels.as_slice() {
            ["dns-version"] => one(query, RData::TXT(TXT::new(vec![VERSION.to_owned()]))),
            ["svc" | "pod"] => nothing(),
            ["pod", namespace] if self.namespaces.contains_key(*namespace) => nothing(),
            ["pod", _, address] => match of_pod(address) {
                Some(address) => records(query, [address], 0),
                None => Found::Absent,
            },
            ["svc", namespace, rest @ ..] => match (self.namespaces.get(*namespace), rest) {
                (None, _) => Found::Absent,
                (Some(_), []) => nothing(),
                (Some(all), [service, rest @ ..]) => match all.get(*service) {
                    Some(served) => of_service(served, query, (*service, *namespace), rest, turn),
                    None => Found::Absent,
                },
            },
            _ => Found::Absent,
        }
    }

    fn of_address(&self, query: &Query, address: IpAddr) -> Found {
        let Some(names) = self.addresses.get(&address) else {
            return Found::Elsewhere;
        };
        if !matches!(query.query_type(), RecordType::PTR | RecordType::ANY) {
            return nothing();
        }
        let pointed = names.iter().take(MOST).filter_map(|(name, label)| {
            let to = full(label.as_deref(), &name.name, &name.namespace)?;
            Some(record(query, RData::PTR(PTR(to))))
        });
        let mut room = MOST_BYTES;
        Found::Records(bounded(pointed, &mut room))
    }
}

/// `rest` is what stands before the service's name, the nearest label first.
fn of_service(
    served: &Served,
    query: &Query,
    (service, namespace): (&str, &str),
    rest: &[&str],
    turn: usize,
) -> Found {
    if let Some(target) = &served.alias {
        return match rest {
            [] => {
                let alias = record(query, RData::CNAME(CNAME(target.clone())));
                Found::Alias(Box::new(alias), target.clone())
            }
            _ => Found::Absent,
        };
    }
    match rest {
        // A headless service without endpoints has no name, by the specification.
        [] if served.addresses.is_empty() => Found::Absent,
        [] => records(query, served.addresses.iter().copied(), turn),
        [protocol] if protocol.starts_with('_') => {
            let mut protocols = served.ports.keys().map(|(_, it)| *it);
            match protocols.any(|it| it == &protocol[1..]) {
                true => nothing(),
                false => Found::Absent,
            }
        }
        [host] => match served.hosts.get(*host) {
            Some(addresses) => records(query, addresses.iter().copied(), turn),
            None => Found::Absent,
        },
        [protocol, port] if protocol.starts_with('_') && port.starts_with('_') => {
            let mut all = served.ports.iter();
            let own = all.find(|((name, it), _)| **name == port[1..] && *it == &protocol[1..]);
            match own {
                Some((_, targets)) => located(served, query, targets, (service, namespace), turn),
                None => Found::Absent,
            }
        }
        _ => Found::Absent,
    }
}

/// Where a port is: below which names, and at which numbers.
fn located(
    served: &Served,
    query: &Query,
    targets: &[Target],
    (service, namespace): (&str, &str),
    turn: usize,
) -> Found {
    if !matches!(query.query_type(), RecordType::SRV | RecordType::ANY) {
        return nothing();
    }
    // As upstream has it: the weights of all come to about a hundred.
    let weight = u16::try_from((100 / targets.len().max(1)).max(1)).unwrap_or(1);
    let named = in_turn(targets, turn).filter_map(|(label, port)| {
        let target = full(label.as_deref(), service, namespace)?;
        Some((label.as_ref(), *port, target))
    });
    let named: Vec<(Option<&Arc<str>>, u16, Name)> = named.collect();
    let all = named.iter().map(|(_, port, target)| {
        let srv = SRV::new(0, weight, *port, target.clone());
        record(query, RData::SRV(srv))
    });
    let mut room = MOST_BYTES;
    let answers = bounded(all, &mut room);
    let mut told = BTreeSet::new();
    let mut additional = Vec::new();
    // A target with several ports has its addresses once.
    let told_of = named.iter().take(answers.len());
    for (label, _, target) in told_of.filter(|(label, ..)| told.insert(*label)) {
        for address in served.addresses_of(*label) {
            let found = Record::from_rdata(target.clone(), TTL, data(address));
            // Its name stands in the answer already, but pointers do not reach everywhere in a long message.
            let Some(rest) = room.checked_sub(target.len() + size(&found)) else {
                return Found::Located(answers, additional);
            };
            room = rest;
            additional.push(found);
        }
    }
    Found::Located(answers, additional)
}

/// The domain itself.
fn apex(query: &Query) -> Found {
    if !matches!(query.query_type(), RecordType::SOA | RecordType::ANY) {
        return nothing();
    }
    let zone = query.name().to_lowercase();
    let soa = SOA::new(zone.clone(), zone, 1, 60, 60, 60, TTL);
    one(query, RData::SOA(soa))
}

fn nothing() -> Found {
    Found::Records(Vec::new())
}

fn record(query: &Query, data: RData) -> Record {
    Record::from_rdata(query.name().clone(), TTL, data)
}

/// If that is what is asked for.
fn one(query: &Query, data: RData) -> Found {
    let kind = query.query_type();
    match kind == data.record_type() || kind == RecordType::ANY {
        true => Found::Records(vec![record(query, data)]),
        false => nothing(),
    }
}

fn records(query: &Query, all: impl IntoIterator<Item = IpAddr>, turn: usize) -> Found {
    let (kind, any) = (query.query_type(), query.query_type() == RecordType::ANY);
    let all = all.into_iter().filter(|it| {
        let own = if it.is_ipv4() {
            RecordType::A
        } else {
            RecordType::AAAA
        };
        any || kind == own
    });
    let all: Vec<IpAddr> = all.collect();
    let all = in_turn(&all, turn).map(|it| record(query, data(*it)));
    let mut room = MOST_BYTES;
    Found::Records(bounded(all, &mut room))
}

fn data(address: IpAddr) -> RData {
    match address {
        IpAddr::V4(it) => RData::A(A(it)),
        IpAddr::V6(it) => RData::AAAA(AAAA(it)),
    }
}

fn in_turn<T>(all: &[T], turn: usize) -> impl Iterator<Item = &T> {
    let (before, after) = all.split_at(turn.checked_rem(all.len()).unwrap_or(0));
    after.iter().chain(before).take(MOST)
}

/// As many as a message takes that has `room` bytes left.
fn bounded(all: impl Iterator<Item = Record>, room: &mut usize) -> Vec<Record> {
    all.map_while(|it| {
        *room = room.checked_sub(size(&it))?;
        Some(it)
    })
    .collect()
}

/// The bytes of a record whose name is a pointer to one that was said before.
fn size(of: &Record) -> usize {
    let data = match &of.data {
        RData::SRV(it) => 6 + it.target.len(),
        RData::PTR(it) => it.0.len(),
        _ => 16,
    };
    // The pointer, then what every record has.
    12 + data
}

fn full(label: Option<&str>, service: &str, namespace: &str) -> Option<Name> {
    let name = match label {
        Some(label) => format!("{label}.{service}.{namespace}.svc.{DOMAIN}."),
        None => format!("{service}.{namespace}.svc.{DOMAIN}."),
    };
    Name::from_ascii(name).ok()
}

/// The address in `10-0-0-5`, which need not be any pod's: as with EKS, whoever asks knows it anyway.
fn of_pod(label: &str) -> Option<IpAddr> {
    let v4 = label.replace('-', ".").parse().ok().map(IpAddr::V4);
    v4.or_else(|| label.replace('-', ":").parse().ok().map(IpAddr::V6))
}

#[cfg(test)]
mod tests;
