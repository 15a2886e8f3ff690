//! A claim brought forward: its disk and PersistentVolume are made. How it grows is `grow`'s.
//!
//! A finalizer is on the claim before EC2 is asked, and goes when the PersistentVolume is there. So a claim that is deleted in
//! between, whoever was killed meanwhile, waits until its disk is deleted.

use std::time::Duration;

use serde_json::{Value, json};
use wharf_kube_client::{Object as _, Patch, Ref, kind};
use wharf_kube_model::persistent::{SELECTED_NODE, class_of};
use wharf_reconcile::Next;
use wharf_wire::Fault;

use crate::{
    clone::source_of,
    cloud::{Copied, Disk},
    controller::{Controller, Failure},
    provision::{self, Asked, asked, is_ours, volume_name, zone},
};

/// On a claim whose disk may be there without a PersistentVolume.
const MAKING: &str = "ebs.csi.aws.com/provisioning";
/// What EC2 refuses may be had later: others free what was too much.
pub const AFTER_REFUSAL: Duration = Duration::from_secs(30);

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
            Err(why) => return failed(&why.to_string()),
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
}
