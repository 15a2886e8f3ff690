//! What every operation and loop of the service works with.

use std::sync::Arc;

use wharf_base::{Permit, Timestamp};
use wharf_reconcile::{Queue, Shard};
use wharf_records::Record as _;
use wharf_seal::Secret;
use wharf_service::{Changes, Place, Shares, Stored, Table};
use wharf_store::Compare;
use wharf_wire::{Call, Fault};

use crate::{
    config::Parts,
    fault::{self, SsmFaults},
    names::{self, scope},
    public::Public,
    records::{Kind, Meta, Parameter, Setting, Version, purpose, version_id},
    under_key,
};

pub struct Core {
    pub parts: Parts,
    pub table: Table<SsmFaults>,
    pub public: Public,
    /// Keys of parameters that may have to be deleted.
    pub expirations: Arc<Queue<String>>,
    pub shard: Shard,
    /// Turns of those whose values are held against patterns.
    pub matching: Shares,
}

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<SsmFaults>;

impl Core {
    pub fn new(parts: Parts) -> Self {
        Self {
            table: Table::new(parts.store.clone()),
            public: Public::new(&parts.facts, parts.clock.now()),
            parts,
            expirations: Arc::default(),
            shard: Shard::new("/w1/c0/ssm/shard/0"),
            matching: Shares::of_processors(),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// The parameter of that name, unless its time is over.
    ///
    /// # Errors
    /// The store's.
    pub async fn look(
        &self,
        place: &Place,
        key_name: &str,
    ) -> Result<Option<Stored<Parameter>>, ChangeError> {
        let stored = self.table.read::<Parameter>(&key(place, key_name)).await?;
        let now = self.now();
        Ok(stored.filter(|it| !it.record.is_expired(now)))
    }

    /// As [`Core::look`].
    ///
    /// # Errors
    /// There is none; the store's.
    pub async fn find(&self, place: &Place, key_name: &str) -> Result<Stored<Parameter>, Fault> {
        let found = self.look(place, key_name).await?;
        found.ok_or_else(fault::not_found)
    }

    /// A version of a parameter.
    ///
    /// # Errors
    /// It has gone since the parameter was read; the store's.
    pub async fn version(
        &self,
        place: &Place,
        parameter: &Parameter,
        version: u64,
    ) -> Result<Version, Fault> {
        let key = version_key(place, parameter, version);
        let found = self.table.read::<Version>(&key).await?;
        let found =
            found.ok_or_else(|| fault::no_version(&parameter.name, &version.to_string()))?;
        Ok(found.record)
    }

    /// A version as it is stored.
    ///
    /// # Errors
    /// Those of KMS, if it is under a key.
    pub async fn stored(
        &self,
        call: &Call,
        parameter: &Parameter,
        meta: Meta,
        value: &str,
    ) -> Result<Version, Fault> {
        let place = Place::of(call);
        let mut version = Version {
            text: None,
            sealed: None,
            locked: None,
            meta,
            unknown: Default::default(),
        };
        match (version.meta.kind, &version.meta.key_id) {
            (Kind::SecureString, Some(key)) => {
                let (kms, arn) = (&*self.parts.kms, names::arn(&place, &parameter.name));
                version.locked = Some(under_key::lock(kms, call, key, &arn, value).await?);
            }
            (Kind::SecureString, None) => {
                let purpose = purpose(&scope(&place), &id(parameter, parameter.latest));
                version.sealed = Some(self.parts.keyring.seal(value.as_bytes(), &purpose));
            }
            _ => version.text = Some(value.to_owned()),
        }
        Ok(version)
    }

    /// The value of a version: of a SecureString the envelope, unless it is to be opened.
    ///
    /// # Errors
    /// It does not open; those of KMS, if it is under a key.
    pub async fn value(
        &self,
        call: &Call,
        parameter: &Parameter,
        number: u64,
        version: &Version,
        decrypt: bool,
    ) -> Result<String, Fault> {
        let place = &Place::of(call);
        let text = |opened: Secret| {
            let text = opened.expose_str().map(str::to_owned);
            text.ok_or_else(|| fault::unreadable(&NotText))
        };
        if let Some(locked) = &version.locked {
            if !decrypt {
                return Ok(locked.blob.clone());
            }
            let key = version.meta.key_id.as_deref().unwrap_or_default();
            let (kms, arn) = (&*self.parts.kms, names::arn(place, &parameter.name));
            return text(under_key::unlock(kms, call, key, &arn, locked).await?);
        }
        let Some(sealed) = &version.sealed else {
            return Ok(version.text.clone().unwrap_or_default());
        };
        if !decrypt {
            return Ok(sealed.encode());
        }
        let purpose = purpose(&scope(place), &id(parameter, number));
        let opened = self.parts.keyring.open(sealed, &purpose);
        text(opened.map_err(|error| fault::unreadable(&error))?)
    }

    /// Reads a parameter once more, changes and writes it until nobody came between.
    ///
    /// # Errors
    /// Those of `change`; there is none; the store's.
    pub async fn change<R>(
        &self,
        call: &Call,
        place: &Place,
        key_name: &str,
        mut change: impl FnMut(&mut Parameter) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let now = self.now();
        let checked = |parameter: &mut Parameter| match parameter.is_expired(now) {
            true => Err(fault::not_found()),
            false => change(parameter),
        };
        let key = key(place, key_name);
        let changed = self.table.change(&call.permit, &key, checked).await?;
        changed
            .map(|(_, result)| result)
            .ok_or_else(fault::not_found)
    }

    /// Removes a parameter with all its versions, unless somebody changed it since it was read.
    ///
    /// # Errors
    /// Somebody did; the store's.
    pub async fn remove(
        &self,
        permit: &Permit,
        place: &Place,
        stored: &Stored<Parameter>,
        fence: Option<Compare>,
    ) -> Result<(), ChangeError> {
        let mut change = self.table.begin();
        if let Some(fence) = fence {
            change.fence(fence);
        }
        change.when(stored.unchanged());
        delete(&mut change, place, &stored.key, &stored.record);
        change.write(permit).await
    }

    /// A setting of the account's in a region, if it is not at its default.
    ///
    /// # Errors
    /// The store's.
    pub async fn setting(&self, place: &Place, path: &str) -> Result<Option<Setting>, ChangeError> {
        let stored = self
            .table
            .read::<Setting>(&setting_key(place, path))
            .await?;
        Ok(stored.map(|it| it.record))
    }
}

/// Deletes a parameter with all its versions, on the caller's condition that it stands as it was read.
pub fn delete(
    change: &mut Changes<'_, SsmFaults>,
    place: &Place,
    key: &str,
    parameter: &Parameter,
) {
    for version in parameter.oldest..=parameter.latest {
        change.delete(version_key(place, parameter, version));
    }
    change.delete(key);
}

/// The id of a version's record.
fn id(parameter: &Parameter, version: u64) -> String {
    version_id(names::key_name(&parameter.name), &parameter.id, version)
}

pub fn key(place: &Place, key_name: &str) -> String {
    scope(place).key(Parameter::KIND, key_name)
}

pub fn version_key(place: &Place, parameter: &Parameter, version: u64) -> String {
    scope(place).key(Version::KIND, &id(parameter, version))
}

pub fn setting_key(place: &Place, path: &str) -> String {
    scope(place).key(Setting::KIND, path)
}

#[derive(Debug)]
struct NotText;

impl std::fmt::Display for NotText {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a stored text is not UTF-8")
    }
}

impl std::error::Error for NotText {}
