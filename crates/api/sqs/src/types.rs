// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddPermissionRequest {
    pub queue_url: Option<String>,
    pub label: Option<String>,
    pub aws_account_ids: Option<Vec<String>>,
    pub actions: Option<Vec<String>>,
}
structure!(AddPermissionRequest {
0 queue_url,
1 label,
2 aws_account_ids,
3 actions,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchResultErrorEntry {
    pub id: Option<String>,
    pub sender_fault: Option<bool>,
    pub code: Option<String>,
    pub message: Option<String>,
}
structure!(BatchResultErrorEntry {
0 id,
1 sender_fault,
2 code,
3 message,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelMessageMoveTaskRequest {
    pub task_handle: Option<String>,
}
structure!(CancelMessageMoveTaskRequest {
0 task_handle,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CancelMessageMoveTaskResult {
    pub approximate_number_of_messages_moved: Option<i64>,
}
structure!(CancelMessageMoveTaskResult {
0 approximate_number_of_messages_moved,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeMessageVisibilityBatchRequest {
    pub queue_url: Option<String>,
    pub entries: Option<Vec<ChangeMessageVisibilityBatchRequestEntry>>,
}
structure!(ChangeMessageVisibilityBatchRequest {
0 queue_url,
1 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeMessageVisibilityBatchRequestEntry {
    pub id: Option<String>,
    pub receipt_handle: Option<String>,
    pub visibility_timeout: Option<i32>,
}
structure!(ChangeMessageVisibilityBatchRequestEntry {
0 id,
1 receipt_handle,
2 visibility_timeout,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeMessageVisibilityBatchResult {
    pub successful: Option<Vec<ChangeMessageVisibilityBatchResultEntry>>,
    pub failed: Option<Vec<BatchResultErrorEntry>>,
}
structure!(ChangeMessageVisibilityBatchResult {
0 successful,
1 failed,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeMessageVisibilityBatchResultEntry {
    pub id: Option<String>,
}
structure!(ChangeMessageVisibilityBatchResultEntry {
0 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChangeMessageVisibilityRequest {
    pub queue_url: Option<String>,
    pub receipt_handle: Option<String>,
    pub visibility_timeout: Option<i32>,
}
structure!(ChangeMessageVisibilityRequest {
0 queue_url,
1 receipt_handle,
2 visibility_timeout,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateQueueRequest {
    pub queue_name: Option<String>,
    pub attributes: Option<BTreeMap<String, String>>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(CreateQueueRequest {
0 queue_name,
1 attributes,
2 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateQueueResult {
    pub queue_url: Option<String>,
}
structure!(CreateQueueResult {
0 queue_url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMessageBatchRequest {
    pub queue_url: Option<String>,
    pub entries: Option<Vec<DeleteMessageBatchRequestEntry>>,
}
structure!(DeleteMessageBatchRequest {
0 queue_url,
1 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMessageBatchRequestEntry {
    pub id: Option<String>,
    pub receipt_handle: Option<String>,
}
structure!(DeleteMessageBatchRequestEntry {
0 id,
1 receipt_handle,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMessageBatchResult {
    pub successful: Option<Vec<DeleteMessageBatchResultEntry>>,
    pub failed: Option<Vec<BatchResultErrorEntry>>,
}
structure!(DeleteMessageBatchResult {
0 successful,
1 failed,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMessageBatchResultEntry {
    pub id: Option<String>,
}
structure!(DeleteMessageBatchResultEntry {
0 id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteMessageRequest {
    pub queue_url: Option<String>,
    pub receipt_handle: Option<String>,
}
structure!(DeleteMessageRequest {
0 queue_url,
1 receipt_handle,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteQueueRequest {
    pub queue_url: Option<String>,
}
structure!(DeleteQueueRequest {
0 queue_url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetQueueAttributesRequest {
    pub queue_url: Option<String>,
    pub attribute_names: Option<Vec<String>>,
}
structure!(GetQueueAttributesRequest {
0 queue_url,
1 attribute_names,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetQueueAttributesResult {
    pub attributes: Option<BTreeMap<String, String>>,
}
structure!(GetQueueAttributesResult {
0 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetQueueUrlRequest {
    pub queue_name: Option<String>,
    pub queue_owner_aws_account_id: Option<String>,
}
structure!(GetQueueUrlRequest {
0 queue_name,
1 queue_owner_aws_account_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetQueueUrlResult {
    pub queue_url: Option<String>,
}
structure!(GetQueueUrlResult {
0 queue_url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListDeadLetterSourceQueuesRequest {
    pub queue_url: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListDeadLetterSourceQueuesRequest {
0 queue_url,
1 next_token,
2 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListDeadLetterSourceQueuesResult {
    pub queue_urls: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListDeadLetterSourceQueuesResult {
0 queue_urls,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMessageMoveTasksRequest {
    pub source_arn: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListMessageMoveTasksRequest {
0 source_arn,
1 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMessageMoveTasksResult {
    pub results: Option<Vec<ListMessageMoveTasksResultEntry>>,
}
structure!(ListMessageMoveTasksResult {
0 results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListMessageMoveTasksResultEntry {
    pub task_handle: Option<String>,
    pub status: Option<String>,
    pub source_arn: Option<String>,
    pub destination_arn: Option<String>,
    pub max_number_of_messages_per_second: Option<i32>,
    pub approximate_number_of_messages_moved: Option<i64>,
    pub approximate_number_of_messages_to_move: Option<i64>,
    pub failure_reason: Option<String>,
    pub started_timestamp: Option<i64>,
}
structure!(ListMessageMoveTasksResultEntry {
0 task_handle,
1 status,
2 source_arn,
3 destination_arn,
4 max_number_of_messages_per_second,
5 approximate_number_of_messages_moved,
6 approximate_number_of_messages_to_move,
7 failure_reason,
8 started_timestamp,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListQueueTagsRequest {
    pub queue_url: Option<String>,
}
structure!(ListQueueTagsRequest {
0 queue_url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListQueueTagsResult {
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(ListQueueTagsResult {
0 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListQueuesRequest {
    pub queue_name_prefix: Option<String>,
    pub next_token: Option<String>,
    pub max_results: Option<i32>,
}
structure!(ListQueuesRequest {
0 queue_name_prefix,
1 next_token,
2 max_results,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListQueuesResult {
    pub queue_urls: Option<Vec<String>>,
    pub next_token: Option<String>,
}
structure!(ListQueuesResult {
0 queue_urls,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    pub message_id: Option<String>,
    pub receipt_handle: Option<String>,
    pub md5_of_body: Option<String>,
    pub body: Option<String>,
    pub attributes: Option<BTreeMap<String, String>>,
    pub md5_of_message_attributes: Option<String>,
    pub message_attributes: Option<BTreeMap<String, MessageAttributeValue>>,
}
structure!(Message {
0 message_id,
1 receipt_handle,
2 md5_of_body,
3 body,
4 attributes,
5 md5_of_message_attributes,
6 message_attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MessageAttributeValue {
    pub string_value: Option<String>,
    pub binary_value: Option<Vec<u8>>,
    pub string_list_values: Option<Vec<String>>,
    pub binary_list_values: Option<Vec<Vec<u8>>>,
    pub data_type: Option<String>,
}
structure!(MessageAttributeValue {
0 string_value,
1 binary_value,
2 string_list_values,
3 binary_list_values,
4 data_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MessageSystemAttributeValue {
    pub string_value: Option<String>,
    pub binary_value: Option<Vec<u8>>,
    pub string_list_values: Option<Vec<String>>,
    pub binary_list_values: Option<Vec<Vec<u8>>>,
    pub data_type: Option<String>,
}
structure!(MessageSystemAttributeValue {
0 string_value,
1 binary_value,
2 string_list_values,
3 binary_list_values,
4 data_type,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PurgeQueueRequest {
    pub queue_url: Option<String>,
}
structure!(PurgeQueueRequest {
0 queue_url,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReceiveMessageRequest {
    pub queue_url: Option<String>,
    pub attribute_names: Option<Vec<String>>,
    pub message_system_attribute_names: Option<Vec<String>>,
    pub message_attribute_names: Option<Vec<String>>,
    pub max_number_of_messages: Option<i32>,
    pub visibility_timeout: Option<i32>,
    pub wait_time_seconds: Option<i32>,
    pub receive_request_attempt_id: Option<String>,
}
structure!(ReceiveMessageRequest {
0 queue_url,
1 attribute_names,
2 message_system_attribute_names,
3 message_attribute_names,
4 max_number_of_messages,
5 visibility_timeout,
6 wait_time_seconds,
7 receive_request_attempt_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReceiveMessageResult {
    pub messages: Option<Vec<Message>>,
}
structure!(ReceiveMessageResult {
0 messages,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemovePermissionRequest {
    pub queue_url: Option<String>,
    pub label: Option<String>,
}
structure!(RemovePermissionRequest {
0 queue_url,
1 label,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SendMessageBatchRequest {
    pub queue_url: Option<String>,
    pub entries: Option<Vec<SendMessageBatchRequestEntry>>,
}
structure!(SendMessageBatchRequest {
0 queue_url,
1 entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SendMessageBatchRequestEntry {
    pub id: Option<String>,
    pub message_body: Option<String>,
    pub delay_seconds: Option<i32>,
    pub message_attributes: Option<BTreeMap<String, MessageAttributeValue>>,
    pub message_system_attributes: Option<BTreeMap<String, MessageSystemAttributeValue>>,
    pub message_deduplication_id: Option<String>,
    pub message_group_id: Option<String>,
}
structure!(SendMessageBatchRequestEntry {
0 id,
1 message_body,
2 delay_seconds,
3 message_attributes,
4 message_system_attributes,
5 message_deduplication_id,
6 message_group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SendMessageBatchResult {
    pub successful: Option<Vec<SendMessageBatchResultEntry>>,
    pub failed: Option<Vec<BatchResultErrorEntry>>,
}
structure!(SendMessageBatchResult {
0 successful,
1 failed,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SendMessageBatchResultEntry {
    pub id: Option<String>,
    pub message_id: Option<String>,
    pub md5_of_message_body: Option<String>,
    pub md5_of_message_attributes: Option<String>,
    pub md5_of_message_system_attributes: Option<String>,
    pub sequence_number: Option<String>,
}
structure!(SendMessageBatchResultEntry {
0 id,
1 message_id,
2 md5_of_message_body,
3 md5_of_message_attributes,
4 md5_of_message_system_attributes,
5 sequence_number,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SendMessageRequest {
    pub queue_url: Option<String>,
    pub message_body: Option<String>,
    pub delay_seconds: Option<i32>,
    pub message_attributes: Option<BTreeMap<String, MessageAttributeValue>>,
    pub message_system_attributes: Option<BTreeMap<String, MessageSystemAttributeValue>>,
    pub message_deduplication_id: Option<String>,
    pub message_group_id: Option<String>,
}
structure!(SendMessageRequest {
0 queue_url,
1 message_body,
2 delay_seconds,
3 message_attributes,
4 message_system_attributes,
5 message_deduplication_id,
6 message_group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SendMessageResult {
    pub md5_of_message_body: Option<String>,
    pub md5_of_message_attributes: Option<String>,
    pub md5_of_message_system_attributes: Option<String>,
    pub message_id: Option<String>,
    pub sequence_number: Option<String>,
}
structure!(SendMessageResult {
0 md5_of_message_body,
1 md5_of_message_attributes,
2 md5_of_message_system_attributes,
3 message_id,
4 sequence_number,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetQueueAttributesRequest {
    pub queue_url: Option<String>,
    pub attributes: Option<BTreeMap<String, String>>,
}
structure!(SetQueueAttributesRequest {
0 queue_url,
1 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartMessageMoveTaskRequest {
    pub source_arn: Option<String>,
    pub destination_arn: Option<String>,
    pub max_number_of_messages_per_second: Option<i32>,
}
structure!(StartMessageMoveTaskRequest {
0 source_arn,
1 destination_arn,
2 max_number_of_messages_per_second,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct StartMessageMoveTaskResult {
    pub task_handle: Option<String>,
}
structure!(StartMessageMoveTaskResult {
0 task_handle,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagQueueRequest {
    pub queue_url: Option<String>,
    pub tags: Option<BTreeMap<String, String>>,
}
structure!(TagQueueRequest {
0 queue_url,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagQueueRequest {
    pub queue_url: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagQueueRequest {
0 queue_url,
1 tag_keys,
});
