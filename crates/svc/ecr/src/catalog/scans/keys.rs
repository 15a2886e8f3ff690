//! What enhanced scans found, under a key of KMS where the account has Inspector use one.
//!
//! A registry has a data key then, and another one each time it is told of a key ([`ScanKey`]); which is used says
//! [`ScanSealing`]. A scan says under which its blobs are, so those of before are read until they were moved
//! (`scanning::moving`). Nothing of a data key is kept between requests: a key that is disabled shuts what was found at
//! once. KMS lets Inspector use the key by a grant, which is made by who names it.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_api_kms::Kms;
use wharf_base::{Arn, Permit, ids};
use wharf_blobs::{Blobs, Layers, Lock};
use wharf_datakeys::grants::{Begun, Which};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    catalog::{
        Catalog, Registry,
        encryption::{Grantee, grant_on, key_of},
    },
    error::EcrError,
    records::{EncryptionKind, Keys, ScanKey, ScanSealing},
};

const SERVICE: &str = "inspector2.amazonaws.com";
/// What data keys are bound to.
const BOUND: &str = "aws:inspector2:arn";

/// Inspector of a region, for what scans of a registry found.
fn inspector(registry: &Registry) -> Grantee {
    let Registry {
        account, region, ..
    } = registry;
    let arn = Arn::new("inspector2", region, account, "findings").to_string();
    Grantee {
        service: SERVICE,
        principal: format!("inspector2.{region}.amazonaws.com"),
        bound: [(BOUND.to_owned(), arn.clone())].into(),
        arn,
    }
}

impl Catalog {
    /// ARN of the key of KMS that findings are put under, if there is one.
    pub async fn scan_key(&self, registry: &Registry) -> Result<Option<String>, EcrError> {
        let keys = registry.keys();
        let Some(id) = self.sealing(&keys).await?.key else {
            return Ok(None);
        };
        let found = self.read::<ScanKey>(&keys.scan_key(&id)).await?;
        Ok(found.map(|it| it.record.key))
    }

    /// From now on findings are put under this key of KMS, which the caller lets Inspector use, or under none; what is there
    /// already is moved.
    pub async fn set_scan_key(
        &self,
        call: &Call,
        registry: &Registry,
        named: Option<&str>,
    ) -> Result<(), EcrError> {
        if self.scan_key(registry).await?.as_deref() == named {
            return Ok(());
        }
        let keys = registry.keys();
        let Some(named) = named else {
            return self.use_scan_key(&call.permit, &keys, None).await;
        };
        let (kms, grantee) = (self.kms(EncryptionKind::Kms)?, inspector(registry));
        let key = key_of(&grantee, kms, call, named).await?;
        let grants = self.grants(kms);
        let begun = grants.begin(keys.scope(), grantee.about(&key)).await?;
        let made = async {
            let made = self.make_scan_key(kms, call, registry, &key, &begun).await;
            let made = made.map_err(EcrError::Kms)?;
            self.use_scan_key(&call.permit, &keys, Some((&made, &begun)))
                .await
        };
        let made = made.await;
        if made.is_err() {
            grants.let_go(&begun.at).await;
        }
        made
    }

    async fn make_scan_key(
        &self,
        kms: &dyn Kms,
        call: &Call,
        registry: &Registry,
        key: &str,
        begun: &Begun,
    ) -> Result<ScanKey, Fault> {
        let grantee = inspector(registry);
        let grant = grant_on(&grantee, kms, call, key, &begun.name).await?;
        let own = self.own_call(registry, &grantee);
        let made = wharf_datakeys::make(kms, &own, key, grantee.bound).await?;
        Ok(ScanKey {
            key: key.to_owned(),
            sealed: BASE64.encode(made.sealed),
            grant,
            unknown: Default::default(),
        })
    }

    /// Puts what is found under a new data key from now on, whose grant is pending no more then, or under none.
    async fn use_scan_key(
        &self,
        permit: &Permit,
        keys: &Keys,
        made: Option<(&ScanKey, &Begun)>,
    ) -> Result<(), EcrError> {
        let (key, id) = (keys.scan_sealing(), ids::hex16());
        transact!(self.table(), permit, |tx| {
            let before: ScanSealing = tx.find(&key).await?.unwrap_or_default();
            if let Some((made, begun)) = made {
                tx.put(keys.scan_key(&id), made);
                tx.join(begun.ended());
            }
            let now = ScanSealing {
                key: made.map(|_| id.clone()),
                ..before.clone()
            };
            if now != before {
                tx.put(&key, &now);
            }
        });
        Ok(())
    }

    /// Under which data key what is found is put now.
    pub(crate) async fn sealing(&self, keys: &Keys) -> Result<ScanSealing, EcrError> {
        let found = self.read::<ScanSealing>(&keys.scan_sealing()).await?;
        Ok(found.map(|it| it.record).unwrap_or_default())
    }

    /// The blobs as those under a data key are read and written. KMS is asked where there is one.
    ///
    /// # Errors
    /// [`EcrError::Shut`]: KMS lets Inspector use the key no more.
    pub(crate) async fn blobs_under(
        &self,
        registry: &Registry,
        id: Option<&str>,
    ) -> Result<Blobs, EcrError> {
        let Some(id) = id else {
            return Ok(self.blobs().clone());
        };
        let found = self.read::<ScanKey>(&registry.keys().scan_key(id)).await?;
        let gone = || EcrError::ScanBroke(format!("the data key {id} is gone"));
        let found = found.ok_or_else(gone)?.record;
        let (kms, grantee) = (self.kms(EncryptionKind::Kms)?, inspector(registry));
        let call = self.own_call(registry, &grantee);
        // What does not decode does not open either.
        let sealed = BASE64.decode(&found.sealed).unwrap_or_default();
        let opened = wharf_datakeys::open(kms, &call, sealed, grantee.bound).await;
        let opened = opened.map_err(|fault| match fault.lasts() {
            true => EcrError::Shut(fault),
            false => EcrError::Kms(fault),
        })?;
        Ok(self.blobs().under(Lock::new(*opened.bytes(), Layers::One)))
    }

    /// The grant of a data key that nothing is under any more goes back. What KMS refuses for good stays: such a grant lets
    /// Inspector do nothing, since the data key is gone.
    ///
    /// # Errors
    /// It is to be tried again.
    pub(crate) async fn retire_scan_key(
        &self,
        keys: &Keys,
        id: &str,
        key: &ScanKey,
    ) -> Result<(), EcrError> {
        let (kms, grantee) = (self.kms(EncryptionKind::Kms)?, inspector(&keys.registry()));
        // Versions before wrote a data key down before it was made: one that a kill cut short has no grant yet, or one by that name.
        let which = match key.grant.is_empty() {
            true => Which::Named(format!("inspector2-findings-{id}")),
            false => Which::Id(key.grant.clone()),
        };
        let (grants, about) = (self.grants(kms), grantee.about(&key.key));
        let retired = grants.retire(keys.scope(), about, which).await;
        retired.map_err(EcrError::Kms)
    }
}
