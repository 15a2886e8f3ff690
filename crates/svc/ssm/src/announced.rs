//! What changes of parameters mean to the world. Pure.

use serde_json::json;
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing, record},
};
use wharf_store::{Event, EventKind};

use crate::{
    names::{SERVICE, arn},
    policies::EXPIRATION,
    records::Parameter,
};

/// Parameters that are made, changed, labelled and deleted, and what their policies do.
pub const ANNOUNCING: Announcing = Announcing {
    service: SERVICE,
    of: announced,
};

fn announced(events: &[&Event], _: Timestamp) -> Vec<Announcement> {
    let of_one = |it: &&Event| {
        change(it)
            .into_iter()
            .chain(policies(it))
            .collect::<Vec<_>>()
    };
    events.iter().flat_map(of_one).collect()
}

/// The policies of a version that a change carries out.
fn policies(event: &Event) -> Vec<Announcement> {
    let Some((scope, _, _)) =
        Scope::parse(event.key()).filter(|(_, kind, _)| *kind == Parameter::KIND)
    else {
        return Vec::new();
    };
    let before: Option<Parameter> = event.previous.as_ref().and_then(record);
    let after: Option<Parameter> = match event.kind {
        EventKind::Put => record(&event.entry),
        _ => None,
    };
    let (Some(before), Some(after)) = (before, after) else {
        return Vec::new();
    };
    if before.latest != after.latest {
        return Vec::new();
    }
    let place = Place::of_scope(&scope);
    let policy_of = |parameter: &Parameter| -> Vec<&'static str> {
        let meta = &parameter.current;
        let expiration = meta.expiration.iter().filter(|it| it.carried_out);
        let notices = meta.notices.iter().filter(|it| it.carried_out);
        let expiration = expiration.map(|_| EXPIRATION);
        expiration
            .chain(notices.map(|it| it.when.policy()))
            .collect()
    };
    let mut news = policy_of(&after);
    for told in policy_of(&before) {
        if let Some(at) = news.iter().position(|it| *it == told) {
            news.remove(at);
        }
    }
    let tell = |policy| Announcement {
        resources: vec![arn(&place, &after.name)],
        place: place.clone(),
        source: "aws.ssm",
        detail_type: "Parameter Store Policy Action",
        detail: json!({ "parameter-name": after.name, "policy-type": policy }),
    };
    news.into_iter().map(tell).collect()
}

fn change(event: &Event) -> Option<Announcement> {
    let (scope, kind, _) = Scope::parse(event.key())?;
    if kind != Parameter::KIND {
        return None;
    }
    let before: Option<Parameter> = event.previous.as_ref().and_then(record);
    let after = match event.kind {
        EventKind::Put => record(&event.entry),
        _ => None,
    };
    let operation = match operation(before.as_ref(), after.as_ref())? {
        // What it was before is not known any more.
        "Create" if before.is_none() && event.entry.version > 1 => "Update",
        known => known,
    };
    let it = after.or(before)?;
    let place = Place::of_scope(&scope);
    let mut detail = json!({
        "operation": operation,
        "name": it.name,
        "type": it.current.kind,
    });
    if let Some(description) = &it.current.description {
        detail["description"] = description.as_str().into();
    }
    Some(Announcement {
        resources: vec![arn(&place, &it.name)],
        place,
        source: "aws.ssm",
        detail_type: "Parameter Store Change",
        detail,
    })
}

/// What became of a parameter; tags alone are no news.
fn operation(before: Option<&Parameter>, after: Option<&Parameter>) -> Option<&'static str> {
    match (before, after) {
        (None, Some(_)) => Some("Create"),
        (Some(_), None) => Some("Delete"),
        (Some(before), Some(after)) if before.id != after.id => Some("Create"),
        (Some(before), Some(after)) if before.latest != after.latest => Some("Update"),
        (Some(before), Some(after)) if before.labels != after.labels => {
            Some("LabelParameterVersion")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use wharf_records::{Unknown, encode};

    use wharf_store::Entry;

    use super::*;
    use crate::records::{Kind, Meta, Tier};

    fn parameter(id: &str, latest: u64, label: Option<u64>) -> Parameter {
        Parameter {
            name: "/app/db".to_owned(),
            id: id.to_owned(),
            oldest: 1,
            latest,
            current: Meta {
                kind: Kind::String,
                tier: Tier::Standard,
                description: Some("where it is".to_owned()),
                allowed_pattern: None,
                data_type: "text".to_owned(),
                key_id: None,
                expiration: None,
                notices: Vec::new(),
                modified_at: Timestamp(0),
                modified_by: String::new(),
            },
            labels: label
                .map(|it| ("live".to_owned(), it))
                .into_iter()
                .collect(),
            tags: Default::default(),
            unknown: Unknown::new(),
        }
    }

    fn event(before: Option<Parameter>, after: Option<Parameter>) -> Event {
        let place = Place::new("000000000000", "us-east-1");
        let key = crate::names::scope(&place).key(Parameter::KIND, "app/db");
        let entry = |it: Option<&Parameter>| Entry {
            key: key.clone(),
            value: it.map(encode).unwrap_or_default(),
            create_revision: 1,
            mod_revision: 2,
            version: 1,
            lease: None,
        };
        Event {
            kind: match after {
                Some(_) => EventKind::Put,
                None => EventKind::Delete,
            },
            entry: entry(after.as_ref()),
            previous: before.map(|it| entry(Some(&it))),
        }
    }

    #[test]
    fn changes_are_told() {
        let first = || Some(parameter("a", 1, None));
        for (before, after, expected) in [
            (None, first(), Some("Create")),
            (first(), Some(parameter("a", 2, None)), Some("Update")),
            (
                first(),
                Some(parameter("a", 1, Some(1))),
                Some("LabelParameterVersion"),
            ),
            (first(), Some(parameter("b", 1, None)), Some("Create")),
            (first(), None, Some("Delete")),
            (first(), first(), None),
        ] {
            let said = announced(&[&event(before, after)], Timestamp(0));
            let operation = said.first().map(|it| it.detail["operation"].clone());
            assert_eq!(operation, expected.map(Into::into));
        }
        let said = announced(&[&event(None, first())], Timestamp(0)).remove(0);
        assert_eq!(
            said.resources,
            ["arn:aws:ssm:us-east-1:000000000000:parameter/app/db"]
        );
        assert_eq!(
            said.detail,
            json!({"operation": "Create", "name": "/app/db", "type": "String", "description": "where it is"})
        );
    }
}
