//! IPv6 in VPCs: beside the IPv4 of a VPC's namespace, and only where an interface has such an address.
//!
//! ```text
//!  task's namespace             VPC's namespace
//!  eth0 <address>/128 ──veth──  <address>/128 dev w<id>e…        neighbour <address> lladdr <mac>
//!    default via fe80::1        <address>/128 via <end> dev vx   (on another host)
//!                               neighbour <end> lladdr <mac of end> dev vx
//!                               table ip6: who may send by which link, groups, network ACLs
//! ```
//! Where the interface is the guest's of a virtual machine, its addresses are behind the task's namespace (`guest`).
//!
//! A peer's range is behind the link to it (`peering`), its addresses on other hosts behind the tunnel of the VPC that carries it.
//!
//! Nobody asks for neighbours and nobody is believed about them: all entries are fixed, links have no addresses of
//! their own making, and what arrives with a sender that is not its link's ends before anything looks at it. Until a
//! route of the VPC leads to the world (`outside`) there is no route but those to single addresses and peers, so nothing leads to
//! the host, to other VPCs or to the world. `<end>` is a link-local address made of the IPv4 address that the other
//! host's tunnel ends at.
//!
//! Invariants: `plan` is pure, and so is `table`; each change of the table is one batch of what differs; rules are there before
//! the link that they are for; all of it outlives the agent and is adopted by the next, which touches the table when the
//! control plane has spoken; a VPC without such addresses has nothing of it.

mod exits;
pub(crate) mod outside;
mod plan;
mod rule;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use plan::{Wanted, Wired};
use wharf_base::Cidr6;

use crate::error::NetworkError;
use crate::groups::next_generation;
use crate::guest;
use crate::host;
use crate::model::{MacAddress, Mode, Scope};
use crate::names::{Names, SCOPE_TUNNEL, TASK_LINK};
use crate::netlink::nft::{self, Batch, Image};
use crate::netlink::route6::{self, Hop};
use crate::netlink::{Family, Request, Socket, link, route, tunnel};
use crate::netns::Namespace;
use crate::peering::PeerLink;
use crate::scope::{GATEWAY_MAC, ScopeNet, in_task};
use crate::state::TaskRecord;
use crate::sysctl;
use crate::view::Touched;
use crate::worker::Worker;

/// The router of all subnets, as tasks see it.
const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);
/// Who tells senders that a packet is too big, or that nobody is there; nothing else is answered at it.
const OWN: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 1);
/// What no interface has more of, whatever is said.
pub(crate) const MOST: usize = 64;
/// Keeps a batch's answers within the socket's buffer.
const TOGETHER: usize = 512;

/// Forwarded, and nothing learnt from anybody.
const SCOPE_SETTINGS: [(&str, &str); 2] = [
    ("ipv6/conf/all/forwarding", "1"),
    ("ipv6/conf/lo/disable_ipv6", "0"),
];
/// Of one link, the switch last.
const LINK_SETTINGS: [(&str, &str); 3] = [
    ("accept_ra", "0"),
    ("accept_redirects", "0"),
    ("disable_ipv6", "0"),
];

/// What was made of it in the namespace of a VPC.
#[derive(Debug, Default)]
pub(crate) struct Made {
    socket: Option<Socket>,
    table: Table,
    /// The addresses whose links and tasks are set up.
    wired: BTreeMap<Ipv6Addr, String>,
    /// Index of the tunnel, and what is routed through it.
    tunnel: Option<(u32, BTreeMap<Ipv6Addr, Ipv4Addr>)>,
    /// Index of each link to a peer, and what is behind it.
    peers: BTreeMap<String, (u32, Cidr6)>,
    generation: u32,
    /// There is a way from the namespace to the host.
    leads_out: bool,
    /// All is as the control plane said last.
    settled: bool,
}

/// What is known of the table in the kernel.
#[derive(Debug, Default)]
enum Table {
    #[default]
    Unknown,
    /// Left by a former run, and kept as it is until the control plane's word is there.
    Adopted,
    Written(Box<(Wanted, Image)>),
}

impl Made {
    /// Something changed that no word of the control plane tells of.
    pub(crate) fn doubt(&mut self) {
        self.settled = false;
    }

    fn is_nothing(&self) -> bool {
        matches!(self.table, Table::Unknown) && self.wired.is_empty()
    }
}

