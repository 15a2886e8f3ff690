use wharf_api_iam::{Iam, types::*};

use crate::world::*;

#[tokio::test]
async fn summary_counts_what_is_there() {
    let w = world();
    w.user("anna").await;
    w.role("r", TRUST_ECS).await.unwrap();
    w.policy("p", ALLOW_ALL).await;
    let summary = w
        .iam
        .get_account_summary(&root(), ())
        .await
        .unwrap()
        .summary_map
        .unwrap();
    for (name, expected) in [("Users", 1), ("Roles", 1), ("Groups", 0), ("Policies", 1)] {
        assert_eq!(summary.get(name), Some(&expected), "{name}");
    }
}

#[tokio::test]
async fn one_alias() {
    let w = world();
    let alias = |alias: &str| CreateAccountAliasRequest {
        account_alias: text(alias),
    };
    let list = async || {
        let listed = w
            .iam
            .list_account_aliases(&root(), Default::default())
            .await
            .unwrap();
        listed.account_aliases.unwrap()
    };
    assert!(list().await.is_empty());
    w.iam
        .create_account_alias(&root(), alias("harbour"))
        .await
        .unwrap();
    assert_eq!(list().await, ["harbour"]);
    for bad in ["x", "-ab", "ab-", "a--b", "AB1"] {
        let fault = w
            .iam
            .create_account_alias(&root(), alias(bad))
            .await
            .unwrap_err();
        assert_eq!(fault.code, "ValidationError", "{bad}");
    }
    let delete = DeleteAccountAliasRequest {
        account_alias: text("harbour"),
    };
    w.iam.delete_account_alias(&root(), delete).await.unwrap();
    assert!(list().await.is_empty());
}

#[tokio::test]
async fn the_password_policy_is_kept_until_it_is_deleted() {
    let w = world();
    let missing = "The Password Policy with domain name 000000000000 cannot be found.";
    refused(
        w.iam.get_account_password_policy(&root(), ()).await,
        "NoSuchEntity",
        missing,
    );
    let update = UpdateAccountPasswordPolicyRequest {
        minimum_password_length: Some(14),
        max_password_age: Some(90),
        ..Default::default()
    };
    w.iam
        .update_account_password_policy(&root(), update)
        .await
        .unwrap();
    let shown = w.iam.get_account_password_policy(&root(), ()).await;
    let shown = shown.unwrap().password_policy.unwrap();
    assert_eq!(shown.minimum_password_length, Some(14));
    assert_eq!(shown.expire_passwords, Some(true));
    assert_eq!(shown.require_symbols, Some(false));
    w.iam
        .delete_account_password_policy(&root(), ())
        .await
        .unwrap();
    refused(
        w.iam.delete_account_password_policy(&root(), ()).await,
        "NoSuchEntity",
        missing,
    );
}

