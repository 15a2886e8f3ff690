//! What is stored of groups and of what belongs to them.

mod activity;
mod device;
mod hook;
mod launch_request;
mod maintenance;
mod member;
mod mixed;
mod notice;
mod policy;
mod pool;
mod refresh;
mod scheduled;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;
use wharf_records::{Record, Unknown};
use wharf_seal::Sealed;
use wharf_service::tags::Tags;

pub use activity::{Activity, Kind, Status};
pub use device::{Device, Disk};
pub use hook::{Hook, Outcome, Transition};
pub use launch_request::{Launch, LaunchRequest, Refusal};
pub use maintenance::Maintenance;
pub use member::{Member, SPOT, State, Wait, place};
pub use mixed::Mixed;
pub use notice::{Happening, Notice};
pub use policy::{Interval, Policy, Way};
pub use pool::{Pool, Pooled, Rest};
pub use refresh::{Others, Refresh, Rollback, Settings, Stage};
pub use scheduled::Scheduled;

/// An Auto Scaling group, under its name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Group {
    pub name: String,
    /// In its ARN, and what the keys of all that belongs to it begin with.
    pub uuid: String,
    pub created_at: Timestamp,
    pub launch: Source,
    pub min: u32,
    pub max: u32,
    pub desired: u32,
    pub cooldown_seconds: u32,
    #[serde(default)]
    pub warmup_seconds: Option<u32>,
    pub subnets: Vec<Subnet>,
    /// Spot instances whose capacity is taken back have successors before they end.
    #[serde(default)]
    pub rebalances: bool,
    /// A zone in which launches fail is waited for: the others get no more than it has.
    #[serde(default)]
    pub evenly_only: bool,
    /// The groups of load balancing say who is healthy, too.
    #[serde(default)]
    pub elb_health: bool,
    #[serde(default)]
    pub grace_seconds: u32,
    pub termination: Vec<Termination>,
    #[serde(default)]
    pub protects_new: bool,
    #[serde(default)]
    pub max_lifetime_seconds: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintenance: Option<Maintenance>,
    #[serde(default)]
    pub tags: Tags,
    /// Keys of the tags that instances get.
    #[serde(default)]
    pub propagated: BTreeSet<String>,
    /// Processes that are suspended, and since when.
    #[serde(default)]
    pub suspended: BTreeMap<Process, Timestamp>,
    /// ARNs of the target groups its instances are registered with.
    #[serde(default)]
    pub target_groups: Vec<String>,
    /// Name of the placement group that instances are launched into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placement_group: Option<String>,
    #[serde(default)]
    pub context: Option<String>,
    /// What keeps it from being deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
    /// It goes, with all that belongs to it.
    #[serde(default)]
    pub deleting: bool,
    /// What made the desired capacity another, for the activities that follow from it.
    #[serde(default)]
    pub cause: Option<String>,
    /// Subnets in which launches failed of late, with the type if there are several.
    #[serde(default)]
    pub failing: BTreeMap<String, Failing>,
    /// By policy and alarm, the last word that a step policy has scaled for.
    #[serde(default)]
    pub heeded: BTreeMap<String, Timestamp>,
    /// The last change by a policy.
    #[serde(default)]
    pub scaled: Option<Scaled>,
    /// When somebody else last wanted less than there was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowered_at: Option<Timestamp>,
    /// The cooldown of simple scaling.
    #[serde(default)]
    pub resting: Option<Resting>,
    #[serde(default)]
    pub mixed: Option<Mixed>,
    #[serde(default)]
    pub pool: Option<Pool>,
    /// What topics hear, by their ARNs.
    #[serde(default)]
    pub notifications: BTreeMap<String, BTreeSet<Happening>>,
    /// Names of the metrics that are collected.
    #[serde(default)]
    pub metrics: BTreeSet<String>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Group {
    const KIND: &'static str = "group";
    const FORMAT: u32 = 1;
}

/// What instances are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Source {
    Configuration {
        name: String,
        created_at: Timestamp,
    },
    Template {
        id: String,
        name: String,
        /// A number, `$Latest` or `$Default`; of an instance always the number.
        version: String,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Subnet {
    pub id: String,
    pub zone: String,
}

/// A change of the desired capacity by a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Scaled {
    pub at: Timestamp,
    /// Capacity was taken away.
    pub inward: bool,
}

/// Simple scaling waits for what it did before, and a while longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resting {
    pub seconds: u32,
    /// When the last instance was there or gone.
    #[serde(default)]
    pub since: Option<Timestamp>,
}

/// A group that is not deleted before this is taken away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kept {
    /// While there are instances.
    WithInstances,
    Always,
}

impl Kept {
    pub fn name(self) -> &'static str {
        match self {
            Self::WithInstances => "prevent-force-deletion",
            Self::Always => "prevent-all-deletion",
        }
    }

    /// What `DeletionProtection` says.
    pub fn named(name: &str) -> Option<Self> {
        let all = [Self::WithInstances, Self::Always];
        all.into_iter().find(|it| it.name() == name)
    }
}

/// Launches in a subnet failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failing {
    pub times: u32,
    /// The next is not tried before.
    pub until: Timestamp,
}

