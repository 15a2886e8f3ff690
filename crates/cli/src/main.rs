//! The `wharf` program: the platform on one machine (`up`), its parts (`server`, `node`), and the
//! commands around them.

mod accounts;
mod admission;
mod api;
mod backup;
mod ca;
mod call;
mod completion;
mod cost;
mod demo;
mod doctor;
mod down;
mod env;
mod exec;
mod explain;
mod iam;
mod images;
mod join;
mod kernel_limits;
mod kernel_modules;
mod keyring;
mod keys;
mod layout;
mod lb;
mod log;
mod logs;
mod metrics;
mod node;
mod node_keyring;
mod nodes;
mod place;
mod problem;
mod public_addresses;
mod reach;
mod ready;
mod repair;
mod roles;
mod scan_db;
mod sockets;
mod status;
mod style;
mod supervisor;
mod top;
mod up;
mod why;
mod workload;

use std::{
    ffi::OsString,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::{
    Args, Parser, Subcommand,
    builder::{OsStringValueParser, TypedValueParser},
};
use wharf_server::{Cidr, Cidr4, IamMode, KeysFile, Throttling};

use keyring::KeyringArgs;
use layout::Layout;
use log::LogArgs;
use place::RegionArgs;
use problem::Problem;
use reach::Reach;

/// The AWS container platform on your own machines.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    keyring: KeyringArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run everything on this machine, in the foreground
    Up(UpArgs),
    /// End an installation: its processes, containers, networks, mounts
    Down(DataArgs),
    /// Print the shell lines that point AWS tools at an installation: eval "$(wharf env)"
    Env(DataArgs),
    /// Print the CA that signs ACM certificates: curl --cacert <(wharf ca) https://…
    Ca(CaArgs),
    /// Run a command in a container of a running task: wharf exec web -- sh
    Exec(ExecArgs),
    /// Print what the containers of a service or a task wrote: wharf logs web
    Logs(LogsArgs),
    /// Show clusters, services, load balancers, targets, nodes and tasks
    Status(StatusArgs),
    /// Show what Fargate tasks cost this month: wharf cost --by cluster
    Cost(CostArgs),
    /// Watch clusters, services, tasks and nodes, what they use and what is near a limit
    Top(TopArgs),
    /// Say which step a service or task waits for, and why hosts take no more: wharf explain service web
    Explain(ExplainArgs),
    /// Say what happened to a request, and which statement of which policy decided: wharf why REQUEST-ID
    Why(WhyArgs),
    /// Call an operation of the installation itself, in JSON: wharf api ListNodes
    Api(ApiArgs),
    /// Say what this machine lacks, and how to fix it
    Doctor(DoctorArgs),
    /// Show the platform at work, on one machine, on two hosts of which one is lost, and with what starts by itself; clean up
    Demo(DemoArgs),
    /// Copy the control plane into a folder while it runs; a second copy takes only what is new
    Backup(BackupArgs),
    /// Restore the control plane from such a folder; no server may run meanwhile, containers may
    Restore(RestoreArgs),
    /// Say what part of the store is damaged, and discard it if told to; no server may run meanwhile
    Repair(RepairArgs),
    /// Copy repositories of images into folders (OCI layouts) and back: wharf images export web DIR
    #[command(subcommand)]
    Images(ImagesCommand),
    /// Bring what is published about vulnerabilities, for scans of images
    #[command(subcommand)]
    ScanDb(ScanDbCommand),
    /// Say which images tasks may start, by the keys that must have signed them
    #[command(subcommand)]
    Admission(AdmissionCommand),
    /// Run the control plane alone
    Server(ServerArgs),
    /// Make a token with which another machine joins as a node
    Token(TokenArgs),
    /// Run this machine as a node of another one's control plane; list or remove nodes
    Node(NodeArgs),
    /// Create, list and close accounts of the installation
    #[command(subcommand)]
    Account(AccountCommand),
    /// Say what policies of resources let others do
    #[command(subcommand)]
    Iam(IamCommand),
    /// Show and rotate the keys of the keyring, and root's
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Print the completion script for a shell: source <(wharf completion bash)
    Completion(CompletionArgs),
    /// Write the manual pages into a folder
    #[command(hide = true)]
    Man(ManArgs),
    /// Run the agent of this machine; started by `wharf up` and `wharf node`
    #[command(hide = true)]
    Agent(AgentArgs),
    /// Be the first process of an EC2 instance; started by the agent, inside of it
    #[command(hide = true)]
    InstanceInit,
    /// Carry load balancers on this machine; started by `wharf up` and `wharf node`
    #[command(hide = true)]
    Lb(LbArgs),
}

