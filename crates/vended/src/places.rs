//! How far work has come that is counted as it goes, between its counts and its own record of that: the two cannot be
//! written at once. So a place is written down with the counts up to it, and whoever does the work again after a kill
//! asks for it, and goes on behind it.

use std::collections::BTreeMap;

/// Works of one shard that are between their counts and their records. One on top is counted again if it is done again;
/// they are few, but for those that processes left behind whose work was deleted.
const MOST: usize = 10_000;

/// By the name of the work.
#[derive(Debug, Default)]
pub struct Places(BTreeMap<String, u64>);

impl Places {
    pub fn of(&self, work: &str) -> Option<u64> {
        self.0.get(work).copied()
    }

    pub fn reach(&mut self, work: &str, place: u64) {
        if let Some(known) = self.0.get_mut(work) {
            *known = place;
            return;
        }
        if self.0.len() >= MOST {
            self.0.pop_first();
        }
        self.0.insert(work.to_owned(), place);
    }

    /// The work has its own record. Whether it was known.
    pub fn forget(&mut self, work: &str) -> bool {
        self.0.remove(work).is_some()
    }

    pub fn all(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(work, place)| (work.as_str(), *place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_so_many_are_known() {
        let mut places = Places::default();
        for number in 0..=MOST {
            places.reach(&format!("{number:08}"), 1);
        }
        assert_eq!(places.all().count(), MOST);
        assert_eq!(places.of("00000000"), None);
        places.reach("00000001", 7);
        assert_eq!(places.of("00000001"), Some(7));
        assert!(places.forget("00000001"));
        assert!(!places.forget("00000001"));
    }
}
