//! A claim that asks for more than it has: its disk grows at once, its file system when it is mounted next.
//!
//! What is gone for is written into the claim's status before EC2 is asked, with how far it is, as upstream's resizer does it: so quotas
//! count it, whoever was killed meanwhile goes on with it, and a size that EC2 refuses can be given up for a smaller one.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::{Object as _, Patch, Ref, kind};
use wharf_kube_model::{
    growth::{
        FILE_SYSTEM_PENDING, IN_PROGRESS, INFEASIBLE, NODE_PENDING, REFUSED, RESIZING, allocated,
        next_size, status,
    },
    persistent::{capacity, ebs_disk, requested},
};
use wharf_reconcile::Next;
use wharf_wire::Fault;

use crate::{
    claims::AFTER_REFUSAL,
    cloud::Disk,
    controller::{Controller, Failure},
    provision::PROVISIONED_BY,
};

const GIB: i64 = 1 << 30;

impl Controller {
    pub async fn grow(&self, claim: &Value, volume: &Value) -> Result<Next, Failure> {
        let (Some(disk), true) = (
            ebs_disk(volume),
            volume.annotation(PROVISIONED_BY).is_some() && self.claimed.gives(),
        ) else {
            return Ok(Next::Settled);
        };
        if claim.is_deleting() || claim.text("/status/phase") != "Bound" {
            return Ok(Next::Settled);
        }
        let about = || Ref::of(&kind::PERSISTENT_VOLUME_CLAIM, claim);
        // A claim may get one at any time, whatever was refused when its volume was made.
        if !claim.text("/spec/volumeAttributesClassName").is_empty() {
            let text = format!(
                "failed to modify volume \"{}\": volumeAttributesClassName is not supported",
                volume.name()
            );
            self.standings
                .warn(&self.resizer, about(), "VolumeModifyFailed", &text);
        }
        let Some(bytes) = next_size(claim, volume) else {
            return Ok(Next::Settled);
        };
        let claim = self.begin(claim, volume, bytes).await?;
        let gib = bytes / GIB + i64::from(bytes % GIB > 0);
        let gib = match self.enlarge(&disk.id, volume, gib).await {
            Ok(Some(gib)) => gib,
            Ok(None) => return Ok(Next::After(Duration::from_secs(1))),
            Err(fault) if fault.sender => return self.refuse(&claim, volume, &fault).await,
            Err(fault) => return Err(fault.into()),
        };
        if capacity(volume) < gib.saturating_mul(GIB) {
            let patch = Patch::Merge(json!({
                "metadata": {"uid": volume.uid()},
                "spec": {"capacity": {"storage": format!("{gib}Gi")}},
            }));
            let kind = &kind::PERSISTENT_VOLUME;
            let patched = self.client.patch(kind, "", volume.name(), &patch).await?;
            self.claimed.volumes.observe(&patched);
        }
        self.standings.is_well(claim.uid());
        self.patch_status(&claim, awaits_mount(&claim, self.clock.now()))
            .await?;
        let text = "Require file system resize of volume on node";
        self.resizer
            .normal(about(), "FileSystemResizeRequired", text);
        Ok(Next::Settled)
    }

    /// Says what is gone for. Only of a claim that is as it was seen: it may be another size by now.
    async fn begin(&self, claim: &Value, volume: &Value, bytes: i64) -> Result<Value, Failure> {
        let is_begun = [IN_PROGRESS, INFEASIBLE].contains(&status(claim));
        if is_begun && allocated(claim) == Some(bytes) {
            return Ok(claim.clone());
        }
        let size = match requested(claim) == bytes {
            true => claim.at("/spec/resources/requests/storage"),
            false => claim.at("/status/allocatedResources/storage"),
        };
        let mut patch = begins(claim, size, self.clock.now());
        patch["metadata"]["resourceVersion"] = claim.resource_version().into();
        let begun = self.patch_status(claim, patch).await?;
        let about = Ref::of(&kind::PERSISTENT_VOLUME_CLAIM, claim);
        let text = format!("External resizer is resizing volume {}", volume.name());
        self.resizer.normal(about, "Resizing", &text);
        Ok(begun)
    }

    /// How many GiB the disk has by now; `None` while it becomes as large as it is to be.
    async fn enlarge(&self, id: &str, volume: &Value, gib: i64) -> Result<Option<i64>, Fault> {
        let seen = self.disks.see(id).await?;
        // Who may make a PersistentVolume may name any volume in it, and say that it was provisioned.
        let is_its = |it: &Disk| it.made_for.as_deref() == Some(volume.name());
        if seen.as_ref().is_some_and(|it| !is_its(it)) {
            let text = format!("volume {id} was not made for this PersistentVolume");
            return Err(Fault::sender("InvalidVolume.NotFound", 400, text));
        }
        // What was asked for before this process may be done by now.
        if seen.is_some_and(|it| it.gib < gib)
            && let Err(fault) = self.disks.grow(id, gib).await
        {
            let is_under_way = fault.sender && fault.code == "IncorrectModificationState";
            if !is_under_way {
                return Err(fault);
            }
        }
        // One that no host has anything of is as large as its record says at once.
        let seen = self.disks.see(id).await?;
        Ok(seen.map(|it| it.gib).filter(|has| *has >= gib))
    }

