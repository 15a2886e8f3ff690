//! AddPermission and RemovePermission: statements of a topic's policy, by their labels.

use serde_json::{Value, json};
use wharf_api_sns::{AddPermissionInput, RemovePermissionInput};
use wharf_wire::{Call, Fault};

use super::topics::default_policy;
use crate::{core::Core, fault, names::TopicId, records::Topic};

/// Actions that a permission may be for.
const ACTIONS: [&str; 8] = [
    "AddPermission",
    "DeleteTopic",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "Publish",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
];
const MOST_STATEMENTS: usize = 20;
/// Bytes of a policy that permissions make, as AWS has it.
const LONGEST_POLICY: usize = 30_720;

/// The policy as it stands, and its statements; a single one may stand there without a list.
fn read(topic: &TopicId, policy: Option<&str>) -> (Value, Vec<Value>) {
    let read = policy.and_then(|it| serde_json::from_str(it).ok());
    let mut read: Value =
        read.unwrap_or_else(|| serde_json::from_str(&default_policy(topic)).unwrap_or_default());
    let statements = match read["Statement"].take() {
        Value::Array(all) => all,
        Value::Null => Vec::new(),
        one => vec![one],
    };
    (read, statements)
}

pub async fn add_permission(
    core: &Core,
    call: &Call,
    input: AddPermissionInput,
) -> Result<(), Fault> {
    let id = TopicId::given(input.topic_arn.as_deref())?;
    let label = input.label.unwrap_or_default();
    let accounts = input.aws_account_id.unwrap_or_default();
    let actions = input.action_name.unwrap_or_default();
    if label.is_empty() || accounts.is_empty() || actions.is_empty() {
        return Err(fault::invalid(
            "Label",
            "Label, AWSAccountId and ActionName are required",
        ));
    }
    let is_account = |it: &String| it.len() == 12 && it.bytes().all(|it| it.is_ascii_digit());
    if !accounts.iter().all(is_account) {
        return Err(fault::invalid(
            "AWSAccountId",
            "Each must be the number of an account",
        ));
    }
    if !actions.iter().all(|it| ACTIONS.contains(&it.as_str())) {
        return Err(fault::out_of_scope());
    }
    let principals: Vec<_> = accounts
        .iter()
        .map(|it| format!("arn:aws:iam::{it}:root"))
        .collect();
    let actions: Vec<_> = actions.iter().map(|it| format!("SNS:{it}")).collect();
    let statement = json!({
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": principals},
        "Action": actions,
        "Resource": id.arn(),
    });
    let key = id.key();
    let changed = core.table.change(&call.permit, &key, |topic: &mut Topic| {
        let (mut policy, mut statements) = read(&id, topic.policy.as_deref());
        if statements.iter().any(|it| it["Sid"] == label.as_str()) {
            return Err(fault::invalid("Label", "Statement already exists"));
        }
        if statements.len() >= MOST_STATEMENTS {
            return Err(fault::invalid("Policy", "It has too many statements"));
        }
        statements.push(statement.clone());
        policy["Statement"] = statements.into();
        let text = policy.to_string();
        if text.len() > LONGEST_POLICY {
            return Err(fault::invalid("Policy", "It is too long"));
        }
        topic.policy = Some(text);
        Ok(())
    });
    changed.await?.ok_or_else(fault::no_topic)?;
    Ok(())
}

/// A label that is not there is removed, as on AWS.
pub async fn remove_permission(
    core: &Core,
    call: &Call,
    input: RemovePermissionInput,
) -> Result<(), Fault> {
    let id = TopicId::given(input.topic_arn.as_deref())?;
    let label = input.label.unwrap_or_default();
    let key = id.key();
    let changed = core.table.change(&call.permit, &key, |topic: &mut Topic| {
        let (mut policy, mut statements) = read(&id, topic.policy.as_deref());
        let before = statements.len();
        statements.retain(|it| it["Sid"] != label.as_str());
        if statements.len() != before {
            policy["Statement"] = statements.into();
            topic.policy = Some(policy.to_string());
        }
        Ok::<_, Fault>(())
    });
    changed.await?.ok_or_else(fault::no_topic)?;
    Ok(())
}
