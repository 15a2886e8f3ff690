//! The step that a deployment or a task is at, in words. Pure.

use wharf_base::Timestamp;
use wharf_records::ecs::{
    Deployment, Desired, Health, Instance, Launch, RolloutState, Service, Status, TargetState, Task,
};

use super::{DeploymentExplained, HostExplained, TaskExplained};
use crate::ahead::{Asked, Progress};
use crate::services::{
    events,
    observe::{End, Next, Seen, SeenTarget, TargetHealth},
    probation,
};

pub(super) fn deployments(
    service: &Service,
    seen: &[Seen],
    tasks: &[TaskExplained],
    hosts: &[HostExplained],
    now: Timestamp,
) -> Vec<DeploymentExplained> {
    let explain = |(at, one): (usize, &Deployment)| {
        let own = || seen.iter().filter(|task| task.deployment == one.id());
        let gave_up = gave_up(one).filter(|_| at == 0);
        let waits_for = match at {
            _ if gave_up.is_some() => None,
            0 => step(service, one, seen, tasks, hosts, now),
            _ => own()
                .any(|task| task.end.is_none())
                .then(|| "its tasks to be replaced and to end".to_owned()),
        };
        DeploymentExplained {
            name: one.name(),
            definition: one.revision.definition.clone(),
            rollout: one.state.as_str(),
            running: own().filter(|task| task.is_running()).count(),
            failed_tasks: one.failed_tasks,
            last_failure: one.last_failure.as_ref().map(|last| last.reason.clone()),
            gave_up,
            waits_for,
        }
    };
    service
        .deployments
        .iter()
        .enumerate()
        .map(explain)
        .collect()
}

fn gave_up(one: &Deployment) -> Option<String> {
    (one.state == RolloutState::Failed).then(|| {
        format!(
            "{} Nothing more is started for it, until the service is updated.",
            one.reason
        )
    })
}

/// What the PRIMARY deployment waits for.
fn step(
    service: &Service,
    one: &Deployment,
    seen: &[Seen],
    tasks: &[TaskExplained],
    hosts: &[HostExplained],
    now: Timestamp,
) -> Option<String> {
    let live = seen
        .iter()
        .filter(|task| task.deployment == one.id() && task.is_live());
    let missing = (service.desired as usize).saturating_sub(live.count());
    let waiting = tasks
        .iter()
        .filter(|task| task.deployment == one.id() && task.waits_for.is_some())
        .count();
    let retry = service.throttle.retry_at.filter(|at| now < *at);
    let older = |task: &Seen| task.deployment != one.id() && task.end.is_none();
    if missing > 0
        && let Some(at) = retry
    {
        let at = clock(at);
        return Some(format!("the next attempt at {at}: its tasks keep failing"));
    }
    let held = seen.iter().filter(|task| asked_ahead(task, now).is_some());
    match held.count() {
        0 => {}
        1 => return Some("its images on the host of an older task".to_owned()),
        count => return Some(format!("its images on the hosts of {count} older tasks")),
    }
    if missing > 0 && !hosts.is_empty() && hosts.iter().all(|it| it.never) {
        return Some(format!(
            "a host of another kind: none here can ever run {}",
            tasks_of(missing)
        ));
    }
    if missing > 0 && hosts.iter().all(|it| it.refuses.is_some()) {
        return Some(format!("a host that can take {missing} more of its tasks"));
    }
    if missing > 0 {
        return Some(format!("{} to be started", tasks_of(missing)));
    }
    if let Some(step) = &service.rebalancing.step {
        let zone = &step.zone;
        return Some(format!(
            "a task in {zone} to become healthy: one of a zone with more stops for it"
        ));
    }
    if waiting > 0 {
        return Some(format!("{waiting} of its tasks, see below"));
    }
    if seen.iter().any(older) {
        return Some("tasks of older deployments to end".to_owned());
    }
    let failed = service.throttle.failed_at;
    failed.filter(|_| service.throttle.unsteady > 0).map(|at| {
        format!(
            "its tasks to run for {} s without a failure; the last was at {}",
            probation::LONGEST.as_secs(),
            clock(at)
        )
    })
}

/// `1 task`, `2 tasks`
fn tasks_of(count: usize) -> String {
    match count {
        1 => "1 task".to_owned(),
        _ => format!("{count} tasks"),
    }
}

/// `21:45:56 UTC`
fn clock(at: Timestamp) -> String {
    let text = at.iso8601_seconds();
    let time = text.split_once('T').map_or(text.as_str(), |(_, time)| time);
    format!("{} UTC", time.trim_end_matches('Z'))
}

