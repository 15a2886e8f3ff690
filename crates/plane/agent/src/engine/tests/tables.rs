//! One case for each rule of §5.

use super::{
    super::{
        ContainerStatus::{Running, Stopped},
        *,
    },
    *,
};

fn admitted(text: &str) -> Walk {
    let mut walk = Walk::of(text);
    walk.state.admitted = true;
    walk
}

#[test]
fn nothing_begins_before_admission() {
    let mut walk = Walk::of("a!");
    assert!(walk.step().is_empty());
    let begun = walk.note(Event::Admitted);
    assert_eq!(
        begun,
        [Action::AttachNetwork, Action::Pull { container: 0 }],
        "side by side"
    );
}

#[test]
fn a_container_is_created_when_image_and_network_are_there() {
    let mut walk = admitted("a!");
    walk.step();
    let pulled = walk.success(Action::Pull { container: 0 });
    assert!(walk.end(Action::Pull { container: 0 }, pulled).is_empty());
    let attached = walk.success(Action::AttachNetwork);
    let next = walk.end(Action::AttachNetwork, attached);
    assert_eq!(next, [Action::Create { container: 0 }]);
}

#[test]
fn runs_and_rests() {
    let mut walk = admitted("a! b>a:START");
    walk.run();
    assert_eq!(walk.state.known, Running);
    assert!(walk.step().is_empty(), "fixpoint");
}

#[test]
fn an_essential_exit_stops_the_task() {
    let mut walk = admitted("a! b");
    walk.run();
    let stop = walk.note(walk.exit(0, 3));
    assert!(
        matches!(stop[..], [Action::Stop { container: 1, .. }]),
        "{stop:?}"
    );
    assert_eq!(walk.state.execution_stopped_at, Some(NOW));
    let exited = walk.exit(1, 143);
    assert_eq!(walk.end(stop[0], vec![exited]), [Action::ReleaseNetwork]);
    assert_eq!(
        walk.state.known, Running,
        "STOPPED only when the network is gone"
    );
    walk.end(Action::ReleaseNetwork, vec![Event::NetworkReleased]);
    assert_eq!(walk.state.known, Stopped);
    assert_eq!(walk.state.containers[0].exit_code, Some(3));
}

#[test]
fn a_container_of_no_importance_may_end() {
    let mut walk = admitted("a! b");
    walk.run();
    assert!(walk.note(walk.exit(1, 1)).is_empty());
    assert_eq!(walk.state.known, Running);
}

#[test]
fn stops_in_reverse_order() {
    let mut walk = admitted("a! b>a:START c>b:START");
    walk.run();
    let mut actions = walk.note(Event::StopRequested);
    for at in [2, 1, 0] {
        assert!(
            matches!(actions[..], [Action::Stop { container, .. }] if container == at),
            "{actions:?}"
        );
        let exited = walk.exit(at, 143);
        actions = walk.end(actions[0], vec![exited]);
    }
    assert_eq!(walk.statuses(), [Stopped; 3]);
}

#[test]
fn what_stops_in_turn_shares_the_time_that_a_task_has() {
    let mut walk = admitted("a! b>a:START c>b:START");
    walk.run();
    let at = walk.now + Duration::from_secs(40);
    walk.note(Event::StopBy { at });
    // It is said again later, and counts from the first time.
    let later = at + Duration::from_secs(5);
    walk.note(Event::StopBy { at: later });
    let mut actions = walk.note(Event::StopRequested);
    for (container, left) in [(2, 30), (1, 10), (0, 0)] {
        let timeout = Duration::from_secs(left);
        assert_eq!(actions, [Action::Stop { container, timeout }]);
        walk.pass(30);
        let exited = walk.exit(container, 137);
        actions = walk.end(actions[0], vec![exited]);
    }
    assert_eq!(walk.statuses(), [Stopped; 3]);
}

#[test]
fn a_stop_before_the_start_waits_for_nothing() {
    let mut walk = admitted("a! b");
    walk.step();
    let actions = walk.note(Event::StopRequested);
    assert!(actions.is_empty(), "{actions:?}");
    assert_eq!(
        walk.statuses(),
        [Stopped, Stopped],
        "a pull under way does not hold it up"
    );
    assert_ne!(
        walk.state.known, Stopped,
        "the network is still being attached"
    );
    let attached = walk.success(Action::AttachNetwork);
    assert_eq!(
        walk.end(Action::AttachNetwork, attached),
        [Action::ReleaseNetwork]
    );
}

#[test]
fn a_stop_before_admission_is_final() {
    let mut walk = Walk::of("a!");
    assert!(walk.note(Event::StopRequested).is_empty());
    assert_eq!(walk.state.known, Stopped);
    assert!(walk.note(Event::Admitted).is_empty());
}

