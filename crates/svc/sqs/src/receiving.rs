//! Receives messages: waits for some, moves those that were received too often to the dead-letter queue, opens the
//! others, writes that they are held, and hands them out.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, timeout_at};
use wharf_seal::Secret;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use crate::{
    content::Content,
    core::{ChangeError, Core},
    dead_letters, fault, keys,
    live::{Claim, Live},
    machine::{Aside, Message, Millis, Seq, Settled, Wanted},
    receipt::Receipt,
    records::Queue,
    stored::{self, Drawer, Head, State},
};

/// Messages of one queue that may be held at a time.
const MOST_HELD: usize = 120_000;

/// Looks at a queue of one receive after its deadline, each of which did something else first: moved what is dead, or
/// removed what is too old.
const MOST_LOOKS: usize = 10;

/// What a receive asks for.
pub struct Asked {
    pub most: usize,
    pub visibility_s: u32,
    pub wait_s: u32,
    pub attempt: Option<String>,
}

/// A message that was received.
pub struct Received {
    pub seq: Seq,
    pub state: State,
    pub head: Head,
    pub content: Content,
    pub received_at: Option<Millis>,
}

impl Received {
    pub fn receipt(&self) -> Receipt {
        Receipt {
            seq: self.seq,
            id: self.head.id,
            receives: self.state.receives,
            received_at: self.received_at,
        }
    }
}

/// Receives messages, and waits for the first as long as asked.
pub async fn receive(
    core: &Core,
    call: &Call,
    live: &Arc<Live>,
    asked: &Asked,
) -> Result<Vec<Received>, Fault> {
    let deadline = Instant::now() + Duration::from_secs(asked.wait_s.into());
    let (mut waited, mut late) = (false, 0);
    let outcome = loop {
        let now = core.now();
        let arrived = live.arrived.notified();
        match try_receive(core, call, live, asked, now).await {
            Ok(Tried::Got(received)) => break Ok(received),
            Ok(Tried::Again) if Instant::now() < deadline => {}
            Ok(Tried::Again) if late < MOST_LOOKS => late += 1,
            // The next one goes on with it.
            Ok(Tried::Again) => break Ok(Vec::new()),
            Ok(Tried::Nothing(next)) if Instant::now() < deadline => {
                let next =
                    next.map(|at| Instant::now() + Duration::from_millis(at.saturating_sub(now)));
                let until = next.map_or(deadline, |at| at.min(deadline));
                waited = true;
                // Woken or not: the queue is looked at.
                let _ = timeout_at(until, arrived).await;
            }
            Ok(Tried::Nothing(_)) => break Ok(Vec::new()),
            Err(fault) => break Err(fault),
        }
    };
    if waited {
        // It may have been woken in vain, or known of a time that others do not.
        live.arrived.notify_one();
    }
    outcome
}

enum Tried {
    Got(Vec<Received>),
    /// Something else was done first.
    Again,
    /// Nothing is ready; the next message may be at this time.
    Nothing(Option<Millis>),
}

