//! What the scheduler knows, how changes come in, and its next decision.

use std::{collections::HashMap, sync::Arc};

use serde_json::Value;
use tokio::time::Instant;
use wharf_kube_client::{Change, Informer, Object};

use super::NAME;
use crate::{
    budget::Budget,
    choose::{Choice, choose},
    node::Node,
    pod::Pod,
    preempt::{Preemption, preempt},
    queue::{News, Queue, Waiting},
    snapshot::Snapshot,
    volumes::{Claims, Volumes},
};

#[derive(Default)]
pub struct State {
    snapshot: Snapshot,
    queue: Queue,
    /// Nodes of pods whose binding is on the way, or whose room is being cleared, by uid. They are in the snapshot.
    assumed: HashMap<String, Assumed>,
    /// The node chosen last.
    last: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Assumed {
    Binding,
    Nominated,
}

pub enum Decision {
    Bind(String),
    /// Its volumes are to be made near this node first.
    SelectNode {
        node: String,
        claims: Vec<Arc<Value>>,
    },
    Nowhere {
        message: String,
        preemption: Option<Preemption>,
        /// No node is being cleared for the pod any more.
        gives_up: bool,
    },
}

impl State {
    pub fn namespace(&mut self, change: &Change) {
        let namespace = change.object();
        match change {
            Change::Deleted(_) => self.snapshot.remove_namespace(namespace.name()),
            _ => {
                let labels = namespace.map("/metadata/labels").cloned();
                self.snapshot
                    .set_namespace(namespace.name(), labels.unwrap_or_default());
            }
        }
    }

    pub fn node(&mut self, change: &Change) {
        match change {
            Change::Deleted(node) => self.snapshot.remove_node(node.name()),
            Change::Changed { old, new } if is_same_node(old, new) => {}
            Change::Added(node) | Change::Changed { new: node, .. } => {
                self.snapshot.set_node(Node::read(node));
                self.queue.tell(News::NODES, Instant::now());
            }
        }
    }

    pub fn volume(&mut self) {
        self.queue.tell(News::VOLUMES, Instant::now());
    }

    pub fn detached(&mut self) {
        self.queue.tell(News::DETACHED, Instant::now());
    }

    pub fn pod(&mut self, change: &Change) {
        let pod = change.object();
        let is_over = ["Succeeded", "Failed"].contains(&pod.text("/status/phase"));
        if matches!(change, Change::Deleted(_)) || is_over {
            self.forget(pod.uid());
        } else if !pod.text("/spec/nodeName").is_empty() {
            self.placed(pod);
        } else if is_for_us(pod) {
            self.queue.put(pod.clone());
        } else {
            self.forget(pod.uid());
        }
    }

    fn forget(&mut self, uid: &str) {
        self.queue.remove(uid);
        self.assumed.remove(uid);
        if self.snapshot.remove_pod(uid).is_some() {
            let news = News::ROOM.and(News::PODS);
            self.queue.tell(news, Instant::now());
        }
    }

    fn placed(&mut self, object: &Arc<Value>) {
        let uid = object.uid();
        self.queue.remove(uid);
        self.assumed.remove(uid);
        let pod = Pod::read(object);
        if let Some(known) = self.snapshot.pod(uid) {
            let is_same = known.class == pod.class
                && known.node == pod.node
                && known.requests == pod.requests;
            if is_same {
                return;
            }
        }
        self.snapshot.set_pod(Arc::new(pod));
        // It may have shrunk as well.
        let news = News::ROOM.and(News::PODS);
        self.queue.tell(news, Instant::now());
    }

    pub fn binding_failed(&mut self, uid: &str, now: Instant) {
        if self.assumed.remove(uid).is_some() {
            self.snapshot.remove_pod(uid);
            self.queue.retry(uid, now);
            self.queue.tell(News::ROOM, now);
        }
    }

    pub fn retry(&mut self, uid: &str, now: Instant) {
        self.queue.retry(uid, now);
    }

    pub fn next_timer(&self) -> Option<Instant> {
        self.queue.next_timer()
    }

    /// Whose turn it is, and what becomes of it.
    pub fn next(
        &mut self,
        volumes: &Volumes,
        budgets: &Informer,
        now: Instant,
    ) -> Option<(Waiting, Decision)> {
        let waiting = self.queue.next(now)?;
        let decision = self.decide(&waiting, (volumes, budgets), now);
        Some((waiting, decision))
    }

