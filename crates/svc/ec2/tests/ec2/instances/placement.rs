//! Placement groups: their own operations, and where instances of a group come to lie.

use std::collections::BTreeMap;

use super::*;

fn group(name: &str, strategy: &str) -> CreatePlacementGroupRequest {
    CreatePlacementGroupRequest {
        group_name: Some(name.to_owned()),
        strategy: Some(strategy.to_owned()),
        ..Default::default()
    }
}

fn partitions(name: &str, count: i32) -> CreatePlacementGroupRequest {
    CreatePlacementGroupRequest {
        partition_count: Some(count),
        ..group(name, "partition")
    }
}

impl Cloud {
    async fn make(&self, wanted: CreatePlacementGroupRequest) -> Result<PlacementGroup, Fault> {
        let made = self.ec2.create_placement_group(&self.call(), wanted).await;
        made.map(|it| it.placement_group.unwrap())
    }

    async fn unmake(&self, name: &str) -> Result<(), Fault> {
        let wanted = DeletePlacementGroupRequest {
            group_name: Some(name.to_owned()),
            ..Default::default()
        };
        self.ec2.delete_placement_group(&self.call(), wanted).await
    }

    /// Ids of instances in a group, as many as there is room for.
    async fn run_in(
        &self,
        placement: Placement,
        least: i32,
        most: i32,
    ) -> Result<Vec<String>, Fault> {
        let asked = RunInstancesRequest {
            min_count: Some(least),
            max_count: Some(most),
            placement: Some(placement),
            ..self.asked()
        };
        let made = self.ec2.run_instances(&self.call(), asked).await?;
        let made = made.instances.unwrap().into_iter();
        Ok(made.map(|it| it.instance_id.unwrap()).collect())
    }

    async fn modify(
        &self,
        id: &str,
        group: Option<&str>,
        partition: Option<i32>,
    ) -> Result<(), Fault> {
        let wanted = ModifyInstancePlacementRequest {
            instance_id: Some(id.to_owned()),
            group_name: group.map(str::to_owned),
            partition_number: partition,
            ..Default::default()
        };
        let done = self
            .ec2
            .modify_instance_placement(&self.call(), wanted)
            .await;
        done.map(drop)
    }

    async fn host_of(&self, id: &str) -> String {
        self.placed(id).await.host
    }
}

fn of(name: &str) -> Placement {
    Placement {
        group_name: Some(name.to_owned()),
        ..Default::default()
    }
}

fn in_partition(name: &str, number: i32) -> Placement {
    Placement {
        partition_number: Some(number),
        ..of(name)
    }
}

#[tokio::test]
async fn groups_are_made_described_and_removed() {
    let cloud = Cloud::new(&[]).await;
    let made = cloud.make(group("near", "cluster")).await.unwrap();
    assert_eq!(made.state.as_deref(), Some("available"));
    let arn = "arn:aws:ec2:us-east-1:000000000000:placement-group/near";
    assert_eq!(made.group_arn.as_deref(), Some(arn));
    let apart = cloud.make(group("apart", "spread")).await.unwrap();
    assert_eq!(apart.spread_level.as_deref(), Some("rack"));
    let parts = cloud.make(partitions("parts", 7)).await.unwrap();
    assert_eq!(parts.partition_count, Some(7));

    let exists = "The Placement Group 'near' already exists.";
    let again = cloud.make(group("near", "spread")).await;
    refused(again, "InvalidPlacementGroup.Duplicate", exists);
    for (bad, code) in [
        (group("", "cluster"), "MissingParameter"),
        (group(" x", "cluster"), "InvalidParameterValue"),
        (group(&"x".repeat(256), "cluster"), "InvalidParameterValue"),
        (group("x", "near"), "InvalidParameterValue"),
        (partitions("x", 0), "InvalidParameterValue"),
        (partitions("x", 8), "InvalidParameterValue"),
        (
            CreatePlacementGroupRequest {
                partition_count: Some(2),
                ..group("x", "spread")
            },
            "InvalidParameterCombination",
        ),
        (
            CreatePlacementGroupRequest {
                spread_level: Some("rack".to_owned()),
                ..group("x", "cluster")
            },
            "InvalidParameterCombination",
        ),
    ] {
        let fault = cloud.make(bad.clone()).await.unwrap_err();
        assert_eq!(fault.code, code, "{bad:?}");
    }

    let described = |input: DescribePlacementGroupsRequest| async {
        let call = cloud.call();
        let found = cloud.ec2.describe_placement_groups(&call, input).await?;
        let found = found.placement_groups.unwrap();
        let mut names: Vec<_> = found.into_iter().filter_map(|it| it.group_name).collect();
        names.sort();
        Ok::<_, Fault>(names)
    };
    let all = described(Default::default()).await.unwrap();
    assert_eq!(all, ["apart", "near", "parts"]);
    let filtered = DescribePlacementGroupsRequest {
        filters: Some(vec![Filter {
            name: Some("strategy".to_owned()),
            values: Some(vec!["spread".to_owned()]),
        }]),
        ..Default::default()
    };
    assert_eq!(described(filtered).await.unwrap(), ["apart"]);
    let unknown = DescribePlacementGroupsRequest {
        group_names: Some(vec!["nobody".to_owned()]),
        ..Default::default()
    };
    let text = "The Placement Group 'nobody' is unknown.";
    refused(
        described(unknown).await,
        "InvalidPlacementGroup.Unknown",
        text,
    );
    refused(
        cloud.unmake("nobody").await,
        "InvalidPlacementGroup.Unknown",
        text,
    );
    refused(
        cloud.run_in(of("nobody"), 1, 1).await,
        "InvalidPlacementGroup.Unknown",
        text,
    );
    cloud.unmake("near").await.unwrap();
    cloud.make(group("near", "spread")).await.unwrap();
}

