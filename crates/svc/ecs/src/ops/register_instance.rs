//! RegisterContainerInstance: what is registered by the rules of [`registration`], described.

use wharf_api_ecs::{RegisterContainerInstanceRequest, RegisterContainerInstanceResponse};
use wharf_svc_ecs_agents::registration;
use wharf_wire::{Call, Fault};

use crate::{core::Core, describe, names::Place};

pub async fn register_container_instance(
    core: &Core,
    call: &Call,
    input: RegisterContainerInstanceRequest,
) -> Result<RegisterContainerInstanceResponse, Fault> {
    let instance = registration::register(&core.agents, call, &input).await?;
    core.state.up_to_date().await;
    let shown = core.state.view.read(&Place::of(call), |region| {
        describe::instance(&instance, region, true, false)
    });
    Ok(RegisterContainerInstanceResponse {
        container_instance: Some(shown),
    })
}
