//! What the claims of a pod mean for where it may run.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::{Informer, Object};
use wharf_kube_model::node_selector::NodeSelector;

use crate::pod::Pod;

/// The caches that claims are looked up in.
pub struct Volumes {
    pub claims: Informer,
    pub volumes: Informer,
    pub classes: Informer,
}

/// What is known of a pod's claims.
#[derive(Debug, PartialEq)]
pub enum Claims {
    /// Volumes that are there, and claims whose volumes are made once a node was chosen.
    Known {
        reachable: Vec<NodeSelector>,
        to_bind: Vec<Arc<Value>>,
    },
    /// Why the pod has to wait.
    Missing(String),
}

impl Volumes {
    pub fn of(&self, pod: &Pod) -> Claims {
        let (mut reachable, mut to_bind) = (Vec::new(), Vec::new());
        for name in &pod.claims {
            let Some(claim) = self.claims.get(&pod.namespace, name) else {
                return Claims::Missing(format!("persistentvolumeclaim {name:?} not found"));
            };
            if claim.is_deleting() {
                let why = format!("persistentvolumeclaim {name:?} is being deleted");
                return Claims::Missing(why);
            }
            let volume = claim.text("/spec/volumeName");
            if !volume.is_empty() && claim.text("/status/phase") == "Bound" {
                let Some(volume) = self.volumes.get("", volume) else {
                    return Claims::Missing(format!("persistentvolume {volume:?} not found"));
                };
                let required = volume.at("/spec/nodeAffinity/required");
                if required.is_object() {
                    reachable.push(NodeSelector::read(required));
                }
            } else if self.waits_for_a_node(&claim) {
                to_bind.push(claim);
            } else {
                return Claims::Missing(
                    "pod has unbound immediate PersistentVolumeClaims".to_owned(),
                );
            }
        }
        Claims::Known { reachable, to_bind }
    }

    fn waits_for_a_node(&self, claim: &Value) -> bool {
        let class = claim.text("/spec/storageClassName");
        let class = self.classes.get("", class);
        class.is_some_and(|it| it.text("/volumeBindingMode") == "WaitForFirstConsumer")
    }
}
