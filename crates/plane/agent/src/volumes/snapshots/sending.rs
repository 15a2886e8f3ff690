//! Sending: what was taken is offered, what is missing is sent, and when all of it is there the snapshot is complete.

use std::{collections::BTreeSet, fs, sync::Arc};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream, stream::FuturesUnordered};
use http::Method;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use wharf_planeproto::snapshot::{
    Complete, Entry, MAX_OFFER, Missing, Offer, PAGE_ENTRIES, Snapshot, Sum, What, hex_of, page,
    sum_of,
};

use super::{
    AT_ONCE, NotSent, fail, is_over, path, post,
    take::{self, Taken},
};
use crate::{
    client::{Api, sum},
    volumes::{Volumes, blocking, tries::Tries},
};

/// Snapshots under way at a time: a large one keeps small ones waiting no longer than their own bytes take.
const SENT_AT_ONCE: usize = 3;
/// Chunks of one offer: progress is told with each.
const OFFER: usize = 100;
const _: () = assert!(OFFER <= MAX_OFFER);

impl Volumes {
    /// Sends what was taken, a few at a time, until `shutdown`.
    pub(super) async fn send_taken(&self, api: &Api, shutdown: &CancellationToken) {
        let (mut news, mut moved) = (self.snapshots.subscribe(), self.moved.subscribe());
        let (mut tries, mut under_way) = (Tries::default(), FuturesUnordered::new());
        loop {
            moved.borrow_and_update();
            let told = news.borrow_and_update().clone().unwrap_or_default();
            let now = Instant::now();
            tries.keep(|id| told.contains_key(id));
            for snapshot in told.values() {
                if under_way.len() == SENT_AT_ONCE {
                    break;
                }
                if tries.is_due(&snapshot.id, now) && self.is_taken(&snapshot.id) {
                    tries.begin(&snapshot.id);
                    let snapshot = snapshot.clone();
                    under_way.push(async move {
                        let over = self.send_or_fail(api, &snapshot).await;
                        (snapshot.id, over)
                    });
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = news.changed() => if changed.is_err() { return },
                changed = moved.changed() => if changed.is_err() { return },
                Some((id, over)) = under_way.next() => match over {
                    true => tries.end(&id),
                    false => tries.again(&id, Instant::now()),
                },
                () = sleep_until(tries.next(now)) => {}
            }
        }
    }

    /// Whether nothing is left to be done.
    async fn send_or_fail(&self, api: &Api, snapshot: &Snapshot) -> bool {
        match self.send_one(api, snapshot).await {
            Ok(()) => true,
            Err(error) if is_over(&error) => false,
            Err(error) if error.is_final() => {
                tracing::error!(snapshot = snapshot.id, %error, "failed to send a snapshot");
                fail(api, snapshot, &error).await
            }
            Err(error) => {
                tracing::warn!(snapshot = snapshot.id, %error, "failed to send a snapshot; will retry");
                false
            }
        }
    }

    async fn send_one(&self, api: &Api, snapshot: &Snapshot) -> Result<(), NotSent> {
        let of_volume = self.folder_of_volume(&snapshot.volume);
        let folder = self.folder_of(&snapshot.id);
        let (opened, list) = (folder.clone(), folder.join("list"));
        let image = self.image_of(&snapshot.volume);
        let taken = blocking(move || Taken::open(&opened, &image)).await?;
        let taken = Arc::new(taken.ok_or(NotSent::Malformed)?);
        match send(api, snapshot, &taken).await {
            Err(NotSent::Stale) => {
                blocking(move || {
                    take::forget_base(&of_volume)?;
                    fs::remove_file(list)
                })
                .await?;
                self.moved.send_replace(());
                Err(NotSent::Stale)
            }
            Err(other) => Err(other),
            // Its volume goes, and what is kept of that with it.
            Ok(()) if snapshot.carries => Ok(()),
            Ok(()) => {
                let id = snapshot.id.clone();
                let kept = blocking(move || take::keep_base(&of_volume, &id, &taken.list)).await;
                if let Err(error) = kept {
                    tracing::warn!(volume = snapshot.volume, %error, "failed to keep the list of a snapshot's blocks; the next snapshot is a full one");
                }
                Ok(())
            }
        }
    }
}

/// Offers everything, sends what is missing, and completes the snapshot.
async fn send(api: &Api, snapshot: &Snapshot, taken: &Arc<Taken>) -> Result<(), NotSent> {
    let (all, mut done) = (taken.list.len().max(1), 0);
    for some in taken.list.chunks(OFFER) {
        let missing = offer(api, snapshot, some, done * 100 / all).await?;
        let wanted = some.iter().filter(|it| missing.contains(&it.sum));
        let wanted: Vec<_> = wanted.map(|it| Ok::<Entry, NotSent>(*it)).collect();
        stream::iter(wanted)
            .try_for_each_concurrent(AT_ONCE, |entry| {
                let taken = taken.clone();
                async move {
                    let bytes = blocking(move || taken.chunk(&entry)).await?;
                    put(api, snapshot, bytes.ok_or(NotSent::Stale)?.into()).await
                }
            })
            .await?;
        done += some.len();
    }
    let mut pages = Vec::new();
    for some in taken.list.chunks(PAGE_ENTRIES) {
        let bytes = Bytes::from(page(some));
        pages.push(hex_of(&sum(&bytes)));
        put(api, snapshot, bytes).await?;
    }
    post(api, snapshot, What::Complete, &Complete { pages }).await?;
    Ok(())
}

async fn put(api: &Api, snapshot: &Snapshot, bytes: Bytes) -> Result<(), NotSent> {
    let name = hex_of(&sum(&bytes));
    let path = path(snapshot, What::Bytes(&name));
    api.snapshot(Method::PUT, &path, bytes).await?;
    Ok(())
}

/// Says what there is, and that it was taken; what of it is missing.
pub(super) async fn offer(
    api: &Api,
    snapshot: &Snapshot,
    some: &[Entry],
    progress: usize,
) -> Result<BTreeSet<Sum>, NotSent> {
    let offer = Offer {
        progress: u8::try_from(progress).unwrap_or(99),
        sums: some.iter().map(|it| hex_of(&it.sum)).collect(),
    };
    let answer = post(api, snapshot, What::Offer, &offer).await?;
    let missing: Missing = serde_json::from_slice(&answer).map_err(|_| NotSent::Malformed)?;
    let sums = missing.sums.iter().map(|it| sum_of(it));
    sums.collect::<Option<_>>().ok_or(NotSent::Malformed)
}
