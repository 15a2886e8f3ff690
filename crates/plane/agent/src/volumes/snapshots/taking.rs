//! Taking: what is told of is taken as soon as may be, whatever is being sent, since a snapshot is of the moment that
//! it is taken. A few at a time, and one of an account: whose volume takes its time, or hangs, holds up no other account.

use std::{collections::BTreeSet, io, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::{Instant, sleep, sleep_until};
use tokio_util::sync::CancellationToken;
use wharf_planeproto::{snapshot::Snapshot, volume::Wanted};

use super::{NotSent, blocking, fail, sending::offer, still::Still, take};
use crate::{
    client::Api,
    instances::container,
    volumes::{Volumes, tries::Tries},
};

/// Snapshots that are taken at a time: each reads a disk that all of them share.
const TAKEN_AT_ONCE: usize = 3;
/// A disk that fails so often does not get better.
const MAX_FAILURES: u32 = 5;
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
        let mut accounts = BTreeSet::new();
        loop {
            moved.borrow_and_update();
            let (told, now) = (news.borrow_and_update().clone(), Instant::now());
            if let Some(told) = &told {
                if let Err(error) = self.forget(told) {
                    tracing::error!(%error, "failed to remove snapshots that are done; will retry");
                }
                tries.keep(|id| told.contains_key(id));
            }
            for snapshot in told.iter().flat_map(|it| it.values()) {
                if under_way.len() == TAKEN_AT_ONCE {
                    break;
                }
                let is_due = tries.is_due(&snapshot.id, now) && !self.is_taken(&snapshot.id);
                if is_due && accounts.insert(snapshot.account.clone()) {
                    tries.begin(&snapshot.id);
                    let (snapshot, failures) = (snapshot.clone(), tries.failures(&snapshot.id));
                    under_way.push(async move {
                        let tried = self.take_or_fail(api, &snapshot, failures).await;
                        (snapshot, tried)
                    });
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = news.changed() => if changed.is_err() { return },
                changed = moved.changed() => if changed.is_err() { return },
                Some((snapshot, tried)) = under_way.next() => {
                    accounts.remove(&snapshot.account);
                    let id = &snapshot.id;
                    if tried == Tried::Failed {
                        tries.failed(id);
                    }
                    match tried {
                        // It may have to be taken once more.
                        _ if self.is_taken(id) => tries.forget(id),
                        Tried::Over => tries.end(id),
                        Tried::Again | Tried::Failed => tries.again(id, Instant::now()),
                    }
                }
                () = sleep_until(tries.next(now)) => {}
            }
        }
    }

    /// Thaws what an earlier agent left frozen. The kernel may take its time for one, which holds up nobody else.
    pub(super) async fn thaw_what_was_left(&self, shutdown: &CancellationToken) {
        let end = Instant::now() + THAW_FOR;
        while Instant::now() < end {
            let (dir, freezer) = (self.files.dir().to_owned(), self.freezer.clone());
            if let Err(error) = blocking(move || freezer.thaw_all(&dir)).await
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::error!(%error, "failed to look for volumes that were left frozen; will retry");
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                () = sleep(THAW_EVERY) => {}
            }
        }
    }

    /// `failures`: how often it failed before.
    async fn take_or_fail(&self, api: &Api, snapshot: &Snapshot, failures: u32) -> Tried {
        let error = match self.take_if_there(snapshot).await {
            Ok(()) => {
                self.moved.send_replace(());
                // CreateSnapshot waits for this word. One that is lost comes again with the first chunks.
                if let Err(error) = offer(api, snapshot, &[], 0).await {
                    tracing::warn!(snapshot = snapshot.id, %error, "failed to tell that a snapshot was taken; will retry");
                }
                return Tried::Over;
            }
            Err(error) => error,
        };
        // Each try holds up those who write to the volume, and the end of one that is to be deleted.
        let is_failure = matches!(error, NotSent::Io(_));
        if is_failure && failures + 1 >= MAX_FAILURES || error.is_final() {
            tracing::error!(snapshot = snapshot.id, %error, "failed to take a snapshot");
            return match fail(api, snapshot, &error).await {
                true => Tried::Over,
                false => Tried::Failed,
            };
        }
        tracing::warn!(snapshot = snapshot.id, %error, "failed to take a snapshot; will retry");
        match is_failure {
            true => Tried::Failed,
            false => Tried::Again,
        }
    }

    async fn take_if_there(&self, snapshot: &Snapshot) -> Result<(), NotSent> {
        if self.files.image(&snapshot.volume).try_exists()? {
            return self.take_one(snapshot).await;
        }
        // Told before its volume was made, or of one that is gone.
        let told = self.told.borrow();
        let volume = told.get(&snapshot.volume);
        match volume.is_some_and(|it| it.wanted == Wanted::Kept) {
            true => Err(NotSent::NotMade),
            false => Err(NotSent::Deleted),
        }
    }

    async fn take_one(&self, snapshot: &Snapshot) -> Result<(), NotSent> {
        let (image, of_volume) = (
            self.files.image(&snapshot.volume),
            self.files.folder(&snapshot.volume),
        );
        let (folder, base) = (self.folder_of(&snapshot.id), snapshot.base.clone());
        let (files, freezer) = (self.files.clone(), self.freezer.clone());
        // One that is being mounted or removed just now is so, or is not, from here on. Others do not wait for its check.
        let taken = self.try_take(&snapshot.volume).await;
        let taken = taken.ok_or(NotSent::Checked)?;
        let switch = self.switch_of(&snapshot.volume);
        blocking(move || {
            // One that cannot be read is no reason to have no snapshot.
            let base = base.map(|it| take::base(&of_volume, &it));
            let base = base.and_then(Result::ok).unwrap_or_default();
            std::fs::create_dir_all(&folder)?;
            let still = Still {
                image: &image,
                clone: &folder.join("clone"),
                freezer: &freezer,
                switch,
            };
            let mut list = Vec::new();
            still.read(|file, until| {
                list = take::take(file, &folder, &base, until, || files.check_room())?;
                Ok(())
            })?;
            drop(taken);
            take::sync(&folder)?;
            take::keep(&folder, &list)
        })
        .await?;
        Ok(())
    }

    /// What holds the instance that has a volume as its device, if it runs.
    fn switch_of(&self, volume: &str) -> Option<wharf_container::runtime::PauseSwitch> {
        let told = self.told.borrow();
        let device = told.get(volume)?.device.as_ref()?;
        let running = self.guests().running()?;
        running
            .get(&device.instance)?
            .pause_switch(&container())
            .ok()?
    }
}
