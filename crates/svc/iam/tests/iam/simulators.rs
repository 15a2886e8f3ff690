//! Answers of the simulators: what of them is of an action, of a resource and of a statement, and what they do not take.

use wharf_api_iam::{Iam, types::*};

use crate::world::*;

const ANNA: &str = "arn:aws:iam::000000000000:user/anna";
const BUCKET: &str = "arn:aws:s3:::bucket";
const OTHER: &str = "arn:aws:s3:::other";

fn list(texts: &[&str]) -> Option<Vec<String>> {
    Some(texts.iter().map(|it| (*it).to_owned()).collect())
}

fn asked(policies: &[&str]) -> SimulateCustomPolicyRequest {
    SimulateCustomPolicyRequest {
        policy_input_list: list(policies),
        action_names: list(&["s3:ListBucket"]),
        ..Default::default()
    }
}

impl World {
    async fn simulate(&self, input: SimulateCustomPolicyRequest) -> Vec<EvaluationResult> {
        let answer = self.iam.simulate_custom_policy(&root(), input).await;
        answer.unwrap().evaluation_results.unwrap()
    }
}

/// Where a statement is: its policy, and lines and columns of its beginning and end.
fn places(statements: Option<&Vec<Statement>>) -> Vec<(&str, [i32; 4])> {
    let place = |it: &Option<Position>| {
        let it = it.as_ref().unwrap();
        (it.line.unwrap(), it.column.unwrap())
    };
    let each = statements.unwrap().iter();
    each.map(|it| {
        let (from, to) = (place(&it.start_position), place(&it.end_position));
        let id = it.source_policy_id.as_deref().unwrap();
        (id, [from.0, from.1, to.0, to.1])
    })
    .collect()
}

#[tokio::test]
async fn an_action_has_one_result_with_a_part_for_each_resource() {
    let w = world();
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"{BUCKET}","Condition":{{"Bool":{{"aws:SecureTransport":"true"}}}}}}}}"#
    );
    let secure = ContextEntry {
        context_key_name: text("aws:securetransport"),
        context_key_values: list(&["true"]),
        context_key_type: text("boolean"),
    };
    let input = SimulateCustomPolicyRequest {
        action_names: list(&["s3:ListBucket", "s3:GetObject"]),
        resource_arns: list(&[BUCKET, OTHER]),
        context_entries: Some(vec![secure]),
        ..asked(&[&policy])
    };
    let results = w.simulate(input.clone()).await;
    assert_eq!(results.len(), 2);
    for (result, action) in results.iter().zip(["s3:ListBucket", "s3:GetObject"]) {
        assert_eq!(result.eval_action_name.as_deref(), Some(action));
        assert_eq!(result.eval_decision.as_deref(), Some("implicitDeny"));
        assert_eq!(result.matched_statements, Some(vec![]));
        let parts = result.resource_specific_results.as_ref().unwrap();
        let said: Vec<_> = parts
            .iter()
            .map(|it| {
                (
                    it.eval_resource_name.as_deref().unwrap(),
                    it.eval_resource_decision.as_deref().unwrap(),
                    it.matched_statements.as_ref().unwrap().len(),
                )
            })
            .collect();
        assert_eq!(said, [(BUCKET, "allowed", 1), (OTHER, "implicitDeny", 0)]);
    }
    // Pages are of actions.
    let first = SimulateCustomPolicyRequest {
        max_items: Some(1),
        ..input.clone()
    };
    let page = w.iam.simulate_custom_policy(&root(), first).await.unwrap();
    assert_eq!(page.evaluation_results.as_deref(), Some(&results[..1]));
    let second = SimulateCustomPolicyRequest {
        marker: page.marker,
        ..input.clone()
    };
    assert_eq!(w.simulate(second).await, &results[1..]);

    // One that is named has a part of its own too, and what is missing is told there.
    let one = SimulateCustomPolicyRequest {
        resource_arns: list(&[BUCKET]),
        context_entries: None,
        ..input.clone()
    };
    let result = w.simulate(one).await.remove(0);
    assert_eq!(result.eval_resource_name.as_deref(), Some(BUCKET));
    assert_eq!(result.missing_context_values, Some(vec![]));
    let part = result.resource_specific_results.unwrap().remove(0);
    assert_eq!(part.missing_context_values, list(&["aws:SecureTransport"]));
    // Without names there is none.
    let none = SimulateCustomPolicyRequest {
        resource_arns: None,
        context_entries: None,
        ..input
    };
    let result = w.simulate(none).await.remove(0);
    assert_eq!(result.eval_resource_name.as_deref(), Some("*"));
    assert_eq!(
        result.missing_context_values,
        list(&["aws:SecureTransport"])
    );
    assert_eq!(result.resource_specific_results, None);
}

