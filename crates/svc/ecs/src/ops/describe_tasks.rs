//! DescribeTasks: up to a hundred tasks, STOPPED ones included while they are remembered.

use wharf_api_ecs::{DescribeTasksRequest, DescribeTasksResponse};
use wharf_records::{Record, ecs::Task};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe, fault,
    names::{self, Place},
};

pub async fn describe_tasks(
    core: &Core,
    call: &Call,
    input: DescribeTasksRequest,
) -> Result<DescribeTasksResponse, Fault> {
    let cluster = core
        .state
        .any_cluster(call, input.cluster.as_deref())
        .await?;
    let given = input.tasks.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid("Tasks cannot be empty."));
    }
    let with_tags = input.include.iter().flatten().any(|one| one == "TAGS");
    let place = Place::of(call);
    let (mut tasks, mut failures) = (Vec::new(), Vec::new());
    for one in given {
        let id = names::member_id("task", &cluster.name, &one)?;
        let key = place
            .scope()
            .key(Task::KIND, &format!("{}:{id}", cluster.name));
        match core.state.table.read::<Task>(&key).await? {
            Some(found) => {
                tasks
                    .push(describe::task(&found.record, with_tags).map_err(|e| fault::server(&e))?);
            }
            None => failures.push(fault::failure(place.task(&cluster.name, &id), "MISSING")),
        }
    }
    Ok(DescribeTasksResponse {
        tasks: Some(tasks),
        failures: Some(failures),
    })
}
