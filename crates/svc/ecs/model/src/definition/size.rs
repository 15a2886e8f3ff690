//! Task sizes: `1024` or `1 vCPU`, `512` or `1 GB`, the ranges of EC2, the pairs of Fargate.

use wharf_api_ecs::TaskDefinition;
use wharf_base::cpu::UNITS_OF_A_CORE;
use wharf_wire::Fault;

use super::{containers, name, requires, task_size};
use crate::fault;

const GUIDE: &str =
    "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";
/// Bounds of a task's cpu outside Fargate, in units.
const CPU_UNITS: std::ops::RangeInclusive<u32> = 128..=196_608;
/// Least memory of a container in MiB.
const LEAST_MEMORY: i32 = 6;

/// Bounds of what a task's disk can be asked to have.
const LEAST_GIB: i32 = 21;
const MOST_GIB: i32 = 200;

/// Every size Fargate has: cpu units, then MiB from, to, step. The first row is a list of its own.
const FARGATE: &[(u32, &[u32])] = &[(256, &[512, 1024, 2048])];
const FARGATE_STEPS: &[(u32, u32, u32, u32)] = &[
    (512, 1024, 4096, 1024),
    (1024, 2048, 8192, 1024),
    (2048, 4096, 16_384, 1024),
    (4096, 8192, 30_720, 1024),
    (8192, 16_384, 61_440, 4096),
    (16_384, 32_768, 122_880, 8192),
];

/// CPU units as text.
pub fn normal_cpu(given: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(text) = given.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    parse(text, "vcpu", UNITS_OF_A_CORE.into())
        .map(|units| Some(units.to_string()))
        .ok_or_else(|| invalid("cpu"))
}

/// MiB as text.
pub fn normal_memory(given: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(text) = given.map(str::trim).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    parse(text, "gb", 1024.0)
        .map(|mib| Some(mib.to_string()))
        .ok_or_else(|| invalid("memory"))
}

/// A plain number, or a number with `unit` that is worth `factor`.
fn parse(text: &str, unit: &str, factor: f64) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    match lower.strip_suffix(unit) {
        None => lower.parse().ok(),
        Some(number) => {
            let value = number.trim().parse::<f64>().ok()? * factor;
            let whole = (0.0..=f64::from(u32::MAX)).contains(&value) && value.fract() == 0.0;
            whole.then_some(value as u32)
        }
    }
}

fn invalid(what: &str) -> Fault {
    fault::client(format!("Invalid '{what}' setting for task. {GUIDE}"))
}

/// The task's and the containers' sizes against each other.
pub(super) fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    check_for(definition, requires(definition, "FARGATE"))
}

/// The same for a launch. Fargate's own check names its pairs.
pub(crate) fn check_for(definition: &TaskDefinition, fargate: bool) -> Result<(), Fault> {
    let (cpu, memory) = task_size(definition);
    if !fargate && cpu.is_some_and(|cpu| !CPU_UNITS.contains(&cpu)) {
        return Err(invalid("cpu"));
    }
    if memory.is_some_and(|memory| memory < LEAST_MEMORY as u32) {
        return Err(invalid("memory"));
    }
    ephemeral(definition)?;
    for container in containers(definition) {
        container_memory(container, memory, fargate)?;
    }
    let sum: i64 = containers(definition)
        .iter()
        .map(|c| i64::from(c.cpu.unwrap_or(0)))
        .sum();
    if cpu.is_some_and(|cpu| sum > i64::from(cpu)) {
        return Err(fault::client(
            "The sum of all container 'cpu' values cannot be greater than the value of the task \
             'cpu'.",
        ));
    }
    Ok(())
}

/// The node makes a task's disk as large as it is told, whatever the task's launch type.
fn ephemeral(definition: &TaskDefinition) -> Result<(), Fault> {
    let storage = definition.ephemeral_storage.as_ref();
    match storage.and_then(|storage| storage.size_in_gi_b) {
        Some(gib) if gib < LEAST_GIB => Err(fault::client(format!(
            "EphemeralStorage size should be at least {LEAST_GIB}"
        ))),
        Some(gib) if gib > MOST_GIB => Err(fault::client(format!(
            "EphemeralStorage size should be at most {MOST_GIB}"
        ))),
        _ => Ok(()),
    }
}

