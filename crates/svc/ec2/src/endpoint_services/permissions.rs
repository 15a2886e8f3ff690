//! Who may connect to a service: DescribeVpcEndpointServicePermissions and ModifyVpcEndpointServicePermissions. Endpoints that
//! are there stay when their owner is named no more, as with AWS.

use wharf_api_ec2::types::{
    AddedPrincipal, AllowedPrincipal, DescribeVpcEndpointServicePermissionsRequest,
    DescribeVpcEndpointServicePermissionsResult, ModifyVpcEndpointServicePermissionsRequest,
    ModifyVpcEndpointServicePermissionsResult,
};
use wharf_base::{arn, ids};
use wharf_wire::{Call, Fault};

use super::{
    EndpointService, MAX_PRINCIPALS, fault,
    records::{Allowed, is_principal},
};
use crate::{
    Ec2Service,
    fault::{dry_run, missing_parameter},
    filter::{self, Fields, names},
};

/// Of endpoints; others there are not.
const TYPE: &str = "vpc-endpoint";

pub async fn describe(
    service: &Ec2Service,
    call: &Call,
    input: DescribeVpcEndpointServicePermissionsRequest,
) -> Result<DescribeVpcEndpointServicePermissionsResult, Fault> {
    dry_run(input.dry_run)?;
    let id = input.service_id.as_deref().unwrap_or_default();
    let selection = (id, &input.filters);
    let page = (input.next_token.as_deref(), input.max_results);
    let page = service.page(call, "vpc-endpoint-service-permission", &selection, page)?;
    let filters = filter::checked(input.filters, &names::VPC_ENDPOINT_SERVICE_PERMISSIONS)?;
    let mut principals = service.get::<EndpointService>(call, id).await?.principals;
    principals.sort_by(|a, b| a.id.cmp(&b.id));
    let fields = |it: &Allowed| -> Fields {
        vec![
            ("principal", vec![it.seen_from(&call.region)]),
            ("principal-type", vec![it.kind().to_owned()]),
        ]
    };
    principals.retain(|it| filter::matches(&filters, &fields(it), &Default::default()));
    let (page, next_token) = page.cut(principals, |it| &it.id);
    let shown = |it: Allowed| AllowedPrincipal {
        principal_type: Some(it.kind().to_owned()),
        principal: Some(it.seen_from(&call.region)),
        service_permission_id: Some(it.id),
        tags: Some(Vec::new()),
        service_id: Some(id.to_owned()),
        permission_type: Some(TYPE.to_owned()),
    };
    Ok(DescribeVpcEndpointServicePermissionsResult {
        allowed_principals: Some(page.into_iter().map(shown).collect()),
        next_token,
    })
}

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyVpcEndpointServicePermissionsRequest,
) -> Result<ModifyVpcEndpointServicePermissionsResult, Fault> {
    dry_run(input.dry_run)?;
    let id = input.service_id.as_deref().unwrap_or_default();
    let add = canonical(input.add_allowed_principals);
    let remove = canonical(input.remove_allowed_principals);
    if add.is_empty() && remove.is_empty() {
        return Err(missing_parameter("AddAllowedPrincipals"));
    }
    if add.len() > MAX_PRINCIPALS || remove.len() > MAX_PRINCIPALS {
        return Err(fault::too_many_principals(MAX_PRINCIPALS));
    }
    if let Some(odd) = add.iter().chain(&remove).find(|it| !is_principal(it)) {
        return Err(fault::bad_principal(odd));
    }
    let decide = |it: &mut EndpointService| change(it, &add, &remove);
    let added = service.change(call, id, decide).await?;
    let shown = |it: Allowed| AddedPrincipal {
        principal_type: Some(it.kind().to_owned()),
        principal: Some(it.seen_from(&call.region)),
        service_permission_id: Some(it.id),
        service_id: Some(id.to_owned()),
        permission_type: Some(TYPE.to_owned()),
    };
    Ok(ModifyVpcEndpointServicePermissionsResult {
        added_principals: Some(added.into_iter().map(shown).collect()),
        return_value: Some(true),
    })
}

/// As records have them, in whichever partition they were named.
fn canonical(given: Option<Vec<String>>) -> Vec<String> {
    let given = given.unwrap_or_default();
    let given = given.iter().map(|it| arn::canonical(it).into_owned());
    given.collect()
}

/// Those that are new.
fn change(
    service: &mut EndpointService,
    add: &[String],
    remove: &[String],
) -> Result<Vec<Allowed>, Fault> {
    service
        .principals
        .retain(|it| !remove.contains(&it.principal));
    let mut added = Vec::new();
    for principal in add {
        if service
            .principals
            .iter()
            .any(|it| it.principal == *principal)
        {
            continue;
        }
        let new = Allowed {
            id: ids::ec2_id("vpce-svc-perm"),
            principal: principal.clone(),
        };
        service.principals.push(new.clone());
        added.push(new);
    }
    match service.principals.len() <= MAX_PRINCIPALS {
        true => Ok(added),
        false => Err(fault::too_many_principals(MAX_PRINCIPALS)),
    }
}
