//! Target groups and what may become of them.

use wharf_api_elbv2::{
    self as api, DeleteTargetGroupInput, DescribeTargetGroupsInput, Elbv2,
    ModifyTargetGroupAttributesInput, RegisterTargetsInput, TargetDescription,
    TargetGroupAttribute,
};

use wharf_planeproto::Resource;

use crate::harness::{Harness, call, forward, wait};

fn delete(arn: &str) -> DeleteTargetGroupInput {
    DeleteTargetGroupInput {
        target_group_arn: Some(arn.to_owned()),
    }
}

#[tokio::test]
async fn the_same_again_is_the_same() {
    let harness = Harness::start().await;
    let first = harness.group("web").await;
    assert_eq!(harness.group("web").await, first);
    let other = harness
        .create_group("web", |it| it.port = Some(81))
        .await
        .unwrap_err();
    assert_eq!(
        (other.code.as_ref(), other.message.as_str()),
        (
            "DuplicateTargetGroupName",
            "A target group with the same name 'web' exists, but with different settings"
        )
    );
    let fault = harness
        .create_group("x", |it| it.vpc_id = Some("vpc-9".to_owned()))
        .await
        .unwrap_err();
    assert_eq!(fault.message, "The VPC ID 'vpc-9' is not found");
}

#[tokio::test]
async fn one_in_use_is_not_deleted() {
    let harness = Harness::start().await;
    let (balancer, listener, group) = harness.serving().await;
    let fault = harness
        .elb
        .delete_target_group(&call(), delete(&group))
        .await
        .unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message),
        (
            "ResourceInUse",
            format!("Target group '{group}' is currently in use by a listener or a rule")
        )
    );
    let input = DescribeTargetGroupsInput {
        load_balancer_arn: Some(balancer.clone()),
        ..Default::default()
    };
    let found = harness.elb.describe_target_groups(&call(), input).await;
    let found = found.unwrap().target_groups.unwrap().remove(0);
    assert_eq!(found.load_balancer_arns, Some(vec![balancer]));
    let input = api::DeleteListenerInput {
        listener_arn: Some(listener),
    };
    harness.elb.delete_listener(&call(), input).await.unwrap();
    harness
        .elb
        .delete_target_group(&call(), delete(&group))
        .await
        .unwrap();
    harness
        .elb
        .delete_target_group(&call(), delete(&group))
        .await
        .expect("deleted twice");
}

#[tokio::test]
async fn one_belongs_to_one_load_balancer_of_its_vpc() {
    let harness = Harness::start().await;
    let (_, _, group) = harness.serving().await;
    let other = harness.balancer("other").await.load_balancer_arn.unwrap();
    let fault = harness
        .listener(&other, 80, forward(&group))
        .await
        .unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message),
        (
            "TargetGroupAssociationLimit",
            format!(
                "The following target groups cannot be associated with more than one load balancer: {group}"
            )
        )
    );
    let elsewhere = harness.world.another_network("10.1.0.0/16", &[]).await;
    let far = harness
        .create_group("far", |it| it.vpc_id = Some(elsewhere.vpc))
        .await
        .unwrap();
    let fault = harness
        .listener(&other, 80, forward(&far.target_group_arn.unwrap()))
        .await
        .unwrap_err();
    assert_eq!(fault.code, "InvalidConfigurationRequest");
    let gone = group.replace("/web/", "/gone/");
    let fault = harness
        .listener(&other, 80, forward(&gone))
        .await
        .unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message.as_str()),
        ("TargetGroupNotFound", "One or more target groups not found")
    );
}

#[tokio::test]
async fn targets_go_with_their_group() {
    let harness = Harness::start().await;
    let group = harness.group("web").await;
    for n in 4..120 {
        harness
            .register(&group, &format!("172.31.0.{n}"))
            .await
            .unwrap();
    }
    assert_eq!(harness.count("target").await, 116);
    harness
        .elb
        .delete_target_group(&call(), delete(&group))
        .await
        .unwrap();
    wait("the targets are gone", async || {
        harness.count("target").await == 0
    })
    .await;
}

#[tokio::test]
async fn instances_are_where_their_hosts_are() {
    let harness = Harness::start().await;
    let group = harness
        .create_group("web", |it| it.target_type = None)
        .await
        .unwrap();
    let group = group.target_group_arn.unwrap();
    harness.register(&group, "i-1").await.unwrap();
    let text = |fault: wharf_wire::Fault| (fault.code.into_owned(), fault.message);
    assert_eq!(
        text(harness.register(&group, "i-2").await.unwrap_err()),
        (
            "InvalidTarget".to_owned(),
            "The following targets are not in a running state and cannot be registered: 'i-2'"
                .to_owned()
        )
    );
    assert_eq!(
        text(harness.register(&group, "172.31.0.9").await.unwrap_err()),
        (
            "ValidationError".to_owned(),
            "Instance ID '172.31.0.9' is not valid".to_owned()
        )
    );
}

