//! Secrets that a service keeps in Secrets Manager for its users: they see and may read them, and only
//! the service changes and removes them.

use wharf_seal::Secret;
use wharf_wire::{Call, Fault, async_trait};

use crate::Place;

/// Secrets Manager, for services that keep secrets there.
#[async_trait]
pub trait KeptSecrets: Send + Sync + 'static {
    /// Makes the secret of that name for `owner`, or gives it another value; its ARN.
    async fn put(&self, call: &Call, owner: &str, name: &str, value: &str)
    -> Result<String, Fault>;

    /// The value; `None` if there is no such secret of that owner.
    async fn get(&self, call: &Call, owner: &str, arn: &str) -> Result<Option<Secret>, Fault>;

    /// Removes a secret of that owner at once; nothing happens if there is none.
    async fn remove(&self, call: &Call, owner: &str, arn: &str) -> Result<(), Fault>;

    /// All that were made for `owner` before the call: where they are, names and ARNs.
    async fn all(&self, call: &Call, owner: &str) -> Result<Vec<(Place, String, String)>, Fault>;
}
