//! The service over the real EC2 and ELBv2.

use std::sync::{Arc, OnceLock};

use wharf_api_ec2::{Ec2 as _, types as ec2};
use wharf_api_resourcegroupstaggingapi::{Resourcegroupstaggingapi as _, types::*};
use wharf_svc_resourcegroupstaggingapi::ResourcegroupstaggingapiService;
use wharf_testkit::{World, call, refused};

async fn world() -> (World, ResourcegroupstaggingapiService, [String; 2]) {
    let world = World::new();
    let network = world.network().await;
    let subnet = network.subnet('a');
    let tag = |key: &str, value: &str| ec2::Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    };
    for (id, tags) in [
        (&network.vpc, vec![tag("team", "a"), tag("stage", "test")]),
        (&subnet, vec![tag("team", "b")]),
    ] {
        let input = ec2::CreateTagsRequest {
            resources: Some(vec![id.clone()]),
            tags: Some(tags),
            ..Default::default()
        };
        world.ec2.create_tags(&call(), input).await.unwrap();
    }
    let (store, keyring) = (world.store.clone(), world.keyring.clone());
    let sources = Arc::new(OnceLock::from(vec![wharf_svc_ec2::TAGGED]));
    let service = ResourcegroupstaggingapiService::new(store, keyring, sources);
    let arn = |kind: &str, id: &str| format!("arn:aws:ec2:us-east-1:000000000000:{kind}/{id}");
    let arns = [arn("subnet", &subnet), arn("vpc", &network.vpc)];
    (world, service, arns)
}

fn filter(key: &str, values: &[&str]) -> TagFilter {
    TagFilter {
        key: Some(key.to_owned()),
        values: Some(values.iter().map(|it| (*it).to_owned()).collect()),
    }
}

#[tokio::test]
async fn resources_are_found_by_tags_type_and_arn() {
    let (_world, service, [subnet, vpc]) = world().await;
    let find = async |input: GetResourcesInput| {
        let found = service.get_resources(&call(), input).await.unwrap();
        let found = found.resource_tag_mapping_list.unwrap().into_iter();
        found.map(|it| it.resource_arn.unwrap()).collect::<Vec<_>>()
    };
    let all = [subnet.clone(), vpc.clone()];
    assert_eq!(find(GetResourcesInput::default()).await, all);
    for (filters, expected) in [
        (vec![filter("team", &[])], &all[..]),
        (vec![filter("team", &["b", "c"])], &all[..1]),
        (
            vec![filter("team", &[]), filter("stage", &["test"])],
            &all[1..],
        ),
        (vec![filter("team", &["x"])], &[]),
    ] {
        let input = GetResourcesInput {
            tag_filters: Some(filters),
            ..Default::default()
        };
        assert_eq!(find(input).await, expected);
    }
    for (wanted, expected) in [("ec2", &all[..]), ("ec2:vpc", &all[1..]), ("ecs", &[])] {
        let input = GetResourcesInput {
            resource_type_filters: Some(vec![wanted.to_owned()]),
            ..Default::default()
        };
        assert_eq!(find(input).await, expected, "{wanted}");
    }
    let input = GetResourcesInput {
        resource_arn_list: Some(vec![vpc.clone()]),
        ..Default::default()
    };
    assert_eq!(find(input).await, [vpc]);
}

#[tokio::test]
async fn rules_of_security_groups_are_resources_beside_their_group() {
    let (world, service, _) = world().await;
    let network = world.network().await;
    let tags = vec![ec2::Tag {
        key: Some("rule".to_owned()),
        value: Some("ssh".to_owned()),
    }];
    let input = ec2::AuthorizeSecurityGroupIngressRequest {
        group_id: Some(network.group),
        ip_protocol: Some("tcp".to_owned()),
        from_port: Some(22),
        to_port: Some(22),
        cidr_ip: Some("10.0.0.0/8".to_owned()),
        tag_specifications: Some(vec![ec2::TagSpecification {
            resource_type: Some("security-group-rule".to_owned()),
            tags: Some(tags),
        }]),
        ..Default::default()
    };
    let made = world
        .ec2
        .authorize_security_group_ingress(&call(), input)
        .await
        .unwrap();
    let rule = made.security_group_rules.unwrap()[0]
        .security_group_rule_id
        .clone()
        .unwrap();
    let input = GetResourcesInput {
        tag_filters: Some(vec![filter("rule", &["ssh"])]),
        resource_type_filters: Some(vec!["ec2:security-group-rule".to_owned()]),
        ..Default::default()
    };
    let found = service.get_resources(&call(), input).await.unwrap();
    let found = found.resource_tag_mapping_list.unwrap();
    let arn = format!("arn:aws:ec2:us-east-1:000000000000:security-group-rule/{rule}");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].resource_arn, Some(arn));
}

#[tokio::test]
async fn pages_join_up_and_fit_their_filters_only() {
    let (_world, service, arns) = world().await;
    let page = async |token: Option<String>, filters| {
        let input = GetResourcesInput {
            resources_per_page: Some(1),
            pagination_token: token,
            tag_filters: Some(filters),
            ..Default::default()
        };
        service.get_resources(&call(), input).await
    };
    let first = page(None, vec![]).await.unwrap();
    let token = first.pagination_token.filter(|it| !it.is_empty());
    let second = page(token.clone(), vec![]).await.unwrap();
    assert_eq!(second.pagination_token.as_deref(), Some(""));
    let second = second.resource_tag_mapping_list.unwrap();
    assert_eq!(second[0].resource_arn.as_ref(), Some(&arns[1]));
    refused(
        page(token, vec![filter("team", &[])]).await,
        "PaginationTokenExpiredException",
        "The PaginationToken is not valid for this request.",
    );
}

#[tokio::test]
async fn keys_and_values_are_listed_once() {
    let (_world, service, _) = world().await;
    let keys = service
        .get_tag_keys(&call(), Default::default())
        .await
        .unwrap();
    assert_eq!(keys.tag_keys.unwrap(), ["stage", "team"]);
    let input = GetTagValuesInput {
        key: Some("team".to_owned()),
        pagination_token: None,
    };
    let values = service.get_tag_values(&call(), input).await.unwrap();
    assert_eq!(values.tag_values.unwrap(), ["a", "b"]);
}

#[tokio::test]
async fn arns_stand_alone() {
    let (_world, service, [_, vpc]) = world().await;
    let input = GetResourcesInput {
        resource_arn_list: Some(vec![vpc]),
        tag_filters: Some(vec![filter("team", &[])]),
        ..Default::default()
    };
    refused(
        service.get_resources(&call(), input).await,
        "InvalidParameterException",
        "ResourceARNList cannot be combined with TagFilters or ResourceTypeFilters.",
    );
}
