//! A container's first process, from the fork to the moment in which it waits to be started.
//!
//! The process that makes it joins the container's cgroup and, where there is one, its user namespace; the first process
//! is its child, in a PID namespace of its own, and makes the rest of its surroundings itself: namespaces, mounts, the
//! change of root. It keeps every capability until its program is to run ([`crate::process`]). Nobody inside can see it
//! before it is in order: the only processes of its PID namespace are its own.

use std::{
    fs::{self, File},
    io::{self, Read, Write},
    mem::ManuallyDrop,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
    path::Path,
    time::Duration,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2},
    mount::{MntFlags, MsFlags, mount, umount2},
    sched::{CloneFlags, setns, unshare},
    sys::{
        resource::setrlimit,
        signal::{Signal, kill},
        stat::{Mode, fstat},
        wait::waitpid,
    },
    unistd::{
        ForkResult, Pid, chdir, dup2_stderr, dup2_stdin, dup2_stdout, fchdir, fork, pivot_root,
        sethostname, setsid, write,
    },
};
use wharf_cgroup::{Hierarchies, Version, slice};
use wharf_shim_protocol::{
    Failure, limits,
    plan::{NETNS_FD, NETNS_PATH, USERNS_PATH},
};

use crate::{
    bundle::{Bundle, NamespaceKind, Rlimit},
    executor::Launch,
    interior::{self, Groups, Interior, failed},
    pipes::{Report, pipe},
    user_namespace,
};

/// What the first process of a container is made from.
pub struct Birth<'a> {
    pub bundle: &'a Bundle,
    /// A mount of its own; absolute.
    pub rootfs: &'a Path,
    pub cgroup: &'a str,
    pub streams: [&'a OwnedFd; 3],
    /// Says that the program is to run.
    pub start: &'a OwnedFd,
    /// Of processor time; the kernel's own without.
    pub slice: Option<Duration>,
}

/// Makes the process and waits until it is ready to be started; its number, as the host has it. What fails inside it
/// reports itself.
pub fn make(birth: &Birth<'_>, launch: Launch) -> Result<Pid, Failure> {
    let bundle = birth.bundle;
    if let Some(why) = bundle.refuses() {
        return Err(unsupported(&why));
    }
    // Before this process is nobody on the host any more.
    let groups = enter_cgroup(birth.cgroup, bundle)?;
    let joined = open_namespaces(bundle)?;
    if let Some(score) = bundle.process.oom_score_adj {
        fs::write("/proc/self/oom_score_adj", score.to_string())
            .map_err(failed("set the OOM score"))?;
    }
    // The shim's own would be inherited. Where it is refused the container runs all the same: it only comes later, or earlier.
    let _ = slice::ask(birth.slice);
    // Nobody inside may look at this process, or at the first one, through /proc before it has become theirs.
    // SAFETY: plain prctl without pointers.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
    if let Some(path) = bundle.joins(NamespaceKind::User) {
        if path != Path::new(USERNS_PATH) {
            return Err(unsupported("a user namespace that is not the task's"));
        }
        user_namespace::enter_as_root(user_namespace::held(), CloneFlags::empty())
            .map_err(failed("enter the user namespace"))?;
    }
    if bundle.makes(NamespaceKind::Pid) {
        unshare(CloneFlags::CLONE_NEWPID).map_err(failed("make a PID namespace"))?;
    }
    let (ready, is_ready) = pipe().map_err(failed("make a pipe"))?;
    // SAFETY: this process has one thread.
    match unsafe { fork() }.map_err(failed("fork"))? {
        ForkResult::Child => {
            drop(ready);
            // Told before `is_ready` closes: the maker ends a process that went without a word.
            let failure = live(birth, &launch, &groups, &joined, &is_ready);
            let code = failure.exit_code().unwrap_or(128);
            launch.reporter.send(&Report::Failed(failure));
            // Nothing is left to clean up, and the program's exit code is to be the shell's.
            // SAFETY: ends the process.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            drop(is_ready);
            if matches!(File::from(ready).read(&mut [0]), Ok(1)) {
                return Ok(child);
            }
            let _ = kill(child, Signal::SIGKILL);
            let ended = waitpid(child, None);
            // What it has said itself came before this.
            let detail = format!("the container's first process ended too early: {ended:?}");
            Err(Failure::Runtime { detail })
        }
    }
}

fn unsupported(what: &str) -> Failure {
    Failure::BadBundle {
        detail: format!("it asks for {what}"),
    }
}

