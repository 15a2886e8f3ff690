//! What fuzzing reaches of this crate beside tokens and secrets.

use std::path::Path;

use crate::{
    file::{self, StoredKeys},
    passphrase::Unlock,
};

/// A keyring's file, protected by a passphrase or not, by somebody who does not give one.
pub fn keyring(bytes: &[u8]) {
    if let Ok((keys, _)) = file::parse(bytes, Path::new("keyring"), Unlock::Nothing) {
        StoredKeys::from_json(&keys.to_json()).expect("what was read can be written");
    }
}
