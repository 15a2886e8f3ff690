//! Slices of processor time: for how long a thread runs at a time, and so who comes first when several want the processor.
//!
//! Since Linux 6.12 a thread may ask for a slice of its own. When it wakes it takes the processor from one whose slice is
//! longer, unless it has had more than its part already. Its children inherit the slice, and a control group counts with
//! the shortest of what wants to run in it. How much each gets stays what weights and niceness say: a short slice comes
//! earlier, not more often. Older kernels take what is asked and do nothing.

use std::{io, mem, time::Duration};

use nix::errno::Errno;

/// What wharf's own processes ask for: what they do is short, and tasks wait for it. A call or a request is mostly done
/// within it, and the kernel's tick takes the processor only from who has had his slice: with the shortest there is, 0.1 ms, a
/// call that a tick met waited for the next one, while a program ran that nobody had reserved a core for.
pub const OWN: Duration = Duration::from_micros(300);

/// What programs of containers have that reserved processor time: they come before those that reserved none, behind
/// wharf's own processes, and are equals of each other. What the kernel gives who asks for none grows with the machine,
/// from 0.7 ms with one core to 2.8 ms with eight; this is shorter on each.
pub const RESERVED: Duration = Duration::from_micros(500);

/// Asks for a slice for this thread and what it starts from now on; `None` is the kernel's own. A thread that is not
/// scheduled by weight, as one of a real-time policy, has none and stays as it is.
pub fn ask(slice: Option<Duration>) -> io::Result<()> {
    let mut own = attributes(0)?;
    if !is_weighed(&own) {
        return Ok(());
    }
    own.size = SIZE;
    // What else a thread without a deadline can have; to take it back would need a right.
    own.sched_flags &= libc::SCHED_FLAG_RESET_ON_FORK as u64;
    own.sched_runtime = slice.map_or(0, |it| u64::try_from(it.as_nanos()).unwrap_or(u64::MAX));
    // SAFETY: the kernel reads as many bytes as the structure says that it has; it outlives the call.
    Errno::result(unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const own, 0) })?;
    Ok(())
}

/// The slice of a thread, whether or not it asked for it; 0 is this one. `None`: it has none, or the kernel knows of none.
pub fn of(thread: i32) -> io::Result<Option<Duration>> {
    let found = attributes(thread)?;
    let has_one = is_weighed(&found) && found.sched_runtime > 0;
    Ok(has_one.then(|| Duration::from_nanos(found.sched_runtime)))
}

const SIZE: u32 = mem::size_of::<libc::sched_attr>() as u32;

fn is_weighed(of: &libc::sched_attr) -> bool {
    [libc::SCHED_OTHER, libc::SCHED_BATCH].contains(&(of.sched_policy as i32))
}

fn attributes(thread: i32) -> io::Result<libc::sched_attr> {
    let mut found = libc::sched_attr {
        size: SIZE,
        sched_policy: 0,
        sched_flags: 0,
        sched_nice: 0,
        sched_priority: 0,
        sched_runtime: 0,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the kernel writes at most as many bytes as the structure has; it outlives the call.
    let done = unsafe { libc::syscall(libc::SYS_sched_getattr, thread, &raw mut found, SIZE, 0) };
    Errno::result(done)?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn a_thread_asks_and_what_it_starts_inherits() {
        let niceness = || attributes(0).unwrap().sched_nice;
        let before = niceness();
        ask(None).unwrap();
        let usual = of(0).unwrap();
        ask(Some(OWN)).unwrap();
        let Some(usual) = usual else {
            eprintln!("skipped: the kernel knows of no slices, as before Linux 6.12");
            return;
        };
        assert!(OWN < RESERVED && RESERVED < usual, "{usual:?}");
        assert_eq!(of(0).unwrap(), Some(OWN));
        thread::spawn(move || {
            assert_eq!(of(0).unwrap(), Some(OWN));
            ask(Some(RESERVED)).unwrap();
            assert_eq!(of(0).unwrap(), Some(RESERVED));
            ask(None).unwrap();
            assert_eq!(of(0).unwrap(), Some(usual));
        })
        .join()
        .unwrap();
        assert_eq!((of(0).unwrap(), niceness()), (Some(OWN), before));
        // It would be nobody's.
        assert!(of(-1).is_err());
    }
}
