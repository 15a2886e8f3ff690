//! Operating systems of pods: what goes with one of them alone.

use serde_json::Value;

use crate::{
    field::{Errors, Path},
    view::{CONTAINER_LISTS, absent, flag, items, member, text},
};

const WINDOWS: &str = "cannot be set for a windows pod";

/// What the context of a pod has that Windows has not.
const OF_PODS: [&str; 11] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "fsGroup",
    "fsGroupChangePolicy",
    "sysctls",
    "runAsUser",
    "runAsGroup",
    "supplementalGroups",
    "supplementalGroupsPolicy",
    "seLinuxChangePolicy",
];

/// The same of a container's.
const OF_CONTAINERS: [&str; 10] = [
    "appArmorProfile",
    "seLinuxOptions",
    "seccompProfile",
    "capabilities",
    "readOnlyRootFilesystem",
    "privileged",
    "allowPrivilegeEscalation",
    "procMount",
    "runAsUser",
    "runAsGroup",
];

pub fn os(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let Some(os) = member(spec, "os") else {
        return;
    };
    let at = path.child("os");
    match text(os, "name") {
        "" => errors.required(&at.child("name"), "cannot be empty"),
        "linux" => {
            let why = "windows options cannot be set for a linux pod";
            let all = (&["windowsOptions"][..], &["windowsOptions"][..]);
            contexts(spec, path, all, why, errors);
        }
        "windows" => {
            for name in ["hostUsers", "shareProcessNamespace"] {
                if member(spec, name).is_some() {
                    errors.forbidden(&path.child(name), WINDOWS);
                }
            }
            for name in ["hostPID", "hostIPC"] {
                if flag(spec, name) == Some(true) {
                    errors.forbidden(&path.child(name), WINDOWS);
                }
            }
            let all = (&OF_PODS[..], &OF_CONTAINERS[..]);
            contexts(spec, path, all, WINDOWS, errors);
        }
        other => errors.not_supported(&at, other, &["linux", "windows"]),
    }
}

/// Members that the security contexts of the pod, and those of its containers, may not have.
fn contexts(
    spec: &Value,
    path: &Path<'_>,
    (of_pod, of_containers): (&[&str], &[&str]),
    why: &str,
    errors: &mut Errors,
) {
    refuse(spec, of_pod, why, path, errors);
    for list in CONTAINER_LISTS {
        let path = path.child(list);
        for (index, container) in items(spec, list).iter().enumerate() {
            refuse(container, of_containers, why, &path.index(index), errors);
        }
    }
}

fn refuse(holder: &Value, names: &[&str], why: &str, path: &Path<'_>, errors: &mut Errors) {
    let Some(context) = member(holder, "securityContext") else {
        return;
    };
    let path = path.child("securityContext");
    for name in names.iter().filter(|it| !absent(context, it)) {
        errors.forbidden(&path.child(name), why);
    }
}
