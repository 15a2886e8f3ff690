//! One group in all hierarchies.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{
    CgroupError, DeviceRule, Glance, Hierarchies, Limits, Stats, Version, device_filter, stats, v1,
    v2,
};

/// How long [`Group::kill_and_remove`] waits for killed processes to be gone.
const KILL_DEADLINE: Duration = Duration::from_secs(10);

/// The file of the cores that a group may use.
const CORES: &str = "cpuset.cpus";
/// The one that says whether groups below begin with the cores of theirs (version 1).
const CLONES: &str = "cgroup.clone_children";

/// A group by its path; the kernel's object may or may not exist.
#[derive(Debug, Clone)]
pub struct Group {
    hierarchies: Hierarchies,
    relative: PathBuf,
}

impl Group {
    pub(crate) fn new(hierarchies: Hierarchies, relative: &str) -> Self {
        Self {
            hierarchies,
            relative: relative.into(),
        }
    }

    pub(crate) fn version(&self) -> Version {
        self.hierarchies.version
    }

    /// The folder in each hierarchy.
    fn folders(&self) -> Vec<PathBuf> {
        self.hierarchies
            .roots()
            .into_iter()
            .map(|root| root.join(&self.relative))
            .collect()
    }

    /// The folder of one controller; `None` if it is not mounted.
    pub(crate) fn folder(&self, controller: &str) -> Option<PathBuf> {
        let key = if self.hierarchies.version == Version::V2 {
            ""
        } else {
            controller
        };
        self.hierarchies
            .mounts
            .get(key)
            .map(|root| root.join(&self.relative))
    }

    /// Makes the group, its parents where they are missing, and writes the limits. The limits of
    /// a group that is there already are overwritten.
    pub fn create(&self, limits: &Limits) -> Result<(), CgroupError> {
        match self.hierarchies.version {
            Version::V1 => self.create_v1(limits),
            Version::V2 => self.create_v2(limits),
        }
    }

    fn create_v1(&self, limits: &Limits) -> Result<(), CgroupError> {
        let mounted = |controller| self.hierarchies.mounts.get(controller).cloned();
        let (cpuset, memory) = (mounted("cpuset"), mounted("memory"));
        for root in self.hierarchies.roots() {
            let inherits = cpuset.as_deref() == Some(root);
            let counts_memory = memory.as_deref() == Some(root);
            let made = |parent: &Path, folder: &Path| {
                make_folder(folder)?;
                if counts_memory {
                    count_children(folder)?;
                }
                if inherits {
                    inherit_cpuset(parent, folder, root)
                } else {
                    Ok(())
                }
            };
            // Those above are there nearly always.
            let folder = root.join(&self.relative);
            match made(folder.parent().unwrap_or(root), &folder) {
                Err(CgroupError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    for_each_level(root, &self.relative, made)?;
                }
                other => other?,
            }
        }
        let mut open = None;
        for (path, value, optional) in self.writes(limits)? {
            write_next(&mut open, path, &value, optional)?;
        }
        Ok(())
    }

    fn create_v2(&self, limits: &Limits) -> Result<(), CgroupError> {
        let folder = self.folder("").ok_or(CgroupError::NoHierarchy)?;
        for root in self.hierarchies.roots() {
            for_each_level(root, &self.relative, |parent, folder| {
                let read = |name: &str| fs::read_to_string(parent.join(name)).unwrap_or_default();
                let file = parent.join("cgroup.subtree_control");
                if let Some(value) =
                    v2::hand_down(&read("cgroup.controllers"), &read("cgroup.subtree_control"))
                {
                    write_file(&file, &value, false)?;
                }
                make_folder(folder)
            })?;
        }
        for (path, value, optional) in self.writes(limits)? {
            write_file(&path, &value, optional)?;
        }
        if let Some(rules) = &limits.devices {
            device_filter::attach(&folder, rules)?;
        }
        Ok(())
    }

    /// The files that say what the limits are, what is written to each, and whether it may be missing.
    fn writes(&self, limits: &Limits) -> Result<Vec<(PathBuf, String, bool)>, CgroupError> {
        if self.hierarchies.version == Version::V2 {
            let folder = self.folder("").ok_or(CgroupError::NoHierarchy)?;
            let writes = v2::writes(limits).into_iter();
            let at = |file: &str| folder.join(file);
            return Ok(writes
                .map(|it| (at(it.file), it.value, it.optional))
                .collect());
        }
        let mut writes = Vec::new();
        for write in v1::writes(limits) {
            match self.folder(write.controller) {
                Some(folder) => writes.push((folder.join(write.file), write.value, write.optional)),
                None if write.optional => {}
                // A missing controller with a limit for it must not pass silently.
                None => return Err(CgroupError::NoHierarchy),
            }
        }
        Ok(writes)
    }

