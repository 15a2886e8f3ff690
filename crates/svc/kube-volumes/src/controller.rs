//! The loop: woken by claims, volumes, attachments and pods, it brings one claim or one volume forward at a time.

use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wharf_base::Clock;
use wharf_kube_client::{
    Change, Client, Error, Index, Informer, Informers, Kind as ApiKind, Object as _, Recorder, kind,
};
use wharf_kube_model::persistent::claims_of;
use wharf_kube_provisioning::{Claimed, Key, Queue, Standings};
use wharf_wire::Fault;

use crate::{
    attach::ATTACHMENT,
    cloud::{Cloud, Disks},
};

/// Claims and volumes that are worked on at once.
const WORKERS: usize = 8;
const BY_VOLUME: Index = Index {
    name: "volume",
    keys: |it| vec![it.text("/spec/source/persistentVolumeName").to_owned()],
};

/// What informers must be able to find.
pub fn indexes() -> Vec<(ApiKind, Index)> {
    vec![(ATTACHMENT, BY_VOLUME)]
}

pub struct Controller {
    pub client: Client,
    pub disks: Arc<dyn Disks>,
    pub clock: Arc<dyn Clock>,
    pub claimed: Claimed,
    pub standings: Arc<Standings>,
    pub attachments: Informer,
    pub pods: Informer,
    pub nodes: Informer,
    /// Of who provisions, attaches and grows, as upstream's programs are called.
    pub provisioner: Recorder,
    pub attacher: Recorder,
    pub resizer: Recorder,
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

impl wharf_kube_provisioning::Failure for Failure {
    fn is_outdated(&self) -> bool {
        matches!(self, Self::Api(error) if error.is_outdated())
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
            claimed: Claimed::new(informers, gives),
            standings: Arc::default(),
            attachments: informers.of(&ATTACHMENT),
            pods: informers.of(&kind::POD),
            nodes: informers.of(&kind::NODE),
            provisioner: recorder("ebs.csi.aws.com"),
            attacher: recorder("attachdetach-controller"),
            resizer: recorder("external-resizer ebs.csi.aws.com"),
            client,
            disks,
            clock,
        })
    }

    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let synced = async {
            self.claimed.synced().await;
            for informer in [&self.attachments, &self.pods, &self.nodes] {
                informer.synced().await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = synced => {}
        }
        let queue = Queue::default();
        self.claimed.subscribe(&queue, &self.standings);
        self.subscribe(&queue);
        let controller = self.clone();
        let bring_forward = move |key: Key| {
            let controller = controller.clone();
            async move {
                match &key {
                    Key::Claim(namespace, name) => controller.claim(namespace, name).await,
                    Key::Volume(name) => controller.volume(name).await,
                }
            }
        };
        let claimed = &self.claimed;
        claimed.follow(queue, WORKERS, stop, bring_forward).await;
    }

    /// Wakes volumes by what else decides of them.
    fn subscribe(self: &Arc<Self>, queue: &Queue) {
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
                this.standings.is_well(pod.uid());
            }
            for name in claims_of(pod) {
                if let Some(claim) = this.claimed.claims.get(pod.namespace(), &name) {
                    let volume = claim.text("/spec/volumeName");
                    to.wake(Key::Volume(volume.to_owned()));
                }
            }
        });
        let (this, to) = (Arc::downgrade(self), queue.clone());
        self.nodes.subscribe(move |change| {
            // One that came may be waited for, and one that went was chosen by some.
            if !matches!(change, Change::Changed { .. })
                && let Some(this) = this.upgrade()
            {
                this.claimed.wake_all(&to);
            }
        });
    }

    pub fn attachments_of(&self, volume: &str) -> Vec<Arc<Value>> {
        self.attachments.by(BY_VOLUME.name, volume)
    }
}

#[cfg(test)]
mod tests;
