//! What every operation and loop of the service works with.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_reconcile::{Queue, Shard};
use wharf_records::Record as _;
use wharf_seal::Secret as Opened;
use wharf_service::{Changes, Place, Stored, Table, transact};
use wharf_wire::{Call, Fault};

use crate::{
    config::Parts,
    fault::{self, SecretFaults},
    names,
    records::{Replica, Secret, Value, purpose, value_id},
};

pub struct Core {
    pub parts: Parts,
    pub table: Table<SecretFaults>,
    /// Keys of secrets that may have to be removed.
    pub removals: Arc<Queue<String>>,
    pub shard: Shard,
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

/// The text or the bytes of a version.
#[derive(Clone, PartialEq)]
pub enum Content {
    Text(String),
    Binary(Vec<u8>),
}

impl Content {
    /// What a request gives; `None` if it gives nothing.
    ///
    /// # Errors
    /// It gives both.
    pub fn given(text: Option<String>, binary: Option<Vec<u8>>) -> Result<Option<Self>, Fault> {
        match (text, binary) {
            (Some(_), Some(_)) => Err(fault::parameter(
                "You can't specify both a binary secret value and a string secret value in the same \
                 secret.",
            )),
            (Some(text), None) => Ok(Some(Self::Text(text))),
            (None, Some(binary)) => Ok(Some(Self::Binary(binary))),
            (None, None) => Ok(None),
        }
    }

    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        Self {
            table: Table::new(parts.store.clone()),
            parts,
            removals: Arc::default(),
            shard: Shard::new("/w1/c0/secretsmanager/shard/0"),
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

    /// A value as it is stored for a version of a secret.
    pub fn seal(&self, place: &Place, id: &str, content: &Content) -> Value {
        let purpose = purpose(&names::scope(place), id);
        Value {
            sealed: self.parts.keyring.seal(content.bytes(), &purpose),
            binary: matches!(content, Content::Binary(_)),
            unknown: Default::default(),
        }
    }

    /// The content of a stored value.
    ///
    /// # Errors
    /// It does not open, or is not what it says.
    pub fn open(&self, place: &Place, id: &str, value: &Value) -> Result<Content, Fault> {
        let purpose = purpose(&names::scope(place), id);
        let opened: Opened = self
            .parts
            .keyring
            .open(&value.sealed, &purpose)
            .map_err(|error| fault::unreadable(&error))?;
        if value.binary {
            return Ok(Content::Binary(opened.expose().to_vec()));
        }
        let text = opened.expose_str().map(str::to_owned);
        text.map(Content::Text)
            .ok_or_else(|| fault::unreadable(&NotText))
    }

    /// The value of a version that a secret says it has.
    ///
    /// # Errors
    /// As [`Core::open`].
    pub async fn value(&self, found: &Found, version: &str) -> Result<Content, Fault> {
        let id = value_id(&found.name, &found.secret().suffix, version);
        let stored = self
            .table
            .read::<Value>(&value_key(&found.place, &id))
            .await?;
        let stored = stored.ok_or_else(|| fault::no_value(&format!("VersionId: {version}")))?;
        self.open(&found.place, &id, &stored.record)
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

#[derive(Debug)]
struct NotText;

impl std::fmt::Display for NotText {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("a stored text is not UTF-8")
    }
}

impl std::error::Error for NotText {}