    /// Changes what a group that is there may have of memory and processor; what is not named stays as it is. Devices and cores are
    /// others' to change.
    pub fn change(&self, limits: &Limits) -> Result<(), CgroupError> {
        let limits = Limits {
            devices: None,
            cores: None,
            ..limits.clone()
        };
        let writes = self.writes(&limits)?;
        let write =
            |(path, value, optional): &(PathBuf, String, bool)| write_file(path, value, *optional);
        // Memory with swap is no less than memory alone at any time: upwards it comes first.
        match writes.iter().try_for_each(write) {
            Ok(()) => Ok(()),
            Err(_) => {
                writes.iter().rev().try_for_each(write)?;
                writes.iter().try_for_each(write)
            }
        }
    }

    /// Changes the device white list of a group that is there: processes in it can open from now on what these rules
    /// let them open, and nothing else. What is open stays open.
    pub fn set_devices(&self, rules: &[DeviceRule]) -> Result<(), CgroupError> {
        let folder = self.folder("devices").ok_or(CgroupError::NoHierarchy)?;
        if self.hierarchies.version == Version::V2 {
            return device_filter::replace(&folder, rules);
        }
        let list = folder.join("devices.list");
        let now = fs::read_to_string(&list).map_err(CgroupError::io("read", list))?;
        let (deny, allow) = v1::changes(&now, rules);
        for (file, lines) in [("devices.deny", deny), ("devices.allow", allow)] {
            for line in lines {
                write_file(&folder.join(file), &line, false)?;
            }
        }
        Ok(())
    }

    /// Lets the group, and those below it, use these cores, as the kernel lists them; `None`: all that its parent
    /// has.
    pub fn set_cores(&self, cores: Option<&str>) -> Result<(), CgroupError> {
        let Some(folder) = self.folder("cpuset") else {
            return Ok(());
        };
        if self.hierarchies.version == Version::V2 {
            // Groups below have what this one has. An empty line takes the restriction back.
            return write_file(&folder.join(CORES), cores.unwrap_or("\n"), true);
        }
        let all = || {
            let above = folder.parent().unwrap_or(&folder).join(CORES);
            fs::read_to_string(&above).map_err(CgroupError::io("read", above))
        };
        let cores = cores.map_or_else(all, |cores| Ok(cores.to_owned()))?;
        // No group has a core that the one above it lacks: what is taken is taken below first, what is
        // given is given above first.
        take_cores(&folder, cores.trim());
        give_cores(&folder, cores.trim())
    }

    /// Moves a process into the group, in every hierarchy.
    pub fn attach(&self, pid: i32) -> Result<(), CgroupError> {
        self.write_to_all("cgroup.procs", &pid.to_string())
    }

    /// Moves the calling thread, the only one of its process, into the group, in every hierarchy. In version 1 the
    /// kernel takes no lock of all forks for this ([`Moves`](crate::Moves)).
    pub fn enter(&self) -> Result<(), CgroupError> {
        let file = match self.hierarchies.version {
            Version::V1 => "tasks",
            Version::V2 => "cgroup.procs",
        };
        self.write_to_all(file, "0")
    }

    fn write_to_all(&self, file: &str, value: &str) -> Result<(), CgroupError> {
        let folders = self.folders();
        let mut files = folders.iter().map(|folder| folder.join(file));
        files.try_for_each(|file| write_file(&file, value, false))
    }