/// Whether an interface may have the address: a single one of somebody, that is no link's own.
pub(crate) fn may_have(address: Ipv6Addr) -> bool {
    let link_local = address.segments()[0] & 0xffc0 == 0xfe80;
    let strange = address.is_unspecified() || address.is_loopback() || address.is_multicast();
    !(link_local || strange || address.to_ipv4_mapped().is_some() || address == OWN)
}

impl Worker {
    /// As `follow_ipv6`, for whom its trouble is not: the next word mends it.
    pub(crate) fn lead_ipv6(&mut self) {
        if let Err(error) = self.follow_ipv6(None) {
            tracing::warn!(%error, "failed to route IPv6 addresses; will retry with the next update");
        }
    }

    /// Brings what is there of IPv6 to what is told and wired: in the VPCs that were touched, and in those of which it is not
    /// known whether it is so.
    pub(crate) fn follow_ipv6(&mut self, touched: Option<&Touched>) -> Result<(), NetworkError> {
        let concerned = |(scope, net): (&Scope, &ScopeNet)| {
            let Scope::Vpc(vpc) = scope else {
                return None;
            };
            // Rules may name who has a group of a peer.
            let peers = self.view.peerings(vpc).map(|(_, peer)| peer);
            let mut vpcs = peers.chain([vpc.as_str()]);
            let is_touched = touched.is_none_or(|it| vpcs.any(|vpc| it.concerns(vpc)));
            (is_touched || !net.ipv6.settled).then(|| scope.clone())
        };
        let vpcs: Vec<Scope> = self.scopes.iter().filter_map(concerned).collect();
        let all = vpcs.iter().map(|scope| self.follow_ipv6_of(scope));
        all.fold(Ok(()), Result::and)
    }

    /// An attachment has just got its link.
    pub(crate) fn wire_ipv6(
        &mut self,
        record: &mut TaskRecord,
        scope: &Scope,
    ) -> Result<(), NetworkError> {
        self.follow_ipv6_of(scope)?;
        if let Scope::Vpc(vpc) = scope {
            // Links to peers come with the first of a VPC, and have two ends.
            let peers: BTreeSet<String> = self
                .view
                .peerings(vpc)
                .map(|(_, it)| it.to_owned())
                .collect();
            for peer in peers {
                self.follow_ipv6_of(&Scope::Vpc(peer))?;
            }
        }
        // The control plane may say otherwise than the attachment.
        if let Some(saved) = self.tasks.get(&record.key) {
            record.endpoint.clone_from(&saved.endpoint);
        }
        Ok(())
    }

    fn follow_ipv6_of(&mut self, scope: &Scope) -> Result<(), NetworkError> {
        let Scope::Vpc(vpc) = scope else {
            return Ok(());
        };
        let Some(net) = self.scopes.get_mut(scope) else {
            return Ok(());
        };
        net.ipv6.doubt();
        let has_one = |record: &TaskRecord| {
            let endpoint = record.endpoint.as_ref();
            endpoint.is_some_and(|it| it.scope == *scope && !it.ipv6.is_empty())
        };
        let nothing = net.ipv6.is_nothing() && !self.view.has_ipv6(vpc);
        if nothing && !self.tasks.values().any(has_one) {
            return Ok(());
        }
        let taken = self.take_ipv6(vpc, scope);
        let peers = self.peer_links_ipv6(vpc);
        let wanted = self.wanted_ipv6(vpc, &peers);
        let Some(net) = self.scopes.get_mut(scope) else {
            return Ok(());
        };
        let leads_out = !wanted.exits.is_empty();
        let (state, tasks) = (&self.state, &self.tasks);
        let written = net.write_ipv6(&wanted, self.heard, &self.names);
        // Without rules for it no link speaks IPv6.
        written?;
        let placed = net.place_ipv6(&wanted, |key, address| {
            let netns = state.task_netns(key);
            let endpoint = tasks.get(key).and_then(|it| it.endpoint.as_ref());
            match endpoint.filter(|it| it.guest) {
                Some(it) => guest::lead_ipv6(&netns, address, it.mac),
                None => task(&netns, address),
            }
        });
        let led = match self.heard {
            true => {
                let led = net.lead_through_tunnel(&wanted.there);
                led.and(net.lead_to_peers(&peers))
            }
            false => Ok(()),
        };
        if leads_out && let Err(error) = self.lead_out_ipv6(scope) {
            // What is inside of the VPC is reached all the same.
            tracing::warn!(vpc, %error, "failed to route IPv6 out of a VPC; will retry with the next update");
        }
        let done = taken.and(placed).and(led);
        if let Some(net) = self.scopes.get_mut(scope) {
            let has_way = net.ipv6.leads_out || !leads_out;
            net.ipv6.settled = self.heard && has_way && done.is_ok();
        }
        done
    }

