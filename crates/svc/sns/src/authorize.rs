//! One row per operation: which topic it is about, and what the topic says of it.

use wharf_api_sns::{Input, Tag};
use wharf_service::{Place, tags};
use wharf_wire::{CallerKind, Check, Context, Fault};

use crate::{
    core::{ChangeError, Core},
    names::{SubscriptionId, TopicId},
    ops::topics::default_policy,
    records::{Subscription, Topic},
};

/// Services that say whose resource they publish for as `aws:SourceOwner`, so the default policy of a topic lets them in.
/// SNS's guide lists them; rules and buckets are not among them, their topics need a policy.
const SAY_OWNER: [&str; 1] = ["cloudwatch.amazonaws.com"];

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    let row = |arn: Option<&str>| Row {
        action: input.action(),
        topic: arn.and_then(TopicId::of),
    };
    Ok(vec![match input {
        Input::CreateTopic(it) => {
            let topic = TopicId {
                place: Place::of(cx),
                name: it.name.clone().unwrap_or_default(),
            };
            let create = with_tags(Check::new(input.action(), topic.arn()), it.tags.as_deref());
            if it.tags.as_ref().is_none_or(Vec::is_empty) {
                return Ok(vec![create]);
            }
            let tag = Check::new("sns:TagResource", topic.arn());
            return Ok(vec![create, with_tags(tag, it.tags.as_deref())]);
        }
        Input::Publish(it) => {
            row(it.topic_arn.as_deref().or(it.target_arn.as_deref()))
                .check(core, cx)
                .await?
        }
        // A batch is what its single operation is.
        Input::PublishBatch(it) => {
            let topic = it.topic_arn.as_deref().and_then(TopicId::of);
            let action = "sns:Publish".to_owned();
            Row { action, topic }.check(core, cx).await?
        }
        Input::Subscribe(it) => {
            let check = row(it.topic_arn.as_deref()).check(core, cx).await?;
            check
                .with("sns:Protocol", it.protocol.clone().unwrap_or_default())
                .with("sns:Endpoint", it.endpoint.clone().unwrap_or_default())
        }
        Input::AddPermission(it) => row(it.topic_arn.as_deref()).check(core, cx).await?,
        Input::RemovePermission(it) => row(it.topic_arn.as_deref()).check(core, cx).await?,
        Input::DeleteTopic(it) => row(it.topic_arn.as_deref()).check(core, cx).await?,
        Input::GetTopicAttributes(it) => row(it.topic_arn.as_deref()).check(core, cx).await?,
        Input::SetTopicAttributes(it) => row(it.topic_arn.as_deref()).check(core, cx).await?,
        Input::ListSubscriptionsByTopic(it) => row(it.topic_arn.as_deref()).check(core, cx).await?,
        // The token says who may; who signs needs the permission of their own account.
        Input::ConfirmSubscription(_) | Input::Unsubscribe(_)
            if cx.caller.kind == CallerKind::Anonymous =>
        {
            Check::weighed_by_the_operation(input.action())
        }
        Input::ConfirmSubscription(it) => {
            let topic = it.topic_arn.as_deref().and_then(TopicId::of);
            let topic = topic.map_or_else(|| "*".to_owned(), |it| it.arn());
            Check::new(input.action(), topic).of_account(&cx.account)
        }
        Input::Unsubscribe(it) => {
            of_subscription(core, cx, &input, it.subscription_arn.as_deref()).await?
        }
        Input::GetSubscriptionAttributes(it) => {
            of_subscription(core, cx, &input, it.subscription_arn.as_deref()).await?
        }
        Input::SetSubscriptionAttributes(it) => {
            of_subscription(core, cx, &input, it.subscription_arn.as_deref()).await?
        }
        Input::TagResource(it) => {
            let check = row(it.resource_arn.as_deref()).check(core, cx).await?;
            with_tags(check, it.tags.as_deref())
        }
        Input::UntagResource(it) => {
            let check = row(it.resource_arn.as_deref()).check(core, cx).await?;
            tags::removed(check, it.tag_keys.as_deref())
        }
        Input::ListTagsForResource(it) => row(it.resource_arn.as_deref()).check(core, cx).await?,
        other => Check::any(other.action()),
    }])
}

async fn of_subscription(
    core: &Core,
    cx: &Context,
    input: &Input<'_>,
    arn: Option<&str>,
) -> Result<Check, ChangeError> {
    let id = SubscriptionId::given(arn).ok();
    let stored = match &id {
        Some(id) => core.table.read::<Subscription>(&id.key()).await?,
        None => None,
    };
    let row = Row {
        action: input.action(),
        topic: id.map(|it| it.topic),
    };
    let check = row.check(core, cx).await?;
    // Who subscribed may, also to the topic of another.
    Ok(
        match stored.is_some_and(|it| it.record.owner == cx.account) {
            true => check.of_account(&cx.account),
            false => check,
        },
    )
}

fn with_tags(check: Check, given: Option<&[Tag]>) -> Check {
    let given = given.unwrap_or_default().iter();
    tags::requested(
        check,
        given.map(|tag| (tag.key.as_deref(), tag.value.as_deref())),
    )
}

struct Row {
    action: String,
    topic: Option<TopicId>,
}

impl Row {
    /// A topic by its ARN, with its tags and its own policy. What names none is refused by the operation, to
    /// those who may do this to every topic.
    async fn check(self, core: &Core, cx: &Context) -> Result<Check, ChangeError> {
        let Some(topic) = self.topic else {
            let all = TopicId {
                place: Place::of(cx),
                name: "*".to_owned(),
            };
            return Ok(Check::new(self.action, all.arn()));
        };
        let mut check = Check::new(self.action, topic.arn());
        if cx.caller.kind == CallerKind::Service && SAY_OWNER.contains(&&*cx.caller.arn) {
            check = check.with("aws:SourceOwner", cx.account.clone());
        }
        let Some(stored) = core.table.read::<Topic>(&topic.key()).await? else {
            return Ok(check);
        };
        let check = tags::of_resource(check, None, &stored.record.tags);
        let policy = stored
            .record
            .policy
            .unwrap_or_else(|| default_policy(&topic));
        Ok(check.with_resource_policy(Some(policy)))
    }
}