/// The first process: becomes the program once it is told to. Returns only what went wrong.
fn live(
    birth: &Birth<'_>,
    launch: &Launch,
    groups: &Groups,
    joined: &[(OwnedFd, CloneFlags)],
    is_ready: &OwnedFd,
) -> Failure {
    let ready = surround(birth, groups, joined).and_then(|()| {
        launch.prepare()?;
        birth
            .bundle
            .process
            .rlimits
            .iter()
            .try_for_each(set_limit)?;
        let told = write(is_ready, b"r");
        told.map_err(failed("tell that it is ready"))?;
        Ok(())
    });
    if let Err(failure) = ready {
        return failure;
    }
    // Without the shim nobody will ever start it.
    match start_of(birth.start).read(&mut [0]) {
        Ok(1) => launch.launch(),
        _ => Failure::Runtime {
            detail: "it was never started".to_owned(),
        },
    }
}

fn start_of(start: &OwnedFd) -> ManuallyDrop<File> {
    // SAFETY: the descriptor is open, and stays the owner's to close.
    ManuallyDrop::new(unsafe { File::from_raw_fd(start.as_raw_fd()) })
}

/// Everything between the fork and the program's own files.
fn surround(
    birth: &Birth<'_>,
    groups: &Groups,
    joined: &[(OwnedFd, CloneFlags)],
) -> Result<(), Failure> {
    let bundle = birth.bundle;
    // SAFETY: a C string that outlives the call.
    unsafe { libc::prctl(libc::PR_SET_NAME, c"wharf-first".as_ptr()) };
    setsid().map_err(failed("begin a session"))?;
    let [stdin, stdout, stderr] = birth.streams;
    dup2_stdin(stdin)
        .and_then(|()| dup2_stdout(stdout))
        .and_then(|()| dup2_stderr(stderr))
        .map_err(failed("take over the streams"))?;
    enter_namespaces(bundle, joined)?;
    // Whatever is mounted here, the host hears nothing of it.
    let spread = MsFlags::MS_REC | MsFlags::MS_SLAVE;
    mount(None::<&str>, "/", None::<&str>, spread, None::<&str>)
        .map_err(failed("keep mounts from spreading"))?;
    // In a user namespace no mount that came with it can become the root; this copy can.
    let copy = MsFlags::MS_BIND | MsFlags::MS_REC;
    mount(
        Some(birth.rootfs),
        birth.rootfs,
        None::<&str>,
        copy,
        None::<&str>,
    )
    .map_err(failed("mount the root file system"))?;
    let mut interior = Interior::open(bundle, groups, birth.rootfs)?;
    interior.furnish()?;
    change_root(&interior).map_err(failed("change the root"))?;
    // A volume that lies there is its owner's to fill, with pipes too.
    if !bundle.has_foreign_dev() {
        reopen_null().map_err(failed("open /dev/null"))?;
    }
    set_parameters(bundle, interior.proc.as_ref())?;
    if bundle.root.readonly {
        let root = open("/", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
            .map_err(failed("open the root"))?;
        crate::mount_api::change(root, libc::MOUNT_ATTR_RDONLY, 0)
            .map_err(failed("make the root read-only"))?;
    }
    interior::guard(bundle)?;
    drop(interior);
    // Whatever is open by mistake, no program inherits it.
    // SAFETY: takes numbers.
    Errno::result(unsafe {
        libc::syscall(
            libc::SYS_close_range,
            3,
            libc::c_uint::MAX,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    })
    .map_err(failed("close descriptors at the start of the program"))?;
    Ok(())
}

/// Moves this process into the container's cgroup, and finds what the container is to see of it.
fn enter_cgroup(path: &str, bundle: &Bundle) -> Result<Groups, Failure> {
    let hierarchies = Hierarchies::known().map_err(|e| cgroup_failure(&e))?;
    let group = hierarchies.group(path).map_err(|e| cgroup_failure(&e))?;
    group.enter().map_err(|e| cgroup_failure(&e))?;
    let own = fs::read_to_string("/proc/self/cgroup").map_err(failed("find the own cgroup"))?;
    Ok(match hierarchies.version() {
        Version::V1 => Groups {
            shown: hierarchies.folders_of(&own),
            unified: None,
        },
        Version::V2 => Groups {
            shown: Vec::new(),
            unified: match hierarchies.folders_of(&own).pop() {
                Some(it) => interior::own_group(bundle, &it.folder)
                    .map_err(failed("find what is shown of the own cgroup"))?,
                None => None,
            },
        },
    })
}

fn cgroup_failure(error: &dyn std::error::Error) -> Failure {
    Failure::Process {
        step: "cgroup".to_owned(),
        detail: wharf_base::Chain(error).to_string(),
    }
}

/// Those that are there already, opened while this process may: the network's and the IPC namespace.
fn open_namespaces(bundle: &Bundle) -> Result<Vec<(OwnedFd, CloneFlags)>, Failure> {
    let mut opened = Vec::new();
    for namespace in &bundle.linux.namespaces {
        let Some(path) = &namespace.path else {
            continue;
        };
        let kind = match namespace.kind {
            NamespaceKind::User => continue,
            NamespaceKind::Network => CloneFlags::CLONE_NEWNET,
            NamespaceKind::Ipc => CloneFlags::CLONE_NEWIPC,
            other => return Err(unsupported(&format!("another's namespace: {other:?}"))),
        };
        let file = if path == Path::new(NETNS_PATH) {
            // SAFETY: the number is held for good.
            unsafe { BorrowedFd::borrow_raw(NETNS_FD) }.try_clone_to_owned()
        } else {
            File::open(path).map(OwnedFd::from)
        };
        let file = file.map_err(failed(format_args!("open {}", path.display())))?;
        opened.push((file, kind));
    }
    Ok(opened)
}

/// The rest of them: a mount namespace there always is.
fn enter_namespaces(bundle: &Bundle, joined: &[(OwnedFd, CloneFlags)]) -> Result<(), Failure> {
    let new = [
        (NamespaceKind::Mount, CloneFlags::CLONE_NEWNS),
        (NamespaceKind::Uts, CloneFlags::CLONE_NEWUTS),
        (NamespaceKind::Ipc, CloneFlags::CLONE_NEWIPC),
        (NamespaceKind::Cgroup, CloneFlags::CLONE_NEWCGROUP),
        (NamespaceKind::Network, CloneFlags::CLONE_NEWNET),
    ];
    let made = new.into_iter().filter(|(kind, _)| bundle.makes(*kind));
    let made: CloneFlags = made.map(|(_, flag)| flag).collect();
    if !made.contains(CloneFlags::CLONE_NEWNS) {
        return Err(unsupported("no mount namespace of its own"));
    }
    for (file, kind) in joined {
        setns(file, *kind).map_err(failed("join a namespace"))?;
    }
    unshare(made).map_err(failed("make namespaces"))?;
    if made.contains(CloneFlags::CLONE_NEWUTS) {
        sethostname(&bundle.hostname).map_err(failed("set the host name"))?;
    }
    Ok(())
}

/// The old root is laid over the new one and taken away from there, so that no folder is needed for it.
fn change_root(interior: &Interior<'_>) -> nix::Result<()> {
    fchdir(interior.root().as_fd())?;
    pivot_root(".", ".")?;
    // Where this process is now is the old root.
    let spread = MsFlags::MS_REC | MsFlags::MS_SLAVE;
    mount(None::<&str>, ".", None::<&str>, spread, None::<&str>)?;
    umount2(".", MntFlags::MNT_DETACH)?;
    chdir("/")
}

/// Streams that lead to the host's `/dev/null` lead to the container's from here on.
fn reopen_null() -> io::Result<()> {
    let null = File::open("/dev/null")?;
    interior::check_null(&null)?;
    let own = fstat(&null)?.st_rdev;
    for stream in 0..3 {
        // SAFETY: the standard streams are open throughout.
        let stream = unsafe { BorrowedFd::borrow_raw(stream) };
        if fstat(stream)?.st_rdev == own {
            // SAFETY: both descriptors are open.
            Errno::result(unsafe { libc::dup2(null.as_raw_fd(), stream.as_raw_fd()) })?;
        }
    }
    Ok(())
}

/// Parameters of the kernel, through the `/proc` that was mounted and no link.
fn set_parameters(bundle: &Bundle, proc: Option<&OwnedFd>) -> Result<(), Failure> {
    for (name, value) in bundle.linux.sysctl.iter().flatten() {
        let path = Path::new("sys").join(name.replace('.', "/"));
        let how = OpenHow::new()
            .flags(OFlag::O_WRONLY | OFlag::O_CLOEXEC)
            .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
        let opened = proc
            .ok_or(Errno::ENOENT)
            .and_then(|proc| openat2(proc, &path, how));
        opened
            .map_err(io::Error::from)
            .and_then(|file| File::from(file).write_all(value.as_bytes()))
            .map_err(failed(format_args!("set the parameter {name}")))?;
    }
    Ok(())
}

fn set_limit(limit: &Rlimit) -> Result<(), Failure> {
    let Some(resource) = limits::of_kind(&limit.kind) else {
        return Err(unsupported(&format!("the limit {}", limit.kind)));
    };
    setrlimit(resource, limit.soft, limit.hard)
        .map_err(failed(format_args!("set {}", limit.kind)))?;
    Ok(())
}