const DATA_VARIABLE: &str = "WHARF_DATA";
const DEFAULT_DATA: &str = "/var/lib/wharf";

#[derive(Args, Clone)]
struct DataArgs {
    /// Where the installation keeps everything
    #[arg(
        long,
        value_name = "DIR",
        env = DATA_VARIABLE,
        hide_env_values = true,
        default_value = DEFAULT_DATA,
        value_parser = OsStringValueParser::new().try_map(parse_data)
    )]
    data: PathBuf,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
enum Switch {
    On,
    Off,
}

#[derive(Args, Clone)]
struct ServerArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Port of the one endpoint
    #[arg(long, value_name = "N", default_value_t = 4566, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
    /// Further address to listen on, TLS only beyond this machine
    #[arg(long, value_name = "ADDR")]
    listen: Option<IpAddr>,
    /// Name or address by which clients of other machines know this one, for the endpoint's certificate; may be
    /// given several times. Those of --listen, or of the machine with 0.0.0.0, and the host's name are in it anyway
    #[arg(long, value_name = "NAME", value_parser = roles::parse_name)]
    name: Vec<String>,
    /// Whether that address is listened on at port 443 too, the only one at which container agents of
    /// another make join from other machines; on by default, off with --listen 0.0.0.0
    #[arg(long, value_name = "SWITCH")]
    port_443: Option<Switch>,
    /// Whether signatures and policies decide (enforce), policies only warn (soft), or nothing is checked (off)
    #[arg(long, value_name = "MODE", default_value = "enforce", value_parser = parse_iam)]
    iam: IamMode,
    /// With --iam off: let tasks call the endpoint at 169.254.170.2 too, each of them as root of the account
    #[arg(long)]
    tasks_as_root: bool,
    /// Range of the addresses at which load balancers are reached on this machine
    #[arg(long, value_name = "CIDR", default_value = "127.64.0.0/16")]
    public_cidr: Cidr4,
    /// Ranges of addresses that the network leads to these hosts, from which elastic and public addresses are given
    /// out: CIDR,…. Without them, addresses of 198.19.0.0/16, by which an interface is reached on its own host alone
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    public_addresses: Vec<Cidr4>,
    /// Elastic addresses that an account may have in a region
    #[arg(long, value_name = "COUNT", default_value = "5", value_parser = clap::value_parser!(u16).range(0..=1000))]
    elastic_addresses: u16,
    /// Range that the server may call when users name addresses in it, as endpoints of topics and destinations of
    /// events; may be given several times. Public addresses it may call anyway
    #[arg(long, value_name = "CIDR", value_parser = Cidr::or_address)]
    allow_egress: Vec<Cidr>,
    /// Keys of an identity provider that this machine cannot reach: its issuer and a file with its keys (JWKS), which is read again
    /// as keys of others are asked for again. May be given several times
    #[arg(long, value_name = "ISSUER=FILE")]
    jwks: Vec<KeysFile>,
    /// Address of the SMTP server by which subscribers of topics get mail: smtp://host:25, smtp://user@host:587 or
    /// smtps://user@host:465. The user's password is in --smtp-password-file, or in the variable WHARF_SMTP_PASSWORD
    #[arg(long, value_name = "URL", requires = "smtp_from")]
    smtp: Option<String>,
    /// Address that mail comes from
    #[arg(long, value_name = "ADDRESS", requires = "smtp")]
    smtp_from: Option<String>,
    /// File with the password of the SMTP server's user
    #[arg(long, value_name = "FILE", requires = "smtp")]
    smtp_password_file: Option<PathBuf>,
    /// Factor on the request rates that AWS documents for each account, or off
    #[arg(long, value_name = "FACTOR", default_value = "1")]
    throttle: Throttling,
    /// How many images an address pulls a second from the public gallery without a login; with one, ten times as many
    #[arg(long, value_name = "NUMBER", default_value_t = 1.0, value_parser = parse_rate)]
    gallery_pulls: f64,
    /// Whether to record who asked for what, and what was decided
    #[arg(long, value_name = "SWITCH", default_value = "on")]
    audit: Switch,
    /// What log events may take on disk, such as 20G; beyond it the oldest are removed. A tenth of the disk by default
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    log_storage: Option<u64>,
    /// Bytes of log events that an account may put a second in each region, such as 100M; a stream a quarter of them. 20M by default
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    log_rate: Option<u64>,
    /// What one repository of images may hold, such as 100G. Half of the disk by default
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    repository_storage: Option<u64>,
    /// Every how many days all stored images and objects are read again, so that damage of the disk is found early; 0: never
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(u32).range(..=3650))]
    scrub_days: u32,
    /// Folder whose subfolders are the buckets that CloudTrail's trails deliver to
    #[arg(long, value_name = "DIR")]
    trails: Option<PathBuf>,
    /// Loopback address on which metrics are served, such as 127.0.0.1:9460; `up` gives the next ports to the node's parts
    #[arg(long, value_name = "ADDR", value_parser = metrics::parse)]
    metrics: Option<SocketAddr>,
    #[command(flatten)]
    log: LogArgs,
    /// Descriptor that is told when the server answers; used by `wharf up`
    #[arg(long, hide = true)]
    ready_fd: Option<i32>,
    /// Descriptor over which the supervisor hands its listening sockets
    #[arg(long, hide = true)]
    sockets_fd: Option<i32>,
    /// Descriptor with the keyring of this machine's node, where that is on no disk
    #[arg(long, hide = true)]
    node_keyring_fd: Option<i32>,
}

