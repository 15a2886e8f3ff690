//! What drivers of volumes tell, and rules that kinds of upstream share.

use serde_json::json;

use super::{changed, check, with};

#[test]
fn drivers() {
    let good = json!({"metadata": {"name": "d.example.com"}, "spec": {"tokenRequests": [{"audience": "a", "expirationSeconds": 600}]}});
    const POLICIES: &str = r#"spec.fsGroupPolicy: Unsupported value: "X": supported values: "File", "None", "ReadWriteOnceWithFSType""#;
    const MODES: &str = r#"spec.volumeLifecycleModes: Unsupported value: "X": supported values: "Persistent", "Ephemeral""#;
    check(
        "storage.k8s.io/v1",
        "csidrivers",
        &good,
        &[
            ("/spec/fsGroupPolicy", json!("X"), &[POLICIES]),
            ("/spec/volumeLifecycleModes", json!(["X"]), &[MODES]),
            (
                "/spec/tokenRequests",
                json!([{"audience": "a"}, {"audience": "a"}, {"audience": "b", "expirationSeconds": 1}]),
                &[
                    r#"spec.tokenRequests[1].audience: Duplicate value: "a""#,
                    "spec.tokenRequests[2].expirationSeconds: Invalid value: 1: may not specify a duration less than 10 minutes",
                ],
            ),
            (
                "/metadata/name",
                json!("a".repeat(64)),
                &["metadata.name: Too long: may not be more than 63 bytes"],
            ),
        ],
    );
    let new = with(&good, "/spec/attachRequired", json!(false));
    assert_eq!(
        changed("storage.k8s.io/v1", "csidrivers", good, new),
        ["spec.attachedRequired: Invalid value: false: field is immutable"]
    );
}

