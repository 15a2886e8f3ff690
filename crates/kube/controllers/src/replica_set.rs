//! ReplicaSets: a number of pods of one template.

mod plan;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use wharf_kube_client::{Error, Informer, Object, Ref, kind};

use self::plan::{Plan, plan};
use crate::{
    claims,
    pods::{PodControl, of_template},
    runtime::{Context, Controller, Key, Next, Queue, next, wake_controller, wake_self},
};

/// Pods made or deleted in one go; the rest follows.
const BURST: usize = 500;

pub struct ReplicaSets {
    context: Context,
    sets: Informer,
    control: PodControl,
}

impl ReplicaSets {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            sets: context.informer(&kind::REPLICA_SET),
            control: PodControl {
                client: context.client.clone(),
                pods: context.informer(&kind::POD),
                recorder: context.recorder("replicaset-controller"),
            },
        })
    }

    async fn status(&self, set: &Value, status: Value) -> Result<(), Error> {
        if set["status"] == status {
            return Ok(());
        }
        let mut set = set.clone();
        set["status"] = status;
        let written = self
            .context
            .client
            .update_status(&kind::REPLICA_SET, &set)
            .await?;
        self.sets.observe(&written);
        Ok(())
    }
}

#[async_trait]
impl Controller for ReplicaSets {
    fn informers(&self) -> Vec<Informer> {
        vec![self.sets.clone(), self.control.pods.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.sets, queue);
        wake_controller(&self.control.pods, queue, "ReplicaSet");
        // A pod that nobody owns may fit one.
        let (sets, queue) = (self.sets.clone(), queue.clone());
        self.control.pods.subscribe(move |change| {
            let pod = change.object();
            if pod.controller().is_some() {
                return;
            }
            for set in sets.in_namespace(pod.namespace()) {
                if claims::selector(&set).matches_object(pod) {
                    queue.wake(Key::of(&set));
                }
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(set) = self.sets.get(&key.namespace, &key.name) else {
            return Ok(Next::Settled);
        };
        let selector = claims::selector(&set);
        let owner = (&kind::REPLICA_SET, &*set);
        let pods = claims::claim(&self.context.client, owner, &selector, &self.control.pods);
        let first = plan(&set, &pods.await?, None, self.context.now());
        let about = Ref::of(&kind::REPLICA_SET, &set);
        let failure = self.change(&set, &about, &first).await.err();
        // What was done is in the cache: the status tells of it already.
        let pods = claims::plan(
            &set,
            &selector,
            self.control.pods.in_namespace(&key.namespace),
        );
        let failed = failure.as_ref().map(|error| match first.create > 0 {
            true => ("FailedCreate", error.to_string()),
            false => ("FailedDelete", error.to_string()),
        });
        let then = plan(&set, &pods.owned, failed, self.context.now());
        self.status(&set, then.status).await?;
        match failure {
            Some(error) => Err(error),
            None if first.create > BURST => Ok(Next::After(std::time::Duration::ZERO)),
            None => Ok(next(then.look_after)),
        }
    }
}

impl ReplicaSets {
    async fn change(&self, set: &Value, about: &Ref, plan: &Plan) -> Result<(), Error> {
        let pod = of_template(set.at("/spec/template"), about);
        let count = plan.create.min(BURST);
        self.control
            .create_many(about, |_| pod.clone(), count)
            .await?;
        self.control.delete_many(about, &plan.delete).await
    }
}
