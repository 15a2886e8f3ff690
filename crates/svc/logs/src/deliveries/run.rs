//! Brings records to log groups and buckets, in the name of the service that delivers logs and for the source: policies of
//! the account's log groups, and of the bucket, let it in.
//!
//! Input: the queue. Output: events, or an object of packed lines. What fails is tried again, with growing waits, for ten
//! minutes. Records are in memory alone: a server that is killed loses those that were not delivered yet, one that is told
//! to end delivers first what it can within seconds.

use std::{io::Write as _, sync::Arc, time::Duration};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use tokio::{
    task::{JoinError, JoinSet},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Timestamp, ids};
use wharf_delivery::{
    Actor, Failure, Operations, Request,
    log_events::{LogStream, put_log_events},
};
use wharf_wire::ByteStream;

use super::{
    queue::{Batch, Became, Line},
    routes::{Place, Route},
};
use crate::LogsService;

/// As the service names itself in policies.
pub const WRITER: &str = "delivery.logs.amazonaws.com";
/// Between two looks at what waits.
const LOOK: Duration = Duration::from_millis(250);
/// What one batch may take; and all that is left at the end, that nobody waits for a server that ends.
const LONGEST: Duration = Duration::from_secs(30);
const LONGEST_AT_END: Duration = Duration::from_secs(5);

/// As whom records of a source are written.
pub fn writer(account: &str, source_arn: &str) -> Actor {
    Actor::Service {
        name: WRITER.to_owned(),
        account: account.to_owned(),
        source_arn: source_arn.to_owned(),
    }
}

impl LogsService {
    /// Delivers what services log until `stop`, and then what still waits, or until a part of it panics.
    pub async fn deliver_records(self, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let mut sending: JoinSet<()> = JoinSet::new();
        while !stop.is_cancelled() {
            self.send_due(&mut sending, &clock, false);
            tokio::select! {
                Some(ended) = sending.join_next() => {
                    if has_panicked(&ended) {
                        return;
                    }
                }
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => {}
            }
        }
        let rest = self.send_rest(&mut sending, &clock);
        if timeout(LONGEST_AT_END, rest).await.is_err() {
            let deliveries = self.deliveries.queue.lock().deliveries();
            tracing::warn!(
                deliveries,
                "dropped logs of resources that could not be delivered before the end"
            );
        }
    }

    /// Sends all that waits.
    async fn send_rest(&self, sending: &mut JoinSet<()>, clock: &Arc<dyn Clock>) {
        loop {
            self.send_due(sending, clock, true);
            match sending.join_next().await {
                Some(ended) if !has_panicked(&ended) => {}
                _ => return,
            }
        }
    }

    fn send_due(&self, sending: &mut JoinSet<()>, clock: &Arc<dyn Clock>, is_end: bool) {
        let due = self.deliveries.queue.lock().due(clock.now(), is_end);
        for batch in due {
            let (service, clock) = (self.clone(), clock.clone());
            sending.spawn(async move { service.send_batch(batch, &*clock, is_end).await });
        }
    }

    async fn send_batch(&self, batch: Batch, clock: &dyn Clock, is_end: bool) {
        let Some(route) = self.deliveries.route(&batch.key) else {
            self.deliveries.queue.lock().done(&batch);
            return;
        };
        let sent = timeout(LONGEST, self.send(&route, &batch.lines, clock.now()));
        let sent = sent.await.unwrap_or_else(|_| {
            let text = "the destination did not answer in time";
            Err(Failure::passing("RequestTimeout", text))
        });
        let Err(failure) = sent else {
            self.deliveries.queue.lock().done(&batch);
            return;
        };
        let became = self
            .deliveries
            .queue
            .lock()
            .failed(batch, clock.now(), is_end);
        let (delivery, source) = (&route.id, &route.source_arn);
        match became {
            Became::Waits => {
                tracing::warn!(delivery, source, error = %failure, "delivering logs of a resource failed, will retry");
            }
            Became::Dropped(records) => {
                self.deliveries.drop_records(records);
                tracing::warn!(delivery, source, records, error = %failure, "dropped logs of a resource that could not be delivered");
            }
        }
    }

    async fn send(&self, route: &Route, lines: &[Line], now: Timestamp) -> Result<(), Failure> {
        let operations = self.operations.get().ok_or_else(|| {
            Failure::passing(
                "ServiceUnavailableException",
                "the operations are not ready",
            )
        })?;
        let actor = writer(&route.scope.account, &route.source_arn);
        match &route.to {
            Place::Group(group) => {
                let events = lines.iter().map(|it| (it.at.millis(), it.text.clone()));
                let to = LogStream {
                    region: &route.scope.region,
                    group,
                    stream: route.kind.stream,
                    makes_group: false,
                };
                put_log_events(&**operations, &actor, to, events.collect()).await
            }
            Place::Bucket { bucket, layout } => {
                let of = (&route.scope, route.id.as_str());
                let kind = (route.kind, route.name.as_str());
                let key = layout.key(kind, of, now, &ids::hex16());
                put_file(&**operations, &actor, (route, bucket, &key), lines).await
            }
        }
    }
}

fn has_panicked(ended: &Result<(), JoinError>) -> bool {
    if let Err(error) = ended {
        tracing::error!(%error, "a delivery of logs failed with a panic, the service ends");
    }
    ended.is_err()
}

async fn put_file(
    operations: &dyn Operations,
    actor: &Actor,
    (route, bucket, key): (&Route, &str, &str),
    lines: &[Line],
) -> Result<(), Failure> {
    let body = packed(route, lines);
    let body = body.map_err(|it| Failure::passing("InternalError", it.to_string()))?;
    let input = json!({
        "Bucket": bucket,
        "Key": key,
        // AWS's policies for buckets make it a condition.
        "ACL": "bucket-owner-full-control",
        "ContentType": "application/x-gzip",
    });
    let request = Request::new("s3", "PutObject", &route.scope.region, input);
    let put = operations.call_with_body(actor, &request, ByteStream::from(body));
    put.await?;
    Ok(())
}

fn packed(route: &Route, lines: &[Line]) -> std::io::Result<Vec<u8>> {
    let mut to = GzEncoder::new(Vec::new(), Compression::default());
    if let Some(header) = route.written.header() {
        to.write_all(header.as_bytes())?;
    }
    for line in lines {
        writeln!(to, "{}", line.text)?;
    }
    to.finish()
}
