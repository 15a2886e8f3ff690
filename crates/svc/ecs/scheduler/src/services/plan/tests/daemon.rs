//! DAEMONs: one task on each host that should have one.

use super::*;

pub(super) fn seen_host(number: usize, ready: bool) -> SeenHost {
    SeenHost {
        id: format!("h{number}"),
        instance: format!("arn:aws:ecs:r:a:container-instance/c/i{number}"),
        ready,
        unsuited: false,
        connected: true,
        others: 0,
    }
}

#[test]
fn a_daemon_has_one_task_on_each_host() {
    let host = seen_host;
    let mut service = service(0, &["2", "1"]);
    service.scheduling = Scheduling::Daemon;
    service.options = validate::default_options(Scheduling::Daemon);
    let observed = Observed {
        // h0 has the present one, h1 an old one, h2 one that is leaving, h3 none.
        tasks: vec![
            task(0, "2"),
            task(1, "1"),
            Seen {
                desired: Desired::Stopped,
                ..task(2, "1")
            },
        ],
        hosts: vec![
            host(0, true),
            host(1, true),
            host(2, true),
            host(3, true),
            host(5, false),
        ],
        ..Observed::default()
    };
    let plan = plan(&service, &observed, NOW);
    assert_eq!(plan.service.desired, 4);
    assert_eq!(stops(&plan), ["t001"]);
    let hosts = vec!["h3".to_owned()];
    assert!(plan.actions.contains(&Action::LaunchOn { hosts }));
}

#[test]
fn a_task_of_a_daemon_leaves_a_host_that_constraints_forbid() {
    let mut service = service(2, &["1"]);
    service.scheduling = Scheduling::Daemon;
    service.options = validate::default_options(Scheduling::Daemon);
    let forbidden = SeenHost {
        unsuited: true,
        ..seen_host(1, false)
    };
    // Not what an attribute that is gone for a moment, or a silent agent, keeps from being ready.
    let hosts = vec![seen_host(0, true), forbidden, seen_host(2, false)];
    let observed = Observed {
        tasks: vec![task(0, "1"), task(1, "1"), task(2, "1")],
        hosts,
        ..Observed::default()
    };
    let first = plan(&service, &observed, NOW);
    assert_eq!(stops(&first), ["t001"]);
    assert!(first.events[0].contains("(container-instance i1) no longer meets the placement"));
    let about = &first.service.about["unsuited"];
    assert_eq!(about.instances, ["arn:aws:ecs:r:a:container-instance/c/i1"]);
}

#[test]
fn instances_that_tasks_leave_are_told_of_at_once_and_within_bounds() {
    let unsuited = |numbers: std::ops::Range<usize>| Observed {
        tasks: numbers
            .clone()
            .map(|it| Seen {
                host: format!("h{it}"),
                ..task(it, "1")
            })
            .collect(),
        hosts: numbers
            .map(|it| SeenHost {
                unsuited: true,
                ..seen_host(it, false)
            })
            .collect(),
        ..Observed::default()
    };
    let mut service = service(2, &["1"]);
    service.scheduling = Scheduling::Daemon;
    service.options = validate::default_options(Scheduling::Daemon);
    let told = |plan: &Plan| {
        let told = plan
            .events
            .iter()
            .filter(|it| it.contains("no longer meet"));
        told.count()
    };
    let first = plan(&service, &unsuited(0..500), NOW);
    assert_eq!(stops(&first).len(), 500);
    assert_eq!(told(&first), 1, "{:?}", first.events);
    assert_eq!(first.service.said.len(), 1);
    assert_eq!(first.service.about["unsuited"].instances.len(), 100);
    let again = plan(&first.service, &unsuited(0..500), NOW);
    assert_eq!(told(&again), 0);
    let others = plan(&first.service, &unsuited(500..502), NOW);
    assert_eq!(told(&others), 1);
    assert_eq!(others.service.about["unsuited"].instances.len(), 2);
}

#[test]
fn a_daemon_counts_what_leaves_draining_hosts_before_it_replaces_others() {
    let mut service = service(4, &["2", "1"]);
    service.scheduling = Scheduling::Daemon;
    service.options = validate::default_options(Scheduling::Daemon);
    service.options.minimum_percent = 67;
    let host = |number: usize| seen_host(number, number != 3);
    let mut tasks: Vec<Seen> = (0..4).map(|number| task(number, "1")).collect();
    tasks[3].draining = true;
    let observed = Observed {
        tasks,
        hosts: (0..4).map(host).collect(),
        ..Observed::default()
    };
    // Of three hosts that stay two keep theirs, and none of these is the one that is emptied.
    let mut stopped = stops(&plan(&service, &observed, NOW))
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    stopped.sort();
    assert_eq!(stopped, ["t003"]);
}