#[tokio::test]
async fn every_statement_that_has_a_part_in_it_is_told_with_its_place() {
    let w = world();
    let wide =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let lines = "{\"Version\": \"2012-10-17\", \"Statement\": [\n  {\"Effect\": \"Allow\", \"Action\": \"s3:*\", \"Resource\": \"*\"},\n  {\n    \"Effect\": \"Deny\", \"Action\": \"s3:Put*\", \"Resource\": \"*\"\n  }\n]}";
    let input = SimulateCustomPolicyRequest {
        action_names: list(&["s3:ListBucket", "s3:PutObject", "ecs:RunTask"]),
        ..asked(&[wide, lines])
    };
    let results = w.simulate(input).await;
    let (first, second) = ("PolicyInputList.1", "PolicyInputList.2");
    let of = |it: &EvaluationResult| it.eval_decision.clone().unwrap();
    assert_eq!(of(&results[0]), "allowed");
    assert_eq!(
        places(results[0].matched_statements.as_ref()),
        [(first, [1, 38, 1, 83]), (second, [2, 4, 2, 57])]
    );
    // A denial outweighs all others, and stands alone.
    assert_eq!(of(&results[1]), "explicitDeny");
    assert_eq!(
        places(results[1].matched_statements.as_ref()),
        [(second, [3, 4, 5, 4])]
    );
    assert_eq!(of(&results[2]), "allowed");
    assert_eq!(
        places(results[2].matched_statements.as_ref()),
        [(first, [1, 38, 1, 83])]
    );

    // Of policies that are kept, too.
    w.user("anna").await;
    w.inline("anna", "p", lines).await;
    let input = SimulatePrincipalPolicyRequest {
        policy_source_arn: text(ANNA),
        action_names: list(&["s3:ListBucket"]),
        ..Default::default()
    };
    let answer = w.iam.simulate_principal_policy(&root(), input).await;
    let result = answer.unwrap().evaluation_results.unwrap().remove(0);
    assert_eq!(
        places(result.matched_statements.as_ref()),
        [("user/anna/p", [2, 4, 2, 57])]
    );
}

/// Each of the statements is told of at each resource, of which there are many.
#[tokio::test]
async fn an_answer_is_cut_where_it_would_be_large() {
    let w = world();
    let statement = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        vec![statement; 120].join(",")
    );
    let actions: Vec<String> = (0..10).map(|it| format!("s3:Action{it}")).collect();
    let resources = |count: usize| {
        let all = (0..count).map(|it| format!("arn:aws:s3:::bucket-{it}"));
        Some(all.collect::<Vec<_>>())
    };
    let input = SimulateCustomPolicyRequest {
        action_names: Some(actions.clone()),
        resource_arns: resources(100),
        ..asked(&[&policy])
    };
    let (mut told, mut marker, mut pages) = (Vec::new(), None, 0);
    loop {
        let input = SimulateCustomPolicyRequest {
            marker,
            ..input.clone()
        };
        let answer = w.iam.simulate_custom_policy(&root(), input).await.unwrap();
        assert_eq!(answer.is_truncated, Some(answer.marker.is_some()));
        let results = answer.evaluation_results.unwrap();
        let parts = results.iter().flat_map(|it| &it.resource_specific_results);
        let statements = parts.flatten().flat_map(|it| &it.matched_statements);
        let statements: Vec<usize> = statements.map(Vec::len).collect();
        assert!(statements.iter().all(|it| (20..100).contains(it)));
        let all: usize = statements.iter().sum();
        assert!(all < 12_000, "{all} statements of some 256 bytes");
        told.extend(results.into_iter().map(|it| it.eval_action_name.unwrap()));
        pages += 1;
        marker = answer.marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(told, actions);
    assert!(pages > 1);
    // Of few resources all are told that one has.
    let input = SimulateCustomPolicyRequest {
        resource_arns: resources(5),
        ..input
    };
    let results = w.simulate(input).await;
    assert_eq!(results.len(), actions.len());
    let parts = results[0].resource_specific_results.as_ref().unwrap();
    assert_eq!(parts[4].matched_statements.as_ref().unwrap().len(), 100);
}

