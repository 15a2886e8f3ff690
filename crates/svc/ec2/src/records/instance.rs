//! Instances.

use std::{
    borrow::Cow,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
};

use serde::{Deserialize, Serialize};
use wharf_base::{Cidr4, Timestamp};
use wharf_records::{Record, Scope, Unknown, ecs::Tags, pods::OfPod};
use wharf_seal::Sealed;
use wharf_wire::Context;

use super::{DhcpGiven, Interface, entity};
use crate::{
    encryption::SealedRoot,
    fault, fleet,
    images::BootMode,
    instances::{life::Life, machines::OfMachine, providers::Provider, scheduled::Scheduled},
    interface_permissions::of_account,
    placement_groups::InGroup,
    snapshots, spot,
};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Instance {
    pub id: String,
    /// `r-…`
    pub reservation: String,
    /// Its number within the reservation.
    pub launch_index: u32,
    pub client_token: Option<String>,
    /// The service that launched it, e.g. `autoscaling.amazonaws.com`.
    pub requester: Option<String>,
    /// The service that alone may change it, e.g. `ecs.amazonaws.com`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    pub image: Image,
    pub instance_type: String,
    pub subnet_id: String,
    pub vpc_id: String,
    pub zone: String,
    pub interface: Primary,
    /// The DHCP options of its VPC when it was launched.
    #[serde(default)]
    pub dhcp: DhcpGiven,
    pub key: Option<Key>,
    pub profile: Option<Profile>,
    /// Base64 as it was given.
    pub user_data: Option<Sealed>,
    pub metadata: Metadata,
    pub monitoring: bool,
    pub disable_api_termination: bool,
    pub disable_api_stop: bool,
    /// It is terminated when it shuts itself down; otherwise it is stopped.
    pub ends_on_shutdown: bool,
    pub ebs_optimized: bool,
    /// Of its root file system.
    pub disk_gib: u32,
    /// How that is sealed, until the instance is terminated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_root: Option<SealedRoot>,
    /// What users say of it, where it is shown as a volume.
    #[serde(default, skip_serializing_if = "OfRoot::is_empty")]
    pub root: OfRoot,
    /// Volumes that were made together with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<LaunchDevice>,
    /// Its place in a placement group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement: Option<InGroup>,
    /// The pod of EKS that Fargate has it for; nobody but services sees such a machine among instances.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<OfPod>,
    /// The machine of the installation that it was made to be a node of Kubernetes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<OfMachine>,
    /// It is Spot capacity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot: Option<spot::Held>,
    /// The fleet that launched it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fleet: Option<fleet::Member>,
    /// What is, or was, to be done with it because of its host; the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Scheduled>,
    /// Who has the machine that it is.
    #[serde(default, skip_serializing_if = "Provider::is_host")]
    pub provider: Provider,
    pub life: Life,
    /// Where its node of Kubernetes listens on its machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kubelet: Option<SocketAddr>,
    /// The newest of its boots in which its machine ran one for it. Until its agent comes back the machine says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub node_boot: Option<u64>,
    pub created_at: Timestamp,
    pub tags: Tags,
    #[serde(flatten)]
    pub unknown: Unknown,
}

