//! Messages held against the filters of a topic's subscriptions. A topic may have thousands of these with long policies, and a message
//! long lists: what may take long is done away from the threads that serve others, in the turn of the topic's account.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use wharf_service::{Faults as _, Share, Shares};
use wharf_wire::Fault;

use crate::{
    fault::SnsFaults,
    filter::{Filter, Verdict, View},
    message::Message,
    subscribers::Subscribers,
};

/// Bytes of policies, and of messages for each of them, up to which it is done at once: some milliseconds.
pub const AT_ONCE: usize = 1 << 18;

static JUDGING: LazyLock<Shares> = LazyLock::new(Shares::of_processors);

/// Messages and who gets them.
pub struct Judged {
    pub messages: Vec<Message>,
    /// About each message, in the order of the subscriptions that are confirmed.
    pub verdicts: Vec<Vec<Verdict>>,
}

/// The turn of an account to do what may take long.
pub async fn turn(account: &str) -> Share {
    JUDGING.take(account).await
}

/// Does something away from the threads that serve others.
///
/// # Errors
/// It panicked.
pub async fn apart<T: Send + 'static>(
    turn: Share,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Fault> {
    let done = tokio::task::spawn_blocking(move || {
        // It goes on when nobody waits for it any more, and keeps its turn.
        let _turn = turn;
        work()
    });
    done.await.map_err(|error| SnsFaults::internal(&error))
}

/// Holds messages of a topic of an account against its subscriptions.
///
/// # Errors
/// It panicked.
pub async fn judged(
    account: &str,
    subscribers: &Arc<Subscribers>,
    messages: Vec<Message>,
) -> Result<Judged, Fault> {
    let texts = messages.iter().map(Message::published_bytes).sum();
    let cost = subscribers.cost(texts);
    let subscribers = subscribers.clone();
    let judge = move || Judged {
        verdicts: verdicts(&subscribers, &messages),
        messages,
    };
    match cost <= AT_ONCE {
        true => Ok(judge()),
        false => apart(turn(account).await, judge).await,
    }
}

fn verdicts(subscribers: &Subscribers, messages: &[Message]) -> Vec<Vec<Verdict>> {
    let all = subscribers.confirmed();
    let mut verdicts = vec![Vec::with_capacity(all.len()); messages.len()];
    // Long texts are read for filters once for all subscriptions of a protocol.
    let mut views: BTreeMap<(&str, usize), View> = BTreeMap::new();
    for it in all {
        let protocol = it.record.protocol;
        it.with_filter(|filter| {
            for (number, (message, of_message)) in messages.iter().zip(&mut verdicts).enumerate() {
                let view = views.entry((protocol.name(), number));
                let view = view.or_insert_with(|| View::of(message.for_protocol(protocol)));
                of_message.push(filter.verdict(view));
            }
        });
    }
    verdicts
}

/// Which of some messages, as the subscription sees them, a filter of a topic of an account lets through.
///
/// # Errors
/// It panicked.
pub async fn let_through(
    account: &str,
    filter: &Arc<Filter>,
    messages: Vec<Message>,
) -> Result<Vec<bool>, Fault> {
    let bytes: usize = messages.iter().map(Message::published_bytes).sum();
    let is_open = matches!(**filter, Filter::Open);
    let filter = filter.clone();
    let judge = move || {
        let each = messages.into_iter();
        each.map(|it| filter.lets(&View::of(it))).collect()
    };
    match is_open || bytes <= AT_ONCE / 8 {
        true => Ok(judge()),
        false => apart(turn(account).await, judge).await,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{records::Settings, subscribers::tests::subscribers};

    fn message(text: String) -> Message {
        Message {
            text,
            ..Message::default()
        }
    }

    fn wanted() -> Value {
        json!({"filter": r#"{"a": {"x": [1]}}"#, "filters_body": true})
    }

    fn body(count: usize, x: u8) -> Message {
        let list = vec![json!({"x": 0}); count]
            .into_iter()
            .chain([json!({"x": x})]);
        message(json!({"a": list.collect::<Vec<_>>()}).to_string())
    }

    /// Turns are of all accounts together, where there is one processor.
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

    fn all_turns(account: &str) -> Vec<Share> {
        std::iter::from_fn(|| JUDGING.try_take(account)).collect()
    }

    #[tokio::test]
    async fn long_lists_are_judged_in_the_turn_of_the_account() {
        let _alone = ALONE.lock().await;
        let all = subscribers(&[(wanted(), false), (json!({}), true), (json!({}), false)]);
        assert_eq!(all.pending(), 1);
        let turns = all_turns("busy");
        let short = judged("busy", &all, vec![body(1, 1), body(1, 2)])
            .await
            .unwrap();
        let (passes, body_alone) = (Verdict::Passes, Verdict::Body);
        assert_eq!(all.confirmed().len(), 2, "one has not agreed yet");
        assert_eq!(
            short.verdicts,
            [vec![passes, passes], vec![body_alone, passes]]
        );
        let of_long = all.clone();
        let long =
            tokio::spawn(async move { judged("busy", &of_long, vec![body(50_000, 1)]).await });
        judged("busy", &all, vec![body(1, 1)]).await.unwrap();
        assert!(!long.is_finished());
        drop(turns);
        assert_eq!(
            long.await.unwrap().unwrap().verdicts,
            [vec![passes, passes]]
        );
    }

    #[tokio::test]
    async fn long_messages_of_an_archive_are_judged_in_the_turn_of_the_account() {
        let _alone = ALONE.lock().await;
        let settings: Settings = serde_json::from_value(wanted()).unwrap();
        let filter = Arc::new(Filter::of(&settings));
        let turns = all_turns("replays");
        let short = let_through("replays", &filter, vec![body(1, 1), body(1, 2)]);
        assert_eq!(short.await.unwrap(), [true, false]);
        let of_long = filter.clone();
        let long = tokio::spawn(async move {
            let_through("replays", &of_long, vec![body(20_000, 1), body(1, 2)]).await
        });
        // Without a filter there is nothing to judge.
        let open = Arc::new(Filter::Open);
        let all = let_through("replays", &open, vec![body(20_000, 1)]);
        assert_eq!(all.await.unwrap(), [true]);
        assert!(!long.is_finished());
        drop(turns);
        assert_eq!(long.await.unwrap().unwrap(), [true, false]);
    }
}
