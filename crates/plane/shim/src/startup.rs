//! From exec to a listening socket.

use std::{
    fs::{self, File},
    io::{self, Write},
    os::{
        fd::{AsFd, AsRawFd},
        unix::net::UnixListener,
    },
    path::Path,
};

use nix::{
    mount::{MsFlags, mount},
    sched::{CloneFlags, unshare},
    sys::{
        signal::{SigHandler, SigSet, Signal, signal},
        signalfd::{SfdFlags, SignalFd},
        stat::{Mode, umask},
    },
    unistd::setsid,
};
use wharf_cgroup::Hierarchies;
use wharf_durable::{self as durable, Durability, boot_id};
use wharf_shim_protocol::{
    READY, ShimSetup, TaskFolder,
    plan::NETNS_FD,
    record::{ProcessIdentity, RECORD_LIMIT, ShimState},
};
use wharf_userns::attach;

use crate::{server::Server, user_namespace};

/// A step of the start that failed.
#[derive(Debug, thiserror::Error)]
#[error("{step}: {source}")]
pub struct StartError {
    step: &'static str,
    source: Box<dyn std::error::Error>,
}

fn failed<E: std::error::Error + 'static>(step: &'static str) -> impl FnOnce(E) -> StartError {
    move |source| StartError {
        step,
        source: Box::new(source),
    }
}

/// Everything before the first request. One of the lines [`READY`] goes to standard output when the socket
/// listens; moving to the shims' cgroup comes after it, because the kernel may take several
/// milliseconds for that and the agent has work to do meanwhile.
pub fn start() -> Result<Server, StartError> {
    // No session of its own yet if the agent put it at the head of one already.
    let _ = setsid();
    umask(Mode::from_bits_truncate(0o077));
    let signals = take_signals().map_err(failed("take over signals"))?;
    // Started through a descriptor, the kernel would call it by that number.
    // SAFETY: a C string that outlives the call.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"wharf-shim".as_ptr()) };
    // SAFETY: plain prctl without pointers.
    if unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) } != 0 {
        return Err(failed("become the reaper")(io::Error::last_os_error()));
    }
    let setup: ShimSetup = durable::read_json(&TaskFolder::new("").task(), RECORD_LIMIT)
        .and_then(|setup| setup.ok_or_else(|| io::ErrorKind::NotFound.into()))
        .map_err(failed("read task.json"))?;
    let folder = settle(setup.run.as_deref()).map_err(failed("enter the task's folder"))?;
    if let Some(path) = &setup.netns {
        hold_network_namespace(path).map_err(failed("open the network namespace"))?;
    }
    let hierarchies = Hierarchies::known().map_err(failed("find control groups"))?;
    own_mounts().map_err(failed("make a mount namespace"))?;
    if setup.disk {
        mount_disk(&folder.disk()).map_err(failed("mount the task's disk"))?;
    }
    if let Some(stage) = &setup.stage {
        user_namespace::open(stage).map_err(failed("prepare for the user namespace"))?;
    }
    let socket = folder.socket();
    let _ = fs::remove_file(&socket);
    let listener = UnixListener::bind(&socket).map_err(failed("listen on shim.sock"))?;
    listener
        .set_nonblocking(true)
        .map_err(failed("listen on shim.sock"))?;
    let me = ProcessIdentity::of(std::process::id() as i32)
        .ok_or_else(|| failed("read /proc/self/stat")(io::Error::from(io::ErrorKind::NotFound)))?;
    let state = ShimState {
        boot_id: boot_id(),
        shim: me,
        ..ShimState::default()
    };
    durable::replace_json(&folder.state(), &state, Durability::Process)
        .map_err(failed("write state.json"))?;
    announce(READY[usize::from(setup.run.is_some())]).map_err(failed("tell the agent"))?;
    hierarchies
        .group(&setup.cgroup)
        .and_then(|group| group.enter())
        .map_err(failed("enter the shims' cgroup"))?;
    Ok(Server::new(folder, listener, signals, hierarchies, state))
}

/// Goes to live in the task's part in memory, if it has one: paths from here on stay short.
fn settle(run: Option<&Path>) -> io::Result<TaskFolder> {
    let Some(run) = run else {
        return Ok(TaskFolder::new(""));
    };
    let base = std::env::current_dir()?;
    std::env::set_current_dir(run)?;
    Ok(TaskFolder::with_run(base, Some("".into())))
}

/// SIGCHLD and the polite ways to end a process arrive as data; nobody at a pipe's other end is an
/// error code, not a death.
fn take_signals() -> nix::Result<SignalFd> {
    let mut set = SigSet::empty();
    for each in [
        Signal::SIGCHLD,
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
    ] {
        set.add(each);
    }
    set.thread_block()?;
    // SAFETY: SIG_IGN installs no code of ours.
    unsafe { signal(Signal::SIGPIPE, SigHandler::SigIgn) }?;
    SignalFd::with_flags(&set, SfdFlags::SFD_NONBLOCK | SfdFlags::SFD_CLOEXEC)
}

fn hold_network_namespace(path: &Path) -> io::Result<()> {
    let file = File::open(path)?;
    // Close-on-exec: no program of a container inherits it.
    // SAFETY: both descriptors are ours; nothing else uses number 10 this early.
    if unsafe { libc::dup3(file.as_raw_fd(), NETNS_FD, libc::O_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// A copy of the host's mounts that still hears of unmounts there, but tells nobody of its own.
pub fn own_mounts() -> nix::Result<()> {
    unshare(CloneFlags::CLONE_NEWNS)?;
    mount(
        None::<&str>,
        "/",
        None::<&str>,
        MsFlags::MS_REC | MsFlags::MS_SLAVE,
        None::<&str>,
    )
}

/// The disk comes ready to be mounted; from here on it lives as long as somebody is in this namespace.
fn mount_disk(at: &Path) -> io::Result<()> {
    // Both are closed before any container is made: the copy at the end, the original here.
    let disk = io::stdin().as_fd().try_clone_to_owned()?;
    replace_by_null(libc::STDIN_FILENO)?;
    attach(disk, at)
}

/// Says that it is ready and lets go of the pipe, whose end the agent may be waiting for.
fn announce(word: &str) -> io::Result<()> {
    let mut out = io::stdout();
    writeln!(out, "{word}")?;
    out.flush()?;
    replace_by_null(libc::STDOUT_FILENO)
}

/// The descriptor leads to `/dev/null` from here on.
fn replace_by_null(descriptor: i32) -> io::Result<()> {
    let null = File::options().read(true).write(true).open("/dev/null")?;
    // SAFETY: both descriptors are open; `descriptor` stays valid throughout.
    if unsafe { libc::dup2(null.as_raw_fd(), descriptor) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
