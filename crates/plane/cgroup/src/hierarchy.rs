//! Which hierarchies there are on this machine.

use std::{
    collections::BTreeMap,
    fs,
    path::{Component, Path, PathBuf},
    sync::OnceLock,
};

use crate::{CgroupError, Group, v1};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    V1,
    V2,
}

/// The mounted hierarchies. Cheap to find, so that each process looks for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hierarchies {
    pub(crate) version: Version,
    /// Version 1: controller → mount point; controllers mounted together share one.
    /// Version 2: the single entry `""`.
    pub(crate) mounts: BTreeMap<String, PathBuf>,
    /// Mount points of this version below [`SHOWN`], also of hierarchies without groups of ours, with their options.
    all: Vec<(PathBuf, String)>,
}

/// A hierarchy as a container is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Of its mount point.
    pub name: String,
    /// Where the process is in it.
    pub folder: PathBuf,
    /// By which the kernel finds it when it is mounted: controllers, or `name=` and a name.
    pub options: Vec<String>,
}

/// Where containers look for control groups, and the host has those that it shows.
const SHOWN: &str = "/sys/fs/cgroup";

impl Hierarchies {
    /// Reads the mounts of this process.
    pub fn detect() -> Result<Self, CgroupError> {
        let path = "/proc/self/mountinfo";
        let text = fs::read_to_string(path).map_err(CgroupError::io("read", path))?;
        Self::from_mountinfo(&text).ok_or(CgroupError::NoHierarchy)
    }

    /// What this process, or the one that forked it, found first. For processes that see the mounts of their start.
    pub fn known() -> Result<Self, CgroupError> {
        static FOUND: OnceLock<Hierarchies> = OnceLock::new();
        match FOUND.get() {
            Some(found) => Ok(found.clone()),
            None => {
                let found = Self::detect()?;
                Ok(FOUND.get_or_init(|| found).clone())
            }
        }
    }

    /// Version 1 wins where it has the memory controller (hybrid mode), else a version 2 mount.
    pub fn from_mountinfo(text: &str) -> Option<Self> {
        let mut controllers = BTreeMap::new();
        let mut unified = None;
        let mut all = Vec::new();
        for line in text.lines() {
            // `… root mount-point options - type source super-options`
            let Some((before, after)) = line.split_once(" - ") else {
                continue;
            };
            let mut before = before.split(' ').skip(3);
            let (Some("/"), Some(mount)) = (before.next(), before.next()) else {
                continue;
            };
            let mut after = after.split(' ');
            match (after.next(), after.next(), after.next()) {
                (Some("cgroup2"), ..) => {
                    unified.get_or_insert_with(|| PathBuf::from(mount));
                }
                (Some("cgroup"), _, Some(options)) => {
                    if Path::new(mount).starts_with(SHOWN) {
                        all.push((mount.into(), options.to_owned()));
                    }
                    for controller in v1::CONTROLLERS {
                        if options.split(',').any(|option| option == controller) {
                            controllers
                                .entry(controller.to_owned())
                                .or_insert_with(|| mount.into());
                        }
                    }
                }
                _ => {}
            }
        }
        if controllers.contains_key("memory") {
            return Some(Self {
                version: Version::V1,
                mounts: controllers,
                all,
            });
        }
        unified.map(Self::v2)
    }

    /// A version 2 hierarchy mounted at `root`.
    pub fn v2(root: impl Into<PathBuf>) -> Self {
        Self {
            version: Version::V2,
            mounts: [(String::new(), root.into())].into(),
            all: Vec::new(),
        }
    }

