//! Deliveries to destinations of other accounts, and what is left of them when one of the two accounts is closed.

use std::sync::Arc;

use wharf_api_logs::{Logs, types::*};
use wharf_base::{Arn, Clock as _, SystemClock};
use wharf_delivery::{LogDeliveries as _, LogRecord};
use wharf_records::Scope;
use wharf_store::Range;
use wharf_svc_logs::{LogsService, Options, Parts};
use wharf_testkit::{ACCOUNT, PERMIT, World, call_of, refused};
use wharf_wire::{Call, Caller, Fault};

use crate::{
    deliveries::{Around, WRITER, delivered},
    support::{journal, kms},
};

const OTHER: &str = "111122223333";

fn start() -> (tempfile::TempDir, World, LogsService) {
    let (folder, world) = (tempfile::tempdir().unwrap(), World::in_memory());
    let logs = LogsService::new(Parts {
        kms: Arc::new(kms(&world, Arc::new(SystemClock))),
        store: world.store.clone(),
        keyring: world.keyring.clone(),
        journal: journal(folder.path()),
        options: Options::default(),
    });
    logs.calling(Arc::new(Around::default()));
    (folder, world, logs)
}

fn of(account: &str) -> Call {
    call_of(Caller::root(account))
}

async fn source(logs: &LogsService, account: &str) {
    let input = PutDeliverySourceRequest {
        name: Some("s".to_owned()),
        resource_arn: Some(format!("arn:aws:events:us-east-1:{account}:event-bus/shop")),
        log_type: Some("INFO_LOGS".to_owned()),
        ..Default::default()
    };
    let put = logs.put_delivery_source(&of(account), input).await;
    put.unwrap();
}

/// The ARN of a destination that is a bucket.
async fn destination(logs: &LogsService, account: &str, bucket: &str) -> String {
    let target = format!("arn:aws:s3:::{bucket}");
    destination_to(logs, account, target).await.unwrap()
}

/// The ARN of a destination.
async fn destination_to(
    logs: &LogsService,
    account: &str,
    target: String,
) -> Result<String, Fault> {
    let input = PutDeliveryDestinationRequest {
        name: Some("d".to_owned()),
        delivery_destination_configuration: Some(DeliveryDestinationConfiguration {
            destination_resource_arn: Some(target),
        }),
        ..Default::default()
    };
    let put = logs.put_delivery_destination(&of(account), input).await;
    put.map(|it| it.delivery_destination.unwrap().arn.unwrap())
}

async fn join(logs: &LogsService, account: &str, destination: &str) -> Delivery {
    try_join(logs, account, destination).await.unwrap()
}

async fn try_join(logs: &LogsService, account: &str, destination: &str) -> Result<Delivery, Fault> {
    let input = CreateDeliveryRequest {
        delivery_source_name: Some("s".to_owned()),
        delivery_destination_arn: Some(destination.to_owned()),
        ..Default::default()
    };
    let made = logs.create_delivery(&of(account), input).await;
    made.map(|it| it.delivery.unwrap())
}

async fn group(logs: &LogsService, account: &str, name: &str) -> String {
    let input = CreateLogGroupRequest {
        log_group_name: Some(name.to_owned()),
        ..Default::default()
    };
    logs.create_log_group(&of(account), input).await.unwrap();
    let resource = format!("log-group:{name}");
    Arn::new("logs", "us-east-1", account, resource).to_string()
}

/// Nothing of an account is there any more.
async fn close(world: &World, account: &str) {
    let all = Scope::new("logs", account, "us-east-1").everything();
    let found = world.store.all_keys(Range::prefix(all)).await.unwrap();
    assert!(!found.entries.is_empty());
    for entry in found.entries {
        assert!(world.store.delete(&PERMIT, entry.key).await.unwrap());
    }
}

