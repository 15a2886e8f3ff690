//! Scans that end because a key of KMS is disabled are made again once it is enabled.

use std::time::Duration;

use wharf_api_ecr::{Ecr, types::*};

use crate::{
    scans::{Scanned, debian, known, tar},
    scans_enhanced::{continuous, continuously, until},
    sealed::registry,
    support::*,
};

/// Has `app` be under a key.
async fn under(it: &Scanned, key: &str) {
    let input = DeleteRepositoryRequest {
        repository_name: text("app"),
        ..Default::default()
    };
    let (ecr, call) = (&it.home.ecr, it.home.call());
    ecr.delete_repository(&call, input).await.unwrap();
    let made = it.home.create_under("app", "KMS", Some(key)).await;
    made.unwrap();
}

/// Until the image has this status, with nobody asking for a scan.
async fn becomes(it: &Scanned, tag: &str, status: &str) {
    let waited = async {
        while it.status(tag).await.0 != status {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waited).await;
    assert!(waited.is_ok(), "{:?}", it.status(tag).await);
}

/// Records that say that scans wait for a key.
async fn waiting(it: &Scanned) -> usize {
    let all = wharf_store::Range::prefix("/w1/");
    let all = it.home.world.store.all_keys(all).await.unwrap().entries;
    let shut = all.iter().filter(|it| it.key.contains("/shut-scans/"));
    shut.count()
}

async fn nothing_waits(it: &Scanned) {
    let gone = async {
        while waiting(it).await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let gone = tokio::time::timeout(Duration::from_secs(30), gone).await;
    gone.expect("nothing waits any more");
}

/// A scan of `v1` that ended because of the key of its repository, and the key.
async fn shut_by_its_repository() -> (Scanned, String) {
    let it = Scanned::new().await;
    known(it.data.path());
    let key = it.home.key().await;
    under(&it, &key).await;
    it.image("app", "v1", &[debian()]).await;
    it.home.disable(&key).await;
    it.start("v1").await.unwrap();
    let (status, why) = it.status("v1").await;
    assert_eq!(status, "FAILED");
    assert!(why.contains("DisabledException"), "{why}");
    (it, key)
}

#[tokio::test]
async fn a_scan_that_the_key_of_its_repository_shut_is_made_again() {
    let (it, key) = shut_by_its_repository().await;
    assert_eq!(waiting(&it).await, 1);
    it.home.enable(&key).await;
    becomes(&it, "v1", "COMPLETE").await;
    let findings = it.findings("v1", None, None).await.unwrap();
    let findings = findings.image_scan_findings.unwrap().findings.unwrap();
    assert_eq!(findings.len(), 2);
    nothing_waits(&it).await;
}

#[tokio::test]
async fn scans_that_inspectors_key_shut_are_made_again() {
    let it = Scanned::new().await;
    known(it.data.path());
    let (key, call) = (it.home.key().await, it.home.call());
    let catalog = &it.home.catalog;
    let set = catalog.set_scan_key(&call, &registry(), Some(&key)).await;
    set.unwrap();
    continuous(&it).await;
    it.home.disable(&key).await;
    for tag in ["v1", "v2"] {
        let layer = tar(&[("tag", tag)]);
        it.image("app", tag, &[debian(), layer]).await;
        until(&it, tag, "FAILED", &[]).await;
    }
    assert_eq!(waiting(&it).await, 1);
    it.home.enable(&key).await;
    for tag in ["v1", "v2"] {
        becomes(&it, tag, "ACTIVE").await;
    }
}

/// Another key that can be used is as good.
#[tokio::test]
async fn another_key_has_scans_made_again_at_once() {
    let it = Scanned::new().await;
    known(it.data.path());
    let (key, call) = (it.home.key().await, it.home.call());
    let catalog = &it.home.catalog;
    let set = async |key: Option<&str>| {
        let set = catalog.set_scan_key(&call, &registry(), key).await;
        set.unwrap();
    };
    set(Some(&key)).await;
    continuous(&it).await;
    it.home.disable(&key).await;
    it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "FAILED", &[]).await;
    set(None).await;
    becomes(&it, "v1", "ACTIVE").await;
}

/// A repository that is gone has nothing to wait for.
#[tokio::test]
async fn a_repository_that_is_gone_is_not_waited_for() {
    let (it, _) = shut_by_its_repository().await;
    let input = DeleteRepositoryRequest {
        repository_name: text("app"),
        force: Some(true),
        ..Default::default()
    };
    let deleted = it.home.ecr.delete_repository(&it.home.call(), input).await;
    deleted.unwrap();
    nothing_waits(&it).await;
}

async fn on_push(it: &Scanned, on: bool) {
    let input = PutImageScanningConfigurationRequest {
        repository_name: text("app"),
        image_scanning_configuration: Some(ImageScanningConfiguration {
            scan_on_push: Some(on),
        }),
        ..Default::default()
    };
    let (ecr, call) = (&it.home.ecr, it.home.call());
    let put = ecr.put_image_scanning_configuration(&call, input);
    put.await.unwrap();
}

/// Neither the repository's own rule asks for it any more, nor did anybody else.
#[tokio::test]
async fn a_scan_on_push_whose_rule_was_left_is_not_made_again() {
    for left in [true, false] {
        let it = Scanned::waiting().await;
        known(it.data.path());
        let key = it.home.key().await;
        under(&it, &key).await;
        on_push(&it, true).await;
        it.image("app", "v1", &[debian()]).await;
        it.home.disable(&key).await;
        it.carry_out();
        assert_eq!(it.status("v1").await.0, "FAILED");
        on_push(&it, !left).await;
        it.home.enable(&key).await;
        match left {
            true => {
                nothing_waits(&it).await;
                assert_eq!(it.status("v1").await.0, "FAILED");
            }
            false => becomes(&it, "v1", "COMPLETE").await,
        }
    }
}

#[tokio::test]
async fn an_enhanced_scan_whose_rule_was_left_is_not_made_again() {
    let it = Scanned::new().await;
    known(it.data.path());
    let (key, call) = (it.home.key().await, it.home.call());
    it.home
        .catalog
        .set_scan_key(&call, &registry(), Some(&key))
        .await
        .unwrap();
    continuous(&it).await;
    it.home.disable(&key).await;
    it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "FAILED", &[]).await;
    continuously(&it, "other").await;
    it.home.enable(&key).await;
    nothing_waits(&it).await;
    assert_eq!(it.status("v1").await.0, "FAILED");
    // Once one asks for it again, it is made.
    continuous(&it).await;
    becomes(&it, "v1", "ACTIVE").await;
}
