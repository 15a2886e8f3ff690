use std::collections::BTreeMap;

use proptest::prelude::*;
use wharf_base::Timestamp;
use wharf_records::{
    ecs::{
        Container, ContainerStatus, Desired, Health, Interface, InterfaceState, Launch,
        NetworkWish, Status, StopCode, Task,
    },
    hosts::Claim,
};

use super::*;
use crate::{
    interface::live_interface,
    task::{plan::*, report::take},
};

fn at(seconds: i64) -> Timestamp {
    Timestamp(seconds * 1000)
}

fn container(name: &str) -> Container {
    Container {
        name: name.to_owned(),
        arn: format!("arn:container/{name}"),
        image: "busybox".to_owned(),
        essential: true,
        last: ContainerStatus::Pending,
        cpu: "0".to_owned(),
        memory: None,
        memory_reservation: None,
        pinned: None,
        image_digest: None,
        runtime_id: None,
        exit_code: None,
        reason: None,
        exec_agent: None,
        bindings: Vec::new(),
        health: Health::Unknown,
        checked: false,
    }
}

fn task(launch: Launch, awsvpc: bool) -> Task {
    Task {
        id: "3f".to_owned(),
        arn: "arn:task/default/3f".to_owned(),
        cluster: "default".to_owned(),
        cluster_arn: "arn:cluster/default".to_owned(),
        definition: "arn:task-definition/web:1".to_owned(),
        launch,
        host: "h".to_owned(),
        claim: Claim::default(),
        instance: "arn:container-instance/default/i".to_owned(),
        ec2_instance: "i-1".to_owned(),
        group: "family:web".to_owned(),
        started_by: None,
        service: None,
        capacity_provider: None,
        platform_version: None,
        availability_zone: "us-east-1a".to_owned(),
        cpu: "256".to_owned(),
        memory: "512".to_owned(),
        ephemeral_gib: None,
        overrides: serde_json::json!({}),
        enable_execute_command: false,
        network: awsvpc.then(|| NetworkWish {
            abandoned: false,
            attachment: "a".to_owned(),
            subnet: "subnet-1".to_owned(),
            security_groups: Vec::new(),
            public_ip: false,
            ipv6: false,
        }),
        volume: None,
        credentials_seed: String::new(),
        waiting: None,
        placed_at: None,
        interface: None,
        containers: vec![container("web"), container("side")],
        desired: Desired::Running,
        last: Status::Provisioning,
        ended: false,
        unconfirmed: false,
        stop_code: None,
        stopped_reason: None,
        version: 1,
        created_at: at(0),
        pull_started_at: None,
        pull_stopped_at: None,
        started_at: None,
        connected_at: None,
        stopping_at: None,
        execution_stopped_at: None,
        stopped_at: None,
        tags: BTreeMap::new(),
        high_resolution: Vec::new(),
        unknown: BTreeMap::new(),
    }
}

fn interface() -> Interface {
    Interface {
        id: "eni-1".to_owned(),
        vpc: "vpc-1".to_owned(),
        mac: "0a:00:00:00:00:01".to_owned(),
        private_dns_name: String::new(),
        private_ipv4: "172.31.0.5".to_owned(),
        gateway: "172.31.0.1/20".to_owned(),
        search: Vec::new(),
        name_servers: Vec::new(),
        ipv6: None,
        state: InterfaceState::Created,
        unknown: BTreeMap::new(),
    }
}

fn says(status: Reported) -> Report {
    Report {
        status: Some(status),
        ..Report::default()
    }
}

fn exited(name: &str, code: i32) -> ContainerReport {
    ContainerReport {
        name: name.to_owned(),
        status: Some(Reported::Stopped),
        exit_code: Some(code),
        ..ContainerReport::default()
    }
}

fn running(launch: Launch, awsvpc: bool) -> Task {
    let mut task = task(launch, awsvpc);
    if awsvpc {
        interface_made(&mut task, interface());
    }
    settle(&mut task, at(1));
    take(&mut task, &says(Reported::Running), at(2));
    assert_eq!(task.last, Status::Running);
    task
}

