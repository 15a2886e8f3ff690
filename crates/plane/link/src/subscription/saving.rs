//! What a plane was told, on its way to the disk. That includes updates which the plane refused: without them the next start would
//! take what was there before for all there is, and undo what came since. Of those the file tells no position, so that the control
//! plane says everything anew.

use std::{path::PathBuf, sync::Arc, time::Duration};

use parking_lot::{Mutex, MutexGuard};
use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};
use wharf_durable::Durability;
use wharf_planeproto::Plane;
use wharf_seal::{KeyId, Keyring, sealed_file_key};

use crate::{disk, known::Known};

/// Between two writes of the state: many changes cost one write. Short, since a plane that starts
/// again goes by what was written; but writing takes at most a fifth of the time.
const SAVE_PAUSE: Duration = Duration::from_millis(20);
const SAVE_PAUSE_PER_WRITE: u32 = 4;
/// A write is flushed to the disk when nothing changed for so long, or after so long at the latest.
const FLUSH_WHEN_QUIET: Duration = Duration::from_millis(200);
const FLUSH_EVERY: Duration = Duration::from_secs(1);
/// How soon another key of the keyring is noticed.
const LOOK_AT_KEYRING: Duration = Duration::from_secs(1);
/// After a write that failed.
const SAVE_AGAIN: Duration = Duration::from_secs(1);

/// What the plane knows, as its task and the saver share it.
#[derive(Default)]
pub(super) struct Shared {
    known: Mutex<(Option<String>, Known)>,
    pub changed: Notify,
}

impl Shared {
    pub fn known(&self) -> MutexGuard<'_, (Option<String>, Known)> {
        self.known.lock()
    }
}

/// Of load balancers a version that was refused does not come into the file: the last one of use stays, there too.
fn is_to_be_saved(plane: Plane, known: &Known) -> bool {
    match plane {
        Plane::LoadBalancer => known.position.is_some(),
        _ => known.is_whole,
    }
}

/// Writes the state after changes, with a pause after each write: at once for the next process, and
/// through to the disk when no change follows or [`FLUSH_EVERY`] has passed. A rotation of the keyring
/// is a change.
pub(super) async fn save_changes(
    shared: Arc<Shared>,
    plane: Plane,
    path: PathBuf,
    keyring: Option<Keyring>,
) {
    let mut failing = false;
    let mut unflushed_since: Option<Instant> = None;
    let mut under = keyring.as_ref().and_then(|_| disk::sealed_under(&path));
    loop {
        let durability = match unflushed_since {
            None => {
                changed(&shared, keyring.as_ref().zip(under)).await;
                Durability::Process
            }
            Some(since) => match timeout(FLUSH_WHEN_QUIET, shared.changed.notified()).await {
                Ok(()) if since.elapsed() < FLUSH_EVERY => Durability::Process,
                _ => Durability::Machine,
            },
        };
        let began = Instant::now();
        let (of, to, keyring) = (shared.clone(), path.clone(), keyring.clone());
        let work = move || {
            let bytes = {
                let held = of.known();
                let (Some(host), true) = (&held.0, is_to_be_saved(plane, &held.1)) else {
                    return Ok(under);
                };
                disk::encode(plane, host, &held.1, keyring.as_ref())
            };
            disk::save(&to, &bytes, durability).map(|()| sealed_file_key(&bytes))
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(key)) => (failing, under) = (false, key),
            Ok(Err(error)) => {
                if !failing {
                    tracing::warn!(%plane, %error, path = %path.display(), "failed to save the plane's state");
                }
                failing = true;
                shared.changed.notify_one();
            }
            Err(error) => tracing::error!(%error, "saving a plane's state panicked"),
        }
        unflushed_since = match durability {
            Durability::Process => unflushed_since.or(Some(began)),
            Durability::Machine => None,
        };
        let pause = SAVE_PAUSE.max(began.elapsed() * SAVE_PAUSE_PER_WRITE);
        sleep(if failing { SAVE_AGAIN } else { pause }).await;
    }
}

/// Returns when there is something to save: a change, or another key to seal it with than the one it is
/// sealed under.
async fn changed(shared: &Shared, sealed: Option<(&Keyring, KeyId)>) {
    let Some((keyring, under)) = sealed else {
        return shared.changed.notified().await;
    };
    while keyring.active_key() == under {
        tokio::select! {
            () = shared.changed.notified() => return,
            () = sleep(LOOK_AT_KEYRING) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::wire::{self, Position};

    use super::*;

    #[test]
    fn what_was_refused_is_saved_for_all_but_load_balancers() {
        let position = Position {
            epoch: 1,
            revision: 1,
            version: wire::VERSION,
        };
        let nothing = Known::default();
        let taken = Known::new(Vec::new(), Some(position));
        let mut refused = Known::new(Vec::new(), Some(position));
        refused.doubt();
        for (plane, after_refusal) in [(Plane::LoadBalancer, false), (Plane::Network, true)] {
            let saved = [&nothing, &taken, &refused].map(|it| is_to_be_saved(plane, it));
            assert_eq!(saved, [false, true, after_refusal], "{plane}");
        }
    }
}
