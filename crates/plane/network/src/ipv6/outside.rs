//! The way out of a VPC over IPv6: what its route tables lead to a gateway leaves by the uplink under the uplink's
//! address, and leaves the host under the host's own.
//!
//! ```text
//!  VPC's namespace                              host
//!  up <uplink>                ──────veth──────  w<id>u<n>
//!    default via fe80::1        <uplink>/128    neighbour <uplink> lladdr <mac of up>
//!    neighbour fe80::1          table ip6: guard, forward, postrouting
//! ```
//! Nothing begins a connection the other way round. The host itself is outside, as over IPv4. None of it is made before
//! a route leads out, and on a host that has switched IPv6 off never.

use std::net::Ipv6Addr;
use std::path::Path;

use super::{LINK_SETTINGS, OWN, ROUTER, switch_on};
use crate::claims::Claims;
use crate::error::NetworkError;
use crate::host::Host;
use crate::model::Scope;
use crate::names::{Names, SCOPE_UPLINK};
use crate::netlink::nft::{
    BaseChain, Batch, Compare, Direction, Expression, Hook, table_exists_ipv6,
};
use crate::netlink::route6::{self, Hop};
use crate::netlink::{Socket, link, route};
use crate::scope::ScopeNet;
use crate::sysctl;
use crate::worker::Worker;

/// Bits of the range of an installation's uplinks.
const RANGE: u8 = 64;

const GUARD: BaseChain = BaseChain {
    name: "guard",
    kind: "filter",
    hook: Hook::Prerouting,
    priority: -300,
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

/// The range that the uplinks of an installation are in: a part of `fd00:ec2::/32`, where no VPC has addresses, that
/// its name says, so that two on a host do not meet.
fn range(names: &Names) -> Ipv6Addr {
    let [a, b, ..] = OWN.segments();
    let [c, d, e, f] = names.routing_table().to_be_bytes().map(u16::from);
    Ipv6Addr::new(a, b, c << 8 | d, e << 8 | f, 0, 0, 0, 0)
}

fn uplink(names: &Names, number: u8) -> Ipv6Addr {
    Ipv6Addr::from_bits(range(names).to_bits() | (2 + u128::from(number)))
}

impl Worker {
    /// Lets what the rules let out of a VPC leave it, as far as the host leads.
    pub(super) fn lead_out_ipv6(&mut self, scope: &Scope) -> Result<(), NetworkError> {
        let (Some(host), Some(net)) = (&mut self.host, self.scopes.get_mut(scope)) else {
            return Ok(());
        };
        if net.ipv6.leads_out || !host.open_ipv6(&self.config.shared_dir)? {
            return Ok(());
        }
        net.lead_out_ipv6(host)
    }
}

impl Host {
    /// Forwarding and rules, once; `false` on a host without IPv6.
    fn open_ipv6(&mut self, shared: &Path) -> Result<bool, NetworkError> {
        if self.forwards_ipv6 {
            return Ok(true);
        }
        let off = sysctl::read("ipv6/conf/all/disable_ipv6")?;
        if off.as_deref() != Some("0") {
            tracing::debug!("the host has no IPv6; routes of VPCs to the outside lead nowhere");
            return Ok(false);
        }
        write_host(&mut self.filter, &self.names)?;
        Claims::open(shared)?.enable_forwarding_ipv6(self.names.installation())?;
        self.forwards_ipv6 = true;
        Ok(true)
    }
}

impl ScopeNet {
    fn lead_out_ipv6(&mut self, host: &mut Host) -> Result<(), NetworkError> {
        let name = host.names.uplink(self.record.number);
        let own = uplink(&host.names, self.record.number);
        for (setting, value) in LINK_SETTINGS {
            sysctl::ensure(&format!("ipv6/conf/{name}/{setting}"), value)?;
        }
        switch_on(&self.namespace, SCOPE_UPLINK)?;
        let outside = link::hardware_address(&mut host.route, &name)?;
        let inside = link::hardware_address(&mut self.route, SCOPE_UPLINK)?;
        let (index, gateway) = (self.uplink.index, None);
        host.route.perform(vec![
            route::neighbour(index, own, inside),
            route6::route(own, Hop { index, gateway }),
        ])?;
        let index = link::require(&mut self.route, SCOPE_UPLINK)?;
        let gateway = Some(ROUTER);
        self.route.perform(vec![
            route6::address(index, own),
            route::neighbour(index, ROUTER, outside),
            route6::default_route(Hop { index, gateway }),
        ])?;
        self.ipv6.leads_out = true;
        Ok(())
    }
}

/// The host's table for IPv6:
/// - `guard`: uplinks send under their own addresses;
/// - `forward`: nothing begins one to a VPC, nor from one VPC to another;
/// - `postrouting`: the host stands for what leaves it.
fn write_host(socket: &mut Socket, names: &Names) -> Result<(), NetworkError> {
    let uplinks = names.uplink_prefix();
    let by = |direction| Expression::link_prefix(direction, Compare::Equal, &uplinks);
    let from = || Expression::source_ipv6(range(names), RANGE);
    let mut batch = Batch::ipv6(names.table());
    batch.fresh_table();
    for chain in [GUARD, FORWARD, POSTROUTING] {
        batch.chain(chain);
    }
    let (new, discard) = (Expression::new_connection, Expression::discard);
    for (chain, rule) in [
        (GUARD, [by(Direction::In), from(), Expression::accept()]),
        (GUARD, [by(Direction::In), discard(), Vec::new()]),
        (FORWARD, [by(Direction::Out), new(), discard()]),
        (FORWARD, [by(Direction::In), by(Direction::Out), discard()]),
        (
            POSTROUTING,
            [
                Expression::link_prefix(Direction::Out, Compare::Different, &uplinks),
                from(),
                Expression::masquerade(),
            ],
        ),
    ] {
        batch.rule(chain.name, rule.concat());
    }
    batch.commit(socket, "write the host's nftables table for IPv6")
}

/// Removes the host's table, if there is one.
pub(crate) fn remove_host(socket: &mut Socket, names: &Names) -> Result<(), NetworkError> {
    // A kernel without IPv6 has none, and says so in its own way.
    if !table_exists_ipv6(socket, names.table()).unwrap_or(false) {
        return Ok(());
    }
    let mut batch = Batch::ipv6(names.table());
    batch.drop_table();
    batch.commit(socket, "remove the host's nftables table for IPv6")
}

#[cfg(test)]
mod tests {
    use wharf_base::InstallationId;

    use super::*;

    #[test]
    fn uplinks_of_installations_are_apart() {
        let names = |id: &str| Names::new(&InstallationId::try_from(id.to_owned()).unwrap());
        let (one, other) = (names("ab12"), names("cd34"));
        assert_ne!(range(&one), range(&other));
        assert_eq!(range(&one).segments()[..2], OWN.segments()[..2]);
        assert_ne!(uplink(&one, 0), uplink(&one, 1));
        assert_eq!(uplink(&one, 0).segments()[..4], range(&one).segments()[..4]);
    }
}
