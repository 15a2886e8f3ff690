//! What changes of tasks, services and container instances mean to the world (spec ecs.md §10). Pure,
//! but for what a container instance has left: that is the view's. It is told when the instance itself
//! changes, and when a task's claim on its host comes, shrinks or goes: once a transaction, however many
//! tasks that is about.

use std::{collections::BTreeMap, sync::Arc};

use serde_json::{Value, json};
use wharf_api_ecs::{DescribeContainerInstancesResponse, DescribeTasksResponse};
use wharf_base::Timestamp;
use wharf_records::{
    Record as _, Scope,
    ecs::service::{Deployment, RolloutState, Scheduling, Service, ServiceStatus},
    ecs::task::Task,
    ecs::{Desired, Instance, Launch, Status, StopCode},
};
use wharf_service::{
    Place,
    announce::{Announce, Announcement, record, with_written_times},
};
use wharf_store::{Event, EventKind};
use wharf_wire::async_trait;

use crate::{
    describe, document, names, retirement::Retirement, services::plan::rebalance, state::State,
    task::claim, view::Region,
};

const SOURCE: &str = "aws.ecs";
const PROVIDERS_STEADY: &str = "CAPACITY_PROVIDER_STEADY_STATE";
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
        let (mut said, mut changed) = (Vec::new(), BTreeMap::new());
        let mut tasks = Vec::new();
        for change in changes.iter().filter(|it| it.kind == EventKind::Put) {
            match (changed_instance(change), TaskChange::of(change)) {
                (Some(instance), _) => drop(changed.insert(instance.arn.clone(), Some(instance))),
                (None, Some(of_task)) => {
                    said.extend(of_task.announced(now));
                    tasks.push(of_task);
                }
                (None, None) => said.extend(of_change(change, now)),
            }
        }
        said.extend(stopped(&tasks, now));
        // One that is told of anyway keeps what its own change says.
        for arn in tasks.iter().filter_map(TaskChange::moved) {
            changed.entry(arn.to_owned()).or_insert(None);
        }
        if changed.is_empty() {
            return said;
        }
        self.state.up_to_date().await;
        for (arn, instance) in &changed {
            let Some(at) = names::place_of(arn) else {
                continue;
            };
            let read = |region: &Region| {
                let seen = region.instance_by_arn(arn).map(|it| &*it.record);
                of_instance(&at, instance.as_ref().or(seen)?, region, now)
            };
            said.extend(self.state.view.read(&at, read));
        }
        said
    }
}

/// A container instance of another version than before.
fn changed_instance(event: &Event) -> Option<Instance> {
    Scope::parse(event.key()).filter(|(_, kind, _)| *kind == Instance::KIND)?;
    let after: Instance = record(&event.entry)?;
    let before: Option<Instance> = event.previous.as_ref().and_then(record);
    let is_news = before.is_none_or(|it| it.version != after.version);
    is_news.then_some(after)
}

/// A task, and as it was before.
struct TaskChange {
    place: Place,
    before: Option<Task>,
    after: Task,
}

impl TaskChange {
    fn of(event: &Event) -> Option<Self> {
        let (scope, _, _) = Scope::parse(event.key()).filter(|(_, kind, _)| *kind == Task::KIND)?;
        Some(Self {
            place: Place::of_scope(&scope),
            before: event.previous.as_ref().and_then(record),
            after: record(&event.entry)?,
        })
    }

    fn announced(&self, now: Timestamp) -> Option<Announcement> {
        let before = self.before.as_ref().map(|it| it.version);
        let is_news = before != Some(self.after.version);
        is_news
            .then(|| task(self.place.clone(), &self.after, now))
            .flatten()
    }

    /// The container instance that has more or less left than before: it came, was told to stop, or ended.
    fn moved(&self) -> Option<&str> {
        let after = &self.after;
        let moved = match self.before.as_ref().filter(|it| !it.host.is_empty()) {
            Some(before) => claim::moves(before, after),
            None => after.last != Status::Stopped,
        };
        (moved && !after.instance.is_empty()).then_some(&after.instance)
    }

    /// The ARN of the service that told it to stop.
    fn stopped_by(&self) -> Option<String> {
        let after = &self.after;
        let wanted = self.before.as_ref().map(|it| it.desired);
        let told = wanted == Some(Desired::Running) && after.desired == Desired::Stopped;
        let by_service = after.stop_code == Some(StopCode::ServiceSchedulerInitiated);
        let name = after.group.strip_prefix("service:")?;
        let at = names::place_of(&after.arn)?;
        (told && by_service).then(|| at.service(&after.cluster, name))
    }
}

