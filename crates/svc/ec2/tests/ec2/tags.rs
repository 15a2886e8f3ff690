//! Tags, filters, pages and what a caller may do.

use wharf_api_ec2::{Ec2, Input, types::*};

use crate::world::{filter, refusal, service, user, world};

fn tag(key: &str, value: &str) -> Tag {
    Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    }
}

fn create(ids: &[&str], tags: Vec<Tag>) -> CreateTagsRequest {
    CreateTagsRequest {
        resources: Some(ids.iter().map(|id| (*id).to_owned()).collect()),
        tags: Some(tags),
        ..Default::default()
    }
}

fn specification(kind: &str, tags: Vec<Tag>) -> Option<Vec<TagSpecification>> {
    Some(vec![TagSpecification {
        resource_type: Some(kind.to_owned()),
        tags: Some(tags),
    }])
}

#[tokio::test]
async fn tags_come_are_found_and_go() {
    let world = world();
    let (vpc, group) = (world.vpc("10.0.0.0/16").await, world.group("web").await);
    let ec2 = &world.ec2;
    let tags = vec![tag("Name", "one"), tag("team", "a")];
    ec2.create_tags(&user(), create(&[&vpc, &group], tags))
        .await
        .unwrap();
    ec2.create_tags(&user(), create(&[&vpc], vec![tag("Name", "two")]))
        .await
        .unwrap();
    let named = |value: &str| DescribeVpcsRequest {
        filters: Some(vec![filter("tag:Name", value), filter("tag-key", "t*")]),
        ..Default::default()
    };
    let found = ec2.describe_vpcs(&user(), named("tw?")).await.unwrap();
    assert_eq!(found.vpcs.unwrap().len(), 1);
    let found = ec2.describe_vpcs(&user(), named("one")).await.unwrap();
    assert_eq!(found.vpcs, Some(vec![]));
    let described = DescribeTagsRequest {
        filters: Some(vec![filter("resource-type", "vpc"), filter("key", "Name")]),
        ..Default::default()
    };
    let found = ec2
        .describe_tags(&user(), described)
        .await
        .unwrap()
        .tags
        .unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].value.as_deref(), Some("two"));
    let delete = |tags| DeleteTagsRequest {
        resources: Some(vec![vpc.clone()]),
        tags,
        ..Default::default()
    };
    let left = async || {
        let input = DescribeTagsRequest {
            filters: Some(vec![filter("resource-id", &vpc)]),
            ..Default::default()
        };
        ec2.describe_tags(&user(), input)
            .await
            .unwrap()
            .tags
            .unwrap()
            .len()
    };
    ec2.delete_tags(&user(), delete(Some(vec![tag("Name", "one")])))
        .await
        .unwrap();
    assert_eq!(left().await, 2, "another value stays");
    ec2.delete_tags(&user(), delete(Some(vec![tag("Name", "two")])))
        .await
        .unwrap();
    assert_eq!(left().await, 1);
    ec2.delete_tags(&user(), delete(None)).await.unwrap();
    assert_eq!(left().await, 0);
}

#[tokio::test]
async fn a_service_takes_its_own_tags_away_by_their_names() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let own = "aws:autoscaling:groupName";
    let ec2 = &world.ec2;
    let tags = vec![tag(own, "web"), tag("team", "a")];
    ec2.create_tags(&service(), create(&[&vpc], tags))
        .await
        .unwrap();
    let delete = |tags| DeleteTagsRequest {
        resources: Some(vec![vpc.clone()]),
        tags,
        ..Default::default()
    };
    let left = async || {
        let input = DescribeTagsRequest {
            filters: Some(vec![filter("resource-id", &vpc)]),
            ..Default::default()
        };
        let found = ec2.describe_tags(&user(), input).await.unwrap().tags;
        let keys = found.unwrap().into_iter().filter_map(|it| it.key);
        keys.collect::<Vec<_>>()
    };
    let wrong = ec2
        .delete_tags(&user(), delete(Some(vec![tag(own, "web")])))
        .await;
    assert!(wrong.is_err());
    ec2.delete_tags(&service(), delete(None)).await.unwrap();
    assert_eq!(left().await, [own]);
    let named = delete(Some(vec![tag(own, "web")]));
    ec2.delete_tags(&service(), named).await.unwrap();
    assert!(left().await.is_empty());
}

