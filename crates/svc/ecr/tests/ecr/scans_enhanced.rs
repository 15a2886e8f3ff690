//! Enhanced scanning: packages of languages too, images compared again when the data changes, and only
//! those that hold what changed.

use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;
use wharf_api_ecr::{Ecr, types::*};
use wharf_blobs::Digest;

use crate::{
    scans::{Scanned, bring, debian, known, tar},
    support::*,
};

fn rule(frequency: &str, filter: &str) -> RegistryScanningRule {
    RegistryScanningRule {
        scan_frequency: text(frequency),
        repository_filters: Some(vec![ScanningRepositoryFilter {
            filter: text(filter),
            filter_type: text("WILDCARD"),
        }]),
    }
}

async fn configure(
    it: &Scanned,
    kind: &str,
    rules: Vec<RegistryScanningRule>,
) -> Result<(), wharf_wire::Fault> {
    let input = PutRegistryScanningConfigurationRequest {
        scan_type: text(kind),
        rules: Some(rules),
    };
    let ecr = &it.home.ecr;
    ecr.put_registry_scanning_configuration(&it.home.call(), input)
        .await?;
    Ok(())
}

pub(crate) async fn continuous(it: &Scanned) {
    continuously(it, "app").await;
}

/// Repositories of these names are scanned continuously.
pub(crate) async fn continuously(it: &Scanned, names: &str) {
    let rules = vec![rule("CONTINUOUS_SCAN", names)];
    configure(it, "ENHANCED", rules).await.unwrap();
}

/// Names of the enhanced findings of an image, and its status; nothing before there is a scan.
pub(crate) async fn found(it: &Scanned, tag: &str) -> Option<(String, Vec<String>)> {
    let shown = it.findings(tag, None, None).await.ok()?;
    let findings = shown.image_scan_findings.unwrap_or_default();
    assert_eq!(findings.findings, None);
    let id = |it: EnhancedImageScanFinding| it.package_vulnerability_details?.vulnerability_id;
    let names = findings
        .enhanced_findings
        .unwrap_or_default()
        .into_iter()
        .filter_map(id);
    Some((shown.image_scan_status?.status?, names.collect()))
}

pub(crate) async fn until(it: &Scanned, tag: &str, status: &str, names: &[&str]) {
    let waited = async {
        while found(it, tag)
            .await
            .is_none_or(|(is, found)| is != status || found != names)
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waited).await;
    assert!(
        waited.is_ok(),
        "{tag} is {:?}, not {status} {names:?}",
        found(it, tag).await
    );
}

