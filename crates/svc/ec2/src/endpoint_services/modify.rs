//! ModifyVpcEndpointServiceConfiguration: whether endpoints wait to be accepted, and which load balancers there are.

use wharf_api_ec2::types::{
    ModifyVpcEndpointServiceConfigurationRequest, ModifyVpcEndpointServiceConfigurationResult,
};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{EndpointService, create::check_balancers, fault};
use crate::{Ec2Service, endpoints::each, fault::dry_run};

pub async fn modify(
    service: &Ec2Service,
    call: &Call,
    input: ModifyVpcEndpointServiceConfigurationRequest,
) -> Result<ModifyVpcEndpointServiceConfigurationResult, Fault> {
    dry_run(input.dry_run)?;
    let id = input.service_id.as_deref().unwrap_or_default();
    let add = each(&input.add_network_load_balancer_arns)?;
    let remove = each(&input.remove_network_load_balancer_arns)?;
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<EndpointService>(call, id).await?;
        let mut changed = stored.record.clone();
        if let Some(required) = input.acceptance_required {
            changed.acceptance_required = required;
        }
        if !(add.is_empty() && remove.is_empty()) {
            changed.balancers = balancers(&stored.record, &add, &remove)?;
            check_balancers(service, call, &changed.balancers).await?;
        }
        if changed != stored.record {
            tx.join(
                Txn::new()
                    .when(stored.unchanged())
                    .put(&stored.key, encode(&changed)),
            );
        }
    });
    Ok(ModifyVpcEndpointServiceConfigurationResult {
        return_: Some(true),
    })
}

/// What it has after the change.
fn balancers(
    service: &EndpointService,
    add: &[String],
    remove: &[String],
) -> Result<Vec<String>, Fault> {
    if let Some(odd) = remove.iter().find(|it| !service.balancers.contains(it)) {
        return Err(fault::not_its_balancer(odd, &service.id));
    }
    let mut left = service.balancers.clone();
    left.retain(|it| !remove.contains(it));
    for arn in add {
        if !left.contains(arn) {
            left.push(arn.clone());
        }
    }
    Ok(left)
}