/// A part of a group's work that can be suspended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Process {
    Launch,
    Terminate,
    AddToLoadBalancer,
    AlarmNotification,
    AZRebalance,
    HealthCheck,
    InstanceRefresh,
    ReplaceUnhealthy,
    ScheduledActions,
}

impl Process {
    /// As DescribeScalingProcessTypes shows them.
    pub const ALL: [Self; 9] = [
        Self::AZRebalance,
        Self::AddToLoadBalancer,
        Self::AlarmNotification,
        Self::HealthCheck,
        Self::InstanceRefresh,
        Self::Launch,
        Self::ReplaceUnhealthy,
        Self::ScheduledActions,
        Self::Terminate,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Launch => "Launch",
            Self::Terminate => "Terminate",
            Self::AddToLoadBalancer => "AddToLoadBalancer",
            Self::AlarmNotification => "AlarmNotification",
            Self::AZRebalance => "AZRebalance",
            Self::HealthCheck => "HealthCheck",
            Self::InstanceRefresh => "InstanceRefresh",
            Self::ReplaceUnhealthy => "ReplaceUnhealthy",
            Self::ScheduledActions => "ScheduledActions",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

/// By what an instance is chosen when the group shrinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Termination {
    Default,
    OldestInstance,
    NewestInstance,
    OldestLaunchConfiguration,
    OldestLaunchTemplate,
    ClosestToNextInstanceHour,
}

impl Termination {
    pub const ALL: [Self; 6] = [
        Self::ClosestToNextInstanceHour,
        Self::Default,
        Self::NewestInstance,
        Self::OldestInstance,
        Self::OldestLaunchConfiguration,
        Self::OldestLaunchTemplate,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "Default",
            Self::OldestInstance => "OldestInstance",
            Self::NewestInstance => "NewestInstance",
            Self::OldestLaunchConfiguration => "OldestLaunchConfiguration",
            Self::OldestLaunchTemplate => "OldestLaunchTemplate",
            Self::ClosestToNextInstanceHour => "ClosestToNextInstanceHour",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name)
    }
}

impl Group {
    /// Sets the desired capacity for somebody who is no policy.
    pub fn desire(&mut self, desired: u32, now: Timestamp) {
        if desired < self.desired {
            self.lowered_at = Some(now);
        }
        self.desired = desired;
    }

    pub fn suspends(&self, process: Process) -> bool {
        self.suspended.contains_key(&process)
    }

    /// Whether instances are launched of a template now, whichever version.
    pub fn launches(&self, template: &str) -> bool {
        let own = self.mixed.iter().flat_map(|it| it.templates.values());
        let mut all = own.chain([&self.launch]);
        all.any(|it| matches!(it, Source::Template { id, .. } if id == template))
    }

    /// Units of capacity of each type, if its mixed instances policy has any.
    fn weights(&self) -> Option<&BTreeMap<String, u32>> {
        let weights = self.mixed.as_ref().map(|it| &it.weights);
        weights.filter(|it| !it.is_empty())
    }

    /// Whether its sizes are in units of capacity.
    pub fn has_weights(&self) -> bool {
        self.weights().is_some()
    }

    /// Units of capacity of an instance of that type, where the policy has any for it.
    pub fn weight_of(&self, instance_type: Option<&str>) -> Option<u32> {
        self.weights()?.get(instance_type?).copied()
    }

    /// Units of capacity of an instance: of one that is attached, and of no type of the policy, one.
    pub fn units(&self, member: &Member) -> usize {
        if !self.has_weights() {
            return 1;
        }
        let of = member.wanted_type.as_deref();
        let weight = self.weight_of(of.or(member.instance_type.as_deref()));
        weight.or(member.weight).unwrap_or(1) as usize
    }

    pub fn units_of<'a>(&self, members: impl IntoIterator<Item = &'a Member>) -> usize {
        members.into_iter().map(|it| self.units(it)).sum()
    }

    /// Units of one as it is shown; an instance is one where the policy has no weights, and that is not shown.
    pub fn shown_weight(&self, member: &Member) -> Option<String> {
        self.weights().map(|_| self.units(member).to_string())
    }
}

/// A launch configuration, under its name. It is never changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Configuration {
    pub name: String,
    pub uuid: String,
    pub created_at: Timestamp,
    pub image: String,
    pub instance_type: String,
    #[serde(default)]
    pub key_name: Option<String>,
    #[serde(default)]
    pub security_groups: Vec<String>,
    /// In base 64 as it was given, sealed for this configuration.
    #[serde(default)]
    pub userdata: Option<Sealed>,
    /// A name or an ARN.
    #[serde(default)]
    pub instance_profile: Option<String>,
    #[serde(default)]
    pub public_address: Option<bool>,
    #[serde(default)]
    pub monitoring: Option<bool>,
    #[serde(default)]
    pub ebs_optimized: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// Its instances are Spot instances that cost no more than that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spot_price: Option<String>,
    #[serde(default)]
    pub http_tokens: Option<String>,
    #[serde(default)]
    pub http_endpoint: Option<String>,
    #[serde(default)]
    pub http_hops: Option<i32>,
    #[serde(flatten)]
    pub unknown: Unknown,
}

impl Record for Configuration {
    const KIND: &'static str = "launch-configuration";
    const FORMAT: u32 = 1;
}
