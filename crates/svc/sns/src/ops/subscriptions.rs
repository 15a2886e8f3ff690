//! Subscriptions of queues to topics.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_api_sns::{
    GetSubscriptionAttributesInput, GetSubscriptionAttributesResponse,
    ListSubscriptionsByTopicInput, ListSubscriptionsByTopicResponse, ListSubscriptionsInput,
    ListSubscriptionsResponse, SetSubscriptionAttributesInput, SubscribeInput, SubscribeResponse,
    Subscription as Shown, UnsubscribeInput,
};
use wharf_base::ids;
use wharf_records::{Record as _, Scope};
use wharf_service::{Place, Stored, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault, filter,
    names::{self, SERVICE, SubscriptionId, TopicId},
    records::{Settings, Subscription, Topic},
};

/// Subscriptions of a page.
const PAGE: usize = 100;

fn set(settings: &mut Settings, name: &str, value: &str) -> Result<(), Fault> {
    match name {
        "RawMessageDelivery" => {
            settings.raw = match value {
                "true" => true,
                "false" => false,
                _ => {
                    return Err(fault::invalid(
                        "Attributes",
                        "RawMessageDelivery must be true or false",
                    ));
                }
            }
        }
        "FilterPolicy" => {
            settings.filter = match value.trim() {
                "" | "{}" => None,
                policy => {
                    filter::parse(policy)?;
                    Some(policy.to_owned())
                }
            }
        }
        "FilterPolicyScope" => {
            settings.filters_body = match value {
                "MessageAttributes" => false,
                "MessageBody" => true,
                _ => {
                    return Err(fault::invalid(
                        "FilterPolicyScope",
                        "It is MessageAttributes or MessageBody",
                    ));
                }
            }
        }
        "RedrivePolicy" => {
            settings.dead_letters = match value.trim() {
                "" | "{}" => None,
                policy => {
                    let read: Option<Value> = serde_json::from_str(policy).ok();
                    let target = read
                        .as_ref()
                        .and_then(|it| it["deadLetterTargetArn"].as_str());
                    let target = target.filter(|it| names::is_queue(it));
                    let why = "deadLetterTargetArn must name a queue";
                    Some(
                        target
                            .ok_or_else(|| fault::invalid("RedrivePolicy", why))?
                            .to_owned(),
                    )
                }
            }
        }
        "DeliveryPolicy" | "SubscriptionRoleArn" | "ReplayPolicy" => {
            return Err(fault::unsupported("AttributeName", name));
        }
        _ => return Err(fault::invalid("AttributeName", "It is not known")),
    }
    Ok(())
}

/// Subscribes a queue; the same one again is the same subscription.
pub async fn subscribe(
    core: &Core,
    call: &Call,
    input: SubscribeInput,
) -> Result<SubscribeResponse, Fault> {
    let topic = TopicId::given(input.topic_arn.as_deref())?;
    let protocol = input.protocol.unwrap_or_default();
    if protocol != "sqs" {
        return Err(fault::unsupported("Protocol", &protocol));
    }
    let endpoint = input.endpoint.unwrap_or_default();
    if !names::is_queue(&endpoint) {
        return Err(fault::invalid(
            "Endpoint",
            "SQS endpoint ARN of a standard queue is expected",
        ));
    }
    let mut settings = Settings::default();
    for (name, value) in input.attributes.iter().flatten() {
        set(&mut settings, name, value)?;
    }
    core.topic(&topic).await?;
    let there = core.subscriptions(&topic).await?;
    let same = there.iter().find(|(_, it)| it.record.endpoint == endpoint);
    if let Some((id, it)) = same {
        if input.attributes.is_some_and(|it| !it.is_empty()) && it.record.settings != settings {
            let why = "Subscription already exists with different attributes";
            return Err(fault::invalid("Attributes", why));
        }
        return Ok(SubscribeResponse {
            subscription_arn: Some(id.arn()),
        });
    }
    let id = SubscriptionId {
        topic,
        // One for each queue, also if two subscribe it at once.
        id: ids::uuid_of(endpoint.as_bytes()),
    };
    let record = Subscription {
        owner: call.account.clone(),
        endpoint,
        settings,
        unknown: Default::default(),
    };
    let (at, of) = (id.key(), id.topic.key());
    transact!(core.table, &call.permit, |tx| {
        // A topic that is deleted meanwhile gets no subscription.
        if tx.find::<Topic>(&of).await?.is_none() {
            return Err(fault::no_topic());
        }
        tx.put(&at, &record);
    });
    Ok(SubscribeResponse {
        subscription_arn: Some(id.arn()),
    })
}

pub async fn unsubscribe(core: &Core, call: &Call, input: UnsubscribeInput) -> Result<(), Fault> {
    let id = SubscriptionId::given(input.subscription_arn.as_deref())?;
    let key = id.key();
    transact!(core.table, &call.permit, |tx| {
        tx.delete(&key);
    });
    Ok(())
}

