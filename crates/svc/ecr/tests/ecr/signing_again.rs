//! Managed signing where a signature does not hold, or one profile holds up.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use serde_json::{Value, json};
use wharf_api_ecr::{Ecr, types::*};
use wharf_api_kms::{self as kms, Kms};
use wharf_base::{Clock, SystemClock, Timestamp};
use wharf_signature::notation;
use wharf_store::{Range, Txn};
use wharf_svc_ecr::KmsKeys;
use wharf_testkit::until;
use wharf_wire::{Call, Check, Context, Fault, async_trait};

use crate::{
    signing::{Signed, arn, complete},
    support::*,
};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What is there is pushed once more.
async fn again(it: &Signed, manifest: &Value, at: Timestamp) {
    let input = PutImageRequest {
        repository_name: text("app"),
        image_manifest: Some(manifest.to_string()),
        image_tag: text("v1"),
        ..PutImageRequest::default()
    };
    let put = it.home.ecr.put_image(&call_at(at), input).await;
    assert_eq!(put.unwrap_err().code, "ImageAlreadyExistsException");
    assert_eq!(it.ends("app", "v1").await, [complete("release")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_hold_any_more_is_signed_again_when_it_is_pushed() {
    let it = Signed::new().await;
    let key = it.key("ECC_NIST_P256", "SIGN_VERIFY").await;
    let (catalog, call) = (&it.home.catalog, it.home.call());
    let made = catalog.make_signing_profile(&call, "release", &key, Some(1));
    made.await.unwrap();
    it.configure(&[("release", &[])]).await.unwrap();
    let manifest = it.push("app", "v1").await;
    assert_eq!(it.ends("app", "v1").await, [complete("release")]);
    let first = it.signatures("app", &manifest).await;
    assert_eq!(first.len(), 1);

    it.home.delete("app", vec![by_digest(&first[0])]).await;
    assert_eq!(it.signatures("app", &manifest).await.len(), 0);
    again(&it, &manifest, NOW).await;
    assert_eq!(it.signatures("app", &manifest).await.len(), 1);

    let (digest, trusted) = (digest_of(&manifest).to_string(), it.trusted(&key).await);
    let hold = async |at: Timestamp| {
        let mut holding = 0;
        let all = it.signatures("app", &manifest).await;
        for signature in &all {
            let (_, envelope) = it.signature("app", signature).await;
            holding += usize::from(notation::verify(&trusted, &envelope, &digest, at).is_ok());
        }
        (holding, all.len())
    };
    again(&it, &manifest, NOW + DAY / 2).await;
    assert_eq!(hold(NOW + DAY / 2).await, (1, 1));
    let later = NOW + DAY * 2;
    assert_eq!(hold(later).await, (0, 1), "it expired");
    for _ in 0..2 {
        again(&it, &manifest, later).await;
        assert_eq!(hold(later).await, (1, 2));
    }

    let removed = catalog.remove_signing_profile(&call, "release").await;
    removed.unwrap();
    again(&it, &manifest, later).await;
    assert_eq!(it.signatures("app", &manifest).await.len(), 2);
    let other = it.profile_of("release", "ECC_NIST_P256").await;
    again(&it, &manifest, later).await;
    let all = it.signatures("app", &manifest).await;
    assert_eq!(all.len(), 3, "the profile is another");
    let trusted = it.trusted(&other).await;
    let mut holding = 0;
    for signature in &all {
        let (_, envelope) = it.signature("app", signature).await;
        holding += usize::from(notation::verify(&trusted, &envelope, &digest, later).is_ok());
    }
    assert_eq!(holding, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_former_profile_signed_is_not_put_under_the_certificate_of_this_one() {
    let it = Signed::waiting().await;
    let key = it.profile_of("release", "ECC_NIST_P256").await;
    it.configure(&[("release", &[])]).await.unwrap();
    let manifest = it.push("app", "v1").await;
    // As it stands where the profile is made anew before its signature is beside the image.
    let store = &it.home.world.store;
    let all = store.all(Range::prefix("/w1/c0/ecr/")).await.unwrap();
    let is_about = |key: &str| key.contains("/signatures/");
    let found = all.entries.iter().find(|entry| is_about(&entry.key));
    let found = found.unwrap();
    let mut record: Value = serde_json::from_slice(&found.value).unwrap();
    let signature = &mut record["body"]["profiles"][arn("release")];
    assert_eq!(signature["status"], "IN_PROGRESS");
    signature["envelope"] = json!("by another key");
    signature["certificate"] = json!("00");
    // Kind and format stand before the body.
    let written = format!(
        r#"{{"kind":{},"format":{},"body":{}}}"#,
        record["kind"], record["format"], record["body"]
    );
    let txn = Txn::new().put(found.key.clone(), written.into_bytes());
    store.txn(&PERMIT, txn).await.unwrap();
    it.begin();
    assert_eq!(it.ends("app", "v1").await, [complete("release")]);
    let all = it.signatures("app", &manifest).await;
    assert_eq!(all.len(), 1);
    let (_, envelope) = it.signature("app", &all[0]).await;
    let (trusted, digest) = (it.trusted(&key).await, digest_of(&manifest).to_string());
    notation::verify(&trusted, &envelope, &digest, NOW).unwrap();
}

/// KMS, which has too much to do for one key.
struct Busy {
    kms: Arc<dyn Kms>,
    with: Arc<Mutex<Option<String>>>,
}

#[async_trait]
impl Kms for Busy {
    async fn authorize(&self, cx: &Context, input: kms::Input<'_>) -> Result<Vec<Check>, Fault> {
        self.kms.authorize(cx, input).await
    }

    async fn get_public_key(
        &self,
        call: &Call,
        input: kms::GetPublicKeyRequest,
    ) -> Result<kms::GetPublicKeyResponse, Fault> {
        self.kms.get_public_key(call, input).await
    }

    async fn create_grant(
        &self,
        call: &Call,
        input: kms::CreateGrantRequest,
    ) -> Result<kms::CreateGrantResponse, Fault> {
        self.kms.create_grant(call, input).await
    }

    async fn sign(&self, call: &Call, input: kms::SignRequest) -> Result<kms::SignResponse, Fault> {
        if *self.with.lock() == input.key_id {
            return Err(Fault::sender("ThrottlingException", 400, "Rate exceeded"));
        }
        self.kms.sign(call, input).await
    }
}

async fn with_busy(now: Timestamp) -> (Signed, Arc<Mutex<Option<String>>>) {
    let with: Arc<Mutex<Option<String>>> = Arc::default();
    let busy = with.clone();
    let home = Home::with(now, |config| {
        let KmsKeys(kms) = config.keys.take().unwrap();
        config.keys = Some(KmsKeys(Arc::new(Busy { kms, with: busy })));
    });
    home.create("app").await.unwrap();
    let it = Signed { home };
    it.begin();
    let first = it.profile_of("a1", "ECC_NIST_P256").await;
    it.profile_of("b2", "ECC_NIST_P256").await;
    it.configure(&[("a1", &[]), ("b2", &[])]).await.unwrap();
    *with.lock() = Some(first);
    (it, with)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_that_fails_for_the_moment_holds_up_no_other_and_not_for_ever() {
    let (it, busy) = with_busy(NOW).await;
    let manifest = it.push("app", "v1").await;
    until("the other signs", || async {
        it.status("app", "v1").await[1] == complete("b2")
    })
    .await;
    assert_eq!(it.status("app", "v1").await[0].1, "IN_PROGRESS");
    assert_eq!(it.signatures("app", &manifest).await.len(), 1);
    *busy.lock() = None;
    let both = ["a1", "b2"].map(complete);
    assert_eq!(it.ends("app", "v1").await, both);
    assert_eq!(it.signatures("app", &manifest).await.len(), 2);

    // Two days are too long.
    let begun = Timestamp::from_millis(SystemClock.now().millis() - 2 * 24 * 3600 * 1000);
    let (it, busy) = with_busy(begun).await;
    let manifest = it.push("app", "v1").await;
    let ended = it.ends("app", "v1").await;
    assert_eq!(ended[1], complete("b2"));
    assert_eq!(ended[0].1, "FAILED");
    let why = ended[0].2.as_ref().unwrap();
    assert!(why.starts_with("SigningFailed: "), "{why}");
    assert!(why.contains("Rate exceeded"), "{why}");
    *busy.lock() = None;
    let pushed = it.home.put("app", Some("v1"), &manifest).await;
    pushed.unwrap_err();
    assert_eq!(it.ends("app", "v1").await, both);
}
