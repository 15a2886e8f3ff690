//! Each rule by a pod that keeps to all and breaks one, with upstream's words.

use serde_json::{Value, json};

use super::{told, violations};
use crate::admission::pod_security::policy::{Level, Standard, Version};

fn restricted_pod() -> Value {
    json!({"metadata": {"annotations": {}}, "spec": {
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [{"name": "c", "securityContext": {
            "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
        }}],
        "volumes": [{"name": "v", "emptyDir": {}}, {"name": "s", "secret": {}}],
    }})
}

fn judged(pod: &Value, level: Level, version: Version) -> String {
    told(&violations(pod, Standard { level, version }))
}

fn with(at: &str, value: &Value) -> Value {
    let mut pod = restricted_pod();
    let (parent, name) = at.rsplit_once('/').unwrap();
    pod.pointer_mut(parent).unwrap()[name] = value.clone();
    pod
}

#[test]
fn a_pod_that_keeps_to_all() {
    for version in [0, 7, 8, 19, 22, 25, 34, 35, 99] {
        for level in [Level::Privileged, Level::Baseline, Level::Restricted] {
            let version = Version::Minor(version);
            assert_eq!(judged(&restricted_pod(), level, version), "", "{version:?}");
        }
    }
    let none = json!({});
    assert_eq!(judged(&none, Level::Restricted, Version::Latest), "");
}

#[test]
fn each_rule_of_the_baseline() {
    const OWN: &str = "/spec/containers/0/securityContext";
    for (at, value, expected) in [
        (
            "/spec/hostPID".to_owned(),
            json!(true),
            "host namespaces (hostPID=true)",
        ),
        (
            format!("{OWN}/privileged"),
            json!(true),
            "privileged (container \"c\" must not set securityContext.privileged=true)",
        ),
        (
            format!("{OWN}/capabilities"),
            json!({"drop": ["ALL"], "add": ["NET_ADMIN", "CHOWN", "BPF"]}),
            "non-default capabilities (container \"c\" must not include \"BPF\", \"NET_ADMIN\" in securityContext.capabilities.add)",
        ),
        (
            "/spec/containers/0/ports".to_owned(),
            json!([{"hostPort": 80}, {"hostPort": 443}, {"hostPort": 0}]),
            "hostPort (container \"c\" uses hostPorts 443, 80)",
        ),
        (
            "/spec/containers/0/livenessProbe".to_owned(),
            json!({"httpGet": {"host": "10.0.0.1"}}),
            "probe or lifecycle host (container \"c\" uses probe or lifecycle host \"10.0.0.1\")",
        ),
        (
            "/spec/containers/0/lifecycle".to_owned(),
            json!({"preStop": {"tcpSocket": {"host": "b"}}, "postStart": {"httpGet": {"host": "a"}}}),
            "probe or lifecycle host (container \"c\" uses probe or lifecycle hosts \"a\", \"b\")",
        ),
        (
            format!("{OWN}/procMount"),
            json!("Unmasked"),
            "procMount (container \"c\" must not set securityContext.procMount to \"Unmasked\")",
        ),
        (
            format!("{OWN}/seccompProfile"),
            json!({"type": "Unconfined"}),
            "seccompProfile (container \"c\" must not set securityContext.seccompProfile.type to \"Unconfined\")",
        ),
        (
            format!("{OWN}/appArmorProfile"),
            json!({"type": "Unconfined"}),
            "forbidden AppArmor profile (container \"c\" must not set AppArmor profile type to \"Unconfined\")",
        ),
        (
            "/spec/securityContext/seLinuxOptions".to_owned(),
            json!({"user": "x", "type": "y"}),
            "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: type \"y\"; user may not be set)",
        ),
        (
            "/spec/volumes".to_owned(),
            json!([{"name": "v", "hostPath": {"path": "/"}}]),
            "hostPath volumes (volume \"v\")",
        ),
        (
            "/spec/securityContext/sysctls".to_owned(),
            json!([{"name": "kernel.x"}, {"name": "net.ipv4.tcp_rmem"}]),
            "forbidden sysctls (kernel.x)",
        ),
        (
            "/spec/securityContext/windowsOptions".to_owned(),
            json!({"hostProcess": true}),
            "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
        ),
    ] {
        let pod = with(&at, &value);
        assert_eq!(judged(&pod, Level::Baseline, Version::Latest), expected);
        assert_eq!(judged(&pod, Level::Privileged, Version::Latest), "");
        // The stricter level tells of it too, once.
        let strict = violations(
            &pod,
            Standard {
                level: Level::Restricted,
                version: Version::Latest,
            },
        );
        assert_eq!(strict.len(), 1, "{strict:?}");
    }
}

