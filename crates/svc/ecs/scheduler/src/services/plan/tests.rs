//! Tables, then properties: the plan is a fixpoint once it is carried out, and safe whatever it
//! sees.

mod ahead;
mod daemon;
mod rebalance;
mod steady;

use std::time::Duration;

use proptest::prelude::*;
use wharf_base::Timestamp;
use wharf_records::{
    Unknown,
    ecs::{
        Deployment, Desired, Health, Launch, Rebalancing, Revision, RolloutState, Scheduling,
        Service, ServiceStatus, Status, TargetState, Throttle,
    },
};

use super::*;
use crate::{
    services::observe::{End, Next, SeenHost, SeenTarget, TargetHealth},
    validate,
};

const NOW: Timestamp = Timestamp(1_000_000);

fn revision(id: &str) -> Revision {
    Revision {
        id: id.to_owned(),
        definition: format!("arn:definition/{id}"),
        launch: Launch::Ec2,
        strategy: Vec::new(),
        platform_version: None,
        network: None,
        targets: Vec::new(),
        volume: None,
        images: Vec::new(),
        monitoring: Vec::new(),
        created_at: Timestamp(0),
        unknown: Unknown::new(),
    }
}

/// A service with deployments, PRIMARY first.
pub(in crate::services) fn service(desired: u32, deployments: &[&str]) -> Service {
    Service {
        name: "web".to_owned(),
        arn: "arn:aws:ecs:r:a:service/c/web".to_owned(),
        cluster: "c".to_owned(),
        cluster_arn: "arn:aws:ecs:r:a:cluster/c".to_owned(),
        status: ServiceStatus::Active,
        created_at: Timestamp(0),
        created_by: "root".to_owned(),
        deleted_at: None,
        scheduling: Scheduling::Replica,
        desired,
        options: validate::default_options(Scheduling::Replica),
        tags: wharf_records::ecs::Tags::new(),
        deployments: deployments
            .iter()
            .map(|id| Deployment::new(revision(id), Timestamp(0)))
            .collect(),
        completed: None,
        rollout: None,
        throttle: Throttle::default(),
        said: std::collections::BTreeMap::new(),
        about: std::collections::BTreeMap::new(),
        lacking: None,
        steady: false,
        proven_at: None,
        rebalancing: Rebalancing::default(),
        request: String::new(),
        client_token: None,
        unknown: Unknown::new(),
    }
}

pub(in crate::services) fn task(number: usize, deployment: &str) -> Seen {
    Seen {
        id: format!("t{number:03}"),
        arn: format!("arn:task/{number}"),
        deployment: deployment.to_owned(),
        host: format!("h{}", number % 4),
        draining: false,
        zone: format!("z{}", number % 3),
        provider: None,
        desired: Desired::Running,
        last: Status::Running,
        fetching: false,
        next: Next::Unable,
        created_at: Timestamp(number as i64),
        started_at: Some(Timestamp(10)),
        check: None,
        targets: Vec::new(),
        protected_until: None,
        ended_at: None,
        dying: false,
        end: None,
        why: String::new(),
        digests: Vec::new(),
        accounted: false,
    }
}

fn pending(number: usize, deployment: &str) -> Seen {
    Seen {
        last: Status::Pending,
        started_at: None,
        ..task(number, deployment)
    }
}

fn see(tasks: Vec<Seen>) -> Observed {
    Observed {
        tasks,
        ..Observed::default()
    }
}

fn launches(plan: &Plan) -> u32 {
    let count = |action: &Action| match action {
        Action::Launch { count } => *count,
        Action::LaunchOn { hosts } => u32::try_from(hosts.len()).unwrap(),
        Action::LaunchIn { .. } => 1,
        _ => 0,
    };
    plan.actions.iter().map(count).sum()
}

