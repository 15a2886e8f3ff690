//! How many volumes a node takes: its drivers say so (CSINode), and count what its pods have and what is attached there for others. Pure.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use serde_json::Value;
use wharf_kube_client::{Index, Kind, Object};
use wharf_kube_model::persistent::{EBS, LEGACY_EBS, ebs_disk};

use crate::{
    filter::Refusal,
    node::{ClaimKey, Load},
    snapshot::Snapshot,
};

pub const CSI_NODE: Kind = Kind::known("storage.k8s.io", "v1", "CSINode", "csinodes", false);
pub const ATTACHMENT: Kind = Kind::known(
    "storage.k8s.io",
    "v1",
    "VolumeAttachment",
    "volumeattachments",
    false,
);
pub const BY_NODE: Index = Index {
    name: "node",
    keys: |it| vec![it.text("/spec/nodeName").to_owned()],
};

/// A volume as it is counted once: its driver, and what that calls it.
pub type Disk = (String, String);

/// What a PersistentVolume stands for; `None` where no driver attaches it.
pub fn disk_of(volume: &Value) -> Option<Disk> {
    if let Some(disk) = ebs_disk(volume) {
        return Some((EBS.to_owned(), disk.id));
    }
    let source = volume.at("/spec/csi");
    source.is_object().then(|| {
        let (driver, handle) = (source.text("/driver"), source.text("/volumeHandle"));
        (driver.to_owned(), handle.to_owned())
    })
}

/// What will be made for a claim of this class: nobody else has it.
pub fn disk_to_be(claim: &Value, class: &Value) -> Disk {
    let driver = match class.text("/provisioner") {
        LEGACY_EBS => EBS,
        other => other,
    };
    (driver.to_owned(), claim.key())
}

/// What a node takes, and what is there beside that of its pods.
#[derive(Debug, PartialEq)]
struct Room {
    /// By driver.
    limits: BTreeMap<String, usize>,
    /// Of pods that are over or gone, until it is detached.
    left: BTreeSet<Disk>,
}

/// The volumes that a pod brings, and the nodes that may have no room for them.
#[derive(Debug, Default, PartialEq)]
pub struct Attached {
    brings: BTreeSet<Disk>,
    rooms: HashMap<String, Room>,
    /// Of the pods of these nodes.
    known: HashMap<ClaimKey, Disk>,
}

/// What there is to look up.
pub struct Known<'a> {
    pub csi_nodes: &'a [Arc<Value>],
    /// By the name of a node.
    pub attachments_of: &'a dyn Fn(&str) -> Vec<Arc<Value>>,
    pub of_claim: &'a dyn Fn(&ClaimKey) -> Option<Disk>,
    /// By the name of a PersistentVolume.
    pub of_volume: &'a dyn Fn(&str) -> Option<Disk>,
}

impl Attached {
    pub fn bring(&mut self, disk: Disk) {
        self.brings.insert(disk);
    }

    pub fn brings_any(&self) -> bool {
        !self.brings.is_empty()
    }

    /// Looks at nodes that have so much that the pod's volumes may be too many; others are not worth it.
    pub fn look(&mut self, all: &Known<'_>, snapshot: &Snapshot) {
        for node in all.csi_nodes {
            let mut limits = limits(node);
            limits.retain(|driver, _| self.brings.iter().any(|it| it.0 == *driver));
            let Some(least) = limits.values().copied().min() else {
                continue;
            };
            let claims = &snapshot.load(node.name()).claims;
            let attachments = (all.attachments_of)(node.name());
            if claims.len() + attachments.len() + self.brings.len() <= least {
                continue;
            }
            let of_claims = claims
                .keys()
                .filter_map(|it| Some((it.clone(), (all.of_claim)(it)?)));
            let of_claims: Vec<(ClaimKey, Disk)> = of_claims.collect();
            let of_pods: BTreeSet<&Disk> = of_claims.iter().map(|(_, disk)| disk).collect();
            let left = attachments
                .iter()
                .filter_map(|it| (all.of_volume)(it.text("/spec/source/persistentVolumeName")));
            let left = left.filter(|it| !of_pods.contains(it)).collect();
            self.known.extend(of_claims);
            self.rooms
                .insert(node.name().to_owned(), Room { limits, left });
        }
    }

    pub fn ask(&self, node: &str, load: &Load) -> Result<(), Refusal> {
        let Some(room) = self.rooms.get(node) else {
            return Ok(());
        };
        let of_pods = load.claims.keys().filter_map(|it| self.known.get(it));
        let there: BTreeSet<&Disk> = of_pods.chain(&room.left).collect();
        let come: Vec<&Disk> = self
            .brings
            .iter()
            .filter(|it| !there.contains(it))
            .collect();
        let is_full = room.limits.iter().any(|(driver, most)| {
            let come = come.iter().filter(|it| it.0 == *driver).count();
            let there = there.iter().filter(|it| it.0 == *driver).count();
            come > 0 && there + come > *most
        });
        match is_full {
            true => Err(Refusal::TooManyVolumes),
            false => Ok(()),
        }
    }
}