    /// What is refused is said, and asked for again later, unless less is asked for by then.
    async fn refuse(&self, claim: &Value, volume: &Value, fault: &Fault) -> Result<Next, Failure> {
        let about = Ref::of(&kind::PERSISTENT_VOLUME_CLAIM, claim);
        let text = format!(
            "resize volume \"{}\" by resizer \"ebs.csi.aws.com\" failed: {}",
            volume.name(),
            fault.message
        );
        self.standings
            .warn(&self.resizer, about, "VolumeResizeFailed", &text);
        let message = format!("failed to expand pvc with {}", fault.message);
        let is_infeasible = is_infeasible(fault);
        let is_said = claim
            .condition(REFUSED)
            .is_some_and(|it| it.text("/status") == "True" && it.text("/message") == message);
        if !is_said || is_infeasible && status(claim) != INFEASIBLE {
            let patch = refused(claim, &message, is_infeasible, self.clock.now());
            self.patch_status(claim, patch).await?;
        }
        Ok(self.standings.later(claim.uid(), AFTER_REFUSAL))
    }

    async fn patch_status(&self, claim: &Value, patch: Value) -> Result<Value, Failure> {
        let kind = &kind::PERSISTENT_VOLUME_CLAIM;
        let (namespace, name, patch) = (claim.namespace(), claim.name(), Patch::Strategic(patch));
        let patched = self
            .client
            .patch_at(kind, namespace, name, "status", &patch)
            .await?;
        self.claimed.claims.observe(&patched);
        Ok(patched)
    }
}

/// Whether asking again does not help: the size itself is at fault, or the volume is not there.
fn is_infeasible(fault: &Fault) -> bool {
    fault.code.starts_with("InvalidParameter") || fault.code == "InvalidVolume.NotFound"
}

/// What makes a claim say how large it is to become. Its other conditions are others', and those of an earlier growth that its node has
/// still to do.
fn begins(claim: &Value, size: &Value, now: Timestamp) -> Value {
    json!({"metadata": {"uid": claim.uid()}, "status": {
        "conditions": [
            {"type": RESIZING, "status": "True", "lastTransitionTime": now.iso8601_seconds()},
            {"type": REFUSED, "$patch": "delete"},
        ],
        "allocatedResources": {"storage": size},
        "allocatedResourceStatuses": {"storage": IN_PROGRESS},
    }})
}

/// What makes a claim say that it does not become as large as it asks.
fn refused(claim: &Value, message: &str, is_infeasible: bool, now: Timestamp) -> Value {
    let condition = json!({
        "type": REFUSED, "status": "True", "lastTransitionTime": now.iso8601_seconds(), "message": message,
    });
    let mut patch =
        json!({"metadata": {"uid": claim.uid()}, "status": {"conditions": [condition]}});
    if is_infeasible {
        patch["status"]["allocatedResourceStatuses"] = json!({"storage": INFEASIBLE});
    }
    patch
}

/// What makes a claim say that its file system grows when it is mounted next.
fn awaits_mount(claim: &Value, now: Timestamp) -> Value {
    let condition = json!({
        "type": FILE_SYSTEM_PENDING, "status": "True", "lastTransitionTime": now.iso8601_seconds(),
        "message": "Waiting for user to (re-)start a pod to finish file system resize of volume on node.",
    });
    json!({"metadata": {"uid": claim.uid()}, "status": {
        "conditions": [condition, {"type": REFUSED, "$patch": "delete"}],
        "allocatedResourceStatuses": {"storage": NODE_PENDING},
    }})
}

#[cfg(test)]
mod tests {
    use wharf_kube_client::fake::Fake;

    use super::*;

    #[tokio::test]
    async fn conditions_that_others_wrote_a_moment_ago_stay() {
        let client = Fake::new().client();
        let kind = &kind::PERSISTENT_VOLUME_CLAIM;
        let claim = json!({"metadata": {"name": "c"}});
        let heard = client.create(kind, "a", &claim).await.unwrap();
        let of_others =
            json!({"status": {"conditions": [{"type": "ModifyingVolume", "status": "True"}]}});
        let now = Timestamp::from_millis(1000);
        for patch in [
            of_others,
            begins(&heard, &"9Gi".into(), now),
            refused(&heard, "too large", true, now),
            awaits_mount(&heard, now),
        ] {
            let patch = Patch::Strategic(patch);
            let patched = client.patch_at(kind, "a", "c", "status", &patch).await;
            patched.unwrap();
        }
        let claim = client.get(kind, "a", "c").await.unwrap();
        for kind in ["ModifyingVolume", RESIZING, FILE_SYSTEM_PENDING] {
            assert!(claim.has_condition(kind, "True"), "{kind}: {claim}");
        }
        assert!(claim.condition(REFUSED).is_none(), "{claim}");
        assert_eq!(status(&claim), NODE_PENDING);
    }
}
