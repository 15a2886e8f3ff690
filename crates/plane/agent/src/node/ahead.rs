//! Images that the control plane wants here before a task is there that needs them.
//!
//! Input: the whole of what is wanted, anew with each message. Output: how far each order is ([`ImagesAhead::states`]). An
//! order that fails is tried again for as long as it is wanted and somebody waits for it. Nothing of it is kept on disk: what
//! was pulled are images like others, and a control plane that still wants something says so with the next connection.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_base::Backoff;

use super::{core::TaskContext, credentials::CredentialStore, machine::Machine};
use crate::{
    engine::{NetworkMode, Spec},
    protocol::{
        acs::{FetchedImages, FetchedState, ImageOrder},
        payload::Task,
    },
};

/// Orders that are fetched at a time: those of tasks come first.
const PARALLEL: usize = 2;
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Seconds; nobody waits for longer.
const MOST_WITHIN: u64 = 24 * 3600;

/// Cheap to clone.
#[derive(Clone)]
pub struct ImagesAhead {
    shared: Arc<Shared>,
}

struct Shared {
    machine: Arc<dyn Machine>,
    credentials: CredentialStore,
    running: TaskTracker,
    shutdown: CancellationToken,
    turns: Semaphore,
    /// By deployment.
    orders: Mutex<BTreeMap<String, Entry>>,
    states: watch::Sender<FetchedImages>,
}

struct Entry {
    end: CancellationToken,
    credentials_id: Option<String>,
    /// `None`: there is nothing to say yet.
    state: Option<FetchedState>,
}

impl ImagesAhead {
    pub fn new(
        machine: Arc<dyn Machine>,
        credentials: CredentialStore,
        (running, shutdown): (TaskTracker, CancellationToken),
    ) -> Self {
        let shared = Shared {
            machine,
            credentials,
            running,
            shutdown,
            turns: Semaphore::new(PARALLEL),
            orders: Mutex::default(),
            states: watch::Sender::new(FetchedImages::default()),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// What is to be said to the control plane, with each change of it.
    pub fn states(&self) -> watch::Receiver<FetchedImages> {
        let mut states = self.shared.states.subscribe();
        // A new connection hears it too.
        states.mark_changed();
        states
    }

    /// All that is wanted. What is not among it ends; what is goes on.
    pub fn want(&self, wanted: Vec<ImageOrder>) {
        let shared = &self.shared;
        {
            let mut orders = shared.orders.lock();
            orders.retain(|deployment, entry| {
                let stays = wanted.iter().any(|order| order.deployment == *deployment);
                if !stays {
                    entry.end.cancel();
                    shared.credentials.forget(entry.credentials_id.as_deref());
                }
                stays
            });
            for order in wanted {
                if !orders.contains_key(&order.deployment) {
                    let deployment = order.deployment.clone();
                    orders.insert(deployment, self.begin(order));
                }
            }
        }
        // Also where nothing is new: who asks may have forgotten what was said.
        shared.tell();
    }

    fn begin(&self, mut order: ImageOrder) -> Entry {
        let credentials = order.execution_role_credentials.take();
        let credentials_id = credentials.as_ref().map(|it| it.credentials_id.clone());
        if let Some(credentials) = credentials {
            self.shared.credentials.put(credentials);
        }
        let end = self.shared.shutdown.child_token();
        let (shared, ended) = (self.shared.clone(), end.clone());
        let execution_credentials_id = credentials_id.clone();
        self.shared.running.spawn(async move {
            let within = Duration::from_secs(order.within.min(MOST_WITHIN));
            let deployment = order.deployment.clone();
            let context = context_of(order, execution_credentials_id);
            tokio::select! {
                () = ended.cancelled() => {}
                fetched = timeout(within, shared.fetch(&deployment, &context)) => {
                    if fetched.is_err() {
                        tracing::warn!(service = context.task.arn, deployment, "failed to fetch images ahead of a task in time");
                    }
                }
            }
        });
        Entry {
            end,
            credentials_id,
            state: None,
        }
    }
}

impl Shared {
    async fn fetch(&self, deployment: &str, context: &TaskContext) {
        let mut pause = Backoff::new(PAUSE, LONGEST_PAUSE, 2.0);
        loop {
            let reason = match self.fetch_once(context).await {
                Ok(()) => {
                    tracing::info!(
                        service = context.task.arn,
                        deployment,
                        "images are here ahead of their task"
                    );
                    return self.note(deployment, "FETCHED", String::new());
                }
                Err(reason) => reason,
            };
            let service = &context.task.arn;
            tracing::warn!(
                service,
                deployment,
                reason,
                "failed to fetch images ahead of a task; will retry"
            );
            self.note(deployment, "FAILED", reason);
            sleep(pause.wait()).await;
        }
    }

    async fn fetch_once(&self, context: &TaskContext) -> Result<(), String> {
        let _turn = self.turns.acquire().await;
        for at in 0..context.task.containers.len() {
            self.machine.fetch_ahead(context, at).await?;
        }
        Ok(())
    }

    fn note(&self, deployment: &str, status: &'static str, reason: String) {
        if let Some(entry) = self.orders.lock().get_mut(deployment) {
            entry.state = Some(FetchedState {
                deployment: deployment.to_owned(),
                status,
                reason,
            });
        }
        self.tell();
    }

    fn tell(&self) {
        let orders = self.orders.lock();
        let states = orders.values().filter_map(|entry| entry.state.clone());
        let states = states.collect();
        self.states.send_replace(FetchedImages { states });
    }
}

/// A task that is never made, as far as its images depend on it.
fn context_of(order: ImageOrder, execution_credentials_id: Option<String>) -> TaskContext {
    TaskContext {
        id: order.deployment,
        task: Task {
            arn: order.service_arn,
            launch_type: order.launch_type,
            containers: order.containers,
            ..Task::default()
        },
        spec: Spec {
            network: NetworkMode::None,
            first: 0,
            containers: Vec::new(),
            claims: Default::default(),
        },
        runtime_ids: Vec::new(),
        endpoint_ids: Vec::new(),
        credentials_id: None,
        execution_credentials_id,
    }
}
