//! Network interfaces, their addresses and hosts.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wharf_api_ec2::{Ec2, types::*};
use wharf_base::Permit;
use wharf_planeproto::Resource;
use wharf_store::Txn;
use wharf_wire::Call;

use crate::world::{World, filter, service, told, user, world};

async fn subnet(world: &World) -> Subnet {
    let found = world
        .ec2
        .describe_subnets(&user(), DescribeSubnetsRequest::default())
        .await
        .unwrap();
    found.subnets.unwrap().remove(0)
}

async fn create(
    world: &World,
    call: &Call,
    input: CreateNetworkInterfaceRequest,
) -> NetworkInterface {
    world
        .ec2
        .create_network_interface(call, input)
        .await
        .unwrap()
        .network_interface
        .unwrap()
}

#[tokio::test]
async fn the_default_vpc_is_made_once() {
    let world = world();
    let call = user();
    let (a, b) = tokio::join!(
        world
            .ec2
            .describe_vpcs(&call, DescribeVpcsRequest::default()),
        world
            .ec2
            .describe_vpcs(&call, DescribeVpcsRequest::default()),
    );
    let vpcs = a.unwrap().vpcs.unwrap();
    assert_eq!(vpcs, b.unwrap().vpcs.unwrap());
    assert_eq!(vpcs.len(), 1);
    assert_eq!(vpcs[0].cidr_block.as_deref(), Some("172.31.0.0/16"));
    let subnets = world
        .ec2
        .describe_subnets(&call, DescribeSubnetsRequest::default())
        .await
        .unwrap()
        .subnets
        .unwrap();
    let zones: BTreeSet<_> = subnets
        .iter()
        .map(|subnet| subnet.availability_zone.clone().unwrap())
        .collect();
    assert_eq!(zones.len(), 3);
    assert!(
        subnets
            .iter()
            .all(|subnet| subnet.available_ip_address_count == Some(4091))
    );
}

#[tokio::test]
async fn an_address_belongs_to_one_interface() {
    let world = world();
    let subnet = subnet(&world).await;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (ec2, subnet_id) = (world.ec2.clone(), subnet.subnet_id.clone());
        tasks.spawn(async move {
            let input = CreateNetworkInterfaceRequest {
                subnet_id,
                ..Default::default()
            };
            let made = ec2
                .create_network_interface(&service(), input)
                .await
                .unwrap();
            made.network_interface.unwrap().private_ip_address.unwrap()
        });
    }
    let addresses: BTreeSet<String> = tasks.join_all().await.into_iter().collect();
    assert_eq!(addresses.len(), 200);
    let ids = Some(vec![subnet.subnet_id.unwrap()]);
    let input = DescribeSubnetsRequest {
        subnet_ids: ids,
        ..Default::default()
    };
    let again = world
        .ec2
        .describe_subnets(&user(), input)
        .await
        .unwrap()
        .subnets
        .unwrap();
    assert_eq!(again[0].available_ip_address_count, Some(4091 - 200));
}

#[tokio::test]
async fn a_token_makes_one_interface_until_it_is_deleted() {
    let world = world();
    let input = CreateNetworkInterfaceRequest {
        subnet_id: subnet(&world).await.subnet_id,
        client_token: Some("task-1".to_owned()),
        ..Default::default()
    };
    let first = create(&world, &service(), input.clone()).await;
    assert_eq!(create(&world, &service(), input.clone()).await, first);
    let delete = DeleteNetworkInterfaceRequest {
        network_interface_id: first.network_interface_id.clone(),
        ..Default::default()
    };
    let refused = world
        .ec2
        .delete_network_interface(&user(), delete.clone())
        .await
        .unwrap_err();
    assert_eq!(refused.code, "OperationNotPermitted");
    world
        .ec2
        .delete_network_interface(&service(), delete.clone())
        .await
        .unwrap();
    let gone = world
        .ec2
        .delete_network_interface(&service(), delete)
        .await
        .unwrap_err();
    assert_eq!(gone.code, "InvalidNetworkInterfaceID.NotFound");
    let second = create(&world, &service(), input.clone()).await;
    assert_ne!(second.network_interface_id, first.network_interface_id);
    // A user's token of the same text is another one.
    let own = create(&world, &user(), input.clone()).await;
    assert_ne!(own.network_interface_id, second.network_interface_id);
    let elsewhere = CreateNetworkInterfaceRequest {
        subnet_id: Some("subnet-0".to_owned()),
        ..input
    };
    let refused = world.ec2.create_network_interface(&user(), elsewhere).await;
    assert_eq!(refused.unwrap_err().code, "IdempotentParameterMismatch");
}

