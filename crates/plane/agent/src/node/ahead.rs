//! Images that the control plane wants here before a task is there that needs them.
//!
//! Input: the whole of what is wanted, anew with each message. Output: how far each order is ([`ImagesAhead::states`]). An
//! order that fails is tried again for as long as it is wanted and somebody waits for it. An account has one fetch at a time,
//! and one that takes long gives its turn to others without an end of it: nobody's registry holds the images of others up. Nothing of it is kept on disk: what
//! was pulled are images like others, and a control plane that still wants something says so with the next connection.

use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::{
    sync::{Mutex as TurnsOfOne, Semaphore, watch},
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use wharf_base::Backoff;

use super::{
    core::TaskContext,
    credentials::CredentialStore,
    machine::{Machine, NotFetched},
};
use crate::{
    engine::{NetworkMode, Spec},
    protocol::{
        acs::{FetchedImages, FetchedState, ImageOrder},
        payload::Task,
    },
};

/// Orders that begin to be fetched at a time: those of tasks come first.
const PARALLEL: usize = 2;
/// After so long a fetch goes on beside the turns, one for each account that was ordered for at the most.
const TURN: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
const FETCHED: &str = "FETCHED";
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
    /// By account.
    own_turns: Mutex<BTreeMap<String, Arc<TurnsOfOne<()>>>>,
    /// By deployment.
    orders: Mutex<BTreeMap<String, Entry>>,
    states: watch::Sender<FetchedImages>,
}

struct Entry {
    end: CancellationToken,
    /// When it is given up; later if it is ordered again meanwhile.
    until: watch::Sender<Instant>,
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
            own_turns: Mutex::default(),
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

    /// All that is wanted. What is not among it ends; what is goes on, and begins again if it was given up.
    pub fn want(&self, wanted: Vec<ImageOrder>) {
        let shared = &self.shared;
        {
            let mut orders = shared.orders.lock();
            orders.retain(|deployment, entry| {
                let order = wanted.iter().find(|order| order.deployment == *deployment);
                let stays = order.is_some_and(|order| entry.goes_on(order));
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

    /// Whether somebody fetches it, or waits for the next try.
    pub fn is_fetching(&self, deployment: &str) -> bool {
        let orders = self.shared.orders.lock();
        let entry = orders.get(deployment);
        entry.is_some_and(|entry| !entry.until.is_closed())
    }

    fn begin(&self, mut order: ImageOrder) -> Entry {
        let credentials = order.execution_role_credentials.take();
        let credentials_id = credentials.as_ref().map(|it| it.credentials_id.clone());
        if let Some(credentials) = credentials {
            self.shared.credentials.put(credentials);
        }
        let end = self.shared.shutdown.child_token();
        let (until, given_up) = watch::channel(end_of(&order));
        let (shared, ended) = (self.shared.clone(), end.clone());
        let execution_credentials_id = credentials_id.clone();
        self.shared.running.spawn(async move {
            let deployment = order.deployment.clone();
            let context = context_of(order, execution_credentials_id);
            tokio::select! {
                () = ended.cancelled() => {}
                () = shared.fetch(&deployment, &context) => {}
                () = passed(given_up) => {
                    tracing::warn!(service = context.task.arn, deployment, "failed to fetch images ahead of a task in time");
                }
            }
        });
        Entry {
            end,
            until,
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
                    return self.note(deployment, FETCHED, String::new());
                }
                Err(error) => error.to_string(),
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

    async fn fetch_once(&self, context: &TaskContext) -> Result<(), NotFetched> {
        let account = context.account();
        let own = self.own_turn(account);
        let _own = own.lock().await;
        let turn = self.turns.acquire().await;
        let mut fetching = pin!(async {
            for at in 0..context.task.containers.len() {
                self.machine.fetch_ahead(context, at).await?;
            }
            Ok(())
        });
        match timeout(TURN, fetching.as_mut()).await {
            Ok(fetched) => fetched,
            Err(_) => {
                drop(turn);
                fetching.await
            }
        }
    }

    fn own_turn(&self, account: &str) -> Arc<TurnsOfOne<()>> {
        let mut all = self.own_turns.lock();
        // Those that nobody waits for any more.
        all.retain(|_, turn| Arc::strong_count(turn) > 1);
        all.entry(account.to_owned()).or_default().clone()
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

impl Entry {
    /// Whether nothing is to begin: it is there, or somebody still fetches it, now for as long as the new order says.
    fn goes_on(&self, again: &ImageOrder) -> bool {
        let is_there = self.state.as_ref().is_some_and(|it| it.status == FETCHED);
        self.until.send_if_modified(|until| {
            let later = end_of(again).max(*until);
            std::mem::replace(until, later) != later
        });
        is_there || !self.until.is_closed()
    }
}

fn end_of(order: &ImageOrder) -> Instant {
    Instant::now() + Duration::from_secs(order.within.min(MOST_WITHIN))
}

/// Once that time is over.
async fn passed(mut at: watch::Receiver<Instant>) {
    loop {
        let until = *at.borrow_and_update();
        tokio::select! {
            () = sleep_until(until) => return,
            changed = at.changed() => {
                if changed.is_err() {
                    return sleep_until(until).await;
                }
            }
        }
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
