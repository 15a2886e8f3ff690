//! Nodes that no longer report: they are marked as unknown, tainted, and their pods leave when they tolerate that no longer.
//!
//! Nothing polls: each report sets the time by which the next is due.

mod eviction;
mod plan;

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::{Delete, Error, Informer, Object, Recorder, Ref, Selection, kind};

use self::{
    eviction::{Fate, fate},
    plan::{Health, health, tainted, unknown},
};
use crate::{
    PODS_BY_NODE,
    pods::{is_over, set_condition},
    runtime::{Context, Controller, Key, Next, Queue, next, sooner, wake_self},
};

pub struct Nodes {
    context: Context,
    nodes: Informer,
    leases: Informer,
    pods: Informer,
    recorder: Recorder,
    /// What was heard last, and when: clocks of nodes are not trusted.
    heard: Mutex<HashMap<String, (String, Timestamp)>>,
}

impl Nodes {
    pub fn new(context: &Context) -> Arc<Self> {
        let selection = Selection {
            namespace: "kube-node-lease".to_owned(),
            ..Selection::default()
        };
        let (client, stop) = (context.client.clone(), context.stop.clone());
        Arc::new(Self {
            context: context.clone(),
            nodes: context.informer(&kind::NODE),
            leases: Informer::start(client, kind::LEASE, selection, &[], stop),
            pods: context.informer(&kind::POD),
            recorder: context.recorder("node-controller"),
            heard: Mutex::default(),
        })
    }

    /// When the node was last heard of.
    fn heard(&self, node: &Value, now: Timestamp) -> Timestamp {
        let lease = self.leases.get("kube-node-lease", node.name());
        let renewed = lease.as_deref().map_or("", |it| it.text("/spec/renewTime"));
        let beat = node.condition("Ready");
        let beat = beat.map_or("", |it| it.text("/lastHeartbeatTime"));
        // `unknown` keeps the heartbeat, so what this controller writes is no sign of life.
        let sign = format!("{} {renewed} {beat}", node.uid());
        let mut heard = self.heard.lock();
        match heard.get(node.name()) {
            Some((known, at)) if *known == sign => *at,
            _ => {
                heard.insert(node.name().to_owned(), (sign, now));
                now
            }
        }
    }

    /// Pods of a node that nobody hears of are not ready, whatever they said last.
    async fn mark_pods(&self, node: &str) -> Result<(), Error> {
        for pod in self.pods.by(PODS_BY_NODE.name, node) {
            if is_over(&pod) || !pod.has_condition("Ready", "True") {
                continue;
            }
            let mut marked = Value::clone(&pod);
            let mut conditions = marked.list("/status/conditions").to_vec();
            let mut ready = pod.condition("Ready").cloned().unwrap_or_default();
            ready["status"] = "False".into();
            set_condition(&mut conditions, ready, self.context.now());
            marked["status"]["conditions"] = conditions.into();
            match self.context.client.update_status(&kind::POD, &marked).await {
                Ok(written) => self.pods.observe(&written),
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn evict(&self, pod: &Value) -> Result<(), Error> {
        let client = &self.context.client;
        let about = Ref::of(&kind::POD, pod);
        let message = format!("Marking for deletion Pod {}", pod.key());
        self.recorder
            .normal(about, "TaintManagerEviction", &message);
        let mut target = pod.clone();
        let mut conditions = target.list("/status/conditions").to_vec();
        let condition = json!({
            "type": "DisruptionTarget", "status": "True", "reason": "DeletionByTaintManager",
            "message": "Taint manager: deleting due to NoExecute taint",
        });
        set_condition(&mut conditions, condition, self.context.now());
        target["status"]["conditions"] = conditions.into();
        match client.update_status(&kind::POD, &target).await {
            Ok(written) => self.pods.observe(&written),
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) => return Err(error),
        }
        let options = Delete::of_uid(pod.uid());
        match client
            .delete(&kind::POD, pod.namespace(), pod.name(), &options)
            .await
        {
            Ok(answer) => self.pods.observe_deletion(pod, &answer),
            Err(error) if error.is_not_found() || error.is_conflict() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Ends the pods that no longer tolerate their node; says when the next does not.
    async fn evict_due(&self, node: &Value, now: Timestamp) -> Result<Option<Duration>, Error> {
        let mut look_after = None;
        for pod in self.pods.by(PODS_BY_NODE.name, node.name()) {
            match fate(&pod, node, now) {
                Fate::Stays => {}
                Fate::LeavesIn(left) => look_after = sooner(look_after, Some(left)),
                Fate::Leaves => self.evict(&pod).await?,
            }
        }
        Ok(look_after)
    }
}

#[async_trait]
impl Controller for Nodes {
    fn informers(&self) -> Vec<Informer> {
        vec![self.nodes.clone(), self.leases.clone(), self.pods.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.nodes, queue);
        let on_lease = queue.clone();
        self.leases
            .subscribe(move |change| on_lease.wake(Key::new("", change.object().name())));
        let (nodes, on_pod) = (self.nodes.clone(), queue.clone());
        self.pods.subscribe(move |change| {
            let node = change.object().text("/spec/nodeName");
            let node = nodes.get("", node).filter(|it| eviction::drives_out(it));
            if let Some(node) = node {
                on_pod.wake(Key::of(&node));
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(node) = self.nodes.get("", &key.name) else {
            self.heard.lock().remove(&key.name);
            return Ok(Next::Settled);
        };
        let now = self.context.now();
        let mut node = Value::clone(&node);
        let health = health(&node, self.heard(&node, now), now);
        let left = match health {
            Health::Heard(left) => Some(left),
            Health::Silent => {
                if let Some(silent) = unknown(&node, now) {
                    node = self
                        .context
                        .client
                        .update_status(&kind::NODE, &silent)
                        .await?;
                    self.nodes.observe(&node);
                    let about = Ref::of(&kind::NODE, &node);
                    let message = format!("Node {} status is now: NodeNotReady", node.name());
                    self.recorder.normal(about, "NodeNotReady", &message);
                }
                None
            }
        };
        if let Some(tainted) = tainted(&node, now) {
            node = self.context.client.update(&kind::NODE, &tainted).await?;
            self.nodes.observe(&node);
        }
        if !node.has_condition("Ready", "True") {
            self.mark_pods(node.name()).await?;
        }
        let evicting = self.evict_due(&node, now).await?;
        Ok(next(sooner(left, evicting)))
    }
}

#[cfg(test)]
mod tests;
