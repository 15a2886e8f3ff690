//! What every operation and loop of the service works with.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_base::Timestamp;
use wharf_delivery::Operations;
use wharf_reconcile::{Queue, Shard};
use wharf_records::Record as _;
use wharf_seal::Secret as Opened;
use wharf_service::{Changes, Place, Stored, Table, queue_of_accounts, transact};
use wharf_wire::{Call, Context, Fault};

pub use crate::content::Content;
use crate::{
    config::Parts,
    fault::{self, SecretFaults},
    kms, names,
    records::{Replica, Secret, Value, purpose, value_id},
    rotating::Endpoints,
};

pub struct Core {
    pub parts: Parts,
    pub table: Table<SecretFaults>,
    /// Keys of secrets that may have to be removed or rotated.
    pub changed: Arc<Queue<String>>,
    pub shard: Shard,
    /// All operations of the installation, once it has them: a rotation may start a task.
    pub operations: OnceLock<Arc<dyn Operations>>,
    /// To the endpoints that rotate secrets.
    pub endpoints: Endpoints,
}

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<SecretFaults>;

/// A secret that a request named.
#[derive(Debug)]
pub struct Found {
    pub name: String,
    /// Where it was asked for: its own place, or that of a replica.
    pub shown_at: Place,
    /// Where the secret itself lives.
    pub place: Place,
    pub stored: Stored<Secret>,
}

impl Found {
    /// Its ARN, as it is where it was asked for.
    pub fn arn(&self) -> String {
        names::arn(&self.shown_at, &self.name, &self.stored.record.suffix)
    }

    pub fn secret(&self) -> &Secret {
        &self.stored.record
    }

    /// Where the value of a version is.
    pub fn slot<'a>(&'a self, version: &'a str) -> Slot<'a> {
        let keeps_own = self.secret().copies.contains_key(&self.shown_at.region);
        Slot {
            place: match keeps_own {
                true => &self.shown_at,
                false => &self.place,
            },
            name: &self.name,
            suffix: &self.secret().suffix,
            version,
        }
    }

    pub fn is_replica(&self) -> bool {
        self.shown_at != self.place
    }

    /// Refuses a secret that is marked for deletion.
    pub fn usable(self) -> Result<Self, Fault> {
        match self.secret().deletion {
            None => Ok(self),
            Some(_) => Err(fault::deleted()),
        }
    }

    /// Refuses a replica: what is changed is the primary.
    pub fn primary(self) -> Result<Self, Fault> {
        match self.is_replica() {
            false => Ok(self),
            true => Err(fault::replica()),
        }
    }
}

/// Where the value of one version of a secret is, and what it is sealed for.
#[derive(Debug, Clone, Copy)]
pub struct Slot<'a> {
    pub place: &'a Place,
    pub name: &'a str,
    pub suffix: &'a str,
    pub version: &'a str,
}

