//! Which addresses of a VPC are on which host, and what that changes in its namespace. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::view::View;

/// One step; in their order no route is made before its host's entry, nor outlives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// How to reach another host.
    AddHost(Ipv4Addr),
    RemoveHost(Ipv4Addr),
    /// The address is on the host with that end; whatever it was before.
    Route(Ipv4Addr, Ipv4Addr),
    /// The address is here.
    Keep(Ipv4Addr),
    /// The address is nowhere, or nowhere that can be reached.
    Drop(Ipv4Addr),
}

/// What the kernel has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Address → the tunnel's end at its host.
    routes: BTreeMap<Ipv4Addr, Ipv4Addr>,
    /// End → how many addresses are there.
    hosts: BTreeMap<Ipv4Addr, usize>,
}

impl Plan {
    /// As found in the kernel.
    pub(crate) fn adopt(routes: impl IntoIterator<Item = (Ipv4Addr, Ipv4Addr)>) -> Self {
        let routes: BTreeMap<Ipv4Addr, Ipv4Addr> = routes.into_iter().collect();
        let mut hosts = BTreeMap::new();
        for underlay in routes.values() {
            *hosts.entry(*underlay).or_default() += 1;
        }
        Self { routes, hosts }
    }

    /// Every address that is routed to another host.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.routes.keys().copied()
    }

    /// Whether the address is routed to another host, though it may be wired here.
    pub(crate) fn is_elsewhere(&self, address: Ipv4Addr) -> bool {
        self.routes.contains_key(&address)
    }

    /// The steps that put each of `addresses` where `wanted` says; `None` is here or nowhere.
    pub(crate) fn follow(
        &mut self,
        addresses: &BTreeSet<Ipv4Addr>,
        wanted: impl Fn(Ipv4Addr) -> Option<Ipv4Addr>,
        is_here: impl Fn(Ipv4Addr) -> bool,
    ) -> Vec<Step> {
        let (mut added, mut moved, mut left) = (Vec::new(), Vec::new(), BTreeSet::new());
        for address in addresses {
            let wanted = wanted(*address);
            let former = self.routes.get(address).copied();
            if former == wanted {
                continue;
            }
            if let Some(underlay) = wanted {
                let count = self.hosts.entry(underlay).or_default();
                *count += 1;
                if *count == 1 && !left.remove(&underlay) {
                    added.push(Step::AddHost(underlay));
                }
                self.routes.insert(*address, underlay);
                moved.push(Step::Route(*address, underlay));
            } else {
                self.routes.remove(address);
                moved.push(if is_here(*address) {
                    Step::Keep(*address)
                } else {
                    Step::Drop(*address)
                });
            }
            if let Some(count) = former.and_then(|f| self.hosts.get_mut(&f)) {
                *count -= 1;
                if *count == 0 {
                    self.hosts.retain(|_, count| *count > 0);
                    left.extend(former);
                }
            }
        }
        let left = left.into_iter().map(Step::RemoveHost);
        added.into_iter().chain(moved).chain(left).collect()
    }
}

/// Where an address is, if it is on another host: the control plane's word, also where the address
/// is wired here. What it names no host for, or a host that nobody can reach, stays where it is.
pub(crate) fn elsewhere(view: &View, own: &str, vpc: &str, address: Ipv4Addr) -> Option<Ipv4Addr> {
    let host = view.holder_reached(vpc, address)?.host.as_deref()?;
    if host == own || !is_host_address(address) {
        return None;
    }
    view.underlay(host)
}

/// One that the kernel takes a route to.
fn is_host_address(address: Ipv4Addr) -> bool {
    !(address.is_unspecified()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.octets()[0] >= 240)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const A: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
    const B: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

    fn address(n: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, n)
    }

    #[test]
    fn an_interface_that_moves_is_one_replaced_route() {
        let mut plan = Plan::default();
        let one = BTreeSet::from([address(1)]);
        let steps = plan.follow(&one, |_| Some(A), |_| false);
        assert_eq!(steps, [Step::AddHost(A), Step::Route(address(1), A)]);
        let steps = plan.follow(&one, |_| Some(B), |_| false);
        let moved = [
            Step::AddHost(B),
            Step::Route(address(1), B),
            Step::RemoveHost(A),
        ];
        assert_eq!(steps, moved);
        let steps = plan.follow(&one, |_| None, |_| true);
        assert_eq!(steps, [Step::Keep(address(1)), Step::RemoveHost(B)]);
        assert!(plan.follow(&one, |_| None, |_| true).is_empty());
        assert_eq!(plan, Plan::default());
    }

    proptest! {
        #[test]
        fn steps_lead_where_they_should(
            worlds in prop::collection::vec(
                prop::collection::vec(prop::option::of(0..4_u8), 6),
                1..12,
            ),
        ) {
            let mut plan = Plan::default();
            let (mut hosts, mut routes) = (BTreeSet::new(), BTreeMap::new());
            let all: BTreeSet<_> = (0..6).map(address).collect();
            for world in worlds {
                let end = |n: u8| Ipv4Addr::new(192, 0, 2, n);
                let at = |a: Ipv4Addr| world[usize::from(a.octets()[3])].map(end);
                for step in plan.follow(&all, at, |_| false) {
                    match step {
                        Step::AddHost(end) => prop_assert!(hosts.insert(end)),
                        Step::RemoveHost(end) => {
                            prop_assert!(!routes.values().any(|e| *e == end));
                            prop_assert!(hosts.remove(&end));
                        }
                        Step::Route(address, end) => {
                            prop_assert!(hosts.contains(&end));
                            routes.insert(address, end);
                        }
                        Step::Keep(address) | Step::Drop(address) => {
                            prop_assert!(routes.remove(&address).is_some());
                        }
                    }
                }
                let wanted: BTreeMap<_, _> =
                    all.iter().filter_map(|a| Some((*a, at(*a)?))).collect();
                prop_assert_eq!(&routes, &wanted);
                prop_assert_eq!(&hosts, &wanted.into_values().collect());
                prop_assert_eq!(&plan, &Plan::adopt(routes.clone()));
            }
        }
    }
}
