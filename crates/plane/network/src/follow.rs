//! Following the control plane's word: what it touched is compared with what is wired here.
//!
//! The word is kept whole (`view`), and what was done is kept by whoever did it, so each step is
//! "make it so": repeating it does nothing, and one that failed is mended by the next.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};

use wharf_planeproto::network::{Interface, balancer_attachment};

use crate::error::NetworkError;
use crate::host::{self, PublicPlace};
use crate::model::{BadValue, Eni, Mode, Scope, Subnet};
use crate::names::is_own_key;
use crate::netlink::{Family, link, route};
use crate::network::{HostIdentity, NetworkUpdate};
use crate::overlay::{End, Overlay, Surroundings};
use crate::scope::ScopeNet;
use crate::state::{Endpoint, TaskRecord};
use crate::view::Touched;
use crate::worker::Worker;

/// The first address of a subnet behind its own, as in AWS.
const GATEWAY: u32 = 1;

impl Worker {
    pub(crate) fn set_host(&mut self, own: HostIdentity) -> Result<(), NetworkError> {
        if self.own.as_ref() == Some(&own) {
            return Ok(());
        }
        if let Some(IpAddr::V6(underlay)) = own.underlay {
            tracing::warn!(%underlay, "tunnels need an IPv4 address; no other host is reachable");
        }
        self.own = Some(own);
        self.end = None;
        if let Err(error) = self.find_end() {
            // Groups hold all the same, and the address may yet come.
            tracing::error!(%error, "failed to set up the overlay: no other host is reachable until this is fixed");
        }
        for net in self.scopes.values_mut() {
            net.overlay.doubt();
            net.ipv6.doubt();
        }
        self.follow_all(&Touched::default())
    }

    /// This end of the tunnels, if it is to have one and it was not found before.
    fn find_end(&mut self) -> Result<(), NetworkError> {
        let underlay = self.own.as_ref().and_then(|own| own.underlay);
        let (Some(IpAddr::V4(underlay)), None) = (underlay, self.end) else {
            return Ok(());
        };
        self.end = Some(end_at(underlay, self.config.tunnel_port)?);
        for net in self.scopes.values_mut() {
            net.overlay.doubt();
            net.ipv6.doubt();
        }
        Ok(())
    }

    pub(crate) fn apply(&mut self, update: NetworkUpdate) -> Result<(), NetworkError> {
        self.heard |= matches!(update, NetworkUpdate::Snapshot(_));
        if !self.heard {
            // What is absent from them may well be there.
            return Err(NetworkError::NoSnapshot);
        }
        let touched = self.view.update(update);
        let secondary = match touched.addresses.is_empty() && !self.secondary_owed {
            true => Ok(()),
            false => self.follow_secondary(),
        };
        let groups = self.follow_groups(&touched);
        let end = self.find_end();
        secondary
            .and(groups)
            .and(self.follow_all(&touched))
            .and(end)
    }

    /// What depends on both the control plane's word and on which host this is.
    fn follow_all(&mut self, touched: &Touched) -> Result<(), NetworkError> {
        let peers = self.follow_peers();
        let peerings = self.follow_peerings(touched);
        let places = self.follow_places(touched);
        let resolvers = self.follow_ranges(touched);
        let balancers = self.follow_balancers();
        let kept = self.follow_kept();
        let publics = self.follow_publics();
        let flows = self.follow_flows();
        let ipv6 = self.follow_ipv6(Some(touched));
        peers
            .and(peerings)
            .and(places)
            .and(resolvers)
            .and(balancers)
            .and(kept)
            .and(publics)
            .and(flows)
            .and(ipv6)
    }

    /// As `follow_publics`, for whom its trouble is not: the next word mends it.
    pub(crate) fn lead_publics(&mut self) {
        if let Err(error) = self.follow_publics() {
            tracing::warn!(%error, "failed to route public addresses to their interfaces; will retry with the next update");
        }
    }

