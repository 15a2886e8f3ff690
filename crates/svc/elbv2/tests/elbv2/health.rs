//! Health of targets as hosts report it, and how deregistered ones go.

use wharf_api_elbv2::{
    DescribeTargetHealthInput, Elbv2, ModifyTargetGroupAttributesInput, TargetGroupAttribute,
};
use wharf_planeproto::{
    balancer::TargetRef,
    report::{
        TargetHealth,
        TargetState::{self, Drained, Draining, Healthy, Initial, Unhealthy},
    },
    wire::VERSION,
};

use crate::harness::{Harness, call, target_of, wait};

const TARGET: &str = "172.31.0.9";

async fn state(harness: &Harness, group: &str) -> Option<String> {
    harness.states(group).await.remove(TARGET)
}

#[tokio::test]
async fn from_initial_to_healthy() {
    let harness = Harness::start().await;
    let (_, _, group) = harness.serving().await;
    let mut changes = harness.elb.changes();
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    harness.register(&group, TARGET).await.unwrap();
    assert_eq!(state(&harness, &group).await.as_deref(), Some("initial"));
    for (reported, shown) in [
        (Initial, "initial"),
        (Healthy, "healthy"),
        (Unhealthy, "unhealthy"),
        (Healthy, "healthy"),
    ] {
        harness.report("i-1", &group, TARGET, reported).await;
        assert_eq!(state(&harness, &group).await.as_deref(), Some(shown));
    }
    let deadline = std::time::Duration::from_secs(10);
    let heard = tokio::time::timeout(deadline, async {
        while changes.recv().await.unwrap() != group {}
    });
    heard.await.expect("those who wait for targets are told");
}

#[tokio::test]
async fn a_repeated_report_writes_nothing() {
    let harness = Harness::start().await;
    let (_, _, group) = harness.serving().await;
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    wait("it is attached", async || {
        !harness.attached().await.is_empty()
    })
    .await;
    harness.register(&group, TARGET).await.unwrap();
    harness.report("i-1", &group, TARGET, Healthy).await;
    wait("all is quiet", async || {
        let before = harness.world.store.heard_of();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        before == harness.world.store.heard_of()
    })
    .await;
    let before = harness.world.store.heard_of();
    harness.report("i-1", &group, TARGET, Healthy).await;
    harness.report("i-1", &group, "172.31.0.99", Healthy).await;
    assert_eq!(harness.world.store.heard_of(), before);
}

#[tokio::test]
async fn reasons_in_aws_words() {
    let harness = Harness::start().await;
    let (_, _, group) = harness.serving().await;
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    harness.register(&group, TARGET).await.unwrap();
    let report = TargetHealth {
        target: TargetRef {
            group: group.clone(),
            id: TARGET.to_owned(),
            port: 80,
        },
        state: TargetState::Unhealthy,
        reason: Some("Target.ResponseCodeMismatch".to_owned()),
        description: Some("Health checks failed with these codes: [502]".to_owned()),
    };
    harness.elb.report("i-1", vec![report]).await.unwrap();
    let input = DescribeTargetHealthInput {
        target_group_arn: Some(group),
        targets: Some(vec![target_of(TARGET), target_of("172.31.0.10")]),
        include: None,
    };
    let found = harness
        .elb
        .describe_target_health(&call(), input)
        .await
        .unwrap();
    let found = found.target_health_descriptions.unwrap();
    let health = found[0].target_health.clone().unwrap();
    assert_eq!(
        found[0]
            .target
            .as_ref()
            .unwrap()
            .availability_zone
            .as_deref(),
        Some("us-east-1a")
    );
    assert_eq!(found[0].health_check_port.as_deref(), Some("80"));
    assert_eq!(
        (
            health.state.as_deref(),
            health.reason.as_deref(),
            health.description.as_deref()
        ),
        (
            Some("unhealthy"),
            Some("Target.ResponseCodeMismatch"),
            Some("Health checks failed with these codes: [502]")
        )
    );
    let unknown = found[1].target_health.clone().unwrap();
    assert_eq!(
        (unknown.state.as_deref(), unknown.reason.as_deref()),
        (Some("unused"), Some("Target.NotRegistered"))
    );
}

