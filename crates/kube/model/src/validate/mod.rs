//! Validation: what is wrong with an object, field by field, in upstream's words.
//!
//! Types were checked when the object was conformed to its schema; what is checked here is what values mean. A kind without
//! rules has those of metadata.

mod address;
mod aggregation;
mod annotations;
mod approval;
mod apps;
mod autoscaling;
mod batch;
mod config;
mod container;
mod csi;
mod definition;
mod endpoints;
mod env;
mod event;
mod handler;
mod job_policies;
mod job_status;
pub(crate) mod meta;
mod mounts;
mod network;
mod node;
mod os;
mod placement;
mod pod;
mod pod_change;
mod quota;
mod ratchet;
mod rbac;
mod resources;
mod review;
mod security;
mod service;
mod signing;
mod small;
mod status;
mod storage;
#[cfg(test)]
mod tests;
mod volume;
mod webhook;

use serde_json::Value;

pub use meta::field_manager;

use crate::{
    Resource,
    field::{Errors, FieldError, Path},
    strategy,
};

type Check = fn(&Value, &mut Errors);
type Change = fn(&Value, &Value, &mut Errors);

/// What holds for an object at any time, and what holds for a change of it (new, old).
struct Rules {
    always: Check,
    change: Change,
}

const fn always(always: Check) -> Rules {
    Rules {
        always,
        change: |_, _, _| {},
    }
}

const fn both(always: Check, change: Change) -> Rules {
    Rules { always, change }
}

fn rules(resource: &Resource) -> Option<Rules> {
    Some(match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "PodTemplate") => always(apps::pod_template),
        ("", "ReplicationController") => always(apps::replication_controller),
        ("apps", "ReplicaSet") => both(apps::replica_set, apps::same_selector),
        ("apps", "Deployment") => both(apps::deployment, apps::same_selector),
        ("apps", "DaemonSet") => both(apps::daemon_set, apps::same_selector),
        ("apps", "StatefulSet") => both(apps::stateful_set, apps::stateful_set_change),
        ("apps", "ControllerRevision") => both(apps::revision, apps::revision_change),
        ("batch", "Job") => both(batch::job, batch::job_change),
        ("batch", "CronJob") => always(batch::cron_job),
        ("autoscaling", "HorizontalPodAutoscaler") => always(autoscaling::scaler),
        ("policy", "PodDisruptionBudget") => always(autoscaling::budget),
        ("", "Service") => both(service::service, service::change),
        ("", "Event") => always(event::event),
        ("events.k8s.io", "Event") => always(event::full),
        ("", "Endpoints") => always(endpoints::endpoints),
        ("discovery.k8s.io", "EndpointSlice") => both(endpoints::slice, endpoints::slice_change),
        ("networking.k8s.io", "Ingress") => always(network::ingress),
        ("networking.k8s.io", "IngressClass") => both(network::class, network::class_change),
        ("networking.k8s.io", "NetworkPolicy") => always(network::policy),
        ("networking.k8s.io", "IPAddress") => both(address::address, address::change),
        ("networking.k8s.io", "ServiceCIDR") => both(address::range, address::range_change),
        ("", "ConfigMap") => both(config::config_map, config::config_map_change),
        ("", "Secret") => both(config::secret, config::secret_change),
        ("", "Namespace") => always(small::namespace),
        ("", "Node") => both(node::node, node::change),
        ("", "ResourceQuota") => both(quota::quota, quota::quota_change),
        ("", "LimitRange") => always(quota::limit_range),
        ("coordination.k8s.io", "Lease") => always(small::lease),
        ("scheduling.k8s.io", "PriorityClass") => both(|_, _| {}, small::priority_change),
        ("node.k8s.io", "RuntimeClass") => both(small::runtime, small::runtime_change),
        ("certificates.k8s.io", "CertificateSigningRequest") => always(signing::request),
        ("", "PersistentVolume") => both(storage::volume, storage::volume_change),
        ("", "PersistentVolumeClaim") => both(storage::claim, storage::claim_change),
        ("storage.k8s.io", "CSIDriver") => both(csi::driver, csi::driver_change),
        ("storage.k8s.io", "CSINode") => both(csi::node, csi::node_change),
        ("storage.k8s.io", "CSIStorageCapacity") => both(csi::capacity, csi::capacity_change),
        ("storage.k8s.io", "VolumeAttachment") => both(csi::attachment, csi::attachment_change),
        ("storage.k8s.io", "StorageClass") => both(storage::class, storage::class_change),
        ("storage.k8s.io", "VolumeAttributesClass") => {
            both(storage::attributes_class, storage::attributes_class_change)
        }
        ("rbac.authorization.k8s.io", "Role") => always(rbac::role),
        ("rbac.authorization.k8s.io", "ClusterRole") => always(rbac::cluster_role),
        ("rbac.authorization.k8s.io", "RoleBinding") => both(rbac::binding, rbac::binding_change),
        ("rbac.authorization.k8s.io", "ClusterRoleBinding") => {
            both(rbac::cluster_binding, rbac::binding_change)
        }
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => {
            always(webhook::mutating)
        }
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => {
            always(webhook::validating)
        }
        ("apiregistration.k8s.io", "APIService") => always(aggregation::api_service),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            both(definition::definition, definition::change)
        }
        _ => return None,
    })
}