fn stops(plan: &Plan) -> Vec<&str> {
    let stop = |action: &'_ Action| match action {
        Action::Stop { task, .. } => Some(task.clone()),
        _ => None,
    };
    let ids: Vec<String> = plan.actions.iter().filter_map(stop).collect();
    plan.actions
        .iter()
        .filter_map(|action| match action {
            Action::Stop { task, .. } if ids.contains(task) => Some(task.as_str()),
            _ => None,
        })
        .collect()
}

#[test]
fn a_new_service_starts_all_at_once() {
    let plan = plan(&service(3, &["1"]), &see(Vec::new()), NOW);
    assert_eq!(plan.actions, [Action::Launch { count: 3 }]);
}

#[test]
fn a_rolling_update_goes_by_its_bounds() {
    // (desired, minimum, maximum) with all tasks old: launches and stops of the first look.
    for (desired, minimum, maximum, launched, stopped) in [
        (4, 100, 200, 4, 0),
        (4, 50, 100, 0, 2),
        // Nothing goes before their images are there.
        (4, 50, 150, 2, 0),
        (4, 0, 200, 4, 0),
        (3, 0, 100, 0, 3),
        (1, 100, 150, 0, 0),
    ] {
        let mut service = service(desired, &["2", "1"]);
        service.options.minimum_percent = minimum;
        service.options.maximum_percent = maximum;
        let old = (0..desired as usize).map(|n| task(n, "1")).collect();
        let plan = plan(&service, &see(old), NOW);
        let case = (desired, minimum, maximum);
        assert_eq!(launches(&plan), launched, "{case:?}");
        assert_eq!(stops(&plan).len(), stopped, "{case:?}");
        let blocked = plan
            .events
            .iter()
            .any(|text| text.contains("unable to stop or start"));
        assert_eq!(blocked, launched == 0 && stopped == 0, "{case:?}");
    }
}

#[test]
fn old_tasks_stay_until_the_images_of_their_replacements_are_there() {
    let old = |count: usize| (0..count).map(|number| task(number, "1"));
    let fetching = |number| Seen {
        fetching: true,
        ..pending(number, "2")
    };
    let check = |what: &str, bounds, starved, new: Vec<Seen>, launched, stopped| {
        let mut service = service(4, &["2", "1"]);
        (
            service.options.minimum_percent,
            service.options.maximum_percent,
        ) = bounds;
        let mut observed = see(old(4).chain(new).collect());
        observed.starved = starved;
        let plan = plan(&service, &observed, NOW);
        assert_eq!(launches(&plan), launched, "{what}");
        assert_eq!(stops(&plan).len(), stopped, "{what}");
    };
    let half = (50, 150);
    check("they are started", half, false, Vec::new(), 2, 0);
    let both = || vec![fetching(10), fetching(11)];
    check("both fetch", half, false, both(), 0, 0);
    let one = || vec![pending(10, "2"), fetching(11)];
    check("one fetches", half, false, one(), 0, 0);
    let none = || vec![pending(10, "2"), pending(11, "2")];
    check("the images are there", half, false, none(), 0, 2);
    // One is up, so that one more than the desired is healthy.
    let up = || vec![task(10, "2"), fetching(11)];
    check("one is up", half, false, up(), 0, 1);
    check("no host has room", half, true, Vec::new(), 2, 2);
    check("one found room", half, true, vec![fetching(10)], 1, 0);
    check("… and fetched", half, true, vec![pending(10, "2")], 1, 2);
    check("no room beside the old", (50, 100), false, Vec::new(), 0, 2);
    // Those of the deployment before fetch for nobody.
    let before = Seen {
        fetching: true,
        ..pending(12, "1")
    };
    let mut of_before = none();
    of_before.push(before);
    check("an old one fetches", half, false, of_before, 0, 3);
}

#[test]
fn an_image_that_cannot_be_had_takes_no_old_task() {
    let mut service = service(2, &["2", "1"]);
    service.options.minimum_percent = 0;
    service.throttle.retry_at = Some(NOW + Duration::from_secs(4));
    let waits = plan(&service, &see(vec![task(0, "1"), task(1, "1")]), NOW);
    assert_eq!(waits.actions, []);
    assert_eq!(waits.wake_at, service.throttle.retry_at);
}

