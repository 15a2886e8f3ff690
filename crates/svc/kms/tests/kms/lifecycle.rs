//! Keys from the first day to the last.

use wharf_testkit::{REGION, refused, until};

use super::*;

#[tokio::test]
async fn bad_requests_for_keys_are_refused_in_words() {
    let home = Home::start();
    type Change = fn(&mut api::CreateKeyRequest);
    let cases: [(Change, &str, &str); 7] = [
        (
            |it| it.key_spec = Some("RSA_2048".into()),
            "ValidationException",
            "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.",
        ),
        (
            |it| it.key_usage = Some("SIGN_VERIFY".into()),
            "ValidationException",
            "KeyUsage SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT",
        ),
        (
            |it| it.key_spec = Some("ML_DSA_44".into()),
            "UnsupportedOperationException",
            "KeySpec ML_DSA_44 is not supported by this version of wharf.",
        ),
        (
            |it| {
                it.key_spec = Some("ECC_NIST_P256".into());
                it.key_usage = Some("ENCAPSULATE_DECAPSULATE".into());
            },
            "UnsupportedOperationException",
            "KeyUsage ENCAPSULATE_DECAPSULATE is not supported by this version of wharf.",
        ),
        (
            |it| {
                it.key_spec = Some("SYMMETRIC_DEFAULT".into());
                it.customer_master_key_spec = Some("SYMMETRIC_DEFAULT".into());
            },
            "ValidationException",
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. \
             CustomerMasterKeySpec is deprecated.",
        ),
        (
            |it| it.policy = Some("{".into()),
            "MalformedPolicyDocumentException",
            "Syntax errors in policy.",
        ),
        (
            |it| {
                let tag = api::Tag {
                    tag_key: Some("aws:x".into()),
                    tag_value: Some(String::new()),
                };
                it.tags = Some(vec![tag]);
            },
            "TagException",
            "aws: prefixed tag key names are not allowed for external use.",
        ),
    ];
    for (change, code, text) in cases {
        refused(home.create_with(change).await, code, text);
    }
    for (key, text) in [
        ("nonsense", "Invalid keyId 'nonsense'"),
        (
            "1234abcd-12ab-34cd-56ef-1234567890ab",
            "Key 'arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab' \
             does not exist",
        ),
        (
            "alias/none",
            "Alias arn:aws:kms:us-east-1:000000000000:alias/none is not found.",
        ),
        (
            "arn:aws:kms:eu-west-1:000000000000:alias/none",
            "Invalid arn eu-west-1",
        ),
    ] {
        refused(home.describe(key).await, "NotFoundException", text);
    }
}

#[tokio::test]
async fn a_disabled_key_rests() {
    let home = Home::start();
    let key = home.create().await;
    let blob = home.encrypt(&call(), &key, &[]).await.unwrap();
    let gated = home.gated();
    let named = Some(key.clone());
    let disable = api::DisableKeyRequest {
        key_id: named.clone(),
    };
    gated.disable_key(&call(), disable).await.unwrap();
    let text = format!("{key} is disabled.");
    refused(
        home.encrypt(&call(), &key, &[]).await,
        "DisabledException",
        &text,
    );
    refused(
        home.decrypt(&call(), &blob, &[]).await,
        "DisabledException",
        &text,
    );
    let shown = home.describe(&key).await.unwrap();
    assert_eq!(
        (shown.enabled, shown.key_state.as_deref()),
        (Some(false), Some("Disabled"))
    );
    let enable = api::EnableKeyRequest { key_id: named };
    gated.enable_key(&call(), enable).await.unwrap();
    assert_eq!(home.decrypt(&call(), &blob, &[]).await.unwrap(), b"plain");
}

fn schedule(key: &str, days: i32) -> api::ScheduleKeyDeletionRequest {
    api::ScheduleKeyDeletionRequest {
        key_id: Some(key.to_owned()),
        pending_window_in_days: Some(days),
    }
}

