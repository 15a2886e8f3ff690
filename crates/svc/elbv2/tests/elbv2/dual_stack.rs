//! Dual-stack load balancers, and target groups of IPv6 addresses.

use std::net::{IpAddr, Ipv6Addr};

use wharf_api_ec2::{
    AssociateSubnetCidrBlockRequest, AssociateVpcCidrBlockRequest, DescribeVpcsRequest, Ec2 as _,
};
use wharf_api_elbv2::{self as api, Elbv2};
use wharf_base::Cidr6;
use wharf_planeproto::{Resource, balancer::LoadBalancer, wire::VERSION};
use wharf_wire::Fault;

use crate::harness::{Harness, PRINCIPAL, call, forward, wait};

const TYPE: &str = "dualstack";

/// Gives the default VPC a range, and the subnets in some zones a part of it each; the parts.
async fn ranges(harness: &Harness, zones: &str) -> Vec<Cidr6> {
    let ec2 = &harness.world.ec2;
    let vpc = harness.network.vpc.clone();
    let input = AssociateVpcCidrBlockRequest {
        vpc_id: Some(vpc.clone()),
        amazon_provided_ipv6_cidr_block: Some(true),
        ..Default::default()
    };
    ec2.associate_vpc_cidr_block(&call(), input).await.unwrap();
    let input = DescribeVpcsRequest {
        vpc_ids: Some(vec![vpc]),
        ..Default::default()
    };
    let found = ec2
        .describe_vpcs(&call(), input)
        .await
        .unwrap()
        .vpcs
        .unwrap();
    let set = found[0].ipv6_cidr_block_association_set.clone().unwrap();
    let whole: Cidr6 = set[0].ipv6_cidr_block.as_ref().unwrap().parse().unwrap();
    let mut parts = Vec::new();
    for (number, zone) in (0_u128..).zip(zones.chars()) {
        let first = Ipv6Addr::from_bits(whole.network().to_bits() | number << 64);
        let part = Cidr6::around(first, 64).unwrap();
        let input = AssociateSubnetCidrBlockRequest {
            subnet_id: Some(harness.network.subnet(zone)),
            ipv6_cidr_block: Some(part.to_string()),
            ..Default::default()
        };
        ec2.associate_subnet_cidr_block(&call(), input)
            .await
            .unwrap();
        parts.push(part);
    }
    parts
}

fn text(fault: Fault) -> String {
    format!("{}: {}", fault.code, fault.message)
}

async fn told(harness: &Harness, arn: &str) -> LoadBalancer {
    let all = harness.resources().await.into_iter();
    let mut all = all.filter_map(|it| match it {
        Resource::LoadBalancer(it) if it.arn == arn => Some(it),
        _ => None,
    });
    all.next().unwrap()
}

async fn set(harness: &Harness, arn: &str, kind: &str) -> Result<String, Fault> {
    let input = api::SetIpAddressTypeInput {
        load_balancer_arn: Some(arn.to_owned()),
        ip_address_type: Some(kind.to_owned()),
    };
    let done = harness.elb.set_ip_address_type(&call(), input).await?;
    Ok(done.ip_address_type.unwrap())
}

#[tokio::test]
async fn interfaces_have_addresses_of_both_kinds_while_it_is_dual_stack() {
    let harness = Harness::start().await;
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    let arn = harness.balancer("web").await.load_balancer_arn.unwrap();
    wait("an interface", || async {
        told(&harness, &arn).await.interfaces.len() == 1
    })
    .await;
    let without = "ValidationError: You must specify subnets with an associated IPv6 CIDR block.";
    assert_eq!(text(set(&harness, &arn, TYPE).await.unwrap_err()), without);
    let parts = ranges(&harness, "ab").await;
    assert_eq!(set(&harness, &arn, TYPE).await.unwrap(), TYPE);
    let shown = harness.describe(&arn).await.unwrap();
    assert_eq!(shown.ip_address_type.as_deref(), Some(TYPE));
    wait("its address", || async {
        told(&harness, &arn).await.interfaces[0].ipv6.is_some()
    })
    .await;
    let interface = told(&harness, &arn).await.interfaces.remove(0);
    let own = interface.ipv6.unwrap();
    assert!(parts.iter().any(|it| it.contains(own)), "{own}");
    assert_eq!(
        interface.addresses().collect::<Vec<_>>(),
        [IpAddr::V4(interface.address), IpAddr::V6(own)]
    );
    // It is the interface's in EC2.
    let service = wharf_testkit::call_of_service(PRINCIPAL);
    let has = async || {
        let all = harness.world.interfaces_as(&service).await.into_iter();
        let mut own = all.filter(|it| it.network_interface_id.as_deref() == Some(&*interface.id));
        let own = own.next().unwrap().ipv6_addresses.unwrap_or_default();
        own.into_iter()
            .filter_map(|it| it.ipv6_address)
            .collect::<Vec<_>>()
    };
    assert_eq!(has().await, [own.to_string()]);
    // Nothing changes by saying it again.
    assert_eq!(set(&harness, &arn, TYPE).await.unwrap(), TYPE);
    assert_eq!(set(&harness, &arn, "ipv4").await.unwrap(), "ipv4");
    wait("its end", || async {
        told(&harness, &arn).await.interfaces[0].ipv6.is_none()
    })
    .await;
    assert!(has().await.is_empty());
}

