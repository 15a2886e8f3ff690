//! Reports: of findings, written into a bucket of S3 as one file each, and of what images are made of ([`sboms`]), a file an image.
//!
//! Inputs: records of reports as they change. A look at a report that is in progress makes its file, puts it into the
//! bucket in the name of Inspector, so that the policies of bucket and key decide, and writes down how it ended, in one
//! transaction that compares the report and the lease of the shard. After a kill the files are written again under their
//! names. What a report shows is what there is when it is written.

mod layout;
mod record;
mod sboms;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wharf_api_inspector2::{Finding, schema::SERVICE as SCHEMA};
use wharf_base::{Arn, Permit};
use wharf_delivery::{Actor, Failure, Request};
use wharf_reconcile::{Next, Queue, Shard, Takeover};
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, OneQueue, Place, Reach, Shares, Stored, fence, settled};
use wharf_wire::{ByteStream, codec::json as codec};

pub(crate) use record::{About, Outcome, Report};

use crate::{
    fault::Inspector2Faults,
    findings::At,
    records::{self, SERVICE},
    service::Inspector2Service,
};

const PERMIT: Permit = Permit::for_controller("inspector2-reports");
/// Reports that are written at once.
const WORKERS: usize = 2;
/// Of these, those of one account.
const OF_ACCOUNT: usize = 1;
/// When a report comes again whose account has its share.
const AGAIN: Duration = Duration::from_millis(250);
/// Findings that are read between two looks at whether the report is still wanted.
const PAGE: usize = 500;
/// Bytes of a report, which is in memory while it is written.
const MAX_BYTES: usize = 64 << 20;
/// What fails for this long fails for good.
const TRIED_FOR: Duration = Duration::from_secs(3600);
/// As whom reports come into their buckets.
const PRINCIPAL: &str = "inspector2.amazonaws.com";

type StepError = wharf_service::StepError<Inspector2Faults>;

struct Reports {
    service: Inspector2Service,
    queue: Arc<Queue<String>>,
    shard: Shard,
    shares: Shares,
}

impl Inspector2Service {
    /// Writes reports until `stop`, or until a part of it panics.
    pub async fn run(self, how: Takeover, stop: CancellationToken) {
        let reports = Arc::new(Reports {
            service: self,
            queue: Arc::default(),
            shard: Shard::new("/w1/c0/inspector2/shard/0"),
            shares: Shares::new(WORKERS, OF_ACCOUNT),
        });
        let loops = OneQueue {
            service: SERVICE,
            store: reports.service.table.store(),
            shard: &reports.shard,
            permit: PERMIT,
            takeover: how,
            queue: &reports.queue,
            workers: WORKERS,
        };
        let (fed, worked) = (reports.clone(), reports.clone());
        let changed = move |key: &str, _: Look| {
            if Scope::parse(key).is_some_and(|(_, kind, _)| kind == Report::KIND) {
                fed.queue.wake(key.to_owned());
            }
            Reach::One
        };
        let work = move |key: String| {
            let reports = worked.clone();
            async move { reports.step(&key).await }
        };
        loops.run(stop, changed, work).await;
    }
}

/// Why there is no file.
enum Unwritten {
    /// For good: an error code of reports, and why.
    Failed(&'static str, String),
    /// It may succeed later.
    Later(Failure),
    /// Somebody cancelled it.
    Unwanted,
    Step(StepError),
}

impl From<wharf_wire::Fault> for Unwritten {
    fn from(fault: wharf_wire::Fault) -> Self {
        // Nothing in a report of its own is wrong that was not seen when it was asked for, but the key of the findings may be.
        if fault.sender {
            return Self::Failed("INVALID_PERMISSIONS", fault.message);
        }
        Self::Step(StepError::Neighbour {
            action: "read the findings of a report",
            fault,
        })
    }
}

impl Reports {
    async fn step(&self, key: &str) -> Result<Next, StepError> {
        let Some((scope, Report::KIND, id)) = Scope::parse(key) else {
            return Ok(Next::Settled);
        };
        let Some(_share) = self.shares.try_take(&scope.account) else {
            return Ok(Next::Deferred(AGAIN));
        };
        let Some(stored) = self.service.table.read::<Report>(key).await? else {
            return Ok(Next::Settled);
        };
        if stored.record.outcome != Outcome::InProgress {
            return Ok(Next::Settled);
        }
        let written = match stored.record.about {
            About::Findings => self.write(&scope, &id, &stored).await,
            About::Sboms => self.write_sboms(&scope, &id, &stored).await,
        };
        let (outcome, why) = match written {
            Ok(()) => (Outcome::Succeeded, None),
            Err(Unwritten::Unwanted) => return Ok(Next::Settled),
            Err(Unwritten::Step(error)) => return Err(error),
            Err(Unwritten::Later(failure)) => {
                let since = self.service.now().since(stored.record.created_at);
                if since < TRIED_FOR {
                    return Err(StepError::other(failure));
                }
                (Outcome::Failed, Some(("INTERNAL_ERROR", failure.text)))
            }
            Err(Unwritten::Failed(code, text)) => (Outcome::Failed, Some((code, text))),
        };
        if let Some((code, text)) = &why {
            tracing::warn!(report = id, code, reason = text, "failed to write a report");
        }
        let mut report = stored.record.clone();
        report.end(outcome, why, self.service.now());
        let mut changes = self.service.table.begin();
        changes.when(stored.unchanged());
        changes.fence(fence::<Inspector2Faults>(&self.shard)?);
        changes.put(key, &report);
        settled(changes.write(&PERMIT).await)
    }

