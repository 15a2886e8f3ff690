//! CreateRoute, ReplaceRoute and DeleteRoute. Routes lead to the VPC's internet gateways, to its NAT
//! gateways and to its peers: nothing else that AWS routes to exists here.

use std::fmt;

use wharf_api_ec2::types::{
    CreateRouteRequest, CreateRouteResult, DeleteRouteRequest, ReplaceRouteRequest,
};
use wharf_base::{Cidr4, Cidr6};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, endpoints, fault,
    nat_gateways::NatGateway,
    prefix_lists::{self, Listed, PrefixList},
    records::{
        EgressOnlyGateway, InternetGateway, Ipv6Route, ListRoute, Route, RouteTable, RouteTarget,
        Vpc,
    },
    table::LeanOn,
};

/// Routes of a table, the local ones not counted.
const MAX_ROUTES: u64 = 50;

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateRouteRequest,
) -> Result<CreateRouteResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let wanted = Wanted::read(
        input.route_table_id,
        Destination::read(
            input.destination_cidr_block,
            input.destination_ipv6_cidr_block,
            input.destination_prefix_list_id,
        )?,
        Targets {
            gateway: input.gateway_id,
            nat_gateway: input.nat_gateway_id,
            egress_only: input.egress_only_internet_gateway_id,
            peering: input.vpc_peering_connection_id,
        },
    )?;
    wanted.check(service, call).await?;
    let decide = |table: &mut RouteTable, list: Option<&Listed>| {
        let to = &wanted.destination;
        if table.routes.iter().any(|it| to.is_range(it.destination))
            || (table.ipv6_routes.iter()).any(|it| to.is_ipv6(it.destination))
            || table.list_routes.iter().any(|it| to.is_list(&it.list.id))
        {
            return Err(fault::route_exists(&to.to_string()));
        }
        let target = wanted.target.clone();
        match (to, list) {
            (Destination::Range(destination), _) => table.routes.push(Route {
                destination: *destination,
                target,
            }),
            (Destination::Ipv6(destination), _) => table.ipv6_routes.push(Ipv6Route {
                destination: *destination,
                target,
            }),
            (Destination::List(_), Some(list)) => table.list_routes.push(ListRoute {
                list: list.clone(),
                target,
            }),
            (Destination::List(id), None) => return Err(prefix_lists::not_found(id)),
        }
        check_room(table)
    };
    match &wanted.destination {
        Destination::Range(_) | Destination::Ipv6(_) => {
            let decide = |table: &mut RouteTable| decide(table, None);
            service.change(call, &wanted.table, decide).await?;
        }
        Destination::List(list) => add_list(service, call, &wanted.table, list, decide).await?,
    }
    Ok(CreateRouteResult {
        return_: Some(true),
    })
}

/// A route to a list: the list as it is, and whoever modifies it notices.
async fn add_list(
    service: &Ec2Service,
    call: &Call,
    table: &str,
    list: &str,
    decide: impl Fn(&mut RouteTable, Option<&Listed>) -> Result<(), Fault>,
) -> Result<(), Fault> {
    transact!(service.table, &call.permit, |tx| {
        let (list, listed) = service.listed(call, list).await?;
        prefix_lists::check_room(service, call, &listed.id).await?;
        let stored = service.get_stored::<RouteTable>(call, table).await?;
        let mut record = stored.record.clone();
        decide(&mut record, Some(&listed))?;
        let txn = Txn::new()
            .when(stored.unchanged())
            .when(list.unchanged())
            .put(&stored.key, encode(&record))
            .lean_on::<PrefixList>(call, &listed.id);
        tx.join(txn);
    });
    Ok(())
}

/// Whether a table may have its routes. A prefix list counts for as many as it may have entries.
pub fn check_room(table: &RouteTable) -> Result<(), Fault> {
    let lists = table.list_routes.iter().map(|it| u64::from(it.list.weight));
    let ranges = table.routes.len() + table.ipv6_routes.len();
    match ranges as u64 + lists.sum::<u64>() > MAX_ROUTES {
        true => Err(fault::too_many_routes()),
        false => Ok(()),
    }
}

