//! What the kernel says of files, and the calls that libc has no safe form of.

use std::{
    ffi::{CStr, CString},
    io,
    mem::MaybeUninit,
    os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd},
};

use nix::errno::Errno;
use wharf_nfs_wire::attributes::Kind;

use super::handle::FileHandle;

/// What is known of an object.
#[derive(Debug, Clone, Copy)]
pub struct Stat(libc::stat);

impl Stat {
    pub fn of(fd: BorrowedFd<'_>) -> io::Result<Self> {
        let mut stat = MaybeUninit::<libc::stat>::zeroed();
        // SAFETY: the pointer is to room for what the kernel writes.
        Errno::result(unsafe { libc::fstat(fd.as_raw_fd(), stat.as_mut_ptr()) })?;
        // SAFETY: it was written, and all bytes are a value of it besides.
        Ok(Self(unsafe { stat.assume_init() }))
    }

    pub fn kind(&self) -> Kind {
        Kind::of_mode(self.0.st_mode).unwrap_or_default()
    }

    pub fn raw(&self) -> &libc::stat {
        &self.0
    }

    /// Which it is on its file system.
    pub fn identity(&self) -> (u64, u64) {
        (self.0.st_dev, self.0.st_ino)
    }

    /// Changes whenever the object does: when it last did, in nanoseconds.
    pub fn change(&self) -> u64 {
        let (seconds, nanoseconds) = (self.0.st_ctime as u64, self.0.st_ctime_nsec as u64);
        seconds
            .wrapping_mul(1_000_000_000)
            .wrapping_add(nanoseconds)
    }
}

/// Opens a name in a folder, and nothing beyond it.
pub fn open_at(
    folder: BorrowedFd<'_>,
    name: &CStr,
    flags: libc::c_int,
    mode: u32,
) -> io::Result<OwnedFd> {
    let flags = flags | libc::O_NOFOLLOW | libc::O_CLOEXEC | libc::O_NOCTTY | libc::O_NONBLOCK;
    // SAFETY: a C string that outlives the call.
    let fd = unsafe { libc::openat(folder.as_raw_fd(), name.as_ptr(), flags, mode) };
    // SAFETY: a success is a new descriptor.
    Errno::result(fd)
        .map(|fd| unsafe { OwnedFd::from_raw_fd(fd) })
        .map_err(Into::into)
}

/// Whether the one who acts may; `wanted` as for access(2).
pub fn may(fd: BorrowedFd<'_>, wanted: libc::c_int) -> io::Result<()> {
    // SAFETY: a C string that outlives the call.
    let done = unsafe {
        libc::syscall(
            libc::SYS_faccessat2,
            fd.as_raw_fd(),
            c"".as_ptr(),
            wanted,
            libc::AT_EMPTY_PATH | libc::AT_EACCESS,
        )
    };
    Errno::result(done).map(drop).map_err(Into::into)
}

/// Where a link leads.
pub fn read_link(fd: BorrowedFd<'_>) -> io::Result<Vec<u8>> {
    let mut target = vec![0; libc::PATH_MAX as usize];
    // SAFETY: the kernel writes as many bytes as there is room for.
    let length = unsafe {
        libc::readlinkat(
            fd.as_raw_fd(),
            c"".as_ptr(),
            target.as_mut_ptr().cast(),
            target.len(),
        )
    };
    target.truncate(usize::try_from(Errno::result(length)?).unwrap_or_default());
    Ok(target)
}

pub fn change_owner(fd: BorrowedFd<'_>, user: Option<u32>, group: Option<u32>) -> io::Result<()> {
    let (user, group) = (user.unwrap_or(u32::MAX), group.unwrap_or(u32::MAX));
    let at = libc::AT_EMPTY_PATH;
    // SAFETY: a C string that outlives the call.
    let done = unsafe { libc::fchownat(fd.as_raw_fd(), c"".as_ptr(), user, group, at) };
    Errno::result(done).map(drop).map_err(Into::into)
}

/// Of access and of modification.
pub fn change_times(fd: BorrowedFd<'_>, times: [libc::timespec; 2]) -> io::Result<()> {
    let at = libc::AT_EMPTY_PATH;
    // SAFETY: pointers to what outlives the call.
    let done = unsafe { libc::utimensat(fd.as_raw_fd(), c"".as_ptr(), times.as_ptr(), at) };
    Errno::result(done).map(drop).map_err(Into::into)
}

