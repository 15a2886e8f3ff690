//! What a question is answered, and which ones are not ours. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use hickory_proto::op::Query;
use hickory_proto::rr::rdata::{A, AAAA, PTR};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType};
use wharf_network::{ENDPOINT, private_dns_name, private_domain};

use crate::book::{Balancer, Book, Named, stem};

/// Seconds for which an answer about a load balancer, or an endpoint, may be kept: its addresses change when hosts
/// come and go, and asking costs nothing.
const BALANCER_TTL: u32 = 10;
/// An interface's name is made of its address.
const INTERFACE_TTL: u32 = 60;

/// The domains below which interfaces have their names; nobody else's questions about them are passed on.
const PRIVATE_DOMAINS: [&str; 2] = ["ec2.internal", "compute.internal"];
const REVERSE: &str = ".in-addr.arpa";
pub(crate) const REVERSE_V6: &str = ".ip6.arpa";
/// The domains of wharf's own names, the second as programs of the host know it, and the names below.
const OWN_DOMAINS: [&str; 2] = ["wharf.internal", "wharf.localhost"];
const OWN_NAMES: [&str; 2] = ["api", "registry"];
/// Their address never changes.
const OWN_TTL: u32 = 300;

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    /// `None`: a task of the bridge network.
    pub(crate) vpc: Option<&'a str>,
    /// This host's region, and that of VPCs whose own is not known.
    pub(crate) region: &'a str,
    /// This host's instance id, as load balancers' interfaces name it.
    pub(crate) host: &'a str,
    /// Where tasks of all networks reach this host, and the load balancers on it.
    pub(crate) gateway: Option<Ipv4Addr>,
    /// Counts on, so that addresses take turns.
    pub(crate) turn: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The name is there; with nothing of the kind that was asked for, if empty.
    Records(Vec<Record>),
    /// There is no such name.
    Absent,
    /// The VPC is without a name service.
    Refused,
    /// It is ours to say, once more is known.
    NotYet,
    /// It is not ours to say.
    Elsewhere,
}

/// What `asker` is told.
pub(crate) fn answer(book: &Book, asker: Asker<'_>, query: &Query) -> Answer {
    let vpc = asker.vpc.and_then(|id| book.vpc(id));
    let region = vpc.map(|vpc| vpc.region.as_str());
    let asker = Asker {
        region: region.filter(|it| !it.is_empty()).unwrap_or(asker.region),
        ..asker
    };
    if vpc.is_some_and(|vpc| !vpc.dns) || query.query_class() != DNSClass::IN {
        return Answer::Refused;
    }
    // Escapes what no name of ours has: dots within a label, bytes beyond ASCII.
    let name = query.name().to_ascii().to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    let own = of_own(book, asker, query, name);
    let knows = book.is_whole() && (asker.vpc.is_none() || vpc.is_some());
    match own {
        // What was not told of may be there all the same.
        Answer::Absent if !knows => Answer::NotYet,
        own => own,
    }
}

fn of_own(book: &Book, asker: Asker<'_>, query: &Query, name: &str) -> Answer {
    if let Some(stem) = stem(name) {
        return match book.balancer(name) {
            Some(balancer) => of_balancer(book, balancer, asker, query),
            None if stem.is_empty() => Answer::Records(Vec::new()),
            None => Answer::Absent,
        };
    }
    if let Some(domain) = PRIVATE_DOMAINS.into_iter().find(|it| is_below(name, it)) {
        if let Some(instance) = instance(name, asker.region)
            && let Some(named) = asker.vpc.and_then(|vpc| book.resource_name(vpc, instance))
        {
            return of_instance(named, query);
        }
        return match (interface(name, asker.region), asker.vpc) {
            (Some(address), Some(vpc)) if book.has(vpc, address) => {
                addresses(query, INTERFACE_TTL, [address])
            }
            // The domains themselves.
            _ if name == domain || is_region(name) => Answer::Records(Vec::new()),
            _ => Answer::Absent,
        };
    }
    if let Some(answer) = of_wharf(query, name) {
        return answer;
    }
    if let Some(vpc) = asker.vpc
        && let Some(mut all) = book.endpoint(vpc, name)
    {
        if !all.is_empty() {
            let turn = asker.turn % all.len();
            all.rotate_left(turn);
        }
        return addresses(query, BALANCER_TTL, all);
    }
    if let Some(address) = name.strip_suffix(REVERSE).and_then(reversed) {
        return of_address(book, asker, query, address);
    }
    if let Some(address) = name.strip_suffix(REVERSE_V6).and_then(reversed_v6) {
        return of_ipv6_address(book, asker, query, address);
    }
    Answer::Elsewhere
}