    /// The public addresses of what is wired here lead to it. That of a NAT gateway is used on every
    /// host, and is known to the world on one of them alone.
    pub(crate) fn follow_publics(&mut self) -> Result<(), NetworkError> {
        let (Some(host), true) = (&mut self.host, self.heard) else {
            return Ok(());
        };
        let uplink_of = |vpc: &String| {
            let scope = self.scopes.get(&Scope::Vpc(vpc.clone()));
            scope.map(|scope| scope.uplink)
        };
        let mut wanted = BTreeMap::new();
        for gateway in self.view.nat_gateways() {
            let Some(uplink) = uplink_of(&gateway.vpc) else {
                continue;
            };
            let own = self.own.as_ref().map(|own| own.instance_id.as_str());
            let is_home = || own.is_some() && self.view.home_of(gateway) == own;
            let place = PublicPlace {
                uplink,
                reached: false,
                routed: gateway.public.routed && is_home(),
            };
            wanted.insert(gateway.public.address, place);
        }
        for interface in self.view.with_public_address() {
            let place = (interface.vpc.clone(), interface.id.clone());
            let own = self.own.as_ref().map(|own| &own.instance_id);
            let elsewhere =
                interface.host.is_some() && own.is_some() && interface.host.as_ref() != own;
            let here = self.interfaces.contains_key(&place) && !elsewhere;
            let (Some(uplink), true) = (uplink_of(&interface.vpc), here) else {
                continue;
            };
            let (vpc, id) = (&interface.vpc, &interface.id);
            let publics = interface
                .addresses()
                .filter_map(|(private, _)| self.view.public_address(vpc, id, private));
            wanted.extend(publics.map(|public| {
                let place = PublicPlace {
                    uplink,
                    reached: true,
                    routed: public.routed,
                };
                (public.address, place)
            }));
        }
        host.follow_publics(&wanted)
    }

    /// Who may send through tunnels.
    pub(crate) fn follow_peers(&mut self) -> Result<(), NetworkError> {
        let (Some(own), Some(host), true) = (&self.own, &mut self.host, self.heard) else {
            return Ok(());
        };
        let peers = self.view.peers(&own.instance_id);
        host.guard_peers(self.end.map(|end| (end.port, peers)))
    }

    /// Which addresses are on which host.
    pub(crate) fn follow_places(&mut self, touched: &Touched) -> Result<(), NetworkError> {
        let mut trouble = Ok(());
        let nothing = BTreeSet::new();
        let vpcs: Vec<String> = self.scopes.keys().filter_map(vpc_of).collect();
        for vpc in vpcs {
            let own = touched.addresses.get(&vpc).unwrap_or(&nothing);
            let carried = self.view.carried(&vpc);
            let carried = carried.filter_map(|peer| touched.addresses.get(peer));
            let addresses: BTreeSet<Ipv4Addr> = carried.flatten().chain(own).copied().collect();
            let doubt = touched.vpcs.contains(&vpc);
            let followed = self.in_overlay(&vpc, |overlay, around| {
                if doubt {
                    overlay.doubt();
                }
                overlay.follow(&addresses, around)
            });
            trouble = trouble.and(followed);
        }
        trouble
    }

    /// Where names are asked for depends on a VPC's range.
    fn follow_ranges(&mut self, touched: &Touched) -> Result<(), NetworkError> {
        touched.vpcs.iter().try_for_each(|vpc| {
            let scope = Scope::Vpc(vpc.clone());
            self.open_resolvers(&scope)
        })
    }

    /// An attachment was given its link; the control plane may know its address elsewhere.
    pub(crate) fn settle(&mut self, record: &TaskRecord) -> Result<(), NetworkError> {
        let Mode::Awsvpc(eni) = &record.mode else {
            return Ok(());
        };
        self.in_overlay(&eni.vpc_id, |overlay, around| {
            overlay.wired(eni.address, around)
        })?;
        if let Err(error) = self.join_peers(&eni.vpc_id) {
            // Its peers are out of reach then, which is no reason to keep it from its own VPC.
            let vpc = &eni.vpc_id;
            tracing::error!(vpc, %error, "failed to join a VPC with its peers; will retry with the next change");
        }
        Ok(())
    }

