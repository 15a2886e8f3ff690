//! Volumes behind the claims of a pod: found by claim and PersistentVolume and mounted in the pod's sandbox; those of EBS are waited for
//! until they are attached to this node's instance, those of EFS are mounted by the node itself ([`crate::files`]).

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use nix::{
    dir::Dir,
    fcntl::OFlag,
    sys::stat::{FileStat, SFlag, fstat},
};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};
use wharf_kube_client::{Error, Kind, Object as _, Patch, Ref, kind};
use wharf_kube_model::{
    file_volume::{self, FileVolume},
    growth::{self, FILE_SYSTEM_PENDING},
    persistent::{EbsDisk, attachment_key, ebs_disk, name_of_own},
};
use wharf_rootdir::{RootDir, proc_path};

use crate::{
    files,
    machine::{BlockDevice, MachineError},
    not_mounted::{NotMounted, Why},
    pod::{Container, Pod},
    worker::Context,
};

/// How long a volume is waited for in one go; the pod's back-off is between two.
const PATIENCE: Duration = Duration::from_secs(10);
/// Of a device: its folder's is one more.
const LONGEST_NAME: usize = 200;
const LOOK: Duration = Duration::from_millis(250);
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

async fn behind(context: &Context, pod: &Pod, of: &Claim) -> Result<Behind, Why> {
    let get = |kind: Kind, namespace: String, name: String| {
        let client = &context.node.client;
        async move { client.get(&kind, &namespace, &name).await }
    };
    let claim = get(
        kind::PERSISTENT_VOLUME_CLAIM,
        pod.metadata.namespace.clone(),
        of.name.clone(),
    );
    let claim = claim.await?;
    if of.is_own && !claim.is_controlled_by(&pod.metadata.uid) {
        return Err(Why::NotOwner {
            claim: of.name.clone(),
            pod: pod.metadata.name.clone(),
        });
    }
    let modes = claim.list("/spec/accessModes");
    if modes.iter().any(|it| it == "ReadWriteOncePod")
        && is_taken(&of.name, &pod.metadata.uid, &context.node.pods.read())
    {
        return Err(Why::InUse);
    }
    let named = claim.text("/spec/volumeName");
    if named.is_empty() || claim.text("/status/phase") != "Bound" {
        return Err(Why::NotBound);
    }
    let volume = get(kind::PERSISTENT_VOLUME, String::new(), named.to_owned());
    let volume = volume.await?;
    of_volume(&claim, &volume)
}

/// Whether a claim of one pod is another's here: of several pods that name their node themselves, the one that was made first has it. The
/// scheduler has others wait. Pure.
fn is_taken(claim: &str, own: &str, pods: &BTreeMap<String, Arc<Value>>) -> bool {
    let order = |it: &Value| {
        let made = it.text("/metadata/creationTimestamp").to_owned();
        (made, it.uid().to_owned())
    };
    let Some(own) = pods.values().find(|it| it.uid() == own) else {
        return false;
    };
    let names_it = |it: &Value| {
        let mut volumes = it.list("/spec/volumes").iter();
        volumes.any(|it| it.text("/persistentVolumeClaim/claimName") == claim)
    };
    let is_over = |it: &Value| matches!(it.text("/status/phase"), "Succeeded" | "Failed");
    pods.values().any(|it| {
        it.namespace() == own.namespace() && names_it(it) && !is_over(it) && order(it) < order(own)
    })
}

/// What this node can mount of a volume. Pure.
fn of_volume(claim: &Value, volume: &Value) -> Result<Behind, Why> {
    let name = volume.name();
    if volume.text("/spec/claimRef/uid") != claim.uid() {
        return Err(Why::OfAnother(name.to_owned()));
    }
    let unsupported = |what: String| {
        Err(Why::Unsupported {
            volume: name.to_owned(),
            what,
        })
    };
    if let Some(disk) = ebs_disk(volume) {
        if let Some(what) = unheeded(volume) {
            return unsupported(what.to_owned());
        }
        return match disk.filesystem.as_str() {
            _ if disk.is_block => Ok(Behind::Disk(disk)),
            "ext3" | "ext4" => Ok(Behind::Disk(disk)),
            other => unsupported(format!("fsType {other}")),
        };
    }
    if file_volume::is_file_volume(volume) {
        return Ok(Behind::Files(file_volume::read(volume)?));
    }
    let kind = match volume.at("/spec/csi").is_null() {
        false => format!("driver {}", volume.text("/spec/csi/driver")),
        true => {
            let known = ["hostPath", "local", "nfs", "iscsi", "fc"];
            let kind = known.iter().find(|it| volume["spec"][**it].is_object());
            (*kind.unwrap_or(&"its kind of storage")).to_owned()
        }
    };
    unsupported(kind)
}

/// What a PersistentVolume asks for of its disk and nobody does: with it the disk would be mounted otherwise, or another part of it.
fn unheeded(volume: &Value) -> Option<&'static str> {
    let spec = &volume["spec"];
    let of_driver = &spec["csi"]["volumeAttributes"]["partition"];
    let of_legacy = spec.integer("/awsElasticBlockStore/partition");
    if !spec.list("/mountOptions").is_empty() {
        Some("mountOptions")
    } else if of_driver.as_str().is_some_and(|it| !matches!(it, "" | "0"))
        || of_legacy.is_some_and(|it| it != 0)
    {
        Some("partition")
    } else {
        None
    }
}