/// What a user may do about what keeps the service back.
pub(super) fn advice(
    service: &Service,
    seen: &[Seen],
    hosts: &[HostExplained],
    region: &str,
    elsewhere: &[String],
) -> Vec<String> {
    let mut advice = Vec::new();
    let Some(primary) = service.primary() else {
        return advice;
    };
    let live = |own: bool| {
        let live = seen.iter().filter(|task| task.is_live());
        live.filter(|task| (task.deployment == primary.id()) == own)
            .count()
    };
    let missing = (service.desired as usize).saturating_sub(live(true));
    if missing == 0 || primary.state == RolloutState::Failed {
        return advice;
    }
    if hosts.is_empty() {
        advice.extend(events::nowhere(region, elsewhere));
    }
    let full = !hosts.is_empty() && hosts.iter().all(|it| it.refuses.is_some());
    let minimum = service.options.minimum_percent;
    if full && live(false) > 0 && minimum > 0 {
        advice.push(format!(
            "Tasks of the older deployment hold the room. A minimumHealthyPercent below {minimum} lets \
             some of them stop first; so does more capacity."
        ));
    } else if full && hosts.iter().all(|it| it.never) {
        advice.push("Give the task definition a size and platform that a node has.".to_owned());
    }
    advice
}

/// The next thing that has to happen, or `None` if the task is where it should be.
pub(super) fn waits_for(
    task: &Task,
    of: Option<(&Seen, &Service)>,
    instance: Option<&Instance>,
    (bound, now): (Option<usize>, Timestamp),
) -> Option<String> {
    let seen = of.map(|(seen, _)| seen);
    if task.last == Status::Stopped {
        return None;
    }
    if instance.is_some_and(|instance| !instance.agent_connected) {
        return Some("the agent of its host to come back".to_owned());
    }
    if task.desired == Desired::Stopped {
        return Some(match (task.last, seen.and_then(draining)) {
            (_, Some(group)) => format!("its requests to end ({group})"),
            (Status::Deprovisioning, _) => "its network interface to be deleted".to_owned(),
            _ => "its containers to end".to_owned(),
        });
    }
    match task.last {
        Status::Provisioning if task.waiting.is_some() => {
            let named = task.capacity_provider.as_deref().unwrap_or_default();
            Some(match task.launch {
                Launch::Fargate => machine_of_fargate(bound),
                _ => format!("room on an instance of the capacity provider {named}"),
            })
        }
        Status::Provisioning if task.network.is_some() && task.interface.is_none() => {
            Some("its network interface".to_owned())
        }
        Status::Provisioning => Some("its EBS volume".to_owned()),
        Status::Pending => Some("its images and containers on its host".to_owned()),
        _ => {
            let (seen, service) = of?;
            let next = || asked_ahead(seen, now).map(next_images);
            check(seen)
                .or_else(next)
                .or_else(|| on_probation(seen, service, now))
        }
    }
}

fn machine_of_fargate(bound: Option<usize>) -> String {
    match bound {
        None => "a machine of Fargate".to_owned(),
        Some(most) => format!(
            "room on a machine of Fargate: for the account as many are made as may be at a time, {most}"
        ),
    }
}

/// What its host was asked to fetch for the task after it, and has not yet.
fn asked_ahead(seen: &Seen, now: Timestamp) -> Option<&Asked> {
    match &seen.next {
        Next::Asked(asked) if seen.is_live() && asked.is_open(now) => Some(asked),
        _ => None,
    }
}

fn next_images(asked: &Asked) -> String {
    let until = clock(asked.until());
    let text = format!("the images of the task after it, until {until} at the latest");
    match &asked.progress {
        Progress::Failed(why) => format!("{text}; the last try failed: {why}"),
        _ => text,
    }
}

/// It is well, and has not been for long enough.
fn on_probation(seen: &Seen, service: &Service, now: Timestamp) -> Option<String> {
    let checked = seen.check.is_some() || !seen.targets.is_empty();
    let span = probation::of(service, &seen.deployment, seen.created_at, checked);
    let until = seen.started_at.filter(|_| seen.is_running())? + span;
    (now < until).then(|| {
        format!(
            "{} s of running without a failure, until {}",
            span.as_secs(),
            clock(until)
        )
    })
}

fn draining(seen: &Seen) -> Option<&str> {
    let mut targets = seen.targets.iter();
    targets
        .find(|target| target.state != TargetState::Gone && target.health == TargetHealth::Draining)
        .map(short_group)
}

