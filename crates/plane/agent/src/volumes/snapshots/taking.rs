//! Taking: what is told of is taken as soon as may be, whatever is being sent, since a snapshot is of the moment that
//! it is taken. One at a time, so that the disk is read once.

use std::{io, path::Path, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use wharf_container::runtime::LoopDevice;
use wharf_planeproto::{snapshot::Snapshot, volume::Wanted};

use super::{NotSent, blocking, fail, sending::offer, take};
use crate::{
    client::Api,
    volumes::{Volumes, freeze, tries::Tries},
};

/// A disk that fails so often does not get better.
const MAX_FAILURES: u32 = 5;
/// Between two looks for what an earlier agent left frozen …
const THAW_EVERY: Duration = Duration::from_secs(30);
/// … since it was being frozen when that agent was killed, which takes as long as there is to be written.
const THAW_FOR: Duration = Duration::from_secs(600);

impl Volumes {
    /// Takes snapshots, one after another, until `shutdown`, and removes what is left of those that are done.
    pub(super) async fn take_told(&self, api: &Api, shutdown: &CancellationToken) {
        let (mut news, mut moved) = (self.snapshots.subscribe(), self.moved.subscribe());
        let mut tries = Tries::default();
        let began = Instant::now();
        let mut thaws = began + THAW_EVERY;
        loop {
            moved.borrow_and_update();
            let (told, now) = (news.borrow_and_update().clone(), Instant::now());
            if now >= thaws && now < began + THAW_FOR {
                self.thaw_left().await;
                thaws = now + THAW_EVERY;
            }
            if let Some(told) = told {
                if let Err(error) = self.forget(&told) {
                    tracing::error!(%error, "failed to remove snapshots that are done; will retry");
                }
                tries.keep(|id| told.contains_key(id));
                let is_due = |it: &&Snapshot| tries.is_due(&it.id, now) && !self.is_taken(&it.id);
                if let Some(snapshot) = told.values().find(is_due) {
                    let over = tokio::select! {
                        () = shutdown.cancelled() => return,
                        over = self.take_or_fail(api, snapshot, &mut tries) => over,
                    };
                    match over {
                        // It may have to be taken once more.
                        _ if self.is_taken(&snapshot.id) => tries.forget(&snapshot.id),
                        true => tries.end(&snapshot.id),
                        false => tries.again(&snapshot.id, Instant::now()),
                    }
                    // What is told now may be another.
                    continue;
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = news.changed() => if changed.is_err() { return },
                changed = moved.changed() => if changed.is_err() { return },
                () = sleep_until(tries.next(now)) => {}
            }
        }
    }

    /// Thaws what an earlier agent left frozen; nothing is being taken.
    pub(in crate::volumes) async fn thaw_left(&self) {
        let dir = self.files.dir().to_owned();
        if let Err(error) = blocking(move || freeze::thaw_all(&dir)).await
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::error!(%error, "failed to look for volumes that were left frozen");
        }
    }

    /// Whether nothing is left to be done.
    async fn take_or_fail(&self, api: &Api, snapshot: &Snapshot, tries: &mut Tries) -> bool {
        let error = match self.take_if_there(snapshot).await {
            Ok(()) => {
                self.moved.send_replace(());
                // CreateSnapshot waits for this word. One that is lost comes again with the first chunks.
                if let Err(error) = offer(api, snapshot, &[], 0).await {
                    tracing::warn!(snapshot = snapshot.id, %error, "failed to tell that a snapshot was taken; will retry");
                }
                return true;
            }
            Err(error) => error,
        };
        // Each try holds up those who write to the volume, and the end of one that is to be deleted.
        let often = matches!(error, NotSent::Io(_)) && tries.failed(&snapshot.id) >= MAX_FAILURES;
        if often || error.is_final() {
            tracing::error!(snapshot = snapshot.id, %error, "failed to take a snapshot");
            return fail(api, snapshot, &error).await;
        }
        tracing::warn!(snapshot = snapshot.id, %error, "failed to take a snapshot; will retry");
        false
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
        let files = self.files.clone();
        // One that is being mounted or removed just now is so, or is not, from here on. Others do not wait for its check.
        let taken = self.try_take(&snapshot.volume).await;
        let taken = taken.ok_or(NotSent::Checked)?;
        blocking(move || {
            // One that cannot be read is no reason to have no snapshot.
            let base = base.map(|it| take::base(&of_volume, &it));
            let base = base.and_then(Result::ok).unwrap_or_default();
            let frozen = match wharf_container::runtime::is_attached(&image)? {
                true => frozen(&image)?,
                false => None,
            };
            take::take(&image, &folder, &base, || files.check_room())?;
            drop(frozen);
            drop(taken);
            Ok(())
        })
        .await?;
        Ok(())
    }
}

/// The file system over a file, if there is one that can be frozen.
fn frozen(image: &Path) -> io::Result<Option<freeze::Frozen>> {
    match freeze::freeze(image) {
        Ok(frozen) => Ok(Some(frozen)),
        // The device of an instance, which may write to it as it is: what was written until now is read. A file system
        // whose last mount has just gone is still being written out, and is waited for.
        Err(error) if error.kind() == io::ErrorKind::NotFound && !freeze::is_in_use(image)? => {
            if let Some(device) = LoopDevice::over(image)? {
                device.flush()?;
            }
            Ok(None)
        }
        Err(error) => Err(error),
    }
}
