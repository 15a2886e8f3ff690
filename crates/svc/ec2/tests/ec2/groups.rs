//! Security groups and their rules.

use wharf_api_ec2::{Ec2, types::*};
use wharf_planeproto::{Resource, network::Permission};

use crate::world::{filter, refusal, tcp, tcp_from, told, user, world};

fn delete(id: &str) -> DeleteSecurityGroupRequest {
    DeleteSecurityGroupRequest {
        group_id: Some(id.to_owned()),
        ..Default::default()
    }
}

fn revoke(id: &str, permission: IpPermission) -> RevokeSecurityGroupIngressRequest {
    RevokeSecurityGroupIngressRequest {
        group_id: Some(id.to_owned()),
        ip_permissions: Some(vec![permission]),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_new_group_lets_everything_out_and_nothing_in() {
    let world = world();
    let id = world.group("web").await;
    let shown = world.shown_group(&id).await;
    assert_eq!(shown.group_name.as_deref(), Some("web"));
    assert_eq!(shown.ip_permissions, Some(vec![]));
    let out = &shown.ip_permissions_egress.unwrap()[0];
    assert_eq!(out.ip_protocol.as_deref(), Some("-1"));
    let range = &out.ip_ranges.as_ref().unwrap()[0];
    assert_eq!(range.cidr_ip.as_deref(), Some("0.0.0.0/0"));
}

#[tokio::test]
async fn groups_that_cannot_be_made_say_why() {
    let world = world();
    world.group("web").await;
    let vpc = world
        .shown_group(&world.group("other").await)
        .await
        .vpc_id
        .unwrap();
    let valid = "characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*";
    for (name, description, expected) in [
        ("web", "d", format!("InvalidGroup.Duplicate: The security group 'web' already exists for VPC '{vpc}'")),
        ("default", "d", "InvalidParameterValue: Cannot use reserved security group name: default".to_owned()),
        ("sg-1", "d", "InvalidParameterValue: Value (sg-1) for parameter GroupName is invalid. Group names may not be in the format sg-*".to_owned()),
        ("a", "<", format!("InvalidParameterValue: Invalid security group description. Valid descriptions are strings less than 256 {valid}")),
        ("\u{e9}", "d", format!("InvalidParameterValue: Invalid security group name. Valid names are strings less than 256 {valid}")),
        ("a", "", "MissingParameter: The request must contain the parameter GroupDescription".to_owned()),
    ] {
        let input = CreateSecurityGroupRequest {
            group_name: Some(name.to_owned()),
            description: Some(description.to_owned()),
            ..Default::default()
        };
        let result = world.ec2.create_security_group(&user(), input).await;
        assert_eq!(refusal(result), expected);
    }
}

#[tokio::test]
async fn a_rule_is_added_once_shown_and_taken_away() {
    let world = world();
    let id = world.group("web").await;
    let rules = world.allow(&id, tcp(80, "10.0.0.9/8")).await.unwrap();
    assert_eq!(rules[0].cidr_ipv4.as_deref(), Some("10.0.0.0/8"));
    assert_eq!(
        (rules[0].from_port, rules[0].is_egress),
        (Some(80), Some(false))
    );
    assert_eq!(
        refusal(world.allow(&id, tcp(80, "10.0.0.0/8")).await),
        "InvalidPermission.Duplicate: the specified rule \"peer: 10.0.0.0/8, TCP, from port: 80, to port: 80, ALLOW\" already exists"
    );
    world.allow(&id, tcp(80, "11.0.0.0/8")).await.unwrap();
    let shown = world.shown_group(&id).await.ip_permissions.unwrap();
    assert_eq!(shown.len(), 1, "one permission with two ranges");
    assert_eq!(shown[0].ip_ranges.as_ref().unwrap().len(), 2);

    let ec2 = &world.ec2;
    let done = ec2
        .revoke_security_group_ingress(&user(), revoke(&id, tcp(80, "10.0.0.0/8")))
        .await
        .unwrap();
    let revoked = done.revoked_security_group_rules.unwrap();
    assert_eq!(
        revoked[0].security_group_rule_id,
        rules[0].security_group_rule_id
    );
    // In the default VPC what is not there is no error.
    let done = ec2
        .revoke_security_group_ingress(&user(), revoke(&id, tcp(80, "10.0.0.0/8")))
        .await
        .unwrap();
    assert_eq!(done.unknown_ip_permissions.unwrap().len(), 1);
    assert_eq!(done.revoked_security_group_rules, Some(vec![]));

    let describe = DescribeSecurityGroupRulesRequest {
        filters: Some(vec![filter("group-id", &id)]),
        ..Default::default()
    };
    let left = ec2.describe_security_group_rules(&user(), describe).await;
    let left = left.unwrap().security_group_rules.unwrap();
    assert_eq!(left.len(), 2);
    let ingress = left.iter().find(|rule| rule.is_egress == Some(false));
    let by_id = RevokeSecurityGroupIngressRequest {
        group_id: Some(id.clone()),
        security_group_rule_ids: ingress
            .unwrap()
            .security_group_rule_id
            .clone()
            .map(|id| vec![id]),
        ..Default::default()
    };
    ec2.revoke_security_group_ingress(&user(), by_id.clone())
        .await
        .unwrap();
    let again = refusal(ec2.revoke_security_group_ingress(&user(), by_id).await);
    assert!(
        again.starts_with("InvalidSecurityGroupRuleId.NotFound: "),
        "{again}"
    );
    let nothing = RevokeSecurityGroupIngressRequest {
        group_id: Some(id),
        ..Default::default()
    };
    assert_eq!(
        refusal(ec2.revoke_security_group_ingress(&user(), nothing).await),
        "MissingParameter: Either 'ipPermissions' or 'securityGroupRuleIds' should be provided."
    );
}

#[tokio::test]
async fn egress_rules_are_a_list_of_their_own() {
    let world = world();
    let id = world.group("web").await;
    let input = AuthorizeSecurityGroupEgressRequest {
        group_id: Some(id.clone()),
        ip_permissions: Some(vec![tcp(443, "0.0.0.0/0")]),
        ..Default::default()
    };
    let made = world
        .ec2
        .authorize_security_group_egress(&user(), input)
        .await;
    assert_eq!(
        made.unwrap().security_group_rules.unwrap()[0].is_egress,
        Some(true)
    );
    let all = IpPermission {
        ip_protocol: Some("-1".to_owned()),
        ..tcp(0, "0.0.0.0/0")
    };
    let input = RevokeSecurityGroupEgressRequest {
        group_id: Some(id.clone()),
        ip_permissions: Some(vec![all]),
        ..Default::default()
    };
    world
        .ec2
        .revoke_security_group_egress(&user(), input)
        .await
        .unwrap();
    let shown = world.shown_group(&id).await;
    assert_eq!(shown.ip_permissions_egress.unwrap().len(), 1);
    assert_eq!(shown.ip_permissions, Some(vec![]));
}

#[tokio::test]
async fn sixty_rules_and_no_more() {
    let world = world();
    let id = world.group("web").await;
    for port in 1..=60 {
        world.allow(&id, tcp(port, "0.0.0.0/0")).await.unwrap();
    }
    assert_eq!(
        refusal(world.allow(&id, tcp(61, "0.0.0.0/0")).await),
        "RulesPerSecurityGroupLimitExceeded: The maximum number of rules per security group has been reached."
    );
}

#[tokio::test]
async fn a_group_that_is_needed_stays() {
    let world = world();
    let (web, app) = (world.group("web").await, world.group("app").await);
    world.allow(&app, tcp_from(80, &web)).await.unwrap();
    world.allow(&web, tcp_from(80, &web)).await.unwrap();
    let ec2 = &world.ec2;
    let needed = format!("DependencyViolation: resource {web} has a dependent object");
    assert_eq!(
        refusal(ec2.delete_security_group(&user(), delete(&web)).await),
        needed
    );
    let input = revoke(&app, tcp_from(80, &web));
    ec2.revoke_security_group_ingress(&user(), input)
        .await
        .unwrap();

    let all = DescribeSubnetsRequest::default();
    let subnets = ec2.describe_subnets(&user(), all).await;
    let subnet = subnets.unwrap().subnets.unwrap().remove(0);
    let interface = CreateNetworkInterfaceRequest {
        subnet_id: subnet.subnet_id,
        groups: Some(vec![web.clone()]),
        ..Default::default()
    };
    let made = ec2
        .create_network_interface(&user(), interface)
        .await
        .unwrap();
    assert_eq!(
        refusal(ec2.delete_security_group(&user(), delete(&web)).await),
        needed
    );
    let interface = DeleteNetworkInterfaceRequest {
        network_interface_id: made.network_interface.unwrap().network_interface_id,
        ..Default::default()
    };
    ec2.delete_network_interface(&user(), interface)
        .await
        .unwrap();
    ec2.delete_security_group(&user(), delete(&web))
        .await
        .unwrap();
    assert_eq!(
        refusal(ec2.delete_security_group(&user(), delete(&web)).await),
        format!("InvalidGroup.NotFound: The security group '{web}' does not exist")
    );
    // Its name is free again.
    world.group("web").await;
    let described = DescribeSecurityGroupsRequest {
        group_names: Some(vec!["default".to_owned()]),
        ..Default::default()
    };
    let default = ec2
        .describe_security_groups(&user(), described)
        .await
        .unwrap();
    let default = default.security_groups.unwrap().remove(0).group_id.unwrap();
    assert_eq!(
        refusal(ec2.delete_security_group(&user(), delete(&default)).await),
        format!(
            "CannotDelete: the specified group: \"{default}\" name: \"default\" cannot be deleted by a user"
        )
    );
}

#[tokio::test]
async fn a_rule_never_names_a_group_that_goes_meanwhile() {
    let world = world();
    let (app, user) = (world.group("app").await, user());
    for round in 0..20 {
        let web = world.group(&format!("web{round}")).await;
        let (allowed, deleted) = tokio::join!(
            world.allow(&app, tcp_from(round, &web)),
            world.ec2.delete_security_group(&user, delete(&web)),
        );
        assert!(
            allowed.is_ok() != deleted.is_ok(),
            "{allowed:?} {deleted:?}"
        );
    }
}

#[tokio::test]
async fn flat_parameters_and_names_in_the_default_vpc() {
    let world = world();
    let (web, app) = (world.group("web").await, world.group("app").await);
    let flat = AuthorizeSecurityGroupIngressRequest {
        group_name: Some("app".to_owned()),
        ip_protocol: Some("tcp".to_owned()),
        from_port: Some(22),
        to_port: Some(22),
        cidr_ip: Some("192.168.0.0/16".to_owned()),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    ec2.authorize_security_group_ingress(&user(), flat)
        .await
        .unwrap();
    let from_group = AuthorizeSecurityGroupIngressRequest {
        group_id: Some(app.clone()),
        source_security_group_name: Some("web".to_owned()),
        ..Default::default()
    };
    ec2.authorize_security_group_ingress(&user(), from_group)
        .await
        .unwrap();
    let shown = world.shown_group(&app).await.ip_permissions.unwrap();
    assert_eq!(shown.len(), 2);
    let pairs = shown[1].user_id_group_pairs.as_ref().unwrap();
    assert_eq!(pairs[0].group_id.as_deref(), Some(web.as_str()));
    let nobody = AuthorizeSecurityGroupIngressRequest {
        group_name: Some("nobody".to_owned()),
        ..Default::default()
    };
    assert_eq!(
        refusal(ec2.authorize_security_group_ingress(&user(), nobody).await),
        "InvalidGroup.NotFound: The security group 'nobody' does not exist in default VPC"
    );
}

#[tokio::test]
async fn rules_are_modified_and_described_anew() {
    let world = world();
    let id = world.group("web").await;
    let rule = world
        .allow(&id, tcp(80, "10.0.0.0/8"))
        .await
        .unwrap()
        .remove(0);
    world.allow(&id, tcp(81, "10.0.0.0/8")).await.unwrap();
    let rule_id = rule.security_group_rule_id.unwrap();
    let modify = |port| ModifySecurityGroupRulesRequest {
        group_id: Some(id.clone()),
        security_group_rules: Some(vec![SecurityGroupRuleUpdate {
            security_group_rule_id: Some(rule_id.clone()),
            security_group_rule: Some(SecurityGroupRuleRequest {
                ip_protocol: Some("tcp".to_owned()),
                from_port: Some(port),
                to_port: Some(port),
                cidr_ipv4: Some("10.0.0.0/8".to_owned()),
                ..Default::default()
            }),
        }]),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    ec2.modify_security_group_rules(&user(), modify(82))
        .await
        .unwrap();
    let taken = refusal(ec2.modify_security_group_rules(&user(), modify(81)).await);
    assert!(
        taken.starts_with("InvalidPermission.Duplicate: "),
        "{taken}"
    );
    let describe = UpdateSecurityGroupRuleDescriptionsIngressRequest {
        group_id: Some(id.clone()),
        ip_permissions: Some(vec![IpPermission {
            ip_ranges: Some(vec![IpRange {
                cidr_ip: Some("10.0.0.0/8".to_owned()),
                description: Some("the office".to_owned()),
            }]),
            ..tcp(82, "")
        }]),
        ..Default::default()
    };
    ec2.update_security_group_rule_descriptions_ingress(&user(), describe)
        .await
        .unwrap();
    let input = DescribeSecurityGroupRulesRequest {
        security_group_rule_ids: Some(vec![rule_id.clone()]),
        ..Default::default()
    };
    let shown = ec2.describe_security_group_rules(&user(), input).await;
    let shown = shown.unwrap().security_group_rules.unwrap().remove(0);
    assert_eq!(shown.from_port, Some(82));
    assert_eq!(shown.description.as_deref(), Some("the office"));
}

#[tokio::test]
async fn hosts_are_told_of_rules() {
    let world = world();
    let id = world.group("web").await;
    world.allow(&id, tcp(80, "10.0.0.0/8")).await.unwrap();
    let group = |resource| match resource {
        Resource::SecurityGroup(group) if group.id == id => Some(group),
        _ => None,
    };
    let group = told(&world).await.into_iter().find_map(group).unwrap();
    let ports: Vec<_> = group
        .ingress
        .iter()
        .map(|it: &Permission| it.ports)
        .collect();
    assert_eq!(ports, [Some((80, 80))]);
}

/// TCP from a range of IPv6.
fn tcp6(port: i32, range: &str) -> IpPermission {
    IpPermission {
        ip_ranges: None,
        ipv6_ranges: Some(vec![Ipv6Range {
            cidr_ipv6: Some(range.to_owned()),
            description: None,
        }]),
        ..tcp(port, "")
    }
}

#[tokio::test]
async fn rules_of_ipv6_are_kept_shown_told_and_revoked() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let input = CreateSecurityGroupRequest {
        group_name: Some("six".to_owned()),
        description: Some("a test".to_owned()),
        vpc_id: Some(vpc),
        ..Default::default()
    };
    let made = world.ec2.create_security_group(&user(), input).await;
    let id = made.unwrap().group_id.unwrap();
    // A new group has none, so clients that take it away learn that it is not there.
    let input = RevokeSecurityGroupEgressRequest {
        group_id: Some(id.clone()),
        ip_permissions: Some(vec![IpPermission {
            ip_protocol: Some("-1".to_owned()),
            ..tcp6(0, "::/0")
        }]),
        ..Default::default()
    };
    let revoked = world.ec2.revoke_security_group_egress(&user(), input).await;
    assert_eq!(
        refusal(revoked),
        "InvalidPermission.NotFound: The specified rule does not exist in this security group."
    );

    let rules = world.allow(&id, tcp6(80, "2001:DB8::1/32")).await.unwrap();
    assert_eq!(rules[0].cidr_ipv6.as_deref(), Some("2001:db8::/32"));
    assert_eq!(rules[0].cidr_ipv4, None);
    world.allow(&id, tcp(80, "10.0.0.0/8")).await.unwrap();
    let again = world.allow(&id, tcp6(80, "2001:db8::/32")).await;
    assert_eq!(
        refusal(again),
        "InvalidPermission.Duplicate: the specified rule \"peer: 2001:db8::/32, TCP, from port: 80, to port: 80, ALLOW\" already exists"
    );
    let shown = world.shown_group(&id).await;
    let ingress = &shown.ip_permissions.unwrap()[0];
    assert_eq!(ingress.ip_ranges.as_ref().unwrap().len(), 1);
    assert_eq!(ingress.ipv6_ranges, tcp6(80, "2001:db8::/32").ipv6_ranges);
    let input = DescribeSecurityGroupsRequest {
        filters: Some(vec![filter("ip-permission.ipv6-cidr", "2001:db8::/32")]),
        ..Default::default()
    };
    let found = world.ec2.describe_security_groups(&user(), input).await;
    assert_eq!(found.unwrap().security_groups.unwrap().len(), 1);
    let allowed = |resource: Resource| match resource {
        Resource::SecurityGroup(group) if group.id == id => Some(group.ingress.len()),
        _ => None,
    };
    assert_eq!(
        told(&world).await.into_iter().find_map(allowed),
        Some(2),
        "hosts hear of both"
    );

    let revoked = world
        .ec2
        .revoke_security_group_ingress(&user(), revoke(&id, tcp6(80, "2001:db8::/32")))
        .await
        .unwrap();
    let revoked = &revoked.revoked_security_group_rules.unwrap()[0];
    assert_eq!(revoked.cidr_ipv6.as_deref(), Some("2001:db8::/32"));
}

#[tokio::test]
async fn groups_are_found_by_the_names_of_those_they_let_in() {
    let world = world();
    let (web, load) = (world.group("web").await, world.group("load").await);
    world.allow(&web, tcp_from(80, &load)).await.unwrap();
    let input = DescribeSecurityGroupsRequest {
        filters: Some(vec![filter("ip-permission.group-name", "load")]),
        ..Default::default()
    };
    let found = world.ec2.describe_security_groups(&user(), input).await;
    let found = found.unwrap().security_groups.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].group_id, Some(web));
}

#[tokio::test]
async fn groups_that_interfaces_of_a_vpc_may_have() {
    let (world, me) = (world(), user());
    let vpc = world.vpc("10.0.0.0/16").await;
    let of_default = world.group("web").await;
    let ec2 = &world.ec2;
    let asked = |vpc: &str, filters: Vec<Filter>| GetSecurityGroupsForVpcRequest {
        vpc_id: Some(vpc.to_owned()),
        filters: Some(filters),
        ..Default::default()
    };
    let found = ec2.get_security_groups_for_vpc(&me, asked(&vpc, vec![]));
    let found = found.await.unwrap().security_group_for_vpcs.unwrap();
    assert_eq!(found.len(), 1, "its own default group: {found:?}");
    assert_eq!(found[0].group_name.as_deref(), Some("default"));
    assert_eq!(found[0].primary_vpc_id.as_ref(), Some(&vpc));
    let default_vpc = world.shown_group(&of_default).await.vpc_id.unwrap();
    let named = asked(&default_vpc, vec![filter("group-name", "w*")]);
    let found = ec2.get_security_groups_for_vpc(&me, named).await;
    let found = found.unwrap().security_group_for_vpcs.unwrap();
    assert_eq!(found[0].group_id.as_ref(), Some(&of_default));
    for (asked, expected) in [
        (
            asked("vpc-1", vec![]),
            "InvalidVpcID.NotFound: The vpc ID 'vpc-1' does not exist",
        ),
        (
            asked(&vpc, vec![filter("vpc-id", "x")]),
            "InvalidParameterValue: The filter 'vpc-id' is invalid",
        ),
    ] {
        let refused = ec2.get_security_groups_for_vpc(&me, asked).await;
        assert_eq!(refusal(refused), expected);
    }
}
