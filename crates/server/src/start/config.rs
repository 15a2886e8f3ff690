//! Settings of the control plane.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use wharf_base::{Cidr, Cidr4, InstallationId, regions::Regions};
use wharf_durable::{Taker, memory};
use wharf_seal::{Keyring, KeyringSource};
use wharf_svc_ec2::{elastic::PublicAddresses, instances::MakerConfig};
use wharf_svc_elbv2::Config as Elbv2Config;
use wharf_svc_logs::{Limits as LogsLimits, Options as LogsOptions};
use wharf_svc_sns::Mailer;
use wharf_wal::Disk;

use crate::{
    adapters::NameServers,
    gateway::{
        IamMode,
        throttle::{Throttling, VISITORS_PULLS},
    },
    issuers::KeysFile,
};

/// Settings of the control plane, read once from the command line.
#[derive(Debug, Clone)]
pub struct ServerConfig {
    /// `<data>/server`
    pub data_dir: PathBuf,
    /// Where counts lie that are not in the store of samples yet: in memory, but beyond the life of this process.
    pub counts: PathBuf,
    pub keyring: KeyringSource,
    /// Where the identity of this machine's node is written, and what it is sealed with.
    pub node_identity: PathBuf,
    pub node_keyring: Keyring,
    pub installation: InstallationId,
    pub listen: Vec<IpAddr>,
    /// Further names and addresses that clients know this server by.
    pub names: Vec<String>,
    /// Sockets that listen there already: whoever started this process holds them beyond its life.
    pub sockets: Arc<Vec<std::net::TcpListener>>,
    pub port: u16,
    /// Where port 443 is listened on too, if it is to be had.
    pub at_443: Option<IpAddr>,
    pub iam: IamMode,
    /// With [`IamMode::Off`]: tasks are root of the account too.
    pub tasks_as_root: bool,
    pub account: String,
    pub region: String,
    /// Regions that clients may name beside this one and those of AWS.
    pub further_regions: Vec<String>,
    /// Where load balancers get the addresses from at which users of this machine reach them.
    pub public_cidr: Cidr4,
    /// Where elastic and public addresses come from.
    pub public_addresses: PublicAddresses,
    /// Where requests to addresses that users name may go, beside public ones.
    pub egress: Vec<Cidr>,
    /// Whom to ask for the records by which owners of domains prove that they are.
    pub name_servers: NameServers,
    /// Keys of identity providers that are not asked for theirs.
    pub jwks: Vec<KeysFile>,
    /// How mail to subscribers leaves; `None`: it does not.
    pub mailer: Option<Mailer>,
    /// Who makes machines for instances of some types.
    pub machine_maker: Option<MakerConfig>,
    /// How far API requests are throttled.
    pub throttling: Throttling,
    /// How many images an address that says nothing of itself pulls a second from the public gallery.
    pub gallery_pulls: f64,
    /// How long before it ends a Spot instance is told.
    pub spot_notice: Duration,
    /// Seconds between samples of services that ask for high resolution.
    pub metrics_period: u32,
    /// Whether what is decided is written down.
    pub audit: bool,
    /// What logs may take on disk; `None`: a share of the file system.
    pub log_bytes: Option<u64>,
    /// Bytes of log events that an account may put a second in a region.
    pub log_rate: Option<u64>,
    /// What one repository of images may hold; `None`: half of the file system.
    pub repository_bytes: Option<u64>,
    /// What the registries of one account may hold together; `None`: a share of the file system.
    pub registry_bytes: Option<u64>,
    /// What the records of one account may take; `None`: a share of this machine's memory.
    pub account_bytes: Option<u64>,
    /// How often all blobs are read again; `None`: never.
    pub scrub_every: Option<Duration>,
    /// The way to the files of store and journal; one that fails in tests.
    pub disk: Disk,
    /// Where trails' buckets are; without it there are no trails.
    pub trails: Option<PathBuf>,
    /// Where metrics are served to whoever asks; on this machine alone.
    pub metrics: Option<SocketAddr>,
}