#[test]
fn an_annotation_says_what_a_field_does() {
    let mut pod = restricted_pod();
    let name = "container.apparmor.security.beta.kubernetes.io/c";
    pod["metadata"]["annotations"][name] = "unconfined".into();
    assert_eq!(
        judged(&pod, Level::Baseline, Version::Latest),
        format!(
            "forbidden AppArmor profile (annotation must not set AppArmor profile type to \"{name}=\"unconfined\"\")"
        )
    );
    pod["metadata"]["annotations"][name] = "localhost/own".into();
    assert_eq!(judged(&pod, Level::Baseline, Version::Latest), "");
}

#[test]
fn each_rule_of_the_restricted_level() {
    const OWN: &str = "/spec/containers/0/securityContext";
    for (at, value, expected) in [
        (
            format!("{OWN}/allowPrivilegeEscalation"),
            json!(true),
            "allowPrivilegeEscalation != false (container \"c\" must set securityContext.allowPrivilegeEscalation=false)",
        ),
        (
            format!("{OWN}/capabilities"),
            json!({"add": ["NET_BIND_SERVICE", "CHOWN"]}),
            "unrestricted capabilities (container \"c\" must set securityContext.capabilities.drop=[\"ALL\"]; container \"c\" must not include \"CHOWN\" in securityContext.capabilities.add)",
        ),
        (
            "/spec/securityContext/runAsNonRoot".to_owned(),
            json!(false),
            "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
        ),
        (
            "/spec/securityContext/runAsNonRoot".to_owned(),
            json!(null),
            "runAsNonRoot != true (pod or container \"c\" must set securityContext.runAsNonRoot=true)",
        ),
        (
            "/spec/securityContext/seccompProfile".to_owned(),
            json!(null),
            "seccompProfile (pod or container \"c\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")",
        ),
        (
            "/spec/securityContext/runAsUser".to_owned(),
            json!(0),
            "runAsUser=0 (pod must not set runAsUser=0)",
        ),
        (
            "/spec/volumes".to_owned(),
            json!([{"name": "v", "nfs": {}}, {"name": "w", "hostPath": {}}]),
            "restricted volume types (volumes \"v\", \"w\" use restricted volume types \"hostPath\", \"nfs\")",
        ),
    ] {
        let pod = with(&at, &value);
        assert_eq!(judged(&pod, Level::Restricted, Version::Latest), expected);
    }
}

#[test]
fn rules_hold_from_their_version_on() {
    let capabilities = "/spec/containers/0/securityContext/capabilities";
    let own = |mut pod: Value| {
        pod["spec"]["hostUsers"] = false.into();
        pod
    };
    let root = own(with("/spec/securityContext/runAsUser", &json!(0)));
    let unmasked = "/spec/containers/0/securityContext/procMount";
    let unmasked = own(with(unmasked, &json!("Unmasked")));
    let windows = {
        let mut pod = with(capabilities, &json!(null));
        pod["spec"]["os"] = json!({"name": "windows"});
        pod
    };
    let probed = with(
        "/spec/containers/0/readinessProbe",
        &json!({"tcpSocket": {"host": "h"}}),
    );
    let sysctl = with(
        "/spec/securityContext/sysctls",
        &json!([{"name": "net.ipv4.tcp_rmem"}]),
    );
    let added = with(capabilities, &json!({"drop": ["ALL"], "add": ["CHOWN"]}));
    for (pod, level, breaks, keeps) in [
        (&root, Level::Restricted, 34, 35),
        (&root, Level::Restricted, 23, 22),
        (&unmasked, Level::Baseline, 34, 35),
        (&windows, Level::Restricted, 24, 25),
        (&probed, Level::Baseline, 34, 33),
        (&sysctl, Level::Baseline, 31, 32),
        (&added, Level::Restricted, 22, 21),
        (&added, Level::Restricted, 1000, 21),
    ] {
        assert_ne!(judged(pod, level, Version::Minor(breaks)), "", "{breaks}");
        assert_eq!(judged(pod, level, Version::Minor(keeps)), "", "{keeps}");
    }
    // What the baseline excuses in a user namespace, the stricter level does not.
    assert_ne!(judged(&unmasked, Level::Restricted, Version::Latest), "");
}

#[test]
fn containers_of_all_sorts_are_judged() {
    let mut pod = restricted_pod();
    pod["spec"]["initContainers"] = json!([{"name": "i"}]);
    pod["spec"]["ephemeralContainers"] = json!([{"name": "e"}]);
    assert_eq!(
        judged(&pod, Level::Restricted, Version::Latest),
        "allowPrivilegeEscalation != false (containers \"i\", \"e\" must set securityContext.allowPrivilegeEscalation=false), \
         unrestricted capabilities (containers \"i\", \"e\" must set securityContext.capabilities.drop=[\"ALL\"])"
    );
}
