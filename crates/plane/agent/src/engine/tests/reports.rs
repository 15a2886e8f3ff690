//! What the control plane gets to see.

use super::{
    super::report::{Outbox, Report, Status, TaskReport},
    *,
};

fn drain(outbox: &mut Outbox) -> Vec<Status> {
    std::iter::from_fn(|| {
        let Report::Task(report) = outbox.begin()? else {
            return None;
        };
        outbox.acknowledged();
        Some(report.status)
    })
    .collect()
}

fn report(status: Status, exit_code: Option<i32>) -> TaskReport {
    let spec = Spec::of(&task("a!")).unwrap();
    let mut state = TaskState::new(&spec, vec!["id".into()]);
    state.known = ContainerStatus::Running;
    state.containers[0].exit_code = exit_code;
    TaskReport {
        status,
        ..report::snapshot(&spec, &state).unwrap()
    }
}

#[test]
fn a_cached_start_is_one_report() {
    let mut walk = Walk::of("a!");
    walk.state.admitted = true;
    walk.run();
    assert_eq!(drain(&mut walk.outbox), [Status::Running]);
    walk.note(walk.exit(0, 0));
    walk.run();
    // The end of the container, and that all it held is free.
    assert_eq!(drain(&mut walk.outbox), [Status::Running, Status::Stopped]);
    assert!(walk.outbox.stop_acknowledged);
}

#[test]
fn a_remote_pull_is_told_with_its_digest() {
    let mut walk = Walk::of("a!");
    walk.note(Event::Admitted);
    let pulled = Event::Pulled {
        container: 0,
        digest: "sha256:2".into(),
        remotely: true,
        confirmed: true,
    };
    walk.end(Action::Pull { container: 0 }, vec![pulled]);
    let Some(Report::Task(report)) = walk.outbox.begin() else {
        panic!("no report")
    };
    assert_eq!(report.status, Status::Pending);
    assert_eq!(
        report.containers[0].image_digest.as_deref(),
        Some("sha256:2")
    );
}

#[test]
fn a_task_whose_image_is_wrong_says_so_with_its_first_end() {
    let mut walk = Walk::of("a! b!");
    walk.note(Event::Admitted);
    for container in 0..2 {
        let pulled = Event::Pulled {
            container,
            digest: format!("sha256:{container}"),
            remotely: false,
            confirmed: true,
        };
        walk.end(Action::Pull { container }, vec![pulled]);
    }
    walk.run();
    assert_eq!(drain(&mut walk.outbox), [Status::Running]);
    walk.note(Event::Broken {
        digest: "sha256:1".into(),
        reason: "CannotPullContainerError: wrong".into(),
    });
    walk.note(walk.exit(0, 143));
    let Some(Report::Task(report)) = walk.outbox.begin() else {
        panic!("no report")
    };
    let why = Some("CannotPullContainerError: wrong");
    assert_eq!(
        (report.status, report.reason.as_deref()),
        (Status::Running, why)
    );
    let reasons = report.containers.iter().map(|c| c.reason.as_deref());
    assert_eq!(
        reasons.collect::<Vec<_>>(),
        [None, why],
        "of the one that had it"
    );
}

#[test]
fn the_digest_of_an_old_copy_is_not_told() {
    let mut walk = Walk::of("a!");
    walk.note(Event::Admitted);
    let pulled = Event::Pulled {
        container: 0,
        digest: "sha256:old".into(),
        remotely: false,
        confirmed: false,
    };
    walk.end(Action::Pull { container: 0 }, vec![pulled]);
    walk.run();
    let Some(Report::Task(report)) = walk.outbox.begin() else {
        panic!("no report")
    };
    assert_eq!(report.containers[0].image_digest, None);
    // In the task itself its metadata says what it runs.
    let known = walk.state.containers[0].image_digest.as_deref();
    assert_eq!(known, Some("sha256:old"));
}

#[test]
fn a_short_life_is_told_in_full() {
    let mut walk = Walk::of("a!");
    walk.state.admitted = true;
    walk.run();
    walk.note(walk.exit(0, 0));
    walk.run();
    assert_eq!(drain(&mut walk.outbox), [Status::Running, Status::Stopped]);
}

#[test]
fn what_is_under_way_is_not_rewritten() {
    let mut outbox = Outbox::default();
    outbox.push(report(Status::Running, None));
    assert!(outbox.begin().is_some());
    assert!(outbox.begin().is_none(), "one at a time");
    outbox.push(report(Status::Running, Some(1)));
    outbox.push(report(Status::Running, Some(2)));
    outbox.push(report(Status::Pending, None));
    outbox.acknowledged();
    let Some(Report::Task(second)) = outbox.begin() else {
        panic!("no report")
    };
    assert_eq!(
        second.containers[0].exit_code,
        Some(2),
        "the newest of equal status"
    );
    outbox.acknowledged();
    assert!(outbox.is_empty(), "statuses never fall");
}

#[test]
fn the_end_says_what_waits_behind_what_is_told() {
    let mut outbox = Outbox::default();
    outbox.push(report(Status::Running, None));
    assert!(outbox.begin().is_some());
    outbox.push(report(Status::Running, Some(1)));
    outbox.push(report(Status::Stopped, Some(1)));
    outbox.acknowledged();
    assert_eq!(drain(&mut outbox), [Status::Stopped]);
    assert!(outbox.stop_acknowledged);
    // That it ran is told, if nobody heard of it yet.
    for begun in [Status::Pending, Status::Running] {
        let mut outbox = Outbox::default();
        outbox.push(report(begun, None));
        if begun == Status::Pending {
            assert!(outbox.begin().is_some());
        }
        outbox.push(report(Status::Running, Some(1)));
        outbox.push(report(Status::Stopped, Some(1)));
        if begun == Status::Pending {
            outbox.acknowledged();
        }
        assert_eq!(drain(&mut outbox), [Status::Running, Status::Stopped]);
    }
}

#[test]
fn survives_a_restart_unsent() {
    let mut outbox = Outbox::default();
    outbox.push(report(Status::Running, None));
    outbox.begin();
    let json = serde_json::to_string(&outbox).unwrap();
    let mut again: Outbox = serde_json::from_str(&json).unwrap();
    assert!(
        again.begin().is_some(),
        "in flight when the agent died: sent again"
    );
}

#[test]
fn reasons_are_cut_between_characters() {
    let mut walk = Walk::of("a!");
    walk.note(Event::Refused {
        reason: "é".repeat(1000),
    });
    assert_eq!(walk.state.reason.unwrap().len(), 1024);
}
