//! What operations are judged on: the resource, its tags, the tags that are given.

use wharf_api_elbv2::{self as api, Elbv2, Input};
use wharf_wire::Check;

use crate::harness::{Harness, call, context};

fn tag(key: &str, value: &str) -> api::Tag {
    api::Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    }
}

async fn checks(harness: &Harness, input: Input<'_>) -> Vec<Check> {
    harness.elb.authorize(&context(), input).await.unwrap()
}

#[tokio::test]
async fn a_deletion_is_judged_by_the_tags_of_what_is_deleted() {
    let harness = Harness::start().await;
    let made = harness.create_balancer("web", |it| it.tags = Some(vec![tag("team", "a")]));
    let arn = made.await.unwrap().load_balancer_arn.unwrap();
    let input = api::DeleteLoadBalancerInput {
        load_balancer_arn: Some(arn.clone()),
    };
    let found = checks(&harness, Input::DeleteLoadBalancer(&input)).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].action, "elasticloadbalancing:DeleteLoadBalancer");
    assert_eq!(found[0].resource, arn);
    assert_eq!(
        found[0].context["elasticloadbalancing:ResourceTag/team"],
        ["a"]
    );
    assert_eq!(found[0].context["aws:ResourceTag/team"], ["a"]);
}

#[tokio::test]
async fn making_with_tags_takes_the_right_to_tag() {
    let harness = Harness::start().await;
    let input = api::CreateTargetGroupInput {
        name: Some("web".to_owned()),
        tags: Some(vec![tag("team", "a")]),
        ..Default::default()
    };
    let found = checks(&harness, Input::CreateTargetGroup(&input)).await;
    let arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/web/*";
    assert_eq!(found[0].resource, arn);
    assert_eq!(found[1].action, "elasticloadbalancing:AddTags");
    assert_eq!(found[1].resource, arn);
    for check in &found {
        assert_eq!(check.context["aws:RequestTag/team"], ["a"]);
        assert_eq!(check.context["aws:TagKeys"], ["team"]);
    }
    assert_eq!(
        found[1].context["elasticloadbalancing:CreateAction"],
        ["CreateTargetGroup"]
    );
}

#[tokio::test]
async fn what_has_no_resource_is_judged_on_all() {
    let harness = Harness::start().await;
    let found = checks(&harness, Input::DescribeLoadBalancers(&Default::default())).await;
    assert_eq!(
        found,
        [Check::any("elasticloadbalancing:DescribeLoadBalancers")]
    );
    let nonsense = api::DeleteRuleInput {
        rule_arn: Some("nonsense".to_owned()),
    };
    let found = checks(&harness, Input::DeleteRule(&nonsense)).await;
    assert_eq!(found, [Check::any("elasticloadbalancing:DeleteRule")]);
}

#[tokio::test]
async fn tags_are_added_and_removed() {
    let harness = Harness::start().await;
    let (balancer, listener, group) = harness.serving().await;
    let arns = Some(vec![balancer, listener, group.clone()]);
    let add = api::AddTagsInput {
        resource_arns: arns.clone(),
        tags: Some(vec![tag("a", "1"), tag("b", "2")]),
    };
    harness.elb.add_tags(&call(), add).await.unwrap();
    let remove = api::RemoveTagsInput {
        resource_arns: arns.clone(),
        tag_keys: Some(vec!["a".to_owned()]),
    };
    harness.elb.remove_tags(&call(), remove).await.unwrap();
    let describe = api::DescribeTagsInput {
        resource_arns: arns,
    };
    let found = harness.elb.describe_tags(&call(), describe).await.unwrap();
    for one in found.tag_descriptions.unwrap() {
        assert_eq!(one.tags, Some(vec![tag("b", "2")]));
    }
    let gone = api::DescribeTagsInput {
        resource_arns: Some(vec![group.replace("/web/", "/gone/")]),
    };
    let fault = harness.elb.describe_tags(&call(), gone).await.unwrap_err();
    assert_eq!(fault.code, "TargetGroupNotFound");
}

/// By AWS's names: who may make listeners of some protocols alone changes none to another.
#[tokio::test]
async fn listeners_subnets_and_groups_are_asked_about() {
    let harness = Harness::start().await;
    let create = api::CreateListenerInput {
        protocol: Some("HTTPS".to_owned()),
        ssl_policy: Some("ELBSecurityPolicy-2016-08".to_owned()),
        ..Default::default()
    };
    let modify = api::ModifyListenerInput {
        protocol: Some("HTTPS".to_owned()),
        ssl_policy: Some("ELBSecurityPolicy-2016-08".to_owned()),
        ..Default::default()
    };
    for input in [
        Input::CreateListener(&create),
        Input::ModifyListener(&modify),
    ] {
        let context = checks(&harness, input).await.remove(0).context;
        assert_eq!(context["elasticloadbalancing:ListenerProtocol"], ["HTTPS"]);
        assert_eq!(
            context["elasticloadbalancing:SecurityPolicy"],
            ["ELBSecurityPolicy-2016-08"]
        );
    }
    let mapping = api::SubnetMapping {
        subnet_id: Some("subnet-2".to_owned()),
        ..Default::default()
    };
    let subnets = api::SetSubnetsInput {
        subnets: Some(vec!["subnet-1".to_owned()]),
        subnet_mappings: Some(vec![mapping]),
        ..Default::default()
    };
    let found = checks(&harness, Input::SetSubnets(&subnets)).await;
    assert_eq!(
        found[0].context["elasticloadbalancing:Subnet"],
        ["subnet-1", "subnet-2"]
    );
    let groups = api::SetSecurityGroupsInput {
        security_groups: Some(vec!["sg-1".to_owned()]),
        ..Default::default()
    };
    let found = checks(&harness, Input::SetSecurityGroups(&groups)).await;
    assert_eq!(
        found[0].context["elasticloadbalancing:SecurityGroup"],
        ["sg-1"]
    );
}

/// What a request leaves out is asked about as it will be.
#[tokio::test]
async fn a_listener_without_a_policy_gets_the_usual_one() {
    const KEY: &str = "elasticloadbalancing:SecurityPolicy";
    let harness = Harness::start().await;
    let usual = Some(vec!["ELBSecurityPolicy-2016-08".to_owned()]);
    for (protocol, expected) in [
        ("HTTPS", &usual),
        ("TLS", &usual),
        ("HTTP", &None),
        ("TCP", &None),
    ] {
        let create = api::CreateListenerInput {
            protocol: Some(protocol.to_owned()),
            ..Default::default()
        };
        let found = checks(&harness, Input::CreateListener(&create)).await;
        assert_eq!(found[0].context.get(KEY), expected.as_ref(), "{protocol}");
    }
    let (_, listener, _) = harness.serving().await;
    let modify = |protocol: Option<&str>| api::ModifyListenerInput {
        listener_arn: Some(listener.clone()),
        protocol: protocol.map(str::to_owned),
        ..Default::default()
    };
    for (protocol, expected) in [(Some("HTTPS"), &usual), (None, &None)] {
        let input = modify(protocol);
        let found = checks(&harness, Input::ModifyListener(&input)).await;
        assert_eq!(found[0].context.get(KEY), expected.as_ref(), "{protocol:?}");
    }
}
