//! What IAM keeps. Ids in keys are names in lower case, since names differ by more than case.
//!
//! Every record of an account lives under that account, except access keys and the accounts themselves:
//! a request brings the key's id before anybody knows the account, so these live in the pseudo-account
//! `aws`.

mod credentials;
mod providers;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Scope, Unknown};
use wharf_service::platform;

pub use self::{
    credentials::{
        AccessKeyRecord, AccessKeyUseRecord, LoginRecord, MfaDeviceRecord, ServerCertificateRecord,
        SigningCertificateRecord, SshKeyRecord, UserKeysRecord,
    },
    providers::{
        AssertionEncryption, OidcProviderRecord, SamlPrivateKey, SamlProviderListed,
        SamlProviderRecord,
    },
};
use crate::accesses::Uses;

/// The region segment of everything IAM keeps.
const REGION: &str = "aws-global";
/// A record with its place in the store.
pub trait Stored: Record {
    fn key(account: &str, id: &str) -> String {
        Scope::new("iam", account, REGION).key(Self::KIND, id)
    }

    fn prefix(account: &str) -> String {
        Scope::new("iam", account, REGION).prefix(Self::KIND)
    }
}

/// The id under which a name is kept.
pub fn folded(name: &str) -> String {
    name.to_lowercase()
}

pub type Tags = BTreeMap<String, String>;

/// The policies of a user, role or group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Grants {
    /// Name → document as it was given.
    #[serde(default)]
    pub inline: BTreeMap<String, String>,
    /// ARNs of managed policies.
    #[serde(default)]
    pub attached: BTreeSet<String>,
}

macro_rules! stored {
    ($($record:ty: $kind:literal;)*) => {$(
        impl Record for $record {
            const KIND: &'static str = $kind;
            const FORMAT: u32 = 1;
        }
        impl Stored for $record {}
    )*};
}

stored! {
    AccountRecord: "account";
    UserRecord: "user";
    GroupRecord: "group";
    GroupIdRecord: "group-id";
    RoleRecord: "role";
    PolicyRecord: "policy";
    PolicyUseRecord: "policy-use";
    InstanceProfileRecord: "instance-profile";
    ServerCertificateRecord: "server-certificate";
    OidcProviderRecord: "oidc-provider";
    SamlProviderRecord: "saml-provider";
    SamlProviderListed: "saml-provider";
    MfaDeviceRecord: "mfa-device";
    UserKeysRecord: "user-keys";
    LastAccessRecord: "last-access";
    AccessJobsRecord: "access-jobs";
}

/// What the account itself has; its id is `account`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AccountRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Root was given its first key.
    #[serde(default)]
    pub started: bool,
    /// Ids of the root's access keys.
    #[serde(default)]
    pub root_keys: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passwords: Option<PasswordRules>,
    /// Ids of root's devices for a second factor.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub mfa_devices: BTreeSet<String>,
    /// When a credential report was last asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// An account beside the installation's own; its id is the account's number. It stays when the
/// account is closed, so that the number is never given again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberRecord {
    pub name: String,
    pub created: Timestamp,
    /// Since when nobody signs in any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<Timestamp>,
    /// When nothing ran any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emptied: Option<Timestamp>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for MemberRecord {
    const KIND: &'static str = "member-account";
    const FORMAT: u32 = 1;
}

impl Stored for MemberRecord {
    fn key(_account: &str, id: &str) -> String {
        platform::scope("iam").key(Self::KIND, id)
    }

    fn prefix(_account: &str) -> String {
        platform::scope("iam").prefix(Self::KIND)
    }
}

/// A request that made an account, so that it can be repeated; its id is what the caller names it by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MemberRequestRecord {
    /// What was asked for.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub at: Timestamp,
    /// What came of it.
    pub account: String,
    pub access_key_id: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for MemberRequestRecord {
    const KIND: &'static str = "member-request";
    const FORMAT: u32 = 1;
}

impl Stored for MemberRequestRecord {
    fn key(_account: &str, id: &str) -> String {
        platform::scope("iam").key(Self::KIND, id)
    }

    fn prefix(_account: &str) -> String {
        platform::scope("iam").prefix(Self::KIND)
    }
}

/// What passwords have to be like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PasswordRules {
    pub minimum_length: i32,
    pub symbols: bool,
    pub numbers: bool,
    pub uppercase: bool,
    pub lowercase: bool,
    pub users_may_change: bool,
    #[serde(default)]
    pub max_age_days: Option<i32>,
    /// How many old ones may not be used again.
    #[serde(default)]
    pub remembered: Option<i32>,
    pub hard_expiry: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserRecord {
    pub name: String,
    pub path: String,
    /// `AIDA…`
    pub id: String,
    pub created: Timestamp,
    #[serde(default)]
    pub tags: Tags,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    #[serde(default)]
    pub grants: Grants,
    /// Ids (`AGPA…`) of its groups, which stay when a group is renamed.
    #[serde(default)]
    pub groups: BTreeSet<String>,
    #[serde(default)]
    pub access_keys: Vec<String>,
    /// Ids of its devices for a second factor.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub mfa_devices: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<LoginRecord>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupRecord {
    pub name: String,
    pub path: String,
    /// `AGPA…`
    pub id: String,
    pub created: Timestamp,
    #[serde(default)]
    pub grants: Grants,
    /// How many users name it, so that a group with members is not deleted.
    #[serde(default)]
    pub members: u32,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// From a group's id to its present name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupIdRecord {
    pub name: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleRecord {
    pub name: String,
    pub path: String,
    /// `AROA…`
    pub id: String,
    pub created: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub max_session_seconds: i32,
    /// The trust policy as it was given.
    pub trust: String,
    /// The users and roles it names, ARN → unique id, as they were then. One that was deleted and
    /// made anew under its old name is not trusted (spec platform §3, Principal).
    #[serde(default)]
    pub trusted: BTreeMap<String, String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boundary: Option<String>,
    #[serde(default)]
    pub grants: Grants,
    /// Folded names of the instance profiles that hold it.
    #[serde(default)]
    pub instance_profiles: BTreeSet<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// A managed policy of the account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PolicyRecord {
    pub name: String,
    pub path: String,
    /// `ANPA…`
    pub id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub created: Timestamp,
    pub updated: Timestamp,
    /// Number → version; at most five.
    pub versions: BTreeMap<u32, VersionRecord>,
    pub default_version: u32,
    /// Numbers are never used again.
    pub next_version: u32,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VersionRecord {
    pub document: String,
    pub created: Timestamp,
}

/// Who uses a managed policy, counted where it is attached, so that one in use is not deleted. Its
/// id is the policy's ARN; policies of the platform have one in each account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PolicyUseRecord {
    pub attached: u32,
    pub boundary: u32,
    #[serde(flatten)]
    pub unknown: Unknown,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceProfileRecord {
    pub name: String,
    pub path: String,
    /// `AIPA…`
    pub id: String,
    pub created: Timestamp,
    /// Folded name of its role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// When a user or role last used services; its id is that of the user or role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct LastAccessRecord {
    #[serde(default)]
    pub uses: Uses,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// The reports about last uses that were asked for; there is one, `jobs`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AccessJobsRecord {
    #[serde(default)]
    pub jobs: BTreeMap<String, AccessJob>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What a report is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AccessJob {
    pub arn: String,
    pub by_action: bool,
    pub created: Timestamp,
}
