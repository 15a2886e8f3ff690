//! Security contexts of pods and containers, and what of the host they share.

use std::collections::HashSet;

use serde_json::Value;

use super::{pod::one_of_if_told, volume};
use crate::{
    field::{Errors, Path},
    names,
    view::{flag, items, member, number, text, texts},
};

/// `is_pod`: not a template, whose ports get those of the node once there is a pod of it.
pub fn pod(spec: &Value, path: &Path<'_>, errors: &mut Errors, is_pod: bool) {
    if flag(spec, "hostUsers") == Some(false) {
        for (name, shown) in [
            ("hostNetwork", "hostNetwork"),
            ("hostPID", "HostPID"),
            ("hostIPC", "HostIPC"),
        ] {
            if flag(spec, name) == Some(true) {
                errors.forbidden(&path.child(shown), "when `pod.Spec.HostUsers` is false");
            }
        }
    }
    let at = path.child("securityContext");
    if flag(spec, "hostNetwork") == Some(true) {
        let containers = path.child("containers");
        for (index, container) in items(spec, "containers").iter().enumerate() {
            let ports = containers.index(index);
            let ports = ports.child("ports");
            for (index, port) in items(container, "ports").iter().enumerate() {
                let own = number(port, "containerPort").unwrap_or(0);
                let of_node = number(port, "hostPort").unwrap_or(0);
                if of_node != own && (is_pod || of_node != 0) {
                    errors.invalid(
                        &ports.index(index).child("hostPort"),
                        of_node,
                        "must match `containerPort` when `hostNetwork` is true",
                    );
                }
            }
        }
    }
    if flag(spec, "shareProcessNamespace") == Some(true) && flag(spec, "hostPID") == Some(true) {
        errors.invalid(
            &at.child("shareProcessNamespace"),
            true,
            "ShareProcessNamespace and HostPID cannot both be enabled",
        );
    }
    let Some(context) = member(spec, "securityContext") else {
        return;
    };
    ids(
        context,
        &["fsGroup", "runAsUser", "runAsGroup"],
        &at,
        errors,
    );
    let groups = at.child("supplementalGroups");
    for (index, group) in items(context, "supplementalGroups").iter().enumerate() {
        id(group.as_i64(), &groups.index(index), errors);
    }
    let policies = ["Merge", "Strict"];
    one_of_if_told(context, "supplementalGroupsPolicy", &policies, &at, errors);
    sysctls(spec, context, &at.child("sysctls"), errors);
    let policies = ["Always", "OnRootMismatch"];
    one_of_if_told(context, "fsGroupChangePolicy", &policies, &at, errors);
    seccomp(context, &at, errors);
    app_armor(context, &at, errors);
    let policies = ["MountOption", "Recursive"];
    one_of_if_told(context, "seLinuxChangePolicy", &policies, &at, errors);
}

/// Which namespace of the node a parameter of the kernel would be changed in, for a pod that has that of its node.
fn of_node(spec: &Value, name: &str) -> Option<&'static str> {
    let shares = |member: &str| flag(spec, member) == Some(true);
    let name = name.replace('/', ".");
    let begins = |all: &[&str]| all.iter().any(|it| name.starts_with(it));
    if shares("hostNetwork") && begins(&["net."]) {
        return Some("hostNetwork");
    }
    let is_of_ipc = name == "kernel.sem" || begins(&["kernel.shm", "kernel.msg", "fs.mqueue."]);
    (shares("hostIPC") && is_of_ipc).then_some("hostIPC")
}

fn sysctls(spec: &Value, context: &Value, path: &Path<'_>, errors: &mut Errors) {
    const SEGMENT: &str = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    let segment = |part: &str| {
        let ends = |c: Option<u8>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        let bytes = part.as_bytes();
        ends(bytes.first().copied())
            && ends(bytes.last().copied())
            && bytes
                .iter()
                .all(|b| ends(Some(*b)) || matches!(b, b'-' | b'_'))
    };
    let mut seen = HashSet::new();
    for (index, one) in items(context, "sysctls").iter().enumerate() {
        let path = path.index(index);
        let path = path.child("name");
        let name = text(one, "name");
        if name.is_empty() {
            errors.required(&path, "");
        } else if name.len() > 253 || !name.split(['.', '/']).all(segment) {
            errors.invalid(
                &path,
                name,
                format!(
                    "must have at most 253 characters and match regex ({SEGMENT}[\\./])*{SEGMENT}"
                ),
            );
        } else if !seen.insert(name) {
            errors.duplicate(&path, name);
        }
        if let Some(shared) = of_node(spec, name) {
            let why = format!("may not be specified when '{shared}' is true");
            errors.invalid(&path, name, why);
        }
    }
}

