//! Puts what wharf's own services announce of changes of their records.
//!
//! The store's history is followed from a durable cursor, for which its compaction waits. What targets are
//! owed is written together with the cursor, under the fence of the shard; an event's id comes from the change
//! that it tells of. What does not fit into one transaction says in each of them how far it is (`Telling`), so that
//! whoever goes on after a crash tells the rest, with the same times. So nothing is lost or doubled, however long
//! nobody reads; after a backup came back, which has no cursors, what is new is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use wharf_base::{Permit, Timestamp, ids};
use wharf_records::{Record as _, Scope, Unknown};
use wharf_service::{
    StepError,
    announce::{Announce, Announcement, by_revision},
    fence, newest, platform,
};
use wharf_store::{Op, Revision, StoreError, Txn, WatchBatch};

use crate::{
    accept::{self, Arriving, Done},
    core::{ChangeError, Core},
    event::Event,
    fault::EventsFaults,
    names::{BusName, SERVICE},
    records::Telling,
};

const PERMIT: Permit = Permit::for_controller("events-announced");
/// How often the cursor of a service that announces nothing moves: until then the store keeps what others
/// changed.
const STRIDE: Duration = Duration::from_secs(5);
/// Deliveries of what is being told that a record lists: what is beyond may be delivered twice after a crash.
const MOST_MARKS: usize = 8_192;
/// The wait after a failure.
const RETRY: Duration = Duration::from_millis(200);

type Failed = StepError<EventsFaults>;

/// Follows one service until `stop`.
pub async fn follow(core: Arc<Core>, source: Arc<dyn Announce>, stop: CancellationToken) {
    // Outlives failures: what is there is not written again.
    let mut teller = Teller::new(source.service());
    loop {
        let failed = tokio::select! {
            failed = once(&core, &*source, &mut teller) => failed,
            () = stop.cancelled() => return,
        };
        if matches!(failed, Failed::Change(ref error) if is_closed(error)) {
            return;
        }
        tracing::warn!(source = source.service(), error = %failed, "following what a service announces failed, will retry");
        tokio::select! {
            () = tokio::time::sleep(RETRY) => {}
            () = stop.cancelled() => return,
        }
    }
}

fn is_closed(error: &ChangeError) -> bool {
    use wharf_service::Cause;
    matches!(error.cause, Cause::Store(StoreError::Closed))
}

/// Follows for as long as it goes well; why it did not.
async fn once(core: &Core, source: &dyn Announce, teller: &mut Teller) -> Failed {
    match try_once(core, source, teller).await {
        Ok(never) => match never {},
        Err(failed) => failed,
    }
}

async fn try_once(
    core: &Core,
    source: &dyn Announce,
    teller: &mut Teller,
) -> Result<std::convert::Infallible, Failed> {
    let store = &core.parts.store;
    let cursors = store.cursors().await.map_err(ChangeError::from)?;
    teller.resume(core).await?;
    let mut told = match cursors.get(&teller.cursor) {
        Some(told) => *told,
        None => {
            let now = newest(store).await;
            teller.advance(core, now, Vec::new()).await?;
            now
        }
    };
    let mut watch = store.watch(Scope::service_prefix(source.service()), told + 1);
    let progress = watch.progress();
    let mut strides = tokio::time::interval(STRIDE);
    strides.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let (batch, stride) = tokio::select! {
            batch = watch.next() => (batch, false),
            _ = strides.tick() => {
                progress.request();
                (watch.next().await, true)
            }
        };
        let batch: WatchBatch = match batch {
            Ok(batch) => batch,
            Err(error @ StoreError::Compacted { .. }) => {
                // What is forgotten cannot be told any more.
                tracing::error!(
                    source = source.service(),
                    cursor = told,
                    "failed to read events of a service: the history was compacted before; some are lost"
                );
                let now = newest(store).await;
                teller.advance(core, now, Vec::new()).await?;
                return Err(ChangeError::from(error).into());
            }
            Err(error) => return Err(ChangeError::from(error).into()),
        };
        let now = core.parts.clock.now();
        let mut arriving = Vec::new();
        for (revision, changes) in by_revision(&batch.events) {
            let at = teller.read_at(revision, batch.revision, now);
            let said = source.announced(&changes, at).await.into_iter().enumerate();
            arriving.extend(said.map(|(number, it)| {
                let id = format!("{}@{revision}#{number}", source.service());
                event(it, ids::uuid_of(id.as_bytes()), at)
            }));
        }
        if !arriving.is_empty() || stride && batch.revision > told {
            teller.advance(core, batch.revision, arriving).await?;
            told = batch.revision;
        }
    }
}

fn event(said: Announcement, id: String, at: Timestamp) -> Arriving {
    let bus = BusName::asked(&said.place, None);
    let event = Event {
        id,
        source: said.source.to_owned(),
        detail_type: said.detail_type.to_owned(),
        time: at,
        resources: said.resources,
        detail: said.detail,
        account: said.place.account,
        region: said.place.region,
        replay: None,
        hops: 0,
    };
    Arriving {
        bus,
        event,
        request: None,
        since: Some(at),
        only: None,
    }
}