/// wharf's API and registry, which tasks of all networks reach at one address. SDKs put a prefix before
/// an endpoint's name for some operations, even where it is an address: `stream-169.254.170.2`.
fn of_wharf(query: &Query, name: &str) -> Option<Answer> {
    let here = || addresses(query, OWN_TTL, [ENDPOINT]);
    if is_prefixed(name, &ENDPOINT.to_string()) {
        return Some(here());
    }
    let domain = OWN_DOMAINS.into_iter().find(|it| is_below(name, it))?;
    let label = name.strip_suffix(domain)?.trim_end_matches('.');
    let is_own = |own: &str| label == own || is_prefixed(label, own);
    Some(match label {
        "" => Answer::Records(Vec::new()),
        _ if OWN_NAMES.into_iter().any(is_own) => here(),
        _ => Answer::Absent,
    })
}

/// `stream-<name>`
fn is_prefixed(text: &str, name: &str) -> bool {
    let prefix = text.strip_suffix(name).and_then(|it| it.strip_suffix('-'));
    prefix.is_some_and(|prefix| !prefix.is_empty() && !prefix.contains('.'))
}

fn is_below(name: &str, domain: &str) -> bool {
    name.strip_suffix(domain)
        .is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// `<region>.compute.internal`
fn is_region(name: &str) -> bool {
    let region = name.strip_suffix(".compute.internal");
    region.is_some_and(|region| !region.contains('.'))
}

/// The load balancer's addresses for those who ask: inside its own VPC, and in that VPC's peers if it is
/// internal, the ones that it has there, from elsewhere the host's, if this host carries it.
fn of_balancer(book: &Book, balancer: &Balancer, asker: Asker<'_>, query: &Query) -> Answer {
    let is_peer = |vpc: &str| balancer.internal && book.are_peers(vpc, &balancer.vpc);
    if asker.vpc != Some(balancer.vpc.as_str()) && !asker.vpc.is_some_and(is_peer) {
        if balancer.internal {
            // As if it were not there: its name is its VPC's.
            return Answer::Absent;
        }
        let here = balancer.interfaces.iter().any(|it| it.host == asker.host);
        return addresses(query, BALANCER_TTL, asker.gateway.filter(|_| here));
    }
    let (here, mut elsewhere): (Vec<_>, Vec<_>) = balancer
        .interfaces
        .iter()
        .partition(|interface| interface.host == asker.host);
    if !elsewhere.is_empty() {
        let turn = asker.turn % elsewhere.len();
        elsewhere.rotate_left(turn);
    }
    // The one on this host first: it is the nearest, and lives as long as the asker.
    let all = here.into_iter().chain(elsewhere);
    of_both(query, BALANCER_TTL, all.flat_map(|it| it.addresses()))
}

fn addresses(query: &Query, ttl: u32, all: impl IntoIterator<Item = Ipv4Addr>) -> Answer {
    of_both(query, ttl, all.into_iter().map(IpAddr::V4))
}

/// The instance in `i-….ec2.internal`, if that is how it is written in the region.
fn instance<'a>(name: &'a str, region: &str) -> Option<&'a str> {
    let (label, domain) = name.split_once('.')?;
    (label.starts_with("i-") && domain == private_domain(region)).then_some(label)
}

/// A name of an instance, which leads to no other than the addresses it was told to.
fn of_instance(named: &Named, query: &Query) -> Answer {
    let ipv6 = named.ipv6.iter().copied().map(IpAddr::V6);
    let all = named.ipv4.map(IpAddr::V4).into_iter().chain(ipv6);
    of_both(query, INTERFACE_TTL, all)
}