    /// Processes in this group, not below it; empty if there is no such group.
    pub fn processes(&self) -> Result<Vec<i32>, CgroupError> {
        let mut all = Vec::new();
        for folder in self.folders() {
            let path = folder.join("cgroup.procs");
            match fs::read_to_string(&path) {
                Ok(text) => all.extend(text.lines().filter_map(|line| line.parse::<i32>().ok())),
                Err(e) if is_gone(&e) => {}
                Err(e) => return Err(CgroupError::io("read", path)(e)),
            }
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    /// How many processes there are in this group and below it; none if there is no such group.
    pub fn process_count(&self) -> Result<usize, CgroupError> {
        let mut count = self.processes()?.len();
        for name in self.children() {
            count += self.child(&name)?.process_count()?;
        }
        Ok(count)
    }

    pub fn exists(&self) -> bool {
        self.folders().iter().any(|folder| folder.exists())
    }

    /// Names of the groups directly below.
    pub fn children(&self) -> Vec<String> {
        let mut names: Vec<String> = self
            .folders()
            .iter()
            .filter_map(|folder| fs::read_dir(folder).ok())
            .flatten()
            .filter_map(Result::ok)
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    pub fn child(&self, name: &str) -> Result<Self, CgroupError> {
        let below = self.relative.join(name);
        self.hierarchies.group(&format!("/{}", below.display()))
    }

    /// SIGKILL to every process in this group (not below), once. Returns how many there were.
    pub fn kill(&self) -> Result<usize, CgroupError> {
        let processes = self.processes()?;
        for pid in &processes {
            // The process may have ended since it was listed.
            let _ = kill(Pid::from_raw(*pid), Signal::SIGKILL);
        }
        Ok(processes.len())
    }

    /// Removes the empty group; a group that is not there is no error. One whose processes have
    /// not left yet is [`io::ErrorKind::ResourceBusy`] within [`CgroupError::Io`].
    pub fn remove(&self) -> Result<(), CgroupError> {
        for folder in self.folders() {
            match fs::remove_dir(&folder) {
                Err(e) if !is_gone(&e) => return Err(CgroupError::io("remove", folder)(e)),
                _ => {}
            }
        }
        Ok(())
    }

    /// Ends everything in this group and below it and removes them. Blocks until the processes are
    /// gone, at most 10 s.
    pub fn kill_and_remove(&self) -> Result<(), CgroupError> {
        // Most have ended by themselves, and what is empty needs no looking into.
        if self.remove().is_ok() {
            return Ok(());
        }
        let deadline = Instant::now() + KILL_DEADLINE;
        for name in self.children() {
            self.child(&name)?.kill_and_remove()?;
        }
        loop {
            let left = self.kill()?;
            match self.remove() {
                Ok(()) => return Ok(()),
                Err(CgroupError::Io { source, .. })
                    if left > 0 || source.kind() == io::ErrorKind::ResourceBusy =>
                {
                    if Instant::now() > deadline {
                        return Err(CgroupError::StillAlive(self.relative.display().to_string()));
                    }
                    // The kernel offers no event that all hierarchies share.
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(other) => return Err(other),
            }
        }
    }

    /// How many processes the kernel has killed here for want of memory; 0 where it does not say.
    pub fn oom_kills(&self) -> u64 {
        let file = match self.hierarchies.version {
            Version::V1 => "memory.oom_control",
            Version::V2 => "memory.events",
        };
        self.folder("memory")
            .and_then(|folder| fs::read_to_string(folder.join(file)).ok())
            .and_then(|text| stats::keyed(&text, "oom_kill"))
            .unwrap_or(0)
    }

    /// What is cheap enough to be read every second.
    pub fn glance(&self) -> Result<Glance, CgroupError> {
        match self.hierarchies.version {
            Version::V1 => stats::glance_v1(|controller| self.folder(controller)),
            Version::V2 => stats::glance_v2(&self.folder("").ok_or(CgroupError::NoHierarchy)?),
        }
    }

    pub fn stats(&self) -> Result<Stats, CgroupError> {
        match self.hierarchies.version {
            Version::V1 => stats::read_v1(|controller| self.folder(controller)),
            Version::V2 => stats::read_v2(&self.folder("").ok_or(CgroupError::NoHierarchy)?),
        }
    }
}

/// The folder is gone, or was about to go while it was read.
fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ENODEV)
}

fn for_each_level(
    root: &Path,
    relative: &Path,
    mut visit: impl FnMut(&Path, &Path) -> Result<(), CgroupError>,
) -> Result<(), CgroupError> {
    let mut parent = root.to_owned();
    for part in relative {
        let folder = parent.join(part);
        visit(&parent, &folder)?;
        parent = folder;
    }
    Ok(())
}

fn make_folder(folder: &Path) -> Result<(), CgroupError> {
    match fs::create_dir(folder) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
            Err(CgroupError::io("make", folder)(e))
        }
        _ => Ok(()),
    }
}

/// What groups below use counts here too. Kernels from 5.11 on always do it; on older ones a limit
/// would leave the children alone.
fn count_children(folder: &Path) -> Result<(), CgroupError> {
    let path = folder.join("memory.use_hierarchy");
    match fs::read_to_string(&path) {
        Ok(text) if text.trim() == "0" => write_file(&path, "1", false),
        _ => Ok(()),
    }
}

