//! Admission: what the server adds to an object, and what it does not take, by what else is in the cluster.
//!
//! Each part is a pure function over the object and what was read for it; this module reads, and calls them in upstream's order.

mod addresses;
mod allocation;
mod certificate;
mod default_class;
mod escalation;
mod fargate;
mod images;
mod limit_range;
mod marks;
mod namespace;
mod node;
mod pod_security;
mod priority;
mod quota;
mod runtime_class;
mod service_account;
mod storage_class;
mod tolerations;
mod topology;
mod unsupported;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;
use tokio::sync::OwnedMutexGuard;
use wharf_kube_model::view::text_at;
use wharf_store::Compare;

use crate::{
    answer::Fault,
    call::{Call, store_fault},
    webhooks::{About, Round, Verb},
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

pub use addresses::{adopt as adopt_addresses, default_range};
pub use certificate::errors as certificate_errors;
pub use fargate::not_for_others as not_for_others_than_fargate;
pub use quota::{Turns, charge};
pub use topology::label as label_by_node;

/// The same, with the mutating webhooks of the cluster: what they change is completed and judged again, and those that want to hear of it
/// are asked once more.
pub async fn admit_asking(
    call: &Call,
    operation: Operation<'_>,
    object: &mut Value,
    live: Option<&Value>,
) -> Result<Effects, Fault> {
    let effects = admit(call, operation, object, live).await?;
    let Some(mut round) = Round::begin(call) else {
        return Ok(effects);
    };
    let (verb, subresource) = match operation {
        Operation::Create => (Verb::Create, ""),
        Operation::Update { subresource } => (Verb::Update, subresource),
        Operation::Delete => return Ok(effects),
    };
    let name = match verb {
        Verb::Create => text_at(object, &["metadata", "name"]).to_owned(),
        _ => call.name().to_owned(),
    };
    let about = About::of(call, verb, subresource, &name)?;
    if !round.first(call, &about, Some(object), live).await? {
        return Ok(effects);
    }
    let changed = object.clone();
    let effects = admit(call, operation, object, live).await?;
    let has_changed = *object != changed;
    if !round.again(call, &about, object, live, has_changed).await? {
        return Ok(effects);
    }
    admit(call, operation, object, live).await
}

/// Judges an object that nothing changes any more before it is written.
pub async fn judge(
    call: &Call,
    subresource: &str,
    object: &Value,
    live: Option<&Value>,
) -> Result<(), Fault> {
    limits(call, subresource, object, live).await?;
    pod_security::judge(call, subresource, object, live).await
}

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
        marks::keep(&call.user, resource, object, live);
        let of_mark = marks::refusal(&call.user, resource, object, live);
        let of_profile = || fargate::refusal(resource, object, live);
        if let Some(why) = of_mark.or_else(of_profile) {
            return Err(call.forbidden(text_at(object, &["metadata", "name"]), &why));
        }
    }
    let mut effects = Effects::default();
    match operation {
        Operation::Create => effects
            .compares
            .extend(namespace::must_take(call, object).await?),
        Operation::Delete => {
            namespace::may_go(call, text_at(object, &["metadata", "name"]))?;
            addresses::may_go(call, object).await?;
        }
        Operation::Update { .. } => {}
    }
    certificate::check(call, operation, object, live).await?;
    if operation != Operation::Delete {
        escalation::check(call, object, live).await?;
    }
    let is_claim = (call.group(), call.resource.plural.as_str()) == ("", "persistentvolumeclaims");
    if let (Operation::Update { subresource: "" }, Some(live), true) = (operation, live, is_claim)
        && storage_class::grows(object, live)
    {
        let classes = call
            .cluster
            .some("storage.k8s.io", "storageclasses", None)
            .await;
        let classes = classes.map_err(store_fault)?;
        if !storage_class::may_grow(live, classes.iter().map(|(_, class)| class.as_ref())) {
            let why = "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize";
            return Err(call.forbidden(text_at(object, &["metadata", "name"]), why));
        }
    }
    let is_pod = (call.group(), call.resource.plural.as_str()) == ("", "pods");
    if is_pod && operation == (Operation::Update { subresource: "" }) {
        // What a change would take away comes back.
        tolerations::add(object);
    }
    if is_pod
        && operation
            == (Operation::Update {
                subresource: "resize",
            })
        && !is_ending(live)
    {
        limit_range::set_defaults(object, &limit_ranges(call).await?);
    }
    if is_pod && operation != Operation::Create {
        let rests_on = images::settle(call, operation, object, live).await?;
        effects.compares.extend(rests_on);
    }
    if operation != Operation::Create {
        return Ok(effects);
    }
    effects
        .compares
        .extend(crate::definitions::guard(call).await?);
    match (call.group(), call.resource.plural.as_str()) {
        ("", "pods") => effects.compares.extend(pod(call, object).await?),
        ("", "nodes") => node::taint(object),
        ("", "persistentvolumes") => {
            storage_class::protect(object, "kubernetes.io/pv-protection");
        }
        ("", "resourcequotas") => quota::has_room(call, object).await?,
        ("", "persistentvolumeclaims") => {
            let classes = call
                .cluster
                .some("storage.k8s.io", "storageclasses", None)
                .await;
            let classes = classes.map_err(store_fault)?;
            storage_class::default(object, classes.iter().map(|(_, class)| class.as_ref()));
            storage_class::protect(object, "kubernetes.io/pvc-protection");
        }
        ("networking.k8s.io", "servicecidrs") => addresses::may_come(call, object).await?,
        ("networking.k8s.io", "ingresses") => {
            let classes = call
                .cluster
                .some(call.group(), "ingressclasses", None)
                .await;
            let classes = classes.map_err(store_fault)?;
            default_class::of_ingress(object, classes.iter().map(|(_, class)| class.as_ref()));
        }
        _ => {}
    }
    Ok(effects)
}

