//! The nf_tables rules: one table in the host's namespace, one in each scope's, all named
//! `wharf_<installation>`. Tables are written whole when something starts, in one atomic batch;
//! attachments then only change elements of the port map.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::error::NetworkError;
use crate::model::Subnet;
use crate::names::Names;
use crate::netlink::Socket;
use crate::netlink::nft::{
    BaseChain, Batch, Compare, Direction, Expression, Hook, PortEntry, Side,
};
use crate::state::{Guard, PublicWay};

const PORT_MAP: &str = "ports";
/// The public addresses that lead to interfaces here.
const PUBLIC: &str = "public";
/// The public addresses that mean nothing beyond this host.
const HIDDEN: &str = "hidden";
/// The ends of tunnels at other hosts.
const PEERS: &str = "peers";
/// The numbers of the networks that have a tunnel here.
const NETWORKS: &str = "networks";

const RAW: BaseChain = BaseChain {
    name: "guard",
    kind: "filter",
    hook: Hook::Prerouting,
    priority: -300,
};
pub(crate) const PREROUTING: BaseChain = BaseChain {
    name: "prerouting",
    kind: "nat",
    hook: Hook::Prerouting,
    priority: -100,
};
/// Of the host's own packets, as `RAW` of those that come in.
const RAW_OUTPUT: BaseChain = BaseChain {
    name: "untracked",
    kind: "filter",
    hook: Hook::Output,
    priority: -300,
};
const TUNNELS: BaseChain = BaseChain {
    name: "tunnels",
    kind: "filter",
    hook: Hook::Input,
    priority: 0,
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
pub(crate) const POSTROUTING: BaseChain = BaseChain {
    name: "postrouting",
    kind: "nat",
    hook: Hook::Postrouting,
    priority: 100,
};

/// What counts new connections and datagrams to the scope itself, by the link they come by.
const CONNECTIONS: &str = "connections";
const DATAGRAMS: &str = "datagrams";
/// Programs that ask for credentials anew each time need a few a second.
const CONNECTIONS_PER_SECOND: u64 = 100;
const CONNECTIONS_BURST: u32 = 200;
/// As AWS bounds what an interface sends to link-local services (VPC user guide, DNS quotas).
const DATAGRAMS_PER_SECOND: u64 = 1024;
const DATAGRAMS_BURST: u32 = 1024;
/// Links of one scope that are counted; more than a host has tasks.
const METER_SIZE: u32 = 65_535;
/// Of a link that sends nothing.
const METER_TIMEOUT_MS: u64 = 60_000;

const LOOPBACK: (Ipv4Addr, u8) = (Ipv4Addr::new(127, 0, 0, 0), 8);
const LINK_LOCAL: (Ipv4Addr, u8) = (Ipv4Addr::new(169, 254, 0, 0), 16);

/// The published ports: (protocol number, host port) → (address, container port).
pub(crate) type Ports = BTreeMap<(u8, u16), (Ipv4Addr, u16)>;
/// The public addresses of what is wired here.
pub(crate) type Publics = BTreeMap<Ipv4Addr, PublicWay>;

/// Writes the host's table:
/// - `guard`: the uplinks accept 127.0.0.0/8 for the answers to published ports, so what tasks
///   send there themselves is dropped before it can reach the host's own loopback services;
/// - `prerouting`, `output`: connections to any address of the host on a published port go to the
///   container, from outside, from the host and from other tasks;
/// - `forward`: from outside nothing enters but published ports and what is for a public address, nor
///   does anything else pass from one scope to another;
/// - `postrouting`: tasks reach the world, as the host where they have no address that the world
///   knows, and the host reaches them from 127.0.0.1; a task that reaches a published port of its own
///   network gets its answers back through the host.
pub(crate) fn write_host(
    socket: &mut Socket,
    names: &Names,
    subnet: Subnet,
    ports: &Ports,
    publics: &Publics,
    guard: Option<&Guard>,
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
    batch.address_set(PUBLIC);
    batch.address_set(HIDDEN);
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
    if let Some(guard) = guard {
        write_guard(&mut batch, from_tasks(), guard);
    }
    let to_public = Expression::connection_address_in(Side::Destination, PUBLIC);
    for link in [from_tasks(), to_tasks()] {
        let rule = [link, to_public.clone(), Expression::accept()];
        batch.rule(FORWARD.name, rule.concat());
    }
    let uninvited = [
        to_tasks(),
        not_from_tasks(),
        Expression::new_connection(),
        Expression::translated(false),
        Expression::discard(),
    ];
    batch.rule(FORWARD.name, uninvited.concat());
    // Answers of a published port belong to a connection that was translated.
    let between_scopes = [
        from_tasks(),
        to_tasks(),
        Expression::translated(false),
        Expression::discard(),
    ];
    batch.rule(FORWARD.name, between_scopes.concat());
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
        [
            not_to_tasks(),
            Expression::source_in(HIDDEN, true),
            Expression::masquerade(),
        ]
        .concat(),
    ] {
        batch.rule(POSTROUTING.name, rule);
    }
    batch.add_ports(
        PORT_MAP,
        &ports.iter().map(|(k, v)| (*k, *v)).collect::<Vec<_>>(),
    );
    batch.add_addresses(PUBLIC, reached(publics));
    batch.add_addresses(HIDDEN, hidden(publics));
    batch.commit(socket, "write the host's nftables table")
}

