//! A further process in a running container.
//!
//! Two forks. The first joins cgroup and namespaces and gives up what the program must not have,
//! all that while no process of the container can see it: joining a PID namespace moves only the
//! children. The second is a member of the namespace from its first moment, when it has the
//! container's rights and filter already, so that one that may trace others finds nothing to gain.
//! The first ends at once; the second belongs to the shim, its nearest reaper.

use std::{
    io,
    os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd},
};

use nix::{
    errno::Errno,
    sched::{CloneFlags, setns},
    unistd::{ForkResult, fork, setsid},
};
use wharf_cgroup::{Hierarchies, slice};
use wharf_shim_protocol::{ExecPlan, Failure, folder::ContainerFolder};

use crate::{
    pipes::{Report, Reporter, Reports, Stream, close_between, fork_into, may_be_reopened, pipe},
    process::{self, Prepared, read_filter},
    secrets::HeldSecrets,
    tty, user_namespace,
};

/// Where an exec's process joins.
pub struct Target<'a> {
    pub hierarchies: &'a Hierarchies,
    pub cgroup: &'a str,
    pub folder: ContainerFolder,
    /// The container's first process.
    pub pid: i32,
    pub in_user_namespace: bool,
    pub secrets: Option<&'a HeldSecrets>,
}

/// The process's standard streams; with a terminal the first is a socket for its other side.
pub type Streams = Vec<OwnedFd>;

/// Forks the exec; its process id and end of start arrive as reports.
pub fn begin(target: &Target<'_>, plan: &ExecPlan, streams: Streams) -> io::Result<(i32, Reports)> {
    let (read, write) = pipe()?;
    let reports = Reports::new(read)?;
    let reporter = Reporter::new(write);
    if !plan.process.tty {
        for (number, stream) in streams.iter().enumerate() {
            let kind = if number == 0 {
                Stream::Input
            } else {
                Stream::Output
            };
            may_be_reopened(stream, kind)?;
        }
    }
    let keep: Vec<_> = streams
        .iter()
        .map(AsFd::as_fd)
        .chain([reporter.as_fd()])
        .chain(target.secrets.map(AsFd::as_fd))
        .collect();
    let child = fork_into(&keep, || match enter(target, plan, &streams, &reporter) {
        Ok(()) => 0,
        Err(failure) => {
            reporter.send(&Report::Failed(failure));
            1
        }
    })?;
    Ok((child, reports))
}

fn enter(
    target: &Target<'_>,
    plan: &ExecPlan,
    streams: &Streams,
    reporter: &Reporter,
) -> Result<(), Failure> {
    let failed = |step: &str, e: &dyn std::fmt::Display| Failure::Process {
        step: step.to_owned(),
        detail: e.to_string(),
    };
    // Nobody inside may look at this process through /proc before it has become theirs.
    // SAFETY: plain prctl without pointers.
    unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0) };
    let filter = read_filter(&target.folder.seccomp()).map_err(|e| failed("seccomp", &e))?;
    let mut process = plan.process.clone();
    if let Some(secrets) = target.secrets {
        secrets.take_into(&mut process.env, &plan.own_variables)?;
    }
    let group = target
        .hierarchies
        .group(target.cgroup)
        .and_then(|group| group.enter());
    group.map_err(|e| failed("cgroup", &e))?;
    copy_limits(target.pid).map_err(|e| failed("limits", &e))?;
    let first = pidfd(target.pid).map_err(|e| failed("find the container", &e))?;
    let namespaces = CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWNET
        | CloneFlags::CLONE_NEWUTS
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWCGROUP;
    let joined = if target.in_user_namespace {
        user_namespace::enter_as_root(&first, namespaces)
    } else {
        setns(&first, namespaces)
    };
    joined.map_err(|e| failed("join namespaces", &e.desc()))?;
    drop(first);
    let prepared = process::prepare(&process, filter)?;
    take_streams(plan, streams, prepared.identity().uid)?;
    prepared.confine()?;
    close_between(&[reporter.as_fd().as_raw_fd() as u32]);
    // SAFETY: this process has one thread.
    match unsafe { fork() }.map_err(|e| failed("fork", &e.desc()))? {
        ForkResult::Parent { child } => {
            reporter.send(&Report::Process(child.as_raw()));
            Ok(())
        }
        ForkResult::Child => {
            let failure = become_program(plan, &prepared);
            let code = failure.exit_code().unwrap_or(128);
            reporter.send(&Report::Failed(failure));
            // SAFETY: ends the process.
            unsafe { libc::_exit(code) }
        }
    }
}

