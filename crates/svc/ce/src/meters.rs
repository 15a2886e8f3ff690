//! Follows the history of tasks, of machines and of what is stored, and keeps their meters.
//!
//! The cursor moves in the transaction that writes what a stretch of history means, under the fence of the
//! shard; what does not fit into one is written again if a kill comes between, which changes nothing.
//! Meters of tasks that ended go to the ledger after that, and are deleted once they are durable there.
//! Without a cursor (at the first start, and after a backup came back) the tasks that are there say how
//! their meters are.

mod units;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    convert::Infallible,
    sync::Arc,
    time::Duration,
};

use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;
use wharf_base::{Permit, Timestamp};
use wharf_billing::{Span, Stored};
use wharf_records::{Record as _, Scope, Unknown, encode};
use wharf_service::{Cause, ChangeError, StepError, fence, transact};
use wharf_store::{Range, Revision, StoreError, Txn};

use crate::{
    capacity::Balancer,
    fault::CeFaults,
    ledger::{self, Charge, Entry, Ledger, Reader, Writer},
    metered::{self, Change, SOURCES},
    period::Month,
    records::{Meter, SERVICE, TagKey, scope},
    service::Core,
};

const PERMIT: Permit = Permit::for_controller("ce-meters");
/// The name of the durable cursor on the history of ECS, EC2 and EFS.
pub(crate) const CURSOR: &str = "ce/ecs";
/// How often the cursor moves without news, and tasks that ended go to the ledger.
pub const STRIDE: Duration = Duration::from_secs(5);
/// How often hours of load balancers are looked for whose units can be metered.
const HOURS: Duration = Duration::from_secs(300);
/// How often the ledger is rid of months that are too old.
const SWEEP: Duration = Duration::from_secs(3_600);
/// Tasks that ended are gathered up to this number.
const GATHERED: usize = 2_000;
/// Meters, and new keys of tags, that one transaction writes.
const WRITES: usize = 60;
/// What they may take of a transaction together.
const WRITES_BYTES: usize = 512 << 10;
/// Keys of tags that are known of an account, and that are remembered of all.
const MOST_TAG_KEYS: usize = 1_000;
const MOST_REMEMBERED: usize = 100_000;
/// The wait after a failure.
const RETRY: Duration = Duration::from_millis(200);

type Failed = StepError<CeFaults>;
type Changed = ChangeError<CeFaults>;

/// Follows until `stop`.
pub(crate) async fn follow(core: Arc<Core>, stop: CancellationToken) {
    loop {
        let failed = tokio::select! {
            failed = once(&core) => failed,
            () = stop.cancelled() => return,
        };
        let closed = |it: &Changed| matches!(it.cause, Cause::Store(StoreError::Closed));
        if matches!(&failed, Failed::Change(error) if closed(error)) {
            return;
        }
        tracing::warn!(error = %failed, "metering tasks failed, will retry");
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = stop.cancelled() => return,
        }
    }
}

async fn once(core: &Arc<Core>) -> Failed {
    match try_once(core).await {
        Ok(never) => match never {},
        Err(failed) => failed,
    }
}

async fn try_once(core: &Arc<Core>) -> Result<Infallible, Failed> {
    let store = core.table.store();
    let mut meters = Meters::new(core.clone());
    let cursors = store.cursors().await.map_err(Changed::from)?;
    let mut done = match cursors.get(CURSOR) {
        Some(done) => *done,
        None => meters.begin().await?,
    };
    meters.find_ended().await?;
    let prefixes = SOURCES.map(Scope::service_prefix).to_vec();
    let mut watch = store.watch_all(prefixes, done + 1);
    let progress = watch.progress();
    let mut hours = tokio::time::interval(HOURS);
    hours.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut strides = tokio::time::interval(core.stride);
    strides.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // Not at once: the clock may not be set yet.
    let mut sweeps = tokio::time::interval_at(Instant::now() + SWEEP, SWEEP);
    loop {
        let (batch, stride) = tokio::select! {
            batch = watch.next() => (batch, false),
            _ = strides.tick() => {
                progress.request();
                (watch.next().await, true)
            }
            _ = hours.tick() => {
                meters.count_units().await?;
                continue;
            }
            _ = sweeps.tick() => {
                core.ledger.sweep(core.now()).await.map_err(Failed::other)?;
                continue;
            }
        };
        let batch = match batch {
            Ok(batch) => batch,
            Err(error @ StoreError::Compacted { .. }) => {
                tracing::error!(
                    cursor = done,
                    "metering failed for a part of the history: it was compacted before it was read; tasks that ended in it are not billed"
                );
                meters.begin().await?;
                return Err(Changed::from(error).into());
            }
            Err(error) => return Err(Changed::from(error).into()),
        };
        let now = core.now();
        let changes = batch.events.iter().flat_map(|it| metered::changes(it, now));
        let changes: Vec<Change> = changes.collect();
        if !changes.is_empty() || stride && batch.revision > done {
            meters.write(changes, Some(batch.revision)).await?;
            done = batch.revision;
        }
        if stride || meters.ended.len() >= GATHERED {
            meters.settle(done).await?;
        }
    }
}

