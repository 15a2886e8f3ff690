//! Keys whose material comes from elsewhere.

use aws_lc_rs::{
    encoding::AsDer as _,
    key_wrap::{AES_256, AesKek, KeyWrapPadded as _},
    rsa::{KeySize, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey},
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING, EcdsaKeyPair, RsaKeyPair,
    },
};
use wharf_api_kms::{self as api, Kms as _};
use wharf_base::{Clock as _, Timestamp};
use wharf_records::Scope;
use wharf_store::Range;
use wharf_testkit::{ACCOUNT, call, until};
use wharf_wire::{Call, Fault};

use crate::{Home, code};

impl Home {
    pub async fn external(&self) -> String {
        let made = self.create_with(|it| it.origin = Some("EXTERNAL".to_owned()));
        made.await.unwrap().arn.unwrap()
    }

    pub async fn parameters(
        &self,
        key: &str,
    ) -> Result<api::GetParametersForImportResponse, Fault> {
        let input = api::GetParametersForImportRequest {
            key_id: Some(key.to_owned()),
            wrapping_algorithm: Some("RSAES_OAEP_SHA_256".to_owned()),
            wrapping_key_spec: Some("RSA_2048".to_owned()),
        };
        self.gated().get_parameters_for_import(&call(), input).await
    }

    /// Wraps material and imports it.
    async fn import(
        &self,
        key: &str,
        material: &[u8],
        valid_to: Option<Timestamp>,
    ) -> Result<(), Fault> {
        let parameters = self.parameters(key).await?;
        let model = match valid_to {
            Some(_) => "KEY_MATERIAL_EXPIRES",
            None => "KEY_MATERIAL_DOES_NOT_EXPIRE",
        };
        let input = api::ImportKeyMaterialRequest {
            key_id: Some(key.to_owned()),
            import_token: parameters.import_token,
            encrypted_key_material: Some(wrapped(&parameters.public_key.unwrap(), material)),
            valid_to,
            expiration_model: Some(model.to_owned()),
            ..Default::default()
        };
        let done = self.gated().import_key_material(&call(), input).await;
        done.map(|_| ())
    }

