use super::*;
use crate::Catalog;
use serde_json::json;

fn of(api: &str, kind: &str, mut object: Value) -> Result<(Value, Vec<String>), String> {
    let schema = Catalog::built_in().schema(api, kind).expect("a kind");
    let report = conform(schema.root(), &mut object).map_err(|error| error.message)?;
    Ok((object, report.unknown))
}

#[test]
fn what_is_empty_is_written_as_go_writes_it() {
    let given = json!({
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": {"name": "d", "creationTimestamp": null, "labels": {}, "annotations": {"b": "1", "a": "2"}},
        "spec": {
            "paused": false, "replicas": 0, "minReadySeconds": 0, "selector": {"matchLabels": {"a": "b"}},
            "template": {"spec": {"containers": [{"name": "c", "args": [], "stdin": false, "env": [{"name": "E", "value": ""}],
                "resources": {"limits": {"cpu": 0.5, "memory": "1024Mi"}}}]}},
        },
    });
    let (object, unknown) = of("apps/v1", "Deployment", given).expect("types");
    let expected = json!({
        "kind": "Deployment", "apiVersion": "apps/v1",
        "metadata": {"name": "d", "annotations": {"a": "2", "b": "1"}},
        "spec": {
            "replicas": 0, "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {}, "spec": {"containers": [{"name": "c", "env": [{"name": "E"}],
                "resources": {"limits": {"cpu": "500m", "memory": "1Gi"}}}]}},
            "strategy": {},
        },
        "status": {},
    });
    assert_eq!(unknown, Vec::<String>::new());
    assert_eq!(
        serde_json::to_string(&object).expect("JSON"),
        serde_json::to_string(&expected).expect("JSON")
    );
}

#[test]
fn unknown_fields_leave_and_are_told() {
    let given = json!({"metadata": {"name": "p", "nme": 1}, "spec": {"containers": [{"name": "a", "imag": "b"}]}, "x": {}});
    let (object, unknown) = of("v1", "Pod", given).expect("types");
    let mut sorted = unknown;
    sorted.sort();
    assert_eq!(
        sorted,
        [
            "unknown field \"metadata.nme\"",
            "unknown field \"spec.containers[0].imag\"",
            "unknown field \"x\""
        ]
    );
    assert_eq!(
        object["spec"]["containers"][0],
        json!({"name": "a", "resources": {}})
    );
}

#[test]
fn wrong_types_are_told_in_gos_words() {
    let cases = [
        (
            json!({"spec": {"replicas": "3"}}),
            "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            json!({"spec": {"replicas": 1.5}}),
            "json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32",
        ),
        (
            json!({"spec": {"template": {"spec": {"containers": [{"env": [{"value": 1}]}]}}}}),
            "json: cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string",
        ),
        (
            json!({"spec": []}),
            "json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec",
        ),
        (
            json!({"spec": {"template": {"spec": {"containers": {}}}}}),
            "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
        ),
        (
            json!({"metadata": {"labels": {"a": 1}}}),
            "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
        ),
        (
            json!({"metadata": {"creationTimestamp": "soon"}}),
            "parsing time \"soon\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"soon\" as \"2006\"",
        ),
        (
            json!(7),
            "json: cannot unmarshal number into Go value of type v1.Deployment",
        ),
    ];
    for (given, expected) in cases {
        assert_eq!(
            of("apps/v1", "Deployment", given).expect_err("a wrong type"),
            expected
        );
    }
    let secret = of("v1", "Secret", json!({"data": {"a": "!"}})).expect_err("no base64");
    assert_eq!(secret, "illegal base64 data at input byte 0");
}

#[test]
fn it_changes_nothing_the_second_time() {
    let given =
        json!({"metadata": {"creationTimestamp": "2026-01-01T02:00:00+01:00"}, "rules": null});
    let (once, _) = of("rbac.authorization.k8s.io/v1", "Role", given).expect("types");
    assert_eq!(
        once,
        json!({"metadata": {"creationTimestamp": "2026-01-01T01:00:00Z"}, "rules": null})
    );
    assert_eq!(
        of("rbac.authorization.k8s.io/v1", "Role", once.clone())
            .expect("types")
            .0,
        once
    );
}
