//! Tasks that are moved across zones: one after another, beside those that are wanted, and to an end.

use std::collections::{BTreeMap, BTreeSet};

use super::{super::rebalance, *};
use crate::services::observe::Zones;

const SECOND: Duration = Duration::from_secs(1);

/// One that worked for a day.
fn calm(desired: u32) -> Service {
    let mut service = service(desired, &["1"]);
    service.completed = Some(revision("1"));
    service.deployments[0].state = RolloutState::Completed;
    (service.steady, service.proven_at) = (true, Some(Timestamp(500)));
    service.said.insert("steady".to_owned(), NOW);
    service
}

fn at(number: usize, zone: &str) -> Seen {
    Seen {
        zone: zone.to_owned(),
        host: format!("{zone}{}", number % 2),
        ..task(number, "1")
    }
}

/// So many in each zone.
fn spread(zones: &[(&str, usize)]) -> Vec<Seen> {
    let all = zones
        .iter()
        .flat_map(|(zone, count)| (0..*count).map(move |_| *zone));
    all.enumerate()
        .map(|(number, zone)| at(number, zone))
        .collect()
}

fn zones(names: &[&str]) -> Zones {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Zones::from([(None, names)])
}

/// Looks at tasks that may be in `a`, `b` and `c`.
fn look(service: &Service, tasks: Vec<Seen>, now: Timestamp) -> Plan {
    let zones = Some(zones(&["a", "b", "c"]));
    plan(
        service,
        &Observed {
            zones,
            ..see(tasks)
        },
        now,
    )
}

fn to(zone: &str) -> Action {
    Action::LaunchIn {
        zone: zone.to_owned(),
        provider: None,
    }
}

/// A look at four tasks in `a`, one in `b` and one in `c`, and what it wants.
fn begun() -> (Service, Vec<Seen>) {
    let tasks = spread(&[("a", 4), ("b", 1), ("c", 1)]);
    let first = look(&calm(6), tasks.clone(), NOW);
    assert_eq!(first.actions, [to("b")]);
    (first.service, tasks)
}

fn newcomer(zone: &str, started: bool) -> Seen {
    let new = Seen {
        created_at: NOW,
        started_at: Some(NOW),
        ..at(50, zone)
    };
    match started {
        true => new,
        false => Seen {
            last: Status::Pending,
            started_at: None,
            ..new
        },
    }
}

#[test]
fn a_task_is_started_in_the_poor_zone_before_one_stops_in_the_rich() {
    let (service, mut tasks) = begun();
    tasks.push(newcomer("b", false));
    let waits = look(&service, tasks.clone(), NOW + SECOND);
    assert_eq!(waits.actions, [], "it is not up yet");
    assert!(
        waits.service.steady,
        "there is nothing that anybody waits for"
    );
    tasks.pop();
    tasks.push(newcomer("b", true));
    let waits = look(&service, tasks.clone(), NOW + SECOND);
    assert_eq!(waits.actions, [], "it has not proven itself");
    let now = NOW + SECOND * 4;
    let moved = look(&service, tasks.clone(), now);
    let why = Why::Rebalancing("1".to_owned());
    // Of the host with most the youngest.
    let task = "t003".to_owned();
    assert_eq!(
        moved.actions,
        [Action::Stop {
            task,
            why: why.clone()
        }]
    );
    assert_eq!(
        why.stop().reason,
        "Availability-zone rebalancing initiated by (deployment ecs-svc/1)"
    );
    tasks.retain(|task| task.id != "t003");
    let next = look(&moved.service, tasks.clone(), now);
    // Three, two and one: `a` has two more than `c`.
    assert_eq!(next.actions, [to("c")]);
    assert_eq!(next.events, Vec::<String>::new(), "it goes on");
    let late = Seen {
        id: "t051".to_owned(),
        created_at: now,
        ..newcomer("c", true)
    };
    tasks.push(late);
    let now = now + SECOND * 4;
    let moved = look(&next.service, tasks.clone(), now);
    assert_eq!(stops(&moved), ["t002"]);
    tasks.retain(|task| task.id != "t002");
    let last = look(&moved.service, tasks, now);
    assert_eq!(last.actions, []);
    assert_eq!(
        last.events,
        ["(service web) is AZ balanced with 2 tasks in a, 2 tasks in b, 2 tasks in c."]
    );
    assert!(last.service.rebalancing.is_idle());
    assert!(last.service.said.contains_key(rebalance::COMPLETED));
}

