//! Why tasks of a service failed of late: those that are still remembered, by reason.

use std::collections::BTreeMap;

use serde::Serialize;
use wharf_base::Timestamp;
use wharf_records::{
    Record, decode,
    ecs::{Service, Status, StopCode, Task},
};
use wharf_store::Range;
use wharf_wire::Fault;

use super::super::{cause, failure};
use crate::{
    names::Place,
    state::{ChangeError, State},
};

/// Reasons that are told.
const REASONS: usize = 5;
/// Tasks read at once.
const SCAN: usize = 500;

/// One reason, and how often it was given.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureExplained {
    pub reason: String,
    /// What is usually behind it.
    pub cause: Option<&'static str>,
    pub count: usize,
    pub last_at: Timestamp,
    /// The last task that gave it.
    pub task: String,
}

/// The latest first.
pub(super) async fn of(
    state: &State,
    place: &Place,
    service: &Service,
) -> Result<Vec<FailureExplained>, Fault> {
    let prefix = format!("{}{}:", place.scope().prefix(Task::KIND), service.cluster);
    let group = format!("service:{}", service.name);
    let mut found = BTreeMap::<String, FailureExplained>::new();
    let mut range = Range::prefix(&prefix).limit(SCAN);
    loop {
        let reply = state.store.range(range).await;
        let reply = reply.map_err(ChangeError::from)?;
        for entry in &reply.entries {
            let task: Task = decode(&entry.value).map_err(ChangeError::from)?;
            if task.group == group && failed(&task) {
                take(&mut found, &task);
            }
        }
        let Some(last) = reply.entries.last().filter(|_| reply.more) else {
            break;
        };
        range = Range::prefix(&prefix)
            .limit(SCAN)
            .start_after(last.key.clone());
    }
    let mut found: Vec<FailureExplained> = found.into_values().collect();
    found.sort_by_key(|one| std::cmp::Reverse(one.last_at));
    found.truncate(REASONS);
    Ok(found)
}

/// It ended, and neither by a user nor by scaling.
fn failed(task: &Task) -> bool {
    let sick = || {
        let reason = task.stopped_reason.as_deref().unwrap_or_default();
        reason.contains("health checks")
    };
    task.last == Status::Stopped
        && match task.stop_code {
            Some(StopCode::TaskFailedToStart | StopCode::EssentialContainerExited) => true,
            Some(StopCode::ServiceSchedulerInitiated) => sick(),
            _ => false,
        }
}

/// Reasons that differ in the task's id alone, as the session of its role carries it, are one.
fn take(found: &mut BTreeMap<String, FailureExplained>, task: &Task) {
    let reason = failure::line(task);
    let key = reason.replace(&task.id, "TASK");
    let at = task
        .stopped_at
        .or(task.stopping_at)
        .unwrap_or(task.created_at);
    let one = found.entry(key).or_insert_with(|| FailureExplained {
        cause: cause::of(&reason),
        reason: reason.clone(),
        count: 0,
        last_at: at,
        task: task.id.clone(),
    });
    one.count += 1;
    if at >= one.last_at {
        one.last_at = at;
        one.task.clone_from(&task.id);
        one.reason = reason;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_lacks_a_permission_is_one_reason() {
        let mut found = BTreeMap::new();
        for (at, id) in [(2, "0b"), (3, "0c"), (1, "0a")] {
            let mut task = crate::test_task::task("FARGATE");
            task.id = format!("{id}{}", "0".repeat(30));
            task.containers.clear();
            task.stopped_at = Some(Timestamp(at));
            task.stopped_reason = Some(format!(
                "User: arn:aws:sts::000000000000:assumed-role/bare/{} is not authorized to perform: \
                 logs:CreateLogStream",
                task.id
            ));
            take(&mut found, &task);
        }
        let all: Vec<FailureExplained> = found.into_values().collect();
        let [one] = all.as_slice() else {
            panic!("{all:?}")
        };
        assert_eq!((one.count, one.last_at), (3, Timestamp(3)));
        assert!(
            one.task.starts_with("0c") && one.reason.contains("bare/0c"),
            "{one:?}"
        );
    }
}