/// What a task costs goes by them.
#[test]
fn times_that_an_agent_says_lie_within_the_life_of_the_task() {
    let mut task = running(Launch::Fargate, true);
    let report = Report {
        pull_started_at: Some(Timestamp(i64::MAX)),
        pull_stopped_at: Some(Timestamp(i64::MIN)),
        execution_stopped_at: Some(at(2)),
        ..Report::default()
    };
    take(&mut task, &report.without_times(), at(3));
    assert_eq!((task.pull_started_at, task.pull_stopped_at), (None, None));
    take(&mut task, &report, at(3));
    assert_eq!(
        (
            task.pull_started_at,
            task.pull_stopped_at,
            task.execution_stopped_at
        ),
        (Some(at(3)), Some(at(0)), Some(at(2)))
    );
}

#[test]
fn the_end_of_an_essential_container_is_known_before_all_has_stopped() {
    let mut task = running(Launch::Ec2, false);
    let report = Report {
        containers: vec![exited("web", 3)],
        execution_stopped_at: Some(at(5)),
        ..says(Reported::Running)
    };
    take(&mut task, &report, at(6));
    assert_eq!(
        (task.desired, task.last),
        (Desired::Stopped, Status::Running)
    );
    assert_eq!(task.stop_code, Some(StopCode::EssentialContainerExited));
    assert!(!task.ended && task.execution_stopped_at == Some(at(5)));
    take(&mut task, &says(Reported::Stopped), at(9));
    settle(&mut task, at(9));
    assert_eq!(task.last, Status::Stopped);
    assert_eq!(task.stop_code, Some(StopCode::EssentialContainerExited));
}

#[test]
fn a_task_that_ran_from_a_wrong_image_says_so() {
    let why =
        "CannotPullContainerError: pull image layer sha256:1 has been retried 1 time(s): wrong";
    let check = |status, reason: &str, expected: &str| {
        let mut task = task(Launch::Ec2, false);
        settle(&mut task, at(0));
        take(&mut task, &says(Reported::Running), at(1));
        let report = Report {
            reason: Some(reason.to_owned()),
            containers: vec![exited("web", 143)],
            ..says(status)
        };
        take(&mut task, &report, at(5));
        assert_eq!(task.stop_code, Some(StopCode::EssentialContainerExited));
        assert_eq!(task.stopped_reason.as_deref(), Some(expected));
    };
    check(Reported::Running, why, why);
    check(Reported::Stopped, why, why);
    let usual = "Essential container in task exited";
    check(Reported::Running, "something else", usual);
    check(Reported::Stopped, "something else", usual);
}

#[test]
fn a_bridge_task_is_pending_running_stopped() {
    let mut task = task(Launch::Ec2, false);
    settle(&mut task, at(0));
    assert_eq!(task.last, Status::Pending);
    take(&mut task, &says(Reported::Running), at(1));
    assert_eq!((task.last, task.started_at), (Status::Running, Some(at(1))));
    let report = Report {
        containers: vec![exited("web", 3)],
        ..says(Reported::Stopped)
    };
    take(&mut task, &report, at(2));
    settle(&mut task, at(2));
    assert_eq!((task.last, task.stopped_at), (Status::Stopped, Some(at(2))));
    assert_eq!(task.stop_code, Some(StopCode::EssentialContainerExited));
    assert_eq!(
        task.stopped_reason.as_deref(),
        Some("Essential container in task exited")
    );
    assert_eq!(task.containers[0].exit_code, Some(3));
    assert_eq!(task.containers[1].last, ContainerStatus::Stopped);
}

