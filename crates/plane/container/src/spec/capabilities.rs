//! Linux capabilities: Docker's default set, and how `add` and `drop` change it.

use super::SpecError;

/// What `capabilities` of a container definition may name; the index is the kernel's number.
const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

const DEFAULT: [&str; 14] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SYS_CHROOT",
    "MKNOD",
    "AUDIT_WRITE",
    "SETFCAP",
];

/// Every capability there is, as bits.
pub const ALL: u64 = (1 << NAMES.len()) - 1;

/// `linuxParameters.capabilities`; names with or without `CAP_`, and `ALL`.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Capabilities {
    pub add: Vec<String>,
    pub drop: Vec<String>,
}

/// The bit of a capability's name; `None` if there is no such.
pub fn bit(name: &str) -> Option<u64> {
    let upper = name.to_ascii_uppercase();
    let short = upper.strip_prefix("CAP_").unwrap_or(&upper);
    NAMES
        .iter()
        .position(|known| *known == short)
        .map(|number| 1 << number)
}

impl Capabilities {
    /// The set a container gets: `add ALL` starts from everything, `drop ALL` from nothing, and
    /// single names then go on top, additions last, as Docker does it.
    pub fn resolve(&self, privileged: bool) -> Result<u64, SpecError> {
        if privileged {
            return Ok(ALL);
        }
        let is_all = |name: &String| name.eq_ignore_ascii_case("ALL");
        let default = DEFAULT
            .iter()
            .filter_map(|name| bit(name))
            .fold(0, |set, bit| set | bit);
        let mut set = match (self.add.iter().any(is_all), self.drop.iter().any(is_all)) {
            (true, _) => ALL,
            (false, true) => 0,
            (false, false) => default,
        };
        let named = |names: &[String]| -> Result<u64, SpecError> {
            names
                .iter()
                .filter(|name| !is_all(name))
                .try_fold(0, |set, name| {
                    bit(name)
                        .map(|bit| set | bit)
                        .ok_or_else(|| SpecError::UnknownCapability(name.clone()))
                })
        };
        set &= !named(&self.drop)?;
        set |= named(&self.add)?;
        Ok(set)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(add: &[&str], drop: &[&str], expected: u64) {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect();
        let set = Capabilities {
            add: owned(add),
            drop: owned(drop),
        }
        .resolve(false)
        .unwrap();
        assert_eq!(set, expected, "{add:?} {drop:?}: {set:#x}");
    }

    #[test]
    fn add_and_drop() {
        check(&[], &[], 0xa804_25fb);
        check(&["NET_ADMIN"], &["CAP_CHOWN"], 0xa804_25fb & !1 | 1 << 12);
        check(&[], &["ALL"], 0);
        check(&["net_raw"], &["all"], 1 << 13);
        check(&["ALL"], &["SYS_ADMIN"], ALL & !(1 << 21));
        check(&["CHOWN"], &["CHOWN"], 0xa804_25fb);
    }

    #[test]
    fn unknown_names_are_refused_and_privileged_has_all() {
        let wrong = Capabilities {
            add: vec!["FLY".into()],
            drop: Vec::new(),
        };
        assert!(
            matches!(wrong.resolve(false), Err(SpecError::UnknownCapability(name)) if name == "FLY")
        );
        assert_eq!(wrong.resolve(true).unwrap(), ALL);
    }
}
