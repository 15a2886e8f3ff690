//! A new named volume starts with what the image has at its mount point, as with Docker.

use std::{
    fs, io,
    os::{
        fd::AsFd,
        unix::fs::{MetadataExt, PermissionsExt},
    },
    path::Path,
};

use nix::{
    fcntl::OFlag,
    sys::stat::{Mode, SFlag, mknod},
    unistd::{Gid, Uid, fchownat},
};
use wharf_rootdir::{RootDir, proc_path};
use wharf_userns::IdRange;

/// Deeper trees than this are none that an image builder made.
const MAX_DEPTH: usize = 256;

/// Fills `volume` from `source` inside the container's root, if the volume is empty and the image
/// has a folder there. On disk the volume has the image's owners: where the root shows them mapped
/// to a range, it is taken off again.
pub fn copy_up(
    rootfs: &Path,
    source: &Path,
    volume: &Path,
    range: Option<IdRange>,
) -> io::Result<()> {
    if fs::read_dir(volume)?.next().is_some() {
        return Ok(());
    }
    let root = RootDir::open(rootfs)?;
    let folder = match root.open_at(source, OFlag::O_RDONLY | OFlag::O_DIRECTORY) {
        Ok(folder) => folder,
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(());
        }
        Err(e) => return Err(e),
    };
    // From the open folder downwards no link is followed, so nothing outside of it is reached.
    let from = proc_path(folder.as_fd());
    copy_attributes(volume, &fs::metadata(&from)?, range)?;
    copy_folder(&from, volume, 0, range)
}

/// On the task's own disk nobody but the shim can make it.
pub fn make_volume(volume: &Path) -> io::Result<()> {
    match fs::metadata(volume) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(volume)?;
            fs::set_permissions(volume, fs::Permissions::from_mode(0o755))
        }
        other => other.map(drop),
    }
}

fn copy_folder(from: &Path, to: &Path, depth: usize, range: Option<IdRange>) -> io::Result<()> {
    if depth > MAX_DEPTH {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "folders nested too deeply",
        ));
    }
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        let meta = fs::symlink_metadata(&from)?;
        let kind = meta.file_type();
        if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(&from)?, &to)?;
        } else if kind.is_dir() {
            fs::create_dir(&to)?;
            copy_folder(&from, &to, depth + 1, range)?;
        } else if kind.is_file() {
            fs::copy(&from, &to)?;
        } else {
            let kind = SFlag::from_bits_truncate(meta.mode() & libc::S_IFMT);
            mknod(
                &to,
                kind,
                Mode::from_bits_truncate(meta.mode()),
                meta.rdev(),
            )?;
        }
        copy_attributes(&to, &meta, range)?;
    }
    Ok(())
}

fn copy_attributes(to: &Path, meta: &fs::Metadata, range: Option<IdRange>) -> io::Result<()> {
    let flags = nix::fcntl::AtFlags::AT_SYMLINK_NOFOLLOW;
    let on_disk = |id| range.and_then(|range| range.inside(id)).unwrap_or(id);
    let uid = Uid::from_raw(on_disk(meta.uid()));
    let gid = Gid::from_raw(on_disk(meta.gid()));
    fchownat(nix::fcntl::AT_FDCWD, to, Some(uid), Some(gid), flags)?;
    if !meta.file_type().is_symlink() {
        fs::set_permissions(to, meta.permissions())?;
    }
    Ok(())
}
