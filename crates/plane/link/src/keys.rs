//! What requests are signed with: keys that are renewed while those who sign go on.

use std::sync::Arc;

use parking_lot::RwLock;
use wharf_wire::sigv4::SigningKeys;

/// The keys of now, shared by all who sign as the same identity.
#[derive(Clone)]
pub struct CurrentKeys(Arc<RwLock<Arc<SigningKeys>>>);

impl CurrentKeys {
    pub fn new(keys: SigningKeys) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(keys))))
    }

    pub fn get(&self) -> Arc<SigningKeys> {
        self.0.read().clone()
    }

    pub fn replace(&self, keys: SigningKeys) {
        *self.0.write() = Arc::new(keys);
    }
}

impl From<SigningKeys> for CurrentKeys {
    fn from(keys: SigningKeys) -> Self {
        Self::new(keys)
    }
}
