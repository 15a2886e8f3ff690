//! Pods that nobody will end: of nodes that are gone, and those on their way out that never got a node.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::time::Instant;
use wharf_kube_client::{Change, Delete, Error, Informer, Object, kind};

use crate::{
    PODS_BY_NODE,
    pods::{is_over, set_condition},
    runtime::{Context, Controller, Key, Next, Queue},
};

/// A node that registers anew has this long.
const QUARANTINE: Duration = Duration::from_secs(40);

pub struct Pods {
    context: Context,
    pods: Informer,
    nodes: Informer,
    /// Since when nodes are missing.
    missing: Mutex<HashMap<String, Instant>>,
}

impl Pods {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            pods: context.informer(&kind::POD),
            nodes: context.informer(&kind::NODE),
            missing: Mutex::default(),
        })
    }

    async fn end(&self, pod: &Value, message: &str) -> Result<(), Error> {
        let client = &self.context.client;
        if !is_over(pod) && !message.is_empty() {
            let mut failed = pod.clone();
            failed["status"]["phase"] = "Failed".into();
            let mut conditions = failed.list("/status/conditions").to_vec();
            let condition = json!({
                "type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC", "message": message,
            });
            set_condition(&mut conditions, condition, self.context.now());
            failed["status"]["conditions"] = conditions.into();
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
            Err(error) if error.is_not_found() || error.is_conflict() => {}
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
            let node = pod.text("/spec/nodeName");
            let is_lost = !node.is_empty() && nodes.get("", node).is_none();
            if is_lost || node.is_empty() && pod.is_deleting() {
                on_pod.wake(Key::of(pod));
            }
        });
        let (it, on_node) = (self.clone(), queue.clone());
        self.nodes.subscribe(move |change| {
            let node = change.object().name();
            if !matches!(change, Change::Deleted(_)) {
                it.missing.lock().remove(node);
                return;
            }
            for pod in it.pods.by(PODS_BY_NODE.name, node) {
                on_node.wake(Key::of(&pod));
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(pod) = self.pods.get(&key.namespace, &key.name) else {
            return Ok(Next::Settled);
        };
        let node = pod.text("/spec/nodeName");
        if node.is_empty() {
            if pod.is_deleting() {
                self.end(&pod, "").await?;
            }
            return Ok(Next::Settled);
        }
        if self.nodes.get("", node).is_some() {
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
        self.end(&pod, "PodGC: node no longer exists").await?;
        if self.pods.by(PODS_BY_NODE.name, node).is_empty() {
            self.missing.lock().remove(node);
        }
        Ok(Next::Settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{drive, tests::Cluster};

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
}