#[tokio::test]
async fn names_of_missing_keys_are_bounded() {
    let w = world();
    let keys: Vec<String> = (10..70)
        .map(|it| format!(r#""aws:RequestTag/{}-{it}":"x""#, "k".repeat(20)))
        .collect();
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"*","Resource":"*","Condition":{{"StringEquals":{{{}}}}}}}}}"#,
        keys.join(",")
    );
    let of = |count: usize| {
        let all = (0..count).map(|it| format!("arn:aws:s3:::bucket-{it}"));
        SimulateCustomPolicyRequest {
            resource_arns: Some(all.collect()),
            ..asked(&[&policy])
        }
    };
    let result = w.simulate(of(100)).await.remove(0);
    let parts = result.resource_specific_results.unwrap();
    assert_eq!(parts[99].missing_context_values.as_ref().unwrap().len(), 60);
    refused(
        w.iam.simulate_custom_policy(&root(), of(1000)).await,
        "InvalidInput",
        "The policies have 60 context keys without values, which are too many for 1000 resources.",
    );
}

#[tokio::test]
async fn a_boundary_says_what_it_allows() {
    let w = world();
    let input = |boundary: Option<&str>| SimulateCustomPolicyRequest {
        action_names: list(&["s3:ListBucket", "ecs:RunTask"]),
        permissions_boundary_policy_input_list: boundary.map(|it| vec![it.to_owned()]),
        ..asked(&[&allow("s3:*")])
    };
    let said = |results: Vec<EvaluationResult>| {
        let each = results.into_iter().map(|it| {
            let detail = it.permissions_boundary_decision_detail;
            let allows = detail.map(|it| it.allowed_by_permissions_boundary.unwrap());
            (it.eval_decision.unwrap(), allows)
        });
        each.collect::<Vec<_>>()
    };
    let (allowed, denied) = ("allowed".to_owned(), "implicitDeny".to_owned());
    assert_eq!(
        said(w.simulate(input(None)).await),
        [(allowed.clone(), None), (denied.clone(), None)]
    );
    assert_eq!(
        said(w.simulate(input(Some(&allow("ecs:*")))).await),
        [(denied.clone(), Some(false)), (denied.clone(), Some(true))]
    );
    assert_eq!(
        said(w.simulate(input(Some(&allow("s3:*")))).await),
        [(allowed, Some(true)), (denied, Some(false))]
    );
}

#[tokio::test]
async fn actions_are_named_one_by_one() {
    let w = world();
    for action in [
        "s3:*",
        "s3:Get?bject",
        "ListBucket",
        "s3:",
        ":ListBucket",
        "a:b:c",
    ] {
        let input = SimulateCustomPolicyRequest {
            action_names: list(&["s3:ListBucket", action]),
            ..asked(&[ALLOW_ALL])
        };
        let answer = w.iam.simulate_custom_policy(&root(), input).await;
        refused(
            answer,
            "InvalidInput",
            &format!(
                "ActionNames are not in a valid format: {action}. Each must include the service identifier, such as iam:CreateUser, and no wildcards."
            ),
        );
    }
}

