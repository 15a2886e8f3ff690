//! What containers ask for and may use: names of resources and their amounts.

use serde_json::Value;

use super::meta;
use crate::{
    field::{Errors, Path},
    names,
    quantity::Quantity,
    quota::{amounts, is_of_pods, of_containers},
    view::{absent, at, items, map, member},
};

/// What is said of a name and an amount.
type Check = fn(&str, &Value, &Path<'_>, &mut Errors);

/// Resources a container may ask for by a name without a domain.
fn standard(name: &str) -> bool {
    matches!(name, "cpu" | "memory" | "ephemeral-storage") || name.starts_with("hugepages-")
}

/// Whether more may be promised than there is.
fn overcommits(name: &str) -> bool {
    !name.starts_with("hugepages-") && (!name.contains('/') || name.contains("kubernetes.io/"))
}

/// A name and an amount of a container's resource.
pub fn resource(name: &str, amount: &Value, path: &Path<'_>, errors: &mut Errors) {
    let faults = names::qualified_name(name);
    let named = faults.is_empty();
    errors.invalid_all(path, name, faults);
    if named && !name.contains('/') && !standard(name) {
        if !known(name) {
            errors.invalid(
                path,
                name,
                "must be a standard resource type or fully qualified",
            );
        }
        errors.invalid(path, name, "must be a standard resource for containers");
    } else if named && name.contains('/') && name.starts_with("requests.") {
        errors.invalid(path, name, "doesn't follow extended resource name standard");
    }
    amount_of(name, amount, path, errors);
}

/// Names of resources that nodes, quotas or volumes have, if not containers.
fn known(name: &str) -> bool {
    matches!(
        name,
        "storage"
            | "pods"
            | "services"
            | "replicationcontrollers"
            | "resourcequotas"
            | "secrets"
            | "configmaps"
            | "persistentvolumeclaims"
            | "services.nodeports"
            | "services.loadbalancers"
    ) || name.starts_with("requests.")
        || name.starts_with("limits.")
}

/// An amount that is not negative, and whole where parts mean nothing.
pub fn amount_of(name: &str, amount: &Value, path: &Path<'_>, errors: &mut Errors) {
    match Quantity::of(amount) {
        Err(error) => errors.invalid(path, amount.clone(), error.to_string()),
        Ok(quantity) => {
            if quantity.is_negative() {
                errors.invalid(path, quantity.to_string(), meta::NEGATIVE);
            }
            let whole = name.contains('/') && !overcommits(name)
                || matches!(
                    name,
                    "pods"
                        | "services"
                        | "replicationcontrollers"
                        | "resourcequotas"
                        | "secrets"
                        | "configmaps"
                        | "persistentvolumeclaims"
                        | "services.nodeports"
                        | "services.loadbalancers"
                );
            if whole && !quantity.is_whole() {
                errors.invalid(path, quantity.to_string(), "must be an integer");
            }
        }
    }
}

/// A name and an amount of a resource of a pod as a whole.
fn resource_of_pod(name: &str, amount: &Value, path: &Path<'_>, errors: &mut Errors) {
    let faults = names::qualified_name(name);
    if faults.is_empty() && !is_of_pods(name) {
        errors.not_supported(path, name, &["cpu", "hugepages-", "memory"]);
    }
    errors.invalid_all(path, name, faults);
    amount_of(name, amount, path, errors);
}

/// What a pod may have as a whole: its containers ask for no more together, and none is limited to more.
pub fn of_pod(spec: &Value, path: &Path<'_>, errors: &mut Errors) {
    let Some(body) = member(spec, "resources") else {
        return;
    };
    let path = path.child("resources");
    if !absent(body, "claims") {
        errors.forbidden(
            &path.child("claims"),
            "claims cannot be set for Resources at pod-level",
        );
    }
    both(body, &path, errors, resource_of_pod);
    let (asked, most) = (amounts(body, &["requests"]), amounts(body, &["limits"]));
    let requests = path.child("requests");
    for (name, sum) in of_containers(spec, "requests") {
        if let Some(asked) = asked.get(&name)
            && sum > *asked
        {
            errors.invalid(
                &requests.key(&name),
                asked.to_string(),
                format!("must be greater than or equal to aggregate container requests of {sum}"),
            );
        }
    }
    let containers = path.child("containers");
    for (index, container) in items(spec, "containers").iter().enumerate() {
        if errors.full() {
            return;
        }
        let place = containers.index(index);
        for (name, limit) in amounts(container, &["resources", "limits"]) {
            if let Some(most) = most.get(&name)
                && limit > *most
            {
                let place = place.key(&name);
                errors.invalid(
                    &place.child("limits"),
                    limit.to_string(),
                    format!("must be less than or equal to pod limits of {most}"),
                );
            }
        }
    }
}

/// Of a container.
pub fn resources(body: &Value, path: &Path<'_>, errors: &mut Errors) {
    both(body, path, errors, resource);
    // No driver hands out devices here.
    if !absent(body, "claims") {
        errors.forbidden(
            &path.child("claims"),
            "claims of devices are not supported by this server",
        );
    }
}

/// Limits and requests.
fn both(body: &Value, path: &Path<'_>, errors: &mut Errors, check: Check) {
    let (limits, requests) = (path.child("limits"), path.child("requests"));
    let mut huge = false;
    let mut computes = false;
    let mut note = |name: &str| {
        huge |= name.starts_with("hugepages-");
        computes |= matches!(name, "cpu" | "memory");
    };
    for (name, amount) in map(body, "limits").into_iter().flatten() {
        if errors.full() {
            return;
        }
        check(name, amount, &limits.key(name), errors);
        note(name);
    }
    for (name, amount) in map(body, "requests").into_iter().flatten() {
        if errors.full() {
            return;
        }
        check(name, amount, &requests.key(name), errors);
        note(name);
        let limit = at(body, &["limits", name]).map(Quantity::of);
        match (Quantity::of(amount), limit) {
            (Ok(request), Some(Ok(limit))) => {
                if request != limit && !overcommits(name) {
                    errors.invalid(
                        &requests,
                        request.to_string(),
                        format!("must be equal to {name} limit of {limit}"),
                    );
                } else if request > limit {
                    errors.invalid(
                        &requests,
                        request.to_string(),
                        format!("must be less than or equal to {name} limit of {limit}"),
                    );
                }
            }
            (_, None) if !overcommits(name) => errors.required(
                &limits,
                "Limit must be set for non overcommitable resources",
            ),
            _ => {}
        }
    }
    if huge && !computes {
        errors.forbidden(path, "HugePages require cpu or memory");
    }
}
