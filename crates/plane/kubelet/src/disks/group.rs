//! The group of a pod's volumes: who has all that is in one, and when a volume is left as it is.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

use nix::{
    dir::Dir,
    fcntl::OFlag,
    sys::stat::{FileStat, SFlag, fstat},
};
use wharf_rootdir::{RootDir, proc_path};

use crate::pod::Pod;

/// What a group has to do with a folder, and that what is made there is the group's as well.
const OF_FOLDERS: u32 = 0o2770;

/// Whether a volume is left as it is whose root is the group's already. Pure.
pub(super) fn only_if_other(pod: &Pod, is_mounted: bool) -> bool {
    let policy = &pod.spec.security_context.fs_group_change_policy;
    // Whoever mounted it may have been killed before it was done.
    is_mounted || policy.as_deref() == Some("OnRootMismatch")
}

/// Has the group own all that is in a volume, to read and to write. Links are left alone. Blocks.
pub(super) fn give_to(root: &Path, group: u32, only_if_other: bool) -> io::Result<()> {
    let dir = RootDir::open(root)?;
    let top = dir.open_at(Path::new("."), OFlag::O_PATH | OFlag::O_DIRECTORY)?;
    let known = fstat(&top)?;
    let is_so = known.st_gid == group && known.st_mode & OF_FOLDERS == OF_FOLDERS;
    if only_if_other && is_so {
        return Ok(());
    }
    // The root last: it says that all below it is done.
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW;
        let open = match dir.open_at(&folder, flags) {
            // Whoever else has the volume may have removed it, or a path may be longer than any may be.
            Err(e) if !folder.as_os_str().is_empty() => {
                tracing::warn!(folder = %folder.display(), error = %e, "failed to open a folder of a volume; its group is not changed");
                continue;
            }
            other => other?,
        };
        let mut listing = Dir::from_fd(open)?;
        for entry in listing.iter() {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if matches!(name, b"." | b"..") {
                continue;
            }
            let path =
                folder.join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(name));
            let Ok(open) = dir.open_at(&path, OFlag::O_PATH | OFlag::O_NOFOLLOW) else {
                continue;
            };
            let stat = fstat(&open)?;
            if is_of(&stat, SFlag::S_IFLNK) {
                continue;
            }
            own(&open, &stat, group)?;
            if is_of(&stat, SFlag::S_IFDIR) {
                folders.push(path);
            }
        }
    }
    own(&top, &known, group)
}

fn is_of(stat: &FileStat, kind: SFlag) -> bool {
    stat.st_mode & SFlag::S_IFMT.bits() == kind.bits()
}

fn own(open: &OwnedFd, stat: &FileStat, group: u32) -> io::Result<()> {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    let path = proc_path(open.as_fd());
    if stat.st_gid != group {
        chown(&path, None, Some(group))?;
    }
    let added = if is_of(stat, SFlag::S_IFDIR) {
        OF_FOLDERS
    } else {
        0o660
    };
    let mode = stat.st_mode & 0o7777 | added;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use std::{
        fs,
        os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown, symlink},
    };

    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_group_gets_all_but_what_links_lead_to() {
        let dir = tempfile::tempdir().unwrap();
        let (root, outside) = (dir.path().join("volume"), dir.path().join("outside"));
        fs::create_dir_all(root.join("a/b")).unwrap();
        for path in [root.join("a/b/file"), outside.clone()] {
            fs::write(&path, "").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        }
        symlink(&outside, root.join("link")).unwrap();
        give_to(&root, 77, true).unwrap();
        let of = |path: &Path| {
            let it = fs::metadata(path).unwrap();
            (it.gid(), it.mode() & 0o7777)
        };
        assert_eq!(of(&root.join("a/b/file")), (77, 0o660));
        assert_eq!(of(&root.join("a/b")), (77, 0o2775));
        assert_eq!(of(&root), (77, 0o2775));
        assert_eq!(of(&outside).1, 0o600);
        // Once the root is so, nothing is looked at.
        fs::write(root.join("a/new"), "").unwrap();
        fs::set_permissions(root.join("a/new"), fs::Permissions::from_mode(0o600)).unwrap();
        give_to(&root, 77, true).unwrap();
        assert_eq!(of(&root.join("a/new")).1, 0o600);
        give_to(&root, 77, false).unwrap();
        assert_eq!(of(&root.join("a/new")), (77, 0o660));
    }

    #[test]
    fn a_policy_says_whether_a_volume_is_walked_whose_root_is_the_groups() {
        const GROUP: u32 = 77;
        let always = || json!("Always");
        let on_mismatch = || json!("OnRootMismatch");
        for (policy, is_mounted, group, mode, is_walked) in [
            (Value::Null, false, GROUP, 0o2775, true),
            (always(), false, GROUP, 0o2775, true),
            (on_mismatch(), false, GROUP, 0o2775, false),
            (on_mismatch(), false, GROUP, 0o2777, false),
            (on_mismatch(), false, GROUP + 1, 0o2775, true),
            (on_mismatch(), false, GROUP, 0o775, true),
            (on_mismatch(), false, GROUP, 0o2755, true),
            (on_mismatch(), false, GROUP, 0o2575, true),
            // By whoever mounted it, it was.
            (always(), true, GROUP, 0o2775, false),
            (always(), true, GROUP, 0o755, true),
        ] {
            let dir = tempfile::tempdir().unwrap();
            let (root, file) = (dir.path().join("volume"), dir.path().join("volume/file"));
            fs::create_dir(&root).unwrap();
            fs::write(&file, "").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            chown(&root, None, Some(group)).unwrap();
            fs::set_permissions(&root, fs::Permissions::from_mode(mode)).unwrap();
            let security = json!({"fsGroup": GROUP, "fsGroupChangePolicy": policy});
            let pod = json!({"metadata": {"name": "p"}, "spec": {"securityContext": security}});
            let pod = Pod::read(&pod).unwrap();
            give_to(&root, GROUP, only_if_other(&pod, is_mounted)).unwrap();
            let case = format!("{policy} {is_mounted} {group} {mode:o}");
            let of = |path: &Path| {
                let it = fs::metadata(path).unwrap();
                (it.gid(), it.mode() & 0o7777)
            };
            assert_eq!(of(&file) == (GROUP, 0o660), is_walked, "{case}");
            let wanted = if is_walked { mode | OF_FOLDERS } else { mode };
            assert_eq!(of(&root), (GROUP, wanted), "{case}");
        }
    }
}
