//! A claim that begins with what another one has: its disk is made of a snapshot of the other's, which is there for that alone.
//!
//! The snapshot is found again by its tags, as the disk is. It goes once the disk is made, or the claim is not wanted any more: until then
//! the claim has the finalizer that says that something is being made for it.

use std::sync::Arc;

use serde_json::Value;
use wharf_kube_client::Object as _;
use wharf_kube_model::persistent::{capacity, ebs_disk, mode, requested};
use wharf_wire::Fault;

use crate::controller::Controller;

/// Why a claim begins with what no claim here begins with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadSource {
    #[error("{member} of kind {kind} is not supported")]
    Kind { member: &'static str, kind: String },
    #[error("{0} of another namespace is not supported")]
    Namespace(&'static str),
}

/// Why there is no disk that the one of a claim could be a copy of, in the words of upstream's provisioner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoSource {
    #[error(transparent)]
    Bad(#[from] BadSource),
    #[error(
        "error getting PVC {name} (namespace \"{namespace}\") from api server: persistentvolumeclaims \"{name}\" not found"
    )]
    NotFound { namespace: String, name: String },
    #[error("the PVC DataSource {0} is currently being deleted")]
    Deleting(String),
    #[error("the PVC DataSource {0} is not bound or invalid")]
    NotBound(String),
    #[error("the PVC DataSource {0} is no EBS volume")]
    NoDisk(String),
    #[error(
        "error, new PVC request must be greater than or equal in size to the specified PVC data source, requested {wanted} but source is {has}"
    )]
    Larger { wanted: i64, has: i64 },
    #[error("the volumeMode of the PVC DataSource {0} is another one")]
    Mode(String),
    #[error("volume {disk} was not made for PersistentVolume \"{volume}\" and is not copied")]
    NotMadeFor { disk: String, volume: String },
}

/// The claim that another one is to be a copy of, by its name in the same namespace; `None` where it begins empty. Pure.
///
/// # Errors
/// It is to be made of something else.
pub fn source_of(claim: &Value) -> Result<Option<&str>, BadSource> {
    let mut source = None;
    for member in ["dataSource", "dataSourceRef"] {
        let Some(of) = claim["spec"].get(member).filter(|it| !it.is_null()) else {
            continue;
        };
        let kind = of.text("/kind");
        if kind != "PersistentVolumeClaim" || !of.text("/apiGroup").is_empty() {
            return Err(BadSource::Kind {
                member,
                kind: kind.to_owned(),
            });
        }
        let namespace = of.text("/namespace");
        if !namespace.is_empty() && namespace != claim.namespace() {
            return Err(BadSource::Namespace(member));
        }
        source = Some(of.text("/name"));
    }
    Ok(source)
}

/// The disk of the claim that another is to be a copy of. Pure.
///
/// # Errors
/// It cannot be copied, or not now.
pub fn disk_of(claim: &Value, source: &Value, volume: Option<&Value>) -> Result<String, NoSource> {
    let name = || source.name().to_owned();
    if source.is_deleting() {
        return Err(NoSource::Deleting(name()));
    }
    let bound = volume.filter(|it| {
        source.text("/status/phase") == "Bound" && it.text("/spec/claimRef/uid") == source.uid()
    });
    let Some(volume) = bound else {
        return Err(NoSource::NotBound(name()));
    };
    let Some(disk) = ebs_disk(volume) else {
        return Err(NoSource::NoDisk(name()));
    };
    let (wanted, has) = (requested(claim), capacity(volume));
    if wanted < has {
        return Err(NoSource::Larger { wanted, has });
    }
    match mode(&claim["spec"]) == mode(&volume["spec"]) {
        true => Ok(disk.id),
        false => Err(NoSource::Mode(name())),
    }
}

