//! What a claim asks of EBS, by its class, and the PersistentVolume that it gets. Pure.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_kube_client::Object;
use wharf_kube_model::persistent::{EBS, EBS_ZONE, LEGACY_EBS, requested};
use wharf_service::tags;

use crate::{
    clone::{BadSource, source_of},
    cloud::{CLUSTER_ID_TAG, Disk, VOLUME_TAG},
};

/// Who made a PersistentVolume.
pub const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
/// Keeps a PersistentVolume until its disk is deleted.
pub const DELETER: &str = "external-provisioner.volume.kubernetes.io/finalizer";
const GIB: i64 = 1 << 30;
/// No type of volume is larger.
const MOST_GIB: i64 = 64 << 10;

/// Why no volume is made for a claim.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotMade {
    #[error(
        "Volume capability {0} not supported. Only AccessModes[ReadWriteOnce, ReadWriteOncePod] supported."
    )]
    AccessMode(String),
    #[error("claim Selector is not supported")]
    Selector,
    #[error(transparent)]
    Source(#[from] BadSource),
    #[error("{0} is not supported")]
    Member(&'static str),
    #[error("fsType {0} is not supported")]
    Filesystem(String),
    #[error("Invalid parameter key {0} for CreateVolume")]
    Parameter(String),
    #[error("Could not parse invalid {name}: {value:?}")]
    Number { name: String, value: String },
    #[error("{name}: {value:?} is not of the form key=value")]
    Tag { name: String, value: String },
    #[error("Tag key '{0}' is reserved")]
    ReservedTag(String),
    #[error("error generating accessibility requirements: node {0:?} has no zone")]
    NoZoneOfNode(String),
    #[error("error generating accessibility requirements: no available topology found")]
    NoZone,
}

/// A volume to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Namespace and name.
    pub claim: (String, String),
    pub kind: String,
    pub gib: i32,
    pub iops: Option<i32>,
    pub throughput: Option<i32>,
    pub filesystem: String,
    /// Pods have it as a device.
    pub is_block: bool,
    pub encrypted: bool,
    pub key: Option<String>,
    pub tags: BTreeMap<String, String>,
}

/// Whether classes of this provisioner have their volumes made here.
pub fn is_ours(provisioner: &str) -> bool {
    matches!(provisioner, EBS | LEGACY_EBS)
}

/// The name of the volume of a claim.
pub fn volume_name(claim: &Value) -> String {
    format!("pvc-{}", claim.uid())
}

/// # Errors
/// It asks for what cannot be had, which is named.
pub fn asked(claim: &Value, class: &Value) -> Result<Asked, NotMade> {
    let spec = claim.at("/spec");
    for mode in spec.list("/accessModes") {
        let mode = mode.as_str().unwrap_or_default();
        if !matches!(mode, "ReadWriteOnce" | "ReadWriteOncePod") {
            return Err(NotMade::AccessMode(mode.to_owned()));
        }
    }
    if !spec.at("/selector").is_null() {
        return Err(NotMade::Selector);
    }
    source_of(claim)?;
    let attributes = spec.get("volumeAttributesClassName");
    if attributes.is_some_and(|it| !it.is_null()) {
        return Err(NotMade::Member("volumeAttributesClassName"));
    }
    if !class.list("/mountOptions").is_empty() {
        return Err(NotMade::Member("mountOptions of a class"));
    }
    let bytes = requested(claim);
    let gib = (bytes / GIB + i64::from(bytes % GIB > 0)).max(1);
    let gib = gib.min(MOST_GIB + 1);
    let mut asked = Asked {
        claim: (claim.namespace().to_owned(), claim.name().to_owned()),
        kind: "gp3".to_owned(),
        gib: i32::try_from(gib).unwrap_or(i32::MAX),
        iops: None,
        throughput: None,
        filesystem: "ext4".to_owned(),
        is_block: spec.text("/volumeMode") == "Block",
        encrypted: false,
        key: None,
        tags: BTreeMap::new(),
    };
    for (name, value) in class.map("/parameters").into_iter().flatten() {
        parameter(&mut asked, name, value.as_str().unwrap_or_default())?;
    }
    match asked.filesystem.as_str() {
        _ if asked.is_block => Ok(asked),
        "ext3" | "ext4" => Ok(asked),
        other => Err(NotMade::Filesystem(other.to_owned())),
    }
}

