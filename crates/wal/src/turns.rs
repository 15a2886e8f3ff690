//! Whose requests share the next frame. One frame is under way at a time and all wait for its sync, so what a request waits
//! for is bounded by the bytes of a frame: that of the one under way and that of its own.
//!
//! Requests stand in lanes, in each in the order in which they came. A lane that had nothing waiting and comes with little
//! is served first, so that who asks seldom goes with the next frame however much others have waiting. Behind those, lanes
//! take turns by bytes (deficit round robin); half of each frame is theirs, so that many who come with little do not keep
//! one lane with much from its turn. Pure.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// What of one lane goes before another has its turn.
const TURN_BYTES: usize = 64 << 10;

/// How much goes into one frame.
#[derive(Debug, Clone, Copy)]
pub struct GroupLimits {
    pub requests: usize,
    /// Beyond these no lane has its turn: a group has at most these and one request, or a turn, more.
    pub bytes: usize,
}

impl GroupLimits {
    fn half(self) -> Self {
        Self {
            requests: self.requests / 2,
            bytes: self.bytes / 2,
        }
    }
}

/// Requests that wait.
#[derive(Debug)]
pub struct Turns<T> {
    limits: GroupLimits,
    lanes: HashMap<Arc<str>, Lane<T>>,
    /// Those that had nothing waiting when their first request came, by its time.
    fresh: VecDeque<Arc<str>>,
    /// All others, by their turn.
    others: VecDeque<Arc<str>>,
}

#[derive(Debug)]
struct Lane<T> {
    /// Each with its bytes.
    waiting: VecDeque<(T, usize)>,
    /// Bytes that may go now.
    allowed: usize,
}

/// Requests that go together.
struct Group<T> {
    requests: Vec<T>,
    bytes: usize,
}

