//! Takes export tasks forward, file by file.

use std::time::{Duration, Instant};

use serde_json::json;
use wharf_delivery::{Actor, Failure, Request};
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::Stored;
use wharf_wire::{ByteStream, Fault};

use super::{
    body::{Body, Span},
    layout,
    task::{ExportTask, Progress, Status},
};
use crate::{
    LogsService, fault,
    jobs::{Jobs, StepError, settled},
    names,
    opener::Opener,
    records::{Group, Stream},
    service::stream_key,
    token::Boundary,
};

/// As CloudWatch Logs says them.
pub const DONE: &str = "Completed successfully";
pub const NO_PUT: &str = "PutObject call on the given bucket failed. Please check if CloudWatch Logs has been granted permission to perform this operation.";
const NO_GROUP: &str = "The specified log group does not exist.";
/// Others have their turn after this long, between two files.
const LONGEST_STEP: Duration = Duration::from_secs(2);
/// Where nothing of a stream is left.
const BEHIND_ALL: (i64, u64) = (i64::MAX, u64::MAX);
/// What fails for this long without a file in between fails for good.
const TRIED_FOR: Duration = Duration::from_secs(3600);

/// As whom a task is in its bucket.
pub fn actor(scope: &Scope, group: &str, principal: &str) -> Actor {
    Actor::Service {
        name: principal.to_owned(),
        account: scope.account.clone(),
        source_arn: format!("{}:*", names::group_arn_in(scope, group)),
    }
}

pub async fn step(jobs: &Jobs, scope: &Scope, key: &str) -> Result<Next, StepError> {
    let Some(stored) = jobs.service.table.read::<ExportTask>(key).await? else {
        return Ok(Next::Settled);
    };
    match stored.record.status {
        Status::Pending => {
            let mut task = stored.record.clone();
            task.status = Status::Running;
            settled(jobs.write(&stored, &task).await)
        }
        Status::PendingCancel => end(jobs, &stored, Status::Cancelled, None).await,
        Status::Running => write_files(jobs, scope, stored).await,
        Status::Completed | Status::Cancelled | Status::Failed => Ok(Next::Settled),
    }
}

async fn end(
    jobs: &Jobs,
    stored: &Stored<ExportTask>,
    status: Status,
    message: Option<String>,
) -> Result<Next, StepError> {
    let mut task = stored.record.clone();
    task.status = status;
    task.message = message;
    task.ended_at = Some(jobs.now());
    settled(jobs.write(stored, &task).await)
}

async fn write_files(
    jobs: &Jobs,
    scope: &Scope,
    mut stored: Stored<ExportTask>,
) -> Result<Next, StepError> {
    let (begun, service) = (Instant::now(), &jobs.service);
    let found = service
        .table
        .read::<Group>(&scope.key(Group::KIND, &stored.record.group))
        .await?;
    let group = found.map(|it| it.record);
    let Some(group) = group.filter(|it| it.id == stored.record.group_id) else {
        return end(jobs, &stored, Status::Failed, Some(NO_GROUP.to_owned())).await;
    };
    let prefix = scope.key(Stream::KIND, &stream_key(&group.id, &stored.record.streams));
    let streams = service.all::<Stream>(&prefix).await;
    let streams = streams.map_err(neighbour)?;
    for stream in layout::left(streams, stored.record.progress.as_ref()) {
        loop {
            let written = write_file(jobs, scope, &group, &stored, &stream).await;
            let progress = match written {
                Ok(Some(progress)) => progress,
                Ok(None) => {
                    let before = stored.record.progress.as_ref();
                    // Looking at streams without events takes time, too. Each step does one at least.
                    let is_new = before.is_none_or(|it| it.stream != stream.name);
                    if !is_new || begun.elapsed() <= LONGEST_STEP {
                        break;
                    }
                    Progress {
                        stream: stream.name.clone(),
                        files: layout::number(&stream.name, before),
                        last: BEHIND_ALL,
                        at: jobs.now(),
                    }
                }
                Err(failure) => {
                    let task = &stored.record;
                    let last = task.progress.as_ref().map_or(task.created_at, |it| it.at);
                    if failure.passes && jobs.now().since(last) < TRIED_FOR {
                        return Err(StepError::other(failure));
                    }
                    tracing::warn!(task = stored.key, error = %failure, "an export of logs failed");
                    return end(jobs, &stored, Status::Failed, Some(failure.text)).await;
                }
            };
            let mut task = stored.record.clone();
            task.progress = Some(progress);
            match jobs.write(&stored, &task).await {
                // Somebody cancels it.
                Err(StepError::Change(error)) if error.is_conflict() => {
                    return Ok(Next::After(Duration::ZERO));
                }
                written => written?,
            }
            let read = service.table.read::<ExportTask>(&stored.key).await?;
            match read.filter(|it| it.record == task) {
                Some(read) => stored = read,
                None => return Ok(Next::After(Duration::ZERO)),
            }
            if begun.elapsed() > LONGEST_STEP {
                return Ok(Next::After(Duration::ZERO));
            }
        }
    }
    end(jobs, &stored, Status::Completed, Some(DONE.to_owned())).await
}

