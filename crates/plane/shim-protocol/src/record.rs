//! What stays when the shim does not: how containers ended, on disk, and which processes there were, in memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ContainerName;

/// Bound on each of these files, in bytes.
pub const RECORD_LIMIT: u64 = 1 << 20;

/// How a container ended ([`crate::folder::ContainerFolder::exit`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// The process's own code, or 128 + the signal that ended it.
    pub code: i32,
    /// The kernel killed a process of this container for want of memory.
    #[serde(default)]
    pub oom: bool,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// Which processes belong to a task (`state.json`). Process ids are trusted only together with the
/// start time beside them and within the same boot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShimState {
    pub boot_id: String,
    pub shim: ProcessIdentity,
    #[serde(default)]
    pub containers: BTreeMap<ContainerName, ProcessIdentity>,
}

/// A process as `/proc/<pid>/stat` tells it apart from a later one with the same number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    pub pid: i32,
    /// Clock ticks since boot (field 22).
    pub start_ticks: u64,
}

impl ProcessIdentity {
    /// The process that has this number now; `None` if there is none, or it has ended already.
    pub fn of(pid: i32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        parse_stat(&stat).map(|start_ticks| Self { pid, start_ticks })
    }

    pub fn is_alive(&self) -> bool {
        Self::of(self.pid) == Some(*self)
    }
}

/// The start time in a line of `/proc/<pid>/stat`; `None` for zombies, which run no more.
fn parse_stat(stat: &str) -> Option<u64> {
    // The command's name, in parentheses, may itself contain both kinds.
    let rest = &stat[stat.rfind(')')? + 1..];
    let mut fields = rest.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_itself_and_not_its_successor() {
        let me = ProcessIdentity::of(std::process::id() as i32).unwrap();
        assert!(me.is_alive());
        assert!(
            !ProcessIdentity {
                start_ticks: me.start_ticks + 1,
                ..me
            }
            .is_alive()
        );
        assert!(ProcessIdentity::of(i32::MAX).is_none());
    }

    #[test]
    fn names_with_parentheses_do_not_shift_the_fields() {
        let tail = "S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711 0 0";
        assert_eq!(parse_stat(&format!("12 (a) b (c) {tail}")), Some(4711));
        assert_eq!(
            parse_stat("12 (x) Z 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4711"),
            None
        );
        assert_eq!(parse_stat("garbage"), None);
    }
}