    /// Brings the records to what the control plane says of the interfaces of a VPC. Of one that nothing is said of
    /// they stay.
    fn take_ipv6(&mut self, vpc: &str, scope: &Scope) -> Result<(), NetworkError> {
        if !self.heard {
            return Ok(());
        }
        let mut changed = Vec::new();
        for ((of, id), key) in &self.interfaces {
            let record = self.tasks.get(key).filter(|_| of == vpc);
            let endpoint = record.and_then(|it| it.endpoint.as_ref());
            let (Some(endpoint), Some(told)) = (endpoint, self.view.own_ipv6(vpc, id)) else {
                continue;
            };
            if told != endpoint.ipv6 {
                changed.push((key.clone(), told));
            }
        }
        let mut trouble = Ok(());
        for (key, told) in changed {
            trouble = trouble.and(self.change_ipv6(&key, told, scope));
        }
        trouble
    }

    fn change_ipv6(
        &mut self,
        key: &str,
        told: BTreeSet<Ipv6Addr>,
        scope: &Scope,
    ) -> Result<(), NetworkError> {
        let (Some(mut record), Some(net)) =
            (self.tasks.get(key).cloned(), self.scopes.get_mut(scope))
        else {
            return Ok(());
        };
        let Some(endpoint) = &mut record.endpoint else {
            return Ok(());
        };
        let gone: Vec<Ipv6Addr> = endpoint.ipv6.difference(&told).copied().collect();
        for address in gone {
            net.part_ipv6(&endpoint.link, address)?;
            let netns = self.state.task_netns(key);
            match endpoint.guest {
                true => guest::part_ipv6(&netns, address)?,
                false => in_task(&netns, |index| vec![route6::delete_address(index, address)])?,
            }
        }
        endpoint.ipv6 = told;
        self.save(&record)
    }

    fn wanted_ipv6(&self, vpc: &str, peers: &[PeerLink]) -> Wanted {
        let of_vpc = self.interfaces.iter().filter(|((of, _), _)| of == vpc);
        let wired = of_vpc.filter_map(|((_, id), key)| {
            let record = self.tasks.get(key)?;
            let (Mode::Awsvpc(eni), Some(endpoint)) = (&record.mode, &record.endpoint) else {
                return None;
            };
            Some(Wired {
                key,
                interface: id,
                link: &endpoint.link,
                mac: endpoint.mac,
                subnet: eni.subnet,
                addresses: &endpoint.ipv6,
            })
        });
        let own = self.own.as_ref().filter(|_| self.end.is_some());
        let own = own.map(|own| own.instance_id.as_str());
        let mut wanted = Wanted::of(&self.view, vpc, own, wired);
        let links = peers.iter().map(|it| (it.name.clone(), it.range));
        wanted.peers = links.collect();
        wanted
    }
}

