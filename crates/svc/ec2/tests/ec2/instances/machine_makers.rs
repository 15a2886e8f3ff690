//! Instances whose machines a maker makes, which this test plays, and so it does their nodes.

mod pool;
mod rack;

use serde_json::json;
use wharf_records::node::Grant;

use self::rack::{Answer, Rack};
use super::*;

/// A cloud without hosts, whose machines of the family `t3` come from a rack.
async fn with_rack() -> (Cloud, Arc<Rack>) {
    let rack = Rack::start().await;
    let mut cloud = Cloud::over(world());
    let making = rack.clone();
    cloud.maker = Some(Box::new(move || making.parts()));
    (cloud.begun(), rack)
}

impl Cloud {
    /// The machine of an instance is switched on, and its node joins by its token.
    async fn is_made(&self, rack: &Rack, id: &str) {
        rack.joins(id);
        self.join(id).await;
    }

    /// It comes to be in a state by what lists say that are later than what was told.
    async fn comes_to_be(&self, id: &str, state: &str) {
        until(&format!("{id} is {state}"), || async {
            self.clock.advance(Duration::from_millis(1));
            self.state(id).await == state
        })
        .await;
    }

    async fn reason(&self, id: &str) -> (String, String) {
        let reason = self.shown(id).await.state_reason.unwrap();
        (reason.code.unwrap(), reason.message.unwrap())
    }
}

#[tokio::test]
async fn a_machine_is_made_joins_and_ends() {
    let (cloud, rack) = with_rack().await;
    let user_data = "IyEvYmluL3NoCmVjaG8gRUNTX0NMVVNURVI9cHJvZCA+PiAvZXRjL2Vjcy9lY3MuY29uZmlnCg==";
    let mut asked = cloud.asked();
    asked.user_data = Some(user_data.to_owned());
    let made = cloud.ec2.run_instances(&cloud.call(), asked).await.unwrap();
    let id = id(&made);
    let addresses = cloud.addresses().await;
    assert!(addresses > 0);
    rack.makes(&id).await;
    assert_eq!(cloud.state(&id).await, "pending");
    // No host is told of it, and nobody changes an interface that nobody wires.
    assert!(cloud.told_of(&id).await.is_none());
    let interfaces = cloud.shown(&id).await.network_interfaces.unwrap();
    let asked = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: interfaces[0].network_interface_id.clone(),
        groups: Some(vec!["sg-1".to_owned()]),
        ..Default::default()
    };
    let call = cloud.call();
    let changed = cloud.ec2.modify_network_interface_attribute(&call, asked);
    assert!(changed.await.is_err());

    let told = rack.asked_for("run").remove(0);
    let it = cloud.shown(&id).await;
    assert_eq!((&told["id"], &told["key"]), (&json!(id), &json!(id)));
    let machine = &told["machine"];
    assert_eq!(machine["instanceType"], "t3.micro");
    assert_eq!(
        (&machine["vcpus"], &machine["memoryMiB"]),
        (&json!(2), &json!(1024))
    );
    assert_eq!(machine["privateAddress"], json!(it.private_ip_address));
    assert_eq!(machine["subnetId"], json!(it.subnet_id));
    assert_eq!(
        machine["zone"],
        json!(it.placement.unwrap().availability_zone)
    );
    assert_eq!(machine["imageId"], json!(it.image_id));
    assert_eq!(machine["userData"], user_data);
    assert_eq!(machine["securityGroups"][0]["name"], "default");
    assert_eq!(told["join"]["cluster"], "prod");
    assert_eq!(told["join"]["servers"], json!(["https://10.0.0.1:4566"]));
    assert_eq!(told["join"]["authorities"], "the authorities");
    let grant = rack.grant(told["join"]["token"].as_str().unwrap());
    let of = grant.made_for.unwrap();
    assert_eq!(
        (of.instance, of.instance_type.as_str()),
        (id.clone(), "t3.micro")
    );
    assert_eq!(
        (grant.cluster.as_str(), grant.max_cpu),
        ("prod", Some(2048))
    );
    assert_eq!((grant.fargate, grant.instances), (false, Some(false)));
    // The token is nowhere in the clear.
    let stored = cloud.world.stored(&plane::prefix()).await;
    assert!(!stored.contains("token of "));

    // Somebody else who says to be it is not.
    cloud.join(&id).await;
    rack.looked_at(2).await;
    assert_eq!(cloud.state(&id).await, "pending");
    rack.joins(&id);
    cloud.becomes(&id, "running").await;
    let asked = GetConsoleOutputRequest {
        instance_id: Some(id.clone()),
        ..Default::default()
    };
    let console = cloud.ec2.get_console_output(&cloud.call(), asked).await;
    assert_eq!(console.unwrap().output.as_deref(), Some(rack::CONSOLE));

    let call = cloud.call();
    let asked = MonitorInstancesRequest {
        instance_ids: Some(vec![id.clone()]),
        ..Default::default()
    };
    let fault = cloud.ec2.monitor_instances(&call, asked).await.unwrap_err();
    assert_eq!(fault.code, "UnsupportedOperation");
    cloud.terminate(&id).await.unwrap();
    cloud.becomes(&id, "terminated").await;
    assert_eq!(
        (rack.machines(), rack.made()),
        (Vec::new(), vec![id.clone()])
    );
    assert!(rack.removed(&id));
    assert_eq!(cloud.addresses().await, 0);
    let (code, _) = cloud.reason(&id).await;
    assert_eq!(code, "Client.UserInitiatedShutdown");
}