#[test]
fn an_awsvpc_task_waits_for_its_interface_and_gives_it_back() {
    let mut task = task(Launch::Fargate, true);
    settle(&mut task, at(0));
    assert_eq!(task.last, Status::Provisioning);
    assert_eq!(plan(&task, at(0)).action, Some(Action::CreateInterface));
    interface_made(&mut task, interface());
    settle(&mut task, at(1));
    assert_eq!(task.last, Status::Pending);
    take(&mut task, &says(Reported::Running), at(2));
    assert_eq!(
        task.interface.as_ref().unwrap().state,
        InterfaceState::Attached
    );
    assert!(stop::stop(&mut task, &stop::by_user(None), at(3)));
    assert_eq!(task.last, Status::Stopping);
    take(&mut task, &says(Reported::Stopped), at(4));
    settle(&mut task, at(4));
    assert_eq!(task.last, Status::Deprovisioning);
    assert_eq!(
        plan(&task, at(4)).action,
        Some(Action::DeleteInterface("eni-1".to_owned()))
    );
    interface_deleted(&mut task, "eni-1");
    settle(&mut task, at(5));
    assert_eq!(
        (task.last, task.stop_code),
        (Status::Stopped, Some(StopCode::UserInitiated))
    );
    assert_eq!(task.stopped_reason.as_deref(), Some("Task stopped by user"));
}

#[test]
fn a_task_stopped_before_its_interface_was_recorded_looks_for_one() {
    let mut task = task(Launch::Fargate, true);
    settle(&mut task, at(0));
    assert!(stop::stop(&mut task, &stop::by_user(None), at(3)));
    settle(&mut task, at(3));
    assert_eq!(task.last, Status::Stopped);
    assert_eq!(plan(&task, at(3)).action, Some(Action::AbandonInterface));
    assert_eq!(plan(&task, at(9999)).action, Some(Action::AbandonInterface));
    interface_abandoned(&mut task);
    let forgotten = at(3) + STOPPED_RETENTION;
    assert_eq!(plan(&task, at(3)).wake_at, Some(forgotten));
    assert_eq!(plan(&task, forgotten).action, Some(Action::Forget));
}

#[test]
fn a_spot_task_of_an_earlier_version_is_marked_as_such() {
    let mut task = task(Launch::Fargate, false);
    task.capacity_provider = Some("FARGATE_SPOT".to_owned());
    task.last = Status::Running;
    let before = task.clone();
    let mut ledger = wharf_records::hosts::Ledger::default();
    ledger.claims.insert(&task.arn, Claim::default());
    settle(&mut task, at(1));
    assert!(task.claim.spot);
    assert_eq!(plan(&task, at(1)).action, None);
    assert!(claim::moves(&before, &task));
    assert!(claim::follow(&mut ledger, &task));
    assert_eq!(ledger.claims.of_spot().count(), 1);
    assert!(!claim::follow(&mut ledger, &task));
}

#[test]
fn provisioning_times_out() {
    let mut task = task(Launch::Fargate, true);
    settle(&mut task, at(180));
    assert_eq!(
        (task.last, task.stop_code),
        (Status::Stopped, Some(StopCode::TaskFailedToStart))
    );
    let reason = "Timeout waiting for network interface provisioning to complete.";
    assert_eq!(task.stopped_reason.as_deref(), Some(reason));
}

#[test]
fn a_task_waits_for_capacity_and_has_its_full_time_for_an_interface_then() {
    let mut task = Task {
        waiting: Some(Box::default()),
        ..self::task(Launch::Ec2, true)
    };
    let minute = |minutes: i64| at(minutes * 60);
    settle(&mut task, minute(14));
    assert_eq!(task.last, Status::Provisioning);
    assert_eq!(plan(&task, minute(14)).wake_at, Some(minute(15)));
    let mut placed = Task {
        waiting: None,
        placed_at: Some(minute(14)),
        ..task.clone()
    };
    settle(&mut placed, minute(16));
    assert_eq!(placed.desired, Desired::Running);
    settle(&mut placed, minute(17));
    assert_eq!(placed.desired, Desired::Stopped);

    settle(&mut task, minute(15));
    assert_eq!(task.last, Status::Stopped);
    assert_eq!(task.stop_code, Some(StopCode::TaskFailedToStart));
    let reason = task.stopped_reason.unwrap();
    assert!(
        reason.contains("no room for it within 15 minutes"),
        "{reason}"
    );
}