impl ScopeNet {
    /// The rules; what differs is changed in one batch.
    fn write_ipv6(
        &mut self,
        wanted: &Wanted,
        heard: bool,
        names: &Names,
    ) -> Result<(), NetworkError> {
        let failed = |e| NetworkError::kernel("enter a network namespace", e);
        if self.ipv6.socket.is_none() {
            let opened = self.namespace.run(|| host::open(Family::Netfilter));
            self.ipv6.socket = Some(opened.map_err(failed).flatten()?);
        }
        let Some(socket) = &mut self.ipv6.socket else {
            return Ok(());
        };
        if matches!(self.ipv6.table, Table::Unknown) {
            if nft::table_exists_ipv6(socket, names.table())? {
                self.ipv6.table = Table::Adopted;
            }
            let settings = self.namespace.run(|| {
                let mut all = SCOPE_SETTINGS.iter();
                all.try_for_each(|(name, value)| sysctl::ensure(name, value))
            });
            settings.map_err(failed).flatten()?;
            let lo = link::require(&mut self.route, "lo")?;
            self.route.perform(vec![route6::address(lo, OWN)])?;
        }
        let same = match &self.ipv6.table {
            Table::Unknown => false,
            Table::Adopted => !heard,
            Table::Written(written) => written.0.has_rules_of(wanted),
        };
        if same {
            return Ok(());
        }
        let generation = &mut self.ipv6.generation;
        if let Table::Written(written) = &mut self.ipv6.table {
            let mut image = table::image(names, wanted, *generation);
            if image.revokes(&written.1) {
                *generation = next_generation(*generation)?;
                image = table::image(names, wanted, *generation);
            }
            let mut batch = Batch::ipv6(names.table());
            image.change(&written.1, &mut batch);
            match batch.commit(socket, "change a network's nftables table for IPv6") {
                Ok(()) => {
                    **written = (wanted.clone(), image);
                    return Ok(());
                }
                // Someone may have flushed the rules: what is recorded counts, so write it whole.
                Err(error) => {
                    tracing::warn!(%error, "rules of IPv6 differ from the kernel's; rewriting them");
                    self.ipv6.table = Table::Adopted;
                }
            }
        }
        // No packet sees a moment without rules.
        *generation = next_generation(*generation)?;
        let image = table::image(names, wanted, *generation);
        let mut batch = Batch::ipv6(names.table());
        batch.fresh_table();
        image.write(&mut batch);
        batch.commit(socket, "write a network's nftables table for IPv6")?;
        self.ipv6.table = Table::Written(Box::new((wanted.clone(), image)));
        Ok(())
    }

    /// Leads the addresses of what is wired here to their links, and has `set_up` give them to their tasks.
    fn place_ipv6(
        &mut self,
        wanted: &Wanted,
        set_up: impl Fn(&str, Ipv6Addr) -> Result<(), NetworkError>,
    ) -> Result<(), NetworkError> {
        let mut trouble = Ok(());
        let wired = self.ipv6.wired.clone();
        for (address, link) in wired {
            if wanted.here.get(&address).is_none_or(|it| it.link != link) {
                trouble = trouble.and(self.part_ipv6(&link, address));
            }
        }
        for (address, here) in &wanted.here {
            if self.ipv6.wired.contains_key(address) {
                continue;
            }
            let led = self.lead_ipv6(&here.link, *address, here.mac);
            // One whose link is not there yet is set up with it.
            if let Ok(false) = led {
                continue;
            }
            let done = led.and_then(|_| set_up(&here.key, *address));
            if done.is_ok() {
                self.ipv6.wired.insert(*address, here.link.clone());
            }
            trouble = trouble.and(done);
        }
        trouble
    }

    /// `false` if there is no such link.
    fn lead_ipv6(
        &mut self,
        name: &str,
        address: Ipv6Addr,
        mac: MacAddress,
    ) -> Result<bool, NetworkError> {
        let Some(index) = link::index_of(&mut self.route, name)? else {
            return Ok(false);
        };
        switch_on(&self.namespace, name)?;
        let gateway = None;
        self.route.perform(vec![
            route::neighbour(index, address, mac),
            route6::route(address, Hop { index, gateway }),
        ])?;
        Ok(true)
    }

    fn part_ipv6(&mut self, name: &str, address: Ipv6Addr) -> Result<(), NetworkError> {
        if let Some(index) = link::index_of(&mut self.route, name)? {
            self.route.perform(vec![
                route6::delete_route(address, index),
                route::delete_neighbour(index, address),
            ])?;
        }
        self.ipv6.wired.remove(&address);
        Ok(())
    }

