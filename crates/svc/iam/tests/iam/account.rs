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
        Some(vec!["aws:requestedregion".to_owned()])
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
    let expected = ["aws:securetransport", "aws:username"]
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