impl<T> Turns<T> {
    pub fn new(limits: GroupLimits) -> Self {
        Self {
            limits,
            lanes: HashMap::new(),
            fresh: VecDeque::new(),
            others: VecDeque::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.lanes.is_empty()
    }

    /// A request comes, behind all others of its lane.
    pub fn push(&mut self, lane: &str, request: T, bytes: usize) {
        if let Some(lane) = self.lanes.get_mut(lane) {
            lane.waiting.push_back((request, bytes));
            return;
        }
        let name: Arc<str> = lane.into();
        let lane = Lane {
            waiting: VecDeque::from([(request, bytes)]),
            allowed: TURN_BYTES,
        };
        let order = match bytes <= TURN_BYTES {
            true => &mut self.fresh,
            false => &mut self.others,
        };
        order.push_back(Arc::clone(&name));
        self.lanes.insert(name, lane);
    }

    /// The requests that go next; none if none wait.
    pub fn group(&mut self) -> Vec<T> {
        let mut group = Group {
            requests: Vec::new(),
            bytes: 0,
        };
        let of_fresh = match self.others.is_empty() {
            true => self.limits,
            false => self.limits.half(),
        };
        self.take_fresh(&mut group, of_fresh);
        let fresh = group.requests.len();
        // One of them at least, if what came before is many requests.
        while (group.is_within(self.limits) || group.requests.len() == fresh)
            && let Some(name) = self.others.pop_front()
        {
            if let Some(lane) = self.lanes.get_mut(&name) {
                lane.allow();
            }
            self.take_from(name, &mut group);
        }
        self.take_fresh(&mut group, self.limits);
        group.requests
    }

    fn take_fresh(&mut self, group: &mut Group<T>, limits: GroupLimits) {
        while group.is_within(limits)
            && let Some(name) = self.fresh.pop_front()
        {
            self.take_from(name, group);
        }
    }

    /// What may go of a lane goes, so that none loses a part of its turn; what is left waits for its next.
    fn take_from(&mut self, name: Arc<str>, group: &mut Group<T>) {
        let Some(lane) = self.lanes.get_mut(&name) else {
            return;
        };
        while let Some((request, bytes)) = lane.waiting.pop_front_if(|(_, it)| *it <= lane.allowed)
        {
            lane.allowed -= bytes;
            group.bytes += bytes;
            group.requests.push(request);
        }
        if lane.waiting.is_empty() {
            self.lanes.remove(&name);
        } else {
            self.others.push_back(name);
        }
    }
}

impl<T> Lane<T> {
    /// Its turn has come: more may go, though no more than a large request needs is saved up.
    fn allow(&mut self) {
        let first = self.waiting.front().map_or(0, |(_, bytes)| *bytes);
        self.allowed = (self.allowed + TURN_BYTES).min(first.max(TURN_BYTES));
    }
}

impl<T> Group<T> {
    fn is_within(&self, limits: GroupLimits) -> bool {
        self.requests.len() < limits.requests && self.bytes < limits.bytes
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: usize = 1 << 20;
    const LIMITS: GroupLimits = GroupLimits {
        requests: 100,
        bytes: MIB,
    };

    #[test]
    fn little_goes_with_the_next_frame_whatever_else_waits() {
        let mut turns = Turns::new(LIMITS);
        for lane in ["loud", "louder"] {
            (0..8).for_each(|_| turns.push(lane, lane, MIB));
        }
        turns.push("quiet", "quiet", 500);
        assert_eq!(turns.group(), ["quiet", "loud"]);
        turns.push("quiet", "quiet", 500);
        turns.push("another", "another", 500);
        assert_eq!(turns.group(), ["quiet", "another", "louder"]);
        assert_eq!(turns.group(), ["loud"]);
    }

    #[test]
    fn many_small_requests_are_no_little() {
        let mut turns = Turns::new(LIMITS);
        (0..1000).for_each(|_| turns.push("loud", "loud", 16 << 10));
        assert_eq!(turns.group().len(), 64);
        turns.push("quiet", "quiet", 500);
        assert_eq!(turns.group()[0], "quiet");
        turns.push("slow", "slow", 300 << 10);
        let group = turns.group();
        assert!(group.contains(&"slow") && group.contains(&"loud"));
    }

    #[test]
    fn those_who_come_with_little_do_not_starve_the_others() {
        let limits = GroupLimits {
            requests: 4,
            bytes: MIB,
        };
        let mut turns = Turns::new(limits);
        turns.push("large", "large", MIB);
        for lane in ["a", "b", "c"] {
            turns.push(lane, lane, 10);
        }
        assert_eq!(turns.group(), ["a", "b", "large"]);
        assert_eq!(turns.group(), ["c"]);
        assert!(turns.is_empty() && turns.group().is_empty());
    }

    /// Lanes that come again as soon as they were served, enough of them for more than a frame each time.
    #[test]
    fn many_who_ask_again_at_once_leave_a_lane_with_much_its_turns() {
        let mut turns = Turns::new(LIMITS);
        let lanes: Vec<String> = (0..48).map(|it| it.to_string()).collect();
        for lane in &lanes {
            turns.push(lane, lane.as_str(), TURN_BYTES);
        }
        (0..256).for_each(|_| turns.push("much", "much", 1 << 10));
        let mut frames = 0;
        while turns.lanes.contains_key("much") {
            let group = turns.group();
            let again = group.into_iter().filter(|it| *it != "much");
            again.for_each(|lane| turns.push(lane, lane, TURN_BYTES));
            frames += 1;
        }
        // Three go by before its first turn, which it has with the next; the rest has room in the half of one.
        assert_eq!(frames, 5);
    }

    #[test]
    fn a_frame_without_others_is_whole_for_who_comes_with_little() {
        let mut turns = Turns::new(LIMITS);
        let lanes: Vec<String> = (0..20).map(|it| it.to_string()).collect();
        for lane in &lanes {
            turns.push(lane, lane.as_str(), TURN_BYTES);
        }
        assert_eq!(turns.group().len(), 16);
        turns.push("large", "large", TURN_BYTES + 1);
        assert_eq!(turns.group(), ["16", "17", "18", "19", "large"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]
        #[test]
        fn all_go_in_the_order_of_their_lane_and_none_waits_behind_many_bytes(
            steps in prop::collection::vec((0_usize..4, prop_oneof![0_usize..2000, 0..3 * MIB], any::<bool>()), 0..80),
        ) {
            let mut turns = Turns::new(LIMITS);
            let (mut pushed, mut gone) = (vec![Vec::new(); 4], vec![Vec::new(); 4]);
            let mut go = |turns: &mut Turns<(usize, usize, usize)>| {
                let group = turns.group();
                let all: usize = group.iter().map(|it| it.2).sum();
                assert!(all <= MIB + 3 * MIB + TURN_BYTES);
                group.iter().for_each(|(lane, number, _)| gone[*lane].push(*number));
                group.len()
            };
            for (number, (lane, bytes, goes)) in steps.into_iter().enumerate() {
                turns.push(&lane.to_string(), (lane, number, bytes), bytes);
                pushed[lane].push(number);
                if goes {
                    prop_assert!(go(&mut turns) > 0);
                }
            }
            while !turns.is_empty() {
                prop_assert!(go(&mut turns) > 0);
            }
            prop_assert_eq!(pushed, gone);
        }
    }
}
