//! The older protocol of SQS: its model has moved on to JSON and says no more than that there was another. Clients
//! of years before, and AWS's own documentation of errors, still speak it.

use serde_json::{Value, json};

const NAMESPACE: &str = "http://queue.amazonaws.com/doc/2012-11-05/";

/// What maps call their keys and values.
const MAPS: [(&str, &str, &str); 5] = [
    ("QueueAttributeMap", "Name", "Value"),
    ("MessageSystemAttributeMap", "Name", "Value"),
    ("MessageBodyAttributeMap", "Name", "Value"),
    ("MessageBodySystemAttributeMap", "Name", "Value"),
    ("TagMap", "Key", "Value"),
];

/// What the items of members are called: structure (or `*`), member, name.
const MEMBERS: [(&str, &str, &str); 22] = [
    ("AddPermissionRequest", "AWSAccountIds", "AWSAccountId"),
    ("AddPermissionRequest", "Actions", "ActionName"),
    ("*", "Attributes", "Attribute"),
    ("*", "AttributeNames", "AttributeName"),
    ("*", "MessageAttributes", "MessageAttribute"),
    ("*", "MessageAttributeNames", "MessageAttributeName"),
    ("*", "MessageSystemAttributes", "MessageSystemAttribute"),
    (
        "*",
        "MessageSystemAttributeNames",
        "MessageSystemAttributeName",
    ),
    ("*", "StringListValues", "StringListValue"),
    ("*", "BinaryListValues", "BinaryListValue"),
    ("*", "tags", "Tag"),
    ("*", "Tags", "Tag"),
    ("*", "TagKeys", "TagKey"),
    ("*", "Messages", "Message"),
    ("*", "QueueUrls", "QueueUrl"),
    ("*", "queueUrls", "QueueUrl"),
    ("*", "Failed", "BatchResultErrorEntry"),
    ("*", "Results", "ListMessageMoveTasksResultEntry"),
    (
        "SendMessageBatchRequest",
        "Entries",
        "SendMessageBatchRequestEntry",
    ),
    (
        "DeleteMessageBatchRequest",
        "Entries",
        "DeleteMessageBatchRequestEntry",
    ),
    (
        "ChangeMessageVisibilityBatchRequest",
        "Entries",
        "ChangeMessageVisibilityBatchRequestEntry",
    ),
    (
        "SendMessageBatchResult",
        "Successful",
        "SendMessageBatchResultEntry",
    ),
];
const SUCCESSES: [&str; 2] = [
    "DeleteMessageBatchResult",
    "ChangeMessageVisibilityBatchResult",
];

/// Exceptions that the older protocol knows by another name.
const CODES: [(&str, &str); 12] = [
    (
        "BatchEntryIdsNotDistinct",
        "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    ),
    (
        "BatchRequestTooLong",
        "AWS.SimpleQueueService.BatchRequestTooLong",
    ),
    (
        "EmptyBatchRequest",
        "AWS.SimpleQueueService.EmptyBatchRequest",
    ),
    (
        "InvalidBatchEntryId",
        "AWS.SimpleQueueService.InvalidBatchEntryId",
    ),
    (
        "MessageNotInflight",
        "AWS.SimpleQueueService.MessageNotInflight",
    ),
    (
        "PurgeQueueInProgress",
        "AWS.SimpleQueueService.PurgeQueueInProgress",
    ),
    (
        "QueueDeletedRecently",
        "AWS.SimpleQueueService.QueueDeletedRecently",
    ),
    (
        "QueueDoesNotExist",
        "AWS.SimpleQueueService.NonExistentQueue",
    ),
    ("QueueNameExists", "QueueAlreadyExists"),
    (
        "TooManyEntriesInBatchRequest",
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    ),
    (
        "UnsupportedOperation",
        "AWS.SimpleQueueService.UnsupportedOperation",
    ),
    ("OverLimit", "OverLimit"),
];

/// Adds what the older protocol has to the model.
pub fn patch(model: &mut Value) {
    model["metadata"]["protocols"] = json!(["json", "query"]);
    model["metadata"]["xmlNamespace"] = NAMESPACE.into();
    let operations = model["operations"].as_object_mut();
    for (name, operation) in operations.into_iter().flatten() {
        if let Some(output) = operation["output"].as_str() {
            let wrapper = format!("{name}Result");
            operation["output"] = json!({ "shape": output, "resultWrapper": wrapper });
        }
    }
    for (name, key, value) in MAPS {
        model["shapes"][name]["key"]["locationName"] = key.into();
        model["shapes"][name]["value"]["locationName"] = value.into();
    }
    for (name, code) in CODES {
        model["shapes"][name]["error"]["code"] = code.into();
    }
    // The model has attributes of queues there. SQS takes those of messages, as its documentation says and as clients of
    // before `MessageSystemAttributeNames` send them.
    let receive = &mut model["shapes"]["ReceiveMessageRequest"]["members"];
    receive["AttributeNames"]["shape"] = "MessageSystemAttributeList".into();
    let shapes = model["shapes"].as_object_mut();
    for (name, shape) in shapes.into_iter().flatten() {
        let members = shape.get_mut("members").and_then(Value::as_object_mut);
        for (member, reference) in members.into_iter().flatten() {
            let known = MEMBERS.iter();
            let mut known = known.filter(|it| it.1 == member && (it.0 == "*" || it.0 == name));
            if let Some((_, _, item)) = known.next() {
                reference["locationName"] = (*item).into();
            } else if member == "Successful" && SUCCESSES.contains(&name.as_str()) {
                reference["locationName"] = format!("{name}Entry").into();
            }
        }
    }
}
