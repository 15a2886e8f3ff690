//! `wharf up`: everything on this machine, in three parts: `wharf server`, `wharf agent`, `wharf lb`.

use std::{ffi::OsString, net::SocketAddr, path::Path, process::ExitCode};

use crate::{
    BalancerArgs, Switch, UpArgs, doctor,
    layout::Layout,
    metrics,
    problem::Problem,
    roles, sockets,
    supervisor::{Part, Started, Supervisor},
};

pub fn run(args: &UpArgs) -> Result<ExitCode, Problem> {
    roles::require_root()?;
    doctor::require()?;
    let layout = Layout::new(&args.server.data.data)?;
    // A start that fails for its port leaves nothing behind; a second one is told of the first.
    let listening = match roles::listen(&args.server) {
        Err(problem) if layout.running_supervisor().is_none() => return Err(problem),
        other => other,
    };
    layout.create()?;
    let _lock = layout.lock()?;
    let sockets = sockets::Store::keeping(listening?);
    let mut supervisor = Supervisor::new()?;
    let outcome = run_parts(&mut supervisor, &layout, args, sockets);
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
) -> Result<(), Problem> {
    // The others register with the server, so the server comes first.
    if supervisor.start([server(args, sockets)])? == Started::Asked
        || supervisor.start([agent(args), load_balancer(args)])? == Started::Asked
    {
        return Ok(());
    }
    let next = "aws ecs list-container-instances";
    roles::announce(layout, args.server.port, next);
    supervisor.keep()
}

fn server(args: &UpArgs, sockets: sockets::Store) -> Part {
    let server = &args.server;
    let mut arguments = words(&["server", "--port", &server.port.to_string()]);
    arguments.extend(words(&["--iam", roles::iam_name(server.iam)]));
    if server.tasks_as_root {
        arguments.extend(words(&["--tasks-as-root"]));
    }
    arguments.extend(words(&["--public-cidr", &server.public_cidr.to_string()]));
    arguments.extend(words(&["--throttle", &server.throttle.to_string()]));
    if server.audit == Switch::Off {
        arguments.extend(words(&["--audit", "off"]));
    }
    arguments.extend(metrics_at(server.metrics, 0));
    if let Some(listen) = server.listen {
        arguments.extend(words(&["--listen", &listen.to_string()]));
    }
    if let Some(bytes) = server.log_storage {
        arguments.extend(words(&["--log-storage", &bytes.to_string()]));
    }
    if let Some(bytes) = server.repository_storage {
        arguments.extend(words(&["--repository-storage", &bytes.to_string()]));
    }
    if let Some(trails) = &server.trails {
        arguments.extend([OsString::from("--trails"), trails.into()]);
    }
    if let Some(keyring) = &server.keyring_file {
        arguments.extend([OsString::from("--keyring-file"), keyring.into()]);
    }
    arguments.extend([OsString::from("--data"), server.data.data.clone().into()]);
    Part {
        name: "server",
        arguments,
        sockets: Some(sockets),
    }
}

fn agent(args: &UpArgs) -> Part {
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
    arguments.extend(args.tasks.words());
    arguments.extend(metrics_at(server.metrics, 1));
    arguments.extend([OsString::from("--data"), server.data.data.clone().into()]);
    Part {
        name: "node",
        arguments,
        sockets: None,
    }
}

fn load_balancer(args: &UpArgs) -> Part {
    let metrics = args.server.metrics.and_then(|it| metrics::following(it, 2));
    balancer(&args.server.data.data, &args.balancers, metrics)
}

/// `--metrics` for the part that is `next` after the first.
pub fn metrics_at(first: Option<SocketAddr>, next: u16) -> Vec<OsString> {
    let address = first.and_then(|first| metrics::following(first, next));
    address.map_or_else(Vec::new, |address| {
        words(&["--metrics", &address.to_string()])
    })
}

/// The part that carries load balancers.
pub fn balancer(data: &Path, args: &BalancerArgs, metrics: Option<SocketAddr>) -> Part {
    let mut arguments = words(&["lb"]);
    arguments.extend(args.words());
    arguments.extend([OsString::from("--data"), data.into()]);
    arguments.extend(metrics_at(metrics, 0));
    Part {
        name: "load balancer",
        arguments,
        sockets: Some(sockets::Store::new()),
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
