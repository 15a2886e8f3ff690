//! A claim brought forward: its disk and PersistentVolume are made, and it grows.
//!
//! A finalizer is on the claim before EC2 is asked, and goes when the PersistentVolume is there. So a claim that is deleted in
//! between, whoever was killed meanwhile, waits until its disk is deleted.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::{Object as _, Patch, Ref, kind};
use wharf_kube_model::persistent::{SELECTED_NODE, capacity, class_of, ebs_disk, requested};
use wharf_reconcile::Next;
use wharf_wire::Fault;

use crate::{
    clone::source_of,
    cloud::{Copied, Disk},
    controller::{Controller, Failure},
    provision::{self, Asked, PROVISIONED_BY, asked, is_ours, volume_name, zone},
};

/// On a claim whose disk may be there without a PersistentVolume.
const MAKING: &str = "ebs.csi.aws.com/provisioning";
/// What EC2 refuses may be had later: others free what was too much.
const AFTER_REFUSAL: Duration = Duration::from_secs(30);
const GIB: i64 = 1 << 30;
const PENDING_RESIZE: &str = "FileSystemResizePending";

impl Controller {
    pub async fn claim(&self, namespace: &str, name: &str) -> Result<Next, Failure> {
        let Some(claim) = self.claimed.claims.get(namespace, name) else {
            return Ok(Next::Settled);
        };
        let bound = claim.text("/spec/volumeName");
        if let Some(volume) = self.claimed.volumes.get("", &volume_name(&claim)) {
            // It says by itself whose the disk is.
            let left = match claim.has_finalizer(MAKING) {
                true => self.made(&claim).await?,
                false => Next::Settled,
            };
            let grown = match bound == volume.name() {
                true => self.grow(&claim, &volume).await?,
                false => Next::Settled,
            };
            return Ok(match grown {
                Next::Settled => left,
                again => again,
            });
        }
        if claim.is_deleting() {
            return match claim.has_finalizer(MAKING) {
                true => self.take_back(&claim).await,
                false => Ok(Next::Settled),
            };
        }
        let Some(class) = self.claimed.classes.get("", class_of(&claim)) else {
            return Ok(Next::Settled);
        };
        let is_wanted =
            bound.is_empty() && is_ours(class.text("/provisioner")) && self.claimed.gives();
        let told = claim.annotation("volume.kubernetes.io/storage-provisioner");
        // Whether there is a volume already, the binder has looked before it said so.
        if !is_wanted || told.is_none() {
            return Ok(Next::Settled);
        }
        let chosen = claim.annotation(SELECTED_NODE);
        if chosen.is_none() && class.text("/volumeBindingMode") == "WaitForFirstConsumer" {
            return Ok(Next::Settled);
        }
        let chosen = match chosen {
            None => None,
            Some(name) => match self.nodes.get("", name) {
                Some(node) => Some(node),
                None => return self.choose_again(&claim).await,
            },
        };
        let about = || Ref::of(&kind::PERSISTENT_VOLUME_CLAIM, &claim);
        let failed = |why: &str| {
            let text = format!(
                "failed to provision volume with StorageClass \"{}\": {why}",
                class.name()
            );
            self.standings
                .warn(&self.provisioner, about(), "ProvisioningFailed", &text);
            Ok(self.standings.later(claim.uid(), AFTER_REFUSAL))
        };
        let nodes = self.nodes.all();
        let wanted = asked(&claim, &class);
        let wanted = wanted.and_then(|it| Ok((it, zone(&class, chosen.as_deref(), &nodes)?)));
        let (wanted, zone) = match wanted {
            Ok(wanted) => wanted,
            Err(why) => return failed(&why),
        };
        let name = volume_name(&claim);
        let claim = match claim.has_finalizer(MAKING) {
            true => (*claim).clone(),
            false => {
                // Who may not look makes nothing, so nothing is to be looked for when the claim is deleted.
                match self.disks.made(&name).await {
                    Err(fault) if fault.sender => return failed(&fault.message),
                    seen => seen?,
                };
                let text = format!(
                    "External provisioner is provisioning volume for claim \"{}\"",
                    claim.key()
                );
                self.provisioner.normal(about(), "Provisioning", &text);
                self.client
                    .add_finalizer(&self.claimed.claims, &claim, MAKING)
                    .await?
            }
        };
        let disk = match self.disk(&claim, &wanted, &zone).await {
            Ok(Some(disk)) => disk,
            Ok(None) => return Ok(self.standings.look_again(claim.uid())),
            Err(fault) if fault.sender => return failed(&fault.message),
            Err(fault) => return Err(fault.into()),
        };
        let volume = provision::volume(&claim, &class, &wanted, &disk);
        let made = self
            .client
            .create(&kind::PERSISTENT_VOLUME, "", &volume)
            .await;
        match made {
            Ok(made) => self.claimed.volumes.observe(&made),
            Err(error) if error.is_already_exists() => {}
            Err(error) => return Err(error.into()),
        }
        self.standings.is_well(claim.uid());
        let text = format!("Successfully provisioned volume {name}");
        self.provisioner
            .normal(about(), "ProvisioningSucceeded", &text);
        self.made(&claim).await
    }

