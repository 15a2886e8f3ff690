//! Notifications of buckets: the configuration, and whether those that it names take messages.

use wharf_api_s3::*;
use wharf_delivery::send;
use wharf_wire::{Call, Fault};

use super::{buckets::change, opened};
use crate::{
    config_records::Telling,
    core::{Core, Open},
    courier, fault, names, notices, notification,
};

pub async fn get(
    core: &Core,
    _: &Call,
    input: GetBucketNotificationConfigurationRequest,
) -> Result<NotificationConfiguration, Fault> {
    let open = opened!(core, input);
    Ok(notification::shown(open.record.settings.notifications))
}

pub async fn put(
    core: &Core,
    call: &Call,
    input: PutBucketNotificationConfigurationRequest,
) -> Result<(), Fault> {
    let open = opened!(core, input);
    let given = input.notification_configuration.unwrap_or_default();
    let wanted = notification::read(given, &open.record.region)?;
    if input.skip_destination_validation != Some(true) {
        for rule in &wanted.rules {
            try_out(core, call, &open, rule).await?;
        }
    }
    change(core, call, &open, |bucket| {
        bucket.settings.notifications.clone_from(&wanted);
        Ok(())
    })
    .await
}

/// Sends the test event: who does not take it would take no other.
async fn try_out(core: &Core, call: &Call, open: &Open, rule: &Telling) -> Result<(), Fault> {
    let bucket = &open.record;
    let actor = courier::actor(&bucket.account, &names::bucket_arn(&bucket.name));
    let body = notices::test_event(call, &bucket.name);
    let sent = match courier::request(&rule.arn, &body) {
        Ok(request) => send(&*core.parts.operations, &actor, &request).await,
        Err(failure) => Err(failure),
    };
    let Err(failure) = sent else { return Ok(()) };
    let kind = if rule.is_queue() { "queue" } else { "topic" };
    let is_gone = ["NonExistentQueue", "QueueDoesNotExist", "NotFound"];
    let why = if is_gone.iter().any(|it| failure.code.contains(it)) {
        format!("The destination {kind} does not exist")
    } else if failure.passes {
        tracing::warn!(bucket = bucket.name, to = rule.arn, error = %failure, "failed to send a test message to a destination");
        return Err(Fault {
            sender: false,
            ..Fault::sender(
                "ServiceUnavailable",
                503,
                "Please reduce your request rate.",
            )
        });
    } else {
        format!(
            "Permissions on the destination {kind} do not allow S3 to publish notifications from this bucket"
        )
    };
    let text = "Unable to validate the following destination configurations";
    Err(fault::argument(text, &rule.arn, &why))
}
