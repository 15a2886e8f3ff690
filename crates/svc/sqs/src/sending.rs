//! Sends messages: seals them, finds those that were sent before, writes them, and then lets receivers see them.
//! What is acknowledged is on disk.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
};

use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use wharf_base::Permit;
use wharf_store::Txn;
use wharf_wire::{Call, CallerKind, Fault};

use crate::{
    content::Content,
    core::{self, ChangeError, Core},
    fault,
    keys::{self, Usable},
    lanes::Turn,
    live::Live,
    machine::{DEDUP_WINDOW_MS, Millis, Original, Seq},
    settings::Settings,
    stored::{self, Drawer, Head, INLINE_BYTES, PART_BYTES, State},
};

/// Bytes of parts in one transaction.
const TXN_BYTES: usize = 3 * PART_BYTES;

/// A message to be sent, which the queue's settings allow.
pub struct Outgoing {
    pub content: Content,
    pub delay_s: u32,
    pub group: Option<String>,
    pub dedup_id: Option<String>,
}

/// A message that is on disk, or was before.
pub struct Sent {
    pub id: String,
    /// Of FIFO queues.
    pub sequence: Option<String>,
    pub checksums: Checksums,
}

pub struct Checksums {
    pub body: String,
    pub attributes: Option<String>,
    pub system_attributes: Option<String>,
}

/// A sequence number as clients see it.
pub fn shown_sequence(seq: Seq) -> String {
    format!("{seq:020}")
}

/// The deduplication id of a body.
pub fn hash_of(body: &str) -> String {
    hex::encode(Sha256::digest(body.as_bytes()))
}

/// What duplicates have in common, as it stands in keys.
fn dedup_name(settings: &Settings, group: &str, id: &str) -> String {
    let scope = if settings.dedup_in_group { group } else { "" };
    let mut hash = Sha256::new();
    hash.update((scope.len() as u64).to_be_bytes());
    hash.update(scope.as_bytes());
    hash.update(id.as_bytes());
    hex::encode(&hash.finalize()[..16])
}

/// A message with its place in the queue.
struct Placed {
    seq: Seq,
    head: Head,
    state: State,
    /// Sealed.
    content: Vec<u8>,
    /// Of what was sent.
    bytes: usize,
}

/// What is written at once.
struct Batch {
    placed: Vec<Placed>,
    originals: HashMap<String, Original>,
    /// Of a FIFO queue: until it is written, nobody sends what might be the same or come later.
    turn: Option<Turn>,
}

/// Sends messages to a queue, all of them or none.
pub async fn send(
    core: &Core,
    call: &Call,
    live: &Arc<Live>,
    messages: Vec<Outgoing>,
) -> Result<Vec<Sent>, Fault> {
    let settings = &live.record().settings;
    // Before anything is written or asked for. What is being sent by others meanwhile is not much.
    let more: usize = messages.iter().map(|it| it.content.size()).sum();
    if live.account.load(Ordering::Relaxed) + more as u64 > core.parts.most_bytes {
        return Err(fault::full(core.parts.most_bytes));
    }
    let key = keys::sealing(core, call, &live.id, settings).await?;
    // Of a FIFO queue, or of a group of it, nothing is written before what was sent earlier.
    let turn = match (settings.fifo, settings.limit_per_group) {
        (false, _) => None,
        (true, false) => Some(live.lanes.whole().await),
        (true, true) => {
            let groups = messages.iter().filter_map(|it| it.group.as_deref());
            Some(live.lanes.of(groups).await)
        }
    };
    let now = core.now();
    let (mut sent, mut placed) = (Vec::with_capacity(messages.len()), Vec::new());
    let mut originals: HashMap<String, Original> = HashMap::new();
    let drawer = {
        let mut state = live.state();
        if state.gone {
            return Err(fault::no_queue());
        }
        for message in messages {
            let checksums = Checksums {
                body: message.content.md5_of_body(),
                attributes: message.content.md5_of_attributes(),
                system_attributes: message.content.md5_of_system_attributes(),
            };
            let name = message
                .dedup_id
                .as_deref()
                .map(|id| dedup_name(settings, message.group.as_deref().unwrap_or_default(), id));
            let before = name.as_deref().and_then(|name| {
                let fresh = originals.get(name).copied();
                fresh.or_else(|| state.machine.dedup.find(name, now))
            });
            let (seq, id) = match before {
                Some(original) => (original.seq, original.id),
                None => {
                    let (seq, id) = (state.machine.next_seq(now), Uuid::new_v4().as_u128());
                    if let Some(name) = name {
                        let until = now + DEDUP_WINDOW_MS;
                        originals.insert(name, Original { seq, id, until });
                    }
                    placed.push((seq, id, message));
                    (seq, id)
                }
            };
            sent.push(Sent {
                id: Uuid::from_u128(id).to_string(),
                sequence: settings.fifo.then(|| shown_sequence(seq)),
                checksums,
            });
        }
        state.drawer.clone()
    };
    live.meter.deduplicated(sent.len() - placed.len());
    if placed.is_empty() {
        return Ok(sent);
    }
    let placed = placed.into_iter().map(|(seq, id, message)| {
        let state = State {
            visible_at: now + Millis::from(message.delay_s) * 1000,
            ..State::default()
        };
        sealed(call, key.as_ref(), seq, id, state, message)
    });
    let batch = Batch {
        placed: placed.collect(),
        originals,
        turn,
    };
    write(core, call, live, &drawer, batch, now).await?;
    Ok(sent)
}

