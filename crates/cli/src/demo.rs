//! `wharf demo`: the story of the README, told by scripts that show every command they run.

use std::{
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use crate::{args::DemoArgs, problem::Problem, roles};

/// Kept beside the other scripts so that it can be read and run without the program, which hands it
/// to bash as one text: what the chapters share, the chapters, and the script that tells them.
const SCRIPT: &str = concat!(
    include_str!("../../../scripts/demo/shared.sh"),
    include_str!("../../../scripts/demo/one-machine.sh"),
    include_str!("../../../scripts/demo/two-hosts.sh"),
    include_str!("../../../scripts/demo/events.sh"),
    include_str!("../../../scripts/demo/scaling.sh"),
    include_str!("../../../scripts/demo/machines.sh"),
    include_str!("../../../scripts/demo/kubernetes.sh"),
    include_str!("../../../scripts/demo.sh"),
);

/// Returns only if there is no bash: signals are for the script, which then cleans up.
pub fn run(args: &DemoArgs) -> Result<ExitCode, Problem> {
    roles::require_root()?;
    let mut command = Command::new("bash");
    command.args(["-c", SCRIPT, "wharf demo"]);
    if let Some(hosts) = args.hosts {
        command.args(["--hosts", &hosts.to_string()]);
    }
    if args.events {
        command.arg("--events");
    }
    if args.scaling {
        command.arg("--scaling");
    }
    if args.machines {
        command.arg("--machines");
    }
    if args.kubernetes {
        command.arg("--kubernetes");
    }
    let cause = command.env("WHARF", roles::own_program()?).exec();
    Err(Problem::caused("cannot start bash", cause))
}
