//! What a task is charged for, and under which usage types.

use std::{borrow::Cow, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{InstanceType, Rounding, Stored, VolumeType};

/// Ephemeral storage that comes with every task, in GiB.
const FREE_GIB: u32 = 20;
const MIB_OF_GIB: u64 = 1_024;
/// What counts as one of anything, as CPU units do for a vCPU.
const ONE: u64 = 1_024;
/// Where usage types of EC2 and of load balancers have no letters for the region.
const HOME: &str = "us-east-1";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Platform {
    LinuxX86,
    LinuxArm,
    WindowsX86,
}

impl Platform {
    /// The shortest time that is billed, in milliseconds.
    pub fn minimum(self) -> i64 {
        match self {
            Self::LinuxX86 | Self::LinuxArm => 60_000,
            Self::WindowsX86 => 300_000,
        }
    }
}

/// Everything about a task that its cost depends on or that reports choose by, but for which task it
/// is and when it ran. Sizes are those that were asked for, not those that were used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Use {
    pub region: String,
    pub platform: Platform,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub spot: bool,
    /// CPU units: 1,024 are a vCPU.
    pub cpu: u32,
    pub memory_mib: u32,
    pub ephemeral_gib: u32,
    pub cluster: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// It is an EC2 instance of that type, not a task: sizes mean nothing then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// It is something that is stored, and neither: that says its size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored: Option<Stored>,
}

/// A usage type, without its region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Cpu(Platform, bool),
    Memory(Platform, bool),
    Ephemeral,
    WindowsLicence,
    /// An EC2 instance; whether it is Spot capacity.
    Instance(InstanceType, bool),
    /// A volume's size.
    Volume(VolumeType),
    /// Provisioned IOPS, and the tier of them.
    Iops(VolumeType, u8),
    /// Provisioned throughput of gp3.
    Throughput,
    Snapshot,
    /// A file system of EFS.
    FileSystem,
    NatGateway,
    LoadBalancer,
    /// A public IPv4 address; whether it is idle.
    PublicAddress(bool),
    /// An interface endpoint in a zone.
    Endpoint,
    /// Capacity units of load balancers; whether of network ones.
    Capacity(bool),
}

/// In what usage is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unit {
    Hours,
    CapacityHours,
    GbHours,
    GbMonths,
    IopsMonths,
    GibpsMonths,
}

impl Unit {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hours => "Hrs",
            Self::CapacityHours => "LCU-Hrs",
            Self::GbHours => "GB-Hours",
            Self::GbMonths => "GB-Month",
            Self::IopsMonths => "IOPS-Month",
            Self::GibpsMonths => "GiBps-Month",
        }
    }
}

impl Kind {
    /// Those of Fargate, for price lists to be complete.
    pub const ALL: [Self; 12] = [
        Self::Cpu(Platform::LinuxX86, false),
        Self::Memory(Platform::LinuxX86, false),
        Self::Cpu(Platform::LinuxArm, false),
        Self::Memory(Platform::LinuxArm, false),
        Self::Cpu(Platform::WindowsX86, false),
        Self::Memory(Platform::WindowsX86, false),
        Self::Cpu(Platform::LinuxX86, true),
        Self::Memory(Platform::LinuxX86, true),
        Self::Cpu(Platform::LinuxArm, true),
        Self::Memory(Platform::LinuxArm, true),
        Self::Ephemeral,
        Self::WindowsLicence,
    ];

    /// Those of what is there.
    const STORED: [Self; 22] = [
        Self::Volume(VolumeType::Standard),
        Self::Volume(VolumeType::Gp2),
        Self::Volume(VolumeType::Gp3),
        Self::Volume(VolumeType::Io1),
        Self::Volume(VolumeType::Io2),
        Self::Volume(VolumeType::St1),
        Self::Volume(VolumeType::Sc1),
        Self::Iops(VolumeType::Gp3, 1),
        Self::Iops(VolumeType::Io1, 1),
        Self::Iops(VolumeType::Io2, 1),
        Self::Iops(VolumeType::Io2, 2),
        Self::Iops(VolumeType::Io2, 3),
        Self::Throughput,
        Self::Snapshot,
        Self::FileSystem,
        Self::NatGateway,
        Self::LoadBalancer,
        Self::PublicAddress(false),
        Self::PublicAddress(true),
        Self::Endpoint,
        Self::Capacity(false),
        Self::Capacity(true),
    ];

