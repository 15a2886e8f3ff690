//! What is next for a claim: pure. Each step is written before the next is asked for, so any of them may be the last one of a process.

use serde_json::{Value, json};
use wharf_kube_client::Object;
use wharf_kube_model::persistent::{
    EBS, LEGACY_EBS, NodeRef, SELECTED_NODE, best, class_of, is_for, mismatch,
};

use super::{BOUND_BY_CONTROLLER, Told};

/// The claim has its volume for good.
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// Who is to make its volume, by both names that programs look for.
const PROVISIONERS: [&str; 2] = [
    "volume.kubernetes.io/storage-provisioner",
    "volume.beta.kubernetes.io/storage-provisioner",
];

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// The volume is written so.
    Volume(Value),
    Claim(Value),
    /// The claim's status is.
    Status(Value),
    /// Nothing more by its own doing; what people should know of it.
    Settled(Option<Told>),
}

/// What a claim is looked at with.
pub struct Around<'a, T> {
    pub volumes: &'a [T],
    pub class: Option<&'a Value>,
    /// The node that was chosen for it, if that is there.
    pub node: Option<NodeRef<'a>>,
    /// A pod that has it, and no node.
    pub waiting_pod: Option<&'a str>,
}

pub fn plan<T: AsRef<Value>>(claim: &Value, around: &Around<'_, T>) -> Step {
    let named = claim.text("/spec/volumeName");
    let volume = around.volumes.iter().map(AsRef::as_ref);
    let volume = volume.into_iter().find(|it| it.name() == named);
    if claim.annotation(BIND_COMPLETED).is_some() {
        return match volume {
            _ if named.is_empty() => lost(
                claim,
                "ClaimLost",
                "Bound claim has lost reference to PersistentVolume. Data on the volume is lost!",
            ),
            None => lost(
                claim,
                "ClaimLost",
                "Bound claim has lost its PersistentVolume. Data on the volume is lost!",
            ),
            Some(volume) if is_free(volume) || is_for(volume, claim) => bind(claim, volume),
            Some(_) => lost(
                claim,
                "ClaimMisbound",
                "Two claims are bound to the same volume, this one is bound incorrectly",
            ),
        };
    }
    if claim.is_deleting() {
        return Step::Settled(None);
    }
    if named.is_empty() {
        return unnamed(claim, around);
    }
    match volume {
        None => pending(claim, None),
        Some(volume) if is_free(volume) => match mismatch(claim, volume) {
            None => bind(claim, volume),
            Some(why) => {
                let text = format!("Cannot bind to requested volume \"{named}\": {why}");
                pending(claim, Some(Told::warning("VolumeMismatch", text)))
            }
        },
        Some(volume) if is_for(volume, claim) => bind(claim, volume),
        Some(_) => {
            let text = format!("volume \"{named}\" already bound to a different claim.");
            pending(claim, Some(Told::warning("FailedBinding", text)))
        }
    }
}

fn is_free(volume: &Value) -> bool {
    volume.at("/spec/claimRef").is_null()
}

fn unnamed<T: AsRef<Value>>(claim: &Value, around: &Around<'_, T>) -> Step {
    let waits = around
        .class
        .is_some_and(|it| it.text("/volumeBindingMode") == "WaitForFirstConsumer");
    let waits = waits && claim.annotation(SELECTED_NODE).is_none();
    let found = best(claim, around.volumes, around.node);
    // Before its first pod has a node, only one that is meant for it.
    let found = found
        .map(AsRef::as_ref)
        .filter(|it| !waits || is_for(it, claim));
    if let Some(volume) = found {
        return bind(claim, volume);
    }
    if waits {
        let told = match around.waiting_pod {
            None => Told::normal(
                "WaitForFirstConsumer",
                "waiting for first consumer to be created before binding",
            ),
            Some(pod) => Told::normal(
                "WaitForPodScheduled",
                format!("waiting for pod {pod} to be scheduled"),
            ),
        };
        return pending(claim, Some(told));
    }
    let name = class_of(claim);
    if name.is_empty() {
        let text = "no persistent volumes available for this claim and no storage class is set";
        return pending(claim, Some(Told::normal("FailedBinding", text)));
    }
    let Some(class) = around.class else {
        let text = format!("storageclass.storage.k8s.io \"{name}\" not found");
        return pending(claim, Some(Told::warning("ProvisioningFailed", text)));
    };
    let provisioner = match class.text("/provisioner") {
        LEGACY_EBS => EBS,
        other => other,
    };
    if provisioner.starts_with("kubernetes.io/") {
        let text = format!("no volume plugin matched name: {provisioner}");
        return pending(claim, Some(Told::warning("ProvisioningFailed", text)));
    }
    if PROVISIONERS
        .iter()
        .any(|it| claim.annotation(it) != Some(provisioner))
    {
        let mut claim = claim.clone();
        for name in PROVISIONERS {
            annotate(&mut claim, name, provisioner);
        }
        return Step::Claim(claim);
    }
    let text = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
    );
    pending(claim, Some(Told::normal("ExternalProvisioning", text)))
}

