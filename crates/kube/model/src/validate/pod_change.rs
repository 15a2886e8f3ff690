//! Changes of pods: almost nothing of a pod that is there may change, and each subresource changes its own part.

mod resize;

use std::{collections::HashSet, net::IpAddr};

use serde_json::Value;

pub use self::resize::resize_update;
use super::{
    annotations,
    container::{self, Role},
    placement,
    pod::whole,
    volume,
};
use crate::{
    field::{Errors, Path},
    names,
    view::{existing, items, items_mut, map, number, restore, text},
};

const CHANGEABLE: &str = "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

pub fn update(new: &Value, old: &Value, errors: &mut Errors) {
    let path = Path::root("spec");
    whole(new, errors);
    let (Some(spec), Some(was)) = (new.get("spec"), old.get("spec")) else {
        return;
    };
    for list in ["containers", "initContainers"] {
        if items(spec, list).len() != items(was, list).len() {
            errors.forbidden(
                &path.child(list),
                "pod updates may not add or remove containers",
            );
            return;
        }
    }
    let at = path.child("activeDeadlineSeconds");
    let deadline = |spec: &Value| number(spec, "activeDeadlineSeconds");
    match (deadline(spec), deadline(was)) {
        (Some(new), _) if !(0..=i64::from(i32::MAX)).contains(&new) => {
            let why = names::not_between(0, i64::from(i32::MAX));
            errors.invalid(&at, new, why);
            return;
        }
        (Some(new), Some(old)) if new > old => {
            errors.invalid(&at, new, "must be less than or equal to previous value");
            return;
        }
        (None, Some(_)) => errors.invalid(
            &at,
            Value::Null,
            "must not update from a positive integer to nil value",
        ),
        _ => {}
    }
    let before = items(was, "schedulingGates").iter();
    let before: HashSet<&str> = before.map(|gate| text(gate, "name")).collect();
    let gates = path.child("schedulingGates");
    for (index, gate) in items(spec, "schedulingGates").iter().enumerate() {
        let name = text(gate, "name");
        if !before.contains(name) {
            errors.forbidden(
                &gates.index(index).child("name"),
                format!("only deletion is allowed, but found new scheduling gate '{name}'"),
            );
        }
    }
    annotations::change(new, old, errors);
    placement::only_added(spec, was, &path, errors);
    // With what may change put back, nothing may differ.
    let mut rest = spec.clone();
    for name in ["activeDeadlineSeconds", "tolerations", "schedulingGates"] {
        restore(&mut rest, name, was);
    }
    for list in ["containers", "initContainers"] {
        for (container, before) in items_mut(&mut rest, list).iter_mut().zip(items(was, list)) {
            restore(container, "image", before);
        }
    }
    if !before.is_empty() {
        narrowed(spec, was, &path, errors);
        restore(&mut rest, "nodeSelector", was);
        restore(&mut rest, "affinity", was);
    }
    let grace = |spec: &Value| number(spec, "terminationGracePeriodSeconds");
    if grace(was).is_some_and(|seconds| seconds < 0) && grace(spec) == Some(1) {
        restore(&mut rest, "terminationGracePeriodSeconds", was);
    }
    if rest != *was {
        errors.forbidden(&path, CHANGEABLE);
    }
}

/// A pod that waits at a gate may be told where to run, but only ever more narrowly.
fn narrowed(new: &Value, old: &Value, path: &Path<'_>, errors: &mut Errors) {
    let (now, before) = (map(new, "nodeSelector"), map(old, "nodeSelector"));
    let lost = before
        .into_iter()
        .flatten()
        .any(|(name, value)| now.and_then(|now| now.get(name)) != Some(value));
    if lost {
        errors.invalid(
            &path.child("nodeSelector"),
            new.get("nodeSelector").cloned().unwrap_or_default(),
            "only additions are allowed (no mutations or deletions)",
        );
    }
    let at = path.child("affinity");
    let mut rest = new.get("affinity").cloned().unwrap_or_default();
    let was = old.get("affinity").cloned().unwrap_or_default();
    let required = |affinity: &Value| {
        crate::view::at(affinity, &["nodeAffinity", REQUIRED, "nodeSelectorTerms"])
            .and_then(Value::as_array)
            .cloned()
    };
    // Each term that was there is still there with all it asked for; where there was none, any may come.
    if let Some(before) = required(&was) {
        let now = required(&rest).unwrap_or_default();
        let kept = now.len() == before.len()
            && now.iter().zip(&before).all(|(now, before)| {
                ["matchExpressions", "matchFields"].iter().all(|list| {
                    let (now, before) = (items(now, list), items(before, list));
                    now.len() >= before.len() && now[..before.len()] == *before
                })
            });
        if !kept {
            errors.invalid(
                &at.child("nodeAffinity"),
                rest.clone(),
                "no additions/deletions to non-empty NodeSelectorTerms list are allowed",
            );
        }
    }
    if let Some(node) = existing(&mut rest, "nodeAffinity") {
        restore(
            node,
            REQUIRED,
            was.get("nodeAffinity").unwrap_or(&Value::Null),
        );
    }
    let nothing = |affinity: &Value| match affinity {
        Value::Object(members) => members
            .values()
            .all(|member| member.as_object().is_some_and(|inner| inner.is_empty())),
        other => other.is_null(),
    };
    if rest != was && !(nothing(&rest) && nothing(&was)) {
        errors.forbidden(&at, CHANGEABLE);
    }
}

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";

