//! CreateExportTask, DescribeExportTasks and CancelExportTask.

use serde_json::{Value, json};
use wharf_api_logs::{
    faults,
    types::{
        CancelExportTaskRequest, CreateExportTaskRequest, CreateExportTaskResponse,
        DescribeExportTasksRequest, DescribeExportTasksResponse, ExportTask as Shown,
        ExportTaskExecutionInfo, ExportTaskStatus,
    },
};
use wharf_base::ids;
use wharf_delivery::{Actor, Request};
use wharf_records::{Record as _, Scope, Unknown};
use wharf_service::{Stored, transact};
use wharf_wire::{ByteStream, Call, Fault};

use crate::{
    LogsService,
    exports::{
        layout,
        run::{NO_PUT, actor},
        task::{ExportTask, ExportTurn, Status},
    },
    fault,
    subscription::PRINCIPAL,
};

const DEFAULT_PREFIX: &str = "exportedlogs";
/// A key of S3 has 1,024 bytes, of which the names below the prefix take some.
const LONGEST_PREFIX: usize = 400;
/// Tasks of an account in a region that are remembered; the oldest that ended go.
const KEPT: usize = 1000;
const PAGE: usize = 50;
const NO_ACL: &str = "GetBucketAcl call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation.";

pub async fn create(
    service: &LogsService,
    call: &Call,
    input: CreateExportTaskRequest,
) -> Result<CreateExportTaskResponse, Fault> {
    let (from, to) = (input.from.unwrap_or_default(), input.to.unwrap_or_default());
    if to < from {
        return Err(fault::invalid(
            "The specified to time must not be before the specified from time.",
        ));
    }
    let prefix = input
        .destination_prefix
        .unwrap_or_else(|| DEFAULT_PREFIX.to_owned());
    if prefix.len() > LONGEST_PREFIX {
        return Err(fault::invalid(format!(
            "destinationPrefix must have at most {LONGEST_PREFIX} bytes."
        )));
    }
    let group = service
        .group(call, input.log_group_name.as_deref().unwrap_or_default())
        .await?;
    if group.class != "STANDARD" {
        return Err(fault::invalid(format!(
            "Export tasks are not for log groups of the class {}.",
            group.class
        )));
    }
    let scope = LogsService::scope(call);
    let at = scope.key(ExportTurn::KIND, ExportTurn::ID);
    let turn = service.table.read::<ExportTurn>(&at).await?;
    if let Some(turn) = turn
        && let Some(task) = read(service, &scope, &turn.record.task).await?
    {
        one_at_a_time(&task.record)?;
    }
    let bucket = input.destination.unwrap_or_default();
    let principal = let_in(service, &scope, &group.name, &bucket, &prefix).await?;
    let id = ids::uuid();
    let task = ExportTask {
        name: input.task_name,
        group: group.name,
        group_id: group.id,
        streams: input.log_stream_name_prefix.unwrap_or_default(),
        from,
        to,
        bucket,
        prefix,
        principal,
        created_at: call.now,
        status: Status::Pending,
        message: None,
        ended_at: None,
        progress: None,
        unknown: Unknown::new(),
    };
    let surplus = surplus(service, &scope).await?;
    transact!(service.table, &call.permit, |tx| {
        if let Some(turn) = tx.find::<ExportTurn>(&at).await?
            && let Some(other) = tx.find::<ExportTask>(&key(&scope, &turn.task)).await?
        {
            one_at_a_time(&other)?;
        }
        let turn = ExportTurn {
            task: id.clone(),
            unknown: Unknown::new(),
        };
        tx.put(&at, &turn);
        tx.put(key(&scope, &id), &task);
        surplus.iter().for_each(|key| tx.delete(key));
    });
    Ok(CreateExportTaskResponse { task_id: Some(id) })
}

fn key(scope: &Scope, id: &str) -> String {
    scope.key(ExportTask::KIND, id)
}

async fn read(
    service: &LogsService,
    scope: &Scope,
    id: &str,
) -> Result<Option<Stored<ExportTask>>, Fault> {
    Ok(service.table.read(&key(scope, id)).await?)
}

fn one_at_a_time(other: &ExportTask) -> Result<(), Fault> {
    match other.status.has_ended() {
        true => Ok(()),
        false => Err(faults::limit_exceeded_exception("Resource limit exceeded.")),
    }
}

/// Keys of the oldest tasks that ended, as many as there are too many.
async fn surplus(service: &LogsService, scope: &Scope) -> Result<Vec<String>, Fault> {
    let mut all = service.table.all::<ExportTask>(scope, "").await?;
    let count = (all.len() + 1).saturating_sub(KEPT);
    all.retain(|(_, it)| it.record.status.has_ended());
    all.sort_by_key(|(_, it)| it.record.created_at);
    Ok(all.into_iter().take(count).map(|(_, it)| it.key).collect())
}

