//! The specification of a container, from its pod, its image and what the node adds. Pure but for looking at links of volumes that
//! the node itself wrote.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::{fd::AsFd as _, unix::fs::MetadataExt as _},
    path::{Path, PathBuf},
};

use wharf_container::{
    image::ImageConfig,
    spec::{
        AS_NUMBER, Capabilities, ContainerName, ContainerSpec, ImageGroups, LogMode, Mount,
        NameFiles, NamespaceMode, SystemCalls, Ulimit, merge_argv, merge_env,
    },
};

use crate::{
    env::{self, expand},
    machine::reaper,
    pod::{Container, Pod, Volume},
    qos,
};

/// What is kept of a container's output; the oldest goes first. Five files of ten MiB upstream.
const LOG_BYTES: u64 = 50 << 20;
const NOFILE: (u64, u64) = (65_536, 1_048_576);
/// Where a container leaves what is told of its end, unless it says otherwise.
pub const TERMINATION_LOG: &str = "/dev/termination-log";

/// What the node adds to a container.
pub struct Around<'a> {
    pub image: &'a ImageConfig,
    pub run: ContainerName,
    pub replaces: Option<ContainerName>,
    /// Whose processes it sees, beside its own.
    pub target: Option<ContainerName>,
    /// The node's, where the pod shares processes or IPC with it.
    pub first_process: Option<i32>,
    pub env: BTreeMap<String, String>,
    pub files: NameFiles,
    pub hostname: String,
    /// A folder of the pod's for each of its volumes.
    pub volumes: &'a Path,
    /// The same as this process sees them: volumes of claims are mounted in the sandbox alone.
    pub seen: &'a Path,
    /// Volumes that nobody writes to.
    pub read_only: &'a BTreeSet<String>,
    /// Volumes that show the pod's user numbers by themselves.
    pub as_they_are: &'a BTreeSet<String>,
    /// The file behind its termination log.
    pub termination_log: PathBuf,
    pub system_calls: SystemCalls,
    pub app_armor: Option<String>,
    pub node_memory: u64,
    /// The node is a machine of Fargate, of which all is the pod's.
    pub has_node: bool,
}

/// Why a container cannot be made: a reason and a text for its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadContainer {
    pub reason: &'static str,
    pub message: String,
}

fn bad_config(message: String) -> BadContainer {
    BadContainer {
        reason: "CreateContainerConfigError",
        message,
    }
}

