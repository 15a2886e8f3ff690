//! Rules: unique priorities, the default one last.

use wharf_api_elbv2::{
    self as api, DeleteRuleInput, DescribeRulesInput, Elbv2, ModifyRuleInput, RulePriorityPair,
    SetRulePrioritiesInput,
};

use crate::harness::{Harness, call, fixed, forward, path_is};

async fn all(harness: &Harness, listener: &str) -> Vec<api::Rule> {
    let input = DescribeRulesInput {
        listener_arn: Some(listener.to_owned()),
        ..Default::default()
    };
    harness
        .elb
        .describe_rules(&call(), input)
        .await
        .unwrap()
        .rules
        .unwrap()
}

fn priorities(rules: &[api::Rule]) -> Vec<&str> {
    rules
        .iter()
        .filter_map(|it| it.priority.as_deref())
        .collect()
}

#[tokio::test]
async fn in_order_of_priority() {
    let harness = Harness::start().await;
    let (_, listener, group) = harness.serving().await;
    let later = harness
        .rule(&listener, 100, "/later", forward(&group))
        .await
        .unwrap();
    let first = harness
        .rule(&listener, 9, "/first", fixed("200"))
        .await
        .unwrap();
    let fault = harness
        .rule(&listener, 9, "/other", fixed("200"))
        .await
        .unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message.as_str()),
        ("PriorityInUse", "Priority '9' is currently in use")
    );
    let found = all(&harness, &listener).await;
    assert_eq!(priorities(&found), ["9", "100", "default"]);
    assert_eq!(found[2].is_default, Some(true));
    let pair = |rule: &api::Rule, priority| RulePriorityPair {
        rule_arn: rule.rule_arn.clone(),
        priority: Some(priority),
    };
    let input = SetRulePrioritiesInput {
        rule_priorities: Some(vec![pair(&later, 9), pair(&first, 100)]),
    };
    harness
        .elb
        .set_rule_priorities(&call(), input)
        .await
        .unwrap();
    let found = all(&harness, &listener).await;
    assert_eq!(found[0].rule_arn, later.rule_arn);
    let default = found[2].rule_arn.clone();
    let fault = harness
        .elb
        .delete_rule(
            &call(),
            DeleteRuleInput {
                rule_arn: default.clone(),
            },
        )
        .await;
    assert_eq!(fault.unwrap_err().code, "OperationNotPermitted");
    let input = DescribeRulesInput {
        rule_arns: Some(vec![default.unwrap()]),
        ..Default::default()
    };
    let found = harness
        .elb
        .describe_rules(&call(), input)
        .await
        .unwrap()
        .rules
        .unwrap();
    assert_eq!(priorities(&found), ["default"]);
}

#[tokio::test]
async fn changed_and_deleted() {
    let harness = Harness::start().await;
    let (_, listener, group) = harness.serving().await;
    let other = harness.group("other").await;
    let rule = harness
        .rule(&listener, 1, "/a", forward(&other))
        .await
        .unwrap();
    let input = ModifyRuleInput {
        rule_arn: rule.rule_arn.clone(),
        conditions: Some(vec![path_is("/b")]),
        actions: Some(vec![forward(&group)]),
        ..Default::default()
    };
    let changed = harness
        .elb
        .modify_rule(&call(), input)
        .await
        .unwrap()
        .rules
        .unwrap()
        .remove(0);
    assert_eq!(
        changed.conditions.unwrap()[0].values,
        Some(vec!["/b".to_owned()])
    );
    let delete = api::DeleteTargetGroupInput {
        target_group_arn: Some(other),
    };
    harness
        .elb
        .delete_target_group(&call(), delete)
        .await
        .unwrap();
    let delete = DeleteRuleInput {
        rule_arn: rule.rule_arn,
    };
    harness
        .elb
        .delete_rule(&call(), delete.clone())
        .await
        .unwrap();
    let fault = harness.elb.delete_rule(&call(), delete).await.unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message.as_str()),
        ("RuleNotFound", "One or more rules not found")
    );
}

#[tokio::test]
async fn no_more_than_a_hundred() {
    let harness = Harness::start().await;
    let (_, listener, _) = harness.serving().await;
    for priority in 1..=100 {
        harness
            .rule(&listener, priority, "/a", fixed("200"))
            .await
            .unwrap();
    }
    let fault = harness
        .rule(&listener, 101, "/a", fixed("200"))
        .await
        .unwrap_err();
    assert_eq!(fault.code, "TooManyRules");
}
