//! ConfirmSubscription and Unsubscribe: what endpoints ask by the links that they were sent, and owners by their names.

use wharf_api_sns::{ConfirmSubscriptionInput, ConfirmSubscriptionResponse, UnsubscribeInput};
use wharf_service::transact;
use wharf_wire::{Call, CallerKind, Fault};

use crate::{
    core::Core,
    envelope::Kind,
    fault,
    fifo::archive,
    names::{SubscriptionId, TopicId},
    ops::subscriptions::ask,
    records::{Subscription, Topic},
    token::Token,
};

/// Bytes of a subscription that can be restored by a link: it is in the link.
const MOST_RESTORED: usize = 8 << 10;

/// An endpoint agrees: its token says to what.
pub async fn confirm_subscription(
    core: &Core,
    call: &Call,
    input: ConfirmSubscriptionInput,
) -> Result<ConfirmSubscriptionResponse, Fault> {
    let topic = TopicId::given(input.topic_arn.as_deref())?;
    let text = input.token.unwrap_or_default();
    let token = Token::read(&text, &core.parts.keyring, call.now);
    let id = token
        .as_ref()
        .and_then(|it| SubscriptionId::given(Some(&it.subscription)).ok());
    let (Some(token), Some(id)) = (token, id.filter(|it| it.topic == topic)) else {
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
    let (at, of) = (id.key(), topic.key());
    let (was_pending, confirmed) = transact!(core.table, &call.permit, |tx| {
        if tx.find::<Topic>(&of).await?.is_none() {
            return Err(fault::no_topic());
        }
        let there = tx.find::<Subscription>(&at).await?;
        let Some(there) = there.or_else(|| token.ended.clone()) else {
            return Err(fault::no_subscription());
        };
        let confirmed = Subscription {
            pending: false,
            authenticates: there.authenticates || authenticates,
            ..there.clone()
        };
        tx.put(&at, &confirmed);
        (there.pending, confirmed)
    });
    // It was asked for with the subscription, and has waited for this.
    if let Some(replay) = confirmed.settings.replay.as_ref().filter(|_| was_pending) {
        archive::replay(core, call, &id, &confirmed, replay).await?;
    }
    Ok(ConfirmSubscriptionResponse {
        subscription_arn: Some(id.arn()),
    })
}

/// Ends a subscription. Without a signature only a web server or a mailbox does, by the link that it knows; it is told, and
/// can take that back.
pub async fn unsubscribe(core: &Core, call: &Call, input: UnsubscribeInput) -> Result<(), Fault> {
    let id = SubscriptionId::given(input.subscription_arn.as_deref())?;
    let key = id.key();
    let is_anonymous = call.caller.kind == CallerKind::Anonymous;
    let ended = transact!(core.table, &call.permit, |tx| {
        let Some(there) = tx.find::<Subscription>(&key).await? else {
            return Ok(());
        };
        let has_link = there.protocol.is_web() || there.protocol.is_mail();
        if is_anonymous && (there.authenticates || there.pending || !has_link) {
            let why = "The subscription can be ended by signed requests alone";
            return Err(wharf_api_sns::faults::authorization_error_exception(why));
        }
        tx.delete(&key);
        there
    });
    let small = serde_json::to_vec(&ended).is_ok_and(|it| it.len() <= MOST_RESTORED);
    let topic = core.table.read::<Topic>(&id.topic.key()).await?;
    match topic.filter(|_| is_anonymous && small) {
        Some(topic) => {
            let (topic, kind) = (topic.record, Kind::UnsubscribeConfirmation);
            ask(core, call, &id, &topic, &ended, kind).await
        }
        None => Ok(()),
    }
}
