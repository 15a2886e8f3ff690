//! Which volume is behind a claim, whether this node can mount it, and when it is attached.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::Value;
use tokio::time::{Instant, sleep};
use wharf_kube_client::{Kind, Object as _, kind};
use wharf_kube_model::{
    file_volume,
    persistent::{EbsDisk, attachment_key, ebs_disk},
};

use super::{Behind, Claim};
use crate::{not_mounted::Why, pod::Pod, worker::Context};

/// How long a volume is waited for in one go; the pod's back-off is between two.
const PATIENCE: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_millis(250);

pub(super) async fn behind(context: &Context, pod: &Pod, of: &Claim) -> Result<Behind, Why> {
    let get = |kind: Kind, namespace: String, name: String| {
        let client = &context.node.client;
        async move { client.get(&kind, &namespace, &name).await }
    };
    let claim = get(
        kind::PERSISTENT_VOLUME_CLAIM,
        pod.metadata.namespace.clone(),
        of.name.clone(),
    );
    let claim = claim.await?;
    if of.is_own && !claim.is_controlled_by(&pod.metadata.uid) {
        return Err(Why::NotOwner {
            claim: of.name.clone(),
            pod: pod.metadata.name.clone(),
        });
    }
    let modes = claim.list("/spec/accessModes");
    if modes.iter().any(|it| it == "ReadWriteOncePod")
        && is_taken(&of.name, &pod.metadata.uid, &context.node.pods.read())
    {
        return Err(Why::InUse);
    }
    let named = claim.text("/spec/volumeName");
    if named.is_empty() || claim.text("/status/phase") != "Bound" {
        return Err(Why::NotBound);
    }
    let volume = get(kind::PERSISTENT_VOLUME, String::new(), named.to_owned());
    let volume = volume.await?;
    of_volume(&claim, &volume)
}

/// Whether a claim of one pod is another's here: of several pods that name their node themselves, the one that was made first has it. The
/// scheduler has others wait. Pure.
fn is_taken(claim: &str, own: &str, pods: &BTreeMap<String, Arc<Value>>) -> bool {
    let order = |it: &Value| {
        let made = it.text("/metadata/creationTimestamp").to_owned();
        (made, it.uid().to_owned())
    };
    let Some(own) = pods.values().find(|it| it.uid() == own) else {
        return false;
    };
    let names_it = |it: &Value| {
        let mut volumes = it.list("/spec/volumes").iter();
        volumes.any(|it| it.text("/persistentVolumeClaim/claimName") == claim)
    };
    let is_over = |it: &Value| matches!(it.text("/status/phase"), "Succeeded" | "Failed");
    pods.values().any(|it| {
        it.namespace() == own.namespace() && names_it(it) && !is_over(it) && order(it) < order(own)
    })
}

/// What this node can mount of a volume. Pure.
fn of_volume(claim: &Value, volume: &Value) -> Result<Behind, Why> {
    let name = volume.name();
    if volume.text("/spec/claimRef/uid") != claim.uid() {
        return Err(Why::OfAnother(name.to_owned()));
    }
    let unsupported = |what: String| {
        Err(Why::Unsupported {
            volume: name.to_owned(),
            what,
        })
    };
    if let Some(disk) = ebs_disk(volume) {
        if let Some(what) = unheeded(volume) {
            return unsupported(what.to_owned());
        }
        return match disk.filesystem.as_str() {
            _ if disk.is_block => Ok(Behind::Disk(disk)),
            "ext3" | "ext4" => Ok(Behind::Disk(disk)),
            other => unsupported(format!("fsType {other}")),
        };
    }
    if file_volume::is_file_volume(volume) {
        return Ok(Behind::Files(file_volume::read(volume)?));
    }
    let kind = match volume.at("/spec/csi").is_null() {
        false => format!("driver {}", volume.text("/spec/csi/driver")),
        true => {
            let known = ["hostPath", "local", "nfs", "iscsi", "fc"];
            let kind = known.iter().find(|it| volume["spec"][**it].is_object());
            (*kind.unwrap_or(&"its kind of storage")).to_owned()
        }
    };
    unsupported(kind)
}

/// What a PersistentVolume asks for of its disk and nobody does: with it the disk would be mounted otherwise, or another part of it.
fn unheeded(volume: &Value) -> Option<&'static str> {
    let spec = &volume["spec"];
    let of_driver = &spec["csi"]["volumeAttributes"]["partition"];
    let of_legacy = spec.integer("/awsElasticBlockStore/partition");
    if !spec.list("/mountOptions").is_empty() {
        Some("mountOptions")
    } else if of_driver.as_str().is_some_and(|it| !matches!(it, "" | "0"))
        || of_legacy.is_some_and(|it| it != 0)
    {
        Some("partition")
    } else {
        None
    }
}

