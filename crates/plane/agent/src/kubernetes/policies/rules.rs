//! What a book of policies says, in the network's own terms. Pure.

use std::collections::BTreeMap;

use ipnet::Ipv4Net;
use wharf_kube_policies::{
    Changes, Isolation as Held, Permission as Allowed, Policed, Rules, Source, Traffic, Way,
};
use wharf_network::{
    Isolation, Permission, PoliciesUpdate, PolicyChanges, PolicyPeer, PolicyRules, PolicyTraffic,
    PolicyWay, Subnet,
};

pub fn all(rules: Rules, instance: &str) -> PolicyRules {
    let policies = rules.policies.into_iter();
    let pods = rules.pods.into_iter();
    PolicyRules {
        peers: rules.peers,
        listeners: rules.listeners,
        policies: policies
            .map(|(number, it)| (number, policed(it, instance)))
            .collect(),
        pods: pods.map(|(address, it)| (address, held(it))).collect(),
    }
}

/// `None` where nothing is to be done.
pub fn changes(changes: Changes, instance: &str) -> Option<PoliciesUpdate> {
    if changes.is_empty() {
        return None;
    }
    Some(PoliciesUpdate::Changes(PolicyChanges {
        peers: changes.peers,
        listeners: changes.listeners,
        policies: each(changes.policies, |it| policed(it, instance)),
        pods: each(changes.pods, held),
    }))
}

fn each<K: Ord, A, B>(
    all: BTreeMap<K, Option<A>>,
    into: impl Fn(A) -> B,
) -> BTreeMap<K, Option<B>> {
    let all = all.into_iter();
    all.map(|(key, it)| (key, it.map(&into))).collect()
}

fn held(it: Held) -> Isolation {
    Isolation {
        ingress: it.ingress,
        egress: it.egress,
    }
}

fn policed(it: Policed, instance: &str) -> (PolicyWay, Vec<Permission>) {
    if it.is_cut {
        tracing::warn!(
            instance,
            limit = wharf_kube_policies::MOST_PERMISSIONS,
            "a network policy allows more peers and ports than fit; the rest is refused"
        );
    }
    let way = match it.way {
        Way::Ingress => PolicyWay::Ingress,
        Way::Egress => PolicyWay::Egress,
    };
    let all = it.permissions.into_iter();
    (way, all.filter_map(permission).collect())
}

fn permission(it: Allowed) -> Option<Permission> {
    let peer = match it.peer {
        Source::Anybody => PolicyPeer::Anybody,
        Source::Block { within, except } => PolicyPeer::Range {
            within: subnet(within)?,
            except: except.into_iter().map(subnet).collect::<Option<_>>()?,
        },
        Source::Peers(number) => PolicyPeer::Peers(number),
    };
    let traffic = match it.traffic {
        Traffic::All => PolicyTraffic::All,
        Traffic::Ports(protocol, first, last) => PolicyTraffic::Ports(protocol, first, last),
        Traffic::Listeners(number) => PolicyTraffic::Listeners(number),
    };
    Some(Permission { peer, traffic })
}

fn subnet(of: Ipv4Net) -> Option<Subnet> {
    Subnet::new(of.network(), of.prefix_len()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_subnets() {
        let allowed = Allowed {
            peer: Source::Block {
                within: "10.0.0.0/8".parse().unwrap(),
                except: vec!["10.1.0.0/16".parse().unwrap()],
            },
            traffic: Traffic::Ports(6, 80, 90),
        };
        let wanted = Permission {
            peer: PolicyPeer::Range {
                within: "10.0.0.0/8".parse().unwrap(),
                except: vec!["10.1.0.0/16".parse().unwrap()],
            },
            traffic: PolicyTraffic::Ports(6, 80, 90),
        };
        assert_eq!(permission(allowed), Some(wanted));
        assert!(changes(Changes::default(), "i-a").is_none());
    }
}
