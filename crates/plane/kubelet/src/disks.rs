//! Volumes behind the claims of a pod: found by claim and PersistentVolume and mounted in the pod's sandbox; those of EBS are waited for
//! until they are attached to this node's instance, those of EFS are mounted by the node itself ([`crate::files`]).

mod claimed;
mod group;
mod grown;

use std::{
    collections::BTreeSet,
    io,
    path::{Component, Path},
    sync::Arc,
    time::Duration,
};

use tokio::time::timeout;
use wharf_kube_model::{
    file_volume::FileVolume,
    persistent::{EbsDisk, name_of_own},
};

use self::{
    claimed::{attached, behind},
    group::{give_to, only_if_other},
    grown::tell_grown,
};
use crate::{
    files,
    machine::{BlockDevice, MachineError},
    not_mounted::{NotMounted, Why},
    pod::{Container, Pod},
    worker::Context,
};

/// Of a device: its folder's is one more.
const LONGEST_NAME: usize = 200;
/// To check, make or grow a file system, and to walk it for its group.
const MOUNT_PATIENCE: Duration = Duration::from_secs(10 * 60);

/// What is behind a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Behind {
    Disk(EbsDisk),
    Files(FileVolume),
}

impl Behind {
    fn read_only(&self) -> bool {
        match self {
            Self::Disk(it) => it.read_only,
            Self::Files(it) => it.read_only,
        }
    }

    fn is_block(&self) -> bool {
        matches!(self, Self::Disk(it) if it.is_block)
    }
}

/// What a volume claims: by name, or what is made for its pod alone.
struct Claim {
    name: String,
    read_only: bool,
    is_own: bool,
}

fn claims(pod: &Pod) -> impl Iterator<Item = (&str, Claim)> {
    pod.spec.volumes.iter().filter_map(|volume| {
        let own = volume.ephemeral.as_ref().map(|_| Claim {
            name: name_of_own(&pod.metadata.name, &volume.name),
            read_only: false,
            is_own: true,
        });
        let named = volume.persistent_volume_claim.as_ref().map(|it| Claim {
            name: it.claim_name.clone(),
            read_only: it.read_only,
            is_own: false,
        });
        Some((volume.name.as_str(), own.or(named)?))
    })
}

pub fn has_any(pod: &Pod) -> bool {
    claims(pod).next().is_some()
}

/// Volumes that no container writes to, whatever its mount says.
pub fn read_only(context: &Context, pod: &Pod) -> BTreeSet<String> {
    let disks = context.disks.lock();
    let names = claims(pod)
        .filter(|(name, claim)| claim.read_only || disks.get(*name).is_some_and(Behind::read_only));
    names.map(|(name, _)| name.to_owned()).collect()
}

/// Volumes that are file systems of EFS: what mounts them tells user numbers as the sandbox has them.
pub fn file_systems(context: &Context) -> BTreeSet<String> {
    let disks = context.disks.lock();
    let files = disks
        .iter()
        .filter(|(_, it)| matches!(it, Behind::Files(_)));
    files.map(|(name, _)| name.clone()).collect()
}

/// Finds the volumes behind the claims of a pod, and waits until they are attached.
pub async fn find(context: &Arc<Context>, pod: &Pod) -> Result<(), NotMounted> {
    for (name, claim) in claims(pod) {
        if context.disks.lock().contains_key(name) {
            continue;
        }
        let found = behind(context, pod, &claim).await;
        let found = found.map_err(|why| NotMounted::step("MountVolume.SetUp", name, why))?;
        check_mode(pod, name, found.is_block())?;
        if let Behind::Disk(disk) = &found {
            let step = match disk.is_block {
                true => "MapVolume.WaitForAttach",
                false => "MountVolume.WaitForAttach",
            };
            let attached = attached(context, disk).await;
            attached.map_err(|why| NotMounted::step(step, name, why))?;
        }
        context.disks.lock().insert(name.to_owned(), found);
    }
    Ok(())
}

/// Whether containers have a volume as what it is, in upstream's words. Pure.
fn check_mode(pod: &Pod, name: &str, is_block: bool) -> Result<(), NotMounted> {
    let is_mounted = |it: &Container| it.volume_mounts.iter().any(|it| it.name == name);
    let is_device = |it: &Container| it.volume_devices.iter().any(|it| it.name == name);
    let (mode, other) = match is_block {
        true if pod.all_containers().any(is_mounted) => ("Block", "volumeMounts"),
        false if pod.all_containers().any(is_device) => ("Filesystem", "volumeDevices"),
        _ => return Ok(()),
    };
    Err(NotMounted::Mode {
        volume: name.to_owned(),
        mode,
        other,
    })
}

