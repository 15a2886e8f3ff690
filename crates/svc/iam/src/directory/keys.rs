//! Long-term access keys: made, opened to check a signature, and when they were last used.

use std::{collections::BTreeMap, time::Duration};

use wharf_base::{Permit, Timestamp, ids};
use wharf_iam::session::SecretKey;
use wharf_records::encode;
use wharf_seal::OpenError;
use wharf_service::transact;
use wharf_store::{Compare, Op, Txn};

use super::{ACCOUNT, Directory, DirectoryError, compiled::MAX_READY, lock};
use crate::records::{AccessKeyRecord, AccessKeyUseRecord, AccountRecord, Stored};

/// A key's last use is written down at most this often.
const USE_GRAIN: Duration = Duration::from_secs(15 * 60);

/// An access key and its secret.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret: SecretKey,
}

impl Directory {
    /// An access key of the account's root, made at the account's first start. None when root's keys
    /// were deleted or switched off since: that is somebody's will, and they do not come back.
    pub async fn root_credentials(
        &self,
        permit: &Permit,
        account: &str,
        now: Timestamp,
    ) -> Result<Option<Credentials>, DirectoryError> {
        let account_key = AccountRecord::key(account, ACCOUNT);
        Ok(transact!(self.records, permit, |tx| {
            let mut record: AccountRecord = tx.find(&account_key).await?.unwrap_or_default();
            if record.started {
                return self.root_key(account, &record.root_keys).await;
            }
            let (credentials, key) = self.mint_key(account, None, now);
            let id = &credentials.access_key_id;
            record.started = true;
            record.root_keys.insert(0, id.clone());
            tx.put(&account_key, &record);
            tx.put(AccessKeyRecord::key(account, id), &key);
            Some(credentials)
        }))
    }

    /// A new key of the account's root in the place of all that it has.
    pub async fn rotate_root(
        &self,
        permit: &Permit,
        account: &str,
        now: Timestamp,
    ) -> Result<Credentials, DirectoryError> {
        let account_key = AccountRecord::key(account, ACCOUNT);
        Ok(transact!(self.records, permit, |tx| {
            let mut record: AccountRecord = tx.find(&account_key).await?.unwrap_or_default();
            let (credentials, key) = self.mint_key(account, None, now);
            let id = &credentials.access_key_id;
            let before = std::mem::replace(&mut record.root_keys, vec![id.clone()]);
            record.started = true;
            tx.put(&account_key, &record);
            tx.put(AccessKeyRecord::key(account, id), &key);
            for gone in &before {
                tx.delete(AccessKeyRecord::key(account, gone));
                tx.delete(AccessKeyUseRecord::key(account, gone));
            }
            credentials
        }))
    }

    /// The first of the keys that is in force.
    async fn root_key(
        &self,
        account: &str,
        ids: &[String],
    ) -> Result<Option<Credentials>, DirectoryError> {
        for id in ids {
            let key = self
                .ready::<AccessKeyRecord, _>(account, id, |record| record)
                .await?;
            if let Some(key) = key.filter(|key| key.active) {
                let secret = self.open_secret(id, &key)?;
                return Ok(Some(Credentials {
                    access_key_id: id.clone(),
                    secret,
                }));
            }
        }
        Ok(None)
    }

    /// A fresh long-term key of `user` (folded name), or of root, and the record to keep of it.
    pub(crate) fn mint_key(
        &self,
        account: &str,
        user: Option<String>,
        now: Timestamp,
    ) -> (Credentials, AccessKeyRecord) {
        let access_key_id = ids::access_key_id("AKIA", account);
        let secret = SecretKey::mint();
        let purpose = AccessKeyRecord::purpose(&access_key_id);
        let record = AccessKeyRecord {
            account: account.to_owned(),
            user,
            secret: self.keyring.seal(secret.expose().as_bytes(), &purpose),
            active: true,
            created: now,
            unknown: BTreeMap::new(),
        };
        (
            Credentials {
                access_key_id,
                secret,
            },
            record,
        )
    }

    pub(super) fn open_secret(
        &self,
        id: &str,
        key: &AccessKeyRecord,
    ) -> Result<SecretKey, DirectoryError> {
        let opened = self
            .keyring
            .open(&key.secret, &AccessKeyRecord::purpose(id))?;
        let text = opened.expose_str().ok_or(OpenError::Refused)?;
        Ok(SecretKey::new(text.to_owned()))
    }

    /// The account a long-term key belongs to.
    pub async fn account_of_key(&self, id: &str) -> Result<Option<String>, DirectoryError> {
        let key = self
            .ready::<AccessKeyRecord, _>("", id, |record| record)
            .await?;
        Ok(key.map(|key| key.account.clone()))
    }

    /// Remembers that a key was used; written down at most every [`USE_GRAIN`].
    pub(crate) async fn note_use(
        &self,
        permit: &Permit,
        id: &str,
        service: &str,
        region: &str,
        now: Timestamp,
    ) -> Result<(), DirectoryError> {
        {
            let mut noted = lock(&self.noted);
            if noted
                .get(id)
                .is_some_and(|before| now.since(*before) < USE_GRAIN)
            {
                return Ok(());
            }
            if noted.len() >= MAX_READY {
                noted.clear();
            }
            noted.insert(id.to_owned(), now);
        }
        let record = AccessKeyUseRecord {
            at: now,
            service: service.to_owned(),
            region: region.to_owned(),
            unknown: BTreeMap::new(),
        };
        // Only for keys that are kept: a deleted key leaves nothing behind.
        let txn = Txn {
            compare: vec![Compare::present(AccessKeyRecord::key("", id))],
            then: vec![Op::put(AccessKeyUseRecord::key("", id), encode(&record))],
            or_else: Vec::new(),
        };
        self.records.store().txn(permit, txn).await?;
        Ok(())
    }
}
