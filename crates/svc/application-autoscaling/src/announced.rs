//! What a change that is over means to the world: a target that came to its maximum, beyond which nothing scales it. Pure.

use serde_json::json;
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing, record},
};
use wharf_store::{Event, EventKind};

use crate::{
    activity::SUCCESSFUL,
    names::{DIMENSION, NAMESPACE, SERVICE, activity_key},
    records::{Activity, Move, Target},
};

/// For EventBridge.
pub const ANNOUNCING: Announcing = Announcing {
    service: SERVICE,
    of: announced,
};

fn announced(changes: &[&Event], _: Timestamp) -> Vec<Announcement> {
    changes
        .iter()
        .filter_map(|it| at_most(it, changes))
        .collect()
}

/// A change of a target that ended, together with its activity, at the maximum.
fn at_most(change: &Event, all: &[&Event]) -> Option<Announcement> {
    let (scope, kind, id) = Scope::parse(change.key())?;
    if kind != Target::KIND || change.kind != EventKind::Put {
        return None;
    }
    let before: Target = change.previous.as_ref().and_then(record)?;
    let Move {
        activity, from, to, ..
    } = before.moving?;
    let after: Target = record(&change.entry)?;
    let place = Place::of_scope(&scope);
    let key = activity_key(&place, &id, &activity);
    let ended = all
        .iter()
        .find(|it| it.key() == key && it.kind == EventKind::Put)?;
    let ended: Activity = record(&ended.entry)?;
    let from = from.filter(|from| *from < to)?;
    if after.moving.is_some() || ended.status != SUCCESSFUL || to < after.max {
        return None;
    }
    Some(Announcement {
        place,
        source: "aws.application-autoscaling",
        detail_type: "Application Auto Scaling Scaling Activity State Change",
        resources: Vec::new(),
        detail: json!({
            "startTime": ended.started_at.iso8601_seconds(),
            "endTime": ended.ended_at.map(|it| it.iso8601_seconds()),
            "newDesiredCapacity": to,
            "oldDesiredCapacity": from,
            "minCapacity": after.min,
            "maxCapacity": after.max,
            "resourceId": after.resource,
            "scalableDimension": DIMENSION,
            "serviceNamespace": NAMESPACE,
            "statusCode": SUCCESSFUL,
            "scaledToMax": true,
            "direction": "scale-out",
        }),
    })
}

#[cfg(test)]
mod tests {
    use wharf_records::{Unknown, encode};
    use wharf_store::Entry;

    use super::*;
    use crate::{
        activity::{OVERRIDDEN, begun},
        names::{target_id, target_key},
    };

    const RESOURCE: &str = "service/default/web";

    /// What is said of a change from one count to another in the range from 2 to 8.
    fn said(from: Option<u32>, to: u32, status: &str) -> Vec<Announcement> {
        let place = Place::new("000000000000", "us-east-1");
        let target = target_id(&place, RESOURCE);
        let (id, activity) = begun(RESOURCE, String::new(), String::new(), (Timestamp(0), 0));
        let moving = Move {
            activity: id.clone(),
            from,
            to,
            since: Timestamp(0),
            set: true,
        };
        let of = |moving: Option<Move>| Target {
            resource: RESOURCE.to_owned(),
            min: 2,
            max: 8,
            suspended: Default::default(),
            resumed_at: None,
            created_at: Timestamp(0),
            tags: Default::default(),
            deleting: false,
            range_changed: false,
            scaled_out: None,
            scaled_in: None,
            moving,
            heeded: Default::default(),
            unscaled: None,
            refused: None,
            unknown: Unknown::new(),
        };
        let entry = |key: String, value| Entry {
            key,
            value,
            create_revision: 1,
            mod_revision: 2,
            version: 1,
            lease: None,
        };
        let put = |key: String, before, after| Event {
            kind: EventKind::Put,
            entry: entry(key.clone(), after),
            previous: Some(entry(key, before)),
        };
        let ended = activity
            .clone()
            .ended(status, String::new(), Timestamp(60_000));
        let changes = [
            put(
                target_key(&place, &target),
                encode(&of(Some(moving))),
                encode(&of(None)),
            ),
            put(
                activity_key(&place, &target, &id),
                encode(&activity),
                encode(&ended),
            ),
        ];
        announced(&changes.iter().collect::<Vec<_>>(), Timestamp(0))
    }

    #[test]
    fn who_came_to_the_maximum_is_told() {
        let told = said(Some(5), 8, SUCCESSFUL).pop().unwrap();
        assert_eq!(told.source, "aws.application-autoscaling");
        assert_eq!(
            told.detail,
            json!({
                "startTime": "1970-01-01T00:00:00Z", "endTime": "1970-01-01T00:01:00Z",
                "newDesiredCapacity": 8, "oldDesiredCapacity": 5, "minCapacity": 2, "maxCapacity": 8,
                "resourceId": RESOURCE, "scalableDimension": DIMENSION, "serviceNamespace": "ecs",
                "statusCode": "Successful", "scaledToMax": true, "direction": "scale-out",
            })
        );
        for (from, to, status) in [
            (Some(5), 7, SUCCESSFUL),
            (Some(9), 8, SUCCESSFUL),
            (Some(5), 8, OVERRIDDEN),
            (None, 8, SUCCESSFUL),
        ] {
            assert_eq!(said(from, to, status), [], "{from:?} {to} {status}");
        }
    }
}
