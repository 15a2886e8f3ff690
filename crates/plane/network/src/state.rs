//! What is remembered on disk: one small file per attachment and per scope, replaced whole.
//!
//! The files name kernel objects, which no power failure survives; so they are renamed into place
//! but not forced to disk. A file that a power failure left torn speaks of nothing any more, and
//! is dropped.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use nix::fcntl::{Flock, FlockArg};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wharf_durable::{self as durable, Durability};
use wharf_spares::Spares;
use wharf_userns::IdRange;

use crate::error::NetworkError;
use crate::model::{Attachment, Binding, MacAddress, Mode, Scope, Subnet};
use crate::names::{scope_file, task_file};

const VERSION: u32 = 1;
/// A thousand bindings take a tenth of it (bytes).
const MAX_FILE: u64 = 1 << 20;

/// What a node as a whole remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HostRecord {
    pub(crate) version: u32,
    pub(crate) range: Subnet,
    #[serde(default)]
    pub(crate) guard: Option<Guard>,
    /// The public addresses of what is wired here.
    #[serde(default)]
    pub(crate) publics: BTreeMap<Ipv4Addr, PublicWay>,
}

/// What a public address is to the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PublicWay {
    /// Index of the uplink behind which it is.
    pub(crate) link: u32,
    /// It is an interface's: others may begin connections to it.
    pub(crate) reached: bool,
    /// The world does not know it: what leaves the host leaves as the host.
    pub(crate) hidden: bool,
}

/// Who may send through tunnels, and into which networks.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Guard {
    pub(crate) port: u16,
    pub(crate) peers: BTreeSet<Ipv4Addr>,
    pub(crate) networks: BTreeSet<u32>,
}

impl HostRecord {
    pub(crate) fn new(
        range: Subnet,
        guard: Option<Guard>,
        publics: BTreeMap<Ipv4Addr, PublicWay>,
    ) -> Self {
        Self {
            version: VERSION,
            range,
            guard,
            publics,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ScopeRecord {
    pub(crate) version: u32,
    pub(crate) scope: Scope,
    /// Names the uplink and gives its address.
    pub(crate) number: u8,
}

impl ScopeRecord {
    pub(crate) fn new(scope: Scope, number: u8) -> Self {
        Self {
            version: VERSION,
            scope,
            number,
        }
    }
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TaskRecord {
    pub(crate) version: u32,
    pub(crate) key: String,
    pub(crate) mode: Mode,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) bindings: Vec<Binding>,
    /// Everything is in place: written last.
    pub(crate) wired: bool,
    /// The range of the user namespace that the network namespace belongs to; `None` is the host's.
    #[serde(default)]
    pub(crate) owner: Option<IdRange>,
    /// The key of the instance that is the node of this pod.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) node: Option<String>,
}

/// A task's place in a scope.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Endpoint {
    pub(crate) scope: Scope,
    /// The scope's end of the veth.
    pub(crate) link: String,
    pub(crate) mac: MacAddress,
    pub(crate) address: Ipv4Addr,
    /// Further addresses that are led to it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) secondary: BTreeSet<Ipv4Addr>,
    /// Its IPv6 addresses.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) ipv6: BTreeSet<Ipv6Addr>,
    pub(crate) gateway: Ipv4Addr,
    /// What nobody has in here is unreachable, rather than sought outside.
    pub(crate) subnet: Subnet,
    pub(crate) host_reachable: bool,
    /// It is that of the guest of a virtual machine.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) guest: bool,
}

impl Endpoint {
    /// All its IPv4 addresses, the primary one first.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        std::iter::once(self.address).chain(self.secondary.iter().copied())
    }

    pub(crate) fn has(&self, address: Ipv4Addr) -> bool {
        self.address == address || self.secondary.contains(&address)
    }
}

impl TaskRecord {
    pub(crate) fn new(key: &str, mode: Mode) -> Self {
        Self {
            version: VERSION,
            key: key.to_owned(),
            mode,
            endpoint: None,
            bindings: Vec::new(),
            wired: false,
            owner: None,
            node: None,
        }
    }

    /// By ids of their kind, instances are told from tasks and pods.
    pub(crate) fn is_instance(&self) -> bool {
        self.node.is_none() && self.key.starts_with("i-")
    }

