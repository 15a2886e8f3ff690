//! The nf_tables rules: one table in the host's namespace, one in each scope's, all named
//! `wharf_<installation>`. Tables are written whole when something starts, in one atomic batch;
//! attachments then only change elements of the port map.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use crate::error::NetworkError;
use crate::model::Subnet;
use crate::names::{Names, SCOPE_UPLINK};
use crate::netlink::Socket;
use crate::netlink::nft::{BaseChain, Batch, Compare, Direction, Expression, Hook, PortEntry};

const PORT_MAP: &str = "ports";

const RAW: BaseChain = BaseChain {
    name: "guard",
    kind: "filter",
    hook: Hook::Prerouting,
    priority: -300,
};
const PREROUTING: BaseChain = BaseChain {
    name: "prerouting",
    kind: "nat",
    hook: Hook::Prerouting,
    priority: -100,
};
const OUTPUT: BaseChain = BaseChain {
    name: "output",
    kind: "nat",
    hook: Hook::Output,
    priority: -100,
};
const FORWARD: BaseChain = BaseChain {
    name: "forward",
    kind: "filter",
    hook: Hook::Forward,
    priority: 0,
};
const POSTROUTING: BaseChain = BaseChain {
    name: "postrouting",
    kind: "nat",
    hook: Hook::Postrouting,
    priority: 100,
};

const LOOPBACK: (Ipv4Addr, u8) = (Ipv4Addr::new(127, 0, 0, 0), 8);
const LINK_LOCAL: (Ipv4Addr, u8) = (Ipv4Addr::new(169, 254, 0, 0), 16);

/// The published ports: (protocol number, host port) → (address, container port).
pub(crate) type Ports = BTreeMap<(u8, u16), (Ipv4Addr, u16)>;

/// Writes the host's table:
/// - `guard`: the uplinks accept 127.0.0.0/8 for the answers to published ports, so what tasks
///   send there themselves is dropped before it can reach the host's own loopback services;
/// - `prerouting`, `output`: connections to any address of the host on a published port go to the
///   container, from outside, from the host and from other tasks;
/// - `forward`: from outside nothing enters but published ports;
/// - `postrouting`: tasks reach the world, and the host reaches them from 127.0.0.1; a task that
///   reaches a published port of its own network gets its answers back through the host.
pub(crate) fn write_host(
    socket: &mut Socket,
    names: &Names,
    subnet: Subnet,
    ports: &Ports,
) -> Result<(), NetworkError> {
    let uplinks = names.uplink_prefix();
    let from_tasks = || Expression::link_prefix(Direction::In, Compare::Equal, &uplinks);
    let not_from_tasks = || Expression::link_prefix(Direction::In, Compare::Different, &uplinks);
    let to_tasks = || Expression::link_prefix(Direction::Out, Compare::Equal, &uplinks);
    let not_to_tasks = || Expression::link_prefix(Direction::Out, Compare::Different, &uplinks);
    let from = |(network, prefix): (Ipv4Addr, u8)| Expression::source(network, prefix);
    let to = |(network, prefix): (Ipv4Addr, u8)| Expression::destination(network, prefix);
    let own = (subnet.network(), subnet.prefix());

    let mut batch = Batch::new(names.table());
    batch.fresh_table();
    batch.port_map(PORT_MAP);
    for chain in [RAW, PREROUTING, OUTPUT, FORWARD, POSTROUTING] {
        batch.chain(chain);
    }
    batch.rule(
        RAW.name,
        [from_tasks(), to(LOOPBACK), Expression::discard()].concat(),
    );
    for chain in [PREROUTING, OUTPUT] {
        let rule = [
            Expression::for_this_host(),
            Expression::to_mapped_port(PORT_MAP),
        ]
        .concat();
        batch.rule(chain.name, rule);
    }
    let uninvited = [
        to_tasks(),
        not_from_tasks(),
        Expression::new_connection(),
        Expression::translated(false),
        Expression::discard(),
    ];
    batch.rule(FORWARD.name, uninvited.concat());
    for rule in [
        [to_tasks(), from(LOOPBACK), Expression::masquerade()].concat(),
        [
            to_tasks(),
            from(own),
            Expression::translated(true),
            Expression::masquerade(),
        ]
        .concat(),
        [not_to_tasks(), from(own), Expression::masquerade()].concat(),
    ] {
        batch.rule(POSTROUTING.name, rule);
    }
    batch.add_ports(
        PORT_MAP,
        &ports.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>(),
    );
    batch.commit(socket, "write the host's nftables table")
}

/// Adds and removes published ports in one step.
pub(crate) fn change_ports(
    socket: &mut Socket,
    names: &Names,
    removed: &[PortEntry],
    added: &[PortEntry],
) -> Result<(), NetworkError> {
    let mut batch = Batch::new(names.table());
    batch.remove_ports(PORT_MAP, removed);
    batch.add_ports(PORT_MAP, added);
    batch.commit(socket, "publish ports")
}

/// Writes the table of a scope without security groups.
pub(crate) fn write_scope(socket: &mut Socket, names: &Names) -> Result<(), NetworkError> {
    let mut batch = Batch::new(names.table());
    begin_scope(&mut batch, false);
    batch.chain(FORWARD);
    batch.rule(FORWARD.name, link_local_stays());
    batch.commit(socket, "write a network's nftables table")
}

/// A scope's table, empty but for what hides its addresses from the host: two networks may use the
/// same, so there each speaks as its uplink.
pub(crate) fn begin_scope(batch: &mut Batch<'_>, hides_addresses: bool) {
    batch.fresh_table();
    if hides_addresses {
        batch.chain(POSTROUTING);
        let uplink = Expression::link(Direction::Out, Compare::Equal, SCOPE_UPLINK);
        let rule = [uplink, Expression::masquerade()].concat();
        batch.rule(POSTROUTING.name, rule);
    }
}

/// Link-local destinations never leave the scope: behind the uplink may be a cloud's own metadata
/// service, with the credentials of this very host.
pub(crate) fn link_local_stays() -> Vec<Expression> {
    let (network, prefix) = LINK_LOCAL;
    let link_local = Expression::destination(network, prefix);
    [link_local, Expression::discard()].concat()
}

pub(crate) fn remove_host(socket: &mut Socket, names: &Names) -> Result<(), NetworkError> {
    let mut batch = Batch::new(names.table());
    batch.drop_table();
    batch.commit(socket, "remove the host's nftables table")
}