impl Slot<'_> {
    fn id(&self) -> String {
        value_id(self.name, self.suffix, self.version)
    }

    /// The key of its record.
    pub fn key(&self) -> String {
        value_key(self.place, &self.id())
    }

    /// Of the secret.
    fn arn(&self) -> String {
        names::arn(self.place, self.name, self.suffix)
    }
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        let endpoints = Endpoints::new(&parts.egress);
        Self {
            table: Table::new(parts.store.clone()),
            parts,
            changed: queue_of_accounts(),
            shard: Shard::new("/w1/c0/secretsmanager/shard/0"),
            operations: OnceLock::new(),
            endpoints,
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// The secret or replica that a `SecretId` stands for, whatever its state.
    ///
    /// # Errors
    /// There is none.
    pub async fn find(&self, at: &Place, secret_id: Option<&str>) -> Result<Found, Fault> {
        let found = self.look(at, secret_id).await?;
        found.ok_or_else(fault::no_secret)
    }

    /// As [`Core::find`]; `None` if there is none.
    ///
    /// # Errors
    /// An ARN of something else; the store's.
    pub async fn look(&self, at: &Place, secret_id: Option<&str>) -> Result<Option<Found>, Fault> {
        let asked = names::asked(at, secret_id.unwrap_or_default())?;
        for (name, suffix) in asked.candidates {
            let found = self.named(&asked.place, &name).await?;
            let fits = |it: &Found| {
                suffix
                    .as_ref()
                    .is_none_or(|it_is| *it_is == it.secret().suffix)
            };
            if let Some(found) = found.filter(fits) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    async fn named(&self, at: &Place, name: &str) -> Result<Option<Found>, ChangeError> {
        let found = |place: Place, stored| Found {
            name: name.to_owned(),
            shown_at: at.clone(),
            place,
            stored,
        };
        if let Some(stored) = self.table.read(&key(at, name)).await? {
            return Ok(Some(found(at.clone(), stored)));
        }
        let replica = self.table.read::<Replica>(&replica_key(at, name)).await?;
        let Some(replica) = replica else {
            return Ok(None);
        };
        let primary = Place::new(&at.account, &replica.record.primary_region);
        let stored = self.table.read(&key(&primary, name)).await?;
        Ok(stored.map(|stored| found(primary, stored)))
    }

    /// A value as it is stored for a version of a secret, and the ARN of the key of KMS that it is under.
    ///
    /// # Errors
    /// Those of KMS, if there is a key.
    pub async fn seal(
        &self,
        call: &Call,
        slot: &Slot<'_>,
        key: Option<&str>,
        content: &Content,
    ) -> Result<(Value, Option<String>), Fault> {
        let purpose = purpose(&names::scope(slot.place), &slot.id());
        let keyring = &self.parts.keyring;
        let value = |bytes: &[u8], data_key| Value {
            sealed: keyring.seal(bytes, &purpose),
            binary: matches!(content, Content::Binary(_)),
            data_key,
            unknown: Default::default(),
        };
        let Some(key) = key else {
            return Ok((value(content.bytes(), None), None));
        };
        let kms = &*self.parts.kms;
        let call = within(call, slot.place);
        let made = kms::data_key(kms, &call, key, &slot.arn(), slot.version).await?;
        let inner = wharf_seal::seal_once(made.open.bytes(), content.bytes(), &purpose);
        let data_key = Some(BASE64.encode(&made.sealed));
        Ok((value(&inner, data_key), Some(made.key.clone())))
    }

    /// The values that replicas keep themselves for a version, with the keys of their records.
    ///
    /// # Errors
    /// Those of KMS: the caller may not use the key of a replica, or it cannot be used.
    pub async fn copies(
        &self,
        call: &Call,
        slot: &Slot<'_>,
        copies: &BTreeMap<String, Option<String>>,
        content: &Content,
    ) -> Result<Vec<(String, Value)>, Fault> {
        let mut values = Vec::new();
        for (region, key) in copies {
            let there = Place::new(&slot.place.account, region);
            let slot = Slot {
                place: &there,
                ..*slot
            };
            let sealed = self.seal(call, &slot, key.as_deref(), content);
            values.push((slot.key(), sealed.await?.0));
        }
        Ok(values)
    }

    /// The content of a stored value.
    ///
    /// # Errors
    /// It does not open, or is not what it says; those of KMS.
    pub async fn open(
        &self,
        call: &Call,
        slot: &Slot<'_>,
        value: &Value,
    ) -> Result<Content, Fault> {
        let purpose = purpose(&names::scope(slot.place), &slot.id());
        let mut opened: Opened = self
            .parts
            .keyring
            .open(&value.sealed, &purpose)
            .map_err(|error| fault::unreadable(&error))?;
        if let Some(data_key) = &value.data_key {
            let sealed = BASE64.decode(data_key);
            let sealed = sealed.map_err(|error| fault::unreadable(&error))?;
            let kms = &*self.parts.kms;
            let call = within(call, slot.place);
            let key = kms::open(kms, &call, sealed, &slot.arn(), slot.version).await?;
            let inner = wharf_seal::open_once(key.bytes(), opened.expose(), &purpose);
            opened = inner.map_err(|error| fault::unreadable(&error))?;
        }
        Content::opened(&opened, value.binary).map_err(|error| fault::unreadable(&error))
    }

    /// The value of a version that a secret says it has.
    ///
    /// # Errors
    /// As [`Core::open`].
    pub async fn value(&self, call: &Call, found: &Found, version: &str) -> Result<Content, Fault> {
        let slot = found.slot(version);
        let stored = self.table.read::<Value>(&slot.key()).await?;
        let stored = stored.ok_or_else(|| fault::no_value(&format!("VersionId: {version}")))?;
        self.open(call, &slot, &stored.record).await
    }

    /// Reads a secret once more, changes and writes it until nobody came between.
    ///
    /// # Errors
    /// Those of `change`; somebody deleted it meanwhile; the store's.
    pub async fn change(
        &self,
        call: &Call,
        found: &Found,
        change: impl Fn(&mut Secret) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        transact!(self.table, &call.permit, |tx| {
            let mut secret = again(&mut tx, found).await?;
            change(&mut secret)?;
            tx.put(&found.stored.key, &secret);
        });
        Ok(())
    }
}

/// The call as it asks KMS where a value is.
fn within(call: &Call, place: &Place) -> Call {
    let context = Context {
        region: place.region.clone(),
        ..call.context().clone()
    };
    Call::by_controller(context, call.permit.clone())
}

/// The same secret once more, in a transaction.
///
/// # Errors
/// Somebody deleted it meanwhile.
pub async fn again(tx: &mut Changes<'_, SecretFaults>, found: &Found) -> Result<Secret, Fault> {
    let secret = tx.find::<Secret>(&found.stored.key).await?;
    let same = secret.filter(|it| it.suffix == found.secret().suffix);
    same.ok_or_else(fault::no_secret)
}

pub fn key(place: &Place, name: &str) -> String {
    names::scope(place).key(Secret::KIND, name)
}

pub fn value_key(place: &Place, id: &str) -> String {
    names::scope(place).key(Value::KIND, id)
}

pub fn replica_key(place: &Place, name: &str) -> String {
    names::scope(place).key(Replica::KIND, name)
}
