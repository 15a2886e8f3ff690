//! A container's root file system: read-only layers under a writable one of its own.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::chown,
    path::{Path, PathBuf},
};

use nix::mount::{MntFlags, umount2};
use wharf_rootdir::{RootDir, proc_path};
use wharf_shim_protocol::{RootfsPlan, folder::ContainerFolder, plan::UserSetup};
use wharf_userns::{IdRange, mount_layers};

use crate::user_namespace;

/// For a layer that is kept while those below change with each version of wharf: nothing in it may point to where
/// something lay below, whatever the kernel's defaults are.
const PINNED: [&str; 4] = ["index=off", "metacopy=off", "redirect_dir=off", "xino=off"];

/// Mounts the overlay on `rootfs/`, in the shim's mount namespace; in a user namespace, on its stage.
/// What is written goes to `writable`.
///
/// `volatile` spares the flush of the whole disk when the mount goes away: after a crash of the
/// machine this layer is never used again, unless it is kept.
///
/// In a user namespace the layers' owners are mapped; the writable layer keeps the host's numbers of
/// whoever writes, and ends with the container.
pub fn mount_rootfs(
    folder: &ContainerFolder,
    writable: &Path,
    plan: &RootfsPlan,
    user: Option<&UserSetup>,
) -> io::Result<()> {
    let target = rootfs(folder, user);
    let [upper, work] = parts_of(writable);
    for made in [&target, &upper, &work] {
        fs::create_dir_all(made)?;
    }
    open_to_all(&upper)?;
    open_to_all(&target)?;
    if let Some(IdRange { first, .. }) = user.map(|user| user.range) {
        chown(&upper, Some(first), Some(first))?;
    }
    let mapped = user
        .map(|user| MappedParents::mount(plan, user))
        .transpose()?;
    let layers = plan
        .layers
        .iter()
        .map(|path| match &mapped {
            Some(mapped) => RootDir::open(&mapped.path_of(path)?),
            None => RootDir::open(path),
        })
        .collect::<io::Result<Vec<_>>>()?;
    let lower: Vec<_> = layers.iter().map(RootDir::as_fd).collect();
    let own = RootDir::open(writable)?;
    let own_path = proc_path(own.as_fd()).display().to_string();
    let upper = format!("upperdir={own_path}/upper");
    let work = format!("workdir={own_path}/work");
    let try_mount = |more: &[&str]| {
        let mut options = vec![upper.as_str(), work.as_str()];
        options.extend_from_slice(more);
        mount_layers(&lower, &options, &target)
    };
    // A layer that is kept must not say of itself that it is of no more use.
    if plan.kept {
        // Kernels that do not know all of these features do none of them.
        return try_mount(&PINNED).or_else(|_| try_mount(&[]));
    }
    // Kernels before 5.10 do not know the option.
    try_mount(&["volatile"]).or_else(|_| try_mount(&[]))
}

/// The folders in which an image's layers lie, seen with mapped owners. The overlay keeps what it
/// needs of them, so that they need not stay.
struct MappedParents {
    /// Each folder, and where it is shown.
    shown: BTreeMap<PathBuf, PathBuf>,
}

impl MappedParents {
    fn mount(plan: &RootfsPlan, user: &UserSetup) -> io::Result<Self> {
        let mut mapped = Self {
            shown: BTreeMap::new(),
        };
        for layer in &plan.layers {
            let parent = parent(layer)?;
            if mapped.shown.contains_key(parent) {
                continue;
            }
            let target = user.stage.join(format!("layers{}", mapped.shown.len()));
            fs::create_dir_all(&target)?;
            user_namespace::put_mapped(parent, &target)?;
            mapped.shown.insert(parent.to_owned(), target);
        }
        Ok(mapped)
    }

    fn path_of(&self, layer: &Path) -> io::Result<PathBuf> {
        let shown = self.shown.get(parent(layer)?);
        let name = layer.file_name();
        shown
            .zip(name)
            .map(|(shown, name)| shown.join(name))
            .ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }
}

impl Drop for MappedParents {
    fn drop(&mut self) {
        for shown in self.shown.values() {
            let _ = umount2(shown, MntFlags::MNT_DETACH);
            let _ = fs::remove_dir(shown);
        }
    }
}

fn parent(layer: &Path) -> io::Result<&Path> {
    layer
        .parent()
        .ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// Where the root file system is mounted.
pub fn rootfs(folder: &ContainerFolder, user: Option<&UserSetup>) -> PathBuf {
    user.map_or_else(|| folder.rootfs(), UserSetup::rootfs)
}

fn parts_of(writable: &Path) -> [PathBuf; 2] {
    ["upper", "work"].map(|part| writable.join(part))
}

/// Removes what an ended container had written.
pub fn discard(writable: &Path) -> io::Result<()> {
    for part in parts_of(writable) {
        wharf_rootdir::remove_tree(&part)?;
    }
    Ok(())
}

/// The top folder of a container is its `/`, which every user may enter.
fn open_to_all(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

/// Takes a container's mounts away; processes that still use them keep them until they end.
pub fn unmount(folder: &ContainerFolder, user: Option<&UserSetup>) {
    if let Some(user) = user {
        user_namespace::clear_stage(user);
        let _ = umount2(&folder.etc(), MntFlags::MNT_DETACH);
        return;
    }
    for mounted in [folder.rootfs(), folder.proc(), folder.etc()] {
        let _ = umount2(&mounted, MntFlags::MNT_DETACH);
    }
}
