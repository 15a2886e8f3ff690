//! VPC peering: on each host, the namespaces of two peered VPCs are joined by a link of their own.
//!
//! Of the two VPCs one is the carrier (the one whose id sorts first): between hosts, packets of the
//! peering travel in its tunnel, whichever way they go. So a packet changes from one VPC to the other on
//! the host of the interface that is in the VPC which is carried, and both directions of a connection take
//! the same way, past the same connection tracking and the same reverse-path checks.
//!
//! ```text
//!  host 1                             host 2
//!  carrier's namespace   ──tunnel──   carrier's namespace   ──pc…──   carried VPC's namespace
//!    task A                                                             task B
//! ```
//! - In the carrier's namespace an address of the peer is behind the tunnel, if it is on another host, or
//!   behind the link; in the carried VPC's, the peer's ranges are behind the link.
//! - The link is on each host where the carried VPC has attachments. There the carrier has a namespace even
//!   if nothing of it is wired on that host.
//! - A table of its own (`table`), one for each family that both VPCs have, says what may cross. It only refuses: groups are asked as for any other
//!   connection, the sender's in one namespace and the receiver's in the other.
//!
//! IPv6 takes the same links once `ipv6` has rules for them.
//!
//! Invariants: the table is there before the link, and gone after it; a VPC without peerings has neither;
//! nothing passes from one peer through a VPC to another, to the world, or to the VPC's own services.

mod family;
mod plan;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::os::fd::AsFd;

use plan::Rules;
use wharf_base::Cidr6;

use crate::error::NetworkError;
use crate::host;
use crate::model::{MacAddress, Scope, Subnet};
use crate::names::SCOPE_PEER;
use crate::netlink::link::{self, Conf, End};
use crate::netlink::route::{self, Hop};
use crate::netlink::{Family, Socket};
use crate::netns::Namespace;
use crate::scope::ScopeNet;
use crate::view::Touched;
use crate::worker::Worker;

/// The router at the other end of each link, known by its hardware address alone.
const OTHER_END: Ipv4Addr = Ipv4Addr::new(169, 254, 171, 1);
const CARRIER_MAC: MacAddress = MacAddress::new([0x02, b'w', b'p', b'e', b'e', 0]);
const CARRIED_MAC: MacAddress = MacAddress::new([0x02, b'w', b'p', b'e', b'e', 1]);

/// What a VPC's namespace has of peerings.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    /// The kernel was read, and has been followed since.
    known: bool,
    /// Links by their names, with the ranges behind them.
    links: BTreeMap<String, Vec<Subnet>>,
    /// The table, if there is one; and that of IPv6.
    rules: Option<Rules<Subnet>>,
    ipv6: Option<Rules<Cidr6>>,
}

/// A link to a peer as it is, by its name.
#[derive(Debug)]
pub(crate) struct PeerLink {
    pub(crate) name: String,
    /// Of its other end.
    pub(crate) mac: MacAddress,
    /// What is behind it.
    pub(crate) range: Cidr6,
}

/// One link that is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    carrier: String,
    carried: String,
}

impl Worker {
    /// Brings the links and tables of all peerings to what the control plane says.
    pub(crate) fn follow_peerings(&mut self, touched: &Touched) -> Result<(), NetworkError> {
        let followed = |net: &ScopeNet| net.peers.known;
        let quiet = touched.vpcs.is_empty() && touched.exits.is_empty();
        if !self.heard || quiet && self.scopes.values().all(followed) {
            return Ok(());
        }
        let wanted = self.wanted_peers();
        let mut trouble = Ok(());
        for link in &wanted {
            let carrier = Scope::Vpc(link.carrier.clone());
            trouble = trouble.and(self.ensure_scope(&carrier));
        }
        let vpcs: Vec<String> = self.scopes.keys().filter_map(vpc_of).collect();
        for vpc in &vpcs {
            trouble = trouble.and(self.guard_peers_of(vpc, &wanted));
        }
        for vpc in &vpcs {
            trouble = trouble.and(self.cut_links(vpc, &wanted));
        }
        for link in &wanted {
            trouble = trouble.and(self.join(link));
        }
        for vpc in &vpcs {
            trouble = trouble.and(self.drop_table(vpc));
        }
        let doubt = trouble.is_err();
        for net in self.scopes.values_mut() {
            net.peers.known = !doubt;
        }
        trouble
    }

    /// A VPC has its first attachment here, perhaps; its peers may need a way to it.
    pub(crate) fn join_peers(&mut self, vpc: &str) -> Result<(), NetworkError> {
        if !self.heard || self.view.peerings(vpc).next().is_none() {
            return Ok(());
        }
        let linked = |it: &Wanted| {
            let scope = self.scopes.get(&Scope::Vpc(it.carrier.clone()));
            let name = self.link_to(&it.carried);
            scope.is_some_and(|net| name.is_some_and(|name| net.peers.links.contains_key(&name)))
        };
        if self.wanted_peers().iter().all(linked) {
            return Ok(());
        }
        let mut touched = Touched::default();
        touched.vpcs.insert(vpc.to_owned());
        self.follow_peerings(&touched)?;
        // A carrier's namespace may be new: nothing in it leads to other hosts yet.
        self.follow_places(&Touched::default())
    }

