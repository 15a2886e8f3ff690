//! Parameters, their versions and the settings of Parameter Store, as they are stored.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Scope, Unknown, ecs::Tags};
use wharf_seal::Sealed;

use crate::under_key::Locked;

/// A parameter, under its name without the slash before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// As it was given when the parameter was created: `/app/db`, `plain` or `/plain`.
    pub name: String,
    /// Keeps parameters apart that had the name one after the other.
    pub id: String,
    /// The first and the last of its versions; those between are there as well.
    pub oldest: u64,
    pub latest: u64,
    /// What the latest version says.
    pub current: Meta,
    /// The version that each label leads to.
    #[serde(default)]
    pub labels: BTreeMap<String, u64>,
    #[serde(default)]
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Parameter {
    const KIND: &'static str = "parameter";
    const FORMAT: u32 = 1;
}

impl Parameter {
    /// When its expiration policy deletes it.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.current.expiration.as_ref().map(|it| it.at)
    }

    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at().is_some_and(|at| at <= now)
    }
}

/// What a version says beside its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Meta {
    pub kind: Kind,
    pub tier: Tier,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default)]
    pub allowed_pattern: Option<String>,
    pub data_type: String,
    /// The key of KMS that a SecureString is under, as it was given; `None` for the keyring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_id: Option<String>,
    #[serde(default)]
    pub expiration: Option<Expiration>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    pub modified_at: Timestamp,
    /// The ARN of who made it.
    pub modified_by: String,
}

/// The policy that deletes a parameter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Expiration {
    pub at: Timestamp,
    /// The policy as it was given.
    pub text: String,
    /// It is written down that its time has come: the parameter goes next.
    #[serde(default)]
    pub carried_out: bool,
}

/// A policy that sends an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub when: When,
    /// The policy as it was given.
    pub text: String,
    #[serde(default)]
    pub carried_out: bool,
}

/// What the moment of a notice is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    BeforeExpiration(Duration),
    AfterChange(Duration),
}

impl When {
    /// The policy's type.
    pub fn policy(self) -> &'static str {
        match self {
            Self::BeforeExpiration(_) => "ExpirationNotification",
            Self::AfterChange(_) => "NoChangeNotification",
        }
    }
}

/// A version, under [`version_id`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Version {
    pub meta: Meta,
    /// The value of a String or StringList.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The value of a SecureString, sealed for [`purpose`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
    /// The value of one under a key of KMS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked: Option<Locked>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl fmt::Debug for Version {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = out.debug_struct("Version");
        out.field("meta", &self.meta).finish_non_exhaustive()
    }
}

impl Record for Version {
    const KIND: &'static str = "version";
    const FORMAT: u32 = 1;
}

/// A setting of Parameter Store that is not at its default, under its path.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    pub value: String,
    pub modified_at: Timestamp,
    pub modified_by: String,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Setting {
    const KIND: &'static str = "setting";
    const FORMAT: u32 = 1;
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    String,
    StringList,
    SecureString,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::String => "String",
            Self::StringList => "StringList",
            Self::SecureString => "SecureString",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        let all = [Self::String, Self::StringList, Self::SecureString];
        all.into_iter().find(|it| it.as_str() == text)
    }
}

/// What a parameter may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tier {
    Standard,
    Advanced,
}

impl Tier {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "Standard",
            Self::Advanced => "Advanced",
        }
    }
}

/// The id of a version of the parameter with that key and id.
pub fn version_id(key_name: &str, id: &str, version: u64) -> String {
    format!("{key_name}:{id}:{version}")
}

/// What the value of the version with that id is sealed for.
pub fn purpose(scope: &Scope, version_id: &str) -> String {
    let Scope {
        account, region, ..
    } = scope;
    format!("ssm/version/{account}/{region}/{version_id}")
}
