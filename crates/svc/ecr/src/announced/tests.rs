//! What is told of changes, and what is not.

use wharf_records::encode;

use super::*;
use crate::records::{Keys, samples};

fn image(tags: &[&str]) -> Image {
    Image {
        repository: "team/a.b".to_owned(),
        tags: tags.iter().map(|it| (*it).to_owned()).collect(),
        ..samples::image(wharf_blobs::Digest::of(b"x"), 1)
    }
}

fn event(before: Option<Image>, after: Option<Image>) -> Event {
    let key = Keys::new("1", "r").image("0123456789abcdef", &wharf_blobs::Digest::of(b"x"));
    let entry = |image: Option<&Image>| {
        let value = image.map(encode).unwrap_or_default();
        samples::entry(&key, value, 2, 1)
    };
    Event {
        kind: if after.is_some() {
            EventKind::Put
        } else {
            EventKind::Delete
        },
        entry: entry(after.as_ref()),
        previous: before.map(|it| entry(Some(&it))),
    }
}

fn said(events: &[Event]) -> Vec<String> {
    let events: Vec<&Event> = events.iter().collect();
    let said = announced(&events, Timestamp(0));
    let text = |it: &Announcement| {
        assert_eq!(it.detail["repository-name"], "team/a.b");
        format!("{} {}", it.detail["action-type"], it.detail["image-tag"]).replace('"', "")
    };
    said.iter().map(text).collect()
}

#[test]
fn pushes_and_deletions() {
    for (before, after, expected) in [
        (None, Some(image(&["v1"])), vec!["PUSH v1"]),
        (None, Some(image(&[])), vec!["PUSH "]),
        (
            Some(image(&["v1"])),
            Some(image(&["v1", "v2"])),
            vec!["PUSH v2"],
        ),
        (Some(image(&["v1"])), Some(image(&["v1"])), vec![]),
        (Some(image(&["v1"])), Some(image(&[])), vec!["DELETE v1"]),
        (
            Some(image(&["v1", "v2"])),
            None,
            vec!["DELETE v1", "DELETE v2"],
        ),
        (Some(image(&[])), None, vec!["DELETE "]),
    ] {
        assert_eq!(said(&[event(before, after)]), expected);
    }
    let moved = [
        event(Some(image(&["v1"])), Some(image(&[]))),
        event(None, Some(image(&["v1"]))),
    ];
    assert_eq!(said(&moved), ["PUSH v1"]);
}

/// The way back is told once the image can be pulled, not when it is asked for.
#[test]
fn moves_into_the_archive_and_back() {
    use Status::{Activating, Active, Archived};
    let of = |status| {
        let mut image = image(&["v1"]);
        (image.status, image.artifact_type) = (status, Some("a/b".to_owned()));
        image.activated_at = (status == Active).then_some(Timestamp(1));
        Some(image)
    };
    for (before, after, expected) in [
        (
            Active,
            Archived,
            Some(json!({"target-storage-class": "ARCHIVE"})),
        ),
        (Archived, Activating, None),
        (
            Activating,
            Active,
            Some(
                json!({"target-storage-class": "STANDARD", "last-activated-at": "1970-01-01T00:00:00.001Z"}),
            ),
        ),
        // It was pushed again.
        (
            Archived,
            Active,
            Some(
                json!({"target-storage-class": "STANDARD", "last-activated-at": "1970-01-01T00:00:00.001Z"}),
            ),
        ),
        (Active, Active, None),
    ] {
        let event = event(of(before), of(after));
        let said = announced(&[&event], Timestamp(0));
        let expected = expected.map(|more| {
            let mut detail = json!({
                "result": "SUCCESS", "repository-name": "team/a.b", "action-type": "UPDATE_STORAGE_CLASS",
                "image-digest": wharf_blobs::Digest::of(b"x").to_string(),
                "manifest-media-type": "application/vnd.oci.image.manifest.v1+json", "artifact-media-type": "a/b",
            });
            for (key, value) in more.as_object().into_iter().flatten() {
                detail[key.as_str()] = value.clone();
            }
            detail
        });
        let details: Vec<Value> = said.into_iter().map(|it| it.detail).collect();
        assert_eq!(details, Vec::from_iter(expected), "{before:?} {after:?}");
    }
}

