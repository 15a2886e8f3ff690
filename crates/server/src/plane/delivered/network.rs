//! What a host's network is entitled to know: the VPCs in which the host has an interface, with
//! their groups, subnets, route tables and load balancers, their interfaces that are attached
//! somewhere, the hosts those are on, and the host itself; and the internet-facing load balancers of
//! all VPCs, whose names are everybody's.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use wharf_planeproto::{Key, Kind, Resource};

use super::Entitled;
use crate::plane::records::{Former, Held, Records, attached, vpc_of};

/// All that a host is to know now.
pub fn all<'a>(now: &'a Records, host: &str) -> Vec<(&'a Key, &'a Arc<Held>)> {
    let mut hosts = HashSet::from([host]);
    let mut all = Vec::new();
    for vpc in now.vpcs_of(host) {
        hosts.extend(now.hosts_in(vpc));
        all.extend(
            now.parts_of(vpc)
                .filter_map(|key| Some((key, now.get(key)?))),
        );
    }
    let known = hosts
        .into_iter()
        .filter_map(|host| now.find(Kind::Host, host));
    all.extend(known);
    let of_others = |resource: &Resource| {
        let vpc = vpc_of(resource);
        is_everybodys(resource) && vpc.is_none_or(|vpc| now.count(vpc, host) == 0)
    };
    let balancers = now.of_kind(Kind::LoadBalancer);
    all.extend(balancers.filter(|(_, held)| of_others(&held.resource)));
    all
}

fn is_everybodys(resource: &Resource) -> bool {
    matches!(resource, Resource::LoadBalancer(it) if !it.internal)
}

/// What changed for a host.
pub struct Changes<'a> {
    now: &'a Records,
    host: &'a str,
    /// Interfaces that a host had in a VPC before, beyond those that it has now.
    more_before: BTreeMap<(&'a str, &'a str), isize>,
    vpcs_before: BTreeSet<&'a str>,
    vpcs_now: BTreeSet<&'a str>,
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
        let mut changes = Self {
            now,
            host,
            more_before,
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
    }

    /// Beside what changed itself: hosts that came into a VPC or left it, and all of the VPCs that
    /// this host came into or left.
    fn find_keys(&mut self) {
        let seen: BTreeSet<&str> = self.vpcs_before.union(&self.vpcs_now).copied().collect();
        let moved = self
            .more_before
            .keys()
            .filter(|(vpc, _)| seen.contains(vpc));
        self.hosts.extend(moved.map(|(_, host)| *host));
        let changed: Vec<&str> = self
            .vpcs_before
            .symmetric_difference(&self.vpcs_now)
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
            vpcs: &self.vpcs_before,
            is_in: |vpc: &str, host: &str| self.was_in(vpc, host),
        }
    }

    pub fn now(&self) -> impl Entitled {
        Entitlement {
            host: self.host,
            vpcs: &self.vpcs_now,
            is_in: |vpc: &str, host: &str| self.now.count(vpc, host) > 0,
        }
    }
}

/// At one time.
struct Entitlement<'a, F> {
    host: &'a str,
    vpcs: &'a BTreeSet<&'a str>,
    /// Whether a host has interfaces in a VPC.
    is_in: F,
}

impl<F: Fn(&str, &str) -> bool> Entitled for Entitlement<'_, F> {
    fn admits(&self, resource: &Resource) -> bool {
        match resource {
            Resource::Host(it) => {
                it.id == self.host || self.vpcs.iter().any(|vpc| (self.is_in)(vpc, &it.id))
            }
            other if is_everybodys(other) => true,
            other => vpc_of(other).is_some_and(|vpc| self.vpcs.contains(vpc)),
        }
    }
}
