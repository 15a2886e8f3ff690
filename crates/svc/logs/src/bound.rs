//! What all logs together may take: beyond it the oldest events go, and of too many streams those
//! that were silent for the longest. An account that holds no more than its share, which is the same
//! for all, keeps it as long as others hold more, and so does a stream of an account: who prints without
//! end displaces himself.
//!
//! Inputs: the journal's size, the indexes. Output: trims and deletions. Idempotent; looks every
//! second, which costs a sum over the journal's files while there is room.

use std::{
    cmp::Reverse,
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use wharf_base::Permit;
use wharf_records::{Record, Scope, decode};
use wharf_store::{Compare, Range, Txn};
use wharf_wire::Fault;

use crate::{
    LogsService,
    event_store::Part,
    fault, field_index,
    records::{Group, Stream},
};

const EVERY: Duration = Duration::from_secs(1);
/// A warning a minute is enough of the same.
const TELL_EVERY: Duration = Duration::from_secs(60);
/// Where the journal holds much that is not ours, all streams are looked at so often.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Of what is kept, one part in so many more than needed goes at once, so that the next time is not
/// a second later.
const SLACK: u64 = 20;
const PERMIT: Permit = Permit::for_controller("logs-bound");

/// What was dropped since the start, but for `undelivered` for want of room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Dropped {
    pub events: u64,
    pub bytes: u64,
    pub streams: u64,
    /// Events that a subscription, and reports that data protection, went on without: too large for their destination,
    /// or a day old.
    pub undelivered: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) undelivered: AtomicU64,
    events: AtomicU64,
    bytes: AtomicU64,
    streams: AtomicU64,
    told: Mutex<Option<Instant>>,
    looked: Mutex<Option<Looked>>,
}

/// All streams were looked at, and logs had room.
#[derive(Debug, Clone, Copy)]
struct Looked {
    at: Instant,
    /// Up to this size of the journal they still do, unless others take less of it meanwhile.
    up_to: u64,
}

impl Looked {
    fn holds(self, live_bytes: u64, now: Instant) -> bool {
        live_bytes <= self.up_to && now.saturating_duration_since(self.at) < LOOK_EVERY
    }
}

/// What to drop: of each stream the events before an offset.
#[derive(Debug, Default, PartialEq, Eq)]
struct Cuts {
    bytes: u64,
    events: u64,
    cuts: HashMap<Arc<str>, u64>,
}

/// A part of a stream's events, the stream's name and whose it is.
type Of = (Part, Arc<str>, Arc<str>);

/// The oldest of `parts` (which are in that order) until `excess` bytes are found; first of accounts that
/// hold more than their share of `limit` and there of streams that do, then of all.
fn choose(parts: Vec<Of>, limit: u64, excess: u64) -> Cuts {
    let mut held: HashMap<Arc<str>, u64> = HashMap::new();
    let mut by_account: HashMap<Arc<str>, u64> = HashMap::new();
    for (part, name, account) in &parts {
        *held.entry(Arc::clone(name)).or_default() += part.bytes;
        *by_account.entry(Arc::clone(account)).or_default() += part.bytes;
    }
    let share = limit / held.len().max(1) as u64;
    let of_account = limit / by_account.len().max(1) as u64;
    let mut chosen = Cuts::default();
    for (least_of_account, least) in [(of_account, share), (of_account, 0), (0, share), (0, 0)] {
        // A stream loses its beginning, never a part behind one that stays.
        let mut kept: HashSet<&str> = HashSet::new();
        for (part, name, account) in &parts {
            if chosen.bytes >= excess {
                return chosen;
            }
            let cut = chosen.cuts.get(name).copied().unwrap_or(0);
            if part.end <= cut || kept.contains(&**name) {
                continue;
            }
            let left = held.entry(Arc::clone(name)).or_default();
            let of_account = by_account.entry(Arc::clone(account)).or_default();
            if *left <= least || *of_account <= least_of_account {
                kept.insert(&**name);
                continue;
            }
            *left -= part.bytes;
            *of_account -= part.bytes;
            chosen.bytes += part.bytes;
            chosen.events += part.events;
            chosen.cuts.insert(Arc::clone(name), part.end);
        }
    }
    chosen
}

