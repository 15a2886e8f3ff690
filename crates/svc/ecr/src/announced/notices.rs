//! What notices mean to the world. Pure.

use serde_json::{Value, json};
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, record},
};
use wharf_store::{Event, EventKind};

use crate::{
    catalog::Registry,
    records::{ChangedFrequency, FrequencyChange, PullFailure},
};

pub(super) fn noticed(event: &Event) -> Option<Announcement> {
    if event.kind != EventKind::Put {
        return None;
    }
    let (scope, kind, _) = Scope::parse(event.key())?;
    let place = Place::of_scope(&scope);
    match kind {
        FrequencyChange::KIND => frequencies(place, &record(&event.entry)?),
        PullFailure::KIND => Some(failed(place, &record(&event.entry)?)),
        _ => None,
    }
}

fn frequencies(place: Place, change: &FrequencyChange) -> Option<Announcement> {
    let here = Registry::new(&place.account, &place.region);
    let shown = |it: &ChangedFrequency| {
        json!({
            "repository-name": it.repository,
            "repository-arn": here.repository_arn(&it.repository),
            "scan-frequency": it.after,
            "previous-scan-frequency": it.before,
        })
    };
    let repositories: Vec<Value> = change.changed.iter().map(shown).collect();
    (!repositories.is_empty()).then(|| Announcement {
        place,
        source: "aws.ecr",
        detail_type: "ECR Scan Resource Change",
        resources: Vec::new(),
        detail: json!({
            "action-type": "SCAN_FREQUENCY_CHANGE",
            "repositories": repositories,
            "resource-type": "REPOSITORY",
            "scan-type": "ENHANCED",
        }),
    })
}

fn failed(place: Place, failure: &PullFailure) -> Announcement {
    let here = Registry::new(&place.account, &place.region);
    let mut detail = json!({
        "rule-version": "1",
        "sync-status": "FAILED",
        "ecr-repository-prefix": failure.prefix,
        "repository-name": failure.repository,
        "upstream-registry-url": failure.url,
        "image-tag": failure.tag.as_deref().unwrap_or_default(),
        "failure-code": failure.code,
        "failure-reason": failure.reason,
    });
    if let Some(digest) = &failure.digest {
        detail["image-digest"] = digest.as_str().into();
    }
    Announcement {
        resources: vec![here.repository_arn(&failure.repository)],
        place,
        source: "aws.ecr",
        detail_type: "ECR Pull Through Cache Action",
        detail,
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;
    use wharf_records::{Unknown, encode};

    use super::*;
    use crate::records::{Keys, Scanning, samples};

    fn told(key: &str, value: bytes::Bytes) -> Option<Announcement> {
        noticed(&Event {
            kind: EventKind::Put,
            entry: samples::entry(key, value, 2, 1),
            previous: None,
        })
    }

    #[test]
    fn frequencies_that_changed() {
        let mut change = FrequencyChange {
            before: Scanning::default(),
            after: Scanning::default(),
            at: Timestamp(0),
            told_to: None,
            done: false,
            changed: Vec::new(),
            unknown: Unknown::new(),
        };
        let key = Keys::new("1", "r").frequency_change();
        assert_eq!(told(&key, encode(&change)), None);
        change.changed.push(ChangedFrequency {
            repository: "team/app".to_owned(),
            before: "MANUAL".to_owned(),
            after: "CONTINUOUS_SCAN".to_owned(),
        });
        let said = told(&key, encode(&change)).unwrap();
        assert_eq!(said.detail_type, "ECR Scan Resource Change");
        let one = json!({
            "repository-name": "team/app", "repository-arn": "arn:aws:ecr:r:1:repository/team/app",
            "scan-frequency": "CONTINUOUS_SCAN", "previous-scan-frequency": "MANUAL",
        });
        assert_eq!(said.detail["repositories"], json!([one]));
    }

    #[test]
    fn a_pull_that_failed() {
        let failure = PullFailure {
            prefix: "hub".to_owned(),
            url: "registry-1.docker.io".to_owned(),
            repository: "hub/app".to_owned(),
            tag: Some("1".to_owned()),
            digest: None,
            code: "UpstreamUnavailable".to_owned(),
            reason: "it does not answer".to_owned(),
            at: Timestamp(0),
            unknown: Unknown::new(),
        };
        let key = Keys::new("1", "r").pull_failure();
        let said = told(&key, encode(&failure)).unwrap();
        assert_eq!(said.detail_type, "ECR Pull Through Cache Action");
        assert_eq!(said.resources, ["arn:aws:ecr:r:1:repository/hub/app"]);
        let expected = json!({
            "rule-version": "1", "sync-status": "FAILED", "ecr-repository-prefix": "hub",
            "repository-name": "hub/app", "upstream-registry-url": "registry-1.docker.io", "image-tag": "1",
            "failure-code": "UpstreamUnavailable", "failure-reason": "it does not answer",
        });
        assert_eq!(said.detail, expected);
    }
}
