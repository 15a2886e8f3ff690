//! Admission: what the server adds to an object, and what it does not take, by what else is in the cluster.
//!
//! Each part is a pure function over the object and what was read for it; this module reads, and calls them in upstream's order.

mod allocation;
mod certificate;
mod escalation;
mod iam_role;
mod limit_range;
mod marks;
mod namespace;
mod node;
mod pod_security;
mod priority;
mod quota;
mod service_account;
mod storage_class;
mod tolerations;
mod unsupported;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::OwnedMutexGuard;
use wharf_kube_model::{fargate, status::Status, view::text_at};
use wharf_store::Compare;

use crate::{
    answer::Fault,
    call::{Call, store_fault},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    Create,
    Update { subresource: &'a str },
    Delete,
}

/// What goes with the write of an object, in the same transaction.
#[derive(Debug, Default)]
pub struct Effects {
    /// Must hold.
    pub compares: Vec<Compare>,
    /// Keys that nobody may have: what the object claims.
    pub claims: Vec<String>,
    /// Keys that are given up.
    pub released: Vec<String>,
    /// Other objects that are written with it: of what they were, `compares` tells.
    pub written: Vec<(String, Bytes)>,
    /// Held until the write is done, so that those who count with the same quotas go one after the other.
    pub turn: Option<OwnedMutexGuard<()>>,
}

pub use certificate::errors as certificate_errors;
pub use quota::{Turns, charge};

/// Completes and judges an object. The write must do what is returned.
pub async fn admit(
    call: &Call,
    operation: Operation<'_>,
    object: &mut Value,
    live: Option<&Value>,
) -> Result<Effects, Fault> {
    unsupported::check(call, operation)?;
    node::restrict(call, operation, object, live)?;
    if operation != Operation::Delete {
        let resource = (call.group(), call.resource.plural.as_str());
        if let Some(why) = marks::refusal(&call.user, resource, object, live) {
            return Err(call.forbidden(text_at(object, &["metadata", "name"]), &why));
        }
    }
    let mut effects = Effects::default();
    match operation {
        Operation::Create => effects
            .compares
            .extend(namespace::must_take(call, object).await?),
        Operation::Delete => namespace::may_go(call, text_at(object, &["metadata", "name"]))?,
        Operation::Update { .. } => {}
    }
    certificate::check(call, operation, object, live).await?;
    if operation != Operation::Delete {
        escalation::check(call, object, live).await?;
    }
    if operation != Operation::Create {
        return Ok(effects);
    }
    effects
        .compares
        .extend(crate::definitions::guard(call).await?);
    match (call.group(), call.resource.plural.as_str()) {
        ("", "pods") => pod(call, object).await?,
        ("", "nodes") => node::taint(object),
        ("", "resourcequotas") => quota::has_room(call, object).await?,
        ("", "persistentvolumeclaims") => {
            let errors = limit_range::claim_errors(object, &limit_ranges(call).await?);
            limits_hold(call, object, &errors)?;
            let classes = call
                .cluster
                .some("storage.k8s.io", "storageclasses", None)
                .await;
            let classes = classes.map_err(store_fault)?;
            storage_class::default(object, classes.iter().map(|(_, class)| class));
        }
        _ => {}
    }
    Ok(effects)
}

async fn pod(call: &Call, pod: &mut Value) -> Result<(), Fault> {
    let name = text_at(pod, &["metadata", "name"]).to_owned();
    let refused = |why: String| call.forbidden(&name, &why);
    if !service_account::is_mirror(pod) {
        let namespace = call.namespace();
        let account = service_account::name(pod).to_owned();
        let found = call
            .cluster
            .core_object("serviceaccounts", namespace, &account)
            .await;
        let Some(found) = found.map_err(store_fault)? else {
            let namespace = namespace.unwrap_or_default();
            return Err(refused(format!(
                "error looking up service account {namespace}/{account}: serviceaccount \"{account}\" not found"
            )));
        };
        let suffix: String = wharf_base::ids::hex16().chars().take(5).collect();
        service_account::add(pod, &account, &found, &suffix);
        if let Some(place) = &call.cluster.parts.aws {
            let has_identity = has_identity(call, &account).await?;
            iam_role::add(pod, &found, place, has_identity);
        }
    }
    let ranges = limit_ranges(call).await?;
    limit_range::set_defaults(pod, &ranges);
    limits_hold(call, pod, &limit_range::pod_errors(pod, &ranges))?;
    if !service_account::is_mirror(pod) {
        of_fargate(call, pod).await?;
    }
    let classes = call
        .cluster
        .some("scheduling.k8s.io", "priorityclasses", None)
        .await;
    let classes = classes.map_err(store_fault)?;
    priority::set(pod, classes.iter().map(|(_, class)| class)).map_err(refused)?;
    tolerations::add(pod);
    pod_security(call, pod).await
}

/// Gives a pod to Fargate, if a profile chooses it. One that would run elsewhere for want of an answer is not made.
async fn of_fargate(call: &Call, pod: &mut Value) -> Result<(), Fault> {
    let Some(profiles) = &call.cluster.parts.fargate else {
        return Ok(());
    };
    let active = profiles.active().await.map_err(|error| {
        tracing::warn!(%error, "looking up the Fargate profiles of a cluster failed");
        Status::unavailable("Fargate profiles cannot be looked up now")
    })?;
    fargate::add(pod, call.namespace().unwrap_or_default(), &active);
    Ok(())
}

/// Whether pods of a service account have a role by Pod Identity. A pod that would come without it is not made.
async fn has_identity(call: &Call, account: &str) -> Result<bool, Fault> {
    let Some(identities) = &call.cluster.parts.pod_identities else {
        return Ok(false);
    };
    let namespace = call.namespace().unwrap_or_default();
    identities.has(namespace, account).await.map_err(|error| {
        tracing::warn!(%error, namespace, account, "looking up the role of a service account failed");
        Status::unavailable("roles of service accounts cannot be looked up now").into()
    })
}

/// Whether the pod keeps to the level of its namespace.
async fn pod_security(call: &Call, pod: &Value) -> Result<(), Fault> {
    let namespace = call.namespace().unwrap_or_default();
    let space = call
        .cluster
        .core_object("namespaces", None, namespace)
        .await;
    let space = space.map_err(store_fault)?.unwrap_or_default();
    let labels = &space["metadata"]["labels"];
    let level = |mode: &str| {
        let label = labels[format!("pod-security.kubernetes.io/{mode}")].as_str();
        label.and_then(pod_security::Level::parse)
    };
    if let Some(level) = level("enforce")
        && let Some(why) = pod_security::violations(pod, level)
    {
        let name = text_at(pod, &["metadata", "name"]);
        return Err(call.forbidden(name, &why));
    }
    if let Some(level) = level("warn")
        && let Some(why) = pod_security::violations(pod, level)
    {
        call.warn(format!(
            "would violate {}",
            why.trim_start_matches("violates ")
        ));
    }
    Ok(())
}

async fn limit_ranges(call: &Call) -> Result<Vec<Value>, Fault> {
    let ranges = call.cluster.some("", "limitranges", call.namespace()).await;
    let ranges = ranges.map_err(store_fault)?;
    Ok(ranges.into_iter().map(|(_, range)| range).collect())
}

fn limits_hold(call: &Call, object: &Value, errors: &[String]) -> Result<(), Fault> {
    let why = match errors {
        [] => return Ok(()),
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    Err(call.forbidden(text_at(object, &["metadata", "name"]), &why))
}

/// What goes with an object that is removed.
pub fn released(call: &Call, live: &Value) -> Effects {
    let mut effects = Effects::default();
    if (call.group(), call.resource.plural.as_str()) == ("", "services") {
        let folder = format!("{}{CLAIMS}", call.cluster.objects.keys.root());
        let held = allocation::claims(live);
        let keys = held.iter().map(|it| format!("{folder}{}", it.path()));
        effects.released = keys.collect();
    }
    effects
}

/// The folder of what services hold.
const CLAIMS: &str = "claims/";

/// Gives an object, as it will be written, what it needs of the cluster's addresses and ports.
pub async fn allocate(
    call: &Call,
    subresource: &str,
    object: &mut Value,
    live: Option<&Value>,
    effects: &mut Effects,
) -> Result<(), Fault> {
    if (call.group(), call.resource.plural.as_str()) != ("", "services") || !subresource.is_empty()
    {
        return Ok(());
    }
    let folder = format!("{}{CLAIMS}", call.cluster.objects.keys.root());
    let key = |it: &allocation::Claim| format!("{folder}{}", it.path());
    let taken = call
        .cluster
        .objects
        .names(&folder)
        .await
        .map_err(store_fault)?;
    let is_free = |it: &allocation::Claim| !taken.contains(&it.path());
    let range = call.cluster.parts.network.service_range;
    let errors = allocation::allocate(object, live, range, is_free);
    if !errors.is_empty() {
        let name = text_at(object, &["metadata", "name"]);
        return Err(call.invalid(name, errors));
    }
    let old = live.map(allocation::claims).unwrap_or_default();
    let new = allocation::claims(object);
    effects
        .claims
        .extend(new.iter().filter(|it| !old.contains(it)).map(key));
    effects
        .released
        .extend(old.iter().filter(|it| !new.contains(it)).map(key));
    Ok(())
}
