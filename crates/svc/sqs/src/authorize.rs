//! One row per operation: which queue it is about, and what the queue says of it.

use wharf_api_sqs::Input;
use wharf_service::{Place, tags};
use wharf_wire::{Check, Context, Fault};

use crate::{core::Core, names::QueueId, ops::moves};

/// What only the account of a queue may do, whatever the queue's policy says.
const OWNERS: [&str; 12] = [
    "sqs:AddPermission",
    "sqs:CancelMessageMoveTask",
    "sqs:CreateQueue",
    "sqs:DeleteQueue",
    "sqs:ListMessageMoveTasks",
    "sqs:ListQueueTags",
    "sqs:ListQueues",
    "sqs:RemovePermission",
    "sqs:SetQueueAttributes",
    "sqs:StartMessageMoveTask",
    "sqs:TagQueue",
    "sqs:UntagQueue",
];

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let action = |name: &str| format!("sqs:{name}");
    Ok(vec![match input {
        Input::CreateQueue(it) => {
            let queue = of_caller(cx, it.queue_name.as_deref());
            let given = it.tags.iter().flatten();
            let pairs = |it: (&'_ String, &'_ String)| (it.0.clone(), it.1.clone());
            let given: Vec<_> = given.map(pairs).collect();
            let requested = || {
                given
                    .iter()
                    .map(|(key, value)| (Some(key.as_str()), Some(value.as_str())))
            };
            let create = tags::requested(Check::new(input.action(), queue.arn()), requested());
            if given.is_empty() {
                return Ok(vec![create]);
            }
            let tag = tags::requested(Check::new(action("TagQueue"), queue.arn()), requested());
            return Ok(vec![create, tag]);
        }
        Input::ListQueues(_) => Check::any(input.action()),
        Input::GetQueueUrl(it) => {
            let mut queue = of_caller(cx, it.queue_name.as_deref());
            if let Some(account) = it
                .queue_owner_aws_account_id
                .as_ref()
                .filter(|it| !it.is_empty())
            {
                queue.place.account.clone_from(account);
            }
            on(core, cx, input.action(), queue).await?
        }
        // Batches are what their single operations are.
        Input::SendMessageBatch(it) => {
            by_url(core, cx, action("SendMessage"), it.queue_url.as_deref()).await?
        }
        Input::DeleteMessageBatch(it) => {
            by_url(core, cx, action("DeleteMessage"), it.queue_url.as_deref()).await?
        }
        Input::ChangeMessageVisibilityBatch(it) => {
            by_url(
                core,
                cx,
                action("ChangeMessageVisibility"),
                it.queue_url.as_deref(),
            )
            .await?
        }
        Input::TagQueue(it) => {
            let check = by_url(core, cx, input.action(), it.queue_url.as_deref()).await?;
            let given = it.tags.iter().flatten();
            tags::requested(
                check,
                given.map(|(key, value)| (Some(key.as_str()), Some(value.as_str()))),
            )
        }
        Input::UntagQueue(it) => {
            let check = by_url(core, cx, input.action(), it.queue_url.as_deref()).await?;
            tags::removed(check, it.tag_keys.as_deref())
        }
        Input::StartMessageMoveTask(it) => {
            let mut checks = Vec::new();
            // Whoever moves messages must be able to do it by hand.
            for name in [
                "StartMessageMoveTask",
                "ReceiveMessage",
                "DeleteMessage",
                "GetQueueAttributes",
            ] {
                checks.push(by_arn(core, cx, action(name), it.source_arn.as_deref()).await?);
            }
            if let Some(to) = it.destination_arn.as_deref() {
                checks.push(by_arn(core, cx, action("SendMessage"), Some(to)).await?);
            }
            return Ok(checks);
        }
        Input::CancelMessageMoveTask(it) => {
            let source = it.task_handle.as_deref().and_then(moves::of_handle);
            let source = source.map(|(source, _)| source.arn());
            by_arn(core, cx, input.action(), source.as_deref()).await?
        }
        Input::ListMessageMoveTasks(it) => {
            by_arn(core, cx, input.action(), it.source_arn.as_deref()).await?
        }
        other => by_url(core, cx, other.action(), queue_url(other)).await?,
    }])
}

/// The URL of an operation that is about one queue and has no further condition keys.
fn queue_url(input: Input<'_>) -> Option<&str> {
    match input {
        Input::AddPermission(it) => it.queue_url.as_deref(),
        Input::ChangeMessageVisibility(it) => it.queue_url.as_deref(),
        Input::DeleteMessage(it) => it.queue_url.as_deref(),
        Input::DeleteQueue(it) => it.queue_url.as_deref(),
        Input::GetQueueAttributes(it) => it.queue_url.as_deref(),
        Input::ListDeadLetterSourceQueues(it) => it.queue_url.as_deref(),
        Input::ListQueueTags(it) => it.queue_url.as_deref(),
        Input::PurgeQueue(it) => it.queue_url.as_deref(),
        Input::ReceiveMessage(it) => it.queue_url.as_deref(),
        Input::RemovePermission(it) => it.queue_url.as_deref(),
        Input::SendMessage(it) => it.queue_url.as_deref(),
        Input::SetQueueAttributes(it) => it.queue_url.as_deref(),
        _ => None,
    }
}

fn of_caller(cx: &Context, name: Option<&str>) -> QueueId {
    QueueId {
        place: Place::of(cx),
        name: name.unwrap_or_default().to_owned(),
    }
}

async fn by_url(
    core: &Core,
    cx: &Context,
    action: String,
    url: Option<&str>,
) -> Result<Check, Fault> {
    match QueueId::of_url(cx, url.unwrap_or_default()) {
        Ok(queue) => on(core, cx, action, queue).await,
        // What stands for no queue is refused by the operation, to those who may do this to every queue.
        Err(_) => Ok(Check::new(action, of_caller(cx, Some("*")).arn())),
    }
}

async fn by_arn(
    core: &Core,
    cx: &Context,
    action: String,
    arn: Option<&str>,
) -> Result<Check, Fault> {
    match arn.and_then(QueueId::of_arn) {
        Some(queue) => on(core, cx, action, queue).await,
        None => Ok(Check::new(action, of_caller(cx, Some("*")).arn())),
    }
}

/// A queue by its ARN, with its tags and its own policy.
async fn on(core: &Core, cx: &Context, action: String, queue: QueueId) -> Result<Check, Fault> {
    let is_owners = OWNERS.contains(&action.as_str());
    let check = Check::new(action, queue.arn());
    let Some(live) = core.find(&queue).await? else {
        return Ok(check);
    };
    let record = live.record();
    let check = tags::of_resource(check, None, &record.tags);
    if is_owners && queue.place.account != cx.account {
        return Ok(check);
    }
    Ok(check.with_resource_policy(record.settings.policy.clone()))
}
