//! Device nodes: what every container may open, and what a definition adds.

use std::{
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use wharf_cgroup::{DeviceKind, DeviceRule};

use super::{Device, SpecError};

/// A node to be made in the container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub path: PathBuf,
    /// Where the host has it.
    pub source: PathBuf,
    pub kind: DeviceKind,
    pub major: u32,
    pub minor: u32,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
}

/// Nodes may be made, and these opened: Docker's default list.
pub fn default_rules() -> Vec<DeviceRule> {
    let rule = |kind, major, minor, open| DeviceRule {
        kind,
        major,
        minor,
        read: open,
        write: open,
        mknod: true,
    };
    let mut rules = vec![
        rule(DeviceKind::Char, None, None, false),
        rule(DeviceKind::Block, None, None, false),
        // Terminals of the container's own devpts.
        rule(DeviceKind::Char, Some(136), None, true),
    ];
    // null, zero, full, random, urandom, tty, console, ptmx
    for (major, minor) in [
        (1, 3),
        (1, 5),
        (1, 7),
        (1, 8),
        (1, 9),
        (5, 0),
        (5, 1),
        (5, 2),
    ] {
        rules.push(rule(DeviceKind::Char, Some(major), Some(minor), true));
    }
    rules
}

/// Looks a device of the host up; a folder stands for all devices in it, as with Docker.
pub fn resolve(device: &Device) -> Result<(Vec<Node>, Vec<DeviceRule>), SpecError> {
    let bad = |reason: String| SpecError::BadDevice {
        path: device.host_path.clone(),
        reason,
    };
    let allowed = |letter| device.permissions.is_empty() || device.permissions.contains(letter);
    if device
        .permissions
        .chars()
        .any(|letter| !"rwm".contains(letter))
    {
        return Err(bad(format!("invalid permissions {:?}", device.permissions)));
    }
    let mut nodes = Vec::new();
    if fs::metadata(&device.host_path)
        .map_err(|e| bad(e.to_string()))?
        .is_dir()
    {
        collect(&device.host_path, &device.container_path, 0, &mut nodes);
    } else {
        nodes.push(
            node(&device.host_path, &device.container_path)
                .ok_or_else(|| bad("not a device node".into()))?,
        );
    }
    let rules = nodes
        .iter()
        .map(|node| DeviceRule {
            kind: node.kind,
            major: Some(node.major),
            minor: Some(node.minor),
            read: allowed('r'),
            write: allowed('w'),
            mknod: allowed('m'),
        })
        .collect();
    Ok((nodes, rules))
}

/// Every device of the host, for privileged containers.
pub fn all_of_the_host() -> Vec<Node> {
    let mut nodes = Vec::new();
    collect(Path::new("/dev"), Path::new("/dev"), 0, &mut nodes);
    nodes
}

/// Mounted by the container itself, or made with every container.
const OWN: [&str; 12] = [
    "pts", "shm", "mqueue", "fd", "console", "null", "zero", "full", "random", "urandom", "tty",
    "ptmx",
];

fn collect(host: &Path, container: &Path, depth: usize, nodes: &mut Vec<Node>) {
    let Ok(entries) = fs::read_dir(host) else {
        return;
    };
    for entry in entries.filter_map(Result::ok) {
        let (Ok(kind), name) = (entry.file_type(), entry.file_name()) else {
            continue;
        };
        if depth == 0 && OWN.iter().any(|own| name == *own) {
            continue;
        }
        let container = container.join(&name);
        if kind.is_dir() && depth < 4 {
            collect(&entry.path(), &container, depth + 1, nodes);
        } else if kind.is_char_device() || kind.is_block_device() {
            nodes.extend(node(&entry.path(), &container));
        }
    }
}

fn node(host: &Path, container: &Path) -> Option<Node> {
    let meta = fs::metadata(host).ok()?;
    let kind = match meta.file_type() {
        kind if kind.is_char_device() => DeviceKind::Char,
        kind if kind.is_block_device() => DeviceKind::Block,
        _ => return None,
    };
    Some(Node {
        path: container.to_owned(),
        source: host.to_owned(),
        kind,
        major: nix::sys::stat::major(meta.rdev()) as u32,
        minor: nix::sys::stat::minor(meta.rdev()) as u32,
        mode: meta.mode() & 0o777,
        uid: meta.uid(),
        gid: meta.gid(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_of_the_host() {
        let device = Device {
            host_path: "/dev/null".into(),
            container_path: "/dev/nothing".into(),
            permissions: "r".into(),
        };
        let (nodes, rules) = resolve(&device).unwrap();
        assert_eq!(
            (nodes[0].major, nodes[0].minor, nodes[0].path.to_str()),
            (1, 3, Some("/dev/nothing"))
        );
        assert_eq!(
            (rules[0].read, rules[0].write, rules[0].mknod),
            (true, false, false)
        );
        assert!(
            resolve(&Device {
                host_path: "/etc/passwd".into(),
                ..device.clone()
            })
            .is_err()
        );
        assert!(
            resolve(&Device {
                permissions: "rx".into(),
                ..device
            })
            .is_err()
        );
    }
}
