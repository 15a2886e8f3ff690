//! Findings of enhanced scanning, in Inspector's form. Pure.

use wharf_api_ecr::types::*;
use wharf_base::{Arn, Timestamp};
use wharf_scan::Finding;

use crate::{
    catalog::Registry,
    records::{Image, Scan},
};

/// What the findings are about.
pub(crate) struct Subject<'a> {
    pub registry: &'a Registry,
    pub name: &'a str,
    pub image: &'a Image,
    pub scan: &'a Scan,
}

pub(crate) fn show(subject: &Subject<'_>, finding: Finding) -> EnhancedImageScanFinding {
    let (registry, scan) = (subject.registry, subject.scan);
    let first = finding.first_seen.map(Timestamp::from_millis);
    let first = first.or(scan.first_found_at);
    let highest = finding
        .advisory
        .vectors
        .iter()
        .max_by(|one, other| one.score.total_cmp(&other.score));
    let score = highest.map(|it| CvssScoreDetails {
        adjustments: None,
        score: Some(it.score),
        score_source: Some(source(&finding).to_owned()),
        scoring_vector: Some(it.vector.clone()),
        version: Some(it.version.clone()),
    });
    let fixed = finding.fixed_in.is_some();
    let recommendation = finding.fixed_in.as_ref().map(|version| Recommendation {
        text: Some(format!("Upgrade {} to {version}", finding.package.name)),
        url: None,
    });
    EnhancedImageScanFinding {
        aws_account_id: Some(registry.account.clone()),
        description: Some(finding.advisory.summary.clone()).filter(|it| !it.is_empty()),
        finding_arn: Some(arn(subject, &finding)),
        first_observed_at: first.or(scan.completed_at),
        last_observed_at: scan.completed_at,
        remediation: Some(Remediation { recommendation }),
        resources: Some(vec![resource(subject)]),
        score: score.as_ref().and_then(|it| it.score),
        score_details: score.map(|cvss| ScoreDetails { cvss: Some(cvss) }),
        severity: Some(severity(&finding).to_owned()),
        status: Some("ACTIVE".to_owned()),
        title: Some(format!("{} - {}", finding.name, finding.package.name)),
        type_: Some("PACKAGE_VULNERABILITY".to_owned()),
        updated_at: scan.completed_at,
        fix_available: Some(if fixed { "YES" } else { "NO" }.to_owned()),
        exploit_available: Some("NO".to_owned()),
        package_vulnerability_details: Some(details(finding)),
    }
}

/// The finding with how its image is in use.
pub(crate) fn in_use(
    mut finding: EnhancedImageScanFinding,
    (count, last): (i64, Option<Timestamp>),
) -> EnhancedImageScanFinding {
    for resource in finding.resources.iter_mut().flatten() {
        let details = resource.details.as_mut();
        if let Some(image) = details.and_then(|it| it.aws_ecr_container_image.as_mut()) {
            (image.in_use_count, image.last_in_use_at) = (Some(count), last);
        }
    }
    finding
}

/// Inspector's words are ECR's but for one.
fn severity(finding: &Finding) -> &'static str {
    match finding.severity.name() {
        "UNDEFINED" => "UNTRIAGED",
        other => other,
    }
}

fn source(finding: &Finding) -> &str {
    match finding.advisory.origin.as_str() {
        "debian" => "DEBIAN_CVE",
        _ => "OSV",
    }
}

/// The same for as long as the image has the finding.
pub(crate) fn arn(subject: &Subject<'_>, finding: &Finding) -> String {
    let package = &finding.package;
    let what = format!(
        "{} {} {} {} {}",
        subject.registry.repository_arn(subject.name),
        subject.image.digest,
        finding.name,
        package.name,
        package.path
    );
    let id = wharf_blobs::Digest::of(what.as_bytes()).hex();
    let Registry {
        account, region, ..
    } = subject.registry;
    Arn::new(
        "inspector2",
        region,
        account,
        format!("finding/{}", &id[..32]),
    )
    .to_string()
}

fn resource(subject: &Subject<'_>) -> Resource {
    let (registry, image) = (subject.registry, subject.image);
    let details = AwsEcrContainerImageDetails {
        image_hash: Some(image.digest.to_string()),
        image_tags: Some(image.tags.clone()).filter(|it| !it.is_empty()),
        pushed_at: Some(image.pushed_at),
        registry: Some(registry.account.clone()),
        repository_name: Some(subject.name.to_owned()),
        last_in_use_at: image.last_in_use,
        ..AwsEcrContainerImageDetails::default()
    };
    Resource {
        details: Some(ResourceDetails {
            aws_ecr_container_image: Some(details),
        }),
        id: Some(format!(
            "{}/{}",
            registry.repository_arn(subject.name),
            image.digest
        )),
        tags: None,
        type_: Some("AWS_ECR_CONTAINER_IMAGE".to_owned()),
    }
}

fn details(finding: Finding) -> PackageVulnerabilityDetails {
    let source = source(&finding).to_owned();
    let (advisory, package) = (finding.advisory, finding.package);
    let score = |it: &wharf_scan::severity::Vector| CvssScore {
        base_score: Some(it.score),
        scoring_vector: Some(it.vector.clone()),
        source: Some(source.clone()),
        version: Some(it.version.clone()),
    };
    let (epoch, version, release) = parts(&package.version, package.manager.is_system());
    let time = |text: &str| Timestamp::parse_iso8601(text);
    let manager = package.manager.name();
    PackageVulnerabilityDetails {
        cvss: Some(advisory.vectors.iter().map(score).collect()),
        related_vulnerabilities: Some(advisory.aliases).filter(|it| !it.is_empty()),
        source_url: advisory.references.first().cloned(),
        reference_urls: Some(advisory.references),
        source: Some(source.clone()),
        vendor_created_at: time(&advisory.published),
        vendor_updated_at: time(&advisory.modified),
        vendor_severity: advisory.severity.map(|it| it.name().to_owned()),
        vulnerability_id: Some(finding.name),
        vulnerable_packages: Some(vec![VulnerablePackage {
            arch: Some(package.arch).filter(|it| !it.is_empty()),
            epoch,
            file_path: Some(package.path),
            name: Some(package.name),
            package_manager: Some(manager.to_owned()),
            release,
            source_layer_hash: Some(package.layer).filter(|it| !it.is_empty()),
            version: Some(version),
            fixed_in_version: finding.fixed_in,
        }]),
    }
}

/// Epoch, version and release of a package of a system.
fn parts(version: &str, of_system: bool) -> (Option<i32>, String, Option<String>) {
    if !of_system {
        return (None, version.to_owned(), None);
    }
    let (epoch, rest) = match version.split_once(':') {
        Some((epoch, rest)) => (epoch.parse().ok(), rest),
        None => (None, version),
    };
    match rest.rsplit_once('-') {
        Some((version, release)) => (epoch, version.to_owned(), Some(release.to_owned())),
        None => (epoch, rest.to_owned(), None),
    }
}
