//! An agent or a machine that begins anew: what goes on, what runs once more, and what is over.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use tokio::time::timeout;
use wharf_container::spec::ContainerName;
use wharf_kube_client::{Delete, Object as _, Patch, kind};

use super::{Setup, id};

#[tokio::test]
async fn containers_outlive_the_node() {
    let setup = Setup::new();
    let first = setup.node();
    let pod = setup
        .create(json!({"containers": [{"name": "a", "image": "x"}]}))
        .await;
    setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    first.cancel();
    // It ends while nobody looks.
    let id = id(&pod);
    setup
        .machine
        .sandboxes
        .lock()
        .get_mut(&id)
        .unwrap()
        .listener = None;
    setup
        .machine
        .end(&id, &ContainerName::try_from("a~r0").unwrap(), 3);
    let _second = setup.node().drop_guard();
    let found = setup
        .wait("it is begun again", |it| {
            it["status"]["containerStatuses"][0]["restartCount"] == 1
        })
        .await;
    assert_eq!(
        found["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"],
        3
    );
}

#[tokio::test]
async fn what_a_node_says_first_of_its_pods_is_of_all_that_run() {
    let setup = Setup::new();
    let first = setup.node();
    let port = json!({"containerPort": 80, "hostPort": 8080});
    let container = json!({"name": "a", "image": "x", "ports": [port]});
    let pod = setup.create(json!({"containers": [container]})).await;
    setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    first.cancel();
    let (second, stop) = setup.begin(None);
    let _second = stop.drop_guard();
    let mut ports = second.node.host_ports.follow();
    assert!(ports.borrow().is_none(), "nobody has looked yet");
    let has_listed = || second.node.has_listed.load(Ordering::Acquire);
    assert!(!has_listed());
    let told = timeout(Duration::from_secs(20), ports.wait_for(Option::is_some));
    let told = told.await.unwrap().unwrap().clone().unwrap();
    let to: Vec<_> = told[pod.uid()].iter().map(|it| it.to.to_string()).collect();
    assert_eq!(to, ["10.0.0.9:80"]);
    assert!(has_listed() && second.node.pod_of(&id(&pod)).is_some());
}

#[tokio::test]
async fn a_pod_that_is_forgotten_meanwhile_ends() {
    let setup = Setup::new();
    let first = setup.node();
    setup
        .create(json!({"containers": [{"name": "a", "image": "x"}]}))
        .await;
    setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    first.cancel();
    let now = Delete {
        grace_seconds: Some(0),
        ..Delete::default()
    };
    setup
        .client
        .delete(&kind::POD, "n", "p", &now)
        .await
        .unwrap();
    let _second = setup.node().drop_guard();
    setup
        .wait("nothing is left", |_| {
            setup.machine.sandboxes.lock().is_empty()
        })
        .await;
}

#[tokio::test]
async fn what_an_agent_left_that_was_killed_amid_making_a_pod_goes() {
    let setup = Setup::new();
    let known = setup
        .create(json!({"containers": [{"name": "a", "image": "x"}]}))
        .await;
    let folder = |id: &str| setup.dir.path().join(id).join("volumes/v");
    let forgotten = wharf_kubelet::machine::sandbox_id("i-1", "forgotten");
    for id in [&forgotten, &id(&known)] {
        std::fs::create_dir_all(folder(id)).unwrap();
    }
    let _node = setup.node().drop_guard();
    setup
        .wait("nothing is left", |_| {
            setup.machine.removed.lock().contains(&forgotten)
                && !setup.dir.path().join(&forgotten).exists()
        })
        .await;
    setup
        .wait("the other is ready", |it| it.has_condition("Ready", "True"))
        .await;
    assert!(folder(&id(&known)).exists());
    assert!(!setup.machine.removed.lock().contains(&id(&known)));
}

/// It was told why it goes before it had gone, and its machine began anew in between.
#[tokio::test]
async fn a_pod_that_its_node_ended_is_not_run_again() {
    let setup = Setup::new();
    setup
        .create(json!({"containers": [{"name": "a", "image": "x"}]}))
        .await;
    let running = json!({
        "name": "a", "restartCount": 2, "containerID": "wharf://u/a~r2",
        "state": {"running": {"startedAt": "2026-01-01T00:00:00Z"}},
    });
    let status = json!({
        "phase": "Running", "reason": "Evicted", "message": "The node was low on resource: memory.",
        "containerStatuses": [running],
    });
    let patch = Patch::Merge(json!({"status": status}));
    setup
        .client
        .patch_at(&kind::POD, "n", "p", "status", &patch)
        .await
        .unwrap();
    let _node = setup.node().drop_guard();
    let over = setup
        .wait("it is over", |it| it.text("/status/phase") == "Failed")
        .await;
    assert_eq!(over.text("/status/reason"), "Evicted");
    let container = over.at("/status/containerStatuses/0");
    assert_eq!(container.integer("/restartCount"), Some(2));
    assert_eq!(
        container.integer("/state/terminated/exitCode"),
        Some(137),
        "{container}"
    );
    assert!(setup.machine.sandboxes.lock().is_empty());
}

