//! EBS volumes whose bytes lie on this machine.
//!
//! The control plane says which there are to be (`wharf_planeproto::volume`); a loop brings their files there and
//! reports what it found ([`files`]). A task that has one waits until it is there and gets it mounted in its shim
//! alone; so nothing is mounted on the host, and what an agent that was killed left is nothing but files.
//!
//! Pods of an instance have its volumes mounted in their sandboxes, several at once if need be ([`pods`]).
//!
//! An instance has its volumes as block devices ([`devices`]), and mounts what is on them with the host's help
//! ([`mounts`]). One that is a virtual machine has them as disks ([`machines`]), of which it makes what it likes.
//!
//! Invariants: a file has one loop device at a time, and one file system on it; it is removed only when the control plane says that nothing of the
//! volume is wanted, and nothing has it mounted; a file that was there once is never made anew.

mod at_once;
mod devices;
mod files;
mod format;
mod freeze;
mod guests;
mod machines;
mod mounts;
mod pause;
mod pods;
mod restore;
mod room;
mod roots;
mod sealed;
mod snapshots;
mod taken;
mod tries;

pub use devices::let_go_all;
pub use files::FOLDER;
pub use format::{probe, ready_by};
pub use guests::Guests;
pub use restore::NotMade;
pub use roots::Roots;
pub use sealed::Keys;
pub use tries::Tries;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use parking_lot::Mutex as Lock;
use tokio::{
    sync::{Mutex, watch},
    task::{JoinSet, spawn_blocking},
    time::{Instant, sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use wharf_container::runtime::{PreparedDisk, TaskHandle, attached_files, file_of_devices};
use wharf_link::{Subscription, Update};
use wharf_planeproto::{
    Kind, Resource,
    volume::{MAX_VOLUMES, SealedFile, Volume, VolumeReport, VolumeState, Wanted},
};
use wharf_sealed_file::Program;

use self::{devices::Devices, files::Files, restore::Progress};
use crate::{assigned, client::Api};

/// What tasks that have volumes ask of a container instance.
pub const CAPABILITY: &str = "ecs.capability.storage.ebs-task-volume-attach";
/// Between two looks while something is to be let go.
const LOOK: Duration = Duration::from_millis(250);
/// … while volumes are open whose programs may end.
const SEALED_LOOK: Duration = Duration::from_secs(2);
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
    /// `None` before anything was told.
    told: watch::Sender<Option<Arc<Told>>>,
    devices: Arc<Devices>,
    /// Held while a file comes or goes: never for as long as one is read or checked.
    busy: Arc<Mutex<()>>,
    /// Volumes whose files are read for a snapshot, or checked and mounted: neither they nor others do so, nor are they
    /// removed, meanwhile.
    taken: watch::Sender<BTreeSet<String>>,
    /// Volumes that are being made of snapshots.
    restoring: Arc<Lock<BTreeMap<String, Progress>>>,
    /// Snapshots to be taken; `None` before anything was told.
    snapshots: watch::Sender<Option<Arc<snapshots::Told>>>,
    snapshots_dir: PathBuf,
    /// The node's folder.
    node: PathBuf,
    /// A snapshot was taken, or has to be taken once more.
    moved: watch::Sender<()>,
    freezer: freeze::Freezer,
    sealed: Arc<sealed::Opening>,
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
        let guests = Guests::default();
        Self {
            files: Arc::new(Files::new(node.join(FOLDER))),
            devices: Arc::new(Devices::new(node.join(FOLDER), guests)),
            told: watch::channel(None).0,
            busy: Arc::default(),
            taken: watch::channel(BTreeSet::new()).0,
            restoring: Arc::default(),
            snapshots: watch::channel(None).0,
            snapshots_dir: node.join(snapshots::FOLDER),
            node: node.to_owned(),
            moved: watch::channel(()).0,
            freezer: freeze::Freezer::default(),
            sealed: Arc::default(),
        }
    }

    /// With the program that has sealed ones open.
    pub fn opened_by(self, program: Program) -> Self {
        Self {
            sealed: Arc::new(sealed::Opening::by(program)),
            ..self
        }
    }

    /// Who says which instances run here.
    pub fn guests(&self) -> &Guests {
        self.devices.guests()
    }

    /// Takes over what the control plane says to the machine with that instance id.
    pub fn take(&self, host: &str, update: &Update) {
        // First: a volume that is deleted at the same time waits for those of it.
        self.take_told_snapshots(host, update);
        self.told.send_if_modified(|told| {
            assigned::take(told, Kind::Volume, update, |now, it| put(now, host, it))
        });
    }

    /// What is told now; nothing before anything was.
    fn told(&self) -> Arc<Told> {
        self.told.borrow().clone().unwrap_or_default()
    }

    fn take_told_snapshots(&self, host: &str, update: &Update) {
        self.snapshots.send_if_modified(|told| {
            assigned::take(told, Kind::Snapshot, update, |now, it| {
                put_snapshot(now, host, it)
            })
        });
    }

    /// Brings files to what is told until `shutdown`.
    pub async fn run(self, tell: Arc<Subscription>, api: Api, shutdown: CancellationToken) {
        let files = self
            .clone()
            .bring_files(tell, api.clone(), shutdown.clone());
        let snapshots = self.clone().bring_snapshots(api.clone(), shutdown.clone());
        let mounts = self.clone().answer_mounts(shutdown.clone());
        tokio::join!(
            files,
            snapshots,
            mounts,
            self.clone().keep_room(shutdown.clone()),
            self.make_of_snapshots(api, shutdown)
        );
    }

    async fn bring_files(self, tell: Arc<Subscription>, api: Api, shutdown: CancellationToken) {
        let mut news = self.told.subscribe();
        let (mut guests, mut under_way) = (self.guests().changes(), JoinSet::new());
        loop {
            let is_told = news.borrow_and_update().clone();
            let told = is_told.clone().unwrap_or_default();
            while under_way.try_join_next().is_some() {}
            let opening = self.open_sealed(&api, &told, &mut under_way).await;
            let pending = match self.bring(is_told.as_ref()).await {
                Ok((reports, pending)) => {
                    tell.volumes(reports);
                    pending || opening
                }
                Err(error) => {
                    tracing::error!(%error, "failed to look at volumes; will retry");
                    true
                }
            };
            let has_sealed = self.told().values().any(|it| it.sealed.is_some());
            let look = match (pending, has_sealed) {
                (true, _) => LOOK,
                (false, true) => SEALED_LOOK,
                (false, false) => SLOW_LOOK,
            };
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = news.changed() => if changed.is_err() { return },
                () = guests.next() => {}
                Some(_) = under_way.join_next() => {}
                () = sleep(look) => {}
            }
        }
    }

    /// What there is of volumes then, and whether something is still to come.
    async fn bring(&self, is_told: Option<&Arc<Told>>) -> io::Result<(Vec<VolumeReport>, bool)> {
        let _busy = self.busy.lock().await;
        let told = is_told.cloned().unwrap_or_default();
        let (files, all) = (self.files.clone(), self.clone());
        let of_told = told.clone();
        let brought = blocking(move || {
            let stays =
                |volume: &str| all.awaits_snapshot(volume) || all.sealed.is_under_way(volume);
            files.bring(&of_told, stays)
        });
        let (mut reports, mut pending) = brought.await?;
        // Before anything was told, nothing is known of who may have what.
        if let Some(told) = is_told {
            let devices = self.devices.bring(told).await?;
            let mounted = attached_files()?;
            for report in &mut reports {
                let image = self.files.image(&report.id);
                let image = file_of_devices(&image).unwrap_or(image);
                report.mounted = mounted.contains(&image);
                report.placed = devices.placed.contains(&report.id);
            }
            pending |= devices.pending;
        }
        // Those that are being made are reported only once it failed.
        for (id, progress) in self.restoring.lock().iter() {
            let known = reports.iter().any(|it| it.id == *id);
            if let (Some(why), false, Some(volume)) = (progress, known, told.get(id)) {
                reports.push(VolumeReport {
                    id: id.clone(),
                    state: VolumeState::Failed,
                    reason: Some(why.clone()),
                    bytes: 0,
                    mounted: false,
                    attached: volume.attached,
                    placed: false,
                });
            }
        }
        Ok((reports, pending))
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
        let by = By {
            open,
            instance: None,
        };
        self.mount_by(by, id, filesystem, handle, place).await
    }

    async fn mount_by(
        &self,
        by: By<'_>,
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
        self.wait_for(id, by.instance).await?;
        let taken = self.take_for_itself(id).await;
        // A snapshot of it may have taken minutes.
        if !may_mount(&self.told(), id, by.instance) {
            return Err(failed(io::Error::other("it was let go meanwhile")));
        }
        let open = by.open;
        let (image, filesystem) = (self.files.image(id), filesystem.to_owned());
        let (handle, place) = (handle.clone(), place.to_owned());
        let mounted = blocking(move || {
            let disk = open(&image, &filesystem)?;
            let mounted = handle.mount_disk(&disk, &place);
            drop(taken);
            mounted
        });
        mounted.await.map_err(failed)
    }

    async fn wait_for(&self, id: &str, instance: Option<&str>) -> Result<(), NoVolume> {
        let mut news = self.told.subscribe();
        let is_here = |told: &Option<Arc<Told>>| {
            let told = told.as_ref();
            told.is_some_and(|told| may_mount(told, id, instance))
        };
        let waiting = async {
            let told = news.wait_for(is_here).await;
            drop(told);
        };
        let late = || NoVolume::Timeout(id.to_owned());
        timeout(PATIENCE, waiting).await.map_err(|_| late())?;
        // Told of, its file is made within moments, or never; of a snapshot it takes its time.
        let mut end = Instant::now() + PATIENCE;
        while !self.is_open(id) {
            if let Some(why) = self.sealed.why_not(id) {
                return Err(NoVolume::Io {
                    id: id.to_owned(),
                    source: io::Error::other(why),
                });
            }
            match self.restoring.lock().get(id) {
                Some(None) => end = Instant::now() + PATIENCE,
                Some(Some(why)) => {
                    return Err(NoVolume::Io {
                        id: id.to_owned(),
                        source: io::Error::other(why.clone()),
                    });
                }
                None if self.has_its_turn_to_come(id) => end = Instant::now() + PATIENCE,
                None => {}
            }
            if Instant::now() >= end {
                return Err(late());
            }
            sleep(LOOK).await;
        }
        Ok(())
    }
}

