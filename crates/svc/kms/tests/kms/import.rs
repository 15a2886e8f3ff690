//! Keys whose material comes from elsewhere.

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use wharf_api_kms::{self as api, Kms as _};
use wharf_base::{Clock as _, Timestamp};
use wharf_records::Scope;
use wharf_store::Range;
use wharf_testkit::{ACCOUNT, call, until};
use wharf_wire::Fault;

use crate::{Home, code};

impl Home {
    async fn external(&self) -> String {
        let made = self.create_with(|it| it.origin = Some("EXTERNAL".to_owned()));
        made.await.unwrap().arn.unwrap()
    }

    async fn parameters(&self, key: &str) -> Result<api::GetParametersForImportResponse, Fault> {
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

    async fn state(&self, key: &str) -> String {
        self.describe(key).await.unwrap().key_state.unwrap()
    }
}

fn wrapped(public: &[u8], material: &[u8]) -> Vec<u8> {
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
    let home = Home::start();
    let key = home.external().await;
    let end = home.clock.now() + std::time::Duration::from_secs(24 * 3600);
    home.import(&key, &[7; 32], Some(end)).await.unwrap();
    assert_eq!(home.describe(&key).await.unwrap().valid_to, Some(end));
    let sealed = home.encrypt(&call(), &key, &[]).await.unwrap();
    home.later(1);
    assert_eq!(home.state(&key).await, "PendingImport");
    let refused = home.decrypt(&call(), &sealed, &[]).await;
    assert_eq!(code(refused), "KMSInvalidStateException");
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
    let hmac = home.create_with(|it| {
        it.origin = Some("EXTERNAL".to_owned());
        it.key_spec = Some("HMAC_256".to_owned());
        it.key_usage = Some("GENERATE_VERIFY_MAC".to_owned());
    });
    assert_eq!(code(hmac.await), "UnsupportedOperationException");
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
    assert_eq!(code(refused), "UnsupportedOperationException");
}
