//! What the platform on this machine is told: `wharf up`, `wharf server`, and what tasks and load balancers may take.

use std::{ffi::OsString, net::IpAddr, net::SocketAddr, path::PathBuf};

use clap::Args;
use wharf_server::{Cidr, Cidr4, IamMode, KeysFile, PoolSize, Throttling};

use super::{
    DataArgs, Switch, parse_count, parse_iam, parse_metrics_period, parse_overcommit, parse_rate,
    parse_region, parse_size, parse_task_disk,
};
use crate::{log::LogArgs, metrics, reach::Reach, roles};

#[derive(Args, Clone)]
pub struct ServerArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Port of the endpoint
    #[arg(long, value_name = "N", default_value_t = 4566, value_parser = clap::value_parser!(u16).range(1..))]
    pub port: u16,
    /// Address to listen on besides loopback, so that other machines reach the endpoint, over TLS alone
    #[arg(long, value_name = "ADDR")]
    pub listen: Option<IpAddr>,
    /// Name or address by which clients of other machines know this one, for the endpoint's certificate; may be
    /// given several times. Those of --listen, or of the machine with 0.0.0.0, and the host's name are in it anyway
    #[arg(long, value_name = "NAME", value_parser = roles::parse_name)]
    pub name: Vec<String>,
    /// Whether to listen at that address on port 443 too, the only one at which AWS's own container agent joins from other
    /// machines; on by default, off with --listen 0.0.0.0
    #[arg(long, value_name = "SWITCH")]
    pub port_443: Option<Switch>,
    /// Whether signatures and policies decide (enforce), policies only warn (soft), or nothing is checked (off)
    #[arg(long, value_name = "MODE", default_value = "enforce", value_parser = parse_iam)]
    pub iam: IamMode,
    /// With --iam off: let tasks call the endpoint at 169.254.170.2 too, each of them as root of the account
    #[arg(long)]
    pub tasks_as_root: bool,
    /// Range of the addresses at which load balancers are reached on this machine
    #[arg(long, value_name = "CIDR", default_value = "127.64.0.0/16")]
    pub public_cidr: Cidr4,
    /// Address ranges that your network routes to these hosts, from which elastic and public addresses are given out:
    /// CIDR,…. Without them they come from 198.19.0.0/16, and an interface is reached by its own on its host alone
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    pub public_addresses: Vec<Cidr4>,
    /// Region that clients may name beside those of AWS, such as de-cellar-1; may be given several times
    #[arg(long, value_name = "NAME", value_parser = parse_region)]
    pub add_region: Vec<String>,
    /// Elastic addresses that an account may have in a region
    #[arg(long, value_name = "COUNT", default_value = "5", value_parser = clap::value_parser!(u16).range(0..=1000))]
    pub elastic_addresses: u16,
    /// Range that the server may call when users name addresses in it, as endpoints of topics and destinations of
    /// events; may be given several times. Public addresses of other machines it may call anyway
    #[arg(long, value_name = "CIDR", value_parser = Cidr::or_address)]
    pub allow_egress: Vec<Cidr>,
    /// Name server that is asked for the TXT records by which private names of endpoint services are verified, and for the
    /// addresses that names of elastic addresses lead to, with its port; may be given several times. Those of this machine by
    /// default
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub verification_name_server: Vec<SocketAddr>,
    /// Keys of an identity provider that this machine cannot reach: its issuer and a file with its keys (JWKS), which is read again
    /// as keys of others are asked for again. May be given several times
    #[arg(long, value_name = "ISSUER=FILE")]
    pub jwks: Vec<KeysFile>,
    /// Address of the SMTP server by which subscribers of topics get mail: smtp://host:25, smtp://user@host:587 or
    /// smtps://user@host:465. The user's password is in --smtp-password-file, or in the variable WHARF_SMTP_PASSWORD
    #[arg(long, value_name = "URL", requires = "smtp_from")]
    pub smtp: Option<String>,
    /// Address that mail comes from
    #[arg(long, value_name = "ADDRESS", requires = "smtp")]
    pub smtp_from: Option<String>,
    /// File with the password of the SMTP server's user
    #[arg(long, value_name = "FILE", requires = "smtp")]
    pub smtp_password_file: Option<PathBuf>,
    #[command(flatten)]
    pub machine_maker: MachineMakerArgs,
    /// Factor on the request rates that AWS documents for each account, or off
    #[arg(long, value_name = "FACTOR", default_value = "1")]
    pub throttle: Throttling,
    /// How many images an address pulls a second from the public gallery without a login; with one, ten times as many
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0, value_parser = parse_rate)]
    pub gallery_pulls: f64,
    /// How many seconds of notice a Spot instance gets before it ends or stops because its capacity is needed
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u32).range(5..=120))]
    pub spot_notice: u32,
    /// How many seconds apart services are measured that ask for more than each minute (20 seconds in their `monitoring`):
    /// 20, as on AWS, or 10
    #[arg(long, value_name = "SECONDS", default_value_t = 20, value_parser = parse_metrics_period)]
    pub metrics_period: u32,
    /// Whether to record who asked for what, and what was decided
    #[arg(long, value_name = "SWITCH", default_value = "on")]
    pub audit: Switch,
    /// What log events may take on disk, such as 20G; beyond it the oldest are removed. By default a tenth of the disk, at
    /// most 64G
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub log_storage: Option<u64>,
    /// Bytes of log events that an account may put a second in each region, such as 100M; a stream a quarter of them. 20M by default
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub log_rate: Option<u64>,
    /// What one repository of images may hold, such as 100G. Half of the disk by default
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub repository_storage: Option<u64>,
    /// What the registries of one account may hold together, such as 500G; a layer of several repositories counts once. By
    /// default three quarters of the disk, and anything for the account of the installation itself
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub registry_storage: Option<u64>,
    /// What the records of one account may take in memory, such as 4G; beyond it nothing is added, and deleting works. By
    /// default a quarter of the machine's memory, and anything for the account of the installation itself
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub account_records: Option<u64>,
    /// How often, in days, all stored images and objects are read again, to find damage of the disk early; 0: never
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(..=3650))]
    pub scrub_days: u32,
    /// Folder whose subfolders are the buckets that CloudTrail's trails deliver to, in place of S3's
    #[arg(long, value_name = "DIR")]
    pub trails: Option<PathBuf>,
    /// Loopback address on which metrics are served, such as 127.0.0.1:9460; `up` gives the next ports to the node's parts
    #[arg(long, value_name = "ADDR", value_parser = metrics::parse)]
    pub metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub log: LogArgs,
    /// Descriptor that is notified once the server answers; used by `wharf up`
    #[arg(long, hide = true)]
    pub ready_fd: Option<i32>,
    /// Descriptor over which the supervisor hands its listening sockets
    #[arg(long, hide = true)]
    pub sockets_fd: Option<i32>,
    /// Descriptor with the keyring of this machine's node, where that is on no disk
    #[arg(long, hide = true)]
    pub node_keyring_fd: Option<i32>,
}

