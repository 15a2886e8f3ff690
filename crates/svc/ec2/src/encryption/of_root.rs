//! Roots of instances that are sealed. Whoever launches an instance grants EC2 the right to open the key of its root until the
//! instance is terminated; its host is given what the root opens by whenever it boots it, so a key that is disabled lets no
//! instance start whose root is under it, and what runs goes on.

use serde::{Deserialize, Serialize};
use wharf_planeproto::snapshot::Keys;
use wharf_records::{Record as _, Scope};

use super::{Encryption, Owed, grants::owed};
use crate::{
    Ec2Service,
    instances::life::Wanted,
    records::Instance,
    snapshots::{NotTaken, Place},
};

/// How the root of an instance is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedRoot {
    pub encryption: Encryption,
    /// By it EC2 opens the data key. Instances of one launch share it.
    pub grant: String,
}

impl Ec2Service {
    /// Instance id of the host that an instance is to run on, and the instance, whose root is sealed.
    ///
    /// # Errors
    /// The store's; it is to run nowhere, or its root is not sealed.
    pub async fn sealed_root(&self, at: &Place) -> Result<(String, Instance), NotTaken> {
        let key = Self::place_key(at, Instance::KIND);
        let found = self.table.read::<Instance>(&key).await?;
        let instance = found.ok_or(NotTaken::Gone)?.record;
        let host = instance.life.host.as_ref().map(|it| it.machine.clone());
        let opens = instance.life.wanted == Wanted::Running && instance.sealed_root.is_some();
        let host = host.filter(|_| opens).ok_or(NotTaken::Gone)?;
        Ok((host, instance))
    }

    /// What its bytes are sealed by, and those that it is still to be made of.
    ///
    /// # Errors
    /// KMS does not open its key: [`NotTaken::Shut`].
    pub async fn keys_of_root(&self, at: &Place, instance: &Instance) -> Result<Keys, NotTaken> {
        let sealed = instance.sealed_root.as_ref().ok_or(NotTaken::Gone)?;
        let source = instance.image.root.as_ref();
        let source = source.filter(|_| instance.life.is_first_boot());
        self.keys_under(at, &sealed.encryption, source).await
    }
}

/// What is owed for the root of an instance that is terminated.
pub fn owed_by_root(service: &Ec2Service, scope: &Scope, root: &SealedRoot) -> Option<Owed> {
    owed(service, scope, &root.encryption, &root.grant)
}
