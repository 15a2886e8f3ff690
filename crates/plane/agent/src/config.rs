//! What a node is told at its start. Nothing below reads the environment.

use std::{
    collections::BTreeMap,
    fmt, io,
    net::IpAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use wharf_base::{Cidr, InstallationId, Timestamp};
use wharf_durable::{self as durable, Durability};
use wharf_guest::{Choice as Acceleration, Emulator};
use wharf_network::Subnet;
use wharf_records::node::{Grant, IDENTITY_PURPOSE};
use wharf_seal::{Keyring, OpenError, Secret, is_sealed_file, sealed_file_key};
use wharf_wire::sigv4::SigningKeys;

use crate::{allow::Permission, figures::Figures};

/// When the record of a stopped task goes, once the control plane knows of its end and nothing of it
/// is left on the machine.
#[derive(Debug, Clone, Copy)]
pub struct TaskCleanup {
    /// Until then it can still be looked at (§5).
    pub after: Duration,
    /// The oldest beyond so many go earlier: a node may run thousands of short tasks in an hour.
    pub at_most: usize,
}

impl Default for TaskCleanup {
    fn default() -> Self {
        Self {
            after: Duration::from_secs(3 * 60 * 60),
            at_most: 100,
        }
    }
}

/// Processes and threads of one task, unless the operator says otherwise: far more than servers
/// have, far fewer than a machine can hold.
pub const TASK_PIDS: u64 = 4096;
/// Cores that tasks without a reservation leave to all others.
pub const KEPT_CORES: usize = 1;

/// Bytes of one task's disk, unless the operator says otherwise: as much as Fargate gives.
pub const TASK_DISK: u64 = 20 << 30;

/// MiB of a machine's memory that tasks never get: a twentieth, for the kernel, wharf's own
/// processes and whatever else the machine does, and no less than these need on a small one.
pub fn reserve_of(memory_mib: u64) -> u64 {
    const LEAST_MIB: u64 = 256;
    // A machine this small is somebody's experiment: it keeps a quarter of what it has.
    (memory_mib / 20).max(LEAST_MIB).min(memory_mib / 4)
}

/// Settings of one node.
#[derive(Debug, Clone)]
pub struct NodeConfig {
    /// `<data>/node`
    pub data_dir: PathBuf,
    /// Where it keeps what it measured and did not tell yet: in memory, but beyond the life of this process. `None`: nowhere.
    pub counts: Option<PathBuf>,
    pub installation: InstallationId,
    pub identity: Identity,
    /// What the identity's file is sealed with.
    pub keyring: Keyring,
    /// Whether `ca` is written as the control plane says: not beside it, where it writes the file itself.
    pub learns_authorities: bool,
    /// PEM file with the only authorities trusted for `https` endpoints; without it `https` is
    /// refused.
    pub ca: Option<PathBuf>,
    /// The address at which other hosts reach this one, if not the one the control plane sees.
    pub underlay: Option<IpAddr>,
    /// Ranges of VPCs in which programs of this host reach tasks; `None` for that of default VPCs.
    pub reach: Option<Vec<Subnet>>,
    /// What of the host tasks may have beyond what is theirs.
    pub allow: Vec<Permission>,
    /// Ranges beyond public addresses in which collectors of logs may be that task definitions name.
    pub egress: Vec<Cidr>,
    /// Folders that no task ever sees, beside `data_dir`.
    pub private: Vec<PathBuf>,
    /// The shim program.
    pub shim: PathBuf,
    /// The program whose `instance-init` is the first process of EC2 instances; `None`: the node keeps none.
    pub instances: Option<PathBuf>,
    /// Takes new instances. Without it those that are here already are still kept.
    pub offers_instances: bool,
    /// Bytes that their disks may be promised together; `None`: a multiple of what the machine's disk has.
    pub instance_disks: Option<u64>,
    /// Runs those that are virtual machines; `None`: the node has none.
    pub emulator: Option<Emulator>,
    /// What runs the processors of these.
    pub acceleration: Acceleration,
    /// MiB kept back from tasks; `None` keeps a share of the machine's ([`reserve_of`]).
    pub reserved_memory_mib: Option<u64>,
    /// vCPUs that tasks may reserve for each core.
    pub overcommit: f64,
    /// Cores that no task uses which reserves no processor.
    pub kept_cores: usize,
    /// Processes and threads that one task may have.
    pub task_pids: u64,
    /// Bytes that one task may write, where Fargate's sizes do not apply.
    pub task_disk: u64,
    /// Shares layers of images with other nodes of its zone, at that port; 0: one that the system chooses.
    pub share_layers: Option<u16>,
    /// Tasks may start before the whole of their images is here, where these have indexes.
    pub on_demand: bool,
    /// Host ports that no task may claim.
    pub reserved_ports: Vec<u16>,
    /// Custom attributes, sent at the first registration.
    pub attributes: BTreeMap<String, String>,
    /// Fargate tasks are taken also where this machine cannot give them user namespaces.
    pub fargate_without_userns: bool,
    /// `host[:port]` forms that mean wharf's own registry, beside `localhost:<endpoint's port>`
    /// and `<account>.dkr.ecr.<region>.amazonaws.com`.
    pub registry_hosts: Vec<String>,
    pub task_cleanup: TaskCleanup,
    pub images: ImageCleanup,
    /// Where the node counts.
    pub figures: Figures,
}

/// When images go (§5, "Cleanup").
#[derive(Debug, Clone)]
pub struct ImageCleanup {
    pub every: Duration,
    /// Only images that nobody used for this long.
    pub minimum_age: Duration,
    pub at_most: usize,
}

impl Default for ImageCleanup {
    fn default() -> Self {
        Self {
            every: Duration::from_secs(30 * 60),
            minimum_age: Duration::from_secs(60 * 60),
            at_most: 5,
        }
    }
}

impl NodeConfig {
    /// The identity's file, which renewals replace.
    pub fn identity_file(&self) -> PathBuf {
        self.data_dir.join("identity.json")
    }

    /// The defaults around what has none.
    pub fn new(
        data_dir: impl Into<PathBuf>,
        installation: InstallationId,
        identity: Identity,
        keyring: Keyring,
        shim: impl Into<PathBuf>,
    ) -> Self {
        Self {
            data_dir: data_dir.into(),
            counts: None,
            installation,
            identity,
            keyring,
            learns_authorities: false,
            ca: None,
            underlay: None,
            reach: None,
            allow: Vec::new(),
            egress: Vec::new(),
            private: Vec::new(),
            shim: shim.into(),
            instances: None,
            offers_instances: false,
            instance_disks: None,
            emulator: None,
            acceleration: Acceleration::default(),
            reserved_memory_mib: None,
            overcommit: 1.0,
            kept_cores: KEPT_CORES,
            task_pids: TASK_PIDS,
            task_disk: TASK_DISK,
            share_layers: None,
            on_demand: true,
            // ssh and the agent's own two ports (ecs.md §7).
            reserved_ports: vec![22, 51678, 51679],
            attributes: BTreeMap::new(),
            fargate_without_userns: false,
            registry_hosts: Vec::new(),
            figures: Figures::default(),
            task_cleanup: TaskCleanup::default(),
            images: ImageCleanup::default(),
        }
    }
}

/// Who the node is and whom it serves: `<data>/node/identity.json`, written by `wharf up`'s server
/// or by joining.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// `http://127.0.0.1:4566`; beyond loopback `https://…`.
    pub endpoint: String,
    pub access_key_id: String,
    pub secret_access_key: String,
    /// With credentials that end; long-lived keys of earlier versions have neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    pub region: String,
    /// Name or ARN.
    pub cluster: String,
    /// Becomes the attribute `ecs.instance-name`; empty to send none.
    #[serde(default)]
    pub instance_name: String,
    /// The node may carry load balancers too.
    #[serde(default)]
    pub load_balancer: bool,
    /// What its join token allows; none for the control plane's own node, and for nodes that joined
    /// before tokens bound anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub granted: Option<Grant>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Identity")
            .field("endpoint", &self.endpoint)
            .field("access_key_id", &self.access_key_id)
            .field("cluster", &self.cluster)
            .finish_non_exhaustive()
    }
}

