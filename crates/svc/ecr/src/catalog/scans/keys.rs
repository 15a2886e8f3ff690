//! What enhanced scans found, under a key of KMS where the account has Inspector use one.
//!
//! A registry has a data key then, and another one each time it is told of a key ([`ScanKey`]); which is used says
//! [`ScanSealing`]. A scan says under which its blobs are, so those of before are read until they were moved
//! (`scanning::moving`). Nothing of a data key is kept between requests: a key that is disabled shuts what was found at
//! once. KMS lets Inspector use the key by a grant, which is made by who names it. That a data key is being made is written
//! down first, with what its grant is called: of one that was cut short the grant is found by that and given back
//! (`scanning::moving`).

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_api_kms::{Kms, ListRetirableGrantsRequest};
use wharf_base::{Arn, Permit, ids};
use wharf_blobs::{Blobs, Layers, Lock};
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    catalog::{
        Catalog, Registry,
        encryption::{Grantee, grant_on, key_of, retire},
    },
    error::EcrError,
    records::{EncryptionKind, Keys, Making, ScanKey, ScanSealing},
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
        let begun = ScanKey {
            key: key_of(&grantee, kms, call, named).await?,
            sealed: String::new(),
            grant: String::new(),
            making: Some(Making {
                since: self.wants().now(),
                given_up: false,
            }),
            unknown: Default::default(),
        };
        let id = ids::hex16();
        let at = keys.scan_key(&id);
        transact!(self.table(), &call.permit, |tx| {
            tx.put(&at, &begun);
        });
        match self.make_scan_key(kms, call, registry, &id, begun).await {
            Ok(made) => {
                let used = self
                    .use_scan_key(&call.permit, &keys, Some((id.as_str(), &made)))
                    .await;
                // Who gave it up may have looked for its grant before that was there. What failed may have been written all the
                // same: then it is of use.
                if used.is_err()
                    && let Ok(found) = self.read::<ScanKey>(&at).await
                    && found.is_none_or(|it| it.record.making.is_some())
                {
                    self.retire_grant(registry, &grantee, &made.key, &made.grant)
                        .await;
                }
                used
            }
            Err(refused) => {
                // A refusal has left nothing behind. Of what else may have happened the record stays, until its grant was looked
                // for.
                if refused.lasts() {
                    transact!(self.table(), &call.permit, |tx| {
                        tx.delete(&at);
                    });
                }
                Err(EcrError::Kms(refused))
            }
        }
    }

    async fn make_scan_key(
        &self,
        kms: &dyn Kms,
        call: &Call,
        registry: &Registry,
        id: &str,
        begun: ScanKey,
    ) -> Result<ScanKey, Fault> {
        let grantee = inspector(registry);
        let name = Some(grant_name(id));
        let grant = grant_on(&grantee, kms, call, &begun.key, name).await?;
        let own = self.own_call(registry, &grantee);
        let made = wharf_datakeys::make(kms, &own, &begun.key, grantee.bound.clone()).await;
        match made {
            Ok(made) => Ok(ScanKey {
                sealed: BASE64.encode(made.sealed),
                grant,
                making: None,
                ..begun
            }),
            Err(refused) => {
                retire(kms, &own, &begun.key, &grant).await?;
                Err(refused)
            }
        }
    }

    /// Puts what is found under a data key from now on, by its id, or under none.
    async fn use_scan_key(
        &self,
        permit: &Permit,
        keys: &Keys,
        made: Option<(&str, &ScanKey)>,
    ) -> Result<(), EcrError> {
        let key = keys.scan_sealing();
        transact!(self.table(), permit, |tx| {
            let before: ScanSealing = tx.find(&key).await?.unwrap_or_default();
            if let Some((id, made)) = made {
                let at = keys.scan_key(id);
                let begun: Option<ScanKey> = tx.find(&at).await?;
                let making = begun.and_then(|it| it.making);
                if making.is_none_or(|it| it.given_up) {
                    return Err(EcrError::Contention);
                }
                tx.put(at, made);
            }
            let now = ScanSealing {
                key: made.map(|(id, _)| id.to_owned()),
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

    /// The grant of a data key that nothing is under any more goes back, or that of one that was never finished.
    ///
    /// # Errors
    /// It is to be tried again. What KMS refuses for good stays: such a grant lets Inspector do nothing, since the data key
    /// is gone.
    pub(crate) async fn retire_scan_key(
        &self,
        registry: &Registry,
        id: &str,
        key: &ScanKey,
    ) -> Result<(), EcrError> {
        let (kms, grantee) = (self.kms(EncryptionKind::Kms)?, inspector(registry));
        let own = self.own_call(registry, &grantee);
        let retired = async {
            let grants = match key.grant.is_empty() {
                true => self.grants_named(kms, registry, id, key).await?,
                false => vec![key.grant.clone()],
            };
            for grant in grants {
                retire(kms, &own, &key.key, &grant).await?;
            }
            Ok::<(), Fault>(())
        };
        match retired.await {
            Ok(()) => Ok(()),
            Err(fault) if fault.lasts() => {
                tracing::warn!(
                    resource = grantee.arn,
                    key = key.key,
                    why = fault.message,
                    "failed to retire a grant that is of no more use"
                );
                Ok(())
            }
            Err(fault) => Err(EcrError::Kms(fault)),
        }
    }

    /// The grants that were made for a data key, as KMS knows them where the key is.
    async fn grants_named(
        &self,
        kms: &dyn Kms,
        registry: &Registry,
        id: &str,
        key: &ScanKey,
    ) -> Result<Vec<String>, Fault> {
        let grantee = inspector(registry);
        let home = key.key.parse::<Arn>();
        let account = home.map_or(registry.account.clone(), |it| it.account);
        let there = Registry::new(account, &registry.region);
        let call = self.own_call(&there, &grantee);
        let (name, mut marker) = (grant_name(id), None);
        let mut found = Vec::new();
        loop {
            let input = ListRetirableGrantsRequest {
                retiring_principal: Some(grantee.principal.clone()),
                marker,
                ..ListRetirableGrantsRequest::default()
            };
            let listed = kms.list_retirable_grants(&call, input).await?;
            let grants = listed.grants.unwrap_or_default().into_iter();
            let named = grants.filter(|it| it.name.as_ref() == Some(&name));
            found.extend(named.filter_map(|it| it.grant_id));
            marker = listed.next_marker;
            if marker.is_none() {
                return Ok(found);
            }
        }
    }
}

/// By which the grant of a data key is found before its id was written down.
fn grant_name(id: &str) -> String {
    format!("inspector2-findings-{id}")
}
