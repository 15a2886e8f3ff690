//! Whether this machine's kernel can do what tasks' networks need, found out by doing it.
//!
//! The kernel loads the modules of what is asked of it, so what fails here cannot be loaded either.
//! Each trial is made in a network namespace of its own, which ends with it; the host's own stays as it is.

use std::collections::BTreeSet;
use std::fs::File;
use std::net::Ipv4Addr;
use std::os::fd::AsFd;

use wharf_base::InstallationId;

use crate::error::NetworkError;
use crate::host::open;
use crate::kept;
use crate::model::Subnet;
use crate::names::{Names, SCOPE_TUNNEL, SCOPE_UPLINK, TASK_LINK};
use crate::netlink::link::{self, End};
use crate::netlink::tunnel::{self, Tunnel};
use crate::netlink::{Family, conntrack};
use crate::netns::{OWN, in_passing};
use crate::ruleset::{self, Ports, Publics};
use crate::state::Guard;

/// Documentation's own (RFC 5737); no packet is sent.
const RANGE: Subnet = Subnet::constant(Ipv4Addr::new(203, 0, 113, 0), 24);
const NETWORK_NUMBER: u32 = 1;
const MTU: u32 = 1450;
/// Of tunnels; any will do in a namespace without traffic.
const PORT: u16 = 14789;
const TCP: u8 = 6;

/// A pair of links, as every task has (the module `veth`).
///
/// # Errors
/// What the kernel refused.
pub fn links() -> Result<(), NetworkError> {
    tried(|| {
        let end = |name| End {
            name,
            mac: None,
            mtu: None,
        };
        let own = own_namespace()?;
        let pair = link::veth(&end(SCOPE_UPLINK), &end(TASK_LINK), own.as_fd());
        open(Family::Route)?.perform(vec![pair])
    })
}

/// The host's rules, with a published port and guarded tunnels, and the list of tracked connections
/// (`nf_tables`, its parts for address translation and connection tracking with labels, `nf_conntrack_netlink`).
///
/// # Errors
/// As `links`.
pub fn rules() -> Result<(), NetworkError> {
    tried(|| {
        let mut socket = open(Family::Netfilter)?;
        let names = Names::new(&InstallationId::mint());
        let ports = Ports::from([((TCP, 80), (RANGE.network(), 80))]);
        let publics = Publics::new();
        let guard = Guard {
            port: PORT,
            peers: BTreeSet::from([RANGE.network()]),
            networks: BTreeSet::from([NETWORK_NUMBER]),
        };
        ruleset::write_host(&mut socket, &names, RANGE, &ports, &publics, Some(&guard))?;
        kept::try_labels(&mut socket)?;
        conntrack::forget_udp(&mut socket, &BTreeSet::new())
    })
}

/// Rules for what a link sends (`NETFILTER_EGRESS`, Linux 5.16), by which load balancers that speak as their clients are known to other hosts.
///
/// # Errors
/// As `links`.
pub fn of_senders() -> Result<(), NetworkError> {
    tried(|| kept::try_senders(&mut open(Family::Netfilter)?))
}

/// A tunnel to other hosts (`vxlan`).
///
/// # Errors
/// As `links`.
pub fn tunnels() -> Result<(), NetworkError> {
    tried(|| {
        let tunnel = Tunnel {
            vni: NETWORK_NUMBER,
            local: Ipv4Addr::LOCALHOST,
            port: PORT,
            mtu: MTU,
        };
        let own = own_namespace()?;
        let device = tunnel::create(SCOPE_TUNNEL, &tunnel, own.as_fd());
        open(Family::Route)?.perform(vec![device])
    })
}

fn tried(work: impl FnOnce() -> Result<(), NetworkError> + Send) -> Result<(), NetworkError> {
    in_passing(work)
        .map_err(|e| NetworkError::kernel("make a network namespace", e))
        .flatten()
}

fn own_namespace() -> Result<File, NetworkError> {
    File::open(OWN).map_err(|e| NetworkError::kernel("look at a network namespace", e))
}