    /// `Fargate-GB-Hours`
    pub fn name(self) -> Cow<'static, str> {
        let (platform, spot, what) = match self {
            Self::Instance(of, spot) => {
                let usage = if spot { "SpotUsage" } else { "BoxUsage" };
                return Cow::Owned(format!("{usage}:{}", of.name()));
            }
            Self::Volume(of) => return Cow::Owned(format!("EBS:VolumeUsage{}", of.code())),
            Self::Iops(of, 1) => return Cow::Owned(format!("EBS:VolumeP-IOPS{}", of.code())),
            Self::Iops(of, tier) => {
                return Cow::Owned(format!("EBS:VolumeP-IOPS{}.tier{tier}", of.code()));
            }
            Self::Throughput => return Cow::Borrowed("EBS:VolumeP-Throughput.gp3"),
            Self::Snapshot => return Cow::Borrowed("EBS:SnapshotUsage"),
            Self::FileSystem => return Cow::Borrowed("TimedStorage-ByteHrs"),
            Self::NatGateway => return Cow::Borrowed("NatGateway-Hours"),
            Self::LoadBalancer => return Cow::Borrowed("LoadBalancerUsage"),
            Self::PublicAddress(false) => return Cow::Borrowed("PublicIPv4:InUseAddress"),
            Self::PublicAddress(true) => return Cow::Borrowed("PublicIPv4:IdleAddress"),
            Self::Endpoint => return Cow::Borrowed("VpcEndpoint-Hours"),
            Self::Capacity(_) => return Cow::Borrowed("LCUUsage"),
            Self::Ephemeral => return Cow::Borrowed("Fargate-EphemeralStorage-GB-Hours"),
            Self::WindowsLicence => return Cow::Borrowed("Fargate-Windows-OS-Hours:perCPU"),
            Self::Cpu(platform, spot) => (platform, spot, "vCPU-Hours:perCPU"),
            Self::Memory(platform, spot) => (platform, spot, "GB-Hours"),
        };
        let market = if spot { "SpotUsage-" } else { "" };
        let platform = match platform {
            Platform::LinuxX86 => "",
            Platform::LinuxArm => "ARM-",
            Platform::WindowsX86 => "Windows-",
        };
        Cow::Owned(format!("{market}Fargate-{platform}{what}"))
    }

    /// As price lists have it: what costs more or less by its operation has that behind it.
    pub(crate) fn listed(self) -> Cow<'static, str> {
        match self {
            Self::Capacity(true) => Cow::Borrowed("LCUUsage:Network"),
            _ => self.name(),
        }
    }

    /// The one that price lists have under that name.
    pub fn named(name: &str) -> Option<Self> {
        let of_instance = |usage: &str, spot| {
            let of = name.strip_prefix(usage)?;
            InstanceType::named(of).map(|it| Self::Instance(it, spot))
        };
        let mut all = Self::ALL.into_iter().chain(Self::STORED);
        all.find(|it| it.listed() == name)
            .or_else(|| of_instance("BoxUsage:", false))
            .or_else(|| of_instance("SpotUsage:", true))
    }

    pub fn unit(self) -> Unit {
        match self {
            Self::Ephemeral => Unit::GbHours,
            Self::Capacity(_) => Unit::CapacityHours,
            Self::Volume(_) | Self::Snapshot | Self::FileSystem => Unit::GbMonths,
            Self::Iops(..) => Unit::IopsMonths,
            Self::Throughput => Unit::GibpsMonths,
            Self::Cpu(..)
            | Self::Memory(..)
            | Self::WindowsLicence
            | Self::Instance(..)
            | Self::NatGateway
            | Self::LoadBalancer
            | Self::PublicAddress(_)
            | Self::Endpoint => Unit::Hours,
        }
    }

    /// The usage type in a region: `USE1-Fargate-GB-Hours`.
    pub fn usage_type(self, region: &str) -> String {
        let has_no_letters = matches!(
            self,
            Self::Instance(..)
                | Self::Volume(_)
                | Self::Iops(..)
                | Self::Throughput
                | Self::Snapshot
                | Self::NatGateway
                | Self::LoadBalancer
                | Self::Capacity(_)
        );
        if has_no_letters && region == HOME {
            return self.name().into_owned();
        }
        format!("{}-{}", region_code(region), self.name())
    }
}

