//! Scans that do not end well: they end, and say why.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wharf_api_ecr::{Ecr, types::*};
use wharf_blobs::Digest;
use wharf_store::Range;

use crate::{
    scans::{CONFIG, Scanned, bring, debian, known, tar},
    support::*,
};

async fn remove(it: &Scanned, digest: &Digest) {
    let blob = it.home.catalog.blobs().try_exclusive(digest);
    assert!(blob.expect("nobody reads it").remove().await.unwrap());
}

#[tokio::test]
async fn missing_and_damaged_bytes_fail_a_scan() {
    let it = Scanned::new().await;
    known(it.data.path());
    let (broken, second) = (b"no archive".repeat(100), debian());
    it.image("app", "v1", std::slice::from_ref(&second)).await;
    it.image("app", "v2", &[broken, second.clone()]).await;
    remove(&it, &Digest::of(&second)).await;
    it.start("v1").await.unwrap();
    let (status, why) = it.status("v1").await;
    assert_eq!(status, "FAILED");
    assert!(why.contains("are missing"), "{why}");
    // A layer is opened when it is its turn: this one never is.
    it.start("v2").await.unwrap();
    let (status, why) = it.status("v2").await;
    assert_eq!(status, "FAILED");
    assert!(why.contains("cannot be read"), "{why}");
}

#[tokio::test]
async fn damaged_data_fails_a_scan() {
    let it = Scanned::new().await;
    known(it.data.path());
    for entry in std::fs::read_dir(it.data.path().join("2")).unwrap() {
        std::fs::write(entry.unwrap().path(), [b'x'; 64]).unwrap();
    }
    it.image("app", "v1", &[debian()]).await;
    it.start("v1").await.unwrap();
    let (status, why) = it.status("v1").await;
    assert_eq!(status, "FAILED");
    assert_eq!(why, "the vulnerability data cannot be read");
}

/// What ended the server again and again is not begun once more.
#[tokio::test]
async fn a_scan_is_begun_three_times() {
    for (attempts, expected) in [(2, "COMPLETE"), (3, "FAILED")] {
        let (it, stop) = (Scanned::waiting().await, CancellationToken::new());
        let _stop = stop.clone().drop_guard();
        known(it.data.path());
        it.image("app", "v1", &[debian()]).await;
        it.start("v1").await.unwrap();
        let store = &it.home.world.store;
        let all = store
            .range(Range::prefix("/w1/").limit(1000))
            .await
            .unwrap();
        let scan = all.entries.iter().find(|it| it.key.contains("/scan/"));
        let scan = scan.expect("a scan that was begun");
        let mut record: Value = serde_json::from_slice(&scan.value).unwrap();
        assert_eq!(record["body"]["attempts"], 0);
        record["body"]["attempts"] = attempts.into();
        let txn = wharf_store::Txn::new().put(&scan.key, record.to_string());
        store.txn(&PERMIT, txn).await.unwrap();
        let catalog = it.home.catalog.clone();
        tokio::spawn(async move { catalog.scan(stop).await });
        assert_eq!(it.status("v1").await.0, expected);
    }
}

#[tokio::test]
async fn findings_are_bounded() {
    let it = Scanned::with(|config| config.scan_limits.findings = 1).await;
    known(it.data.path());
    it.image("app", "v1", &[debian()]).await;
    it.start("v1").await.unwrap();
    let (status, why) = it.status("v1").await;
    assert_eq!(status, "IMAGE_SIZE_EXCEEDED");
    assert_eq!(why, "the image has more than 1 findings");
}

/// Nothing found is not said where nothing was compared.
#[tokio::test]
async fn what_cannot_be_compared_is_not_complete() {
    let it = Scanned::new().await;
    known(it.data.path());
    let alpine = tar(&[
        ("etc/os-release", "ID=alpine\nVERSION_ID=3.18.0\n"),
        ("lib/apk/db/installed", "P:musl\nV:1.2.3-r5\n"),
    ]);
    it.image("app", "alpine", std::slice::from_ref(&alpine))
        .await;
    it.start("alpine").await.unwrap();
    let (status, why) = it.status("alpine").await;
    assert_eq!(status, "FAILED");
    assert!(
        why.contains("no vulnerability data about Alpine:v3.18"),
        "{why}"
    );
    bring(
        it.data.path(),
        &json!({"id": "A-1", "affected": [{"package": {"ecosystem": "Alpine:v3.18", "name": "musl"}, "versions": ["1"]}]}),
    );
    it.start("alpine").await.unwrap();
    assert_eq!(it.status("alpine").await.0, "COMPLETE");

    let empty = tar(&[("etc/os-release", "ID=debian\nVERSION_ID=12\n")]);
    it.image("app", "empty", &[empty, tar(&[("x", "y")]), tar(&[])])
        .await;
    it.start("empty").await.unwrap();
    let (status, why) = it.status("empty").await;
    assert_eq!(status, "UNSUPPORTED_IMAGE");
    assert!(why.contains("no package database"), "{why}");
}

