//! DescribeServiceDeployments, DescribeServiceRevisions, ListServiceDeployments,
//! StopServiceDeployment.

use wharf_api_ecs as api;
use wharf_records::{
    Record,
    ecs::{RevisionImage, RevisionRecord, Service, ServiceDeployment, ServiceDeploymentStatus},
};
use wharf_service::transact;
use wharf_store::Range;
use wharf_wire::{Call, Fault};

use super::update_service::not_found;
use crate::{
    core::{ChangeError, Core},
    definition::containers,
    describe_service, document, fault,
    names::{self, Place},
    page,
    services::{self, counts::Counts},
};

const SCAN: usize = 500;

/// Where an ARN of a service's part leads: `(cluster, service, id)`, if it is of this place.
fn part<'a>(place: &Place, kind: &str, arn: &'a str) -> Option<(&'a str, &'a str, &'a str)> {
    let (found, cluster, rest) = names::long_arn(arn)?;
    let (service, id) = rest.split_once('/')?;
    let here = names::place_of(arn).as_ref() == Some(place) && found == kind;
    here.then_some((cluster, service, id))
}

fn checked(given: Option<Vec<String>>, what: &str) -> Result<Vec<String>, Fault> {
    let given = given.filter(|it| !it.is_empty());
    given.ok_or_else(|| fault::invalid(format!("{what} cannot be empty.")))
}

pub async fn describe_service_deployments(
    core: &Core,
    call: &Call,
    input: api::DescribeServiceDeploymentsRequest,
) -> Result<api::DescribeServiceDeploymentsResponse, Fault> {
    let given = checked(input.service_deployment_arns, "Service deployment ARNs")?;
    let place = Place::of(call);
    core.state.up_to_date().await;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for arn in given {
        match read(core, &place, &arn).await? {
            Some(record) => found.push(described(core, &place, &arn, &record)),
            None => failures.push(fault::failure(arn, "MISSING")),
        }
    }
    Ok(api::DescribeServiceDeploymentsResponse {
        service_deployments: Some(found),
        failures: Some(failures),
    })
}

async fn read(core: &Core, place: &Place, arn: &str) -> Result<Option<ServiceDeployment>, Fault> {
    let Some((cluster, service, id)) = part(place, "service-deployment", arn) else {
        return Ok(None);
    };
    let id = format!("{cluster}:{service}:{id}");
    let key = place.scope().key(ServiceDeployment::KIND, &id);
    let stored = core.state.table.read::<ServiceDeployment>(&key).await?;
    Ok(stored.map(|stored| stored.record))
}

fn described(
    core: &Core,
    place: &Place,
    arn: &str,
    record: &ServiceDeployment,
) -> api::ServiceDeployment {
    let id = part(place, "service-deployment", arn)
        .map(|(cluster, service, _)| format!("{cluster}:{service}"))
        .unwrap_or_default();
    core.state.view.read(place, |region| {
        let tasks = region.tasks_of_service(&id).map(|task| &*task.record);
        let service = region.services.get(&id);
        let counts = service.map(|held| Counts::of(held, tasks, core.state.now()));
        let counts = counts.unwrap_or_default();
        let desired = service.map_or(0, |service| service.desired);
        describe_service::service_deployment(place, record, desired, &counts)
    })
}

pub async fn describe_service_revisions(
    core: &Core,
    call: &Call,
    input: api::DescribeServiceRevisionsRequest,
) -> Result<api::DescribeServiceRevisionsResponse, Fault> {
    let given = checked(input.service_revision_arns, "Service revision ARNs")?;
    let place = Place::of(call);
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for arn in given {
        let record = match part(&place, "service-revision", &arn) {
            Some((cluster, service, id)) => {
                let id = format!("{cluster}:{service}:{id}");
                let key = place.scope().key(RevisionRecord::KIND, &id);
                core.state.table.read::<RevisionRecord>(&key).await?
            }
            None => None,
        };
        match record {
            Some(stored) => {
                let images = images(core, &place, &stored.record).await?;
                found.push(describe_service::revision(&stored.record, images));
            }
            None => failures.push(fault::failure(arn, "MISSING")),
        }
    }
    Ok(api::DescribeServiceRevisionsResponse {
        service_revisions: Some(found),
        failures: Some(failures),
    })
}

/// The images of a revision's containers; in those of earlier versions, as the definition names them.
async fn images(
    core: &Core,
    place: &Place,
    record: &RevisionRecord,
) -> Result<Vec<api::ContainerImage>, Fault> {
    let settled = |image: &RevisionImage| api::ContainerImage {
        container_name: Some(image.container.clone()),
        image: Some(image.image.clone()),
        image_digest: image.digest.clone(),
    };
    if !record.revision.images.is_empty() {
        return Ok(record.revision.images.iter().map(settled).collect());
    }
    let arn = &record.revision.definition;
    let Some(stored) = core.state.definition_of(place, arn).await? else {
        return Ok(Vec::new());
    };
    let parsed =
        document::definition(&stored.record.document).map_err(|error| fault::server(&error))?;
    let image = |container: &api::ContainerDefinition| api::ContainerImage {
        container_name: container.name.clone(),
        image: container.image.clone(),
        image_digest: None,
    };
    Ok(containers(&parsed).iter().map(image).collect())
}

