//! What a host's network is entitled to know: the VPCs in which the host has an interface, with
//! their groups, subnets, route tables, NAT gateways, network ACLs and load balancers, their
//! interfaces that are attached somewhere, the hosts those are on, and the host itself; their
//! peerings, and of the VPCs at the other ends of these, which may be another account's, the
//! interfaces, hosts and load balancers; and the internet-facing load balancers of all VPCs and the names
//! that public addresses lead back to, which are everybody's.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use wharf_planeproto::{Key, Kind, Resource, network::Peering};

use super::Entitled;
use crate::plane::records::{Former, Held, Records, attached, vpc_of};

/// All that a host is to know now.
pub fn all<'a>(now: &'a Records, host: &str) -> Vec<(&'a Key, &'a Arc<Held>)> {
    let mut hosts = HashSet::from([host]);
    let mut all = Vec::new();
    let own: BTreeSet<&str> = now.vpcs_of(host).collect();
    let peerings: BTreeSet<&Key> = own.iter().flat_map(|vpc| now.peerings_of(vpc)).collect();
    let peerings = peerings.into_iter();
    all.extend(peerings.filter_map(|key| Some((key, now.get(key)?))));
    let seen = with_peers(&own, |vpc| peerings_at_present(now, vpc));
    for vpc in seen.iter().copied() {
        hosts.extend(now.hosts_in(vpc));
        let parts = now.parts_of(vpc);
        let parts = parts.filter(|key| own.contains(vpc) || is_told_to_peers(key.kind));
        all.extend(parts.filter_map(|key| Some((key, now.get(key)?))));
    }
    let known = hosts
        .into_iter()
        .filter_map(|host| now.find(Kind::Host, host));
    all.extend(known);
    let of_others = |resource: &Resource| {
        let vpc = vpc_of(resource);
        is_everybodys(resource) && vpc.is_none_or(|vpc| !seen.contains(vpc))
    };
    let balancers = now.of_kind(Kind::LoadBalancer);
    all.extend(balancers.filter(|(_, held)| of_others(&held.resource)));
    all.extend(now.of_kind(Kind::ReverseName));
    all
}

/// Of a VPC that is only a peer.
fn is_told_to_peers(kind: Kind) -> bool {
    matches!(kind, Kind::Vpc | Kind::Interface | Kind::LoadBalancer)
}

fn peerings_at_present<'a>(now: &'a Records, vpc: &str) -> Vec<&'a Peering> {
    let peerings = now.peerings_of(vpc).filter_map(|key| now.get(key));
    let peerings = peerings.filter_map(|held| peering(&held.resource));
    peerings.collect()
}

fn peering(resource: &Resource) -> Option<&Peering> {
    match resource {
        Resource::Peering(it) => Some(it),
        _ => None,
    }
}

/// The VPCs, and those at the other ends of their peerings.
fn with_peers<'a>(
    vpcs: &BTreeSet<&'a str>,
    peerings: impl Fn(&str) -> Vec<&'a Peering>,
) -> BTreeSet<&'a str> {
    let peers = vpcs.iter().flat_map(|vpc| peerings(vpc));
    let peers = peers.flat_map(|peering| peering.vpcs.iter().map(String::as_str));
    vpcs.iter().copied().chain(peers).collect()
}

fn is_everybodys(resource: &Resource) -> bool {
    match resource {
        Resource::LoadBalancer(it) => !it.internal,
        Resource::ReverseName(_) => true,
        _ => false,
    }
}

/// What changed for a host.
pub struct Changes<'a> {
    now: &'a Records,
    host: &'a str,
    /// Interfaces that a host had in a VPC before, beyond those that it has now.
    more_before: BTreeMap<(&'a str, &'a str), isize>,
    /// Of peerings that changed, what they were before.
    peerings_before: BTreeMap<&'a Key, Option<&'a Peering>>,
    vpcs_before: BTreeSet<&'a str>,
    vpcs_now: BTreeSet<&'a str>,
    /// The same with their peers.
    seen_before: BTreeSet<&'a str>,
    seen_now: BTreeSet<&'a str>,
    keys: BTreeSet<&'a Key>,
    /// Of hosts without a change of their own, which may have come within sight or left it.
    hosts: BTreeSet<&'a str>,
}

impl<'a> Changes<'a> {
    pub fn of(now: &'a Records, former: &Former<'a>, host: &'a str) -> Self {
        let mut more_before = BTreeMap::new();
        for (key, was) in former {
            if key.kind != Kind::Interface {
                continue;
            }
            let place = |held: Option<&'a Arc<Held>>| attached(&held?.resource);
            let (was, is) = (place(*was), place(now.get(key)));
            if was == is {
                continue;
            }
            for (place, change) in [(was, 1), (is, -1)] {
                if let Some(place) = place {
                    *more_before.entry(place).or_insert(0) += change;
                }
            }
        }
        let peerings = former.iter().filter(|(key, _)| key.kind == Kind::Peering);
        let peerings_before = peerings
            .map(|(key, was)| (*key, was.and_then(|held| peering(&held.resource))))
            .collect();
        let mut changes = Self {
            now,
            host,
            more_before,
            peerings_before,
            seen_before: BTreeSet::new(),
            seen_now: BTreeSet::new(),
            vpcs_before: BTreeSet::new(),
            vpcs_now: now.vpcs_of(host).collect(),
            keys: former.keys().copied().collect(),
            hosts: BTreeSet::new(),
        };
        changes.find_vpcs_before();
        changes.find_keys();
        changes
    }