async fn pod(call: &Call, pod: &mut Value) -> Result<Option<Compare>, Fault> {
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
    }
    let ranges = limit_ranges(call).await?;
    limit_range::set_defaults(pod, &ranges);
    let on = node_named(call, text_at(pod, &["spec", "nodeName"])).await?;
    if let Some(node) = &on {
        topology::label(pod, node);
    }
    fargate::add(call, pod, on.as_deref()).await?;
    let classes = call
        .cluster
        .some("scheduling.k8s.io", "priorityclasses", None)
        .await;
    let classes = classes.map_err(store_fault)?;
    let set = priority::set(pod, classes.iter().map(|(_, class)| class.as_ref()));
    set.map_err(|error| refused(error.to_string()))?;
    tolerations::add(pod);
    let class = runtime_class(call, pod).await?;
    let set = runtime_class::set(pod, class.as_deref());
    set.map_err(|error| refused(error.to_string()))?;
    images::settle(call, Operation::Create, pod, None).await
}

/// The node that a pod is to run on, if there is one of that name.
pub async fn node_named(call: &Call, name: &str) -> Result<Option<Arc<Value>>, Fault> {
    if name.is_empty() {
        return Ok(None);
    }
    let found = call.cluster.core_object("nodes", None, name).await;
    found.map_err(store_fault)
}

async fn runtime_class(call: &Call, pod: &Value) -> Result<Option<Arc<Value>>, Fault> {
    let Some(name) = runtime_class::name(pod) else {
        return Ok(None);
    };
    let classes = call
        .cluster
        .some("node.k8s.io", "runtimeclasses", None)
        .await;
    let mut classes = classes.map_err(store_fault)?.into_iter();
    let found = classes.find(|(_, class)| text_at(class, &["metadata", "name"]) == name);
    Ok(found.map(|(_, class)| class))
}

async fn limit_ranges(call: &Call) -> Result<Vec<Arc<Value>>, Fault> {
    let ranges = call.cluster.some("", "limitranges", call.namespace()).await;
    let ranges = ranges.map_err(store_fault)?;
    Ok(ranges.into_iter().map(|(_, range)| range).collect())
}

/// Whether what is being deleted is written.
fn is_ending(live: Option<&Value>) -> bool {
    live.is_some_and(|it| it["metadata"]["deletionTimestamp"].is_string())
}

/// Whether an object asks for what its namespace's limit ranges let it have: pods when they come and are resized, claims always.
async fn limits(
    call: &Call,
    subresource: &str,
    object: &Value,
    live: Option<&Value>,
) -> Result<(), Fault> {
    if is_ending(live) {
        return Ok(());
    }
    let plural = call.resource.plural.as_str();
    let errors = match (call.group(), plural, subresource, live.is_some()) {
        ("", "pods", "", false) | ("", "pods", "resize", true) => {
            limit_range::pod_errors(object, &limit_ranges(call).await?)
        }
        ("", "persistentvolumeclaims", "", _) => {
            limit_range::claim_errors(object, &limit_ranges(call).await?)
        }
        _ => return Ok(()),
    };
    let why = match errors.as_slice() {
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
        let held = allocation::claims(live);
        effects.released = held.iter().flat_map(|it| given_up(call, it)).collect();
    }
    effects
}

/// The folder of ports of nodes that services hold, and of addresses as they were held once.
const CLAIMS: &str = "claims/";

fn claim_key(call: &Call, port: u16) -> String {
    let root = call.cluster.objects.keys.root();
    format!("{root}{CLAIMS}{}", allocation::port_path(port))
}

/// The keys that go when a service lets something go.
fn given_up(call: &Call, claim: &allocation::Claim) -> Vec<String> {
    match claim {
        allocation::Claim::NodePort(port) => vec![claim_key(call, *port)],
        allocation::Claim::Address(it) => addresses::keys(&call.cluster.objects, *it).into(),
    }
}

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
    let objects = &call.cluster.objects;
    let folder = format!("{}{CLAIMS}", objects.keys.root());
    let ports = objects.names(&folder).await.map_err(store_fault)?;
    let held = addresses::held(objects, &ports)
        .await
        .map_err(store_fault)?;
    let is_free = |it: &allocation::Claim| match it {
        allocation::Claim::NodePort(port) => !ports.contains(&allocation::port_path(*port)),
        allocation::Claim::Address(address) => !held.contains(address),
    };
    let ranges = addresses::ranges(&call.cluster)
        .await
        .map_err(store_fault)?;
    let nets: Vec<_> = ranges.iter().map(|it| it.net).collect();
    let errors = allocation::allocate(object, live, &nets, is_free);
    if !errors.is_empty() {
        let name = text_at(object, &["metadata", "name"]);
        return Err(call.invalid(name, errors));
    }
    let old = live.map(allocation::claims).unwrap_or_default();
    let new = allocation::claims(object);
    for claim in new.iter().filter(|it| !old.contains(it)) {
        match claim {
            allocation::Claim::NodePort(port) => effects.claims.push(claim_key(call, *port)),
            allocation::Claim::Address(address) => {
                let key = addresses::key(objects, *address);
                let range = ranges.iter().find(|it| it.net.contains(address));
                effects
                    .compares
                    .extend(range.and_then(addresses::Range::unchanged));
                effects.compares.push(Compare::absent(&key));
                let record = addresses::record(&call.catalog, *address, object, call.now);
                effects.written.push((key, record));
            }
        }
    }
    let let_go = old.iter().filter(|it| !new.contains(it));
    effects
        .released
        .extend(let_go.flat_map(|it| given_up(call, it)));
    Ok(())
}
