//! What is next for a persistent volume: its phase, and what becomes of it when its claim is gone. Pure.

use serde_json::{Value, json};
use wharf_kube_client::Object;
use wharf_kube_model::persistent::mismatch;

use super::{BOUND_BY_CONTROLLER, Told};

/// Who made it, and deletes it.
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Volume(Value),
    Status(Value),
    Settled(Option<Told>),
}

/// `claim` is the one of the name that the volume refers to, if there is one.
pub fn plan(volume: &Value, claim: Option<&Value>) -> Step {
    let to = volume.at("/spec/claimRef");
    if to.is_null() || to.text("/uid").is_empty() {
        return phase(volume, "Available", None);
    }
    let claim = claim.filter(|it| it.uid() == to.text("/uid"));
    let Some(claim) = claim else {
        return released(volume);
    };
    let named = claim.text("/spec/volumeName");
    if named == volume.name() {
        return phase(volume, "Bound", None);
    }
    if named.is_empty() {
        // The claim is brought forward to it.
        let told = mismatch(claim, volume)
            .filter(|_| volume.annotation(BOUND_BY_CONTROLLER).is_none())
            .map(|why| {
                let text = format!(
                    "Cannot bind PersistentVolume to requested PersistentVolumeClaim \"{}\": {why}",
                    claim.name()
                );
                Told::warning("VolumeMismatch", text)
            });
        return Step::Settled(told);
    }
    // It was made for a claim that has another by now.
    if is_provisioned(volume) && policy(volume) == "Delete" {
        return released(volume);
    }
    let mut free = volume.clone();
    if volume.annotation(BOUND_BY_CONTROLLER).is_some() {
        if let Some(all) = free["metadata"]["annotations"].as_object_mut() {
            all.shift_remove(BOUND_BY_CONTROLLER);
        }
        if let Some(spec) = free["spec"].as_object_mut() {
            spec.shift_remove("claimRef");
        }
    } else if let Some(to) = free["spec"]["claimRef"].as_object_mut() {
        to.shift_remove("uid");
        to.shift_remove("resourceVersion");
    }
    Step::Volume(free)
}

fn is_provisioned(volume: &Value) -> bool {
    volume.annotation(PROVISIONED_BY).is_some()
}

fn policy(volume: &Value) -> &str {
    volume.text("/spec/persistentVolumeReclaimPolicy")
}

/// Its claim is gone.
fn released(volume: &Value) -> Step {
    let (reason, text) = match policy(volume) {
        // Whoever made it deletes it.
        "Delete" if !is_provisioned(volume) => (
            "VolumeFailedDelete",
            format!(
                "error getting deleter volume plugin for volume \"{}\": no deletable volume plugin matched",
                volume.name()
            ),
        ),
        "Recycle" => (
            "VolumeFailedRecycle",
            "No recycler plugin found for the volume!".to_owned(),
        ),
        // A deletion that failed is tried again by who made it, and says so itself.
        _ if volume.text("/status/phase") == "Failed" => return Step::Settled(None),
        _ => return phase(volume, "Released", None),
    };
    match volume.text("/status/phase") {
        "Failed" => Step::Settled(Some(Told::warning(reason, text))),
        _ => phase(volume, "Failed", Some(text)),
    }
}

fn phase(volume: &Value, phase: &str, message: Option<String>) -> Step {
    let known = volume.at("/status");
    if known.text("/phase") == phase && known.text("/message") == message.as_deref().unwrap_or("") {
        return Step::Settled(None);
    }
    let mut volume = volume.clone();
    volume["status"] = json!({ "phase": phase });
    if let Some(message) = message {
        volume["status"]["message"] = message.into();
    }
    Step::Status(volume)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases() {
        let volume = |rest: Value| {
            let volume = json!({"metadata": {"name": "v"}, "status": {"phase": "Pending"},
                "spec": {"persistentVolumeReclaimPolicy": "Retain"}});
            wharf_kube_model::patch::merge(&volume, &rest).unwrap()
        };
        let to = |uid: &str| json!({"namespace": "a", "name": "c", "uid": uid});
        let claim = |named: &str| json!({"metadata": {"name": "c", "namespace": "a", "uid": "u"}, "spec": {"volumeName": named}});
        let made = json!({ PROVISIONED_BY: "ebs.csi.aws.com" });
        for (rest, claim, expected) in [
            (json!({}), None, "Available"),
            (json!({"spec": {"claimRef": to("")}}), None, "Available"),
            (
                json!({"spec": {"claimRef": to("u")}}),
                Some(claim("v")),
                "Bound",
            ),
            (json!({"spec": {"claimRef": to("u")}}), None, "Released"),
            (
                json!({"spec": {"claimRef": to("x")}}),
                Some(claim("v")),
                "Released",
            ),
            (
                json!({"spec": {"claimRef": to("u"), "persistentVolumeReclaimPolicy": "Delete"}}),
                None,
                "Failed",
            ),
            (
                json!({"spec": {"claimRef": to("u"), "persistentVolumeReclaimPolicy": "Recycle"}}),
                None,
                "Failed",
            ),
            (
                json!({"metadata": {"annotations": made}, "spec": {"claimRef": to("u"), "persistentVolumeReclaimPolicy": "Delete"}}),
                None,
                "Released",
            ),
            (
                json!({"metadata": {"annotations": made}, "spec": {"claimRef": to("u"), "persistentVolumeReclaimPolicy": "Delete"}}),
                Some(claim("w")),
                "Released",
            ),
        ] {
            let before = volume(rest.clone());
            let Step::Status(after) = plan(&before, claim.as_ref()) else {
                panic!("{rest}: {:?}", plan(&before, claim.as_ref()));
            };
            assert_eq!(after.text("/status/phase"), expected, "{rest}");
            assert!(
                matches!(plan(&after, claim.as_ref()), Step::Settled(_)),
                "{rest}"
            );
        }
    }

    #[test]
    fn one_whose_claim_went_elsewhere_is_free_again() {
        let volume = |annotations: Value| {
            json!({"metadata": {"name": "v", "annotations": annotations}, "status": {"phase": "Available"},
            "spec": {"claimRef": {"namespace": "a", "name": "c", "uid": "u", "resourceVersion": "1"}}})
        };
        let claim = json!({"metadata": {"name": "c", "namespace": "a", "uid": "u"}, "spec": {"volumeName": "w"}});
        let freed = |annotations: Value| match plan(&volume(annotations), Some(&claim)) {
            Step::Volume(freed) => freed["spec"]["claimRef"].clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(freed(json!({ BOUND_BY_CONTROLLER: "yes" })), Value::Null);
        assert_eq!(freed(json!({})), json!({"namespace": "a", "name": "c"}));
    }
}
