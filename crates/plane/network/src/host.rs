//! The host's own namespace: the private range, the published ports, the routes to tasks.
//!
//! Nothing of the host is touched before the first task needs a scope.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use crate::addresses::{Plan, choose_range};
use crate::claims::Claims;
use crate::config::NetworkConfig;
use crate::error::NetworkError;
use crate::model::{Binding, Scope, Subnet};
use crate::names::Names;
use crate::netlink::nft::PortEntry;
use crate::netlink::route::{self, Hop, MAIN, Route};
use crate::netlink::{Family, Socket, link};
use crate::reach::Reach;
use crate::ruleset::{self, Ports, Publics};
use crate::state::{self, Endpoint, Guard, HostRecord, PublicWay};

#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) names: Names,
    pub(crate) plan: Plan,
    pub(crate) route: Socket,
    pub(crate) filter: Socket,
    ports: Ports,
    guard: Option<Guard>,
    publics: Publics,
    reach: Reach,
    /// It forwards IPv6, under the rules for that.
    pub(crate) forwards_ipv6: bool,
    /// Where the host's record is.
    record: PathBuf,
}

/// What the host is prepared for.
pub(crate) struct Parts<'a> {
    pub(crate) config: &'a NetworkConfig,
    pub(crate) names: Names,
    pub(crate) plan: Plan,
    pub(crate) ports: Ports,
    pub(crate) record: PathBuf,
    pub(crate) guard: Option<Guard>,
    pub(crate) publics: Publics,
}

/// A public address of something that is wired here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicPlace {
    pub(crate) uplink: Uplink,
    /// It is an interface's: others may begin connections to it.
    pub(crate) reached: bool,
    /// The network around leads it here.
    pub(crate) routed: bool,
}

/// An uplink as the host sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uplink {
    pub(crate) index: u32,
    /// The address of its other end.
    pub(crate) peer: Ipv4Addr,
}

impl Host {
    /// Claims the private range, lets the host forward, and writes its rules and its table.
    pub(crate) fn prepare(parts: Parts<'_>) -> Result<Self, NetworkError> {
        let Parts {
            config,
            names,
            plan,
            ports,
            record,
            guard,
            publics,
        } = parts;
        let mut claims = Claims::open(&config.shared_dir)?;
        claims.claim_range(names.installation(), plan.range())?;
        claims.enable_forwarding(names.installation())?;
        let mut route = open(Family::Route)?;
        let mut private = claims.ranges_of_others(names.installation());
        private.push(plan.range());
        let (wanted, reserved) = (&config.reach, &config.reserved);
        let reach = Reach::open(&mut route, &names, wanted, &private, reserved)?;
        let publics = adopt_publics(&mut route, &names, publics)?;
        // Until here, so that no two installations choose the same priority for their rules.
        drop(claims);
        let mut host = Self {
            names,
            plan,
            route,
            filter: open(Family::Netfilter)?,
            ports,
            guard,
            publics,
            reach,
            forwards_ipv6: false,
            record,
        };
        host.save()?;
        host.write_table()?;
        Ok(host)
    }

    fn save(&self) -> Result<(), NetworkError> {
        let record = HostRecord::new(self.plan.range(), self.guard.clone(), self.publics.clone());
        state::save(&self.record, &record)
    }

    fn write_table(&mut self) -> Result<(), NetworkError> {
        ruleset::write_host(
            &mut self.filter,
            &self.names,
            self.plan.range(),
            &self.ports,
            &self.publics,
            self.guard.as_ref(),
        )
    }

    /// From now on, tunnel packets are accepted from `peers` alone; `None` if there are no tunnels.
    /// It is written down first, so that a successor guards from its first moment on.
    pub(crate) fn guard_peers(
        &mut self,
        wanted: Option<(u16, BTreeSet<Ipv4Addr>)>,
    ) -> Result<(), NetworkError> {
        let former = self.guard.clone();
        self.guard = wanted.map(|(port, peers)| Guard {
            port,
            peers,
            networks: former.clone().unwrap_or_default().networks,
        });
        if self.guard == former {
            return Ok(());
        }
        self.save()?;
        match (&former, &self.guard) {
            (Some(former), Some(guard)) if former.port == guard.port => {
                let changed = ruleset::change_guard(&mut self.filter, &self.names, former, guard);
                self.mend(changed)
            }
            _ => self.write_table(),
        }
    }

