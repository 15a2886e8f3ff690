//! What accounts let each other do with network interfaces.

use wharf_api_ec2::{Ec2, Input, types::*};
use wharf_store::Range;
use wharf_wire::{Call, Fault};

use crate::world::{World, filter, of_account, refusal, service, user, world};

const OTHER: &str = "111111111111";

async fn interface(world: &World, call: &Call) -> String {
    let input = DescribeSubnetsRequest {
        filters: Some(vec![filter("default-for-az", "true")]),
        ..Default::default()
    };
    let subnets = world.ec2.describe_subnets(call, input).await.unwrap();
    let input = CreateNetworkInterfaceRequest {
        subnet_id: subnets.subnets.unwrap().remove(0).subnet_id,
        ..Default::default()
    };
    let made = world.ec2.create_network_interface(call, input).await;
    let made = made.unwrap().network_interface.unwrap();
    made.network_interface_id.unwrap()
}

fn asked(interface: &str, account: &str, to: &str) -> CreateNetworkInterfacePermissionRequest {
    CreateNetworkInterfacePermissionRequest {
        network_interface_id: Some(interface.to_owned()),
        aws_account_id: Some(account.to_owned()),
        permission: Some(to.to_owned()),
        ..Default::default()
    }
}

async fn grant(
    world: &World,
    interface: &str,
    to: &str,
) -> Result<NetworkInterfacePermission, Fault> {
    let (me, asked) = (user(), asked(interface, OTHER, to));
    let made = world.ec2.create_network_interface_permission(&me, asked);
    Ok(made.await?.interface_permission.unwrap())
}

async fn granted(world: &World, interface: &str, to: &str) -> String {
    let made = grant(world, interface, to).await.unwrap();
    made.network_interface_permission_id.unwrap()
}

async fn take_back(world: &World, call: &Call, id: &str, force: Option<bool>) -> Result<(), Fault> {
    let input = DeleteNetworkInterfacePermissionRequest {
        network_interface_permission_id: Some(id.to_owned()),
        force,
        ..Default::default()
    };
    let done = world.ec2.delete_network_interface_permission(call, input);
    assert_eq!(done.await?.return_, Some(true));
    Ok(())
}

async fn listed(
    world: &World,
    call: &Call,
    input: DescribeNetworkInterfacePermissionsRequest,
) -> Result<Vec<String>, Fault> {
    let found = world
        .ec2
        .describe_network_interface_permissions(call, input);
    let found = found.await?.network_interface_permissions.unwrap();
    let ids = found.into_iter();
    Ok(ids
        .filter_map(|it| it.network_interface_permission_id)
        .collect())
}

/// Pointers that lead others to interfaces.
async fn pointers(world: &World) -> usize {
    let all = world.store.all(Range::prefix(String::new())).await.unwrap();
    let keys = all.entries.iter().map(|it| &it.key);
    keys.filter(|it| it.contains("/granted-interface/")).count()
}