impl ServerConfig {
    /// An installation in a folder of its own, on this machine alone and not throttled: for tests.
    pub fn in_folder(folder: &Path, port: u16) -> Self {
        Self {
            data_dir: folder.join("server"),
            counts: folder.join("counts"),
            keyring: folder.join("keyring").into(),
            node_identity: folder.join("node/identity.json"),
            node_keyring: Keyring::in_memory(),
            installation: InstallationId::mint(),
            listen: vec![Ipv4Addr::LOCALHOST.into()],
            names: Vec::new(),
            sockets: Arc::default(),
            port,
            at_443: None,
            iam: IamMode::Enforce,
            tasks_as_root: false,
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            further_regions: Vec::new(),
            public_cidr: Elbv2Config::default().public_cidr,
            public_addresses: PublicAddresses::default(),
            egress: Vec::new(),
            name_servers: NameServers::none(),
            jwks: Vec::new(),
            mailer: None,
            machine_maker: None,
            throttling: Throttling::Off,
            gallery_pulls: VISITORS_PULLS,
            spot_notice: wharf_svc_ec2::SPOT_NOTICE,
            metrics_period: wharf_svc_ecs::AgentsConfig::default().high_resolution,
            audit: true,
            log_bytes: None,
            log_rate: None,
            repository_bytes: None,
            registry_bytes: None,
            account_bytes: None,
            scrub_every: None,
            disk: Disk::default(),
            trails: None,
            metrics: None,
        }
    }

    pub(super) fn logs_options(&self) -> LogsOptions {
        let limits = LogsLimits {
            kept_bytes: self.kept_log_bytes(),
            ..LogsLimits::default()
        };
        LogsOptions {
            limits: self.log_rate.map_or(limits, |rate| limits.at_rate(rate)),
            indexes: Some(self.data_dir.join("log-indexes")),
            ..LogsOptions::default()
        }
    }

    /// What logs may take: as asked for, or a tenth of the file system, up to a size at which the
    /// indexes stay small beside everything else in memory.
    pub(crate) fn kept_log_bytes(&self) -> u64 {
        const SHARE: u64 = 10;
        const LEAST: u64 = 8 << 20;
        const MOST: u64 = 64 << 30;
        self.log_bytes.unwrap_or_else(|| {
            let found = nix::sys::statvfs::statvfs(&self.data_dir);
            let size = found.map_or(MOST, |found| found.blocks() * found.fragment_size());
            (size / SHARE).clamp(LEAST, MOST)
        })
    }

    /// What one repository may hold: as asked for, or half of the file system, so that no single one
    /// takes the room of all others.
    pub(super) fn repository_bytes(&self) -> u64 {
        self.repository_bytes.unwrap_or_else(|| {
            let found = nix::sys::statvfs::statvfs(&self.data_dir);
            found.map_or(u64::MAX, |found| found.blocks() * found.fragment_size() / 2)
        })
    }

    /// What the registries of one account may hold together: as asked for, or three quarters of the file system.
    pub(super) fn registry_bytes(&self) -> u64 {
        self.registry_bytes.unwrap_or_else(|| {
            let found = nix::sys::statvfs::statvfs(&self.data_dir);
            let size = found.map(|found| found.blocks() * found.fragment_size());
            size.map_or(u64::MAX, |size| size / 4 * 3)
        })
    }

    /// The account whose registries may hold anything, as with records.
    pub(super) fn boundless_registry(&self) -> Option<String> {
        self.registry_bytes.is_none().then(|| self.account.clone())
    }

    /// The account that may have any records: that of the installation itself, unless a share for each was asked for.
    pub(super) fn boundless_account(&self) -> Option<String> {
        self.account_bytes.is_none().then(|| self.account.clone())
    }

    /// What the records of one account may take in memory: as asked for, or a quarter of what this process may, so that
    /// no single account takes the room of all others.
    pub(super) fn account_bytes(&self) -> u64 {
        const SHARE: u64 = 4;
        const LEAST: u64 = 256 << 20;
        self.account_bytes.unwrap_or_else(|| {
            memory(Taker::Process).map_or(u64::MAX, |bytes| (bytes / SHARE).max(LEAST))
        })
    }

    /// The regions that clients may name.
    pub(super) fn regions(&self) -> Regions {
        let further = self.further_regions.iter().chain([&self.region]);
        Regions::with(further.cloned())
    }

    /// Where this machine reaches the gateway.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
