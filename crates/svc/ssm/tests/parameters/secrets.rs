//! SecureStrings, and secrets read by reference.

use wharf_api_secretsmanager::{self as secrets, Secretsmanager as _};
use wharf_api_ssm::{self as api, Ssm as _};
use wharf_testkit::{call, call_of, refused};
use wharf_wire::Caller;

use crate::home::{HIDDEN, Home, get, get_as, put};

const REFERENCE: &str = "/aws/reference/secretsmanager/app/db";

#[tokio::test]
async fn a_secure_string_lies_sealed_and_is_opened_on_request_alone() {
    let home = Home::start();
    home.put_secret("/app/password", HIDDEN).await.unwrap();
    home.overwrite("/app/password", &format!("{HIDDEN}, again"))
        .await
        .unwrap();
    let sealed = get(&home, "/app/password:1").await.unwrap();
    assert_eq!(sealed.type_.as_deref(), Some("SecureString"));
    assert!(!sealed.value.unwrap().contains("horse"));
    let opened = home.decrypted("/app/password:1").await.unwrap();
    assert_eq!(opened.value.as_deref(), Some(HIDDEN));
    let listed = home.metadata(&[]).await.remove(0);
    assert_eq!(listed.key_id.as_deref(), Some("alias/aws/ssm"));
    for key in home.keys().await {
        assert!(!key.contains("horse"), "{key}");
    }
    assert!(!home.world.stored("/").await.contains("horse"));
}

#[tokio::test]
async fn a_secret_is_no_version_of_another_parameter() {
    let home = Home::start();
    home.put_secret("/a", HIDDEN).await.unwrap();
    home.put_secret("/b", "other").await.unwrap();
    let keys = home.keys().await;
    let of = |name: &str| {
        keys.iter()
            .find(|it| it.contains(&format!("/version/{name}:")))
            .unwrap()
    };
    let moved = home.world.store.get(of("a")).await.unwrap().unwrap();
    let store = &home.world.store;
    store
        .put(&wharf_testkit::PERMIT, of("b"), moved.value)
        .await
        .unwrap();
    assert_eq!(
        home.decrypted("/b").await.unwrap_err().code,
        "InternalServerError"
    );
}

#[tokio::test]
async fn a_secure_string_under_a_key_opens_while_the_key_does() {
    let home = Home::start();
    let made = home.keys.create_key(&call(), Default::default()).await;
    let key = made.unwrap().key_metadata.unwrap().key_id.unwrap();
    let long = format!("{HIDDEN} {}", "x".repeat(5000));
    for (name, value) in [("/short", HIDDEN), ("/long", &long)] {
        let under = |it: &mut api::PutParameterRequest| {
            it.type_ = Some("SecureString".to_owned());
            it.tier = Some("Advanced".to_owned());
            it.key_id = Some(key.clone());
        };
        put(&home, name, value, under).await.unwrap();
        let opened = home.decrypted(name).await.unwrap();
        assert_eq!(opened.value.as_deref(), Some(value));
        let sealed = get(&home, name).await.unwrap().value.unwrap();
        assert!(!sealed.contains("horse"));
    }
    let listed = home.metadata(&[]).await;
    assert!(listed.iter().all(|it| it.key_id.as_deref() == Some(&key)));
    assert!(!home.world.stored("/").await.contains("horse"));
    let disable = wharf_api_kms::DisableKeyRequest {
        key_id: Some(key.clone()),
    };
    home.keys.disable_key(&call(), disable).await.unwrap();
    for name in ["/short", "/long"] {
        assert_eq!(home.decrypted(name).await.unwrap_err().code, "InvalidKeyId");
        // Its envelope is nobody's secret.
        assert!(get(&home, name).await.is_ok());
    }
    // A user who may read parameters and not use the key reads none under it.
    let nobody = call_of(Caller::unproven("000000000000", ""));
    let denied = get_as(&home, &nobody, "/short", true).await;
    assert_eq!(denied.unwrap_err().code, "AccessDeniedException");
}

async fn secret(home: &Home, text: &str) -> secrets::CreateSecretResponse {
    let input = secrets::CreateSecretRequest {
        name: Some("app/db".to_owned()),
        secret_string: Some(text.to_owned()),
        ..Default::default()
    };
    home.secrets.create_secret(&call(), input).await.unwrap()
}

#[tokio::test]
async fn a_reference_reads_the_secret() {
    let home = Home::start();
    let made = secret(&home, "one").await;
    let first = made.version_id.unwrap();
    let input = secrets::PutSecretValueRequest {
        secret_id: Some("app/db".to_owned()),
        secret_string: Some("two".to_owned()),
        ..Default::default()
    };
    home.secrets.put_secret_value(&call(), input).await.unwrap();
    for (selector, value) in [
        (String::new(), "two"),
        (":AWSPREVIOUS".to_owned(), "one"),
        (format!(":{first}"), "one"),
    ] {
        let found = home
            .decrypted(&format!("{REFERENCE}{selector}"))
            .await
            .unwrap();
        assert_eq!(found.value.as_deref(), Some(value), "{selector}");
        assert_eq!(found.name.as_deref(), Some(REFERENCE));
        assert_eq!(found.type_.as_deref(), Some("SecureString"));
        assert_eq!(found.version, Some(0));
        assert_eq!(found.arn, made.arn);
        let source = found.source_result.unwrap();
        assert!(source.contains(r#""name":"app/db""#), "{source}");
    }
    refused(
        get(&home, REFERENCE).await,
        "ValidationException",
        "WithDecryption flag must be True for retrieving a Secret Manager secret.",
    );
    refused(
        home.decrypted("/aws/reference/secretsmanager/none").await,
        "ParameterNotFound",
        "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret \
         /aws/reference/secretsmanager/none not found.",
    );
    let input = api::GetParametersRequest {
        names: Some(vec![
            REFERENCE.to_owned(),
            format!("{REFERENCE}x"),
            "none".to_owned(),
        ]),
        with_decryption: Some(true),
    };
    let got = home.ssm.get_parameters(&call(), input).await.unwrap();
    assert_eq!(got.parameters.unwrap().len(), 1);
    let missing = got.invalid_parameters.unwrap();
    assert_eq!(missing, [format!("{REFERENCE}x"), "none".to_owned()]);
}

#[tokio::test]
async fn a_reference_is_read_as_the_caller() {
    let home = Home::start();
    secret(&home, "one").await;
    // A role of which IAM knows nothing: Secrets Manager's own row denies it.
    let nobody = Caller {
        arn: "arn:aws:sts::000000000000:assumed-role/none/s".to_owned(),
        kind: wharf_wire::CallerKind::AssumedRole,
        role_arn: "arn:aws:iam::000000000000:role/none".to_owned(),
        ..Caller::root("000000000000")
    };
    let denied = get_as(&home, &call_of(nobody), REFERENCE, true).await;
    assert_eq!(denied.unwrap_err().code, "AccessDeniedException");
}
