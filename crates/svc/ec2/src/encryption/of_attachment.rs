//! The grant of an attachment: made before it, given back after it. A server that dies in between leaves one that is of
//! no use but to who attaches that volume.

use wharf_records::Scope;
use wharf_wire::{Call, Fault};

use super::{grant, retire};
use crate::{Ec2Service, fault, volumes::Volume};

/// Of a volume that is about to be attached. `None`: it is not sealed, or has one.
pub struct Granted<'a> {
    service: &'a Ec2Service,
    made: Option<(Volume, String)>,
}

impl<'a> Granted<'a> {
    /// # Errors
    /// The caller may not grant that, or the key cannot be used now.
    pub async fn of(service: &'a Ec2Service, call: &Call, id: &str) -> Result<Self, Fault> {
        // Whether it can be attached is found out by who attaches it.
        let found = service.find::<Volume>(call, id).await?;
        let free = found.filter(|it| it.life.attachment.is_none());
        let made = match &free {
            Some(Volume {
                encryption: Some(it),
                ..
            }) => Some(grant(service, call, it).await?),
            _ => None,
        };
        let made = free.zip(made);
        Ok(Self { service, made })
    }

    /// Has the attachment have it.
    ///
    /// # Errors
    /// It came to be another one's meanwhile.
    pub fn give(&self, volume: &mut Volume) -> Result<(), Fault> {
        let is_sealed = volume.encryption.is_some();
        let Some(it) = volume.life.attachment.as_mut().filter(|_| is_sealed) else {
            return Ok(());
        };
        if it.grant.is_none() {
            it.grant = self.made.as_ref().map(|(_, grant)| grant.clone());
        }
        match it.grant {
            Some(_) => Ok(()),
            None => Err(fault::volume_attached(&volume.id)),
        }
    }

    /// What came of the attachment: without one, the grant goes. Where nobody knows what came of it, it stays.
    pub async fn then<T>(self, call: &Call, done: Result<T, Fault>) -> Result<T, Fault> {
        if let (Err(fault), Some((volume, grant))) = (&done, &self.made)
            && fault.sender
            && let Some(encryption) = &volume.encryption
        {
            let place = (call.account.as_str(), call.region.as_str());
            retire(self.service, place, encryption, grant).await;
        }
        done
    }
}

/// Gives back the grant of an attachment that was there before and is no more. Those that were made at once share one.
pub async fn let_go(service: &Ec2Service, scope: &Scope, before: &Volume) {
    let grant = before.life.attachment.as_ref();
    let grant = grant.and_then(|it| it.grant.as_ref());
    let (Some(grant), Some(encryption)) = (grant, &before.encryption) else {
        return;
    };
    let others = match service.table.all::<Volume>(scope, "").await {
        Ok(others) => others,
        Err(error) => {
            tracing::warn!(volume = before.id, %error, "failed to look who has the grant of a volume; it stays");
            return;
        }
    };
    let has_it = |it: &Volume| {
        let other = it.life.attachment.as_ref();
        other.is_some_and(|it| it.grant.as_ref() == Some(grant))
    };
    if !others.iter().any(|(_, it)| has_it(&it.record)) {
        retire(service, (&scope.account, &scope.region), encryption, grant).await;
    }
}
