//! What changes of tasks, services and container instances mean to the world (spec ecs.md §10). Pure,
//! but for what a container instance has left: that is the view's.

use std::sync::Arc;

use serde_json::{Value, json};
use wharf_api_ecs::{DescribeContainerInstancesResponse, DescribeTasksResponse};
use wharf_base::Timestamp;
use wharf_records::{
    Record as _, Scope,
    ecs::service::{Deployment, RolloutState, Service},
    ecs::task::Task,
    ecs::{Instance, Launch},
};
use wharf_service::{
    Place,
    announce::{Announce, Announcement, record, with_written_times},
};
use wharf_store::{Event, EventKind};
use wharf_wire::async_trait;

use crate::{describe, document, names, retirement::Retirement, state::State, view::Region};

const SOURCE: &str = "aws.ecs";
const RETIREMENT: &str = "AWS_ECS_TASK_PATCHING_RETIREMENT";
/// Of one event, which may have 256 KiB.
const ENTITIES: usize = 100;

/// States of tasks, container instances and deployments, and services that settle.
pub struct Announcer {
    pub state: Arc<State>,
}

#[async_trait]
impl Announce for Announcer {
    fn service(&self) -> &'static str {
        "ecs"
    }

    async fn announced(&self, changes: &[&Event], now: Timestamp) -> Vec<Announcement> {
        let mut said = Vec::new();
        for change in changes.iter().filter(|it| it.kind == EventKind::Put) {
            match changed_instance(change) {
                Some((place, changed)) => {
                    let Some(at) = names::place_of(&changed.arn) else {
                        continue;
                    };
                    self.state.up_to_date().await;
                    let read = |region: &Region| instance(place, &at, &changed, region, now);
                    said.extend(self.state.view.read(&at, read));
                }
                None => said.extend(of_change(change, now)),
            }
        }
        said
    }
}

/// A container instance of another version than before.
fn changed_instance(event: &Event) -> Option<(Place, Instance)> {
    let (scope, _, _) = Scope::parse(event.key()).filter(|(_, kind, _)| *kind == Instance::KIND)?;
    let after: Instance = record(&event.entry)?;
    let before: Option<Instance> = event.previous.as_ref().and_then(record);
    let is_news = before.is_none_or(|it| it.version != after.version);
    is_news.then(|| (Place::of_scope(&scope), after))
}

fn instance(
    place: Place,
    at: &names::Place,
    instance: &Instance,
    region: &Region,
    now: Timestamp,
) -> Option<Announcement> {
    let shown = describe::instance(instance, region, false, false);
    let holder = DescribeContainerInstancesResponse {
        container_instances: Some(vec![shown]),
        ..DescribeContainerInstancesResponse::default()
    };
    let mut detail = document::of_response("DescribeContainerInstances", &holder);
    let mut detail = detail
        .pointer_mut("/containerInstances/0")
        .map(Value::take)?;
    with_written_times(&mut detail);
    detail.as_object_mut()?.shift_remove("tags");
    detail["clusterArn"] = at.cluster(&instance.cluster).into();
    detail["updatedAt"] = now.iso8601().into();
    Some(Announcement {
        place,
        source: SOURCE,
        detail_type: "ECS Container Instance State Change",
        resources: vec![instance.arn.clone()],
        detail,
    })
}

fn of_change(event: &Event, now: Timestamp) -> Vec<Announcement> {
    let Some((scope, kind, _)) = Scope::parse(event.key()) else {
        return Vec::new();
    };
    let place = Place::of_scope(&scope);
    match kind {
        Task::KIND => {
            let after: Option<Task> = record(&event.entry);
            let before: Option<Task> = event.previous.as_ref().and_then(record);
            let seen = |it: &Task| before.as_ref().is_some_and(|be| be.version == it.version);
            let after = after.filter(|it| !seen(it));
            after
                .and_then(|it| task(place, &it, now))
                .into_iter()
                .collect()
        }
        Retirement::KIND => {
            let after: Option<Retirement> = record(&event.entry);
            let is_new = event.previous.is_none() && event.entry.version == 1;
            let after = after.filter(|_| is_new);
            after.map(|it| retirement(&place, &it)).unwrap_or_default()
        }
        Service::KIND => {
            let after: Option<Service> = record(&event.entry);
            let before: Option<Service> = event.previous.as_ref().and_then(record);
            after
                .map(|it| service(&place, before.as_ref(), &it, now))
                .unwrap_or_default()
        }
        _ => Vec::new(),
    }
}

