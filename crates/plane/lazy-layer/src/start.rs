//! Lazy layers as the agent has them: where they are mounted, and the program that shows each.
//!
//! They are mounted in a small file system of their own, whose mounts every mount namespace hears of that was made since: so a
//! shim sees a layer that is mounted after it began. Only overlays hold a layer for longer than it is mounted here.

use std::{
    ffi::CString,
    fs::{self, File, OpenOptions},
    io,
    os::{
        fd::{AsRawFd as _, OwnedFd},
        unix::{
            ffi::OsStrExt as _,
            fs::{MetadataExt as _, OpenOptionsExt as _},
            net::UnixStream,
        },
    },
    path::Path,
    process::Stdio,
    time::Duration,
};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use wharf_programs::{Program, fuse, heard};

use crate::serve::{ARGUMENT, READY, SOCKET};

/// Of the file system that layers are mounted in: folders and links.
pub const ROOM: &str = "mode=700,size=1m";
/// What a program may take to begin: it reads the index.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes it where it is not there yet.
///
/// # Errors
/// The kernel refuses.
pub fn make_room(at: &Path) -> io::Result<()> {
    match wharf_durable::private_folder(at) {
        Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
        _ => {}
    }
    if room_is_there(at)? {
        return Ok(());
    }
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    mount(Some("wharf-layers"), at, Some("tmpfs"), flags, Some(ROOM))?;
    let none = None::<&str>;
    // Whoever copies the host's mounts as a slave hears of what comes here.
    let shared = mount(none, at, none, MsFlags::MS_SHARED, none);
    if let Err(error) = shared {
        let _ = unmount(at);
        return Err(error.into());
    }
    Ok(())
}

/// # Errors
/// It cannot be told.
pub fn room_is_there(at: &Path) -> io::Result<bool> {
    let above = at.parent().unwrap_or(at);
    match fs::metadata(at) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        found => Ok(found?.dev() != fs::metadata(above)?.dev()),
    }
}

/// Shows the layer of a folder at `place`, by that program. Blocks until it can be read.
///
/// # Errors
/// What the program says, or the kernel. Nothing is mounted then.
pub fn begin(program: &Program, folder: &Path, place: &Path) -> io::Result<()> {
    let fuse = fuse::device()?;
    let (own, theirs) = UnixStream::pair()?;
    own.set_read_timeout(Some(PATIENCE))?;
    let options = format!(
        "fd={},rootmode=40000,user_id=0,group_id=0,allow_other,default_permissions",
        fuse.as_raw_fd()
    );
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_RDONLY | MsFlags::MS_NOATIME;
    let options = Some(options.as_str());
    mount(Some("wharf-layer"), place, Some("fuse"), flags, options)?;
    let arguments = [ARGUMENT.as_ref(), folder.as_os_str()];
    let given = [Stdio::null(), OwnedFd::from(theirs).into(), fuse.into()];
    let begun = program.begin(&arguments, given).and_then(|()| {
        let said = heard(&own)?;
        if said != READY {
            let said = String::from_utf8_lossy(&said);
            return Err(io::Error::other(format!(
                "the program that shows a layer said: {said}"
            )));
        }
        // From the first answer on the kernel knows what the file system can do.
        fs::metadata(place).map(drop)
    });
    if begun.is_err() {
        let _ = unmount(place);
    }
    begun
}

/// To the program of a folder.
///
/// # Errors
/// There is none any more.
pub fn connect(folder: &Path) -> io::Result<UnixStream> {
    // Names of sockets are short.
    let open = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_PATH | libc::O_DIRECTORY)
        .open(folder)?;
    UnixStream::connect(through(&open).join(SOCKET))
}

fn through(open: &File) -> std::path::PathBuf {
    format!("/proc/self/fd/{}", open.as_raw_fd()).into()
}

/// Takes off what is mounted there, with all that is mounted in it; overlays keep what they have.
///
/// # Errors
/// The kernel refuses.
pub fn unmount(place: &Path) -> io::Result<()> {
    let flags = MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW;
    let place = CString::new(place.as_os_str().as_bytes())?;
    match umount2(place.as_c_str(), flags) {
        Ok(()) | Err(nix::errno::Errno::EINVAL | nix::errno::Errno::ENOENT) => Ok(()),
        Err(other) => Err(other.into()),
    }
}
