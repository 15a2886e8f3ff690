//! The accounts of an installation beside its own: created with a key of their root, listed, closed.

use std::collections::BTreeMap;

use wharf_base::{Permit, Timestamp, ids};
use wharf_records::{decode, encode};
use wharf_store::{Compare, Entry, Op, Range, Txn};

use super::{ACCOUNT, Credentials, Directory, DirectoryError};
use crate::records::{AccessKeyRecord, AccountRecord, MemberRecord, Stored};

/// Accounts of one installation, closed ones among them: the bound on what a list reads.
const MAX_MEMBERS: usize = 10_000;

/// An account of the installation beside its own.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// Twelve digits.
    pub id: String,
    pub name: String,
    pub created: Timestamp,
    /// Since when nobody signs in any more.
    pub closed: Option<Timestamp>,
    /// When nothing ran any more.
    pub emptied: Option<Timestamp>,
}

impl Member {
    fn of(id: &str, record: MemberRecord) -> Self {
        Self {
            id: id.to_owned(),
            name: record.name,
            created: record.created,
            closed: record.closed,
            emptied: record.emptied,
        }
    }
}

/// Why an account is not created.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    #[error("Account {0} exists already.")]
    Exists(String),
    #[error("Account {0} was closed; its number is never given again.")]
    Closed(String),
    #[error("The installation has {MAX_MEMBERS} accounts already.")]
    TooMany,
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

/// Why an account is not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    #[error("There is no account {0}; `wharf account list` shows all.")]
    NoSuchAccount(String),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl Directory {
    /// A new account with a key of its root; of a random number unless `id` is given.
    pub async fn create_member(
        &self,
        permit: &Permit,
        name: &str,
        id: Option<&str>,
        now: Timestamp,
    ) -> Result<(Member, Credentials), CreateError> {
        if self.count_members().await? >= MAX_MEMBERS {
            return Err(CreateError::TooMany);
        }
        loop {
            let number = id.map_or_else(ids::account, str::to_owned);
            if let Some(there) = self.member(&number).await? {
                match id {
                    // Another random number will do.
                    None => continue,
                    Some(_) if there.closed.is_some() => return Err(CreateError::Closed(number)),
                    Some(_) => return Err(CreateError::Exists(number)),
                }
            }
            let member = MemberRecord {
                name: name.to_owned(),
                created: now,
                closed: None,
                emptied: None,
                unknown: BTreeMap::new(),
            };
            let (txn, credentials) = self.first_root_key(&number, &member, now).await?;
            let done = self.records.store().txn(permit, txn).await;
            if done.map_err(DirectoryError::from)?.succeeded {
                return Ok((Member::of(&number, member), credentials));
            }
        }
    }

    /// Writes an account down that nobody has yet, with a first key of its root.
    async fn first_root_key(
        &self,
        number: &str,
        member: &MemberRecord,
        now: Timestamp,
    ) -> Result<(Txn, Credentials), DirectoryError> {
        let (member_key, account_key) = (
            MemberRecord::key("", number),
            AccountRecord::key(number, ACCOUNT),
        );
        // With `--iam off` the account may have been used before it was created.
        let entry = self.records.store().get(&account_key).await?;
        let mut account = match &entry {
            Some(entry) => decode::<AccountRecord>(&entry.value)?,
            None => AccountRecord::default(),
        };
        let (credentials, key) = self.mint_key(number, None, now);
        let id = &credentials.access_key_id;
        account.started = true;
        account.root_keys.insert(0, id.clone());
        let revision = entry.map_or(0, |entry| entry.mod_revision);
        let txn = Txn {
            compare: vec![
                Compare::absent(&member_key),
                Compare::mod_revision(&account_key, revision),
            ],
            then: vec![
                Op::put(member_key, encode(member)),
                Op::put(account_key.clone(), encode(&account)),
                Op::put(AccessKeyRecord::key(number, id), encode(&key)),
            ],
            or_else: Vec::new(),
        };
        Ok((txn, credentials))
    }

    /// All accounts beside the installation's own, by number.
    pub async fn members(&self) -> Result<Vec<Member>, DirectoryError> {
        let prefix = MemberRecord::prefix("");
        let range = Range::prefix(prefix.clone()).limit(MAX_MEMBERS);
        let entries = self.records.store().range(range).await?.entries;
        let read = |entry: &Entry| {
            let record = decode::<MemberRecord>(&entry.value)?;
            let id = entry.key.strip_prefix(&prefix).unwrap_or_default();
            Ok(Member::of(id, record))
        };
        entries.iter().map(read).collect()
    }

    async fn count_members(&self) -> Result<usize, DirectoryError> {
        let range = Range::prefix(MemberRecord::prefix("")).count_only();
        Ok(self.records.store().range(range).await?.count)
    }

    /// From here on nobody signs in to the account; a closed one stays as it is.
    pub async fn close_member(
        &self,
        permit: &Permit,
        id: &str,
        now: Timestamp,
    ) -> Result<Member, CloseError> {
        let close = |record: &mut MemberRecord| {
            record.closed.get_or_insert(now);
        };
        let closed = self.change_member(permit, id, close).await?;
        closed.ok_or_else(|| CloseError::NoSuchAccount(id.to_owned()))
    }

    /// Nothing runs in a closed account any more.
    pub async fn note_emptied(
        &self,
        permit: &Permit,
        id: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        let note = |record: &mut MemberRecord| {
            record.emptied.get_or_insert(now);
        };
        self.change_member(permit, id, note).await.map(|_| ())
    }

    async fn change_member(
        &self,
        permit: &Permit,
        id: &str,
        change: impl Fn(&mut MemberRecord),
    ) -> Result<Option<Member>, DirectoryError> {
        let key = MemberRecord::key("", id);
        loop {
            let Some(entry) = self.records.store().get(&key).await? else {
                return Ok(None);
            };
            let before = decode::<MemberRecord>(&entry.value)?;
            let mut after = before.clone();
            change(&mut after);
            if after == before {
                return Ok(Some(Member::of(id, after)));
            }
            let txn = Txn::new()
                .when(Compare::mod_revision(&key, entry.mod_revision))
                .put(&key, encode(&after));
            if self.records.store().txn(permit, txn).await?.succeeded {
                return Ok(Some(Member::of(id, after)));
            }
        }
    }

    async fn member(&self, id: &str) -> Result<Option<Member>, DirectoryError> {
        let found = self
            .ready::<MemberRecord, _>("", id, |record| Member::of(id, record))
            .await?;
        Ok(found.map(|member| (*member).clone()))
    }

    /// Whether the account was closed; one that was never created is open.
    pub async fn is_closed(&self, account: &str) -> Result<bool, DirectoryError> {
        let member = self.member(account).await?;
        Ok(member.is_some_and(|member| member.closed.is_some()))
    }
}
