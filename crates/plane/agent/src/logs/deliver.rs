//! One container's log on its way to CloudWatch Logs.
//!
//! Input: the spool from its last commit on. Output: puts in order, and commits behind them.
//! Invariant: a record is committed only after every event made of it was acknowledged, so an
//! outage or a kill loses nothing; in blocking mode nothing else can lose a line either.
//!
//! A kill between acknowledgement and commit would send a batch twice. So before each batch its
//! range is noted; who finds such a note after a restart asks the stream for its newest events and
//! does not send again what is there.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

use super::{
    assemble::{LogEvent, MAX_EVENTS, batches},
    gather::{Batch, Gather, LogSource},
    options::Awslogs,
    sink::LogSink,
};
use wharf_base::Backoff;

/// A control plane that answers, and says no, is asked again for this long after the container's
/// end; without an answer it is asked for as long as the node lives.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(10 * 60);

/// The note about a batch under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Intent {
    /// The batch ends here in the spool.
    next: u64,
    /// The put under way ends with this event of the batch.
    events: usize,
}

pub struct Delivery<S> {
    pub source: S,
    pub to: Awslogs,
    /// Where the note lies.
    pub intent: PathBuf,
}

impl<S: LogSource> Delivery<S> {
    /// Delivers until the log has ended; whether it came that far.
    pub async fn run(mut self, sink: &dyn LogSink) -> bool {
        let mut left = self.read_intent();
        loop {
            let gather = Gather {
                starts_event: self.to.starts_event.as_ref(),
                log: &self.to.stream,
                most_records: MAX_EVENTS,
            };
            // With more in it the batch would be another, and whether it arrived could not be told.
            let through = left.as_ref().map(|intent| intent.next);
            let batch = match gather.next(&mut self.source, through).await {
                Ok(batch) => batch,
                Err(error) => {
                    tracing::error!(stream = self.to.stream, %error, "failed to read a container's log");
                    return false;
                }
            };
            self.deliver(&batch, left.take(), sink).await;
            if !batch.is_only_the_end()
                && let Err(error) = self.source.commit(batch.next).await
            {
                // The next agent sends this batch again unless it finds the note.
                tracing::error!(stream = self.to.stream, %error, "failed to commit the position in a container's log");
                return false;
            }
            // A note that outlives its commit is harmless: what it asks about has been passed.
            let _ = std::fs::remove_file(&self.intent);
            if batch.ended {
                return true;
            }
        }
    }

    async fn deliver(&mut self, batch: &Batch, left: Option<Intent>, sink: &dyn LogSink) {
        let puts = batches(batch.events.clone());
        let mut sent: usize = 0;
        if let Some(intent) = left {
            sent = self.already_there(&puts, &intent, sink).await;
        }
        let mut passed = 0;
        for put in &puts {
            passed += put.len();
            if passed <= sent {
                continue;
            }
            self.write_intent(&Intent {
                next: batch.next,
                events: passed,
            });
            self.put(put, batch.ended, sink).await;
        }
    }

    /// How many of the events the stream has already. The note tells up to which the interrupted
    /// agent may have come; whether that last put arrived, the stream tells.
    async fn already_there(
        &self,
        puts: &[Vec<LogEvent>],
        intent: &Intent,
        sink: &dyn LogSink,
    ) -> usize {
        let mut before = 0;
        for put in puts {
            let after = before + put.len();
            if after == intent.events {
                return if self.arrived(put, sink).await {
                    after
                } else {
                    before
                };
            }
            before = after;
        }
        0
    }

    /// Whether the stream ends with these events: asked when it is not known if a put was taken,
    /// until there is an answer.
    async fn arrived(&self, events: &[LogEvent], sink: &dyn LogSink) -> bool {
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30), 2.0);
        loop {
            match sink.tail(&self.to, events.len()).await {
                Ok(tail) => return same(&tail, events),
                Err(error) if error.is_transient() => sleep(backoff.wait()).await,
                // The identity may not read, or there is no stream yet: rather twice than never.
                Err(_) => return false,
            }
        }
    }

    /// Puts until it is taken.
    async fn put(&self, events: &[LogEvent], ended: bool, sink: &dyn LogSink) {
        let began = Instant::now();
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30), 2.0);
        loop {
            let mut outcome = sink.put(&self.to, events).await;
            if outcome
                .as_ref()
                .is_err_and(|e| e.code() == "ResourceNotFoundException")
            {
                outcome = match sink.create(&self.to).await {
                    Ok(()) => sink.put(&self.to, events).await,
                    refused => refused,
                };
            }
            let error = match outcome {
                Ok(()) => return,
                Err(error) => error,
            };
            let over = ended || self.source.is_over();
            let hopeless = error.code() == "InvalidParameterException"
                || !error.is_transient() && over && began.elapsed() > GIVE_UP_AFTER;
            if hopeless {
                tracing::error!(stream = self.to.stream, events = events.len(), %error, "delivering log events failed, no further retry; they are dropped");
                return;
            }
            tracing::debug!(
                stream = self.to.stream,
                error = &error as &dyn std::error::Error,
                "failed to deliver log events; will retry"
            );
            sleep(backoff.wait()).await;
            // A lost answer is no refusal; being told to slow down is one.
            let refused = error.code() == "ThrottlingException";
            if error.is_transient() && !refused && self.arrived(events, sink).await {
                return;
            }
        }
    }

    fn read_intent(&self) -> Option<Intent> {
        serde_json::from_slice(&std::fs::read(&self.intent).ok()?).ok()
    }

    /// Not synced: it guards against the death of the agent, not of the machine.
    fn write_intent(&self, intent: &Intent) {
        let written = serde_json::to_vec(intent)
            .map_err(std::io::Error::other)
            .and_then(|bytes| std::fs::write(&self.intent, bytes));
        if let Err(error) = written {
            tracing::warn!(%error, path = %self.intent.display(), "failed to save a position in a log");
        }
    }
}

/// CloudWatch Logs does not know of which stream a line was.
fn same(there: &[LogEvent], ours: &[LogEvent]) -> bool {
    let pairs = there.iter().zip(ours);
    there.len() == ours.len()
        && pairs
            .into_iter()
            .all(|(a, b)| (a.at, &a.text) == (b.at, &b.text))
}

#[cfg(test)]
mod tests;