#[test]
fn old_tasks_go_as_new_ones_become_healthy() {
    let service = service(2, &["2", "1"]);
    let half = see(vec![
        task(0, "1"),
        task(1, "1"),
        task(2, "2"),
        pending(3, "2"),
    ]);
    let first = plan(&service, &half, NOW);
    assert_eq!(stops(&first), ["t000"]);
    let all = see(vec![task(1, "1"), task(2, "2"), task(3, "2")]);
    assert_eq!(stops(&plan(&service, &all, NOW)), ["t001"]);
    let done = plan(&service, &see(vec![task(2, "2"), task(3, "2")]), NOW);
    assert_eq!(done.actions, []);
    assert_eq!(done.service.deployments.len(), 1);
    assert_eq!(done.service.deployments[0].state, RolloutState::Completed);
    assert_eq!(
        done.events,
        [
            "(service web) (deployment ecs-svc/2) deployment completed.",
            "(service web) has reached a steady state."
        ]
    );
    let again = plan(&done.service, &see(vec![task(2, "2"), task(3, "2")]), NOW);
    assert_eq!(
        (again.actions, again.events),
        (Vec::new(), Vec::<String>::new())
    );
    let later = NOW + events::REPEAT_AFTER;
    assert_eq!(again.wake_at, Some(later));
    let later = plan(&done.service, &see(vec![task(2, "2"), task(3, "2")]), later);
    assert_eq!(later.events, ["(service web) has reached a steady state."]);
}

#[test]
fn scale_in_keeps_zones_even_and_takes_what_is_not_up_first() {
    let tasks = vec![
        task(0, "1"),
        task(1, "1"),
        task(3, "1"),
        task(4, "1"),
        pending(2, "1"),
    ];
    let plan = plan(&service(2, &["1"]), &see(tasks), NOW);
    // Zones: z0 has 0 and 3, z1 has 1 and 4, z2 the pending one.
    assert_eq!(stops(&plan), ["t002", "t004", "t003"]);
}

#[test]
fn failing_tasks_are_replaced_before_they_go() {
    let sick = Seen {
        check: Some(Health::Unhealthy),
        ..task(0, "1")
    };
    let well = |number| Seen {
        check: Some(Health::Healthy),
        ..task(number, "1")
    };
    let service = service(1, &["1"]);
    let first = plan(&service, &see(vec![sick.clone()]), NOW);
    assert_eq!(first.actions, [Action::Launch { count: 1 }]);
    assert_eq!(first.going, BTreeSet::from(["t000".to_owned()]));
    let second = plan(&service, &see(vec![sick.clone(), well(1)]), NOW);
    let why = Why::ContainerHealth;
    let task = "t000".to_owned();
    assert_eq!(second.actions, [Action::Stop { task, why }]);
    assert_eq!(
        second.events[0],
        "(service web) (task t000) failed container health checks."
    );
    assert_eq!(second.service.deployments[0].failed_tasks, 1);
    // No room for a replacement: it goes first.
    let mut tight = service.clone();
    (tight.options.minimum_percent, tight.options.maximum_percent) = (50, 100);
    assert_eq!(
        stops(&plan(&tight, &see(vec![sick.clone()]), NOW)),
        ["t000"]
    );
    // Within the grace period nothing happens, and the end of it is watched.
    let mut patient = service;
    patient.options.grace_seconds = Some(1000);
    let waits = plan(&patient, &see(vec![sick]), NOW);
    assert_eq!(waits.actions, []);
    assert_eq!(
        waits.wake_at,
        Some(Timestamp(10) + Duration::from_secs(1000))
    );
}

