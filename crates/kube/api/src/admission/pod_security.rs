//! Pod Security: what pods of a namespace may ask of their machine, by the namespace's labels.
//!
//! A pod that does not keep to the level of the mode `enforce` is refused; the modes `audit` and `warn` tell of it, of the templates of
//! pods too. [`policy`] reads the labels, [`rules`] judge.

mod existing;
mod policy;
mod rules;

use serde_json::Value;
use wharf_kube_model::view::{at, items, text, text_at};

use self::{
    existing::Existing,
    policy::{PREFIX, Policy, Standard},
    rules::{Violation, told, violations},
};
use crate::{
    answer::Fault,
    call::{Call, cut, store_fault},
};

/// Subresources of pods by which nothing comes into a pod that its level is about. All others are judged, also those to come.
const HARMLESS: [&str; 8] = [
    "attach",
    "binding",
    "eviction",
    "exec",
    "log",
    "portforward",
    "proxy",
    "status",
];
/// Pods of a namespace that are judged when it gets a stricter level, as many as upstream does.
const MOST_JUDGED: usize = 3_000;
/// Pods read at a time.
const AT_ONCE: usize = 500;
/// Bytes of one note to the audit log.
const MOST_NOTE: usize = 8 << 10;

/// Judges what is written, as it will be written.
pub async fn judge(
    call: &Call,
    subresource: &str,
    object: &Value,
    live: Option<&Value>,
) -> Result<(), Fault> {
    match (call.group(), call.resource.plural.as_str()) {
        ("", "pods") if HARMLESS.contains(&subresource) => Ok(()),
        ("", "pods") => pod(call, object, live).await,
        _ if !subresource.is_empty() => Ok(()),
        ("", "namespaces") => namespace(call, object, live).await,
        resource => match template(resource, object) {
            Some(template) => of_template(call, template).await,
            None => Ok(()),
        },
    }
}

async fn policy(call: &Call) -> Result<(Policy, Option<String>), Fault> {
    let name = call.namespace().unwrap_or_default();
    let space = call.cluster.core_object("namespaces", None, name).await;
    let space = space.map_err(store_fault)?.unwrap_or_default();
    let (policy, errors) = Policy::of(&space);
    if errors.is_empty() {
        return Ok((policy, None));
    }
    let each: Vec<String> = errors
        .iter()
        .map(|it| format!("{}: {}", it.field, it.body()))
        .collect();
    let why = match each.as_slice() {
        [one] => one.clone(),
        many => format!("[{}]", many.join(", ")),
    };
    Ok((policy, Some(format!("Failed to parse policy: {why}"))))
}

async fn pod(call: &Call, pod: &Value, live: Option<&Value>) -> Result<(), Fault> {
    let is_new = live.is_none();
    if live.is_some_and(|live| !matters(pod, live)) {
        return Ok(());
    }
    let (policy, error) = policy(call).await?;
    note(call, "enforce-policy", &policy.enforce.to_string());
    if error.is_none() && policy.allows_all() {
        return Ok(());
    }
    if let Some(why) = error {
        note(call, "error", &why);
    }
    let broken = violations(pod, policy.enforce);
    audit(call, policy, pod);
    if !broken.is_empty() {
        let why = format!(
            "violates PodSecurity \"{}\": {}",
            policy.enforce,
            told(&broken)
        );
        let name = match is_new {
            true => text_at(pod, &["metadata", "name"]),
            false => call.name(),
        };
        return Err(call.forbidden(name, &why));
    }
    warn(call, policy, pod);
    Ok(())
}

/// A template is only told of: it is its pods that are refused.
async fn of_template(call: &Call, template: &Value) -> Result<(), Fault> {
    let (policy, error) = policy(call).await?;
    if error.is_none() && policy.audit.allows_all() && policy.warn.allows_all() {
        return Ok(());
    }
    if let Some(why) = error {
        note(call, "error", &why);
    }
    audit(call, policy, template);
    warn(call, policy, template);
    Ok(())
}

fn would(standard: Standard, broken: &[Violation]) -> String {
    format!("would violate PodSecurity \"{standard}\": {}", told(broken))
}

fn audit(call: &Call, policy: Policy, pod: &Value) {
    let broken = violations(pod, policy.audit);
    if !broken.is_empty() {
        note(call, "audit-violations", &would(policy.audit, &broken));
    }
}

