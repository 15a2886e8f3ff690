//! What changes of images mean to the world (spec ecr.md §10). Pure.
//!
//! What is about another image, as signatures are, is told of as `ECR Referrer Action`, everything else as
//! `ECR Image Action`.

mod findings;
mod notices;
mod scans;

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
        Image, SERVICE, Status,
        replication::{Destination, ReplicaStatus},
    },
};

/// What becomes of images and of their scans, findings, and what is noticed.
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
    let scans = events.iter().flat_map(|it| scans::changed(it));
    let mut said: Vec<Announcement> = scans.collect();
    said.extend(events.iter().filter_map(|it| notices::noticed(it)));
    said.extend(events.iter().flat_map(|it| findings::told(it)));
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
        said.extend(it.storage_class());
        said.extend(it.replicated());
        said.extend(it.pulled_through());
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
                ReplicaStatus::Failed => "FAILED",
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

    /// Told when an image came from its upstream registry.
    fn pulled_through(&self) -> Option<Announcement> {
        let image = self.after.as_ref()?;
        let origin = image.origin.as_ref()?;
        let before = self.before.as_ref().and_then(|it| it.origin.as_ref());
        let Place { account, region } = &self.place;
        let here = Registry::new(account, region);
        (before != Some(origin)).then(|| Announcement {
            place: self.place.clone(),
            source: "aws.ecr",
            detail_type: "ECR Pull Through Cache Action",
            resources: vec![here.repository_arn(&image.repository)],
            detail: json!({
                "rule-version": "1",
                "sync-status": "SUCCESS",
                "ecr-repository-prefix": origin.prefix,
                "repository-name": image.repository,
                "upstream-registry-url": origin.url,
                "image-tag": origin.tag.as_deref().unwrap_or_default(),
                "image-digest": image.digest.to_string(),
            }),
        })
    }

    fn action(&self, action: &str, image: &Image, tag: &str) -> Announcement {
        self.about(image, action, [("image-tag", Value::from(tag))])
    }

    /// Told when the image went into the archive, and when it can be pulled again.
    fn storage_class(&self) -> Option<Announcement> {
        let (before, image) = (self.before.as_ref()?, self.after.as_ref()?);
        let action = "UPDATE_STORAGE_CLASS";
        let to = |class: &str| ("target-storage-class", Value::from(class));
        match (before.status, image.status) {
            (Status::Active, Status::Archived) => Some(self.about(image, action, [to("ARCHIVE")])),
            (Status::Archived | Status::Activating, Status::Active) => {
                let back = image.activated_at.map(|at| Value::from(at.iso8601()));
                let back = back.map(|at| ("last-activated-at", at));
                Some(self.about(image, action, [to("STANDARD")].into_iter().chain(back)))
            }
            _ => None,
        }
    }

    /// An action on the image, with what is said of this kind of action besides.
    fn about(
        &self,
        image: &Image,
        action: &str,
        more: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Announcement {
        let mut detail = json!({
            "result": "SUCCESS",
            "repository-name": image.repository,
            "image-digest": image.digest.to_string(),
            "action-type": action,
            "manifest-media-type": image.media_type,
        });
        if let Some(artifact) = &image.artifact_type {
            detail["artifact-media-type"] = Value::from(artifact.as_str());
        }
        for (key, value) in more {
            detail[key] = value;
        }
        Announcement {
            place: self.place.clone(),
            source: "aws.ecr",
            detail_type: match image.subject {
                Some(_) => "ECR Referrer Action",
                None => "ECR Image Action",
            },
            resources: Vec::new(),
            detail,
        }
    }
}

#[cfg(test)]
mod tests;
