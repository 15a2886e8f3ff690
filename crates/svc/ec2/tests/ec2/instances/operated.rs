//! Instances that a service operates: their users see them, and change nothing of them.

use wharf_wire::Caller;

use super::{existing::OTHER, *};

const ECS: &str = "ecs.amazonaws.com";

/// As ECS calls, in its own name or in a role that it was given.
fn by_ecs(cloud: &Cloud, in_a_role: bool) -> Call {
    let context = cloud.call().context().clone();
    let context = match in_a_role {
        true => Context {
            acting: Some(ECS.to_owned()),
            ..context
        },
        false => Context {
            caller: Caller::service(ACCOUNT, ECS),
            ..context
        },
    };
    Call::by_controller(context, PERMIT)
}

fn operated(cloud: &Cloud) -> RunInstancesRequest {
    RunInstancesRequest {
        operator: Some(OperatorRequest {
            principal: Some(ECS.to_owned()),
        }),
        ..cloud.asked()
    }
}

#[tokio::test]
async fn nobody_but_its_operator_changes_an_instance() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let of_users = cloud
        .ec2
        .run_instances(&cloud.call(), operated(&cloud))
        .await;
    refused(
        of_users,
        "OperationNotPermitted",
        "The parameter Operator is reserved for internal use.",
    );
    let made = cloud
        .ec2
        .run_instances(&by_ecs(&cloud, true), operated(&cloud))
        .await
        .unwrap();
    let id = id(&made);
    let shown = cloud.shown(&id).await.operator.unwrap();
    assert_eq!(
        (shown.managed, shown.principal.as_deref()),
        (Some(true), Some(ECS))
    );
    let own = cloud.run().await;
    assert_eq!(
        cloud.shown(&own).await.operator.unwrap().managed,
        Some(false)
    );

    let denied = |action: &str| {
        format!(
            "You are not authorized to perform this operation. User: arn:aws:iam::{ACCOUNT}:root is not authorized to \
             perform: ec2:{action} on resource: arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{id} with an explicit deny in \
             a resource-based policy"
        )
    };
    let code = "UnauthorizedOperation";
    refused(
        cloud.terminate(&id).await,
        code,
        &denied("TerminateInstances"),
    );
    refused(cloud.stop(&id).await, code, &denied("StopInstances"));
    // One call counts for all or none.
    let both = TerminateInstancesRequest {
        instance_ids: Some(vec![own.clone(), id.clone()]),
        ..Default::default()
    };
    let call = cloud.call();
    assert!(cloud.ec2.terminate_instances(&call, both).await.is_err());
    assert_ne!(cloud.state(&own).await, "shutting-down");
    let attribute = ModifyInstanceAttributeRequest {
        instance_id: Some(id.clone()),
        disable_api_termination: Some(AttributeBooleanValue { value: Some(true) }),
        ..Default::default()
    };
    let changed = cloud.ec2.modify_instance_attribute(&call, attribute).await;
    refused(changed, code, &denied("ModifyInstanceAttribute"));

    let of_interface = ModifyNetworkInterfaceAttributeRequest {
        network_interface_id: cloud.shown(&id).await.network_interfaces.unwrap()[0]
            .network_interface_id
            .clone(),
        source_dest_check: Some(AttributeBooleanValue { value: Some(false) }),
        ..Default::default()
    };
    let changed = cloud
        .ec2
        .modify_network_interface_attribute(&call, of_interface)
        .await;
    refused(changed, code, &denied("ModifyNetworkInterfaceAttribute"));

    let interface = cloud.shown(&id).await.network_interfaces.unwrap()[0]
        .network_interface_id
        .clone();
    let reset = ResetNetworkInterfaceAttributeRequest {
        network_interface_id: interface.clone(),
        source_dest_check: Some("true".to_owned()),
        ..Default::default()
    };
    let changed = cloud
        .ec2
        .reset_network_interface_attribute(&call, reset)
        .await;
    refused(changed, code, &denied("ResetNetworkInterfaceAttribute"));
    let further = AssignPrivateIpAddressesRequest {
        network_interface_id: interface,
        secondary_private_ip_address_count: Some(1),
        ..Default::default()
    };
    let changed = cloud.ec2.assign_private_ip_addresses(&call, further).await;
    refused(changed, code, &denied("AssignPrivateIpAddresses"));

    // It would be rebooted.
    let image = CreateImageRequest {
        instance_id: Some(id.clone()),
        name: Some("of-ecs".to_owned()),
        ..Default::default()
    };
    let made = cloud.ec2.create_image(&call, image).await;
    refused(made, code, &denied("CreateImage"));

    // Policies may ask who operates it.
    let one = TerminateInstancesRequest {
        instance_ids: Some(vec![id.clone()]),
        ..Default::default()
    };
    let input = wharf_api_ec2::Input::TerminateInstances(&one);
    let checks = cloud.ec2.authorize(&call, input).await.unwrap();
    let key = "ec2:ManagedResourceOperator";
    assert_eq!(checks[0].context.get(key), Some(&vec![ECS.to_owned()]));
    let ended = cloud
        .ec2
        .terminate_instances(&by_ecs(&cloud, false), one)
        .await;
    ended.unwrap();
}

/// Whom its account lets associate an address with its interface is refused it too, and is told whose the instance is.
#[tokio::test]
async fn an_operated_instance_gets_no_address_of_another_account() {
    let cloud = Cloud::new(&["i-a1"]).await;
    let asked = operated(&cloud);
    let made = cloud.ec2.run_instances(&by_ecs(&cloud, true), asked).await;
    let id = id(&made.unwrap());
    let interface = cloud.shown(&id).await.network_interfaces.unwrap().remove(0);
    let interface = interface.network_interface_id.unwrap();
    cloud.lets(&interface, "EIP-ASSOCIATE").await;
    let other = cloud.other();
    let address = cloud.ec2.allocate_address(&other, Default::default()).await;
    let associate = AssociateAddressRequest {
        allocation_id: address.unwrap().allocation_id,
        network_interface_id: Some(interface),
        ..Default::default()
    };
    let done = cloud.ec2.associate_address(&other, associate).await;
    let text = format!(
        "You are not authorized to perform this operation. User: arn:aws:iam::{OTHER}:root is not authorized to perform: \
         ec2:AssociateAddress on resource: arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{id} with an explicit deny in a \
         resource-based policy"
    );
    refused(done, "UnauthorizedOperation", &text);
}