    /// The links that this host is to have.
    fn wanted_peers(&self) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for carrier in self.view.peered() {
            for carried in self.view.carried(carrier) {
                let here = self.endpoints(&Scope::Vpc(carried.to_owned())).next();
                if here.is_some() && self.link_to(carried).is_some() && self.is_told(carrier) {
                    wanted.push(Wanted {
                        carrier: carrier.to_owned(),
                        carried: carried.to_owned(),
                    });
                }
            }
        }
        wanted
    }

    fn is_told(&self, vpc: &str) -> bool {
        self.view.vpc(vpc).is_some()
    }

    /// The links of a VPC that IPv6 may take here: those to peers that have a range of it.
    pub(crate) fn peer_links_ipv6(&self, vpc: &str) -> Vec<PeerLink> {
        let scope = self.scopes.get(&Scope::Vpc(vpc.to_owned()));
        let Some(peers) = scope.map(|net| &net.peers).filter(|it| it.ipv6.is_some()) else {
            return Vec::new();
        };
        let all: BTreeSet<&str> = self.view.peerings(vpc).map(|(_, peer)| peer).collect();
        let linked = all.into_iter().filter_map(|peer| {
            let name = self.link_to(peer)?;
            let mac = match vpc < peer {
                true => CARRIED_MAC,
                false => CARRIER_MAC,
            };
            let range = self.view.range_ipv6(peer)?;
            let is_there = peers.links.contains_key(&name);
            is_there.then_some(PeerLink { name, mac, range })
        });
        linked.collect()
    }

    /// The name of links that lead into a VPC.
    fn link_to(&self, vpc: &str) -> Option<String> {
        let vpc = self.view.vpc(vpc)?;
        Some(format!("{SCOPE_PEER}{:06x}", vpc.vni))
    }

    /// Writes the tables of a VPC that has links, or is to have some.
    fn guard_peers_of(&mut self, vpc: &str, wanted: &[Wanted]) -> Result<(), NetworkError> {
        let linked: BTreeMap<&str, String> = wanted
            .iter()
            .filter_map(|it| match (&*it.carrier, &*it.carried) {
                (carrier, carried) if carrier == vpc => Some(carried),
                (carrier, carried) if carried == vpc => Some(carrier),
                _ => None,
            })
            .filter_map(|peer| Some((peer, self.link_to(peer)?)))
            .collect();
        let rules = Rules::<Subnet>::of(&self.view, vpc, &linked);
        let ipv6 = Rules::<Cidr6>::of(&self.view, vpc, &linked);
        let names = self.names.clone();
        let Some(net) = self.scopes.get_mut(&Scope::Vpc(vpc.to_owned())) else {
            return Ok(());
        };
        let known = net.peers.known;
        let same = rules.is_empty() || known && net.peers.rules.as_ref() == Some(&rules);
        let same_ipv6 = ipv6.is_empty() || known && net.peers.ipv6.as_ref() == Some(&ipv6);
        if same && same_ipv6 {
            return Ok(());
        }
        let mut socket = net.netfilter()?;
        if !same {
            table::write(&mut socket, &names, &rules)?;
            net.peers.rules = Some(rules);
        }
        if !same_ipv6 {
            table::write(&mut socket, &names, &ipv6)?;
            net.peers.ipv6 = Some(ipv6);
        }
        Ok(())
    }

    /// Removes the table where nothing is left to guard.
    fn drop_table(&mut self, vpc: &str) -> Result<(), NetworkError> {
        let peered = self.view.peerings(vpc).next().is_some();
        let names = self.names.clone();
        let Some(net) = self.scopes.get_mut(&Scope::Vpc(vpc.to_owned())) else {
            return Ok(());
        };
        let idle = net.peers.known && net.peers.rules.is_none();
        if peered || idle || !net.peers.links.is_empty() {
            return Ok(());
        }
        let mut socket = net.netfilter()?;
        table::remove(&mut socket, &names)?;
        net.peers.rules = None;
        net.peers.ipv6 = None;
        Ok(())
    }

    /// Removes the links that are not wanted, those that a former run left among them.
    fn cut_links(&mut self, vpc: &str, wanted: &[Wanted]) -> Result<(), NetworkError> {
        let ends = wanted.iter().filter_map(|it| {
            let peer = match vpc {
                _ if vpc == it.carrier => &it.carried,
                _ if vpc == it.carried => &it.carrier,
                _ => return None,
            };
            self.link_to(peer)
        });
        let wanted: BTreeSet<String> = ends.collect();
        let Some(net) = self.scopes.get_mut(&Scope::Vpc(vpc.to_owned())) else {
            return Ok(());
        };
        let present: Vec<String> = if net.peers.known {
            net.peers.links.keys().cloned().collect()
        } else {
            links_to_peers(&mut net.route)?
        };
        for name in present.into_iter().filter(|name| !wanted.contains(name)) {
            net.route.perform(vec![link::delete(&name)])?;
            net.peers.links.remove(&name);
        }
        Ok(())
    }

    /// Makes a link with what leads into it, or completes it.
    fn join(&mut self, link: &Wanted) -> Result<(), NetworkError> {
        let Wanted { carrier, carried } = link;
        let (Some(to_carried), Some(to_carrier)) = (self.link_to(carried), self.link_to(carrier))
        else {
            return Ok(());
        };
        let ranges = |vpc: &str| self.view.vpc(vpc).map(|vpc| vpc.ranges);
        let behind = [ranges(carried), ranges(carrier)].map(Option::unwrap_or_default);
        let [carrier, carried] = [carrier, carried].map(|vpc| Scope::Vpc(vpc.clone()));
        let Some(far) = self.scopes.get(&carried).map(|net| net.namespace.clone()) else {
            return Ok(());
        };
        // An end is complete when it is there with its routes; both ends exist or none does.
        let done = |scope: &Scope, name: &str, behind: &Vec<Subnet>| {
            let net = self.scopes.get(scope);
            net.is_some_and(|net| net.peers.known && net.peers.links.get(name) == Some(behind))
        };
        if done(&carrier, &to_carried, &behind[0]) && done(&carried, &to_carrier, &behind[1]) {
            return Ok(());
        }
        if let Some(near) = self.scopes.get_mut(&carrier)
            && link::index_of(&mut near.route, &to_carried)?.is_none()
        {
            create(&mut near.route, &far, &to_carried, &to_carrier)?;
        }
        for (scope, name, mac, behind) in [
            (&carried, to_carrier, CARRIER_MAC, &behind[1]),
            (&carrier, to_carried, CARRIED_MAC, &behind[0]),
        ] {
            let Some(net) = self.scopes.get_mut(scope) else {
                continue;
            };
            net.set_up_peer(&name, mac, behind)?;
            net.peers.links.insert(name, behind.clone());
        }
        Ok(())
    }
}