#[derive(Args, Clone)]
struct CaArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The CA of wharf's own endpoint instead, API and registry, for clients on other machines
    #[arg(long)]
    endpoint: bool,
}

#[derive(Args, Clone)]
struct BackupArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The folder, on the server's machine
    dir: PathBuf,
}

#[derive(Subcommand, Clone)]
enum ImagesCommand {
    /// Copy a repository, a tag or an image into a folder; a second time only what is new
    Export(ImagesExportArgs),
    /// Copy what is in such a folder into a repository, which is made if it is not there
    Import(ImagesImportArgs),
}

#[derive(Args, Clone)]
struct ImagesExportArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The region, if not the installation's own
    #[arg(long)]
    region: Option<String>,
    /// What to copy: web, web:tag or web@sha256:…
    #[arg(value_name = "REPOSITORY")]
    of: String,
    /// The folder, an OCI image layout; made if it is not there
    dir: PathBuf,
}

#[derive(Args, Clone)]
struct ImagesImportArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The region, if not the installation's own
    #[arg(long)]
    region: Option<String>,
    /// The folder, an OCI image layout
    dir: PathBuf,
    /// Where its images go
    repository: String,
}

#[derive(Args, Clone)]
struct RestoreArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Put an existing control plane aside
    #[arg(long)]
    replace: bool,
    /// The folder of the backup
    dir: PathBuf,
}

#[derive(Args, Clone)]
struct RepairArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Discard what is damaged and everything written after it
    #[arg(long)]
    give_up_damaged: bool,
}

#[derive(Subcommand, Clone)]
enum ScanDbCommand {
    /// Add records of OSV, or the data of Debian's security tracker, to what is known
    Update(ScanDbUpdateArgs),
    /// Say how much is known, and since when
    Status(DataArgs),
}

#[derive(Args, Clone)]
struct ScanDbUpdateArgs {
    #[command(flatten)]
    data: DataArgs,
    /// A JSON file, an archive of them as osv.dev publishes it, a folder of both, or where to get one
    #[arg(value_name = "FILE|URL")]
    from: String,
    /// Forget what was known before, also where it is damaged
    #[arg(long)]
    from_nothing: bool,
}

#[derive(Subcommand, Clone)]
enum AdmissionCommand {
    /// Make or replace a rule: images of these repositories start only if one of these keys signed them
    Set(AdmissionSetArgs),
    /// Show the rules
    List(OutputArgs),
    /// Remove a rule; without any, every image starts
    Remove(AdmissionRemoveArgs),
}

#[derive(Args, Clone)]
struct AdmissionSetArgs {
    #[command(flatten)]
    data: DataArgs,
    /// What the rule is called
    name: String,
    /// Repositories it is about, with `*` for any characters: prod/*, docker.io/library/*
    #[arg(long, required = true, value_name = "PATTERN")]
    repository: Vec<String>,
    /// A file with a public key in PEM form, or a certificate with one; one of those named must have signed
    #[arg(long, value_name = "FILE", required_unless_present = "unsigned")]
    key: Vec<PathBuf>,
    /// These images need no signature
    #[arg(long, conflicts_with = "key")]
    unsigned: bool,
}

#[derive(Args, Clone)]
struct AdmissionRemoveArgs {
    #[command(flatten)]
    data: DataArgs,
    /// What the rule is called
    name: String,
}

#[derive(Args, Clone)]
struct DemoArgs {
    /// Only the chapter of one machine (1), or of two hosts of which one dies (2)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=2))]
    hosts: Option<u8>,
    /// Only the chapter of what starts by itself: by a push, a message, a schedule
    #[arg(long, conflicts_with = "hosts")]
    events: bool,
    /// Only the chapter of a service that gets tasks as load comes, and gives them back
    #[arg(long, conflicts_with_all = ["hosts", "events"])]
    scaling: bool,
    /// Only the chapter of machines that come when tasks wait, and are emptied before they go
    #[arg(long, conflicts_with_all = ["hosts", "events", "scaling"])]
    machines: bool,
    /// Only the chapter of a Kubernetes cluster, its nodes EC2 instances of this machine
    #[arg(long, conflicts_with_all = ["hosts", "events", "scaling", "machines"])]
    kubernetes: bool,
}

