//! The loop: woken by claims, volumes and classes, it brings one claim or one volume forward at a time.

use std::{fmt, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wharf_kube_client::{Change, Informer, Informers, Object as _, kind};
use wharf_reconcile::Next;

use crate::Standings;

/// Another write was faster; the cache has it in a moment.
const AFTER_CONFLICT: Duration = Duration::from_millis(50);

/// What is brought forward.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// By namespace and name.
    Claim(String, String),
    Volume(String),
}

impl Key {
    fn of_claim(claim: &Value) -> Self {
        Self::Claim(claim.namespace().to_owned(), claim.name().to_owned())
    }
}

pub type Queue = Arc<wharf_reconcile::Queue<Key>>;

/// Why something is not as it should be.
pub trait Failure: fmt::Display {
    /// Whether the step was taken from what is true no more, and may succeed from how it is now.
    fn is_outdated(&self) -> bool;
}

/// Claims, what they are bound to, and the classes that say how it is made.
pub struct Claimed {
    pub claims: Informer,
    pub volumes: Informer,
    pub classes: Informer,
    /// Whether anything is made; what is to go goes anyway.
    gives: watch::Receiver<bool>,
}

impl Claimed {
    pub fn new(informers: &Informers, gives: watch::Receiver<bool>) -> Self {
        Self {
            claims: informers.of(&kind::PERSISTENT_VOLUME_CLAIM),
            volumes: informers.of(&kind::PERSISTENT_VOLUME),
            classes: informers.of(&kind::STORAGE_CLASS),
            gives,
        }
    }

    pub fn gives(&self) -> bool {
        *self.gives.borrow()
    }

    pub async fn synced(&self) {
        for informer in [&self.claims, &self.volumes, &self.classes] {
            informer.synced().await;
        }
    }

    /// Wakes claims and volumes by what happens to them, and claims by what happens to classes; what is deleted leaves `standings`.
    pub fn subscribe(&self, queue: &Queue, standings: &Arc<Standings>) {
        let (to, known) = (queue.clone(), standings.clone());
        self.claims.subscribe(move |change| {
            forget(&known, change);
            let claim = change.object();
            to.wake(Key::of_claim(claim));
            let volume = claim.text("/spec/volumeName");
            if !volume.is_empty() {
                to.wake(Key::Volume(volume.to_owned()));
            }
        });
        let (to, known) = (queue.clone(), standings.clone());
        self.volumes.subscribe(move |change| {
            forget(&known, change);
            let volume = change.object();
            to.wake(Key::Volume(volume.name().to_owned()));
            let claim = volume.at("/spec/claimRef");
            if claim.is_object() {
                let (namespace, name) = (claim.text("/namespace"), claim.text("/name"));
                to.wake(Key::Claim(namespace.to_owned(), name.to_owned()));
            }
        });
        let (to, claims) = (queue.clone(), self.claims.clone());
        self.classes.subscribe(move |_| {
            for claim in claims.all() {
                to.wake(Key::of_claim(&claim));
            }
        });
    }

    pub fn wake_all(&self, queue: &Queue) {
        for claim in self.claims.all() {
            queue.wake(Key::of_claim(&claim));
        }
        for volume in self.volumes.all() {
            queue.wake(Key::Volume(volume.name().to_owned()));
        }
    }

    /// Brings forward what `queue` has, until `stop`; all of it when it turns whether anything is made.
    pub async fn follow<W, F, E>(
        &self,
        queue: Queue,
        workers: usize,
        stop: CancellationToken,
        bring_forward: W,
    ) where
        W: Fn(Key) -> F + Clone + Send + 'static,
        F: Future<Output = Result<Next, E>> + Send + 'static,
        E: Failure,
    {
        let step = move |key: Key| {
            let taken = bring_forward(key);
            async move { outcome(taken.await) }
        };
        let mut gives = self.gives.clone();
        let switched = async {
            while gives.changed().await.is_ok() {
                self.wake_all(&queue);
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = wharf_reconcile::run(queue.clone(), workers, stop, step) => {}
            () = switched => {}
        }
    }
}

/// What becomes of a step: an outdated one is no failure, whose delays would grow.
fn outcome<E: Failure>(taken: Result<Next, E>) -> Result<Next, E> {
    match taken {
        Err(failure) if failure.is_outdated() => Ok(Next::After(AFTER_CONFLICT)),
        taken => taken,
    }
}

fn forget(standings: &Standings, change: &Change) {
    if let Change::Deleted(object) = change {
        standings.is_well(object.uid());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    enum Refused {
        Outdated,
        Forbidden,
    }

    impl fmt::Display for Refused {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            fmt::Debug::fmt(self, f)
        }
    }

    impl Failure for Refused {
        fn is_outdated(&self) -> bool {
            *self == Self::Outdated
        }
    }

    #[test]
    fn an_outdated_step_is_taken_again_soon_and_is_no_failure() {
        let again = Ok(Next::After(AFTER_CONFLICT));
        assert_eq!(outcome(Err(Refused::Outdated)), again);
        assert_eq!(outcome(Err(Refused::Forbidden)), Err(Refused::Forbidden));
        let settled = Ok::<_, Refused>(Next::Settled);
        assert_eq!(outcome(Ok(Next::Settled)), settled);
    }
}
