//! Secondary private addresses of instances: from their launch on, and those that they are given later.

use wharf_billing::{AddressUse, Stored};
use wharf_records::{Record as _, Scope};
use wharf_svc_ec2::elastic::ElasticAddress;

use super::*;

impl Cloud {
    fn with(&self, interface: InstanceNetworkInterfaceSpecification) -> RunInstancesRequest {
        RunInstancesRequest {
            network_interfaces: Some(vec![InstanceNetworkInterfaceSpecification {
                device_index: Some(0),
                ..interface
            }]),
            ..self.asked()
        }
    }
}

fn counted(count: i32) -> InstanceNetworkInterfaceSpecification {
    InstanceNetworkInterfaceSpecification {
        secondary_private_ip_address_count: Some(count),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_instance_has_them_and_its_host_tells_it_so() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let me = cloud.call();
    let small = |input: RunInstancesRequest| RunInstancesRequest {
        instance_type: Some("t3.small".to_owned()),
        ..input
    };
    let made = cloud.ec2.run_instances(&me, small(cloud.with(counted(2))));
    let id = id(&made.await.unwrap());
    let told = cloud.placed(&id).await;
    assert_eq!(told.interface.secondary.len(), 2);
    assert_eq!(cloud.addresses().await, 3);
    let shown = cloud.shown(&id).await.network_interfaces.unwrap().remove(0);
    let all = shown.private_ip_addresses.unwrap();
    let primary: Vec<_> = all.iter().map(|it| it.primary.unwrap()).collect();
    assert_eq!(primary, [true, false, false]);

    // A type has so many on AWS: a t3.small four.
    let assign = |count| AssignPrivateIpAddressesRequest {
        network_interface_id: shown.network_interface_id.clone(),
        secondary_private_ip_address_count: Some(count),
        ..Default::default()
    };
    let refused = cloud.ec2.assign_private_ip_addresses(&me, assign(2));
    let refused = refused.await.unwrap_err();
    assert_eq!(refused.code, "PrivateIpAddressLimitExceeded");
    let done = cloud.ec2.assign_private_ip_addresses(&me, assign(1));
    done.await.unwrap();
    let told = cloud.told_of(&id).await.unwrap();
    assert_eq!(told.interface.secondary.len(), 3);
    let gone = told.interface.secondary[0].to_string();
    let unassign = UnassignPrivateIpAddressesRequest {
        network_interface_id: shown.network_interface_id.clone(),
        private_ip_addresses: Some(vec![gone]),
        ..Default::default()
    };
    let done = cloud.ec2.unassign_private_ip_addresses(&me, unassign);
    done.await.unwrap();
    let told = cloud.told_of(&id).await.unwrap();
    assert_eq!(told.interface.secondary.len(), 2);

    // Nor may it become of a type that has no three.
    let stop = StopInstancesRequest {
        instance_ids: Some(vec![id.clone()]),
        ..Default::default()
    };
    cloud.says(&told, Reported::Running).await;
    cloud.ec2.stop_instances(&me, stop).await.unwrap();
    let told = cloud.told_of(&id).await.unwrap();
    cloud.says(&told, Reported::Stopped).await;
    cloud.becomes(&id, "stopped").await;
    let become_of = |name: &str| ModifyInstanceAttributeRequest {
        instance_id: Some(id.clone()),
        instance_type: Some(AttributeValue {
            value: Some(name.to_owned()),
        }),
        ..Default::default()
    };
    // Until its room is given back it cannot be changed at all.
    until("it is too small a type for its addresses", || async {
        let small = become_of("t3.nano");
        let refused = cloud.ec2.modify_instance_attribute(&me, small).await;
        refused.unwrap_err().code == "PrivateIpAddressLimitExceeded"
    })
    .await;
    let done = cloud
        .ec2
        .modify_instance_attribute(&me, become_of("t3.small"));
    done.await.unwrap();

    cloud.terminate(&id).await.unwrap();
    let told = cloud.told_of(&id).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    cloud.becomes(&id, "terminated").await;
    assert_eq!(cloud.addresses().await, 0);
}

#[tokio::test]
async fn what_no_launch_may_ask_for() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let me = cloud.call();
    let named = |address: &str| InstanceNetworkInterfaceSpecification {
        private_ip_addresses: Some(vec![PrivateIpAddressSpecification {
            primary: Some(false),
            private_ip_address: Some(address.to_owned()),
        }]),
        ..Default::default()
    };
    let several = RunInstancesRequest {
        max_count: Some(2),
        ..cloud.with(named("172.31.0.50"))
    };
    for (asked, code) in [
        // A t3.nano has two.
        (cloud.with(counted(2)), "PrivateIpAddressLimitExceeded"),
        (cloud.with(named("10.9.9.9")), "InvalidParameterValue"),
        (several, "InvalidParameterCombination"),
    ] {
        let asked = RunInstancesRequest {
            instance_type: Some("t3.nano".to_owned()),
            ..asked
        };
        let refused = cloud.ec2.run_instances(&me, asked).await;
        assert_eq!(refused.unwrap_err().code, code);
    }
}

#[tokio::test]
async fn the_elastic_address_of_an_instance_is_idle_while_that_is_stopped() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let me = cloud.call();
    let made = cloud.ec2.allocate_address(&me, Default::default()).await;
    let allocation = made.unwrap().allocation_id.unwrap();
    let key = Scope::new("ec2", ACCOUNT, REGION).key(ElasticAddress::KIND, &allocation);
    let billed = async || {
        let entry = cloud.world.store.get(&key).await.unwrap().unwrap();
        let record: ElasticAddress = wharf_records::decode(&entry.value).unwrap();
        let last = record.metered.unwrap();
        (last.number, last.of)
    };
    let of = |of: AddressUse| Stored::PublicAddress { of };
    assert_eq!(billed().await, (1, of(AddressUse::Idle)));
    let id = cloud.run().await;
    let told = cloud.placed(&id).await;
    cloud.says(&told, Reported::Running).await;
    cloud.becomes(&id, "running").await;
    let associate = AssociateAddressRequest {
        allocation_id: Some(allocation),
        instance_id: Some(id.clone()),
        ..Default::default()
    };
    cloud.ec2.associate_address(&me, associate).await.unwrap();
    assert_eq!(billed().await, (2, of(AddressUse::Elastic)));
    cloud.stop(&id).await.unwrap();
    cloud.says(&told, Reported::Stopped).await;
    until("it is idle", || async {
        billed().await == (3, of(AddressUse::Idle))
    })
    .await;
    cloud.start(&id).await.unwrap();
    until("it is in use", || async {
        billed().await == (4, of(AddressUse::Elastic))
    })
    .await;
    cloud.terminate(&id).await.unwrap();
    let told = cloud.told_of(&id).await.unwrap();
    cloud.says(&told, Reported::Terminated).await;
    until("nothing has it", || async {
        billed().await == (5, of(AddressUse::Idle))
    })
    .await;
}