pub fn container(
    pod: &Pod,
    of: &Container,
    around: Around<'_>,
) -> Result<ContainerSpec, BadContainer> {
    let expanded = |all: &[String]| -> Result<Vec<String>, BadContainer> {
        let mut bytes = 0;
        let each = all.iter().map(|it| {
            let text = expand(it, &around.env).map_err(|e| bad_config(e.to_string()))?;
            bytes += text.len();
            match bytes > env::MOST_BYTES {
                true => Err(bad_config(
                    "the arguments of the container are larger than 1 MiB".to_owned(),
                )),
                false => Ok(text),
            }
        });
        each.collect()
    };
    let (command, args) = (expanded(&of.command)?, expanded(&of.args)?);
    let mounted = mounts(pod, of, &around)?;
    let argv = merge_argv(Some(&command), Some(&args), around.image);
    let argv = argv.map_err(|_| BadContainer {
        reason: "CreateContainerError",
        message: "no command specified".to_owned(),
    })?;
    let mut spec = ContainerSpec::new(around.run.clone(), argv);
    let env: Vec<(String, String)> = around
        .env
        .iter()
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    spec.env = merge_env(around.image, &env);
    spec.user = user(pod, of, around.image)?;
    let whole = &pod.spec.security_context;
    let groups = whole.supplemental_groups.iter().chain(&whole.fs_group);
    spec.groups = groups.copied().collect();
    spec.image_groups = match whole.supplemental_groups_policy.as_deref() {
        Some("Strict") => ImageGroups::Never,
        _ => ImageGroups::Always,
    };
    spec.working_dir = match &of.working_dir {
        Some(dir) if !dir.is_empty() => dir.clone(),
        _ => around.image.working_dir.clone(),
    };
    spec.hostname = around.hostname;
    let looks_on = around.target.is_some();
    spec.replaces = around.replaces;
    let of_node = |is_asked: bool| {
        let process = around.first_process.filter(|_| is_asked);
        process.map(NamespaceMode::OfProcess)
    };
    spec.ipc = of_node(pod.spec.host_ipc).unwrap_or_default();
    spec.pid = match around.target {
        _ if pod.spec.host_pid => of_node(true).unwrap_or_default(),
        // As upstream has it, who sees the pod's processes sees those of the target.
        _ if pod.spec.share_process_namespace => NamespaceMode::Of(reaper()),
        Some(target) => NamespaceMode::Of(target),
        None => NamespaceMode::Private,
    };
    // Of the pod's network each says the same: one that looks on need not.
    if !looks_on {
        let sysctls = pod.spec.security_context.sysctls.iter();
        spec.sysctls = sysctls.map(|it| (it.dotted(), it.value.clone())).collect();
    }
    spec.tty = of.tty;
    spec.stdin = of.stdin;
    spec.files = around.files;
    spec.mounts = mounted;
    let path = of.termination_message_path.as_deref();
    let path = path.filter(|it| !it.is_empty()).unwrap_or(TERMINATION_LOG);
    spec.mounts.push(Mount {
        source: around.termination_log,
        destination: PathBuf::from(path),
        read_only: false,
        beneath: None,
        copy_up: false,
        as_it_is: false,
    });
    let bounds = qos::container_bounds(pod, of);
    spec.memory_limit_bytes = bounds.memory_bytes;
    spec.swap_limit_bytes = Some(0);
    spec.cpu_shares = Some(bounds.cpu_shares);
    spec.cpu_quota_millis = bounds.cpu_quota_millis;
    spec.reserves_cpu = around.has_node || qos::reserves_cpu(pod, of);
    spec.oom_score_adj = qos::oom_score(pod, of, around.node_memory);
    let security = &of.security_context;
    if let Some(change) = &security.capabilities {
        let asked = Capabilities {
            add: change.add.clone(),
            drop: change.drop.clone(),
        };
        spec.capabilities = asked.as_on_instances();
    }
    spec.unmasked = security.proc_mount.as_deref() == Some("Unmasked");
    if security.privileged == Some(true) {
        // As upstream, whatever is added and dropped beside it.
        let all = Capabilities {
            add: vec!["ALL".to_owned()],
            drop: Vec::new(),
        };
        spec.capabilities = all.as_on_instances();
        spec.unmasked = true;
    }
    spec.read_only_root = security.read_only_root_filesystem == Some(true);
    spec.no_new_privileges = security.allow_privilege_escalation == Some(false);
    spec.system_calls = around.system_calls;
    spec.app_armor = around.app_armor;
    spec.ulimits = vec![Ulimit {
        name: "nofile".to_owned(),
        soft: NOFILE.0,
        hard: NOFILE.1,
        explicit: false,
    }];
    spec.log = LogMode::Spool {
        max_bytes: LOG_BYTES,
        blocking: false,
    };
    Ok(spec)
}

