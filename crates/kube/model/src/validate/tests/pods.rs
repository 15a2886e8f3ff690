//! Pods: containers, volumes, placement, names.

use serde_json::{Value, json};

use super::{check, created, stored, texts, with};

pub(super) fn pod() -> Value {
    json!({"metadata": {"name": "p"}, "spec": {
        "containers": [{"name": "c", "image": "nginx", "ports": [{"containerPort": 80}],
            "livenessProbe": {"httpGet": {"port": 80}}, "resources": {"limits": {"cpu": "1"}},
            "volumeMounts": [{"name": "v", "mountPath": "/v"}], "env": [{"name": "A", "value": "b"}]}],
        "initContainers": [{"name": "i", "image": "nginx"}],
        "volumes": [{"name": "v", "emptyDir": {}}],
    }})
}

#[test]
fn containers() {
    check(
        "v1",
        "pods",
        &pod(),
        &[
            (
                "/spec/containers",
                json!([]),
                &["spec.containers: Required value"],
            ),
            (
                "/spec/containers/0",
                json!({"image": "nginx"}),
                &["spec.containers[0].name: Required value"],
            ),
            (
                "/spec/containers/0",
                json!({"name": "a.b"}),
                &[
                    r#"spec.containers[0].name: Invalid value: "a.b": must not contain dots"#,
                    "spec.containers[0].image: Required value",
                ],
            ),
            (
                "/spec/initContainers/0/name",
                json!("c"),
                &[r#"spec.initContainers[0].name: Duplicate value: "c""#],
            ),
            (
                "/spec/containers/0/image",
                json!(" nginx"),
                &[
                    r#"spec.containers[0].image: Invalid value: " nginx": must not have leading or trailing whitespace"#,
                ],
            ),
            (
                "/spec/containers/0/imagePullPolicy",
                json!("Sometimes"),
                &[
                    r#"spec.containers[0].imagePullPolicy: Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never""#,
                ],
            ),
            (
                "/spec/containers/0/ports",
                json!([{"containerPort": 70000}, {"name": "A"}]),
                &[
                    "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
                    r#"spec.containers[0].ports[1].name: Invalid value: "A": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)"#,
                    r#"spec.containers[0].ports[1].name: Invalid value: "A": must contain at least one letter (a-z)"#,
                    "spec.containers[0].ports[1].containerPort: Required value",
                ],
            ),
            (
                "/spec/containers/0/ports",
                json!([{"containerPort": 1, "hostPort": 5}, {"containerPort": 2, "hostPort": 5}]),
                &[r#"spec.containers[0].ports[1].hostPort: Duplicate value: "TCP//5""#],
            ),
            (
                "/spec/containers/0/env",
                json!([{"name": ""}, {"name": "A=", "value": "x"}, {"name": "B", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}, {"name": "C", "valueFrom": {}}]),
                &[
                    "spec.containers[0].env[0].name: Required value",
                    r#"spec.containers[0].env[1].name: Invalid value: "A=": a valid environment variable name must consist only of printable ASCII characters other than '='"#,
                    r#"spec.containers[0].env[2].valueFrom: Invalid value: "": may not be specified when `value` is not empty"#,
                    r#"spec.containers[0].env[3].valueFrom: Invalid value: "": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`"#,
                ],
            ),
            (
                "/spec/containers/0/env",
                json!([{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.x"}}}, {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a']"}}}, {"name": "C", "valueFrom": {"secretKeyRef": {"name": "s"}}}]),
                &[
                    r#"spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": error converting fieldPath: field label not supported: spec.x"#,
                    "spec.containers[0].env[2].valueFrom.secretKeyRef.key: Required value",
                ],
            ),
            (
                "/spec/containers/0/livenessProbe",
                json!({}),
                &["spec.containers[0].livenessProbe: Required value: must specify a handler type"],
            ),
            (
                "/spec/containers/0/livenessProbe",
                json!({"exec": {}, "tcpSocket": {"port": 0}, "successThreshold": 2}),
                &[
                    "spec.containers[0].livenessProbe.exec.command: Required value",
                    "spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type",
                    "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
                ],
            ),
            (
                "/spec/initContainers/0/livenessProbe",
                json!({"tcpSocket": {"port": 1}}),
                &[
                    "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always",
                ],
            ),
            ("/spec/initContainers/0/restartPolicy", json!("Always"), &[]),
            (
                "/spec/containers/0/restartPolicy",
                json!("Always"),
                &[
                    "spec.containers[0].restartPolicy: Forbidden: may not be set for non-init containers",
                ],
            ),
            (
                "/spec/containers/0/restartPolicyRules",
                json!([{"action": "Restart", "exitCodes": {"operator": "In", "values": [42]}}]),
                &[
                    "spec.containers[0].restartPolicyRules: Forbidden: rules of restarts are not supported by this server",
                ],
            ),
            (
                "/spec/initContainers/0/restartPolicyRules",
                json!([{"action": "Restart"}]),
                &[
                    "spec.initContainers[0].restartPolicyRules: Forbidden: rules of restarts are not supported by this server",
                ],
            ),
            (
                "/spec/containers/0/resources",
                json!({"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}),
                &[
                    r#"spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1"#,
                ],
            ),
            (
                "/spec/containers/0/resources",
                json!({"limits": {"foo": "1", "memory": "-1"}}),
                &[
                    r#"spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource type or fully qualified"#,
                    r#"spec.containers[0].resources.limits[foo]: Invalid value: "foo": must be a standard resource for containers"#,
                    r#"spec.containers[0].resources.limits[memory]: Invalid value: "-1": must be greater than or equal to 0"#,
                    r#"spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource type or fully qualified"#,
                    r#"spec.containers[0].resources.requests[foo]: Invalid value: "foo": must be a standard resource for containers"#,
                    r#"spec.containers[0].resources.requests[memory]: Invalid value: "-1": must be greater than or equal to 0"#,
                ],
            ),
            (
                "/spec/containers/0/securityContext",
                json!({"runAsUser": -1, "privileged": true, "allowPrivilegeEscalation": false}),
                &[
                    "spec.containers[0].securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive",
                    r#"spec.containers[0].securityContext: Invalid value: {"runAsUser":-1,"privileged":true,"allowPrivilegeEscalation":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true"#,
                ],
            ),
        ],
    );
}

#[test]
fn volumes() {
    check(
        "v1",
        "pods",
        &pod(),
        &[
            (
                "/spec/volumes",
                json!([]),
                &[r#"spec.containers[0].volumeMounts[0].name: Not found: "v""#],
            ),
            (
                "/spec/volumes/0",
                json!({"name": "v", "emptyDir": {}, "secret": {"secretName": "s"}}),
                &[
                    "spec.volumes[0].secret: Forbidden: may not specify more than 1 volume type",
                    r#"spec.containers[0].volumeMounts[0].name: Not found: "v""#,
                ],
            ),
            (
                "/spec/volumes",
                json!([{"name": "v", "secret": {}}, {"name": "v", "configMap": {"name": "c", "items": [{"key": "k", "path": "../x"}]}}]),
                &[
                    "spec.volumes[0].secret.secretName: Required value",
                    r#"spec.volumes[1].configMap.items[0].path: Invalid value: "../x": must not contain '..'"#,
                    r#"spec.containers[0].volumeMounts[0].name: Not found: "v""#,
                ],
            ),
            (
                "/spec/volumes/0",
                json!({"name": "v", "hostPath": {"path": "/a", "type": "Odd"}}),
                &[
                    r#"spec.volumes[0].hostPath.type: Unsupported value: "Odd": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket""#,
                    r#"spec.containers[0].volumeMounts[0].name: Not found: "v""#,
                ],
            ),
            (
                "/spec/containers/0/volumeMounts",
                json!([{"name": "v", "mountPath": "/v"}, {"name": "v", "mountPath": "/v"}, {"name": "v"}, {"name": "v", "mountPath": "/w", "subPath": "/x"}]),
                &[
                    r#"spec.containers[0].volumeMounts[1].mountPath: Invalid value: "/v": must be unique"#,
                    "spec.containers[0].volumeMounts[2].mountPath: Required value",
                    r#"spec.containers[0].volumeMounts.subPath: Invalid value: "/x": must be a relative path"#,
                ],
            ),
            (
                "/spec/containers/0/volumeMounts",
                json!([{"name": "v", "mountPath": "/a", "readOnly": true, "recursiveReadOnly": "Enabled"},
                    {"name": "v", "mountPath": "/b", "recursiveReadOnly": "Disabled"}]),
                &[],
            ),
            (
                "/spec/containers/0/volumeMounts",
                json!([{"name": "v", "mountPath": "/a", "recursiveReadOnly": "IfPossible", "mountPropagation": "HostToContainer"},
                    {"name": "v", "mountPath": "/b", "readOnly": true, "recursiveReadOnly": "Always"}]),
                &[
                    "spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when readOnly is true",
                    "spec.containers[0].volumeMounts.recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified",
                    r#"spec.containers[0].volumeMounts.recursiveReadOnly: Unsupported value: "Always": supported values: "Disabled", "Enabled", "IfPossible""#,
                ],
            ),
            (
                "/spec/volumes/0",
                json!({"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t", "expirationSeconds": 60}}]}}),
                &[
                    "spec.volumes[0].projected.sources[0].serviceAccountToken.expirationSeconds: Invalid value: 60: may not specify a duration less than 10 minutes",
                    r#"spec.containers[0].volumeMounts[0].name: Not found: "v""#,
                    "spec.volumes[0].projected.sources[0].serviceAccountToken: Forbidden: must not be specified when serviceAccountName is not set",
                ],
            ),
        ],
    );
}

