//! Room of the queue before the writer. Callers beyond it wait, and those of one lane have half of it at most, so that
//! however many of them there are, others find room.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

use crate::{MAX_APPEND_BYTES, MAX_APPEND_RECORDS};

/// In KiB of records.
const QUEUE_KIB: usize = 16 << 10;
const LANE_KIB: usize = QUEUE_KIB / 2;
// More than there is would be waited for without end.
const _: () = assert!((MAX_APPEND_BYTES + 8 * MAX_APPEND_RECORDS) / 1024 < LANE_KIB);
/// Lanes that are remembered before those are looked for of which nothing waits.
const LANES: usize = 256;

/// Which streams take turns as one: those with the same first two parts of their names, an account's audit log or the
/// streams of a log group.
pub(crate) fn lane_of(stream: &str) -> &str {
    let mut slashes = stream.match_indices('/').map(|(at, _)| at);
    slashes.nth(1).map_or(stream, |at| &stream[..at])
}

#[derive(Debug)]
pub(crate) struct Room {
    whole: Arc<Semaphore>,
    lanes: Mutex<Lanes>,
}

#[derive(Debug, Default)]
struct Lanes {
    shares: HashMap<Arc<str>, Arc<Semaphore>>,
    /// How many there may be before it is looked again.
    most: usize,
}

/// Part of the room, until it is dropped.
#[derive(Debug)]
pub(crate) struct Taken {
    _of_lane: OwnedSemaphorePermit,
    _of_whole: OwnedSemaphorePermit,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            whole: Arc::new(Semaphore::new(QUEUE_KIB)),
            lanes: Mutex::default(),
        }
    }
}

impl Room {
    /// Waits for room for so many bytes.
    pub(crate) async fn take(
        &self,
        stream: &str,
        bytes: usize,
    ) -> Result<(Arc<str>, Taken), AcquireError> {
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX);
        let (lane, share) = self.lanes.lock().share(lane_of(stream));
        let taken = Taken {
            _of_lane: share.acquire_many_owned(kib).await?,
            _of_whole: Arc::clone(&self.whole).acquire_many_owned(kib).await?,
        };
        Ok((lane, taken))
    }
}

impl Lanes {
    fn share(&mut self, lane: &str) -> (Arc<str>, Arc<Semaphore>) {
        if let Some((name, share)) = self.shares.get_key_value(lane) {
            return (Arc::clone(name), Arc::clone(share));
        }
        if self.shares.len() >= self.most {
            // Whoever waits or has room holds one too.
            self.shares.retain(|_, share| Arc::strong_count(share) > 1);
            self.most = LANES.max(2 * self.shares.len());
        }
        let (name, share) = (Arc::from(lane), Arc::new(Semaphore::new(LANE_KIB)));
        self.shares.insert(Arc::clone(&name), Arc::clone(&share));
        (name, share)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    const AT_ONCE: Duration = Duration::ZERO;

    #[test]
    fn a_lane_is_two_parts_of_a_name() {
        for (stream, lane) in [
            ("logs/g1/s1", "logs/g1"),
            ("logs/g1/s2/x", "logs/g1"),
            (
                "cloudtrail/000000000001/us-east-1",
                "cloudtrail/000000000001",
            ),
            ("s3/pack", "s3/pack"),
            ("one", "one"),
            ("", ""),
        ] {
            assert_eq!(lane_of(stream), lane);
        }
    }

    #[tokio::test]
    async fn who_has_much_waiting_leaves_room_for_others() {
        let room = Room::default();
        let most = LANE_KIB * 1024 - 1;
        let held = room.take("loud/a/1", most).await.unwrap();
        let more = room.take("loud/a/2", 1);
        assert!(timeout(AT_ONCE, more).await.is_err());
        let other = room.take("quiet/a/1", most).await.unwrap();
        let third = room.take("third/a/1", 1);
        assert!(timeout(AT_ONCE, third).await.is_err());
        drop(held);
        room.take("loud/a/2", most).await.unwrap();
        drop(other);
    }

    #[tokio::test]
    async fn lanes_of_which_nothing_waits_are_forgotten() {
        let room = Room::default();
        let held = room.take("held/a", 1).await.unwrap();
        for it in 0..4 * LANES {
            room.take(&format!("s/{it}"), 1).await.unwrap();
        }
        let lanes = room.lanes.lock();
        assert!(lanes.shares.len() <= LANES && lanes.shares.contains_key("held/a"));
        drop(held);
    }
}