#[test]
fn failures_before_running_are_named_after_their_cause() {
    let check = |report: Report, code, reason: &str| {
        let mut task = task(Launch::Ec2, false);
        settle(&mut task, at(0));
        take(&mut task, &report, at(1));
        settle(&mut task, at(1));
        assert_eq!(
            (task.stop_code, task.stopped_reason.as_deref()),
            (Some(code), Some(reason))
        );
    };
    let with = |reason: &str, exit_code| Report {
        containers: vec![ContainerReport {
            name: "web".to_owned(),
            status: Some(Reported::Stopped),
            exit_code,
            reason: Some(reason.to_owned()),
            ..ContainerReport::default()
        }],
        ..says(Reported::Stopped)
    };
    let pull = "CannotPullImageManifestError: not found";
    check(with(pull, None), StopCode::TaskFailedToStart, pull);
    let start = "CannotStartContainerError: no such file";
    check(with(start, Some(127)), StopCode::TaskFailedToStart, start);
    let oom = "OutOfMemoryError: Container killed due to memory usage";
    let essential = "Essential container in task exited";
    check(
        with(oom, Some(137)),
        StopCode::EssentialContainerExited,
        essential,
    );
    let told = Report {
        reason: Some("UnrecogniedTaskError: x".into()),
        ..says(Reported::Stopped)
    };
    check(told, StopCode::TaskFailedToStart, "UnrecogniedTaskError: x");
}

#[test]
fn a_lost_hosts_task_is_stopped_at_once_but_keeps_its_address_until_confirmed() {
    let mut task = running(Launch::Fargate, true);
    stop::give_up(&mut task, &stop::host_lost("i-1"), false, at(9));
    settle(&mut task, at(9));
    assert_eq!(task.last, Status::Stopped);
    assert_eq!(
        task.stopped_reason.as_deref(),
        Some("Host EC2 (instance i-1) stopped/terminated.")
    );
    assert_eq!(task.stop_code, None);
    assert_eq!(plan(&task, at(99_999)), Plan::default());
    take(&mut task, &says(Reported::Stopped), at(20));
    assert_eq!(
        plan(&task, at(20)).action,
        Some(Action::DeleteInterface("eni-1".to_owned()))
    );
}

#[test]
fn the_first_reason_to_stop_stands() {
    let mut task = running(Launch::Ec2, false);
    assert!(stop::stop(&mut task, &stop::by_user(Some("enough")), at(3)));
    assert!(!stop::stop(&mut task, &stop::host_lost("i-1"), at(4)));
    take(&mut task, &says(Reported::Stopped), at(5));
    settle(&mut task, at(5));
    assert_eq!(task.stopped_reason.as_deref(), Some("enough"));
    assert_eq!(task.stopping_at, Some(at(3)));
}

#[test]
fn stopped_tasks_are_forgotten_after_an_hour() {
    let mut task = running(Launch::Ec2, false);
    take(&mut task, &says(Reported::Stopped), at(10));
    settle(&mut task, at(10));
    assert_eq!(
        plan(&task, at(3609)),
        Plan {
            action: None,
            wake_at: Some(at(3610))
        }
    );
    assert_eq!(plan(&task, at(3610)).action, Some(Action::Forget));
}

#[derive(Debug, Clone)]
enum Event {
    Report(u8, Option<i32>),
    UserStop,
    HostLost,
    Confirm,
    Io,
    Later(u16),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0..3_u8, proptest::option::of(0..255_i32)).prop_map(|(s, code)| Event::Report(s, code)),
        Just(Event::UserStop),
        Just(Event::HostLost),
        Just(Event::Confirm),
        Just(Event::Io),
        (0..400_u16).prop_map(Event::Later),
    ]
}