pub async fn get_subscription_attributes(
    core: &Core,
    _: &Call,
    input: GetSubscriptionAttributesInput,
) -> Result<GetSubscriptionAttributesResponse, Fault> {
    let id = SubscriptionId::given(input.subscription_arn.as_deref())?;
    let it = core.subscription(&id).await?.record;
    let mut all = BTreeMap::from([
        ("SubscriptionArn", id.arn()),
        ("TopicArn", id.topic.arn()),
        ("Owner", it.owner),
        ("Protocol", "sqs".to_owned()),
        ("Endpoint", it.endpoint),
        ("ConfirmationWasAuthenticated", "true".to_owned()),
        ("PendingConfirmation", "false".to_owned()),
        ("RawMessageDelivery", it.settings.raw.to_string()),
    ]);
    if let Some(policy) = it.settings.filter {
        let scope = ["MessageAttributes", "MessageBody"][usize::from(it.settings.filters_body)];
        all.insert("FilterPolicy", policy);
        all.insert("FilterPolicyScope", scope.to_owned());
    }
    if let Some(queue) = it.settings.dead_letters {
        all.insert(
            "RedrivePolicy",
            json!({"deadLetterTargetArn": queue}).to_string(),
        );
    }
    let shown = all
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value));
    Ok(GetSubscriptionAttributesResponse {
        attributes: Some(shown.collect()),
    })
}

pub async fn set_subscription_attributes(
    core: &Core,
    call: &Call,
    input: SetSubscriptionAttributesInput,
) -> Result<(), Fault> {
    let id = SubscriptionId::given(input.subscription_arn.as_deref())?;
    let name = input.attribute_name.unwrap_or_default();
    let value = input.attribute_value.unwrap_or_default();
    let key = id.key();
    let changed = core
        .table
        .change(&call.permit, &key, |it: &mut Subscription| {
            set(&mut it.settings, &name, &value)
        });
    changed.await?.ok_or_else(fault::no_subscription)?;
    Ok(())
}

fn shown(place: &Place, stored: &Stored<Subscription>) -> Option<Shown> {
    let (_, _, key) = Scope::parse(&stored.key)?;
    let (topic, id) = key.split_once('/')?;
    let id = SubscriptionId {
        topic: TopicId {
            place: place.clone(),
            name: topic.to_owned(),
        },
        id: id.to_owned(),
    };
    Some(Shown {
        subscription_arn: Some(id.arn()),
        owner: Some(stored.record.owner.clone()),
        protocol: Some("sqs".to_owned()),
        endpoint: Some(stored.record.endpoint.clone()),
        topic_arn: Some(id.topic.arn()),
    })
}

/// A page of subscriptions whose ids start so.
async fn list(
    core: &Core,
    call: &Call,
    place: &Place,
    start: &str,
    token: Option<&str>,
) -> Result<(Vec<Shown>, Option<String>), Fault> {
    let scope = Scope::new(SERVICE, &place.account, &place.region);
    let pages = core.pages(call, "sns/ListSubscriptions", &(place, start));
    let page = pages.page(token, PAGE)?;
    let prefix = scope.prefix(Subscription::KIND) + &wharf_records::escape(start);
    let after = page
        .after
        .as_deref()
        .map(|it| scope.key(Subscription::KIND, it));
    let found = core
        .table
        .page::<Subscription>(&prefix, after, page.size, |_| true)
        .await?;
    let last = found
        .records
        .last()
        .and_then(|it| Scope::parse(&it.key))
        .map(|it| it.2);
    let next = page.next(found.more, last.as_deref());
    Ok((
        found
            .records
            .iter()
            .filter_map(|it| shown(place, it))
            .collect(),
        next,
    ))
}

pub async fn list_subscriptions(
    core: &Core,
    call: &Call,
    input: ListSubscriptionsInput,
) -> Result<ListSubscriptionsResponse, Fault> {
    let token = input.next_token.as_deref();
    let (found, next_token) = list(core, call, &Place::of(call), "", token).await?;
    Ok(ListSubscriptionsResponse {
        subscriptions: Some(found),
        next_token,
    })
}

pub async fn list_subscriptions_by_topic(
    core: &Core,
    call: &Call,
    input: ListSubscriptionsByTopicInput,
) -> Result<ListSubscriptionsByTopicResponse, Fault> {
    let id = TopicId::given(input.topic_arn.as_deref())?;
    core.topic(&id).await?;
    let (start, token) = (format!("{}/", id.name), input.next_token.as_deref());
    let (found, next_token) = list(core, call, &id.place, &start, token).await?;
    Ok(ListSubscriptionsByTopicResponse {
        subscriptions: Some(found),
        next_token,
    })
}