#[test]
fn it_is_said_what_is_uneven() {
    let tasks = spread(&[("a", 4), ("b", 1), ("c", 1)]);
    let first = look(&calm(6), tasks, NOW);
    assert_eq!(
        first.events,
        [
            "(service web) is not AZ balanced with 4 tasks in a, 1 tasks in b, 1 tasks in c. \
          AZ Rebalancing in progress."
        ]
    );
}

#[test]
fn nothing_moves_where_it_may_not() {
    let check = |what: &str, change: &dyn Fn(&mut Service, &mut Vec<Seen>)| {
        let (mut service, mut tasks) = (calm(4), spread(&[("a", 4)]));
        change(&mut service, &mut tasks);
        let look = look(&service, tasks, NOW);
        let moves = |action: &Action| matches!(action, Action::LaunchIn { .. });
        assert!(!look.actions.iter().any(moves), "{what}");
        look
    };
    check("it is off", &|service, _| {
        service.options.zone_rebalancing = "DISABLED".to_owned();
    });
    check("no room above the desired", &|service, _| {
        service.options.maximum_percent = 120;
    });
    check("the maximum is 100", &|service, _| {
        (
            service.options.minimum_percent,
            service.options.maximum_percent,
        ) = (50, 100);
    });
    check("it packs", &|service, _| {
        service.options.strategies = vec![wharf_records::ecs::PlacementRule {
            kind: "binpack".to_owned(),
            argument: Some("cpu".to_owned()),
        }];
    });
    check("a deployment is under way", &|service, _| {
        let older = service.deployments[0].clone();
        service.deployments.push(older);
        service.deployments[0].revision.id = "2".to_owned();
        service.deployments[0].state = RolloutState::InProgress;
    });
    check("one of its tasks is not up", &|_, tasks| {
        tasks[1] = Seen {
            last: Status::Pending,
            started_at: None,
            ..at(1, "a")
        };
    });
    check("one is missing", &|_, tasks| {
        tasks.pop();
    });
    check("it is even", &|service, tasks| {
        service.desired = 5;
        *tasks = spread(&[("a", 2), ("b", 2), ("c", 1)]);
    });
    let soon = check("it is complete for a moment", &|service, _| {
        service.deployments[0].completion = Some(wharf_records::ecs::Completion {
            at: Timestamp(NOW.0 - 10_000),
            before: None,
        });
    });
    assert_eq!(soon.wake_at, Some(NOW + SECOND * 30));
    let protected = check("all are protected", &|_, tasks| {
        for task in tasks {
            task.protected_until = Some(NOW + SECOND * 60);
        }
    });
    assert_eq!(
        protected.events,
        [
            "(service web) was unable to AZ Rebalance because (taskSet ecs-svc/1) was unable to scale in due to \
          (reason 4 tasks under protection)."
        ]
    );
    assert_eq!(protected.wake_at, Some(NOW + SECOND * 60));
}

#[test]
fn a_protected_task_is_not_the_one_that_goes() {
    let mut tasks = spread(&[("a", 3)]);
    tasks.iter_mut().skip(1).for_each(|task| {
        task.protected_until = Some(NOW + SECOND * 600);
    });
    let first = look(&calm(3), tasks.clone(), NOW);
    assert_eq!(first.actions, [to("b")]);
    tasks.push(newcomer("b", true));
    let mut unlucky = tasks.clone();
    let moved = look(&first.service, tasks, NOW + SECOND * 4);
    assert_eq!(stops(&moved), ["t000"]);
    // All of them since: what was started for one of them goes again.
    unlucky[0].protected_until = Some(NOW + SECOND * 600);
    let undone = look(&first.service, unlucky, NOW + SECOND * 4);
    assert_eq!(stops(&undone), ["t050"]);
    assert!(undone.events[0].contains("3 tasks under protection"));
    assert_eq!(undone.events[1], "(service web) stopped AZ Rebalancing.");
    assert_eq!(undone.service.rebalancing.since, None);
}

