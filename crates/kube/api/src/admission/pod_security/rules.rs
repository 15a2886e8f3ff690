//! The rules of Pod Security: of what they are about, from which version on, and what they say. Each is told once, whoever breaks it.

use std::collections::BTreeSet;

use serde_json::Value;
use wharf_kube_model::view::{at, items, member, text, text_at};

use super::policy::{Level, Standard, Version};

/// A rule that a pod breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    pub rule: &'static str,
    /// Who breaks it, and what to do instead.
    pub detail: String,
}

/// All that a pod, or a template of one, breaks: as messages about a pod tell it.
pub fn told(violations: &[Violation]) -> String {
    let each = violations
        .iter()
        .map(|it| format!("{} ({})", it.rule, it.detail));
    each.collect::<Vec<_>>().join(", ")
}

type Rule = fn(&Value, Version) -> Option<Violation>;

/// In upstream's order, with the version from which on a rule of the restricted level says more of the same.
const BASELINE: [(Rule, Option<u64>); 12] = [
    (app_armor, None),
    (default_capabilities, Some(22)),
    (host_namespaces, None),
    (host_paths, Some(0)),
    (host_ports, None),
    (probed_hosts, None),
    (privileged, None),
    (masks_outside_of_user_namespaces, Some(35)),
    (se_linux, None),
    (seccomp, Some(19)),
    (sysctls, None),
    (windows_host_process, None),
];
const RESTRICTED: [Rule; 7] = [
    privilege_escalation,
    dropped_capabilities,
    masks,
    volume_types,
    non_root,
    user,
    confined,
];

/// What a pod does, or a template's pods would do, that a standard forbids.
pub fn violations(pod: &Value, standard: Standard) -> Vec<Violation> {
    let version = standard.version;
    let is_restricted = standard.level == Level::Restricted;
    let is_silent =
        |since: Option<u64>| since.is_some_and(|it| is_restricted && version >= Version::Minor(it));
    let baseline = BASELINE.into_iter().filter(|it| !is_silent(it.1));
    let baseline = baseline.map(|(rule, _)| rule);
    let rules: Vec<Rule> = match standard.level {
        Level::Privileged => Vec::new(),
        Level::Baseline => baseline.collect(),
        Level::Restricted => baseline.chain(RESTRICTED).collect(),
    };
    rules.iter().filter_map(|it| it(pod, version)).collect()
}

fn broken(rule: &'static str, detail: String) -> Option<Violation> {
    Some(Violation { rule, detail })
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    wharf_kube_model::view::containers(pod)
}

fn context(holder: &Value) -> &Value {
    member(holder, "securityContext").unwrap_or(&Value::Null)
}

fn of_pod(pod: &Value) -> &Value {
    context(&pod["spec"])
}

/// The names of the containers of which something holds.
fn those(pod: &Value, mut holds: impl FnMut(&Value) -> bool) -> Vec<&str> {
    let found = containers(pod).filter(|it| holds(it));
    found.map(|it| text(it, "name")).collect()
}

fn quoted<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let each = names.into_iter().map(|it| format!("\"{it}\""));
    each.collect::<Vec<_>>().join(", ")
}

fn number<'a>(count: usize, one: &'a str, many: &'a str) -> &'a str {
    if count == 1 { one } else { many }
}

fn named(names: &[&str]) -> String {
    let kind = number(names.len(), "container", "containers");
    format!("{kind} {}", quoted(names.iter().copied()))
}

/// The pod and containers that say something themselves.
fn setters(by_pod: bool, containers: &[&str]) -> Option<String> {
    match (by_pod, containers.is_empty()) {
        (false, true) => None,
        (true, true) => Some("pod".to_owned()),
        (false, false) => Some(named(containers)),
        (true, false) => Some(format!("pod and {}", named(containers))),
    }
}

fn is_windows(pod: &Value) -> bool {
    text_at(&pod["spec"], &["os", "name"]) == "windows"
}

/// From some version on, pods of Windows have nothing that a rule is about.
fn excuses_windows(pod: &Value, version: Version) -> bool {
    version >= Version::Minor(25) && is_windows(pod)
}

/// Root of a pod with users of its own is none on its node.
fn excuses_own_users(pod: &Value, version: Version) -> bool {
    version >= Version::Minor(35) && pod["spec"]["hostUsers"] == false
}