    /// Packets into this network are guarded as well.
    pub(crate) fn guard_network(&mut self, vni: u32) -> Result<(), NetworkError> {
        let Some(guard) = &mut self.guard else {
            return Ok(());
        };
        let former = guard.clone();
        if !guard.networks.insert(vni) {
            return Ok(());
        }
        let guard = guard.clone();
        self.save()?;
        let changed = ruleset::change_guard(&mut self.filter, &self.names, &former, &guard);
        self.mend(changed)
    }

    /// Leads public addresses to what has them here, and no others. One that means something else to
    /// the host, as an address of its own, is nobody's here.
    pub(crate) fn follow_publics(
        &mut self,
        wanted: &BTreeMap<Ipv4Addr, PublicPlace>,
    ) -> Result<(), NetworkError> {
        let way = |place: &PublicPlace| PublicWay {
            link: place.uplink.index,
            reached: place.reached,
            hidden: !place.routed,
        };
        let same = |(address, place): (&Ipv4Addr, &PublicPlace)| {
            self.publics.get(address) == Some(&way(place))
        };
        if wanted.len() == self.publics.len() && wanted.iter().all(same) {
            return Ok(());
        }
        let former = self.publics.clone();
        let mut publics = Publics::new();
        // One address that fails stops no other; it is tried again with the next word.
        let mut trouble = None;
        for (address, former) in &former {
            let stays = |it: &PublicPlace| it.uplink.index == former.link;
            if wanted.get(address).is_some_and(stays) {
                continue;
            }
            let deletion = route::delete_public_route(*address, former.link);
            if let Err(error) = self.route.perform(vec![deletion]) {
                publics.insert(*address, *former);
                trouble.get_or_insert(error);
            }
        }
        for (address, place) in wanted {
            if publics.contains_key(address) {
                continue;
            }
            match self.lead(*address, place) {
                Ok(true) => {
                    publics.insert(*address, way(place));
                }
                Ok(false) => {}
                Err(error) => {
                    trouble.get_or_insert(error);
                }
            }
        }
        if publics != former {
            self.publics = publics;
            self.save()?;
            let (names, now) = (&self.names, &self.publics);
            let changed = ruleset::change_publics(&mut self.filter, names, &former, now);
            self.mend(changed)?;
        }
        trouble.map_or(Ok(()), Err)
    }

    /// The route to a public address; `false` if the address is somebody else's.
    fn lead(&mut self, to: Ipv4Addr, place: &PublicPlace) -> Result<bool, NetworkError> {
        if let Some(found) = route::lookup(&mut self.route, to)? {
            if found.public && found.link == Some(place.uplink.index) {
                return Ok(true);
            }
            // A network that the host is in may be what the operator took the addresses from.
            let elsewhere = !found.via_gateway && !place.routed;
            if found.local || found.to.prefix() == 32 || elsewhere {
                tracing::warn!(%to, "the host has another use for this public address; nothing is reached by it here");
                return Ok(false);
            }
        }
        if place.routed && is_a_neighbours(to) {
            tracing::warn!(%to, "another machine of the host's network has this public address; nothing is reached by it here");
            return Ok(false);
        }
        let hop = Hop::Via {
            index: place.uplink.index,
            gateway: place.uplink.peer,
            source: Some(self.plan.host()),
        };
        match self.route.perform(vec![route::public_route(to, hop)]) {
            Err(error) if error.errno() == Some(libc::EEXIST) => Ok(false),
            done => done.map(|()| true),
        }
    }

    /// Someone may have flushed the host's rules: what is recorded counts, so write it whole.
    fn mend(&mut self, changed: Result<(), NetworkError>) -> Result<(), NetworkError> {
        let Err(error) = changed else { return Ok(()) };
        tracing::warn!(%error, "the host's nftables table was changed by another program; rewriting it");
        self.write_table()
    }

    pub(crate) fn publish(
        &mut self,
        address: Ipv4Addr,
        bindings: &[Binding],
    ) -> Result<(), NetworkError> {
        let added: Vec<_> = port_entries(address, bindings).collect();
        self.ports.extend(added.iter().copied());
        self.change_ports(&[], &added)
    }