/// Those of the addresses that are of the kind that was asked for.
fn of_both(query: &Query, ttl: u32, all: impl Iterator<Item = IpAddr>) -> Answer {
    let kind = query.query_type();
    let record = |address| {
        let (of, data) = match address {
            IpAddr::V4(it) => (RecordType::A, RData::A(A(it))),
            IpAddr::V6(it) => (RecordType::AAAA, RData::AAAA(AAAA(it))),
        };
        let is_asked = kind == of || kind == RecordType::ANY;
        is_asked.then(|| Record::from_rdata(query.name().clone(), ttl, data))
    };
    Answer::Records(all.filter_map(record).collect())
}

/// The address in `ip-10-0-0-5.ec2.internal`, if that is how it is written in the region.
fn interface(name: &str, region: &str) -> Option<Ipv4Addr> {
    let (label, _) = name.strip_prefix("ip-")?.split_once('.')?;
    let address = four(label.split('-'))?;
    (private_dns_name(address, region) == name).then_some(address)
}

/// The address in `5.0.0.10`.
pub(crate) fn reversed(labels: &str) -> Option<Ipv4Addr> {
    let [a, b, c, d] = four(labels.split('.'))?.octets();
    Some(Ipv4Addr::new(d, c, b, a))
}

/// The address in the 32 digits below `ip6.arpa`.
pub(crate) fn reversed_v6(labels: &str) -> Option<Ipv6Addr> {
    let mut bits = 0_u128;
    let mut count = 0;
    for label in labels.rsplit('.') {
        let digit = u128::from_str_radix(label, 16).ok()?;
        if label.len() != 1 || count == 32 {
            return None;
        }
        bits = bits << 4 | digit;
        count += 1;
    }
    (count == 32).then(|| bits.into())
}

fn four<'a>(mut parts: impl Iterator<Item = &'a str>) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    for octet in &mut octets {
        *octet = parts.next()?.parse().ok()?;
    }
    parts.next().is_none().then(|| octets.into())
}

fn of_address(book: &Book, asker: Asker<'_>, query: &Query, address: Ipv4Addr) -> Answer {
    let inside = asker.vpc.and_then(|id| book.vpc(id));
    if let Some(vpc) = asker.vpc
        && book.has(vpc, address)
    {
        if !matches!(query.query_type(), RecordType::PTR | RecordType::ANY) {
            return Answer::Records(Vec::new());
        }
        return called(query, &private_dns_name(address, asker.region));
    }
    let of_vpc = inside.is_some_and(|vpc| vpc.ranges.iter().any(|range| range.contains(address)));
    if let Some(name) = book.reverse_name(address).filter(|_| !of_vpc) {
        return match query.query_type() {
            RecordType::PTR | RecordType::ANY => called(query, name),
            _ => Answer::Records(Vec::new()),
        };
    }
    match of_vpc || address.is_link_local() || IpAddr::V4(address).is_loopback() {
        true => Answer::Absent,
        false => Answer::Elsewhere,
    }
}

/// Only names of instances lead to IPv6 addresses, and those of the VPC are no business of other name servers.
fn of_ipv6_address(book: &Book, asker: Asker<'_>, query: &Query, address: Ipv6Addr) -> Answer {
    let named = asker.vpc.and_then(|vpc| book.named_by(vpc, address));
    if let Some(instance) = named {
        if !matches!(query.query_type(), RecordType::PTR | RecordType::ANY) {
            return Answer::Records(Vec::new());
        }
        let name = format!("{instance}.{}", private_domain(asker.region));
        return called(query, &name);
    }
    let inside = asker.vpc.and_then(|id| book.vpc(id)?.ipv6);
    match inside.is_some_and(|it| it.contains(address)) {
        true => Answer::Absent,
        false => Answer::Elsewhere,
    }
}

/// The name of an address.
fn called(query: &Query, name: &str) -> Answer {
    match Name::from_ascii(format!("{name}.")) {
        Ok(name) => {
            let data = RData::PTR(PTR(name));
            let record = Record::from_rdata(query.name().clone(), INTERFACE_TTL, data);
            Answer::Records(vec![record])
        }
        Err(_) => Answer::Absent,
    }
}

#[cfg(test)]
mod tests;
