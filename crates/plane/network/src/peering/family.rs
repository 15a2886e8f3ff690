//! What the tables of both families differ in: how ranges are read, and asked for.

use std::fmt;
use std::str::FromStr;

use wharf_base::Cidr6;

use crate::model::Subnet;
use crate::netlink::nft::{Batch, Expression, Side};
use crate::view::View;

/// A range of addresses.
pub(super) trait Range: Copy + PartialEq + fmt::Debug + FromStr {
    type Address: Ord;
    /// Namespaces of VPCs speak for themselves, to answer names for one.
    const HAS_OWN: bool;

    fn first(self) -> Self::Address;
    fn bits(self) -> u8;
    fn meets(self, other: Self) -> bool;

    fn of_vpc(view: &View, vpc: &str) -> Vec<Self>;
    /// That of a subnet, which is known by its range of IPv4.
    fn of_subnet(view: &View, vpc: &str, subnet: Subnet) -> Option<Self>;

    fn batch(table: &str) -> Batch<'_>;
    /// Packets from it, and packets to it.
    fn source(self) -> Vec<Expression>;
    fn destination(self) -> Vec<Expression>;
    /// Connections with that end in it.
    fn connection(self, side: Side) -> Vec<Expression>;
}

impl Range for Subnet {
    type Address = std::net::Ipv4Addr;
    const HAS_OWN: bool = true;

    fn first(self) -> Self::Address {
        self.network()
    }

    fn bits(self) -> u8 {
        self.prefix()
    }

    fn meets(self, other: Self) -> bool {
        self.overlaps(other)
    }

    fn of_vpc(view: &View, vpc: &str) -> Vec<Self> {
        view.vpc(vpc).map(|it| it.ranges).unwrap_or_default()
    }

    fn of_subnet(_: &View, _: &str, subnet: Subnet) -> Option<Self> {
        Some(subnet)
    }

    fn batch(table: &str) -> Batch<'_> {
        Batch::new(table)
    }

    fn source(self) -> Vec<Expression> {
        Expression::source(self.network(), self.prefix())
    }

    fn destination(self) -> Vec<Expression> {
        Expression::destination(self.network(), self.prefix())
    }

    fn connection(self, side: Side) -> Vec<Expression> {
        Expression::connection_address(side, self.network(), self.prefix())
    }
}

impl Range for Cidr6 {
    type Address = std::net::Ipv6Addr;
    /// The table of IPv6 lets nothing in to the namespace itself, whoever sends it.
    const HAS_OWN: bool = false;

    fn first(self) -> Self::Address {
        self.network()
    }

    fn bits(self) -> u8 {
        self.prefix()
    }

    fn meets(self, other: Self) -> bool {
        self.overlaps(other)
    }

    fn of_vpc(view: &View, vpc: &str) -> Vec<Self> {
        view.range_ipv6(vpc).into_iter().collect()
    }

    fn of_subnet(view: &View, vpc: &str, subnet: Subnet) -> Option<Self> {
        let subnet = view.subnet(vpc, subnet)?;
        subnet.ipv6_cidr.as_ref()?.parse().ok()
    }

    fn batch(table: &str) -> Batch<'_> {
        Batch::ipv6(table)
    }

    fn source(self) -> Vec<Expression> {
        Expression::source_ipv6(self.network(), self.prefix())
    }

    fn destination(self) -> Vec<Expression> {
        Expression::destination_ipv6(self.network(), self.prefix())
    }

    fn connection(self, side: Side) -> Vec<Expression> {
        Expression::connection_address_ipv6(side, self.network(), self.prefix())
    }
}
