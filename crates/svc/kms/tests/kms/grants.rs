//! Grants past the gate.

use wharf_records::{Scope, escape};
use wharf_store::{Range, Txn};
use wharf_testkit::{PERMIT, REGION, refused};

use super::*;

const NOTHING: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;

fn grant(key: &str, to: &str, operations: &[&str]) -> api::CreateGrantRequest {
    api::CreateGrantRequest {
        key_id: Some(key.to_owned()),
        grantee_principal: Some(to.to_owned()),
        operations: Some(operations.iter().map(|it| (*it).to_owned()).collect()),
        ..Default::default()
    }
}

fn bound(subset: &[(&str, &str)]) -> Option<api::GrantConstraints> {
    Some(api::GrantConstraints {
        encryption_context_subset: pairs(subset),
        ..Default::default()
    })
}

#[tokio::test]
async fn a_grant_allows_what_it_says() {
    let home = Home::start();
    let key = home.create().await;
    let user = home.user("user", NOTHING).await;
    let gated = home.gated();
    let input = api::CreateGrantRequest {
        constraints: bound(&[("app", "web")]),
        name: Some("one".to_owned()),
        ..grant(
            &key,
            &user.caller.arn,
            &["Encrypt", "Decrypt", "DescribeKey"],
        )
    };
    let made = gated.create_grant(&call(), input.clone()).await.unwrap();
    let again = gated.create_grant(&call(), input).await.unwrap();
    assert_eq!(made.grant_id, again.grant_id);
    let blob = home
        .encrypt(&user, &key, &[("app", "web"), ("x", "y")])
        .await
        .unwrap();
    assert_eq!(
        code(home.encrypt(&user, &key, &[]).await),
        "AccessDeniedException"
    );
    assert!(
        home.decrypt(&user, &blob, &[("app", "web"), ("x", "y")])
            .await
            .is_ok()
    );
    let describe = api::DescribeKeyRequest {
        key_id: Some(key.clone()),
        grant_tokens: made.grant_token.clone().map(|it| vec![it]),
    };
    assert!(gated.describe_key(&user, describe.clone()).await.is_ok());
    let bad = api::DescribeKeyRequest {
        grant_tokens: Some(vec!["nonsense".to_owned()]),
        ..describe
    };
    assert_eq!(
        code(gated.describe_key(&user, bad).await),
        "InvalidGrantTokenException"
    );
    let list = api::ListGrantsRequest {
        key_id: Some(key.clone()),
        ..Default::default()
    };
    let listed = gated
        .list_grants(&call(), list)
        .await
        .unwrap()
        .grants
        .unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].grantee_principal.as_ref(), Some(&user.caller.arn));
    let revoke = api::RevokeGrantRequest {
        key_id: Some(key.clone()),
        grant_id: made.grant_id,
        dry_run: None,
    };
    gated.revoke_grant(&call(), revoke.clone()).await.unwrap();
    assert_eq!(
        code(gated.revoke_grant(&call(), revoke).await),
        "NotFoundException"
    );
    let refused = home
        .decrypt(&user, &blob, &[("app", "web"), ("x", "y")])
        .await;
    assert_eq!(code(refused), "AccessDeniedException");
}

#[tokio::test]
async fn a_denial_outweighs_a_grant() {
    let home = Home::start();
    let user = home.user("user", NOTHING).await;
    let arn = &user.caller.arn;
    let text = format!(
        r#"{{"Version": "2012-10-17", "Statement": [
        {{"Effect": "Allow", "Principal": {{"AWS": "arn:aws:iam::{ACCOUNT}:root"}}, "Action": "kms:*", "Resource": "*"}},
        {{"Effect": "Deny", "Principal": {{"AWS": "{arn}"}}, "Action": "kms:Encrypt", "Resource": "*"}}]}}"#
    );
    let key = home
        .create_with(|it| it.policy = Some(text))
        .await
        .unwrap()
        .arn
        .unwrap();
    let input = grant(&key, arn, &["Encrypt"]);
    home.gated().create_grant(&call(), input).await.unwrap();
    let refused = home.encrypt(&user, &key, &[]).await.unwrap_err();
    assert!(
        refused.message.contains("explicit deny"),
        "{}",
        refused.message
    );
}

