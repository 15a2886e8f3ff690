//! Old tasks that have to make room stay until their hosts have the images of the next, and no longer than they may.

use super::*;
use crate::ahead::{Asked, PATIENCE, Progress};

/// Long enough ago that nobody waits any more.
const LATE: Timestamp = Timestamp(NOW.0 - PATIENCE.as_millis() as i64);

fn asked(since: Timestamp, progress: Progress) -> Next {
    Next::Asked(Asked { since, progress })
}

fn followed(number: usize, next: Next) -> Seen {
    Seen {
        next,
        ..task(number, "1")
    }
}

fn without_room(desired: u32) -> Service {
    let mut service = service(desired, &["2", "1"]);
    service.options.minimum_percent = 0;
    service.options.maximum_percent = 100;
    service
}

fn wanted(plan: &Plan) -> Vec<&str> {
    plan.ahead.iter().map(String::as_str).collect()
}

#[test]
fn a_task_stays_until_its_host_has_the_images_of_the_next() {
    let failed = || Progress::Failed("CannotPullContainerError: why".to_owned());
    let check = |what: &str, next: Next, stopped: usize, wakes: Option<Timestamp>| {
        let plan = plan(&without_room(1), &see(vec![followed(0, next)]), NOW);
        assert_eq!(stops(&plan).len(), stopped, "{what}");
        assert_eq!(plan.wake_at, wakes, "{what}");
        plan
    };
    let end = Some(NOW + PATIENCE);
    let able = check("nobody was asked", Next::Unasked, 0, end);
    assert_eq!(wanted(&able), ["h0"]);
    assert_eq!(
        able.events,
        Vec::<String>::new(),
        "it is not called blocked"
    );
    let coming = asked(NOW, Progress::Coming);
    assert_eq!(wanted(&check("it is on its way", coming, 0, end)), ["h0"]);
    let there = asked(LATE, Progress::There);
    assert_eq!(wanted(&check("it is there", there, 1, None)), ["h0"]);
    let unable = check("its agent does not know how", Next::Unable, 1, None);
    assert!(unable.ahead.is_empty());

    let refused = check("it cannot be had", asked(NOW, failed()), 0, end);
    assert!(refused.events[0].ends_with("Reason: CannotPullContainerError: why"));
    let again = plan(
        &refused.service,
        &see(vec![followed(0, asked(NOW, failed()))]),
        NOW,
    );
    assert_eq!(again.events, Vec::<String>::new(), "it is said once");
    let late = check("it did not come", asked(LATE, Progress::Coming), 1, None);
    assert!(
        late.events[0].contains("within 10 minutes"),
        "{:?}",
        late.events
    );
    let never = check("it never came", asked(LATE, failed()), 1, None);
    assert_eq!(never.events.len(), 2, "{:?}", never.events);
}

#[test]
fn nobody_waits_for_what_a_host_is_not_told_of_and_nothing_stops_for_what_may_not_start() {
    let look = |next: Next| plan(&without_room(1), &see(vec![followed(0, next)]), NOW);
    let crowded = look(asked(NOW, Progress::Crowded));
    assert_eq!(
        (stops(&crowded).len(), wanted(&crowded)),
        (1, vec!["h0"]),
        "it comes later, if the task stays"
    );
    let refused = look(Next::Refused);
    assert_eq!((stops(&refused).len(), refused.ahead.len()), (0, 0));
    // Nor where a replacement would have had room.
    let mut with_room = service(2, &["2", "1"]);
    with_room.options.minimum_percent = 0;
    let starved = Observed {
        starved: true,
        ..see(vec![followed(0, Next::Refused), followed(1, Next::Refused)])
    };
    let starved = plan(&with_room, &starved, NOW);
    assert_eq!((stops(&starved).len(), starved.ahead.len()), (0, 0));
}

#[test]
fn what_was_fetched_for_the_primary_of_before_counts_for_nothing_in_the_look_that_rolls_back() {
    let mut service = without_room(2);
    service.deployments = ["3", "2", "1"]
        .map(|id| Deployment::new(revision(id), Timestamp(0)))
        .into();
    service.completed = Some(revision("1"));
    service.deployments[0].failures = 100;
    service.options.breaker.enable = true;
    service.options.breaker.rollback = true;
    let there = |number: usize, of: &str| Seen {
        deployment: of.to_owned(),
        ..followed(number, asked(NOW, Progress::There))
    };
    let plan = plan(&service, &see(vec![there(0, "2"), task(1, "1")]), NOW);
    assert_eq!(plan.service.primary().unwrap().id(), "1");
    assert_eq!(
        stops(&plan),
        Vec::<&str>::new(),
        "its images are those of 3"
    );
}

#[test]
fn what_serves_nobody_makes_room_at_once() {
    let check = |what: &str, task: Seen, stopped: usize| {
        let plan = plan(&without_room(1), &see(vec![task]), NOW);
        assert_eq!(
            (stops(&plan).len(), plan.ahead.len()),
            (stopped, 0),
            "{what}"
        );
    };
    let next = || Next::Unasked;
    let is_pending = Seen {
        next: next(),
        ..pending(0, "1")
    };
    check("it does not run yet", is_pending, 1);
    let draining = Seen {
        draining: true,
        ..followed(0, next())
    };
    check("the next comes to another host", draining, 1);
    let failing = Seen {
        check: Some(Health::Unhealthy),
        ..followed(0, next())
    };
    check("it is not healthy", failing, 1);
}

