//! Takes runs of scheduled queries forward: the query is asked, its result is put where it goes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde::{Serialize, Serializer};
use serde_json::json;
use wharf_delivery::{Actor, Failure, Operations, Request};
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::Stored;
use wharf_wire::{ByteStream, Check, Fault};

use super::record::{Delivery, Destination, ScheduledQuery, ScheduledRun, Status, arn_in};
use crate::{
    LogsService, authorize, fault,
    insights::engine::{COMPLETE, FAILED, Progress, RUNS, Row, TIMEOUT, WAITS},
    jobs::{Jobs, StepError, settled},
    records::Query,
    subscription::PRINCIPAL,
};

/// How often a query is looked at that runs.
const LOOK: Duration = Duration::from_millis(500);
/// What fails for this long fails for good.
const TRIED_FOR: Duration = Duration::from_secs(3600);
/// An account that has as many queries as it may is asked again for this long: it makes room itself.
const FULL_FOR: Duration = Duration::from_secs(300);

pub async fn step(jobs: &Jobs, scope: &Scope, key: &str) -> Result<Next, StepError> {
    let table = &jobs.service.table;
    let Some(stored) = table.read::<ScheduledRun>(key).await? else {
        return Ok(Next::Settled);
    };
    let run = &stored.record;
    let at = scope.key(ScheduledQuery::KIND, &run.name);
    let query = table.read::<ScheduledQuery>(&at).await?;
    if query.is_none_or(|it| it.record.id != run.of) {
        // It is deleted, or another has its name.
        let mut changes = jobs.begin(&stored)?;
        changes.delete(key);
        return settled(jobs.commit(changes).await);
    }
    if run.status != Status::Running {
        return Ok(Next::Settled);
    }
    let Some(operations) = jobs.service.operations.get().cloned() else {
        return Ok(Next::After(LOOK));
    };
    match &run.query {
        None => ask(jobs, scope, &stored, &*operations).await,
        Some(id) => look(jobs, scope, &stored, &*operations, id).await,
    }
}

fn role(scope: &Scope, run: &ScheduledRun, role: &str) -> Actor {
    Actor::Role {
        arn: role.to_owned(),
        service: PRINCIPAL.to_owned(),
        source_arn: arn_in(scope, &run.name),
    }
}

/// Starts the query in the name of its role.
async fn ask(
    jobs: &Jobs,
    scope: &Scope,
    stored: &Stored<ScheduledRun>,
    operations: &dyn Operations,
) -> Result<Next, StepError> {
    let run = &stored.record;
    let mut input = json!({
        "startTime": run.start,
        "endTime": run.end,
        "queryString": run.text,
    });
    // A text that begins with `SOURCE` says them itself.
    if !run.groups.is_empty() {
        input["logGroupIdentifiers"] = run.groups.clone().into();
    }
    let request = Request::new("logs", "StartQuery", &scope.region, input);
    let actor = role(scope, run, &run.role);
    let refused = match operations.call(&actor, &request).await {
        Ok(answer) => {
            let mut run = run.clone();
            run.query = answer["queryId"].as_str().map(str::to_owned);
            if run.query.is_none() {
                return end(jobs, scope, stored, Status::Failed, None).await;
            }
            return settled(jobs.write(stored, &run).await);
        }
        Err(refused) => refused,
    };
    let status = match &*refused.code {
        "MalformedQueryException" => Status::InvalidQuery,
        _ => Status::Failed,
    };
    let is_full = refused.code == "LimitExceededException";
    let failure = Failure::from(refused);
    let tried_for = match is_full {
        true => FULL_FOR,
        false => TRIED_FOR,
    };
    if (failure.passes || is_full) && jobs.now().since(run.at) < tried_for {
        return Err(StepError::other(failure));
    }
    end(jobs, scope, stored, status, Some(failure.text)).await
}

