//! EC2 instances: which a host is to keep, and what it says of them.
//!
//! An instance is a slice of a host: processes in a user namespace of their own under a cgroup of its
//! type's size, in a network namespace with its interface, over a root file system made of its image. One that is a virtual
//! machine is the same with one process: the emulator, whose disk is made of the image.
//! What it is to be is said whole; the host brings it there and reports, whole again, what there is.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::{Deserialize, Serialize};

/// What an instance is to be.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `i-…`
    pub id: String,
    pub account: String,
    pub region: String,
    /// `us-east-1a`
    pub zone: String,
    /// Instance id of the host that keeps it.
    pub host: String,
    pub wanted: Wanted,
    /// Counts its boots: with another number than the one it runs under it is booted anew, on the same disk.
    pub boot: u64,
    pub image: Image,
    /// `t3.micro`
    pub instance_type: String,
    /// CPU units, 1024 a core.
    pub cpu: u32,
    /// Of these, what it has also while all others want theirs; all of them where that is not said.
    #[serde(default)]
    pub cpu_guaranteed: Option<u32>,
    pub memory_mib: u32,
    /// Bytes that its root file system may take.
    pub disk_bytes: u64,
    /// Its disk is made of a snapshot ([`crate::snapshot`]): it is written over the same image as the disk that this was
    /// taken of. That of a virtual machine is all that it has, but for the kernel, which is of the same image. Hosts that do
    /// not know of this are given no such instance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restore: bool,
    /// It is a virtual machine, with the kernel of its image, instead of processes of the host's. Hosts that do not offer
    /// these are given no such instance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub virtual_machine: bool,
    /// What is in the file of its disk is sealed: its host asks for the key whenever it boots it ([`crate::snapshot::Keys`]).
    /// Hosts that do not know of this are given no such instance.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sealed: bool,
    /// Names of volumes in its `/dev` that its user data waits for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<String>,
    /// It is Fargate's, for one pod of a cluster: a node with room for that alone. Bytes that the pod may write.
    #[serde(default)]
    pub one_pod: Option<u64>,
    /// EBS volumes that its pods may have at a time, where it is a node of a cluster: what its type has room for. Nothing of
    /// what is of no type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod_volumes: Option<u32>,
    pub interface: Interface,
    pub metadata: Metadata,
    /// As given, base64; may hold secrets.
    pub user_data: Option<String>,
    /// Milliseconds since 1970.
    pub launched_at_ms: i64,
}

impl Instance {
    /// The uid of the pod that it is for, if it is Fargate's: by that it has its profile, as others by the id of theirs.
    pub fn pod(&self) -> Option<&str> {
        let profile = self.metadata.profile.as_ref();
        self.one_pod
            .map(|_| profile.map_or("", |(_, uid)| uid.as_str()))
    }
}

/// Not what it was given to do, which may hold secrets.
impl std::fmt::Debug for Instance {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Instance")
            .field("id", &self.id)
            .field("host", &self.host)
            .field("wanted", &self.wanted)
            .field("boot", &self.boot)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wanted {
    Running,
    /// No process of it; its disk stays.
    Stopped,
    /// Nothing of it. Once the host said so, it is told of it no more.
    Terminated,
}

/// How the reason begins of a boot that failed since the key of a disk that is sealed is refused.
pub const NO_KEY: &str = "its disk cannot be opened: ";

/// Where a root file system comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Image {
    /// What the host makes of programs of its own: a shell, and this program.
    Own,
    /// An image of the registry, by the name that nodes pull: `ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME@sha256:…`.
    Registry { name: String },
}

/// The primary network interface. Groups and neighbours the network plane is told of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interface {
    /// `eni-…`
    pub id: String,
    pub vpc: String,
    pub subnet: String,
    /// `172.31.16.0/20`
    pub subnet_cidr: String,
    pub address: Ipv4Addr,
    /// `0a:…`
    pub mac: String,
    /// Its further addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secondary: Vec<Ipv4Addr>,
    /// Its IPv6 addresses, of a /64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6: Vec<Ipv6Addr>,
    pub groups: Vec<Group>,
    /// The domains in which short names are sought; none: that of the instance's own name.
    #[serde(default)]
    pub search: Vec<String>,
    /// Whom it asks for names; nobody: the VPC's own name service.
    #[serde(default)]
    pub name_servers: Vec<Ipv4Addr>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// `sg-…`
    pub id: String,
    pub name: String,
}

/// What the instance metadata service tells, beside what stands above.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    pub enabled: bool,
    /// Without a token nothing is told (version 2 alone).
    pub tokens_required: bool,
    /// 1–64
    pub hop_limit: u8,
    /// Tags, if they may be read there.
    #[serde(default)]
    pub tags: Option<Vec<(String, String)>>,
    /// `ami-…`
    pub image_id: String,
    /// `r-…`
    pub reservation: String,
    pub launch_index: u32,
    /// The placement group that it is in, and the partition of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<(String, Option<u32>)>,
    /// It is a Spot instance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<Spot>,
    /// What is to be done with it because of its host, and what was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<ScheduledEvent>,
    /// Of key pairs: name and the line for `authorized_keys`.
    #[serde(default)]
    pub public_keys: Vec<(String, String)>,
    /// ARN and id of the instance profile. Credentials of its role the host asks for when they are wanted.
    #[serde(default)]
    pub profile: Option<(String, String)>,
    /// `ip-172-31-16-4.ec2.internal`
    pub host_name: String,
}

/// What a Spot instance may read of its capacity.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spot {
    /// That the capacity is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<SpotNotice>,
}

/// What is done with a Spot instance, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpotNotice {
    /// `terminate` or `stop`.
    pub action: String,
    /// Milliseconds since 1970.
    pub at_ms: i64,
}

/// A scheduled event of an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledEvent {
    /// `instance-event-…`
    pub id: String,
    /// `instance-retirement`
    pub code: String,
    pub description: String,
    /// Milliseconds since 1970.
    pub not_before_ms: i64,
    /// `active`, `completed` or `canceled`.
    pub state: String,
}

/// What there is of an instance on its host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceReport {
    pub id: String,
    /// The boot that the state is of.
    pub boot: u64,
    pub state: InstanceState,
    /// Why it is in that state, for people: `the image has no /sbin/init`.
    #[serde(default)]
    pub reason: Option<String>,
    /// Where its node of Kubernetes listens for the API server, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubelet: Option<SocketAddr>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InstanceState {
    /// Image, disk, network.
    Preparing,
    Running,
    /// Its first process ended, or it was stopped as wanted.
    Stopped,
    /// It cannot be made or booted; what was made is gone.
    Failed,
    /// Nothing of it is left.
    Terminated,
}

/// The end of what an instance wrote to its console.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Console {
    pub id: String,
    /// At most [`MAX_CONSOLE`] bytes, base64.
    pub tail: String,
}

/// May hold secrets, as all that programs say.
impl std::fmt::Debug for Console {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Console")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// Bytes of a console that are kept (GetConsoleOutput).
pub const MAX_CONSOLE: usize = 64 << 10;
/// Instances of one host.
pub const MAX_INSTANCES: usize = 4096;