#[tokio::test]
async fn instances_of_a_spread_group_share_no_host() {
    let mut cloud = Cloud::new(&["one", "two", "three"]).await;
    cloud.make(group("apart", "spread")).await.unwrap();
    let first = cloud.run_in(of("apart"), 1, 1).await.unwrap().remove(0);
    let more = cloud.run_in(of("apart"), 1, 5).await.unwrap();
    assert_eq!(more.len(), 2, "as many as there are hosts");
    let mut hosts = vec![cloud.host_of(&first).await];
    for id in &more {
        hosts.push(cloud.host_of(id).await);
    }
    hosts.sort();
    hosts.dedup();
    assert_eq!(hosts.len(), 3);
    let full = cloud.run_in(of("apart"), 1, 1).await.unwrap_err();
    assert_eq!(full.code, "InsufficientInstanceCapacity");
    // Others have room.
    cloud.placed(&cloud.run().await).await;

    let in_use = "The Placement Group 'apart' is in use and may not be deleted.";
    refused(
        cloud.unmake("apart").await,
        "InvalidPlacementGroup.InUse",
        in_use,
    );
    let shown = cloud.shown(&first).await.placement.unwrap();
    assert_eq!(shown.group_name.as_deref(), Some("apart"));
    // A stopped one keeps its host, over deaths of the service.
    let told = cloud.placed(&first).await;
    cloud.says(&told, Reported::Running).await;
    cloud.stop(&first).await.unwrap();
    cloud.says(&told, Reported::Stopped).await;
    cloud.becomes(&first, "stopped").await;
    cloud.restart();
    assert!(cloud.run_in(of("apart"), 1, 1).await.is_err());
    cloud.terminate(&first).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    cloud.becomes(&first, "terminated").await;
    let next = cloud.run_in(of("apart"), 1, 1).await.unwrap().remove(0);
    assert_eq!(cloud.host_of(&next).await, told.host);
}

#[tokio::test]
async fn instances_of_a_cluster_come_together() {
    let cloud = Cloud::new(&["one", "two", "three"]).await;
    let made = cloud.make(group("near", "cluster")).await.unwrap();
    let by_id = Placement {
        group_id: made.group_id,
        ..Default::default()
    };
    let first = cloud.run_in(by_id, 1, 1).await.unwrap().remove(0);
    let host = cloud.host_of(&first).await;
    for id in cloud.run_in(of("near"), 2, 2).await.unwrap() {
        assert_eq!(cloud.host_of(&id).await, host);
    }
    let both = Placement {
        group_id: Some("pg-0".to_owned()),
        ..of("near")
    };
    let fault = cloud.run_in(both, 1, 1).await.unwrap_err();
    assert_eq!(fault.code, "InvalidParameterCombination");
    let partition = cloud.run_in(in_partition("near", 1), 1, 1).await;
    assert_eq!(partition.unwrap_err().code, "InvalidParameterCombination");
}

