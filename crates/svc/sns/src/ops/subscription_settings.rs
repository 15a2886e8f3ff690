//! What subscriptions are told to be: GetSubscriptionAttributes, SetSubscriptionAttributes.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use wharf_api_sns::{
    GetSubscriptionAttributesInput, GetSubscriptionAttributesResponse,
    SetSubscriptionAttributesInput,
};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    delivery_policy::{Effective, OfSubscription},
    endpoint::Protocol,
    fault,
    fifo::archive,
    filter,
    names::{self, SubscriptionId},
    records::{Replay, Settings, Subscription},
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
                    Some(read.map_err(|why| fault::invalid("DeliveryPolicy", &why))?)
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
        let topic = core.topic(&id.topic).await?.record;
        let archive = topic.fifo.and_then(|it| it.archive_days);
        if archive.is_none() {
            let why = "The topic does not have an ArchivePolicy";
            return Err(fault::invalid("ReplayPolicy", why));
        }
    }
    let key = id.key();
    let changed = core
        .table
        .change(&call.permit, &key, |it: &mut Subscription| {
            set(&mut it.settings, it.protocol, &name, &value)
        });
    let (record, ()) = changed.await?.ok_or_else(fault::no_subscription)?;
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