fn app_armor(pod: &Value, _: Version) -> Option<Violation> {
    const ANNOTATION: &str = "container.apparmor.security.beta.kubernetes.io/";
    let mut bad = BTreeSet::new();
    let mut is_bad = |holder: &Value| {
        let Some(profile) = member(context(holder), "appArmorProfile") else {
            return false;
        };
        let kind = text(profile, "type");
        let is_bad = !["RuntimeDefault", "Localhost"].contains(&kind);
        if is_bad {
            bad.insert(kind.to_owned());
        }
        is_bad
    };
    let by_pod = is_bad(&pod["spec"]);
    let by = those(pod, is_bad);
    let mut who: Vec<String> = setters(by_pod, &by).into_iter().collect();
    let annotations = pod["metadata"]["annotations"].as_object();
    let bad_notes = annotations
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| {
            let value = value.as_str()?;
            let is_good =
                value.is_empty() || value == "runtime/default" || value.starts_with("localhost/");
            (name.starts_with(ANNOTATION) && !is_good).then(|| format!("{name}={value:?}"))
        });
    let bad_notes: BTreeSet<String> = bad_notes.collect();
    if !bad_notes.is_empty() {
        who.push(number(bad_notes.len(), "annotation", "annotations").to_owned());
    }
    let bad: Vec<&str> = bad.iter().chain(&bad_notes).map(String::as_str).collect();
    if who.is_empty() {
        return None;
    }
    let rule = number(
        bad.len(),
        "forbidden AppArmor profile",
        "forbidden AppArmor profiles",
    );
    let (who, what) = (who.join(" and "), quoted(bad));
    broken(
        rule,
        format!("{who} must not set AppArmor profile type to {what}"),
    )
}

/// Containers that add others than these capabilities, and which.
fn adding<'a>(pod: &'a Value, allowed: &[&str]) -> (Vec<&'a str>, BTreeSet<String>) {
    let mut odd = BTreeSet::new();
    let who = those(pod, |container| {
        let added = at(context(container), &["capabilities", "add"]).and_then(Value::as_array);
        let added = added.into_iter().flatten().filter_map(Value::as_str);
        let before: Vec<&str> = added.filter(|it| !allowed.contains(it)).collect();
        odd.extend(before.iter().map(|it| (*it).to_owned()));
        !before.is_empty()
    });
    (who, odd)
}

fn not_to_add(who: &[&str], what: &BTreeSet<String>) -> String {
    let what = quoted(what.iter().map(String::as_str));
    let who = named(who);
    format!("{who} must not include {what} in securityContext.capabilities.add")
}

