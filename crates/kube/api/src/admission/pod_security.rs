//! Pod Security Standards: what pods of a namespace may ask of their machine, by the namespace's labels.

use serde_json::Value;
use wharf_kube_model::view::{items, text, text_at};

use crate::{
    answer::Fault,
    call::{Call, store_fault},
};

/// Subresources of pods by which nothing comes into a pod that its level is about. All others are judged, also those to come.
const HARMLESS: [&str; 8] = [
    "attach",
    "binding",
    "eviction",
    "exec",
    "log",
    "portforward",
    "proxy",
    "status",
];

/// Whether what is written keeps to the level of its namespace.
pub async fn judge(
    call: &Call,
    subresource: &str,
    object: &Value,
    live: Option<&Value>,
) -> Result<(), Fault> {
    let is_pod = (call.group(), call.resource.plural.as_str()) == ("", "pods");
    if !is_pod || HARMLESS.contains(&subresource) {
        return Ok(());
    }
    if live.is_some_and(|live| !matters(object, live)) {
        return Ok(());
    }
    let namespace = call.namespace().unwrap_or_default();
    let space = call
        .cluster
        .core_object("namespaces", None, namespace)
        .await;
    let space = space.map_err(store_fault)?.unwrap_or_default();
    let labels = &space["metadata"]["labels"];
    let level = |mode: &str| {
        let label = labels[format!("pod-security.kubernetes.io/{mode}")].as_str();
        label.and_then(Level::parse)
    };
    if let Some(level) = level("enforce")
        && let Some(why) = violations(object, level)
    {
        let name = text_at(object, &["metadata", "name"]);
        return Err(call.forbidden(name, &why));
    }
    if let Some(level) = level("warn")
        && let Some(why) = violations(object, level)
    {
        call.warn(format!(
            "would violate {}",
            why.trim_start_matches("violates ")
        ));
    }
    Ok(())
}

/// Whether an update may make a pod break what it kept to: it brings a container or an image. Pods that were there before their
/// namespace had its level go on otherwise.
fn matters(pod: &Value, live: &Value) -> bool {
    let same_image = |a: &Value, b: &Value| text(a, "image") == text(b, "image");
    let is_same = |list: &str| {
        let (new, old) = (items(&pod["spec"], list), items(&live["spec"], list));
        new.len() == old.len() && new.iter().zip(old).all(|(a, b)| same_image(a, b))
    };
    let debugging = items(&live["spec"], "ephemeralContainers");
    let was_there = |it: &Value| {
        let mut named = debugging
            .iter()
            .filter(|old| text(old, "name") == text(it, "name"));
        named.next().is_some_and(|old| same_image(it, old))
    };
    let brings = items(&pod["spec"], "ephemeralContainers");
    !is_same("containers") || !is_same("initContainers") || !brings.iter().all(was_there)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Privileged,
    Baseline,
    Restricted,
}

impl Level {
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "privileged" => Some(Self::Privileged),
            "baseline" => Some(Self::Baseline),
            "restricted" => Some(Self::Restricted),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// Capabilities that a container may add under the baseline: those of a container runtime.
const CAPABILITIES: [&str; 13] = [
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
];
const SYSCTLS: [&str; 10] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_syncookies",
];
const SELINUX_TYPES: [&str; 5] = [
    "",
    "container_engine_t",
    "container_init_t",
    "container_kvm_t",
    "container_t",
];
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "image",
    "persistentVolumeClaim",
    "projected",
];

/// What a pod does that its level forbids, each rule with who breaks it; `None` if it keeps to the level.
pub fn violations(pod: &Value, level: Level) -> Option<String> {
    let spec = &pod["spec"];
    let mut found = Vec::new();
    if level != Level::Privileged {
        baseline(pod, &mut found);
    }
    if level == Level::Restricted {
        restricted(spec, &mut found);
    }
    if found.is_empty() {
        return None;
    }
    let name = level.name();
    Some(format!(
        "violates PodSecurity \"{name}:latest\": {}",
        found.join(", ")
    ))
}

fn containers(spec: &Value) -> impl Iterator<Item = &Value> {
    let lists = ["initContainers", "containers", "ephemeralContainers"];
    lists
        .into_iter()
        .filter_map(|it| spec[it].as_array())
        .flatten()
}

/// The containers of which something holds, as a message names them.
fn those(spec: &Value, holds: impl Fn(&Value) -> bool) -> Option<String> {
    let found = containers(spec).filter(|it| holds(it));
    let names: Vec<String> = found
        .map(|it| format!("\"{}\"", text_at(it, &["name"])))
        .collect();
    match names.as_slice() {
        [] => None,
        [one] => Some(format!("container {one}")),
        many => Some(format!("containers {}", many.join(", "))),
    }
}