/// How many each may have, so that those who have fewer than others keep all, and all together have no more than
/// `keep`.
fn level(mut counts: Vec<usize>, keep: usize) -> usize {
    counts.sort_unstable();
    let (mut room, mut left) = (keep, counts.len());
    for count in counts {
        if count > room / left {
            return room / left;
        }
        room -= count;
        left -= 1;
    }
    usize::MAX
}

impl Counters {
    /// At most once in a while.
    fn is_time_to_tell(&self) -> bool {
        let mut told = self.told.lock();
        let due = told.is_none_or(|at| at.elapsed() >= TELL_EVERY);
        if due {
            *told = Some(Instant::now());
        }
        due
    }

    pub(crate) fn read(&self) -> Dropped {
        Dropped {
            events: self.events.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            streams: self.streams.load(Ordering::Relaxed),
            undelivered: self.undelivered.load(Ordering::Relaxed),
        }
    }
}

impl LogsService {
    /// Keeps logs within their bounds until dropped.
    pub async fn keep_within_bounds(self) {
        let mut tick = tokio::time::interval(EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.keep_bytes().await {
                tracing::warn!(%error, "old log events could not be dropped; retrying");
            }
            if let Err(error) = self.keep_streams().await {
                tracing::warn!(%error, "silent log streams could not be removed; retrying");
            }
        }
    }

    /// Drops the oldest events if there are too many bytes.
    pub async fn keep_bytes(&self) -> Result<(), Fault> {
        let limit = self.limits.kept_bytes;
        let journal = self.events.journal();
        // The journal is not ours alone, archives of events are in it too; looking at each stream costs more.
        let live = journal.usage().live_bytes;
        let looked = *self.dropped.looked.lock();
        if live <= limit || looked.is_some_and(|it| it.holds(live, Instant::now())) {
            return Ok(());
        }
        let own = journal.streams("logs/", None, usize::MAX);
        let indexes = journal.streams(field_index::PREFIX, None, usize::MAX);
        let both = own.iter().chain(&indexes);
        let kept = both.map(|it| it.bytes).sum::<u64>();
        let indexes = indexes.into_iter();
        let indexes: HashMap<String, u64> = indexes
            .filter_map(|it| Some((field_index::events_name(&it.name)?, it.bytes)))
            .collect();
        if kept <= limit {
            *self.dropped.looked.lock() = Some(Looked {
                at: Instant::now(),
                up_to: live + (limit - kept),
            });
            return Ok(());
        }
        let excess = kept - limit + limit / SLACK;
        let owners = groups(self).await?.into_iter();
        let owners = owners.map(|(scope, group)| {
            (
                Group::journal_prefix(&group.id),
                Arc::<str>::from(scope.account),
            )
        });
        let owners: HashMap<String, Arc<str>> = owners.collect();
        // What is left of a group that is gone is nobody's.
        let nobody: Arc<str> = Arc::default();
        let mut parts = Vec::new();
        for info in own {
            let index = indexes.get(&info.name).copied().unwrap_or(0);
            let name: Arc<str> = info.name.into();
            let of_group = name.rfind('/').map_or("", |at| &name[..=at]);
            let owner = owners.get(of_group).unwrap_or(&nobody);
            let found = self.events.parts(&name).await.map_err(fault::journal)?;
            for mut part in found {
                // What is known of its events goes with them, and counts for who holds them.
                let both = u128::from(info.bytes + index) * u128::from(part.bytes);
                part.bytes = (both / u128::from(info.bytes.max(1))) as u64;
                parts.push((part, Arc::clone(&name), Arc::clone(owner)));
            }
        }
        parts.sort_unstable_by_key(|(part, ..)| part.ingestion);
        let Cuts {
            bytes,
            events,
            cuts,
        } = choose(parts, limit, excess);
        for (name, before) in &cuts {
            let dropped = self.events.drop_before(name, *before).await;
            dropped.map_err(fault::journal)?;
        }
        self.dropped.events.fetch_add(events, Ordering::Relaxed);
        self.dropped.bytes.fetch_add(bytes, Ordering::Relaxed);
        if self.dropped.is_time_to_tell() {
            let Dropped { events, bytes, .. } = self.dropped();
            tracing::warn!(
                events,
                bytes,
                limit,
                "the oldest log events are dropped: logs take more than --log-storage allows; so many since the start"
            );
        }
        Ok(())
    }

