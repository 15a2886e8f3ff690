//! What receives of a FIFO queue got, by the id that their caller gave: the same one again within five minutes gets
//! the same messages, as long as none of them was deleted, given another timeout or received anew.
//! Kept in memory: after a restart the messages come back when their visibility timeout is over.

use std::collections::HashMap;

use crate::{machine::Millis, receipt::Receipt};

const WINDOW_MS: Millis = 5 * 60 * 1000;
/// Beyond it the oldest are forgotten.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub struct Attempts(HashMap<String, Attempt>);

#[derive(Debug)]
struct Attempt {
    until: Millis,
    visible_at: Millis,
    received: Vec<Receipt>,
}

impl Attempts {
    pub fn remember(
        &mut self,
        id: String,
        received: Vec<Receipt>,
        visible_at: Millis,
        now: Millis,
    ) {
        if self.0.len() >= MOST {
            self.0.retain(|_, it| it.until > now);
        }
        if self.0.len() >= MOST {
            // Some at a time: each look for them is at all.
            let mut ends: Vec<Millis> = self.0.values().map(|it| it.until).collect();
            let (_, oldest, _) = ends.select_nth_unstable(MOST / 10);
            let oldest = *oldest;
            self.0.retain(|_, it| it.until > oldest);
        }
        let until = now + WINDOW_MS;
        self.0.insert(
            id,
            Attempt {
                until,
                visible_at,
                received,
            },
        );
    }

    /// What the attempt got, and until when it holds it.
    pub fn find(&self, id: &str, now: Millis) -> Option<(&[Receipt], Millis)> {
        let found = self.0.get(id).filter(|it| it.until > now)?;
        Some((&found.received, found.visible_at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_first() {
        let mut attempts = Attempts::default();
        let most = MOST as Millis;
        for at in 0..=most {
            attempts.remember(at.to_string(), Vec::new(), at, at);
        }
        let now = most;
        assert!(attempts.find("0", now).is_none());
        for kept in [most / 10 + 1, most] {
            assert!(attempts.find(&kept.to_string(), now).is_some(), "{kept}");
        }
        assert!(attempts.0.len() <= MOST);
    }
}
