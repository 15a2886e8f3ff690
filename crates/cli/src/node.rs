//! `wharf node`: a node of another machine's control plane, in parts: `wharf agent` and, if its token
//! was made for that, `wharf lb`.

use std::{ffi::OsString, process::ExitCode};

use wharf_agent::Identity;
use wharf_records::node::Grant;
use wharf_seal::Keyring;

use crate::{
    args::{HostArgs, NodeArgs, TaskArgs},
    doctor, join,
    keyring::{self, NodeKeys},
    layout::Layout,
    log, metrics,
    problem::Problem,
    ready, roles,
    supervisor::{Part, Started, Supervisor},
    up,
};

/// Each with metrics at a port of its own: the agent, the load balancers.
const PARTS: u16 = 2;

pub fn run(args: &NodeArgs) -> Result<ExitCode, Problem> {
    roles::require_root()?;
    doctor::require()?;
    roles::keep_files_private();
    let layout = Layout::new(&args.data.data)?;
    // A service unit says the same at every start; the token is spent at the first.
    let joins = match &args.server {
        Some(server) if !layout.node_identity().exists() => {
            join::given_token(args)?.map(|token| (server, token))
        }
        _ => None,
    };
    if layout.running_supervisor().is_none() {
        metrics::require_free(args.metrics, PARTS)?;
    }
    let fresh = layout.fresh();
    if joins.is_some() {
        layout.create()?;
    } else if !layout.node_identity().exists() {
        let path = layout.root().to_owned();
        return Err(Problem::NotJoined { path });
    }
    let _lock = layout.lock()?;
    log::start(&layout, log::SUPERVISOR, &args.log);
    Layout::clear_abandoned_counts();
    let (keyring, keys) = keyring(&layout)?;
    if let Some((server, token)) = joins {
        // The token is not spent then, and the folder is as it was.
        join::join(&layout, server, &token, &keyring).inspect_err(|_| fresh.undo())?;
    }
    let identity = roles::identity(&layout, &keyring)?;
    if let Some(granted) = &identity.granted {
        require_granted(&args.host, granted)?;
    }
    let mut parts = vec![agent(args, &identity, layout.joined(), &keys)];
    if identity.load_balancer {
        let metrics = args.metrics.and_then(|it| metrics::following(it, 1));
        parts.push(up::balancer(
            &args.data.data,
            &args.balancers,
            metrics,
            &args.log,
            &keys,
        ));
    }
    let mut supervisor = Supervisor::new()?;
    let outcome = run_parts(&mut supervisor, parts, args.ready_fd);
    supervisor.stop();
    outcome.map(|()| ExitCode::SUCCESS)
}