    pub(crate) fn attachment(&self, state: &StateDir) -> Attachment {
        let endpoint = self.endpoint.as_ref();
        Attachment {
            netns: (self.mode != Mode::Host).then(|| state.task_netns(&self.key)),
            scope: endpoint.map(|e| e.scope.clone()),
            address: endpoint.map(|e| e.address),
            gateway: endpoint.map(|e| e.gateway),
            mac: endpoint.map(|e| e.mac),
            bindings: self.bindings.clone(),
            host_reachable: endpoint.is_some_and(|e| e.host_reachable),
        }
    }
}

/// The folder of the records and the namespaces, held by one process.
#[derive(Debug)]
pub(crate) struct StateDir {
    root: PathBuf,
    spares: Spares,
    _lock: Flock<File>,
}

const TASKS: &str = "tasks";
const SCOPES: &str = "scopes";
const NAMESPACES: &str = "netns";
const HOST: &str = "network.json";

impl StateDir {
    /// # Errors
    /// `StateInUse` if another process has it.
    pub(crate) fn open(root: &Path) -> Result<Self, NetworkError> {
        for folder in ["", TASKS, SCOPES, NAMESPACES] {
            let path = root.join(folder);
            let made = wharf_durable::private_folder(&path);
            made.map_err(|e| NetworkError::state(&path, e))?;
        }
        let path = root.join("lock");
        let file = File::create(&path).map_err(|e| NetworkError::state(&path, e))?;
        let lock = Flock::lock(file, FlockArg::LockExclusiveNonblock).map_err(|_| {
            NetworkError::StateInUse {
                dir: root.to_owned(),
            }
        })?;
        Ok(Self {
            root: root.to_owned(),
            spares: Spares::default(),
            _lock: lock,
        })
    }

    pub(crate) fn task_netns(&self, key: &str) -> PathBuf {
        netns_path(&self.root, key)
    }

    pub(crate) fn scope_netns(&self, scope: &Scope) -> PathBuf {
        self.root.join(NAMESPACES).join(scope_file(scope))
    }

    /// All places where a namespace is, or was to be, mounted.
    pub(crate) fn namespaces(&self) -> Result<Vec<PathBuf>, NetworkError> {
        entries(&self.root.join(NAMESPACES))
    }

    pub(crate) fn host(&self) -> Result<Option<HostRecord>, NetworkError> {
        load(&self.host_path())
    }

    pub(crate) fn host_path(&self) -> PathBuf {
        self.root.join(HOST)
    }

    pub(crate) fn scopes(&self) -> Result<Vec<ScopeRecord>, NetworkError> {
        load_all(&self.root.join(SCOPES))
    }

    pub(crate) fn save_scope(&self, record: &ScopeRecord) -> Result<(), NetworkError> {
        save(&self.scope_path(&record.scope), record)
    }

    pub(crate) fn forget_scope(&self, scope: &Scope) -> Result<(), NetworkError> {
        forget(&self.scope_path(scope))
    }

    fn scope_path(&self, scope: &Scope) -> PathBuf {
        self.root
            .join(SCOPES)
            .join(format!("{}.json", scope_file(scope)))
    }

    pub(crate) fn tasks(&self) -> Result<Vec<TaskRecord>, NetworkError> {
        let folder = self.root.join(TASKS);
        let mut records = Vec::new();
        for (path, record) in load_each::<TaskRecord>(&folder)? {
            if path == self.task_path(&record.key) {
                records.push(record);
            } else {
                // Left under this name when the machine lost power.
                tracing::warn!(path = %path.display(), key = record.key, "dropped a record that is another task's");
                forget(&path)?;
            }
        }
        Ok(records)
    }

    pub(crate) fn save_task(&self, record: &TaskRecord) -> Result<(), NetworkError> {
        let path = self.task_path(&record.key);
        let saved = serde_json::to_vec(record).map_err(io::Error::from);
        let saved = saved.and_then(|bytes| self.spares.replace(&path, &bytes));
        saved.map_err(|e| NetworkError::state(&path, e))
    }

    pub(crate) fn forget_task(&self, key: &str) -> Result<(), NetworkError> {
        let path = self.task_path(key);
        let removed = self.spares.remove(&path);
        removed.map_err(|e| NetworkError::state(&path, e))
    }

    fn task_path(&self, key: &str) -> PathBuf {
        self.root.join(TASKS).join(format!("{key}.json"))
    }

