//! What a host's load balancers are entitled to know: those that have an interface on the host, with
//! everything below them; of certificates, target groups and security groups those that they refer to; the VPC
//! endpoints that lead to them on the host.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use wharf_planeproto::{Key, Kind, Plane, Resource, balancer::Action, oidc};

use super::{Entitled, Subscriber};
use crate::plane::records::{Former, Held, Records};

/// Kinds that decide about who is told what; the others follow them.
const STRUCTURE: [Kind; 3] = [Kind::LoadBalancer, Kind::Listener, Kind::Rule];

/// ARNs; ids of security groups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Balancers {
    host: String,
    balancers: BTreeSet<String>,
    listeners: BTreeSet<String>,
    groups: BTreeSet<String>,
    certificates: BTreeSet<String>,
    security_groups: BTreeSet<String>,
}

/// Whether a change may have changed who is told what.
pub fn is_structure(former: &Former<'_>) -> bool {
    former.keys().any(|key| STRUCTURE.contains(&key.kind))
}

impl Balancers {
    pub fn at_present(now: &Records, subscriber: &Subscriber) -> Self {
        match subscriber.plane {
            Plane::Network | Plane::Machines => Self::default(),
            Plane::LoadBalancer => {
                let of_kind = |kind| now.of_kind(kind).map(|(_, held)| &held.resource);
                Self::of(subscriber, |kind| of_kind(kind).collect())
            }
        }
    }

    /// When the records were as `former` says.
    pub fn formerly(now: &Records, former: &Former<'_>, subscriber: &Subscriber) -> Self {
        if subscriber.plane != Plane::LoadBalancer || !is_structure(former) {
            return Self::at_present(now, subscriber);
        }
        let of_kind = |kind: Kind| {
            let mut then: BTreeMap<&Key, &Resource> = now
                .of_kind(kind)
                .map(|(key, held)| (key, &held.resource))
                .collect();
            for (key, was) in former.iter().filter(|(key, _)| key.kind == kind) {
                match was {
                    Some(held) => drop(then.insert(key, &held.resource)),
                    None => drop(then.remove(key)),
                }
            }
            then.into_values().collect()
        };
        Self::of(subscriber, of_kind)
    }

    fn of<'a>(subscriber: &Subscriber, of_kind: impl Fn(Kind) -> Vec<&'a Resource>) -> Self {
        let host = subscriber.host.as_str();
        let mut scope = Self {
            host: host.to_owned(),
            ..Self::default()
        };
        for resource in of_kind(Kind::LoadBalancer) {
            if let Resource::LoadBalancer(it) = resource
                && it.interfaces.iter().any(|interface| interface.host == host)
            {
                scope.balancers.insert(it.arn.clone());
                let groups = it.security_groups.iter().cloned();
                scope.security_groups.extend(groups);
            }
        }
        if scope.balancers.is_empty() {
            return scope;
        }
        let (listeners, rules) = (of_kind(Kind::Listener), of_kind(Kind::Rule));
        let barred = match subscriber.version < oidc::SINCE {
            true => authenticating(&listeners, &rules),
            false => BTreeSet::new(),
        };
        for resource in listeners {
            if let Resource::Listener(it) = resource
                && scope.balancers.contains(&it.load_balancer)
                && !barred.contains(it.arn.as_str())
            {
                scope.listeners.insert(it.arn.clone());
                scope.certificates.extend(it.certificates.iter().cloned());
                scope.groups.extend(groups(&it.default_actions));
            }
        }
        for resource in rules {
            if let Resource::Rule(it) = resource
                && scope.listeners.contains(&it.listener)
            {
                scope.groups.extend(groups(&it.actions));
            }
        }
        scope
    }

    /// ARNs of what measures: load balancers and target groups.
    pub fn measured(&self) -> impl Iterator<Item = &String> {
        self.balancers.iter().chain(&self.groups)
    }

    /// All that there is now of what these admit.
    pub fn all<'a>(&self, now: &'a Records) -> Vec<(&'a Key, &'a Arc<Held>)> {
        let mut all = Vec::new();
        for (kind, ids) in [
            (Kind::LoadBalancer, &self.balancers),
            (Kind::Listener, &self.listeners),
            (Kind::TargetGroup, &self.groups),
            (Kind::Certificate, &self.certificates),
            (Kind::SecurityGroup, &self.security_groups),
        ] {
            let known = now.of_kind(kind);
            all.extend(known.filter(|(key, _)| ids.contains(&key.id)));
        }
        let rules = now.of_kind(Kind::Rule);
        all.extend(rules.filter(|(_, held)| self.admits(&held.resource)));
        let endpoints = now.of_kind(Kind::Endpoint);
        all.extend(endpoints.filter(|(_, held)| self.admits(&held.resource)));
        for group in &self.groups {
            // Names of targets begin with their group's.
            let targets = now.with_prefix(Kind::Target, group);
            all.extend(targets.filter(|(_, held)| self.admits(&held.resource)));
        }
        all.sort_by_key(|(key, _)| *key);
        all.dedup_by_key(|(key, _)| *key);
        all
    }
}

impl Entitled for Balancers {
    fn admits(&self, resource: &Resource) -> bool {
        match resource {
            Resource::LoadBalancer(it) => self.balancers.contains(&it.arn),
            Resource::Listener(it) => self.listeners.contains(&it.arn),
            Resource::Rule(it) => self.listeners.contains(&it.listener),
            Resource::TargetGroup(it) => self.groups.contains(&it.arn),
            Resource::Target(it) => self.groups.contains(&it.target.group),
            Resource::Certificate(it) => self.certificates.contains(&it.arn),
            Resource::SecurityGroup(it) => self.security_groups.contains(&it.id),
            Resource::Endpoint(it) => it.fronts.iter().any(|front| {
                front.host == self.host && self.balancers.contains(&front.load_balancer)
            }),
            _ => false,
        }
    }
}

/// ARNs of the listeners that authenticate users. A host that does not know how would let everybody in by what is left of their rules.
fn authenticating<'a>(listeners: &[&'a Resource], rules: &[&'a Resource]) -> BTreeSet<&'a str> {
    let all = listeners.iter().chain(rules);
    let those = all.filter_map(|it| match it {
        Resource::Listener(it) if it.authenticates() => Some(it.arn.as_str()),
        Resource::Rule(it) if it.authenticates() => Some(it.listener.as_str()),
        _ => None,
    });
    those.collect()
}

fn groups(actions: &[Action]) -> impl Iterator<Item = String> {
    actions.iter().flat_map(|action| match action {
        Action::Forward { groups, .. } => groups.iter().map(|it| it.group.clone()).collect(),
        _ => Vec::new(),
    })
}