fn perform(task: &mut Task, event: &Event, now: &mut Timestamp) {
    match event {
        Event::Report(status, code) => {
            let status =
                [Reported::Pending, Reported::Running, Reported::Stopped][usize::from(*status)];
            let container = ContainerReport {
                name: "web".to_owned(),
                status: Some(status),
                exit_code: *code,
                ..ContainerReport::default()
            };
            take(
                task,
                &Report {
                    containers: vec![container],
                    ..says(status)
                },
                *now,
            );
        }
        Event::UserStop => {
            stop::stop(task, &stop::by_user(None), *now);
        }
        Event::HostLost => stop::give_up(task, &stop::host_lost("i-1"), false, *now),
        Event::Confirm => {
            stop::confirm(task);
        }
        Event::Io => io(task, *now),
        Event::Later(seconds) => *now = Timestamp(now.0 + i64::from(*seconds) * 1000),
    }
    settle(task, *now);
}

/// The executor's part: performs the one action that needs I/O.
fn io(task: &mut Task, now: Timestamp) {
    match plan(task, now).action {
        Some(Action::CreateInterface) => interface_made(task, interface()),
        Some(Action::DeleteInterface(id)) => interface_deleted(task, &id),
        Some(Action::AbandonInterface) => interface_abandoned(task),
        _ => {}
    }
}

proptest! {
    #[test]
    fn statuses_never_go_back_and_plans_reach_a_fixpoint(
        events in proptest::collection::vec(event(), 0..40),
        fargate: bool,
        awsvpc: bool,
    ) {
        let mut task = task(if fargate { Launch::Fargate } else { Launch::Ec2 }, awsvpc);
        let mut now = at(0);
        settle(&mut task, now);
        for event in &events {
            let before = task.clone();
            perform(&mut task, event, &mut now);
            prop_assert!(task.last >= before.last, "{before:?}\n{event:?}\n{task:?}");
            prop_assert!(task.desired >= before.desired);
            for (now, then) in task.containers.iter().zip(&before.containers) {
                prop_assert!(now.last >= then.last);
            }
            let visible = (task.last, task.desired) != (before.last, before.desired);
            prop_assert!(!visible || task.version > before.version);
            let action = plan(&task, now).action;
            prop_assert!(!matches!(action, Some(Action::Become(_) | Action::Stop(_))));
            if task.last == Status::Stopped {
                prop_assert_eq!(task.desired, Desired::Stopped);
                prop_assert!(task.stopped_reason.is_some());
                prop_assert!(task.stopped_at.is_some() && task.stopping_at.is_some());
            }
        }
        // Liveness: told to stop, with its agent answering and I/O working, it ends.
        perform(&mut task, &Event::UserStop, &mut now);
        perform(&mut task, &Event::Report(2, Some(0)), &mut now);
        for _ in 0..3 { perform(&mut task, &Event::Io, &mut now); }
        prop_assert_eq!(task.last, Status::Stopped);
        prop_assert!(live_interface(&task).is_none());
    }
}

#[test]
fn a_digest_that_is_none_is_not_believed() {
    let good = format!("sha256:{}", &"0af".repeat(22)[..64]);
    let mut found = task(Launch::Ec2, false);
    let tell = |task: &mut Task, digest: &str| {
        let told = ContainerReport {
            name: "web".to_owned(),
            image_digest: Some(digest.to_owned()),
            ..ContainerReport::default()
        };
        let report = Report {
            containers: vec![told],
            ..Report::default()
        };
        take(task, &report, at(1));
        task.containers[0].image_digest.clone()
    };
    let bad = [
        "",
        "x",
        "sha256:",
        "sha256:aa",
        &good.to_uppercase(),
        &good[..70],
        &format!("{good}0"),
        &good.replace('f', "g"),
        &good.replace("sha256", "sha512"),
    ];
    for digest in bad {
        assert_eq!(tell(&mut found, digest), None, "{digest}");
    }
    let other = format!("sha512:{}", "0af9".repeat(32));
    assert_eq!(tell(&mut found, &other), Some(other));
    assert_eq!(tell(&mut found, &good), Some(good.clone()));
    for digest in bad {
        assert_eq!(tell(&mut found, digest), Some(good.clone()), "{digest}");
    }
}
