//! Control groups, versions 1 (also in hybrid mode) and 2, as far as containers need them.
//!
//! Paths are absolute in every hierarchy (`/wharf-<installation>/containers/<task>/<container>`, or `/wharf-<installation>-spare/<task>/<container>`), because a
//! process may stand below the root in one hierarchy and at the root of the others. Which file
//! receives which value is decided by pure functions (`v1::writes`, `v2::writes`); [`Group`]
//! carries them out. Nothing here starts or waits for a process.
//!
//! Beside them stands what a thread asks of the kernel for itself, and groups pass on: its slice ([`mod@slice`]).

pub mod device_filter;
mod group;
mod hierarchy;
mod limits;
mod moves;
mod pause;
pub mod slice;
mod stats;
pub mod v1;
pub mod v2;

pub use group::Group;
pub use hierarchy::{Hierarchies, Shown, Version};
pub use limits::{DeviceKind, DeviceRule, Limits};
pub use moves::Moves;
pub use pause::PauseSwitch;
pub use stats::{Glance, Stats};

use std::{io, path::PathBuf};

/// A step on a control group that failed.
#[derive(Debug, thiserror::Error)]
pub enum CgroupError {
    #[error("no control groups are mounted that wharf can use: it needs memory, cpu and pids")]
    NoHierarchy,
    #[error("`{0}` is no control group path")]
    BadPath(String),
    #[error("cannot {step} {path}")]
    Io {
        step: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("cannot attach the device filter to {path}: {step}")]
    DeviceFilter {
        step: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("processes of {0} do not end")]
    StillAlive(String),
}

impl CgroupError {
    pub(crate) fn io(
        step: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { step, path, source }
    }
}
