//! Puts what wharf's own services announce of changes of their records.
//!
//! The store's history is followed from a cursor. What targets are owed is written together with the
//! cursor, under the fence of the shard; an event's id comes from the change that it tells of. So an
//! event is lost only if the history was compacted before it was read, which the log says.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_base::{Permit, ids};
use wharf_records::{Record as _, Scope, Unknown};
use wharf_service::{
    StepError,
    announce::{Announce, Announcement, by_revision},
    fence, newest, platform,
};
use wharf_store::{Revision, StoreError};

use crate::{
    accept::{self, Arriving},
    core::{ChangeError, Core},
    event::Event,
    fault::EventsFaults,
    names::{BusName, SERVICE},
    records::Cursor,
};

const PERMIT: Permit = Permit::for_controller("events-announced");
/// Revisions without an event after which the cursor is written all the same: well within what is kept
/// of the history.
const STRIDE: Revision = 1000;
/// The wait after a failure.
const RETRY: Duration = Duration::from_millis(200);

type Failed = StepError<EventsFaults>;

/// Follows one service until `stop`.
pub async fn follow(core: Arc<Core>, source: Arc<dyn Announce>, stop: CancellationToken) {
    loop {
        let failed = tokio::select! {
            failed = once(&core, &*source) => failed,
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
async fn once(core: &Core, source: &dyn Announce) -> Failed {
    match try_once(core, source).await {
        Ok(never) => match never {},
        Err(failed) => failed,
    }
}

async fn try_once(core: &Core, source: &dyn Announce) -> Result<std::convert::Infallible, Failed> {
    let key = platform::scope(SERVICE).key(Cursor::KIND, source.service());
    let stored = core.table.read::<Cursor>(&key).await?;
    let mut told = match stored {
        Some(stored) => stored.record.revision,
        None => {
            let now = newest(&core.parts.store).await;
            advance(core, &key, now, Vec::new()).await?;
            now
        }
    };
    let prefix = Scope::service_prefix(source.service());
    let mut watch = core.parts.store.watch(prefix, told + 1);
    loop {
        let batch = match watch.next().await {
            Ok(batch) => batch,
            Err(error @ StoreError::Compacted { .. }) => {
                // What is forgotten cannot be told any more.
                tracing::error!(
                    source = source.service(),
                    cursor = told,
                    "the history was compacted before its events were read: some are lost"
                );
                advance(core, &key, newest(&core.parts.store).await, Vec::new()).await?;
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
        if !arriving.is_empty() || batch.revision >= told + STRIDE {
            advance(core, &key, batch.revision, arriving).await?;
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

/// Writes what events are owed to, and how far the history was told.
async fn advance(
    core: &Core,
    key: &str,
    revision: Revision,
    events: Vec<Arriving>,
) -> Result<(), Failed> {
    let fence = fence(&core.shard)?;
    let owing = accept::owed(core, events).await?;
    accept::keep(core, &owing).await.map_err(Failed::from)?;

    let cursor = Cursor {
        revision,
        unknown: Unknown::new(),
    };
    accept::write(core, &PERMIT, owing.owed, |tx| {
        tx.fence(fence);
        tx.put(key, &cursor);
    })
    .await?;
    Ok(())
}
