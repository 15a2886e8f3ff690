//! Where interfaces may begin connections to the outside of their VPC over IPv6: what the route table of their subnet
//! says. Pure.
//!
//! Gateways of both kinds are one here: the ranges of VPCs mean nothing outside, so nobody gets in by either.

use wharf_base::Cidr6;

use crate::model::Subnet;
use crate::view::View;

/// Where a route table leads outside its VPC: the first range that holds an address counts. What is in none of them
/// leads nowhere.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Exit {
    /// Each with whether it leads out.
    pub(super) ways: Vec<(Cidr6, bool)>,
}

impl Exit {
    /// The route table of a subnet, and where it leads; `None` if that is nowhere. Before anything is said of the VPC's
    /// routes nothing leads out.
    pub(super) fn of(view: &View, vpc: &str, subnet: Subnet) -> Option<(String, Self)> {
        let (id, table) = view.route_table(vpc, subnet)?;
        let said = view.said_of(vpc)?;
        let gateways = [said.gateway.as_deref(), said.egress_only.as_deref()];
        let routes = table?.routes.iter().filter_map(|route| {
            let range: Cidr6 = route.destination.parse().ok()?;
            Some((range, gateways.contains(&Some(&route.gateway))))
        });
        let exit = Self::new(routes.collect());
        exit.leads_out().then(|| (id.to_owned(), exit))
    }

    fn new(mut ways: Vec<(Cidr6, bool)>) -> Self {
        ways.sort_by_key(|(range, _)| (u8::MAX - range.prefix(), range.network()));
        Self { ways }
    }

    fn leads_out(&self) -> bool {
        self.ways.iter().any(|(_, out)| *out)
    }
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::Resource;
    use wharf_planeproto::network::{Route, RouteTable, Vpc};

    use super::*;
    use crate::network::NetworkUpdate;

    fn exit(
        gateway: Option<&str>,
        egress_only: Option<&str>,
        routes: &[(&str, &str)],
    ) -> Option<Vec<(String, bool)>> {
        let mut view = View::default();
        let route = |(destination, gateway): &(&str, &str)| Route {
            destination: (*destination).to_owned(),
            gateway: (*gateway).to_owned(),
        };
        view.update(NetworkUpdate::Snapshot(vec![
            Resource::Vpc(Vpc {
                id: "vpc-a".to_owned(),
                region: "us-east-1".to_owned(),
                cidrs: vec!["10.0.0.0/16".to_owned()],
                vni: 1,
                main_route_table: Some("rtb-0".to_owned()),
                gateway: gateway.map(str::to_owned),
                egress_only: egress_only.map(str::to_owned),
                ipv6_cidr: None,
                dns: true,
                network_acl: None,
            }),
            Resource::RouteTable(RouteTable {
                id: "rtb-0".to_owned(),
                vpc: "vpc-a".to_owned(),
                routes: routes.iter().map(route).collect(),
            }),
        ]));
        let (id, exit) = Exit::of(&view, "vpc-a", "10.0.1.0/24".parse().unwrap())?;
        assert_eq!(id, "rtb-0");
        let ways = exit.ways.into_iter();
        Some(ways.map(|(range, out)| (range.to_string(), out)).collect())
    }

    fn ways(all: &[(&str, bool)]) -> Option<Vec<(String, bool)>> {
        let all = all.iter().map(|(range, out)| ((*range).to_owned(), *out));
        Some(all.collect())
    }

    #[test]
    fn the_narrowest_route_to_a_gateway_of_the_vpc_counts() {
        let all = [
            ("::/0", "eigw-1"),
            ("0.0.0.0/0", "igw-1"),
            ("2001:db8::/32", "igw-2"),
            ("2001:db8:1::/48", "igw-1"),
        ];
        assert_eq!(
            exit(Some("igw-1"), Some("eigw-1"), &all),
            ways(&[
                ("2001:db8:1::/48", true),
                ("2001:db8::/32", false),
                ("::/0", true)
            ])
        );
        assert_eq!(
            exit(None, Some("eigw-1"), &all[..1]),
            ways(&[("::/0", true)])
        );
        // Of another VPC, deleted, or of IPv4 alone.
        assert_eq!(exit(None, Some("eigw-2"), &all), None);
        assert_eq!(exit(None, None, &all), None);
        assert_eq!(exit(Some("igw-1"), None, &all[1..2]), None);
    }
}
