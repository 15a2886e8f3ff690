//! Who has which address of a VPC, and what that is in the world.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, Ipv6Addr};

use wharf_base::Cidr6;
use wharf_planeproto::network::{Interface, PublicAddress};

use super::View;
use crate::ipv6;

impl View {
    /// All IPv6 addresses that a VPC may have.
    pub(crate) fn range_ipv6(&self, vpc: &str) -> Option<Cidr6> {
        self.said_of(vpc)?.ipv6_cidr.as_ref()?.parse().ok()
    }

    pub(crate) fn has_ipv6(&self, vpc: &str) -> bool {
        self.ipv6.contains_key(vpc)
    }

    /// All IPv6 addresses of a VPC.
    pub(crate) fn addresses_ipv6(&self, vpc: &str) -> impl Iterator<Item = Ipv6Addr> {
        let all = self.ipv6.get(vpc).into_iter();
        all.flat_map(|it| it.keys().copied())
    }

    /// The interface that has the IPv6 address now.
    pub(crate) fn holder_ipv6(&self, vpc: &str, address: Ipv6Addr) -> Option<&Interface> {
        let claims = self.ipv6.get(vpc)?.get(&address)?;
        claims.last().and_then(|id| self.interface(id))
    }

    /// The IPv6 addresses of the interfaces that have the group.
    pub(crate) fn members_ipv6(&self, group: &str) -> impl Iterator<Item = Ipv6Addr> {
        let members = self.members_ipv6.get(group).into_iter();
        members.flat_map(|it| it.keys().copied())
    }

    /// The IPv6 addresses of an interface that is wired in `vpc`; `None` for one that nothing is said of.
    fn ipv6(&self, vpc: &str, id: &str) -> Option<BTreeSet<Ipv6Addr>> {
        let interface = self.interface(id).filter(|it| it.vpc == vpc)?;
        Some(interface.ipv6.iter().copied().collect())
    }

    /// Those of them that it may have, and that did not pass to another interface, whoever was told of first.
    pub(crate) fn own_ipv6(&self, vpc: &str, id: &str) -> Option<BTreeSet<Ipv6Addr>> {
        let mut told = self.ipv6(vpc, id)?;
        told.retain(|address| {
            let holder = self.holder_ipv6(vpc, *address);
            ipv6::may_have(*address) && holder.is_some_and(|it| it.id == id)
        });
        Some(told.into_iter().take(ipv6::MOST).collect())
    }

    /// The public address of a private one, of an interface that is wired in `vpc`. One that means something inside
    /// of the VPC is none.
    pub(crate) fn public_address(
        &self,
        vpc: &str,
        id: &str,
        private: Ipv4Addr,
    ) -> Option<PublicAddress> {
        let interface = self.interface(id).filter(|it| it.vpc == vpc)?;
        let (_, public) = interface.addresses().find(|(it, _)| *it == private)?;
        let (public, vpc) = (public?, self.vpc(vpc)?);
        (!vpc.holds(public.address)).then_some(public)
    }

    /// The further private addresses of an interface that is wired in `vpc`; `None` for one that nothing is said of.
    pub(crate) fn secondary(&self, vpc: &str, id: &str) -> Option<BTreeSet<Ipv4Addr>> {
        let interface = self.interface(id).filter(|it| it.vpc == vpc)?;
        Some(interface.secondary.iter().map(|it| it.address).collect())
    }

    /// The interfaces that have one.
    pub(crate) fn with_public_address(&self) -> impl Iterator<Item = &Interface> {
        self.public.iter().filter_map(|id| self.interface(id))
    }

    /// All addresses that are reached in the network of a VPC: its own, and those of the peers that
    /// it carries.
    pub(crate) fn reached(&self, vpc: &str) -> impl Iterator<Item = Ipv4Addr> {
        let peers = self.carried(vpc).flat_map(|peer| self.addresses(peer));
        self.addresses(vpc).chain(peers)
    }

    /// As [`View::holder`], of any address that is reached in the network of the VPC.
    pub(crate) fn holder_reached(&self, vpc: &str, address: Ipv4Addr) -> Option<&Interface> {
        let own = self.holder(vpc, address);
        own.or_else(|| {
            self.carried(vpc)
                .find_map(|peer| self.holder(peer, address))
        })
    }

    /// All addresses of a VPC.
    pub(crate) fn addresses(&self, vpc: &str) -> impl Iterator<Item = Ipv4Addr> {
        self.addresses
            .get(vpc)
            .into_iter()
            .flat_map(|a| a.keys().copied())
    }

    /// The interface that has the address now.
    pub(crate) fn holder(&self, vpc: &str, address: Ipv4Addr) -> Option<&Interface> {
        let claims = self.addresses.get(vpc)?.get(&address)?;
        claims.last().and_then(|id| self.interface(id))
    }
}
