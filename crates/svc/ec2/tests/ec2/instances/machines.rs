//! Machines that are nodes of Kubernetes themselves.

use wharf_service::Place;
use wharf_svc_ec2::instances::MachineNodeWish;

use super::*;

fn place() -> Place {
    Place::new(ACCOUNT, REGION)
}

impl Cloud {
    async fn machine(&self, machine: &str) -> MachineNodeWish {
        let subnets = DescribeSubnetsRequest::default();
        let subnets = self.ec2.describe_subnets(&self.call(), subnets).await;
        let subnets = subnets.unwrap().subnets.unwrap().into_iter();
        MachineNodeWish {
            host: format!("host-of-{machine}"),
            cluster: ("AB".to_owned(), "demo".to_owned()),
            subnets: subnets.filter_map(|it| it.subnet_id).collect(),
            groups: Vec::new(),
            profile: "ecsInstanceRole".to_owned(),
            cpus: None,
            memory_mib: None,
            disk_gib: 20,
            name: "the-machine".to_owned(),
            user_data: "config".to_owned(),
        }
    }
}

fn large(cpu: u32, memory: u32) -> Capacity {
    Capacity {
        cpu,
        memory,
        interfaces: 8,
        ..Capacity::default()
    }
}

#[tokio::test]
async fn a_machine_gives_all_that_it_has_and_takes_it_back() {
    let mut cloud = Cloud::new(&[]).await;
    // More room is elsewhere.
    cloud.join_with("i-a1", large(2 * 1024 + 500, 3000)).await;
    cloud.join_with("i-a2", large(8 * 1024, 32_000)).await;
    let wish = cloud.machine("i-a1").await;
    let made = cloud.ec2.dedicate(&place(), &wish).await.unwrap();
    assert_eq!((made.cpus, made.memory_mib, made.made), (2, 3000, true));
    let told = cloud.placed(&made.id).await;
    assert_eq!(
        (
            told.host.as_str(),
            told.cpu,
            told.cpu_guaranteed,
            told.memory_mib
        ),
        ("i-a1", 2048, Some(2048), 3000)
    );
    assert_eq!(told.one_pod, None);
    assert!(told.metadata.enabled && told.metadata.profile.is_some());
    let claim = cloud.claim(&made.id).await.unwrap();
    assert_eq!((claim.cpu, claim.memory), (2048, 3000));

    cloud.restart();
    let again = cloud.ec2.dedicate(&place(), &wish).await.unwrap();
    assert_eq!((again.id.as_str(), again.made), (made.id.as_str(), false));
    let shown = cloud.shown(&made.id).await;
    assert_eq!(shown.instance_type.as_deref(), Some("wharf.machine"));
    assert_eq!(shown.private_dns_name.as_deref(), Some(made.node.as_str()));
    let tags = shown.tags.unwrap();
    let tag = |key: &str| {
        let found = tags.iter().find(|it| it.key.as_deref() == Some(key));
        found.and_then(|it| it.value.as_deref())
    };
    assert_eq!(tag("Name"), Some("the-machine"));
    assert_eq!(tag("kubernetes.io/cluster/demo"), Some("owned"));

    // It stops and starts as others do, and nobody gives it a type.
    cloud.says(&told, Reported::Running).await;
    cloud.stop(&made.id).await.unwrap();
    cloud.says(&told, Reported::Stopped).await;
    cloud.becomes(&made.id, "stopped").await;
    let input = ModifyInstanceAttributeRequest {
        instance_id: Some(made.id.clone()),
        instance_type: Some(AttributeValue {
            value: Some("t3.small".to_owned()),
        }),
        ..Default::default()
    };
    let text = format!(
        "The instance '{}' is of no type: it has what its machine gives it.",
        made.id
    );
    refused(
        cloud
            .ec2
            .modify_instance_attribute(&cloud.call(), input)
            .await,
        "UnsupportedOperation",
        &text,
    );

    let of = |place, id| Some((place, id));
    let (own, elsewhere) = (place(), Place::new(ACCOUNT, "eu-west-1"));
    for (hosts, cluster) in [
        (["host-of-i-a2"], of(&own, "AB")),
        (["host-of-i-a1"], of(&own, "CD")),
        (["host-of-i-a1"], of(&elsewhere, "AB")),
    ] {
        let ended = cloud.ec2.take_back(&hosts, cluster).await.unwrap();
        assert_eq!(ended, [], "{hosts:?}");
    }
    let given = cloud.ec2.dedicated().await.unwrap();
    let ended = cloud.ec2.take_back(&["host-of-i-a1"], of(&own, "AB"));
    assert_eq!(ended.await.unwrap(), given);
    let given: Vec<_> = given
        .iter()
        .map(|it| (it.cluster.as_str(), it.node.id.as_str()))
        .collect();
    assert_eq!(given, [("demo", made.id.as_str())]);
    assert_eq!(cloud.ec2.dedicated().await.unwrap(), []);
    assert!(["shutting-down", "terminated"].contains(&cloud.state(&made.id).await.as_str()));
}

