//! Folders and files that the host lends to a container.

use std::{
    fs::{self, File},
    io,
    os::fd::{AsFd, OwnedFd},
    path::Path,
};

use nix::{
    errno::Errno,
    fcntl::{OFlag, OpenHow, ResolveFlag, open, openat2},
    mount::{MsFlags, mount},
    sys::stat::{Mode, SFlag, fstat},
};
use wharf_rootdir::{proc_path, settled};
use wharf_shim_protocol::plan::HostBind;

/// Binds what is lent to its place in the container's folder, in the shim's mount namespace.
///
/// # Errors
/// A link has come in the way since the agent looked, or it is gone.
pub fn stage(bind: &HostBind) -> io::Result<()> {
    let source = open_below(&bind.beneath, &bind.source).map_err(|error| {
        let text = format!(
            "cannot open the host path {}: {error}",
            bind.source.display()
        );
        io::Error::new(error.kind(), text)
    })?;
    if SFlag::from_bits_truncate(fstat(&source)?.st_mode) & SFlag::S_IFMT == SFlag::S_IFDIR {
        fs::create_dir_all(&bind.at)?;
    } else {
        File::create(&bind.at)?;
    }
    mount(
        Some(&proc_path(source.as_fd())),
        &bind.at,
        None::<&str>,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        None::<&str>,
    )?;
    Ok(())
}

fn open_below(beneath: &Path, source: &Path) -> io::Result<OwnedFd> {
    let top = open(beneath, OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())?;
    let below = source
        .strip_prefix(beneath)
        .map_err(|_| io::Error::from(Errno::EXDEV))?;
    if below.as_os_str().is_empty() {
        return Ok(top);
    }
    let how = OpenHow::new()
        .flags(OFlag::O_PATH | OFlag::O_CLOEXEC)
        .resolve(ResolveFlag::RESOLVE_BENEATH | ResolveFlag::RESOLVE_NO_SYMLINKS);
    Ok(settled(|| openat2(&top, below, how))?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn links_are_not_followed() {
        let top = tempfile::tempdir().unwrap();
        let at = |name: &str| top.path().join(name);
        fs::create_dir_all(at("srv/a")).unwrap();
        fs::create_dir_all(at("etc")).unwrap();
        symlink(at("etc"), at("srv/out")).unwrap();
        symlink("a", at("srv/in")).unwrap();
        let open = |name: &str| open_below(&at("srv"), &at(name));
        for fine in ["srv", "srv/a"] {
            assert!(open(fine).is_ok(), "{fine}");
        }
        for not in ["srv/out", "srv/in", "srv/out/x", "etc", "srv/../etc"] {
            assert!(open(not).is_err(), "{not}");
        }
    }
}