#[tokio::test]
async fn permissions_are_granted_and_taken_back() {
    let world = world();
    let (me, other) = (user(), of_account(OTHER));
    let eni = interface(&world, &me).await;
    let made = grant(&world, &eni, "INSTANCE-ATTACH").await.unwrap();
    let first = made.network_interface_permission_id.clone().unwrap();
    assert!(first.starts_with("eni-perm-"), "{first}");
    let expected = NetworkInterfacePermission {
        network_interface_permission_id: Some(first.clone()),
        network_interface_id: Some(eni.clone()),
        aws_account_id: Some(OTHER.to_owned()),
        aws_service: None,
        permission: Some("INSTANCE-ATTACH".to_owned()),
        permission_state: Some(NetworkInterfacePermissionState {
            state: Some("granted".to_owned()),
            status_message: None,
        }),
    };
    assert_eq!(made, expected);
    let again = grant(&world, &eni, "INSTANCE-ATTACH").await;
    assert_eq!(again.unwrap_err().code, "InvalidPermission.Duplicate");
    let second = granted(&world, &eni, "EIP-ASSOCIATE").await;
    assert_eq!(pointers(&world).await, 1);

    let of_ecs = interface(&world, &service()).await;
    for (asked, code) in [
        (asked(&eni, OTHER, "ALL"), "InvalidParameterValue"),
        (
            asked(&eni, OTHER, "instance-attach"),
            "InvalidParameterValue",
        ),
        (asked(&eni, "", "EIP-ASSOCIATE"), "MissingParameter"),
        (
            asked(&eni, "1111", "EIP-ASSOCIATE"),
            "InvalidParameterValue",
        ),
        (
            asked(&eni, "000000000000", "EIP-ASSOCIATE"),
            "InvalidParameterValue",
        ),
        (
            asked("eni-0123456789abcdef0", OTHER, "EIP-ASSOCIATE"),
            "InvalidNetworkInterfaceID.NotFound",
        ),
        (asked(&of_ecs, OTHER, "EIP-ASSOCIATE"), "AuthFailure"),
    ] {
        let refused = world.ec2.create_network_interface_permission(&me, asked);
        let refused = refused.await.unwrap_err();
        assert_eq!(refused.code, code, "{}", refused.message);
    }

    let of = |name: &str, value: &str| DescribeNetworkInterfacePermissionsRequest {
        filters: Some(vec![filter(
            &format!("network-interface-permission.{name}"),
            value,
        )]),
        ..Default::default()
    };
    let mut both = vec![first.clone(), second.clone()];
    both.sort();
    let all = listed(&world, &me, Default::default()).await.unwrap();
    assert_eq!(all, both);
    for (name, value, expected) in [
        ("permission", "EIP-ASSOCIATE", vec![second.clone()]),
        (
            "network-interface-permission-id",
            &first,
            vec![first.clone()],
        ),
        ("network-interface-id", &eni, both.clone()),
        ("aws-account-id", OTHER, both.clone()),
        ("aws-account-id", "222222222222", vec![]),
        ("aws-service", "*", vec![]),
    ] {
        let found = listed(&world, &me, of(name, value)).await.unwrap();
        assert_eq!(found, expected, "{name}");
    }
    let odd = refusal(listed(&world, &me, of("nonsense", "x")).await);
    assert!(odd.ends_with("is invalid"), "{odd}");
    let named = |id: &str| DescribeNetworkInterfacePermissionsRequest {
        network_interface_permission_ids: Some(vec![id.to_owned()]),
        ..Default::default()
    };
    let found = listed(&world, &me, named(&second)).await.unwrap();
    assert_eq!(found, std::slice::from_ref(&second));
    // Whom they let in sees none of them.
    let theirs = listed(&world, &other, Default::default()).await.unwrap();
    assert_eq!(theirs, Vec::<String>::new());
    let missing = "InvalidNetworkInterfacePermissionID.NotFound";
    let refused = listed(&world, &other, named(&first)).await.unwrap_err();
    assert_eq!(refused.code, missing);
    let refused = take_back(&world, &other, &first, Some(true)).await;
    assert_eq!(refused.unwrap_err().code, missing);

    take_back(&world, &me, &first, None).await.unwrap();
    let refused = take_back(&world, &me, &first, None).await.unwrap_err();
    assert_eq!(refused.code, missing);
    assert_eq!(pointers(&world).await, 1);
    // The rest goes with the interface.
    let delete = DeleteNetworkInterfaceRequest {
        network_interface_id: Some(eni),
        ..Default::default()
    };
    world
        .ec2
        .delete_network_interface(&me, delete)
        .await
        .unwrap();
    assert_eq!(pointers(&world).await, 0);
    let all = listed(&world, &me, Default::default()).await.unwrap();
    assert_eq!(all, Vec::<String>::new());
}

#[tokio::test]
async fn policies_see_whom_a_permission_is_for_and_what_it_lets_them_do() {
    let world = world();
    let eni = interface(&world, &user()).await;
    let mut asked = asked(&eni, OTHER, "EIP-ASSOCIATE");
    asked.aws_service = Some("codebuild.amazonaws.com".to_owned());
    let input = Input::CreateNetworkInterfacePermission(&asked);
    let checks = world.ec2.authorize(&user(), input).await.unwrap();
    let [check] = &checks[..] else {
        panic!("more than one check: {checks:?}");
    };
    let arn = format!("arn:aws:ec2:us-east-1:000000000000:network-interface/{eni}");
    assert_eq!(check.resource, arn);
    for (key, value) in [
        ("ec2:AuthorizedUser", "arn:aws:iam::111111111111:root"),
        ("ec2:AuthorizedService", "codebuild.amazonaws.com"),
        ("ec2:Permission", "EIP-ASSOCIATE"),
        ("ec2:NetworkInterfaceID", &eni),
    ] {
        assert_eq!(
            check.context.get(key),
            Some(&vec![value.to_owned()]),
            "{key}"
        );
    }
    let id = granted(&world, &eni, "EIP-ASSOCIATE").await;
    let delete = DeleteNetworkInterfacePermissionRequest {
        network_interface_permission_id: Some(id),
        ..Default::default()
    };
    let input = Input::DeleteNetworkInterfacePermission(&delete);
    let checks = world.ec2.authorize(&user(), input).await.unwrap();
    assert_eq!(checks[0].resource, arn);
}

