//! Volumes and snapshots that are sealed under keys of KMS.
//!
//! Such a volume has a data key, which KMS sealed for it ([`keys`]) and which stands in its record as that. Whoever attaches
//! it grants EC2 the right to open the key, for as long as it is attached ([`grants`]); then the host that it is attached on is given
//! what the volume's bytes are sealed by ([`hand_out`]), and nobody else. So a key that is disabled lets nobody attach what is
//! under it, and what is attached goes on.
//!
//! A snapshot has its volume's data key, and so has a volume that is made of it under the same key: bytes are taken over as
//! they are. Under another key the host seals them anew while it makes the volume. Of a copy of a snapshot the server does,
//! since no host has to do with it ([`of_copy`]).
//!
//! The root of an instance, which is no volume, is sealed alike: its grant is the launch's, and stays until the instance is
//! terminated ([`of_root`]).

mod decide;
mod defaults;
mod grants;
mod hand_out;
mod keys;
mod of_attachment;
mod of_copy;
mod of_root;

pub use decide::{Asked, Wanted, wanted};
pub use defaults::{
    Defaults, disable, enable, get, get_key, modify_key, of as defaults_of, reset_key,
};
pub use grants::{Fresh, Owed};
pub(crate) use grants::{ended, grant, look, settle, with_owed};
pub(crate) use hand_out::own_call;
pub use keys::{Roles, prepare};
pub(crate) use of_attachment::{Granted, owed_by};
pub use of_copy::{CopyCiphers, CopyKeys, Resealing};
pub use of_root::SealedRoot;
pub(crate) use of_root::owed_by_root;

use serde::{Deserialize, Serialize};

/// How a volume or a snapshot is sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encryption {
    /// ARN of the key.
    pub key: String,
    /// The data key in base 64, as KMS sealed it.
    pub sealed: String,
    /// Of what it is the data key, as its context says: `vol-…`
    pub of: String,
    /// For which volume the key of its bytes was derived from the data key: those that are made at once share one, and have
    /// others of these. Empty while it is a fresh one of several that are about to be made.
    pub origin: String,
    /// The key is the account's own for EBS, which no other account can use.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub managed: bool,
    /// How the snapshot is sealed that it is still to be made of, where that is under another key: its data key, under its
    /// own key and for itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceKey>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceKey {
    pub sealed: String,
    pub origin: String,
}

impl Encryption {
    /// Of a volume that is made of a snapshot under the same key, or of a snapshot of a volume.
    pub fn taken_over(&self) -> Self {
        Self {
            source: None,
            ..self.clone()
        }
    }

    /// Of one of several that are made at once; a root's id is its instance's.
    pub fn for_volume(&self, id: &str) -> Self {
        Self {
            origin: match self.origin.is_empty() {
                true => id.to_owned(),
                // Its bytes are those of another, and are taken over as they are.
                false => self.origin.clone(),
            },
            ..self.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn volumes_of_a_launch_have_keys_of_their_own_but_for_bytes_that_they_take_over() {
        let fresh = Encryption {
            key: "arn:key".to_owned(),
            sealed: "sealed".to_owned(),
            of: "vol-1".to_owned(),
            origin: String::new(),
            managed: false,
            source: None,
        };
        assert_eq!(fresh.for_volume("vol-2").origin, "vol-2");
        let of_snapshot = Encryption {
            origin: "vol-1".to_owned(),
            ..fresh
        };
        let alike = of_snapshot.taken_over().for_volume("vol-2");
        assert_eq!(alike.origin, "vol-1");
    }
}
