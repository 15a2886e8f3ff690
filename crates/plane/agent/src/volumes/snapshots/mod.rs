//! Snapshots of volumes of this machine: taken, sent, and forgotten when the control plane says no more of them.
//!
//! A snapshot is of one moment. A volume that a task has mounted is frozen while its file is read ([`super::freeze`]),
//! so the file is what a disk is after a clean unmount; one that nobody has mounted is kept from being mounted
//! meanwhile. The moment lies between the call and the completion: an agent that is killed before the list of chunks
//! is durable begins anew, and the snapshot is then of a later moment, but never of two.
//!
//! | killed | what is there | what happens |
//! | --- | --- | --- |
//! | while it reads | no `list` | it is taken again |
//! | while it sends | `list` and `chunks` | the same is offered again, and what is missing is sent |
//! | after it was completed | the same | the control plane says no more of it, and the folder goes |

mod take;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::{TryStreamExt as _, stream};
use http::Method;
use tokio::{task::spawn_blocking, time::sleep};
use tokio_util::sync::CancellationToken;
use wharf_base::Backoff;
use wharf_container::runtime::LoopDevice;
use wharf_planeproto::snapshot::{
    Complete, Entry, Failed, MAX_OFFER, Missing, Offer, PAGE_ENTRIES, Path, Snapshot, Sum, What,
    hex_of, page, sum_of,
};

use self::take::Taken;
pub use self::take::{is, write_chunk};
use super::{Volumes, freeze};
use crate::client::{Api, CallError, sum};

/// Below the node's folder.
pub const FOLDER: &str = "ebs-snapshots";
/// Chunks under way at a time, in both directions: a few hide the way, and each is in memory.
pub const AT_ONCE: usize = 4;
/// Chunks of one offer: progress is told with each.
const OFFER: usize = 100;
const _: () = assert!(OFFER <= MAX_OFFER);
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// What is told of snapshots.
pub type Told = BTreeMap<String, Snapshot>;

/// Why a snapshot was not sent.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error("{0}")]
    Call(#[from] CallError),
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The control plane lacks what an earlier snapshot had, and this one left out.
    #[error("chunks of an earlier snapshot are gone")]
    Stale,
    #[error("an answer is malformed")]
    Malformed,
}

impl NotSent {
    /// There is nothing to be gained by another try.
    fn is_final(&self) -> bool {
        match self {
            Self::Io(error) => matches!(
                error.kind(),
                io::ErrorKind::FileTooLarge | io::ErrorKind::StorageFull
            ),
            _ => false,
        }
    }
}

