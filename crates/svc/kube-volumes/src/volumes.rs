//! A volume brought forward: attached for the node whose pods have it, detached when they are gone, deleted when its claim is.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::{Delete, Object as _, Patch, Ref, kind};
use wharf_kube_model::persistent::{EBS, EbsDisk, HOST, claims_of, ebs_disk};
use wharf_reconcile::Next;
use wharf_wire::Fault;

use crate::{
    attach::{ATTACHER, ATTACHMENT, DISK, INSTANCE, Step, attached_to, object, plan},
    cloud::Disk,
    controller::{Controller, Failure},
    provision::{DELETER, PROVISIONED_BY},
};

/// Between two looks at what a host is doing.
const LOOK: Duration = Duration::from_millis(300);
/// … once it has taken its time.
const SLOW_LOOK: Duration = Duration::from_secs(2);
/// What EC2 refuses may be had later.
const AFTER_REFUSAL: Duration = Duration::from_secs(10);
/// A node that has not let go by then is spoken of.
const LETS_GO_WITHIN: Duration = Duration::from_secs(15);

impl Controller {
    pub async fn volume(&self, name: &str) -> Result<Next, Failure> {
        let volume = self.claimed.volumes.get("", name);
        let disk = volume.as_deref().and_then(ebs_disk);
        let attachments = self.attachments_of(name);
        let pods = match (&volume, &disk) {
            (Some(volume), Some(_)) => self.pods_of(volume),
            _ => Vec::new(),
        };
        let mut next: Option<Duration> = None;
        for step in plan(&pods, &attachments) {
            let done = match step {
                Step::Make { node, pods } => match (&volume, &disk) {
                    (Some(volume), Some(disk)) if self.claimed.gives() => {
                        self.make_attachment(volume, disk, &node, &pods).await?
                    }
                    (Some(volume), Some(_)) => {
                        let text = format!(
                            "AttachVolume.Attach failed for volume \"{}\" : driver name {EBS} not found in the list of registered CSI drivers",
                            volume.name()
                        );
                        self.tell(&pods, &text);
                        None
                    }
                    _ => None,
                },
                Step::Attach { attachment, pods } => match &volume {
                    Some(volume) => self.attach(volume, &attachment, &pods).await?,
                    None => None,
                },
                Step::End(attachment) => {
                    let delete = Delete::of_uid(attachment.uid());
                    let done = self
                        .client
                        .delete(&ATTACHMENT, "", attachment.name(), &delete)
                        .await;
                    match done {
                        Ok(answer) => self.attachments.observe_deletion(&attachment, &answer),
                        Err(error) if error.is_not_found() => {}
                        Err(error) => return Err(error.into()),
                    }
                    Some(LOOK)
                }
                Step::Detach(attachment) => self.detach(&attachment).await?,
                Step::Wait { pods, held_by } => {
                    self.tell_waiting(name, &pods, &held_by, &attachments);
                    None
                }
            };
            next = match (next, done) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
        }
        if let (Some(volume), Some(disk)) = (&volume, &disk)
            && attachments.is_empty()
            && pods.is_empty()
        {
            return self.reclaim(volume, disk).await;
        }
        Ok(next.map_or(Next::Settled, Next::After))
    }

    /// Those that have the volume and a node: one that is over has it mounted until it is deleted.
    fn pods_of(&self, volume: &Value) -> Vec<Arc<Value>> {
        let to = volume.at("/spec/claimRef");
        let (namespace, name) = (to.text("/namespace"), to.text("/name"));
        let claim = self.claimed.claims.get(namespace, name);
        let is_bound = claim.is_some_and(|it| {
            it.uid() == to.text("/uid")
                && it.text("/spec/volumeName") == volume.name()
                && it.text("/status/phase") == "Bound"
        });
        if !is_bound {
            return Vec::new();
        }
        let mut pods = self.pods.in_namespace(namespace);
        pods.retain(|it| {
            !it.text("/spec/nodeName").is_empty() && claims_of(it).any(|it| it == name)
        });
        pods
    }

    fn tell(&self, pods: &[Arc<Value>], text: &str) {
        for pod in pods {
            let about = Ref::of(&kind::POD, pod);
            self.standings
                .warn(&self.attacher, about, "FailedAttachVolume", text);
        }
    }

    async fn make_attachment(
        &self,
        volume: &Value,
        disk: &EbsDisk,
        node: &str,
        pods: &[Arc<Value>],
    ) -> Result<Option<Duration>, Failure> {
        let Some(found) = self.nodes.get("", node) else {
            return Ok(Some(AFTER_REFUSAL));
        };
        let instance = match attached_to(&found) {
            Ok(instance) => instance,
            Err(why) => {
                let text = format!(
                    "AttachVolume.Attach failed for volume \"{}\" : {why}",
                    volume.name()
                );
                self.tell(pods, &text);
                return Ok(Some(AFTER_REFUSAL));
            }
        };
        let wanted = object(volume.name(), disk, node, instance);
        let there = self.attachments.get("", wanted.name());
        let other = there
            .as_deref()
            .map(|it| it.text("/spec/source/persistentVolumeName"));
        if let Some(other) = other.filter(|it| *it != volume.name()) {
            let text = format!(
                "AttachVolume.Attach failed for volume \"{}\" : {} is attached for PersistentVolume \"{other}\"",
                volume.name(),
                disk.id
            );
            self.tell(pods, &text);
            return Ok(Some(AFTER_REFUSAL));
        }
        let made = self.client.create(&ATTACHMENT, "", &wanted).await?;
        self.attachments.observe(&made);
        self.attach(volume, &made, pods).await
    }

