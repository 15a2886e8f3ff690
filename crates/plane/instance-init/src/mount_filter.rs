//! Calls of `mount` that the host answers: a user namespace may mount no file system that lies on a block device, and the
//! volumes of an instance are its own.
//!
//! The filter asks for new mounts and for `fsopen`; binds, moves, remounts and changes of propagation go to the kernel as
//! ever. It is there before anything of the instance runs, and all that comes after has it. The end at which the kernel
//! asks stays open here for as long as the instance lives, so that calls wait for an agent that starts again.

use std::{io, mem::offset_of};

use nix::libc;

/// The number of the end at which the kernel asks; the host takes a copy of it.
pub const LISTENER: i32 = 200;

const LOAD: u16 = 0x20;
const JUMP_EQUAL: u16 = 0x15;
const JUMP_ANY_BIT: u16 = 0x45;
const RETURN: u16 = 0x06;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;

/// What makes a call of `mount` none for a new file system.
const OF_OTHERS: u64 = libc::MS_REMOUNT
    | libc::MS_BIND
    | libc::MS_MOVE
    | libc::MS_SHARED
    | libc::MS_PRIVATE
    | libc::MS_SLAVE
    | libc::MS_UNBINDABLE;

const fn op(code: u16, jt: u8, jf: u8, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt, jf, k }
}

fn program() -> [libc::sock_filter; 9] {
    let flags = offset_of!(libc::seccomp_data, args) + 3 * size_of::<u64>();
    [
        op(LOAD, 0, 0, offset_of!(libc::seccomp_data, arch) as u32),
        // Calls of another architecture have other numbers.
        op(JUMP_EQUAL, 0, 5, ARCHITECTURE),
        op(LOAD, 0, 0, offset_of!(libc::seccomp_data, nr) as u32),
        op(JUMP_EQUAL, 4, 0, libc::SYS_fsopen as u32),
        op(JUMP_EQUAL, 0, 2, libc::SYS_mount as u32),
        // The lower half of the flags, in which all of these are.
        op(LOAD, 0, 0, flags as u32),
        op(JUMP_ANY_BIT, 0, 1, OF_OTHERS as u32),
        op(RETURN, 0, 0, libc::SECCOMP_RET_ALLOW),
        op(RETURN, 0, 0, libc::SECCOMP_RET_USER_NOTIF),
    ]
}

/// Puts the filter before all calls of this process and of those that it starts.
pub fn install() -> io::Result<()> {
    let program = program();
    let filter = libc::sock_fprog {
        len: program.len() as u16,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the program outlives the call; a success is a new descriptor.
    let end = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            libc::SECCOMP_SET_MODE_FILTER,
            libc::SECCOMP_FILTER_FLAG_NEW_LISTENER,
            &raw const filter,
        )
    };
    if end < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: takes numbers; the first is a descriptor of ours.
    let moved = unsafe { libc::dup3(end as i32, LISTENER, libc::O_CLOEXEC) };
    if moved < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above.
    unsafe { libc::close(end as i32) };
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the kernel would do, by its own rules.
    fn judged(architecture: u32, call: i64, flags: u64) -> u32 {
        let program = program();
        let mut at = 0;
        let mut accumulator = 0_u32;
        loop {
            let it = &program[at];
            at += 1;
            let jump = |taken: bool| usize::from(if taken { it.jt } else { it.jf });
            match it.code {
                LOAD => {
                    accumulator = match it.k {
                        0 => call as u32,
                        4 => architecture,
                        40 => flags as u32,
                        other => panic!("{other}"),
                    }
                }
                JUMP_EQUAL => at += jump(accumulator == it.k),
                JUMP_ANY_BIT => at += jump(accumulator & it.k != 0),
                RETURN => return it.k,
                other => panic!("{other}"),
            }
        }
    }

    #[test]
    fn new_mounts_are_asked_for() {
        let (asked, allowed) = (libc::SECCOMP_RET_USER_NOTIF, libc::SECCOMP_RET_ALLOW);
        for (call, flags, then) in [
            (libc::SYS_mount, 0, asked),
            (libc::SYS_mount, libc::MS_RDONLY | libc::MS_NOSUID, asked),
            (libc::SYS_mount, libc::MS_BIND | libc::MS_REC, allowed),
            (libc::SYS_mount, libc::MS_REMOUNT | libc::MS_RDONLY, allowed),
            (libc::SYS_mount, libc::MS_PRIVATE | libc::MS_REC, allowed),
            (libc::SYS_fsopen, 0, asked),
            (libc::SYS_read, 0, allowed),
        ] {
            assert_eq!(judged(ARCHITECTURE, call, flags), then, "{call} {flags:x}");
        }
        assert_eq!(judged(3, libc::SYS_mount, 0), allowed);
    }
}
