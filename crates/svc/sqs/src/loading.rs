//! Reads what of a queue's messages is kept in memory, when the queue is first asked for. It may have millions, and whoever
//! asks waits for all of them: so they are read where they lie, without a copy, and those of a large queue by several
//! tasks, each a slice of the time in which they were sent.
//!
//! Invariant: nobody changes messages of a queue that is not in memory, so each page may be read as of its own time.

use std::{collections::BTreeSet, sync::Arc};

use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;
use wharf_store::{Range, Span, Store};

use crate::{
    core::{self, ChangeError},
    machine::{Message, Millis, Seq, seq_at},
    stored::{self, Drawer, MESSAGE, Unreadable},
};

/// Parts that a large queue is read in. There are more than are read at once, since not as much is sent at all times.
const SLICES: u64 = 16;
/// Parts that are read at once: after a start, others wait for the same cores.
const AT_ONCE: usize = 4;

/// What of a drawer's messages is kept in memory.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// In their order.
    pub messages: Vec<(Seq, Message)>,
    /// Ids of those that have parts.
    pub with_parts: BTreeSet<u128>,
}

/// The messages of a drawer.
///
/// # Errors
/// One of them cannot be read.
pub async fn messages(
    store: &Store,
    drawer: &Drawer,
    fifo: bool,
    now: Millis,
) -> Result<Loaded, ChangeError> {
    let mut first = Reading::new(drawer, fifo);
    let all = Range::prefix(&*first.prefix);
    let last = first.page(store, &all, None).await?;
    let mut loaded = first.loaded;
    let Some(last) = last else {
        return Ok(loaded);
    };
    let newest = newest(store, drawer, &last, now).await?;
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let slices = slices(drawer, &last, newest).map(|span| {
        let (store, mut reading) = (store.clone(), Reading::new(drawer, fifo));
        let (after, room) = (last.clone(), room.clone());
        // Who goes away before the queue is there is asked for no more: the next one begins anew.
        AbortOnDropHandle::new(tokio::spawn(async move {
            let _turn = room.acquire().await.map_err(ChangeError::other)?;
            reading.all(&store, &span, after).await?;
            Ok::<_, ChangeError>(reading.loaded)
        }))
    });
    let mut all = Vec::with_capacity(slices.len());
    for slice in slices {
        // It does not panic, and is aborted by nobody else: or the runtime is going down.
        let read = slice.await.map_err(ChangeError::other)?;
        all.push(read?);
    }
    let more = all.iter().map(|it| it.messages.len()).sum();
    loaded.messages.reserve_exact(more);
    all.into_iter().for_each(|it| loaded.add(it));
    Ok(loaded)
}

/// The number of the message that a key of a drawer is of. Behind what is no message no message is looked for twice.
fn number(drawer: &Drawer, key: &str) -> Seq {
    let number = key.strip_prefix(&*drawer.prefix(MESSAGE));
    number.and_then(Drawer::number).unwrap_or(Seq::MAX)
}

/// Behind all messages of a drawer, whatever their numbers: behind all digits.
fn end(drawer: &Drawer) -> String {
    format!("{}~", drawer.prefix(MESSAGE))
}

/// A number little behind that of the newest message, which may have been sent long ago, behind a key of the drawer's. Those
/// from a clock that was ahead do not count.
async fn newest(
    store: &Store,
    drawer: &Drawer,
    last: &str,
    now: Millis,
) -> Result<Seq, ChangeError> {
    let begun = number(drawer, last);
    let (mut there, mut behind) = (begun, seq_at(now).max(begun));
    // As exactly as the slices are to be alike.
    while behind - there > 1 + (there - begun) / SLICES {
        let middle = there + (behind - there) / 2;
        let range = Range::between(drawer.message(middle), end(drawer));
        let found = store.range(range.limit(1).keys_only()).await?;
        match found.entries.is_empty() {
            true => behind = middle,
            false => there = middle,
        }
    }
    Ok(behind)
}

/// What lies behind a key of a drawer's messages, in slices of the time from then until the newest was sent.
fn slices(drawer: &Drawer, last: &str, newest: Seq) -> [Span; SLICES as usize] {
    let begun = number(drawer, last);
    let width = newest.saturating_sub(begun) / SLICES;
    let bound = |slice: u64| drawer.message(begun.saturating_add(1 + width * slice));
    std::array::from_fn(|at| {
        let at = at as u64;
        let from = match at {
            0 => last.to_owned(),
            at => bound(at),
        };
        let to = match at + 1 {
            SLICES => end(drawer),
            next => bound(next),
        };
        Range::between(from, to)
    })
}

/// Messages as they are gone through.
struct Reading {
    prefix: String,
    fifo: bool,
    loaded: Loaded,
}

impl Reading {
    fn new(drawer: &Drawer, fifo: bool) -> Self {
        Self {
            prefix: drawer.prefix(MESSAGE),
            fifo,
            loaded: Loaded::default(),
        }
    }

    /// Takes up all of a span behind a key.
    async fn all(&mut self, store: &Store, span: &Span, after: String) -> Result<(), ChangeError> {
        let mut next = Some(after);
        while let Some(after) = next {
            next = self.page(store, span, Some(&after)).await?;
            // Others have their turn.
            tokio::task::yield_now().await;
        }
        Ok(())
    }

