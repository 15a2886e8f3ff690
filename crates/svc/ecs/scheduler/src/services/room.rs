//! What a host lacks for a task, with its numbers: for events, for the failures of RunTask and
//! StartTask, and for `wharf explain`.
//!
//! An account hears the names and numbers of its own container instances. Of machines of others that
//! serve it, it hears what its task lacks, and nothing of the machine.

use wharf_placement::{Demand, Feature, HostIx, Reason, ledger};
use wharf_records::ecs::{Instance, InstanceStatus};

use super::events::Unplaced;
use crate::{asks, names, view::Region};

/// Attributes that a machine is born with.
const BORN_WITH: [&str; 2] = ["ecs.cpu-architecture", "ecs.os-type"];

/// Why one host takes no such task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lack {
    /// As what the host is or has: `has insufficient CPU units available (256 needed, 0 of 2048
    /// free)`. The beginning is ECS's.
    pub text: String,
    /// Other tasks have what this one needs.
    pub taken: bool,
    /// Waiting does not help: this host can never run it.
    pub never: bool,
}

impl Lack {
    fn taken(text: String) -> Self {
        Self {
            text,
            taken: true,
            never: false,
        }
    }

    fn other(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            taken: false,
            never: false,
        }
    }

    fn never(text: String) -> Self {
        Self {
            text,
            taken: false,
            never: true,
        }
    }
}

/// The host that failed the latest of the requirements, they being checked in a fixed order.
pub fn closest(
    region: &Region,
    demand: &Demand,
    refusals: impl Iterator<Item = (HostIx, Reason)>,
) -> Unplaced {
    let refusals: Vec<_> = refusals.collect();
    let lack = |(row, reason): &(HostIx, Reason)| of_row(region, demand, *row, *reason);
    let Some(last) = refusals.iter().map(|(_, reason)| *reason).max() else {
        return Unplaced::NoInstances;
    };
    let nearly = || {
        let nearly = refusals.iter().filter(|(_, reason)| *reason == last);
        nearly.filter_map(lack)
    };
    // A full one is closer than one that is too small.
    let waits = nearly().find(|(_, lack)| !lack.never);
    let Some((instance, closest)) = waits.or_else(|| nearly().next()) else {
        return Unplaced::NoInstances;
    };
    let never = closest.never
        && refusals
            .iter()
            .all(|refusal| lack(refusal).is_some_and(|(_, lack)| lack.never));
    Unplaced::Closest {
        instance: is_own(region, instance).then(|| instance.id.clone()),
        reason: last,
        lack: closest,
        never,
    }
}

/// What the host of that row lacks, and its instance.
pub fn of_row<'a>(
    region: &'a Region,
    demand: &Demand,
    row: HostIx,
    reason: Reason,
) -> Option<(&'a Instance, Lack)> {
    let host = region.hosts.get(region.fleet.id(row))?;
    let instance = region.instance_by_arn(&host.instance)?;
    Some((instance, lack(region, instance, demand, reason)))
}

/// Whether a machine is registered by the account that is told of it.
pub fn is_own(region: &Region, instance: &Instance) -> bool {
    let of = names::place_of(&instance.arn);
    of.is_some_and(|of| of.account == region.place.account)
}

/// `reason` in words, of the host that `instance` is registered for.
pub fn lack(region: &Region, instance: &Instance, demand: &Demand, reason: Reason) -> Lack {
    let lack = of_own(region, instance, demand, reason);
    match is_own(region, instance) {
        true => lack,
        false => Lack {
            text: of_others(demand, reason),
            ..lack
        },
    }
}

/// What the task needs, and nothing of the machine that does not have it.
fn of_others(demand: &Demand, reason: Reason) -> String {
    let claim = &demand.claim;
    match reason {
        Reason::Agent => "is not available".to_owned(),
        Reason::Location => "is in none of the wanted availability zones".to_owned(),
        Reason::Attribute | Reason::NotAllowed(_) => {
            "is missing an attribute required by your task".to_owned()
        }
        Reason::Cpu => format!(
            "has insufficient CPU units available ({} needed)",
            claim.cpu
        ),
        Reason::Memory => format!(
            "has insufficient memory available ({} MiB needed)",
            claim.memory
        ),
        Reason::Ports => "is already using a port required by your task".to_owned(),
        Reason::Interfaces => "encountered error \"RESOURCE:ENI\"".to_owned(),
        Reason::MemberOf | Reason::Distinct => {
            format!("encountered error \"{}\"", reason.as_str())
        }
    }
}

