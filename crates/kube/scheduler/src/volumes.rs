//! What the claims of a pod mean for where it may run.

use std::sync::Arc;

use serde_json::{Map, Value};
use wharf_kube_client::{Informer, Informers, Object, kind};
use wharf_kube_model::{
    node_selector::NodeSelector,
    persistent::{HOST, NodeRef, best, class_of, makes_for, reachable_from},
    topology::{REGION, ZONE},
};

use crate::{
    attached::{ATTACHMENT, Attached, BY_NODE, CSI_NODE, Known, disk_of, disk_to_be},
    filter::Refusal,
    pod::Pod,
    snapshot::Snapshot,
};

/// Labels by which nodes and volumes say where they are, and the name that each has by now.
static PLACES: [(&str, &str); 4] = [
    ("failure-domain.beta.kubernetes.io/zone", ZONE),
    ("failure-domain.beta.kubernetes.io/region", REGION),
    (ZONE, ZONE),
    (REGION, REGION),
];

/// The caches that claims are looked up in.
pub struct Volumes {
    pub claims: Informer,
    pub volumes: Informer,
    pub classes: Informer,
    pub csi_nodes: Informer,
    pub attachments: Informer,
}

/// What is known of a pod's claims.
#[derive(Debug, PartialEq)]
pub enum Claims {
    Known(Box<Reach>),
    /// Why the pod has to wait.
    Missing(String),
}

/// Where the volumes of a pod can be.
#[derive(Debug, Default, PartialEq)]
pub struct Reach {
    /// Of volumes that are there.
    pub bound: Vec<NodeSelector>,
    /// What labels of these volumes say.
    pub places: Vec<Places>,
    /// The machines that the bytes of some of these lie on: elsewhere they come with their pod, which takes its time.
    pub near: Vec<String>,
    /// Claims whose volumes are found or made once a node was chosen.
    pub to_bind: Vec<ToBind>,
    /// Claims that one pod may have at a time, wherever it is (`ReadWriteOncePod`).
    pub alone: Vec<String>,
    /// Nodes that may take no more of them.
    pub attached: Attached,
}

/// The zones or regions that a volume is in by one of its labels.
#[derive(Debug, PartialEq)]
pub struct Places {
    label: &'static str,
    now: &'static str,
    values: Vec<String>,
}

impl Places {
    /// As upstream reads them: `a__b` is both, and what names nothing does not count.
    pub(crate) fn of(volume: &Value) -> impl Iterator<Item = Self> {
        PLACES.iter().filter_map(move |&(label, now)| {
            let values = volume.label(label)?.split("__");
            let values: Vec<String> = values.map(|it| it.trim().to_owned()).collect();
            let is_whole = values.iter().all(|it| !it.is_empty());
            is_whole.then_some(Self { label, now, values })
        })
    }

    fn hold(&self, labels: &Map<String, Value>) -> bool {
        let here = labels.get(self.label).or_else(|| labels.get(self.now));
        let here = here.and_then(Value::as_str);
        here.is_some_and(|here| self.values.iter().any(|it| it == here))
    }
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
        if !self.to_bind.iter().all(|it| it.can_be((name, labels))) {
            return Err(Refusal::NoVolume);
        }
        // A node that says nothing of where it is may be anywhere.
        let is_somewhere = PLACES.iter().any(|(label, _)| labels.contains_key(*label));
        match !is_somewhere || self.places.iter().all(|it| it.hold(labels)) {
            true => Ok(()),
            false => Err(Refusal::VolumeZone),
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
        let of_volume = |name: &str| disk_of(self.volumes.get("", name).as_deref()?);
        let known = Known {
            csi_nodes: &self.csi_nodes.all(),
            attachments_of: &|node| self.attachments.by(BY_NODE.name, node),
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
                reach.places.extend(Places::of(&volume));
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
        Claims::Known(Box::new(reach))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_kube_model::persistent::NO_PROVISIONER;

    use super::*;

    #[test]
    fn labels_of_a_volume_say_in_which_zones_its_nodes_are() {
        const OLD: &str = "failure-domain.beta.kubernetes.io/zone";
        let ask = |of_volume: Value, of_node: Value| {
            let volume = json!({"metadata": {"name": "v", "labels": of_volume}});
            let reach = Reach {
                places: Places::of(&volume).collect(),
                ..Reach::default()
            };
            reach.ask("n", of_node.as_object().unwrap())
        };
        let other = Err(Refusal::VolumeZone);
        let node = || json!({ZONE: "a", REGION: "r"});
        assert_eq!(ask(json!({ZONE: "a", REGION: "r"}), node()), Ok(()));
        assert_eq!(ask(json!({ZONE: "b"}), node()), other);
        assert_eq!(ask(json!({ZONE: "b__a"}), node()), Ok(()));
        assert_eq!(ask(json!({REGION: "s"}), node()), other);
        // By its name of old, which nodes may no longer have.
        assert_eq!(ask(json!({OLD: "a"}), node()), Ok(()));
        assert_eq!(ask(json!({OLD: "b"}), node()), other);
        // What says nothing keeps nobody away.
        assert_eq!(ask(json!({ZONE: "b__"}), node()), Ok(()));
        assert_eq!(ask(json!({"team": "b"}), node()), Ok(()));
        assert_eq!(ask(json!({ZONE: "b"}), json!({"team": "a"})), Ok(()));
        assert_eq!(ask(json!({ZONE: "b"}), json!({REGION: "r"})), other);
    }

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
