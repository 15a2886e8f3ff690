//! ConfirmSubscription and Unsubscribe: what endpoints ask by the links that they were sent, and owners by their names.

use wharf_api_sns::{ConfirmSubscriptionInput, ConfirmSubscriptionResponse, UnsubscribeInput};
use wharf_records::Record as _;
use wharf_service::transact;
use wharf_wire::{Call, CallerKind, Fault};

use crate::{
    core::Core,
    envelope::Kind,
    fault,
    fifo::archive,
    names::{SubscriptionId, TopicId},
    ops::subscriptions::ask,
    records::{Ended, Subscription, Topic},
    subscribers,
    token::{LIFE, Token},
};

/// Old ends of subscriptions that the next one removes.
const SOME: usize = 50;

/// An endpoint agrees: its token says to what.
pub async fn confirm_subscription(
    core: &Core,
    call: &Call,
    input: ConfirmSubscriptionInput,
) -> Result<ConfirmSubscriptionResponse, Fault> {
    let topic = TopicId::given(input.topic_arn.as_deref())?;
    let text = input.token.unwrap_or_default();
    let token = Token::read(&text, &core.parts.keyring, call.now);
    let id = token.and_then(|it| SubscriptionId::given(Some(&it.subscription)).ok());
    let Some(id) = id.filter(|it| it.topic == topic) else {
        return Err(fault::invalid("Token", "Invalid token"));
    };
    let authenticates = match input.authenticate_on_unsubscribe.as_deref() {
        None | Some("" | "false") => false,
        Some("true") if call.caller.kind == CallerKind::Anonymous => {
            let why = "Only a signed request can ask for AuthenticateOnUnsubscribe";
            return Err(wharf_api_sns::faults::authorization_error_exception(why));
        }
        Some("true") => true,
        Some(_) => {
            let why = "AuthenticateOnUnsubscribe must be true or false";
            return Err(fault::invalid("AuthenticateOnUnsubscribe", why));
        }
    };
    let (at, ended_at, of) = (id.key(), id.ended_key(), topic.key());
    let turn = core.turns.take(&of).await;
    let (was_pending, confirmed) = transact!(core.table, &call.permit, |tx| {
        if tx.find::<Topic>(&of).await?.is_none() {
            return Err(fault::no_topic());
        }
        let there = match tx.find::<Subscription>(&at).await? {
            Some(there) => there,
            None => {
                let ended = tx.find::<Ended>(&ended_at).await?;
                let Some(ended) = ended.filter(|it| it.until > call.now) else {
                    return Err(fault::no_subscription());
                };
                tx.delete(&ended_at);
                ended.subscription
            }
        };
        let confirmed = Subscription {
            pending: false,
            authenticates: there.authenticates || authenticates,
            ..there.clone()
        };
        tx.put(&at, &confirmed);
        subscribers::changed(&mut tx, &topic).await?;
        (there.pending, confirmed)
    });
    drop(turn);
    // It was asked for with the subscription, and has waited for this.
    if let Some(replay) = confirmed.settings.replay.as_ref().filter(|_| was_pending) {
        archive::replay(core, call, &id, &confirmed, replay).await?;
    }
    Ok(ConfirmSubscriptionResponse {
        subscription_arn: Some(id.arn()),
    })
}

/// Ends a subscription. Without a signature only a web server or a mailbox does, by the link that it knows; it is told, and
/// can take that back until somebody who signs ends it too.
pub async fn unsubscribe(core: &Core, call: &Call, input: UnsubscribeInput) -> Result<(), Fault> {
    let id = SubscriptionId::given(input.subscription_arn.as_deref())?;
    let (key, ended_at, of) = (id.key(), id.ended_key(), id.topic.key());
    let turn = core.turns.take(&of).await;
    if call.caller.kind != CallerKind::Anonymous {
        transact!(core.table, &call.permit, |tx| {
            if tx.find::<Subscription>(&key).await?.is_some() {
                tx.delete(&key);
                subscribers::changed(&mut tx, &id.topic).await?;
            }
            if tx.find::<Ended>(&ended_at).await?.is_some() {
                tx.delete(&ended_at);
            }
        });
        return Ok(());
    }
    let (topic, ended) = transact!(core.table, &call.permit, |tx| {
        let Some(there) = tx.find::<Subscription>(&key).await? else {
            return Ok(());
        };
        let has_link = there.protocol.is_web() || there.protocol.is_mail();
        if there.authenticates || there.pending || !has_link {
            let why = "The subscription can be ended by signed requests alone";
            return Err(wharf_api_sns::faults::authorization_error_exception(why));
        }
        let topic = tx.find::<Topic>(&of).await?;
        let old = core
            .table
            .page::<Ended>(&id.topic.prefix(Ended::KIND), None, SOME, |it| {
                it.record.until <= call.now
            })
            .await?;
        for old in old.records {
            tx.when(old.unchanged());
            tx.delete(old.key);
        }
        tx.delete(&key);
        subscribers::changed(&mut tx, &id.topic).await?;
        if topic.is_some() {
            let ended = Ended {
                subscription: there.clone(),
                until: call.now + LIFE,
                unknown: Default::default(),
            };
            tx.put(&ended_at, &ended);
        }
        (topic, there)
    });
    drop(turn);
    match topic {
        Some(topic) => {
            let kind = Kind::UnsubscribeConfirmation;
            ask(core, call, &id, &topic, &ended, kind).await
        }
        None => Ok(()),
    }
}
