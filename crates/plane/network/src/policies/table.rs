//! The table of one node.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::{
    Isolation, Listener, Permission, PolicyChanges, PolicyPeer, PolicyRules, PolicyTraffic,
    PolicyWay,
};
use crate::error::NetworkError;
use crate::model::Subnet;
use crate::names::Names;
use crate::netlink::Socket;
use crate::netlink::nft::{BaseChain, Batch, Expression, Hook, Side};

const SENDERS: &str = "senders";
const RECEIVERS: &str = "receivers";

/// Exceptions of a range that fit into one rule beside all else: the kernel takes 128 expressions. More of them have a chain of their own.
const EXCEPTIONS_IN_RULE: usize = 32;

/// After the chains of security groups, which drop what belongs to no connection.
const EGRESS: BaseChain = BaseChain {
    name: "egress",
    kind: "filter",
    hook: Hook::Forward,
    priority: 10,
};
/// What the namespace itself answers.
const EGRESS_HERE: BaseChain = BaseChain {
    name: "egress-here",
    kind: "filter",
    hook: Hook::Input,
    priority: 10,
};
const INGRESS: BaseChain = BaseChain {
    name: "ingress",
    kind: "filter",
    hook: Hook::Forward,
    priority: 11,
};

#[derive(Debug)]
pub(crate) struct Table {
    name: String,
    node: String,
    /// The node's own.
    address: Ipv4Addr,
    /// What is in the kernel.
    rules: PolicyRules,
}

fn name(names: &Names, node: &str) -> String {
    format!("{}_{node}_policies", names.table())
}

/// The table of a node, which need not be there.
pub(super) fn remove(socket: &mut Socket, names: &Names, node: &str) -> Result<(), NetworkError> {
    let name = name(names, node);
    let mut batch = Batch::new(&name);
    batch.drop_table();
    batch.commit(socket, "remove the network policies of a node")
}

fn peers(number: u64) -> String {
    format!("peers/{number}")
}

fn listeners(number: u64) -> String {
    format!("listeners/{number}")
}

fn policy(number: u64) -> String {
    format!("policy/{number}")
}

/// Comes back for what a policy's permission excepts.
fn exceptions(number: u64, index: usize) -> String {
    format!("except/{number}/{index}")
}

/// What has a chain of its own.
fn excepted(permission: &Permission) -> Option<&[Subnet]> {
    match &permission.peer {
        PolicyPeer::Range { except, .. } if except.len() > EXCEPTIONS_IN_RULE => Some(except),
        _ => None,
    }
}

fn chains_of_exceptions(permissions: &[Permission]) -> usize {
    permissions.iter().filter_map(excepted).count()
}

impl Table {
    pub(super) fn new(names: &Names, node: &str, address: Ipv4Addr) -> Self {
        Self {
            name: name(names, node),
            node: node.to_owned(),
            address,
            rules: PolicyRules::default(),
        }
    }

    /// The whole table in one batch: no packet sees a moment without rules.
    pub(super) fn write(
        &mut self,
        socket: &mut Socket,
        all: PolicyRules,
    ) -> Result<(), NetworkError> {
        let mut batch = Batch::new(&self.name);
        batch.fresh_table();
        self.begin(&mut batch);
        write(&mut batch, &PolicyRules::default(), &whole(&all));
        batch.commit(socket, "write the network policies of a node")?;
        self.rules = all;
        Ok(())
    }

    /// Only what differs from what is there.
    pub(super) fn change(
        &mut self,
        socket: &mut Socket,
        changes: PolicyChanges,
    ) -> Result<(), NetworkError> {
        let mut batch = Batch::new(&self.name);
        write(&mut batch, &self.rules, &changes);
        let changed = batch.commit(socket, "change the network policies of a node");
        put(&mut self.rules, changes);
        let Err(error) = changed else {
            return Ok(());
        };
        // Somebody may have flushed the rules: what is known counts, so it is written whole.
        tracing::warn!(node = self.node, %error, "network policies differ from the kernel's rules; rewriting them");
        let all = std::mem::take(&mut self.rules);
        self.write(socket, all)
    }

