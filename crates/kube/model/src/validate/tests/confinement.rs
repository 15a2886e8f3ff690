//! Pods: what they may do on their node, and what goes with one system alone.

use serde_json::{Value, json};

use super::{changed, check, created, pods::pod, with};

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
