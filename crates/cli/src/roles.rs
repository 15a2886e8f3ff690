//! `wharf server` and `wharf agent`: parts that `wharf up` and `wharf node` keep running.

use std::{
    ffi::OsString,
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use tokio_util::sync::CancellationToken;
use wharf_agent::{Identity, NodeConfig};
use wharf_base::{Cidr, InstallationId};
use wharf_lb::Hold;
use wharf_seal::{Keyring, KeyringSource};
use wharf_server::{IamMode, MailConfig, Mailer, NameServers, ServerConfig, StartError};

use crate::{
    args::{AgentArgs, AllowArgs, DEFAULT_DATA, ServerArgs, Switch},
    keyring,
    layout::{Layout, Settings},
    log, machine_maker, metrics,
    problem::Problem,
    public_addresses, ready,
    sockets::Keeper,
    style::Style,
};

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

const HTTPS: u16 = 443;
const DNS: u16 = 53;
/// Connections to the server that wait to be accepted, while it starts again too.
const BACKLOG: i32 = 1024;

/// The variable with the password of the SMTP server.
const SMTP_PASSWORD: &str = "WHARF_SMTP_PASSWORD";

/// Where the server listens: all addresses include this machine's own.
fn addresses(args: &ServerArgs) -> Vec<IpAddr> {
    let mut addresses = vec![IpAddr::V4(Ipv4Addr::LOCALHOST)];
    if let Some(further) = args.listen {
        addresses.retain(|own| !further.is_unspecified() && *own != further);
        addresses.push(further);
    }
    addresses
}

/// Whom the server asks for names: those that are given, else those that this machine has at the time.
fn name_servers(given: &[SocketAddr]) -> NameServers {
    if !given.is_empty() {
        let given = given.to_vec();
        return NameServers::new(move || given.clone());
    }
    NameServers::new(|| {
        let own = wharf_network::upstream_name_servers().into_iter();
        own.map(|server| SocketAddr::new(server, DNS)).collect()
    })
}

/// What no server is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadName {
    #[error("is no address of a machine")]
    Address,
    #[error("is no name of DNS")]
    Name,
}

/// A name of the server, as certificates have it: of DNS, or an address.
pub fn parse_name(text: &str) -> Result<String, BadName> {
    let label = |label: &str| {
        let plain = label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (1..=63).contains(&label.len()) && plain && !label.starts_with('-') && !label.ends_with('-')
    };
    let is_name = text.len() <= 253 && text.split('.').all(label);
    match text.parse::<IpAddr>() {
        Ok(address) if address.is_unspecified() => Err(BadName::Address),
        Err(_) if !is_name => Err(BadName::Name),
        _ => Ok(text.to_ascii_lowercase()),
    }
}

/// Where port 443 is listened on too: agents of another make send the port of a URL as part of the TLS
/// server name, which no server takes, and so need one without.
///
/// Not by default at all addresses of the machine: load balancers want that port at some of them.
fn at_443(listen: Option<IpAddr>, port: u16, asked: Option<Switch>) -> Option<IpAddr> {
    let wanted = |address: &IpAddr| match asked {
        _ if port == HTTPS || address.is_loopback() => port == HTTPS,
        Some(switch) => switch == Switch::On,
        None => is_of_a_network(address),
    };
    listen.filter(wanted)
}

/// The server's listening sockets, for its supervisor to hold: nobody else gets the port while a
/// server that died is started again.
///
/// # Errors
/// Names the address if the port is taken.
pub fn listen(args: &ServerArgs) -> Result<Vec<TcpListener>, Problem> {
    let sockets = addresses(args).into_iter().map(|ip| {
        let address = SocketAddr::new(ip, args.port);
        bind(address).map_err(|error| match error.kind() {
            std::io::ErrorKind::AddrInUse => Problem::PortInUse { address },
            _ => Problem::caused(format!("cannot listen on {address}"), error),
        })
    });
    let mut sockets = sockets.collect::<Result<Vec<_>, _>>()?;
    if let Some(ip) = at_443(args.listen, args.port, args.port_443)
        && args.port != HTTPS
        // The server tries for itself what cannot be had here, and says why.
        && let Ok(socket) = bind(SocketAddr::new(ip, HTTPS))
    {
        sockets.push(socket);
    }
    Ok(sockets)
}

fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    use nix::sys::socket::{Backlog, listen};
    let socket = TcpListener::bind(address)?;
    listen(&socket, Backlog::new(BACKLOG)?)?;
    Ok(socket)
}