/// Two containers, of which one had ended by what was told and the other ran; how the first had.
async fn told_of_two(setup: &Setup, policy: &str, code: i32) -> Value {
    setup
        .create(json!({"restartPolicy": policy, "containers": [
            {"name": "a", "image": "x"}, {"name": "b", "image": "x"},
        ]}))
        .await;
    let at = "2026-01-01T00:00:00Z";
    let how = json!({"exitCode": code, "reason": "Told", "message": "too much",
        "startedAt": "2025-12-31T23:00:00Z", "finishedAt": at});
    let status = json!({"phase": "Running", "containerStatuses": [
        {"name": "a", "restartCount": 0, "containerID": "wharf://u/a~r0", "state": {"terminated": how}},
        {"name": "b", "restartCount": 0, "containerID": "wharf://u/b~r0", "state": {"running": {"startedAt": at}}},
    ]});
    let patch = Patch::Merge(json!({"status": status}));
    setup
        .client
        .patch_at(&kind::POD, "n", "p", "status", &patch)
        .await
        .unwrap();
    how
}

fn assert_ended(container: &Value, how: &Value) {
    let mut terminated = container.at("/state/terminated").clone();
    terminated
        .as_object_mut()
        .unwrap()
        .shift_remove("containerID");
    assert_eq!(terminated, *how);
    assert_eq!(container.integer("/restartCount"), Some(0), "{container}");
}

fn assert_unseen(state: &Value) {
    let how = state.at("/terminated");
    let told = (how.text("/reason"), how.integer("/exitCode"));
    assert_eq!(told, ("ContainerStatusUnknown", Some(137)), "{state}");
}

/// The machine began anew while one container had ended for good and another ran.
#[tokio::test]
async fn a_container_that_ended_for_good_stays_ended_in_another_sandbox() {
    let setup = Setup::new();
    let how = told_of_two(&setup, "OnFailure", 0).await;
    let _node = setup.node().drop_guard();
    let told = setup
        .wait("the other runs", |it| {
            let other = it.at("/status/containerStatuses/1");
            other.integer("/restartCount") == Some(1) && other.at("/state/running").is_object()
        })
        .await;
    assert_ended(told.at("/status/containerStatuses/0"), &how);
    assert_unseen(told.at("/status/containerStatuses/1/lastState"));
}

/// Of such a pod the other does not run once more either: what it does may not be done twice.
#[tokio::test]
async fn a_pod_that_runs_once_ends_with_its_machine() {
    let setup = Setup::new();
    let how = told_of_two(&setup, "Never", 0).await;
    let _node = setup.node().drop_guard();
    let over = setup
        .wait("it is over", |it| it.text("/status/phase") == "Failed")
        .await;
    assert_ended(over.at("/status/containerStatuses/0"), &how);
    let other = over.at("/status/containerStatuses/1");
    assert_unseen(other.at("/state"));
    assert_eq!(other.integer("/restartCount"), Some(0), "{other}");
    assert!(setup.machine.sandboxes.lock().is_empty());
}

#[tokio::test]
async fn a_pod_that_runs_once_ends_with_its_sandbox() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let pod = setup
        .create(json!({"restartPolicy": "Never", "containers": [{"name": "a", "image": "x"}]}))
        .await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    setup.machine.lose(&id(&pod));
    let over = setup
        .wait("it is over", |it| it.text("/status/phase") == "Failed")
        .await;
    assert_unseen(over.at("/status/containerStatuses/0/state"));
    assert!(setup.machine.sandboxes.lock().is_empty());
}

#[tokio::test]
async fn init_containers_run_again_in_another_sandbox_and_not_for_another_agent() {
    let setup = Setup::new();
    let first = setup.node();
    let pod = setup
        .create(json!({
            "initContainers": [{"name": "i", "image": "x"}], "containers": [{"name": "a", "image": "x"}],
        }))
        .await;
    let id = id(&pod);
    let runs = |it: &Value, list: &str, restarts: i64| {
        let status = it.at(&format!("/status/{list}/0"));
        status.integer("/restartCount") == Some(restarts) && status.at("/state/running").is_object()
    };
    let initialize = async |run: i64| {
        let pod = setup
            .wait("it is initialized", |it| {
                runs(it, "initContainerStatuses", run)
            })
            .await;
        assert_eq!(pod.text("/status/phase"), "Pending");
        assert!(pod.has_condition("Initialized", "False"), "{pod}");
        assert!(setup.machine.spec(&id, &format!("a~r{run}")).is_none());
        let name = ContainerName::try_from(format!("i~r{run}")).unwrap();
        setup.machine.end(&id, &name, 0);
        setup
            .wait("it runs", |it| {
                runs(it, "containerStatuses", run) && it.has_condition("Ready", "True")
            })
            .await
    };
    initialize(0).await;
    setup.machine.lose(&id);
    let again = initialize(1).await;
    assert!(again.has_condition("Initialized", "True"), "{again}");
    assert_unseen(again.at("/status/containerStatuses/0/lastState"));
    // An agent that begins anew runs nothing again.
    first.cancel();
    let (second, stop) = setup.begin(None);
    let _second = stop.drop_guard();
    setup
        .wait("it is known to the other", |_| {
            second.node.has_listed.load(Ordering::Acquire)
        })
        .await;
    let patch = Patch::Merge(json!({"spec": {"activeDeadlineSeconds": 86400}}));
    let client = &setup.client;
    client.patch(&kind::POD, "n", "p", &patch).await.unwrap();
    let now = setup
        .wait("it is looked after", |it| {
            it.integer("/status/observedGeneration") == Some(2)
        })
        .await;
    assert!(runs(&now, "containerStatuses", 1), "{now}");
    let init = now.at("/status/initContainerStatuses/0");
    assert_eq!(init.integer("/restartCount"), Some(1), "{init}");
    for run in ["i~r2", "a~r2"] {
        assert!(setup.machine.spec(&id, run).is_none(), "{run}");
    }
}
