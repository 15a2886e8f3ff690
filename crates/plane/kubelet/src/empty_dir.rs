//! Volumes that begin empty and end with their pod: folders on the node's disk, or file systems in its memory.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt, chown},
    path::Path,
};

use nix::mount::{MntFlags, MsFlags, mount, umount2};

use crate::{
    pod::{EmptyDir, Pod},
    qos, quantity,
};

const MEMORY: &str = "Memory";

/// What such a volume is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Whose it is, beside root's.
    group: Option<u32>,
    /// Bytes of memory that it may take, if that is where it is.
    memory: Option<u64>,
}

/// Pure. `node_memory`: bytes that pods of the node may ask for together.
pub fn wish(pod: &Pod, of: Option<&EmptyDir>, node_memory: u64) -> Wish {
    let in_memory = of.filter(|it| it.medium.as_deref() == Some(MEMORY));
    // What is in memory counts for the containers that wrote it: more than the pod may have, it cannot take.
    let memory = in_memory.map(|it| {
        let asked = it.size_limit.as_ref().and_then(quantity::whole);
        let asked = asked.and_then(|it| u64::try_from(it).ok());
        let bounds = [asked, qos::pod_bounds(pod).memory_bytes, Some(node_memory)];
        // To a tmpfs, nothing is no bound.
        let least = bounds.into_iter().flatten().min();
        least.unwrap_or_default().max(1)
    });
    Wish {
        group: pod.spec.security_context.fs_group,
        memory,
    }
}

/// Everybody in the pod writes there. One that is there already is kept.
pub fn make(place: &Path, wish: &Wish) -> io::Result<()> {
    if place.is_dir() && (wish.memory.is_none() || is_mounted(place)?) {
        return Ok(());
    }
    // What is in it is reached by what is mounted elsewhere.
    if let Some(above) = place.parent() {
        wharf_durable::private_folder(above)?;
    }
    fs::create_dir_all(place)?;
    let mode = if wish.group.is_some() { 0o2777 } else { 0o777 };
    match wish.memory {
        Some(bytes) => {
            let group = wish.group.unwrap_or_default();
            let options = format!("size={bytes},mode={mode:o},gid={group}");
            let flags = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
            let kind = Some("tmpfs");
            Ok(mount(kind, place, kind, flags, Some(options.as_str()))?)
        }
        None => {
            chown(place, None, wish.group)?;
            fs::set_permissions(place, fs::Permissions::from_mode(mode))
        }
    }
}

/// Whether something is mounted there: it is on another device than the folder that it is in.
fn is_mounted(place: &Path) -> io::Result<bool> {
    let above = place.parent().unwrap_or(place);
    Ok(fs::metadata(place)?.dev() != fs::metadata(above)?.dev())
}

/// Lets go of the memory of all volumes in a folder.
pub fn unmount_all(volumes: &Path) {
    for entry in fs::read_dir(volumes).into_iter().flatten().flatten() {
        let flags = MntFlags::MNT_DETACH | MntFlags::UMOUNT_NOFOLLOW;
        // There may be several, one above the other.
        while umount2(&entry.path(), flags).is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NODE: u64 = 1 << 30;

    fn of(dir: Value, limit: Option<&str>) -> Wish {
        let container = match limit {
            Some(limit) => json!({"name": "c", "resources": {"limits": {"memory": limit}}}),
            None => json!({"name": "c"}),
        };
        let pod = json!({"metadata": {"name": "p"}, "spec": {"securityContext": {"fsGroup": 7},
            "containers": [container], "volumes": [{"name": "v", "emptyDir": dir}]}});
        let pod = Pod::read(&pod).unwrap();
        wish(&pod, pod.spec.volumes[0].empty_dir.as_ref(), NODE)
    }

    #[test]
    fn memory_is_bounded_by_what_the_volume_the_pod_and_the_node_may_have() {
        assert_eq!(of(json!({}), None).memory, None);
        assert_eq!(of(json!({"medium": ""}), None).memory, None);
        assert_eq!(of(json!({"medium": "Memory"}), None).memory, Some(NODE));
        let limited = || json!({"medium": "Memory", "sizeLimit": "2Mi"});
        assert_eq!(of(limited(), None).memory, Some(2 << 20));
        assert_eq!(of(limited(), Some("1Mi")).memory, Some(1 << 20));
        let none = json!({"medium": "Memory", "sizeLimit": 0});
        assert_eq!(of(none, None).memory, Some(1));
        assert_eq!(of(json!({}), None).group, Some(7));
    }

    #[test]
    fn a_folder_is_open_to_all_in_the_pod() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().join("volumes/v");
        let on_disk = Wish {
            group: None,
            memory: None,
        };
        make(&place, &on_disk).unwrap();
        assert_eq!(fs::metadata(&place).unwrap().mode() & 0o7777, 0o777);
        fs::write(place.join("kept"), "").unwrap();
        make(&place, &on_disk).unwrap();
        assert!(place.join("kept").exists());
    }
}
