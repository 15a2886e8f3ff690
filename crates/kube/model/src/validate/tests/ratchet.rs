//! Stored objects that break a rule: what is wrong may stay, and nothing else may go wrong.

use serde_json::{Value, json};

use super::{changed, resource, stored, texts, with};

const NONE: Vec<String> = Vec::new();
const BAD: &str = "no value";

/// Chooses nodes by what no label can be.
fn deployment() -> Value {
    json!({"metadata": {"finalizers": ["a.b/c"], "labels": {"app": "a"}}, "spec": {
        "selector": {"matchLabels": {"app": "a"}},
        "template": {"metadata": {"labels": {"app": "a"}}, "spec": {
            "nodeSelector": {"disk": BAD}, "containers": [{"name": "c", "image": "i"}]}}}})
}

fn of_deployment(pointer: &str, value: Value) -> Vec<String> {
    let old = deployment();
    let new = with(&old, pointer, value);
    changed("apps/v1", "deployments", old, new)
}

#[test]
fn what_is_wrong_may_stay() {
    for (pointer, value) in [
        ("/metadata/finalizers", json!(null)),
        ("/metadata/labels", json!({"app": "b"})),
        ("/spec/replicas", json!(3)),
        ("/spec/template/spec/containers/0/image", json!("j")),
        ("/spec/template/spec/nodeSelector", json!({"disk": "ssd"})),
        (
            "/spec/template/spec/nodeSelector",
            json!({"disk": BAD, "cpu": "x"}),
        ),
    ] {
        assert_eq!(of_deployment(pointer, value), NONE, "{pointer}");
    }
}

#[test]
fn what_is_wrong_may_not_become_wrong_in_another_way() {
    for (pointer, value, field) in [
        (
            "/spec/template/spec/nodeSelector/disk",
            json!("nor this"),
            r#"spec.template.spec.nodeSelector: Invalid value: "nor this""#,
        ),
        // As wrong as the one that is there, which stands for itself alone.
        (
            "/spec/template/spec/nodeSelector",
            json!({"disk": BAD, "cpu": BAD}),
            r#"spec.template.spec.nodeSelector: Invalid value: "no value""#,
        ),
        (
            "/spec/replicas",
            json!(-1),
            "spec.replicas: Invalid value: -1",
        ),
        (
            "/spec/selector",
            json!({"matchLabels": {"app": "a"}, "matchExpressions": [{"key": "app", "operator": "Exists"}]}),
            "spec.selector: Invalid value: {",
        ),
    ] {
        let told = of_deployment(pointer, value);
        assert_eq!(told.len(), 1, "{pointer} {told:?}");
        assert!(told[0].starts_with(field), "{told:?}");
    }
}

/// Of an error that does not say what is there, what is there is compared.
#[test]
fn a_value_that_is_not_told_may_not_change() {
    const DEADLINE: &str = "/spec/template/spec/activeDeadlineSeconds";
    let old = with(&deployment(), DEADLINE, json!(5));
    let change = |pointer: &str, value: Value| {
        changed(
            "apps/v1",
            "deployments",
            old.clone(),
            with(&old, pointer, value),
        )
    };
    assert_eq!(change("/spec/replicas", json!(3)), NONE);
    assert_eq!(change(DEADLINE, json!(null)), NONE);
    assert_eq!(
        change(DEADLINE, json!(6)),
        [
            "spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicaSet is not Supported"
        ]
    );
}

#[test]
fn an_item_that_moved_is_the_one_that_was_wrong() {
    let map = |finalizers: Value| json!({"metadata": {"finalizers": finalizers}});
    let change = |old: Value, new: Value| changed("v1", "configmaps", map(old), map(new));
    assert_eq!(change(json!(["a.b/c", "odd"]), json!(["odd"])), NONE);
    let why = "name is neither a standard finalizer name nor is it fully qualified";
    assert_eq!(
        change(json!(["a.b/c", "odd"]), json!(["odd", "other"])),
        [format!(
            r#"metadata.finalizers[1]: Invalid value: "other": {why}"#
        )]
    );
    // The second container has a variable without a name.
    let containers = "/spec/template/spec/containers";
    let bad = json!({"name": "d", "image": "i", "env": [{"name": ""}]});
    let good = json!({"name": "c", "image": "i"});
    let old = with(&deployment(), containers, json!([good, bad]));
    let with_those = |list: Value| {
        let new = with(&old, containers, list);
        changed("apps/v1", "deployments", old.clone(), new)
    };
    assert_eq!(with_those(json!([bad])), NONE);
    let mut broken_too = good.clone();
    broken_too["env"] = bad["env"].clone();
    assert_ne!(
        with_those(json!([broken_too, {"name": "d", "image": "i"}])),
        NONE
    );
}

#[test]
fn a_pod_that_breaks_a_rule_loses_its_finalizer() {
    let old = json!({"metadata": {"finalizers": ["a.b/c"]}, "spec": {
        "nodeSelector": {"disk": BAD}, "containers": [{"name": "c", "image": "i:1"}]}});
    let change = |pointer: &str, value: Value| {
        changed("v1", "pods", old.clone(), with(&old, pointer, value))
    };
    assert_eq!(change("/metadata/finalizers", json!(null)), NONE);
    assert_eq!(change("/metadata/labels", json!({"a": "b"})), NONE);
    assert_eq!(change("/spec/containers/0/image", json!("i:2")), NONE);
    let told = change("/spec/nodeSelector/disk", json!("nor this"));
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].starts_with("spec: Forbidden: "), "{told:?}");
}

#[test]
fn a_status_that_breaks_a_rule_goes_on() {
    let resource = resource("policy/v1", "poddisruptionbudgets");
    let mut old = stored(&resource, json!({"spec": {"minAvailable": 1}}));
    old["status"] = json!({"expectedPods": -1});
    let given = |status: Value| {
        let new = with(&old, "/status", status);
        texts(super::super::update(&resource, &new, &old, "status"))
    };
    assert_eq!(
        given(json!({"expectedPods": -1, "currentHealthy": 1})),
        NONE
    );
    assert_eq!(
        given(json!({"expectedPods": -2})),
        ["status.expectedPods: Invalid value: -2: must be greater than or equal to 0"]
    );
}

/// Of more faults than are told, nobody knows which are new, but that none are where nothing changed.
#[test]
fn of_too_many_faults_only_metadata_changes() {
    let many: serde_json::Map<String, Value> = (0..600)
        .map(|at| (format!("k{at}"), format!("no value {at}").into()))
        .collect();
    let old = with(
        &deployment(),
        "/spec/template/spec/nodeSelector",
        Value::Object(many),
    );
    let change = |pointer: &str, value: Value| {
        let new = with(&old, pointer, value);
        changed("apps/v1", "deployments", old.clone(), new)
    };
    assert_eq!(change("/metadata/finalizers", json!(null)), NONE);
    assert_ne!(change("/spec/replicas", json!(3)), NONE);
}
