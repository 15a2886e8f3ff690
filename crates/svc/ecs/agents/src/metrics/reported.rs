//! What a connection has reported already. A minute comes in parts, each of which is kept once; a task is in one of them,
//! and is counted once if several name it.

use std::{
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher},
};

use wharf_vended::{AHEAD, OLDEST};

/// Tasks by the second in which their minute, or less than that, begins, and how many seconds it has.
#[derive(Debug, Default)]
pub struct Reported(BTreeMap<(i64, i64), HashSet<u64>>);

impl Reported {
    /// Whether a task of a report is reported for the first time. `now` is in seconds.
    pub fn is_new(&mut self, now: i64, (at, seconds): (i64, i64), task: &str) -> bool {
        // Reports that are older or newer are not kept whatever they tell.
        let kept = now - OLDEST - seconds..=now + AHEAD;
        self.0.retain(|(at, _), _| kept.contains(at));
        if !kept.contains(&at) {
            return true;
        }
        let task = BuildHasherDefault::<DefaultHasher>::default().hash_one(task);
        self.0.entry((at, seconds)).or_default().insert(task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_new_once_in_each_minute() {
        let mut reported = Reported::default();
        let now = 100_000;
        for (at, seconds, task, is_new) in [
            (now, 60, "a", true),
            (now, 60, "b", true),
            (now - 60, 60, "a", true),
            (now, 60, "a", false),
            (now - 60, 60, "a", false),
            (now, 20, "a", true),
        ] {
            let was_new = reported.is_new(now, (at, seconds), task);
            assert_eq!(was_new, is_new, "{at} {seconds} {task}");
        }
    }

    #[test]
    fn what_is_not_kept_any_more_takes_no_room() {
        let mut reported = Reported::default();
        for minute in 0..10_000 {
            let now = minute * 60;
            assert!(reported.is_new(now, (now, 60), "a"));
            assert!(reported.is_new(now, (now + 86_400, 60), "a"));
        }
        assert!(reported.0.len() < 130, "{}", reported.0.len());
    }
}
