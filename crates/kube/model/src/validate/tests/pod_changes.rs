//! Pods: what of them may change, and what their statuses and ephemeral containers may say.

use serde_json::{Value, json};

use super::{changed, created, pods::pod, stored, texts, with};

#[test]
fn a_resize_changes_nothing_of_the_whole_pod() {
    let resource = super::resource("v1", "pods");
    let old = with(
        &pod(),
        "/spec/resources",
        json!({"limits": {"cpu": "4", "memory": "1Gi"}, "requests": {"cpu": "3"}}),
    );
    let old = stored(&resource, old);
    let resized = |pointer: &str| {
        let new = with(&old, pointer, json!("2"));
        texts(super::super::update(&resource, &new, &old, "resize"))
    };
    let own = "/spec/containers/0/resources/limits/cpu";
    assert_eq!(resized(own), Vec::<String>::new());
    assert_eq!(
        resized("/spec/resources/requests/cpu"),
        ["spec.resources: Forbidden: what a pod has as a whole cannot be changed by this server"]
    );
}

#[test]
fn a_resize_changes_processor_and_memory_of_what_goes_on_running() {
    let resource = super::resource("v1", "pods");
    let mut old = pod();
    let container = &mut old["spec"]["containers"][0];
    container["resources"] =
        json!({"requests": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1Gi"}});
    let mut sidecar = old["spec"]["initContainers"][0].clone();
    sidecar["name"] = "s".into();
    sidecar["restartPolicy"] = "Always".into();
    let inits = old["spec"]["initContainers"].as_array_mut();
    inits.expect("a list").push(sidecar);
    let old = stored(&resource, old);
    let resized = |pointer: &str, value: Value| {
        let new = with(&old, pointer, value);
        texts(super::super::update(&resource, &new, &old, "resize"))
    };
    let own = "/spec/containers/0/resources";
    assert_eq!(
        resized(&format!("{own}/requests/cpu"), json!("2")),
        Vec::<String>::new()
    );
    let more = json!({"requests": {"cpu": "1", "memory": "1Gi", "ephemeral-storage": "1024Mi"}, "limits": {"cpu": "3"}});
    assert_eq!(resized(own, more), Vec::<String>::new());
    assert_eq!(
        resized(&format!("{own}/requests/memory"), json!(null)),
        ["spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed"]
    );
    let only = "spec: Forbidden: only cpu and memory resources are mutable";
    let disk = format!("{own}/requests/ephemeral-storage");
    assert_eq!(resized(&disk, json!("2Gi")), [only]);
    let policy = json!([{"resourceName": "cpu", "restartPolicy": "RestartContainer"}]);
    assert_eq!(resized("/spec/containers/0/resizePolicy", policy), [only]);
    let memory = || json!({"requests": {"memory": "1Mi"}});
    assert_eq!(
        resized("/spec/initContainers/0/resources", memory()),
        ["spec: Forbidden: resources for non-sidecar init containers are immutable"]
    );
    assert_eq!(
        resized("/spec/initContainers/1/resources", memory()),
        Vec::<String>::new()
    );
    assert_eq!(
        resized(own, json!({})),
        [
            r#"spec: Invalid value: "Burstable": Pod QOS Class may not change as a result of resizing"#,
            "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
            only,
        ]
    );
}

#[test]
fn changes() {
    let change =
        |pointer: &str, value: Value| changed("v1", "pods", pod(), with(&pod(), pointer, value));
    assert_eq!(
        change("/spec/containers/0/image", json!("nginx:2")),
        // The policy that was defaulted from the image is part of the pod.
        [CHANGEABLE]
    );
    let mut same_policy = pod();
    same_policy["spec"]["containers"][0]["imagePullPolicy"] = "Always".into();
    assert_eq!(
        changed(
            "v1",
            "pods",
            same_policy.clone(),
            with(&same_policy, "/spec/containers/0/image", json!("nginx:2"))
        ),
        Vec::<String>::new()
    );
    assert_eq!(
        change("/spec/tolerations", json!([{"operator": "Exists"}])),
        Vec::<String>::new()
    );
    assert_eq!(
        change("/spec/nodeSelector", json!({"a": "b"})),
        [CHANGEABLE]
    );
    assert_eq!(
        change("/spec/initContainers", json!([])),
        ["spec.initContainers: Forbidden: pod updates may not add or remove containers"]
    );
    assert_eq!(
        change("/spec/activeDeadlineSeconds", json!(60)),
        Vec::<String>::new()
    );
    let mut tolerating = pod();
    tolerating["spec"]["tolerations"] = json!([{"key": "a", "operator": "Exists"}]);
    assert_eq!(
        changed("v1", "pods", tolerating, pod()),
        [
            "spec.tolerations: Forbidden: existing toleration can not be modified except its tolerationSeconds"
        ]
    );
}

#[test]
fn a_pod_at_a_gate_is_told_more_of_where_to_run() {
    let mut gated = pod();
    gated["spec"]["schedulingGates"] = json!([{"name": "a.b/c"}]);
    gated["spec"]["nodeSelector"] = json!({"a": "b"});
    let change = |pointer: &str, value: Value| {
        changed("v1", "pods", gated.clone(), with(&gated, pointer, value))
    };
    let affinity = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        {"nodeSelectorTerms": [{"matchExpressions": [{"key": "z", "operator": "Exists"}]}]}}});
    for (pointer, value) in [
        ("/spec/nodeSelector", json!({"a": "b", "c": "d"})),
        ("/spec/affinity", affinity),
        ("/spec/schedulingGates", json!([])),
    ] {
        assert_eq!(change(pointer, value), Vec::<String>::new(), "{pointer}");
    }
    assert_eq!(
        change("/spec/nodeSelector", json!({"a": "c"})),
        [
            r#"spec.nodeSelector: Invalid value: {"a":"c"}: only additions are allowed (no mutations or deletions)"#
        ]
    );
    assert_eq!(
        change("/spec/schedulingGates", json!([{"name": "x.y/z"}])),
        [
            "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'x.y/z'"
        ]
    );
}

