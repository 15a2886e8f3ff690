//! Metrics of log events as they come in: by the filters of their group, and by the embedded metric format.
//!
//! A filter's default goes out for each minute in which its group got events and none matched; which minutes these
//! are is in memory, so a restart forgets the one that is under way.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use wharf_base::{Clock, Timestamp};
use wharf_delivery::Actor;
use wharf_wire::{Context, Fault};

use crate::{
    LogsService, embedded, metered,
    metric_filter::{self, Compiled},
    metrics::{self, Gathered},
    pattern::Message,
    records::{Group, MetricFilter, Stream},
    rules::{Rules, Seen, Unseen},
    selection,
};

const MINUTE_MS: i64 = 60_000;
/// Bytes of events that a put's own thread looks at: below that another one would take longer to ask.
const AT_ONCE_BYTES: usize = 16 << 10;
/// Minutes that are remembered, of filters of all accounts. One that has no place has no default.
const MOST_MINUTES: usize = 20_000;
/// Compiled filters that are remembered, each of which may take half a megabyte; beyond it all are forgotten, and made
/// again.
const MOST_COMPILED: usize = 500;

#[derive(Default)]
pub struct Counting {
    /// By what they are made of.
    compiled: Mutex<HashMap<String, Arc<Compiled>>>,
    minutes: Mutex<Minutes>,
}

/// The minutes of filters, and how many of them are each account's.
#[derive(Default)]
struct Minutes {
    of: HashMap<Watched, Minute>,
    counts: HashMap<String, usize>,
}

/// What becomes of events in the embedded metric format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Embedded {
    /// There are none among them.
    Absent,
    Extracted,
    /// A policy of the account wants no metrics of the group.
    Disabled,
}

/// What is to be known of events before they are counted.
pub struct Looked {
    /// Of each that rules are for, the text, and what a transformer made of it, if it made anything.
    seen: Vec<Seen>,
    embedded: Embedded,
}

/// A filter with a default, of one group.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Watched {
    account: String,
    region: String,
    group_id: String,
    filter: String,
}

/// The last minute in which events came in.
struct Minute {
    start: i64,
    matched: bool,
    filter: MetricFilter,
}

impl Counting {
    fn compiled(&self, filter: &MetricFilter) -> Option<Arc<Compiled>> {
        let key = format!("{:?}", (&filter.pattern, &filter.transformations));
        if let Some(found) = self.compiled.lock().get(&key) {
            return Some(found.clone());
        }
        // Others need not wait for it.
        let compiled = Arc::new(Compiled::new(filter).ok()?);
        let mut known = self.compiled.lock();
        if known.len() >= MOST_COMPILED {
            known.clear();
        }
        known.insert(key, compiled.clone());
        Some(compiled)
    }

