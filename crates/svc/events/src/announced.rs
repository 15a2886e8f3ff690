//! Puts what wharf's own services announce of changes of their records.
//!
//! The store's history is followed from a durable cursor, for which its compaction waits. What targets are
//! owed is written together with the cursor, under the fence of the shard; an event's id comes from the change
//! that it tells of. So nothing is lost, however long nobody reads; after a backup came back, which has no
//! cursors, what is new is told.

use std::{sync::Arc, time::Duration};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;
use wharf_base::{Permit, ids};
use wharf_records::Scope;
use wharf_service::{
    StepError,
    announce::{Announce, Announcement, by_revision},
    fence, newest,
};
use wharf_store::{Op, Revision, StoreError, Txn, WatchBatch};

use crate::{
    accept::{self, Arriving, Done},
    core::{ChangeError, Core},
    event::Event,
    fault::EventsFaults,
    names::{BusName, SERVICE},
};

const PERMIT: Permit = Permit::for_controller("events-announced");
/// How often the cursor of a service that announces nothing moves: until then the store keeps what others
/// changed.
const STRIDE: Duration = Duration::from_secs(5);
/// The wait after a failure.
const RETRY: Duration = Duration::from_millis(200);

type Failed = StepError<EventsFaults>;

/// Follows one service until `stop`.
pub async fn follow(core: Arc<Core>, source: Arc<dyn Announce>, stop: CancellationToken) {
    // Outlives failures: what is there is not written again.
    let mut done = Done::default();
    loop {
        let failed = tokio::select! {
            failed = once(&core, &*source, &mut done) => failed,
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
async fn once(core: &Core, source: &dyn Announce, done: &mut Done) -> Failed {
    match try_once(core, source, done).await {
        Ok(never) => match never {},
        Err(failed) => failed,
    }
}

async fn try_once(
    core: &Core,
    source: &dyn Announce,
    done: &mut Done,
) -> Result<std::convert::Infallible, Failed> {
    let store = &core.parts.store;
    let cursors = store.cursors().await.map_err(ChangeError::from)?;
    let name = cursor(source.service());
    let mut told = match cursors.get(&name) {
        Some(told) => *told,
        None => {
            let now = newest(store).await;
            advance(core, (&name, now), Vec::new(), done).await?;
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
                    "the history was compacted before its events were read: some are lost"
                );
                let now = newest(store).await;
                advance(core, (&name, now), Vec::new(), done).await?;
                return Err(ChangeError::from(error).into());
            }
            Err(error) => return Err(ChangeError::from(error).into()),
        };
        let now = core.parts.clock.now();
        let mut arriving = Vec::new();
        for (revision, changes) in by_revision(&batch.events) {
            let said = source
                .announced(&changes, now)
                .await
                .into_iter()
                .enumerate();
            arriving.extend(said.map(|(number, it)| {
                let id = format!("{}@{revision}#{number}", source.service());
                event(it, ids::uuid_of(id.as_bytes()), now)
            }));
        }
        if !arriving.is_empty() || stride && batch.revision > told {
            advance(core, (&name, batch.revision), arriving, done).await?;
            *done = Done::default();
            told = batch.revision;
        }
    }
}

fn event(said: Announcement, id: String, now: wharf_base::Timestamp) -> Arriving {
    let bus = BusName::asked(&said.place, None);
    let event = Event {
        id,
        source: said.source.to_owned(),
        detail_type: said.detail_type.to_owned(),
        time: now,
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

/// Writes what events are owed to, and how far the history was told. What can never be written is lost alone:
/// it must not keep what comes after it.
async fn advance(
    core: &Core,
    to: (&str, Revision),
    events: Vec<Arriving>,
    done: &mut Done,
) -> Result<(), Failed> {
    match tell(core, Some(to), &events, done).await {
        Err(Failed::Change(error)) if is_invalid(&error) => {}
        told => return told,
    }
    for event in &events {
        match tell(core, None, std::slice::from_ref(event), done).await {
            Err(Failed::Change(error)) if is_invalid(&error) => {
                tracing::error!(event = event.event.id, %error, "an event can never be written, it is lost");
            }
            told => told?,
        }
    }
    tell(core, Some(to), &[], done).await
}

fn is_invalid(error: &ChangeError) -> bool {
    use wharf_service::Cause;
    matches!(error.cause, Cause::Store(StoreError::Invalid(_)))
}

async fn tell(
    core: &Core,
    to: Option<(&str, Revision)>,
    events: &[Arriving],
    done: &mut Done,
) -> Result<(), Failed> {
    let fence = fence(&core.shard)?;
    let owing = accept::owed(core, events).await?;
    accept::keep(core, &owing, done).await?;
    accept::write(core, &PERMIT, owing.errands(core), done, |tx| {
        tx.fence(fence);
        if let Some((cursor, revision)) = to {
            tx.join(Txn::new().cursor(cursor, revision));
        }
    })
    .await?;
    Ok(())
}
