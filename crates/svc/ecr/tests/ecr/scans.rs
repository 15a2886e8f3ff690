//! Scans of images: begun by a caller or a push, carried out, found again after a start.

use std::{path::Path, time::Duration};

use serde_json::{Value, json};
use tokio_util::sync::{CancellationToken, DropGuard};
use wharf_api_ecr::{Ecr, types::*};
use wharf_blobs::Digest;
use wharf_svc_ecr::Config;

use crate::support::*;

pub(crate) const CONFIG: &str = "application/vnd.oci.image.config.v1+json";

/// What is known: two things about openssl of Debian 12, one about lodash.
pub(crate) fn known(dir: &Path) {
    let published = json!({"openssl": {
        "CVE-2024-1": {"description": "bad", "releases": {"bookworm": {"status": "resolved", "fixed_version": "3.0.2-1", "urgency": "high"}}},
        "CVE-2024-2": {"releases": {"bookworm": {"status": "open", "urgency": "unimportant"}}},
        "CVE-2024-3": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "3.0.0-1", "urgency": "high"}}}}});
    bring(dir, &published);
    bring(
        dir,
        &json!({"id": "GHSA-1", "affected": [{"package": {"ecosystem": "npm", "name": "lodash"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}]}]}),
    );
}

pub(crate) fn bring(dir: &Path, published: &Value) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), published.to_string()).unwrap();
    wharf_scandb::update(dir, file.path(), NOW.0).unwrap();
}

pub(crate) fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        builder
            .append_data(&mut header, path, content.as_bytes())
            .unwrap();
    }
    builder.into_inner().unwrap()
}

pub(crate) fn debian() -> Vec<u8> {
    tar(&[
        ("etc/os-release", "ID=debian\nVERSION_ID=\"12\"\n"),
        (
            "var/lib/dpkg/status",
            "Package: libssl3\nStatus: install ok installed\nSource: openssl\nVersion: 3.0.1-1\n",
        ),
        (
            "app/node_modules/lodash/package.json",
            r#"{"name": "lodash", "version": "4.0.0"}"#,
        ),
    ])
}

pub(crate) struct Scanned {
    pub home: Home,
    pub data: tempfile::TempDir,
    stop: CancellationToken,
    _guard: DropGuard,
}

impl Scanned {
    pub async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(set: impl FnOnce(&mut Config)) -> Self {
        let it = Self::idle(set).await;
        it.carry_out();
        it
    }

    pub fn carry_out(&self) {
        let (catalog, stopped) = (self.home.catalog.clone(), self.stop.clone());
        tokio::spawn(async move { catalog.scan(stopped).await });
    }

    /// One where nobody carries scans out yet.
    pub async fn waiting() -> Self {
        Self::idle(|_| {}).await
    }

    async fn idle(set: impl FnOnce(&mut Config)) -> Self {
        let data = tempfile::tempdir().unwrap();
        let dir = data.path().to_owned();
        let home = Home::with(NOW, move |config: &mut Config| {
            config.scan_data = Some(dir);
            set(config);
        });
        home.create("app").await.unwrap();
        let stop = CancellationToken::new();
        let _guard = stop.clone().drop_guard();
        Self {
            home,
            data,
            stop,
            _guard,
        }
    }

    pub async fn image(&self, name: &str, tag: &str, layers: &[Vec<u8>]) -> Digest {
        let manifest = self.manifest(name, layers).await;
        self.home.put(name, Some(tag), &manifest).await.unwrap();
        digest_of(&manifest)
    }