    /// Where a process is in each hierarchy that a container is shown; `own` is the process's `/proc/<pid>/cgroup`. Version 2:
    /// the one.
    pub fn folders_of(&self, own: &str) -> Vec<Shown> {
        // `number:controllers:path`
        let lines = own.lines().filter_map(|line| {
            let (_, line) = line.split_once(':')?;
            let (controllers, path) = line.split_once(':')?;
            let relative = path.strip_prefix('/')?;
            let inside = !relative.split('/').any(|part| part == "..");
            inside.then_some((controllers, relative))
        });
        let find = |options: &str| {
            let is = |controllers: &str| match controllers.split(',').next().unwrap_or_default() {
                "" => self.version == Version::V2,
                first => options.split(',').any(|option| option == first),
            };
            let mut lines = lines.clone();
            lines.find(|(controllers, _)| is(controllers))
        };
        let unified = self
            .mounts
            .get("")
            .map(|root| (root.clone(), String::new()));
        let points = self.all.iter().cloned().chain(unified);
        let shown = points.filter_map(|(point, options)| {
            let name = point.file_name()?.to_str()?.to_owned();
            let (controllers, relative) = find(&options)?;
            // Joining nothing would end the path with a slash.
            let folder = match relative {
                "" => point,
                relative => point.join(relative),
            };
            Some(Shown {
                name,
                folder,
                options: controllers.split(',').map(str::to_owned).collect(),
            })
        });
        shown.collect()
    }

    pub fn version(&self) -> Version {
        self.version
    }

    /// The group at `path`, such as `/wharf-ab12/task`. It need not exist.
    pub fn group(&self, path: &str) -> Result<Group, CgroupError> {
        let relative = path.strip_prefix('/').filter(|rest| {
            !rest.is_empty()
                && Path::new(rest)
                    .components()
                    .all(|part| matches!(part, Component::Normal(_)))
        });
        match relative {
            Some(relative) => Ok(Group::new(self.clone(), relative)),
            None => Err(CgroupError::BadPath(path.to_owned())),
        }
    }

    /// Each mount point once.
    pub(crate) fn roots(&self) -> Vec<&Path> {
        let mut roots: Vec<&Path> = self.mounts.values().map(PathBuf::as_path).collect();
        roots.sort_unstable();
        roots.dedup();
        roots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
42 31 0:39 / /sys/fs/cgroup/rc rw,relatime - cgroup cgroup rw,release_agent=/lib/rc,name=openrc
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";
    const UNIFIED: &str = "41 31 0:38 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n";

    #[test]
    fn hybrid_counts_as_version_1() {
        let found = Hierarchies::from_mountinfo(HYBRID).unwrap();
        assert_eq!(found.version(), Version::V1);
        assert_eq!(found.mounts.len(), 3);
        assert_eq!(found.roots().len(), 2);
    }

    #[test]
    fn unified_is_version_2() {
        assert_eq!(
            Hierarchies::from_mountinfo(UNIFIED),
            Some(Hierarchies::v2("/sys/fs/cgroup"))
        );
        assert_eq!(Hierarchies::from_mountinfo("nonsense\n"), None);
    }

    #[test]
    fn a_process_is_found_in_each_hierarchy() {
        let found = Hierarchies::from_mountinfo(HYBRID).unwrap();
        let own = "10:name=openrc:/a\n9:name=systemd:/\n4:memory:/jobs/one\n3:cpu,cpuacct:/w/t/c\n2:pids:/w\n0::/elsewhere\n";
        let at = |name: &str, rest: &str, options: &[&str]| Shown {
            name: name.to_owned(),
            folder: Path::new(SHOWN).join(rest),
            options: options.iter().map(|it| (*it).to_owned()).collect(),
        };
        let expected = [
            at("cpu,cpuacct", "cpu,cpuacct/w/t/c", &["cpu", "cpuacct"]),
            at("memory", "memory/jobs/one", &["memory"]),
            at("systemd", "systemd", &["name=systemd"]),
            at("rc", "rc/a", &["name=openrc"]),
        ];
        assert_eq!(found.folders_of(own), expected);
        // Outside of what this process sees.
        assert!(found.folders_of("4:memory:/../other\n").is_empty());
        let unified = Hierarchies::from_mountinfo(UNIFIED).unwrap();
        let shown = unified.folders_of("0::/w/t\n");
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].folder, Path::new("/sys/fs/cgroup/w/t"));
    }

    #[test]
    fn group_paths_cannot_climb() {
        let found = Hierarchies::v2("/x");
        assert!(found.group("/wharf-ab12/task").is_ok());
        for bad in ["", "/", "wharf", "/a/../b", "/../x", "//"] {
            assert!(found.group(bad).is_err(), "{bad}");
        }
    }
}
