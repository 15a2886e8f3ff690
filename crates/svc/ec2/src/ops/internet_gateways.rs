//! Internet gateways: CreateInternetGateway, Attach, Detach, Delete, Describe.

use wharf_api_ec2::types::{
    AttachInternetGatewayRequest, CreateInternetGatewayRequest, CreateInternetGatewayResult,
    DeleteInternetGatewayRequest, DescribeInternetGatewaysRequest, DescribeInternetGatewaysResult,
    DetachInternetGatewayRequest,
};
use wharf_base::ids;
use wharf_records::{Record, Unknown, encode};
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use crate::{
    Ec2Service, elastic, fault,
    filter::{Asked, Fields, names},
    quota,
    records::{InternetGateway, Vpc},
    table::Stored,
    tags,
};

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateInternetGatewayRequest,
) -> Result<CreateInternetGatewayResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let specifications = input.tag_specifications.as_deref();
    let gateway = InternetGateway {
        id: ids::ec2_id("igw"),
        vpc_id: None,
        tags: tags::specified(call, specifications, InternetGateway::KIND)?,
        unknown: Unknown::new(),
    };
    let (most, code) = (quota::INTERNET_GATEWAYS, "InternetGatewayLimitExceeded");
    let _turn = service
        .require_quota::<InternetGateway>(call, most, code, "internet gateways")
        .await?;
    let key = Ec2Service::key::<InternetGateway>(call, &gateway.id);
    let txn = Txn::new().put(key, encode(&gateway));
    service.commit(call, txn).await?;
    Ok(CreateInternetGatewayResult {
        internet_gateway: Some(gateway.to_wire(&call.account)),
    })
}

pub async fn attach(
    service: &Ec2Service,
    call: &Call,
    input: AttachInternetGatewayRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.internet_gateway_id.as_deref().unwrap_or_default();
    let vpc_id = input.vpc_id.as_deref().unwrap_or_default();
    let decide = |gateway: &mut InternetGateway, vpc: &mut Vpc| {
        if let Some(attached) = &gateway.vpc_id {
            return Err(fault::gateway_attached(id, attached));
        }
        if vpc.gateway.is_some() {
            return Err(fault::vpc_has_gateway(vpc_id));
        }
        gateway.vpc_id = Some(vpc_id.to_owned());
        vpc.gateway = Some(id.to_owned());
        Ok(())
    };
    change_both(service, call, id, vpc_id, decide).await
}

pub async fn detach(
    service: &Ec2Service,
    call: &Call,
    input: DetachInternetGatewayRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.internet_gateway_id.as_deref().unwrap_or_default();
    let vpc_id = input.vpc_id.as_deref().unwrap_or_default();
    service.get::<InternetGateway>(call, id).await?;
    elastic::unmapped(service, call, vpc_id).await?;
    let decide = |gateway: &mut InternetGateway, vpc: &mut Vpc| {
        if gateway.vpc_id.as_deref() != Some(vpc_id) {
            return Err(fault::gateway_not_attached(id, vpc_id));
        }
        gateway.vpc_id = None;
        vpc.gateway = None;
        Ok(())
    };
    change_both(service, call, id, vpc_id, decide).await
}

async fn change_both(
    service: &Ec2Service,
    call: &Call,
    id: &str,
    vpc_id: &str,
    decide: impl Fn(&mut InternetGateway, &mut Vpc) -> Result<(), Fault>,
) -> Result<(), Fault> {
    transact!(service.table, &call.permit, |tx| {
        let mut gateway: Stored<InternetGateway> = service.get_stored(call, id).await?;
        let mut vpc: Stored<Vpc> = service.get_stored(call, vpc_id).await?;
        decide(&mut gateway.record, &mut vpc.record)?;
        let txn = Txn::new()
            .when(gateway.unchanged())
            .when(vpc.unchanged())
            .put(&gateway.key, encode(&gateway.record))
            .put(&vpc.key, encode(&vpc.record));
        tx.join(txn);
    });
    Ok(())
}

pub async fn delete(
    service: &Ec2Service,
    call: &Call,
    input: DeleteInternetGatewayRequest,
) -> Result<(), Fault> {
    fault::dry_run(input.dry_run)?;
    let id = input.internet_gateway_id.as_deref().unwrap_or_default();
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<InternetGateway>(call, id).await?;
        if stored.record.vpc_id.is_some() {
            return Err(fault::gateway_in_use(id));
        }
        // Routes that lead to it become black holes, as in AWS.
        let txn = Txn::new().when(stored.unchanged()).delete(&stored.key);
        tx.join(txn);
    });
    Ok(())
}

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeInternetGatewaysRequest,
) -> Result<DescribeInternetGatewaysResult, Fault> {
    fault::dry_run(input.dry_run)?;
    service.ensure_default_vpc(&call.permit, call).await?;
    let asked = Asked {
        ids: input.internet_gateway_ids,
        filters: input.filters,
        next_token: input.next_token,
        max_results: input.max_results,
    };
    let fields = |gateway: &InternetGateway| fields(gateway, &call.account);
    let (page, next_token) = service
        .select(call, asked, &names::INTERNET_GATEWAYS, fields)
        .await?;
    let gateways = page.iter().map(|gateway| gateway.to_wire(&call.account));
    Ok(DescribeInternetGatewaysResult {
        internet_gateways: Some(gateways.collect()),
        next_token,
    })
}

fn fields(gateway: &InternetGateway, account: &str) -> Fields {
    let vpc: Vec<String> = gateway.vpc_id.iter().cloned().collect();
    let state = vpc.iter().map(|_| "available".to_owned()).collect();
    vec![
        ("internet-gateway-id", vec![gateway.id.clone()]),
        ("owner-id", vec![account.to_owned()]),
        ("attachment.vpc-id", vpc),
        ("attachment.state", state),
    ]
}