#[test]
fn a_container_that_ended_stays_ended() {
    let resource = super::resource("v1", "pods");
    let mut never = pod();
    never["spec"]["restartPolicy"] = "Never".into();
    let mut old = stored(&resource, never);
    let mut new = old.clone();
    old["status"] =
        json!({"containerStatuses": [{"name": "c", "state": {"terminated": {"exitCode": 0}}}]});
    new["status"] = json!({"containerStatuses": [{"name": "c", "state": {"running": {}}}]});
    assert_eq!(
        texts(super::super::update(&resource, &new, &old, "status")),
        [
            "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"
        ]
    );
}

#[test]
fn who_looks_on_does_so_once() {
    let resource = super::resource("v1", "pods");
    let mut old = stored(&resource, pod());
    let mut new = old.clone();
    let of = |state: Value| {
        let all = json!([{"name": "e", "state": state}]);
        json!({"containerStatuses": all, "ephemeralContainerStatuses": all})
    };
    old["status"] = of(json!({"terminated": {"exitCode": 1}}));
    new["status"] = of(json!({"running": {}}));
    assert_eq!(
        texts(super::super::update(&resource, &new, &old, "status")),
        [
            "status.ephemeralContainerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state"
        ]
    );
}

#[test]
fn addresses_of_pods_and_their_hosts() {
    let of = |status: Value| super::status_changed("v1", "pods", pod(), status);
    let ips = |all: &[&str]| -> Value { all.iter().map(|it| json!({"ip": it})).collect() };
    for fine in [
        json!({"podIPs": ips(&["10.0.0.1"]), "hostIP": "10.0.0.9", "hostIPs": ips(&["10.0.0.9"])}),
        json!({"podIPs": ips(&["10.0.0.1", "fd00::1"]), "hostIP": "10.0.0.9"}),
        json!({"hostIP": "10.0.0.9", "hostIPs": ips(&["10.0.0.9", "fd00::9"])}),
    ] {
        assert_eq!(of(fine), Vec::<String>::new());
    }
    assert_eq!(
        of(json!({"podIPs": ips(&["10.0.0.1", "10.0.0.1"])})),
        [
            r#"status.podIPs: Invalid value: [{"ip":"10.0.0.1"},{"ip":"10.0.0.1"}]: may specify no more than one IP for each IP family"#,
            r#"status.podIPs[1]: Duplicate value: {"ip":"10.0.0.1"}"#,
        ]
    );
    assert_eq!(
        of(json!({"hostIP": "10.0.0.8", "hostIPs": ips(&["10.0.0.9", "x"])})),
        [
            r#"status.hostIPs[0].ip: Invalid value: "10.0.0.9": must be equal to `hostIP`"#,
            r#"status.hostIPs[1]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"#,
            r#"status.hostIPs: Invalid value: [{"ip":"10.0.0.9"},{"ip":"x"}]: may specify no more than one IP for each IP family"#,
        ]
    );
}

#[test]
fn ephemeral_containers_are_added_alone() {
    let resource = super::resource("v1", "pods");
    let old = stored(&resource, pod());
    let mut new = old.clone();
    new["spec"]["ephemeralContainers"] = json!([{"name": "e", "image": "x", "imagePullPolicy": "Always", "terminationMessagePolicy": "File", "targetContainerName": "none", "ports": [{"containerPort": 1, "protocol": "TCP"}],
        "volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": "a"}]}]);
    assert_eq!(
        texts(super::super::update(
            &resource,
            &new,
            &old,
            "ephemeralcontainers"
        )),
        [
            r#"spec.ephemeralContainers[0].targetContainerName: Not found: "none""#,
            "spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container",
            "spec.ephemeralContainers[0].volumeMounts[0].subPath: Forbidden: cannot be set for an Ephemeral Container",
        ]
    );
    assert_eq!(
        texts(super::super::update(
            &resource,
            &old,
            &new,
            "ephemeralcontainers"
        )),
        [
            "spec.ephemeralContainers: Forbidden: existing ephemeral containers \"e\" may not be removed\n"
        ]
    );
    assert_eq!(created("v1", "pods", pod()), Vec::<String>::new());
}

const CHANGEABLE: &str = "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";
