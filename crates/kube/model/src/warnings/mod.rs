//! Warnings: what a client hears beside its answer, in upstream's words, of what is deprecated and of what hardly does what is meant.
//!
//! Those that upstream's strategies have: of a new object, and of a change where it counts as one of what the object is to be. What is
//! warned of is done all the same.

mod pod;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::{
    Resource,
    field::{Path, quoted},
    names,
    quantity::Quantity,
    view::{at, items, map, member, number, number_at, text, text_at},
};

/// A job that is deleted by somebody who does not say what becomes of its pods.
pub const PODS_OF_JOBS_STAY: &str = "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning";

/// Enough for any reader; a flood of faults ends here.
const MOST: usize = 100;

/// The warnings so far.
#[derive(Default)]
struct Warnings(Vec<String>);

impl Warnings {
    fn full(&self) -> bool {
        self.0.len() >= MOST
    }

    fn push(&mut self, path: &Path<'_>, text: impl std::fmt::Display) {
        self.say(format!("{path}: {text}"));
    }

    fn say(&mut self, text: String) {
        if !self.full() {
            self.0.push(text);
        }
    }
}

/// What whoever asks for a deprecated kind hears, whatever the request.
pub fn deprecated(resource: &Resource) -> Option<&str> {
    if let Some(custom) = &resource.custom {
        return custom.deprecated.as_deref();
    }
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "ComponentStatus") => Some("v1 ComponentStatus is deprecated in v1.19+"),
        ("", "Endpoints") => {
            Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
        }
        _ => None,
    }
}

/// Of an object that is about to be created and has passed validation.
pub fn create(resource: &Resource, object: &Value) -> Vec<String> {
    let mut warnings = Warnings::default();
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => {
            label(object, "the Pod's hostname", &mut warnings);
            pod::pod(object, &mut warnings);
        }
        ("", "ReplicationController")
        | ("apps", "Deployment" | "ReplicaSet")
        | ("batch", "Job" | "CronJob") => {
            label(object, "Pod names and hostnames", &mut warnings);
            templates(resource, object, &mut warnings);
        }
        ("", "PodTemplate") | ("apps", "DaemonSet" | "StatefulSet") => {
            templates(resource, object, &mut warnings);
        }
        ("networking.k8s.io", "Ingress") => ingress(object, &mut warnings),
        _ => always(resource, object, &mut warnings),
    }
    warnings.0
}

/// Of a change of the object itself, or of its scale, that has passed validation.
pub fn update(resource: &Resource, new: &Value, old: &Value) -> Vec<String> {
    let mut warnings = Warnings::default();
    let generation = |object: &Value| number_at(object, &["metadata", "generation"]);
    if generation(new) != generation(old) {
        templates(resource, new, &mut warnings);
    }
    if (resource.group.as_str(), resource.kind.as_str()) == ("batch", "CronJob")
        && text_at(new, &["spec", "schedule"]).contains("TZ")
    {
        warnings.say("cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details".to_owned());
    }
    always(resource, new, &mut warnings);
    warnings.0
}

/// Of what upstream warns whether or not it changed.
fn always(resource: &Resource, object: &Value, warnings: &mut Warnings) {
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Service") => service(object, warnings),
        ("", "PersistentVolumeClaim") => {
            old_class(object, warnings);
            if let Some(spec) = object.get("spec") {
                claim(spec, &Path::root("spec"), warnings);
            }
        }
        ("", "PersistentVolume") => volume(object, warnings),
        _ => {}
    }
}

/// A name that becomes part of others' names where a label of DNS is wanted.
fn label(object: &Value, of_what: &str, warnings: &mut Warnings) {
    let faults = names::dns_label(text_at(object, &["metadata", "name"]));
    if !faults.is_empty() {
        warnings.say(format!(
            "metadata.name: this is used in {of_what}, which can result in surprising behavior; a DNS label is recommended: [{}]",
            faults.join(" ")
        ));
    }
}

/// The templates of pods and claims that an object has.
fn templates(resource: &Resource, object: &Value, warnings: &mut Warnings) {
    let spec = Path::root("spec");
    let own = object.get("spec").unwrap_or(&Value::Null);
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "PodTemplate") => pod::template(object, &Path::root("template"), warnings),
        ("", "ReplicationController") | ("apps", "Deployment" | "ReplicaSet" | "DaemonSet") => {
            pod::template(own, &spec.child("template"), warnings);
        }
        ("apps", "StatefulSet") => {
            pod::template(own, &spec.child("template"), warnings);
            let path = spec.child("volumeClaimTemplates");
            for (index, one) in items(own, "volumeClaimTemplates").iter().enumerate() {
                if let Some(wanted) = one.get("spec") {
                    claim(wanted, &path.index(index), warnings);
                }
            }
        }
        ("batch", "Job") => job(own, &spec, warnings),
        ("batch", "CronJob") => {
            let template = spec.child("jobTemplate");
            if let Some(jobs) = at(own, &["jobTemplate", "spec"]) {
                job(jobs, &template.child("spec"), warnings);
            }
        }
        _ => {}
    }
}