    /// Imports material by an algorithm, in a region; `wrap` makes what is sent of the public key.
    async fn import_by(
        &self,
        call: Call,
        key: &str,
        (algorithm, by): (&str, &str),
        wrap: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> Result<api::ImportKeyMaterialResponse, Fault> {
        let input = api::GetParametersForImportRequest {
            key_id: Some(key.to_owned()),
            wrapping_algorithm: Some(algorithm.to_owned()),
            wrapping_key_spec: Some(by.to_owned()),
        };
        let gated = self.gated();
        let parameters = gated.get_parameters_for_import(&call, input).await?;
        let input = api::ImportKeyMaterialRequest {
            key_id: Some(key.to_owned()),
            import_token: parameters.import_token,
            encrypted_key_material: Some(wrap(&parameters.public_key.unwrap())),
            expiration_model: Some("KEY_MATERIAL_DOES_NOT_EXPIRE".to_owned()),
            ..Default::default()
        };
        gated.import_key_material(&call, input).await
    }

    async fn external_of(&self, spec: &str, usage: &str) -> String {
        let made = self.create_with(|it| {
            it.origin = Some("EXTERNAL".to_owned());
            it.key_spec = Some(spec.to_owned());
            it.key_usage = Some(usage.to_owned());
        });
        made.await.unwrap().arn.unwrap()
    }

    pub async fn state(&self, key: &str) -> String {
        self.describe(key).await.unwrap().key_state.unwrap()
    }
}

/// By an AES key, which RSA wraps.
fn wrapped_twice(public: &[u8], material: &[u8]) -> Vec<u8> {
    let kek = AesKek::new(&AES_256, &[3; 32]).unwrap();
    let mut inner = vec![0; material.len() + 15];
    let inner = kek.wrap_with_padding(material, &mut inner).unwrap();
    [&wrapped(public, &[3; 32]), &*inner].concat()
}

pub fn wrapped(public: &[u8], material: &[u8]) -> Vec<u8> {
    let key = PublicEncryptingKey::from_der(public).unwrap();
    let key = OaepPublicEncryptingKey::new(key).unwrap();
    let mut out = vec![0; key.ciphertext_size()];
    let length = key
        .encrypt(&OAEP_SHA256_MGF1SHA256, material, &mut out, None)
        .unwrap()
        .len();
    out.truncate(length);
    out
}

#[tokio::test]
async fn a_key_waits_for_its_material_and_takes_no_other() {
    let home = Home::start();
    let key = home.external().await;
    let shown = home.describe(&key).await.unwrap();
    assert_eq!(shown.origin.as_deref(), Some("EXTERNAL"));
    assert_eq!(
        (shown.key_state.as_deref(), shown.enabled),
        (Some("PendingImport"), Some(false))
    );
    let refused = home.encrypt(&call(), &key, &[]).await;
    assert_eq!(code(refused), "KMSInvalidStateException");
    home.import(&key, &[7; 32], None).await.unwrap();
    let shown = home.describe(&key).await.unwrap();
    assert_eq!(shown.key_state.as_deref(), Some("Enabled"));
    assert_eq!(
        shown.expiration_model.as_deref(),
        Some("KEY_MATERIAL_DOES_NOT_EXPIRE")
    );
    let sealed = home.encrypt(&call(), &key, &[]).await.unwrap();
    for other in [&[8; 32][..], &[7; 31]] {
        let refused = home.import(&key, other, None).await;
        assert_eq!(code(refused), "IncorrectKeyMaterialException");
    }
    let delete = api::DeleteImportedKeyMaterialRequest {
        key_id: Some(key.clone()),
        ..Default::default()
    };
    let gated = home.gated();
    gated
        .delete_imported_key_material(&call(), delete.clone())
        .await
        .unwrap();
    gated
        .delete_imported_key_material(&call(), delete)
        .await
        .unwrap();
    assert_eq!(home.state(&key).await, "PendingImport");
    let refused = home.decrypt(&call(), &sealed, &[]).await;
    assert_eq!(code(refused), "KMSInvalidStateException");
    // Also in another key of the same material nothing opens that this one sealed.
    let other = home.external().await;
    home.import(&other, &[7; 32], None).await.unwrap();
    let refused = home.decrypt(&call(), &sealed, &[]).await;
    assert_eq!(code(refused), "KMSInvalidStateException");
    home.import(&key, &[7; 32], None).await.unwrap();
    assert_eq!(home.decrypt(&call(), &sealed, &[]).await.unwrap(), b"plain");
}

#[tokio::test]
async fn material_goes_when_its_time_is_over() {
    let mut home = Home::start();
    let key = home.external().await;
    let end = home.clock.now() + std::time::Duration::from_secs(24 * 3600);
    home.import(&key, &[7; 32], Some(end)).await.unwrap();
    assert_eq!(home.describe(&key).await.unwrap().valid_to, Some(end));
    let sealed = home.encrypt(&call(), &key, &[]).await.unwrap();
    home.later(1);
    assert_eq!(home.state(&key).await, "PendingImport");
    let refused = home.decrypt(&call(), &sealed, &[]).await;
    assert_eq!(code(refused), "KMSInvalidStateException");
    // The reconciler waits by the machine's time: it looks again as it begins.
    home.kms.restart();
    let store = &home.world.store;
    until("the material is gone from the disk", || async {
        let prefix = Scope::new("kms", ACCOUNT, "us-east-1").prefix("material");
        let found = store.range(Range::prefix(prefix).limit(10)).await;
        found.is_ok_and(|it| it.count == 0)
    })
    .await;
    home.import(&key, &[7; 32], None).await.unwrap();
    assert_eq!(home.decrypt(&call(), &sealed, &[]).await.unwrap(), b"plain");
}

/// A key that waits for deletion keeps what it has no longer than others.
#[tokio::test]
async fn material_goes_while_its_key_waits_for_deletion() {
    let mut home = Home::start();
    let key = home.external().await;
    let end = home.clock.now() + std::time::Duration::from_secs(24 * 3600);
    home.import(&key, &[7; 32], Some(end)).await.unwrap();
    let schedule = api::ScheduleKeyDeletionRequest {
        key_id: Some(key.clone()),
        pending_window_in_days: Some(7),
    };
    let scheduled = home.gated().schedule_key_deletion(&call(), schedule).await;
    scheduled.unwrap();
    assert_eq!(home.materials("us-east-1").await, 1);
    home.later(1);
    home.kms.restart();
    until("the material is gone from the disk", || async {
        home.materials("us-east-1").await == 0
    })
    .await;
    assert_eq!(home.state(&key).await, "PendingDeletion");
}

#[tokio::test]
async fn what_is_refused() {
    let home = Home::start();
    let (key, other, own) = (
        home.external().await,
        home.external().await,
        home.create().await,
    );
    assert_eq!(
        code(home.parameters(&own).await),
        "UnsupportedOperationException"
    );
    let parameters = home.parameters(&key).await.unwrap();
    let public = parameters.public_key.clone().unwrap();
    let good = api::ImportKeyMaterialRequest {
        key_id: Some(key.clone()),
        import_token: parameters.import_token.clone(),
        encrypted_key_material: Some(wrapped(&public, &[7; 32])),
        expiration_model: Some("KEY_MATERIAL_DOES_NOT_EXPIRE".to_owned()),
        ..Default::default()
    };
    let foreign = home.parameters(&other).await.unwrap();
    let past = Some(Timestamp(1_000));
    let far = Some(home.clock.now() + std::time::Duration::from_secs(366 * 24 * 3600));
    for (change, expected) in [
        (
            api::ImportKeyMaterialRequest {
                key_id: Some(other.clone()),
                ..good.clone()
            },
            "InvalidImportTokenException",
        ),
        (
            api::ImportKeyMaterialRequest {
                import_token: Some(b"nonsense \xff".to_vec()),
                ..good.clone()
            },
            "InvalidImportTokenException",
        ),
        (
            api::ImportKeyMaterialRequest {
                encrypted_key_material: Some(wrapped(&foreign.public_key.unwrap(), &[7; 32])),
                ..good.clone()
            },
            "InvalidCiphertextException",
        ),
        (
            api::ImportKeyMaterialRequest {
                expiration_model: None,
                ..good.clone()
            },
            "ValidationException",
        ),
        (
            api::ImportKeyMaterialRequest {
                expiration_model: None,
                valid_to: far,
                ..good.clone()
            },
            "ValidationException",
        ),
        (
            api::ImportKeyMaterialRequest {
                valid_to: past,
                ..good.clone()
            },
            "ValidationException",
        ),
        (
            api::ImportKeyMaterialRequest {
                expiration_model: None,
                valid_to: past,
                ..good.clone()
            },
            "ValidationException",
        ),
    ] {
        let refused = home.gated().import_key_material(&call(), change).await;
        assert_eq!(code(refused), expected);
    }
    let rotate = api::RotateKeyOnDemandRequest {
        key_id: Some(key.clone()),
    };
    home.gated()
        .import_key_material(&call(), good)
        .await
        .unwrap();
    let refused = home.gated().rotate_key_on_demand(&call(), rotate).await;
    assert_eq!(code(refused), "KMSInvalidStateException");
}

const BY_OAEP: (&str, &str) = ("RSAES_OAEP_SHA_256", "RSA_2048");
const BY_AES: (&str, &str) = ("RSA_AES_KEY_WRAP_SHA_256", "RSA_2048");

fn rsa(size: KeySize) -> Vec<u8> {
    let pair = RsaKeyPair::generate(size).unwrap();
    pair.as_der().unwrap().as_ref().to_vec()
}

#[tokio::test]
async fn private_keys_are_imported_and_are_what_they_were() {
    let home = Home::start();
    let p256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let p521 = EcdsaKeyPair::generate(&ECDSA_P521_SHA512_ASN1_SIGNING).unwrap();
    let p256_der = p256.to_pkcs8v1().unwrap().as_ref().to_vec();
    let p521_der = p521.to_pkcs8v1().unwrap().as_ref().to_vec();
    let rsa_der = rsa(KeySize::Rsa2048);
    for (spec, usage, algorithm, good, bad) in [
        (
            "ECC_NIST_P256",
            "SIGN_VERIFY",
            "ECDSA_SHA_256",
            &p256_der,
            &p521_der,
        ),
        (
            "ECC_NIST_P521",
            "SIGN_VERIFY",
            "ECDSA_SHA_512",
            &p521_der,
            &rsa_der,
        ),
        (
            "RSA_2048",
            "SIGN_VERIFY",
            "RSASSA_PSS_SHA_256",
            &rsa_der,
            &p256_der,
        ),
    ] {
        let key = home.external_of(spec, usage).await;
        let public = api::GetPublicKeyRequest {
            key_id: Some(key.clone()),
            ..Default::default()
        };
        let waits = home.gated().get_public_key(&call(), public.clone()).await;
        assert_eq!(code(waits), "KMSInvalidStateException", "{spec}");
        for wrong in [&bad[..], b"nonsense", &good[..good.len() - 3]] {
            let import = home.import_by(call(), &key, BY_AES, |it| wrapped_twice(it, wrong));
            assert_eq!(
                code(import.await),
                "IncorrectKeyMaterialException",
                "{spec}"
            );
        }
        let import = home.import_by(call(), &key, BY_AES, |it| wrapped_twice(it, good));
        assert_eq!(import.await.unwrap().key_material_id, None);
        let shown = home.gated().get_public_key(&call(), public).await.unwrap();
        let shown = shown.public_key.unwrap();
        assert!(!shown.is_empty());
        let sign = api::SignRequest {
            key_id: Some(key.clone()),
            message: Some(b"text".to_vec()),
            signing_algorithm: Some(algorithm.to_owned()),
            ..Default::default()
        };
        let made = home.gated().sign(&call(), sign).await.unwrap();
        let verify = api::VerifyRequest {
            key_id: Some(key.clone()),
            message: Some(b"text".to_vec()),
            signature: made.signature,
            signing_algorithm: Some(algorithm.to_owned()),
            ..Default::default()
        };
        assert_eq!(
            home.gated()
                .verify(&call(), verify)
                .await
                .unwrap()
                .signature_valid,
            Some(true)
        );
        // Another key of the same type is not taken, the same one is.
        let other = match spec {
            "RSA_2048" => rsa(KeySize::Rsa2048),
            "ECC_NIST_P256" => {
                let it = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
                it.to_pkcs8v1().unwrap().as_ref().to_vec()
            }
            _ => continue,
        };
        let import = home.import_by(call(), &key, BY_AES, |it| wrapped_twice(it, &other));
        assert_eq!(
            code(import.await),
            "IncorrectKeyMaterialException",
            "{spec}"
        );
        let delete = api::DeleteImportedKeyMaterialRequest {
            key_id: Some(key.clone()),
            ..Default::default()
        };
        let gated = home.gated();
        gated
            .delete_imported_key_material(&call(), delete)
            .await
            .unwrap();
        assert_eq!(home.state(&key).await, "PendingImport");
        let import = home.import_by(call(), &key, BY_AES, |it| wrapped_twice(it, good));
        import.await.unwrap();
        assert_eq!(home.state(&key).await, "Enabled");
    }
}

#[tokio::test]
async fn sizes_and_wrappings_have_to_fit() {
    let home = Home::start();
    for (spec, length) in [
        ("HMAC_224", 28),
        ("HMAC_256", 32),
        ("HMAC_384", 48),
        ("HMAC_512", 64),
    ] {
        let key = home.external_of(spec, "GENERATE_VERIFY_MAC").await;
        for wrong in [length - 1, length + 1, 0] {
            let import = home.import_by(call(), &key, BY_OAEP, |it| wrapped(it, &vec![7; wrong]));
            assert_eq!(
                code(import.await),
                "IncorrectKeyMaterialException",
                "{spec} {wrong}"
            );
        }
        let import = home.import_by(call(), &key, BY_OAEP, |it| wrapped(it, &vec![7; length]));
        import.await.unwrap();
        let mac = api::GenerateMacRequest {
            key_id: Some(key.clone()),
            message: Some(b"text".to_vec()),
            mac_algorithm: Some(spec.replace("HMAC_", "HMAC_SHA_")),
            ..Default::default()
        };
        assert!(home.gated().generate_mac(&call(), mac).await.is_ok());
    }
    let rsa_3072 = home.external_of("RSA_3072", "ENCRYPT_DECRYPT").await;
    let short = rsa(KeySize::Rsa2048);
    let import = home.import_by(call(), &rsa_3072, BY_AES, |it| wrapped_twice(it, &short));
    assert_eq!(code(import.await), "IncorrectKeyMaterialException");
    let p521 = home.external_of("ECC_NIST_P521", "SIGN_VERIFY").await;
    let symmetric = home.external().await;
    for (key, wrapping, text) in [
        (
            &rsa_3072,
            BY_OAEP,
            "RSA_2048 is not valid for key spec RSA_3072.",
        ),
        (
            &p521,
            BY_OAEP,
            "RSA_2048 is not valid for key spec ECC_NIST_P521.",
        ),
        (
            &symmetric,
            BY_AES,
            "RSA_2048 is not valid for key spec SYMMETRIC_DEFAULT.",
        ),
    ] {
        let import = home
            .import_by(call(), key, wrapping, |_| Vec::new())
            .await
            .unwrap_err();
        assert_eq!(import.code, "UnsupportedOperationException");
        assert!(import.message.ends_with(text), "{}", import.message);
    }
}

#[tokio::test]
async fn each_region_imports_for_itself() {
    let home = Home::start();
    let made = home.create_with(|it| {
        it.origin = Some("EXTERNAL".to_owned());
        it.multi_region = Some(true);
    });
    let key = made.await.unwrap().key_id.unwrap();
    let replicate = api::ReplicateKeyRequest {
        key_id: Some(key.clone()),
        replica_region: Some("eu-west-1".to_owned()),
        ..Default::default()
    };
    let early = home.gated().replicate_key(&call(), replicate.clone()).await;
    assert_eq!(code(early), "KMSInvalidStateException");
    let import = home.import_by(call(), &key, BY_OAEP, |it| wrapped(it, &[7; 32]));
    import.await.unwrap();
    home.gated()
        .replicate_key(&call(), replicate)
        .await
        .unwrap();
    let there = crate::regions::at("eu-west-1");
    let sealed = home.encrypt(&call(), &key, &[]).await.unwrap();
    let waits = home.decrypt(&there, &sealed, &[]).await;
    assert_eq!(code(waits), "KMSInvalidStateException");
    let import = home.import_by(crate::regions::at("eu-west-1"), &key, BY_OAEP, |it| {
        wrapped(it, &[8; 32])
    });
    assert_eq!(code(import.await), "IncorrectKeyMaterialException");
    let import = home.import_by(crate::regions::at("eu-west-1"), &key, BY_OAEP, |it| {
        wrapped(it, &[7; 32])
    });
    import.await.unwrap();
    // What one region deletes, the other keeps.
    let delete = api::DeleteImportedKeyMaterialRequest {
        key_id: Some(key.clone()),
        ..Default::default()
    };
    let gated = home.gated();
    gated
        .delete_imported_key_material(&call(), delete)
        .await
        .unwrap();
    assert_eq!(home.decrypt(&there, &sealed, &[]).await.unwrap(), b"plain");
}
