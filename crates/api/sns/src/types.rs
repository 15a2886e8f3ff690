// Written by `cargo xtask generate` from models/. Do not edit.
//! Inputs, outputs and their parts. Every member is optional: what must be there is checked by
//! the schema before an operation sees its input.
#[allow(unused_imports)]
use std::collections::BTreeMap;
#[allow(unused_imports)]
use wharf_wire::{Timestamp, structure};

#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddPermissionInput {
    pub topic_arn: Option<String>,
    pub label: Option<String>,
    pub aws_account_id: Option<Vec<String>>,
    pub action_name: Option<Vec<String>>,
}
structure!(AddPermissionInput {
0 topic_arn,
1 label,
2 aws_account_id,
3 action_name,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchResultErrorEntry {
    pub id: Option<String>,
    pub code: Option<String>,
    pub message: Option<String>,
    pub sender_fault: Option<bool>,
}
structure!(BatchResultErrorEntry {
0 id,
1 code,
2 message,
3 sender_fault,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfirmSubscriptionInput {
    pub topic_arn: Option<String>,
    pub token: Option<String>,
    pub authenticate_on_unsubscribe: Option<String>,
}
structure!(ConfirmSubscriptionInput {
0 topic_arn,
1 token,
2 authenticate_on_unsubscribe,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ConfirmSubscriptionResponse {
    pub subscription_arn: Option<String>,
}
structure!(ConfirmSubscriptionResponse {
0 subscription_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateTopicInput {
    pub name: Option<String>,
    pub attributes: Option<BTreeMap<String, String>>,
    pub tags: Option<Vec<Tag>>,
    pub data_protection_policy: Option<String>,
}
structure!(CreateTopicInput {
0 name,
1 attributes,
2 tags,
3 data_protection_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct CreateTopicResponse {
    pub topic_arn: Option<String>,
}
structure!(CreateTopicResponse {
0 topic_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct DeleteTopicInput {
    pub topic_arn: Option<String>,
}
structure!(DeleteTopicInput {
0 topic_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDataProtectionPolicyInput {
    pub resource_arn: Option<String>,
}
structure!(GetDataProtectionPolicyInput {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetDataProtectionPolicyResponse {
    pub data_protection_policy: Option<String>,
}
structure!(GetDataProtectionPolicyResponse {
0 data_protection_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSubscriptionAttributesInput {
    pub subscription_arn: Option<String>,
}
structure!(GetSubscriptionAttributesInput {
0 subscription_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetSubscriptionAttributesResponse {
    pub attributes: Option<BTreeMap<String, String>>,
}
structure!(GetSubscriptionAttributesResponse {
0 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTopicAttributesInput {
    pub topic_arn: Option<String>,
}
structure!(GetTopicAttributesInput {
0 topic_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct GetTopicAttributesResponse {
    pub attributes: Option<BTreeMap<String, String>>,
}
structure!(GetTopicAttributesResponse {
0 attributes,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSubscriptionsByTopicInput {
    pub topic_arn: Option<String>,
    pub next_token: Option<String>,
}
structure!(ListSubscriptionsByTopicInput {
0 topic_arn,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSubscriptionsByTopicResponse {
    pub subscriptions: Option<Vec<Subscription>>,
    pub next_token: Option<String>,
}
structure!(ListSubscriptionsByTopicResponse {
0 subscriptions,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSubscriptionsInput {
    pub next_token: Option<String>,
}
structure!(ListSubscriptionsInput {
0 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListSubscriptionsResponse {
    pub subscriptions: Option<Vec<Subscription>>,
    pub next_token: Option<String>,
}
structure!(ListSubscriptionsResponse {
0 subscriptions,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceRequest {
    pub resource_arn: Option<String>,
}
structure!(ListTagsForResourceRequest {
0 resource_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTagsForResourceResponse {
    pub tags: Option<Vec<Tag>>,
}
structure!(ListTagsForResourceResponse {
0 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTopicsInput {
    pub next_token: Option<String>,
}
structure!(ListTopicsInput {
0 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListTopicsResponse {
    pub topics: Option<Vec<Topic>>,
    pub next_token: Option<String>,
}
structure!(ListTopicsResponse {
0 topics,
1 next_token,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct MessageAttributeValue {
    pub data_type: Option<String>,
    pub string_value: Option<String>,
    pub binary_value: Option<Vec<u8>>,
}
structure!(MessageAttributeValue {
0 data_type,
1 string_value,
2 binary_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublishBatchInput {
    pub topic_arn: Option<String>,
    pub publish_batch_request_entries: Option<Vec<PublishBatchRequestEntry>>,
}
structure!(PublishBatchInput {
0 topic_arn,
1 publish_batch_request_entries,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublishBatchRequestEntry {
    pub id: Option<String>,
    pub message: Option<String>,
    pub subject: Option<String>,
    pub message_structure: Option<String>,
    pub message_attributes: Option<BTreeMap<String, MessageAttributeValue>>,
    pub message_deduplication_id: Option<String>,
    pub message_group_id: Option<String>,
}
structure!(PublishBatchRequestEntry {
0 id,
1 message,
2 subject,
3 message_structure,
4 message_attributes,
5 message_deduplication_id,
6 message_group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublishBatchResponse {
    pub successful: Option<Vec<PublishBatchResultEntry>>,
    pub failed: Option<Vec<BatchResultErrorEntry>>,
}
structure!(PublishBatchResponse {
0 successful,
1 failed,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublishBatchResultEntry {
    pub id: Option<String>,
    pub message_id: Option<String>,
    pub sequence_number: Option<String>,
}
structure!(PublishBatchResultEntry {
0 id,
1 message_id,
2 sequence_number,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublishInput {
    pub topic_arn: Option<String>,
    pub target_arn: Option<String>,
    pub phone_number: Option<String>,
    pub message: Option<String>,
    pub subject: Option<String>,
    pub message_structure: Option<String>,
    pub message_attributes: Option<BTreeMap<String, MessageAttributeValue>>,
    pub message_deduplication_id: Option<String>,
    pub message_group_id: Option<String>,
}
structure!(PublishInput {
0 topic_arn,
1 target_arn,
2 phone_number,
3 message,
4 subject,
5 message_structure,
6 message_attributes,
7 message_deduplication_id,
8 message_group_id,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PublishResponse {
    pub message_id: Option<String>,
    pub sequence_number: Option<String>,
}
structure!(PublishResponse {
0 message_id,
1 sequence_number,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct PutDataProtectionPolicyInput {
    pub resource_arn: Option<String>,
    pub data_protection_policy: Option<String>,
}
structure!(PutDataProtectionPolicyInput {
0 resource_arn,
1 data_protection_policy,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct RemovePermissionInput {
    pub topic_arn: Option<String>,
    pub label: Option<String>,
}
structure!(RemovePermissionInput {
0 topic_arn,
1 label,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetSubscriptionAttributesInput {
    pub subscription_arn: Option<String>,
    pub attribute_name: Option<String>,
    pub attribute_value: Option<String>,
}
structure!(SetSubscriptionAttributesInput {
0 subscription_arn,
1 attribute_name,
2 attribute_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SetTopicAttributesInput {
    pub topic_arn: Option<String>,
    pub attribute_name: Option<String>,
    pub attribute_value: Option<String>,
}
structure!(SetTopicAttributesInput {
0 topic_arn,
1 attribute_name,
2 attribute_value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubscribeInput {
    pub topic_arn: Option<String>,
    pub protocol: Option<String>,
    pub endpoint: Option<String>,
    pub attributes: Option<BTreeMap<String, String>>,
    pub return_subscription_arn: Option<bool>,
}
structure!(SubscribeInput {
0 topic_arn,
1 protocol,
2 endpoint,
3 attributes,
4 return_subscription_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct SubscribeResponse {
    pub subscription_arn: Option<String>,
}
structure!(SubscribeResponse {
0 subscription_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Subscription {
    pub subscription_arn: Option<String>,
    pub owner: Option<String>,
    pub protocol: Option<String>,
    pub endpoint: Option<String>,
    pub topic_arn: Option<String>,
}
structure!(Subscription {
0 subscription_arn,
1 owner,
2 protocol,
3 endpoint,
4 topic_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tag {
    pub key: Option<String>,
    pub value: Option<String>,
}
structure!(Tag {
0 key,
1 value,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceRequest {
    pub resource_arn: Option<String>,
    pub tags: Option<Vec<Tag>>,
}
structure!(TagResourceRequest {
0 resource_arn,
1 tags,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct TagResourceResponse {}
structure!(TagResourceResponse {});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Topic {
    pub topic_arn: Option<String>,
}
structure!(Topic {
0 topic_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UnsubscribeInput {
    pub subscription_arn: Option<String>,
}
structure!(UnsubscribeInput {
0 subscription_arn,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceRequest {
    pub resource_arn: Option<String>,
    pub tag_keys: Option<Vec<String>>,
}
structure!(UntagResourceRequest {
0 resource_arn,
1 tag_keys,
});

#[derive(Debug, Clone, Default, PartialEq)]
pub struct UntagResourceResponse {}
structure!(UntagResourceResponse {});
