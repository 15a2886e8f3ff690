//! The loop: woken by claims, volumes and classes, it brings one claim or one volume forward at a time.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wharf_kube_client::{Client, Error, Informers, Recorder};
use wharf_kube_model::file_volume::EFS;
use wharf_kube_provisioning::{Claimed, Key, Queue, Standings};
use wharf_wire::Fault;

use crate::cloud::{Cloud, Files};

/// Claims and volumes that are worked on at once.
const WORKERS: usize = 4;
/// What EFS refuses may be had later: others free what was too much.
pub const AFTER_REFUSAL: Duration = Duration::from_secs(30);

pub struct Controller {
    pub client: Client,
    pub files: Arc<dyn Files>,
    pub claimed: Claimed,
    pub standings: Arc<Standings>,
    pub recorder: Recorder,
    /// Held while a group is chosen and an access point made with it.
    pub numbering: tokio::sync::Mutex<()>,
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

impl wharf_kube_provisioning::Failure for Failure {
    fn is_outdated(&self) -> bool {
        matches!(self, Self::Api(error) if error.is_outdated())
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
            claimed: Claimed::new(informers, gives),
            standings: Arc::default(),
            recorder: Recorder::start(client.clone(), EFS, ""),
            client,
            files,
            numbering: tokio::sync::Mutex::default(),
        })
    }

    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => return,
            () = self.claimed.synced() => {}
        }
        let queue = Queue::default();
        self.claimed.subscribe(&queue, &self.standings);
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
}

#[cfg(test)]
mod tests;