pub fn status_update(new: &Value, old: &Value, errors: &mut Errors) {
    annotations::change(new, old, errors);
    let path = Path::root("status");
    let restart = crate::view::text_at(old, &["spec", "restartPolicy"]);
    let (Some(new), Some(old)) = (new.get("status"), old.get("status")) else {
        return;
    };
    let nominated = text(new, "nominatedNodeName");
    if !nominated.is_empty() && nominated != text(old, "nominatedNodeName") {
        let faults = names::dns_subdomain(nominated);
        errors.invalid_all(&path.child("nominatedNodeName"), nominated, faults);
    }
    let conditions = path.child("conditions");
    for (index, condition) in items(new, "conditions").iter().enumerate() {
        let kind = text(condition, "type");
        errors.invalid_all(
            &conditions.index(index).child("Type"),
            kind,
            names::qualified_name(kind),
        );
    }
    if restart != "Always" {
        never_back(new, old, ("containerStatuses", restart), &path, errors);
    }
    // They are never begun again, whatever becomes of the others.
    let of_ephemeral = ("ephemeralContainerStatuses", "Never");
    never_back(new, old, of_ephemeral, &path, errors);
    addresses(new, "podIPs", &path, errors);
    if let Some(first) = items(new, "hostIPs").first() {
        let (first, alone) = (text(first, "ip"), text(new, "hostIP"));
        if first != alone {
            let at = path.child("hostIPs");
            let at = at.index(0);
            errors.invalid(&at.child("ip"), first, "must be equal to `hostIP`");
        }
    }
    addresses(new, "hostIPs", &path, errors);
}

/// One of each family, and none twice.
fn addresses(status: &Value, name: &str, path: &Path<'_>, errors: &mut Errors) {
    let path = path.child(name);
    let all = items(status, name);
    for (index, ip) in all.iter().enumerate() {
        if errors.full() {
            return;
        }
        let ip = text(ip, "ip");
        errors.invalid_all(&path.index(index), ip, names::ip(ip));
    }
    let families: HashSet<bool> = all
        .iter()
        .filter_map(|it| text(it, "ip").parse::<IpAddr>().ok())
        .map(|it| it.is_ipv4())
        .collect();
    if all.len() > 2 || all.len() == 2 && families.len() != 2 {
        let why = "may specify no more than one IP for each IP family";
        errors.invalid(&path, all.to_vec(), why);
    }
    let mut seen = HashSet::new();
    for (index, ip) in all.iter().enumerate() {
        if !seen.insert(text(ip, "ip")) {
            errors.duplicate(&path.index(index), ip.clone());
        }
    }
}

/// A container that ended and is not started again stays ended.
fn never_back(
    new: &Value,
    old: &Value,
    (list, restart): (&str, &str),
    path: &Path<'_>,
    errors: &mut Errors,
) {
    let path = path.child(list);
    let ended = |status: &Value| crate::view::at(status, &["state", "terminated"]).cloned();
    let alive: HashSet<&str> = items(new, list)
        .iter()
        .filter(|status| ended(status).is_none())
        .map(|status| text(status, "name"))
        .collect();
    for (index, status) in items(old, list).iter().enumerate() {
        let Some(end) = ended(status) else {
            continue;
        };
        let failed = number(&end, "exitCode").unwrap_or(0) != 0;
        if failed && restart == "OnFailure" {
            continue;
        }
        if alive.contains(text(status, "name")) {
            errors.forbidden(
                &path.index(index).child("state"),
                "may not be transitioned to non-terminated state",
            );
        }
    }
}

/// `ephemeralcontainers` adds; what is there stays as it is.
pub fn ephemeral_update(new: &Value, old: &Value, errors: &mut Errors) {
    annotations::change(new, old, errors);
    let path = Path::root("spec");
    let (Some(spec), Some(was)) = (new.get("spec"), old.get("spec")) else {
        return;
    };
    let volumes = volume::known(spec);
    container::list(spec, Role::Ephemeral, &path, errors, &volumes);
    let at = path.child("ephemeralContainers");
    let now: std::collections::HashMap<&str, &Value> = items(spec, "ephemeralContainers")
        .iter()
        .map(|container| (text(container, "name"), container))
        .collect();
    for before in items(was, "ephemeralContainers") {
        let name = text(before, "name");
        let quoted = crate::field::quoted(name);
        match now.get(name) {
            None => errors.forbidden(
                &at,
                format!("existing ephemeral containers {quoted} may not be removed\n"),
            ),
            Some(after) if *after != before => errors.forbidden(
                &at,
                format!("existing ephemeral containers {quoted} may not be changed\n"),
            ),
            Some(_) => {}
        }
    }
}
