//! Container instances: describe, list, drain, deregister, and the agent's poll endpoint.

use wharf_api_ecs as api;
use wharf_placement::query::Expression;
use wharf_records::{
    Record,
    ecs::{Instance, InstanceStatus},
};
use wharf_wire::{Call, Fault};

use super::lists;
use crate::{
    acs::{self, server_address::poll_endpoint},
    binding,
    core::Core,
    deregistration, describe, fault,
    names::{self, Place},
    own_node, page,
};

pub async fn describe_container_instances(
    core: &Core,
    call: &Call,
    input: api::DescribeContainerInstancesRequest,
) -> Result<api::DescribeContainerInstancesResponse, Fault> {
    let cluster = core
        .state
        .any_cluster(call, input.cluster.as_deref())
        .await?;
    let given = input.container_instances.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid("Container instances cannot be empty."));
    }
    let include = |part: &str| input.include.iter().flatten().any(|one| one == part);
    let (tags, health) = (include("TAGS"), include("CONTAINER_INSTANCE_HEALTH"));
    let place = Place::of(call);
    let ids: Result<Vec<_>, _> = given
        .iter()
        .map(|one| names::member_id("container-instance", &cluster.name, one))
        .collect();
    let ids = ids?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    core.state.view.read(&place, |region| {
        for id in ids {
            match region.instance(&cluster.name, &id) {
                Some(instance) => found.push(describe::instance(instance, region, tags, health)),
                None => {
                    let arn = place.instance(&cluster.name, &id);
                    failures.push(fault::failure(arn, "MISSING"));
                }
            }
        }
    });
    Ok(api::DescribeContainerInstancesResponse {
        container_instances: Some(found),
        failures: Some(failures),
    })
}

pub async fn list_container_instances(
    core: &Core,
    call: &Call,
    input: api::ListContainerInstancesRequest,
) -> Result<api::ListContainerInstancesResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let wanted = match input.status.as_deref() {
        None | Some("") => None,
        Some("ACTIVE") => Some(InstanceStatus::Active),
        Some("DRAINING") => Some(InstanceStatus::Draining),
        Some("REGISTERING" | "DEREGISTERING" | "REGISTRATION_FAILED") => {
            Some(InstanceStatus::Inactive)
        }
        Some(_) => {
            return Err(fault::invalid(
                "status should be one of [ACTIVE, DRAINING, REGISTERING, DEREGISTERING, \
                 REGISTRATION_FAILED].",
            ));
        }
    };
    let expression = match input.filter.as_deref().filter(|text| !text.is_empty()) {
        Some(text) => Some(Expression::parse(text).map_err(|bad| fault::invalid(bad.to_string()))?),
        None => None,
    };
    let context = format!("instances {} {wanted:?} {:?}", cluster.name, input.filter);
    let page = page::asked(
        core,
        call,
        &context,
        input.max_results,
        input.next_token.as_deref(),
    )?;
    let (arns, next_token) = core.state.view.read(&Place::of(call), |region| {
        let instances = region.instances_of(&cluster.name).filter(|instance| {
            let status = match wanted {
                // Statuses that no instance of ours ever has list nothing.
                Some(InstanceStatus::Inactive) => false,
                Some(wanted) => instance.status == wanted,
                None => instance.status != InstanceStatus::Inactive,
            };
            let row = region.fleet.row(&instance.host);
            let holds =
                |e: &Expression| row.is_some_and(|row| e.holds(&region.fleet.facts_of(row)));
            status && expression.as_ref().is_none_or(holds)
        });
        page::cut(&page, instances.map(|i| (i.id.clone(), i.arn.clone())))
    });
    Ok(api::ListContainerInstancesResponse {
        container_instance_arns: Some(arns),
        next_token,
    })
}

