//! File systems of EFS: which of them lie on a host, and what it says of them.
//!
//! The files of one lie on a disk of its own on one host, which serves them at its mount targets. What is to be is said whole; the
//! host makes it so and reports, whole again, what there is.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

/// What a file system is to be. What has keys in it reaches the host of the file system alone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileSystem {
    /// `fs-…`
    pub id: String,
    pub account: String,
    pub region: String,
    /// Instance id of the host that its files lie on.
    pub host: String,
    pub wanted: Wanted,
    /// Whether the host may make its disk. Once it had one, a disk that is missing is lost data, never an empty file
    /// system.
    pub may_make: bool,
    /// Its disk is sealed; the host asks for the key whenever it opens it ([`KeyPath`]). Of such a one `may_make` is not said, so
    /// a host that does not know of this makes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<SealedDisk>,
    /// Where it is to be served.
    pub places: Vec<Place>,
    /// What tickets are signed with, in hexadecimal.
    pub ticket_key: String,
    /// PEM: what the server shows.
    pub certificate: String,
    /// PEM
    pub private_key: String,
    /// What those may that show no ticket, in the words of the server (`wharf_file_server::Permissions`): over any connection,
    /// and over one that is encrypted.
    pub anonymous: Value,
    /// By id, in the words of the server (`wharf_file_server::AccessPoint`).
    pub access_points: Value,
}

/// How a sealed disk comes to be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SealedDisk {
    /// As [`FileSystem::may_make`].
    Make,
    /// It is there, or lost.
    Kept,
}

/// A mount target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// `eni-…`, which the host wires.
    pub interface: String,
    pub address: Ipv4Addr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    Kept,
    /// Nothing of it. Once the host said so, it is told of it no more.
    Gone,
}

/// What there is of a file system on its host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileSystemReport {
    pub id: String,
    pub state: FileSystemState,
    /// Why it is in that state, for people.
    #[serde(default)]
    pub reason: Option<String>,
    /// What its files take.
    pub bytes: u64,
    /// Addresses at which it is served.
    pub serving: Vec<Ipv4Addr>,
    /// It is not open, since its key does not open it.
    #[serde(default)]
    pub shut: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileSystemState {
    /// It is there and served.
    Ready,
    /// It cannot be made or served, or is missing.
    Failed,
    /// Nothing of it is left.
    Gone,
}

/// File systems of one host.
pub const MAX_FILE_SYSTEMS: usize = 1024;
/// The version of the protocol since which hosts are told of file systems and report them.
pub const SINCE: u32 = 12;

const PREFIX: &str = "/wharf/node/file-systems/";
const KEY: &str = "key";

/// Where a host asks for what the disk of a file system is sealed by: a GET, answered with [`DiskKey`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyPath<'a> {
    pub account: &'a str,
    pub region: &'a str,
    /// `fs-…`
    pub id: &'a str,
}

/// What a sealed disk opens by. Of nothing but an answer.
#[derive(Serialize, Deserialize)]
pub struct DiskKey {
    /// Both keys of AES-256-XTS.
    pub own: Zeroizing<Vec<u8>>,
}

impl<'a> KeyPath<'a> {
    pub fn text(&self) -> String {
        let Self {
            account,
            region,
            id,
        } = self;
        format!("{PREFIX}{account}/{region}/{id}/{KEY}")
    }

    /// `None` for any other path.
    pub fn of(path: &'a str) -> Option<Self> {
        let mut parts = path.strip_prefix(PREFIX)?.split('/');
        let (account, region, id) = (parts.next()?, parts.next()?, parts.next()?);
        let is_plain = |text: &str| {
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
            (1..=40).contains(&text.len()) && text.bytes().all(plain)
        };
        let is_one = parts.next() == Some(KEY) && parts.next().is_none();
        let fits =
            is_one && id.starts_with("fs-") && [account, region, id].into_iter().all(is_plain);
        fits.then_some(Self {
            account,
            region,
            id,
        })
    }
}

/// What a node asks to mount a file system in a task of its own: a POST to this path of a [`Mount`], answered with [`Granted`].
pub const MOUNT_PATH: &str = "/wharf/node/file-systems/mount";

/// A volume of a task's definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mount {
    /// ARN
    pub task: String,
    pub volume: String,
}

/// Likewise for a pod of an EC2 instance that the node keeps: a POST to this path of a [`PodMount`], answered with [`Granted`].
pub const POD_MOUNT_PATH: &str = "/wharf/node/file-systems/mount-for-pod";

/// What a PersistentVolume names. Whoever wrote it is not believed: who mounts is the instance, by its account, VPC and role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PodMount {
    /// `i-…`
    pub instance: String,
    /// `fs-…`
    pub file_system: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_point: Option<String>,
    /// `/` or a folder below.
    pub root: String,
    /// Over TLS.
    pub encrypted: bool,
    /// As the role of the instance; else as anybody.
    pub by_role: bool,
}

/// What it is mounted by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    pub address: Ipv4Addr,
    /// The folder that is to be seen: `/` or one below.
    pub root: String,
    pub read_only: bool,
    /// Everyone acts as one user there, so the server alone says who may what.
    pub one_user: bool,
    #[serde(default)]
    pub tls: Option<Tls>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tls {
    /// PEM: the server shows this one and no other.
    pub certificate: String,
    /// A line that lets it in. It is over after an hour.
    pub ticket: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plane, Resource};

    #[test]
    fn a_file_system_survives_the_wire() {
        let resource = Resource::FileSystem(Box::new(FileSystem {
            id: "fs-1".to_owned(),
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
            host: "i-1".to_owned(),
            wanted: Wanted::Kept,
            may_make: true,
            sealed: Some(SealedDisk::Make),
            places: vec![Place {
                interface: "eni-1".to_owned(),
                address: Ipv4Addr::new(10, 0, 0, 9),
            }],
            ticket_key: "00".to_owned(),
            certificate: String::new(),
            private_key: String::new(),
            anonymous: Value::Null,
            access_points: Value::Null,
        }));
        let json = serde_json::to_string(&resource).unwrap();
        assert_eq!(serde_json::from_str::<Resource>(&json).unwrap(), resource);
        assert!(resource.concerns(Plane::Machines) && !resource.concerns(Plane::Network));
    }
    #[test]
    fn paths_of_keys() {
        let path = KeyPath {
            account: "000000000000",
            region: "us-east-1",
            id: "fs-1",
        };
        assert_eq!(KeyPath::of(&path.text()), Some(path));
        for bad in [
            MOUNT_PATH,
            "/wharf/node/file-systems/a/b/fs-1",
            "/wharf/node/file-systems/a/b/fs-1/key/",
            "/wharf/node/file-systems/a/b/fs-1/other",
            "/wharf/node/file-systems/a/b/vol-1/key",
            "/wharf/node/file-systems/a/../fs-1/key",
            "/wharf/node/file-systems//b/fs-1/key",
        ] {
            assert_eq!(KeyPath::of(bad), None, "{bad}");
        }
    }
}
