//! Keys, passwords, devices and certificates.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
use wharf_seal::Sealed;
use wharf_service::platform;

use super::{PasswordRules, Stored, Tags};
use crate::totp::Position;

/// A certificate for servers, with its key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerCertificateRecord {
    pub name: String,
    pub path: String,
    /// `ASCA…`
    pub id: String,
    /// PEM, as it was given.
    pub body: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chain: Option<String>,
    /// PEM, sealed for [`ServerCertificateRecord::purpose`].
    pub private_key: Sealed,
    /// Names it is for.
    pub names: Vec<String>,
    pub uploaded: Timestamp,
    pub expires: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl ServerCertificateRecord {
    /// What the key is sealed for.
    pub fn purpose(id: &str) -> String {
        format!("iam/server-certificate/{id}")
    }
}

/// A virtual device for a second factor; its id is its folded name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MfaDeviceRecord {
    /// Its own, never used again.
    pub id: String,
    pub name: String,
    pub path: String,
    /// What its codes are made of, sealed for [`MfaDeviceRecord::purpose`].
    pub seed: Sealed,
    pub created: Timestamp,
    /// None: nobody has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<Timestamp>,
    /// Id of the user whose it is; None of an enabled one: root's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// See [`crate::totp::Position`].
    pub spent: i64,
    pub ahead: i64,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl MfaDeviceRecord {
    /// What the seed is sealed for.
    pub fn purpose(id: &str) -> String {
        format!("iam/mfa-device/{id}")
    }

    /// Its serial number.
    pub(crate) fn arn(&self, account: &str) -> String {
        crate::names::arn(account, "mfa", &self.path, &self.name)
    }

    pub(crate) fn position(&self) -> Position {
        Position {
            spent: self.spent,
            ahead: self.ahead,
        }
    }
}

/// Public keys and certificates of a user; its id is the user's. There is one while it has any.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UserKeysRecord {
    #[serde(default)]
    pub ssh: Vec<SshKeyRecord>,
    #[serde(default)]
    pub certificates: Vec<SigningCertificateRecord>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl UserKeysRecord {
    pub fn is_empty(&self) -> bool {
        self.ssh.is_empty() && self.certificates.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SshKeyRecord {
    /// `APKA…`
    pub id: String,
    /// As it was given.
    pub body: String,
    pub active: bool,
    pub uploaded: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SigningCertificateRecord {
    pub id: String,
    /// PEM, as it was given.
    pub body: String,
    pub active: bool,
    pub uploaded: Timestamp,
}

/// A user's password.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LoginRecord {
    /// Its hash, sealed for [`LoginRecord::purpose`].
    pub password: Sealed,
    pub created: Timestamp,
    pub changed: Timestamp,
    pub reset_required: bool,
    /// Those before, the last one first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<Sealed>,
}

impl LoginRecord {
    /// What hashes are sealed for; `user` is its id.
    pub fn purpose(user: &str) -> String {
        format!("iam/password/{user}")
    }

    /// Another password, with at most as many kept of those before.
    pub(crate) fn replace(&mut self, password: Sealed, now: Timestamp, kept: usize) {
        let before = std::mem::replace(&mut self.password, password);
        self.before.insert(0, before);
        self.before.truncate(kept);
        self.changed = now;
    }

    /// Whether it is older than the rules allow.
    pub(crate) fn is_over(&self, rules: &PasswordRules, now: Timestamp) -> bool {
        let days = rules.max_age_days.and_then(|it| u64::try_from(it).ok());
        days.is_some_and(|days| now.since(self.changed).as_secs() >= days * 86_400)
    }
}

/// A long-term access key; its id is that of the key, `AKIA…`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessKeyRecord {
    pub account: String,
    /// Folded name of the user; None: the root of the account.
    pub user: Option<String>,
    /// Sealed for [`AccessKeyRecord::purpose`].
    pub secret: Sealed,
    pub active: bool,
    pub created: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl AccessKeyRecord {
    /// What the secret is sealed for.
    pub fn purpose(id: &str) -> String {
        format!("iam/access-key/{id}")
    }
}

impl Record for AccessKeyRecord {
    const KIND: &'static str = "access-key";
    const FORMAT: u32 = 1;
}

impl Stored for AccessKeyRecord {
    fn key(_account: &str, id: &str) -> String {
        platform::scope("iam").key(Self::KIND, id)
    }

    fn prefix(_account: &str) -> String {
        platform::scope("iam").prefix(Self::KIND)
    }
}

/// When and for what a key was last used; coarse, so that requests do not become writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessKeyUseRecord {
    pub at: Timestamp,
    pub service: String,
    pub region: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for AccessKeyUseRecord {
    const KIND: &'static str = "access-key-use";
    const FORMAT: u32 = 1;
}

impl Stored for AccessKeyUseRecord {
    fn key(_account: &str, id: &str) -> String {
        platform::scope("iam").key(Self::KIND, id)
    }

    fn prefix(_account: &str) -> String {
        platform::scope("iam").prefix(Self::KIND)
    }
}
