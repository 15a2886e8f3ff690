//! Lines that services write into Logs of their own accord: performance events of Container Insights, logs of clusters of
//! Kubernetes. Whoever has something to say leaves it here and waits for nothing; a task writes it by the operations of Logs,
//! accounts in turns. What does not fit or is not taken is dropped, which the server's log tells.

#![forbid(unsafe_code)]

mod waiting;
mod written;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wharf_api_logs::Logs;
use wharf_base::{Clock, Permit};
use wharf_service::Place;

use self::waiting::Waiting;

/// A line, and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub group: String,
    pub stream: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub text: String,
}

/// Whose lines these are.
#[derive(Debug)]
pub struct Kind {
    /// For the server's log: `performance events`.
    pub name: &'static str,
    /// As whom Logs is asked: `ecs.amazonaws.com`.
    pub principal: &'static str,
    pub permit: Permit,
    /// Days that a group which is made here keeps its lines; for ever without.
    pub retention: Option<i32>,
}

/// Lines of one kind on their way into Logs.
pub struct Writer {
    kind: Kind,
    logs: Arc<dyn Logs>,
    clock: Arc<dyn Clock>,
    waiting: Waiting,
}

impl Writer {
    pub fn new(kind: Kind, logs: Arc<dyn Logs>, clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            waiting: Waiting::of(kind.name),
            kind,
            logs,
            clock,
        })
    }

    /// Leaves lines to be written.
    pub fn add(&self, place: &Place, lines: impl IntoIterator<Item = Line>) {
        self.waiting.add(place, lines);
    }

    /// Writes what comes, until `stop` and what is there by then.
    pub async fn run(&self, stop: CancellationToken) {
        self.waiting
            .run(stop, |place, lines| self.write(place, lines))
            .await;
    }
}
