//! The loop: woken by claims, volumes and classes, it brings one claim or one volume forward at a time.

use std::{sync::Arc, time::Duration};

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use wharf_kube_client::{Client, Error, Informers, Recorder};
use wharf_kube_model::file_volume::EFS;
use wharf_kube_provisioning::{Claimed, Key, Queue, Standings};
use wharf_reconcile::Next;
use wharf_wire::Fault;

use crate::cloud::{Cloud, Files};

/// Claims and volumes that are worked on at once.
const WORKERS: usize = 4;
/// What EFS refuses may be had later: others free what was too much.
pub const AFTER_REFUSAL: Duration = Duration::from_secs(30);
/// Another write was faster; the cache has it in a moment.
const AFTER_CONFLICT: Duration = Duration::from_millis(50);

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
            async move { controller.sync(&key).await }
        };
        let claimed = &self.claimed;
        claimed.follow(queue, WORKERS, stop, bring_forward).await;
    }

    async fn sync(&self, key: &Key) -> Result<Next, String> {
        let done = match key {
            Key::Claim(namespace, name) => self.claim(namespace, name).await,
            Key::Volume(name) => self.volume(name).await,
        };
        match done {
            Ok(next) => Ok(next),
            Err(Failure::Api(error)) if error.is_outdated() => Ok(Next::After(AFTER_CONFLICT)),
            Err(failure) => Err(failure.to_string()),
        }
    }
}

#[cfg(test)]
mod tests;