/// Writes meters, and those that ended to the ledger.
struct Meters {
    core: Arc<Core>,
    writer: Writer,
    /// Accounts and meters that are to go to the ledger.
    ended: BTreeMap<(String, String), Meter>,
    /// The same, found at the start: a kill may have come before the cursor passed their ends, which are
    /// heard of again then. They wait until the cursor reaches the revision that the last was written at.
    found: BTreeMap<(String, String), Meter>,
    found_at: Revision,
    /// Hours of load balancers were looked for in the ledger.
    looked: bool,
    /// Of these, what the ledger has already: a month and a task's id.
    settled: HashSet<(Month, String)>,
    /// Accounts with keys of tags that are written down.
    tag_keys: HashSet<(String, String)>,
}

impl Meters {
    fn new(core: Arc<Core>) -> Self {
        Self {
            writer: Writer::new(core.journal.clone()),
            core,
            ended: BTreeMap::new(),
            found: BTreeMap::new(),
            found_at: 0,
            looked: false,
            settled: HashSet::new(),
            tag_keys: HashSet::new(),
        }
    }

    /// Begins with the tasks that are there; returns the revision to follow from.
    async fn begin(&mut self) -> Result<Revision, Failed> {
        let store = self.core.table.store();
        let now = self.core.now();
        let mut present: Vec<Change> = Vec::new();
        // What changes between two looks is heard of again.
        let mut revision = Revision::MAX;
        for source in SOURCES {
            let range = Range::prefix(Scope::service_prefix(source));
            let found = store.all(range).await.map_err(Changed::from)?;
            let entries = found.entries.iter();
            present.extend(entries.flat_map(|it| metered::present(it, now)));
            revision = revision.min(found.revision);
        }
        let ids: HashSet<&str> = present.iter().map(|it| it.meter.id.as_str()).collect();
        // Of what is stored, the size before ended when the next one began.
        let mut since: HashMap<(&str, &str), BTreeSet<i64>> = HashMap::new();
        for it in &present {
            let of = (it.account.as_str(), metered::resource(&it.meter.id));
            since.entry(of).or_default().insert(it.meter.start);
        }
        let mut gone = Vec::new();
        for (scope, _, stored) in self.core.table.everywhere::<Meter>(SERVICE).await? {
            let mut meter = stored.record;
            if meter.end.is_none() && !ids.contains(meter.id.as_str()) {
                let of = (scope.account.as_str(), metered::resource(&meter.id));
                let next = since.get(&of).and_then(|it| it.range(meter.start..).next());
                let end = next.copied().unwrap_or(now.millis());
                meter.end = Some(end.max(meter.start));
                gone.push(Change {
                    account: scope.account,
                    meter,
                    only_over: true,
                });
            }
        }
        let mut changes: Vec<Change> = present.into_iter().chain(gone).collect();
        self.mark_settled(&mut changes).await?;
        self.write(changes, Some(revision)).await?;
        Ok(revision)
    }

    /// Marks tasks that seem to run and have ended by the ledger, which may be ahead of the store: the
    /// marks are written with the first cursor, so later starts know too.
    async fn mark_settled(&self, changes: &mut [Change]) -> Result<(), Failed> {
        let now = self.core.now().millis();
        let mut wanted: BTreeMap<(String, Month), HashSet<String>> = BTreeMap::new();
        for change in changes.iter().filter(|it| it.meter.end.is_none()) {
            for month in ledger::months(Span::new(change.meter.start, now)) {
                let at = (change.account.clone(), month);
                wanted
                    .entry(at)
                    .or_default()
                    .insert(change.meter.id.clone());
            }
        }
        let ledger = self.core.ledger.clone();
        let looked = tokio::task::spawn_blocking(move || look(&ledger, wanted)).await;
        let looked = looked.map_err(Failed::other)?;
        let ids: HashSet<&str> = looked.iter().map(|(_, id)| id.as_str()).collect();
        for change in changes.iter_mut().filter(|it| it.meter.end.is_none()) {
            change.meter.settled = ids.contains(change.meter.id.as_str());
        }
        Ok(())
    }