/// Whether the query has ended, and what becomes of its result.
async fn look(
    jobs: &Jobs,
    scope: &Scope,
    stored: &Stored<ScheduledRun>,
    operations: &dyn Operations,
    id: &str,
) -> Result<Next, StepError> {
    let (run, service, now) = (&stored.record, &jobs.service, jobs.now());
    let query = service
        .table
        .read::<Query>(&scope.key(Query::KIND, id))
        .await?;
    let Some(query) = query else {
        let gone = "The query is not remembered any more.".to_owned();
        return end(jobs, scope, stored, Status::Failed, Some(gone)).await;
    };
    let progress = service.progress_of(scope, id, &query.record, now);
    match progress.status {
        RUNS | WAITS => return Ok(Next::After(LOOK)),
        COMPLETE => {}
        TIMEOUT => return end(jobs, scope, stored, Status::Timeout, None).await,
        FAILED => {
            let text = "The query failed.".to_owned();
            return end(jobs, scope, stored, Status::Failed, Some(text)).await;
        }
        other => {
            let text = format!("The query ended as {other}.");
            return end(jobs, scope, stored, Status::Failed, Some(text)).await;
        }
    }
    let mut may = vec![Check::any("logs:GetQueryResults")];
    // Who may see what is masked may have changed since it was asked.
    let unmasking = authorize::of_rows(scope, &query.record).await;
    may.extend(unmasking.map_err(|fault| StepError::Neighbour {
        action: "a scheduled query",
        fault,
    })?);
    let actor = role(scope, run, &run.role);
    if let Err(refused) = operations.may(&actor, &scope.region, &may).await {
        let failure = still(jobs, run, refused)?;
        return end(jobs, scope, stored, Status::Failed, Some(failure.text)).await;
    }
    let mut ended = run.clone();
    ended.status = Status::Complete;
    if let Some(destination) = &run.destination {
        let put = put(service, scope, run, destination, operations, &progress, id);
        ended.delivery = Some(match put.await {
            Ok(object) => Delivery {
                status: "COMPLETE".to_owned(),
                object: Some(object),
                error: None,
            },
            Err(refused) => {
                let failure = still(jobs, run, refused)?;
                let status = match failure.passes {
                    true => "FAILED",
                    false => "CLIENT_ERROR",
                };
                Delivery {
                    status: status.to_owned(),
                    object: None,
                    error: Some(failure.text),
                }
            }
        });
    }
    write_end(jobs, scope, stored, ended).await
}

/// A failure that is for good; one that may pass is tried again.
fn still(jobs: &Jobs, run: &ScheduledRun, refused: Fault) -> Result<Failure, StepError> {
    let failure = Failure::from(refused);
    match failure.passes && jobs.now().since(run.at) < TRIED_FOR {
        true => Err(StepError::other(failure)),
        false => Ok(failure),
    }
}

/// Puts a result into its bucket, under a name that is the same however often this is done.
async fn put(
    service: &LogsService,
    scope: &Scope,
    run: &ScheduledRun,
    destination: &Destination,
    operations: &dyn Operations,
    progress: &Progress,
    query: &str,
) -> Result<String, Fault> {
    let (bucket, prefix) = in_uri(&destination.uri);
    let key = key(prefix, run);
    let mut input = json!({ "Bucket": bucket, "Key": key, "ContentType": "application/json" });
    if let Some(owner) = &destination.owner {
        input["ExpectedBucketOwner"] = owner.clone().into();
    }
    if let Some(kms_key) = &destination.kms_key {
        input["ServerSideEncryption"] = "aws:kms".into();
        input["SSEKMSKeyId"] = kms_key.clone().into();
    }
    let document = document(scope, run, progress, query);
    // Results are megabytes: that is work for a processor, in turns of accounts.
    let written = service.desk.work(&scope.account, move || document.write());
    let written = written
        .await
        .map_err(|cause| fault::unreadable(&cause))?
        .map_err(|cause| fault::unreadable(&cause))?;
    let request = Request::new("s3", "PutObject", &scope.region, input);
    let actor = role(scope, run, &destination.role);
    let body = ByteStream::from(written);
    operations.call_with_body(&actor, &request, body).await?;
    Ok(format!("s3://{bucket}/{key}"))
}

