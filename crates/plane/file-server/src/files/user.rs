//! Acting as a user: the kernel decides about this thread's calls as it would about that user's.

use std::{io, marker::PhantomData};

use nix::errno::Errno;

use crate::config::User;

/// Who nobody is, in NFS and in EFS.
pub const NOBODY: u32 = 65_534;

/// As long as it lives, this thread acts as a user. What only root may is root's again with its end.
pub struct Acting {
    /// It is this thread's.
    not_send: PhantomData<*const ()>,
}

impl Acting {
    pub fn as_user(user: &User) -> io::Result<Self> {
        let acting = Self {
            not_send: PhantomData,
        };
        groups(&user.groups)?;
        // In this order: who is not root any more may not choose a group.
        set(libc::SYS_setfsgid, user.gid)?;
        set(libc::SYS_setfsuid, user.uid)?;
        Ok(acting)
    }
}

impl Drop for Acting {
    fn drop(&mut self) {
        let back = set(libc::SYS_setfsuid, 0)
            .and_then(|()| set(libc::SYS_setfsgid, 0))
            .and_then(|()| groups(&[]));
        if back.is_err() {
            // Nothing may be done as somebody else.
            std::process::abort();
        }
    }
}

/// Of this thread alone, which is why libc's own call is not used.
fn groups(groups: &[u32]) -> io::Result<()> {
    // SAFETY: the kernel reads as many numbers as are there.
    let done = unsafe { libc::syscall(libc::SYS_setgroups, groups.len(), groups.as_ptr()) };
    Errno::result(done).map(drop).map_err(Into::into)
}

/// These calls say nothing of failures, but tell who it was before.
fn set(call: libc::c_long, id: u32) -> io::Result<()> {
    // SAFETY: takes a number.
    unsafe { libc::syscall(call, id) };
    // SAFETY: as above; no id is this number, so it only asks.
    let is = unsafe { libc::syscall(call, u32::MAX) };
    match u32::try_from(is) == Ok(id) {
        true => Ok(()),
        false => Err(io::Error::from_raw_os_error(libc::EPERM)),
    }
}
