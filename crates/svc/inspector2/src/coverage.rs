//! What is covered: the images that enhanced scanning is about, and how it stands with each.

use wharf_api_inspector2::{
    CoverageDateFilter, CoverageFilterCriteria, CoverageNumberFilter, CoverageStringFilter,
    CoveredResource, EcrContainerImageMetadata, EcrRepositoryMetadata, ResourceScanMetadata,
    ScanStatus, StringFilter,
};
use wharf_base::Timestamp;
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{criteria::texts, fault, images::Scanned, in_use::InUse, service::Inspector2Service};

const PAGE: usize = 200;

pub(crate) fn show(place: &Place, image: Scanned, in_use: &InUse) -> CoveredResource {
    let (code, reason) = status(&image);
    let written_down = image.last_in_use;
    let (in_use_count, last_in_use_at) =
        in_use.shown(&image.repository, &image.digest, written_down);
    CoveredResource {
        resource_type: Some("AWS_ECR_CONTAINER_IMAGE".to_owned()),
        resource_id: Some(format!("{}/{}", image.repository_arn, image.digest)),
        account_id: Some(place.account.clone()),
        scan_type: Some("PACKAGE".to_owned()),
        scan_status: Some(ScanStatus {
            status_code: Some(code.to_owned()),
            reason: Some(reason.to_owned()),
        }),
        resource_metadata: Some(ResourceScanMetadata {
            ecr_repository: Some(EcrRepositoryMetadata {
                name: Some(image.repository),
                scan_frequency: Some(image.frequency.to_owned()),
            }),
            ecr_image: Some(EcrContainerImageMetadata {
                tags: Some(image.tags).filter(|it| !it.is_empty()),
                image_pulled_at: image.last_pull,
                in_use_count: Some(in_use_count),
                last_in_use_at,
            }),
            ..ResourceScanMetadata::default()
        }),
        last_scanned_at: image.scanned_at,
        ..CoveredResource::default()
    }
}

/// Code and reason.
fn status(image: &Scanned) -> (&'static str, &'static str) {
    match (image.status, image.frequency) {
        ("IN_PROGRESS" | "PENDING", _) => ("ACTIVE", "PENDING_INITIAL_SCAN"),
        ("ACTIVE" | "COMPLETE", "MANUAL") => ("INACTIVE", "SCAN_FREQUENCY_MANUAL"),
        ("ACTIVE" | "COMPLETE", _) => ("ACTIVE", "SUCCESSFUL"),
        ("SCAN_ELIGIBILITY_EXPIRED", _) => ("INACTIVE", "SCAN_ELIGIBILITY_EXPIRED"),
        ("IMAGE_SIZE_EXCEEDED", _) => ("INACTIVE", "IMAGE_SIZE_EXCEEDED"),
        ("UNSUPPORTED_IMAGE", _) => ("INACTIVE", "UNSUPPORTED_OS"),
        ("IMAGE_ARCHIVED", _) => ("INACTIVE", "IMAGE_ARCHIVED"),
        _ => ("INACTIVE", "INTERNAL_ERROR"),
    }
}

