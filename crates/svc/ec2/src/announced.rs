//! What changes of instances mean to the world: that they have another state. Pure.

use serde_json::json;
use wharf_base::{Arn, Timestamp};
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing, record},
};
use wharf_store::{Event, EventKind};

use crate::{records::Instance, table::SERVICE};

/// For EventBridge.
pub const ANNOUNCING: Announcing = Announcing {
    service: SERVICE,
    of: |changes, _: Timestamp| changes.iter().filter_map(|it| announced(it)).collect(),
};

fn announced(change: &Event) -> Option<Announcement> {
    let (scope, kind, id) = Scope::parse(change.key())?;
    if change.kind != EventKind::Put || kind != Instance::KIND {
        return None;
    }
    let after: Instance = record(&change.entry).filter(|it: &Instance| it.pod.is_none())?;
    let before: Option<Instance> = change.previous.as_ref().and_then(record);
    if before.is_some_and(|before| before.life.state == after.life.state) {
        return None;
    }
    let resource = format!("instance/{id}");
    let arn = Arn::new("ec2", &scope.region, &scope.account, resource);
    Some(Announcement {
        place: Place::of_scope(&scope),
        source: "aws.ec2",
        detail_type: "EC2 Instance State-change Notification",
        resources: vec![arn.to_string()],
        detail: json!({ "instance-id": id, "state": after.life.state.name() }),
    })
}