#[tokio::test]
async fn a_wanted_address_is_given_or_refused() {
    let world = world();
    let subnet = subnet(&world).await;
    let network = subnet.cidr_block.unwrap();
    let base = network
        .split('/')
        .next()
        .unwrap()
        .rsplit_once('.')
        .unwrap()
        .0
        .to_owned();
    let wish = |address: &str| CreateNetworkInterfaceRequest {
        subnet_id: subnet.subnet_id.clone(),
        private_ip_address: Some(address.to_owned()),
        ..Default::default()
    };
    let address = format!("{base}.77");
    let made = create(&world, &user(), wish(&address)).await;
    assert_eq!(made.private_ip_address.as_deref(), Some(address.as_str()));
    for (address, code) in [
        (address.as_str(), "InvalidIPAddress.InUse"),
        (&format!("{base}.1"), "InvalidParameterValue"),
        ("10.0.0.9", "InvalidParameterValue"),
        ("nonsense", "InvalidParameterValue"),
    ] {
        let refused = world
            .ec2
            .create_network_interface(&user(), wish(address))
            .await
            .unwrap_err();
        assert_eq!(refused.code, code, "{address}");
    }
}

#[tokio::test]
async fn unknown_things_are_named() {
    let world = world();
    let call = user();
    let subnets = DescribeSubnetsRequest {
        subnet_ids: Some(vec!["subnet-1".to_owned()]),
        ..Default::default()
    };
    let fault = world
        .ec2
        .describe_subnets(&call, subnets)
        .await
        .unwrap_err();
    assert_eq!(
        fault.to_string(),
        "InvalidSubnetID.NotFound: The subnet ID 'subnet-1' does not exist"
    );
    let groups = DescribeSecurityGroupsRequest {
        group_ids: Some(vec!["sg-1".to_owned()]),
        ..Default::default()
    };
    let fault = world
        .ec2
        .describe_security_groups(&call, groups)
        .await
        .unwrap_err();
    assert_eq!(
        fault.to_string(),
        "InvalidGroup.NotFound: The security group 'sg-1' does not exist"
    );
    let dry = DescribeVpcsRequest {
        dry_run: Some(true),
        ..Default::default()
    };
    assert_eq!(
        world.ec2.describe_vpcs(&call, dry).await.unwrap_err().code,
        "DryRunOperation"
    );
}

#[tokio::test]
async fn the_default_group_is_found_by_filter() {
    let world = world();
    let input = DescribeSecurityGroupsRequest {
        filters: Some(vec![filter("group-name", "def*")]),
        ..Default::default()
    };
    let groups = world
        .ec2
        .describe_security_groups(&user(), input)
        .await
        .unwrap()
        .security_groups
        .unwrap();
    assert_eq!(groups.len(), 1);
    let own = groups[0].group_id.clone();
    let ingress = groups[0].ip_permissions.as_ref().unwrap();
    assert_eq!(
        ingress[0].user_id_group_pairs.as_ref().unwrap()[0].group_id,
        own
    );
}

async fn host_of(world: &World, id: &str) -> Option<String> {
    let host = |resource| match resource {
        Resource::Interface(it) if it.id == id => it.host,
        _ => None,
    };
    told(world).await.into_iter().find_map(host)
}

fn attach(interface: &str, instance: &str) -> AttachNetworkInterfaceRequest {
    AttachNetworkInterfaceRequest {
        network_interface_id: Some(interface.to_owned()),
        instance_id: Some(instance.to_owned()),
        device_index: Some(1),
        ..Default::default()
    }
}

/// As tasks of Fargate have: attached to a machine that is nobody's of the account.
#[tokio::test]
async fn machines_of_others_are_not_shown() {
    let world = world();
    let operator = OperatorRequest {
        principal: Some("fargate.amazonaws.com".to_owned()),
    };
    let input = CreateNetworkInterfaceRequest {
        subnet_id: subnet(&world).await.subnet_id,
        operator: Some(operator),
        ..Default::default()
    };
    let refused = world
        .ec2
        .create_network_interface(&user(), input.clone())
        .await
        .unwrap_err();
    assert_eq!(refused.code, "OperationNotPermitted");
    let made = create(&world, &service(), input).await;
    let id = made.network_interface_id.unwrap();
    let attached = world
        .ec2
        .attach_network_interface(&service(), attach(&id, "i-1"))
        .await
        .unwrap();
    // The plane is told, the account is not.
    assert_eq!(host_of(&world, &id).await.as_deref(), Some("i-1"));
    for (name, value, expected) in [
        ("network-interface-id", id.as_str(), 1),
        ("attachment.instance-owner-id", "amazon-ecs", 1),
        ("attachment.instance-id", "i-*", 0),
        ("attachment.instance-id", "i-1", 0),
    ] {
        let describe = DescribeNetworkInterfacesRequest {
            filters: Some(vec![filter(name, value)]),
            ..Default::default()
        };
        let shown = world
            .ec2
            .describe_network_interfaces(&user(), describe)
            .await
            .unwrap()
            .network_interfaces
            .unwrap();
        assert_eq!(shown.len(), expected, "{name}");
        for shown in shown {
            let attachment = shown.attachment.unwrap();
            assert_eq!(attachment.instance_id, None);
            assert_eq!(attachment.instance_owner_id.as_deref(), Some("amazon-ecs"));
            assert_eq!(attachment.attachment_id, attached.attachment_id);
        }
    }
}