fn bind(claim: &Value, volume: &Value) -> Step {
    let known = volume.at("/spec/claimRef");
    if known.text("/uid") != claim.uid() {
        let mut bound = volume.clone();
        if known.is_null() {
            annotate(&mut bound, BOUND_BY_CONTROLLER, "yes");
        }
        bound["spec"]["claimRef"] = json!({
            "kind": "PersistentVolumeClaim", "apiVersion": "v1",
            "namespace": claim.namespace(), "name": claim.name(), "uid": claim.uid(),
            "resourceVersion": claim.resource_version(),
        });
        return Step::Volume(bound);
    }
    let is_named = claim.text("/spec/volumeName") == volume.name();
    if !is_named || claim.annotation(BIND_COMPLETED).is_none() {
        let mut bound = claim.clone();
        if !is_named {
            bound["spec"]["volumeName"] = volume.name().into();
            annotate(&mut bound, BOUND_BY_CONTROLLER, "yes");
        }
        annotate(&mut bound, BIND_COMPLETED, "yes");
        return Step::Claim(bound);
    }
    if claim.text("/status/phase") == "Bound" {
        return Step::Settled(None);
    }
    let mut bound = claim.clone();
    bound["status"]["phase"] = "Bound".into();
    bound["status"]["accessModes"] = volume["spec"]["accessModes"].clone();
    bound["status"]["capacity"] = volume["spec"]["capacity"].clone();
    Step::Status(bound)
}

fn pending(claim: &Value, told: Option<Told>) -> Step {
    if claim.text("/status/phase") == "Pending" {
        return Step::Settled(told);
    }
    let mut claim = claim.clone();
    claim["status"] = json!({"phase": "Pending"});
    Step::Status(claim)
}

fn lost(claim: &Value, reason: &'static str, text: &str) -> Step {
    if claim.text("/status/phase") == "Lost" {
        return Step::Settled(Some(Told::warning(reason, text)));
    }
    let mut claim = claim.clone();
    claim["status"] = json!({"phase": "Lost"});
    Step::Status(claim)
}

