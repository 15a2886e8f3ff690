//! Overrides of a launch: what they may name, and what the task is sized as with them.
//!
//! A definition with its overrides is held to the sizes of one that is registered so: else a launch could take the limit
//! from a container that its definition has one for.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use wharf_api_ecs::{ContainerOverride, TaskDefinition, TaskOverride};
use wharf_records::ecs::Launch;
use wharf_wire::Fault;

use crate::{
    definition::{containers, environment_files, name, not_shared, size, task_size},
    document, fault,
};

/// Largest `overrides`, as JSON.
const MAX_OVERRIDES: usize = 8192;

/// Whether they are within their bounds and name what the definition has.
pub(super) fn check(overrides: &TaskOverride, definition: &TaskDefinition) -> Result<(), Fault> {
    if document::of_overrides(overrides).to_string().len() > MAX_OVERRIDES {
        return Err(fault::invalid(format!(
            "Overrides are too long: at most {MAX_OVERRIDES} characters are allowed."
        )));
    }
    if overrides
        .inference_accelerator_overrides
        .as_ref()
        .is_some_and(|all| !all.is_empty())
    {
        return Err(fault::unsupported(
            "overrides.inferenceAcceleratorOverrides",
        ));
    }
    let mut named = BTreeSet::new();
    for container in overrides.container_overrides.iter().flatten() {
        let wanted = container.name.as_deref().unwrap_or_default();
        if !named.insert(wanted) {
            return Err(fault::invalid(format!(
                "The container named {wanted} has more than one override."
            )));
        }
        let mut defined = containers(definition).iter();
        let Some(defined) = defined.find(|one| name(one) == wanted) else {
            return Err(fault::invalid(format!(
                "Override for container named {wanted} is not a container in the TaskDefinition."
            )));
        };
        not_shared(defined, container.environment.as_deref())?;
        let files = container.environment_files.as_deref().unwrap_or_default();
        environment_files::of_container(wanted, files)
            .map_err(|bad| fault::invalid(bad.to_string()))?;
        // They cannot be defined, so they cannot be overridden.
        if container
            .resource_requirements
            .as_ref()
            .is_some_and(|all| !all.is_empty())
        {
            return Err(fault::unsupported(
                "containerOverrides.resourceRequirements",
            ));
        }
    }
    Ok(())
}

/// CPU units and MiB to reserve: the task's own sizes, else what its containers ask for.
pub(super) fn size(
    definition: &TaskDefinition,
    overrides: &TaskOverride,
    launch: Launch,
) -> Result<(u32, u32), Fault> {
    let sized = sized(definition, overrides)?;
    let (cpu, memory) = task_size(&sized);
    if launch == Launch::Fargate {
        let (cpu, memory) = (cpu.unwrap_or(0), memory.unwrap_or(0));
        if !size::is_fargate_pair(cpu, memory) {
            return Err(size::no_fargate_pair(cpu, memory));
        }
    }
    // What is registered was checked then, by the rules of its time.
    if let Cow::Owned(sized) = &sized {
        size::check_for(sized, launch == Launch::Fargate)?;
    }
    let mut sums = (0_u32, 0_u32);
    for container in containers(&sized) {
        let units = container.cpu.unwrap_or(0);
        sums.0 = sums.0.saturating_add(u32::try_from(units).unwrap_or(0));
        let mib = container.memory_reservation.or(container.memory);
        let mib = mib.unwrap_or(0);
        sums.1 = sums.1.saturating_add(u32::try_from(mib).unwrap_or(0));
    }
    Ok((cpu.unwrap_or(sums.0), memory.unwrap_or(sums.1)))
}

/// The definition with the sizes that the task will have; borrowed where the overrides change none.
fn sized<'a>(
    definition: &'a TaskDefinition,
    overrides: &TaskOverride,
) -> Result<Cow<'a, TaskDefinition>, Fault> {
    let cpu = size::normal_cpu(overrides.cpu.as_deref())?;
    let memory = size::normal_memory(overrides.memory.as_deref())?;
    let by_name: BTreeMap<&str, &ContainerOverride> = overrides
        .container_overrides
        .iter()
        .flatten()
        .filter(|one| is_sized(one))
        .filter_map(|one| Some((one.name.as_deref()?, one)))
        .collect();
    let storage = overrides.ephemeral_storage.as_ref();
    if cpu.is_none() && memory.is_none() && storage.is_none() && by_name.is_empty() {
        return Ok(Cow::Borrowed(definition));
    }
    let mut sized = definition.clone();
    sized.cpu = cpu.or(sized.cpu);
    sized.memory = memory.or(sized.memory);
    sized.ephemeral_storage = storage.cloned().or(sized.ephemeral_storage);
    for container in sized.container_definitions.iter_mut().flatten() {
        let Some(change) = by_name.get(name(container)) else {
            continue;
        };
        container.cpu = change.cpu.or(container.cpu);
        container.memory = change.memory.or(container.memory);
        container.memory_reservation = change.memory_reservation.or(container.memory_reservation);
    }
    Ok(Cow::Owned(sized))
}

fn is_sized(change: &ContainerOverride) -> bool {
    change.cpu.is_some() || change.memory.is_some() || change.memory_reservation.is_some()
}

#[cfg(test)]
mod tests {
    use wharf_api_ecs::{ContainerDefinition, EphemeralStorage};

