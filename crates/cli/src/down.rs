//! `wharf down`: ends an installation and gives the host back as it was, whether `wharf up`, `wharf node`
//! or `wharf server` runs it. Data stays.

use std::{
    ffi::OsStr,
    fs,
    os::unix::ffi::OsStrExt,
    path::Path,
    process::ExitCode,
    time::{Duration, Instant},
};

use clap::Parser;
use nix::{
    errno::Errno,
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use wharf_wal::{FolderLock, LockError};

use crate::{Cli, Command, layout::Layout, problem::Problem, roles, style::Style};

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
        stop("wharf", pid, || Ok(layout.running_supervisor().is_some()))?;
    }
    // Nobody may start it again while its containers go.
    let _lock = layout.lock()?;
    // One that no supervisor keeps, or kept when it was killed.
    let alone = running_server(layout)?;
    if let Some(pid) = alone {
        stop("wharf server", pid, || {
            Ok(running_server(layout)? == Some(pid))
        })?;
    }
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
    layout.remove_counts()?;
    let again = match alone {
        _ if layout.joined() => "wharf node",
        Some(_) => "wharf server",
        None => "wharf up",
    };
    println!(
        "{} Data is kept in {}; `{again}` goes on with it.",
        Style::of_stdout().good("Down."),
        layout.root().display()
    );
    Ok(ExitCode::SUCCESS)
}

/// The control plane that works on the data here.
///
/// # Errors
/// Some other command of wharf does, which is not ended half-way.
fn running_server(layout: &Layout) -> Result<Option<u32>, Problem> {
    let store = layout.server().join("store");
    if !store.exists() {
        return Ok(None);
    }
    match FolderLock::acquire(&store) {
        Ok(_free) => Ok(None),
        Err(LockError::InUse { pid: Some(pid), .. }) if is_server(pid) => Ok(Some(pid)),
        Err(LockError::InUse { dir, pid }) => Err(Problem::DataInUse {
            path: dir,
            pid: pid.unwrap_or(0),
        }),
        Err(cause) => Err(Problem::caused("cannot see who uses the store", cause)),
    }
}

/// Whether a process is `wharf server`, with whatever flags.
fn is_server(pid: u32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    says_server(&line)
}

fn says_server(line: &[u8]) -> bool {
    let words: Vec<&OsStr> = line
        .split(|byte| *byte == 0)
        .map(OsStr::from_bytes)
        .collect();
    // The kernel ends the last one too.
    let words = words.split_last().map_or(&[][..], |(_, words)| words);
    let program = words.first().map(Path::new).and_then(Path::file_name);
    let command = Cli::try_parse_from(words).map(|cli| cli.command);
    program == Some(OsStr::new("wharf")) && matches!(command, Ok(Command::Server(_)))
}

/// Ends a process, in the end by force, and waits for as long as it is `there`.
fn stop(what: &str, pid: u32, there: impl Fn() -> Result<bool, Problem>) -> Result<(), Problem> {
    println!("Stopping {what} (process {pid}) …");
    let target = Pid::from_raw(i32::try_from(pid).unwrap_or(i32::MAX));
    match kill(target, Signal::SIGTERM) {
        // It ended by itself meanwhile.
        Ok(()) | Err(Errno::ESRCH) => {}
        Err(cause) => return Err(Problem::caused(format!("cannot stop process {pid}"), cause)),
    }
    let deadline = Instant::now() + STOP_TIMEOUT;
    while there()? {
        if Instant::now() > deadline {
            let _ = kill(target, Signal::SIGKILL);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_known_by_their_command_lines() {
        for (line, server) in [
            ("/usr/bin/wharf server --data /d ", true),
            (
                "wharf --keyring-file /k server --listen ::1 --sockets-fd 7 ",
                true,
            ),
            ("wharf repair --data server ", false),
            ("wharf up ", false),
            ("/usr/bin/other server ", false),
            ("wharf ", false),
            ("", false),
        ] {
            let line = line.replace(' ', "\0");
            assert_eq!(says_server(line.as_bytes()), server, "{line:?}");
        }
    }
}