    /// Takes back what `publish` did.
    pub(crate) fn withdraw(
        &mut self,
        address: Ipv4Addr,
        bindings: &[Binding],
    ) -> Result<(), NetworkError> {
        let removed: Vec<_> = port_entries(address, bindings)
            .filter(|(key, target)| self.ports.get(key) == Some(target))
            .collect();
        for (key, _) in &removed {
            self.ports.remove(key);
        }
        self.change_ports(&removed, &[])
    }

    fn change_ports(
        &mut self,
        removed: &[PortEntry],
        added: &[PortEntry],
    ) -> Result<(), NetworkError> {
        if removed.is_empty() && added.is_empty() {
            return Ok(());
        }
        let changed = ruleset::change_ports(&mut self.filter, &self.names, removed, added);
        self.mend(changed)
    }

    /// Makes the host reach a task. `false` if it is not to, or if the address means something else
    /// to the host already: another installation's task, a neighbour on its own network, or itself.
    pub(crate) fn reach(
        &mut self,
        scope: &Scope,
        uplink: Uplink,
        to: Ipv4Addr,
    ) -> Result<bool, NetworkError> {
        let table = self.table_of(scope);
        if table != MAIN && !self.reach.covers(to) {
            return Ok(false);
        }
        if let Some(found) = route::lookup(&mut self.route, to)? {
            if found.link == Some(uplink.index) && found.ours && found.table == table {
                return Ok(true);
            }
            if found.to.prefix() == 32 || !found.via_gateway {
                tracing::warn!(%to, "the host has another use for this address and will not reach it");
                return Ok(false);
            }
        }
        let source = Some(self.plan.host());
        let hop = Hop::Via {
            index: uplink.index,
            gateway: uplink.peer,
            source,
        };
        match self
            .route
            .perform(vec![route::route_if_free(table, Subnet::host(to), hop)])
        {
            Err(error) if error.errno() == Some(libc::EEXIST) => Ok(false),
            done => done.map(|()| true),
        }
    }

    /// Bridge tasks have addresses of the installation's own range, which nobody else on the host
    /// uses; and what is sent to their published ports from outside has to find them.
    fn table_of(&self, scope: &Scope) -> u32 {
        match scope {
            Scope::Bridge => MAIN,
            Scope::Vpc(_) => self.reach.table,
        }
    }

    pub(crate) fn forget(
        &mut self,
        scope: &Scope,
        uplink: Uplink,
        to: Ipv4Addr,
    ) -> Result<(), NetworkError> {
        let table = self.table_of(scope);
        let request = route::delete_route_of(table, Subnet::host(to), uplink.index);
        self.route.perform(vec![request])
    }

    /// Removes routes through `uplink` to tasks that are no more, or that the host is not to reach,
    /// and those that a former version put into another table.
    pub(crate) fn forget_others(
        &mut self,
        scope: &Scope,
        uplink: Uplink,
        wanted: impl Fn(Ipv4Addr) -> bool,
    ) -> Result<(), NetworkError> {
        let own = self.table_of(scope);
        for found in route::list(&mut self.route)? {
            let Route { to, table, .. } = found;
            let task = found.ours && found.link == Some(uplink.index) && to.prefix() == 32;
            let reached = own == MAIN || self.reach.covers(to.network());
            if task && !(table == own && reached && wanted(to.network())) {
                let request = route::delete_route_of(table, to, uplink.index);
                self.route.perform(vec![request])?;
            }
        }
        Ok(())
    }
}

/// The public addresses on record that still have their routes: a boot takes them away. A route on one
/// of the installation's uplinks that is not on record is the end of a former run's work, and goes.
fn adopt_publics(
    route: &mut Socket,
    names: &Names,
    mut recorded: Publics,
) -> Result<Publics, NetworkError> {
    let prefix = names.uplink_prefix();
    let uplinks: BTreeSet<u32> = link::list(route)?
        .into_iter()
        .filter(|link| link.name.starts_with(&prefix))
        .map(|link| link.index)
        .collect();
    let present: BTreeMap<Ipv4Addr, u32> = route::list(route)?
        .into_iter()
        .filter(|found| found.public)
        .filter_map(|found| Some((found.to.network(), found.link?)))
        .filter(|(_, link)| uplinks.contains(link))
        .collect();
    recorded.retain(|address, way| present.get(address) == Some(&way.link));
    let leaked = present
        .iter()
        .filter(|(address, _)| !recorded.contains_key(address));
    let requests = leaked.map(|(address, link)| route::delete_public_route(*address, *link));
    route.perform(requests.collect())?;
    Ok(recorded)
}