/// An identity is a few hundred bytes, its session token a few more.
const MAX_IDENTITY: u64 = 64 * 1024;

/// The identity file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} does not open with this node's keyring")]
    Sealed { path: PathBuf, source: OpenError },
    #[error("{path} is no node identity")]
    Malformed {
        path: PathBuf,
        source: serde_json::Error,
    },
}

impl Identity {
    pub fn signing_keys(&self) -> SigningKeys {
        SigningKeys {
            access_key_id: self.access_key_id.clone(),
            secret_access_key: self.secret_access_key.clone(),
            session_token: self.session_token.clone(),
        }
    }

    /// Reads the file, which versions before left unsealed.
    ///
    /// # Errors
    /// The file is not there, not readable, sealed with another keyring, or no identity.
    pub fn load(path: impl Into<PathBuf>, keyring: &Keyring) -> Result<Self, IdentityError> {
        let path = path.into();
        let read = durable::read(&path, MAX_IDENTITY)
            .and_then(|bytes| bytes.ok_or_else(|| io::ErrorKind::NotFound.into()));
        let bytes = match read {
            Ok(bytes) => bytes,
            Err(source) => return Err(IdentityError::Read { path, source }),
        };
        let parsed = match is_sealed_file(&bytes) {
            true => match keyring.open_file(&bytes, IDENTITY_PURPOSE) {
                Ok(opened) => serde_json::from_slice(opened.expose()),
                Err(source) => return Err(IdentityError::Sealed { path, source }),
            },
            false => serde_json::from_slice(&bytes),
        };
        parsed.map_err(|source| IdentityError::Malformed { path, source })
    }

