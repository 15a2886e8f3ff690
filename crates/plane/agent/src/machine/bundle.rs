//! From a payload's container to a container specification. Pure but for the texts it is given.
//!
//! The agent's own values come first, the Engine API documents over them (§2).

use std::{collections::BTreeMap, path::PathBuf};

use wharf_container::{
    image::ImageConfig,
    spec::{
        Capabilities, ContainerName, ContainerSpec, Device, LogMode, NameFiles, NamespaceMode,
        SecretsOf, SpecError, Tmpfs, Ulimit, merge_argv, merge_env,
    },
};

use super::volumes::{BadVolume, Mounts};
use crate::{
    allow::NotAllowed,
    engine::{NetworkMode, Spec},
    logs::{Driver, Room, options::BadLogOptions},
    node::core::TaskContext,
    protocol::{
        docker::{self, BadDockerConfig, Engine},
        payload::{Container, Task},
    },
};

/// The least memory a container can have, in MiB (§5).
const MIN_MEMORY_MIB: u64 = 6;
/// The least CPU shares (§5).
pub(super) const MIN_CPU_SHARES: u64 = 2;
/// Fargate's own limit on open files, given way to where the node has less.
const FARGATE_NOFILE: i64 = 65_535;
/// When memory runs out, the kernel ends containers before wharf's own processes, and those that
/// nothing limits before those that stay within what they asked for: of two that are limited, the
/// larger, unless one has less than 70 % of all memory and the other no limit.
const OOM_SCORE_LIMITED: i32 = 300;
const OOM_SCORE_UNLIMITED: i32 = 1000;
/// Open files of other containers whose definition names no limit, soft and hard, as Docker has it:
/// never the agent's own soft limit, which is raised as far as it goes.
const DEFAULT_NOFILE: (u64, u64) = (1024, 524_288);

