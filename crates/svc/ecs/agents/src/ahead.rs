//! Images that a host fetches ahead ([`wharf_svc_ecs_model::ahead`]): what it is told of a deployment, and whether it
//! may have it.
//!
//! A host is told of images only while a task of the same service runs there, and gets them with the rights that a task
//! of that deployment would pull them with.

use wharf_api_ecs::TaskDefinition;
use wharf_records::{Scope, ecs::Task};
use wharf_svc_ecs_model::ahead::Order;

use crate::{
    Agents, document,
    images::{self, Pins},
    names::Place,
    state::ChangeError,
};

/// The task that is to come, as far as its images depend on it.
pub(crate) struct Next {
    pub place: Place,
    pub service: String,
    /// The one that it follows, with the definition of the deployment.
    pub task: Task,
    pub definition: TaskDefinition,
    pub pins: Pins,
}

/// What an order is about; `None` once the service has another deployment, or no task on the host.
pub(crate) async fn next_of(
    agents: &Agents,
    host: &str,
    order: &Order,
) -> Result<Option<Next>, ChangeError> {
    let Some((scope, _, id)) = Scope::parse(&order.service) else {
        return Ok(None);
    };
    let place = Place {
        account: scope.account,
        region: scope.region,
    };
    let found = agents.state.view.read(&place, |region| {
        let service = region.services.get(&id)?;
        let primary = service.primary().filter(|it| it.id() == order.deployment)?;
        let mut tasks = region.tasks_of_service(&id);
        let task = tasks.find(|task| is_followed(task, host))?;
        Some((
            service.arn.clone(),
            Task {
                definition: primary.revision.definition.clone(),
                launch: primary.revision.launch,
                ..Task::clone(&task.record)
            },
            images::pins(&primary.revision.images),
        ))
    });
    let Some((service, task, mut pins)) = found else {
        return Ok(None);
    };
    pins.extend(order.pins.clone());
    let stored = agents.state.definition_of(&place, &task.definition).await?;
    let definition = stored.and_then(|stored| document::definition(&stored.record.document).ok());
    Ok(definition.map(|definition| Next {
        place,
        service,
        task,
        definition,
        pins,
    }))
}

fn is_followed(task: &Task, host: &str) -> bool {
    task.host == host && task.is_live()
}