pub async fn replace(
    service: &Ec2Service,
    call: &Call,
    input: ReplaceRouteRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let wanted = Wanted::read(
        input.route_table_id,
        Destination::read(
            input.destination_cidr_block,
            input.destination_ipv6_cidr_block,
            input.destination_prefix_list_id,
        )?,
        Targets {
            gateway: input.gateway_id,
            nat_gateway: input.nat_gateway_id,
            egress_only: input.egress_only_internet_gateway_id,
            peering: input.vpc_peering_connection_id,
        },
    )?;
    wanted.check(service, call).await?;
    let to = &wanted.destination;
    let decide = |table: &mut RouteTable| {
        check_no_endpoint(table, to)?;
        let own = table.routes.iter_mut();
        let own = own.filter(|it| to.is_range(it.destination));
        let ipv6 = table.ipv6_routes.iter_mut();
        let ipv6 = ipv6.filter(|it| to.is_ipv6(it.destination));
        let listed = table.list_routes.iter_mut();
        let listed = listed.filter(|it| to.is_list(&it.list.id));
        let targets = own.map(|it| &mut it.target);
        let targets = targets.chain(ipv6.map(|it| &mut it.target));
        let mut targets = targets.chain(listed.map(|it| &mut it.target));
        let known = targets.next();
        let known = known.ok_or_else(|| fault::no_route(&to.to_string()))?;
        known.clone_from(&wanted.target);
        Ok(())
    };
    service.change(call, &wanted.table, decide).await
}

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteRouteRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let to = Destination::read(
        input.destination_cidr_block,
        input.destination_ipv6_cidr_block,
        input.destination_prefix_list_id,
    )?;
    let id = input.route_table_id.as_deref().unwrap_or_default();
    let table: RouteTable = service.get(call, id).await?;
    let vpc: Vpc = service.get(call, &table.vpc_id).await?;
    let is_local_ipv6 = vpc.ipv6.as_ref().is_some_and(|it| to.is_ipv6(it.cidr));
    if is_local_ipv6 || vpc.cidrs().any(|local| to.is_range(local)) {
        return Err(fault::local_route(&to.to_string(), id));
    }
    let decide = |table: &mut RouteTable| {
        check_no_endpoint(table, &to)?;
        let count = |it: &RouteTable| it.routes.len() + it.ipv6_routes.len() + it.list_routes.len();
        let known = count(table);
        table.routes.retain(|it| !to.is_range(it.destination));
        table.ipv6_routes.retain(|it| !to.is_ipv6(it.destination));
        table.list_routes.retain(|it| !to.is_list(&it.list.id));
        if count(table) == known {
            return Err(fault::route_not_found(to.parameter(), &to.to_string(), id));
        }
        Ok(())
    };
    service.change(call, id, decide).await
}

/// Routes to endpoints are made and removed with their association.
fn check_no_endpoint(table: &RouteTable, to: &Destination) -> Result<(), Fault> {
    let mut listed = table
        .list_routes
        .iter()
        .filter(|it| to.is_list(&it.list.id));
    match listed.any(|it| matches!(it.target, RouteTarget::Endpoint(_))) {
        true => Err(endpoints::fault::route_of_endpoint(
            &table.id,
            &to.to_string(),
        )),
        false => Ok(()),
    }
}

/// What a route leads to: a range, or all ranges of a prefix list.
enum Destination {
    Range(Cidr4),
    Ipv6(Cidr6),
    List(String),
}

impl Destination {
    fn read(
        range: Option<String>,
        ipv6: Option<String>,
        list: Option<String>,
    ) -> Result<Self, Fault> {
        let given = |text: Option<String>| text.filter(|text| !text.is_empty());
        match (given(range), given(ipv6), given(list)) {
            (Some(text), None, None) => Cidr4::canonical(&text)
                .map(Self::Range)
                .map_err(|_| fault::bad_destination("destinationCidrBlock", &text)),
            (None, Some(text), None) => Cidr6::canonical(&text)
                .map(Self::Ipv6)
                .map_err(|_| fault::bad_destination("destinationIpv6CidrBlock", &text)),
            (None, None, Some(id)) => Ok(Self::List(id)),
            (None, None, None) => Err(fault::missing_parameter("destinationCidrBlock")),
            _ => Err(fault::one_destination()),
        }
    }

    /// What faults call it.
    const fn parameter(&self) -> &'static str {
        match self {
            Self::Range(_) => "destination-cidr-block",
            Self::Ipv6(_) => "destination-ipv6-cidr-block",
            Self::List(_) => "destination-prefix-list-id",
        }
    }

    fn is_range(&self, range: Cidr4) -> bool {
        matches!(self, Self::Range(own) if *own == range)
    }

    fn is_ipv6(&self, range: Cidr6) -> bool {
        matches!(self, Self::Ipv6(own) if *own == range)
    }

    fn is_list(&self, list: &str) -> bool {
        matches!(self, Self::List(own) if own == list)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range(range) => range.fmt(out),
            Self::Ipv6(range) => range.fmt(out),
            Self::List(id) => id.fmt(out),
        }
    }
}