/// Whether a resource fits criteria.
fn fits(criteria: &CoverageFilterCriteria, it: &CoveredResource) -> bool {
    let text = |filters: &Option<Vec<CoverageStringFilter>>, values: &[&str]| {
        let filter = |it: &CoverageStringFilter| StringFilter {
            comparison: it.comparison.clone(),
            value: it.value.clone(),
        };
        let filters = filters.as_ref().map(|all| all.iter().map(filter).collect());
        texts(&filters, values)
    };
    let one = |it: &Option<String>| it.clone().unwrap_or_default();
    let status = it.scan_status.clone().unwrap_or_default();
    let metadata = it.resource_metadata.clone().unwrap_or_default();
    let repository = metadata.ecr_repository.and_then(|it| it.name);
    let image = metadata.ecr_image.unwrap_or_default();
    let tags = image.tags.unwrap_or_default();
    let tags: Vec<&str> = tags.iter().map(String::as_str).collect();
    text(&criteria.scan_status_code, &[&one(&status.status_code)])
        && text(&criteria.scan_status_reason, &[&one(&status.reason)])
        && text(&criteria.account_id, &[&one(&it.account_id)])
        && text(&criteria.resource_id, &[&one(&it.resource_id)])
        && text(&criteria.resource_type, &[&one(&it.resource_type)])
        && text(&criteria.scan_type, &[&one(&it.scan_type)])
        && text(
            &criteria.ecr_repository_name,
            &[&repository.unwrap_or_default()],
        )
        && text(&criteria.ecr_image_tags, &tags)
        && time(&criteria.last_scanned_at, it.last_scanned_at)
        && time(&criteria.image_pulled_at, image.image_pulled_at)
        && time(&criteria.ecr_image_last_in_use_at, image.last_in_use_at)
        && number(&criteria.ecr_image_in_use_count, image.in_use_count)
}

/// Whether a time lies within one of the spans; one that there is not lies in none.
fn time(spans: &Option<Vec<CoverageDateFilter>>, value: Option<Timestamp>) -> bool {
    let within = |span: &CoverageDateFilter| {
        value.is_some_and(|at| {
            span.start_inclusive.is_none_or(|from| at >= from)
                && span.end_inclusive.is_none_or(|to| at <= to)
        })
    };
    spans.as_ref().is_none_or(|all| all.iter().any(within))
}

/// Whether a number lies within one of the spans.
fn number(spans: &Option<Vec<CoverageNumberFilter>>, value: Option<i64>) -> bool {
    let within = |span: &CoverageNumberFilter| {
        value.is_some_and(|it| {
            span.lower_inclusive.is_none_or(|from| it >= from)
                && span.upper_inclusive.is_none_or(|to| it <= to)
        })
    };
    spans.as_ref().is_none_or(|all| all.iter().any(within))
}

