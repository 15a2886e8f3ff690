use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const MIB: u64 = 1 << 20;

fn after(seconds: u64) -> Timestamp {
    NOW + Duration::from_secs(seconds)
}

fn level(available: u64, capacity: u64) -> Option<Level> {
    Some(Level {
        available,
        capacity,
    })
}

/// A pod by what it uses and asks for of memory, in MiB.
fn pod(uid: &str, priority: i64, used: u64, asked: u64) -> Candidate {
    let memory = Held {
        used: used * MIB,
        asked: asked * MIB,
    };
    let whole = Part {
        memory,
        ..Part::default()
    };
    Candidate {
        uid: uid.to_owned(),
        priority,
        is_here: true,
        whole,
        containers: vec![("main".to_owned(), whole)],
        ..Candidate::default()
    }
}

/// The same of its disk.
fn writer(uid: &str, used: u64) -> Candidate {
    let mut it = pod(uid, 0, 0, 0);
    it.whole.disk.used = used * MIB;
    it.whole.inodes = used;
    it.containers[0].1 = it.whole;
    it
}

fn evicted(plan: &Plan) -> Option<&str> {
    match &plan.step {
        Some(Step::Evict { uid, .. }) => Some(uid),
        _ => None,
    }
}

/// What is remembered once the step of a plan was heard.
fn noted(plan: &Plan, now: Timestamp) -> Memory {
    let mut memory = plan.memory.clone();
    if let Some(step) = &plan.step {
        memory.note(step, now);
    }
    memory
}

fn of_memory(available: u64) -> Seen {
    Seen {
        memory: level(available * MIB, 512 * MIB),
        ..Seen::default()
    }
}

fn of_disk(available: u64) -> Seen {
    Seen {
        disk: level(available * MIB, 1000 * MIB),
        ..Seen::default()
    }
}

/// Of a look that began so many seconds after.
fn of_disk_at(available: u64, began: u64) -> Seen {
    Seen {
        disk_at: Some(after(began)),
        ..of_disk(available)
    }
}

#[test]
fn thresholds() {
    let conditions = |seen: Seen| -> Vec<Condition> {
        let plan = plan(&seen, &[], &Memory::default(), NOW);
        assert_eq!(plan.step, None);
        plan.conditions.into_iter().collect()
    };
    assert_eq!(conditions(Seen::default()), []);
    assert_eq!(conditions(of_memory(100)), []);
    assert_eq!(conditions(of_memory(99)), [Condition::Memory]);
    assert_eq!(conditions(of_disk(150)), []);
    assert_eq!(conditions(of_disk(149)), [Condition::Disk]);
    let inodes = |available| Seen {
        inodes: level(available, 1000),
        ..Seen::default()
    };
    assert_eq!(conditions(inodes(50)), []);
    assert_eq!(conditions(inodes(49)), [Condition::Disk]);
    let pids = |available| Seen {
        pids: level(available, 1000),
        ..Seen::default()
    };
    assert_eq!(conditions(pids(100)), []);
    assert_eq!(conditions(pids(99)), [Condition::Pid]);
}

#[test]
fn for_a_machine_that_is_full_nobody_is_ended() {
    let pods = [writer("a", 100), writer("b", 0)];
    let seen = Seen {
        is_machine_full: true,
        ..of_disk(900)
    };
    let full = plan(&seen, &pods, &Memory::default(), NOW);
    assert!(full.conditions.contains(&Condition::Disk));
    assert_eq!((full.step, full.reclaims), (None, None));
    // Its own disk it has for itself.
    let seen = Seen {
        is_machine_full: true,
        ..of_disk(50)
    };
    let short = plan(&seen, &pods, &Memory::default(), NOW);
    assert_eq!(evicted(&short), Some("a"));
}

