//! Nodes that no longer report: they are marked as unknown, tainted, and their pods leave when they tolerate that no longer. They
//! stay while no node at all is ready, and few nodes are emptied at a time ([`disruption`]).
//!
//! Nothing polls: each report sets the time by which the next is due.

mod disruption;
mod eviction;
mod plan;

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::Instant;
use wharf_base::Timestamp;
use wharf_kube_client::{Delete, Error, Informer, Object, Recorder, Ref, Selection, kind};

use self::{
    disruption::{Disruption, Standing, Turns, standing, zone},
    eviction::{Fate, fate},
    plan::{Emptying, Health, health, is_to_be_emptied, tainted, unknown},
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
    /// What was heard last, and when: clocks of nodes are not trusted, nor that of this host, which may be set.
    heard: Mutex<HashMap<String, (String, Instant)>>,
    /// How each node counts. Leases are renewed all the time, and change none of it.
    standings: Mutex<HashMap<String, Standing>>,
    /// As it was last seen.
    disruption: Mutex<Disruption>,
    turns: Mutex<Turns>,
    queue: OnceLock<Queue>,
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
            standings: Mutex::default(),
            disruption: Mutex::default(),
            turns: Mutex::default(),
            queue: OnceLock::new(),
        })
    }

    /// How long nothing new was heard of the node.
    fn silence(&self, node: &Value) -> Duration {
        let now = Instant::now();
        let lease = self.leases.get("kube-node-lease", node.name());
        let renewed = lease.as_deref().map_or("", |it| it.text("/spec/renewTime"));
        let beat = node.condition("Ready");
        let beat = beat.map_or("", |it| it.text("/lastHeartbeatTime"));
        // `unknown` keeps the heartbeat, so what this controller writes is no sign of life.
        let sign = format!("{} {renewed} {beat}", node.uid());
        let mut heard = self.heard.lock();
        match heard.get(node.name()) {
            Some((known, at)) if *known == sign => now.saturating_duration_since(*at),
            _ => {
                heard.insert(node.name().to_owned(), (sign, now));
                Duration::ZERO
            }
        }
    }

    /// Looks at all nodes. What has changed for one zone concerns all of its nodes, and their total concerns all zones.
    fn survey(&self) {
        let mut known = self.disruption.lock();
        let nodes = self.nodes.all();
        let seen = Disruption::of(nodes.iter().map(|it| &**it));
        if *known == seen {
            return;
        }
        match (known.is_total(), seen.is_total()) {
            (false, true) => {
                tracing::info!("no node of a cluster is ready; pods stay on their nodes")
            }
            (true, false) => {
                // What kept all of them from being heard may hold up the next reports, too.
                let now = Instant::now();
                let mut heard = self.heard.lock();
                heard.values_mut().for_each(|(_, at)| *at = now);
            }
            _ => {}
        }
        *known = seen;
        drop(known);
        if let Some(queue) = self.queue.get() {
            nodes.iter().for_each(|node| queue.wake(Key::of(node)));
        }
    }

    /// [`Nodes::survey`], where the node counts otherwise than before.
    fn survey_after(&self, node: &Value) {
        let now = standing(node);
        let mut all = self.standings.lock();
        if all.get(node.name()) != Some(&now) {
            all.insert(node.name().to_owned(), now);
            drop(all);
            self.survey();
        }
    }

    /// What becomes of the pods of a node that is silent or not, and when to look again because others' have their turn before.
    fn emptying(&self, node: &Value, is_silent: bool) -> (Emptying, Option<Duration>) {
        let zone = zone(node);
        let pause = {
            let disruption = self.disruption.lock();
            if disruption.is_total() {
                return (Emptying::Nowhere, None);
            }
            disruption.pause(&zone)
        };
        // One that was away has its time again once any other is heard: it may be about to report.
        let is_lost = is_silent || !node.has_condition("Ready", "Unknown");
        let Some(pause) = pause.filter(|_| is_lost && is_to_be_emptied(node)) else {
            return (Emptying::Begun, None);
        };
        let now = Instant::now();
        let taken = self.turns.lock().take(zone, node.name(), pause, now);
        match taken {
            Ok(()) => (Emptying::All, None),
            Err(left) => (Emptying::Begun, Some(left)),
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
            Err(error) if error.is_outdated() => {}
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
        let _ = self.queue.set(queue.clone());
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
            self.standings.lock().remove(&key.name);
            self.survey();
            return Ok(Next::Settled);
        };
        let now = self.context.now();
        let mut node = Value::clone(&node);
        let left = match health(&node, self.silence(&node)) {
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
        self.survey_after(&node);
        let (emptying, turn) = self.emptying(&node, left.is_none());
        if let Some(tainted) = tainted(&node, emptying, now) {
            node = self.context.client.update(&kind::NODE, &tainted).await?;
            self.nodes.observe(&node);
        }
        if !node.has_condition("Ready", "True") {
            self.mark_pods(node.name()).await?;
        }
        let evicting = self.evict_due(&node, now).await?;
        Ok(next(sooner(sooner(left, turn), evicting)))
    }
}

#[cfg(test)]
mod tests;