#[tokio::test]
async fn whatever_is_lost_nothing_is_made_twice() {
    let (mut cloud, rack) = with_rack().await;
    // It does what it is told, and its answer is lost; then it is not there.
    rack.will(&[Answer::Lost, Answer::Status(503), Answer::Lost]);
    let id = cloud.run().await;
    rack.makes(&id).await;
    cloud.restart();
    until("it is taken", || async { rack.asked_for("run").len() >= 4 }).await;
    let all = rack.asked_for("run");
    // The very same words each time, with the same token.
    assert!(all.iter().all(|it| *it == all[0]), "{all:?}");
    cloud.is_made(&rack, &id).await;
    cloud.becomes(&id, "running").await;
    cloud.restart();
    rack.will(&[Answer::Status(500), Answer::Lost]);
    cloud.terminate(&id).await.unwrap();
    until("it is being ended", || async {
        !rack.asked_for("terminate").is_empty()
    })
    .await;
    cloud.restart();
    cloud.becomes(&id, "terminated").await;
    assert_eq!(rack.made(), [id]);
    assert!(rack.machines().is_empty());
}

#[tokio::test]
async fn one_that_ends_before_it_was_asked_for_is_never_made() {
    let (cloud, rack) = with_rack().await;
    rack.has_tokens(false);
    let id = cloud.run().await;
    rack.looked_at(2).await;
    cloud.terminate(&id).await.unwrap();
    cloud.becomes(&id, "terminated").await;
    assert_eq!(
        (rack.made(), rack.asked_for("terminate").len()),
        (Vec::new(), 0)
    );
}

#[tokio::test]
async fn a_maker_says_why_it_makes_nothing() {
    let (cloud, rack) = with_rack().await;
    let none = json!({"state": "failed", "code": "InsufficientInstanceCapacity", "reason": "the rack is full"});
    rack.will(&[Answer::Says(none)]);
    let id = cloud.run().await;
    cloud.becomes(&id, "terminated").await;
    let (code, message) = cloud.reason(&id).await;
    assert_eq!(code, "Server.InsufficientInstanceCapacity");
    assert_eq!(
        message,
        "Server.InsufficientInstanceCapacity: the rack is full"
    );
    // It begins to work on it, and says later that it did not come about.
    let id = cloud.run().await;
    rack.makes(&id).await;
    rack.is(&id, json!({"state": "failed", "reason": "no such image"}));
    cloud.comes_to_be(&id, "terminated").await;
    let (code, message) = cloud.reason(&id).await;
    assert_eq!(code, "Server.InternalError");
    assert!(
        message.ends_with("Internal error on launch: no such image"),
        "{message}"
    );
    assert!(rack.machines().is_empty());
}

#[tokio::test]
async fn a_maker_has_as_many_as_its_operator_says() {
    let (cloud, _rack) = with_rack().await;
    let many = |least: i32, most: i32| RunInstancesRequest {
        min_count: Some(least),
        max_count: Some(most),
        ..cloud.asked()
    };
    let fault = cloud.ec2.run_instances(&cloud.call(), many(4, 4)).await;
    assert_eq!(fault.unwrap_err().code, "InsufficientInstanceCapacity");
    let made = cloud.ec2.run_instances(&cloud.call(), many(1, 9)).await;
    let made = made.unwrap().instances.unwrap();
    assert_eq!(made.len(), rack::MOST as usize);
    let fault = cloud.ec2.run_instances(&cloud.call(), many(1, 1)).await;
    assert_eq!(fault.unwrap_err().code, "InsufficientInstanceCapacity");
    let first = made[0].instance_id.clone().unwrap();
    cloud.terminate(&first).await.unwrap();
    cloud.becomes(&first, "terminated").await;
    cloud.run().await;
}

