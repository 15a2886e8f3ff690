//! What the host tells the first process of its instance.

use serde::{Deserialize, Serialize};

/// The variable of the environment that holds it, as JSON. Only process 1 has it.
pub const VARIABLE: &str = "WHARF_BOOT";

#[derive(Clone, Default, Serialize, Deserialize)]
pub struct Boot {
    /// `i-…`
    pub instance: String,
    pub region: String,
    /// `ip-172-31-16-4.ec2.internal`
    pub host_name: String,
    pub hosts: String,
    pub resolv_conf: String,
    /// Where AWS APIs are reached from inside.
    pub endpoint: String,
    /// As given, base64.
    pub user_data: Option<String>,
    /// Lines for `authorized_keys`.
    pub public_keys: Vec<String>,
    /// Bytes that each file system in memory may take.
    pub memory_file_system_bytes: u64,
    /// The host answers for calls of `mount` that the kernel would refuse.
    #[serde(default)]
    pub asks_for_mounts: bool,
    /// Names in `/dev` of volumes that user data waits for.
    #[serde(default)]
    pub devices: Vec<String>,
}

/// Not the user data, which may hold secrets.
impl std::fmt::Debug for Boot {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Boot")
            .field("instance", &self.instance)
            .field("host_name", &self.host_name)
            .finish_non_exhaustive()
    }
}
