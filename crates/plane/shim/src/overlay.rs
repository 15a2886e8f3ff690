//! A container's root file system: read-only layers under a writable one of its own.

use std::{fs, io, os::fd::AsFd, path::Path};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use wharf_rootdir::{RootDir, proc_path};
use wharf_shim_protocol::{RootfsPlan, folder::ContainerFolder};

/// As many as Docker allows in one image.
const MAX_LAYERS: usize = 128;

/// Mounts the overlay on `rootfs/`, in the shim's mount namespace.
///
/// Layers are named through open descriptors: the kernel takes one page of options, and a hundred
/// full paths would not fit. `volatile` spares the flush of the whole disk when the mount goes
/// away: after a crash of the machine this layer is never used again.
pub fn mount_rootfs(folder: &ContainerFolder, plan: &RootfsPlan) -> io::Result<()> {
    if plan.layers.is_empty() || plan.layers.len() > MAX_LAYERS {
        let text = format!(
            "an image has 1 to {MAX_LAYERS} layers, not {}",
            plan.layers.len()
        );
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    for made in [folder.rootfs(), folder.upper(), folder.work()] {
        fs::create_dir_all(made)?;
    }
    open_to_all(&folder.upper())?;
    let layers = plan
        .layers
        .iter()
        .map(|path| RootDir::open(path))
        .collect::<io::Result<Vec<_>>>()?;
    let lower: Vec<String> = layers
        .iter()
        .rev()
        .map(|layer| proc_path(layer.as_fd()).display().to_string())
        .collect();
    let own = RootDir::open(folder.base())?;
    let own_path = proc_path(own.as_fd().as_fd());
    let options = format!(
        "lowerdir={},upperdir={own}/upper,workdir={own}/work",
        lower.join(":"),
        own = own_path.display()
    );
    let target = folder.rootfs();
    let try_mount = |options: &str| {
        mount(
            Some("overlay"),
            &target,
            Some("overlay"),
            MsFlags::empty(),
            Some(options),
        )
    };
    // Kernels before 5.10 do not know the option.
    try_mount(&format!("{options},volatile")).or_else(|_| try_mount(&options))?;
    Ok(())
}

/// The top folder of a container is its `/`, which every user may enter.
fn open_to_all(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Takes the mount away; processes that still use it keep it until they end.
pub fn unmount_rootfs(folder: &ContainerFolder) {
    let _ = umount2(&folder.rootfs(), MntFlags::MNT_DETACH);
}