pub async fn list_service_deployments(
    core: &Core,
    call: &Call,
    input: api::ListServiceDeploymentsRequest,
) -> Result<api::ListServiceDeploymentsResponse, Fault> {
    let cluster = core.state.cluster(call, input.cluster.as_deref()).await?;
    let given = input.service.clone().unwrap_or_default();
    let service = names::member_id("service", &cluster.name, &given)?;
    let place = Place::of(call);
    let id = format!("{}:{service}", cluster.name);
    if !core
        .state
        .view
        .read(&place, |region| region.services.contains_key(&id))
    {
        return Err(not_found());
    }
    let statuses = input.status.unwrap_or_default();
    let span = input.created_at.unwrap_or_default();
    let context = format!("service deployments {id} {statuses:?} {span:?}");
    let page = page::asked(
        core,
        call,
        &context,
        input.max_results,
        input.next_token.as_deref(),
    )?;
    let mut found = all(core, &place, &id).await?;
    found.retain(|record| {
        (statuses.is_empty() || statuses.iter().any(|one| one == record.status.as_str()))
            && span.after.is_none_or(|after| record.created_at >= after)
            && span.before.is_none_or(|before| record.created_at <= before)
    });
    // Newest first, as keys that ascend.
    found.sort_by(|a, b| (b.created_at, &b.id).cmp(&(a.created_at, &a.id)));
    let key = |record: &ServiceDeployment| {
        let age = i64::MAX - record.created_at.millis();
        format!("{age:020}{}", record.id)
    };
    let rows = found.iter().map(|record| {
        (
            key(record),
            describe_service::service_deployment_brief(&place, record),
        )
    });
    let (service_deployments, next_token) = page::cut(&page, rows);
    Ok(api::ListServiceDeploymentsResponse {
        service_deployments: Some(service_deployments),
        next_token,
    })
}

async fn all(core: &Core, place: &Place, id: &str) -> Result<Vec<ServiceDeployment>, Fault> {
    let prefix = format!("{}{id}:", place.scope().prefix(ServiceDeployment::KIND));
    let mut found = Vec::new();
    let mut range = Range::prefix(&prefix).limit(SCAN);
    loop {
        let reply = core.state.store.range(range).await;
        let reply = reply.map_err(ChangeError::from)?;
        for entry in &reply.entries {
            found.push(wharf_records::decode(&entry.value).map_err(ChangeError::from)?);
        }
        match reply.entries.last().filter(|_| reply.more) {
            Some(last) => {
                range = Range::prefix(&prefix)
                    .limit(SCAN)
                    .start_after(last.key.clone());
            }
            None => return Ok(found),
        }
    }
}

pub async fn stop_service_deployment(
    core: &Core,
    call: &Call,
    input: api::StopServiceDeploymentRequest,
) -> Result<api::StopServiceDeploymentResponse, Fault> {
    let arn = input.service_deployment_arn.unwrap_or_default();
    let place = Place::of(call);
    let missing = || {
        api::faults::service_deployment_not_found_exception(
            "The specified service deployment was not found.",
        )
    };
    let (cluster, service_name, id) =
        part(&place, "service-deployment", &arn).ok_or_else(missing)?;
    let wanted = match input.stop_type.as_deref() {
        None | Some("" | "ROLLBACK") => ServiceDeploymentStatus::RollbackRequested,
        Some("ABORT") => ServiceDeploymentStatus::StopRequested,
        Some(_) => {
            return Err(fault::invalid(
                "stopType should be one of [ABORT, ROLLBACK].",
            ));
        }
    };
    let key = services::key(&place, cluster, service_name);
    transact!(core.state.table, &call.permit, |tx| {
        let mut service: Service = tx.find(&key).await?.ok_or_else(missing)?;
        let current = service.rollout.as_mut().filter(|rollout| rollout.id == id);
        let stoppable = current.filter(|rollout| {
            use ServiceDeploymentStatus::{InProgress, Pending};
            matches!(rollout.status, Pending | InProgress)
        });
        let Some(rollout) = stoppable else {
            read(core, &place, &arn).await?.ok_or_else(missing)?;
            return Err(api::faults::conflict_exception(
                "The service deployment cannot be stopped: it is not in progress.",
            ));
        };
        rollout.status = wanted;
        rollout.updated_at = call.now;
        let beside = format!("{cluster}:{service_name}:{id}");
        let beside = place.scope().key(ServiceDeployment::KIND, &beside);
        tx.put(beside, &*rollout);
        tx.put(&key, &service);
    });
    Ok(api::StopServiceDeploymentResponse {
        service_deployment_arn: Some(arn),
    })
}
