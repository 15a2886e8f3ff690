use proptest::prelude::*;
use wharf_records::hosts::{Port, Protocol};

use super::*;

static SIZE: Capacity = Capacity {
    cpu: 2048,
    memory: 4096,
    interfaces: 3,
    disk: None,
    reserved: Vec::new(),
};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

fn claim(cpu: u32) -> Claim {
    Claim {
        cpu,
        memory: 512,
        ..Claim::default()
    }
}

fn waiting(id: &str, cpu: u32) -> Waiting {
    Waiting {
        id: id.to_owned(),
        since: at(100),
        claim: claim(cpu),
        apart: None,
    }
}

fn machine(id: &str, standing: Standing) -> Machine {
    Machine {
        id: id.to_owned(),
        standing,
    }
}

fn joined(since: i64, tasks: usize, free: u32) -> Standing {
    Standing::Joined(Joined {
        ready: true,
        tasks,
        whole: SIZE.clone(),
        offer: Offer::new(
            Free {
                cpu: free,
                ..all_of(&SIZE)
            },
            at(since),
        ),
    })
}

/// Of a group in one zone, at second 101.
fn of(machines: &[Machine], waiting: &[Waiting], steps: (u32, u32)) -> Estimate {
    let group = Group {
        machines,
        waiting,
        zones: 1,
        size: Some(&SIZE),
        steps,
    };
    estimate(&group, at(101))
}

fn numbers(it: &Estimate) -> (u32, u32, u32) {
    (it.there, it.needed, it.further)
}

#[test]
fn groups_without_instances() {
    let nothing = of(&[], &[], (1, 100));
    assert_eq!(
        (numbers(&nothing), nothing.reservation()),
        ((0, 0, 0), 100.0)
    );
    let three = [waiting("1", 1024), waiting("2", 1024), waiting("3", 1024)];
    let asked = of(&[], &three, (1, 100));
    assert_eq!((numbers(&asked), asked.reservation()), ((0, 2, 2), 200.0));
}

#[test]
fn idle_instances_are_not_needed() {
    let machines = [
        machine("i-1", joined(0, 2, 0)),
        machine("i-2", joined(0, 0, 2048)),
        machine("i-3", Standing::Absent),
        machine("i-4", joined(0, 1, 1024)),
    ];
    let found = of(&machines, &[], (1, 100));
    assert_eq!((numbers(&found), found.reservation()), ((4, 2, 0), 50.0));
    assert_eq!((found.surplus(100), found.surplus(60)), (2, 0));
}

#[test]
fn what_is_on_its_way_is_not_ordered_again() {
    let coming = [
        machine("i-1", Standing::Coming),
        machine("", Standing::Coming),
    ];
    let two = [waiting("1", 2048), waiting("2", 1024)];
    let found = of(&coming, &two, (1, 100));
    assert_eq!((numbers(&found), found.reservation()), ((2, 2, 0), 100.0));
    assert_eq!(found.kept, BTreeSet::from(["i-1".to_owned()]));
    let found = of(&coming, &two[..1], (1, 100));
    assert_eq!(numbers(&found), (2, 1, 0));
}

#[test]
fn steps_bound_what_is_added() {
    let tasks: Vec<Waiting> = (0..10).map(|it| waiting(&it.to_string(), 2048)).collect();
    assert_eq!(numbers(&of(&[], &tasks, (1, 4))), (0, 4, 4));
    assert_eq!(numbers(&of(&[], &tasks[..1], (3, 10))), (0, 3, 3));
    let one = [machine("i-1", joined(0, 1, 0))];
    assert_eq!(numbers(&of(&one, &tasks, (1, 4))), (1, 5, 4));
}

#[test]
fn an_instance_that_placement_passed_over_does_not_count() {
    // Room enough, but it was there for long and the task waits since more than ten seconds.
    let busy = [machine("i-1", joined(0, 1, 1024))];
    let fresh = waiting("1", 512);
    assert_eq!(
        numbers(&of(&busy, std::slice::from_ref(&fresh), (1, 9))),
        (1, 1, 0)
    );
    let old = Waiting {
        since: at(91),
        ..fresh
    };
    assert_eq!(
        numbers(&of(&busy, std::slice::from_ref(&old), (1, 9))),
        (1, 2, 1)
    );
    // One that joined a moment ago may still be used.
    let joins = [machine("i-1", joined(95, 0, 1024))];
    assert_eq!(numbers(&of(&joins, &[old], (1, 9))), (1, 1, 0));
}