#[tokio::test]
async fn a_service_attaches_its_interface_to_a_host() {
    let world = world();
    let input = CreateNetworkInterfaceRequest {
        subnet_id: subnet(&world).await.subnet_id,
        ..Default::default()
    };
    let made = create(&world, &service(), input.clone()).await;
    assert_eq!(made.status.as_deref(), Some("available"));
    let id = made.network_interface_id.unwrap();
    let ec2 = &world.ec2;
    let once = ec2
        .attach_network_interface(&service(), attach(&id, "i-1"))
        .await
        .unwrap();
    let again = ec2
        .attach_network_interface(&service(), attach(&id, "i-1"))
        .await
        .unwrap();
    assert_eq!(once, again);
    assert_eq!(host_of(&world, &id).await.as_deref(), Some("i-1"));
    let describe = DescribeNetworkInterfacesRequest {
        filters: Some(vec![filter("attachment.instance-id", "i-1")]),
        ..Default::default()
    };
    let shown = ec2
        .describe_network_interfaces(&user(), describe)
        .await
        .unwrap()
        .network_interfaces
        .unwrap();
    assert_eq!(shown[0].status.as_deref(), Some("in-use"));
    let attachment = shown[0].attachment.as_ref().unwrap();
    assert_eq!(attachment.attachment_id, once.attachment_id);
    let at = attachment.attach_time.unwrap().iso8601();
    for (time, expected) in [
        (at.as_str(), 1),
        (&format!("{}*", &at[..10]), 1),
        ("2001-01-01*", 0),
    ] {
        let describe = DescribeNetworkInterfacesRequest {
            filters: Some(vec![filter("attachment.attach-time", time)]),
            ..Default::default()
        };
        let found = ec2.describe_network_interfaces(&user(), describe).await;
        let found = found.unwrap().network_interfaces.unwrap();
        assert_eq!(found.len(), expected, "{time}");
    }

    let own = create(&world, &user(), input).await;
    let own = own.network_interface_id.unwrap();
    for (call, interface, instance, code) in [
        (service(), &id, "i-2", "InvalidNetworkInterface.InUse"),
        (user(), &id, "i-1", "OperationNotPermitted"),
        (service(), &id, "m-2", "InvalidInstanceID.Malformed"),
        (user(), &own, "i-1", "InvalidInstanceID.NotFound"),
        (
            user(),
            &"eni-0".to_owned(),
            "i-1",
            "InvalidNetworkInterfaceID.NotFound",
        ),
    ] {
        let refused = ec2
            .attach_network_interface(&call, attach(interface, instance))
            .await
            .unwrap_err();
        assert_eq!(refused.code, code);
    }

    let detach = DetachNetworkInterfaceRequest {
        attachment_id: once.attachment_id,
        ..Default::default()
    };
    let refused = ec2.detach_network_interface(&user(), detach.clone()).await;
    assert_eq!(
        refused.unwrap_err().to_string(),
        "OperationNotPermitted: You are not allowed to manage 'ela-attach' attachments."
    );
    ec2.detach_network_interface(&service(), detach.clone())
        .await
        .unwrap();
    assert_eq!(host_of(&world, &id).await, None);
    let gone = ec2.detach_network_interface(&service(), detach).await;
    assert_eq!(gone.unwrap_err().code, "InvalidAttachmentID.NotFound");
}

