//! The end of a volume that was made here: its access point is deleted, its files stay.

use serde_json::Value;
use wharf_kube_client::{Delete, Object as _, Ref, kind};
use wharf_kube_model::file_volume;
use wharf_reconcile::Next;

use crate::{
    cloud::Point,
    controller::{AFTER_REFUSAL, Controller, Failure},
    provision::{DELETER, PROVISIONED_BY},
};

impl Controller {
    pub async fn volume(&self, name: &str) -> Result<Next, Failure> {
        let Some(volume) = self.claimed.volumes.get("", name) else {
            return Ok(Next::Settled);
        };
        let is_made = volume.annotation(PROVISIONED_BY).is_some() && volume.has_finalizer(DELETER);
        if !file_volume::is_file_volume(&volume) || !is_made {
            return Ok(Next::Settled);
        }
        let phase = volume.text("/status/phase");
        if volume.text("/spec/persistentVolumeReclaimPolicy") != "Delete" {
            // The access point stays, also without it.
            if volume.is_deleting() && phase != "Bound" {
                self.let_go(&volume).await?;
            }
            return Ok(Next::Settled);
        }
        if !matches!(phase, "Released" | "Failed") {
            return Ok(Next::Settled);
        }
        match self.delete_point(&volume).await? {
            None => {}
            Some(Left::Foreign(_)) if volume.is_deleting() => {
                // Nothing would ever let the volume go otherwise.
                self.let_go(&volume).await?;
                return Ok(Next::Settled);
            }
            Some(Left::Foreign(why) | Left::Refused(why)) => {
                let about = Ref::of(&kind::PERSISTENT_VOLUME, &volume);
                self.standings
                    .warn(&self.recorder, about, "VolumeFailedDelete", &why);
                return Ok(self.standings.later(volume.uid(), AFTER_REFUSAL));
            }
        }
        self.standings.is_well(volume.uid());
        let delete = Delete::of_uid(volume.uid());
        let kind = &kind::PERSISTENT_VOLUME;
        match self.client.delete(kind, "", volume.name(), &delete).await {
            Ok(answer) => self.claimed.volumes.observe_deletion(&volume, &answer),
            Err(error) if error.is_not_found() => return Ok(Next::Settled),
            Err(error) => return Err(error.into()),
        }
        match self.client.get(kind, "", volume.name()).await {
            Ok(live) => self.let_go(&live).await?,
            Err(error) if error.is_not_found() => {}
            Err(error) => return Err(error.into()),
        }
        Ok(Next::Settled)
    }

    async fn let_go(&self, volume: &Value) -> Result<(), Failure> {
        let client = &self.client;
        client
            .remove_finalizer(&self.claimed.volumes, volume, DELETER)
            .await?;
        Ok(())
    }

    /// `None` once there is none.
    async fn delete_point(&self, volume: &Value) -> Result<Option<Left>, Failure> {
        let named = volume.text("/spec/csi/volumeHandle");
        let (file_system, id) = match file_volume::handle(named) {
            Ok((file_system, _, Some(id))) => (file_system, id),
            Ok(_) => {
                let why = format!("Failed to find access point for volume: {named}");
                return Ok(Some(Left::Foreign(why)));
            }
            Err(why) => return Ok(Some(Left::Foreign(why.to_string()))),
        };
        let seen = match self.files.see(id).await {
            Err(fault) if fault.sender => return Ok(Some(Left::Refused(fault.message))),
            seen => seen?,
        };
        let Some(point) = seen else {
            return Ok(None);
        };
        // Who may make a PersistentVolume may write into it what they like, that it was provisioned too.
        let is_its = |it: &Point| {
            it.made_for.as_deref() == Some(volume.name()) && it.file_system == file_system
        };
        if !is_its(&point) {
            let why = format!("access point {id} was not made for this PersistentVolume");
            return Ok(Some(Left::Foreign(why)));
        }
        match self.files.delete(id).await {
            Ok(()) => Ok(None),
            Err(fault) if fault.sender => Ok(Some(Left::Refused(fault.message))),
            Err(fault) => Err(fault.into()),
        }
    }
}

/// Why an access point is still there.
enum Left {
    /// It is not the volume's.
    Foreign(String),
    Refused(String),
}
