//! Removes what is too old: messages beyond their queue's retention, ids of duplicates whose window is over; and
//! what purged and deleted queues left, and data keys that nothing is under. Moves messages as tasks say.
//!
//! Keys are those of records: of a queue, to look at its messages; of a condemned drawer, to empty it; of a move
//! task, to bring it forward; of a data key, to see whether it is needed.

use std::{sync::Arc, time::Duration};

use wharf_base::Permit;
use wharf_reconcile::Next;
use wharf_records::{Record as _, Scope};
use wharf_service::{Look, Place, Reach};
use wharf_store::Range;
use wharf_wire::{Call, Context};

use crate::{
    core::{ChangeError, Core},
    fault::SqsFaults,
    machine::Millis,
    moving,
    names::QueueId,
    outdated_keys, receiving,
    records::{Condemned, DataKey, MoveTask, Queue},
    stored::{Drawer, KINDS},
};

pub const PERMIT: Permit = Permit::for_controller("sqs-reconciler");
/// How this service names itself.
const PRINCIPAL: &str = "sqs.amazonaws.com";
/// Keys of a condemned drawer removed between two looks at others' work.
const SOME: usize = 1000;
/// How long drawers are kept that nobody finds any more. AWS too takes up to a minute for a purge.
const STILL_WRITTEN: Duration = Duration::from_secs(60);
/// Longest time between two looks at a queue.
const SELDOM: Duration = Duration::from_secs(3600);
/// Windows of duplicates end one by one; they are forgotten together.
const FORGET_EVERY_MS: Millis = 60_000;

type StepError = wharf_service::StepError<SqsFaults>;

/// Wakes the reconciler for a record that changed.
pub fn changed(core: &Core, key: &str, _: Look) -> Reach {
    if let Some((_, Queue::KIND | Condemned::KIND | MoveTask::KIND | DataKey::KIND, _)) =
        Scope::parse(key)
    {
        core.work.wake(key.to_owned());
    }
    Reach::One
}

pub async fn key(core: Arc<Core>, key: String) -> Result<Next, StepError> {
    let Some((scope, kind, id)) = Scope::parse(&key) else {
        return Ok(Next::Settled);
    };
    let place = Place::of_scope(&scope);
    match kind {
        Queue::KIND => Ok(queue(&core, QueueId { place, name: id }).await?),
        Condemned::KIND => Ok(empty(&core, &place, &id, &key).await?),
        DataKey::KIND => Ok(outdated_keys::look(&core, &place, &key).await?),
        MoveTask::KIND => Ok(moving::step(&core, &place, &id, &key).await?),
        _ => Ok(Next::Settled),
    }
}

/// A call of the service's own.
pub fn own_call(core: &Core, place: &Place) -> Call {
    let now = core.parts.clock.now();
    let cx = Context::internal(&place.account, &place.region, PRINCIPAL, now);
    Call::by_controller(cx, PERMIT)
}

/// Removes some of the old messages of a queue, and says when to go on or when the next is too old.
async fn queue(core: &Core, id: QueueId) -> Result<Next, ChangeError> {
    let Some(live) = core.find(&id).await? else {
        return Ok(Next::Settled);
    };
    let now = core.now();
    // An id that is sent anew is not written before its old record is gone, nor deleted instead of it.
    let turn = match live.record().settings.fifo {
        true => Some(live.lanes.whole().await),
        false => None,
    };
    let (claim, names, next) = {
        let mut state = live.state();
        let kept_ms = Millis::from(state.record.settings.retention_s) * 1000;
        let old = state.machine.begin_expired(now.saturating_sub(kept_ms));
        let names = state.machine.dedup.forget(now, SOME);
        let names: Vec<_> = names.iter().map(|it| state.drawer.dedup(it)).collect();
        let ends = state.machine.dedup.next_end();
        let ends = ends.map(|at| at + FORGET_EVERY_MS);
        let expires = state.machine.oldest().map(|at| at + kept_ms + 1);
        let next = ends.into_iter().chain(expires).min();
        (state.claim(&live, old), names, next)
    };
    let done = claim.asides.is_empty() && names.is_empty();
    core.delete(&PERMIT, names).await?;
    drop(turn);
    if !claim.asides.is_empty() {
        receiving::remove(core, &own_call(core, &id.place), claim).await?;
    }
    Ok(Next::After(match done {
        true => {
            let wait = next.map(|at| Duration::from_millis(at.saturating_sub(now).max(1000)));
            wait.unwrap_or(SELDOM).min(SELDOM)
        }
        // Others' queues are looked at in between.
        false => Duration::ZERO,
    }))
}

/// Empties a drawer, some keys at a time, and then forgets it. Not before whoever found it in use has written there: what comes
/// later would stay for ever.
async fn empty(core: &Core, place: &Place, name: &str, key: &str) -> Result<Next, ChangeError> {
    let Some(condemned) = core.table.read::<Condemned>(key).await? else {
        return Ok(Next::Settled);
    };
    let (due, now) = (
        condemned.record.since + STILL_WRITTEN,
        core.parts.clock.now(),
    );
    if now < due {
        return Ok(Next::After(due.since(now)));
    }
    let drawer = Drawer::new(place, name);
    for kind in KINDS {
        let range = Range::prefix(drawer.prefix(kind)).limit(SOME).keys_only();
        let found = core.store().range(range).await?;
        if !found.entries.is_empty() {
            let keys = found.entries.into_iter().map(|it| it.key).collect();
            core.delete(&PERMIT, keys).await?;
            return Ok(Next::After(Duration::ZERO));
        }
    }
    core.delete(&PERMIT, vec![key.to_owned()]).await?;
    Ok(Next::Settled)
}
