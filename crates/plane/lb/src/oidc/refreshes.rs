//! What came of refreshes, for those who come with the same session: a browser sends several requests at once, and a refresh token may be
//! good for one use. Bounded in number and time; pure.

use std::{
    collections::{HashMap, VecDeque},
    time::{Duration, Instant},
};

/// It is told for so long.
pub const SHARED_FOR: Duration = Duration::from_secs(30);
/// Refreshes that are remembered; the oldest goes for a new one.
pub const MOST: usize = 1024;

/// What tells one session from others.
pub type Name = [u8; 32];

/// Outcomes by session, those of one load balancer.
pub struct Refreshes<T> {
    by_name: HashMap<Name, (Instant, T)>,
    /// In the order in which they began. Names of those that were forgotten may be among them.
    began: VecDeque<(Instant, Name)>,
}

impl<T> Default for Refreshes<T> {
    fn default() -> Self {
        Self {
            by_name: HashMap::new(),
            began: VecDeque::new(),
        }
    }
}

impl<T: Clone> Refreshes<T> {
    pub fn get(&mut self, name: &Name, now: Instant) -> Option<T> {
        self.sweep(now);
        self.by_name.get(name).map(|(_, it)| it.clone())
    }

    pub fn insert(&mut self, name: Name, now: Instant, refresh: T) {
        while self.began.len() >= MOST {
            self.drop_oldest();
        }
        self.began.push_back((now, name));
        self.by_name.insert(name, (now, refresh));
    }

    /// What began then came to nothing, and may be tried again.
    pub fn forget(&mut self, name: &Name, began: Instant) {
        if self.by_name.get(name).is_some_and(|it| it.0 == began) {
            self.by_name.remove(name);
        }
    }

    /// Lets go of what is told no longer.
    pub fn sweep(&mut self, now: Instant) {
        let is_over = |began: &Instant| now.saturating_duration_since(*began) >= SHARED_FOR;
        while self.began.front().is_some_and(|it| is_over(&it.0)) {
            self.drop_oldest();
        }
    }

    pub fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    fn drop_oldest(&mut self) {
        if let Some((began, name)) = self.began.pop_front() {
            self.forget(&name, began);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: usize) -> Name {
        let mut name = [0; 32];
        name[..8].copy_from_slice(&number.to_be_bytes());
        name
    }

    #[test]
    fn what_is_over_goes_without_anybody_asking() {
        let start = Instant::now();
        let mut all = Refreshes::default();
        all.insert(name(1), start, "a");
        all.insert(name(2), start + SHARED_FOR / 2, "b");
        assert_eq!(all.get(&name(1), start + SHARED_FOR / 2), Some("a"));
        all.sweep(start + SHARED_FOR);
        assert_eq!((all.by_name.len(), all.began.len()), (1, 1));
        assert_eq!(all.get(&name(1), start + SHARED_FOR), None);
        assert_eq!(all.get(&name(2), start + SHARED_FOR), Some("b"));
        all.sweep(start + SHARED_FOR * 2);
        assert!(all.is_empty() && all.began.is_empty());
    }

    #[test]
    fn what_came_to_nothing_is_forgotten_and_nothing_else() {
        let start = Instant::now();
        let mut all = Refreshes::default();
        all.insert(name(1), start, "a");
        all.forget(&name(1), start);
        assert_eq!(all.get(&name(1), start), None);
        let later = start + Duration::from_secs(1);
        all.insert(name(1), later, "b");
        all.forget(&name(1), start);
        assert_eq!(all.get(&name(1), later), Some("b"));
        // Its first beginning is over before the second is.
        assert_eq!(all.get(&name(1), start + SHARED_FOR), Some("b"));
    }

    #[test]
    fn a_flood_takes_a_bounded_room() {
        let start = Instant::now();
        let mut all = Refreshes::default();
        for number in 0..3 * MOST {
            all.insert(name(number), start, number);
            if number % 2 == 0 {
                all.forget(&name(number), start);
            }
        }
        assert!(all.by_name.len() <= MOST && all.began.len() == MOST);
        assert_eq!(all.get(&name(3 * MOST - 1), start), Some(3 * MOST - 1));
    }
}
