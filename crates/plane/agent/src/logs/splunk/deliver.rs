//! One container's log on its way to a collector.
//!
//! Input: the spool from its last commit on. Output: requests in order, and commits behind them. A record is
//! committed when every event made of it was taken, or will never be: the collector says that they are none, or it
//! has not taken them for [`GIVE_UP_AFTER`] when the container is over.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use wharf_base::Backoff;

use super::{
    collector::Collector,
    event::{Frame, MOST_EVENTS},
};
use crate::logs::{
    deliver::GIVE_UP_AFTER,
    gather::{Gather, LogSource},
};

pub struct Delivery<'a, S> {
    pub source: S,
    pub frame: &'a Frame,
    /// Which container's, for the agent's log.
    pub log: &'a str,
}

impl<S: LogSource> Delivery<'_, S> {
    /// Delivers until the log has ended; whether it came that far.
    pub async fn run(mut self, to: &dyn Collector) -> bool {
        let gather = Gather {
            starts_event: None,
            log: self.log,
            most_records: MOST_EVENTS,
        };
        // After events that were given up the next ones need not wait as long.
        let mut patience = GIVE_UP_AFTER;
        loop {
            let batch = match gather.next(&mut self.source, None).await {
                Ok(batch) => batch,
                Err(error) => {
                    tracing::error!(log = self.log, %error, "failed to read a container's log");
                    return false;
                }
            };
            for (events, body) in self.frame.bodies(&batch.events) {
                patience = match self.send((&body, events), batch.ended, patience, to).await {
                    true => GIVE_UP_AFTER,
                    false => Duration::ZERO,
                };
            }
            if !batch.is_only_the_end()
                && let Err(error) = self.source.commit(batch.next).await
            {
                // The next agent sends this batch again.
                tracing::error!(log = self.log, %error, "failed to commit the position in a container's log");
                return false;
            }
            if batch.ended {
                return true;
            }
        }
    }

    /// Sends until it is taken, or `patience` is over when the container is; false then.
    async fn send(
        &self,
        (body, events): (&[u8], usize),
        ended: bool,
        patience: Duration,
        to: &dyn Collector,
    ) -> bool {
        let began = Instant::now();
        let mut backoff = Backoff::new(Duration::from_millis(200), Duration::from_secs(30), 2.0);
        loop {
            let Err(error) = to.take(body).await else {
                return true;
            };
            let over = ended || self.source.is_over();
            let late = over && began.elapsed() >= patience;
            if late || !error.passes() {
                tracing::error!(log = self.log, events, %error, "delivering log events failed, no further retry; they are dropped");
                return !late;
            }
            tracing::debug!(log = self.log, %error, "failed to deliver log events; will retry");
            sleep(backoff.wait()).await;
        }
    }
}

#[cfg(test)]
mod tests;
