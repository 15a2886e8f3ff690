//! From a container's specification to the files the shim creates it from.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use serde_json::{Value, json};
use wharf_cgroup::{DeviceKind, Limits, slice};
use wharf_shim_protocol::{
    ContainerPlan, ContainerSetup, LogPlan, ProcessPlan, RootfsPlan,
    folder::{ETC, PROC},
    plan::{CopyUp, HostBind, NETNS_PATH, USERNS_PATH, UserSetup},
};

use super::{
    ContainerName, ContainerSpec, LogMode, Mount, NamespaceMode, SpecError, SystemCalls, devices,
    seccomp,
    ulimits::{self, Rlimit},
};
use crate::runtime::TaskNetwork;

/// Docker's own default.
const SHM_BYTES: u64 = 64 << 20;

const MASKED_PATHS: [&str; 12] = [
    "/proc/acpi",
    "/proc/asound",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
];

const READ_ONLY_PATHS: [&str; 5] = [
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
];

/// What a bundle depends on beside the specification.
pub(crate) struct Context<'a> {
    /// Lowest first; absolute.
    pub layers: &'a [PathBuf],
    /// The container's folder; absolute.
    pub folder: &'a Path,
    pub cgroup: String,
    /// What containers without a network of their own are in.
    pub network: &'a TaskNetwork,
    /// First processes of the task's running containers.
    pub running: &'a BTreeMap<ContainerName, i32>,
    /// The node has CAP_SYS_RESOURCE.
    pub may_raise_limits: bool,
    /// Where the task has a user namespace of its own.
    pub user: Option<UserSetup>,
}

impl Context<'_> {
    /// Where a bind finds `source`, the `number`th of its container.
    fn source_of(&self, source: &Path, number: usize) -> PathBuf {
        let staged = self.user.as_ref().map(|user| user.staged(number));
        staged.unwrap_or_else(|| source.to_owned())
    }
}

