//! Claims that pods have, and volumes that claims have, stay until those are gone.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use wharf_kube_client::{Change, Error, Informer, Object, kind};
use wharf_kube_model::persistent::claims_of;

use crate::runtime::{Context, Controller, Key, Next, Queue, wake_self};

const CLAIM: &str = "kubernetes.io/pvc-protection";
const VOLUME: &str = "kubernetes.io/pv-protection";

pub struct Protection {
    context: Context,
    claims: Informer,
    volumes: Informer,
    pods: Informer,
}

impl Protection {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            claims: context.informer(&kind::PERSISTENT_VOLUME_CLAIM),
            volumes: context.informer(&kind::PERSISTENT_VOLUME),
            pods: context.informer(&kind::POD),
        })
    }

    /// One that was never given to a node has nothing of its claims.
    fn is_used(pods: &[Arc<Value>], claim: &str) -> bool {
        pods.iter()
            .filter(|it| !it.text("/spec/nodeName").is_empty())
            .any(|it| claims_of(it).any(|name| name == claim))
    }
}

#[async_trait]
impl Controller for Protection {
    fn informers(&self) -> Vec<Informer> {
        vec![self.claims.clone(), self.volumes.clone(), self.pods.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.claims, queue);
        wake_self(&self.volumes, queue);
        let queue = queue.clone();
        self.pods.subscribe(move |change| {
            if let Change::Deleted(pod) = change {
                for claim in claims_of(pod) {
                    queue.wake(Key::new(pod.namespace(), &claim));
                }
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        if key.namespace.is_empty() {
            let Some(volume) = self.volumes.get("", &key.name) else {
                return Ok(Next::Settled);
            };
            let is_bound = volume.text("/status/phase") == "Bound";
            if volume.is_deleting() && volume.has_finalizer(VOLUME) && !is_bound {
                let client = &self.context.client;
                client
                    .remove_finalizer(&self.volumes, &volume, VOLUME)
                    .await?;
            }
            return Ok(Next::Settled);
        }
        let Some(claim) = self.claims.get(&key.namespace, &key.name) else {
            return Ok(Next::Settled);
        };
        if !claim.is_deleting() || !claim.has_finalizer(CLAIM) {
            return Ok(Next::Settled);
        }
        if Self::is_used(&self.pods.in_namespace(&key.namespace), &key.name) {
            return Ok(Next::Settled);
        }
        // The cache may not have a pod that was bound just now.
        let selection = wharf_kube_client::Selection {
            namespace: key.namespace.clone(),
            ..Default::default()
        };
        let live = self.context.client.list(&kind::POD, &selection).await?;
        let live: Vec<_> = live.items.into_iter().map(Arc::new).collect();
        if Self::is_used(&live, &key.name) {
            return Ok(Next::Settled);
        }
        let client = &self.context.client;
        client.remove_finalizer(&self.claims, &claim, CLAIM).await?;
        Ok(Next::Settled)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use wharf_kube_client::Delete;

    use super::*;
    use crate::runtime::{drive, tests::Cluster};

    fn cluster() -> Cluster {
        Cluster::start(|context| {
            tokio::spawn(drive(Protection::new(context), context.stop.clone()))
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_claim_stays_while_a_pod_on_a_node_has_it() {
        let cluster = cluster();
        let client = &cluster.client;
        let claims = &kind::PERSISTENT_VOLUME_CLAIM;
        for name in ["used", "free"] {
            let claim = json!({"metadata": {"name": name, "finalizers": [CLAIM]}});
            client.create(claims, "n", &claim).await.unwrap();
        }
        for (name, claim, node) in [("runs", "used", "node"), ("waits", "free", "")] {
            let volume = json!({"name": "v", "persistentVolumeClaim": {"claimName": claim}});
            let spec = json!({"nodeName": node, "volumes": [volume]});
            let pod = json!({"metadata": {"name": name}, "spec": spec});
            client.create(&kind::POD, "n", &pod).await.unwrap();
        }
        for name in ["used", "free"] {
            let options = Delete::default();
            client.delete(claims, "n", name, &options).await.unwrap();
        }
        let left = cluster.until(claims, |all| all.len() == 1).await;
        assert!(
            left[0].name() == "used" && left[0].is_deleting(),
            "{left:?}"
        );
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(cluster.list(claims).await.len(), 1);
        let now = Delete {
            grace_seconds: Some(0),
            ..Delete::default()
        };
        client.delete(&kind::POD, "n", "runs", &now).await.unwrap();
        cluster.until(claims, <[_]>::is_empty).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_volume_stays_while_it_is_bound() {
        let cluster = cluster();
        let client = &cluster.client;
        let volumes = &kind::PERSISTENT_VOLUME;
        let volume = json!({"metadata": {"name": "v", "finalizers": [VOLUME]}});
        let mut volume = client.create(volumes, "", &volume).await.unwrap();
        volume["status"]["phase"] = "Bound".into();
        client.update_status(volumes, &volume).await.unwrap();
        let options = Delete::default();
        client.delete(volumes, "", "v", &options).await.unwrap();
        tokio::time::sleep(Duration::from_secs(600)).await;
        let mut left = cluster.list(volumes).await;
        assert!(left.len() == 1 && left[0].is_deleting(), "{left:?}");
        left[0]["status"]["phase"] = "Released".into();
        client.update_status(volumes, &left[0]).await.unwrap();
        cluster.until(volumes, <[_]>::is_empty).await;
    }
}