#[test]
fn a_zone_that_took_no_task_is_left_alone_for_longer_each_time() {
    let (mut service, tasks) = begun();
    let said = rebalance::no_room(&mut service, "b", false, None, NOW);
    assert_eq!(
        said,
        [
            "(service web) is unable to place a task in b because no container instance met all of its requirements.",
            "(service web) stopped AZ Rebalancing."
        ]
    );
    // Meanwhile the other one is balanced.
    let other = look(&service, tasks.clone(), NOW);
    assert_eq!(other.actions, [to("c")]);
    let mut service = other.service;
    rebalance::no_room(&mut service, "c", false, None, NOW);
    let waits = look(&service, tasks.clone(), NOW);
    assert_eq!(
        (waits.actions, waits.events),
        (vec![], Vec::<String>::new())
    );
    assert_eq!(waits.wake_at, Some(NOW + SECOND * 30));
    let again = look(&waits.service, tasks.clone(), NOW + SECOND * 30);
    assert_eq!(again.actions, [to("b")]);
    assert_eq!(again.events, Vec::<String>::new(), "it was said");
    let mut service = again.service;
    let said = rebalance::no_room(&mut service, "b", false, None, NOW + SECOND * 30);
    assert_eq!(said, Vec::<String>::new());
    assert_eq!(service.rebalancing.barred["b"].until, NOW + SECOND * 90);
    for _ in 0..10 {
        rebalance::no_room(&mut service, "b", false, None, NOW);
    }
    assert_eq!(service.rebalancing.barred["b"].until, NOW + SECOND * 900);
    let even = look(&service, spread(&[("a", 2), ("b", 2), ("c", 2)]), NOW);
    assert!(even.service.rebalancing.is_idle(), "forgotten");
}

#[test]
fn a_move_that_fails_bars_the_zone() {
    let (service, mut tasks) = begun();
    tasks.push(Seen {
        desired: Desired::Stopped,
        last: Status::Stopped,
        end: Some(End::FailedToStart),
        ended_at: Some(NOW),
        ..newcomer("b", false)
    });
    let look = look(&service, tasks, NOW + SECOND);
    assert_eq!(stops(&look), Vec::<&str>::new());
    assert_eq!(launches(&look), 0, "as many run as are wanted");
    let rebalancing = &look.service.rebalancing;
    assert_eq!((rebalancing.since, &rebalancing.step), (None, &None));
    assert_eq!(rebalancing.barred["b"].failures, 1);
    assert_eq!(look.service.deployments[0].state, RolloutState::Completed);
    assert!(
        look.events
            .iter()
            .any(|it| it.ends_with("stopped AZ Rebalancing."))
    );
}

#[test]
fn a_change_of_mind_ends_a_move() {
    let (service, mut tasks) = begun();
    tasks.push(newcomer("b", false));
    let mut fewer = service.clone();
    fewer.desired = 5;
    let look_at = |service: &Service, tasks: &[Seen]| look(service, tasks.to_vec(), NOW + SECOND);
    let scaled = look_at(&fewer, &tasks);
    // What is not up goes first, as ever.
    assert_eq!(stops(&scaled), ["t050", "t003"]);
    let reasons = scaled.actions.iter().filter(
        |it| matches!(it, Action::Stop { why, .. } if *why == Why::Scaling("1".to_owned())),
    );
    assert_eq!(reasons.count(), 2);
    assert_eq!(scaled.service.rebalancing.since, None);
    let mut more = service.clone();
    more.desired = 7;
    let grown = look_at(&more, &tasks);
    assert_eq!(grown.actions, [], "the new one is among those");
    let mut off = service.clone();
    off.options.zone_rebalancing = "DISABLED".to_owned();
    assert_eq!(stops(&look_at(&off, &tasks)), ["t050"]);
    let mut updated = service;
    updated
        .deployments
        .insert(0, Deployment::new(revision("2"), NOW));
    let updated = look_at(&updated, &tasks);
    assert_eq!(updated.service.rebalancing.since, None);
    assert_eq!(updated.events, ["(service web) stopped AZ Rebalancing."]);
}

#[test]
fn a_task_that_dies_meanwhile_leaves_its_place_to_the_new_one() {
    let (service, mut tasks) = begun();
    tasks.push(newcomer("b", true));
    tasks.remove(0);
    let look = look(&service, tasks, NOW + SECOND * 4);
    // Three, two and one are left: nothing stops, and the next is for `c`.
    assert_eq!(look.actions, [to("c")]);
    assert!(look.service.rebalancing.barred.is_empty());
}

#[test]
fn what_is_to_go_does_not_count_where_others_are_placed() {
    let mut tasks = spread(&[("a", 2), ("b", 2)]);
    tasks[1].check = Some(Health::Unhealthy);
    tasks[2].draining = true;
    tasks[3].desired = Desired::Stopped;
    let look = look(&calm(4), tasks.clone(), NOW);
    assert_eq!(launches(&look), 3);
    let ids =
        |ids: &[&str]| -> BTreeSet<String> { ids.iter().map(|it| (*it).to_owned()).collect() };
    assert_eq!(look.going, ids(&["t001", "t002", "t003"]));
    // Of tasks of the older deployment none stays.
    let mut updated = calm(2);
    updated
        .deployments
        .insert(0, Deployment::new(revision("2"), NOW));
    let look = plan(&updated, &see(spread(&[("a", 2)])), NOW);
    assert_eq!(launches(&look), 2);
    assert_eq!(look.going, ids(&["t000", "t001"]));
    let settled = plan(&calm(2), &see(spread(&[("a", 1), ("b", 1)])), NOW);
    assert_eq!(settled.going, ids(&[]), "nothing is placed");
}

