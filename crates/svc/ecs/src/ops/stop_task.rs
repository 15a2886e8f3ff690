//! StopTask: what is wanted changes here; the agent and the reconciler make it so.

use wharf_api_ecs::{StopTaskRequest, StopTaskResponse};
use wharf_records::{Record, ecs::Task};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe, fault,
    names::{self, Place},
    task::stop,
};

pub async fn stop_task(
    core: &Core,
    call: &Call,
    input: StopTaskRequest,
) -> Result<StopTaskResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let given = input.task.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid("Task Identifier is empty."));
    }
    let id = names::member_id("task", &cluster.name, &given)?;
    let key = Place::of(call)
        .scope()
        .key(Task::KIND, &format!("{}:{id}", cluster.name));
    let why = stop::by_user(input.reason.as_deref());
    let now = core.state.now();
    let change = |task: &mut Task| {
        stop::stop(task, &why, now);
    };
    let task = core
        .state
        .change_task(&call.permit, None, &key, change)
        .await?;
    let task = task.ok_or_else(|| fault::invalid("The referenced task was not found."))?;
    Ok(StopTaskResponse {
        task: Some(describe::task(&task, false).map_err(|e| fault::server(&e))?),
    })
}
