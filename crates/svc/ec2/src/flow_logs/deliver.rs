//! Delivers records of flow logs: lines of a log stream for each interface, or packed files of a bucket.
//!
//! Input: the windows that wait (`FlowBatch`) of one flow log, the oldest first. Output: events or an object, then the windows are
//! deleted, in one transaction under the lease of the shard. An object is named by what is in it, so what a kill interrupts is written
//! again under the same name; events may then come twice. What cannot be delivered is tried again for ten minutes, and the flow log says that it failed.

use std::{io::Write as _, time::Duration};

use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use wharf_base::{Arn, Timestamp};
use wharf_delivery::{Actor, Failure, Operations, Request};
use wharf_planeproto::flows::{Part, Window};
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope, encode};
use wharf_service::{Stored, fence};
use wharf_store::Txn;
use wharf_wire::{ByteStream, Fault};

use super::{
    FlowBatch, FlowLog, FlowSource, PRINCIPAL, WRITER,
    format::{Format, Said, Whose},
    records::{Destination, Traffic},
};
use crate::{Ec2Service, fault::Ec2Faults, instances::PERMIT, records::Interface};

type StepError = wharf_service::StepError<Ec2Faults>;

/// Windows of a flow log that wait; what comes beyond is dropped. Together they are at most some 50 MB.
pub const MOST_WAITING: usize = 2000;
/// … beyond which a window with more flows than these is.
pub const MOST_WAITING_LARGE: usize = 200;
pub const FLOWS_OF_MANY: usize = 100;
/// Windows of one delivery, and their flows.
const MOST_BATCHES: usize = 50;
const MOST_FLOWS: usize = 4000;
/// Between two tries.
const RETRY: Duration = Duration::from_secs(10);
const TRIED_FOR_S: i64 = 600;
/// Between two looks at whether an interface is there.
const LOOK: Duration = Duration::from_secs(3600);
/// Between two files of a bucket, and how long the first window of one waits for others.
const FILES_EVERY: Duration = Duration::from_secs(60);
const GATHERED: Duration = Duration::from_secs(8);

/// As AWS says it of a role or bucket that does not let the service in.
const ACCESS_ERROR: &str = "Access error";
const RATE_LIMITED: &str = "Rate limited";
const UNKNOWN_ERROR: &str = "Unknown error";