fn annotate(object: &mut Value, name: &str, value: &str) {
    object["metadata"]["annotations"][name] = value.into();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn claim(rest: &Value) -> Value {
        let claim = json!({"metadata": {"name": "c", "namespace": "a", "uid": "u"}, "status": {"phase": "Pending"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}});
        wharf_kube_model::patch::merge(&claim, rest).unwrap()
    }

    fn volume(name: &str, rest: &Value) -> Value {
        let volume = json!({"metadata": {"name": name}, "status": {"phase": "Available"},
            "spec": {"accessModes": ["ReadWriteOnce"], "capacity": {"storage": "2Gi"}}});
        wharf_kube_model::patch::merge(&volume, rest).unwrap()
    }

    /// Does what plans say until they say nothing; what is there then, and what was told.
    fn settle(
        mut claim: Value,
        mut volumes: Vec<Value>,
        class: Option<&Value>,
    ) -> (Value, Vec<Value>, Option<Told>) {
        for _ in 0..8 {
            let shared: Vec<_> = volumes.iter().cloned().map(Arc::new).collect();
            let around = Around {
                volumes: &shared,
                class,
                node: None,
                waiting_pod: None,
            };
            match plan(&claim, &around) {
                Step::Volume(new) => {
                    let at = volumes.iter().position(|it| it.name() == new.name());
                    volumes[at.unwrap()] = new;
                }
                Step::Claim(new) | Step::Status(new) => claim = new,
                Step::Settled(told) => return (claim, volumes, told),
            }
        }
        panic!("it does not settle: {claim}");
    }

    #[test]
    fn a_claim_is_bound_both_ways_and_stays() {
        let (bound, volumes, told) = settle(claim(&json!({})), vec![volume("v", &json!({}))], None);
        assert_eq!(told, None);
        assert_eq!(bound.text("/status/phase"), "Bound");
        assert_eq!(bound.text("/spec/volumeName"), "v");
        assert_eq!(bound.text("/status/capacity/storage"), "2Gi");
        assert_eq!(volumes[0].text("/spec/claimRef/uid"), "u");
        assert_eq!(volumes[0].annotation(BOUND_BY_CONTROLLER), Some("yes"));
        // Another of its name is not that claim.
        let again = claim(&json!({"metadata": {"uid": "other"}}));
        let (left, volumes, told) = settle(again, volumes, None);
        assert_eq!(left.text("/status/phase"), "Pending");
        assert_eq!(told.unwrap().reason, "FailedBinding");
        // Nor does it get another volume once its own is gone.
        let (lost, _, told) = settle(bound.clone(), vec![volume("w", &json!({}))], None);
        assert_eq!(lost.text("/status/phase"), "Lost");
        assert_eq!(told.unwrap().reason, "ClaimLost");
        let taken = json!({"spec": {"claimRef": {"namespace": "a", "name": "c", "uid": "other"}}});
        let (_, _, told) = settle(bound, vec![volume("v", &taken)], None);
        assert_eq!(told.unwrap().reason, "ClaimMisbound");
        assert_eq!(volumes.len(), 1);
    }

    #[test]
    fn why_it_waits() {
        let class = |provisioner: &str, mode: &str| json!({"metadata": {"name": "k"}, "provisioner": provisioner, "volumeBindingMode": mode});
        let of_class = json!({"spec": {"storageClassName": "k"}});
        let named = |name: &str| json!({"spec": {"volumeName": name}});
        for (rest, class, reason, text) in [
            (
                json!({}),
                None,
                "FailedBinding",
                "no persistent volumes available",
            ),
            (
                of_class.clone(),
                None,
                "ProvisioningFailed",
                "storageclass.storage.k8s.io \"k\" not found",
            ),
            (
                of_class.clone(),
                Some(class(EBS, "WaitForFirstConsumer")),
                "WaitForFirstConsumer",
                "first consumer",
            ),
            (
                of_class.clone(),
                Some(class(EBS, "Immediate")),
                "ExternalProvisioning",
                "'ebs.csi.aws.com'",
            ),
            (
                of_class.clone(),
                Some(class(LEGACY_EBS, "Immediate")),
                "ExternalProvisioning",
                "'ebs.csi.aws.com'",
            ),
            (
                of_class,
                Some(class("kubernetes.io/gce-pd", "Immediate")),
                "ProvisioningFailed",
                "no volume plugin matched",
            ),
            (
                named("small"),
                None,
                "VolumeMismatch",
                "requested PV is too small",
            ),
            (
                named("taken"),
                None,
                "FailedBinding",
                "already bound to a different claim.",
            ),
        ] {
            let volumes = vec![
                volume("small", &json!({"spec": {"capacity": {"storage": "1Mi"}}})),
                volume(
                    "taken",
                    &json!({"spec": {"claimRef": {"namespace": "a", "name": "other", "uid": "x"}}}),
                ),
            ];
            let (left, _, told) = settle(claim(&rest), volumes, class.as_ref());
            let told = told.unwrap();
            assert_eq!(
                (told.reason, left.text("/status/phase")),
                (reason, "Pending"),
                "{rest}"
            );
            assert!(told.text.contains(text), "{}", told.text);
        }
        let (_, _, told) = settle(claim(&named("missing")), Vec::new(), None);
        assert_eq!(told, None);
    }

    #[test]
    fn one_that_waits_takes_only_what_is_meant_for_it() {
        let class = json!({"metadata": {"name": "k"}, "provisioner": EBS, "volumeBindingMode": "WaitForFirstConsumer"});
        let of_class = json!({"spec": {"storageClassName": "k"}});
        let free = volume("free", &of_class);
        let (_, _, told) = settle(claim(&of_class), vec![free.clone()], Some(&class));
        assert_eq!(told.unwrap().reason, "WaitForFirstConsumer");
        let mut meant = volume("meant", &of_class);
        meant["spec"]["claimRef"] = json!({"namespace": "a", "name": "c"});
        let (bound, _, _) = settle(claim(&of_class), vec![free.clone(), meant], Some(&class));
        assert_eq!(bound.text("/spec/volumeName"), "meant");
        let mut chosen = claim(&of_class);
        annotate(&mut chosen, SELECTED_NODE, "n");
        let (bound, _, _) = settle(chosen, vec![free], Some(&class));
        assert_eq!(bound.text("/spec/volumeName"), "free");
    }
}
