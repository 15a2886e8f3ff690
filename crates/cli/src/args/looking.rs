//! What people ask of an installation: `wharf status`, `wharf logs`, `wharf exec` and kin.

use std::path::PathBuf;

use clap::Args;

use super::{DataArgs, OutputArgs};
use crate::{completion, cost, logs, place::RegionArgs};

#[derive(Args, Clone)]
pub struct CaArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// The CA of wharf's own endpoint instead, API and registry, for clients on other machines
    #[arg(long)]
    pub endpoint: bool,
}

#[derive(Args, Clone)]
pub struct ExecArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// The cluster to look in; without it that of the ARN, else `default` for a service and all clusters for a task
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    #[command(flatten)]
    pub region: RegionArgs,
    /// The container, where the task has several
    #[arg(long, value_name = "NAME")]
    pub container: Option<String>,
    /// A service, for its newest running task; or a task's id, the beginning of it, or its ARN
    #[arg(value_name = "SERVICE|TASK")]
    pub name: String,
    /// What to run
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub command: Vec<String>,
}

#[derive(Args, Clone)]
pub struct CompletionArgs {
    /// The shell to complete in
    #[arg(value_enum)]
    pub shell: completion::Shell,
}

#[derive(Args, Clone)]
pub struct ManArgs {
    /// The folder; it is made if it is not there
    pub dir: PathBuf,
}

#[derive(Args, Clone)]
pub struct LogsArgs {
    /// A service; or a task's id, the beginning of it, or its ARN
    #[arg(value_name = "SERVICE|TASK")]
    pub name: String,
    /// Keep printing new lines, until Ctrl-C or the end of the task
    #[arg(long, short)]
    pub follow: bool,
    /// How far to look back, such as 10m (s, m, h, d)
    #[arg(long, value_name = "SPAN", default_value = "1h", value_parser = logs::parse_since)]
    pub since: i64,
    /// The cluster to look in; without it that of the ARN, else `default` for a service and all clusters for a task
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    #[command(flatten)]
    pub region: RegionArgs,
    /// Only the lines of this container
    #[arg(long, value_name = "NAME")]
    pub container: Option<String>,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Args, Clone)]
pub struct StatusArgs {
    #[command(flatten)]
    pub output: OutputArgs,
    /// Refresh every second, until Ctrl-C
    #[arg(long, conflicts_with = "json")]
    pub watch: bool,
    /// Show every line, even if the terminal is shorter
    #[arg(long, conflicts_with_all = ["watch", "json"])]
    pub all: bool,
    /// Only what is in this cluster
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    /// Only this service, its deployments, tasks and targets
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    #[command(flatten)]
    pub region: RegionArgs,
}

#[derive(Args, Clone)]
pub struct CostArgs {
    /// What to list it by: service, cluster, usage-type, region, or tag:KEY
    #[arg(long, value_name = "WHAT", default_value = "service")]
    pub by: cost::By,
    /// The first day, such as 2026-03-01; the first of this month if not given
    #[arg(long, value_name = "DAY")]
    pub from: Option<String>,
    /// The day after the last one; the first of next month if not given
    #[arg(long, value_name = "DAY")]
    pub to: Option<String>,
    /// Print the example price lists, which apply while there is no prices.json of yours
    #[arg(long)]
    pub example_prices: bool,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Args, Clone)]
pub struct TopArgs {
    #[command(flatten)]
    pub output: OutputArgs,
    /// Print it once, as plain tables, and end
    #[arg(long, conflicts_with = "json")]
    pub once: bool,
    #[command(flatten)]
    pub region: RegionArgs,
}

#[derive(Args, Clone)]
pub struct ExplainArgs {
    /// What kind of thing NAME is
    #[arg(value_enum)]
    pub what: ExplainWhat,
    /// Name or ARN of a service; id of a task, the beginning of it, or its ARN; NAMESPACE/NAME of a pod
    pub name: String,
    /// The cluster to look in; without it that of the ARN, else `default` for a service, all clusters for a task and the only
    /// EKS cluster for a pod
    #[arg(long, value_name = "NAME")]
    pub cluster: Option<String>,
    #[command(flatten)]
    pub region: RegionArgs,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(Args, Clone)]
pub struct ApiArgs {
    #[command(flatten)]
    pub data: DataArgs,
    /// Name of the operation, such as ListNodes or RotateKeys
    pub operation: String,
    /// Its input
    #[arg(long, value_name = "JSON", default_value = "{}")]
    pub json: String,
    #[command(flatten)]
    pub region: RegionArgs,
}

#[derive(Args, Clone)]
pub struct WhyArgs {
    /// Id of the request, as in its answer (x-amzn-requestid; AWS tools show it with --debug)
    #[arg(value_name = "REQUEST-ID")]
    pub request: String,
    #[command(flatten)]
    pub output: OutputArgs,
}

#[derive(clap::ValueEnum, Clone, Copy)]
pub enum ExplainWhat {
    Service,
    Task,
    Pod,
}

#[derive(Args, Clone)]
pub struct DoctorArgs {
    #[command(flatten)]
    pub output: OutputArgs,
    /// The port that `wharf up` would take
    #[arg(long, value_name = "N", default_value_t = 4566)]
    pub port: u16,
}
