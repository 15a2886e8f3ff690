//! What changes of secrets mean to the world: rotations and deletions, as CloudTrail tells of what a service
//! does by itself. Pure.

use serde_json::{Value, json};
use wharf_base::{Timestamp, ids};
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing, record},
};
use wharf_store::{Event, EventKind};

use crate::{
    names::{PRINCIPAL, SERVICE, arn},
    records::Secret,
    rotation::Turn,
};

/// Rotations that begin and end, and versions that are deleted.
pub const ANNOUNCING: Announcing = Announcing {
    service: SERVICE,
    of: announced,
};

fn announced(events: &[&Event], now: Timestamp) -> Vec<Announcement> {
    let all = events.iter().filter_map(|it| of_change(it, now));
    all.flatten().collect()
}

fn of_change(event: &Event, now: Timestamp) -> Option<Vec<Announcement>> {
    let (scope, kind, name) = Scope::parse(event.key())?;
    if kind != Secret::KIND {
        return None;
    }
    let before: Secret = event.previous.as_ref().and_then(record)?;
    let after: Option<Secret> = match event.kind {
        EventKind::Put => record(&event.entry),
        _ => None,
    };
    // Made anew under its name: another secret.
    let after = after.filter(|it| it.suffix == before.suffix);
    let place = Place::of_scope(&scope);
    let secret = arn(&place, &name, &before.suffix);
    let said = news(&before, after.as_ref()).into_iter().enumerate();
    let tell = |(number, (what, version)): (usize, (&str, Option<String>))| {
        let id = format!("{secret} {} {number}", event.revision());
        let mut about = json!({ "SecretId": secret });
        if let Some(version) = version {
            about["SecretVersionId"] = version.into();
        }
        Announcement {
            place: place.clone(),
            source: "aws.secretsmanager",
            detail_type: "AWS Service Event via CloudTrail",
            resources: Vec::new(),
            detail: trail_event(&place, what, &about, &ids::uuid_of(id.as_bytes()), now),
        }
    };
    Some(said.map(tell).collect())
}

/// The names of events, and the version that each is about where there may be several.
fn news(before: &Secret, after: Option<&Secret>) -> Vec<(&'static str, Option<String>)> {
    let of_versions = |secret: &Secret, name: &'static str| {
        let all = secret.versions.keys();
        all.map(move |it| (name, Some(it.clone())))
            .collect::<Vec<_>>()
    };
    let Some(after) = after else {
        let mut all = match before.deletion {
            Some(_) => Vec::new(),
            None => of_versions(before, "StartSecretVersionDelete"),
        };
        all.extend(of_versions(before, "EndSecretVersionDelete"));
        return all;
    };
    let deletion = match (before.deletion, after.deletion) {
        (None, Some(_)) => of_versions(after, "StartSecretVersionDelete"),
        (Some(_), None) => of_versions(after, "CancelSecretVersionDelete"),
        _ => Vec::new(),
    };
    let rotation = rotation(before, after).into_iter().map(|it| (it, None));
    deletion.into_iter().chain(rotation).collect()
}

fn rotation(before: &Secret, after: &Secret) -> Vec<&'static str> {
    let turn = |secret: &Secret| -> Option<Turn> {
        let turn = secret.rotation.as_ref().and_then(|it| it.turn.clone());
        turn.filter(|it| !it.only_tests)
    };
    let last = |secret: &Secret| secret.rotation.as_ref().and_then(|it| it.last_at);
    let (was, is) = (turn(before), turn(after));
    let goes_on = |was: &Turn| is.as_ref().is_some_and(|it| it.version == was.version);
    let mut said = Vec::new();
    if let Some(was) = &was
        && !goes_on(was)
    {
        said.push(match last(before) == last(after) {
            true => "RotationAbandoned",
            false => "RotationSucceeded",
        });
    }
    let Some(is) = is else {
        return said;
    };
    match was.filter(|it| it.version == is.version) {
        None => said.push("RotationStarted"),
        Some(was) if was.due_at.is_some() && is.due_at.is_none() => said.push("RotationFailed"),
        Some(_) => {}
    }
    said
}

