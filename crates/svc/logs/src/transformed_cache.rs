//! What transformers made of events a moment ago. Metric filters look at an event as it comes in, and the counts of
//! transformers, subscriptions and indexes of fields soon after, each for itself: who comes first has it made for all.
//!
//! Nothing depends on what is here: what is gone is made again, and comes out the same.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use parking_lot::Mutex;

/// Bytes of all accounts together, a second or more of what a busy server takes. One account may drive out what others
/// have here, which costs them as much time as if they had nothing here.
const MOST_BYTES: usize = 8 << 20;
/// What an event takes besides its text.
const BESIDE: usize = 256;

#[derive(Debug, Default)]
pub struct TransformedCache(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// By the stream of the journal, and the offset there.
    streams: HashMap<Arc<str>, HashMap<u64, Made>>,
    /// The one that was made first is at the front.
    order: VecDeque<(Arc<str>, u64)>,
    bytes: usize,
}

#[derive(Debug, Clone)]
struct Made {
    /// Of the rules that the event was read by.
    mark: u64,
    text: Option<Arc<str>>,
}

impl TransformedCache {
    /// What became of the event at an offset of a stream of the journal, read by rules with that mark; `None` if it
    /// stays as it is.
    pub fn get(
        &self,
        (journal, offset): (&str, u64),
        mark: u64,
        make: impl FnOnce() -> Option<String>,
    ) -> Option<Arc<str>> {
        if let Some(made) = self.find(journal, offset, mark) {
            return made.text;
        }
        // Not under the lock: others go on meanwhile.
        let text: Option<Arc<str>> = make().map(Arc::from);
        let made = Made {
            mark,
            text: text.clone(),
        };
        self.0.lock().keep(journal, offset, made);
        text
    }

    fn find(&self, journal: &str, offset: u64, mark: u64) -> Option<Made> {
        let kept = self.0.lock();
        let made = kept.streams.get(journal)?.get(&offset)?;
        (made.mark == mark).then(|| made.clone())
    }
}

impl Made {
    fn size(&self) -> usize {
        BESIDE + self.text.as_ref().map_or(0, |it| it.len())
    }
}

impl Kept {
    fn keep(&mut self, journal: &str, offset: u64, made: Made) {
        let known = self.streams.get_key_value(journal);
        let name = known.map_or_else(|| Arc::from(journal), |(name, _)| name.clone());
        self.bytes += made.size();
        let events = self.streams.entry(name.clone()).or_default();
        match events.insert(offset, made) {
            // It stands in the order already.
            Some(former) => self.bytes -= former.size(),
            None => self.order.push_back((name, offset)),
        }
        while self.bytes > MOST_BYTES
            && let Some((name, offset)) = self.order.pop_front()
        {
            self.forget(&name, offset);
        }
    }

    fn forget(&mut self, journal: &str, offset: u64) {
        let Some(events) = self.streams.get_mut(journal) else {
            return;
        };
        if let Some(made) = events.remove(&offset) {
            self.bytes -= made.size();
        }
        if events.is_empty() {
            self.streams.remove(journal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of an event, and whether it was made for this.
    fn get(cache: &TransformedCache, offset: u64, mark: u64, text: &str) -> (Option<String>, bool) {
        let mut is_made = false;
        let made = cache.get(("s", offset), mark, || {
            is_made = true;
            (!text.is_empty()).then(|| text.to_owned())
        });
        (made.map(|it| it.to_string()), is_made)
    }

    #[test]
    fn an_event_is_made_once_as_long_as_its_rules_stay() {
        let cache = TransformedCache::default();
        let one = || Some("one".to_owned());
        assert_eq!(get(&cache, 1, 7, "one"), (one(), true));
        assert_eq!(get(&cache, 1, 7, "other"), (one(), false));
        assert_eq!(get(&cache, 2, 7, ""), (None, true));
        assert_eq!(get(&cache, 2, 7, "other"), (None, false));
        let other = cache.get(("t", 1), 7, || Some("of t".to_owned()));
        assert_eq!(other.as_deref(), Some("of t"));
        let two = Some("two".to_owned());
        assert_eq!(get(&cache, 1, 8, "two"), (two.clone(), true));
        assert_eq!(get(&cache, 1, 8, "other"), (two, false));
    }

    #[test]
    fn the_oldest_go_and_leave_nothing() {
        let cache = TransformedCache::default();
        let large = "x".repeat(MOST_BYTES / 4);
        for offset in 0..100 {
            get(&cache, offset, 0, &large);
            // Another mark takes the same place.
            get(&cache, offset, 1, &large);
        }
        {
            let kept = cache.0.lock();
            assert!(kept.bytes <= MOST_BYTES);
            assert_eq!(kept.order.len(), 3);
            assert_eq!(kept.streams["s"].len(), 3);
        }
        assert!(!get(&cache, 99, 1, "new").1 && get(&cache, 90, 1, "new").1);
        for number in 0..10 {
            let name = number.to_string();
            cache.get((name.as_str(), 0), 0, || Some(large.clone()));
        }
        assert_eq!(cache.0.lock().streams.len(), 3);
    }
}