#[tokio::test]
async fn a_grantee_hands_on_what_it_has() {
    let home = Home::start();
    let key = home.create().await;
    let (one, two) = (
        home.user("one", NOTHING).await,
        home.user("two", NOTHING).await,
    );
    let gated = home.gated();
    let parent = api::CreateGrantRequest {
        constraints: bound(&[("app", "web")]),
        ..grant(&key, &one.caller.arn, &["CreateGrant", "Decrypt"])
    };
    gated.create_grant(&call(), parent).await.unwrap();
    let wider = [
        grant(&key, &two.caller.arn, &["Decrypt"]),
        api::CreateGrantRequest {
            constraints: bound(&[("app", "web")]),
            ..grant(&key, &two.caller.arn, &["Encrypt"])
        },
    ];
    for wider in wider {
        assert_eq!(
            code(gated.create_grant(&one, wider).await),
            "AccessDeniedException"
        );
    }
    let narrower = api::CreateGrantRequest {
        constraints: bound(&[("app", "web"), ("stage", "test")]),
        ..grant(&key, &two.caller.arn, &["Decrypt"])
    };
    gated.create_grant(&one, narrower).await.unwrap();
    let context = [("app", "web"), ("stage", "test")];
    let blob = home.encrypt(&call(), &key, &context).await.unwrap();
    assert!(home.decrypt(&two, &blob, &context).await.is_ok());
}

/// A grant is for the very user that it named, and whoever is made under that name later is another.
#[tokio::test]
async fn a_grant_does_not_pass_to_a_namesake() {
    let home = Home::start();
    let key = home.create().await;
    let gated = home.gated();
    let user = home.user("user", NOTHING).await;
    let input = api::CreateGrantRequest {
        retiring_principal: Some(user.caller.arn.clone()),
        ..grant(&key, &user.caller.arn, &["Encrypt"])
    };
    let made = gated.create_grant(&call(), input.clone()).await.unwrap();
    assert!(home.encrypt(&user, &key, &[]).await.is_ok());
    home.without_user("user").await;
    let nobody = gated.create_grant(&call(), input).await;
    assert_eq!(code(nobody), "InvalidArnException");
    let namesake = home.user("user", NOTHING).await;
    assert_eq!(namesake.caller.arn, user.caller.arn);
    assert_eq!(
        code(home.encrypt(&namesake, &key, &[]).await),
        "AccessDeniedException"
    );
    let retire = api::RetireGrantRequest {
        grant_token: made.grant_token,
        ..Default::default()
    };
    assert_eq!(
        code(gated.retire_grant(&namesake, retire).await),
        "AccessDeniedException"
    );
    let list = api::ListGrantsRequest {
        key_id: Some(key.clone()),
        ..Default::default()
    };
    let listed = gated.list_grants(&call(), list).await.unwrap();
    let shown = &listed.grants.unwrap()[0];
    let id = Some(&user.caller.user_id);
    assert_eq!(shown.grantee_principal.as_ref(), id);
    assert_eq!(shown.retiring_principal.as_ref(), id);
}

/// A grant stays with the user that it named, whatever name that one has.
#[tokio::test]
async fn a_grant_follows_a_rename() {
    let home = Home::start();
    let key = home.create().await;
    let gated = home.gated();
    let mut user = home.user("old", NOTHING).await.caller.clone();
    let input = api::CreateGrantRequest {
        name: Some("once".to_owned()),
        retiring_principal: Some(user.arn.clone()),
        ..grant(&key, &user.arn, &["Encrypt"])
    };
    let made = gated.create_grant(&call(), input.clone()).await.unwrap();
    home.world.rename_user("old", "new").await;
    user.arn = user.arn.replace("/old", "/new");
    assert!(
        home.encrypt(&call_of(user.clone()), &key, &[])
            .await
            .is_ok()
    );

    let renamed = api::CreateGrantRequest {
        retiring_principal: Some(user.arn.clone()),
        grantee_principal: Some(user.arn.clone()),
        ..input
    };
    let again = gated.create_grant(&call(), renamed).await.unwrap();
    assert_eq!(again.grant_id, made.grant_id);
    let list = api::ListGrantsRequest {
        key_id: Some(key.clone()),
        grantee_principal: Some(user.arn.clone()),
        ..Default::default()
    };
    let listed = gated.list_grants(&call(), list).await.unwrap().grants;
    let listed = listed.unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].grantee_principal.as_ref(), Some(&user.arn));
    let list = api::ListRetirableGrantsRequest {
        retiring_principal: Some(user.arn.clone()),
        ..Default::default()
    };
    let listed = gated.list_retirable_grants(&call(), list).await.unwrap();
    assert_eq!(listed.grants.unwrap().len(), 1);

    // Whoever has the former name is another.
    let namesake = home.user("old", NOTHING).await;
    assert_eq!(
        code(home.encrypt(&namesake, &key, &[]).await),
        "AccessDeniedException"
    );
}