    fn in_overlay(
        &mut self,
        vpc: &str,
        work: impl FnOnce(&mut Overlay, &mut Surroundings<'_>) -> Result<(), NetworkError>,
    ) -> Result<(), NetworkError> {
        let scope = Scope::Vpc(vpc.to_owned());
        let (Some(own), Some(host), true) = (&self.own, &mut self.host, self.heard) else {
            return Ok(());
        };
        let Some(ScopeNet {
            overlay,
            namespace,
            route,
            ..
        }) = self.scopes.get_mut(&scope)
        else {
            return Ok(());
        };
        let tasks = &self.tasks;
        let link_of = |address| {
            let endpoints = tasks.values().filter_map(|task| task.endpoint.as_ref());
            let mut here = endpoints.filter(|e| e.has(address) && e.scope == scope);
            here.next().map(|endpoint| endpoint.link.clone())
        };
        let mut around = Surroundings {
            view: &self.view,
            own: &own.instance_id,
            end: self.end,
            vpc,
            namespace,
            scope: route,
            host,
            link_of: &link_of,
        };
        work(overlay, &mut around)
    }

    fn follow_groups(&mut self, touched: &Touched) -> Result<(), NetworkError> {
        let mut trouble = Ok(());
        for (scope, net) in &mut self.scopes {
            let (Scope::Vpc(vpc), Some(filter)) = (scope, &mut net.filter) else {
                continue;
            };
            let touched_here = touched.interfaces.get(vpc).into_iter().flatten();
            let addresses: BTreeSet<Ipv4Addr> = touched_here
                .filter_map(|id| self.interfaces.get(&(vpc.clone(), id.clone())))
                .filter_map(|key| self.tasks.get(key)?.endpoint.as_ref())
                .flat_map(Endpoint::addresses)
                .collect();
            let followed = filter.follow(&self.view, &addresses, touched);
            trouble = trouble.and(followed);
        }
        trouble
    }

    /// The rules for an attachment that is about to be wired.
    pub(crate) fn admit(&mut self, record: &TaskRecord) -> Result<(), NetworkError> {
        let Mode::Awsvpc(eni) = &record.mode else {
            return Ok(());
        };
        let interface = (eni.vpc_id.clone(), eni.eni_id.clone());
        self.interfaces.insert(interface, record.key.clone());
        let scope = self.scopes.get_mut(&Scope::Vpc(eni.vpc_id.clone()));
        match scope.and_then(|scope| scope.filter.as_mut()) {
            Some(filter) => {
                filter.add(&self.view, eni.address, &eni.eni_id, eni.subnet)?;
                match record.is_instance() {
                    true => filter.is_instance(eni.address),
                    false => Ok(()),
                }
            }
            None => Ok(()),
        }
    }

    /// Wires the interfaces of load balancers that are to be here, and no others.
    fn follow_balancers(&mut self) -> Result<(), NetworkError> {
        let (Some(own), true) = (&self.own, self.heard) else {
            return Ok(());
        };
        let mut trouble = Ok(());
        let mut wanted = BTreeMap::new();
        for interface in self.view.balancers_on(&own.instance_id) {
            match eni(interface) {
                Ok(eni) => drop(wanted.insert(balancer_attachment(&interface.id), eni)),
                Err(error) => {
                    let what = format!("interface {}: {error}", interface.id);
                    trouble = trouble.and(Err(NetworkError::BadMode(what)));
                }
            }
        }
        let present = self.tasks.values().filter(|task| is_own_key(&task.key));
        let unwanted: Vec<String> = present
            .filter(|task| match (&task.mode, wanted.get(&task.key)) {
                (Mode::Awsvpc(there), Some(wanted)) => there != wanted,
                _ => true,
            })
            .map(|task| task.key.clone())
            .collect();
        for key in unwanted {
            trouble = trouble.and(self.discard(&key));
        }
        for (key, eni) in wanted {
            let attached = self.attach(&key, Mode::Awsvpc(eni), None, None);
            trouble = trouble.and(attached.map(drop));
        }
        trouble
    }
}

fn vpc_of(scope: &Scope) -> Option<String> {
    match scope {
        Scope::Vpc(vpc) => Some(vpc.clone()),
        Scope::Bridge => None,
    }
}

/// # Errors
/// `BadConfig` if the address is not one of this host's.
fn end_at(underlay: Ipv4Addr, port: u16) -> Result<End, NetworkError> {
    let mut socket = host::open(Family::Route)?;
    let own = route::lookup(&mut socket, underlay)?.filter(|route| route.local);
    let links = link::list(&mut socket)?;
    let link = own.and_then(|own| links.into_iter().find(|l| Some(l.index) == own.link));
    let link = link
        .ok_or_else(|| NetworkError::BadConfig(format!("{underlay} is no address of this host")))?;
    Ok(End {
        underlay,
        port,
        mtu: link.mtu,
    })
}

pub(crate) fn eni(interface: &Interface) -> Result<Eni, BadValue> {
    let subnet: Subnet = interface.subnet_cidr.parse()?;
    Ok(Eni {
        vpc_id: interface.vpc.clone(),
        eni_id: interface.id.clone(),
        mac: interface.mac.parse()?,
        address: interface.address,
        subnet,
        gateway: subnet.nth(GATEWAY),
        ipv6: Vec::new(),
    })
}