fn baseline(pod: &Value, found: &mut Vec<String>) {
    let spec = &pod["spec"];
    let shared: Vec<String> = ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .filter(|it| spec[*it] == true)
        .map(|it| format!("{it}=true"))
        .collect();
    if !shared.is_empty() {
        found.push(format!("host namespaces ({})", shared.join(", ")));
    }
    let mut tell = |rule: &str, who: Option<String>, what: &str| {
        if let Some(who) = who {
            found.push(format!("{rule} ({who} {what})"));
        }
    };
    let privileged = |it: &Value| it["securityContext"]["privileged"] == true;
    tell(
        "privileged",
        those(spec, privileged),
        "must not set securityContext.privileged=true",
    );
    let adds = |it: &Value, allowed: &[&str]| {
        let added = it["securityContext"]["capabilities"]["add"].as_array();
        let mut added = added.into_iter().flatten().filter_map(Value::as_str);
        added.any(|name| !allowed.contains(&name))
    };
    let extra = |it: &Value| adds(it, &CAPABILITIES);
    tell(
        "non-default capabilities",
        those(spec, extra),
        "must not include non-default capabilities in securityContext.capabilities.add",
    );
    let has_host_port = |it: &Value| {
        let mut ports = it["ports"].as_array().into_iter().flatten();
        ports.any(|port| port["hostPort"].as_u64().unwrap_or(0) > 0)
    };
    tell("hostPort", those(spec, has_host_port), "uses hostPorts");
    let windows = |context: &Value| context["windowsOptions"]["hostProcess"] == true;
    tell(
        "hostProcess",
        those(spec, |it| windows(&it["securityContext"])),
        "must not set securityContext.windowsOptions.hostProcess=true",
    );
    let unmasked =
        |it: &Value| !["", "Default"].contains(&text_at(it, &["securityContext", "procMount"]));
    tell(
        "procMount",
        those(spec, unmasked),
        "must not set securityContext.procMount",
    );
    let unconfined =
        |context: &Value, profile: &str| text_at(context, &[profile, "type"]) == "Unconfined";
    for (rule, profile) in [
        ("seccompProfile", "seccompProfile"),
        ("forbidden AppArmor profile", "appArmorProfile"),
    ] {
        let what = format!("must not set securityContext.{profile}.type to \"Unconfined\"");
        let pods = unconfined(&spec["securityContext"], profile).then(|| "pod".to_owned());
        tell(rule, pods, &what);
        tell(
            rule,
            those(spec, |it| unconfined(&it["securityContext"], profile)),
            &what,
        );
    }
    let odd_linux = |context: &Value| {
        let options = &context["seLinuxOptions"];
        !SELINUX_TYPES.contains(&text_at(options, &["type"]))
            || !text_at(options, &["user"]).is_empty()
            || !text_at(options, &["role"]).is_empty()
    };
    let what = "set forbidden securityContext.seLinuxOptions";
    tell(
        "seLinuxOptions",
        odd_linux(&spec["securityContext"]).then(|| "pod".to_owned()),
        what,
    );
    tell(
        "seLinuxOptions",
        those(spec, |it| odd_linux(&it["securityContext"])),
        what,
    );
    let volumes = spec["volumes"].as_array().into_iter().flatten();
    let paths: Vec<String> = volumes
        .filter(|it| it["hostPath"].is_object())
        .map(|it| format!("\"{}\"", text_at(it, &["name"])))
        .collect();
    if !paths.is_empty() {
        found.push(format!("hostPath volumes (volume {})", paths.join(", ")));
    }
    let sysctls = spec["securityContext"]["sysctls"]
        .as_array()
        .into_iter()
        .flatten();
    let odd: Vec<&str> = sysctls
        .map(|it| text_at(it, &["name"]))
        .filter(|it| !SYSCTLS.contains(it))
        .collect();
    if !odd.is_empty() {
        found.push(format!("forbidden sysctls ({})", odd.join(", ")));
    }
}

