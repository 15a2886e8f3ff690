//! Defaults: what a kind's fields are when nobody set them. They are applied to what clients send and to what is read, so that both
//! look alike; applying them twice changes nothing.

mod apps;
mod autoscaling;
mod batch;
mod core;
mod extension;
mod network;
mod pod;
mod storage;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::Resource;

pub use core::own_labels;

type Rule = fn(&mut Value);

/// Completes an object that was conformed to its schema.
pub fn apply(resource: &Resource, object: &mut Value) {
    if let Some(rule) = rule(&resource.group, &resource.version, &resource.kind) {
        rule(object);
    }
}

/// The rule of a kind, if upstream defaults anything in it.
fn rule(group: &str, version: &str, kind: &str) -> Option<Rule> {
    Some(match (group, kind) {
        ("", "Pod") => pod::pod,
        ("", "PodTemplate") => pod::pod_template,
        ("", "ReplicationController") => core::replication_controller,
        ("", "Service") => core::service,
        ("", "Secret") => core::secret,
        ("", "Namespace") => core::namespace,
        ("", "Node") => core::node,
        ("", "Endpoints") => core::endpoints,
        ("", "LimitRange") => core::limit_range,
        ("", "ResourceQuota") => core::resource_quota,
        ("", "PersistentVolume") => storage::persistent_volume,
        ("", "PersistentVolumeClaim") => storage::persistent_volume_claim,
        ("apps", "Deployment") => apps::deployment,
        ("apps", "ReplicaSet") => apps::replica_set,
        ("apps", "StatefulSet") => apps::stateful_set,
        ("apps", "DaemonSet") => apps::daemon_set,
        ("batch", "Job") => batch::job,
        ("batch", "CronJob") => batch::cron_job,
        ("autoscaling", "HorizontalPodAutoscaler") if version == "v1" => autoscaling::v1,
        ("autoscaling", "HorizontalPodAutoscaler") => autoscaling::v2,
        ("networking.k8s.io", "NetworkPolicy") => network::network_policy,
        ("networking.k8s.io", "IngressClass") => network::ingress_class,
        ("discovery.k8s.io", "EndpointSlice") => network::endpoint_slice,
        ("rbac.authorization.k8s.io", "RoleBinding" | "ClusterRoleBinding") => core::role_binding,
        ("scheduling.k8s.io", "PriorityClass") => core::priority_class,
        ("storage.k8s.io", "StorageClass") => storage::storage_class,
        ("storage.k8s.io", "CSIDriver") => storage::csi_driver,
        ("apiextensions.k8s.io", "CustomResourceDefinition") => extension::definition,
        ("apiregistration.k8s.io", "APIService") => extension::api_service,
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration") => {
            extension::validating_webhooks
        }
        ("admissionregistration.k8s.io", "MutatingWebhookConfiguration") => {
            extension::mutating_webhooks
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => {
            extension::validating_policy
        }
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => {
            extension::validating_policy_binding
        }
        _ => return None,
    })
}