fn of_own(region: &Region, instance: &Instance, demand: &Demand, reason: Reason) -> Lack {
    let held = region.ledgers.get(&instance.host);
    let free = held.map(|ledger| ledger::free(ledger)).unwrap_or_default();
    let whole = held.map(|ledger| ledger.capacity.clone());
    let whole = |of: fn(&wharf_records::hosts::Capacity) -> u32| whole.as_ref().map_or(0, of);
    let claim = &demand.claim;
    match reason {
        Reason::Agent if instance.status != InstanceStatus::Active => {
            Lack::other(format!("is {}", instance.status.as_str()))
        }
        Reason::Agent => Lack::other("doesn't have the agent connected"),
        Reason::Location => Lack::other("is in none of the wanted availability zones"),
        Reason::Attribute => attribute(instance, demand),
        Reason::NotAllowed(Feature::Bridge) => {
            Lack::other("offers its tasks no network mode bridge")
        }
        Reason::NotAllowed(_) => {
            let flag = asks::flag(&demand.asks, reason).unwrap_or_default();
            Lack::other(format!(
                "is missing an attribute required by your task: it is not started with {flag}"
            ))
        }
        Reason::Cpu => amount("CPU units", claim.cpu, free.cpu, whole(|all| all.cpu)),
        Reason::Memory => amount("memory", claim.memory, free.memory, whole(|all| all.memory)),
        Reason::Ports => {
            let taken = claim
                .ports
                .iter()
                .filter(|port| free.taken.binary_search(port).is_ok());
            let taken: Vec<String> = taken.map(|port| port.number.to_string()).collect();
            Lack::taken(format!(
                "is already using a port required by your task ({})",
                taken.join(", ")
            ))
        }
        Reason::Interfaces => Lack::taken("encountered error \"RESOURCE:ENI\"".to_owned()),
        Reason::MemberOf | Reason::Distinct => {
            Lack::other(format!("encountered error \"{}\"", reason.as_str()))
        }
    }
}

fn amount(what: &str, needed: u32, free: u32, whole: u32) -> Lack {
    let unit = match what {
        "memory" => " MiB",
        _ => "",
    };
    let text =
        |have: String| format!("has insufficient {what} available ({needed}{unit} needed, {have})");
    match needed > whole {
        true => Lack::never(text(format!("{whole} in all"))),
        // It was enough before the tasks that were placed in the same batch.
        false if needed <= free => Lack::taken(text(format!(
            "what others were given or promised meanwhile leaves less of {whole}"
        ))),
        false => Lack::taken(text(format!("{free} of {whole} free"))),
    }
}

fn attribute(instance: &Instance, demand: &Demand) -> Lack {
    let start = "is missing an attribute required by your task";
    let missing = demand.attributes.iter().find(|(name, value)| {
        match (instance.attributes.get(name), value) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(has), wanted) => has != wanted,
        }
    });
    let Some((name, value)) = missing else {
        return Lack::other(start);
    };
    let wanted = value
        .as_ref()
        .map_or_else(|| name.clone(), |value| format!("{name} = {value}"));
    match instance.attributes.get(name) {
        Some(Some(has)) => {
            let text = format!("{start}: {wanted}, it has {has}");
            match BORN_WITH.contains(&name.as_str()) {
                true => Lack::never(text),
                false => Lack::other(text),
            }
        }
        _ => Lack::other(format!("{start}: {wanted}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_whole_host_has_is_for_ever() {
        let never = amount("CPU units", 4096, 0, 2048);
        assert!(never.never && !never.taken);
        assert_eq!(
            never.text,
            "has insufficient CPU units available (4096 needed, 2048 in all)"
        );
        let now = amount("memory", 512, 100, 4096);
        assert!(now.taken && !now.never);
        assert_eq!(
            now.text,
            "has insufficient memory available (512 MiB needed, 100 of 4096 free)"
        );
        let batch = amount("memory", 512, 700, 4096);
        assert_eq!(
            batch.text,
            "has insufficient memory available (512 MiB needed, what others were given or promised \
             meanwhile leaves less of 4096)"
        );
    }
}
