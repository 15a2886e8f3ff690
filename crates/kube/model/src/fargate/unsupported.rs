//! What pods cannot have on Fargate, in the words of its scheduler.

use serde_json::Value;

use super::Size;
use crate::view::{items, text};

/// Kinds of volumes that there are.
const VOLUMES: [&str; 5] = [
    "configMap",
    "downwardAPI",
    "emptyDir",
    "projected",
    "secret",
];
/// Resources that can be requested.
const RESOURCES: [&str; 3] = ["cpu", "ephemeral-storage", "memory"];

/// Why a pod does not run on Fargate; such a pod waits for ever.
pub fn unsupported(pod: &Value) -> Option<String> {
    let spec = &pod["spec"];
    let mut all = Vec::new();
    let flags = [
        ("hostNetwork", "HostNetwork"),
        ("hostPID", "HostPID"),
        ("hostIPC", "HostIPC"),
    ];
    let flags = flags.iter().filter(|(member, _)| spec[*member] == true);
    push(&mut all, "fields not supported: ", flags.map(|it| it.1));
    let containers = || {
        ["initContainers", "containers"]
            .map(|it| items(spec, it))
            .into_iter()
            .flatten()
    };
    let mut security = Vec::new();
    if containers().any(|it| it["securityContext"]["privileged"] == true) {
        security.push("Privileged".to_owned());
    }
    let capabilities =
        containers().flat_map(|it| items(&it["securityContext"]["capabilities"], "add"));
    let capabilities: Vec<&str> = capabilities.filter_map(Value::as_str).collect();
    if !capabilities.is_empty() {
        security.push(format!("Capabilities added: {}", capabilities.join(", ")));
    }
    push(
        &mut all,
        "invalid SecurityContext fields: ",
        security.iter().map(String::as_str),
    );
    let volumes = items(spec, "volumes")
        .iter()
        .filter(|it| !has_known_kind(it));
    let volumes: Vec<String> = volumes
        .map(|it| format!("{} is of an unsupported volume Type", text(it, "name")))
        .collect();
    push(
        &mut all,
        "volumes not supported: ",
        volumes.iter().map(String::as_str),
    );
    let mut ports = containers().flat_map(|it| items(it, "ports"));
    if ports.any(|it| {
        it["hostPort"].as_i64().is_some_and(|it| it != 0) || !text(it, "hostIP").is_empty()
    }) {
        all.push("port contains HostIP or HostPort".to_owned());
    }
    let asked = containers().flat_map(|it| {
        let of = &it["resources"];
        let both = [&of["requests"], &of["limits"]].into_iter();
        both.filter_map(Value::as_object).flat_map(|it| it.keys())
    });
    let mut asked: Vec<&str> = asked
        .map(String::as_str)
        .filter(|it| !RESOURCES.contains(it))
        .collect();
    asked.sort_unstable();
    asked.dedup();
    push(&mut all, "resources not supported: ", asked.into_iter());
    let owners = items(&pod["metadata"], "ownerReferences");
    if owners.iter().any(|it| it["kind"] == "DaemonSet") {
        all.push("DaemonSet not supported".to_owned());
    }
    if let Err(error) = Size::of(pod) {
        all.push(error.to_string());
    }
    (!all.is_empty()).then(|| format!("Pod not supported on Fargate: {}", all.join(", ")))
}

fn push<'a>(all: &mut Vec<String>, head: &str, found: impl Iterator<Item = &'a str>) {
    let found: Vec<&str> = found.collect();
    if !found.is_empty() {
        all.push(format!("{head}{}", found.join(", ")));
    }
}

fn has_known_kind(volume: &Value) -> bool {
    let members = volume.as_object().into_iter().flatten();
    let mut kinds = members.filter(|(name, of)| *name != "name" && !of.is_null());
    kinds.all(|(kind, _)| VOLUMES.contains(&kind.as_str()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_cannot_be_had_is_named() {
        for (spec, expected) in [
            (
                json!({"containers": [{"name": "a", "ports": [{"containerPort": 80}]}],
                "volumes": [{"name": "e", "emptyDir": {}}, {"name": "p", "projected": {}}]}),
                None,
            ),
            (
                json!({"hostNetwork": true, "containers": [{"name": "a", "securityContext": {"privileged": true},
                "ports": [{"hostPort": 80}]}]}),
                Some(
                    "fields not supported: HostNetwork, invalid SecurityContext fields: Privileged, port contains HostIP or HostPort",
                ),
            ),
            (
                json!({"volumes": [{"name": "d", "hostPath": {"path": "/"}}]}),
                Some("volumes not supported: d is of an unsupported volume Type"),
            ),
            (
                json!({"containers": [{"securityContext": {"capabilities": {"add": ["CAP_CHOWN"]}}}]}),
                Some("invalid SecurityContext fields: Capabilities added: CAP_CHOWN"),
            ),
            (
                json!({"containers": [{"resources": {"limits": {"nvidia.com/gpu": 1}}}]}),
                Some("resources not supported: nvidia.com/gpu"),
            ),
            (
                json!({"containers": [{"resources": {"requests": {"cpu": 17}}}]}),
                Some(
                    "resources requested are more than 16 vCPU, 120 GB of memory or 175 GiB of ephemeral storage",
                ),
            ),
        ] {
            let found = unsupported(&json!({"spec": spec}));
            let expected = expected.map(|it| format!("Pod not supported on Fargate: {it}"));
            assert_eq!(found, expected, "{spec}");
        }
        let of_set = json!({"metadata": {"ownerReferences": [{"kind": "DaemonSet"}]}, "spec": {}});
        let why = "Pod not supported on Fargate: DaemonSet not supported";
        assert_eq!(unsupported(&of_set).as_deref(), Some(why));
    }
}
