//! Which persistent volume a claim gets, and what one of EBS is: what binding, scheduling and nodes agree on. Pure.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    node_selector::NodeSelector,
    quantity::Quantity,
    selector::Labels,
    view::{at, items, member, text, text_at, texts},
};

/// The driver of EBS volumes, as classes and volumes name it.
pub const EBS: &str = "ebs.csi.aws.com";
/// Its name from before there were drivers, which the class `gp2` has.
pub const LEGACY_EBS: &str = "kubernetes.io/aws-ebs";
/// Of classes whose volumes people make.
pub const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";
/// The zone of a node, as the driver has it.
pub const EBS_ZONE: &str = "topology.ebs.csi.aws.com/zone";
/// The machine that a node is on, and, at a volume, the one that it was last attached on, where its bytes lie: on another it
/// has to wait for them.
pub const HOST: &str = "node.wharf/host";
/// Chosen by the scheduler for a claim that waits for its first pod.
pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";

/// The class of a claim or a volume; the annotation is how it was said once.
pub fn class_of(object: &Value) -> &str {
    let annotations = at(object, &["metadata", "annotations"]);
    let annotation =
        annotations.map_or("", |it| text(it, "volume.beta.kubernetes.io/storage-class"));
    match annotation {
        "" => at(object, &["spec"]).map_or("", |it| text(it, "storageClassName")),
        named => named,
    }
}

/// The name of the claim that is made for a pod's volume alone, if it is one that has that.
pub fn own_claim(pod: &Value, volume: &Value) -> Option<String> {
    let name = text_at(pod, &["metadata", "name"]);
    let is_own = volume.get("ephemeral").is_some_and(Value::is_object);
    is_own.then(|| name_of_own(name, text(volume, "name")))
}

/// The name of the claim that is made for a volume of a pod alone, by the names of both.
pub fn name_of_own(pod: &str, volume: &str) -> String {
    format!("{pod}-{volume}")
}

/// The claims that a pod names, or has made for it.
pub fn claims_of(pod: &Value) -> impl Iterator<Item = Cow<'_, str>> {
    let volumes = items(&pod["spec"], "volumes").iter();
    let names = volumes.map(|it| match own_claim(pod, it) {
        Some(own) => Cow::from(own),
        None => text_at(it, &["persistentVolumeClaim", "claimName"]).into(),
    });
    names.filter(|it| !it.is_empty())
}

/// Whether a volume is meant for the claim, by its name and, where it is known, its uid.
pub fn is_for(volume: &Value, claim: &Value) -> bool {
    let Some(to) = at(volume, &["spec", "claimRef"]).filter(|it| it.is_object()) else {
        return false;
    };
    let metadata = &claim["metadata"];
    let uid = text(to, "uid");
    text(to, "name") == text(metadata, "name")
        && text(to, "namespace") == text(metadata, "namespace")
        && (uid.is_empty() || uid == text(metadata, "uid"))
}

/// Where pods must be that use the volume; `None` where they may be anywhere.
pub fn reachable_from(volume: &Value) -> Option<NodeSelector> {
    let required = at(volume, &["spec", "nodeAffinity", "required"])?;
    required.is_object().then(|| NodeSelector::read(required))
}

/// A node, by its name and labels.
pub type NodeRef<'a> = (&'a str, &'a Map<String, Value>);

/// What keeps a volume from a claim that names it, in upstream's words.
pub fn mismatch(claim: &Value, volume: &Value) -> Option<&'static str> {
    let (wants, has) = (&claim["spec"], &volume["spec"]);
    if requested(claim) > capacity(volume) {
        Some("requested PV is too small")
    } else if class_of(claim) != class_of(volume) {
        Some("storageClassName does not match")
    } else if mode(wants) != mode(has) {
        Some("incompatible volumeMode")
    } else if !has_modes(wants, has) {
        Some("incompatible accessMode")
    } else {
        None
    }
}

