//! Delivers records of flow logs: lines of a log stream for each interface, or packed files of a bucket.
//!
//! Input: the windows that wait (`FlowBatch`) of one flow log. Output: events or an object, then the windows are deleted, in one transaction
//! under the lease of the shard. What is in an object is noted before it is written (`FlowFile`), so what a kill interrupts is written again
//! under the same name; events may then come twice. What cannot be delivered is tried again for ten minutes from when it was reported, and
//! the flow log says that it failed; meanwhile streams of other interfaces have their turn.

use std::{io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use wharf_base::{Arn, Timestamp};
use wharf_delivery::{
    Actor, Failure, Operations, Request,
    log_events::{BESIDE_TEXT, LogStream, MOST_BYTES, MOST_EVENTS, put_log_events},
};
use wharf_planeproto::flows::Window;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, Unknown, encode};
use wharf_service::{Stored, fence};
use wharf_store::Txn;
use wharf_wire::ByteStream;

use super::{
    FlowBatch, FlowFile, FlowLog, FlowSource, PRINCIPAL, Part, WRITER,
    format::{Format, Said, Whose},
    records::{Destination, Traffic},
};
use crate::{Ec2Service, fault::Ec2Faults, instances::PERMIT, records::Interface};

type StepError = wharf_service::StepError<Ec2Faults>;

/// Parts of windows of a flow log that wait, and the flows of each: together some 30 MB.
pub const MOST_WAITING: usize = 3000;
pub const MOST_OF_BATCH: usize = 100;
/// The same of all flow logs of an account in a region, each of some 10 KB: no account has more than 150 MB of the store.
pub const MOST_OF_ACCOUNT: usize = 12_000;
/// Of this each flow log is sure, whatever the others of its account have: some that cannot be delivered take no window
/// from the rest.
pub const SURE: usize = 300;
/// What comes beyond waits without its flows; beyond so many of these it is dropped.
pub const MOST_SKIPPED: usize = 3000;
/// Parts of windows of one delivery to a stream, and to a file.
const MOST_BATCHES: usize = 50;
/// They are deleted in one transaction.
const MOST_OF_FILE: usize = 100;
/// Between two tries.
const RETRY: Duration = Duration::from_secs(10);
const TRIED_FOR_S: i64 = 600;
/// Between two looks at whether an interface is there.
const LOOK: Duration = Duration::from_secs(3600);
/// How long the first window of a file waits for others.
const GATHERED: Duration = Duration::from_secs(8);

/// As AWS says it of a role or bucket that does not let the service in.
const ACCESS_ERROR: &str = "Access error";
const RATE_LIMITED: &str = "Rate limited";
const UNKNOWN_ERROR: &str = "Unknown error";

/// Ids of windows are in the order of their ends.
pub fn batch_id(log: &str, window: &Window, (run, part): (u64, usize)) -> String {
    let Window {
        end,
        interface,
        number,
        ..
    } = window;
    format!("{log}:{interface}:{end:012}:{run:016x}-{number:020}-{part:03}")
}

/// The key of the flow log that a window is for.
pub fn key_of_batch(scope: &Scope, id: &str) -> Option<String> {
    let (log, _) = id.split_once(':')?;
    Some(scope.key(FlowLog::KIND, log))
}

/// As whom files are written.
pub fn writer(account: &str, region: &str) -> Actor {
    Actor::Service {
        name: WRITER.to_owned(),
        account: account.to_owned(),
        source_arn: Arn::new("logs", region, account, "*").to_string(),
    }
}

