//! File systems that tasks of a node mount: what their definitions say, and as whom.

use wharf_api_ecs::{EFSVolumeConfiguration, TaskDefinition};
use wharf_records::ecs::Task;
use wharf_wire::{Context, Fault};

use crate::{
    Agents,
    acs::credentials::{RoleType, role},
    document, grant,
    names::{self, Place},
};

/// A volume of a task that is to be mounted.
#[derive(Debug, Clone)]
pub struct FileVolume {
    pub place: Place,
    pub task: String,
    pub task_arn: String,
    pub file_system: String,
    pub access_point: Option<String>,
    pub root: String,
    pub encrypted: bool,
    /// The task's role, if it is to count.
    pub role: Option<String>,
    /// The VPC of the task's interface.
    pub vpc: String,
    pub zone: String,
}

/// The volume of that name of a task that the calling node runs; `None` if it runs none such.
///
/// # Errors
/// The store cannot be read.
pub async fn volume(
    agents: &Agents,
    cx: &Context,
    task_arn: &str,
    volume: &str,
) -> Result<Option<FileVolume>, Fault> {
    let Some(stored) = agents.state.task_by_arn(task_arn).await? else {
        return Ok(None);
    };
    let task = &stored.record;
    if !is_on_the_callers(agents, cx, task).await {
        return Ok(None);
    }
    let Some(place) = names::place_of(&task.arn) else {
        return Ok(None);
    };
    let stored = agents.state.definition_of(&place, &task.definition).await?;
    let definition = stored.and_then(|stored| document::definition(&stored.record.document).ok());
    Ok(definition.and_then(|definition| of(place, task, &definition, volume)))
}

/// Whether the calling node registered the container instance that a task is on.
pub(crate) async fn is_on_the_callers(agents: &Agents, cx: &Context, task: &Task) -> bool {
    agents.state.up_to_date().await;
    let mut regions = agents
        .state
        .view
        .regions_with_hosts(&cx.account)
        .into_iter();
    regions.any(|region| {
        let place = Place {
            account: cx.account.clone(),
            region,
        };
        let own = grant::instances_of(agents, &place, &cx.caller.arn);
        own.iter().any(|it| it.host == task.host)
    })
}

/// Pure.
fn of(place: Place, task: &Task, definition: &TaskDefinition, volume: &str) -> Option<FileVolume> {
    let mut volumes = definition.volumes.iter().flatten();
    let found = volumes.find(|it| it.name.as_deref() == Some(volume))?;
    let efs: &EFSVolumeConfiguration = found.efs_volume_configuration.as_ref()?;
    let authorization = efs.authorization_config.as_ref();
    let by_role = authorization.is_some_and(|it| it.iam.as_deref() == Some("ENABLED"));
    Some(FileVolume {
        file_system: efs.file_system_id.clone()?,
        access_point: authorization
            .and_then(|it| it.access_point_id.clone())
            .filter(|it| !it.is_empty()),
        root: efs
            .root_directory
            .clone()
            .filter(|it| !it.is_empty())
            .unwrap_or_else(|| "/".to_owned()),
        encrypted: efs.transit_encryption.as_deref() == Some("ENABLED"),
        role: role(task, definition, RoleType::Application).filter(|_| by_role),
        vpc: task.interface.as_ref()?.vpc.clone(),
        zone: task.availability_zone.clone(),
        task: task.id.clone(),
        task_arn: task.arn.clone(),
        place,
    })
}