/// Writes the cores of groups from below, as far as that only takes some away.
fn take_cores(folder: &Path, cores: &str) {
    for below in folders_in(folder) {
        take_cores(&below, cores);
    }
    let _ = write_file(&folder.join(CORES), cores, true);
}

fn give_cores(folder: &Path, cores: &str) -> Result<(), CgroupError> {
    write_file(&folder.join(CORES), cores, true)?;
    folders_in(folder)
        .iter()
        .try_for_each(|below| give_cores(below, cores))
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}

/// A version 1 cpuset accepts no process before it has processors and memory nodes. Those below one that is given them here come
/// with what it has: the kernel copies that sooner than anybody reads and writes it.
fn inherit_cpuset(parent: &Path, folder: &Path, root: &Path) -> Result<(), CgroupError> {
    let mut had_none = false;
    for name in [CORES, "cpuset.mems"] {
        let path = folder.join(name);
        let own = fs::read_to_string(&path).map_err(CgroupError::io("read", &path))?;
        if own.trim().is_empty() {
            let from = parent.join(name);
            let read = || fs::read_to_string(&from).map_err(CgroupError::io("read", &from));
            let mut value = read()?;
            // Whoever made that one came no further.
            if value.trim().is_empty()
                && parent != root
                && let Some(above) = parent.parent()
            {
                inherit_cpuset(above, parent, root)?;
                value = read()?;
            }
            write_file(&path, value.trim(), false)?;
            had_none = true;
        }
    }
    if had_none {
        // Without it each is given its own.
        let _ = write_file(&folder.join(CLONES), "1", true);
    }
    Ok(())
}

/// As [`write_file`], with the file of the write before if it is the same.
fn write_next(
    open: &mut Option<(PathBuf, fs::File)>,
    path: PathBuf,
    value: &str,
    optional: bool,
) -> Result<(), CgroupError> {
    if open.as_ref().is_none_or(|(before, _)| *before != path) {
        *open = None;
        match fs::OpenOptions::new().write(true).open(&path) {
            Ok(file) => *open = Some((path, file)),
            Err(e) if optional && e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(CgroupError::io("write", path)(e)),
        }
    }
    match open {
        Some((path, file)) => file
            .write_all(value.as_bytes())
            .map_err(CgroupError::io("write", &*path)),
        None => Ok(()),
    }
}