async fn try_receive(
    core: &Core,
    call: &Call,
    live: &Arc<Live>,
    asked: &Asked,
    now: Millis,
) -> Result<Tried, Fault> {
    let (record, expired) = {
        let mut state = live.state();
        if state.gone {
            return Err(fault::no_queue());
        }
        let record = state.record.clone();
        let kept_ms = Millis::from(record.settings.retention_s) * 1000;
        let expired = state.machine.begin_expired(now.saturating_sub(kept_ms));
        (record, state.claim(live, expired))
    };
    if !expired.asides.is_empty() {
        remove(core, call, expired).await?;
        return Ok(Tried::Again);
    }
    drop(expired);
    if let Some(again) = repeat(core, call, live, asked, now).await? {
        return Ok(Tried::Got(again));
    }
    let dead_letters = dead_letters::target(core, &live.id, &record).await?;
    let (received, dead) = {
        let mut state = live.state();
        let max_receives = record.settings.redrive.as_ref().map(|it| it.max_receives);
        let taken = state.machine.begin_receive(
            Wanted {
                most: asked.most,
                max_receives: max_receives.filter(|_| dead_letters.is_some()),
                max_held: MOST_HELD,
            },
            now,
        );
        if taken.over_limit && !record.settings.fifo && asked.wait_s == 0 {
            return Err(fault::too_many_held());
        }
        if taken.received.is_empty() && taken.dead.is_empty() {
            return Ok(Tried::Nothing(state.machine.next_change()));
        }
        (
            state.claim(live, taken.received),
            state.claim(live, taken.dead),
        )
    };
    if let Some(target) = dead_letters
        && !dead.asides.is_empty()
    {
        dead_letters::bury(core, call, live, dead, &target).await?;
    }
    if received.asides.is_empty() {
        return Ok(Tried::Again);
    }
    let got = hold(core, call, live, &record, received, asked, now).await?;
    Ok(Tried::Got(got))
}

/// Writes that messages are held from now on, and opens them.
async fn hold(
    core: &Core,
    call: &Call,
    live: &Arc<Live>,
    record: &Queue,
    claim: Claim,
    asked: &Asked,
    now: Millis,
) -> Result<Vec<Received>, Fault> {
    let visible_at = now + Millis::from(asked.visibility_s) * 1000;
    let (mut txn, mut received) = (Txn::new(), Vec::with_capacity(claim.asides.len()));
    for aside in &claim.asides {
        let key = claim.drawer.message(aside.seq);
        let value = read(core, &key).await?;
        let (before, head, inline) = stored::decode(&value).map_err(|it| fault::unreadable(&it))?;
        let state = held(before, visible_at, now);
        let content = open(core, call, live, record, &claim.drawer, &head, inline).await?;
        txn = txn.put(key, stored::in_state(&value, state));
        received.push(Received {
            seq: aside.seq,
            state,
            head,
            content,
            received_at: Some(now),
        });
    }
    let settle = move |aside: &Aside| {
        Settled::Is(Message {
            visible_at,
            receives: aside.before.receives + 1,
            ..aside.before.clone()
        })
    };
    let (of, count) = (live.clone(), received.len());
    let then = move || of.meter.received(count);
    let committed = claim.commit(core.store(), &call.permit, txn, now, settle, then);
    committed.await.map_err(ChangeError::from)?;
    if let Some(attempt) = asked.attempt.clone().filter(|_| record.settings.fifo) {
        let receipts = received.iter().map(Received::receipt).collect();
        live.state()
            .attempts
            .remember(attempt, receipts, visible_at, now);
    }
    Ok(received)
}

fn held(before: State, visible_at: Millis, now: Millis) -> State {
    State {
        visible_at,
        receives: before.receives + 1,
        first_received_at: match before.first_received_at {
            0 => now,
            first => first,
        },
    }
}