#[test]
fn tasks_of_capacity_providers_are_spread_apart() {
    let of = |provider: &str, tasks: Vec<Seen>| {
        let provider = Some(provider.to_owned());
        let of_provider = tasks.into_iter().map(move |task| Seen {
            id: format!("{}-{}", provider.as_deref().unwrap(), task.id),
            provider: provider.clone(),
            ..task
        });
        of_provider.collect::<Vec<_>>()
    };
    let names = || BTreeSet::from(["a".to_owned(), "b".to_owned()]);
    let zones = || {
        let of = |name: &str| (Some(name.to_owned()), names());
        Some(Zones::from([of("FARGATE"), of("FARGATE_SPOT")]))
    };
    let look_at = |tasks| Observed {
        zones: zones(),
        ..see(tasks)
    };
    // Each by itself is even enough.
    let mut tasks = of("FARGATE", spread(&[("a", 1)]));
    tasks.extend(of("FARGATE_SPOT", spread(&[("a", 1)])));
    assert_eq!(plan(&calm(2), &look_at(tasks.clone()), NOW).actions, []);
    tasks.extend(of("FARGATE_SPOT", vec![at(9, "a")]));
    let first = plan(&calm(3), &look_at(tasks.clone()), NOW);
    let provider = Some("FARGATE_SPOT".to_owned());
    let zone = "b".to_owned();
    assert_eq!(first.actions, [Action::LaunchIn { zone, provider }]);
    tasks.extend(of("FARGATE_SPOT", vec![newcomer("b", true)]));
    let moved = plan(&first.service, &look_at(tasks), NOW + SECOND * 4);
    assert_eq!(stops(&moved), ["FARGATE_SPOT-t009"]);
}

/// A service whose tasks start as they should, but where it is said that they do not.
#[derive(Debug)]
struct World {
    service: Service,
    tasks: Vec<Seen>,
    now: Timestamp,
    number: usize,
    zones: BTreeSet<String>,
    /// They have no room.
    full: BTreeSet<String>,
    /// What starts there fails.
    bad: BTreeSet<String>,
    /// Tasks that were started in a zone of choice, by zone; none where there was no room.
    tried: BTreeMap<String, usize>,
    moved: usize,
}

impl World {
    fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts: BTreeMap<&str, usize> =
            self.zones.iter().map(|zone| (zone.as_str(), 0)).collect();
        for task in self.tasks.iter().filter(|task| task.is_live()) {
            *counts.entry(&task.zone).or_default() += 1;
        }
        counts
    }

    fn healthy(&self, task: &Seen) -> bool {
        let proven = |at: Timestamp| at + SECOND * 3 <= self.now;
        task.is_running() && task.started_at.is_some_and(proven)
    }

    fn begin(&mut self, zone: &str) {
        self.number += 1;
        let begun = Seen {
            last: Status::Pending,
            created_at: self.now,
            started_at: None,
            ..at(self.number, zone)
        };
        self.tasks.push(begun);
    }

    fn end(&mut self, at: usize, end: End) {
        let now = self.now;
        let task = &mut self.tasks[at];
        (task.desired, task.last) = (Desired::Stopped, Status::Stopped);
        (task.end, task.ended_at) = (Some(end), Some(now));
    }

    /// One look, carried out.
    fn look(&mut self) -> Result<Plan, TestCaseError> {
        let zones = Some(Zones::from([(None, self.zones.clone())]));
        let observed = Observed {
            zones,
            ..see(self.tasks.clone())
        };
        let look = plan(&self.service, &observed, self.now);
        self.service = look.service.clone();
        let live = self.tasks.iter().filter(|task| task.is_live()).count();
        let upper = self.service.desired * self.service.options.maximum_percent / 100;
        let launched = launches(&look) as usize;
        prop_assert!(launched == 0 || live + launched <= upper as usize);
        let stopped = stops(&look);
        let left = |task: &&Seen| self.healthy(task) && !stopped.contains(&task.id.as_str());
        let left = self.tasks.iter().filter(left).count();
        prop_assert!(stopped.is_empty() || left >= self.service.desired as usize);
        for action in &look.actions {
            match action {
                Action::LaunchIn { zone, .. } => {
                    *self.tried.entry(zone.clone()).or_default() += 1;
                    if self.full.contains(zone) {
                        rebalance::no_room(&mut self.service, zone, false, None, self.now);
                    } else {
                        self.begin(zone);
                    }
                }
                Action::Launch { count } => {
                    for _ in 0..*count {
                        let counts = self.counts();
                        let open = counts
                            .iter()
                            .filter(|(zone, _)| !self.full.contains(**zone));
                        let poor = open.min_by_key(|(_, count)| **count);
                        let zone = (*poor.unwrap().0).to_owned();
                        self.begin(&zone);
                    }
                }
                Action::Stop { task, why } => {
                    self.moved += usize::from(matches!(why, Why::Rebalancing(_)));
                    let at = self.tasks.iter().position(|it| it.id == *task).unwrap();
                    self.end(at, End::Told);
                }
                Action::Account { task } => self.tasks.retain(|it| it.id != *task),
                _ => {}
            }
        }
        Ok(look)
    }

    /// Looks until nothing is left to do, then lets time pass and tasks start.
    fn pass(&mut self) -> Result<(), TestCaseError> {
        for _ in 0..20 {
            let before = self.service.clone();
            let look = self.look()?;
            if look.actions.is_empty() && self.service == before {
                break;
            }
        }
        self.now = self.now + SECOND * 2;
        for at in 0..self.tasks.len() {
            let task = &mut self.tasks[at];
            if !task.is_live() || task.last != Status::Pending {
                continue;
            }
            if self.bad.contains(&task.zone) {
                self.end(at, End::FailedToStart);
            } else {
                (task.last, task.started_at) = (Status::Running, Some(self.now));
            }
        }
        Ok(())
    }
}

