//! Sealed files as the host has them: the file, and beside it where it is shown in the clear.
//!
//! A sealed file `disk.img` has an empty file `disk.open` beside it, which is there before anything is written. While somebody
//! has the key, what lies in the one is seen at the other: a mount, of a program that outlives this process. A loop
//! device is put over the second, never over the first.
//!
//! The program has the first locked for as long as it lives, so there is one at most. It is ended when nobody has the
//! second any more.

use std::{
    ffi::CString,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::{
        fd::{AsRawFd as _, FromRawFd as _, OwnedFd},
        unix::{
            ffi::OsStrExt as _,
            fs::{MetadataExt as _, OpenOptionsExt as _},
            net::UnixStream,
        },
    },
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    errno::Errno,
    mount::{MntFlags, MsFlags, mount, umount2},
};

use wharf_programs::{Program, fuse, heard};

use crate::serve::{ARGUMENT, NAME, READY};

/// What a program may take to begin.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where a sealed file is shown in the clear.
pub fn shown(sealed: &Path) -> PathBuf {
    sealed.with_extension("open")
}

/// Whether that file is one that is sealed. It is, as long as nobody can say that it is not.
pub fn is_sealed(file: &Path) -> bool {
    match fs::symlink_metadata(shown(file)) {
        Ok(_) => true,
        Err(error) => error.kind() != io::ErrorKind::NotFound,
    }
}

/// The file that devices are over: the one that shows it, if it is sealed.
pub fn below_devices(file: &Path) -> PathBuf {
    match is_sealed(file) {
        true => shown(file),
        false => file.to_owned(),
    }
}

/// Has a file that will be made be a sealed one. It may be one already.
pub fn seal(file: &Path) -> io::Result<()> {
    let shown = shown(file);
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(shown);
    match made {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        // Of one that was open when its program ended.
        Err(error) if error.raw_os_error() == Some(libc::ENOTCONN) => Ok(()),
        other => other?.sync_all(),
    }
}

/// How a sealed file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    No,
    Yes,
    /// Its program has ended: who has it open reads and writes nothing any more.
    Broken,
}

pub fn state(sealed: &Path) -> io::Result<Shown> {
    let folder = fs::metadata(sealed.parent().unwrap_or(sealed))?;
    match fs::symlink_metadata(shown(sealed)) {
        Ok(it) if it.dev() != folder.dev() => Ok(Shown::Yes),
        Ok(_) => Ok(Shown::No),
        Err(error) if error.raw_os_error() == Some(libc::ENOTCONN) => Ok(Shown::Broken),
        // Its program ended between the kernel's question and the answer.
        Err(error) if error.raw_os_error() == Some(libc::ECONNABORTED) => Ok(Shown::Broken),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Shown::No),
        Err(error) => Err(error),
    }
}

/// Shows it, by that program. `key`: of both halves. Blocks for some milliseconds.
///
/// # Errors
/// [`io::ErrorKind::ResourceBusy`] while somebody reads the file below, or a program before still has it.
pub fn open(program: &Program, sealed: &Path, key: &[u8]) -> io::Result<()> {
    if state(sealed)? == Shown::Yes {
        return Ok(());
    }
    hide(sealed)?;
    let file = locked(sealed)?;
    let fuse = fuse::device()?;
    let (mut own, theirs) = UnixStream::pair()?;
    own.set_read_timeout(Some(PATIENCE))?;
    own.set_write_timeout(Some(PATIENCE))?;
    let options = format!(
        "fd={},rootmode=100600,user_id=0,group_id=0",
        fuse.as_raw_fd()
    );
    let place = shown(sealed);
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC | MsFlags::MS_NOATIME;
    mount(
        Some("wharf-sealed"),
        &place,
        Some("fuse"),
        flags,
        Some(options.as_str()),
    )?;
    let given = [file.into(), OwnedFd::from(theirs).into(), fuse.into()];
    let begun = program.begin(&[ARGUMENT.as_ref()], given).and_then(|()| {
        // One that has ended says why, rather than that nobody takes the key.
        let sent = own.write_all(key);
        let said = heard(&own)?;
        if said.is_empty() {
            sent?;
        }
        match said == READY {
            true => Ok(()),
            false => Err(io::Error::other(format!(
                "the program that opens it said: {}",
                String::from_utf8_lossy(&said)
            ))),
        }
    });
    if begun.is_err() {
        let _ = hide(sealed);
    }
    begun
}