/// `user[:group]`, held to `runAsNonRoot` with upstream's texts.
fn user(pod: &Pod, of: &Container, image: &ImageConfig) -> Result<String, BadContainer> {
    let (own, whole) = (&of.security_context, &pod.spec.security_context);
    let id = |told: Option<i64>| match told.map(u32::try_from) {
        None => Ok(None),
        Some(Ok(id)) => Ok(Some(id)),
        Some(Err(_)) => Err(bad_config("a number of a user or group is none".to_owned())),
    };
    let number = id(own.run_as_user.or(whole.run_as_user))?;
    let group = id(own.run_as_group.or(whole.run_as_group))?;
    let (image_user, image_group) = match image.user.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (image.user.as_str(), None),
    };
    if own.run_as_non_root.or(whole.run_as_non_root) == Some(true) {
        let place = format!(
            "(pod: \"{}_{}({})\", container: {})",
            pod.metadata.name, pod.metadata.namespace, pod.metadata.uid, of.name
        );
        match number {
            Some(0) => {
                return Err(bad_config(format!(
                    "container's runAsUser breaks non-root policy {place}"
                )));
            }
            Some(_) => {}
            None if image_user.is_empty() || image_user.parse() == Ok(0u32) => {
                return Err(bad_config(format!(
                    "container has runAsNonRoot and image will run as root {place}"
                )));
            }
            None if image_user.parse::<u32>().is_err() => {
                return Err(bad_config(format!(
                    "container has runAsNonRoot and image has non-numeric user ({image_user}), cannot verify user is non-root {place}"
                )));
            }
            None => {}
        }
    }
    // A number that is meant as one: no name in the image is taken for it.
    let fixed = |id: u32| format!("{AS_NUMBER}{id}");
    let image_number = image_user.parse().ok().filter(|_| !image_user.is_empty());
    let user = match number.or(image_number) {
        Some(id) => fixed(id),
        None => image_user.to_owned(),
    };
    let group = match (group, number) {
        (Some(group), _) => Some(fixed(group)),
        // The group of the image's user is not that of another.
        (None, Some(_)) => None,
        (None, None) => image_group.map(str::to_owned),
    };
    Ok(match (user.as_str(), group) {
        (user, None) => user.to_owned(),
        ("", Some(group)) => format!("{AS_NUMBER}0:{group}"),
        (user, Some(group)) => format!("{user}:{group}"),
    })
}

/// Whether the node writes what lies in a volume, so that no container may.
pub fn is_written_by_node(of: &Volume) -> bool {
    of.config_map.is_some()
        || of.secret.is_some()
        || of.projected.is_some()
        || of.downward_api.is_some()
}

fn mounts(pod: &Pod, of: &Container, around: &Around<'_>) -> Result<Vec<Mount>, BadContainer> {
    let (volumes, env) = (around.volumes, &around.env);
    let mut all = Vec::new();
    for mount in &of.volume_mounts {
        let missing = || bad_config(format!("volume \"{}\" not found", mount.name));
        let volume = pod.volume(&mount.name).ok_or_else(missing)?;
        let root = volumes.join(&volume.name);
        let sub = match (&mount.sub_path, &mount.sub_path_expr) {
            (_, Some(text)) if !text.is_empty() => {
                Some(expand(text, env).map_err(|e| bad_config(e.to_string()))?)
            }
            (Some(text), _) if !text.is_empty() => Some(text.clone()),
            _ => None,
        };
        let fixed = is_written_by_node(volume);
        let (source, beneath) = match sub {
            None => (root.clone(), None),
            Some(sub) => {
                let plain = Path::new(&sub)
                    .components()
                    .all(|it| matches!(it, std::path::Component::Normal(_)));
                if !plain {
                    return Err(bad_config(format!(
                        "subPath {sub:?} must be a path inside of its volume"
                    )));
                }
                if fixed {
                    // The node's own links lead to the version there is now; a container keeps that one.
                    let resolved = fs::canonicalize(root.join(&sub));
                    let failed = |e| {
                        bad_config(format!(
                            "failed to find subPath {sub:?} of volume \"{}\": {e}",
                            volume.name
                        ))
                    };
                    (resolved.map_err(failed)?, None)
                } else {
                    let of_node = volume.host_path.is_some();
                    make_beneath(&around.seen.join(&volume.name), &sub, of_node).map_err(|e| {
                        bad_config(format!("failed to create subPath directory for volumeMount \"{}\" of container \"{}\": {e}", volume.name, of.name))
                    })?;
                    (root.join(&sub), Some(root.clone()))
                }
            }
        };
        all.push(Mount {
            source,
            destination: Path::new("/").join(&mount.mount_path),
            read_only: mount.read_only || fixed || around.read_only.contains(&volume.name),
            beneath,
            copy_up: false,
            as_it_is: volume.host_path.is_some() || around.as_they_are.contains(&volume.name),
        });
    }
    Ok(all)
}

