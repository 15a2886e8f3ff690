//! What containers of a pod are begun with, and what becomes of one while its node lasts.

use serde_json::{Value, json};
use wharf_container::spec::{ContainerName, NamespaceMode};
use wharf_kube_client::{Delete, Object as _, Patch, kind};

use super::{Sandbox, Setup, id};

#[tokio::test]
async fn containers_of_a_pod_share_their_processes_where_it_says_so() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let sysctls = json!({"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]});
    let spec = json!({"shareProcessNamespace": true, "securityContext": sysctls,
        "containers": [{"name": "a", "image": "x"}, {"name": "b", "image": "x"}]});
    let pod = setup.create(spec).await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    let id = id(&pod);
    let eye = json!({"name": "eye", "image": "y", "targetContainerName": "a"});
    let patch = Patch::Merge(json!({"spec": {"ephemeralContainers": [eye]}}));
    let client = &setup.client;
    client.patch(&kind::POD, "n", "p", &patch).await.unwrap();
    setup
        .wait("it looks on", |_| {
            setup.machine.spec(&id, "eye~r0").is_some()
        })
        .await;
    let shared = NamespaceMode::Of(wharf_kubelet::machine::reaper());
    for (run, sysctls) in [("a~r0", 1), ("b~r0", 1), ("eye~r0", 0)] {
        let spec = setup.machine.spec(&id, run).unwrap();
        assert_eq!((&spec.pid, spec.sysctls.len()), (&shared, sysctls), "{run}");
    }
    assert_eq!(
        wharf_kubelet::machine::of_run(&wharf_kubelet::machine::reaper()),
        None
    );
}

#[tokio::test]
async fn containers_reserve_the_processor_time_that_they_ask_for() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let spec = json!({"containers": [
        {"name": "a", "image": "x", "resources": {"requests": {"cpu": "100m"}}},
        {"name": "b", "image": "x"},
    ]});
    let pod = setup.create(spec).await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    for (run, reserves) in [("a~r0", true), ("b~r0", false)] {
        let spec = setup.machine.spec(&id(&pod), run).unwrap();
        assert_eq!(spec.reserves_cpu, reserves, "{run}");
    }
}

#[tokio::test]
async fn a_container_is_added_to_look_on_and_has_its_time_once() {
    let setup = Setup::new();
    let node = setup.node();
    let spec = json!({"containers": [{"name": "a", "image": "x"}]});
    let pod = setup.create(spec).await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    let id = id(&pod);
    let eye = json!({"name": "eye", "image": "y", "stdin": true, "targetContainerName": "a"});
    let bad = json!({"name": "bad", "image": "y", "securityContext": {"privileged": true}});
    let patch = Patch::Merge(json!({"spec": {"ephemeralContainers": [eye, bad]}}));
    let client = &setup.client;
    client.patch(&kind::POD, "n", "p", &patch).await.unwrap();
    let state = |it: &Value, of: &str, pointer: &str| {
        let all = it.list("/status/ephemeralContainerStatuses");
        let own = all.iter().find(|it| it.text("/name") == of);
        own.map(|it| it.at(pointer).clone()).unwrap_or_default()
    };
    let seen = setup
        .wait("it looks on", |it| {
            state(it, "eye", "/state/running").is_object()
        })
        .await;
    assert_eq!(state(&seen, "eye", "/ready"), false);
    let refused = state(&seen, "bad", "/state/waiting/message");
    assert_eq!(
        refused,
        "container \"bad\": privileged is not supported by this node; starting its machine with --allow privileged-pods would"
    );
    let spec = setup.machine.spec(&id, "eye~r0").unwrap();
    let target = ContainerName::try_from("a~r0").unwrap();
    assert_eq!((spec.pid, spec.stdin), (NamespaceMode::Of(target), true));
    let name = ContainerName::try_from("eye~r0").unwrap();
    setup.machine.end(&id, &name, 5);
    let has_ended = |it: &Value| state(it, "eye", "/state/terminated/exitCode") == 5;
    setup.wait("its end is told", has_ended).await;
    // Another agent begins neither of them.
    node.cancel();
    let _node = setup.node().drop_guard();
    let patch = Patch::Merge(json!({"metadata": {"labels": {"looked": "at"}}}));
    client.patch(&kind::POD, "n", "p", &patch).await.unwrap();
    let generation = seen["status"]["containerStatuses"][0]["restartCount"].clone();
    let now = setup.wait("it runs on", has_ended).await;
    assert_eq!(now.text("/status/phase"), "Running");
    for it in [&seen, &now] {
        let user = &it["status"]["containerStatuses"][0]["user"]["linux"];
        assert_eq!(
            (&user["uid"], &user["supplementalGroups"]),
            (&json!(1000), &json!([1000]))
        );
    }
    assert_eq!(
        now["status"]["containerStatuses"][0]["restartCount"],
        generation
    );
    assert!(setup.machine.spec(&id, "eye~r1").is_none());
    assert!(setup.machine.spec(&id, "bad~r0").is_none());
}