/// A signature has the configuration of an image, and no layer of one.
#[tokio::test]
async fn signatures_are_no_images() {
    let it = Scanned::new().await;
    known(it.data.path());
    let config = it.home.layer_once("app", b"{}").await;
    let signed = it.home.layer_once("app", b"{\"signed\": 1}").await;
    let signature = json!({"schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {"mediaType": CONFIG, "digest": config, "size": 2},
        "layers": [{"mediaType": "application/vnd.dev.cosign.simplesigning.v1+json", "digest": signed, "size": 13}]});
    it.home.put("app", Some("sig"), &signature).await.unwrap();
    it.start("sig").await.unwrap();
    let (status, why) = it.status("sig").await;
    assert_eq!(status, "UNSUPPORTED_IMAGE");
    assert_eq!(
        why,
        format!(
            "An artifact with media type '{CONFIG}' cannot be scanned. For more information, see the Amazon ECR documentation."
        )
    );
}

#[tokio::test]
async fn archived_images_are_not_scanned() {
    let it = Scanned::new().await;
    known(it.data.path());
    it.image("app", "v1", &[debian()]).await;
    let input = UpdateImageStorageClassRequest {
        repository_name: text("app"),
        image_id: Some(by_tag("v1")),
        target_storage_class: text("ARCHIVE"),
        ..Default::default()
    };
    let call = it.home.call();
    it.home
        .ecr
        .update_image_storage_class(&call, input)
        .await
        .unwrap();
    let refused = it.start("v1").await.unwrap_err();
    assert_eq!(refused.code, "ImageArchivedException");
    assert!(
        refused
            .message
            .contains("cannot be scanned because its status is ARCHIVED"),
        "{refused:?}"
    );
}

/// A filter without a wildcard is about all names that have it in them.
#[tokio::test]
async fn filters_without_a_wildcard() {
    let it = Scanned::new().await;
    let put = PutRegistryScanningConfigurationRequest {
        scan_type: text("BASIC"),
        rules: Some(vec![RegistryScanningRule {
            scan_frequency: text("SCAN_ON_PUSH"),
            repository_filters: Some(vec![ScanningRepositoryFilter {
                filter: text("prod"),
                filter_type: text("WILDCARD"),
            }]),
        }]),
    };
    let (ecr, call) = (&it.home.ecr, it.home.call());
    ecr.put_registry_scanning_configuration(&call, put)
        .await
        .unwrap();
    let names = [
        "prod",
        "repo-prod",
        "prod-repo",
        "repo-prod-repo",
        "prodrepo",
        "pro-d",
    ];
    for name in names {
        it.home.create(name).await.unwrap();
    }
    let input = BatchGetRepositoryScanningConfigurationRequest {
        repository_names: Some(names.map(str::to_owned).to_vec()),
    };
    let answer = ecr
        .batch_get_repository_scanning_configuration(&call, input)
        .await
        .unwrap();
    let shown = answer.scanning_configurations.iter().flatten();
    let shown: Vec<bool> = shown.map(|it| it.scan_on_push.unwrap()).collect();
    assert_eq!(shown, [true, true, true, true, true, false]);
}

/// Whichever comes first, the end of a scan or the deletion of its image or repository: nothing of the
/// scan stays.
#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_beside_the_end_of_a_scan_leaves_nothing() {
    let it = Scanned::new().await;
    known(it.data.path());
    let (ecr, store) = (&it.home.ecr, &it.home.world.store);
    let left = || async {
        let all = store.all_keys(Range::prefix("/w1/")).await.unwrap();
        let keys = all.entries.into_iter().map(|it| it.key);
        // Records of scans, and what their blobs are kept for.
        keys.filter(|it| it.contains("/scan/") || it.contains(".scan."))
            .collect::<Vec<_>>()
    };
    let (mut before, mut after) = (0, 0);
    for round in 0..40_u32 {
        let name = format!("race{round}");
        it.home.create(&name).await.unwrap();
        it.image(&name, "v1", &[debian()]).await;
        let input = StartImageScanRequest {
            repository_name: text(&name),
            image_id: Some(by_tag("v1")),
            ..Default::default()
        };
        ecr.start_image_scan(&it.home.call(), input).await.unwrap();
        for _ in 0..round * 60 {
            tokio::task::yield_now().await;
        }
        match left().await.iter().any(|it| it.contains(".scan.")) {
            true => after += 1,
            false => before += 1,
        }
        if round % 2 == 0 {
            it.home.delete(&name, vec![by_tag("v1")]).await;
        } else {
            let input = DeleteRepositoryRequest {
                repository_name: text(&name),
                force: Some(true),
                ..Default::default()
            };
            ecr.delete_repository(&it.home.call(), input).await.unwrap();
        }
        assert_eq!(left().await, [""; 0], "{name}");
    }
    // What still ran when its image went has ended before this one.
    it.image("app", "last", &[debian()]).await;
    it.start("last").await.unwrap();
    assert_eq!(it.status("last").await.0, "COMPLETE");
    assert_eq!(left().await.len(), 3);
    assert!(
        before > 0,
        "{before} deletions before the end, {after} after it"
    );
}