#[tokio::test]
async fn instances_of_a_vpc_have_addresses_there_until_they_end() {
    let harness = Harness::start().await;
    let group = harness
        .create_group("web", |it| it.target_type = None)
        .await
        .unwrap();
    let group = group.target_group_arn.unwrap();
    harness.register(&group, "i-3").await.unwrap();
    let target = harness
        .resources()
        .await
        .into_iter()
        .find_map(|it| match it {
            Resource::Target(it) => Some(it),
            _ => None,
        });
    let target = target.unwrap();
    assert!(target.in_vpc && target.address.to_string() == "172.31.0.7");
    let refusal = async |id: &str| harness.register(&group, id).await.unwrap_err().message;
    let vpc = &harness.network.vpc;
    assert_eq!(
        refusal("i-4").await,
        format!("The following targets are not in the target group VPC '{vpc}': 'i-4'")
    );
    assert!(refusal("i-5").await.contains("not in a running state"));
    harness.register(&group, "i-1").await.unwrap();
    // At many ports: more than one transaction takes.
    let at = |port: i32| TargetDescription {
        id: Some("i-3".to_owned()),
        port: Some(port),
        ..Default::default()
    };
    let input = RegisterTargetsInput {
        target_group_arn: Some(group.clone()),
        targets: Some((9000..9130).map(at).collect()),
    };
    harness.elb.register_targets(&call(), input).await.unwrap();
    assert_eq!(harness.count("target").await, 132);
    for id in ["i-1", "i-3"] {
        harness
            .instances
            .ended
            .lock()
            .unwrap()
            .insert(id.to_owned());
        harness.instance_changed(id).await;
    }
    // A host stays, which may come back.
    wait("its target is gone", async || {
        harness.count("target").await == 1
    })
    .await;
}

/// A host is reached where it is, so it sees the load balancer, and so do those who answer requests.
#[tokio::test]
async fn instances_in_the_vpc_may_see_their_clients() {
    let harness = Harness::start().await;
    let flows = |kind: &'static str| {
        harness.create_group(kind, move |it| {
            it.target_type = None;
            if kind == "flows" {
                it.protocol = Some("TCP".to_owned());
            }
        })
    };
    for (kind, in_vpc) in [("flows", vec!["172.31.0.0/16".to_owned()]), ("web", vec![])] {
        let group = flows(kind).await.unwrap().target_group_arn.unwrap();
        harness.register(&group, "i-3").await.unwrap();
        harness.register(&group, "i-1").await.unwrap();
        let mut told = 0;
        for resource in harness.resources().await {
            match resource {
                Resource::Target(it) if it.target.group == group => {
                    let expected = if it.in_vpc { &in_vpc[..] } else { &[] };
                    assert_eq!(it.instance_vpc_ranges, expected, "{}", it.target);
                    assert!(it.vpc_ranges.is_empty());
                    told += 1;
                }
                Resource::TargetGroup(it) if it.arn == group => {
                    let keeps = it.attributes.get("preserve_client_ip.enabled");
                    assert_eq!(
                        keeps.map(String::as_str),
                        (kind == "flows").then_some("true")
                    );
                }
                _ => {}
            }
        }
        assert_eq!(told, 2);
    }
}

#[tokio::test]
async fn attributes_are_kept_and_shown() {
    let harness = Harness::start().await;
    let group = harness.group("web").await;
    let change = |key: &str, value: &str| ModifyTargetGroupAttributesInput {
        target_group_arn: Some(group.clone()),
        attributes: Some(vec![TargetGroupAttribute {
            key: Some(key.to_owned()),
            value: Some(value.to_owned()),
        }]),
    };
    let key = "deregistration_delay.timeout_seconds";
    let changed = harness
        .elb
        .modify_target_group_attributes(&call(), change(key, "5"))
        .await
        .unwrap();
    let shown = changed.attributes.unwrap();
    let value = shown
        .iter()
        .find(|it| it.key.as_deref() == Some(key))
        .unwrap();
    assert_eq!(value.value.as_deref(), Some("5"));
    assert!(shown.len() > 10);
    let fault = harness
        .elb
        .modify_target_group_attributes(&call(), change("x", "5"))
        .await
        .unwrap_err();
    assert_eq!(
        fault.message,
        "Target group attribute key 'x' is not recognized"
    );
}