#[derive(Args, Clone)]
struct UpArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Address at which other hosts reach this one; that of --listen by default
    #[arg(long, value_name = "ADDR")]
    underlay: Option<IpAddr>,
    /// Ranges of VPCs in which programs of this machine reach tasks by their addresses, or `none`; 172.31.0.0/16 by default
    #[arg(long, value_name = "CIDR,…")]
    reach: Option<Reach>,
    /// Take Fargate tasks also where this machine cannot give them user namespaces of their own
    #[arg(long)]
    fargate_without_userns: bool,
    #[command(flatten)]
    balancers: BalancerArgs,
    #[command(flatten)]
    allow: AllowArgs,
    #[command(flatten)]
    tasks: TaskArgs,
}

/// What one task may take of a machine beside CPU and memory.
#[derive(Args, Clone)]
struct TaskArgs {
    /// Processes and threads that one task may have
    #[arg(long, value_name = "N", default_value_t = wharf_agent::TASK_PIDS, value_parser = clap::value_parser!(u64).range(1..))]
    pids: u64,
    /// Disk of one task: what its containers write beside their images. FARGATE tasks have what their
    /// definition says, from 20 to 200 GiB
    #[arg(long, value_name = "SIZE", default_value = "20G", value_parser = parse_task_disk)]
    task_disk: u64,
    /// Cores that tasks which reserve no CPU leave to all others, so that those never wait; such tasks
    /// always have one
    #[arg(long, value_name = "N", default_value_t = wharf_agent::KEPT_CORES)]
    keep_cores: usize,
    /// vCPUs that tasks may reserve for each core of this machine: 4 by default with `wharf up`, 1 on
    /// nodes that joined. Tasks that are busy together share the cores by what they reserved
    #[arg(long, value_name = "FACTOR", value_parser = parse_overcommit)]
    overcommit: Option<f64>,
    /// Offer this machine to EC2 instances of every account; nodes that joined do so if their token says it
    #[arg(long)]
    instances: bool,
    /// Disk that EC2 instances may be promised together; four times that of this machine by default. They
    /// take what they write, and share what is free
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    instance_disks: Option<u64>,
    /// Have layers of images from other nodes of the zone that say so too, and serve them those that are here, at that
    /// port; without one the system chooses
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    share_layers: Option<u16>,
}

impl TaskArgs {
    /// The same flags, for the agent.
    fn words(&self) -> Vec<OsString> {
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
        let both = |(flag, value): (&str, String)| [flag.into(), value.into()];
        let mut words: Vec<OsString> = words.into_iter().flat_map(both).collect();
        if self.instances {
            words.push("--instances".into());
        }
        if let Some(port) = self.share_layers {
            words.push(format!("--share-layers={port}").into());
        }
        words
    }
}

/// What of the machine tasks may use. Each of them can make a task root of it.
#[derive(Args, Clone)]
struct AllowArgs {
    /// What tasks may use of this machine: privileged, host-path=PATH, host-network, host-pid,
    /// host-ipc, devices, capabilities; nothing by default
    #[arg(long, value_name = "WHAT,…", value_delimiter = ',')]
    allow: Vec<wharf_agent::Permission>,
}

/// What load balancers may take of a machine.
#[derive(Args, Clone)]
struct BalancerArgs {
    /// Ports that load balancers may take on this machine's own addresses
    #[arg(long, value_name = "RANGES", default_value_t)]
    lb_ports: wharf_lb::PortRanges,
    /// Client connections of all load balancers at a time, as far as open files allow; further ones
    /// wait
    #[arg(long, value_name = "N", default_value_t = wharf_lb::MOST_CONNECTIONS, value_parser = parse_count)]
    lb_connections: usize,
    /// The most of them from one client address, beyond which it is refused; an eighth by default, and
    /// half for this machine itself
    #[arg(long, value_name = "N", value_parser = parse_count)]
    lb_source_connections: Option<usize>,
    /// The most of them that one load balancer has, beyond which its clients wait; by default what is
    /// not set aside for others
    #[arg(long, value_name = "N", value_parser = parse_count)]
    lb_balancer_connections: Option<usize>,
}

impl BalancerArgs {
    /// The same flags, for the part that carries them.
    fn words(&self) -> Vec<OsString> {
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
        let both = |(flag, value): (&str, String)| [flag.into(), value.into()];
        words.into_iter().flat_map(both).collect()
    }
}