fn sealed(
    call: &Call,
    key: Option<&Usable>,
    seq: Seq,
    id: u128,
    state: State,
    message: Outgoing,
) -> Placed {
    let bytes = message.content.size();
    let plain = rmp_serde::to_vec(&message.content).expect("a content is plain data");
    let content = match key {
        Some(usable) => usable.key.seal(id, &plain),
        None => plain,
    };
    let parts = match content.len() > INLINE_BYTES {
        true => content.len().div_ceil(PART_BYTES),
        false => 0,
    };
    let sender = match call.caller.kind {
        CallerKind::Account | CallerKind::Service => call.caller.account.clone(),
        _ => call.caller.user_id.clone(),
    };
    Placed {
        seq,
        state,
        content,
        bytes,
        head: Head {
            id,
            sender,
            group: message.group,
            dedup_id: message.dedup_id,
            source: None,
            key: key.map(|it| it.id.clone()),
            parts: u32::try_from(parts).unwrap_or(u32::MAX),
        },
    }
}

/// Writes messages, large contents first, and shows them to receivers.
async fn write(
    core: &Core,
    call: &Call,
    live: &Arc<Live>,
    drawer: &Arc<Drawer>,
    batch: Batch,
    now: Millis,
) -> Result<(), Fault> {
    let Batch {
        placed,
        originals,
        turn,
    } = batch;
    let mut txn = Txn::new();
    let mut added = Vec::with_capacity(placed.len());
    let sizes: Vec<_> = placed.iter().map(|it| it.bytes).collect();
    let fifo = live.record().settings.fifo;
    for it in placed {
        let inline = match it.head.parts {
            0 => it.content.as_slice(),
            _ => {
                write_parts(core, &call.permit, drawer, it.head.id, &it.content).await?;
                &[]
            }
        };
        let record = stored::encode(it.state, &it.head, inline);
        let bytes = stored::bytes(record.len(), it.head.parts);
        let group = it.head.group.as_deref();
        added.push((
            it.seq,
            core::message(&it.state, it.head.id, bytes, group, fifo),
        ));
        txn = txn.put(drawer.message(it.seq), record);
    }
    for (name, original) in &originals {
        let value = stored::encode_dedup(original.seq, original.id, original.until);
        txn = txn.put(drawer.dedup(name), value);
    }
    // What is written is shown even if the caller goes away in between, and the turn lasts until then.
    let (store, permit) = (core.store().clone(), call.permit.clone());
    let (live, drawer) = (live.clone(), drawer.clone());
    let written = tokio::spawn(async move {
        store.txn(&permit, txn).await?.committed()?;
        live.remember(&drawer, originals);
        live.add(&drawer, added, now);
        live.meter.sent(&sizes);
        drop(turn);
        Ok::<_, wharf_store::StoreError>(())
    });
    let written = written.await.map_err(ChangeError::other)?;
    Ok(written.map_err(ChangeError::from)?)
}

/// Writes a large content. It counts for nothing until its head is there.
pub async fn write_parts(
    core: &Core,
    permit: &Permit,
    drawer: &Drawer,
    id: u128,
    content: &[u8],
) -> Result<(), ChangeError> {
    let mut numbers = 0..;
    for some in content.chunks(TXN_BYTES) {
        let mut txn = Txn::new();
        for (part, number) in some.chunks(PART_BYTES).zip(&mut numbers) {
            txn = txn.put(drawer.part(id, number), part.to_vec());
        }
        core.store().txn(permit, txn).await?;
    }
    Ok(())
}