/// Who makes machines for EC2 instances of some types, and for Fargate (docs/machine-makers.md).
#[derive(Args, Clone)]
pub struct MachineMakerArgs {
    /// Address of a web server that makes machines for EC2 instances of the types in --machine-maker-types
    #[arg(long, value_name = "URL")]
    pub machine_maker: Option<String>,
    /// File with the secret by which requests to it are signed
    #[arg(long, value_name = "FILE", requires = "machine_maker")]
    pub machine_maker_secret_file: Option<PathBuf>,
    /// Instance types that it makes, or whole families: m7i.large,c7i,…
    #[arg(
        long,
        value_name = "TYPE,…",
        value_delimiter = ',',
        requires = "machine_maker"
    )]
    pub machine_maker_types: Vec<String>,
    /// Availability zones that it makes machines in; all by default
    #[arg(
        long,
        value_name = "ZONE,…",
        value_delimiter = ',',
        requires = "machine_maker"
    )]
    pub machine_maker_zones: Vec<String>,
    /// Machines that it may have at a time
    #[arg(long, value_name = "COUNT", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub machine_maker_most: u32,
    /// How long a machine may take to join after its launch, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(10..=3000))]
    pub machine_maker_join_within: u32,
    /// Allow an address of this machine or of a private network over http, where tokens of machines go in the clear
    #[arg(long, requires = "machine_maker")]
    pub machine_maker_http: bool,
    /// Machine that it makes for Fargate when tasks and pods lack room: 4vcpu,16gib, or with its disk and its processor
    /// 4vcpu,16gib,200gib,arm64; may be given several times
    #[arg(long, value_name = "SIZE", requires = "machine_maker")]
    pub fargate_pool_machine: Vec<PoolSize>,
    /// Machines for Fargate that there are always
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=1000))]
    pub fargate_pool_least: u32,
    /// Machines for Fargate that there may be at a time, beside those of instances
    #[arg(long, value_name = "COUNT", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub fargate_pool_most: u32,
    /// Machines for Fargate that may be made at a time for those of one account who wait; by default all but a quarter while there are
    /// several accounts, and all while there is one
    #[arg(long, value_name = "COUNT", requires = "fargate_pool_machine", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub fargate_pool_most_per_account: Option<u32>,
    /// How long a machine for Fargate is empty before it ends, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub fargate_pool_idle: u32,
}