    /// Finds meters of tasks that ended, and which of them a kill kept from being deleted.
    async fn find_ended(&mut self) -> Result<(), Failed> {
        self.ended.clear();
        self.found.clear();
        let mut wanted: BTreeMap<(String, Month), HashSet<String>> = BTreeMap::new();
        for (scope, _, stored) in self.core.table.everywhere::<Meter>(SERVICE).await? {
            let (meter, written_at) = (stored.record, stored.revision);
            let Some(end) = meter.end else { continue };
            let span = Span::new(meter.start, end);
            for month in ledger::months(span) {
                let at = (scope.account.clone(), month);
                wanted.entry(at).or_default().insert(meter.id.clone());
            }
            self.found_at = self.found_at.max(written_at);
            self.found.insert((scope.account, meter.id.clone()), meter);
        }
        let ledger = self.core.ledger.clone();
        let looked = tokio::task::spawn_blocking(move || look(&ledger, wanted)).await;
        self.settled = looked.map_err(Failed::other)?;
        Ok(())
    }

    /// Writes meters; with the last of them the cursor moves.
    async fn write(&mut self, changes: Vec<Change>, to: Option<Revision>) -> Result<(), Failed> {
        // The last change of a task is what counts.
        let mut latest: BTreeMap<(String, String), Change> = BTreeMap::new();
        for change in changes {
            let at = (change.account.clone(), change.meter.id.clone());
            let only_over = latest.get(&at).is_none_or(|it| it.only_over) && change.only_over;
            latest.insert(
                at,
                Change {
                    only_over,
                    ..change
                },
            );
        }
        let mut rest: Vec<Change> = latest.into_values().collect();
        let mut written = Vec::new();
        loop {
            let part: Vec<Change> = rest.drain(..fitting(&rest)).collect();
            let last = to.filter(|_| rest.is_empty());
            written.extend(self.write_part(&part, last).await?);
            if rest.is_empty() {
                break;
            }
        }
        // The cursor is behind all of it now, so no end is heard of again.
        for (at, meter) in written {
            self.found.remove(&at);
            match meter.end {
                Some(_) => self.ended.insert(at, meter),
                None => self.ended.remove(&at),
            };
        }
        Ok(())
    }

    /// Returns what was written.
    async fn write_part(
        &mut self,
        part: &[Change],
        to: Option<Revision>,
    ) -> Result<Vec<((String, String), Meter)>, Failed> {
        let core = self.core.clone();
        let keys = self.new_tag_keys(part).await?;
        let written = transact!(core.table, &PERMIT, |tx| {
            tx.fence(fence(&core.shard)?);
            let mut written = Vec::new();
            for Change {
                account,
                meter,
                only_over,
            } in part
            {
                let key = scope(account).key(Meter::KIND, &meter.id);
                let known = tx.find::<Meter>(&key).await?;
                if *only_over && known.is_none() {
                    continue;
                }
                let of = metered::resource(&meter.id);
                let balancer_key = scope(account).key(Balancer::KIND, of);
                let balancer = match meter.used.stored {
                    Some(Stored::LoadBalancer { .. }) => {
                        let known = tx.find::<Balancer>(&balancer_key).await?;
                        Balancer::follow(known.as_ref(), meter, core.now().millis())
                    }
                    _ => None,
                };
                let mut meter = meter.clone();
                if let Some(known) = known {
                    // What was billed already stays billed, whatever a node says later.
                    meter.start = meter.start.min(known.start);
                    meter.settled |= known.settled;
                }
                if let Some(balancer) = balancer {
                    tx.put(&balancer_key, &balancer);
                }
                tx.put(key, &meter);
                written.push(((account.clone(), meter.id.clone()), meter));
            }
            let now = core.now();
            for (account, key) in &keys {
                let at = scope(account).key(TagKey::KIND, key);
                if tx.find::<TagKey>(&at).await?.is_none() {
                    tx.put(at, &tag_key(key, now));
                }
            }
            if let Some(to) = to {
                tx.join(Txn::new().cursor(CURSOR, to));
            }
            written
        });
        if self.tag_keys.len() >= MOST_REMEMBERED {
            self.tag_keys.clear();
        }
        self.tag_keys.extend(keys);
        Ok(written)
    }