pub async fn update_container_instances_state(
    core: &Core,
    call: &Call,
    input: api::UpdateContainerInstancesStateRequest,
) -> Result<api::UpdateContainerInstancesStateResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let given = input.container_instances.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid(lists::OF_INSTANCES));
    }
    let wanted = match input.status.as_deref() {
        Some("ACTIVE") => InstanceStatus::Active,
        Some("DRAINING") => InstanceStatus::Draining,
        _ => {
            return Err(fault::invalid(
                "Container instance status should be one of [ACTIVE, DRAINING].",
            ));
        }
    };
    let place = Place::of(call);
    let (mut changed, mut failures) = (Vec::new(), Vec::new());
    for one in given {
        let id = names::member_id("container-instance", &cluster.name, &one)?;
        let key = place
            .scope()
            .key(Instance::KIND, &format!("{}:{id}", cluster.name));
        let arn = place.instance(&cluster.name, &id);
        let own = core.state.view.read(&place, |region| {
            binding::may_speak_for_arn(&call.caller, region, &arn)
        });
        if !own {
            return Err(binding::refusal());
        }
        let result = core
            .state
            .table
            .change(&call.permit, &key, |instance: &mut Instance| {
                let active = instance.status != InstanceStatus::Inactive;
                if active && instance.status != wanted {
                    instance.status = wanted;
                    instance.version += 1;
                }
                Ok::<_, Fault>(active)
            })
            .await?;
        match result {
            Some((instance, true)) => changed.push(instance),
            Some((instance, false)) => failures.push(fault::failure(instance.arn, "INACTIVE")),
            None => failures.push(fault::failure(
                place.instance(&cluster.name, &id),
                "MISSING",
            )),
        }
    }
    core.state.up_to_date().await;
    let shown = core.state.view.read(&place, |region| {
        changed
            .iter()
            .map(|instance| describe::instance(instance, region, false, false))
            .collect()
    });
    Ok(api::UpdateContainerInstancesStateResponse {
        container_instances: Some(shown),
        failures: Some(failures),
    })
}

pub async fn deregister_container_instance(
    core: &Core,
    call: &Call,
    input: api::DeregisterContainerInstanceRequest,
) -> Result<api::DeregisterContainerInstanceResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let given = input.container_instance.unwrap_or_default();
    let id = names::member_id("container-instance", &cluster.name, &given)?;
    let force = input.force == Some(true);
    let gone = deregistration::deregister(&core.agents, call, &cluster.name, &id, force).await?;
    core.state.up_to_date().await;
    let shown = core.state.view.read(&Place::of(call), |region| {
        describe::instance(&gone, region, true, false)
    });
    Ok(api::DeregisterContainerInstanceResponse {
        container_instance: Some(shown),
    })
}

/// Where the agent connects: the name under which it reached us, so that a node behind an address
/// of its own stays there. Agents of another make are named a URL that they can use over TLS.
pub async fn discover_poll_endpoint(
    core: &Core,
    call: &Call,
    input: api::DiscoverPollEndpointRequest,
) -> Result<api::DiscoverPollEndpointResponse, Fault> {
    let base = match call.endpoint.as_str() {
        "" => core.agents.config.endpoint.as_str(),
        given => given.trim_end_matches('/'),
    };
    core.state.up_to_date().await;
    let asks_for_own = core.state.view.read(&Place::of(call), |region| {
        let named = input.container_instance.as_deref();
        let known = named.and_then(|arn| region.instance_by_arn(arn));
        known.is_some_and(|instance| own_node::is_own_node(instance))
    });
    let base = match asks_for_own || binding::node_name(&call.caller).is_some() {
        true => base.to_owned(),
        false => poll_endpoint(base, core.agents.config.at_443),
    };
    Ok(api::DiscoverPollEndpointResponse {
        endpoint: Some(format!("{base}{}", acs::ACS_PATH)),
        telemetry_endpoint: Some(format!("{base}{}", acs::TCS_PATH)),
        service_connect_endpoint: Some(base),
    })
}
