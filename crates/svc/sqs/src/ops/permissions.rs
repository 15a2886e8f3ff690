//! AddPermission and RemovePermission: statements of the queue's policy, by their labels.

use serde_json::{Map, Value, json};
use wharf_api_sqs::{AddPermissionRequest, RemovePermissionRequest, faults};
use wharf_wire::{Call, Fault};

use super::attributes::change;
use crate::{core::Core, fault, names::is_entry_id, settings::LONGEST_POLICY};

/// Actions that a permission may be for; `*` is all of them.
const ACTIONS: [&str; 8] = [
    "*",
    "ChangeMessageVisibility",
    "DeleteMessage",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListDeadLetterSourceQueues",
    "PurgeQueue",
    "ReceiveMessage",
];
const SEND: &str = "SendMessage";
/// Actions of one permission.
const MOST_ACTIONS: usize = 7;
/// Statements of a policy.
const MOST_STATEMENTS: usize = 20;

/// Principals of a policy, as AWS has it.
const MOST_PRINCIPALS: usize = 50;

/// How many a statement names.
fn principals_of(statement: &Value) -> usize {
    let count = |it: &Value| it.as_array().map_or(1, Vec::len);
    match &statement["Principal"] {
        Value::Object(kinds) => kinds.values().map(count).sum(),
        Value::Null => 0,
        _ => 1,
    }
}

/// The policy as it stands, or one without statements.
fn read(policy: Option<&str>, arn: &str) -> Map<String, Value> {
    let read = policy.and_then(|it| serde_json::from_str(it).ok());
    read.unwrap_or_else(|| {
        let id = format!("{arn}/SQSDefaultPolicy");
        let empty = json!({"Version": "2012-10-17", "Id": id, "Statement": []});
        empty.as_object().cloned().unwrap_or_default()
    })
}

/// The statements of a policy; a single one may stand there without a list.
fn statements(policy: &Map<String, Value>) -> Vec<Value> {
    match policy.get("Statement") {
        Some(Value::Array(all)) => all.clone(),
        Some(one) => vec![one.clone()],
        None => Vec::new(),
    }
}

pub async fn add_permission(
    core: &Core,
    call: &Call,
    input: AddPermissionRequest,
) -> Result<(), Fault> {
    let label = input.label.unwrap_or_default();
    if !is_entry_id(&label) {
        return Err(fault::invalid_value(
            label.chars().take(80).collect::<String>(),
            "Label",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
        ));
    }
    let accounts = input.aws_account_ids.unwrap_or_default();
    if accounts.is_empty() {
        return Err(fault::missing("AWSAccountIds"));
    }
    let is_account = |it: &String| it.len() == 12 && it.bytes().all(|it| it.is_ascii_digit());
    if let Some(other) = accounts.iter().find(|it| !is_account(it)) {
        let shown: String = other.chars().take(80).collect();
        return Err(fault::invalid_value(
            shown,
            "PrincipalId",
            "Unable to verify.",
        ));
    }
    let actions = input.actions.unwrap_or_default();
    if actions.is_empty() {
        return Err(fault::missing("Actions"));
    }
    if actions.len() > MOST_ACTIONS {
        return Err(faults::over_limit(format!(
            "{} Actions were found, maximum allowed is {MOST_ACTIONS}.",
            actions.len()
        )));
    }
    let known = |it: &String| ACTIONS.contains(&it.as_str()) || it == SEND;
    if let Some(other) = actions.iter().find(|it| !known(it)) {
        let shown: String = other.chars().take(80).collect();
        let why = "Only the queue owner is allowed to invoke this action.";
        return Err(fault::invalid_value(
            format!("SQS:{shown}"),
            "ActionName",
            why,
        ));
    }
    change(core, call, input.queue_url.as_deref(), |id, queue| {
        let arn = id.arn();
        let mut policy = read(queue.settings.policy.as_deref(), &arn);
        let mut all = statements(&policy);
        if all.iter().any(|it| it["Sid"] == label.as_str()) {
            let why = "Already exists.";
            return Err(fault::invalid_value(&label, "Label", why));
        }
        if all.len() >= MOST_STATEMENTS {
            return Err(faults::over_limit(format!(
                "{} statements were found, maximum allowed is {MOST_STATEMENTS}.",
                all.len() + 1
            )));
        }
        let before: usize = all.iter().map(principals_of).sum();
        let together = before.saturating_add(accounts.len());
        if together > MOST_PRINCIPALS {
            return Err(faults::over_limit(format!(
                "{together} principals were found, maximum allowed is {MOST_PRINCIPALS}."
            )));
        }
        let principals = accounts.iter().map(|it| format!("arn:aws:iam::{it}:root"));
        let actions = actions.iter().map(|it| format!("SQS:{it}"));
        all.push(json!({
            "Sid": label,
            "Effect": "Allow",
            "Principal": {"AWS": one_or_all(principals.collect())},
            "Action": one_or_all(actions.collect()),
            "Resource": arn,
        }));
        policy.insert("Statement".to_owned(), all.into());
        let text = Value::Object(policy).to_string();
        if text.len() > LONGEST_POLICY {
            return Err(faults::over_limit(format!(
                "{} bytes of policy were found, maximum allowed is {LONGEST_POLICY}.",
                text.len()
            )));
        }
        queue.settings.policy = Some(text);
        Ok(())
    })
    .await
}

/// A list of one is shown as that one.
fn one_or_all(mut all: Vec<String>) -> Value {
    match all.len() {
        1 => all.remove(0).into(),
        _ => all.into(),
    }
}

pub async fn remove_permission(
    core: &Core,
    call: &Call,
    input: RemovePermissionRequest,
) -> Result<(), Fault> {
    let label = input.label.unwrap_or_default();
    change(core, call, input.queue_url.as_deref(), |id, queue| {
        let mut policy = read(queue.settings.policy.as_deref(), &id.arn());
        let mut all = statements(&policy);
        let before = all.len();
        all.retain(|it| it["Sid"] != label.as_str());
        if all.len() == before {
            let shown: String = label.chars().take(80).collect();
            let why = "can't find label on existing policy.";
            return Err(fault::invalid_value(shown, "Label", why));
        }
        queue.settings.policy = match all.is_empty() {
            true => None,
            false => {
                policy.insert("Statement".to_owned(), all.into());
                Some(Value::Object(policy).to_string())
            }
        };
        Ok(())
    })
    .await
}
