//! Frames on their way to one end of a session, bounded.

use std::collections::VecDeque;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

/// What waits for an end that is slow or not there, in bytes.
const MAX_BYTES: usize = 256 << 10;

#[derive(Debug, Default)]
pub struct Lane {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Vec<u8>>,
    bytes: usize,
    /// Somebody takes frames out.
    attended: bool,
}

impl Lane {
    /// Puts a frame in. A full lane makes the sender wait if somebody empties it, else the frame is
    /// forgotten: its sender repeats it until it is acknowledged.
    pub async fn push(&self, frame: Vec<u8>) {
        loop {
            let changed = self.changed.notified();
            let room = {
                let state = self.lock();
                match state.bytes + frame.len() <= MAX_BYTES {
                    true => true,
                    false if state.attended => false,
                    false => return,
                }
            };
            if room {
                return self.force(frame);
            }
            changed.await;
        }
    }

    /// Puts a frame in, full or not: for the few that the server itself sends.
    pub fn force(&self, frame: Vec<u8>) {
        let mut state = self.lock();
        state.bytes += frame.len();
        state.frames.push_back(frame);
        drop(state);
        self.changed.notify_waiters();
    }

    /// The next frame; waits for one. Dropping the future loses nothing.
    pub async fn pop(&self) -> Vec<u8> {
        loop {
            let changed = self.changed.notified();
            if let Some(frame) = self.try_pop() {
                return frame;
            }
            changed.await;
        }
    }

    pub fn try_pop(&self) -> Option<Vec<u8>> {
        let mut state = self.lock();
        let frame = state.frames.pop_front()?;
        state.bytes -= frame.len();
        drop(state);
        self.changed.notify_waiters();
        Some(frame)
    }

    pub fn set_attended(&self, attended: bool) {
        self.lock().attended = attended;
        self.changed.notify_waiters();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_lane_nobody_attends_forgets_and_another_waits() {
        let lane = Lane::default();
        lane.push(vec![0; MAX_BYTES]).await;
        lane.push(vec![1]).await;
        lane.set_attended(true);
        let waiting = lane.push(vec![2]);
        tokio::pin!(waiting);
        let early = std::time::Duration::from_millis(10);
        assert!(tokio::time::timeout(early, &mut waiting).await.is_err());
        assert_eq!(lane.pop().await.len(), MAX_BYTES);
        waiting.await;
        assert_eq!(lane.pop().await, [2]);
        assert_eq!(lane.try_pop(), None);
    }
}
