//! StatefulSets: pods with names, volumes of their own, and an order.

mod plan;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use wharf_kube_client::{Error, Informer, Object, Patch, Ref, kind};

use self::plan::{Action, Observed, claims as claims_of, plan};
use crate::{
    claims,
    history::{HASH_LABEL, History},
    pods::PodControl,
    runtime::{Context, Controller, Key, Next, Queue, next, wake_controller, wake_self},
};

pub struct StatefulSets {
    context: Context,
    sets: Informer,
    revisions: Informer,
    volumes: Informer,
    control: PodControl,
}

impl StatefulSets {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            sets: context.informer(&kind::STATEFUL_SET),
            revisions: context.informer(&kind::CONTROLLER_REVISION),
            volumes: context.informer(&kind::PERSISTENT_VOLUME_CLAIM),
            control: PodControl {
                client: context.client.clone(),
                pods: context.informer(&kind::POD),
                recorder: context.recorder("statefulset-controller"),
            },
        })
    }

    /// Claims come before their pod, and stay when it goes.
    async fn claim_volumes(&self, set: &Value, about: &Ref, pod: &Value) -> Result<(), Error> {
        for claim in claims_of(set, pod) {
            if let Some(there) = self.volumes.get(set.namespace(), claim.name()) {
                if there.is_deleting() {
                    let message = format!("pvc {} is being deleted", claim.name());
                    self.control
                        .recorder
                        .warning(about.clone(), "FailedCreate", &message);
                    return Err(Error::Answer(message));
                }
                continue;
            }
            let client = &self.context.client;
            let created = client
                .create(&kind::PERSISTENT_VOLUME_CLAIM, set.namespace(), &claim)
                .await;
            match created {
                Ok(written) => {
                    self.volumes.observe(&written);
                    let message = format!(
                        "create Claim {} Pod {} in StatefulSet {} success",
                        claim.name(),
                        pod.name(),
                        set.name()
                    );
                    self.control
                        .recorder
                        .normal(about.clone(), "SuccessfulCreate", &message);
                }
                Err(error) if error.is_already_exists() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Claims follow the set, or a pod that is scaled away, where the set says so.
    async fn own_volumes(&self, set: &Value, pods: &[Arc<Value>]) -> Result<(), Error> {
        for pod in pods {
            for claim in claims_of(set, pod) {
                let Some(there) = self.volumes.get(set.namespace(), claim.name()) else {
                    continue;
                };
                let wanted = plan::claim_owners(set, pod, &there);
                if wanted == there.list("/metadata/ownerReferences") {
                    continue;
                }
                let patch = Patch::Merge(json!({"metadata": {
                    "uid": there.uid(), "resourceVersion": there.resource_version(), "ownerReferences": wanted,
                }}));
                let client = &self.context.client;
                let (namespace, name) = (there.namespace(), there.name());
                let written = client
                    .patch(&kind::PERSISTENT_VOLUME_CLAIM, namespace, name, &patch)
                    .await?;
                self.volumes.observe(&written);
            }
        }
        Ok(())
    }

    async fn act(&self, set: &Value, about: &Ref, action: Action) -> Result<(), Error> {
        match action {
            Action::Create(pod) => {
                self.claim_volumes(set, about, &pod).await?;
                let client = &self.context.client;
                let told =
                    |what: &str| format!("{what} Pod {} in StatefulSet {}", pod.name(), set.name());
                match client.create(&kind::POD, set.namespace(), &pod).await {
                    Ok(written) => {
                        self.control.pods.observe(&written);
                        let message = format!("{} successful", told("create"));
                        self.control
                            .recorder
                            .normal(about.clone(), "SuccessfulCreate", &message);
                    }
                    Err(error) => {
                        let message = format!("{} failed error: {error}", told("create"));
                        self.control
                            .recorder
                            .warning(about.clone(), "FailedCreate", &message);
                        return Err(error);
                    }
                }
            }
            Action::Delete(pod) => {
                let options = wharf_kube_client::Delete::of_uid(pod.uid());
                let client = &self.context.client;
                let deleted = client
                    .delete(&kind::POD, pod.namespace(), pod.name(), &options)
                    .await;
                match deleted {
                    Ok(answer) => self.control.pods.observe_deletion(&pod, &answer),
                    Err(error) if error.is_outdated() => return Ok(()),
                    Err(error) => return Err(error),
                }
                let message = format!(
                    "delete Pod {} in StatefulSet {} successful",
                    pod.name(),
                    set.name()
                );
                self.control
                    .recorder
                    .normal(about.clone(), "SuccessfulDelete", &message);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Controller for StatefulSets {
    fn informers(&self) -> Vec<Informer> {
        let all = [
            &self.sets,
            &self.revisions,
            &self.volumes,
            &self.control.pods,
        ];
        all.into_iter().cloned().collect()
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        wake_self(&self.sets, queue);
        wake_controller(&self.control.pods, queue, "StatefulSet");
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(set) = self.sets.get(&key.namespace, &key.name) else {
            return Ok(Next::Settled);
        };
        let client = &self.context.client;
        let about = Ref::of(&kind::STATEFUL_SET, &set);
        let selector = claims::selector(&set);
        if selector.is_everything() {
            return Ok(Next::Settled);
        }
        let owner = (&kind::STATEFUL_SET, &*set);
        let pods = claims::claim(client, owner, &selector, &self.control.pods).await?;
        if set.is_deleting() {
            return Ok(Next::Settled);
        }
        let history = History {
            client,
            revisions: &self.revisions,
            kind: &kind::STATEFUL_SET,
        };
        let update = history.current(&set).await?;
        let all = history.of(&set);
        let current = all
            .iter()
            .find(|it| it.name() == set.text("/status/currentRevision"));
        let current = current.unwrap_or(&update).clone();
        let observed = Observed {
            set: &set,
            pods: &pods,
            current: &current,
            update: &update,
        };
        let plan = plan(&observed, self.context.now());
        self.own_volumes(&set, &pods).await?;
        let acts = !plan.actions.is_empty();
        for action in plan.actions {
            self.act(&set, &about, action).await?;
        }
        if plan.status != set["status"] {
            let mut changed = Value::clone(&set);
            changed["status"] = plan.status;
            let written = client.update_status(&kind::STATEFUL_SET, &changed).await?;
            self.sets.observe(&written);
        }
        let used =
            [&current, &update].map(|it| it.label(HASH_LABEL).unwrap_or_default().to_owned());
        let is_of = |pod: &Value, hash: &str| {
            pod.label(HASH_LABEL)
                .is_some_and(|it| it.ends_with(hash) && !hash.is_empty())
        };
        history
            .trim(&set, |hash| {
                used.iter().any(|it| it == hash) || pods.iter().any(|it| is_of(it, hash))
            })
            .await?;
        match acts {
            true => Ok(Next::After(std::time::Duration::ZERO)),
            false => Ok(next(plan.look_after)),
        }
    }
}
