//! The agent comes back: same processes, ends that happened meanwhile, nothing said twice.

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use wharf_container::runtime::{ContainerState, RecoveredState, RuntimeError};

use crate::fixture::{Node, command, log_text, name, sh, within};

#[tokio::test]
async fn a_new_agent_finds_everything_again() {
    let node = Node::new().await;
    let go = node.dir.path().join("layer/tmp");
    let (before, ended_pid) = {
        let task = node.task().await;
        let spec = sh("echo one; while [ ! -e /shared/go ]; do sleep 0.01; done; echo two; exit 9");
        let mut spec = spec;
        let shared = node.dir.path().join("shared");
        std::fs::create_dir_all(&shared).unwrap();
        spec.mounts = vec![wharf_container::spec::Mount {
            source: shared,
            destination: "/shared".into(),
            read_only: false,
            beneath: None,
            copy_up: false,
            as_it_is: false,
        }];
        let pid = task.create_container(&spec, &node.image).await.unwrap();
        task.start(&spec.name).await.unwrap();
        let mut reader = task.logs(&spec.name).unwrap();
        let batch = within(reader.next(10)).await.unwrap();
        assert_eq!(&batch.records[0].line[..], b"one");
        reader.commit(batch.next).await.unwrap();
        let mut other = command(&["sleep", "600"]);
        other.name = name("other");
        let other_pid = task.create_container(&other, &node.image).await.unwrap();
        task.start(&other.name).await.unwrap();
        (other_pid, pid)
    };
    drop(go);
    // Nobody looks while this one ends.
    std::fs::write(node.dir.path().join("shared/go"), "").unwrap();
    while std::fs::exists(format!("/proc/{ended_pid}")).unwrap() {
        tokio::task::yield_now().await;
    }
    let runtime = node.reopened().await;
    let found = runtime.recover().await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].sandbox, node.sandbox("t1"));
    let RecoveredState::Alive(task) = &found[0].state else {
        panic!("{:?}", found[0].state)
    };
    assert_eq!(found[0].containers[&name("other")].pid, before);
    assert_eq!(
        found[0].containers[&name("other")].state,
        ContainerState::Running
    );
    assert_eq!(within(task.wait(&name("main"))).await.unwrap().code, 9);
    // Only what was not delivered before.
    assert_eq!(log_text(task, &name("main")).await, "two\n");
    task.kill().await.unwrap();
    node.finish().await;
}

#[tokio::test]
async fn a_killed_shim_is_told_apart_from_an_ended_task() {
    let node = Node::new().await;
    let task = node.task().await;
    let done = command(&["false"]);
    task.create_container(&done, &node.image).await.unwrap();
    task.start(&done.name).await.unwrap();
    within(task.wait(&done.name)).await.unwrap();
    let mut running = sh("echo up; sleep 600");
    running.name = name("running");
    let pid = task.create_container(&running, &node.image).await.unwrap();
    task.start(&running.name).await.unwrap();
    // The shim has written down what was said; nobody has committed to it.
    within(task.logs(&running.name).unwrap().next(1))
        .await
        .unwrap();
    let shim = task.status().await.unwrap().shim_pid;
    let mut events = task.events().await.unwrap();
    kill(Pid::from_raw(shim), Signal::SIGKILL).unwrap();
    while within(events.next()).await.is_some() {}

    let runtime = node.reopened().await;
    let found = within(runtime.recover()).await.unwrap();
    assert!(
        matches!(found[0].state, RecoveredState::Lost),
        "{:?}",
        found[0].state
    );
    assert_eq!(found[0].containers[&done.name].exit.unwrap().code, 1);
    assert_eq!(found[0].containers[&running.name].exit, None);
    assert!(
        !std::fs::exists(format!("/proc/{pid}/exe")).unwrap()
            || std::fs::read_link(format!("/proc/{pid}/exe")).is_err()
    );
    // What was said is still there, and its end is known.
    let mut reader = runtime.logs_of_ended("t1", &running.name).unwrap();
    let batch = within(reader.next(10)).await.unwrap();
    assert_eq!(&batch.records[0].line[..], b"up");
    assert!(within(reader.next(10)).await.unwrap().ended);
    // Asked again, it has ended; then it is removed.
    let found = runtime.recover().await.unwrap();
    assert!(matches!(found[0].state, RecoveredState::Ended));
    runtime.remove_task("t1").await.unwrap();
    assert!(runtime.recover().await.unwrap().is_empty());
    node.finish().await;
}