/// Bucket and prefix of `s3://bucket/prefix`.
fn in_uri(uri: &str) -> (&str, &str) {
    let rest = uri.strip_prefix("s3://").unwrap_or(uri);
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    (bucket, prefix.trim_end_matches('/'))
}

fn key(prefix: &str, run: &ScheduledRun) -> String {
    let name = format!("{}/{}.json", run.name, run.at.iso8601_basic());
    match prefix.is_empty() {
        true => name,
        false => format!("{prefix}/{name}"),
    }
}

/// A result as it stands in the bucket.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    scheduled_query_arn: String,
    query_id: String,
    query_string: String,
    triggered_timestamp: i64,
    start_time: i64,
    end_time: i64,
    statistics: Statistics,
    #[serde(serialize_with = "by_names")]
    results: Arc<Vec<Row>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    records_matched: u64,
    records_scanned: u64,
    bytes_scanned: u64,
}

impl Document {
    fn write(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(self)
    }
}

/// Rows as objects; of two fields with one name the last.
fn by_names<S: Serializer>(rows: &Arc<Vec<Row>>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(rows.iter().map(|row| {
        let fields = row.iter().map(|(name, value)| (&**name, &**value));
        fields.collect::<BTreeMap<&str, &str>>()
    }))
}

fn document(scope: &Scope, run: &ScheduledRun, progress: &Progress, query: &str) -> Document {
    Document {
        scheduled_query_arn: arn_in(scope, &run.name),
        query_id: query.to_owned(),
        query_string: run.text.clone(),
        triggered_timestamp: run.at.millis(),
        start_time: run.start,
        end_time: run.end,
        statistics: Statistics {
            records_matched: progress.matched,
            records_scanned: progress.events,
            bytes_scanned: progress.bytes,
        },
        results: progress.rows.clone(),
    }
}

async fn end(
    jobs: &Jobs,
    scope: &Scope,
    stored: &Stored<ScheduledRun>,
    status: Status,
    error: Option<String>,
) -> Result<Next, StepError> {
    let mut ended = stored.record.clone();
    ended.status = status;
    ended.error = error;
    write_end(jobs, scope, stored, ended).await
}

/// Writes how a run ended, and with the scheduled query if it was its latest.
async fn write_end(
    jobs: &Jobs,
    scope: &Scope,
    stored: &Stored<ScheduledRun>,
    ended: ScheduledRun,
) -> Result<Next, StepError> {
    if ended.status != Status::Complete {
        let why = ended.error.as_deref().unwrap_or_default();
        tracing::warn!(
            query = ended.name,
            status = ended.status.name(),
            why,
            "a scheduled query of logs failed"
        );
    }
    let mut changes = jobs.begin(stored)?;
    let at = scope.key(ScheduledQuery::KIND, &ended.name);
    if let Some(mut query) = changes.find::<ScheduledQuery>(&at).await?
        && query.id == ended.of
        && let Some(last) = query.last.as_mut().filter(|it| it.at == ended.at)
    {
        last.status = ended.status;
        changes.put(&at, &query);
    }
    // Of these only running it has a use, and many that ended are kept.
    let ended = ScheduledRun {
        text: String::new(),
        groups: Vec::new(),
        ..ended
    };
    changes.put(&stored.key, &ended);
    // A query that was changed meanwhile is no reason to run again.
    match jobs.commit(changes).await {
        Err(StepError::Change(error)) if error.is_conflict() => Ok(Next::After(Duration::ZERO)),
        written => written.map(|()| Next::Settled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_and_prefixes() {
        for (uri, expected) in [
            ("s3://b", ("b", "")),
            ("s3://b/", ("b", "")),
            ("s3://b/a/c/", ("b", "a/c")),
        ] {
            assert_eq!(in_uri(uri), expected, "{uri}");
        }
    }
}
