//! Topics: made, shown, changed, listed, deleted.

use std::collections::BTreeMap;

use serde_json::json;
use wharf_api_sns::{
    CreateTopicInput, CreateTopicResponse, DeleteTopicInput, GetTopicAttributesInput,
    GetTopicAttributesResponse, ListTopicsInput, ListTopicsResponse, SetTopicAttributesInput,
    Topic as Shown,
};
use wharf_base::{Permit, Timestamp, ids};
use wharf_iam::{Document, DocumentKind};
use wharf_records::{Record as _, Scope};
use wharf_service::{Place, actions, principals, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    delivery_policy::OfTopic,
    fault::{self, SnsFaults},
    fifo::{Fifo, accept, archive},
    names::{self, SERVICE, TopicId},
    records::{Ended, Subscription, Topic},
    signing::Version,
    tags,
};

/// Topics of a page.
const PAGE: usize = 100;
/// Subscriptions deleted in one transaction.
const SOME: usize = 100;
const LONGEST_DISPLAY_NAME: usize = 100;
/// Of what names a key of KMS: an ARN of an alias is the longest.
const LONGEST_KEY: usize = 2048;

/// The policy of a topic that was given none: its account may do all with it.
pub fn default_policy(topic: &TopicId) -> String {
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

/// Sets what only a topic with order has.
fn set_fifo(topic: &mut Topic, name: &str, value: &str, now: Timestamp) -> Result<(), Fault> {
    let Some(fifo) = &mut topic.fifo else {
        if name == "ContentBasedDeduplication" && value == "false" {
            return Ok(());
        }
        return Err(fault::invalid(name, "It is of FIFO topics alone"));
    };
    match (name, value) {
        ("ContentBasedDeduplication", "true") => fifo.by_content = true,
        ("ContentBasedDeduplication", "false") => fifo.by_content = false,
        ("FifoThroughputScope", "Topic") => fifo.by_group = false,
        ("FifoThroughputScope", "MessageGroup") => fifo.by_group = true,
        ("ArchivePolicy", policy) => {
            let days = archive::days(policy)?;
            fifo.archived_since = match days {
                None => None,
                Some(_) => fifo.archived_since.or(Some(now)),
            };
            fifo.archive_days = days;
        }
        _ => return Err(fault::invalid(name, "It is not a value of this attribute")),
    }
    Ok(())
}

fn set(topic: &mut Topic, name: &str, value: &str, now: Timestamp) -> Result<(), Fault> {
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
            check_policy(value)?;
            topic.policy = Some(value.to_owned());
        }
        "SignatureVersion" => {
            let why = "SignatureVersion must be 1 or 2";
            let known = Version::named(value);
            topic.signature = known.ok_or_else(|| fault::invalid("SignatureVersion", why))?;
        }
        "DeliveryPolicy" => {
            topic.delivery_policy = match value.trim() {
                "" | "{}" => None,
                policy => {
                    let read = OfTopic::parse(policy);
                    Some(read.map_err(|why| fault::invalid("DeliveryPolicy", &why.to_string()))?)
                }
            }
        }
        // CreateTopic has read it.
        "FifoTopic" => {}
        "ContentBasedDeduplication" | "FifoThroughputScope" | "ArchivePolicy" => {
            set_fifo(topic, name, value, now)?;
        }
        "KmsMasterKeyId" => {
            if value.len() > LONGEST_KEY {
                return Err(fault::invalid(name, "It has too many characters"));
            }
            topic.kms_key = (!value.is_empty()).then(|| value.to_owned());
        }
        // What became of deliveries is counted, and told to no log.
        _ if name == "TracingConfig" || is_feedback(name) => {
            if !value.is_empty() {
                return Err(fault::unsupported("AttributeName", name));
            }
        }
        _ => return Err(fault::invalid("AttributeName", "It is not known")),
    }
    Ok(())
}

