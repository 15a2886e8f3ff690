//! Creating a container, in a forked child: the root file system, then its first process ([`crate::first`]).
//!
//! The child ends when the container's first process waits to be started; that process then
//! belongs to the shim, which is its nearest reaper. The child enters the container's cgroup at the end of its own work,
//! so that none of the memory it took for that is counted there.

use std::{
    fs::{self, File},
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
    time::Duration,
};

use nix::{
    sys::stat::{Mode, umask},
    unistd::Pid,
};
use wharf_durable as durable;
use wharf_rootdir::RootDir;
use wharf_shim_protocol::{
    ContainerName, ContainerPlan, ContainerSetup, Failure, TaskFolder,
    folder::ContainerFolder,
    plan::{PLAN_LIMIT, UserSetup},
};

use crate::{
    bundle::Bundle,
    copy_up, etc,
    executor::{Launch, Runs},
    first::{self, Birth},
    host_bind, overlay, pid_namespace,
    pipes::{Report, Reporter, Reports, Stream, fork_into, may_be_reopened, pipe},
    process::read_filter,
    secrets::HeldSecrets,
    tty, user_namespace,
};

/// What the shim keeps of a container that is being created.
pub struct Creation {
    pub child: i32,
    pub reports: Reports,
    /// A byte in here, and the first process goes on; it ends when this does.
    pub start: OwnedFd,
    /// Readable ends; standard error is absent with a terminal.
    pub stdout: Option<OwnedFd>,
    pub stderr: Option<OwnedFd>,
    pub stdin: Option<OwnedFd>,
    /// Where the terminal's other side arrives.
    pub console: Option<OwnedFd>,
}

/// The child's ends.
struct Streams {
    start: OwnedFd,
    stdin: OwnedFd,
    stdout: OwnedFd,
    stderr: OwnedFd,
}

/// What is to be created.
pub struct Order<'a> {
    pub folder: &'a TaskFolder,
    pub name: &'a ContainerName,
    pub setup: &'a ContainerSetup,
    pub secrets: Option<&'a HeldSecrets>,
}

/// Forks the child that creates the container.
pub fn begin(order: &Order<'_>) -> io::Result<Creation> {
    let setup = order.setup;
    let (report_read, report_write) = pipe()?;
    let (started, start) = pipe()?;
    let null = || -> io::Result<OwnedFd> {
        Ok(File::options()
            .read(true)
            .write(true)
            .open("/dev/null")?
            .into())
    };
    let (mut creation, streams, console) = if setup.tty {
        let (ours, theirs) = tty::channel()?;
        let streams = Streams {
            start: started,
            stdin: null()?,
            stdout: null()?,
            stderr: null()?,
        };
        let reports = Reports::new(report_read)?;
        (
            creation(reports, start, [None, None, None], Some(ours)),
            streams,
            Some(theirs),
        )
    } else {
        let (out_read, out_write) = pipe()?;
        let (err_read, err_write) = pipe()?;
        may_be_reopened(&out_write, Stream::Output)?;
        may_be_reopened(&err_write, Stream::Output)?;
        let (stdin, kept) = if setup.stdin {
            let (read, write) = pipe()?;
            may_be_reopened(&read, Stream::Input)?;
            (read, Some(write))
        } else {
            (null()?, None)
        };
        let streams = Streams {
            start: started,
            stdin,
            stdout: out_write,
            stderr: err_write,
        };
        (
            creation(
                Reports::new(report_read)?,
                start,
                [Some(out_read), Some(err_read), kept],
                None,
            ),
            streams,
            None,
        )
    };
    let reporter = Reporter::new(report_write);
    let keep = [
        streams.start.as_fd(),
        streams.stdin.as_fd(),
        streams.stdout.as_fd(),
        streams.stderr.as_fd(),
        reporter.as_fd(),
    ];
    let keep: Vec<_> = keep
        .into_iter()
        .chain(console.as_ref().map(AsFd::as_fd))
        .chain(order.secrets.map(AsFd::as_fd))
        .collect();
    creation.child = fork_into(&keep, || {
        child(order, &streams, console.as_ref(), &reporter)
    })?;
    Ok(creation)
}

fn creation(
    reports: Reports,
    start: OwnedFd,
    [stdout, stderr, stdin]: [Option<OwnedFd>; 3],
    console: Option<OwnedFd>,
) -> Creation {
    Creation {
        child: 0,
        reports,
        start,
        stdout,
        stderr,
        stdin,
        console,
    }
}

fn child(
    order: &Order<'_>,
    streams: &Streams,
    console: Option<&OwnedFd>,
    reporter: &Reporter,
) -> i32 {
    match create(order, streams, console, reporter) {
        Ok(pid) => {
            reporter.send(&Report::Process(pid));
            0
        }
        Err(failure) => {
            // The shim takes back what was mounted: this process may be nobody by now.
            reporter.send(&Report::Failed(failure));
            1
        }
    }
}

