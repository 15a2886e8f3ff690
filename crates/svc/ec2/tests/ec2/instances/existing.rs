//! Instances that are launched with a network interface that was there before them.

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
