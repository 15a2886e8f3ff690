//! Machines that join: `wharf token`, `wharf node`, and the parts that a node runs.

use std::{net::IpAddr, net::SocketAddr, path::PathBuf};

use clap::{Args, Subcommand};
use wharf_base::Cidr;

use super::{AllowArgs, BalancerArgs, DataArgs, OutputArgs, TaskArgs};
use crate::{join, log::LogArgs, metrics, nodes, reach::Reach};

/// What a token allows the node that joins with it.
#[derive(Args, Clone)]
pub struct TokenArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Cluster that the node registers in
    #[arg(long, value_name = "NAME", default_value = "default")]
    pub cluster: String,
    /// Availability zone of the node; the region's first by default
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// The node takes Fargate tasks of every cluster
    #[arg(long)]
    pub fargate: bool,
    /// The node keeps EC2 instances of every account
    #[arg(long)]
    pub instances: bool,
    /// Most vCPUs that the node offers; all it has by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=2048))]
    pub max_cpu: Option<u32>,
    /// Most memory that the node offers, in MiB; all it has by default
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=32 << 20))]
    pub max_memory: Option<u32>,
    /// Address at which other hosts reach the node, if not the one that it comes from
    #[arg(long, value_name = "ADDR")]
    pub underlay: Option<IpAddr>,
    /// The node carries load balancers too
    #[arg(long)]
    pub lb: bool,
    #[command(flatten)]
    pub serves: ServesArgs,
}

/// Whose Fargate tasks a node takes.
#[derive(Args, Clone, Default)]
pub struct ServesArgs {
    /// Take Fargate tasks of this account alone; may be given several times
    #[arg(long = "account", value_name = "ID")]
    pub accounts: Vec<String>,
    /// Take Fargate tasks of this region alone; may be given several times
    #[arg(long = "region", value_name = "NAME")]
    pub regions: Vec<String>,
}

/// What a node says of its machine; of a joined one, the token decides what it may say.
#[derive(Args, Clone)]
pub struct HostArgs {
    /// Address at which other hosts reach this one, if not the one the server sees
    #[arg(long, value_name = "ADDR")]
    pub underlay: Option<IpAddr>,
    /// Ranges of VPCs in which programs of this machine reach tasks by their addresses, or `none`; 172.31.0.0/16 by default
    #[arg(long, value_name = "CIDR,…")]
    pub reach: Option<Reach>,
    /// Take Fargate tasks too; a token that allows it is enough
    #[arg(long)]
    pub fargate: bool,
    /// Take Fargate tasks even if this machine cannot give each a user namespace of its own
    #[arg(long)]
    pub fargate_without_userns: bool,
    /// Availability zone of this machine, set when it first registers
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    #[command(flatten)]
    pub serves: ServesArgs,
    #[command(flatten)]
    pub allow: AllowArgs,
    /// Range that this machine may call when task definitions name addresses in it, as collectors of logs; may be
    /// given several times. Public addresses of other machines it may call anyway
    #[arg(long, value_name = "CIDR", value_parser = Cidr::or_address)]
    pub allow_egress: Vec<Cidr>,
    #[command(flatten)]
    pub tasks: TaskArgs,
}

#[derive(Args, Clone)]
pub struct AgentArgs {
    #[command(flatten)]
    pub data: DataArgs,
    #[command(flatten)]
    pub host: HostArgs,
    /// Loopback address on which metrics are served
    #[arg(long, value_name = "ADDR", value_parser = metrics::parse)]
    pub metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub log: LogArgs,
    #[arg(long, hide = true)]
    pub ready_fd: Option<i32>,
}

#[derive(Args, Clone)]
pub struct LbArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Address on which internet-facing load balancers also answer, told apart by Host
    #[arg(long = "local-listen", value_name = "ADDR")]
    pub local_listen: Vec<IpAddr>,
    #[command(flatten)]
    pub balancers: BalancerArgs,
    /// Loopback address on which metrics are served
    #[arg(long, value_name = "ADDR", value_parser = metrics::parse)]
    pub metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub log: LogArgs,
    #[arg(long, hide = true)]
    pub ready_fd: Option<i32>,
    /// Descriptor over which the supervisor holds listening sockets
    #[arg(long, hide = true)]
    pub sockets_fd: Option<i32>,
}

