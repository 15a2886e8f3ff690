//! What a cluster has beside what runs in it: configuration, nodes, rights, quotas, definitions, events.

use serde_json::json;

use super::{changed, check, with};

#[test]
fn configuration() {
    check(
        "v1",
        "configmaps",
        &json!({"metadata": {}, "data": {"a": "b"}}),
        &[
            (
                "/data",
                json!({"..": "b"}),
                &[r#"data[..]: Invalid value: "..": must not be '..'"#],
            ),
            (
                "/data",
                json!({"a": "x".repeat(1_100_000)}),
                &["[]: Too long: may not be more than 1048576 bytes"],
            ),
            (
                "/binaryData",
                json!({"a": ""}),
                &[r#"data[a]: Invalid value: "a": duplicate of key present in binaryData"#],
            ),
        ],
    );
    check(
        "v1",
        "secrets",
        &json!({"metadata": {}, "stringData": {"a": "b"}}),
        &[
            (
                "/type",
                json!("kubernetes.io/tls"),
                &[
                    "data[tls.crt]: Required value",
                    "data[tls.key]: Required value",
                ],
            ),
            (
                "/type",
                json!("kubernetes.io/dockerconfigjson"),
                &["data[.dockerconfigjson]: Required value"],
            ),
            (
                "/type",
                json!("kubernetes.io/service-account-token"),
                &["metadata.annotations[kubernetes.io/service-account.name]: Required value"],
            ),
        ],
    );
    let frozen = json!({"metadata": {}, "immutable": true, "data": {"a": "eA=="}});
    assert_eq!(
        changed(
            "v1",
            "secrets",
            frozen.clone(),
            json!({"metadata": {}, "data": {"a": "eQ=="}, "type": "other"})
        ),
        [
            r#"type: Invalid value: "other": field is immutable"#,
            "immutable: Forbidden: field is immutable when `immutable` is set",
            "data: Forbidden: field is immutable when `immutable` is set",
        ]
    );
    assert_eq!(
        changed("v1", "secrets", frozen.clone(), frozen),
        Vec::<String>::new()
    );
}

#[test]
fn nodes_and_namespaces() {
    let node = json!({"metadata": {"name": "n"}, "spec": {"providerID": "aws:///a/i"}, "status": {"capacity": {"cpu": "2"}}});
    check(
        "v1",
        "nodes",
        &node,
        &[
            (
                "/spec/taints",
                json!([{"key": "a", "effect": "Odd"}, {"key": "b"}]),
                &[
                    r#"metadata.taints[0].effect: Unsupported value: "Odd": supported values: "NoSchedule", "PreferNoSchedule", "NoExecute""#,
                    "metadata.taints[1].effect: Required value",
                ],
            ),
            (
                "/status/capacity",
                json!({"pods": "1500m"}),
                &[
                    r#"status.capacity.pods: Invalid value: "1500m": must be an integer"#,
                    r#"status.allocatable.pods: Invalid value: "1500m": must be an integer"#,
                ],
            ),
        ],
    );
    assert_eq!(
        changed(
            "v1",
            "nodes",
            node.clone(),
            with(&node, "/spec/providerID", json!("aws:///a/j"))
        ),
        [
            "spec.providerID: Forbidden: node updates may not change providerID except from \"\" to valid",
            "[]: Forbidden: node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)",
        ]
    );
    assert_eq!(
        changed(
            "v1",
            "nodes",
            node.clone(),
            with(&node, "/spec/unschedulable", json!(true))
        ),
        Vec::<String>::new()
    );
    check(
        "v1",
        "namespaces",
        &json!({"metadata": {"name": "n"}}),
        &[(
            "/metadata/name",
            json!("a.b"),
            &[r#"metadata.name: Invalid value: "a.b": must not contain dots"#],
        )],
    );
}

#[test]
fn rights() {
    let role = json!({"metadata": {"name": "system:x"}, "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]});
    check(
        "rbac.authorization.k8s.io/v1",
        "roles",
        &role,
        &[
            (
                "/rules/0/verbs",
                json!([]),
                &["rules[0].verbs: Required value: verbs must contain at least one value"],
            ),
            (
                "/rules/0",
                json!({"verbs": ["get"]}),
                &[
                    "rules[0].apiGroups: Required value: resource rules must supply at least one api group",
                    "rules[0].resources: Required value: resource rules must supply at least one resource",
                ],
            ),
            (
                "/rules/0",
                json!({"verbs": ["get"], "nonResourceURLs": ["/x"]}),
                &[
                    r#"rules[0].nonResourceURLs: Invalid value: ["/x"]: namespaced rules cannot apply to non-resource URLs"#,
                ],
            ),
        ],
    );
    let binding = json!({"metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": [{"kind": "User", "name": "u"}]});
    check(
        "rbac.authorization.k8s.io/v1",
        "clusterrolebindings",
        &binding,
        &[
            (
                "/roleRef/kind",
                json!("Role"),
                &[r#"roleRef.kind: Unsupported value: "Role": supported values: "ClusterRole""#],
            ),
            (
                "/subjects/0",
                json!({"kind": "ServiceAccount", "name": "s"}),
                &["subjects[0].namespace: Required value"],
            ),
        ],
    );
    assert_eq!(
        changed(
            "rbac.authorization.k8s.io/v1",
            "clusterrolebindings",
            binding.clone(),
            with(&binding, "/roleRef/name", json!("other"))
        ),
        [
            r#"roleRef: Invalid value: {"kind":"ClusterRole","name":"other","apiGroup":"rbac.authorization.k8s.io"}: cannot change roleRef"#
        ]
    );
}

#[test]
fn runtimes() {
    check(
        "node.k8s.io/v1",
        "runtimeclasses",
        &json!({"metadata": {"name": "r"}, "handler": "h", "overhead": {"podFixed": {"cpu": "1"}},
            "scheduling": {"nodeSelector": {"a": "b"}, "tolerations": [{"key": "a", "operator": "Exists"}]}}),
        &[
            (
                "/overhead/podFixed",
                json!({"cpu": "-1"}),
                &[
                    r#"overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0"#,
                ],
            ),
            (
                "/scheduling/tolerations",
                json!([{"key": "a", "operator": "Odd"}]),
                &[
                    r#"scheduling.tolerations[0].operator: Unsupported value: "Odd": supported values: "Equal", "Exists""#,
                ],
            ),
        ],
    );
}

#[test]
fn shares() {
    check(
        "v1",
        "resourcequotas",
        &json!({"metadata": {"name": "q"}, "spec": {"hard": {"pods": "4", "requests.cpu": "1"}}}),
        &[
            (
                "/spec/hard",
                json!({"odd": "1"}),
                &[
                    r#"spec.hard[odd]: Invalid value: "odd": must be a standard resource type or fully qualified"#,
                    r#"spec.hard[odd]: Invalid value: "odd": must be a standard resource for quota"#,
                ],
            ),
            (
                "/spec/scopes",
                json!(["BestEffort", "NotBestEffort"]),
                &[
                    r#"spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: unsupported scope applied to resource"#,
                    r#"spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes"#,
                ],
            ),
            (
                "/spec/scopeSelector",
                json!({"matchExpressions": [
                    {"scopeName": "PriorityClass", "operator": "In", "values": ["high"]},
                    {"scopeName": "CrossNamespacePodAffinity", "operator": "Exists"},
                ]}),
                &[],
            ),
            (
                "/spec/scopeSelector",
                json!({"matchExpressions": [
                    {"scopeName": "Odd", "operator": "Exists"},
                    {"scopeName": "PriorityClass", "operator": "In"},
                    {"scopeName": "PriorityClass", "operator": "DoesNotExist", "values": ["high"]},
                    {"scopeName": "PriorityClass", "operator": "Near"},
                    {"scopeName": "Terminating", "operator": "In", "values": ["x"]},
                    {"scopeName": "NotTerminating", "operator": "Exists"},
                ]}),
                &[
                    r#"spec.scopeSelector.matchExpressions.scopeName: Invalid value: "Odd": unsupported scope"#,
                    "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
                    r#"spec.scopeSelector.matchExpressions.values: Invalid value: ["high"]: must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"#,
                    r#"spec.scopeSelector.matchExpressions.operator: Invalid value: "Near": not a valid selector operator"#,
                    r#"spec.scopeSelector.matchExpressions.operator: Invalid value: "In": must be 'Exist' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"#,
                    "spec.scopeSelector.matchExpressions: Invalid value: null: conflicting scopes",
                ],
            ),
            (
                "/spec/scopeSelector",
                json!({"matchExpressions": [{"scopeName": "VolumeAttributesClass", "operator": "Exists"}]}),
                &[
                    r#"spec.scopeSelector.matchExpressions: Invalid value: {"matchExpressions":[{"scopeName":"VolumeAttributesClass","operator":"Exists"}]}: unsupported scope applied to resource"#,
                ],
            ),
        ],
    );
    check(
        "v1",
        "limitranges",
        &json!({"metadata": {"name": "l"}, "spec": {"limits": [{"type": "Container", "max": {"cpu": "2"}, "min": {"cpu": "1"}}]}}),
        &[(
            "/spec/limits/0/min/cpu",
            json!("3"),
            &[
                r#"spec.limits[0].min[cpu]: Invalid value: "3": min value 3 is greater than max value 2"#,
                r#"spec.limits[0].defaultRequest[cpu]: Invalid value: "2": min value 3 is greater than default request value 2"#,
                r#"spec.limits[0].default[cpu]: Invalid value: "3": min value 3 is greater than default value 2"#,
            ],
        )],
    );
    check(
        "coordination.k8s.io/v1",
        "leases",
        &json!({"metadata": {"name": "l"}, "spec": {"leaseDurationSeconds": 40}}),
        &[(
            "/spec/leaseDurationSeconds",
            json!(0),
            &["spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"],
        )],
    );
    check(
        "scheduling.k8s.io/v1",
        "priorityclasses",
        &json!({"metadata": {"name": "p"}, "value": 5}),
        &[
            (
                "/value",
                json!(2_000_000_000),
                &[
                    "value: Forbidden: maximum allowed value of a user defined priority is 1000000000",
                ],
            ),
            (
                "/metadata/name",
                json!("system-x"),
                &[
                    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-x is not a known system priority class",
                ],
            ),
        ],
    );
}

#[test]
fn definitions() {
    let good = json!({"metadata": {"name": "foos.example.com"}, "spec": {"group": "example.com", "scope": "Namespaced",
        "names": {"plural": "foos", "kind": "Foo"},
        "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}},
            "additionalPrinterColumns": [{"name": "A", "type": "string", "jsonPath": ".spec.a"}]}]}});
    check(
        "apiextensions.k8s.io/v1",
        "customresourcedefinitions",
        &good,
        &[
            (
                "/metadata/name",
                json!("bars.example.com"),
                &[
                    r#"metadata.name: Invalid value: "bars.example.com": must be spec.names.plural+"."+spec.group"#,
                ],
            ),
            ("/spec/scope", json!(""), &["spec.scope: Required value"]),
            (
                "/spec/versions/0/storage",
                json!(false),
                &[
                    r#"spec.versions: Invalid value: [{"name":"v1","served":true,"storage":false,"schema":{"openAPIV3Schema":{"type":"object"}},"additionalPrinterColumns":[{"name":"A","type":"string","jsonPath":".spec.a"}]}]: must have exactly one version marked as storage version"#,
                    "status.storedVersions: Invalid value: null: must have at least one stored version",
                ],
            ),
            (
                "/spec/group",
                json!("example.k8s.io"),
                &[
                    r#"metadata.name: Invalid value: "foos.example.com": must be spec.names.plural+"."+spec.group"#,
                    r#"metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111"#,
                ],
            ),
            (
                "/spec/versions/0/schema",
                json!(null),
                &["spec.versions[0].schema.openAPIV3Schema: Required value: schemas are required"],
            ),
            (
                "/spec/versions/0/schema/openAPIV3Schema",
                json!({"type": "object", "properties": {"spec": {"type": "object", "x-kubernetes-validations": [{"rule": "true"}]}}}),
                &[
                    "spec.validation.openAPIV3Schema.properties[spec].x-kubernetes-validations: Forbidden: rules in CEL are not supported by this server",
                ],
            ),
            (
                "/spec/versions/0/additionalPrinterColumns/0/type",
                json!("odd"),
                &[
                    r#"spec.additionalPrinterColumns[0].type: Invalid value: "odd": must be one of boolean,date,integer,number,string"#,
                ],
            ),
            (
                "/spec/versions/0/deprecationWarning",
                json!("use v2"),
                &[
                    r#"spec.versions[0].deprecationWarning: Invalid value: "use v2": can only be set for deprecated versions"#,
                ],
            ),
            (
                "/spec/versions/0/selectableFields",
                json!([{"jsonPath": ""}, {"jsonPath": "spec.a"}, {"jsonPath": ".spec.a"}, {"jsonPath": ".metadata.name"}]),
                &[
                    "spec.selectableFields[0].jsonPath: Required value",
                    r#"spec.selectableFields[1].jsonPath: Invalid value: "spec.a": is an invalid path: does not refer to a valid field"#,
                    r#"spec.selectableFields[2].jsonPath: Invalid value: ".spec.a": is an invalid path: does not refer to a valid field"#,
                    r#"spec.selectableFields[3]: Invalid value: ".metadata.name": must not point to fields in metadata"#,
                ],
            ),
            (
                "/spec/versions/0",
                json!({"name": "v1", "served": true, "storage": true, "deprecated": true, "deprecationWarning": "use v2",
                    "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                        "size": {"type": "integer"}, "spec": {"type": "object", "properties": {"a": {"type": "string"}}}}}},
                    "selectableFields": [{"jsonPath": ".size"}, {"jsonPath": ".spec.a"}, {"jsonPath": ".spec"}, {"jsonPath": ".size"}]}),
                &[
                    r#"spec.selectableFields[2]: Invalid value: ".spec": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed."#,
                    r#"spec.selectableFields[3]: Duplicate value: ".size""#,
                ],
            ),
            (
                "/spec/conversion",
                json!({"strategy": "Webhook"}),
                &[
                    "spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook",
                    "spec.conversion.conversionReviewVersions: Required value",
                ],
            ),
            (
                "/spec/conversion",
                json!({"strategy": "Webhook", "webhook": {"clientConfig": {"url": "http://a/b"}, "conversionReviewVersions": ["v1beta1"]}}),
                &[
                    r#"spec.conversion.webhookClientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]"#,
                    r#"spec.conversion.conversionReviewVersions: Invalid value: ["v1beta1"]: must include at least one of v1"#,
                ],
            ),
            (
                "/spec/conversion",
                json!({"strategy": "None", "webhook": {"clientConfig": {}, "conversionReviewVersions": ["v1"]}}),
                &[
                    "spec.conversion.webhookClientConfig: Forbidden: should not be set when strategy is not set to Webhook",
                    "spec.conversion.conversionReviewVersions: Forbidden: should not be set when strategy is not set to Webhook",
                ],
            ),
            (
                "/spec/conversion",
                json!({"strategy": "Odd"}),
                &[
                    r#"spec.conversion.strategy: Unsupported value: "Odd": supported values: "None", "Webhook""#,
                ],
            ),
        ],
    );
    assert_eq!(
        changed(
            "apiextensions.k8s.io/v1",
            "customresourcedefinitions",
            good.clone(),
            with(&good, "/spec/versions/0/name", json!("v2"))
        ),
        [
            r#"status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions"#
        ]
    );
}

#[test]
fn events() {
    check(
        "v1",
        "events",
        &json!({"metadata": {"name": "e"}, "involvedObject": {"namespace": "default"}}),
        &[
            ("/involvedObject/namespace", json!(null), &[]),
            (
                "/involvedObject/namespace",
                json!("other"),
                &[
                    r#"involvedObject.namespace: Invalid value: "other": does not match event.namespace"#,
                ],
            ),
        ],
    );
    check(
        "events.k8s.io/v1",
        "events",
        &json!({"metadata": {"name": "e"}, "regarding": {"namespace": "default"}, "eventTime": "2026-01-01T00:00:00.000000Z", "type": "Normal",
            "reportingController": "example.com/c", "reportingInstance": "i", "action": "a", "reason": "r", "note": "n"}),
        &[
            ("/eventTime", json!(null), &["eventTime: Required value"]),
            (
                "/type",
                json!("Odd"),
                &[r#"type: Invalid value: "": has invalid value: Odd"#],
            ),
            ("/action", json!(""), &["action: Required value"]),
            (
                "/series",
                json!({"count": 1, "lastObservedTime": "2026-01-01T00:00:00.000000Z"}),
                &[r#"series.count: Invalid value: "": should be at least 2"#],
            ),
        ],
    );
}