fn warn(call: &Call, policy: Policy, pod: &Value) {
    let broken = violations(pod, policy.warn);
    if !broken.is_empty() {
        call.warn(would(policy.warn, &broken));
    }
}

/// Tells the audit log.
fn note(call: &Call, key: &str, value: &str) {
    let mut value = value.to_owned();
    cut(&mut value, MOST_NOTE);
    call.notes.lock().insert(format!("{PREFIX}{key}"), value);
}

/// Whether an update may make a pod break what it kept to: it brings a container or an image. Pods that were there before their
/// namespace had its level go on otherwise.
fn matters(pod: &Value, live: &Value) -> bool {
    let same_image = |a: &Value, b: &Value| text(a, "image") == text(b, "image");
    let is_same = |list: &str| {
        let (new, old) = (items(&pod["spec"], list), items(&live["spec"], list));
        new.len() == old.len() && new.iter().zip(old).all(|(a, b)| same_image(a, b))
    };
    let debugging = items(&live["spec"], "ephemeralContainers");
    let was_there = |it: &Value| {
        let mut named = debugging
            .iter()
            .filter(|old| text(old, "name") == text(it, "name"));
        named.next().is_some_and(|old| same_image(it, old))
    };
    let brings = items(&pod["spec"], "ephemeralContainers");
    !is_same("containers") || !is_same("initContainers") || !brings.iter().all(was_there)
}

/// Where objects of a resource have a pod to be made of them.
fn template<'a>((group, plural): (&str, &str), object: &'a Value) -> Option<&'a Value> {
    let path: &[&str] = match (group, plural) {
        ("", "podtemplates") => &["template"],
        ("", "replicationcontrollers")
        | ("apps", "daemonsets" | "deployments" | "replicasets" | "statefulsets")
        | ("batch", "jobs") => &["spec", "template"],
        ("batch", "cronjobs") => &["spec", "jobTemplate", "spec", "template"],
        _ => return None,
    };
    at(object, path)
}

/// The labels of a namespace are to be understood, and who makes its level stricter hears of the pods that do not keep to it: they stay.
async fn namespace(call: &Call, space: &Value, live: Option<&Value>) -> Result<(), Fault> {
    let (policy, errors) = Policy::of(space);
    let name = text_at(space, &["metadata", "name"]);
    let Some(live) = live else {
        return match errors.is_empty() {
            true => Ok(()),
            false => Err(call.invalid(name, errors)),
        };
    };
    let (before, old_errors) = Policy::of(live);
    // What was wrong before may be changed otherwise.
    if !errors.is_empty() && errors != old_errors {
        return Err(call.invalid(name, errors));
    }
    let (new, old) = (policy.enforce, before.enforce);
    let is_relaxed = new.version == old.version && new.level <= old.level;
    if new == old || new.allows_all() || is_relaxed {
        return Ok(());
    }
    for warning in existing(call, name, new).await?.warnings(name) {
        call.warn(warning);
    }
    Ok(())
}

/// Judges the pods that a namespace has already.
async fn existing(call: &Call, namespace: &str, standard: Standard) -> Result<Existing, Fault> {
    let mut found = Existing::new(standard);
    let mut all = call.catalog.all();
    let pods = all.find(|it| (it.group.as_str(), it.plural.as_str()) == ("", "pods"));
    let Some(pods) = pods else {
        return Ok(found);
    };
    let objects = &call.cluster.objects;
    let folder = objects.keys.namespace("", "pods", namespace);
    let (mut after, mut at): (Option<String>, _) = (None, None);
    loop {
        let page = objects.page(&folder, after.as_deref(), at, AT_ONCE).await;
        let page = page.map_err(store_fault)?;
        at = Some(page.revision);
        for (_, object) in &page.objects {
            if let Some(pod) = object.value(pods) {
                found.see(&pod);
            }
        }
        after = page.objects.last().map(|(path, _)| path.clone());
        let Some(last) = after.as_deref().filter(|_| page.more) else {
            return Ok(found);
        };
        if found.judged() >= MOST_JUDGED {
            let left = objects.count_after(&folder, last, page.revision).await;
            found.skip(left.map_err(store_fault)?);
            return Ok(found);
        }
    }
}
