//! The accounts of an installation beside its own: created with a key of their root, listed, closed.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::{Permit, Timestamp, ids};
use wharf_records::decode;
use wharf_service::{Changes, transact};
use wharf_store::{Compare, Entry, Range};

use super::{ACCOUNT, Credentials, Directory, DirectoryError};
use crate::{
    fault::IamFaults,
    records::{AccessKeyRecord, AccountRecord, MemberRecord, MemberRequestRecord, Stored},
    table::ChangeError,
};

/// Accounts of one installation, closed ones among them: the bound on what a list reads.
const MAX_MEMBERS: usize = 10_000;
/// How many are read at once until an open one is found.
const MEMBERS_AT_ONCE: usize = 100;
/// How long a request that made an account can be repeated.
const REPEATABLE: Duration = Duration::from_secs(24 * 3600);

/// An account to be created.
#[derive(Debug, Clone, Copy)]
pub struct NewMember<'a> {
    pub name: &'a str,
    /// Twelve digits; a random number by default.
    pub id: Option<&'a str>,
    /// What this request is known by if it is repeated: the caller's own, and nobody else's.
    pub token: Option<&'a str>,
}

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
    #[error("The client token was already used with other parameters.")]
    TokenReused,
    #[error("The client token made account {0} more than a day ago; its key is not shown again.")]
    TokenOld(String),
    #[error("The client token made account {0}, whose first key is not there any more.")]
    KeyGone(String),
    #[error(transparent)]
    Directory(#[from] DirectoryError),
}

impl From<ChangeError> for CreateError {
    fn from(error: ChangeError) -> Self {
        Self::Directory(error.into())
    }
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
    /// A new account with a key of its root. A request that names itself by a token gives, for a day,
    /// the account and the key that it gave the first time.
    pub async fn create_member(
        &self,
        permit: &Permit,
        new: NewMember<'_>,
        now: Timestamp,
    ) -> Result<(Member, Credentials), CreateError> {
        let request = new.token.map(|it| MemberRequestRecord::key("", it));
        let (member, credentials) = transact!(self.records, permit, |tx| {
            if let Some(request) = &request
                && let Some(before) = tx.find(request).await?
            {
                return self.made_before(&new, before, now).await;
            }
            if self.count_members().await? >= MAX_MEMBERS {
                return Err(CreateError::TooMany);
            }
            let number = self.free_number(new.id).await?;
            let member = MemberRecord {
                name: new.name.to_owned(),
                created: now,
                closed: None,
                emptied: None,
                unknown: BTreeMap::new(),
            };
            let member_key = MemberRecord::key("", &number);
            tx.when(Compare::absent(&member_key));
            tx.put(member_key, &member);
            let credentials = self.first_root_key(&mut tx, &number, now).await?;
            if let Some(request) = &request {
                let made = MemberRequestRecord {
                    name: new.name.to_owned(),
                    id: new.id.map(str::to_owned),
                    at: now,
                    account: number.clone(),
                    access_key_id: credentials.access_key_id.clone(),
                    unknown: BTreeMap::new(),
                };
                tx.put(request, &made);
            }
            (Member::of(&number, member), credentials)
        });
        Ok((member, credentials))
    }

    /// The number that was asked for, or one that nobody has.
    async fn free_number(&self, wanted: Option<&str>) -> Result<String, CreateError> {
        loop {
            let number = wanted.map_or_else(ids::account, str::to_owned);
            match (self.member(&number).await?, wanted) {
                (None, _) => return Ok(number),
                // Another random number will do.
                (Some(_), None) => {}
                (Some(there), Some(_)) if there.closed.is_some() => {
                    return Err(CreateError::Closed(number));
                }
                (Some(_), Some(_)) => return Err(CreateError::Exists(number)),
            }
        }
    }

    /// What a request that is repeated gave the first time.
    async fn made_before(
        &self,
        new: &NewMember<'_>,
        before: MemberRequestRecord,
        now: Timestamp,
    ) -> Result<(Member, Credentials), CreateError> {
        if before.name != new.name || before.id.as_deref() != new.id {
            return Err(CreateError::TokenReused);
        }
        if now.since(before.at) >= REPEATABLE {
            return Err(CreateError::TokenOld(before.account));
        }
        let id = before.access_key_id;
        let key = self
            .ready::<AccessKeyRecord, _>("", &id, |record| record)
            .await?;
        let (Some(key), Some(member)) = (key, self.member(&before.account).await?) else {
            return Err(CreateError::KeyGone(before.account));
        };
        let secret = self.open_secret(&id, &key)?;
        let credentials = Credentials {
            access_key_id: id,
            secret,
        };
        Ok((member, credentials))
    }

    /// Adds a first key of the root of an account that nobody has yet.
    async fn first_root_key(
        &self,
        tx: &mut Changes<'_, IamFaults>,
        number: &str,
        now: Timestamp,
    ) -> Result<Credentials, CreateError> {
        // With `--iam off` the account may have been used before it was created.
        let account_key = AccountRecord::key(number, ACCOUNT);
        let mut account: AccountRecord = tx.find(&account_key).await?.unwrap_or_default();
        let (credentials, key) = self.mint_key(number, None, now);
        let id = &credentials.access_key_id;
        account.started = true;
        account.root_keys.insert(0, id.clone());
        tx.put(account_key, &account);
        tx.put(AccessKeyRecord::key(number, id), &key);
        Ok(credentials)
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

    /// Whether one of them is open. Where the first ones are, the others are not read.
    pub async fn has_open_member(&self) -> Result<bool, DirectoryError> {
        let prefix = MemberRecord::prefix("");
        let mut range = Range::prefix(&prefix).limit(MEMBERS_AT_ONCE);
        loop {
            let entries = self.records.store().range(range).await?.entries;
            for entry in &entries {
                if decode::<MemberRecord>(&entry.value)?.closed.is_none() {
                    return Ok(true);
                }
            }
            match entries.last() {
                Some(last) if entries.len() == MEMBERS_AT_ONCE => {
                    let next = Range::prefix(&prefix).limit(MEMBERS_AT_ONCE);
                    range = next.start_after(&last.key);
                }
                _ => return Ok(false),
            }
        }
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
        let changed = self.records.change(permit, &key, |record| {
            change(record);
            Ok::<(), ChangeError>(())
        });
        Ok(changed.await?.map(|(record, ())| Member::of(id, record)))
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