impl Controller {
    /// The disk that the one of a claim is to be a copy of.
    ///
    /// # Errors
    /// There is none that could be copied; EC2's.
    pub async fn source(&self, claim: &Value) -> Result<Option<String>, Fault> {
        let refused = |why: NoSource| Fault::sender("InvalidSource", 400, why.to_string());
        let Some((disk, volume)) = self.named_source(claim).map_err(refused)? else {
            return Ok(None);
        };
        // Who may make a PersistentVolume may name any disk of the account in it: a copy would show what is on it.
        let seen = self.disks.see(&disk).await?;
        match seen.is_some_and(|it| it.made_for.as_deref() == Some(volume.name())) {
            true => Ok(Some(disk)),
            false => Err(refused(NoSource::NotMadeFor {
                disk,
                volume: volume.name().to_owned(),
            })),
        }
    }

    /// As the objects say it, with the PersistentVolume that does.
    fn named_source(&self, claim: &Value) -> Result<Option<(String, Arc<Value>)>, NoSource> {
        let Some(name) = source_of(claim)? else {
            return Ok(None);
        };
        let namespace = claim.namespace();
        let source = self.claimed.claims.get(namespace, name);
        let source = source.ok_or_else(|| NoSource::NotFound {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
        })?;
        let volume = self
            .claimed
            .volumes
            .get("", source.text("/spec/volumeName"));
        let disk = disk_of(claim, &source, volume.as_deref())?;
        Ok(volume.map(|it| (disk, it)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_copied_is_a_claim_of_the_same_namespace() {
        let of = |spec: Value| {
            let claim = json!({"metadata": {"namespace": "a", "name": "c"}, "spec": spec});
            let found = source_of(&claim).map(|it| it.map(str::to_owned));
            found.map_err(|error| error.to_string())
        };
        let it = json!({"kind": "PersistentVolumeClaim", "name": "s"});
        assert_eq!(of(json!({})), Ok(None));
        assert_eq!(of(json!({"dataSource": null})), Ok(None));
        assert_eq!(
            of(json!({"dataSource": it, "dataSourceRef": it})),
            Ok(Some("s".to_owned()))
        );
        for (spec, text) in [
            (
                json!({"dataSource": {"apiGroup": "snapshot.storage.k8s.io", "kind": "VolumeSnapshot", "name": "s"}}),
                "dataSource of kind VolumeSnapshot is not supported",
            ),
            (
                json!({"dataSourceRef": {"kind": "PersistentVolumeClaim", "name": "s", "namespace": "b"}}),
                "dataSourceRef of another namespace is not supported",
            ),
        ] {
            assert_eq!(of(spec), Err(text.to_owned()));
        }
    }

    #[test]
    fn a_copy_is_as_large_and_of_the_same_kind() {
        let claim = |size: &str| json!({"spec": {"resources": {"requests": {"storage": size}}}});
        let source = json!({"metadata": {"name": "s", "uid": "u"}, "status": {"phase": "Bound"}});
        let volume = json!({"spec": {"claimRef": {"uid": "u"}, "capacity": {"storage": "2Gi"},
            "csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}}});
        let of = |claim: &Value, source: &Value, volume: &Value| {
            let disk = disk_of(claim, source, Some(volume));
            disk.map_err(|error| error.to_string())
        };
        assert_eq!(of(&claim("2Gi"), &source, &volume).as_deref(), Ok("vol-1"));
        let small = of(&claim("1Gi"), &source, &volume).unwrap_err();
        assert!(
            small.contains("must be greater than or equal in size"),
            "{small}"
        );
        let mut block = claim("2Gi");
        block["spec"]["volumeMode"] = "Block".into();
        let other = of(&block, &source, &volume).unwrap_err();
        assert!(other.contains("volumeMode"), "{other}");
        let mut free = source.clone();
        free["status"]["phase"] = "Pending".into();
        assert!(
            of(&claim("2Gi"), &free, &volume)
                .unwrap_err()
                .contains("not bound")
        );
        let mut going = source.clone();
        going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
        assert!(
            of(&claim("2Gi"), &going, &volume)
                .unwrap_err()
                .contains("being deleted")
        );
        let elsewhere = json!({"spec": {"claimRef": {"uid": "u"}, "hostPath": {}}});
        assert!(
            of(&claim("2Gi"), &source, &elsewhere)
                .unwrap_err()
                .contains("no EBS volume")
        );
    }
}