    /// What events say that came in now.
    fn count(
        &self,
        cx: &Context,
        group: &Group,
        events: &[(i64, &str)],
        Looked { seen, embedded }: &Looked,
    ) -> (Gathered, embedded::Errors) {
        let (now, mut gathered) = (cx.now.millis(), Gathered::default());
        let mut errors = embedded::Errors::default();
        let shown = events.iter().enumerate().map(|(number, (time, text))| {
            let shown = seen.get(number).map(|it| it.message.as_str());
            (*time, shown.unwrap_or(text))
        });
        let events: Vec<(i64, &str)> = shown.collect();
        match embedded {
            Embedded::Absent => {}
            Embedded::Extracted => {
                for (_, message) in &events {
                    embedded::add(message, now, &mut gathered, &mut errors);
                }
            }
            Embedded::Disabled => {
                let marked = events.iter().filter(|it| embedded::is_marked(it.1));
                errors.disabled = marked.count() as u64;
            }
        }
        let made = events.iter().enumerate().map(|(number, (time, text))| {
            let made = seen.get(number).and_then(|it| it.fields.as_deref());
            (*time, Message::new(made.unwrap_or(text)))
        });
        let transformed: Vec<(i64, Message<'_>)> = made.collect();
        let events = events
            .iter()
            .map(|(time, text)| (*time, Message::new(text)));
        let events: Vec<(i64, Message<'_>)> = events.collect();
        let from = (cx.account.as_str(), cx.region.as_str());
        let all = group.metric_filters.iter();
        for filter in all.filter(|it| selection::is_for(it.selection.as_deref(), from)) {
            let Some(compiled) = self.compiled(filter) else {
                continue;
            };
            let mut matched = false;
            let of = match filter.on_transformed {
                true => &transformed,
                false => &events,
            };
            let beside = metric_filter::beside(filter, from);
            for (time, message) in of {
                matched |= compiled.add(*time, message, &beside, &mut gathered);
            }
            if filter
                .transformations
                .iter()
                .any(|it| it.default_value.is_some())
            {
                let watched = Watched {
                    account: cx.account.clone(),
                    region: cx.region.clone(),
                    group_id: group.id.clone(),
                    filter: filter.name.clone(),
                };
                self.watch(watched, filter, now, matched);
            }
        }
        (gathered, errors)
    }

    fn watch(&self, watched: Watched, filter: &MetricFilter, now: i64, matched: bool) {
        let start = now.div_euclid(MINUTE_MS) * MINUTE_MS;
        let mut minutes = self.minutes.lock();
        if let Some(minute) = minutes.of.get_mut(&watched)
            && minute.start == start
        {
            minute.matched |= matched;
            return;
        }
        let minute = Minute {
            start,
            matched,
            filter: filter.clone(),
        };
        // One that has not been told of yet is of the same filter: its end comes within the second.
        minutes.put(watched, minute);
    }

    /// The defaults of minutes that are over, by account and region.
    fn defaults(&self, now: Timestamp) -> HashMap<(String, String), Gathered> {
        let mut found: HashMap<(String, String), Gathered> = HashMap::new();
        self.minutes.lock().retain(|watched, minute| {
            let is_over = now.millis() >= minute.start + MINUTE_MS;
            if is_over && !minute.matched {
                let of = (watched.account.clone(), watched.region.clone());
                let beside = metric_filter::beside(&minute.filter, (&of.0, &of.1));
                let gathered = found.entry(of).or_default();
                metric_filter::defaults(&minute.filter, beside, minute.start, gathered);
            }
            !is_over
        });
        found
    }
}

impl Minutes {
    fn put(&mut self, watched: Watched, minute: Minute) {
        if !self.of.contains_key(&watched) {
            let free = MOST_MINUTES.saturating_sub(self.of.len());
            let own = self.counts.get(&watched.account).copied().unwrap_or(0);
            // An account leaves as much free as it has itself: others have a place, however many filters it has.
            if own >= free {
                return;
            }
            self.counts.insert(watched.account.clone(), own + 1);
        }
        self.of.insert(watched, minute);
    }

    fn retain(&mut self, mut stays: impl FnMut(&Watched, &Minute) -> bool) {
        let counts = &mut self.counts;
        self.of.retain(|watched, minute| {
            let stays = stays(watched, minute);
            if !stays && let Some(count) = counts.get_mut(&watched.account) {
                *count -= 1;
            }
            stays
        });
        counts.retain(|_, count| *count > 0);
    }
}

impl LogsService {
    /// Counts events of a put before it is answered. That nobody takes metrics is no reason to refuse them.
    pub(crate) async fn count(
        &self,
        cx: &Context,
        group: &Group,
        events: &[(i64, &str)],
        looked: Looked,
    ) {
        let (gathered, errors) = self.gather(cx, group, events, looked).await;
        metered::embedded(&self.counters, cx, &group.name, errors);
        self.send_metrics(&cx.account, &cx.region, gathered).await;
    }

    /// What is to be known of events before they are counted, of which the first lies at an offset of its stream; `None` if
    /// nobody can say now.
    pub(crate) async fn look(
        &self,
        cx: &Context,
        (group, stream): (&Group, &Stream),
        (first, events): (u64, &[(i64, &str)]),
        rules: Result<&Arc<Rules>, &Fault>,
    ) -> Option<Looked> {
        let looked = match rules {
            Ok(rules) => {
                let looked = self.look_by(cx, (group, stream), (first, events), rules);
                looked.await.map_err(Cow::Owned)
            }
            Err(error) => Err(Cow::Borrowed(error)),
        };
        let looked = looked.inspect_err(|error| {
            tracing::warn!(group = group.name, %error, "counting log events failed: their rules cannot be read; the events are kept");
        });
        looked.ok()
    }

    async fn look_by(
        &self,
        cx: &Context,
        (group, stream): (&Group, &Stream),
        (first, events): (u64, &[(i64, &str)]),
        rules: &Arc<Rules>,
    ) -> Result<Looked, Fault> {
        let seen = self.for_filters(cx, (group, stream), (first, events), rules);
        let seen = seen.await?;
        // Masks take texts away and add none: what may be in the format as it came is enough.
        let embedded = match events.iter().any(|(_, text)| embedded::may_be_in(text)) {
            false => Embedded::Absent,
            true if self.extracts(&Self::scope(cx), &group.name).await? => Embedded::Extracted,
            true => Embedded::Disabled,
        };
        Ok(Looked { seen, embedded })
    }

    /// What events say: where that may take long, away from the threads that serve others.
    async fn gather(
        &self,
        cx: &Context,
        group: &Group,
        events: &[(i64, &str)],
        looked: Looked,
    ) -> (Gathered, embedded::Errors) {
        // Most groups have no filters, and most events no metrics.
        if group.metric_filters.is_empty() && looked.embedded == Embedded::Absent {
            return Default::default();
        }
        let bytes: usize = events.iter().map(|(_, text)| text.len()).sum();
        if bytes <= AT_ONCE_BYTES {
            return self.counting.count(cx, group, events, &looked);
        }
        let (counting, cx, group) = (self.counting.clone(), cx.clone(), group.clone());
        let owned = events
            .iter()
            .map(|(time, text)| (*time, (*text).to_owned()));
        let owned: Vec<(i64, String)> = owned.collect();
        let account = cx.account.clone();
        let counted = self.desk.work(&account, move || {
            let events = owned.iter().map(|(time, text)| (*time, text.as_str()));
            let events: Vec<(i64, &str)> = events.collect();
            counting.count(&cx, &group, &events, &looked)
        });
        counted.await.unwrap_or_else(|error| {
            tracing::warn!(%error, "counting log events failed; the events are kept");
            Default::default()
        })
    }

    /// What filters may see of events, if rules make a difference to them.
    async fn for_filters(
        &self,
        cx: &Context,
        (group, stream): (&Group, &Stream),
        (first, events): (u64, &[(i64, &str)]),
        rules: &Arc<Rules>,
    ) -> Result<Vec<Seen>, Fault> {
        let (scope, on_transformed) = (Self::scope(cx), group.measures_transformed());
        if rules.is_empty() || !(on_transformed || rules.masks()) {
            return Ok(Vec::new());
        }
        let now = cx.now.millis();
        let owned = (first..).zip(events).map(|(offset, (_, text))| Unseen {
            offset,
            ingestion: now,
            text: (*text).to_owned(),
        });
        let seen = rules.see((&scope, group, stream), owned.collect(), on_transformed);
        seen.await
    }

    async fn send_metrics(&self, account: &str, region: &str, gathered: Gathered) {
        let Some(operations) = self.operations.get() else {
            return;
        };
        let actor = Actor::Account {
            account: account.to_owned(),
            source_arn: format!("arn:aws:logs:{region}:{account}:log-group:*"),
        };
        if gathered.left_out() > 0 {
            let left_out = gathered.left_out();
            tracing::debug!(
                account,
                region,
                left_out,
                "metrics of log events that are none, or too many"
            );
        }
        for data in gathered.calls() {
            let Some(request) = metrics::put(region, &data) else {
                continue;
            };
            if let Err(error) = operations.call(&actor, &request).await {
                tracing::warn!(account, %error, "metrics of log events were refused; the events are kept");
            }
        }
    }

    /// Sends the defaults of minutes that are over.
    pub async fn send_defaults(&self, now: Timestamp) {
        for ((account, region), gathered) in self.counting.defaults(now) {
            self.send_metrics(&account, &region, gathered).await;
        }
    }

    /// Sends defaults until dropped.
    pub async fn keep_sending_defaults(self, clock: Arc<dyn Clock>) {
        let mut tick = tokio::time::interval(std::time::Duration::from_secs(1));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.send_defaults(clock.now()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_with_many_filters_leaves_places_for_others() {
        let counting = Counting::default();
        let filter = MetricFilter {
            name: "f".to_owned(),
            pattern: String::new(),
            transformations: Vec::new(),
            on_transformed: false,
            system_dimensions: Vec::new(),
            selection: None,
            created_at: Timestamp(0),
        };
        let watch = |account: &str, number: usize, now: i64| {
            let watched = Watched {
                account: account.to_owned(),
                region: "r".to_owned(),
                group_id: "g".to_owned(),
                filter: number.to_string(),
            };
            counting.watch(watched, &filter, now, true);
        };
        let count = |account: &str| {
            let minutes = counting.minutes.lock();
            let of = minutes.of.keys().filter(|it| it.account == account);
            let of = of.count();
            assert_eq!(minutes.counts.get(account).copied().unwrap_or(0), of);
            of
        };
        for number in 0..2 * MOST_MINUTES {
            watch("greedy", number, 0);
        }
        assert_eq!(count("greedy"), MOST_MINUTES / 2);
        for number in 0..100 {
            watch("calm", number, 0);
            // The next minute has the place of the one before.
            watch("calm", number, MINUTE_MS);
        }
        assert_eq!(count("calm"), 100);
        counting.defaults(Timestamp(MINUTE_MS));
        assert_eq!((count("greedy"), count("calm")), (0, 100));
        counting.defaults(Timestamp(2 * MINUTE_MS));
        assert!(counting.minutes.lock().counts.is_empty());
    }
}