fn create(
    carrier: &mut Socket,
    carried: &Namespace,
    to_carried: &str,
    to_carrier: &str,
) -> Result<(), NetworkError> {
    let end = |name, mac| End {
        name,
        mac: Some(mac),
        mtu: None,
    };
    let (near, far) = (end(to_carried, CARRIER_MAC), end(to_carrier, CARRIED_MAC));
    carrier.perform(vec![link::veth(&near, &far, carried.as_fd())])
}

impl ScopeNet {
    /// A socket for the tables of this namespace.
    fn netfilter(&self) -> Result<Socket, NetworkError> {
        self.namespace
            .run(|| host::open(Family::Netfilter))
            .map_err(|e| NetworkError::kernel("enter a network namespace", e))
            .flatten()
    }

    /// This end of a link to a peer, with the peer's ranges behind it and nothing else.
    fn set_up_peer(
        &mut self,
        name: &str,
        other: MacAddress,
        ranges: &[Subnet],
    ) -> Result<(), NetworkError> {
        self.route.perform(vec![
            // Only the peer speaks from the peer's addresses, and only through its link.
            link::configure(name, &[(Conf::RpFilter, 1)]),
            link::without_ipv6(name),
            link::up(name),
        ])?;
        let index = link::require(&mut self.route, name)?;
        let mut requests = vec![route::neighbour(index, OTHER_END, other)];
        for former in route::list(&mut self.route)? {
            if former.link == Some(index) && former.ours && !ranges.contains(&former.to) {
                requests.push(route::delete_route(former.to, index));
            }
        }
        requests.extend(ranges.iter().map(|range| {
            let hop = Hop::Via {
                index,
                gateway: OTHER_END,
                source: None,
            };
            route::route(*range, hop)
        }));
        self.route.perform(requests)
    }
}

/// The links to peers that there are in a namespace.
fn links_to_peers(socket: &mut Socket) -> Result<Vec<String>, NetworkError> {
    let links = link::list(socket)?.into_iter();
    let peers = links.filter(|link| link.name.starts_with(SCOPE_PEER));
    Ok(peers.map(|link| link.name).collect())
}

/// Whether a namespace has links to peers: then it is needed, whoever is wired in it.
pub(crate) fn has_peers(namespace: &Namespace) -> Result<bool, NetworkError> {
    let found = namespace.run(|| links_to_peers(&mut host::open(Family::Route)?));
    found
        .map_err(|e| NetworkError::kernel("enter a network namespace", e))
        .flatten()
        .map(|links| !links.is_empty())
}

fn vpc_of(scope: &Scope) -> Option<String> {
    match scope {
        Scope::Vpc(vpc) => Some(vpc.clone()),
        Scope::Bridge => None,
    }
}
