//! `wharf up`: everything on this machine, in three parts: `wharf server`, `wharf agent`, `wharf lb`.

use std::{ffi::OsString, net::SocketAddr, path::Path, process::ExitCode};

use wharf_seal::{KeyringPlace, KeyringSource};

use crate::{
    args::{BalancerArgs, Switch, TaskArgs, UpArgs},
    doctor,
    keyring::{self, Handed, NodeKeys},
    layout::Layout,
    log::{self, LogArgs},
    machine_maker, metrics,
    problem::Problem,
    roles, sockets,
    supervisor::{Part, Started, Supervisor},
};

/// vCPUs that tasks may reserve for each core of a machine that is all there is: most of a laptop's
/// services wait for requests most of the time, and the ninth of a quarter vCPU is to start there too.
const OVERCOMMIT: f64 = 4.0;

/// Each with metrics at a port of its own: the server, the node, its load balancers.
const PARTS: u16 = 3;

pub fn run(args: &UpArgs) -> Result<ExitCode, Problem> {
    roles::require_root()?;
    doctor::require()?;
    let layout = Layout::new(&args.server.data.data)?;
    // A start that fails for its port leaves nothing behind; a second one is told of the first.
    let usable = || roles::require_usable(&args.server, PARTS);
    let listening = match usable().and_then(|()| roles::listen(&args.server)) {
        Err(problem) if layout.running_supervisor().is_none() => return Err(problem),
        other => other,
    };
    layout.create()?;
    let _lock = layout.lock()?;
    log::start(&layout, log::SUPERVISOR, &args.server.log);
    Layout::clear_abandoned_counts();
    let keys = Keys::of(&layout)?;
    let sockets = sockets::Store::keeping(listening?);
    let mut supervisor = Supervisor::new()?;
    let outcome = run_parts(&mut supervisor, &layout, args, sockets, &keys);
    supervisor.stop();
    outcome?;
    println!("Stopped. Containers go on; `wharf up` takes them up again, `wharf down` ends them.");
    Ok(ExitCode::SUCCESS)
}

/// Returns when the person wants the end, or if a part does not come up.
fn run_parts(
    supervisor: &mut Supervisor,
    layout: &Layout,
    args: &UpArgs,
    sockets: sockets::Store,
    keys: &Keys,
) -> Result<(), Problem> {
    // The others register with the server, so the server comes first.
    if supervisor.start([server(args, sockets, keys)])? == Started::Asked
        || supervisor.start([agent(args, keys), load_balancer(args, keys)])? == Started::Asked
    {
        return Ok(());
    }
    let next = "aws ecs list-container-instances";
    roles::announce(layout, args.server.port, next);
    supervisor.keep()
}

/// The keyrings of the server and of the node beside it.
struct Keys {
    server: KeyringSource,
    node: NodeKeys,
}

impl Keys {
    fn of(layout: &Layout) -> Result<Self, Problem> {
        let file = layout.place_keyring(keyring::given().keyring_file.as_deref())?;
        let server = keyring::source(file.clone())?;
        let node = match (&server.place, &server.passphrase) {
            (KeyringPlace::File(_), None) => NodeKeys::File(layout.node_keyring_file(&file), None),
            // Nothing of the server's node outlives this process but what the server tells it anew: its
            // keys need be on no disk either.
            _ => NodeKeys::Document(wharf_seal::new_document()),
        };
        Ok(Self { server, node })
    }

    /// What the server's processes are given, and how.
    fn for_server(&self) -> (Vec<OsString>, Vec<Handed>) {
        let (mut arguments, mut handed) = (Vec::new(), Vec::new());
        match &self.server.place {
            KeyringPlace::File(path) => arguments.extend(["--keyring-file".into(), path.into()]),
            KeyringPlace::Given(document) => {
                handed.push(Handed::document("--keyring-fd", document.clone()));
            }
        }
        handed.extend(self.server.passphrase.clone().map(Handed::passphrase));
        if let NodeKeys::Document(document) = &self.node {
            handed.push(Handed::document("--node-keyring-fd", document.clone()));
        }
        (arguments, handed)
    }
}

