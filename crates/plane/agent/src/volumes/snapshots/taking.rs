//! Taking: what is told of is taken as soon as may be, whatever is being sent, since a snapshot is of the moment that
//! it is taken. A few at a time, and one of an account: whose volume takes its time, or hangs, holds up no other account. What waits
//! for the end of an instance is none of those few until that came.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use wharf_container::runtime::{PauseSwitch, TaskHandle, hold_unattached, is_attached};
use wharf_planeproto::{
    snapshot::{Entry, Snapshot},
    volume::Wanted,
};
use wharf_sealed_file::is_sealed;

use super::{
    NotSent, fail,
    sending::offer,
    take,
    together::{self, Disk},
    units::{self, Partial, Unit, finish, forget, units},
};
use crate::{
    client::Api,
    instances::{BOOT, container, disks_in, is_guest, is_instance},
    volumes::{Volumes, blocking, freeze::Freezer, tries::Tries},
};

/// Snapshots that are taken at a time: each reads a disk that all of them share.
const TAKEN_AT_ONCE: usize = 3;
/// A disk that fails so often does not get better.
const MAX_FAILURES: u32 = 5;
/// What an instance takes to shut down, with all that it takes to kill one that does not. A virtual machine takes longest.
const SHUTS_DOWN: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Between two looks for what an earlier agent left frozen …
const THAW_EVERY: Duration = Duration::from_secs(30);
/// … since it was being frozen when that agent was killed, which takes as long as there is to be written.
const THAW_FOR: Duration = Duration::from_secs(600);

/// How a try ended.
#[derive(Debug, PartialEq, Eq)]
enum Tried {
    /// Nothing is left to be done.
    Over,
    Again,
    /// Likewise, after the volume could not be read.
    Failed,
}