#[test]
fn what_is_about_an_image_is_told_of_as_a_referrer() {
    let referrer = |status| {
        let mut image = image(&[]);
        image.subject = Some(wharf_blobs::Digest::of(b"y"));
        image.status = status;
        Some(image)
    };
    let active = || referrer(Status::Active);
    for (before, after, action) in [
        (None, active(), "PUSH"),
        (active(), referrer(Status::Archived), "UPDATE_STORAGE_CLASS"),
        (active(), None, "DELETE"),
    ] {
        let event = event(before, after);
        let said = announced(&[&event], Timestamp(0));
        let told: Vec<(&str, &Value)> = said
            .iter()
            .map(|it| (it.detail_type, &it.detail["action-type"]))
            .collect();
        assert_eq!(told, [("ECR Referrer Action", &json!(action))]);
    }
    let plain = event(None, Some(image(&["v1"])));
    let said = announced(&[&plain], Timestamp(0));
    assert_eq!(said[0].detail_type, "ECR Image Action");
}

#[test]
fn a_replication_is_told_where_it_arrived_and_once() {
    let replica = |status| {
        let destination = Destination {
            account: "2".to_owned(),
            region: "s".to_owned(),
        };
        let mut image = image(&["v1"]);
        let replica = crate::records::replication::Replica {
            destination: destination.clone(),
            status,
            failure: None,
            at: Timestamp(0),
        };
        image.replicas.insert(destination.name(), replica);
        Some(image)
    };
    use ReplicaStatus::{Complete, Failed, InProgress};
    for (before, after, expected) in [
        (InProgress, Complete, vec!["SUCCESS"]),
        (InProgress, Failed, vec!["FAILED"]),
        (Complete, Complete, vec![]),
        (Complete, InProgress, vec![]),
    ] {
        let event = event(replica(before), replica(after));
        let said = announced(&[&event], Timestamp(0));
        let results: Vec<&Value> = said.iter().map(|it| &it.detail["result"]).collect();
        assert_eq!(results, expected);
        for it in said {
            assert_eq!(it.place, Place::new("2", "s"));
            assert_eq!(it.resources, ["arn:aws:ecr:s:2:repository/team/a.b"]);
            assert_eq!(it.detail["source-region"], "r");
        }
    }
}

#[test]
fn what_was_pulled_through_is_told_each_time_it_came() {
    let from = |at| {
        let mut image = image(&["v1"]);
        image.origin = Some(crate::records::Origin {
            prefix: "hub".to_owned(),
            url: "registry-1.docker.io".to_owned(),
            tag: Some("v1".to_owned()),
            at: Timestamp(at),
        });
        Some(image)
    };
    let told = |before, after| -> Vec<Value> {
        let event = event(before, after);
        let all = announced(&[&event], Timestamp(0)).into_iter();
        let ours = all.filter(|it| it.detail_type == "ECR Pull Through Cache Action");
        ours.map(|it| it.detail).collect()
    };
    let expected = json!({
        "rule-version": "1", "sync-status": "SUCCESS", "ecr-repository-prefix": "hub",
        "repository-name": "team/a.b", "upstream-registry-url": "registry-1.docker.io",
        "image-tag": "v1", "image-digest": wharf_blobs::Digest::of(b"x").to_string(),
    });
    assert_eq!(told(None, from(1)), std::slice::from_ref(&expected));
    assert_eq!(told(from(1), from(2)), [expected]);
    assert!(told(from(1), from(1)).is_empty());
    assert!(told(from(1), None).is_empty());
    assert!(told(None, Some(image(&["v1"]))).is_empty());
}