#[test]
fn specs() {
    check(
        "v1",
        "pods",
        &pod(),
        &[
            (
                "/spec/restartPolicy",
                json!("Sometimes"),
                &[
                    r#"spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never""#,
                ],
            ),
            (
                "/spec/dnsPolicy",
                json!("None"),
                &[
                    "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
                ],
            ),
            (
                "/spec/activeDeadlineSeconds",
                json!(0),
                &[
                    "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
                ],
            ),
            (
                "/spec/tolerations",
                json!([{"operator": "Equal", "tolerationSeconds": 5}]),
                &[
                    r#"spec.tolerations[0].operator: Invalid value: "Equal": operator must be Exists when `key` is empty, which means "match all values and all keys""#,
                    r#"spec.tolerations[0].effect: Invalid value: "": effect must be 'NoExecute' when `tolerationSeconds` is set"#,
                ],
            ),
            (
                "/spec/affinity",
                json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "In"}]}]}},
                    "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 101, "podAffinityTerm": {"topologyKey": "z"}}]}}),
                &[
                    "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
                    "spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight: Invalid value: 101: must be in the range 1-100",
                ],
            ),
            (
                "/spec/topologySpreadConstraints",
                json!([{"maxSkew": 0, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}, {"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}]),
                &[
                    "spec.topologySpreadConstraints[0].maxSkew: Invalid value: 0: must be greater than zero",
                    r#"spec.topologySpreadConstraints[0].{topologyKey, whenUnsatisfiable}: Duplicate value: "{z, DoNotSchedule}""#,
                ],
            ),
            ("/spec/schedulingGates", json!([{"name": "a.b/c"}]), &[]),
            (
                "/spec/ephemeralContainers",
                json!([{"name": "e", "image": "x"}]),
                &["spec.ephemeralContainers: Forbidden: cannot be set on create"],
            ),
            (
                "/spec/securityContext",
                json!({"sysctls": [{"name": "a..b"}], "fsGroup": -5, "supplementalGroupsPolicy": "Some"}),
                &[
                    "spec.securityContext.fsGroup: Invalid value: -5: must be between 0 and 2147483647, inclusive",
                    r#"spec.securityContext.supplementalGroupsPolicy: Unsupported value: "Some": supported values: "Merge", "Strict""#,
                    r#"spec.securityContext.sysctls[0].name: Invalid value: "a..b": must have at most 253 characters and match regex ([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"#,
                ],
            ),
        ],
    );
}