    /// Takes up some of a span behind a key; the key behind which there may be more.
    async fn page(
        &mut self,
        store: &Store,
        span: &Span,
        after: Option<&str>,
    ) -> Result<Option<String>, ChangeError> {
        let mut taken = Ok(());
        let take = |key: &str, value: &[u8]| {
            if taken.is_ok() {
                taken = self.take(key, value);
            }
        };
        let next = store.show(span, after, take).await?;
        taken.map_err(ChangeError::other)?;
        Ok(next)
    }

    fn take(&mut self, key: &str, value: &[u8]) -> Result<(), Unreadable> {
        let number = key.strip_prefix(&*self.prefix).and_then(Drawer::number);
        let Some(seq) = number else {
            return Ok(());
        };
        let (state, head) = stored::decode_ref(value)?;
        if head.parts > 0 {
            self.loaded.with_parts.insert(head.id);
        }
        let bytes = stored::bytes(value.len(), head.parts);
        let message = core::message(&state, head.id, bytes, head.group, self.fifo);
        self.loaded.messages.push((seq, message));
        Ok(())
    }
}

impl Loaded {
    fn add(&mut self, mut more: Self) {
        self.messages.append(&mut more.messages);
        self.with_parts.append(&mut more.with_parts);
    }
}

#[cfg(test)]
mod tests {
    use wharf_service::Place;
    use wharf_store::{StoreOptions, Txn};
    use wharf_testkit::PERMIT;

    use super::*;
    use crate::stored::{Head, State};

    const NOW: Millis = 1_800_000_000_000;

    fn head(id: u128, parts: u32) -> Head {
        Head {
            id,
            sender: "AIDA".to_owned(),
            group: Some(format!("g{}", id % 3)),
            dedup_id: None,
            source: None,
            key: Some("managed".to_owned()),
            parts,
        }
    }

    /// Sent so many milliseconds apart, beside those of other queues.
    async fn check(messages_sent: u64, apart: Millis, fifo: bool) {
        let store = Store::in_memory(StoreOptions::default());
        let place = Place::new("000000000000", "us-east-1");
        let drawer = Drawer::new(&place, "mine");
        let mut expected = Loaded::default();
        let mut txn = Txn::new();
        for other in ["mina", "minf"] {
            let value = stored::encode(State::default(), &head(1, 0), b"");
            txn = txn.put(Drawer::new(&place, other).message(7), value);
        }
        store.txn(&PERMIT, txn).await.unwrap();
        let numbers: Vec<u64> = (0..messages_sent).collect();
        for some in numbers.chunks(100) {
            let mut txn = Txn::new();
            for number in some {
                // The last is from a clock that was ahead.
                let seq = seq_at(NOW - (messages_sent - number - 1) * apart + apart / 2);
                let (id, parts) = (u128::from(*number), u32::from(number % 50 == 0));
                let state = State {
                    visible_at: *number,
                    receives: 1,
                    ..State::default()
                };
                let head = head(id, parts);
                let value = stored::encode(state, &head, b"content");
                let bytes = stored::bytes(value.len(), parts);
                let message = core::message(&state, id, bytes, head.group.as_deref(), fifo);
                expected.messages.push((seq, message));
                expected.with_parts.extend((parts > 0).then_some(id));
                txn = txn.put(drawer.message(seq), value);
            }
            store.txn(&PERMIT, txn).await.unwrap();
        }
        let loaded = messages(&store, &drawer, fifo, NOW).await.unwrap();
        assert!(loaded == expected, "{messages_sent} {apart}");
    }

    #[tokio::test]
    async fn each_message_is_read_once_and_in_order() {
        for (sent, apart) in [(0, 1), (1, 1), (511, 1), (512, 1), (513, 3), (3000, 7)] {
            check(sent, apart, sent % 2 == 0).await;
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_said() {
        let store = Store::in_memory(StoreOptions::default());
        let drawer = Drawer::new(&Place::new("000000000000", "us-east-1"), "mine");
        for number in 0..600 {
            let value = match number {
                590 => "damaged".into(),
                _ => stored::encode(State::default(), &head(1, 0), b""),
            };
            let key = drawer.message(number);
            store.put(&PERMIT, key, value).await.unwrap();
        }
        assert!(messages(&store, &drawer, false, NOW).await.is_err());
    }

    #[tokio::test]
    async fn what_was_sent_long_ago_is_cut_by_its_own_time() {
        let store = Store::in_memory(StoreOptions::default());
        let drawer = Drawer::new(&Place::new("000000000000", "us-east-1"), "mine");
        let first = seq_at(NOW - 86_400_000);
        for sent in [0, 1000, 2000] {
            let key = drawer.message(first + seq_at(sent));
            store.put(&PERMIT, key, "a message").await.unwrap();
        }
        let last = drawer.message(first);
        let found = newest(&store, &drawer, &last, NOW).await.unwrap();
        let sent = seq_at(2000);
        let expected = first + sent..=first + sent + sent / SLICES + 1;
        assert!(expected.contains(&found), "{}", found - first);
    }

    #[test]
    fn slices_lie_one_behind_the_other() {
        let drawer = Drawer::new(&Place::new("1", "r"), "d");
        let prefix = drawer.prefix(MESSAGE);
        for (last, now) in [
            (drawer.message(seq_at(5)), 1000),
            (drawer.message(seq_at(1000)), 5),
            (drawer.message(0), 0),
            (format!("{prefix}stray"), 1000),
        ] {
            let mut end = last.clone();
            for span in slices(&drawer, &last, seq_at(now)) {
                let Span::Between { from, to } = span else {
                    panic!("{span:?}")
                };
                assert_eq!(from, end);
                end = to;
            }
            assert_eq!(end, format!("{prefix}~"));
        }
    }
}