#[derive(Subcommand, Clone)]
pub enum NodeCommand {
    /// Show the nodes of the installation
    List(OutputArgs),
    /// Remove a node for good: its credentials, its connections, its tasks (started elsewhere)
    Remove(NodeRemoveArgs),
    /// Make a node, or a part of it, a node of an EKS cluster; or show it as an EC2 instance
    Dedicate(NodeDedicateArgs),
    /// Retire a node: it takes no more Fargate tasks and EC2 instances; those on it leave when their time of waiting is over
    Retire(NodeRetireArgs),
}

#[derive(Args, Clone)]
pub struct NodeDedicateArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Name of the node, its container instance, or its instance id
    pub name: String,
    /// The EKS cluster; with --cancel all of them by default, and those that were deleted
    #[arg(long, value_name = "NAME", required_unless_present_any = ["cancel", "as_instance"])]
    pub cluster: Option<String>,
    /// Instance profile with the role of the node, which has an access entry of type EC2_LINUX in the cluster
    #[arg(long, value_name = "NAME", required_unless_present_any = ["cancel", "as_instance"])]
    pub profile: Option<String>,
    /// The account of the cluster and the role, or that the instance is shown in; the installation's own by default
    #[arg(long, value_name = "ID")]
    pub account: Option<String>,
    /// Region of the cluster, or of the instance; the installation's by default
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,
    /// Subnet of the node; the first of the cluster in the machine's zone by default
    #[arg(long, value_name = "ID")]
    pub subnet: Option<String>,
    /// Cores of the node; all that nobody else has of the machine by default
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=2048))]
    pub cpus: Option<i32>,
    /// Memory of the node in MiB; all that nobody else has of the machine by default
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(i32).range(1..=32 << 20))]
    pub memory: Option<i32>,
    /// Disk of the node in GiB; 20 by default
    #[arg(long, value_name = "GIB", value_parser = clap::value_parser!(i32).range(8..=16384))]
    pub disk: Option<i32>,
    /// Show the node as an EC2 instance, under the instance id of its container instance; with --cancel let go of that
    #[arg(long, conflicts_with_all = ["cluster", "profile", "subnet", "cpus", "memory", "disk"])]
    pub as_instance: bool,
    /// Take it back: the node of the cluster, or of each, ends with all that runs on it
    #[arg(long, conflicts_with_all = ["profile", "subnet", "cpus", "memory", "disk"])]
    pub cancel: bool,
}

#[derive(Args, Clone)]
pub struct NodeRetireArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Name of the node, its container instance, or its instance id
    pub name: String,
    /// Take it back: the node takes Fargate tasks and instances again, and those on it stay
    #[arg(long)]
    pub cancel: bool,
    /// How long EC2 instances stay there: a number with s, m, h or d; 14d by default
    #[arg(long, value_name = "SPAN", value_parser = nodes::parse_notice, conflicts_with = "cancel")]
    pub notice: Option<i32>,
}

#[derive(Args, Clone)]
pub struct NodeRemoveArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Name of the node, its container instance, or its instance id
    pub name: String,
}

#[derive(Args, Clone)]
#[command(args_conflicts_with_subcommands = true)]
pub struct NodeArgs {
    #[command(subcommand)]
    pub command: Option<NodeCommand>,
    #[command(flatten)]
    pub data: DataArgs,
    /// The server to join, such as https://10.0.0.1:4566, with a token of `wharf token`; needed once
    #[arg(long, value_name = "URL")]
    pub server: Option<String>,
    /// Read the token from the standard input (arguments show in process lists)
    #[arg(long, value_name = "-", requires = "server", value_parser = join::from_stdin, conflicts_with = "join_file")]
    pub join: Option<join::FromStdin>,
    /// Read the token from a file; without --join and --join-file it is read from the variable WHARF_JOIN_TOKEN
    #[arg(long, value_name = "PATH", requires = "server")]
    pub join_file: Option<PathBuf>,
    #[command(flatten)]
    pub host: HostArgs,
    #[command(flatten)]
    pub balancers: BalancerArgs,
    /// Loopback address on which the agent's metrics are served; its load balancer's are on the next port
    #[arg(long, value_name = "ADDR", value_parser = metrics::parse)]
    pub metrics: Option<SocketAddr>,
    #[command(flatten)]
    pub log: LogArgs,
    #[arg(long, hide = true)]
    pub ready_fd: Option<i32>,
}
