//! The endpoints that lead to a provider's services: DescribeVpcEndpointConnections, AcceptVpcEndpointConnections and
//! RejectVpcEndpointConnections.

use wharf_api_ec2::types::{
    AcceptVpcEndpointConnectionsRequest, AcceptVpcEndpointConnectionsResult,
    DescribeVpcEndpointConnectionsRequest, DescribeVpcEndpointConnectionsResult, DnsEntry,
    RejectVpcEndpointConnectionsRequest, RejectVpcEndpointConnectionsResult, UnsuccessfulItem,
    VpcEndpointConnection,
};
use wharf_records::{Record as _, Scope, encode};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{
    Connection, EndpointService, LinkState, MAX_CONNECTIONS, MAX_KNOWN, connection_id,
    connection_key, fault, fronts, scope_of,
};
use crate::{
    Ec2Service,
    endpoints::{self, VpcEndpoint, each},
    fault::{dry_run, missing_parameter, tell},
    filter::{self, Fields, names},
    table::Stored,
};

/// The endpoint of a connection, in whichever account it is.
pub async fn endpoint(
    service: &Ec2Service,
    region: &str,
    connection: &Connection,
) -> Result<Option<Stored<VpcEndpoint>>, Fault> {
    let scope = scope_of(&connection.account, region);
    let key = scope.key(VpcEndpoint::KIND, &connection.endpoint);
    Ok(service.table.read::<VpcEndpoint>(&key).await?)
}

/// That one more endpoint can lead to a service: those that were rejected take no room.
pub async fn check_room(service: &Ec2Service, provider: &Scope, id: &str) -> Result<(), Fault> {
    let known = service.connections(provider, Some(id)).await?;
    if known.len() < MAX_CONNECTIONS {
        return Ok(());
    }
    let full = || fault::too_many_connections(MAX_CONNECTIONS);
    if known.len() >= MAX_KNOWN {
        return Err(full());
    }
    let mut taken = 0;
    for connection in &known {
        let endpoint = endpoint(service, &provider.region, connection).await?;
        let link = endpoint.and_then(|it| it.record.link);
        taken += usize::from(link.is_some_and(|it| it.state != LinkState::Rejected));
    }
    match taken < MAX_CONNECTIONS {
        true => Ok(()),
        false => Err(full()),
    }
}

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVpcEndpointConnectionsRequest,
) -> Result<DescribeVpcEndpointConnectionsResult, Fault> {
    dry_run(input.dry_run)?;
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "vpc-endpoint-connection", &input.filters, page)?;
    let filters = filter::checked(input.filters, &names::VPC_ENDPOINT_CONNECTIONS)?;
    let mut found = Vec::new();
    for connection in service.connections(&Ec2Service::scope(call), None).await? {
        let Some(endpoint) = endpoint(service, &call.region, &connection).await? else {
            continue;
        };
        let fields: Fields = vec![
            ("ip-address-type", vec!["ipv4".to_owned()]),
            ("service-id", vec![connection.service.clone()]),
            ("vpc-endpoint-id", vec![connection.endpoint.clone()]),
            ("vpc-endpoint-owner", vec![connection.account.clone()]),
            ("vpc-endpoint-region", vec![call.region.clone()]),
            (
                "vpc-endpoint-state",
                vec![endpoint.record.state().to_owned()],
            ),
        ];
        if filter::matches(&filters, &fields, &Default::default()) {
            let id = connection_id(&connection.service, &connection.endpoint);
            found.push((id, connection, endpoint.record));
        }
    }
    let (page, next_token) = page.cut(found, |(id, ..)| id);
    let mut shown = Vec::with_capacity(page.len());
    for (_, connection, endpoint) in page {
        let of = service.find::<EndpointService>(call, &connection.service);
        let balancers = of.await?.map(|it| it.balancers).unwrap_or_default();
        let names = endpoint.names(&call.region).into_iter();
        let names = names.map(|it| DnsEntry {
            dns_name: Some(it.name),
            hosted_zone_id: None,
        });
        shown.push(VpcEndpointConnection {
            service_id: Some(connection.service),
            vpc_endpoint_id: Some(connection.endpoint),
            vpc_endpoint_owner: Some(connection.account),
            vpc_endpoint_state: Some(endpoint.state().to_owned()),
            creation_timestamp: Some(connection.created_at),
            dns_entries: Some(names.collect()),
            network_load_balancer_arns: Some(balancers),
            ip_address_type: Some("ipv4".to_owned()),
            vpc_endpoint_connection_id: Some(connection.id),
            tags: Some(Vec::new()),
            vpc_endpoint_region: Some(call.region.clone()),
            ..VpcEndpointConnection::default()
        });
    }
    Ok(DescribeVpcEndpointConnectionsResult {
        vpc_endpoint_connections: Some(shown),
        next_token,
    })
}