/// Through IAM's gate, which wants the word of the interface's account.
#[tokio::test]
async fn an_elastic_address_comes_to_an_interface_of_another_account() {
    let world = world();
    let gate = world.ec2_client();
    let (me, other) = (user(), of_account(OTHER));
    let eni = interface(&world, &me).await;
    let allocate = async |call: &Call| {
        let made = gate.allocate_address(call, Default::default()).await;
        made.unwrap().allocation_id.unwrap()
    };
    let (mine, theirs) = (allocate(&me).await, allocate(&other).await);
    let associate = async |call: &Call, allocation: &str| {
        let input = AssociateAddressRequest {
            allocation_id: Some(allocation.to_owned()),
            network_interface_id: Some(eni.clone()),
            allow_reassociation: Some(true),
            ..Default::default()
        };
        gate.associate_address(call, input).await
    };
    let owner = async || {
        let found = gate.describe_network_interfaces(&me, Default::default());
        let found = found.await.unwrap().network_interfaces.unwrap();
        let found = found.into_iter();
        let mut found = found.filter(|it| it.network_interface_id.as_ref() == Some(&eni));
        found.next()?.association?.ip_owner_id
    };
    let of_interface = async || {
        let found = gate.describe_addresses(&other, Default::default()).await;
        let address = found.unwrap().addresses.unwrap().remove(0);
        (
            address.network_interface_id,
            address.network_interface_owner_id,
        )
    };
    let missing = "InvalidNetworkInterfaceID.NotFound";
    let refused = associate(&other, &theirs).await.unwrap_err();
    assert_eq!(refused.code, missing);
    granted(&world, &eni, "INSTANCE-ATTACH").await;
    let refused = associate(&other, &theirs).await.unwrap_err();
    assert_eq!(refused.code, missing, "it lets them do something else");
    let permission = granted(&world, &eni, "EIP-ASSOCIATE").await;
    associate(&other, &theirs).await.unwrap();
    let me_and_it = (Some(eni.clone()), Some("000000000000".to_owned()));
    assert_eq!(owner().await.as_deref(), Some(OTHER));
    assert_eq!(of_interface().await, me_and_it);

    let refused = take_back(&world, &me, &permission, None).await.unwrap_err();
    assert_eq!(refused.code, "OperationNotPermitted");
    take_back(&world, &me, &permission, Some(true))
        .await
        .unwrap();
    assert_eq!(of_interface().await, me_and_it, "it keeps what it has");
    // Whose the interface is takes it away.
    associate(&me, &mine).await.unwrap();
    assert_eq!(owner().await.as_deref(), Some("000000000000"));
    assert_eq!(of_interface().await, (None, None));
    let refused = associate(&other, &theirs).await.unwrap_err();
    assert_eq!(refused.code, missing);
    granted(&world, &eni, "EIP-ASSOCIATE").await;
    let refused = associate(&other, &theirs).await.unwrap_err();
    assert_eq!(refused.code, "Resource.AlreadyAssociated");

    // Given back by its own account, and with the interface.
    let disassociate = async |call: &Call, association: Option<String>| {
        let input = DisassociateAddressRequest {
            association_id: association,
            ..Default::default()
        };
        gate.disassociate_address(call, input).await.unwrap();
    };
    let association = associate(&me, &mine).await.unwrap().association_id;
    disassociate(&me, association).await;
    let association = associate(&other, &theirs).await.unwrap().association_id;
    disassociate(&other, association).await;
    assert_eq!((owner().await, of_interface().await), (None, (None, None)));
    associate(&other, &theirs).await.unwrap();
    let delete = DeleteNetworkInterfaceRequest {
        network_interface_id: Some(eni.clone()),
        ..Default::default()
    };
    gate.delete_network_interface(&me, delete).await.unwrap();
    assert_eq!(of_interface().await, (None, None));
    let release = ReleaseAddressRequest {
        allocation_id: Some(theirs),
        ..Default::default()
    };
    gate.release_address(&other, release).await.unwrap();
}
