//! The `wharf` program: the platform on one machine (`up`), its parts (`server`, `node`), and the
//! commands around them.

mod abandoned_counts;
mod accounts;
mod admission;
mod api;
mod args;
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
mod machine_maker;
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
mod signing_profile;
mod sockets;
mod status;
mod style;
mod supervisor;
mod top;
mod up;
mod why;
mod workload;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use args::{
    AccountCommand, AdmissionCommand, AgentArgs, ApiArgs, BackupArgs, CaArgs, CompletionArgs,
    CostArgs, DataArgs, DemoArgs, DoctorArgs, ExecArgs, ExplainArgs, IamCommand, ImagesCommand,
    KeysCommand, LbArgs, LogsArgs, ManArgs, NodeArgs, NodeCommand, RepairArgs, RestoreArgs,
    ScanDbCommand, ServerArgs, SigningProfileCommand, StatusArgs, TokenArgs, TopArgs, UpArgs,
    WhyArgs,
};
use keyring::KeyringArgs;
use layout::Layout;
use problem::Problem;

/// Calls make many small blocks and free them on other threads; measured by `bench/run kube-api`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    Up(Box<UpArgs>),
    /// Stop an installation and take down its containers, networks and mounts; its data stays
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
    /// Show what tasks, pods, instances, storage and the network cost this month: wharf cost --by cluster
    Cost(CostArgs),
    /// Watch clusters, services, tasks and nodes, what they use and what is near a limit
    Top(TopArgs),
    /// Say what a service, task or pod waits for, and why hosts take no more: wharf explain service web
    Explain(ExplainArgs),
    /// Say what happened to a request, and which statement of which policy decided: wharf why REQUEST-ID
    Why(WhyArgs),
    /// Call an operation of the installation itself, in JSON: wharf api ListNodes
    Api(ApiArgs),
    /// Check what this machine lacks, and how to fix it
    Doctor(DoctorArgs),
    /// Show the platform at work: one machine, two hosts of which one fails, events, scaling, machines, Kubernetes; clean up
    Demo(DemoArgs),
    /// Back up the control plane into a folder while it runs; later backups there copy only what is new
    Backup(BackupArgs),
    /// Restore the control plane from a backup; the server must be stopped, containers may run
    Restore(RestoreArgs),
    /// Check the store for damage, and discard the damaged part if told to; the server must be stopped
    Repair(RepairArgs),
    /// Copy repositories of images into folders (OCI layouts) and back: wharf images export web DIR
    #[command(subcommand)]
    Images(ImagesCommand),
    /// Load published vulnerability data, for scans of images
    #[command(subcommand)]
    ScanDb(ScanDbCommand),
    /// Set which images tasks and pods may start, by the keys that must have signed them
    #[command(subcommand)]
    Admission(AdmissionCommand),
    /// Manage signing profiles: keys that sign what is pushed to the registry
    #[command(subcommand)]
    SigningProfile(SigningProfileCommand),
    /// Run the control plane alone
    Server(ServerArgs),
    /// Make a token with which another machine joins as a node
    Token(TokenArgs),
    /// Run this machine as a node of another one's control plane; list, dedicate, retire or remove nodes
    Node(NodeArgs),
    /// Create, list and close accounts of the installation
    #[command(subcommand)]
    Account(AccountCommand),
    /// Show what resource policies let others do
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
    /// Be the first process of an EC2 instance that is a virtual machine; started by the agent, beside it
    #[command(hide = true)]
    VmInit,
    /// Carry load balancers on this machine; started by `wharf up` and `wharf node`
    #[command(hide = true)]
    Lb(LbArgs),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Command::InstanceInit = cli.command {
        // Inside of an instance nothing else is ours.
        return wharf_instance_init::run();
    }
    if let Command::VmInit = cli.command {
        // Nor is it beside a virtual machine.
        return wharf_guest::run();
    }
    keyring::remember(cli.keyring);
    kernel_limits::raise_descriptors();
    if cli.command.keeps_running() {
        kernel_limits::outlive_tasks();
        kernel_limits::come_before_tasks();
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
        Command::Images(ImagesCommand::Index(args)) => {
            let layout = Layout::new(&args.data.data)?;
            images::index(&layout, args.region.as_deref(), &args.of)
        }
        Command::ScanDb(ScanDbCommand::Update(args)) => {
            let layout = Layout::new(&args.data.data)?;
            scan_db::update(&layout, &args.from, args.from_nothing)
        }
        Command::ScanDb(ScanDbCommand::Status(args)) => scan_db::status(&Layout::new(&args.data)?),
        Command::Admission(command) => admission::run(&command),
        Command::SigningProfile(command) => signing_profile::run(&command),
        Command::Server(args) => roles::server(&args),
        Command::Token(args) => join::token(&Layout::new(&args.data.data)?, &args),
        Command::Node(args) => match &args.command {
            None => node::run(&args),
            Some(NodeCommand::List(output)) => nodes::list(output),
            Some(NodeCommand::Dedicate(args)) => {
                nodes::dedicate(&Layout::new(&args.data.data)?, args)
            }
            Some(NodeCommand::Retire(args)) => nodes::retire(&Layout::new(&args.data.data)?, args),
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
        Command::InstanceInit | Command::VmInit => {
            unreachable!("it has run instead of all else")
        }
        Command::Lb(args) => lb::run(&args),
    }
}
