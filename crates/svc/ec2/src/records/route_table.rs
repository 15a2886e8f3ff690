//! Route tables. The local routes are not stored: they follow from the VPC's ranges.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_records::{Unknown, ecs::Tags};

use super::{Cidr4, Cidr6, Subnet, Vpc, entity, tags_to_wire};
use crate::{fault, nat_gateways::NatGateway, peering::Peering, prefix_lists::Listed};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RouteTable {
    pub id: String,
    pub vpc_id: String,
    /// Id of its association as the VPC's main table, if it is that.
    pub main_association: Option<String>,
    pub routes: Vec<Route>,
    /// Those to ranges of IPv6 addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6_routes: Vec<Ipv6Route>,
    /// Those to the ranges of prefix lists.
    #[serde(default)]
    pub list_routes: Vec<ListRoute>,
    /// Id of the pointer that the client token of its making left, deleted with it.
    pub token_id: Option<String>,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(
    RouteTable,
    "route-table",
    fault::route_table_not_found,
    vpc_id
);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Route {
    pub destination: Cidr4,
    pub target: RouteTarget,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ipv6Route {
    pub destination: Cidr6,
    pub target: RouteTarget,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ListRoute {
    pub list: Listed,
    pub target: RouteTarget,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouteTarget {
    InternetGateway(String),
    NatGateway(String),
    /// An egress-only internet gateway.
    EgressOnly(String),
    /// A VPC peering connection.
    Peering(String),
    /// A gateway endpoint, which goes with its routes.
    Endpoint(String),
}

impl RouteTable {
    /// Of the account: `subnets`, of which the associated ones are shown; `peerings` and `nat_gateways`,
    /// to which routes may lead.
    pub fn to_wire(
        &self,
        account: &str,
        vpc: Option<&Vpc>,
        subnets: &[Subnet],
        peerings: &[Peering],
        nat_gateways: &[NatGateway],
    ) -> wire::RouteTable {
        let local = vpc.into_iter().flat_map(Vpc::cidrs).map(local_to_wire);
        let own = self.routes.iter().map(|route| wire::Route {
            destination_cidr_block: Some(route.destination.to_string()),
            ..route.target.to_wire(vpc, peerings, nat_gateways)
        });
        let own_ipv6 = self.ipv6_routes.iter().map(|route| wire::Route {
            destination_ipv6_cidr_block: Some(route.destination.to_string()),
            ..route.target.to_wire(vpc, peerings, nat_gateways)
        });
        let listed = self.list_routes.iter().map(|route| wire::Route {
            destination_prefix_list_id: Some(route.list.id.clone()),
            ..route.target.to_wire(vpc, peerings, nat_gateways)
        });
        let ipv6 = vpc.and_then(|vpc| vpc.ipv6.as_ref());
        let ipv6 = ipv6.map(|it| wire::Route {
            destination_ipv6_cidr_block: Some(it.cidr.to_string()),
            ..always_local()
        });
        let routes = ipv6.into_iter().chain(own).chain(own_ipv6).chain(listed);
        let main = self.main_association.iter().map(|id| (id, None));
        let explicit = subnets.iter().filter_map(|subnet| {
            let association = subnet.route_table.as_ref()?;
            (association.table == self.id).then_some((&association.id, Some(&subnet.id)))
        });
        let associations = main.chain(explicit);
        wire::RouteTable {
            associations: Some(
                associations
                    .map(|(id, subnet)| self.association_to_wire(id, subnet))
                    .collect(),
            ),
            propagating_vgws: Some(vec![]),
            route_table_id: Some(self.id.clone()),
            routes: Some(local.chain(routes).collect()),
            tags: Some(tags_to_wire(&self.tags)),
            vpc_id: Some(self.vpc_id.clone()),
            owner_id: Some(account.to_owned()),
        }
    }

    fn association_to_wire(
        &self,
        id: &str,
        subnet: Option<&String>,
    ) -> wire::RouteTableAssociation {
        wire::RouteTableAssociation {
            main: Some(subnet.is_none()),
            route_table_association_id: Some(id.to_owned()),
            route_table_id: Some(self.id.clone()),
            subnet_id: subnet.cloned(),
            association_state: Some(association_state("associated")),
            ..wire::RouteTableAssociation::default()
        }
    }
}

pub fn association_state(state: &str) -> wire::RouteTableAssociationState {
    wire::RouteTableAssociationState {
        state: Some(state.to_owned()),
        status_message: None,
    }
}

fn local_to_wire(cidr: Cidr4) -> wire::Route {
    wire::Route {
        destination_cidr_block: Some(cidr.to_string()),
        ..always_local()
    }
}

fn always_local() -> wire::Route {
    wire::Route {
        gateway_id: Some("local".to_owned()),
        origin: Some("CreateRouteTable".to_owned()),
        state: Some("active".to_owned()),
        ..wire::Route::default()
    }
}

impl RouteTarget {
    pub fn id(&self) -> &str {
        match self {
            Self::InternetGateway(id)
            | Self::NatGateway(id)
            | Self::EgressOnly(id)
            | Self::Peering(id)
            | Self::Endpoint(id) => id,
        }
    }

    /// A route that leads there, its destination left open. `vpc`: whose gateways lead somewhere; a route to
    /// another's, to a NAT gateway that was deleted or to a peering connection that is not active
    /// leads nowhere.
    fn to_wire(
        &self,
        vpc: Option<&Vpc>,
        peerings: &[Peering],
        nat_gateways: &[NatGateway],
    ) -> wire::Route {
        let mut shown = wire::Route {
            origin: Some("CreateRoute".to_owned()),
            ..wire::Route::default()
        };
        let leads = match self {
            Self::InternetGateway(id) => {
                shown.gateway_id = Some(id.clone());
                vpc.is_some_and(|it| it.gateway.as_ref() == Some(id))
            }
            Self::EgressOnly(id) => {
                shown.egress_only_internet_gateway_id = Some(id.clone());
                vpc.is_some_and(|it| it.egress_only.as_ref() == Some(id))
            }
            Self::NatGateway(id) => {
                shown.nat_gateway_id = Some(id.clone());
                let mut all = nat_gateways.iter();
                all.any(|it| it.id == *id && it.deleted_at.is_none())
            }
            Self::Peering(id) => {
                shown.vpc_peering_connection_id = Some(id.clone());
                peerings.iter().any(|it| it.id == *id && it.is_active())
            }
            Self::Endpoint(id) => {
                shown.gateway_id = Some(id.clone());
                true
            }
        };
        let state = if leads { "active" } else { "blackhole" };
        shown.state = Some(state.to_owned());
        shown
    }
}
