//! What changes of images mean to the world (spec ecr.md §10). Pure.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_records::{Record as _, Scope, decode};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing},
};
use wharf_store::{Entry, Event, EventKind};

use crate::{
    catalog::Registry,
    records::{
        Image, SERVICE, Scan, ScanStatus,
        replication::{Destination, ReplicaStatus},
    },
};

/// Pushes and deletions of images, and ends of scans.
pub const ANNOUNCING: Announcing = Announcing {
    service: SERVICE,
    of: announced,
};

/// An image before and after a change.
struct Change {
    place: Place,
    /// Its id.
    repository: String,
    before: Option<Image>,
    after: Option<Image>,
}

fn announced(events: &[&Event], _: Timestamp) -> Vec<Announcement> {
    let scans = events.iter().filter_map(|it| scan(it));
    let mut said: Vec<Announcement> = scans.collect();
    let changes: Vec<Change> = events.iter().filter_map(|it| change(it)).collect();
    let tags = |image: &Option<Image>| -> BTreeSet<String> {
        image.iter().flat_map(|it| it.tags.clone()).collect()
    };
    // A tag that goes to another image is not deleted.
    let moved: BTreeSet<(&str, String)> = (changes.iter())
        .flat_map(|it| {
            tags(&it.after)
                .into_iter()
                .map(|tag| (it.repository.as_str(), tag))
        })
        .collect();
    for it in &changes {
        let (before, after) = (tags(&it.before), tags(&it.after));
        if let Some(image) = &it.after {
            let mut pushed: Vec<&str> = after.difference(&before).map(String::as_str).collect();
            if it.before.is_none() && pushed.is_empty() {
                pushed.push("");
            }
            said.extend(pushed.iter().map(|tag| it.action("PUSH", image, tag)));
        }
        said.extend(it.replicated());
        if let Some(image) = &it.before {
            let gone = before.difference(&after);
            let gone =
                gone.filter(|tag| !moved.contains(&(it.repository.as_str(), (*tag).clone())));
            let mut gone: Vec<&str> = gone.map(String::as_str).collect();
            if it.after.is_none() && before.is_empty() {
                gone.push("");
            }
            said.extend(gone.iter().map(|tag| it.action("DELETE", image, tag)));
        }
    }
    said
}

fn change(event: &Event) -> Option<Change> {
    let (scope, kind, id) = Scope::parse(event.key())?;
    if kind != Image::KIND {
        return None;
    }
    let (repository, _) = id.rsplit_once('.')?;
    let image = |entry: &Entry| match decode::<Image>(&entry.value) {
        Ok(image) if image.repository.is_empty() => {
            tracing::info!(
                key = entry.key,
                "an image of an earlier version does not say its repository's name, its event is lost"
            );
            None
        }
        Ok(image) => Some(image),
        Err(error) => {
            tracing::error!(key = entry.key, %error, "failed to read an image, its event is lost");
            None
        }
    };
    let now = (event.kind == EventKind::Put).then_some(&event.entry);
    Some(Change {
        place: Place::of_scope(&scope),
        repository: repository.to_owned(),
        before: event.previous.as_ref().and_then(image),
        after: now.and_then(image),
    })
}

/// A scan that ended.
fn scan(event: &Event) -> Option<Announcement> {
    let (scope, kind, _) = Scope::parse(event.key())?;
    if kind != Scan::KIND || event.kind != EventKind::Put {
        return None;
    }
    let read = |entry: &Entry| match decode::<Scan>(&entry.value) {
        Ok(scan) => Some(scan),
        Err(error) => {
            tracing::error!(key = entry.key, %error, "failed to read a scan, its event is lost");
            None
        }
    };
    let after = read(&event.entry)?;
    let before = event.previous.as_ref().and_then(read);
    let ended = before.is_some_and(|it| it.status == ScanStatus::InProgress);
    let status = match after.status {
        ScanStatus::InProgress => return None,
        ScanStatus::Complete => "COMPLETE",
        _ => "FAILED",
    };
    // One that failed keeps what an earlier one found.
    let counts = match after.status {
        ScanStatus::Complete => after.counts,
        _ => Default::default(),
    };
    let place = Place::of_scope(&scope);
    let registry = Registry::new(&place.account, &place.region);
    ended.then(|| Announcement {
        source: "aws.ecr",
        detail_type: "ECR Image Scan",
        resources: vec![registry.repository_arn(&after.repository)],
        detail: json!({
            "scan-status": status,
            "repository-name": after.repository,
            "finding-severity-counts": counts,
            "image-digest": after.digest.to_string(),
            "image-tags": after.tags,
        }),
        place,
    })
}

