//! EBS volumes: which of them lie on a host, and what it says of them.
//!
//! A volume is a file on one host. What it is to be is said whole; the host makes it so and reports, whole again,
//! what there is.

use serde::{Deserialize, Serialize};

/// What a volume is to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// `vol-…`
    pub id: String,
    pub account: String,
    pub region: String,
    /// Instance id of the host that its bytes lie on.
    pub host: String,
    pub wanted: Wanted,
    /// Whether the host may make its file. Once it had one, a file that is missing is lost data, never an empty
    /// volume.
    pub may_make: bool,
    /// Its file is to be made of a snapshot ([`crate::snapshot`]). `may_make` is not said then, so a host that does
    /// not know of this makes no empty volume.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restore: bool,
    pub bytes: u64,
    /// Whether a task, or the instance of `device`, may have it.
    pub attached: bool,
    /// What is in its file is sealed; the host asks for the key while it is attached ([`crate::snapshot::Keys`]). Of such a
    /// one neither `may_make` nor `restore` is said, so a host that does not know of this makes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedFile>,
    /// The instance that it is a device of, or was until now; `None` for one of a task. A host that does not know of
    /// this makes no device, and so never says that one is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<Device>,
    /// The instance that mounts it without a device: of a task, or of the pods that it runs. Nobody else's pods may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mounted_by: Option<String>,
}

/// How a sealed volume comes to its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SealedFile {
    /// As [`Volume::may_make`].
    Make,
    /// As [`Volume::restore`].
    Restore,
    /// It is there, or lost.
    Kept,
}

/// A volume as a block device of an EC2 instance on the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// `i-…`
    pub instance: String,
    /// Its name in the instance's `/dev`: `xvdf`.
    pub name: String,
    /// Once it is not `attached`: also from programs that still have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    Kept,
    /// Nothing of it. Once the host said so, it is told of it no more.
    Gone,
}

/// What there is of a volume on its host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumeReport {
    pub id: String,
    pub state: VolumeState,
    /// Why it is in that state, for people. Of one that is ready: why it stays smaller than it is to be.
    #[serde(default)]
    pub reason: Option<String>,
    /// Bytes that it has room for now.
    pub bytes: u64,
    /// Whether anything has it mounted.
    pub mounted: bool,
    /// What the host was told of [`Volume::attached`] when it looked. So a look from before a volume was let go does not
    /// stand for one after, and the two are different reports.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attached: bool,
    /// Of one with a device: the device is in its instance, or will be when the instance boots.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub placed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VolumeState {
    Ready,
    /// It cannot be made, or its file is missing.
    Failed,
    /// Nothing of it is left.
    Gone,
}

/// How the reason begins of a volume that its host has no room for.
pub const NO_CAPACITY: &str = "InsufficientVolumeCapacity";

/// Volumes of one host.
pub const MAX_VOLUMES: usize = 4096;
/// The version of the protocol since which hosts are told of volumes and report them.
pub const SINCE: u32 = 8;