#[tokio::test]
async fn a_policy_of_a_resource_is_about_a_caller_who_is_a_user() {
    let w = world();
    w.user("anna").await;
    w.role("r", TRUST_ECS).await.unwrap();
    let role = "arn:aws:iam::000000000000:role/r";
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{ANNA}"}},"Action":"s3:*","Resource":"*"}}}}"#
    );
    let custom = |caller: Option<&str>| SimulateCustomPolicyRequest {
        resource_policy: Some(policy.clone()),
        caller_arn: caller.map(str::to_owned),
        ..asked(&[&allow("ecs:*")])
    };
    let answer = w.iam.simulate_custom_policy(&root(), custom(None)).await;
    refused(
        answer,
        "InvalidInput",
        "CallerArn is required if you include a ResourcePolicy.",
    );
    let by_role = custom(Some(role));
    let answer = w.iam.simulate_custom_policy(&root(), by_role).await;
    assert_eq!(answer.unwrap_err().code, "InvalidInput");
    let result = w.simulate(custom(Some(ANNA))).await.remove(0);
    assert_eq!(result.eval_decision.as_deref(), Some("allowed"));
    let matched = places(result.matched_statements.as_ref());
    assert_eq!(matched[0].0, "ResourcePolicy");

    let of = |source: &str, caller: Option<&str>| SimulatePrincipalPolicyRequest {
        policy_source_arn: text(source),
        action_names: list(&["s3:ListBucket"]),
        resource_policy: Some(policy.clone()),
        caller_arn: caller.map(str::to_owned),
        ..Default::default()
    };
    for (source, caller, allowed) in [
        (ANNA, None, true),
        (role, None, false),
        (role, Some(ANNA), true),
    ] {
        let answer = w
            .iam
            .simulate_principal_policy(&root(), of(source, caller))
            .await;
        match answer {
            Ok(answer) => {
                let result = answer.evaluation_results.unwrap().remove(0);
                assert_eq!(result.eval_decision.as_deref(), Some("allowed"));
                assert!(allowed, "{source}");
            }
            Err(fault) => {
                assert_eq!(fault.code, "InvalidInput");
                assert!(!allowed, "{source}: {fault}");
            }
        }
    }
}

/// Each part of a policy may be compared with each value, for each action on each resource.
#[tokio::test]
async fn what_would_take_long_is_asked_in_pages_or_refused() {
    let w = world();
    let statement = r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:RequestTag/a":"*b*"}}}"#;
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{}]}}"#,
        vec![statement; 90].join(",")
    );
    let policies = vec![policy.as_str(); 20];
    let of = |bytes: usize| {
        let entry = ContextEntry {
            context_key_name: text("aws:RequestTag/a"),
            context_key_values: Some(vec!["a".repeat(bytes)]),
            context_key_type: text("string"),
        };
        let actions = (0..100).map(|it| format!("s3:Action{it}"));
        SimulateCustomPolicyRequest {
            action_names: Some(actions.collect()),
            context_entries: Some(vec![entry]),
            ..asked(&policies)
        }
    };
    let answer = w.iam.simulate_custom_policy(&root(), of(2 << 10)).await;
    let answer = answer.unwrap();
    let told = answer.evaluation_results.unwrap().len();
    assert!((1..100).contains(&told), "{told}");
    assert!(answer.marker.is_some());
    // A condition is about one key, whatever others have.
    let mut many = of(2 << 10);
    let others = (0..40).map(|it| ContextEntry {
        context_key_name: Some(format!("aws:RequestTag/b{it}")),
        context_key_values: Some(vec!["a".repeat(2 << 10)]),
        context_key_type: text("string"),
    });
    many.context_entries.as_mut().unwrap().extend(others);
    let answer = w.iam.simulate_custom_policy(&root(), many).await.unwrap();
    assert_eq!(answer.evaluation_results.unwrap().len(), told);
    refused(
        w.iam.simulate_custom_policy(&root(), of(64 << 10)).await,
        "InvalidInput",
        "The policies, the resources and the values of context keys are too many to be simulated at once.",
    );
}
