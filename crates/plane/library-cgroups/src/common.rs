//! The names and forms that libcontainer knows.

use std::{
    path::{Path, PathBuf},
    process,
};

use nix::{
    sys::statfs::{CGROUP2_SUPER_MAGIC, TMPFS_MAGIC, statfs},
    unistd::Pid,
};
use oci_spec::runtime::LinuxResources;
use wharf_cgroup::{CgroupError, Group, Hierarchies};

use crate::stats::Stats;

pub const DEFAULT_CGROUP_ROOT: &str = "/sys/fs/cgroup";

/// How groups are mounted on the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CgroupSetup {
    Hybrid,
    Legacy,
    Unified,
}

#[derive(Debug, thiserror::Error)]
#[error("no control groups at {DEFAULT_CGROUP_ROOT}")]
pub struct GetCgroupSetupError;

/// As libcgroups tells: by what lies at the root, and at `unified` below it.
pub fn get_cgroup_setup() -> Result<CgroupSetup, GetCgroupSetupError> {
    let root = Path::new(DEFAULT_CGROUP_ROOT);
    let kind = |path: &Path| statfs(path).map(|it| it.filesystem_type());
    match kind(root) {
        Ok(CGROUP2_SUPER_MAGIC) => Ok(CgroupSetup::Unified),
        Ok(TMPFS_MAGIC) if kind(&root.join("unified")) == Ok(CGROUP2_SUPER_MAGIC) => {
            Ok(CgroupSetup::Hybrid)
        }
        Ok(TMPFS_MAGIC) => Ok(CgroupSetup::Legacy),
        _ => Err(GetCgroupSetupError),
    }
}

#[derive(Debug, Clone)]
pub struct CgroupConfig {
    pub cgroup_path: PathBuf,
    pub systemd_cgroup: bool,
    pub container_name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FreezerState {
    Undefined,
    Frozen,
    Thawed,
}

#[derive(Debug, Clone)]
pub struct ControllerOpt<'a> {
    pub resources: &'a LinuxResources,
    pub disable_oom_killer: bool,
    pub oom_score_adj: Option<i32>,
    pub freezer_state: Option<FreezerState>,
}

pub trait CgroupManager {
    type Error;

    fn add_task(&self, pid: Pid) -> Result<(), Self::Error>;
    fn apply(&self, controller_opt: &ControllerOpt<'_>) -> Result<(), Self::Error>;
    fn remove(&self) -> Result<(), Self::Error>;
    fn freeze(&self, state: FreezerState) -> Result<(), Self::Error>;
    fn stats(&self) -> Result<Stats, Self::Error>;
    fn get_all_pids(&self) -> Result<Vec<Pid>, Self::Error>;
}

#[derive(Debug, thiserror::Error)]
pub enum AnyManagerError {
    #[error(transparent)]
    Cgroup(#[from] CgroupError),
    #[error("to {0} a control group is not libcontainer's here")]
    NotHere(&'static str),
}

#[derive(Debug, thiserror::Error)]
pub enum CreateCgroupSetupError {
    #[error(transparent)]
    Cgroup(#[from] CgroupError),
    #[error("a control group by the path {} is not supported", .0.display())]
    Path(PathBuf),
}

/// One group, made by the agent.
#[derive(Debug)]
pub struct AnyCgroupManager(Group);

impl AnyCgroupManager {
    /// Where that matters there is no root, and no agent.
    #[must_use]
    pub fn with_rootless(self, _rootless: bool) -> Self {
        self
    }
}

pub fn create_cgroup_manager(
    config: CgroupConfig,
) -> Result<AnyCgroupManager, CreateCgroupSetupError> {
    let path = config.cgroup_path;
    let text = path.to_str().map(str::to_owned);
    let text = text.ok_or(CreateCgroupSetupError::Path(path))?;
    Ok(AnyCgroupManager(Hierarchies::known()?.group(&text)?))
}

impl CgroupManager for AnyCgroupManager {
    type Error = AnyManagerError;

    fn add_task(&self, pid: Pid) -> Result<(), Self::Error> {
        // libcontainer moves the process that asks, which has one thread.
        match u32::try_from(pid.as_raw()) {
            Ok(own) if own == process::id() => Ok(self.0.enter()?),
            _ => Ok(self.0.attach(pid.as_raw())?),
        }
    }

    fn apply(&self, _: &ControllerOpt<'_>) -> Result<(), Self::Error> {
        Err(AnyManagerError::NotHere("limit"))
    }

    fn remove(&self) -> Result<(), Self::Error> {
        Ok(self.0.kill_and_remove()?)
    }

    fn freeze(&self, _: FreezerState) -> Result<(), Self::Error> {
        Err(AnyManagerError::NotHere("freeze"))
    }

    fn stats(&self) -> Result<Stats, Self::Error> {
        Err(AnyManagerError::NotHere("measure"))
    }

    fn get_all_pids(&self) -> Result<Vec<Pid>, Self::Error> {
        let processes = self.0.processes()?;
        Ok(processes.into_iter().map(Pid::from_raw).collect())
    }
}
