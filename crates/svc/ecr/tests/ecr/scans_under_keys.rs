//! What enhanced scans found under a key of KMS: had with the key alone, and moved when there is another.

use std::time::Duration;

use serde_json::json;
use wharf_api_kms::{self as kms, Kms as _};
use wharf_blobs::BlobError;
use wharf_records::Scope;
use wharf_store::{Range, Txn};
use wharf_svc_ecr::EcrError;
use wharf_wire::Fault;

use crate::{
    scans::{Scanned, bring, debian, known},
    scans_enhanced::{about_lodash, continuous, found, until},
    sealed::{REGION, registry},
    support::{ACCOUNT, PERMIT, said},
};

const FOUND: [&str; 3] = ["CVE-2024-1", "CVE-2024-2", "GHSA-1"];

async fn put_under(it: &Scanned, key: Option<&str>) {
    let (call, registry) = (it.home.call(), registry());
    let set = it.home.catalog.set_scan_key(&call, &registry, key).await;
    set.unwrap();
}

/// How many blobs open without a key, and how many do not.
async fn blobs(it: &Scanned) -> (usize, usize) {
    let all = it.home.catalog.blobs();
    let (mut open, mut locked) = (0, 0);
    for blob in all.list(None, 1000).await.unwrap() {
        match all.read(&blob.digest).await {
            Err(BlobError::Locked) => locked += 1,
            read => {
                assert!(read.unwrap().is_some());
                open += 1;
            }
        }
    }
    (open, locked)
}

async fn grants(it: &Scanned, key: &str) -> usize {
    let input = kms::ListGrantsRequest {
        key_id: Some(key.to_owned()),
        ..Default::default()
    };
    let listed = it.home.kms.list_grants(&it.home.call(), input).await;
    listed.unwrap().grants.unwrap().len()
}

async fn within(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let waited = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(30), waited).await;
    assert!(waited.is_ok(), "{what}");
}

/// Findings of `v1`, or why there are none.
async fn shown(it: &Scanned) -> Result<usize, Fault> {
    let findings = it.findings("v1", None, None).await?.image_scan_findings;
    let all = findings.and_then(|it| it.enhanced_findings);
    Ok(all.unwrap_or_default().len())
}

async fn collect(it: &Scanned) {
    it.home.catalog.collect_garbage(&PERMIT).await.unwrap();
}

#[tokio::test]
async fn a_key_that_is_disabled_shuts_what_was_found() {
    let it = Scanned::new().await;
    known(it.data.path());
    let key = it.home.key().await;
    put_under(&it, Some(&key)).await;
    let catalog = &it.home.catalog;
    assert_eq!(
        catalog.scan_key(&registry()).await.unwrap(),
        Some(key.clone())
    );
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "ACTIVE", &FOUND).await;
    // What the image is made of, and what is wrong with it. The manifest, its configuration and the layer are not findings.
    assert_eq!(blobs(&it).await, (3, 2));
    // The same key again is the one that is there.
    put_under(&it, Some(&key)).await;
    assert_eq!(grants(&it, &key).await, 1);

    it.home.disable(&key).await;
    let why = format!(
        "The findings cannot be decrypted due to a KMS exception: DisabledException: {key} is disabled."
    );
    let refused = said(shown(&it).await.unwrap_err());
    assert_eq!(refused, ("ValidationException".to_owned(), why.clone()));
    let (images, _) = catalog.inspected(&registry(), None, 10).await.unwrap();
    let read = catalog
        .inspected_findings(&registry(), &images[0].key, images[0].scanned_at, 0, 10)
        .await;
    assert!(matches!(read, Err(EcrError::Shut(_))), "{read:?}");
    it.home.enable(&key).await;
    assert_eq!(shown(&it).await.unwrap(), 3);
}

