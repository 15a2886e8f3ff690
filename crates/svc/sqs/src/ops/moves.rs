//! StartMessageMoveTask, CancelMessageMoveTask, ListMessageMoveTasks. The reconciler moves (`moving`).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use wharf_api_sqs::{
    CancelMessageMoveTaskRequest, CancelMessageMoveTaskResult, ListMessageMoveTasksRequest,
    ListMessageMoveTasksResult, ListMessageMoveTasksResultEntry, StartMessageMoveTaskRequest,
    StartMessageMoveTaskResult, faults,
};
use wharf_base::ids;
use wharf_records::{Record as _, Scope};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::{ChangeError, Core},
    fault,
    machine::Seq,
    names::{QueueId, SERVICE, is_fifo},
    records::{MoveStatus, MoveTask, Queue},
};

/// Tasks of a queue that are remembered.
const MOST_KEPT: usize = 10;
const LONGEST_HANDLE: usize = 2048;

fn scope(place: &Place) -> Scope {
    Scope::new(SERVICE, &place.account, &place.region)
}

fn no_queue(parameter: &str) -> Fault {
    faults::resource_not_found_exception(format!(
        "The resource that you specified for the {parameter} parameter doesn't exist."
    ))
}

/// The queue of a parameter, which must be there and the caller's.
async fn queue(
    core: &Core,
    call: &Call,
    arn: Option<&str>,
    parameter: &str,
) -> Result<QueueId, Fault> {
    let arn = arn.ok_or_else(|| fault::missing(parameter))?;
    let id = QueueId::of_arn(arn).filter(|it| it.place == Place::of(call));
    let id = id.ok_or_else(|| no_queue(parameter))?;
    match core.find(&id).await? {
        Some(_) => Ok(id),
        None => Err(no_queue(parameter)),
    }
}

/// The tasks of a queue, the newest first.
async fn tasks(
    core: &Core,
    source: &QueueId,
) -> Result<Vec<(String, Stored<MoveTask>)>, ChangeError> {
    let start = format!("{}/", source.name);
    let mut all = core
        .table
        .all::<MoveTask>(&scope(&source.place), &start)
        .await?;
    all.sort_by_key(|(_, it)| std::cmp::Reverse(it.record.started_at));
    Ok(all)
}

fn handle(source: &QueueId, id: &str) -> String {
    let task = id.rsplit('/').next().unwrap_or_default();
    STANDARD.encode(json!({"taskId": task, "sourceArn": source.arn()}).to_string())
}

/// The queue and the id of the task of a handle.
pub fn of_handle(text: &str) -> Option<(QueueId, String)> {
    if text.len() > LONGEST_HANDLE {
        return None;
    }
    let read: Value = serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()?;
    let source = QueueId::of_arn(read["sourceArn"].as_str()?)?;
    let id = format!("{}/{}", source.name, read["taskId"].as_str()?);
    Some((source, id))
}

pub async fn start_message_move_task(
    core: &Core,
    call: &Call,
    input: StartMessageMoveTaskRequest,
) -> Result<StartMessageMoveTaskResult, Fault> {
    let source = queue(core, call, input.source_arn.as_deref(), "SourceArn").await?;
    let rate =
        match input.max_number_of_messages_per_second {
            None => None,
            Some(given) => {
                let rate = u32::try_from(given)
                    .ok()
                    .filter(|it| (1..=500).contains(it));
                let why = "Must be between 1 and 500, if provided.";
                Some(rate.ok_or_else(|| {
                    fault::invalid_value(given, "MaxNumberOfMessagesPerSecond", why)
                })?)
            }
        };
    let destination = match input.destination_arn.as_deref() {
        None => None,
        Some(arn) => {
            let to = queue(core, call, Some(arn), "DestinationArn").await?;
            if to == source {
                return Err(fault::invalid(
                    "Source queue arn and destination queue arn cannot be the same.",
                ));
            }
            if is_fifo(&to.name) != is_fifo(&source.name) {
                return Err(fault::invalid(
                    "Source queue and destination queue must be of the same type.",
                ));
            }
            Some(arn.to_owned())
        }
    };
    if !is_dead_letter_queue(core, &source).await? {
        return Err(fault::invalid(
            "Source queue must be configured as a Dead Letter Queue.",
        ));
    }
    let _turn = core.moves.take(&source).await;
    let before = tasks(core, &source).await?;
    if before.iter().any(|(_, it)| it.record.status.is_active()) {
        return Err(faults::unsupported_operation(
            "There is already a task running. Only one active task is allowed for a source queue arn at a \
             given time.",
        ));
    }
    let live = core.get(&source).await?;
    let (until, counts): (Seq, _) = {
        let mut state = live.state();
        (
            state.machine.next_seq(core.now()),
            state.machine.counts(core.now()),
        )
    };
    let record = MoveTask {
        destination,
        rate,
        started_at: call.now,
        status: MoveStatus::Running,
        moved: 0,
        to_move: counts.ready as u64,
        until,
        next_at: None,
        failure: None,
        unknown: Default::default(),
    };
    let id = format!("{}/{}", source.name, ids::uuid());
    let scope = scope(&source.place);
    transact!(core.table, &call.permit, |tx| {
        for (_, old) in before.iter().skip(MOST_KEPT - 1) {
            tx.delete(&old.key);
        }
        tx.put(scope.key(MoveTask::KIND, &id), &record);
    });
    Ok(StartMessageMoveTaskResult {
        task_handle: Some(handle(&source, &id)),
    })
}

