//! What every operation and loop of the service works with.

use std::sync::Arc;

use tokio::sync::Semaphore;
use wharf_base::Timestamp;
use wharf_reconcile::{Queue, Shard};
use wharf_records::{Record as _, Unknown};
use wharf_seal::Secret;
use wharf_service::{Changes, Place, Stored, Table, transact};
use wharf_wire::{Call, Caller, Fault};

use crate::{
    config::Parts,
    fault::{self, KmsFaults},
    grants, managed,
    names::{self, Asked},
    records::{Alias, Grant, Key, Material, grantee_prefix, material_id, purpose},
};

pub struct Core {
    pub parts: Parts,
    pub table: Table<KmsFaults>,
    /// Keys of records of keys that may have to be rotated or destroyed.
    pub due: Arc<Queue<String>>,
    pub shard: Shard,
    /// How many keys may be made at once.
    pub generating: Semaphore,
}

/// Making an RSA key takes a core for up to seconds.
const GENERATED_AT_ONCE: usize = 2;

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<KmsFaults>;

/// A key that a request named.
#[derive(Debug, Clone)]
pub struct Found {
    pub place: Place,
    pub id: String,
    pub stored: Stored<Key>,
    /// The alias that it was named by.
    pub alias: Option<String>,
}

impl Found {
    pub fn arn(&self) -> String {
        names::key_arn(&self.place, &self.id)
    }

    pub fn key(&self) -> &Key {
        &self.stored.record
    }

    /// Refuses a key that waits to be deleted.
    pub fn kept(self) -> Result<Self, Fault> {
        match self.key().deletion {
            None => Ok(self),
            Some(_) => Err(fault::pending_deletion(&self.arn())),
        }
    }

    /// Refuses a key that nothing can be done with now.
    pub fn usable(self) -> Result<Self, Fault> {
        let it = self.kept()?;
        if it.key().external.is_some_and(|it| !it.present) {
            return Err(fault::pending_import(&it.arn()));
        }
        match it.key().enabled {
            true => Ok(it),
            false => Err(fault::disabled(&it.arn())),
        }
    }
}

/// What a `KeyId` stands for.
#[derive(Debug, Clone)]
pub enum Target {
    Key(Box<Found>),
    /// There is no key with this ARN.
    NoKey(String),
    /// There is no alias with this ARN.
    NoAlias(String),
    /// A service's key that nobody has used yet.
    Unmade(managed::Manager),
}

impl Core {
    pub fn new(parts: Parts) -> Self {
        Self {
            table: Table::new(parts.store.clone()),
            parts,
            due: Arc::default(),
            shard: Shard::new("/w1/c0/kms/shard/0"),
            generating: Semaphore::new(GENERATED_AT_ONCE),
        }
    }

    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// What a `KeyId` in a request made at a place stands for.
    ///
    /// # Errors
    /// It stands for no key; the store's.
    pub async fn target(&self, at: &Place, given: &str) -> Result<Target, Fault> {
        let (place, id, alias) = match names::asked(at, given)? {
            Asked::Key { place, id } => (place, id, None),
            Asked::Alias { place, name } => {
                let Some(alias) = self.table.read::<Alias>(&alias_key(&place, &name)).await? else {
                    let unmade = managed::of_alias(&name).filter(|_| place == *at);
                    let arn = names::alias_arn(&place, &name);
                    return Ok(unmade.map_or(Target::NoAlias(arn), Target::Unmade));
                };
                (place, alias.record.key, Some(name))
            }
        };
        let stored = self.table.read::<Key>(&key(&place, &id)).await?;
        // One whose time is over is gone, even while it is still being destroyed.
        let now = self.now();
        let mut there = stored.filter(|it| it.record.deletion.is_none_or(|it| now < it.due_at));
        // So is material, of which the key itself is left.
        if let Some(external) = there.as_mut().and_then(|it| it.record.external.as_mut()) {
            external.present = external.is_there(now);
        }
        Ok(match there {
            None => Target::NoKey(names::key_arn(&place, &id)),
            Some(stored) => Target::Key(Box::new(Found {
                place,
                id,
                stored,
                alias,
            })),
        })
    }

