//! What this process is amid: deletions of buckets and completions of uploads, which mark a record first and end some
//! transactions later. A mark of which nobody is at work is one of a process that was killed, or of an operation that
//! failed in between, and is taken back at once (`upkeep`): one process serves an installation at a time.

use std::collections::HashMap;

use parking_lot::Mutex;

/// Ids of buckets, and places of uploads, with how many are at work on each.
#[derive(Debug, Default)]
pub struct AtWork {
    of: Mutex<HashMap<String, usize>>,
}

/// Somebody at work, until it is dropped.
#[derive(Debug)]
pub struct Work<'a> {
    on: String,
    all: &'a AtWork,
}

impl AtWork {
    /// To be called before the mark is made.
    pub fn begin(&self, on: &str) -> Work<'_> {
        *self.of.lock().entry(on.to_owned()).or_default() += 1;
        Work {
            on: on.to_owned(),
            all: self,
        }
    }

    /// To be asked after the mark was read, and within the change that takes it back: who begins meanwhile writes the
    /// record, too, so that one of the two tries anew.
    pub fn is_on(&self, it: &str) -> bool {
        self.of.lock().contains_key(it)
    }
}

impl Drop for Work<'_> {
    fn drop(&mut self) {
        let mut of = self.all.of.lock();
        if let Some(count) = of.get_mut(&self.on) {
            *count -= 1;
            if *count == 0 {
                of.remove(&self.on);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn until_the_last_has_ended() {
        let all = AtWork::default();
        let (one, other) = (all.begin("a"), all.begin("a"));
        drop(one);
        assert!(all.is_on("a") && !all.is_on("b"));
        drop(other);
        assert!(!all.is_on("a") && all.of.lock().is_empty());
    }
}
