//! DeleteService: the service drains, its tasks are stopped, then it is INACTIVE for a while.

use wharf_api_ecs::{DeleteServiceRequest, DeleteServiceResponse};
use wharf_records::ecs::{Scheduling, Service, ServiceStatus};
use wharf_wire::{Call, Fault};

use super::{describe_services, update_service::not_found};
use crate::{
    core::Core,
    fault,
    names::{self, Place},
    services,
};

pub async fn delete_service(
    core: &Core,
    call: &Call,
    input: DeleteServiceRequest,
) -> Result<DeleteServiceResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let given = input.service.unwrap_or_default();
    let name = names::member_id("service", &cluster.name, &given)?;
    let place = Place::of(call);
    let key = services::key(&place, &cluster.name, &name);
    let force = input.force == Some(true);
    let change = |service: &mut Service| {
        let scaled = service.desired > 0 && service.scheduling == Scheduling::Replica;
        match service.status {
            ServiceStatus::Inactive => return Err(not_found()),
            ServiceStatus::Draining => return Ok(()),
            ServiceStatus::Active => {}
        }
        if scaled && !force {
            return Err(fault::invalid(
                "The service cannot be stopped while it is scaled above 0.",
            ));
        }
        service.status = ServiceStatus::Draining;
        service.desired = 0;
        service.steady = false;
        Ok(())
    };
    let changed = core.state.table.change(&call.permit, &key, change).await?;
    let (service, ()) = changed.ok_or_else(not_found)?;
    Ok(DeleteServiceResponse {
        service: Some(describe_services::shown(core, &place, &service, true).await?),
    })
}