#[derive(Args, Clone)]
pub struct DemoArgs {
    /// Only the chapter of one machine (1), or of two hosts of which one dies (2)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub hosts: Option<u8>,
    /// Only the chapter of what starts by itself: by a push, a message, a schedule
    #[arg(long, conflicts_with = "hosts")]
    pub events: bool,
    /// Only the chapter of a service that gets tasks as load comes, and gives them back
    #[arg(long, conflicts_with_all = ["hosts", "events"])]
    pub scaling: bool,
    /// Only the chapter of machines that come when tasks wait, and are emptied before they go
    #[arg(long, conflicts_with_all = ["hosts", "events", "scaling"])]
    pub machines: bool,
    /// Only the chapter of a Kubernetes cluster, its nodes EC2 instances of this machine
    #[arg(long, conflicts_with_all = ["hosts", "events", "scaling", "machines"])]
    pub kubernetes: bool,
}

#[derive(Args, Clone)]
pub struct UpArgs {
    #[command(flatten)]
    pub server: ServerArgs,
    /// Address at which other hosts reach this one; that of --listen by default
    #[arg(long, value_name = "ADDR")]
    pub underlay: Option<IpAddr>,
    /// Ranges of VPCs in which programs of this machine reach tasks by their addresses, or `none`; 172.31.0.0/16 by default
    #[arg(long, value_name = "CIDR,…")]
    pub reach: Option<Reach>,
    /// Take Fargate tasks even if this machine cannot give each a user namespace of its own
    #[arg(long)]
    pub fargate_without_userns: bool,
    #[command(flatten)]
    pub balancers: BalancerArgs,
    #[command(flatten)]
    pub allow: AllowArgs,
    /// Range that this machine's node may call when task definitions of any account name addresses in it, as collectors of
    /// logs; may be given several times. Public addresses of other machines it may call anyway; those of --allow-egress are none of these
    #[arg(long, value_name = "CIDR", value_parser = Cidr::or_address)]
    pub node_allow_egress: Vec<Cidr>,
    #[command(flatten)]
    pub tasks: TaskArgs,
}

/// What one task may take of a machine beside CPU and memory.
#[derive(Args, Clone)]
pub struct TaskArgs {
    /// Processes and threads that one task may have
    #[arg(long, value_name = "N", default_value_t = wharf_agent::TASK_PIDS, value_parser = clap::value_parser!(u64).range(1..))]
    pub pids: u64,
    /// Disk of one task: what its containers write beside their images. FARGATE tasks have what their
    /// definition says, from 20 to 200 GiB
    #[arg(long, value_name = "SIZE", default_value = "20G", value_parser = parse_task_disk)]
    pub task_disk: u64,
    /// Cores that tasks which reserve no CPU leave to all others, so that those never wait; such tasks
    /// always have one
    #[arg(long, value_name = "N", default_value_t = wharf_agent::KEPT_CORES)]
    pub keep_cores: usize,
    /// vCPUs that tasks may reserve for each core of this machine: 4 by default with `wharf up`, 1 on
    /// nodes that joined. Tasks that are busy together share the cores by what they reserved
    #[arg(long, value_name = "FACTOR", value_parser = parse_overcommit)]
    pub overcommit: Option<f64>,
    /// Offer this machine to EC2 instances of every account; nodes that joined do so if their token says it
    #[arg(long)]
    pub instances: bool,
    /// Disk that EC2 instances may be promised together; four times that of this machine by default. They
    /// take what they write, and share what is free
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    pub instance_disks: Option<u64>,
    /// Run EC2 instances whose image has a boot mode as virtual machines, by that program: qemu=/usr/bin/qemu-system-x86_64.
    /// They come with --instances, or with a token that allows these
    #[arg(long, value_name = "PROGRAM=PATH")]
    pub vm: Option<wharf_agent::Emulator>,
    /// What runs their processors: KVM where it is usable (auto), nothing else (kvm), or qemu itself, which is slow (tcg)
    #[arg(long, value_name = "auto|kvm|tcg", requires = "vm", default_value_t)]
    pub vm_accel: wharf_agent::Acceleration,
    /// Fetch layers of images from other nodes of the zone that do the same, and serve them the layers here, at that
    /// port; without one the system chooses
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    pub share_layers: Option<u16>,
    /// Start tasks only once the whole of their images is here, also where these have indexes by which they could be read
    /// on demand
    #[arg(long)]
    pub whole_images: bool,
}

