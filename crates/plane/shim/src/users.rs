//! `user[:group]` looked up in the container's own files, as Docker does it.
//!
//! Called behind the change of root, so that plain paths mean the container's.

use std::{fs::File, io::Read};

use wharf_shim_protocol::{Failure, ImageGroups, ProgramUser};

/// Bound on each of passwd and group, in bytes.
const FILE_LIMIT: u64 = 1 << 20;
/// The kernel's own bound (NGROUPS_MAX) is larger; no real image comes near this.
const MAX_GROUPS: usize = 1024;

/// Whom the program runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub uid: u32,
    pub gid: u32,
    /// `gid` is the first of them.
    pub groups: Vec<u32>,
    pub home: String,
}

impl Identity {
    /// What the agent hears of it.
    pub fn told(&self) -> ProgramUser {
        ProgramUser {
            uid: self.uid,
            gid: self.gid,
            groups: self.groups.clone(),
        }
    }
}

/// Looks `user` up in `/etc/passwd` and `/etc/group`; missing files know nobody.
pub fn look_up(
    user: &str,
    extra_groups: &[u32],
    of_image: ImageGroups,
) -> Result<Identity, Failure> {
    let mut identity = resolve(user, &read("/etc/passwd"), &read("/etc/group"), of_image)?;
    identity.groups.extend_from_slice(extra_groups);
    identity.groups = supplementary(identity.gid, identity.groups);
    Ok(identity)
}

/// The primary group is a supplementary one as well, as with Docker and containerd: a program that changes its group may come
/// back to it, and cannot drop it so as to pass a file's mode that says less to the group than to others.
fn supplementary(gid: u32, mut further: Vec<u32>) -> Vec<u32> {
    further.retain(|it| *it != gid);
    further.sort_unstable();
    further.dedup();
    let mut all = vec![gid];
    all.append(&mut further);
    all.truncate(MAX_GROUPS);
    all
}

fn read(path: &str) -> String {
    use std::os::unix::fs::OpenOptionsExt;
    // Non-blocking: a named pipe in the file's place must not hold the start up.
    let file = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path);
    let mut bytes = Vec::new();
    if let Ok(file) = file.and_then(|f| {
        if f.metadata()?.is_file() {
            Ok(f)
        } else {
            Err(std::io::ErrorKind::InvalidInput.into())
        }
    }) {
        let _ = file.take(FILE_LIMIT).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The pure part. An empty user is root; a number need not be known.
fn resolve(
    user: &str,
    passwd: &str,
    group: &str,
    of_image: ImageGroups,
) -> Result<Identity, Failure> {
    let (name, wanted_group) = match user.split_once(':') {
        Some((name, group)) => (name, Some(group).filter(|g| !g.is_empty())),
        None => (user, None),
    };
    let name = if name.is_empty() { "0" } else { name };
    // A number that is meant as one: no login of the image is taken for it.
    let (name, by_number) = match name.strip_prefix('#') {
        Some(number) => (number, true),
        None => (name, false),
    };
    let entry = passwd.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [login, _, uid, gid, _, home, ..] = fields[..] else {
            return None;
        };
        let (uid, gid) = (number(uid)?, number(gid)?);
        (login == name && !by_number || number(name) == Some(uid))
            .then_some((login, uid, gid, home))
    });
    let unknown = || Failure::UnknownUser {
        user: name.to_owned(),
    };
    let uid = entry
        .map(|e| e.1)
        .or_else(|| number(name))
        .ok_or_else(unknown)?;
    let mut identity = Identity {
        uid,
        gid: entry.map_or(0, |e| e.2),
        groups: Vec::new(),
        home: entry
            .map(|e| e.3)
            .filter(|home| !home.is_empty())
            .unwrap_or("/")
            .to_owned(),
    };
    if let Some(wanted) = wanted_group {
        let (wanted, by_number) = match wanted.strip_prefix('#') {
            Some(number) => (number, true),
            None => (wanted, false),
        };
        let known = groups(group)
            .find(|(name, ..)| *name == wanted && !by_number)
            .map(|(_, gid, _)| gid);
        identity.gid = known
            .or_else(|| number(wanted))
            .ok_or_else(|| Failure::UnknownGroup {
                group: wanted.to_owned(),
            })?;
    }
    let has_own = match of_image {
        ImageGroups::UnlessNamed => wanted_group.is_none(),
        ImageGroups::Always => true,
        ImageGroups::Never => false,
    };
    if let Some((login, ..)) = entry.filter(|_| has_own) {
        identity.groups = groups(group)
            .filter(|(_, _, members)| members.split(',').any(|member| member == login))
            .map(|(_, gid, _)| gid)
            .collect();
    }
    Ok(identity)
}

