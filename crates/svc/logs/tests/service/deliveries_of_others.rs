//! Deliveries to destinations of other accounts, and what is left of them when one of the two accounts is closed.

use std::sync::Arc;

use wharf_api_logs::{Logs, types::*};
use wharf_base::SystemClock;
use wharf_records::Scope;
use wharf_store::Range;
use wharf_svc_logs::{LogsService, Options, Parts};
use wharf_testkit::{ACCOUNT, PERMIT, World, call_of, refused};
use wharf_wire::{Call, Caller};

use crate::{
    deliveries::Around,
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
    let input = PutDeliveryDestinationRequest {
        name: Some("d".to_owned()),
        delivery_destination_configuration: Some(DeliveryDestinationConfiguration {
            destination_resource_arn: Some(format!("arn:aws:s3:::{bucket}")),
        }),
        ..Default::default()
    };
    let put = logs.put_delivery_destination(&of(account), input).await;
    put.unwrap().delivery_destination.unwrap().arn.unwrap()
}

async fn join(logs: &LogsService, account: &str, destination: &str) -> Delivery {
    let input = CreateDeliveryRequest {
        delivery_source_name: Some("s".to_owned()),
        delivery_destination_arn: Some(destination.to_owned()),
        ..Default::default()
    };
    let made = logs.create_delivery(&of(account), input).await;
    made.unwrap().delivery.unwrap()
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