fn container_memory(
    container: &wharf_api_ecs::ContainerDefinition,
    task_memory: Option<u32>,
    fargate: bool,
) -> Result<(), Fault> {
    let name = name(container);
    let of_container =
        |text: &str| fault::client(format!("Invalid setting for container '{name}'. {text}"));
    if container.cpu.is_some_and(|cpu| cpu < 0) {
        return Err(of_container("'cpu' must not be negative."));
    }
    let (hard, soft) = (container.memory, container.memory_reservation);
    if hard.is_none() && soft.is_none() && task_memory.is_none() && !fargate {
        return Err(of_container(
            "At least one of 'memory' or 'memoryReservation' must be specified.",
        ));
    }
    for (what, value) in [("memory", hard), ("memoryReservation", soft)] {
        if value.is_some_and(|mib| mib < LEAST_MEMORY) {
            return Err(of_container(&format!(
                "'{what}' must be at least {LEAST_MEMORY} MiB."
            )));
        }
    }
    if let (Some(hard), Some(soft)) = (hard, soft)
        && soft > hard
    {
        return Err(of_container("'memoryReservation' must not exceed 'memory'"));
    }
    let exceeds = |mib: Option<i32>| {
        mib.zip(task_memory)
            .is_some_and(|(mib, task)| u32::try_from(mib).is_ok_and(|m| m > task))
    };
    if exceeds(hard) {
        return Err(fault::client(format!(
            "The 'memory' setting for container '{name}' is greater than for the task."
        )));
    }
    if exceeds(soft) {
        return Err(fault::client(format!(
            "The 'memoryReservation' setting for container '{name}' is greater than for the task."
        )));
    }
    Ok(())
}

/// Whether Fargate has this size.
pub fn is_fargate_pair(cpu: u32, memory: u32) -> bool {
    let listed = FARGATE
        .iter()
        .any(|(units, sizes)| *units == cpu && sizes.contains(&memory));
    let stepped = FARGATE_STEPS.iter().any(|(units, from, to, step)| {
        *units == cpu && (*from..=*to).contains(&memory) && (memory - from).is_multiple_of(*step)
    });
    listed || stepped
}

/// The refusal of a pair Fargate does not have.
pub fn no_fargate_pair(cpu: u32, memory: u32) -> Fault {
    fault::client(format!(
        "No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. See the \
         Amazon ECS documentation for the valid values."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_both_spellings() {
        let cpu = |text: &str| normal_cpu(Some(text)).ok().flatten();
        assert_eq!(cpu("1024").as_deref(), Some("1024"));
        assert_eq!(cpu("1 vCPU").as_deref(), Some("1024"));
        assert_eq!(cpu(".5 vcpu").as_deref(), Some("512"));
        assert_eq!(cpu("0.25vCPU").as_deref(), Some("256"));
        for bad in ["1.5", "x", "-1", "1e99 vcpu", "nan vcpu", "99999999999"] {
            assert_eq!(cpu(bad), None, "{bad}");
        }
        assert_eq!(normal_memory(Some("1GB")).unwrap().as_deref(), Some("1024"));
        assert_eq!(
            normal_memory(Some("0.5 GB")).unwrap().as_deref(),
            Some("512")
        );
        assert_eq!(normal_memory(None).unwrap(), None);
    }

    #[test]
    fn fargate_has_seventy_four_sizes() {
        let cpus = [256, 512, 1024, 2048, 4096, 8192, 16_384];
        let pairs = cpus
            .iter()
            .flat_map(|cpu| (1..=131_072).map(move |memory| (*cpu, memory)));
        assert_eq!(
            pairs
                .filter(|(cpu, memory)| is_fargate_pair(*cpu, *memory))
                .count(),
            74
        );
    }
}