#[tokio::test]
async fn a_shim_that_is_asked_to_end_stops_its_containers_first() {
    let node = Node::new().await;
    let task = node.task().await;
    let spec = sh("trap 'echo bye; exit 7' TERM; echo up; while :; do sleep 0.01; done");
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let mut reader = task.logs(&spec.name).unwrap();
    within(reader.next(1)).await.unwrap();
    let shim = task.status().await.unwrap().shim_pid;
    let mut events = task.events().await.unwrap();
    kill(Pid::from_raw(shim), Signal::SIGTERM).unwrap();
    assert_eq!(within(task.wait(&spec.name)).await.unwrap().code, 7);
    while within(events.next()).await.is_some() {}

    let runtime = node.reopened().await;
    let found = within(runtime.recover()).await.unwrap();
    assert_eq!(found[0].containers[&spec.name].exit.unwrap().code, 7);
    runtime.remove_task("t1").await.unwrap();
    node.finish().await;
}

#[tokio::test]
async fn teardown_ends_everything_of_one_installation() {
    let node = Node::new().await;
    let other = Node::new().await;
    let theirs = other.task().await;
    let spec = sh("sleep 600");
    theirs.create_container(&spec, &other.image).await.unwrap();
    theirs.start(&spec.name).await.unwrap();
    for id in ["t1", "t2"] {
        let task = node.runtime.create_task(node.sandbox(id)).await.unwrap();
        task.create_container(&spec, &node.image).await.unwrap();
        task.start(&spec.name).await.unwrap();
    }
    node.finish().await;
    assert_eq!(
        theirs.status().await.unwrap().containers[&spec.name].state,
        ContainerState::Running
    );
    other.finish().await;
}

/// Nothing says any more where it is; its processes end all the same, as its folder goes.
#[tokio::test]
async fn a_task_whose_record_is_damaged_ends_wherever_it_is() {
    let node = Node::new().await;
    for (id, gives_way) in [("t1", false), ("t2", true)] {
        let mut sandbox = node.sandbox(id);
        (sandbox.cpu_shares, sandbox.cpu_gives_way) = (Some(2), gives_way);
        let task = node.runtime.create_task(sandbox).await.unwrap();
        let spec = command(&["sleep", "600"]);
        let pid = task.create_container(&spec, &node.image).await.unwrap();
        task.start(&spec.name).await.unwrap();
        drop(task);
        let folder = node.dir.path().join("tasks").join(id);
        std::fs::write(folder.join("task.json"), b"{").unwrap();
        let again = node.reopened().await;
        assert_eq!(within(again.recover()).await.unwrap().len(), 0);
        assert!(kill(Pid::from_raw(pid), None).is_err(), "{id}");
        assert!(!folder.exists(), "{id}");
    }
    node.finish().await;
}

/// Tasks that were there before follow the flag as new ones do.
#[tokio::test]
async fn kept_cores_are_those_of_the_new_agent() {
    let node = Node::new().await;
    let mut sandbox = node.sandbox("t1");
    (sandbox.cpu_shares, sandbox.cpu_gives_way) = (Some(2), true);
    let pid = {
        let task = node.runtime.create_task(sandbox).await.unwrap();
        let spec = command(&["sleep", "600"]);
        let pid = task.create_container(&spec, &node.image).await.unwrap();
        task.start(&spec.name).await.unwrap();
        pid
    };
    let cores = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status
            .lines()
            .find(|it| it.starts_with("Cpus_allowed_list:"));
        line.unwrap().to_owned()
    };
    let kept = cores();
    let has_many = std::thread::available_parallelism().unwrap().get() > 1;
    for kept_cores in [0, 1, 0] {
        let runtime = node.reopened_keeping(kept_cores).await;
        let found = within(runtime.recover()).await.unwrap();
        assert!(matches!(found[0].state, RecoveredState::Alive(_)));
        assert_eq!(
            cores() == kept,
            kept_cores == 1 || !has_many,
            "{kept_cores}: {} after {kept}",
            cores()
        );
    }
    node.finish().await;
}