/// Gives what is open another name.
pub fn link_to(fd: BorrowedFd<'_>, folder: BorrowedFd<'_>, name: &CStr) -> io::Result<()> {
    let at = libc::AT_EMPTY_PATH;
    // SAFETY: C strings that outlive the call.
    let done = unsafe {
        libc::linkat(
            fd.as_raw_fd(),
            c"".as_ptr(),
            folder.as_raw_fd(),
            name.as_ptr(),
            at,
        )
    };
    Errno::result(done).map(drop).map_err(Into::into)
}

/// One name of a folder.
#[derive(Debug)]
pub struct Entry {
    pub name: CString,
    /// Where the next begins.
    pub next: i64,
}

/// Names of a folder from a place on, as many as one call gives; none at the end.
pub fn entries(folder: BorrowedFd<'_>, from: i64) -> io::Result<Vec<Entry>> {
    /// `d_ino`, `d_off`, `d_reclen`, `d_type`
    const HEAD: usize = 19;
    let mut buffer = vec![0_u8; 32 << 10];
    // SAFETY: takes numbers.
    Errno::result(unsafe { libc::lseek(folder.as_raw_fd(), from, libc::SEEK_SET) })?;
    // SAFETY: the kernel writes as many bytes as there is room for.
    let length = unsafe {
        libc::syscall(
            libc::SYS_getdents64,
            folder.as_raw_fd(),
            buffer.as_mut_ptr(),
            buffer.len(),
        )
    };
    let length = usize::try_from(Errno::result(length)?).map_err(io::Error::other)?;
    let mut rest = &buffer[..length];
    let mut entries = Vec::new();
    while rest.len() > HEAD {
        let next = i64::from_ne_bytes(rest[8..16].try_into().map_err(io::Error::other)?);
        let size = usize::from(u16::from_ne_bytes([rest[16], rest[17]]));
        let Some((entry, others)) = rest.split_at_checked(size.max(HEAD)) else {
            break;
        };
        if let Ok(name) = CStr::from_bytes_until_nul(&entry[HEAD..]) {
            entries.push(Entry {
                name: name.to_owned(),
                next,
            });
        }
        rest = others;
    }
    Ok(entries)
}

/// What is free on the disk below, and all of it: bytes, and files where they are counted.
pub fn room(fd: BorrowedFd<'_>) -> io::Result<[(u64, u64); 2]> {
    let stat = nix::sys::statvfs::fstatvfs(fd)?;
    let size = stat.fragment_size();
    let bytes = (stat.blocks_available() * size, stat.blocks() * size);
    Ok([bytes, (stat.files_available(), stat.files())])
}

/// What files below a folder take, hard links once. `pause` is called now and then.
pub fn usage(folder: BorrowedFd<'_>, pause: &mut dyn FnMut()) -> io::Result<u64> {
    let mut linked = std::collections::HashSet::new();
    // By their handles: there may be more than this program has descriptors.
    let mut folders = vec![FileHandle::of(folder)?];
    let (mut bytes, all) = (0, folder);
    while let Some(folder) = folders.pop() {
        use std::os::fd::AsFd as _;
        // Nobody's access: clients know what they made by its times.
        let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOATIME;
        let Ok(folder) = folder.open(all, flags) else {
            continue;
        };
        let mut from = 0;
        loop {
            let entries = entries(folder.as_fd(), from)?;
            let Some(last) = entries.last() else { break };
            from = last.next;
            for entry in &entries {
                if matches!(entry.name.to_bytes(), b"." | b"..") {
                    continue;
                }
                // Gone meanwhile.
                let Ok(fd) = open_at(folder.as_fd(), &entry.name, libc::O_PATH, 0) else {
                    continue;
                };
                let stat = Stat::of(fd.as_fd())?;
                let is_first = stat.raw().st_nlink < 2 || linked.insert(stat.identity());
                if stat.kind() == Kind::Folder {
                    folders.push(FileHandle::of(fd.as_fd())?);
                }
                if is_first || stat.kind() == Kind::Folder {
                    bytes += u64::try_from(stat.raw().st_blocks).unwrap_or_default() * 512;
                }
            }
            pause();
        }
    }
    Ok(bytes)
}