#[test]
fn failures_slow_down_and_trip_the_breaker() {
    let failed = |number: usize| Seen {
        desired: Desired::Stopped,
        last: Status::Stopped,
        started_at: None,
        end: Some(End::FailedToStart),
        created_at: Timestamp(NOW.0 + number as i64 * 10),
        ..task(number, "2")
    };
    let mut current = service(1, &["2"]);
    current.options.breaker.enable = true;
    for round in 0..3 {
        let now = Timestamp(NOW.0 + round as i64 * 10 + 5);
        let look = plan(&current, &see(vec![failed(round)]), now);
        assert!(look.actions.contains(&Action::Account {
            task: format!("t{round:03}")
        }));
        current = look.service;
    }
    assert_eq!(current.deployments[0].state, RolloutState::Failed);
    assert_eq!(current.throttle.rounds, 3);
    assert_eq!(launches(&plan(&current, &see(Vec::new()), NOW)), 0);
    // Without a breaker they are retried, ever more slowly.
    let mut slow = service(1, &["2"]);
    slow.throttle.retry_at = Some(NOW + Duration::from_secs(4));
    let waits = plan(&slow, &see(Vec::new()), NOW);
    assert_eq!(launches(&waits), 0);
    assert_eq!(waits.wake_at, slow.throttle.retry_at);
    assert_eq!(
        launches(&plan(&slow, &see(Vec::new()), NOW + Duration::from_secs(4))),
        1
    );
}

#[test]
fn a_rollback_takes_the_old_tasks_back() {
    let mut service = service(2, &["2", "1"]);
    service.options.breaker.enable = true;
    service.options.breaker.rollback = true;
    service.completed = Some(revision("1"));
    service.deployments[0].failures = 3;
    service.deployments[1].state = RolloutState::Completed;
    let plan = plan(
        &service,
        &see(vec![task(0, "1"), task(1, "1"), pending(2, "2")]),
        NOW,
    );
    assert_eq!(plan.service.deployments[0].id(), "1");
    assert_eq!(
        plan.service.deployments[0].reason,
        "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1."
    );
    assert_eq!(stops(&plan), ["t002"]);
    assert_eq!(plan.service.deployments[1].state, RolloutState::Failed);
}

#[test]
fn a_role_that_cannot_be_assumed_is_said_with_its_reason() {
    let failed = |why: String| Seen {
        desired: Desired::Stopped,
        last: Status::Stopped,
        end: Some(End::FailedToStart),
        why,
        ..task(0, "1")
    };
    let said = |why: String| plan(&service(1, &["1"]), &see(vec![failed(why)]), NOW).service;
    let why = crate::task::stop::role_text("arn:role");
    let service = said(why.clone());
    assert!(service.said.contains_key("misconfigured"));
    assert_eq!(service.about["misconfigured"].reason, Some(why));
    let service = said("CannotPullContainerError: no".to_owned());
    assert!(service.about.is_empty() && !service.said.contains_key("misconfigured"));
}

#[test]
fn tasks_on_draining_hosts_move() {
    let drained = |number| Seen {
        draining: true,
        ..task(number, "1")
    };
    let service = service(2, &["1"]);
    let waiting = Seen {
        draining: true,
        ..pending(2, "1")
    };
    let first = plan(&service, &see(vec![drained(0), drained(1), waiting]), NOW);
    assert_eq!(stops(&first), ["t002"], "what is not up goes at once");
    assert_eq!(launches(&first), 1, "as far as the maximum allows");
    let second = plan(
        &service,
        &see(vec![drained(0), drained(1), task(3, "1")]),
        NOW,
    );
    assert_eq!(stops(&second), ["t000"]);
}

