//! Keys, their material, aliases and grants, as they are stored.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown, ecs::Tags};
use wharf_seal::Sealed;
use wharf_service::Place;

use crate::spec::{Spec, Usage};

/// A key, under its id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    pub spec: Spec,
    pub usage: Usage,
    #[serde(default)]
    pub description: String,
    pub created_at: Timestamp,
    pub enabled: bool,
    #[serde(default)]
    pub deletion: Option<Deletion>,
    /// JSON
    pub policy: String,
    #[serde(default)]
    pub tags: Tags,
    /// The service that it is managed by; `None` for a customer's own.
    #[serde(default)]
    pub managed_by: Option<String>,
    /// Whole names of the aliases that lead here.
    #[serde(default)]
    pub aliases: BTreeSet<String>,
    /// The oldest first; the last one is current. Those of a key of several regions are in its family.
    pub materials: Vec<Rotated>,
    /// Imported material that waits for a rotation; of a key of several regions, its family has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    /// When it is rotated by itself; of a key of several regions, its family says so.
    #[serde(default)]
    pub rotation: Option<Schedule>,
    /// SubjectPublicKeyInfo in base 64, of an asymmetric key.
    #[serde(default)]
    pub public_key: Option<String>,
    /// Its material comes from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<External>,
    /// The region in which the key was first made, whose records have what it shares with those of the
    /// same id in other regions; `None` for a key of one region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Key {
    const KIND: &'static str = "key";
    const FORMAT: u32 = 1;
}

/// What the keys of one id share, under that id in the region where the first of them was made: it
/// stays there, wherever the primary goes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Family {
    /// The region of the primary.
    pub primary: String,
    /// The regions of all others.
    #[serde(default)]
    pub replicas: BTreeSet<String>,
    /// As those of a key of one region.
    pub materials: Vec<Rotated>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    #[serde(default)]
    pub rotation: Option<Schedule>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Family {
    const KIND: &'static str = "family";
    const FORMAT: u32 = 1;
}

/// Which of a key's materials somebody imported into a region.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "StoredExternal")]
pub struct External {
    /// By their numbers.
    pub materials: Vec<Imported>,
}

/// As it may be stored: before keys took several materials, there was the first alone.
#[derive(Deserialize)]
struct StoredExternal {
    #[serde(default)]
    materials: Vec<Imported>,
    #[serde(default)]
    present: bool,
    #[serde(default)]
    valid_to: Option<Timestamp>,
}

impl From<StoredExternal> for External {
    fn from(it: StoredExternal) -> Self {
        let mut materials = it.materials;
        if materials.is_empty() && (it.present || it.valid_to.is_some()) {
            materials.push(Imported {
                present: it.present,
                valid_to: it.valid_to,
                ..Imported::default()
            });
        }
        Self { materials }
    }
}

/// One material in a region.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Which one it is; `None` of a key's first if it came before keys took several.
    #[serde(default)]
    pub id: Option<String>,
    /// It is there.
    pub present: bool,
    /// When it is deleted by itself; stays once it was.
    #[serde(default)]
    pub valid_to: Option<Timestamp>,
    /// Stays when it is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl Imported {
    /// Whether it can be used.
    pub fn is_there(&self, now: Timestamp) -> bool {
        self.present && self.valid_to.is_none_or(|it| now < it)
    }
}

/// Imported material that a key does not have for good yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// As [`Rotated::id`]; its number is that of the next one.
    pub id: String,
    pub at: Timestamp,
}

/// What is known of one of a key's materials.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rotated {
    /// 64 hexadecimal digits.
    pub id: String,
    pub at: Timestamp,
    /// How it came to be; `None` for the first.
    #[serde(default)]
    pub by: Option<Cause>,
}

/// Why a key was rotated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cause {
    #[serde(rename = "AUTOMATIC")]
    Automatic,
    #[serde(rename = "ON_DEMAND")]
    OnDemand,
}

/// Automatic rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub period_days: u32,
    pub next_at: Timestamp,
}

/// The key can be kept until it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deletion {
    pub asked_at: Timestamp,
    /// `None` while a primary has replicas: its days are counted from when the last of them is gone.
    pub due_at: Option<Timestamp>,
    pub days: u32,
}

impl Deletion {
    pub fn is_over(self, now: Timestamp) -> bool {
        self.due_at.is_some_and(|due| due <= now)
    }
}

/// One material of a key, under [`material_id`].
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Material {
    /// Sealed for [`purpose`].
    pub sealed: Sealed,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl fmt::Debug for Material {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Material").finish_non_exhaustive()
    }
}

