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
    records::Key,
};

/// Keys that are rotated, and those that are gone.
pub const ANNOUNCING: Announcing = Announcing {
    service: SERVICE,
    of: announced,
};

fn announced(events: &[&Event], _: Timestamp) -> Vec<Announcement> {
    events.iter().filter_map(|it| change(it)).collect()
}

fn change(event: &Event) -> Option<Announcement> {
    let (scope, kind, id) = Scope::parse(event.key())?;
    if kind != Key::KIND {
        return None;
    }
    let before: Key = event.previous.as_ref().and_then(record)?;
    let detail_type = match event.kind {
        EventKind::Put => {
            let after: Key = record(&event.entry)?;
            let expired = before.external.is_some_and(|it| it.present)
                && (after.external).is_some_and(|it| !it.present && it.valid_to.is_some());
            let is_rotated =
                !before.materials.is_empty() && after.materials.len() > before.materials.len();
            match expired {
                true => "KMS Imported Key Material Expiration",
                false => is_rotated.then_some("KMS CMK Rotation")?,
            }
        }
        _ => "KMS CMK Deletion",
    };
    let place = Place::of_scope(&scope);
    Some(Announcement {
        resources: vec![key_arn(&place, &id)],
        place,
        source: "aws.kms",
        detail_type,
        detail: json!({ "key-id": id }),
    })
}

#[cfg(test)]
mod tests {
    use wharf_records::{Unknown, encode};

    use wharf_store::Entry;

    use super::*;
    use crate::{
        records::{External, Rotated},
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
            rotation: None,
            public_key: None,
            external: None,
            unknown: Unknown::new(),
        }
    }

    fn said(before: Option<Key>, after: Option<Key>) -> Option<&'static str> {
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
        assert_eq!(said(None, Some(key(1))), None);
        assert_eq!(said(Some(key(1)), Some(key(1))), None);
        assert_eq!(said(Some(key(1)), Some(key(2))), Some("KMS CMK Rotation"));
        assert_eq!(said(Some(key(1)), None), Some("KMS CMK Deletion"));
        let imported = |present, valid_to| Key {
            external: Some(External { present, valid_to }),
            ..key(1)
        };
        let end = Some(Timestamp(7));
        let expired = said(Some(imported(true, end)), Some(imported(false, end)));
        assert_eq!(expired, Some("KMS Imported Key Material Expiration"));
        let deleted = said(Some(imported(true, end)), Some(imported(false, None)));
        assert_eq!(deleted, None);
        let first = Key {
            materials: Vec::new(),
            ..imported(false, None)
        };
        assert_eq!(said(Some(first), Some(imported(true, end))), None);
    }
}