fn parse_count(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("nothing could connect".to_owned()),
        Ok(count) => Ok(count),
        Err(error) => Err(format!("`{text}` is no number of connections: {error}")),
    }
}

/// What a token allows the node that joins with it.
#[derive(Args, Clone)]
struct TokenArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Cluster that the node registers in
    #[arg(long, value_name = "NAME", default_value = "default")]
    cluster: String,
    /// Availability zone of the node; the region's first by default
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// The node takes Fargate tasks of every cluster
    #[arg(long)]
    fargate: bool,
    /// The node keeps EC2 instances of every account
    #[arg(long)]
    instances: bool,
    /// Most vCPUs that the node offers; all it has by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2048))]
    max_cpu: Option<u32>,
    /// Most memory that the node offers, in MiB; all it has by default
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=32 << 20))]
    max_memory: Option<u32>,
    /// Address at which other hosts reach the node, if not the one that it comes from
    #[arg(long, value_name = "ADDR")]
    underlay: Option<IpAddr>,
    /// The node carries load balancers too
    #[arg(long)]
    lb: bool,
    #[command(flatten)]
    serves: ServesArgs,
}

/// Whose Fargate tasks a node takes.
#[derive(Args, Clone, Default)]
struct ServesArgs {
    /// Take Fargate tasks of this account alone; may be given several times
    #[arg(long = "account", value_name = "ID")]
    accounts: Vec<String>,
    /// Take Fargate tasks of this region alone; may be given several times
    #[arg(long = "region", value_name = "NAME")]
    regions: Vec<String>,
}

/// What a node says of its machine; of a joined one, the token decides what it may say.
#[derive(Args, Clone)]
struct HostArgs {
    /// Address at which other hosts reach this one, if not the one the server sees
    #[arg(long, value_name = "ADDR")]
    underlay: Option<IpAddr>,
    /// Ranges of VPCs in which programs of this machine reach tasks by their addresses, or `none`; 172.31.0.0/16 by default
    #[arg(long, value_name = "CIDR,…")]
    reach: Option<Reach>,
    /// Take Fargate tasks too; a token that allows it is enough
    #[arg(long)]
    fargate: bool,
    /// … also where this machine cannot give them user namespaces of their own
    #[arg(long)]
    fargate_without_userns: bool,
    /// Availability zone of this machine, told when it first registers
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    #[command(flatten)]
    serves: ServesArgs,
    #[command(flatten)]
    allow: AllowArgs,
    #[command(flatten)]
    tasks: TaskArgs,
}

#[derive(Args, Clone)]
struct AgentArgs {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    host: HostArgs,
    /// Loopback address on which metrics are served
    #[arg(long, value_name = "ADDR", value_parser = metrics::parse)]
    metrics: Option<SocketAddr>,
    #[command(flatten)]
    log: LogArgs,
    #[arg(long, hide = true)]
    ready_fd: Option<i32>,
}

#[derive(Args, Clone)]
struct LbArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Address on which internet-facing load balancers also answer, told apart by Host
    #[arg(long = "local-listen", value_name = "ADDR")]
    local_listen: Vec<IpAddr>,
    #[command(flatten)]
    balancers: BalancerArgs,
    /// Loopback address on which metrics are served
    #[arg(long, value_name = "ADDR", value_parser = metrics::parse)]
    metrics: Option<SocketAddr>,
    #[command(flatten)]
    log: LogArgs,
    #[arg(long, hide = true)]
    ready_fd: Option<i32>,
    /// Descriptor over which the supervisor holds listening sockets
    #[arg(long, hide = true)]
    sockets_fd: Option<i32>,
}

#[derive(Subcommand, Clone)]
enum NodeCommand {
    /// Show the nodes of the installation
    List(OutputArgs),
    /// Remove a node for good: its credentials, its connections, its tasks (started elsewhere)
    Remove(NodeRemoveArgs),
}

#[derive(Subcommand, Clone)]
enum IamCommand {
    /// Show what other accounts, identity providers and anybody at all are let do in this region
    Public(OutputArgs),
}

#[derive(Subcommand, Clone)]
enum AccountCommand {
    /// Create an account and print the key of its root, this once
    Create(AccountCreateArgs),
    /// Show the accounts, closed ones among them
    List(OutputArgs),
    /// Close an account for good: nobody signs in any more, and what runs there is stopped and removed
    Close(AccountCloseArgs),
}

#[derive(Args, Clone)]
struct AccountCreateArgs {
    /// What people call it
    name: String,
    /// Its number, twelve digits; a random one by default
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// Makes the command repeatable: for a day, the same one shows the same account and key
    #[arg(long, value_name = "TOKEN")]
    client_token: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Args, Clone)]
