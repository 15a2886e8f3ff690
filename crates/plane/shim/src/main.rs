//! wharf-shim: the small program that outlives the agent, one for each task.
//!
//! It starts in the task's folder, owns the containers' standard streams and exit codes, and
//! answers on `shim.sock`. Invariants: one thread; no async runtime; containers are made in
//! forked children only, which a process with one thread may do, so that the memory that takes is
//! given back when they end. All mounts are made in a mount namespace of the shim's own: when the
//! last process of a task is gone, so are its mounts, whatever killed it.
//!
//! By another argument it is the program that has a sealed volume open ([`serve`]), or the one that shows a layer of an image
//! of which not all bytes are there ([`lazy_layer`]). Neither has to do with a task.

mod allowance;
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

use std::{
    ffi::OsString,
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use wharf_cgroup::{CgroupError, Hierarchies};
use wharf_lazy_layer::serve as lazy_layer;
use wharf_sealed_file::serve;

fn enter(group: &str) -> Result<(), CgroupError> {
    Hierarchies::known()?.group(group)?.enter()
}

/// What the kernel is answered by: a program in a control group of its own, which says why it cannot begin.
fn answer(group: Option<OsString>, run: impl FnOnce() -> io::Result<()>) -> ExitCode {
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
    let mut arguments = std::env::args_os().skip(1);
    let first = arguments.next();
    if first.as_ref().is_some_and(|it| it == serve::ARGUMENT) {
        return answer(arguments.next(), serve::run);
    }
    if first.as_ref().is_some_and(|it| it == lazy_layer::ARGUMENT) {
        let folder = arguments.next().unwrap_or_default();
        return answer(arguments.next(), || lazy_layer::run(Path::new(&folder)));
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
