//! Instances that are launched with a network interface that was there before them.

use wharf_wire::Caller;

use super::*;

impl Cloud {
    /// A default subnet of the zone that has hosts.
    async fn subnet(&self) -> String {
        let input = DescribeSubnetsRequest {
            filters: Some(vec![crate::world::filter(
                "availability-zone",
                "us-east-1a",
            )]),
            ..Default::default()
        };
        let found = self.ec2.describe_subnets(&self.call(), input).await;
        let mut found = found.unwrap().subnets.unwrap();
        found.remove(0).subnet_id.unwrap()
    }

    /// An interface with so many secondary addresses.
    async fn interface(&self, call: &Call, secondary: i32) -> String {
        let input = CreateNetworkInterfaceRequest {
            subnet_id: Some(self.subnet().await),
            description: Some("fixed".to_owned()),
            secondary_private_ip_address_count: Some(secondary),
            ..Default::default()
        };
        let made = self.ec2.create_network_interface(call, input).await;
        let made = made.unwrap().network_interface.unwrap();
        made.network_interface_id.unwrap()
    }

    async fn shown_interface(&self, id: &str) -> Result<NetworkInterface, Fault> {
        let input = DescribeNetworkInterfacesRequest {
            network_interface_ids: Some(vec![id.to_owned()]),
            ..Default::default()
        };
        let me = self.call();
        let found = self.ec2.describe_network_interfaces(&me, input).await?;
        Ok(found.network_interfaces.unwrap().remove(0))
    }

    /// A launch with that interface.
    fn over_interface(&self, id: &str) -> RunInstancesRequest {
        RunInstancesRequest {
            network_interfaces: Some(vec![InstanceNetworkInterfaceSpecification {
                device_index: Some(0),
                network_interface_id: Some(id.to_owned()),
                ..Default::default()
            }]),
            ..self.asked()
        }
    }

    async fn ends(&self, id: &str) {
        self.terminate(id).await.unwrap();
        let told = self.told_of(id).await.unwrap();
        self.says(&told, Reported::Terminated).await;
        self.becomes(id, "terminated").await;
    }
}

#[tokio::test]
async fn an_interface_outlives_its_instances() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let me = cloud.call();
    let eni = cloud.interface(&me, 1).await;
    let before = cloud.shown_interface(&eni).await.unwrap();
    let made = cloud.ec2.allocate_address(&me, Default::default()).await;
    let allocation = made.unwrap().allocation_id.unwrap();
    let associate = AssociateAddressRequest {
        allocation_id: Some(allocation),
        network_interface_id: Some(eni.clone()),
        ..Default::default()
    };
    cloud.ec2.associate_address(&me, associate).await.unwrap();
    let holder = async || {
        let found = cloud.ec2.describe_addresses(&me, Default::default()).await;
        let address = found.unwrap().addresses.unwrap().remove(0);
        address.instance_id.unwrap()
    };
    assert_eq!(holder().await, "");

    let asked = cloud.over_interface(&eni);
    let made = cloud.ec2.run_instances(&me, asked.clone()).await.unwrap();
    let first = id(&made);
    let told = cloud.placed(&first).await;
    assert_eq!(told.interface.id, eni);
    assert_eq!(
        Some(told.interface.address.to_string()),
        before.private_ip_address
    );
    assert_eq!(told.interface.secondary.len(), 1);
    assert_eq!(
        cloud.addresses().await,
        2,
        "no other address was handed out"
    );
    assert_eq!(holder().await, first);
    let shown = cloud.shown_interface(&eni).await.unwrap();
    assert_eq!(shown.status.as_deref(), Some("in-use"));
    assert_eq!(shown.description.as_deref(), Some("fixed"));
    let attachment = shown.attachment.unwrap();
    assert_eq!(attachment.delete_on_termination, Some(false));
    let refused = cloud.ec2.run_instances(&me, asked.clone()).await;
    let refused = crate::world::refusal(refused);
    let text = format!("InvalidNetworkInterface.InUse: Interface: [{eni}] in use.");
    assert_eq!(refused, text);

    cloud.says(&told, Reported::Running).await;
    cloud.ends(&first).await;
    let shown = cloud.shown_interface(&eni).await.unwrap();
    assert_eq!(shown.status.as_deref(), Some("available"));
    assert_eq!(
        (cloud.addresses().await, holder().await),
        (2, String::new())
    );

    // The next one may take it with it, if that is asked for.
    let made = cloud.ec2.run_instances(&me, asked).await.unwrap();
    let second = id(&made);
    let told = cloud.placed(&second).await;
    cloud.says(&told, Reported::Running).await;
    let attachment = cloud.shown_interface(&eni).await.unwrap().attachment;
    let change = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: Some(eni.clone()),
        attachment: Some(NetworkInterfaceAttachmentChanges {
            attachment_id: attachment.unwrap().attachment_id,
            delete_on_termination: Some(true),
            ..Default::default()
        }),
        ..Default::default()
    };
    let changed = cloud.ec2.modify_network_interface_attribute(&me, change);
    changed.await.unwrap();
    cloud.ends(&second).await;
    let gone = crate::world::refusal(cloud.shown_interface(&eni).await);
    assert!(gone.starts_with("InvalidNetworkInterfaceID.NotFound"));
    assert_eq!(
        (cloud.addresses().await, holder().await),
        (0, String::new())
    );
}