fn id(value: Option<i64>, path: &Path<'_>, errors: &mut Errors) {
    let value = value.unwrap_or(-1);
    if !(0..=i64::from(i32::MAX)).contains(&value) {
        errors.invalid(path, value, names::not_between(0, i32::MAX.into()));
    }
}

/// Members that are ids of users or groups, where they are set.
fn ids(context: &Value, members: &[&str], path: &Path<'_>, errors: &mut Errors) {
    for name in members {
        if let Some(value) = member(context, name) {
            id(value.as_i64(), &path.child(name), errors);
        }
    }
}

fn seccomp(context: &Value, path: &Path<'_>, errors: &mut Errors) {
    let Some(profile) = member(context, "seccompProfile") else {
        return;
    };
    let path = path.child("seccompProfile");
    let kind = text(profile, "type");
    match kind {
        "Localhost" | "RuntimeDefault" | "Unconfined" => {}
        "" => errors.required(
            &path.child("type"),
            "type is required when seccompProfile is set",
        ),
        other => errors.not_supported(
            &path.child("type"),
            other,
            &["Localhost", "RuntimeDefault", "Unconfined"],
        ),
    }
    let at = path.child("localhostProfile");
    match member(profile, "localhostProfile") {
        None if kind == "Localhost" => {
            errors.required(&at, "must be set when seccomp type is Localhost");
        }
        Some(file) if kind == "Localhost" => {
            volume::descending(file.as_str().unwrap_or_default(), &at, errors);
        }
        Some(_) => errors.invalid(
            &at,
            profile.clone(),
            "can only be set when seccomp type is Localhost",
        ),
        None => {}
    }
}

fn app_armor(context: &Value, path: &Path<'_>, errors: &mut Errors) {
    /// Of a path, without the byte at its end.
    const LONGEST: usize = 4095;
    let Some(profile) = member(context, "appArmorProfile") else {
        return;
    };
    let path = path.child("appArmorProfile");
    let at = path.child("localhostProfile");
    let file = member(profile, "localhostProfile");
    match text(profile, "type") {
        "Localhost" => {
            let name = file.and_then(Value::as_str).unwrap_or_default();
            if name.trim() != name {
                errors.invalid(&at, name, "must not be padded with whitespace");
            } else if name.is_empty() {
                errors.required(&at, "must be set when AppArmor type is Localhost");
            }
            if name.len() > LONGEST {
                errors.too_long(&at, LONGEST);
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if let Some(file) = file {
                let why = "can only be set when AppArmor type is Localhost";
                errors.invalid(&at, file.clone(), why);
            }
        }
        "" => errors.required(
            &path.child("type"),
            "type is required when appArmorProfile is set",
        ),
        other => errors.not_supported(
            &path.child("type"),
            other,
            &["Localhost", "RuntimeDefault", "Unconfined"],
        ),
    }
}

pub fn container(context: &Value, path: &Path<'_>, errors: &mut Errors) {
    ids(context, &["runAsUser", "runAsGroup"], path, errors);
    let mounts = ["Default", "Unmasked"];
    one_of_if_told(context, "procMount", &mounts, path, errors);
    seccomp(context, path, errors);
    app_armor(context, path, errors);
    if flag(context, "allowPrivilegeEscalation") == Some(false) {
        if flag(context, "privileged") == Some(true) {
            errors.invalid(
                path,
                context.clone(),
                "cannot set `allowPrivilegeEscalation` to false and `privileged` to true",
            );
        }
        let capabilities = context.get("capabilities").unwrap_or(&Value::Null);
        if texts(capabilities, "add").any(|one| one == "CAP_SYS_ADMIN") {
            errors.invalid(
                path,
                context.clone(),
                "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN",
            );
        }
    }
}