    /// Removes the streams that were silent for the longest if there are too many, of those accounts that have most.
    pub async fn keep_streams(&self) -> Result<(), Fault> {
        let limit = self.limits.kept_streams;
        if self.streams.load(Ordering::Relaxed) <= limit as u64 {
            return Ok(());
        }
        let entries = self.table.entries(&Scope::service_prefix("logs")).await?;
        let mut silent = Vec::new();
        for entry in &entries {
            if let Some((scope, Stream::KIND, _)) = Scope::parse(&entry.key) {
                let stream: Stream = decode(&entry.value).map_err(fault::record)?;
                let name = stream.journal_name();
                let last = self.events.summary(&name).await.map_err(fault::journal)?;
                let last = last.last_ingestion.unwrap_or(stream.created_at.millis());
                silent.push((Reverse(last), entry, name, scope.account));
            }
        }
        self.streams.store(silent.len() as u64, Ordering::Relaxed);
        let keep = limit - limit / SLACK as usize;
        if silent.len() <= keep {
            return Ok(());
        }
        silent.sort_unstable_by_key(|(last, ..)| *last);
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for (.., account) in &silent {
            *counts.entry(account).or_default() += 1;
        }
        let level = level(counts.values().copied().collect(), keep);
        let (mut removed, mut since) = (0u64, i64::MAX);
        // Those that were silent for the longest come first.
        for (Reverse(last), entry, name, account) in silent.iter().rev() {
            let Some(count) = counts.get_mut(account.as_str()).filter(|it| **it > level) else {
                continue;
            };
            *count -= 1;
            since = last.saturating_add(1);
            removed += u64::from(self.remove_silent(entry, name, since, false).await?);
        }
        self.dropped.streams.fetch_add(removed, Ordering::Relaxed);
        tracing::warn!(
            removed,
            limit,
            silent_since = since,
            "log streams were removed: there are too many, and these were silent for the longest"
        );
        Ok(())
    }

    /// Removes a stream that has been silent since `since`, unless something is put meanwhile.
    pub(crate) async fn remove_silent(
        &self,
        entry: &wharf_store::Entry,
        journal: &str,
        since: i64,
        empty: bool,
    ) -> Result<bool, Fault> {
        let buried = self.events.bury(journal, since, empty).await;
        if !buried.map_err(fault::journal)? {
            return Ok(false);
        }
        let txn = Txn::new()
            .when(Compare::unchanged(entry))
            .delete(entry.key.clone());
        match self.table.store().txn(&PERMIT, txn).await {
            Ok(reply) if reply.succeeded => {}
            outcome => {
                self.events.unbury(journal).await;
                outcome.map_err(fault::store)?;
                return Ok(false);
            }
        }
        self.streams.fetch_sub(1, Ordering::Relaxed);
        // What a kill leaves here the sweep after the next start removes.
        let deleted = self.events.journal().delete(journal).await;
        deleted.map_err(fault::journal)?;
        let deleted = self.events.delete_index(journal).await;
        deleted.map_err(fault::journal)?;
        Ok(true)
    }

    /// What was dropped for want of room since the start.
    pub fn dropped(&self) -> Dropped {
        self.dropped.read()
    }
}

/// The groups there are, without reading streams.
pub(crate) async fn groups(service: &LogsService) -> Result<Vec<(Scope, Group)>, Fault> {
    let mut found = Vec::new();
    for scope in scopes(service).await? {
        let all: Vec<Group> = service.all(&scope.key(Group::KIND, "")).await?;
        found.extend(all.into_iter().map(|group| (scope.clone(), group)));
    }
    Ok(found)
}

