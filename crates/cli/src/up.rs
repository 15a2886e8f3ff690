//! `wharf up`: everything on this machine, in three parts: `wharf server`, `wharf agent`, `wharf lb`.

use std::{ffi::OsString, net::SocketAddr, path::Path, process::ExitCode};

use crate::{
    UpArgs, doctor,
    layout::Layout,
    metrics,
    problem::Problem,
    roles,
    supervisor::{Part, Started, Supervisor},
};

pub fn run(args: &UpArgs) -> Result<ExitCode, Problem> {
    roles::require_root()?;
    doctor::require()?;
    let layout = Layout::new(&args.server.data.data)?;
    layout.create()?;
    let _lock = layout.lock()?;
    roles::require_free_port(&args.server)?;
    let mut supervisor = Supervisor::new()?;
    let outcome = run_parts(&mut supervisor, &layout, args);
    supervisor.stop();
    outcome?;
    println!("Stopped. Containers go on; `wharf up` takes them up again, `wharf down` ends them.");
    Ok(ExitCode::SUCCESS)
}

/// Returns when the person wants the end, or if a part does not come up.
fn run_parts(supervisor: &mut Supervisor, layout: &Layout, args: &UpArgs) -> Result<(), Problem> {
    // The others register with the server, so the server comes first.
    if supervisor.start([server(args)])? == Started::Asked
        || supervisor.start([agent(args), load_balancer(args)])? == Started::Asked
    {
        return Ok(());
    }
    let next = "aws ecs list-container-instances";
    roles::announce(layout, args.server.port, next);
    supervisor.keep()
}

fn server(args: &UpArgs) -> Part {
    let server = &args.server;
    let mut arguments = words(&["server", "--port", &server.port.to_string()]);
    arguments.extend(words(&["--iam", roles::iam_name(server.iam)]));
    arguments.extend(words(&["--public-cidr", &server.public_cidr.to_string()]));
    arguments.extend(words(&["--throttle", &server.throttle.to_string()]));
    arguments.extend(metrics_at(server.metrics, 0));
    if let Some(listen) = server.listen {
        arguments.extend(words(&["--listen", &listen.to_string()]));
    }
    if let Some(bytes) = server.log_storage {
        arguments.extend(words(&["--log-storage", &bytes.to_string()]));
    }
    arguments.extend([OsString::from("--data"), server.data.data.clone().into()]);
    Part {
        name: "server",
        arguments,
        keeps_sockets: false,
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
    arguments.extend(metrics_at(server.metrics, 1));
    arguments.extend([OsString::from("--data"), server.data.data.clone().into()]);
    Part {
        name: "node",
        arguments,
        keeps_sockets: false,
    }
}

fn load_balancer(args: &UpArgs) -> Part {
    let metrics = args.server.metrics.and_then(|it| metrics::following(it, 2));
    balancer(&args.server.data.data, metrics)
}

/// `--metrics` for the part that is `next` after the first.
pub fn metrics_at(first: Option<SocketAddr>, next: u16) -> Vec<OsString> {
    let address = first.and_then(|first| metrics::following(first, next));
    address.map_or_else(Vec::new, |address| {
        words(&["--metrics", &address.to_string()])
    })
}

/// The part that carries load balancers.
pub fn balancer(data: &Path, metrics: Option<SocketAddr>) -> Part {
    let mut arguments: Vec<OsString> = vec!["lb".into(), "--data".into(), data.into()];
    arguments.extend(metrics_at(metrics, 0));
    Part {
        name: "load balancer",
        arguments,
        keeps_sockets: true,
    }
}

fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
