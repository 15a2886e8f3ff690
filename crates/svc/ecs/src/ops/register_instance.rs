//! RegisterContainerInstance: what is registered by the rules of [`registration`], described. An instance of EC2 is
//! believed no more than what EC2 knows of it: whoever is root in it has the role's session.

use wharf_api_ec2::types::{DescribeInstanceTypesRequest, DescribeInstancesRequest};
use wharf_api_ecs::{
    RegisterContainerInstanceRequest, RegisterContainerInstanceResponse, Resource, faults,
};
use wharf_base::{Permit, cpu::UNITS_OF_A_CORE};
use wharf_svc_ecs_agents::registration;
use wharf_wire::{Call, Context, Fault};

use crate::{
    binding,
    core::Core,
    describe,
    names::{PRINCIPAL, Place},
};

const PERMIT: Permit = Permit::for_controller("ecs-instances");
/// EC2's word for an id that it does not know.
const NOT_FOUND: &str = "InvalidInstanceID.NotFound";

pub async fn register_container_instance(
    core: &Core,
    call: &Call,
    input: RegisterContainerInstanceRequest,
) -> Result<RegisterContainerInstanceResponse, Fault> {
    let mut of_ec2 = false;
    if let Some(session) = binding::instance_session(&call.caller)
        && let Some(size) = size_of(core, call, session).await?
    {
        check(session, &size, input.total_resources.as_deref())?;
        of_ec2 = true;
    }
    let instance = registration::register(&core.agents, call, &input, of_ec2).await?;
    core.state.up_to_date().await;
    let shown = core.state.view.read(&Place::of(call), |region| {
        describe::instance(&instance, region, true, false)
    });
    Ok(RegisterContainerInstanceResponse {
        container_instance: Some(shown),
    })
}

/// What an instance of EC2 has by its type.
#[derive(Debug, Default)]
struct Size {
    kind: String,
    cpu: i64,
    memory: i64,
}

/// `None` for one that EC2 does not know: its registrant is as any other.
async fn size_of(core: &Core, call: &Call, instance: &str) -> Result<Option<Size>, Fault> {
    let context = Context::internal(&call.account, &call.region, PRINCIPAL, call.now);
    let call = Call::by_controller(context, PERMIT);
    let asked = DescribeInstancesRequest {
        instance_ids: Some(vec![instance.to_owned()]),
        ..Default::default()
    };
    let found = match core.ec2.describe_instances(&call, asked).await {
        Err(fault) if fault.code == NOT_FOUND => return Ok(None),
        found => found?,
    };
    let reservations = found.reservations.unwrap_or_default();
    let mut all = reservations
        .into_iter()
        .flat_map(|it| it.instances.unwrap_or_default());
    let Some(kind) = all.next().and_then(|it| it.instance_type) else {
        return Ok(None);
    };
    let asked = DescribeInstanceTypesRequest {
        instance_types: Some(vec![kind.clone()]),
        ..Default::default()
    };
    let types = core.ec2.describe_instance_types(&call, asked).await?;
    let types = types.instance_types.unwrap_or_default();
    let found = types.into_iter().next().unwrap_or_default();
    let cores = found.v_cpu_info.and_then(|it| it.default_v_cpus);
    let memory = found.memory_info.and_then(|it| it.size_in_mi_b);
    Ok(Some(Size {
        kind,
        cpu: i64::from(cores.unwrap_or_default()) * i64::from(UNITS_OF_A_CORE),
        memory: memory.unwrap_or_default(),
    }))
}

/// Placement would prefer whoever claims most.
fn check(instance: &str, size: &Size, said: Option<&[Resource]>) -> Result<(), Fault> {
    for resource in said.unwrap_or_default() {
        let name = resource.name.as_deref().unwrap_or_default();
        let most = match name {
            "CPU" => size.cpu,
            "MEMORY" => size.memory,
            _ => continue,
        };
        let said = i64::from(resource.integer_value.unwrap_or_default());
        if said > most {
            return Err(faults::access_denied_exception(format!(
                "The role of the instance {instance} may not register {said} of {name}: a {} has {most}.",
                size.kind
            )));
        }
    }
    Ok(())
}
