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

/// What root of an instance has beyond that: a root's, as far as they count in its own user namespace. None of them is over anything of
/// the host.
const OF_INSTANCES: [&str; 10] = [
    "SYS_ADMIN",
    "NET_ADMIN",
    "SYS_PTRACE",
    "SYS_NICE",
    "SYS_BOOT",
    "SYS_TTY_CONFIG",
    "IPC_LOCK",
    "IPC_OWNER",
    "LEASE",
    "LINUX_IMMUTABLE",
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

/// Those of the default set.
fn default_set() -> u64 {
    bits(&DEFAULT)
}

fn bits(names: &[&str]) -> u64 {
    names
        .iter()
        .filter_map(|name| bit(name))
        .fold(0, |set, bit| set | bit)
}

fn is_all(name: &str) -> bool {
    name.eq_ignore_ascii_case("ALL")
}

/// The first of those that are to be added which is neither in the default set nor among `offered`; `ALL` and names that nobody knows are
/// in neither.
pub fn beyond<'a>(added: &'a [String], offered: &[&str]) -> Option<&'a str> {
    let had = default_set() | bits(offered);
    let mut added = added.iter().map(String::as_str);
    added.find(|name| bit(name).is_none_or(|it| it & had == 0))
}

/// Whether an instance's root has it; of `ALL` it has all that it can have.
pub fn instances_have(name: &str) -> bool {
    is_all(name) || bit(name).is_some_and(|it| it & bits(&OF_INSTANCES) != 0)
}

impl Capabilities {
    /// Those of an instance's root.
    pub fn of_instances() -> Self {
        Self {
            add: OF_INSTANCES.map(str::to_owned).to_vec(),
            drop: Vec::new(),
        }
    }

    /// The same where no more than an instance's root has is to be had: that is all of them, and no name goes beyond.
    #[must_use]
    pub fn as_on_instances(&self) -> Self {
        let known = |names: &[String], name: &str| {
            let wanted = bit(name);
            names.iter().any(|it| bit(it) == wanted)
        };
        let to_be_had = || DEFAULT.iter().chain(&OF_INSTANCES).copied();
        if !self.add.iter().any(|name| is_all(name)) {
            let within = |name: &&String| to_be_had().any(|it| bit(it) == bit(name));
            return Self {
                add: self.add.iter().filter(within).cloned().collect(),
                drop: self.drop.clone(),
            };
        }
        let stays = |name: &&str| !known(&self.drop, name) || known(&self.add, name);
        let all = to_be_had().filter(stays);
        Self {
            add: all.map(str::to_owned).collect(),
            drop: vec!["ALL".to_owned()],
        }
    }

    /// The set a container gets: `add ALL` starts from everything, `drop ALL` from nothing, and
    /// single names then go on top, additions last, as Docker does it.
    pub fn resolve(&self, privileged: bool) -> Result<u64, SpecError> {
        if privileged {
            return Ok(ALL);
        }
        let has_all = |names: &[String]| names.iter().any(|name| is_all(name));
        let mut set = match (has_all(&self.add), has_all(&self.drop)) {
            (true, _) => ALL,
            (false, true) => 0,
            (false, false) => default_set(),
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

    fn owned(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn what_is_beyond_the_default_set() {
        for (added, offered, expected) in [
            (&["CHOWN", "cap_net_raw"][..], &[][..], None),
            (&["CHOWN", "SYS_PTRACE"], &[], Some("SYS_PTRACE")),
            (&["CHOWN", "SYS_PTRACE"], &["SYS_PTRACE"], None),
            (&["all"], &["SYS_PTRACE"], Some("all")),
            (&["FLY"], &["SYS_PTRACE"], Some("FLY")),
        ] {
            assert_eq!(beyond(&owned(added), offered), expected, "{added:?}");
        }
        assert!(instances_have("cap_net_admin") && instances_have("ALL"));
        assert!(!instances_have("SYS_TIME") && !instances_have("FLY"));
    }

    #[test]
    fn nothing_goes_beyond_what_an_instance_has() {
        let most = Capabilities::of_instances().resolve(false).unwrap();
        let within = |add: &[&str], drop: &[&str]| {
            let asked = Capabilities {
                add: owned(add),
                drop: owned(drop),
            };
            asked.as_on_instances().resolve(false).unwrap()
        };
        let default = default_set();
        assert_eq!(within(&["ALL"], &[]), most);
        assert_eq!(within(&["all"], &["CHOWN"]), most & !1);
        assert_eq!(within(&["all", "CAP_CHOWN"], &["CHOWN"]), most);
        assert_eq!(within(&["ALL"], &["ALL"]), most);
        assert_eq!(within(&[], &["ALL"]), 0);
        assert_eq!(within(&["NET_ADMIN"], &["ALL"]), 1 << 12);
        assert_eq!(within(&["SYS_TIME"], &[]), default);
        assert_eq!(within(&["SYS_MODULE", "SYS_ADMIN"], &[]), default | 1 << 21);
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