#[tokio::test]
async fn one_is_made_dual_stack_and_moves_between_subnets_that_have_ranges() {
    let harness = Harness::start().await;
    harness
        .elb
        .lb_host_connected("i-1", "us-east-1a", VERSION)
        .await
        .unwrap();
    ranges(&harness, "ab").await;
    let dual = |it: &mut api::CreateLoadBalancerInput| it.ip_address_type = Some(TYPE.to_owned());
    let made = harness.create_balancer("web", dual).await.unwrap();
    assert_eq!(made.ip_address_type.as_deref(), Some(TYPE));
    let arn = made.load_balancer_arn.unwrap();
    let again = harness.create_balancer("web", dual).await.unwrap();
    assert_eq!(again.load_balancer_arn.as_ref(), Some(&arn));
    let other = harness.create_balancer("web", |_| ()).await.unwrap_err();
    assert_eq!(other.code, "DuplicateLoadBalancerName");
    let has_one = || async {
        let interfaces = told(&harness, &arn).await.interfaces;
        interfaces.len() == 1 && interfaces[0].ipv6.is_some()
    };
    wait("its address", has_one).await;
    let subnets = |zones: &str, kind: Option<&str>| api::SetSubnetsInput {
        load_balancer_arn: Some(arn.clone()),
        subnets: Some(harness.network.subnets_in(zones)),
        ip_address_type: kind.map(str::to_owned),
        ..Default::default()
    };
    let set = async |zones, kind| harness.elb.set_subnets(&call(), subnets(zones, kind)).await;
    let refused = set("bc", None).await.unwrap_err();
    assert_eq!(
        refused.message,
        "You must specify subnets with an associated IPv6 CIDR block."
    );
    let done = set("bc", Some("ipv4")).await.unwrap();
    assert_eq!(done.ip_address_type.as_deref(), Some("ipv4"));
    let done = set("ab", Some(TYPE)).await.unwrap();
    assert_eq!(done.ip_address_type.as_deref(), Some(TYPE));
    wait("an address again", has_one).await;
}

#[tokio::test]
async fn what_is_no_address_type() {
    let harness = Harness::start().await;
    ranges(&harness, "ab").await;
    let arn = harness.balancer("web").await.load_balancer_arn.unwrap();
    for kind in ["dualstack-without-public-ipv4", "ipv6", "", "DUALSTACK"] {
        let refused = set(&harness, &arn, kind).await.unwrap_err();
        assert!(
            refused.message.contains(&format!("'{kind}'")),
            "{}",
            refused.message
        );
        let named =
            |it: &mut api::CreateLoadBalancerInput| it.ip_address_type = Some(kind.to_owned());
        assert!(
            harness.create_balancer("other", named).await.is_err(),
            "{kind}"
        );
    }
    let group = |kind: &'static str, target: &'static str, protocol: &'static str| {
        move |it: &mut api::CreateTargetGroupInput| {
            it.ip_address_type = Some(kind.to_owned());
            it.target_type = Some(target.to_owned());
            it.protocol = Some(protocol.to_owned());
        }
    };
    for (kind, target, protocol) in [
        ("dualstack", "ip", "HTTP"),
        ("", "ip", "HTTP"),
        ("ipv6", "instance", "HTTP"),
        ("ipv6", "ip", "UDP"),
        ("ipv6", "ip", "TCP_UDP"),
    ] {
        let made = harness
            .create_group("bad", group(kind, target, protocol))
            .await;
        assert!(made.is_err(), "{kind} {target} {protocol}");
    }
}

