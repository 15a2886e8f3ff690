//! What changes of tasks and services mean to the world (spec ecs.md §10). Pure.

use serde_json::{Value, json};
use wharf_api_ecs::DescribeTasksResponse;
use wharf_base::Timestamp;
use wharf_records::{
    Record as _, Scope,
    ecs::service::{Deployment, RolloutState, Service},
    ecs::task::Task,
};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing, record, with_written_times},
};
use wharf_store::{Event, EventKind};

use crate::{describe, document};

/// States of tasks and deployments, and services that settle.
pub const ANNOUNCING: Announcing = Announcing {
    service: "ecs",
    of: announced,
};

const SOURCE: &str = "aws.ecs";

fn announced(events: &[&Event], now: Timestamp) -> Vec<Announcement> {
    let puts = events.iter().filter(|it| it.kind == EventKind::Put);
    puts.flat_map(|it| of_change(it, now)).collect()
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
        attachment["type"] = "eni".into();
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
            said.push(action(place, after, kind, name, now));
        }
    }
    said
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
