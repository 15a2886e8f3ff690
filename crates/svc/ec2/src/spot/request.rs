//! RequestSpotInstances writes requests, one an instance; the reconciler fulfils them.

use wharf_api_ec2::types::{
    Placement, RequestSpotInstancesRequest, RequestSpotInstancesResult,
    RequestSpotLaunchSpecification, RunInstancesRequest,
};
use wharf_records::{Record as _, Unknown};
use wharf_service::transact;
use wharf_store::Compare;
use wharf_wire::{Call, Fault};

use super::{
    Terms, fault as spot_fault,
    records::{SpotRequest, user_data_purpose},
    terms::Given,
};
use crate::{
    Ec2Service, fault,
    launch_templates::LaunchTemplateData,
    ops::run_instances,
    records::Launch,
    table::{client_token, digest_of},
    tags,
};

/// Requests of one call.
const MOST_AT_ONCE: u32 = 30;
/// Requests of an account and region that ask for capacity or have some.
pub const MOST: usize = 1000;
/// … with those that came to their end, and are still shown.
pub const MOST_SHOWN: usize = 4000;

pub async fn request(
    service: &Ec2Service,
    call: &Call,
    input: RequestSpotInstancesRequest,
) -> Result<RequestSpotInstancesResult, Fault> {
    fault::dry_run(input.dry_run)?;
    let token = client_token(input.client_token.as_deref())?.map(|it| format!("spot-request:{it}"));
    let digest = digest_of(&RequestSpotInstancesRequest {
        client_token: None,
        dry_run: None,
        ..input.clone()
    });
    let terms = Terms::read(
        Given {
            max_price: input.spot_price.as_deref(),
            kind: input.type_.as_deref(),
            valid_from: input.valid_from,
            valid_until: input.valid_until,
            interruption: input.instance_interruption_behavior.as_deref(),
        },
        call.now,
    )?;
    let count = input.instance_count.unwrap_or(1);
    let count = u32::try_from(count)
        .ok()
        .filter(|it| (1..=MOST_AT_ONCE).contains(it));
    let count = count.ok_or_else(|| {
        let given = input.instance_count.unwrap_or_default();
        fault::bad_value(format!(
            "Value ({given}) for parameter instanceCount is invalid. It must be between 1 and {MOST_AT_ONCE}"
        ))
    })?;
    let tags = tags::specified(call, input.tag_specifications.as_deref(), SpotRequest::KIND)?;
    let given = input.launch_specification.clone();
    let given = given.ok_or_else(|| fault::missing_parameter("LaunchSpecification"))?;
    let asked = specification(given);
    service.ensure_default_vpc(&call.permit, call).await?;
    let groups = run_instances::check(service, call, &asked).await?;
    let launch = LaunchTemplateData::of_request(call, &asked, &groups)?;
    launch.check_size()?;
    let _turn = service.launching(call).await;
    let made = transact!(service.table, &call.permit, |tx| {
        if let Some(made) = made_before(service, call, token.as_deref(), &digest).await? {
            return Ok(answer(call, &made));
        }
        room(service, call, count as usize).await?;
        let mut made = Vec::with_capacity(count as usize);
        for _ in 0..count {
            let id = SpotRequest::new_id();
            let mut one = SpotRequest::of_launch(id, (terms.clone(), launch.clone()), call.now);
            one.tags = tags.clone();
            one.user_data = launch.user_data.as_ref().map(|text| {
                let purpose = user_data_purpose(&call.account, &call.region, &one.id);
                service.keyring.seal(text.as_bytes(), &purpose)
            });
            let key = Ec2Service::key::<SpotRequest>(call, &one.id);
            tx.when(Compare::absent(key.clone()));
            tx.put(key, &one);
            made.push(one);
        }
        if let Some(token) = &token {
            let launch = Launch {
                digest: digest.clone(),
                instances: made.iter().map(|it| it.id.clone()).collect(),
                made_at: call.now,
                unknown: Unknown::new(),
            };
            let key = Ec2Service::key::<Launch>(call, token);
            tx.when(Compare::absent(key.clone()));
            tx.put(key, &launch);
        }
        made
    });
    Ok(answer(call, &made))
}

fn answer(call: &Call, made: &[SpotRequest]) -> RequestSpotInstancesResult {
    RequestSpotInstancesResult {
        spot_instance_requests: Some(made.iter().map(|it| it.to_wire(call)).collect()),
    }
}

/// The requests that a token stands for.
async fn made_before(
    service: &Ec2Service,
    call: &Call,
    token: Option<&str>,
    digest: &str,
) -> Result<Option<Vec<SpotRequest>>, Fault> {
    let Some(token) = token else {
        return Ok(None);
    };
    let Some(launch) = service.find::<Launch>(call, token).await? else {
        return Ok(None);
    };
    if launch.digest != digest {
        return Err(fault::token_reused());
    }
    let mut made = Vec::with_capacity(launch.instances.len());
    for id in &launch.instances {
        made.extend(service.find::<SpotRequest>(call, id).await?);
    }
    Ok(Some(made))
}

/// Whether the account may have so many more.
pub async fn room(service: &Ec2Service, call: &Call, more: usize) -> Result<(), Fault> {
    let all: Vec<SpotRequest> = service.all(call).await?;
    let counting = all.iter().filter(|it| it.state.counts()).count();
    match counting + more <= MOST && all.len() + more <= MOST_SHOWN {
        true => Ok(()),
        false => Err(spot_fault::too_many(MOST)),
    }
}

/// What a request for Spot instances launches, as RunInstances is asked for it.
pub fn specification(given: RequestSpotLaunchSpecification) -> RunInstancesRequest {
    let listed = |list: Option<Vec<String>>| list.filter(|it| !it.is_empty());
    RunInstancesRequest {
        security_group_ids: listed(given.security_group_ids),
        security_groups: listed(given.security_groups),
        block_device_mappings: given.block_device_mappings,
        ebs_optimized: given.ebs_optimized,
        iam_instance_profile: given.iam_instance_profile,
        image_id: given.image_id,
        instance_type: given.instance_type,
        key_name: given.key_name,
        monitoring: given.monitoring,
        network_interfaces: given.network_interfaces,
        placement: given.placement.map(|it| Placement {
            availability_zone: it.availability_zone,
            group_name: it.group_name,
            tenancy: it.tenancy,
            ..Placement::default()
        }),
        subnet_id: given.subnet_id,
        user_data: given.user_data,
        min_count: Some(1),
        max_count: Some(1),
        ..RunInstancesRequest::default()
    }
}
