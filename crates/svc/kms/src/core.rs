//! What every operation and loop of the service works with.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_reconcile::{Queue, Shard};
use wharf_records::{Record as _, Unknown, decode, escape};
use wharf_seal::Secret;
use wharf_service::{Changes, Place, Shares, Stored, Table, queue_of_accounts, transact};
use wharf_store::Range;
use wharf_wire::{Call, Caller, Fault};

use crate::{
    config::Parts,
    family::Role,
    fault::{self, KmsFaults},
    grants, managed,
    names::{self, Asked},
    records::{
        Alias, Family, Grant, Key, Material, Principal, Schedule, grantee_prefix, material_id,
        purpose,
    },
};

pub struct Core {
    pub parts: Parts,
    pub table: Table<KmsFaults>,
    /// Keys of records of keys that may have to be rotated or destroyed.
    pub due: Arc<Queue<String>>,
    pub shard: Shard,
    /// Turns of those who make RSA keys.
    pub generating: Shares,
    /// Turns of those who use the private half of a key, which takes a core for milliseconds, or who look through many grants.
    pub private: Shares,
}

/// Making an RSA key takes a core for up to seconds.
const GENERATED_AT_ONCE: usize = 2;
const GENERATED_AT_ONCE_FOR_AN_ACCOUNT: usize = 1;

/// A record could not be read or written.
pub type ChangeError = wharf_service::ChangeError<KmsFaults>;

/// A key that a request named.
#[derive(Debug, Clone)]
pub struct Found {
    pub place: Place,
    pub id: String,
    pub stored: Stored<Key>,
    /// What it shares with those of other regions.
    pub family: Option<Stored<Family>>,
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
        kept(self.key(), &self.arn())?;
        Ok(self)
    }

    /// Refuses a key that nothing can be done with now.
    pub fn usable(self) -> Result<Self, Fault> {
        usable(self.key(), self.is_whole(), &self.arn())?;
        Ok(self)
    }
}

/// As [`Found::kept`].
///
/// # Errors
/// The key waits to be deleted.
pub fn kept(key: &Key, arn: &str) -> Result<(), Fault> {
    match key.deletion {
        None => Ok(()),
        Some(it) if it.due_at.is_none() => Err(fault::pending_replica_deletion(arn)),
        Some(_) => Err(fault::pending_deletion(arn)),
    }
}

