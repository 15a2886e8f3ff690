use std::sync::Arc;

use wharf_api_iam::{Iam, types::*};
use wharf_base::Timestamp;
use wharf_store::Range;
use wharf_svc_iam::{IamGate, IdentifyError, Mode};
use wharf_wire::{CallerKind, Check, Gate};

use crate::world::*;

#[tokio::test]
async fn a_key_stands_for_its_user_until_it_is_switched_off_or_deleted() {
    let w = world();
    w.user("anna").await;
    let key = w.key("anna").await;
    let id = key.access_key_id.clone().unwrap();
    let found = w.directory.identify(&id, None, NOW).await.unwrap();
    assert_eq!(
        Some(found.secret.expose()),
        key.secret_access_key.as_deref()
    );
    assert_eq!(found.caller.kind, CallerKind::User);
    assert_eq!(found.caller.arn, "arn:aws:iam::000000000000:user/anna");
    assert_eq!(found.caller.access_key_id, id);

    let switch = |status: &str| UpdateAccessKeyRequest {
        user_name: text("anna"),
        access_key_id: Some(id.clone()),
        status: text(status),
    };
    w.iam
        .update_access_key(&root(), switch("Inactive"))
        .await
        .unwrap();
    let off = w.directory.identify(&id, None, NOW).await;
    assert!(matches!(off, Err(IdentifyError::Unknown)));
    w.iam
        .update_access_key(&root(), switch("Active"))
        .await
        .unwrap();
    assert!(w.directory.identify(&id, None, NOW).await.is_ok());

    let delete = DeleteAccessKeyRequest {
        user_name: text("anna"),
        access_key_id: Some(id.clone()),
    };
    w.iam
        .delete_access_key(&root(), delete.clone())
        .await
        .unwrap();
    let gone = w.directory.identify(&id, None, NOW).await;
    assert!(matches!(gone, Err(IdentifyError::Unknown)));
    refused(
        w.iam.delete_access_key(&root(), delete).await,
        "NoSuchEntity",
        &format!("The Access Key with id {id} cannot be found."),
    );
}

#[tokio::test]
async fn keys_follow_a_renamed_user() {
    let w = world();
    w.user("anna").await;
    let id = w.key("anna").await.access_key_id.unwrap();
    let rename = UpdateUserRequest {
        user_name: text("anna"),
        new_user_name: text("berta"),
        ..Default::default()
    };
    w.iam.update_user(&root(), rename).await.unwrap();
    let found = w.directory.identify(&id, None, NOW).await.unwrap();
    assert_eq!(found.caller.arn, "arn:aws:iam::000000000000:user/berta");
}

#[tokio::test]
async fn two_keys_and_no_more_each_shown_once_in_full() {
    let w = world();
    w.user("anna").await;
    w.key("anna").await;
    w.key("anna").await;
    let create = CreateAccessKeyRequest {
        user_name: text("anna"),
    };
    refused(
        w.iam.create_access_key(&root(), create).await,
        "LimitExceeded",
        "Cannot exceed quota for AccessKeysPerUser: 2",
    );
    let list = ListAccessKeysRequest {
        user_name: text("anna"),
        ..Default::default()
    };
    let keys = w
        .iam
        .list_access_keys(&root(), list)
        .await
        .unwrap()
        .access_key_metadata
        .unwrap();
    assert_eq!(keys.len(), 2);
    assert!(
        keys.iter()
            .all(|key| key.status.as_deref() == Some("Active"))
    );
}

#[tokio::test]
async fn secrets_are_sealed_and_never_printed() {
    let w = world();
    w.user("anna").await;
    let key = w.key("anna").await;
    let secret = key.secret_access_key.unwrap();
    let everything = w.store.all(Range::prefix("/")).await.unwrap();
    assert!(!everything.entries.is_empty());
    for entry in everything.entries {
        assert!(
            !String::from_utf8_lossy(&entry.value).contains(&secret),
            "{}",
            entry.key
        );
    }
    let found = w
        .directory
        .identify(&key.access_key_id.unwrap(), None, NOW)
        .await
        .unwrap();
    assert!(!format!("{found:?} {:?}", w.directory).contains(&secret));
}

