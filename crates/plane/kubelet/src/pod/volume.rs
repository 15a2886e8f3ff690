//! A volume of a pod, as the API describes it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::{FieldRef, ResourceFieldRef, or_default};

/// A volume and, under the name of its kind, what it is made of.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    pub name: String,
    pub empty_dir: Option<EmptyDir>,
    pub config_map: Option<ConfigMapSource>,
    pub secret: Option<SecretSource>,
    pub projected: Option<Projected>,
    #[serde(rename = "downwardAPI")]
    pub downward_api: Option<DownwardFiles>,
    pub host_path: Option<HostPath>,
    pub persistent_volume_claim: Option<ClaimSource>,
    /// A claim of the pod's own is made for it.
    pub ephemeral: Option<Value>,
    /// Kinds that this node does not have, by name.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClaimSource {
    pub claim_name: String,
    #[serde(deserialize_with = "or_default")]
    pub read_only: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EmptyDir {
    pub medium: Option<String>,
    pub size_limit: Option<Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct HostPath {
    pub path: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ConfigMapSource {
    pub name: String,
    #[serde(deserialize_with = "or_default")]
    pub items: Vec<KeyToPath>,
    pub default_mode: Option<u32>,
    #[serde(deserialize_with = "or_default")]
    pub optional: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SecretSource {
    /// As a volume.
    pub secret_name: Option<String>,
    /// As a part of a projected one.
    pub name: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub items: Vec<KeyToPath>,
    pub default_mode: Option<u32>,
    #[serde(deserialize_with = "or_default")]
    pub optional: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct KeyToPath {
    pub key: String,
    pub path: String,
    pub mode: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Projected {
    #[serde(deserialize_with = "or_default")]
    pub sources: Vec<Projection>,
    pub default_mode: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Projection {
    pub config_map: Option<ConfigMapSource>,
    pub secret: Option<SecretSource>,
    #[serde(rename = "downwardAPI")]
    pub downward_api: Option<DownwardFiles>,
    pub service_account_token: Option<TokenSource>,
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenSource {
    #[serde(deserialize_with = "or_default")]
    pub audience: String,
    pub expiration_seconds: Option<u64>,
    pub path: String,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DownwardFiles {
    #[serde(deserialize_with = "or_default")]
    pub items: Vec<DownwardFile>,
    pub default_mode: Option<u32>,
}

#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DownwardFile {
    pub path: String,
    pub field_ref: Option<FieldRef>,
    pub resource_field_ref: Option<ResourceFieldRef>,
    pub mode: Option<u32>,
}
