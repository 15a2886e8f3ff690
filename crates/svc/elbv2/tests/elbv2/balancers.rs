//! Load balancers: made, given interfaces, changed, deleted.

use wharf_api_elbv2::{
    self as api, Elbv2, LoadBalancerAttribute, ModifyLoadBalancerAttributesInput,
    SetSecurityGroupsInput, SetSubnetsInput,
};
use wharf_planeproto::{Resource, wire::VERSION};

use crate::harness::{Harness, PRINCIPAL, call, forward, wait};

fn state(balancer: &api::LoadBalancer) -> &str {
    balancer.state.as_ref().unwrap().code.as_deref().unwrap()
}

#[tokio::test]
async fn it_is_provisioning_then_active() {
    let harness = Harness::start().await;
    let made = harness.balancer("web").await;
    assert_eq!(state(&made), "provisioning");
    assert_eq!(made.scheme.as_deref(), Some("internet-facing"));
    assert_eq!(made.vpc_id.as_ref(), Some(&harness.network.vpc));
    assert_eq!(
        made.security_groups,
        Some(vec![harness.network.group.clone()])
    );
    let name = made.dns_name.unwrap();
    let digits = name
        .strip_prefix("web-")
        .unwrap()
        .strip_suffix(".us-east-1.elb.localhost")
        .unwrap();
    assert!(
        digits.len() == 10 && digits.bytes().all(|b| b.is_ascii_digit()),
        "{name}"
    );
    let arn = made.load_balancer_arn.unwrap();
    let start = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/web/";
    assert_eq!(arn.strip_prefix(start).unwrap().len(), 16, "{arn}");
    wait("it becomes active without a host", async || {
        state(&harness.describe(&arn).await.unwrap()) == "active"
    })
    .await;
}

#[tokio::test]
async fn every_host_gets_an_interface_in_its_zone() {
    let harness = Harness::start().await;
    let arn = harness.balancer("web").await.load_balancer_arn.unwrap();
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1b", VERSION)
        .await
        .unwrap();
    harness
        .elb
        .lb_host_connected("i-2", "us-east-1c", VERSION)
        .await
        .unwrap();
    wait("both are attached", async || {
        let mut attached = harness.attached().await;
        attached.sort();
        let expected = [("i-1", 'b'), ("i-2", 'a')];
        attached == expected.map(|(host, zone)| (host.to_owned(), harness.network.subnet(zone)))
    })
    .await;
    wait("planes are told", async || {
        let told = harness.resources().await;
        told.iter()
            .any(|it| matches!(it, Resource::LoadBalancer(it) if it.interfaces.len() == 2))
    })
    .await;
    let id = arn.split_once("loadbalancer/").unwrap().1;
    let all = harness.world.interfaces().await;
    assert!(
        all.iter()
            .all(|it| it.description.as_deref() == Some(&format!("ELB {id}")))
    );
}

#[tokio::test]
async fn groups_and_subnets_follow() {
    let harness = Harness::start().await;
    let arn = harness.balancer("web").await.load_balancer_arn;
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    wait("it is attached", async || {
        !harness.attached().await.is_empty()
    })
    .await;
    let group = harness
        .world
        .security_group(&harness.network.vpc, "two")
        .await;
    let input = SetSecurityGroupsInput {
        load_balancer_arn: arn.clone(),
        security_groups: Some(vec![group.clone()]),
        ..Default::default()
    };
    harness
        .elb
        .set_security_groups(&call(), input)
        .await
        .unwrap();
    let input = SetSubnetsInput {
        load_balancer_arn: arn,
        subnets: Some(harness.network.subnets_in("bc")),
        ..Default::default()
    };
    harness.elb.set_subnets(&call(), input).await.unwrap();
    wait("the interface moved and has the group", async || {
        let all = harness.world.interfaces().await;
        all.len() == 1
            && all[0].subnet_id.as_ref() == Some(&harness.network.subnet('b'))
            && all[0].attachment.is_some()
            && all[0].groups.as_ref().unwrap()[0].group_id.as_ref() == Some(&group)
    })
    .await;
}