    fn find_vpcs_before(&mut self) {
        let moved = self
            .more_before
            .keys()
            .filter(|(_, host)| *host == self.host);
        let all: BTreeSet<&str> = moved
            .map(|(vpc, _)| *vpc)
            .chain(self.vpcs_now.iter().copied())
            .collect();
        self.vpcs_before = all
            .into_iter()
            .filter(|vpc| self.was_in(vpc, self.host))
            .collect();
        self.seen_before = with_peers(&self.vpcs_before, |vpc| self.peerings_formerly(vpc));
        self.seen_now = with_peers(&self.vpcs_now, |vpc| peerings_at_present(self.now, vpc));
    }

    fn peerings_formerly(&self, vpc: &str) -> Vec<&'a Peering> {
        let unchanged = self.now.peerings_of(vpc);
        let unchanged = unchanged.filter(|key| !self.peerings_before.contains_key(key));
        let unchanged = unchanged.filter_map(|key| peering(&self.now.get(key)?.resource));
        let changed = self.peerings_before.values().copied().flatten();
        let changed = changed.filter(|it| it.vpcs.iter().any(|end| end == vpc));
        unchanged.chain(changed).collect()
    }

    /// Beside what changed itself: hosts that came into a VPC or left it, and all of the VPCs that
    /// came within sight of this host or left it.
    fn find_keys(&mut self) {
        let entered = self.vpcs_before.symmetric_difference(&self.vpcs_now);
        let peerings = entered.flat_map(|vpc| self.now.peerings_of(vpc));
        self.keys.extend(peerings);
        let seen: BTreeSet<&str> = self.seen_before.union(&self.seen_now).copied().collect();
        let moved = self
            .more_before
            .keys()
            .filter(|(vpc, _)| seen.contains(vpc));
        self.hosts.extend(moved.map(|(_, host)| *host));
        let of_own = self.vpcs_before.symmetric_difference(&self.vpcs_now);
        let changed: BTreeSet<&str> = self
            .seen_before
            .symmetric_difference(&self.seen_now)
            .chain(of_own)
            .copied()
            .collect();
        for vpc in changed {
            self.keys.extend(self.now.parts_of(vpc));
            self.hosts.extend(self.now.hosts_in(vpc));
        }
        let known = self
            .hosts
            .iter()
            .filter_map(|host| self.now.find(Kind::Host, host));
        self.keys.extend(known.map(|(key, _)| key));
    }

    pub fn keys(&self) -> impl Iterator<Item = &'a Key> {
        self.keys.iter().copied()
    }

    fn was_in(&self, vpc: &str, host: &str) -> bool {
        let more = self.more_before.get(&(vpc, host)).copied().unwrap_or(0);
        self.now.count(vpc, host).saturating_add_signed(more) > 0
    }

    pub fn before(&self) -> impl Entitled {
        Entitlement {
            host: self.host,
            own: &self.vpcs_before,
            seen: &self.seen_before,
            is_in: |vpc: &str, host: &str| self.was_in(vpc, host),
        }
    }

    pub fn now(&self) -> impl Entitled {
        Entitlement {
            host: self.host,
            own: &self.vpcs_now,
            seen: &self.seen_now,
            is_in: |vpc: &str, host: &str| self.now.count(vpc, host) > 0,
        }
    }
}

/// At one time.
struct Entitlement<'a, F> {
    host: &'a str,
    /// The VPCs in which it has interfaces.
    own: &'a BTreeSet<&'a str>,
    /// The same with their peers.
    seen: &'a BTreeSet<&'a str>,
    /// Whether a host has interfaces in a VPC.
    is_in: F,
}

impl<F: Fn(&str, &str) -> bool> Entitled for Entitlement<'_, F> {
    fn admits(&self, resource: &Resource) -> bool {
        match resource {
            Resource::Host(it) => {
                it.id == self.host || self.seen.iter().any(|vpc| (self.is_in)(vpc, &it.id))
            }
            Resource::Peering(it) => it.vpcs.iter().any(|vpc| self.own.contains(vpc.as_str())),
            other if is_everybodys(other) => true,
            other => vpc_of(other).is_some_and(|vpc| {
                let of_peer = is_told_to_peers(other.key().kind) && self.seen.contains(vpc);
                self.own.contains(vpc) || of_peer
            }),
        }
    }
}