    use super::*;

    fn bridge() -> TaskDefinition {
        let container = ContainerDefinition {
            name: Some("web".to_owned()),
            cpu: Some(256),
            memory: Some(128),
            memory_reservation: Some(64),
            ..ContainerDefinition::default()
        };
        TaskDefinition {
            container_definitions: Some(vec![container]),
            ..TaskDefinition::default()
        }
    }

    fn fargate() -> TaskDefinition {
        TaskDefinition {
            cpu: Some("256".to_owned()),
            memory: Some("512".to_owned()),
            ..bridge()
        }
    }

    fn of(change: ContainerOverride) -> TaskOverride {
        let change = ContainerOverride {
            name: Some("web".to_owned()),
            ..change
        };
        TaskOverride {
            container_overrides: Some(vec![change]),
            ..TaskOverride::default()
        }
    }

    fn memory(mib: i32) -> TaskOverride {
        of(ContainerOverride {
            memory: Some(mib),
            ..ContainerOverride::default()
        })
    }

    fn reservation(mib: i32) -> TaskOverride {
        of(ContainerOverride {
            memory_reservation: Some(mib),
            ..ContainerOverride::default()
        })
    }

    fn units(cpu: i32) -> TaskOverride {
        of(ContainerOverride {
            cpu: Some(cpu),
            ..ContainerOverride::default()
        })
    }

    #[track_caller]
    fn refused(overrides: &TaskOverride, launch: Launch, message: &str) {
        let definition = match launch {
            Launch::Fargate => fargate(),
            _ => bridge(),
        };
        let fault = size(&definition, overrides, launch).expect_err(message);
        assert_eq!(
            (fault.code.as_ref(), fault.message.as_str()),
            ("ClientException", message)
        );
    }

    #[test]
    fn no_override_takes_a_limit_away() {
        let of_container = |text: &str| format!("Invalid setting for container 'web'. {text}");
        let least = of_container("'memory' must be at least 6 MiB.");
        for mib in [i32::MIN, -1, 0, 3] {
            refused(&memory(mib), Launch::Ec2, &least);
            refused(&memory(mib), Launch::Fargate, &least);
        }
        let least = of_container("'memoryReservation' must be at least 6 MiB.");
        for mib in [-1, 0, 3] {
            refused(&reservation(mib), Launch::Ec2, &least);
        }
        let negative = of_container("'cpu' must not be negative.");
        refused(&units(-1), Launch::Ec2, &negative);
        let exceeds = of_container("'memoryReservation' must not exceed 'memory'");
        // One of the two may be the definition's.
        refused(&memory(8), Launch::External, &exceeds);
        refused(&reservation(129), Launch::ManagedInstances, &exceeds);
    }

    #[test]
    fn containers_stay_within_their_task() {
        refused(
            &memory(513),
            Launch::Fargate,
            "The 'memory' setting for container 'web' is greater than for the task.",
        );
        refused(
            &units(257),
            Launch::Fargate,
            "The sum of all container 'cpu' values cannot be greater than the value of the task \
             'cpu'.",
        );
        let mut larger = memory(600);
        larger.memory = Some("1024".to_owned());
        let sized = size(&fargate(), &larger, Launch::Fargate);
        assert_eq!(sized.unwrap(), (256, 1024));
        let smaller = TaskOverride {
            memory: Some("100".to_owned()),
            ..TaskOverride::default()
        };
        refused(
            &smaller,
            Launch::Ec2,
            "The 'memory' setting for container 'web' is greater than for the task.",
        );
    }

    #[test]
    fn a_disk_has_the_size_of_a_definitions() {
        let disk = |gib: i32| TaskOverride {
            ephemeral_storage: Some(EphemeralStorage {
                size_in_gi_b: Some(gib),
            }),
            ..TaskOverride::default()
        };
        for launch in [Launch::Fargate, Launch::Ec2] {
            for gib in [i32::MIN, -1, 0, 20] {
                let text = "EphemeralStorage size should be at least 21";
                refused(&disk(gib), launch, text);
            }
            for gib in [201, i32::MAX] {
                let text = "EphemeralStorage size should be at most 200";
                refused(&disk(gib), launch, text);
            }
        }
        for gib in [21, 200] {
            assert!(size(&fargate(), &disk(gib), Launch::Fargate).is_ok());
        }
    }

    #[test]
    fn what_is_reserved_is_what_will_run() {
        let sized = |overrides: &TaskOverride| size(&bridge(), overrides, Launch::Ec2).unwrap();
        assert_eq!(sized(&TaskOverride::default()), (256, 64));
        assert_eq!(sized(&reservation(100)), (256, 100));
        assert_eq!(sized(&memory(64)), (256, 64));
        assert_eq!(sized(&units(0)), (0, 64));
        let named = of(ContainerOverride::default());
        assert_eq!(sized(&named), (256, 64));
    }

    /// One that was registered under other rules still starts as it is.
    #[test]
    fn definitions_are_not_checked_again() {
        let mut odd = bridge();
        for container in odd.container_definitions.iter_mut().flatten() {
            container.memory = Some(4);
        }
        assert!(size(&odd, &TaskOverride::default(), Launch::Ec2).is_ok());
        assert!(size(&odd, &units(1), Launch::Ec2).is_err());
    }
}