    fn decide(
        &mut self,
        waiting: &Waiting,
        (volumes, budgets): (&Volumes, &Informer),
        now: Instant,
    ) -> Decision {
        let pod = &waiting.pod;
        // The room that is cleared for it is its own.
        let reserved = match self.assumed.remove(&pod.uid) {
            Some(_) => self.snapshot.remove_pod(&pod.uid),
            None => None,
        };
        let reach = match volumes.of(pod) {
            Claims::Known(mut reach) => {
                volumes.look(&mut reach, &self.snapshot);
                reach
            }
            Claims::Missing(why) => {
                self.queue
                    .park(&pod.uid, News::VOLUMES.and(News::ROOM), now);
                let nodes = self.snapshot.node_count();
                return Decision::Nowhere {
                    message: format!("0/{nodes} nodes are available: {why}."),
                    preemption: None,
                    gives_up: false,
                };
            }
        };
        match choose(pod, &reach, &self.snapshot, &self.last) {
            Choice::Node(node) if !reach.to_bind.is_empty() => {
                self.queue.park(&pod.uid, News::VOLUMES, now);
                let claims = reach.to_bind.into_iter().map(|it| it.claim);
                let claims = claims.filter(|it| {
                    it.annotation("volume.kubernetes.io/selected-node") != Some(&node)
                });
                Decision::SelectNode {
                    claims: claims.collect(),
                    node,
                }
            }
            Choice::Node(node) => {
                self.assume(pod, &node, Assumed::Binding);
                self.queue.tell(News::PODS, now);
                self.last.clone_from(&node);
                Decision::Bind(node)
            }
            Choice::Nowhere { message, refusals } => {
                let news = News::for_refusals(refusals.iter().flat_map(|(_, why)| why));
                self.queue.park(&pod.uid, news, now);
                if let Some(reserved) = reserved
                    && self.is_being_cleared(&reserved)
                {
                    self.assume(pod, &reserved.node, Assumed::Nominated);
                    return Decision::Nowhere {
                        message,
                        preemption: None,
                        gives_up: false,
                    };
                }
                if self.snapshot.node_count() == 0 {
                    return Decision::Nowhere {
                        message,
                        preemption: None,
                        gives_up: true,
                    };
                }
                let budgets = || {
                    let all = budgets.all();
                    all.iter().filter_map(|it| Budget::read(it)).collect()
                };
                match preempt(pod, &reach, budgets, &mut self.snapshot, &refusals) {
                    Ok(mut preemption) => {
                        self.give_way(&mut preemption, now);
                        self.assume(pod, &preemption.node, Assumed::Nominated);
                        Decision::Nowhere {
                            message,
                            preemption: Some(preemption),
                            gives_up: false,
                        }
                    }
                    Err(why) => Decision::Nowhere {
                        message: format!("{message} preemption: {why}"),
                        preemption: None,
                        gives_up: true,
                    },
                }
            }
        }
    }

    fn assume(&mut self, pod: &Arc<Pod>, node: &str, as_what: Assumed) {
        // With the labels that its binding brings: what is told of it then is no news.
        let known = match as_what {
            Assumed::Binding => self.snapshot.node(node).map(|it| &**it),
            Assumed::Nominated => None,
        };
        let placed = pod.bound_to(node, known);
        self.snapshot.set_pod(Arc::new(placed));
        self.assumed.insert(pod.uid.clone(), as_what);
    }

    /// Whether less important pods are still leaving the node that a pod waits for.
    fn is_being_cleared(&self, pod: &Pod) -> bool {
        let mut others = self.snapshot.pods_on(&pod.node);
        others.any(|it| it.is_terminating && it.priority < pod.priority)
    }

    /// Victims that only had the promise of room lose that, and nothing else.
    fn give_way(&mut self, preemption: &mut Preemption, now: Instant) {
        let is_promise =
            |uid: &str, it: &Self| it.assumed.get(uid).copied() == Some(Assumed::Nominated);
        let victims = std::mem::take(&mut preemption.victims);
        for victim in victims {
            if is_promise(&victim.uid, self) {
                self.assumed.remove(&victim.uid);
                self.snapshot.remove_pod(&victim.uid);
                self.queue.retry(&victim.uid, now);
            } else if !victim.is_terminating {
                preemption.victims.push(victim);
            }
        }
    }
}

/// Whether nothing changed that decisions go by; a node reports every few seconds.
fn is_same_node(old: &Value, new: &Value) -> bool {
    [
        "/metadata/labels",
        "/spec",
        "/status/allocatable",
        "/status/images",
    ]
    .iter()
    .all(|part| old.at(part) == new.at(part))
}

fn is_for_us(pod: &Value) -> bool {
    ["", NAME].contains(&pod.text("/spec/schedulerName"))
        && !pod.is_deleting()
        && pod.list("/spec/schedulingGates").is_empty()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use wharf_kube_model::topology::{REGION, ZONE};

    use super::*;

    fn pod(name: &str, labels: Value, node: &str) -> Arc<Value> {
        Arc::new(json!({
            "metadata": {"namespace": "a", "name": name, "uid": name, "labels": labels},
            "spec": {"nodeName": node, "containers": [{}]},
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn the_labels_that_a_binding_brings_are_no_news() {
        let mut state = State::default();
        let of_node = json!({"team": "blue", ZONE: "a", REGION: "r"});
        let node = json!({"metadata": {"name": "n", "labels": of_node}});
        state.node(&Change::Added(Arc::new(node)));
        for name in ["first", "waits"] {
            state.pod(&Change::Added(pod(name, json!({"app": "web"}), "")));
        }
        let start = Instant::now();
        let later = start + Duration::from_secs(60);
        let first = state.queue.next(start).unwrap().pod;
        let waits = state.queue.next(start).unwrap().pod;
        state.queue.park(&waits.uid, News::PODS, start);
        state.assume(&first, "n", Assumed::Binding);
        let bound = |zone: &str| {
            let labels = json!({REGION: "r", "app": "web", ZONE: zone});
            Change::Added(pod("first", labels, "n"))
        };
        state.pod(&bound("a"));
        assert!(state.queue.next(later).is_none());
        // Any others are.
        state.pod(&bound("b"));
        assert_eq!(state.queue.next(later).unwrap().pod.uid, "waits");
    }
}
