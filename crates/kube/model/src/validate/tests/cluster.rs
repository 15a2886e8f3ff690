//! Services and the other kinds of a cluster.

use serde_json::json;

use super::{changed, check, created, with};

#[test]
fn who_may_come_to_a_service_and_where_its_health_is_asked() {
    const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
    let balanced = json!({"metadata": {"name": "s"}, "spec": {"type": "LoadBalancer", "ports": [{"port": 80}],
        "externalTrafficPolicy": "Local", "healthCheckNodePort": 30000, "loadBalancerSourceRanges": [" 10.0.0.0/8 "]}});
    let of = |kind: &str, noted: &str| {
        let mut service = with(&balanced, "/spec/loadBalancerSourceRanges", json!(null));
        service["metadata"]["annotations"] = json!({RANGES: noted});
        if kind == "ClusterIP" {
            service["spec"] = json!({"type": kind, "ports": [{"port": 80}]});
        }
        created("v1", "services", service)
    };
    assert_eq!(
        created("v1", "services", balanced.clone()),
        Vec::<String>::new()
    );
    for noted in ["", "10.0.0.0/8, 192.168.0.0/16"] {
        assert_eq!(of("LoadBalancer", noted), Vec::<String>::new());
    }
    let path = format!("metadata.annotations[{RANGES}]");
    assert_eq!(
        of("ClusterIP", ""),
        [format!(
            "{path}: Forbidden: may only be used when `type` is 'LoadBalancer'"
        )]
    );
    let wrong = of("LoadBalancer", "10.0.0.0/8,x");
    assert!(
        wrong.len() == 1 && wrong[0].starts_with(&format!("{path}: Invalid value: \"x\"")),
        "{wrong:?}"
    );
    let moved = with(&balanced, "/spec/healthCheckNodePort", json!(30001));
    assert_eq!(
        changed("v1", "services", balanced, moved),
        ["spec.healthCheckNodePort: Forbidden: field is immutable"]
    );
}

