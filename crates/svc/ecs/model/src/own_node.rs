//! Which container instances are wharf's own nodes.

use wharf_records::{ecs::Instance, node};

/// What wharf's agent registers, and no other: it takes sessions of ECS Exec over its connection.
pub const EXEC_CAPABILITY: &str = "wharf.execute-command";

/// What an agent registers that keeps what sessions print, as clusters say.
pub const EXEC_LOGGING_CAPABILITY: &str = "wharf.execute-command-logging";

/// What an agent registers that fetches images before a task is there that needs them.
pub const AHEAD_CAPABILITY: &str = "wharf.images-ahead";

/// Whether an instance is one of wharf's own nodes; others run an agent of another make. While nothing is
/// checked (`--iam off`), what it registers is all that tells them apart.
pub fn is_own_node(instance: &Instance) -> bool {
    node::user_of(&instance.registered_by).is_some()
        || instance.attributes.contains_key(EXEC_CAPABILITY)
}
