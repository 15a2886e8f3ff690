//! What is done for images while nobody asks: layers that nobody refers to are collected, plain ones of
//! a version before are encrypted, all are read again now and then, lifecycle policies run, and images are replicated.

use std::{
    convert::Infallible,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio_util::sync::CancellationToken;
use wharf_base::{Clock, Permit};
use wharf_blobs::{BlobError, Scrubbed, Scrubber};
use wharf_reconcile::Queue;
use wharf_service::queue_of_accounts;
use wharf_svc_ecr::{Catalog, Reach};
use wharf_wire::Dispatcher;

use crate::beside::beside;

/// How often what nobody needs is looked for.
const EVERY: Duration = Duration::from_secs(300);
/// Bytes of plain blobs that are encrypted at a time: a few seconds of a disk.
const ENCRYPTED_AT_ONCE: u64 = 1 << 30;
/// How often a replication is tried again.
const REPLICATED_AGAIN: Duration = Duration::from_secs(30);
/// How fast blobs are read again, a second: a tenth of what a disk gives, or less.
const SCRUBBED_PER_SECOND: f64 = (32 << 20) as f64;
/// What a blob costs beside its bytes: two accesses of a slow disk.
const SCRUBBED_PER_BLOB: f64 = (256 << 10) as f64;
/// How long it waits before it looks again whether it is time for that, and after an error. A start has better things
/// to do for as long.
const SCRUB_PAUSE: Duration = Duration::from_secs(5);
const PERMIT: Permit = Permit::for_controller("maintenance");

/// Collects layers that nobody refers to, and encrypts those that a version before stored plain.
pub async fn keep_up(catalog: Catalog) {
    if let Err(error) = catalog.finish_removals(&PERMIT).await {
        tracing::warn!(%error, "failed to finish the removal of unused layers; will retry");
    }
    let mut tick = tokio::time::interval(EVERY);
    // The first tick comes at once, and a start has better things to do.
    tick.tick().await;
    loop {
        tick.tick().await;
        catalog.blobs().drop_idle();
        if let Err(error) = catalog.collect_garbage(&PERMIT).await {
            tracing::warn!(%error, "failed to remove unused layers; will retry");
        }
        match catalog.blobs().encrypt_plain(ENCRYPTED_AT_ONCE).await {
            Ok(done) if done.blobs > 0 => tracing::info!(
                blobs = done.blobs,
                bytes = done.bytes,
                "layers that a version before stored plain were encrypted"
            ),
            Ok(_) => {}
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to encrypt layers of an older version; will retry"
            ),
        }
    }
}

/// Reads all blobs again, slowly, as often as asked: what the disk lost is said while others may still have it.
pub async fn scrub(catalog: Catalog, every: Option<Duration>) {
    let Some(every) = every else {
        return std::future::pending().await;
    };
    let mut scrubber = Scrubber::new(catalog.blobs().clone());
    loop {
        tokio::time::sleep(SCRUB_PAUSE).await;
        if let Err(error) = scrub_once(&catalog, &mut scrubber, every).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(
                error,
                "failed to read a blob back to verify it; continuing with the next"
            );
        }
    }
}

/// What is left of a pass, if it is time for one, and damaged blobs that may have become whole again.
async fn scrub_once(
    catalog: &Catalog,
    scrubber: &mut Scrubber,
    every: Duration,
) -> Result<(), BlobError> {
    // It lists folders of a disk that may be slow because it fails.
    while beside(|| scrubber.begin(SystemTime::now(), every))? {
        match scrubber.step().await? {
            Scrubbed::Ended => return Ok(()),
            Scrubbed::Bytes(bytes) => {
                let cost = bytes as f64 + SCRUBBED_PER_BLOB;
                tokio::time::sleep(Duration::from_secs_f64(cost / SCRUBBED_PER_SECOND)).await;
            }
            Scrubbed::Damaged(digest) => {
                let repositories = catalog.repositories_with(&digest).await;
                let repositories = repositories.unwrap_or_default().join(" ");
                tracing::error!(
                    %digest,
                    repositories,
                    "verifying a blob failed: it is damaged and counts as missing; push its image again"
                );
            }
        }
    }
    Ok(())
}

/// Brings images back from the archive, at once; those whose bytes were missing are tried again.
pub async fn restore(catalog: Catalog, clock: Arc<dyn Clock>) {
    let mut tick = tokio::time::interval(EVERY);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = catalog.restores() => {}
        }
        if let Err(error) = catalog.activate_images(&PERMIT, clock.now()).await {
            tracing::warn!(%error, "failed to restore images from the archive; will retry");
        }
    }
}

/// Runs lifecycle policies of repositories: one that was set at once, the others as they are due.
pub async fn expire(catalog: Catalog, clock: Arc<dyn Clock>) {
    let mut tick = tokio::time::interval(EVERY);
    tick.tick().await;
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            () = catalog.work() => {}
        }
        let now = clock.now();
        if let Err(error) = catalog.expire_images(&PERMIT, now).await {
            tracing::warn!(%error, "lifecycle policies failed; will retry");
        }
    }
}

/// Brings images to where replication wants them, as soon as they are pushed; what failed for the moment is
/// tried again. Accounts take turns, and nobody waits for a registry whose images are long on their way; what goes to other
/// installations has places of its own.
pub async fn replicate(catalog: Catalog, dispatcher: Dispatcher, clock: Arc<dyn Clock>) {
    let (here, elsewhere) = (queue_of_accounts(), queue_of_accounts());
    let waking = wake_registries(catalog.clone(), [here.clone(), elsewhere.clone()]);
    let near = replicate_to(
        Reach::Here,
        here,
        catalog.clone(),
        dispatcher.clone(),
        clock.clone(),
    );
    let far = replicate_to(Reach::Elsewhere, elsewhere, catalog, dispatcher, clock);
    tokio::join!(near, far, waking);
}

async fn replicate_to(
    reach: Reach,
    queue: Arc<Queue<String>>,
    catalog: Catalog,
    dispatcher: Dispatcher,
    clock: Arc<dyn Clock>,
) {
    let look = move |key: String| {
        let (catalog, dispatcher, clock) = (catalog.clone(), dispatcher.clone(), clock.clone());
        async move {
            let (permit, now) = (PERMIT, clock.now());
            let next = catalog.replicate_registry(&dispatcher, &permit, reach, &key, now);
            Ok::<_, Infallible>(next.await)
        }
    };
    let never = CancellationToken::new();
    wharf_reconcile::run(queue, reach.at_once(), never, look).await;
}

async fn wake_registries(catalog: Catalog, queues: [Arc<Queue<String>>; 2]) {
    let mut tick = tokio::time::interval(REPLICATED_AGAIN);
    loop {
        tokio::select! {
            // The first comes at once: a process before this one may have left something.
            _ = tick.tick() => {}
            () = catalog.owing() => {}
        }
        match catalog.registries().await {
            Ok(keys) => {
                for queue in &queues {
                    keys.iter().for_each(|key| queue.wake(key.clone()));
                }
            }
            Err(error) => {
                tracing::warn!(%error, "looking for images to be replicated failed; will retry");
            }
        }
    }
}