fn default_capabilities(pod: &Value, _: Version) -> Option<Violation> {
    /// Those of a container runtime.
    const ALLOWED: [&str; 13] = [
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
    let (who, what) = adding(pod, &ALLOWED);
    if who.is_empty() {
        return None;
    }
    broken("non-default capabilities", not_to_add(&who, &what))
}

fn host_namespaces(pod: &Value, _: Version) -> Option<Violation> {
    let shared = ["hostNetwork", "hostPID", "hostIPC"].into_iter();
    let shared = shared.filter(|it| pod["spec"][*it] == true);
    let shared: Vec<String> = shared.map(|it| format!("{it}=true")).collect();
    if shared.is_empty() {
        return None;
    }
    broken("host namespaces", shared.join(", "))
}

fn host_paths(pod: &Value, _: Version) -> Option<Violation> {
    let volumes = items(&pod["spec"], "volumes").iter();
    let found = volumes.filter(|it| member(it, "hostPath").is_some());
    let found: Vec<&str> = found.map(|it| text(it, "name")).collect();
    if found.is_empty() {
        return None;
    }
    let kind = number(found.len(), "volume", "volumes");
    broken("hostPath volumes", format!("{kind} {}", quoted(found)))
}

fn host_ports(pod: &Value, _: Version) -> Option<Violation> {
    let mut ports = BTreeSet::new();
    let who = those(pod, |container| {
        let taken = items(container, "ports").iter();
        let taken = taken.filter_map(|it| it["hostPort"].as_i64());
        let taken: Vec<i64> = taken.filter(|it| *it != 0).collect();
        ports.extend(taken.iter().map(i64::to_string));
        !taken.is_empty()
    });
    if who.is_empty() {
        return None;
    }
    let uses = number(who.len(), "uses", "use");
    let kind = number(ports.len(), "hostPort", "hostPorts");
    let ports: Vec<String> = ports.into_iter().collect();
    let detail = format!("{} {uses} {kind} {}", named(&who), ports.join(", "));
    broken("hostPort", detail)
}

fn probed_hosts(pod: &Value, version: Version) -> Option<Violation> {
    const HANDLERS: [&[&str]; 5] = [
        &["livenessProbe"],
        &["readinessProbe"],
        &["startupProbe"],
        &["lifecycle", "postStart"],
        &["lifecycle", "preStop"],
    ];
    if version < Version::Minor(34) {
        return None;
    }
    let mut hosts = BTreeSet::new();
    let mut who = those(pod, |container| {
        let handlers = HANDLERS.iter().filter_map(|it| at(container, it));
        let found = handlers.flat_map(|it| {
            let of = |kind| text_at(it, &[kind, "host"]);
            [of("httpGet"), of("tcpSocket")]
        });
        let found: Vec<&str> = found.filter(|it| !it.is_empty()).collect();
        hosts.extend(found.iter().map(|it| (*it).to_owned()));
        !found.is_empty()
    });
    if who.is_empty() {
        return None;
    }
    who.sort_unstable();
    let uses = number(who.len(), "uses", "use");
    let kind = number(
        hosts.len(),
        "probe or lifecycle host",
        "probe or lifecycle hosts",
    );
    let hosts = quoted(hosts.iter().map(String::as_str));
    let detail = format!("{} {uses} {kind} {hosts}", named(&who));
    broken("probe or lifecycle host", detail)
}

fn privileged(pod: &Value, _: Version) -> Option<Violation> {
    let who = those(pod, |it| context(it)["privileged"] == true);
    if who.is_empty() {
        return None;
    }
    let detail = format!(
        "{} must not set securityContext.privileged=true",
        named(&who)
    );
    broken("privileged", detail)
}

fn masks_outside_of_user_namespaces(pod: &Value, version: Version) -> Option<Violation> {
    match excuses_own_users(pod, version) {
        true => None,
        false => unmasked(pod),
    }
}

fn masks(pod: &Value, version: Version) -> Option<Violation> {
    match version < Version::Minor(35) {
        true => None,
        false => unmasked(pod),
    }
}

fn unmasked(pod: &Value) -> Option<Violation> {
    let mut kinds = BTreeSet::new();
    let who = those(pod, |container| {
        let kind = member(context(container), "procMount").and_then(Value::as_str);
        let odd = kind.filter(|it| *it != "Default");
        kinds.extend(odd.map(str::to_owned));
        odd.is_some()
    });
    if who.is_empty() {
        return None;
    }
    let kinds = quoted(kinds.iter().map(String::as_str));
    let detail = format!(
        "{} must not set securityContext.procMount to {kinds}",
        named(&who)
    );
    broken("procMount", detail)
}

fn se_linux(pod: &Value, version: Version) -> Option<Violation> {
    let mut allowed = vec!["", "container_t", "container_init_t", "container_kvm_t"];
    if version >= Version::Minor(31) {
        allowed.push("container_engine_t");
    }
    let (mut types, mut sets_user, mut sets_role) = (BTreeSet::new(), false, false);
    let mut is_bad = |holder: &Value| {
        let options = &context(holder)["seLinuxOptions"];
        let kind = text(options, "type");
        let has = |name| !text(options, name).is_empty();
        let (user, role, odd) = (has("user"), has("role"), !allowed.contains(&kind));
        if odd {
            types.insert(kind.to_owned());
        }
        sets_user |= user;
        sets_role |= role;
        user || role || odd
    };
    let by_pod = is_bad(&pod["spec"]);
    let by = those(pod, is_bad);
    let who = setters(by_pod, &by)?;
    let mut what = Vec::new();
    if !types.is_empty() {
        let kind = number(types.len(), "type", "types");
        what.push(format!(
            "{kind} {}",
            quoted(types.iter().map(String::as_str))
        ));
    }
    what.extend(sets_user.then(|| "user may not be set".to_owned()));
    what.extend(sets_role.then(|| "role may not be set".to_owned()));
    let what = what.join("; ");
    let detail = format!("{who} set forbidden securityContext.seLinuxOptions: {what}");
    broken("seLinuxOptions", detail)
}

/// Who says a profile that is none, and which.
fn unconfined(pod: &Value) -> Option<Violation> {
    let mut bad = BTreeSet::new();
    let mut is_bad = |holder: &Value| {
        let odd = profile(holder).filter(|it| !is_profile(it));
        bad.extend(odd.map(str::to_owned));
        odd.is_some()
    };
    let by_pod = is_bad(&pod["spec"]);
    let by = those(pod, is_bad);
    let who = setters(by_pod, &by)?;
    let bad = quoted(bad.iter().map(String::as_str));
    let detail = format!("{who} must not set securityContext.seccompProfile.type to {bad}");
    broken("seccompProfile", detail)
}

fn profile(holder: &Value) -> Option<&str> {
    member(context(holder), "seccompProfile").map(|it| text(it, "type"))
}

fn is_profile(kind: &str) -> bool {
    ["RuntimeDefault", "Localhost"].contains(&kind)
}

fn seccomp(pod: &Value, version: Version) -> Option<Violation> {
    const POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
    if version >= Version::Minor(19) {
        return unconfined(pod);
    }
    // Profiles were annotations.
    let annotations = pod["metadata"]["annotations"].as_object()?;
    let of_container = |it: &Value| {
        format!(
            "container.seccomp.security.alpha.kubernetes.io/{}",
            text(it, "name")
        )
    };
    let names = std::iter::once(POD.to_owned()).chain(containers(pod).map(of_container));
    let bad = names.filter_map(|name| {
        let value = annotations.get(&name)?.as_str()?;
        let is_good = ["runtime/default", "docker/default"].contains(&value)
            || value.starts_with("localhost/");
        (!is_good).then(|| format!("{name}={value:?}"))
    });
    let bad: Vec<String> = bad.collect::<BTreeSet<_>>().into_iter().collect();
    if bad.is_empty() {
        return None;
    }
    let kind = number(bad.len(), "annotation", "annotations");
    broken(
        "seccompProfile",
        format!("forbidden {kind} {}", bad.join(", ")),
    )
}

fn sysctls(pod: &Value, version: Version) -> Option<Violation> {
    /// With the version from which on each is safe.
    const SAFE: [(&str, u64); 12] = [
        ("kernel.shm_rmid_forced", 0),
        ("net.ipv4.ip_local_port_range", 0),
        ("net.ipv4.ip_unprivileged_port_start", 0),
        ("net.ipv4.ping_group_range", 0),
        ("net.ipv4.tcp_syncookies", 0),
        ("net.ipv4.ip_local_reserved_ports", 27),
        ("net.ipv4.tcp_fin_timeout", 29),
        ("net.ipv4.tcp_keepalive_intvl", 29),
        ("net.ipv4.tcp_keepalive_probes", 29),
        ("net.ipv4.tcp_keepalive_time", 29),
        ("net.ipv4.tcp_rmem", 32),
        ("net.ipv4.tcp_wmem", 32),
    ];
    let is_safe = |name: &str| {
        let mut known = SAFE.iter();
        known.any(|(it, since)| *it == name && version >= Version::Minor(*since))
    };
    let set = items(of_pod(pod), "sysctls").iter();
    let set = set.map(|it| text(it, "name"));
    let odd: Vec<&str> = set.filter(|it| !is_safe(it)).collect();
    if odd.is_empty() {
        return None;
    }
    broken("forbidden sysctls", odd.join(", "))
}

fn windows_host_process(pod: &Value, _: Version) -> Option<Violation> {
    let is_one = |holder: &Value| context(holder)["windowsOptions"]["hostProcess"] == true;
    let who = setters(is_one(&pod["spec"]), &those(pod, is_one))?;
    let detail = format!("{who} must not set securityContext.windowsOptions.hostProcess=true");
    broken("hostProcess", detail)
}

fn privilege_escalation(pod: &Value, version: Version) -> Option<Violation> {
    if version < Version::Minor(8) || excuses_windows(pod, version) {
        return None;
    }
    let who = those(pod, |it| context(it)["allowPrivilegeEscalation"] != false);
    if who.is_empty() {
        return None;
    }
    let who = named(&who);
    let detail = format!("{who} must set securityContext.allowPrivilegeEscalation=false");
    broken("allowPrivilegeEscalation != false", detail)
}

fn dropped_capabilities(pod: &Value, version: Version) -> Option<Violation> {
    if version < Version::Minor(22) || excuses_windows(pod, version) {
        return None;
    }
    let keeping = those(pod, |it| {
        let dropped = at(context(it), &["capabilities", "drop"]).and_then(Value::as_array);
        !dropped.is_some_and(|it| it.iter().any(|name| name == "ALL"))
    });
    let (who, what) = adding(pod, &["NET_BIND_SERVICE"]);
    let mut details = Vec::new();
    if !keeping.is_empty() {
        let keeping = named(&keeping);
        details.push(format!(
            "{keeping} must set securityContext.capabilities.drop=[\"ALL\"]"
        ));
    }
    if !who.is_empty() {
        details.push(not_to_add(&who, &what));
    }
    if details.is_empty() {
        return None;
    }
    broken("unrestricted capabilities", details.join("; "))
}

fn volume_types(pod: &Value, _: Version) -> Option<Violation> {
    const ALLOWED: [&str; 9] = [
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "image",
        "persistentVolumeClaim",
        "projected",
        "secret",
    ];
    let mut types = BTreeSet::new();
    let volumes = items(&pod["spec"], "volumes").iter();
    let odd = volumes.filter(|volume| {
        if ALLOWED.iter().any(|it| member(volume, it).is_some()) {
            return false;
        }
        let kinds = volume.as_object().into_iter().flatten();
        let mut kinds = kinds.filter(|(name, value)| *name != "name" && !value.is_null());
        types.insert(kinds.next().map_or("unknown", |(name, _)| name));
        true
    });
    let odd: Vec<&str> = odd.map(|it| text(it, "name")).collect();
    if odd.is_empty() {
        return None;
    }
    let volumes = number(odd.len(), "volume", "volumes");
    let uses = number(odd.len(), "uses", "use");
    let kind = number(
        types.len(),
        "restricted volume type",
        "restricted volume types",
    );
    let (odd, types) = (quoted(odd), quoted(types));
    let detail = format!("{volumes} {odd} {uses} {kind} {types}");
    broken("restricted volume types", detail)
}

fn non_root(pod: &Value, version: Version) -> Option<Violation> {
    const RULE: &str = "runAsNonRoot != true";
    if excuses_own_users(pod, version) {
        return None;
    }
    let said = |holder: &Value| context(holder)["runAsNonRoot"].as_bool();
    let by_pod = said(&pod["spec"]);
    let by = those(pod, |it| said(it) == Some(false));
    if let Some(who) = setters(by_pod == Some(false), &by) {
        let detail = format!("{who} must not set securityContext.runAsNonRoot=false");
        return broken(RULE, detail);
    }
    let silent = those(pod, |it| said(it).is_none());
    if by_pod == Some(true) || silent.is_empty() {
        return None;
    }
    let who = named(&silent);
    let detail = format!("pod or {who} must set securityContext.runAsNonRoot=true");
    broken(RULE, detail)
}

fn user(pod: &Value, version: Version) -> Option<Violation> {
    if version < Version::Minor(23) || excuses_own_users(pod, version) {
        return None;
    }
    let is_root = |holder: &Value| context(holder)["runAsUser"] == 0;
    let who = setters(is_root(&pod["spec"]), &those(pod, is_root))?;
    broken("runAsUser=0", format!("{who} must not set runAsUser=0"))
}

fn confined(pod: &Value, version: Version) -> Option<Violation> {
    if version < Version::Minor(19) || excuses_windows(pod, version) {
        return None;
    }
    if let Some(unconfined) = unconfined(pod) {
        return Some(unconfined);
    }
    let silent = those(pod, |it| profile(it).is_none());
    if profile(&pod["spec"]).is_some() || silent.is_empty() {
        return None;
    }
    let who = named(&silent);
    let detail = format!(
        "pod or {who} must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\""
    );
    broken("seccompProfile", detail)
}

#[cfg(test)]
mod tests;