    pub async fn manifest(&self, name: &str, layers: &[Vec<u8>]) -> Value {
        let config = self
            .home
            .layer_once(name, format!("{{\"{}\":1}}", layers.len()).as_bytes())
            .await;
        let mut described = Vec::new();
        for layer in layers {
            let digest = self.home.layer_once(name, layer).await;
            described.push(json!({"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest, "size": layer.len()}));
        }
        json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": {"mediaType": CONFIG, "digest": config, "size": 2}, "layers": described})
    }

    pub async fn start(&self, tag: &str) -> Result<StartImageScanResponse, wharf_wire::Fault> {
        let input = StartImageScanRequest {
            repository_name: text("app"),
            image_id: Some(by_tag(tag)),
            ..Default::default()
        };
        self.home
            .ecr
            .start_image_scan(&self.home.call(), input)
            .await
    }

    pub async fn findings(
        &self,
        tag: &str,
        size: Option<i32>,
        token: Option<String>,
    ) -> Result<DescribeImageScanFindingsResponse, wharf_wire::Fault> {
        let input = DescribeImageScanFindingsRequest {
            repository_name: text("app"),
            image_id: Some(by_tag(tag)),
            max_results: size,
            next_token: token,
            ..Default::default()
        };
        self.home
            .ecr
            .describe_image_scan_findings(&self.home.call(), input)
            .await
    }

    /// Once the scan has ended.
    pub async fn ended(&self, tag: &str) -> DescribeImageScanFindingsResponse {
        let ended = async {
            loop {
                let found = self.findings(tag, None, None).await.unwrap();
                let status = found.image_scan_status.as_ref().unwrap().status.as_deref();
                if status != Some("IN_PROGRESS") {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), ended)
            .await
            .expect("the scan ends")
    }

    pub async fn status(&self, tag: &str) -> (String, String) {
        let status = self.ended(tag).await.image_scan_status.unwrap();
        (
            status.status.unwrap(),
            status.description.unwrap_or_default(),
        )
    }
}

#[tokio::test]
async fn a_scan_finds_what_is_known() {
    let it = Scanned::new().await;
    known(it.data.path());
    let digest = it.image("app", "v1", &[debian()]).await;
    let nothing = said(it.findings("v1", None, None).await.unwrap_err());
    assert_eq!(nothing.0, "ScanNotFoundException");
    assert_eq!(
        nothing.1,
        "Image scan does not exist for the image with '{imageDigest:'null', imageTag:'v1'}' in the repository with name \
         'app' in the registry with id '000000000000'"
    );
    let begun = it.start("v1").await.unwrap();
    assert_eq!(
        begun.image_scan_status.unwrap().status.as_deref(),
        Some("IN_PROGRESS")
    );
    assert_eq!(
        begun.image_id.unwrap().image_digest,
        Some(digest.to_string())
    );
    let again = said(it.start("v1").await.unwrap_err());
    assert_eq!(again.0, "LimitExceededException");
    assert_eq!(
        again.1,
        "The scan quota per image has been exceeded. Wait and try again."
    );

    let ended = it.ended("v1").await;
    let status = ended.image_scan_status.unwrap();
    assert_eq!(status.status.as_deref(), Some("COMPLETE"));
    assert_eq!(
        status.description.as_deref(),
        Some("The scan was completed successfully.")
    );
    let found = ended.image_scan_findings.unwrap();
    let counts = found.finding_severity_counts.unwrap();
    assert_eq!(
        counts,
        [("HIGH".to_owned(), 1), ("INFORMATIONAL".to_owned(), 1)].into()
    );
    assert_eq!(found.vulnerability_source_updated_at, Some(NOW));
    let names: Vec<_> = found
        .findings
        .iter()
        .flatten()
        .map(|it| it.name.as_deref().unwrap())
        .collect();
    // What is not of the operating system is not for basic scanning.
    assert_eq!(names, ["CVE-2024-1", "CVE-2024-2"]);
    let first = &found.findings.as_ref().unwrap()[0];
    assert_eq!(first.description.as_deref(), Some("bad"));
    let attributes: Vec<_> = first
        .attributes
        .iter()
        .flatten()
        .map(|it| (it.key.as_deref().unwrap(), it.value.as_deref().unwrap()))
        .collect();
    assert_eq!(
        attributes,
        [
            ("package_version", "3.0.1-1"),
            ("package_name", "libssl3"),
            ("patched_version", "3.0.2-1")
        ]
    );

    let page = it.findings("v1", Some(1), None).await.unwrap();
    let token = page.next_token.expect("there is more");
    let rest = it
        .findings("v1", Some(1), Some(token.clone()))
        .await
        .unwrap();
    assert_eq!(rest.next_token, None);
    let rest = rest.image_scan_findings.unwrap().findings.unwrap();
    assert_eq!(rest[0].name.as_deref(), Some("CVE-2024-2"));
    let spoilt = said(
        it.findings("v1", None, Some(token + "x"))
            .await
            .unwrap_err(),
    );
    assert_eq!(spoilt.0, "InvalidParameterException");

    let input = DescribeImagesRequest {
        repository_name: text("app"),
        image_ids: Some(vec![by_tag("v1")]),
        ..Default::default()
    };
    let shown = it
        .home
        .ecr
        .describe_images(&it.home.call(), input)
        .await
        .unwrap();
    let shown = &shown.image_details.unwrap()[0];
    assert_eq!(
        shown.image_scan_status.as_ref().unwrap().status.as_deref(),
        Some("COMPLETE")
    );
    let summary = shown.image_scan_findings_summary.as_ref().unwrap();
    assert_eq!(summary.finding_severity_counts.as_ref().unwrap()["HIGH"], 1);
}

#[tokio::test]
async fn images_are_scanned_when_they_are_pushed() {
    let it = Scanned::new().await;
    known(it.data.path());
    let ecr = &it.home.ecr;
    let on = |on| PutImageScanningConfigurationRequest {
        repository_name: text("app"),
        image_scanning_configuration: Some(ImageScanningConfiguration {
            scan_on_push: Some(on),
        }),
        ..Default::default()
    };
    ecr.put_image_scanning_configuration(&it.home.call(), on(true))
        .await
        .unwrap();
    it.image("app", "v1", &[debian()]).await;
    assert_eq!(it.status("v1").await.0, "COMPLETE");
    ecr.put_image_scanning_configuration(&it.home.call(), on(false))
        .await
        .unwrap();
    it.image("app", "v2", &[debian(), tar(&[("x", "y")])]).await;
    assert_eq!(
        it.findings("v2", None, None).await.unwrap_err().code,
        "ScanNotFoundException"
    );

    let rule = |filter: &str, frequency: &str| RegistryScanningRule {
        scan_frequency: text(frequency),
        repository_filters: Some(vec![ScanningRepositoryFilter {
            filter: text(filter),
            filter_type: text("WILDCARD"),
        }]),
    };
    let put = |rules| PutRegistryScanningConfigurationRequest {
        scan_type: text("BASIC"),
        rules: Some(rules),
    };
    let on_push = rule("a*", "SCAN_ON_PUSH");
    for bad in [
        vec![on_push.clone(), on_push.clone()],
        vec![rule("*", "CONTINUOUS_SCAN")],
    ] {
        let refused = ecr
            .put_registry_scanning_configuration(&it.home.call(), put(bad))
            .await;
        assert_eq!(refused.unwrap_err().code, "InvalidParameterException");
    }
    ecr.put_registry_scanning_configuration(&it.home.call(), put(vec![on_push.clone()]))
        .await
        .unwrap();
    let kept = ecr
        .get_registry_scanning_configuration(&it.home.call(), Default::default())
        .await
        .unwrap();
    let kept = kept.scanning_configuration.unwrap();
    assert_eq!(
        (kept.scan_type.as_deref(), kept.rules),
        (Some("BASIC"), Some(vec![on_push]))
    );
    it.home.create("other").await.unwrap();
    let input = BatchGetRepositoryScanningConfigurationRequest {
        repository_names: Some(["app", "other", "none"].map(str::to_owned).to_vec()),
    };
    let answer = ecr
        .batch_get_repository_scanning_configuration(&it.home.call(), input)
        .await
        .unwrap();
    let shown: Vec<_> = answer
        .scanning_configurations
        .iter()
        .flatten()
        .map(|it| {
            (
                it.repository_name.as_deref().unwrap(),
                it.scan_frequency.as_deref().unwrap(),
                it.scan_on_push.unwrap(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [("app", "SCAN_ON_PUSH", true), ("other", "MANUAL", false)]
    );
    assert_eq!(
        answer.failures.unwrap()[0].failure_code.as_deref(),
        Some("REPOSITORY_NOT_FOUND")
    );
    it.image(
        "app",
        "v3",
        &[debian(), tar(&[("x", "z")]), tar(&[("z", "z")])],
    )
    .await;
    assert_eq!(it.status("v3").await.0, "COMPLETE");
}

#[tokio::test]
async fn images_that_cannot_be_scanned() {
    let it = Scanned::new().await;
    it.image("app", "early", &[debian()]).await;
    it.start("early").await.unwrap();
    let (status, why) = it.status("early").await;
    assert_eq!(status, "FAILED");
    assert!(why.contains("scan-db update"), "{why}");
    known(it.data.path());
    // One that failed may be tried again.
    it.start("early").await.unwrap();
    assert_eq!(it.status("early").await.0, "COMPLETE");

    it.image(
        "app",
        "scratch",
        &[tar(&[("hello", "x")]), tar(&[]), tar(&[])],
    )
    .await;
    it.start("scratch").await.unwrap();
    let (status, why) = it.status("scratch").await;
    assert_eq!(status, "UNSUPPORTED_IMAGE");
    assert!(why.starts_with("UnsupportedImageError"), "{why}");

    it.image("app", "broken", &[b"no archive".repeat(100), tar(&[])])
        .await;
    it.start("broken").await.unwrap();
    let (status, why) = it.status("broken").await;
    assert_eq!(status, "FAILED");
    assert!(why.contains("cannot be read"), "{why}");

    let missing = said(it.start("none").await.unwrap_err());
    assert_eq!(missing.0, "ImageNotFoundException");
    let config = it.home.layer("app", b"{\"chart\":1}").await;
    let chart = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": {"mediaType": "application/vnd.cncf.helm.config.v1+json",
        "digest": config, "size": 2}, "layers": []});
    it.home.put("app", Some("chart"), &chart).await.unwrap();
    assert_eq!(
        it.start("chart").await.unwrap_err().code,
        "UnsupportedImageTypeException"
    );
}

#[tokio::test]
async fn a_scan_that_was_cut_short_is_carried_out_after_a_start() {
    let (it, stop) = (Scanned::waiting().await, CancellationToken::new());
    let _stop = stop.clone().drop_guard();
    known(it.data.path());
    it.image("app", "v1", &[debian()]).await;
    // Nobody carries it out yet.
    it.start("v1").await.unwrap();
    let begun = it.findings("v1", None, None).await.unwrap();
    assert_eq!(
        begun.image_scan_status.unwrap().status.as_deref(),
        Some("IN_PROGRESS")
    );
    let catalog = it.home.catalog.clone();
    tokio::spawn(async move { catalog.scan(stop).await });
    assert_eq!(it.status("v1").await.0, "COMPLETE");
}

#[tokio::test]
async fn what_was_found_goes_with_the_image() {
    let it = Scanned::new().await;
    known(it.data.path());
    it.image("app", "v1", &[debian()]).await;
    it.start("v1").await.unwrap();
    assert_eq!(it.status("v1").await.0, "COMPLETE");
    // What was found stays as long as the image does.
    it.home.catalog.collect_garbage(&PERMIT).await.unwrap();
    assert!(
        it.findings("v1", None, None)
            .await
            .unwrap()
            .image_scan_findings
            .is_some()
    );
    it.home.delete("app", vec![by_tag("v1")]).await;
    it.home.catalog.collect_garbage(&PERMIT).await.unwrap();
    let left = it.home.catalog.blobs().list(None, 100).await.unwrap();
    assert_eq!(left, []);

    it.image("app", "v2", &[debian(), tar(&[])]).await;
    it.start("v2").await.unwrap();
    assert_eq!(it.status("v2").await.0, "COMPLETE");
    let input = DeleteRepositoryRequest {
        repository_name: text("app"),
        force: Some(true),
        ..Default::default()
    };
    it.home
        .ecr
        .delete_repository(&it.home.call(), input)
        .await
        .unwrap();
    it.home.catalog.collect_garbage(&PERMIT).await.unwrap();
    let left = it.home.catalog.blobs().list(None, 100).await.unwrap();
    assert_eq!(left, []);
}
