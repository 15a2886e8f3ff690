//! The grant of an attachment: made before it, and owed when it is over.

use wharf_records::Scope;
use wharf_store::Txn;
use wharf_wire::{Call, Fault};

use super::{Fresh, Owed, grant, grants::owed};
use crate::{Ec2Service, fault, volumes::Volume};

/// Of a volume that is about to be attached. `None`: it is not sealed, or has one.
pub struct Granted<'a> {
    service: &'a Ec2Service,
    made: Option<Fresh>,
}

impl<'a> Granted<'a> {
    /// # Errors
    /// The caller may not grant that, or the key cannot be used now.
    pub async fn of(service: &'a Ec2Service, call: &Call, id: &str) -> Result<Self, Fault> {
        // Whether it can be attached is found out by who attaches it.
        let found = service.find::<Volume>(call, id).await?;
        let free = found.filter(|it| it.life.attachment.is_none());
        let made = match free.and_then(|it| it.encryption) {
            Some(it) => Some(grant(service, call, &it).await?),
            None => None,
        };
        Ok(Self { service, made })
    }

    /// Has the attachment have it; what is to be written with the volume.
    ///
    /// # Errors
    /// It came to be another one's meanwhile.
    pub fn give(&self, volume: &mut Volume) -> Result<Txn, Fault> {
        let is_sealed = volume.encryption.is_some();
        let attachment = volume.life.attachment.as_mut();
        let Some(it) = attachment.filter(|it| is_sealed && it.grant.is_none()) else {
            return Ok(Txn::new());
        };
        match &self.made {
            Some(made) => {
                it.grant = Some(made.id.clone());
                Ok(made.ended())
            }
            None => Err(fault::volume_attached(&volume.id)),
        }
    }

    /// What came of the attachment: where that does not have it, it goes.
    pub async fn then<T>(self, done: Result<T, Fault>) -> Result<T, Fault> {
        if let Some(made) = &self.made {
            made.let_go(self.service).await;
        }
        done
    }
}

/// What is owed for the attachment that a volume had.
pub fn owed_by(service: &Ec2Service, scope: &Scope, before: &Volume) -> Option<Owed> {
    let attachment = before.life.attachment.as_ref()?;
    let (grant, encryption) = (attachment.grant.as_ref()?, before.encryption.as_ref()?);
    owed(service, scope, encryption, grant)
}