    /// Nothing is being made for it any more. A snapshot that EC2 does not let go of holds nobody up: it is told of and tried again,
    /// and left to the account by a claim that is deleted.
    async fn made(&self, claim: &Value) -> Result<Next, Failure> {
        if !matches!(source_of(claim), Ok(None)) {
            match self.disks.forget_copy(&volume_name(claim)).await {
                Err(fault) if fault.sender => {
                    let what = "the snapshot that the volume was made of";
                    let next = self.not_deleted(claim, what, &fault);
                    if !claim.is_deleting() {
                        return Ok(next);
                    }
                }
                done => done?,
            }
        }
        let client = &self.client;
        client
            .remove_finalizer(&self.claimed.claims, claim, MAKING)
            .await?;
        Ok(Next::Settled)
    }

    fn not_deleted(&self, claim: &Value, what: &str, fault: &Fault) -> Next {
        let about = Ref::of(&kind::PERSISTENT_VOLUME_CLAIM, claim);
        let text = format!("failed to delete {what}: {}", fault.message);
        self.standings
            .warn(&self.provisioner, about, "VolumeFailedDelete", &text);
        self.standings.later(claim.uid(), AFTER_REFUSAL)
    }

    /// The one that was made under this name, or a new one; `None` while what it begins with is still to come.
    async fn disk(&self, claim: &Value, wanted: &Asked, zone: &str) -> Result<Option<Disk>, Fault> {
        let name = volume_name(claim);
        if let Some(disk) = self.disks.made(&name).await? {
            return Ok(Some(disk));
        }
        let snapshot = match source_of(claim) {
            Ok(None) => None,
            _ => match self.snapshot(claim, &name).await? {
                None => return Ok(None),
                complete => complete,
            },
        };
        let made = self.disks.make(&name, wanted, zone, snapshot.as_deref());
        made.await.map(Some)
    }

    /// What the disk of a claim is made of; `None` while it is taken. The source is needed to begin it alone: what becomes of that
    /// afterwards is nothing to the copy.
    async fn snapshot(&self, claim: &Value, name: &str) -> Result<Option<String>, Fault> {
        match self.disks.copied(name).await? {
            Some(Copied::Complete(id)) => return Ok(Some(id)),
            Some(Copied::Pending) => return Ok(None),
            Some(Copied::Failed) => {
                self.disks.forget_copy(name).await?;
                let text = "the snapshot that was to be copied failed";
                return Err(Fault::sender("SnapshotFailed", 400, text));
            }
            None => {}
        }
        if let Some(disk) = self.source(claim).await? {
            self.disks.copy(name, &disk).await?;
        }
        Ok(None)
    }

