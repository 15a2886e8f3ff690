//! DescribeServices: up to ten services, INACTIVE ones included while they are remembered.

use wharf_api_ecs::{DescribeServicesRequest, DescribeServicesResponse, Service as ApiService};
use wharf_records::{
    Record,
    ecs::{Service, ServiceEvents},
};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    describe_service, fault,
    names::{self, Place},
    services::counts::Counts,
    view::Held,
};

pub async fn describe_services(
    core: &Core,
    call: &Call,
    input: DescribeServicesRequest,
) -> Result<DescribeServicesResponse, Fault> {
    let cluster = core
        .state
        .any_cluster(call, input.cluster.as_deref())
        .await?;
    let given = input.services.unwrap_or_default();
    if given.is_empty() {
        return Err(fault::invalid("Services cannot be empty."));
    }
    let with_tags = input.include.iter().flatten().any(|one| one == "TAGS");
    let place = Place::of(call);
    let (mut services, mut failures) = (Vec::new(), Vec::new());
    for one in given {
        let name = names::member_id("service", &cluster.name, &one)?;
        let id = format!("{}:{name}", cluster.name);
        let held: Option<Held<Service>> = core
            .state
            .view
            .read(&place, |region| region.services.get(&id).cloned());
        match held {
            Some(held) => services.push(shown_now(core, &place, &held, with_tags).await?),
            None => {
                failures.push(fault::failure(
                    place.service(&cluster.name, &name),
                    "MISSING",
                ));
            }
        }
    }
    Ok(DescribeServicesResponse {
        services: Some(services),
        failures: Some(failures),
    })
}

/// A service as it was just written, with its tasks as they are.
pub async fn shown(
    core: &Core,
    place: &Place,
    service: &Service,
    with_tags: bool,
) -> Result<ApiService, Fault> {
    core.state.up_to_date().await;
    shown_now(core, place, service, with_tags).await
}

async fn shown_now(
    core: &Core,
    place: &Place,
    service: &Service,
    with_tags: bool,
) -> Result<ApiService, Fault> {
    let id = format!("{}:{}", service.cluster, service.name);
    let key = place.scope().key(ServiceEvents::KIND, &id);
    let events = core.state.table.read::<ServiceEvents>(&key).await?;
    let events = events.map(|stored| stored.record).unwrap_or_default();
    let counts = core.state.view.read(place, |region| {
        let tasks = region.tasks_of_service(&id).map(|task| &*task.record);
        Counts::of(service, tasks, core.state.now())
    });
    Ok(describe_service::service(
        place, service, &counts, events, with_tags,
    ))
}
