//! The loop: woken by claims, volumes and classes, it brings one claim or one volume forward at a time.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wharf_kube_client::{
    Change, Client, Error, Informer, Informers, Object as _, Recorder, Ref, kind,
};
use wharf_kube_model::file_volume::EFS;
use wharf_reconcile::Next;
use wharf_wire::Fault;

use crate::cloud::{Cloud, Files};

/// Claims and volumes that are worked on at once.
const WORKERS: usize = 4;
/// What EFS refuses may be had later: others free what was too much.
const AFTER_REFUSAL: Duration = Duration::from_secs(30);
/// Between two tries of what is refused again and again.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Warnings of one object that are known as told.
const MOST_TEXTS: usize = 32;
/// Another write was faster; the cache has it in a moment.
const AFTER_CONFLICT: Duration = Duration::from_millis(50);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// By namespace and name.
    Claim(String, String),
    Volume(String),
}

type Queue = Arc<wharf_reconcile::Queue<Key>>;

pub struct Controller {
    pub client: Client,
    pub files: Arc<dyn Files>,
    pub claims: Informer,
    pub volumes: Informer,
    pub classes: Informer,
    pub recorder: Recorder,
    /// Held while a group is chosen and an access point made with it.
    pub numbering: tokio::sync::Mutex<()>,
    /// Whether access points are made; what is to go goes anyway.
    gives: watch::Receiver<bool>,
    /// What is wrong with objects, by their uids.
    told: Mutex<HashMap<String, Standing>>,
}

/// What is wrong with an object.
#[derive(Debug, Default)]
struct Standing {
    /// What was warned of.
    texts: HashSet<String>,
    /// Refusals in a row.
    refusals: u32,
}

/// Why something is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Api(#[from] Error),
    #[error("{}", .0.message)]
    Efs(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Efs(fault)
    }
}

/// Until `stop`.
pub async fn run(
    client: Client,
    informers: Informers,
    cloud: Cloud,
    gives: watch::Receiver<bool>,
    stop: CancellationToken,
) {
    let controller = Controller::new(client, &informers, Arc::new(cloud), gives);
    controller.follow(stop).await;
}

impl Controller {
    pub fn new(
        client: Client,
        informers: &Informers,
        files: Arc<dyn Files>,
        gives: watch::Receiver<bool>,
    ) -> Arc<Self> {
        Arc::new(Self {
            claims: informers.of(&kind::PERSISTENT_VOLUME_CLAIM),
            volumes: informers.of(&kind::PERSISTENT_VOLUME),
            classes: informers.of(&kind::STORAGE_CLASS),
            recorder: Recorder::start(client.clone(), EFS, ""),
            client,
            files,
            numbering: tokio::sync::Mutex::default(),
            gives,
            told: Mutex::default(),
        })
    }

    pub fn gives(&self) -> bool {
        *self.gives.borrow()
    }

    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let synced = async {
            for informer in [&self.claims, &self.volumes, &self.classes] {
                informer.synced().await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = synced => {}
        }
        let queue = Queue::default();
        self.subscribe(&queue);
        let (this, mut gives) = (self.clone(), self.gives.clone());
        let woken = queue.clone();
        let switched = async move {
            while gives.changed().await.is_ok() {
                this.wake_all(&woken);
            }
            std::future::pending::<()>().await;
        };
        let working = wharf_reconcile::run(queue, WORKERS, stop, move |key: Key| {
            let controller = self.clone();
            async move { controller.sync(&key).await }
        });
        tokio::select! {
            () = working => {}
            () = switched => {}
        }
    }

    fn wake_all(&self, queue: &Queue) {
        for claim in self.claims.all() {
            queue.wake(claim_key(&claim));
        }
        for volume in self.volumes.all() {
            queue.wake(Key::Volume(volume.name().to_owned()));
        }
    }

    fn subscribe(self: &Arc<Self>, queue: &Queue) {
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.claims.subscribe(move |change| {
            Self::forget(&this, change);
            to.wake(claim_key(change.object()));
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.volumes.subscribe(move |change| {
            Self::forget(&this, change);
            let volume = change.object();
            to.wake(Key::Volume(volume.name().to_owned()));
            let claim = volume.at("/spec/claimRef");
            if claim.is_object() {
                let (namespace, name) = (claim.text("/namespace"), claim.text("/name"));
                to.wake(Key::Claim(namespace.to_owned(), name.to_owned()));
            }
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.classes.subscribe(move |_| {
            if let Some(this) = this.upgrade() {
                this.claims
                    .all()
                    .iter()
                    .for_each(|it| to.wake(claim_key(it)));
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, String> {
        let done = match key {
            Key::Claim(namespace, name) => self.claim(namespace, name).await,
            Key::Volume(name) => self.volume(name).await,
        };
        match done {
            Ok(next) => Ok(next),
            Err(Failure::Api(error))
                if error.is_conflict() || error.is_already_exists() || error.is_not_found() =>
            {
                Ok(Next::After(AFTER_CONFLICT))
            }
            Err(failure) => Err(failure.to_string()),
        }
    }

    /// Warns of what was not warned of already.
    pub fn warn(&self, about: Ref, reason: &str, text: &str) {
        let mut told = self.told.lock();
        let known = &mut told.entry(about.uid.clone()).or_default().texts;
        if known.len() >= MOST_TEXTS {
            known.clear();
        }
        if known.insert(text.to_owned()) {
            self.recorder.warning(about, reason, text);
        }
    }

    /// When to ask again for what was refused: twice as late each time.
    pub fn later(&self, uid: &str) -> Next {
        let mut told = self.told.lock();
        let standing = told.entry(uid.to_owned()).or_default();
        let wait = AFTER_REFUSAL.saturating_mul(1 << standing.refusals.min(8));
        standing.refusals = standing.refusals.saturating_add(1);
        Next::After(wait.min(LONGEST_WAIT))
    }

    fn forget(this: &Weak<Self>, change: &Change) {
        if let (Change::Deleted(object), Some(this)) = (change, this.upgrade()) {
            this.is_well(object.uid());
        }
    }

    /// What was wrong is no more.
    pub fn is_well(&self, uid: &str) {
        self.told.lock().remove(uid);
    }
}

fn claim_key(claim: &Value) -> Key {
    Key::Claim(claim.namespace().to_owned(), claim.name().to_owned())
}

#[cfg(test)]
mod tests;