#[tokio::test]
async fn groups_of_ipv6_addresses_are_behind_dual_stack_ones_alone() {
    let harness = Harness::start().await;
    let parts = ranges(&harness, "ab").await;
    let ipv6 = |it: &mut api::CreateTargetGroupInput| it.ip_address_type = Some("ipv6".to_owned());
    let group = harness.create_group("six", ipv6).await.unwrap();
    assert_eq!(group.ip_address_type.as_deref(), Some("ipv6"));
    let group = group.target_group_arn.unwrap();
    let other = harness.create_group("six", |_| ()).await.unwrap_err();
    assert_eq!(other.code, "DuplicateTargetGroupName");

    // However it is written it is one target.
    let address = Ipv6Addr::from_bits(parts[0].network().to_bits() | 0x10);
    let own = address.to_string();
    harness.register(&group, &own).await.unwrap();
    let long = address.segments().map(|it| format!("{it:04X}")).join(":");
    harness.register(&group, &long).await.unwrap();
    let states = harness.states(&group).await;
    assert_eq!(states.keys().collect::<Vec<_>>(), [&own]);
    for bad in ["172.31.0.9", "fd00::9", "::1", "web", "fe80::1", ""] {
        assert!(harness.register(&group, bad).await.is_err(), "{bad}");
    }
    let targets = harness
        .resources()
        .await
        .into_iter()
        .filter_map(|it| match it {
            Resource::Target(it) => Some((it.target.id, it.address.to_string())),
            _ => None,
        });
    assert_eq!(targets.collect::<Vec<_>>(), [(own.clone(), own.clone())]);

    let needs = "InvalidConfigurationRequest: The target group";
    let arn = harness.balancer("web").await.load_balancer_arn.unwrap();
    let refused = harness
        .listener(&arn, 80, forward(&group))
        .await
        .unwrap_err();
    assert!(text(refused).starts_with(needs));
    set(&harness, &arn, TYPE).await.unwrap();
    harness.listener(&arn, 80, forward(&group)).await.unwrap();
    let refused = set(&harness, &arn, "ipv4").await.unwrap_err();
    assert!(text(refused).starts_with(needs));
    harness.deregister(&group, &long).await;
    let gone = || async {
        let states = harness.states(&group).await;
        states.values().all(|it| it == "draining")
    };
    wait("its end", gone).await;
}

#[tokio::test]
async fn datagrams_and_both_families_are_not_of_one_load_balancer() {
    let harness = Harness::start().await;
    ranges(&harness, "ab").await;
    let network = |it: &mut api::CreateLoadBalancerInput| {
        it.type_ = Some("network".to_owned());
        it.ip_address_type = Some(TYPE.to_owned());
    };
    let arn = harness.create_balancer("flows", network).await.unwrap();
    let arn = arn.load_balancer_arn.unwrap();
    let of = |protocol: &'static str| {
        move |it: &mut api::CreateTargetGroupInput| it.protocol = Some(protocol.to_owned())
    };
    let listen = async |group: &str, protocol: &str| {
        let input = api::CreateListenerInput {
            load_balancer_arn: Some(arn.clone()),
            protocol: Some(protocol.to_owned()),
            port: Some(53),
            default_actions: Some(vec![forward(group)]),
            ..Default::default()
        };
        harness.elb.create_listener(&call(), input).await
    };
    let both = harness.create_group("both", of("TCP_UDP")).await.unwrap();
    let both = both.target_group_arn.unwrap();
    for protocol in ["UDP", "TCP_UDP"] {
        let refused = listen(&both, protocol).await.unwrap_err();
        assert_eq!(refused.code, "InvalidConfigurationRequest", "{protocol}");
    }
    set(&harness, &arn, "ipv4").await.unwrap();
    listen(&both, "UDP").await.unwrap();
    let refused = set(&harness, &arn, TYPE).await.unwrap_err();
    assert_eq!(refused.code, "InvalidConfigurationRequest");
}
