//! What ends of scans mean to the world. Pure.

use std::collections::BTreeMap;

use serde_json::json;
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, record},
};
use wharf_store::{Event, EventKind};

use crate::{
    catalog::Registry,
    records::{Scan, ScanStatus},
};

/// A scan that ended: ECR tells of those that are its own, Inspector of the first end of each enhanced one.
pub(super) fn ended(event: &Event) -> Option<Announcement> {
    let (scope, kind, _) = Scope::parse(event.key())?;
    if kind != Scan::KIND || event.kind != EventKind::Put {
        return None;
    }
    let after: Scan = record(&event.entry)?;
    let before: Option<Scan> = event.previous.as_ref().and_then(record);
    let open = |it: &Scan| matches!(it.status, ScanStatus::InProgress | ScanStatus::Pending);
    let ended = before.as_ref().is_some_and(open);
    if after.enhanced {
        // One that was completed before is scanned anew.
        let first = |it: &Scan| it.completed_at.is_none() || it.status == ScanStatus::Pending;
        let first = before.as_ref().is_some_and(first);
        return (ended && first && after.status.has_findings())
            .then(|| inspected(Place::of_scope(&scope), &after));
    }
    let status = match after.status {
        ScanStatus::InProgress | ScanStatus::Pending => return None,
        ScanStatus::Complete | ScanStatus::Active => "COMPLETE",
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

fn inspected(place: Place, scan: &Scan) -> Announcement {
    let registry = Registry::new(&place.account, &place.region);
    let repository = registry.repository_arn(&scan.repository);
    let total: i32 = scan.counts.values().sum();
    // Inspector's words are ECR's but for one.
    let word = |name: &str| match name {
        "UNDEFINED" => "UNTRIAGED".to_owned(),
        name => name.to_owned(),
    };
    let counts = scan.counts.iter().map(|(name, count)| (word(name), *count));
    let counts: BTreeMap<String, i32> = counts.chain([("TOTAL".to_owned(), total)]).collect();
    Announcement {
        place,
        source: "aws.inspector2",
        detail_type: "Inspector2 Scan",
        resources: vec![repository.clone()],
        detail: json!({
            "scan-status": "INITIAL_SCAN_COMPLETE",
            "repository-name": repository,
            "finding-severity-counts": counts,
            "image-digest": scan.digest.to_string(),
            "image-tags": scan.tags,
        }),
    }
}

#[cfg(test)]
mod tests {
    use wharf_base::Timestamp;
    use wharf_records::encode;

    use super::*;
    use crate::records::{Keys, samples, scan_of};

    /// What is told when a scan that was in the one state is in the other.
    fn told(before: ScanStatus, after: ScanStatus, enhanced: bool) -> Option<Announcement> {
        told_of(before, None, after, enhanced)
    }

    fn told_of(
        before: ScanStatus,
        completed_at: Option<Timestamp>,
        after: ScanStatus,
        enhanced: bool,
    ) -> Option<Announcement> {
        let key = Keys::new("1", "r").scan("0123456789abcdef", &wharf_blobs::Digest::of(b"x"));
        let scan = |status| Scan {
            status,
            enhanced,
            completed_at,
            counts: [("HIGH".to_owned(), 1), ("UNDEFINED".to_owned(), 2)].into(),
            ..scan_of("team/a.b", wharf_blobs::Digest::of(b"x"), Timestamp(0))
        };
        let entry = |status| samples::entry(&key, encode(&scan(status)), 2, 1);
        ended(&Event {
            kind: EventKind::Put,
            entry: entry(after),
            previous: Some(entry(before)),
        })
    }

    /// What an earlier scan found is not what one found that failed.
    #[test]
    fn ends_of_basic_scans() {
        use ScanStatus::{Complete, Failed, InProgress};
        for (status, said, counts) in [
            (Complete, "COMPLETE", json!({"HIGH": 1, "UNDEFINED": 2})),
            (Failed, "FAILED", json!({})),
        ] {
            let told = told(InProgress, status, false).unwrap();
            assert_eq!(
                (told.source, told.detail_type),
                ("aws.ecr", "ECR Image Scan")
            );
            assert_eq!(told.detail["scan-status"], said);
            assert_eq!(told.detail["finding-severity-counts"], counts);
        }
        assert_eq!(told(Complete, Complete, false), None);
    }

    /// Inspector tells of the first end of a scan, and not of those that were compared again.
    #[test]
    fn ends_of_enhanced_scans() {
        use ScanStatus::{Active, Complete, Failed, InProgress, Pending};
        for (before, after) in [
            (InProgress, Active),
            (InProgress, Complete),
            (Pending, Active),
        ] {
            let told = told(before, after, true).unwrap();
            let kind = (told.source, told.detail_type);
            assert_eq!(kind, ("aws.inspector2", "Inspector2 Scan"));
            assert_eq!(told.detail["scan-status"], "INITIAL_SCAN_COMPLETE");
            assert_eq!(
                told.detail["repository-name"],
                "arn:aws:ecr:r:1:repository/team/a.b"
            );
            let counts = &told.detail["finding-severity-counts"];
            assert_eq!(counts, &json!({"HIGH": 1, "UNTRIAGED": 2, "TOTAL": 3}));
        }
        for (before, after) in [
            (InProgress, Failed),
            (InProgress, Pending),
            (Active, Active),
        ] {
            assert_eq!(told(before, after, true), None);
        }
        let earlier = Some(Timestamp(1));
        assert_eq!(told_of(InProgress, earlier, Active, true), None);
        assert!(told_of(Pending, earlier, Active, true).is_some());
    }
}