pub async fn flow_log(service: &Ec2Service, scope: &Scope, key: &str) -> Result<Next, StepError> {
    let Some((_, _, id)) = Scope::parse(key) else {
        return Ok(Next::Settled);
    };
    let table = &service.table;
    let prefix = scope.key(FlowBatch::KIND, &format!("{id}:"));
    let of_file = scope.key(FlowFile::KIND, &id);
    let stored = table.read::<FlowLog>(key).await?;
    let most = match stored.as_ref().map(|it| &it.record.destination) {
        Some(Destination::Logs { .. }) => MOST_BATCHES,
        _ => MOST_OF_FILE,
    };
    let after = service.files.after(key);
    let is_later = after.is_some();
    let found = table
        .page::<FlowBatch>(&prefix, after, most, |_| true)
        .await?;
    let more = found.more || is_later;
    let mut batches = found.records;
    if batches.is_empty() {
        return Ok(again(is_later));
    }
    let Some(stored) = stored else {
        forget(service, &batches, Some(&of_file)).await?;
        return Ok(again(more));
    };
    let Some(operations) = service.operations.get() else {
        return Ok(Next::After(RETRY));
    };
    let now = service.instances.now();
    let is_file = matches!(stored.record.destination, Destination::S3 { .. });
    let begun = match is_file {
        true => table.read::<FlowFile>(&of_file).await?,
        false => None,
    };
    // A file is written as soon as enough waits for it.
    if is_file
        && begun.is_none()
        && !more
        && let Some(wait) = service
            .files
            .wait(key, now)
            .or_else(|| gather(&batches, now))
    {
        return Ok(Next::After(wait));
    }
    let Ok(format) = Format::read(&stored.record.format) else {
        // Of a newer version: nothing can be said of it.
        note(service, &stored, Some(UNKNOWN_ERROR)).await?;
        forget(service, &batches, Some(&of_file)).await?;
        return Ok(again(more));
    };
    let fitting = match &begun {
        Some(file) => {
            let file = &file.record;
            let is_in = |it: &Stored<FlowBatch>| file.batches.contains(&it.key);
            batches.retain(is_in);
            batches.len()
        }
        None if is_file => batches.len(),
        None => together(&batches, &format, scope),
    };
    if batches.is_empty() {
        // It was written, or was given up.
        table
            .commit(&PERMIT, fenced(service)?.delete(&of_file))
            .await?;
        return Ok(again(true));
    }
    let more = more || fitting < batches.len() || begun.is_some();
    let object = match (is_file, begun) {
        (false, _) => None,
        (true, Some(begun)) => Some(begun.record.object),
        (true, None) => match begin(service, scope, &stored.record, &of_file, &batches).await? {
            None => return Ok(Next::After(RETRY)),
            begun => begun,
        },
    };
    let told = &batches[..fitting];
    let delivered = deliver(
        &**operations,
        scope,
        (&stored.record, &format),
        told,
        object,
    )
    .await;
    match delivered {
        Ok(()) => {
            note(service, &stored, None).await?;
            forget(service, told, is_file.then_some(&of_file)).await?;
            if is_file && !more {
                service.files.wrote(key, now);
            }
            Ok(again(more))
        }
        Err(failure) => {
            tracing::debug!(flow_log = id, error = %failure, "delivering records of a flow log failed, will retry");
            note(service, &stored, Some(trouble_of(&failure))).await?;
            // Other interfaces have their turn.
            let last = told.last().filter(|_| !is_file);
            service.files.turn(key, last.map(|it| it.key.clone()));
            batches.retain(|it| is_given_up(&it.record, now));
            if batches.is_empty() {
                return Ok(Next::After(RETRY));
            }
            tracing::warn!(flow_log = id, error = %failure, "dropped records of a flow log that could not be delivered");
            forget(service, &batches, is_file.then_some(&of_file)).await?;
            Ok(again(true))
        }
    }
}

fn is_given_up(batch: &FlowBatch, now: Timestamp) -> bool {
    batch.arrived < now.millis().div_euclid(1000) - TRIED_FOR_S
}

/// Notes down what is in a file before it is written; its name, or `None` if somebody else may have.
async fn begin(
    service: &Ec2Service,
    scope: &Scope,
    log: &FlowLog,
    of_file: &str,
    batches: &[Stored<FlowBatch>],
) -> Result<Option<String>, StepError> {
    let object = object(scope, log, batches);
    let file = FlowFile {
        object: object.clone(),
        batches: batches.iter().map(|it| it.key.clone()).collect(),
        unknown: Unknown::new(),
    };
    let noted = fenced(service)?.put(of_file, encode(&file));
    let noted = service.table.commit(&PERMIT, noted).await?;
    Ok(noted.then_some(object))
}

/// As AWS says it of a flow log.
fn trouble_of(failure: &Failure) -> &'static str {
    let code = &*failure.code;
    let of_access = [
        "AccessDenied",
        "NotAuthorized",
        "Unauthorized",
        "NoSuchBucket",
    ];
    if code.contains("hrottl") || code.contains("SlowDown") {
        RATE_LIMITED
    } else if of_access.iter().any(|it| code.contains(it)) {
        ACCESS_ERROR
    } else {
        UNKNOWN_ERROR
    }
}

