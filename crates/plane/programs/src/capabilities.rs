//! What a process may do, as sets with a bit for each capability, and what programs may that it becomes.

use nix::errno::Errno;

/// Of whom the kernel is asked, in which form.
#[repr(C)]
struct Header {
    version: u32,
    pid: libc::c_int,
}

/// One of the two that a set of each kind has in this form: the lower half of its bits comes first.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct Half {
    effective: u32,
    permitted: u32,
    inheritable: u32,
}

/// This process.
const fn own() -> Header {
    Header {
        // `_LINUX_CAPABILITY_VERSION_3`
        version: 0x2008_0522,
        pid: 0,
    }
}

/// Those that it may use.
///
/// # Errors
/// The kernel refuses.
pub fn permitted() -> nix::Result<u64> {
    let (mut header, mut halves) = (own(), [Half::default(); 2]);
    // SAFETY: both have the form of version 3, and outlive the call.
    let done = unsafe { libc::syscall(libc::SYS_capget, &raw mut header, halves.as_mut_ptr()) };
    Errno::result(done)?;
    let [low, high] = halves.map(|it| u64::from(it.permitted));
    Ok(high << 32 | low)
}

/// It has those from here on, and none beside them; no program that it becomes inherits any.
///
/// # Errors
/// One of them is not permitted.
pub fn set(kept: u64) -> nix::Result<()> {
    let half = |bits: u64| Half {
        effective: bits as u32,
        permitted: bits as u32,
        inheritable: 0,
    };
    let (mut header, halves) = (own(), [half(kept), half(kept >> 32)]);
    // SAFETY: both have the form of version 3, and outlive the call.
    let done = unsafe { libc::syscall(libc::SYS_capset, &raw mut header, halves.as_ptr()) };
    Errno::result(done).map(drop)
}

/// Beyond those no program that it becomes can have any.
///
/// # Errors
/// It may not say so.
pub fn bound(kept: u64) -> nix::Result<()> {
    for capability in (0..u64::BITS).filter(|it| kept & (1 << it) == 0) {
        let number = libc::c_ulong::from(capability);
        // SAFETY: plain prctl without pointers.
        let done = unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0_u64, 0_u64, 0_u64) };
        match Errno::result(done) {
            // One beyond the last that this kernel knows.
            Err(Errno::EINVAL) => break,
            done => done.map(drop)?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use nix::{
        sys::wait::{WaitStatus, waitpid},
        unistd::{ForkResult, fork},
    };

    use super::*;

    #[test]
    fn what_is_kept_is_all_that_is_left() {
        let all = permitted().unwrap();
        // The lowest, if there is one.
        let kept = all & all.wrapping_neg();
        // SAFETY: the child calls the kernel, and ends.
        let ended = match unsafe { fork() }.unwrap() {
            ForkResult::Parent { child } => waitpid(child, None).unwrap(),
            ForkResult::Child => {
                let done = set(kept).and_then(|()| permitted()) == Ok(kept);
                let more = all != kept && set(all).is_ok();
                // SAFETY: it ends.
                unsafe { libc::_exit(i32::from(!done || more)) }
            }
        };
        assert!(matches!(ended, WaitStatus::Exited(_, 0)), "{ended:?}");
    }
}