fn job(spec: &Value, path: &Path<'_>, warnings: &mut Warnings) {
    const MANY: i64 = 100_000;
    const MANY_AT_ONCE: i64 = 10_000;
    let count = |name: &str| number(spec, name).unwrap_or(0);
    if text(spec, "completionMode") == "Indexed"
        && count("completions") > MANY
        && count("parallelism") > MANY_AT_ONCE
    {
        warnings.push(path, "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes might not be able to track completedIndexes when a big number of indexes fail");
    }
    pod::template(spec, &path.child("template"), warnings);
}

fn ingress(object: &Value, warnings: &mut Warnings) {
    const CLASS: &str = "kubernetes.io/ingress.class";
    let spec = object.get("spec").unwrap_or(&Value::Null);
    if has_annotation(object, CLASS) && member(spec, "ingressClassName").is_none() {
        warnings.say(format!(
            "annotation \"{CLASS}\" is deprecated, please use 'spec.ingressClassName' instead"
        ));
    }
}

fn service(object: &Value, warnings: &mut Warnings) {
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    const EXTERNAL: &str = "ExternalName";
    if has_annotation(object, HINTS) {
        warnings.say(format!(
            "annotation {HINTS} is deprecated, please use service.kubernetes.io/topology-mode instead"
        ));
    }
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let kind = text(spec, "type");
    let has_external = !items(spec, "externalIPs").is_empty();
    if kind == "ClusterIP" && text(spec, "clusterIP") == "None" {
        for (name, is_told) in [
            ("loadBalancerIP", !text(spec, "loadBalancerIP").is_empty()),
            ("externalIPs", has_external),
            ("SessionAffinity", text(spec, "sessionAffinity") != "None"),
        ] {
            if is_told {
                warnings.say(format!("spec.{name} is ignored for headless services"));
            }
        }
    }
    if kind == EXTERNAL && has_external {
        warnings.say(format!(
            "spec.externalIPs is ignored when spec.type is \"{EXTERNAL}\""
        ));
    }
    if kind != EXTERNAL && !text(spec, "externalName").is_empty() {
        warnings.say(format!(
            "spec.externalName is ignored when spec.type is not \"{EXTERNAL}\""
        ));
    }
}

fn has_annotation(object: &Value, key: &str) -> bool {
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    map(metadata, "annotations").is_some_and(|all| all.contains_key(key))
}

/// One that names its class as was done before there was a field.
fn old_class(object: &Value, warnings: &mut Warnings) {
    old_annotation(
        object,
        "volume.beta.kubernetes.io/storage-class",
        r#"deprecated since v1.8; use "storageClassName" attribute instead"#,
        warnings,
    );
}

fn old_annotation(object: &Value, key: &str, why: &str, warnings: &mut Warnings) {
    if has_annotation(object, key) {
        let metadata = Path::root("metadata");
        let annotations = metadata.child("annotations");
        warnings.push(&annotations.key(key), why);
    }
}

/// What a claim asks for. `path`: of its spec.
fn claim(spec: &Value, path: &Path<'_>, warnings: &mut Warnings) {
    let path = path.child("resources");
    for list in ["requests", "limits"] {
        let amount = at(spec, &["resources", list, "storage"]);
        fraction(amount, &path.child(list).key("storage"), warnings);
    }
}

/// There are no parts of bytes.
fn fraction(amount: Option<&Value>, path: &Path<'_>, warnings: &mut Warnings) {
    let Some(amount) = amount.and_then(|it| Quantity::of(it).ok()) else {
        return;
    };
    if amount.millis() % 1000 != 0 {
        let shown = quoted(&amount.to_string());
        let why = format!("fractional byte value {shown} is invalid, must be an integer");
        warnings.push(path, why);
    }
}

fn volume(object: &Value, warnings: &mut Warnings) {
    old_class(object, warnings);
    old_annotation(
        object,
        "volume.beta.kubernetes.io/mount-options",
        r#"deprecated since v1.31; use "mountOptions" attribute instead"#,
        warnings,
    );
    let path = Path::root("spec");
    let spec = object.get("spec").unwrap_or(&Value::Null);
    if text(spec, "persistentVolumeReclaimPolicy") == "Recycle" {
        warnings.push(
            &path.child("persistentVolumeReclaimPolicy"),
            "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.",
        );
    }
}
