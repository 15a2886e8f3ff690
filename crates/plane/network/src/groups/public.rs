//! Which interfaces have an address of their own outside their VPC. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use crate::view::View;

/// One step towards what is wanted; what goes comes first, since an address may pass from one
/// interface to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Remove(Pair),
    Add(Pair),
}

/// The address in the VPC, and the one outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) private: Ipv4Addr,
    pub(crate) public: Ipv4Addr,
}

/// What the kernel has.
#[derive(Debug, Default)]
pub(crate) struct Publics {
    /// The interfaces wired here: address → id.
    interfaces: BTreeMap<Ipv4Addr, String>,
    /// The address in the VPC → the one outside.
    bound: BTreeMap<Ipv4Addr, Ipv4Addr>,
}

impl Publics {
    /// An interface is wired here, or no longer is.
    pub(crate) fn wire(&mut self, address: Ipv4Addr, interface: Option<&str>) {
        match interface {
            Some(id) => drop(self.interfaces.insert(address, id.to_owned())),
            None => drop(self.interfaces.remove(&address)),
        }
    }

    /// The id of the interface with that address in the VPC.
    pub(crate) fn interface(&self, address: Ipv4Addr) -> Option<&str> {
        self.interfaces.get(&address).map(String::as_str)
    }

    /// The steps to what `view` says of the interfaces at `addresses`, or of all of them if the VPC
    /// itself changed.
    pub(crate) fn follow(
        &mut self,
        vpc: &str,
        view: &View,
        addresses: &BTreeSet<Ipv4Addr>,
        vpc_changed: bool,
    ) -> Vec<Step> {
        let all: BTreeSet<Ipv4Addr> = self.interfaces.keys().copied().collect();
        let addresses = if vpc_changed { &all } else { addresses };
        let mut steps = Vec::new();
        for private in addresses {
            let wanted = self.wanted(vpc, view, *private);
            if self
                .bound
                .get(private)
                .is_some_and(|it| Some(*it) != wanted)
                && let Some(public) = self.bound.remove(private)
            {
                let private = *private;
                steps.push(Step::Remove(Pair { private, public }));
            }
        }
        // Who was told to have an address that another still had has it now.
        let candidates = if steps.is_empty() { addresses } else { &all };
        let mut taken: BTreeSet<Ipv4Addr> = self.bound.values().copied().collect();
        for private in candidates {
            let private = *private;
            let Some(public) = self.wanted(vpc, view, private) else {
                continue;
            };
            if !self.bound.contains_key(&private) && taken.insert(public) {
                self.bound.insert(private, public);
                steps.push(Step::Add(Pair { private, public }));
            }
        }
        steps
    }

    fn wanted(&self, vpc: &str, view: &View, private: Ipv4Addr) -> Option<Ipv4Addr> {
        let id = self.interfaces.get(&private)?;
        view.public_address(vpc, id, private).map(|it| it.address)
    }

    /// The steps from nothing, and what was there.
    pub(crate) fn rebuild(&mut self, vpc: &str, view: &View) -> (Vec<Ipv4Addr>, Vec<Step>) {
        let former = std::mem::take(&mut self.bound);
        let steps = self.follow(vpc, view, &BTreeSet::new(), true);
        (former.into_values().collect(), steps)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use wharf_planeproto::network::{Interface, PublicAddress, Vpc};
    use wharf_planeproto::{Change, Resource};

    use super::*;
    use crate::network::NetworkUpdate;

    fn address(n: u8) -> Ipv4Addr {
        Ipv4Addr::new(10, 0, 0, n)
    }

    fn interface(n: u8, public: Option<u8>) -> Resource {
        Resource::Interface(Interface {
            id: format!("eni-{n}"),
            vpc: "vpc-a".to_owned(),
            subnet_cidr: String::new(),
            address: address(n),
            mac: String::new(),
            groups: Vec::new(),
            host: None,
            load_balancer: None,
            public: public.map(|public| PublicAddress {
                address: Ipv4Addr::new(198, 19, 0, public),
                routed: false,
            }),
            secondary: Vec::new(),
            ipv6: Vec::new(),
            resource_name: None,
        })
    }

    fn vpc(range: &str) -> Resource {
        Resource::Vpc(Vpc {
            id: "vpc-a".to_owned(),
            region: String::new(),
            cidrs: vec![range.to_owned()],
            vni: 1,
            main_route_table: None,
            gateway: None,
            egress_only: None,
            ipv6_cidr: None,
            dns: true,
            network_acl: None,
        })
    }

    proptest! {
        /// Whatever order it is told in, an address is one interface's, and nobody is left without
        /// one that nobody else has.
        #[test]
        fn addresses_pass_from_one_to_another(
            told in prop::collection::vec((0..4_u8, prop::option::of(0..3_u8)), 1..20),
            wired in prop::collection::vec(any::<bool>(), 20),
        ) {
            let mut view = View::default();
            view.update(NetworkUpdate::Snapshot(vec![vpc("10.0.0.0/16")]));
            let mut publics = Publics::default();
            let mut kernel = BTreeMap::new();
            for ((n, public), wired) in told.into_iter().zip(wired) {
                view.update(NetworkUpdate::Changes(vec![Change::Put(interface(n, public))]));
                let id = format!("eni-{n}");
                publics.wire(address(n), wired.then_some(id.as_str()));
                for step in publics.follow("vpc-a", &view, &BTreeSet::from([address(n)]), false) {
                    match step {
                        Step::Remove(it) => {
                            prop_assert_eq!(kernel.remove(&it.private), Some(it.public));
                        }
                        Step::Add(it) => {
                            prop_assert!(!kernel.values().any(|public| *public == it.public));
                            prop_assert!(kernel.insert(it.private, it.public).is_none());
                        }
                    }
                }
                for n in 0..4 {
                    let wanted = publics.wanted("vpc-a", &view, address(n));
                    let has = kernel.get(&address(n)).copied();
                    let another = kernel.values().any(|public| Some(*public) == wanted);
                    prop_assert!(has == wanted || (has.is_none() && another));
                }
            }
        }
    }

    #[test]
    fn what_a_vpc_has_inside_is_no_address_outside() {
        let mut view = View::default();
        view.update(NetworkUpdate::Snapshot(vec![
            vpc("198.19.0.0/24"),
            interface(1, Some(7)),
        ]));
        assert_eq!(view.public_address("vpc-a", "eni-1", address(1)), None);
        view.update(NetworkUpdate::Changes(vec![Change::Put(vpc(
            "10.0.0.0/16",
        ))]));
        let public = view
            .public_address("vpc-a", "eni-1", address(1))
            .map(|it| it.address);
        assert_eq!(public, Some(Ipv4Addr::new(198, 19, 0, 7)));
    }
}
