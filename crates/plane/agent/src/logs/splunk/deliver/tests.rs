//! A spool in memory, and a collector that takes some of what it is sent.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::StatusCode;
use parking_lot::Mutex;

use super::*;
use crate::logs::{
    assemble::Record,
    gather::{Chunk, SourceError},
    splunk::{NotTaken, event::Format},
};

/// Lines of a container that has ended; what is committed outlives the readers.
struct Lines {
    committed: Arc<Mutex<u64>>,
    at: u64,
    count: u64,
}

fn lines(committed: &Arc<Mutex<u64>>, count: u64) -> Lines {
    Lines {
        at: *committed.lock(),
        committed: committed.clone(),
        count,
    }
}

#[async_trait]
impl LogSource for Lines {
    async fn next(&mut self, most: usize) -> Result<Chunk, SourceError> {
        let end = self.count.min(self.at + most as u64);
        let record = |n: u64| Record {
            stderr: false,
            partial: false,
            at: 0,
            line: Bytes::from(n.to_string()),
        };
        let records = (self.at..end).map(record).collect();
        self.at = end;
        Ok(Chunk {
            records,
            next: end,
            ended: end == self.count,
            lost_bytes: 0,
        })
    }

    async fn commit(&mut self, delivered: u64) -> Result<(), SourceError> {
        *self.committed.lock() = delivered;
        Ok(())
    }
}

/// What becomes of the next requests; further ones are taken.
#[derive(Default)]
struct Taking {
    script: Mutex<Vec<Next>>,
    taken: Mutex<Vec<String>>,
}

#[derive(Clone, Copy)]
enum Next {
    Answer(u16, i64),
    /// Taken, but the agent dies before it hears of it.
    Death,
}

impl Taking {
    fn of(script: &[Next]) -> Self {
        Self {
            script: Mutex::new(script.iter().rev().copied().collect()),
            taken: Mutex::default(),
        }
    }
}

#[async_trait]
impl Collector for Taking {
    async fn take(&self, body: &[u8]) -> Result<(), NotTaken> {
        let next = self.script.lock().pop();
        if let Some(Next::Answer(status, code)) = next {
            let status = StatusCode::from_u16(status).unwrap();
            return Err(NotTaken::Refused { status, code });
        }
        let read = serde_json::Deserializer::from_slice(body).into_iter::<serde_json::Value>();
        let events = read.map(|it| it.unwrap()["event"].as_str().unwrap().to_owned());
        self.taken.lock().extend(events);
        match next {
            Some(_) => std::future::pending().await,
            None => Ok(()),
        }
    }
}

fn frame() -> Frame {
    Frame {
        host: String::new(),
        source: None,
        sourcetype: None,
        index: None,
        format: Format::Raw,
        tag: String::new(),
    }
}

async fn run(source: Lines, to: &Taking) -> bool {
    let frame = frame();
    let delivery = Delivery {
        source,
        frame: &frame,
        log: "log",
    };
    delivery.run(to).await
}

fn numbers(range: std::ops::Range<u64>) -> Vec<String> {
    range.map(|n| n.to_string()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_outage_and_a_refused_token_lose_nothing() {
    let committed = Arc::default();
    let to = Taking::of(&[
        Next::Answer(503, 9),
        Next::Answer(403, 4),
        Next::Answer(400, 7),
    ]);
    assert!(run(lines(&committed, 2_500), &to).await);
    assert_eq!(*to.taken.lock(), numbers(0..2_500));
    assert_eq!(*committed.lock(), 2_500);
}

#[tokio::test(start_paused = true)]
async fn what_the_collector_calls_no_events_is_passed_over() {
    let committed = Arc::default();
    let to = Taking::of(&[Next::Answer(400, 6)]);
    assert!(run(lines(&committed, 1_500), &to).await);
    assert_eq!(*to.taken.lock(), numbers(1_000..1_500));
}

#[tokio::test(start_paused = true)]
async fn the_last_lines_are_given_up_in_the_end() {
    let committed = Arc::default();
    let to = Taking::of(&[Next::Answer(403, 4); 1_000]);
    let began = Instant::now();
    assert!(run(lines(&committed, 10), &to).await);
    assert!(began.elapsed() >= GIVE_UP_AFTER);
    assert_eq!((to.taken.lock().len(), *committed.lock()), (0, 10));
}

#[tokio::test(start_paused = true)]
async fn a_killed_agent_loses_nothing_and_sends_one_batch_twice_at_most() {
    let committed = Arc::default();
    let to = Taking::of(&[Next::Death]);
    let first = run(lines(&committed, 1_500), &to);
    let died = tokio::time::timeout(Duration::from_secs(60), first).await;
    assert!(died.is_err());
    assert!(run(lines(&committed, 1_500), &to).await);
    let mut expected = numbers(0..1_000);
    expected.extend(numbers(0..1_500));
    assert_eq!(*to.taken.lock(), expected);
}
