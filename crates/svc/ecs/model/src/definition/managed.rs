//! What Managed Instances ask of a definition, and what they refuse: here they are slices of hosts, which lend them nothing.

use wharf_api_ecs::TaskDefinition;
use wharf_records::ecs::Launch;
use wharf_wire::Fault;

use super::network_mode;
use crate::{asks, fault};

/// # Errors
/// It cannot run on Managed Instances; why.
pub fn check(definition: &TaskDefinition) -> Result<(), Fault> {
    let refuse = |what: &str| {
        Err(fault::client(format!(
            "Tasks using the Managed Instances launch type do not support {what}"
        )))
    };
    if !matches!(network_mode(definition), "awsvpc" | "host") {
        return Err(fault::client(
            "Managed Instances only supports network modes 'awsvpc' and 'host'.",
        ));
    }
    let mut volumes = definition.volumes.iter().flatten();
    if volumes.any(|it| it.docker_volume_configuration.is_some()) {
        return refuse("docker volumes");
    }
    let accelerators = definition.inference_accelerators.as_ref();
    if accelerators.is_some_and(|it| !it.is_empty()) {
        return refuse("inference accelerators");
    }
    let platform = definition.runtime_platform.as_ref();
    let system = platform.and_then(|it| it.operating_system_family.as_deref());
    if system.is_some_and(|it| it.starts_with("WINDOWS")) {
        return refuse("Windows operating system families");
    }
    let asked = asks::of(definition, Launch::ManagedInstances);
    let lent = asked.features.first().map(|it| it.flag());
    match lent.or(asked.host_paths.first().map(|_| "host-path")) {
        None => Ok(()),
        Some(what) => Err(fault::client(format!(
            "Tasks using the Managed Instances launch type that ask for {what} are not supported by this \
             version of wharf."
        ))),
    }
}
