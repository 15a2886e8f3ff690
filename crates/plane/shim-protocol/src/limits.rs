//! The names of a process's resource limits: ECS' own, and those of the OCI's runtime specification.

use nix::sys::resource::Resource;

const NAMES: [(&str, Resource); 15] = [
    ("core", Resource::RLIMIT_CORE),
    ("cpu", Resource::RLIMIT_CPU),
    ("data", Resource::RLIMIT_DATA),
    ("fsize", Resource::RLIMIT_FSIZE),
    ("locks", Resource::RLIMIT_LOCKS),
    ("memlock", Resource::RLIMIT_MEMLOCK),
    ("msgqueue", Resource::RLIMIT_MSGQUEUE),
    ("nice", Resource::RLIMIT_NICE),
    ("nofile", Resource::RLIMIT_NOFILE),
    ("nproc", Resource::RLIMIT_NPROC),
    ("rss", Resource::RLIMIT_RSS),
    ("rtprio", Resource::RLIMIT_RTPRIO),
    ("sigpending", Resource::RLIMIT_SIGPENDING),
    ("stack", Resource::RLIMIT_STACK),
    ("as", Resource::RLIMIT_AS),
];

const PREFIX: &str = "RLIMIT_";

/// The limit that a container definition names, with its name: `nofile`, `nproc`, …
pub fn of_definition(name: &str) -> Option<(&'static str, Resource)> {
    NAMES.into_iter().find(|(known, _)| *known == name)
}

/// What a bundle calls the limit of that name.
pub fn kind_of(name: &str) -> String {
    format!("{PREFIX}{}", name.to_uppercase())
}

/// The limit that a bundle calls so; nothing is allocated.
pub fn of_kind(kind: &str) -> Option<Resource> {
    let name = kind.strip_prefix(PREFIX)?;
    let is_upper = name.bytes().all(|byte| byte.is_ascii_uppercase());
    let mut known = NAMES.into_iter().filter(|_| is_upper);
    let found = known.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(found.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_names_are_of_the_same_limit() {
        for (name, resource) in NAMES {
            assert_eq!(of_definition(name), Some((name, resource)));
            assert_eq!(of_kind(&kind_of(name)), Some(resource));
        }
        assert_eq!(kind_of("nofile"), "RLIMIT_NOFILE");
        for unknown in ["nofile", "RLIMIT_nofile", "RLIMIT_", "RLIMIT_RTTIME", ""] {
            assert_eq!(of_kind(unknown), None, "{unknown}");
        }
        assert_eq!(of_definition("NOFILE"), None);
    }
}
