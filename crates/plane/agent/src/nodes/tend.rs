//! Keeping the node of one instance alive.
//!
//! It begins with the first credentials of the instance's role, and looks after its tasks from then on.
//! Its session ends when the control plane refuses it, and is tried again, ever more seldom; nobody else
//! notices. Without credentials there is no node, and tasks of an earlier one run on untended, as they do
//! while an agent is down.

use std::{convert::Infallible, future::pending, sync::Arc, time::Duration};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_api_ecs::{
    UpdateContainerInstancesStateRequest, UpdateContainerInstancesStateResponse,
    schema::SERVICE as ECS,
};
use wharf_base::{Backoff, Chain};
use wharf_wire::sigv4::SigningKeys;

use super::{Begun, InstanceNode, Node, NodeParts, Nodes, Parts};
use crate::{
    allow::Allow,
    client::{Api, CurrentKeys},
    machine::{Addresses, Tenancy},
    node::{NodeError, credentials::CredentialStore, session::TelemetryTarget},
};

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// A session that lasted so long is no failure to begin with.
const SETTLED: Duration = Duration::from_secs(60);
/// How often credentials are asked for: whoever gives them renews them long before their end.
const RENEW_EVERY: Duration = Duration::from_secs(30);
/// How often it is looked whether the instance has its notice, as the agent of AWS does.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What is under way at its end has this long to notice.
const STOP_PATIENCE: Duration = Duration::from_secs(5);

/// How far it has come.
enum Place {
    Empty,
    Beginning(JoinHandle<Begun>),
    Begun(Box<Begun>),
}

/// The node of one instance.
pub struct Tended {
    nodes: Nodes,
    node: InstanceNode,
    running: TaskTracker,
    stop: CancellationToken,
}

impl Tended {
    pub fn new(nodes: Nodes, node: InstanceNode, stop: CancellationToken) -> Self {
        Self {
            nodes,
            node,
            running: TaskTracker::new(),
            stop,
        }
    }

    /// Until it is stopped.
    pub async fn run(self) {
        let mut place = Place::Empty;
        tokio::select! {
            () = self.stop.cancelled() => {}
            () = self.keep(&mut place) => {}
        }
        self.stop.cancel();
        // One that is just beginning is waited for: what it takes over is ended after it.
        let begun = match place {
            Place::Empty => None,
            Place::Beginning(beginning) => beginning.await.ok(),
            Place::Begun(begun) => Some(*begun),
        };
        if let Some(begun) = begun {
            begun.ended().await;
        }
        self.running.close();
        if timeout(STOP_PATIENCE, self.running.wait()).await.is_err() {
            let instance = &self.node.instance;
            tracing::warn!(
                instance,
                "timeout while the node of an instance was shutting down"
            );
        }
    }

    async fn keep(&self, place: &mut Place) {
        let mut backoff = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE, 2.0);
        loop {
            let began = Instant::now();
            let Err(error) = self.once(place).await else {
                return;
            };
            if began.elapsed() >= SETTLED {
                backoff.reset();
            }
            let pause = backoff.wait();
            tracing::warn!(
                instance = self.node.instance,
                cluster = self.node.cluster,
                error = %Chain(&error),
                retry_in_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX),
                "the container agent of an instance failed; will retry"
            );
            sleep(pause).await;
        }
    }

    /// One session. Its node is begun if it is not yet.
    async fn once(&self, place: &mut Place) -> Result<(), NodeError> {
        let keys = self.keys().await?;
        if matches!(place, Place::Empty) {
            let opened = self.open(keys.clone())?;
            *place = Place::Beginning(tokio::spawn(opened.begin()));
        }
        if let Place::Beginning(beginning) = place {
            *place = match beginning.await {
                Ok(begun) => Place::Begun(Box::new(begun)),
                Err(_) => Place::Empty,
            };
        }
        let Place::Begun(begun) = place else {
            return Err(NodeError::ShuttingDown);
        };
        begun.session.api.current_keys().replace(keys);
        let current = begun.session.api.current_keys().clone();
        let (api, target) = (
            begun.session.api.clone(),
            begun.session.telemetry.subscribe(),
        );
        tokio::select! {
            ended = begun.session.run() => ended,
            never = self.renew(&current) => match never {},
            never = self.drain(&api, target) => match never {},
        }
    }

    /// At the notice that the capacity of its instance is taken back it takes no more tasks.
    async fn drain(
        &self,
        api: &Api,
        target: watch::Receiver<Option<TelemetryTarget>>,
    ) -> Infallible {
        let Some(noticed) = &self.node.drains else {
            return pending().await;
        };
        loop {
            sleep(LOOK_EVERY).await;
            // Where it is registered.
            let known = target.borrow().clone();
            let Some(known) = known.filter(|_| noticed()) else {
                continue;
            };
            let input = UpdateContainerInstancesStateRequest {
                cluster: Some(known.cluster),
                container_instances: Some(vec![known.container_instance]),
                status: Some("DRAINING".to_owned()),
            };
            let operation = "UpdateContainerInstancesState";
            let call = api.call::<UpdateContainerInstancesStateResponse>(&ECS, operation, &input);
            match call.await {
                Ok(_) => {
                    tracing::info!(
                        instance = self.node.instance,
                        "the Spot capacity of an instance is taken back, it takes no more tasks"
                    );
                    return pending().await;
                }
                Err(error) => tracing::warn!(
                    instance = self.node.instance,
                    error = %Chain(&error),
                    "failed to drain an instance whose Spot capacity is taken back; will retry"
                ),
            }
        }
    }

    async fn keys(&self) -> Result<SigningKeys, NodeError> {
        let current = self.node.credentials.current().await;
        let current = current.map_err(NodeError::Credentials)?;
        Ok(current.signing_keys())
    }

    async fn renew(&self, current: &CurrentKeys) -> Infallible {
        loop {
            sleep(RENEW_EVERY).await;
            match self.keys().await {
                Ok(keys) => current.replace(keys),
                Err(error) => tracing::warn!(
                    instance = self.node.instance,
                    error = %Chain(&error),
                    "failed to renew the credentials of an instance's node; will retry"
                ),
            }
        }
    }

    fn open(&self, keys: SigningKeys) -> Result<Node, NodeError> {
        let Parts {
            ground,
            api,
            images,
            in_task,
            in_host,
            ..
        } = &self.nodes.0.parts;
        let InstanceNode {
            instance,
            region,
            cluster,
            ..
        } = &self.node;
        let api = Api::new(
            api.endpoint().clone(),
            api.dialer().clone(),
            keys,
            region,
            ground.clock.clone(),
        );
        let credentials = CredentialStore::default();
        let here = |addresses: &Addresses| Addresses {
            region: region.clone(),
            ..addresses.clone()
        };
        let parts = NodeParts {
            tenancy: Tenancy::Instance {
                id: instance.clone(),
            },
            cluster: cluster.clone(),
            dir: self.nodes.dir_of(instance),
            images: images.for_instance(api.clone(), credentials.clone()),
            api,
            credentials,
            // Nothing of the machine is lent to those who use an instance.
            allow: Arc::new(Allow::default()),
            host: self.node.host(ground.machine.keeps_volumes()),
            in_task: here(in_task),
            in_host: here(in_host),
            running: self.running.clone(),
            shutdown: self.stop.clone(),
        };
        Node::open(ground, parts)
    }
}
