//! Pods that nobody will end: of nodes that are gone, and those on their way out that never got a node or whose node is out of service,
//! as somebody said who knows that nothing runs there any more. And the oldest of those that are over, where these are very many.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::Instant;
use wharf_kube_client::{Change, Delete, Error, Informer, Object, kind};

use crate::{
    PODS_BY_NODE,
    pods::{BURST, is_over, set_condition},
    runtime::{Context, Controller, Key, Next, Queue},
};

/// A node that registers anew has this long.
const QUARANTINE: Duration = Duration::from_secs(40);
/// So many pods that are over are kept, as upstream has it.
const MOST_OVER: usize = 12_500;
/// Pods are not counted more often.
const COUNTS_APART: Duration = Duration::from_secs(20);
/// The taint by which people say that a node that is not ready is off.
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

fn is_out_of_service(node: &Value) -> bool {
    let mut taints = node.list("/spec/taints").iter();
    taints.any(|it| it.text("/key") == OUT_OF_SERVICE) && !node.has_condition("Ready", "True")
}

/// Those of `pods` that are over and more than `most`, the oldest first.
fn surplus(mut pods: Vec<Arc<Value>>, most: usize) -> Vec<Arc<Value>> {
    pods.retain(|it| is_over(it) && !it.is_deleting());
    let excess = pods.len().saturating_sub(most);
    if excess > 0 {
        pods.sort_by_cached_key(|it| {
            let created = it.text("/metadata/creationTimestamp");
            (created.to_owned(), it.key())
        });
    }
    pods.truncate(excess);
    pods
}

/// What stands for all pods that are over.
fn all_over() -> Key {
    Key::new("", "")
}

pub struct Pods {
    context: Context,
    pods: Informer,
    nodes: Informer,
    /// Since when nodes are missing.
    missing: Mutex<HashMap<String, Instant>>,
    /// When those that are over were counted last.
    counted: Mutex<Option<Instant>>,
}

