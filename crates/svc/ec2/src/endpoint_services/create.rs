//! CreateVpcEndpointServiceConfiguration: the service, and where it is found, in one transaction.

use wharf_api_ec2::types::{
    CreateVpcEndpointServiceConfigurationRequest, CreateVpcEndpointServiceConfigurationResult,
};
use wharf_base::{Arn, ids};
use wharf_records::{Record as _, Unknown, encode};
use wharf_service::transact;
use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Context, Fault};

use super::{
    EndpointService, GIVEN, MAX_BALANCERS, MAX_SERVICES, PrivateName, ServicePlace, fault,
    place_key, zones,
};
use crate::{
    Ec2Service,
    endpoints::each,
    fault::{dry_run, token_reused, unsupported_parameter},
    records::{Fence, Pointer},
    table::{client_token, digest_of},
    tags,
};

pub async fn create(
    service: &Ec2Service,
    call: &Call,
    input: CreateVpcEndpointServiceConfigurationRequest,
) -> Result<CreateVpcEndpointServiceConfigurationResult, Fault> {
    dry_run(input.dry_run)?;
    check_address_types(input.supported_ip_address_types.as_deref())?;
    let token = client_token(input.client_token.as_deref())?;
    let token_id = token.map(|token| format!("vpc-endpoint-service-token:{token}"));
    let asked = digest_of(&input);
    let balancers = each(&input.network_load_balancer_arns)?;
    let specifications = input.tag_specifications.as_deref();
    let wanted = EndpointService {
        id: ids::ec2_id("vpce-svc"),
        acceptance_required: input.acceptance_required.unwrap_or(true),
        principals: Vec::new(),
        private_name: given_name(&input.private_dns_name)?,
        token_id: token_id.clone(),
        asked,
        created_at: call.now,
        tags: tags::specified(call, specifications, EndpointService::KIND)?,
        balancers,
        unknown: Unknown::new(),
    };
    if let Some(made) = made_before(service, call, token_id.as_deref()).await? {
        return answer(service, call, made, &wanted.asked, input.client_token).await;
    }
    let quota = "VpcEndpointServiceLimitExceeded";
    let free = service.require_quota::<EndpointService>(
        call,
        MAX_SERVICES,
        quota,
        "VPC endpoint services",
    );
    let _turn = free.await?;
    let made = transact!(service.table, &call.permit, |tx| {
        if let Some(made) = made_before(service, call, token_id.as_deref()).await? {
            return answer(service, call, made, &wanted.asked, input.client_token).await;
        }
        let place = ServicePlace {
            account: call.account.clone(),
            unknown: Unknown::new(),
        };
        let found_at = place_key(&call.region, &wanted.id);
        let key = Ec2Service::key::<EndpointService>(call, &wanted.id);
        let mut txn = with_balancers(service, call, Txn::new(), &wanted.balancers)
            .await?
            .when(Compare::absent(found_at.clone()))
            .put(found_at, encode(&place))
            .put(key, encode(&wanted));
        if let Some(token_id) = &token_id {
            let key = Ec2Service::key::<Pointer>(call, token_id);
            txn = txn
                .when(Compare::absent(key.clone()))
                .put(key, encode(&Pointer::to(&wanted.id)));
        }
        tx.join(txn);
        wanted.clone()
    });
    answer(service, call, made, &wanted.asked, input.client_token).await
}

/// Endpoints have addresses of IPv4 alone.
fn check_address_types(given: Option<&[String]>) -> Result<(), Fault> {
    match given.unwrap_or_default().iter().any(|it| it != "ipv4") {
        true => Err(unsupported_parameter("SupportedIpAddressTypes")),
        false => Ok(()),
    }
}

/// A name that a request gives, to be verified.
pub fn given_name(given: &Option<String>) -> Result<Option<PrivateName>, Fault> {
    let given = given.as_deref().filter(|it| !it.is_empty());
    given.map(PrivateName::new).transpose()
}

/// A service gets these: network load balancers of the caller's account and region, and not too many. None of them is deleted
/// meanwhile.
pub async fn with_balancers(
    service: &Ec2Service,
    cx: &Context,
    mut txn: Txn,
    arns: &[String],
) -> Result<Txn, Fault> {
    if arns.is_empty() {
        return Err(fault::no_balancers());
    }
    if arns.len() > MAX_BALANCERS {
        return Err(fault::too_many_balancers(MAX_BALANCERS));
    }
    for arn in arns {
        // Under no other name either: it is compared with those of load balancers.
        let is_own = arn.parse::<Arn>().is_ok_and(|it| {
            it.account == cx.account && it.region == cx.region && it.is_in_its_partition()
        });
        let found = match is_own {
            true => service.balancer(arn).await?,
            false => None,
        };
        let found = found.filter(|it| it.is_network);
        let found = found.ok_or_else(|| fault::no_balancer(arn))?;
        txn.compare.extend(found.still_there);
    }
    Ok(txn.put(Ec2Service::key::<Fence>(cx, GIVEN), encode(&Fence {})))
}

async fn made_before(
    service: &Ec2Service,
    cx: &Context,
    token_id: Option<&str>,
) -> Result<Option<EndpointService>, Fault> {
    let Some(token_id) = token_id else {
        return Ok(None);
    };
    match service.find::<Pointer>(cx, token_id).await? {
        Some(pointer) => service.find(cx, &pointer.id).await,
        None => Ok(None),
    }
}

async fn answer(
    service: &Ec2Service,
    call: &Call,
    made: EndpointService,
    asked: &str,
    client_token: Option<String>,
) -> Result<CreateVpcEndpointServiceConfigurationResult, Fault> {
    if made.asked != asked {
        return Err(token_reused());
    }
    let zones = zones(service, &made.balancers).await?;
    Ok(CreateVpcEndpointServiceConfigurationResult {
        service_configuration: Some(made.to_wire(&call.region, zones)),
        client_token,
    })
}