fn restricted(spec: &Value, found: &mut Vec<String>) {
    let own = &spec["securityContext"];
    let is_windows = text_at(spec, &["os", "name"]) == "windows";
    let mut tell = |rule: &str, who: Option<String>, what: &str| {
        if let Some(who) = who {
            found.push(format!("{rule} ({who} {what})"));
        }
    };
    if !is_windows {
        let may_gain = |it: &Value| it["securityContext"]["allowPrivilegeEscalation"] != false;
        tell(
            "allowPrivilegeEscalation != false",
            those(spec, may_gain),
            "must set securityContext.allowPrivilegeEscalation=false",
        );
        let keeps = |it: &Value| {
            let dropped = it["securityContext"]["capabilities"]["drop"].as_array();
            !dropped.is_some_and(|it| it.iter().any(|name| name == "ALL"))
        };
        tell(
            "unrestricted capabilities",
            those(spec, keeps),
            "must set securityContext.capabilities.drop=[\"ALL\"]",
        );
        let adds = |it: &Value| {
            let added = it["securityContext"]["capabilities"]["add"].as_array();
            added.is_some_and(|it| it.iter().any(|name| name != "NET_BIND_SERVICE"))
        };
        tell(
            "unrestricted capabilities",
            those(spec, adds),
            "must not include anything but NET_BIND_SERVICE in securityContext.capabilities.add",
        );
        let profile = |context: &Value| text_at(context, &["seccompProfile", "type"]).to_owned();
        let is_confined = |it: &str| ["RuntimeDefault", "Localhost"].contains(&it);
        let of_pod = is_confined(&profile(own));
        let open = |it: &Value| {
            let it = profile(&it["securityContext"]);
            !(is_confined(&it) || it.is_empty() && of_pod)
        };
        tell(
            "seccompProfile",
            those(spec, open).map(|who| format!("pod or {who}")),
            "must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\"",
        );
    }
    let as_root = |it: &Value| match it["securityContext"]["runAsNonRoot"].as_bool() {
        Some(said) => !said,
        None => own["runAsNonRoot"] != true,
    };
    tell(
        "runAsNonRoot != true",
        those(spec, as_root).map(|who| format!("pod or {who}")),
        "must set securityContext.runAsNonRoot=true",
    );
    let root = |context: &Value| context["runAsUser"] == 0;
    tell(
        "runAsUser=0",
        root(own).then(|| "pod".to_owned()),
        "must not set runAsUser=0",
    );
    tell(
        "runAsUser=0",
        those(spec, |it| root(&it["securityContext"])),
        "must not set runAsUser=0",
    );
    let volumes = spec["volumes"].as_array().into_iter().flatten();
    let odd = volumes.filter(|volume| {
        let kinds = volume.as_object().into_iter().flatten();
        let mut kinds = kinds.filter(|(name, _)| *name != "name");
        kinds.any(|(name, _)| !VOLUMES.contains(&name.as_str()))
    });
    let odd: Vec<String> = odd
        .map(|it| format!("\"{}\"", text_at(it, &["name"])))
        .collect();
    if !odd.is_empty() {
        found.push(format!(
            "restricted volume types (volume {})",
            odd.join(", ")
        ));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn restricted_pod() -> Value {
        json!({"spec": {
            "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{"name": "c", "securityContext": {
                "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
            }}],
            "volumes": [{"name": "v", "emptyDir": {}}],
        }})
    }

    #[test]
    fn each_rule_of_the_baseline() {
        assert_eq!(violations(&restricted_pod(), Level::Baseline), None);
        for (at, value, rule) in [
            (
                "/spec/hostPID",
                json!(true),
                "host namespaces (hostPID=true)",
            ),
            (
                "/spec/containers/0/securityContext/privileged",
                json!(true),
                "privileged (container \"c\"",
            ),
            (
                "/spec/containers/0/securityContext/capabilities/add",
                json!(["SYS_ADMIN"]),
                "non-default capabilities",
            ),
            (
                "/spec/containers/0/ports",
                json!([{"hostPort": 80}]),
                "hostPort",
            ),
            (
                "/spec/containers/0/securityContext/procMount",
                json!("Unmasked"),
                "procMount",
            ),
            (
                "/spec/securityContext/seccompProfile",
                json!({"type": "Unconfined"}),
                "seccompProfile",
            ),
            (
                "/spec/securityContext/seLinuxOptions",
                json!({"user": "x"}),
                "seLinuxOptions",
            ),
            (
                "/spec/volumes",
                json!([{"name": "v", "hostPath": {"path": "/"}}]),
                "hostPath volumes (volume \"v\")",
            ),
            (
                "/spec/securityContext/sysctls",
                json!([{"name": "kernel.x"}]),
                "forbidden sysctls (kernel.x)",
            ),
        ] {
            let mut pod = restricted_pod();
            set(&mut pod, at, value);
            let why = violations(&pod, Level::Baseline).expect(rule);
            assert!(why.contains(rule), "{why}");
            assert_eq!(violations(&pod, Level::Privileged), None);
        }
    }

    #[test]
    fn each_rule_of_the_restricted_level() {
        assert_eq!(violations(&restricted_pod(), Level::Restricted), None);
        for (at, value, rule) in [
            (
                "/spec/containers/0/securityContext/allowPrivilegeEscalation",
                json!(true),
                "allowPrivilegeEscalation != false",
            ),
            (
                "/spec/containers/0/securityContext/capabilities/drop",
                json!([]),
                "unrestricted capabilities",
            ),
            (
                "/spec/containers/0/securityContext/capabilities/add",
                json!(["CHOWN"]),
                "unrestricted capabilities",
            ),
            (
                "/spec/securityContext/runAsNonRoot",
                json!(false),
                "runAsNonRoot != true",
            ),
            (
                "/spec/securityContext/seccompProfile",
                json!({}),
                "seccompProfile",
            ),
            ("/spec/securityContext/runAsUser", json!(0), "runAsUser=0"),
            (
                "/spec/volumes",
                json!([{"name": "v", "nfs": {}}]),
                "restricted volume types (volume \"v\")",
            ),
        ] {
            let mut pod = restricted_pod();
            set(&mut pod, at, value);
            let why = violations(&pod, Level::Restricted).expect(rule);
            assert!(why.contains(rule), "{why}");
        }
    }

    fn set(pod: &mut Value, at: &str, value: Value) {
        let (parent, name) = at.rsplit_once('/').unwrap();
        pod.pointer_mut(parent).unwrap()[name] = value;
    }
}
