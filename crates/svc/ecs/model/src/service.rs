//! What a service's record and its tasks say.

use wharf_records::{
    Record,
    ecs::{Service, ServiceStatus, Task},
};

use crate::names::Place;

/// `cluster:service` of the service that started a task.
pub fn id_of(task: &Task) -> Option<String> {
    task.service.as_ref()?;
    let name = task.group.strip_prefix("service:")?;
    Some(format!("{}:{name}", task.cluster))
}

/// ARNs of the definitions that a service may still start tasks of, some of them several times.
pub fn definitions(service: &Service) -> impl Iterator<Item = &str> {
    let deployed = service.deployments.iter().map(|one| &one.revision);
    let completions = service.deployments.iter().flat_map(|one| &one.completion);
    let before = completions.flat_map(|completion| &completion.before);
    let revisions = deployed.chain(&service.completed).chain(before);
    let live = service.status != ServiceStatus::Inactive;
    revisions
        .filter(move |_| live)
        .map(|revision| revision.definition.as_str())
}

/// The key of a service's record.
pub fn key(place: &Place, cluster: &str, name: &str) -> String {
    place
        .scope()
        .key(Service::KIND, &format!("{cluster}:{name}"))
}
