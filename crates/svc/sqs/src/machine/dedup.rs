//! What a FIFO queue has accepted in the last five minutes, so that it does not accept it twice.

use std::collections::{HashMap, VecDeque};

use super::{Millis, Seq};

/// How long a deduplication id is remembered.
pub const WINDOW_MS: Millis = 5 * 60 * 1000;

/// The message that came first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Original {
    pub seq: Seq,
    pub id: u128,
    pub until: Millis,
}

/// By the name that tells duplicates: the deduplication id, in its group where that is the scope.
#[derive(Debug, Default)]
pub struct Dedup {
    known: HashMap<String, Original>,
    /// In the order in which they end.
    ends: VecDeque<(Millis, String)>,
}

impl Dedup {
    /// The message that this one would repeat.
    pub fn find(&self, name: &str, now: Millis) -> Option<Original> {
        self.known.get(name).copied().filter(|it| it.until > now)
    }

    pub fn remember(&mut self, name: String, original: Original) {
        self.ends.push_back((original.until, name.clone()));
        self.known.insert(name, original);
    }

    /// Forgets names whose window is over, at most `most`, and returns them.
    pub fn forget(&mut self, now: Millis, most: usize) -> Vec<String> {
        let mut gone = Vec::new();
        while gone.len() < most
            && let Some((until, _)) = self.ends.front()
            && *until <= now
        {
            let Some((until, name)) = self.ends.pop_front() else {
                break;
            };
            // It may have been sent again after its window, which began another.
            if self.known.get(&name).is_some_and(|it| it.until == until) {
                self.known.remove(&name);
                gone.push(name);
            }
        }
        gone
    }

    /// When the next window ends.
    pub fn next_end(&self) -> Option<Millis> {
        self.ends.front().map(|(until, _)| *until)
    }
}