#[test]
fn keys_of_labels_and_names_to_search() {
    check(
        "v1",
        "pods",
        &pod(),
        &[
            (
                "/spec/dnsConfig",
                json!({"searches": ["_sip._tcp.abc_d", "."]}),
                &[],
            ),
            (
                "/spec/hostAliases",
                json!([{"ip": "192.0.2.1", "hostnames": ["a", "B"]}]),
                &[
                    r#"spec.hostAliases[0].hostnames[1]: Invalid value: "B": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#,
                ],
            ),
            (
                "/spec/affinity",
                json!({"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution":
                    [{"weight": 1, "preference": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["not a value"]}]}}]}}),
                &[],
            ),
            (
                "/spec/affinity",
                json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
                    {"topologyKey": "z", "matchLabelKeys": ["a"]},
                    {"topologyKey": "z", "labelSelector": {}, "matchLabelKeys": ["a"], "mismatchLabelKeys": ["a"]}]}}),
                &[
                    "spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
                    r#"spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[1].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys"#,
                ],
            ),
            (
                "/spec/topologySpreadConstraints",
                json!([{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule", "matchLabelKeys": ["a"]},
                    {"maxSkew": 1, "topologyKey": "y", "whenUnsatisfiable": "DoNotSchedule", "matchLabelKeys": ["a"],
                        "labelSelector": {"matchLabels": {"a": "b"}}}]),
                &[
                    "spec.topologySpreadConstraints[0].matchLabelKeys: Forbidden: must not be specified when labelSelector is not set",
                ],
            ),
        ],
    );
}

