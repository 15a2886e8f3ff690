//! Whom policies name: the very users that were there when they were put.

use serde_json::{Value, json};
use wharf_api_logs::{Logs, types::*};
use wharf_svc_logs::{LogsService, Options};
use wharf_testkit::{ACCOUNT, World};
use wharf_wire::{Call, Fault};

use crate::support::{arn, journal, open_in};

fn policy(arn: &str) -> String {
    let statement = json!({
        "Effect": "Allow",
        "Principal": {"AWS": arn},
        "Action": "logs:PutSubscriptionFilter",
        "Resource": "*",
    });
    json!({"Version": "2012-10-17", "Statement": [statement]}).to_string()
}

fn named(policy: Option<String>) -> String {
    let policy: Value = serde_json::from_str(&policy.unwrap()).unwrap();
    let named = &policy["Statement"][0]["Principal"]["AWS"];
    named.as_str().unwrap().to_owned()
}

async fn attach(logs: &LogsService, call: &Call, arn: &str) -> [Result<(), Fault>; 3] {
    let of_account = PutResourcePolicyRequest {
        policy_name: Some("p".into()),
        policy_document: Some(policy(arn)),
        ..Default::default()
    };
    let of_destination = PutDestinationPolicyRequest {
        destination_name: Some("d".into()),
        access_policy: Some(policy(arn)),
        ..Default::default()
    };
    let of_delivery = PutDeliveryDestinationPolicyRequest {
        delivery_destination_name: Some("d".into()),
        delivery_destination_policy: Some(policy(arn)),
    };
    [
        logs.put_resource_policy(call, of_account).await.map(drop),
        logs.put_destination_policy(call, of_destination).await,
        logs.put_delivery_destination_policy(call, of_delivery)
            .await
            .map(drop),
    ]
}

async fn shown(logs: &LogsService, call: &Call) -> [String; 3] {
    let of_account = logs
        .describe_resource_policies(call, DescribeResourcePoliciesRequest::default())
        .await
        .unwrap();
    let of_destination = logs
        .describe_destinations(call, DescribeDestinationsRequest::default())
        .await
        .unwrap();
    let input = GetDeliveryDestinationPolicyRequest {
        delivery_destination_name: Some("d".into()),
    };
    let of_delivery = logs
        .get_delivery_destination_policy(call, input)
        .await
        .unwrap();
    [
        named(
            of_account
                .resource_policies
                .unwrap()
                .remove(0)
                .policy_document,
        ),
        named(of_destination.destinations.unwrap().remove(0).access_policy),
        named(of_delivery.policy.unwrap().delivery_destination_policy),
    ]
}

#[tokio::test]
async fn policies_are_for_the_very_user_that_they_name() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::in_folder(&folder.path().join("store"));
    let logs = open_in(&world, journal(folder.path()), Options::default());
    let call = world.let_in().await;
    let make = CreateLogGroupRequest {
        log_group_name: Some("g".into()),
        ..Default::default()
    };
    logs.create_log_group(&call, make).await.unwrap();
    let destination = PutDestinationRequest {
        destination_name: Some("d".into()),
        target_arn: Some(format!("arn:aws:sqs:us-east-1:{ACCOUNT}:lines")),
        role_arn: Some(format!("arn:aws:iam::{ACCOUNT}:role/sends")),
        ..Default::default()
    };
    logs.put_destination(&call, destination).await.unwrap();
    let destination = PutDeliveryDestinationRequest {
        name: Some("d".into()),
        delivery_destination_configuration: Some(DeliveryDestinationConfiguration {
            destination_resource_arn: Some(arn("g")),
        }),
        ..Default::default()
    };
    logs.put_delivery_destination(&call, destination)
        .await
        .unwrap();

    let (anna, id) = world.make_user("anna").await;
    for attached in attach(&logs, &call, &anna).await {
        attached.unwrap();
    }
    assert_eq!(shown(&logs, &call).await, [(); 3].map(|()| anna.clone()));
    world.rename_user("anna", "anne").await;
    let anne = anna.replace("anna", "anne");
    assert_eq!(shown(&logs, &call).await, [(); 3].map(|()| anne.clone()));
    world.delete_user("anne").await;
    world.make_user("anne").await;
    assert_eq!(shown(&logs, &call).await, [(); 3].map(|()| id.clone()));
    for refused in attach(&logs, &call, &anna).await {
        assert!(refused.is_err());
    }
}