/// Why a container cannot be made as its definition says.
#[derive(Debug, thiserror::Error)]
pub enum BadContainer {
    #[error("{0}")]
    Docker(#[from] BadDockerConfig),
    #[error("{0}")]
    Spec(#[from] SpecError),
    #[error("failed to initialize logging driver: {0}")]
    Log(#[from] BadLogOptions),
    #[error("{0}")]
    Volume(#[from] BadVolume),
    #[error("{0}")]
    NotAllowed(#[from] NotAllowed),
    #[error("`{0}` is not a container name")]
    Name(String),
    #[error("overrides: {0}")]
    Overrides(#[source] serde_json::Error),
    #[error("MemorySwap: {0} is no limit")]
    Swap(i64),
    #[error("tmpfs {path}: `{option}` is no limit")]
    Tmpfs { path: String, option: String },
    #[error("{0} are not supported by this version")]
    Unsupported(&'static str),
}

impl BadContainer {
    /// `<Name>: <text>`, as ECS shows it.
    pub fn reason(&self) -> String {
        match self {
            Self::Log(_) => {
                format!("CannotStartContainerError: Error response from daemon: {self}")
            }
            Self::Volume(_) => format!("CannotCreateVolumeError: {self}"),
            Self::Unsupported(_) | Self::NotAllowed(_) => {
                format!("ResourceInitializationError: {self}")
            }
            _ => format!("CannotCreateContainerError: Error response from daemon: {self}"),
        }
    }
}

/// What the surroundings add.
pub struct Surroundings<'a> {
    pub image: &'a ImageConfig,
    pub mounts: Mounts,
    pub variables: Variables,
    pub files: NameFiles,
    pub hostname: String,
    /// Its own network namespace; `None` is the task's.
    pub network: Option<PathBuf>,
    /// The name it runs under: another after each restart.
    pub run_name: ContainerName,
    /// The name of the run that it takes the place of.
    pub replaces: Option<ContainerName>,
    /// The name that the task's first container runs under now.
    pub first_name: Option<ContainerName>,
}

/// The Engine API documents of a container.
pub fn engine(container: &Container) -> Result<Engine, BadContainer> {
    Ok(docker::read(container.docker_config.as_ref())?)
}

/// Refuses what a container asks for and would have to do without.
fn check_supported(container: &Container, driver: &Driver) -> Result<(), BadContainer> {
    let mut secrets = container.secrets.iter();
    let takes_secrets = matches!(driver, Driver::Splunk(_));
    match !takes_secrets && secrets.any(|secret| !secret.is_variable()) {
        true => Err(BadContainer::Unsupported(
            "secret options of this log driver",
        )),
        false => Ok(()),
    }
}

pub fn log_driver(context: &TaskContext, at: usize) -> Result<Driver, BadContainer> {
    let container = &context.task.containers[at];
    let engine = engine(container)?;
    let runtime_id = &context.runtime_ids[at];
    Ok(Driver::of(
        &engine.host.log_config,
        &context.id,
        &container.name,
        runtime_id,
    )?)
}

/// The specification of container `at`.
///
/// # Errors
/// See [`BadContainer`].
pub fn container(
    context: &TaskContext,
    at: usize,
    around: Surroundings<'_>,
) -> Result<ContainerSpec, BadContainer> {
    let task = &context.task;
    let of = &task.containers[at];
    let driver = log_driver(context, at)?;
    check_supported(of, &driver)?;
    let Engine { config, host } = engine(of)?;
    let command = command(of)?;
    let argv = merge_argv(of.entry_point.as_deref(), Some(&command), around.image)?;

    let mut spec = ContainerSpec::new(around.run_name, argv);
    spec.secrets = secrets(of, &around.variables)?;
    spec.env = environment(of, around.variables, around.image);
    spec.user = if config.user.is_empty() {
        around.image.user.clone()
    } else {
        config.user
    };
    spec.working_dir = if config.working_dir.is_empty() {
        around.image.working_dir.clone()
    } else {
        config.working_dir
    };
    spec.hostname = if config.hostname.is_empty() {
        around.hostname
    } else {
        config.hostname
    };
    spec.network = around.network;
    spec.replaces = around.replaces;
    spec.tty = config.tty;
    spec.stdin = config.open_stdin;
    spec.files = around.files;
    spec.mounts = around.mounts.mounts;

    let memory = (of.memory > 0).then(|| of.memory.max(MIN_MEMORY_MIB) << 20);
    spec.memory_limit_bytes = memory;
    spec.oom_score_adj = if memory.is_some() || task.memory > 0 {
        OOM_SCORE_LIMITED
    } else {
        OOM_SCORE_UNLIMITED
    };
    spec.memory_reservation_bytes =
        (host.memory_reservation > 0).then_some(host.memory_reservation);
    spec.swap_limit_bytes = Some(swap_limit(host.memory_swap, memory)?);
    spec.swappiness = host.memory_swappiness;
    spec.cpu_shares = Some(of.cpu.max(MIN_CPU_SHARES));
    spec.reserves_cpu = reserves_cpu(task, of);
    spec.ulimits = ulimits(&host.ulimits, task.launch_type == "FARGATE");
    spec.capabilities = Capabilities {
        add: host.cap_add,
        drop: host.cap_drop,
    };
    spec.privileged = host.privileged;
    spec.read_only_root = host.readonly_rootfs;
    spec.init = host.init.unwrap_or(false);
    spec.no_new_privileges = no_new_privileges(&host.security_opt, host.privileged);
    spec.tmpfs = host
        .tmpfs
        .iter()
        .map(|(path, options)| tmpfs(path, options))
        .collect::<Result<Vec<_>, _>>()?;
    spec.shm_size_bytes = (host.shm_size > 0).then_some(host.shm_size);
    spec.sysctls = host.sysctls;
    spec.devices = host
        .devices
        .into_iter()
        .map(|d| Device {
            container_path: PathBuf::from(if d.path_in_container.is_empty() {
                &d.path_on_host
            } else {
                &d.path_in_container
            }),
            host_path: PathBuf::from(&d.path_on_host),
            permissions: if d.cgroup_permissions.is_empty() {
                "rwm".into()
            } else {
                d.cgroup_permissions
            },
        })
        .collect();
    spec.pid = namespace(
        &task.pid_mode,
        at,
        &context.spec,
        around.first_name.as_ref(),
    );
    spec.ipc = namespace(
        &task.ipc_mode,
        at,
        &context.spec,
        around.first_name.as_ref(),
    );
    spec.log = match driver {
        Driver::None => LogMode::Discard,
        Driver::File { max_bytes } => LogMode::Spool {
            max_bytes,
            blocking: false,
        },
        Driver::Awslogs(options) => spool(options.room),
        Driver::Splunk(options) => spool(options.room),
    };
    Ok(spec)
}

fn spool(room: Room) -> LogMode {
    LogMode::Spool {
        max_bytes: room.max_bytes,
        blocking: room.blocking,
    }
}

/// A task with a size has reserved it for all of its containers.
fn reserves_cpu(task: &Task, of: &Container) -> bool {
    task.cpu > 0.0 || of.cpu > 0
}

/// Swap beyond memory, from the Engine API's sum of both. Where the definition says nothing there is
/// none: a task that swaps takes the disk's time from everybody. To Docker -1 is no limit, which no
/// definition can ask for.
fn swap_limit(both: i64, memory: Option<u64>) -> Result<u64, BadContainer> {
    let both = u64::try_from(both).map_err(|_| BadContainer::Swap(both))?;
    Ok(memory.map_or(0, |memory| both.saturating_sub(memory)))
}

/// The override's command, else the definition's; empty takes the image's.
fn command(of: &Container) -> Result<Vec<String>, BadContainer> {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Overrides {
        command: Option<Vec<String>>,
    }
    if of.overrides.trim().is_empty() {
        return Ok(of.command.clone());
    }
    let overrides: Option<Overrides> =
        serde_json::from_str(&of.overrides).map_err(BadContainer::Overrides)?;
    Ok(overrides
        .and_then(|o| o.command)
        .unwrap_or_else(|| of.command.clone()))
}

fn environment(of: &Container, variables: Variables, image: &ImageConfig) -> Vec<(String, String)> {
    let mut wanted: BTreeMap<String, String> = variables.defaults.into_iter().collect();
    wanted.extend(of.environment.clone());
    wanted.extend(variables.fixed);
    let wanted: Vec<(String, String)> = wanted.into_iter().collect();
    merge_env(image, &wanted)
}

/// The container's secrets and what its environment files say, as the shim holds them. Only files have names
/// that are not known here.
fn secrets(of: &Container, variables: &Variables) -> Result<Option<SecretsOf>, BadContainer> {
    let is_fixed = |name: &String| variables.fixed.iter().any(|(fixed, _)| fixed == name);
    let names = secret_names(of).filter(|name| !is_fixed(name));
    let names: Vec<String> = names.cloned().collect();
    if names.is_empty() && of.environment_files.is_empty() {
        return Ok(None);
    }
    let container = ContainerName::try_from(of.name.clone());
    Ok(Some(SecretsOf {
        container: container.map_err(|_| BadContainer::Name(of.name.clone()))?,
        variables: names,
    }))
}

fn secret_names(of: &Container) -> impl Iterator<Item = &String> {
    let variables = of.secrets.iter().filter(|secret| secret.is_variable());
    variables.map(|secret| &secret.name)
}

fn ulimits(given: &[docker::Ulimit], fargate: bool) -> Vec<Ulimit> {
    let number = |n: i64| u64::try_from(n).unwrap_or(u64::MAX);
    let platform = |u: &docker::Ulimit| {
        fargate && u.name == "nofile" && u.soft == FARGATE_NOFILE && u.hard == FARGATE_NOFILE
    };
    let mut all: Vec<Ulimit> = given
        .iter()
        .map(|u| Ulimit {
            name: u.name.clone(),
            soft: number(u.soft),
            hard: number(u.hard),
            // Also when the control plane spells the platform's default out.
            explicit: !platform(u),
        })
        .collect();
    if !all.iter().any(|u| u.name == "nofile") {
        let platform = number(FARGATE_NOFILE);
        let (soft, hard) = if fargate {
            (platform, platform)
        } else {
            DEFAULT_NOFILE
        };
        all.push(Ulimit {
            name: "nofile".to_owned(),
            soft,
            hard,
            explicit: false,
        });
    }
    all
}

/// On unless the definition switches it off, as `no-new-privileges:false` among its
/// `dockerSecurityOptions` does. A privileged container has nothing to gain that it has not already.
fn no_new_privileges(options: &[String], privileged: bool) -> bool {
    let said = options.iter().rev().find_map(|option| {
        let value = option.strip_prefix("no-new-privileges")?;
        match value.trim_start_matches([':', '=']) {
            "" | "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    });
    said.unwrap_or(!privileged)
}

/// `size=64m` among the options is the size; without one half of memory is the kernel's default,
/// which nobody should get: 64 MiB as for `/dev/shm`.
///
/// # Errors
/// Its size, blocks or inodes are what the kernel takes for no limit, or no number.
fn tmpfs(path: &str, options: &str) -> Result<Tmpfs, BadContainer> {
    let mut size_bytes = 64 << 20;
    let mut rest = Vec::new();
    for option in options.split(',').map(str::trim).filter(|o| !o.is_empty()) {
        let limit = |text: &str| {
            let size = parse_size(text).filter(|size| *size > 0);
            size.ok_or_else(|| BadContainer::Tmpfs {
                path: path.to_owned(),
                option: option.to_owned(),
            })
        };
        match option.split_once('=') {
            Some(("size", text)) => size_bytes = limit(text)?,
            Some(("nr_blocks" | "nr_inodes", text)) => {
                limit(text)?;
                rest.push(option.to_owned());
            }
            _ => rest.push(option.to_owned()),
        }
    }
    Ok(Tmpfs {
        path: PathBuf::from(path),
        size_bytes,
        options: rest,
    })
}

fn parse_size(text: &str) -> Option<u64> {
    let split = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (digits, unit) = text.split_at(split);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

fn namespace(mode: &str, at: usize, spec: &Spec, first: Option<&ContainerName>) -> NamespaceMode {
    match (mode, first) {
        ("host", _) => NamespaceMode::Host,
        ("task", Some(first)) if at != spec.first => NamespaceMode::Of(first.clone()),
        _ => NamespaceMode::Private,
    }
}

/// Where a task's SDKs find what: by link-local address in a network of its own, by loopback in
/// the host's.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// `http://169.254.170.2` or `http://127.0.0.1:<port>`.
    pub metadata: String,
    /// `http://169.254.170.2:4566`, or the way to the server from the host's network.
    pub aws: String,
    /// The node's; tasks have their own.
    pub region: String,
}

/// The agent's variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variables {
    /// The definition may override these.
    pub defaults: Vec<(String, String)>,
    /// These win.
    pub fixed: Vec<(String, String)>,
}

pub fn variables(context: &TaskContext, at: usize, addresses: &Addresses) -> Variables {
    let of = &context.task.containers[at];
    let pair = |name: &str, value: String| (name.to_owned(), value);
    let mut defaults = vec![
        pair("AWS_ENDPOINT_URL", addresses.aws.clone()),
        // Some operations are asked of a host whose name has a prefix; an address has no such names.
        pair("AWS_DISABLE_HOST_PREFIX_INJECTION", "true".to_owned()),
    ];
    // Setting one of the two means the user takes care of both.
    let is_set = |variable: &str| {
        of.environment.contains_key(variable) || secret_names(of).any(|name| name == variable)
    };
    if !is_set("AWS_REGION") && !is_set("AWS_DEFAULT_REGION") {
        let region = context.region(&addresses.region);
        defaults.push(pair("AWS_REGION", region.to_owned()));
        defaults.push(pair("AWS_DEFAULT_REGION", region.to_owned()));
    }
    let base = &addresses.metadata;
    let id = &context.endpoint_ids[at];
    let fargate = context.task.launch_type == "FARGATE";
    let mut fixed = vec![
        pair("ECS_CONTAINER_METADATA_URI", format!("{base}/v3/{id}")),
        pair("ECS_CONTAINER_METADATA_URI_V4", format!("{base}/v4/{id}")),
        pair("ECS_AGENT_URI", format!("{base}/api/{id}")),
        pair(
            "AWS_EXECUTION_ENV",
            if fargate {
                "AWS_ECS_FARGATE"
            } else {
                "AWS_ECS_EC2"
            }
            .to_owned(),
        ),
    ];
    if let Some(credentials) = &context.credentials_id {
        let path = format!("/v2/credentials/{credentials}");
        if context.spec.network == NetworkMode::Host {
            fixed.push(pair(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                format!("{base}{path}"),
            ));
        } else {
            fixed.push(pair("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", path));
        }
    }
    Variables { defaults, fixed }
}

#[cfg(test)]
mod tests {
    use super::{
        BadContainer, Container, Task, no_new_privileges, reserves_cpu, swap_limit, tmpfs,
    };

    #[test]
    fn a_size_or_units_of_its_own_reserve_processor_time() {
        for (size, units, expected) in [
            (0.0, 0, false),
            (0.0, 1, true),
            (0.25, 0, true),
            (1.0, 512, true),
        ] {
            let task = Task {
                cpu: size,
                ..Task::default()
            };
            let of = Container {
                cpu: units,
                ..Container::default()
            };
            assert_eq!(reserves_cpu(&task, &of), expected, "{size} {units}");
        }
    }

    #[test]
    fn swap_is_what_the_definition_says_or_none() {
        let mib = |n: u64| n << 20;
        let memory = Some(mib(64));
        let given = |both: i64, memory| swap_limit(both, memory).unwrap();
        assert_eq!(given(0, memory), 0);
        assert_eq!(given(0, None), 0);
        assert_eq!(given(mib(96) as i64, memory), mib(32));
        assert_eq!(given(mib(64) as i64, memory), 0);
        for both in [-1, i64::MIN] {
            assert!(matches!(swap_limit(both, memory), Err(BadContainer::Swap(it)) if it == both));
        }
    }

    #[test]
    fn a_tmpfs_has_a_limit() {
        let made = tmpfs("/quick", "size=3m,noexec,nr_blocks=16").unwrap();
        assert_eq!(made.size_bytes, 3 << 20);
        assert_eq!(made.options, ["noexec", "nr_blocks=16"]);
        assert_eq!(tmpfs("/quick", "ro").unwrap().size_bytes, 64 << 20);
        for option in [
            "size=0m",
            "size=-1m",
            "size=",
            "size=50%",
            "nr_blocks=0",
            "nr_inodes=0k",
        ] {
            let refused = tmpfs("/quick", &format!("noexec,{option}")).unwrap_err();
            let text = format!("tmpfs /quick: `{option}` is no limit");
            assert_eq!(refused.to_string(), text);
        }
    }

    #[test]
    fn no_new_privileges_unless_the_definition_says_so() {
        let check = |options: &[&str], privileged, expected| {
            let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
            assert_eq!(
                no_new_privileges(&options, privileged),
                expected,
                "{options:?}"
            );
        };
        check(&[], false, true);
        check(&[], true, false);
        check(&["no-new-privileges"], true, true);
        check(&["no-new-privileges:true"], false, true);
        check(&["no-new-privileges:false"], false, false);
        check(&["no-new-privileges=false"], false, false);
        check(&["label:user:x", "no-new-privileges:maybe"], false, true);
    }
}