    async fn attach(
        &self,
        volume: &Value,
        attachment: &Value,
        pods: &[Arc<Value>],
    ) -> Result<Option<Duration>, Failure> {
        if attachment.is_true("/status/attached") {
            return Ok(None);
        }
        let (id, instance) = ends_of(attachment);
        let seen = match self.disks.see(id).await {
            Err(fault) if is_denial(&fault) => {
                self.refused(volume, attachment, pods, &fault).await?;
                return Ok(Some(AFTER_REFUSAL));
            }
            seen => seen?,
        };
        let known = seen.as_ref().and_then(|it| it.attachment.as_ref());
        match known {
            Some((has, state)) if has == instance && state == "attached" => {
                self.mark_host(volume, attachment).await?;
                let status = json!({"attached": true, "attachmentMetadata": {"devicePath": ""}});
                self.set_status(attachment, &status).await?;
                let text = format!(
                    "AttachVolume.Attach succeeded for volume \"{}\"",
                    volume.name()
                );
                for pod in pods {
                    self.standings.is_well(pod.uid());
                    let about = Ref::of(&kind::POD, pod);
                    self.attacher.normal(about, "SuccessfulAttachVolume", &text);
                }
                Ok(None)
            }
            Some((has, state)) if has == instance && state == "attaching" => Ok(Some(LOOK)),
            _ => match self.disks.attach(id, instance).await {
                Ok(()) => Ok(Some(LOOK)),
                Err(fault) if fault.sender => {
                    self.refused(volume, attachment, pods, &fault).await?;
                    Ok(Some(AFTER_REFUSAL))
                }
                Err(fault) => Err(fault.into()),
            },
        }
    }

    async fn refused(
        &self,
        volume: &Value,
        attachment: &Value,
        pods: &[Arc<Value>],
        fault: &Fault,
    ) -> Result<(), Failure> {
        let (id, instance) = ends_of(attachment);
        let why = format!(
            "Could not attach volume \"{id}\" to node \"{instance}\": {}",
            fault.message
        );
        let text = format!(
            "AttachVolume.Attach failed for volume \"{}\" : {why}",
            volume.name()
        );
        self.tell(pods, &text);
        if attachment.text("/status/attachError/message") == why {
            return Ok(());
        }
        let now = self.clock.now().iso8601_seconds();
        let status = json!({"attached": false, "attachError": {"message": why, "time": now}});
        self.set_status(attachment, &status).await
    }

    async fn set_status(&self, attachment: &Value, status: &Value) -> Result<(), Failure> {
        let mut written = attachment.clone();
        written["status"] = status.clone();
        let written = self.client.update_status(&ATTACHMENT, &written).await?;
        self.attachments.observe(&written);
        Ok(())
    }

    /// The machine that the volume lies on from now on: the scheduler prefers it for its pods.
    async fn mark_host(&self, volume: &Value, attachment: &Value) -> Result<(), Failure> {
        let node = self.nodes.get("", attachment.text("/spec/nodeName"));
        let host = node.as_deref().and_then(|it| it.label(HOST));
        if host.is_none() || volume.annotation(HOST) == host {
            return Ok(());
        }
        let patch = Patch::Merge(json!({"metadata": {
            "uid": volume.uid(), "annotations": {HOST: host},
        }}));
        let kind = &kind::PERSISTENT_VOLUME;
        let patched = self.client.patch(kind, "", volume.name(), &patch).await?;
        self.claimed.volumes.observe(&patched);
        Ok(())
    }

    /// The VolumeAttachment goes once its instance has the volume no more.
    async fn detach(&self, attachment: &Arc<Value>) -> Result<Option<Duration>, Failure> {
        let (id, instance) = ends_of(attachment);
        if id.is_empty() {
            // Another program's, which it looks after itself.
            return Ok(None);
        }
        let seen = match self.disks.see(id).await {
            Err(fault) if is_denial(&fault) => return self.not_detached(attachment, &fault).await,
            seen => seen?,
        };
        let has = seen.and_then(|it| it.attachment);
        match has.filter(|(has, _)| has == instance) {
            None => {
                self.client
                    .remove_finalizer(&self.attachments, attachment, ATTACHER)
                    .await?;
                Ok(None)
            }
            Some((_, state)) if state == "detaching" => Ok(Some(match self.is_late(attachment) {
                true => SLOW_LOOK,
                false => LOOK,
            })),
            Some(_) => match self.disks.detach(id, instance).await {
                Err(fault) if is_denial(&fault) => self.not_detached(attachment, &fault).await,
                done => {
                    done?;
                    Ok(Some(LOOK))
                }
            },
        }
    }

