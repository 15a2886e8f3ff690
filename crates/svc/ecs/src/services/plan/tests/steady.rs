//! Tasks that start and fail a while later: what counts, what is called complete, and when a service
//! is called steady.

use super::*;
use crate::{services::probation, show_service};

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
            clean: code == 0,
        }),
        why: format!("exit code {code}"),
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
        (20, 0, 0),
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
/// `bad` says so of its number. Returns the events with their times, and the service at the end.
fn live_through(
    service: Service,
    life: Duration,
    bad: impl Fn(usize) -> bool,
    span: Duration,
) -> (Vec<(Timestamp, String)>, Service, Vec<Timestamp>) {
    let (mut current, mut tasks, mut now) = (service, Vec::<Seen>::new(), NOW);
    let (mut said, mut failures, mut number) = (Vec::new(), Vec::new(), 0);
    while now < NOW + span {
        for task in tasks.iter_mut().filter(|task| task.is_live()) {
            task.last = Status::Running;
            let started = *task.started_at.get_or_insert(now);
            let own: usize = task.id[1..].parse().unwrap();
            if bad(own) && now >= started + life {
                failures.push(now);
                *task = Seen {
                    created_at: task.created_at,
                    started_at: task.started_at,
                    ..exited(own, &task.deployment.clone(), life, 3)
                };
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
    assert_eq!(deployment.failed_tasks as usize, failures.len());
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
    let none = show_service::Counts::of(&service, std::iter::empty(), NOW);
    assert_eq!(none.all(), show_service::Count::default());
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
    }
}