    fn begin(&self, batch: &mut Batch<'_>) {
        for map in [SENDERS, RECEIVERS] {
            batch.verdict_map(map);
        }
        for (chain, map, own, peer) in [
            (EGRESS, SENDERS, Side::Source, Side::Destination),
            (EGRESS_HERE, SENDERS, Side::Source, Side::Destination),
            (INGRESS, RECEIVERS, Side::Destination, Side::Source),
        ] {
            batch.chain(chain);
            let node = Expression::connection_address(peer, self.address, 32);
            batch.rule(chain.name, [node, Expression::accept()].concat());
            if matches!(own, Side::Source) {
                // A load balancer speaks as the pod, which was judged as it called that.
                batch.rule(
                    chain.name,
                    [Expression::kept(), Expression::accept()].concat(),
                );
            }
            batch.rule(chain.name, Expression::connection_verdict(own, map));
        }
    }
}

/// All of it as changes to nothing.
fn whole(all: &PolicyRules) -> PolicyChanges {
    fn some<V: Clone, K: Copy + Ord>(all: &BTreeMap<K, V>) -> BTreeMap<K, Option<V>> {
        let all = all.iter();
        all.map(|(key, value)| (*key, Some(value.clone())))
            .collect()
    }
    PolicyChanges {
        peers: some(&all.peers),
        listeners: some(&all.listeners),
        policies: some(&all.policies),
        pods: some(&all.pods),
    }
}

fn put(rules: &mut PolicyRules, changes: PolicyChanges) {
    fn each<K: Ord, V>(known: &mut BTreeMap<K, V>, changes: BTreeMap<K, Option<V>>) {
        for (key, value) in changes {
            match value {
                Some(value) => drop(known.insert(key, value)),
                None => drop(known.remove(&key)),
            }
        }
    }
    each(&mut rules.peers, changes.peers);
    each(&mut rules.listeners, changes.listeners);
    each(&mut rules.policies, changes.policies);
    each(&mut rules.pods, changes.pods);
}

/// In an order in which nothing is named before it is there, nor removed while it is named.
fn write(batch: &mut Batch<'_>, known: &PolicyRules, changes: &PolicyChanges) {
    for (number, now) in &changes.peers {
        let (Some(now), set) = (now, peers(*number)) else {
            continue;
        };
        let former = known.peers.get(number);
        if former.is_none() {
            batch.address_set(&set);
        }
        let (gone, come) = differences(former, now);
        batch.remove_addresses(&set, gone);
        batch.add_addresses(&set, come);
    }
    for (number, now) in &changes.listeners {
        let (Some(now), set) = (now, listeners(*number)) else {
            continue;
        };
        let former = known.listeners.get(number);
        if former.is_none() {
            batch.listener_set(&set);
        }
        let (gone, come): (Vec<Listener>, Vec<Listener>) = differences(former, now);
        batch.remove_listeners(&set, gone);
        batch.add_listeners(&set, come);
    }
    for (number, now) in &changes.policies {
        let (Some(now), former) = (now, known.policies.get(number)) else {
            continue;
        };
        if former == Some(now) {
            continue;
        }
        let chain = policy(*number);
        match former {
            None => batch.inner_chain(&chain),
            Some(_) => batch.flush_chain(&chain),
        }
        let (way, permissions) = now;
        let chains = former.map_or(0, |(_, all)| chains_of_exceptions(all));
        let mut used = 0;
        for permission in permissions {
            let Some(except) = excepted(permission) else {
                batch.rule(&chain, expressions(permission, *way, None));
                continue;
            };
            let apart = exceptions(*number, used);
            match used < chains {
                true => batch.flush_chain(&apart),
                false => batch.inner_chain(&apart),
            }
            used += 1;
            for but in except {
                let address =
                    Expression::connection_address(side(*way), but.network(), but.prefix());
                batch.rule(&apart, [address, Expression::back()].concat());
            }
            batch.rule(&apart, Expression::accept());
            batch.rule(&chain, expressions(permission, *way, Some(&apart)));
        }
        for unused in used..chains {
            batch.delete_chain(&exceptions(*number, unused));
        }
    }
    for (address, now) in &changes.pods {
        let none = Isolation::default();
        let former = known.pods.get(address).unwrap_or(&none);
        let now = now.as_ref().unwrap_or(&none);
        for (map, way, side, former, now) in [
            (
                SENDERS,
                "out",
                Side::Destination,
                &former.egress,
                &now.egress,
            ),
            (RECEIVERS, "in", Side::Source, &former.ingress, &now.ingress),
        ] {
            let chain = format!("{way}/{address}");
            hold(batch, (map, &chain, side), *address, (former, now));
        }
    }
    for number in gone(&changes.policies, &known.policies) {
        batch.delete_chain(&policy(number));
        let former = known.policies.get(&number);
        for index in 0..former.map_or(0, |(_, all)| chains_of_exceptions(all)) {
            batch.delete_chain(&exceptions(number, index));
        }
    }
    for number in gone(&changes.peers, &known.peers) {
        batch.delete_set(&peers(number));
    }
    for number in gone(&changes.listeners, &known.listeners) {
        batch.delete_set(&listeners(number));
    }
}

