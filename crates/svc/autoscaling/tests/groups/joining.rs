//! Instances that come to a group and leave it without being launched or ended, and target groups by their other name.

use wharf_api_autoscaling::{
    AttachInstancesQuery, AttachTrafficSourcesType, Autoscaling as _,
    DescribeAutoScalingInstancesType, DescribeTrafficSourcesRequest, DetachInstancesQuery,
    DetachTrafficSourcesType, TrafficSourceIdentifier,
};
use wharf_testkit::{call, until};

use crate::{
    home::{Home, group},
    name,
};

/// The group that each of the account's instances is of.
async fn listed(home: &Home) -> Vec<(String, String)> {
    let input = DescribeAutoScalingInstancesType::default();
    let found = home
        .service
        .describe_auto_scaling_instances(&call(), input)
        .await;
    let found = found.unwrap().auto_scaling_instances.unwrap().into_iter();
    found
        .map(|it| (it.instance_id.unwrap(), it.auto_scaling_group_name.unwrap()))
        .collect()
}

#[tokio::test]
async fn an_instance_goes_from_one_group_to_another_with_its_name() {
    let home = Home::new();
    home.create(0, 1, 1).await;
    let ids = home.are(1, "InService").await;
    let id = &ids[0];
    assert_eq!(listed(&home).await, [(id.clone(), "g".to_owned())]);
    assert_eq!(home.cloud.group_of(id), name());
    let input = DetachInstancesQuery {
        instance_ids: Some(ids.clone()),
        auto_scaling_group_name: name(),
        should_decrement_desired_capacity: Some(true),
    };
    let detached = home.service.detach_instances(&call(), input).await;
    let activity = detached.unwrap().activities.unwrap().remove(0);
    let text = format!("Detaching EC2 instance: {id}");
    assert_eq!(activity.description, Some(text));
    home.are(0, "").await;
    assert_eq!(home.cloud.state(id), "running");
    // What it measures is the group's no more.
    assert_eq!(home.cloud.group_of(id), None);
    let mut other = group(0, 1);
    other.auto_scaling_group_name = Some("other".to_owned());
    home.service
        .create_auto_scaling_group(&call(), other)
        .await
        .unwrap();
    let input = AttachInstancesQuery {
        instance_ids: Some(ids.clone()),
        auto_scaling_group_name: Some("other".to_owned()),
    };
    home.service.attach_instances(&call(), input).await.unwrap();
    until("it says whose it is", || async {
        home.cloud.group_of(id).as_deref() == Some("other")
    })
    .await;
    assert_eq!(listed(&home).await, [(id.clone(), "other".to_owned())]);
}

#[tokio::test]
async fn an_instance_that_a_service_manages_comes_to_no_group() {
    let home = Home::new();
    home.create(0, 1, 1).await;
    let ids = home.are(1, "InService").await;
    let input = DetachInstancesQuery {
        instance_ids: Some(ids.clone()),
        auto_scaling_group_name: name(),
        should_decrement_desired_capacity: Some(true),
    };
    let detached = home.service.detach_instances(&call(), input).await;
    detached.unwrap();
    home.are(0, "").await;
    home.cloud.manage(&ids[0]);
    let input = AttachInstancesQuery {
        instance_ids: Some(ids),
        auto_scaling_group_name: name(),
    };
    let refused = home.service.attach_instances(&call(), input).await;
    let refused = refused.unwrap_err();
    assert!(
        refused.message.contains("managed by a service"),
        "{}",
        refused.message
    );
    assert!(listed(&home).await.is_empty());
}

#[tokio::test]
async fn traffic_sources_are_target_groups() {
    let home = Home::new();
    home.create(0, 1, 1).await;
    let ids = home.are(1, "InService").await;
    let arn = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/t/1";
    let of = |kind: &str| {
        Some(vec![TrafficSourceIdentifier {
            identifier: Some(arn.to_owned()),
            type_: Some(kind.to_owned()),
        }])
    };
    let attach = |kind: &str| AttachTrafficSourcesType {
        auto_scaling_group_name: name(),
        traffic_sources: of(kind),
        ..AttachTrafficSourcesType::default()
    };
    let service = &home.service;
    let refused = service
        .attach_traffic_sources(&call(), attach("vpc-lattice"))
        .await;
    assert!(refused.unwrap_err().message.contains("vpc-lattice"));
    let attached = service
        .attach_traffic_sources(&call(), attach("elbv2"))
        .await;
    attached.unwrap();
    let states = async || {
        let input = DescribeTrafficSourcesRequest {
            auto_scaling_group_name: name(),
            ..DescribeTrafficSourcesRequest::default()
        };
        let found = service.describe_traffic_sources(&call(), input).await;
        let found = found.unwrap().traffic_sources.unwrap().into_iter();
        found.filter_map(|it| it.state).collect::<Vec<_>>()
    };
    until("it takes the instance", || async {
        states().await == ["InService"]
    })
    .await;
    let targets = || {
        let all = home.cloud.targets.lock();
        all.values().flatten().cloned().collect::<Vec<_>>()
    };
    assert_eq!(targets(), ids);
    let input = DetachTrafficSourcesType {
        auto_scaling_group_name: name(),
        traffic_sources: of("elbv2"),
    };
    let detached = service.detach_traffic_sources(&call(), input).await;
    detached.unwrap();
    until("it lets the instance go", || async {
        targets().is_empty() && states().await.is_empty()
    })
    .await;
}