pub(super) async fn attached(context: &Context, disk: &EbsDisk) -> Result<(), Why> {
    const ATTACHMENT: Kind = Kind::known(
        "storage.k8s.io",
        "v1",
        "VolumeAttachment",
        "volumeattachments",
        false,
    );
    let key = attachment_key(&disk.id, &context.node.name);
    let digest = wharf_wire::sigv4::sha256_hex(key.as_bytes());
    let attachment = format!("csi-{digest}");
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = context.node.client.get(&ATTACHMENT, "", &attachment).await;
        let why = match &seen {
            Ok(it) if it.is_true("/status/attached") && !it.is_deleting() => return Ok(()),
            Ok(it) => match it.text("/status/attachError/message") {
                "" => "it is not attached yet",
                why => why,
            },
            Err(error) if error.is_not_found() => "nobody attaches it yet",
            Err(error) => return Err(error.clone().into()),
        };
        if Instant::now() >= end {
            return Err(Why::NotAttached {
                disk: disk.id.clone(),
                seen: why.to_owned(),
            });
        }
        sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_mounted_is_named() {
        let claim = json!({"metadata": {"uid": "u"}});
        let volume = |mut spec: Value| {
            spec["claimRef"] = json!({"uid": "u"});
            json!({"metadata": {"name": "v"}, "spec": spec})
        };
        let of = |spec| of_volume(&claim, &volume(spec));
        let ebs = json!({"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}});
        let found = |spec| match of(spec).unwrap() {
            Behind::Disk(disk) => (disk.id, disk.is_block),
            Behind::Files(files) => (files.file_system, false),
        };
        assert_eq!(found(ebs.clone()), ("vol-1".to_owned(), false));
        let block = json!({"volumeMode": "Block", "csi": ebs["csi"]});
        assert_eq!(found(block), ("vol-1".to_owned(), true));
        let efs = json!({"csi": {"driver": "efs.csi.aws.com", "volumeHandle": "fs-1"}});
        assert_eq!(found(efs), ("fs-1".to_owned(), false));
        for (spec, text) in [
            (json!({"hostPath": {"path": "/x"}}), "hostPath is not"),
            (
                json!({"csi": {"driver": "efs.csi.aws.com"}}),
                "Expected a file system ID",
            ),
            (
                json!({"csi": {"driver": "s3.csi.aws.com"}}),
                "driver s3.csi.aws.com is not",
            ),
            (
                json!({"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1", "fsType": "xfs"}}),
                "fsType xfs is not",
            ),
            (
                json!({"csi": ebs["csi"], "mountOptions": ["ro"]}),
                "mountOptions is not",
            ),
            (
                json!({"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1", "volumeAttributes": {"partition": "1"}}}),
                "partition is not",
            ),
            (
                json!({"awsElasticBlockStore": {"volumeID": "vol-1", "partition": 1}}),
                "partition is not",
            ),
            (json!({"cinder": {}}), "its kind of storage is not"),
        ] {
            let why = of(spec).unwrap_err().to_string();
            assert!(why.contains(text), "{why}");
        }
        let other = json!({"metadata": {"uid": "x"}});
        let refused = of_volume(&other, &volume(ebs));
        assert!(matches!(refused, Err(Why::OfAnother(_))));
    }

    #[test]
    fn a_claim_of_one_pod_is_the_first_ones() {
        let pod = |uid: &str, namespace: &str, claim: &str, made: &str| {
            json!({
                "metadata": {"uid": uid, "namespace": namespace, "creationTimestamp": made},
                "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": claim}}]},
            })
        };
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
        let taken = |others: &[Value]| {
            let own = pod("b", "n", "c", late);
            let all = others.iter().cloned().chain([own]).map(Arc::new);
            let all = all.enumerate().map(|(at, it)| (at.to_string(), it));
            is_taken("c", "b", &all.collect())
        };
        assert!(!taken(&[]), "its own");
        assert!(taken(&[pod("z", "n", "c", early)]));
        // Of those of one second one is the first.
        assert!(taken(&[pod("a", "n", "c", late)]));
        assert!(!taken(&[pod("z", "n", "c", late)]));
        assert!(!taken(&[pod("a", "n", "other", early)]));
        assert!(!taken(&[pod("a", "m", "c", early)]));
        let mut over = pod("a", "n", "c", early);
        over["status"] = json!({"phase": "Succeeded"});
        assert!(!taken(&[over]));
    }
}
