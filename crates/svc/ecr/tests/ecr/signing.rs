//! Managed signing: keys of KMS sign what is pushed.

use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wharf_api_ecr::{Ecr, types::*};
use wharf_api_kms::{self as kms, Kms as _};
use wharf_blobs::Digest;
use wharf_signature::{Key, Unverified, notation};
use wharf_svc_ecr::{EcrError, ImageRef, SigningProfile};
use wharf_testkit::{call_of, until};
use wharf_wire::{Caller, CallerKind, Fault};

use crate::{sealed::registry, support::*};

const NOTATION: &str = "application/vnd.cncf.notary.signature";

/// A registry whose images are signed.
pub struct Signed {
    pub home: Home,
}

impl Signed {
    pub async fn new() -> Self {
        let it = Self::waiting().await;
        it.begin();
        it
    }

    /// One where nobody signs yet.
    pub async fn waiting() -> Self {
        Self {
            home: Home::with_app().await,
        }
    }

    pub fn begin(&self) -> (JoinHandle<()>, CancellationToken) {
        let (catalog, stop) = (self.home.catalog.clone(), CancellationToken::new());
        let stopped = stop.clone();
        (
            tokio::spawn(async move { catalog.sign(stopped).await }),
            stop,
        )
    }

    pub async fn key(&self, spec: &str, usage: &str) -> String {
        let input = kms::CreateKeyRequest {
            key_spec: text(spec),
            key_usage: text(usage),
            ..Default::default()
        };
        let made = self.home.kms.create_key(&self.home.call(), input).await;
        made.unwrap().key_metadata.unwrap().arn.unwrap()
    }

    async fn profile(&self, name: &str, key: &str) -> Result<SigningProfile, EcrError> {
        let call = self.home.call();
        let catalog = &self.home.catalog;
        catalog.make_signing_profile(&call, name, key, None).await
    }

    /// A profile of a new key, by the ARN of the key.
    pub async fn profile_of(&self, name: &str, spec: &str) -> String {
        let key = self.key(spec, "SIGN_VERIFY").await;
        self.profile(name, &key).await.unwrap();
        key
    }

    pub async fn configure(&self, rules: &[(&str, &[&str])]) -> Result<(), Fault> {
        let filter = |filter: &&str| SigningRepositoryFilter {
            filter: text(filter),
            filter_type: text("WILDCARD_MATCH"),
        };
        let rule = |(profile, filters): &(&str, &[&str])| SigningRule {
            signing_profile_arn: Some(arn(profile)),
            repository_filters: (!filters.is_empty()).then(|| filters.iter().map(filter).collect()),
        };
        let input = PutSigningConfigurationRequest {
            signing_configuration: Some(SigningConfiguration {
                rules: Some(rules.iter().map(rule).collect()),
            }),
        };
        let call = self.home.call();
        let put = self.home.ecr.put_signing_configuration(&call, input);
        put.await.map(drop)
    }

    pub async fn push(&self, name: &str, tag: &str) -> Value {
        let manifest = self.home.manifest(name, tag).await;
        self.home.put(name, Some(tag), &manifest).await.unwrap();
        manifest
    }

    /// Profile, status and code of each.
    pub async fn status(&self, name: &str, tag: &str) -> Vec<(String, String, Option<String>)> {
        let input = DescribeImageSigningStatusRequest {
            repository_name: text(name),
            image_id: Some(by_tag(tag)),
            registry_id: None,
        };
        let (ecr, call) = (&self.home.ecr, self.home.call());
        let asked = ecr.describe_image_signing_status(&call, input);
        let shown = asked.await.unwrap().signing_statuses.unwrap();
        let said = |it: ImageSigningStatus| {
            let code = it
                .failure_code
                .map(|code| format!("{code}: {}", it.failure_reason.unwrap_or_default()));
            (it.signing_profile_arn.unwrap(), it.status.unwrap(), code)
        };
        shown.into_iter().map(said).collect()
    }

    pub async fn ends(&self, name: &str, tag: &str) -> Vec<(String, String, Option<String>)> {
        until("the end of signing", || async {
            let status = self.status(name, tag).await;
            status.iter().all(|(_, status, _)| status != "IN_PROGRESS")
        })
        .await;
        self.status(name, tag).await
    }

    /// The digests of what refers to an image as notation's signatures do.
    pub async fn signatures(&self, name: &str, manifest: &Value) -> Vec<Digest> {
        let (registry, digest) = (registry(), digest_of(manifest));
        let catalog = &self.home.catalog;
        let found = catalog.referrers(&registry, name, &digest, None, 50);
        let found = found.await.unwrap().0.into_iter().map(|it| it.image);
        let found = found.filter(|it| it.artifact_type.as_deref() == Some(NOTATION));
        found.map(|it| it.digest).collect()
    }