impl Volumes {
    /// Takes and sends snapshots, one after another, until `shutdown`.
    pub(super) async fn take_snapshots(self, api: Api, shutdown: CancellationToken) {
        let mut news = self.snapshots.subscribe();
        let mut pauses = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, 2.0);
        loop {
            let told = news.borrow_and_update().clone();
            let all_done = match &told {
                Some(told) => self.look(&api, told).await,
                None => true,
            };
            let pause = match all_done {
                true => {
                    pauses = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, 2.0);
                    LONGEST_PAUSE
                }
                false => pauses.wait(),
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = news.changed() => if changed.is_err() { return },
                () = sleep(pause) => {}
            }
        }
    }

    /// Whether nothing is left to be done.
    async fn look(&self, api: &Api, told: &Told) -> bool {
        if let Err(error) = self.forget(told) {
            tracing::error!(%error, "failed to remove snapshots that are done; will retry");
        }
        let mut all_done = true;
        for snapshot in told.values() {
            match self.bring_one(api, snapshot).await {
                Ok(()) => {}
                // It was deleted meanwhile; that will be told.
                Err(NotSent::Call(CallError::Fault { status: 404, .. })) => {}
                Err(error) if error.is_final() => {
                    tracing::error!(snapshot = snapshot.id, %error, "failed to take a snapshot");
                    let reason = error.to_string();
                    all_done &= fail(api, snapshot, reason).await.is_ok();
                }
                Err(error) => {
                    tracing::warn!(snapshot = snapshot.id, %error, "failed to send a snapshot; will retry");
                    all_done = false;
                }
            }
        }
        all_done
    }

    fn folder_of(&self, id: &str) -> PathBuf {
        self.snapshots_dir.join(id)
    }

    /// Removes what is left of snapshots that nothing is said of.
    fn forget(&self, told: &Told) -> io::Result<()> {
        let entries = match fs::read_dir(&self.snapshots_dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        for entry in entries {
            let entry = entry?;
            let is_told = entry
                .file_name()
                .to_str()
                .is_some_and(|id| told.contains_key(id));
            if !is_told {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    /// Whether a snapshot of the volume was told of and not taken yet: its file stays until then.
    pub(super) fn awaits_snapshot(&self, volume: &str) -> bool {
        let told = self.snapshots.borrow();
        let mut told = told.iter().flat_map(|it| it.values());
        told.any(|it| it.volume == volume && !self.folder_of(&it.id).join("list").exists())
    }

    async fn bring_one(&self, api: &Api, snapshot: &Snapshot) -> Result<(), NotSent> {
        let folder = self.folder_of(&snapshot.id);
        let opened = folder.clone();
        let taken = blocking(move || Taken::open(&opened)).await?;
        let taken = match taken {
            Some(taken) => taken,
            None => {
                if !self.files.image(&snapshot.volume).try_exists()? {
                    // Told before its volume was made, or of one that is gone.
                    if self.told.borrow().contains_key(&snapshot.volume) {
                        return Err(io::Error::from(io::ErrorKind::NotFound).into());
                    }
                    let reason = "the volume was deleted before the snapshot was taken";
                    fail(api, snapshot, reason.to_owned()).await?;
                    return Ok(());
                }
                self.take_one(snapshot).await?;
                let opened = folder.clone();
                let taken = blocking(move || Taken::open(&opened)).await?;
                taken.ok_or(NotSent::Malformed)?
            }
        };
        let taken = Arc::new(taken);
        match send(api, snapshot, &taken).await {
            Err(NotSent::Stale) => {
                let (of_volume, list) = (self.files.folder(&snapshot.volume), folder.join("list"));
                blocking(move || {
                    take::forget_base(&of_volume)?;
                    fs::remove_file(list)
                })
                .await?;
                Err(NotSent::Stale)
            }
            Err(other) => Err(other),
            Ok(()) => {
                let of_volume = self.files.folder(&snapshot.volume);
                let kept = blocking(move || take::keep_base(&of_volume, &taken.list)).await;
                if let Err(error) = kept {
                    tracing::warn!(volume = snapshot.volume, %error, "the next snapshot is a full one");
                }
                Ok(())
            }
        }
    }

    async fn take_one(&self, snapshot: &Snapshot) -> Result<(), NotSent> {
        let (image, of_volume) = (
            self.files.image(&snapshot.volume),
            self.files.folder(&snapshot.volume),
        );
        let folder = self.folder_of(&snapshot.id);
        // Nothing is mounted or removed while it is found out how the volume is.
        let busy = self.busy.clone().lock_owned().await;
        blocking(move || {
            // One that cannot be read is no reason to have no snapshot.
            let base = take::base(&of_volume).unwrap_or_default();
            if wharf_container::runtime::is_attached(&image)? {
                match freeze::freeze(&image) {
                    // Frozen it stays mounted, and what is mounted is not removed: others need not wait.
                    Ok(frozen) => {
                        drop(busy);
                        take::take(&image, &folder, &base)?;
                        drop(frozen);
                        return Ok(());
                    }
                    // The device of an instance, which may write to it as it is: what was written until now is read.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        if let Some(device) = LoopDevice::over(&image)? {
                            device.flush()?;
                        }
                    }
                    Err(error) => return Err(error),
                }
            }
            take::take(&image, &folder, &base)?;
            drop(busy);
            Ok(())
        })
        .await?;
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

fn path<'a>(snapshot: &'a Snapshot, what: What<'a>) -> Path<'a> {
    Path {
        account: &snapshot.account,
        region: &snapshot.region,
        id: &snapshot.id,
        what,
    }
}

async fn fail(api: &Api, snapshot: &Snapshot, reason: String) -> Result<(), NotSent> {
    post(api, snapshot, What::Failed, &Failed { reason }).await?;
    Ok(())
}

async fn post(
    api: &Api,
    snapshot: &Snapshot,
    what: What<'_>,
    body: &impl serde::Serialize,
) -> Result<Bytes, NotSent> {
    let body = serde_json::to_vec(body).map_err(io::Error::other)?;
    let path = path(snapshot, what);
    Ok(api.snapshot(Method::POST, &path, body.into()).await?)
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

async fn offer(
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
