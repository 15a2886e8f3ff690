//! The loop: woken by claims, volumes, attachments and pods, it brings one claim or one volume forward at a time.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wharf_base::Clock;
use wharf_kube_client::{
    Change, Client, Error, Index, Informer, Informers, Kind as ApiKind, Object as _, Recorder, Ref,
    kind,
};
use wharf_kube_model::persistent::claims_of;
use wharf_reconcile::Next;
use wharf_wire::Fault;

use crate::{
    attach::ATTACHMENT,
    cloud::{Cloud, Disks},
};

/// Claims and volumes that are worked on at once.
const WORKERS: usize = 8;
/// Between two tries of what is refused again and again.
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// Between the first two looks at a snapshot that is being taken, which is often done in no time …
const FIRST_LOOK: Duration = Duration::from_millis(500);
/// … and between two at one of a large disk.
const LONGEST_LOOK: Duration = Duration::from_secs(30);
/// Warnings of one object that are known as told.
const MOST_TEXTS: usize = 32;
/// Another write was faster; the cache has it in a moment.
const AFTER_CONFLICT: Duration = Duration::from_millis(50);
const BY_VOLUME: Index = Index {
    name: "volume",
    keys: |it| vec![it.text("/spec/source/persistentVolumeName").to_owned()],
};

/// What informers must be able to find.
pub fn indexes() -> Vec<(ApiKind, Index)> {
    vec![(ATTACHMENT, BY_VOLUME)]
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// By namespace and name.
    Claim(String, String),
    Volume(String),
}

type Queue = Arc<wharf_reconcile::Queue<Key>>;

pub struct Controller {
    pub client: Client,
    pub disks: Arc<dyn Disks>,
    pub clock: Arc<dyn Clock>,
    pub claims: Informer,
    pub volumes: Informer,
    pub classes: Informer,
    pub attachments: Informer,
    pub pods: Informer,
    pub nodes: Informer,
    /// Of who provisions, attaches and grows, as upstream's programs are called.
    pub provisioner: Recorder,
    pub attacher: Recorder,
    pub resizer: Recorder,
    /// Whether volumes are made and attached; what is to go goes anyway.
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
    /// Looks in a row at what takes its time.
    looks: u32,
}

/// Why something is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Api(#[from] Error),
    #[error("{}", .0.message)]
    Ec2(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Ec2(fault)
    }
}

/// Until `stop`. `informers` were made with [`indexes`].
pub async fn run(
    client: Client,
    informers: Informers,
    cloud: Cloud,
    gives: watch::Receiver<bool>,
    stop: CancellationToken,
) {
    let clock = cloud.clock.clone();
    let controller = Controller::new(client, &informers, Arc::new(cloud), clock, gives);
    controller.follow(stop).await;
}

impl Controller {
    pub fn new(
        client: Client,
        informers: &Informers,
        disks: Arc<dyn Disks>,
        clock: Arc<dyn Clock>,
        gives: watch::Receiver<bool>,
    ) -> Arc<Self> {
        let recorder = |name| Recorder::start(client.clone(), name, "");
        Arc::new(Self {
            claims: informers.of(&kind::PERSISTENT_VOLUME_CLAIM),
            volumes: informers.of(&kind::PERSISTENT_VOLUME),
            classes: informers.of(&kind::STORAGE_CLASS),
            attachments: informers.of(&ATTACHMENT),
            pods: informers.of(&kind::POD),
            nodes: informers.of(&kind::NODE),
            provisioner: recorder("ebs.csi.aws.com"),
            attacher: recorder("attachdetach-controller"),
            resizer: recorder("external-resizer ebs.csi.aws.com"),
            client,
            disks,
            clock,
            gives,
            told: Mutex::default(),
        })
    }

    pub fn gives(&self) -> bool {
        *self.gives.borrow()
    }

    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let synced = async {
            for informer in [
                &self.claims,
                &self.volumes,
                &self.classes,
                &self.attachments,
                &self.pods,
                &self.nodes,
            ] {
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
            let claim = change.object();
            to.wake(claim_key(claim));
            let volume = claim.text("/spec/volumeName");
            if !volume.is_empty() {
                to.wake(Key::Volume(volume.to_owned()));
            }
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
        let to = queue.clone();
        self.attachments.subscribe(move |change| {
            let volume = change.object().text("/spec/source/persistentVolumeName");
            to.wake(Key::Volume(volume.to_owned()));
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.pods.subscribe(move |change| {
            let Some(this) = this.upgrade() else { return };
            let pod = change.object();
            if let Change::Deleted(pod) = change {
                this.is_well(pod.uid());
            }
            for name in claims_of(pod) {
                if let Some(claim) = this.claims.get(pod.namespace(), &name) {
                    let volume = claim.text("/spec/volumeName");
                    to.wake(Key::Volume(volume.to_owned()));
                }
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
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.nodes.subscribe(move |change| {
            // One that came may be waited for, and one that went was chosen by some.
            if !matches!(change, Change::Changed { .. })
                && let Some(this) = this.upgrade()
            {
                this.wake_all(&to);
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

    pub fn attachments_of(&self, volume: &str) -> Vec<Arc<Value>> {
        self.attachments.by(BY_VOLUME.name, volume)
    }

    /// Warns of what was not warned of already.
    pub fn warn(&self, recorder: &Recorder, about: Ref, reason: &str, text: &str) {
        let mut told = self.told.lock();
        let known = &mut told.entry(about.uid.clone()).or_default().texts;
        if known.len() >= MOST_TEXTS {
            known.clear();
        }
        if known.insert(text.to_owned()) {
            recorder.warning(about, reason, text);
        }
    }

    /// When to ask again for what was refused: twice as late each time.
    pub fn later(&self, uid: &str, first: Duration) -> Next {
        let mut told = self.told.lock();
        let standing = told.entry(uid.to_owned()).or_default();
        grown(&mut standing.refusals, first, LONGEST_WAIT)
    }

    /// When to look again at what takes its time: twice as late each time, for each look is one at all that its account has.
    pub fn look_again(&self, uid: &str) -> Next {
        let mut told = self.told.lock();
        let standing = told.entry(uid.to_owned()).or_default();
        grown(&mut standing.looks, FIRST_LOOK, LONGEST_LOOK)
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

fn grown(times: &mut u32, first: Duration, longest: Duration) -> Next {
    let wait = first.saturating_mul(1 << (*times).min(8));
    *times = times.saturating_add(1);
    Next::After(wait.min(longest))
}

fn claim_key(claim: &Value) -> Key {
    Key::Claim(claim.namespace().to_owned(), claim.name().to_owned())
}

#[cfg(test)]
mod tests;