fn is_signing(resource: &Resource) -> bool {
    resource.group == "certificates.k8s.io" && resource.kind == "CertificateSigningRequest"
}

fn is_pod(resource: &Resource) -> bool {
    resource.group.is_empty() && resource.kind == "Pod"
}

/// Of an object about to be created, defaults and strategy applied.
pub fn create(resource: &Resource, object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    meta::create(resource, object, &mut errors);
    if is_pod(resource) {
        pod::create(object, &mut errors);
    } else if let Some(rules) = rules(resource) {
        (rules.always)(object, &mut errors);
    }
    crate::custom::validate(resource, object, &mut errors);
    if resource.group == "batch" && resource.kind == "CronJob" {
        batch::short_name(object, &mut errors);
    }
    match (resource.group.as_str(), resource.kind.as_str()) {
        ("storage.k8s.io", "VolumeAttachment") => csi::new_attachment(object, &mut errors),
        ("networking.k8s.io", "Ingress") => network::new_ingress(object, &mut errors),
        ("networking.k8s.io", "ServiceCIDR") => address::new_range(object, &mut errors),
        ("scheduling.k8s.io", "PriorityClass") => small::new_priority(object, &mut errors),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => {
            definition::new_definition(object, &mut errors);
        }
        _ => {}
    }
    errors.into_vec()
}

/// Of a change. `subresource` is empty for the object itself. What is wrong with the old object in the same way does not count.
pub fn update(resource: &Resource, new: &Value, old: &Value, subresource: &str) -> Vec<FieldError> {
    let errors = of_change(resource, new, old, subresource);
    // Beyond the bound nobody knows what is new; metadata comes first.
    let is_unknown = errors.full() && strategy::differ(old, new, &["metadata"]);
    if errors.is_empty() || is_unknown {
        return errors.into_vec();
    }
    let known = of_change(resource, old, old, subresource);
    ratchet::new_faults(errors.into_vec(), known.into_vec(), new, old)
}

fn of_change(resource: &Resource, new: &Value, old: &Value, subresource: &str) -> Errors {
    let mut errors = Errors::new();
    meta::update(resource, new, old, &mut errors);
    match (subresource, is_pod(resource)) {
        _ if is_signing(resource) => signing::change(new, old, subresource, &mut errors),
        ("", true) => pod_change::update(new, old, &mut errors),
        ("status", true) => pod_change::status_update(new, old, &mut errors),
        ("ephemeralcontainers", true) => pod_change::ephemeral_update(new, old, &mut errors),
        ("resize", true) => pod_change::resize_update(new, old, &mut errors),
        ("", false) => {
            if let Some(rules) = rules(resource) {
                (rules.change)(new, old, &mut errors);
                (rules.always)(new, &mut errors);
            }
        }
        ("status", false) => status::status(resource, new, old, &mut errors),
        ("finalize", false) => small::namespace(new, &mut errors),
        _ => {}
    }
    crate::custom::validate(resource, new, &mut errors);
    errors
}

/// Of a Binding: where a pod is to run.
pub fn binding(binding: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    small::binding(binding, &mut errors);
    errors.into_vec()
}

/// Of the `spec` of a review of access: what it is narrowed to.
pub fn review(spec: &Value) -> Vec<FieldError> {
    let mut errors = Errors::new();
    if let Some(attributes) = crate::view::member(spec, "resourceAttributes") {
        let path = Path::root("spec");
        review::selectors(attributes, &path.child("resourceAttributes"), &mut errors);
    }
    errors.into_vec()
}
