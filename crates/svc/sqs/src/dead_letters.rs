//! Dead letters: messages that were received too often go to another queue, in one transaction.

use std::{collections::BTreeSet, sync::Arc};

use wharf_store::{Compare, Txn};
use wharf_wire::{Call, Fault};

use crate::{
    core::{self, ChangeError, Core},
    live::{Claim, Live},
    machine::{Millis, Seq, Settled, sent_at},
    names::QueueId,
    receiving,
    records::Queue,
    sending,
    stored::{self, Drawer, Head, State},
};

/// The dead-letter queue of a queue, if it has one that is there. Versions before let a queue name itself.
pub async fn target(
    core: &Core,
    of: &QueueId,
    record: &Queue,
) -> Result<Option<Arc<Live>>, ChangeError> {
    let Some(redrive) = &record.settings.redrive else {
        return Ok(None);
    };
    match QueueId::of_arn(&redrive.target) {
        Some(id) if id != *of => core.find(&id).await,
        _ => Ok(None),
    }
}

/// Moves claimed messages to the dead-letter queue.
pub async fn bury(
    core: &Core,
    call: &Call,
    from: &Arc<Live>,
    claim: Claim,
    to: &Arc<Live>,
) -> Result<(), Fault> {
    let source = from.arn.clone();
    let head = move |head: Head| Head {
        source: Some(source.clone()),
        ..head
    };
    transfer(core, call, claim, to, head, Kept::TimeAndReceives).await?;
    Ok(())
}

/// What a message keeps when it moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Of standard queues also the time of sending; it has been received as often as before. Where dead letters
    /// go on from there, that is counted anew: nothing passes through queues that nobody has received it from.
    TimeAndReceives,
    /// It is a new message.
    Nothing,
}

/// Moves claimed messages to another queue. Each is in one of the two at any time, and in one alone.
pub async fn transfer(
    core: &Core,
    call: &Call,
    claim: Claim,
    to: &Arc<Live>,
    change: impl Fn(Head) -> Head,
    kept: Kept,
) -> Result<(), ChangeError> {
    let permit = call.permit.giving_back();
    // Places in the target are given to one mover at a time.
    let turn = to.lanes.whole().await;
    let now = core.now();
    let (drawer, record) = {
        let state = to.state();
        (state.drawer.clone(), state.record.clone())
    };
    let (fifo, goes_on) = (record.settings.fifo, record.settings.redrive.is_some());
    let (mut txn, mut added, mut large) = (Txn::new(), Vec::new(), Vec::new());
    let mut given = BTreeSet::new();
    for aside in &claim.asides {
        let key = claim.drawer.message(aside.seq);
        let value = receiving::read(core, &key).await?;
        let (before, head, inline) = stored::decode(&value).map_err(ChangeError::other)?;
        let anew = fifo || kept == Kept::Nothing;
        let seq = place(to, aside.seq, anew, &given, now);
        given.insert(seq);
        let state = match kept {
            Kept::TimeAndReceives if !goes_on => State {
                visible_at: now,
                ..before
            },
            Kept::TimeAndReceives | Kept::Nothing => State {
                visible_at: now,
                ..State::default()
            },
        };
        if head.parts > 0 {
            let whole = receiving::whole(core, &claim.drawer, &head, inline).await?;
            sending::write_parts(core, &permit, &drawer, head.id, &whole).await?;
            large.extend((0..head.parts).map(|number| claim.drawer.part(head.id, number)));
        }
        let (head, place) = (change(head), drawer.message(seq));
        let record = stored::encode(state, &head, inline);
        let bytes = stored::bytes(record.len(), head.parts);
        // What a server before this one is still writing is neither lost nor there twice.
        txn = txn
            .when(Compare::present(&key))
            .when(Compare::absent(&place))
            .delete(key)
            .put(place, record);
        added.push((
            seq,
            core::message(&state, head.id, bytes, head.group.as_deref(), fifo),
        ));
    }
    let target = to.clone();
    let show = {
        let drawer: Arc<Drawer> = drawer.clone();
        // The next mover sees what this one added, even if who asked for this goes away.
        move || {
            target.add(&drawer, added, now);
            drop(turn);
        }
    };
    let committed = claim.commit(core.store(), &permit, txn, now, |_| Settled::Gone, show);
    committed.await?;
    core.delete(&permit, large).await
}

/// A place in the target: the time of sending, unless it begins anew. Those that were `given` to others of the same
/// move are not there yet.
fn place(to: &Live, seq: Seq, anew: bool, given: &BTreeSet<Seq>, now: Millis) -> Seq {
    let mut state = to.state();
    match anew || sent_at(seq) > now {
        true => state.machine.next_seq(now),
        false => state.machine.free_seq(seq, given),
    }
}
