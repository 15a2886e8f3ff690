//! The network between hosts: a VPC's namespace here and its namespaces elsewhere are joined by a
//! VXLAN tunnel, one for each VPC, with its network's number.
//!
//! ```text
//!  VPC's namespace                                         host
//!  <address>/32 via <end> dev vx   (each remote address)   UDP socket of the tunnel
//!  neighbour <end> lladdr <mac of end> dev vx  (each host) nftables: from peers alone
//!  fdb <mac of end> dst <end> dev vx           (each host)
//! ```
//! `<end>` is the underlay address of the other host. Nothing is learnt and nobody is asked: all
//! entries come from the control plane's word. The device is made by a socket of the host's
//! namespace, so that its packets leave there, directly within the VPC's. It exists from the
//! first address on that is on another host.
//!
//! Invariants: reverse-path filtering is strict on the tunnel as on every task's link, or `kept` does the same by rules, so a packet
//! that claims a sender of this host, or of nobody, ends there unless a load balancer speaks as its client; a route that moves is replaced in
//! one step, so an address answers in one place; an address that the control plane says is
//! elsewhere is cut off here even while its task is still wired.

mod plan;

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::Path;
use std::thread;
use std::time::Duration;

use plan::{Plan, Step, elsewhere};

use crate::error::NetworkError;
use crate::host::{self, Host};
use crate::model::Subnet;
use crate::names::SCOPE_TUNNEL;
use crate::netlink::link::{self, Conf};
use crate::netlink::route::{self, Hop};
use crate::netlink::tunnel::{self, Tunnel};
use crate::netlink::{Family, Request, Socket};
use crate::netns::Namespace;
use crate::view::View;

/// Outer Ethernet, IPv4, UDP and VXLAN headers, bytes.
pub(crate) const OVERHEAD: u32 = 50;
/// Keeps a batch's answers within the socket's buffer.
const TOGETHER: usize = 512;
/// The kernel removes a namespace, with the tunnel in it, after the last of its users let go.
const NUMBER_TAKEN_PATIENCE: Duration = Duration::from_millis(20);
const NUMBER_TAKEN_ATTEMPTS: usize = 10;

/// Removes the tunnel of the scope whose namespace is mounted at `path`. It would go with the
/// namespace, but at a time of the kernel's choosing, and keep its number until then.
pub(crate) fn remove(path: &Path) -> Result<(), NetworkError> {
    let Some(namespace) = Namespace::open(path)? else {
        return Ok(());
    };
    namespace
        .run(|| host::open(Family::Route)?.perform(vec![link::delete(SCOPE_TUNNEL)]))
        .map_err(|e| NetworkError::kernel("enter a network namespace", e))
        .flatten()
}

/// This end of all tunnels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) underlay: Ipv4Addr,
    pub(crate) port: u16,
    /// Of the link that has the address, bytes.
    pub(crate) mtu: u32,
}

impl End {
    /// What fits through a tunnel.
    pub(crate) fn inner_mtu(self) -> u32 {
        self.mtu.saturating_sub(OVERHEAD)
    }
}

/// What following needs to know and to touch of the rest of the network.
pub(crate) struct Surroundings<'a> {
    pub(crate) view: &'a View,
    pub(crate) own: &'a str,
    pub(crate) end: Option<End>,
    pub(crate) vpc: &'a str,
    pub(crate) namespace: &'a Namespace,
    pub(crate) scope: &'a mut Socket,
    pub(crate) host: &'a mut Host,
    /// The scope's link to a task that is wired here, by its address.
    pub(crate) link_of: &'a dyn Fn(Ipv4Addr) -> Option<String>,
}

#[derive(Debug, Default)]
pub(crate) struct Overlay {
    /// Index of the device, once it is known to be there and right.
    device: Option<(u32, Tunnel)>,
    plan: Plan,
    /// The kernel was read, and has been followed since.
    known: bool,
}

impl Overlay {
    /// The tunnel's device, if there is one.
    pub(crate) fn device(&self) -> Option<u32> {
        self.device.map(|(index, _)| index)
    }

    /// Everything is compared with the kernel at the next occasion.
    pub(crate) fn doubt(&mut self) {
        self.known = false;
    }

    /// Puts `addresses` where they belong; all of the VPC if there is any doubt.
    pub(crate) fn follow(
        &mut self,
        addresses: &BTreeSet<Ipv4Addr>,
        around: &mut Surroundings<'_>,
    ) -> Result<(), NetworkError> {
        let wanted = around.wanted();
        let mut all = None;
        if !self.known || self.device.is_some_and(|(_, t)| Some(t) != wanted) {
            self.read(wanted, around)?;
            let reached = around.view.reached(around.vpc);
            all = Some(reached.chain(self.plan.addresses()).collect());
        }
        let addresses = all.as_ref().unwrap_or(addresses);
        let (view, own, vpc) = (around.view, around.own, around.vpc);
        let place = |a| wanted.and_then(|_| elsewhere(view, own, vpc, a));
        let is_here = |a| (around.link_of)(a).is_some();
        let steps = self.plan.follow(addresses, place, is_here);
        let done = self.perform(steps, wanted, around);
        self.known = done.is_ok();
        done
    }

    /// A task's link has just been set up with a route of its own, perhaps the first one here.
    pub(crate) fn wired(
        &mut self,
        address: Ipv4Addr,
        around: &mut Surroundings<'_>,
    ) -> Result<(), NetworkError> {
        if self.known && !self.plan.is_elsewhere(address) {
            return Ok(());
        }
        // The control plane is right until it says otherwise.
        self.doubt();
        self.follow(&BTreeSet::new(), around)
    }

