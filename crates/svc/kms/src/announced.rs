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
            let is_rotated = after.materials.len() > before.materials.len();
            is_rotated.then_some("KMS CMK Rotation")?
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
        records::Rotated,
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
    }
}