/// Containers outlive the agent, also one that is replaced by the next version.
#[tokio::test]
async fn tasks_with_all_in_one_folder_are_taken_over() {
    let node = Node::new().await;
    let spec = sh("echo one; sleep 600");
    let pid = {
        let before = node.all_on_disk().await;
        let task = before.create_task(node.sandbox("t1")).await.unwrap();
        let pid = task.create_container(&spec, &node.image).await.unwrap();
        task.start(&spec.name).await.unwrap();
        pid
    };
    let own = node.dir.path().join("tasks/t1/containers/main");
    assert!(own.join("config.json").exists());
    let runtime = node.reopened().await;
    let found = runtime.recover().await.unwrap();
    let RecoveredState::Alive(task) = &found[0].state else {
        panic!("{:?}", found[0].state)
    };
    assert_eq!(found[0].containers[&name("main")].pid, pid);
    let mut reader = task.logs(&spec.name).unwrap();
    let batch = within(reader.next(10)).await.unwrap();
    assert_eq!(&batch.records[0].line[..], b"one");
    // It goes on as it began.
    let mut second = command(&["echo", "two"]);
    second.name = name("second");
    assert_eq!(node.run(task, &second).await, (0, "two\n".to_owned()));
    task.kill().await.unwrap();
    node.finish().await;
}

/// What was in memory goes with the machine; what a container said and how it ended, which nobody has heard yet, do not.
#[tokio::test]
async fn logs_are_left_after_the_machine_was_gone() {
    let node = Node::new().await;
    let task = node.task().await;
    let spec = sh("echo last words; exit 7");
    task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    within(task.wait(&spec.name)).await.unwrap();
    let shim = Pid::from_raw(task.status().await.unwrap().shim_pid);
    kill(shim, Signal::SIGKILL).unwrap();
    drop(task);
    let run = node.dir.path().join("run");
    nix::mount::umount2(&run, nix::mount::MntFlags::MNT_DETACH).unwrap();
    let runtime = node.reopened().await;
    let found = runtime.recover().await.unwrap();
    assert!(matches!(found[0].state, RecoveredState::Ended));
    assert_eq!(found[0].containers[&spec.name].exit.unwrap().code, 7);
    let mut reader = runtime.logs_of_ended("t1", &spec.name).unwrap();
    let batch = within(reader.next(10)).await.unwrap();
    assert_eq!(&batch.records[0].line[..], b"last words");
    runtime.remove_task("t1").await.unwrap();
    node.finish().await;
}

/// An agent in another mount namespace, or after a tmpfs was unmounted, does not see a task that lives.
#[tokio::test]
async fn a_task_out_of_sight_is_left_alone() {
    let node = Node::new().await;
    let task = node.task().await;
    let spec = sh("sleep 600");
    let pid = task.create_container(&spec, &node.image).await.unwrap();
    task.start(&spec.name).await.unwrap();
    let run = node.dir.path().join("run");
    nix::mount::umount2(&run, nix::mount::MntFlags::MNT_DETACH).unwrap();
    let runtime = node.reopened().await;
    let error = runtime.recover_task("t1").await.unwrap_err();
    assert!(matches!(error, RuntimeError::OutOfSight { .. }), "{error}");
    kill(Pid::from_raw(pid), None).unwrap();
    node.finish().await;
}

/// What is in memory of a task without a folder on disk is nobody's.
#[tokio::test]
async fn what_a_removal_left_in_memory_is_swept() {
    let node = Node::new().await;
    let left = node.dir.path().join("run/t9");
    std::fs::create_dir(&left).unwrap();
    std::fs::write(left.join("shim.log"), b"").unwrap();
    let runtime = node.reopened().await;
    assert!(!left.exists());
    std::fs::create_dir(&left).unwrap();
    runtime.remove_task("t9").await.unwrap();
    assert!(!left.exists());
    node.finish().await;
}