/// Ids of windows are in the order of their ends.
pub fn batch_id(log: &str, window: &Window, run: u64) -> String {
    let Window {
        end,
        interface,
        number,
        ..
    } = window;
    format!("{log}:{interface}:{end:012}:{run:016x}-{number:020}")
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
    let found = table
        .page::<FlowBatch>(&prefix, None, MOST_BATCHES, |_| true)
        .await?;
    let (more, mut batches) = (found.more, found.records);
    if batches.is_empty() {
        return Ok(Next::Settled);
    }
    let Some(stored) = table.read::<FlowLog>(key).await? else {
        forget(service, &batches).await?;
        return Ok(again(more));
    };
    let Some(operations) = service.operations.get() else {
        return Ok(Next::After(RETRY));
    };
    let now = service.instances.now();
    if let Destination::S3 { .. } = &stored.record.destination
        && let Some(wait) = service
            .files
            .wait(key, now)
            .or_else(|| gather(&batches, now))
    {
        return Ok(Next::After(wait));
    }
    let fitting = together(&batches, &stored.record.destination);
    let more = more || fitting < batches.len();
    batches.truncate(fitting);
    let delivered = deliver(&**operations, scope, &stored.record, &batches).await;
    match delivered {
        Ok(()) => {
            note(service, &stored, None).await?;
            forget(service, &batches).await?;
            if let Destination::S3 { .. } = &stored.record.destination
                && !more
            {
                service.files.wrote(key, now);
            }
            Ok(again(more))
        }
        Err(failure) => {
            tracing::debug!(flow_log = id, error = %failure, "delivering records of a flow log failed, will retry");
            let trouble = match (failure.passes, &*failure.code) {
                (false, _) => ACCESS_ERROR,
                (true, code) if code.contains("hrottl") => RATE_LIMITED,
                _ => UNKNOWN_ERROR,
            };
            note(service, &stored, Some(trouble)).await?;
            let oldest = now.millis().div_euclid(1000) - TRIED_FOR_S;
            batches.retain(|it| it.record.end < oldest);
            if !batches.is_empty() {
                tracing::warn!(flow_log = id, error = %failure, "dropped records of a flow log that could not be delivered");
                forget(service, &batches).await?;
            }
            Ok(Next::After(RETRY))
        }
    }
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

/// How many of the first go at once: those of one interface into its stream, all into a file.
fn together(batches: &[Stored<FlowBatch>], to: &Destination) -> usize {
    let mut flows = 0;
    let first = batches.first().map(|it| it.record.source.id.as_str());
    let fits = |it: &&Stored<FlowBatch>| {
        flows += it.record.flows.len();
        let same =
            matches!(to, Destination::S3 { .. }) || first == Some(it.record.source.id.as_str());
        same && flows <= MOST_FLOWS
    };
    batches.iter().take_while(fits).count().max(1)
}

/// Deletes windows that were delivered, or that nobody wants.
async fn forget(service: &Ec2Service, batches: &[Stored<FlowBatch>]) -> Result<(), StepError> {
    let txn = Txn::new().when(fence(&service.instances.shard)?);
    let txn = batches.iter().fold(txn, |txn, it| txn.delete(&it.key));
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
    log: &FlowLog,
    batches: &[Stored<FlowBatch>],
) -> Result<(), Failure> {
    let format = Format::read(&log.format).map_err(Failure::from)?;
    match &log.destination {
        Destination::Logs { group, role, .. } => {
            let lines = batches
                .iter()
                .flat_map(|it| lines(&format, scope, &it.record));
            let mut events: Vec<(i64, String)> = lines.collect();
            events.sort_by_key(|it| it.0);
            let Some(first) = batches.first() else {
                return Ok(());
            };
            let stream = stream(&first.record.source.id, log.traffic);
            let actor = Actor::Role {
                arn: role.clone(),
                service: PRINCIPAL.to_owned(),
                source_arn: arn_of(scope, &log.id),
            };
            put_events(operations, scope, &actor, (group, &stream), events).await
        }
        Destination::S3 { bucket, .. } => {
            let (key, body) = file(&format, scope, log, batches);
            let body = body.map_err(|e| Failure::passing("InternalError", e.to_string()))?;
            let input = json!({
                "Bucket": bucket,
                "Key": key,
                "ACL": "bucket-owner-full-control",
                "ContentType": "application/x-gzip",
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

/// Writes events, and makes the group and the stream where they are not there.
async fn put_events(
    operations: &dyn Operations,
    scope: &Scope,
    actor: &Actor,
    (group, stream): (&str, &str),
    events: Vec<(i64, String)>,
) -> Result<(), Failure> {
    let events = events.into_iter();
    let events = events.map(|(at, line)| json!({ "timestamp": at * 1000, "message": line }));
    let events: Vec<Value> = events.collect();
    if events.is_empty() {
        return Ok(());
    }
    let of_stream = json!({ "logGroupName": group, "logStreamName": stream });
    let mut input = of_stream.clone();
    input["logEvents"] = events.into();
    let put = Request::new("logs", "PutLogEvents", &scope.region, input);
    match operations.call(actor, &put).await {
        Ok(_) => return Ok(()),
        Err(fault) if fault.code == "ResourceNotFoundException" => {}
        Err(fault) => return Err(fault.into()),
    }
    let of_group = json!({ "logGroupName": group });
    for (operation, input) in [("CreateLogGroup", of_group), ("CreateLogStream", of_stream)] {
        let request = Request::new("logs", operation, &scope.region, input);
        match operations.call(actor, &request).await {
            Err(fault) if !is_there(&fault) => {
                // The group may be there for a role that may not make any.
                let tolerable = operation == "CreateLogGroup" && fault.sender;
                if !tolerable {
                    return Err(fault.into());
                }
            }
            _ => {}
        }
    }
    operations.call(actor, &put).await?;
    Ok(())
}

fn is_there(fault: &Fault) -> bool {
    fault.code == "ResourceAlreadyExistsException"
}

/// Name and content of a file.
fn file(
    format: &Format,
    scope: &Scope,
    log: &FlowLog,
    batches: &[Stored<FlowBatch>],
) -> (String, std::io::Result<Vec<u8>>) {
    let newest = batches.iter().map(|it| it.record.end).max();
    let at = Timestamp::from_millis(newest.unwrap_or_default().saturating_mul(1000));
    let mut digest = Sha256::new();
    batches
        .iter()
        .for_each(|it| digest.update(it.key.as_bytes()));
    let unique = hex::encode(&digest.finalize()[..4]);
    let pack = || {
        let mut to = GzEncoder::new(Vec::new(), Compression::default());
        writeln!(to, "{}", format.header())?;
        for batch in batches {
            for (_, line) in lines(format, scope, &batch.record) {
                writeln!(to, "{line}")?;
            }
        }
        to.finish()
    };
    (key(scope, log, at, &unique), pack())
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

/// When each flow log last wrote a file.
#[derive(Debug, Default)]
pub struct Files(parking_lot::Mutex<std::collections::BTreeMap<String, Timestamp>>);

impl Files {
    /// How long until the next.
    fn wait(&self, key: &str, now: Timestamp) -> Option<Duration> {
        let mut all = self.0.lock();
        all.retain(|_, at| now.since(*at) < FILES_EVERY);
        let at = all.get(key)?;
        Some(FILES_EVERY.saturating_sub(now.since(*at)))
    }

    fn wrote(&self, key: &str, now: Timestamp) {
        self.0.lock().insert(key.to_owned(), now);
    }
}

#[cfg(test)]
mod tests {
    use wharf_records::Unknown;

    use super::{super::records::Recorded, *};

    fn log(prefix: &str, hive: bool, hourly: bool) -> FlowLog {
        FlowLog {
            id: "fl-1".to_owned(),
            of: Recorded::Vpc("vpc-1".to_owned()),
            vpc_id: "vpc-1".to_owned(),
            traffic: Traffic::All,
            destination: Destination::S3 {
                bucket: "b".to_owned(),
                prefix: prefix.to_owned(),
                arn: String::new(),
                hive,
                hourly,
            },
            format: String::new(),
            interval: 60,
            trouble: None,
            token_id: None,
            asked: String::new(),
            created_at: Timestamp(0),
            tags: Default::default(),
            unknown: Unknown::new(),
        }
    }

    #[test]
    fn files_are_named_as_on_aws() {
        let scope = Scope::new("ec2", "000000000000", "us-east-1");
        let at = Timestamp::parse_iso8601("2026-11-26T13:19:36Z").unwrap();
        let file = "000000000000_vpcflowlogs_us-east-1_fl-1_20261126T1319Z_0a1b2c3d.log.gz";
        for (prefix, hive, hourly, folder) in [
            (
                "",
                false,
                false,
                "AWSLogs/000000000000/vpcflowlogs/us-east-1/2026/11/26/",
            ),
            (
                "a/c",
                false,
                true,
                "a/c/AWSLogs/000000000000/vpcflowlogs/us-east-1/2026/11/26/13/",
            ),
            (
                "",
                true,
                true,
                "AWSLogs/aws-account-id=000000000000/aws-service=vpcflowlogs/aws-region=us-east-1/year=2026/month=11/day=26/hour=13/",
            ),
        ] {
            let named = key(&scope, &log(prefix, hive, hourly), at, "0a1b2c3d");
            assert_eq!(named, format!("{folder}{file}"));
        }
    }

    #[test]
    fn streams_are_named_by_interface_and_traffic() {
        assert_eq!(stream("eni-1", Traffic::All), "eni-1-all");
        assert_eq!(stream("eni-1", Traffic::Reject), "eni-1-reject");
    }
}