impl Inspector2Service {
    /// At most `most` resources behind a key that fit, and the key of the last image that was looked at if
    /// there are more.
    pub(crate) async fn covered(
        &self,
        place: &Place,
        criteria: &CoverageFilterCriteria,
        mut after: Option<String>,
        most: usize,
    ) -> Result<(Vec<CoveredResource>, Option<String>), Fault> {
        let _share = self.walks.take(&place.account).await;
        let in_use = self.in_use(place).await?;
        let mut found = Vec::new();
        loop {
            let images = self.images.scanned(place, after.as_deref(), PAGE).await;
            let (images, more) = images.map_err(fault::images)?;
            let count = images.len();
            for (number, image) in images.into_iter().enumerate() {
                let key = image.key.clone();
                let resource = show(place, image, &in_use);
                if fits(criteria, &resource) {
                    found.push(resource);
                }
                let last = !more && number + 1 == count;
                if found.len() >= most && !last {
                    return Ok((found, Some(key)));
                }
                after = Some(key);
            }
            if !more {
                return Ok((found, None));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_by_their_last_pull() {
        let pulled = |at: Option<i64>| CoveredResource {
            resource_metadata: Some(ResourceScanMetadata {
                ecr_image: Some(EcrContainerImageMetadata {
                    image_pulled_at: at.map(Timestamp),
                    ..EcrContainerImageMetadata::default()
                }),
                ..ResourceScanMetadata::default()
            }),
            ..CoveredResource::default()
        };
        let span = |from: Option<i64>, to: Option<i64>| CoverageFilterCriteria {
            image_pulled_at: Some(vec![CoverageDateFilter {
                start_inclusive: from.map(Timestamp),
                end_inclusive: to.map(Timestamp),
            }]),
            ..CoverageFilterCriteria::default()
        };
        for (at, from, to, fit) in [
            (Some(5), Some(5), None, true),
            (Some(5), Some(6), None, false),
            (Some(5), None, Some(5), true),
            (Some(5), None, Some(4), false),
            (None, None, Some(5), false),
        ] {
            assert_eq!(
                fits(&span(from, to), &pulled(at)),
                fit,
                "{at:?} {from:?} {to:?}"
            );
        }
        assert!(fits(&CoverageFilterCriteria::default(), &pulled(None)));
    }

    #[test]
    fn images_by_their_use() {
        let used = CoveredResource {
            resource_metadata: Some(ResourceScanMetadata {
                ecr_image: Some(EcrContainerImageMetadata {
                    in_use_count: Some(2),
                    last_in_use_at: Some(Timestamp(5)),
                    ..EcrContainerImageMetadata::default()
                }),
                ..ResourceScanMetadata::default()
            }),
            ..CoveredResource::default()
        };
        let counted = |from: Option<i64>, to: Option<i64>| CoverageFilterCriteria {
            ecr_image_in_use_count: Some(vec![CoverageNumberFilter {
                lower_inclusive: from,
                upper_inclusive: to,
            }]),
            ..CoverageFilterCriteria::default()
        };
        let since = |from: i64| CoverageFilterCriteria {
            ecr_image_last_in_use_at: Some(vec![CoverageDateFilter {
                start_inclusive: Some(Timestamp(from)),
                end_inclusive: None,
            }]),
            ..CoverageFilterCriteria::default()
        };
        for (criteria, fit) in [
            (counted(Some(2), None), true),
            (counted(Some(3), None), false),
            (counted(None, Some(2)), true),
            (counted(None, Some(1)), false),
            (since(5), true),
            (since(6), false),
        ] {
            assert_eq!(fits(&criteria, &used), fit, "{criteria:?}");
        }
    }

    #[test]
    fn how_it_stands_with_an_image() {
        for (scan, frequency, code, reason) in [
            ("ACTIVE", "CONTINUOUS_SCAN", "ACTIVE", "SUCCESSFUL"),
            ("COMPLETE", "MANUAL", "INACTIVE", "SCAN_FREQUENCY_MANUAL"),
            (
                "PENDING",
                "CONTINUOUS_SCAN",
                "ACTIVE",
                "PENDING_INITIAL_SCAN",
            ),
            (
                "UNSUPPORTED_IMAGE",
                "SCAN_ON_PUSH",
                "INACTIVE",
                "UNSUPPORTED_OS",
            ),
            (
                "SCAN_ELIGIBILITY_EXPIRED",
                "CONTINUOUS_SCAN",
                "INACTIVE",
                "SCAN_ELIGIBILITY_EXPIRED",
            ),
            (
                "IMAGE_ARCHIVED",
                "CONTINUOUS_SCAN",
                "INACTIVE",
                "IMAGE_ARCHIVED",
            ),
            ("FAILED", "SCAN_ON_PUSH", "INACTIVE", "INTERNAL_ERROR"),
        ] {
            let image = Scanned {
                key: String::new(),
                repository: "app".to_owned(),
                repository_arn: "arn".to_owned(),
                digest: "sha256:0".to_owned(),
                tags: vec!["v1".to_owned()],
                last_pull: None,
                last_in_use: None,
                frequency,
                status: scan,
                scanned_at: None,
            };
            let shown = show(&Place::new("1", "r"), image, &InUse::default());
            let status = shown.scan_status.clone().unwrap();
            assert_eq!(status.status_code.as_deref(), Some(code));
            assert_eq!(status.reason.as_deref(), Some(reason));
            let of = |tag: &str| CoverageFilterCriteria {
                ecr_image_tags: Some(vec![CoverageStringFilter {
                    comparison: Some("EQUALS".to_owned()),
                    value: Some(tag.to_owned()),
                }]),
                ..CoverageFilterCriteria::default()
            };
            assert!(fits(&of("v1"), &shown) && !fits(&of("v2"), &shown));
        }
    }
}