/// What a millisecond of a task adds to a usage type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    pub kind: Kind,
    /// CPU units or MiB; of what is billed by the month, 2^20 parts of one: KiB.
    pub amount: u64,
}

impl Use {
    pub fn rounding(&self) -> Rounding {
        match self.stored {
            Some(Stored::NatGateway | Stored::LoadBalancer { .. } | Stored::Endpoint) => {
                Rounding::Hours
            }
            Some(Stored::PublicAddress { .. }) => Rounding::Seconds,
            Some(_) => Rounding::Exact,
            None => Rounding::Task(self.platform),
        }
    }

    /// The usage types that the task, the instance, or what is stored counts towards.
    pub fn items(&self) -> impl Iterator<Item = Item> + use<> {
        let stored = self.stored.as_ref().map(Stored::items);
        let instance = self.instance.as_deref();
        let known = instance.and_then(InstanceType::named);
        let own = known.map(|it| Item {
            kind: Kind::Instance(it, self.spot),
            amount: ONE,
        });
        let is_task = instance.is_none() && stored.is_none();
        let of_task = is_task.then(|| self.items_of_task());
        let stored = stored.into_iter().flatten();
        own.into_iter()
            .chain(of_task.into_iter().flatten())
            .chain(stored)
    }

    fn items_of_task(&self) -> impl Iterator<Item = Item> + use<> {
        let extra = self.ephemeral_gib.saturating_sub(FREE_GIB);
        let windows = self.platform == Platform::WindowsX86;
        // There is no Windows on Spot.
        let spot = self.spot && !windows;
        let all = [
            (Kind::Cpu(self.platform, spot), u64::from(self.cpu)),
            (
                Kind::Memory(self.platform, spot),
                u64::from(self.memory_mib),
            ),
            (Kind::Ephemeral, u64::from(extra) * MIB_OF_GIB),
            (
                Kind::WindowsLicence,
                if windows { u64::from(self.cpu) } else { 0 },
            ),
        ];
        let charged = all.into_iter().filter(|(_, amount)| *amount > 0);
        charged.map(|(kind, amount)| Item { kind, amount })
    }
}

/// The letters that stand for a region in usage types. Regions that AWS does not have go by their names.
pub fn region_code(region: &str) -> Cow<'static, str> {
    Cow::Borrowed(match region {
        "us-east-1" => "USE1",
        "us-east-2" => "USE2",
        "us-west-1" => "USW1",
        "us-west-2" => "USW2",
        "us-gov-east-1" => "UGE1",
        "us-gov-west-1" => "UGW1",
        "ca-central-1" => "CAN1",
        "ca-west-1" => "CAW1",
        "mx-central-1" => "MXC1",
        "sa-east-1" => "SAE1",
        "eu-west-1" => "EU",
        "eu-west-2" => "EUW2",
        "eu-west-3" => "EUW3",
        "eu-central-1" => "EUC1",
        "eu-central-2" => "EUC2",
        "eu-north-1" => "EUN1",
        "eu-south-1" => "EUS1",
        "eu-south-2" => "EUS2",
        "ap-northeast-1" => "APN1",
        "ap-northeast-2" => "APN2",
        "ap-northeast-3" => "APN3",
        "ap-southeast-1" => "APS1",
        "ap-southeast-2" => "APS2",
        "ap-southeast-3" => "APS4",
        "ap-south-1" => "APS3",
        "ap-south-2" => "APS5",
        "ap-southeast-4" => "APS6",
        "ap-southeast-5" => "APS7",
        "ap-east-1" => "APE1",
        "af-south-1" => "AFS1",
        "il-central-1" => "ILC1",
        "me-south-1" => "MES1",
        "me-central-1" => "MEC1",
        other => return Cow::Owned(other.to_owned()),
    })
}