/// Whether another queue sends its dead letters here.
async fn is_dead_letter_queue(core: &Core, queue: &QueueId) -> Result<bool, ChangeError> {
    let arn = queue.arn();
    let is_source = |it: &Stored<Queue>| {
        let redrive = it.record.settings.redrive.as_ref();
        redrive.is_some_and(|it| it.target == arn)
    };
    let prefix = scope(&queue.place).prefix(Queue::KIND);
    let found = core
        .table
        .page::<Queue>(&prefix, None, 1, is_source)
        .await?;
    Ok(!found.records.is_empty())
}

pub async fn cancel_message_move_task(
    core: &Core,
    call: &Call,
    input: CancelMessageMoveTaskRequest,
) -> Result<CancelMessageMoveTaskResult, Fault> {
    let given = input
        .task_handle
        .ok_or_else(|| fault::missing("TaskHandle"))?;
    let unknown = || no_queue("TaskHandle");
    let (source, id) = of_handle(&given).ok_or_else(unknown)?;
    if source.place != Place::of(call) {
        return Err(unknown());
    }
    let key = scope(&source.place).key(MoveTask::KIND, &id);
    let changed = core
        .table
        .change(&call.permit, &key, |task: &mut MoveTask| {
            if task.status != MoveStatus::Running {
                return Err(faults::resource_not_found_exception(
                    "Only active tasks can be cancelled.",
                ));
            }
            task.status = MoveStatus::Cancelling;
            Ok(task.moved)
        });
    let (_, moved) = changed.await?.ok_or_else(unknown)?;
    Ok(CancelMessageMoveTaskResult {
        approximate_number_of_messages_moved: i64::try_from(moved).ok(),
    })
}

pub async fn list_message_move_tasks(
    core: &Core,
    call: &Call,
    input: ListMessageMoveTasksRequest,
) -> Result<ListMessageMoveTasksResult, Fault> {
    let source = queue(core, call, input.source_arn.as_deref(), "SourceArn").await?;
    let given = input.max_results.unwrap_or(1);
    let most = usize::try_from(given)
        .ok()
        .filter(|it| (1..=MOST_KEPT).contains(it));
    let most = most.ok_or_else(|| {
        fault::invalid_value(
            given,
            "MaxResults",
            "Must be between 1 and 10, if provided.",
        )
    })?;
    let shown = tasks(core, &source).await?.into_iter().take(most);
    let shown = shown.map(|(id, it)| {
        let task = it.record;
        let is_running = task.status == MoveStatus::Running;
        ListMessageMoveTasksResultEntry {
            task_handle: is_running.then(|| handle(&source, &id)),
            status: Some(task.status.shown().to_owned()),
            source_arn: Some(source.arn()),
            destination_arn: task.destination,
            max_number_of_messages_per_second: task.rate.and_then(|it| i32::try_from(it).ok()),
            approximate_number_of_messages_moved: i64::try_from(task.moved).ok(),
            approximate_number_of_messages_to_move: i64::try_from(task.to_move).ok(),
            failure_reason: task.failure,
            started_timestamp: Some(task.started_at.millis()),
        }
    });
    Ok(ListMessageMoveTasksResult {
        results: Some(shown.collect()),
    })
}