/// Makes what came with the request this process's standard streams.
fn take_streams(plan: &ExecPlan, streams: &Streams, uid: u32) -> Result<(), Failure> {
    if plan.process.tty {
        return streams
            .first()
            .map_or(Ok(()), |channel| tty::open_inside(channel, uid));
    }
    for (number, stream) in streams.iter().enumerate() {
        // SAFETY: replaces this process's standard streams by open descriptors.
        unsafe { libc::dup2(stream.as_raw_fd(), number as i32) };
    }
    Ok(())
}

/// With the container's rights, in its PID namespace.
fn become_program(plan: &ExecPlan, program: &Prepared) -> Failure {
    if plan.process.tty {
        if let Err(failure) = tty::take() {
            return failure;
        }
    } else {
        let _ = setsid();
    }
    program.exec()
}

fn pidfd(pid: i32) -> io::Result<OwnedFd> {
    // SAFETY: takes numbers; a success is a new descriptor of ours.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: as above.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// The container's own resource limits and slice, as its first process has them. Limits are read from its file: asking
/// the kernel for those of another user's process takes a right that not every node has.
fn copy_limits(pid: i32) -> io::Result<()> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/limits"))?;
    let limits = parse_limits(&text).ok_or(io::ErrorKind::InvalidData)?;
    for (number, limit) in limits.iter().enumerate() {
        // SAFETY: of this process; `limit` outlives the call, and the old limits are not asked for.
        Errno::result(unsafe { libc::prlimit(0, number as u32, limit, std::ptr::null_mut()) })?;
    }
    // Not the shim's own, which is shorter. Where it cannot be set only the order is another.
    let _ = slice::ask(slice::of(pid).unwrap_or_default());
    // When memory runs out it counts as one of the container's, not as one of the shim's.
    let score = std::fs::read(format!("/proc/{pid}/oom_score_adj"))?;
    std::fs::write("/proc/self/oom_score_adj", score)
}

/// Soft and hard limits in the kernel's order, which is that of their numbers.
fn parse_limits(text: &str) -> Option<Vec<libc::rlimit>> {
    let value = |text: &str| match text {
        "unlimited" => Some(libc::RLIM_INFINITY),
        number => number.parse().ok(),
    };
    let line = |line: &str| {
        let mut words = line.split_whitespace().rev().peekable();
        // The unit, which some limits do not have.
        words.next_if(|last| value(last).is_none());
        let hard = value(words.next()?)?;
        let soft = value(words.next()?)?;
        Some(libc::rlimit {
            rlim_cur: soft,
            rlim_max: hard,
        })
    };
    text.lines().skip(1).map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_of_a_process() {
        let text = std::fs::read_to_string("/proc/self/limits").unwrap();
        let read = parse_limits(&text).unwrap();
        assert_eq!(read.len(), 16);
        for (number, read) in read.iter().enumerate() {
            let mut ours = libc::rlimit {
                rlim_cur: 0,
                rlim_max: 0,
            };
            // SAFETY: of this process; `ours` outlives the call.
            let got = unsafe { libc::prlimit(0, number as u32, std::ptr::null(), &raw mut ours) };
            assert_eq!(got, 0);
            assert_eq!(
                (read.rlim_cur, read.rlim_max),
                (ours.rlim_cur, ours.rlim_max),
                "{number}"
            );
        }
        assert!(parse_limits("Limit\nMax cpu time  nonsense").is_none());
    }
}