    /// Keys of tags that may not be written down yet, as many as fit beside the meters.
    async fn new_tag_keys(
        &mut self,
        part: &[Change],
    ) -> Result<BTreeSet<(String, String)>, Failed> {
        let mut keys = BTreeSet::new();
        for change in part {
            let names = change.meter.used.tags.keys();
            let all = names.map(|key| (change.account.clone(), key.clone()));
            keys.extend(all.filter(|it| !self.tag_keys.contains(it)));
        }
        let accounts: BTreeSet<&String> = keys.iter().map(|(account, _)| account).collect();
        let mut known: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for account in accounts {
            let all = (self.core.table).all::<TagKey>(&scope(account), "").await?;
            known.insert(
                account.clone(),
                all.into_iter().map(|(key, _)| key).collect(),
            );
        }
        keys.retain(|(account, key)| {
            let known = known.entry(account.clone()).or_default();
            if known.contains(key) {
                self.tag_keys.insert((account.clone(), key.clone()));
                return false;
            }
            known.len() < MOST_TAG_KEYS && known.insert(key.clone())
        });
        while keys.len() > WRITES {
            keys.pop_last();
        }
        Ok(keys)
    }

    /// Brings tasks that ended to the ledger; `done` is where the cursor is.
    async fn settle(&mut self, done: Revision) -> Result<(), Failed> {
        if done >= self.found_at {
            self.ended.append(&mut self.found);
        }
        if self.ended.is_empty() {
            return Ok(());
        }
        let rows = self.ended.iter().flat_map(|((account, _), meter)| {
            let span = Span::new(meter.start, meter.end.unwrap_or(meter.start));
            ledger::months(span).map(move |month| (account.as_str(), month, meter, span))
        });
        let settled = &self.settled;
        let rows = rows.filter(|(_, month, meter, _)| {
            !meter.settled && !settled.contains(&(*month, meter.id.clone()))
        });
        self.writer.write(rows).await.map_err(Failed::other)?;
        let keys: Vec<String> = self
            .ended
            .keys()
            .map(|(account, id)| scope(account).key(Meter::KIND, id))
            .collect();
        for part in keys.chunks(WRITES) {
            let mut txn = Txn::new().when(fence::<CeFaults>(&self.core.shard)?);
            for key in part {
                txn = txn.delete(key);
            }
            if !self.core.table.commit(&PERMIT, txn).await? {
                return Err(Changed::fenced().into());
            }
        }
        for (_, id) in self.ended.keys() {
            self.settled.retain(|(_, it)| it != id);
        }
        self.ended.clear();
        Ok(())
    }
}

/// How many changes, from the first, go into one transaction: one at least, if there is one.
fn fitting(changes: &[Change]) -> usize {
    let (mut bytes, mut writes) = (0, 0);
    let fits = changes.iter().take_while(|it| {
        let is_first = bytes == 0;
        // Of a load balancer there is a record beside its meter.
        let is_balancer = matches!(it.meter.used.stored, Some(Stored::LoadBalancer { .. }));
        writes += 1 + usize::from(is_balancer);
        bytes += encode(&it.meter).len() * (1 + usize::from(is_balancer));
        is_first || bytes <= WRITES_BYTES && writes <= WRITES
    });
    fits.count()
}

/// Those that ECS makes are what `wharf cost` groups by, so nobody has to activate them.
fn tag_key(key: &str, now: Timestamp) -> TagKey {
    TagKey {
        active: crate::records::is_generated(key),
        changed_at: now,
        seen_at: now,
        unknown: Unknown::new(),
    }
}

/// Which tasks are in the ledger already.
fn look(
    ledger: &Ledger,
    wanted: BTreeMap<(String, Month), HashSet<String>>,
) -> HashSet<(Month, String)> {
    struct Looked<'a> {
        wanted: &'a HashSet<String>,
        found: HashSet<(Month, String)>,
    }
    impl Reader for Looked<'_> {
        type Known = ();
        fn charge(&mut self, _: &Charge) {}
        fn task(&mut self, (): &(), entry: Entry<'_>, month: Month) {
            if self.wanted.contains(entry.id) {
                self.found.insert((month, entry.id.to_owned()));
            }
        }
    }
    let mut found = HashSet::new();
    for ((account, month), wanted) in &wanted {
        let mut looked = Looked {
            wanted,
            found: HashSet::new(),
        };
        ledger.read(account, *month, &mut looked);
        found.extend(looked.found);
    }
    found
}
