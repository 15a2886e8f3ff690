//! The default VPC and its interfaces over a real store.

use std::{collections::BTreeSet, sync::Arc};

use wharf_api_ec2::{Ec2, types::*};
use wharf_base::{Permit, Timestamp};
use wharf_store::{Store, StoreOptions};
use wharf_svc_ec2::Ec2Service;
use wharf_wire::{Call, Caller, Context};

struct World {
    _folder: tempfile::TempDir,
    ec2: Arc<Ec2Service>,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), StoreOptions::default()).unwrap();
    World {
        ec2: Arc::new(Ec2Service::new(store)),
        _folder: folder,
    }
}

fn call_as(caller: Caller) -> Call {
    let mut cx = Context::internal("000000000000", "us-east-1", "test", Timestamp(0));
    cx.caller = caller;
    Call::by_controller(cx, Permit::for_controller("test"))
}

fn user() -> Call {
    call_as(Caller::root("000000000000"))
}

fn service() -> Call {
    call_as(Caller::service("000000000000", "ecs.amazonaws.com"))
}

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
    let second = create(&world, &service(), input).await;
    assert_ne!(second.network_interface_id, first.network_interface_id);
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
    let filter = |name: &str, value: &str| Filter {
        name: Some(name.to_owned()),
        values: Some(vec![value.to_owned()]),
    };
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