#[test]
fn nodes_of_drivers() {
    let good = json!({"metadata": {"name": "n"}, "spec": {"drivers": [{"name": "d", "nodeID": "i", "topologyKeys": ["a/b"]}]}});
    check(
        "storage.k8s.io/v1",
        "csinodes",
        &good,
        &[
            (
                "/spec/drivers/0/nodeID",
                json!(""),
                &["spec.drivers[0].nodeID: Required value"],
            ),
            (
                "/spec/drivers/0/topologyKeys",
                json!(["a", "a"]),
                &[r#"spec.drivers[0]: Duplicate value: "a""#],
            ),
            (
                "/spec/drivers/0/allocatable",
                json!({"count": -1}),
                &[
                    "spec.drivers[0].allocatable.count: Invalid value: -1: must be greater than or equal to 0",
                ],
            ),
            (
                "/spec/drivers",
                json!([{"name": "d", "nodeID": "i"}, {"name": "d", "nodeID": "i"}]),
                &[r#"spec.drivers[1].name: Duplicate value: "d""#],
            ),
        ],
    );
    let new = with(&good, "/spec/drivers/0/nodeID", json!("j"));
    let faults = changed("storage.k8s.io/v1", "csinodes", good, new);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("CSINodeDriver: Invalid value: "));
}

#[test]
fn attachments() {
    let good = json!({"metadata": {"name": "a"}, "spec": {"attacher": "d", "nodeName": "n", "source": {"persistentVolumeName": "p"}}});
    check(
        "storage.k8s.io/v1",
        "volumeattachments",
        &good,
        &[
            (
                "/spec/source",
                json!({}),
                &[
                    "spec.source: Required value: must specify exactly one of inlineVolumeSpec and persistentVolumeName",
                ],
            ),
            (
                "/spec/source/persistentVolumeName",
                json!(""),
                &[
                    "spec.source.persistentVolumeName: Required value: must specify non empty persistentVolumeName",
                    r#"spec.source.persistentVolumeName: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#,
                ],
            ),
        ],
    );
    let new = with(&good, "/spec/nodeName", json!("m"));
    let faults = changed("storage.k8s.io/v1", "volumeattachments", good, new);
    assert!(faults[0].ends_with("field is immutable"), "{faults:?}");
}

const NO_NAME: &str = r#"storageClassName: Invalid value: "": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#;

#[test]
fn capacities() {
    let good = json!({"metadata": {"name": "c"}, "storageClassName": "s", "capacity": "1Gi", "nodeTopology": {"matchLabels": {"zone": "a"}}});
    let (api, kind) = ("storage.k8s.io/v1", "csistoragecapacities");
    check(
        api,
        kind,
        &good,
        &[
            ("/capacity", json!("0"), &[]),
            (
                "/capacity",
                json!("-1"),
                &[r#"capacity: Invalid value: "-1": must be greater than or equal to 0"#],
            ),
            ("/storageClassName", json!(""), &[NO_NAME]),
            (
                "/nodeTopology",
                json!({"matchExpressions": [{"key": "a", "operator": "In"}]}),
                &[
                    "nodeTopology.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
                ],
            ),
        ],
    );
    let change = |pointer, value| changed(api, kind, good.clone(), with(&good, pointer, value));
    assert_eq!(
        change("/storageClassName", json!("t")),
        [r#"storageClassName: Invalid value: "t": field is immutable"#]
    );
    assert_eq!(
        change("/nodeTopology", json!({})),
        ["nodeTopology: Invalid value: {}: field is immutable"]
    );
    assert_eq!(change("/capacity", json!("2Gi")), Vec::<String>::new());
    let nowhere = with(&good, "/nodeTopology", json!(null));
    let everywhere = with(&good, "/nodeTopology", json!({}));
    assert_eq!(
        changed(api, kind, nowhere, everywhere),
        ["nodeTopology: Invalid value: {}: field is immutable"]
    );
}

#[test]
fn classes_of_attributes() {
    let good = json!({"metadata": {"name": "c"}, "driverName": "d.example.com", "parameters": {"iops": "4000"}});
    let (api, kind) = ("storage.k8s.io/v1", "volumeattributesclasses");
    let many = (0..513).map(|it| (it.to_string(), json!("x"))).collect();
    check(
        api,
        kind,
        &good,
        &[
            ("/driverName", json!(""), &["driverName: Required value"]),
            (
                "/parameters",
                json!({}),
                &["parameters: Required value: must contain at least one key/value pair"],
            ),
            (
                "/parameters",
                json!({"": "x"}),
                &[r#"parameters: Invalid value: "": field can not be empty."#],
            ),
            (
                "/parameters",
                serde_json::Value::Object(many),
                &["parameters: Too long: may not be more than 512 bytes"],
            ),
            (
                "/parameters",
                json!({"a": "x".repeat(256 * 1024)}),
                &["parameters: Too long: may not be more than 262144 bytes"],
            ),
        ],
    );
    for (pointer, value) in [
        ("/driverName", json!("e")),
        ("/parameters", json!({"iops": "1"})),
    ] {
        let name = pointer.trim_start_matches('/');
        assert_eq!(
            changed(api, kind, good.clone(), with(&good, pointer, value)),
            [format!(
                "{name}: Forbidden: updates to {name} are forbidden."
            )]
        );
    }
}

#[test]
fn finalizers_of_upstreams_own_kinds_are_known_or_qualified() {
    let good = json!({"metadata": {"name": "c", "finalizers": ["a.b/c", "orphan", "kubernetes"]}});
    const FAULT: &str = r#"metadata.finalizers[0]: Invalid value: "odd": name is neither a standard finalizer name nor is it fully qualified"#;
    let cases: [super::Case; 1] = [("/metadata/finalizers", json!(["odd"]), &[FAULT])];
    check("v1", "configmaps", &good, &cases);
    let lease = json!({"metadata": {"name": "l", "finalizers": ["odd"]}, "spec": {}});
    check("coordination.k8s.io/v1", "leases", &lease, &[]);
}

#[test]
fn a_new_ingress_has_its_class_in_one_place() {
    let good = json!({"metadata": {"name": "i", "annotations": {"kubernetes.io/ingress.class": "a"}},
        "spec": {"defaultBackend": {"service": {"name": "s", "port": {"number": 1}}}}});
    const FAULT: &str = r#"annotations.kubernetes.io/ingress.class: Invalid value: "a": can not be set when the class field is also set"#;
    let cases: [super::Case; 1] = [("/spec/ingressClassName", json!("b"), &[FAULT])];
    check("networking.k8s.io/v1", "ingresses", &good, &cases);
}

#[test]
fn a_mirror_of_a_nodes_own_pod_names_the_node() {
    let good = json!({"metadata": {"name": "p", "annotations": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    const FAULT: &str = r#"metadata.annotations[kubernetes.io/config.mirror]: Invalid value: "x": must set spec.nodeName if mirror pod annotation is set"#;
    let cases: [super::Case; 1] = [(
        "/metadata/annotations",
        json!({"kubernetes.io/config.mirror": "x"}),
        &[FAULT],
    )];
    check("v1", "pods", &good, &cases);
}