#[tokio::test]
async fn what_keeps_it_from_being_whole_is_told() {
    let harness = Harness::start().await;
    let world = &harness.world;
    let ranges = [('a', "10.9.0.0/28"), ('b', "10.9.0.16/28")];
    let small = world.another_network("10.9.0.0/16", &ranges).await;
    // All of the eleven addresses that a /28 has for others than AWS.
    let mut taken = Vec::new();
    for _ in 0..11 {
        taken.push(world.interface(&small.subnet('a'), "", None).await);
    }
    let made = harness.create_balancer("web", |it| it.subnets = Some(small.subnets_in("ab")));
    let arn = made.await.unwrap().load_balancer_arn.unwrap();
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    wait("it is impaired", async || {
        let found = harness.describe(&arn).await.unwrap().state.unwrap();
        found.code.as_deref() == Some("active_impaired")
            && found.reason.is_some_and(|it| {
                it.starts_with("Cannot create a network interface: ")
                    && it.contains(&small.subnet('a'))
            })
    })
    .await;
    for interface in taken {
        world.delete_interface(&interface, None).await;
    }
    wait("it is mended", async || {
        state(&harness.describe(&arn).await.unwrap()) == "active"
    })
    .await;
}

#[tokio::test]
async fn the_same_again_is_the_same() {
    let harness = Harness::start().await;
    let first = harness.balancer("web").await;
    let turned = harness
        .create_balancer("web", |it| it.subnets.as_mut().unwrap().reverse())
        .await
        .unwrap();
    assert_eq!(first.load_balancer_arn, turned.load_balancer_arn);
    let other = harness
        .create_balancer("web", |it| it.scheme = Some("internal".to_owned()))
        .await;
    let fault = other.unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message.as_str()),
        (
            "DuplicateLoadBalancerName",
            "A load balancer with the same name 'web' exists, but with different settings"
        )
    );
    assert_eq!(harness.count("public-address").await, 1);
}

#[tokio::test]
async fn refusals() {
    let harness = Harness::start().await;
    let one = harness
        .create_balancer("web", |it| it.subnets.as_mut().unwrap().truncate(1))
        .await;
    assert_eq!(
        one.unwrap_err().message,
        "At least two subnets in two different Availability Zones must be specified"
    );
    let gone = harness
        .create_balancer("web", |it| {
            it.subnets = Some(vec![harness.network.subnet('a'), "subnet-x".to_owned()])
        })
        .await
        .unwrap_err();
    assert_eq!(
        (gone.code.as_ref(), gone.message.as_str()),
        ("SubnetNotFound", "The subnet ID 'subnet-x' does not exist")
    );
    let other = harness.world.another_network("10.1.0.0/16", &[]).await;
    let foreign = harness
        .create_balancer("web", |it| it.security_groups = Some(vec![other.group]))
        .await;
    assert_eq!(foreign.unwrap_err().code, "InvalidSecurityGroup");
    let gateway = harness
        .create_balancer("web", |it| it.type_ = Some("gateway".to_owned()))
        .await;
    assert_eq!(
        gateway.unwrap_err().message,
        "A load balancer of type 'gateway' is not supported by this version of wharf."
    );
    let fault = harness
        .describe("arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/app/x/1")
        .await;
    let fault = fault.unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message.as_str()),
        (
            "LoadBalancerNotFound",
            "One or more load balancers not found"
        )
    );
}

