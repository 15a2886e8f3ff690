//! Many at once: whatever comes between, the records agree with each other afterwards.

use std::collections::BTreeSet;

use rand::{Rng, SeedableRng, rngs::SmallRng};
use wharf_api_elbv2::{
    self as api, DeleteRuleInput, DescribeListenersInput, DescribeRulesInput,
    DescribeTargetGroupsInput, Elbv2, ModifyListenerInput,
};
use wharf_svc_elbv2::Elbv2Service;

use crate::harness::{Harness, call, forward, path_is};

const WORKERS: u64 = 6;
const STEPS: usize = 25;

/// Rules made, changed and deleted at random; what is refused is refused.
async fn churn(elb: Elbv2Service, listeners: Vec<String>, groups: Vec<String>, seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    for _ in 0..STEPS {
        let listener = listeners[random.random_range(0..listeners.len())].clone();
        let group = &groups[random.random_range(0..groups.len())];
        match random.random_range(0..3) {
            0 => {
                let input = ModifyListenerInput {
                    listener_arn: Some(listener),
                    default_actions: Some(vec![forward(group)]),
                    ..Default::default()
                };
                let _ = elb.modify_listener(&call(), input).await;
            }
            1 => {
                let input = DescribeRulesInput {
                    listener_arn: Some(listener),
                    ..Default::default()
                };
                let Ok(found) = elb.describe_rules(&call(), input).await else {
                    continue;
                };
                let rule_arn = found.rules.unwrap().remove(0).rule_arn;
                let _ = elb.delete_rule(&call(), DeleteRuleInput { rule_arn }).await;
            }
            _ => {
                let input = api::CreateRuleInput {
                    listener_arn: Some(listener),
                    priority: Some(random.random_range(1..6)),
                    conditions: Some(vec![path_is("/a")]),
                    actions: Some(vec![forward(group)]),
                    ..Default::default()
                };
                let _ = elb.create_rule(&call(), input).await;
            }
        }
    }
}

/// The groups that listeners and rules forward to, after a check that priorities are unique.
async fn forwarded_to(harness: &Harness, balancer: &str) -> BTreeSet<String> {
    let input = DescribeListenersInput {
        load_balancer_arn: Some(balancer.to_owned()),
        ..Default::default()
    };
    let listeners = harness
        .elb
        .describe_listeners(&call(), input)
        .await
        .unwrap();
    let mut groups = BTreeSet::new();
    for listener in listeners.listeners.unwrap() {
        let input = DescribeRulesInput {
            listener_arn: listener.listener_arn,
            ..Default::default()
        };
        let rules = harness.elb.describe_rules(&call(), input).await.unwrap();
        let rules = rules.rules.unwrap();
        let priorities: BTreeSet<_> = rules.iter().map(|it| it.priority.clone()).collect();
        assert_eq!(priorities.len(), rules.len(), "{rules:?}");
        let actions = rules.into_iter().flat_map(|it| it.actions.unwrap());
        groups.extend(actions.filter_map(|it| it.target_group_arn));
    }
    groups
}

async fn in_use(harness: &Harness) -> BTreeSet<String> {
    let input = DescribeTargetGroupsInput::default();
    let found = harness
        .elb
        .describe_target_groups(&call(), input)
        .await
        .unwrap();
    let used = found.target_groups.unwrap().into_iter();
    used.filter(|it| !it.load_balancer_arns.as_ref().unwrap().is_empty())
        .filter_map(|it| it.target_group_arn)
        .collect()
}

async fn set_up(harness: &Harness) -> (String, Vec<String>, Vec<String>) {
    let (balancer, first, group) = harness.serving().await;
    let mut groups = vec![group.clone()];
    for name in ["b", "c", "d"] {
        groups.push(harness.group(name).await);
    }
    let second = harness
        .listener(&balancer, 81, forward(&group))
        .await
        .unwrap();
    (balancer, vec![first, second.listener_arn.unwrap()], groups)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn target_groups_know_who_forwards_to_them() {
    let harness = Harness::start().await;
    let (balancer, listeners, groups) = set_up(&harness).await;
    let mut workers = tokio::task::JoinSet::new();
    for seed in 0..WORKERS {
        workers.spawn(churn(
            harness.elb.clone(),
            listeners.clone(),
            groups.clone(),
            seed,
        ));
    }
    workers.join_all().await;
    assert_eq!(
        in_use(&harness).await,
        forwarded_to(&harness, &balancer).await
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_outlives_a_load_balancer_deleted_meanwhile() {
    let harness = Harness::start().await;
    let (balancer, listeners, groups) = set_up(&harness).await;
    let mut workers = tokio::task::JoinSet::new();
    for seed in 0..WORKERS {
        workers.spawn(churn(
            harness.elb.clone(),
            listeners.clone(),
            groups.clone(),
            seed,
        ));
    }
    harness.delete_balancer(&balancer).await.unwrap();
    workers.join_all().await;
    assert_eq!(
        (harness.count("listener").await, harness.count("rule").await),
        (0, 0)
    );
    assert_eq!(in_use(&harness).await, BTreeSet::new());
}