struct AccountCloseArgs {
    /// Its number
    id: String,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Subcommand, Clone)]
enum KeysCommand {
    /// Show the keys of the keyring, and how many stored secrets are sealed under each
    List(DataArgs),
    /// Make a new key: of the keyring, and seal every stored secret anew; of root; or the next authority
    /// of nodes or of requested certificates
    Rotate(KeysRotateArgs),
    /// Drop what was before the last rotation
    Retire(KeysRetireArgs),
    /// Set, change or remove the passphrase of the keyring; wharf may not run meanwhile
    Passphrase(KeysPassphraseArgs),
    /// Print a new keyring, for a store of secrets from which --keyring-fd gets it
    New,
}

impl KeysCommand {
    fn data(&self) -> Option<&DataArgs> {
        Some(match self {
            Self::List(data) => data,
            Self::Rotate(args) => &args.data,
            Self::Retire(args) => &args.data,
            Self::Passphrase(args) => &args.data,
            Self::New => return None,
        })
    }
}

#[derive(Args, Clone)]
struct KeysRotateArgs {
    #[command(flatten)]
    data: DataArgs,
    #[arg(value_enum)]
    key: RotatedKey,
}

#[derive(clap::ValueEnum, Clone, Copy)]
enum RotatedKey {
    Keyring,
    /// The authority that nodes know the server by
    Nodes,
    /// The authority of requested certificates
    Certificates,
    Root,
    /// The keyring of the node on this machine
    NodeKeyring,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq)]
enum RetiredKey {
    Keyring,
    Nodes,
    Certificates,
}

#[derive(Args, Clone)]
struct KeysPassphraseArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Read the new passphrase from a file; a terminal is asked otherwise
    #[arg(long, value_name = "PATH", conflicts_with = "remove")]
    new_passphrase_file: Option<PathBuf>,
    /// Leave the keyring without one
    #[arg(long)]
    remove: bool,
}

#[derive(Args, Clone)]
struct KeysRetireArgs {
    #[command(flatten)]
    data: DataArgs,
    #[arg(value_enum, default_value = "keyring")]
    key: RetiredKey,
    /// Even if session tokens from before the rotation end by it, or nodes are locked out
    #[arg(long)]
    now: bool,
    /// Do not ask before nodes are locked out
    #[arg(long, requires = "now")]
    yes: bool,
}

#[derive(Args, Clone)]
struct NodeRemoveArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Name of the node, its container instance, or its instance id
    name: String,
}

#[derive(Args, Clone)]
#[command(args_conflicts_with_subcommands = true)]
struct NodeArgs {
    #[command(subcommand)]
    command: Option<NodeCommand>,
    #[command(flatten)]
    data: DataArgs,
    /// The server to join, with the token that `wharf token` printed there; needed once
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// Read the token from the standard input (arguments show in process lists)
    #[arg(long, value_name = "-", requires = "server", value_parser = join::from_stdin, conflicts_with = "join_file")]
    join: Option<join::FromStdin>,
    /// Read the token from a file; without either it is the environment variable WHARF_JOIN_TOKEN
    #[arg(long, value_name = "PATH", requires = "server")]
    join_file: Option<PathBuf>,
    #[command(flatten)]
    host: HostArgs,
    #[command(flatten)]
    balancers: BalancerArgs,
    /// Loopback address on which the agent's metrics are served; its load balancer's are on the next port
    #[arg(long, value_name = "ADDR", value_parser = metrics::parse)]
    metrics: Option<SocketAddr>,
    #[command(flatten)]
    log: LogArgs,
    #[arg(long, hide = true)]
    ready_fd: Option<i32>,
}

#[derive(Args, Clone)]
struct ExecArgs {
    #[command(flatten)]
    data: DataArgs,
    /// The cluster it is in; that of an ARN, otherwise `default` for a service and all of them for a task
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    #[command(flatten)]
    region: RegionArgs,
    /// The container, where the task has several
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    /// A service, of which the newest running task is taken; or a task's id, the beginning of it, or its ARN
    #[arg(value_name = "SERVICE|TASK")]
    name: String,
    /// What to run
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<String>,
}

#[derive(Args, Clone)]
struct CompletionArgs {
    #[arg(value_enum)]
    shell: completion::Shell,
}

#[derive(Args, Clone)]
struct ManArgs {
    /// The folder; it is made if it is not there
    dir: PathBuf,
}