/// The smallest volume that fits a claim; one that is meant for it comes first. `node`: where it must be reachable from.
pub fn best<'a, T: AsRef<Value>>(
    claim: &Value,
    volumes: &'a [T],
    node: Option<NodeRef<'_>>,
) -> Option<&'a T> {
    let fits = |it: &&T| {
        let volume = it.as_ref();
        let here = node.is_none_or(|(name, labels)| {
            reachable_from(volume).is_none_or(|it| it.matches(name, labels))
        });
        let sized = requested(claim) <= capacity(volume);
        sized && here && mode(&claim["spec"]) == mode(&volume["spec"])
    };
    if let Some(meant) = volumes
        .iter()
        .filter(|it| is_for(it.as_ref(), claim))
        .find(fits)
    {
        return Some(meant);
    }
    let selector = member(&claim["spec"], "selector");
    let selector = selector.map(|it| Labels::of_selector(Some(it)).unwrap_or(Labels::nothing()));
    let is_free = |it: &&T| {
        let volume = it.as_ref();
        at(volume, &["spec", "claimRef"]).is_none_or(Value::is_null)
            && at(volume, &["metadata", "deletionTimestamp"]).is_none_or(Value::is_null)
            && volume["status"]["phase"] == "Available"
            && class_of(volume) == class_of(claim)
            && has_modes(&claim["spec"], &volume["spec"])
            && selector.as_ref().is_none_or(|it| it.matches_object(volume))
    };
    let free = volumes.iter().filter(is_free).filter(fits);
    free.min_by(|a, b| {
        let key = |it: &T| {
            let volume = it.as_ref();
            let name = text(&volume["metadata"], "name").to_owned();
            (capacity(volume), name)
        };
        key(a).cmp(&key(b))
    })
}

/// Whether the class has volumes made near a node with these labels.
pub fn makes_for(class: &Value, labels: &Map<String, Value>) -> bool {
    if text(class, "provisioner") == NO_PROVISIONER {
        return false;
    }
    let allowed = class["allowedTopologies"].as_array();
    let Some(terms) = allowed.filter(|it| !it.is_empty()) else {
        return true;
    };
    terms.iter().any(|term| {
        let mut wanted = term["matchLabelExpressions"]
            .as_array()
            .into_iter()
            .flatten();
        wanted.all(|it| {
            let value = labels.get(text(it, "key")).and_then(Value::as_str);
            value.is_some_and(|value| texts(it, "values").any(|it| it == value))
        })
    })
}

/// What a claim asks for, in bytes.
pub fn requested(claim: &Value) -> i64 {
    bytes(at(claim, &["spec", "resources", "requests", "storage"]))
}

/// What a volume has, in bytes.
pub fn capacity(volume: &Value) -> i64 {
    bytes(at(volume, &["spec", "capacity", "storage"]))
}

pub(crate) fn bytes(amount: Option<&Value>) -> i64 {
    amount
        .and_then(|it| Quantity::of(it).ok())
        .map_or(0, Quantity::units)
}

/// Whether there is a file system on it, or it is a device.
pub fn mode(spec: &Value) -> &str {
    match text(spec, "volumeMode") {
        "" => "Filesystem",
        mode => mode,
    }
}

fn has_modes(wants: &Value, has: &Value) -> bool {
    texts(wants, "accessModes").all(|mode| texts(has, "accessModes").any(|it| it == mode))
}

/// An EBS volume behind a PersistentVolume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EbsDisk {
    /// `vol-…`
    pub id: String,
    /// `ext4` where nothing is said.
    pub filesystem: String,
    pub read_only: bool,
    /// It is a block device for its pods: there is no file system that anybody else knows of.
    pub is_block: bool,
}

/// The EBS volume of a PersistentVolume; `None` if it is of another kind.
pub fn ebs_disk(volume: &Value) -> Option<EbsDisk> {
    let spec = &volume["spec"];
    let (source, id) = match (member(spec, "csi"), member(spec, "awsElasticBlockStore")) {
        (Some(csi), _) if text(csi, "driver") == EBS => (csi, text(csi, "volumeHandle")),
        // Also as a URL: `aws://us-east-1a/vol-…`.
        (_, Some(legacy)) => {
            let named = text(legacy, "volumeID");
            (legacy, named.rsplit('/').next().unwrap_or_default())
        }
        _ => return None,
    };
    Some(EbsDisk {
        id: id.to_owned(),
        filesystem: match text(source, "fsType") {
            "" => "ext4".to_owned(),
            named => named.to_owned(),
        },
        read_only: source["readOnly"] == true,
        is_block: mode(spec) == "Block",
    })
}

