//! Secrets under keys of KMS.

use wharf_api_secretsmanager::{self as api, Secretsmanager as _};

use crate::home::{HIDDEN, Home, code};

#[tokio::test]
async fn a_secret_under_a_key_opens_with_it() {
    let home = Home::start();
    let (one, two) = (home.key("alias/one").await, home.key("alias/two").await);
    home.create_under("a", "alias/one").await.unwrap();
    assert_eq!(home.get("a").await.unwrap(), HIDDEN);
    let described = api::DescribeSecretRequest {
        secret_id: Some("a".to_owned()),
    };
    let described = home.secrets.describe_secret(&home.call(), described).await;
    assert_eq!(described.unwrap().kms_key_id.as_deref(), Some("alias/one"));

    home.enable_key(&one, false).await;
    assert_eq!(code(home.get("a").await), "DecryptionFailure");
    assert_eq!(
        code(home.put("a", "second", None).await),
        "EncryptionFailure"
    );
    assert_eq!(
        code(home.update_key("a", "alias/two").await),
        "DecryptionFailure"
    );
    home.enable_key(&one, true).await;

    home.put("a", "second", None).await.unwrap();
    home.update_key("a", &two).await.unwrap();
    home.enable_key(&one, false).await;
    assert_eq!(home.get("a").await.unwrap(), "second");
    let previous =
        |it: &mut api::GetSecretValueRequest| it.version_stage = Some("AWSPREVIOUS".into());
    let call = home.call();
    assert_eq!(home.get_with(&call, "a", previous).await.unwrap(), HIDDEN);
    let versions = api::ListSecretVersionIdsRequest {
        secret_id: Some("a".to_owned()),
        ..Default::default()
    };
    let versions = home.secrets.list_secret_version_ids(&call, versions).await;
    for version in versions.unwrap().versions.unwrap() {
        assert_eq!(version.kms_key_ids.unwrap(), std::slice::from_ref(&two));
    }
    home.update_key("a", "alias/aws/secretsmanager")
        .await
        .unwrap();
    home.enable_key(&two, false).await;
    assert_eq!(home.get("a").await.unwrap(), "second");
}

#[tokio::test]
async fn a_key_that_is_not_there_seals_nothing() {
    let home = Home::start();
    assert_eq!(
        code(home.create_under("a", "alias/none").await),
        "EncryptionFailure"
    );
    assert_eq!(code(home.get("a").await), "ResourceNotFoundException");
    let key = home.key("alias/one").await;
    home.create_under("a", &key).await.unwrap();
    let repeated = home.create_under("a", &key).await;
    assert_eq!(code(repeated), "ResourceExistsException");
}

/// Policies that want secrets under one key alone know it by whatever name a request has for it.
#[tokio::test]
async fn policies_are_asked_about_the_key() {
    let home = Home::start();
    let key = home.key("alias/one").await;
    let id = key.rsplit('/').next().unwrap();
    let own = "alias/aws/secretsmanager";
    let nowhere = "arn:aws:kms:us-east-1:000000000000:alias/none";
    let call = home.call();
    home.create("a", "one").await.unwrap();
    for (given, arn) in [
        (key.as_str(), Some(key.as_str())),
        (id, Some(key.as_str())),
        ("alias/one", Some(key.as_str())),
        ("alias/none", Some(nowhere)),
        (own, None),
    ] {
        let create = api::CreateSecretRequest {
            name: Some("b".to_owned()),
            kms_key_id: Some(given.to_owned()),
            ..Default::default()
        };
        let update = api::UpdateSecretRequest {
            secret_id: Some("a".to_owned()),
            kms_key_id: Some(given.to_owned()),
            ..Default::default()
        };
        for asked in [
            api::Input::CreateSecret(&create),
            api::Input::UpdateSecret(&update),
        ] {
            let checks = home.secrets.authorize(&call, asked).await.unwrap();
            let context = &checks[0].context;
            assert_eq!(context["secretsmanager:KmsKeyId"], [given]);
            let found = context.get("secretsmanager:KmsKeyArn");
            assert_eq!(found.map(|it| it[0].as_str()), arn, "{given}");
        }
    }
    let plain = api::UpdateSecretRequest {
        secret_id: Some("a".to_owned()),
        ..Default::default()
    };
    let asked = api::Input::UpdateSecret(&plain);
    let checks = home.secrets.authorize(&call, asked).await.unwrap();
    assert!(!checks[0].context.contains_key("secretsmanager:KmsKeyId"));
}