    /// The key that a `KeyId` stands for, whatever its state.
    ///
    /// # Errors
    /// There is none.
    pub async fn find(&self, at: &Place, given: Option<&str>) -> Result<Found, Fault> {
        match self.target(at, given.unwrap_or_default()).await? {
            Target::Key(found) => Ok(*found),
            Target::NoKey(arn) => Err(fault::no_key(&arn)),
            Target::NoAlias(arn) => Err(fault::no_alias(&arn)),
            Target::Unmade(manager) => {
                Err(fault::no_alias(&names::alias_arn(at, &manager.alias())))
            }
        }
    }

    /// The same, of operations that take no alias.
    ///
    /// # Errors
    /// An alias; there is none.
    pub async fn find_by_id(&self, at: &Place, given: Option<&str>) -> Result<Found, Fault> {
        let text = given.unwrap_or_default();
        if let Asked::Alias { .. } = names::asked(at, text)? {
            return Err(fault::bad_key_id(text));
        }
        self.find(at, given).await
    }

    /// The grants of a key that name the caller.
    ///
    /// # Errors
    /// The store's.
    pub async fn grants_for(&self, found: &Found, caller: &Caller) -> Result<Vec<Grant>, Fault> {
        let scope = names::scope(&found.place);
        let mut all = Vec::new();
        for name in grants::names_of(caller) {
            let prefix = grantee_prefix(&found.id, &name);
            let grants = self.table.all::<Grant>(&scope, &prefix).await?;
            all.extend(grants.into_iter().map(|(_, it)| it.record));
        }
        Ok(all)
    }

    /// A material as it is stored.
    pub fn seal(&self, place: &Place, id: &str, number: u32, secret: &Secret) -> Material {
        let purpose = purpose(place, &material_id(id, number));
        Material {
            sealed: self.parts.keyring.seal(secret.expose(), &purpose),
            unknown: Unknown::new(),
        }
    }

    /// One of a key's materials, open; `None` if the key never had it.
    ///
    /// # Errors
    /// It does not open; the store's.
    pub async fn material(&self, found: &Found, number: u32) -> Result<Option<Secret>, Fault> {
        let id = material_id(&found.id, number);
        let key = material_key(&found.place, &id);
        let Some(stored) = self.table.read::<Material>(&key).await? else {
            return Ok(None);
        };
        let purpose = purpose(&found.place, &id);
        let opened = self.parts.keyring.open(&stored.record.sealed, &purpose);
        opened.map(Some).map_err(|error| fault::internal(&error))
    }

    /// The material that a key works with, and its number.
    ///
    /// # Errors
    /// As [`Core::material`].
    pub async fn current(&self, found: &Found) -> Result<(u32, Secret), Fault> {
        let number = current_number(found.key());
        let secret = self.material(found, number).await?;
        let secret = secret.ok_or_else(|| fault::internal(&NoMaterial))?;
        Ok((number, secret))
    }

    /// Reads a key once more, changes and writes it until nobody came between.
    ///
    /// # Errors
    /// Those of `change`; somebody deleted it meanwhile; the store's.
    pub async fn change(
        &self,
        call: &Call,
        found: &Found,
        change: impl Fn(&mut Key) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        transact!(self.table, &call.permit, |tx| {
            let mut key = again(&mut tx, found).await?;
            let before = key.clone();
            change(&mut key)?;
            if key != before {
                tx.put(&found.stored.key, &key);
            }
        });
        Ok(())
    }
}

/// The number of the material that a key works with.
pub fn current_number(key: &Key) -> u32 {
    u32::try_from(key.materials.len().saturating_sub(1)).unwrap_or(u32::MAX)
}

/// The same key once more, in a transaction.
///
/// # Errors
/// It was destroyed meanwhile.
pub async fn again(tx: &mut Changes<'_, KmsFaults>, found: &Found) -> Result<Key, Fault> {
    let key = tx.find::<Key>(&found.stored.key).await?;
    key.ok_or_else(|| fault::no_key(&found.arn()))
}

pub fn key(place: &Place, id: &str) -> String {
    names::scope(place).key(Key::KIND, id)
}

/// `name` is the whole one, `alias/app`.
pub fn alias_key(place: &Place, name: &str) -> String {
    names::scope(place).key(Alias::KIND, name)
}

pub fn material_key(place: &Place, id: &str) -> String {
    names::scope(place).key(Material::KIND, id)
}

#[derive(Debug, thiserror::Error)]
#[error("the material of a key is gone")]
struct NoMaterial;