#[tokio::test]
async fn deletion_frees_everything() {
    let mut harness = Harness::start().await;
    let (arn, listener, group) = harness.serving().await;
    for priority in 1..30 {
        harness
            .rule(
                &listener,
                priority,
                &format!("/{priority}"),
                forward(&group),
            )
            .await
            .unwrap();
    }
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    wait("it is attached", async || {
        !harness.attached().await.is_empty()
    })
    .await;
    let protect = |value: &str| ModifyLoadBalancerAttributesInput {
        load_balancer_arn: Some(arn.clone()),
        attributes: Some(vec![LoadBalancerAttribute {
            key: Some("deletion_protection.enabled".to_owned()),
            value: Some(value.to_owned()),
        }]),
    };
    harness
        .elb
        .modify_load_balancer_attributes(&call(), protect("true"))
        .await
        .unwrap();
    let fault = harness.delete_balancer(&arn).await.unwrap_err();
    assert_eq!(
        (fault.code.as_ref(), fault.message),
        (
            "OperationNotPermitted",
            format!(
                "Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
            )
        )
    );
    harness
        .elb
        .modify_load_balancer_attributes(&call(), protect("false"))
        .await
        .unwrap();
    harness.delete_balancer(&arn).await.unwrap();
    // At once: nothing below it, its group is free, its name is.
    assert_eq!(
        harness.describe(&arn).await.unwrap_err().code,
        "LoadBalancerNotFound"
    );
    assert_eq!(
        (harness.count("listener").await, harness.count("rule").await),
        (0, 0)
    );
    let delete = api::DeleteTargetGroupInput {
        target_group_arn: Some(group),
    };
    harness
        .elb
        .delete_target_group(&call(), delete)
        .await
        .unwrap();
    // Soon, whoever is there to see to it: interfaces and address.
    harness.elb.restart();
    wait("nothing is left", async || {
        harness.world.interfaces().await.is_empty()
            && harness.count("public-address").await == 0
            && harness.count("remains").await == 0
    })
    .await;
    harness.delete_balancer(&arn).await.expect("deleted twice");
    harness.balancer("web").await;
}

#[tokio::test]
async fn an_interface_without_an_owner_goes() {
    let harness = Harness::start().await;
    let arn = harness.balancer("web").await.load_balancer_arn.unwrap();
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    wait("it is attached", async || {
        !harness.attached().await.is_empty()
    })
    .await;
    let subnet = harness.network.subnet('a');
    let stray = harness
        .world
        .interface(&subnet, "ELB app/gone/0123456789abcdef", Some(PRINCIPAL))
        .await;
    let mut harness = harness;
    harness.elb.restart();
    wait("the stray is gone", async || {
        let all = harness.world.interfaces().await;
        all.iter()
            .all(|it| it.network_interface_id.as_ref() != Some(&stray))
    })
    .await;
    let left = harness.world.interfaces().await;
    assert_eq!(left.len(), 1, "{arn} keeps its own");
}

#[tokio::test]
async fn an_interface_that_is_lost_is_made_again() {
    let mut harness = Harness::start().await;
    harness.balancer("web").await;
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    wait("it is attached", async || {
        !harness.attached().await.is_empty()
    })
    .await;
    for interface in harness.world.interfaces().await {
        let id = interface.network_interface_id.unwrap();
        harness.world.delete_interface(&id, Some(PRINCIPAL)).await;
    }
    harness.elb.restart();
    wait("another is attached", async || {
        !harness.attached().await.is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_marker_fits_its_list_and_filters_only() {
    let harness = Harness::start().await;
    for name in ["one", "two"] {
        harness.balancer(name).await;
        harness.group(name).await;
    }
    let list = async |change: &dyn Fn(&mut api::DescribeLoadBalancersInput)| {
        let mut input = api::DescribeLoadBalancersInput::default();
        change(&mut input);
        harness.elb.describe_load_balancers(&call(), input).await
    };
    let first = list(&|it| it.page_size = Some(1)).await.unwrap();
    let marker = first.next_marker;
    assert!(marker.is_some());
    let second = list(&|it| it.marker.clone_from(&marker)).await.unwrap();
    assert_eq!(second.load_balancers.unwrap().len(), 1);
    let names = ["one".to_owned(), "two".to_owned()];
    let filtered = |it: &mut api::DescribeLoadBalancersInput| {
        it.marker.clone_from(&marker);
        it.names = Some(names.to_vec());
    };
    let forged = |it: &mut api::DescribeLoadBalancersInput| {
        // The id of a load balancer in base64, as markers once were.
        it.marker = Some("YXBwL29uZS8w".to_owned());
    };
    for refused in [list(&filtered).await, list(&forged).await] {
        let fault = refused.unwrap_err();
        assert_eq!(fault.message, "The provided marker is not valid.");
    }
    let groups = api::DescribeTargetGroupsInput {
        marker,
        ..Default::default()
    };
    let foreign = harness.elb.describe_target_groups(&call(), groups).await;
    assert_eq!(foreign.unwrap_err().code, "ValidationError");
}