/// As upstream says it once it has merged the keys into the selectors: the path has the key's index right behind the term.
#[test]
fn keys_of_labels_that_the_selector_has_as_well() {
    let mut labelled = pod();
    labelled["metadata"]["labels"] = json!({"a": "b"});
    let term = |selector: Value, keys: &[&str]| json!({"topologyKey": "z", "labelSelector": selector, "matchLabelKeys": keys});
    let named = json!({"matchLabels": {"a": "b"}});
    let asked = json!({"matchExpressions": [{"key": "a", "operator": "Exists"}]});
    let other = json!({"matchLabels": {"c": "d"}});
    let preferred = |term: Value| json!({"weight": 1, "podAffinityTerm": term});
    let mut constraint = term(named.clone(), &["c", "a"]);
    constraint["maxSkew"] = 1.into();
    constraint["whenUnsatisfiable"] = "DoNotSchedule".into();
    let mut both = term(json!({}), &["a"]);
    both["mismatchLabelKeys"] = json!(["a"]);
    // A key to avoid may be in the selector too.
    let mut avoided = term(asked.clone(), &[]);
    avoided["mismatchLabelKeys"] = json!(["a"]);
    check(
        "v1",
        "pods",
        &labelled,
        &[
            (
                "/spec/affinity",
                json!({
                    "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
                        [term(other, &["a"]), term(named.clone(), &["a"]), avoided]},
                    "podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [preferred(term(asked, &["a"]))]},
                }),
                &[
                    r#"spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[1][0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector"#,
                    r#"spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].podAffinityTerm[0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector"#,
                ],
            ),
            (
                "/spec/affinity",
                json!({"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [both]}}),
                &[
                    r#"spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0][0]: Invalid value: "a": exists in both matchLabelKeys and labelSelector"#,
                    r#"spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: Invalid value: "a": exists in both matchLabelKeys and mismatchLabelKeys"#,
                ],
            ),
            (
                "/spec/topologySpreadConstraints",
                json!([constraint]),
                &[
                    r#"spec.topologySpreadConstraints[0][1]: Invalid value: "a": exists in both matchLabelKeys and labelSelector"#,
                ],
            ),
        ],
    );
    let pods = super::resource("v1", "pods");
    let mut sent = labelled;
    sent["spec"]["topologySpreadConstraints"] = json!([{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {}, "matchLabelKeys": ["a"]}]);
    let old = stored(&pods, sent);
    let new = with(&old, "/metadata/labels", json!({"a": "c"}));
    assert_eq!(
        texts(super::super::update(&pods, &new, &old, "")),
        Vec::<String>::new()
    );
}

#[test]
fn what_a_pod_has_as_a_whole_holds_its_containers() {
    check(
        "v1",
        "pods",
        &pod(),
        &[
            (
                "/spec/resources",
                json!({"limits": {"cpu": "2", "memory": "1Gi"}}),
                &[],
            ),
            (
                "/spec/resources",
                json!({"requests": {"cpu": "500m", "memory": "1Gi"}}),
                &[
                    r#"spec.resources.requests[cpu]: Invalid value: "500m": must be greater than or equal to aggregate container requests of 1"#,
                ],
            ),
            (
                "/spec/resources",
                json!({"limits": {"cpu": "500m"}}),
                &[
                    r#"spec.resources.requests: Invalid value: "1": must be less than or equal to cpu limit of 500m"#,
                    r#"spec.resources.containers[0][cpu].limits: Invalid value: "1": must be less than or equal to pod limits of 500m"#,
                ],
            ),
            (
                "/spec/resources",
                json!({"limits": {"cpu": "2", "ephemeral-storage": "1Gi"}, "claims": [{"name": "c"}]}),
                &[
                    "spec.resources.claims: Forbidden: claims cannot be set for Resources at pod-level",
                    r#"spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory""#,
                ],
            ),
        ],
    );
}

#[test]
fn a_name_that_overrides_is_one_of_dns_and_goes_with_no_other() {
    let of = |name: &str| {
        let mut pod = pod();
        pod["spec"]["hostnameOverride"] = name.into();
        pod
    };
    for fine in ["", "db.example.com", "a".repeat(64).as_str()] {
        assert_eq!(created("v1", "pods", of(fine)), Vec::<String>::new());
    }
    assert_eq!(
        created("v1", "pods", of(&"a".repeat(65))),
        ["spec.hostnameOverride: Too long: may not be more than 64 bytes"]
    );
    let not = created("v1", "pods", of("A_b"));
    assert!(
        not.len() == 1 && not[0].starts_with(r#"spec.hostnameOverride: Invalid value: "A_b""#),
        "{not:?}"
    );
    let mut both = of("db");
    both["spec"]["hostNetwork"] = true.into();
    both["spec"]["setHostnameAsFQDN"] = true.into();
    assert_eq!(
        created("v1", "pods", both),
        [
            "spec.hostnameOverride: Forbidden: may not be set when `hostNetwork` is true",
            "spec.hostnameOverride: Forbidden: may not be set when `setHostnameAsFQDN` is true",
        ]
    );
}