    /// Writes the file, sealed.
    ///
    /// # Errors
    /// The file system refuses.
    pub fn save(&self, path: &Path, keyring: &Keyring) -> io::Result<()> {
        let plain = Secret::from(serde_json::to_vec(self)?);
        let sealed = keyring.seal_file(plain.expose(), IDENTITY_PURPOSE);
        durable::replace(path, &sealed, Durability::Machine)
    }

    /// Whether a version before left the file unsealed.
    pub fn is_unsealed(path: &Path) -> bool {
        durable::read(path, MAX_IDENTITY)
            .is_ok_and(|bytes| bytes.is_some_and(|bytes| !is_sealed_file(&bytes)))
    }

    /// Whether the file is not sealed under the keyring's active key.
    pub fn is_outdated(path: &Path, keyring: &Keyring) -> bool {
        let active = Some(keyring.active_key());
        durable::read(path, MAX_IDENTITY)
            .is_ok_and(|bytes| bytes.is_some_and(|bytes| sealed_file_key(&bytes) != active))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_kept_back() {
        let reserves = [24_000, 4_000, 600].map(reserve_of);
        assert_eq!(reserves, [1200, 256, 150]);
    }

    #[test]
    fn identity_file() {
        let json = r#"{"endpoint":"http://127.0.0.1:4566","accessKeyId":"AKIA","secretAccessKey":"hush",
            "region":"us-east-1","cluster":"default","instanceName":"here"}"#;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("identity.json");
        let keyring = Keyring::in_memory();
        assert!(matches!(
            Identity::load(&path, &keyring),
            Err(IdentityError::Read { .. })
        ));
        std::fs::write(&path, json).unwrap();
        let identity = Identity::load(&path, &keyring).unwrap();
        assert_eq!(identity.instance_name, "here");
        assert!(Identity::is_unsealed(&path));
        assert!(Identity::is_outdated(&path, &keyring));
        identity.save(&path, &keyring).unwrap();
        assert!(!Identity::is_unsealed(&path));
        assert!(!Identity::is_outdated(&path, &keyring));
        assert!(Identity::is_outdated(&path, &Keyring::in_memory()));
        let text = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
        assert!(!text.contains("hush") && !text.contains("AKIA"));
        assert!(Identity::load(&path, &keyring).unwrap() == identity);
        assert!(matches!(
            Identity::load(&path, &Keyring::in_memory()),
            Err(IdentityError::Sealed { .. })
        ));
        assert!(!format!("{identity:?}").contains("hush"));
        std::fs::write(&path, "{}").unwrap();
        assert!(matches!(
            Identity::load(&path, &keyring),
            Err(IdentityError::Malformed { .. })
        ));
    }
}
