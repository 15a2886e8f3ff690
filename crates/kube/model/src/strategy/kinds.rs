//! What the server keeps of each kind: which changes its generation counts, and the status of a new object.

use serde_json::Value;

use crate::Resource;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// No generation.
    Never,
    /// One for ever.
    Once,
    Spec,
    Member(&'static str),
    AllButMetadata,
    AllButStatus,
}

#[derive(Debug, Clone, Copy)]
pub struct Facts {
    pub counted: Counted,
    /// The status of a new object, where clients may not set it.
    pub empty: Option<&'static str>,
}

impl Facts {
    pub fn status(&self) -> Option<Value> {
        self.empty
            .map(|text| serde_json::from_str(text).expect("the statuses of the table are JSON"))
    }
}

pub fn facts(resource: &Resource) -> Facts {
    use Counted::{AllButMetadata, AllButStatus, Member, Never, Once, Spec};
    if let Some(custom) = &resource.custom {
        let counted = if custom.status {
            AllButStatus
        } else {
            AllButMetadata
        };
        return Facts {
            counted,
            empty: None,
        };
    }
    let (counted, empty) = match (resource.group.as_str(), resource.kind.as_str()) {
        ("", "Pod") => (Spec, Some(r#"{"phase":"Pending"}"#)),
        ("", "PodTemplate") => (Member("template"), None),
        ("", "ReplicationController") | ("apps", "ReplicaSet") => (Spec, Some(r#"{"replicas":0}"#)),
        ("", "Service") => (Never, Some(r#"{"loadBalancer":{}}"#)),
        ("", "Namespace") => (Never, Some(r#"{"phase":"Active"}"#)),
        ("", "PersistentVolume" | "PersistentVolumeClaim") => {
            (Never, Some(r#"{"phase":"Pending"}"#))
        }
        ("", "ResourceQuota") => (Never, Some("{}")),
        ("apps", "Deployment") | ("batch", "Job" | "CronJob") => (Spec, Some("{}")),
        ("apps", "StatefulSet") => (Spec, Some(r#"{"replicas":0,"availableReplicas":0}"#)),
        ("apps", "DaemonSet") => (
            Spec,
            Some(
                r#"{"currentNumberScheduled":0,"numberMisscheduled":0,"desiredNumberScheduled":0,"numberReady":0}"#,
            ),
        ),
        ("autoscaling", "HorizontalPodAutoscaler") if resource.version == "v1" => {
            (Never, Some(r#"{"currentReplicas":0,"desiredReplicas":0}"#))
        }
        ("autoscaling", "HorizontalPodAutoscaler") => (
            Never,
            Some(r#"{"desiredReplicas":0,"currentMetrics":null}"#),
        ),
        ("policy", "PodDisruptionBudget") => (
            Spec,
            Some(
                r#"{"disruptionsAllowed":0,"currentHealthy":0,"desiredHealthy":0,"expectedPods":0}"#,
            ),
        ),
        ("networking.k8s.io", "Ingress") => (Spec, Some(r#"{"loadBalancer":{}}"#)),
        ("networking.k8s.io", "NetworkPolicy" | "IngressClass")
        | ("storage.k8s.io", "CSIDriver") => (Spec, None),
        ("discovery.k8s.io", "EndpointSlice") => (AllButMetadata, None),
        ("scheduling.k8s.io", "PriorityClass") => (Once, None),
        ("storage.k8s.io", "VolumeAttachment") => (Never, Some(r#"{"attached":false}"#)),
        ("certificates.k8s.io", "CertificateSigningRequest")
        | ("apiregistration.k8s.io", "APIService") => (Never, Some("{}")),
        (
            "admissionregistration.k8s.io",
            "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration",
        ) => (Member("webhooks"), None),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicy") => (Spec, Some("{}")),
        ("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding") => (Spec, None),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => (Spec, Some("{}")),
        _ => (Never, None),
    };
    Facts { counted, empty }
}

/// Whether a PUT of a name that is not there creates it.
pub fn creates_on_update(resource: &Resource) -> bool {
    matches!(
        (resource.group.as_str(), resource.kind.as_str()),
        ("", "Endpoints" | "Event" | "LimitRange" | "Service")
            | ("events.k8s.io", "Event")
            | ("coordination.k8s.io", "Lease")
            | ("rbac.authorization.k8s.io", _)
            | ("node.k8s.io", "RuntimeClass")
    )
}

/// Whether a PUT without a resource version is taken.
pub fn updates_unconditionally(resource: &Resource) -> bool {
    resource.custom.is_none()
        && !matches!(
            (resource.group.as_str(), resource.kind.as_str()),
            ("coordination.k8s.io", "Lease")
                | ("policy", "PodDisruptionBudget")
                | ("discovery.k8s.io", _)
                | ("node.k8s.io", _)
                | ("admissionregistration.k8s.io", _)
                | ("apiextensions.k8s.io", _)
                | ("apiregistration.k8s.io", _)
                | (
                    "storage.k8s.io",
                    "CSIDriver" | "CSINode" | "CSIStorageCapacity" | "VolumeAttachment"
                )
        )
}

/// What becomes of dependents when a deletion says nothing of them: `Background` or `Orphan`.
pub fn default_propagation(resource: &Resource) -> &'static str {
    match (resource.group.as_str(), resource.kind.as_str()) {
        // Clients of before there were owners deleted the pods themselves.
        ("", "ReplicationController") | ("batch", "Job") => "Orphan",
        _ => "Background",
    }
}

/// Whether a deletion answers with the object that is gone, as upstream's storage of each kind says.
pub fn is_shown_when_deleted(resource: &Resource) -> bool {
    resource.custom.is_none()
        && matches!(
            (resource.group.as_str(), resource.kind.as_str()),
            (
                "",
                "PersistentVolume"
                    | "PersistentVolumeClaim"
                    | "Pod"
                    | "PodTemplate"
                    | "ResourceQuota"
                    | "Service"
                    | "ServiceAccount"
            ) | (
                "storage.k8s.io",
                "CSIDriver" | "CSINode" | "StorageClass" | "VolumeAttachment"
            )
        )
}
