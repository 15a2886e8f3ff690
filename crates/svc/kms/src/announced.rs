//! What changes of keys mean to the world. Pure.

use serde_json::json;
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing, record},
};
use wharf_store::{Event, EventKind};

use crate::{
    names::{SERVICE, key_arn},
    records::{External, Family, Key},
};

/// Keys that are rotated, and those that are gone.
pub const ANNOUNCING: Announcing = Announcing {
    service: SERVICE,
    of: announced,
};

fn announced(events: &[&Event], _: Timestamp) -> Vec<Announcement> {
    events.iter().flat_map(|it| change(it)).collect()
}

fn change(event: &Event) -> Vec<Announcement> {
    match Scope::parse(event.key()) {
        Some((scope, Key::KIND, id)) => {
            Vec::from_iter(said(Place::of_scope(&scope), &id, of_key(event)))
        }
        // The rotation of keys of several regions is told in each.
        Some((scope, Family::KIND, id)) => {
            let regions = rotated(event).into_iter().flatten();
            let places = regions.map(|it| Place::new(&scope.account, it));
            places
                .filter_map(|it| said(it, &id, Some(ROTATION)))
                .collect()
        }
        _ => Vec::new(),
    }
}

const ROTATION: &str = "KMS CMK Rotation";

/// The regions of a family that has been rotated.
fn rotated(event: &Event) -> Option<Vec<String>> {
    let before: Family = event.previous.as_ref().and_then(record)?;
    let after: Family = match event.kind {
        EventKind::Put => record(&event.entry)?,
        _ => return None,
    };
    let is_rotated = !before.materials.is_empty() && after.materials.len() > before.materials.len();
    is_rotated.then(|| {
        std::iter::once(after.primary)
            .chain(after.replicas)
            .collect()
    })
}

/// What the change of a key's own record says.
fn of_key(event: &Event) -> Option<&'static str> {
    let before: Key = event.previous.as_ref().and_then(record)?;
    match event.kind {
        EventKind::Put => {
            let after: Key = record(&event.entry)?;
            let expired = has_expired(before.external.as_ref(), after.external.as_ref());
            let is_rotated =
                !before.materials.is_empty() && after.materials.len() > before.materials.len();
            match expired {
                true => Some("KMS Imported Key Material Expiration"),
                false => is_rotated.then_some(ROTATION),
            }
        }
        _ => Some("KMS CMK Deletion"),
    }
}

/// Whether imported material was there and its time is over.
fn has_expired(before: Option<&External>, after: Option<&External>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let mut both = before.materials.iter().zip(&after.materials);
    both.any(|(before, after)| before.present && !after.present && after.valid_to.is_some())
}

fn said(place: Place, id: &str, detail_type: Option<&'static str>) -> Option<Announcement> {
    Some(Announcement {
        resources: vec![key_arn(&place, id)],
        place,
        source: "aws.kms",
        detail_type: detail_type?,
        detail: json!({ "key-id": id }),
    })
}

#[cfg(test)]
mod tests {
    use wharf_records::{Unknown, encode};

    use wharf_store::Entry;

    use super::*;
    use crate::{
        records::{Imported, Rotated},
        spec::{Spec, Usage},
    };

    fn key(materials: usize) -> Key {
        let material = Rotated {
            id: String::new(),
            at: Timestamp(0),
            by: None,
        };
        Key {
            spec: Spec::Symmetric,
            usage: Usage::Encrypt,
            description: String::new(),
            created_at: Timestamp(0),
            enabled: true,
            deletion: None,
            policy: String::new(),
            tags: Default::default(),
            managed_by: None,
            aliases: Default::default(),
            materials: vec![material; materials],
            pending: None,
            rotation: None,
            public_key: None,
            external: None,
            home: None,
            unknown: Unknown::new(),
        }
    }

    fn said_of(before: Option<Key>, after: Option<Key>) -> Option<&'static str> {
        let scope = Scope::new(SERVICE, "000000000000", "us-east-1");
        let entry = |it: Option<&Key>| Entry {
            key: scope.key(Key::KIND, "0a"),
            value: it.map(encode).unwrap_or_default(),
            create_revision: 1,
            mod_revision: 2,
            version: 1,
            lease: None,
        };
        let event = Event {
            kind: match after {
                Some(_) => EventKind::Put,
                None => EventKind::Delete,
            },
            entry: entry(after.as_ref()),
            previous: before.map(|it| entry(Some(&it))),
        };
        let said = announced(&[&event], Timestamp(0)).pop()?;
        assert_eq!(said.detail, json!({ "key-id": "0a" }));
        assert_eq!(
            said.resources,
            ["arn:aws:kms:us-east-1:000000000000:key/0a"]
        );
        Some(said.detail_type)
    }

    #[test]
    fn rotations_and_deletions_are_told() {
        assert_eq!(said_of(None, Some(key(1))), None);
        assert_eq!(said_of(Some(key(1)), Some(key(1))), None);
        assert_eq!(
            said_of(Some(key(1)), Some(key(2))),
            Some("KMS CMK Rotation")
        );
        assert_eq!(said_of(Some(key(1)), None), Some("KMS CMK Deletion"));
        let imported = |present, valid_to| Key {
            external: Some(External {
                materials: vec![Imported {
                    present,
                    valid_to,
                    ..Imported::default()
                }],
            }),
            ..key(1)
        };
        let end = Some(Timestamp(7));
        let expired = said_of(Some(imported(true, end)), Some(imported(false, end)));
        assert_eq!(expired, Some("KMS Imported Key Material Expiration"));
        let deleted = said_of(Some(imported(true, end)), Some(imported(false, None)));
        assert_eq!(deleted, None);
        let first = Key {
            materials: Vec::new(),
            ..imported(false, None)
        };
        assert_eq!(said_of(Some(first), Some(imported(true, end))), None);
    }

    #[test]
    fn rotation_is_told_in_each_region() {
        let scope = Scope::new(SERVICE, "000000000000", "us-east-1");
        let family = |materials| {
            let mut shared = crate::family::founded(&mut key(materials), "us-east-1");
            shared.replicas.insert("eu-west-1".to_owned());
            shared.pass_on("eu-west-1", "").unwrap();
            shared
        };
        let entry = |it: &Family| Entry {
            key: scope.key(Family::KIND, "mrk-0a"),
            value: encode(it),
            create_revision: 1,
            mod_revision: 2,
            version: 1,
            lease: None,
        };
        let told = |before, after| {
            let event = Event {
                kind: EventKind::Put,
                entry: entry(&family(after)),
                previous: Some(entry(&family(before))),
            };
            let all = announced(&[&event], Timestamp(0)).into_iter();
            all.flat_map(|it| it.resources).collect::<Vec<_>>()
        };
        assert_eq!(told(1, 1), Vec::<String>::new());
        assert_eq!(
            told(1, 2),
            [
                "arn:aws:kms:eu-west-1:000000000000:key/mrk-0a",
                "arn:aws:kms:us-east-1:000000000000:key/mrk-0a"
            ]
        );
    }
}