pub(crate) fn write_file(path: &Path, value: &str, optional: bool) -> Result<(), CgroupError> {
    // Never created: a controller's file is there or the controller is not.
    let written = fs::OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|mut f| f.write_all(value.as_bytes()));
    match written {
        Err(e) if !(optional && e.kind() == io::ErrorKind::NotFound) => {
            Err(CgroupError::io("write", path)(e))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder tree that looks like a version 2 mount where wharf has begun to work.
    fn fake_v2() -> (tempfile::TempDir, Group) {
        let root = tempfile::tempdir().unwrap();
        let task = root.path().join("wharf-test/task");
        fs::create_dir_all(&task).unwrap();
        for folder in [root.path(), &root.path().join("wharf-test"), &task] {
            fs::write(folder.join("cgroup.controllers"), "cpu memory pids\n").unwrap();
            fs::write(folder.join("cgroup.subtree_control"), "").unwrap();
            for file in [
                "memory.max",
                "cpu.max",
                "pids.max",
                "cgroup.procs",
                "memory.events",
            ] {
                fs::write(folder.join(file), "").unwrap();
            }
        }
        let group = Hierarchies::v2(root.path())
            .group("/wharf-test/task")
            .unwrap();
        (root, group)
    }

    #[test]
    fn processes_below_a_group_are_counted() {
        let (root, group) = fake_v2();
        assert_eq!(group.process_count().unwrap(), 0);
        let folder = root.path().join("wharf-test/task");
        for (below, text) in [("", "7\n8\n"), ("a", "9\n"), ("a/b", "10\n11\n")] {
            fs::create_dir_all(folder.join(below)).unwrap();
            fs::write(folder.join(below).join("cgroup.procs"), text).unwrap();
        }
        assert_eq!(group.process_count().unwrap(), 5);
        assert_eq!(group.child("none").unwrap().process_count().unwrap(), 0);
    }

    #[test]
    fn what_a_group_may_have_changes() {
        let (root, group) = fake_v2();
        let limits = |bytes: u64, millis: Option<u64>| Limits {
            memory_bytes: Some(bytes),
            cpu_quota_millis: millis,
            ..Limits::default()
        };
        group.change(&limits(2 << 20, Some(500))).unwrap();
        group.change(&limits(1 << 20, None)).unwrap();
        let read = |name: &str| fs::read_to_string(root.path().join("wharf-test/task").join(name));
        // Files of the kernel have one value, those of this test keep what is longer.
        assert!(read("memory.max").unwrap().starts_with("1048576"));
        assert_eq!(read("cpu.max").unwrap(), "50000 100000");
        let none = Hierarchies::v2(root.path()).group("/none").unwrap();
        assert!(none.change(&limits(1, None)).is_err());
    }

    #[test]
    fn version_2_hands_controllers_down_and_writes_limits() {
        let (root, group) = fake_v2();
        let limits = Limits {
            memory_bytes: Some(1 << 20),
            swap_bytes: Some(0),
            pids: Some(7),
            ..Limits::default()
        };
        group.create(&limits).unwrap();
        let read = |name: &str| fs::read_to_string(root.path().join(name)).unwrap();
        assert_eq!(read("cgroup.subtree_control"), "+memory +cpu +pids");
        assert_eq!(
            read("wharf-test/cgroup.subtree_control"),
            "+memory +cpu +pids"
        );
        assert_eq!(read("wharf-test/task/cgroup.subtree_control"), "");
        assert_eq!(read("wharf-test/task/memory.max"), "1048576");
        assert_eq!(read("wharf-test/task/pids.max"), "7");
    }

    #[test]
    fn cores_are_given_and_taken_back() {
        let (root, group) = fake_v2();
        // Without the controller there is nothing to keep a group to.
        group.set_cores(Some("1")).unwrap();
        let file = root.path().join("wharf-test/task/cpuset.cpus");
        assert!(!file.exists());
        fs::write(&file, "").unwrap();
        group.set_cores(Some("1-3")).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "1-3");
    }

    #[test]
    fn a_group_without_cores_gets_its_parents_and_hands_them_down() {
        let root = tempfile::tempdir().unwrap();
        let (parent, folder) = (root.path().join("a"), root.path().join("a/b"));
        fs::create_dir_all(&folder).unwrap();
        let read = |folder: &Path, name: &str| fs::read_to_string(folder.join(name)).unwrap();
        for (folder, value) in [
            (root.path(), "0-3\n"),
            (parent.as_path(), ""),
            (folder.as_path(), ""),
        ] {
            fs::write(folder.join(CORES), value).unwrap();
            fs::write(folder.join("cpuset.mems"), value).unwrap();
            fs::write(folder.join(CLONES), "0").unwrap();
        }
        // Whoever made the one above came no further.
        inherit_cpuset(&parent, &folder, root.path()).unwrap();
        for folder in [parent.as_path(), folder.as_path()] {
            assert_eq!(read(folder, CORES), "0-3");
            assert_eq!(read(folder, "cpuset.mems"), "0-3");
            assert_eq!(read(folder, CLONES), "1");
        }
        assert_eq!(read(root.path(), CLONES), "0");
        // One that came with them is left as it is.
        fs::write(folder.join(CORES), "1").unwrap();
        fs::write(folder.join(CLONES), "0").unwrap();
        inherit_cpuset(&parent, &folder, root.path()).unwrap();
        assert_eq!(
            (read(&folder, CORES), read(&folder, CLONES)),
            ("1".to_owned(), "0".to_owned())
        );
    }

    #[test]
    fn version_2_counts_oom_kills() {
        let (root, group) = fake_v2();
        assert_eq!(group.oom_kills(), 0);
        fs::write(
            root.path().join("wharf-test/task/memory.events"),
            "low 0\noom 3\noom_kill 2\n",
        )
        .unwrap();
        assert_eq!(group.oom_kills(), 2);
    }

    #[test]
    fn a_limit_without_its_controller_is_an_error() {
        let (root, group) = fake_v2();
        fs::remove_file(root.path().join("wharf-test/task/pids.max")).unwrap();
        let limits = Limits {
            pids: Some(7),
            ..Limits::default()
        };
        assert!(matches!(
            group.create(&limits),
            Err(CgroupError::Io { step: "write", .. })
        ));
    }

    #[test]
    fn what_is_not_there_is_removed_already() {
        let root = tempfile::tempdir().unwrap();
        let group = Hierarchies::v2(root.path()).group("/absent/x").unwrap();
        group.kill_and_remove().unwrap();
        assert!(!group.exists() && group.processes().unwrap().is_empty());
    }
}