impl Pods {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            pods: context.informer(&kind::POD),
            nodes: context.informer(&kind::NODE),
            missing: Mutex::default(),
            counted: Mutex::default(),
        })
    }

    async fn end_surplus(&self) -> Result<Next, Error> {
        let last = *self.counted.lock();
        let left = last.map(|it| COUNTS_APART.saturating_sub(it.elapsed()));
        if let Some(left) = left.filter(|it| !it.is_zero()) {
            return Ok(Next::After(left));
        }
        *self.counted.lock() = Some(Instant::now());
        let surplus = surplus(self.pods.all(), MOST_OVER);
        for pod in surplus.iter().take(BURST) {
            self.end(pod, None).await?;
        }
        Ok(match surplus.len() > BURST {
            true => Next::After(COUNTS_APART),
            false => Next::Settled,
        })
    }

    async fn end(&self, pod: &Value, disruption: Option<&str>) -> Result<(), Error> {
        let client = &self.context.client;
        if !is_over(pod) {
            let mut failed = pod.clone();
            failed["status"]["phase"] = "Failed".into();
            if let Some(message) = disruption {
                let mut conditions = failed.list("/status/conditions").to_vec();
                let condition = json!({
                    "type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC", "message": message,
                });
                set_condition(&mut conditions, condition, self.context.now());
                failed["status"]["conditions"] = conditions.into();
            }
            let written = client.update_status(&kind::POD, &failed).await?;
            self.pods.observe(&written);
        }
        let options = Delete {
            grace_seconds: Some(0),
            ..Delete::of_uid(pod.uid())
        };
        let deleted = client
            .delete(&kind::POD, pod.namespace(), pod.name(), &options)
            .await;
        match deleted {
            Ok(answer) => self.pods.observe_deletion(pod, &answer),
            Err(error) if error.is_outdated() => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

#[async_trait]
impl Controller for Pods {
    fn informers(&self) -> Vec<Informer> {
        vec![self.pods.clone(), self.nodes.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        let on_pod = queue.clone();
        let nodes = self.nodes.clone();
        self.pods.subscribe(move |change| {
            let pod = change.object();
            if is_over(pod) && !matches!(change, Change::Deleted(_)) {
                on_pod.wake(all_over());
            }
            let node = pod.text("/spec/nodeName");
            let known = nodes.get("", node);
            let is_lost = !node.is_empty() && known.is_none();
            let is_off = || node.is_empty() || known.is_some_and(|it| is_out_of_service(&it));
            if is_lost || pod.is_deleting() && is_off() {
                on_pod.wake(Key::of(pod));
            }
        });
        let (it, on_node) = (self.clone(), queue.clone());
        self.nodes.subscribe(move |change| {
            let node = change.object().name();
            if !matches!(change, Change::Deleted(_)) {
                it.missing.lock().remove(node);
                if !is_out_of_service(change.object()) {
                    return;
                }
            }
            for pod in it.pods.by(PODS_BY_NODE.name, node) {
                on_node.wake(Key::of(&pod));
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        if *key == all_over() {
            return self.end_surplus().await;
        }
        let Some(pod) = self.pods.get(&key.namespace, &key.name) else {
            return Ok(Next::Settled);
        };
        let node = pod.text("/spec/nodeName");
        if node.is_empty() {
            if pod.is_deleting() {
                self.end(&pod, None).await?;
            }
            return Ok(Next::Settled);
        }
        if let Some(known) = self.nodes.get("", node) {
            if pod.is_deleting() && is_out_of_service(&known) {
                self.end(&pod, None).await?;
            }
            return Ok(Next::Settled);
        }
        let since = *self
            .missing
            .lock()
            .entry(node.to_owned())
            .or_insert_with(Instant::now);
        let left = QUARANTINE.saturating_sub(since.elapsed());
        if !left.is_zero() {
            return Ok(Next::After(left));
        }
        // The cache may be behind.
        match self.context.client.get(&kind::NODE, "", node).await {
            Ok(_) => return Ok(Next::Settled),
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error),
        }
        self.end(&pod, Some("PodGC: node no longer exists")).await?;
        if self.pods.by(PODS_BY_NODE.name, node).is_empty() {
            self.missing.lock().remove(node);
        }
        Ok(Next::Settled)
    }
}

#[cfg(test)]
mod tests {
    use wharf_kube_client::Patch;

    use super::*;
    use crate::runtime::{drive, tests::Cluster};

    #[test]
    fn of_pods_that_are_over_the_oldest_go() {
        let pod = |name: &str, phase: &str, day: u32| -> Arc<Value> {
            let created = format!("2026-01-{day:02}T00:00:00Z");
            let metadata = json!({"name": name, "creationTimestamp": created});
            json!({"metadata": metadata, "status": {"phase": phase}}).into()
        };
        let mut going = (*pod("going", "Failed", 1)).clone();
        going["metadata"]["deletionTimestamp"] = "2026-01-09T00:00:00Z".into();
        let pods = vec![
            pod("new", "Succeeded", 4),
            pod("old", "Failed", 2),
            pod("runs", "Running", 1),
            pod("middle", "Succeeded", 3),
            going.into(),
        ];
        let names = |most: usize| -> Vec<String> {
            let surplus = surplus(pods.clone(), most);
            surplus.iter().map(|it| it.name().to_owned()).collect()
        };
        assert_eq!(names(1), ["old", "middle"]);
        assert_eq!(names(2), ["old"]);
        assert!(names(3).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn pods_of_a_node_that_is_gone_go() {
        let cluster =
            Cluster::start(|context| tokio::spawn(drive(Pods::new(context), context.stop.clone())));
        let client = &cluster.client;
        for name in ["n1", "n2"] {
            let node = json!({"metadata": {"name": name}});
            client.create(&kind::NODE, "", &node).await.unwrap();
            let pod = json!({"metadata": {"name": name}, "spec": {"nodeName": name}});
            client.create(&kind::POD, "a", &pod).await.unwrap();
        }
        let began = Instant::now();
        client
            .delete(&kind::NODE, "", "n1", &Delete::default())
            .await
            .unwrap();
        let left = cluster.until(&kind::POD, |all| all.len() == 1).await;
        assert_eq!(left[0].name(), "n2");
        assert!(began.elapsed() >= QUARANTINE, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn pods_on_their_way_out_go_once_their_node_is_said_to_be_off() {
        let cluster =
            Cluster::start(|context| tokio::spawn(drive(Pods::new(context), context.stop.clone())));
        let client = &cluster.client;
        let ready = |is: &str| json!({"status": {"conditions": [{"type": "Ready", "status": is}]}});
        for (node, is_ready) in [("off", "Unknown"), ("on", "True")] {
            let mut made = ready(is_ready);
            made["metadata"] = json!({"name": node});
            client.create(&kind::NODE, "", &made).await.unwrap();
            for name in ["stays", "leaves"] {
                let pod = json!({
                    "metadata": {"name": format!("{node}-{name}")},
                    "spec": {"nodeName": node, "terminationGracePeriodSeconds": 30},
                });
                client.create(&kind::POD, "a", &pod).await.unwrap();
            }
            let leaves = format!("{node}-leaves");
            let options = Delete::default();
            client
                .delete(&kind::POD, "a", &leaves, &options)
                .await
                .unwrap();
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(cluster.list(&kind::POD).await.len(), 4, "nobody knows");
        let taint = json!({"key": OUT_OF_SERVICE, "value": "nodeshutdown", "effect": "NoExecute"});
        for node in ["on", "off"] {
            let patch = Patch::Merge(json!({"spec": {"taints": [taint.clone()]}}));
            client.patch(&kind::NODE, "", node, &patch).await.unwrap();
        }
        let left = cluster.until(&kind::POD, |all| all.len() == 3).await;
        let mut names: Vec<_> = left.iter().map(|it| it.name()).collect();
        names.sort_unstable();
        assert_eq!(names, ["off-stays", "on-leaves", "on-stays"]);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(cluster.list(&kind::POD).await.len(), 3, "it is ready");
        // It was said before the node is known to be away.
        let patch = Patch::Merge(ready("Unknown"));
        client
            .patch_at(&kind::NODE, "", "on", "status", &patch)
            .await
            .unwrap();
        let left = cluster.until(&kind::POD, |all| all.len() == 2).await;
        let mut names: Vec<_> = left.iter().map(|it| it.name()).collect();
        names.sort_unstable();
        assert_eq!(names, ["off-stays", "on-stays"]);
    }
}