#[tokio::test]
async fn tags_that_cannot_be_say_why() {
    let world = world();
    let group = world.group("web").await;
    let many = (0..51).map(|n| tag(&format!("k{n}"), "")).collect();
    for (ids, tags, expected) in [
        (
            vec![group.as_str()],
            vec![tag("aws:x", "")],
            "InvalidParameterValue: Tag keys starting with 'aws:' are reserved for internal use.",
        ),
        (
            vec![group.as_str()],
            vec![tag("", "")],
            "InvalidParameterValue: Tag key cannot be empty.",
        ),
        (
            vec![group.as_str()],
            many,
            "TagLimitExceeded: The maximum number of Tags for a resource has been reached.",
        ),
        (
            vec![group.as_str(), "vpc-0"],
            vec![tag("a", "")],
            "InvalidVpcID.NotFound: The vpc ID 'vpc-0' does not exist",
        ),
        (
            vec!["x-1"],
            vec![tag("a", "")],
            "InvalidID: The ID 'x-1' is not valid",
        ),
    ] {
        let refused = world.ec2.create_tags(&user(), create(&ids, tags)).await;
        assert_eq!(refusal(refused), expected);
    }
    let shown = world.shown_group(&group).await;
    assert_eq!(shown.tags, Some(vec![]), "nothing is done by half");
    let input = CreateVpcRequest {
        cidr_block: Some("10.0.0.0/16".to_owned()),
        tag_specifications: specification("subnet", vec![tag("a", "b")]),
        ..Default::default()
    };
    assert_eq!(
        refusal(world.ec2.create_vpc(&user(), input).await),
        "InvalidParameterValue: 'subnet' is not a valid taggable resource type for this operation."
    );
}

#[tokio::test]
async fn rules_have_tags_of_their_own() {
    let world = world();
    let group = world.group("web").await;
    let input = AuthorizeSecurityGroupIngressRequest {
        group_id: Some(group.clone()),
        ip_permissions: Some(vec![crate::world::tcp(80, "0.0.0.0/0")]),
        tag_specifications: specification("security-group-rule", vec![tag("why", "web")]),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    let made = ec2
        .authorize_security_group_ingress(&user(), input)
        .await
        .unwrap();
    let rule = made
        .security_group_rules
        .unwrap()
        .remove(0)
        .security_group_rule_id
        .unwrap();
    ec2.create_tags(&user(), create(&[&rule, &rule], vec![tag("b", "c")]))
        .await
        .unwrap();
    let input = DescribeSecurityGroupRulesRequest {
        filters: Some(vec![filter("tag:why", "web")]),
        ..Default::default()
    };
    let found = ec2
        .describe_security_group_rules(&user(), input)
        .await
        .unwrap();
    let found = found.security_group_rules.unwrap().remove(0);
    assert_eq!(found.tags.unwrap(), [tag("b", "c"), tag("why", "web")]);
}

#[tokio::test]
async fn pages_join_to_the_whole() {
    let world = world();
    for n in 0..11 {
        world.group(&format!("g{n}")).await;
    }
    let (mut seen, mut token) = (Vec::new(), None);
    loop {
        let input = DescribeSecurityGroupsRequest {
            max_results: Some(5),
            next_token: token,
            ..Default::default()
        };
        let page = world
            .ec2
            .describe_security_groups(&user(), input)
            .await
            .unwrap();
        seen.extend(
            page.security_groups
                .unwrap()
                .into_iter()
                .map(|group| group.group_id),
        );
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 12);
    let bad = DescribeSecurityGroupsRequest {
        next_token: Some("!".to_owned()),
        ..Default::default()
    };
    let refused = world.ec2.describe_security_groups(&user(), bad).await;
    assert_eq!(
        refusal(refused),
        "InvalidNextToken: The provided token is invalid."
    );
}

#[tokio::test]
async fn requests_have_limits() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let values = Filter {
        name: Some("vpc-id".to_owned()),
        values: Some((0..201).map(|n| format!("vpc-{n}")).collect()),
    };
    let input = DescribeVpcsRequest {
        filters: Some(vec![values]),
        ..Default::default()
    };
    assert_eq!(
        refusal(world.ec2.describe_vpcs(&user(), input).await),
        "FilterLimitExceeded: The maximum number of filter values specified on a single call is 200"
    );
    let token = "x".repeat(65);
    let input = CreateRouteTableRequest {
        vpc_id: Some(vpc),
        client_token: Some(token.clone()),
        ..Default::default()
    };
    assert_eq!(
        refusal(world.ec2.create_route_table(&user(), input).await),
        format!(
            "InvalidParameterValue: Value ({token}) for parameter clientToken is invalid. Must be at most 64 ASCII characters"
        )
    );
    let subnets = world
        .ec2
        .describe_subnets(&user(), Default::default())
        .await;
    let input = CreateNetworkInterfaceRequest {
        subnet_id: subnets.unwrap().subnets.unwrap().remove(0).subnet_id,
        description: Some("x".repeat(513)),
        ..Default::default()
    };
    let refused = world.ec2.create_network_interface(&user(), input).await;
    assert_eq!(refused.unwrap_err().code, "InvalidParameterValue");
    let group = world.group("web").await;
    let input = RevokeSecurityGroupIngressRequest {
        group_id: Some(group),
        ip_permissions: Some(
            (0..61)
                .map(|port| crate::world::tcp(port, "0.0.0.0/0"))
                .collect(),
        ),
        ..Default::default()
    };
    let refused = world
        .ec2
        .revoke_security_group_ingress(&user(), input)
        .await;
    assert_eq!(
        refused.unwrap_err().code,
        "RulesPerSecurityGroupLimitExceeded"
    );
}