    /// Compares the routes through the tunnel with those that are wanted, if either changed. Who makes the tunnel, and
    /// says which of its packets goes to which host, is the overlay: an interface has an IPv4 address as well.
    fn lead_through_tunnel(
        &mut self,
        wanted: &BTreeMap<Ipv6Addr, Ipv4Addr>,
    ) -> Result<(), NetworkError> {
        let Some(index) = link::index_of(&mut self.route, SCOPE_TUNNEL)? else {
            self.ipv6.tunnel = None;
            return Ok(());
        };
        if self.ipv6.tunnel.as_ref() == Some(&(index, wanted.clone())) {
            return Ok(());
        }
        self.ipv6.tunnel = None;
        switch_on(&self.namespace, SCOPE_TUNNEL)?;
        let hop = |end| Hop {
            index,
            gateway: Some(beyond(end)),
        };
        let there = route6::list(&mut self.route)?;
        let there: BTreeMap<Ipv6Addr, Hop> = there
            .into_iter()
            .filter(|it| it.hop.index == index && it.prefix == route6::SINGLE)
            .map(|it| (it.to, it.hop))
            .collect();
        let ends: BTreeSet<Ipv4Addr> = wanted.values().copied().collect();
        let neighbours = ends
            .into_iter()
            .map(|end| route::neighbour(index, beyond(end), tunnel::hardware_address(end)));
        let new = wanted
            .iter()
            .filter(|(address, end)| there.get(address) != Some(&hop(**end)));
        let new = new.map(|(address, end)| route6::route(*address, hop(*end)));
        let gone = there.keys().filter(|address| !wanted.contains_key(address));
        let gone = gone.map(|address| route6::delete_route(*address, index));
        let requests: Vec<Request> = neighbours.chain(new).chain(gone).collect();
        let mut requests = requests.into_iter().peekable();
        while requests.peek().is_some() {
            let some = requests.by_ref().take(TOGETHER).collect();
            self.route.perform(some)?;
        }
        self.ipv6.tunnel = Some((index, wanted.clone()));
        Ok(())
    }
}

impl ScopeNet {
    /// Leads the ranges of peers to the links that lead there. With a link its routes go.
    fn lead_to_peers(&mut self, wanted: &[PeerLink]) -> Result<(), NetworkError> {
        let is_wanted = |name: &String| wanted.iter().any(|it| it.name == *name);
        self.ipv6.peers.retain(|name, _| is_wanted(name));
        for PeerLink { name, mac, range } in wanted {
            let index = link::require(&mut self.route, name)?;
            if self.ipv6.peers.get(name) == Some(&(index, *range)) {
                continue;
            }
            switch_on(&self.namespace, name)?;
            let gateway = Some(ROUTER);
            self.route.perform(vec![
                route::neighbour(index, ROUTER, *mac),
                route6::route_within(*range, Hop { index, gateway }),
            ])?;
            self.ipv6.peers.insert(name.clone(), (index, *range));
        }
        Ok(())
    }
}

/// The router on the tunnel that stands for the host whose end is there.
fn beyond(end: Ipv4Addr) -> Ipv6Addr {
    let [a, b, c, d] = end.octets().map(u16::from);
    Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0x78, a << 8 | b, c << 8 | d)
}

/// IPv6 on one link of a namespace.
pub(crate) fn switch_on(namespace: &Namespace, link: &str) -> Result<(), NetworkError> {
    let set = || {
        LINK_SETTINGS.iter().try_for_each(|(name, value)| {
            sysctl::ensure(&format!("ipv6/conf/{link}/{name}"), value)
        })
    };
    let set = namespace.run(set);
    set.map_err(|e| NetworkError::kernel("enter a network namespace", e))
        .flatten()
}

/// Gives a task's own end of its link the address and the way out. A task whose namespace is gone has neither.
fn task(path: &std::path::Path, address: Ipv6Addr) -> Result<(), NetworkError> {
    if let Some(namespace) = Namespace::open(path)? {
        switch_on(&namespace, TASK_LINK)?;
    }
    in_task(path, |index| {
        let mut requests = vec![route6::address(index, address)];
        requests.extend(outwards(index));
        requests
    })
}

/// The way out of a task's namespace.
pub(crate) fn outwards(index: u32) -> Vec<Request> {
    let gateway = Some(ROUTER);
    vec![
        route::neighbour(index, ROUTER, GATEWAY_MAC),
        route6::default_route(Hop { index, gateway }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_interfaces() {
        let check = |text: &str, good| {
            assert_eq!(may_have(text.parse().unwrap()), good, "{text}");
        };
        check("fd12:3456:789a:bc00::5", true);
        check("2001:db8::5", true);
        for bad in [
            "::",
            "::1",
            "ff02::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "fd00:ec2::1",
        ] {
            check(bad, false);
        }
    }

    #[test]
    fn hosts_have_routers_of_their_own() {
        let end = beyond(Ipv4Addr::new(192, 0, 2, 7));
        assert_eq!(end.to_string(), "fe80::78:c000:207");
    }
}
