//! Reports that wait until the control plane has said that it keeps them.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};
use wharf_planeproto::{
    measured::Minute,
    wire::{self, Frames, ToServer},
};

/// Bytes of all that wait, as they are sent.
const MOST_BYTES: usize = 16 << 20;
/// One that is not answered is sent again after so long: the control plane could not keep it then.
const AGAIN: Duration = Duration::from_secs(10);

/// In the order in which they came to be.
#[derive(Debug, Default)]
pub struct Waiting {
    queue: Mutex<Queue>,
    more: Notify,
    /// How many wait.
    left: watch::Sender<usize>,
}

#[derive(Debug, Default)]
struct Queue {
    number: u64,
    bytes: usize,
    frames: VecDeque<(u64, Bytes)>,
}

/// The report that a connection has sent and that is not answered.
#[derive(Debug, Default)]
pub struct Asked(Option<(u64, Instant)>);

impl Waiting {
    /// Adds one; the oldest go if they are too many.
    pub fn put(&self, minute: Minute) {
        let mut queue = self.queue.lock();
        queue.number += 1;
        let (number, start) = (queue.number, minute.start);
        let frame = match wire::encode(&ToServer::Measured { number, minute }) {
            Ok(frame) => frame,
            Err(error) => {
                tracing::error!(%error, start, "failed to encode a report of what load balancers measured; it is dropped");
                return;
            }
        };
        queue.bytes += frame.len();
        queue.frames.push_back((number, frame));
        while queue.bytes > MOST_BYTES && queue.frames.len() > 1 {
            let Some((_, gone)) = queue.frames.pop_front() else {
                break;
            };
            queue.bytes -= gone.len();
            tracing::warn!(
                "sending a report of what load balancers measured timed out; it is dropped"
            );
        }
        self.left.send_replace(queue.frames.len());
        drop(queue);
        self.more.notify_one();
    }

    /// The control plane keeps it.
    pub fn kept(&self, number: u64) {
        let mut queue = self.queue.lock();
        queue.frames.retain(|it| it.0 != number);
        queue.bytes = queue.frames.iter().map(|it| it.1.len()).sum();
        self.left.send_replace(queue.frames.len());
    }

    /// The one to send now, if any: one at a time, so that they arrive in order.
    pub fn due(&self, asked: &mut Asked) -> Option<Bytes> {
        let queue = self.queue.lock();
        let (number, frame) = queue.frames.front()?;
        let waits = |(sent, at): (u64, Instant)| sent == *number && at.elapsed() < AGAIN;
        if asked.0.is_some_and(waits) {
            return None;
        }
        asked.0 = Some((*number, Instant::now()));
        Some(frame.clone())
    }

    /// Those that wait.
    pub fn all(&self) -> Vec<Minute> {
        let queue = self.queue.lock();
        let reports = queue.frames.iter();
        let minutes = reports.filter_map(|(_, frame)| {
            let mut frames = Frames::default();
            frames.push(frame);
            match frames.pop() {
                Ok(Some(ToServer::Measured { minute, .. })) => Some(minute),
                _ => None,
            }
        });
        minutes.collect()
    }

    /// Until another came; sometimes too early.
    pub async fn more(&self) {
        self.more.notified().await;
    }

    /// Until none waits.
    pub async fn empty(&self) {
        // The sender is this.
        let _ = self.left.subscribe().wait_for(|left| *left == 0).await;
    }
}

#[cfg(test)]
mod tests {
    use wharf_planeproto::measured::{BalancerRow, Row};

    use super::*;

    fn minute(start: i64, name_bytes: usize) -> Minute {
        Minute {
            run: 1,
            start,
            part: 0,
            rows: vec![Row::Balancer(BalancerRow {
                arn: "x".repeat(name_bytes),
                ..BalancerRow::default()
            })],
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_is_sent_at_a_time_and_again_if_it_is_not_answered() {
        let (waiting, mut asked) = (Waiting::default(), Asked::default());
        assert!(waiting.due(&mut asked).is_none());
        for start in [0, 60] {
            waiting.put(minute(start, 1));
        }
        let first = waiting.due(&mut asked).unwrap();
        assert!(waiting.due(&mut asked).is_none());
        tokio::time::advance(AGAIN).await;
        assert_eq!(waiting.due(&mut asked).unwrap(), first);
        assert_eq!(waiting.all(), [minute(0, 1), minute(60, 1)]);
        waiting.kept(1);
        let second = waiting.due(&mut asked).unwrap();
        assert_ne!(second, first);
        assert_eq!(waiting.due(&mut Asked::default()).unwrap(), second);
        waiting.kept(1);
        waiting.kept(2);
        waiting.empty().await;
        assert!(waiting.due(&mut asked).is_none());
    }

    #[test]
    fn the_oldest_go_first() {
        let waiting = Waiting::default();
        for start in 0..20 {
            waiting.put(minute(start * 60, 1 << 20));
        }
        let queue = waiting.queue.lock();
        assert!(queue.bytes <= MOST_BYTES);
        assert_eq!(queue.frames.back().unwrap().0, 20);
        assert_eq!(queue.frames.len(), 15);
    }
}
