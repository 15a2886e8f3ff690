//! CreateRouteTable, DeleteRouteTable and DescribeRouteTables.

use wharf_api_ec2::types::{
    CreateRouteTableRequest, CreateRouteTableResult, DeleteRouteTableRequest,
    DescribeRouteTablesRequest, DescribeRouteTablesResult,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{Asked, Fields, names},
    nat_gateways::NatGateway,
    quota,
    records::{Pointer, RouteTable, Subnet, Vpc},
    table::{LeanOn, client_token},
    tags,
};

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateRouteTableRequest,
) -> Result<CreateRouteTableResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let specifications = input.tag_specifications.as_deref();
    let token = client_token(input.client_token.as_deref())?;
    let table = RouteTable {
        id: ids::ec2_id("rtb"),
        vpc_id: input.vpc_id.clone().unwrap_or_default(),
        main_association: None,
        routes: Vec::new(),
        ipv6_routes: Vec::new(),
        list_routes: Vec::new(),
        token_id: token.map(|token| format!("route-table-token:{token}")),
        tags: tags::specified(call, specifications, RouteTable::KIND)?,
        unknown: Unknown::new(),
    };
    let made = add(service, call, table).await?;
    let vpc: Vpc = service.get(call, &made.vpc_id).await?;
    let subnets: Vec<Subnet> = service.all(call).await?;
    Ok(CreateRouteTableResult {
        route_table: Some(made.to_wire(&call.account, Some(&vpc), &subnets, &[], &[])),
        client_token: input.client_token,
    })
}

/// The table, or the one that its client token made before.
async fn add(service: &Ec2Service, call: &Call, table: RouteTable) -> Result<RouteTable, Fault> {
    let of = (&call.account, RouteTable::KIND);
    let _turn = service.counting.take(of).await;
    transact!(service.table, &call.permit, |tx| {
        service.get::<Vpc>(call, &table.vpc_id).await?;
        let tables: Vec<RouteTable> = service.all(call).await?;
        let siblings = tables.iter().filter(|it| it.vpc_id == table.vpc_id);
        let is_full = siblings.count() >= quota::ROUTE_TABLES;
        let mut txn = Txn::new()
            .put(
                Ec2Service::key::<RouteTable>(call, &table.id),
                encode(&table),
            )
            .lean_on::<Vpc>(call, &table.vpc_id);
        if let Some(token) = &table.token_id {
            if let Some(pointer) = service.find::<Pointer>(call, token).await? {
                let made: RouteTable = service.get(call, &pointer.id).await?;
                if made.vpc_id != table.vpc_id {
                    return Err(fault::token_reused());
                }
                return Ok(made);
            }
            let key = Ec2Service::key::<Pointer>(call, token);
            txn = txn
                .when(Compare::absent(key.clone()))
                .put(key, encode(&Pointer::to(&table.id)));
        }
        if is_full {
            let (code, most) = ("RouteTableLimitExceeded", quota::ROUTE_TABLES);
            return Err(fault::over_quota(code, "route tables of a VPC", most));
        }
        tx.join(txn);
    });
    Ok(table)
}

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteRouteTableRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.route_table_id.as_deref().unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let fence = service.fence(call, id).await?;
        let stored = service.get_stored::<RouteTable>(call, id).await?;
        let subnets: Vec<Subnet> = service.all(call).await?;
        let uses_it = |subnet: &Subnet| {
            let association = subnet.route_table.as_ref();
            association.is_some_and(|association| association.table == id)
        };
        if stored.record.main_association.is_some() || subnets.iter().any(uses_it) {
            return Err(fault::route_table_in_use(id));
        }
        let mut txn = Txn::new().remove(call, &stored, fence);
        if let Some(token) = &stored.record.token_id {
            txn = txn.delete(Ec2Service::key::<Pointer>(call, token));
        }
        tx.join(txn);
    });
    Ok(())
}

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeRouteTablesRequest,
) -> Result<DescribeRouteTablesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let vpcs: Vec<Vpc> = service.all(call).await?;
    let subnets: Vec<Subnet> = service.all(call).await?;
    let peerings = service.peerings(call).await?;
    let nat_gateways: Vec<NatGateway> = service.all(call).await?;
    let shown = |table: &RouteTable| {
        let vpc = vpcs.iter().find(|vpc| vpc.id == table.vpc_id);
        table.to_wire(&call.account, vpc, &subnets, &peerings, &nat_gateways)
    };
    let asked = Asked {
        ids: input.route_table_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |table: &RouteTable| fields(&shown(table));
    let (page, next_token) = service
        .select(call, asked, &names::ROUTE_TABLES, fields)
        .await?;
    Ok(DescribeRouteTablesResult {
        route_tables: Some(page.iter().map(shown).collect()),
        next_token,
    })
}

fn fields(table: &wharf_api_ec2::types::RouteTable) -> Fields {
    let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
    let associations = table.associations.as_deref().unwrap_or_default();
    let routes = table.routes.as_deref().unwrap_or_default();
    let of_associations = |value: &dyn Fn(&_) -> Option<String>| {
        associations.iter().filter_map(value).collect::<Vec<_>>()
    };
    let of_routes =
        |value: &dyn Fn(&_) -> Option<String>| routes.iter().filter_map(value).collect::<Vec<_>>();
    type Association = wharf_api_ec2::types::RouteTableAssociation;
    type Route = wharf_api_ec2::types::Route;
    vec![
        ("route-table-id", one(&table.route_table_id)),
        ("vpc-id", one(&table.vpc_id)),
        ("owner-id", one(&table.owner_id)),
        (
            "association.main",
            of_associations(&|it: &Association| it.main.map(|main| main.to_string())),
        ),
        (
            "association.route-table-association-id",
            of_associations(&|it: &Association| it.route_table_association_id.clone()),
        ),
        (
            "association.route-table-id",
            of_associations(&|it: &Association| it.route_table_id.clone()),
        ),
        (
            "association.subnet-id",
            of_associations(&|it: &Association| it.subnet_id.clone()),
        ),
        (
            "route.destination-cidr-block",
            of_routes(&|it: &Route| it.destination_cidr_block.clone()),
        ),
        (
            "route.destination-ipv6-cidr-block",
            of_routes(&|it: &Route| it.destination_ipv6_cidr_block.clone()),
        ),
        (
            "route.egress-only-internet-gateway-id",
            of_routes(&|it: &Route| it.egress_only_internet_gateway_id.clone()),
        ),
        (
            "route.gateway-id",
            of_routes(&|it: &Route| it.gateway_id.clone()),
        ),
        (
            "route.destination-prefix-list-id",
            of_routes(&|it: &Route| it.destination_prefix_list_id.clone()),
        ),
        (
            "route.vpc-peering-connection-id",
            of_routes(&|it: &Route| it.vpc_peering_connection_id.clone()),
        ),
        (
            "route.nat-gateway-id",
            of_routes(&|it: &Route| it.nat_gateway_id.clone()),
        ),
        ("route.origin", of_routes(&|it: &Route| it.origin.clone())),
        ("route.state", of_routes(&|it: &Route| it.state.clone())),
    ]
}
