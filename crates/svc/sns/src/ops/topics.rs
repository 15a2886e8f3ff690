//! Topics: made, shown, changed, listed, deleted.

use std::collections::BTreeMap;

use serde_json::json;
use wharf_api_sns::{
    CreateTopicInput, CreateTopicResponse, DeleteTopicInput, GetTopicAttributesInput,
    GetTopicAttributesResponse, ListTopicsInput, ListTopicsResponse, SetTopicAttributesInput,
    Topic as Shown,
};
use wharf_iam::{Document, DocumentKind};
use wharf_records::{Record as _, Scope};
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault,
    names::{self, SERVICE, TopicId},
    records::{Subscription, Topic},
    tags,
};

/// Topics of a page.
const PAGE: usize = 100;
/// Subscriptions deleted in one transaction.
const SOME: usize = 100;
const LONGEST_DISPLAY_NAME: usize = 100;

/// The policy of a topic that was given none: its account may do all with it.
fn default_policy(topic: &TopicId) -> String {
    let actions = [
        "GetTopicAttributes",
        "SetTopicAttributes",
        "AddPermission",
        "RemovePermission",
        "DeleteTopic",
        "Subscribe",
        "ListSubscriptionsByTopic",
        "Publish",
    ];
    json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": {"AWS": "*"},
            "Action": actions.map(|it| format!("SNS:{it}")),
            "Resource": topic.arn(),
            "Condition": {"StringEquals": {"AWS:SourceOwner": topic.place.account}},
        }],
    })
    .to_string()
}

fn set(topic: &mut Topic, name: &str, value: &str) -> Result<(), Fault> {
    match name {
        "DisplayName" => {
            if value.chars().count() > LONGEST_DISPLAY_NAME {
                return Err(fault::invalid(
                    "DisplayName",
                    "It has at most 100 characters",
                ));
            }
            value.clone_into(&mut topic.display_name);
        }
        "Policy" => {
            let read = Document::parse(value, DocumentKind::Resource);
            read.map_err(|_| fault::invalid("Policy", "Policy is not valid JSON of a policy"))?;
            topic.policy = Some(value.to_owned());
        }
        "FifoTopic" if value == "false" => {}
        "FifoTopic"
        | "ContentBasedDeduplication"
        | "DeliveryPolicy"
        | "KmsMasterKeyId"
        | "SignatureVersion"
        | "TracingConfig"
        | "ArchivePolicy"
        | "FifoThroughputScope" => {
            if !value.is_empty() {
                return Err(fault::unsupported("AttributeName", name));
            }
        }
        _ => return Err(fault::invalid("AttributeName", "It is not known")),
    }
    Ok(())
}

/// Makes a topic, or finds the one that is there with the same attributes.
pub async fn create_topic(
    core: &Core,
    call: &Call,
    input: CreateTopicInput,
) -> Result<CreateTopicResponse, Fault> {
    let id = TopicId {
        place: Place::of(call),
        name: input.name.unwrap_or_default(),
    };
    names::wished(&id.name)?;
    let given = input.attributes.unwrap_or_default();
    let mut topic = Topic {
        created_at: call.now,
        display_name: String::new(),
        policy: None,
        tags: tags::given(input.tags)?,
        unknown: Default::default(),
    };
    for (name, value) in &given {
        set(&mut topic, name, value)?;
    }
    let key = id.key();
    transact!(core.table, &call.permit, |tx| {
        match tx.find::<Topic>(&key).await? {
            None => tx.put(&key, &topic),
            Some(there) => {
                let mut wanted = there.clone();
                for (name, value) in &given {
                    set(&mut wanted, name, value)?;
                }
                if wanted != there {
                    let why = "Topic already exists with different attributes";
                    return Err(fault::invalid("Attributes", why));
                }
                if !topic.tags.is_empty() && topic.tags != there.tags {
                    return Err(fault::invalid(
                        "Tags",
                        "Topic already exists with different tags",
                    ));
                }
            }
        }
    });
    Ok(CreateTopicResponse {
        topic_arn: Some(id.arn()),
    })
}

/// Deletes a topic and its subscriptions. What was published is delivered all the same.
pub async fn delete_topic(core: &Core, call: &Call, input: DeleteTopicInput) -> Result<(), Fault> {
    let id = TopicId::given(input.topic_arn.as_deref())?;
    let key = id.key();
    transact!(core.table, &call.permit, |tx| {
        tx.delete(&key);
    });
    let subscriptions = core.subscriptions(&id).await?;
    for some in subscriptions.chunks(SOME) {
        transact!(core.table, &call.permit, |tx| {
            for (_, stored) in some {
                tx.delete(&stored.key);
            }
        });
    }
    Ok(())
}

pub async fn get_topic_attributes(
    core: &Core,
    _: &Call,
    input: GetTopicAttributesInput,
) -> Result<GetTopicAttributesResponse, Fault> {
    let id = TopicId::given(input.topic_arn.as_deref())?;
    let topic = core.topic(&id).await?.record;
    let prefix =
        id.scope().prefix(Subscription::KIND) + &wharf_records::escape(&format!("{}/", id.name));
    let confirmed = core.table.count(&prefix).await?;
    let policy = topic.policy.unwrap_or_else(|| default_policy(&id));
    let shown = [
        ("TopicArn", id.arn()),
        ("Owner", id.place.account.clone()),
        ("Policy", policy),
        ("DisplayName", topic.display_name),
        ("SubscriptionsConfirmed", confirmed.to_string()),
        ("SubscriptionsPending", "0".to_owned()),
        ("SubscriptionsDeleted", "0".to_owned()),
    ];
    let shown = shown.map(|(name, value)| (name.to_owned(), value));
    Ok(GetTopicAttributesResponse {
        attributes: Some(BTreeMap::from(shown)),
    })
}

pub async fn set_topic_attributes(
    core: &Core,
    call: &Call,
    input: SetTopicAttributesInput,
) -> Result<(), Fault> {
    let id = TopicId::given(input.topic_arn.as_deref())?;
    let name = input.attribute_name.unwrap_or_default();
    let value = input.attribute_value.unwrap_or_default();
    let key = id.key();
    let changed = core.table.change(&call.permit, &key, |topic: &mut Topic| {
        set(topic, &name, &value)
    });
    changed.await?.ok_or_else(fault::no_topic)?;
    Ok(())
}

pub async fn list_topics(
    core: &Core,
    call: &Call,
    input: ListTopicsInput,
) -> Result<ListTopicsResponse, Fault> {
    let place = Place::of(call);
    let scope = Scope::new(SERVICE, &place.account, &place.region);
    let page = core
        .pages(call, "sns/ListTopics", &())
        .page(input.next_token.as_deref(), PAGE)?;
    let after = page.after.as_deref().map(|it| scope.key(Topic::KIND, it));
    let found = core
        .table
        .page::<Topic>(&scope.prefix(Topic::KIND), after, page.size, |_| true)
        .await?;
    let names = found
        .records
        .iter()
        .filter_map(|it| Scope::parse(&it.key).map(|it| it.2));
    let names: Vec<String> = names.collect();
    let next_token = page.next(found.more, names.last().map(String::as_str));
    let shown = names.into_iter().map(|name| {
        let place = place.clone();
        Shown {
            topic_arn: Some(TopicId { place, name }.arn()),
        }
    });
    Ok(ListTopicsResponse {
        topics: Some(shown.collect()),
        next_token,
    })
}
