//! Lists of metrics, gone through a stretch of keys at a time.
//!
//! Whether a metric is wanted is for the caller to say, and may take long: a search of many words, an expression over
//! many labels. So it is asked about keys that were copied, while nobody who reads or writes series waits for it.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    index::Listed,
    key::{self, Key, Metric},
};

/// Keys that are copied at a time.
pub const STRETCH: usize = 1_000;
/// A stretch that takes longer is cut behind the metric that it is at, so that others have the thread in between.
const LONGEST: Duration = Duration::from_millis(2);

/// A list on its way.
pub struct Listing<'a, F> {
    /// What keys begin with.
    start: String,
    name: Option<&'a str>,
    /// The last key that was looked at; `None` at the end of the list.
    after: Option<Arc<str>>,
    since: i64,
    most: usize,
    fits: F,
    found: Vec<Listed>,
}

impl<'a, F: Fn(&Metric) -> bool> Listing<'a, F> {
    /// `None` if no key begins so.
    pub fn new(
        (account, region): (&str, &str),
        namespace: Option<&str>,
        name: Option<&'a str>,
        (after, since, most): (Option<Key>, i64, usize),
        fits: F,
    ) -> Option<Self> {
        let mut parts = vec![account, region];
        parts.extend(namespace);
        let mut start = key::start(&parts).ok()?;
        if let (Some(_), Some(name)) = (namespace, name) {
            start.push_str(name);
        }
        Some(Self {
            start,
            name,
            after: after.map(|it| it.0),
            since,
            most,
            fits,
            found: Vec::new(),
        })
    }

    /// Looks at some of the keys that come next; whether there are no more, or the list is full. `keys` has at most
    /// [`STRETCH`] of those that begin with a text, behind another, in order, each with when its last sample is.
    pub fn step(&mut self, keys: impl FnOnce(&str, Option<&str>) -> Vec<(Arc<str>, i64)>) -> bool {
        let keys = keys(&self.start, self.after.as_deref());
        let (count, begun) = (keys.len(), Instant::now());
        for (at, (key, last)) in keys.into_iter().enumerate() {
            let metric = (last >= self.since).then(|| key::parse(&key)).flatten();
            let metric = metric.map(|it| it.0).filter(|it| self.takes(it));
            if let Some(metric) = metric {
                // Units of one metric stand side by side.
                let same = self.found.last_mut().filter(|it| it.metric == metric);
                if let Some(same) = same {
                    same.last = same.last.max(last);
                } else if self.found.len() >= self.most {
                    return true;
                } else {
                    self.found.push(Listed { metric, last });
                }
            }
            self.after = Some(key);
            if at + 1 < count && begun.elapsed() >= LONGEST {
                return false;
            }
        }
        let is_end = count < STRETCH;
        if is_end {
            self.after = None;
        }
        is_end
    }

    fn takes(&self, metric: &Metric) -> bool {
        self.name.is_none_or(|name| metric.name == name) && (self.fits)(metric)
    }

    /// What was found, and the key to go on after.
    pub fn end(self) -> (Vec<Listed>, Option<Key>) {
        (self.found, self.after.map(Key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;

    fn metric(name: &str, host: &str) -> Metric {
        Metric {
            account: "1".into(),
            region: "r".into(),
            namespace: "App".into(),
            name: name.into(),
            dimensions: vec![("Host".into(), host.into())],
        }
    }

    /// A page of a list, and in how many steps it was made.
    fn page<F: Fn(&Metric) -> bool>(
        index: &Index,
        mut listing: Listing<'_, F>,
    ) -> (Vec<Listed>, Option<Key>, usize) {
        let mut steps = 1;
        while !listing.step(|start, after| index.keys(start, after, STRETCH)) {
            steps += 1;
        }
        let (found, next) = listing.end();
        (found, next, steps)
    }

    #[test]
    fn pages_join_up_and_units_of_one_metric_are_one() {
        let mut index = Index::default();
        for number in 0..30u32 {
            let unit = if number % 3 == 0 { "Seconds" } else { "None" };
            let host = (number / 3).to_string();
            let key = metric(if number % 3 == 2 { "B" } else { "A" }, &host)
                .key(unit)
                .unwrap();
            index.insert(number, key.0);
            index.seen(number, i64::from(number));
        }
        let of = ("1", "r");
        let (mut seen, mut after) = (Vec::new(), None::<Key>);
        loop {
            let selection = (after, 3, 4);
            let fits = |it: &Metric| it.dimensions[0].1 != "7";
            let listing = Listing::new(of, None, None, selection, fits).unwrap();
            let (found, next, _) = page(&index, listing);
            assert!(found.len() <= 4);
            seen.extend(found.into_iter().map(|it| it.metric));
            after = next;
            if after.is_none() {
                break;
            }
        }
        let wanted = ["A", "B"].into_iter().flat_map(|name| {
            (1..10)
                .filter(|n| *n != 7)
                .map(move |n| metric(name, &n.to_string()))
        });
        assert_eq!(seen, wanted.collect::<Vec<_>>());
        // A key that is gone leads on all the same.
        let gone = metric("A", "50").key("None").unwrap();
        let listing = Listing::new(
            of,
            Some("App"),
            Some("A"),
            (Some(gone), 0, 1),
            |_: &Metric| true,
        );
        let (found, ..) = page(&index, listing.unwrap());
        assert_eq!(found[0].metric, metric("A", "6"));
        assert!(
            Listing::new(("1", "\u{1f}"), None, None, (None, 0, 1), |_: &Metric| true).is_none()
        );
    }

    #[test]
    fn metrics_that_take_long_to_look_at_are_looked_at_one_by_one() {
        let mut index = Index::default();
        for number in 0..5u32 {
            let key = metric("A", &number.to_string()).key("None").unwrap();
            index.insert(number, key.0);
            index.seen(number, 1);
        }
        let slow = |_: &Metric| {
            let begun = Instant::now();
            while begun.elapsed() < LONGEST {
                std::hint::spin_loop();
            }
            true
        };
        let listing = Listing::new(("1", "r"), None, None, (None, 0, 9), slow).unwrap();
        let (found, next, steps) = page(&index, listing);
        assert_eq!((found.len(), next, steps), (5, None, 5));
    }
}