impl Volumes {
    /// Takes snapshots until `shutdown`, and removes what is left of those that are done.
    pub(super) async fn take_told(&self, api: &Api, shutdown: &CancellationToken) {
        let (mut news, mut moved) = (self.snapshots.subscribe(), self.moved.subscribe());
        let (mut tries, mut under_way) = (Tries::default(), FuturesUnordered::new());
        let (mut accounts, mut partial) = (BTreeSet::new(), Partial::default());
        // Those that wait for the end of their instance, and whether it came.
        let mut waiting = FuturesUnordered::new();
        let (mut waits, mut ends) = (BTreeSet::new(), BTreeMap::new());
        loop {
            moved.borrow_and_update();
            let (told, now) = (news.borrow_and_update().clone(), Instant::now());
            if let Some(told) = &told {
                let dir = &self.snapshots_dir;
                if let Err(error) = finish(dir, told).and_then(|()| forget(dir, told)) {
                    tracing::error!(%error, "failed to remove snapshots that are done; will retry");
                }
                let ids: BTreeSet<String> = units(told).into_iter().map(|it| it.id).collect();
                tries.keep(|id| ids.contains(id));
            }
            let all: Vec<Unit> = told.iter().flat_map(|it| units(it)).collect();
            partial.keep(|id| all.iter().any(|it| it.id == id));
            ends.retain(|id, _| all.iter().any(|it| it.id == *id));
            for unit in &all {
                let is_due = tries.is_due(&unit.id, now) && !self.are_taken(unit);
                let is_due = is_due && partial.is_over(unit, now) && !waits.contains(&unit.id);
                if !is_due {
                    continue;
                }
                if unit.boot_after().is_some() && !ends.contains_key(&unit.id) {
                    waits.insert(unit.id.clone());
                    let unit = unit.clone();
                    waiting.push(async move {
                        let ended = self.await_end(&unit).await;
                        (unit.id, ended)
                    });
                    continue;
                }
                let has_place = under_way.len() < TAKEN_AT_ONCE;
                if has_place && accounts.insert(unit.account().to_owned()) {
                    tries.begin(&unit.id);
                    let (unit, failures) = (unit.clone(), tries.failures(&unit.id));
                    // Another try looks again.
                    let ended = ends.remove(&unit.id).unwrap_or(Ok(()));
                    under_way.push(async move {
                        let tried = self.take_or_fail(api, &unit, (ended, failures)).await;
                        (unit, tried)
                    });
                }
            }
            let next = tries.next(now);
            let next = partial.next(now).map_or(next, |at| at.min(next));
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = news.changed() => if changed.is_err() { return },
                changed = moved.changed() => if changed.is_err() { return },
                Some((id, ended)) = waiting.next() => {
                    waits.remove(&id);
                    ends.insert(id, ended);
                }
                Some((unit, tried)) = under_way.next() => {
                    accounts.remove(unit.account());
                    let id = &unit.id;
                    if tried == Tried::Failed {
                        tries.failed(id);
                    }
                    match tried {
                        // It may have to be taken once more.
                        _ if self.are_taken(&unit) => tries.forget(id),
                        Tried::Over => tries.end(id),
                        Tried::Again | Tried::Failed => tries.again(id, Instant::now()),
                    }
                }
                () = sleep_until(next) => {}
            }
        }
    }

    /// Thaws what an earlier agent left frozen. The kernel may take its time for one, which holds up nobody else.
    pub(super) async fn thaw_what_was_left(&self, shutdown: &CancellationToken) {
        let end = Instant::now() + THAW_FOR;
        while Instant::now() < end {
            for dir in [self.files.dir().to_owned(), disks_in(&self.node)] {
                let freezer = self.freezer.clone();
                if let Err(error) = blocking(move || freezer.thaw_all(&dir)).await
                    && error.kind() != io::ErrorKind::NotFound
                {
                    tracing::error!(%error, "failed to look for volumes that were left frozen; will retry");
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(THAW_EVERY) => {}
            }
        }
    }

    fn are_taken(&self, unit: &Unit) -> bool {
        unit.members.iter().all(|it| self.is_taken(&it.id))
    }

    /// `ended`: what came of the wait for its instance's end. `failures`: how often it failed before.
    async fn take_or_fail(
        &self,
        api: &Api,
        unit: &Unit,
        (ended, failures): (Result<(), NotSent>, u32),
    ) -> Tried {
        let taken = match ended {
            Ok(()) => self.take_if_there(unit).await,
            Err(error) => Err(error),
        };
        let error = match taken {
            Ok(()) => {
                self.moved.send_replace(());
                for snapshot in &unit.members {
                    // CreateSnapshot waits for this word. One that is lost comes again with the first chunks.
                    if let Err(error) = offer(api, snapshot, &[], 0).await {
                        tracing::warn!(snapshot = snapshot.id, %error, "failed to tell that a snapshot was taken; will retry");
                    }
                }
                return Tried::Over;
            }
            Err(error) => error,
        };
        // Each try holds up those who write to the volume, and the end of one that is to be deleted.
        let is_failure = matches!(error, NotSent::Io(_));
        if is_failure && failures + 1 >= MAX_FAILURES || error.is_final() {
            tracing::error!(id = unit.id, %error, "failed to take a snapshot");
            let mut all_heard = true;
            for snapshot in &unit.members {
                all_heard &= fail(api, snapshot, &error).await;
            }
            return match all_heard {
                true => Tried::Over,
                false => Tried::Failed,
            };
        }
        tracing::warn!(id = unit.id, %error, "failed to take a snapshot; will retry");
        match is_failure {
            true => Tried::Failed,
            false => Tried::Again,
        }
    }

    async fn take_if_there(&self, unit: &Unit) -> Result<(), NotSent> {
        for snapshot in &unit.members {
            let volume = &snapshot.volume;
            if self.image_of(volume).try_exists()? {
                continue;
            }
            // Told before its volume was made, or of one that is gone.
            let told = self.told();
            let volume = told.get(volume);
            return match volume.is_some_and(|it| it.wanted == Wanted::Kept) {
                true => Err(NotSent::NotMade),
                false => Err(NotSent::Deleted),
            };
        }
        self.take_one_moment(unit).await
    }

    /// Waits until an instance is shut down and nobody has its disks, before it boots under that number. One that did so
    /// already is taken as it runs.
    async fn await_end(&self, unit: &Unit) -> Result<(), NotSent> {
        let Some((instance, boot)) = unit.boot_after() else {
            return Ok(());
        };
        let end = Instant::now() + SHUTS_DOWN;
        loop {
            let running = self.guests().running();
            let of = running.as_ref().and_then(|it| it.get(instance));
            let is_ready = match (of, &running) {
                (Some(handle), _) => boot_of(handle).is_none_or(|it| it >= boot),
                (None, Some(_)) => !self.is_any_used(unit)?,
                // Nothing is known of instances yet.
                (None, None) => false,
            };
            if is_ready {
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(NotSent::Runs);
            }
            sleep(LOOK_EVERY).await;
        }
    }

    fn is_any_used(&self, unit: &Unit) -> io::Result<bool> {
        for snapshot in &unit.members {
            let image = self.image_of(&snapshot.volume);
            if image.try_exists()?
                && (is_attached(&image)? || is_instance(&snapshot.volume) && is_locked(&image)?)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether it is the disk of a virtual machine that runs and has its file, with no device over it.
    fn is_by_file(&self, id: &str) -> bool {
        let running = self.guests().running().unwrap_or_default();
        running.get(id).is_some_and(is_guest) && !is_sealed(&self.image_of(id))
    }

    async fn take_one_moment(&self, unit: &Unit) -> Result<(), NotSent> {
        let is_of_instance = |it: &Snapshot| is_instance(&it.volume);
        if unit.members.iter().any(is_of_instance) && self.guests().running().is_none() {
            return Err(NotSent::NotKnown);
        }
        let mut held = Vec::with_capacity(unit.members.len());
        for snapshot in &unit.members {
            // One that is being mounted or removed just now is so, or is not, from here on. Others do not wait for its check.
            let taken = self.try_take(&snapshot.volume).await;
            held.push(taken.ok_or(NotSent::Checked)?);
        }
        let of = |snapshot: &Snapshot| Part {
            image: self.image_of(&snapshot.volume),
            clone: self.folder_of(&snapshot.id).join("clone"),
            folder: self.folder_of(&snapshot.id),
            of_volume: self.folder_of_volume(&snapshot.volume),
            base: snapshot.base.clone(),
            stays: snapshot.carries,
            by_file: self.is_by_file(&snapshot.volume),
        };
        let parts: Vec<Part> = unit.members.iter().map(of).collect();
        let (files, freezer) = (self.files.clone(), self.freezer.clone());
        let (switch, set) = (self.switch_of(unit), unit.set().map(|it| it.id.clone()));
        let dir = self.snapshots_dir.clone();
        blocking(move || {
            let lists = read_all(&parts, &freezer, switch, || files.check_room())?;
            drop(held);
            for part in &parts {
                take::sync(&part.folder)?;
            }
            match (set, lists.as_slice()) {
                (None, [list]) => take::keep(&parts[0].folder, list),
                (set, _) => {
                    let folders = parts.into_iter().map(|it| it.folder);
                    let lists: Vec<_> = folders.zip(lists).collect();
                    units::keep(&dir, &set.unwrap_or_default(), &lists)
                }
            }
        })
        .await?;
        Ok(())
    }

    /// Where the list of the last snapshot of a volume, or of the disk of an instance, is kept.
    pub(super) fn folder_of_volume(&self, id: &str) -> PathBuf {
        let mut image = self.image_of(id);
        image.pop();
        image
    }

    /// What holds the instance that has them as its disks, if it runs.
    fn switch_of(&self, unit: &Unit) -> Option<PauseSwitch> {
        let instance = match unit.set() {
            Some(set) => set.instance.clone(),
            None => {
                let told = self.told();
                let volume = told.get(&unit.members.first()?.volume)?;
                volume.device.as_ref()?.instance.clone()
            }
        };
        let running = self.guests().running()?;
        running.get(&instance)?.pause_switch(&container()).ok()?
    }
}

/// What is known of one that is taken.
struct Part {
    image: PathBuf,
    clone: PathBuf,
    folder: PathBuf,
    of_volume: PathBuf,
    base: Option<String>,
    /// Its chunks are sent from where they are.
    stays: bool,
    /// As for [`Disk`].
    by_file: bool,
}

/// The chunks of all, as they were at one moment. Blocks.
fn read_all(
    parts: &[Part],
    freezer: &Freezer,
    switch: Option<PauseSwitch>,
    check_room: impl Fn() -> io::Result<()>,
) -> io::Result<Vec<Vec<Entry>>> {
    let mut bases = Vec::with_capacity(parts.len());
    for part in parts {
        // One that cannot be read is no reason to have no snapshot.
        let base = part.base.as_ref();
        let base = base.map(|it| take::base(&part.of_volume, it));
        bases.push(base.and_then(Result::ok).unwrap_or_default());
        std::fs::create_dir_all(&part.folder)?;
    }
    let disks: Vec<Disk<'_>> = parts
        .iter()
        .map(|it| Disk {
            image: &it.image,
            clone: &it.clone,
            by_file: it.by_file,
        })
        .collect();
    let mut lists = vec![Vec::new(); parts.len()];
    together::read(&disks, freezer, switch, |at, file, until| {
        let part = &parts[at];
        lists[at] = match part.stays {
            true => take::list(file, until)?,
            false => take::take(file, &part.folder, &bases[at], until, &check_room)?,
        };
        Ok(())
    })?;
    Ok(lists)
}

/// Whether an emulator has the file of a disk.
fn is_locked(image: &Path) -> io::Result<bool> {
    match hold_unattached(image) {
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => Ok(true),
        other => other.map(|_| false),
    }
}

/// The number that it booted under.
fn boot_of(handle: &TaskHandle) -> Option<u64> {
    handle.sandbox().annotations.get(BOOT)?.parse().ok()
}
