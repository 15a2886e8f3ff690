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
    let wanted = Wanted::read(
        input.route_table_id,
        input.destination_cidr_block.as_deref(),
        input.gateway_id,
    )?;
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
    let wanted = Wanted::read(
        input.route_table_id,
        input.destination_cidr_block.as_deref(),
        input.gateway_id,
    )?;
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

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteRouteRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let destination = destination(input.destination_cidr_block.as_deref())?;
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

fn destination(range: Option<&str>) -> Result<Cidr4, Fault> {
    let text = range.ok_or_else(|| fault::missing_parameter("destinationCidrBlock"))?;
    Cidr4::canonical(text).map_err(|_| fault::bad_destination(text))
}

struct Wanted {
    table: String,
    destination: Cidr4,
    gateway: String,
}

impl Wanted {
    fn read(
        table: Option<String>,
        range: Option<&str>,
        gateway: Option<String>,
    ) -> Result<Self, Fault> {
        if gateway.as_deref() == Some("local") {
            return Err(fault::unsupported_parameter("GatewayId"));
        }
        let gateway = gateway.filter(|id| !id.is_empty());
        Ok(Self {
            table: table.unwrap_or_default(),
            destination: destination(range)?,
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
