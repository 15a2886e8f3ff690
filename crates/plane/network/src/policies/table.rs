//! The table of one node.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::{
    Isolation, Listener, Permission, PolicyChanges, PolicyPeer, PolicyRules, PolicyTraffic,
    PolicyWay,
};
use crate::error::NetworkError;
use crate::names::Names;
use crate::netlink::Socket;
use crate::netlink::nft::{BaseChain, Batch, Expression, Hook, Side};

const SENDERS: &str = "senders";
const RECEIVERS: &str = "receivers";

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

fn peers(number: u32) -> String {
    format!("peers/{number}")
}

fn listeners(number: u32) -> String {
    format!("listeners/{number}")
}

fn policy(number: u32) -> String {
    format!("policy/{number}")
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
        for permission in permissions {
            batch.rule(&chain, expressions(permission, *way));
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
    (former, now): (&Option<BTreeSet<u32>>, &Option<BTreeSet<u32>>),
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
    changes: &BTreeMap<u32, Option<V>>,
    known: &BTreeMap<u32, V>,
) -> impl Iterator<Item = u32> {
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

fn expressions(permission: &Permission, way: PolicyWay) -> Vec<Expression> {
    let side = match way {
        PolicyWay::Ingress => Side::Source,
        PolicyWay::Egress => Side::Destination,
    };
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
            for but in except {
                let (network, prefix) = (but.network(), but.prefix());
                all.extend(Expression::connection_address_beside(side, network, prefix));
            }
        }
        PolicyPeer::Peers(number) => {
            all.extend(Expression::connection_address_in(side, &peers(*number)));
        }
    }
    all.extend(Expression::accept());
    all
}
