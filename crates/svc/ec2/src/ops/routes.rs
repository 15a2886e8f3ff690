//! CreateRoute, ReplaceRoute and DeleteRoute. Only an internet gateway can be a route's target:
//! nothing else that AWS routes to exists here.

use wharf_api_ec2::types::{
    CreateRouteRequest, CreateRouteResult, DeleteRouteRequest, ReplaceRouteRequest,
};
use wharf_base::Cidr4;
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    records::{InternetGateway, Route, RouteTable, RouteTarget, Vpc},
};

/// Routes of a table, the local ones not counted.
const MAX_ROUTES: usize = 50;

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateRouteRequest,
) -> Result<CreateRouteResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let wanted = Wanted::read(input)?;
    let route = wanted.route(service, call).await?;
    let decide = |table: &mut RouteTable| {
        let same = |known: &Route| known.destination == route.destination;
        if table.routes.iter().any(same) {
            return Err(fault::route_exists(&route.destination.to_string()));
        }
        if table.routes.len() == MAX_ROUTES {
            return Err(fault::too_many_routes());
        }
        table.routes.push(route.clone());
        Ok(())
    };
    service.change(call, &wanted.table, decide).await?;
    Ok(CreateRouteResult {
        return_: Some(true),
    })
}

pub async fn replace(
    service: &Ec2Service,
    call: &Call,
    input: ReplaceRouteRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    if input.local_target == Some(true) {
        return Err(fault::unsupported_parameter("LocalTarget"));
    }
    let wanted = Wanted::read(as_creation(input))?;
    let route = wanted.route(service, call).await?;
    let decide = |table: &mut RouteTable| {
        let mut routes = table.routes.iter_mut();
        let known = routes.find(|known| known.destination == route.destination);
        let known = known.ok_or_else(|| fault::no_route(&route.destination.to_string()))?;
        known.target.clone_from(&route.target);
        Ok(())
    };
    service.change(call, &wanted.table, decide).await
}

/// Both requests name a route in the same words.
fn as_creation(input: ReplaceRouteRequest) -> CreateRouteRequest {
    CreateRouteRequest {
        destination_prefix_list_id: input.destination_prefix_list_id,
        vpc_endpoint_id: input.vpc_endpoint_id,
        transit_gateway_id: input.transit_gateway_id,
        local_gateway_id: input.local_gateway_id,
        carrier_gateway_id: input.carrier_gateway_id,
        core_network_arn: input.core_network_arn,
        odb_network_arn: input.odb_network_arn,
        dry_run: input.dry_run,
        route_table_id: input.route_table_id,
        destination_cidr_block: input.destination_cidr_block,
        gateway_id: input.gateway_id,
        destination_ipv6_cidr_block: input.destination_ipv6_cidr_block,
        egress_only_internet_gateway_id: input.egress_only_internet_gateway_id,
        instance_id: input.instance_id,
        network_interface_id: input.network_interface_id,
        vpc_peering_connection_id: input.vpc_peering_connection_id,
        nat_gateway_id: input.nat_gateway_id,
    }
}

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteRouteRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let destination = destination(
        input.destination_cidr_block.as_deref(),
        input.destination_ipv6_cidr_block.is_some(),
        input.destination_prefix_list_id.is_some(),
    )?;
    let id = input.route_table_id.as_deref().unwrap_or_default();
    let table: RouteTable = service.get(call, id).await?;
    let vpc: Vpc = service.get(call, &table.vpc_id).await?;
    if vpc.cidrs().any(|local| local == destination) {
        return Err(fault::local_route(&destination.to_string(), id));
    }
    let decide = |table: &mut RouteTable| {
        let known = table.routes.len();
        table
            .routes
            .retain(|route| route.destination != destination);
        if table.routes.len() == known {
            return Err(fault::route_not_found(&destination.to_string(), id));
        }
        Ok(())
    };
    service.change(call, id, decide).await
}

fn destination(range: Option<&str>, ipv6: bool, prefix_list: bool) -> Result<Cidr4, Fault> {
    if ipv6 {
        return Err(fault::unsupported_parameter("DestinationIpv6CidrBlock"));
    }
    if prefix_list {
        return Err(fault::unsupported_parameter("DestinationPrefixListId"));
    }
    let text = range.ok_or_else(|| fault::missing_parameter("destinationCidrBlock"))?;
    Cidr4::canonical(text).map_err(|_| fault::bad_destination(text))
}

struct Wanted {
    table: String,
    destination: Cidr4,
    gateway: String,
}

impl Wanted {
    fn read(input: CreateRouteRequest) -> Result<Self, Fault> {
        refuse_other_targets(&input)?;
        let gateway = input.gateway_id.filter(|id| !id.is_empty());
        Ok(Self {
            table: input.route_table_id.unwrap_or_default(),
            destination: destination(
                input.destination_cidr_block.as_deref(),
                input.destination_ipv6_cidr_block.is_some(),
                input.destination_prefix_list_id.is_some(),
            )?,
            gateway: gateway.ok_or_else(|| fault::missing_parameter("gatewayId"))?,
        })
    }

    /// The route, if its table may have it.
    async fn route(&self, service: &Ec2Service, call: &Call) -> Result<Route, Fault> {
        let table: RouteTable = service.get(call, &self.table).await?;
        let vpc: Vpc = service.get(call, &table.vpc_id).await?;
        let gateway: Option<InternetGateway> = service.find(call, &self.gateway).await?;
        let gateway = gateway.ok_or_else(|| fault::route_gateway_not_found(&self.gateway))?;
        if gateway.vpc_id.as_ref() != Some(&vpc.id) {
            return Err(fault::table_and_gateway_apart(&table.id, &gateway.id));
        }
        if vpc.cidrs().any(|local| local.covers(self.destination)) {
            return Err(fault::inside_the_vpc(&self.destination.to_string()));
        }
        Ok(Route {
            destination: self.destination,
            target: RouteTarget::InternetGateway(gateway.id),
        })
    }
}

fn refuse_other_targets(input: &CreateRouteRequest) -> Result<(), Fault> {
    let present = [
        ("VpcEndpointId", input.vpc_endpoint_id.is_some()),
        ("TransitGatewayId", input.transit_gateway_id.is_some()),
        ("LocalGatewayId", input.local_gateway_id.is_some()),
        ("CarrierGatewayId", input.carrier_gateway_id.is_some()),
        ("CoreNetworkArn", input.core_network_arn.is_some()),
        ("OdbNetworkArn", input.odb_network_arn.is_some()),
        (
            "EgressOnlyInternetGatewayId",
            input.egress_only_internet_gateway_id.is_some(),
        ),
        ("InstanceId", input.instance_id.is_some()),
        ("NetworkInterfaceId", input.network_interface_id.is_some()),
        (
            "VpcPeeringConnectionId",
            input.vpc_peering_connection_id.is_some(),
        ),
        ("NatGatewayId", input.nat_gateway_id.is_some()),
        ("GatewayId", input.gateway_id.as_deref() == Some("local")),
    ];
    match present.into_iter().find(|(_, present)| *present) {
        Some((name, _)) => Err(fault::unsupported_parameter(name)),
        None => Ok(()),
    }
}