/// As which service a bucket lets files in: policies name the service with its region or without.
async fn let_in(
    service: &LogsService,
    scope: &Scope,
    group: &str,
    bucket: &str,
    prefix: &str,
) -> Result<String, Fault> {
    let regional = format!("logs.{}.amazonaws.com", scope.region);
    let mut refused = None;
    for principal in [PRINCIPAL.to_owned(), regional] {
        let actor = actor(scope, group, &principal);
        match tried(service, scope, &actor, bucket, prefix).await {
            Ok(()) => return Ok(principal),
            Err(fault) if !fault.sender => return Err(fault),
            // That it got further tells more.
            Err(fault) if fault.message == NO_ACL => {
                refused.get_or_insert(fault);
            }
            Err(fault) => refused = Some(fault),
        }
    }
    Err(refused.unwrap_or_else(|| fault::invalid(NO_ACL)))
}

async fn tried(
    service: &LogsService,
    scope: &Scope,
    actor: &Actor,
    bucket: &str,
    prefix: &str,
) -> Result<(), Fault> {
    let operations = service.operations.get();
    let operations = operations.ok_or_else(|| fault::unreadable(&NotYet))?;
    let request =
        |operation: &str, input: Value| Request::new("s3", operation, &scope.region, input);
    let asked = request("GetBucketAcl", json!({ "Bucket": bucket }));
    let asked = operations.call(actor, &asked).await;
    asked.map_err(|cause| match &*cause.code {
        "NoSuchBucket" => fault::invalid("The specified bucket does not exist."),
        _ => says(cause, NO_ACL),
    })?;
    let key = layout::below(prefix, layout::TEST_FILE);
    let put = request("PutObject", json!({ "Bucket": bucket, "Key": key }));
    let text = layout::TEST_TEXT.as_bytes().to_vec();
    let put = operations.call_with_body(actor, &put, ByteStream::from(text));
    put.await.map(|_| ()).map_err(|cause| says(cause, NO_PUT))
}

/// What a refusal by S3 means here; a failure stays one.
fn says(cause: Fault, text: &str) -> Fault {
    match cause.sender {
        true => fault::invalid(text),
        false => fault::unreadable(&Unserved(cause.to_string())),
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the other services are not there yet")]
struct NotYet;

#[derive(Debug, thiserror::Error)]
#[error("S3 does not serve an export: {0}")]
struct Unserved(String);

fn missing() -> Fault {
    faults::resource_not_found_exception("The specified export task does not exist.")
}

pub async fn describe(
    service: &LogsService,
    call: &Call,
    input: DescribeExportTasksRequest,
) -> Result<DescribeExportTasksResponse, Fault> {
    let listing = format!("export tasks {:?} {:?}", input.task_id, input.status_code);
    let size = input.limit.and_then(|it| usize::try_from(it).ok());
    let pages = service.pages(call, &listing);
    let page = pages.page(input.next_token.as_deref(), size.unwrap_or(PAGE))?;
    let mut all = service
        .table
        .all::<ExportTask>(&LogsService::scope(call), "")
        .await?;
    if let Some(id) = &input.task_id {
        all.retain(|(it, _)| it == id);
        if all.is_empty() {
            return Err(missing());
        }
    }
    if let Some(status) = &input.status_code {
        all.retain(|(_, it)| it.record.status.name() == status);
    }
    // The newest first; of one millisecond by their ids.
    let place =
        |id: &str, it: &ExportTask| format!("{:020}/{id}", i64::MAX - it.created_at.millis());
    let placed = all
        .into_iter()
        .map(|(id, it)| (place(&id, &it.record), id, it.record));
    let mut placed: Vec<_> = placed.collect();
    placed.sort_by(|one, other| one.0.cmp(&other.0));
    let (tasks, next_token) = page.cut(placed, |(place, ..)| place.as_str());
    Ok(DescribeExportTasksResponse {
        export_tasks: Some(tasks.into_iter().map(|(_, id, it)| shown(id, it)).collect()),
        next_token,
    })
}

fn shown(id: String, task: ExportTask) -> Shown {
    Shown {
        task_id: Some(id),
        task_name: task.name,
        log_group_name: Some(task.group),
        from: Some(task.from),
        to: Some(task.to),
        destination: Some(task.bucket),
        destination_prefix: Some(task.prefix),
        status: Some(ExportTaskStatus {
            code: Some(task.status.name().to_owned()),
            message: task.message,
        }),
        execution_info: Some(ExportTaskExecutionInfo {
            creation_time: Some(task.created_at.millis()),
            completion_time: task.ended_at.map(|it| it.millis()),
        }),
    }
}

/// What is written stays; the file that is on its way is the last.
pub async fn cancel(
    service: &LogsService,
    call: &Call,
    input: CancelExportTaskRequest,
) -> Result<(), Fault> {
    let id = input.task_id.unwrap_or_default();
    let at = key(&LogsService::scope(call), &id);
    let cancel = |task: &mut ExportTask| match task.status {
        Status::Pending => {
            task.status = Status::Cancelled;
            task.ended_at = Some(call.now);
            Ok(())
        }
        Status::Running => {
            task.status = Status::PendingCancel;
            Ok(())
        }
        Status::PendingCancel => Ok(()),
        Status::Completed | Status::Cancelled | Status::Failed => Err(
            faults::invalid_operation_exception("The specified export task has already ended."),
        ),
    };
    let changed = service.table.change(&call.permit, &at, cancel).await?;
    changed.map(|_| ()).ok_or_else(missing)
}