fn reached(publics: &Publics) -> BTreeSet<Ipv4Addr> {
    let reached = publics.iter().filter(|(_, way)| way.reached);
    reached.map(|(address, _)| *address).collect()
}

fn hidden(publics: &Publics) -> BTreeSet<Ipv4Addr> {
    let hidden = publics.iter().filter(|(_, way)| way.hidden);
    hidden.map(|(address, _)| *address).collect()
}

/// From one state of the public addresses to the next.
pub(crate) fn change_publics(
    socket: &mut Socket,
    names: &Names,
    former: &Publics,
    wanted: &Publics,
) -> Result<(), NetworkError> {
    let mut batch = Batch::new(names.table());
    for (set, former, wanted) in [
        (PUBLIC, reached(former), reached(wanted)),
        (HIDDEN, hidden(former), hidden(wanted)),
    ] {
        batch.remove_addresses(set, former.difference(&wanted).copied());
        batch.add_addresses(set, wanted.difference(&former).copied());
    }
    batch.commit(socket, "change public addresses")
}

/// The host's rules about tunnels:
/// - `tunnels`: what comes for one of our networks, and not from a known peer, ends here. Other
///   networks on the same port are another installation's, or nobody's;
/// - `forward`: what tasks send leaves with this host's address, which its peers trust, so they
///   must not send to the tunnels' port; nor may anything else that is forwarded, to the peers;
/// - `guard`, `untracked`: connection tracking happens inside; here each inner connection would
///   only take up a place in the table.
fn write_guard(batch: &mut Batch<'_>, from_tasks: Vec<Expression>, guard: &Guard) {
    let port = || Expression::udp_port(guard.port);
    batch.chain(TUNNELS);
    batch.chain(RAW_OUTPUT);
    batch.address_set(PEERS);
    batch.number_set(NETWORKS);
    batch.add_addresses(PEERS, guard.peers.iter().copied());
    batch.add_numbers(NETWORKS, guard.networks.iter().map(|n| number(*n)));
    for (chain, rule) in [
        (
            TUNNELS,
            [
                port(),
                Expression::network_number_in(NETWORKS),
                Expression::source_in(PEERS, false),
                Expression::discard(),
            ],
        ),
        (
            FORWARD,
            [from_tasks, port(), Expression::discard(), Vec::new()],
        ),
        (
            FORWARD,
            [
                port(),
                Expression::destination_in(PEERS),
                Expression::discard(),
                Vec::new(),
            ],
        ),
        (
            RAW,
            [
                port(),
                Expression::source_in(PEERS, true),
                Expression::untracked(),
                Vec::new(),
            ],
        ),
        (
            RAW_OUTPUT,
            [
                port(),
                Expression::destination_in(PEERS),
                Expression::untracked(),
                Vec::new(),
            ],
        ),
    ] {
        batch.rule(chain.name, rule.concat());
    }
}

/// From one state of the guard's sets to the next.
pub(crate) fn change_guard(
    socket: &mut Socket,
    names: &Names,
    former: &Guard,
    wanted: &Guard,
) -> Result<(), NetworkError> {
    let mut batch = Batch::new(names.table());
    batch.remove_addresses(PEERS, former.peers.difference(&wanted.peers).copied());
    batch.add_addresses(PEERS, wanted.peers.difference(&former.peers).copied());
    let numbers = |a: &Guard, b: &Guard| -> Vec<[u8; 3]> {
        a.networks
            .difference(&b.networks)
            .map(|n| number(*n))
            .collect()
    };
    batch.remove_numbers(NETWORKS, numbers(former, wanted));
    batch.add_numbers(NETWORKS, numbers(wanted, former));
    batch.commit(socket, "change who may send through tunnels")
}

/// As it stands in a VXLAN header.
fn number(vni: u32) -> [u8; 3] {
    let [_, a, b, c] = vni.to_be_bytes();
    [a, b, c]
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
    begin_scope(&mut batch);
    batch.chain(FORWARD);
    batch.rule(FORWARD.name, link_local_stays());
    batch.commit(socket, "write a network's nftables table")
}

/// A scope's table, with what each has:
/// - `guard`: what one link sends to the services of the scope itself (metadata, credentials, API,
///   names) is bounded here, before it costs a place in the connection table or a wakeup.
pub(crate) fn begin_scope(batch: &mut Batch<'_>) {
    batch.fresh_table();
    batch.chain(RAW);
    for (meter, kind, rate, burst) in [
        (
            CONNECTIONS,
            Expression::tcp_begins(),
            CONNECTIONS_PER_SECOND,
            CONNECTIONS_BURST,
        ),
        (
            DATAGRAMS,
            Expression::udp(),
            DATAGRAMS_PER_SECOND,
            DATAGRAMS_BURST,
        ),
    ] {
        batch.link_meter(meter, METER_SIZE, METER_TIMEOUT_MS);
        let rule = [
            Expression::for_this_host(),
            kind,
            Expression::link_exceeds(meter, rate, burst),
            Expression::discard(),
        ];
        batch.rule(RAW.name, rule.concat());
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