#[test]
fn each_goes_when_its_own_host_is_ready() {
    let mut service = without_room(3);
    service.options.minimum_percent = 34;
    let coming = || asked(NOW, Progress::Coming);
    let there = || asked(NOW, Progress::There);
    let look = |tasks: Vec<Seen>| plan(&service, &see(tasks), NOW);
    let all = look(vec![
        followed(0, coming()),
        followed(1, there()),
        followed(2, coming()),
    ]);
    assert_eq!(
        (stops(&all), wanted(&all)),
        (vec!["t001"], vec!["h0", "h1", "h2"])
    );
    // The minimum holds as ever.
    let ready = look(vec![
        followed(0, there()),
        followed(1, there()),
        followed(2, there()),
    ]);
    assert_eq!(stops(&ready), ["t000"], "two must stay");
    // For a moment there is room; what was asked for stays wanted.
    let between = look(vec![followed(0, coming()), followed(2, coming())]);
    assert_eq!(
        (launches(&between), wanted(&between)),
        (1, vec!["h0", "h2"])
    );
    // All replacements are there: nobody waits for anything.
    let mut over = vec![followed(0, coming())];
    over.extend((3..6).map(|number| task(number, "2")));
    let over = look(over);
    assert_eq!((stops(&over), wanted(&over)), (vec!["t000"], vec![]));
}

#[test]
fn where_there_is_room_beside_them_their_hosts_fetch_nothing() {
    let mut service = service(2, &["2", "1"]);
    service.options.minimum_percent = 0;
    let tasks = || vec![followed(0, Next::Unasked), followed(1, Next::Unasked)];
    let first = plan(&service, &see(tasks()), NOW);
    assert_eq!(
        (launches(&first), stops(&first).len(), first.ahead.len()),
        (2, 0, 0)
    );
    // No host has any.
    let starved = Observed {
        starved: true,
        ..see(tasks())
    };
    let starved = plan(&service, &starved, NOW);
    assert_eq!(
        (stops(&starved).len(), wanted(&starved)),
        (0, vec!["h0", "h1"])
    );
    // Nobody ever stops for them.
    service.options.minimum_percent = 100;
    service.options.maximum_percent = 100;
    let stuck = plan(&service, &see(tasks()), NOW);
    assert!(stuck.ahead.is_empty() && stuck.events[0].contains("was unable to stop or start"));
    // A deployment that was given up wants nothing.
    let mut failed = without_room(2);
    failed.deployments[0].state = RolloutState::Failed;
    assert!(plan(&failed, &see(tasks()), NOW).ahead.is_empty());
}

#[test]
fn a_daemon_is_replaced_where_its_host_is_ready() {
    let host = super::daemon::seen_host;
    let mut service = service(0, &["2", "1"]);
    service.scheduling = Scheduling::Daemon;
    service.options = validate::default_options(Scheduling::Daemon);
    let observed = Observed {
        tasks: vec![
            followed(0, Next::Unasked),
            followed(1, asked(NOW, Progress::There)),
            followed(2, Next::Unasked),
        ],
        // There is to be none on h2 any more.
        hosts: vec![host(0, true), host(1, true), host(2, false)],
        ..Observed::default()
    };
    let plan = plan(&service, &observed, NOW);
    assert_eq!(stops(&plan), ["t001", "t002"]);
    assert_eq!(wanted(&plan), ["h0", "h1"]);
}

proptest! {
    /// Whatever hosts say, and never: a deployment comes to its end.
    #[test]
    fn no_host_holds_a_deployment_up_for_ever(
        desired in 1_u32..5,
        said in prop::collection::vec(0_u8..4, 5),
    ) {
        let mut current = without_room(desired);
        let mut tasks: Vec<Seen> = (0..desired as usize).map(|number| {
            followed(number, match said[number] {
                0 => Next::Unable,
                1 => Next::Unasked,
                2 => asked(NOW, Progress::Coming),
                _ => asked(NOW, Progress::Failed("why".to_owned())),
            })
        }).collect();
        let (mut now, mut number) = (NOW, 100);
        for _ in 0..40 {
            let look = plan(&current, &see(tasks.clone()), now);
            for task in &mut tasks {
                if task.next == Next::Unasked && look.ahead.contains(&task.host) {
                    task.next = asked(now, Progress::Coming);
                }
            }
            for action in &look.actions {
                carry_out(&mut tasks, action, &look.service, &mut number);
            }
            if look.actions.is_empty() && look.service == current {
                match look.wake_at {
                    Some(at) => now = at,
                    None => break,
                }
            }
            current = look.service;
        }
        prop_assert!(tasks.iter().all(|task| task.deployment == "2"));
        prop_assert_eq!(tasks.len() as u32, desired);
    }
}
