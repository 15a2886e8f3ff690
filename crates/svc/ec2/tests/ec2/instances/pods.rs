//! Machines that Fargate has for pods of EKS.

use wharf_hosts::{FargateMachine, FargateOffer};
use wharf_records::pods::{MachineOfPod, OfPod};
use wharf_service::Place;
use wharf_svc_ec2::instances::{PodMachine, PodMachineWish, life::State};

use super::*;

fn place() -> Place {
    Place::new(wharf_testkit::ACCOUNT, REGION)
}

impl Cloud {
    async fn wish(&self, uid: &str) -> PodMachineWish {
        let subnets = DescribeSubnetsRequest::default();
        let subnets = self.ec2.describe_subnets(&self.call(), subnets).await;
        let subnets = subnets.unwrap().subnets.unwrap();
        let here = |it: &Subnet| it.availability_zone.as_deref() == Some("us-east-1a");
        let subnet = subnets.into_iter().find(here).unwrap();
        PodMachineWish {
            of: OfPod {
                cluster: "demo".to_owned(),
                cluster_id: "AB".to_owned(),
                profile: "arn:profile".to_owned(),
                role: "arn:role".to_owned(),
                namespace: "web".to_owned(),
                name: "front".to_owned(),
                uid: uid.to_owned(),
                cpu: 256,
                memory_mib: 512,
                ephemeral_gib: 20,
                started_at: None,
                ended_at: None,
            },
            subnet: subnet.subnet_id.unwrap(),
            groups: Vec::new(),
            disk_gib: 1,
            user_data: "config".to_owned(),
        }
    }

    async fn machines(&self) -> Vec<PodMachine> {
        self.ec2.pod_machines(&place(), "AB").await.unwrap()
    }

    async fn of_pod(&self, id: &str) -> OfPod {
        let scope = wharf_records::Scope::new("ec2", wharf_testkit::ACCOUNT, REGION);
        let entry = self.world.store.get(&scope.key("instance", id)).await;
        let machine: MachineOfPod = wharf_records::decode(&entry.unwrap().unwrap().value).unwrap();
        machine.pod.unwrap()
    }
}

#[tokio::test]
async fn a_pod_has_a_machine_that_nobody_else_sees() {
    let mut cloud = Cloud::new(&["i-a1"]).await;
    let wish = cloud.wish("u-1").await;
    let made = cloud.ec2.run_pod_machine(&place(), &wish).await.unwrap();
    assert!(made.lives() && made.node.starts_with("fargate-ip-"));
    cloud.restart();
    let again = cloud.ec2.run_pod_machine(&place(), &wish).await.unwrap();
    assert_eq!(again, made);

    let told = cloud.placed(&made.id).await;
    assert_eq!(
        (told.cpu, told.cpu_guaranteed, told.memory_mib),
        (256, Some(256), 512)
    );
    assert_eq!(told.one_pod, Some(20 << 30));
    assert!(told.metadata.profile.is_some() && !told.metadata.enabled);
    let claim = cloud.claim(&made.id).await.unwrap();
    assert_eq!((claim.cpu, claim.memory), (256, 512));
    let role = cloud
        .ec2
        .role_on("i-a1", &Told::of(&told))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(role.role, "arn:role");
    assert_eq!(role.service, "eks-fargate-pods.amazonaws.com");
    assert_eq!(
        (role.source, role.session),
        ("arn:profile".to_owned(), made.node.clone())
    );

    let all = DescribeInstancesRequest::default();
    let all = cloud
        .ec2
        .describe_instances(&cloud.call(), all)
        .await
        .unwrap();
    assert_eq!(all.reservations.unwrap(), []);
    let text = format!("The instance ID '{}' does not exist", made.id);
    refused(
        cloud.terminate(&made.id).await,
        "InvalidInstanceID.NotFound",
        &text,
    );
    refused(
        cloud.stop(&made.id).await,
        "InvalidInstanceID.NotFound",
        &text,
    );

    cloud.says(&told, Reported::Running).await;
    assert_eq!(cloud.of_pod(&made.id).await.started_at, None);
    cloud.ec2.serve_pod(&place(), &made.id).await.unwrap();
    let started = cloud.of_pod(&made.id).await.started_at;
    assert_eq!(started, Some(cloud.clock.now()));
    let volume = CreateVolumeRequest {
        availability_zone: Some("us-east-1a".to_owned()),
        size: Some(1),
        ..Default::default()
    };
    let volume = cloud.ec2.create_volume(&cloud.call(), volume).await;
    let attach = AttachVolumeRequest {
        volume_id: volume.unwrap().volume_id,
        instance_id: Some(made.id.clone()),
        device: Some("/dev/xvdf".to_owned()),
        ..Default::default()
    };
    refused(
        cloud.ec2.attach_volume(&cloud.call(), attach).await,
        "InvalidInstanceID.NotFound",
        &text,
    );
    cloud.clock.advance(Duration::from_secs(90));
    cloud.ec2.serve_pod(&place(), &made.id).await.unwrap();
    for id in [&made.id, "i-0123456789abcdef0"] {
        let ended = cloud.ec2.end_pod_machine(&place(), id, None).await;
        ended.unwrap();
    }
    let pod = cloud.of_pod(&made.id).await;
    assert_eq!(
        (pod.started_at, pod.ended_at),
        (started, Some(cloud.clock.now()))
    );
    let told = cloud.told_of(&made.id).await.unwrap();
    assert_eq!(told.wanted, Wanted::Terminated);
    cloud.says(&told, Reported::Terminated).await;
    until("it is over", || async {
        cloud.machines().await[0].state == State::Terminated
    })
    .await;
    assert!(!cloud.claims(&made.id).await);
    assert_eq!(cloud.addresses().await, 0);
    // The pod may have another now.
    let other = cloud.ec2.run_pod_machine(&place(), &wish).await.unwrap();
    assert_ne!(other.id, made.id);
}