/// By these a volume is found again, and known as one of its cluster.
fn is_reserved(key: &str) -> bool {
    const PREFIXES: [&str; 2] = ["kubernetes.io/", "ebs.csi.aws.com/"];
    tags::is_reserved(key)
        || [VOLUME_TAG, CLUSTER_ID_TAG, "KubernetesCluster", "Name"].contains(&key)
        || PREFIXES.iter().any(|it| key.starts_with(it))
}

fn parameter(asked: &mut Asked, name: &str, value: &str) -> Result<(), NotMade> {
    let number = || {
        let parsed = value.parse::<i32>().ok().filter(|it| *it > 0);
        parsed.map(Some).ok_or_else(|| NotMade::Number {
            name: name.to_owned(),
            value: value.to_owned(),
        })
    };
    let lower = name.to_ascii_lowercase();
    match lower.as_str() {
        "type" => value.clone_into(&mut asked.kind),
        "iops" => asked.iops = number()?,
        "iopspergb" => {
            let all = number()?.map(|it| it.saturating_mul(asked.gib));
            asked.iops = asked.iops.or(all);
        }
        "throughput" => asked.throughput = number()?,
        "encrypted" => asked.encrypted = value.eq_ignore_ascii_case("true"),
        "kmskeyid" => asked.key = Some(value.to_owned()).filter(|it| !it.is_empty()),
        "fstype" | "csi.storage.k8s.io/fstype" => {
            let named = if value.is_empty() { "ext4" } else { value };
            named.clone_into(&mut asked.filesystem);
        }
        tag if tag.starts_with("tagspecification_") => {
            let (key, value) = value.split_once('=').ok_or_else(|| NotMade::Tag {
                name: name.to_owned(),
                value: value.to_owned(),
            })?;
            if is_reserved(key) {
                return Err(NotMade::ReservedTag(key.to_owned()));
            }
            asked.tags.insert(key.to_owned(), value.to_owned());
        }
        _ => return Err(NotMade::Parameter(name.to_owned())),
    }
    Ok(())
}

/// The zone that a volume for a claim is to be in: that of the chosen node, or, where none is waited for, one that has nodes.
///
/// # Errors
/// There is none.
pub fn zone(
    class: &Value,
    chosen: Option<&Value>,
    nodes: &[impl AsRef<Value>],
) -> Result<String, NotMade> {
    let of = |node: &Value| {
        let labels = [EBS_ZONE, "topology.kubernetes.io/zone"];
        let mut zones = labels.iter().filter_map(|it| node.label(it));
        zones.next().map(str::to_owned)
    };
    if let Some(node) = chosen {
        return of(node).ok_or_else(|| NotMade::NoZoneOfNode(node.name().to_owned()));
    }
    let allowed = |node: &Value| {
        let labels = node.map("/metadata/labels");
        labels.is_some_and(|it| wharf_kube_model::persistent::makes_for(class, it))
    };
    let nodes = nodes
        .iter()
        .map(AsRef::as_ref)
        .filter(|it| it.label(EBS_ZONE).is_some());
    let mut zones: Vec<String> = nodes.filter(|it| allowed(it)).filter_map(of).collect();
    zones.sort_unstable();
    zones.into_iter().next().ok_or(NotMade::NoZone)
}