/// Services that tell tasks to stop, each once a transaction.
fn stopped(tasks: &[TaskChange], now: Timestamp) -> Vec<Announcement> {
    let by = tasks.iter().filter_map(|it| Some((it.stopped_by()?, it)));
    let services: BTreeMap<String, &TaskChange> = by.collect();
    let event = |(service, one): (&String, &&TaskChange)| {
        let of = (service.as_str(), one.after.cluster_arn.as_str());
        action(&one.place, of, "INFO", "TASKS_STOPPED", now)
    };
    services.iter().map(event).collect()
}

fn of_instance(
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
        place: Place::new(&at.account, &at.region),
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
    let of = (after.arn.as_str(), after.cluster_arn.as_str());
    let counts = |it: &Service| it.status == ServiceStatus::Active && it.desired != after.desired;
    if after.scheduling == Scheduling::Daemon
        && after.status == ServiceStatus::Active
        && before.is_some_and(counts)
    {
        let name = "SERVICE_DESIRED_COUNT_UPDATED";
        said.push(action(place, of, "INFO", name, now));
    }
    for (cause, at) in &after.said {
        if before.is_some_and(|it| it.said.get(cause) == Some(at)) {
            continue;
        }
        for (kind, name) in actions(cause, after) {
            let mut said_so = action(place, of, kind, name, now);
            add(&mut said_so.detail, place, after, cause, name);
            said.push(said_so);
        }
    }
    said
}

/// What is told of a cause that a service takes note of.
fn actions(cause: &str, service: &Service) -> Vec<(&'static str, &'static str)> {
    let steady = ("INFO", "SERVICE_STEADY_STATE");
    match cause {
        "steady" if providers(service).is_empty() => vec![steady],
        "steady" => vec![steady, ("INFO", PROVIDERS_STEADY)],
        "cannot-start" => vec![("WARN", "SERVICE_TASK_START_IMPAIRED")],
        "unplaced" => vec![("ERROR", "SERVICE_TASK_PLACEMENT_FAILURE")],
        "not-admitted" | "misconfigured" => vec![("ERROR", "SERVICE_TASK_CONFIGURATION_FAILURE")],
        rebalance::STARTED => vec![("INFO", "SERVICE_REBALANCING_STARTED")],
        rebalance::COMPLETED => vec![("INFO", "SERVICE_REBALANCING_COMPLETED")],
        rebalance::STOPPED => vec![("INFO", "SERVICE_REBALANCING_STOPPED")],
        rebalance::MOVED_IN => vec![("INFO", "TASKS_STARTED")],
        rebalance::MOVED_OUT => vec![("INFO", "TASKS_STOPPED")],
        rebalance::PROTECTED => vec![("INFO", "TASKSET_SCALE_IN_FAILURE_BY_TASK_PROTECTION")],
        _ if cause.starts_with(rebalance::NO_ROOM) => {
            vec![("ERROR", "SERVICE_TASK_PLACEMENT_FAILURE")]
        }
        "unsuited" => vec![("ERROR", "SERVICE_DAEMON_PLACEMENT_CONSTRAINT_VIOLATED")],
        _ => Vec::new(),
    }
}

/// Names of the capacity providers that a service has its tasks of.
fn providers(service: &Service) -> Vec<String> {
    let strategy = service.primary().map(|it| &it.revision.strategy);
    let items = strategy.into_iter().flatten();
    items.map(|it| it.provider.clone()).collect()
}

/// What of an action there is to tell besides its name.
fn add(detail: &mut Value, place: &Place, service: &Service, cause: &str, name: &str) {
    let about = service.about.get(cause).cloned().unwrap_or_default();
    let used = match name {
        PROVIDERS_STEADY => providers(service),
        _ => about.providers,
    };
    if !used.is_empty() {
        let (account, region) = (place.account.clone(), place.region.clone());
        let at = names::Place { account, region };
        let arns = used.iter().map(|it| at.capacity_provider(it));
        detail["capacityProviderArns"] = arns.collect::<Vec<_>>().into();
    }
    if !about.instances.is_empty() {
        detail["containerInstanceArns"] = about.instances.into();
    }
    let reason = match (cause, service.primary().map(|it| it.revision.launch)) {
        // What no host had for a task of the service.
        ("unplaced", Some(Launch::Fargate)) => Some("RESOURCE:FARGATE".to_owned()),
        ("unplaced", _) => service.lacking.clone(),
        _ => about.reason,
    };
    if let Some(reason) = reason {
        detail["reason"] = reason.into();
    }
}

/// `service`: its ARN and the cluster's.
fn action(
    place: &Place,
    (service, cluster): (&str, &str),
    kind: &str,
    name: &str,
    now: Timestamp,
) -> Announcement {
    Announcement {
        place: place.clone(),
        source: SOURCE,
        detail_type: "ECS Service Action",
        resources: vec![service.to_owned()],
        detail: json!({
            "eventType": kind,
            "eventName": name,
            "clusterArn": cluster,
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
