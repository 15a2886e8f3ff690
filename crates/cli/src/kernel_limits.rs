//! What the kernel grants this process: descriptors, to live on when memory runs out, and to come first when it wakes.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use wharf_cgroup::slice;

/// Raises the soft limit to the hard one: every connection costs descriptors, and the usual soft
/// limit of 1,024 is one for programs that call `select`. Nothing here does. Containers have limits
/// of their own, whatever this process has.
pub fn raise_descriptors() {
    // A process that may not read or raise it goes on with what it has; `wharf doctor` tells.
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < hard
    {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}

/// Asks to be among the last that the kernel ends when memory runs out; without CAP_SYS_RESOURCE it
/// may not be asked, and containers' processes, which are the first, must do.
pub fn outlive_tasks() {
    const SCORE: &str = "-900";
    let _ = std::fs::write("/proc/self/oom_score_adj", SCORE);
}

/// Asks for the processor before containers' programs whenever it has something to do, as calls, connections and tasks
/// wait for it. Threads and processes that are there already would not have it. Kernels before Linux 6.12 know of no
/// slices, and the process goes on without, as where it is refused.
pub fn come_before_tasks() {
    let _ = slice::ask(Some(slice::OWN));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_rises_to_the_hard_one() {
        let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        setrlimit(Resource::RLIMIT_NOFILE, hard / 2, hard).unwrap();
        raise_descriptors();
        assert_eq!(getrlimit(Resource::RLIMIT_NOFILE).unwrap(), (hard, hard));
    }

    #[test]
    fn threads_that_begin_later_come_before_tasks_too() {
        come_before_tasks();
        let later = std::thread::spawn(|| slice::of(0).unwrap()).join().unwrap();
        match later {
            Some(later) => assert_eq!(later, slice::OWN),
            None => eprintln!("skipped: the kernel knows of no slices, as before Linux 6.12"),
        }
    }
}
