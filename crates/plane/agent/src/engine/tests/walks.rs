//! Random tasks, random answers in random order: safety at every step, and an end to every path.

use proptest::prelude::*;

use super::*;

const SHAPES: &[&str] = &[
    "a!",
    "a! b",
    "a! b>a:START c>b:START",
    "a b!>a:SUCCESS",
    "a b!>a:COMPLETE c>b:HEALTHY",
    "a!~5 b>a:HEALTHY",
    "a@5 b!>a:HEALTHY c",
    "a b c! d>a:START>b:START",
];

/// What a random number makes of an action that is under way.
fn answer(walk: &Walk, action: Action, dice: u8) -> Vec<Event> {
    let failed = |container, what: &str| {
        vec![Event::Failed {
            container,
            reason: format!("{what}: chance"),
        }]
    };
    match (action, dice % 8) {
        (Action::Pull { container }, 0) => failed(container, "CannotPullContainerError"),
        (Action::Create { container }, 0) => failed(container, "CannotCreateContainerError"),
        (Action::Start { container } | Action::Restart { container }, 0) => {
            failed(container, "CannotStartContainerError")
        }
        (Action::Start { container }, 1) => {
            vec![
                Event::Started {
                    container,
                    at: walk.now,
                },
                walk.exit(container, 0),
            ]
        }
        (Action::AttachNetwork, 0) => {
            vec![Event::NetworkFailed {
                reason: "ContainerNetworkingError: chance".into(),
            }]
        }
        _ => walk.success(action),
    }
}

/// Something that happens by itself.
fn happening(walk: &mut Walk, dice: u8) -> Option<Event> {
    let container = usize::from(dice / 8) % walk.spec.containers.len();
    let ran = walk.state.containers[container].status == ContainerStatus::Running;
    match dice % 8 {
        0 if ran => Some(walk.exit(container, i32::from(dice % 3))),
        1 if ran => Some(Event::Health {
            container,
            health: Health::Healthy,
        }),
        2 => {
            walk.pass(7);
            None
        }
        3 if dice > 200 => Some(Event::StopRequested),
        _ => None,
    }
}

fn check_step(before: &TaskState, walk: &Walk, begun: &[Action]) {
    let after = &walk.state;
    assert!(after.known >= before.known, "known fell");
    assert!(after.desired >= before.desired, "desired fell");
    assert!(after.network >= before.network, "network fell");
    for (old, new) in before.containers.iter().zip(&after.containers) {
        assert!(new.status >= old.status, "a container went back");
        assert!(new.restarts >= old.restarts);
    }
    for action in begun {
        if let Action::Stop { container, .. } = action {
            for on in &walk.spec.containers[*container].dependents {
                assert_eq!(
                    after.containers[*on].status,
                    ContainerStatus::Stopped,
                    "reverse order"
                );
            }
        }
    }
    if after.known == ContainerStatus::Stopped {
        assert_ne!(after.network, NetworkState::Attached, "address still taken");
        assert!(begun.is_empty(), "nothing happens after STOPPED: {begun:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn every_path_is_safe_and_ends(shape in 0..SHAPES.len(), dice in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut walk = Walk::of(SHAPES[shape]);
        walk.state.admitted = true;
        walk.step();
        for roll in &dice {
            let before = walk.state.clone();
            let begun = if roll % 2 == 0 && !walk.under_way.is_empty() {
                let action = walk.under_way[usize::from(roll / 16) % walk.under_way.len()];
                let events = answer(&walk, action, roll / 2);
                walk.end(action, events)
            } else {
                match happening(&mut walk, roll / 2) {
                    Some(event) => walk.note(event),
                    None => walk.step(),
                }
            };
            check_step(&before, &walk, &begun);
        }
        // Liveness: once it is to stop, answers alone bring it to STOPPED.
        walk.note(Event::StopRequested);
        let mut rounds = 0;
        while let Some(action) = walk.under_way.last().copied() {
            let before = walk.state.clone();
            let events = walk.success(action);
            let begun = walk.end(action, events);
            check_step(&before, &walk, &begun);
            rounds += 1;
            prop_assert!(rounds < 200, "no end in sight");
        }
        prop_assert_eq!(walk.state.known, ContainerStatus::Stopped);
        prop_assert!(walk.busy.is_empty());
        prop_assert!(walk.step().is_empty(), "fixpoint");
    }
}