#[test]
fn a_condition_stays_for_five_minutes_after_it_was_seen_last() {
    let short = plan(&of_memory(10), &[], &Memory::default(), NOW);
    let holds = |at: u64| {
        let plan = plan(
            &of_memory(300),
            &[pod("a", 0, 9, 0)],
            &short.memory,
            after(at),
        );
        // What is no more is no reason to end anything.
        assert_eq!((plan.step, plan.reclaims), (None, None));
        plan.conditions.contains(&Condition::Memory)
    };
    assert!(holds(10) && holds(299));
    assert!(!holds(300));
    let again = plan(&of_memory(10), &[], &short.memory, after(200));
    let later = plan(&of_memory(300), &[], &again.memory, after(400));
    assert!(later.conditions.contains(&Condition::Memory));
}

#[test]
fn who_has_more_than_it_asked_for_goes_first_then_priority_then_how_much_more() {
    for (pods, expected) in [
        (
            vec![pod("fixed", -5, 200, 300), pod("over", 1000, 60, 50)],
            "over",
        ),
        (vec![pod("low", 1, 60, 50), pod("high", 2, 400, 0)], "low"),
        (
            vec![pod("little", 0, 300, 290), pod("much", 0, 100, 0)],
            "much",
        ),
        // All within what they asked for: who is nearest to it.
        (
            vec![pod("near", 0, 99, 100), pod("far", 0, 10, 100)],
            "near",
        ),
        (vec![pod("b", 0, 5, 0), pod("a", 0, 5, 0)], "a"),
    ] {
        let plan = plan(&of_memory(20), &pods, &Memory::default(), NOW);
        assert_eq!(evicted(&plan), Some(expected));
        assert_eq!(plan.reclaims, Some("memory"));
    }
}

#[test]
fn processes_are_reclaimed_by_priority_and_number() {
    let mut many = pod("many", 5, 0, 0);
    many.whole.pids = 900;
    let mut few = pod("few", 0, 0, 0);
    few.whole.pids = 0;
    let seen = Seen {
        pids: level(5, 1000),
        ..Seen::default()
    };
    let told = plan(&seen, &[many, few], &Memory::default(), NOW);
    assert_eq!(evicted(&told), Some("few"));
    let Some(Step::Evict { message, .. }) = told.step else {
        panic!("nobody is ended");
    };
    assert_eq!(
        message,
        "The node was low on resource: pids. Threshold quantity: 100, available: 5. "
    );
}

#[test]
fn texts() {
    let one = |seen: Seen, pod: Candidate| match plan(&seen, &[pod], &Memory::default(), NOW).step {
        Some(Step::Evict { message, .. }) => message,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        one(of_memory(64), pod("a", 0, 400, 32)),
        "The node was low on resource: memory. Threshold quantity: 100Mi, available: 64Mi. \
         Container main was using 400Mi, request is 32Mi, has larger consumption of memory. "
    );
    // The disk's own threshold comes first once it is met as well.
    assert_eq!(
        one(of_disk(120), writer("a", 880)),
        "The node was low on resource: ephemeral-storage. Threshold quantity: 150Mi, available: 120Mi. \
         Container main was using 880Mi, request is 0, has larger consumption of ephemeral-storage. "
    );
    assert_eq!(
        one(of_disk(90), writer("a", 910)),
        "The node was low on resource: ephemeral-storage. Threshold quantity: 100Mi, available: 90Mi. \
         Container main was using 910Mi, request is 0, has larger consumption of ephemeral-storage. "
    );
    let inodes = Seen {
        inodes: level(3, 1000),
        ..Seen::default()
    };
    assert_eq!(
        one(inodes, writer("a", 1)),
        "The node was low on resource: inodes. Threshold quantity: 50, available: 3. "
    );
    for (bytes, text) in [
        (0, "0"),
        (1, "1"),
        (1024, "1Ki"),
        (1025, "1025"),
        (3 << 30, "3Gi"),
        (u64::MAX, "18446744073709551615"),
    ] {
        assert_eq!(binary(bytes), text);
    }
    for (condition, holds, event) in [
        (Condition::Memory, true, "NodeHasInsufficientMemory"),
        (Condition::Disk, false, "NodeHasNoDiskPressure"),
        (Condition::Pid, true, "NodeHasInsufficientPID"),
    ] {
        assert_eq!(condition.event(holds), event);
    }
}