async fn attached(context: &Context, disk: &EbsDisk) -> Result<(), Why> {
    const ATTACHMENT: Kind = Kind::known(
        "storage.k8s.io",
        "v1",
        "VolumeAttachment",
        "volumeattachments",
        false,
    );
    let key = attachment_key(&disk.id, &context.node.name);
    let digest = wharf_wire::sigv4::sha256_hex(key.as_bytes());
    let attachment = format!("csi-{digest}");
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = context.node.client.get(&ATTACHMENT, "", &attachment).await;
        let why = match &seen {
            Ok(it) if it.is_true("/status/attached") && !it.is_deleting() => return Ok(()),
            Ok(it) => match it.text("/status/attachError/message") {
                "" => "it is not attached yet",
                why => why,
            },
            Err(error) if error.is_not_found() => "nobody attaches it yet",
            Err(error) => return Err(error.clone().into()),
        };
        if Instant::now() >= end {
            return Err(Why::NotAttached {
                disk: disk.id.clone(),
                seen: why.to_owned(),
            });
        }
        sleep(LOOK).await;
    }
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

/// A file system is made as large as its volume when it is mounted: the claim says so.
async fn tell_grown(context: &Context, pod: &Pod, name: &str) {
    let namespace = &pod.metadata.namespace;
    let done = async {
        let client = &context.node.client;
        let (claims, volumes) = (kind::PERSISTENT_VOLUME_CLAIM, kind::PERSISTENT_VOLUME);
        let claim = client.get(&claims, namespace, name).await?;
        if !claim.has_condition(FILE_SYSTEM_PENDING, "True") {
            return Ok(());
        }
        let volume = client.get(&volumes, "", claim.text("/spec/volumeName"));
        let volume = volume.await?;
        let patch = Patch::Strategic(grown(&claim, &volume));
        let patched = client.patch_at(&claims, namespace, name, "status", &patch);
        patched.await?;
        let about = Ref::of(&claims, &claim);
        let text = "MountVolume.NodeExpandVolume succeeded for volume";
        let recorder = &context.node.recorder;
        recorder.normal(about, "FileSystemResizeSuccessful", text);
        Ok::<_, Error>(())
    };
    if let Err(error) = done.await {
        tracing::warn!(claim = format!("{namespace}/{name}"), %error, "failed to say that a file system was made larger");
    }
}

/// What makes a claim say that it is as large as its volume, and waits for nothing. Its other conditions are others', and so is what a
/// volume says that grows again already.
fn grown(claim: &Value, volume: &Value) -> Value {
    let over = |kinds: &[&str]| {
        let gone = kinds
            .iter()
            .map(|it| json!({"type": it, "$patch": "delete"}));
        gone.collect::<Vec<_>>()
    };
    let mut status = json!({
        "conditions": over(&[FILE_SYSTEM_PENDING]),
        "capacity": volume["spec"]["capacity"],
    });
    if [growth::NODE_PENDING, growth::NODE_IN_PROGRESS].contains(&growth::status(claim)) {
        status["conditions"] =
            over(&[FILE_SYSTEM_PENDING, growth::RESIZING, growth::REFUSED]).into();
        status["allocatedResourceStatuses"] = json!({"storage": null});
    }
    json!({"metadata": {"uid": claim.uid()}, "status": status})
}

/// What a group has to do with a folder, and that what is made there is the group's as well.
const OF_FOLDERS: u32 = 0o2770;

/// Whether a volume is left as it is whose root is the group's already. Pure.
fn only_if_other(pod: &Pod, is_mounted: bool) -> bool {
    let policy = &pod.spec.security_context.fs_group_change_policy;
    // Whoever mounted it may have been killed before it was done.
    is_mounted || policy.as_deref() == Some("OnRootMismatch")
}