#[tokio::test]
async fn a_key_can_be_kept_until_its_waiting_period_is_over() {
    let mut home = Home::start();
    let key = home.create().await;
    home.alias("alias/app", &key).await.unwrap();
    let blob = home.encrypt(&call(), "alias/app", &[]).await.unwrap();
    assert_eq!(
        code(
            home.gated()
                .schedule_key_deletion(&call(), schedule(&key, 6))
                .await
        ),
        "ValidationException"
    );
    let asked = home
        .gated()
        .schedule_key_deletion(&call(), schedule(&key, 7))
        .await
        .unwrap();
    assert_eq!(asked.key_state.as_deref(), Some("PendingDeletion"));
    let text = format!("{key} is pending deletion.");
    refused(
        home.decrypt(&call(), &blob, &[]).await,
        "KMSInvalidStateException",
        &text,
    );
    refused(
        home.gated()
            .schedule_key_deletion(&call(), schedule(&key, 7))
            .await,
        "KMSInvalidStateException",
        &text,
    );
    let cancel = api::CancelKeyDeletionRequest {
        key_id: Some(key.clone()),
    };
    home.gated()
        .cancel_key_deletion(&call(), cancel.clone())
        .await
        .unwrap();
    let shown = home.describe(&key).await.unwrap();
    assert_eq!(shown.key_state.as_deref(), Some("Disabled"));
    refused(
        home.gated()
            .cancel_key_deletion(&call(), cancel.clone())
            .await,
        "KMSInvalidStateException",
        &format!("{key} is not pending deletion."),
    );
    home.gated()
        .schedule_key_deletion(&call(), schedule(&key, 7))
        .await
        .unwrap();
    home.later(7);
    // Over is over, even before the reconciler has been there.
    assert_eq!(
        code(home.gated().cancel_key_deletion(&call(), cancel).await),
        "NotFoundException"
    );
    assert_eq!(code(home.describe("alias/app").await), "NotFoundException");
    home.kms.restart();
    until("the key is destroyed", || async {
        let stored = home
            .world
            .store
            .all(wharf_store::Range::prefix("/w1/c0/kms/"))
            .await;
        let keys = stored.unwrap().entries.into_iter().map(|it| it.key);
        keys.filter(|it| !it.contains("/shard/")).count() == 0
    })
    .await;
}

#[tokio::test]
async fn aliases_lead_to_keys_and_move() {
    let home = Home::start();
    let (one, two) = (home.create().await, home.create().await);
    home.alias("alias/app", &one).await.unwrap();
    refused(
        home.alias("alias/app", &two).await,
        "AlreadyExistsException",
        "An alias with the name arn:aws:kms:us-east-1:000000000000:alias/app already exists",
    );
    refused(
        home.alias("alias/b", "alias/app").await,
        "ValidationException",
        "Aliases must refer to keys. Not aliases",
    );
    assert_eq!(code(home.alias("app", &two).await), "ValidationException");
    assert_eq!(
        code(home.alias("alias/aws/app", &two).await),
        "NotAuthorizedException"
    );
    assert_eq!(home.describe("alias/app").await.unwrap().arn.unwrap(), one);
    let gated = home.gated();
    let update = |key: &str| api::UpdateAliasRequest {
        alias_name: Some("alias/app".to_owned()),
        target_key_id: Some(key.to_owned()),
    };
    gated.update_alias(&call(), update(&two)).await.unwrap();
    assert_eq!(home.describe("alias/app").await.unwrap().arn.unwrap(), two);
    let signing = home.create_spec("ECC_NIST_P256", "SIGN_VERIFY").await;
    assert_eq!(
        code(gated.update_alias(&call(), update(&signing)).await),
        "ValidationException"
    );
    let list = |key: Option<&str>, marker| api::ListAliasesRequest {
        key_id: key.map(str::to_owned),
        limit: Some(1),
        marker,
    };
    let of = gated
        .list_aliases(&call(), list(Some(&one), None))
        .await
        .unwrap();
    assert_eq!(of.aliases.unwrap().len(), 0);
    home.alias("alias/b", &two).await.unwrap();
    let first = gated.list_aliases(&call(), list(None, None)).await.unwrap();
    assert_eq!(first.truncated, Some(true));
    let second = gated
        .list_aliases(&call(), list(None, first.next_marker))
        .await
        .unwrap();
    assert_eq!(
        second.aliases.unwrap()[0].alias_name.as_deref(),
        Some("alias/b")
    );
    let delete = api::DeleteAliasRequest {
        alias_name: Some("alias/app".to_owned()),
    };
    gated.delete_alias(&call(), delete).await.unwrap();
    assert_eq!(code(home.describe("alias/app").await), "NotFoundException");
}