#[test]
fn the_critical_and_those_that_are_over_are_not_ended() {
    let critical = Candidate {
        is_critical: true,
        ..pod("critical", 2_000_000_000, 400, 0)
    };
    let over = Candidate {
        is_over: true,
        ..pod("over", 0, 0, 0)
    };
    let elsewhere = Candidate {
        is_here: false,
        ..pod("elsewhere", 0, 0, 0)
    };
    let told = plan(
        &of_memory(5),
        &[critical, over, elsewhere],
        &Memory::default(),
        NOW,
    );
    assert_eq!(told.step, None);
    assert!(told.conditions.contains(&Condition::Memory));
}

#[test]
fn those_that_are_over_give_back_their_disk_first_and_once() {
    let over = Candidate {
        is_over: true,
        ..writer("over", 300)
    };
    let pods = [writer("alive", 600), over];
    let first = plan(&of_disk(50), &pods, &Memory::default(), NOW);
    assert_eq!(first.step, Some(Step::GiveBack(vec!["over".to_owned()])));
    // Nobody heard it.
    let again = plan(&of_disk(50), &pods, &first.memory, after(10));
    assert_eq!(again.step, first.step);
    let waits = plan(&of_disk_at(50, 10), &pods, &noted(&first, NOW), after(10));
    assert_eq!((waits.step, waits.needs_look), (None, false));
    // It did not, or it was not enough.
    let late = plan(&of_disk_at(50, 295), &pods, &waits.memory, after(300));
    assert_eq!((late.step, late.needs_look), (None, true));
    let then = plan(&of_disk_at(50, 310), &pods, &late.memory, after(310));
    assert_eq!(evicted(&then), Some("alive"));
    let gone = plan(
        &of_disk(500),
        &pods[..1],
        &noted(&then, after(310)),
        after(320),
    );
    assert_eq!(gone.memory.told.len(), 0);
}

#[test]
fn nobody_is_ended_for_a_disk_that_was_not_looked_at_since_the_last_one_was_gone() {
    let mut pods = [writer("a", 600), writer("b", 300)];
    let first = plan(&of_disk_at(50, 0), &pods, &Memory::default(), NOW);
    assert_eq!(evicted(&first), Some("a"));
    // Its sandbox is gone, its files are not; a slow look counted them all.
    (pods[0].is_over, pods[0].is_here, pods[0].has_files) = (true, false, true);
    let going = plan(&of_disk_at(50, 35), &pods, &noted(&first, NOW), after(40));
    assert_eq!((going.step, going.needs_look), (None, false));
    assert!(going.conditions.contains(&Condition::Disk));
    pods[0].has_files = false;
    let gone = plan(&of_disk_at(50, 45), &pods, &going.memory, after(50));
    assert_eq!((gone.step, gone.needs_look), (None, true));
    // Looked at anew there is enough, or there is not.
    let enough = plan(&of_disk_at(650, 55), &pods, &gone.memory, after(60));
    assert_eq!((enough.step, enough.needs_look), (None, false));
    let little = plan(&of_disk_at(50, 55), &pods, &gone.memory, after(60));
    assert_eq!(evicted(&little), Some("b"));
    // Who is short of memory waits for no disk.
    let memory = plan(&of_memory(5), &pods, &gone.memory, after(50));
    assert_eq!(evicted(&memory), Some("b"));
}

#[test]
fn one_at_a_time_with_time_to_give_back_what_it_held() {
    let pods = [pod("a", 0, 200, 0), pod("b", 0, 100, 0)];
    let first = plan(&of_memory(5), &pods, &Memory::default(), NOW);
    assert_eq!(evicted(&first), Some("a"));
    let mut left = pods.clone();
    left[0].is_over = true;
    let waits = plan(&of_memory(5), &left, &noted(&first, NOW), after(10));
    assert_eq!(waits.step, None);
    let late = plan(&of_memory(5), &left, &waits.memory, after(30));
    assert_eq!(evicted(&late), Some("b"));
    left[0].is_here = false;
    let soon = plan(&of_memory(5), &left, &noted(&first, NOW), after(10));
    assert_eq!(evicted(&soon), Some("b"));
}
