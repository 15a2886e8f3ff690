//! The scheduler's loop.
//!
//! Changes come straight into the state, under one lock; decisions are made under it too, so none is made on half a change. What was
//! decided is in the snapshot at once; the binding follows in the background, and if it fails the pod gets its turn again.

mod outcome;
mod state;

use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::json;
use tokio::{
    sync::Notify,
    task::JoinSet,
    time::{Duration, Instant, timeout},
};
use tokio_util::sync::CancellationToken;
use wharf_kube_client::{Change, Client, Delete, Informer, Informers, Object, Recorder, Ref, kind};

pub use self::outcome::set_condition;
use self::{
    outcome::mark_preempted,
    state::{Decision, State},
};
use crate::{preempt::Preemption, queue::Waiting, volumes::Volumes};

/// The name pods ask for it by, and that it reports under.
pub const NAME: &str = "default-scheduler";

/// Bindings on the way at once.
const MOST_BINDINGS: usize = 128;

/// Budgets that are not known by then count from when they are.
const BUDGETS_WAIT: Duration = Duration::from_secs(5);

struct Scheduler {
    client: Client,
    recorder: Recorder,
    state: Mutex<State>,
    wake: Notify,
    volumes: Volumes,
    budgets: Informer,
}

/// Schedules the pods of a cluster until `stop`. `informers` were made with [`indexes`](crate::indexes).
pub async fn run(client: Client, informers: Informers, stop: CancellationToken) {
    let client = client.named("kube-scheduler");
    let scheduler = Arc::new(Scheduler {
        recorder: Recorder::start(client.clone(), NAME, ""),
        client,
        state: Mutex::default(),
        wake: Notify::new(),
        volumes: Volumes::among(&informers),
        budgets: informers.of(&kind::POD_DISRUPTION_BUDGET),
    });
    tokio::select! {
        () = stop.cancelled() => {}
        () = scheduler.follow_and_bind(&informers) => {}
    }
}

impl Scheduler {
    async fn follow_and_bind(self: &Arc<Self>, informers: &Informers) {
        let (pods, nodes) = (informers.of(&kind::POD), informers.of(&kind::NODE));
        let namespaces = informers.of(&kind::NAMESPACE);
        let all = self.volumes.all();
        for informer in all.into_iter().chain([&pods, &nodes, &namespaces]) {
            // Where half is known, a choice would be of the wrong half.
            informer.synced().await;
        }
        // Servers of old have budgets in another version alone, and get on without.
        let _ = timeout(BUDGETS_WAIT, self.budgets.synced()).await;
        let it = Arc::downgrade(self);
        let tell = move |change: &dyn Fn(&mut State)| {
            if let Some(it) = it.upgrade() {
                change(&mut it.state.lock());
                it.wake.notify_one();
            }
        };
        let on = tell.clone();
        namespaces.subscribe(move |change| on(&|state| state.namespace(change)));
        let on = tell.clone();
        nodes.subscribe(move |change| on(&|state| state.node(change)));
        let on = tell.clone();
        pods.subscribe(move |change| on(&|state| state.pod(change)));
        for informer in [
            &self.volumes.claims,
            &self.volumes.volumes,
            &self.volumes.classes,
        ] {
            let on = tell.clone();
            informer.subscribe(move |_| on(&State::volume));
        }
        let on = tell.clone();
        self.volumes
            .csi_nodes
            .subscribe(move |_| on(&State::detached));
        // There are many of these, and what comes to a node makes no room there.
        let on = tell.clone();
        self.volumes.attachments.subscribe(move |change| {
            if matches!(change, Change::Deleted(_)) {
                on(&State::detached);
            }
        });
        self.decide_all().await;
    }

