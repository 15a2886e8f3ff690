//! What EventBridge is told of findings, each change once, however many steps that takes.

use std::{
    collections::BTreeSet,
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_ecr::{
    Ecr,
    types::{EnhancedImageScanFinding, UpdateImageStorageClassRequest},
};
use wharf_base::Timestamp;
use wharf_records::Scope;
use wharf_service::{Place, announce::by_revision};
use wharf_store::{Range, Watch};
use wharf_svc_ecr::{ANNOUNCING, Inspector, Registry, UsedImage};
use wharf_testkit::REGION;
use wharf_wire::async_trait;

use crate::{
    scans::{Scanned, bring, debian, known},
    scans_enhanced::{about_lodash, continuous, until},
    support::*,
};

/// Two of its events fit into a step, and one more.
const LONG: usize = 130_000;

/// An Inspector with one filter.
#[derive(Default)]
struct Words {
    filter: Mutex<String>,
    heard: AtomicBool,
    used: Mutex<Vec<UsedImage>>,
}

impl Words {
    /// Whether anybody listens.
    fn new(heard: bool) -> Arc<Self> {
        let words = Self::default();
        words.heard.store(heard, Ordering::SeqCst);
        Arc::new(words)
    }
}

#[async_trait]
impl Inspector for Words {
    async fn is_heard(&self, _: &Place) -> Result<bool, Box<dyn Error + Send + Sync>> {
        Ok(self.heard.load(Ordering::SeqCst))
    }

    async fn suppressing(&self, _: &Place) -> Result<String, Box<dyn Error + Send + Sync>> {
        // Many filters say more than a record holds.
        Ok(self.filter.lock().repeat(100_000))
    }

    async fn told(
        &self,
        _: &Place,
        findings: Vec<EnhancedImageScanFinding>,
        gone: Option<Timestamp>,
    ) -> Result<Vec<Value>, Box<dyn Error + Send + Sync>> {
        let filter = self.filter.lock().clone();
        let word = |it: EnhancedImageScanFinding| {
            let status = match &it.title {
                _ if gone.is_some() => "CLOSED",
                Some(title) if *title == filter => "SUPPRESSED",
                _ => "ACTIVE",
            };
            json!({"status": status, "title": it.title, "description": "x".repeat(LONG)})
        };
        Ok(findings.into_iter().map(word).collect())
    }

    async fn in_use(&self, _: &Place) -> Result<Vec<UsedImage>, Box<dyn Error + Send + Sync>> {
        Ok(self.used.lock().clone())
    }
}

/// The next events about findings, of which there are so many.
async fn told(watch: &mut Watch, count: usize) -> BTreeSet<String> {
    let mut told = Vec::new();
    let heard = async {
        while told.len() < count {
            let batch = watch.next().await.unwrap();
            for changes in by_revision(&batch.events).values() {
                let said = (ANNOUNCING.of)(changes, NOW).into_iter();
                let findings = said.filter(|it| it.detail_type == "Inspector2 Finding");
                let word = |it: &Value| it.as_str().unwrap_or_default().to_owned();
                told.extend(findings.map(|it| {
                    assert_eq!(
                        (it.source, &it.place),
                        ("aws.inspector2", &Place::new(ACCOUNT, REGION))
                    );
                    format!(
                        "{} {}",
                        word(&it.detail["status"]),
                        word(&it.detail["title"])
                    )
                }));
            }
        }
    };
    let heard = tokio::time::timeout(Duration::from_secs(30), heard).await;
    assert!(heard.is_ok(), "only {told:?} of {count}");
    let once: BTreeSet<String> = told.iter().cloned().collect();
    assert_eq!((once.len(), told.len()), (count, count), "{told:?}");
    once
}

fn set<const N: usize>(words: [&str; N]) -> BTreeSet<String> {
    words.map(str::to_owned).into()
}

/// Until some record is there, or none, whose key says so.
async fn until_there(it: &Scanned, part: &str, there: bool) {
    let waited = async {
        loop {
            let all = it.home.world.store.all_keys(Range::prefix("/w1/")).await;
            if all.unwrap().entries.iter().any(|it| it.key.contains(part)) == there {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waited).await;
    assert!(waited.is_ok(), "{part} is not {there}");
}

/// Until what was told of the one image is kept without its events.
async fn until_kept_without_events(it: &Scanned) {
    let waited = async {
        loop {
            let all = it.home.world.store.all(Range::prefix("/w1/")).await;
            let all = all.unwrap().entries;
            let mut told = all.iter().filter(|it| it.key.contains("/findings-told/"));
            if told.any(|it| it.value.len() < LONG) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waited).await;
    assert!(waited.is_ok(), "events stay in the record");
}

#[tokio::test]
async fn findings_are_told_of_when_they_come_are_suppressed_and_go() {
    let it = Scanned::new().await;
    let words = Words::new(true);
    it.home.catalog.informing(words.clone());
    let store = &it.home.world.store;
    let mut watch = store.watch(Scope::service_prefix("ecr"), 1);
    known(it.data.path());
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    let first = [
        "ACTIVE CVE-2024-1 - libssl3",
        "ACTIVE CVE-2024-2 - libssl3",
        "ACTIVE GHSA-1 - lodash",
    ];
    assert_eq!(told(&mut watch, 3).await, set(first));
    until_kept_without_events(&it).await;

    *words.filter.lock() = "GHSA-1 - lodash".to_owned();
    let filter = Scope::new("inspector2", ACCOUNT, REGION).key("filter", "one");
    store.put(&PERMIT, &filter, "{}").await.unwrap();
    let suppressed = set(["SUPPRESSED GHSA-1 - lodash"]);
    assert_eq!(told(&mut watch, 1).await, suppressed);

    bring(it.data.path(), &about_lodash("GHSA-77"));
    let new = set(["ACTIVE CVE-2024-77 - lodash"]);
    assert_eq!(told(&mut watch, 1).await, new);

    words.filter.lock().clear();
    store.delete(&PERMIT, &filter).await.unwrap();
    let active = set(["ACTIVE GHSA-1 - lodash"]);
    assert_eq!(told(&mut watch, 1).await, active);

    it.home.delete("app", vec![by_tag("v1")]).await;
    let gone = [
        "CLOSED CVE-2024-1 - libssl3",
        "CLOSED CVE-2024-2 - libssl3",
        "CLOSED CVE-2024-77 - lodash",
        "CLOSED GHSA-1 - lodash",
    ];
    assert_eq!(told(&mut watch, 4).await, set(gone));
    until_there(&it, "/findings-told/", false).await;
    until_there(&it, ".told", false).await;
}

#[tokio::test]
async fn where_nobody_listens_nothing_is_told_until_somebody_does() {
    let it = Scanned::new().await;
    let words = Words::new(false);
    it.home.catalog.informing(words.clone());
    let mut watch = it.home.world.store.watch(Scope::service_prefix("ecr"), 1);
    known(it.data.path());
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    until_there(&it, "/findings-told/", true).await;
    words.heard.store(true, Ordering::SeqCst);
    bring(it.data.path(), &about_lodash("GHSA-77"));
    // Of what was found before nothing was told.
    let new = set(["ACTIVE CVE-2024-77 - lodash"]);
    assert_eq!(told(&mut watch, 1).await, new);
}

#[tokio::test]
async fn findings_of_an_archived_image_are_closed_until_it_is_back() {
    let it = Scanned::new().await;
    it.home.catalog.informing(Words::new(true));
    let mut watch = it.home.world.store.watch(Scope::service_prefix("ecr"), 1);
    known(it.data.path());
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    let found = ["CVE-2024-1", "CVE-2024-2", "GHSA-1"];
    let titles = [
        "CVE-2024-1 - libssl3",
        "CVE-2024-2 - libssl3",
        "GHSA-1 - lodash",
    ];
    let all = |word: &str| -> BTreeSet<String> {
        titles
            .iter()
            .map(|title| format!("{word} {title}"))
            .collect()
    };
    assert_eq!(told(&mut watch, 3).await, all("ACTIVE"));

    let move_to = |class: &str| {
        let input = UpdateImageStorageClassRequest {
            repository_name: text("app"),
            image_id: Some(by_tag("v1")),
            target_storage_class: text(class),
            ..Default::default()
        };
        let (ecr, call) = (it.home.ecr.clone(), it.home.call());
        async move { ecr.update_image_storage_class(&call, input).await.unwrap() }
    };
    move_to("ARCHIVE").await;
    until(&it, "v1", "IMAGE_ARCHIVED", &[]).await;
    assert_eq!(told(&mut watch, 3).await, all("CLOSED"));
    let registry = Registry::new(ACCOUNT, REGION);
    let (covered, _) = it
        .home
        .catalog
        .inspected(&registry, None, 10)
        .await
        .unwrap();
    assert_eq!(covered[0].status, "IMAGE_ARCHIVED");

    move_to("STANDARD").await;
    it.home.catalog.activate_images(&PERMIT, NOW).await.unwrap();
    until(&it, "v1", "ACTIVE", &found).await;
    assert_eq!(told(&mut watch, 3).await, all("ACTIVE"));

    // Of one that an earlier version put there its scan does not say so.
    move_to("ARCHIVE").await;
    assert_eq!(told(&mut watch, 3).await, all("CLOSED"));
    let store = &it.home.world.store;
    let scans = store.all(Range::prefix("/w1/")).await.unwrap().entries;
    let scan = scans.iter().find(|it| it.key.contains("/scan/")).unwrap();
    let mut record: Value = serde_json::from_slice(&scan.value).unwrap();
    let said = record["body"].as_object_mut().unwrap().remove("archived");
    assert_eq!(said, Some(json!(true)));
    let record = record.to_string().into_bytes();
    store.put(&PERMIT, &scan.key, record).await.unwrap();
    move_to("STANDARD").await;
    it.home.catalog.activate_images(&PERMIT, NOW).await.unwrap();
    assert_eq!(told(&mut watch, 3).await, all("ACTIVE"));
}

#[tokio::test]
async fn findings_that_move_under_a_key_are_not_told_of_again() {
    let it = Scanned::new().await;
    it.home.catalog.informing(Words::new(true));
    let mut watch = it.home.world.store.watch(Scope::service_prefix("ecr"), 1);
    known(it.data.path());
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    assert_eq!(told(&mut watch, 3).await.len(), 3);
    let key = it.home.key().await;
    let registry = Registry::new(ACCOUNT, REGION);
    for key in [Some(&*key), None] {
        let call = it.home.call();
        let set = it.home.catalog.set_scan_key(&call, &registry, key).await;
        set.unwrap();
        // What was told of follows the scan, and then nothing is under a key of before.
        let waited = async {
            loop {
                let all = it.home.world.store.all(Range::prefix("/w1/")).await;
                let all = all.unwrap().entries;
                let under = |kind: &str| {
                    let mut of = all.iter().filter(|it| it.key.contains(kind));
                    of.any(|it| String::from_utf8_lossy(&it.value).contains("\"under\":\""))
                };
                let keys = all
                    .iter()
                    .filter(|it| it.key.contains("/scan-key/"))
                    .count();
                let now = (under("/scan/"), under("/findings-told/"), keys);
                if now == (key.is_some(), key.is_some(), usize::from(key.is_some())) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(Duration::from_secs(30), waited).await;
        assert!(waited.is_ok(), "{key:?}");
    }
    bring(it.data.path(), &about_lodash("GHSA-77"));
    let new = set(["ACTIVE CVE-2024-77 - lodash"]);
    assert_eq!(told(&mut watch, 1).await, new);
}

#[tokio::test]
async fn findings_tell_how_their_image_is_in_use() {
    let it = Scanned::new().await;
    let words = Words::new(false);
    it.home.catalog.informing(words.clone());
    known(it.data.path());
    continuous(&it).await;
    let digest = it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "ACTIVE", &["CVE-2024-1", "CVE-2024-2", "GHSA-1"]).await;
    let shown = async || {
        let shown = it.findings("v1", Some(1), None).await.unwrap();
        let findings = shown.image_scan_findings.unwrap().enhanced_findings;
        let resource = findings.unwrap().remove(0).resources.unwrap().remove(0);
        let image = resource.details.unwrap().aws_ecr_container_image.unwrap();
        (image.in_use_count, image.last_in_use_at)
    };
    assert_eq!(shown().await, (Some(0), None));
    *words.used.lock() = vec![UsedImage {
        repository: "app".to_owned(),
        digest: digest.to_string(),
        count: 2,
        last: NOW,
    }];
    assert_eq!(shown().await, (Some(2), Some(NOW)));
    // Where images are compared for as long as they are in use, that is written down before any expires.
    let (catalog, registry) = (&it.home.catalog, Registry::new(ACCOUNT, REGION));
    catalog
        .set_rescan(&PERMIT, &registry, Some(30), Some(30), Some(true), NOW)
        .await
        .unwrap();
    let waited = async {
        loop {
            let (images, _) = catalog.inspected(&registry, None, 10).await.unwrap();
            if images[0].image.last_in_use.is_some() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waited).await;
    assert!(waited.is_ok(), "its use is not written down");
    words.used.lock().clear();
    assert_eq!(shown().await, (Some(0), Some(NOW)));
}