    /// Removes the folder; the namespaces in it are gone already.
    pub(crate) fn remove(self) -> Result<(), NetworkError> {
        fs::remove_dir_all(&self.root).map_err(|e| NetworkError::state(&self.root, e))
    }
}

/// Where an attachment's namespace is mounted.
pub(crate) fn netns_path(root: &Path, key: &str) -> PathBuf {
    root.join(NAMESPACES).join(task_file(key))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, NetworkError> {
    let failed = |e| NetworkError::state(folder, e);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn load_all<T: DeserializeOwned>(folder: &Path) -> Result<Vec<T>, NetworkError> {
    let all = load_each(folder)?.into_iter();
    Ok(all.map(|(_, record)| record).collect())
}

fn load_each<T: DeserializeOwned>(folder: &Path) -> Result<Vec<(PathBuf, T)>, NetworkError> {
    let mut records = Vec::new();
    for path in entries(folder)? {
        if path.extension().is_some_and(|e| e == "json") {
            let record = load(&path)?;
            records.extend(record.map(|record| (path, record)));
        } else {
            // What a write that never finished left behind.
            forget(&path)?;
        }
    }
    Ok(records)
}

/// `None` if there is no such file, or none that can be read as a record.
pub(crate) fn load<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, NetworkError> {
    #[derive(Deserialize)]
    struct Version {
        version: u32,
    }
    let bytes = match durable::read(path, MAX_FILE) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        // Far too long: no record either.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Vec::new(),
        Err(error) => return Err(NetworkError::state(path, error)),
    };
    let version = serde_json::from_slice::<Version>(&bytes).map(|v| v.version);
    let record = match version {
        Ok(version) if version > VERSION => {
            return Err(NetworkError::StateTooNew {
                path: path.to_owned(),
                version,
            });
        }
        Ok(_) => serde_json::from_slice(&bytes),
        Err(error) => Err(error),
    };
    match record {
        Ok(record) => Ok(Some(record)),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "dropped a damaged record");
            forget(path)?;
            Ok(None)
        }
    }
}

pub(crate) fn save<T: Serialize>(path: &Path, record: &T) -> Result<(), NetworkError> {
    durable::replace_json(path, record, Durability::Process)
        .map_err(|e| NetworkError::state(path, e))
}

fn forget(path: &Path) -> Result<(), NetworkError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(NetworkError::state(path, error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_and_damage_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(&dir.path().join("network")).unwrap();
        let record = TaskRecord::new("t.1", Mode::Bridge { ports: vec![] });
        state.save_task(&record).unwrap();
        let tasks = dir.path().join("network/tasks");
        fs::write(tasks.join("torn.json"), b"{\"version\":1,\"ke").unwrap();
        fs::write(tasks.join("x.json.tmp"), b"").unwrap();
        let found = state.tasks().unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((&*found[0].key, &found[0].mode), ("t.1", &record.mode));
        assert_eq!(
            fs::read_dir(&tasks).unwrap().count(),
            1,
            "the rest was dropped"
        );
        state.forget_task("t.1").unwrap();
        state.forget_task("t.1").unwrap();
        assert!(state.tasks().unwrap().is_empty());
    }

    #[test]
    fn a_record_of_another_task_is_dropped() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(dir.path()).unwrap();
        let record = TaskRecord::new("t.1", Mode::Bridge { ports: vec![] });
        state.save_task(&record).unwrap();
        let tasks = dir.path().join("tasks");
        fs::copy(tasks.join("t.1.json"), tasks.join("t.2.json")).unwrap();
        let keys = |found: Vec<TaskRecord>| found.into_iter().map(|it| it.key).collect::<Vec<_>>();
        assert_eq!(keys(state.tasks().unwrap()), ["t.1"]);
        assert!(!tasks.join("t.2.json").exists());
        assert_eq!(keys(state.tasks().unwrap()), ["t.1"]);
    }

    #[test]
    fn a_newer_format_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::open(dir.path()).unwrap();
        let path = dir.path().join("tasks/a.json");
        fs::write(&path, b"{\"version\":2}").unwrap();
        assert!(matches!(
            state.tasks(),
            Err(NetworkError::StateTooNew { version: 2, .. })
        ));
        assert!(path.exists());
    }

    #[test]
    fn one_process_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let first = StateDir::open(dir.path()).unwrap();
        assert!(matches!(
            StateDir::open(dir.path()),
            Err(NetworkError::StateInUse { .. })
        ));
        drop(first);
        assert!(StateDir::open(dir.path()).is_ok());
    }
}