fn fenced(service: &Ec2Service) -> Result<Txn, StepError> {
    Ok(Txn::new().when(fence(&service.instances.shard)?))
}

/// Forgets an interface that is gone, if its host never said so: an hour after it was missed, since its last windows may be late.
pub async fn source(
    service: &Ec2Service,
    scope: &Scope,
    key: &str,
    id: &str,
) -> Result<Next, StepError> {
    let table = &service.table;
    let Some(stored) = table.read::<FlowSource>(key).await? else {
        return Ok(Next::Settled);
    };
    let interface = scope.key(Interface::KIND, id);
    let is_there = table.read::<Interface>(&interface).await?.is_some();
    let txn = Txn::new()
        .when(fence(&service.instances.shard)?)
        .when(stored.unchanged());
    let txn = match (is_there, stored.record.gone) {
        (true, _) => return Ok(Next::After(LOOK)),
        (false, true) => txn.delete(key),
        (false, false) => {
            let gone = FlowSource {
                gone: true,
                ..stored.record
            };
            txn.put(key, encode(&gone))
        }
    };
    table.commit(&PERMIT, txn).await?;
    Ok(Next::After(LOOK))
}

/// How long the first window waits for others, so that these are in the same file.
fn gather(batches: &[Stored<FlowBatch>], now: Timestamp) -> Option<Duration> {
    let oldest = batches.iter().map(|it| it.record.end).min()?;
    let waited = now.since(Timestamp::from_millis(oldest.saturating_mul(1000)));
    let wait = GATHERED.saturating_sub(waited);
    (!wait.is_zero()).then_some(wait)
}

fn again(more: bool) -> Next {
    match more {
        true => Next::After(Duration::ZERO),
        false => Next::Settled,
    }
}

/// How many of the first go at once into a stream: those of one interface, as many as a request takes.
fn together(batches: &[Stored<FlowBatch>], format: &Format, scope: &Scope) -> usize {
    let (mut events, mut bytes) = (0, 0);
    let first = batches.first().map(|it| it.record.source.id.as_str());
    let fits = |it: &&Stored<FlowBatch>| {
        let lines = lines(format, scope, &it.record);
        events += lines.len();
        bytes += lines
            .iter()
            .map(|it| it.1.len() + BESIDE_TEXT)
            .sum::<usize>();
        first == Some(it.record.source.id.as_str()) && events <= MOST_EVENTS && bytes <= MOST_BYTES
    };
    batches.iter().take_while(fits).count().max(1)
}

/// Deletes windows that were delivered, or that nobody wants, and with them what says that a file of them is being written.
async fn forget(
    service: &Ec2Service,
    batches: &[Stored<FlowBatch>],
    file: Option<&String>,
) -> Result<(), StepError> {
    let txn = fenced(service)?;
    let txn = batches.iter().fold(txn, |txn, it| txn.delete(&it.key));
    let txn = file.into_iter().fold(txn, |txn, it| txn.delete(it));
    service.table.commit(&PERMIT, txn).await?;
    Ok(())
}

/// How the last delivery went.
async fn note(
    service: &Ec2Service,
    stored: &Stored<FlowLog>,
    trouble: Option<&str>,
) -> Result<(), StepError> {
    if stored.record.trouble.as_deref() == trouble {
        return Ok(());
    }
    let change = |it: &mut FlowLog| {
        it.trouble = trouble.map(str::to_owned);
        Ok::<(), StepError>(())
    };
    service.table.change(&PERMIT, &stored.key, change).await?;
    Ok(())
}

async fn deliver(
    operations: &dyn Operations,
    scope: &Scope,
    (log, format): (&FlowLog, &Format),
    batches: &[Stored<FlowBatch>],
    object: Option<String>,
) -> Result<(), Failure> {
    match &log.destination {
        Destination::Logs { group, role, .. } => {
            let lines = batches
                .iter()
                .flat_map(|it| lines(format, scope, &it.record));
            let events = lines.map(|(at, line)| (at * 1000, line)).collect();
            let Some(first) = batches.first() else {
                return Ok(());
            };
            let stream = stream(&first.record.source.id, log.traffic);
            let actor = Actor::Role {
                arn: role.clone(),
                service: PRINCIPAL.to_owned(),
                source_arn: arn_of(scope, &log.id),
            };
            let to = LogStream {
                region: &scope.region,
                group,
                stream: &stream,
                makes_group: true,
            };
            put_log_events(operations, &actor, to, events).await
        }
        Destination::S3 { bucket, .. } => {
            let body = file(format, scope, batches);
            let body = body.map_err(|e| Failure::passing("InternalError", e.to_string()))?;
            let input = json!({
                "Bucket": bucket,
                "Key": object,
                "ACL": "bucket-owner-full-control",
                "ContentType": "application/x-gzip",
                "ExpectedBucketOwner": scope.account,
            });
            let request = Request::new("s3", "PutObject", &scope.region, input);
            let actor = writer(&scope.account, &scope.region);
            let put = operations.call_with_body(&actor, &request, ByteStream::from(body));
            put.await?;
            Ok(())
        }
    }
}

