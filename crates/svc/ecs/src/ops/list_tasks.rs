//! ListTasks: ARNs of a cluster's tasks. RUNNING (the default) comes from the view; STOPPED ones are
//! read through.

use wharf_api_ecs::{ListTasksRequest, ListTasksResponse};
use wharf_records::{
    Record, decode,
    ecs::{Desired, Task},
};
use wharf_store::Range;
use wharf_wire::{Call, Fault};

use crate::{
    core::{ChangeError, Core},
    fault,
    names::{self, Place},
    page,
};

/// Tasks read at once.
const SCAN: usize = 500;

pub async fn list_tasks(
    core: &Core,
    call: &Call,
    input: ListTasksRequest,
) -> Result<ListTasksResponse, Fault> {
    let cluster = core
        .state
        .cluster(call, input.cluster.as_deref())
        .await?
        .name
        .clone();
    let filter = Filter::read(&input, &cluster)?;
    let place = Place::of(call);
    filter.check(core, &place, &cluster)?;
    let context = format!("tasks {cluster} {filter:?}");
    let page = page::asked(
        core,
        call,
        &context,
        input.max_results,
        input.next_token.as_deref(),
    )?;
    let found = match filter.desired {
        None => Vec::new(),
        Some(Desired::Running) => core.state.view.read(&place, |region| {
            let tasks = region.tasks_of(&cluster).filter(|task| filter.admits(task));
            tasks
                .map(|task| (task.id.clone(), task.arn.clone()))
                .collect()
        }),
        Some(Desired::Stopped) => stopped(core, &place, &cluster, &filter).await?,
    };
    let (arns, next_token) = page::cut(&page, found);
    Ok(ListTasksResponse {
        task_arns: Some(arns),
        next_token,
    })
}

async fn stopped(
    core: &Core,
    place: &Place,
    cluster: &str,
    filter: &Filter,
) -> Result<Vec<(String, String)>, Fault> {
    let prefix = format!("{}{cluster}:", place.scope().prefix(Task::KIND));
    let mut found = Vec::new();
    each(core, &prefix, |task| {
        if filter.admits(&task) {
            found.push((task.id, task.arn));
        }
    })
    .await?;
    Ok(found)
}

/// Looks at every task below a prefix that is remembered, whether it has stopped or not.
pub async fn each(core: &Core, prefix: &str, mut look: impl FnMut(Task)) -> Result<(), Fault> {
    let mut range = Range::prefix(prefix).limit(SCAN);
    loop {
        let reply = core
            .state
            .store
            .range(range)
            .await
            .map_err(ChangeError::from)?;
        for entry in &reply.entries {
            look(decode(&entry.value).map_err(ChangeError::from)?);
        }
        match reply.entries.last().filter(|_| reply.more) {
            Some(last) => {
                range = Range::prefix(prefix)
                    .limit(SCAN)
                    .start_after(last.key.clone());
            }
            None => return Ok(()),
        }
    }
}

#[derive(Debug)]
struct Filter {
    /// `None` for PENDING, which no task's desired status ever is.
    desired: Option<Desired>,
    instance: Option<String>,
    family: Option<String>,
    started_by: Option<String>,
    service: Option<String>,
    launch: Option<String>,
}

impl Filter {
    fn read(input: &ListTasksRequest, cluster: &str) -> Result<Self, Fault> {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let desired = match input.desired_status.as_deref() {
            None | Some("" | "RUNNING") => Some(Desired::Running),
            Some("STOPPED") => Some(Desired::Stopped),
            Some("PENDING") => None,
            Some(_) => {
                return Err(fault::invalid(
                    "desiredStatus should be one of [RUNNING, PENDING, STOPPED].",
                ));
            }
        };
        let instance = given(&input.container_instance)
            .map(|one| names::member_id("container-instance", cluster, &one))
            .transpose()?;
        Ok(Self {
            desired,
            instance,
            family: given(&input.family),
            started_by: given(&input.started_by),
            service: given(&input.service_name)
                .map(|one| names::member_id("service", cluster, &one))
                .transpose()?,
            launch: given(&input.launch_type),
        })
    }

    /// A service or instance nobody knows is an error, not an empty list.
    fn check(&self, core: &Core, place: &Place, cluster: &str) -> Result<(), Fault> {
        core.state.view.read(place, |region| {
            if let Some(service) = &self.service
                && !region
                    .services
                    .contains_key(&format!("{cluster}:{service}"))
            {
                return Err(super::update_service::not_found());
            }
            if let Some(instance) = &self.instance
                && region.instance(cluster, instance).is_none()
            {
                return Err(fault::invalid(
                    "The referenced container instance was not found.",
                ));
            }
            Ok(())
        })
    }

    fn admits(&self, task: &Task) -> bool {
        let is = |wanted: &Option<String>, value: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted == value)
        };
        let family = names::definition_ref(&task.definition).ok().flatten();
        let instance = names::long_arn(&task.instance).map_or("", |(_, _, id)| id);
        let service = task.group.strip_prefix("service:").unwrap_or_default();
        // A Fargate task belongs to no container instance that could be asked for.
        let of_instance = self.instance.is_none()
            || (task.launch != wharf_records::ecs::Launch::Fargate && is(&self.instance, instance));
        Some(task.desired) == self.desired
            && of_instance
            && is(&self.family, &family.map(|f| f.family).unwrap_or_default())
            && is(
                &self.started_by,
                task.started_by.as_deref().unwrap_or_default(),
            )
            && is(&self.service, service)
            && is(&self.launch, task.launch.as_str())
    }
}
