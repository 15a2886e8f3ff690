//! What the claims of a pod mean for where it may run.

use std::sync::Arc;

use serde_json::{Map, Value};
use wharf_kube_client::{Informer, Informers, Object, kind};
use wharf_kube_model::{
    node_selector::NodeSelector,
    persistent::{HOST, NodeRef, best, class_of, makes_for, reachable_from},
};

use crate::{
    attached::{ATTACHMENT, Attached, CSI_NODE, Known, disk_of, disk_to_be},
    filter::Refusal,
    pod::Pod,
    snapshot::Snapshot,
};

/// The caches that claims are looked up in.
pub struct Volumes {
    pub claims: Informer,
    pub volumes: Informer,
    pub classes: Informer,
    csi_nodes: Informer,
    attachments: Informer,
}

/// What is known of a pod's claims.
#[derive(Debug, PartialEq)]
pub enum Claims {
    Known(Reach),
    /// Why the pod has to wait.
    Missing(String),
}

/// Where the volumes of a pod can be.
#[derive(Debug, Default, PartialEq)]
pub struct Reach {
    /// Of volumes that are there.
    pub bound: Vec<NodeSelector>,
    /// The machines that the bytes of some of these lie on: elsewhere they come with their pod, which takes its time.
    pub near: Vec<String>,
    /// Claims whose volumes are found or made once a node was chosen.
    pub to_bind: Vec<ToBind>,
    /// Claims that one pod may have at a time, wherever it is (`ReadWriteOncePod`).
    pub alone: Vec<String>,
    /// Nodes that may take no more of them.
    pub attached: Attached,
}

#[derive(Debug, PartialEq)]
pub struct ToBind {
    pub claim: Arc<Value>,
    pub class: Arc<Value>,
    /// Those of its class.
    pub volumes: Vec<Arc<Value>>,
}

impl Reach {
    pub fn ask(&self, name: &str, labels: &Map<String, Value>) -> Result<(), Refusal> {
        if !self.bound.iter().all(|it| it.matches(name, labels)) {
            return Err(Refusal::VolumeAffinity);
        }
        match self.to_bind.iter().all(|it| it.can_be((name, labels))) {
            true => Ok(()),
            false => Err(Refusal::NoVolume),
        }
    }

    /// How many of the volumes lie on the machine of a node.
    pub fn nearness(&self, labels: &Map<String, Value>) -> i64 {
        let host = labels.get(HOST).and_then(Value::as_str);
        let there = self.near.iter().filter(|it| host == Some(it.as_str()));
        there.count() as i64
    }
}

impl ToBind {
    fn can_be(&self, node: NodeRef<'_>) -> bool {
        makes_for(&self.class, node.1) || best(&self.claim, &self.volumes, Some(node)).is_some()
    }
}

impl Volumes {
    pub fn among(informers: &Informers) -> Self {
        Self {
            claims: informers.of(&kind::PERSISTENT_VOLUME_CLAIM),
            volumes: informers.of(&kind::PERSISTENT_VOLUME),
            classes: informers.of(&kind::STORAGE_CLASS),
            csi_nodes: informers.of(&CSI_NODE),
            attachments: informers.of(&ATTACHMENT),
        }
    }

    pub fn all(&self) -> [&Informer; 5] {
        [
            &self.claims,
            &self.volumes,
            &self.classes,
            &self.csi_nodes,
            &self.attachments,
        ]
    }

    /// Finds out which nodes may have no room for the volumes of a pod, by what runs on them.
    pub fn look(&self, reach: &mut Reach, snapshot: &Snapshot) {
        if !reach.attached.brings_any() {
            return;
        }
        let of_volume = |name: &str| disk_of(&self.volumes.get("", name)?);
        let known = Known {
            csi_nodes: &self.csi_nodes.all(),
            attachments: &self.attachments.all(),
            of_claim: &|(namespace, name)| {
                let claim = self.claims.get(namespace, name)?;
                of_volume(claim.text("/spec/volumeName"))
            },
            of_volume: &of_volume,
        };
        reach.attached.look(&known, snapshot);
    }