/// A folder below one that containers write to: links in it lead nowhere else. What is there stays as it is, a file too; a folder
/// that is new may be written to by whoever may write to the volume. In one of the node's it is its owner's: root there has another number
/// than here.
fn make_beneath(root: &Path, sub: &str, of_node: bool) -> std::io::Result<()> {
    let dir = wharf_rootdir::RootDir::open(root)?;
    let there = dir.open_at(Path::new(sub), nix::fcntl::OFlag::O_PATH);
    if there.is_ok() {
        return Ok(());
    }
    let known = fs::metadata(root)?;
    let owner = if of_node { known.uid() } else { 0 };
    let folder = dir.make_folders_for(Path::new(sub), owner)?;
    let mode = known.permissions();
    fs::set_permissions(wharf_rootdir::proc_path(folder.as_fd()), mode)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_sub_path_is_made_where_nothing_is() {
        let root = tempfile::tempdir().unwrap();
        let at = |sub: &str| root.path().join(sub);
        fs::write(at("app.conf"), "level = 1").unwrap();
        std::os::unix::fs::symlink("/etc", at("away")).unwrap();
        make_beneath(root.path(), "app.conf", false).unwrap();
        assert_eq!(fs::read_to_string(at("app.conf")).unwrap(), "level = 1");
        make_beneath(root.path(), "data/one", false).unwrap();
        make_beneath(root.path(), "data/one", false).unwrap();
        assert!(at("data/one").is_dir());
        // A link leads to what is in the volume.
        make_beneath(root.path(), "away/wharf-sub-path", false).unwrap_or_default();
        assert!(!Path::new("/etc/wharf-sub-path").exists());
        assert!(make_beneath(root.path(), "app.conf/below", false).is_err());
    }

    fn of(pod: Value, container: Value, image_user: &str) -> Result<String, String> {
        let pod = json!({"metadata": {"name": "p", "namespace": "n", "uid": "u"},
            "spec": {"securityContext": pod, "containers": [{"name": "c", "securityContext": container}]}});
        let pod = Pod::read(&pod).unwrap();
        let image = ImageConfig {
            user: image_user.to_owned(),
            ..ImageConfig::default()
        };
        user(&pod, &pod.spec.containers[0], &image).map_err(|it| it.message)
    }

    #[test]
    fn users() {
        let none = || json!({});
        assert_eq!(of(none(), none(), "web:www").unwrap(), "web:www");
        assert_eq!(
            of(json!({"runAsUser": 5}), none(), "web:www").unwrap(),
            "#5"
        );
        assert_eq!(
            of(
                json!({"runAsUser": 5}),
                json!({"runAsUser": 6, "runAsGroup": 7}),
                ""
            )
            .unwrap(),
            "#6:#7"
        );
        assert_eq!(of(json!({"runAsGroup": 7}), none(), "").unwrap(), "#0:#7");
        let non_root = || json!({"runAsNonRoot": true});
        let refused = of(non_root(), none(), "").unwrap_err();
        assert_eq!(
            refused,
            "container has runAsNonRoot and image will run as root (pod: \"p_n(u)\", container: c)"
        );
        assert!(
            of(non_root(), none(), "web")
                .unwrap_err()
                .contains("non-numeric user (web)")
        );
        assert_eq!(of(non_root(), none(), "7").unwrap(), "#7");
        assert!(
            of(non_root(), none(), "00")
                .unwrap_err()
                .contains("will run as root")
        );
        assert!(
            of(json!({"runAsUser": -1}), none(), "")
                .unwrap_err()
                .contains("none")
        );
    }
}