#[test]
fn what_an_empty_instance_was_not_given_adds_none() {
    let idle = [machine("i-1", joined(0, 0, 2048))];
    let old = Waiting {
        since: at(50),
        ..waiting("odd", 512)
    };
    let found = of(&idle, std::slice::from_ref(&old), (1, 9));
    assert_eq!(numbers(&found), (1, 0, 0));
    assert_eq!(found.stuck, BTreeSet::from(["odd".to_owned()]));
    // The group's other zone has none yet.
    let group = Group {
        machines: &idle,
        waiting: &[old],
        zones: 2,
        size: Some(&SIZE),
        steps: (1, 9),
    };
    assert_eq!(numbers(&estimate(&group, at(101))), (1, 2, 1));
    let huge = [waiting("huge", 4096)];
    let found = of(&[], &huge, (1, 9));
    assert_eq!((numbers(&found), found.stuck.len()), ((0, 0, 0), 1));
}

#[test]
fn ports_and_distinct_instances_keep_tasks_apart() {
    let apart = |id: &str| Waiting {
        apart: Some("service:web".to_owned()),
        ..waiting(id, 128)
    };
    assert_eq!(
        numbers(&of(&[], &[apart("1"), apart("2")], (1, 9))),
        (0, 2, 2)
    );
    let port = Port {
        number: 80,
        protocol: Protocol::Tcp,
    };
    let bound = |id: &str| Waiting {
        claim: Claim {
            ports: vec![port],
            ..claim(128)
        },
        ..waiting(id, 128)
    };
    assert_eq!(
        numbers(&of(&[], &[bound("1"), bound("2")], (1, 9))),
        (0, 2, 2)
    );
}

#[test]
fn of_an_unknown_type_one_instance_is_tried() {
    let group = Group {
        machines: &[],
        waiting: &[waiting("1", 2048), waiting("2", 2048)],
        zones: 0,
        size: None,
        steps: (1, 9),
    };
    assert_eq!(numbers(&estimate(&group, at(101))), (0, 1, 1));
}

fn any_machine() -> impl Strategy<Value = Machine> {
    let standing = prop_oneof![
        Just(Standing::Coming),
        Just(Standing::Absent),
        (0..100i64, 0..3usize, 0..2048u32, any::<bool>()).prop_map(
            |(since, tasks, free, ready)| {
                match joined(since, tasks, free) {
                    Standing::Joined(it) => Standing::Joined(Joined { ready, ..it }),
                    other => other,
                }
            }
        ),
    ];
    standing.prop_map(|standing| machine("i", standing))
}

fn any_waiting() -> impl Strategy<Value = Waiting> {
    (50..101i64, 1..2500u32, "[xyz]?").prop_map(|(since, cpu, apart)| Waiting {
        id: format!("{since}-{cpu}"),
        since: at(since),
        claim: claim(cpu),
        apart: Some(apart).filter(|it| !it.is_empty()),
    })
}

proptest! {
    #[test]
    fn nothing_in_use_is_ever_given_up_and_nobody_who_fits_is_forgotten(
        machines in prop::collection::vec(any_machine(), 0..8),
        tasks in prop::collection::vec(any_waiting(), 0..12),
        least in 1..5u32,
        most in 1..9u32,
    ) {
        let group = |waiting, steps| Group { machines: &machines, waiting, zones: 2, size: Some(&SIZE), steps };
        let found = estimate(&group(&tasks, (least, most)), at(101));
        prop_assert!(found.needed >= found.in_use);
        prop_assert!(found.further <= most.max(1));
        // Who is not stuck has an instance, or the step is the most there may be.
        let free = estimate(&group(&tasks, (1, u32::MAX)), at(101));
        prop_assert!(found.further >= free.further.min(most));
        let total: u64 = tasks.iter().filter(|it| !free.stuck.contains(&it.id)).map(|it| u64::from(it.claim.cpu)).sum();
        let room: u64 = machines.iter().map(|it| match &it.standing {
            Standing::Coming => u64::from(SIZE.cpu),
            Standing::Joined(it) if it.ready => u64::from(it.offer.free().cpu),
            _ => 0,
        }).sum();
        prop_assert!(total <= room + u64::from(free.further) * u64::from(SIZE.cpu));
    }

    #[test]
    fn one_more_who_waits_never_lowers_the_need(
        machines in prop::collection::vec(any_machine(), 0..8),
        tasks in prop::collection::vec(any_waiting(), 1..12),
    ) {
        let mut tasks = tasks;
        tasks.sort_by(|a, b| (a.since, &a.id).cmp(&(b.since, &b.id)));
        let needed = |waiting: &[Waiting]| {
            let group = Group { machines: &machines, waiting, zones: 2, size: Some(&SIZE), steps: (1, 5) };
            estimate(&group, at(101)).needed
        };
        for upto in 1..tasks.len() {
            prop_assert!(needed(&tasks[..upto]) <= needed(&tasks[..=upto]));
        }
    }
}
