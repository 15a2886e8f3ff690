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
