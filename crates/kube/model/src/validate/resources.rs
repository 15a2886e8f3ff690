//! What containers ask for and may use: names of resources and their amounts.

use serde_json::Value;

use super::meta;
use crate::{
    field::{Errors, Path},
    names,
    quantity::Quantity,
    view::{absent, at, map},
};

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

pub fn resources(body: &Value, path: &Path<'_>, errors: &mut Errors) {
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
        resource(name, amount, &limits.key(name), errors);
        note(name);
    }
    for (name, amount) in map(body, "requests").into_iter().flatten() {
        if errors.full() {
            return;
        }
        resource(name, amount, &requests.key(name), errors);
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
    // No driver hands out devices here.
    if !absent(body, "claims") {
        errors.forbidden(
            &path.child("claims"),
            "claims of devices are not supported by this server",
        );
    }
}
