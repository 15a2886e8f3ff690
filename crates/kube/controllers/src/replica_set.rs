//! ReplicaSets, and ReplicationControllers, which are the same with a simpler selector: a number of pods of one template.

mod plan;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use wharf_kube_client::{Error, Informer, Kind, Object, Ref, kind};
use wharf_kube_model::selector::Labels;

use self::plan::{Plan, plan};
use crate::{
    claims,
    pods::{BURST, PodControl, of_template, terminating},
    runtime::{Context, Controller, Key, Next, Queue, next, wake_controller, wake_self},
};

pub struct ReplicaSets {
    context: Context,
    kind: Kind,
    sets: Informer,
    control: PodControl,
}

impl ReplicaSets {
    pub fn new(context: &Context) -> Arc<Self> {
        Self::of(context, kind::REPLICA_SET, "replicaset-controller")
    }

    pub fn replication_controllers(context: &Context) -> Arc<Self> {
        let kind = kind::REPLICATION_CONTROLLER;
        Self::of(context, kind, "replication-controller")
    }

    fn of(context: &Context, kind: Kind, component: &str) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            sets: context.informer(&kind),
            kind,
            control: PodControl {
                client: context.client.clone(),
                pods: context.informer(&kind::POD),
                recorder: context.recorder(component),
            },
        })
    }

    async fn status(&self, set: &Value, status: Value) -> Result<(), Error> {
        if set["status"] == status {
            return Ok(());
        }
        let mut set = set.clone();
        set["status"] = status;
        let client = &self.context.client;
        let written = client.update_status(&self.kind, &set).await?;
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
        wake_controller(&self.control.pods, queue, &self.kind.kind);
        // A pod that nobody owns may fit one.
        let (kind, sets, queue) = (self.kind.clone(), self.sets.clone(), queue.clone());
        self.control.pods.subscribe(move |change| {
            let pod = change.object();
            if pod.controller().is_some() {
                return;
            }
            for set in sets.in_namespace(pod.namespace()) {
                if selector(&kind, &set).matches_object(pod) {
                    queue.wake(Key::of(&set));
                }
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(set) = self.sets.get(&key.namespace, &key.name) else {
            return Ok(Next::Settled);
        };
        let selector = selector(&self.kind, &set);
        let owner = (&self.kind, &*set);
        let pods = claims::claim(&self.context.client, owner, &selector, &self.control.pods);
        let pods = pods.await?;
        let related = self.related(&set, pods.len());
        let first = plan(&set, &pods, &related, None, self.context.now());
        let about = Ref::of(&self.kind, &set);
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
        let then = plan(&set, &pods.owned, &related, failed, self.context.now());
        let mut status = then.status;
        // A ReplicationController has no such number.
        if self.kind == kind::REPLICA_SET {
            status["terminatingReplicas"] = terminating(&pods.owned).into();
        }
        self.status(&set, status).await?;
        match failure {
            Some(error) => Err(error),
            None if first.create > BURST => Ok(Next::After(std::time::Duration::ZERO)),
            None => Ok(next(then.look_after)),
        }
    }
}

impl ReplicaSets {
    /// Pods of other sets of the same owner, where some of the set's own pods are too many: a deployment has them while it rolls out.
    fn related(&self, set: &Value, count: usize) -> Vec<Arc<Value>> {
        let wanted = set.integer("/spec/replicas").unwrap_or(1).max(0) as usize;
        let Some(owner) = set.controller().filter(|_| count > wanted) else {
            return Vec::new();
        };
        let is_sibling = |it: &&Arc<Value>| {
            let other = it.controller();
            it.uid() != set.uid() && other.is_some_and(|it| it.uid() == owner.uid())
        };
        let sets = self.sets.in_namespace(set.namespace());
        let siblings = sets.iter().filter(is_sibling);
        siblings
            .flat_map(|it| self.control.pods.owned_by(it.uid()))
            .collect()
    }

    async fn change(&self, set: &Value, about: &Ref, plan: &Plan) -> Result<(), Error> {
        let pod = of_template(set.at("/spec/template"), about);
        let count = plan.create.min(BURST);
        self.control
            .create_many(about, |_| pod.clone(), count)
            .await?;
        self.control.delete_many(about, &plan.delete).await
    }
}

/// That of a ReplicationController is a set of labels; one without any chooses nothing.
fn selector(kind: &Kind, set: &Value) -> Labels {
    if *kind != kind::REPLICATION_CONTROLLER {
        return claims::selector(set);
    }
    match set.map("/spec/selector") {
        Some(labels) if !labels.is_empty() => Labels::of_set(Some(labels)),
        _ => Labels::nothing(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_replication_controller_chooses_by_labels_alone() {
        let chooses = |labels: Value| {
            let set = json!({"spec": {"selector": labels}});
            let labels = selector(&kind::REPLICATION_CONTROLLER, &set);
            labels.matches_object(&json!({"metadata": {"labels": {"a": "b", "c": "d"}}}))
        };
        assert!(chooses(json!({"a": "b"})));
        assert!(!chooses(json!({"a": "c"})));
        assert!(!chooses(json!({})) && !chooses(Value::Null));
    }
}
