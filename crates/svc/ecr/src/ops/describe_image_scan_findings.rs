//! DescribeImageScanFindings: what the last scan of an image found, page by page.

use wharf_api_ecr::types::*;
use wharf_scan::Finding;
use wharf_wire::Call;

use super::{
    enhanced_findings::{self, Subject},
    limit, registry,
    start_image_scan::{named, shown_id},
};
use crate::{
    catalog::Catalog,
    error::EcrError,
    page::{self, pages},
    records::{Scan, ScanStatus},
};

pub(crate) async fn describe(
    catalog: &Catalog,
    call: &Call,
    input: DescribeImageScanFindingsRequest,
) -> Result<DescribeImageScanFindingsResponse, EcrError> {
    let registry = registry(call, input.registry_id);
    let name = input.repository_name.unwrap_or_default();
    let id = input.image_id.unwrap_or_default();
    let image = named(catalog, &registry, &name, &id).await?;
    let scan = catalog.scan_of(&registry, &name, &image.digest).await?;
    let null = || "null".to_owned();
    let scan = scan.ok_or_else(|| EcrError::ScanNotFound {
        digest: id.image_digest.clone().unwrap_or_else(null),
        tag: id.image_tag.clone().unwrap_or_else(null),
        name: name.clone(),
        account: registry.account.clone(),
    })?;
    let scan = scan.of(image.status);
    let done = scan
        .completed_at
        .map(|it| it.to_string())
        .unwrap_or_default();
    let selection = [name.as_str(), &image.digest.hex(), &done];
    let listing = pages(catalog, &registry, "findings", &selection);
    let last = page::after(&listing, input.next_token.as_deref())?;
    let from = last.and_then(|it| it.parse::<u64>().ok()).unwrap_or(0);
    let (mut findings, mut next_token) = (None, None);
    if scan.status.has_findings() {
        let (some, next) = catalog
            .findings_of(&registry, &scan, from, limit(input.max_results))
            .await?;
        next_token = next.map(|it| listing.token(&it.to_string()));
        let (mut basic, mut enhanced) = (None, None);
        let subject = Subject {
            registry: &registry,
            name: &name,
            image: &image,
            scan: &scan,
        };
        let some = some.into_iter();
        match scan.enhanced {
            true => {
                let used = catalog.use_of(&registry, &name, &image).await?;
                let shown = some.map(|it| enhanced_findings::show(&subject, it));
                enhanced = Some(match used {
                    Some(used) => shown
                        .map(|it| enhanced_findings::in_use(it, used))
                        .collect(),
                    None => shown.collect(),
                });
            }
            false => basic = Some(some.map(show).collect()),
        }
        findings = Some(ImageScanFindings {
            image_scan_completed_at: scan.completed_at,
            vulnerability_source_updated_at: scan.source_updated_at,
            finding_severity_counts: Some(scan.counts.clone()),
            findings: basic,
            enhanced_findings: enhanced,
        });
    }
    Ok(DescribeImageScanFindingsResponse {
        image_id: Some(shown_id(&image, id.image_tag)),
        image_scan_status: Some(show_status(&scan)),
        image_scan_findings: findings,
        next_token,
        registry_id: Some(registry.account),
        repository_name: Some(name),
    })
}

pub(super) fn show_status(scan: &Scan) -> ImageScanStatus {
    ImageScanStatus {
        status: Some(scan.status.name().to_owned()),
        description: (!scan.description.is_empty() && scan.status != ScanStatus::InProgress)
            .then(|| scan.description.clone()),
    }
}

pub(super) fn show_summary(scan: &Scan) -> Option<ImageScanFindingsSummary> {
    scan.status
        .has_findings()
        .then(|| ImageScanFindingsSummary {
            image_scan_completed_at: scan.completed_at,
            vulnerability_source_updated_at: scan.source_updated_at,
            finding_severity_counts: Some(scan.counts.clone()),
        })
}

fn show(finding: Finding) -> ImageScanFinding {
    let mut attributes = vec![
        ("package_version".to_owned(), finding.package.version),
        ("package_name".to_owned(), finding.package.name),
    ];
    attributes.extend(
        finding
            .fixed_in
            .map(|it| ("patched_version".to_owned(), it)),
    );
    for vector in &finding.advisory.vectors {
        let kind = format!(
            "CVSS{}",
            vector.version.split('.').next().unwrap_or_default()
        );
        attributes.push((format!("{kind}_VECTOR"), vector.vector.clone()));
        attributes.push((format!("{kind}_SCORE"), vector.score.to_string()));
    }
    let attribute = |(key, value)| Attribute {
        key: Some(key),
        value: Some(value),
    };
    let summary = finding.advisory.summary;
    ImageScanFinding {
        uri: Some(match finding.advisory.references.into_iter().next() {
            Some(reference) => reference,
            None => format!("https://osv.dev/vulnerability/{}", finding.advisory.id),
        }),
        name: Some(finding.name),
        description: (!summary.is_empty()).then_some(summary),
        severity: Some(finding.severity.name().to_owned()),
        attributes: Some(attributes.into_iter().map(attribute).collect()),
    }
}