/// The node's keyring, and how its parts get it. It is made as long as nothing is sealed with another.
fn keyring(layout: &Layout) -> Result<(Keyring, NodeKeys), Problem> {
    let file = match &keyring::given().keyring_file {
        Some(wanted) => {
            let wanted = std::path::absolute(wanted);
            wanted.map_err(Problem::file("cannot find", layout.root()))?
        }
        None => layout.node_keyring_file(&layout.keyring_file()),
    };
    let source = keyring::source(file)?;
    let identity = layout.node_identity();
    let opened = match identity.exists() && !Identity::is_unsealed(&identity) {
        true => Keyring::read(&source),
        false => Keyring::read_or_create(&source),
    };
    let failed = |cause| Problem::caused("the node's keyring cannot be opened", cause);
    Ok((opened.map_err(failed)?, NodeKeys::of(&source)?))
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

/// The server refuses as well; here the person learns it at once.
fn require_granted(wanted: &HostArgs, granted: &Grant) -> Result<(), Problem> {
    let refuse = |flag: &str, given: String| {
        Problem::other(format!(
            "{flag}{given} goes beyond the token that this node joined with: leave it out, or remove node/identity.json \
             from the data folder and join again with a token of `wharf token {flag}{given}`"
        ))
    };
    if wanted.fargate && !granted.fargate {
        return Err(refuse("--fargate", String::new()));
    }
    if wanted.tasks.instances && !granted.keeps_instances() {
        return Err(refuse("--instances", String::new()));
    }
    // A token without a zone is for the region's first, and the server knows which that is.
    if let (Some(zone), Some(of_token)) = (&wanted.zone, &granted.zone)
        && zone != of_token
    {
        return Err(refuse("--zone", format!(" {zone}")));
    }
    for (flag, wanted, of_token) in [
        ("--account", &wanted.serves.accounts, &granted.accounts),
        ("--region", &wanted.serves.regions, &granted.regions),
    ] {
        let other = wanted.iter().find(|one| !of_token.contains(one));
        if let Some(other) = other.filter(|_| !of_token.is_empty()) {
            return Err(refuse(flag, format!(" {other}")));
        }
    }
    match wanted.underlay {
        // One that it comes from needs no word in the token, and the server sees which that is.
        Some(underlay)
            if granted
                .underlay
                .is_some_and(|of_token| of_token != underlay) =>
        {
            Err(refuse("--underlay", format!(" {underlay}")))
        }
        _ => Ok(()),
    }
}

/// The token decides; a node without a grant joined before tokens bound anything, and says itself.
fn agent(args: &NodeArgs, identity: &Identity, joined: bool, keys: &NodeKeys) -> Part {
    let granted = identity.granted.clone().unwrap_or_default();
    let mut arguments = vec![OsString::from("agent")];
    let HostArgs {
        underlay,
        reach,
        fargate,
        fargate_without_userns,
        zone,
        serves,
        allow,
        allow_egress,
        tasks,
    } = &args.host;
    if let Some(underlay) = underlay {
        arguments.extend(["--underlay".into(), underlay.to_string().into()]);
    }
    if let Some(reach) = reach {
        arguments.extend(["--reach".into(), reach.to_string().into()]);
    }
    // Beside its own server there is nobody else to take them.
    if *fargate || granted.fargate || !joined {
        arguments.push("--fargate".into());
    }
    if *fargate_without_userns {
        arguments.push("--fargate-without-userns".into());
    }
    if let Some(zone) = zone.as_ref().or(granted.zone.as_ref()) {
        arguments.extend(["--zone".into(), zone.into()]);
    }
    for (flag, all) in [
        ("--account", &serves.accounts),
        ("--region", &serves.regions),
    ] {
        for one in all {
            arguments.extend([flag.into(), one.into()]);
        }
    }
    arguments.extend(roles::allow_arguments(allow));
    arguments.extend(roles::egress_arguments(allow_egress));
    let tasks = TaskArgs {
        // Of a token of before nobody said so.
        instances: tasks.instances || granted.instances == Some(true),
        ..tasks.clone()
    };
    arguments.extend(tasks.words());
    arguments.extend(up::metrics_at(args.metrics, 0));
    arguments.extend(args.log.words());
    arguments.extend(["--data".into(), args.data.data.clone().into()]);
    let (given, handed) = keys.for_part();
    arguments.extend(given);
    Part {
        name: "agent",
        arguments,
        sockets: None,
        handed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{AllowArgs, ServesArgs};

    #[test]
    fn flags_beyond_the_token_are_refused_by_name() {
        let none = HostArgs {
            underlay: None,
            reach: None,
            fargate: false,
            fargate_without_userns: false,
            zone: None,
            serves: ServesArgs::default(),
            allow: AllowArgs { allow: Vec::new() },
            allow_egress: Vec::new(),
            tasks: TaskArgs {
                pids: 1,
                keep_cores: 0,
                task_disk: 1,
                overcommit: None,
                instances: false,
                instance_disks: None,
                vm: None,
                vm_accel: wharf_agent::Acceleration::default(),
                share_layers: None,
                whole_images: false,
            },
        };
        let granted = Grant {
            zone: Some("us-east-1a".to_owned()),
            underlay: Some([10, 0, 0, 7].into()),
            regions: vec!["eu-west-1".to_owned()],
            ..Grant::default()
        };
        assert!(require_granted(&none, &granted).is_ok());
        let check = |wanted: HostArgs, flag: &str| {
            let refused = require_granted(&wanted, &granted).unwrap_err();
            let said = refused.to_string();
            assert!(said.contains(&format!("wharf token {flag}")), "{said}");
            // With the identity there a new token is not looked at.
            assert!(said.contains("remove node/identity.json"), "{said}");
        };
        let instances = TaskArgs {
            instances: true,
            ..none.tasks.clone()
        };
        check(
            HostArgs {
                tasks: instances,
                ..none.clone()
            },
            "--instances",
        );
        check(
            HostArgs {
                fargate: true,
                ..none.clone()
            },
            "--fargate",
        );
        check(
            HostArgs {
                zone: Some("us-east-1b".to_owned()),
                ..none.clone()
            },
            "--zone us-east-1b",
        );
        check(
            HostArgs {
                serves: ServesArgs {
                    regions: vec!["eu-west-1".to_owned(), "eu-west-2".to_owned()],
                    ..ServesArgs::default()
                },
                ..none.clone()
            },
            "--region eu-west-2",
        );
        check(
            HostArgs {
                underlay: Some([10, 0, 0, 8].into()),
                ..none
            },
            "--underlay 10.0.0.8",
        );
    }
}
