//! Who may use a key: its policy, IAM's, and the services that use one for their callers.

use wharf_testkit::context_of;

use super::*;

const ALL: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "kms:*", "Resource": "*"}}"#;
const NOTHING: &str = r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}"#;

fn policy(statements: &[String]) -> String {
    format!(
        r#"{{"Version": "2012-10-17", "Statement": [{}]}}"#,
        statements.join(", ")
    )
}

fn statement(effect: &str, principal: &str, action: &str, more: &str) -> String {
    format!(
        r#"{{"Effect": "{effect}", "Principal": {{"AWS": "{principal}"}}, "Action": "{action}", "Resource": "*"{more}}}"#
    )
}

fn put(key: &str, text: &str, bypass: bool) -> api::PutKeyPolicyRequest {
    api::PutKeyPolicyRequest {
        key_id: Some(key.to_owned()),
        policy: Some(text.to_owned()),
        bypass_policy_lockout_safety_check: Some(bypass),
        ..Default::default()
    }
}

#[tokio::test]
async fn the_default_policy_lets_iam_decide() {
    let home = Home::start();
    let key = home.create().await;
    let (may, may_not) = (home.user("may", ALL).await, home.user("not", NOTHING).await);
    assert!(home.encrypt(&may, &key, &[]).await.is_ok());
    let refused = home.encrypt(&may_not, &key, &[]).await.unwrap_err();
    assert_eq!(refused.code, "AccessDeniedException");
    assert!(
        refused
            .message
            .ends_with("because no identity-based policy allows the kms:Encrypt action")
    );
}

#[tokio::test]
async fn a_policy_without_the_account_shuts_iam_out() {
    let home = Home::start();
    let key = home.create().await;
    let (user, other) = (
        home.user("user", NOTHING).await,
        home.user("other", ALL).await,
    );
    let only_user = policy(&[statement("Allow", &user.caller.arn, "kms:*", "")]);
    let locked = home
        .gated()
        .put_key_policy(&call(), put(&key, &only_user, false))
        .await
        .unwrap_err();
    assert_eq!(
        locked.message,
        "The new key policy will not allow you to update the key policy in the future."
    );
    home.gated()
        .put_key_policy(&call(), put(&key, &only_user, true))
        .await
        .unwrap();
    assert!(home.encrypt(&user, &key, &[]).await.is_ok());
    for shut_out in [&other, &call()] {
        let refused = home.encrypt(shut_out, &key, &[]).await.unwrap_err();
        assert!(
            refused
                .message
                .ends_with("because no resource-based policy allows the kms:Encrypt action"),
            "{}",
            refused.message
        );
    }
}

