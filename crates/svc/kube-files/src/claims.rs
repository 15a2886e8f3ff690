//! A claim brought forward: its access point and PersistentVolume are made.
//!
//! A finalizer is on the claim, with the file system's name beside it, before EFS is asked, and goes when the PersistentVolume is there.
//! So a claim that is deleted in between, whoever was killed meanwhile, waits until its access point is deleted.

use serde_json::{Value, json};
use wharf_kube_client::{Object as _, Patch, Ref, kind};
use wharf_kube_model::{
    file_volume::EFS,
    persistent::{SELECTED_NODE, class_of},
};
use wharf_reconcile::Next;
use wharf_wire::Fault;

use crate::{
    cloud::{Point, taken},
    controller::{AFTER_REFUSAL, Controller, Failure},
    provision::{self, Asked, NoFreeGroup, asked, volume_name},
};

/// On a claim whose access point may be there without a PersistentVolume.
const MAKING: &str = "efs.csi.aws.com/provisioning";
/// The file system that it is, or was, to be of.
const FILE_SYSTEM: &str = "efs.csi.aws.com/file-system-id";

impl Controller {
    pub async fn claim(&self, namespace: &str, name: &str) -> Result<Next, Failure> {
        let Some(claim) = self.claimed.claims.get(namespace, name) else {
            return Ok(Next::Settled);
        };
        let is_begun = claim.has_finalizer(MAKING);
        if self.claimed.volumes.get("", &volume_name(&claim)).is_some() {
            // It says by itself whose the access point is.
            if is_begun {
                self.made(&claim).await?;
            }
            return Ok(Next::Settled);
        }
        if claim.is_deleting() {
            return match is_begun {
                true => self.take_back(&claim).await,
                false => Ok(Next::Settled),
            };
        }
        let Some(class) = self.claimed.classes.get("", class_of(&claim)) else {
            return Ok(Next::Settled);
        };
        let is_wanted = claim.text("/spec/volumeName").is_empty()
            && class.text("/provisioner") == EFS
            && self.claimed.gives();
        // Whether there is a volume already, the binder has looked before it said so.
        let told = claim.annotation("volume.kubernetes.io/storage-provisioner");
        if !is_wanted || told.is_none() {
            return Ok(Next::Settled);
        }
        let waits = class.text("/volumeBindingMode") == "WaitForFirstConsumer";
        if waits && claim.annotation(SELECTED_NODE).is_none() {
            return Ok(Next::Settled);
        }
        self.provision(&claim, &class).await
    }

    async fn provision(&self, claim: &Value, class: &Value) -> Result<Next, Failure> {
        let about = || Ref::of(&kind::PERSISTENT_VOLUME_CLAIM, claim);
        let failed = |why: &str| {
            let text = format!(
                "failed to provision volume with StorageClass \"{}\": {why}",
                class.name()
            );
            self.standings
                .warn(&self.recorder, about(), "ProvisioningFailed", &text);
            Ok(self.standings.later(claim.uid(), AFTER_REFUSAL))
        };
        let wanted = match asked(claim, class) {
            Ok(wanted) => wanted,
            Err(why) => return failed(&why.to_string()),
        };
        let claim = match self.note(claim, &wanted).await {
            Ok(claim) => claim,
            Err(Failure::Efs(fault)) if fault.sender => return failed(&said(&wanted, &fault)),
            Err(failure) => return Err(failure),
        };
        let name = volume_name(&claim);
        let point = match self.point(&name, &wanted).await {
            Ok(Ok(point)) => point,
            Ok(Err(why)) => return failed(&why.to_string()),
            Err(fault) if fault.sender => return failed(&said(&wanted, &fault)),
            Err(fault) => return Err(fault.into()),
        };
        let volume = provision::volume(&claim, class, &wanted.file_system, &point.id);
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
        self.recorder
            .normal(about(), "ProvisioningSucceeded", &text);
        self.made(&claim).await?;
        Ok(Next::Settled)
    }

