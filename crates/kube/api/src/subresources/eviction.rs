//! Eviction: a deletion that disruption budgets may refuse for now.

use bytes::Bytes;
use serde_json::{Value, json};
use wharf_kube_model::{
    selector::Labels,
    status::{Cause, Details, MODIFIED, Status},
    view::{is_ready, text_at},
};
use wharf_store::StoreError;

use crate::{
    admission::Effects,
    answer::{Answer, Fault},
    body::Expected,
    call::{Call, store_fault},
    deleting::{self, Options},
    storage::{Object, WriteError, record},
    webhooks::{self, Verb},
    writing::plain_fault,
};

const EVICTION: Expected<'_> = Expected {
    group: "policy",
    version: "v1",
    kind: "Eviction",
};
/// Budgets of a namespace that are looked at.
const MOST_BUDGETS: usize = 1000;
/// Pods that were evicted and are not yet seen to be gone, in one budget.
const MOST_DISRUPTED: usize = 2000;
const TRIES: usize = 32;

pub async fn evict(call: &Call, body: &Bytes) -> Result<Answer, Fault> {
    let mut eviction = call.decode_other(body, EVICTION)?;
    let named = text_at(&eviction, &["metadata", "name"]);
    if !named.is_empty() && named != call.name() {
        return Err(
            Status::bad_request("name in URL does not match name in Eviction object").into(),
        );
    }
    let verb = Verb::Create;
    let name = call.name();
    webhooks::admit_other(call, verb, "eviction", name, EVICTION, &mut eviction, None).await?;
    let mut options = deleting::options_of_value(&eviction["deleteOptions"])?;
    options.is_dry |= call.is_dry_run()?;
    let object = call.read().await?;
    let pod = call.value(&object)?;
    // What cannot be deleted takes nothing from a budget.
    deleting::check_preconditions(call, call.name(), &pod, &options)?;
    let phase = text_at(&pod, &["status", "phase"]);
    let is_over = ["Succeeded", "Failed", "Pending"].contains(&phase)
        || pod["metadata"]["deletionTimestamp"].is_string();
    let is_guarded = !is_over && claim(call, &pod, options.is_dry).await?;
    if !is_guarded && options.resource_version.is_none() {
        // A pod that has become ready meanwhile is one that its budget speaks for.
        let version = text_at(&pod, &["metadata", "resourceVersion"]);
        options.resource_version = Some(version.to_owned());
    }
    if !options.is_dry {
        mark(call, object, &mut options).await?;
    }
    // Webhooks were asked about the eviction, which this is.
    deleting::delete_unasked(call, call.name(), &options).await?;
    let mut status = Status::deleted("", "", "", "");
    status.code = 201;
    status.details = None;
    Ok(call.answer_other(201, &status.to_value()))
}

/// Says of the pod why it goes, for those who judge its end. What is asked of its version then holds of the one so written.
async fn mark(call: &Call, mut object: Object, options: &mut Options) -> Result<(), Fault> {
    let objects = &call.cluster.objects;
    for _ in 0..TRIES {
        let pod = call.value(&object)?;
        // It may be another of the name by now.
        deleting::check_preconditions(call, call.name(), &pod, options)?;
        let marked = marked(pod, &call.now.iso8601_seconds());
        let record = record(object.version(), &marked);
        let written = objects
            .replace(
                &call.key(),
                object.revision,
                record,
                &Effects::default(),
                None,
            )
            .await;
        match written {
            Ok(written) => {
                if options.resource_version.is_some() {
                    options.resource_version = Some(written.revision.to_string());
                }
                return Ok(());
            }
            Err(WriteError::Changed) if options.resource_version.is_none() => {
                object = call.read().await?;
            }
            Err(WriteError::Changed) => break,
            Err(error) => return Err(call.write_fault(call.name(), error)),
        }
    }
    Err(call.conflict(call.name(), MODIFIED))
}

/// The pod with the condition of an eviction: pure.
fn marked(mut pod: Value, now: &str) -> Value {
    let conditions = pod["status"]["conditions"].as_array();
    let mut conditions = conditions.cloned().unwrap_or_default();
    conditions.retain(|it| it["type"] != "DisruptionTarget");
    conditions.push(json!({
        "type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI",
        "message": "Eviction API: evicting", "lastProbeTime": null, "lastTransitionTime": now,
    }));
    pod["status"]["conditions"] = conditions.into();
    pod
}