pub(crate) fn about_lodash(id: &str) -> serde_json::Value {
    json!({"id": id, "aliases": ["CVE-2024-77"], "summary": "new", "modified": "2024-02-01T00:00:00Z",
        "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "references": [{"type": "WEB", "url": "https://example.org/77"}],
        "affected": [{"package": {"ecosystem": "npm", "name": "lodash"},
            "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "4.0.1"}]}]}]})
}

#[tokio::test]
async fn an_enhanced_scan_finds_packages_of_languages() {
    let it = Scanned::new().await;
    known(it.data.path());
    bring(it.data.path(), &about_lodash("GHSA-77"));
    continuous(&it).await;
    let digest = it.image("app", "v1", &[debian()]).await;
    let names = ["CVE-2024-77", "CVE-2024-1", "CVE-2024-2", "GHSA-1"];
    until(&it, "v1", "ACTIVE", &names).await;
    let shown = it.findings("v1", Some(1), None).await.unwrap();
    let description = shown.image_scan_status.unwrap().description;
    assert_eq!(
        description.as_deref(),
        Some("Continuous scan is selected for image.")
    );
    assert!(shown.next_token.is_some());
    let findings = shown.image_scan_findings.unwrap();
    let completed = findings.image_scan_completed_at;
    let counts = findings.finding_severity_counts.unwrap();
    assert_eq!((counts["CRITICAL"], counts["HIGH"]), (1, 1));
    let first = &findings.enhanced_findings.unwrap()[0];
    let arn = first.finding_arn.as_deref().unwrap();
    assert!(
        arn.starts_with("arn:aws:inspector2:us-east-1:000000000000:finding/"),
        "{arn}"
    );
    assert_eq!(first.title.as_deref(), Some("CVE-2024-77 - lodash"));
    assert_eq!(first.severity.as_deref(), Some("CRITICAL"));
    assert_eq!(
        (first.score, first.fix_available.as_deref()),
        (Some(9.8), Some("YES"))
    );
    // Seen while the scan was ended, which may take a moment.
    let seen = first.first_observed_at.unwrap();
    let ended = completed.unwrap();
    assert!(seen <= ended && ended.since(seen) < Duration::from_secs(60));
    assert_eq!(first.status.as_deref(), Some("ACTIVE"));
    let details = first.package_vulnerability_details.as_ref().unwrap();
    assert_eq!(
        details.source_url.as_deref(),
        Some("https://example.org/77")
    );
    assert_eq!(
        details.cvss.as_ref().unwrap()[0].version.as_deref(),
        Some("3.1")
    );
    let package = &details.vulnerable_packages.as_ref().unwrap()[0];
    assert_eq!(package.name.as_deref(), Some("lodash"));
    assert_eq!(package.package_manager.as_deref(), Some("NPM"));
    assert_eq!(package.fixed_in_version.as_deref(), Some("4.0.1"));
    assert_eq!(
        package.file_path.as_deref(),
        Some("app/node_modules/lodash/package.json")
    );
    let layer = Digest::of(&debian()).to_string();
    assert_eq!(package.source_layer_hash, Some(layer));
    let resource = &first.resources.as_ref().unwrap()[0];
    assert_eq!(resource.type_.as_deref(), Some("AWS_ECR_CONTAINER_IMAGE"));
    let image = resource
        .details
        .as_ref()
        .unwrap()
        .aws_ecr_container_image
        .as_ref()
        .unwrap();
    assert_eq!(image.image_hash, Some(digest.to_string()));
    assert_eq!(image.image_tags, Some(vec!["v1".to_owned()]));

    // Nobody begins a scan by hand then.
    let refused = said(it.start("v1").await.unwrap_err());
    assert_eq!(
        refused,
        (
            "ValidationException".to_owned(),
            "This feature is disabled".to_owned()
        )
    );
}

#[tokio::test]
async fn only_images_with_what_changed_are_compared_again() {
    let it = Scanned::new().await;
    known(it.data.path());
    continuous(&it).await;
    let (one, other) = (
        debian(),
        tar(&[
            ("etc/os-release", "ID=debian\nVERSION_ID=12\n"),
            (
                "var/lib/dpkg/status",
                "Package: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: 3.0.1-1\n",
            ),
        ]),
    );
    it.image("app", "v1", std::slice::from_ref(&one)).await;
    it.image("app", "v2", &[other.clone(), tar(&[])]).await;
    until(&it, "v1", "ACTIVE", &["CVE-2024-1", "CVE-2024-2", "GHSA-1"]).await;
    until(&it, "v2", "ACTIVE", &["CVE-2024-1", "CVE-2024-2"]).await;
    // No layer is read again.
    for layer in [&one, &other] {
        let blob = it.home.catalog.blobs().try_exclusive(&Digest::of(layer));
        assert!(blob.expect("nobody reads it").remove().await.unwrap());
    }
    let later = |tag| {
        let it = &it;
        async move {
            let shown = it.findings(tag, None, None).await.unwrap();
            shown
                .image_scan_findings
                .unwrap()
                .vulnerability_source_updated_at
                .unwrap()
        }
    };
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), about_lodash("GHSA-77").to_string()).unwrap();
    wharf_scandb::update(it.data.path(), file.path(), NOW.0 + 1000).unwrap();
    until(
        &it,
        "v1",
        "ACTIVE",
        &["CVE-2024-77", "CVE-2024-1", "CVE-2024-2", "GHSA-1"],
    )
    .await;
    assert_eq!(later("v1").await.0, NOW.0 + 1000);
    assert_eq!(later("v2").await, NOW);

    // What was withdrawn goes; what stays was seen first when it was.
    let mut withdrawn = about_lodash("GHSA-77");
    withdrawn["withdrawn"] = json!("2024-03-01T00:00:00Z");
    std::fs::write(file.path(), withdrawn.to_string()).unwrap();
    wharf_scandb::update(it.data.path(), file.path(), NOW.0 + 2000).unwrap();
    until(&it, "v1", "ACTIVE", &["CVE-2024-1", "CVE-2024-2", "GHSA-1"]).await;
    assert_eq!(later("v2").await, NOW);

    // From nothing it is not known what changed: all of them.
    std::fs::write(
        file.path(),
        json!({"id": "D-1", "affected": [{"package": {"ecosystem": "Debian:12", "name": "openssl"},
        "versions": ["3.0.1-1"]}]})
        .to_string(),
    )
    .unwrap();
    wharf_scandb::renew(it.data.path(), file.path(), NOW.0 + 3000).unwrap();
    until(&it, "v1", "ACTIVE", &["D-1"]).await;
    until(&it, "v2", "ACTIVE", &["D-1"]).await;
    assert_eq!(later("v2").await.0, NOW.0 + 3000);
    // Nothing is known of npm any more, and that is said.
    let shown = it.findings("v1", None, None).await.unwrap();
    let description = shown.image_scan_status.unwrap().description.unwrap();
    assert!(
        description.contains("no vulnerability data about npm"),
        "{description}"
    );
}

/// Updates while nobody follows the data, more than one: as after a start, or in place of a server that was killed.
#[tokio::test]
async fn what_changed_while_nobody_looked_is_compared_after_a_start() {
    let (it, stop) = (Scanned::waiting().await, CancellationToken::new());
    let _stop = stop.clone().drop_guard();
    known(it.data.path());
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    let (catalog, first) = (it.home.catalog.clone(), stop.child_token());
    let ends = first.clone();
    let running = tokio::spawn(async move { catalog.scan(ends).await });
    until(&it, "v1", "ACTIVE", &["CVE-2024-1", "CVE-2024-2", "GHSA-1"]).await;
    first.cancel();
    running.await.unwrap();
    bring(it.data.path(), &about_lodash("GHSA-77"));
    bring(
        it.data.path(),
        &json!({"id": "D-1", "affected": [{"package": {"ecosystem": "Debian:12", "name": "curl"},
        "versions": ["1"]}]}),
    );
    let catalog = it.home.catalog.clone();
    tokio::spawn(async move { catalog.scan(stop).await });
    until(
        &it,
        "v1",
        "ACTIVE",
        &["CVE-2024-77", "CVE-2024-1", "CVE-2024-2", "GHSA-1"],
    )
    .await;
}

#[tokio::test]
async fn images_wait_for_data() {
    let it = Scanned::new().await;
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "PENDING", &[]).await;
    let shown = it.findings("v1", None, None).await.unwrap();
    assert_eq!(shown.image_scan_findings, None);
    let description = shown.image_scan_status.unwrap().description.unwrap();
    assert!(
        description.contains("no vulnerability data about Debian:12, npm"),
        "{description}"
    );
    known(it.data.path());
    until(&it, "v1", "ACTIVE", &["CVE-2024-1", "CVE-2024-2", "GHSA-1"]).await;
}

#[tokio::test]
async fn a_configuration_is_about_the_images_that_are_there() {
    let it = Scanned::new().await;
    known(it.data.path());
    it.home.create("other").await.unwrap();
    it.image("app", "v1", &[debian()]).await;
    it.image("other", "v1", &[debian()]).await;
    let rules = vec![rule("CONTINUOUS_SCAN", "ap*"), rule("SCAN_ON_PUSH", "oth")];
    configure(&it, "ENHANCED", rules.clone()).await.unwrap();
    let all = ["CVE-2024-1", "CVE-2024-2", "GHSA-1"];
    until(&it, "v1", "ACTIVE", &all).await;
    let (ecr, call) = (&it.home.ecr, it.home.call());
    let kept = ecr.get_registry_scanning_configuration(&call, Default::default());
    let kept = kept.await.unwrap().scanning_configuration.unwrap();
    assert_eq!(
        (kept.scan_type.as_deref(), kept.rules),
        (Some("ENHANCED"), Some(rules))
    );
    let input = BatchGetRepositoryScanningConfigurationRequest {
        repository_names: Some(["app", "other"].map(str::to_owned).to_vec()),
    };
    let answer = ecr.batch_get_repository_scanning_configuration(&call, input);
    let answer = answer.await.unwrap().scanning_configurations.unwrap();
    let frequencies: Vec<_> = answer
        .iter()
        .map(|it| it.scan_frequency.as_deref().unwrap())
        .collect();
    assert_eq!(frequencies, ["CONTINUOUS_SCAN", "SCAN_ON_PUSH"]);

    // Once on push is not again and again.
    configure(&it, "ENHANCED", vec![rule("SCAN_ON_PUSH", "*")])
        .await
        .unwrap();
    until(&it, "v1", "COMPLETE", &all).await;
    for bad in [
        vec![rule("SCAN_ON_PUSH", "a"), rule("SCAN_ON_PUSH", "b")],
        vec![rule("MANUAL", "a")],
    ] {
        let refused = configure(&it, "ENHANCED", bad).await.unwrap_err();
        assert_eq!(refused.code, "InvalidParameterException");
    }
    // Back to basic scanning: what was found stays, and a scan by hand is one of the system again.
    configure(&it, "BASIC", Vec::new()).await.unwrap();
    it.start("v1").await.unwrap();
    let ended = it.ended("v1").await;
    let names: Vec<_> = (ended
        .image_scan_findings
        .unwrap()
        .findings
        .unwrap()
        .into_iter())
    .filter_map(|it| it.name)
    .collect();
    assert_eq!(names, all[..2]);
}

#[tokio::test]
async fn an_image_of_a_language_alone() {
    let it = Scanned::new().await;
    known(it.data.path());
    continuous(&it).await;
    let lodash = r#"{"name": "lodash", "version": "4.0.0"}"#;
    it.image(
        "app",
        "v1",
        &[tar(&[("node_modules/lodash/package.json", lodash)])],
    )
    .await;
    until(&it, "v1", "ACTIVE", &["GHSA-1"]).await;
    it.image("app", "v2", &[tar(&[("x", "y")])]).await;
    until(&it, "v2", "UNSUPPORTED_IMAGE", &[]).await;
}

/// Documents of what an image is made of are its referrers: those that its repository asks for.
#[tokio::test]
async fn an_image_is_described_where_its_repository_asks_for_it() {
    let it = Scanned::new().await;
    known(it.data.path());
    continuous(&it).await;
    let referrers = |digest: Digest| {
        let it = &it;
        async move {
            let input = ListImageReferrersRequest {
                repository_name: text("app"),
                subject_id: Some(SubjectIdentifier {
                    image_digest: Some(digest.to_string()),
                }),
                ..Default::default()
            };
            let listed = it
                .home
                .ecr
                .list_image_referrers(&it.home.call(), input)
                .await;
            let mut kinds: Vec<String> = (listed.unwrap().referrers.into_iter().flatten())
                .filter_map(|it| it.artifact_type)
                .collect();
            kinds.sort();
            kinds
        }
    };
    let all = ["CVE-2024-1", "CVE-2024-2", "GHSA-1"];
    let digest = it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "ACTIVE", &all).await;
    assert_eq!(referrers(digest).await, [""; 0]);

    let tag = TagResourceRequest {
        resource_arn: text("arn:aws:ecr:us-east-1:000000000000:repository/app"),
        tags: Some(vec![Tag {
            key: text("wharf:sbom"),
            value: text("cyclonedx other"),
        }]),
    };
    it.home
        .ecr
        .tag_resource(&it.home.call(), tag)
        .await
        .unwrap();
    let digest = it.image("app", "v2", &[debian(), tar(&[])]).await;
    until(&it, "v2", "ACTIVE", &all).await;
    assert_eq!(referrers(digest).await, ["application/vnd.cyclonedx+json"]);
}

/// A repository that has no room for a document has its findings.
#[tokio::test]
async fn a_full_repository_is_scanned_none_the_less() {
    let room = debian().len() as u64 + 1200;
    let it = Scanned::with(|config| config.repository_bytes = room).await;
    known(it.data.path());
    continuous(&it).await;
    let tag = TagResourceRequest {
        resource_arn: text("arn:aws:ecr:us-east-1:000000000000:repository/app"),
        tags: Some(vec![Tag {
            key: text("wharf:sbom"),
            value: text("spdx"),
        }]),
    };
    it.home
        .ecr
        .tag_resource(&it.home.call(), tag)
        .await
        .unwrap();
    it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "ACTIVE", &["CVE-2024-1", "CVE-2024-2", "GHSA-1"]).await;
    assert_eq!(it.home.list("app", 10, None).await.len(), 1);
}