#[test]
fn targets_come_before_and_go_before() {
    let target = |state, health| SeenTarget {
        group: "g".to_owned(),
        port: 80,
        state,
        health,
    };
    let with = |seen: Seen, state, health| Seen {
        targets: vec![target(state, health)],
        ..seen
    };
    let service = service(1, &["1"]);
    let tasks = || vec!["t000".to_owned()];
    let group = || "g".to_owned();
    let fresh = with(task(0, "1"), TargetState::Waiting, TargetHealth::Absent);
    let fresh = plan(&service, &see(vec![fresh]), NOW);
    assert_eq!(
        fresh.actions,
        [Action::Register {
            group: group(),
            tasks: tasks()
        }]
    );
    let leaving = |state, health| {
        let stopped = Seen {
            desired: Desired::Stopped,
            last: Status::Deactivating,
            ..task(0, "1")
        };
        let others = with(task(1, "1"), TargetState::Registered, TargetHealth::Healthy);
        plan(
            &service,
            &see(vec![with(stopped, state, health), others]),
            NOW,
        )
        .actions
    };
    let (group, told) = (group(), true);
    let deregister = Action::Deregister {
        group,
        tasks: tasks(),
        told,
    };
    assert_eq!(
        leaving(TargetState::Registered, TargetHealth::Healthy),
        [deregister]
    );
    assert_eq!(leaving(TargetState::Draining, TargetHealth::Draining), []);
    assert_eq!(
        leaving(TargetState::Draining, TargetHealth::Absent),
        [Action::Drained { tasks: tasks() }]
    );
}

#[test]
fn a_deleted_service_is_gone_with_its_last_task() {
    let mut service = service(2, &["1"]);
    service.status = ServiceStatus::Draining;
    let first = plan(&service, &see(vec![task(0, "1")]), NOW);
    assert_eq!(stops(&first), ["t000"]);
    assert_eq!(first.service.status, ServiceStatus::Draining);
    let ended = Seen {
        desired: Desired::Stopped,
        last: Status::Stopped,
        end: Some(End::Told),
        ..task(0, "1")
    };
    let last = plan(&service, &see(vec![ended]), NOW);
    assert_eq!(last.service.status, ServiceStatus::Inactive);
}

/// A task in any state it may be seen in.
fn any_task(number: usize) -> impl Strategy<Value = Seen> {
    let state = prop_oneof![
        4 => Just((Status::Running, Desired::Running, None)),
        2 => Just((Status::Pending, Desired::Running, None)),
        1 => Just((Status::Running, Desired::Stopped, None)),
        1 => Just((Status::Stopped, Desired::Stopped, Some(End::FailedToStart))),
        1 => Just((Status::Stopped, Desired::Stopped, Some(End::Told))),
    ];
    let check = prop_oneof![
        4 => Just(None),
        2 => Just(Some(Health::Healthy)),
        1 => Just(Some(Health::Unknown)),
        1 => Just(Some(Health::Unhealthy)),
    ];
    let draining = prop::bool::weighted(0.2);
    let old = prop::bool::weighted(0.5);
    let protected = prop::bool::weighted(0.1);
    (state, check, draining, old, protected).prop_map(
        move |((last, desired, end), check, draining, old, protected)| {
            let deployment = if old { "1" } else { "2" };
            Seen {
                last,
                desired,
                end,
                check,
                draining,
                started_at: (last == Status::Running).then_some(Timestamp(10)),
                protected_until: protected.then_some(NOW + Duration::from_secs(60)),
                ..task(number, deployment)
            }
        },
    )
}

fn any_tasks() -> impl Strategy<Value = Vec<Seen>> {
    (0_usize..12).prop_flat_map(|count| (0..count).map(any_task).collect::<Vec<_>>())
}

fn any_service() -> impl Strategy<Value = Service> {
    let bounds = prop_oneof![
        Just((100, 200)),
        Just((50, 100)),
        Just((0, 100)),
        Just((50, 150)),
        Just((75, 125)),
    ];
    (0_u32..8, bounds, any::<bool>()).prop_map(|(desired, (minimum, maximum), breaker)| {
        let mut service = service(desired, &["2", "1"]);
        service.options.minimum_percent = minimum;
        service.options.maximum_percent = maximum;
        service.options.breaker.enable = breaker;
        service
    })
}

