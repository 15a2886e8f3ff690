//! Many tasks, a manifest, crashes: the core driven by hand.

use std::time::Duration;

use super::*;
use crate::{engine::report::Status, protocol::payload::Container};

const NOW: Timestamp = Timestamp(1_000_000);

fn task(id: &str, desired: &str, memory: i64) -> Task {
    Task {
        arn: format!("arn:aws:ecs:us-east-1:0:task/default/{id}"),
        task_cluster_arn: "arn:aws:ecs:us-east-1:0:cluster/default".into(),
        desired_status: desired.into(),
        network_mode: "none".into(),
        memory,
        containers: vec![Container {
            name: "a".into(),
            essential: true,
            ..Container::default()
        }],
        ..Task::default()
    }
}

fn core() -> Core {
    let host = HostCapacity {
        cpu: 1024,
        memory: 1000,
    };
    let cleanup = TaskCleanup {
        after: Duration::from_secs(60),
        at_most: 3,
    };
    Core::new(Loaded::default(), host, cleanup)
}

fn success(action: Action) -> Vec<Event> {
    match action {
        Action::AttachNetwork => vec![Event::NetworkAttached { links: Vec::new() }],
        Action::ReleaseNetwork => vec![Event::NetworkReleased],
        Action::Pull { container } => {
            vec![Event::Pulled {
                container,
                digest: "sha256:1".into(),
                remotely: false,
                confirmed: true,
            }]
        }
        Action::Create { container } => vec![Event::Created { container }],
        Action::Start { container } | Action::Restart { container } => {
            vec![Event::Started { container, at: NOW }]
        }
        Action::Stop { container, .. } => {
            let exit = crate::engine::Exit {
                code: Some(0),
                out_of_memory: false,
                at: NOW,
            };
            vec![Event::Exited { container, exit }]
        }
    }
}

/// Carries out everything, reports acknowledged if `online`; returns the statuses reported.
fn run(core: &mut Core, mut effects: Vec<Effect>, online: bool) -> Vec<(String, Status)> {
    let mut told = Vec::new();
    while !effects.is_empty() {
        match effects.remove(0) {
            Effect::Perform { task, action } => {
                effects.extend(core.done(&task.id, action, success(action), NOW));
            }
            Effect::Report {
                id,
                report: Report::Task(report),
            } if online => {
                told.push((id.clone(), report.status));
                effects.extend(core.reported(&id, NOW));
            }
            Effect::Dispose { task } => effects.extend(core.disposed(&task.id, NOW)),
            _ => {}
        }
    }
    told
}

#[test]
fn from_payload_to_oblivion() {
    let mut core = core();
    let effects = core.accept(task("aaaaaaaa", "RUNNING", 0), NOW).unwrap();
    assert!(
        matches!(effects[1], Effect::Save { .. }),
        "saved before anything is acknowledged"
    );
    assert_eq!(
        run(&mut core, effects, true),
        [("aaaaaaaa".into(), Status::Running)]
    );
    let again = core.accept(task("aaaaaaaa", "RUNNING", 0), NOW).unwrap();
    assert!(
        matches!(again[..], [Effect::Save { .. }]),
        "the same payload again: {again:?}"
    );
    let effects = core.accept(task("aaaaaaaa", "STOPPED", 0), NOW).unwrap();
    assert_eq!(
        run(&mut core, effects, true),
        [("aaaaaaaa".into(), Status::Stopped)]
    );
    assert_eq!(core.wake_at(), Some(NOW + Duration::from_secs(60)));
    assert!(core.tick(NOW).is_empty());
    let effects = core.tick(NOW + Duration::from_secs(60));
    assert!(
        matches!(&effects[..], [Effect::Forget { .. }]),
        "{effects:?}"
    );
}