fn neighbour(fault: Fault) -> StepError {
    StepError::Neighbour {
        action: "an export of logs",
        fault,
    }
}

/// The next file of a stream; `None` if all of it is written.
async fn write_file(
    jobs: &Jobs,
    scope: &Scope,
    group: &Group,
    stored: &Stored<ExportTask>,
    stream: &Stream,
) -> Result<Option<Progress>, Failure> {
    let (service, task, now) = (&jobs.service, &stored.record, jobs.now());
    let Some((_, _, id)) = Scope::parse(&stored.key) else {
        return Ok(None);
    };
    let operations = service.operations.get();
    let operations = operations
        .ok_or_else(|| Failure::passing("ServiceUnavailable", "The services are not there yet."))?;
    let progress = task.progress.as_ref();
    let Some(body) = body(service, scope, group, task, stream, now).await? else {
        return Ok(None);
    };
    let outcome = body.outcome();
    let number = layout::number(&stream.name, progress);
    let key = layout::key(&task.prefix, &id, &stream.name, number);
    let input = json!({ "Bucket": task.bucket, "Key": key });
    let request = Request::new("s3", "PutObject", &scope.region, input);
    let actor = actor(scope, &group.name, &task.principal);
    let put = operations.call_with_body(&actor, &request, ByteStream::new(body, None));
    let put = put.await;
    let outcome = std::mem::take(&mut *outcome.lock());
    if let Some(failed) = outcome.failed {
        return Err(failed);
    }
    put.map_err(refused)?;
    Ok(outcome.last.map(|last| Progress {
        stream: stream.name.clone(),
        files: number.saturating_add(1),
        last,
        at: now,
    }))
}

/// Why a bucket does not take a file.
fn refused(fault: Fault) -> Failure {
    let failure = Failure::from(fault);
    match failure.passes {
        true => failure,
        false => {
            tracing::debug!(error = %failure, "a bucket refused a file of an export");
            Failure::lasting(failure.code, NO_PUT)
        }
    }
}

async fn body(
    service: &LogsService,
    scope: &Scope,
    group: &Group,
    task: &ExportTask,
    stream: &Stream,
    now: wharf_base::Timestamp,
) -> Result<Option<Body>, Failure> {
    let (events, journal) = (&service.events, stream.journal_name());
    let kept_from = service.keeps_from(scope, group, now).await;
    let start = task.from.max(kept_from?);
    let end = task.to.saturating_add(1);
    let window = events.window(&journal, start, end).await;
    let window = window.map_err(fault::journal)?;
    let progress = task.progress.as_ref();
    let next = match progress.filter(|it| it.stream == stream.name) {
        Some(progress) => {
            let (timestamp, offset) = progress.last;
            let behind = Boundary {
                timestamp,
                offset: offset.saturating_add(1),
            };
            let rank = events.rank(&journal, &window.order, behind).await;
            rank.map_err(fault::journal)?.max(window.low)
        }
        None => window.low,
    };
    if next >= window.high {
        return Ok(None);
    }
    // After the window: none of its events came in under a rule that is not seen here.
    let rules = service.rules(scope, group).await?;
    let opener = Opener::new(
        service.keys.clone(),
        scope.clone(),
        group.id.clone(),
        now,
        rules,
    );
    let span = Span {
        journal,
        order: window.order,
        next,
        high: window.high,
    };
    Ok(Body::begin(events.clone(), opener, span, service.limits.export_bytes).await?)
}