#[tokio::test]
async fn rows_name_resources_and_their_conditions() {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let ec2 = &world.ec2;
    ec2.create_tags(&user(), create(&[&vpc], vec![tag("team", "a")]))
        .await
        .unwrap();
    let input = CreateSubnetRequest {
        vpc_id: Some(vpc.clone()),
        tag_specifications: specification("subnet", vec![tag("stage", "test")]),
        ..Default::default()
    };
    let rows = ec2
        .authorize(&user(), Input::CreateSubnet(&input))
        .await
        .unwrap();
    let arn = |rest: &str| format!("arn:aws:ec2:us-east-1:000000000000:{rest}");
    let shown: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row.action.as_str(), row.resource.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("ec2:CreateSubnet", arn("subnet/*").as_str()),
            ("ec2:CreateTags", arn("subnet/*").as_str()),
            ("ec2:CreateSubnet", arn(&format!("vpc/{vpc}")).as_str()),
        ]
    );
    assert_eq!(rows[0].context["aws:RequestTag/stage"], ["test"]);
    assert_eq!(rows[1].context["ec2:CreateAction"], ["CreateSubnet"]);
    assert_eq!(rows[2].context["aws:ResourceTag/team"], ["a"]);
    for row in &rows {
        assert_eq!(row.context["ec2:Region"], ["us-east-1"]);
    }

    let subnet = world.subnet(&vpc, "10.0.0.0/24").await.unwrap().subnet_id;
    let input = DeleteSubnetRequest {
        subnet_id: subnet,
        ..Default::default()
    };
    let rows = ec2
        .authorize(&service(), Input::DeleteSubnet(&input))
        .await
        .unwrap();
    assert_eq!(rows[0].context["ec2:Vpc"], [arn(&format!("vpc/{vpc}"))]);
    let input = DescribeVpcsRequest::default();
    let rows = ec2
        .authorize(&user(), Input::DescribeVpcs(&input))
        .await
        .unwrap();
    assert_eq!(rows[0].resource, "*");
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let world = world();
    let input = CreateVpcRequest {
        cidr_block: Some("10.0.0.0/16".to_owned()),
        dry_run: Some(true),
        ..Default::default()
    };
    let refused = world.ec2.create_vpc(&user(), input).await.unwrap_err();
    assert_eq!(
        (refused.status, refused.to_string().as_str()),
        (
            412,
            "DryRunOperation: Request would have succeeded, but DryRun flag is set."
        )
    );
}

#[tokio::test]
async fn the_account_says_which_vpc_is_its_default() {
    let world = world();
    let input = DescribeAccountAttributesRequest {
        attribute_names: Some(vec!["default-vpc".to_owned()]),
        ..Default::default()
    };
    let found = world
        .ec2
        .describe_account_attributes(&user(), input)
        .await
        .unwrap();
    let attribute = found.account_attributes.unwrap().remove(0);
    let value = attribute
        .attribute_values
        .unwrap()
        .remove(0)
        .attribute_value
        .unwrap();
    assert!(value.starts_with("vpc-"), "{value}");
    let options = world
        .ec2
        .describe_dhcp_options(&user(), Default::default())
        .await;
    assert_eq!(options.unwrap().dhcp_options.unwrap().len(), 1);
}