/// Makes a volume ready to be mounted, by its file and its file system. Blocks.
type Open = fn(&Path, &str) -> io::Result<PreparedDisk>;

/// Who mounts a volume, and how it is opened.
#[derive(Clone, Copy)]
struct By<'a> {
    open: Open,
    /// Of pods: the instance that must have it. A task's is said by ECS, which attached it.
    instance: Option<&'a str>,
}

fn may_mount(told: &Told, id: &str, instance: Option<&str>) -> bool {
    told.get(id).is_some_and(|it| {
        let is_its = instance.is_none_or(|own| it.mounted_by.as_deref() == Some(own));
        it.attached && it.wanted == Wanted::Kept && is_its
    })
}

/// A volume that nobody has, ready to be mounted. Blocks.
fn open(image: &Path, filesystem: &str) -> io::Result<PreparedDisk> {
    // Also one that a task before this one has just let go.
    crate::instances::hold(image, |device| format::ready(image, device, filesystem))
}

fn put_snapshot(told: &mut snapshots::Told, host: &str, resource: &Resource) {
    let Resource::Snapshot(snapshot) = resource else {
        return;
    };
    let mut ids = snapshot.base.iter().chain([&snapshot.id]);
    let of = &snapshot.volume;
    let set = snapshot.set.as_ref();
    let is_named = (is_name(of, "vol-") || is_name(of, "i-"))
        && ids.all(|it| is_name(it, "snap-"))
        && set.is_none_or(|it| is_name(&it.id, "set-") && is_name(&it.instance, "i-"));
    if snapshot.host != host || !is_named {
        tracing::error!(
            snapshot = snapshot.id,
            "a snapshot is refused: it is of another host, or its id is none"
        );
        return;
    }
    told.insert(snapshot.id.clone(), snapshot.clone());
}

fn put(told: &mut Told, host: &str, resource: &Resource) {
    let Resource::Volume(volume) = resource else {
        return;
    };
    let room = told.len() < MAX_VOLUMES || told.contains_key(&volume.id);
    if volume.host != host || !is_name(&volume.id, "vol-") || !room {
        tracing::error!(
            volume = volume.id,
            "a volume is refused: it is of another host, its id is none, or there are too many"
        );
        return;
    }
    let mut volume = volume.clone();
    // From here on they are as others.
    volume.may_make |= volume.sealed == Some(SealedFile::Make);
    volume.restore |= volume.sealed == Some(SealedFile::Restore);
    told.insert(volume.id.clone(), volume);
}

/// Work on files, off the threads that serve others.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

fn is_name(id: &str, prefix: &str) -> bool {
    assigned::is_id(id, prefix, 32)
}

#[cfg(test)]
mod tests;