/// Pages of what a notice is about, as AWS Health tells of it.
fn retirement(place: &Place, notice: &Retirement) -> Vec<Announcement> {
    let affected: Vec<&String> = notice.services.iter().chain(&notice.tasks).collect();
    let pages = affected.chunks(ENTITIES);
    let total = pages.len();
    let told = notice.told_at.http_date();
    let (account, region) = (&place.account, &place.region);
    let partition = wharf_base::arn::partition_of(region);
    let arn = format!(
        "arn:{partition}:health:{region}::event/ECS/{RETIREMENT}/{RETIREMENT}_{}",
        notice.host
    );
    let page = |(number, some): (usize, &[&String])| Announcement {
        place: place.clone(),
        source: "aws.health",
        detail_type: "AWS Health Event",
        resources: some.iter().map(|it| (*it).clone()).collect(),
        detail: json!({
            "eventArn": arn,
            "service": "ECS",
            "eventScopeCode": "ACCOUNT_SPECIFIC",
            "communicationId": format!("{}-{}", notice.host, notice.told_at.millis()),
            "lastUpdatedTime": told,
            "statusCode": "upcoming",
            "eventRegion": region,
            "eventTypeCode": RETIREMENT,
            "eventTypeCategory": "scheduledChange",
            "startTime": notice.at.http_date(),
            "eventDescription": [{
                "language": "en_US",
                "latestDescription": format!(
                    "The machine that these tasks run on is being retired. From {} on tasks of services are replaced, \
                     and other tasks are stopped.",
                    notice.at.http_date()
                ),
            }],
            "affectedEntities": some
                .iter()
                .map(|it| json!({"entityValue": it, "lastUpdatedTime": told, "status": "PENDING"}))
                .collect::<Vec<_>>(),
            "affectedAccount": account,
            "page": (number + 1).to_string(),
            "totalPages": total.to_string(),
        }),
    };
    pages.enumerate().map(page).collect()
}

fn task(place: Place, task: &Task, now: Timestamp) -> Option<Announcement> {
    let shown = match describe::task(task, false) {
        Ok(shown) => shown,
        Err(error) => {
            tracing::error!(task = task.arn, %error, "failed to show a task, its event is lost");
            return None;
        }
    };
    let holder = DescribeTasksResponse {
        tasks: Some(vec![shown]),
        ..DescribeTasksResponse::default()
    };
    let mut detail = document::of_response("DescribeTasks", &holder);
    let mut detail = detail.pointer_mut("/tasks/0").map(Value::take)?;
    with_written_times(&mut detail);
    for attachment in detail["attachments"].as_array_mut().into_iter().flatten() {
        if attachment["type"] == "ElasticNetworkInterface" {
            attachment["type"] = "eni".into();
        }
    }
    detail.as_object_mut()?.shift_remove("tags");
    detail["updatedAt"] = now.iso8601().into();
    Some(Announcement {
        place,
        source: SOURCE,
        detail_type: "ECS Task State Change",
        resources: vec![task.arn.clone()],
        detail,
    })
}

fn service(
    place: &Place,
    before: Option<&Service>,
    after: &Service,
    now: Timestamp,
) -> Vec<Announcement> {
    let mut said = Vec::new();
    for deployment in &after.deployments {
        let id = &deployment.revision.id;
        let earlier = before.iter().flat_map(|it| &it.deployments);
        let earlier = earlier.clone().find(|it| it.revision.id == *id);
        if earlier.is_none_or(|it| it.state != deployment.state) {
            said.push(rollout(place, after, deployment));
        }
    }
    let actions = [
        ("steady", "INFO", "SERVICE_STEADY_STATE"),
        ("cannot-start", "WARN", "SERVICE_TASK_START_IMPAIRED"),
        ("unplaced", "ERROR", "SERVICE_TASK_PLACEMENT_FAILURE"),
    ];
    for (cause, kind, name) in actions {
        let at = |it: &Service| it.said.get(cause).copied();
        if at(after).is_some() && at(after) != before.and_then(at) {
            let mut said_so = action(place, after, kind, name, now);
            if cause == "unplaced"
                && let Some(reason) = reason(after)
            {
                said_so.detail["reason"] = reason.into();
            }
            said.push(said_so);
        }
    }
    said
}

/// What no host had for a task of the service.
fn reason(service: &Service) -> Option<&str> {
    match service.primary().map(|it| it.revision.launch) {
        Some(Launch::Fargate) => Some("RESOURCE:FARGATE"),
        _ => service.lacking.as_deref(),
    }
}

fn action(
    place: &Place,
    service: &Service,
    kind: &str,
    name: &str,
    now: Timestamp,
) -> Announcement {
    Announcement {
        place: place.clone(),
        source: SOURCE,
        detail_type: "ECS Service Action",
        resources: vec![service.arn.clone()],
        detail: json!({
            "eventType": kind,
            "eventName": name,
            "clusterArn": service.cluster_arn,
            "createdAt": now.iso8601(),
        }),
    }
}

fn rollout(place: &Place, service: &Service, deployment: &Deployment) -> Announcement {
    let (kind, name) = match deployment.state {
        RolloutState::InProgress => ("INFO", "SERVICE_DEPLOYMENT_IN_PROGRESS"),
        RolloutState::Completed => ("INFO", "SERVICE_DEPLOYMENT_COMPLETED"),
        RolloutState::Failed => ("ERROR", "SERVICE_DEPLOYMENT_FAILED"),
    };
    Announcement {
        place: place.clone(),
        source: SOURCE,
        detail_type: "ECS Deployment State Change",
        resources: vec![service.arn.clone()],
        detail: json!({
            "eventType": kind,
            "eventName": name,
            "deploymentId": format!("ecs-svc/{}", deployment.revision.id),
            "updatedAt": deployment.updated_at.iso8601(),
            "reason": deployment.reason,
        }),
    }
}
