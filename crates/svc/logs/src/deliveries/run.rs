//! Brings records to log groups and buckets, in the name of the service that delivers logs and for the source: policies of
//! the log groups of an account, and of the bucket, let it in.
//!
//! Input: the queue, and what waits on disk. Output: events, or an object of packed lines; then what was brought waits no more.
//! Into a log group both are one write, so nothing is there twice whatever ends in between; an object that is put again
//! has the name and the records that it had, or more of them. What fails is tried again, with growing waits, for ten minutes.

use std::{
    io::Write as _,
    sync::Arc,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;
use tokio::{
    task::{JoinError, JoinSet},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use wharf_base::{Arn, Clock, Timestamp};
use wharf_delivery::{Actor, Failure, Operations, Request};
use wharf_journal::{JournalError, Moved};
use wharf_wire::{ByteStream, Context};

use super::{
    layout::Layout,
    queue::{self, Due},
    routes::{Place, Route},
    waiting::{self, Batch, Line},
};
use crate::{
    LogsService,
    event::OVERHEAD,
    fault,
    ops::put_log_events,
    records::{Group, Stream},
};

/// As the service names itself in policies.
pub const WRITER: &str = "delivery.logs.amazonaws.com";
/// Between two looks at what waits.
const LOOK: Duration = Duration::from_millis(250);
/// Between two tries to learn what a process before this one left.
const LEARN: Duration = Duration::from_secs(10);
/// What a destination may take to answer.
const LONGEST: Duration = Duration::from_secs(30);
/// What is under way at the end comes to its own, so long. The rest is there for the next process.
const LONGEST_AT_END: Duration = Duration::from_secs(5);

/// As whom records of a source are written.
pub fn writer(account: &str, source_arn: &str) -> Actor {
    Actor::Service {
        name: WRITER.to_owned(),
        account: account.to_owned(),
        source_arn: source_arn.to_owned(),
    }
}

fn late() -> Failure {
    let text = "the destination did not answer in time";
    Failure::passing("RequestTimeout", text)
}

fn unwritten(error: JournalError) -> Failure {
    fault::journal(error).into()
}

impl LogsService {
    /// Delivers what services log until `stop`, or until a part of it panics.
    pub async fn deliver_records(self, clock: Arc<dyn Clock>, stop: CancellationToken) {
        let mut sending: JoinSet<()> = JoinSet::new();
        let mut unknown = Some(Instant::now());
        while !stop.is_cancelled() {
            if unknown.is_some_and(|at| at <= Instant::now()) {
                let is_known = self.know_waiting().await;
                unknown = (!is_known).then(|| Instant::now() + LEARN);
            }
            for due in self.due(&*clock) {
                let (service, clock) = (self.clone(), clock.clone());
                sending.spawn(async move { service.send_due(due, &*clock).await });
            }
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
        let rest = async { while sending.join_next().await.is_some() {} };
        if timeout(LONGEST_AT_END, rest).await.is_err() {
            tracing::warn!(
                "delivering logs of resources was cut off at the end, the next start delivers them"
            );
        }
    }

    /// Delivers what is due at a time, until nothing is.
    pub async fn deliver_records_once(&self, clock: &dyn Clock) {
        self.know_waiting().await;
        loop {
            let due = self.due(clock);
            if due.is_empty() {
                return;
            }
            for due in due {
                self.send_due(due, clock).await;
            }
        }
    }

    /// Whether all that waits is known.
    async fn know_waiting(&self) -> bool {
        let known = self.take_up_waiting().await;
        if let Err(fault) = &known {
            tracing::warn!(%fault, "reading which logs of resources wait to be delivered failed, will retry");
        }
        known.is_ok()
    }

    fn due(&self, clock: &dyn Clock) -> Vec<Due> {
        self.deliveries.queue.lock().due(clock.now())
    }

    async fn send_due(&self, due: Due, clock: &dyn Clock) {
        let Due { key, until } = due;
        let queue = &self.deliveries.queue;
        let Some(route) = self.deliveries.route(&key) else {
            // It is gone, and what was just written down for it goes too.
            if let Err(fault) = self.set_route(&key).await {
                tracing::warn!(key, %fault, "removing logs of a resource whose delivery is gone failed, will retry");
            }
            queue.lock().failed(&key, None, clock.now());
            return;
        };
        let of = (matches!(route.to, Place::Bucket { .. }), until);
        let journal = self.events.journal();
        let batch = waiting::next(journal, &self.keyring, &route.stream, of).await;
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                let failure = unwritten(error);
                let failed = self.not_sent(&route, &key, (None, &failure), clock.now());
                return failed.await;
            }
        };
        if batch.bytes.is_empty() {
            queue.lock().nothing(&key, clock.now());
            return;
        }
        match self.send(&route, &batch, clock.now()).await {
            Ok(()) => {
                let unreadable = batch.bytes.len() - batch.lines.len();
                self.lose(&route, unreadable, "they cannot be read");
                queue.lock().done(&key, batch.bytes);
            }
            Err(failure) => {
                let until = Some(batch.next);
                let failed = self.not_sent(&route, &key, (until, &failure), clock.now());
                failed.await;
            }
        }
    }

    /// Puts off what could not be sent. Where its delivery has failed for long, what has waited as long is dropped.
    async fn not_sent(
        &self,
        route: &Route,
        key: &str,
        (until, failure): (Option<u64>, &Failure),
        now: Timestamp,
    ) {
        let queue = &self.deliveries.queue;
        let (delivery, source) = (&route.id, &route.source_arn);
        tracing::warn!(delivery, source, error = %failure, "delivering logs of a resource failed, will retry");
        let is_over = queue.lock().fails(key, now);
        if !is_over {
            queue.lock().failed(key, until, now);
            return;
        }
        match self.drop_old(route, now).await {
            Ok(dropped) => {
                self.lose(route, dropped.len(), "their destination fails for too long");
                queue.lock().let_go(key, dropped);
            }
            Err(error) => {
                tracing::warn!(delivery, source, %error, "dropping logs of a resource that cannot be delivered failed, will retry");
            }
        }
        queue.lock().failed(key, None, now);
    }

    /// Lets go of what was tried for long enough; the bytes of each record.
    async fn drop_old(&self, route: &Route, now: Timestamp) -> Result<Vec<usize>, JournalError> {
        let (journal, stream) = (self.events.journal(), &route.stream);
        let is_old = |taken| now.since(taken) >= queue::TRIED_FOR;
        let (before, dropped) = waiting::old(journal, &self.keyring, stream, is_old).await?;
        if !dropped.is_empty() {
            journal.trim(stream, before).await?;
        }
        Ok(dropped)
    }

    fn lose(&self, route: &Route, records: usize, why: &str) {
        if records > 0 {
            self.deliveries.drop_records(records as u64);
            let (delivery, source) = (&route.id, &route.source_arn);
            tracing::warn!(delivery, source, records, why, "dropped logs of a resource");
        }
    }

    /// Sends a batch, which then waits no more.
    async fn send(&self, route: &Route, batch: &Batch, now: Timestamp) -> Result<(), Failure> {
        let actor = writer(&route.scope.account, &route.source_arn);
        match &route.to {
            Place::Group { arn, name } => {
                let to = self.open_group(&actor, (arn, name), route.kind.stream, now);
                let (cx, group, stream) = timeout(LONGEST, to).await.map_err(|_| late())??;
                self.put_events((&cx, &group, &stream), route, batch).await
            }
            Place::Bucket { bucket, layout } => {
                let put = self.put_file(&actor, (bucket, layout), route, batch);
                timeout(LONGEST, put).await.map_err(|_| late())??;
                self.let_go(route, batch).await
            }
        }
    }

    async fn let_go(&self, route: &Route, batch: &Batch) -> Result<(), Failure> {
        let trimmed = self.events.journal().trim(&route.stream, batch.next).await;
        trimmed.map(|_| ()).map_err(unwritten)
    }

    /// A stream of a log group, made if it is not there, once the policies of the group's account let its writer in.
    async fn open_group(
        &self,
        actor: &Actor,
        target: (&Arn, &str),
        stream: &str,
        now: Timestamp,
    ) -> Result<(Context, Group, Stream), Failure> {
        let (cx, group) = self.may_forward(actor, target, stream, now).await?;
        let stream = match self.stream(&cx, &group, stream).await {
            Err(fault) if fault.code == fault::no_stream().code => {
                let make = "logs:CreateLogStream";
                self.may_write(actor, make, target, stream, now).await?;
                self.stream_for(&cx, &group, stream.to_owned(), false)
                    .await?
            }
            found => found?,
        };
        Ok((cx, group, stream))
    }

    /// Moves records into a log group. This is not cut off: who does not wait does not know where they are.
    async fn put_events(
        &self,
        (cx, group, stream): (&Context, &Group, &Stream),
        route: &Route,
        batch: &Batch,
    ) -> Result<(), Failure> {
        let kept_from = self.keeps_from(&Self::scope(cx), group, cx.now).await?;
        let lines = batch.lines.iter();
        let events = lines.map(|it| (it.at.millis(), it.text.as_str()));
        let mut events: Vec<_> = events.filter(|it| it.0 >= kept_from).collect();
        if events.is_empty() {
            return self.let_go(route, batch).await;
        }
        events.sort_by_key(|(time, _)| *time);
        let bytes = events.iter().map(|(_, text)| text.len() + OVERHEAD).sum();
        put_log_events::throttle(self, cx, &stream.id, bytes)?;
        let moved = Moved {
            from: route.stream.clone(),
            before: batch.next,
        };
        self.take_in(cx, (group, stream), &events, Some(moved))
            .await?;
        Ok(())
    }

    async fn put_file(
        &self,
        actor: &Actor,
        (bucket, layout): (&str, &Layout),
        route: &Route,
        batch: &Batch,
    ) -> Result<(), Failure> {
        let Some(first) = batch.lines.first() else {
            return Ok(());
        };
        let operations = self.operations.get().ok_or_else(|| {
            Failure::passing(
                "ServiceUnavailableException",
                "the operations are not ready",
            )
        })?;
        let of = (&route.scope, route.id.as_str());
        let kind = (route.kind, route.name.as_str());
        let key = layout.key(kind, of, first.taken, &batch.name());
        put_object(&**operations, actor, (route, bucket, &key), &batch.lines).await
    }
}

fn has_panicked(ended: &Result<(), JoinError>) -> bool {
    if let Err(error) = ended {
        tracing::error!(%error, "a delivery of logs failed with a panic, the service ends");
    }
    ended.is_err()
}

async fn put_object(
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
