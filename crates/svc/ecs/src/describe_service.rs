//! Services, their deployments and revisions as the API shows them. Pure.

use wharf_api_ecs as api;
use wharf_records::ecs::{
    Breaker, Deployment, Launch, Revision, RevisionRecord, RolloutState, Service,
    ServiceDeployment, ServiceEvents, ServiceNetwork, ServiceOptions, ServiceStatus, StrategyItem,
};

use crate::{
    launch, monitoring, names::Place, rebalancing, services::counts::Counts, tags, volume,
};

/// What LATEST means.
const PLATFORM: &str = "1.4.0";

pub fn service(
    place: &Place,
    record: &Service,
    counts: &Counts,
    events: ServiceEvents,
    with_tags: bool,
) -> api::Service {
    let all = counts.all();
    let revision = record
        .primary()
        .map(|primary| &primary.revision)
        .or(record.completed.as_ref());
    let event = |event: wharf_records::ecs::ServiceEvent| api::ServiceEvent {
        id: Some(event.id),
        created_at: Some(event.created_at),
        message: Some(event.message),
    };
    let active = record.status == ServiceStatus::Active;
    let has_targets = revision.is_some_and(|revision| !revision.targets.is_empty());
    api::Service {
        service_arn: Some(record.arn.clone()),
        service_name: Some(record.name.clone()),
        cluster_arn: Some(record.cluster_arn.clone()),
        load_balancers: Some(launch::shown_targets(
            revision.map_or(&[], |revision| &revision.targets),
        )),
        service_registries: Some(Vec::new()),
        status: Some(record.status.as_str().to_owned()),
        desired_count: i32::try_from(record.desired).ok(),
        running_count: Some(all.running),
        pending_count: Some(all.pending),
        launch_type: revision.and_then(launch_type),
        capacity_provider_strategy: revision.and_then(strategy),
        platform_version: revision.and_then(|revision| revision.platform_version.clone()),
        platform_family: revision.and_then(platform_family),
        task_definition: revision.map(|revision| revision.definition.clone()),
        deployment_configuration: Some(configuration(&record.options)),
        task_sets: Some(Vec::new()),
        deployments: Some(deployments(record, counts)),
        role_arn: None,
        events: Some(events.events.into_iter().map(event).collect()),
        created_at: Some(record.created_at),
        current_service_deployment: record
            .rollout
            .as_ref()
            .filter(|_| active)
            .map(|rollout| rollout.arn.clone()),
        current_service_revisions: Some(current_revisions(place, record, counts)),
        placement_constraints: Some(launch::shown_constraints(&record.options.constraints)),
        placement_strategy: Some(launch::shown_strategies(&record.options.strategies)),
        network_configuration: revision.and_then(network),
        health_check_grace_period_seconds: match record.options.grace_seconds {
            Some(seconds) => i32::try_from(seconds).ok(),
            None => has_targets.then_some(0),
        },
        scheduling_strategy: Some(record.scheduling.as_str().to_owned()),
        deployment_controller: Some(api::DeploymentController {
            type_: Some("ECS".to_owned()),
        }),
        tags: with_tags.then(|| tags::show(&record.tags)),
        created_by: Some(record.created_by.clone()),
        enable_ecs_managed_tags: Some(record.options.managed_tags),
        propagate_tags: Some(record.options.propagate_tags.clone()),
        enable_execute_command: Some(record.options.execute_command),
        availability_zone_rebalancing: Some(rebalancing::shown(record).to_owned()),
        resource_management_type: Some("CUSTOMER".to_owned()),
    }
}

fn launch_type(revision: &Revision) -> Option<String> {
    let named = revision.strategy.is_empty();
    named.then(|| revision.launch.as_str().to_owned())
}

fn strategy(revision: &Revision) -> Option<Vec<api::CapacityProviderStrategyItem>> {
    let show = |item: &StrategyItem| api::CapacityProviderStrategyItem {
        capacity_provider: Some(item.provider.clone()),
        weight: Some(item.weight),
        base: Some(item.base),
    };
    let items = &revision.strategy;
    (!items.is_empty()).then(|| items.iter().map(show).collect())
}

fn platform_family(revision: &Revision) -> Option<String> {
    (revision.launch == Launch::Fargate).then(|| "Linux".to_owned())
}

/// The platform version tasks really have.
fn platform_version(revision: &Revision) -> Option<String> {
    (revision.launch == Launch::Fargate).then(|| PLATFORM.to_owned())
}