#[tokio::test]
async fn two_servers_that_launch_at_once_have_no_more_made() {
    let (mut cloud, _rack) = with_rack().await;
    let other = cloud.ec2.clone();
    let _runs = cloud.running.take();
    cloud.restart();
    let call = cloud.call();
    let launch = |ec2: &Arc<Ec2Service>| {
        let (ec2, call, asked) = (ec2.clone(), call.clone(), cloud.asked());
        tokio::spawn(async move { ec2.run_instances(&call, asked).await })
    };
    let all = [0; rack::MOST as usize].map(|_| [launch(&other), launch(&cloud.ec2)]);
    let mut made = 0;
    for launch in all.into_iter().flatten() {
        match launch.await.unwrap() {
            Ok(_) => made += 1,
            Err(fault) => assert_eq!(fault.code, "InsufficientInstanceCapacity"),
        }
    }
    assert_eq!(made, rack::MOST);
}

#[tokio::test]
async fn machines_and_instances_are_compared() {
    let (cloud, rack) = with_rack().await;
    let id = cloud.run().await;
    rack.makes(&id).await;
    cloud.is_made(&rack, &id).await;
    cloud.becomes(&id, "running").await;
    // One that no record knows is ended; what is called otherwise is somebody else's.
    rack.is("i-0123456789abcdef0", json!({"state": "running"}));
    rack.is("web-7", json!({"state": "running"}));
    until("nobody's machine is ended", || async {
        !rack.machines().contains(&"i-0123456789abcdef0".to_owned())
    })
    .await;
    assert_eq!(rack.machines(), [id.clone(), "web-7".to_owned()]);

    // A machine that a list lacks is there as long as its node is.
    rack.loses(&id);
    cloud.clock.advance(Duration::from_secs(1));
    rack.looked_at(3).await;
    assert_eq!(cloud.state(&id).await, "running");
    cloud.connected(&id, false);
    until("its checks fail", || async {
        let call = cloud.call();
        let asked = DescribeInstanceStatusRequest::default();
        let all = cloud.ec2.describe_instance_status(&call, asked);
        let all = all.await.unwrap().instance_statuses.unwrap();
        let status = all.into_iter().find_map(|it| it.system_status?.status);
        status.as_deref() == Some("impaired")
    })
    .await;
    cloud.clock.advance(Duration::from_secs(21));
    cloud.becomes(&id, "terminated").await;
    let (code, message) = cloud.reason(&id).await;
    assert_eq!(code, "Server.InternalError");
    assert!(message.contains("is gone"), "{message}");
    assert!(rack.removed(&id));
}

#[tokio::test]
async fn a_launch_that_never_joins_ends() {
    let (cloud, rack) = with_rack().await;
    let id = cloud.run().await;
    rack.makes(&id).await;
    cloud
        .clock
        .advance(rack::JOIN_WITHIN - Duration::from_secs(2));
    rack.looked_at(2).await;
    assert_eq!(cloud.state(&id).await, "pending");
    cloud.clock.advance(Duration::from_secs(3));
    cloud.becomes(&id, "terminated").await;
    let (code, message) = cloud.reason(&id).await;
    assert_eq!(code, "Server.InternalError");
    assert!(message.contains("did not join within"), "{message}");
    assert!(rack.machines().is_empty() && rack.removed(&id));
}