#[tokio::test]
async fn root_has_a_key_from_the_first_start_until_it_is_deleted() {
    let w = world();
    let first = w
        .directory
        .root_credentials(&PERMIT, ACCOUNT, NOW)
        .await
        .unwrap()
        .unwrap();
    let again = w
        .directory
        .root_credentials(&PERMIT, ACCOUNT, NOW)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(first.access_key_id, again.access_key_id);
    assert_eq!(first.secret.expose(), again.secret.expose());
    let found = w
        .directory
        .identify(&first.access_key_id, None, NOW)
        .await
        .unwrap();
    assert_eq!(found.caller.kind, CallerKind::Account);
    assert_eq!(found.caller.arn, "arn:aws:iam::000000000000:root");

    let list = ListAccessKeysRequest::default();
    let keys = w
        .iam
        .list_access_keys(&root(), list)
        .await
        .unwrap()
        .access_key_metadata
        .unwrap();
    assert_eq!(keys[0].access_key_id.as_ref(), Some(&first.access_key_id));

    let delete = DeleteAccessKeyRequest {
        user_name: None,
        access_key_id: Some(first.access_key_id.clone()),
    };
    w.iam.delete_access_key(&root(), delete).await.unwrap();
    assert!(
        w.directory
            .root_credentials(&PERMIT, ACCOUNT, NOW)
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn the_last_use_is_told_coarsely() {
    let w = world();
    w.user("anna").await;
    let mut anna = w.call_of("anna").await.context().clone();
    let id = anna.caller.access_key_id.clone();
    let ask = GetAccessKeyLastUsedRequest {
        access_key_id: Some(id),
    };
    let never = w
        .iam
        .get_access_key_last_used(&root(), ask.clone())
        .await
        .unwrap();
    let never = never.access_key_last_used.unwrap();
    assert_eq!(
        (never.last_used_date, never.service_name.as_deref()),
        (None, Some("N/A"))
    );

    let gate = IamGate::new(Arc::clone(&w.directory), Mode::Enforce);
    assert!(
        gate.decide(&anna, &[Check::any("ecs:ListClusters")])
            .await
            .is_err()
    );
    let revision = w.store.heard_of();
    anna.now = Timestamp(NOW.0 + 60_000);
    assert!(
        gate.decide(&anna, &[Check::any("ecr:DescribeRegistry")])
            .await
            .is_err()
    );
    assert_eq!(
        w.store.heard_of(),
        revision,
        "a minute later is not worth a write"
    );
    let used = w
        .iam
        .get_access_key_last_used(&root(), ask.clone())
        .await
        .unwrap();
    assert_eq!(used.user_name.as_deref(), Some("anna"));
    let used = used.access_key_last_used.unwrap();
    assert_eq!(
        (used.last_used_date, used.service_name.as_deref()),
        (Some(NOW), Some("ecs"))
    );

    anna.now = Timestamp(NOW.0 + 900_000);
    assert!(
        gate.decide(&anna, &[Check::any("ecr:DescribeRegistry")])
            .await
            .is_err()
    );
    let used = w.iam.get_access_key_last_used(&root(), ask).await.unwrap();
    assert_eq!(
        used.access_key_last_used.unwrap().service_name.as_deref(),
        Some("ecr")
    );
}

#[tokio::test]
async fn unknown_keys_and_tokens() {
    let w = world();
    for (id, token) in [
        ("AKIANOSUCHKEYAAAAAAA", None),
        ("ASIAX", None),
        ("", None),
        ("a/b", None),
        ("ASIAX", Some("token")),
        ("ASIAX", Some("")),
    ] {
        let answer = w.directory.identify(id, token, NOW).await;
        assert!(
            matches!(answer, Err(IdentifyError::Unknown)),
            "{id} {token:?}"
        );
    }
}