/// Has the group own all that is in a volume, to read and to write. Links are left alone. Blocks.
fn give_to(root: &Path, group: u32, only_if_other: bool) -> io::Result<()> {
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

    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_mounted_is_named() {
        let claim = json!({"metadata": {"uid": "u"}});
        let volume = |mut spec: Value| {
            spec["claimRef"] = json!({"uid": "u"});
            json!({"metadata": {"name": "v"}, "spec": spec})
        };
        let of = |spec| of_volume(&claim, &volume(spec));
        let ebs = json!({"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1"}});
        let found = |spec| match of(spec).unwrap() {
            Behind::Disk(disk) => (disk.id, disk.is_block),
            Behind::Files(files) => (files.file_system, false),
        };
        assert_eq!(found(ebs.clone()), ("vol-1".to_owned(), false));
        let block = json!({"volumeMode": "Block", "csi": ebs["csi"]});
        assert_eq!(found(block), ("vol-1".to_owned(), true));
        let efs = json!({"csi": {"driver": "efs.csi.aws.com", "volumeHandle": "fs-1"}});
        assert_eq!(found(efs), ("fs-1".to_owned(), false));
        for (spec, text) in [
            (json!({"hostPath": {"path": "/x"}}), "hostPath is not"),
            (
                json!({"csi": {"driver": "efs.csi.aws.com"}}),
                "Expected a file system ID",
            ),
            (
                json!({"csi": {"driver": "s3.csi.aws.com"}}),
                "driver s3.csi.aws.com is not",
            ),
            (
                json!({"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1", "fsType": "xfs"}}),
                "fsType xfs is not",
            ),
            (
                json!({"csi": ebs["csi"], "mountOptions": ["ro"]}),
                "mountOptions is not",
            ),
            (
                json!({"csi": {"driver": "ebs.csi.aws.com", "volumeHandle": "vol-1", "volumeAttributes": {"partition": "1"}}}),
                "partition is not",
            ),
            (
                json!({"awsElasticBlockStore": {"volumeID": "vol-1", "partition": 1}}),
                "partition is not",
            ),
            (json!({"cinder": {}}), "its kind of storage is not"),
        ] {
            let why = of(spec).unwrap_err().to_string();
            assert!(why.contains(text), "{why}");
        }
        let other = json!({"metadata": {"uid": "x"}});
        let refused = of_volume(&other, &volume(ebs));
        assert!(matches!(refused, Err(Why::OfAnother(_))));
    }

    #[test]
    fn a_claim_that_grew_keeps_the_conditions_of_others() {
        let condition = |kind: &str| json!({"type": kind, "status": "True"});
        let live = json!({
            "capacity": {"storage": "3Gi"},
            "conditions": [condition("ModifyingVolume"), condition(FILE_SYSTEM_PENDING)],
        });
        // It was heard of before somebody wrote the other one.
        let claim = json!({"metadata": {"uid": "u"}, "status": {"conditions": [condition(FILE_SYSTEM_PENDING)]}});
        let volume = json!({"spec": {"capacity": {"storage": "9Gi"}}});
        let patch = grown(&claim, &volume);
        let kind = ("v1", "PersistentVolumeClaim");
        let expected = json!({
            "capacity": {"storage": "9Gi"},
            "conditions": [condition("ModifyingVolume")],
        });
        assert_eq!(crate::patch::applied(kind, &live, Some(&patch)), expected);
    }

    #[test]
    fn a_claim_that_grew_waits_for_nothing_unless_it_grows_again() {
        let condition = |kind: &str| json!({"type": kind, "status": "True"});
        let all = [growth::RESIZING, FILE_SYSTEM_PENDING, growth::REFUSED];
        let volume = json!({"spec": {"capacity": {"storage": "9Gi"}}});
        for (said, statuses, left) in [
            (growth::NODE_PENDING, json!({}), vec![]),
            (growth::NODE_IN_PROGRESS, json!({}), vec![]),
            (
                growth::IN_PROGRESS,
                json!({"storage": growth::IN_PROGRESS}),
                vec![condition(growth::RESIZING), condition(growth::REFUSED)],
            ),
        ] {
            let live = json!({
                "capacity": {"storage": "3Gi"},
                "allocatedResources": {"storage": "9Gi"},
                "allocatedResourceStatuses": {"storage": said},
                "conditions": all.map(condition),
            });
            let claim = json!({"metadata": {"uid": "u"}, "status": live});
            let patch = grown(&claim, &volume);
            let kind = ("v1", "PersistentVolumeClaim");
            let expected = json!({
                "capacity": {"storage": "9Gi"},
                "allocatedResources": {"storage": "9Gi"},
                "allocatedResourceStatuses": statuses,
                "conditions": left,
            });
            let applied = crate::patch::applied(kind, &live, Some(&patch));
            assert_eq!(applied, expected, "{said}");
        }
    }

    #[test]
    fn a_claim_of_one_pod_is_the_first_ones() {
        let pod = |uid: &str, namespace: &str, claim: &str, made: &str| {
            json!({
                "metadata": {"uid": uid, "namespace": namespace, "creationTimestamp": made},
                "spec": {"volumes": [{"persistentVolumeClaim": {"claimName": claim}}]},
            })
        };
        let (early, late) = ("2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z");
        let taken = |others: &[Value]| {
            let own = pod("b", "n", "c", late);
            let all = others.iter().cloned().chain([own]).map(Arc::new);
            let all = all.enumerate().map(|(at, it)| (at.to_string(), it));
            is_taken("c", "b", &all.collect())
        };
        assert!(!taken(&[]), "its own");
        assert!(taken(&[pod("z", "n", "c", early)]));
        // Of those of one second one is the first.
        assert!(taken(&[pod("a", "n", "c", late)]));
        assert!(!taken(&[pod("z", "n", "c", late)]));
        assert!(!taken(&[pod("a", "n", "other", early)]));
        assert!(!taken(&[pod("a", "m", "c", early)]));
        let mut over = pod("a", "n", "c", early);
        over["status"] = json!({"phase": "Succeeded"});
        assert!(!taken(&[over]));
    }

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