fn trail_event(place: &Place, name: &str, about: &Value, id: &str, now: Timestamp) -> Value {
    json!({
        "eventVersion": "1.11",
        "userIdentity": { "accountId": place.account, "invokedBy": PRINCIPAL },
        "eventTime": now.iso8601_seconds(),
        "eventSource": PRINCIPAL,
        "eventName": name,
        "awsRegion": place.region,
        "sourceIPAddress": PRINCIPAL,
        "userAgent": PRINCIPAL,
        "requestParameters": null,
        "responseElements": null,
        "additionalEventData": about,
        "eventID": id,
        "readOnly": false,
        "eventType": "AwsServiceEvent",
        "managementEvent": true,
        "recipientAccountId": place.account,
        "eventCategory": "Management",
    })
}

#[cfg(test)]
mod tests {
    use wharf_records::Unknown;

    use super::*;
    use crate::{
        records::{Deletion, Version},
        rotation::{Rotation, Step},
    };

    fn secret(turn: Option<(&str, bool)>, last: i64, deleted: bool) -> Secret {
        let version = Version {
            created_at: Timestamp(0),
            accessed_at: None,
            stages: Default::default(),
            kms_key: None,
        };
        let at = Timestamp(0);
        Secret {
            suffix: "AbCdEf".to_owned(),
            kms_key: None,
            description: None,
            created_at: at,
            changed_at: at,
            accessed_at: None,
            deletion: deleted.then_some(Deletion {
                asked_at: at,
                due_at: at,
            }),
            policy: None,
            tags: Default::default(),
            versions: [("v1".to_owned(), version)].into(),
            rotation: Some(Rotation {
                enabled: true,
                by: "https://example.com".to_owned(),
                role: None,
                parameters: Default::default(),
                rules: Default::default(),
                last_at: Some(Timestamp::from_millis(last)),
                next_at: None,
                turn: turn.map(|(version, tries)| Turn {
                    version: version.to_owned(),
                    step: Step::Create,
                    only_tests: false,
                    task: None,
                    failures: 0,
                    due_at: tries.then_some(at),
                }),
            }),
            replicas: Default::default(),
            owner: None,
            copies: Default::default(),
            copying: None,
            unknown: Unknown::new(),
        }
    }

    #[test]
    fn rotations_and_deletions_are_told() {
        let named = |before: &Secret, after: Option<&Secret>| {
            let all = news(before, after).into_iter();
            all.map(|(name, _)| name).collect::<Vec<_>>()
        };
        let quiet = secret(None, 0, false);
        let turning = |version| secret(Some((version, true)), 0, false);
        for (before, after, expected) in [
            (&quiet, Some(&quiet), vec![]),
            (&quiet, Some(&turning("a")), vec!["RotationStarted"]),
            (&turning("a"), Some(&turning("a")), vec![]),
            (
                &turning("a"),
                Some(&secret(None, 1, false)),
                vec!["RotationSucceeded"],
            ),
            (&turning("a"), Some(&quiet), vec!["RotationAbandoned"]),
            (
                &turning("a"),
                Some(&turning("b")),
                vec!["RotationAbandoned", "RotationStarted"],
            ),
            (
                &turning("a"),
                Some(&secret(Some(("a", false)), 0, false)),
                vec!["RotationFailed"],
            ),
            (
                &quiet,
                Some(&secret(None, 0, true)),
                vec!["StartSecretVersionDelete"],
            ),
            (
                &secret(None, 0, true),
                Some(&quiet),
                vec!["CancelSecretVersionDelete"],
            ),
            (&secret(None, 0, true), None, vec!["EndSecretVersionDelete"]),
            (
                &quiet,
                None,
                vec!["StartSecretVersionDelete", "EndSecretVersionDelete"],
            ),
        ] {
            assert_eq!(named(before, after), expected);
        }
    }
}
