//! What a policy allows one way, in the terms of packets. Pure.

use std::net::{Ipv4Addr, SocketAddrV4};

use ipnet::Ipv4Net;

use crate::policy::{Peer, Port, Ports, Rule};

/// Which end of a connection a policy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Who calls its pods.
    Ingress,
    /// Whom its pods call.
    Egress,
}

/// Who is at the other end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    Anybody,
    Block {
        within: Ipv4Net,
        except: Vec<Ipv4Net>,
    },
    /// The addresses that a selector chooses, by its number.
    Peers(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Traffic {
    All,
    /// Protocol, first and last port.
    Ports(u8, u16, u16),
    /// Those who listen under the name of a port, by its number.
    Listeners(u64),
}

/// Allows the connections that match all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    pub peer: Source,
    pub traffic: Traffic,
}

impl Permission {
    /// How much it is to whoever compares packets with it.
    pub(crate) fn comparisons(&self) -> usize {
        match &self.peer {
            Source::Block { except, .. } => except.len().saturating_add(1),
            Source::Anybody | Source::Peers(_) => 1,
        }
    }
}

/// A service that a node answers itself, at an address and a port that nobody is told. Policies name it as others do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Front {
    pub known_as: SocketAddrV4,
    pub protocol: u8,
    pub at: SocketAddrV4,
}

/// Gives selectors and names of ports their numbers.
pub(crate) trait Numbers {
    /// `None` for what is not counted.
    fn peers(&self, peer: &Peer) -> Option<u64>;
    fn listeners(&self, protocol: u8, name: &str) -> Option<u64>;
}

/// One permission for each peer and each port of each rule.
pub(crate) fn permissions<'a>(
    rules: &'a [Rule],
    way: Way,
    fronts: &'a [Front],
    numbers: &'a impl Numbers,
) -> impl Iterator<Item = Permission> {
    let fronts = match way {
        Way::Egress => fronts,
        Way::Ingress => &[],
    };
    rules.iter().flat_map(move |rule| {
        let own = rule_permissions(rule, numbers);
        let reached = fronts.iter().filter(move |it| names(rule, it));
        own.chain(reached.map(|it| Permission {
            peer: Source::Block {
                within: Ipv4Net::from(*it.at.ip()),
                except: Vec::new(),
            },
            traffic: Traffic::Ports(it.protocol, it.at.port(), it.at.port()),
        }))
    })
}

fn rule_permissions<'a>(
    rule: &'a Rule,
    numbers: &'a impl Numbers,
) -> impl Iterator<Item = Permission> {
    let one = |peer: &Peer| match peer {
        Peer::Block { within, except } => Some(Source::Block {
            within: *within,
            except: except.clone(),
        }),
        Peer::Pods { .. } => numbers.peers(peer).map(Source::Peers),
    };
    let peers: Vec<Source> = match &rule.peers {
        None => vec![Source::Anybody],
        Some(all) => all.iter().filter_map(one).collect(),
    };
    let one = |port: &Port| match &port.ports {
        Ports::Range(first, last) => Some(Traffic::Ports(port.protocol, *first, *last)),
        Ports::Named(name) => numbers
            .listeners(port.protocol, name)
            .map(Traffic::Listeners),
    };
    let ports: Vec<Traffic> = match &rule.ports {
        None => vec![Traffic::All],
        Some(all) => all.iter().filter_map(one).collect(),
    };
    peers.into_iter().flat_map(move |peer| {
        let ports = ports.clone();
        ports.into_iter().map(move |traffic| Permission {
            peer: peer.clone(),
            traffic,
        })
    })
}

/// Whether a rule allows the service as it is known: by its address, for no selector chooses it.
fn names(rule: &Rule, front: &Front) -> bool {
    let (address, port) = (*front.known_as.ip(), front.known_as.port());
    let by_peer = match &rule.peers {
        None => true,
        Some(all) => all.iter().any(|it| match it {
            Peer::Block { within, except } => holds(within, except, address),
            Peer::Pods { .. } => false,
        }),
    };
    let by_port = match &rule.ports {
        None => true,
        Some(all) => all.iter().any(|it| {
            let within =
                matches!(it.ports, Ports::Range(first, last) if (first..=last).contains(&port));
            it.protocol == front.protocol && within
        }),
    };
    by_peer && by_port
}

pub(crate) fn holds(within: &Ipv4Net, except: &[Ipv4Net], address: Ipv4Addr) -> bool {
    within.contains(&address) && !except.iter().any(|it| it.contains(&address))
}