/// What an attempt got before, held anew; `None` if there was none, or if it is not as it was any more.
async fn repeat(
    core: &Core,
    call: &Call,
    live: &Arc<Live>,
    asked: &Asked,
    now: Millis,
) -> Result<Option<Vec<Received>>, Fault> {
    let Some(attempt) = &asked.attempt else {
        return Ok(None);
    };
    let visible_at = now + Millis::from(asked.visibility_s) * 1000;
    let (claim, record, received_at) = {
        let mut state = live.state();
        let Some((receipts, until)) = state.attempts.find(attempt, now) else {
            return Ok(None);
        };
        let receipts = receipts.to_vec();
        // All of an attempt were received at once.
        let received_at = receipts.first().and_then(|it| it.received_at);
        let as_it_was = receipts.iter().all(|it| {
            let message = state.machine.get(it.seq);
            message.is_some_and(|is| is.visible_at == until && is.receives == it.receives)
        });
        if !as_it_was {
            return Ok(None);
        }
        let mut asides = Vec::new();
        for it in &receipts {
            if let Ok(aside) = state.machine.begin_held(it.seq, it.id, it.receives, now) {
                asides.push(aside);
            }
        }
        let all = asides.len() == receipts.len();
        let claim = state.claim(live, asides);
        if !all {
            // The claim puts back what it has, which needs the state.
            drop(state);
            return Ok(None);
        }
        (claim, state.record.clone(), received_at)
    };
    let (mut txn, mut received) = (Txn::new(), Vec::new());
    for aside in &claim.asides {
        let key = claim.drawer.message(aside.seq);
        let value = read(core, &key).await?;
        let (before, head, inline) = stored::decode(&value).map_err(|it| fault::unreadable(&it))?;
        let state = State {
            visible_at,
            ..before
        };
        let content = open(core, call, live, &record, &claim.drawer, &head, inline).await?;
        txn = txn.put(key, stored::in_state(&value, state));
        received.push(Received {
            seq: aside.seq,
            state,
            head,
            content,
            received_at,
        });
    }
    let settle = move |aside: &Aside| {
        Settled::Is(Message {
            visible_at,
            ..aside.before.clone()
        })
    };
    let (of, count) = (live.clone(), received.len());
    let then = move || of.meter.received(count);
    let committed = claim.commit(core.store(), &call.permit, txn, now, settle, then);
    committed.await.map_err(ChangeError::from)?;
    let receipts = received.iter().map(Received::receipt).collect();
    let mut state = live.state();
    state
        .attempts
        .remember(attempt.clone(), receipts, visible_at, now);
    drop(state);
    Ok(Some(received))
}

/// Deletes claimed messages.
pub async fn remove(core: &Core, call: &Call, claim: Claim) -> Result<(), ChangeError> {
    let mut txn = Txn::new();
    let mut large = Vec::new();
    for aside in &claim.asides {
        let key = claim.drawer.message(aside.seq);
        if let Some(entry) = core.store().get(&key).await? {
            let (_, head, _) = stored::decode(&entry.value).map_err(ChangeError::other)?;
            large.extend((0..head.parts).map(|number| claim.drawer.part(head.id, number)));
        }
        txn = txn.delete(key);
    }
    let now = core.now();
    let committed = claim.commit(
        core.store(),
        &call.permit,
        txn,
        now,
        |_| Settled::Gone,
        || (),
    );
    committed.await?;
    // What is left of them after a crash here is found when the queue is loaded.
    core.delete(&call.permit, large).await
}

pub async fn read(core: &Core, key: &str) -> Result<bytes::Bytes, ChangeError> {
    let entry = core.store().get(key).await?;
    let entry = entry.ok_or_else(|| ChangeError::other(Lost))?;
    Ok(entry.value)
}

#[derive(Debug, thiserror::Error)]
#[error("a message or a part of it is not in the store")]
struct Lost;

/// The sealed content of a message, put together from its parts.
pub async fn whole(
    core: &Core,
    drawer: &Drawer,
    head: &Head,
    inline: &[u8],
) -> Result<Vec<u8>, ChangeError> {
    let mut whole = inline.to_vec();
    for number in 0..head.parts {
        whole.extend_from_slice(&read(core, &drawer.part(head.id, number)).await?);
    }
    Ok(whole)
}

async fn open(
    core: &Core,
    call: &Call,
    live: &Live,
    record: &Queue,
    drawer: &Drawer,
    head: &Head,
    inline: &[u8],
) -> Result<Content, Fault> {
    let sealed = whole(core, drawer, head, inline).await?;
    let plain = match &head.key {
        None => Secret::from(sealed),
        Some(id) => {
            let reuse_s = record.settings.kms_reuse_s;
            let key = keys::opening(core, call, &live.id.place, id, reuse_s).await?;
            key.open(head.id, &sealed)
                .map_err(|it| fault::unreadable(&it))?
        }
    };
    rmp_serde::from_slice(plain.expose()).map_err(|it| fault::unreadable(&it))
}
