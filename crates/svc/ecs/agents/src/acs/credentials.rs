//! Keys of a task's roles: made when the agent is told of the task, made anew before they expire.

use std::time::Duration;

use sha2::{Digest, Sha256};
use wharf_api_ecs::TaskDefinition;
use wharf_base::Timestamp;
use wharf_records::ecs::Task;

use super::message::Credentials;
use crate::{
    Agents, document,
    roles::{self, RoleError},
};

/// Keys are made anew when less than this is left of them (spec ecs §11: at least 15 minutes).
pub const REFRESH_BEFORE: Duration = Duration::from_secs(20 * 60);

/// The two roles a task can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RoleType {
    Application,
    Execution,
}

impl RoleType {
    pub const ALL: [Self; 2] = [Self::Application, Self::Execution];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Application => "TaskApplication",
            Self::Execution => "TaskExecution",
        }
    }
}

/// The role of that type, overrides first.
pub fn role(task: &Task, definition: &TaskDefinition, kind: RoleType) -> Option<String> {
    let overrides = document::overrides(&task.overrides).unwrap_or_default();
    match kind {
        RoleType::Application => overrides.task_role_arn.or(definition.task_role_arn.clone()),
        RoleType::Execution => overrides
            .execution_role_arn
            .or(definition.execution_role_arn.clone()),
    }
    .filter(|role| !role.is_empty())
}

/// Keys of one role for one task, and when they end.
pub async fn mint(
    agents: &Agents,
    task: &Task,
    role: &str,
    kind: RoleType,
) -> Result<(Credentials, Timestamp), RoleError> {
    let keys = agents.credentials.assume(&task.arn, role, &task.id).await?;
    let credentials = Credentials {
        credentials_id: credentials_id(agents, task, kind)?,
        role_arn: role.to_owned(),
        access_key_id: keys.access_key_id,
        secret_access_key: keys.secret_access_key,
        session_token: keys.session_token,
        expiration: keys.expiration.iso8601_seconds(),
    };
    Ok((credentials, keys.expiration))
}

/// The id stays the same for the task's whole life: containers hold it in their environment. It is
/// as good as a password inside the task's network, so it derives from a sealed secret.
fn credentials_id(agents: &Agents, task: &Task, kind: RoleType) -> Result<String, RoleError> {
    let opened = agents
        .keyring
        .open_token(&task.credentials_seed, roles::CONTEXT);
    let seed = opened.map_err(|error| RoleError::Unavailable(Box::new(error)))?;
    let mut hash = Sha256::new();
    hash.update(seed.expose());
    hash.update(kind.as_str().as_bytes());
    let digest = hex::encode(hash.finalize());
    // The form of a random UUID: version 4, variant 1.
    Ok(format!(
        "{}-{}-4{}-8{}-{}",
        &digest[0..8],
        &digest[8..12],
        &digest[13..16],
        &digest[17..20],
        &digest[20..32]
    ))
}
