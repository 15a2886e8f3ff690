//! What scans mean to the world as they begin, end and run out. Pure.

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

/// All that is told of a scan that is another one than before.
pub(super) fn changed(event: &Event) -> Vec<Announcement> {
    let Some((scope, Scan::KIND, _)) = Scope::parse(event.key()) else {
        return Vec::new();
    };
    if event.kind != EventKind::Put {
        return Vec::new();
    }
    let Some(after) = record::<Scan>(&event.entry) else {
        return Vec::new();
    };
    let before: Option<Scan> = event.previous.as_ref().and_then(record);
    let (place, before) = (Place::of_scope(&scope), before.as_ref());
    let ended = ended(&place, before, &after);
    ended
        .into_iter()
        .chain(covered(&place, before, &after))
        .collect()
}

/// A scan that ended: ECR tells of those that are its own, Inspector of the first end of each enhanced one.
fn ended(place: &Place, before: Option<&Scan>, after: &Scan) -> Option<Announcement> {
    let open = |it: &Scan| matches!(it.status, ScanStatus::InProgress | ScanStatus::Pending);
    let ended = before.is_some_and(open);
    if after.enhanced {
        // One that was completed before is scanned anew.
        let first = |it: &Scan| it.completed_at.is_none() || it.status == ScanStatus::Pending;
        let first = before.is_some_and(first);
        return (ended && first && after.status.has_findings()).then(|| inspected(place, after));
    }
    let status = match after.status {
        ScanStatus::InProgress | ScanStatus::Pending => return None,
        ScanStatus::Complete | ScanStatus::Active => "COMPLETE",
        _ => "FAILED",
    };
    // One that failed keeps what an earlier one found.
    let counts = match after.status {
        ScanStatus::Complete => after.counts.clone(),
        _ => Default::default(),
    };
    let registry = Registry::new(&place.account, &place.region);
    ended.then(|| Announcement {
        place: place.clone(),
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
    })
}

/// How it stands with an image under enhanced scanning, where that is not as before.
fn covered(place: &Place, before: Option<&Scan>, after: &Scan) -> Option<Announcement> {
    let before = before.and_then(coverage);
    let (code, reason) = coverage(after).filter(|it| before != Some(*it))?;
    let registry = Registry::new(&place.account, &place.region);
    let repository = registry.repository_arn(&after.repository);
    let at = match after.status {
        ScanStatus::InProgress => after.requested_at,
        _ => after.completed_at.unwrap_or(after.requested_at),
    };
    Some(Announcement {
        place: place.clone(),
        source: "aws.inspector2",
        detail_type: "Inspector2 Coverage",
        resources: vec![format!("{repository}/{}", after.digest)],
        detail: json!({
            "scanStatus": {"statusCodeValue": code, "reason": reason},
            "scanType": "PACKAGE",
            "eventTimestamp": at.iso8601(),
            "version": "1.0",
        }),
    })
}

/// Code and reason, as Inspector lists them.
fn coverage(scan: &Scan) -> Option<(&'static str, &'static str)> {
    scan.enhanced.then_some(match scan.status {
        _ if scan.archived => ("INACTIVE", "IMAGE_ARCHIVED"),
        ScanStatus::InProgress | ScanStatus::Pending => ("ACTIVE", "PENDING_INITIAL_SCAN"),
        ScanStatus::Complete | ScanStatus::Active => ("ACTIVE", "SUCCESSFUL"),
        ScanStatus::Failed => ("INACTIVE", "INTERNAL_ERROR"),
        ScanStatus::UnsupportedImage => ("INACTIVE", "UNSUPPORTED_OS"),
        ScanStatus::ImageSizeExceeded => ("INACTIVE", "IMAGE_SIZE_EXCEEDED"),
        ScanStatus::Expired => ("INACTIVE", "SCAN_ELIGIBILITY_EXPIRED"),
        ScanStatus::Archived => ("INACTIVE", "IMAGE_ARCHIVED"),
    })
}

fn inspected(place: &Place, scan: &Scan) -> Announcement {
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
        place: place.clone(),
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
        let mut said = all_told(Some(before), completed_at, after, enhanced).into_iter();
        said.find(|it| it.detail_type != "Inspector2 Coverage")
    }

    fn all_told(
        before: Option<ScanStatus>,
        completed_at: Option<Timestamp>,
        after: ScanStatus,
        enhanced: bool,
    ) -> Vec<Announcement> {
        let key = Keys::new("1", "r").scan("0123456789abcdef", &wharf_blobs::Digest::of(b"x"));
        let scan = |status| Scan {
            status,
            enhanced,
            completed_at,
            counts: [("HIGH".to_owned(), 1), ("UNDEFINED".to_owned(), 2)].into(),
            ..scan_of("team/a.b", wharf_blobs::Digest::of(b"x"), Timestamp(0))
        };
        let entry = |status| samples::entry(&key, encode(&scan(status)), 2, 1);
        changed(&Event {
            kind: EventKind::Put,
            entry: entry(after),
            previous: before.map(entry),
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

    /// Told where the image stands otherwise than before, and of enhanced scanning alone.
    #[test]
    fn coverage_that_changed() {
        use ScanStatus::{Active, Complete, Expired, Failed, InProgress, Pending};
        let of = |before, after, enhanced| {
            let said = all_told(before, Some(Timestamp(5)), after, enhanced).into_iter();
            let mut said = said.filter(|it| it.detail_type == "Inspector2 Coverage");
            let one = said.next();
            assert_eq!(said.next(), None);
            one
        };
        for (before, after, expected) in [
            (None, InProgress, Some(("ACTIVE", "PENDING_INITIAL_SCAN"))),
            (Some(InProgress), Pending, None),
            (Some(Pending), Active, Some(("ACTIVE", "SUCCESSFUL"))),
            (Some(Active), Complete, None),
            (
                Some(InProgress),
                Failed,
                Some(("INACTIVE", "INTERNAL_ERROR")),
            ),
            (
                Some(Active),
                Expired,
                Some(("INACTIVE", "SCAN_ELIGIBILITY_EXPIRED")),
            ),
        ] {
            let told = of(before, after, true);
            let status =
                expected.map(|(code, reason)| json!({"statusCodeValue": code, "reason": reason}));
            let said = told.as_ref().map(|it| it.detail["scanStatus"].clone());
            assert_eq!(said, status, "{before:?} {after:?}");
            assert_eq!(of(before, after, false), None);
            let image = format!(
                "arn:aws:ecr:r:1:repository/team/a.b/{}",
                wharf_blobs::Digest::of(b"x")
            );
            assert!(told.is_none_or(|it| it.resources == [image]));
        }
        let archived = |archived| Scan {
            status: Active,
            enhanced: true,
            archived,
            ..scan_of("app", wharf_blobs::Digest::of(b"x"), Timestamp(0))
        };
        let told = |before, after| {
            let said = covered(
                &Place::new("1", "r"),
                Some(&archived(before)),
                &archived(after),
            );
            said.map(|it| it.detail["scanStatus"]["reason"].clone())
        };
        assert_eq!(told(false, true), Some(json!("IMAGE_ARCHIVED")));
        assert_eq!(told(true, false), Some(json!("SUCCESSFUL")));
        assert_eq!(told(true, true), None);
        let ended = of(Some(InProgress), Active, true).unwrap();
        assert_eq!(ended.detail["eventTimestamp"], "1970-01-01T00:00:00.005Z");
    }
}