    /// What a signature is made of: its manifest and its envelope.
    pub async fn signature(&self, name: &str, digest: &Digest) -> (Value, Vec<u8>) {
        let (catalog, reference) = (&self.home.catalog, ImageRef::Digest(*digest));
        let stored = catalog.manifest(&registry(), name, &reference).await;
        let manifest: Value = serde_json::from_slice(&stored.unwrap().unwrap().manifest).unwrap();
        let layer: Digest = manifest["layers"][0]["digest"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        let read = catalog.read_layer(&registry(), name, &layer).await;
        let (mut read, mut envelope) = (read.unwrap().unwrap(), Vec::new());
        while let Some(chunk) = read.next_chunk().await.unwrap() {
            envelope.extend_from_slice(&chunk);
        }
        (manifest, envelope)
    }

    /// As an admission rule has it.
    pub async fn trusted(&self, key: &str) -> Key {
        let input = kms::GetPublicKeyRequest {
            key_id: text(key),
            ..Default::default()
        };
        let found = self.home.kms.get_public_key(&self.home.call(), input).await;
        let body = base64::Engine::encode(
            &base64::engine::general_purpose::STANDARD,
            found.unwrap().public_key.unwrap(),
        );
        let text = format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n");
        Key::from_pem(&text).unwrap()
    }
}

pub fn arn(profile: &str) -> String {
    format!("arn:aws:signer:us-east-1:{ACCOUNT}:/signing-profiles/{profile}")
}

pub fn complete(profile: &str) -> (String, String, Option<String>) {
    (arn(profile), "COMPLETE".to_owned(), None)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_pushed_is_signed_by_each_profile_about_it() {
    let it = Signed::new().await;
    let mut keys = Vec::new();
    for (name, spec) in [
        ("p256", "ECC_NIST_P256"),
        ("p384", "ECC_NIST_P384"),
        ("rsa", "RSA_2048"),
    ] {
        keys.push(it.profile_of(name, spec).await);
    }
    it.configure(&[("p256", &["app", "x/*"]), ("p384", &["a*"]), ("rsa", &[])])
        .await
        .unwrap();
    let manifest = it.push("app", "v1").await;
    let all = ["p256", "p384", "rsa"];
    assert_eq!(it.ends("app", "v1").await, all.map(complete));
    let signatures = it.signatures("app", &manifest).await;
    assert_eq!(signatures.len(), 3);
    let digest = digest_of(&manifest).to_string();
    let mut found = Vec::new();
    for signature in &signatures {
        let (artifact, envelope) = it.signature("app", signature).await;
        assert_eq!(artifact["subject"]["digest"], digest.as_str());
        for (at, key) in keys.iter().enumerate() {
            let key = it.trusted(key).await;
            let verify = |digest: &str| notation::verify(&key, &envelope, digest, NOW);
            if verify(&digest).is_ok() {
                assert_eq!(verify("sha256:00"), Err(Unverified::OtherImage));
                found.push(at);
            }
        }
    }
    found.sort_unstable();
    assert_eq!(found, [0, 1, 2]);

    // Repositories that no filter names, and what is about images, are left alone.
    it.configure(&[("p256", &["x/*"])]).await.unwrap();
    it.push("app", "v2").await;
    assert_eq!(it.status("app", "v2").await, []);
    it.configure(&[("p256", &[])]).await.unwrap();
    let mut about = it.home.manifest("app", "about").await;
    about["subject"] = json!({"mediaType": OCI_MANIFEST, "digest": digest, "size": 1});
    it.home.put("app", Some("about"), &about).await.unwrap();
    assert_eq!(it.status("app", "about").await, []);
    assert_eq!(it.signatures("app", &manifest).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signature_is_made_once_whenever_the_server_stops() {
    let it = Signed::waiting().await;
    it.profile_of("release", "ECC_NIST_P256").await;
    it.configure(&[("release", &[])]).await.unwrap();
    let mut pushed = Vec::new();
    for round in 0..12_u32 {
        let tag = format!("v{round}");
        pushed.push(it.push("app", &tag).await);
        assert_eq!(it.status("app", &tag).await[0].1, "IN_PROGRESS");
        let (task, stop) = it.begin();
        for _ in 0..round * 150 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
        task.await.unwrap();
    }
    it.begin();
    for (round, manifest) in pushed.iter().enumerate() {
        let tag = format!("v{round}");
        assert_eq!(it.ends("app", &tag).await, [complete("release")]);
        assert_eq!(it.signatures("app", manifest).await.len(), 1, "{tag}");
        // Pushed again, it is signed as it is.
        let again = it.home.put("app", Some(&tag), manifest).await;
        assert_eq!(again.unwrap_err().code, "ImageAlreadyExistsException");
        assert_eq!(it.status("app", &tag).await, [complete("release")]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_signed_says_why_until_it_is_pushed_again() {
    let it = Signed::new().await;
    let key = it.profile_of("release", "ECC_NIST_P256").await;
    it.configure(&[("release", &[])]).await.unwrap();
    it.home.disable(&key).await;
    let manifest = it.push("app", "v1").await;
    let (profile, status, why) = it.ends("app", "v1").await.pop().unwrap();
    assert_eq!((profile, status.as_str()), (arn("release"), "FAILED"));
    let why = why.unwrap();
    assert!(
        why.starts_with("KmsError: ") && why.contains("is disabled"),
        "{why}"
    );
    assert_eq!(it.signatures("app", &manifest).await, []);
    it.home.enable(&key).await;
    assert_eq!(it.status("app", "v1").await[0].1, "FAILED");
    it.home.put("app", Some("v1"), &manifest).await.unwrap_err();
    assert_eq!(it.ends("app", "v1").await, [complete("release")]);
    assert_eq!(it.signatures("app", &manifest).await.len(), 1);

    let (catalog, call) = (&it.home.catalog, it.home.call());
    let removed = catalog.remove_signing_profile(&call, "release");
    removed.await.unwrap();
    it.push("app", "v2").await;
    let why = it.ends("app", "v2").await.pop().unwrap().2.unwrap();
    assert!(why.starts_with("SigningProfileNotFound: "), "{why}");
    // A profile of that name that is made anew has another grant.
    it.profile("release", &key).await.unwrap();
    it.push("app", "v3").await;
    assert_eq!(it.ends("app", "v3").await, [complete("release")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_use_the_profile_pushes_without_a_signature() {
    let it = Signed::new().await;
    it.profile_of("release", "ECC_NIST_P256").await;
    it.configure(&[("release", &[])]).await.unwrap();
    let manifest = it.home.manifest("app", "v1").await;
    let nobody = call_of(Caller {
        kind: CallerKind::User,
        arn: format!("arn:aws:iam::{ACCOUNT}:user/nobody"),
        user_id: "AIDANOBODY".to_owned(),
        ..Caller::root(ACCOUNT)
    });
    let input = PutImageRequest {
        repository_name: text("app"),
        image_manifest: Some(manifest.to_string()),
        image_tag: text("v1"),
        ..PutImageRequest::default()
    };
    it.home.ecr.put_image(&nobody, input).await.unwrap();
    let (_, status, why) = it.ends("app", "v1").await.pop().unwrap();
    assert_eq!(status, "FAILED");
    let why = why.unwrap();
    assert!(why.starts_with("AccessDenied: "), "{why}");
    assert!(why.contains("signer:SignPayload"), "{why}");
    assert_eq!(it.signatures("app", &manifest).await, []);
    // Somebody who may pushes the same.
    it.home.put("app", Some("v1"), &manifest).await.unwrap_err();
    assert_eq!(it.ends("app", "v1").await, [complete("release")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_became_of_signatures_goes_with_the_image() {
    let it = Signed::new().await;
    it.profile_of("release", "ECC_NIST_P256").await;
    it.configure(&[("release", &[])]).await.unwrap();
    let manifest = it.push("app", "v1").await;
    it.ends("app", "v1").await;
    let signature = it.signatures("app", &manifest).await.remove(0);
    it.home.delete("app", vec![by_digest(&signature)]).await;
    it.home
        .delete("app", vec![by_digest(&digest_of(&manifest))])
        .await;
    let left = it.home.world.stored("/w1/c0/ecr/").await;
    assert!(!left.contains("/signatures/"), "{left}");
    it.push("app", "v1").await;
    assert_eq!(it.ends("app", "v1").await, [complete("release")]);
    let input = DeleteRepositoryRequest {
        repository_name: text("app"),
        force: Some(true),
        ..Default::default()
    };
    let deleted = it.home.ecr.delete_repository(&it.home.call(), input).await;
    deleted.unwrap();
    it.home.catalog.collect_garbage(&PERMIT).await.unwrap();
    let left = it.home.world.stored("/w1/c0/ecr/").await;
    assert!(!left.contains("/signatures/"), "{left}");
}

#[tokio::test]
async fn configurations() {
    let it = Signed::waiting().await;
    let ecr = &it.home.ecr;
    let call = it.home.call();
    let none =
        format!("The signing configuration does not exist in the registry with id '{ACCOUNT}'");
    let missing = ("SigningConfigurationNotFoundException".to_owned(), none);
    let got = ecr
        .get_signing_configuration(&call, Default::default())
        .await;
    assert_eq!(said(got.unwrap_err()), missing);
    let gone = ecr
        .delete_signing_configuration(&call, Default::default())
        .await;
    assert_eq!(said(gone.unwrap_err()), missing);
    it.profile_of("release", "ECC_NIST_P256").await;
    for wrong in [
        arn("other"),
        arn("release").replace(ACCOUNT, "111122223333"),
        arn("release").replace("us-east-1", "eu-west-1"),
    ] {
        let input = PutSigningConfigurationRequest {
            signing_configuration: Some(SigningConfiguration {
                rules: Some(vec![SigningRule {
                    signing_profile_arn: Some(wrong.clone()),
                    repository_filters: None,
                }]),
            }),
        };
        let refused = ecr.put_signing_configuration(&call, input).await;
        let (code, words) = said(refused.unwrap_err());
        assert_eq!(code, "ValidationException");
        assert!(words.contains(&wrong), "{words}");
    }
    it.configure(&[("release", &["prod/*", "web"])])
        .await
        .unwrap();
    let got = ecr
        .get_signing_configuration(&call, Default::default())
        .await;
    let got = got.unwrap();
    assert_eq!(got.registry_id.as_deref(), Some(ACCOUNT));
    let rules = got.signing_configuration.unwrap().rules.unwrap();
    assert_eq!(rules.len(), 1);
    assert_eq!(rules[0].repository_filters.as_ref().unwrap().len(), 2);
    // Registries of other regions have their own.
    let there = call_in("eu-west-1");
    let elsewhere = ecr.get_signing_configuration(&there, Default::default());
    assert!(elsewhere.await.is_err());
    let gone = ecr
        .delete_signing_configuration(&call, Default::default())
        .await;
    assert!(gone.unwrap().signing_configuration.is_some());
    let got = ecr
        .get_signing_configuration(&call, Default::default())
        .await;
    assert_eq!(said(got.unwrap_err()), missing);
    let input = DescribeImageSigningStatusRequest {
        repository_name: text("app"),
        image_id: Some(by_tag("none")),
        registry_id: None,
    };
    let none = ecr.describe_image_signing_status(&call, input).await;
    assert_eq!(none.unwrap_err().code, "ImageNotFoundException");
}

#[tokio::test]
async fn profiles() {
    let it = Signed::waiting().await;
    let key = it.profile_of("release", "ECC_NIST_P256").await;
    let made = it.home.catalog.signing_profiles(&registry()).await.unwrap();
    assert_eq!(made[0].key, key);
    for (name, spec, usage, words) in [
        (
            "release",
            "ECC_NIST_P256",
            "SIGN_VERIFY",
            "The profile 'release' exists",
        ),
        ("x", "ECC_NIST_P256", "SIGN_VERIFY", "2 to 64 letters"),
        ("a-b", "ECC_NIST_P256", "SIGN_VERIFY", "2 to 64 letters"),
        ("other", "ECC_NIST_P521", "SIGN_VERIFY", "P-256 or P-384"),
        ("other", "ECC_SECG_P256K1", "SIGN_VERIFY", "P-256 or P-384"),
        ("other", "RSA_2048", "ENCRYPT_DECRYPT", "SIGN_VERIFY"),
    ] {
        let key = it.key(spec, usage).await;
        let refused = it.profile(name, &key).await.unwrap_err();
        assert!(
            matches!(refused, EcrError::SigningProfile(_)),
            "{refused:?}"
        );
        assert!(refused.to_string().contains(words), "{refused}");
        // No grant is left of what was not made.
        let input = kms::ListGrantsRequest {
            key_id: Some(key),
            ..Default::default()
        };
        let left = it.home.kms.list_grants(&it.home.call(), input).await;
        assert_eq!(left.unwrap().grants.unwrap().len(), 0);
    }
    it.home.disable(&key).await;
    let symmetric = it.home.key().await;
    for key in [&key, &symmetric, "alias/none"] {
        let refused = it.profile("other", key).await.unwrap_err();
        assert!(matches!(refused, EcrError::Kms(_)), "{refused:?}");
    }
    let call = it.home.call();
    let removed = it
        .home
        .catalog
        .remove_signing_profile(&call, "release")
        .await;
    assert_eq!(removed.unwrap().key, key);
    let input = kms::ListGrantsRequest {
        key_id: Some(key),
        ..Default::default()
    };
    let left = it.home.kms.list_grants(&call, input).await;
    assert_eq!(left.unwrap().grants.unwrap().len(), 0);
    let again = it
        .home
        .catalog
        .remove_signing_profile(&call, "release")
        .await;
    assert!(matches!(again, Err(EcrError::SigningProfile(_))));
}