#[tokio::test]
async fn conditions_see_the_request() {
    let home = Home::start();
    let user = home.user("user", NOTHING).await;
    let arn = &user.caller.arn;
    let root = format!("arn:aws:iam::{ACCOUNT}:root");
    for (condition, bound, allowed) in [
        (
            r#"{"StringEquals": {"kms:EncryptionContext:app": "web"}}"#,
            vec![("app", "web")],
            true,
        ),
        (
            r#"{"StringEquals": {"kms:EncryptionContext:app": "web"}}"#,
            vec![("app", "db")],
            false,
        ),
        (
            r#"{"StringEquals": {"kms:EncryptionContext:app": "web"}}"#,
            vec![],
            false,
        ),
        (
            r#"{"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a"]}}"#,
            vec![("a", "1")],
            true,
        ),
        (
            r#"{"ForAllValues:StringEquals": {"kms:EncryptionContextKeys": ["a"]}}"#,
            vec![("b", "1")],
            false,
        ),
        (
            r#"{"StringEquals": {"kms:CallerAccount": "000000000000"}}"#,
            vec![],
            true,
        ),
        (
            r#"{"StringEquals": {"kms:KeySpec": "SYMMETRIC_DEFAULT"}}"#,
            vec![],
            true,
        ),
        (
            r#"{"StringEquals": {"kms:KeyUsage": "SIGN_VERIFY"}}"#,
            vec![],
            false,
        ),
        (
            r#"{"StringEquals": {"kms:EncryptionAlgorithm": "SYMMETRIC_DEFAULT"}}"#,
            vec![],
            true,
        ),
        (r#"{"StringLike": {"kms:ViaService": "*"}}"#, vec![], false),
        (
            r#"{"StringEquals": {"kms:RequestAlias": "alias/app"}}"#,
            vec![],
            false,
        ),
    ] {
        let more = format!(r#", "Condition": {condition}"#);
        let text = policy(&[
            statement("Allow", &root, "kms:*", ""),
            statement("Allow", arn, "kms:Encrypt", &more),
        ]);
        let key = home
            .create_with(|it| it.policy = Some(text))
            .await
            .unwrap()
            .arn
            .unwrap();
        let done = home.encrypt(&user, &key, &bound).await;
        assert_eq!(done.is_ok(), allowed, "{condition} {bound:?}");
    }
}

#[tokio::test]
async fn another_account_needs_both_sides() {
    let home = Home::start();
    let stranger = call_of(Caller::root("111122223333"));
    let key = home.create().await;
    let absent = key.replace(&key[key.len() - 4..], "0000");
    let there = home.encrypt(&stranger, &key, &[]).await.unwrap_err();
    let not_there = home.encrypt(&stranger, &absent, &[]).await.unwrap_err();
    assert_eq!(
        there.message.replace(&key, ""),
        not_there.message.replace(&absent, "")
    );
    home.alias("alias/app", &key).await.unwrap();
    let alias = |name: &str| format!("arn:aws:kms:us-east-1:{ACCOUNT}:alias/{name}");
    let there = home
        .encrypt(&stranger, &alias("app"), &[])
        .await
        .unwrap_err();
    let not_there = home
        .encrypt(&stranger, &alias("ppa"), &[])
        .await
        .unwrap_err();
    assert_eq!(there.message.replace("app", "ppa"), not_there.message);
    let text = policy(&[
        statement("Allow", "arn:aws:iam::000000000000:root", "kms:*", ""),
        statement("Allow", "arn:aws:iam::111122223333:root", "kms:*", ""),
    ]);
    home.gated()
        .put_key_policy(&call(), put(&key, &text, false))
        .await
        .unwrap();
    let blob = home.encrypt(&stranger, &key, &[]).await.unwrap();
    assert_eq!(home.decrypt(&stranger, &blob, &[]).await.unwrap(), b"plain");
    assert!(home.encrypt(&stranger, &alias("app"), &[]).await.is_ok());
    // What manages a key is its own account's, whatever the policy says.
    let disable = api::DisableKeyRequest { key_id: Some(key) };
    let refused = home.gated().disable_key(&stranger, disable).await;
    assert_eq!(code(refused), "AccessDeniedException");
}

#[tokio::test]
async fn a_services_key_is_made_when_used_and_used_through_it_alone() {
    let home = Home::start();
    let alias = "alias/aws/secretsmanager";
    let user = home.user("user", ALL).await;
    assert_eq!(
        code(home.encrypt(&user, alias, &[]).await),
        "AccessDeniedException"
    );
    let mut through = context_of(user.caller.clone());
    through.called_via = vec!["secretsmanager.amazonaws.com".to_owned()];
    let through = Call::by_controller(through, wharf_testkit::PERMIT);
    let blob = home.encrypt(&through, alias, &[]).await.unwrap();
    assert_eq!(home.decrypt(&through, &blob, &[]).await.unwrap(), b"plain");
    assert_eq!(
        code(home.decrypt(&user, &blob, &[]).await),
        "AccessDeniedException"
    );
    let shown = home.describe(alias).await.unwrap();
    assert_eq!(shown.key_manager.as_deref(), Some("AWS"));
    let schedule = api::ScheduleKeyDeletionRequest {
        key_id: shown.arn,
        pending_window_in_days: None,
    };
    let refused = home.gated().schedule_key_deletion(&call(), schedule).await;
    assert_eq!(code(refused), "AccessDeniedException");
}

/// A policy means the very user that it names, and whoever is made under that name later is another.
#[tokio::test]
async fn a_policy_does_not_pass_to_a_namesake() {
    let home = Home::start();
    let key = home.create().await;
    let gated = home.gated();
    let user = home.user("user", NOTHING).await;
    let arn = user.caller.arn.clone();
    let text = policy(&[
        statement("Allow", "arn:aws:iam::000000000000:root", "kms:*", ""),
        statement("Allow", &arn, "kms:Encrypt", ""),
    ]);
    let put_it = async || {
        let input = put(&key, &text, false);
        gated.put_key_policy(&call(), input).await
    };
    let shown = async || {
        let input = api::GetKeyPolicyRequest {
            key_id: Some(key.clone()),
            ..Default::default()
        };
        let got = gated.get_key_policy(&call(), input).await.unwrap();
        let text = got.policy.unwrap();
        let policy: serde_json::Value = serde_json::from_str(&text).unwrap();
        policy["Statement"][1]["Principal"]["AWS"].clone()
    };
    put_it().await.unwrap();
    assert_eq!(shown().await, arn.as_str());
    assert!(home.encrypt(&user, &key, &[]).await.is_ok());
    home.without_user("user").await;
    assert_eq!(code(put_it().await), "MalformedPolicyDocumentException");
    let namesake = home.user("user", NOTHING).await;
    let refused = home.encrypt(&namesake, &key, &[]).await;
    assert_eq!(code(refused), "AccessDeniedException");
    assert_eq!(shown().await, user.caller.user_id.as_str());
    put_it().await.unwrap();
    assert!(home.encrypt(&namesake, &key, &[]).await.is_ok());
}
