//! What subscriptions are told to be: GetSubscriptionAttributes, SetSubscriptionAttributes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_api_sns::{
    GetSubscriptionAttributesInput, GetSubscriptionAttributesResponse,
    SetSubscriptionAttributesInput,
};
use wharf_base::Arn;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    delivery_policy::{Effective, OfSubscription},
    endpoint::Protocol,
    fault,
    fifo::archive,
    filter,
    names::{self, SubscriptionId, TopicId},
    records::{Replay, Settings, Subscription, Topic},
    subscribers,
};

/// Sets what a subscription of a protocol is told to be.
pub fn set(
    settings: &mut Settings,
    protocol: Protocol,
    name: &str,
    value: &str,
) -> Result<(), Fault> {
    match name {
        "RawMessageDelivery" => {
            settings.raw = match value {
                "true" if protocol.is_mail() => {
                    let why = "Delivery protocol [email] does not support raw message delivery.";
                    return Err(fault::invalid("Attributes", why));
                }
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
        "DeliveryPolicy" => {
            settings.delivery_policy = match value.trim() {
                "" | "{}" => None,
                _ if !protocol.is_web() => {
                    let why = "Delivery policies are of http and https subscriptions";
                    return Err(fault::invalid("DeliveryPolicy", why));
                }
                policy => {
                    let read = OfSubscription::parse(policy);
                    Some(read.map_err(|why| fault::invalid("DeliveryPolicy", &why.to_string()))?)
                }
            }
        }
        "ReplayPolicy" => settings.replay = Replay::parse(value)?,
        "SubscriptionRoleArn" => {
            return Err(fault::unsupported("AttributeName", name));
        }
        _ => return Err(fault::invalid("AttributeName", "It is not known")),
    }
    Ok(())
}

/// Whether dead letters go to a queue of who owns the subscription, in the topic's region: they go there in the topic's
/// name, which a queue of somebody else's may trust.
/// A queue with order has letters of such topics alone: other messages may have no group, which it asks for.
pub fn check_dead_letters(
    settings: &Settings,
    (protocol, endpoint): (Protocol, &str),
    owner: &str,
    topic: &TopicId,
) -> Result<(), Fault> {
    let queue = settings.dead_letters.as_deref();
    let arn = queue.and_then(|it| it.parse::<Arn>().ok());
    let is_ordered = protocol == Protocol::Sqs && names::has_order(endpoint);
    // Each message of such a topic has a group, wherever it goes.
    let has_groups = names::has_order(&topic.name);
    match arn {
        Some(it) if is_ordered && !names::has_order(&it.resource) => {
            let why = "The dead-letter queue of a FIFO subscription must be a FIFO queue";
            Err(fault::invalid("RedrivePolicy", why))
        }
        Some(it) if !has_groups && names::has_order(&it.resource) => {
            let why = "The dead-letter queue of a standard topic must be a standard queue";
            Err(fault::invalid("RedrivePolicy", why))
        }
        Some(it) if it.account != owner || it.region != topic.place.region => {
            let why =
                "deadLetterTargetArn must name a queue of the subscription's account and region";
            Err(fault::invalid("RedrivePolicy", why))
        }
        _ => Ok(()),
    }
}

/// Whether a topic has what a replay is of.
pub fn check_replay(topic: &Topic) -> Result<(), Fault> {
    let archive = topic.fifo.as_ref().and_then(|it| it.archive_days);
    match archive {
        Some(_) => Ok(()),
        None => {
            let why = "The topic does not have an ArchivePolicy";
            Err(fault::invalid("ReplayPolicy", why))
        }
    }
}

pub async fn get_subscription_attributes(
    core: &Core,
    _: &Call,
    input: GetSubscriptionAttributesInput,
) -> Result<GetSubscriptionAttributesResponse, Fault> {
    let id = SubscriptionId::given(input.subscription_arn.as_deref())?;
    let it = core.subscription(&id).await?.record;
    let topic = core.topic(&id.topic).await?.record;
    let mut all = BTreeMap::from([
        ("SubscriptionArn", id.arn()),
        ("TopicArn", id.topic.arn()),
        ("Owner", it.owner),
        ("Protocol", it.protocol.name().to_owned()),
        ("Endpoint", it.endpoint),
        (
            "ConfirmationWasAuthenticated",
            (it.authenticates || !(it.protocol.is_web() || it.protocol.is_mail())).to_string(),
        ),
        ("PendingConfirmation", it.pending.to_string()),
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
    if let Some(replay) = &it.settings.replay {
        let goes_on = archive::goes_on(core, &id, replay).await?;
        all.insert("ReplayPolicy", replay.policy.clone());
        let status = ["Completed", "In progress"][usize::from(goes_on)];
        all.insert(
            "ReplayStatus",
            json!({ "ReplayStatus": status }).to_string(),
        );
    }
    if it.protocol.is_web() {
        let own = it.settings.delivery_policy.as_ref();
        let effective = Effective::of(topic.delivery_policy.as_ref(), own);
        all.insert("EffectiveDeliveryPolicy", effective.shown());
        if let Some(own) = own {
            all.insert("DeliveryPolicy", json!(own).to_string());
        }
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
    if name == "ReplayPolicy" {
        check_replay(&core.topic(&id.topic).await?.record)?;
    }
    let (key, of) = (id.key(), id.topic.key());
    let turn = core.turns.take(&of).await;
    let record = transact!(core.table, &call.permit, |tx| {
        let there = tx.find::<Subscription>(&key).await?;
        let there = there.ok_or_else(fault::no_subscription)?;
        let mut it = there.clone();
        set(&mut it.settings, it.protocol, &name, &value)?;
        match name.as_str() {
            "RedrivePolicy" => {
                let of = (it.protocol, it.endpoint.as_str());
                check_dead_letters(&it.settings, of, &it.owner, &id.topic)?;
            }
            "FilterPolicy" | "FilterPolicyScope" => filter::check_scope(&it.settings)?,
            _ => {}
        }
        if it != there {
            tx.put(&key, &it);
            subscribers::changed(&mut tx, &id.topic).await?;
        }
        it
    });
    drop(turn);
    match record
        .settings
        .replay
        .as_ref()
        .filter(|_| name == "ReplayPolicy")
    {
        Some(replay) => archive::replay(core, call, &id, &record, replay).await,
        None => Ok(()),
    }
}
