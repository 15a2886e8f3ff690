//! Which hosts are left to an instance of a group, and to how many. Pure.

use std::collections::{BTreeMap, BTreeSet};

use wharf_wire::Fault;

use super::{Asked, InGroup, MOST_IN_ZONE, PlacementGroup, Strategy, is_member};
use crate::{fault, records::Instance};

/// Where the others of an instance's group are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Siblings {
    /// Hosts that it must not share.
    pub avoid: BTreeSet<String>,
    /// Hosts that come first.
    pub near: BTreeSet<String>,
}

impl Siblings {
    /// Of the instance with this id and place.
    pub fn of<'a>(
        strategy: Strategy,
        (id, place): (&str, &InGroup),
        all: impl IntoIterator<Item = &'a Instance>,
    ) -> Self {
        let others = all
            .into_iter()
            .filter(|it| it.id != id && is_member(it, &place.group));
        let mut found = Self::default();
        for other in others {
            let Some(host) = &other.life.host else {
                continue;
            };
            let partition = other.placement.as_ref().and_then(|it| it.partition);
            let hosts = match strategy {
                Strategy::Cluster => &mut found.near,
                Strategy::Spread => &mut found.avoid,
                Strategy::Partition(_) if partition == place.partition => &mut found.near,
                Strategy::Partition(_) => &mut found.avoid,
            };
            hosts.insert(host.id.clone());
        }
        // Where a partition was moved by hand among others', nothing but its own counts against it.
        found.near.retain(|it| !found.avoid.contains(it));
        found
    }
}

/// Places for new instances.
#[derive(Debug, Clone, PartialEq)]
pub enum Assigned {
    /// As many as are asked for.
    Any,
    /// At most so many.
    AtMost(u32),
    /// The partitions of the first, the second, and so on; no more than these.
    Partitions(Vec<u32>),
}

impl Assigned {
    /// How many of those that are wanted have a place.
    pub fn most(&self, wanted: u32) -> u32 {
        match self {
            Self::Any => wanted,
            Self::AtMost(most) => wanted.min(*most),
            Self::Partitions(all) => wanted.min(u32::try_from(all.len()).unwrap_or(u32::MAX)),
        }
    }

    /// The place of the new instance of that number.
    pub fn place(&self, group: &PlacementGroup, number: usize) -> InGroup {
        InGroup {
            group: group.id.clone(),
            name: group.name.clone(),
            partition: match self {
                Self::Partitions(all) => all.get(number).copied(),
                Self::Any | Self::AtMost(_) => None,
            },
        }
    }
}

/// Places in a zone for as many as `wanted` new instances of a group, of whose zone's `hosts` each takes instances like them.
///
/// # Errors
/// If a cluster is in another zone.
pub fn check(
    asked: &Asked,
    members: &[Instance],
    zone: &str,
    hosts: &BTreeSet<String>,
    wanted: u32,
) -> Result<Assigned, Fault> {
    let here = || members.iter().filter(|it| it.zone == zone);
    match asked.group.strategy {
        Strategy::Cluster => match members.iter().find(|it| it.zone != zone) {
            None => Ok(Assigned::Any),
            Some(other) => Err(fault::cluster_in_other_zone(&asked.group.name, &other.zone)),
        },
        Strategy::Spread => {
            let taken: BTreeSet<&String> = members
                .iter()
                .filter_map(|it| it.life.host.as_ref())
                .map(|it| &it.id)
                .collect();
            let free = hosts.iter().filter(|it| !taken.contains(it)).count();
            // Those that have no host yet will have one of these.
            let waiting = members.iter().filter(|it| it.life.host.is_none()).count();
            let free = u32::try_from(free.saturating_sub(waiting)).unwrap_or(u32::MAX);
            let of_zone = u32::try_from(here().count()).unwrap_or(u32::MAX);
            Ok(Assigned::AtMost(
                free.min(MOST_IN_ZONE.saturating_sub(of_zone)),
            ))
        }
        Strategy::Partition(count) => Ok(Assigned::Partitions(partitions(
            count, asked, members, zone, hosts, wanted,
        ))),
    }
}

/// The one that is asked for, or those with the fewest instances first; a partition that has no host here yet takes one that
/// none has.
fn partitions(
    count: u32,
    asked: &Asked,
    members: &[Instance],
    zone: &str,
    hosts: &BTreeSet<String>,
    wanted: u32,
) -> Vec<u32> {
    let of = |it: &Instance| it.placement.as_ref().and_then(|it| it.partition);
    let mut sizes: BTreeMap<u32, u32> = (1..=count).map(|it| (it, 0)).collect();
    let mut taken: BTreeSet<&String> = BTreeSet::new();
    let mut settled: BTreeSet<u32> = BTreeSet::new();
    let mut waiting: BTreeSet<u32> = BTreeSet::new();
    for member in members {
        let Some(partition) = of(member) else {
            continue;
        };
        if member.zone == zone {
            *sizes.entry(partition).or_default() += 1;
        }
        match &member.life.host {
            Some(host) => {
                taken.insert(&host.id);
                if hosts.contains(&host.id) {
                    settled.insert(partition);
                }
            }
            None => {
                waiting.insert(partition);
            }
        }
    }
    let mut free = hosts.iter().filter(|it| !taken.contains(it)).count();
    for partition in waiting {
        if settled.insert(partition) {
            free = free.saturating_sub(1);
        }
    }
    let mut chosen = Vec::new();
    for _ in 0..wanted {
        let open = sizes.iter().filter(|(partition, _)| {
            asked.partition.is_none_or(|it| it == **partition)
                && (free > 0 || settled.contains(partition))
        });
        let Some(partition) = open.min_by_key(|(_, size)| **size).map(|(it, _)| *it) else {
            break;
        };
        if settled.insert(partition) {
            free -= 1;
        }
        *sizes.entry(partition).or_default() += 1;
        chosen.push(partition);
    }
    chosen
}