fn groups(text: &str) -> impl Iterator<Item = (&str, u32, &str)> {
    text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _, gid) = (fields.next()?, fields.next()?, number(fields.next()?)?);
        Some((name, gid, fields.next().unwrap_or("")))
    })
}

/// A user or group number; -1 means "unchanged" to the kernel and is none.
fn number(text: &str) -> Option<u32> {
    text.parse()
        .ok()
        .filter(|n| *n != u32::MAX && *n <= i32::MAX as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\nbroken\napp:x:1000:1001::/home/app:/bin/sh\nnohome:x:7:7:::\n";
    const GROUP: &str = "root:x:0:\nstaff:x:50:app,other\nwheel:x:51:root\napp:x:1001:\n";

    fn check(user: &str, expected: (u32, u32, &[u32], &str)) {
        let got = resolve(user, PASSWD, GROUP, ImageGroups::UnlessNamed).unwrap();
        assert_eq!(
            (got.uid, got.gid, &got.groups[..], &got.home[..]),
            expected,
            "{user}"
        );
    }

    #[test]
    fn a_number_that_is_meant_as_one_is_no_login() {
        let passwd = "1000:x:0:0::/:/bin/sh\n";
        let of = |user: &str| resolve(user, passwd, "7:x:0:\n", ImageGroups::Always).unwrap();
        assert_eq!(of("1000").uid, 0);
        assert_eq!((of("#1000:#7").uid, of("#1000:#7").gid), (1000, 7));
    }

    #[test]
    fn names_and_numbers() {
        check("", (0, 0, &[51], "/root"));
        check("root", (0, 0, &[51], "/root"));
        check("app", (1000, 1001, &[50], "/home/app"));
        check("1000", (1000, 1001, &[50], "/home/app"));
        check("4711", (4711, 0, &[], "/"));
        check("app:staff", (1000, 50, &[], "/home/app"));
        check("app:", (1000, 1001, &[50], "/home/app"));
        check("4711:99", (4711, 99, &[], "/"));
        check(":50", (0, 50, &[], "/root"));
        check("nohome", (7, 7, &[], "/"));
    }

    #[test]
    fn the_primary_group_is_among_the_supplementary_ones() {
        assert_eq!(supplementary(0, vec![]), [0]);
        assert_eq!(supplementary(1001, vec![50, 7, 50]), [1001, 7, 50]);
        assert_eq!(supplementary(50, vec![7, 50]), [50, 7]);
        // Whatever else there is.
        let many = supplementary(9999, (0..2000).collect());
        assert_eq!((many.len(), many[0]), (MAX_GROUPS, 9999));
    }

    #[test]
    fn groups_of_the_image_are_had_as_is_asked() {
        let of = |user: &str, of_image: ImageGroups| {
            let it = resolve(user, PASSWD, GROUP, of_image).unwrap();
            (it.gid, it.groups)
        };
        for user in ["app:#99", "#1000:#99"] {
            assert_eq!(of(user, ImageGroups::Always), (99, vec![50]), "{user}");
            assert_eq!(of(user, ImageGroups::UnlessNamed), (99, vec![]), "{user}");
            assert_eq!(of(user, ImageGroups::Never), (99, vec![]), "{user}");
        }
        // What the image says of the user itself is no matter of groups.
        assert_eq!(of("app", ImageGroups::Never), (1001, vec![]));
        assert_eq!(of("4711", ImageGroups::Always), (0, vec![]));
    }

    #[test]
    fn the_unknown_is_refused_by_name() {
        let unknown =
            |user: &str| resolve(user, PASSWD, GROUP, ImageGroups::default()).unwrap_err();
        assert_eq!(
            unknown("ghost"),
            Failure::UnknownUser {
                user: "ghost".into()
            }
        );
        assert_eq!(
            unknown("app:ghosts"),
            Failure::UnknownGroup {
                group: "ghosts".into()
            }
        );
        assert_eq!(
            unknown("4294967295"),
            Failure::UnknownUser {
                user: "4294967295".into()
            }
        );
        assert_eq!(unknown("-1"), Failure::UnknownUser { user: "-1".into() });
    }
}
