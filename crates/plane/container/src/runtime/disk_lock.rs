//! Who has a disk's file: one mount of it, or those who read it while there is none.

use std::{
    fs::File,
    io,
    ops::Deref,
    os::{fd::AsRawFd, unix::fs::MetadataExt},
    path::Path,
};

use nix::errno::Errno;
use wharf_sealed_file::{Shown, below_devices, is_sealed, state};

use super::loops::{is_attached, open_device};

/// Opens a file that nobody has, and keeps others from it: a loop device keeps the open file, and the lock with it, for
/// as long as anybody uses the device. Of one that is sealed it is the file that shows it, which has to be shown.
pub(super) fn lock_image(image: &Path) -> io::Result<File> {
    let busy = || {
        let text = "the disk is still mounted";
        io::Error::new(io::ErrorKind::ResourceBusy, text)
    };
    if is_attached(image)? {
        return Err(busy());
    }
    if is_sealed(image) && state(image)? != Shown::Yes {
        let text = "the disk is sealed, and nobody here has its key";
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, text));
    }
    let file = open_device(below_devices(image))?;
    let exclusive = libc::LOCK_EX | libc::LOCK_NB;
    // SAFETY: takes a descriptor of ours and a number.
    let locked = unsafe { libc::flock(file.as_raw_fd(), exclusive) };
    match Errno::result(locked) {
        Err(Errno::EWOULDBLOCK) => Err(busy()),
        other => other.map(|_| file).map_err(Into::into),
    }
}

/// A file that no device comes over meanwhile.
#[derive(Debug)]
pub struct Held {
    file: File,
    /// What shows it in the clear, which devices would be over.
    _shown: Option<File>,
}

impl Deref for Held {
    type Target = File;

    fn deref(&self) -> &File {
        &self.file
    }
}

/// Opens a file that no device is over, to read it, and keeps devices from it for as long as it is held. One that is sealed
/// is read as it is, also while it is shown: then it must not be hidden meanwhile.
///
/// # Errors
/// [`io::ErrorKind::ResourceBusy`]: one is, or comes to be, or it is just being shown or hidden.
pub fn hold_unattached(image: &Path) -> io::Result<Held> {
    let is_shown = is_sealed(image) && state(image)? == Shown::Yes;
    if !is_shown {
        let file = held(image, image)?;
        return Ok(Held { file, _shown: None });
    }
    let shown = held(&below_devices(image), image)?;
    let file = File::open(image)?;
    match shown.metadata()?.dev() == file.metadata()?.dev() {
        // It was hidden, and that is the empty file below.
        true => Err(io::ErrorKind::ResourceBusy.into()),
        false => Ok(Held {
            file,
            _shown: Some(shown),
        }),
    }
}

/// `file`: of the image, locked against devices.
fn held(file: &Path, image: &Path) -> io::Result<File> {
    let busy = || io::Error::new(io::ErrorKind::ResourceBusy, "somebody has the disk");
    let file = File::open(file)?;
    let shared = libc::LOCK_SH | libc::LOCK_NB;
    // SAFETY: takes a descriptor of ours and a number.
    let locked = unsafe { libc::flock(file.as_raw_fd(), shared) };
    match Errno::result(locked) {
        Err(Errno::EWOULDBLOCK) => Err(busy()),
        Err(other) => Err(other.into()),
        Ok(_) if is_attached(image)? => Err(busy()),
        Ok(_) => Ok(file),
    }
}