#[tokio::test]
async fn a_machine_that_has_not_enough_or_may_not_says_so() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let wish = cloud.machine("i-a1").await;
    let bad = "InvalidParameterCombination";
    let more = MachineNodeWish {
        cpus: Some(2),
        ..wish.clone()
    };
    let text = "The machine has 1 cores and 4096 MiB that nobody has.";
    refused(cloud.ec2.dedicate(&place(), &more).await, bad, text);
    let unknown = MachineNodeWish {
        host: "host-of-nobody".to_owned(),
        ..wish.clone()
    };
    let text = "The machine is not known.";
    refused(cloud.ec2.dedicate(&place(), &unknown).await, bad, text);
    let other = MachineNodeWish {
        profile: "nobodys".to_owned(),
        ..wish.clone()
    };
    assert!(cloud.ec2.dedicate(&place(), &other).await.is_err());
    cloud.connected("i-a1", false);
    let text = "The machine is not connected.";
    refused(cloud.ec2.dedicate(&place(), &wish).await, bad, text);
}

#[tokio::test]
async fn what_is_given_but_not_placed_yet_is_given_to_nobody_else() {
    let cloud = Cloud::new(&[]).await;
    let capacity = Capacity {
        disk: Some(100 * 1024),
        ..large(4 * 1024, 4000)
    };
    cloud.join_with("i-a1", capacity).await;
    let wish = cloud.machine("i-a1").await;
    let bad = "InvalidParameterCombination";
    let vast = MachineNodeWish {
        disk_gib: 101,
        ..wish.clone()
    };
    let text = "The machine has 100 GiB of disk that nobody has.";
    refused(cloud.ec2.dedicate(&place(), &vast).await, bad, text);
    let part = MachineNodeWish {
        cpus: Some(3),
        memory_mib: Some(1000),
        ..wish.clone()
    };
    let made = cloud.ec2.dedicate(&place(), &part).await.unwrap();
    // Whether it is placed by now or not.
    let other = MachineNodeWish {
        cluster: ("CD".to_owned(), "other".to_owned()),
        ..part
    };
    let text = "The machine has 1 cores and 3000 MiB that nobody has.";
    // What is placed at that moment counts twice.
    let is_told = || async {
        let made = cloud.ec2.dedicate(&place(), &other).await;
        made.unwrap_err().message == text
    };
    until("what is left is told", is_told).await;
    cloud.placed(&made.id).await;
    until("what is left is told of the placed one", is_told).await;
    let rest = MachineNodeWish {
        cpus: None,
        memory_mib: None,
        ..other
    };
    let rest = cloud.ec2.dedicate(&place(), &rest).await.unwrap();
    assert_eq!((rest.cpus, rest.memory_mib), (1, 3000));
    for id in [&made.id, &rest.id] {
        assert_eq!(cloud.placed(id).await.host, "i-a1");
    }
    // All of it ends, whoever has it.
    let ended = cloud.ec2.take_back(&["host-of-i-a1"], None).await.unwrap();
    assert_eq!(ended.len(), 2);
}
