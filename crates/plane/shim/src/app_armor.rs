//! The AppArmor profile of a program, which the kernel puts on at the exec that follows.
//!
//! What lies over `/proc` in a container is its image's and its volumes' to say: nothing is written but to the kernel's own file, or the
//! program does not run.

use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::OwnedFd,
    path::Path,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2},
    sys::{
        stat::Mode,
        statfs::{PROC_SUPER_MAGIC, fstatfs},
    },
};

/// Has this process run its next program under a profile.
pub fn put_on(profile: &str) -> io::Result<()> {
    let flags = OFlag::O_PATH | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    tell(&open("/proc", flags, Mode::empty())?, profile)
}

fn tell(proc: &OwnedFd, profile: &str) -> io::Result<()> {
    if fstatfs(proc)?.filesystem_type() != PROC_SUPER_MAGIC {
        let text = "what is at /proc is not the kernel's";
        return Err(io::Error::new(io::ErrorKind::InvalidData, text));
    }
    // `self` is a link of the kernel's to a folder beside it.
    let resolve = ResolveFlag::RESOLVE_BENEATH
        | ResolveFlag::RESOLVE_NO_XDEV
        | ResolveFlag::RESOLVE_NO_MAGICLINKS;
    let how = OpenHow::new()
        .flags(OFlag::O_WRONLY | OFlag::O_CLOEXEC)
        .resolve(resolve);
    let file = match openat2(proc, Path::new("self/attr/apparmor/exec"), how) {
        // Kernels before 5.8 have one for all such modules.
        Err(Errno::ENOENT) => openat2(proc, Path::new("self/attr/exec"), how)?,
        other => other?,
    };
    File::from(file).write_all(format!("exec {profile}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_kernels_own_file_is_written_to() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("self/attr/apparmor")).unwrap();
        let file = dir.path().join("self/attr/apparmor/exec");
        std::fs::write(&file, "").unwrap();
        let folder = File::open(dir.path()).unwrap().into();
        let error = tell(&folder, "mine").unwrap_err();
        assert_eq!(error.to_string(), "what is at /proc is not the kernel's");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "");
    }

    #[test]
    fn a_profile_that_cannot_be_put_on_is_an_error() {
        // With a kernel that has no AppArmor as with one that knows no such profile.
        assert!(put_on("wharf-no-such-profile").is_err());
    }
}