/// Healthy in the words of the specification, told apart from the code under test.
fn counts(task: &Seen) -> bool {
    task.is_running() && matches!(task.check, None | Some(Health::Healthy))
}

proptest! {
    #[test]
    fn stops_and_launches_stay_within_the_bounds(service in any_service(), tasks in any_tasks()) {
        let plan = plan(&service, &see(tasks.clone()), NOW);
        let percent = |part: u32| service.desired * part;
        let lower = percent(service.options.minimum_percent).div_ceil(100);
        let upper = percent(service.options.maximum_percent) / 100;
        let stopped = stops(&plan);
        let of = |id: &str| tasks.iter().find(|task| task.id == id).unwrap();
        let before = tasks.iter().filter(|task| counts(task)).count() as u32;
        let taken = stopped.iter().filter(|id| counts(of(id))).count() as u32;
        prop_assert!(taken == 0 || before - taken >= lower);
        let live = tasks.iter().filter(|task| task.is_live()).count() as u32;
        prop_assert!(launches(&plan) == 0 || live + launches(&plan) <= upper);
        // Nothing is told twice, nobody protected is taken for scaling.
        for id in &stopped {
            prop_assert!(of(id).is_live());
            prop_assert_eq!(stopped.iter().filter(|other| other == &id).count(), 1);
            prop_assert!(of(id).protected_until.is_none() || of(id).check == Some(Health::Unhealthy));
        }
    }

    #[test]
    fn once_carried_out_nothing_is_planned(service in any_service(), tasks in any_tasks()) {
        let (mut current, mut tasks) = (service, tasks);
        for task in &mut tasks {
            // What no look of ours can change must not keep it from coming to rest.
            task.protected_until = None;
            if task.check == Some(Health::Unknown) {
                task.check = Some(Health::Healthy);
            }
        }
        let mut number = 100;
        for _ in 0..60 {
            let look = plan(&current, &see(tasks.clone()), NOW);
            // What still starts changes things without us.
            let starting = tasks.iter().any(|task| task.is_live() && !task.is_running());
            if look.actions.is_empty() && look.service == current && !starting {
                break;
            }
            for action in &look.actions {
                carry_out(&mut tasks, action, &look.service, &mut number);
            }
            for task in tasks.iter_mut().filter(|task| task.is_live()) {
                task.last = Status::Running;
                task.started_at.get_or_insert(Timestamp(10));
            }
            current = look.service;
        }
        let last = plan(&current, &see(tasks.clone()), NOW);
        prop_assert_eq!(&last.actions, &[]);
        let throttled = current.throttle.retry_at.is_some();
        let failed = current.deployments[0].state == RolloutState::Failed;
        // With one task, 75 and 125 percent are both one: nothing can move, and an event says so.
        let percent = |part: u32| current.desired * part;
        let stuck = percent(current.options.minimum_percent).div_ceil(100)
            == percent(current.options.maximum_percent) / 100;
        if !throttled && !failed && !stuck {
            let running = tasks.iter().filter(|task| task.is_running()).count() as u32;
            prop_assert_eq!(running, current.desired);
            prop_assert_eq!(current.deployments.len(), 1);
        }
    }
}

/// Everything goes well, and at once.
fn carry_out(tasks: &mut Vec<Seen>, action: &Action, service: &Service, number: &mut usize) {
    match action {
        Action::Launch { count } => {
            let primary = service.deployments[0].id().to_owned();
            for _ in 0..*count {
                *number += 1;
                tasks.push(task(*number, &primary));
            }
        }
        Action::Stop { task: id, .. } => {
            let stopped = tasks.iter_mut().find(|task| task.id == *id).unwrap();
            stopped.desired = Desired::Stopped;
            stopped.last = Status::Stopped;
            stopped.end = Some(End::Told);
        }
        Action::Account { task: id } => tasks.retain(|task| task.id != *id),
        _ => {}
    }
}