impl TaskArgs {
    /// The same flags, for the agent.
    pub fn words(&self) -> Vec<OsString> {
        let mut words = vec![
            ("--pids", self.pids.to_string()),
            ("--keep-cores", self.keep_cores.to_string()),
            ("--task-disk", self.task_disk.to_string()),
        ];
        if let Some(factor) = self.overcommit {
            words.push(("--overcommit", factor.to_string()));
        }
        if let Some(bytes) = self.instance_disks {
            words.push(("--instance-disks", bytes.to_string()));
        }
        if let Some(emulator) = &self.vm {
            words.push(("--vm", emulator.to_string()));
            words.push(("--vm-accel", self.vm_accel.to_string()));
        }
        let both = |(flag, value): (&str, String)| [flag.into(), value.into()];
        let mut words: Vec<OsString> = words.into_iter().flat_map(both).collect();
        if self.instances {
            words.push("--instances".into());
        }
        if let Some(port) = self.share_layers {
            words.push(format!("--share-layers={port}").into());
        }
        if self.whole_images {
            words.push("--whole-images".into());
        }
        words
    }
}

/// What of the machine tasks may use. Each of them can make a task root of it.
#[derive(Args, Clone)]
pub struct AllowArgs {
    /// What tasks may use of this machine: privileged, host-path=PATH, host-network, host-pid,
    /// host-ipc, devices, capabilities, and what pods may have of their instance: unconfined-pods,
    /// pod-capabilities, privileged-pods; nothing by default
    #[arg(long, value_name = "WHAT,…", value_delimiter = ',')]
    pub allow: Vec<wharf_agent::Permission>,
}

/// What load balancers may take of a machine.
#[derive(Args, Clone)]
pub struct BalancerArgs {
    /// Ports that load balancers may take on this machine's own addresses
    #[arg(long, value_name = "RANGES", default_value_t)]
    pub lb_ports: wharf_lb::PortRanges,
    /// Client connections of all load balancers at a time, as far as open files allow; further ones
    /// wait
    #[arg(long, value_name = "N", default_value_t = wharf_lb::MOST_CONNECTIONS, value_parser = parse_count)]
    pub lb_connections: usize,
    /// The most of them from one client address, beyond which it is refused; an eighth by default, and
    /// half for this machine itself
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub lb_source_connections: Option<usize>,
    /// The most of them that one load balancer has, beyond which its clients wait; by default what is
    /// not set aside for others
    #[arg(long, value_name = "N", value_parser = parse_count)]
    pub lb_balancer_connections: Option<usize>,
    /// Range that load balancers of this machine may call as identity providers of their users; may be given several times. Public
    /// addresses they may call anyway, and those of --allow-egress beside a server
    #[arg(long, value_name = "CIDR", value_parser = Cidr::or_address)]
    pub lb_allow_egress: Vec<Cidr>,
}

impl BalancerArgs {
    /// The same flags, for the part that carries them.
    pub fn words(&self) -> Vec<OsString> {
        let mut words = vec![
            ("--lb-ports", self.lb_ports.to_string()),
            ("--lb-connections", self.lb_connections.to_string()),
        ];
        if let Some(share) = self.lb_source_connections {
            words.push(("--lb-source-connections", share.to_string()));
        }
        if let Some(share) = self.lb_balancer_connections {
            words.push(("--lb-balancer-connections", share.to_string()));
        }
        for range in &self.lb_allow_egress {
            words.push(("--lb-allow-egress", range.to_string()));
        }
        let both = |(flag, value): (&str, String)| [flag.into(), value.into()];
        words.into_iter().flat_map(both).collect()
    }
}
