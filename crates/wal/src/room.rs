//! Room of the queue before the writer. Callers beyond it wait, and those of one lane have half of it at most, so that
//! however many of them there are, others find room.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};

/// In KiB of requests.
const QUEUE_KIB: usize = 16 << 10;
const LANE_KIB: usize = QUEUE_KIB / 2;
/// What one lane may have waiting. Nobody asks for as much at once: it would be waited for without end.
pub const LANE_BYTES: usize = LANE_KIB << 10;
/// Lanes that are remembered before those are looked for of which nothing waits.
const LANES: usize = 256;

/// What there is for all lanes together, and of it for each.
#[derive(Debug)]
pub struct Room {
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
pub struct Taken {
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
    /// Waits for room for so many bytes, fewer than [`LANE_BYTES`]. The lane comes back as all who wait in it have it.
    pub async fn take(&self, lane: &str, bytes: usize) -> Result<(Arc<str>, Taken), AcquireError> {
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(u32::MAX);
        let (lane, share) = self.lanes.lock().share(lane);
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

    #[tokio::test]
    async fn who_has_much_waiting_leaves_room_for_others() {
        let room = Room::default();
        let most = LANE_BYTES - 1;
        let held = room.take("loud", most).await.unwrap();
        let more = room.take("loud", 1);
        assert!(timeout(AT_ONCE, more).await.is_err());
        let other = room.take("quiet", most).await.unwrap();
        let third = room.take("third", 1);
        assert!(timeout(AT_ONCE, third).await.is_err());
        drop(held);
        room.take("loud", most).await.unwrap();
        drop(other);
    }

    #[tokio::test]
    async fn lanes_of_which_nothing_waits_are_forgotten() {
        let room = Room::default();
        let held = room.take("held", 1).await.unwrap();
        for it in 0..4 * LANES {
            room.take(&it.to_string(), 1).await.unwrap();
        }
        let lanes = room.lanes.lock();
        assert!(lanes.shares.len() <= LANES && lanes.shares.contains_key("held"));
        drop(held);
    }
}