/// What a request says of where a route leads.
struct Targets {
    gateway: Option<String>,
    nat_gateway: Option<String>,
    egress_only: Option<String>,
    peering: Option<String>,
}

impl Targets {
    /// The one that is said.
    fn one(self) -> Result<RouteTarget, Fault> {
        if self.gateway.as_deref() == Some("local") {
            return Err(fault::unsupported_parameter("GatewayId"));
        }
        let said = [
            self.gateway.map(RouteTarget::InternetGateway),
            self.nat_gateway.map(RouteTarget::NatGateway),
            self.egress_only.map(RouteTarget::EgressOnly),
            self.peering.map(RouteTarget::Peering),
        ];
        let mut said = said.into_iter().flatten().filter(|it| !it.id().is_empty());
        let one = said
            .next()
            .ok_or_else(|| fault::missing_parameter("gatewayId"))?;
        match said.next() {
            Some(_) => Err(fault::two_targets()),
            None => Ok(one),
        }
    }
}

struct Wanted {
    table: String,
    destination: Destination,
    target: RouteTarget,
}

impl Wanted {
    fn read(
        table: Option<String>,
        destination: Destination,
        targets: Targets,
    ) -> Result<Self, Fault> {
        Ok(Self {
            table: table.unwrap_or_default(),
            destination,
            target: targets.one()?,
        })
    }

    /// Whether its table may have the route.
    async fn check(&self, service: &Ec2Service, call: &Call) -> Result<(), Fault> {
        let table: RouteTable = service.get(call, &self.table).await?;
        let vpc: Vpc = service.get(call, &table.vpc_id).await?;
        self.check_family()?;
        let (id, at) = match &self.target {
            RouteTarget::InternetGateway(id) => {
                let gateway: Option<InternetGateway> = service.find(call, id).await?;
                let gateway = gateway.ok_or_else(|| fault::route_gateway_not_found(id))?;
                (id, gateway.vpc_id == Some(vpc.id.clone()))
            }
            RouteTarget::NatGateway(id) => {
                let gateway: Option<NatGateway> = service.find(call, id).await?;
                let gateway = gateway.filter(|it| it.deleted_at.is_none());
                let gateway = gateway.ok_or_else(|| fault::route_nat_gateway_not_found(id))?;
                (id, gateway.vpc_id == vpc.id)
            }
            RouteTarget::EgressOnly(id) => {
                let gateway: Option<EgressOnlyGateway> = service.find(call, id).await?;
                let gateway = gateway.ok_or_else(|| fault::route_gateway_not_found(id))?;
                (id, gateway.vpc_id == vpc.id)
            }
            RouteTarget::Peering(id) => {
                let peering = service.open_peering(call, id).await?;
                (id, peering.other_end(&vpc.id).is_some())
            }
            // No request names one.
            RouteTarget::Endpoint(id) => return Err(endpoints::fault::not_found(id)),
        };
        if !at {
            return Err(fault::table_and_gateway_apart(&table.id, id));
        }
        // The ranges of a list that lie within the VPC lead nowhere else, as in AWS.
        if let Destination::Range(range) = self.destination
            && vpc.cidrs().any(|local| local.covers(range))
        {
            return Err(fault::inside_the_vpc(&range.to_string()));
        }
        if let Destination::Ipv6(range) = self.destination
            && (vpc.ipv6.as_ref()).is_some_and(|local| local.cidr.covers(range))
        {
            return Err(fault::inside_the_vpc(&range.to_string()));
        }
        Ok(())
    }

    /// Whether the target takes packets of the destination's family.
    fn check_family(&self) -> Result<(), Fault> {
        match (&self.destination, &self.target) {
            // NAT64 is what AWS has them for.
            (Destination::Ipv6(_), RouteTarget::NatGateway(_)) => {
                Err(fault::not_of_this_family("NAT gateways", "IPv6"))
            }
            // Lists hold ranges of IPv4.
            (Destination::Range(_) | Destination::List(_), RouteTarget::EgressOnly(_)) => Err(
                fault::not_of_this_family("Egress-only internet gateways", "IPv4"),
            ),
            _ => Ok(()),
        }
    }
}