#[test]
fn an_end_that_is_set_counts_from_when_it_was_first_heard_of() {
    let mut core = core();
    core.accept(task("aaaaaaaa", "RUNNING", 0), NOW).unwrap();
    for later in [0, 30] {
        let mut told = task("aaaaaaaa", "STOPPED", 0);
        told.stop_within = Some(120);
        let now = NOW + Duration::from_secs(later);
        core.accept(told, now).unwrap();
    }
    let record = core.record("aaaaaaaa").unwrap();
    let end = NOW + Duration::from_secs(120);
    assert_eq!(record.state.stop_by, Some(end));
}

#[test]
fn few_stopped_tasks_are_remembered_and_little_of_each() {
    let mut core = core();
    let mut forgotten = Vec::new();
    for n in 0..10 {
        let mut task = task(&format!("aaaaaaa{n}"), "STOPPED", 0);
        task.containers[0].environment = [("K".to_owned(), "v".repeat(10_000))].into();
        let effects = core.accept(task, NOW).unwrap();
        forgotten.extend(run_and_forget(&mut core, effects));
    }
    let expected: Vec<String> = (0..7).map(|n| format!("aaaaaaa{n}")).collect();
    assert_eq!(forgotten, expected, "the oldest first");
    let kept = core.record("aaaaaaa9").unwrap();
    assert!(kept.is_sound() && kept.is_stopped());
    assert!(kept.task.containers[0].environment.is_empty());
    let bytes = serde_json::to_vec(kept).unwrap().len();
    assert!(bytes < 2500, "{bytes} bytes");
}

/// As [`run`]; returns what was forgotten.
fn run_and_forget(core: &mut Core, effects: Vec<Effect>) -> Vec<String> {
    let before: Vec<String> = core.tasks.keys().cloned().collect();
    run(core, effects, true);
    let gone = |id: &String| core.record(id).is_none();
    before.into_iter().filter(gone).collect()
}

#[test]
fn a_stopped_task_is_known_until_nothing_of_it_is_left() {
    let mut core = core();
    let effects = core.accept(task("aaaaaaaa", "STOPPED", 0), NOW).unwrap();
    let mut left = effects;
    // Its logs are still being delivered: the disposal does not end.
    let mut rest = Vec::new();
    while let Some(effect) = left.pop() {
        match effect {
            Effect::Perform { task, action } => {
                left.extend(core.done(&task.id, action, success(action), NOW));
            }
            Effect::Report { id, .. } => left.extend(core.reported(&id, NOW)),
            Effect::Dispose { task } => rest.push(task),
            _ => {}
        }
    }
    assert_eq!(rest.len(), 1);
    let late = NOW + Duration::from_secs(1_000_000);
    core.tick(late);
    assert!(core.record("aaaaaaaa").is_some());
    core.disposed("aaaaaaaa", late);
    assert!(core.record("aaaaaaaa").is_none());
}

#[test]
fn nothing_is_forgotten_before_stopped_was_acknowledged() {
    let mut core = core();
    let effects = core.accept(task("aaaaaaaa", "STOPPED", 0), NOW).unwrap();
    run(&mut core, effects, false);
    assert!(core.record("aaaaaaaa").unwrap().is_stopped());
    assert_eq!(core.wake_at(), None);
    core.tick(NOW + Duration::from_secs(1_000_000));
    assert!(core.record("aaaaaaaa").is_some());
}

#[test]
fn a_waiting_task_begins_when_the_one_before_is_gone() {
    let mut core = core();
    let effects = core.accept(task("aaaaaaaa", "RUNNING", 600), NOW).unwrap();
    run(&mut core, effects, true);
    let effects = core.accept(task("bbbbbbbb", "RUNNING", 600), NOW).unwrap();
    assert!(run(&mut core, effects, true).is_empty(), "no room");
    let effects = core.accept(task("aaaaaaaa", "STOPPED", 600), NOW).unwrap();
    let told = run(&mut core, effects, true);
    assert_eq!(
        told,
        [
            ("aaaaaaaa".into(), Status::Stopped),
            ("bbbbbbbb".into(), Status::Running)
        ]
    );
    let effects = core.accept(task("cccccccc", "RUNNING", 1001), NOW).unwrap();
    assert_eq!(
        run(&mut core, effects, true),
        [("cccccccc".into(), Status::Stopped)]
    );
    let reason = core
        .record("cccccccc")
        .unwrap()
        .state
        .reason
        .clone()
        .unwrap();
    assert!(
        reason.starts_with("ResourceInitializationError: "),
        "{reason}"
    );
}

