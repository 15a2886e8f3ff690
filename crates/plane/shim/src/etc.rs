//! `/etc/hosts` and its kin, which a container may write.
//!
//! The agent writes them where all tasks of the node have files in memory. What a container binds is a copy, on a small
//! file system of its own: filling that one takes room from nobody else.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use nix::mount::{MsFlags, mount};

/// What a container may add, in bytes.
const ROOM: u64 = 1 << 20;

/// Mounts the container's own over `folder`, with copies of what is in it. It ends with the mount namespace at the latest.
pub fn make_own(folder: &Path) -> io::Result<()> {
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let entries = match fs::read_dir(folder) {
        // A container without such files.
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let content = fs::read(&path)?;
        files.push((path, content));
    }
    let bytes: u64 = files.iter().map(|(_, content)| content.len() as u64).sum();
    // Its root, the files, and nothing beside them.
    let (size, inodes) = (ROOM + bytes, files.len() + 1);
    let options = format!("mode=755,size={size},nr_inodes={inodes}");
    let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    mount(
        Some("tmpfs"),
        folder,
        Some("tmpfs"),
        flags,
        Some(options.as_str()),
    )?;
    for (path, content) in files {
        fs::write(&path, content)?;
        // Every user of the container reads them.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644))?;
    }
    Ok(())
}