/// Past the page cache where its disk can: what is below is of no use to anybody.
fn locked(sealed: &Path) -> io::Result<File> {
    let open = |flags| {
        OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(sealed)
    };
    let file = match open(libc::O_DIRECT) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => open(0)?,
        other => other?,
    };
    // SAFETY: takes a descriptor of ours and a number.
    let locked = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
    match Errno::result(locked) {
        Err(Errno::EWOULDBLOCK) => {
            let text = "its bytes are being read, or a program that had it open has not ended yet";
            Err(io::Error::new(io::ErrorKind::ResourceBusy, text))
        }
        other => other.map(|_| file).map_err(Into::into),
    }
}

/// Shows it no more, and ends its program: its key is gone. For when nobody has it open.
pub fn hide(sealed: &Path) -> io::Result<()> {
    /// Nobody mounts one over another; should it be so, they go all the same.
    const MOST: u32 = 8;
    if !is_sealed(sealed) {
        return Ok(());
    }
    let flags = MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW;
    let place = shown(sealed);
    let place = CString::new(place.as_os_str().as_bytes())?;
    for _ in 0..MOST {
        match umount2(place.as_c_str(), flags) {
            Ok(()) => {}
            Err(Errno::EINVAL | Errno::ENOENT) => break,
            Err(other) => return Err(other.into()),
        }
    }
    end_program(sealed)
}

/// Mount namespaces that were made meanwhile have the mount too, so the program would not end by itself.
fn end_program(sealed: &Path) -> io::Result<()> {
    let image = match fs::metadata(sealed) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        other => Some(other?),
    };
    let gone = gone(sealed)?;
    for entry in fs::read_dir("/proc")? {
        let folder = entry?.path();
        let name = fs::read_to_string(folder.join("comm")).unwrap_or_default();
        let number = folder.file_name().and_then(|it| it.to_str()?.parse().ok());
        let Some(number) = number.filter(|_| name.trim_end() == NAME) else {
            continue;
        };
        // Held by this, the number becomes nobody else's.
        let Ok(program) = pidfd(number) else { continue };
        let open = fs::read_dir(folder.join("fd")).into_iter().flatten();
        let mut open = open.filter_map(|it| Some(it.ok()?.path()));
        let has_it = open.any(|fd| match (&image, fs::metadata(&fd)) {
            (Some(image), Ok(it)) => (it.dev(), it.ino()) == (image.dev(), image.ino()),
            (None, Ok(_)) => fs::read_link(&fd).is_ok_and(|it| Some(&it) == gone.as_ref()),
            _ => false,
        });
        if has_it {
            // SAFETY: takes a descriptor of ours and numbers.
            let sent = unsafe {
                libc::syscall(
                    libc::SYS_pidfd_send_signal,
                    program.as_raw_fd(),
                    libc::SIGKILL,
                    std::ptr::null::<libc::siginfo_t>(),
                    0,
                )
            };
            match Errno::result(sent) {
                Ok(_) | Err(Errno::ESRCH) => {}
                Err(other) => return Err(other.into()),
            }
        }
    }
    Ok(())
}

/// What the kernel calls a file that was deleted, for who has it open; `None` where its folder is gone too.
fn gone(file: &Path) -> io::Result<Option<PathBuf>> {
    let folder = match file.parent().map(fs::canonicalize).transpose() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    Ok(folder.zip(file.file_name()).map(|(folder, name)| {
        let mut text = folder.join(name).into_os_string();
        text.push(" (deleted)");
        text.into()
    }))
}

fn pidfd(number: i32) -> io::Result<OwnedFd> {
    // SAFETY: takes numbers; a success is a new descriptor.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, number, 0) };
    let fd = i32::try_from(Errno::result(fd)?).map_err(io::Error::other)?;
    // SAFETY: as above.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