    /// Whoever looks at the VolumeAttachment sees why it stays.
    async fn not_detached(
        &self,
        attachment: &Value,
        fault: &Fault,
    ) -> Result<Option<Duration>, Failure> {
        let (id, instance) = ends_of(attachment);
        let why = format!(
            "Could not detach volume \"{id}\" from node \"{instance}\": {}",
            fault.message
        );
        if attachment.text("/status/detachError/message") != why {
            let now = self.clock.now().iso8601_seconds();
            let mut status = attachment["status"].clone();
            if !status.is_object() {
                status = json!({"attached": true});
            }
            status["detachError"] = json!({"message": why, "time": now});
            self.set_status(attachment, &status).await?;
        }
        Ok(Some(AFTER_REFUSAL))
    }

    fn is_late(&self, attachment: &Value) -> bool {
        let since = Timestamp::parse_iso8601(attachment.text("/metadata/deletionTimestamp"));
        since.is_some_and(|it| self.clock.now().since(it) > LETS_GO_WITHIN)
    }

    fn tell_waiting(
        &self,
        volume: &str,
        pods: &[Arc<Value>],
        held_by: &[String],
        attachments: &[Arc<Value>],
    ) {
        let start = format!("Multi-Attach error for volume \"{volume}\" Volume is already");
        if !held_by.is_empty() {
            let text = format!("{start} used by pod(s) {}", held_by.join(", "));
            self.tell(pods, &text);
            return;
        }
        let mut late = attachments.iter().filter(|it| it.is_deleting());
        if late.any(|it| self.is_late(it)) {
            let text = format!(
                "{start} exclusively attached to one node and can't be attached to another"
            );
            self.tell(pods, &text);
        }
    }

    /// The end of a volume that was made here: its disk first.
    async fn reclaim(&self, volume: &Value, disk: &EbsDisk) -> Result<Next, Failure> {
        if volume.annotation(PROVISIONED_BY).is_none() || !volume.has_finalizer(DELETER) {
            return Ok(Next::Settled);
        }
        let phase = volume.text("/status/phase");
        let is_deleted = volume.text("/spec/persistentVolumeReclaimPolicy") == "Delete";
        if !is_deleted {
            // The disk stays, also without it.
            if volume.is_deleting() && phase != "Bound" {
                self.client
                    .remove_finalizer(&self.claimed.volumes, volume, DELETER)
                    .await?;
            }
            return Ok(Next::Settled);
        }
        // Without the driver nobody deletes disks: they are there until it is back.
        if !matches!(phase, "Released" | "Failed") || !self.claimed.gives() {
            return Ok(Next::Settled);
        }
        let looked = self.disks.see(&disk.id).await;
        let (seen, denied) = match looked {
            Err(fault) if is_denial(&fault) => (None, Some(fault.message)),
            seen => (seen?, None),
        };
        // Who may make a PersistentVolume may write into it what they like, that it was provisioned too.
        let is_foreign = |it: &Disk| it.made_for.as_deref() != Some(volume.name());
        let is_foreign = seen.as_ref().is_some_and(is_foreign);
        if is_foreign && volume.is_deleting() {
            // The disk stays; nothing would ever let the volume go otherwise.
            self.client
                .remove_finalizer(&self.claimed.volumes, volume, DELETER)
                .await?;
            return Ok(Next::Settled);
        }
        let refusal = match seen {
            None => denied,
            Some(_) if is_foreign => Some(format!(
                "volume {} was not made for this PersistentVolume",
                disk.id
            )),
            Some(_) => match self.disks.delete(&disk.id).await {
                Ok(()) => None,
                Err(fault) if fault.sender => Some(fault.message),
                Err(fault) => return Err(fault.into()),
            },
        };
        if let Some(why) = refusal {
            let about = Ref::of(&kind::PERSISTENT_VOLUME, volume);
            self.standings
                .warn(&self.provisioner, about, "VolumeFailedDelete", &why);
            return Ok(self.standings.later(volume.uid(), AFTER_REFUSAL));
        }
        self.standings.is_well(volume.uid());
        let delete = Delete::of_uid(volume.uid());
        let kind = &kind::PERSISTENT_VOLUME;
        let deleted = self.client.delete(kind, "", volume.name(), &delete).await;
        match deleted {
            Ok(answer) => self.claimed.volumes.observe_deletion(volume, &answer),
            Err(error) if error.is_not_found() => return Ok(Next::Settled),
            Err(error) => return Err(error.into()),
        }
        let live = self.client.get(kind, "", volume.name()).await;
        match live {
            Ok(live) => {
                self.client
                    .remove_finalizer(&self.claimed.volumes, &live, DELETER)
                    .await?
            }
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Next::Settled)
    }
}

/// Whether whoever asks may not, or cannot be who it is to be.
fn is_denial(fault: &Fault) -> bool {
    fault.status == 403
}

/// The volume and the instance that a VolumeAttachment is about.
fn ends_of(attachment: &Value) -> (&str, &str) {
    let of = |name| attachment.annotation(name).unwrap_or_default();
    (of(DISK), of(INSTANCE))
}