/// The sockets that the supervisor holds for the server.
fn held(descriptor: Option<i32>) -> Result<Vec<TcpListener>, Problem> {
    let Some(number) = descriptor else {
        return Ok(Vec::new());
    };
    let keeper = Keeper::of_descriptor(number)
        .map_err(|cause| Problem::caused("the supervisor cannot be reached", cause))?;
    Ok(keeper.inherited().into_iter().map(Into::into).collect())
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

/// What a server needs beside its ports and its data, before anything is made. `ports`: those of metrics.
pub fn require_usable(args: &ServerArgs, ports: u16) -> Result<(), Problem> {
    mailer(args)?;
    machine_maker::of(&args.machine_maker)?;
    public_addresses::of(args)?;
    if let Some(path) = &args.trails {
        let usable = match std::fs::metadata(path) {
            Ok(there) => there.is_dir(),
            // It is made when it is needed.
            Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        };
        if !usable {
            return Err(Problem::NoTrails { path: path.clone() });
        }
    }
    metrics::require_free(args.metrics, ports)
}

/// The sockets of a server: those that its supervisor holds, or its own. One that fails for its port or
/// its arguments leaves nothing behind; where an installation is, the server itself says what is wrong.
fn sockets_of_server(args: &ServerArgs, layout: &Layout) -> Result<Vec<TcpListener>, Problem> {
    if args.sockets_fd.is_some() {
        return held(args.sockets_fd);
    }
    let listening = require_usable(args, 1).and_then(|()| listen(args));
    match listening {
        Err(problem) if layout.installation()?.is_none() => Err(problem),
        Err(Problem::PortInUse { .. }) => Ok(Vec::new()),
        other => other,
    }
}

pub fn server(args: &ServerArgs) -> Result<ExitCode, Problem> {
    keep_files_private();
    let layout = Layout::new(&args.data.data)?;
    let sockets = sockets_of_server(args, &layout)?;
    let installation = layout.create()?;
    log::start(&layout, log::SERVER, &args.log);
    let keyring_file = layout.place_keyring(keyring::given().keyring_file.as_deref())?;
    let keyring = keyring::source(keyring_file.clone())?;
    let node_keyring = match args.node_keyring_fd {
        Some(number) => KeyringSource::given(keyring::read_document(number)?),
        None => layout.node_keyring_file(&keyring_file).into(),
    };
    let node_keyring = Keyring::read_or_create(&node_keyring)
        .map_err(|cause| Problem::caused("the node's keyring cannot be opened", cause))?;
    let keyring_given = keyring.path().is_none();
    let config = ServerConfig {
        data_dir: layout.server(),
        counts: layout.counts_of("server")?,
        keyring,
        node_identity: layout.node_identity(),
        node_keyring,
        installation,
        listen: addresses(args),
        names: args.name.clone(),
        sockets: Arc::new(sockets),
        port: args.port,
        at_443: at_443(args.listen, args.port, args.port_443),
        iam: args.iam,
        tasks_as_root: args.tasks_as_root,
        account: ACCOUNT.to_owned(),
        region: REGION.to_owned(),
        further_regions: args.add_region.clone(),
        public_cidr: args.public_cidr,
        public_addresses: public_addresses::of(args)?,
        egress: args.allow_egress.clone(),
        name_servers: name_servers(&args.verification_name_server),
        jwks: args.jwks.clone(),
        mailer: mailer(args)?,
        machine_maker: machine_maker::of(&args.machine_maker)?,
        throttling: args.throttle,
        gallery_pulls: args.gallery_pulls,
        spot_notice: std::time::Duration::from_secs(args.spot_notice.into()),
        metrics_period: args.metrics_period,
        audit: args.audit == Switch::On,
        log_bytes: args.log_storage,
        log_rate: args.log_rate,
        repository_bytes: args.repository_storage,
        registry_bytes: args.registry_storage,
        account_bytes: args.account_records,
        scrub_every: (args.scrub_days > 0)
            .then(|| std::time::Duration::from_secs(24 * 3600) * args.scrub_days),
        disk: disk(),
        trails: args.trails.clone(),
        metrics: args.metrics,
    };
    let (ready_fd, port, further) = (args.ready_fd, args.port, args.listen);
    let (saving, saved) = std::sync::mpsc::channel();
    block_on(2, async move {
        let shutdown = cancelled_by_signals()?;
        let end = shutdown.clone();
        let ready = || {
            // Not before: the folder may be another server's until this one works in it.
            let settings = Settings {
                // Inside, it moves with the folder.
                keyring: Some(keyring_file)
                    .filter(|path| !keyring_given && !path.starts_with(layout.root())),
                keyring_given,
                port,
                account: ACCOUNT.to_owned(),
                region: REGION.to_owned(),
                listen: further,
            };
            if let Err(problem) = layout.save_settings(&settings) {
                let _ = saving.send(problem);
                end.cancel();
            } else if ready_fd.is_some() {
                ready::tell(ready_fd);
            } else {
                let next = format!("wharf token{}", data_flag(&layout));
                announce(&layout, port, &next);
            }
        };
        wharf_server::run(config, ready, shutdown)
            .await
            .map_err(|error| match error {
                StartError::PortInUse { address } => Problem::PortInUse { address },
                StartError::DataInUse { path, pid } => Problem::DataInUse { path, pid },
                other => Problem::Server(other),
            })?;
        saved.try_recv().map_or(Ok(()), Err)
    })
}

/// The way to the SMTP server that was named.
fn mailer(args: &ServerArgs) -> Result<Option<Mailer>, Problem> {
    let (Some(server), Some(from)) = (&args.smtp, &args.smtp_from) else {
        return Ok(None);
    };
    let password = match &args.smtp_password_file {
        Some(path) => {
            let read = std::fs::read(path);
            let what = "the password of the SMTP server cannot be read";
            Some(wharf_seal::Secret::from(
                read.map_err(Problem::file(what, path))?,
            ))
        }
        None => std::env::var(SMTP_PASSWORD)
            .ok()
            .map(wharf_seal::Secret::from),
    };
    let config = MailConfig {
        server: server.clone(),
        from: from.clone(),
        password: password.map(Arc::new),
    };
    let made = Mailer::new(&config);
    made.map(Some)
        .map_err(|cause| Problem::caused("mail cannot be sent", cause))
}

/// The way to the files of store and journal. A debug build lets a test make it fail, as the file
/// named by `WHARF_TEST_DISK_FAULTS` says.
fn disk() -> wharf_wal::Disk {
    #[cfg(debug_assertions)]
    if let Some(path) = std::env::var_os("WHARF_TEST_DISK_FAULTS") {
        let faults = wharf_wal::FaultFile::new(path.into());
        return wharf_wal::Disk::failing(std::sync::Arc::new(faults));
    }
    wharf_wal::Disk::default()
}

/// Says that wharf works, and what a person does next.
pub fn announce(layout: &Layout, port: u16, next: &str) {
    let style = Style::of_stdout();
    let data = data_flag(layout);
    println!(
        "{} wharf answers at http://localhost:{port}",
        style.good("Ready.")
    );
    println!("{}", style.faint("Next:"));
    println!("  eval \"$(wharf env{data})\"");
    println!("  {next}");
    println!("  wharf status{data}");
}

/// What commands need to find this folder; nothing for the usual one.
fn data_flag(layout: &Layout) -> String {
    if layout.root() == Path::new(DEFAULT_DATA) {
        String::new()
    } else {
        format!(" --data {}", layout.root().display())
    }
}

pub fn agent(args: &AgentArgs) -> Result<ExitCode, Problem> {
    require_root()?;
    keep_files_private();
    let layout = Layout::new(&args.data.data)?;
    let installation = require_installation(&layout)?;
    log::start(&layout, log::AGENT, &args.log);
    let keyring = node_keyring(&layout)?;
    let mut config = NodeConfig::new(
        layout.node(),
        installation,
        identity(&layout, &keyring)?,
        keyring,
        shim_program()?,
    );
    config.counts = layout.counts_in_memory("agent")?;
    config.learns_authorities = layout.joined();
    config.ca = layout.authority();
    config.underlay = args.host.underlay;
    config.reach = args.host.reach.clone().map(|reach| reach.0);
    config.fargate_without_userns = args.host.fargate_without_userns;
    config.allow.clone_from(&args.host.allow.allow);
    config.egress.clone_from(&args.host.allow_egress);
    config.private = vec![layout.root().to_owned()];
    let counts = config.counts.as_deref().and_then(Path::parent);
    config.private.extend(counts.map(Path::to_owned));
    config.kept_cores = args.host.tasks.keep_cores;
    config.task_pids = args.host.tasks.pids;
    config.task_disk = args.host.tasks.task_disk;
    config.instances = Some(own_program()?);
    config.offers_instances = args.host.tasks.instances;
    config.instance_disks = args.host.tasks.instance_disks;
    config.emulator = args.host.tasks.vm.clone();
    config.acceleration = args.host.tasks.vm_accel;
    config.share_layers = args.host.tasks.share_layers;
    config.on_demand = !args.host.tasks.whole_images;
    config
        .reserved_ports
        .extend(config.share_layers.filter(|port| *port > 0));
    config.overcommit = args.host.tasks.overcommit.unwrap_or(config.overcommit);
    let mut attribute = |name: &str, value: &str| {
        config.attributes.insert(name.to_owned(), value.to_owned());
    };
    if args.host.fargate {
        attribute("wharf.fargate-capacity", "");
    }
    if let Some(zone) = &args.host.zone {
        attribute("ecs.availability-zone", zone);
    }
    let serves = &args.host.serves;
    if !serves.accounts.is_empty() {
        attribute("wharf.serves-accounts", &serves.accounts.join(","));
    }
    if !serves.regions.is_empty() {
        attribute("wharf.serves-regions", &serves.regions.join(","));
    }
    let (ready_fd, metrics_at) = (args.ready_fd, args.metrics);
    block_on(2, async move {
        let shutdown = cancelled_by_signals()?;
        let shown = metrics::of_agent(layout.root(), &config.figures);
        metrics::serve(shown, &layout, metrics::AGENT_SOCKET, metrics_at, &shutdown);
        wharf_agent::run(config, move || ready::tell(ready_fd), shutdown)
            .await
            .map_err(|cause| Problem::caused("the node could not go on", cause))
    })
}

/// What of the machine tasks may have, for the part that runs them.
pub fn allow_arguments(args: &AllowArgs) -> impl Iterator<Item = OsString> {
    let each = |permission| ["--allow".into(), ToString::to_string(permission).into()];
    args.allow.iter().flat_map(each)
}

/// Where a part may call beyond public addresses.
pub fn egress_arguments(ranges: &[Cidr]) -> impl Iterator<Item = OsString> {
    let each = |range: &Cidr| ["--allow-egress".into(), range.to_string().into()];
    ranges.iter().flat_map(each)
}

pub fn require_installation(layout: &Layout) -> Result<InstallationId, Problem> {
    layout
        .installation()?
        .ok_or_else(|| Problem::NoInstallation {
            path: layout.root().to_owned(),
        })
}

/// The keyring of the node here, in one of its parts: whoever started it says where it is.
pub fn node_keyring(layout: &Layout) -> Result<Keyring, Problem> {
    let file = keyring::given().keyring_file.clone();
    let file = file.unwrap_or_else(|| layout.node_keyring_file(&layout.keyring_file()));
    Keyring::read(&keyring::source(file)?)
        .map_err(|cause| Problem::caused("the node's keyring cannot be opened", cause))
}

pub fn identity(layout: &Layout, keyring: &Keyring) -> Result<Identity, Problem> {
    Identity::load(layout.node_identity(), keyring)
        .map_err(|cause| Problem::caused("this node has no identity", cause))
}

/// Whether other machines may reach the address.
pub fn is_of_a_network(address: &IpAddr) -> bool {
    !(address.is_loopback() || address.is_unspecified())
}

/// The shim lies beside this program.
pub fn shim_program() -> Result<PathBuf, Problem> {
    let path = own_program()?.with_file_name("wharf-shim");
    if path.exists() {
        Ok(path)
    } else {
        Err(Problem::other(format!(
            "{} is missing: wharf-shim belongs in the same folder as wharf, and `make build` builds both",
            path.display()
        )))
    }
}

pub fn block_on(
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

pub fn cancelled_by_signals() -> Result<CancellationToken, Problem> {
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
pub fn keep_files_private() {
    nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o077));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_certificates() {
        for (text, name) in [
            ("Wharf.Example.org", "wharf.example.org"),
            ("wharf", "wharf"),
            ("10.0.0.1", "10.0.0.1"),
            ("fd00::1", "fd00::1"),
        ] {
            assert_eq!(parse_name(text).as_deref(), Ok(name));
        }
        let long = format!("{}.org", "a".repeat(64));
        for odd in [
            "", ".", "a..b", "a b", "-a", "a-", "*.org", "a_b", "0.0.0.0", "::", &long,
        ] {
            assert!(parse_name(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn port_443_is_taken_where_other_machines_come() {
        let of = |address: &str, port, asked| at_443(Some(address.parse().unwrap()), port, asked);
        let there = Some(IpAddr::from([10, 0, 0, 1]));
        assert_eq!(at_443(None, 4566, Some(Switch::On)), None);
        assert_eq!(of("10.0.0.1", 4566, None), there);
        assert_eq!(of("10.0.0.1", 4566, Some(Switch::On)), there);
        assert_eq!(of("10.0.0.1", 4566, Some(Switch::Off)), None);
        // It is the one port of all.
        assert_eq!(of("10.0.0.1", 443, Some(Switch::Off)), there);
        // Load balancers of this machine take the port at addresses of their own.
        assert_eq!(of("0.0.0.0", 4566, None), None);
        assert!(of("0.0.0.0", 4566, Some(Switch::On)).is_some());
        assert_eq!(of("127.0.0.2", 4566, Some(Switch::On)), None);
    }
}
