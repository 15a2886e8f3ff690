//! Egress-only internet gateways: CreateEgressOnlyInternetGateway, Delete, Describe.
//!
//! One belongs to its VPC from its making on, and a VPC has one at most.

use wharf_api_ec2::types::{
    CreateEgressOnlyInternetGatewayRequest, CreateEgressOnlyInternetGatewayResult,
    DeleteEgressOnlyInternetGatewayRequest, DeleteEgressOnlyInternetGatewayResult,
    DescribeEgressOnlyInternetGatewaysRequest, DescribeEgressOnlyInternetGatewaysResult,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, fault,
    filter::{Asked, names},
    records::{EgressOnlyGateway, Pointer, Vpc},
    table::client_token,
    tags,
};

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateEgressOnlyInternetGatewayRequest,
) -> Result<CreateEgressOnlyInternetGatewayResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let specifications = input.tag_specifications.as_deref();
    let token = client_token(input.client_token.as_deref())?;
    let vpc = input.vpc_id.unwrap_or_default();
    if vpc.is_empty() {
        return Err(fault::missing_parameter("vpcId"));
    }
    let gateway = EgressOnlyGateway {
        id: ids::ec2_id("eigw"),
        vpc_id: vpc,
        token_id: token.map(|token| format!("egress-only-gateway-token:{token}")),
        tags: tags::specified(call, specifications, EgressOnlyGateway::KIND)?,
        unknown: Unknown::new(),
    };
    let made = add(service, call, gateway).await?;
    Ok(CreateEgressOnlyInternetGatewayResult {
        client_token: input.client_token,
        egress_only_internet_gateway: Some(made.to_wire()),
    })
}

/// The gateway, or the one that its client token made before.
async fn add(
    service: &Ec2Service,
    call: &Call,
    gateway: EgressOnlyGateway,
) -> Result<EgressOnlyGateway, Fault> {
    transact!(service.table, &call.permit, |tx| {
        let mut vpc = service.get_stored::<Vpc>(call, &gateway.vpc_id).await?;
        let mut txn = Txn::new().when(vpc.unchanged());
        if let Some(token) = &gateway.token_id {
            if let Some(pointer) = service.find::<Pointer>(call, token).await? {
                let made: EgressOnlyGateway = service.get(call, &pointer.id).await?;
                if made.vpc_id != gateway.vpc_id {
                    return Err(fault::token_reused());
                }
                return Ok(made);
            }
            let key = Ec2Service::key::<Pointer>(call, token);
            txn = txn
                .when(Compare::absent(key.clone()))
                .put(key, encode(&Pointer::to(&gateway.id)));
        }
        if vpc.record.egress_only.is_some() {
            return Err(fault::vpc_has_egress_only_gateway(&gateway.vpc_id));
        }
        vpc.record.egress_only = Some(gateway.id.clone());
        let key = Ec2Service::key::<EgressOnlyGateway>(call, &gateway.id);
        let txn = txn
            .put(&vpc.key, encode(&vpc.record))
            .put(key, encode(&gateway));
        tx.join(txn);
    });
    Ok(gateway)
}

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteEgressOnlyInternetGatewayRequest,
) -> Result<DeleteEgressOnlyInternetGatewayResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.egress_only_internet_gateway_id.unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<EgressOnlyGateway>(call, &id).await?;
        let mut vpc = service
            .get_stored::<Vpc>(call, &stored.record.vpc_id)
            .await?;
        let condition = vpc.unchanged();
        vpc.record.egress_only = None;
        // Routes that lead to it become black holes, as in AWS.
        let mut txn = Txn::new()
            .when(stored.unchanged())
            .when(condition)
            .put(&vpc.key, encode(&vpc.record))
            .delete(&stored.key);
        if let Some(token) = &stored.record.token_id {
            txn = txn.delete(Ec2Service::key::<Pointer>(call, token));
        }
        tx.join(txn);
    });
    Ok(DeleteEgressOnlyInternetGatewayResult {
        return_code: Some(true),
    })
}

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeEgressOnlyInternetGatewaysRequest,
) -> Result<DescribeEgressOnlyInternetGatewaysResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let ids = input.egress_only_internet_gateway_ids.unwrap_or_default();
    // Ids that are nobody's are no fault here, as in AWS: they leave the answer empty.
    let asked_for = |it: &EgressOnlyGateway| ids.is_empty() || ids.contains(&it.id);
    let asked = Asked {
        ids: None,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let (page, next_token) = service
        .select_some(call, asked, &names::EGRESS_ONLY_GATEWAYS, asked_for, |_| {
            Vec::new()
        })
        .await?;
    Ok(DescribeEgressOnlyInternetGatewaysResult {
        egress_only_internet_gateways: Some(page.iter().map(EgressOnlyGateway::to_wire).collect()),
        next_token,
    })
}
