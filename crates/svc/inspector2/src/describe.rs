//! ECR's findings as Inspector shows them. Pure.

use wharf_api_ecr::types as ecr;
use wharf_api_inspector2::*;

pub(crate) fn finding(it: ecr::EnhancedImageScanFinding) -> Finding {
    let title = it.title;
    let resources = it.resources.unwrap_or_default().into_iter().map(resource);
    let score = it
        .score_details
        .and_then(|it| it.cvss)
        .map(|it| CvssScoreDetails {
            score_source: it.score_source,
            cvss_source: None,
            version: it.version,
            score: it.score,
            scoring_vector: it.scoring_vector,
            adjustments: None,
        });
    Finding {
        finding_arn: it.finding_arn,
        aws_account_id: it.aws_account_id,
        type_: it.type_,
        description: it.description.or_else(|| title.clone()),
        title,
        remediation: Some(Remediation {
            recommendation: it.remediation.and_then(|it| it.recommendation).map(|it| {
                let (text, url) = (it.text, it.url);
                Recommendation { text, url }
            }),
        }),
        severity: it.severity,
        first_observed_at: it.first_observed_at,
        last_observed_at: it.last_observed_at,
        updated_at: it.updated_at,
        status: it.status,
        resources: Some(resources.collect()),
        inspector_score: it.score,
        inspector_score_details: score.map(|adjusted_cvss| InspectorScoreDetails {
            adjusted_cvss: Some(adjusted_cvss),
        }),
        package_vulnerability_details: it.package_vulnerability_details.map(details),
        fix_available: it.fix_available,
        exploit_available: it.exploit_available,
        ..Finding::default()
    }
}

fn resource(it: ecr::Resource) -> Resource {
    let image = it.details.and_then(|it| it.aws_ecr_container_image);
    let image = image.map(|it| AwsEcrContainerImageDetails {
        repository_name: it.repository_name,
        image_tags: it.image_tags,
        pushed_at: it.pushed_at,
        image_hash: it.image_hash,
        registry: it.registry,
        last_in_use_at: it.last_in_use_at,
        ..AwsEcrContainerImageDetails::default()
    });
    Resource {
        region: it
            .id
            .as_deref()
            .and_then(|id| id.split(':').nth(3))
            .map(str::to_owned),
        partition: Some("aws".to_owned()),
        id: it.id,
        type_: it.type_,
        details: Some(ResourceDetails {
            aws_ecr_container_image: image,
            ..ResourceDetails::default()
        }),
        ..Resource::default()
    }
}

fn details(it: ecr::PackageVulnerabilityDetails) -> PackageVulnerabilityDetails {
    let score = |it: ecr::CvssScore| CvssScore {
        base_score: it.base_score,
        scoring_vector: it.scoring_vector,
        version: it.version,
        source: it.source,
    };
    let package = |it: ecr::VulnerablePackage| VulnerablePackage {
        name: it.name,
        version: it.version,
        source_layer_hash: it.source_layer_hash,
        epoch: it.epoch,
        release: it.release,
        arch: it.arch,
        package_manager: it.package_manager,
        file_path: it.file_path,
        fixed_in_version: it.fixed_in_version,
        ..VulnerablePackage::default()
    };
    PackageVulnerabilityDetails {
        vulnerability_id: it.vulnerability_id,
        vulnerable_packages: it
            .vulnerable_packages
            .map(|all| all.into_iter().map(package).collect()),
        source: it.source,
        cvss: it.cvss.map(|all| all.into_iter().map(score).collect()),
        related_vulnerabilities: it.related_vulnerabilities,
        source_url: it.source_url,
        vendor_severity: it.vendor_severity,
        vendor_created_at: it.vendor_created_at,
        vendor_updated_at: it.vendor_updated_at,
        reference_urls: it.reference_urls,
    }
}
