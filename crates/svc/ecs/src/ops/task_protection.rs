//! GetTaskProtection and UpdateTaskProtection: scale-in and deployments leave a protected task of a
//! service alone (spec ecs §8).

use std::time::Duration;

use wharf_api_ecs as api;
use wharf_base::Timestamp;
use wharf_records::{Record, ecs::Task};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault,
    names::{self, Place},
};

/// Minutes of protection unless the caller says otherwise.
const DEFAULT_MINUTES: i32 = 120;
const MAX_MINUTES: i32 = 2880;

fn protected(task: &Task, now: Timestamp) -> api::ProtectedTask {
    let until = task
        .service
        .as_ref()
        .and_then(|service| service.protected_until);
    let until = until.filter(|until| now < *until);
    api::ProtectedTask {
        task_arn: Some(task.arn.clone()),
        protection_enabled: Some(until.is_some()),
        expiration_date: until,
    }
}

pub async fn get_task_protection(
    core: &Core,
    call: &Call,
    input: api::GetTaskProtectionRequest,
) -> Result<api::GetTaskProtectionResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let place = Place::of(call);
    let given = input.tasks.unwrap_or_default();
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    if given.is_empty() {
        core.state.view.read(&place, |region| {
            let tasks = region.tasks_of(&cluster.name);
            let services = tasks.filter(|task| task.service.is_some() && task.is_live());
            found.extend(services.map(|task| protected(task, call.now)));
        });
        found.retain(|task| task.protection_enabled == Some(true));
    }
    for one in given {
        let (arn, key) = locate(&place, &cluster.name, &one)?;
        let stored = core.state.table.read::<Task>(&key).await?;
        match stored.map(|stored| stored.record) {
            Some(task) if task.service.is_some() && task.is_live() => {
                found.push(protected(&task, call.now));
            }
            Some(_) => failures.push(fault::failure(arn, "TASK_NOT_VALID")),
            None => failures.push(fault::failure(arn, "MISSING")),
        }
    }
    Ok(api::GetTaskProtectionResponse {
        protected_tasks: Some(found),
        failures: Some(failures),
    })
}

pub async fn update_task_protection(
    core: &Core,
    call: &Call,
    input: api::UpdateTaskProtectionRequest,
) -> Result<api::UpdateTaskProtectionResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let place = Place::of(call);
    let given = input.tasks.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid("Tasks cannot be empty."));
    }
    let minutes = match input.expires_in_minutes {
        None => DEFAULT_MINUTES,
        Some(minutes @ 1..=MAX_MINUTES) => minutes,
        Some(_) => {
            return Err(fault::invalid(format!(
                "expiresInMinutes should be between 1 and {MAX_MINUTES}."
            )));
        }
    };
    let span = Duration::from_secs(u64::try_from(minutes).unwrap_or(0) * 60);
    let until = (input.protection_enabled == Some(true)).then(|| call.now + span);
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for one in given {
        let (arn, key) = locate(&place, &cluster.name, &one)?;
        let change = |task: &mut Task| {
            let live = task.is_live();
            if let Some(service) = task.service.as_mut().filter(|_| live) {
                service.protected_until = until;
            }
        };
        match core
            .state
            .change_task(&call.permit, None, &key, change)
            .await?
        {
            Some(task) if task.service.is_some() && task.is_live() => {
                found.push(protected(&task, call.now));
            }
            Some(_) => failures.push(fault::failure(arn, "TASK_NOT_VALID")),
            None => failures.push(fault::failure(arn, "MISSING")),
        }
    }
    Ok(api::UpdateTaskProtectionResponse {
        protected_tasks: Some(found),
        failures: Some(failures),
    })
}

fn locate(place: &Place, cluster: &str, given: &str) -> Result<(String, String), Fault> {
    let id = names::member_id("task", cluster, given)?;
    let key = place.scope().key(Task::KIND, &format!("{cluster}:{id}"));
    Ok((place.task(cluster, &id), key))
}
