//! `wharf server` and `wharf node`: the two programs that `wharf up` keeps running.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::ExitCode,
};

use tokio_util::sync::CancellationToken;
use wharf_server::{IamMode, ServerConfig, StartError};

use crate::{NodeArgs, ServerArgs, join, layout::Layout, problem::Problem, ready};

/// The account and region of an installation; configurable ones come with several accounts.
pub const ACCOUNT: &str = "000000000000";
pub const REGION: &str = "us-east-1";

pub fn require_root() -> Result<(), Problem> {
    if nix::unistd::geteuid().is_root() {
        Ok(())
    } else {
        Err(Problem::NotRoot)
    }
}

/// Fails early, and with the address, if the port is taken.
pub fn require_free_port(args: &ServerArgs) -> Result<(), Problem> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    match TcpListener::bind(address) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Err(Problem::PortInUse { address })
        }
        Err(error) => Err(Problem::caused(
            format!("cannot listen on {address}"),
            error,
        )),
    }
}

pub fn own_program() -> Result<PathBuf, Problem> {
    std::env::current_exe().map_err(|cause| Problem::caused("cannot find the wharf program", cause))
}

pub fn iam_name(mode: IamMode) -> &'static str {
    match mode {
        IamMode::Enforce => "enforce",
        IamMode::Soft => "soft",
        IamMode::Off => "off",
    }
}

pub fn server(args: &ServerArgs) -> Result<ExitCode, Problem> {
    keep_files_private();
    let layout = Layout::new(&args.data.data)?;
    let installation = layout.create()?;
    log_to_stderr();
    // All addresses include this machine's own.
    let mut listen = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    if let Some(further) = args.listen {
        listen.retain(|_| !further.is_unspecified());
        listen.push(further);
    }
    let config = ServerConfig {
        data_dir: layout.server(),
        keyring: layout.keyring(),
        node_identity: layout.node_identity(),
        installation,
        listen,
        port: args.port,
        iam: args.iam,
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
    };
    let ready_fd = args.ready_fd;
    block_on(2, async move {
        let shutdown = cancelled_by_signals()?;
        wharf_server::run(config, || ready::tell(ready_fd), shutdown)
            .await
            .map_err(|error| match error {
                StartError::PortInUse { address } => Problem::PortInUse { address },
                StartError::DataInUse { path, pid } => Problem::DataInUse { path, pid },
                other => Problem::Server(other),
            })
    })
}

pub fn node(args: &NodeArgs) -> Result<ExitCode, Problem> {
    require_root()?;
    keep_files_private();
    let layout = Layout::new(&args.data.data)?;
    log_to_stderr();
    let installation = match (&args.server, &args.join) {
        // A service unit says the same at every start; the token is spent at the first.
        (Some(server), Some(token)) if !layout.node_identity().exists() => {
            let installation = layout.create()?;
            join::join(&layout, server, token)?;
            installation
        }
        _ => layout
            .installation()?
            .ok_or_else(|| Problem::NoInstallation {
                path: layout.root().to_owned(),
            })?,
    };
    let identity = wharf_agent::config::Identity::load(layout.node_identity())
        .map_err(|cause| Problem::caused("this node has no identity", cause))?;
    let mut config = wharf_agent::config::NodeConfig::new(
        layout.node(),
        installation,
        identity,
        shim_program()?,
    );
    config.ca = Some(layout.node_ca()).filter(|path| path.exists());
    // On one machine the same node takes Fargate tasks too; a joined one runs its own cluster's only.
    if config.ca.is_none() {
        config
            .attributes
            .insert("wharf.fargate-capacity".to_owned(), String::new());
    }
    let ready_fd = args.ready_fd;
    block_on(2, async move {
        let shutdown = cancelled_by_signals()?;
        wharf_agent::run(config, move || ready::tell(ready_fd), shutdown)
            .await
            .map_err(|cause| Problem::caused("the node could not go on", cause))
    })
}

/// The shim lies beside this program.
pub fn shim_program() -> Result<PathBuf, Problem> {
    let path = own_program()?.with_file_name("wharf-shim");
    if path.exists() {
        Ok(path)
    } else {
        Err(Problem::other(format!(
            "{} is missing; build it with `make build`",
            path.display()
        )))
    }
}

fn block_on(
    workers: usize,
    work: impl Future<Output = Result<(), Problem>>,
) -> Result<ExitCode, Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|cause| Problem::caused("cannot start threads", cause))?;
    runtime.block_on(work)?;
    // What still runs has been told to end; nobody waits for a stuck thread.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    Ok(ExitCode::SUCCESS)
}

fn cancelled_by_signals() -> Result<CancellationToken, Problem> {
    use tokio::signal::unix::{SignalKind, signal};
    let failed = |cause| Problem::caused("cannot listen for signals", cause);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let token = CancellationToken::new();
    let cancel = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        cancel.cancel();
    });
    Ok(token)
}

/// Nobody else reads what a part of wharf writes.
fn keep_files_private() {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
}

/// `WHARF_LOG` chooses what is logged, in the form of the `tracing` filters; warnings by default.
fn log_to_stderr() {
    use tracing_subscriber::{EnvFilter, fmt};
    let filter = EnvFilter::try_from_env("WHARF_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
