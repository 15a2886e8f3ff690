//! EBS volumes whose bytes lie on this machine.
//!
//! The control plane says which there are to be (`wharf_planeproto::volume`); a loop brings their files there and
//! reports what it found ([`files`]). A task that has one waits until it is there and gets it mounted in its shim
//! alone; so nothing is mounted on the host, and what an agent that was killed left is nothing but files.
//!
//! Invariants: a file is mounted once at a time; it is removed only when the control plane says that nothing of the
//! volume is wanted, and nothing has it mounted; a file that was there once is never made anew.

mod files;
mod format;

pub use files::FOLDER;
pub use format::probe;

use std::{collections::BTreeMap, io, path::Path, sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use wharf_container::runtime::{PreparedDisk, TaskHandle};
use wharf_link::{Subscription, Update};
use wharf_planeproto::{
    Change, Kind, Resource,
    volume::{MAX_VOLUMES, Volume, VolumeReport, Wanted},
};

use self::files::Files;

/// What tasks that have volumes ask of a container instance.
pub const CAPABILITY: &str = "ecs.capability.storage.ebs-task-volume-attach";
/// Between two looks while something is to be let go.
const LOOK: Duration = Duration::from_millis(250);
/// … and otherwise.
const SLOW_LOOK: Duration = Duration::from_secs(30);
/// What a task waits for its volume: the control plane tells of both at once.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is told of volumes.
type Told = BTreeMap<String, Volume>;

/// The volumes of this machine. Cheap to clone.
#[derive(Clone)]
pub struct Volumes {
    files: Arc<Files>,
    told: watch::Sender<Arc<Told>>,
    /// Held while a file comes, goes or is mounted.
    busy: Arc<Mutex<()>>,
}

/// A volume that cannot be given to a task.
#[derive(Debug, thiserror::Error)]
pub enum NoVolume {
    #[error("the volume {0} did not come to this machine in time")]
    Timeout(String),
    #[error("the volume {id}: {source}")]
    Io { id: String, source: io::Error },
}

impl Volumes {
    /// `node`: the node's folder.
    pub fn new(node: &Path) -> Self {
        Self {
            files: Arc::new(Files::new(node.join(FOLDER))),
            told: watch::channel(Arc::default()).0,
            busy: Arc::default(),
        }
    }

    /// Takes over what the control plane says to the machine with that instance id.
    pub fn take(&self, host: &str, update: &Update) {
        self.told.send_if_modified(|told| {
            let mut now = Told::clone(told);
            match update {
                Update::Snapshot(resources) => {
                    now.clear();
                    resources.iter().for_each(|it| put(&mut now, host, it));
                }
                Update::Changes(changes) => {
                    for change in changes {
                        match change {
                            Change::Put(resource) => put(&mut now, host, resource),
                            Change::Delete(key) if key.kind == Kind::Volume => {
                                now.remove(&key.id);
                            }
                            Change::Delete(_) => {}
                        }
                    }
                }
            }
            let changed = now != **told;
            if changed {
                *told = Arc::new(now);
            }
            changed
        });
    }

    /// Brings files to what is told until `shutdown`.
    pub async fn run(self, tell: Arc<Subscription>, shutdown: CancellationToken) {
        let mut news = self.told.subscribe();
        loop {
            let told = news.borrow_and_update().clone();
            let pending = match self.bring(told).await {
                Ok((reports, pending)) => {
                    tell.volumes(reports);
                    pending
                }
                Err(error) => {
                    tracing::error!(%error, "failed to look at volumes; will retry");
                    true
                }
            };
            let look = if pending { LOOK } else { SLOW_LOOK };
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = news.changed() => if changed.is_err() { return },
                () = sleep(look) => {}
            }
        }
    }

    /// What there is of volumes then, and whether something is still to come.
    async fn bring(&self, told: Arc<Told>) -> io::Result<(Vec<VolumeReport>, bool)> {
        let _busy = self.busy.lock().await;
        let files = self.files.clone();
        let brought = tokio::task::spawn_blocking(move || files.bring(&told));
        brought.await.map_err(io::Error::other)?
    }

    /// Mounts the volume for a task at `place`, as its shim sees it, formatted as `filesystem` if nothing was ever
    /// written to it. What is mounted there already stays.
    pub async fn mount(
        &self,
        id: &str,
        filesystem: &str,
        handle: &TaskHandle,
        place: &Path,
    ) -> Result<(), NoVolume> {
        let failed = |source| NoVolume::Io {
            id: id.to_owned(),
            source,
        };
        if handle.has_disk_at(place).map_err(failed)? {
            return Ok(());
        }
        self.wait_for(id).await?;
        let _busy = self.busy.lock().await;
        let (image, filesystem) = (self.files.image(id), filesystem.to_owned());
        let disk = tokio::task::spawn_blocking(move || open(&image, &filesystem)).await;
        let disk = disk.map_err(io::Error::other).and_then(|it| it);
        let disk = disk.map_err(failed)?;
        let (handle, place) = (handle.clone(), place.to_owned());
        let mounted = tokio::task::spawn_blocking(move || handle.mount_disk(&disk, &place));
        let mounted = mounted.await.map_err(io::Error::other).and_then(|it| it);
        mounted.map_err(failed)
    }

    async fn wait_for(&self, id: &str) -> Result<(), NoVolume> {
        let mut news = self.told.subscribe();
        let is_here = |told: &Arc<Told>| {
            let of_it = told.get(id);
            of_it.is_some_and(|it| it.attached && it.wanted == Wanted::Kept)
        };
        let waiting = async {
            let told = news.wait_for(is_here).await;
            drop(told);
            // Told of, its file is made within moments, or never.
            while !self.files.image(id).exists() {
                sleep(LOOK).await;
            }
        };
        let late = |_| NoVolume::Timeout(id.to_owned());
        timeout(PATIENCE, waiting).await.map_err(late)
    }
}

/// A volume that nobody has, ready to be mounted. Blocks.
fn open(image: &Path, filesystem: &str) -> io::Result<PreparedDisk> {
    // Also one that a task before this one has just let go.
    crate::instances::hold(image, |device| format::ready(image, device, filesystem))
}

fn put(told: &mut Told, host: &str, resource: &Resource) {
    let Resource::Volume(volume) = resource else {
        return;
    };
    let room = told.len() < MAX_VOLUMES || told.contains_key(&volume.id);
    if volume.host != host || !is_name(&volume.id) || !room {
        tracing::error!(
            volume = volume.id,
            "a volume is refused: it is of another host, its id is none, or there are too many"
        );
        return;
    }
    told.insert(volume.id.clone(), volume.clone());
}

/// `vol-` and hexadecimal digits: a name that a folder can have.
fn is_name(id: &str) -> bool {
    let digits = id.strip_prefix("vol-").unwrap_or_default();
    (8..=32).contains(&digits.len())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests;
