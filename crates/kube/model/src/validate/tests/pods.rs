//! Pods: containers, volumes, placement, changes.

use serde_json::{Value, json};

use super::{changed, check, created, stored, texts, with};

fn pod() -> Value {
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

/// A pod that does not begin again, of Linux.
fn of_linux() -> Value {
    let mut pod = pod();
    pod["spec"]["restartPolicy"] = "Never".into();
    pod["spec"]["os"] = json!({"name": "linux"});
    pod
}

#[test]
fn how_containers_end_and_are_resized() {
    check(
        "v1",
        "pods",
        &of_linux(),
        &[
            (
                "/spec/containers/0/lifecycle",
                json!({"preStop": {"sleep": {"seconds": 30}}, "stopSignal": "SIGRTMIN+3"}),
                &[],
            ),
            (
                "/spec/containers/0/lifecycle",
                json!({"preStop": {"sleep": {"seconds": 31}}, "postStart": {"sleep": {"seconds": -1}}}),
                &[
                    "spec.containers[0].lifecycle.postStart.sleep: Invalid value: -1: must be non-negative and less than terminationGracePeriodSeconds (30)",
                    "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 31: must be non-negative and less than terminationGracePeriodSeconds (30)",
                ],
            ),
            (
                "/spec/containers/0/resizePolicy",
                json!([{"resourceName": "cpu", "restartPolicy": "NotRequired"}, {"resourceName": "cpu", "restartPolicy": "RestartContainer"},
                    {"resourceName": "storage"}]),
                &[
                    r#"spec.containers[0].resizePolicy[1]: Duplicate value: "cpu""#,
                    r#"spec.containers[0].resizePolicy: Invalid value: "RestartContainer": must be 'NotRequired' when `restartPolicy` is 'Never'"#,
                    r#"spec.containers[0].resizePolicy: Unsupported value: "storage": supported values: "cpu", "memory""#,
                    "spec.containers[0].resizePolicy: Required value",
                    r#"spec.containers[0].resizePolicy: Invalid value: "": must be 'NotRequired' when `restartPolicy` is 'Never'"#,
                ],
            ),
        ],
    );
    let of = |os: Value, signal: &str| {
        let pod = with(&of_linux(), "/spec/os", os);
        let lifecycle = json!({"stopSignal": signal});
        created(
            "v1",
            "pods",
            with(&pod, "/spec/containers/0/lifecycle", lifecycle),
        )
    };
    assert_eq!(
        of(json!(null), "SIGTERM"),
        [
            "spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty `spec.os.name`"
        ]
    );
    let not = of(json!({"name": "linux"}), "SIGODD");
    assert!(
        not.len() == 1
            && not[0].contains(
                r#"Unsupported value: "SIGODD": supported values: "SIGABRT", "SIGALRM","#
            ),
        "{not:?}"
    );
    assert_eq!(
        of(json!({"name": "windows"}), "SIGHUP"),
        [
            r#"spec.containers[0].lifecycle.stopSignal: Unsupported value: "SIGHUP": supported values: "SIGKILL", "SIGTERM""#
        ]
    );
}

#[test]
fn what_goes_with_one_system_alone() {
    check(
        "v1",
        "pods",
        &of_linux(),
        &[
            (
                "/spec/os",
                json!({"name": "plan9"}),
                &[r#"spec.os: Unsupported value: "plan9": supported values: "linux", "windows""#],
            ),
            (
                "/spec/os",
                json!({}),
                &["spec.os.name: Required value: cannot be empty"],
            ),
            (
                "/spec/containers/0/securityContext",
                json!({"windowsOptions": {}}),
                &[
                    "spec.containers[0].securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
                ],
            ),
        ],
    );
    let mut windows = with(&of_linux(), "/spec/os/name", json!("windows"));
    windows["spec"]["hostPID"] = true.into();
    windows["spec"]["securityContext"] = json!({"fsGroup": 1, "sysctls": []});
    windows["spec"]["containers"][0]["securityContext"] = json!({"privileged": false});
    assert_eq!(
        created("v1", "pods", windows),
        [
            "spec.hostPID: Forbidden: cannot be set for a windows pod",
            "spec.securityContext.fsGroup: Forbidden: cannot be set for a windows pod",
            "spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod",
        ]
    );
}

#[test]
fn how_pods_are_confined() {
    check(
        "v1",
        "pods",
        &pod(),
        &[
            (
                "/spec/securityContext",
                json!({"appArmorProfile": {"type": "Localhost", "localhostProfile": "x"}, "seLinuxChangePolicy": "Recursive"}),
                &[],
            ),
            (
                "/spec/securityContext",
                json!({"appArmorProfile": {"type": "Localhost"}, "seLinuxChangePolicy": "Never"}),
                &[
                    "spec.securityContext.appArmorProfile.localhostProfile: Required value: must be set when AppArmor type is Localhost",
                    r#"spec.securityContext.seLinuxChangePolicy: Unsupported value: "Never": supported values: "MountOption", "Recursive""#,
                ],
            ),
            (
                "/spec/containers/0/securityContext",
                json!({"appArmorProfile": {"type": "RuntimeDefault", "localhostProfile": "x"}}),
                &[
                    r#"spec.containers[0].securityContext.appArmorProfile.localhostProfile: Invalid value: "x": can only be set when AppArmor type is Localhost"#,
                ],
            ),
            (
                "/spec/containers/0/securityContext",
                json!({"appArmorProfile": {"type": "Localhost", "localhostProfile": "x "}}),
                &[
                    r#"spec.containers[0].securityContext.appArmorProfile.localhostProfile: Invalid value: "x ": must not be padded with whitespace"#,
                ],
            ),
            (
                "/spec/containers/0/securityContext",
                json!({"appArmorProfile": {}}),
                &[
                    "spec.containers[0].securityContext.appArmorProfile.type: Required value: type is required when appArmorProfile is set",
                ],
            ),
            (
                "/metadata/annotations",
                json!({"container.apparmor.security.beta.kubernetes.io/d": "odd", "controller.kubernetes.io/pod-deletion-cost": "+1",
                    "seccomp.security.alpha.kubernetes.io/pod": "odd"}),
                &[
                    r#"metadata.annotations[container.apparmor.security.beta.kubernetes.io/d]: Invalid value: "d": container not found"#,
                    r#"metadata.annotations[container.apparmor.security.beta.kubernetes.io/d]: Invalid value: "odd": invalid AppArmor profile name: "odd""#,
                    r#"metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer"#,
                    r#"metadata.annotations.seccomp.security.alpha.kubernetes.io/pod: Invalid value: "odd": must be a valid seccomp profile"#,
                ],
            ),
            (
                "/metadata/annotations",
                json!({"container.apparmor.security.beta.kubernetes.io/c": "runtime/default", "controller.kubernetes.io/pod-deletion-cost": "-10",
                    "seccomp.security.alpha.kubernetes.io/pod": "localhost/a"}),
                &[],
            ),
        ],
    );
    let mut shared = pod();
    shared["spec"]["hostNetwork"] = true.into();
    shared["spec"]["securityContext"] = json!({"sysctls": [{"name": "net/ipv4/tcp_rmem", "value": "1"}, {"name": "kernel.shm_rmid_forced", "value": "1"}]});
    assert_eq!(
        created("v1", "pods", shared),
        [
            r#"spec.securityContext.sysctls[0].name: Invalid value: "net/ipv4/tcp_rmem": may not be specified when 'hostNetwork' is true"#
        ]
    );
}

#[test]
fn annotations_of_confinement_stay() {
    const KEY: &str = "container.apparmor.security.beta.kubernetes.io/c";
    let of = |annotations: Value| with(&pod(), "/metadata/annotations", annotations);
    let cost = |told: &str| of(json!({"controller.kubernetes.io/pod-deletion-cost": told}));
    let profile = of(json!({KEY: "unconfined"}));
    assert_eq!(
        changed("v1", "pods", profile.clone(), pod()),
        [format!(
            "metadata.annotations[{KEY}]: Forbidden: may not remove or update AppArmor annotations"
        )]
    );
    assert_eq!(
        changed("v1", "pods", pod(), profile.clone()),
        [format!(
            "metadata.annotations[{KEY}]: Forbidden: may not add AppArmor annotations"
        )]
    );
    assert_eq!(
        changed("v1", "pods", profile.clone(), profile),
        Vec::<String>::new()
    );
    assert_eq!(
        changed("v1", "pods", cost("1"), cost("one")),
        [
            r#"metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "one": must be a 32bit integer"#
        ]
    );
    assert_eq!(
        changed("v1", "pods", cost("one"), cost("two")),
        Vec::<String>::new()
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
