//! Tells the audit log that container output is dropped for want of room (`--log-storage`): whoever misses
//! lines finds when it began, and how many went.

use std::{sync::Arc, time::Duration};

use serde_json::Map;
use tokio::time::{Instant, MissedTickBehavior, interval};
use wharf_base::Clock;
use wharf_svc_logs::{Dropped, LogsService};
use wharf_wire::{Context, Dispatcher, audit::Event};

const SERVICE: &str = "logs.amazonaws.com";
const NAME: &str = "DropOldestLogEvents";
const LOOK: Duration = Duration::from_secs(5);
/// While it goes on.
const AGAIN: Duration = Duration::from_secs(300);

pub struct DroppedLogs {
    pub logs: LogsService,
    pub dispatcher: Dispatcher,
    pub clock: Arc<dyn Clock>,
    pub account: String,
    pub region: String,
}

impl DroppedLogs {
    /// Looks for ever.
    pub async fn tell(self) {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut told, mut told_at) = (Dropped::default(), None::<Instant>);
        loop {
            look.tick().await;
            let dropped = self.logs.dropped();
            let is_due = told_at.is_none_or(|at| at.elapsed() >= AGAIN);
            if is_due && dropped.events != told.events {
                self.dispatcher.tell(self.event(&told, &dropped)).await;
                (told, told_at) = (dropped, Some(Instant::now()));
            }
        }
    }

    fn event(&self, before: &Dropped, now: &Dropped) -> Event {
        let at = self.clock.now();
        let cx = Context::internal(&self.account, &self.region, SERVICE, at);
        let mut gone = Map::new();
        gone.insert("events".to_owned(), (now.events - before.events).into());
        gone.insert("bytes".to_owned(), (now.bytes - before.bytes).into());
        Event::of_service(cx, "logs", NAME).with_parameters(&gone)
    }
}