    /// What is there: the tunnel, if it is the wanted one, and the routes through it.
    fn read(
        &mut self,
        wanted: Option<Tunnel>,
        around: &mut Surroundings<'_>,
    ) -> Result<(), NetworkError> {
        self.device = None;
        self.plan = Plan::default();
        if let Some((index, found)) = tunnel::find(around.scope, SCOPE_TUNNEL)? {
            if Some(found) == wanted {
                let routes = route::list(around.scope)?;
                let through = routes.iter().filter(|r| r.link == Some(index) && r.ours);
                let through = through.filter_map(|r| Some((r.to.network(), r.gateway?)));
                self.plan = Plan::adopt(through);
                self.device = Some((index, found));
            } else {
                around.scope.perform(vec![link::delete(SCOPE_TUNNEL)])?;
                around.restore_links()?;
            }
        }
        let ranges = around.view.vpc(around.vpc).map(|vpc| vpc.ranges);
        let unreachable = ranges.into_iter().flatten();
        // What nobody has is nowhere; it is not sought behind the uplink.
        let unreachable = unreachable.filter(|range| range.prefix() > 0);
        let requests = unreachable.map(|range| route::route(range, Hop::Unreachable));
        around.scope.perform(requests.collect())
    }

    fn perform(
        &mut self,
        steps: Vec<Step>,
        wanted: Option<Tunnel>,
        around: &mut Surroundings<'_>,
    ) -> Result<(), NetworkError> {
        if steps.is_empty() {
            return Ok(());
        }
        let index = match (self.device, wanted) {
            (Some((index, _)), _) => index,
            (None, Some(wanted)) => {
                let index = around.create(&wanted)?;
                self.device = Some((index, wanted));
                index
            }
            // Nothing is elsewhere without a tunnel.
            (None, None) => return Ok(()),
        };
        let mut requests = Vec::new();
        for step in steps {
            requests.extend(around.requests(step, index)?);
        }
        let mut trouble = Ok(());
        let mut requests = requests.into_iter().peekable();
        while requests.peek().is_some() {
            // One address's trouble is not the others'.
            let some = requests.by_ref().take(TOGETHER).collect();
            trouble = trouble.and(around.scope.perform(some));
        }
        trouble
    }
}

impl Surroundings<'_> {
    /// The tunnel that the VPC is to have here.
    fn wanted(&self) -> Option<Tunnel> {
        let end = self.end?;
        Some(Tunnel {
            vni: self.view.vpc(self.vpc)?.vni,
            local: end.underlay,
            port: end.port,
            mtu: end.inner_mtu(),
        })
    }

    /// Makes the tunnel, guarded before it is there.
    fn create(&mut self, wanted: &Tunnel) -> Result<u32, NetworkError> {
        use std::os::fd::AsFd;
        self.host.guard_network(wanted.vni)?;
        let mut attempt = 0;
        loop {
            let request = tunnel::create(SCOPE_TUNNEL, wanted, self.namespace.as_fd());
            match self.host.route.perform(vec![request]) {
                Err(error)
                    if error.errno() == Some(libc::EEXIST) && attempt < NUMBER_TAKEN_ATTEMPTS =>
                {
                    attempt += 1;
                    thread::sleep(NUMBER_TAKEN_PATIENCE);
                }
                done => break done?,
            }
        }
        self.scope.perform(vec![
            link::configure(SCOPE_TUNNEL, &[(Conf::RpFilter, 1)]),
            link::without_ipv6(SCOPE_TUNNEL),
            link::up(SCOPE_TUNNEL),
        ])?;
        link::require(self.scope, SCOPE_TUNNEL)
    }

    fn requests(&mut self, step: Step, index: u32) -> Result<Vec<Request>, NetworkError> {
        let via = |gateway| Hop::Via {
            index,
            gateway,
            source: None,
        };
        Ok(match step {
            Step::AddHost(end) => vec![
                tunnel::add_end(index, end),
                route::neighbour(index, end, tunnel::hardware_address(end)),
            ],
            Step::RemoveHost(end) => vec![
                route::delete_neighbour(index, end),
                tunnel::remove_end(index, end),
            ],
            Step::Route(address, end) => vec![route::route(Subnet::host(address), via(end))],
            Step::Drop(address) => vec![route::delete_route(Subnet::host(address), index)],
            Step::Keep(address) => match (self.link_of)(address) {
                Some(name) => self.local(address, &name)?,
                None => vec![route::delete_route(Subnet::host(address), index)],
            },
        })
    }

    /// The route to a task that is wired here.
    fn local(&mut self, address: Ipv4Addr, link: &str) -> Result<Vec<Request>, NetworkError> {
        let index = link::index_of(self.scope, link)?;
        let here = index.map(|index| route::route(Subnet::host(address), Hop::Link { index }));
        Ok(here.into_iter().collect())
    }

    /// With a tunnel go the routes through it, also those that stood in for a link's own.
    fn restore_links(&mut self) -> Result<(), NetworkError> {
        let addresses: Vec<Ipv4Addr> = self.view.addresses(self.vpc).collect();
        for address in addresses {
            if let Some(link) = (self.link_of)(address) {
                let requests = self.local(address, &link)?;
                self.scope.perform(requests)?;
            }
        }
        Ok(())
    }
}