/// The PersistentVolume of a disk that was made for a claim.
pub fn volume(claim: &Value, class: &Value, asked: &Asked, disk: &Disk) -> Value {
    let name = volume_name(claim);
    let mut source = json!({"driver": EBS, "volumeHandle": disk.id});
    if !asked.is_block {
        source["fsType"] = asked.filesystem.as_str().into();
    }
    let here = json!({"nodeSelectorTerms": [{"matchExpressions": [
        {"key": EBS_ZONE, "operator": "In", "values": [disk.zone]},
    ]}]});
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {
            "name": name,
            "annotations": {
                PROVISIONED_BY: EBS,
                "volume.kubernetes.io/provisioner-deletion-secret-name": "",
                "volume.kubernetes.io/provisioner-deletion-secret-namespace": "",
            },
            "finalizers": [DELETER],
        },
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": {"storage": format!("{}Gi", disk.gib)},
            "claimRef": {
                "kind": "PersistentVolumeClaim", "apiVersion": "v1",
                "namespace": claim.namespace(), "name": claim.name(), "uid": claim.uid(),
                "resourceVersion": claim.resource_version(),
            },
            "csi": source,
            "nodeAffinity": {"required": here},
            "persistentVolumeReclaimPolicy": class["reclaimPolicy"],
            "storageClassName": class.name(),
            "volumeMode": if asked.is_block { "Block" } else { "Filesystem" },
        },
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn claim(rest: &Value) -> Value {
        let claim = json!({"metadata": {"name": "c", "namespace": "a", "uid": "u"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1500Mi"}}}});
        wharf_kube_model::patch::merge(&claim, rest).unwrap()
    }

    #[test]
    fn parameters() {
        let class =
            |parameters: Value| json!({"metadata": {"name": "k"}, "parameters": parameters});
        let of = |parameters: Value| asked(&claim(&json!({})), &class(parameters));
        let plain = of(json!({})).unwrap();
        assert_eq!(
            (plain.kind.as_str(), plain.gib, plain.filesystem.as_str()),
            ("gp3", 2, "ext4")
        );
        let full = of(
            json!({"type": "io2", "iops": "500", "throughput": "200", "encrypted": "false",
            "csi.storage.k8s.io/fstype": "ext3", "tagSpecification_1": "team=web"}),
        )
        .unwrap();
        assert_eq!((full.iops, full.throughput), (Some(500), Some(200)));
        assert_eq!(full.tags["team"], "web");
        assert!(!full.encrypted && full.key.is_none());
        let sealed = of(json!({"encrypted": "TRUE", "kmsKeyId": "alias/team"})).unwrap();
        assert!(sealed.encrypted);
        assert_eq!(sealed.key.as_deref(), Some("alias/team"));
        assert_eq!(
            of(json!({"type": "io1", "iopsPerGB": "50"})).unwrap().iops,
            Some(100)
        );
        let block = claim(&json!({"spec": {"volumeMode": "Block"}}));
        let xfs = class(json!({"fsType": "xfs"}));
        let block_asked = asked(&block, &xfs).unwrap();
        assert!(block_asked.is_block && !plain.is_block);
        let made = volume(&block, &xfs, &block_asked, &Disk::default());
        assert_eq!(made["spec"]["volumeMode"], "Block");
        assert!(made["spec"]["csi"].get("fsType").is_none());
        for (parameters, why) in [
            (json!({"zone": "a"}), "Invalid parameter key zone"),
            (json!({"iops": "many"}), "Could not parse invalid iops"),
            (json!({"fsType": "xfs"}), "fsType xfs is not supported"),
            (json!({"tagSpecification_1": "team"}), "key=value"),
            (
                json!({"tagSpecification_1": "CSIVolumeName=pvc-of-another"}),
                "Tag key 'CSIVolumeName' is reserved",
            ),
            (
                json!({"tagSpecification_1": "ebs.csi.aws.com/cluster-id=another"}),
                "Tag key 'ebs.csi.aws.com/cluster-id' is reserved",
            ),
            (
                json!({"tagSpecification_1": "AWS:autoscaling:groupName=another"}),
                "Tag key 'AWS:autoscaling:groupName' is reserved",
            ),
        ] {
            let refused = of(parameters).unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
        for (rest, why) in [
            (
                json!({"spec": {"accessModes": ["ReadWriteMany"]}}),
                "ReadWriteMany not supported",
            ),
            (
                json!({"spec": {"selector": {"matchLabels": {"a": "b"}}}}),
                "Selector",
            ),
            (
                json!({"spec": {"dataSource": {"kind": "VolumeSnapshot", "name": "x"}}}),
                "dataSource of kind VolumeSnapshot is not",
            ),
        ] {
            let refused = asked(&claim(&rest), &class(json!({})));
            let refused = refused.unwrap_err().to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }

    #[test]
    fn zones() {
        let node = |name: &str, zone: &str| {
            Arc::new(json!({"metadata": {"name": name, "labels": {EBS_ZONE: zone}}}))
        };
        let nodes = [node("n2", "us-east-1b"), node("n1", "us-east-1a")];
        let any = json!({});
        assert_eq!(zone(&any, Some(&nodes[0]), &nodes).unwrap(), "us-east-1b");
        assert_eq!(zone(&any, None, &nodes).unwrap(), "us-east-1a");
        let only = json!({"allowedTopologies": [{"matchLabelExpressions": [{"key": EBS_ZONE, "values": ["us-east-1b"]}]}]});
        assert_eq!(zone(&only, None, &nodes).unwrap(), "us-east-1b");
        assert!(zone(&only, None, &nodes[1..]).is_err());
    }
}