#[tokio::test]
async fn a_log_group_of_another_account_gets_records_once_its_policy_says_so() {
    let (_folder, _world, logs) = start();
    source(&logs, ACCOUNT).await;
    let target = group(&logs, OTHER, "theirs").await;
    let to = destination_to(&logs, OTHER, target).await.unwrap();
    let text = format!(
        "Access Denied for Log Destination: no resource policy of the account {OTHER} lets {WRITER} create streams and put events in the log group theirs for arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:s."
    );
    let denied = try_join(&logs, ACCOUNT, &to).await;
    refused(denied, "AccessDeniedException", &text);
    let policy = PutResourcePolicyRequest {
        policy_name: Some("p".to_owned()),
        policy_document: Some(format!(
            r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{WRITER}"}},"Action":["logs:CreateLogStream","logs:PutLogEvents"],"Resource":"*"}}]}}"#
        )),
        ..Default::default()
    };
    logs.put_resource_policy(&of(OTHER), policy).await.unwrap();
    join(&logs, ACCOUNT, &to).await;
    // Nobody's policy was added to for it.
    for (account, count) in [(ACCOUNT, 0), (OTHER, 1)] {
        let all = logs
            .describe_resource_policies(&of(account), Default::default())
            .await;
        let all = all.unwrap().resource_policies.unwrap_or_default();
        assert_eq!(all.len(), count, "{account}");
    }
    let record = LogRecord {
        log_type: "INFO_LOGS",
        at: SystemClock.now(),
        fields: Default::default(),
    };
    let bus = format!("arn:aws:events:us-east-1:{ACCOUNT}:event-bus/shop");
    logs.log(&bus, vec![record], SystemClock.now()).await;
    logs.deliver_records_once(&SystemClock).await;
    assert_eq!(delivered(&logs, &of(OTHER), "theirs").await.len(), 1);
    // It goes on to no group that lets nobody in.
    let delete = DeleteResourcePolicyRequest {
        policy_name: Some("p".to_owned()),
        ..Default::default()
    };
    logs.delete_resource_policy(&of(OTHER), delete)
        .await
        .unwrap();
    let target = group(&logs, OTHER, "elsewhere").await;
    let moved = destination_to(&logs, OTHER, target).await;
    let text = text.replace("group theirs", "group elsewhere");
    refused(moved, "ValidationException", &text);
}

#[tokio::test]
async fn a_delivery_to_a_closed_account_is_shown_and_can_be_deleted() {
    let (_folder, world, logs) = start();
    source(&logs, ACCOUNT).await;
    let to = destination(&logs, OTHER, "theirs").await;
    let made = join(&logs, ACCOUNT, &to).await;
    close(&world, OTHER).await;
    let id = made.id.clone();
    let get = GetDeliveryRequest { id };
    let shown = logs.get_delivery(&of(ACCOUNT), get).await.unwrap();
    assert_eq!(shown.delivery.as_ref(), Some(&made));
    let listed = logs
        .describe_deliveries(&of(ACCOUNT), Default::default())
        .await;
    assert_eq!(listed.unwrap().deliveries, Some(vec![made.clone()]));
    let update = UpdateDeliveryConfigurationRequest {
        id: made.id.clone(),
        ..Default::default()
    };
    refused(
        logs.update_delivery_configuration(&of(ACCOUNT), update)
            .await,
        "ResourceNotFoundException",
        "Requested Delivery Destination does not exist in this account.",
    );
    let delete = DeleteDeliveryRequest { id: made.id };
    logs.delete_delivery(&of(ACCOUNT), delete).await.unwrap();
    // Nothing holds its source any more.
    let delete = DeleteDeliverySourceRequest {
        name: Some("s".to_owned()),
    };
    logs.delete_delivery_source(&of(ACCOUNT), delete)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_destination_is_free_of_deliveries_of_a_closed_account() {
    let (_folder, world, logs) = start();
    let to = destination(&logs, ACCOUNT, "ours").await;
    source(&logs, OTHER).await;
    join(&logs, OTHER, &to).await;
    let delete = DeleteDeliveryDestinationRequest {
        name: Some("d".to_owned()),
    };
    let kept = logs
        .delete_delivery_destination(&of(ACCOUNT), delete.clone())
        .await;
    assert_eq!(kept.unwrap_err().code, "ConflictException");
    close(&world, OTHER).await;
    // It may lead elsewhere, and go.
    destination(&logs, ACCOUNT, "elsewhere").await;
    logs.delete_delivery_destination(&of(ACCOUNT), delete)
        .await
        .unwrap();
}