/// What a running task lacks to count as healthy.
fn check(seen: &Seen) -> Option<String> {
    if matches!(seen.end, Some(End::Told | End::FailedToStart)) {
        return None;
    }
    match seen.check {
        Some(Health::Unknown) => {
            return Some("the first health check of its containers".to_owned());
        }
        Some(Health::Unhealthy) => return Some("its containers to be healthy again".to_owned()),
        _ => {}
    }
    seen.targets.iter().find_map(|target| {
        let group = short_group(target);
        match (target.state, &target.health) {
            (TargetState::Registered, TargetHealth::Healthy) => None,
            (TargetState::Registered, TargetHealth::Unhealthy(why)) => {
                Some(format!("{group} to find it healthy: {why}"))
            }
            (TargetState::Registered, _) => Some(format!("the first health checks of {group}")),
            _ => Some(format!("its registration in {group}")),
        }
    })
}

/// `targetgroup/web`
fn short_group(target: &SeenTarget) -> &str {
    let name = target.group.rsplit(':').next().unwrap_or(&target.group);
    name.rsplit_once('/').map_or(name, |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::services::plan::tests;

    const NOW: Timestamp = Timestamp(1_000_000);

    fn host(refuses: Option<&str>, never: bool) -> HostExplained {
        HostExplained {
            instance: "abc".to_owned(),
            ec2_instance: "i-1".to_owned(),
            zone: "z".to_owned(),
            here: false,
            refuses: refuses.map(str::to_owned),
            never,
        }
    }

    #[test]
    fn a_deployment_says_what_it_waits_for() {
        let said = |service: &Service, seen: &[Seen], hosts: &[HostExplained]| {
            let mut all = deployments(service, seen, &[], hosts, NOW);
            (all[0].waits_for.take(), all[0].gave_up.take())
        };
        let waits = |service: &Service, seen: &[Seen], hosts: &[HostExplained]| {
            said(service, seen, hosts).0.unwrap()
        };
        let mut service = tests::service(1, &["1"]);
        assert_eq!(
            waits(&service, &[], &[host(None, false)]),
            "1 task to be started"
        );
        let full = [host(Some("it is full"), false)];
        assert_eq!(
            waits(&service, &[], &full),
            "a host that can take 1 more of its tasks"
        );
        let small = [host(Some("it is small"), true)];
        assert!(waits(&service, &[], &small).contains("none here can ever run 1 task"));
        service.throttle.retry_at = Some(NOW + std::time::Duration::from_secs(5));
        let text = waits(&service, &[], &full);
        assert_eq!(
            text,
            "the next attempt at 00:16:45 UTC: its tasks keep failing"
        );
        service.throttle.retry_at = None;
        let there = [tests::task(0, "1")];
        assert_eq!(said(&service, &there, &full), (None, None));
        (service.throttle.unsteady, service.throttle.failed_at) = (1, Some(NOW));
        assert!(waits(&service, &there, &full).contains("40 s without a failure"));
        service.deployments[0].state = RolloutState::Failed;
        service.deployments[0].reason = "Why.".to_owned();
        let (waits, gave_up) = said(&service, &[], &full);
        assert_eq!(waits, None);
        assert!(
            gave_up
                .unwrap()
                .starts_with("Why. Nothing more is started for it")
        );
    }

    #[test]
    fn advice_is_about_what_keeps_it_back() {
        let mut service = tests::service(1, &["2", "1"]);
        let full = [host(Some("it is full"), false)];
        let old = [tests::task(0, "1")];
        let said = |service: &Service, seen: &[Seen], hosts: &[HostExplained]| {
            advice(service, seen, hosts, "r", &["s".to_owned()])
        };
        assert!(said(&service, &old, &full)[0].contains("minimumHealthyPercent below 100"));
        assert_eq!(
            said(&service, &old, &[host(None, false)]),
            Vec::<String>::new()
        );
        assert_eq!(
            said(&service, &[], &[]),
            ["There are no nodes in r: nodes are in s."]
        );
        service.options.minimum_percent = 0;
        assert_eq!(said(&service, &old, &full), Vec::<String>::new());
    }

    #[test]
    fn a_task_on_probation_says_until_when() {
        let service = tests::service(1, &["1"]);
        let seen = Seen {
            started_at: Some(NOW),
            ..tests::task(0, "1")
        };
        assert_eq!(
            on_probation(&seen, &service, NOW).unwrap(),
            "3 s of running without a failure, until 00:16:43 UTC"
        );
        let later = NOW + std::time::Duration::from_secs(3);
        assert_eq!(on_probation(&seen, &service, later), None);
    }

    #[test]
    fn a_task_that_waits_for_a_machine_says_what_keeps_it_back() {
        assert_eq!(machine_of_fargate(None), "a machine of Fargate");
        assert!(machine_of_fargate(Some(8)).ends_with("as may be at a time, 8"));
    }

    #[test]
    fn groups_are_named_shortly() {
        let target = SeenTarget {
            group: "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/0123456789abcdef".to_owned(),
            port: 80,
            state: TargetState::Waiting,
            health: TargetHealth::Absent,
        };
        assert_eq!(short_group(&target), "targetgroup/web");
    }
}