#[tokio::test]
async fn an_older_installation_is_mended_once() {
    let world = world();
    let old = [
        (
            "vpc/vpc-1",
            r#"{"kind":"vpc","format":1,"body":{"id":"vpc-1","cidr":"172.31.0.0/16","is_default":true,"dhcp_options_id":"dopt-1","association_id":"vpc-cidr-assoc-1","tags":{}}}"#,
        ),
        (
            "subnet/subnet-1",
            r#"{"kind":"subnet","format":1,"body":{"id":"subnet-1","vpc_id":"vpc-1","cidr":"172.31.0.0/20","zone":"us-east-1a","default_for_zone":true,"map_public_ip":true,"tags":{}}}"#,
        ),
        (
            "security-group/sg-1",
            r#"{"kind":"security-group","format":1,"body":{"id":"sg-1","vpc_id":"vpc-1","name":"default","description":"","ingress":[{"id":"sgr-1","protocol":"-1","from_port":null,"to_port":null,"peer":{"group":"sg-1"},"description":null}],"egress":[],"tags":{}}}"#,
        ),
        (
            "network-interface/eni-1",
            r#"{"kind":"network-interface","format":1,"body":{"id":"eni-1","subnet_id":"subnet-1","vpc_id":"vpc-1","zone":"us-east-1a","address":"172.31.0.9","mac":"0a:00:00:00:00:01","groups":["sg-1"],"description":"","requester":"ecs.amazonaws.com","token_id":null,"created_at":0,"tags":{}}}"#,
        ),
        (
            "pointer/default-vpc",
            r#"{"kind":"pointer","format":1,"body":{"id":"vpc-1"}}"#,
        ),
    ];
    let permit = Permit::for_controller("test");
    for (key, value) in old {
        let key = format!("/w1/c0/ec2/000000000000/us-east-1/{key}");
        world
            .store
            .txn(&permit, Txn::new().put(key, value))
            .await
            .unwrap();
    }
    assert_eq!(told(&world).await.len(), 2, "group and subnet need nothing");
    let call = user();
    world.ec2.ensure_default_vpc(&permit, &call).await.unwrap();
    let mended = told(&world).await;
    assert_eq!(mended.len(), 6);
    world.ec2.ensure_default_vpc(&permit, &call).await.unwrap();
    assert_eq!(told(&world).await, mended);
    let vpcs = world
        .ec2
        .describe_vpcs(&call, DescribeVpcsRequest::default());
    assert_eq!(vpcs.await.unwrap().vpcs.unwrap().len(), 1);
}

#[tokio::test]
async fn a_full_subnet_says_so_and_gives_a_freed_address_again() {
    let world = world();
    let small = r#"{"kind":"subnet","format":1,"body":{"id":"subnet-1","vpc_id":"VPC","cidr":"172.31.240.0/28","zone":"us-east-1a","default_for_zone":false,"map_public_ip":false,"tags":{}}}"#;
    let vpc = subnet(&world).await.vpc_id.unwrap();
    let key = "/w1/c0/ec2/000000000000/us-east-1/subnet/subnet-1";
    let put = Txn::new().put(key, small.replace("VPC", &vpc));
    let permit = Permit::for_controller("test");
    world.store.txn(&permit, put).await.unwrap();
    let input = CreateNetworkInterfaceRequest {
        subnet_id: Some("subnet-1".to_owned()),
        ..Default::default()
    };
    let mut made = Vec::new();
    for _ in 0..11 {
        made.push(create(&world, &user(), input.clone()).await);
    }
    let full = world
        .ec2
        .create_network_interface(&user(), input.clone())
        .await;
    assert_eq!(full.unwrap_err().code, "InsufficientFreeAddressesInSubnet");
    let delete = DeleteNetworkInterfaceRequest {
        network_interface_id: made[4].network_interface_id.clone(),
        ..Default::default()
    };
    world
        .ec2
        .delete_network_interface(&user(), delete)
        .await
        .unwrap();
    let again = create(&world, &user(), input).await;
    assert_eq!(again.private_ip_address, made[4].private_ip_address);
}

#[tokio::test]
async fn interfaces_are_modified_by_whom_they_belong_to() {
    let world = world();
    let input = CreateNetworkInterfaceRequest {
        subnet_id: subnet(&world).await.subnet_id,
        ..Default::default()
    };
    let own = create(&world, &user(), input.clone()).await;
    let group = own.groups.unwrap().remove(0).group_id;
    let modify = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: own.network_interface_id.clone(),
        description: Some(AttributeValue {
            value: Some("mine".to_owned()),
        }),
        groups: Some(vec![group.unwrap()]),
        ..Default::default()
    };
    let ec2 = &world.ec2;
    ec2.modify_network_interface_attribute(&user(), modify.clone())
        .await
        .unwrap();
    let unknown = ModifyNetworkInterfaceAttributeRequest {
        groups: Some(vec!["sg-0".to_owned()]),
        ..modify.clone()
    };
    let refused = ec2
        .modify_network_interface_attribute(&user(), unknown)
        .await;
    assert_eq!(refused.unwrap_err().code, "InvalidGroup.NotFound");
    let managed = create(&world, &service(), input).await;
    let modify = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: managed.network_interface_id,
        ..modify
    };
    let refused = ec2
        .modify_network_interface_attribute(&user(), modify.clone())
        .await;
    assert_eq!(refused.unwrap_err().code, "AuthFailure");
    ec2.modify_network_interface_attribute(&service(), modify)
        .await
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Whatever is made and deleted in whatever order: no address has two holders, the counts of
    /// free addresses agree, and a subnet says that it is full only when it is.
    #[test]
    fn addresses_have_one_holder(steps in prop::collection::vec((0u8..3, any::<prop::sample::Index>()), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check_holders(&steps))?;
    }
}

