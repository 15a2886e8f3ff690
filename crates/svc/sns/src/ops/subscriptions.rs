//! Subscribe: queues of one's own get messages at once, everybody else is asked first.

use wharf_api_sns::{SubscribeInput, SubscribeResponse};
use wharf_base::ids;
use wharf_records::Record as _;
use wharf_service::transact;
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    endpoint::Protocol,
    envelope::Kind,
    errand::Errand,
    fault,
    fifo::{accept::MOST_SUBSCRIPTIONS, archive},
    filter,
    message::Message,
    names::{self, SubscriptionId, TopicId},
    ops::{
        publish,
        subscription_settings::{check_dead_letters, check_replay, set},
    },
    records::{Settings, Subscription, Topic},
    subscribers,
};

/// What AWS says in the place of the ARN of a subscription that is not confirmed.
const PENDING: &str = "pending confirmation";

/// Subscribes an endpoint; the same one again is the same subscription, and is asked again if it has not agreed.
pub async fn subscribe(
    core: &Core,
    call: &Call,
    input: SubscribeInput,
) -> Result<SubscribeResponse, Fault> {
    let topic = TopicId::given(input.topic_arn.as_deref())?;
    let protocol = Protocol::given(&input.protocol.unwrap_or_default())?;
    let endpoint = input.endpoint.unwrap_or_default();
    if protocol.is_mail() && core.parts.mailer.is_none() {
        let why = "This installation has no SMTP server (wharf up --smtp)";
        return Err(fault::invalid("Protocol", why));
    }
    protocol.check(&endpoint)?;
    let mut settings = Settings::default();
    for (name, value) in input.attributes.iter().flatten() {
        set(&mut settings, protocol, name, value)?;
    }
    filter::check_scope(&settings)?;
    check_dead_letters(&settings, (protocol, &endpoint), &call.account, &topic)?;
    let of = core.topic(&topic).await?.record;
    if settings.replay.is_some() {
        check_replay(&of)?;
    }
    match of.fifo {
        Some(_) if protocol != Protocol::Sqs => {
            return Err(fault::invalid(
                "Protocol",
                "FIFO topics send to queues alone",
            ));
        }
        None if protocol == Protocol::Sqs && names::has_order(&endpoint) => {
            let why = "FIFO SQS Queues can not be subscribed to standard SNS topics";
            return Err(fault::invalid("Endpoint", why));
        }
        _ => {}
    }
    let full = match of.fifo {
        Some(_) => {
            let prefix = topic.prefix(Subscription::KIND);
            core.table.count(&prefix).await? >= MOST_SUBSCRIPTIONS
        }
        None => false,
    };
    let same = of_endpoint(core, &topic, &of, protocol, &endpoint).await?;
    let (id, record) = match same {
        Some((id, it)) => {
            let differs =
                input.attributes.is_some_and(|it| !it.is_empty()) && !it.settings.same(&settings);
            if differs {
                let why = "Subscription already exists with different attributes";
                return Err(fault::invalid("Attributes", why));
            }
            (id, it)
        }
        None if full => {
            let why = "FIFO topics have at most 100 subscriptions";
            return Err(wharf_api_sns::faults::subscription_limit_exceeded_exception(why));
        }
        None => {
            let id = SubscriptionId {
                id: new_id(&of, protocol, &endpoint),
                topic,
            };
            let record = Subscription {
                owner: call.account.clone(),
                pending: protocol.is_to_be_confirmed(&endpoint, &call.account),
                protocol,
                endpoint,
                settings,
                authenticates: false,
                base: call.endpoint.clone(),
                unknown: Default::default(),
            };
            let (at, topic) = (id.key(), id.topic.key());
            let turn = core.turns.take(&topic).await;
            transact!(core.table, &call.permit, |tx| {
                // A topic that is deleted meanwhile gets no subscription.
                if tx.find::<Topic>(&topic).await?.is_none() {
                    return Err(fault::no_topic());
                }
                tx.put(&at, &record);
                subscribers::changed(&mut tx, &id.topic).await?;
            });
            drop(turn);
            if let Some(replay) = record.settings.replay.as_ref().filter(|_| !record.pending) {
                archive::replay(core, call, &id, &record, replay).await?;
            }
            (id, record)
        }
    };
    if record.pending {
        ask(
            core,
            call,
            &id,
            &of,
            &record,
            Kind::SubscriptionConfirmation,
        )
        .await?;
    }
    let shown = match record.pending && input.return_subscription_arn != Some(true) {
        true => PENDING.to_owned(),
        false => id.arn(),
    };
    Ok(SubscribeResponse {
        subscription_arn: Some(shown),
    })
}

/// The subscription of an endpoint, if it is there.
async fn of_endpoint(
    core: &Core,
    topic: &TopicId,
    of: &Topic,
    protocol: Protocol,
    endpoint: &str,
) -> Result<Option<(SubscriptionId, Subscription)>, Fault> {
    if of.salt.is_empty() {
        // Ids of such a topic are not all made of endpoints.
        let all = core.subscriptions(topic).await?.into_iter();
        let mut all = all.map(|(id, it)| (id, it.record));
        return Ok(all.find(|(_, it)| it.protocol == protocol && it.endpoint == endpoint));
    }
    let id = SubscriptionId {
        id: new_id(of, protocol, endpoint),
        topic: topic.clone(),
    };
    let found = core.table.read::<Subscription>(&id.key()).await?;
    Ok(found.map(|it| (id, it.record)))
}

/// The same for the same endpoint, also if two subscribe it at once, and for nobody to guess.
fn new_id(topic: &Topic, protocol: Protocol, endpoint: &str) -> String {
    // Queues had ids of their endpoints alone before topics had salt.
    match topic.salt.as_str() {
        "" if protocol == Protocol::Sqs => ids::uuid_of(endpoint.as_bytes()),
        "" => ids::uuid(),
        salt => ids::uuid_of(format!("{salt} {} {endpoint}", protocol.name()).as_bytes()),
    }
}

/// Asks an endpoint whether it wants messages, or wants them again.
pub async fn ask(
    core: &Core,
    call: &Call,
    id: &SubscriptionId,
    topic: &Topic,
    subscription: &Subscription,
    kind: Kind,
) -> Result<(), Fault> {
    let text = kind.text(&id.topic.arn(), &id.arn());
    let message = Message::ours(text, ids::uuid(), call.now.iso8601());
    let parcel = format!("{}.{}", message.id, id.id);
    let errand = Errand::new(id, topic, subscription, kind, message);
    publish::send(core, &call.permit, &id.topic, &[(parcel, errand)]).await
}
