//! Credentials of tasks: whose keys they are given, and the seed of the ids under which they find them.

use wharf_base::{Timestamp, ids};
use wharf_seal::Keyring;
use wharf_wire::async_trait;

use crate::names::Place;

/// What seals a task's credentials seed.
pub const CONTEXT: &str = "ecs task credentials";

/// A fresh seed for a task's credential ids, sealed: who knows the ids can read the keys.
pub fn seed(keyring: &Keyring) -> String {
    keyring.seal_token(ids::uuid().as_bytes(), CONTEXT)
}

/// Temporary keys of a role.
#[derive(Clone, PartialEq, Eq)]
pub struct RoleKeys {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expiration: Timestamp,
}

/// Secrets are never printed.
impl std::fmt::Debug for RoleKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("RoleKeys")
            .field("expiration", &self.expiration)
            .finish_non_exhaustive()
    }
}

/// Why a role gives no keys.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// There is no such role, or it does not trust ECS tasks.
    #[error("the role {0} cannot be assumed for tasks")]
    Unusable(String),
    #[error("the role's keys cannot be made now")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Assumes roles for tasks, on behalf of `ecs-tasks.amazonaws.com`.
#[async_trait]
pub trait TaskCredentials: Send + Sync + 'static {
    /// Whether the role exists and trusts tasks of that account and region, without making keys.
    async fn usable(&self, place: &Place, role_arn: &str) -> Result<(), RoleError>;
    /// Whether the role exists and trusts ECS itself, as one that it acts in on infrastructure does.
    async fn usable_by_ecs(&self, place: &Place, role_arn: &str) -> Result<(), RoleError>;
    /// Keys for one task; the session is named after the task's id.
    async fn assume(
        &self,
        task_arn: &str,
        role_arn: &str,
        task_id: &str,
    ) -> Result<RoleKeys, RoleError>;
}