/// What users say of the root of a virtual machine, as of a volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OfRoot {
    #[serde(default, skip_serializing_if = "Tags::is_empty")]
    pub tags: Tags,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub auto_enable_io: bool,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl OfRoot {
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

entity!(
    Instance,
    "instance",
    fault::instance_not_found,
    vpc_id,
    |it: &Instance| it.pod.is_some()
);

impl Instance {
    /// Whether it runs as a node of Kubernetes, by the word of the machine that keeps it.
    pub fn is_node(&self) -> bool {
        let said = self.kubelet.is_some() || self.node_boot == Some(self.life.boot);
        said && self.life.state.lives()
    }

    /// Whether it is a virtual machine of a host. What an operator's maker makes is a whole machine anyway.
    pub fn is_virtual(&self) -> bool {
        self.provider.is_host() && self.image.boot_mode.is_some()
    }

    /// Whose one of its network interfaces is.
    pub fn owner_of<'a>(&'a self, interface: &Interface, cx: &'a Context) -> &'a str {
        let primary = &self.interface;
        let owner = primary.owner.as_ref();
        let owner = owner.filter(|_| primary.id == interface.id);
        owner.unwrap_or(&cx.account)
    }

    /// Takes down when the pod came to a machine that is there for it.
    pub fn keep_start(&mut self, now: Timestamp) {
        if let Some(pod) = &mut self.pod
            && self.life.state.lives()
        {
            pod.started_at.get_or_insert(now);
        }
    }

    /// Takes down when that came to its end.
    pub fn keep_end(&mut self, now: Timestamp) {
        if let Some(pod) = &mut self.pod
            && pod.started_at.is_some()
            && !self.life.state.lives()
        {
            pod.ended_at.get_or_insert(now);
        }
    }
}

/// A volume that was made together with its instance. What becomes of it later its own record says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchDevice {
    /// In the instance's `/dev`: `xvdf`.
    pub name: String,
    /// `vol-…`
    pub volume: String,
}

/// What its root file system is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Image {
    /// `ami-…`
    pub id: String,
    /// `x86_64`
    pub architecture: String,
    /// The name that nodes pull, with its digest; `None` for what hosts make themselves.
    pub registry: Option<String>,
    /// Account that registered it, by whose rights it is pulled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// The snapshot that its disk is made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<snapshots::Source>,
    /// The instance boots the kernel that it has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_mode: Option<BootMode>,
}

/// The network interface at device index 0. What can change of it is copied from the interface's own
/// record by the reconciler.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Primary {
    pub id: String,
    /// Whose it is, where it is another account's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    pub subnet_cidr: Cidr4,
    pub address: Ipv4Addr,
    pub mac: String,
    /// Its further addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub secondary: Vec<Ipv4Addr>,
    /// Its IPv6 addresses.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ipv6: Vec<Ipv6Addr>,
    pub groups: Vec<Group>,
    /// It is deleted with the instance.
    pub delete_on_termination: bool,
}

impl Primary {
    /// Where its record, its subnet and its groups are. `scope`: that of the instance.
    pub fn scope(&self, scope: &Scope) -> Scope {
        let owner = self.owner.as_ref().unwrap_or(&scope.account);
        Scope::new(&scope.service, owner, &scope.region)
    }

    /// The same. `cx`: a request about the instance.
    pub fn there<'a>(&self, cx: &'a Context) -> Cow<'a, Context> {
        of_account(cx, self.owner.as_deref())
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub id: String,
    pub name: String,
}

/// A key pair, as it was when the instance was launched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    pub name: String,
    /// The line for `authorized_keys`.
    pub public: Option<String>,
}

/// The instance profile, and how it is associated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    pub arn: String,
    /// `AIPA…`
    pub id: String,
    /// `iip-assoc-…`
    pub association: String,
    pub since: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Metadata {
    pub enabled: bool,
    pub tokens_required: bool,
    pub hop_limit: u8,
    pub tags: bool,
}

impl Default for Metadata {
    /// As EC2 has it for images that ask for nothing else.
    fn default() -> Self {
        Self {
            enabled: true,
            tokens_required: false,
            hop_limit: 1,
            tags: false,
        }
    }
}

/// What the user data of an instance is sealed for.
pub fn user_data_purpose(account: &str, region: &str, id: &str) -> String {
    format!("ec2 user data {account} {region} {id}")
}

/// What a client token of RunInstances stands for, under the token.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Launch {
    /// SHA-256 of the request.
    pub digest: String,
    pub instances: Vec<String>,
    pub made_at: Timestamp,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Launch {
    const KIND: &'static str = "launch";
    const FORMAT: u32 = 1;
}