/// What a pod is held to in one way. `side` is where its peer is.
fn hold(
    batch: &mut Batch<'_>,
    (map, chain, side): (&str, &str, Side),
    address: Ipv4Addr,
    (former, now): (&Option<BTreeSet<u64>>, &Option<BTreeSet<u64>>),
) {
    match (former, now) {
        (former, now) if former == now => return,
        (Some(_), None) => {
            batch.remove_addresses(map, [address]);
            batch.delete_chain(chain);
        }
        (None, _) => batch.inner_chain(chain),
        (Some(_), Some(_)) => batch.flush_chain(chain),
    }
    let Some(now) = now else {
        return;
    };
    let itself = Expression::connection_address(side, address, 32);
    batch.rule(chain, [itself, Expression::accept()].concat());
    for number in now {
        batch.rule(chain, Expression::jump(&policy(*number)));
    }
    batch.rule(chain, Expression::discard());
    if former.is_none() {
        batch.add_verdict(map, address, chain);
    }
}

fn gone<V>(
    changes: &BTreeMap<u64, Option<V>>,
    known: &BTreeMap<u64, V>,
) -> impl Iterator<Item = u64> {
    let gone = changes.iter().filter(|(_, now)| now.is_none());
    let gone = gone.map(|(number, _)| *number);
    gone.filter(|it| known.contains_key(it))
        .collect::<Vec<_>>()
        .into_iter()
}

/// What goes, and what comes.
fn differences<T: Ord + Copy>(former: Option<&BTreeSet<T>>, now: &BTreeSet<T>) -> (Vec<T>, Vec<T>) {
    let Some(former) = former else {
        return (Vec::new(), now.iter().copied().collect());
    };
    let gone = former.difference(now).copied().collect();
    (gone, now.difference(former).copied().collect())
}

/// Where the peer of a policy's pods is.
fn side(way: PolicyWay) -> Side {
    match way {
        PolicyWay::Ingress => Side::Source,
        PolicyWay::Egress => Side::Destination,
    }
}

/// `apart`: the chain of what it excepts, where that has one.
fn expressions(permission: &Permission, way: PolicyWay, apart: Option<&str>) -> Vec<Expression> {
    let side = side(way);
    let mut all = match permission.traffic {
        PolicyTraffic::All => Vec::new(),
        PolicyTraffic::Ports(protocol, first, last) => [
            Expression::connection_protocol(protocol),
            Expression::connection_ports(first, last),
        ]
        .concat(),
        PolicyTraffic::Listeners(number) => Expression::connection_endpoint_in(&listeners(number)),
    };
    match &permission.peer {
        PolicyPeer::Anybody => {}
        PolicyPeer::Range { within, except } => {
            let (network, prefix) = (within.network(), within.prefix());
            all.extend(Expression::connection_address(side, network, prefix));
            let here = except.iter().filter(|_| apart.is_none());
            for but in here {
                let (network, prefix) = (but.network(), but.prefix());
                all.extend(Expression::connection_address_beside(side, network, prefix));
            }
        }
        PolicyPeer::Peers(number) => {
            all.extend(Expression::connection_address_in(side, &peers(*number)));
        }
    }
    all.extend(match apart {
        Some(chain) => Expression::jump(chain),
        None => Expression::accept(),
    });
    all
}
