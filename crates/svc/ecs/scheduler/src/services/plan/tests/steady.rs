//! Tasks that start and fail a while later: what counts, what is called complete, and when a service
//! is called steady.

use super::*;
use crate::services::{counts, probation};

const SECOND: Duration = Duration::from_secs(1);
const STEP: Duration = Duration::from_millis(100);

/// RUNNING for so long by `NOW`.
fn aged(number: usize, deployment: &str, age: Duration) -> Seen {
    let started = Timestamp(NOW.0 - age.as_millis() as i64);
    Seen {
        created_at: started,
        started_at: Some(started),
        ..task(number, deployment)
    }
}

fn exited(number: usize, deployment: &str, ran: Duration, code: i32) -> Seen {
    Seen {
        desired: Desired::Stopped,
        last: Status::Stopped,
        end: Some(End::Exited {
            ran,
            killed: code == 137,
        }),
        why: format!("exit code {code}"),
        ended_at: Some(NOW),
        ..aged(number, deployment, ran)
    }
}

/// One that worked for a day.
fn steady(desired: u32) -> Service {
    let mut service = service(desired, &["1"]);
    service.completed = Some(revision("1"));
    service.deployments[0].state = RolloutState::Completed;
    (service.steady, service.proven_at) = (true, Some(Timestamp(500)));
    service.said.insert("steady".to_owned(), NOW);
    service
}

fn is_steady(events: &[String]) -> bool {
    events.iter().any(|text| text.contains("steady state"))
}

#[test]
fn a_task_counts_once_it_has_run_for_a_while() {
    let mut update = service(1, &["2"]);
    update.completed = Some(revision("1"));
    let mut watched = service(1, &["1"]);
    watched.options.breaker.enable = true;
    for (service, seconds) in [(service(1, &["1"]), 3), (update, 5), (watched, 5)] {
        let id = service.deployments[0].id().to_owned();
        let wait = SECOND * seconds;
        let early = plan(&service, &see(vec![aged(0, &id, wait - STEP)]), NOW);
        assert_eq!(early.service.deployments[0].state, RolloutState::InProgress);
        assert_eq!(
            (early.wake_at, is_steady(&early.events)),
            (Some(NOW + STEP), false)
        );
        let late = plan(&service, &see(vec![aged(0, &id, wait)]), NOW);
        assert_eq!(late.service.deployments[0].state, RolloutState::Completed);
        assert!(is_steady(&late.events), "{:?}", late.events);
    }
}

#[test]
fn checks_are_proof_enough_until_something_fails() {
    let healthy = Seen {
        check: Some(Health::Healthy),
        ..aged(0, "1", STEP)
    };
    let mut service = service(1, &["1"]);
    let first = plan(&service, &see(vec![healthy.clone()]), NOW);
    assert_eq!(first.service.deployments[0].state, RolloutState::Completed);
    service.throttle.unsteady = 1;
    let again = plan(&service, &see(vec![healthy]), NOW);
    assert_eq!(again.service.deployments[0].state, RolloutState::InProgress);
}

#[test]
fn what_fails_its_checks_in_place_of_another_is_a_later_round() {
    let at = |seconds: u64| NOW + SECOND * seconds as u32;
    let one = |number, created, check| Seen {
        created_at: created,
        started_at: Some(created),
        check: Some(check),
        ..task(number, "1")
    };
    let old = Timestamp(NOW.0 - 10_000);
    let sick = one(0, old, Health::Unhealthy);
    let first = plan(&service(1, &["1"]), &see(vec![sick.clone()]), NOW);
    assert_eq!(launches(&first), 1);
    assert_eq!(first.service.throttle.unsteady, 0, "counted as it goes");
    let well = one(1, at(1), Health::Healthy);
    let second = plan(&first.service, &see(vec![sick, well.clone()]), at(5));
    assert_eq!(stops(&second), ["t000"]);
    assert_eq!(second.service.throttle.unsteady, 1);
    // It took ten seconds to fail, so twenty are to be outlived.
    let third = plan(&second.service, &see(vec![well]), at(20));
    assert_eq!(third.wake_at, Some(at(21)));
    assert_eq!(third.service.deployments[0].state, RolloutState::InProgress);
    let sick = one(1, at(1), Health::Unhealthy);
    let fourth = plan(&third.service, &see(vec![sick.clone()]), at(20));
    let well = one(2, at(20), Health::Healthy);
    let fifth = plan(&fourth.service, &see(vec![sick, well]), at(59));
    assert_eq!(stops(&fifth), ["t001"]);
    assert_eq!(fifth.service.throttle.unsteady, 2);
    assert_eq!(fifth.service.deployments[0].failed_tasks, 2);
}