#[test]
fn a_stop_during_create_waits_for_its_answer() {
    let mut walk = admitted("a!");
    walk.step();
    let attached = walk.success(Action::AttachNetwork);
    walk.end(Action::AttachNetwork, attached);
    let pulled = walk.success(Action::Pull { container: 0 });
    let create = walk.end(Action::Pull { container: 0 }, pulled)[0];
    assert!(walk.note(Event::StopRequested).is_empty());
    let stop = walk.end(create, vec![Event::Created { container: 0 }]);
    assert!(
        matches!(stop[..], [Action::Stop { container: 0, .. }]),
        "{stop:?}"
    );
    let gone = Event::Exited {
        container: 0,
        exit: Exit {
            code: None,
            out_of_memory: false,
            at: NOW,
        },
    };
    walk.end(stop[0], vec![gone]);
    assert_eq!(walk.state.containers[0].exit_code, None, "it never ran");
}

#[test]
fn failures_tell_why() {
    let mut walk = admitted("a! b");
    walk.step();
    walk.end(
        Action::Pull { container: 0 },
        vec![Event::Failed {
            container: 0,
            reason: "CannotPullContainerError: no".into(),
        }],
    );
    assert_eq!(walk.state.desired, Desired::Stopped);
    assert_eq!(
        walk.state.containers[0].reason.as_deref(),
        Some("CannotPullContainerError: no")
    );
    assert_eq!(walk.state.containers[0].finished_at, None);
}

#[test]
fn conditions() {
    for (condition, code, starts) in [
        ("START", None, true),
        ("COMPLETE", None, false),
        ("COMPLETE", Some(1), true),
        ("SUCCESS", Some(0), true),
        ("HEALTHY", None, false),
    ] {
        let mut walk = admitted(&format!("a b!>a:{condition}"));
        walk.run();
        if let Some(code) = code {
            let exited = walk.exit(0, code);
            walk.state.apply(&walk.spec, exited, NOW);
            walk.run();
        }
        let started = walk.state.containers[1].started_at.is_some();
        assert_eq!(started, starts, "{condition} {code:?}");
        assert_eq!(walk.state.desired, Desired::Running, "{condition} {code:?}");
    }
}

#[test]
fn healthy_opens_the_gate() {
    let mut walk = admitted("a! b>a:HEALTHY");
    walk.run();
    let next = walk.note(Event::Health {
        container: 0,
        health: Health::Healthy,
    });
    assert_eq!(next, [Action::Create { container: 1 }]);
}

#[test]
fn what_can_no_longer_be_met_stops_the_task() {
    for (text, code) in [("a b!>a:SUCCESS", 1), ("a b!>a:HEALTHY", 0)] {
        let mut walk = admitted(text);
        walk.run();
        walk.note(walk.exit(0, code));
        walk.run();
        assert_eq!(walk.state.known, Stopped, "{text}");
        let reason = walk.state.containers[1].reason.clone().unwrap();
        assert!(reason.starts_with("TaskDependencyError: "), "{reason}");
    }
}

#[test]
fn patience_with_a_dependency_ends() {
    let mut walk = admitted("a@10 b!>a:HEALTHY");
    walk.run();
    let waiting = plan(&walk.spec, &walk.state, &walk.busy, walk.now);
    assert_eq!(waiting.wake_at, Some(NOW + Duration::from_secs(10)));
    walk.pass(10);
    walk.run();
    assert_eq!(walk.state.known, Stopped);
}

#[test]
fn restart_policy() {
    for (ran, code, again) in [(60, 1, true), (59, 1, false), (60, 7, false), (60, 0, true)] {
        let mut walk = admitted("a!~60");
        walk.run();
        walk.pass(ran);
        let actions = walk.note(walk.exit(0, code));
        assert_eq!(
            actions == [Action::Restart { container: 0 }],
            again,
            "{ran} {code}"
        );
        if again {
            assert_eq!(walk.state.known, Running);
            let started = walk.success(actions[0]);
            walk.end(actions[0], started);
            assert_eq!(walk.state.containers[0].restarts, 1);
        }
    }
}

#[test]
fn out_of_memory_is_named() {
    let mut walk = admitted("a!");
    walk.run();
    let exit = Exit {
        code: Some(137),
        out_of_memory: true,
        at: NOW,
    };
    walk.note(Event::Exited { container: 0, exit });
    let c = &walk.state.containers[0];
    assert_eq!(
        c.reason.as_deref(),
        Some("OutOfMemoryError: Container killed due to memory usage")
    );
    assert_eq!(c.exit_code, Some(137));
}

#[test]
fn contradictions_are_refused() {
    for text in [
        "a>b:START b>a:START",
        "a>x:START",
        "a>a:START",
        "a b>a:SOON",
    ] {
        assert!(
            matches!(Spec::of(&task(text)), Err(BadSpec::Dependencies(_))),
            "{text}"
        );
    }
    let odd = Task {
        network_mode: "carrier-pigeon".into(),
        ..task("a")
    };
    assert!(matches!(Spec::of(&odd), Err(BadSpec::NetworkMode(_))));
    let bare = Task {
        network_mode: "awsvpc".into(),
        ..task("a")
    };
    assert_eq!(Spec::of(&bare), Err(BadSpec::NoInterface));
}
