//! Tables, then what holds whatever happens.

use std::{collections::BTreeSet, time::Duration};

use proptest::prelude::*;
use serde_json::json;
use wharf_records::Unknown;

use super::*;
use crate::instances::life::{HostRef, Life};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const HOUR: Duration = Duration::from_secs(3600);

pub fn instance() -> Instance {
    let record = json!({
        "id": "i-1", "reservation": "r-1", "launch_index": 0, "client_token": null, "requester": null,
        "image": {"id": "ami-1", "architecture": "x86_64", "registry": null},
        "instance_type": "t3.nano", "subnet_id": "subnet-1", "vpc_id": "vpc-1", "zone": "us-east-1a",
        "interface": {"id": "eni-1", "subnet_cidr": "172.31.0.0/20", "address": "172.31.0.4", "mac": "0a:00:00:00:00:01",
            "groups": [], "delete_on_termination": true},
        "key": null, "profile": null, "user_data": null,
        "metadata": {"enabled": true, "tokens_required": false, "hop_limit": 1, "tags": false},
        "monitoring": false, "disable_api_termination": true, "disable_api_stop": false, "ends_on_shutdown": false,
        "ebs_optimized": false, "disk_gib": 8, "life": Life::new(NOW), "created_at": NOW, "tags": {},
    });
    let mut it: Instance = serde_json::from_value(record).unwrap();
    it.life.host = Some(HostRef {
        id: "h".to_owned(),
        machine: "i-host".to_owned(),
    });
    it.life.claimed = true;
    it.life.state = State::Running;
    it
}

fn mark(at: Option<Timestamp>) -> Retired {
    Retired {
        host: "h".to_owned(),
        at: NOW,
        fargate: true,
        noticed: BTreeSet::new(),
        instances_end_at: at,
        unknown: Unknown::new(),
    }
}

/// Looks until nothing is to be done.
fn settle(it: &mut Instance, mark: Option<&Retired>, now: Timestamp) {
    let mut looks = 0;
    while next(it, mark, Step::Nothing, now) == Step::FollowHost {
        follow(it, mark, now);
        looks += 1;
        assert!(looks < 4, "it never settles");
    }
}

fn states(it: &Instance) -> Vec<EventState> {
    it.events.iter().map(|event| event.state).collect()
}

#[test]
fn an_instance_is_told_waits_and_ends() {
    let mut it = instance();
    assert_eq!(next(&it, None, Step::Nothing, NOW), Step::Nothing);
    // By a version that left instances alone.
    assert_eq!(
        next(&it, Some(&mark(None)), Step::Nothing, NOW),
        Step::Nothing
    );
    let of = mark(Some(NOW + HOUR));
    settle(&mut it, Some(&of), NOW);
    let event = active(&it).unwrap().clone();
    assert!(event.id.starts_with("instance-event-0"), "{}", event.id);
    assert_eq!(event.not_before, NOW + HOUR);
    assert_eq!(it.life.state, State::Running);
    // It is looked at again when it ends, and no later than it would be anyway.
    let half = NOW + HOUR / 2;
    assert_eq!(
        next(&it, Some(&of), Step::Nothing, half),
        Step::After(HOUR / 2)
    );
    let soon = Step::After(Duration::from_secs(1));
    assert_eq!(next(&it, Some(&of), soon, half), soon);
    settle(&mut it, Some(&of), NOW + HOUR);
    assert_eq!(it.life.state, State::ShuttingDown);
    let reason = it.life.reason.clone().unwrap();
    assert_eq!(reason.code, "Server.ScheduledStop");
    assert_eq!(states(&it), [EventState::Completed]);
    assert_eq!(it.events[0].id, event.id);
    assert!(it.events[0].description().starts_with("[Completed] "));
}

#[test]
fn what_is_taken_back_is_history() {
    let mut it = instance();
    settle(&mut it, Some(&mark(Some(NOW + HOUR))), NOW);
    settle(&mut it, None, NOW + HOUR * 2);
    assert_eq!(states(&it), [EventState::Canceled]);
    assert_eq!((shown(&it).count(), it.life.state), (0, State::Running));
    // Retired again: that is another event.
    settle(&mut it, Some(&mark(Some(NOW + HOUR * 3))), NOW + HOUR * 2);
    assert_eq!(states(&it), [EventState::Canceled, EventState::Active]);
    assert_ne!(it.events[0].id, it.events[1].id);
    // At another time: that is the same.
    settle(&mut it, Some(&mark(Some(NOW + HOUR * 9))), NOW + HOUR * 2);
    assert_eq!(states(&it), [EventState::Canceled, EventState::Active]);
    assert_eq!(it.events[1].not_before, NOW + HOUR * 9);
}

#[test]
fn other_steps_come_first() {
    let it = instance();
    let of = mark(Some(NOW));
    for step in [
        Step::Lose,
        Step::Finish,
        Step::GiveUp,
        Step::Place(HOUR),
        Step::Release,
        Step::Impaired(true),
    ] {
        assert_eq!(next(&it, Some(&of), step, NOW), step);
    }
    let mut ending = instance();
    ending.life.terminate(NOW);
    assert_eq!(next(&ending, Some(&of), Step::Nothing, NOW), Step::Nothing);
}

proptest! {
    /// Marks come, go and move; whenever an instance ends, the mark that stood then said so.
    #[test]
    fn an_instance_ends_by_a_mark_that_stands(marks in prop::collection::vec((prop::option::of(0_u64..20), 0_u64..5), 1..30)) {
        let (mut it, mut now) = (instance(), NOW);
        for (end, later) in marks {
            now = now + HOUR * u32::try_from(later).unwrap();
            let of = end.map(|end| mark(Some(NOW + HOUR * u32::try_from(end).unwrap())));
            let before = it.life.state;
            settle(&mut it, of.as_ref(), now);
            let due = of.as_ref().and_then(|it| it.instances_end_at).is_some_and(|at| at <= now);
            if before == State::Running {
                prop_assert_eq!(it.life.state == State::ShuttingDown, due);
                let wanted = of.is_some() && !due;
                prop_assert_eq!(active(&it).is_some(), wanted);
            }
            let all = states(&it).into_iter().filter(|it| *it == EventState::Active).count();
            prop_assert!(all <= 1 && it.events.len() <= MOST);
        }
    }
}