impl Change {
    /// Told where the image arrived, or was not let in.
    fn replicated(&self) -> Vec<Announcement> {
        let Some(image) = &self.after else {
            return Vec::new();
        };
        let was = |name| self.before.as_ref().and_then(|it| it.replicas.get(name));
        let mut said = Vec::new();
        for (name, replica) in &image.replicas {
            let result = match replica.status {
                ReplicaStatus::InProgress => continue,
                ReplicaStatus::Complete => "SUCCESS",
                ReplicaStatus::Failed => "FAILURE",
            };
            if was(name) == Some(replica) {
                continue;
            }
            let Destination { account, region } = &replica.destination;
            let there = Registry::new(account, region);
            said.push(Announcement {
                place: Place::new(account, region),
                source: "aws.ecr",
                detail_type: "ECR Replication Action",
                resources: vec![there.repository_arn(&image.repository)],
                detail: json!({
                    "result": result,
                    "repository-name": image.repository,
                    "image-digest": image.digest.to_string(),
                    "source-account": self.place.account,
                    "action-type": "REPLICATE",
                    "source-region": self.place.region,
                    "image-tag": image.tags.last().map_or("", String::as_str),
                }),
            });
        }
        said
    }

    fn action(&self, action: &str, image: &Image, tag: &str) -> Announcement {
        let mut detail = json!({
            "result": "SUCCESS",
            "repository-name": image.repository,
            "image-digest": image.digest.to_string(),
            "action-type": action,
            "image-tag": tag,
            "manifest-media-type": image.media_type,
        });
        if let Some(artifact) = &image.artifact_type {
            detail["artifact-media-type"] = Value::from(artifact.as_str());
        }
        Announcement {
            place: self.place.clone(),
            source: "aws.ecr",
            detail_type: "ECR Image Action",
            resources: Vec::new(),
            detail,
        }
    }
}

#[cfg(test)]
mod tests {
    use wharf_records::{Unknown, encode};

    use super::*;
    use crate::records::Keys;

    fn image(tags: &[&str]) -> Image {
        Image {
            repository: "team/a.b".to_owned(),
            digest: wharf_blobs::Digest::of(b"x"),
            media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
            artifact_type: None,
            manifest_size: 1,
            image_size: 1,
            pushed_at: Timestamp(0),
            last_pull: None,
            status: Default::default(),
            archived_at: None,
            activated_at: None,
            replicas: Default::default(),
            tags: tags.iter().map(|it| (*it).to_owned()).collect(),
            blobs: Vec::new(),
            children: Vec::new(),
            subject: None,
            unknown: Unknown::new(),
        }
    }

    fn event(before: Option<Image>, after: Option<Image>) -> Event {
        let key = Keys::new("1", "r").image("0123456789abcdef", &wharf_blobs::Digest::of(b"x"));
        let entry = |image: Option<&Image>| Entry {
            key: key.clone(),
            value: image.map(encode).unwrap_or_default(),
            create_revision: 1,
            mod_revision: 2,
            version: 1,
            lease: None,
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

    /// What an earlier scan found is not what one found that failed.
    #[test]
    fn ends_of_scans() {
        let scan = |status| Scan {
            repository: "team/a.b".to_owned(),
            digest: wharf_blobs::Digest::of(b"x"),
            status,
            description: String::new(),
            requested_at: Timestamp(0),
            attempts: 1,
            completed_at: None,
            source_updated_at: None,
            counts: [("HIGH".to_owned(), 1)].into(),
            inventory: None,
            findings: None,
            tags: Vec::new(),
            unknown: Unknown::new(),
        };
        let key = Keys::new("1", "r").scan("0123456789abcdef", &wharf_blobs::Digest::of(b"x"));
        for (status, said, counts) in [
            (ScanStatus::Complete, "COMPLETE", json!({"HIGH": 1})),
            (ScanStatus::Failed, "FAILED", json!({})),
        ] {
            let entry = |scan: &Scan| Entry {
                key: key.clone(),
                value: encode(scan),
                create_revision: 1,
                mod_revision: 2,
                version: 1,
                lease: None,
            };
            let event = Event {
                kind: EventKind::Put,
                entry: entry(&scan(status)),
                previous: Some(entry(&scan(ScanStatus::InProgress))),
            };
            let told = announced(&[&event], Timestamp(0));
            assert_eq!(told[0].detail["scan-status"], said);
            assert_eq!(told[0].detail["finding-severity-counts"], counts);
        }
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
            (InProgress, Failed, vec!["FAILURE"]),
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
}