fn arn_of(scope: &Scope, id: &str) -> String {
    let resource = format!("{}/{id}", FlowLog::KIND);
    Arn::new("ec2", &scope.region, &scope.account, resource).to_string()
}

/// `eni-…-all`
fn stream(interface: &str, traffic: Traffic) -> String {
    format!("{interface}-{}", traffic.name().to_lowercase())
}

/// The lines of a window, each with when it began.
fn lines(format: &Format, scope: &Scope, batch: &FlowBatch) -> Vec<(i64, String)> {
    let whose = Whose {
        account: &scope.account,
        region: &scope.region,
        source: &batch.source,
    };
    let mut lines = Vec::with_capacity(batch.flows.len() + 1);
    for flow in &batch.flows {
        lines.push((flow.start, format.line(whose, Said::Flow(flow))));
    }
    if batch.skipped {
        let said = Said::Skipped(batch.start, batch.end);
        lines.push((batch.start, format.line(whose, said)));
    } else if batch.flows.is_empty() && batch.part == Part::Go {
        let said = Said::NoData(batch.start, batch.end);
        lines.push((batch.start, format.line(whose, said)));
    }
    lines
}

/// The name of a file of these windows.
fn object(scope: &Scope, log: &FlowLog, batches: &[Stored<FlowBatch>]) -> String {
    let newest = batches.iter().map(|it| it.record.end).max();
    let at = Timestamp::from_millis(newest.unwrap_or_default().saturating_mul(1000));
    let mut digest = Sha256::new();
    batches
        .iter()
        .for_each(|it| digest.update(it.key.as_bytes()));
    key(scope, log, at, &hex::encode(&digest.finalize()[..4]))
}

fn file(format: &Format, scope: &Scope, batches: &[Stored<FlowBatch>]) -> std::io::Result<Vec<u8>> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    writeln!(to, "{}", format.header())?;
    for batch in batches {
        for (_, line) in lines(format, scope, &batch.record) {
            writeln!(to, "{line}")?;
        }
    }
    to.finish()
}

/// `prefix/AWSLogs/<account>/vpcflowlogs/<region>/<y>/<m>/<d>/<account>_vpcflowlogs_<region>_<flow log>_<time>_<unique>.log.gz`
fn key(scope: &Scope, log: &FlowLog, at: Timestamp, unique: &str) -> String {
    let Destination::S3 {
        prefix,
        hive,
        hourly,
        ..
    } = &log.destination
    else {
        return String::new();
    };
    let Scope {
        account, region, ..
    } = scope;
    // `20261120T120000Z`
    let basic = at.iso8601_basic();
    let part = |from: usize, to: usize| basic.get(from..to).unwrap_or_default();
    let time = [
        ("year", part(0, 4)),
        ("month", part(4, 6)),
        ("day", part(6, 8)),
        ("hour", part(9, 11)),
    ];
    let named = [
        ("aws-account-id", account.as_str()),
        ("aws-service", "vpcflowlogs"),
        ("aws-region", region.as_str()),
    ];
    let folders = named.into_iter().chain(time);
    let folders = folders.filter(|(name, _)| *hourly || *name != "hour");
    let mut key = String::new();
    if !prefix.is_empty() {
        key.push_str(prefix);
        key.push('/');
    }
    key.push_str("AWSLogs/");
    for (name, value) in folders {
        if *hive {
            key.push_str(name);
            key.push('=');
        }
        key.push_str(value);
        key.push('/');
    }
    let minute = format!("{}T{}Z", part(0, 8), part(9, 13));
    let id = &log.id;
    key + &format!("{account}_vpcflowlogs_{region}_{id}_{minute}_{unique}.log.gz")
}

#[cfg(test)]
mod tests;