    async fn decide_all(self: &Arc<Self>) {
        let mut bindings = JoinSet::new();
        loop {
            while bindings.len() >= MOST_BINDINGS {
                bindings.join_next().await;
            }
            while bindings.try_join_next().is_some() {}
            let woken = self.wake.notified();
            let (next, timer) = {
                let mut state = self.state.lock();
                let next = state.next(&self.volumes, &self.budgets, Instant::now());
                (next, state.next_timer())
            };
            if let Some((waiting, decision)) = next {
                let it = self.clone();
                bindings.spawn(async move { it.carry_out(waiting, decision).await });
                // One decision may take a while: others get their turn in between.
                tokio::task::yield_now().await;
                continue;
            }
            let sleep = async {
                match timer {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = woken => {}
                () = sleep => {}
            }
        }
    }

    async fn carry_out(&self, waiting: Waiting, decision: Decision) {
        match decision {
            Decision::Bind(node) => self.bind(&waiting, &node).await,
            Decision::SelectNode { node, claims } => {
                for claim in claims {
                    let patch = json!({"metadata": {"annotations": {
                        "volume.kubernetes.io/selected-node": node,
                    }}});
                    let patch = wharf_kube_client::Patch::Merge(patch);
                    let patched = self
                        .client
                        .patch(
                            &kind::PERSISTENT_VOLUME_CLAIM,
                            claim.namespace(),
                            claim.name(),
                            &patch,
                        )
                        .await;
                    if let Err(error) = patched {
                        tracing::debug!(claim = claim.key(), %error, "failed to choose a claim's node");
                        self.state.lock().retry(&waiting.pod.uid, Instant::now());
                        self.wake.notify_one();
                    }
                }
            }
            Decision::Nowhere {
                message,
                preemption,
                gives_up,
            } => {
                let about = Ref::of(&kind::POD, &waiting.object);
                self.recorder.warning(about, "FailedScheduling", &message);
                let nominated = match &preemption {
                    Some(it) => Some(it.node.as_str()),
                    None => gives_up.then_some(""),
                };
                set_condition(&self.client, &waiting.object, &message, nominated).await;
                if let Some(preemption) = preemption {
                    self.evict(&waiting, preemption).await;
                }
            }
        }
    }

    async fn bind(&self, waiting: &Waiting, node: &str) {
        let pod = &waiting.pod;
        let binding = json!({
            "apiVersion": "v1", "kind": "Binding",
            "metadata": {"namespace": pod.namespace, "name": pod.name, "uid": pod.uid},
            "target": {"apiVersion": "v1", "kind": "Node", "name": node},
        });
        let bound = self
            .client
            .create_at(&kind::POD, &pod.namespace, &pod.name, "binding", &binding)
            .await;
        match bound {
            Ok(_) => {
                let message = format!("Successfully assigned {} to {node}", pod.key());
                let about = Ref::of(&kind::POD, &waiting.object);
                self.recorder.normal(about, "Scheduled", &message);
            }
            Err(error) => {
                tracing::debug!(pod = pod.key(), node, %error, "a binding failed; retrying");
                self.state.lock().binding_failed(&pod.uid, Instant::now());
                self.wake.notify_one();
            }
        }
    }

    async fn evict(&self, waiting: &Waiting, preemption: Preemption) {
        for victim in preemption.victims {
            mark_preempted(&self.client, &victim).await;
            let deleted = self
                .client
                .delete(
                    &kind::POD,
                    &victim.namespace,
                    &victim.name,
                    &Delete::of_uid(&victim.uid),
                )
                .await;
            match deleted {
                Ok(_) => {
                    let message = format!(
                        "Preempted by pod {} on node {}",
                        waiting.pod.uid, preemption.node
                    );
                    let about = Ref {
                        kind: kind::POD,
                        namespace: victim.namespace.clone(),
                        name: victim.name.clone(),
                        uid: victim.uid.clone(),
                        resource_version: String::new(),
                        field_path: String::new(),
                    };
                    self.recorder.normal(about, "Preempted", &message);
                }
                Err(error) if error.is_outdated() => {}
                Err(error) => {
                    tracing::debug!(pod = victim.key(), %error, "failed to evict; retrying");
                    self.state.lock().retry(&waiting.pod.uid, Instant::now());
                    self.wake.notify_one();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