fn create(
    order: &Order<'_>,
    streams: &Streams,
    console: Option<&OwnedFd>,
    reporter: &Reporter,
) -> Result<i32, Failure> {
    let runtime = |e: io::Error| Failure::Runtime {
        detail: e.to_string(),
    };
    let unreadable = |e: io::Error| Failure::BadBundle {
        detail: e.to_string(),
    };
    let own = order.folder.container(order.name);
    let plan: ContainerPlan = durable::read_json(&own.plan(), PLAN_LIMIT)
        .and_then(|plan| plan.ok_or_else(|| io::ErrorKind::NotFound.into()))
        .map_err(unreadable)?;
    let bundle = Bundle::read(&own.config()).map_err(unreadable)?;
    let filter = read_filter(&own.seccomp()).map_err(unreadable)?;
    let user = order.setup.user.as_ref();
    prepare_rootfs(order, &own, &plan)?;
    let proc = user.map_or_else(|| own.proc(), UserSetup::proc);
    let pid_namespace = plan
        .pid_namespace_of
        .map(|process| {
            let within = user.map(|_| user_namespace::held());
            pid_namespace::join_later(process, &proc, within)
        })
        .transpose()
        .map_err(|e| Failure::Process {
            step: "find the PID namespace".to_owned(),
            detail: e.to_string(),
        })?;
    let mut process = plan.process;
    if let Some(secrets) = order.secrets {
        secrets.take_into(&mut process.env, &[])?;
    }
    let launch = Launch {
        plan: process,
        filter,
        runs: match (plan.reaps, plan.init) {
            (true, _) => Runs::Nothing,
            (false, true) => Runs::BelowInit,
            (false, false) => Runs::Itself,
        },
        reporter: reporter.share().map_err(runtime)?,
        console: console
            .map(OwnedFd::try_clone)
            .transpose()
            .map_err(runtime)?,
        pid_namespace,
        prepared: None.into(),
    };
    // What is missing of a mount's path is made for all users of the container to walk through.
    let _public = Umask::public();
    let rootfs = fs::canonicalize(own.base().join(&bundle.root.path)).map_err(runtime)?;
    let birth = Birth {
        bundle: &bundle,
        rootfs: &rootfs,
        cgroup: &order.setup.cgroup,
        streams: [&streams.stdin, &streams.stdout, &streams.stderr],
        start: &streams.start,
        slice: plan.slice_us.map(Duration::from_micros),
    };
    first::make(&birth, launch).map(Pid::as_raw)
}

fn prepare_rootfs(
    order: &Order<'_>,
    own: &ContainerFolder,
    plan: &ContainerPlan,
) -> Result<(), Failure> {
    let failed = |e: io::Error| Failure::Rootfs {
        detail: e.to_string(),
    };
    let (folder, user) = (order.folder, order.setup.user.as_ref());
    let _public = Umask::public();
    if let Some(before) = &order.setup.replaces {
        overlay::discard(&folder.writable(before)).map_err(failed)?;
    }
    for bind in &plan.host_binds {
        host_bind::stage(bind).map_err(failed)?;
    }
    // Of a task that has all on disk, they lie on the disk that it writes to anyway.
    if folder.run().is_some() {
        etc::make_own(&own.etc()).map_err(failed)?;
    }
    for each in &plan.copy_up {
        copy_up::make_volume(&each.volume).map_err(failed)?;
    }
    if let Some(user) = user {
        user_namespace::put_on_stage(user, plan).map_err(failed)?;
        user_namespace::raise_limits(plan).map_err(failed)?;
    }
    overlay::mount_rootfs(own, &folder.writable(order.name), &plan.rootfs, user).map_err(failed)?;
    let (rootfs, range) = (overlay::rootfs(own, user), user.map(|user| user.range));
    for each in &plan.copy_up {
        copy_up::copy_up(&rootfs, &each.destination, &each.volume, range).map_err(failed)?;
    }
    let working_dir = Path::new(&plan.process.working_dir);
    let root = RootDir::open(&rootfs).map_err(failed)?;
    // Made where it is missing, as Docker does, and before the root may become read-only.
    let owner = range.map_or(0, |range| range.first);
    root.make_folders_for(working_dir, owner)
        .map(drop)
        .map_err(|e| {
            let path = working_dir.display().to_string();
            Failure::WorkingDirectory {
                path,
                detail: io_text(&e),
            }
        })
}

/// Another umask, until it is dropped.
pub struct Umask(Mode);

impl Umask {
    /// Others may read: for what belongs to a container. Our own files lie in a folder that is ours alone.
    pub fn public() -> Self {
        Self(umask(Mode::from_bits_truncate(0o022)))
    }
}

impl Drop for Umask {
    fn drop(&mut self) {
        umask(self.0);
    }
}

/// The kernel's words in lower case, without the number.
fn io_text(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(code) => nix::errno::Errno::from_raw(code).desc().to_lowercase(),
        None => error.to_string(),
    }
}
