//! The service account of a pod: its name, its token in the containers, its secrets for pulling images.

use serde_json::{Value, json};
use wharf_kube_model::view::text_at;

const MOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// An hour and some seconds: how tokens that the server itself asked for are told from others.
const TOKEN_SECONDS: u64 = 3607;

/// A pod that a node tells of, which no controller made.
pub fn is_mirror(pod: &Value) -> bool {
    pod["metadata"]["annotations"]["kubernetes.io/config.mirror"].is_string()
}

pub fn name(pod: &Value) -> &str {
    match text_at(pod, &["spec", "serviceAccountName"]) {
        "" => "default",
        name => name,
    }
}

/// `suffix` makes the volume's name one that no user's volume has.
pub fn add(pod: &mut Value, name: &str, account: &Value, suffix: &str) {
    let spec = &mut pod["spec"];
    spec["serviceAccountName"] = name.into();
    spec["serviceAccount"] = name.into();
    let has_secrets = spec["imagePullSecrets"]
        .as_array()
        .is_some_and(|it| !it.is_empty());
    if let Some(secrets) = account.get("imagePullSecrets").filter(|_| !has_secrets) {
        spec["imagePullSecrets"] = secrets.clone();
    }
    let own = &spec["automountServiceAccountToken"];
    let own = own
        .as_bool()
        .or(account["automountServiceAccountToken"].as_bool());
    if own.unwrap_or(true) {
        mount(spec, suffix);
    }
}

fn mount(spec: &mut Value, suffix: &str) {
    let volumes = spec["volumes"].as_array().into_iter().flatten();
    let mut names = volumes.map(|it| text_at(it, &["name"]));
    let own = names
        .find(|it| it.starts_with("kube-api-access-"))
        .map(str::to_owned);
    let volume = own
        .clone()
        .unwrap_or_else(|| format!("kube-api-access-{suffix}"));
    let mut is_mounted = false;
    for list in ["containers", "initContainers"] {
        for container in spec[list].as_array_mut().into_iter().flatten() {
            if !container["volumeMounts"].is_array() {
                container["volumeMounts"] = json!([]);
            }
            let Some(mounts) = container["volumeMounts"].as_array_mut() else {
                continue;
            };
            if mounts.iter().any(|it| it["mountPath"] == MOUNT) {
                continue;
            }
            is_mounted = true;
            mounts.push(json!({"name": volume, "readOnly": true, "mountPath": MOUNT}));
        }
        if spec[list].is_null()
            && let Some(spec) = spec.as_object_mut()
        {
            spec.shift_remove(list);
        }
    }
    if !is_mounted || own.is_some() {
        return;
    }
    if !spec["volumes"].is_array() {
        spec["volumes"] = json!([]);
    }
    if let Some(volumes) = spec["volumes"].as_array_mut() {
        volumes.push(token_volume(&volume));
    }
}

fn token_volume(name: &str) -> Value {
    json!({
        "name": name,
        "projected": {
            "sources": [
                {"serviceAccountToken": {"expirationSeconds": TOKEN_SECONDS, "path": "token"}},
                {"configMap": {
                    "name": "kube-root-ca.crt",
                    "items": [{"key": "ca.crt", "path": "ca.crt"}],
                }},
                {"downwardAPI": {"items": [{
                    "path": "namespace",
                    "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"},
                }]}},
            ],
            "defaultMode": 420,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(spec: Value) -> Value {
        json!({"metadata": {"name": "x"}, "spec": spec})
    }

    #[test]
    fn every_container_gets_the_token_once() {
        let mounted = json!({"name": "b", "volumeMounts": [{"name": "own", "mountPath": MOUNT}]});
        let mut it =
            pod(json!({"containers": [{"name": "a"}, mounted], "initContainers": [{"name": "i"}]}));
        add(
            &mut it,
            "default",
            &json!({"imagePullSecrets": [{"name": "s"}]}),
            "abcde",
        );
        let spec = &it["spec"];
        for (list, at, expected) in [
            ("containers", 0, "kube-api-access-abcde"),
            ("containers", 1, "own"),
            ("initContainers", 0, "kube-api-access-abcde"),
        ] {
            assert_eq!(spec[list][at]["volumeMounts"][0]["name"], expected);
        }
        assert_eq!(spec["volumes"].as_array().unwrap().len(), 1);
        assert_eq!(spec["imagePullSecrets"][0]["name"], "s");
        assert_eq!(spec["serviceAccountName"], "default");
    }

    #[test]
    fn who_wants_none_gets_none() {
        // What the pod says counts, then what its account says.
        for (of_pod, of_account, expected) in [
            (None, None, true),
            (None, Some(true), true),
            (None, Some(false), false),
            (Some(true), None, true),
            (Some(true), Some(true), true),
            (Some(true), Some(false), true),
            (Some(false), None, false),
            (Some(false), Some(true), false),
            (Some(false), Some(false), false),
        ] {
            let mut it = pod(json!({"containers": [{"name": "a"}]}));
            let mut account = json!({});
            if let Some(of_pod) = of_pod {
                it["spec"]["automountServiceAccountToken"] = of_pod.into();
            }
            if let Some(of_account) = of_account {
                account["automountServiceAccountToken"] = of_account.into();
            }
            add(&mut it, "default", &account, "abcde");
            assert_eq!(it["spec"]["volumes"].is_array(), expected);
        }
    }
}