/// The name of the durable cursor on the history of a service.
fn cursor(service: &str) -> String {
    format!("{SERVICE}/{service}")
}

/// Lets go of the cursors of services that announce nothing any more: each keeps history.
///
/// # Errors
/// The store's.
pub async fn forget_others(core: &Core, sources: &[Arc<dyn Announce>]) -> Result<(), StoreError> {
    let known: Vec<String> = sources.iter().map(|it| cursor(it.service())).collect();
    let prefix = cursor("");
    let cursors = core.parts.store.cursors().await?;
    let others = cursors
        .into_keys()
        .filter(|name| name.starts_with(&prefix) && !known.contains(name));
    let then: Vec<Op> = others.map(|name| Op::DropCursor { name }).collect();
    if !then.is_empty() {
        let txn = Txn { then, ..Txn::new() };
        core.parts.store.txn(&PERMIT, txn).await?;
    }
    Ok(())
}

/// Writes what events are owed to, and how far the history was told.
struct Teller {
    cursor: String,
    /// Of the record of what is being told.
    key: String,
    /// When revisions that are not told yet were read, by the last of each reading.
    read_at: BTreeMap<Revision, Timestamp>,
    done: Done,
    /// A record says that something is being told.
    is_open: bool,
}

impl Teller {
    fn new(service: &str) -> Self {
        Self {
            cursor: cursor(service),
            key: platform::scope(SERVICE).key(Telling::KIND, service),
            read_at: BTreeMap::new(),
            done: Done::default(),
            is_open: false,
        }
    }

    /// Goes on where somebody else, or this one before it failed, was interrupted.
    async fn resume(&mut self, core: &Core) -> Result<(), ChangeError> {
        let found = core.table.read::<Telling>(&self.key).await?;
        self.is_open = found.is_some();
        if let Some(found) = found {
            for (upto, at) in found.record.read_at {
                self.read_at.insert(upto, at);
            }
            self.done.written.extend(found.record.written);
        }
        Ok(())
    }

    /// When a revision was read first: what is told again happened no later than before.
    fn read_at(&mut self, revision: Revision, last: Revision, now: Timestamp) -> Timestamp {
        match self.read_at.range(revision..).next() {
            Some((_, at)) => *at,
            None => *self.read_at.entry(last).or_insert(now),
        }
    }

    /// What can never be written is lost alone: it must not keep what comes after it.
    async fn advance(
        &mut self,
        core: &Core,
        to: Revision,
        events: Vec<Arriving>,
    ) -> Result<(), Failed> {
        match self.tell(core, Some(to), &events).await {
            Err(Failed::Change(error)) if is_invalid(&error) => {
                for event in &events {
                    match self.tell(core, None, std::slice::from_ref(event)).await {
                        Err(Failed::Change(error)) if is_invalid(&error) => {
                            tracing::error!(event = event.event.id, %error, "writing an event failed for good, it is lost");
                        }
                        told => told?,
                    }
                }
                self.tell(core, Some(to), &[]).await?;
            }
            told => told?,
        }
        self.read_at.retain(|upto, _| *upto > to);
        self.done.archived.clear();
        self.done.logged.clear();
        if self.read_at.is_empty() {
            self.done.written.clear();
            self.is_open = false;
        }
        Ok(())
    }

    /// Tells of events; with the last of them the cursor moves, if it is to.
    async fn tell(
        &mut self,
        core: &Core,
        to: Option<Revision>,
        events: &[Arriving],
    ) -> Result<(), Failed> {
        let fence = fence(&core.shard)?;
        let owing = accept::owed(core, events).await?;
        accept::keep(core, &owing, &mut self.done).await?;
        owing.log(core, &mut self.done).await;
        let Self {
            cursor,
            key,
            read_at,
            done,
            is_open,
        } = self;
        accept::write(
            core,
            &PERMIT,
            owing.errands(core),
            done,
            |tx, before, part| {
                tx.fence(fence.clone());
                let to = to.filter(|_| part.is_last);
                if let Some(to) = to {
                    tx.join(Txn::new().cursor(cursor.as_str(), to));
                }
                let is_over = to.is_some_and(|to| read_at.keys().all(|upto| *upto <= to));
                if !is_over {
                    tx.put(key.as_str(), &telling(read_at, before, part.marks));
                    *is_open = true;
                } else if *is_open {
                    tx.delete(key.as_str());
                }
            },
        )
        .await?;
        owing.count(core);
        Ok(())
    }
}

fn telling(
    read_at: &BTreeMap<Revision, Timestamp>,
    before: &BTreeSet<String>,
    marks: &BTreeSet<String>,
) -> Telling {
    let all = before.iter().chain(marks).take(MOST_MARKS);
    Telling {
        read_at: read_at.clone(),
        written: all.cloned().collect(),
        unknown: Unknown::new(),
    }
}

fn is_invalid(error: &ChangeError) -> bool {
    use wharf_service::Cause;
    matches!(error.cause, Cause::Store(StoreError::Invalid(_)))
}