#[test]
fn nothing_is_called_good_before_an_end_is_counted() {
    let replaced = aged(1, "1", SECOND * 20);
    let dying = Seen {
        desired: Desired::Stopped,
        dying: true,
        ended_at: Some(Timestamp(NOW.0 - 20_000)),
        ..aged(0, "1", SECOND * 30)
    };
    let look = plan(
        &service(1, &["1"]),
        &see(vec![dying, replaced.clone()]),
        NOW,
    );
    assert_eq!(look.service.deployments[0].state, RolloutState::InProgress);
    assert_eq!((look.events, look.service.steady), (Vec::new(), false));
    let alone = plan(&service(1, &["1"]), &see(vec![replaced]), NOW);
    assert_eq!(alone.service.deployments[0].state, RolloutState::Completed);
}

#[test]
fn those_that_are_left_prove_it_where_fewer_are_wanted() {
    let mut scaled = steady(1);
    scaled.throttle.unsteady = 1;
    let left = aged(0, "1", SECOND * 900);
    for (seconds, counted) in [(39, 1), (40, 0)] {
        scaled.throttle.failed_at = Some(Timestamp(NOW.0 - seconds * 1000));
        let look = plan(&scaled, &see(vec![left.clone()]), NOW);
        assert_eq!(look.service.throttle.unsteady, counted, "{seconds} s");
        assert_eq!(look.service.steady, counted == 0);
    }
}

#[test]
fn a_death_after_a_day_is_no_failed_deployment() {
    let day = SECOND * 900;
    let dead = plan(
        &steady(2),
        &see(vec![aged(0, "1", day), exited(1, "1", day, 1)]),
        NOW,
    );
    assert_eq!(launches(&dead), 1);
    let after = dead.service;
    assert_eq!(after.deployments[0].state, RolloutState::Completed);
    assert_eq!(
        (after.deployments[0].failed_tasks, after.throttle.unsteady),
        (0, 0)
    );
    let waits = plan(
        &after,
        &see(vec![aged(0, "1", day), aged(2, "1", SECOND)]),
        NOW,
    );
    assert!(!is_steady(&waits.events) && !waits.service.steady);
    let back = plan(
        &waits.service,
        &see(vec![aged(0, "1", day), aged(2, "1", SECOND * 3)]),
        NOW,
    );
    assert!(is_steady(&back.events));
}

#[test]
fn only_failures_are_counted() {
    // (ran, exit code, counted as failed)
    for (seconds, code, failed) in [
        (2, 3, 1),
        (2, 0, 1),
        (2, 137, 0),
        (20, 3, 1),
        (20, 0, 1),
        (41, 3, 0),
    ] {
        let look = plan(
            &steady(1),
            &see(vec![exited(0, "1", SECOND * seconds, code)]),
            NOW,
        );
        let deployment = &look.service.deployments[0];
        assert_eq!(deployment.failed_tasks, failed, "{seconds} s, code {code}");
        assert_eq!(look.service.throttle.unsteady, failed);
        let why = deployment
            .last_failure
            .as_ref()
            .map(|last| last.reason.clone());
        assert_eq!(why, (failed > 0).then(|| format!("exit code {code}")));
        // What began well is started again at once.
        assert_eq!(look.service.throttle.rounds > 0, failed > 0 && seconds < 5);
    }
}

/// Tasks of `service` in steps of a tenth of a second, each of which exits with 3 after `life` if
/// `bad` says so of its number. As in life, the task in its place is started while the rest of it is
/// stopped, and its end is counted a step later; and some need longer to start than others. Returns the events with their times, the service at
/// the end, and the times of the exits.
fn live_through(
    service: Service,
    life: Duration,
    bad: impl Fn(usize) -> bool,
    span: Duration,
) -> (Vec<(Timestamp, String)>, Service, Vec<Timestamp>) {
    live_and_end(service, life, 3, bad, span)
}

