//! Claims of pods' own: a volume of the kind `ephemeral` has one made for it, which its pod owns, so that the collector takes it when
//! the pod is gone.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::{Value, json};
use wharf_kube_client::{Change, Error, Informer, Object, Recorder, Ref, kind};
use wharf_kube_model::persistent::own_claim;

use crate::runtime::{Context, Controller, Key, Next, Queue};

pub struct PodClaims {
    context: Context,
    pods: Informer,
    claims: Informer,
    recorder: Recorder,
}

impl PodClaims {
    pub fn new(context: &Context) -> Arc<Self> {
        Arc::new(Self {
            context: context.clone(),
            pods: context.informer(&kind::POD),
            claims: context.informer(&kind::PERSISTENT_VOLUME_CLAIM),
            recorder: context.recorder("ephemeral_volume"),
        })
    }

    fn refuse(&self, pod: &Value, message: String) -> Error {
        let about = Ref::of(&kind::POD, pod);
        self.recorder.warning(about, "FailedBinding", &message);
        Error::Answer(message)
    }
}

fn has_own(pod: &Value) -> bool {
    let volumes = pod.list("/spec/volumes").iter();
    volumes
        .into_iter()
        .any(|it| it.at("/ephemeral").is_object())
}

/// The claims that a pod is to have. Pure.
fn wanted(pod: &Value) -> Vec<Value> {
    if pod.is_deleting() {
        return Vec::new();
    }
    let volumes = pod.list("/spec/volumes").iter();
    let claims = volumes.filter_map(|volume| {
        let template = volume.at("/ephemeral/volumeClaimTemplate");
        let mut claim = json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": own_claim(pod, volume)?,
                "namespace": pod.namespace(),
                "ownerReferences": [Ref::of(&kind::POD, pod).as_controller()],
            },
            "spec": template.at("/spec"),
        });
        for member in ["labels", "annotations"] {
            if let Some(told) = template.at("/metadata").get(member) {
                claim["metadata"][member] = told.clone();
            }
        }
        Some(claim)
    });
    claims.collect()
}

#[async_trait]
impl Controller for PodClaims {
    fn informers(&self) -> Vec<Informer> {
        vec![self.pods.clone(), self.claims.clone()]
    }

    fn subscribe(self: Arc<Self>, queue: &Queue) {
        let to = queue.clone();
        self.pods.subscribe(move |change| {
            let pod = change.object();
            // Most have none.
            if has_own(pod) {
                to.wake(Key::of(pod));
            }
        });
        let to = queue.clone();
        self.claims.subscribe(move |change| {
            if let Change::Deleted(claim) = change
                && let Some(owner) = claim.controller().filter(|it| it.kind() == "Pod")
            {
                to.wake(Key::new(claim.namespace(), owner.name()));
            }
        });
    }

    async fn sync(&self, key: &Key) -> Result<Next, Error> {
        let Some(pod) = self.pods.get(&key.namespace, &key.name) else {
            return Ok(Next::Settled);
        };
        for claim in wanted(&pod) {
            if let Some(there) = self.claims.get(&key.namespace, claim.name()) {
                if !there.is_controlled_by(pod.uid()) {
                    let message = format!(
                        "PVC \"{}\" was not created for pod \"{}\" (pod is not owner)",
                        claim.name(),
                        pod.name()
                    );
                    return Err(self.refuse(&pod, message));
                }
                continue;
            }
            let client = &self.context.client;
            let made = client
                .create(&kind::PERSISTENT_VOLUME_CLAIM, &key.namespace, &claim)
                .await;
            match made {
                Ok(made) => self.claims.observe(&made),
                // It is looked at once it is heard of.
                Err(error) if error.is_already_exists() => return Err(error),
                Err(error) => {
                    let message = format!("failed to create PVC {}: {error}", claim.name());
                    self.refuse(&pod, message);
                    return Err(error);
                }
            }
        }
        Ok(Next::Settled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_made_as_its_template_says_and_belongs_to_the_pod() {
        let spec = json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}});
        let template = json!({"metadata": {"labels": {"a": "b"}}, "spec": spec});
        let mut pod = json!({"metadata": {"name": "p", "namespace": "n", "uid": "u"}, "spec": {"volumes": [
            {"name": "plain", "emptyDir": {}},
            {"name": "scratch", "ephemeral": {"volumeClaimTemplate": template}},
        ]}});
        assert!(has_own(&pod));
        let claims = wanted(&pod);
        assert_eq!(claims.len(), 1);
        assert_eq!(
            (claims[0].name(), claims[0].namespace()),
            ("p-scratch", "n")
        );
        assert!(claims[0].is_controlled_by("u"));
        assert_eq!(
            (&claims[0]["spec"], &claims[0]["metadata"]["labels"]),
            (&spec, &json!({"a": "b"}))
        );
        pod["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        assert!(wanted(&pod).is_empty());
        assert!(!has_own(
            &json!({"spec": {"volumes": [{"name": "v", "emptyDir": {}}]}})
        ));
    }
}
