//! What a pod asks for that this node does not have. It is refused by name in the pod's status: nothing is left out in silence. Pure.

use wharf_container::spec::{capability_beyond, instances_have, parse_signal};

use crate::{
    disks, env, host_paths, host_ports,
    machine::Lent,
    names, objects,
    pod::{Container, Handler, Pod, PodSpec, Probe, Profile, Volume, VolumeDevice, VolumeMount},
};

/// The reason of the status of such a pod.
pub const REASON: &str = "UnsupportedByNode";

/// What a container may add to the capabilities that each has, as of ECS on Fargate: for who looks into a pod. It reaches no process
/// outside of the pod's user namespace.
const CAPABILITIES: [&str; 1] = ["SYS_PTRACE"];

/// Parameters of the kernel that are a pod's own, and hurt nobody else: upstream's safe ones.
const SYSCTLS: [&str; 12] = [
    "kernel.shm_rmid_forced",
    "net.ipv4.ip_local_port_range",
    "net.ipv4.ip_local_reserved_ports",
    "net.ipv4.ip_unprivileged_port_start",
    "net.ipv4.ping_group_range",
    "net.ipv4.tcp_fin_timeout",
    "net.ipv4.tcp_keepalive_intvl",
    "net.ipv4.tcp_keepalive_probes",
    "net.ipv4.tcp_keepalive_time",
    "net.ipv4.tcp_rmem",
    "net.ipv4.tcp_syncookies",
    "net.ipv4.tcp_wmem",
];

/// Those of a network, or of IPC, are the node's where the pod has that of its node.
fn may_set(name: &str, spec: &PodSpec) -> bool {
    let is_of_node = spec.host_network && name.starts_with("net.")
        || spec.host_ipc && name.starts_with("kernel.shm");
    SYSCTLS.contains(&name) && !is_of_node
}

/// What a node has that not every one does.
#[derive(Debug, Clone, Copy)]
pub struct Node<'a> {
    pub address: &'a str,
    pub has_host_paths: bool,
    pub lent: Lent,
}

/// The first thing that cannot be had, in words.
pub fn refused(pod: &Pod, node: Node<'_>) -> Option<String> {
    let spec = &pod.spec;
    let shares_node = spec.host_network && node.has_host_paths;
    let flags = [
        // They belong to the user namespace of the instance, in which a pod is that has its network.
        (spec.host_pid && !shares_node, "hostPID without hostNetwork"),
        (spec.host_ipc && !shares_node, "hostIPC without hostNetwork"),
        (
            spec.host_users == Some(false) && spec.host_network,
            "hostUsers: false with hostNetwork",
        ),
        (
            spec.host_network && names::override_of(pod).is_some(),
            "hostnameOverride with hostNetwork",
        ),
        (spec.runtime_class_name.is_some(), "runtimeClassName"),
        (!spec.resource_claims.is_empty(), "resourceClaims"),
        (!spec.resources.claims.is_empty(), "resources.claims"),
    ];
    if let Some((_, name)) = flags.iter().find(|(asked, _)| *asked) {
        return Some(not_here(&format!("spec.{name}")));
    }
    let whole = &spec.resources;
    let mut named = whole.limits.keys().chain(whole.requests.keys());
    if let Some(other) = named.find(|it| !["cpu", "memory"].contains(&it.as_str())) {
        return Some(not_here(&format!("spec.resources: {other}")));
    }
    let mut sysctls = spec.security_context.sysctls.iter();
    if let Some(other) = sysctls.find(|it| !may_set(&it.dotted(), spec)) {
        let what = format!("spec.securityContext.sysctls: {}", other.name);
        return Some(not_here(&what));
    }
    if let Some(what) = too_large(&numbers_of_pod(spec)) {
        return Some(not_here(&format!("spec.securityContext: {what}")));
    }
    let seccomp = &spec.security_context.seccomp_profile;
    if let Some(text) = profile("spec.securityContext", seccomp, node) {
        return Some(text);
    }
    let mut paths = host_paths::of(pod);
    if spec.host_users == Some(false) && paths.next().is_some() {
        return Some(not_here("spec.hostUsers: false with hostPath"));
    }
    let volumes = spec.volumes.iter().find_map(|it| volume(it, node));
    volumes.or_else(|| {
        let mut all = pod.all_containers();
        all.find_map(|it| refused_container(pod, it, node))
    })
}