fn live_and_end(
    service: Service,
    life: Duration,
    code: i32,
    bad: impl Fn(usize) -> bool,
    span: Duration,
) -> (Vec<(Timestamp, String)>, Service, Vec<Timestamp>) {
    let (mut current, mut tasks, mut now) = (service, Vec::<Seen>::new(), NOW);
    let (mut said, mut failures, mut number) = (Vec::new(), Vec::new(), 0);
    while now < NOW + span {
        for task in &mut tasks {
            let own: usize = task.id[1..].parse().unwrap();
            if task.dying {
                *task = Seen {
                    created_at: task.created_at,
                    started_at: task.started_at,
                    ended_at: task.ended_at,
                    ..exited(own, &task.deployment.clone(), life, code)
                };
            } else if task.is_live() && now >= task.created_at + STEP * (own as u32 * 3 % 7) {
                task.last = Status::Running;
                let started = *task.started_at.get_or_insert(now);
                if bad(own) && now >= started + life {
                    failures.push(now);
                    (task.desired, task.dying) = (Desired::Stopped, true);
                    task.ended_at = Some(now);
                }
            }
        }
        loop {
            let look = plan(&current, &see(tasks.clone()), now);
            if look.actions.is_empty() && look.service == current {
                break;
            }
            for action in &look.actions {
                if let Action::Launch { count } = action {
                    for _ in 0..*count {
                        number += 1;
                        let primary = look.service.deployments[0].id().to_owned();
                        let created_at = now;
                        tasks.push(Seen {
                            created_at,
                            ..pending(number, &primary)
                        });
                    }
                } else {
                    carry_out(&mut tasks, action, &look.service, &mut number);
                }
            }
            said.extend(look.events.into_iter().map(|text| (now, text)));
            current = look.service;
        }
        now = now + STEP;
    }
    (said, current, failures)
}

#[test]
fn a_release_that_exits_after_two_seconds_never_looks_green() {
    let (said, after, failures) =
        live_through(service(1, &["1"]), SECOND * 2, |_| true, SECOND * 600);
    assert!(
        !said
            .iter()
            .any(|(_, text)| text.contains("steady") || text.contains("completed"))
    );
    let deployment = &after.deployments[0];
    assert_eq!(deployment.state, RolloutState::InProgress);
    assert!(failures.len() - deployment.failed_tasks as usize <= 1);
    let complaint = said
        .iter()
        .find(|(_, text)| text.contains("unable to consistently"))
        .unwrap();
    assert!(
        complaint.1.contains("The last one: exit code 3. For more"),
        "{}",
        complaint.1
    );
    // It is tried again ever more slowly.
    assert!(failures.len() < 20, "{}", failures.len());
}

/// How often each of these is said, and when last.
fn times(said: &[(Timestamp, String)], what: &str) -> (usize, Option<Timestamp>) {
    let said = said.iter().filter(|(_, text)| text.contains(what));
    (said.clone().count(), said.map(|(at, _)| *at).max())
}

#[test]
fn what_fails_after_it_was_called_complete_is_in_progress_again() {
    for (seconds, code) in [(4, 3), (6, 3), (10, 3), (30, 3), (7, 0), (25, 0)] {
        let life = SECOND * seconds;
        let case = format!("{seconds} s, code {code}");
        let all = |_| true;
        let (said, after, failures) =
            live_and_end(service(2, &["1"]), life, code, all, SECOND * 300);
        let early = NOW + SECOND * 4;
        for what in ["deployment completed", "steady state"] {
            let (count, last) = times(&said, what);
            assert!(count == 1 && last < Some(early), "{case}: {said:?}");
        }
        let deployment = &after.deployments[0];
        assert_eq!(deployment.state, RolloutState::InProgress, "{case}");
        assert!(deployment.reason.ends_with("in progress."), "{case}");
        assert!(after.completed.is_none(), "{case}: nothing to go back to");
        assert!(failures.len() > 5, "{case}: it is tried again");
        // Those of the last moments are not counted yet.
        let counted = deployment.failed_tasks as usize;
        assert!(failures.len() - counted <= 2, "{case}: {counted}");
    }
}

#[test]
fn what_fails_after_it_was_called_complete_is_rolled_back() {
    for (seconds, code) in [(6, 3), (8, 3), (30, 3), (7, 0)] {
        let mut update = steady(1);
        update.options.breaker.enable = true;
        update.options.breaker.rollback = true;
        update
            .deployments
            .insert(0, Deployment::new(revision("2"), NOW));
        let life = SECOND * seconds;
        let (said, after, failures) =
            live_and_end(update, life, code, |number| number <= 3, SECOND * 200);
        let case = format!("{seconds} s, code {code}: {said:?}");
        assert_eq!(failures.len(), 3, "{case}");
        assert_eq!(
            times(&said, "rolling back to deployment ecs-svc/1").0,
            1,
            "{case}"
        );
        assert_eq!(after.deployments[0].id(), "1", "{case}");
        assert_eq!(
            after.deployments[0].state,
            RolloutState::Completed,
            "{case}"
        );
        assert_eq!(after.completed, Some(revision("1")), "{case}");
    }
}