#[test]
fn services() {
    let good = json!({"metadata": {"name": "s"}, "spec": {"selector": {"a": "b"}, "ports": [{"port": 80}]}});
    check(
        "v1",
        "services",
        &good,
        &[
            ("/spec/ports", json!([]), &["spec.ports: Required value"]),
            ("/spec/clusterIP", json!("None"), &[]),
            (
                "/spec",
                json!({"type": "LoadBalancer", "ports": [{"port": 10250}]}),
                &[],
            ),
            (
                "/spec/type",
                json!("Odd"),
                &[
                    r#"spec.type: Unsupported value: "Odd": supported values: "ClusterIP", "ExternalName", "LoadBalancer", "NodePort""#,
                ],
            ),
            (
                "/spec/ports",
                json!([{"port": 80}, {"port": 80, "targetPort": "-"}]),
                &[
                    "spec.ports[0].name: Required value",
                    "spec.ports[1].name: Required value",
                    r#"spec.ports[1].targetPort: Invalid value: "-": must contain at least one letter (a-z)"#,
                    r#"spec.ports[1].targetPort: Invalid value: "-": must not begin or end with a hyphen"#,
                    r#"spec.ports[1]: Duplicate value: {"port":80,"protocol":"TCP","targetPort":0}"#,
                ],
            ),
            (
                "/spec/ports/0/nodePort",
                json!(30000),
                &["spec.ports[0].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'"],
            ),
            (
                "/spec/externalIPs",
                json!(["127.0.0.1"]),
                &[
                    r#"spec.externalIPs[0]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)"#,
                ],
            ),
            ("/spec/trafficDistribution", json!("PreferSameNode"), &[]),
            (
                "/spec/trafficDistribution",
                json!("PreferMoon"),
                &[
                    r#"spec.trafficDistribution: Unsupported value: "PreferMoon": supported values: "PreferClose", "PreferSameZone", "PreferSameNode""#,
                ],
            ),
            (
                "/spec/ipFamilies",
                json!(["IPv6"]),
                &[r#"spec.ipFamilies[0]: Invalid value: "IPv6": not configured on this cluster"#],
            ),
            (
                "/metadata/name",
                json!("1s"),
                &[
                    r#"metadata.name: Invalid value: "1s": a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"#,
                ],
            ),
        ],
    );
    let external = json!({"metadata": {"name": "s"}, "spec": {"type": "ExternalName", "externalName": "a.b."}});
    check(
        "v1",
        "services",
        &external,
        &[
            (
                "/spec/externalName",
                json!(null),
                &["spec.externalName: Required value"],
            ),
            (
                "/spec/clusterIP",
                json!("10.0.0.1"),
                &["spec.clusterIPs: Forbidden: may not be set for ExternalName services"],
            ),
        ],
    );
    let placed = with(&good, "/spec/clusterIP", json!("10.0.0.1"));
    assert_eq!(
        changed(
            "v1",
            "services",
            placed,
            with(&good, "/spec/clusterIP", json!("10.0.0.2"))
        ),
        [r#"spec.clusterIPs[0]: Invalid value: ["10.0.0.2"]: may not change once set"#]
    );
}

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
fn networks() {
    let ingress = json!({"metadata": {"name": "i"}, "spec": {"rules": [{"host": "a.b", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {"service": {"name": "s", "port": {"number": 80}}}}]}}]}});
    check(
        "networking.k8s.io/v1",
        "ingresses",
        &ingress,
        &[
            (
                "/spec/rules",
                json!([]),
                &["spec: Invalid value: []: either `defaultBackend` or `rules` must be specified"],
            ),
            (
                "/spec/rules/0/host",
                json!("1.2.3.4"),
                &[
                    r#"spec.rules[0].host: Invalid value: "1.2.3.4": must be a DNS name, not an IP address"#,
                ],
            ),
            (
                "/spec/rules/0/http/paths/0/path",
                json!("x"),
                &[
                    r#"spec.rules[0].http.paths[0].path: Invalid value: "x": must be an absolute path"#,
                ],
            ),
            (
                "/spec/rules/0/http/paths/0/backend/service/port",
                json!({}),
                &[
                    "spec.rules[0].http.paths[0].backend: Required value: port name or number is required",
                ],
            ),
        ],
    );
    let policy = json!({"metadata": {"name": "p"}, "spec": {"podSelector": {}, "ingress": [{"from": [{"ipBlock": {"cidr": "10.0.0.0/8", "except": ["10.1.0.0/16"]}}]}]}});
    check(
        "networking.k8s.io/v1",
        "networkpolicies",
        &policy,
        &[
            (
                "/spec/ingress/0/from/0",
                json!({}),
                &["spec.ingress[0].from[0]: Required value: must specify a peer"],
            ),
            (
                "/spec/ingress/0/from/0/ipBlock/except",
                json!(["11.0.0.0/16"]),
                &[
                    r#"spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`"#,
                ],
            ),
            (
                "/spec/ingress/0/from/0/ipBlock/cidr",
                json!("10.0.0.0/40"),
                &[
                    r#"spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.0/40": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"#,
                ],
            ),
            (
                "/spec/ingress/0/from/0/podSelector",
                json!({}),
                &[
                    "spec.ingress[0].from[0]: Forbidden: may not specify both ipBlock and another peer",
                ],
            ),
            (
                "/spec/policyTypes",
                json!(["Ingress", "Sideways"]),
                &[
                    r#"spec.policyTypes[1]: Unsupported value: "Sideways": supported values: "Ingress", "Egress""#,
                ],
            ),
            (
                "/spec/ingress/0/ports",
                json!([{"protocol": "ICMP"}]),
                &[
                    r#"spec.ingress[0].ports[0].protocol: Unsupported value: "ICMP": supported values: "TCP", "UDP", "SCTP""#,
                ],
            ),
            (
                "/spec/ingress/0/ports",
                json!([{"protocol": "TCP", "port": 100, "endPort": 90}]),
                &[
                    "spec.ingress[0].ports[0].endPort: Invalid value: 100: must be greater than or equal to `port`",
                ],
            ),
            (
                "/spec/ingress/0/ports",
                json!([{"protocol": "TCP", "endPort": 90}]),
                &[
                    "spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is not specified",
                ],
            ),
            (
                "/spec/ingress/0/ports",
                json!([{"protocol": "TCP", "port": "web", "endPort": 90}]),
                &[
                    "spec.ingress[0].ports[0].endPort: Invalid value: 90: may not be specified when `port` is non-numeric",
                ],
            ),
            (
                "/spec/ingress/0/ports",
                json!([{"protocol": "TCP", "port": 70000}]),
                &[
                    "spec.ingress[0].ports[0].port: Invalid value: 70000: must be between 1 and 65535, inclusive",
                ],
            ),
        ],
    );
    check(
        "discovery.k8s.io/v1",
        "endpointslices",
        &json!({"metadata": {"name": "e"}, "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"]}], "ports": [{"port": 80}]}),
        &[
            (
                "/endpoints/0/addresses/0",
                json!("::1"),
                &[
                    r#"endpoints[0].addresses[0]: Invalid value: "::1": must be a valid IPv4 address"#,
                    r#"endpoints[0].addresses[0]: Invalid value: "::1": may not be in the loopback range (127.0.0.0/8, ::1/128)"#,
                ],
            ),
            (
                "/ports",
                json!([{"port": 1}, {"port": 2}]),
                &[r#"ports[1].name: Duplicate value: """#],
            ),
            (
                "/endpoints/0/hints",
                json!({"forZones": [{"name": "us-east-1a"}], "forNodes": [{"name": "n"}, {"name": "n"}]}),
                &[r#"endpoints[0].hints.forNodes[1].name: Duplicate value: "n""#],
            ),
            (
                "/endpoints/0/hints",
                json!({"forZones": vec![json!({"name": "z"}); 9]}),
                &["endpoints[0].hints.forZones: Too many: 9: must have at most 8 items"],
            ),
        ],
    );
}

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