/// The name below `/dev` that a volume is to have in a container; `None` where this node can have none. Pure.
pub fn device_name(path: &str) -> Option<&str> {
    /// Those of every container, and what is told of its end.
    const TAKEN: [&str; 17] = [
        "console",
        "core",
        "fd",
        "full",
        "mqueue",
        "null",
        "ptmx",
        "pts",
        "random",
        "shm",
        "stderr",
        "stdin",
        "stdout",
        "termination-log",
        "tty",
        "urandom",
        "zero",
    ];
    let mut parts = Path::new(path).components();
    let is_below = parts.next() == Some(Component::RootDir)
        && parts.next() == Some(Component::Normal("dev".as_ref()));
    let Some(Component::Normal(name)) = parts.next().filter(|_| is_below) else {
        return None;
    };
    let name = name.to_str().filter(|_| parts.next().is_none())?;
    let is_plain = name.len() <= LONGEST_NAME && !name.starts_with('.');
    (is_plain && !TAKEN.contains(&name)).then_some(name)
}

/// What a container has of the volumes that were found, as devices.
pub fn devices(context: &Context, pod: &Pod, of: &Container) -> Vec<BlockDevice> {
    let disks = context.disks.lock();
    let wanted = of.volume_devices.iter().filter_map(|it| {
        let (_, claim) = claims(pod).find(|(name, _)| *name == it.name)?;
        let Behind::Disk(disk) = disks.get(&it.name)? else {
            return None;
        };
        Some(BlockDevice {
            name: device_name(&it.device_path)?.to_owned(),
            volume: disk.id.clone(),
            writable: !(claim.read_only || disk.read_only),
        })
    });
    wanted.collect()
}

/// Mounts what was found at the pod's volumes below `dir`, each once; what is a device is held for its containers.
pub async fn mount(context: &Arc<Context>, pod: &Pod, dir: &Path) -> Result<(), NotMounted> {
    let (machine, sandbox) = (&context.node.machine, context.sandbox.as_str());
    for (name, claim) in claims(pod) {
        let place = dir.join(name);
        let found = context.disks.lock().get(name).cloned();
        let disk = match found.ok_or_else(|| NotMounted::NotFound(name.to_owned()))? {
            Behind::Disk(disk) => disk,
            Behind::Files(files) => {
                let mounted = files::mount(context, name, &files, &place).await;
                if mounted.is_err() {
                    // What is asked for may be changed.
                    context.disks.lock().remove(name);
                }
                mounted?;
                continue;
            }
        };
        if disk.is_block {
            let held = timeout(MOUNT_PATIENCE, machine.hold(sandbox, &disk)).await;
            let held = held.unwrap_or(Err(MachineError::NoAnswer));
            if held.map_err(|why| NotMounted::step("MapVolume.SetUpDevice", name, why))? {
                tell_grown(context, pod, &claim.name).await;
            }
            continue;
        }
        let is_mounted = machine.has_mount(sandbox, &place);
        if !is_mounted {
            let mounted = timeout(MOUNT_PATIENCE, machine.mount(sandbox, &disk, &place)).await;
            let mounted = mounted.unwrap_or(Err(MachineError::NoAnswer));
            if mounted.map_err(|why| NotMounted::step("MountVolume.MountDevice", name, why))? {
                tell_grown(context, pod, &claim.name).await;
            }
        }
        if let Some(group) = pod.spec.security_context.fs_group
            && !(disk.read_only || claim.read_only)
        {
            let seen = machine.seen(sandbox, &place)?;
            let only_if_other = only_if_other(pod, is_mounted);
            let owned =
                tokio::task::spawn_blocking(move || give_to(&seen, group, only_if_other)).await;
            owned
                .unwrap_or_else(|e| Err(io::Error::other(e)))
                .map_err(Why::Group)
                .map_err(|why| NotMounted::step("MountVolume.SetUp", name, why))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_volume_is_used_as_what_it_is() {
        let pod = |of: Value| {
            let pod = json!({"metadata": {"name": "p"}, "spec": {"containers": [of]}});
            Pod::read(&pod).unwrap()
        };
        let mounts = pod(json!({"name": "c", "volumeMounts": [{"name": "d", "mountPath": "/d"}]}));
        let device =
            pod(json!({"name": "c", "volumeDevices": [{"name": "d", "devicePath": "/dev/xvda"}]}));
        assert!(check_mode(&mounts, "d", false).is_ok());
        assert!(check_mode(&device, "d", true).is_ok());
        for (pod, is_block, text) in [
            (
                &mounts,
                true,
                "volume d has volumeMode Block, but is specified in volumeMounts",
            ),
            (
                &device,
                false,
                "volume d has volumeMode Filesystem, but is specified in volumeDevices",
            ),
        ] {
            let why = check_mode(pod, "d", is_block).unwrap_err().to_string();
            assert!(why.ends_with(text), "{why}");
        }
    }

    #[test]
    fn devices_lie_directly_below_dev() {
        assert_eq!(device_name("/dev/xvda"), Some("xvda"));
        assert_eq!(device_name("/dev//block/"), Some("block"));
        let long = format!("/dev/{}", "x".repeat(LONGEST_NAME + 1));
        for other in [
            "",
            "xvda",
            "/xvda",
            "/dev",
            "/dev/a/b",
            "/dev/null",
            "/dev/.xvda",
            "/dev/../xvda",
            &long,
        ] {
            assert_eq!(device_name(other), None, "{other}");
        }
    }
}