#[test]
fn with_a_breaker_it_is_rolled_back() {
    let mut update = steady(1);
    update.options.breaker.enable = true;
    update.options.breaker.rollback = true;
    update
        .deployments
        .insert(0, Deployment::new(revision("2"), NOW));
    // As many as the breaker bears; those of the old revision are good.
    let (said, after, _) = live_through(update, SECOND * 2, |number| number <= 3, SECOND * 60);
    assert!(
        said.iter()
            .any(|(_, text)| text.contains("rolling back to deployment ecs-svc/1"))
    );
    assert_eq!(after.deployments[0].id(), "1");
    assert_eq!(after.deployments[0].state, RolloutState::Completed);
    assert!(
        !said
            .iter()
            .any(|(_, text)| text.contains("(deployment ecs-svc/2) deployment completed"))
    );
}

#[test]
fn what_is_shown_as_running_has_outlived_its_probation() {
    let mut service = service(1, &["2", "1"]);
    let is_over = |service: &Service, id: &str, age: u64| {
        let started = Timestamp(NOW.0 - age as i64 * 1000);
        probation::is_over(service, id, started, Some(started), NOW)
    };
    assert!(!is_over(&service, "2", 2) && is_over(&service, "2", 3));
    assert!(
        is_over(&service, "1", 0),
        "what is on its way out has counted"
    );
    service.throttle.unsteady = 2;
    service.throttle.failed_at = Some(Timestamp(NOW.0 - 20_000));
    assert!(!is_over(&service, "2", 11) && is_over(&service, "2", 12));
    assert!(
        is_over(&service, "2", 21),
        "it was there before the failure"
    );
    service.throttle.unsteady = 30;
    service.throttle.failed_at = Some(Timestamp(0));
    assert!(!is_over(&service, "2", 39) && is_over(&service, "2", 40));
    service.proven_at = Some(NOW);
    assert!(is_over(&service, "2", 1), "all was as wanted with it");
    let none = counts::Counts::of(&service, std::iter::empty(), NOW);
    assert_eq!(none.all(), counts::Count::default());
}

#[test]
fn what_replaces_a_task_is_pending_until_that_end_is_counted() {
    let of_service = |age: u64| {
        let started = Timestamp(NOW.0 - age as i64 * 1000);
        wharf_records::ecs::Task {
            service: Some(wharf_records::ecs::Membership {
                deployment: "1".to_owned(),
                targets: Vec::new(),
                accounted: false,
                protected_until: None,
            }),
            last: Status::Running,
            created_at: started,
            started_at: Some(started),
            ..crate::test_task::task("EC2")
        }
    };
    let mut dying = of_service(30);
    dying.desired = Desired::Stopped;
    dying.stop_code = Some(wharf_records::ecs::StopCode::EssentialContainerExited);
    dying.stopping_at = Some(Timestamp(NOW.0 - 20_000));
    let (old, new) = (of_service(25), of_service(19));
    let service = service(2, &["1"]);
    let count = |tasks: &[wharf_records::ecs::Task]| {
        let all = counts::Counts::of(&service, tasks.iter(), NOW).all();
        (all.running, all.pending)
    };
    assert_eq!(count(&[dying.clone(), old.clone(), new.clone()]), (1, 1));
    dying.ended = true;
    assert_eq!(count(&[dying, old, new]), (2, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever part of the tasks fails, and after however long: nothing is called steady within the
    /// longest probation of a failure, and what keeps failing is called so once at most.
    #[test]
    fn steady_is_never_said_while_failures_are_counted(
        life in 1_u64..390,
        desired in 1_u32..4,
        every in 1_usize..4,
        breaker in any::<bool>(),
    ) {
        let mut service = service(desired, &["1"]);
        service.options.breaker.enable = breaker;
        let bad = |number: usize| number.is_multiple_of(every);
        let (said, _, failures) = live_through(service, STEP * life as u32, bad, SECOND * 300);
        let steady = said.iter().filter(|(_, text)| text.contains("steady state"));
        for (at, _) in steady {
            let last = failures.iter().filter(|failed| *failed < at).max();
            prop_assert!(last.is_none_or(|last| *last + probation::LONGEST <= *at), "{said:?}");
        }
        if every == 1 {
            prop_assert!(times(&said, "deployment completed").0 <= 1, "{said:?}");
        }
    }
}
