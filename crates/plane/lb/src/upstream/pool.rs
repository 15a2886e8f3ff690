//! Idle connections to targets, kept by the worker that made them.

use std::{cell::RefCell, collections::HashMap, task::Context};

use super::Connection;
use crate::clock;

/// Idle for longer, a connection is closed by us before most servers would (Node and uvicorn close
/// after 5 s): the fewer die under a request, the better. Busy connections never get that old.
const KEEP_MS: u64 = 4000;
/// At most, also if the target names a longer time.
const KEEP_MOST_MS: u64 = 55_000;
/// Connections a target may have lying idle on one worker.
const IDLE_MOST: usize = 512;

/// Idle connections by target.
#[expect(
    clippy::vec_box,
    reason = "connections go in and out with every request, as pointers"
)]
#[derive(Debug, Default)]
pub struct Pool(RefCell<HashMap<u64, Vec<Box<Connection>>>>);

impl Pool {
    /// The connection used last that still seems to be open. With `sure` the kernel is asked: for
    /// requests that could not be sent again.
    pub fn take(&self, target: u64, sure: bool, cx: &mut Context<'_>) -> Option<Box<Connection>> {
        let mut idle = self.0.borrow_mut();
        let connections = idle.get_mut(&target)?;
        while let Some(mut connection) = connections.pop() {
            let stale = connection.is_stale(cx) || (sure && connection.is_stale_now());
            if !stale {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection whose response was read to its end. `announced_ms` is for how long the
    /// target said to keep it open.
    pub fn put(&self, mut connection: Box<Connection>, announced_ms: Option<u64>) {
        if connection.target.is_draining() {
            return;
        }
        connection.keep_ms = match announced_ms {
            // Be sure to close first.
            Some(announced_ms) => announced_ms.saturating_sub(1000).min(KEEP_MOST_MS),
            None => KEEP_MS,
        };
        if connection.keep_ms == 0 {
            return;
        }
        connection.rest();
        connection.idle_since_ms = clock::coarse_ms();
        let mut idle = self.0.borrow_mut();
        let connections = idle.entry(connection.target.number).or_default();
        if connections.len() < IDLE_MOST {
            connections.push(connection);
        }
    }

    /// Closes those that have been idle for too long or whose target gets no more requests. Whether any is left.
    pub fn sweep(&self, now_ms: u64) -> bool {
        let mut all = self.0.borrow_mut();
        all.retain(|_, connections| {
            connections.retain(|it| {
                !it.target.is_draining() && now_ms.saturating_sub(it.idle_since_ms) < it.keep_ms
            });
            !connections.is_empty()
        });
        !all.is_empty()
    }

    /// Closes all.
    pub fn clear(&self) {
        self.0.borrow_mut().clear();
    }
}
