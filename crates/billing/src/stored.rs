//! What is billed for being there: volumes, snapshots and file systems, each by stretches of time in which its size is
//! the same; NAT gateways, load balancers, public addresses and interface endpoints, by the hour.

use serde::{Deserialize, Serialize};
use wharf_base::Timestamp;

use crate::{Item, Kind};

/// One of anything, in the parts that [`Item`] counts of what is billed by the month: a GiB in KiB.
const ONE: u64 = 1 << 20;
/// … and of what is billed by the hour.
const ONE_HOURLY: u64 = 1_024;
/// What comes with every gp3 volume.
const FREE_IOPS: u32 = 3_000;
const FREE_MIBPS: u32 = 125;
/// Up to so many IOPS of io2 each tier goes.
const IO2_TIERS: [u32; 3] = [32_000, 64_000, u32::MAX];

/// A type of EBS volume.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum VolumeType {
    Standard,
    Gp2,
    Gp3,
    Io1,
    Io2,
    St1,
    Sc1,
}

impl VolumeType {
    /// As usage types have it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Standard => "",
            Self::Gp2 => ".gp2",
            Self::Gp3 => ".gp3",
            Self::Io1 => ".piops",
            Self::Io2 => ".io2",
            Self::St1 => ".st1",
            Self::Sc1 => ".sc1",
        }
    }

    /// The operation that reports show.
    pub fn operation(self) -> &'static str {
        match self {
            Self::Standard => "CreateVolume",
            Self::Gp2 => "CreateVolume-Gp2",
            Self::Gp3 => "CreateVolume-Gp3",
            Self::Io1 => "CreateVolume-P-IOPS",
            Self::Io2 => "CreateVolume-Io2",
            Self::St1 => "CreateVolume-St1",
            Self::Sc1 => "CreateVolume-Sc1",
        }
    }
}

/// What has a public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressUse {
    /// Nothing has it: an elastic one that is not associated.
    Idle,
    /// It is an elastic one.
    Elastic,
    /// It goes with its interface.
    Interface,
    /// It is a load balancer's.
    Balancer,
}

/// What there is, as far as its cost depends on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stored {
    #[serde(rename_all = "kebab-case")]
    Volume {
        kind: VolumeType,
        gib: u32,
        #[serde(default)]
        iops: u32,
        /// MiB a second.
        #[serde(default)]
        throughput: u32,
    },
    /// With what counts for it of the bytes that snapshots share.
    Snapshot {
        kib: u64,
    },
    FileSystem {
        kib: u64,
    },
    NatGateway,
    #[serde(rename_all = "kebab-case")]
    LoadBalancer {
        network: bool,
    },
    #[serde(rename_all = "kebab-case")]
    PublicAddress {
        of: AddressUse,
    },
    /// An interface endpoint in one zone.
    Endpoint,
    /// Capacity units that a load balancer used in an hour, in 1,024 × 3,600,000 parts of one. It counts for a millisecond.
    #[serde(rename_all = "kebab-case")]
    Capacity {
        network: bool,
        parts: u64,
    },
}

impl Stored {
    /// The usage types that it counts towards.
    pub(crate) fn items(&self) -> Vec<Item> {
        let mut items = Vec::new();
        let mut add = |kind, amount| {
            if amount > 0 {
                items.push(Item { kind, amount });
            }
        };
        match *self {
            Self::Volume {
                kind,
                gib,
                iops,
                throughput,
            } => {
                add(Kind::Volume(kind), u64::from(gib) * ONE);
                match kind {
                    VolumeType::Gp3 => {
                        let extra = u64::from(iops.saturating_sub(FREE_IOPS));
                        add(Kind::Iops(kind, 1), extra * ONE);
                        // Counted by the GiB a second.
                        let extra = u64::from(throughput.saturating_sub(FREE_MIBPS));
                        add(Kind::Throughput, extra * (ONE >> 10));
                    }
                    VolumeType::Io1 => add(Kind::Iops(kind, 1), u64::from(iops) * ONE),
                    VolumeType::Io2 => {
                        let mut below = 0;
                        for (tier, most) in (1..).zip(IO2_TIERS) {
                            let within = iops.min(most).saturating_sub(below);
                            add(Kind::Iops(kind, tier), u64::from(within) * ONE);
                            below = most;
                        }
                    }
                    _ => {}
                }
            }
            Self::Snapshot { kib } => add(Kind::Snapshot, kib),
            Self::FileSystem { kib } => add(Kind::FileSystem, kib),
            Self::NatGateway => add(Kind::NatGateway, ONE_HOURLY),
            Self::LoadBalancer { .. } => add(Kind::LoadBalancer, ONE_HOURLY),
            Self::PublicAddress { of } => {
                add(Kind::PublicAddress(of == AddressUse::Idle), ONE_HOURLY);
            }
            Self::Endpoint => add(Kind::Endpoint, ONE_HOURLY),
            Self::Capacity { network, parts } => add(Kind::Capacity(network), parts),
        }
        items
    }
}

/// A time in which something was there and stayed as it was. Its owner's record has the last one: a change ends it in the
/// moment in which the next begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// 1, 2, 3 … of one resource.
    pub number: u64,
    pub of: Stored,
    pub since: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl Stretch {
    /// The first of a resource.
    pub fn first(of: Stored, now: Timestamp) -> Self {
        Self {
            number: 1,
            of,
            since: now,
            until: None,
        }
    }

    /// Follows what there is to be billed from now on: another, or nothing. A clock that goes back makes no time twice.
    pub fn follow(last: &mut Option<Self>, of: Option<Stored>, now: Timestamp) {
        match (last.as_mut(), of) {
            (None, Some(of)) => *last = Some(Self::first(of, now)),
            (Some(it), Some(of)) if it.until.is_some() || it.of != of => {
                *it = Self {
                    number: it.number + 1,
                    of,
                    since: now.max(it.until.unwrap_or(it.since)),
                    until: None,
                };
            }
            (Some(it), None) if it.until.is_none() => it.until = Some(now.max(it.since)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