#[tokio::test]
async fn an_interface_that_cannot_be_had() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let me = cloud.call();
    let eni = cloud.interface(&me, 0).await;
    let wide = cloud.interface(&me, 2).await;
    let of_ecs = cloud.interface(&crate::world::service(), 0).await;
    let elsewhere = Placement {
        availability_zone: Some("us-east-1b".to_owned()),
        ..Default::default()
    };
    let tagged = TagSpecification {
        resource_type: Some("network-interface".to_owned()),
        tags: Some(vec![Tag {
            key: Some("Name".to_owned()),
            value: Some("one".to_owned()),
        }]),
    };
    for (asked, code) in [
        (
            cloud.over_interface("eni-0123456789abcdef0"),
            "InvalidNetworkInterfaceID.NotFound",
        ),
        (cloud.over_interface(&of_ecs), "AuthFailure"),
        // A t3.micro has two.
        (cloud.over_interface(&wide), "PrivateIpAddressLimitExceeded"),
        (
            RunInstancesRequest {
                max_count: Some(2),
                ..cloud.over_interface(&eni)
            },
            "InvalidParameterCombination",
        ),
        (
            RunInstancesRequest {
                placement: Some(elsewhere),
                ..cloud.over_interface(&eni)
            },
            "InvalidParameterValue",
        ),
        (
            RunInstancesRequest {
                tag_specifications: Some(vec![tagged]),
                ..cloud.over_interface(&eni)
            },
            "InvalidParameterCombination",
        ),
    ] {
        let refused = cloud.ec2.run_instances(&me, asked).await.unwrap_err();
        assert_eq!(refused.code, code, "{}", refused.message);
    }
    let shown = cloud.shown_interface(&eni).await.unwrap();
    assert_eq!(shown.status.as_deref(), Some("available"));
}

pub const OTHER: &str = "111111111111";

impl Cloud {
    /// A user of another account.
    pub fn other(&self) -> Call {
        let mut cx = Context::internal(OTHER, REGION, "test", self.clock.now());
        cx.caller = Caller::root(OTHER);
        Call::by_controller(cx, PERMIT)
    }

    pub async fn lets(&self, interface: &str, to: &str) -> String {
        let input = CreateNetworkInterfacePermissionRequest {
            network_interface_id: Some(interface.to_owned()),
            aws_account_id: Some(OTHER.to_owned()),
            permission: Some(to.to_owned()),
            ..Default::default()
        };
        let me = self.call();
        let made = self.ec2.create_network_interface_permission(&me, input);
        let made = made.await.unwrap().interface_permission.unwrap();
        made.network_interface_permission_id.unwrap()
    }

    async fn takes_back(&self, permission: &str, force: bool) -> Result<(), Fault> {
        let input = DeleteNetworkInterfacePermissionRequest {
            network_interface_permission_id: Some(permission.to_owned()),
            force: Some(force),
            ..Default::default()
        };
        let me = self.call();
        let done = self.ec2.delete_network_interface_permission(&me, input);
        done.await.map(|_| ())
    }
}

