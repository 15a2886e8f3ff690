//! Keys that wait for a worker. Each is in a lane, and lanes take turns: a lane with many keys puts one of them before the next
//! key of each other lane, and no more. Pure.

use std::collections::{HashMap, VecDeque};

use tokio::time::Instant;

/// The lane that a key is in.
pub type LaneOf<K> = fn(&K) -> String;

#[derive(Debug)]
pub struct Ready<K> {
    lane_of: LaneOf<K>,
    /// With the moment since which each key waits. None is empty.
    lanes: HashMap<String, VecDeque<(K, Instant)>>,
    /// The lanes, the one whose turn is next first.
    turns: VecDeque<String>,
    len: usize,
}

impl<K> Ready<K> {
    pub fn new(lane_of: LaneOf<K>) -> Self {
        Self {
            lane_of,
            lanes: HashMap::new(),
            turns: VecDeque::new(),
            len: 0,
        }
    }

    pub fn push(&mut self, key: K, since: Instant) {
        let lane = (self.lane_of)(&key);
        self.len += 1;
        if let Some(keys) = self.lanes.get_mut(&lane) {
            keys.push_back((key, since));
            return;
        }
        self.turns.push_back(lane.clone());
        self.lanes.insert(lane, VecDeque::from([(key, since)]));
    }

    pub fn pop(&mut self) -> Option<K> {
        let lane = self.turns.pop_front()?;
        let keys = self.lanes.get_mut(&lane)?;
        let (key, _) = keys.pop_front()?;
        self.len -= 1;
        if keys.is_empty() {
            self.lanes.remove(&lane);
        } else {
            self.turns.push_back(lane);
        }
        Some(key)
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Since when the one waits that has waited longest.
    pub fn since(&self) -> Option<Instant> {
        let firsts = self.lanes.values().filter_map(VecDeque::front);
        firsts.map(|(_, since)| *since).min()
    }
}