async fn check_holders(steps: &[(u8, prop::sample::Index)]) -> Result<(), TestCaseError> {
    let world = world();
    let vpc = world.vpc("10.0.0.0/16").await;
    let subnet = world.subnet(&vpc, "10.0.0.0/28").await.unwrap().subnet_id;
    let mut held: BTreeMap<String, String> = BTreeMap::new();
    for (step, which) in steps {
        let victim = held.keys().nth(which.index(held.len().max(1))).cloned();
        match (step, victim) {
            (0, Some(address)) => {
                let input = DeleteNetworkInterfaceRequest {
                    network_interface_id: held.remove(&address),
                    ..Default::default()
                };
                world
                    .ec2
                    .delete_network_interface(&user(), input)
                    .await
                    .unwrap();
            }
            _ => {
                let input = CreateNetworkInterfaceRequest {
                    subnet_id: subnet.clone(),
                    ..Default::default()
                };
                match world.ec2.create_network_interface(&user(), input).await {
                    Ok(made) => {
                        let made = made.network_interface.unwrap();
                        let id = made.network_interface_id.unwrap();
                        let before = held.insert(made.private_ip_address.unwrap(), id);
                        prop_assert_eq!(before, None);
                    }
                    Err(full) => {
                        prop_assert_eq!(&full.code, "InsufficientFreeAddressesInSubnet");
                        prop_assert_eq!(held.len(), 11);
                    }
                }
            }
        }
    }
    let input = DescribeSubnetsRequest {
        subnet_ids: subnet.map(|id| vec![id]),
        ..Default::default()
    };
    let shown = world.ec2.describe_subnets(&user(), input).await.unwrap();
    let free = shown.subnets.unwrap()[0]
        .available_ip_address_count
        .unwrap();
    prop_assert_eq!(usize::try_from(free).unwrap() + held.len(), 11);
    Ok(())
}

#[tokio::test]
async fn the_check_of_source_and_destination_is_reset() {
    let (world, me) = (world(), user());
    let vpc = world.vpc("10.0.0.0/16").await;
    let subnet = world.subnet(&vpc, "10.0.0.0/24").await.unwrap();
    let subnet = subnet.subnet_id.unwrap();
    let ec2 = &world.ec2;
    let made = async |call: Call| {
        let input = CreateNetworkInterfaceRequest {
            subnet_id: Some(subnet.clone()),
            ..Default::default()
        };
        let made = ec2.create_network_interface(&call, input).await.unwrap();
        let made = made.network_interface.unwrap();
        made.network_interface_id.unwrap()
    };
    let reset = |id: &str, attribute: Option<&str>| ResetNetworkInterfaceAttributeRequest {
        network_interface_id: Some(id.to_owned()),
        source_dest_check: attribute.map(str::to_owned),
        ..Default::default()
    };
    let mine = made(user()).await;
    let done = ec2.reset_network_interface_attribute(&me, reset(&mine, Some("true")));
    done.await.unwrap();
    let asked = DescribeNetworkInterfaceAttributeRequest {
        network_interface_id: Some(mine.clone()),
        attribute: Some("sourceDestCheck".to_owned()),
        ..Default::default()
    };
    let shown = ec2.describe_network_interface_attribute(&me, asked).await;
    let shown = shown.unwrap().source_dest_check.unwrap();
    assert_eq!(shown.value, Some(true));
    let of_service = made(service()).await;
    for (id, attribute, code) in [
        (mine.as_str(), None, "MissingParameter"),
        (of_service.as_str(), Some("true"), "AuthFailure"),
        ("eni-1", Some("true"), "InvalidNetworkInterfaceID.NotFound"),
    ] {
        let refused = ec2.reset_network_interface_attribute(&me, reset(id, attribute));
        assert_eq!(refused.await.unwrap_err().code, code);
    }
}