/// Puts the only grant where versions before kept it: under the ARN of the user that it names, whose id the first of them did
/// not have.
async fn keep_by_arn(home: &Home, user: &Caller, has_ids: bool) {
    let prefix = Scope::new("kms", ACCOUNT, REGION).prefix("grant");
    let store = &home.world.store;
    let entry = store.all(Range::prefix(prefix)).await.unwrap();
    let entry = entry.entries.into_iter().next().unwrap();
    let former = entry
        .key
        .replace(&escape(&user.user_id), &escape(&user.arn));
    assert_ne!(former, entry.key);
    let mut value = String::from_utf8(entry.value.to_vec()).unwrap();
    if !has_ids {
        for whom in ["grantee_id", "retiring_id"] {
            let id = format!(r#","{whom}":"{}""#, user.user_id);
            assert!(value.contains(&id), "{value}");
            value = value.replace(&id, "");
        }
    }
    let txn = Txn::new().delete(entry.key).put(former, value);
    store.txn(&PERMIT, txn).await.unwrap();
}

#[tokio::test]
async fn grants_of_versions_before_hold() {
    for has_ids in [true, false] {
        a_grant_of_a_version_before_holds(has_ids).await;
    }
}

async fn a_grant_of_a_version_before_holds(has_ids: bool) {
    let home = Home::start();
    let key = home.create().await;
    let gated = home.gated();
    let user = home.user("user", NOTHING).await;
    let input = api::CreateGrantRequest {
        name: Some("once".to_owned()),
        retiring_principal: Some(user.caller.arn.clone()),
        ..grant(&key, &user.caller.arn, &["Encrypt"])
    };
    let made = gated.create_grant(&call(), input.clone()).await.unwrap();
    keep_by_arn(&home, &user.caller, has_ids).await;
    assert!(home.encrypt(&user, &key, &[]).await.is_ok());
    let again = gated.create_grant(&call(), input).await.unwrap();
    assert_eq!(again.grant_id, made.grant_id);
    let list = api::ListGrantsRequest {
        key_id: Some(key.clone()),
        grantee_principal: Some(user.caller.arn.clone()),
        ..Default::default()
    };
    let listed = gated.list_grants(&call(), list).await.unwrap();
    assert_eq!(listed.grants.unwrap().len(), 1);
    let list = api::ListRetirableGrantsRequest {
        retiring_principal: Some(user.caller.arn.clone()),
        ..Default::default()
    };
    let listed = gated.list_retirable_grants(&call(), list).await.unwrap();
    assert_eq!(listed.grants.unwrap().len(), 1);

    // Its own retirer gives it back.
    let retire = api::RetireGrantRequest {
        grant_token: made.grant_token,
        ..Default::default()
    };
    gated.retire_grant(&user, retire).await.unwrap();
    assert_eq!(
        code(home.encrypt(&user, &key, &[]).await),
        "AccessDeniedException"
    );
}

#[tokio::test]
async fn those_who_may_retire_a_grant_do() {
    let home = Home::start();
    let key = home.create().await;
    let (user, retirer) = (
        home.user("user", NOTHING).await,
        home.user("retirer", NOTHING).await,
    );
    let gated = home.gated();
    let input = api::CreateGrantRequest {
        retiring_principal: Some(retirer.caller.arn.clone()),
        ..grant(&key, &user.caller.arn, &["Encrypt"])
    };
    let made = gated.create_grant(&call(), input).await.unwrap();
    let listed = api::ListRetirableGrantsRequest {
        retiring_principal: Some(retirer.caller.arn.clone()),
        ..Default::default()
    };
    let all = gated
        .list_retirable_grants(&call(), listed.clone())
        .await
        .unwrap();
    assert_eq!(all.grants.unwrap()[0].grant_id, made.grant_id);
    let retire = api::RetireGrantRequest {
        grant_token: made.grant_token,
        ..Default::default()
    };
    assert_eq!(
        code(gated.retire_grant(&user, retire.clone()).await),
        "AccessDeniedException"
    );
    gated.retire_grant(&retirer, retire.clone()).await.unwrap();
    assert_eq!(
        code(gated.retire_grant(&call(), retire).await),
        "NotFoundException"
    );
    let all = gated.list_retirable_grants(&call(), listed).await.unwrap();
    assert_eq!(all.grants.unwrap().len(), 0);
}

/// One that was cut short finds by that what it made.
#[tokio::test]
async fn a_service_hears_of_the_grants_that_it_may_retire() {
    let home = Home::start();
    let key = home.create().await;
    let service = "inspector2.us-east-1.amazonaws.com";
    let gated = home.gated();
    let input = api::CreateGrantRequest {
        retiring_principal: Some(service.to_owned()),
        ..grant(&key, service, &["Decrypt"])
    };
    let made = gated.create_grant(&call(), input).await.unwrap();
    let by = |name: &str| {
        let context = call().context().clone();
        let context =
            wharf_wire::Context::internal(&context.account, &context.region, name, context.now);
        Call::by_controller(context, wharf_testkit::PERMIT)
    };
    let listed = api::ListRetirableGrantsRequest {
        retiring_principal: Some(service.to_owned()),
        ..Default::default()
    };
    let own = by(service);
    let all = gated.list_retirable_grants(&own, listed.clone()).await;
    let all = all.unwrap().grants.unwrap();
    assert_eq!(all[0].grant_id, made.grant_id);
    let other = by("ecr.us-east-1.amazonaws.com");
    let refused = gated.list_retirable_grants(&other, listed).await;
    assert_eq!(code(refused), "AccessDeniedException");
}

#[tokio::test]
async fn what_is_no_grant() {
    let home = Home::start();
    let key = home.create().await;
    let someone = format!("arn:aws:iam::{ACCOUNT}:user/someone");
    let gated = home.gated();
    let none = gated
        .create_grant(&call(), grant(&key, "someone", &["Encrypt"]))
        .await;
    assert_eq!(code(none), "InvalidArnException");
    refused(
        gated
            .create_grant(&call(), grant(&key, &someone, &["Sign"]))
            .await,
        "ValidationException",
        "Operation Sign is not supported by grants of a KMS key with key spec SYMMETRIC_DEFAULT and \
         key usage ENCRYPT_DECRYPT.",
    );
    let nobody = api::CreateGrantRequest {
        grantee_principal: None,
        ..grant(&key, &someone, &["Encrypt"])
    };
    refused(
        gated.create_grant(&call(), nobody).await,
        "ValidationException",
        "You must specify either GranteePrincipal or GranteeServicePrincipal.",
    );
}

/// Policies that let grants be made by services alone, or for one encryption context alone.
#[tokio::test]
async fn policies_are_asked_about_a_grant() {
    let home = Home::start();
    let key = home.create().await;
    let gated = home.gated();
    let user = home.user("user", NOTHING).await;
    let mut through = wharf_testkit::context_of(user.caller.clone());
    through.called_via = vec!["ecr.amazonaws.com".to_owned()];
    let input = api::CreateGrantRequest {
        constraints: bound(&[("app", "web")]),
        ..grant(&key, &user.caller.arn, &["Encrypt", "Decrypt"])
    };
    let list = api::ListGrantsRequest {
        key_id: Some(key.clone()),
        ..Default::default()
    };
    let revoke = api::RevokeGrantRequest {
        key_id: Some(key.clone()),
        grant_id: Some("0".repeat(64)),
        ..Default::default()
    };
    for (context, is_for_service) in [(&*user, "false"), (&through, "true")] {
        for asked in [
            api::Input::CreateGrant(&input),
            api::Input::ListGrants(&list),
            api::Input::RevokeGrant(&revoke),
        ] {
            let checks = gated.authorize(context, asked).await.unwrap();
            let asked_for = &checks[0].context;
            assert_eq!(asked_for["kms:GrantIsForAWSResource"], [is_for_service]);
            assert_eq!(
                asked_for["kms:CustomerMasterKeySpec"],
                ["SYMMETRIC_DEFAULT"]
            );
            assert_eq!(asked_for["kms:CustomerMasterKeyUsage"], ["ENCRYPT_DECRYPT"]);
        }
    }
    let asked = api::Input::CreateGrant(&input);
    let checks = gated.authorize(&user, asked).await.unwrap();
    let context = &checks[0].context;
    assert_eq!(context["kms:GrantOperations"], ["Decrypt", "Encrypt"]);
    assert_eq!(
        context["kms:GrantConstraintType"],
        ["EncryptionContextSubset"]
    );
    assert_eq!(context["kms:EncryptionContext:app"], ["web"]);
    assert_eq!(context["kms:EncryptionContextKeys"], ["app"]);
}

/// However many grants allow the same to the same: each would be a statement to decide by.
#[tokio::test]
async fn many_grants_for_one_caller_are_one_statement() {
    let home = Home::start();
    let key = home.create().await;
    let gated = home.gated();
    let user = home.user("user", NOTHING).await;
    let encrypt = api::EncryptRequest {
        key_id: Some(key.clone()),
        plaintext: Some(b"plain".to_vec()),
        ..Default::default()
    };
    let policy = async || {
        let asked = api::Input::Encrypt(&encrypt);
        let mut checks = gated.authorize(&user, asked).await.unwrap();
        checks.remove(0).resource_policy.unwrap()
    };
    let none = policy().await;
    for _ in 0..2 {
        let input = grant(&key, &user.caller.arn, &["Encrypt"]);
        gated.create_grant(&call(), input).await.unwrap();
    }
    let two = policy().await;
    let id = &user.caller.user_id;
    assert_eq!(none.matches(id).count(), 0);
    assert_eq!(two.matches(id).count(), 1, "{two}");
}
