//! Forgets what nobody needs: messages without turns that are in no archive, and repetitions of long ago.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;
use wharf_base::{Permit, Timestamp};
use wharf_records::Record as _;
use wharf_service::{Place, transact};

use super::{Kept, Lane, Numbers, Seen, Turn};
use crate::{
    core::{ChangeError, Core},
    names::{SERVICE, TopicId},
    records::Topic,
};

const PERMIT: Permit = Permit::for_controller("sns-sweep");
const EVERY: Duration = Duration::from_secs(30);
/// Keys deleted in one transaction.
const SOME: usize = 100;
/// Messages looked at in one read.
const PAGE: usize = 200;

/// Sweeps until `stop`.
pub async fn run(core: Arc<Core>, stop: CancellationToken) {
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = tick.tick() => {}
        }
        if let Err(error) = sweep(&core, core.parts.clock.now()).await {
            tracing::warn!(%error, "failed to remove old records of FIFO topics, will retry");
        }
    }
}

pub async fn sweep(core: &Core, now: Timestamp) -> Result<(), ChangeError> {
    for (scope, name, _) in core.table.everywhere::<Numbers>(SERVICE).await? {
        let place = Place::new(scope.account, scope.region);
        let topic = TopicId { place, name };
        let found = core.table.read::<Topic>(&topic.key()).await?;
        let fifo = found.and_then(|it| it.record.fifo).unwrap_or_default();
        let kept_since = fifo.archive_days.map(|days| {
            let life = Duration::from_secs(u64::from(days) * 86_400);
            let since = Timestamp(now.0.saturating_sub(life.as_millis() as i64));
            since.max(fifo.archived_since.unwrap_or(since))
        });
        sweep_messages(core, &topic, kept_since).await?;
        sweep_seen(core, &topic, now).await?;
    }
    Ok(())
}

/// Messages that nobody waits for, from before a time; all of them without one.
async fn sweep_messages(
    core: &Core,
    topic: &TopicId,
    kept_since: Option<Timestamp>,
) -> Result<(), ChangeError> {
    let scope = topic.scope();
    let start = wharf_records::escape(&format!("{}/", topic.name));
    // Read in this order: a message that comes meanwhile is behind the last that is looked at.
    let numbers = core
        .table
        .read::<Numbers>(&super::numbers_key(topic))
        .await?;
    let last = numbers.map_or(0, |it| it.record.last);
    let turns = core
        .table
        .keys(&(scope.prefix(Turn::KIND) + &start))
        .await?;
    let waiting = turns.iter().filter_map(|it| Some(Lane::of(it)?.1));
    let waiting: BTreeSet<u64> = waiting.collect();
    let prefix = scope.prefix(Kept::KIND) + &start;
    let (mut after, mut gone) = (None, Vec::new());
    loop {
        let page = core
            .table
            .page::<Kept>(&prefix, after, PAGE, |_| true)
            .await?;
        for stored in &page.records {
            let Some(number) = stored.record.message.number else {
                continue;
            };
            let is_old = kept_since.is_none_or(|since| stored.record.at < since);
            if is_old && number <= last && !waiting.contains(&number) {
                gone.push(stored.key.clone());
            }
        }
        after = page.records.last().map(|it| it.key.clone());
        if !page.more {
            break;
        }
    }
    delete(core, &PERMIT, &gone).await
}

async fn sweep_seen(core: &Core, topic: &TopicId, now: Timestamp) -> Result<(), ChangeError> {
    let start = format!("{}/", topic.name);
    let all = core.table.all::<Seen>(&topic.scope(), &start).await?;
    let old = all.into_iter().filter(|(_, it)| it.record.until <= now);
    let old: Vec<_> = old.map(|(_, it)| it).collect();
    for some in old.chunks(SOME) {
        let mut changes = core.table.begin();
        for it in some {
            // One that was seen again meanwhile is looked at another time.
            changes.when(it.unchanged());
            changes.delete(&it.key);
        }
        let _ = changes.commit(&PERMIT).await?;
    }
    Ok(())
}

pub async fn delete(core: &Core, permit: &Permit, keys: &[String]) -> Result<(), ChangeError> {
    for some in keys.chunks(SOME) {
        transact!(core.table, permit, |tx| {
            for key in some {
                tx.delete(key);
            }
        });
    }
    Ok(())
}