/// All that is written or sent to create one container.
pub(crate) struct Bundle {
    pub config: Value,
    pub plan: ContainerPlan,
    pub setup: ContainerSetup,
    pub limits: Limits,
    pub filter: Option<Arc<[u8]>>,
    /// Name and content of files that are bind-mounted from `etc` in the container's folder.
    pub files: Vec<(&'static str, String)>,
}

impl Bundle {
    pub fn build(spec: &ContainerSpec, context: &Context<'_>) -> Result<Self, SpecError> {
        check(spec)?;
        let capabilities = spec.capabilities.resolve(spec.privileged)?;
        let (nodes, limits) = devices_and_limits(spec)?;
        let files = name_files(spec);
        let rlimits = ulimits::fit(&spec.ulimits, context.may_raise_limits)?;
        let namespaces = namespaces(spec, context)?;
        let pid_namespace_of = match &spec.pid {
            NamespaceMode::Of(name) => Some(first_process(name, context)?),
            NamespaceMode::OfProcess(process) => Some(*process),
            NamespaceMode::Private | NamespaceMode::Host => None,
        };
        let hostname = if spec.hostname.is_empty() {
            spec.name.as_str()
        } else {
            &spec.hostname
        };
        let user = context.user.as_ref();
        let is_open = spec.privileged || spec.unmasked && user.is_some();
        // A container's capabilities count in its user namespace alone.
        let counts_within = user.is_some() || spec.keeps_root;
        let rootfs = user.map_or_else(|| PathBuf::from("rootfs"), UserSetup::rootfs);
        let config = json!({
            "ociVersion": "1.0.2",
            "hostname": hostname,
            "root": { "path": rootfs, "readonly": spec.read_only_root },
            // What really runs is in plan.json.
            "process": {
                "terminal": false,
                "user": { "uid": 0, "gid": 0 },
                "args": ["wharf"],
                "env": [],
                "cwd": "/",
                "rlimits": rlimits,
                "oomScoreAdj": spec.oom_score_adj,
            },
            "mounts": mounts(spec, context, &files),
            "linux": {
                "cgroupsPath": context.cgroup,
                "namespaces": namespaces,
                "devices": nodes.iter().map(device).collect::<Vec<_>>(),
                "sysctl": spec.sysctls,
                "maskedPaths": if is_open { &[][..] } else { &MASKED_PATHS[..] },
                "readonlyPaths": if is_open { &[][..] } else { &READ_ONLY_PATHS[..] },
            },
        });
        Ok(Self {
            config,
            plan: ContainerPlan {
                pid_namespace_of,
                staged: staged(spec, context, &files),
                staged_as_they_are: match user {
                    Some(_) => as_they_are(spec),
                    None => Vec::new(),
                },
                raised_limits: match user {
                    Some(_) => rlimits.iter().map(Rlimit::by_number).collect(),
                    None => Vec::new(),
                },
                ..plan(spec, context, capabilities, hostname)
            },
            setup: ContainerSetup {
                cgroup: context.cgroup.clone(),
                log: log_plan(spec.log),
                stdin: spec.stdin,
                tty: spec.tty,
                shares_pids: spec.pid != NamespaceMode::Private,
                replaces: spec.replaces.clone(),
                user: context.user.clone(),
                secrets: spec.secrets.as_ref().map(|of| of.container.clone()),
            },
            limits,
            filter: match &spec.system_calls {
                _ if spec.privileged => None,
                SystemCalls::All => None,
                SystemCalls::Default => Some(seccomp::filter(capabilities, counts_within)?),
                SystemCalls::Of { profile, alone } => {
                    seccomp::filter_of(profile, *alone, capabilities, counts_within)?
                }
            },
            files,
        })
    }
}

fn check(spec: &ContainerSpec) -> Result<(), SpecError> {
    if spec.argv.is_empty() {
        return Err(SpecError::NoCommand);
    }
    let texts = [
        ("argument", spec.argv.iter().any(|a| a.contains('\0'))),
        (
            "environment",
            spec.env
                .iter()
                .any(|(n, v)| n.is_empty() || n.contains(['=', '\0']) || v.contains('\0')),
        ),
        ("hostname", spec.hostname.contains('\0')),
    ];
    if let Some((what, _)) = texts.into_iter().find(|(_, bad)| *bad) {
        return Err(SpecError::BadText { what });
    }
    let paths = spec
        .mounts
        .iter()
        .map(|m| &m.destination)
        .chain(spec.tmpfs.iter().map(|t| &t.path))
        .chain(spec.devices.iter().map(|d| &d.container_path));
    if let Some(path) = paths.into_iter().find(|path| !path.is_absolute()) {
        return Err(SpecError::RelativePath(path.clone()));
    }
    match Path::new(&spec.working_dir) {
        path if spec.working_dir.is_empty() || path.is_absolute() => Ok(()),
        path => Err(SpecError::RelativePath(path.to_owned())),
    }
}

fn devices_and_limits(spec: &ContainerSpec) -> Result<(Vec<devices::Node>, Limits), SpecError> {
    let mut rules = devices::default_rules();
    let mut nodes = if spec.privileged {
        devices::all_of_the_host()
    } else {
        Vec::new()
    };
    for wanted in &spec.devices {
        let (more_nodes, more_rules) = devices::resolve(wanted)?;
        nodes.retain(|node| more_nodes.iter().all(|more| more.path != node.path));
        nodes.extend(more_nodes);
        rules.extend(more_rules);
    }
    let limits = Limits {
        memory_bytes: spec.memory_limit_bytes,
        memory_reservation_bytes: spec.memory_reservation_bytes,
        swap_bytes: spec.swap_limit_bytes,
        swappiness: spec.swappiness,
        cpu_shares: spec.cpu_shares,
        cpu_gives_way: false,
        cores: None,
        cpu_quota_millis: spec.cpu_quota_millis,
        pids: spec.pids_limit,
        devices: (!spec.privileged).then_some(rules),
    };
    Ok((nodes, limits))
}

fn plan(
    spec: &ContainerSpec,
    context: &Context<'_>,
    capabilities: u64,
    hostname: &str,
) -> ContainerPlan {
    let is_secret = |name: &str| {
        let secrets = spec.secrets.as_ref();
        secrets.is_some_and(|secrets| secrets.variables.iter().any(|known| known == name))
    };
    let mut env: Vec<String> = spec
        .env
        .iter()
        .filter(|(name, _)| !is_secret(name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut default = |name: &str, value: &str| {
        if !is_secret(name) && !spec.env.iter().any(|(known, _)| known == name) {
            env.push(format!("{name}={value}"));
        }
    };
    default("HOSTNAME", hostname);
    if spec.tty {
        default("TERM", "xterm");
    }
    ContainerPlan {
        rootfs: RootfsPlan {
            layers: context.layers.to_vec(),
            kept: spec.keeps_root,
        },
        process: ProcessPlan {
            argv: spec.argv.clone(),
            env,
            user: spec.user.clone(),
            working_dir: if spec.working_dir.is_empty() {
                "/".to_owned()
            } else {
                spec.working_dir.clone()
            },
            capabilities,
            no_new_privileges: spec.no_new_privileges,
            tty: spec.tty,
            groups: spec.groups.clone(),
            image_groups: spec.image_groups,
            app_armor: spec.app_armor.clone(),
        },
        copy_up: spec
            .mounts
            .iter()
            .filter(|mount| mount.copy_up)
            .map(|mount| CopyUp {
                volume: mount.source.clone(),
                destination: mount.destination.clone(),
            })
            .collect(),
        host_binds: host_binds(spec, context),
        init: spec.init,
        reaps: spec.reaps,
        pid_namespace_of: None,
        staged: Vec::new(),
        staged_as_they_are: Vec::new(),
        raised_limits: Vec::new(),
        slice_us: spec.reserves_cpu.then(|| micros(slice::RESERVED)),
    }
}

fn micros(of: Duration) -> u64 {
    u64::try_from(of.as_micros()).unwrap_or(u64::MAX)
}

fn log_plan(mode: LogMode) -> LogPlan {
    match mode {
        LogMode::Discard => LogPlan::Discard,
        LogMode::Spool {
            max_bytes,
            blocking,
        } => LogPlan::Spool {
            max_bytes,
            blocking,
        },
    }
}

fn name_files(spec: &ContainerSpec) -> Vec<(&'static str, String)> {
    let files = &spec.files;
    [
        ("resolv.conf", &files.resolv_conf),
        ("hosts", &files.hosts),
        ("hostname", &files.hostname),
    ]
    .into_iter()
    .filter_map(|(name, content)| content.clone().map(|content| (name, content)))
    .collect()
}

fn namespaces(spec: &ContainerSpec, context: &Context<'_>) -> Result<Vec<Value>, SpecError> {
    let mut list = vec![
        json!({"type": "mount"}),
        json!({"type": "uts"}),
        json!({"type": "cgroup"}),
    ];
    match (&spec.network, context.network) {
        (Some(path), _) => list.push(json!({"type": "network", "path": path})),
        (None, TaskNetwork::Namespace(_)) => {
            list.push(json!({"type": "network", "path": NETNS_PATH}));
        }
        (None, TaskNetwork::Host) => {}
        // Never the host's by mistake.
        (None, TaskNetwork::PerContainer) => return Err(SpecError::NoNetwork(spec.name.clone())),
    }
    if context.user.is_some() {
        list.push(json!({"type": "user", "path": USERNS_PATH}));
    }
    // Another container's is joined by the shim, after everything that needs more rights than the
    // program has: who is in there already would see the process that does it.
    if spec.pid == NamespaceMode::Private {
        list.push(json!({"type": "pid"}));
    }
    match &spec.ipc {
        NamespaceMode::Private => list.push(json!({"type": "ipc"})),
        NamespaceMode::Host => {}
        NamespaceMode::Of(name) => {
            let pid = first_process(name, context)?;
            list.push(ipc_of(pid));
        }
        NamespaceMode::OfProcess(process) => list.push(ipc_of(*process)),
    }
    Ok(list)
}

fn ipc_of(process: i32) -> Value {
    json!({"type": "ipc", "path": format!("/proc/{process}/ns/ipc")})
}

fn first_process(of: &ContainerName, context: &Context<'_>) -> Result<i32, SpecError> {
    let running = context.running.get(of).copied();
    running.ok_or_else(|| SpecError::NoSuchNamespace(of.clone()))
}

fn device(node: &devices::Node) -> Value {
    let kind = match node.kind {
        DeviceKind::Char => "c",
        DeviceKind::Block => "b",
    };
    json!({
        "path": node.path, "source": node.source, "type": kind, "major": node.major, "minor": node.minor,
        "fileMode": node.mode, "uid": node.uid, "gid": node.gid,
    })
}

/// The file systems of every container, then the definition's, shallow ones first: a mount must
/// not hide one below it.
fn mounts(
    spec: &ContainerSpec,
    context: &Context<'_>,
    files: &[(&'static str, String)],
) -> Vec<Value> {
    let mount = |kind: &str, destination: &str, options: &[&str]| json!({"destination": destination, "type": kind, "source": kind, "options": options});
    let writable = if spec.privileged { "rw" } else { "ro" };
    let mut list = vec![
        mount("proc", "/proc", &["nosuid", "noexec", "nodev"]),
        mount(
            "tmpfs",
            "/dev",
            &["nosuid", "strictatime", "mode=755", "size=65536k"],
        ),
        mount(
            "devpts",
            "/dev/pts",
            &[
                "nosuid",
                "noexec",
                "newinstance",
                "ptmxmode=0666",
                "mode=0620",
                "gid=5",
            ],
        ),
        mount("sysfs", "/sys", &["nosuid", "noexec", "nodev", writable]),
        mount(
            "cgroup",
            "/sys/fs/cgroup",
            &["nosuid", "noexec", "nodev", "relatime", writable],
        ),
        mount("mqueue", "/dev/mqueue", &["nosuid", "noexec", "nodev"]),
    ];
    if matches!(spec.pid, NamespaceMode::Of(_) | NamespaceMode::OfProcess(_)) {
        // The first process would mount one of the namespace that it is in itself.
        let options = ["bind", "rprivate", "nosuid", "noexec", "nodev"];
        let user = context.user.as_ref();
        let source = user.map_or_else(|| context.folder.join(PROC), UserSetup::proc);
        list[0] = json!({
            "destination": "/proc", "type": "bind",
            "source": source, "options": options,
        });
    }
    if spec.ipc == NamespaceMode::Host {
        list.push(bind(Path::new("/dev/shm"), Path::new("/dev/shm"), false));
    } else {
        let size = format!("size={}", spec.shm_size_bytes.unwrap_or(SHM_BYTES));
        list.push(mount(
            "tmpfs",
            "/dev/shm",
            &["nosuid", "noexec", "nodev", "mode=1777", &size],
        ));
    }
    let depth = |path: &Path| path.components().count();
    let mut wanted: Vec<(usize, Value)> = Vec::new();
    for tmpfs in &spec.tmpfs {
        let mut options: Vec<String> = ["nosuid", "noexec", "nodev"].map(str::to_owned).to_vec();
        options.push(format!("size={}", tmpfs.size_bytes));
        options.extend(tmpfs.options.iter().cloned());
        let value = json!({"destination": tmpfs.path, "type": "tmpfs", "source": "tmpfs", "options": options});
        wanted.push((depth(&tmpfs.path), value));
    }
    for (number, mount) in spec.mounts.iter().enumerate() {
        let source = context.source_of(&lent(mount, context, number), number);
        let destination = &mount.destination;
        wanted.push((
            depth(destination),
            bind(&source, destination, mount.read_only),
        ));
    }
    for (number, (name, _)) in files.iter().enumerate() {
        let destination = Path::new("/etc").join(name);
        // A definition that mounts its own file there means it.
        if spec
            .mounts
            .iter()
            .all(|mount| mount.destination != destination)
        {
            wanted.push((
                depth(&destination),
                bind(
                    &context.source_of(
                        &context.folder.join(ETC).join(name),
                        spec.mounts.len() + number,
                    ),
                    &destination,
                    spec.read_only_root,
                ),
            ));
        }
    }
    wanted.sort_by_key(|(depth, _)| *depth);
    list.extend(wanted.into_iter().map(|(_, value)| value));
    list
}

/// What the shim has to put within reach of a user namespace, numbered as [`Context::source_of`] does.
fn staged(
    spec: &ContainerSpec,
    context: &Context<'_>,
    files: &[(&'static str, String)],
) -> Vec<PathBuf> {
    if context.user.is_none() {
        return Vec::new();
    }
    let mounts = spec.mounts.iter().enumerate();
    let mounts = mounts.map(|(number, mount)| lent(mount, context, number));
    let files = files
        .iter()
        .map(|(name, _)| context.folder.join(ETC).join(name));
    mounts.chain(files).collect()
}

/// The numbers of those of [`staged`] that nothing is to be done to.
fn as_they_are(spec: &ContainerSpec) -> Vec<usize> {
    let mounts = spec.mounts.iter().enumerate();
    mounts
        .filter_map(|(number, mount)| mount.as_it_is.then_some(number))
        .collect()
}

/// Where a mount comes from: for a path that the host lends, where the shim puts what it opened
/// without following links.
fn lent(mount: &Mount, context: &Context<'_>, number: usize) -> PathBuf {
    match &mount.beneath {
        Some(_) => context.folder.join(format!("host-{number}")),
        None => mount.source.clone(),
    }
}

fn host_binds(spec: &ContainerSpec, context: &Context<'_>) -> Vec<HostBind> {
    let mounts = spec.mounts.iter().enumerate();
    mounts
        .filter_map(|(number, mount)| {
            Some(HostBind {
                beneath: mount.beneath.clone()?,
                source: mount.source.clone(),
                at: lent(mount, context, number),
            })
        })
        .collect()
}

fn bind(source: &Path, destination: &Path, read_only: bool) -> Value {
    let access = if read_only { "ro" } else { "rw" };
    json!({"destination": destination, "type": "bind", "source": source, "options": ["rbind", "rprivate", access]})
}

#[cfg(test)]
mod tests;
