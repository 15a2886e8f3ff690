//! DaemonSets: a pod on each node that fits.

mod failures;
mod plan;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use serde_json::Value;
use wharf_base::Timestamp;
use wharf_kube_client::{Change, Error, Informer, Object, Ref, kind};

use self::{
    failures::Failures,
    plan::{Observed, Plan, node_of, plan, pod},
};
use crate::{
    claims,
    history::{HASH_LABEL, History},
    pods::PodControl,
    runtime::{Context, Controller, Key, Next, Queue, next, wake_controller, wake_self},
};

pub struct DaemonSets {
    context: Context,
    sets: Informer,
    nodes: Informer,
    revisions: Informer,
    control: PodControl,
    failures: Failures,
}

impl DaemonSets {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            sets: context.informer(&kind::DAEMON_SET),
            nodes: context.informer(&kind::NODE),
            revisions: context.informer(&kind::CONTROLLER_REVISION),
            control: PodControl {
                client: context.client.clone(),
                pods: context.informer(&kind::POD),
                recorder: context.recorder("daemonset-controller"),
            },
            failures: Failures::default(),
        })
    }

    /// Tells of pods that ended and are deleted, and remembers those that failed.
    fn tell_of_ended(&self, set: &Value, plan: &Plan, now: Timestamp) {
        let recorder = &self.control.recorder;
        let about = || Ref::of(&kind::DAEMON_SET, set);
        for pod in &plan.failed {
            let (key, node) = (pod.key(), node_of(pod));
            let message =
                format!("Found failed daemon pod {key} on node {node}, will try to kill it");
            recorder.warning(about(), "FailedDaemonPod", &message);
        }
        for pod in &plan.succeeded {
            let (key, node) = (pod.key(), node_of(pod));
            let message =
                format!("Found succeeded daemon pod {key} on node {node}, will try to delete it");
            recorder.normal(about(), "SucceededDaemonPod", &message);
        }
        let nodes: BTreeSet<&str> = plan.failed.iter().map(|it| node_of(it)).collect();
        for node in nodes {
            self.failures.note(set, node, now);
        }
    }
}

#[async_trait]
impl Controller for DaemonSets {
    fn informers(&self) -> Vec<Informer> {
        let all = [&self.sets, &self.nodes, &self.revisions, &self.control.pods];
        all.into_iter().cloned().collect()
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.sets, queue);
        wake_controller(&self.control.pods, queue, "DaemonSet");
        let (sets, queue) = (self.sets.clone(), queue.clone());
        self.nodes.subscribe(move |change| {
            if let Change::Changed { old, new } = change
                && ["/metadata/labels", "/spec"]
                    .iter()
                    .all(|it| old.at(it) == new.at(it))
            {
                return;
            }
            for set in sets.all() {
                queue.wake(Key::of(&set));
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(set) = self.sets.get(&key.namespace, &key.name) else {
            self.failures.forget(key);
            return Ok(Next::Settled);
        };
        let client = &self.context.client;
        let about = Ref::of(&kind::DAEMON_SET, &set);
        let selector = claims::selector(&set);
        if selector.is_everything() {
            let message =
                "This daemon set is selecting all pods. A non-empty selector is required.";
            self.control
                .recorder
                .warning(about, "SelectingAll", message);
            return Ok(Next::Settled);
        }
        let owner = (&kind::DAEMON_SET, &*set);
        let pods = claims::claim(client, owner, &selector, &self.control.pods).await?;
        if set.is_deleting() {
            return Ok(Next::Settled);
        }
        let history = History {
            client,
            revisions: &self.revisions,
            kind: &kind::DAEMON_SET,
        };
        let revision = history.current(&set).await?;
        let hash = revision.label(HASH_LABEL).unwrap_or_default();
        let nodes: BTreeMap<String, Arc<Value>> = self
            .nodes
            .all()
            .into_iter()
            .map(|it| (it.name().to_owned(), it))
            .collect();
        let now = self.context.now();
        let waits = self.failures.waits(&set, now);
        let observed = Observed {
            set: &set,
            nodes: &nodes,
            pods: &pods,
            hash,
            waits: &waits,
        };
        let plan = plan(&observed, now);
        self.tell_of_ended(&set, &plan, now);
        self.control.delete_many(&about, &plan.delete).await?;
        let create = |at: usize| pod(&set, &plan.create[at], hash);
        self.control
            .create_many(&about, create, plan.create.len())
            .await?;
        if plan.status != set["status"] {
            let mut changed = Value::clone(&set);
            changed["status"] = plan.status;
            let written = client.update_status(&kind::DAEMON_SET, &changed).await?;
            self.sets.observe(&written);
        }
        history
            .trim(&set, |it| {
                it == hash || pods.iter().any(|pod| pod.label(HASH_LABEL) == Some(it))
            })
            .await?;
        Ok(next(plan.look_after))
    }
}
