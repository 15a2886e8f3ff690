//! What hosts say of the volumes that lie on them. A host is believed for volumes that it was given, and reports all
//! it has after each change; what could not be taken over has to be handed in again.

use wharf_planeproto::volume::{self as plane, MAX_VOLUMES, VolumeReport};
use wharf_records::{Record as _, Scope};
use wharf_service::transact;
use wharf_wire::Fault;

use super::{Volume, life::Left};
use crate::{
    Ec2Service,
    encryption::{owed_by, settle},
    instances::PERMIT,
    records::Pointer,
    table::SERVICE,
};

/// A volume that a host was told of.
#[derive(Debug, Clone)]
pub struct ToldVolume {
    account: String,
    region: String,
    id: String,
}

impl ToldVolume {
    pub fn of(volume: &plane::Volume) -> Self {
        Self {
            account: volume.account.clone(),
            region: volume.region.clone(),
            id: volume.id.clone(),
        }
    }

    fn scope(&self) -> Scope {
        Scope::new(SERVICE, &self.account, &self.region)
    }
}

impl Ec2Service {
    /// Takes over what the host with that instance id reports of volumes that it was told of. One that fails keeps
    /// none behind it back.
    ///
    /// # Errors
    /// The store's, the first of them: the reports are to be handed in again.
    pub async fn volumes_reported(
        &self,
        host: &str,
        reports: Vec<(ToldVolume, VolumeReport)>,
    ) -> Result<(), Fault> {
        let mut all = Ok(());
        for (told, report) in reports.into_iter().take(MAX_VOLUMES) {
            all = all.and(self.volume_reported(host, &told, &report).await);
        }
        all
    }

    async fn volume_reported(
        &self,
        host: &str,
        told: &ToldVolume,
        report: &VolumeReport,
    ) -> Result<(), Fault> {
        let scope = told.scope();
        let key = scope.key(Volume::KIND, &told.id);
        let owed = transact!(self.table, &PERMIT, |tx| {
            let mut owed = None;
            if let Some(before) = tx.find::<Volume>(&key).await?
                && before.life.host.as_deref() == Some(host)
            {
                let mut volume = before.clone();
                let (left, now) = (volume.life.reported(report), self.instances.now());
                volume.grown(report, now);
                volume.meter(now);
                if let Some(encryption) = volume.encryption.as_mut().filter(|_| volume.life.made) {
                    encryption.source = None;
                }
                // The snapshot that it was made of is needed no more.
                if (volume.life.made && !before.life.made || left == Left::Nothing)
                    && let Some(used) = volume.source_use(&scope)
                {
                    tx.delete(used);
                }
                match &left {
                    Left::Nothing => {
                        tx.delete(&key);
                        if let Some(token) = &volume.token_id {
                            tx.delete(scope.key(Pointer::KIND, token));
                        }
                    }
                    Left::It if volume != before => tx.put(&key, &volume),
                    Left::It => {}
                }
                if volume.life.attachment.is_none() || left == Left::Nothing {
                    owed = owed_by(self, &scope, &before);
                }
                if let Some(it) = &owed {
                    tx.join(it.written());
                }
            }
            owed
        });
        settle(self, owed).await;
        Ok(())
    }
}