/// What the name of a VolumeAttachment is a digest of.
pub fn attachment_key(id: &str, node: &str) -> String {
    format!("{id}{EBS}{node}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn volume(name: &str, size: &str, rest: &Value) -> Value {
        let volume = json!({"metadata": {"name": name}, "status": {"phase": "Available"},
            "spec": {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"]}});
        crate::patch::merge(&volume, rest).unwrap()
    }

    fn chosen(claim: &Value, volumes: &[Value], node: Option<&Value>) -> String {
        let volumes: Vec<_> = volumes.iter().cloned().map(std::sync::Arc::new).collect();
        let node = node.map(|it| ("n", it.as_object().unwrap()));
        let best = best(claim, &volumes, node);
        best.map_or_else(String::new, |it| text(&it["metadata"], "name").to_owned())
    }

    #[test]
    fn the_smallest_that_fits() {
        let claim = |rest: Value| {
            let claim = json!({"metadata": {"name": "c", "namespace": "a", "uid": "u"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}});
            crate::patch::merge(&claim, &rest).unwrap()
        };
        let none = json!({});
        let at_zone = json!({"spec": {"nodeAffinity": {"required": {"nodeSelectorTerms": [
            {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}]}}}});
        let all = [
            volume("small", "1Gi", &none),
            volume("big", "9Gi", &none),
            volume(
                "fits",
                "2Gi",
                &json!({"metadata": {"labels": {"tier": "fast"}}}),
            ),
            volume(
                "classed",
                "3Gi",
                &json!({"spec": {"storageClassName": "x"}}),
            ),
            volume(
                "taken",
                "2Gi",
                &json!({"spec": {"claimRef": {"name": "d", "namespace": "a"}}}),
            ),
            volume("block", "2Gi", &json!({"spec": {"volumeMode": "Block"}})),
            volume("released", "2Gi", &json!({"status": {"phase": "Released"}})),
            volume(
                "shared",
                "4Gi",
                &json!({"spec": {"accessModes": ["ReadWriteMany"]}}),
            ),
            volume(
                "placed",
                "5Gi",
                &json!({"spec": {"storageClassName": "y", "nodeAffinity": at_zone["spec"]["nodeAffinity"]}}),
            ),
        ];
        for (rest, node, expected) in [
            (json!({}), None, "fits"),
            (json!({"spec": {"storageClassName": "x"}}), None, "classed"),
            (
                json!({"spec": {"resources": {"requests": {"storage": "3Gi"}}}}),
                None,
                "big",
            ),
            (
                json!({"spec": {"resources": {"requests": {"storage": "10Gi"}}}}),
                None,
                "",
            ),
            (
                json!({"spec": {"accessModes": ["ReadWriteMany"]}}),
                None,
                "shared",
            ),
            (
                json!({"spec": {"selector": {"matchLabels": {"tier": "slow"}}}}),
                None,
                "",
            ),
            (
                json!({"spec": {"selector": {"matchLabels": {"tier": "fast"}}}}),
                None,
                "fits",
            ),
            (json!({"spec": {"volumeMode": "Block"}}), None, "block"),
            (json!({"metadata": {"name": "d"}}), None, "taken"),
            (
                json!({"spec": {"storageClassName": "y"}}),
                Some(json!({"zone": "a"})),
                "placed",
            ),
            (
                json!({"spec": {"storageClassName": "y"}}),
                Some(json!({"zone": "b"})),
                "",
            ),
        ] {
            assert_eq!(
                chosen(&claim(rest.clone()), &all, node.as_ref()),
                expected,
                "{rest}"
            );
        }
    }

    #[test]
    fn disks_of_ebs() {
        let disk =
            |spec: Value| ebs_disk(&json!({ "spec": spec })).map(|it| (it.id, it.filesystem));
        let found = |id: &str, filesystem: &str| Some((id.to_owned(), filesystem.to_owned()));
        assert_eq!(
            disk(json!({"csi": {"driver": EBS, "volumeHandle": "vol-1"}})),
            found("vol-1", "ext4")
        );
        assert_eq!(
            disk(
                json!({"awsElasticBlockStore": {"volumeID": "aws://us-east-1a/vol-2", "fsType": "ext3"}})
            ),
            found("vol-2", "ext3")
        );
        assert_eq!(
            disk(json!({"csi": {"driver": "efs.csi.aws.com", "volumeHandle": "fs-1"}})),
            None
        );
        assert_eq!(disk(json!({"hostPath": {"path": "/x"}})), None);
    }

    #[test]
    fn topologies() {
        let class = json!({"provisioner": EBS, "allowedTopologies": [
            {"matchLabelExpressions": [{"key": EBS_ZONE, "values": ["us-east-1a"]}]}]});
        let labels = |zone: &str| json!({ EBS_ZONE: zone });
        let makes = |class: &Value, labels: &Value| makes_for(class, labels.as_object().unwrap());
        assert!(makes(&class, &labels("us-east-1a")));
        assert!(!makes(&class, &labels("us-east-1b")));
        assert!(makes(&json!({"provisioner": EBS}), &labels("x")));
        assert!(!makes(
            &json!({"provisioner": NO_PROVISIONER}),
            &labels("x")
        ));
    }
}
