//! A task against what the node lends.

use std::collections::BTreeMap;

use wharf_base::sysctl::{self, Namespace};
use wharf_container::spec::capability_beyond;

use super::{Allow, NotAllowed, Permission};
use crate::protocol::{docker::HostConfig, payload::Task};

impl Allow {
    /// The namespaces the task wants to share with the host.
    ///
    /// # Errors
    /// One that the node does not lend.
    pub fn task(&self, task: &Task) -> Result<(), NotAllowed> {
        if task.network_mode == "host" {
            self.require(&Permission::HostNetwork, "the network mode host")?;
        }
        if task.pid_mode == "host" {
            self.require(&Permission::HostPid, "pidMode host")?;
        }
        if task.ipc_mode == "host" {
            self.require(&Permission::HostIpc, "ipcMode host")?;
        }
        Ok(())
    }

    /// What one of its containers wants.
    ///
    /// # Errors
    /// Something that the node does not lend.
    pub fn container(&self, task: &Task, host: &HostConfig) -> Result<(), NotAllowed> {
        if host.privileged {
            self.require(&Permission::Privileged, "privileged containers")?;
        }
        if !host.devices.is_empty() {
            self.require(&Permission::Devices, "devices of the host")?;
        }
        if adds_capabilities(&host.cap_add, task.launch_type == "FARGATE") {
            self.require(
                &Permission::Capabilities,
                "capabilities beyond the default set",
            )?;
        }
        settings(task, &host.sysctls)
    }
}

/// Names that nobody knows are refused when the container is made. SYS_PTRACE is part of what
/// Fargate offers everybody.
fn adds_capabilities(added: &[String], fargate: bool) -> bool {
    let offered: &[&str] = if fargate { &["SYS_PTRACE"] } else { &[] };
    capability_beyond(added, offered).is_some()
}

/// Only what lies in a namespace of the task's own.
fn settings(task: &Task, given: &BTreeMap<String, String>) -> Result<(), NotAllowed> {
    for name in given.keys() {
        let is_own = match sysctl::namespace_of(name) {
            Some(Namespace::Network) => task.network_mode != "host",
            Some(Namespace::Ipc) => task.ipc_mode != "host",
            None => false,
        };
        if !is_own {
            return Err(NotAllowed::Setting(name.clone()));
        }
    }
    Ok(())
}