fn server(args: &UpArgs, sockets: sockets::Store, keys: &Keys) -> Part {
    let server = &args.server;
    let mut arguments = words(&["server", "--port", &server.port.to_string()]);
    arguments.extend(words(&["--iam", roles::iam_name(server.iam)]));
    if server.tasks_as_root {
        arguments.extend(words(&["--tasks-as-root"]));
    }
    arguments.extend(words(&["--public-cidr", &server.public_cidr.to_string()]));
    for range in &server.public_addresses {
        arguments.extend(words(&["--public-addresses", &range.to_string()]));
    }
    let addresses = server.elastic_addresses.to_string();
    arguments.extend(words(&["--elastic-addresses", &addresses]));
    arguments.extend(roles::egress_arguments(&server.allow_egress));
    for at in &server.verification_name_server {
        arguments.extend(words(&["--verification-name-server", &at.to_string()]));
    }
    for keys in &server.jwks {
        arguments.extend(words(&["--jwks", &keys.to_string()]));
    }
    if let (Some(smtp), Some(from)) = (&server.smtp, &server.smtp_from) {
        arguments.extend(words(&["--smtp", smtp, "--smtp-from", from]));
    }
    if let Some(file) = &server.smtp_password_file {
        arguments.extend(words(&["--smtp-password-file"]));
        arguments.push(file.into());
    }
    arguments.extend(machine_maker::words(&server.machine_maker));
    arguments.extend(words(&["--throttle", &server.throttle.to_string()]));
    let pulls = server.gallery_pulls.to_string();
    arguments.extend(words(&["--gallery-pulls", &pulls]));
    let notice = server.spot_notice.to_string();
    arguments.extend(words(&["--spot-notice", &notice]));
    let period = server.metrics_period.to_string();
    arguments.extend(words(&["--metrics-period", &period]));
    if server.audit == Switch::Off {
        arguments.extend(words(&["--audit", "off"]));
    }
    arguments.extend(metrics_at(server.metrics, 0));
    if let Some(listen) = server.listen {
        arguments.extend(words(&["--listen", &listen.to_string()]));
    }
    for name in &server.name {
        arguments.extend(words(&["--name", name]));
    }
    if let Some(switch) = server.port_443 {
        let switch = if switch == Switch::On { "on" } else { "off" };
        arguments.extend(words(&["--port-443", switch]));
    }
    if let Some(bytes) = server.log_storage {
        arguments.extend(words(&["--log-storage", &bytes.to_string()]));
    }
    if let Some(bytes) = server.log_rate {
        arguments.extend(words(&["--log-rate", &bytes.to_string()]));
    }
    if let Some(bytes) = server.repository_storage {
        arguments.extend(words(&["--repository-storage", &bytes.to_string()]));
    }
    if let Some(bytes) = server.registry_storage {
        arguments.extend(words(&["--registry-storage", &bytes.to_string()]));
    }
    for region in &server.add_region {
        arguments.extend(words(&["--add-region", region]));
    }
    if let Some(bytes) = server.account_records {
        arguments.extend(words(&["--account-records", &bytes.to_string()]));
    }
    arguments.extend(words(&["--scrub-days", &server.scrub_days.to_string()]));
    if let Some(trails) = &server.trails {
        arguments.extend([OsString::from("--trails"), trails.into()]);
    }
    arguments.extend(server.log.words());
    let (given, handed) = keys.for_server();
    arguments.extend(given);
    arguments.extend([OsString::from("--data"), server.data.data.clone().into()]);
    Part {
        name: "server",
        arguments,
        sockets: Some(sockets),
        handed,
    }
}

fn agent(args: &UpArgs, keys: &Keys) -> Part {
    let server = &args.server;
    let mut arguments = words(&["agent", "--fargate"]);
    if args.fargate_without_userns {
        arguments.push("--fargate-without-userns".into());
    }
    // Nodes of other machines reach this one where they reach the server.
    let listen = server.listen.filter(roles::is_of_a_network);
    if let Some(underlay) = args.underlay.or(listen) {
        arguments.extend(words(&["--underlay", &underlay.to_string()]));
    }
    if let Some(reach) = &args.reach {
        arguments.extend(words(&["--reach", &reach.to_string()]));
    }
    arguments.extend(roles::allow_arguments(&args.allow));
    arguments.extend(roles::egress_arguments(&args.node_allow_egress));
    let tasks = TaskArgs {
        overcommit: args.tasks.overcommit.or(Some(OVERCOMMIT)),
        ..args.tasks.clone()
    };
    arguments.extend(tasks.words());
    arguments.extend(metrics_at(server.metrics, 1));
    arguments.extend(server.log.words());
    let (given, handed) = keys.node.for_part();
    arguments.extend(given);
    arguments.extend([OsString::from("--data"), server.data.data.clone().into()]);
    Part {
        name: "node",
        arguments,
        sockets: None,
        handed,
    }
}

fn load_balancer(args: &UpArgs, keys: &Keys) -> Part {
    let server = &args.server;
    let metrics = server.metrics.and_then(|it| metrics::following(it, 2));
    let mut balancers = args.balancers.clone();
    balancers
        .lb_allow_egress
        .extend_from_slice(&server.allow_egress);
    balancer(
        &server.data.data,
        &balancers,
        metrics,
        &server.log,
        &keys.node,
    )
}

/// `--metrics` for the part that is `next` after the first.
pub fn metrics_at(first: Option<SocketAddr>, next: u16) -> Vec<OsString> {
    let address = first.and_then(|first| metrics::following(first, next));
    address.map_or_else(Vec::new, |address| {
        words(&["--metrics", &address.to_string()])
    })
}

/// The part that carries load balancers.
pub fn balancer(
    data: &Path,
    args: &BalancerArgs,
    metrics: Option<SocketAddr>,
    log: &LogArgs,
    keys: &NodeKeys,
) -> Part {
    let mut arguments = words(&["lb"]);
    arguments.extend(args.words());
    arguments.extend(log.words());
    arguments.extend([OsString::from("--data"), data.into()]);
    arguments.extend(metrics_at(metrics, 0));
    let (given, handed) = keys.for_part();
    arguments.extend(given);
    Part {
        name: "load balancer",
        arguments,
        sockets: Some(sockets::Store::new()),
        handed,
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
