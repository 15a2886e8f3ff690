//! Streams that are taken forward step by step: one step of a stream at a time, so many at once, and in turns of their
//! accounts. Who has thousands of streams, or work that takes long, holds up nobody else.
//!
//! Inputs: what puts tell of, at start all streams that may have something to do. A step says what is left: nothing,
//! more, which goes behind the others, or something that waits for the next tick.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::{
    sync::Notify,
    task::{JoinError, JoinSet},
};
use tokio_util::sync::CancellationToken;
use wharf_records::Scope;
use wharf_wire::async_trait;

use crate::{records::Stream, turns::Turns};

/// A stream that something is to be done with.
#[derive(Debug, Clone)]
pub struct Followed {
    pub scope: Scope,
    pub group: String,
    pub stream: Stream,
}

/// What is left of a stream after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Left {
    Nothing,
    /// It is tried again later.
    Waits,
    More,
}

/// The streams that wait for their turns.
pub struct Line {
    turns: Mutex<Turns<Followed>>,
    news: Notify,
    at_once: usize,
}

/// What is done with streams.
#[async_trait]
pub trait Work: Clone + Send + Sync + 'static {
    fn line(&self) -> &Line;

    /// Takes a stream forward.
    async fn step(&self, followed: &Followed) -> Left;

    /// Adds all streams that may have something to do; whether they are known now.
    async fn add_all(&self) -> bool;

    /// Done at each tick.
    fn tick(&self) {}
}

/// A step that was made.
struct Step {
    account: String,
    name: String,
    followed: Followed,
    left: Left,
}

impl Line {
    /// For `at_once` streams at once, of which `share` are one account's.
    pub fn new(at_once: usize, share: usize) -> Self {
        Self {
            turns: Mutex::new(Turns::new(share)),
            news: Notify::new(),
            at_once,
        }
    }

    pub fn add(&self, followed: Followed) {
        let account = followed.scope.account.clone();
        let name = followed.stream.journal_name();
        self.turns.lock().add(&account, &name, followed);
    }

    /// The same for a stream that something came into.
    pub fn tell(&self, followed: Followed) {
        self.add(followed);
        self.news.notify_one();
    }

    fn begin(&self, work: &impl Work, running: &mut JoinSet<Step>) {
        while running.len() < self.at_once {
            let next = self.turns.lock().take();
            let Some((account, name, followed)) = next else {
                return;
            };
            let work = work.clone();
            running.spawn(async move {
                let left = work.step(&followed).await;
                Step {
                    account,
                    name,
                    followed,
                    left,
                }
            });
        }
    }

    /// What is to be looked at again later.
    fn finished(&self, step: Result<Step, JoinError>) -> Option<Followed> {
        let step = match step {
            Ok(step) => step,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            Err(_) => return None,
        };
        let (more, waits) = match step.left {
            Left::Nothing => (None, None),
            Left::More => (Some(step.followed), None),
            Left::Waits => (None, Some(step.followed)),
        };
        self.turns.lock().done(&step.account, &step.name, more);
        waits
    }
}

/// Works until told to stop; what waits is looked at again with each tick.
pub async fn run(work: impl Work, every: Duration, stop: CancellationToken) {
    let (mut running, mut held) = (JoinSet::new(), Vec::new());
    let mut tick = tokio::time::interval(every);
    let mut known = false;
    let line = work.line();
    loop {
        line.begin(&work, &mut running);
        tokio::select! {
            () = stop.cancelled() => break,
            () = line.news.notified() => {}
            Some(step) = running.join_next() => held.extend(line.finished(step)),
            _ = tick.tick() => {
                held.drain(..).for_each(|it| line.add(it));
                work.tick();
                known = known || work.add_all().await;
            }
        }
    }
    // Who stops waits for what is under way: it is not done again then.
    while running.join_next().await.is_some() {}
}

/// Works until nothing is left or all that is left waits.
pub async fn run_once(work: impl Work) {
    let (mut running, mut held) = (JoinSet::new(), Vec::new());
    let line = work.line();
    loop {
        line.begin(&work, &mut running);
        let Some(step) = running.join_next().await else {
            break;
        };
        held.extend(line.finished(step));
    }
    held.into_iter().for_each(|it| line.add(it));
}
