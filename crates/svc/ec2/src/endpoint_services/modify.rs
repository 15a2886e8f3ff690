//! ModifyVpcEndpointServiceConfiguration: whether endpoints wait to be accepted, which load balancers there are, and the name.

use wharf_api_ec2::types::{
    ModifyVpcEndpointServiceConfigurationRequest, ModifyVpcEndpointServiceConfigurationResult,
};
use wharf_records::encode;
use wharf_service::transact;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{
    EndpointService, PrivateName,
    create::{given_name, with_balancers},
    fault,
};
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
    let named = given_name(&input.private_dns_name)?;
    let unnamed = input.remove_private_dns_name == Some(true);
    if unnamed && named.is_some() {
        return Err(fault::both_private_names());
    }
    transact!(service.table, &call.permit, |tx| {
        let stored = service.get_stored::<EndpointService>(call, id).await?;
        let mut changed = stored.record.clone();
        let mut txn = Txn::new().when(stored.unchanged());
        if let Some(required) = input.acceptance_required {
            changed.acceptance_required = required;
        }
        if unnamed {
            changed.private_name = None;
        }
        if let Some(named) = &named {
            rename(&mut changed, named);
        }
        if !(add.is_empty() && remove.is_empty()) {
            changed.balancers = balancers(&stored.record, &add, &remove)?;
            txn = with_balancers(service, call, txn, &changed.balancers).await?;
        }
        if changed != stored.record {
            tx.join(txn.put(&stored.key, encode(&changed)));
        }
    });
    Ok(ModifyVpcEndpointServiceConfigurationResult {
        return_: Some(true),
    })
}

/// The name that it has already stays as far verified as it is.
fn rename(service: &mut EndpointService, named: &PrivateName) {
    let now = service.private_name.as_ref();
    if now.is_none_or(|now| now.name != named.name) {
        service.private_name = Some(named.clone());
    }
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