#[derive(Args, Clone)]
struct LogsArgs {
    /// A service; or a task's id, the beginning of it, or its ARN
    #[arg(value_name = "SERVICE|TASK")]
    name: String,
    /// Keep printing new lines, until Ctrl-C or the end of the task
    #[arg(long, short)]
    follow: bool,
    /// How far to look back, such as 10m (s, m, h, d)
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = logs::parse_since)]
    since: i64,
    /// The cluster it is in; that of an ARN, otherwise `default` for a service and all of them for a task
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    #[command(flatten)]
    region: RegionArgs,
    /// Only the lines of this container
    #[arg(long, value_name = "NAME")]
    container: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Args, Clone)]
struct OutputArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Print JSON for machines
    #[arg(long)]
    json: bool,
}

#[derive(Args, Clone)]
struct StatusArgs {
    #[command(flatten)]
    output: OutputArgs,
    /// Show it again every second, until Ctrl-C
    #[arg(long, conflicts_with = "json")]
    watch: bool,
    /// Every line, also where a terminal has fewer
    #[arg(long, conflicts_with_all = ["watch", "json"])]
    all: bool,
    /// Only what is in this cluster
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    /// Only this service, its deployments, tasks and targets
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    #[command(flatten)]
    region: RegionArgs,
}

#[derive(Args, Clone)]
struct CostArgs {
    /// What to list it by: service, cluster, usage-type, region, or tag:KEY
    #[arg(long, value_name = "WHAT", default_value = "service")]
    by: cost::By,
    /// The first day, such as 2026-03-01; the first of this month if not given
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The day after the last one; the first of next month if not given
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Print the price lists that apply without a file of one's own
    #[arg(long)]
    example_prices: bool,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Args, Clone)]
struct TopArgs {
    #[command(flatten)]
    output: OutputArgs,
    /// Print it once, as plain tables
    #[arg(long, conflicts_with = "json")]
    once: bool,
    #[command(flatten)]
    region: RegionArgs,
}

#[derive(Args, Clone)]
struct ExplainArgs {
    #[arg(value_enum)]
    what: ExplainWhat,
    /// Name or ARN of a service; id of a task, the beginning of it, or its ARN
    name: String,
    /// The cluster it is in; that of an ARN, otherwise `default` for a service and all of them for a task
    #[arg(long, value_name = "NAME")]
    cluster: Option<String>,
    #[command(flatten)]
    region: RegionArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Args, Clone)]
struct ApiArgs {
    #[command(flatten)]
    data: DataArgs,
    /// Name of the operation, such as ListNodes or RotateKeys
    operation: String,
    /// Its input
    #[arg(long, value_name = "JSON", default_value = "{}")]
    json: String,
    #[command(flatten)]
    region: RegionArgs,
}

#[derive(Args, Clone)]
struct WhyArgs {
    /// Id of the request, as its answer has it (x-amzn-requestid)
    #[arg(value_name = "REQUEST-ID")]
    request: String,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(clap::ValueEnum, Clone, Copy)]
enum ExplainWhat {
    Service,
    Task,
}

#[derive(Args, Clone)]
struct DoctorArgs {
    #[command(flatten)]
    output: OutputArgs,
    /// The port that `wharf up` would take
    #[arg(long, value_name = "N", default_value_t = 4566)]
    port: u16,
}

/// Bytes, with K, M, G or T for powers of 1024.
fn parse_size(text: &str) -> Result<u64, String> {
    let bad = || "it is a number with K, M, G or T, such as 20G".to_owned();
    let digits = text.trim_end_matches(['K', 'M', 'G', 'T']);
    let shift = match &text[digits.len()..] {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        "T" => 40,
        _ => return Err(bad()),
    };
    let number: u64 = digits.parse().map_err(|_| bad())?;
    match number.checked_mul(1 << shift) {
        Some(bytes) if bytes > 0 => Ok(bytes),
        _ => Err(bad()),
    }
}

/// So many a second.
fn parse_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.01..=1_000_000.0).contains(&rate) => Ok(rate),
        _ => Err("it is a number from 0.01 to 1000000".to_owned()),
    }
}

/// From what is exact to what no machine makes sense of.
fn parse_overcommit(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(factor) if (1.0..=64.0).contains(&factor) => Ok(factor),
        Ok(_) => Err("it is from 1 to 64".to_owned()),
        Err(error) => Err(format!("`{text}` is no factor: {error}")),
    }
}

fn parse_task_disk(text: &str) -> Result<u64, String> {
    let bytes = parse_size(text)?;
    if bytes < wharf_agent::LEAST_TASK_DISK {
        let least = wharf_agent::LEAST_TASK_DISK >> 20;
        return Err(format!("a disk has at least {least} MiB"));
    }
    Ok(bytes)
}

