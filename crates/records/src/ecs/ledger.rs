//! The capacity ledger of one host, as stored. Its arithmetic is in `wharf-placement`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::value::{Record, Unknown};

/// Everything claimed on a host. Whoever claims or frees rewrites this record in the same
/// transaction that compares its revision, so that two schedulers can never overcommit a host.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    pub capacity: Capacity,
    /// By the claimant, e.g. a task's ARN.
    #[serde(default)]
    pub claims: BTreeMap<String, Claim>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Ledger {
    const KIND: &'static str = "ledger";
    const FORMAT: u32 = 1;
}

/// What a host has to give.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// CPU units, 1024 a core.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    /// Network interfaces for tasks of their own.
    pub interfaces: u32,
    /// Ports nobody may claim, sorted.
    #[serde(default)]
    pub reserved: Vec<Port>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// CPU units.
    pub cpu: u32,
    /// MiB.
    pub memory: u32,
    pub interfaces: u32,
    #[serde(default)]
    pub ports: Vec<Port>,
    pub phase: Phase,
}

/// How much of a claim still counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// All of it.
    #[default]
    Held,
    /// Told to stop: cpu and memory are free for the next task, which the node starts only once
    /// they really are; ports and interfaces are held until STOPPED.
    Stopping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Port {
    pub number: u16,
    pub protocol: Protocol,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    Tcp,
    Udp,
}