/// The accounts and regions that have anything, without reading it.
pub(crate) async fn scopes(service: &LogsService) -> Result<Vec<Scope>, Fault> {
    let mut found = Vec::new();
    let mut after: Option<String> = None;
    loop {
        let mut range = Range::prefix(Scope::service_prefix("logs"))
            .limit(1)
            .keys_only();
        if let Some(after) = after.take() {
            range = range.start_after(after);
        }
        let reply = service
            .table
            .store()
            .range(range)
            .await
            .map_err(fault::store)?;
        let Some(entry) = reply.entries.into_iter().next() else {
            return Ok(found);
        };
        let Some((scope, ..)) = Scope::parse(&entry.key) else {
            after = Some(entry.key);
            continue;
        };
        // Kinds are lowercase words: this sorts behind all keys of the scope.
        after = Some(scope.prefix("~"));
        found.push(scope);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parts of ten events and a hundred bytes each, as (stream, time). An account is what stands before a dot.
    fn parts(of: &[(&str, i64)]) -> Vec<Of> {
        let mut ends: HashMap<&str, u64> = HashMap::new();
        of.iter()
            .map(|(name, ingestion)| {
                let end = ends.entry(name).or_default();
                *end += 10;
                let part = Part {
                    ingestion: *ingestion,
                    bytes: 100,
                    events: 10,
                    end: *end,
                };
                let account = name.split_once('.').map_or("", |it| it.0);
                (part, Arc::from(*name), Arc::from(account))
            })
            .collect()
    }

    fn check(of: &[(&str, i64)], limit: u64, excess: u64, expected: &[(&str, u64)]) {
        let chosen = choose(parts(of), limit, excess);
        let mut cuts: Vec<(&str, u64)> = chosen.cuts.iter().map(|(n, at)| (&**n, *at)).collect();
        cuts.sort_unstable();
        assert_eq!(cuts, expected);
        assert_eq!(chosen.bytes, 10 * chosen.events);
    }

    #[test]
    fn where_logs_had_room_they_are_looked_at_again_once_there_is_more_or_time_has_passed() {
        let at = Instant::now();
        let looked = Looked { at, up_to: 500 };
        assert!(looked.holds(500, at));
        assert!(looked.holds(0, at + LOOK_EVERY / 2));
        assert!(!looked.holds(501, at));
        assert!(!looked.holds(500, at + LOOK_EVERY));
    }

    #[test]
    fn an_account_with_many_streams_displaces_itself() {
        let of = [
            ("b.old", 1),
            ("b.new", 2),
            ("a.1", 3),
            ("a.2", 4),
            ("a.3", 5),
            ("a.4", 6),
            ("a.5", 7),
        ];
        check(&of, 500, 200, &[("a.1", 10), ("a.2", 10)]);
        // Within their share accounts are alike.
        let all = [("a.1", 10), ("a.2", 10), ("a.3", 10), ("b.old", 10)];
        check(&of, 500, 400, &all);
    }

    #[test]
    fn who_has_fewest_keeps_all() {
        for (counts, keep, expected) in [
            (vec![10, 100], 60, 50),
            (vec![30, 40, 200], 120, 50),
            (vec![100, 100], 60, 30),
            (vec![1, 2], 3, usize::MAX),
            (vec![], 3, usize::MAX),
        ] {
            assert_eq!(level(counts.clone(), keep), expected, "{counts:?}");
        }
    }

    #[test]
    fn the_oldest_of_those_who_hold_more_than_their_share_go_first() {
        let flood = [
            ("calm", 1),
            ("flood", 2),
            ("flood", 3),
            ("flood", 4),
            ("flood", 5),
        ];
        check(&flood, 400, 100, &[("flood", 10)]);
        check(&flood, 400, 200, &[("flood", 20)]);
        // All of the same kind: by age.
        let alike = [("a", 1), ("b", 2), ("a", 3), ("b", 4)];
        check(&alike, 200, 150, &[("a", 10), ("b", 10)]);
        // If nothing else can go, shares count no more.
        check(&[("a", 1), ("b", 2)], 200, 100, &[("a", 10)]);
        check(&flood, 400, 10_000, &[("calm", 10), ("flood", 40)]);
        check(&flood, 400, 0, &[]);
        // Parts go whole: who holds too much may keep less than the share.
        let mut mixed = parts(&[("calm", 1), ("flood", 2), ("flood", 3)]);
        mixed[1].0.bytes = 300;
        mixed[2].0.bytes = 10;
        let chosen = choose(mixed, 400, 1);
        assert_eq!(chosen.cuts.get("flood"), Some(&10));
        assert_eq!(chosen.cuts.get("calm"), None);
    }
}