#[tokio::test]
async fn an_interface_of_another_account_is_had_by_its_leave_alone() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let (me, other) = (cloud.call(), cloud.other());
    let eni = cloud.interface(&me, 1).await;
    let own = cloud.shown_interface(&eni).await.unwrap();
    let asked = cloud.over_interface(&eni);
    let missing = "InvalidNetworkInterfaceID.NotFound";
    let refused = cloud.ec2.run_instances(&other, asked.clone()).await;
    assert_eq!(refused.unwrap_err().code, missing);
    cloud.lets(&eni, "EIP-ASSOCIATE").await;
    let refused = cloud.ec2.run_instances(&other, asked.clone()).await;
    assert_eq!(refused.unwrap_err().code, missing);
    let permission = cloud.lets(&eni, "INSTANCE-ATTACH").await;

    // IAM is asked for what is the other account's where it is, with that account's word.
    let input = wharf_api_ec2::Input::RunInstances(&asked);
    let checks = cloud.ec2.authorize(&other, input).await.unwrap();
    for (kind, id) in [
        ("network-interface", &eni),
        ("subnet", own.subnet_id.as_ref().unwrap()),
    ] {
        let arn = format!("arn:aws:ec2:{REGION}:{ACCOUNT}:{kind}/{id}");
        let check = checks.iter().find(|it| it.resource == arn).unwrap();
        let policy = check.resource_policy.as_deref().unwrap();
        assert!(
            policy.contains("arn:aws:iam::111111111111:root"),
            "{policy}"
        );
    }

    let made = cloud
        .ec2
        .run_instances(&other, asked.clone())
        .await
        .unwrap();
    let id = id(&made);
    let told = cloud.placed(&id).await;
    assert_eq!(told.account, OTHER);
    assert_eq!(told.interface.id, eni);
    assert_eq!(Some(&told.interface.vpc), own.vpc_id.as_ref());
    assert_eq!(told.interface.secondary.len(), 1);
    cloud.says(&told, Reported::Running).await;
    let attachment = cloud.shown_interface(&eni).await.unwrap().attachment;
    let attachment = attachment.unwrap();
    assert_eq!(attachment.instance_owner_id.as_deref(), Some(OTHER));
    assert_eq!(attachment.instance_id.as_ref(), Some(&id));
    let describe = DescribeInstancesRequest {
        filters: Some(vec![
            crate::world::filter("network-interface.owner-id", ACCOUNT),
            crate::world::filter("network-interface.network-interface-id", &eni),
        ]),
        ..Default::default()
    };
    let shown = cloud.ec2.describe_instances(&other, describe).await;
    let shown = shown.unwrap().reservations.unwrap().remove(0);
    let shown = shown.instances.unwrap().remove(0);
    assert_eq!(shown.instance_id.as_ref(), Some(&id));
    let [of_it] = &shown.network_interfaces.unwrap()[..] else {
        panic!("it has one interface");
    };
    assert_eq!(of_it.owner_id.as_deref(), Some(ACCOUNT));
    let groups = of_it.groups.as_ref().unwrap();
    assert_eq!(groups[0].group_name.as_deref(), Some("default"));

    // What the interface is its account says alone; the instance hears of it.
    let regroup = ModifyInstanceAttributeRequest {
        instance_id: Some(id.clone()),
        source_dest_check: Some(AttributeBooleanValue { value: Some(false) }),
        ..Default::default()
    };
    let refused = cloud.ec2.modify_instance_attribute(&other, regroup).await;
    assert_eq!(refused.unwrap_err().code, "AuthFailure");
    let unassign = UnassignPrivateIpAddressesRequest {
        network_interface_id: Some(eni.clone()),
        private_ip_addresses: Some(vec![told.interface.secondary[0].to_string()]),
        ..Default::default()
    };
    let gone = cloud.ec2.unassign_private_ip_addresses(&me, unassign).await;
    gone.unwrap();
    let hears = cloud.told_of(&id).await.unwrap().interface.secondary;
    assert_eq!(hears, Vec::<std::net::Ipv4Addr>::new());

    let refused = cloud.takes_back(&permission, false).await.unwrap_err();
    assert_eq!(refused.code, "OperationNotPermitted");
    cloud.takes_back(&permission, true).await.unwrap();
    let end = TerminateInstancesRequest {
        instance_ids: Some(vec![id.clone()]),
        ..Default::default()
    };
    cloud.ec2.terminate_instances(&other, end).await.unwrap();
    let told = cloud.told_of(&id).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    until("the interface is free", || async {
        let shown = cloud.shown_interface(&eni).await.unwrap();
        shown.status.as_deref() == Some("available")
    })
    .await;
    assert_eq!(cloud.addresses().await, 1, "the interface keeps its own");
    let refused = cloud.ec2.run_instances(&other, asked).await;
    assert_eq!(refused.unwrap_err().code, missing);
}
