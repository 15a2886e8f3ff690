//! What a run of a policy did, for the audit log: CloudTrail's `PolicyExecutionEvent`.

use serde_json::{Map, Value, json};
use wharf_base::Timestamp;
use wharf_wire::{Context, audit};

use super::super::{Catalog, Registry};
use crate::{
    lifecycle::Action,
    records::{Image, SERVICE},
};

/// Bytes of what is said of images in one event: the audit log leaves out what is longer than its bound.
const MOST_BYTES: usize = audit::MOST_BYTES / 2;
/// Who carries policies out.
const PRINCIPAL: &str = "ecr.amazonaws.com";

impl Catalog {
    /// Tells of images that a policy took, each by a rule, in as many events as they need.
    pub(super) async fn record_run(
        &self,
        registry: &Registry,
        name: &str,
        taken: &[Value],
        now: Timestamp,
    ) {
        let Some(dispatcher) = self.gate() else {
            return;
        };
        for images in parts(taken) {
            let context = Context::internal(&registry.account, &registry.region, PRINCIPAL, now);
            let event = audit::Event::of_service(context, SERVICE, "PolicyExecutionEvent");
            let mut details = Map::new();
            details.insert("repositoryName".to_owned(), name.into());
            details.insert("lifecycleEventImageActions".to_owned(), images.into());
            dispatcher.tell(event.with_details(&details)).await;
        }
    }
}

/// An image as it was when a rule took it.
pub(super) fn taken(image: &Image, priority: i32, action: Action) -> Value {
    let tags = image.tags.iter().map(String::len).sum::<usize>();
    let listed: Vec<&String> = image.tags.iter().collect();
    let mut said = json!({
        "digest": image.digest.to_string(),
        "tagStatus": if image.tags.is_empty() { "Untagged" } else { "Tagged" },
        "pushedAt": image.pushed_at.millis(),
    });
    // Of an image with more of them the digest has to do.
    if tags + 4 * listed.len() < MOST_BYTES / 2 {
        said["tagList"] = json!(listed);
    }
    json!({
        "lifecycleEventImage": said,
        "rulePriority": priority,
        "action": match action {
            Action::Expire => "expire",
            Action::Archive => "transition",
        },
    })
}

/// In parts that are not too long.
fn parts(taken: &[Value]) -> Vec<Vec<Value>> {
    let (mut parts, mut bytes) = (Vec::new(), 0);
    for image in taken {
        let own = image.to_string().len();
        if bytes + own > MOST_BYTES || parts.is_empty() {
            parts.push(Vec::new());
            bytes = 0;
        }
        bytes += own;
        if let Some(part) = parts.last_mut() {
            part.push(image.clone());
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_are_recorded_in_parts() {
        let one = json!("x".repeat(MOST_BYTES / 3));
        let lengths = |number: usize| -> Vec<usize> {
            let all = vec![one.clone(); number];
            parts(&all).iter().map(Vec::len).collect()
        };
        assert_eq!(lengths(0), [0; 0]);
        assert_eq!(lengths(1), [1]);
        assert_eq!(lengths(5), [2, 2, 1]);
    }
}