#[tokio::test]
async fn one_that_its_pod_never_came_to_costs_nothing_and_says_why_it_ended() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let wish = cloud.wish("u-1").await;
    let made = cloud.ec2.run_pod_machine(&place(), &wish).await.unwrap();
    assert_eq!(made.launched_at, cloud.clock.now());
    let told = cloud.placed(&made.id).await;
    cloud.says(&told, Reported::Running).await;
    for why in [Some("never joined"), None] {
        let ended = cloud.ec2.end_pod_machine(&place(), &made.id, why).await;
        ended.unwrap();
    }
    let pod = cloud.of_pod(&made.id).await;
    assert_eq!((pod.started_at, pod.ended_at), (None, None));
    let reason = cloud.machines().await[0].reason.clone();
    assert_eq!(
        reason.as_deref(),
        Some("Server.InternalError: never joined")
    );
}

/// Its host came back without power for it: other instances would be stopped, with their disks.
#[tokio::test]
async fn one_that_does_not_boot_again_is_taken_away() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let wish = cloud.wish("u-1").await;
    let made = cloud.ec2.run_pod_machine(&place(), &wish).await.unwrap();
    let told = cloud.placed(&made.id).await;
    cloud.says(&told, Reported::Running).await;
    let why = Some("cannot boot: no devices");
    cloud.says_why(&told, Reported::Stopped, why).await;
    until("its host is told of its end", || async {
        let told = cloud.told_of(&made.id).await;
        told.is_some_and(|it| it.wanted == Wanted::Terminated)
    })
    .await;
    let reason = cloud.machines().await[0].reason.clone();
    assert_eq!(
        reason.as_deref(),
        Some("Server.InternalError: cannot boot: no devices")
    );
    cloud.says(&told, Reported::Terminated).await;
    until("it is over", || async {
        cloud.machines().await[0].state == State::Terminated
    })
    .await;
    assert!(!cloud.claims(&made.id).await);
    assert_eq!(cloud.addresses().await, 0);
}

#[tokio::test]
async fn machines_are_hosts_capacity_for_fargate() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let wish = cloud.wish("u-1").await;
    let key = Host::key("host-of-i-a1");
    let entry = cloud.world.store.get(&key).await.unwrap().unwrap();
    let mut host: Host = wharf_records::decode(&entry.value).unwrap();
    host.fargate = false;
    let txn = Txn::new().put(key, encode(&host));
    assert!(cloud.world.store.txn(&PERMIT, txn).await.unwrap().succeeded);
    let made = cloud.ec2.run_pod_machine(&place(), &wish).await;
    let text = "We currently do not have sufficient fargate capacity in the Availability Zone you requested \
                (us-east-1a). Our system will be working on provisioning additional capacity.";
    refused(made, "InsufficientInstanceCapacity", text);
    assert_eq!(cloud.machines().await, []);
}

/// A machine that was made for Fargate.
#[tokio::test]
async fn hosts_of_fargate_alone_take_pods_alone() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let host = "host-of-i-a1";
    let is_known = || async { cloud.hosts.read(|it| it.registration(host).is_some()) };
    until("the host is known", is_known).await;
    cloud.hosts.write(|machines| {
        let mut said = machines.registration(host).unwrap().clone();
        said.of_provider_alone = true;
        machines.register("arn of i-a1", Some(said));
    });
    let refused = cloud.ec2.run_instances(&cloud.call(), cloud.asked()).await;
    assert_eq!(refused.unwrap_err().code, "InsufficientInstanceCapacity");
    let wish = cloud.wish("u-1").await;
    let made = cloud.ec2.run_pod_machine(&place(), &wish).await.unwrap();
    cloud.placed(&made.id).await;
}

#[tokio::test]
async fn a_pod_waits_where_machines_are_made_for_fargate() {
    let cloud = Cloud::over(world()).begun();
    let wish = cloud.wish("u-1").await;
    let refused = cloud.ec2.run_pod_machine(&place(), &wish).await;
    assert_eq!(refused.unwrap_err().code, "InsufficientInstanceCapacity");
    let machine = FargateMachine {
        capacity: Capacity {
            cpu: 1024,
            memory: 4096,
            interfaces: 8,
            ..Capacity::default()
        },
        architecture: "x86_64".to_owned(),
    };
    cloud.hosts.fargate().offer(FargateOffer {
        machines: vec![machine],
        zones: ["a", "b", "c"].map(str::to_owned).into(),
        grows: true,
        ..FargateOffer::default()
    });
    let made = cloud.ec2.run_pod_machine(&place(), &wish).await.unwrap();
    until("it waits for a machine", || async {
        cloud.hosts.fargate().waiting().len() == 1
    })
    .await;
    // For longer than other instances.
    cloud.clock.advance(Duration::from_secs(300));
    cloud.join("i-a1").await;
    cloud.placed(&made.id).await;
    let waits_no_more = || async { cloud.hosts.fargate().waiting().is_empty() };
    until("it waits no more", waits_no_more).await;
    // Nor does one that ends before there is room.
    cloud.hold("i-a1", |it| it.capacity.cpu = 1).await;
    let wish = cloud.wish("u-2").await;
    let made = cloud.ec2.run_pod_machine(&place(), &wish).await.unwrap();
    until("another waits for a machine", || async {
        cloud.hosts.fargate().waiting().len() == 1
    })
    .await;
    let home = place();
    let ended = cloud.ec2.end_pod_machine(&home, &made.id, None);
    ended.await.unwrap();
    until("it waits no more", waits_no_more).await;
}