#[tokio::test]
async fn partitions_share_no_host() {
    let cloud = Cloud::new(&["one", "two", "three"]).await;
    cloud.make(partitions("parts", 2)).await.unwrap();
    let made = cloud.run_in(of("parts"), 4, 4).await.unwrap();
    let mut hosts: BTreeMap<i32, Vec<String>> = BTreeMap::new();
    for id in &made {
        let host = cloud.host_of(id).await;
        let shown = cloud.shown(id).await.placement.unwrap();
        let partition = shown.partition_number.unwrap();
        hosts.entry(partition).or_default().push(host);
    }
    assert_eq!(hosts.keys().collect::<Vec<_>>(), [&1, &2]);
    assert!(hosts.values().all(|it| it.len() == 2), "{hosts:?}");
    assert!(
        hosts[&1].iter().all(|it| !hosts[&2].contains(it)),
        "{hosts:?}"
    );
    let asked = cloud.run_in(in_partition("parts", 2), 1, 1).await.unwrap();
    let shown = cloud.shown(&asked[0]).await.placement.unwrap();
    assert_eq!(shown.partition_number, Some(2));
    for bad in [0, 3, -1] {
        let fault = cloud
            .run_in(in_partition("parts", bad), 1, 1)
            .await
            .unwrap_err();
        assert_eq!(fault.code, "InvalidParameterValue");
    }
    let filtered = DescribeInstancesRequest {
        filters: Some(vec![Filter {
            name: Some("placement-partition-number".to_owned()),
            values: Some(vec!["2".to_owned()]),
        }]),
        ..Default::default()
    };
    let found = cloud.ec2.describe_instances(&cloud.call(), filtered).await;
    let found = found.unwrap().reservations.unwrap().into_iter();
    let found: usize = found.map(|it| it.instances.unwrap().len()).sum();
    assert_eq!(found, 3);
}

#[tokio::test]
async fn a_partition_more_than_hosts_waits_for_none() {
    let cloud = Cloud::new(&["one", "two"]).await;
    cloud.make(partitions("parts", 3)).await.unwrap();
    let made = cloud.run_in(of("parts"), 1, 5).await.unwrap();
    assert_eq!(made.len(), 5, "two partitions take all");
    let third = cloud
        .run_in(in_partition("parts", 3), 1, 1)
        .await
        .unwrap_err();
    assert_eq!(third.code, "InsufficientInstanceCapacity");
}

#[tokio::test]
async fn a_stopped_instance_changes_its_group() {
    let cloud = Cloud::new(&["one", "two"]).await;
    cloud.make(group("apart", "spread")).await.unwrap();
    cloud.make(partitions("parts", 2)).await.unwrap();
    let member = cloud.run_in(of("apart"), 1, 1).await.unwrap().remove(0);
    let host = cloud.host_of(&member).await;
    // One for each host; which of them shares the member's is not known before.
    let (one, two) = (cloud.run().await, cloud.run().await);
    let mut others = BTreeMap::new();
    for id in [one, two] {
        let told = cloud.placed(&id).await;
        cloud.says(&told, Reported::Running).await;
        cloud.becomes(&id, "running").await;
        let running = cloud.modify(&id, Some("apart"), None).await.unwrap_err();
        assert_eq!(running.code, "IncorrectInstanceState");
        cloud.stop(&id).await.unwrap();
        cloud.says(&told, Reported::Stopped).await;
        cloud.becomes(&id, "stopped").await;
        others.insert(told.host == host, id);
    }
    if let Some(beside) = others.get(&true) {
        let fault = cloud.modify(beside, Some("apart"), None).await.unwrap_err();
        assert_eq!(fault.code, "InvalidParameterCombination");
        cloud.modify(beside, Some("parts"), Some(2)).await.unwrap();
        let shown = cloud.shown(beside).await.placement.unwrap();
        assert_eq!(shown.partition_number, Some(2));
    }
    if let Some(apart) = others.get(&false) {
        cloud.modify(apart, Some("apart"), None).await.unwrap();
        let shown = cloud.shown(apart).await.placement.unwrap();
        assert_eq!(shown.group_name.as_deref(), Some("apart"));
        let full = cloud.run_in(of("apart"), 1, 1).await.unwrap_err();
        assert_eq!(full.code, "InsufficientInstanceCapacity");
        cloud.modify(apart, Some(""), None).await.unwrap();
        let shown = cloud.shown(apart).await.placement.unwrap();
        assert_eq!(shown.group_name.as_deref(), Some(""));
        cloud.run_in(of("apart"), 1, 1).await.unwrap();
    }
    assert!(!others.is_empty());
}
