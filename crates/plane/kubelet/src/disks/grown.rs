//! A volume that was made larger with its file system: its claim says so.

use serde_json::{Value, json};
use wharf_kube_client::{Error, Object as _, Patch, Ref, kind};
use wharf_kube_model::growth::{self, FILE_SYSTEM_PENDING};

use crate::{pod::Pod, worker::Context};

/// A file system is made as large as its volume when it is mounted: the claim says so.
pub(super) async fn tell_grown(context: &Context, pod: &Pod, name: &str) {
    let namespace = &pod.metadata.namespace;
    let done = async {
        let client = &context.node.client;
        let (claims, volumes) = (kind::PERSISTENT_VOLUME_CLAIM, kind::PERSISTENT_VOLUME);
        let claim = client.get(&claims, namespace, name).await?;
        if !claim.has_condition(FILE_SYSTEM_PENDING, "True") {
            return Ok(());
        }
        let volume = client.get(&volumes, "", claim.text("/spec/volumeName"));
        let volume = volume.await?;
        let patch = Patch::Strategic(grown(&claim, &volume));
        let patched = client.patch_at(&claims, namespace, name, "status", &patch);
        patched.await?;
        let about = Ref::of(&claims, &claim);
        let text = "MountVolume.NodeExpandVolume succeeded for volume";
        let recorder = &context.node.recorder;
        recorder.normal(about, "FileSystemResizeSuccessful", text);
        Ok::<_, Error>(())
    };
    if let Err(error) = done.await {
        tracing::warn!(claim = format!("{namespace}/{name}"), %error, "failed to say that a file system was made larger");
    }
}

/// What makes a claim say that it is as large as its volume, and waits for nothing. Its other conditions are others', and so is what a
/// volume says that grows again already.
fn grown(claim: &Value, volume: &Value) -> Value {
    let over = |kinds: &[&str]| {
        let gone = kinds
            .iter()
            .map(|it| json!({"type": it, "$patch": "delete"}));
        gone.collect::<Vec<_>>()
    };
    let mut status = json!({
        "conditions": over(&[FILE_SYSTEM_PENDING]),
        "capacity": volume["spec"]["capacity"],
    });
    if [growth::NODE_PENDING, growth::NODE_IN_PROGRESS].contains(&growth::status(claim)) {
        status["conditions"] =
            over(&[FILE_SYSTEM_PENDING, growth::RESIZING, growth::REFUSED]).into();
        status["allocatedResourceStatuses"] = json!({"storage": null});
    }
    json!({"metadata": {"uid": claim.uid()}, "status": status})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_grew_keeps_the_conditions_of_others() {
        let condition = |kind: &str| json!({"type": kind, "status": "True"});
        let live = json!({
            "capacity": {"storage": "3Gi"},
            "conditions": [condition("ModifyingVolume"), condition(FILE_SYSTEM_PENDING)],
        });
        // It was heard of before somebody wrote the other one.
        let claim = json!({"metadata": {"uid": "u"}, "status": {"conditions": [condition(FILE_SYSTEM_PENDING)]}});
        let volume = json!({"spec": {"capacity": {"storage": "9Gi"}}});
        let patch = grown(&claim, &volume);
        let kind = ("v1", "PersistentVolumeClaim");
        let expected = json!({
            "capacity": {"storage": "9Gi"},
            "conditions": [condition("ModifyingVolume")],
        });
        assert_eq!(crate::patch::applied(kind, &live, Some(&patch)), expected);
    }

    #[test]
    fn a_claim_that_grew_waits_for_nothing_unless_it_grows_again() {
        let condition = |kind: &str| json!({"type": kind, "status": "True"});
        let all = [growth::RESIZING, FILE_SYSTEM_PENDING, growth::REFUSED];
        let volume = json!({"spec": {"capacity": {"storage": "9Gi"}}});
        for (said, statuses, left) in [
            (growth::NODE_PENDING, json!({}), vec![]),
            (growth::NODE_IN_PROGRESS, json!({}), vec![]),
            (
                growth::IN_PROGRESS,
                json!({"storage": growth::IN_PROGRESS}),
                vec![condition(growth::RESIZING), condition(growth::REFUSED)],
            ),
        ] {
            let live = json!({
                "capacity": {"storage": "3Gi"},
                "allocatedResources": {"storage": "9Gi"},
                "allocatedResourceStatuses": {"storage": said},
                "conditions": all.map(condition),
            });
            let claim = json!({"metadata": {"uid": "u"}, "status": live});
            let patch = grown(&claim, &volume);
            let kind = ("v1", "PersistentVolumeClaim");
            let expected = json!({
                "capacity": {"storage": "9Gi"},
                "allocatedResources": {"storage": "9Gi"},
                "allocatedResourceStatuses": statuses,
                "conditions": left,
            });
            let applied = crate::patch::applied(kind, &live, Some(&patch));
            assert_eq!(applied, expected, "{said}");
        }
    }
}