#[tokio::test]
async fn details_show_everybody_page_by_page() {
    let w = world();
    w.user("anna").await;
    w.role("r", TRUST_ECS).await.unwrap();
    let own = w.policy("p", ALLOW_ALL).await;
    for arn in [&own, "arn:aws:iam::aws:policy/IAMFullAccess"] {
        let attach = AttachUserPolicyRequest {
            user_name: text("anna"),
            policy_arn: text(arn),
        };
        w.iam.attach_user_policy(&root(), attach).await.unwrap();
    }
    let (mut users, mut roles, mut policies, mut marker) = (vec![], vec![], vec![], None);
    loop {
        let input = GetAccountAuthorizationDetailsRequest {
            max_items: Some(1),
            marker,
            ..Default::default()
        };
        let details = w
            .iam
            .get_account_authorization_details(&root(), input)
            .await;
        let details = details.unwrap();
        users.extend(details.user_detail_list.unwrap());
        roles.extend(details.role_detail_list.unwrap());
        policies.extend(details.policies.unwrap());
        marker = details.marker;
        assert_eq!(details.is_truncated, Some(marker.is_some()));
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(users.len(), 1);
    let attached = users[0].attached_managed_policies.as_ref().unwrap();
    assert_eq!(attached.len(), 2);
    assert_eq!(roles[0].role_name.as_deref(), Some("r"));
    assert!(roles[0].assume_role_policy_document.is_some());
    let mut arns: Vec<_> = policies.iter().filter_map(|it| it.arn.clone()).collect();
    arns.sort();
    assert_eq!(
        arns,
        [own.as_str(), "arn:aws:iam::aws:policy/IAMFullAccess"]
    );
    let versions = policies[0].policy_version_list.as_ref().unwrap();
    assert!(versions[0].document.is_some());

    let input = GetAccountAuthorizationDetailsRequest {
        filter: Some(vec!["Role".to_owned()]),
        ..Default::default()
    };
    let only = w
        .iam
        .get_account_authorization_details(&root(), input)
        .await;
    let only = only.unwrap();
    assert_eq!(only.user_detail_list, Some(vec![]));
    assert_eq!(only.role_detail_list.unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_has_devices_keys_or_passwords() {
    let w = world();
    w.user("anna").await;
    let list = |name: &str| ListMFADevicesRequest {
        user_name: text(name),
        ..Default::default()
    };
    let devices = w.iam.list_mfa_devices(&root(), list("anna")).await;
    assert_eq!(devices.unwrap().mfa_devices, Some(vec![]));
    let nobody = w.iam.list_mfa_devices(&root(), list("nobody")).await;
    assert_eq!(nobody.unwrap_err().code, "NoSuchEntity");
    let delete = DeleteLoginProfileRequest {
        user_name: text("anna"),
    };
    refused(
        w.iam.delete_login_profile(&root(), delete).await,
        "NoSuchEntity",
        "Login Profile for User anna cannot be found.",
    );
}

fn decisions(answer: SimulatePolicyResponse) -> Vec<(String, String)> {
    let results = answer.evaluation_results.unwrap().into_iter();
    results
        .map(|it| (it.eval_action_name.unwrap(), it.eval_decision.unwrap()))
        .collect()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}

#[tokio::test]
async fn the_simulators_say_what_would_be_decided() {
    let w = world();
    w.user("anna").await;
    w.inline(
        "anna",
        "p",
        r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"ecs:*","Resource":"*"},
            {"Effect":"Deny","Action":"ecs:DeleteCluster","Resource":"*"}]}"#,
    )
    .await;
    let ask = SimulatePrincipalPolicyRequest {
        policy_source_arn: text("arn:aws:iam::000000000000:user/anna"),
        action_names: Some(
            ["ecs:RunTask", "ecs:DeleteCluster", "s3:GetObject"]
                .map(str::to_owned)
                .to_vec(),
        ),
        ..Default::default()
    };
    let answer = w.iam.simulate_principal_policy(&root(), ask).await.unwrap();
    let results = answer.evaluation_results.clone().unwrap();
    assert_eq!(
        decisions(answer),
        pairs(&[
            ("ecs:RunTask", "allowed"),
            ("ecs:DeleteCluster", "explicitDeny"),
            ("s3:GetObject", "implicitDeny"),
        ])
    );
    let matched = results[1].matched_statements.clone().unwrap();
    assert_eq!(matched[0].source_policy_id.as_deref(), Some("user/anna/p"));
    assert_eq!(matched[0].source_policy_type.as_deref(), Some("user"));

    let conditional = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:RequestedRegion":"eu-west-1"}}}]}"#;
    let ask = |context| SimulateCustomPolicyRequest {
        policy_input_list: Some(vec![conditional.to_owned()]),
        action_names: Some(vec!["ecs:RunTask".to_owned()]),
        context_entries: context,
        ..Default::default()
    };
    let answer = w
        .iam
        .simulate_custom_policy(&root(), ask(None))
        .await
        .unwrap();
    let result = &answer.evaluation_results.as_ref().unwrap()[0];
    assert_eq!(
        result.missing_context_values,
        Some(vec!["aws:RequestedRegion".to_owned()])
    );
    assert_eq!(decisions(answer), pairs(&[("ecs:RunTask", "implicitDeny")]));
    let entry = ContextEntry {
        context_key_name: text("aws:RequestedRegion"),
        context_key_values: Some(vec!["eu-west-1".to_owned()]),
        context_key_type: text("string"),
    };
    let answer = w
        .iam
        .simulate_custom_policy(&root(), ask(Some(vec![entry])))
        .await
        .unwrap();
    assert_eq!(decisions(answer), pairs(&[("ecs:RunTask", "allowed")]));
}

#[tokio::test]
async fn the_keys_policies_look_at() {
    let w = world();
    w.user("anna").await;
    let document = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:username}","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}"#;
    w.inline("anna", "p", document).await;
    let ask = GetContextKeysForPrincipalPolicyRequest {
        policy_source_arn: text("arn:aws:iam::000000000000:user/anna"),
        policy_input_list: None,
    };
    let answer = w
        .iam
        .get_context_keys_for_principal_policy(&root(), ask)
        .await
        .unwrap();
    let expected = ["aws:SecureTransport", "aws:username"]
        .map(str::to_owned)
        .to_vec();
    assert_eq!(answer.context_key_names, Some(expected.clone()));
    let ask = GetContextKeysForCustomPolicyRequest {
        policy_input_list: Some(vec![document.to_owned()]),
    };
    let answer = w
        .iam
        .get_context_keys_for_custom_policy(&root(), ask)
        .await
        .unwrap();
    assert_eq!(answer.context_key_names, Some(expected));
}