#[test]
fn manifest_and_verification() {
    let mut core = core();
    for id in ["aaaaaaaa", "bbbbbbbb"] {
        let effects = core.accept(task(id, "RUNNING", 0), NOW).unwrap();
        run(&mut core, effects, true);
    }
    core.sequence(5);
    let manifest = |timeline, message_id: &str| Manifest {
        message_id: message_id.into(),
        timeline,
        cluster_arn: String::new(),
        container_instance_arn: String::new(),
        tasks: vec![ManifestTask {
            task_arn: task("aaaaaaaa", "", 0).arn,
            task_cluster_arn: String::new(),
            desired_status: "RUNNING".into(),
        }],
    };
    assert_eq!(core.manifest(&manifest(5, "old")).0, ManifestVerdict::Stale);
    let (verdict, effects) = core.manifest(&manifest(6, "m"));
    assert!(matches!(effects[..], [Effect::SaveNode]));
    let ManifestVerdict::Accepted(candidates) = verdict else {
        panic!()
    };
    assert_eq!(candidates[0].task_arn, task("bbbbbbbb", "", 0).arn);
    assert!(core.stop_verified("other", &candidates, NOW).is_empty());
    let effects = core.stop_verified("m", &candidates, NOW);
    assert_eq!(
        run(&mut core, effects, true),
        [("bbbbbbbb".into(), Status::Stopped)]
    );
    assert!(core.stop_verified("m", &candidates, NOW).is_empty(), "once");
}

/// Kills the agent after every possible number of effects; what was saved must be enough.
#[test]
fn a_crash_at_any_moment_loses_nothing() {
    for stop in [false, true] {
        for survived in 0..40 {
            let mut core = core();
            let mut disk: BTreeMap<String, TaskRecord> = BTreeMap::new();
            let mut effects = core.accept(task("aaaaaaaa", "RUNNING", 0), NOW).unwrap();
            if stop {
                effects.extend(core.accept(task("aaaaaaaa", "STOPPED", 0), NOW).unwrap());
            }
            let mut told = Vec::new();
            for _ in 0..survived {
                if effects.is_empty() {
                    break;
                }
                match effects.remove(0) {
                    Effect::Save { id } => {
                        let json = serde_json::to_vec(core.record(&id).unwrap()).unwrap();
                        disk.insert(id, serde_json::from_slice(&json).unwrap());
                    }
                    Effect::Perform { task, action } => {
                        effects.extend(core.done(&task.id, action, success(action), NOW));
                    }
                    Effect::Report {
                        id,
                        report: Report::Task(report),
                    } => {
                        told.push(report.status);
                        effects.extend(core.reported(&id, NOW));
                    }
                    _ => {}
                }
            }
            if disk.is_empty() {
                continue; // Not acknowledged: the control plane sends it again.
            }
            let loaded = Loaded {
                tasks: disk.into_values().collect(),
                ..Loaded::default()
            };
            let host = HostCapacity {
                cpu: 1024,
                memory: 1000,
            };
            let mut again = Core::new(loaded, host, TaskCleanup::default());
            let effects = again.tick(NOW);
            told.extend(
                run(&mut again, effects, true)
                    .into_iter()
                    .map(|(_, status)| status),
            );
            let stop_is_durable =
                again.record("aaaaaaaa").unwrap().state.desired == Desired::Stopped;
            let last = if stop_is_durable {
                Status::Stopped
            } else {
                Status::Running
            };
            assert_eq!(
                told.last(),
                Some(&last),
                "stop {stop}, survived {survived}: {told:?}"
            );
            assert!(told.is_sorted(), "{told:?}");
        }
    }
}
