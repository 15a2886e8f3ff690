//! Claims, volumes and classes.

use serde_json::json;

use super::{changed, check, created, with};

#[test]
fn storage() {
    let claim = json!({"metadata": {"name": "c"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
    check(
        "v1",
        "persistentvolumeclaims",
        &claim,
        &[
            (
                "/spec/accessModes",
                json!([]),
                &["spec.accessModes: Required value: at least 1 access mode is required"],
            ),
            (
                "/spec/resources",
                json!({}),
                &["spec.resources[storage]: Required value"],
            ),
            (
                "/spec/resources/requests/storage",
                json!("0"),
                &[r#"spec.resources[storage]: Invalid value: "0": must be greater than zero"#],
            ),
            (
                "/spec/dataSourceRef",
                json!({"kind": "Populator", "name": "p", "apiGroup": "A"}),
                &[
                    r#"spec.dataSource: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#,
                    r#"spec.dataSourceRef: Invalid value: "A": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#,
                ],
            ),
            (
                "/spec/dataSourceRef",
                json!({"kind": "Populator"}),
                &[
                    "spec.dataSource.name: Required value",
                    r#"spec.dataSource: Invalid value: "Populator": must be 'PersistentVolumeClaim' when referencing the default apiGroup"#,
                    "spec.dataSourceRef.name: Required value",
                    r#"spec.dataSourceRef: Invalid value: "Populator": must be 'PersistentVolumeClaim' when referencing the default apiGroup"#,
                ],
            ),
        ],
    );
    let source = |name: &str| json!({"kind": "PersistentVolumeClaim", "name": name});
    let mut two = with(&claim, "/spec/dataSource", source("a"));
    two["spec"]["dataSourceRef"] = source("b");
    assert_eq!(
        created("v1", "persistentvolumeclaims", two),
        [r#"spec: Invalid value: "spec.dataSource": must match dataSourceRef"#]
    );
    // A claim of before there was the new name.
    let resource = super::resource("v1", "persistentvolumeclaims");
    let now = super::stored(&resource, with(&claim, "/spec/dataSource", source("a")));
    let before = with(&now, "/spec/dataSourceRef", json!(null));
    assert_eq!(
        super::texts(super::super::update(&resource, &now, &before, "")),
        Vec::<String>::new()
    );
    assert_eq!(
        changed(
            "v1",
            "persistentvolumeclaims",
            claim.clone(),
            with(&claim, "/spec/resources/requests/storage", json!("2Gi"))
        ),
        [
            "spec: Forbidden: spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims"
        ]
    );
    let mut bound = now;
    bound["status"] = json!({"phase": "Bound", "capacity": {"storage": "1Gi"}});
    bound["spec"]["resources"]["requests"]["storage"] = "9Gi".into();
    for (less, fault) in [
        ("2Gi", None),
        (
            "1Gi",
            Some(
                "spec.resources.requests.storage: Forbidden: field can not be less than status.capacity",
            ),
        ),
    ] {
        let new = with(&bound, "/spec/resources/requests/storage", json!(less));
        let faults = super::texts(super::super::update(&resource, &new, &bound, ""));
        assert_eq!(faults, Vec::from_iter(fault), "{less}");
    }
    let volume = json!({"metadata": {"name": "v"}, "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}});
    check(
        "v1",
        "persistentvolumes",
        &volume,
        &[
            (
                "/spec/hostPath",
                json!(null),
                &["spec: Required value: must specify a volume type"],
            ),
            (
                "/spec/capacity",
                json!(null),
                &[
                    "spec.capacity: Required value",
                    r#"spec.capacity: Unsupported value: null: supported values: "storage""#,
                ],
            ),
        ],
    );
    let class = json!({"metadata": {"name": "c"}, "provisioner": "ebs.csi.aws.com"});
    check(
        "storage.k8s.io/v1",
        "storageclasses",
        &class,
        &[
            ("/provisioner", json!(""), &["provisioner: Required value"]),
            (
                "/reclaimPolicy",
                json!("Recycle"),
                &[
                    r#"reclaimPolicy: Unsupported value: "Recycle": supported values: "Delete", "Retain""#,
                ],
            ),
            (
                "/allowedTopologies",
                json!([{"matchLabelExpressions": [{"key": "a", "values": ["b"]}]}, {"matchLabelExpressions": [{"key": "a", "values": ["b"]}]},
                    {"matchLabelExpressions": [{"key": "c", "values": []}, {"key": "c", "values": ["d", "d"]}]}]),
                &[
                    r#"allowedTopologies[1].matchLabelExpressions: Duplicate value: """#,
                    "allowedTopologies[2].matchLabelExpressions[0].values: Required value",
                    r#"allowedTopologies[2].matchLabelExpressions[1].values[1]: Duplicate value: "d""#,
                    r#"allowedTopologies[2].matchLabelExpressions[1].key: Duplicate value: "c""#,
                ],
            ),
        ],
    );
}