/// Takes a disruption from the budget of the pod, if it has one; whether that speaks for it as it is.
async fn claim(call: &Call, pod: &Value, is_dry: bool) -> Result<bool, Fault> {
    for _ in 0..TRIES {
        let Some((key, object, budget)) = budget_of(call, pod).await? else {
            return Ok(true);
        };
        if !is_guarded(&budget, pod) {
            return Ok(false);
        }
        let claimed = claimed(&budget, call.name(), &call.now.iso8601_seconds())?;
        if is_dry {
            return Ok(true);
        }
        let record = record(object.version(), &claimed);
        let objects = &call.cluster.objects;
        match objects
            .replace(&key, object.revision, record, &Effects::default(), None)
            .await
        {
            Ok(_) => return Ok(true),
            Err(WriteError::Changed) => {}
            Err(error) => return Err(call.write_fault(call.name(), error)),
        }
    }
    Err(too_many(
        "",
        10,
        "couldn't update PodDisruptionBudget due to conflicts",
    ))
}

async fn budget_of(call: &Call, pod: &Value) -> Result<Option<(String, Object, Value)>, Fault> {
    let budgets = call
        .catalog
        .resource("policy", "v1", "poddisruptionbudgets");
    let Some(budgets) = budgets else {
        return Ok(None);
    };
    let namespace = call.namespace().unwrap_or_default();
    let objects = &call.cluster.objects;
    let storage = &budgets.storage;
    let folder = objects
        .keys
        .namespace(&storage.group, &storage.plural, namespace);
    let page: Result<_, StoreError> = objects.page(&folder, None, None, MOST_BUDGETS).await;
    let page = page.map_err(store_fault)?;
    let mut found = None;
    for (path, object) in page.objects {
        let Some(budget) = object.value(budgets) else {
            continue;
        };
        let selector = Labels::of_selector(budget["spec"].get("selector"));
        if !selector.is_ok_and(|it| it.matches_object(pod)) {
            continue;
        }
        if found.is_some() {
            return Err(plain_fault(
                "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
            ));
        }
        found = Some((format!("{folder}{path}"), object, budget));
    }
    Ok(found)
}

/// Whether the budget is asked about a pod: one that is not ready is none of the healthy ones. With `IfHealthyBudget`, which is
/// meant where nothing is said, it waits for as long as there are too few of these.
fn is_guarded(budget: &Value, pod: &Value) -> bool {
    if is_ready(pod) {
        return true;
    }
    let number = |name: &str| budget["status"][name].as_i64().unwrap_or(0);
    let (now, desired) = (number("currentHealthy"), number("desiredHealthy"));
    let always = text_at(budget, &["spec", "unhealthyPodEvictionPolicy"]) == "AlwaysAllow";
    !always && (desired <= 0 || now < desired)
}

/// The budget with one disruption less: pure.
fn claimed(budget: &Value, pod: &str, now: &str) -> Result<Value, Fault> {
    let name = text_at(budget, &["metadata", "name"]);
    let status = &budget["status"];
    let number = |value: &Value| value.as_i64().unwrap_or(0);
    if number(&status["observedGeneration"]) < number(&budget["metadata"]["generation"]) {
        let text = format!("The disruption budget {name} is still being processed by the server.");
        return Err(too_many(name, 10, &text));
    }
    let disrupted = status["disruptedPods"].as_object().map_or(0, |it| it.len());
    if disrupted > MOST_DISRUPTED {
        let text = "DisruptedPods map too big - too many evictions not confirmed by PDB controller";
        return Err(Status::forbidden("policy", "poddisruptionbudgets", name, text).into());
    }
    let allowed = number(&status["disruptionsAllowed"]);
    if allowed <= 0 {
        let text = format!(
            "The disruption budget {name} needs {} healthy pods and has {} currently",
            number(&status["desiredHealthy"]),
            number(&status["currentHealthy"])
        );
        return Err(too_many(name, 0, &text));
    }
    let mut budget = budget.clone();
    budget["status"]["disruptionsAllowed"] = (allowed - 1).into();
    if !budget["status"]["disruptedPods"].is_object() {
        budget["status"]["disruptedPods"] = json!({});
    }
    budget["status"]["disruptedPods"][pod] = now.into();
    Ok(budget)
}

fn too_many(name: &str, seconds: u32, why: &str) -> Fault {
    let text = "Cannot evict pod as it would violate the pod's disruption budget.";
    let mut status = Status::too_many_requests(text, seconds);
    let details = status.details.get_or_insert_with(Details::default);
    details.name = name.to_owned();
    details.causes.push(Cause {
        reason: "DisruptionBudget".to_owned(),
        message: why.to_owned(),
        field: String::new(),
    });
    Box::new(status)
}
