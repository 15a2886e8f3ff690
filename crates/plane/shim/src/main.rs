//! wharf-shim: the small program that outlives the agent, one for each task.
//!
//! It starts in the task's folder, owns the containers' standard streams and exit codes, and
//! answers on `shim.sock`. Invariants: one thread; no async runtime; containers are made in
//! forked children only, which a process with one thread may do, so that the memory that takes is
//! given back when they end. All mounts are made in a mount namespace of the shim's own: when the
//! last process of a task is gone, so are its mounts, whatever killed it.
//!
//! By another argument it is the program that has a sealed volume open ([`sealed`]), the one that shows a server's files
//! ([`shared`]), the one that serves a file system ([`files`]), or the one that shows a layer of an image of which not all
//! bytes are there ([`lazy_layer`]); none has anything to do with its task.

mod allowance;
mod app_armor;
mod bundle;
mod container;
mod copy_up;
mod create;
mod etc;
mod exec;
mod executor;
mod first;
mod host_bind;
mod init;
mod interior;
mod lineage;
mod mount_api;
mod overlay;
mod pid_namespace;
mod pipes;
mod probe;
mod process;
mod pump;
mod secrets;
mod server;
mod spool;
mod startup;
mod tty;
mod user_namespace;
mod users;

use std::{ffi::OsString, io::Write, path::Path, process::ExitCode};

use wharf_cgroup::{CgroupError, Hierarchies, slice};
use wharf_file_server::serve as files;
use wharf_lazy_layer::serve as lazy_layer;
use wharf_sealed_file::serve as sealed;
use wharf_shared_files::serve as shared;

fn enter(group: &str) -> Result<(), CgroupError> {
    Hierarchies::known()?.group(group)?.enter()
}

/// One of the programs that show files, in that control group.
fn serve(group: Option<OsString>, run: impl FnOnce() -> std::io::Result<()>) -> ExitCode {
    let entered = group.map_or(Ok(()), |it| enter(&it.to_string_lossy()));
    if let Err(error) = entered {
        // Read by who starts it, at the other end of a socket.
        let _ = write!(std::io::stdout(), "cannot enter its control group: {error}");
        return ExitCode::FAILURE;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn main() -> ExitCode {
    // Whichever of its programs it is, tasks wait for it. Older kernels know of no slices, and it goes on without.
    let _ = slice::ask(Some(slice::OWN));
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    for (argument, run) in [
        (files::ARGUMENT, files::run as fn() -> std::io::Result<()>),
        (sealed::ARGUMENT, sealed::run),
        (shared::ARGUMENT, shared::run),
    ] {
        if first.as_ref().is_some_and(|it| it == argument) {
            return serve(arguments.next(), run);
        }
    }
    if first.as_ref().is_some_and(|it| it == lazy_layer::ARGUMENT) {
        let folder = arguments.next().unwrap_or_default();
        return serve(arguments.next(), || lazy_layer::run(Path::new(&folder)));
    }
    if first.is_some_and(|it| it == probe::ARGUMENT) {
        let stage = arguments.next().unwrap_or_default();
        let answer = match probe::run(Path::new(&stage)) {
            Ok(()) => "ok".to_owned(),
            Err(reason) => reason,
        };
        // Read by the agent, which waits for a line on this pipe.
        let _ = writeln!(std::io::stdout(), "{answer}");
        return ExitCode::SUCCESS;
    }
    match startup::start() {
        Ok(server) => match server.run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => {
                eprintln!("wharf-shim: {e}");
                ExitCode::FAILURE
            }
        },
        Err(e) => {
            // Read by the agent, which waits for a line on this pipe.
            let _ = writeln!(std::io::stdout(), "cannot start: {e}");
            ExitCode::FAILURE
        }
    }
}
