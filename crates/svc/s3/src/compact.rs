//! Gives back what small objects took that are there no more.
//!
//! A round looks at all slots once. A pack of which little is left is emptied: each body goes into the pack that
//! is being filled, and its slot says so unless the object went or changed meanwhile. A pack that no slot names is
//! removed some time after that was found: a backup that began before still speaks of it.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::Duration,
};

use wharf_base::Permit;
use wharf_records::decode;
use wharf_service::Stored;
use wharf_store::{Entry, Range};
use wharf_wire::Fault;

use crate::{
    core::{ChangeError, Core},
    packs::{MOVED, PACK_BYTES},
    records::{self, Pack, Slot},
};

const PERMIT: Permit = Permit::for_controller("s3-compaction");
/// What is less is copied into another pack.
const LITTLE: u64 = PACK_BYTES / 2;
/// How long the bytes of a pack stay that no slot names.
const GRACE: Duration = Duration::from_secs(3600);
/// Slots read, and bodies moved, at once.
const CHUNK: usize = 500;
const MOVED_AT_ONCE: usize = 32;

/// One round.
///
/// # Errors
/// The store's and the journal's; the next round goes on.
pub async fn round(core: &Core) -> Result<(), Fault> {
    let mut closed = HashMap::new();
    for entry in core.table.entries(&records::all_packs()).await? {
        let id = entry.key[records::all_packs().len()..].to_owned();
        // Before slots are looked at: one that is written from now on names another pack.
        if !core.packs.is_held(&id) {
            closed.insert(id, entry);
        }
    }
    if closed.is_empty() {
        return Ok(());
    }
    let mut left: HashMap<String, u64> = HashMap::new();
    each_slot(core, |_, slot| {
        if closed.contains_key(&slot.pack) {
            *left.entry(slot.pack).or_default() += slot.size;
        }
    })
    .await?;
    for (id, entry) in &closed {
        if !left.contains_key(id) {
            emptied(core, id, entry).await?;
        }
    }
    left.retain(|_, bytes| *bytes < LITTLE);
    empty(core, left.into_keys().collect()).await
}

async fn each_slot(core: &Core, mut look: impl FnMut(String, Slot)) -> Result<(), Fault> {
    let mut behind = None;
    loop {
        let mut range = Range::prefix(records::all_slots()).limit(CHUNK);
        range.start_after = behind;
        let page = core.table.store().range(range).await;
        let page = page.map_err(ChangeError::from)?;
        behind = page.entries.last().map(|it| it.key.clone());
        for entry in page.entries {
            let slot = decode(&entry.value).map_err(ChangeError::from)?;
            look(entry.key, slot);
        }
        if !page.more {
            return Ok(());
        }
        // A million slots are a second's work.
        tokio::task::yield_now().await;
    }
}

/// A pack that no slot names: it is removed if that was found long ago.
async fn emptied(core: &Core, id: &str, entry: &Entry) -> Result<(), Fault> {
    let pack: Pack = decode(&entry.value).map_err(ChangeError::from)?;
    let now = core.now();
    let mut changes = core.table.begin();
    match pack.emptied_at {
        None => {
            let emptied_at = Some(now);
            changes.put(&entry.key, &Pack { emptied_at, ..pack });
        }
        Some(since) if now.since(since) < GRACE => return Ok(()),
        Some(_) => {
            core.packs.remove(id).await?;
            changes.delete(&entry.key);
        }
    }
    changes.write(&PERMIT).await?;
    Ok(())
}

/// Moves what is left of some packs.
async fn empty(core: &Core, packs: HashSet<String>) -> Result<(), Fault> {
    if packs.is_empty() {
        return Ok(());
    }
    let mut slots = Vec::new();
    each_slot(core, |key, slot| {
        if packs.contains(&slot.pack) {
            slots.push((key, slot));
        }
    })
    .await?;
    for some in slots.chunks(MOVED_AT_ONCE) {
        let moving = some.iter().map(|(key, slot)| relocate(core, key, slot));
        futures_util::future::try_join_all(moving).await?;
    }
    tracing::info!(
        packs = packs.len(),
        moved = slots.len(),
        "small objects were moved together"
    );
    Ok(())
}

async fn relocate(core: &Core, key: &str, slot: &Slot) -> Result<(), Fault> {
    let found: Option<Stored<Slot>> = core.table.read(key).await?;
    let Some(found) = found.filter(|it| it.record == *slot) else {
        return Ok(());
    };
    let Some(body) = core.packs.read(slot).await? else {
        tracing::error!(
            pack = slot.pack,
            at = slot.at,
            "failed to move an object out of a pack: its bytes are missing"
        );
        return Ok(());
    };
    let (place, _held): (Slot, Arc<_>) = core.packs.put(MOVED, &body, core.now()).await?;
    let mut changes = core.table.begin();
    changes.when(found.unchanged());
    changes.put(key, &place);
    match changes.write(&PERMIT).await {
        Err(error) if error.is_conflict() => Ok(()),
        done => Ok(done?),
    }
}
