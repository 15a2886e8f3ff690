//! Which settings of the kernel a task has for itself, as `systemControls` names them.

/// The settings of an IPC namespace, beside those of POSIX message queues.
const IPC: &[&str] = &[
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
];

/// The namespace that a setting lies in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Namespace {
    Ipc,
    Network,
}

/// Where the setting `name` lies; `None` for one that the whole host shares, and for what is no name
/// of a setting. `net/ipv4/ip_forward` is `net.ipv4.ip_forward`.
pub fn namespace_of(name: &str) -> Option<Namespace> {
    let name = name.replace('/', ".");
    // A path that leads out of its folder.
    if name.contains("..") {
        return None;
    }
    if name.starts_with("net.") {
        return Some(Namespace::Network);
    }
    let is_ipc = name.starts_with("fs.mqueue.") || IPC.contains(&name.as_str());
    is_ipc.then_some(Namespace::Ipc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_lie_in_a_namespace_or_are_the_hosts() {
        for (name, expected) in [
            ("net.core.somaxconn", Some(Namespace::Network)),
            ("net/ipv4/ip_forward", Some(Namespace::Network)),
            ("fs.mqueue.msg_max", Some(Namespace::Ipc)),
            ("kernel.shmmax", Some(Namespace::Ipc)),
            ("kernel/shmmax", Some(Namespace::Ipc)),
            ("vm.overcommit_memory", None),
            ("kernel.core_pattern", None),
            ("kernel.shmmaximum", None),
            ("net", None),
            ("", None),
            ("net.ipv4/../../kernel/core_pattern", None),
        ] {
            assert_eq!(namespace_of(name), expected, "{name}");
        }
    }
}
