//! Deployments: replica sets of the templates there were, and pods moved from the old to the new.

mod condition;
mod plan;
mod rolling;
mod sets;
#[cfg(test)]
mod simulation;
mod status;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;
use wharf_kube_client::{Change, Delete, Error, Informer, Object, Recorder, Ref, kind};

use self::plan::{Action, Plan, plan};
pub use self::sets::hash;
use crate::{
    claims,
    runtime::{Context, Controller, Key, Next, Queue, next, wake_controller, wake_self},
};

pub struct Deployments {
    context: Context,
    deployments: Informer,
    sets: Informer,
    pods: Informer,
    recorder: Recorder,
}

impl Deployments {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            deployments: context.informer(&kind::DEPLOYMENT),
            sets: context.informer(&kind::REPLICA_SET),
            pods: context.informer(&kind::POD),
            recorder: context.recorder("deployment-controller"),
        })
    }

    async fn act(&self, deployment: &Value, action: Action) -> Result<(), Error> {
        let client = &self.context.client;
        match action {
            Action::Create(set) => self.create(deployment, set).await,
            Action::Update(set) => {
                let written = client.update(&kind::REPLICA_SET, &set).await?;
                self.sets.observe(&written);
                Ok(())
            }
            Action::Scale { set, from, to } => {
                let written = client.update(&kind::REPLICA_SET, &set).await?;
                self.sets.observe(&written);
                self.tell_scaled(deployment, &set, from, to);
                Ok(())
            }
            Action::Delete(set) => {
                let options = Delete::of_uid(set.uid());
                let deleted = client
                    .delete(&kind::REPLICA_SET, set.namespace(), set.name(), &options)
                    .await;
                match deleted {
                    Ok(answer) => self.sets.observe_deletion(&set, &answer),
                    Err(error) if error.is_outdated() => {}
                    Err(error) => return Err(error),
                }
                Ok(())
            }
            Action::Annotate(deployment) => {
                let written = client.update(&kind::DEPLOYMENT, &deployment).await?;
                self.deployments.observe(&written);
                Ok(())
            }
        }
    }

    fn tell_scaled(&self, deployment: &Value, set: &Value, from: i64, to: i64) {
        let way = if to > from { "up" } else { "down" };
        let message = format!(
            "Scaled {way} replica set {} from {from} to {to}",
            set.name()
        );
        let about = Ref::of(&kind::DEPLOYMENT, deployment);
        self.recorder.normal(about, "ScalingReplicaSet", &message);
    }

    async fn create(&self, deployment: &Value, set: Value) -> Result<(), Error> {
        let client = &self.context.client;
        let namespace = deployment.namespace();
        match client.create(&kind::REPLICA_SET, namespace, &set).await {
            Ok(written) => {
                self.sets.observe(&written);
                let replicas = set.integer("/spec/replicas").unwrap_or_default();
                if replicas > 0 {
                    self.tell_scaled(deployment, &set, 0, replicas);
                }
                Ok(())
            }
            Err(error) if error.is_already_exists() => {
                let there = client
                    .get(&kind::REPLICA_SET, namespace, set.name())
                    .await?;
                if there.is_controlled_by(deployment.uid()) && sets::is_of(&there, deployment) {
                    self.sets.observe(&there);
                    return Ok(());
                }
                // Another template has this name: the next name comes of one more collision.
                let mut deployment = deployment.clone();
                let collisions = deployment.integer("/status/collisionCount");
                deployment["status"]["collisionCount"] = (collisions.unwrap_or(0) + 1).into();
                self.write_status(&deployment).await?;
                Err(error)
            }
            Err(error) => {
                let message = format!("Failed to create new replica set {:?}: {error}", set.name());
                let about = Ref::of(&kind::DEPLOYMENT, deployment);
                self.recorder.warning(about, condition::FAILED, &message);
                let mut failed = deployment.clone();
                condition::set(
                    &mut failed["status"],
                    condition::progressing("False", condition::FAILED, &message),
                    self.context.now(),
                );
                if failed != *deployment {
                    self.write_status(&failed).await?;
                }
                Err(error)
            }
        }
    }

    async fn write_status(&self, deployment: &Value) -> Result<(), Error> {
        let client = &self.context.client;
        let written = client.update_status(&kind::DEPLOYMENT, deployment).await?;
        self.deployments.observe(&written);
        Ok(())
    }

    /// The plan by what the caches say now.
    fn plan(&self, deployment: &Value, sets: &[Arc<Value>]) -> Plan {
        let runs = |uid: &str| {
            let pods = self.pods.owned_by(uid);
            pods.iter().any(|it| !crate::pods::is_over(it))
        };
        plan(deployment, sets, &runs, self.context.now())
    }
}

#[async_trait]
impl Controller for Deployments {
    fn informers(&self) -> Vec<Informer> {
        vec![
            self.deployments.clone(),
            self.sets.clone(),
            self.pods.clone(),
        ]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.deployments, queue);
        wake_controller(&self.sets, queue, "Deployment");
        let (deployments, on_set) = (self.deployments.clone(), queue.clone());
        self.sets.subscribe(move |change| {
            let set = change.object();
            if set.controller().is_some() || matches!(change, Change::Deleted(_)) {
                return;
            }
            for deployment in deployments.in_namespace(set.namespace()) {
                if claims::selector(&deployment).matches_object(set) {
                    on_set.wake(Key::of(&deployment));
                }
            }
        });
        // A Recreate waits for the last pod of the old.
        let (sets, on_pod) = (self.sets.clone(), queue.clone());
        self.pods.subscribe(move |change| {
            let pod = change.object();
            let ended = matches!(change, Change::Deleted(_)) || crate::pods::is_over(pod);
            let owner = pod
                .controller()
                .filter(|it| ended && it.kind() == "ReplicaSet");
            let set = owner.and_then(|it| sets.get(pod.namespace(), it.name()));
            if let Some(set) = set
                && let Some(owner) = set.controller()
            {
                on_pod.wake(Key::new(set.namespace(), owner.name()));
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(deployment) = self.deployments.get(&key.namespace, &key.name) else {
            return Ok(Next::Settled);
        };
        let selector = claims::selector(&deployment);
        if selector.is_everything() {
            let about = Ref::of(&kind::DEPLOYMENT, &deployment);
            let message =
                "This deployment is selecting all pods. A non-empty selector is required.";
            self.recorder.warning(about, "SelectingAll", message);
            return Ok(Next::Settled);
        }
        let owner = (&kind::DEPLOYMENT, &*deployment);
        let sets = claims::claim(&self.context.client, owner, &selector, &self.sets).await?;
        let Plan {
            actions,
            status,
            look_after,
        } = self.plan(&deployment, &sets);
        // Each step is decided by what the one before made of it: the caches have it, and wake the key.
        if !actions.is_empty() {
            for action in actions {
                self.act(&deployment, action).await?;
            }
            return Ok(Next::After(std::time::Duration::ZERO));
        }
        if status != deployment["status"] {
            let mut deployment = Value::clone(&deployment);
            deployment["status"] = status;
            self.write_status(&deployment).await?;
        }
        Ok(next(look_after))
    }
}