    async fn write(
        &self,
        scope: &Scope,
        id: &str,
        stored: &Stored<Report>,
    ) -> Result<(), Unwritten> {
        let report = &stored.record;
        let body = self.body(scope, stored).await?;
        let key = layout::key(&report.prefix, id, &report.format);
        self.put(scope, id, report, key, body).await
    }

    /// Puts a file of a report into its bucket.
    async fn put(
        &self,
        scope: &Scope,
        id: &str,
        report: &Report,
        key: String,
        body: Vec<u8>,
    ) -> Result<(), Unwritten> {
        let mut input = json!({
            "Bucket": report.bucket,
            "Key": key,
            "ContentType": layout::content_type(&report.format),
            "ServerSideEncryption": "aws:kms",
            "SSEKMSKeyId": report.key,
        });
        if let Some(owner) = &report.bucket_owner {
            input["ExpectedBucketOwner"] = Value::from(owner.as_str());
        }
        let arn = Arn::new(
            SERVICE,
            &scope.region,
            &scope.account,
            format!("report/{id}"),
        );
        let actor = Actor::Service {
            name: PRINCIPAL.to_owned(),
            account: scope.account.clone(),
            source_arn: arn.to_string(),
        };
        let request = Request::new("s3", "PutObject", &scope.region, input);
        let operations = &self.service.operations;
        let put = operations.call_with_body(&actor, &request, ByteStream::from(body));
        put.await
            .map(|_| ())
            .map_err(|fault| refused(Failure::from(fault)))
    }

    /// The file; it fails if nothing is to be told, or too much.
    async fn body(&self, scope: &Scope, stored: &Stored<Report>) -> Result<Vec<u8>, Unwritten> {
        let report = &stored.record;
        let place = Place::of_scope(scope);
        let criteria = records::read(&report.criteria)?;
        let mut file = layout::File::begin(&report.format);
        let mut at = Some(At::default());
        while let Some(from) = at {
            let (some, next) = self.service.walk(&place, &criteria, from, PAGE).await?;
            for finding in &some {
                file.add(finding, &value(finding));
                if file.len() > MAX_BYTES {
                    let text = format!(
                        "The report has more than {} MiB. Narrow the filter criteria.",
                        MAX_BYTES >> 20
                    );
                    return Err(Unwritten::Failed("INTERNAL_ERROR", text));
                }
            }
            self.require_wanted(stored).await?;
            at = next;
        }
        file.end().ok_or_else(|| {
            let text = "No findings were found that match the filter criteria.".to_owned();
            Unwritten::Failed("NO_FINDINGS_FOUND", text)
        })
    }
}

impl Reports {
    /// Ends what nobody wants any more.
    async fn require_wanted(&self, stored: &Stored<Report>) -> Result<(), Unwritten> {
        let read = self.service.table.read::<Report>(&stored.key).await;
        let read = read.map_err(|error| Unwritten::Step(error.into()))?;
        match read.is_some_and(|it| it.record == stored.record) {
            true => Ok(()),
            false => Err(Unwritten::Unwanted),
        }
    }
}

/// A finding as ListFindings has it.
fn value(finding: &Finding) -> Value {
    let shape = SCHEMA.find_shape("Finding");
    shape.map_or(Value::Null, |it| codec::to_value(&SCHEMA, it, finding))
}

/// What S3 says, in the words of reports.
fn refused(failure: Failure) -> Unwritten {
    if failure.passes {
        return Unwritten::Later(failure);
    }
    let code = match failure.code.as_str() {
        "NoSuchBucket" => "BUCKET_NOT_FOUND",
        "PermanentRedirect" | "IllegalLocationConstraintException" => "INCOMPATIBLE_BUCKET_REGION",
        code if code.to_ascii_uppercase().starts_with("KMS") => "MALFORMED_KMS_KEY",
        "InvalidArgument" | "NotFoundException" | "DisabledException" => "MALFORMED_KMS_KEY",
        _ => "INVALID_PERMISSIONS",
    };
    Unwritten::Failed(code, failure.text)
}