/// Claims a private range for an installation that uses none on this host now: the one wanted, or
/// the one it had, or any free one.
///
/// # Errors
/// `RangeInUse` if it must be one that another installation has; `NoFreeSubnet`.
pub(crate) fn claim_range(
    names: &Names,
    shared_dir: &Path,
    wanted: Option<Subnet>,
    remembered: Option<Subnet>,
) -> Result<Subnet, NetworkError> {
    let mut claims = Claims::open(shared_dir)?;
    let mut occupied = claims.ranges_of_others(names.installation());
    let in_use = |occupied: &[Subnet], range: &Subnet| occupied.iter().any(|o| o.overlaps(*range));
    let range = match wanted {
        // What the host's own routes say about it is for whoever wants it to judge.
        Some(range) if in_use(&occupied, &range) => {
            return Err(NetworkError::RangeInUse { range });
        }
        Some(range) => range,
        None => {
            let routes = route::list(&mut open(Family::Route)?)?;
            // The default route leads everywhere and occupies nothing.
            occupied.extend(routes.iter().filter(|r| r.to.prefix() > 0).map(|r| r.to));
            remembered
                .or_else(|| claims.range_of(names.installation()))
                .filter(|range| !in_use(&occupied, range))
                .or_else(|| choose_range(names.installation(), &occupied))
                .ok_or(NetworkError::NoFreeSubnet)?
        }
    };
    claims.claim_range(names.installation(), range)?;
    Ok(range)
}

pub(crate) fn open(family: Family) -> Result<Socket, NetworkError> {
    Socket::open(family).map_err(|e| NetworkError::kernel("open a netlink socket", e))
}

/// What the host's table says about a task.
pub(crate) fn port_entries(
    address: Ipv4Addr,
    bindings: &[Binding],
) -> impl Iterator<Item = PortEntry> {
    bindings.iter().flat_map(move |binding| {
        let protocol = binding.protocol.number();
        let pairs = binding.host.iter().zip(binding.container.iter());
        pairs.map(move |(host, container)| ((protocol, host), (address, container)))
    })
}

/// All entries for tasks that are in place.
pub(crate) fn all_ports<'a>(tasks: impl Iterator<Item = (&'a Endpoint, &'a [Binding])>) -> Ports {
    tasks
        .flat_map(|(endpoint, bindings)| port_entries(endpoint.address, bindings))
        .collect()
}

/// Whether the host speaks to another machine of its own link under this address: its gateway or name server, say.
fn is_a_neighbours(address: Ipv4Addr) -> bool {
    let table = std::fs::read_to_string("/proc/self/net/arp").unwrap_or_default();
    has_neighbour(&table, address)
}

/// In a table of neighbours as the kernel shows it: address, kind, flags, hardware address, mask, interface.
fn has_neighbour(table: &str, address: Ipv4Addr) -> bool {
    let address = address.to_string();
    table.lines().any(|line| {
        let mut words = line.split_whitespace();
        let flags = |word: &str| u32::from_str_radix(word.trim_start_matches("0x"), 16);
        // 2: its hardware address is known.
        words.next() == Some(&address)
            && words
                .nth(1)
                .is_some_and(|it| flags(it).is_ok_and(|it| it & 2 != 0))
    })
}

#[cfg(test)]
mod neighbour_tests {
    use super::*;

    #[test]
    fn neighbours_are_known_by_their_hardware_address() {
        let table = "IP address       HW type     Flags       HW address            Mask     Device\n\
                     192.0.2.1        0x1         0x2         06:00:00:00:00:01     *        eth0\n\
                     192.0.2.9        0x1         0x0         00:00:00:00:00:00     *        eth0\n";
        assert!(has_neighbour(table, [192, 0, 2, 1].into()));
        assert!(
            !has_neighbour(table, [192, 0, 2, 9].into()),
            "nobody answered"
        );
        assert!(!has_neighbour(table, [192, 0, 2, 10].into()));
    }
}