/// A user namespace has as many users and groups, and each pod is in one.
const LARGEST_NUMBER: i64 = 65_535;

/// What a number is of, and the number.
type Number = (&'static str, i64);

fn numbers_of_pod(spec: &PodSpec) -> Vec<Number> {
    let whole = &spec.security_context;
    let own = numbers(whole.run_as_user, whole.run_as_group);
    let of_volumes = whole.fs_group.map(|it| ("fsGroup", it.into()));
    let more = whole.supplemental_groups.iter();
    let more = more.map(|it| ("supplementalGroups", (*it).into()));
    own.chain(of_volumes).chain(more).collect()
}

fn numbers(user: Option<i64>, group: Option<i64>) -> impl Iterator<Item = Number> {
    let user = user.map(|it| ("runAsUser", it));
    user.into_iter().chain(group.map(|it| ("runAsGroup", it)))
}

fn too_large(all: &[Number]) -> Option<String> {
    let (of, number) = all.iter().find(|(_, it)| *it > LARGEST_NUMBER)?;
    Some(format!("{of} {number} (above {LARGEST_NUMBER})"))
}

/// The same of a container that is added to a pod that runs: such a one alone is left out. `at`: how many there are before it.
pub fn refused_ephemeral(pod: &Pod, of: &Container, at: usize, node: Node<'_>) -> Option<String> {
    if at >= MOST_EPHEMERAL {
        let why = format!("more than {MOST_EPHEMERAL} ephemeral containers of a pod");
        return Some(not_here(&why));
    }
    let followed = objects::references(pod);
    let mut own = objects::of_environment(of).into_iter();
    if own.any(|it| !followed.contains(&it)) {
        let what = "env from what no other container of the pod refers to";
        return Some(not_here(&format!("container \"{}\": {what}", of.name)));
    }
    refused_container(pod, of, node)
}

/// Each stays as long as its pod.
const MOST_EPHEMERAL: usize = 16;

fn not_here(what: &str) -> String {
    format!("{what} is not supported by this node")
}

/// A text that names the word of `--allow` by which the operator of a machine lends it.
fn but_for(word: &str, refused: String) -> String {
    format!("{refused}; starting its machine with --allow {word} would")
}

/// The first capability that a container adds and cannot have.
fn capability(of: &Container, node: Node<'_>) -> Option<String> {
    let change = of.security_context.capabilities.as_ref()?;
    let is_lent = |name: &&String| node.lent.capabilities && instances_have(name);
    let added = change.add.iter().filter(|it| !is_lent(it)).cloned();
    let added: Vec<String> = added.collect();
    let name = capability_beyond(&added, &CAPABILITIES)?;
    let shown = name.to_ascii_uppercase();
    let shown = shown.trim_start_matches("CAP_");
    let text = not_here(&format!(
        "container \"{}\": the capability {shown}",
        of.name
    ));
    Some(match instances_have(name) {
        true => but_for("pod-capabilities", text),
        false => text,
    })
}

fn profile(of: &str, profile: &Option<Profile>, node: Node<'_>) -> Option<String> {
    let kind = profile.as_ref()?.kind.as_str();
    let refused = not_here(&format!("{of}.seccompProfile of type {kind}"));
    match kind {
        "RuntimeDefault" => None,
        // A file of the node's.
        "Localhost" if node.has_host_paths => None,
        "Unconfined" if node.lent.all_calls => None,
        "Unconfined" => Some(but_for("unconfined-pods", refused)),
        _ => Some(refused),
    }
}

fn volume(of: &Volume, node: Node<'_>) -> Option<String> {
    let told = |what: &str| Some(not_here(&format!("volume \"{}\": {what}", of.name)));
    if let Some(path) = &of.host_path {
        if !node.has_host_paths {
            return told("hostPath");
        }
        if host_paths::Wanted::of(path).is_none() {
            return told("hostPath of an unknown type");
        }
    }
    if let Some(kind) = of.others.keys().next() {
        return told(kind);
    }
    if let Some(dir) = &of.empty_dir {
        match dir.medium.as_deref() {
            Some("Memory") => {}
            None | Some("") => {}
            Some(_) => return told("emptyDir with a medium other than Memory"),
        }
    }
    let projections = of.projected.iter().flat_map(|it| &it.sources);
    let mut others = projections.flat_map(|it| it.others.keys());
    others
        .next()
        .and_then(|kind| told(&format!("projected {kind}")))
}

/// The same of one container. It is asked again before each begins: its machine may lend less than when its pod was taken.
pub fn refused_container(pod: &Pod, of: &Container, node: Node<'_>) -> Option<String> {
    let told = |what: &str| Some(not_here(&format!("container \"{}\": {what}", of.name)));
    let security = &of.security_context;
    let is_privileged = security.privileged == Some(true);
    let own: Vec<Number> = numbers(security.run_as_user, security.run_as_group).collect();
    if let Some(what) = too_large(&own) {
        return told(&what);
    }
    let mount = security.proc_mount.as_deref().unwrap_or_default();
    let privileges = [
        (is_privileged, "privileged"),
        (mount == "Unmasked", "procMount: Unmasked"),
    ];
    let mut privileges = privileges.iter().filter(|_| !node.lent.privileges);
    if let Some((_, name)) = privileges.find(|(asked, _)| *asked) {
        let text = not_here(&format!("container \"{}\": {name}", of.name));
        return Some(but_for("privileged-pods", text));
    }
    let flags = [
        (
            !matches!(mount, "" | "Default" | "Unmasked"),
            "an unknown procMount",
        ),
        (!of.resources.claims.is_empty(), "resources.claims"),
        (
            of.lifecycle
                .iter()
                .flat_map(|it| &it.stop_signal)
                .any(|it| parse_signal(it).is_err()),
            "lifecycle.stopSignal of an unknown name",
        ),
        (
            of.restart_policy.is_some() && !of.is_sidecar(),
            "a restartPolicy of its own other than Always",
        ),
        (
            of.restart_policy.is_some() && pod.spec.containers.iter().any(|it| it.name == of.name),
            "a restartPolicy of its own outside of initContainers",
        ),
        (!of.restart_policy_rules.is_empty(), "restartPolicyRules"),
    ];
    if let Some((_, name)) = flags.iter().find(|(asked, _)| *asked) {
        return told(name);
    }
    let elsewhere = |it: &&VolumeDevice| disks::device_name(&it.device_path).is_none();
    if let Some(it) = of.volume_devices.iter().find(elsewhere) {
        return told(&format!("volumeDevices at {}", it.device_path));
    }
    let mut ports = of.ports.iter().filter(|_| !pod.spec.host_network);
    if let Some(what) = ports.find_map(|it| host_ports::refused(it, node.address)) {
        return told(what);
    }
    if !is_privileged && let Some(text) = capability(of, node) {
        return Some(text);
    }
    let at = format!("container \"{}\": securityContext", of.name);
    if let Some(text) = profile(&at, &security.seccomp_profile, node) {
        return Some(text);
    }
    let known = ["cpu", "memory", "ephemeral-storage"];
    let mut named = of
        .resources
        .limits
        .keys()
        .chain(of.resources.requests.keys());
    if let Some(other) = named.find(|it| !known.contains(&it.as_str()) && !is_extended(it)) {
        return told(&format!("the resource {other}"));
    }
    if of
        .env
        .iter()
        .filter_map(|it| it.value_from.as_ref())
        .any(|it| it.file_key_ref.is_some())
    {
        return told("env from fileKeyRef");
    }
    let facts = env::Facts::default();
    let paths = of
        .env
        .iter()
        .filter_map(|it| it.value_from.as_ref()?.field_ref.as_ref());
    if let Some(path) = paths
        .map(|it| &it.field_path)
        .find(|it| env::field(pod, it, &facts).is_none())
    {
        return told(&format!("the field {path}"));
    }
    let propagates = |it: &&VolumeMount| {
        it.mount_propagation
            .as_deref()
            .is_some_and(|it| it != "None")
    };
    if of.volume_mounts.iter().any(|it| propagates(&it)) {
        return told("mountPropagation");
    }
    // Of the node's folders, what is mounted below comes along as it is. In other volumes nothing is mounted, so that they are
    // read-only throughout where they are so at all.
    let wants_all = |it: &&VolumeMount| {
        let is_of_node = pod
            .volume(&it.name)
            .is_some_and(|it| it.host_path.is_some());
        is_of_node && it.recursive_read_only.as_deref() == Some("Enabled")
    };
    if of.volume_mounts.iter().any(|it| wants_all(&it)) {
        return told("recursiveReadOnly: Enabled of a hostPath");
    }
    let probes = [&of.liveness_probe, &of.readiness_probe, &of.startup_probe];
    let mut probes = probes.into_iter().flatten();
    let unknown = |it: &Probe| !knows(&it.handler) && it.handler.grpc.is_none();
    if probes.any(unknown) {
        return told("a probe of a kind other than exec, httpGet, tcpSocket and grpc");
    }
    let hooks = of
        .lifecycle
        .iter()
        .flat_map(|it| it.post_start.iter().chain(&it.pre_stop));
    let unknown = |it: &Handler| !knows(it) && it.sleep.is_none();
    if hooks.into_iter().any(unknown) {
        return told("a hook of a kind other than exec, httpGet, tcpSocket and sleep");
    }
    None
}

/// What somebody says a node has, in its status: the scheduler counts it, and there is nothing to hand over.
pub fn is_extended(resource: &str) -> bool {
    resource
        .split_once('/')
        .is_some_and(|(domain, _)| !domain.ends_with("kubernetes.io"))
}

fn knows(handler: &Handler) -> bool {
    handler.http_get.is_some() || handler.exec.is_some() || handler.tcp_socket.is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of(spec: Value) -> Option<String> {
        let pod = Pod::read(&json!({"metadata": {"name": "p"}, "spec": spec}));
        let node = Node {
            address: "10.0.0.9",
            has_host_paths: true,
            lent: Lent::default(),
        };
        refused(&pod.unwrap(), node)
    }

    #[test]
    fn paths_of_a_node_that_has_none_are_refused() {
        let spec = json!({"volumes": [{"name": "d", "hostPath": {"path": "/x"}}]});
        let pod = Pod::read(&json!({"metadata": {"name": "p"}, "spec": spec})).unwrap();
        let node = |has_host_paths| Node {
            address: "10.0.0.9",
            has_host_paths,
            lent: Lent::default(),
        };
        assert_eq!(refused(&pod, node(true)), None);
        assert_eq!(
            refused(&pod, node(false)).as_deref(),
            Some("volume \"d\": hostPath is not supported by this node")
        );
    }

    #[test]
    fn profiles_of_system_calls_are_had_where_they_can_be() {
        let with = |kind: &str, has_host_paths: bool, all_calls: bool| {
            let spec = json!({"securityContext": {"seccompProfile": {"type": kind}}});
            let pod = Pod::read(&json!({"metadata": {"name": "p"}, "spec": spec})).unwrap();
            let node = Node {
                address: "10.0.0.9",
                has_host_paths,
                lent: Lent {
                    all_calls,
                    ..Lent::default()
                },
            };
            refused(&pod, node).is_none()
        };
        assert!(with("Localhost", true, false) && !with("Localhost", false, true));
        assert!(with("Unconfined", false, true) && !with("Unconfined", true, false));
        assert!(!with("Other", true, true));
    }

    #[test]
    fn capabilities_of_instances_are_lent() {
        let with = |add: Value, capabilities: bool| {
            let container = json!({"name": "a", "securityContext": {"capabilities": {"add": add}}});
            let spec = json!({"containers": [container]});
            let pod = Pod::read(&json!({"metadata": {"name": "p"}, "spec": spec})).unwrap();
            let node = Node {
                address: "10.0.0.9",
                has_host_paths: true,
                lent: Lent {
                    capabilities,
                    ..Lent::default()
                },
            };
            refused(&pod, node)
        };
        let anyway = || json!(["CAP_CHOWN", "SYS_PTRACE", "net_raw"]);
        assert_eq!(with(anyway(), false), None);
        let lent = || json!(["CHOWN", "cap_net_admin", "ALL", "SYS_ADMIN"]);
        assert_eq!(with(lent(), true), None);
        let said = |name: &str, more: &str| {
            let text = format!(
                "container \"a\": the capability {name} is not supported by this node{more}"
            );
            Some(text)
        };
        let flag = "; starting its machine with --allow pod-capabilities would";
        assert_eq!(with(lent(), false), said("NET_ADMIN", flag));
        assert_eq!(with(json!(["all"]), false), said("ALL", flag));
        // What no instance has is nobody's to lend.
        for capabilities in [false, true] {
            let beyond = json!(["CHOWN", "SYS_TIME"]);
            assert_eq!(with(beyond, capabilities), said("SYS_TIME", ""));
            assert_eq!(with(json!(["FLY"]), capabilities), said("FLY", ""));
        }
    }

    #[test]
    fn rights_of_an_instances_root_are_lent_as_one() {
        let with = |security: Value, privileges: bool| {
            let container = json!({"name": "a", "securityContext": security});
            let spec = json!({"hostNetwork": true, "hostPID": true, "hostIPC": true, "containers": [container]});
            let pod = Pod::read(&json!({"metadata": {"name": "p"}, "spec": spec})).unwrap();
            let node = Node {
                address: "10.0.0.9",
                has_host_paths: true,
                lent: Lent {
                    privileges,
                    ..Lent::default()
                },
            };
            refused(&pod, node).is_none()
        };
        assert!(
            with(json!({}), false),
            "the instance's are the instance's to share"
        );
        for security in [
            json!({"privileged": true, "capabilities": {"add": ["SYS_TIME"]}}),
            json!({"procMount": "Unmasked"}),
        ] {
            assert!(with(security.clone(), true) && !with(security, false));
        }
        let added = json!({"capabilities": {"add": ["NET_ADMIN"]}});
        assert!(!with(added, true), "they have a word of their own");
    }

    #[test]
    fn ordinary_pods_are_taken() {
        let spec = json!({"containers": [{"name": "a", "resources": {"limits": {"cpu": 1, "example.com/foo": 1}},
            "livenessProbe": {"httpGet": {"port": 80, "scheme": "HTTP"}}, "readinessProbe": {"grpc": {"port": 81}}, "stdin": true,
            "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}],
            "volumes": [{"name": "e", "emptyDir": {}}, {"name": "l", "emptyDir": {"sizeLimit": "1Mi"}}, {"name": "m", "emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}, {"name": "p", "projected": {"sources": [
                {"serviceAccountToken": {"path": "token"}}]}}]});
        assert_eq!(of(spec), None);
        let safe = json!({"securityContext": {"sysctls": [{"name": "net/ipv4/tcp_syncookies", "value": "1"}]}});
        assert_eq!(of(safe), None);
        let mount = |name: &str, all: &str| json!({"name": name, "mountPath": "/v", "readOnly": true, "recursiveReadOnly": all});
        let all = json!({"volumes": [{"name": "e", "emptyDir": {}}, {"name": "d", "hostPath": {"path": "/x"}}],
            "containers": [{"name": "a", "volumeMounts": [mount("e", "Enabled"), mount("d", "IfPossible")]}],
            "initContainers": [{"name": "s", "restartPolicy": "Always"}]});
        assert_eq!(of(all), None);
        let private = json!({"imagePullSecrets": [{"name": "s"}], "containers": [{"name": "a"}]});
        assert_eq!(of(private), None);
    }

    #[test]
    fn a_container_that_is_added_is_refused_alone() {
        let added = json!([
            {"name": "b", "securityContext": {"capabilities": {"add": ["SYS_PTRACE"]}}},
            {"name": "c", "securityContext": {"privileged": true}},
            {"name": "d", "env": [{"name": "E", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]},
        ]);
        let spec = json!({"containers": [{"name": "a"}], "ephemeralContainers": added});
        assert_eq!(of(spec.clone()), None);
        let pod = Pod::read(&json!({"metadata": {"name": "p"}, "spec": spec})).unwrap();
        let node = Node {
            address: "10.0.0.9",
            has_host_paths: true,
            lent: Lent::default(),
        };
        let said =
            |at: usize| refused_ephemeral(&pod, &pod.spec.ephemeral_containers[at], at, node);
        assert_eq!(said(0), None);
        let privileged = "container \"c\": privileged is not supported by this node; starting its machine with --allow privileged-pods would";
        assert_eq!(said(1).as_deref(), Some(privileged));
        let env = "container \"d\": env from what no other container of the pod refers to is not supported by this node";
        assert_eq!(said(2).as_deref(), Some(env));
        let many = refused_ephemeral(&pod, &pod.spec.ephemeral_containers[0], 16, node);
        assert!(
            many.unwrap()
                .starts_with("more than 16 ephemeral containers")
        );
    }

    #[test]
    fn what_is_not_here_is_named() {
        for (spec, text) in [
            (
                json!({"securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]}}),
                "spec.securityContext.sysctls: kernel.msgmax is not supported by this node",
            ),
            (
                json!({"hostNetwork": true, "securityContext": {"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]}}),
                "spec.securityContext.sysctls: net.ipv4.tcp_syncookies is not supported by this node",
            ),
            (
                json!({"containers": [{"name": "a", "securityContext": {"seccompProfile": {"type": "Unconfined"}}}]}),
                "container \"a\": securityContext.seccompProfile of type Unconfined is not supported by this node; starting its machine with --allow unconfined-pods would",
            ),
            (
                json!({"securityContext": {"fsGroup": 65_535, "supplementalGroups": [1, 70_000]}}),
                "spec.securityContext: supplementalGroups 70000 (above 65535) is not supported by this node",
            ),
            (
                json!({"containers": [{"name": "a", "securityContext": {"runAsUser": 65_536}}]}),
                "container \"a\": runAsUser 65536 (above 65535) is not supported by this node",
            ),
            (
                json!({"hostPID": true}),
                "spec.hostPID without hostNetwork is not supported by this node",
            ),
            (
                json!({"hostNetwork": true, "hostIPC": true, "securityContext": {"sysctls": [{"name": "kernel.shm_rmid_forced", "value": "1"}]}}),
                "spec.securityContext.sysctls: kernel.shm_rmid_forced is not supported by this node",
            ),
            (
                json!({"resources": {"limits": {"cpu": 1, "hugepages-2Mi": "4Mi"}}}),
                "spec.resources: hugepages-2Mi is not supported by this node",
            ),
            (
                json!({"hostNetwork": true, "hostnameOverride": "db"}),
                "spec.hostnameOverride with hostNetwork is not supported by this node",
            ),
            (
                json!({"hostUsers": false, "volumes": [{"name": "d", "hostPath": {"path": "/x"}}]}),
                "spec.hostUsers: false with hostPath is not supported by this node",
            ),
            (
                json!({"volumes": [{"name": "d", "hostPath": {"path": "/x", "type": "Fifo"}}]}),
                "volume \"d\": hostPath of an unknown type is not supported by this node",
            ),
            (
                json!({"volumes": [{"name": "d", "nfs": {"server": "x", "path": "/"}}]}),
                "volume \"d\": nfs is not supported by this node",
            ),
            (
                json!({"volumes": [{"name": "d", "emptyDir": {"medium": "HugePages"}}]}),
                "volume \"d\": emptyDir with a medium other than Memory is not supported by this node",
            ),
            (
                json!({"containers": [{"name": "a", "securityContext": {"privileged": true}}]}),
                "container \"a\": privileged is not supported by this node; starting its machine with --allow privileged-pods would",
            ),
            (
                json!({"containers": [{"name": "a", "securityContext": {"procMount": "Unmasked"}}]}),
                "container \"a\": procMount: Unmasked is not supported by this node; starting its machine with --allow privileged-pods would",
            ),
            (
                json!({"containers": [{"name": "a", "securityContext": {"procMount": "Other"}}]}),
                "container \"a\": an unknown procMount is not supported by this node",
            ),
            (
                json!({"containers": [{"name": "a", "volumeDevices": [{"name": "d", "devicePath": "/data"}]}]}),
                "container \"a\": volumeDevices at /data is not supported by this node",
            ),
            (
                json!({"containers": [{"name": "a", "restartPolicy": "Always"}]}),
                "container \"a\": a restartPolicy of its own outside of initContainers is not supported by this node",
            ),
            (
                json!({"initContainers": [{"name": "a", "restartPolicyRules": [{"action": "Restart"}]}]}),
                "container \"a\": restartPolicyRules is not supported by this node",
            ),
            (
                json!({"volumes": [{"name": "d", "hostPath": {"path": "/x"}}], "containers": [{"name": "a",
                    "volumeMounts": [{"name": "d", "mountPath": "/d", "readOnly": true, "recursiveReadOnly": "Enabled"}]}]}),
                "container \"a\": recursiveReadOnly: Enabled of a hostPath is not supported by this node",
            ),
            (
                json!({"containers": [{"name": "a", "livenessProbe": {"periodSeconds": 1}}]}),
                "container \"a\": a probe of a kind other than exec, httpGet, tcpSocket and grpc is not supported by this node",
            ),
            (
                json!({"containers": [{"name": "a", "resources": {"limits": {"hugepages-2Mi": "4Mi"}}}]}),
                "container \"a\": the resource hugepages-2Mi is not supported by this node",
            ),
        ] {
            assert_eq!(of(spec).as_deref(), Some(text));
        }
    }
}
