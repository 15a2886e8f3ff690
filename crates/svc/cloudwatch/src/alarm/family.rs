//! Which composite alarms of a place are over which alarms. Pure.

use std::collections::{BTreeMap, BTreeSet};

/// Names in rules that are followed down from an alarm. One that is over more is not looked at.
const FOLLOWED: usize = 20_000;

/// Composite alarms by their keys.
#[derive(Debug, Default)]
pub struct Family {
    children: BTreeMap<String, BTreeSet<String>>,
    parents: BTreeMap<String, BTreeSet<String>>,
    /// Composite alarms by what suppresses them, and what suppresses each.
    suppressed: BTreeMap<String, BTreeSet<String>>,
    suppressors: BTreeMap<String, String>,
    /// Those that were found over a ring since any of this changed.
    still: BTreeSet<String>,
}

impl Family {
    pub fn is_empty(&self) -> bool {
        self.children.is_empty() && self.suppressors.is_empty()
    }

    /// The alarms that a composite one is over; those that may not stand still any more, if that is news.
    #[must_use]
    pub fn set(&mut self, key: &str, children: BTreeSet<String>) -> BTreeSet<String> {
        if self.children.get(key) == Some(&children) {
            return BTreeSet::new();
        }
        let freed = self.forget(key);
        for child in &children {
            let parents = self.parents.entry(child.clone()).or_default();
            parents.insert(key.to_owned());
        }
        self.children.insert(key.to_owned(), children);
        freed
    }

    /// It is composite no more; those that may not stand still any more.
    #[must_use]
    pub fn forget(&mut self, key: &str) -> BTreeSet<String> {
        let Some(children) = self.children.remove(key) else {
            return BTreeSet::new();
        };
        for child in children {
            if let Some(parents) = self.parents.get_mut(&child) {
                parents.remove(key);
                if parents.is_empty() {
                    self.parents.remove(&child);
                }
            }
        }
        std::mem::take(&mut self.still)
    }

    /// Notes which alarm suppresses a composite one.
    pub fn set_suppressor(&mut self, key: &str, suppressor: Option<String>) {
        if self.suppressors.get(key) == suppressor.as_ref() {
            return;
        }
        if let Some(before) = self.suppressors.remove(key)
            && let Some(all) = self.suppressed.get_mut(&before)
        {
            all.remove(key);
            if all.is_empty() {
                self.suppressed.remove(&before);
            }
        }
        if let Some(suppressor) = suppressor {
            let all = self.suppressed.entry(suppressor.clone()).or_default();
            all.insert(key.to_owned());
            self.suppressors.insert(key.to_owned(), suppressor);
        }
    }

    /// The composite alarms over an alarm, and those that it suppresses.
    pub fn parents(&self, key: &str) -> Vec<String> {
        let (parents, suppressed) = (self.parents.get(key), self.suppressed.get(key));
        let all = parents.into_iter().chain(suppressed).flatten();
        all.cloned().collect()
    }

    /// Whether an alarm is to stand still, which is remembered until a rule changes.
    pub fn stands_still(&mut self, key: &str) -> bool {
        let still = self.is_over_a_ring(key);
        if still {
            self.still.insert(key.to_owned());
        }
        still
    }

    /// Whether its state would come back to a state that it was decided by, somewhere below it: then it is not looked
    /// at, as with AWS.
    fn is_over_a_ring(&self, key: &str) -> bool {
        // Alarms under way with those of their children that are still to be followed; and those that are done.
        let mut under_way: Vec<(&str, Vec<&str>)> = Vec::new();
        let mut on_the_way: BTreeSet<&str> = BTreeSet::new();
        let mut done: BTreeSet<&str> = BTreeSet::new();
        let mut followed = 0;
        let mut next = Some(key);
        loop {
            if let Some(key) = next.take()
                && let Some(children) = self.children.get(key)
            {
                followed += children.len();
                if followed > FOLLOWED {
                    return true;
                }
                on_the_way.insert(key);
                under_way.push((key, children.iter().map(String::as_str).collect()));
            }
            let Some((key, children)) = under_way.last_mut() else {
                return false;
            };
            match children.pop() {
                Some(child) if on_the_way.contains(child) => return true,
                Some(child) if done.contains(child) => {}
                Some(child) => next = Some(child),
                None => {
                    on_the_way.remove(*key);
                    done.insert(*key);
                    under_way.pop();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn family(of: &[(u8, Vec<u8>)]) -> Family {
        let mut family = Family::default();
        for (key, children) in of {
            let children = children.iter().map(u8::to_string).collect();
            let _ = family.set(&key.to_string(), children);
        }
        family
    }

    #[test]
    fn rings_are_seen_from_within_and_from_above() {
        let ring = family(&[
            (1, vec![2, 9]),
            (2, vec![3]),
            (3, vec![1]),
            (4, vec![2]),
            (5, vec![9, 8]),
            (6, vec![6]),
        ]);
        let over = |key: u8| ring.is_over_a_ring(&key.to_string());
        assert_eq!(
            [1, 2, 3, 4, 5, 6, 9].map(over),
            [true, true, true, true, false, true, false]
        );
        assert_eq!(ring.parents("9"), ["1", "5"]);
        let mut open = ring;
        // What suppresses an alarm has no part in its state.
        open.set_suppressor("5", Some("5".to_owned()));
        open.set_suppressor("9", Some("5".to_owned()));
        assert_eq!(
            (open.parents("5"), open.is_over_a_ring("5")),
            (vec!["5".to_owned(), "9".to_owned()], false)
        );
        open.set_suppressor("5", None);
        assert_eq!(open.parents("5"), ["9"]);
        open.set_suppressor("9", None);
        assert_eq!(open.parents("5"), Vec::<String>::new());
        assert!(open.stands_still("4") && !open.stands_still("5"));
        assert!(
            open.set("5", BTreeSet::from(["8".into(), "9".into()]))
                .is_empty()
        );
        assert_eq!(open.forget("3"), BTreeSet::from(["4".into()]));
        assert!(!open.is_over_a_ring("1"));
        assert_eq!(open.parents("1"), Vec::<String>::new());
    }

    #[test]
    fn one_over_too_much_is_not_looked_at() {
        let mut family = Family::default();
        for level in 0..300 {
            let below = (0..100).map(|n| format!("{}", (level + 1) * 100 + n));
            for n in 0..2 {
                let key = format!("{}", level * 100 + n);
                let _ = family.set(&key, below.clone().collect());
            }
        }
        assert!(family.is_over_a_ring("0"));
        assert!(!family.is_over_a_ring("29000"));
    }

    proptest! {
        /// As those say that stay when all whose children are decided were taken away.
        #[test]
        fn what_is_over_a_ring_is_what_no_order_decides(
            rules in prop::collection::btree_map(0u8..8, prop::collection::vec(0u8..8, 0..4), 0..8)
        ) {
            let rules: Vec<(u8, Vec<u8>)> = rules.into_iter().collect();
            let mut left = rules.clone();
            loop {
                let names: BTreeSet<u8> = left.iter().map(|it| it.0).collect();
                let before = left.len();
                left.retain(|(_, children)| children.iter().any(|it| names.contains(it)));
                if left.len() == before {
                    break;
                }
            }
            let family = family(&rules);
            for key in 0..8u8 {
                let wanted = left.iter().any(|it| it.0 == key);
                prop_assert_eq!(family.is_over_a_ring(&key.to_string()), wanted);
            }
        }
    }
}
