//! `wharf node`: a node of another machine's control plane, in parts: `wharf agent` and, if its token
//! was made for that, `wharf lb`.

use std::{ffi::OsString, process::ExitCode};

use crate::{
    HostArgs, NodeArgs, join,
    layout::Layout,
    metrics,
    problem::Problem,
    ready, roles,
    supervisor::{Part, Started, Supervisor},
    up,
};

pub fn run(args: &NodeArgs) -> Result<ExitCode, Problem> {
    roles::require_root()?;
    roles::keep_files_private();
    let layout = Layout::new(&args.data.data)?;
    // A service unit says the same at every start; the token is spent at the first.
    let joins = args.server.as_ref().zip(args.join.as_ref());
    let joins = joins.filter(|_| !layout.node_identity().exists());
    if joins.is_some() {
        layout.create()?;
    } else if !layout.node_identity().exists() {
        let path = layout.root().to_owned();
        return Err(Problem::NotJoined { path });
    }
    let _lock = layout.lock()?;
    if let Some((server, token)) = joins {
        join::join(&layout, server, token)?;
    }
    let mut parts = vec![agent(args, layout.authority().is_some())];
    if roles::identity(&layout)?.load_balancer {
        let metrics = args.metrics.and_then(|it| metrics::following(it, 1));
        parts.push(up::balancer(&args.data.data, metrics));
    }
    let mut supervisor = Supervisor::new()?;
    let outcome = run_parts(&mut supervisor, parts, args.ready_fd);
    supervisor.stop();
    outcome.map(|()| ExitCode::SUCCESS)
}

/// Returns when the person wants the end, or if a part does not come up.
fn run_parts(
    supervisor: &mut Supervisor,
    parts: Vec<Part>,
    ready_fd: Option<i32>,
) -> Result<(), Problem> {
    if supervisor.start(parts)? == Started::Asked {
        return Ok(());
    }
    ready::tell(ready_fd);
    supervisor.keep()
}

fn agent(args: &NodeArgs, joined: bool) -> Part {
    let mut arguments = vec![OsString::from("agent")];
    let HostArgs {
        underlay,
        reach,
        fargate,
        fargate_without_userns,
        zone,
    } = &args.host;
    if let Some(underlay) = underlay {
        arguments.extend(["--underlay".into(), underlay.to_string().into()]);
    }
    if let Some(reach) = reach {
        arguments.extend(["--reach".into(), reach.to_string().into()]);
    }
    // Beside its own server there is nobody else to take them.
    if *fargate || !joined {
        arguments.push("--fargate".into());
    }
    if *fargate_without_userns {
        arguments.push("--fargate-without-userns".into());
    }
    if let Some(zone) = zone {
        arguments.extend(["--zone".into(), zone.into()]);
    }
    arguments.extend(up::metrics_at(args.metrics, 0));
    arguments.extend(["--data".into(), args.data.data.clone().into()]);
    Part {
        name: "agent",
        arguments,
        keeps_sockets: false,
    }
}