/// A variable that is set to nothing is as good as none.
fn parse_data(given: OsString) -> Result<PathBuf, String> {
    let is_unset = || std::env::var_os(DATA_VARIABLE).is_some_and(|it| it.is_empty());
    match given.is_empty() {
        false => Ok(given.into()),
        true if is_unset() => Ok(DEFAULT_DATA.into()),
        true => Err("a folder is required".to_owned()),
    }
}

fn parse_iam(text: &str) -> Result<IamMode, String> {
    match text {
        "enforce" => Ok(IamMode::Enforce),
        "soft" => Ok(IamMode::Soft),
        "off" => Ok(IamMode::Off),
        _ => Err("it is one of enforce, soft, off".to_owned()),
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::InstanceInit = cli.command {
        // Inside of an instance nothing else is ours.
        return wharf_instance_init::run();
    }
    keyring::remember(cli.keyring);
    kernel_limits::raise_descriptors();
    if cli.command.keeps_running() {
        kernel_limits::outlive_tasks();
    }
    match run(cli.command) {
        Ok(code) => code,
        Err(problem) => {
            if !matches!(problem, Problem::PartEnded { .. }) {
                eprintln!("{}", problem::Full(&problem));
                log::note("ERROR", problem::Full(&problem));
            }
            problem.exit_code()
        }
    }
}

impl Command {
    /// Whether tasks depend on this process: `wharf up` and `wharf node` and their parts.
    fn keeps_running(&self) -> bool {
        matches!(
            self,
            Self::Up(_) | Self::Server(_) | Self::Node(_) | Self::Agent(_) | Self::Lb(_)
        )
    }
}

fn run(command: Command) -> Result<ExitCode, Problem> {
    match command {
        Command::Up(args) => up::run(&args),
        Command::Down(args) => down::run(&Layout::new(&args.data)?),
        Command::Env(args) => env::run(&Layout::new(&args.data)?),
        Command::Ca(args) => ca::run(&Layout::new(&args.data.data)?, args.endpoint),
        Command::Exec(args) => exec::run(&Layout::new(&args.data.data)?, &args),
        Command::Logs(args) => logs::run(&args),
        Command::Status(args) => status::run(&args),
        Command::Cost(args) => cost::run(&args),
        Command::Top(args) => top::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Why(args) => why::run(&args),
        Command::Api(args) => api::run(&args),
        Command::Doctor(args) => doctor::run(&args.output.data.data, args.port, args.output.json),
        Command::Demo(args) => demo::run(&args),
        Command::Backup(args) => backup::take(&Layout::new(&args.data.data)?, &args.dir),
        Command::Restore(args) => {
            backup::restore(&Layout::new(&args.data.data)?, &args.dir, args.replace)
        }
        Command::Repair(args) => repair::run(&Layout::new(&args.data.data)?, args.give_up_damaged),
        Command::Images(ImagesCommand::Export(args)) => {
            let layout = Layout::new(&args.data.data)?;
            images::export(&layout, args.region.as_deref(), &args.of, &args.dir)
        }
        Command::Images(ImagesCommand::Import(args)) => {
            let layout = Layout::new(&args.data.data)?;
            let region = args.region.as_deref();
            images::import(&layout, region, &args.dir, &args.repository)
        }
        Command::ScanDb(ScanDbCommand::Update(args)) => {
            let layout = Layout::new(&args.data.data)?;
            scan_db::update(&layout, &args.from, args.from_nothing)
        }
        Command::ScanDb(ScanDbCommand::Status(args)) => scan_db::status(&Layout::new(&args.data)?),
        Command::Admission(command) => admission::run(&command),
        Command::Server(args) => roles::server(&args),
        Command::Token(args) => join::token(&Layout::new(&args.data.data)?, &args),
        Command::Node(args) => match &args.command {
            None => node::run(&args),
            Some(NodeCommand::List(output)) => nodes::list(output),
            Some(NodeCommand::Remove(args)) => {
                nodes::remove(&Layout::new(&args.data.data)?, &args.name)
            }
        },
        Command::Account(command) => accounts::run(&command),
        Command::Iam(command) => iam::run(&command),
        Command::Keys(command) => match command.data() {
            Some(data) => keys::run(&Layout::new(&data.data)?, &command),
            None => keys::new(),
        },
        Command::Completion(args) => completion::print(args.shell),
        Command::Man(args) => completion::manual(&args.dir),
        Command::Agent(args) => roles::agent(&args),
        Command::InstanceInit => unreachable!("it has run instead of all else"),
        Command::Lb(args) => lb::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_named_by_nothing_is_refused() {
        assert_eq!(parse_data("/d".into()), Ok("/d".into()));
        // Of the variable the end-to-end tests are: it is the whole process's.
        assert!(std::env::var_os(DATA_VARIABLE).is_some() || parse_data("".into()).is_err());
    }
}
