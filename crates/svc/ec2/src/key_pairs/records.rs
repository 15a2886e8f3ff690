//! What is stored of key pairs: the public half.

use serde::{Deserialize, Serialize};
use wharf_api_ec2::types as wire;
use wharf_base::Timestamp;
use wharf_records::{Unknown, ecs::Tags};

use crate::{
    fault,
    records::{entity, tags_to_wire},
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeyPair {
    pub id: String,
    pub name: String,
    pub key_type: KeyType,
    pub fingerprint: String,
    /// As a line of `authorized_keys`, which ends with the name.
    pub public_key: String,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

entity!(KeyPair, "key-pair", fault::key_pair_id_not_found);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyType {
    Rsa,
    Ed25519,
}

impl KeyType {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rsa => "rsa",
            Self::Ed25519 => "ed25519",
        }
    }

    /// As SSH names the algorithm.
    pub fn algorithm(self) -> &'static str {
        match self {
            Self::Rsa => "ssh-rsa",
            Self::Ed25519 => "ssh-ed25519",
        }
    }
}

impl KeyPair {
    pub fn to_wire(&self, with_public_key: bool) -> wire::KeyPairInfo {
        wire::KeyPairInfo {
            key_pair_id: Some(self.id.clone()),
            key_type: Some(self.key_type.as_str().to_owned()),
            tags: Some(tags_to_wire(&self.tags)),
            public_key: with_public_key.then(|| self.public_key.clone()),
            create_time: Some(self.created_at),
            key_name: Some(self.name.clone()),
            key_fingerprint: Some(self.fingerprint.clone()),
        }
    }
}