impl Record for Material {
    const KIND: &'static str = "material";
    const FORMAT: u32 = 1;
}

/// Leads to a key, under its whole name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alias {
    pub key: String,
    pub created_at: Timestamp,
    pub changed_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Alias {
    const KIND: &'static str = "alias";
    const FORMAT: u32 = 1;
}

/// What a principal may do with a key, under [`grant_id`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grant {
    /// 64 hexadecimal digits.
    pub id: String,
    #[serde(default)]
    pub name: Option<String>,
    pub created_at: Timestamp,
    pub grantee: Principal,
    #[serde(default)]
    pub retiring: Option<Principal>,
    /// The unique id of the user or role that may use it, and of the one that may retire it: the very ones that had these
    /// ARNs. None of other principals, and in grants of versions before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grantee_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retiring_id: Option<String>,
    /// The account that made it.
    pub issuer: String,
    pub operations: BTreeSet<String>,
    #[serde(default)]
    pub constraints: Constraints,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Grant {
    /// Who may use it, as policies name the very one.
    pub fn who_uses(&self) -> Principal {
        very(&self.grantee, self.grantee_id.as_ref())
    }

    /// Who may retire it, likewise.
    pub fn who_retires(&self) -> Option<Principal> {
        let retiring = self.retiring.as_ref()?;
        Some(very(retiring, self.retiring_id.as_ref()))
    }
}

fn very(principal: &Principal, id: Option<&String>) -> Principal {
    match id {
        Some(id) => Principal::Aws(id.clone()),
        None => principal.clone(),
    }
}

impl Record for Grant {
    const KIND: &'static str = "grant";
    const FORMAT: u32 = 1;
}

/// Whom a grant names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Principal {
    /// The ARN of an account, user, role or session; for a policy also a unique id.
    #[serde(rename = "aws")]
    Aws(String),
    /// `secretsmanager.amazonaws.com`
    #[serde(rename = "service")]
    Service(String),
}

impl Principal {
    /// The ARN or name.
    pub fn text(&self) -> &str {
        match self {
            Self::Aws(text) | Self::Service(text) => text,
        }
    }
}

/// What the requests that a grant allows must have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraints {
    /// The encryption context, exactly.
    #[serde(default)]
    pub equals: Option<BTreeMap<String, String>>,
    /// A part of the encryption context.
    #[serde(default)]
    pub subset: Option<BTreeMap<String, String>>,
    /// What the request is made for.
    #[serde(default)]
    pub source_arn: Option<String>,
}

/// The id of a key's material with that number.
pub fn material_id(key: &str, number: u32) -> String {
    format!("{key}:{number:010}")
}

/// What the material with that id is sealed for.
pub fn purpose(place: &Place, material_id: &str) -> String {
    let Place { account, region } = place;
    format!("kms/material/{account}/{region}/{material_id}")
}

/// The id of a grant among those of its key: those of one grantee are side by side. A user or role is there by its unique id,
/// so that a new name changes nothing; in grants of versions before this one by the ARN that it had.
pub fn grant_id(key: &str, grantee: &str, id: &str) -> String {
    format!("{}{id}", grantee_prefix(key, grantee))
}

/// What ids of a grantee's grants of a key begin with.
pub fn grantee_prefix(key: &str, grantee: &str) -> String {
    format!("{key} {grantee} ")
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A symmetric key of a customer.
    pub fn key() -> Key {
        Key {
            spec: Spec::Symmetric,
            usage: Usage::Encrypt,
            description: String::new(),
            created_at: Timestamp(0),
            enabled: true,
            deletion: None,
            policy: "{}".to_owned(),
            tags: Tags::new(),
            managed_by: None,
            aliases: BTreeSet::new(),
            materials: Vec::new(),
            pending: None,
            rotation: None,
            public_key: None,
            external: None,
            home: None,
            unknown: Unknown::new(),
        }
    }

    #[test]
    fn the_one_material_of_before_is_the_first() {
        for (stored, expected) in [
            (r#"{"present":false,"valid_to":null}"#, None),
            (r#"{"present":true}"#, Some((true, None))),
            (
                r#"{"present":false,"valid_to":7000}"#,
                Some((false, Some(Timestamp(7000)))),
            ),
        ] {
            let read: External = serde_json::from_str(stored).unwrap();
            let first = read.materials.first();
            assert_eq!(first.map(|it| (it.present, it.valid_to)), expected);
            let written = serde_json::to_string(&read).unwrap();
            assert_eq!(serde_json::from_str::<External>(&written).unwrap(), read);
        }
    }
}