    /// A disk without a PersistentVolume, of a claim that nobody wants any more.
    async fn take_back(&self, claim: &Value) -> Result<Next, Failure> {
        let name = volume_name(claim);
        // The cache may not have it yet.
        match self.client.get(&kind::PERSISTENT_VOLUME, "", &name).await {
            Ok(_) => return self.made(claim).await,
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
        let deleted = match self.disks.made(&name).await {
            Ok(Some(disk)) => self.disks.delete(&disk.id).await,
            Ok(None) => Ok(()),
            Err(fault) => Err(fault),
        };
        match deleted {
            // Nothing else would say whose it is.
            Err(fault) if fault.sender => {
                Ok(self.not_deleted(claim, "the volume that may have been made", &fault))
            }
            done => {
                done?;
                self.made(claim).await
            }
        }
    }

    /// The node that was chosen is gone: the scheduler chooses another one.
    async fn choose_again(&self, claim: &Value) -> Result<Next, Failure> {
        let patch = Patch::Merge(json!({"metadata": {
            "uid": claim.uid(), "resourceVersion": claim.resource_version(),
            "annotations": {SELECTED_NODE: null},
        }}));
        let kind = &kind::PERSISTENT_VOLUME_CLAIM;
        let (namespace, name) = (claim.namespace(), claim.name());
        let patched = self.client.patch(kind, namespace, name, &patch).await?;
        self.claimed.claims.observe(&patched);
        Ok(Next::Settled)
    }

    /// A claim that asks for more than it has: the disk grows at once, its file system when it is mounted next.
    async fn grow(&self, claim: &Value, volume: &Value) -> Result<Next, Failure> {
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
        let bytes = requested(claim);
        if bytes > capacity(volume) {
            let gib = bytes / GIB + i64::from(bytes % GIB > 0);
            let refused = |why: &str| {
                let text = format!(
                    "resize volume \"{}\" by resizer \"ebs.csi.aws.com\" failed: {why}",
                    volume.name()
                );
                self.standings
                    .warn(&self.resizer, about(), "VolumeResizeFailed", &text);
                Ok(self.standings.later(claim.uid(), AFTER_REFUSAL))
            };
            let seen = match self.disks.see(&disk.id).await {
                Err(fault) if fault.sender => return refused(&fault.message),
                seen => seen?,
            };
            // Who may make a PersistentVolume may name any volume in it, and say that it was provisioned.
            let is_its = |it: &Disk| it.made_for.as_deref() == Some(volume.name());
            if seen.as_ref().is_some_and(|it| !is_its(it)) {
                let text = format!("volume {} was not made for this PersistentVolume", disk.id);
                self.standings
                    .warn(&self.resizer, about(), "VolumeResizeFailed", &text);
                return Ok(self.standings.later(claim.uid(), AFTER_REFUSAL));
            }
            // What was asked for before this process may be done by now.
            if seen.is_some_and(|it| it.gib < gib)
                && let Err(fault) = self.disks.grow(&disk.id, gib).await
            {
                if !fault.sender {
                    return Err(fault.into());
                }
                let is_under_way = fault.code == "IncorrectModificationState";
                if !is_under_way {
                    return refused(&fault.message);
                }
            }
            // One that no host has anything of is as large as its record says at once.
            let seen = match self.disks.see(&disk.id).await {
                Err(fault) if fault.sender => return refused(&fault.message),
                seen => seen?,
            };
            if seen.is_none_or(|it| it.gib < gib) {
                return Ok(Next::After(Duration::from_secs(1)));
            }
            let patch = Patch::Merge(json!({
                "metadata": {"uid": volume.uid()},
                "spec": {"capacity": {"storage": format!("{gib}Gi")}},
            }));
            let kind = &kind::PERSISTENT_VOLUME;
            let patched = self.client.patch(kind, "", volume.name(), &patch).await?;
            self.claimed.volumes.observe(&patched);
            self.standings.is_well(claim.uid());
            self.await_mount(claim).await?;
            let text = "Require file system resize of volume on node";
            self.resizer
                .normal(about(), "FileSystemResizeRequired", text);
        }
        Ok(Next::Settled)
    }

    async fn await_mount(&self, claim: &Value) -> Result<(), Failure> {
        if claim.has_condition(PENDING_RESIZE, "True") {
            return Ok(());
        }
        let patch = Patch::Strategic(awaits_mount(claim, self.clock.now()));
        let kind = &kind::PERSISTENT_VOLUME_CLAIM;
        let (namespace, name) = (claim.namespace(), claim.name());
        let patched = self
            .client
            .patch_at(kind, namespace, name, "status", &patch)
            .await?;
        self.claimed.claims.observe(&patched);
        Ok(())
    }
}

/// What makes a claim say that its file system grows when it is mounted next. Its other conditions are others'.
fn awaits_mount(claim: &Value, now: Timestamp) -> Value {
    let condition = json!({
        "type": PENDING_RESIZE, "status": "True", "lastTransitionTime": now.iso8601_seconds(),
        "message": "Waiting for user to (re-)start a pod to finish file system resize of volume on node.",
    });
    json!({"metadata": {"uid": claim.uid()}, "status": {"conditions": [condition]}})
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
        let ours = awaits_mount(&heard, Timestamp::from_millis(1000));
        for patch in [of_others, ours] {
            let patch = Patch::Strategic(patch);
            let patched = client.patch_at(kind, "a", "c", "status", &patch).await;
            patched.unwrap();
        }
        let claim = client.get(kind, "a", "c").await.unwrap();
        for kind in ["ModifyingVolume", PENDING_RESIZE] {
            assert!(claim.has_condition(kind, "True"), "{kind}: {claim}");
        }
    }
}