#[tokio::test]
async fn images_are_asked_for_with_the_secrets_that_a_pod_names() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let auths = json!({"auths": {"quay.io": {"auth": "bWU6c2VjcmV0"}, "ghcr.io": {"auth": "eW91OnNlY3JldA=="}}});
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "n"},
        "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": base64(&auths.to_string())},
    });
    setup
        .client
        .create(&kind::SECRET, "n", &secret)
        .await
        .unwrap();
    setup
        .create(json!({
            "containers": [{"name": "a", "image": "quay.io/team/app:1"}, {"name": "b", "image": "x"}],
            "imagePullSecrets": [{"name": "none"}, {"name": "s"}],
        }))
        .await;
    setup
        .wait("it runs", |it| it.has_condition("Ready", "True"))
        .await;
    let mut asked = setup.machine.asked_for.lock().clone();
    asked.sort();
    let expected = [("quay.io/team/app:1", vec!["me"]), ("x", vec![])];
    let expected = expected.map(|(image, users)| {
        let users = users.into_iter().map(str::to_owned).collect();
        (image.to_owned(), users)
    });
    assert_eq!(asked, expected);
}

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn a_pod_runs_is_begun_again_and_goes() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let data = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": {"k": "one"}});
    setup
        .client
        .create(&kind::CONFIG_MAP, "n", &data)
        .await
        .unwrap();
    let pod = setup.create(json!({
        "containers": [{"name": "a", "image": "x", "env": [{"name": "E", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}],
            "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
        "volumes": [{"name": "v", "configMap": {"name": "c"}}],
    })).await;
    let ready = setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    assert_eq!(ready.text("/status/phase"), "Running");
    assert_eq!(ready.text("/status/podIP"), "10.0.0.9");
    let id = id(&pod);
    let spec = setup.machine.spec(&id, "a~r0").unwrap();
    assert!(
        spec.env.contains(&("E".to_owned(), "one".to_owned())),
        "{:?}",
        spec.env
    );
    assert_eq!(spec.argv, ["run"]);
    let file = setup.dir.path().join(&id).join("volumes/v/k");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "one");

    // What the ConfigMap says now is seen in the volume.
    let patch = Patch::Merge(json!({"data": {"k": "two"}}));
    setup
        .client
        .patch(&kind::CONFIG_MAP, "n", "c", &patch)
        .await
        .unwrap();
    setup
        .wait("the volume follows", |_| {
            std::fs::read_to_string(&file).is_ok_and(|it| it == "two")
        })
        .await;

    setup
        .machine
        .end(&id, &ContainerName::try_from("a~r0").unwrap(), 1);
    let again = setup
        .wait("it is begun again", |it| {
            it["status"]["containerStatuses"][0]["restartCount"] == 1
        })
        .await;
    assert_eq!(
        again["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"],
        1
    );

    let options = Delete {
        grace_seconds: Some(5),
        ..Delete::default()
    };
    setup
        .client
        .delete(&kind::POD, "n", "p", &options)
        .await
        .unwrap();
    setup.wait("it is gone", Value::is_null).await;
    assert!(setup.machine.sandboxes.lock().is_empty());
    assert!(!setup.dir.path().join(&id).exists());
}

/// An agent was killed when it had made the sandbox, and nothing else.
#[tokio::test]
async fn paths_of_the_node_are_mounted_before_a_container_begins() {
    let setup = Setup::new();
    let mount = json!({"name": "d", "mountPath": "/d", "subPath": "made/below"});
    let pod = setup
        .create(json!({
            "containers": [{"name": "a", "image": "x", "volumeMounts": [mount]}],
            "volumes": [{"name": "d", "hostPath": {"path": "/srv"}}],
        }))
        .await;
    let id = id(&pod);
    let annotations = [("namespace", "n"), ("name", "p"), ("uid", pod.uid())];
    let left = Sandbox {
        annotations: annotations
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        ..Sandbox::default()
    };
    setup.machine.sandboxes.lock().insert(id.clone(), left);
    // What is seen there is the node's.
    std::fs::create_dir_all(setup.machine.apart.join("d")).unwrap();
    let _node = setup.node().drop_guard();
    setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    let place = setup.dir.path().join(&id).join("volumes/d");
    assert!(setup.machine.sandboxes.lock()[&id].mounted.contains(&place));
    assert!(setup.machine.apart.join("d/made/below").is_dir());
}

#[tokio::test]
async fn a_pod_has_more_once_others_have_left_room() {
    let setup = Setup::new();
    let _node = setup.node().drop_guard();
    let asking = |cpu: &str| {
        let resources = json!({"requests": {"cpu": cpu}});
        json!({"containers": [{"name": "a", "image": "x", "resources": resources}]})
    };
    let given = |it: &Value| {
        let pointer = "/status/containerStatuses/0/resources/requests/cpu";
        it.text(pointer).to_owned()
    };
    setup.named("other", asking("1")).await;
    let pod = setup.create(asking("500m")).await;
    setup
        .wait("it is ready", |it| it.has_condition("Ready", "True"))
        .await;
    let patch = Patch::Merge(json!({"spec": asking("1500m")}));
    let client = &setup.client;
    client.patch(&kind::POD, "n", "p", &patch).await.unwrap();
    let pending = "PodResizePending";
    let waits = setup
        .wait("it waits", |it| it.has_condition(pending, "True"))
        .await;
    let why = waits.condition(pending).unwrap();
    assert_eq!(why.text("/reason"), "Deferred");
    assert_eq!(
        why.text("/message"),
        "Node didn't have enough resource: cpu, requested: 1500, used: 1000, capacity: 1930"
    );
    assert_eq!(given(&waits), "500m");
    // Who begins again meanwhile begins with what it had.
    let first = ContainerName::try_from("a~r0").unwrap();
    setup.machine.end(&id(&pod), &first, 3);
    let again = setup
        .wait("it runs again", |it| {
            let status = it.at("/status/containerStatuses/0");
            status.integer("/restartCount") == Some(1) && status.at("/state/running").is_object()
        })
        .await;
    assert_eq!(given(&again), "500m");
    assert!(again.has_condition(pending, "True"));
    let options = Delete {
        grace_seconds: Some(1),
        ..Delete::default()
    };
    let deleted = client.delete(&kind::POD, "n", "other", &options).await;
    deleted.unwrap();
    let has = setup.wait("it has more", |it| given(it) == "1500m").await;
    assert!(has.condition(pending).is_none());
}