#[tokio::test]
async fn a_target_leaves_when_all_hosts_drained_it() {
    let harness = Harness::start().await;
    let (_, _, group) = harness.serving().await;
    for host in ["i-1", "i-2"] {
        harness
            .elb
            .lb_host_connected(host, "us-east-1a", VERSION)
            .await
            .unwrap();
    }
    harness.register(&group, TARGET).await.unwrap();
    for host in ["i-1", "i-2"] {
        harness.report(host, &group, TARGET, Healthy).await;
    }
    harness.deregister(&group, TARGET).await;
    assert_eq!(state(&harness, &group).await.as_deref(), Some("draining"));
    harness.report("i-1", &group, TARGET, Drained).await;
    harness.report("i-2", &group, TARGET, Draining).await;
    assert_eq!(state(&harness, &group).await.as_deref(), Some("draining"));
    harness.report("i-2", &group, TARGET, Drained).await;
    wait("it is gone", async || {
        state(&harness, &group).await.is_none()
    })
    .await;
    assert_eq!(harness.count("target-health").await, 0);
}

#[tokio::test]
async fn a_target_leaves_when_the_delay_is_over() {
    let harness = Harness::start().await;
    let (_, _, group) = harness.serving().await;
    let input = ModifyTargetGroupAttributesInput {
        target_group_arn: Some(group.clone()),
        attributes: Some(vec![TargetGroupAttribute {
            key: Some("deregistration_delay.timeout_seconds".to_owned()),
            value: Some("1".to_owned()),
        }]),
    };
    harness
        .elb
        .modify_target_group_attributes(&call(), input)
        .await
        .unwrap();
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    harness.register(&group, TARGET).await.unwrap();
    harness.report("i-1", &group, TARGET, Healthy).await;
    harness.deregister(&group, TARGET).await;
    harness.report("i-1", &group, TARGET, Draining).await;
    assert_eq!(state(&harness, &group).await.as_deref(), Some("draining"));
    wait("it is gone", async || {
        state(&harness, &group).await.is_none()
    })
    .await;
}

#[tokio::test]
async fn a_target_that_received_nothing_leaves_at_once() {
    let harness = Harness::start().await;
    let (_, _, group) = harness.serving().await;
    harness.register(&group, TARGET).await.unwrap();
    harness.deregister(&group, TARGET).await;
    wait("it is gone", async || {
        state(&harness, &group).await.is_none()
    })
    .await;
    let unused = harness.group("unused").await;
    harness.register(&unused, TARGET).await.unwrap();
    assert_eq!(state(&harness, &unused).await.as_deref(), Some("unused"));
    harness.deregister(&unused, TARGET).await;
    wait("it is gone", async || {
        state(&harness, &unused).await.is_none()
    })
    .await;
}

#[tokio::test]
async fn a_target_may_come_back_while_it_leaves() {
    let harness = Harness::start().await;
    let (_, _, group) = harness.serving().await;
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    harness.register(&group, TARGET).await.unwrap();
    harness.report("i-1", &group, TARGET, Healthy).await;
    harness.deregister(&group, TARGET).await;
    harness.register(&group, TARGET).await.unwrap();
    assert_eq!(state(&harness, &group).await.as_deref(), Some("initial"));
    harness.report("i-1", &group, TARGET, Drained).await;
    assert_eq!(state(&harness, &group).await.as_deref(), Some("initial"));
    harness.report("i-1", &group, TARGET, Healthy).await;
    assert_eq!(state(&harness, &group).await.as_deref(), Some("healthy"));
}

#[tokio::test]
async fn health_ends_with_the_last_listener() {
    let harness = Harness::start().await;
    let (balancer, _, group) = harness.serving().await;
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    harness.register(&group, TARGET).await.unwrap();
    harness.report("i-1", &group, TARGET, Healthy).await;
    harness.delete_balancer(&balancer).await.unwrap();
    assert_eq!(state(&harness, &group).await.as_deref(), Some("unused"));
    wait("what was said is forgotten", async || {
        harness.count("target-health").await == 0
    })
    .await;
}