fn network(revision: &Revision) -> Option<api::NetworkConfiguration> {
    let show = |network: &ServiceNetwork| api::NetworkConfiguration {
        awsvpc_configuration: Some(api::AwsVpcConfiguration {
            subnets: Some(network.subnets.iter().map(|s| s.id.clone()).collect()),
            security_groups: Some(network.security_groups.clone()),
            assign_public_ip: Some(match network.public_ip {
                true => "ENABLED".to_owned(),
                false => "DISABLED".to_owned(),
            }),
        }),
    };
    revision.network.as_ref().map(show)
}

pub fn configuration(options: &ServiceOptions) -> api::DeploymentConfiguration {
    api::DeploymentConfiguration {
        deployment_circuit_breaker: Some(breaker(&options.breaker)),
        maximum_percent: i32::try_from(options.maximum_percent).ok(),
        minimum_healthy_percent: i32::try_from(options.minimum_percent).ok(),
        strategy: Some("ROLLING".to_owned()),
        bake_time_in_minutes: Some(0),
        ..api::DeploymentConfiguration::default()
    }
}

fn breaker(breaker: &Breaker) -> api::DeploymentCircuitBreaker {
    api::DeploymentCircuitBreaker {
        enable: Some(breaker.enable),
        rollback: Some(breaker.rollback),
        reset_on_healthy_task: breaker.enable.then_some(breaker.reset_on_healthy),
        threshold_configuration: breaker
            .threshold
            .map(|threshold| api::ThresholdConfiguration {
                type_: Some(threshold.kind.as_str().to_owned()),
                value: i32::try_from(threshold.value).ok(),
            }),
    }
}

fn deployments(record: &Service, counts: &Counts) -> Vec<api::Deployment> {
    let show = |(at, one): (usize, &Deployment)| {
        let count = counts.deployment(one.id());
        let primary = at == 0;
        let desired = match primary {
            true => i32::try_from(record.desired).ok(),
            // What is left of an older one is on its way out.
            false => Some(count.running + count.pending),
        };
        let revision = &one.revision;
        api::Deployment {
            id: Some(one.name()),
            status: Some(if primary { "PRIMARY" } else { "ACTIVE" }.to_owned()),
            task_definition: Some(revision.definition.clone()),
            desired_count: desired,
            pending_count: Some(count.pending),
            running_count: Some(count.running),
            failed_tasks: i32::try_from(one.failed_tasks).ok(),
            created_at: Some(one.created_at),
            updated_at: Some(one.updated_at),
            capacity_provider_strategy: strategy(revision),
            launch_type: launch_type(revision),
            platform_version: platform_version(revision),
            platform_family: platform_family(revision),
            network_configuration: network(revision),
            volume_configurations: Some(revision.volume.iter().map(volume::shown).collect()),
            rollout_state: Some(one.state.as_str().to_owned()),
            rollout_state_reason: Some(reason(one, primary && record.throttle.unsteady > 0)),
            ..api::Deployment::default()
        }
    };
    record.deployments.iter().enumerate().map(show).collect()
}

/// What ECS says, and the last failure while the deployment has not succeeded or its tasks are
/// failing.
fn reason(one: &Deployment, is_failing: bool) -> String {
    match &one.last_failure {
        Some(last) if is_failing || one.state != RolloutState::Completed => {
            let said = &one.reason;
            let why = last.reason.trim_end_matches('.');
            match one.failed_tasks {
                1 => format!("{said} 1 task failed: {why}."),
                count => format!("{said} {count} tasks failed, the last one: {why}."),
            }
        }
        _ => one.reason.clone(),
    }
}

fn current_revisions(
    place: &Place,
    record: &Service,
    counts: &Counts,
) -> Vec<api::ServiceCurrentRevisionSummary> {
    let show = |(at, one): (usize, &Deployment)| {
        let count = counts.deployment(one.id());
        let requested = match at {
            0 => i32::try_from(record.desired).ok(),
            _ => Some(count.running + count.pending),
        };
        api::ServiceCurrentRevisionSummary {
            arn: Some(place.service_revision(&record.cluster, &record.name, one.id())),
            requested_task_count: requested,
            running_task_count: Some(count.running),
            pending_task_count: Some(count.pending),
        }
    };
    record.deployments.iter().enumerate().map(show).collect()
}

