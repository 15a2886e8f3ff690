//! ListSubscriptions, ListSubscriptionsByTopic.

use wharf_api_sns::{
    ListSubscriptionsByTopicInput, ListSubscriptionsByTopicResponse, ListSubscriptionsInput,
    ListSubscriptionsResponse, Subscription as Shown,
};
use wharf_records::{Record as _, Scope};
use wharf_service::{Place, Stored};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    names::{SERVICE, SubscriptionId, TopicId},
    records::Subscription,
};

/// Subscriptions of a page.
const PAGE: usize = 100;

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
    // As AWS says it of those that are not confirmed.
    let arn = match stored.record.pending {
        true => "PendingConfirmation".to_owned(),
        false => id.arn(),
    };
    Some(Shown {
        subscription_arn: Some(arn),
        owner: Some(stored.record.owner.clone()),
        protocol: Some(stored.record.protocol.name().to_owned()),
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
