//! `wharf down`: ends an installation and gives the host back as it was. Data stays.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::{layout::Layout, problem::Problem, roles, style::Style};

/// The supervisor gives its children ten seconds.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
/// What could not be removed at once is tried again for so long.
const TEARDOWN_TIMEOUT: Duration = Duration::from_secs(10);

pub fn run(layout: &Layout) -> Result<ExitCode, Problem> {
    roles::require_root()?;
    let installation = layout
        .installation()?
        .ok_or_else(|| Problem::NoInstallation {
            path: layout.root().to_owned(),
        })?;
    if let Some(pid) = layout.running_supervisor() {
        stop(layout, pid)?;
    }
    // Nobody may start it again while its containers go.
    let _lock = layout.lock()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| Problem::caused("cannot start", cause))?;
    let shim = roles::shim_program()?;
    let deadline = Instant::now() + TEARDOWN_TIMEOUT;
    loop {
        match runtime.block_on(wharf_agent::teardown(
            &layout.node(),
            installation.clone(),
            &shim,
        )) {
            Ok(()) => break,
            // A node that was just killed lets go of its folders a moment later.
            Err(_) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(100)),
            Err(cause) => {
                return Err(Problem::caused(
                    "something of the installation is still on this host",
                    cause,
                ));
            }
        }
    }
    let again = if layout.joined() {
        "wharf node"
    } else {
        "wharf up"
    };
    println!(
        "{} Data is kept in {}; `{again}` goes on with it.",
        Style::of_stdout().good("Down."),
        layout.root().display()
    );
    Ok(ExitCode::SUCCESS)
}

fn stop(layout: &Layout, pid: u32) -> Result<(), Problem> {
    println!("Stopping wharf (process {pid}) …");
    let target = Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX));
    kill(target, Signal::SIGTERM)
        .map_err(|cause| Problem::caused(format!("cannot stop process {pid}"), cause))?;
    let deadline = Instant::now() + STOP_TIMEOUT;
    while layout.running_supervisor().is_some() {
        if Instant::now() > deadline {
            let _ = kill(target, Signal::SIGKILL);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}
