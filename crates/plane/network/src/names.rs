//! Names of host objects: each carries the installation's id, links fit in 15 characters. Pure.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use wharf_base::InstallationId;
use wharf_planeproto::network::balancer_attachment;

use crate::error::NetworkError;
use crate::model::Scope;

/// The uplink's end inside a scope. It is alone there, so it needs no id.
pub(crate) const SCOPE_UPLINK: &str = "up";
/// The way to other hosts.
pub(crate) const SCOPE_TUNNEL: &str = "vx";
/// What the links to peers begin with, inside a scope.
pub(crate) const SCOPE_PEER: &str = "pc";
/// A task's end of its veth, as in a VPC.
pub(crate) const TASK_LINK: &str = "eth0";
/// Behind which the guest of a virtual machine is.
pub const GUEST_LINK: &str = "tap0";
const KEY_MAX: usize = 128;

#[derive(Debug, Clone)]
pub(crate) struct Names {
    installation: String,
    table: String,
}

impl Names {
    pub(crate) fn new(installation: &InstallationId) -> Self {
        let installation = installation.as_str().to_owned();
        Self {
            table: format!("wharf_{installation}"),
            installation,
        }
    }

    pub(crate) fn installation(&self) -> &str {
        &self.installation
    }

    pub(crate) fn table(&self) -> &str {
        &self.table
    }

    /// The number of the installation's routing table: its four characters as bytes, which are far
    /// above the numbers that people and distributions use.
    pub(crate) fn routing_table(&self) -> u32 {
        self.installation
            .bytes()
            .fold(0, |number, byte| number << 8 | u32::from(byte))
    }

    /// What the host's ends of all uplinks begin with.
    pub(crate) fn uplink_prefix(&self) -> String {
        format!("w{}u", self.installation)
    }

    pub(crate) fn uplink(&self, number: u8) -> String {
        format!("{}{number}", self.uplink_prefix())
    }

    /// What the scopes' ends of all attachments begin with.
    pub(crate) fn veth_prefix(&self) -> String {
        format!("w{}e", self.installation)
    }

    /// The scope's end of an attachment's veth: derived from the key, so that it is found again,
    /// but never one that is taken (its removal may still be under way).
    pub(crate) fn veth(&self, key: &str, taken: &BTreeSet<String>) -> String {
        (0_u32..)
            .map(|attempt| {
                let mut hash = Sha256::new();
                hash.update(key.as_bytes());
                hash.update(attempt.to_be_bytes());
                let hash = hash.finalize();
                let digits: String = hash.iter().take(4).map(|b| format!("{b:02x}")).collect();
                format!("{}{digits}", self.veth_prefix())
            })
            .find(|name| !taken.contains(name))
            .expect("fewer links than names")
    }
}

/// Keys and VPC ids become file names.
pub(crate) fn check_key(key: &str) -> Result<(), NetworkError> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    let good =
        (1..=KEY_MAX).contains(&key.len()) && key.bytes().all(plain) && !key.starts_with('.');
    if good {
        Ok(())
    } else {
        Err(NetworkError::BadKey(key.chars().take(KEY_MAX).collect()))
    }
}

/// Whether the network itself names an attachment so, for a load balancer's interface.
pub(crate) fn is_own_key(key: &str) -> bool {
    key.starts_with(&balancer_attachment(""))
}

/// The file name of a scope, in the folders of records and of namespaces.
pub(crate) fn scope_file(scope: &Scope) -> String {
    match scope {
        Scope::Bridge => "bridge".to_owned(),
        Scope::Vpc(id) => format!("vpc.{id}"),
    }
}

/// The file name of an attachment's namespace.
pub(crate) fn task_file(key: &str) -> String {
    format!("task.{key}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Names {
        Names::new(&InstallationId::try_from("ab12".to_owned()).unwrap())
    }

    #[test]
    fn links_fit_and_carry_the_installation() {
        let names = names();
        for name in [
            names.uplink(0),
            names.uplink(255),
            names.veth("k", &BTreeSet::new()),
        ] {
            assert!(name.len() <= 15 && name.contains("ab12"), "{name}");
        }
        assert_eq!(names.table(), "wharf_ab12");
        assert_eq!(names.routing_table(), 0x6162_3132);
    }

    #[test]
    fn a_taken_name_is_passed_over() {
        let names = names();
        let first = names.veth("key", &BTreeSet::new());
        assert_eq!(first, names.veth("key", &BTreeSet::new()));
        assert_ne!(first, names.veth("key", &BTreeSet::from([first.clone()])));
        assert_ne!(first, names.veth("other", &BTreeSet::new()));
    }

    #[test]
    fn keys_are_file_names() {
        for good in ["a", "0123456789abcdef-web", "a.b_c"] {
            assert!(check_key(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            ".a",
            "a/b",
            "a b",
            "é",
            "a\0",
            &"x".repeat(129),
        ] {
            assert!(check_key(bad).is_err(), "{bad}");
        }
    }
}
