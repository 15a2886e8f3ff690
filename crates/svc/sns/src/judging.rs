//! Messages held against the filters of a topic's subscriptions. A topic may have thousands of these with long policies, and a message
//! long lists: what may take long is done away from the threads that serve others, in the turn of the topic's account.

use std::{collections::BTreeMap, sync::LazyLock};

use wharf_service::{Faults as _, Shares, Stored};
use wharf_wire::Fault;

use crate::{
    fault::SnsFaults,
    filter::{Filter, Verdict, View},
    message::Message,
    names::SubscriptionId,
    records::Subscription,
};

/// A subscription of the topic.
type One = (SubscriptionId, Stored<Subscription>);

/// Bytes of policies, and of messages for each of them, up to which it is done at once: some milliseconds.
const AT_ONCE: usize = 1 << 18;

static JUDGING: LazyLock<Shares> = LazyLock::new(Shares::of_processors);

/// Messages and who gets them.
pub struct Judged {
    /// Those that are confirmed.
    pub subscriptions: Vec<One>,
    pub messages: Vec<Message>,
    /// About each message, in the order of the subscriptions.
    pub verdicts: Vec<Vec<Verdict>>,
}

/// Holds messages of a topic of an account against its subscriptions.
///
/// # Errors
/// It panicked.
pub async fn judged(
    account: &str,
    mut subscriptions: Vec<One>,
    messages: Vec<Message>,
) -> Result<Judged, Fault> {
    subscriptions.retain(|(_, it)| !it.record.pending);
    let cost = cost(&subscriptions, &messages);
    let judge = move || Judged {
        verdicts: verdicts(&subscriptions, &messages),
        subscriptions,
        messages,
    };
    if cost <= AT_ONCE {
        return Ok(judge());
    }
    let turn = JUDGING.take(account).await;
    let done = tokio::task::spawn_blocking(move || {
        // It goes on when nobody waits for it any more, and keeps its turn.
        let _turn = turn;
        judge()
    });
    done.await.map_err(|error| SnsFaults::internal(&error))
}

fn cost(subscriptions: &[One], messages: &[Message]) -> usize {
    let texts = messages.iter().map(Message::published_bytes).sum::<usize>();
    let filters = subscriptions
        .iter()
        .filter_map(|(_, it)| it.record.settings.filter.as_ref());
    filters.map(|it| it.len() + texts).sum()
}

fn verdicts(subscriptions: &[One], messages: &[Message]) -> Vec<Vec<Verdict>> {
    let mut verdicts = vec![Vec::with_capacity(subscriptions.len()); messages.len()];
    // Long texts are read for filters once for all subscriptions of a protocol.
    let mut views: BTreeMap<(&str, usize), View> = BTreeMap::new();
    for (_, stored) in subscriptions {
        let it = &stored.record;
        let filter = Filter::of(&it.settings);
        for (number, (message, of_message)) in messages.iter().zip(&mut verdicts).enumerate() {
            let view = views.entry((it.protocol.name(), number));
            let view = view.or_insert_with(|| View::of(message.for_protocol(it.protocol)));
            of_message.push(filter.verdict(view));
        }
    }
    verdicts
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use wharf_service::Place;

    use super::*;
    use crate::names::TopicId;

    fn subscription(settings: &serde_json::Value, pending: bool) -> One {
        let record =
            json!({"owner": "1", "endpoint": "e", "settings": settings, "pending": pending});
        let topic = TopicId {
            place: Place::new("1", "us-east-1"),
            name: "t".to_owned(),
        };
        let stored = Stored {
            key: "k".to_owned(),
            record: serde_json::from_value(record).unwrap(),
            revision: 1,
            created: 1,
        };
        let id = "s".to_owned();
        (SubscriptionId { topic, id }, stored)
    }

    fn message(text: String) -> Message {
        Message {
            text,
            ..Message::default()
        }
    }

    #[tokio::test]
    async fn long_lists_are_judged_in_the_turn_of_the_account() {
        let wanted = json!({"filter": r#"{"a": {"x": [1]}}"#, "filters_body": true});
        let all = || {
            vec![
                subscription(&wanted, false),
                subscription(&json!({}), true),
                subscription(&json!({}), false),
            ]
        };
        let body = |count: usize, x: u8| {
            let list = vec![json!({"x": 0}); count]
                .into_iter()
                .chain([json!({"x": x})]);
            message(json!({"a": list.collect::<Vec<_>>()}).to_string())
        };
        let mut turns = Vec::new();
        while let Some(turn) = JUDGING.try_take("busy") {
            turns.push(turn);
        }
        let short = judged("busy", all(), vec![body(1, 1), body(1, 2)])
            .await
            .unwrap();
        let (passes, body_alone) = (Verdict::Passes, Verdict::Body);
        assert_eq!(short.subscriptions.len(), 2, "one has not agreed yet");
        assert_eq!(
            short.verdicts,
            [vec![passes, passes], vec![body_alone, passes]]
        );
        let long = tokio::spawn(judged("busy", all(), vec![body(50_000, 1)]));
        judged("busy", all(), vec![body(1, 1)]).await.unwrap();
        assert!(!long.is_finished());
        drop(turns);
        assert_eq!(
            long.await.unwrap().unwrap().verdicts,
            [vec![passes, passes]]
        );
    }
}