pub async fn accept(
    service: &Ec2Service,
    call: &Call,
    input: AcceptVpcEndpointConnectionsRequest,
) -> Result<AcceptVpcEndpointConnectionsResult, Fault> {
    dry_run(input.dry_run)?;
    let id = input.service_id.as_deref().unwrap_or_default();
    let unsuccessful = answer_all(service, call, (id, &input.vpc_endpoint_ids), true).await?;
    Ok(AcceptVpcEndpointConnectionsResult {
        unsuccessful: Some(unsuccessful),
    })
}

pub async fn reject(
    service: &Ec2Service,
    call: &Call,
    input: RejectVpcEndpointConnectionsRequest,
) -> Result<RejectVpcEndpointConnectionsResult, Fault> {
    dry_run(input.dry_run)?;
    let id = input.service_id.as_deref().unwrap_or_default();
    let unsuccessful = answer_all(service, call, (id, &input.vpc_endpoint_ids), false).await?;
    Ok(RejectVpcEndpointConnectionsResult {
        unsuccessful: Some(unsuccessful),
    })
}

async fn answer_all(
    service: &Ec2Service,
    call: &Call,
    (id, endpoints): (&str, &Option<Vec<String>>),
    accepts: bool,
) -> Result<Vec<UnsuccessfulItem>, Fault> {
    let endpoints = each(endpoints)?;
    if endpoints.is_empty() {
        return Err(missing_parameter("VpcEndpointId"));
    }
    service.get::<EndpointService>(call, id).await?;
    let mut failed = Vec::new();
    for endpoint in endpoints {
        let done = answer(service, call, (id, &endpoint), accepts).await;
        tell(&mut failed, endpoint, done)?;
    }
    Ok(failed)
}

/// One that is rejected is cut at once, one that is accepted attached by the reconciler.
async fn answer(
    service: &Ec2Service,
    call: &Call,
    (id, of): (&str, &str),
    accepts: bool,
) -> Result<(), Fault> {
    transact!(service.table, &call.permit, |tx| {
        let missing = || endpoints::fault::not_found(of);
        let own = service.get_stored::<EndpointService>(call, id).await?;
        let key = connection_key(&Ec2Service::scope(call), id, of);
        let connection = service.table.read::<Connection>(&key).await?;
        let connection = connection.ok_or_else(missing)?.record;
        let stored = endpoint(service, &call.region, &connection).await?;
        let stored = stored.ok_or_else(missing)?;
        let mut changed = stored.record.clone();
        let link = changed.link.as_mut().ok_or_else(missing)?;
        let provider = Ec2Service::scope(call);
        let state = link.state.answered(accepts);
        let state = state.ok_or_else(|| fault::wrong_state(of, link.state.name()))?;
        let was_rejected = link.state == LinkState::Rejected;
        link.state = state;
        // A service that goes meanwhile accepts nobody, and one that accepted somebody meanwhile does not go.
        let txn = Txn::new().when(own.still_there()).when(stored.unchanged());
        let mut txn = service.alone_at(txn, &provider, id).await?;
        if was_rejected {
            check_room(service, &provider, id).await?;
        }
        if !accepts {
            link.private_name = None;
            let scope = scope_of(&connection.account, &call.region);
            let nowhere = fronts::Fronts::new();
            txn = fronts::place(service, txn, &scope, &mut changed, nowhere, call.now).await?;
        }
        tx.join(txn.put(&stored.key, encode(&changed)));
    });
    Ok(())
}