    pub fn of(&self, pod: &Pod) -> Claims {
        let mut reach = Reach::default();
        for name in &pod.claims {
            let Some(claim) = self.claims.get(&pod.namespace, name) else {
                return Claims::Missing(format!("persistentvolumeclaim {name:?} not found"));
            };
            if claim.is_deleting() {
                let why = format!("persistentvolumeclaim {name:?} is being deleted");
                return Claims::Missing(why);
            }
            let modes = claim.list("/spec/accessModes");
            if modes.iter().any(|it| it == "ReadWriteOncePod") {
                reach.alone.push(name.clone());
            }
            let volume = claim.text("/spec/volumeName");
            if !volume.is_empty() && claim.text("/status/phase") == "Bound" {
                let Some(volume) = self.volumes.get("", volume) else {
                    return Claims::Missing(format!("persistentvolume {volume:?} not found"));
                };
                reach.bound.extend(reachable_from(&volume));
                if let Some(disk) = disk_of(&volume) {
                    reach.attached.bring(disk);
                }
                reach
                    .near
                    .extend(volume.annotation(HOST).map(str::to_owned));
                continue;
            }
            let class = self.classes.get("", class_of(&claim));
            let waits = |it: &Arc<Value>| it.text("/volumeBindingMode") == "WaitForFirstConsumer";
            let Some(class) = class.filter(waits) else {
                return Claims::Missing(
                    "pod has unbound immediate PersistentVolumeClaims".to_owned(),
                );
            };
            reach.attached.bring(disk_to_be(&claim, &class));
            let mut volumes = self.volumes.all();
            volumes.retain(|it| class_of(it) == class.name());
            reach.to_bind.push(ToBind {
                claim,
                class,
                volumes,
            });
        }
        Claims::Known(reach)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_kube_model::persistent::NO_PROVISIONER;

    use super::*;

    #[test]
    fn nodes_of_volumes() {
        let labels = |zone: &str, host: &str| json!({"zone": zone, HOST: host});
        let at_zone = json!({"required": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]}});
        let volume = json!({
            "metadata": {"name": "v", "annotations": {HOST: "h1"}}, "status": {"phase": "Available"},
            "spec": {"nodeAffinity": at_zone, "capacity": {"storage": "2Gi"}, "storageClassName": "local"},
        });
        let bound = Reach {
            bound: reachable_from(&volume).into_iter().collect(),
            near: vec!["h1".to_owned()],
            ..Reach::default()
        };
        let ask = |reach: &Reach, labels: &Value| reach.ask("n", labels.as_object().unwrap());
        assert_eq!(ask(&bound, &labels("a", "h1")), Ok(()));
        assert_eq!(
            ask(&bound, &labels("b", "h1")),
            Err(Refusal::VolumeAffinity)
        );
        // It comes to any machine of its zone.
        assert_eq!(ask(&bound, &labels("a", "h2")), Ok(()));
        let nearness = |host| bound.nearness(labels("a", host).as_object().unwrap());
        assert_eq!((nearness("h1"), nearness("h2")), (1, 0));
        let claim = json!({"metadata": {"name": "c"}, "spec": {"storageClassName": "local",
            "resources": {"requests": {"storage": "1Gi"}}}});
        let to_bind = |provisioner: &str| Reach {
            to_bind: vec![ToBind {
                claim: Arc::new(claim.clone()),
                class: Arc::new(json!({ "provisioner": provisioner })),
                volumes: vec![Arc::new(volume.clone())],
            }],
            ..Reach::default()
        };
        let local = to_bind(NO_PROVISIONER);
        assert_eq!(ask(&local, &labels("a", "h2")), Ok(()));
        assert_eq!(ask(&local, &labels("b", "h1")), Err(Refusal::NoVolume));
        assert_eq!(ask(&to_bind("ebs.csi.aws.com"), &labels("b", "h1")), Ok(()));
    }
}