    /// Writes down what is about to be made. A class of the same name may have been of another file system before.
    async fn note(&self, claim: &Value, wanted: &Asked) -> Result<Value, Failure> {
        let noted = claim.annotation(FILE_SYSTEM);
        let is_begun = claim.has_finalizer(MAKING);
        if is_begun && noted == Some(wanted.file_system.as_str()) {
            return Ok(claim.clone());
        }
        // Who may not look makes nothing, so nothing is to be looked for when the claim is deleted.
        self.files.points(&wanted.file_system).await?;
        match noted.filter(|_| is_begun) {
            Some(before) => self.delete_made(before, &volume_name(claim)).await?,
            None => {
                let text = format!(
                    "External provisioner is provisioning volume for claim \"{}\"",
                    claim.key()
                );
                let about = Ref::of(&kind::PERSISTENT_VOLUME_CLAIM, claim);
                self.recorder.normal(about, "Provisioning", &text);
            }
        }
        let patch = Patch::Merge(json!({"metadata": {
            "uid": claim.uid(), "resourceVersion": claim.resource_version(),
            "annotations": {FILE_SYSTEM: wanted.file_system},
        }}));
        let kind = &kind::PERSISTENT_VOLUME_CLAIM;
        let (namespace, name) = (claim.namespace(), claim.name());
        let patched = self.client.patch(kind, namespace, name, &patch).await?;
        self.claimed.claims.observe(&patched);
        let client = &self.client;
        let begun = client
            .add_finalizer(&self.claimed.claims, &patched, MAKING)
            .await?;
        Ok(begun)
    }

    /// The one that was made under this name, or a new one; the inner error says that no number is left for it.
    async fn point(&self, name: &str, wanted: &Asked) -> Result<Result<Point, NoFreeGroup>, Fault> {
        // Two that are made at once are not to have the same group.
        let _one_at_a_time = self.numbering.lock().await;
        let there = self.files.points(&wanted.file_system).await?;
        if let Some(point) = made_for(&there, name) {
            return Ok(Ok(point.clone()));
        }
        let numbers = match wanted.numbers(&taken(&there)) {
            Ok(numbers) => numbers,
            Err(why) => return Ok(Err(why)),
        };
        self.files.make(name, wanted, numbers).await.map(Ok)
    }

    /// Nothing is being made for it any more.
    async fn made(&self, claim: &Value) -> Result<(), Failure> {
        let client = &self.client;
        client
            .remove_finalizer(&self.claimed.claims, claim, MAKING)
            .await?;
        Ok(())
    }

    /// An access point without a PersistentVolume, of a claim that nobody wants any more.
    async fn take_back(&self, claim: &Value) -> Result<Next, Failure> {
        let name = volume_name(claim);
        // The cache may not have it yet.
        match self.client.get(&kind::PERSISTENT_VOLUME, "", &name).await {
            Ok(_) => {
                self.made(claim).await?;
                return Ok(Next::Settled);
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(file_system) = claim.annotation(FILE_SYSTEM) {
            match self.delete_made(file_system, &name).await {
                // Nothing else would say whose it is.
                Err(Failure::Efs(fault)) if fault.sender => {
                    let about = Ref::of(&kind::PERSISTENT_VOLUME_CLAIM, claim);
                    let text = format!(
                        "failed to delete the access point that may have been made: {}",
                        fault.message
                    );
                    self.standings
                        .warn(&self.recorder, about, "VolumeFailedDelete", &text);
                    return Ok(self.standings.later(claim.uid(), AFTER_REFUSAL));
                }
                done => done?,
            }
        }
        self.made(claim).await?;
        Ok(Next::Settled)
    }

    async fn delete_made(&self, file_system: &str, name: &str) -> Result<(), Failure> {
        let there = match self.files.points(file_system).await {
            Err(fault) if is_no_file_system(&fault) => return Ok(()),
            there => there?,
        };
        if let Some(point) = made_for(&there, name) {
            self.files.delete(&point.id).await?;
        }
        Ok(())
    }
}

fn made_for<'a>(points: &'a [Point], name: &str) -> Option<&'a Point> {
    points
        .iter()
        .find(|it| it.made_for.as_deref() == Some(name))
}

fn is_no_file_system(fault: &Fault) -> bool {
    fault.code == "FileSystemNotFound"
}

/// What EFS does not do, as the driver says it.
fn said(wanted: &Asked, fault: &Fault) -> String {
    let why = &fault.message;
    match fault.status {
        _ if is_no_file_system(fault) => format!("File System does not exist: {why}"),
        403 if !fault.code.ends_with("LimitExceeded") => {
            format!("Access Denied. Please ensure you have the right AWS permissions: {why}")
        }
        _ => format!(
            "Failed to create Access point in File System {} : {why}",
            wanted.file_system
        ),
    }
}
