//! DescribeInstanceTypes and DescribeInstanceTypeOfferings.

use wharf_api_ec2::{Ec2, types::*};
use wharf_wire::Fault;

use crate::world::{World, filter, refusal, user, world};

async fn described(
    world: &World,
    names: &[&str],
    filters: &[(&str, &str)],
) -> Result<Vec<String>, Fault> {
    let input = DescribeInstanceTypesRequest {
        instance_types: Some(names.iter().map(|it| (*it).to_owned()).collect()),
        filters: Some(
            filters
                .iter()
                .map(|(name, value)| filter(name, value))
                .collect(),
        ),
        ..Default::default()
    };
    let found = world.ec2.describe_instance_types(&user(), input).await?;
    let found = found.instance_types.unwrap().into_iter();
    Ok(found.map(|it| it.instance_type.unwrap()).collect())
}

#[tokio::test]
async fn types_are_found_by_name_and_filter() {
    let world = world();
    let all = described(&world, &[], &[]).await.unwrap();
    assert!(all.len() > 150 && all.is_sorted(), "{all:?}");
    let some = described(&world, &["t3.micro", "c7g.large"], &[]).await;
    assert_eq!(some.unwrap(), ["c7g.large", "t3.micro"]);
    for (filters, expected) in [
        (
            vec![
                ("vcpu-info.default-vcpus", "1"),
                ("processor-info.supported-architecture", "arm64"),
                ("memory-info.size-in-mib", "2048"),
            ],
            vec!["c6g.medium", "c7g.medium"],
        ),
        (
            vec![
                ("instance-type", "t3.*"),
                ("memory-info.size-in-mib", "1024"),
            ],
            vec!["t3.micro"],
        ),
        (
            vec![
                ("hypervisor", "xen"),
                ("processor-info.supported-architecture", "i386"),
                ("vcpu-info.default-vcpus", "2"),
            ],
            vec!["t2.medium"],
        ),
        (
            vec![("bare-metal", "true"), ("instance-type", "m7i*")],
            vec!["m7i.metal-24xl", "m7i.metal-48xl"],
        ),
        (
            vec![
                ("network-info.maximum-network-interfaces", "3"),
                ("instance-type", "m6i.*"),
            ],
            vec!["m6i.large"],
        ),
        (vec![("instance-storage-supported", "true")], vec![]),
        (
            vec![("network-info.efa-info.maximum-efa-interfaces", "*")],
            vec![],
        ),
    ] {
        assert_eq!(
            described(&world, &[], &filters).await.unwrap(),
            expected,
            "{filters:?}"
        );
    }
}

#[tokio::test]
async fn unknown_types_and_filters_are_refused() {
    let world = world();
    let refused = described(&world, &["t3.micro", "t9.huge", ""], &[]).await;
    assert_eq!(
        refusal(refused),
        "InvalidInstanceType: The following supplied instance types do not exist: [t9.huge, ]"
    );
    let refused = described(&world, &[], &[("vcpus", "2")]).await;
    assert_eq!(
        refusal(refused),
        "InvalidParameterValue: The filter 'vcpus' is invalid"
    );
}

#[tokio::test]
async fn pages_hold_every_type_once() {
    let world = world();
    let mut found = Vec::new();
    let mut token = None;
    loop {
        let input = DescribeInstanceTypesRequest {
            max_results: Some(50),
            next_token: token,
            ..Default::default()
        };
        let page = world
            .ec2
            .describe_instance_types(&user(), input)
            .await
            .unwrap();
        let types = page.instance_types.unwrap();
        assert!(types.len() <= 50);
        found.extend(types.into_iter().map(|it| it.instance_type.unwrap()));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(found, described(&world, &[], &[]).await.unwrap());
}

#[tokio::test]
async fn a_type_is_offered_in_every_zone() {
    let world = world();
    for (kind, expected) in [
        (None, vec!["us-east-1"]),
        (Some("region"), vec!["us-east-1"]),
        (
            Some("availability-zone"),
            vec!["us-east-1a", "us-east-1b", "us-east-1c"],
        ),
        (
            Some("availability-zone-id"),
            vec!["use1-az1", "use1-az2", "use1-az3"],
        ),
        (Some("outpost"), vec![]),
    ] {
        let input = DescribeInstanceTypeOfferingsRequest {
            location_type: kind.map(str::to_owned),
            filters: Some(vec![filter("instance-type", "m6i.large")]),
            ..Default::default()
        };
        let found = world
            .ec2
            .describe_instance_type_offerings(&user(), input)
            .await;
        let found = found.unwrap().instance_type_offerings.unwrap();
        let places: Vec<_> = found
            .iter()
            .map(|it| it.location.as_deref().unwrap())
            .collect();
        assert_eq!(places, expected, "{kind:?}");
    }
    let input = DescribeInstanceTypeOfferingsRequest {
        location_type: Some("moon".to_owned()),
        ..Default::default()
    };
    let refused = world
        .ec2
        .describe_instance_type_offerings(&user(), input)
        .await;
    assert_eq!(
        refusal(refused),
        "InvalidParameterValue: The location type 'moon' is not valid"
    );
}