/// Actions that a topic's policy can be about: those of SNS's guide, those of tags, which ask it here, and one of old that is
/// in policies yet. Nobody asks it of CreateTopic and ConfirmSubscription.
const ACTIONS: [&str; 14] = [
    "AddPermission",
    "DeleteTopic",
    "GetDataProtectionPolicy",
    "GetTopicAttributes",
    "ListSubscriptionsByTopic",
    "ListTagsForResource",
    "Publish",
    "PutDataProtectionPolicy",
    "Receive",
    "RemovePermission",
    "SetTopicAttributes",
    "Subscribe",
    "TagResource",
    "UntagResource",
];

fn check_policy(text: &str) -> Result<(), Fault> {
    let read = Document::parse(text, DocumentKind::Resource);
    let read =
        read.map_err(|_| fault::invalid("Policy", "Policy is not valid JSON of a policy"))?;
    let mut named = read.statements.iter().flat_map(|it| &it.actions.values);
    match named.all(|it| actions::means_one(it, SERVICE, ACTIONS)) {
        true => Ok(()),
        false => Err(fault::out_of_scope()),
    }
}

/// A policy as it is stored.
async fn bound(call: &Call, policy: String) -> Result<String, Fault> {
    let bound = principals::bound(call, policy).await;
    bound.map_err(|it| it.fault::<SnsFaults>(|_| fault::no_principal()))
}