#[tokio::test]
async fn what_is_there_is_moved_under_another_key_and_back() {
    let it = Scanned::new().await;
    known(it.data.path());
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "ACTIVE", &FOUND).await;
    assert_eq!(blobs(&it).await, (5, 0));
    let (one, other) = (it.home.key().await, it.home.key().await);
    for key in [&one, &other] {
        put_under(&it, Some(key)).await;
        within("it is under the key", async || {
            collect(&it).await;
            blobs(&it).await == (3, 2) && grants(&it, key).await == 1
        })
        .await;
        assert_eq!(shown(&it).await.unwrap(), 3);
    }
    // The first one is of no more use to Inspector.
    within("its grant is given back", async || {
        grants(&it, &one).await == 0
    })
    .await;
    it.home.disable(&one).await;
    // Compared again, it stays under the key.
    bring(it.data.path(), &about_lodash("GHSA-77"));
    let more = ["CVE-2024-77", "CVE-2024-1", "CVE-2024-2", "GHSA-1"];
    until(&it, "v1", "ACTIVE", &more).await;
    within("it stays under the key", async || {
        collect(&it).await;
        blobs(&it).await == (3, 2)
    })
    .await;
    put_under(&it, None).await;
    within("it is under no key", async || {
        collect(&it).await;
        blobs(&it).await == (5, 0) && grants(&it, &other).await == 0
    })
    .await;
    it.home.disable(&other).await;
    assert_eq!(shown(&it).await.unwrap(), 4);
}

/// Nothing is lost meanwhile, and what waited is moved once the key can be used.
#[tokio::test]
async fn what_is_moved_waits_for_a_key_that_is_disabled_for_a_while() {
    let it = Scanned::new().await;
    known(it.data.path());
    let (one, other) = (it.home.key().await, it.home.key().await);
    put_under(&it, Some(&one)).await;
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "ACTIVE", &FOUND).await;
    put_under(&it, Some(&other)).await;
    it.home.disable(&other).await;
    it.home.enable(&other).await;
    within("all is under the other key", async || {
        collect(&it).await;
        grants(&it, &one).await == 0 && blobs(&it).await == (3, 2)
    })
    .await;
    it.home.disable(&one).await;
    assert_eq!(shown(&it).await.unwrap(), 3);
}

#[tokio::test]
async fn what_cannot_be_opened_any_more_is_found_anew() {
    let it = Scanned::new().await;
    known(it.data.path());
    let key = it.home.key().await;
    put_under(&it, Some(&key)).await;
    continuous(&it).await;
    it.image("app", "v1", &[debian()]).await;
    until(&it, "v1", "ACTIVE", &FOUND).await;
    it.home.disable(&key).await;
    put_under(&it, None).await;
    within("it is found anew", async || {
        let found = found(&it, "v1").await;
        found.is_some_and(|(status, found)| status == "ACTIVE" && found == FOUND)
    })
    .await;
    within("nothing of before is left", async || {
        collect(&it).await;
        blobs(&it).await == (5, 0)
    })
    .await;
}

#[tokio::test]
async fn a_key_that_cannot_be_used_changes_nothing() {
    let it = Scanned::new().await;
    let (catalog, call) = (&it.home.catalog, it.home.call());
    let key = it.home.key().await;
    it.home.disable(&key).await;
    let refused = catalog.set_scan_key(&call, &registry(), Some(&key)).await;
    let refused = refused.unwrap_err();
    assert!(
        matches!(&refused, EcrError::Kms(fault) if fault.code == "DisabledException"),
        "{refused:?}"
    );
    assert_eq!(catalog.scan_key(&registry()).await.unwrap(), None);
    assert_eq!(grants(&it, &key).await, 0);
}

/// As a version before leaves it that was killed between the grant and the end of the request.
#[tokio::test]
async fn a_key_that_was_never_finished_leaves_no_grant() {
    let it = Scanned::waiting().await;
    let key = it.home.key().await;
    let inspector = Some(format!("inspector2.{REGION}.amazonaws.com"));
    let input = kms::CreateGrantRequest {
        key_id: Some(key.clone()),
        name: Some("inspector2-findings-before".to_owned()),
        grantee_principal: inspector.clone(),
        retiring_principal: inspector,
        operations: Some(vec!["Decrypt".to_owned()]),
        ..Default::default()
    };
    let made = it.home.kms.create_grant(&it.home.call(), input).await;
    made.unwrap();
    let body = json!({"key": key, "sealed": "", "grant": "", "making": {"since": 0}});
    let record = json!({"kind": "scan-key", "format": 1, "body": body});
    let at = Scope::new("ecr", ACCOUNT, REGION).key("scan-key", "before");
    let store = &it.home.world.store;
    let txn = Txn::new().put(&at, record.to_string());
    store.txn(&PERMIT, txn).await.unwrap();
    it.carry_out();
    within("its grant is given back, and nothing is left", async || {
        let left = store.all_keys(Range::prefix(&at)).await.unwrap();
        grants(&it, &key).await == 0 && left.entries.is_empty()
    })
    .await;
    // It can be named again.
    put_under(&it, Some(&key)).await;
    assert_eq!(grants(&it, &key).await, 1);
}