#[tokio::test]
async fn rotated_keys_open_what_they_sealed() {
    let mut home = Home::start();
    let key = home.create().await;
    let first = home.encrypt(&call(), &key, &[]).await.unwrap();
    let rotate = api::RotateKeyOnDemandRequest {
        key_id: Some(key.clone()),
    };
    home.gated()
        .rotate_key_on_demand(&call(), rotate)
        .await
        .unwrap();
    let second = home.encrypt(&call(), &key, &[]).await.unwrap();
    let enable = api::EnableKeyRotationRequest {
        key_id: Some(key.clone()),
        rotation_period_in_days: Some(90),
    };
    home.gated()
        .enable_key_rotation(&call(), enable)
        .await
        .unwrap();
    home.later(90);
    home.kms.restart();
    let rotations = |all: Option<&str>| api::ListKeyRotationsRequest {
        key_id: Some(key.clone()),
        include_key_material: all.map(str::to_owned),
        ..Default::default()
    };
    until("the key is rotated by itself", || async {
        let listed = home
            .gated()
            .list_key_rotations(&call(), rotations(None))
            .await;
        listed.unwrap().rotations.unwrap().len() == 2
    })
    .await;
    let listed = home
        .gated()
        .list_key_rotations(&call(), rotations(Some("ALL_KEY_MATERIAL")))
        .await;
    let kinds: Vec<_> = listed.unwrap().rotations.unwrap();
    let kinds: Vec<_> = kinds.iter().map(|it| it.rotation_type.as_deref()).collect();
    assert_eq!(kinds, [None, Some("ON_DEMAND"), Some("AUTOMATIC")]);
    for blob in [first, second] {
        assert_eq!(home.decrypt(&call(), &blob, &[]).await.unwrap(), b"plain");
    }
    let mac = home.create_spec("HMAC_224", "GENERATE_VERIFY_MAC").await;
    let rotate = api::RotateKeyOnDemandRequest { key_id: Some(mac) };
    let refused = home.gated().rotate_key_on_demand(&call(), rotate).await;
    assert_eq!(code(refused), "UnsupportedOperationException");
}

#[tokio::test]
async fn a_restart_keeps_everything() {
    let mut home = Home::start();
    let key = home.create().await;
    home.alias("alias/app", &key).await.unwrap();
    let blob = home
        .encrypt(&call(), "alias/app", &[("a", "b")])
        .await
        .unwrap();
    home.kms.restart();
    assert_eq!(
        home.decrypt(&call(), &blob, &[("a", "b")]).await.unwrap(),
        b"plain"
    );
    let listed = home
        .gated()
        .list_keys(&call(), Default::default())
        .await
        .unwrap();
    assert_eq!(listed.keys.unwrap()[0].key_arn.as_deref(), Some(&*key));
    let tag = api::TagResourceRequest {
        key_id: Some(key.clone()),
        tags: Some(vec![api::Tag {
            tag_key: Some("team".into()),
            tag_value: Some(REGION.into()),
        }]),
    };
    home.gated().tag_resource(&call(), tag).await.unwrap();
    let list = api::ListResourceTagsRequest {
        key_id: Some(key),
        ..Default::default()
    };
    let tags = home
        .gated()
        .list_resource_tags(&call(), list)
        .await
        .unwrap()
        .tags;
    assert_eq!(tags.unwrap()[0].tag_key.as_deref(), Some("team"));
}