/// As [`Found::usable`]; `is_there` says whether it has its material.
///
/// # Errors
/// The key waits for deletion or for its material; it is disabled.
pub fn usable(key: &Key, is_there: bool, arn: &str) -> Result<(), Fault> {
    kept(key, arn)?;
    match (is_there, key.enabled) {
        (false, _) => Err(fault::pending_import(arn)),
        (true, false) => Err(fault::disabled(arn)),
        (true, true) => Ok(()),
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
            due: queue_of_accounts(),
            shard: Shard::new("/w1/c0/kms/shard/0"),
            generating: Shares::new(GENERATED_AT_ONCE, GENERATED_AT_ONCE_FOR_AN_ACCOUNT),
            private: Shares::of_processors(),
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
        let found = self.load(place.clone(), id.clone()).await?;
        // One whose time is over is gone, even while it is still being destroyed.
        let now = self.now();
        let there = found.filter(|it| it.key().deletion.is_none_or(|it| !it.is_over(now)));
        let Some(mut there) = there else {
            return Ok(Target::NoKey(names::key_arn(&place, &id)));
        };
        // So is material, of which the key itself is left.
        if let Some(external) = &mut there.stored.record.external {
            *external = external.at(now);
        }
        there.alias = alias;
        Ok(Target::Key(Box::new(there)))
    }

    /// A key as it is stored.
    ///
    /// # Errors
    /// The store's.
    pub async fn load(&self, place: Place, id: String) -> Result<Option<Found>, ChangeError> {
        let Some(stored) = self.table.read::<Key>(&key(&place, &id)).await? else {
            return Ok(None);
        };
        let family = match &stored.record.home {
            None => None,
            Some(home) => {
                let key = family_key(&place.account, home, &id);
                let Some(family) = self.table.read::<Family>(&key).await? else {
                    // The last of them was destroyed between the two.
                    return Ok(None);
                };
                Some(family)
            }
        };
        Ok(Some(Found {
            place,
            id,
            stored,
            family,
            alias: None,
        }))
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

    /// The names of a caller under which a grant of a key is that allows what `allows` says; each is there once, however many of
    /// its grants do.
    ///
    /// # Errors
    /// The store's.
    pub async fn granted(
        &self,
        found: &Found,
        caller: &Caller,
        allows: impl Fn(&Grant) -> bool,
    ) -> Result<Vec<Principal>, Fault> {
        let of_key = names::scope(&found.place).prefix(Grant::KIND);
        let (mut may, mut turn) = (Vec::new(), None);
        'names: for name in grants::names_of(caller) {
            let prefix = format!("{of_key}{}", escape(&grantee_prefix(&found.id, &name)));
            let mut pages = self.table.store().pages(Range::prefix(prefix));
            while let Some(page) = pages.next().await.map_err(ChangeError::from)? {
                for entry in page.entries {
                    let grant: Grant = decode(&entry.value).map_err(ChangeError::from)?;
                    if allows(&grant) {
                        may.push(grant.who_uses());
                        continue 'names;
                    }
                }
                // There may be tens of thousands: whoever has so many reads them beside others, and lets those in.
                if page.more && turn.is_none() {
                    turn = Some(self.private.take(&caller.account).await);
                }
                if page.more {
                    tokio::task::yield_now().await;
                }
            }
        }
        Ok(may)
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
        let (place, id) = (found.material_place(), material_id(&found.id, number));
        let key = material_key(&place, &id);
        let Some(stored) = self.table.read::<Material>(&key).await? else {
            return Ok(None);
        };
        let purpose = purpose(&place, &id);
        let opened = self.parts.keyring.open(&stored.record.sealed, &purpose);
        opened.map(Some).map_err(|error| fault::internal(&error))
    }

    /// The material that a key works with, and its number.
    ///
    /// # Errors
    /// As [`Core::material`].
    pub async fn current(&self, found: &Found) -> Result<(u32, Secret), Fault> {
        let number = current_number(found);
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

    /// The same for when a key is rotated by itself: a primary's for all regions.
    ///
    /// # Errors
    /// It is a replica; as [`Core::change`].
    pub async fn change_schedule(
        &self,
        call: &Call,
        found: &Found,
        change: impl Fn(&mut Option<Schedule>),
    ) -> Result<(), Fault> {
        if found.family.is_none() {
            let change = |key: &mut Key| {
                change(&mut key.rotation);
                Ok(())
            };
            return self.change(call, found, change).await;
        }
        transact!(self.table, &call.permit, |tx| {
            let (key, mut family) = family_again(&mut tx, found).await?;
            if family.role(&found.place.region) == Role::Replica {
                return Err(fault::not_primary(&found.arn()));
            }
            change(&mut family.rotation);
            tx.put(found_family_key(found, &key), &family);
        });
        Ok(())
    }
}

/// The number of the material that a key works with.
pub fn current_number(found: &Found) -> u32 {
    u32::try_from(found.materials().len().saturating_sub(1)).unwrap_or(u32::MAX)
}

/// A key of several regions once more, with what it shares.
///
/// # Errors
/// It was destroyed meanwhile; it is of one region.
pub async fn family_again(
    tx: &mut Changes<'_, KmsFaults>,
    found: &Found,
) -> Result<(Key, Family), Fault> {
    let key = again(tx, found).await?;
    let family = tx.find::<Family>(&found_family_key(found, &key)).await?;
    let family = family.ok_or_else(|| fault::one_region(&found.arn()))?;
    Ok((key, family))
}

/// A key once more, with what it shares if it is of several regions.
///
/// # Errors
/// It was destroyed meanwhile.
pub async fn shared_again(
    tx: &mut Changes<'_, KmsFaults>,
    found: &Found,
) -> Result<(Key, Option<Family>), Fault> {
    match found.family {
        None => Ok((again(tx, found).await?, None)),
        Some(_) => {
            let (key, family) = family_again(tx, found).await?;
            Ok((key, Some(family)))
        }
    }
}

/// Where the family of a key is, if it has one.
pub fn found_family_key(found: &Found, key: &Key) -> String {
    let home = key.home.as_deref().unwrap_or(&found.place.region);
    family_key(&found.place.account, home, &found.id)
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

/// `home` is the region where the first key of that id was made.
pub fn family_key(account: &str, home: &str, id: &str) -> String {
    names::scope(&Place::new(account, home)).key(Family::KIND, id)
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