#[tokio::test]
async fn it_is_switched_off_and_on() {
    let (mut cloud, rack) = with_rack().await;
    let id = cloud.run().await;
    rack.makes(&id).await;
    cloud.is_made(&rack, &id).await;
    cloud.becomes(&id, "running").await;
    let asked = RebootInstancesRequest {
        instance_ids: Some(vec![id.clone()]),
        ..Default::default()
    };
    cloud
        .ec2
        .reboot_instances(&cloud.call(), asked)
        .await
        .unwrap();
    until("it is rebooted", || async {
        rack.asked_for("reboot").len() == 1
    })
    .await;
    cloud.stop(&id).await.unwrap();
    cloud.restart();
    until("it is stopped", || async {
        !rack.asked_for("stop").is_empty()
    })
    .await;
    cloud.connected(&id, false);
    cloud.comes_to_be(&id, "stopped").await;
    cloud.start(&id).await.unwrap();
    until("it is started", || async {
        !rack.asked_for("start").is_empty()
    })
    .await;
    assert_eq!(cloud.state(&id).await, "pending");
    cloud.connected(&id, true);
    cloud.clock.advance(Duration::from_secs(20));
    cloud.becomes(&id, "running").await;
    let keys: Vec<_> = ["reboot", "stop", "start"]
        .iter()
        .map(|it| rack.asked_for(it)[0]["key"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        keys,
        [
            format!("{id}:reboot:2"),
            format!("{id}:stop:2"),
            format!("{id}:start:3")
        ]
    );
    // It shuts itself down.
    rack.is(&id, json!({"state": "stopped"}));
    cloud.connected(&id, false);
    cloud.comes_to_be(&id, "stopped").await;
    let (code, _) = cloud.reason(&id).await;
    assert_eq!(code, "Client.InstanceInitiatedShutdown");
    assert_eq!(rack.made(), [id]);
}

#[tokio::test]
async fn what_no_machine_of_a_maker_has_is_refused_by_name() {
    let (cloud, rack) = with_rack().await;
    let of = |change: &dyn Fn(&mut RunInstancesRequest)| {
        let mut asked = cloud.asked();
        change(&mut asked);
        asked
    };
    let cases = [
        (
            of(&|it| {
                it.iam_instance_profile = Some(IamInstanceProfileSpecification {
                    name: Some("ecsInstanceRole".to_owned()),
                    arn: None,
                });
            }),
            "IamInstanceProfile",
        ),
        (
            of(&|it| it.metadata_options = Some(InstanceMetadataOptionsRequest::default())),
            "MetadataOptions",
        ),
        (
            of(&|it| {
                it.monitoring = Some(RunInstancesMonitoringEnabled {
                    enabled: Some(true),
                    ..Default::default()
                })
            }),
            "Monitoring",
        ),
        (of(&|it| it.ebs_optimized = Some(true)), "EbsOptimized"),
        (
            of(&|it| {
                it.network_interfaces = Some(vec![InstanceNetworkInterfaceSpecification {
                    device_index: Some(0),
                    delete_on_termination: Some(false),
                    ..Default::default()
                }]);
            }),
            "DeleteOnTermination",
        ),
        (
            of(&|it| {
                it.block_device_mappings = Some(vec![BlockDeviceMapping {
                    device_name: Some("/dev/sdf".to_owned()),
                    ebs: Some(EbsBlockDevice {
                        volume_size: Some(1),
                        ..Default::default()
                    }),
                    ..Default::default()
                }]);
            }),
            "BlockDeviceMapping",
        ),
    ];
    for (asked, parameter) in cases {
        let fault = cloud.ec2.run_instances(&cloud.call(), asked).await;
        let fault = fault.unwrap_err();
        assert_eq!(fault.code, "UnsupportedOperation", "{parameter}: {fault}");
        assert!(fault.message.contains(parameter), "{fault}");
    }
    // Nodes join in the installation's own account and region.
    let elsewhere = crate::world::of_account("111122223333");
    let fault = cloud.ec2.run_instances(&elsewhere, cloud.asked()).await;
    assert_eq!(fault.unwrap_err().code, "InsufficientInstanceCapacity");
    // So it is with types that it does not make.
    let other = RunInstancesRequest {
        instance_type: Some("m5.large".to_owned()),
        ..cloud.asked()
    };
    let fault = cloud.ec2.run_instances(&cloud.call(), other).await;
    assert_eq!(fault.unwrap_err().code, "InsufficientInstanceCapacity");
    assert!(rack.made().is_empty());
}

/// Another server of the operator's answers in its place.
#[tokio::test]
async fn trouble_with_a_maker_is_told_and_ends() {
    let (cloud, rack) = with_rack().await;
    let maker = cloud.ec2.machine_maker().unwrap();
    rack.will_list(Some("<html>not here</html>"));
    until("its list is no list", || async {
        maker.trouble().is_some()
    })
    .await;
    assert!(maker.trouble().unwrap().contains("no JSON"));
    let seen = cloud.ec2.maker_overview().await.unwrap().unwrap();
    assert_eq!((seen.wanted, seen.there, seen.most), (0, 0, rack::MOST));
    assert_eq!(seen.name, "127.0.0.1");
    assert!(seen.failure.unwrap().0.contains("no JSON"));
    rack.will_list(None);
    until("it answers again", || async { maker.trouble().is_none() }).await;
    let id = cloud.run().await;
    rack.makes(&id).await;
    let counts = async || {
        let seen = cloud.ec2.maker_overview().await.unwrap().unwrap();
        assert!(seen.failure.is_some(), "the last one");
        (seen.wanted, seen.there)
    };
    assert_eq!(counts().await, (1, 0));
    cloud.is_made(&rack, &id).await;
    cloud.becomes(&id, "running").await;
    assert_eq!(counts().await, (1, 1));
    cloud.terminate(&id).await.unwrap();
    assert_eq!(counts().await, (0, 0));
}

impl Rack {
    /// What a token allows.
    fn grant(&self, token: &str) -> Grant {
        self.tokens.lock().unwrap()[token].clone()
    }
}