/// Attributes that say where deliveries are logged: `HTTPSuccessFeedbackRoleArn`, `SQSSuccessFeedbackSampleRate` and others.
fn is_feedback(name: &str) -> bool {
    const PROTOCOLS: [&str; 5] = ["Application", "Firehose", "HTTP", "Lambda", "SQS"];
    const ATTRIBUTES: [&str; 3] = [
        "FailureFeedbackRoleArn",
        "SuccessFeedbackRoleArn",
        "SuccessFeedbackSampleRate",
    ];
    let of = PROTOCOLS.iter().find_map(|it| name.strip_prefix(it));
    of.is_some_and(|it| ATTRIBUTES.contains(&it))
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
    let given = input.attributes.unwrap_or_default();
    let fifo = match given.get("FifoTopic").map(String::as_str) {
        None | Some("" | "false") => false,
        Some("true") => true,
        Some(_) => return Err(fault::invalid("FifoTopic", "It must be true or false")),
    };
    names::wished(&id.name, fifo)?;
    let mut topic = Topic {
        created_at: call.now,
        display_name: String::new(),
        policy: None,
        tags: tags::given(input.tags)?,
        salt: ids::uuid(),
        signature: Version::default(),
        delivery_policy: None,
        kms_key: None,
        fifo: fifo.then(Fifo::default),
        unknown: Default::default(),
    };
    for (name, value) in &given {
        set(&mut topic, name, value, call.now)?;
    }
    if let Some(policy) = topic.policy.take() {
        topic.policy = Some(bound(call, policy).await?);
    }
    let key = id.key();
    transact!(core.table, &call.permit, |tx| {
        match tx.find::<Topic>(&key).await? {
            None => {
                end_subscriptions(core, &call.permit, &id).await?;
                tx.put(&key, &topic);
            }
            Some(there) => {
                let mut wanted = there.clone();
                for (name, value) in &given {
                    set(&mut wanted, name, value, call.now)?;
                }
                // Policies of versions before this one are stored as they were given.
                if wanted.policy != there.policy {
                    wanted.policy.clone_from(&topic.policy);
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

/// Deletes a topic and its subscriptions. What was published without order is delivered all the same.
pub async fn delete_topic(core: &Core, call: &Call, input: DeleteTopicInput) -> Result<(), Fault> {
    let id = TopicId::given(input.topic_arn.as_deref())?;
    let key = id.key();
    let fifo = transact!(core.table, &call.permit, |tx| {
        let topic = tx.find::<Topic>(&key).await?;
        let fifo = topic.as_ref().and_then(|it| it.fifo.clone());
        if fifo.as_ref().is_some_and(|it| it.archive_days.is_some()) {
            let why =
                "Invalid state: Cannot delete a topic with an ArchivePolicy; set it to {} first";
            return Err(wharf_api_sns::faults::invalid_state_exception(why));
        }
        if topic.is_some() {
            tx.delete(&key);
        }
        fifo
    });
    if fifo.is_some() {
        accept::forget(core, &call.permit, &id).await?;
    }
    end_subscriptions(core, &call.permit, &id).await
}

/// Deletes the subscriptions of a topic that is gone, those that their endpoints have ended too: those that a process left which died meanwhile are none of the next
/// topic of that name.
async fn end_subscriptions(core: &Core, permit: &Permit, id: &TopicId) -> Result<(), Fault> {
    let key = id.key();
    let mut all = core.table.keys(&id.prefix(Subscription::KIND)).await?;
    all.extend(core.table.keys(&id.prefix(Ended::KIND)).await?);
    for some in all.chunks(SOME) {
        let is_gone = transact!(core.table, permit, |tx| {
            let is_gone = tx.find::<Topic>(&key).await?.is_none();
            for at in some.iter().filter(|_| is_gone) {
                tx.delete(at);
            }
            is_gone
        });
        if !is_gone {
            break;
        }
    }
    Ok(())
}

pub async fn get_topic_attributes(
    core: &Core,
    call: &Call,
    input: GetTopicAttributesInput,
) -> Result<GetTopicAttributesResponse, Fault> {
    let id = TopicId::given(input.topic_arn.as_deref())?;
    let there = core.topic(&id).await?;
    let all = core.subscribers(&id, &there).await?;
    let (confirmed, pending) = (all.confirmed().len(), all.pending());
    let topic = there.record;
    let policy = topic.policy.unwrap_or_else(|| default_policy(&id));
    let policy = principals::shown::<SnsFaults>(call, policy).await?;
    let usual = OfTopic::default();
    let effective = topic.delivery_policy.as_ref().unwrap_or(&usual).effective();
    let mut shown = BTreeMap::from([
        ("TopicArn", id.arn()),
        ("Owner", id.place.account.clone()),
        ("Policy", policy),
        ("DisplayName", topic.display_name),
        ("SubscriptionsConfirmed", confirmed.to_string()),
        ("SubscriptionsPending", pending.to_string()),
        ("SubscriptionsDeleted", "0".to_owned()),
        ("EffectiveDeliveryPolicy", effective),
    ]);
    if let Some(policy) = &topic.delivery_policy {
        shown.insert("DeliveryPolicy", json!({ "http": policy }).to_string());
    }
    if let Some(key) = topic.kms_key {
        shown.insert("KmsMasterKeyId", key);
    }
    if let Some(fifo) = &topic.fifo {
        let scope = ["Topic", "MessageGroup"][usize::from(fifo.by_group)];
        shown.insert("FifoTopic", "true".to_owned());
        shown.insert("ContentBasedDeduplication", fifo.by_content.to_string());
        shown.insert("FifoThroughputScope", scope.to_owned());
        if let Some(days) = fifo.archive_days {
            shown.insert("ArchivePolicy", archive::policy(days));
        }
        if let Some(since) = fifo.archived_since {
            shown.insert("BeginningArchiveTime", since.iso8601());
        }
    }
    if topic.signature != Version::default() {
        shown.insert("SignatureVersion", topic.signature.name().to_owned());
    }
    let shown = shown
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Ok(GetTopicAttributesResponse {
        attributes: Some(shown.collect()),
    })
}

pub async fn set_topic_attributes(
    core: &Core,
    call: &Call,
    input: SetTopicAttributesInput,
) -> Result<(), Fault> {
    let id = TopicId::given(input.topic_arn.as_deref())?;
    let name = input.attribute_name.unwrap_or_default();
    let mut value = input.attribute_value.unwrap_or_default();
    if name == "Policy" {
        check_policy(&value)?;
        value = bound(call, value).await?;
    }
    let key = id.key();
    let changed = core.table.change(&call.permit, &key, |topic: &mut Topic| {
        if name == "FifoTopic" {
            return Err(fault::invalid(
                "AttributeName",
                "FifoTopic is set when a topic is made",
            ));
        }
        set(topic, &name, &value, call.now)
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