/// How many volumes the drivers of a node take; those that do not say so take any number.
fn limits(node: &Value) -> BTreeMap<String, usize> {
    let drivers = node.list("/spec/drivers").iter();
    let limits = drivers.filter_map(|it| {
        let most = it.integer("/allocatable/count")?;
        Some((it.text("/name").to_owned(), usize::try_from(most).ok()?))
    });
    limits.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pod::Pod;

    fn disk(name: &str) -> Disk {
        (EBS.to_owned(), name.to_owned())
    }

    /// A pod of node `n` with these claims, whose volumes have their names.
    fn pod(name: &str, claims: &[&str]) -> Arc<Pod> {
        let volumes = claims
            .iter()
            .map(|it| json!({"name": it, "persistentVolumeClaim": {"claimName": it}}));
        let pod = json!({
            "metadata": {"namespace": "a", "name": name, "uid": name},
            "spec": {"nodeName": "n", "containers": [], "volumes": volumes.collect::<Vec<_>>()},
        });
        Arc::new(Pod::read(&pod))
    }

    fn asked(
        brings: &[&str],
        most: Option<i64>,
        attached: &[&str],
        snapshot: &Snapshot,
    ) -> Result<(), Refusal> {
        let mut own = Attached::default();
        for it in brings {
            own.bring(disk(it));
        }
        let csi_node = json!({"metadata": {"name": "n"}, "spec": {"drivers": [
            {"name": "other", "allocatable": {"count": 0}}, {"name": EBS, "allocatable": {"count": most}},
        ]}});
        let attachment = |it: &&str| {
            Arc::new(json!({"spec": {"nodeName": "n", "source": {"persistentVolumeName": *it}}}))
        };
        let attachments: Vec<Arc<Value>> = attached.iter().map(attachment).collect();
        let known = Known {
            csi_nodes: &[Arc::new(csi_node)],
            attachments_of: &|_| attachments.clone(),
            of_claim: &|it| Some(disk(&it.1)),
            of_volume: &|it| Some(disk(it)),
        };
        own.look(&known, snapshot);
        own.ask("n", snapshot.load("n"))
    }

    #[test]
    fn a_node_takes_as_many_volumes_as_its_driver_says() {
        let mut snapshot = Snapshot::default();
        snapshot.set_pod(pod("one", &["v1", "v2"]));
        // Of two pods with one volume it is one.
        snapshot.set_pod(pod("two", &["v2"]));
        let full = Err(Refusal::TooManyVolumes);
        let v1_v2 = ["v1", "v2"];
        assert_eq!(asked(&["new"], Some(3), &v1_v2, &snapshot), Ok(()));
        assert_eq!(asked(&["new"], Some(2), &v1_v2, &snapshot), full);
        assert_eq!(asked(&["new", "more"], Some(3), &v1_v2, &snapshot), full);
        assert_eq!(asked(&["v1"], Some(2), &v1_v2, &snapshot), Ok(()));
        assert_eq!(asked(&["new"], None, &v1_v2, &snapshot), Ok(()));
        // What pods that are over have left there counts until it is detached.
        let left = ["v1", "v2", "old"];
        assert_eq!(asked(&["new"], Some(3), &left, &snapshot), full);
        assert_eq!(asked(&["old"], Some(3), &left, &snapshot), Ok(()));
    }

    #[test]
    fn who_leaves_makes_room_also_where_it_is_only_tried() {
        let mut snapshot = Snapshot::default();
        snapshot.set_pod(pod("one", &["v1"]));
        let mut own = Attached::default();
        own.bring(disk("new"));
        let csi_node = json!({"metadata": {"name": "n"}, "spec": {"drivers": [
            {"name": EBS, "allocatable": {"count": 1}},
        ]}});
        let attachment =
            json!({"spec": {"nodeName": "n", "source": {"persistentVolumeName": "v1"}}});
        let attachment = Arc::new(attachment);
        let known = Known {
            csi_nodes: &[Arc::new(csi_node)],
            attachments_of: &|_| vec![attachment.clone()],
            of_claim: &|it| Some(disk(&it.1)),
            of_volume: &|it| Some(disk(it)),
        };
        own.look(&known, &snapshot);
        assert_eq!(
            own.ask("n", snapshot.load("n")),
            Err(Refusal::TooManyVolumes)
        );
        snapshot.remove_pod("one");
        assert_eq!(own.ask("n", snapshot.load("n")), Ok(()));
        assert_eq!(own.ask("other", snapshot.load("other")), Ok(()));
    }

    #[test]
    fn what_volumes_are_to_their_drivers() {
        let volume = |spec: Value| disk_of(&json!({ "spec": spec }));
        let csi = |driver: &str| json!({"csi": {"driver": driver, "volumeHandle": "h"}});
        assert_eq!(volume(csi("d")), Some(("d".to_owned(), "h".to_owned())));
        assert_eq!(volume(csi(EBS)), Some(disk("h")));
        let legacy = json!({"awsElasticBlockStore": {"volumeID": "aws://z/h"}});
        assert_eq!(volume(legacy), Some(disk("h")));
        assert_eq!(volume(json!({"hostPath": {"path": "/"}})), None);
        let claim = json!({"metadata": {"namespace": "a", "name": "c"}});
        for provisioner in [EBS, LEGACY_EBS] {
            let class = json!({ "provisioner": provisioner });
            assert_eq!(disk_to_be(&claim, &class), disk("a/c"));
        }
    }
}