fn any_world() -> impl Strategy<Value = World> {
    let zone = (0_usize..6, 0_u8..8);
    let bounds = prop_oneof![Just((100, 200)), Just((0, 150)), Just((50, 125))];
    (prop::collection::vec(zone, 1..5), bounds).prop_map(|(zones, (minimum, maximum))| {
        let names = ["a", "b", "c", "d"];
        let counts: Vec<(&str, usize)> = names
            .iter()
            .zip(&zones)
            .map(|(name, (count, _))| (*name, *count))
            .collect();
        let tasks = spread(&counts);
        let mut service = calm(u32::try_from(tasks.len()).unwrap());
        service.options.minimum_percent = minimum;
        service.options.maximum_percent = maximum;
        let of_kind = |kind: u8| {
            let names = names.iter().zip(&zones);
            // Of the first it would be a world in which nothing starts.
            let those = names.skip(1).filter(|(_, (_, one))| *one == kind);
            those.map(|(name, _)| (*name).to_owned()).collect()
        };
        World {
            service,
            tasks,
            now: NOW,
            number: 100,
            zones: counts.iter().map(|(name, _)| (*name).to_owned()).collect(),
            full: of_kind(0),
            bad: of_kind(1),
            tried: BTreeMap::new(),
            moved: 0,
        }
    })
}

proptest! {
    /// It comes to an end, with no more moves than it takes, whatever some zones do.
    #[test]
    fn tasks_become_even_and_stay(world in any_world()) {
        let mut world = world;
        let total = world.tasks.len();
        let room = world.service.desired * world.service.options.maximum_percent / 100;
        let before: BTreeMap<String, usize> = world
            .counts()
            .into_iter()
            .map(|(zone, count)| (zone.to_owned(), count))
            .collect();
        for _ in 0..600 {
            world.pass()?;
        }
        let after: BTreeMap<String, usize> = world
            .counts()
            .into_iter()
            .map(|(zone, count)| (zone.to_owned(), count))
            .collect();
        prop_assert_eq!(after.values().sum::<usize>(), total);
        let takes = |zone: &String| !world.full.contains(zone) && !world.bad.contains(zone);
        let least = after.iter().filter(|(zone, _)| takes(zone)).map(|(_, count)| *count).min();
        let most = after.values().copied().max();
        if room as usize > total {
            prop_assert!(most <= least.map(|least| least + 1), "{:?}", after);
        }
        // Each move took a task from a zone that had too many, to one that had too few.
        let gone: usize = before.iter().map(|(zone, count)| count.saturating_sub(after[zone])).sum();
        prop_assert_eq!(world.moved, gone);
        for (zone, tried) in &world.tried {
            // 30 s, a minute, 2, 4, 8: twenty minutes have no room for more.
            prop_assert!(takes(zone) || *tried <= 6, "{} was tried {} times", zone, tried);
        }
        let moved = world.moved;
        for _ in 0..30 {
            world.pass()?;
        }
        prop_assert_eq!(world.moved, moved);
    }
}