/// A service deployment; counts are those of the moment.
pub fn service_deployment(
    place: &Place,
    record: &ServiceDeployment,
    desired: u32,
    counts: &Counts,
) -> api::ServiceDeployment {
    let name = record.service_arn.split('/').collect::<Vec<_>>();
    let (cluster, service) = match name[..] {
        [_, cluster, service] => (cluster, service),
        _ => ("", ""),
    };
    let summary = |id: &String, requested: Option<i32>| {
        let count = counts.deployment(id);
        api::ServiceRevisionSummary {
            arn: Some(place.service_revision(cluster, service, id)),
            requested_task_count: requested.or(Some(count.running + count.pending)),
            running_task_count: Some(count.running),
            pending_task_count: Some(count.pending),
            ..api::ServiceRevisionSummary::default()
        }
    };
    let number = |number: u32| i32::try_from(number).ok();
    api::ServiceDeployment {
        service_deployment_arn: Some(record.arn.clone()),
        service_arn: Some(record.service_arn.clone()),
        cluster_arn: Some(record.cluster_arn.clone()),
        created_at: Some(record.created_at),
        started_at: record.started_at,
        finished_at: record.finished_at,
        stopped_at: record.stopped_at,
        updated_at: Some(record.updated_at),
        source_service_revisions: Some(record.sources.iter().map(|id| summary(id, None)).collect()),
        target_service_revision: Some(summary(&record.target, number(desired))),
        status: Some(record.status.as_str().to_owned()),
        status_reason: record.reason.clone(),
        deployment_configuration: Some(configuration(&record.options)),
        rollback: record.rollback.as_ref().map(|rollback| api::Rollback {
            reason: Some(rollback.reason.clone()),
            started_at: Some(rollback.started_at),
            service_revision_arn: Some(place.service_revision(
                cluster,
                service,
                &rollback.revision,
            )),
        }),
        deployment_circuit_breaker: Some(api::ServiceDeploymentCircuitBreaker {
            status: Some(record.breaker.as_str().to_owned()),
            failure_count: number(record.breaker_failures),
            threshold: number(record.breaker_threshold),
        }),
        ..api::ServiceDeployment::default()
    }
}

pub fn service_deployment_brief(
    place: &Place,
    record: &ServiceDeployment,
) -> api::ServiceDeploymentBrief {
    let full = service_deployment(place, record, 0, &Counts::default());
    api::ServiceDeploymentBrief {
        service_deployment_arn: full.service_deployment_arn,
        service_arn: full.service_arn,
        cluster_arn: full.cluster_arn,
        started_at: full.started_at,
        created_at: full.created_at,
        finished_at: full.finished_at,
        target_service_revision_arn: full.target_service_revision.and_then(|target| target.arn),
        status: full.status,
        status_reason: full.status_reason,
    }
}

pub fn revision(record: &RevisionRecord, images: Vec<api::ContainerImage>) -> api::ServiceRevision {
    let revision = &record.revision;
    api::ServiceRevision {
        service_revision_arn: Some(record.arn.clone()),
        service_arn: Some(record.service_arn.clone()),
        cluster_arn: Some(record.cluster_arn.clone()),
        task_definition: Some(revision.definition.clone()),
        capacity_provider_strategy: strategy(revision),
        launch_type: launch_type(revision),
        platform_version: platform_version(revision),
        platform_family: platform_family(revision),
        load_balancers: Some(launch::shown_targets(&revision.targets)),
        service_registries: Some(Vec::new()),
        network_configuration: network(revision),
        container_images: Some(images),
        guard_duty_enabled: Some(false),
        monitoring: monitoring::shown(&revision.monitoring),
        volume_configurations: Some(revision.volume.iter().map(volume::shown).collect()),
        created_at: Some(revision.created_at),
        ..api::ServiceRevision::default()
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;
    use wharf_records::ecs::TaskFailure;

    use super::*;

    #[test]
    fn the_reason_of_a_rollout_has_its_last_failure_until_it_succeeds() {
        let revision =
            serde_json::json!({"id": "1", "definition": "d", "launch": "EC2", "created_at": 0});
        let revision = serde_json::from_value(revision).unwrap();
        let mut one = Deployment::new(revision, Timestamp(0));
        assert_eq!(reason(&one, false), "ECS deployment ecs-svc/1 in progress.");
        one.failed_tasks = 2;
        one.last_failure = Some(TaskFailure {
            task: "t".to_owned(),
            at: Timestamp(0),
            reason: "Essential container in task exited (container main: exit code 3)".to_owned(),
        });
        assert_eq!(
            reason(&one, false),
            "ECS deployment ecs-svc/1 in progress. 2 tasks failed, the last one: Essential container \
             in task exited (container main: exit code 3)."
        );
        one.state = RolloutState::Completed;
        one.reason = "done".to_owned();
        assert_eq!(reason(&one, false), "done");
        one.reason = "Done.".to_owned();
        let again = "Done. 2 tasks failed, the last one: Essential container in task exited (container \
                     main: exit code 3).";
        assert_eq!(reason(&one, true), again);
    }
}
